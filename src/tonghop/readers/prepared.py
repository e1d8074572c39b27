"""A reading made ready to be written down: figures as the lines of a COPY, so that the process that writes has nothing left to compute."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from tonghop.model import Finding, Narrative, Reading, Slot, SubmissionReading
from tonghop.readers.fingerprint import hash_of
from tonghop.readers.lines import escaped, write_lines

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
    lines = write_lines(submission.cells)
    return PreparedSubmission(
        submission.slot,
        submission.form_version,
        submission.as_of_date,
        hash_of(lines),
        len(submission.cells),
        lines.rows,
        "\n".join(map(_narrative_line, submission.narratives)).encode(),
        submission.findings,
    )


def with_key(key: int, lines: bytes) -> bytes:
    """Lines of COPY with a key put before each. A line feed in a text is written as `\\n`, so each that stands there ends a line."""
    start = b"%d\t" % key
    return start + lines.replace(b"\n", b"\n" + start) + b"\n" if lines else b""


def _narrative_line(narrative: Narrative) -> str:
    return "\t".join(map(escaped, (narrative.at.sheet, narrative.at.cell, narrative.topic, narrative.text)))
