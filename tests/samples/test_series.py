"""What the figures of the units keep to, beyond their sums."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from tonghop.catalog import Pack
from tonghop.catalog.rules import Rule, Term
from tonghop.intake import KINDS
from tonghop.model import Measure, Severity
from tonghop.samples.data import Data, Relation, SamplesError
from tonghop.samples.figures import Figure
from tonghop.samples.reports import Report
from tonghop.samples.series import Series, unit_series

HOLDS: dict[str, Callable[[Decimal, Decimal], bool]] = {"=": operator.eq, "<=": operator.le, ">=": operator.ge}
Cells = dict[tuple[str, Measure], Decimal]


def cells(pack: Pack, report: Report) -> Cells:
    """The numbers of a workbook by indicator and measure."""
    found: Cells = {}
    for sheet, page in zip(pack.sheets(report.form), report.workbook.sheets, strict=True):
        for row, line in zip(sheet.rows, page.lines, strict=True):
            for column, figure in zip(sheet.columns, line.figures, strict=True):
                if isinstance(figure, int | Decimal):
                    found[row.indicator_code, column.measure] = Decimal(figure)
    return found


def fails(rule: Rule, measure: Measure | None, figures: Cells) -> bool:
    def side(terms: tuple[Term, ...]) -> Decimal | None:
        values = [figures.get((term.indicator_code, term.measure or measure or Measure.VALUE)) for term in terms]
        if any(value is None for value in values):
            return None
        return sum((value * term.weight for value, term in zip(values, terms, strict=True) if value is not None), Decimal(0))

    left, right = side(rule.left), side(rule.right)
    assert rule.operator
    return left is not None and right is not None and not HOLDS[rule.operator](left, right)


def test_only_the_planted_workbook_breaks_a_critical_comparison(pack: Pack, data: Data, sent: list[Report]) -> None:
    critical = [rule for rule in pack.rules if rule.kind == "comparison" and rule.severity is Severity.CRITICAL]
    broken, judged = set(), 0
    for report in sent:
        if report.form.form_code == data.story.compiled_form:
            continue
        figures = cells(pack, report)
        for rule in critical:
            if not rule.applies_to(report.form.form_code):
                continue
            for measure in rule.measures or (None,):
                judged += 1
                if fails(rule, measure, figures):
                    broken.add((report.wave, report.unit.unit_code, report.period.code, rule.rule_code))
    assert broken == {("2_2022-08", "HG-BVSN", "2022-08", "SURGERY_CSECTION_WITHIN_ALL")}
    assert judged > 30_000


def test_bounds_hold_for_every_unit_and_month(data: Data, series: dict[str, Series]) -> None:
    links = [link for link in data.links if link.relation is Relation.WITHIN]
    assert len(links) > 30
    for link in links:
        part = series[link.indicator_code]
        for month, whole in zip(part.values, series[link.other_code].of(part.units), strict=True):
            assert all(value <= bound for value, bound in zip(month, whole, strict=True)), link


def test_values_are_never_negative_and_running_totals_never_fall(pack: Pack, data: Data, series: dict[str, Series]) -> None:
    for code, one in series.items():
        assert min(map(min, one.values)) >= 0, code
        indicator = pack.indicator(code)
        if indicator and indicator.kind == "since" and not data.related(code, Relation.SUM_OF):
            assert all(values == sorted(values) for values in one.by_unit.values()), code


def test_figures_come_from_several_units_where_several_owe_them(pack: Pack, series: dict[str, Series]) -> None:
    districts = {unit.unit_code for unit in pack.units if unit.unit_type == "district"}
    parents = {unit.unit_code: unit.parent_code for unit in pack.units}
    from_communes = [one for one in series.values() if len(one.units) == 75]
    assert len(from_communes) > 50
    assert all({parents[unit] for unit in one.units} == districts for one in from_communes)


def test_the_same_pack_gives_the_same_figures(pack: Pack, data: Data, series: dict[str, Series]) -> None:
    assert unit_series(pack, data) == series


def test_figures_that_contradict_a_bound_are_refused_by_name(pack: Pack, data: Data) -> None:
    more_than_all = replace(data, figures=data.figures | {"RH_ANC4": Figure("RH_ANC4", value=419, ytd=5014)})
    with pytest.raises(SamplesError, match="RH_ANC4"):
        unit_series(pack, more_than_all)


def test_an_indicator_without_figures_is_named(pack: Pack, data: Data) -> None:
    figures = {code: figure for code, figure in data.figures.items() if code != "OPD_VISITS"}
    with pytest.raises(SamplesError, match=r"OPD_VISITS .* no row in figures\.csv"):
        unit_series(pack, replace(data, figures=figures))


def test_only_files_without_a_submission_have_findings_without_a_rule(pack: Pack) -> None:
    ruled = [code for rule in pack.rules for code in rule.codes]
    assert len(ruled) == len(set(ruled))
    assert KINDS.keys() - set(ruled) == {
        "not_a_workbook",
        "old_font",
        "empty_file",
        "lock_file",
        "password_protected",
        "file_damaged",
        "too_large",
        "unsafe_content",
        "no_dhis2_mapping",
        "unknown_org_unit",
        "unknown_form",
        "unknown_unit",
        "ambiguous_unit",
        "unknown_period",
        "no_figures",
    }
