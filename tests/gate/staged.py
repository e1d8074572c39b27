"""Reports put straight into staging, as intake and staging would have left them: small enough to read in a test."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import psycopg

from tonghop.catalog import load_pack, read_pack
from tonghop.database import admin_connect, connect


class Typed(NamedTuple):
    """A number beside what was typed for it."""

    number: int
    raw: str


Figure = int | str | Decimal | Typed
"""A number, or the state of a cell that has none (`blank`, `unreadable`, …)."""


@dataclass(frozen=True)
class Report:
    """One report: `cells` by `INDICATOR.measure` or `INDICATOR.measure.BREAKDOWN`; every other cell of its form is blank.

    `verdict`: what an earlier judgement said; None: it is still to be judged. `file_findings` are about the file as a whole.
    `same_file`: it stands in the file of the report that was staged before it.
    """

    unit: str
    form: str
    period: str
    cells: Mapping[str, Figure]
    verdict: str | None = None
    findings: Sequence[str] = ()
    file_findings: Sequence[str] = ()
    received_at: datetime = datetime(2022, 9, 1, tzinfo=UTC)
    form_version: int = 1
    complete: bool = True
    same_file: bool = False


def judge_quickly(gate_run_id: int) -> None:
    """One rule judged by plain statements, in place of the rule models, which take dbt some seconds: VISITS = 11 is always wrong."""
    with admin_connect() as connection:
        connection.execute("truncate warehouse.int_submissions_in_view")
        connection.execute(
            """
            insert into warehouse.int_submissions_in_view (gate_run_id, submission_id)
            select gate_run_id, submission_id from audit.gate_submission where gate_run_id = %s
            """,
            (gate_run_id,),
        )
        connection.execute("delete from warehouse.rule_failure_comparison where gate_run_id = %s", (gate_run_id,))
        connection.execute(
            """
            insert into warehouse.rule_failure_comparison (
                gate_run_id, rule_code, kind, severity, submission_id, unit_code, form_code, period_code, indicator_code, measure,
                sheet, cell, found_text, expected_text, cells
            )
            select
                v.gate_run_id, r.rule_code, r.kind, r.severity, v.submission_id, s.unit_code, s.form_code, s.period_code,
                c.indicator_code, c.measure, c.sheet, c.cell, '11', '= 10',
                (
                    select jsonb_agg(jsonb_build_object(
                        'sheet', i.sheet, 'cell', i.cell, 'indicator_code', i.indicator_code, 'breakdown_code', i.breakdown_code,
                        'measure', i.measure, 'value', i.value, 'submission_id', i.submission_id
                    ) order by i.indicator_code)
                    from staging.cell as i
                    where i.submission_id = v.submission_id and i.indicator_code like 'VISITS%' and i.measure = 'value'
                )
            from warehouse.int_submissions_in_view as v
            inner join staging.submission as s on v.submission_id = s.submission_id
            inner join staging.cell as c on v.submission_id = c.submission_id and c.indicator_code = 'VISITS' and c.value = 11
            inner join catalog.rule as r on r.rule_code = 'VISITS_IS_SUM' and r.pack_hash = catalog.pack_in_force()
            """
        )


def load(directory: Path) -> None:
    """Load the pack in `directory`."""
    with connect("loader") as connection:
        load_pack(read_pack(directory), connection)


def stage(reports: Sequence[Report]) -> list[int]:
    """Stage reports, one file each, and return their submissions."""
    with admin_connect() as connection, connection.transaction():
        return [_stage(connection, report) for report in reports]


def _stage(connection: psycopg.Connection, report: Report) -> int:
    receipt, sha256, uri = _last_receipt(connection) if report.same_file else _receipt(connection, report)
    (submission,) = connection.execute(
        """
        insert into staging.submission (
            receipt_id, sha256, reading_sha256, unit_code, form_code, form_version, period_code, version, received_at, source_uri, pack_hash
        )
        select
            %(receipt)s, %(sha256)s, %(sha256)s, %(unit)s, %(form)s, %(form_version)s, %(period)s, count(*) + 1,
            %(received_at)s, %(uri)s, catalog.pack_in_force()
        from staging.submission where unit_code = %(unit)s and form_code = %(form)s and period_code = %(period)s
        returning submission_id
        """,
        {
            "receipt": receipt, "sha256": sha256, "unit": report.unit, "form": report.form, "form_version": report.form_version,
            "period": report.period, "received_at": report.received_at, "uri": uri,
        },
    ).fetchone() or (None,)  # fmt: skip
    for name, figure in report.cells.items():
        indicator, measure, breakdown = [*name.split("."), "TOTAL"][:3]
        _cell(connection, submission, report, (indicator, measure, breakdown), figure)
    if report.complete:
        connection.execute(
            """
            insert into staging.cell
            select distinct on (r.indicator_code, c.measure, c.breakdown_code)
                %s, r.indicator_code, c.measure, c.breakdown_code, r.role, 'blank', null::numeric, '', '{}'::text[], r.sheet, ''
            from catalog.form_row as r
            inner join catalog.form_column as c using (pack_hash, form_code, version, sheet)
            where r.form_code = %s and r.version = %s and r.pack_hash = catalog.pack_in_force()
            on conflict do nothing
            """,
            (submission, report.form, report.form_version),
        )
    for codes, owner in ((report.findings, submission), (report.file_findings, None)):
        for code in codes:
            connection.execute(
                """
                insert into staging.finding (receipt_id, submission_id, code, severity, sheet, cell, found, expected, text_vi, text_en)
                values (%s, %s, %s, 'critical', 'S', 'C9', 'x', 'a number', 'vi', 'en')
                """,
                (receipt, owner, code),
            )
    if report.verdict:
        connection.execute("insert into audit.verdict (submission_id, verdict) values (%s, %s)", (submission, report.verdict))
    return int(submission)


def _receipt(connection: psycopg.Connection, report: Report) -> tuple[int, str, str]:
    """A file of its own for a report: receipt, hash and address."""
    (number,) = connection.execute("select count(*) from staging.submission").fetchone() or (0,)
    sha256 = hashlib.sha256(f"{report.unit} {report.form} {report.period} {number}".encode()).hexdigest()
    uri = f"/landing/{report.unit}/{report.period}-{number}.xlsx"
    connection.execute("insert into staging.file (sha256, size, archive_path) values (%s, 1, %s)", (sha256, f"files/{sha256}"))
    connection.execute(
        """
        insert into staging.receipt (sha256, source_uri, received_at, outcome, pack_hash)
        values (%s, %s, %s, 'staged', catalog.pack_in_force())
        """,
        (sha256, uri, report.received_at),
    )
    return _last_receipt(connection)


def _last_receipt(connection: psycopg.Connection) -> tuple[int, str, str]:
    row = connection.execute("select receipt_id, sha256, source_uri from staging.receipt order by receipt_id desc limit 1").fetchone()
    assert row is not None
    return row[0], row[1], row[2]


def _cell(connection: psycopg.Connection, submission: int, report: Report, name: tuple[str, str, str], figure: Figure) -> None:
    shown, raw = figure if isinstance(figure, Typed) else (figure, str(figure))
    number = None if isinstance(shown, str) else Decimal(shown)
    state = shown if isinstance(shown, str) else "number" if shown else "zero"
    indicator, measure, breakdown = name
    connection.execute(
        """
        insert into staging.cell (submission_id, indicator_code, measure, breakdown_code, role, state, value, raw, sheet, cell)
        select %(submission)s, %(indicator)s, %(measure)s, %(breakdown)s, r.role, %(state)s, %(number)s, %(raw)s, r.sheet, %(cell)s
        from catalog.form_row as r
        where r.form_code = %(form)s and r.version = %(version)s and r.indicator_code = %(indicator)s
            and r.pack_hash = catalog.pack_in_force()
        """,
        {
            "submission": submission, "indicator": indicator, "measure": measure, "breakdown": breakdown, "state": state, "number": number,
            "raw": raw, "cell": f"{indicator}/{measure}/{breakdown}", "form": report.form, "version": report.form_version,
        },
    )  # fmt: skip
