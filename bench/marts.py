"""How fast the marts answer: the queries of bench/queries/ with random parameters, as `bi_reader`, warm.

    make bench                                              # 2 million facts
    .venv/bin/python bench/marts.py --facts 50000000        # some 30 GB below --home and an hour
    .venv/bin/python bench/marts.py --home DIR --keep       # keeps the warehouse, and uses it the next time

Milliseconds depend on what else the machine does; blocks (8 kB, from memory or disk) do not. Exit code 1 when a query reads the facts
or the figures from end to end though it asks for a slice, or when its p95 is above 300 ms.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from big_marts import INDICATORS, PROGRAMMES, RATIOS, build
from main_job import forget_settings
from rich.console import Console
from rich.table import Table

QUERIES = Path(__file__).parent / "queries"
BIG = ("fct_indicator_value", "agg_indicator_period")
"""Tables that no query for a slice may read from end to end."""
GOAL_MS = 300

console = Console(highlight=False, soft_wrap=True)


@dataclass(frozen=True)
class Answered:
    """What running one query many times has shown: milliseconds in order, rows, blocks touched, tables read from end to end, tables that
    the planner had to bring into an order."""

    milliseconds: tuple[float, ...]
    rows: int
    blocks: int
    scanned: tuple[str, ...]
    joined: int

    def quantile(self, share: float) -> float:
        """The time that this share of the runs did not exceed."""
        return self.milliseconds[min(len(self.milliseconds) - 1, int(share * len(self.milliseconds)))]


class Parameters:
    """Random parameters of the queries, the same in every run of the bench."""

    def __init__(self, connection: psycopg.Connection) -> None:
        def column(query: str) -> list[Any]:
            return [value for (value,) in connection.execute(query)]  # type: ignore[call-overload]

        self._chance = random.Random(20221101)
        self._units = {level: column(f"select unit_code from marts.dim_unit where level = {level} order by 1") for level in (2, 3, 4)}
        self._months = column("select distinct period_code from marts.fct_submission join marts.dim_period using (period_key) order by 1")

    def draw(self) -> dict[str, Any]:
        """One value for each parameter that a query may have."""
        pick = self._chance.choice
        month = pick(self._months[-12:])
        return {
            "indicator": f"IND_{pick(range(RATIOS, INDICATORS)):03d}",
            "ratio": f"IND_{pick(range(RATIOS)):03d}",
            "programme": f"P{pick(range(PROGRAMMES))}",
            "province": pick(self._units[2]),
            "district": pick(self._units[3]),
            "unit": pick(self._units[4]),
            "month": month,
            "quarter": f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}",
            "year": int(month[:4]),
        }


def queries() -> dict[str, str]:
    """The queries by name. The first line of each says what it asks."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(QUERIES.glob("*.sql"))}


def answer(connection: psycopg.Connection, query: str, parameters: Parameters, runs: int) -> Answered:
    """Run a query `runs` times with other parameters each time, after three runs to warm up, and explain it once."""
    taken, rows = [], 0
    for run in range(runs + 3):
        values = parameters.draw()
        started = time.perf_counter()
        found = connection.execute(query, values).fetchall()  # type: ignore[call-overload]
        if run >= 3:
            taken.append(1000 * (time.perf_counter() - started))
            rows = max(rows, len(found))
    explained = connection.execute(f"explain (analyze, buffers, format json) {query}", parameters.draw()).fetchone()  # type: ignore[call-overload]
    plan = explained[0][0]["Plan"]
    blocks = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    return Answered(tuple(sorted(taken)), rows, blocks, tuple(sorted(set(scanned_tables(plan)))), joined_tables(plan))


def scanned_tables(plan: dict[str, Any]) -> Iterator[str]:
    """The big tables that a plan reads from end to end."""
    if "Seq Scan" in plan["Node Type"] and plan.get("Relation Name") in BIG:
        yield plan["Relation Name"]
    for below in plan.get("Plans", ()):
        yield from scanned_tables(below)


def joined_tables(plan: dict[str, Any]) -> int:
    """How many tables a plan joins, sub-queries of single values apart."""
    parts = [part for part in plan.get("Plans", ()) if part["Parent Relationship"] not in ("InitPlan", "SubPlan")]
    return ("Alias" in plan) + sum(map(joined_tables, parts))


def make_plain(connection: psycopg.Connection) -> None:
    """A copy without publications: `plain` has the visible rows with the same keys, `plain_marts` views without any predicate."""
    connection.execute("create schema plain")
    versioned = connection.execute(
        "select relname from pg_class where relnamespace = 'warehouse'::regnamespace and relkind = 'r'"
        " and exists (select from pg_attribute where attrelid = pg_class.oid and attname = 'to_publication')"
    ).fetchall()
    for (table,) in versioned:
        connection.execute(
            f"create unlogged table plain.{table} as select * from warehouse.{table}"
            f" where to_publication = 2147483647 and from_publication <= 2"
        )
        (key,) = connection.execute(
            "select pg_get_constraintdef(oid) from pg_constraint where contype = 'p' and conrelid = %s::regclass", (f"warehouse.{table}",)
        ).fetchone() or ("",)
        connection.execute(f"alter table plain.{table} add {key.replace(', to_publication', '')}")  # type: ignore[call-overload]
        connection.execute(f"analyze plain.{table}")
    connection.execute("create schema plain_marts")
    visible = r"\( SELECT warehouse\.visible_publication\(\) AS visible_publication\)"
    for name, definition in connection.execute(
        "select relname, pg_get_viewdef(oid) from pg_class where relnamespace = 'marts'::regnamespace and relkind = 'v'"
    ).fetchall():
        if name != "publication":
            for is_open in (rf"\(\(\w+\.from_publication > {visible}\) IS NOT TRUE\)", rf"\(\w+\.from_publication <= {visible}\)"):
                definition = re.sub(rf"\({is_open} AND \(\w+\.to_publication > {visible}\)\)", "true", definition)
            definition = re.sub(rf"\bwarehouse\.({'|'.join(table for (table,) in versioned)})\b", r"plain.\1", definition)
            connection.execute(f"create view plain_marts.{name} as {definition}")
    connection.execute("grant usage on schema plain_marts to bi_reader; grant select on all tables in schema plain_marts to bi_reader")


@contextmanager
def state(home: Path | None, keep: bool) -> Iterator[bool]:
    """A state folder with a server of its own; whether it must be filled."""
    folder = home or Path(tempfile.mkdtemp(prefix="tonghop-bench-"))
    forget_settings()
    os.environ["TONGHOP_HOME"] = str(folder)
    filled = folder / "filled"
    from tonghop import database

    database.ensure_server()
    try:
        yield not filled.exists()
        filled.touch()
    finally:
        database.stop_server()
        if not keep:
            shutil.rmtree(folder)


def main() -> None:
    """Build, ask, print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--facts", type=int, default=2_000_000, help="rows of fct_indicator_value")
    arguments.add_argument("--runs", type=int, default=20, help="runs of each query")
    arguments.add_argument("--home", type=Path, help="where the warehouse lies; a temporary folder unless given")
    arguments.add_argument("--keep", action="store_true", help="do not delete it afterwards")
    arguments.add_argument("--plain", action="store_true", help="compare with tables that have no publications (takes as much space again)")
    given = arguments.parse_args()
    with state(given.home, given.keep) as is_empty:
        if is_empty:
            started = time.perf_counter()
            build(
                given.facts,
                Path(os.environ["TONGHOP_HOME"]) / "pack",
                lambda step: console.print(f"{time.perf_counter() - started:7.0f} s  {step}"),
            )
        sys.exit(_ask(given.runs, given.plain))


def _ask(runs: int, plain: bool) -> int:
    from tonghop.database import admin_connect, connect

    with admin_connect() as connection:
        if plain and connection.execute("select to_regnamespace('plain')").fetchone() == (None,):
            make_plain(connection)
        sizes = connection.execute(
            "select relname, reltuples::bigint, pg_size_pretty(pg_table_size(oid)), pg_size_pretty(pg_indexes_size(oid)) from pg_class"
            " where relname = any(%s) and relnamespace = 'warehouse'::regnamespace order by 1",
            (list(BIG),),
        ).fetchall()
    for name, count, heap, index in sizes:
        console.print(f"{name}: {count:,} rows, {heap} and {index} of indexes")
    table = Table("query", "p50 ms", "p95 ms", "blocks", "rows", *(("plain p50", "ratio") if plain else ()), "", box=None, pad_edge=False)
    failed = 0
    for name, query in queries().items():
        shown = answer_as_reader(connect, query, runs, publication=1 if "earlier publication" in query else None)
        remark = "reads all of " + ", ".join(shown.scanned) if shown.scanned else "above the goal" if shown.quantile(0.95) > GOAL_MS else ""
        failed += bool(remark)
        cells = [f"{shown.quantile(0.5):.1f}", f"{shown.quantile(0.95):.1f}", f"{shown.blocks:,}", f"{shown.rows:,}"]
        if plain:
            other = answer_as_reader(connect, query.replace("marts.", "plain_marts."), runs)
            cells += [f"{other.quantile(0.5):.1f}", f"{shown.quantile(0.5) / other.quantile(0.5):.2f}"]
        table.add_row(name, *cells, remark)
    console.print(table)
    return int(failed > 0)


def answer_as_reader(connect: Any, query: str, runs: int, publication: int | None = None) -> Answered:
    """The same parameters for every query and for both kinds of tables."""
    with connect("bi_reader", publication=publication) as connection:
        return answer(connection, query, Parameters(connection), runs)


if __name__ == "__main__":
    main()
