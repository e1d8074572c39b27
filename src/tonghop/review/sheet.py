"""The review list as a CSV file that a spreadsheet program opens: items out, decisions in."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from tonghop.errors import TonghopError
from tonghop.model import Candidate
from tonghop.review.items import Item, Key
from tonghop.spreadsheets import escape_formula, unescape_formula

IDENTITY = ("kind", "scope", "seen")
DECIDED = ("decision", "code", "reviewer", "reason")
CANDIDATES = ("candidate_1", "candidate_2", "candidate_3")
COLUMNS = (*IDENTITY, "times", "files", "place", *CANDIDATES, *DECIDED)
ACCEPT, REJECT = "accept", "reject"


class UnreadableDecisions(TonghopError):
    """A file of decisions that cannot be read."""


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
    """Write items into a CSV file (UTF-8 with a byte order mark, so that Excel shows Vietnamese), with empty columns for decisions."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for item in items:
        candidates = [*map(_told, item.candidates), "", "", ""][: len(CANDIDATES)]
        cells = (item.kind, item.scope, item.seen, str(item.times), str(item.files), item.place, *candidates, "", "", "", "")
        writer.writerow(map(escape_formula, cells))
    path.write_bytes(text.getvalue().encode("utf-8-sig"))


def _told(candidate: Candidate) -> str:
    return f"{candidate.code} | {candidate.name} | {candidate.score} %"


def read_decisions(path: Path) -> Sequence[Decision]:
    """The lines of a file in which something was decided, as a spreadsheet program saves it (commas, semicolons or tabs).

    Raises UnreadableDecisions with the reason.
    """
    try:
        text = _decoded(path.read_bytes(), path)
    except OSError as error:
        raise UnreadableDecisions(f"{path} cannot be read: {error.strerror}.") from error
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        missing = [name for name in (*IDENTITY, *DECIDED) if name not in (reader.fieldnames or ())]
        if missing:
            raise UnreadableDecisions(f"{path}: the columns {', '.join(missing)} are missing; keep the header that the export wrote.")
        names = reader.fieldnames or ()
        lines = [(reader.line_num, {name: unescape_formula((row.get(name) or "").strip()) for name in names}) for row in reader]
    except csv.Error as error:
        raise UnreadableDecisions(f"{path} is no proper CSV: {error}; save it as CSV UTF-8.") from error
    return [
        Decision(line, Key.of(row["kind"], row["scope"], row["seen"]), row["seen"], *(row[name] for name in DECIDED))
        for line, row in lines
        if row["decision"]
    ]


def _decoded(data: bytes, path: Path) -> str:
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise UnreadableDecisions(f"{path} is not UTF-8; save it as CSV UTF-8.") from None
