"""Targets that contradict each other, their units or their indicators."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from tonghop.catalog.problems import Problem
from tonghop.catalog.rows import Target
from tonghop.catalog.tables import Files, grouped
from tonghop.catalog.tree import Lineage, Tree


def check_targets(files: Files, tree: Tree) -> Iterator[Problem]:
    """Every problem of targets.csv that shows only beside other rows: versions that overlap, two targets along one branch at a time, a
    unit that is not there in that year, a rate of what has no rate."""
    targets, kinds = files.targets, {indicator.indicator_code: indicator.kind for indicator in files.indicators.rows}
    for versions in grouped(targets.rows, lambda target: (target.indicator_code, target.unit_code, target.year)).values():
        for earlier, later in pairwise(sorted(versions, key=lambda target: target.valid_from)):
            if earlier.overlaps(later):
                told = f"{later.unit_code} has a target of {later.indicator_code} for {later.year} in line {earlier.line} already"
                told += "; a plan that was changed has one row for each version: let the earlier one end (valid_to) where the later begins"
                yield Problem(targets.file, later.line, told)
    astray = (target for target in targets.rows if tree.rows(target.unit_code) and not _lineages(target, tree))
    for unit_code, given in grouped(astray, lambda target: target.unit_code).items():
        yield Problem(targets.file, given[0].line, _does_not_hold(unit_code, given))
    for (indicator_code, year), given in grouped(targets.rows, lambda target: (target.indicator_code, target.year)).items():
        by_unit = grouped(given, lambda target: target.unit_code)
        for target in given:
            lineages = _lineages(target, tree)
            if target.of_indicator_code == indicator_code:
                yield Problem(targets.file, target.line, f"of_indicator_code: {indicator_code} cannot be a rate of itself")
            for code in dict.fromkeys((indicator_code, target.of_indicator_code or "")) if target.rate is not None else ():
                if kinds.get(code) == "ratio":
                    told = f"rate: {code} is a ratio, and a rate is one of a quantity; give the target of a ratio as a number"
                    yield Problem(targets.file, target.line, told)
            above = dict.fromkeys(row.unit_code for lineage in lineages for row in lineage.rows[:-1])
            for upper in (each for unit_code in above for each in by_unit.get(unit_code, ()) if each.overlaps(target)):
                told = f"{target.unit_code} has a target of {indicator_code} for {year}, and so has {upper.unit_code} above it"
                told += f" (line {upper.line}); targets are added up or passed down along a branch, so that only one of the two can stand"
                yield Problem(targets.file, target.line, told)


def _does_not_hold(unit_code: str, given: list[Target]) -> str:
    """What is wrong with the targets of a unit for years in which it is not there: a unit that ended has many of them at once."""
    years = ", ".join(str(year) for year in sorted({target.year for target in given}))
    if len(given) == 1:
        return f"unit_code: {unit_code} does not hold in {years}; correct the year, or give the target to its successor"
    told = f"unit_code: {unit_code} does not hold in {years} and has {len(given)} targets for then"
    return f"{told}, this one and those in {_lines(given[1:])}; correct the year, or give the targets to its successor"


def _lines(given: list[Target], most: int = 3) -> str:
    """The lines of targets, for people; only the first ones of many."""
    told = ", ".join(str(target.line) for target in given[:most])
    return f"{'line' if len(given) == 1 else 'lines'} {told}" + (", …" if len(given) > most else "")


def _lineages(target: Target, tree: Tree) -> list[Lineage]:
    """Where the unit of a target stands in its year, while the target is valid."""
    start = max(target.valid_from, date(target.year, 1, 1))
    end = min(target.valid_to, date(target.year + 1, 1, 1))
    return [
        lineage
        for unit in tree.rows(target.unit_code)
        for lineage in tree.lineages(unit)
        if lineage.valid_from < end and start < lineage.valid_to
    ]
