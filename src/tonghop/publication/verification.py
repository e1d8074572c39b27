"""Verifying the chain: what an auditor can recompute from the archive alone, and whether the database says the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from tonghop.database import DatabaseDown, connect
from tonghop.publication.manifest import InForce, ManifestFile, canonical, hash_in_force, read_all, replay
from tonghop.publication.records import Publication, list_publications
from tonghop.settings import settings
from tonghop.staging import RECOMPUTED
from tonghop.staging.archive import relative_path


@dataclass(frozen=True)
class Verification:
    """What was verified, and every disagreement found. `database_checked` is false when only the archive was looked at."""

    manifests: int
    files: int
    readings: int
    database_checked: bool
    problems: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing disagrees."""
        return not self.problems


@dataclass(frozen=True)
class _Recomputed:
    submission_id: int
    sha256: str
    reading_sha256: str
    recomputed: str


def verify_chain(archive: Path | None = None, *, with_database: bool = True) -> Verification:
    """Recompute the chain of manifests, the hashes of all files that they name, and compare them with the database.

    `archive` is another archive folder than the setting's, such as a copy. Nothing is written. A database that does
    not answer is no problem of the chain: the archive alone is verified then.
    """
    folder = archive or settings().archive_path
    documents: dict[int, dict[str, Any]] = {}
    problems = list(_verify_manifests(read_all(folder), documents))
    problems += _replay_chain(documents)
    named_files = {version["file_sha256"] for document in documents.values() for slot in document["slots"] for version in slot["versions"]}
    publications: list[Publication] = []
    readings: list[_Recomputed] = []
    received: set[str] = set()
    checked = False
    if with_database:
        try:
            publications, readings, received = list_publications(), *_recompute()
            checked = True
        except DatabaseDown:
            checked = False
    if checked:
        problems += _compare_publications(documents, publications)
        problems += _compare_readings(documents, readings)
    problems += _verify_files(folder, named_files | received)
    return Verification(len(documents), len(named_files | received), len(readings), checked, tuple(problems))


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


def _compare_publications(documents: dict[int, dict[str, Any]], publications: list[Publication]) -> Iterator[str]:
    published = {publication.number: publication for publication in publications if publication.status == "published"}
    under_way = {publication.number for publication in publications if publication.status == "candidate"}
    for number in sorted(documents.keys() - published.keys() - under_way):
        yield f"manifest of publication {number}: the database knows no published publication of that number"
    for number, publication in sorted(published.items()):
        document = documents.get(number)
        if document is None:
            yield f"publication {number}: its manifest {publication.manifest_path} is missing from the archive, or was changed"
            continue
        if document["sha256"] != publication.manifest_sha256:
            recorded_hash = publication.manifest_sha256
            yield f"publication {number}: the database recorded manifest {recorded_hash}, the archive has {document['sha256']}"
        recorded = {
            "kind": publication.kind,
            "base": publication.base,
            "scope_all": publication.scope_all,
            "periods": publication.periods,
            "pack": publication.pack_hash,
            "code_version": publication.code_version,
            "published_at": publication.published_at,
        }
        stated = {name: document[name] for name in ("kind", "base", "scope_all", "periods", "code_version")}
        stated["pack"] = document["pack"]["hash"]
        stated["published_at"] = datetime.fromisoformat(document["published_at"])
        for name, value in recorded.items():
            if stated[name] != value:
                yield f"publication {number}: the database says {name} = {value}, its manifest {stated[name]}"


def _compare_readings(documents: dict[int, dict[str, Any]], readings: list[_Recomputed]) -> Iterator[str]:
    by_id = {reading.submission_id: reading for reading in readings}
    for reading in readings:
        if reading.recomputed != reading.reading_sha256:
            yield f"submission {reading.submission_id}: its cells in the database are not those that were read from file {reading.sha256}"
    for number, document in sorted(documents.items()):
        for slot in document["slots"]:
            for version in slot["versions"]:
                found = by_id.get(version["submission_id"])
                name = f"submission {version['submission_id']} ({slot['unit']} {slot['form']} {slot['period']})"
                if found is None:
                    yield f"manifest of publication {number}: {name} is not in the database"
                elif (found.sha256, found.reading_sha256) != (version["file_sha256"], version["reading_sha256"]):
                    yield f"manifest of publication {number}: {name} has other hashes in the database"


def _recompute() -> tuple[list[_Recomputed], set[str]]:
    """The hash of what was read, recomputed from the cells of every submission, and the hashes of all files ever received."""
    with connect("auditor") as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with connection.cursor(row_factory=class_row(_Recomputed)) as cursor:
            readings = cursor.execute(
                sql.SQL("""
                select
                    s.submission_id, s.sha256, s.reading_sha256, r.reading_sha256 as recomputed
                from ({recomputed}) as r
                inner join staging.submission as s on s.submission_id = r.submission_id
                order by s.submission_id
                """).format(recomputed=sql.SQL(RECOMPUTED))
            ).fetchall()
        received = {sha256 for (sha256,) in connection.execute("select sha256 from staging.file")}
    return readings, received
