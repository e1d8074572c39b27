"""Connections by role. Every password and port comes from the state folder, or from the setting of an outside server."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

import psycopg

from tonghop.errors import TonghopError
from tonghop.settings import settings
from tonghop.state import port, secret

ROLES = ("loader", "transformer", "publisher", "auditor", "bi_reader")
"""Login roles of the warehouse; `airflow` owns the metadata database of Airflow and can do nothing here."""

GROUPS = ("see_candidate", "see_everything", "limited_reader", "marts_owner")
"""Roles without login: who may look one publication ahead, who sees every unit and count, who has limits, whose the marts are."""

AIRFLOW = "airflow"


class DatabaseDown(TonghopError):
    """PostgreSQL does not answer."""


def dsn(role: str, publication: int | None = None, database: str | None = None, *, as_of: str | None = None) -> str:
    """A libpq URL for a role, to the warehouse unless another database is named. With `publication` or `as_of`, the connection sees
    the marts as of that number, day or moment."""
    return _url(role, secret(role), publication, as_of, database or settings().database)


def reader_dsn(name: str, publication: int | None = None, *, as_of: str | None = None) -> str:
    """The same for a login with limits; `readers` makes them."""
    return _url(name, reader_secret(name), publication, as_of, settings().database)


def reader_secret(name: str) -> str:
    """The password of a login with limits. Its key cannot be that of anything else which the state folder keeps."""
    return secret(f"reader {name}")


def sqlalchemy_url(role: str, publication: int | None = None, database: str | None = None) -> str:
    """The same as `dsn`, as SQLAlchemy spells it for psycopg2."""
    return dsn(role, publication, database).replace("postgresql://", "postgresql+psycopg2://", 1)


def admin_dsn(database: str = "postgres") -> str:
    """A libpq URL of the superuser: for setting up and for tests, never in the pipeline."""
    outside = settings().admin_dsn
    if outside:
        return urlsplit(outside)._replace(path=f"/{database}").geturl()
    return f"postgresql://postgres:{secret('postgres')}@{_host()}/{database}"


def connect(role: str, *, publication: int | None = None, autocommit: bool = False) -> psycopg.Connection:
    """Connect to the warehouse as `role`. Raises DatabaseDown, with what to do, when nothing answers."""
    return _connect(dsn(role, publication), autocommit)


def admin_connect(database: str | None = None) -> psycopg.Connection:
    """Connect as superuser, in autocommit; to the warehouse unless another database is named."""
    return _connect(admin_dsn(database or settings().database), autocommit=True)


def _url(role: str, password: str, publication: int | None, as_of: str | None, database: str) -> str:
    moment = None if as_of is None else as_of.replace(" ", "T", 1).replace(" ", "")  # blanks would separate options
    wanted = {"publication": publication, "as_of": moment}
    options = " ".join(f"-c tonghop.{name}={value}" for name, value in wanted.items() if value is not None)
    options = f"?options={quote(options)}" if options else ""
    return f"postgresql://{role}:{password}@{_host()}/{database}{options}"


def _connect(url: str, autocommit: bool) -> psycopg.Connection:
    try:
        return psycopg.connect(url, autocommit=autocommit, connect_timeout=10)
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[0].rsplit("failed: ", 1)[-1]
        raise DatabaseDown(
            f"PostgreSQL at {_host()} does not answer: {reason}.\n"
            "Nothing was lost: files stay in the landing area until they are staged.\n" + _what_to_do()
        ) from error


def _what_to_do() -> str:
    if settings().admin_dsn:
        return "Look whether the server that TONGHOP_ADMIN_DSN names runs and can be reached from here, then run the command again."
    return (
        "Start it with `make up` (or any `tonghop` command that loads), then run the command again. "
        f"Its log is {settings().home / 'postgres.log'}."
    )


def _host() -> str:
    outside = settings().admin_dsn
    if outside:
        parts = urlsplit(outside)
        return f"{parts.hostname}:{parts.port or 5432}"
    return f"127.0.0.1:{port('postgres')}"
