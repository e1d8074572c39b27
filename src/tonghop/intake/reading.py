"""Reads the sheets of one report: finds the table, then every figure of the form in it.

Headers, row codes and labels are keys, so a table may start anywhere, and rows and columns may have moved. Every row and
column of the form gives one cell, blank ones too; numbers that fit nowhere give a finding.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from tonghop.catalog import normalise
from tonghop.intake import findings, vocabulary
from tonghop.intake.findings import FindingKind
from tonghop.intake.form_index import PackIndex, SheetIndex
from tonghop.intake.numbers import parse_value
from tonghop.intake.recognise import LABEL_CHARACTERS, VALUE_CHARACTERS, Report
from tonghop.intake.vocabulary import fold, squeeze
from tonghop.intake.workbook import Kind, RawCell, Sheet, address, clean
from tonghop.model import Cell, CellAddress, Finding, Measure, Narrative, Slot, State, SubmissionReading, Value

MISSING = "missing"
"""Flag of a blank cell whose sheet, row or column does not stand in the workbook; its address has no cell."""
BESIDE_VALUE = "beside_value"
"""Flag of a plan that was read from `done/plan`."""

_ABSENT = Value(State.BLANK, flags=(MISSING,))
_STARTS_WITH_DIGIT = re.compile(r"\W*[0-9]")

MOST_ROWS = 200
"""Findings of one kind about the rows of one sheet; the rest is counted."""

Plans = dict[tuple[str, str], tuple[Decimal, CellAddress, str]]
"""Indicator and breakdown -> the plan that stood beside a value, where, and what was written."""


def read_report(report: Report, index: PackIndex) -> SubmissionReading:
    """All cells, narratives and findings of one report."""
    cells: list[Cell] = []
    problems = list(report.findings)
    narratives: list[Narrative] = []
    plans: Plans = {}
    for position, sheet_index in enumerate(report.form.sheets):
        sheet = report.sheets.get(position)
        if sheet is None:
            problems.append(findings.MISSING_SHEET.at(expected=sheet_index.sheet.name))
            sheet = Sheet(sheet_index.sheet.name)
            table = _Table()
        else:
            table = _find_figures(sheet, sheet_index, index)
        cells.extend(_cells_of(sheet.name, sheet_index, table, plans))
        problems.extend(table.findings)
        narratives.extend(table.narratives)
    form = report.form.form
    return SubmissionReading(
        slot=Slot(report.unit.unit_code, form.form_code, report.period),
        form_version=form.version,
        as_of_date=report.as_of,
        cells=tuple(_with_plans(cells, plans, problems)),
        findings=tuple(problems),
        narratives=tuple(narratives),
    )


# The table


class _Place(NamedTuple):
    """Where a figure of the form stands, and what stands there."""

    row: int
    column: int
    raw: RawCell | None
    unclear: tuple[FindingKind, str | None, str | None] | None = None
    """why the cell cannot be read whatever stands in it: finding, found, expected"""


@dataclass
class _Table:
    """What was found in a sheet: figures by row and column of the form."""

    places: dict[tuple[int, int], _Place] = field(default_factory=dict)
    first_row: dict[int, int] = field(default_factory=dict)
    """row of the form -> row of the sheet where it stands first"""
    findings: list[Finding] = field(default_factory=list)
    narratives: list[Narrative] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    """findings about rows, by code"""

    def note(self, finding: Finding) -> None:
        """Add a finding about a row; a sheet with very many of one kind is told of the first ones, and how many more there are."""
        self.counts[finding.code] += 1
        if self.counts[finding.code] <= MOST_ROWS:
            self.findings.append(finding)

    def note_the_rest(self, sheet: str) -> None:
        """Add what `note` has left out, as one finding a kind."""
        for code, count in self.counts.items():
            if count > MOST_ROWS:
                self.findings.append(findings.KINDS[code].at(sheet, found=f"+{count - MOST_ROWS}"))


@dataclass
class _Header:
    """The columns below a header row."""

    columns: dict[int, int]
    """column of the sheet -> column of the form"""
    code: int | None = None
    label: int | None = None
    unit_of_measure: int | None = None
    row: Mapping[int, RawCell] = field(default_factory=dict)
    texts: frozenset[int] = field(init=False)
    """the columns that hold no figures"""

    def __post_init__(self) -> None:
        self.texts = frozenset(column for column in (self.code, self.label, self.unit_of_measure) if column is not None)


def _find_figures(sheet: Sheet, index: SheetIndex, pack: PackIndex) -> _Table:
    table = _Table()
    header: _Header | None = None
    headers: list[_Header] = []
    astray: dict[int, int] = {}
    awaiting: str | None = None
    for row_number in sorted(sheet.rows):
        row = sheet.rows[row_number]
        if not row:
            continue
        if (header is None or _may_be_header(row, header)) and (found := _header_in(row, index)):
            header = found
            headers.append(found)
            table.findings.extend(_repeated_columns(sheet.name, row_number, found, index))
            continue
        if header is None:
            continue
        position = _form_row(sheet.name, row_number, row, header, index, table)
        if position is not None:
            awaiting = None
            _take_row(sheet, row_number, position, header, index, pack, table)
            _note_astray(row_number, row, header, astray)
        elif (narrative := _narrative(sheet.name, row_number, row)) is not None:
            awaiting = None if narrative.text else narrative.topic
            if narrative.text:
                table.narratives.append(narrative)
        elif _has_figures(row, header):
            label = squeeze(" ".join(row[column].text for column in sorted(header.texts) if column in row))
            table.note(findings.UNKNOWN_ROW.at(sheet.name, address(row_number, min(row)), found=clean(label) or "–"))
        elif awaiting is not None:
            column, cell = min(row.items())
            table.narratives.append(Narrative(CellAddress(sheet.name, address(row_number, column)), awaiting, cell.text))
            awaiting = None
    table.note_the_rest(sheet.name)
    _note_missing(sheet.name, headers, index, table)
    for column, row_number in astray.items():
        name = next((squeeze(each.row[column].text) for each in headers if column in each.row), "–")
        table.findings.append(findings.UNKNOWN_COLUMN.at(sheet.name, address(row_number, column), found=name))
    if sheet.merges:
        _unclear_merges(sheet, table)
    return table


def _may_be_header(row: Mapping[int, RawCell], header: _Header) -> bool:
    """Whether a row below a header may be another one: words where figures stand, or a header's words where labels stand."""
    for column in header.columns:
        cell = row.get(column)
        if cell is not None and cell.kind is Kind.TEXT:
            return True
    return fold(_text_at(row, header.label)[:LABEL_CHARACTERS]) in vocabulary.LABEL_HEADERS


def _header_in(row: Mapping[int, RawCell], index: SheetIndex) -> _Header | None:
    """The header that a row is; None when it is none. A header names at least one column of the form beside its label or code, or two."""
    columns: dict[int, int] = {}
    words: dict[str, int] = {}
    for column, cell in row.items():
        if cell.kind is not Kind.TEXT or len(cell.text) > VALUE_CHARACTERS:
            continue
        position = index.headers.get(normalise(cell.text))
        if position is not None:
            columns[column] = position
        else:
            words.setdefault(fold(cell.text), column)
    if not columns:
        return None
    code, label, unit_of_measure = (
        next((words[word] for word in words if word in known), None)
        for known in (vocabulary.CODE_HEADERS, vocabulary.LABEL_HEADERS, vocabulary.UNIT_OF_MEASURE_HEADERS)
    )
    if code is None and label is None and len(columns) < 2:
        return None
    if label is None and code is None:
        label = 2 if min(columns) > 2 else 1
        code = 1 if label == 2 else None
    return _Header(columns, code, label, unit_of_measure, row)


def _repeated_columns(sheet: str, row_number: int, header: _Header, index: SheetIndex) -> Iterable[Finding]:
    """Drop, with a finding, every column whose header stands twice in one row: the first counts."""
    first: dict[int, int] = {}
    for column in sorted(header.columns):
        position = header.columns[column]
        if position in first:
            del header.columns[column]
            name = index.sheet.columns[position].header_vi
            at = address(row_number, first[position])
            yield findings.DUPLICATE_COLUMN.at(sheet, address(row_number, column), found=name, expected=at)
        else:
            first[position] = column


def _text_at(row: Mapping[int, RawCell], column: int | None) -> str:
    cell = row.get(column) if column is not None else None
    return cell.text[:VALUE_CHARACTERS] if cell is not None else ""


def _form_row(sheet: str, row_number: int, row: Mapping[int, RawCell], header: _Header, index: SheetIndex, table: _Table) -> int | None:
    """Which row of the form this is: by its code, else by its label where that is the only one of its kind."""
    code, label = _text_at(row, header.code), _text_at(row, header.label)
    if not code and not label:
        return None
    by_code = index.codes.get(normalise(code)) if code else None
    by_label = index.labels.get(normalise(label or code), ())
    if by_code is None:
        if len(by_label) != 1:
            return None
        if code and label:
            expected = index.sheet.rows[by_label[0]].row_code
            where = address(row_number, header.code or 1)
            table.note(findings.ROW_CODE_CHANGED.at(sheet, where, found=squeeze(code), expected=expected))
        return by_label[0]
    if label and by_label and by_code not in by_label:
        expected = index.sheet.rows[by_code].label_vi
        found = f"{squeeze(code)}: {squeeze(label)}"
        where = address(row_number, header.label or 1)
        table.note(findings.ROW_CONTRADICTION.at(sheet, where, found=found, expected=expected))
    return by_code


def _take_row(sheet: Sheet, row_number: int, position: int, header: _Header, index: SheetIndex, pack: PackIndex, table: _Table) -> None:
    row = sheet.rows[row_number]
    form_row = index.sheet.rows[position]
    places = table.places
    same = False
    for column, form_column in header.columns.items():
        raw = row.get(column)
        key = (position, form_column)
        earlier = places.get(key)
        if earlier is None or (earlier.raw is None and raw is not None):
            places[key] = _Place(row_number, column, raw)
        elif earlier.raw is not None and earlier.raw == raw:
            same = True
        elif raw is not None:
            unclear = (findings.DUPLICATE_ROW, squeeze(form_row.label_vi), str(earlier.row))
            places[key] = _Place(row_number, column, raw, unclear)
    if same:
        where, first = address(row_number, min(row)), str(table.first_row[position])
        table.note(findings.REPEATED_ROW.at(sheet.name, where, found=form_row.label_vi, expected=first))
    table.first_row.setdefault(position, row_number)
    if row_number in sheet.hidden_rows and any(column in row for column in header.columns):
        table.note(findings.HIDDEN_ROW.at(sheet.name, address(row_number, min(row)), found=form_row.label_vi))
    printed = _text_at(row, header.unit_of_measure)
    if printed and header.unit_of_measure is not None:
        expected = index.units_of_measure[position]
        if pack.pack.unit_of_measure(printed) != expected and normalise(printed) != normalise(expected):
            where = address(row_number, header.unit_of_measure)
            table.note(
                findings.UNIT_OF_MEASURE_MISMATCH.at(
                    sheet.name, where, found=squeeze(printed), expected=expected, indicator_code=form_row.indicator_code
                )
            )


def _has_figures(row: Mapping[int, RawCell], header: _Header) -> bool:
    """Whether a row holds anything that may be a figure."""
    return any(
        cell.kind is not Kind.TEXT or (column in header.columns and _STARTS_WITH_DIGIT.match(cell.text))
        for column, cell in row.items()
        if column not in header.texts
    )


def _note_astray(row_number: int, row: Mapping[int, RawCell], header: _Header, astray: dict[int, int]) -> None:
    """Note the first row of every column that holds numbers but is none of the form's."""
    for column, cell in row.items():
        is_astray = column not in header.columns and column not in header.texts
        if is_astray and (cell.kind is Kind.NUMBER or _STARTS_WITH_DIGIT.match(cell.text)):
            astray.setdefault(column, row_number)


def _narrative(sheet: str, row_number: int, row: Mapping[int, RawCell]) -> Narrative | None:
    """The comment that a row holds; an empty text means that it follows below. None when the row is no comment."""
    column = min(row)
    cell = row[column]
    label, _, rest = cell.text.partition(":")
    if cell.kind is not Kind.TEXT or len(label) > LABEL_CHARACTERS or fold(label) not in vocabulary.NARRATIVE_LABELS:
        return None
    if rest.strip():
        return Narrative(CellAddress(sheet, address(row_number, column)), squeeze(label), rest.strip())
    right = sorted(row.items())[1:]
    if not right:
        return Narrative(CellAddress(sheet, address(row_number, column)), squeeze(label), "")
    text = " ".join(cell.text for _, cell in right).strip()
    return Narrative(CellAddress(sheet, address(row_number, right[0][0])), squeeze(label), text)


def _note_missing(sheet: str, headers: list[_Header], index: SheetIndex, table: _Table) -> None:
    if not headers:
        expected = ", ".join(column.header_vi for column in index.sheet.columns)
        table.findings.append(findings.MISSING_HEADER.at(sheet, expected=expected))
        return
    present = {position for header in headers for position in header.columns.values()}
    for position, column in enumerate(index.sheet.columns):
        if position not in present:
            table.findings.append(findings.MISSING_COLUMN.at(sheet, expected=column.header_vi))
    for position, row in enumerate(index.sheet.rows):
        if position not in table.first_row:
            told = f"{row.row_code} {row.label_vi}"
            table.findings.append(findings.MISSING_ROW.at(sheet, expected=told, indicator_code=row.indicator_code))


def _unclear_merges(sheet: Sheet, table: _Table) -> None:
    """Mark the figures that one merged cell covers: which of them it is meant for is not known."""
    keys = {(place.row, place.column): key for key, place in table.places.items()}
    rows = sorted({row for row, _ in keys})
    columns = sorted({column for _, column in keys})
    for top, left, bottom, right in sheet.merges:
        anchor = sheet.rows.get(top, {}).get(left)
        if anchor is None:
            continue
        covered = [
            keys[row, column]
            for row in rows[bisect_left(rows, top) : bisect_right(rows, bottom)]
            for column in columns[bisect_left(columns, left) : bisect_right(columns, right)]
            if (row, column) in keys
        ]
        if len(covered) > 1 and (top, left) in keys:
            extent = f"{address(top, left)}:{address(bottom, right)}"
            for key in covered:
                table.places[key] = table.places[key]._replace(unclear=(findings.MERGED_FIGURE, anchor.text, extent))


# The cells


def _cells_of(sheet: str, index: SheetIndex, table: _Table, plans: Plans) -> Iterable[Cell]:
    """One cell for every row and column of the form, in its order; what is wrong goes to the table's findings."""
    places, problems = table.places, table.findings
    columns = [(position, column.measure, column.breakdown_code) for position, column in enumerate(index.sheet.columns)]
    nowhere = CellAddress(sheet, "")
    for row_position, row in enumerate(index.sheet.rows):
        indicator, role, expects = row.indicator_code, row.role, index.expects[row_position]
        for position, measure, breakdown in columns:
            place = places.get((row_position, position))
            if place is None:
                yield Cell(nowhere, indicator, measure, breakdown, role, _ABSENT)
                continue
            at = CellAddress(sheet, address(place.row, place.column))
            if place.unclear is not None:
                kind, found, expected = place.unclear
                problems.append(kind.at(sheet, at.cell, found=found, expected=expected, indicator_code=indicator))
                raw = place.raw.text if place.raw else ""
                yield Cell(at, indicator, measure, breakdown, role, Value(State.UNREADABLE, raw=raw))
                continue
            parsed = parse_value(place.raw, expects[position])
            if parsed.issues:
                problems.extend(issue.at(at, indicator) for issue in parsed.issues)
            if parsed.plan is not None:
                plans[indicator, breakdown] = (parsed.plan, at, parsed.value.raw)
            yield Cell(at, indicator, measure, breakdown, role, parsed.value)


def _with_plans(cells: list[Cell], plans: Plans, problems: list[Finding]) -> Iterable[Cell]:
    """The cells, with the plans that stood beside a value: in place of a blank plan, or as cells of their own."""
    left = dict(plans)
    for cell in cells:
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
            problems.append(
                findings.PLAN_CONTRADICTION.at(at.sheet, at.cell, found=raw, expected=expected, indicator_code=cell.indicator_code)
            )
        yield cell
    if left:
        roles = {(cell.indicator_code, cell.breakdown_code, cell.at): cell for cell in cells}
        for (indicator, breakdown), (number, at, raw) in left.items():
            yield _plan_cell(roles[indicator, breakdown, at], number, at, raw)


def _plan_cell(like: Cell, number: Decimal, at: CellAddress, raw: str) -> Cell:
    value = Value(State.NUMBER if number else State.ZERO, number, raw, (BESIDE_VALUE,))
    return Cell(at, like.indicator_code, Measure.PLAN, like.breakdown_code, like.role, value)
