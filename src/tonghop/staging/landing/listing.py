"""What lies in an area, and the bytes of a file. Nothing here reads the bytes of a file except `read_chunks`."""

from __future__ import annotations

import posixpath
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

from tonghop.staging.landing.area import Area, LandingMissing, NotReadable
from tonghop.staging.landing.names import can_be_written_down, leads_elsewhere, printable

_CHUNK = 4 * 1024 * 1024
_UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".download", ".filepart")
_OF_THE_SYSTEM = ("thumbs.db", "desktop.ini")
_MODIFIED = ("mtime", "LastModified", "last_modified", "modified", "updated", "created")
"""What file systems call the time of the last change, the most telling first."""

Info = dict[str, Any]


class Gone(NotReadable):
    """A file that was listed is not there any more."""


class Changed(NotReadable):
    """A file changed between looking and reading."""


@dataclass(frozen=True)
class LandedFile:
    """A file in a landing area. `received_at` is the source's time of the last change; `sender` as the area tells it."""

    uri: str
    received_at: datetime
    size: int
    sender: str | None

    @property
    def name(self) -> str:
        """The file's name without its folders."""
        return PurePosixPath(self.uri).name


@dataclass(frozen=True)
class Skipped:
    """A file that is not taken in, with the reason."""

    uri: str
    reason: str


@dataclass(frozen=True)
class Survey:
    """What lies in an area: files to take in, oldest first; what was left aside; folders that could not be entered.

    `restless` are the URIs of files that may still be written: they changed just now, or the source's times cannot tell.
    """

    files: tuple[LandedFile, ...]
    skipped: tuple[Skipped, ...] = ()
    problems: tuple[str, ...] = ()
    restless: frozenset[str] = frozenset()


def survey(area: Area, below: str | None = None, *, settle_seconds: float = 0, now: datetime | None = None) -> Survey:
    """Everything in an area (or at and below the URI `below`). Links are never followed: nothing outside can be reached through one.

    Raises LandingMissing when the area cannot be listed.
    """
    now = now or datetime.now(UTC)
    files: list[LandedFile] = []
    skipped: list[Skipped] = []
    problems: list[str] = []
    restless: set[str] = set()
    try:
        start = area.path_of(below) if below and below != area.name else area.root
        for info in _walk(area, start, problems):
            path = str(info["name"])
            uri = area.uri_of(path)
            if reason := _reason_to_skip(area, info):
                skipped.append(Skipped(printable(uri), reason))
                continue
            file = _landed(area, info)
            files.append(file)
            if settle_seconds and not _is_at_rest(area, info, file, settle_seconds, now):
                restless.add(uri)
    except (LandingMissing, NotReadable):
        raise
    except Exception as error:  # whatever a library raises when its server is away
        raise area.give_up(error) from error
    in_order = sorted(files, key=lambda file: (file.received_at, file.uri))
    return Survey(tuple(in_order), tuple(skipped), tuple(problems), frozenset(restless))


def steady(looks: Sequence[tuple[Area, Survey]], files: Iterable[LandedFile], settle_seconds: float) -> list[LandedFile]:
    """Those of `files` that nobody is writing: for the restless among them a second look is taken after `settle_seconds`.

    What changed meanwhile, went away, or cannot be looked at any more is left for the next poll.
    """
    files = list(files)
    wanted = {file.uri for file in files}
    again = [area for area, look in looks if look.restless & wanted]
    if not again:
        return files
    time.sleep(settle_seconds)
    restless = frozenset[str]().union(*(look.restless for _, look in looks))
    seen: dict[str, LandedFile] = {}
    for area in again:
        try:
            seen |= {file.uri: file for file in survey(area).files}
        except LandingMissing:
            continue
    return [file for file in files if file.uri not in restless or seen.get(file.uri) == file]


def look_at(area: Area, uri: str) -> LandedFile:
    """One file as it is now. Raises Gone, NotReadable when it is a link or no file, LandingMissing when the area is away."""
    info = _info(area, uri)
    if info["type"] != "file" or info.get("islink"):
        raise NotReadable(f"{printable(uri)}: not an ordinary file; put the file itself there.")
    return _landed(area, info, _claimed_sender(area, uri))


def read_chunks(area: Area, file: LandedFile) -> Iterator[bytes]:
    """The bytes of a file as it was looked at, in pieces.

    Raises Gone, Changed when it is another one meanwhile, NotReadable when reading is forbidden, LandingMissing when the area is away.
    """
    size = 0
    try:
        with area.filesystem.open(area.path_of(file.uri), "rb") as stream:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                yield chunk
    except (LandingMissing, NotReadable):
        raise
    except Exception as error:
        raise _of_file(area, file.uri, error) from error
    after = _info(area, file.uri)
    if (modified_at(area, after), int(after["size"]), size) != (file.received_at, file.size, file.size):
        raise Changed(f"{printable(file.uri)}: the file changed while it was read; it is taken in at the next look.")


def _claimed_sender(area: Area, uri: str) -> str | None:
    if not area.is_s3:
        return None
    try:
        claimed = area.filesystem.metadata(area.path_of(uri)).get("sender")
    except Exception as error:
        raise _of_file(area, uri, error) from error
    return str(claimed) if claimed else None


def _info(area: Area, uri: str) -> Info:
    try:
        info: Info = area.filesystem.info(area.path_of(uri))
    except (LandingMissing, NotReadable):
        raise
    except Exception as error:
        raise _of_file(area, uri, error) from error
    return info


def _of_file(area: Area, uri: str, error: Exception) -> NotReadable | LandingMissing:
    """What an error means: the file is gone, is forbidden, or cannot be read; or the whole area is away, if its root cannot be seen."""
    if isinstance(error, FileNotFoundError):
        return Gone(f"{printable(uri)}: the file is gone.")
    if _is_refusal(error):
        return NotReadable(
            f"{printable(uri)}: reading it is not permitted ({area.masked(error)}). Give the user of the intake the right to read it."
        )
    try:
        area.filesystem.info(area.root)
    except LandingMissing as down:
        return down
    except Exception as at_root:
        return area.give_up(at_root)
    return NotReadable(f"{printable(uri)}: the file cannot be read ({area.masked(error)}).")


def _is_refusal(error: Exception) -> bool:
    return isinstance(error, PermissionError) or type(error).__name__ == "SFTPPermissionDenied"


def _walk(area: Area, start: str, problems: list[str]) -> Iterator[Info]:
    """Every entry below `start`, folders opened up, but those left aside; a store of objects is listed in one go.

    A folder below `start` that cannot be entered is told in `problems`, and the rest goes on.
    """
    filesystem = area.filesystem
    if start != area.root and (info := filesystem.info(start))["type"] == "file":
        yield info
        return
    if area.is_s3:
        objects = filesystem.find(start, detail=True)
        if not objects:
            filesystem.info(area.address.host)  # a bucket that is not there is listed as empty
        yield from (info for info in objects.values() if not _is_aside(area, str(info["name"])))
        return
    folders = [start]
    while folders:
        folder = folders.pop()
        try:
            entries = filesystem.ls(folder, detail=True)
        except Exception as error:
            if folder == start or not (_is_refusal(error) or isinstance(error, FileNotFoundError)):
                raise
            if _is_refusal(error):
                problems.append(
                    f"{printable(area.uri_of(folder))}: the folder may not be entered ({area.masked(error)}). "
                    "Give the user of the intake the right to read it; what lies in it waits."
                )
            continue
        for info in entries:
            if info["type"] == "directory" and not info.get("islink") and not _name(info).startswith("."):
                if not _is_aside(area, str(info["name"]).rstrip("/")):
                    folders.append(str(info["name"]))
            else:
                yield info


def _is_aside(area: Area, path: str) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in area.aside)


def _reason_to_skip(area: Area, info: Info) -> str | None:
    path, name = str(info["name"]), _name(info)
    relative = path.removeprefix(area.root.rstrip("/") + "/")
    if not can_be_written_down(path):
        return "its name is not valid UTF-8; rename it"
    if leads_elsewhere(relative) and path != area.root:
        return "its path has parts that are empty, `.` or `..`; rename it"
    if info.get("islink") or info["type"] == "link":
        return "it is a link; put the file itself there"
    if name.startswith("~$"):
        return "lock file of an open workbook"
    if name.startswith(".") or (area.is_s3 and any(part.startswith(".") for part in relative.split("/"))):
        return "hidden"
    if name.lower().endswith(_UNFINISHED):
        return "not complete: still being transferred"
    if name.lower() in _OF_THE_SYSTEM:
        return "file of the operating system"
    if info["type"] != "file":
        return "not an ordinary file"
    return None


def _is_at_rest(area: Area, info: Info, file: LandedFile, settle_seconds: float, now: datetime) -> bool:
    """Whether one look is enough: the times are the source's own (not set by the sender), and the last change is long enough ago."""
    if area.is_local:
        changed_at = max(file.received_at, datetime.fromtimestamp(float(info["created"]), UTC))
    elif area.is_s3:
        changed_at = file.received_at
    else:
        return False
    return now - changed_at >= timedelta(seconds=settle_seconds)


def _landed(area: Area, info: Info, claimed: str | None = None) -> LandedFile:
    uri = area.uri_of(str(info["name"]))
    return LandedFile(uri, modified_at(area, info), int(info["size"]), area.sender_of(area.relative(uri), claimed))


def modified_at(area: Area, info: Info) -> datetime:
    """Time of the last change, to the microsecond, which is what the database keeps; of S3 to the second, as its answers differ."""
    found = next((info[key] for key in _MODIFIED if info.get(key) is not None), None)
    if isinstance(found, int | float):
        found = datetime.fromtimestamp(found, UTC)
    if not isinstance(found, datetime):
        raise LandingMissing(f"{printable(area.uri_of(str(info['name'])))}: this kind of landing area does not say when files change.")
    found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    return found.replace(microsecond=0) if area.is_s3 else found


def _name(info: Info) -> str:
    return posixpath.basename(str(info["name"]).rstrip("/"))
