"""Cases of rules to a world of their own: made-up units, each with the reports of one case, in a pack that has no other units.

So all cases are judged at once, as in life, and none is in another's way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from tonghop.catalog import Pack
from tonghop.catalog.case_places import Place, form_below, place_of
from tonghop.catalog.corrections import Correction, Written
from tonghop.catalog.rows import SINCE_EVER, STILL_VALID, Duty, Form, Unit
from tonghop.catalog.rule_cases import Case, Fate, FigureName, RuleCases
from tonghop.catalog.rules import Rule
from tonghop.model import Cell, CellAddress, Finding, Measure, Period, Severity, Slot, State, SubmissionReading, Value

_WORKING_DAYS = 1
"""When reports of cases are due: at once, since only what is due can be missing."""


@dataclass(frozen=True)
class MadeUpReport:
    """A report of a case. `accepted`: it was judged before, and is only looked at."""

    reading: SubmissionReading
    accepted: bool


@dataclass(frozen=True)
class MadeUpCase:
    """A case with its unit and everything that belongs to it. `then`: what its failures must lead to; None where nothing is said."""

    rule: Rule
    then: Fate | None
    name: str
    must_fail: bool
    unit_code: str
    units: tuple[Unit, ...]
    reports: tuple[MadeUpReport, ...]
    corrections: tuple[Correction, ...]
    duties: tuple[Duty, ...]


def make_up(pack: Pack, rule_code: str | None = None) -> list[MadeUpCase]:
    """The cases of all rules of a pack, or of one."""
    rules = {rule.rule_code: rule for rule in pack.rules}
    cases = [
        (rules[cases.rule_code], cases, name, must_fail, case)
        for cases in pack.rule_cases
        if rule_code in (None, cases.rule_code)
        for name, must_fail, case in cases.all()
    ]
    return [_made_up(pack, number, *case) for number, case in enumerate(cases, start=1)]


def pack_of(pack: Pack, cases: Sequence[MadeUpCase]) -> Pack:
    """The pack with the units, duties and corrections of the cases in place of its own; its rules, forms and indicators are the same."""
    own = [unit for case in cases for unit in case.units]
    above = {code for unit in own for code in unit.ancestors}
    digest = hashlib.sha256(pack.pack_hash.encode())
    digest.update(" ".join(f"{case.rule.rule_code} {case.name}" for case in cases).encode())
    return replace(
        pack,
        pack_hash=digest.hexdigest(),
        units=(*(unit for unit in pack.units if unit.unit_code in above), *own),
        duties=tuple(duty for case in cases for duty in case.duties),
        corrections=tuple(correction for case in cases for correction in case.corrections),
        unit_aliases=(),
        successions=(),
        targets=(),
        contacts=(),
        senders=(),
        dhis2=(),
    )


def _made_up(pack: Pack, number: int, rule: Rule, cases: RuleCases, name: str, must_fail: bool, case: Case) -> MadeUpCase:
    place = place_of(pack, rule, case)
    unit = _unit(f"CASE-{number}", place.unit, place.unit.unit_type)
    other = _unit(f"CASE-{number}-X", place.unit, place.unit.unit_type)
    forms_below = [form_below(pack, place, sent) for sent in case.below]
    units_below = [_unit(f"{unit.unit_code}-{at}", unit, form.unit_types[0]) for at, form in enumerate(forms_below, start=1)]
    watched = frozenset(term.indicator_code for term in rule.terms())

    def sent(
        by: Unit, form: Form, period: Period, figures: Mapping[FigureName, Written], findings: Sequence[str] = (), accepted: bool = False
    ) -> MadeUpReport:
        slot, cells = Slot(by.unit_code, form.form_code, period), tuple(_cells(pack, form, figures, watched))
        return MadeUpReport(SubmissionReading(slot, form.version, None, cells, tuple(map(_finding, findings))), accepted)

    reports = [
        *(sent(unit, place.form, place.period.before(-steps), figures, accepted=True) for steps, figures in case.reports_before().items()),
        *([] if case.not_sent else [sent(unit, place.form, place.period, case.figures, case.findings)]),
        *(
            sent(below, form, place.period, report.figures)
            for below, form, report in zip(units_below, forms_below, case.below, strict=True)
        ),
    ]
    if case.another_unit is not None or case.not_sent:  # a period is judged when somebody has reported for it
        reports.append(sent(other, place.form, place.period, case.another_unit or {}))
    return MadeUpCase(
        rule=rule,
        then=cases.fate_in(place.form.form_code),
        name=name,
        must_fail=must_fail,
        unit_code=unit.unit_code,
        units=(unit, other, *units_below),
        reports=tuple(reports),
        corrections=tuple(
            _correction(f"CASE-{number}-{at}", unit, place, figure, found)
            for at, (figure, found) in enumerate(case.correction_expects.items(), start=1)
        ),
        duties=(_duty(unit, place),) if rule.kind == "missing_report" else (),
    )


def _unit(code: str, above: Unit, unit_type: str) -> Unit:
    """A unit below another, so that it is in every scope that the other is in."""
    return Unit(
        unit_code=code, name_vi=code, name_en=code, sort_order=1, level=above.level + 1, unit_type=unit_type,
        parent_code=above.unit_code, path=f"{above.path}/{code}", valid_from=SINCE_EVER, valid_to=STILL_VALID,
    )  # fmt: skip


def _cells(pack: Pack, form: Form, figures: Mapping[FigureName, Written], watched: frozenset[str]) -> Iterator[Cell]:
    """The figures of a report; those that the rule names and the case does not are blank."""
    for figure in pack.figures(form):
        name = FigureName(*figure[:3])
        if name in figures or figure.indicator_code in watched:
            written = figures.get(name, Written(State.BLANK))
            at = CellAddress("case", str(name))
            yield Cell(at, *name, figure.role, Value(written.state, written.number, str(written)))


def _finding(code: str) -> Finding:
    return Finding(code, Severity.INFO, code, code, found=code)


def _correction(code: str, unit: Unit, place: Place, figure: FigureName, found: Written) -> Correction:
    use = Written(State.ZERO) if found.number is None else Written(State.BLANK)
    return Correction(
        correction_code=code, unit_code=unit.unit_code, form_code=place.form.form_code, period_code=place.period.code,
        indicator_code=figure.indicator_code, measure=Measure(figure.measure), breakdown_code=figure.breakdown_code,
        found=found, use=use, reason="case", author="case", expires_on=STILL_VALID,
    )  # fmt: skip


def _duty(unit: Unit, place: Place) -> Duty:
    return Duty(
        form_code=place.form.form_code, unit_code=unit.unit_code, period_type=place.period.type,
        valid_from=place.period.end_date, valid_to=place.period.end_date + timedelta(days=1), deadline_working_days=_WORKING_DAYS,
    )  # fmt: skip
