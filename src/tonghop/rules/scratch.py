"""A database apart, on the server of the warehouse: what is tried there reaches no figure of anybody."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock

from tonghop import database, warehouse
from tonghop.database import admin_connect
from tonghop.settings import settings
from tonghop.state import state_folder

_VARIABLE = "TONGHOP_DATABASE"


@contextmanager
def scratch_database() -> Iterator[None]:
    """Everything inside works on an empty warehouse of its own: `<database>_rules`, which is kept, since dbt takes long to set it up.

    One process at a time; others wait. Raises DbtFailed when dbt cannot set it up.
    """
    name = f"{settings().database}_rules"
    with FileLock(state_folder() / ".rules.lock"):
        before = os.environ.get(_VARIABLE)
        os.environ[_VARIABLE] = name
        settings.cache_clear()
        try:
            database.ensure_server()
            _empty(name)
            warehouse.deploy()
            yield
        finally:
            if before is None:
                del os.environ[_VARIABLE]
            else:
                os.environ[_VARIABLE] = before
            settings.cache_clear()


def _empty(name: str) -> None:
    """Remove every row but those that say what is deployed; as superuser, since nobody else may remove evidence."""
    with admin_connect(name) as connection:
        connection.execute(
            """
            do $$
            declare tables text;
            begin
                select string_agg(format('%I.%I', schemaname, tablename), ', ') into tables
                from pg_tables
                where schemaname in ('catalog', 'staging', 'warehouse', 'audit') and (schemaname, tablename) <> ('audit', 'deployment');
                execute 'truncate ' || tables || ' restart identity cascade';
            end
            $$
            """
        )
