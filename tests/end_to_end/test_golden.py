"""The marts say what the printed report says: every figure, with two exceptions that no data could give."""

from __future__ import annotations

import csv
from decimal import Decimal
from typing import Any

import pytest
from tests.end_to_end.contradictions import PAGE, contradictions, found_by_the_gate, verdicts_of, with_tables
from tests.end_to_end.printed import FILE, MART_COLUMN, NO_WHOLE_PLAN, Figure, printed_figures

from tonghop.database import connect
from tonghop.settings import settings

pytestmark = [pytest.mark.end_to_end, pytest.mark.airflow, pytest.mark.timeout(2400)]


def province_in_august(publication: int) -> dict[str, dict[str, Any]]:
    """The province's rows of `indicator_summary` for 2022-08 by indicator, as BI sees them."""
    columns = sorted(set(MART_COLUMN.values()))
    with connect("bi_reader", publication=publication) as connection:
        rows = connection.execute(
            f"select indicator_code, {', '.join(columns)} from marts.indicator_summary "
            "where unit_code = 'HG' and period_code = '2022-08' and map = 'as_reported'"
        ).fetchall()
    return {row[0]: dict(zip(columns, row[1:], strict=True)) for row in rows}


def not_reproduced(publication: int) -> list[tuple[Figure, Decimal | None]]:
    """Printed figures that the marts do not reproduce, with what they say instead."""
    marts = province_in_august(publication)
    found = [(figure, marts.get(figure.indicator_code, {}).get(MART_COLUMN[figure.column])) for figure in printed_figures()]
    return [(figure, value) for figure, value in found if not figure.is_reproduced_by(value)]


def test_all_printed_figures_are_compared() -> None:
    figures = printed_figures()
    assert len([f for f in figures if f.column != "plan_year"]) == 366
    assert len([f for f in figures if f.column == "plan_year"]) == 6


def test_the_live_publication_equals_the_printed_report(main_job: int) -> None:
    different = not_reproduced(main_job)
    unexpected = [
        f"{figure.indicator_code} {figure.column}: printed {figure.printed}, mart {value}"
        for figure, value in different
        if (figure.indicator_code, figure.column) not in NO_WHOLE_PLAN
    ]
    assert not unexpected, "\n".join(unexpected)
    assert {(figure.indicator_code, figure.column) for figure, _ in different} == NO_WHOLE_PLAN


def test_the_report_measures_the_year_that_is_over(main_job: int) -> None:
    page = (settings().reports_path / f"{main_job:06}" / "year-2022.en.html").read_text(encoding="utf-8")
    with connect("bi_reader", publication=main_job) as connection:
        measured = connection.execute(
            "select distinct indicator_code from marts.quality_metric "
            "where unit_code = 'HG' and period_code = '2022' and indicator_code is not null and judgement is not null"
        ).fetchall()
    assert len(measured) > 20
    assert [code for (code,) in measured if f"<code>{code}</code>" not in page] == []


def test_no_whole_plan_gives_the_two_exceptions() -> None:
    exceptions = [f for f in printed_figures() if (f.indicator_code, f.column) in NO_WHOLE_PLAN]
    assert len(exceptions) == 2
    for figure in exceptions:
        assert figure.ytd is not None
        plans = [plan for plan in range(1, 100_000) if figure.is_reproduced_by(100 * figure.ytd / plan)]
        assert plans == [], f"{figure.indicator_code}: a plan of {plans} would give {figure.printed}"


def test_before_the_late_correction_the_figures_were_others(main_job: int) -> None:
    before = {(figure.indicator_code, figure.column) for figure, _ in not_reproduced(main_job - 1)}
    assert before > NO_WHOLE_PLAN


def test_the_gate_finds_every_listed_contradiction_and_no_more(main_job: int) -> None:
    assert found_by_the_gate("BC-TINH") == sorted(each.failure for each in contradictions("BC-TINH"))
    assert verdicts_of("BC-TINH") == {"accepted_with_warnings"}


def test_the_documentation_prints_what_the_gate_finds() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_tables(page) == page, "run python -m tests.end_to_end.contradictions"
    assert page.count("\n| ") > len(contradictions("BC-TINH")) + len(contradictions("BC-HUYEN"))


def test_the_real_table_by_district_is_kept_by_district(main_job: int) -> None:
    columns = {
        "g6pd_high_risk": "SCR_G6PD_HIGH_RISK",
        "g6pd_diagnostic": "SCR_G6PD_DIAGNOSTIC",
        "g6pd_confirmed": "SCR_G6PD_CONFIRMED",
        "g6pd_not_joined": "SCR_G6PD_NOT_JOINED",
    }
    with (FILE.parent / "hau_giang_2022_08_g6pd_by_district.csv").open(encoding="utf-8", newline="") as file:
        printed = {
            (row["unit_code"], indicator): Decimal(row[column]) for row in csv.DictReader(file) for column, indicator in columns.items()
        }
    with connect("bi_reader", publication=main_job) as connection:
        marts = {
            (unit, indicator): value
            for unit, indicator, value in connection.execute(
                "select unit_code, indicator_code, ytd_value from marts.indicator_summary "
                "where map = 'as_reported' and period_code = '2022-08' and indicator_code = any(%s) and unit_code = any(%s)",
                (list(columns.values()), [unit for unit, _ in printed]),
            )
        }
    assert marts == printed
