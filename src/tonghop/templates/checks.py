"""The rules of the pack that compare figures of one report, as formulas that turn red while somebody types."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from tonghop.catalog import Pack
from tonghop.catalog.rows import TOTAL
from tonghop.catalog.rules import Rule, Term
from tonghop.intake.numbers import plain
from tonghop.model import Measure, Severity, Slot
from tonghop.templates import words
from tonghop.templates.formulas import reference
from tonghop.templates.layout import Box, Page, Quantity

OK, WRONG = "Đạt", "SAI"

_SIGNS = {"=": "=", "!=": "≠", "<=": "≤", ">=": "≥", "<": "<", ">": ">"} | {
    "compulsory_pair": "cùng có số với",
    "exclusive_pair": "không đồng thời có số với",
    "between": "nằm giữa",
}
_HOLDS = {
    "=": "ABS({difference})<={allowed}",
    "!=": "ABS({difference})>{allowed}",
    "<=": "{difference}<={allowed}",
    ">=": "{difference}>=-{allowed}",
    "<": "OR({difference}<{allowed},AND({allowed}>0,{difference}={allowed}))",
    ">": "OR({difference}>-{allowed},AND({allowed}>0,{difference}=-{allowed}))",
}


Terms = tuple[tuple[Box, Decimal], ...]
"""Boxes with their weights."""


@dataclass(frozen=True)
class Check:
    """A comparison of boxes of one report. `boxes` are all that take part; the first is where the answer belongs."""

    number: int
    """from 1, in the order of the list of checks"""
    rule: Rule
    severity: Severity
    text: str
    """what must hold, in the codes of the rows"""
    boxes: tuple[Box, ...]
    left: Terms
    right: Terms
    needs_all: bool
    """whether it waits until every box holds a number"""

    @property
    def name(self) -> str:
        """The defined name of the cell that holds the result."""
        return f"KT_{self.number}"

    def side(self, terms: Terms, page: str, constant: Decimal = Decimal(0)) -> str:
        """The sum of one side as a formula on a page; what is no number counts as 0."""
        parts = [f"{'' if weight == 1 else plain(weight) + '*'}N({reference(box, page)})" for box, weight in terms]
        parts += [plain(constant)] if constant or not parts else []
        return "=" + "+".join(parts)

    def result(self, page: str, left: str, right: str) -> str:
        """Whether the rule holds, as a formula on a page in whose cells `left` and `right` the two sides stand."""
        if self.rule.is_pair:
            return self._result_of_pair(page)
        cells = [reference(box, page) for box in self.boxes]
        counted = "+".join(f"COUNT({cell})" for cell in cells)
        if self.needs_all:
            awaited = f"{counted}<{len(cells)}"
        else:
            suppressed = ",".join(f'LEFT({cell},1)="<"' for cell in cells)
            awaited = f"OR({suppressed},{counted}=0)" if self.rule.missing == "skip_if_all" else f"OR({suppressed})"
        allowed = plain(self.rule.tolerance)
        if self.rule.tolerance_pct:
            allowed = f"MAX({allowed},{plain(self.rule.tolerance_pct)}/100*ABS({right}))"
        if self.rule.operator == "between":
            parts = ",".join(f"{plain(weight)}*N({reference(box, page)})" for box, weight in self.right)
            right = f"MAX(MIN({parts}),MIN(MAX({parts}),{left}))"
        operator = "=" if self.rule.operator == "between" else self.rule.operator or "="
        holds = _HOLDS[operator].format(difference=f"ROUND({left}-{right},6)", allowed=allowed)
        return f'=IF({awaited},"{words.PENDING}",IF({holds},"{OK}","{WRONG}"))'

    def _result_of_pair(self, page: str) -> str:
        """The same where it matters only which boxes hold a number."""
        suppressed = ",".join(f'LEFT({reference(box, page)},1)="<"' for box in self.boxes)
        left, right = ("+".join(f"COUNT({reference(box, page)})" for box, _ in terms) for terms in (self.left, self.right))
        holds = f"OR({left}=0,{right}=0)" if self.rule.operator == "exclusive_pair" else f"({left}=0)=({right}=0)"
        return f'=IF(OR({suppressed},{left}+{right}=0),"{words.PENDING}",IF({holds},"{OK}","{WRONG}"))'


def checks_of(pack: Pack, pages: Iterable[Page]) -> list[Check]:
    """The checks of a workbook: every comparison that a rule in force makes between boxes of one report."""
    pages = list(pages)
    codes = {(page.name, line.row): line.code for page in pages for line in page.lines}
    headers = {(page.name, column.column): column.header for page in pages for column in page.columns}
    by_slot: defaultdict[Slot, dict[Quantity, Box]] = defaultdict(dict)
    for page in pages:
        for box in page.boxes:
            if box.open:
                by_slot[box.quantity.slot][box.quantity] = box
    told_apart = len(by_slot) > 1
    checks: list[Check] = []
    for slot, boxes in by_slot.items():
        unit = pack.unit(slot.unit_code, slot.period.end_date)
        rules = [rule for rule in pack.rules if rule.kind == "comparison" and rule.applies_to(slot.form_code)]
        for rule in rules:
            if not rule.covers_period(slot.period) or (unit is not None and not rule.covers_unit(unit)):
                continue
            for left, right, needs_all in _comparisons(rule, slot, boxes):
                text = _told(rule, left, right, codes, headers)
                if told_apart:
                    text = f"{slot.unit_code}, {words.period_label(slot.period)}: {text}"
                parts = tuple(box for box, _ in (*left, *right))
                checks.append(Check(len(checks) + 1, rule, rule.severity_in(slot.form_code), text, parts, left, right, needs_all))
    return checks


def _comparisons(rule: Rule, slot: Slot, boxes: dict[Quantity, Box]) -> Iterator[tuple[Terms, Terms, bool]]:
    """Both sides of a rule for each measure and breakdown in which it can be judged, as gate 1 does: of a breakdown, and unless
    the rule says what to do without a figure, every figure must be there; and whether that is so."""
    breakdowns = [TOTAL] if rule.names_breakdowns else dict.fromkeys([TOTAL, *(quantity.breakdown_code for quantity in boxes)])
    for measure in rule.measures or (None,):
        for breakdown in breakdowns:
            sides = [
                [(_quantity(term, slot, rule.breakdown_of(term) or breakdown, measure), term.weight) for term in terms]
                for terms in (rule.left, rule.right)
            ]
            lacking = any(quantity not in boxes for side in sides for quantity, _ in side)
            needs_all = breakdown != TOTAL or rule.missing == "skip_if_any" or rule.is_pair
            if lacking and needs_all:
                continue
            left, right = (tuple((boxes[quantity], weight) for quantity, weight in side if quantity in boxes) for side in sides)
            if left or right:
                yield left, right, needs_all


def _quantity(term: Term, slot: Slot, breakdown: str, measure: Measure | None) -> Quantity:
    return Quantity(slot, term.indicator_code, breakdown, measure or term.measure or Measure.VALUE)


def _told(rule: Rule, left: Terms, right: Terms, codes: dict[tuple[str, int], str], headers: dict[tuple[str, int], str]) -> str:
    """A rule in the codes of the rows, with the columns: `[A.1] = [A.2] + [A.3] (Thực hiện trong tháng)`; within one row in the
    headers of the columns, with the row: `[Trẻ em] ≤ [Lượt khám] (C11)`."""
    places = [(box.page, box.row) for box, _ in (*left, *right)]
    within_row = len(set(places)) == 1 and len(places) > 1

    def code(box: Box) -> str:
        return codes.get((box.page, box.row)) or box.indicator.name_vi

    def header(box: Box) -> str:
        return headers.get((box.page, box.column), "")

    name, where = (header, code) if within_row else (code, header)

    plus = "và " if rule.operator == "between" else "+ "

    def side(terms: Terms) -> str:
        text = ""
        for box, weight in terms:
            sign = ("− " if weight < 0 else plus) if text else ("−" if weight < 0 else "")
            factor = "" if abs(weight) == 1 else f"{plain(abs(weight))} × "
            text += f"{' ' if text else ''}{sign}{factor}[{name(box)}]"
        return text

    constant = rule.constant or Decimal(0)
    expected = side(right)
    if constant or not right:
        expected += f" + {plain(constant)}" if expected else plain(constant)
    places_told = " / ".join(told for told, _ in groupby(where(box) for box, _ in (*left, *right)) if told)
    return f"{side(left)} {_SIGNS[rule.operator or '=']} {expected}" + (f" ({places_told})" if places_told else "")
