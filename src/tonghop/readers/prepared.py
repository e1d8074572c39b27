"""A reading made ready to be written down: figures as the lines of a COPY, so that the process that writes has nothing left to compute."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from tonghop.model import Cell, Finding, Narrative, Reading, Slot, SubmissionReading
from tonghop.readers.fingerprint import reading_sha256

CELL_COLUMNS = "indicator_code, measure, breakdown_code, role, state, value, raw, flags, sheet, cell"
"""The columns of `staging.cell` in the order in which `cell_lines` gives them, behind the key."""
NARRATIVE_COLUMNS = "sheet, cell, topic, text"


class PreparedSubmission(NamedTuple):
    """What a file says for one slot. The lines are in the text format of COPY, without the key that the database gives."""

    slot: Slot
    form_version: int
    as_of_date: date | None
    reading_sha256: str
    cells: int
    cell_lines: bytes
    narrative_lines: bytes
    findings: tuple[Finding, ...]


class Prepared(NamedTuple):
    """What a file says, and the findings about the file as a whole."""

    submissions: tuple[PreparedSubmission, ...]
    findings: tuple[Finding, ...]


def prepare(reading: Reading) -> Prepared:
    """Make a reading ready. Raises UnicodeEncodeError for text that is none."""
    return Prepared(tuple(map(_prepared, reading.submissions)), reading.findings)


def _prepared(submission: SubmissionReading) -> PreparedSubmission:
    return PreparedSubmission(
        submission.slot,
        submission.form_version,
        submission.as_of_date,
        reading_sha256(submission.cells),
        len(submission.cells),
        "\n".join(map(_cell_line, submission.cells)).encode(),
        "\n".join(map(_narrative_line, submission.narratives)).encode(),
        submission.findings,
    )


def with_key(key: int, lines: bytes) -> bytes:
    """Lines of COPY with a key put before each. A line feed in a text is written as `\\n`, so each that stands there ends a line."""
    start = b"%d\t" % key
    return start + lines.replace(b"\n", b"\n" + start) + b"\n" if lines else b""


def _cell_line(cell: Cell) -> str:
    value, at = cell.value, cell.at
    return (
        f"{_figure(cell.indicator_code, cell.measure, cell.breakdown_code, cell.role)}\t{value.state}\t{_number(value.number)}\t"
        f"{_text(value.raw)}\t{_array(value.flags)}\t{_text(at.sheet)}\t{at.cell}"
    )


def _narrative_line(narrative: Narrative) -> str:
    return "\t".join(map(_text, (narrative.at.sheet, narrative.at.cell, narrative.topic, narrative.text)))


@lru_cache(maxsize=65_536)
def _figure(*words: str) -> str:
    return "\t".join(map(_text, words))


def _number(number: Decimal | None) -> str:
    return r"\N" if number is None else str(number)


@lru_cache(maxsize=1_024)
def _array(flags: Iterable[str]) -> str:
    quoted = ('"' + flag.replace("\\", "\\\\").replace('"', '\\"') + '"' for flag in flags)
    return _text(f"{{{','.join(quoted)}}}")


_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPES = {"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"}


@lru_cache(maxsize=16_384)
def _text(text: str) -> str:
    return _SPECIAL.sub(lambda special: _ESCAPES[special[0]], text)
