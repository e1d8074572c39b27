"""The tree of units over time: who stood above whom, from when to when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from tonghop.catalog.rows import DatedRow, Unit


class Lineage(NamedTuple):
    """The rows from the root down to a unit, while they all hold."""

    valid_from: date
    valid_to: date
    rows: tuple[Unit, ...]

    @property
    def path(self) -> str:
        """The codes from the root down to the unit, separated by `/`."""
        return "/".join(row.unit_code for row in self.rows)


class Tree:
    """The lineages of all unit rows; `circles` are rows that stand above each other in a circle."""

    def __init__(self, units: Sequence[Unit]) -> None:
        self._by_code: defaultdict[str, list[Unit]] = defaultdict(list)
        for unit in sorted(units, key=lambda unit: unit.valid_from):
            self._by_code[unit.unit_code].append(unit)
        self.circles: list[tuple[Unit, ...]] = []
        self._lineages: dict[tuple[str, date, int], tuple[Lineage, ...]] = {}
        for unit in units:
            self._climb(unit, ())

    def lineages(self, unit: Unit) -> tuple[Lineage, ...]:
        """The lineages of a row, oldest first. Sound data has them without gaps over the row's whole validity."""
        return self._lineages[_key(unit)]

    def rows(self, unit_code: str) -> Sequence[Unit]:
        """All rows of a unit, oldest first."""
        return self._by_code.get(unit_code, [])

    def _climb(self, unit: Unit, below: tuple[Unit, ...]) -> tuple[Lineage, ...]:
        if (known := self._lineages.get(_key(unit))) is not None:
            return known
        if unit in below:
            self.circles.append(below[below.index(unit) :])
            return ()
        if unit.parent_code is None:
            lineages: tuple[Lineage, ...] = (Lineage(unit.valid_from, unit.valid_to, (unit,)),)
        else:
            lineages = tuple(
                Lineage(max(unit.valid_from, above.valid_from), min(unit.valid_to, above.valid_to), (*above.rows, unit))
                for parent in self.rows(unit.parent_code)
                if parent.overlaps(unit)
                for above in self._climb(parent, (*below, unit))
                if above.valid_from < unit.valid_to and unit.valid_from < above.valid_to
            )
        self._lineages[_key(unit)] = lineages
        return lineages


def _key(unit: Unit) -> tuple[str, date, int]:
    return unit.unit_code, unit.valid_from, unit.line


def gaps(row: DatedRow, spans: Iterable[DatedRow]) -> Iterator[tuple[date, date]]:
    """The spans of a row's validity that none of `spans` (oldest first) covers."""
    reached = row.valid_from
    for span in spans:
        if span.valid_from >= row.valid_to:
            break
        if span.valid_from > reached:
            yield reached, span.valid_from
        reached = max(reached, span.valid_to)
    if reached < row.valid_to:
        yield reached, row.valid_to


def with_paths(units: Sequence[Unit]) -> tuple[Unit, ...]:
    """The rows with their `path` filled in; the tree must have been checked."""
    tree = Tree(units)
    return tuple(unit.model_copy(update={"path": tree.lineages(unit)[0].path}) for unit in units)
