"""A file, from its bytes and the catalog to a `Reading`: opened, recognised, read."""

from __future__ import annotations

import hashlib

from tonghop.catalog import Pack
from tonghop.intake.cells import Unopenable, clean
from tonghop.intake.dhis2 import is_json, read_data_values
from tonghop.intake.evidence import Origin, of_sender
from tonghop.intake.form_index import PackIndex, pack_index
from tonghop.intake.limits import Limits
from tonghop.intake.opening import open_sheets
from tonghop.intake.reading import read_report
from tonghop.intake.recognise import recognise
from tonghop.model import Finding, Reading, SubmissionReading

_DEFAULT_LIMITS = Limits()


def read_file(data: bytes, path: str, pack: Pack, limits: Limits = _DEFAULT_LIMITS, sender: str | None = None) -> Reading:
    """What a file says, by the forms of `pack`. Its name, the folders of its `path` below the landing area, and its sender decide
    nothing: where they disagree with the content, that is a finding.

    Never raises on bad input: a file that cannot be read has a critical finding and no submissions.
    """
    origin = Origin.of(clean(path), sender)
    name = origin.name
    sha256 = hashlib.sha256(data).hexdigest()
    index = pack_index(pack)
    try:
        submissions, problems = (read_data_values if is_json(data) else _read_sheets)(data, origin, index, limits)
    except Unopenable as refused:
        return Reading(name, sha256, len(data), findings=(refused.issue.at(),))
    problems += of_sender([submission.slot for submission in submissions], origin, index)
    return Reading(name, sha256, len(data), tuple(submissions), tuple(problems))


def _read_sheets(data: bytes, origin: Origin, index: PackIndex, limits: Limits) -> tuple[list[SubmissionReading], list[Finding]]:
    """The reports in a workbook, and the findings about the file as a whole. Raises Unopenable."""
    sheets, notes = open_sheets(data, origin.name, limits)
    reports, problems = recognise(sheets, origin, index)
    readings = [read_report(report, index) for report in reports]
    submissions = [submission for reading in readings for submission in reading.submissions]
    return submissions, [*notes, *problems, *(finding for reading in readings for finding in reading.findings)]
