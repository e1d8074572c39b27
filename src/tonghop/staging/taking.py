"""Files from their bytes to their rows: archived, read in other processes, written down several at a time.

While readers are at work on some files, the next ones are archived and the ones before are written down: three things at a time.
"""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, Literal, NamedTuple, Protocol

import psycopg

from tonghop.catalog import Pack
from tonghop.errors import TonghopError
from tonghop.intake.findings import TOO_LARGE
from tonghop.intake.limits import MEGABYTE, Limits
from tonghop.model import Finding, Slot
from tonghop.readers import Answer, Bounds, FileToRead, Job, Prepared, Reader, Trouble, read_one, reader_pool
from tonghop.settings import settings
from tonghop.staging import archive, landing
from tonghop.staging.arrivals import was_put_away
from tonghop.staging.findings import READER_FAILED, SLOT_TWICE, TROUBLE
from tonghop.staging.landing import Area, Gone, LandedFile, LandingMissing, NotReadable
from tonghop.staging.registry import Arrival, ArrivalKey, Registered, Together, known, register, slots_named_twice

log = logging.getLogger(__name__)

TOGETHER = 50
"""Files that are read in one go and written down in one transaction."""


class StagingInterrupted(TonghopError):
    """The database went away in the middle of a batch."""


@dataclass(frozen=True)
class Outcome:
    """What became of one file.

    `staged`: it brought new versions; `unchanged`: its bytes are those of the version at hand; `rejected`: nothing could be
    read, see `findings`; `known`: this very arrival was taken in before; `skipped`, `failed`: not read, see `message`. `slots` is
    what its reports are for, `versions` what is new of them.
    """

    source_uri: str
    outcome: Literal["staged", "unchanged", "rejected", "known", "skipped", "failed"]
    sha256: str | None = None
    versions: tuple[str, ...] = ()
    slots: tuple[Slot, ...] = ()
    cells: int = 0
    findings: tuple[Finding, ...] = ()
    message: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The same, ready for JSON."""
        return asdict(self) | {"slots": [str(slot) for slot in self.slots]}


def limits() -> Limits:
    """How much of a file is read, by the settings."""
    chosen = settings()
    return Limits(
        max_bytes=chosen.max_file_mb * MEGABYTE,
        max_unpacked_bytes=chosen.max_unpacked_mb * MEGABYTE,
        max_sheets=chosen.max_sheets,
        max_cells=chosen.max_cells,
        max_cell_characters=chosen.max_cell_characters,
    )


class Readers(Protocol):
    """Something that reads files: a pool of processes, or this process itself."""

    ahead: int
    """jobs that they should have while another one is written down"""

    def submit(self, files: Sequence[FileToRead]) -> Job:
        """Have files read."""

    def answers(self, job: Job) -> list[Answer]:
        """What they say, once that is known."""


class _InThisProcess:
    """Reads at once and without bounds, by a reader of one's own."""

    ahead = 0

    def __init__(self, pack: Pack, read: Reader) -> None:
        self._pack, self._read = pack, read

    def submit(self, files: Sequence[FileToRead]) -> Job:
        job = Job(files)
        job.answers[:] = [read_one(file, self._pack, limits(), self._read) for file in files]
        return job

    def answers(self, job: Job) -> list[Answer]:
        return [answer for answer in job.answers if answer is not None]


@contextmanager
def _readers(pack: Pack, files: int, read: Reader | None) -> Iterator[Readers]:
    """As many processes as the settings say, and no more than there is work for; this process when a reader is given."""
    if read is not None:
        yield _InThisProcess(pack, read)
        return
    chosen = settings()
    size = min(chosen.readers or len(os.sched_getaffinity(0)), -(-files // TOGETHER))
    with reader_pool(pack, limits(), Bounds(chosen.read_seconds, chosen.reader_memory_mb), max(size, 1)) as pool:
        yield pool


@dataclass
class _Group:
    """Files that go through all steps together, in their order."""

    uris: Sequence[str]
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    """of those that are done"""
    kept: list[_Kept] = field(default_factory=list)
    """archived and to be written down"""
    unreadable: dict[str, NotReadable | LandingMissing] = field(default_factory=dict)
    """why files did not come into the archive"""
    job: Job | None = None
    """the reading of those of them that are not too large"""


class _Kept(NamedTuple):
    """A file whose bytes are in the archive; `path` is where it lay below its landing area."""

    file: LandedFile
    key: ArrivalKey
    too_large: bool
    path: str


def take_in(
    connection: psycopg.Connection, pack: Pack, uris: Sequence[str], areas: Sequence[Area], read: Reader | None = None
) -> Iterator[Outcome]:
    """Take files in and say what became of each, in their order; one that is named twice is one. No fault of a file is raised.

    `read` reads in this process instead of the pool: for readings that no workbook would give. Raises StagingInterrupted when
    the database goes away; what was said to be staged until then stays.
    """
    if not uris:
        return
    groups = _in_groups(list(dict.fromkeys(uris)))
    at_work: deque[_Group] = deque()
    with _readers(pack, len(uris), read) as readers, _one_ahead(partial(_archive, areas=areas), groups) as archived:
        while True:
            while len(at_work) <= readers.ahead and (group := next(archived, None)):
                _have_read(connection, pack, group, areas, readers)
                at_work.append(group)
            if not at_work:
                return
            yield from _write_down(connection, pack, at_work.popleft(), readers)


def _in_groups(uris: Sequence[str]) -> Iterator[Sequence[str]]:
    return (uris[first : first + TOGETHER] for first in range(0, len(uris), TOGETHER))


@contextmanager
def _one_ahead(do: Callable[[Sequence[str]], _Group], groups: Iterable[Sequence[str]]) -> Iterator[Iterator[_Group]]:
    """What `do` makes of each group, in their order; the next one is done in a thread while somebody is at the one before."""
    with ThreadPoolExecutor(1) as aside:

        def done() -> Iterator[_Group]:
            coming: Future[_Group] | None = None
            for group in groups:
                before, coming = coming, aside.submit(do, group)
                if before is not None:
                    yield before.result()
            if coming is not None:
                yield coming.result()

        yield done()


class Archived(NamedTuple):
    """An arrival whose bytes are in the archive, and where it lay below its landing area."""

    file: LandedFile
    sha256: str
    path: str


def take_again(connection: psycopg.Connection, pack: Pack, arrivals: Sequence[Archived]) -> Iterator[Outcome]:
    """Read arrivals again from the archive, with another pack than before, and say what became of each, in their order.

    Raises ArchiveDamaged when bytes are missing, StagingInterrupted when the database goes away.
    """
    if not arrivals:
        return
    kept: deque[_Kept] = deque()
    for file, sha256, path in arrivals:
        archive.find(sha256)
        kept.append(_Kept(file, ArrivalKey(sha256, file.uri, file.received_at), file.size > limits().max_bytes, path))
    with _readers(pack, len(kept), None) as readers:
        while kept:
            uris: list[str] = []
            group = _Group(uris)
            while kept and len(group.kept) < TOGETHER and kept[0].file.uri not in uris:
                uris.append(kept[0].file.uri)
                group.kept.append(kept.popleft())
            group.job = readers.submit(_to_read(group.kept))
            yield from _write_down(connection, pack, group, readers)


def _archive(uris: Sequence[str], areas: Sequence[Area]) -> _Group:
    """Archive the files of a group. Asks no database: that is busy with another group meanwhile."""
    group = _Group(uris)
    with archive.Shelf() as shelf:
        for uri in uris:
            try:
                area = landing.area_of(uri, areas)
                group.kept.append(_keep(shelf, area, landing.look_at(area, uri)))
            except (NotReadable, LandingMissing) as error:
                group.unreadable[uri] = error
    return group


def _have_read(connection: psycopg.Connection, pack: Pack, group: _Group, areas: Sequence[Area], readers: Readers) -> None:
    """Have those files of a group read that are not known."""
    with _database_at_hand(group.uris[0]):
        seen = known(connection, [each.key for each in group.kept], pack.pack_hash)
        for uri, error in group.unreadable.items():
            if isinstance(error, Gone) and was_put_away(connection, landing.area_of(uri, areas), uri):
                group.outcomes[uri] = Outcome(uri, "known")
                continue
            log.warning("%s", error)
            group.outcomes[uri] = Outcome(uri, "failed", message=str(error))
    group.outcomes |= {each.file.uri: Outcome(each.file.uri, "known", each.key.sha256) for each in group.kept if each.key in seen}
    group.kept = [each for each in group.kept if each.key not in seen]
    group.job = readers.submit(_to_read(group.kept))


def _keep(shelf: archive.Shelf, area: Area, file: LandedFile) -> _Kept:
    """Archive a file. Raises NotReadable."""
    sha256, size = shelf.put(landing.read_chunks(area, file))
    return _Kept(file, ArrivalKey(sha256, file.uri, file.received_at), size > limits().max_bytes, area.relative(file.uri))


def _to_read(kept: Iterable[_Kept]) -> list[FileToRead]:
    folder = settings().archive_path
    return [
        FileToRead(f"{folder}/{archive.relative_path(each.key.sha256)}", each.path, each.file.sender) for each in kept if not each.too_large
    ]


def _write_down(connection: psycopg.Connection, pack: Pack, group: _Group, readers: Readers) -> list[Outcome]:
    """Wait for the readings of a group, write them down, and say what became of its files."""
    assert group.job is not None, "a group was fetched before it is written down"
    answers = iter(readers.answers(group.job))
    together = Together()
    for kept in group.kept:
        arrival = _arrival(kept, pack, None if kept.too_large else next(answers))
        if not together.add(arrival):
            group.outcomes |= _register_all(connection, together.arrivals)
            together = Together()
            together.add(arrival)
    group.outcomes |= _register_all(connection, together.arrivals)
    return [group.outcomes[uri] for uri in group.uris]


def _arrival(kept: _Kept, pack: Pack, answer: Answer | None) -> Arrival:
    """A file with what it says, and the findings about it as a whole."""
    submissions, findings = _said(kept, answer)
    return Arrival(kept.file, kept.key.sha256, pack.pack_hash, submissions, findings)


def _said(kept: _Kept, answer: Answer | None) -> Prepared:
    match answer:
        case None:
            return Prepared((), (TOO_LARGE.at(found=f"{kept.file.size:,} bytes", expected=f"{limits().max_bytes:,} bytes"),))
        case Trouble(kind, detail):
            log.error("The reader failed on %s (archived as %s)\n%s", kept.file.uri, kept.key.sha256, detail)
            return Prepared((), (TROUBLE[kind].at(),))
        case Prepared(submissions, findings):
            twice = slots_named_twice(submissions)
            if twice:
                return Prepared((), (*findings, *(SLOT_TWICE.at(found=str(slot)) for slot in twice)))
            return answer


def _register_all(connection: psycopg.Connection, arrivals: Sequence[Arrival]) -> dict[str, Outcome]:
    """Write arrivals down together; where the database refuses that, one by one, so that one costs the others nothing."""
    if not arrivals:
        return {}
    with _database_at_hand(arrivals[0].file.uri):
        try:
            done = list(zip(arrivals, register(connection, arrivals), strict=True))
        except _REFUSED:
            done = [_register_one(connection, arrival) for arrival in arrivals]
    return {arrival.file.uri: _outcome(arrival, registered) for arrival, registered in done}


_REFUSED = (psycopg.DataError, psycopg.IntegrityError, UnicodeError)


def _register_one(connection: psycopg.Connection, arrival: Arrival) -> tuple[Arrival, Registered]:
    """Write an arrival down; what the database refuses is written down as a file that the reader failed on."""
    try:
        return arrival, register(connection, [arrival])[0]
    except _REFUSED:
        log.exception("The database refused what was read from %s (archived as %s)", arrival.file.uri, arrival.sha256)
        refused = Arrival(arrival.file, arrival.sha256, arrival.pack_hash, (), (READER_FAILED.at(),))
        return refused, register(connection, [refused])[0]


@contextmanager
def _database_at_hand(uri: str) -> Iterator[None]:
    """What to say when the database goes away at a file and those that go together with it."""
    try:
        yield
    except psycopg.OperationalError as error:
        raise StagingInterrupted(
            f"The database went away while {uri} and the files after it were written down ({str(error).strip().splitlines()[0]}). "
            "Files before it are in; nothing of these is. Run the same again: what is in already is passed over."
        ) from error


def _outcome(arrival: Arrival, registered: Registered) -> Outcome:
    if registered.outcome == "known":
        return Outcome(arrival.file.uri, "known", arrival.sha256)
    new_slots = {version.slot for version in registered.versions}
    staged = [submission for submission in arrival.submissions if submission.slot in new_slots]
    return Outcome(
        arrival.file.uri,
        registered.outcome,
        arrival.sha256,
        tuple(f"{version.slot} v{version.version}" for version in registered.versions),
        tuple(submission.slot for submission in arrival.submissions),
        sum(submission.cells for submission in staged),
        (*arrival.findings, *(finding for submission in staged for finding in submission.findings)),
    )
