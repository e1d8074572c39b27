"""Verifying the chain: what an auditor can recompute from the archive alone, and whether the database says the same."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tonghop.database import DatabaseDown
from tonghop.publication.manifest import InForce, ManifestFile, canonical, hash_in_force, read_all, replay, strangers
from tonghop.publication.recorded import Recorded, compare, read_recorded
from tonghop.settings import settings
from tonghop.staging.archive import ASIDE, relative_path

_BEING_LOADED = 3600
"""Seconds for which a file may lie in the archive before its receipt is recorded: a load archives a batch first."""


@dataclass(frozen=True)
class Verification:
    """What was verified, and every disagreement found. `database_checked` is false when only the archive was looked at.

    `last` and `head` are the number and SHA-256 of the last manifest: noted down elsewhere, they show later that nobody cut off the end.
    """

    manifests: int
    files: int
    readings: int
    database_checked: bool
    last: int | None
    head: str | None
    problems: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing disagrees."""
        return not self.problems


def verify_chain(archive: Path | None = None, *, with_database: bool = True, head: str | None = None) -> Verification:
    """Recompute the chain of manifests, the hashes of all files that they name, and compare them with the database.

    `archive` is another archive folder than the setting's, such as a copy. `head` is the SHA-256 of a manifest that was noted down
    before: it must still be in the chain. Nothing is written. A database that does not answer is no problem of the chain: the archive
    alone is verified then.
    """
    folder = archive or settings().archive_path
    documents, problems = read_chain(folder, head)
    named = {version["file_sha256"] for document in documents.values() for slot in document["slots"] for version in slot["versions"]}
    recorded: Recorded | None = None
    found = _archived(folder)
    if with_database:
        try:
            recorded = read_recorded()
            problems += compare(documents, recorded)
        except DatabaseDown:
            recorded = None
    received = recorded.received if recorded else set()
    problems += _verify_files(folder, named | received)
    problems += _verify_others(folder, found, named | received, recorded is not None)
    last = max(documents, default=None)
    return Verification(
        manifests=len(documents),
        files=len(named | received),
        readings=len(recorded.readings) if recorded else 0,
        database_checked=recorded is not None,
        last=last,
        head=None if last is None else documents[last]["sha256"],
        problems=tuple(problems),
    )


def read_chain(archive: Path, head: str | None = None) -> tuple[dict[int, dict[str, Any]], list[str]]:
    """The manifests of an archive by number, each with its `sha256`, and what is wrong with them: each by itself, and as a chain.

    `head`: as for `verify_chain`.
    """
    documents: dict[int, dict[str, Any]] = {}
    problems = [f"{path}: no manifest, by its name" for path in strangers(archive)]
    problems += _verify_manifests(read_all(archive), documents)
    problems += _replay_chain(documents)
    problems += _verify_head(documents, head)
    return documents, problems


def _verify_head(documents: dict[int, dict[str, Any]], head: str | None) -> Iterator[str]:
    if head is not None and not any(document["sha256"] == head for document in documents.values()):
        yield f"no manifest has the SHA-256 {head} that was noted down: the end of the chain was cut off, or it was written anew"


def _verify_manifests(files: list[ManifestFile], documents: dict[int, dict[str, Any]]) -> Iterator[str]:
    """Each manifest's own hash and number; those that are what their name says are added to `documents`."""
    for file in files:
        if file.sha256 != file.named_sha256:
            yield f"{file.path}: changed after it was written (its SHA-256 is {file.sha256}, its name says {file.named_sha256})"
        try:
            document = json.loads(file.data)
            sound = canonical(document) == file.data and document["publication"] == file.number
        except (ValueError, KeyError, TypeError):
            sound = False
        if not sound:
            yield f"{file.path}: not the manifest of publication {file.number} as it is written by this software"
        elif file.number in documents:
            yield f"{file.path}: a second manifest of publication {file.number}"
        else:
            documents[file.number] = document | {"sha256": file.sha256}


def _replay_chain(documents: dict[int, dict[str, Any]]) -> Iterator[str]:
    """Each manifest names the one before; the submissions in force follow from the changes; a restatement equals its base."""
    before: dict[str, Any] | None = None
    in_force: InForce = {}
    states: dict[int, str] = {}
    for number, document in sorted(documents.items()):
        expected = None if before is None else {"number": before["publication"], "sha256": before["sha256"]}
        if document["previous"] != expected:
            yield (
                f"manifest of publication {number}: follows {_link(document['previous'])}, "
                f"but the one before it in the archive is {_link(expected)}"
            )
        in_force = replay(in_force, document["slots"])
        states[number] = hash_in_force(in_force)
        if document["in_force"] != {"slots": len(in_force), "sha256": states[number]}:
            yield (
                f"manifest of publication {number}: says that {document['in_force']['slots']} slots are in force, but the changes of the "
                f"manifests up to it give {len(in_force)} slots or other contents"
            )
        if document["kind"] == "restatement" and states.get(document["base"]) != states[number]:
            yield f"manifest of publication {number}: restates publication {document['base']}, but does not give the same submissions"
        before = document


def _link(previous: dict[str, Any] | None) -> str:
    return "none" if previous is None else f"publication {previous['number']} ({previous['sha256'][:12]}…)"


def _verify_files(folder: Path, hashes: set[str]) -> Iterator[str]:
    for sha256 in sorted(hashes):
        path = folder / relative_path(sha256)
        if not path.is_file():
            yield f"{path}: missing from the archive"
            continue
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != sha256:
            yield f"{path}: changed after it was received (its SHA-256 is {found})"


def _archived(folder: Path) -> list[Path]:
    """What lies among the archived files. Those that are being written have no name of their own yet."""
    files = folder / "files"
    found = (path for path in files.rglob("*") if path.is_file())
    return sorted(path for path in found if not path.relative_to(files).parts[0].startswith(ASIDE))


def _verify_others(folder: Path, found: list[Path], known: set[str], is_complete: bool) -> Iterator[str]:
    """Files that neither a manifest nor a receipt names; `is_complete`: the receipts are among what is known."""
    for path in found:
        if path.name in known and path == folder / relative_path(path.name):
            continue
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        if path != folder / relative_path(sha256):
            yield f"{path}: no file of the archive: its SHA-256 is {sha256}, and it does not lie under that name"
        elif is_complete and time.time() - path.stat().st_mtime > _BEING_LOADED:
            yield (
                f"{path}: the database records no receipt of it: it was put there by another hand, or a load broke off there "
                "(`tonghop load` of the same file records it)"
            )
