"""Finds the figures of a form's sheet in a worksheet: its headers, its rows, its fixed cells. Says which numbers fit nowhere.

Headers, row codes and labels are keys, so a table may start anywhere, and rows and columns may have moved.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tonghop.catalog import normalise
from tonghop.catalog.rows import Unit
from tonghop.intake import findings
from tonghop.intake.cells import Kind, RawCell, Sheet, address, clean, position
from tonghop.intake.form_index import SheetIndex
from tonghop.intake.headers import (
    Header,
    header_at,
    is_numbering,
    is_worded_as_header,
    may_be_header,
    may_be_numbering,
    names_columns,
    text_at,
)
from tonghop.intake.known_tables import known_figures, remember_table
from tonghop.intake.leftovers import Leftovers
from tonghop.intake.places import Found, Place, PlainRow, Table, mark_merged
from tonghop.intake.remarks import Remarks
from tonghop.intake.scope import Scope
from tonghop.intake.vocabulary import squeeze

_STARTS_WITH_DIGIT = re.compile(r"\W*[0-9]")

_RUNNING_DIGITS = 3
"""A number that is not longer is a running number, not a code of a unit."""
_TEXT = Kind.TEXT


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
        self.left = Leftovers(sheet, index, scope, self.found)
        self.nobody = self.left.nobody
        self.remarks = Remarks(sheet.name, index.topics, self.found.narratives)
        self.header: Header | None = None
        self.is_foreign = False
        """below the header of a table that the form does not have"""
        self.above: list[int] = []
        """the rows of the form that the next row may stand under, outermost first"""
        self.fixed = {each.at for each in index.cells}

    def run(self) -> Found:
        """Go through the rows, then say what is missing and what was left."""
        sheet, found = self.sheet, self.found
        self._go_down()
        self._remember()
        for table in (found.own, found.astray):
            table.note_the_rest(sheet.name)
        self.left.note(is_guest=self.is_guest)
        if sheet.merges:
            for table in (found.own, *found.of_units.values()):
                mark_merged(sheet, table)
        return found

    def _go_down(self) -> None:
        """Take the rows one by one; those of a known table together."""
        known = known_figures(self.sheet, self.index) if self._is_all_there_is else None
        taken = 0
        for row_number in sorted(self.sheet.rows):
            if row_number <= taken or (known is not None and known.is_all and row_number < known.table.top):
                continue
            if known is not None and row_number == known.table.top and self.header is None and self.remarks.awaiting is None:
                self.header, taken = known.table.header, known.table.bottom
                self.left.headers.append(self.header)
                self.found.own.known = known
                self.found.own.first_row |= known.table.first_row
                continue
            row = self.sheet.rows[row_number]
            if self.fixed:
                row = {column: cell for column, cell in row.items() if (row_number, column) not in self.fixed}
            header = self.header
            if row and (header is None or (row_number > header.last_row and not self._is_like_one_before(row_number, row, header))):
                self._row(row_number, row)

    @property
    def _is_all_there_is(self) -> bool:
        """Whether words and places alone say where the figures are: no unit, month, other form or fixed cell has a part in it."""
        index = self.index
        return not (
            index.has_units or index.has_months or index.parents or index.cells or self.is_guest or self.elsewhere or not self.has_columns
        )

    def _remember(self) -> None:
        """Remember where the figures are, when all rows and columns of the form were found in a table without anything to say about it."""
        own, index = self.found.own, self.index
        if own.known is not None or not self._is_all_there_is or len(self.left.headers) != 1:
            return
        header = self.left.headers[0]
        if self._said or own.findings or own.places or not len(own.plain) == len(index.sheet.rows) > 0 or len(header.parts) != 1:
            return
        if len(header.by_form_column) < len(index.sheet.columns):
            return
        first, last = header.last_row - index.layout.header_rows, max(own.first_row.values())
        if not any(first < position(narrative.at.cell)[0] <= last for narrative in self.found.narratives):
            with_head = not self.left.unread and not any(position(each.at.cell)[0] <= first for each in self.found.narratives)
            remember_table(self.sheet, index, header, own.first_row, with_head=with_head)

    def _row(self, row_number: int, row: Mapping[int, RawCell]) -> None:
        header = self.header
        if self.has_columns and (header is None or may_be_header(row, header)):
            if self._is_header(row_number):
                return
            self.is_foreign = self.is_foreign or (header is not None and names_columns(row, header))
        if header is None:
            if not self.remarks.take(row_number, row, below_header=False):
                self.remarks.follow(row_number, row)
            return
        if row_number == header.last_row + 1 and is_numbering(row, header):
            return
        said = self._said
        unit = self._unit_of(row_number, row, header) if self.index.unit_row is not None and not self.is_foreign else None
        position = self.index.unit_row if unit else None if self.is_foreign else self._form_row(row_number, row, header)
        if position is not None:
            self.remarks.awaiting = None
            self._take(row_number, row, position, unit, header)
            if said == self._said and self._can_be_remembered and not is_worded_as_header(row, header):
                self.index.rows_seen[_frame(row, header)] = position
        elif self.remarks.take(row_number, row, below_header=True):
            return
        elif self._has_figures(row, header):
            self.above.clear()
            label = squeeze(" ".join(row[column].text for column in sorted(header.texts) if column in row))
            if not self.is_guest and not self._is_read_elsewhere(row, header):
                found = findings.UNKNOWN_ROW.at(self.sheet.name, address(row_number, min(row)), found=clean(label) or "–")
                if self.nobody.note(found):
                    own = text_at(row, header.label) or text_at(row, header.code)
                    self.left.strangers.append((len(self.nobody.findings) - 1, clean(squeeze(own))))
        else:
            self.remarks.follow(row_number, row)

    # -- rows like those of other workbooks

    @property
    def _said(self) -> int:
        """How much was found wrong until now."""
        return self.found.own.counts.total() + self.nobody.counts.total() + len(self.left.lost_columns)

    @property
    def _can_be_remembered(self) -> bool:
        """Whether a row's code, label and unit of measure alone say which row of the form it is."""
        index = self.index
        return index.unit_row is None and not index.parents and not index.unit_headers

    def _is_like_one_before(self, row_number: int, row: Mapping[int, RawCell], header: Header) -> bool:
        """Take a row whose code, label and unit of measure stood in a workbook before, and gave no finding. The usual case, made short."""
        position = self.index.rows_seen.get(_frame(row, header))
        table = self.found.own
        if position is None or self.is_foreign or position in table.first_row:
            return False
        if row_number == header.last_row + 1 and may_be_numbering(row, header):
            return False
        if row_number in self.sheet.hidden_rows:
            return False
        figures, texts = header.columns, header.texts
        for column, cell in row.items():
            if column in figures:
                if cell.kind is _TEXT and not self.index.may_be_figure(cell.text):
                    return False
            elif column not in texts:
                return False
        self.remarks.awaiting = None
        table.plain[position] = PlainRow(row_number, row, header.by_form_column)
        table.first_row[position] = row_number
        return True

    def _is_header(self, row_number: int) -> bool:
        if self.pinned is not None and self.pinned != row_number:
            return False
        begun = header_at(self.sheet, row_number, self.index, self.scope)
        if begun is None:
            return False
        self.header, repeated = begun
        self.is_foreign = False
        self.left.headers.append(self.header)
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
                self.left.lost_columns.setdefault(column, row_number)

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


def _frame(row: Mapping[int, RawCell], header: Header) -> tuple[RawCell | None, ...]:
    """What stands in a row beside its figures."""
    at = row.get
    return at(header.code or 0), at(header.label or 0), at(header.unit_of_measure or 0)
