"""A state folder in which PostgreSQL is set up and dbt has deployed its tables and views: made once, copied by every run of the tests.

Deploying costs dbt a quarter of a minute. The folder is kept in pytest's cache (`--cache-clear` removes it) for as long as nothing
changes that decides what is in it.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
from filelock import FileLock

from tonghop import database, warehouse
from tonghop.database import admin_connect
from tonghop.settings import PROJECT, settings

_DECIDES = ("requirements.lock", "src/tonghop/state.py", "src/tonghop/database", "src/tonghop/warehouse")
"""What the folder is made of, besides the code that dbt deploys."""

_NOTHING_IS_KEPT = "fsync = off\nfull_page_writes = off\n"
"""Rows survive a killed server, as in earnest, but not a power failure; no test can tell."""


def copy_deployed(cache: Path, home: Path) -> None:
    """Put a deployed and empty state folder into `home`, its server stopped. `cache`: where the one to copy is kept.

    The copy begins with the port of the original, so that what dbt has parsed stays valid; a port in use is exchanged at the start.
    """
    kept = cache / _key()
    with FileLock(cache / ".lock"):
        if not kept.exists():
            for old in (path for path in cache.iterdir() if path.is_dir()):
                shutil.rmtree(old)
            making = cache / "making"
            _make(making)
            making.rename(kept)
        subprocess.run(["cp", "-a", "--reflink=auto", f"{kept}/.", str(home)], check=True)


def empty_warehouse() -> None:
    """Remove every row of every table of ours (as superuser), but keep what is deployed."""
    with admin_connect() as connection:
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


def _key() -> str:
    digest = hashlib.sha256(warehouse.code_version().encode())
    for part in _DECIDES:
        path = PROJECT / part
        for file in sorted(path.rglob("*.*")) if path.is_dir() else [path]:
            if file.suffix != ".pyc":
                digest.update(file.read_bytes())
    return f"deployed-{digest.hexdigest()[:16]}"


def _make(home: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TONGHOP_HOME", str(home))
        settings.cache_clear()
        try:
            database.ensure_server()
            with (home / "postgres" / "postgresql.conf").open("a") as configuration:
                configuration.write(_NOTHING_IS_KEPT)
            warehouse.deploy()
        finally:
            database.stop_server()
            settings.cache_clear()
