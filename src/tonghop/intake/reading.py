"""Reads the sheets of one report: every figure of the form, typed, with its address and with what is wrong about it.

Every figure of the form gives one cell, blank ones too. Where rows, columns or tabs stand for units or months, the file holds
several reports, and each of them gives a submission of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from tonghop.catalog import normalise
from tonghop.catalog.rows import Unit
from tonghop.intake import findings
from tonghop.intake.cells import RawCell, Sheet, address
from tonghop.intake.findings import Issue
from tonghop.intake.form_index import PackIndex, SheetIndex
from tonghop.intake.numbers import parse_value
from tonghop.intake.places import Table, Unclear
from tonghop.intake.recognise import Report
from tonghop.intake.scope import Scope
from tonghop.intake.tables import find_figures
from tonghop.model import (
    Cell,
    CellAddress,
    Finding,
    Frame,
    FramedCells,
    Measure,
    Narrative,
    Period,
    PeriodType,
    Slot,
    State,
    SubmissionReading,
    Value,
)

MISSING = "missing"
"""Flag of a blank cell whose sheet, row or column does not stand in the workbook; its address has no cell."""
BESIDE_VALUE = "beside_value"
"""Flag of a plan that was read from `done/plan`."""

ABSENT = Value(State.BLANK, flags=(MISSING,))
"""The value of a figure that does not stand in the file at all."""

Plans = dict[tuple[str, str], tuple[Decimal, CellAddress, str]]
"""Indicator and breakdown -> the plan that stood beside a value, where, and what was written."""


class ReportReading(NamedTuple):
    """What a report gives: a submission for each unit and month, and the findings that belong to none of them."""

    submissions: list[SubmissionReading]
    findings: list[Finding]


@dataclass
class _Part:
    """The figures of one unit and month: by the frames in which they stand, or cell by cell from the first table on that has none."""

    framed: list[FramedCells] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    plans: Plans = field(default_factory=dict)
    _cells: list[Cell] = field(default_factory=list)

    @property
    def cells(self) -> list[Cell]:
        """Its figures one by one, for who looks at them or adds to them."""
        if self.framed:
            self._cells.extend(chain(*self.framed))
            self.framed.clear()
        return self._cells

    def add(self, framed: FramedCells) -> None:
        """Add the figures of a table."""
        if self._cells:
            self._cells.extend(framed)
        else:
            self.framed.append(framed)

    @property
    def whole(self) -> Sequence[Cell]:
        """All its figures, with the plans that stood beside a value."""
        if self.framed and not self.plans:
            frame = _joined(tuple(each.frame for each in self.framed))
            return FramedCells(frame, tuple(chain(*(each.values for each in self.framed))))
        return tuple(_with_plans(self))

    @property
    def has_figures(self) -> bool:
        """Whether anything stands in its cells."""
        return any(cell.value.state is not State.BLANK for cell in self.cells)

    @property
    def at(self) -> CellAddress:
        """Where its first cell stands."""
        return next((cell.at for cell in self.cells if cell.at.cell), self.cells[0].at)


_Parts = defaultdict[int | None, _Part]
"""By month; None: the month of the report."""


@dataclass
class _Common:
    """What holds for all submissions of a report."""

    findings: list[Finding]
    of_file: list[Finding] = field(default_factory=list)
    narratives: list[Narrative] = field(default_factory=list)


def read_report(report: Report, index: PackIndex) -> ReportReading:
    """All submissions of one report, with their cells, narratives and findings."""
    form = report.form.form
    scope = Scope(index, report.period, frozenset(form.unit_types))
    common = _Common(list(report.findings))
    units: dict[str | None, _Parts] = {} if report.form.has_units else {None: _Parts(_Part)}
    for position, sheet_index in enumerate(report.form.sheets):
        layout = sheet_index.layout
        if layout.ignored:
            continue
        sheet = report.sheets.get(position)
        tables: dict[str | None, Table] = {}
        if sheet is None:
            if not layout.optional:
                common.findings.append(findings.MISSING_SHEET.at(expected=sheet_index.sheet.name))
            sheet = Sheet(sheet_index.sheet.name)
            if not sheet_index.has_units:
                tables[None] = Table()
        else:
            found = find_figures(sheet, sheet_index, scope, report.elsewhere(position), is_guest=position in report.guests)
            if sheet_index.has_units:
                tables.update(found.of_units)
            else:
                tables[None] = found.own
            common.findings.extend(found.own.findings)
            common.of_file.extend(found.astray.findings)
            common.narratives.extend(found.narratives)
        for unit_code, table in tables.items():
            parts = units.setdefault(unit_code, _Parts(_Part))
            _read_table(sheet, sheet_index, table, parts)
        if sheet_index.cells:
            _read_fixed(sheet, sheet_index, units.setdefault(None, _Parts(_Part)), is_there=position in report.sheets)
    submissions = [each for unit_code, parts in units.items() for each in _submissions(report, scope, unit_code, parts, common)]
    if not submissions:
        common.of_file.extend(common.findings)
        common.of_file.append(findings.NO_FIGURES.at(next((sheet.name for sheet in report.sheets.values()), None), found=form.form_code))
    return ReportReading(submissions, common.of_file)


# The cells


def _read_table(sheet: Sheet, index: SheetIndex, table: Table, parts: _Parts) -> None:
    """One cell for every row and column of the form, in its order; what is wrong goes to the part that the cell belongs to."""
    if table.known is not None and (values := table.known.values) is not None:
        parts[None].add(FramedCells(table.known.table.frame, values))
        return
    table.unfold()
    name, places, plain = sheet.name, table.places, table.plain
    nowhere = CellAddress(name, "")
    part, cells = parts[None], parts[None].cells
    has_months = index.has_months
    for row_position, figures in enumerate(index.sheet.grid):
        expects = index.expects[row_position]
        place: tuple[int, int, RawCell | None, Unclear | None] | None
        plain_row = plain.get(row_position)
        for position, (indicator, measure, breakdown, role, _, month) in enumerate(figures):
            if has_months:
                part = parts[month]
                cells = part.cells
            if plain_row is None:
                place = places.get((row_position, position))
            else:
                column = plain_row.columns.get(position)
                place = None if column is None else (plain_row.row, column, plain_row.cells.get(column), None)
            if place is None:
                cells.append(Cell(nowhere, indicator, measure, breakdown, role, ABSENT))
                continue
            row_number, column, raw, unclear = place
            at = _address(name, row_number, column)
            if unclear is not None:
                kind, found, expected = unclear
                part.findings.append(kind.at(name, at.cell, found=found, expected=expected, indicator_code=indicator))
                value = Value(State.UNREADABLE, raw=raw.text if raw else "")
                cells.append(Cell(at, indicator, measure, breakdown, role, value))
                continue
            parsed = parse_value(raw, expects[position])
            if parsed.issues:
                part.findings.extend(issue.at(at, indicator) for issue in parsed.issues)
            if parsed.plan is not None:
                part.plans[indicator, breakdown] = (parsed.plan, at, parsed.value.raw)
            cells.append(Cell(at, indicator, measure, breakdown, role, parsed.value))
    if index.has_units:
        parts[None].findings.extend(table.findings)


@lru_cache(maxsize=65_536)
def _address(sheet: str, row: int, column: int) -> CellAddress:
    return CellAddress(sheet, address(row, column))


def _read_fixed(sheet: Sheet, index: SheetIndex, parts: _Parts, *, is_there: bool) -> None:
    """One cell for every fixed cell of the form. Where its label does not stand, the figure may be another one, and is not read."""
    for each in index.cells:
        row, column = each.at
        indicator, measure, breakdown, role, _, month = each.figure
        part = parts[month]
        if not is_there:
            part.cells.append(Cell(CellAddress(sheet.name, ""), indicator, measure, breakdown, role, ABSENT))
            continue
        at, raw = CellAddress(sheet.name, each.cell.cell), sheet.rows.get(row, {}).get(column)
        issue = _moved(sheet, each.label_at, each.label, each.cell.label_vi)
        if issue is not None:
            part.findings.append(issue.at(at, indicator))
            value = Value(State.UNREADABLE, raw=raw.text if raw else "")
            part.cells.append(Cell(at, indicator, measure, breakdown, role, value))
            continue
        parsed = parse_value(raw, each.expects)
        part.findings.extend(issue.at(at, indicator) for issue in parsed.issues)
        if parsed.plan is not None:
            part.plans[indicator, breakdown] = (parsed.plan, at, parsed.value.raw)
        part.cells.append(Cell(at, indicator, measure, breakdown, role, parsed.value))


def _moved(sheet: Sheet, label_at: tuple[int, int] | None, label: str, expected: str | None) -> Issue | None:
    if label_at is None:
        return None
    there = sheet.rows.get(label_at[0], {}).get(label_at[1])
    if there is not None and normalise(there.text) == label:
        return None
    return findings.LABEL_MOVED.issue(there.text if there else "–", f"{expected} ({address(*label_at)})")


@lru_cache(maxsize=256)
def _joined(frames: tuple[Frame, ...]) -> Frame:
    return Frame(tuple(chain(*(frame.places for frame in frames))))


def _with_plans(part: _Part) -> Iterable[Cell]:
    """The cells, with the plans that stood beside a value: in place of a blank plan, or as cells of their own."""
    if not part.plans:
        yield from part.cells
        return
    left = dict(part.plans)
    for cell in part.cells:
        key = (cell.indicator_code, cell.breakdown_code)
        if cell.measure is not Measure.PLAN or key not in left:
            yield cell
            continue
        number, at, raw = left.pop(key)
        if cell.value.state is State.BLANK:
            yield _plan_cell(cell, number, at, raw)
            continue
        if cell.value.number != number:
            expected = cell.value.raw
            part.findings.append(
                findings.PLAN_CONTRADICTION.at(at.sheet, at.cell, found=raw, expected=expected, indicator_code=cell.indicator_code)
            )
        yield cell
    if left:
        roles = {(cell.indicator_code, cell.breakdown_code, cell.at): cell for cell in part.cells}
        for (indicator, breakdown), (number, at, raw) in left.items():
            yield _plan_cell(roles[indicator, breakdown, at], number, at, raw)


def _plan_cell(like: Cell, number: Decimal, at: CellAddress, raw: str) -> Cell:
    value = Value(State.NUMBER if number else State.ZERO, number, raw, (BESIDE_VALUE,))
    return Cell(at, like.indicator_code, Measure.PLAN, like.breakdown_code, like.role, value)


# The submissions


def _submissions(report: Report, scope: Scope, unit_code: str | None, parts: _Parts, common: _Common) -> Iterable[SubmissionReading]:
    """The submissions of one unit. A unit or month that says nothing sends no report: not reported is not blank."""
    if unit_code is None and report.unit is None:
        return
    if unit_code is not None and not any(part.has_figures for part in parts.values()):
        at = next(part.at for part in parts.values() if part.cells)
        common.of_file.append(findings.UNIT_WITHOUT_FIGURES.at(at.sheet, at.cell, found=unit_code))
        return
    problems = list(common.findings)
    if unit_code is not None and report.unit is not None and not _is_below(unit_code, report.unit, scope):
        problems.append(findings.UNIT_NOT_BELOW.at(found=unit_code, expected=f"{report.unit.unit_code} ({report.unit.name_vi})"))
    for period, part, narratives in _by_period(report.period, parts, common):
        cells = part.whole
        yield SubmissionReading(
            slot=Slot(unit_code or (report.unit.unit_code if report.unit else ""), report.form.form.form_code, period),
            form_version=report.form.form.version,
            as_of_date=report.as_of,
            cells=cells,
            findings=(*problems, *part.findings),
            narratives=narratives,
        )


def _is_below(unit_code: str, upper: Unit, scope: Scope) -> bool:
    unit = scope.index.pack.unit(unit_code, scope.period.end_date)
    return unit is None or upper.unit_code in (unit.unit_code, *unit.ancestors)


def _by_period(period: Period, parts: _Parts, common: _Common) -> Iterable[tuple[Period, _Part, tuple[Narrative, ...]]]:
    """The figures by the period that they are for. Those without a month belong to the last month of the period that has figures."""
    narratives = tuple(common.narratives)
    own = parts.pop(None, _Part())
    if not parts:
        yield period, own, narratives
        return
    first, last = (period.end_date.month,) * 2 if period.type is PeriodType.MONTH else (period.start_date.month, period.end_date.month)
    filled = [month for month, part in parts.items() if month is not None and part.has_figures]
    for month in filled:
        if month > last:
            at = parts[month].at
            common.of_file.append(findings.FIGURES_AFTER_PERIOD.at(at.sheet, at.cell, found=f"{month:02d}", expected=str(period)))
    base = last if period.type is PeriodType.MONTH else max((month for month in filled if first <= month <= last), default=None)
    if base is None:
        return
    for month in sorted({*(month for month in filled if month <= last), base}):
        part = parts[month]
        if month == base:
            part.cells.extend(own.cells)
            part.findings.extend(own.findings)
            part.plans.update(own.plans)
        yield Period.month(period.year, month), part, narratives if month == base else ()
