"""Figures that follow from others: cumulative, percentage of the plan, change. The person types a figure once.

A formula that was never calculated reads as an unreadable cell. So every one is written with a value, and as long as a figure is
lacking it shows `words.PENDING`, which reads as blank.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from tonghop.intake.cells import address
from tonghop.intake.numbers import Expects, plain
from tonghop.model import Measure, Period, PeriodType, Slot
from tonghop.templates import words
from tonghop.templates.layout import Box, Quantity

Reported = Mapping[tuple[str, str, Measure], Decimal]
"""The figures of one report by indicator, breakdown and measure."""
Earlier = Callable[[Slot], Reported]
"""What was published of a report; nothing when it is not known."""

Boxes = Mapping[Quantity, Box]

_PERCENT_DECIMALS = 2


def nothing_known(_slot: Slot) -> Reported:
    """No report was ever published."""
    return {}


def period_before(period: Period) -> Period | None:
    """The period of the same type before one, in the same year: what a cumulative figure continues. None at the beginning of a year."""
    if period.type not in (PeriodType.WEEK, PeriodType.MONTH, PeriodType.QUARTER) or period.number == 1:
        return None
    return Period(period.year, period.type, period.number - 1)


def quoted(sheet: str) -> str:
    """The name of a sheet as it stands in a formula."""
    return "'" + sheet.replace("'", "''") + "'"


def reference(box: Box, page: str) -> str:
    """The cell of a box as a formula on `page` names it."""
    cell = address(box.row, box.column)
    return cell if box.page == page else f"{quoted(box.page)}!{cell}"


def decimals_of(expects: Expects) -> int:
    """How many decimals a figure is typed with."""
    return _PERCENT_DECIMALS if expects.percent else expects.decimals


def by_quantity(boxes: Iterable[Box]) -> Boxes:
    """The boxes by what they are for."""
    return {box.quantity: box for box in boxes}


def formula_of(box: Box, boxes: Boxes, earlier: Earlier) -> str | None:
    """The formula of a box whose figure follows from others; None for one that must be typed."""
    match box.quantity.measure:
        case Measure.VALUE | Measure.YTD if box.indicator.kind == "ratio":
            return _ratio(box, boxes)
        case Measure.YTD:
            return _cumulative(box, boxes, earlier)
        case Measure.PCT_OF_PLAN:
            return _quotient(box, boxes, Measure.PLAN, "ROUND({done}/{base}*100,2)")
        case Measure.CHANGE:
            return _quotient(box, boxes, Measure.SAME_PERIOD, "{done}-{base}")
        case Measure.CHANGE_PCT:
            return _quotient(box, boxes, Measure.SAME_PERIOD, "ROUND(({done}-{base})/{base}*100,2)")
        case _:
            return None


def _beside(box: Box, boxes: Boxes, measure: Measure) -> Box | None:
    """The box of another measure of the same figure."""
    return boxes.get(box.quantity._replace(measure=measure))


def _cumulative(box: Box, boxes: Boxes, earlier: Earlier) -> str | None:
    value = _beside(box, boxes, Measure.VALUE)
    if value is None:
        return None
    this = reference(value, box.page)
    if box.indicator.kind != "flow":
        return _once_known([this], this)
    slot = box.quantity.slot
    before = period_before(slot.period)
    if before is None:
        return _once_known([this], this)
    slot_before = Slot(slot.unit_code, slot.form_code, before)
    above = boxes.get(box.quantity._replace(slot=slot_before))
    if above is not None:
        that = reference(above, box.page)
        return _once_known([that, this], f"{that}+{this}")
    known = earlier(slot_before).get((box.quantity.indicator_code, box.quantity.breakdown_code, Measure.YTD))
    return None if known is None else _once_known([this], f"{plain(known)}+{this}")


def _ratio(box: Box, boxes: Boxes) -> str | None:
    """A ratio whose numerator and denominator stand on the form too."""
    indicator = box.indicator
    if indicator.numerator_code is None or indicator.denominator_code is None or indicator.factor is None:
        return None
    parts = [boxes.get(box.quantity._replace(indicator_code=code)) for code in (indicator.numerator_code, indicator.denominator_code)]
    cells = [reference(part, box.page) for part in parts if part is not None]
    if len(cells) < len(parts):
        return None
    counted = f"ROUND({cells[0]}/{cells[1]}*{plain(indicator.factor)},{decimals_of(box.expects)})"
    return _once_known(cells, counted, nonzero=cells[1])


def _quotient(box: Box, boxes: Boxes, base_measure: Measure, formula: str) -> str | None:
    """A comparison of what was done (cumulative for a flow, else the value) with a plan or an earlier figure."""
    done = _beside(box, boxes, Measure.YTD if box.indicator.kind == "flow" else Measure.VALUE)
    base = _beside(box, boxes, base_measure)
    if done is None or base is None or box.indicator.kind == "ratio":
        return None
    cells = [reference(done, box.page), reference(base, box.page)]
    counted = formula.format(done=cells[0], base=cells[1])
    return _once_known(cells, counted, nonzero=cells[1] if "/" in formula else None)


def _once_known(cells: list[str], formula: str, nonzero: str | None = None) -> str:
    """A formula that waits for its cells to hold numbers."""
    known = f"COUNT({','.join(cells)})={len(cells)}"
    if nonzero is not None:
        return f'=IF({known},IF({nonzero}=0,"{words.PENDING}",{formula}),"{words.PENDING}")'
    return f'=IF({known},{formula},"{words.PENDING}")'
