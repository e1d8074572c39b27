"""The archive: every content ever received, kept under its SHA-256, written once and never changed.

Layout below the archive folder: `files/ab/<sha256>` for bytes, `manifests/` for what publications write.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tonghop.errors import TonghopError
from tonghop.settings import settings


class ArchiveDamaged(TonghopError):
    """An archived file is missing, or its bytes are no longer those that were received."""


def relative_path(sha256: str) -> str:
    """Where the bytes with that hash lie, relative to the archive folder."""
    return f"files/{sha256[:2]}/{sha256}"


def put(data: bytes) -> str:
    """Keep `data` and return its SHA-256; harmless when it is there already."""
    sha256 = hashlib.sha256(data).hexdigest()
    return sha256 if _path(sha256).exists() else put_stream([data])[0]


def put_stream(chunks: Iterable[bytes]) -> tuple[str, int]:
    """Keep bytes that are too many for memory; return their SHA-256 and size. Harmless when they are there already.

    Written aside, flushed to disk and renamed, so that a kill leaves a whole file or none.
    """
    files = settings().archive_path / "files"
    files.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    descriptor, aside = tempfile.mkstemp(dir=files, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
            file.flush()
            os.fchmod(file.fileno(), 0o444)
            os.fsync(file.fileno())
        target = _path(digest.hexdigest())
        target.parent.mkdir(exist_ok=True)
        if not target.exists():
            Path(aside).replace(target)
            _flush_folder(target.parent)
    finally:
        Path(aside).unlink(missing_ok=True)
    return digest.hexdigest(), size


def get(sha256: str) -> bytes:
    """The archived bytes. Raises ArchiveDamaged when they are missing or do not have that hash any more."""
    path = _path(sha256)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise ArchiveDamaged(f"{path} is missing from the archive. Restore it from a backup of {settings().archive_path}.") from None
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise ArchiveDamaged(
            f"{path} was changed after it was archived: expected SHA-256 {sha256}, found {found}. "
            f"Keep it as evidence and restore the file from a backup of {settings().archive_path}."
        )
    return data


def _path(sha256: str) -> Path:
    return settings().archive_path / relative_path(sha256)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
