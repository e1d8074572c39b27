"""Checks of what rests on the figures of forms: nothing is counted twice along a branch, and every rule can be judged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import combinations_with_replacement, product
from typing import NamedTuple

from tonghop.catalog.form_checks import Placed, Version
from tonghop.catalog.problems import Problem
from tonghop.catalog.rows import TOTAL, Form, Unit
from tonghop.catalog.tables import Files
from tonghop.catalog.tree import Lineage, Tree
from tonghop.model import Measure, Role

Sought = tuple[str, Measure | None, str | None]
"""Indicator, measure and breakdown of a figure that a rule compares; None: any."""


class _Report(NamedTuple):
    """An indicator that units of a type add up in a form version."""

    form: Form
    placed: Placed
    unit_type: str


def check_double_counting(files: Files, tree: Tree, placed: Iterable[Placed]) -> Iterator[Problem]:
    """No two units of one branch add up the same indicator."""
    forms = {(form.form_code, form.version): form for form in files.forms.rows}
    reports: defaultdict[str, dict[Version, list[_Report]]] = defaultdict(dict)
    for each in placed:
        form = forms.get(each.version)
        if each.figure.role is Role.ADDITIVE and form is not None:
            found = [_Report(form, each, unit_type) for unit_type in form.unit_types]
            reports[each.figure.indicator_code].setdefault(each.version, found)
    branches = _types_on_a_branch(files.units.rows, tree)
    for indicator_code, by_version in reports.items():
        told: set[frozenset[str]] = set()
        for one, other in combinations_with_replacement([report for found in by_version.values() for report in found], 2):
            pair = frozenset((one.form.form_code, other.form.form_code))
            branch = _common_branch(one, other, branches)
            if branch is None or pair in told:
                continue
            told.add(pair)
            where = f"form {one.form.form_code} ({one.unit_type}) and form {other.form.form_code} ({other.unit_type}, "
            where += f"line {other.placed.line})"
            yield Problem(
                one.placed.file,
                one.placed.line,
                f"{indicator_code} is additive in {where}, which units of one branch send, such as {branch}: it would be counted twice;"
                " make the upper one control",
            )


Branches = dict[tuple[str, str], list[Lineage]]


def _types_on_a_branch(units: Sequence[Unit], tree: Tree) -> Branches:
    """For two unit types, the upper first, the lineages in which a unit of the one stands above a unit of the other: one
    for each span of time is enough."""
    branches: defaultdict[tuple[str, str], dict[tuple[date, date], Lineage]] = defaultdict(dict)
    for unit in units:
        for lineage in tree.lineages(unit):
            for upper in lineage.rows[:-1]:
                branches[upper.unit_type, unit.unit_type].setdefault((lineage.valid_from, lineage.valid_to), lineage)
    return {types: list(lineages.values()) for types, lineages in branches.items()}


def _common_branch(one: _Report, other: _Report, branches: Branches) -> str | None:
    """An example of units on one branch that send both reports at a time; None when there are none."""
    start, end = max(one.form.valid_from, other.form.valid_from), min(one.form.valid_to, other.form.valid_to)
    if start >= end:
        return None
    if one.unit_type == other.unit_type and one.form.form_code != other.form.form_code:
        return f"every {one.unit_type}"
    for types in ((one.unit_type, other.unit_type), (other.unit_type, one.unit_type)):
        for lineage in branches.get(types, ()):
            if lineage.valid_from < end and start < lineage.valid_to:
                return lineage.path
    return None


def check_rules_can_fire(files: Files, placed: Iterable[Placed]) -> Iterator[Problem]:
    """Every rule has a form with all the figures that it compares."""
    figures: defaultdict[str, set[Sought]] = defaultdict(set)
    for each in placed:
        indicator_code, measure, breakdown_code, *_ = each.figure
        figures[each.version[0]] |= {(indicator_code, *said) for said in product((None, measure), (None, breakdown_code))}
    for rule in files.rules.rows:
        terms = list(rule.terms())
        if not terms or rule.missing != "skip_if_any":
            continue
        choices = [
            [(term.indicator_code, term.measure or measure, term.breakdown_code) for term in terms] for measure in rule.measures or (None,)
        ]
        lacking = {
            form_code: min(([figure for figure in choice if figure not in figures[form_code]] for choice in choices), key=len)
            for form_code in rule.forms or dict.fromkeys(form.form_code for form in files.forms.rows)
        }
        if rule.forms:
            for form_code in (form_code for form_code in rule.forms if lacking[form_code] and files.forms.mentions("form_code", form_code)):
                told = (
                    f"rule {rule.rule_code} can never be judged in form {form_code}, which has no cell for {_figures(lacking[form_code])}"
                )
                yield Problem(files.rules.file, rule.line, f"{told}; correct the rule or take the form out of its forms")
        elif all(lacking.values()):
            nearest = min(lacking, key=lambda form_code: len(lacking[form_code]))
            told = f"rule {rule.rule_code} can never be judged: no form has all its figures; {nearest} lacks {_figures(lacking[nearest])}"
            yield Problem(files.rules.file, rule.line, told)


def _figures(figures: Iterable[Sought]) -> str:
    def told(indicator_code: str, *said: str | None) -> str:
        known = [word for word in said if word and word != TOTAL]
        return f"{indicator_code} ({', '.join(known)})" if known else indicator_code

    return ", ".join(told(*figure) for figure in figures)
