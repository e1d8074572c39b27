"""The embedded server: survives a kill, keeps roles apart, and says what to do when it is down."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psycopg
import pytest

from tonghop import database
from tonghop.database import embedded, setup
from tonghop.settings import settings

pytestmark = pytest.mark.database


def test_setting_up_again_changes_nothing(server: None) -> None:
    def applied() -> list[tuple[object, ...]]:
        with database.admin_connect() as connection:
            return connection.execute("select * from public.migration order by name").fetchall()

    before = applied()
    database.ensure_server()
    assert before and applied() == before


def test_a_killed_server_comes_back_with_its_rows(server: None) -> None:
    with database.admin_connect() as connection:
        connection.execute("create table if not exists public.kept as select 1 as n")
    pid = int((settings().home / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)
    while embedded.is_running():
        pass
    database.ensure_server()
    with database.admin_connect() as connection:
        assert connection.execute("select n from public.kept").fetchone() == (1,)
        connection.execute("drop table public.kept")


def test_a_server_that_is_down_is_one_clear_message(server: None) -> None:
    database.stop_server()
    try:
        with pytest.raises(database.DatabaseDown, match="Nothing was lost"):
            database.connect("loader")
    finally:
        database.ensure_server()


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("bi_reader", "select * from audit.publication"),
        ("bi_reader", "select * from staging.cell"),
        ("bi_reader", "create table marts.mine (n int)"),
        ("auditor", "insert into audit.event (act) values ('x')"),
        ("auditor", "delete from staging.file"),
        ("loader", "update staging.submission set version = 9"),
        ("loader", "delete from staging.cell"),
        ("transformer", "insert into audit.verdict (submission_id, verdict) values (1, 'accepted')"),
        ("transformer", "update staging.cell set value = 1"),
        ("publisher", "delete from audit.event"),
        ("publisher", "update audit.verdict set verdict = 'accepted'"),
        ("publisher", "update audit.publication set base = 1"),
    ],
)
def test_a_role_may_not_do_what_is_not_its_own(server: None, role: str, statement: str) -> None:
    with database.connect(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


def test_no_login_role_is_superuser(server: None) -> None:
    with database.admin_connect() as connection:
        supers = connection.execute("select rolname from pg_roles where rolsuper").fetchall()
    assert supers == [("postgres",)]


def test_an_edited_migration_is_refused(server: None) -> None:
    with database.admin_connect() as connection:
        name = "001_schemas_and_roles.sql"
        (sha256,) = connection.execute("select sha256 from public.migration where name = %s", (name,)).fetchone() or ("",)
        connection.execute("update public.migration set sha256 = 'other' where name = %s", (name,))
        try:
            with pytest.raises(setup.MigrationChanged, match=name):
                database.ensure_server()
        finally:
            connection.execute("update public.migration set sha256 = %s where name = %s", (sha256, name))


def test_state_is_private(state_home: Path, server: None) -> None:
    assert (state_home / "secrets.json").stat().st_mode & 0o077 == 0
