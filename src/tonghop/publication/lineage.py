"""Tracing a published figure back to the cells that it was made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row, dict_row

from tonghop.database import connect
from tonghop.publication.records import PublicationProblem, read_publication, require_shown


class NotTraceable(PublicationProblem):
    """The marts have no such figure at the publication that was asked."""


@dataclass(frozen=True)
class Contribution:
    """One cell of a unit's workbook that goes into a figure: its value, where it stands, and how its submission was judged.

    `value` and `state` are those that were published, `raw` is what stands in the cell. `correction` is the hand correction that
    makes the difference (correction, found, use, reason, author); None for a figure as it was sent. `failures` are the
    rule failures of the submission that concern this indicator: rule, severity, cell, found, expected, and the waiver because of which
    it did not count.
    """

    period_code: str
    unit_code: str
    unit_name: str
    form_code: str
    value: Decimal | None
    state: str
    raw: str
    sheet: str
    cell: str
    submission_id: int
    version: int
    verdict: str
    received_at: datetime
    source_uri: str
    sender: str | None
    file_sha256: str
    correction: dict[str, str] | None
    failures: list[dict[str, Any]]


@dataclass(frozen=True)
class Part:
    """The contributions of one indicator to a figure: itself, or the numerator or denominator of a ratio.

    `published` is what the marts show for that indicator, `contributed` the sum of the cells; `agrees` compares them.
    """

    indicator_code: str
    part: str
    published: Decimal | None
    contributions: list[Contribution]

    @property
    def contributed(self) -> Decimal | None:
        """The sum of the contributions; None when none has a number."""
        numbers = [contribution.value for contribution in self.contributions if contribution.value is not None]
        return sum(numbers, Decimal(0)) if numbers else None

    @property
    def agrees(self) -> bool:
        """Whether the cells add up to the published figure."""
        return self.contributed == self.published


@dataclass(frozen=True)
class Trace:
    """A published figure with everything that it was made of."""

    publication: int
    unit_code: str
    unit_name: str
    indicator_code: str
    indicator_name: str
    kind: str
    period_code: str
    value: Decimal | None
    ytd_value: Decimal | None
    target: Decimal | None
    reporting_units: int
    expected_units: int
    parts: list[Part]
    missing: list[str]
    """Reports that are owed below the unit in the period and were not in force, as `unit form period`."""


def trace(unit: str, indicator: str, period: str, *, publication: int | None = None) -> Trace:
    """The figure `value` of a unit, indicator and period with the cells behind it, as BI sees it now or saw it at `publication`.

    A longer period is made of the months and quarters in it that units report; a stock is the one that decides. Raises
    NotTraceable when the marts have no such figure, PublicationProblem when `publication` was never published.
    """
    with connect("auditor", publication=publication) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        if publication is not None:
            require_shown(read_publication(connection, publication))
        with connection.cursor(row_factory=dict_row) as cursor:
            figure = _figure(cursor, unit, indicator, period)
            wanted = [("value", indicator)]
            if figure["numerator_code"] and figure["denominator_code"]:
                wanted = [("numerator", figure["numerator_code"]), ("denominator", figure["denominator_code"])]
            parts = [_part(cursor, part, code, unit, period) for part, code in wanted]
            missing = _missing(cursor, unit, period, [code for _, code in wanted])
    return Trace(
        publication=figure["publication"],
        unit_code=unit,
        unit_name=figure["unit_name"],
        indicator_code=indicator,
        indicator_name=figure["indicator_name"],
        kind=figure["kind"],
        period_code=period,
        value=figure["value"],
        ytd_value=figure["ytd_value"],
        target=figure["target"],
        reporting_units=figure["reporting_units"],
        expected_units=figure["expected_units"],
        parts=parts,
        missing=missing,
    )


Cursor = psycopg.Cursor[dict[str, Any]]

_FIGURE = """
    select
        warehouse.visible_publication() as publication, s.value, s.ytd_value, s.target, s.reporting_units, s.expected_units,
        u.name_vi as unit_name, i.name_vi as indicator_name, i.kind, i.numerator_code, i.denominator_code
    from marts.indicator_summary as s
    inner join marts.dim_unit as u on s.unit_key = u.unit_key
    inner join marts.dim_indicator as i on s.indicator_key = i.indicator_key
    where s.unit_code = %(unit)s and s.indicator_code = %(indicator)s and s.period_code = %(period)s and s.map = 'as_reported'
"""

# The periods that an indicator's figure of a period is made of: itself, and the months and quarters in it, whichever each unit
# reports (none owes both); for a stock those that decide, for a ratio that is only submitted itself alone. The subtree of a unit:
# every dated unit that has it on its path.
_SCOPE = sql.SQL("""
with asked_period as (
    select * from marts.dim_period where period_code = %(period)s
),

indicator as (
    select * from marts.dim_indicator where indicator_code = %(indicator)s
),

period_within as (
    select p.period_key, p.period_code, p.start_date
    from marts.dim_period as p
    inner join asked_period as a on p.start_date >= a.start_date and p.end_date <= a.end_date
    cross join indicator as i
    where p.period_type in (a.period_type, 'month', 'quarter')
        and case
            when i.kind = 'flow' then true
            when i.kind = 'ratio' then p.period_key = a.period_key
            when i.stock_at = 'start' then p.start_date = a.start_date
            else p.end_date = a.end_date
        end
),

unit_within as (
    select unit_key, unit_code, name_vi
    from marts.dim_unit
    where case
        when (select kind = 'ratio' from indicator) then unit_code = %(unit)s -- submitted as such: shown where it was submitted
        else string_to_array(path, '/') @> array[%(unit)s]
    end
)
""")

_CONTRIBUTIONS = sql.SQL("""
{scope},

sent as (
    select
        p.period_code, p.start_date, u.unit_code, u.name_vi as unit_name,
        f.value, f.state, f.sheet, f.cell, f.submission_id, f.breakdown_key, f.correction_code
    from warehouse.fct_indicator_value as f
    inner join period_within as p on f.period_key = p.period_key
    inner join indicator as i on f.indicator_key = i.indicator_key
    inner join unit_within as u on f.unit_key = u.unit_key
    where f.measure = 'value' and f.role = 'additive'
        and f.from_publication <= (select warehouse.visible_publication())
        and f.to_publication > (select warehouse.visible_publication())
),

-- where a total was not sent, it is made of the parts of the first partition that is complete
complete_partition as (
    select distinct on (s.submission_id) s.submission_id, d.partition_code
    from sent as s
    inner join marts.dim_partition as d on s.breakdown_key = d.part_key and d.whole_key = 0
    where s.state in ('number', 'zero', 'not_applicable') and (select kind <> 'ratio' from indicator)
    group by s.submission_id, d.partition_code, d.parts, d.precedence
    having count(*) = d.parts
    order by s.submission_id, d.precedence
),

reported as (
    select s.*
    from sent as s
    left join sent as total on s.submission_id = total.submission_id and total.breakdown_key = 0
    left join complete_partition as c on s.submission_id = c.submission_id and coalesce(total.state = 'blank', true)
    left join marts.dim_partition as d on c.partition_code = d.partition_code and s.breakdown_key = d.part_key
    where case when c.submission_id is null then s.breakdown_key = 0 else d.part_key is not null end
)

select
    r.period_code, r.unit_code, r.unit_name, s.form_code, r.value, r.state, c.raw, r.sheet, r.cell, r.submission_id, s.version,
    v.verdict, s.received_at, s.source_uri, s.sender, s.sha256 as file_sha256,
    corrected.correction, coalesce(found.failures, '[]') as failures
from reported as r
inner join staging.submission as s on r.submission_id = s.submission_id
inner join staging.cell as c
    on r.submission_id = c.submission_id and c.indicator_code = %(indicator)s and c.measure = 'value'
inner join catalog.breakdown_key as b on c.breakdown_code = b.breakdown_code and b.breakdown_key = r.breakdown_key
inner join marts.fct_submission as v on r.submission_id = v.submission_id
left join lateral (
    select jsonb_build_object(
        'correction', j.correction_code, 'found', coalesce(trim_scale(j.found_value)::text, j.found_state),
        'use', coalesce(trim_scale(j.use_value)::text, j.use_state), 'reason', j.reason, 'author', j.author
    ) as correction
    from audit.judged_correction as j
    where j.submission_id = r.submission_id and j.gate_run_id = v.gate_run_id and j.correction_code = r.correction_code
) as corrected on true
left join lateral (
    select jsonb_agg(
        jsonb_build_object(
            'rule', f.rule_code, 'severity', f.severity, 'waiver', f.waiver_id, 'sheet', f.sheet, 'cell', f.cell,
            'found', coalesce(f.found_text, f.found::text), 'expected', coalesce(f.expected_text, f.expected::text)
        )
        order by f.rule_code, f.sheet, f.cell
    ) as failures
    from warehouse.rule_failure_as_judged as f
    where f.submission_id = r.submission_id and f.indicator_code = %(indicator)s and f.gate_run_id = coalesce(v.gate_run_id, f.gate_run_id)
) as found on true
order by r.start_date, r.unit_code, s.form_code
""").format(scope=_SCOPE)

_MISSING = sql.SQL("""
{scope},

forms_with_indicator as (
    select distinct k.form_key, k.form_code
    from audit.publication as p
    inner join catalog.form_figure as r on p.pack_hash = r.pack_hash and r.indicator_code = %(indicator)s and r.role = 'additive'
    inner join catalog.form_key as k on r.form_code = k.form_code
    where p.number = warehouse.visible_publication()
)

select concat_ws(' ', u.unit_code, fo.form_code, p.period_code) as slot
from warehouse.fct_reporting_duty as d
inner join period_within as p on d.period_key = p.period_key
inner join unit_within as u on d.unit_key = u.unit_key
inner join forms_with_indicator as fo on d.form_key = fo.form_key
where d.from_publication <= (select warehouse.visible_publication())
    and d.to_publication > (select warehouse.visible_publication())
    and not exists (
        select 1 from marts.fct_submission as s
        where s.unit_key = d.unit_key and s.form_key = d.form_key and s.period_key = d.period_key and s.status = 'in_force'
    )
""").format(scope=_SCOPE)


def _figure(cursor: Cursor, unit: str, indicator: str, period: str) -> dict[str, Any]:
    asked = {"unit": unit, "indicator": indicator, "period": period}
    found = cursor.execute(_FIGURE, asked).fetchone()
    if found is not None:
        return found
    if cursor.execute("select 1 from marts.publication limit 1").fetchone() is None:
        raise NotTraceable("Nothing is published yet: `tonghop refresh` judges and publishes what has come.")
    for name, code in asked.items():
        dimension, column = sql.Identifier("marts", f"dim_{name}"), sql.Identifier(f"{name}_code")
        known = cursor.execute(sql.SQL("select 1 from {} where {} = %s limit 1").format(dimension, column), (code,)).fetchone()
        if known is None:
            raise NotTraceable(f"The publication knows no {name} {code!r}: marts.dim_{name} lists the codes.")
    raise NotTraceable(f"Nothing is published for unit {unit}, indicator {indicator}, period {period}: no report of it was due.")


def _part(cursor: Cursor, part: str, indicator: str, unit: str, period: str) -> Part:
    asked = {"unit": unit, "indicator": indicator, "period": period}
    published = cursor.execute(_FIGURE, asked).fetchone()
    with cursor.connection.cursor(row_factory=class_row(Contribution)) as contributions:
        cells = contributions.execute(_CONTRIBUTIONS, asked).fetchall()
    return Part(indicator, part, published["value"] if published else None, cells)


def _missing(cursor: Cursor, unit: str, period: str, indicators: list[str]) -> list[str]:
    slots = {
        row["slot"]
        for indicator in indicators
        for row in cursor.execute(_MISSING, {"unit": unit, "indicator": indicator, "period": period})
    }
    return sorted(slots)
