"""Where the time of the main job goes: the sample of some months, step by step in one process, without Airflow.

    make bench                                     # two months
    .venv/bin/python bench/main_job.py --months 20 # the whole sample

Seconds depend on the machine and on what else it does; the shares and the ratios are what to compare.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import psycopg
from rich.console import Console
from rich.table import Table

T = TypeVar("T")


class Clock:
    """Seconds by step, in the order in which the steps were taken."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def time(self, step: str, do: Callable[[], T]) -> T:
        """Do it and note how long it took."""
        started = time.perf_counter()
        try:
            return do()
        finally:
            self.seconds[step] = self.seconds.get(step, 0) + time.perf_counter() - started


def forget_settings() -> None:
    """Leave the settings of a real warehouse aside, wherever they are: a benchmark fills tables and archives."""
    for name in [name for name in os.environ if name.startswith("TONGHOP_")]:
        del os.environ[name]
    os.environ["TONGHOP_ENV_FILE"] = os.devnull


@contextmanager
def state_of_its_own() -> Iterator[None]:
    """A temporary state folder with a server of its own: nothing of a real one is touched."""
    with tempfile.TemporaryDirectory(prefix="tonghop-bench-") as home:
        os.environ |= {"TONGHOP_HOME": home, "TONGHOP_SETTLE_SECONDS": "0"}
        from tonghop import database

        database.ensure_server()
        try:
            yield
        finally:
            database.stop_server()


@contextmanager
def counted_state(write_pack: Callable[[Path], Path]) -> Iterator[psycopg.Connection]:
    """A state of its own with a pack loaded and deployed, in which `pg_stat_statements` counts; the connection is a superuser's.
    One file has come, under the hash of 64 `a`: reports that are staged by statements can be of it."""
    from tonghop import database, warehouse
    from tonghop.catalog import load_pack, read_pack
    from tonghop.database import admin_connect, connect
    from tonghop.settings import settings

    with tempfile.TemporaryDirectory(prefix="tonghop-pack-") as name:
        os.environ["TONGHOP_CATALOG"] = str(write_pack(Path(name) / "pack"))
        settings.cache_clear()
        with state_of_its_own():
            database.stop_server()
            with (settings().home / "postgres" / "postgresql.conf").open("a") as configuration:
                configuration.write("\nshared_preload_libraries = 'pg_stat_statements'\npg_stat_statements.track = top\nautovacuum = off\n")
            database.ensure_server()
            with connect("loader") as connection:
                load_pack(read_pack(settings().catalog), connection)
            warehouse.deploy()
            with admin_connect() as admin:
                admin.autocommit = True
                admin.execute("create extension pg_stat_statements")
                admin.execute("insert into staging.file (sha256, size, archive_path) values (%s, 1, 'x')", ("a" * 64,))
                admin.execute(
                    "insert into staging.receipt (sha256, source_uri, received_at, outcome) values (%s, 'bench', now(), 'staged')",
                    ("a" * 64,),
                )
                yield admin


def main_job(months: int, clock: Clock) -> dict[str, float]:
    """Take the job's steps once; the counts that ratios are made of."""
    from tonghop import intake, refresh, staging, warehouse
    from tonghop.catalog import load_pack, read_pack
    from tonghop.database import connect
    from tonghop.samples import build_samples
    from tonghop.service.demonstration import drop, landing_folder
    from tonghop.settings import settings

    pack = clock.time("read the catalog", lambda: read_pack(settings().catalog))
    with connect("loader") as connection:
        clock.time("load the catalog", lambda: load_pack(pack, connection))
    clock.time("deploy (dbt)", warehouse.deploy)
    landing = landing_folder()
    assert landing is not None, "the temporary state folder has a landing folder"
    samples = settings().home / "samples"
    periods = [f"{pack.head.first_year + number // 12}-{number % 12 + 1:02d}" for number in range(months)]
    clock.time("write the sample", lambda: build_samples(pack, samples, only_periods=periods))
    for wave in sorted(samples.iterdir()):
        drop(wave, landing)

    files = [Path(uri) for batch in staging.plan_batches() for uri in batch]
    contents = [(file.read_bytes(), file.name) for file in files]
    reading = Clock()
    reading.time("read", lambda: [intake.read_file(data, name, pack) for data, name in contents])

    def stage() -> None:
        for batch in staging.plan_batches():
            staging.read_and_stage(batch)

    clock.time("read and stage", stage)
    gate_run = clock.time("judge (rules in dbt)", refresh.judge)
    clock.time("decide (Great Expectations)", lambda: refresh.decide(gate_run))
    number = clock.time("open the candidate", refresh.open_candidate)
    if number is None:
        sys.exit("There is nothing to publish in these months: no submission was accepted.")
    clock.time("build (dbt)", lambda: refresh.build_candidate(number))
    clock.time("check (Great Expectations)", lambda: refresh.check_candidate(number))
    clock.time("publish", lambda: refresh.publish(number))
    clock.time("report", lambda: refresh.quality_report(number))
    with connect("auditor") as connection:
        row = connection.execute("select count(*) from staging.cell").fetchone()
    return {"files": len(files), "cells": row[0] if row else 0, "reading": reading.seconds["read"]}


def main() -> None:
    """Run the job and print its shares."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--months", type=int, default=2, help="months of the sample, from its first one")
    months = arguments.parse_args().months
    forget_settings()
    clock = Clock()
    with state_of_its_own():
        counts = main_job(months, clock)
    whole = sum(clock.seconds.values())
    table = Table("step", "seconds", "share", box=None, pad_edge=False)
    for step, seconds in clock.seconds.items():
        table.add_row(step, f"{seconds:8.2f}", f"{seconds / whole:5.1%}")
    console = Console()
    console.print(table)
    seconds, reading = clock.seconds["read and stage"], counts["reading"]
    console.print(f"\n{counts['files']:,.0f} files, {counts['cells']:,.0f} cells in them")
    console.print(f"read and staged {counts['files'] / seconds:,.0f} files/s, {counts['cells'] / seconds:,.0f} cells/s")
    console.print(f"reading alone is {reading / seconds:.0%} of it")


if __name__ == "__main__":
    main()
