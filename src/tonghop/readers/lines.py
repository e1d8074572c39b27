"""A figure as text, in its two forms: a line of COPY for `staging.cell`, and the canonical line that is hashed.

Every figure passes here, so what is the same in file after file is put together once: which figure it is and where it stands, how a
value is written, and, for workbooks made from one template, everything but the values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from json.encoder import encode_basestring as quoted
from operator import itemgetter
from typing import NamedTuple, cast

from tonghop.model import Cell, CellAddress, Frame, FramedCells, Value
from tonghop.remembered import Remembered

CELL_COLUMNS = "indicator_code, measure, breakdown_code, role, state, value, raw, flags, sheet, cell"
"""The columns of `staging.cell` in the order in which `write_lines` gives them, behind the key."""


class Lines(NamedTuple):
    """The figures of a submission as lines in UTF-8, which line feeds part."""

    rows: bytes
    """in the text format of COPY, without the key that the database gives"""
    canonical: bytes
    """as `fingerprint` has them, in their order"""


def write_lines(cells: Iterable[Cell]) -> Lines:
    """The figures of a submission in both forms. Raises UnicodeEncodeError for text that is none."""
    template = _template(cells.frame) if isinstance(cells, FramedCells) else None
    if template is not None and isinstance(cells, FramedCells):
        return template.filled(cells.values)
    lines: list[tuple[bytes, bytes]] = []
    for at, indicator, measure, breakdown, role, value in cells:
        around = _surroundings(at, indicator, measure, breakdown, role)
        row, line, _ = _written.get(id(value)) or _write(value)
        lines.append((around.start + line + around.end, around.row_start + row + around.row_end))
    lines.sort()
    return Lines(b"\n".join([row for _, row in lines]), b"\n".join([line for line, _ in lines]))


class _Around(NamedTuple):
    """What stands before the state and behind the flags, in a line of COPY and in a canonical line."""

    row_start: bytes
    row_end: bytes
    start: bytes
    end: bytes


@lru_cache(maxsize=32_768)
def _surroundings(at: CellAddress, *figure: str) -> _Around:
    sheet, cell = at
    return _Around(
        "".join(f"{escaped(word)}\t" for word in figure).encode(),
        f"\t{escaped(sheet)}\t{escaped(cell)}".encode(),
        f"[{', '.join(map(quoted, figure))}, ".encode(),
        f", {quoted(sheet)}, {quoted(cell)}]".encode(),
    )


class _Template:
    """The lines of a frame, without its values."""

    def __init__(self, around: Sequence[_Around]) -> None:
        """Canonical lines are in the order of their starts: no two of them are equal, and none is the start of another. The lines of
        COPY are in the same order, which is nearly the one of the table's key: so it grows at its end."""
        in_order = sorted(range(len(around)), key=lambda place: around[place].start)
        self._in_order = itemgetter(*in_order)
        self._rows = _with_gaps([(around[place].row_start, around[place].row_end) for place in in_order])
        self._canonical = _with_gaps([(around[place].start, around[place].end) for place in in_order])

    def filled(self, values: Sequence[Value]) -> Lines:
        """The lines with the values of the frame. Every figure passes here: made of few steps, each of which takes all of them."""
        in_order = self._in_order(values)
        found = list(map(_written.get, map(id, in_order)))
        if not all(found):  # a tuple with something in it is never false
            for place, each in enumerate(found):
                if each is None:
                    found[place] = _write(in_order[place])
        written = cast("list[_Written]", found)
        rows, canonical = self._rows.copy(), self._canonical.copy()
        rows[1::2] = map(_ROW, written)
        canonical[1::2] = map(_LINE, written)
        return Lines(b"".join(rows), b"".join(canonical))


def _with_gaps(around: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
    """Lines in pieces, with something empty at every other place, where a value belongs."""
    pieces = [b""]
    for start, end in around:
        pieces[-1] += start
        pieces += (b"", end + b"\n")
    pieces[-1] = pieces[-1].removesuffix(b"\n")
    return pieces


@lru_cache(maxsize=128)
def _template(frame: Frame) -> _Template | None:
    """The template of a frame; None where one figure stands in several places, so that its value decides which line is first."""
    around = [_surroundings(*place) for place in frame.places]
    return _Template(around) if len({each.start for each in around}) == len(around) > 1 else None


class _Written(NamedTuple):
    """State, number, text and flags of a value, as fields of COPY and as they stand in a canonical line."""

    row: bytes
    line: bytes
    value: Value
    """which it is, kept so that no other one comes to stand in its place"""


_ROW, _LINE = itemgetter(0), itemgetter(1)


def _write(value: Value) -> _Written:
    state, number, raw, flags = value
    field = r"\N" if number is None else plain_number(number)
    plain = "null" if number is None else f'"{field}"'
    as_field, as_text = (raw, plain) if raw == field and number is not None else (escaped(raw), quoted(raw))
    marks, joined = (_array(flags), quoted(",".join(flags))) if flags else ("{}", '""')
    row, line = f"{state}\t{field}\t{as_field}\t{marks}", f'"{state}", {plain}, {as_text}, {joined}'
    written = _Written(row.encode(), line.encode(), value)
    if len(raw) <= _REMEMBERED_CHARACTERS:
        _written[id(value)] = written
    return written


_REMEMBERED_CHARACTERS = 40
_written = Remembered[int, _Written](65_536)
"""By the identity of their values: small figures come again and again, and are the same objects then. Long texts would only fill
the memory."""


def plain_number(number: Decimal) -> str:
    """A number without exponent, trailing zeros or negative zero: `1E+3` and `1000.00` are both `1000`."""
    text = str(number)
    if text.isdigit():
        return text  # the usual case, made short
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


@lru_cache(maxsize=1_024)
def _array(flags: Iterable[str]) -> str:
    inner = ('"' + flag.replace("\\", "\\\\").replace('"', '\\"') + '"' for flag in flags)
    return escaped(f"{{{','.join(inner)}}}")


_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPES = {"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"}


def escaped(text: str) -> str:
    """A text as a field of COPY."""
    return _SPECIAL.sub(lambda special: _ESCAPES[special[0]], text)
