"""Hierarchies beside the tree of units: groups of units, and which group each row of a unit belongs to.

A membership holds for a unit and for everything below it, unless a unit nearer to the reports says otherwise. Like a unit's
name and parent, its place in a hierarchy is the same as long as a row of `units.csv` holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise

from tonghop.catalog.pack import GroupPlace
from tonghop.catalog.problems import Problem
from tonghop.catalog.rows import GroupMember, Unit, UnitGroup
from tonghop.catalog.tables import Files, grouped
from tonghop.catalog.tree import Tree


def with_group_paths(groups: Sequence[UnitGroup]) -> tuple[UnitGroup, ...]:
    """The groups with their `path` filled in; they must have been checked."""
    by_key = {(group.hierarchy_code, group.group_code): group for group in groups}

    def path(group: UnitGroup) -> str:
        above = f"{path(by_key[group.hierarchy_code, group.parent_code])}/" if group.parent_code else ""
        return above + group.group_code

    return tuple(group.model_copy(update={"path": path(group)}) for group in groups)


def group_places(units: Sequence[Unit], members: Sequence[GroupMember]) -> tuple[GroupPlace, ...]:
    """The group of every row of a unit in every hierarchy in which it has one; everything must have been checked."""
    tree = Tree(units)
    places = []
    for hierarchy_code, of_hierarchy in grouped(members, lambda member: member.hierarchy_code).items():
        by_unit = grouped(of_hierarchy, lambda member: member.unit_code)
        for unit in units:
            _, group_code = next(_stretches(unit, tree, by_unit))
            if group_code is not None:
                places.append(GroupPlace(hierarchy_code, unit.unit_code, unit.valid_from, group_code))
    return tuple(places)


def _stretches(unit: Unit, tree: Tree, by_unit: Mapping[str, Sequence[GroupMember]]) -> Iterator[tuple[date, str | None]]:
    """The groups that a row of a unit is in one after the other, each with its first day; None where it is in none."""
    path = [row.unit_code for row in tree.lineages(unit)[0].rows]
    near = [member for code in reversed(path) for member in by_unit.get(code, ())]
    days = {unit.valid_from, *(day for member in near for day in (member.valid_from, member.valid_to))}
    for day in sorted(day for day in days if unit.valid_from <= day < unit.valid_to):
        yield day, next((member.group_code for member in near if member.valid_at(day)), None)


def check_groups(files: Files) -> Iterator[Problem]:
    """Groups stand in hierarchies without a circle."""
    groups, members = files.unit_groups, files.group_members
    parents = {(group.hierarchy_code, group.group_code): group.parent_code for group in groups.rows}
    for group in groups.rows:
        if group.parent_code is None:
            continue
        if (group.hierarchy_code, group.parent_code) not in parents:
            told = f"parent_code: {group.parent_code} is no group_code of the hierarchy {group.hierarchy_code}"
            yield Problem(groups.file, group.line, f"{told}; add it, or correct it")
            continue
        seen: set[str] = set()
        above: str | None = group.parent_code
        while above is not None and above not in seen | {group.group_code}:
            seen.add(above)
            above = parents.get((group.hierarchy_code, above))
        if above == group.group_code:
            yield Problem(groups.file, group.line, f"groups stand in a circle: {group.group_code} is above itself; correct a parent_code")
    for member in members.rows:
        if (member.hierarchy_code, member.group_code) not in parents and not groups.problems:
            told = f"{member.group_code} is no group_code of the hierarchy {member.hierarchy_code} in {groups.file}"
            yield Problem(members.file, member.line, f"{told}; add it there or correct it")


def check_members(files: Files, tree: Tree) -> Iterator[Problem]:
    """A unit is in one group of a hierarchy at a time, and in the same one as long as a row of it holds."""
    members, units = files.group_members, files.units
    for of_unit in grouped(members.rows, lambda member: (member.hierarchy_code, member.unit_code)).values():
        for earlier, later in pairwise(sorted(of_unit, key=lambda member: member.valid_from)):
            if earlier.overlaps(later):
                told = f"{later.unit_code} is in {later.group_code}, and until {earlier.valid_to} in {earlier.group_code}"
                yield Problem(members.file, later.line, f"{told} (line {earlier.line}); a unit is in one group of a hierarchy at a time")
    for hierarchy_code, of_hierarchy in grouped(members.rows, lambda member: member.hierarchy_code).items():
        by_unit = grouped(of_hierarchy, lambda member: member.unit_code)
        for unit in units.rows:
            for (_, before), (day, after) in pairwise(_stretches(unit, tree, by_unit)):
                if before != after:
                    told = f"unit {unit.unit_code} changes its place in the hierarchy {hierarchy_code} on {day}"
                    yield Problem(units.file, unit.line, f"{told}; split this row at that date")
                    break
