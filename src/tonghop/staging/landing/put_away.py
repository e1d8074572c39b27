"""Moving a file that was taken in out of the landing area, without ever losing or overwriting one.

A file is renamed in one step, and looked at under its new name: when it is not the one that was taken in, since a new one was put
in its place at that very moment, it goes back. A store of objects cannot rename: there the object is copied, the copy stays, and
the object is deleted only if it still is what was copied. Whoever is killed in between does the same again.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
from dataclasses import dataclass
from pathlib import Path

from fsspec.asyn import sync

from tonghop.staging.landing.area import Area, LandingMissing, NotReadable
from tonghop.staging.landing.listing import Changed, LandedFile, look_at, modified_at
from tonghop.staging.landing.names import printable


@dataclass(frozen=True)
class Arrived:
    """A file as it was taken in, the hash of its bytes, and whether it could not be read."""

    file: LandedFile
    sha256: str
    rejected: bool


class NotPutAway(NotReadable):
    """A file was taken in and stays in the landing area, against the settings."""


def put_away(area: Area, arrived: Arrived) -> str | None:
    """Move a file to the area's folder for done or failed files, with its path below the area; returns its new path.

    Where that name is taken, the time of the file's last change is added to it. None when the settings leave the file where it is.
    Raises Gone or Changed when it is not there as it was taken in, NotPutAway when it cannot be moved, LandingMissing.
    """
    folder = area.failed if arrived.rejected else area.done
    if folder is None:
        return None
    file = arrived.file
    now = look_at(area, file.uri)
    if (now.received_at, now.size) != (file.received_at, file.size):
        raise Changed(f"{printable(file.uri)}: the file changed after it was read; it is taken in at the next look.")
    source, relative = area.path_of(file.uri), area.relative(file.uri)
    try:
        for name in (relative, _with_time(relative, file)):
            target = posixpath.join(folder, name)
            if _move(area, source, target, arrived):
                return target
    except (NotReadable, LandingMissing):
        raise
    except Exception as error:  # whatever a library raises
        raise _not_put_away(area, arrived, folder, area.masked(error)) from error
    raise _not_put_away(area, arrived, folder, "files of that name are there already")


def _not_put_away(area: Area, arrived: Arrived, folder: str, why: str) -> NotPutAway:
    return NotPutAway(
        f"{printable(arrived.file.uri)}: the file was taken in, but could not be moved to {printable(folder)}: {why}. "
        f"Give the user of the intake the right to write there, on the same file system as {printable(area.name)}."
    )


def _move(area: Area, source: str, target: str, arrived: Arrived) -> bool:
    """Move a file to a name that is free; False when it is taken."""
    if not area.is_s3:
        area.filesystem.makedirs(posixpath.dirname(target), exist_ok=True)
    if not (area.is_local or area.is_sftp):
        return _copy_and_delete(area, source, target, arrived)
    if not _rename(area, source, target):
        return False
    moved = area.filesystem.info(target)
    expected = (arrived.file.received_at, arrived.file.size)
    if (modified_at(area, moved), int(moved["size"])) != expected:
        back = next(name for name in (source, _with_time(source, arrived.file)) if _rename(area, target, name))
        raise Changed(f"{printable(area.uri_of(back))}: a new file came in place of the one that was read; the next look takes it in.")
    return True


def _rename(area: Area, source: str, target: str) -> bool:
    """Rename within a file system; False when the target exists. The name is reserved first where renaming would overwrite."""
    if area.is_local:
        try:
            os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        except FileExistsError:
            return False
        try:
            Path(source).replace(target)
        except BaseException:
            Path(target).unlink()
            raise
        return True
    filesystem = area.filesystem
    if filesystem.exists(target):
        return False

    async def rename() -> None:
        async with filesystem.client.start_sftp_client() as client:
            await client.rename(source, target)  # of this protocol's two ways to rename the one that never overwrites

    sync(filesystem.loop, rename)
    return True


def _copy_and_delete(area: Area, source: str, target: str, arrived: Arrived) -> bool:
    """Copy an object, unless an earlier run did, and delete it if it still is the same; False when the name holds other bytes."""
    filesystem = area.filesystem
    before = filesystem.info(source)
    if (modified_at(area, before), int(before["size"])) != (arrived.file.received_at, arrived.file.size):
        raise Changed(f"{printable(arrived.file.uri)}: the file changed after it was read; it is taken in at the next look.")
    if filesystem.exists(target):
        if _sha256(area, target) != arrived.sha256:
            return False
    else:
        filesystem.cp_file(source, target, **({"CopySourceIfMatch": before["ETag"]} if area.is_s3 else {}))
    after = filesystem.info(source)
    if (modified_at(area, after), after.get("ETag")) != (modified_at(area, before), before.get("ETag")):
        raise Changed(f"{printable(arrived.file.uri)}: a new file came while it was moved; it is taken in at the next look.")
    if area.is_s3:  # the condition closes the moment since the look, where the store knows it
        bucket, key, _ = filesystem.split_path(source)
        filesystem.call_s3("delete_object", Bucket=bucket, Key=key, IfMatch=before["ETag"])
    else:
        filesystem.rm_file(source)
    return True


def _sha256(area: Area, path: str) -> str:
    with area.filesystem.open(path, "rb") as stream:
        digest = hashlib.sha256()
        while chunk := stream.read(1024 * 1024):
            digest.update(chunk)
    return digest.hexdigest()


def _with_time(path: str, file: LandedFile) -> str:
    """The path with the time of the file's last change before its extension: `a.xlsx` becomes `a.20220905T083000.123456Z.xlsx`."""
    stem, extension = posixpath.splitext(path)
    return f"{stem}.{file.received_at:%Y%m%dT%H%M%S.%fZ}{extension}"
