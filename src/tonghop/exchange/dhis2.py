"""A publication as DHIS2's data values: a file for each form (data set), and a list of what has no code there.

PostgreSQL writes each value as JSON, so that nothing is held in memory and numbers stay as they are.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tonghop.catalog import Pack
from tonghop.catalog.dhis2 import to_dhis2
from tonghop.catalog.rows import Dhis2Code
from tonghop.exchange.export import snapshot, visible_publication, whole_or_nothing
from tonghop.exchange.selection import ExportProblem
from tonghop.model import Measure, Period
from tonghop.spreadsheets import escape_formula

UNMAPPED = "unmapped.csv"
_HEADER = ("what", "code", "measure", "breakdown_code", "figures")


@dataclass(frozen=True)
class Unmapped:
    """Something of ours that has no code in DHIS2, and how many figures were left out for it."""

    what: str
    code: str
    measure: str
    breakdown_code: str
    figures: int


@dataclass(frozen=True)
class DataValues:
    """What was written: the publication, the files, how many values they hold, and what was left out."""

    publication: int
    files: tuple[Path, ...]
    values: int
    unmapped: tuple[Unmapped, ...]


_FIGURES = sql.SQL("""
with org_units as (select * from unnest(%(units)s::text[], %(org_units)s::text[]) as given (unit_code, org_unit)),
data_sets as (select * from unnest(%(forms)s::text[], %(data_sets)s::text[]) as given (form_code, data_set)),
dhis2_periods as (select * from unnest(%(periods)s::text[], %(dhis2_periods)s::text[]) as given (period_code, dhis2_period)),
data_elements as (
    select * from unnest(
        %(indicators)s::text[], %(indicator_measures)s::text[], %(breakdowns)s::text[], %(data_elements)s::text[], %(option_combos)s::text[]
    ) as given (indicator_code, measure, breakdown_code, data_element, option_combo)
),
figures as (
    select
        forms.form_code, units.unit_code, periods.period_code, indicators.indicator_code, facts.measure, breakdowns.breakdown_code,
        facts.value, facts.sheet, facts.cell, facts.correction_code,
        data_sets.data_set, org_units.org_unit, dhis2_periods.dhis2_period, data_elements.data_element, data_elements.option_combo
    from marts.fct_indicator_value as facts
    inner join marts.dim_period as periods on facts.period_key = periods.period_key
    inner join marts.dim_unit as units on facts.unit_key = units.unit_key
    inner join marts.dim_indicator as indicators on facts.indicator_key = indicators.indicator_key
    inner join marts.dim_form as forms on facts.form_key = forms.form_key
    inner join marts.dim_breakdown as breakdowns on facts.breakdown_key = breakdowns.breakdown_key
    left join dhis2_periods on periods.period_code = dhis2_periods.period_code
    left join org_units on units.unit_code = org_units.unit_code
    left join data_sets on forms.form_code = data_sets.form_code
    left join data_elements
        on indicators.indicator_code = data_elements.indicator_code
        and facts.measure = data_elements.measure
        and breakdowns.breakdown_code = data_elements.breakdown_code
    where periods.period_code = any(%(periods)s) and facts.measure = any(%(measures)s) and facts.value is not null
),
mapped as (
    select * from figures
    where org_unit is not null and data_set is not null and data_element is not null and dhis2_period is not null
)
""")

_UNMAPPED = _FIGURES + sql.SQL("""
select 'unit', unit_code, '', '', count(*) from figures where org_unit is null group by unit_code
union all
select 'form', form_code, '', '', count(*) from figures where data_set is null group by form_code
union all
select 'indicator', indicator_code, measure, breakdown_code, count(*) from figures where data_element is null
group by indicator_code, measure, breakdown_code
union all
select 'period', period_code, '', '', count(*) from figures where dhis2_period is null group by period_code
order by 1, 2, 3, 4
""")

_COUNTED = _FIGURES + sql.SQL("select count(*) from mapped where form_code = %(form)s")
_VALUES = _FIGURES + sql.SQL("""
select
    case when row_number() over in_order = 1 then '' else ',' end
    || json_strip_nulls(json_build_object(
        'dataElement', data_element, 'categoryOptionCombo', option_combo, 'period', dhis2_period, 'orgUnit', org_unit,
        'value', trim_scale(value)::text, 'comment', concat_ws('; ', sheet || '!' || cell, correction_code)
    ))::text
from mapped where form_code = %(form)s
window in_order as (order by period_code, unit_code, indicator_code, measure, breakdown_code)
order by period_code, unit_code, indicator_code, measure, breakdown_code
""")


def export_data_values(
    pack: Pack,
    periods: Sequence[Period],
    directory: Path,
    *,
    publication: int | None = None,
    measures: Sequence[Measure] = (Measure.VALUE,),
) -> DataValues:
    """Write the figures of some periods, as units submitted them, into `directory`: `<form>.json` for each form with a data set.

    What has no code in the pack's `dhis2.csv` is counted in the result and listed in `unmapped.csv`. States without a number (blank,
    unreadable …) have no place in DHIS2 and are not written. Raises ExportProblem, DatabaseDown.
    """
    if not pack.dhis2:
        raise ExportProblem(
            f"The pack {pack.code} has no dhis2.csv, so nothing has a code in DHIS2. catalog/README.md says how to write it."
        )
    mapping = _parameters(pack.dhis2, periods, measures)
    directory.mkdir(parents=True, exist_ok=True)
    with snapshot(publication) as connection:
        number, _ = visible_publication(connection)
        unmapped = tuple(Unmapped(*row) for row in connection.execute(_UNMAPPED, mapping))
        files: list[Path] = []
        values = 0
        for row in pack.dhis2:
            if row.part == "form":
                of_form = mapping | {"form": row.code}
                counted = connection.execute(_COUNTED, of_form).fetchone()
                if counted and counted[0]:
                    files.append(_write(connection, row, of_form, directory))
                    values += counted[0]
    _list(unmapped, directory / UNMAPPED)
    return DataValues(number, tuple(files), values, unmapped)


def _parameters(rows: Sequence[Dhis2Code], periods: Sequence[Period], measures: Sequence[Measure]) -> dict[str, Any]:
    """The mapping as arrays that PostgreSQL joins with."""
    units, forms, figures = ([row for row in rows if row.part == part] for part in ("unit", "form", "indicator"))
    return {
        "units": [row.code for row in units],
        "org_units": [row.dhis2 for row in units],
        "forms": [row.code for row in forms],
        "data_sets": [row.dhis2 for row in forms],
        "indicators": [row.code for row in figures],
        "indicator_measures": [row.measure.value for row in figures],
        "breakdowns": [row.breakdown_code for row in figures],
        "data_elements": [row.dhis2 for row in figures],
        "option_combos": [row.option_combo for row in figures],
        "periods": [period.code for period in periods],
        "dhis2_periods": [to_dhis2(period) for period in periods],
        "measures": [measure.value for measure in measures],
    }


def _write(connection: psycopg.Connection[Any], form: Dhis2Code, parameters: dict[str, Any], directory: Path) -> Path:
    """The file of one data set. JSON has no control characters in it, so with these as marks COPY leaves it as it is."""
    path = directory / f"{form.code}.json"
    copy = sql.SQL("copy ({}) to stdout (format csv, delimiter {}, quote {})").format(_VALUES, sql.Literal("\x02"), sql.Literal("\x01"))
    with whole_or_nothing(path) as aside, aside.open("wb") as file, connection.cursor() as cursor:
        file.write(f'{{"dataSet": {json.dumps(form.dhis2)}, "dataValues": [\n'.encode())
        with cursor.copy(copy, parameters) as copied:
            for part in copied:
                file.write(part)
        file.write(b"]}\n")
    return path


def _list(unmapped: Sequence[Unmapped], path: Path) -> None:
    """The list of what has no code, to be completed and put into `dhis2.csv`; none is left from before when nothing lacks."""
    path.unlink(missing_ok=True)
    if not unmapped:
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADER)
        writer.writerows(
            [*map(escape_formula, (each.what, each.code, each.measure, each.breakdown_code)), each.figures] for each in unmapped
        )
