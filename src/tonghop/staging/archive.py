"""The archive: every content ever received, kept under its SHA-256, written once and never changed.

Layout below the archive folder: `files/ab/<sha256>` for bytes, `manifests/` for what publications write.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from tonghop.errors import TonghopError
from tonghop.settings import settings


class ArchiveDamaged(TonghopError):
    """An archived file is missing, or its bytes are no longer those that were received."""


ASIDE = ".new-"
"""How the folders of files begin that are being written: a kill leaves one behind, and nothing in it was promised to anybody."""


def relative_path(sha256: str) -> str:
    """Where the bytes with that hash lie, relative to the archive folder."""
    return f"files/{sha256[:2]}/{sha256}"


def put(data: bytes) -> str:
    """Keep `data` and return its SHA-256; harmless when it is there already."""
    sha256 = hashlib.sha256(data).hexdigest()
    return sha256 if _path(sha256).exists() else put_stream([data])[0]


def put_stream(chunks: Iterable[bytes]) -> tuple[str, int]:
    """Keep bytes that are too many for memory; return their SHA-256 and size. Harmless when they are there already."""
    with Shelf() as shelf:
        return shelf.put(chunks)


class Shelf:
    """Files on their way into the archive together: flushing a disk costs as much for many as for one.

    Written aside, flushed to disk and renamed, so that a kill leaves a whole file or none. They are in the archive when the
    `with` block is left; when it is left by an error, none of them is.
    """

    def __init__(self) -> None:
        self._archive = settings().archive_path
        self._written = 0
        self._aside: dict[Path, Path] = {}
        """where bytes belong -> where they lie now"""

    def __enter__(self) -> Shelf:
        files = self._archive / "files"
        files.mkdir(parents=True, exist_ok=True)
        self._folder = Path(tempfile.mkdtemp(dir=files, prefix=ASIDE))
        return self

    def put(self, chunks: Iterable[bytes]) -> tuple[str, int]:
        """Take the bytes of one file; return their SHA-256 and size."""
        digest, size = hashlib.sha256(), 0
        self._written += 1
        aside = self._folder / str(self._written)
        with aside.open("xb") as file:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
            os.fchmod(file.fileno(), 0o444)
        sha256 = digest.hexdigest()
        path = self._archive / relative_path(sha256)
        if path not in self._aside and not path.exists():
            self._aside[path] = aside
        return sha256, size

    def __exit__(self, error_type: type[BaseException] | None, *_: object) -> None:
        try:
            if error_type is None:
                self._keep()
        finally:
            shutil.rmtree(self._folder)  # with what broke off, or was there already

    def _keep(self) -> None:
        folders = {path.parent for path in self._aside}
        if new := [folder for folder in folders if not folder.is_dir()]:
            for folder in new:
                folder.mkdir(exist_ok=True)
            folders.add(self._archive / "files")  # where the new ones stand
        _flush_all(list(self._aside.values()))
        for path, aside in self._aside.items():
            aside.replace(path)  # where another process was faster, its file has the same bytes
        _flush_all(list(folders))


def find(sha256: str) -> Path:
    """Where the bytes with that hash lie. Raises ArchiveDamaged when they are missing."""
    path = _path(sha256)
    if not path.exists():
        raise ArchiveDamaged(f"{path} is missing from the archive. Restore it from a backup of {settings().archive_path}.")
    return path


def get(sha256: str) -> bytes:
    """The archived bytes. Raises ArchiveDamaged when they are missing or do not have that hash any more."""
    path = find(sha256)
    data = path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise ArchiveDamaged(
            f"{path} was changed after it was archived: expected SHA-256 {sha256}, found {found}. "
            f"Keep it as evidence and restore the file from a backup of {settings().archive_path}."
        )
    return data


def _path(sha256: str) -> Path:
    return settings().archive_path / relative_path(sha256)


_AT_ONCE = 16
"""Files that are flushed at the same time: the disk writes their journal entries together."""


@cache
def _flushing() -> ThreadPoolExecutor:
    """The threads that wait for the disk: they are kept, because starting them takes longer than what they do."""
    return ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="flushing")


os.register_at_fork(after_in_child=_flushing.cache_clear)  # a child has none of its parent's threads


def _flush_all(paths: Sequence[Path]) -> None:
    """Have files or folders written to disk."""
    list(_flushing().map(_flush, [paths[share::_AT_ONCE] for share in range(min(_AT_ONCE, len(paths)))]))


def _flush(paths: Iterable[Path]) -> None:
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
