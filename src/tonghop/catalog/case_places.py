"""The report that a case of a rule stands for: what the case leaves out (form, period, unit) is the first of the pack that the rule
judges and that has the figures of the case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from tonghop.catalog.duties import periods_of
from tonghop.catalog.pack import Pack
from tonghop.catalog.rows import Form, Unit
from tonghop.catalog.rule_cases import Case, FigureName, Sent
from tonghop.catalog.rules import Rule
from tonghop.model import Period, Role


class NoPlace(ValueError):
    """A case that no report of the pack could be; the text says why."""


class Place(NamedTuple):
    """The slot of a case: a version of a form, a period, and the unit in whose place the made-up one stands."""

    form: Form
    period: Period
    unit: Unit


def place_of(pack: Pack, rule: Rule, case: Case) -> Place:
    """Where the report of a case belongs. Raises NoPlace."""
    forms = [case.form] if case.form else list(rule.forms) or list(dict.fromkeys(form.form_code for form in pack.forms))
    lacking: dict[str, list[str]] = {}
    for form_code in forms:
        for form, period in _versions(pack, rule, form_code, case.period):
            if missing := sorted(str(name) for name in case.names if name not in pack.figure_names(form)):
                lacking[form_code] = missing
                continue
            units = (unit for unit in pack.units_at(period.end_date) if case.unit in (None, unit.unit_code))
            if unit := next((unit for unit in units if unit.unit_type in form.unit_types and rule.covers_unit(unit)), None):
                return Place(form, period, unit)
    if lacking:
        nearest = min(lacking, key=lambda form_code: len(lacking[form_code]))
        raise NoPlace(f"no form of the rule has all its figures; {nearest} lacks {', '.join(lacking[nearest])}")
    said = "".join(f", {word} {value}" for word, value in (("period", case.period), ("unit", case.unit)) if value)
    raise NoPlace(f"the rule judges no report like it (form {' or '.join(forms)}{said}): look at its scope and at the validity of the form")


def form_below(pack: Pack, place: Place, sent: Sent) -> Form:
    """The form of a report below the one of a case: the first that adds all its figures up. Raises NoPlace."""
    names = frozenset(sent.figures)
    for form in pack.forms_at(place.period.end_date):
        additive = {FigureName(*figure[:3]) for figure in pack.figures(form) if figure.role is Role.ADDITIVE}
        if form.period_type is place.period.type and sent.form in (None, form.form_code) and names <= additive:
            return form
    raise NoPlace(f"below: no form {sent.form or ''} of a {place.period.type} adds up {', '.join(sorted(map(str, names)))}")


def _versions(pack: Pack, rule: Rule, form_code: str, period: str | None) -> Iterator[tuple[Form, Period]]:
    """The versions of a form that the rule judges, each with its first period; rather not the first of a year, which has none before."""
    for form in (form for form in pack.forms if form.form_code == form_code):
        periods: Iterable[Period] = (
            [Period.parse(period)] if period else periods_of(form.period_type, pack.head.first_year, pack.head.last_year)
        )
        judged = (each for each in periods if each.type is form.period_type and form.valid_at(each.end_date) and rule.covers_period(each))
        first = next(judged, None)
        if first is not None:
            yield form, first if first.number > 1 else next((each for each in judged if each.number > 1), first)


def is_vacuous(rule: Rule, cases: Sequence[Case], caught: Sequence[Case]) -> bool:
    """Whether a rule that compares figures may pass all these cases for want of a figure: none has the figures of one that it catches."""
    compares = rule.kind not in ("finding", "missing_report", "identical") and rule.missing == "skip_if_any" and not rule.is_pair
    return compares and {case.names for case in cases}.isdisjoint(case.names for case in caught)
