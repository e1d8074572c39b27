"""What gate 1 costs in a month: seconds of SQL for a million cells, the fixed part, and where the time goes.

    make bench                                                # 110 and 1,100 stations
    .venv/bin/python bench/gate.py --stations 1100 11000      # up to 1.65 million cells
    .venv/bin/python bench/gate.py --stations 55 550 --years 3   # with years before, by which the outlier rule goes

Two months of 150 cells a station are staged by set-based inserts, and the first of them, in which nothing is wrong, has gone through the
gate; a hundred rules, of the kinds and in the numbers of the sample pack, judge the second, in which one cell of a hundred is wrong and one
station of a hundred missing. Counted by `pg_stat_statements` is what the models of gate 1 do (the selector `rules`: `rule_failure_*`,
`rule_judgement` and the tables made for them), and apart from that what the suites ask. They run one after the other, so that no model's
seconds are those in which it waited for another. Without `--years` the outlier rule finds no history to go by.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
import typical
from main_job import counted_state, forget_settings
from rich.console import Console
from rich.table import Column, Table

GOAL_SECONDS = 10
"""of SQL for a full month"""
GROWTH = 1.5
"""the most that a cell may cost in the larger month, against one in the smaller"""
FULL_MONTH = 1_650_000
"""cells: 11,000 units with 150 each"""
CELLS = 150
MODELS = {path.stem for path in (Path(__file__).parents[1] / "dbt_project" / "models" / "rules").glob("*.sql")}
"""The tables that a judgement fills."""
YEAR = typical.FIRST_YEAR
MORE_MEASURES = 5
"""indicators of the last sheet that are sent with all measures; the others of that sheet are not sent"""

_TEXTS = "text_vi: Sai, text_en: Wrong, reason_vi: Bench, reason_en: Bench, owner: Bench"

_REPORTS = """
    with submitted as (
        insert into staging.submission (
            receipt_id, sha256, reading_sha256, unit_code, form_code, form_version, period_code, version, received_at, source_uri, pack_hash
        )
        select
            1, %(file)s, encode(sha256(concat(unit_code, period_code)::bytea), 'hex'), unit_code, 'TYT', 1, period_code, 1, due_at,
            'bench', pack_hash
        from catalog.duty
        where form_code = 'TYT' and period_code = %(period)s and right(unit_code, 2) <> '07'
        returning submission_id, unit_code
    ),

    figures as (
        select
            submission_id, indicator_code, (1000 + 10 * substr(unit_code, 2)::integer) * weight as base, weight, sheet, place,
            case when sheet < 6 then array['value'] else array['value', 'ytd', 'plan', 'pct_of_plan', 'rate'] end as measures
        from submitted
        cross join (
            select indicator_code, case when row_number %% 3 = 1 then 2 else 1 end as weight, sheet, row_number as place
            from catalog.indicator
            cross join lateral (values (split_part(indicator_code, '_', 2)::integer, split_part(indicator_code, '_', 3)::integer))
                as at (sheet, row_number)
            where pack_hash = catalog.pack_in_force() and (sheet < 6 or row_number <= %(more)s)
        ) as asked
    )

    insert into staging.cell (submission_id, indicator_code, measure, breakdown_code, role, state, value, raw, sheet, cell)
    select
        submission_id, indicator_code, measure, 'TOTAL', 'additive', 'number',
        case measure
            when 'value' then base + weight * %(month)s
            when 'ytd' then base * %(month)s + weight * %(month)s * (%(month)s + 1) / 2
            when 'plan' then 4 * (base * %(month)s + weight * %(month)s * (%(month)s + 1) / 2)
            when 'pct_of_plan' then 25
            else 50
        end
        + case
            when %(is_wrong)s and mod(hashtext(concat(submission_id, indicator_code, measure))::bigint + 4294967296, 100) = 0 then 1
            else 0
        end,
        '', concat('S', sheet), concat('C', place)
    from figures
    cross join unnest(measures) as sent (measure)
"""

_COMPILED = """
    with submitted as (
        insert into staging.submission (
            receipt_id, sha256, reading_sha256, unit_code, form_code, form_version, period_code, version, received_at, source_uri, pack_hash
        )
        select
            1, %(file)s, encode(sha256(concat(unit_code, period_code)::bytea), 'hex'), unit_code, 'TH', 1, period_code, 1, due_at,
            'bench', pack_hash
        from catalog.duty
        where form_code = 'TH' and period_code = %(period)s
        returning submission_id, unit_code
    )

    insert into staging.cell (submission_id, indicator_code, measure, breakdown_code, role, state, value, raw, sheet, cell)
    select
        t.submission_id, c.indicator_code, c.measure, 'TOTAL', 'control', 'number',
        sum(c.value)
        + case when %(is_wrong)s then mod(hashtext(concat(t.submission_id, c.indicator_code))::bigint + 4294967296, 100) / 99 else 0 end,
        '', 'S1', 'C1'
    from submitted as t
    inner join catalog.unit as u on t.unit_code = u.parent_code and u.pack_hash = catalog.pack_in_force()
    inner join staging.submission as s on u.unit_code = s.unit_code and s.period_code = %(period)s
    inner join staging.cell as c on s.submission_id = c.submission_id and c.measure = 'value'
    group by t.submission_id, c.indicator_code, c.measure
"""

_ACCEPTED = """
    insert into audit.verdict (submission_id, verdict)
    select submission_id, 'accepted' from staging.submission where period_code = %s
"""
"""Over the gate's own verdict: it holds back reports that have 150 of the form's 500 cells and do not say why."""

_STATEMENTS = """
    select
        coalesce(
            regexp_replace(
                substring(
                    query from
                    '(?i)^\\W*(?:/\\*.*?\\*/)?\\s*(?:create (?:\\w+ )?table|insert into|delete from|analyze)\\s+(?:"?\\w+"?\\.)*"?(\\w+)'
                ),
                '__dbt_tmp[0-9]*$', ''
            ),
            left(regexp_replace(query, '\\s+', ' ', 'g'), 60)
        ) as name,
        sum(total_exec_time)::float / 1000 as seconds,
        sum(shared_blks_hit + shared_blks_read + local_blks_hit + local_blks_read + temp_blks_read)::bigint as blocks
    from pg_stat_statements
    where toplevel and dbid = (select oid from pg_database where datname = current_database())
    group by 1
    order by 2 desc
"""
"""By the table that a statement writes, else by its first words."""


@dataclass(frozen=True)
class Judged:
    """What judging a month has cost: seconds and blocks by model, seconds of the suites' questions, and what was found."""

    cells: int
    failures: int
    models: dict[str, tuple[float, int]]
    suites: float

    @property
    def seconds(self) -> float:
        """SQL of the models of gate 1."""
        return sum(seconds for seconds, _ in self.models.values())

    @property
    def all_seconds(self) -> float:
        """SQL of gate 1: what finds the failures, and what judges them."""
        return self.seconds + self.suites


def write_pack(folder: Path) -> Path:
    """The typical pack with a compiled report of each district, and a hundred rules."""
    typical.write_pack(folder)
    forms = (
        ("forms.csv", "TH,1,Báo cáo tổng hợp,Compiled report,district,month,,"),
        ("duties.csv", "TH,district,,month,,,15"),
        *(("form_columns.csv", f"TYT,1,Phần 6,{measure},{measure},TOTAL") for measure in ("pct_of_plan", "rate")),
        *(
            ("form_columns.csv", f"TH,1,Phần {sheet + 1},{header},{measure},TOTAL")
            for sheet in range(5)
            for header, measure in typical.COLUMNS
        ),
    )
    for name, line in forms:
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")
    rows = (folder / "form_rows.csv").read_text(encoding="utf-8").splitlines()
    compiled = [
        line.replace("TYT,", "TH,").replace(",additive,", ",control,")
        for line in rows
        if line.startswith("TYT,1,Phần") and "Phần 6" not in line
    ]
    (folder / "form_rows.csv").write_text("\n".join([*rows, *compiled]) + "\n", encoding="utf-8")
    rules = list(_rules())
    (folder / "rules.yml").write_text("".join(f"- {{rule: {code}, {rule}, {_TEXTS}}}\n" for code, rule in rules), encoding="utf-8")
    (folder / "rule_cases.yml").write_text("".join(f"- {{rule: {code}, catches: [{{}}], passes: [{{}}]}}\n" for code, _ in rules))
    return folder


def _rules() -> Iterator[tuple[str, str]]:
    """As many of each kind as the sample pack has; the figures are made to meet them all."""
    triples = [(sheet, row) for sheet in range(1, 6) for row in range(1, 25, 3)]
    for sheet, row in triples:
        whole, *parts = (f"{{indicator: IND_{sheet}_{row + more:02d}}}" for more in range(3))
        yield f"SUM_{sheet}_{row}", f"kind: comparison, severity: warning, left: [{whole}], operator: '=', right: [{', '.join(parts)}]"
    for sheet, row in triples[:23]:
        part, whole = (f"{{indicator: IND_{sheet}_{row + more:02d}}}" for more in (1, 0))
        yield f"PART_{sheet}_{row}", f"kind: comparison, severity: critical, left: [{part}], operator: '<=', right: [{whole}]"
    for number in range(13):
        rate, numerator, denominator = (
            f"IND_6_{number % 5 + 1:02d}",
            f"IND_4_{2 + 3 * (number % 8):02d}",
            f"IND_5_{1 + 3 * (number % 8):02d}",
        )
        yield (
            f"RATE_{number}",
            f"kind: ratio, severity: warning, left: [{{indicator: {rate}}}], numerator: [{{indicator: {numerator}}}], "
            f"denominator: [{{indicator: {denominator}}}], factor: 100, tolerance: 0.1",
        )
    alike = ((2, 3), (2, 5), (3, 5), (1, 4))
    for number in range(13):
        left, right = alike[number % 4]
        yield (
            f"BASE_{number}",
            f"kind: implied_denominator, severity: warning, left: [{{indicator: IND_6_{left:02d}}}], "
            f"right: [{{indicator: IND_6_{right:02d}}}], tolerance_pct: 1",
        )
    for number, code in enumerate(("unreadable", "missing_sheet", "duplicate_row", "label_moved", "missing_column", "unit_not_valid", "x")):
        yield f"FINDING_{number}", f"kind: finding, severity: warning, codes: [{code}]"
    yield "PLAN", "kind: percent_of_plan, severity: warning, tolerance: 0.1"
    yield "CUMULATIVE", "kind: cumulative, severity: warning"
    yield "SAME_PERIOD", "kind: same_period, severity: warning"
    yield "CONTROL", "kind: control, severity: warning, forms: [TH]"
    yield "IDENTICAL", "kind: identical, severity: warning, minimum_values: 12"
    yield "OUTLIER", "kind: outlier, severity: info, threshold: 3.5, minimum_points: 12, minimum_value: 30"
    yield "MISSING", "kind: missing_report, severity: info"


def measure(stations: int, years: int) -> Judged:
    """Judge a month of so many stations, after so many years of others, in a warehouse of its own."""
    from tonghop import refresh

    typical.STATIONS = stations
    os.environ["TONGHOP_DBT_THREADS"] = "1"
    *earlier, before, last = [(year, month) for year in range(YEAR, YEAR + years + 1) for month in range(1, 13)][: 12 * years + 2]
    with counted_state(write_pack) as admin:
        for year, month in earlier:
            stage(admin, year, month)
            admin.execute(_ACCEPTED, [f"{year}-{month:02d}"])
        stage(admin, *before)
        cells = stage(admin, *last, is_wrong=True)
        admin.execute("vacuum (analyze)")
        refresh.decide(refresh.judge([f"{before[0]}-{before[1]:02d}"]))
        admin.execute(_ACCEPTED, [f"{before[0]}-{before[1]:02d}"])
        admin.execute("vacuum (analyze)")
        admin.execute("select pg_stat_statements_reset()")
        started = time.perf_counter()
        run = refresh.judge([f"{last[0]}-{last[1]:02d}"])
        took = time.perf_counter() - started
        judged = {name: (seconds, blocks) for name, seconds, blocks in admin.execute(_STATEMENTS)}
        models = {name: work for name, work in judged.items() if name in MODELS}
        admin.execute("select pg_stat_statements_reset()")
        outcome = refresh.decide(run)
        assert outcome is not None
        suites = sum(seconds for _, seconds, _ in admin.execute(_STATEMENTS))
        found = admin.execute("select count(*) from warehouse.rule_failure").fetchone()
        assert found is not None and found[0] > 0, "a cell of a hundred is wrong"
        Console().print(f"{stations:,} stations, {cells:,} cells: judged in {took:.0f} s, the start of dbt among them")
        return Judged(cells, found[0], models, suites)


def stage(admin: psycopg.Connection, year: int, month: int, *, is_wrong: bool = False) -> int:
    """Reports of a month, with wrong figures or without; how many cells they have."""
    period = f"{year}-{month:02d}"
    values = {"file": "a" * 64, "more": MORE_MEASURES, "month": month, "period": period, "is_wrong": is_wrong}
    for statement in (_REPORTS, _COMPILED):
        admin.execute(statement, values)  # type: ignore[arg-type]
    found = admin.execute(
        "select count(*) from staging.cell inner join staging.submission using (submission_id) where period_code = %s", [period]
    ).fetchone()
    assert found is not None
    return int(found[0])


def show(found: Sequence[Judged]) -> bool:
    """Print what was found; whether the time grows with the cells."""
    console, small, large = Console(), found[0], found[-1]
    console.print(f"Gate 1 over a month, {len(list(_rules()))} rules, {CELLS} cells a station")
    table = Table("cells", "failures", "models, s of SQL", "suites, s of SQL", box=None, pad_edge=False)
    for each in found:
        table.add_row(f"{each.cells:,}", f"{each.failures:,}", f"{each.seconds:.2f}", f"{each.suites:.2f}")
    console.print(table)
    columns = [f"{what}, {each.cells:,} cells" for what in ("s", "blocks") for each in found]
    models = Table(Column("model", no_wrap=True), *columns, box=None, pad_edge=False)
    for name in sorted(large.models, key=lambda name: -large.models[name][0]):
        each = [judged.models.get(name, (0.0, 0)) for judged in found]
        models.add_row(name, *(f"{seconds:.2f}" for seconds, _ in each), *(f"{blocks:,}" for _, blocks in each))
    console.print(models)
    slope = (large.all_seconds - small.all_seconds) / (large.cells - small.cells)
    full = large.all_seconds + slope * (FULL_MONTH - large.cells)
    growth = (large.all_seconds / large.cells) / (small.all_seconds / small.cells)
    console.print(
        f"Models and suites: {1e6 * slope:.1f} s of SQL a million cells, {small.all_seconds - slope * small.cells:.2f} s fixed; "
        f"a full month of {FULL_MONTH:,} cells: {full:.1f} s; goal: {GOAL_SECONDS} s"
    )
    console.print(f"from {small.cells:,} to {large.cells:,} cells, a cell costs x {growth:.2f}; goal: less than x {GROWTH}")
    return growth < GROWTH


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stations", type=int, nargs=2, default=[110, 1100])
    parser.add_argument("--years", type=int, default=0, help="of months before")
    given = parser.parse_args()
    forget_settings()
    sys.exit(not show([measure(stations, given.years) for stations in sorted(given.stations)]))
