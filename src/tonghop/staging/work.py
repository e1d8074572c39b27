"""Taking files in: which are new, in which batches, and each of them from its bytes to its rows."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import NamedTuple, TypedDict

import psycopg

from tonghop.catalog import Pack, load_pack, read_pack
from tonghop.database import connect
from tonghop.model import Severity
from tonghop.readers import Reader, begin_to_start
from tonghop.settings import settings
from tonghop.staging import landing
from tonghop.staging.arrivals import put_away_arrived, put_away_taken_in, without_receipt
from tonghop.staging.landing import Area, LandedFile, LandingMissing, NotReadable
from tonghop.staging.taking import Archived, Outcome, take_again, take_in

log = logging.getLogger(__name__)


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


class IntakePlan(NamedTuple):
    """What an intake run has to do: the new files in batches of URIs, and the landing areas and folders that could not be looked into."""

    batches: list[list[str]]
    unreachable: list[str]


def plan_intake() -> IntakePlan:
    """Look into every landing area; one that does not answer costs the others nothing.

    New is what has no receipt for its URI, time of change and size; a rejected file is new again under a changed catalog pack. A file
    that may still be written is looked at twice. What has a receipt and should have been moved away is moved now: a run was killed.
    Raises CatalogError or DatabaseDown.
    """
    areas = landing.open_areas()
    looks, unreachable = _look_around(areas)
    files = list({file.uri: file for _, look in looks for file in look.files}.values())
    if not files:
        return IntakePlan([], unreachable)
    pack = read_pack(settings().catalog)
    with connect("loader", autocommit=True) as connection:
        new = without_receipt(connection, files, pack.pack_hash)
        if len(new) < len(files):
            put_away_arrived(connection, areas, set(files) - set(new))
    ready = landing.steady(looks, new, settings().settle_seconds)
    return IntakePlan(in_batches(ready, settings().batch_files)[: settings().batch_limit], unreachable)


def plan_batches() -> list[list[str]]:
    """The batches of `plan_intake`. Raises LandingMissing when a landing area cannot be looked into, CatalogError or DatabaseDown."""
    batches, unreachable = plan_intake()
    if unreachable:
        raise LandingMissing("\n".join(unreachable))
    return batches


def _look_around(areas: Iterable[Area]) -> tuple[list[tuple[Area, landing.Survey]], list[str]]:
    looks: list[tuple[Area, landing.Survey]] = []
    unreachable: list[str] = []
    for area in areas:
        try:
            look = landing.survey(area, settle_seconds=settings().settle_seconds)
        except LandingMissing as error:
            log.error("%s", error)
            unreachable.append(str(error))
            continue
        looks.append((area, look))
        unreachable.extend(look.problems)
    return looks, unreachable


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


def batch_name(batch: Sequence[str]) -> str:
    """What a batch is called where people see it: its first file, and how many more there are."""
    return f"{landing.printable(PurePosixPath(batch[0]).name)} +{len(batch) - 1}"


def read_and_stage(batch: list[str], *, read: Reader | None = None) -> BatchOutcome:
    """Read the files of a batch and write them down, some files in a transaction; a rerun is harmless.

    A file that is gone or cannot be read is counted as `failed`, with a message. Files that were taken in are moved away where the
    settings say so. Raises CatalogError, DatabaseDown or StagingInterrupted; what was committed until then stays.
    """
    if read is None:
        begin_to_start()
    areas = landing.open_areas()
    with connect("loader", autocommit=True) as connection:
        pack = _pack_at_hand(connection)
        outcomes = list(take_in(connection, pack, batch, areas, read))
        messages = put_away_taken_in(connection, areas, _taken_in(outcomes))
    return summary(outcomes, messages)


def load_paths(paths: Sequence[str | Path], *, read: Reader | None = None) -> list[Outcome]:
    """Take in files, folders and URLs by hand, in the order in which they were received. The source of a local file is its absolute path.

    Raises LandingMissing for a path that does not exist, CatalogError, DatabaseDown or StagingInterrupted.
    """
    areas = landing.open_areas()
    found: dict[str, LandedFile] = {}
    skipped: dict[str, Outcome] = {}
    for path in paths:
        area, below = landing.area_to_load(str(path), areas)
        if area not in areas:
            areas.append(area)
        seen = landing.survey(area, below)
        found |= {file.uri: file for file in seen.files}
        skipped |= {left.uri: Outcome(left.uri, "skipped", message=left.reason) for left in seen.skipped}
        skipped |= {problem: Outcome(below, "failed", message=problem) for problem in seen.problems}
    if found and read is None:
        begin_to_start()
    with connect("loader", autocommit=True) as connection:
        pack = _pack_at_hand(connection)
        in_order = sorted(found.values(), key=lambda file: (file.received_at, file.uri))
        taken = list(take_in(connection, pack, [file.uri for file in in_order], areas, read))
        put_away_taken_in(connection, areas, _taken_in(taken))
    return [*taken, *skipped.values()]


def read_again() -> list[Outcome]:
    """Read again, from the archive, whatever held something that its pack did not know, wherever the file is by now.

    Nothing is read twice with one pack. Raises CatalogError, DatabaseDown, StagingInterrupted or ArchiveDamaged.
    """
    areas = landing.open_areas()
    with connect("loader", autocommit=True) as connection:
        pack = _pack_at_hand(connection)
        rows = connection.execute(
            """
            select source_uri, received_at, size, sender, sha256
            from (
                select distinct on (receipt.source_uri, receipt.received_at, receipt.sha256) receipt.*, file.size
                from staging.receipt
                inner join staging.file on receipt.sha256 = file.sha256
                order by receipt.source_uri, receipt.received_at, receipt.sha256, receipt.receipt_id desc
            ) as last_reading
            where last_reading.pack_hash is distinct from %s
                and exists (select from staging.unresolved_receipt as unresolved where unresolved.receipt_id = last_reading.receipt_id)
            order by received_at, source_uri
            """,
            (pack.pack_hash,),
        ).fetchall()
        waiting = [Archived(LandedFile(*file), sha256, _path_below(file[0], areas)) for *file, sha256 in rows]
        return list(take_again(connection, pack, waiting))


def _path_below(uri: str, areas: Sequence[Area]) -> str:
    """The path of a file below its landing area; its name alone when there is no such area any more."""
    try:
        return landing.area_of(uri, areas).relative(uri)
    except NotReadable:
        return PurePosixPath(uri).name


def summary(outcomes: Iterable[Outcome], messages: Iterable[str] = ()) -> BatchOutcome:
    """Count the outcomes of files; `messages` are added to their own."""
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
        messages=[*(outcome.message for outcome in outcomes if outcome.message), *messages],
    )


def _pack_at_hand(connection: psycopg.Connection) -> Pack:
    """The pack of the settings, loaded into the database when it is new there."""
    pack = read_pack(settings().catalog)
    load_pack(pack, connection)
    return pack


def _taken_in(outcomes: Iterable[Outcome]) -> list[str]:
    return [outcome.source_uri for outcome in outcomes if outcome.outcome not in ("failed", "skipped")]
