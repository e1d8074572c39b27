"""Taking files in: which are new, in which batches, and each of them from its bytes to its rows."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any, Literal, TypedDict

import psycopg

from tonghop.catalog import Pack, load_pack, read_pack
from tonghop.database import connect
from tonghop.errors import TonghopError
from tonghop.intake import read_file
from tonghop.intake.findings import TOO_LARGE
from tonghop.intake.limits import MEGABYTE, Limits
from tonghop.model import Finding, Reading, Severity, SubmissionReading
from tonghop.settings import settings
from tonghop.staging import archive, landing
from tonghop.staging.findings import READER_FAILED, SLOT_TWICE
from tonghop.staging.landing import LandedFile, NotReadable
from tonghop.staging.registry import Arrival, Registered, is_known, register, slots_named_twice

log = logging.getLogger(__name__)

Reader = Callable[[bytes, str, Pack, Limits], Reading]


class StagingInterrupted(TonghopError):
    """The database went away in the middle of a batch."""


@dataclass(frozen=True)
class Outcome:
    """What became of one file.

    `staged`: it brought new versions; `unchanged`: its bytes are those of the version at hand; `rejected`: nothing could be
    read, see `findings`; `known`: this very arrival was taken in before; `skipped`, `failed`: not read, see `message`.
    """

    source_uri: str
    outcome: Literal["staged", "unchanged", "rejected", "known", "skipped", "failed"]
    sha256: str | None = None
    versions: tuple[str, ...] = ()
    cells: int = 0
    findings: tuple[Finding, ...] = ()
    message: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The same, ready for JSON."""
        return asdict(self)


class BatchOutcome(TypedDict):
    """Counts over the files of a batch, small enough to travel between tasks, and a line for each file that could not be read."""

    files: int
    staged: int
    unchanged: int
    rejected: int
    known: int
    failed: int
    submissions: int
    cells: int
    findings: dict[str, int]
    messages: list[str]


def plan_batches() -> list[list[str]]:
    """The new files of the landing area in batches of URIs; empty when there is nothing new.

    New is what has no receipt for its URI and time of change; a rejected file is new again under a changed catalog pack.
    Raises LandingMissing, CatalogError or DatabaseDown.
    """
    files = landing.find_files(settings().landing_uri)
    if not files:
        return []
    pack = read_pack(settings().catalog)
    with connect("loader", autocommit=True) as connection:
        new = _without_receipt(connection, files, pack.pack_hash)
    return in_batches(new, settings().batch_files)[: settings().batch_limit]


def in_batches(files: Iterable[LandedFile], size: int) -> list[list[str]]:
    """URIs in batches of at most `size`: folder by folder, oldest first in a folder; a folder is split only when it is larger."""

    def folder(file: LandedFile) -> str:
        return str(PurePosixPath(file.uri).parent)

    batches: list[list[str]] = []
    ordered = sorted(files, key=lambda file: (folder(file), file.received_at, file.uri))
    for _, group in groupby(ordered, key=folder):
        uris = [file.uri for file in group]
        if not batches or len(batches[-1]) + min(len(uris), size) > size:
            batches.append([])
        for uri in uris:
            if len(batches[-1]) == size:
                batches.append([])
            batches[-1].append(uri)
    return batches


def read_and_stage(batch: list[str], *, read: Reader = read_file) -> BatchOutcome:
    """Read the files of a batch and write them down, each in a transaction of its own; a rerun is harmless.

    A file that is gone or cannot be read is counted as `failed`, with a message. Raises CatalogError, DatabaseDown or
    StagingInterrupted; what was committed until then stays.
    """
    with connect("loader", autocommit=True) as connection:
        pack = _pack_at_hand(connection)
        outcomes = [_take_in(connection, pack, uri, _landing_root(uri), read) for uri in batch]
    return summary(outcomes)


def load_paths(paths: Sequence[str | Path], *, read: Reader = read_file) -> list[Outcome]:
    """Take in files and folders by hand, in the order in which they were received. The source of a file is its absolute path.

    Raises LandingMissing for a path that does not exist, CatalogError, DatabaseDown or StagingInterrupted.
    """
    found: dict[str, tuple[LandedFile, str]] = {}
    skipped: dict[str, Outcome] = {}
    for path in (Path(landing.absolute_uri(Path(path))) for path in paths):
        if not path.exists():
            raise landing.LandingMissing(f"{path} does not exist. Give the files or folders that hold the workbooks.")
        seen = landing.survey(str(path))
        found |= {file.uri: (file, _landing_root(file.uri) or str(path)) for file in seen.files}
        skipped |= {left.uri: Outcome(left.uri, "skipped", message=left.reason) for left in seen.skipped}
    with connect("loader", autocommit=True) as connection:
        pack = _pack_at_hand(connection)
        in_order = sorted(found.values(), key=lambda item: (item[0].received_at, item[0].uri))
        taken = [_take_in(connection, pack, file.uri, root, read) for file, root in in_order]
    return [*taken, *skipped.values()]


def summary(outcomes: Iterable[Outcome]) -> BatchOutcome:
    """Count the outcomes of files."""
    outcomes = list(outcomes)
    of = Counter(outcome.outcome for outcome in outcomes)
    severities = Counter(str(finding.severity) for outcome in outcomes for finding in outcome.findings)
    return BatchOutcome(
        files=len(outcomes),
        staged=of["staged"],
        unchanged=of["unchanged"],
        rejected=of["rejected"],
        known=of["known"],
        failed=of["failed"],
        submissions=sum(len(outcome.versions) for outcome in outcomes),
        cells=sum(outcome.cells for outcome in outcomes),
        findings={str(severity): severities[str(severity)] for severity in Severity},
        messages=[outcome.message for outcome in outcomes if outcome.message],
    )


def limits() -> Limits:
    """How much of a file is read, by the settings."""
    chosen = settings()
    return Limits(
        max_bytes=chosen.max_file_mb * MEGABYTE,
        max_unpacked_bytes=chosen.max_unpacked_mb * MEGABYTE,
        max_sheets=chosen.max_sheets,
        max_cells=chosen.max_cells,
    )


def _pack_at_hand(connection: psycopg.Connection) -> Pack:
    """The pack of the settings, loaded into the database when it is new there."""
    pack = read_pack(settings().catalog)
    load_pack(pack, connection)
    return pack


def _landing_root(uri: str) -> str | None:
    """The landing area when the file lies in it: the first folder below it tells the sender."""
    root = landing.root_of(settings().landing_uri)
    return root if PurePosixPath(uri).is_relative_to(root) else None


def _without_receipt(connection: psycopg.Connection, files: Sequence[LandedFile], pack_hash: str) -> list[LandedFile]:
    new = connection.execute(
        """
        select landed.position
        from unnest(%s::text[], %s::timestamptz[]) with ordinality as landed (source_uri, received_at, position)
        where not exists (
            select from staging.receipt
            where receipt.source_uri = landed.source_uri and receipt.received_at = landed.received_at
                and (receipt.outcome <> 'rejected' or receipt.pack_hash is not distinct from %s)
        )
        """,
        ([file.uri for file in files], [file.received_at for file in files], pack_hash),
    )
    return [files[position - 1] for (position,) in new]


def _take_in(connection: psycopg.Connection, pack: Pack, uri: str, root: str | None, read: Reader) -> Outcome:
    """One file from its bytes to its rows. Never raises for what is wrong with the file."""
    try:
        file = landing.look_at(uri, root)
        data, sha256 = _keep(file)
    except NotReadable as error:
        log.warning("%s", error)
        return Outcome(uri, "failed", message=str(error))
    try:
        if is_known(connection, file, sha256, pack.pack_hash):
            return Outcome(uri, "known", sha256)
        submissions, findings = _read(file, data, sha256, pack, read)
        arrival, registered = _register(connection, Arrival(file, sha256, pack.pack_hash, submissions, findings))
    except psycopg.OperationalError as error:
        raise StagingInterrupted(
            f"The database went away while {uri} was written down ({str(error).strip().splitlines()[0]}). "
            "Files before it are in; nothing of this one is. Run the same again: what is in already is passed over."
        ) from error
    if registered.outcome == "known":
        return Outcome(uri, "known", sha256)
    new_slots = {version.slot for version in registered.versions}
    staged = [submission for submission in arrival.submissions if submission.slot in new_slots]
    return Outcome(
        uri,
        registered.outcome,
        sha256,
        tuple(f"{version.slot} v{version.version}" for version in registered.versions),
        sum(len(submission.cells) for submission in staged),
        (*arrival.findings, *(finding for submission in staged for finding in submission.findings)),
    )


def _keep(file: LandedFile) -> tuple[bytes | None, str]:
    """Archive a file: its bytes and their hash. No bytes of one that is too large to be read. Raises NotReadable."""
    if file.size > limits().max_bytes:
        return None, archive.put_stream(landing.read_chunks(file))[0]
    data = b"".join(landing.read_chunks(file))
    return data, archive.put(data)


def _read(
    file: LandedFile, data: bytes | None, sha256: str, pack: Pack, read: Reader
) -> tuple[tuple[SubmissionReading, ...], tuple[Finding, ...]]:
    """The submissions in a file, and the findings about the file as a whole."""
    bounds = limits()
    if data is None:
        return (), (TOO_LARGE.at(found=f"{file.size:,} bytes", expected=f"{bounds.max_bytes:,} bytes"),)
    try:
        reading = read(data, file.name, pack, bounds)
    except Exception:  # whatever it is, the bytes are kept and the file gets its answer; the log has the rest
        log.exception("The reader failed on %s (archived as %s)", file.uri, sha256)
        return (), (READER_FAILED.at(),)
    twice = slots_named_twice(reading.submissions)
    if twice:
        return (), (*reading.findings, *(SLOT_TWICE.at(found=str(slot)) for slot in twice))
    return reading.submissions, reading.findings


def _register(connection: psycopg.Connection, arrival: Arrival) -> tuple[Arrival, Registered]:
    """Write an arrival down; what the database refuses is written down as a file that the reader failed on."""
    try:
        return arrival, register(connection, arrival)
    except (psycopg.DataError, psycopg.IntegrityError, UnicodeError):
        log.exception("The database refused what was read from %s (archived as %s)", arrival.file.uri, arrival.sha256)
        refused = Arrival(arrival.file, arrival.sha256, arrival.pack_hash, (), (READER_FAILED.at(),))
        return refused, register(connection, refused)
