"""Writing readings down: receipts, new versions of slots, cells, narratives and findings. Append-only, several files in one transaction."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property, partial
from itertools import chain
from typing import Literal, LiteralString, NamedTuple

import psycopg
from psycopg.types.json import Json, Jsonb

from tonghop.catalog import normalise
from tonghop.model import Finding, Slot
from tonghop.readers import CELL_COLUMNS, NARRATIVE_COLUMNS, PreparedSubmission, with_key
from tonghop.staging import archive
from tonghop.staging.landing import LandedFile

ReceiptOutcome = Literal["staged", "unchanged", "rejected", "known"]


@dataclass(frozen=True)
class Arrival:
    """A file that has come in and was read: where from, which bytes, what they say, and with which pack they were read."""

    file: LandedFile
    sha256: str
    pack_hash: str
    submissions: tuple[PreparedSubmission, ...]
    findings: tuple[Finding, ...]

    @cached_property
    def key(self) -> ArrivalKey:
        """What makes it this arrival and no other."""
        return ArrivalKey(self.sha256, self.file.uri, self.file.received_at)


class ArrivalKey(NamedTuple):
    """Which bytes came from where, and when."""

    sha256: str
    source_uri: str
    received_at: datetime


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


def slots_named_twice(submissions: Iterable[PreparedSubmission]) -> list[Slot]:
    """The slots for which one file holds more than one report: which of them counts is not ours to guess."""
    counts = Counter(submission.slot for submission in submissions)
    return [slot for slot, count in counts.items() if count > 1]


def known(connection: psycopg.Connection, arrivals: Sequence[ArrivalKey], pack_hash: str) -> set[ArrivalKey]:
    """Those arrivals that were written down before (and, when the pack did not know all that was in them, with this very pack)."""
    found = connection.execute(
        """
        select arrival.position
        from json_to_recordset(%s) as arrival (position integer, sha256 text, source_uri text, received_at timestamptz)
        inner join staging.receipt using (sha256, source_uri, received_at)
        where
            receipt.pack_hash is not distinct from %s
            or not exists (select from staging.unresolved_receipt as unresolved where unresolved.receipt_id = receipt.receipt_id)
        """,
        (_rows({"position": position, **arrival._asdict()} for position, arrival in enumerate(arrivals)), pack_hash),
    )
    return {arrivals[position] for (position,) in found}


class Together:
    """Arrivals that may be written down in one transaction: no two of them share a slot, and none comes twice."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self._taken: set[ArrivalKey | Slot] = set()

    def add(self, arrival: Arrival) -> bool:
        """Take an arrival in, unless it cannot go together with those that are here; answers whether it was."""
        takes: set[ArrivalKey | Slot] = {arrival.key, *(submission.slot for submission in arrival.submissions)}
        if not self._taken.isdisjoint(takes):
            return False
        self.arrivals.append(arrival)
        self._taken |= takes
        return True


def register(connection: psycopg.Connection, arrivals: Sequence[Arrival]) -> list[Registered]:
    """Write arrivals of one pack down in one transaction, all or none; a rerun writes nothing and answers `known`.

    A slot gets a new version unless its latest one has the same bytes and was read to the same figures (withdrawn ones aside: sent
    again, a report counts again). No two of the arrivals
    may share a slot (`Together`). Runs that write the same slots at the same time queue up on locks of those slots.
    """
    with connection.transaction():
        _lock(connection, [submission.slot for arrival in arrivals for submission in arrival.submissions])
        seen = known(connection, [arrival.key for arrival in arrivals], arrivals[0].pack_hash)
        new = [arrival for arrival in arrivals if arrival.key not in seen]
        _insert_files(connection, new)
        latest = _latest(connection, [submission.slot for arrival in new for submission in arrival.submissions])
        changed = {
            arrival.key: [
                submission
                for submission in arrival.submissions
                if latest.get(submission.slot) != (arrival.sha256, submission.reading_sha256)
            ]
            for arrival in new
        }
        outcomes: dict[ArrivalKey, ReceiptOutcome] = {
            arrival.key: "staged" if changed[arrival.key] else "unchanged" if arrival.submissions else "rejected" for arrival in new
        }
        receipts = _insert_receipts(connection, new, outcomes)  # one that is missing came in by another run at the same moment
        written = [
            _Written(arrival, receipts[arrival.key], submission)
            for arrival in new
            if arrival.key in receipts
            for submission in changed[arrival.key]
        ]
        versions = _insert_submissions(connection, written)
        _copy_lines(connection, written, versions)
        received = [arrival for arrival in new if arrival.key in receipts]
        _copy_findings(connection, received, receipts, written, versions)
        _copy_proposals(connection, received, receipts, versions)
    return [
        Registered(
            outcomes[arrival.key],
            tuple(versions[submission.slot] for submission in changed[arrival.key]),
        )
        if arrival.key in receipts
        else Registered("known")
        for arrival in arrivals
    ]


class _Written(NamedTuple):
    """A submission that gets a new version."""

    arrival: Arrival
    receipt_id: int
    submission: PreparedSubmission


def _rows(rows: Iterable[Mapping[str, object]]) -> Json:
    """Rows as the one parameter that `json_to_recordset` takes. Arrays would be written out value by value, in Python."""
    return Json(list(rows), partial(json.dumps, ensure_ascii=False, default=str))


def _lock(connection: psycopg.Connection, slots: Iterable[Slot]) -> None:
    """Locks of all slots until the end of the transaction, in one order for everybody, so that two runs never block each other."""
    names = sorted(f"slot {slot}" for slot in slots)
    if names:
        connection.execute("select pg_advisory_xact_lock(hashtextextended(name, 0)) from unnest(%s::text[]) as slots (name)", (names,))


def _insert_files(connection: psycopg.Connection, arrivals: Iterable[Arrival]) -> None:
    """In one order for everybody, as the locks: two runs may bring the same bytes."""
    sizes = {arrival.sha256: arrival.file.size for arrival in arrivals}
    connection.execute(
        """
        insert into staging.file (sha256, size, archive_path)
        select * from json_to_recordset(%s) as file (sha256 text, size bigint, archive_path text)
        order by sha256
        on conflict do nothing
        """,
        (_rows({"sha256": sha256, "size": size, "archive_path": archive.relative_path(sha256)} for sha256, size in sizes.items()),),
    )


def _insert_receipts(
    connection: psycopg.Connection, arrivals: Iterable[Arrival], outcomes: dict[ArrivalKey, ReceiptOutcome]
) -> dict[ArrivalKey, int]:
    inserted = connection.execute(
        """
        insert into staging.receipt (sha256, source_uri, received_at, outcome, pack_hash, sender)
        select *
        from json_to_recordset(%s) as arrival (
            sha256 text, source_uri text, received_at timestamptz, outcome text, pack_hash text, sender text
        )
        order by sha256, source_uri, received_at
        on conflict do nothing
        returning sha256, source_uri, received_at, receipt_id
        """,
        (
            _rows(
                {
                    **arrival.key._asdict(),
                    "outcome": outcomes[arrival.key],
                    "pack_hash": arrival.pack_hash,
                    "sender": arrival.file.sender or None,
                }
                for arrival in arrivals
            ),
        ),
    )
    return {ArrivalKey(*key): receipt_id for *key, receipt_id in inserted}


def _latest(connection: psycopg.Connection, slots: Sequence[Slot]) -> dict[Slot, tuple[str, str]]:
    """Hash of the bytes and of the figures of each slot's latest version that is not withdrawn: received last, not staged last."""
    found = connection.execute(
        """
        select slot.position, latest.sha256, latest.reading_sha256
        from json_to_recordset(%s) as slot (position integer, unit_code text, form_code text, period_code text)
        cross join lateral (
            select sha256, reading_sha256 from staging.submission
            where submission.unit_code = slot.unit_code and submission.form_code = slot.form_code
                and submission.period_code = slot.period_code
                and not staging.is_withdrawn(submission_id)
            order by received_at desc, version desc
            limit 1
        ) as latest
        """,
        (_rows({"position": position, **_codes(slot)} for position, slot in enumerate(slots)),),
    )
    return {slots[position]: (sha256, fingerprint) for position, sha256, fingerprint in found}


def _insert_submissions(connection: psycopg.Connection, written: Sequence[_Written]) -> dict[Slot, Version]:
    slots = {tuple(_codes(each.submission.slot).values()): each.submission.slot for each in written}
    inserted = connection.execute(
        """
        insert into staging.submission (
            receipt_id, sha256, reading_sha256, unit_code, form_code, period_code, form_version,
            as_of_date, received_at, source_uri, sender, pack_hash, version
        )
        select
            arrival.*,
            coalesce(
                (
                    select max(version) from staging.submission
                    where submission.unit_code = arrival.unit_code and submission.form_code = arrival.form_code
                        and submission.period_code = arrival.period_code
                ),
                0
            ) + 1
        from json_to_recordset(%s) as arrival (
            receipt_id bigint, sha256 text, reading_sha256 text, unit_code text, form_code text, period_code text, form_version integer,
            as_of_date date, received_at timestamptz, source_uri text, sender text, pack_hash text
        )
        returning unit_code, form_code, period_code, submission_id, version
        """,
        (
            _rows(
                {
                    "receipt_id": each.receipt_id,
                    "reading_sha256": each.submission.reading_sha256,
                    **_codes(each.submission.slot),
                    "form_version": each.submission.form_version,
                    "as_of_date": each.submission.as_of_date,
                    **each.arrival.key._asdict(),
                    "sender": each.arrival.file.sender,
                    "pack_hash": each.arrival.pack_hash,
                }
                for each in written
            ),
        ),
    )
    return {slots[tuple(codes)]: Version(submission_id, slots[tuple(codes)], version) for *codes, submission_id, version in inserted}


def _codes(slot: Slot) -> dict[str, str]:
    return {"unit_code": slot.unit_code, "form_code": slot.form_code, "period_code": slot.period.code}


def _copy_lines(connection: psycopg.Connection, written: Sequence[_Written], versions: dict[Slot, Version]) -> None:
    """COPY the figures and narratives, whose lines the readers have written."""
    keyed = [(versions[each.submission.slot].submission_id, each.submission) for each in written]
    with connection.cursor() as cursor:
        if any(submission.cell_lines for _, submission in keyed):
            with cursor.copy(f"copy staging.cell (submission_id, {CELL_COLUMNS}) from stdin") as copy:
                for key, submission in keyed:
                    copy.write(with_key(key, submission.cell_lines))
        if any(submission.narrative_lines for _, submission in keyed):
            with cursor.copy(f"copy staging.narrative (submission_id, {NARRATIVE_COLUMNS}) from stdin") as copy:
                for key, submission in keyed:
                    copy.write(with_key(key, submission.narrative_lines))


def _copy_findings(
    connection: psycopg.Connection,
    arrivals: Iterable[Arrival],
    receipts: dict[ArrivalKey, int],
    written: Iterable[_Written],
    versions: dict[Slot, Version],
) -> None:
    of_files = ((receipts[arrival.key], None, finding) for arrival in arrivals for finding in arrival.findings)
    of_submissions = (
        (each.receipt_id, versions[each.submission.slot].submission_id, finding) for each in written for finding in each.submission.findings
    )
    _copy(
        connection,
        "copy staging.finding (receipt_id, submission_id, code, severity, sheet, cell, indicator_code, found, expected, text_vi, text_en) "
        "from stdin",
        (
            (
                receipt_id, submission_id, finding.code, str(finding.severity), finding.sheet, finding.cell,
                finding.indicator_code, finding.found, finding.expected, finding.text_vi, finding.text_en,
            )
            for receipt_id, submission_id, finding in chain(of_files, of_submissions)
        ),
    )  # fmt: skip


def _copy_proposals(
    connection: psycopg.Connection, arrivals: Iterable[Arrival], receipts: dict[ArrivalKey, int], versions: dict[Slot, Version]
) -> None:
    """COPY what was proposed for texts that the pack does not know, also where the figures are those that were there before."""
    _copy(
        connection,
        "copy staging.proposal (receipt_id, submission_id, kind, scope, seen, seen_key, sheet, cell, candidates) from stdin",
        (
            (
                receipts[arrival.key], submission_id, proposal.kind, proposal.scope, proposal.seen, normalise(proposal.seen),
                finding.sheet, finding.cell, Jsonb([asdict(candidate) for candidate in proposal.candidates]),
            )
            for arrival in arrivals
            for submission_id, finding in _findings(arrival, versions)
            if (proposal := finding.proposal) is not None
        ),
    )  # fmt: skip


def _findings(arrival: Arrival, versions: dict[Slot, Version]) -> Iterator[tuple[int | None, Finding]]:
    """All findings of a file, each with the version that its reading has brought, if it has."""
    yield from ((None, finding) for finding in arrival.findings)
    for submission in arrival.submissions:
        version = versions.get(submission.slot)
        yield from ((version.submission_id if version else None, finding) for finding in submission.findings)


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
