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
from typing import NamedTuple

from tonghop.model import Cell, CellAddress, Frame, FramedCells, Value

CELL_COLUMNS = "indicator_code, measure, breakdown_code, role, state, value, raw, flags, sheet, cell"
"""The columns of `staging.cell` in the order in which `write_lines` gives them, behind the key."""


class Lines(NamedTuple):
    """The figures of a submission as lines, which line feeds part."""

    rows: str
    """in the text format of COPY, without the key that the database gives"""
    canonical: str
    """as `fingerprint` has them, in their order"""


def write_lines(cells: Iterable[Cell]) -> Lines:
    """The figures of a submission in both forms."""
    template = _template(cells.frame) if isinstance(cells, FramedCells) else None
    if template is not None and isinstance(cells, FramedCells):
        return template.filled(cells.values)
    lines: list[tuple[str, str]] = []
    for at, indicator, measure, breakdown, role, value in cells:
        around = _surroundings(at, indicator, measure, breakdown, role)
        row, line, _ = _written.get(id(value)) or _write(value)
        lines.append((f"{around.start}{line}{around.end}", f"{around.row_start}{row}{around.row_end}"))
    lines.sort()
    return Lines("\n".join([row for _, row in lines]), "\n".join([line for line, _ in lines]))


class _Around(NamedTuple):
    """What stands before the state and behind the flags, in a line of COPY and in a canonical line."""

    row_start: str
    row_end: str
    start: str
    end: str


@lru_cache(maxsize=32_768)
def _surroundings(at: CellAddress, *figure: str) -> _Around:
    sheet, cell = at
    return _Around(
        "".join(f"{escaped(word)}\t" for word in figure),
        f"\t{escaped(sheet)}\t{escaped(cell)}",
        f"[{', '.join(map(quoted, figure))}, ",
        f", {quoted(sheet)}, {quoted(cell)}]",
    )


class _Template:
    """The lines of a frame, without its values."""

    def __init__(self, around: Sequence[_Around]) -> None:
        """Canonical lines are in the order of their starts: no two of them are equal, and none is the start of another. The lines of
        COPY are in the same order, which is nearly the one of the table's key: so it grows at its end."""
        in_order = sorted(range(len(around)), key=lambda place: around[place].start)
        self._in_order = itemgetter(*in_order)
        self._rows = "\n".join(f"{_literal(around[place].row_start)}%s{_literal(around[place].row_end)}" for place in in_order)
        self._canonical = "\n".join(f"{_literal(around[place].start)}%s{_literal(around[place].end)}" for place in in_order)

    def filled(self, values: Sequence[Value]) -> Lines:
        """The lines with the values of the frame."""
        written = [_written.get(id(value)) or _write(value) for value in self._in_order(values)]
        return Lines(self._rows % tuple(map(_ROW, written)), self._canonical % tuple(map(_LINE, written)))


@lru_cache(maxsize=128)
def _template(frame: Frame) -> _Template | None:
    """The template of a frame; None where one figure stands in several places, so that its value decides which line is first."""
    around = [_surroundings(*place) for place in frame.places]
    return _Template(around) if len({each.start for each in around}) == len(around) > 1 else None


def _literal(text: str) -> str:
    return text.replace("%", "%%")


class _Written(NamedTuple):
    """State, number, text and flags of a value, as fields of COPY and as they stand in a canonical line."""

    row: str
    line: str
    value: Value
    """which it is, kept so that no other one comes to stand in its place"""


_ROW, _LINE = itemgetter(0), itemgetter(1)


def _write(value: Value) -> _Written:
    state, number, raw, flags = value
    field = r"\N" if number is None else plain_number(number)
    plain = "null" if number is None else f'"{field}"'
    as_field, as_text = (raw, plain) if raw == field and number is not None else (escaped(raw), quoted(raw))
    marks, joined = (_array(flags), quoted(",".join(flags))) if flags else ("{}", '""')
    written = _Written(f"{state}\t{field}\t{as_field}\t{marks}", f'"{state}", {plain}, {as_text}, {joined}', value)
    if len(raw) <= _REMEMBERED_CHARACTERS:
        if len(_written) >= _MOST:
            _written.clear()
        _written[id(value)] = written
    return written


_MOST = 65_536
_REMEMBERED_CHARACTERS = 40
_written: dict[int, _Written] = {}
"""By the identity of their values: small figures come again and again, and are the same objects then. Long texts would only fill
the memory."""


def plain_number(number: Decimal) -> str:
    """A number without exponent, trailing zeros or negative zero: `1E+3` and `1000.00` are both `1000`."""
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
