"""The hash over what was read from a file for one slot, so that anybody can recompute it from `staging.cell` alone.

Canonical form: one line a cell, a JSON array of `[indicator_code, measure, breakdown_code, role, state, value, raw, flags,
sheet, cell]` as `json.dumps(…, ensure_ascii=False)` writes it. `value` is a string without exponent or trailing zeros, or
null; `flags` are joined by commas. Lines are sorted by their UTF-8 bytes and joined by a line feed; the hash is the SHA-256 of that.
PostgreSQL's `json_build_array` writes the same text, so `RECOMPUTED` computes the same hash set-based.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from tonghop.model import Cell
from tonghop.readers.lines import Lines, write_lines

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
    return hash_of(write_lines(cells))


def hash_of(lines: Lines) -> str:
    """The hash of canonical lines."""
    return hashlib.sha256(lines.canonical).hexdigest()


def hash_again(canonical: Iterable[str]) -> str:
    """The same hash of canonical lines in any order, from wherever they were kept. Code points sort as their UTF-8 bytes do."""
    return hashlib.sha256("\n".join(sorted(canonical)).encode()).hexdigest()
