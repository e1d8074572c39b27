"""Where the figures of a form's sheet stand in a worksheet, and what is wrong about where they stand."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tonghop.intake import findings
from tonghop.intake.cells import RawCell, Sheet, address
from tonghop.intake.findings import FindingKind
from tonghop.intake.known_tables import KnownFigures
from tonghop.model import Finding, Narrative

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

    known: KnownFigures | None = None
    """all of them, as long as they stand where they stood in workbooks before and there is nothing to say about any"""
    plain: dict[int, PlainRow] = field(default_factory=dict)
    """by row of the form"""
    places: dict[tuple[int, int], Place] = field(default_factory=dict)
    """figures that do not stand in plain rows"""
    first_row: dict[int, int] = field(default_factory=dict)
    """row of the form -> row of the sheet where it stands first"""
    findings: list[Finding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    """findings about rows, by code"""

    def unfold(self) -> None:
        """Turn known figures into plain rows, because one of them is to be looked at."""
        if self.known is not None:
            (table, rows, _), self.known = self.known, None
            columns = table.header.by_form_column
            self.plain |= {position: PlainRow(number, rows[number], columns) for position, number in table.first_row.items()}

    def spread(self, position: int) -> None:
        """Turn a plain row into places, because there is something to say about one of them."""
        self.unfold()
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


def mark_merged(sheet: Sheet, table: Table) -> None:
    """Mark the figures that one merged cell covers: which of them it is meant for is not known."""
    if table.known is not None:
        if not any(table.known.table.covers(top, bottom) for top, _, bottom, _ in sheet.merges):
            return
        table.unfold()
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
