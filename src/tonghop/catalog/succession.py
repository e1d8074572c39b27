"""Which unit took the place of which, and when: the links of `unit_succession.csv` with those that `successor_code` says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

from tonghop.catalog.files import Table
from tonghop.catalog.problems import Problem
from tonghop.catalog.rows import STILL_VALID, Succession, Unit
from tonghop.catalog.tables import Files, grouped
from tonghop.catalog.tree import Tree


def links(units: Iterable[Unit], successions: Sequence[Succession]) -> tuple[Succession, ...]:
    """All links of a pack: those of its file, and a whole link for each `successor_code` that the file says nothing of."""
    told = {(row.old_code, row.changed_on) for row in successions}
    by_column = (
        Succession(line=unit.line, old_code=unit.unit_code, new_code=unit.successor_code, changed_on=unit.valid_to, extent="whole")
        for unit in units
        if unit.successor_code is not None and (unit.unit_code, unit.valid_to) not in told
    )
    return (*successions, *by_column)


def with_successors(units: Iterable[Unit], successions: Iterable[Succession]) -> tuple[Unit, ...]:
    """The rows with the `successor_code` that follows from a whole link; a unit that was split has none."""
    whole = {(row.old_code, row.changed_on): row.new_code for row in successions if row.extent == "whole"}
    return tuple(
        unit.model_copy(update={"successor_code": whole.get((unit.unit_code, unit.valid_to), unit.successor_code)}) for unit in units
    )


def check_roots(files: Files) -> Iterator[Problem]:
    """Exactly the root has no parent: the `root_unit`, or the unit that it took over from or that took over from it, one at a time."""
    if files.head is None:
        return
    units, root = files.units, files.head.root_unit
    if not units.mentions("unit_code", root):
        yield Problem("pack.yml", files.head.line, f"root_unit: {root} is no unit_code in {units.file}")
    roots = _roots(root, links(units.rows, files.successions.rows))
    for unit in units.rows:
        if unit.unit_code == root and unit.parent_code is not None:
            yield Problem(units.file, unit.line, f"unit {root} is the root_unit of pack.yml and can have no parent_code")
        elif unit.unit_code not in roots and unit.parent_code is None:
            told = f"unit {unit.unit_code} has no parent_code; only the root {root} has none, and who took over from it as a whole"
            yield Problem(units.file, unit.line, told)
        elif unit.parent_code is None and unit.level != 1:
            yield Problem(units.file, unit.line, f"level: found {unit.level}; the root {unit.unit_code} has level 1")
    parentless = sorted((unit for unit in units.rows if unit.parent_code is None), key=lambda unit: unit.valid_from)
    for earlier, later in pairwise(parentless):
        if earlier.overlaps(later) and earlier.unit_code != later.unit_code and {earlier.unit_code, later.unit_code} <= roots:
            told = f"units {earlier.unit_code} (line {earlier.line}) and {later.unit_code} are roots at the same time"
            yield Problem(units.file, later.line, f"{told}; let the one begin when the other ends")


def _roots(root: str, successions: Iterable[Succession]) -> frozenset[str]:
    """The root, with the units before and after it in a chain of whole links."""
    whole = [row for row in successions if row.extent == "whole"]
    roots = {root}
    while more := {
        code for row in whole for code in (row.old_code, row.new_code) if roots & {row.old_code, row.new_code} and code not in roots
    }:
        roots |= more
    return frozenset(roots)


def check_successions(files: Files, tree: Tree) -> Iterator[Problem]:
    """Links join a unit that ends with one that holds, parts are a whole together, and no chain ends in a unit that is gone.

    Links lead from a day to a later one only, so that they cannot run in a circle.
    """
    yield from _check_columns(files, tree)
    table = files.successions
    for row in table.rows:
        yield from _check_dates(table, row, tree)
    for parts in grouped(table.rows, lambda row: (row.old_code, row.changed_on)).values():
        yield from _check_parts(table, parts)
    all_links = links(files.units.rows, table.rows)
    leaving = {(row.old_code, row.changed_on) for row in all_links}
    in_file = {(row.old_code, row.new_code, row.changed_on) for row in table.rows}
    for row in all_links:
        history = tree.rows(row.new_code)
        if history and (row.new_code, history[-1].valid_to) not in leaving and history[-1].valid_to != STILL_VALID:
            told = f"{row.new_code} took over from {row.old_code} and ended on {history[-1].valid_to} without a successor"
            told += "; say who took over from it, or on today's map the figures of both stand in the sums above them only"
            file = table.file if (row.old_code, row.new_code, row.changed_on) in in_file else files.units.file
            yield Problem(file, row.line, told)


def _check_columns(files: Files, tree: Tree) -> Iterator[Problem]:
    """`successor_code` in the rows of units."""
    units = files.units
    told_by_file = grouped(files.successions.rows, lambda row: (row.old_code, row.changed_on))
    for unit in units.rows:
        code = unit.successor_code
        if code is None:
            continue
        told = [row.new_code for row in told_by_file.get((unit.unit_code, unit.valid_to), ())]
        if unit.valid_to == STILL_VALID:
            yield Problem(units.file, unit.line, f"unit {unit.unit_code} has a successor_code but no valid_to; say when it ended")
        elif code == unit.unit_code:
            yield Problem(units.file, unit.line, f"unit {unit.unit_code} is its own successor; leave successor_code empty")
        elif tree.rows(code) and not any(row.valid_at(unit.valid_to) for row in tree.rows(code)):
            gone = f"successor_code: {code} does not hold on {unit.valid_to}, the day on which {unit.unit_code} is gone"
            yield Problem(units.file, unit.line, f"{gone}; correct one of the dates")
        elif told and told != [code]:
            named = f"successor_code: found {code}; {files.successions.file} says {', '.join(told)}"
            yield Problem(units.file, unit.line, f"{named}. Leave it empty here: it follows from there")


def _check_dates(table: Table[Succession], row: Succession, tree: Tree) -> Iterator[Problem]:
    old, new = tree.rows(row.old_code), tree.rows(row.new_code)
    if old and not any(unit.valid_to == row.changed_on for unit in old):
        ends = ", ".join(str(unit.valid_to) for unit in old if unit.valid_to != STILL_VALID) or "never"
        told = f"changed_on: {row.old_code} has no row that ends on {row.changed_on} (it ends: {ends})"
        yield Problem(table.file, row.line, f"{told}; end its row on that day, or correct the date")
    if new and not any(unit.valid_at(row.changed_on) for unit in new):
        told = f"new_code: {row.new_code} does not hold on {row.changed_on}, the day on which it takes over from {row.old_code}"
        yield Problem(table.file, row.line, f"{told}; correct one of the dates")
    if row.extent == "whole" and row.old_code == row.new_code:
        yield Problem(table.file, row.line, f"{row.old_code} is its own successor; a unit that goes on needs no row")
    elif row.extent == "whole" and any(unit.valid_from == row.changed_on for unit in old):
        told = f"{row.old_code} goes on from {row.changed_on}, so that {row.new_code} cannot have taken over the whole of it"
        yield Problem(table.file, row.line, f"{told}; end it, or give both a part")


def _check_parts(table: Table[Succession], parts: Sequence[Succession]) -> Iterator[Problem]:
    """What becomes of one unit on one day."""
    first = parts[0]
    if any(row.extent == "whole" for row in parts):
        for row in parts[1:]:
            told = f"{row.old_code} went as a whole to one unit and to {row.new_code} as well (line {first.line})"
            yield Problem(table.file, row.line, f"{told}; a whole has one successor: give parts with weights, or remove one")
    elif (total := sum((row.share for row in parts), Decimal(0))) != 1:
        where = ", ".join(str(row.line) for row in parts)
        told = f"weight: the parts of {first.old_code} on {first.changed_on} (lines {where}) add up to {total}; expected 1"
        yield Problem(table.file, first.line, f"{told}, or figures would be lost or made up")
