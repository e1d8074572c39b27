"""The hash over what was read from a file for one slot, so that anybody can recompute it from `staging.cell` alone.

Canonical form: one line a cell, a JSON array of `[indicator_code, measure, breakdown_code, role, state, value, raw, flags,
sheet, cell]` as `json.dumps(…, ensure_ascii=False)` writes it. `value` is a string without exponent or trailing zeros, or
null; `flags` are joined by commas. Lines are sorted by their UTF-8 bytes and joined by a line feed; the hash is the SHA-256 of that.
PostgreSQL's `json_build_array` writes the same text, so `RECOMPUTED` computes the same hash set-based.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from json.encoder import encode_basestring as _quoted

from tonghop.model import Cell

RECOMPUTED = """
select
    submission.submission_id,
    encode(
        sha256(
            convert_to(
                coalesce(string_agg(lines.line, e'\\n' order by lines.line collate "C"), ''),
                'UTF8'
            )
        ),
        'hex'
    ) as reading_sha256
from staging.submission
left join lateral (
    select
        json_build_array(
            cell.indicator_code, cell.measure, cell.breakdown_code, cell.role, cell.state,
            trim_scale(cell.value)::text, cell.raw, array_to_string(cell.flags, ','), cell.sheet, cell.cell
        )::text as line
    from staging.cell
    where cell.submission_id = submission.submission_id
) as lines on true
group by submission.submission_id
"""
"""Query of (submission_id, reading_sha256) for every submission, recomputed from its cells; wrap it to filter."""


def reading_sha256(cells: Iterable[Cell]) -> str:
    """The hash of a submission's cells, whatever their order."""
    lines = sorted(_line(cell).encode() for cell in cells)
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


def _line(cell: Cell) -> str:
    """The cell as `json.dumps(…, ensure_ascii=False)` writes it; put together by hand, since every figure passes here."""
    value, at = cell.value, cell.at
    number = plain_number(value.number)
    return (
        f"[{_figure(cell.indicator_code, cell.measure, cell.breakdown_code, cell.role, value.state)}, "
        f"{'null' if number is None else _quoted(number)}, {_quoted(value.raw)}, {_quoted(','.join(value.flags))}, "
        f"{_quoted(at.sheet)}, {_quoted(at.cell)}]"
    )


@lru_cache(maxsize=65_536)
def _figure(*words: str) -> str:
    return ", ".join(map(_quoted, words))


def plain_number(number: Decimal | None) -> str | None:
    """A number without exponent, trailing zeros or negative zero: `1E+3` and `1000.00` are both `1000`."""
    if number is None:
        return None
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
