"""What changed from one version of a slot to another: figures as they were sent, with findings and verdicts of both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from tonghop.database import connect
from tonghop.publication.slot_versions import NoSuchVersion, SlotVersion, find_versions, version_of
from tonghop.publication.versions import table_exists


@dataclass(frozen=True)
class ComparedVersion:
    """One of the two versions: where it came from, how it was judged, what intake found and which rules it failed (as lists of
    severity, code or rule, sheet, cell and texts)."""

    version: int
    submission_id: int
    received_at: datetime
    source_uri: str
    sender: str | None
    file_sha256: str
    verdict: str | None
    verdict_reason: str | None
    findings: list[dict[str, Any]]
    failures: list[dict[str, Any]]


@dataclass(frozen=True)
class ChangedCell:
    """A figure that only the later version has (`added`), only the earlier one (`gone`), or that says something else (`changed`).

    States and values are those that were read; sheet and cell are None where the version has no such figure.
    """

    change: str
    indicator_code: str
    name_vi: str | None
    name_en: str | None
    label_vi: str | None
    measure: str
    breakdown_code: str
    old_state: str | None
    old_value: Decimal | None
    old_raw: str | None
    old_sheet: str | None
    old_cell: str | None
    new_state: str | None
    new_value: Decimal | None
    new_raw: str | None
    new_sheet: str | None
    new_cell: str | None


@dataclass(frozen=True)
class SlotDifference:
    """Everything that differs between two versions of a slot; `same` is how many figures say the same in both."""

    unit_code: str
    unit_name: str
    form_code: str
    period_code: str
    before: ComparedVersion
    after: ComparedVersion
    cells: list[ChangedCell]
    same: int


def diff_versions(unit: str, form: str, period: str, *, from_version: int | None = None, to_version: int | None = None) -> SlotDifference:
    """Compare two versions of a slot: the latest one, or `to_version`, with the one received before it, or `from_version`.

    Raises NoSuchVersion for a slot or version that does not exist, and when there is none before.
    """
    slot = f"{unit} {form} {period}"
    with connect("auditor") as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        versions = find_versions(connection, unit, form, period)
        after = versions[0] if to_version is None else version_of(versions, to_version, slot)
        before = _before(versions, after, slot) if from_version is None else version_of(versions, from_version, slot)
        pair = {"before": before.submission_id, "after": after.submission_id}
        with connection.cursor(row_factory=class_row(ChangedCell)) as cursor:
            cells = cursor.execute(_CELLS, pair).fetchall()
        same = connection.execute(_SAME, pair).fetchone()
        name = connection.execute(
            "select u.name_vi from catalog.unit as u inner join catalog.pack as p on u.pack_hash = p.pack_hash "
            "where u.unit_code = %s order by p.load_number desc, u.valid_to desc limit 1",
            (unit,),
        ).fetchone()
        old, new = _describe(connection, before), _describe(connection, after)
    assert same is not None
    return SlotDifference(unit, str(name[0]) if name else "", form, period, old, new, cells, int(same[0]))


def _before(versions: list[SlotVersion], after: SlotVersion, slot: str) -> SlotVersion:
    later = versions.index(after)
    if later + 1 == len(versions):
        raise NoSuchVersion(f"Version {after.version} of {slot} is the first one received: there is none before it to compare with.")
    return versions[later + 1]


_CELLS = sql.SQL("""
with old as (
    select * from staging.cell where submission_id = %(before)s
),

new as (
    select * from staging.cell where submission_id = %(after)s
),

pack as (
    select pack_hash from catalog.pack order by load_number desc limit 1
),

changed as (
    select
        case when old.submission_id is null then 'added' when new.submission_id is null then 'gone' else 'changed' end as change,
        indicator_code, measure, breakdown_code,
        old.state as old_state, old.value as old_value, old.raw as old_raw, old.sheet as old_sheet, old.cell as old_cell,
        new.state as new_state, new.value as new_value, new.raw as new_raw, new.sheet as new_sheet, new.cell as new_cell,
        coalesce(new.submission_id, old.submission_id) as submission_id,
        coalesce(new.sheet, old.sheet) as sheet
    from old
    full join new using (indicator_code, measure, breakdown_code)
    where (old.state, old.value) is distinct from (new.state, new.value)
)

select
    c.change, c.indicator_code, i.name_vi, i.name_en, label.label_vi, c.measure, c.breakdown_code,
    c.old_state, c.old_value, c.old_raw, c.old_sheet, c.old_cell, c.new_state, c.new_value, c.new_raw, c.new_sheet, c.new_cell
from changed as c
inner join staging.submission as s on c.submission_id = s.submission_id
left join catalog.indicator as i on i.pack_hash = (select pack_hash from pack) and c.indicator_code = i.indicator_code
left join lateral (
    select r.label_vi from catalog.form_row as r
    where
        (r.pack_hash, r.form_code, r.version) = (s.pack_hash, s.form_code, s.form_version)
        and r.indicator_code = c.indicator_code
        and r.sheet = c.sheet
    order by r.sort_order
    limit 1
) as label on true
order by i.sort_order, c.indicator_code, c.measure, c.breakdown_code
""")

_SAME = sql.SQL("""
select count(*)
from staging.cell as old
inner join staging.cell as new using (indicator_code, measure, breakdown_code)
where
    old.submission_id = %(before)s
    and new.submission_id = %(after)s
    and (old.state, old.value) is not distinct from (new.state, new.value)
""")

_DESCRIPTION = sql.SQL("""
select
    s.version, s.submission_id, s.received_at, s.source_uri, s.sender, s.sha256 as file_sha256,
    %(verdict)s as verdict, %(verdict_reason)s as verdict_reason,
    coalesce(
        (
            select jsonb_agg(
                jsonb_build_object(
                    'severity', f.severity, 'code', f.code, 'sheet', f.sheet, 'cell', f.cell, 'text_vi', f.text_vi, 'text_en', f.text_en
                )
                order by f.finding_id
            )
            from staging.finding as f
            where f.receipt_id = s.receipt_id and coalesce(f.submission_id, s.submission_id) = s.submission_id
        ),
        '[]'
    ) as findings,
    {failures} as failures
from staging.submission as s
where s.submission_id = %(submission_id)s
""")

_FAILURES = sql.SQL("""
    coalesce(
        (
            select jsonb_agg(
                jsonb_build_object(
                    'severity', r.severity, 'rule', r.rule_code, 'waiver', r.waiver_id, 'sheet', r.sheet, 'cell', r.cell,
                    'found', r.found_text, 'expected', r.expected_text
                )
                order by r.severity, r.rule_code, r.sheet, r.cell
            )
            from warehouse.rule_failure_as_judged as r
            where
                r.submission_id = s.submission_id
                and r.gate_run_id = (select max(v.gate_run_id) from audit.verdict as v where v.submission_id = s.submission_id)
        ),
        '[]'
    )
""")


def _describe(connection: psycopg.Connection, version: SlotVersion) -> ComparedVersion:
    failures = _FAILURES if table_exists(connection, "rule_failure_as_judged") else sql.SQL("'[]'::jsonb")
    with connection.cursor(row_factory=class_row(ComparedVersion)) as cursor:
        described = cursor.execute(
            _DESCRIPTION.format(failures=failures),
            {"submission_id": version.submission_id, "verdict": version.verdict, "verdict_reason": version.verdict_reason},
        ).fetchone()
    assert described is not None
    return described
