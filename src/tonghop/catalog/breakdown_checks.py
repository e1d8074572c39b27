"""Checks of the partitions of a pack: which breakdowns, taken together, make up another one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tonghop.catalog.problems import Problem
from tonghop.catalog.rows import Breakdown, BreakdownPart
from tonghop.catalog.tables import Files, grouped


def check_partitions(files: Files) -> Iterator[Problem]:
    """Every partition has one whole, several parts, and all its parts split the whole by the same."""
    file = files.breakdown_parts.file
    breakdowns = {row.breakdown_code: row for row in files.breakdowns.rows}
    for code, parts in grouped(files.breakdown_parts.rows, lambda row: row.partition_code).items():
        if all(code in breakdowns for row in parts for code in (row.whole_code, row.part_code)):
            for line, told in _faults(parts, breakdowns):
                yield Problem(file, line, f"partition {code}: {told}")


def _faults(parts: Sequence[BreakdownPart], breakdowns: Mapping[str, Breakdown]) -> Iterator[tuple[int, str]]:
    first, whole = parts[0], breakdowns[parts[0].whole_code]
    if len(parts) == 1:
        yield first.line, f"{first.part_code} is its only part; add the others, or remove it: nothing is split into one part"
    for part in parts:
        if part.whole_code != first.whole_code:
            told = f"whole_code: found {part.whole_code}; expected {first.whole_code}, as in line {first.line}: a partition has one whole"
            yield part.line, told
            continue
        split = breakdowns[part.part_code]
        if not split.split_by > whole.split_by or any(
            mine is not None and mine != other for mine, other in zip(whole.dimensions, split.dimensions, strict=True)
        ):
            told = f"{part.part_code} does not split {part.whole_code}: it must be the same in all that {part.whole_code} is split by"
            yield part.line, f"{told}, and be split by something more; correct it, or its row in breakdowns.csv"
        elif split.split_by != breakdowns[first.part_code].split_by:
            by, expected = (" and ".join(sorted(row.split_by)) for row in (split, breakdowns[first.part_code]))
            told = f"{part.part_code} is split by {by}, {first.part_code} (line {first.line}) by {expected}"
            yield part.line, f"{told}; parts of different splits overlap and cannot be added up: make two partitions"
