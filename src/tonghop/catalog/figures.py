"""What a cell of a form is for: what its row says and what its column says, taken together.

Indicator, measure, breakdown, role and month may stand on the row or on the column. Together they say each of them once, or
the same twice. Breakdowns are crossed: a row for an age and a column for a sex make the breakdown of both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeVar

from tonghop.catalog.rows import TOTAL, Breakdown, FormCell, FormColumn, FormRow
from tonghop.model import Measure, Role

V = TypeVar("V")


class Figure(NamedTuple):
    """What one cell of a form holds. `month` is that of the report when it is empty."""

    indicator_code: str
    measure: Measure
    breakdown_code: str
    role: Role
    zero_words: bool = False
    month: int | None = None


class Contradiction(ValueError):
    """A row and a column that do not make a figure; the text says why and what to do."""


class Breakdowns:
    """Breakdowns by their code, and by what they split by."""

    def __init__(self, rows: Iterable[Breakdown]) -> None:
        self._by_code: Mapping[str, Breakdown] = {row.breakdown_code: row for row in rows}
        self._by_dimensions: dict[tuple[str | None, ...], str] = {}
        for row in self._by_code.values():
            self._by_dimensions.setdefault(row.dimensions, row.breakdown_code)

    def crossed(self, one: str | None, other: str | None) -> str:
        """The breakdown that splits by what either of two splits by. Raises Contradiction when there is none."""
        codes = [code for code in dict.fromkeys((one, other)) if code is not None and code != TOTAL]
        if len(codes) < 2:
            return codes[0] if codes else TOTAL
        rows = [self._by_code[code] for code in codes if code in self._by_code]
        if len(rows) < 2:
            return TOTAL  # a code that is unknown is a problem of its own
        crossed: list[str | None] = []
        for left, right in zip(rows[0].dimensions, rows[1].dimensions, strict=True):
            if left and right and left != right:
                raise Contradiction(f"the row says the breakdown {one}, the column {other}; leave one of the two empty")
            crossed.append(left or right)
        code = self._by_dimensions.get(tuple(crossed))
        if code is None:
            raise Contradiction(f"the row says the breakdown {one}, the column {other}, and no breakdown is both; add it to breakdowns.csv")
        return code


def together(row: FormRow, column: FormColumn, breakdowns: Breakdowns, control: bool) -> Figure:
    """What stands where a row and a column meet; `control`: on a sheet whose figures are all controls.

    Raises Contradiction when they leave something unsaid, or do not agree.
    """
    role = _once("role", row.role, column.role)
    return Figure(
        _said("indicator_code", _once("indicator_code", row.indicator_code, column.indicator_code)),
        _said("measure", _once("measure", row.measure, column.measure)),
        breakdowns.crossed(row.breakdown_code, column.breakdown_code),
        Role.CONTROL if control else _said("role", role),
        row.zero_words or column.zero_words,
        _once("month", row.month, column.month),
    )


def in_cell(cell: FormCell, control: bool) -> Figure:
    """What a fixed cell holds. Raises Contradiction when it has no role."""
    role = Role.CONTROL if control else _said("role", cell.role, "neither the cell nor its sheet says")
    return Figure(cell.indicator_code, cell.measure, cell.breakdown_code, role, cell.zero_words, cell.month)


def _once(name: str, row: V | None, column: V | None) -> V | None:
    if row is not None and column is not None and row != column:
        raise Contradiction(f"{name}: the row says {row}, the column {column}; leave one of the two empty")
    return column if row is None else row


def _said(name: str, value: V | None, nobody: str = "neither the row nor the column says") -> V:
    if value is None:
        raise Contradiction(f"{name}: {nobody}; give it to one of them")
    return value
