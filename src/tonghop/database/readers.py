"""Logins for readers with limits: those who may see some branches of the tree only, or no small counts.

A login is made by the administrator; what it may see stands as a row in `audit.reader_limit`, and each change is an event. The limits
themselves are row security of the warehouse's tables and conditions in the views of the marts: they hold whatever tool connects.
"""

from __future__ import annotations

import getpass
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from tonghop.database.connections import admin_connect, connect, reader_secret
from tonghop.errors import TonghopError
from tonghop.state import forget_secret

_NAME = re.compile(r"[a-z][a-z0-9_]{2,62}")
_LAST_LIMITS = """
select distinct on (role_name) role_name, branches, hides_small_counts, is_removed, set_by, set_at
from audit.reader_limit
order by role_name, reader_limit_id desc
"""


class ReaderProblem(TonghopError):
    """A login that cannot be made, changed or removed; the text says why and what to do."""


@dataclass(frozen=True)
class Reader:
    """A login with limits. No `branches`: it sees every unit."""

    name: str
    branches: tuple[str, ...]
    hides_small_counts: bool
    set_by: str
    set_at: datetime


def add_reader(name: str, branches: Sequence[str], hides_small_counts: bool) -> bool:
    """Make a login that sees these branches (none: every unit), with or without small counts, or change its limits.

    True when it is new. Raises ReaderProblem when the name is none, belongs to a role that is not ours to change, when nothing would be
    limited, or when a branch is no unit of the catalog in force.
    """
    if not _NAME.fullmatch(name) or name.startswith("pg_"):
        raise ReaderProblem(f"{name!r} cannot name a login: expected 3 to 63 small letters, digits and _, a letter first, not pg_….")
    if not branches and not hides_small_counts:
        raise ReaderProblem(f"Nothing would be limited for {name}: give --branch, --suppress, or both. bi_reader sees everything.")
    with admin_connect() as connection, connection.transaction():
        _require_units(connection, branches)
        is_new = not _login_exists(connection, name)
        if not is_new and name not in {reader.name for reader in _read(connection)}:
            raise ReaderProblem(f"The role {name} exists and was not made by `tonghop role`. Choose another name.")
        login = sql.SQL("{} role {} login nosuperuser nocreatedb nocreaterole password {}").format(
            sql.SQL("create" if is_new else "alter"), sql.Identifier(name), reader_secret(name)
        )
        connection.execute(login)
        connection.execute(sql.SQL("grant limited_reader to {}").format(sql.Identifier(name)))
        for parameter, value in _read_settings(connection):
            connection.execute(
                sql.SQL("alter role {} set {} = {}").format(sql.Identifier(name), sql.Identifier(parameter), sql.Literal(value))
            )
        _record(connection, name, branches, hides_small_counts, act="reader_added" if is_new else "reader_changed")
    return is_new


def remove_reader(name: str) -> None:
    """Drop a login that `add_reader` made, and end its connections; what it could see, and when, stays on record.

    Raises ReaderProblem when there is no such login.
    """
    with admin_connect() as connection:
        with connection.transaction():
            _require_reader(connection, name)
            connection.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))
            _record(connection, name, (), True, act="reader_removed")
        connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = %s", (name,))
    forget_secret(f"reader {name}")


def list_readers() -> tuple[Reader, ...]:
    """The logins with limits that there are, by name."""
    with connect("auditor") as connection:
        return _read(connection)


def require_reader(name: str) -> None:
    """Raises ReaderProblem when no login with limits has that name."""
    with connect("auditor") as connection:
        _require_reader(connection, name)


def _require_reader(connection: psycopg.Connection, name: str) -> None:
    known = [reader.name for reader in _read(connection)]
    if name not in known:
        raise ReaderProblem(f"There is no reader {name}. `tonghop role list` shows them ({', '.join(known) or 'none yet'}).")


def _read(connection: psycopg.Connection) -> tuple[Reader, ...]:
    return tuple(
        Reader(name, tuple(branches or ()), hides, set_by, set_at)
        for name, branches, hides, is_removed, set_by, set_at in connection.execute(_LAST_LIMITS)
        if not is_removed
    )


def _require_units(connection: psycopg.Connection, branches: Sequence[str]) -> None:
    known = connection.execute(
        "select unit_code from catalog.unit where pack_hash = catalog.pack_in_force() and unit_code = any(%s)", (list(branches),)
    ).fetchall()
    if unknown := sorted(set(branches) - {code for (code,) in known}):
        raise ReaderProblem(
            f"No unit of the catalog in force has the code {', '.join(unknown)}. Expected are codes of units.csv; "
            "marts.dim_unit lists them. Nothing was changed."
        )


def _read_settings(connection: psycopg.Connection) -> list[tuple[str, str]]:
    """How the planner is set for `bi_reader`: these logins send the same kind of queries."""
    found = connection.execute("select unnest(rolconfig) from pg_roles where rolname = 'bi_reader'").fetchall()
    return [(name, value) for name, _, value in (setting.partition("=") for (setting,) in found)]


def _login_exists(connection: psycopg.Connection, name: str) -> bool:
    return connection.execute("select from pg_roles where rolname = %s", (name,)).fetchone() is not None


def _record(connection: psycopg.Connection, name: str, branches: Sequence[str], hides_small_counts: bool, act: str) -> None:
    by = getpass.getuser()
    is_removed = act == "reader_removed"
    connection.execute(
        "insert into audit.reader_limit (role_name, branches, hides_small_counts, is_removed, set_by) values (%s, %s, %s, %s, %s)",
        (name, list(branches) or None, hides_small_counts, is_removed, by),
    )
    details = {"role": name, "branches": list(branches), "hides_small_counts": hides_small_counts, "by": by}
    connection.execute("insert into audit.event (act, details) values (%s, %s)", (act, Jsonb(details)))
