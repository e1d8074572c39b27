"""Writing a reading down: receipt, new versions of slots, cells, narratives and findings. One transaction a file, append-only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal, LiteralString

import psycopg

from tonghop.model import Finding, Slot, SubmissionReading
from tonghop.staging import archive
from tonghop.staging.fingerprint import reading_sha256
from tonghop.staging.landing import LandedFile

ReceiptOutcome = Literal["staged", "unchanged", "rejected", "known"]


@dataclass(frozen=True)
class Arrival:
    """A file that has come in and was read: where from, which bytes, what they say, and with which pack they were read."""

    file: LandedFile
    sha256: str
    pack_hash: str
    submissions: tuple[SubmissionReading, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Version:
    """A submission that was written: the slot and its new version number."""

    submission_id: int
    slot: Slot
    version: int


@dataclass(frozen=True)
class Registered:
    """What became of an arrival."""

    outcome: ReceiptOutcome
    versions: tuple[Version, ...] = ()


def slots_named_twice(submissions: Iterable[SubmissionReading]) -> list[Slot]:
    """The slots for which one file holds more than one report: which of them counts is not ours to guess."""
    counts = Counter(submission.slot for submission in submissions)
    return [slot for slot, count in counts.items() if count > 1]


def is_known(connection: psycopg.Connection, file: LandedFile, sha256: str, pack_hash: str) -> bool:
    """Whether this very arrival was written down before (and, when it was rejected, with this very pack)."""
    found = connection.execute(
        """
        select exists (
            select from staging.receipt
            where source_uri = %s and received_at = %s and sha256 = %s
                and (outcome <> 'rejected' or pack_hash is not distinct from %s)
        )
        """,
        (file.uri, file.received_at, sha256, pack_hash),
    ).fetchone()
    return bool(found and found[0])


def register(connection: psycopg.Connection, arrival: Arrival) -> Registered:
    """Write an arrival down in one transaction; a rerun writes nothing and answers `known`.

    A slot gets a new version unless its latest one has the same bytes and was read to the same figures. Runs that
    write the same slots at the same time queue up on locks of those slots.
    """
    with connection.transaction():
        _lock(connection, [submission.slot for submission in arrival.submissions])
        if is_known(connection, arrival.file, arrival.sha256, arrival.pack_hash):
            return Registered("known")
        _insert_file(connection, arrival)
        fingerprints = [reading_sha256(submission.cells) for submission in arrival.submissions]
        changed = [
            (submission, fingerprint)
            for submission, fingerprint in zip(arrival.submissions, fingerprints, strict=True)
            if _latest(connection, submission.slot) != (arrival.sha256, fingerprint)
        ]
        outcome: ReceiptOutcome = "staged" if changed else "unchanged" if arrival.submissions else "rejected"
        receipt_id = _insert_receipt(connection, arrival, outcome)
        if receipt_id is None:  # the same arrival came in at the same moment
            return Registered("known")
        versions = [_insert_submission(connection, arrival, receipt_id, submission, fingerprint) for submission, fingerprint in changed]
        written = list(zip(versions, (submission for submission, _ in changed), strict=True))
        _copy_cells(connection, written)
        _copy_narratives(connection, written)
        _copy_findings(connection, receipt_id, arrival.findings, written)
        return Registered(outcome, tuple(versions))


def _lock(connection: psycopg.Connection, slots: Sequence[Slot]) -> None:
    """Locks of all slots until the end of the transaction, in one order for everybody, so that two files never block each other."""
    names = sorted(str(slot) for slot in slots)
    for name in names:
        connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"slot {name}",))


def _insert_file(connection: psycopg.Connection, arrival: Arrival) -> None:
    connection.execute(
        "insert into staging.file (sha256, size, archive_path) values (%s, %s, %s) on conflict do nothing",
        (arrival.sha256, arrival.file.size, archive.relative_path(arrival.sha256)),
    )


def _insert_receipt(connection: psycopg.Connection, arrival: Arrival, outcome: ReceiptOutcome) -> int | None:
    inserted = connection.execute(
        """
        insert into staging.receipt (sha256, source_uri, sender, received_at, outcome, pack_hash)
        values (%s, %s, %s, %s, %s, %s) on conflict do nothing returning receipt_id
        """,
        (arrival.sha256, arrival.file.uri, arrival.file.sender, arrival.file.received_at, outcome, arrival.pack_hash),
    ).fetchone()
    return int(inserted[0]) if inserted else None


def _latest(connection: psycopg.Connection, slot: Slot) -> tuple[str, str] | None:
    """Hash of the bytes and of the figures of the latest version: the one received last, not the one staged last."""
    found = connection.execute(
        """
        select sha256, reading_sha256 from staging.submission
        where unit_code = %s and form_code = %s and period_code = %s
        order by received_at desc, version desc
        limit 1
        """,
        (slot.unit_code, slot.form_code, slot.period.code),
    ).fetchone()
    return (str(found[0]), str(found[1])) if found else None


def _insert_submission(
    connection: psycopg.Connection, arrival: Arrival, receipt_id: int, submission: SubmissionReading, fingerprint: str
) -> Version:
    slot, file = submission.slot, arrival.file
    inserted = connection.execute(
        """
        insert into staging.submission (
            receipt_id, sha256, reading_sha256, unit_code, form_code, form_version, period_code, version,
            as_of_date, received_at, source_uri, sender, pack_hash
        )
        select
            %(receipt_id)s, %(sha256)s, %(fingerprint)s, %(unit)s, %(form)s, %(form_version)s, %(period)s, coalesce(max(version), 0) + 1,
            %(as_of)s, %(received_at)s, %(uri)s, %(sender)s, %(pack_hash)s
        from staging.submission
        where unit_code = %(unit)s and form_code = %(form)s and period_code = %(period)s
        returning submission_id, version
        """,
        {
            "receipt_id": receipt_id, "sha256": arrival.sha256, "fingerprint": fingerprint,
            "unit": slot.unit_code, "form": slot.form_code, "form_version": submission.form_version, "period": slot.period.code,
            "as_of": submission.as_of_date, "received_at": file.received_at, "uri": file.uri, "sender": file.sender,
            "pack_hash": arrival.pack_hash,
        },
    ).fetchone()  # fmt: skip
    assert inserted is not None, "an insert without a conflict clause returns its row"
    return Version(int(inserted[0]), slot, int(inserted[1]))


Written = Sequence[tuple[Version, SubmissionReading]]


def _copy_cells(connection: psycopg.Connection, written: Written) -> None:
    _copy(
        connection,
        "copy staging.cell (submission_id, indicator_code, measure, breakdown_code, role, state, value, raw, flags, sheet, cell) "
        "from stdin",
        (
            (
                version.submission_id, cell.indicator_code, str(cell.measure), cell.breakdown_code, str(cell.role),
                str(cell.value.state), cell.value.number, cell.value.raw, list(cell.value.flags), cell.at.sheet, cell.at.cell,
            )
            for version, submission in written
            for cell in submission.cells
        ),
    )  # fmt: skip


def _copy_narratives(connection: psycopg.Connection, written: Written) -> None:
    _copy(
        connection,
        "copy staging.narrative (submission_id, sheet, cell, topic, text) from stdin",
        (
            (version.submission_id, narrative.at.sheet, narrative.at.cell, narrative.topic, narrative.text)
            for version, submission in written
            for narrative in submission.narratives
        ),
    )


def _copy_findings(connection: psycopg.Connection, receipt_id: int, of_file: Iterable[Finding], written: Written) -> None:
    of_submissions = ((version.submission_id, finding) for version, submission in written for finding in submission.findings)
    _copy(
        connection,
        "copy staging.finding (receipt_id, submission_id, code, severity, sheet, cell, indicator_code, found, expected, text_vi, text_en) "
        "from stdin",
        (
            (
                receipt_id, submission_id, finding.code, str(finding.severity), finding.sheet, finding.cell,
                finding.indicator_code, finding.found, finding.expected, finding.text_vi, finding.text_en,
            )
            for submission_id, finding in chain(((None, finding) for finding in of_file), of_submissions)
        ),
    )  # fmt: skip


def _copy(connection: psycopg.Connection, statement: LiteralString, rows: Iterable[Sequence[object]]) -> None:
    """COPY rows; no trip to the server when there are none."""
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write_row(first)
        for row in rows:
            copy.write_row(row)
