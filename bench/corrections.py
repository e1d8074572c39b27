"""What one corrected workbook costs in histories of 1, 3 and 5 years: the database's work for a whole refresh, start-up apart.

    make bench
    .venv/bin/python bench/corrections.py --stations 100 --years 1 3 5

The history is staged by set-based inserts and built by the same models as any other; then the database is vacuumed, and one report of
March of the last year comes again with other figures. All statements of the refresh are counted by `pg_stat_statements`: milliseconds
depend on the machine and on what else it does, blocks do not. Full size is 11,000 stations of 150 indicators: 1.65 million facts a month.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
import typical
from main_job import counted_state, forget_settings
from rich.console import Console
from rich.table import Table

GOAL = 1.3
"""the most that the cost may grow from the shortest to the longest history"""
SHOWN = 16
"""lines of the table that says which statements grew"""

_HISTORY = """
    with submitted as (
        insert into staging.submission (
            receipt_id, sha256, reading_sha256, unit_code, form_code, form_version, period_code, version, received_at, source_uri, pack_hash
        )
        select
            1, %(file)s, encode(sha256(concat(unit_code, period_code, %(salt)s::text)::bytea), 'hex'), unit_code, form_code, 1, period_code,
            1 + (
                select count(*) from staging.submission as s
                where (s.unit_code, s.form_code, s.period_code) = (duty.unit_code, duty.form_code, duty.period_code)
            ),
            due_at + make_interval(hours => %(salt)s), 'bench', pack_hash
        from catalog.duty
        where left(period_code, 4)::integer between %(first)s and %(last)s and unit_code like %(unit)s and period_code like %(period)s
        returning submission_id
    ),

    cells as (
        insert into staging.cell (submission_id, indicator_code, measure, breakdown_code, role, state, value, raw, sheet, cell)
        select
            s.submission_id, f.indicator_code, 'value', 'TOTAL', 'additive', 'number',
            1 + mod(s.submission_id * 7919 + hashtext(f.indicator_code)::bigint + 4294967296, 5000), '', 'S', 'C1'
        from submitted as s
        cross join catalog.form_figure as f
        where f.measure = 'value'
        returning 1
    )

    select submission_id, (select count(*) from cells) from submitted
"""

_FACTS = """
    select count(*), count(*) filter (where from_publication = %(number)s) from warehouse.fct_indicator_value
"""

_WORK = """
    select
        coalesce(
            regexp_replace(
                substring(
                    query from '^(?:create \\w+ table|insert into|update|delete from|analyze)\\s+(?:"\\w+"\\.)*"(\\w+)"'
                ),
                '__dbt_tmp[0-9]*$', ''
            ),
            left(regexp_replace(query, '\\s+', ' ', 'g'), 44)
        ) as name,
        sum(total_exec_time) as milliseconds,
        sum(shared_blks_hit + shared_blks_read + local_blks_hit + local_blks_read + temp_blks_read)::bigint as blocks
    from pg_stat_statements
    where
        toplevel
        and dbid = (select oid from pg_database where datname = current_database())
        and query !~* 'information_schema|dependent_namespace'
    group by 1
"""
"""By the table that a statement writes, else by its first words. What dbt asks of the system's own tables is left out: it is start-up, the
same for every history, and would make any growth look smaller than it is."""


@dataclass(frozen=True)
class Work:
    """What the database did for one refresh, by statement; and the seconds of the whole."""

    statements: dict[str, tuple[float, int]]
    seconds: float

    @property
    def milliseconds(self) -> float:
        """Of all statements."""
        return sum(each[0] for each in self.statements.values())

    @property
    def blocks(self) -> int:
        """Blocks of 8 kB that were looked at, in memory or not."""
        return sum(each[1] for each in self.statements.values())


def measure(stations: int, years: Sequence[int]) -> dict[int, Work]:
    """Let the history grow from one number of years to the next, and take one correction in at each."""
    from tonghop import refresh

    found: dict[int, Work] = {}
    typical.STATIONS, typical.COLUMNS = stations, typical.COLUMNS[:1]  # the figures of the month only
    with counted_state(typical.write_pack) as admin:
        built = typical.FIRST_YEAR - 1
        for number in years:
            last = typical.FIRST_YEAR + number - 1
            stage(admin, built + 1, last, "%", "%", 0)
            take_in(admin)
            built = last
            admin.execute("vacuum (analyze)")
            stage(admin, last, last, "S007", f"{last}-03", number, judged=False)
            admin.execute("select pg_stat_statements_reset()")
            started = time.perf_counter()
            outcome = refresh.decide(refresh.judge())
            assert outcome is not None
            candidate = refresh.open_candidate()
            assert candidate is not None
            refresh.build_candidate(candidate)
            refresh.check_candidate(candidate)
            refresh.publish(candidate)
            seconds = time.perf_counter() - started
            rows = admin.execute(_WORK).fetchall()
            found[number] = Work({name: (float(ms), int(blocks)) for name, ms, blocks in rows}, seconds)
            facts = admin.execute(_FACTS, {"number": candidate}).fetchone()
            assert facts is not None and facts[1] == typical.SHEETS * typical.ROWS, facts
            Console().print(f"{number} years: {facts[0]:,} facts, {facts[1]} of them corrected")
    return found


def stage(admin: psycopg.Connection, first: int, last: int, unit: str, period: str, salt: int, *, judged: bool = True) -> None:
    """Reports of some years, units and periods; judged already unless they are to be judged by the gate."""
    values = {"file": "a" * 64, "first": first, "last": last, "unit": unit, "period": period, "salt": salt}
    submissions = [row[0] for row in admin.execute(_HISTORY, values).fetchall()]
    assert submissions
    if judged:
        admin.execute("insert into audit.verdict (submission_id, verdict) select unnest(%s::bigint[]), 'accepted'", (submissions,))


def take_in(admin: psycopg.Connection) -> None:
    """Publish the history; gate 2 is not what is measured here."""
    from tonghop import publication, warehouse

    number = publication.open_candidate()
    assert number is not None
    admin.execute("analyze")
    warehouse.build_candidate(number)
    admin.execute(
        "insert into audit.gate_run (gate, publication, status, pack_hash, code_version) "
        "select 2, number, 'passed', pack_hash, code_version from audit.publication where number = %s",
        (number,),
    )
    publication.publish(number)


def show(found: dict[int, Work], stations: int) -> bool:
    """Print what was found; whether it grows no more than it may."""
    console, shortest, longest = Console(), min(found), max(found)
    indicators = typical.SHEETS * typical.ROWS
    console.print(
        f"One corrected workbook; {stations} stations, {indicators} indicators: {stations * indicators:,} facts a month "
        f"(full size: {11_000 * indicators:,})"
    )
    table = Table("years", "SQL ms", "blocks", "seconds with start-up", box=None, pad_edge=False)
    for years, work in sorted(found.items()):
        table.add_row(str(years), f"{work.milliseconds:,.0f}", f"{work.blocks:,}", f"{work.seconds:.1f}")
    console.print(table)
    columns = [f"{years} years {what}" for what in ("blocks", "ms") for years in sorted(found)]
    grown = Table("statement", *columns, box=None, pad_edge=False)
    nothing = (0.0, 0)
    names = sorted(
        found[longest].statements,
        key=lambda name: found[shortest].statements.get(name, nothing)[1] - found[longest].statements[name][1],
    )
    for name in names[:SHOWN]:
        each = [found[years].statements.get(name, nothing) for years in sorted(found)]
        grown.add_row(name, *(f"{blocks:,}" for _, blocks in each), *(f"{ms:,.0f}" for ms, _ in each))
    console.print(grown)
    blocks, milliseconds = (getattr(found[longest], what) / getattr(found[shortest], what) for what in ("blocks", "milliseconds"))
    console.print(f"from {shortest} to {longest} years: blocks x {blocks:.2f}, SQL time x {milliseconds:.2f}; goal: less than x {GOAL}")
    return bool(blocks < GOAL)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stations", type=int, default=100)
    parser.add_argument("--years", type=int, nargs="+", default=[1, 3, 5])
    given = parser.parse_args()
    forget_settings()
    sys.exit(not show(measure(given.stations, given.years), given.stations))
