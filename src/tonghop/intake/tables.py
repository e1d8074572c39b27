"""Finds the figures of a form's sheet in a worksheet: its headers, its rows, its fixed cells. Says which numbers fit nowhere.

Headers, row codes and labels are keys, so a table may start anywhere, and rows and columns may have moved.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tonghop.catalog import normalise
from tonghop.catalog.rows import Unit
from tonghop.intake import findings, vocabulary
from tonghop.intake.cells import Kind, RawCell, Sheet, address, clean
from tonghop.intake.findings import FindingKind
from tonghop.intake.form_index import SheetIndex
from tonghop.intake.head import FIELDS
from tonghop.intake.headers import Header, header_at, is_numbering, is_worded_as_header, may_be_header, names_columns, text_at
from tonghop.intake.matching import told
from tonghop.intake.proposals import for_column, for_row, for_unit
from tonghop.intake.scope import Scope
from tonghop.intake.vocabulary import LABEL_CHARACTERS, VALUE_CHARACTERS, fold, squeeze
from tonghop.model import CellAddress, Finding, Narrative

_STARTS_WITH_DIGIT = re.compile(r"\W*[0-9]")

_RUNNING_DIGITS = 3
"""A number that is not longer is a running number, not a code of a unit."""
_TEXT = Kind.TEXT
_MOST_SEEN = 10_000
MOST_ROWS = 200
"""Findings of one kind about the rows of one sheet; the rest is counted."""


Unclear = tuple[FindingKind, str | None, str | None]
"""Why a cell cannot be read whatever stands in it: finding, found, expected."""


class Place(NamedTuple):
    """Where a figure of the form stands, and what stands there."""

    row: int
    column: int
    raw: RawCell | None
    unclear: Unclear | None = None


class PlainRow(NamedTuple):
    """A row of the form that stands in one row of the sheet, as in most workbooks."""

    row: int
    cells: Mapping[int, RawCell]
    columns: Mapping[int, int]
    """column of the form -> column of the sheet"""


@dataclass
class Table:
    """Figures by row and column of the form, and what is wrong about where they stand."""

    plain: dict[int, PlainRow] = field(default_factory=dict)
    """by row of the form"""
    places: dict[tuple[int, int], Place] = field(default_factory=dict)
    """figures that do not stand in plain rows"""
    first_row: dict[int, int] = field(default_factory=dict)
    """row of the form -> row of the sheet where it stands first"""
    findings: list[Finding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    """findings about rows, by code"""

    def spread(self, position: int) -> None:
        """Turn a plain row into places, because there is something to say about one of them."""
        row = self.plain.pop(position, None)
        if row is not None:
            for form_column, column in row.columns.items():
                self.places[position, form_column] = Place(row.row, column, row.cells.get(column))

    def note(self, finding: Finding) -> bool:
        """Add a finding about a row; a sheet with very many of one kind is told of the first ones, and how many more there are.

        Answers whether it was among the first.
        """
        self.counts[finding.code] += 1
        if self.counts[finding.code] <= MOST_ROWS:
            self.findings.append(finding)
            return True
        return False

    def note_the_rest(self, sheet: str) -> None:
        """Add what `note` has left out, as one finding a kind."""
        for code, count in self.counts.items():
            if count > MOST_ROWS:
                self.findings.append(findings.KINDS[code].at(sheet, found=f"+{count - MOST_ROWS}"))


@dataclass
class Found:
    """What was found in a sheet: the report's own table, or one for each unit; and what belongs to no figure."""

    own: Table = field(default_factory=Table)
    of_units: dict[str, Table] = field(default_factory=dict)
    astray: Table = field(default_factory=Table)
    """rows that belong to nobody, in a sheet whose rows or columns are units"""
    narratives: list[Narrative] = field(default_factory=list)


def find_figures(sheet: Sheet, index: SheetIndex, scope: Scope, elsewhere: frozenset[str], *, is_guest: bool) -> Found:
    """Where every figure of a form's sheet stands in a worksheet.

    `elsewhere` are the labels and codes that another form reads from the same sheet; `is_guest`: that other form says what
    fits nowhere.
    """
    return _Search(sheet, index, scope, elsewhere, is_guest).run()


class _Search:
    """One pass down a sheet."""

    def __init__(self, sheet: Sheet, index: SheetIndex, scope: Scope, elsewhere: frozenset[str], is_guest: bool) -> None:
        self.sheet, self.index, self.scope, self.elsewhere, self.is_guest = sheet, index, scope, elsewhere, is_guest
        self.found = Found()
        self.pinned = index.layout.header_row
        self.has_columns = bool(index.sheet.columns)
        self.nobody = self.found.astray if index.has_units else self.found.own
        self.header: Header | None = None
        self.headers: list[Header] = []
        self.is_foreign = False
        """below the header of a table that the form does not have"""
        self.lost_columns: dict[int, int] = {}
        self.awaiting: str | None = None
        """the topic of a comment whose text follows below"""
        self.above: list[int] = []
        """the rows of the form that the next row may stand under, outermost first"""
        self.fixed = {each.at for each in index.cells}
        self.strangers: list[tuple[int, str]] = []
        """rows with figures that are none of the form's: the place of their finding, and their label"""

    def run(self) -> Found:
        """Go through the rows, then say what is missing and what was left."""
        sheet, found = self.sheet, self.found
        for row_number in sorted(sheet.rows):
            row = sheet.rows[row_number]
            if self.fixed:
                row = {column: cell for column, cell in row.items() if (row_number, column) not in self.fixed}
            header = self.header
            if row and (header is None or (row_number > header.last_row and not self._is_like_one_before(row_number, row, header))):
                self._row(row_number, row)
        for table in (found.own, found.astray):
            table.note_the_rest(sheet.name)
        if self.index.sheet.columns:
            self._note_missing()
        if not self.is_guest:
            for column, row_number in self.lost_columns.items():
                name = next((squeeze(each.names[column]) for each in self.headers if column in each.names), "–")
                proposal = for_column(name, self.index, self._missing_columns())
                expected = told(proposal.candidates) if proposal else None
                found.own.findings.append(
                    findings.UNKNOWN_COLUMN.at(sheet.name, address(row_number, column), found=name, expected=expected, proposal=proposal)
                )
            self._propose()
            self._note_unread()
        self._note_hidden_columns()
        if sheet.merges:
            for table in (found.own, *found.of_units.values()):
                _unclear_merges(sheet, table)
        return found

    def _row(self, row_number: int, row: Mapping[int, RawCell]) -> None:
        header = self.header
        if self.has_columns and (header is None or may_be_header(row, header)):
            if self._is_header(row_number):
                return
            self.is_foreign = self.is_foreign or (header is not None and names_columns(row, header))
        if header is None:
            if not self._remark(row_number, row):
                self._follow(row_number, row)
            return
        if row_number == header.last_row + 1 and is_numbering(row, header):
            return
        said = self._said
        unit = self._unit_of(row_number, row, header) if self.index.unit_row is not None and not self.is_foreign else None
        position = self.index.unit_row if unit else None if self.is_foreign else self._form_row(row_number, row, header)
        if position is not None:
            self.awaiting = None
            self._take(row_number, row, position, unit, header)
            if said == self._said and self._can_be_remembered and not may_be_header(row, header) and not is_worded_as_header(row, header):
                self.index.rows_seen[_frame(row, header)] = position
        elif self._remark(row_number, row):
            return
        elif self._has_figures(row, header):
            self.above.clear()
            label = squeeze(" ".join(row[column].text for column in sorted(header.texts) if column in row))
            if not self.is_guest and not self._is_read_elsewhere(row, header):
                found = findings.UNKNOWN_ROW.at(self.sheet.name, address(row_number, min(row)), found=clean(label) or "–")
                if self.nobody.note(found):
                    own = text_at(row, header.label) or text_at(row, header.code)
                    self.strangers.append((len(self.nobody.findings) - 1, clean(squeeze(own))))
        else:
            self._follow(row_number, row)

    # -- rows like those of other workbooks

    @property
    def _said(self) -> int:
        """How much was found wrong until now."""
        return self.found.own.counts.total() + self.nobody.counts.total() + len(self.lost_columns)

    @property
    def _can_be_remembered(self) -> bool:
        """Whether a row's code, label and unit of measure alone say which row of the form it is."""
        index = self.index
        return index.unit_row is None and not index.parents and not index.unit_headers and len(index.rows_seen) < _MOST_SEEN

    def _is_like_one_before(self, row_number: int, row: Mapping[int, RawCell], header: Header) -> bool:
        """Take a row whose code, label and unit of measure stood in a workbook before, and gave no finding. The usual case, made short."""
        position = self.index.rows_seen.get(_frame(row, header))
        table = self.found.own
        if position is None or self.is_foreign or position in table.first_row or row_number == header.last_row + 1:
            return False
        if row_number in self.sheet.hidden_rows:
            return False
        figures, texts = header.columns, header.texts
        for column, cell in row.items():
            if column in figures:
                if cell.kind is _TEXT and not self._is_figure(cell.text):
                    return False
            elif column not in texts:
                return False
        self.awaiting = None
        table.plain[position] = PlainRow(row_number, row, header.by_form_column)
        table.first_row[position] = row_number
        return True

    def _is_figure(self, text: str) -> bool:
        """Whether a text in a column of figures may be one, and is surely no header."""
        return text[:1].isdigit() and normalise(text[:VALUE_CHARACTERS]) not in self.index.headers

    def _at(self, row_number: int, column: int) -> CellAddress:
        return CellAddress(self.sheet.name, address(row_number, column))

    def _is_header(self, row_number: int) -> bool:
        if self.pinned is not None and self.pinned != row_number:
            return False
        begun = header_at(self.sheet, row_number, self.index, self.scope)
        if begun is None:
            return False
        self.header, repeated = begun
        self.is_foreign = False
        self.headers.append(self.header)
        self.found.own.findings.extend(repeated)
        return True

    def _unit_of(self, row_number: int, row: Mapping[int, RawCell], header: Header) -> Unit | None:
        """The unit that a row is for, by its code, else by its name."""
        code, label = text_at(row, header.code), text_at(row, header.label)
        if label and code.strip().isdecimal() and len(code.strip()) <= _RUNNING_DIGITS:
            code = ""
        named = self.scope.unit_called(label) if label else None
        coded = self.scope.unit_called(code) if code else None
        if named and coded and named is not coded:
            found = f"{squeeze(code)}: {squeeze(label)}"
            where = address(row_number, header.label or 1)
            self.nobody.note(findings.ROW_CONTRADICTION.at(self.sheet.name, where, found=found, expected=coded.name_vi))
            return None
        unit = coded or named
        return unit if unit is not None and unit.unit_type in self.scope.unit_types else None

    def _form_row(self, row_number: int, row: Mapping[int, RawCell], header: Header) -> int | None:
        """Which row of the form this is: by its code, else by its label where that is the only one of its kind, or says by
        what stands above it which one it is."""
        index = self.index
        code, label = text_at(row, header.code), text_at(row, header.label)
        if not code and not label:
            return None
        rows_by = index.layout.rows_by
        by_code = index.codes.get(normalise(code)) if code and rows_by != "label" else None
        by_label = index.labels.get(normalise(label or code), ()) if rows_by != "code" else ()
        if rows_by == "both":
            return by_code if by_code in by_label else None
        if by_code is None:
            by_name = by_label[0] if len(by_label) == 1 else self._under(by_label)
            if by_name is not None and code and label and rows_by is None:
                expected = index.sheet.rows[by_name].row_code
                where = address(row_number, header.code or 1)
                self.found.own.note(findings.ROW_CODE_CHANGED.at(self.sheet.name, where, found=squeeze(code), expected=expected))
            return by_name
        if label and by_label and by_code not in by_label:
            expected = index.sheet.rows[by_code].label_vi
            found = f"{squeeze(code)}: {squeeze(label)}"
            where = address(row_number, header.label or 1)
            self.found.own.note(findings.ROW_CONTRADICTION.at(self.sheet.name, where, found=found, expected=expected))
        return by_code

    def _under(self, rows: tuple[int, ...]) -> int | None:
        """The one of several rows of a label that belongs below the rows above."""
        for above in reversed(self.above):
            below = [row for row in rows if self.index.parents and self.index.parents[row] == above]
            if below:
                return below[0]
        return None

    def _take(self, row_number: int, row: Mapping[int, RawCell], position: int, unit: Unit | None, header: Header) -> None:
        index, sheet = self.index, self.sheet
        if index.parents:
            while self.above and self.above[-1] != index.parents[position]:
                self.above.pop()
            self.above.append(position)
        label = squeeze(text_at(row, header.label) or text_at(row, header.code)) if unit else index.sheet.rows[position].label_vi
        for part in header.parts:
            owner = unit or part.unit
            table = self.found.own if owner is None else self.found.of_units.setdefault(owner.unit_code, Table())
            self._take_figures(row_number, row, position, part.columns, table, label)
        if sheet.hidden_rows and row_number in sheet.hidden_rows and any(column in row for column in header.columns):
            self.found.own.note(findings.HIDDEN_ROW.at(sheet.name, address(row_number, min(row)), found=label))
        self._check_unit_of_measure(row_number, row, position, header)
        if header.label is not None and header.label in row and row[header.label].kind is Kind.NUMBER:
            self.found.own.note(findings.UNREAD_NUMBERS.at(sheet.name, address(row_number, header.label), found="1"))
        for column, cell in row.items():
            if column not in header.known and (cell.kind is Kind.NUMBER or _STARTS_WITH_DIGIT.match(cell.text)):
                self.lost_columns.setdefault(column, row_number)

    def _take_figures(
        self, row_number: int, row: Mapping[int, RawCell], position: int, columns: Mapping[int, int], table: Table, label: str
    ) -> None:
        table.spread(position)
        places = table.places
        same = False
        for column, form_column in columns.items():
            raw = row.get(column)
            key = (position, form_column)
            earlier = places.get(key)
            if earlier is None or (earlier.raw is None and raw is not None):
                places[key] = Place(row_number, column, raw)
            elif earlier.raw is not None and earlier.raw == raw:
                same = True
            elif raw is not None:
                places[key] = Place(row_number, column, raw, (findings.DUPLICATE_ROW, squeeze(label), str(earlier.row)))
        if same:
            where, first = address(row_number, min(row)), str(table.first_row[position])
            table.note(findings.REPEATED_ROW.at(self.sheet.name, where, found=label, expected=first))
        table.first_row.setdefault(position, row_number)

    def _check_unit_of_measure(self, row_number: int, row: Mapping[int, RawCell], position: int, header: Header) -> None:
        column, expected = header.unit_of_measure, self.index.units_of_measure[position]
        if column is None or expected is None:
            return
        printed = text_at(row, column)
        if not printed:
            return
        if self.scope.index.pack.unit_of_measure(printed) != expected and normalise(printed) != normalise(expected):
            indicator_code = self.index.sheet.rows[position].indicator_code
            self.found.own.note(
                findings.UNIT_OF_MEASURE_MISMATCH.at(
                    self.sheet.name,
                    address(row_number, column),
                    found=squeeze(printed),
                    expected=expected,
                    indicator_code=indicator_code,
                )
            )

    def _is_read_elsewhere(self, row: Mapping[int, RawCell], header: Header) -> bool:
        """Whether another form reads the row from this sheet."""
        if not self.elsewhere:
            return False
        return any(normalise(text_at(row, column)) in self.elsewhere for column in (header.code, header.label) if column in row)

    def _has_figures(self, row: Mapping[int, RawCell], header: Header) -> bool:
        """Whether a row holds anything that may be a figure; a number in the column of codes is none."""
        return any(
            cell.kind is not Kind.TEXT or (column in header.columns and _STARTS_WITH_DIGIT.match(cell.text))
            for column, cell in row.items()
            if column != header.code
        )

    # -- free text

    def _remark(self, row_number: int, row: Mapping[int, RawCell]) -> bool:
        """Whether a row is a comment, which is kept; without a text of its own it follows below."""
        if self.header is None and not self.index.topics:
            return False
        column = min(row)
        cell = row[column]
        label, _, rest = cell.text.partition(":")
        folded = fold(label) if cell.kind is Kind.TEXT and len(label) <= LABEL_CHARACTERS else ""
        own = self.index.topics.get(folded)
        if not folded or (own is None and (self.header is None or folded not in vocabulary.NARRATIVE_LABELS)):
            return False
        topic = own or squeeze(label)
        right = sorted(row.items())[1:]
        text = rest.strip() or " ".join(cell.text for _, cell in right).strip()
        self.awaiting = None if text else topic
        if text:
            at = column if rest.strip() else right[0][0]
            self.found.narratives.append(Narrative(self._at(row_number, at), topic, text))
        return True

    def _follow(self, row_number: int, row: Mapping[int, RawCell]) -> None:
        """Take a row for the text of the comment whose label stands above it."""
        if self.awaiting is not None:
            column, cell = min(row.items())
            self.found.narratives.append(Narrative(self._at(row_number, column), self.awaiting, cell.text))
            self.awaiting = None

    # -- what is missing, and what was left

    def _note_missing(self) -> None:
        name, index, problems = self.sheet.name, self.index, self.found.own.findings
        if not self.headers:
            problems.append(findings.MISSING_HEADER.at(name, expected=", ".join(column.header_vi for column in index.sheet.columns)))
            return
        for position in self._missing_columns():
            problems.append(findings.MISSING_COLUMN.at(name, expected=index.sheet.columns[position].header_vi))
        for position in self._missing_rows():
            row = index.sheet.rows[position]
            expected = f"{row.row_code} {row.label_vi}"
            problems.append(findings.MISSING_ROW.at(name, expected=expected, indicator_code=row.indicator_code))

    def _missing_columns(self) -> list[int]:
        present = {position for header in self.headers for part in header.parts for position in part.columns.values()}
        last_month = self.scope.period.end_date.month
        return [
            position
            for position, column in enumerate(self.index.sheet.columns)
            if position not in present and not (column.month is not None and column.month > last_month)
        ]

    def _missing_rows(self) -> list[int]:
        there = {position for table in (self.found.own, *self.found.of_units.values()) for position in table.first_row}
        return [position for position in range(len(self.index.sheet.rows)) if position != self.index.unit_row and position not in there]

    def _propose(self) -> None:
        """Say of rows that are none of the form's which of the missing ones they may be."""
        missing = self._missing_rows() if self.strangers else []
        for place, label in self.strangers:
            proposal = for_row(label, self.index, missing) if self.index.unit_row is None else for_unit(label, self.scope)
            if proposal is not None:
                noted = self.nobody.findings[place]
                self.nobody.findings[place] = findings.UNKNOWN_ROW.at(
                    noted.sheet, noted.cell, found=noted.found, expected=told(proposal.candidates), proposal=proposal
                )

    def _note_unread(self) -> None:
        """Numbers above the first header, or beside the fixed cells of a sheet without a table."""
        last = self.headers[0].last_row - self.index.layout.header_rows if self.headers else max(self.sheet.rows, default=0)
        if not self.headers and self.index.sheet.columns:
            return  # the missing header says enough
        known = {self.index.layout.unit_cell, self.index.layout.period_cell, self.index.layout.as_of_cell}
        said: set[str] = set()
        unread: list[str] = []
        for row_number in sorted(self.sheet.rows):
            if row_number > last:
                break
            of_head = self._field_of_head(row_number)
            if of_head is None or of_head in said:  # the head says each thing once; a line that says it again is not read
                unread.extend(self._numbers_in(row_number, known))
            else:
                said.add(of_head)
        if unread:
            self.nobody.findings.append(findings.UNREAD_NUMBERS.at(self.sheet.name, unread[0], found=str(len(unread))))

    def _field_of_head(self, row_number: int) -> str | None:
        """What a row says of the report as a whole, such as its unit; None for a row that is no line of the head."""
        row = self.sheet.rows[row_number]
        first = row[min(row)] if row else None
        if first is None or first.kind is not Kind.TEXT:
            return None
        return FIELDS.get(fold(first.text.partition(":")[0][:LABEL_CHARACTERS]))

    def _numbers_in(self, row_number: int, known: set[str | None]) -> Iterator[str]:
        """The cells with numbers of a row, without those that the form knows."""
        for column, cell in sorted(self.sheet.rows[row_number].items()):
            at = address(row_number, column)
            if cell.kind is Kind.NUMBER and (row_number, column) not in self.fixed and at not in known:
                yield at

    def _note_hidden_columns(self) -> None:
        hidden = self.sheet.hidden_columns
        if not hidden:
            return
        columns = {column for header in self.headers for column in header.columns}
        for column in sorted(column for column in columns if any(first <= column <= last for first, last in hidden)):
            row_number, name = next((header.last_row, header.names[column]) for header in self.headers if column in header.columns)
            at = address(row_number, column)
            self.found.own.findings.append(findings.HIDDEN_COLUMN.at(self.sheet.name, at, found=squeeze(name)))


def _frame(row: Mapping[int, RawCell], header: Header) -> tuple[RawCell | None, ...]:
    """What stands in a row beside its figures."""
    at = row.get
    return at(header.code or 0), at(header.label or 0), at(header.unit_of_measure or 0)


def _unclear_merges(sheet: Sheet, table: Table) -> None:
    """Mark the figures that one merged cell covers: which of them it is meant for is not known."""
    for position, plain in list(table.plain.items()):
        if any(top <= plain.row <= bottom for top, _, bottom, _ in sheet.merges):
            table.spread(position)
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
