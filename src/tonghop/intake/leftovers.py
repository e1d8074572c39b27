"""What a search left over: rows and columns of the form that are not in the sheet, and numbers in the sheet that are none of the form's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tonghop.intake import findings
from tonghop.intake.cells import Kind, Sheet, address
from tonghop.intake.form_index import SheetIndex
from tonghop.intake.head import FIELDS
from tonghop.intake.headers import Header
from tonghop.intake.matching import told
from tonghop.intake.places import Found, Table
from tonghop.intake.proposals import for_column, for_row, for_unit
from tonghop.intake.scope import Scope
from tonghop.intake.vocabulary import LABEL_CHARACTERS, fold, squeeze


@dataclass
class Leftovers:
    """What a search met and could not place; with what it has found, what there is to say about the sheet as a whole."""

    sheet: Sheet
    index: SheetIndex
    scope: Scope
    found: Found
    headers: list[Header] = field(default_factory=list)
    lost_columns: dict[int, int] = field(default_factory=dict)
    """columns with figures that are none of the form's -> the first row with one"""
    strangers: list[tuple[int, str]] = field(default_factory=list)
    """rows with figures that are none of the form's: the place of their finding, and their label"""

    @property
    def nobody(self) -> Table:
        """Where it is told what belongs to nobody."""
        return self.found.astray if self.index.has_units else self.found.own

    def note(self, *, is_guest: bool) -> None:
        """Add the findings; those about what fits nowhere only where no other form says them."""
        if self.index.sheet.columns and self.found.own.known is None:  # a known table is whole
            self._note_missing()
        if not is_guest:
            self._note_lost_columns()
            self._propose()
            self._note_unread()
        self._note_hidden_columns()

    def _note_lost_columns(self) -> None:
        for column, row_number in self.lost_columns.items():
            name = next((squeeze(each.names[column]) for each in self.headers if column in each.names), "–")
            proposal = for_column(name, self.index, self._missing_columns())
            expected = told(proposal.candidates) if proposal else None
            at = address(row_number, column)
            self.found.own.findings.append(
                findings.UNKNOWN_COLUMN.at(self.sheet.name, at, found=name, expected=expected, proposal=proposal)
            )

    def _note_missing(self) -> None:
        name, index, problems = self.sheet.name, self.index, self.found.own.findings
        if not self.headers:
            problems.append(findings.MISSING_HEADER.at(name, expected=", ".join(column.header_vi for column in index.sheet.columns)))
            return
        for missing in self._missing_columns():
            problems.append(findings.MISSING_COLUMN.at(name, expected=index.sheet.columns[missing].header_vi))
        for missing in self._missing_rows():
            row = index.sheet.rows[missing]
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
        if unread := self.unread:
            self.nobody.findings.append(findings.UNREAD_NUMBERS.at(self.sheet.name, unread[0], found=str(len(unread))))

    @property
    def unread(self) -> list[str]:
        """The cells with numbers above the first header, or beside the fixed cells of a sheet without a table, that nobody reads."""
        if self.found.own.known is not None and self.found.own.known.is_all:
            return []
        last = self.headers[0].last_row - self.index.layout.header_rows if self.headers else max(self.sheet.rows, default=0)
        if not self.headers and self.index.sheet.columns:
            return []  # the missing header says enough
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
        return unread

    def _field_of_head(self, row_number: int) -> str | None:
        """What a row says of the report as a whole, such as its unit; None for a row that is no line of the head."""
        row = self.sheet.rows[row_number]
        first = row[min(row)] if row else None
        if first is None or first.kind is not Kind.TEXT:
            return None
        return FIELDS.get(fold(first.text.partition(":")[0][:LABEL_CHARACTERS]))

    def _numbers_in(self, row_number: int, known: set[str | None]) -> Iterator[str]:
        """The cells with numbers of a row, without those that the form knows."""
        fixed = {each.at for each in self.index.cells}
        for column, cell in sorted(self.sheet.rows[row_number].items()):
            at = address(row_number, column)
            if cell.kind is Kind.NUMBER and (row_number, column) not in fixed and at not in known:
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
