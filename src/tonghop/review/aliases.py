"""Accepted proposals as lines of the pack's files. Lines that stand there are not touched, so that a difference shows what is new."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import NamedTuple

from tonghop.catalog import Pack, normalise
from tonghop.catalog.rows import STILL_VALID, FormAlias, Sender, Unit, UnitAlias
from tonghop.review.items import Key

FILES = {
    "unit": ("unit_aliases.csv", UnitAlias.columns()),
    "row": ("form_aliases.csv", FormAlias.columns()),
    "column": ("form_aliases.csv", FormAlias.columns()),
    "sheet": ("form_aliases.csv", FormAlias.columns()),
    "sender": ("senders.csv", Sender.columns()),
}
"""Kind of item -> the file that its aliases stand in, and its columns."""


class Alias(NamedTuple):
    """A text and what it means."""

    key: Key
    seen: str
    code: str


def unknown_code(alias: Alias, pack: Pack) -> str | None:
    """Why a code cannot be meant; None when it can."""
    kind, scope, code = alias.key.kind, alias.key.scope, alias.code
    if kind in ("unit", "sender"):
        return None if pack.unit_history(code) else f"{code} is no unit_code of units.csv"
    form_code, _, sheet = scope.partition(" ")
    sheets = [each for form in pack.forms if form.form_code == form_code for each in pack.sheets(form)]
    match kind:
        case "sheet":
            return None if any(each.name == code for each in sheets) else f"{code} is no sheet of the form {form_code}"
        case "row":
            known = {row.row_code for each in sheets if each.name == sheet for row in each.rows}
            return None if code in known else f"{code} is no row_code of sheet {sheet} of the form {form_code}"
        case "column":
            known = {column.header_vi for each in sheets if each.name == sheet for column in each.columns}
            return None if code in known else f"{code} is no header_vi of sheet {sheet} of the form {form_code}"
    return f"kind {kind} is none that can be decided"


def record(alias: Alias, pack: Pack) -> list[str]:
    """The line of the pack that makes a text known."""
    form_code, _, sheet = alias.key.scope.partition(" ")
    match alias.key.kind:
        case "unit":
            return [alias.code, alias.seen, _free_from(alias, pack), ""]
        case "sender":
            return [alias.seen, alias.code, "", ""]
        case "sheet":
            return [form_code, alias.code, "sheet", "", alias.seen]
        case kind:
            return [form_code, sheet, kind, alias.code, alias.seen]


def _free_from(alias: Alias, pack: Pack) -> str:
    """Since when a name means nobody else: an old name of a unit that is gone is its successor's only from then on."""
    rows: list[tuple[str, Unit | UnitAlias]] = [(text, unit) for unit in pack.units for text in (unit.name_vi, unit.unit_code)]
    rows += [(row.alias, row) for row in pack.unit_aliases]
    ends = [row.valid_to for text, row in rows if normalise(text) == alias.key.text and row.unit_code != alias.code]
    return max(ends).isoformat() if ends and max(ends) < STILL_VALID else ""


def with_records(content: bytes | None, columns: Sequence[str], records: Sequence[Sequence[str]]) -> bytes:
    """A CSV file with more records, none of which it has already. A record goes behind the last one that begins as it does, else where
    the order of a sorted file wants it, else to the end; the other lines stay as they are. `content` None: there is no such file yet.
    """
    text = content.decode("utf-8-sig") if content else ",".join(columns) + "\n"
    end = "\r\n" if "\r\n" in text else "\n"
    lines = _records(text)
    for new in sorted(map(list, records)):
        if any([*read, "", "", "", ""][: len(new)] == new for read, _ in lines[1:]):
            continue
        lines.insert(_place(lines, new), (new, _written(new, end)))
    bom = b"\xef\xbb\xbf" if content and content.startswith(b"\xef\xbb\xbf") else b""
    return bom + "".join(raw if raw.endswith("\n") else raw + end for _, raw in lines).encode()


_Line = tuple[list[str], str]


def _records(text: str) -> list[_Line]:
    """Records with the text that they are written as, blank lines included."""
    raw = text.splitlines(keepends=True)
    reader = csv.reader(io.StringIO(text, newline=""))
    lines: list[_Line] = []
    begun = 0
    for read in reader:
        lines.append(([cell.strip() for cell in read], "".join(raw[begun : reader.line_num])))
        begun = reader.line_num
    return lines


def _place(lines: Sequence[_Line], new: Sequence[str]) -> int:
    alike = [place for place, (read, _) in enumerate(lines) if place and read[:1] == new[:1]]
    if alike:
        return alike[-1] + 1
    keys = [read[:1] for read, _ in lines[1:] if read]
    if keys == sorted(keys):
        return next((place for place, (read, _) in enumerate(lines) if place and read[:1] > [new[0]]), len(lines))
    return len(lines)


def _written(record: Sequence[str], end: str) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerow(record)
    return text.getvalue()
