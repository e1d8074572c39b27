"""Setting up: server, roles, databases, migrations. Every step looks first and does only what is missing."""

from __future__ import annotations

import hashlib
from importlib.resources import files

import psycopg
from filelock import FileLock
from psycopg import sql

from tonghop.database import embedded
from tonghop.database.connections import AIRFLOW, GROUPS, ROLES, admin_connect
from tonghop.errors import TonghopError
from tonghop.settings import settings
from tonghop.state import secret, state_folder


class MigrationChanged(TonghopError):
    """A migration that was applied has been edited since."""


def ensure_server() -> None:
    """Start the server when it does not run, make roles and databases that are missing, apply new migrations."""
    with FileLock(state_folder() / ".server.lock"):
        if not settings().admin_dsn:
            embedded.start()
        with admin_connect("postgres") as connection:
            _ensure_roles(connection)
            _ensure_databases(connection)
        with admin_connect() as connection:
            _migrate(connection)


def exists() -> bool:
    """Whether there is a database to ask: an outside server, or the embedded one that was made before."""
    return bool(settings().admin_dsn) or embedded.exists()


def stop_server() -> None:
    """Stop the embedded server; an outside one is not ours to stop."""
    if not settings().admin_dsn:
        with FileLock(state_folder() / ".server.lock"):
            embedded.stop()


def _ensure_roles(connection: psycopg.Connection) -> None:
    there = {name for (name,) in connection.execute("select rolname from pg_roles")}
    for group in GROUPS:
        if group not in there:
            connection.execute(sql.SQL("create role {} nologin").format(sql.Identifier(group)))
    for role in (*ROLES, AIRFLOW):
        act = "alter" if role in there else "create"
        connection.execute(sql.SQL(act + " role {} login nosuperuser password {}").format(sql.Identifier(role), secret(role)))


def _ensure_databases(connection: psycopg.Connection) -> None:
    there = {name for (name,) in connection.execute("select datname from pg_database")}
    warehouse = settings().database
    for database, owner in ((warehouse, None), (AIRFLOW, AIRFLOW)):
        if database not in there:
            # from template0: ours are the encoding and collation, whatever an outside server's template has
            made = sql.SQL("create database {} template template0 encoding 'UTF8' lc_collate 'C.UTF-8' lc_ctype 'C.UTF-8'").format(
                sql.Identifier(database)
            )
            connection.execute(made + (sql.SQL(" owner {}").format(sql.Identifier(owner)) if owner else sql.SQL("")))
        connection.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(database)))
    for role in ROLES:
        connection.execute(sql.SQL("grant connect on database {} to {}").format(sql.Identifier(warehouse), sql.Identifier(role)))
    connection.execute(sql.SQL("grant create, temporary on database {} to transformer").format(sql.Identifier(warehouse)))
    connection.execute(sql.SQL("grant temporary on database {} to loader, publisher").format(sql.Identifier(warehouse)))


def _migrate(connection: psycopg.Connection) -> None:
    connection.execute(
        "create table if not exists public.migration (name text primary key, sha256 text not null, applied_at timestamptz default now())"
    )
    applied: dict[str, str] = dict(connection.execute("select name, sha256 from public.migration").fetchall())
    for file in sorted((files("tonghop.database") / "migrations").iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".sql"):
            continue
        text = file.read_text(encoding="utf-8")
        digest = hashlib.sha256(text.encode()).hexdigest()
        if applied.get(file.name, digest) != digest:
            raise MigrationChanged(
                f"Migration {file.name} was edited after it was applied. Restore it, and put the change into a new file."
            )
        if file.name not in applied:
            with connection.transaction():
                connection.execute(text)
                connection.execute("insert into public.migration (name, sha256) values (%s, %s)", (file.name, digest))
