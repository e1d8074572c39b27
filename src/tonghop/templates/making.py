"""From a request (form, unit, period) to the bytes of a workbook, one for each report that is owed if wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import partial
from typing import NamedTuple

from tonghop.catalog import Pack, due_at
from tonghop.catalog.rows import TOTAL, Duty, Form, Unit
from tonghop.intake import Limits
from tonghop.model import Measure, Period, Slot
from tonghop.templates.checks import checks_of
from tonghop.templates.formulas import Boxes, Earlier, by_quantity, nothing_known
from tonghop.templates.instructions import instructions
from tonghop.templates.layout import Head, Quantity
from tonghop.templates.pages import pages_of
from tonghop.templates.problems import TemplateProblem
from tonghop.templates.writing import Template, workbook_bytes

_DEFAULT_LIMITS = Limits()
_OWN_SHEETS = 2
"""How to fill in the form, and the checks."""


class FileOfUnit(NamedTuple):
    """A workbook for a unit and the name of its file."""

    slot: Slot
    file_name: str
    content: bytes


def make_template(
    pack: Pack,
    form_code: str,
    unit_code: str,
    period: Period,
    *,
    earlier: Earlier = nothing_known,
    password: str = "",
    limits: Limits = _DEFAULT_LIMITS,
) -> FileOfUnit:
    """The workbook that a unit fills in on a form for a period.

    `earlier` knows what was published of other reports: cumulative figures go on from there, and figures of last year are filled in.
    `password` guards the locked cells; without one, they are only guarded from mistakes. `limits` are those of intake. Raises
    TemplateProblem when the pack has no such form, unit or period, the form is not for that unit, or intake would not read it.
    """
    form, unit = _form(pack, form_code, period), _unit(pack, unit_code, period)
    host = _host(pack, form, period)
    if host is not form:
        told = f"make that one: tonghop template {host.form_code} {unit_code} {period}"
        raise TemplateProblem(f"Form {form_code} has no workbook of its own, it stands in those of {host.form_code}; {told}.")
    head = _head(pack, form, unit, period)
    slot = Slot(unit.unit_code, form.form_code, period)
    pages = pages_of(pack, form, unit, period, head)
    if len(pages) + _OWN_SHEETS > limits.max_sheets:
        raise TemplateProblem(
            f"The workbook of {unit_code} on form {form_code} would have {len(pages)} tabs, and intake reads {limits.max_sheets} at most "
            "(TONGHOP_MAX_SHEETS). Raise the setting, or make workbooks for the units below."
        )
    boxes = by_quantity(box for page in pages for box in page.boxes)
    checks = checks_of(pack, pages)
    template = Template(
        pages=pages,
        checks=checks,
        instructions=partial(instructions, form, unit, period, head),
        boxes=boxes,
        earlier=earlier,
        given=_given(pack, slot, boxes, earlier),
        identity={
            "TONGHOP_FORM": f"{form.form_code} v{form.version}",
            "TONGHOP_UNIT": unit.unit_code,
            "TONGHOP_PERIOD": period.code,
            "TONGHOP_CATALOG": f"{pack.code} {pack.pack_hash[:12]}",
        },
        password=password,
    )
    return FileOfUnit(slot, f"{form.form_code}_{unit.unit_code}_{period.code}.xlsx", workbook_bytes(template))


def owed_templates(
    pack: Pack, period: Period, *, earlier: Earlier = nothing_known, password: str = "", limits: Limits = _DEFAULT_LIMITS
) -> Iterator[FileOfUnit]:
    """A workbook for every report that is owed for a period, in the order of the pack; one at a time, so that memory stays small.

    Raises TemplateProblem when nobody owes anything, or a workbook cannot be made.
    """
    made: set[tuple[str, str]] = set()
    for unit in pack.units_at(period.end_date):
        for duty in pack.duties:
            if not _owes(duty, unit, period):
                continue
            form = _host(pack, _form(pack, duty.form_code, period), period)
            if (form.form_code, unit.unit_code) not in made:
                made.add((form.form_code, unit.unit_code))
                yield make_template(pack, form.form_code, unit.unit_code, period, earlier=earlier, password=password, limits=limits)
    if not made:
        raise TemplateProblem(
            f"Nobody owes a report for {period} (a {period.type}). The duties are in duties.csv; the years of the pack are "
            f"{pack.head.first_year} to {pack.head.last_year}."
        )


def _form(pack: Pack, form_code: str, period: Period) -> Form:
    """The version of a form for a period."""
    form = pack.form_at(form_code, period.end_date)
    if form is None:
        versions = [f"v{each.version} from {each.valid_from} to {each.valid_to}" for each in pack.forms if each.form_code == form_code]
        known = ", ".join(dict.fromkeys(each.form_code for each in pack.forms))
        told = f"it has {'; '.join(versions)}" if versions else f"the forms of the pack are {known}"
        raise TemplateProblem(f"There is no form {form_code} at the end of {period}: {told}.")
    if form.period_type is not period.type:
        raise TemplateProblem(f"Form {form_code} is for a {form.period_type}; {period} is a {period.type}.")
    if not pack.head.first_year <= period.year <= pack.head.last_year:
        raise TemplateProblem(f"{period} is outside of the years of the pack, {pack.head.first_year} to {pack.head.last_year}.")
    return form


def _host(pack: Pack, form: Form, period: Period) -> Form:
    """The form in whose workbooks a form stands, when all its sheets stand in another's."""
    hosts = {sheet.layout.stands_in for sheet in pack.sheets(form) if not sheet.layout.ignored}
    host = hosts.pop() if len(hosts) == 1 else None
    return form if host is None else _form(pack, host, period)


def _unit(pack: Pack, unit_code: str, period: Period) -> Unit:
    unit = pack.unit(unit_code, period.end_date)
    if unit is None:
        history = pack.unit_history(unit_code)
        told = f"it was there from {history[0].valid_from} to {history[-1].valid_to}" if history else "no unit of the pack has this code"
        raise TemplateProblem(f"There is no unit {unit_code} at the end of {period}: {told}.")
    return unit


def _owes(duty: Duty, unit: Unit, period: Period) -> bool:
    is_debtor = duty.unit_code == unit.unit_code or duty.unit_type == unit.unit_type
    return is_debtor and duty.period_type is period.type and duty.valid_at(period.end_date)


def _head(pack: Pack, form: Form, unit: Unit, period: Period) -> Head:
    duties = [duty for duty in pack.duties if duty.form_code == form.form_code and _owes(duty, unit, period)]
    days = min((duty.deadline_working_days for duty in duties), default=0)
    if not days:
        return Head(None, pack.head.contact)
    due = due_at(period, days, pack.head.holidays, pack.head.time_zone)
    return Head(f"{due:%d/%m/%Y} ({days} ngày làm việc sau kỳ báo cáo)", pack.head.contact)


def _given(pack: Pack, slot: Slot, boxes: Boxes, earlier: Earlier) -> Mapping[Quantity, Decimal]:
    """The figures that are known before anybody types: the unit's own plan, and what it reported for the same period last year."""
    given: dict[Quantity, Decimal] = {}
    for quantity, box in boxes.items():
        if quantity.slot != slot:
            continue  # a report of which nothing else is known must not seem to have been sent
        known = None
        if quantity.measure is Measure.PLAN and quantity.breakdown_code == TOTAL:
            plan = pack.target(quantity.indicator_code, slot.unit_code, slot.period.end_date)
            known = None if plan is None else plan.target
        elif quantity.measure is Measure.SAME_PERIOD and (before := slot.period.same_period_last_year) is not None:
            measure = Measure.YTD if box.indicator.kind == "flow" else Measure.VALUE
            reported = earlier(Slot(slot.unit_code, slot.form_code, before))
            known = reported.get((quantity.indicator_code, quantity.breakdown_code, measure))
        if known is not None and box.open:
            given[quantity] = known
    return given
