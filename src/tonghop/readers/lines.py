"""A figure as text, in its two forms: a line of COPY for `staging.cell`, and the canonical line that is hashed.

Every figure passes here, so both are written in one go, and what is the same in file after file (which figure it is, and where it
stands) is put together once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from json.encoder import encode_basestring as quoted

from tonghop.model import Cell, CellAddress, State

CELL_COLUMNS = "indicator_code, measure, breakdown_code, role, state, value, raw, flags, sheet, cell"
"""The columns of `staging.cell` in the order in which `write_lines` gives them, behind the key."""


def write_lines(cells: Iterable[Cell]) -> tuple[list[str], list[str]]:
    """The lines of COPY (text format, without the key that the database gives), and the canonical lines (see `fingerprint`)."""
    rows: list[str] = []
    canonical: list[str] = []
    for at, indicator, measure, breakdown, role, (state, number, raw, flags) in cells:
        row_start, row_end, start, end = _surroundings(at, indicator, measure, breakdown, role)
        if number is None:
            value, plain = r"\N", "null"
        else:
            value = str(number)
            plain = f'"{value}"' if value.isdigit() else f'"{plain_number(number)}"'
        marks, joined = (_array(flags), quoted(",".join(flags))) if flags else ("{}", '""')
        field, text = (raw, f'"{raw}"') if raw.isalnum() else (escaped(raw), quoted(raw))
        state_field, state_text = _STATES[state]
        rows.append(f"{row_start}{state_field}{value}\t{field}\t{marks}{row_end}")
        canonical.append(f"{start}{state_text}{plain}, {text}, {joined}{end}")
    return rows, canonical


_STATES = {state: (f"{state}\t", f'"{state}", ') for state in State}


@lru_cache(maxsize=32_768)
def _surroundings(at: CellAddress, *figure: str) -> tuple[str, str, str, str]:
    """What stands before the state and behind the flags, in a line of COPY and in a canonical line."""
    sheet, cell = at
    return (
        "".join(f"{escaped(word)}\t" for word in figure),
        f"\t{escaped(sheet)}\t{escaped(cell)}",
        f"[{', '.join(map(quoted, figure))}, ",
        f", {quoted(sheet)}, {quoted(cell)}]",
    )


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
