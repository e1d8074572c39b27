"""The review list as a CSV file that a spreadsheet program opens: items out, decisions in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from tonghop.model import Candidate
from tonghop.review.items import Item, Key
from tonghop.spreadsheets import read_list, write_list

IDENTITY = ("kind", "scope", "seen")
DECIDED = ("decision", "code", "reviewer", "reason")
CANDIDATES = ("candidate_1", "candidate_2", "candidate_3")
COLUMNS = (*IDENTITY, "times", "files", "place", *CANDIDATES, *DECIDED)
ACCEPT, REJECT = "accept", "reject"


class Decision(NamedTuple):
    """What somebody decided about an item, with the line of the file. `code` is empty: the nearest candidate is meant."""

    line: int
    key: Key
    seen: str
    decision: str
    code: str
    reviewer: str
    reason: str


def write_items(items: Iterable[Item], path: Path) -> None:
    """Write items into a CSV file, with empty columns for decisions."""
    write_list(path, COLUMNS, map(_line, items))


def _line(item: Item) -> tuple[str, ...]:
    candidates = [*map(_told, item.candidates), "", "", ""][: len(CANDIDATES)]
    return (item.kind, item.scope, item.seen, str(item.times), str(item.files), item.place, *candidates, "", "", "", "")


def _told(candidate: Candidate) -> str:
    return f"{candidate.code} | {candidate.name} | {candidate.score} %"


def read_decisions(path: Path) -> Sequence[Decision]:
    """The lines of a file in which something was decided. Raises UnreadableList with the reason."""
    return [
        Decision(line, Key.of(row["kind"], row["scope"], row["seen"]), row["seen"], *(row[name] for name in DECIDED))
        for line, row in read_list(path, (*IDENTITY, *DECIDED))
        if row["decision"]
    ]
