"""The landing area: which files lie there, since when, and from whom. A folder now; any fsspec URL by the same code.

Nothing here reads the bytes of a file except `read_chunks`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any

from fsspec import AbstractFileSystem as FileSystem
from fsspec import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from tonghop.errors import TonghopError
from tonghop.settings import settings

_CHUNK = 4 * 1024 * 1024
_UNFINISHED = (".tmp", ".part", ".partial", ".crdownload")
_OF_THE_SYSTEM = ("thumbs.db", "desktop.ini")
_MODIFIED = ("mtime", "LastModified", "last_modified", "modified", "updated", "created")
"""What file systems call the time of the last change, the most telling first."""


class LandingMissing(TonghopError):
    """The landing area, or a path to load, does not exist or cannot be listed."""


class NotReadable(TonghopError):
    """A file that was listed cannot be read (any more)."""


@dataclass(frozen=True)
class LandedFile:
    """A file in the landing area. `received_at` is the source's time of the last change; `sender` the first folder below the root."""

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
    """What lies below a root: files to take in, oldest first, and what was left aside."""

    files: tuple[LandedFile, ...]
    skipped: tuple[Skipped, ...]


def find_files(landing_uri: str) -> list[LandedFile]:
    """The files of the landing area that are complete and meant for us, by time received and then by name.

    Files younger than the setting `settle_seconds` may still be being written and are left for the next look.
    Raises LandingMissing when the area cannot be listed.
    """
    return list(survey(landing_uri, settle_seconds=settings().settle_seconds).files)


def survey(root_uri: str, *, settle_seconds: float = 0, now: datetime | None = None) -> Survey:
    """Everything below `root_uri`. Links are never followed, so nothing outside the root can be reached through it."""
    filesystem, root = _locate(root_uri)
    now = now or datetime.now(UTC)
    files: list[LandedFile] = []
    skipped: list[Skipped] = []
    try:
        for info in _walk(filesystem, root):
            uri = _uri(filesystem, str(info["name"]))
            if reason := _reason_to_skip(info, root, settle_seconds, now):
                skipped.append(Skipped(_printable(uri), reason))
            else:
                files.append(_landed(filesystem, info, root))
    except OSError as error:
        raise LandingMissing(
            f"{root_uri} cannot be listed: {error.strerror or error}. Make the folder, or correct TONGHOP_LANDING."
        ) from error
    return Survey(tuple(sorted(files, key=lambda file: (file.received_at, file.uri))), tuple(skipped))


def look_at(uri: str, root_uri: str | None = None) -> LandedFile:
    """One file as it is now; its sender is worked out below `root_uri`. Raises NotReadable when it is gone or a link."""
    filesystem, path = _locate(uri)
    root = _locate(root_uri)[1] if root_uri else str(PurePosixPath(path).parent)
    try:
        info = filesystem.info(path)
    except OSError as error:
        raise NotReadable(f"{_printable(uri)}: the file is gone or cannot be seen ({error.strerror or error}).") from error
    if info["type"] != "file" or info.get("islink"):
        raise NotReadable(f"{_printable(uri)}: not an ordinary file; put the file itself there.")
    return _landed(filesystem, info, root)


def read_chunks(file: LandedFile) -> Iterator[bytes]:
    """The bytes of a file as it was listed, in pieces. Raises NotReadable when it is gone, forbidden, or changes meanwhile."""
    filesystem, path = _locate(file.uri)
    size = 0
    try:
        with filesystem.open(path, "rb") as stream:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                yield chunk
    except OSError as error:
        raise NotReadable(f"{file.uri}: the file cannot be read ({error.strerror or error}).") from error
    after = look_at(file.uri)
    if (after.received_at, after.size) != (file.received_at, file.size) or size != file.size:
        raise NotReadable(f"{file.uri}: the file changed while it was read; it is taken in at the next look.")


def root_of(root_uri: str) -> str:
    """How the URIs of the files below a root begin: the root's absolute path, or its URL."""
    filesystem, root = _locate(root_uri)
    return _uri(filesystem, root)


def absolute_uri(path: Path) -> str:
    """How a local path is written as the source of a file: the absolute path, links in its folders resolved."""
    return (path.parent.resolve() / path.name).as_posix() if path.name else path.resolve().as_posix()


def _locate(uri: str) -> tuple[FileSystem, str]:
    filesystem, path = url_to_fs(uri)
    if isinstance(filesystem, LocalFileSystem):
        path = absolute_uri(Path(path))
    return filesystem, path.rstrip("/") or "/"


def _uri(filesystem: FileSystem, path: str) -> str:
    return path if isinstance(filesystem, LocalFileSystem) else str(filesystem.unstrip_protocol(path))


def _walk(filesystem: FileSystem, folder: str) -> Iterator[dict[str, Any]]:
    filesystem.invalidate_cache()
    folders = [folder]
    while folders:
        for info in filesystem.ls(folders.pop(), detail=True):
            if info["type"] == "directory" and not info.get("islink") and not _name(info).startswith("."):
                folders.append(info["name"])
            else:
                yield info


def _reason_to_skip(info: dict[str, Any], root: str, settle_seconds: float, now: datetime) -> str | None:
    name = _name(info)
    if not _is_text(str(info["name"])):
        return "its name is not valid UTF-8; rename it"
    if info.get("islink"):
        return "it is a link; put the file itself there"
    if name.startswith("~$"):
        return "lock file of an open workbook"
    if name.startswith("."):
        return "hidden"
    if name.lower().endswith(_UNFINISHED):
        return "not complete: still being transferred"
    if name.lower() in _OF_THE_SYSTEM:
        return "file of the operating system"
    if info["type"] != "file":
        return "not an ordinary file"
    if timedelta(0) <= now - _modified(info) < timedelta(seconds=settle_seconds):
        return "changed just now; taken at the next look"
    return None


def _landed(filesystem: FileSystem, info: dict[str, Any], root: str) -> LandedFile:
    path = PurePosixPath(str(info["name"]))
    folders = path.relative_to(root).parts[:-1] if path.is_relative_to(root) else ()
    return LandedFile(_uri(filesystem, str(path)), _modified(info), int(info["size"]), folders[0] if folders else None)


def _modified(info: dict[str, Any]) -> datetime:
    """Time of the last change, to the microsecond, which is what the database keeps."""
    found = next((info[key] for key in _MODIFIED if info.get(key) is not None), None)
    if isinstance(found, datetime):
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    if isinstance(found, int | float):
        return datetime.fromtimestamp(found, UTC)
    raise LandingMissing(f"{info['name']}: this kind of landing area does not say when a file was changed.")


def _name(info: dict[str, Any]) -> str:
    return PurePosixPath(str(info["name"])).name


def _is_text(name: str) -> bool:
    return name == _printable(name)


def _printable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
