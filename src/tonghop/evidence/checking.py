"""Checking an evidence package anywhere: its own hashes, the chain of manifests in it, and its records against that chain."""

from __future__ import annotations

import csv
import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path, PurePosixPath
from typing import Any

from tonghop.errors import TonghopError
from tonghop.evidence import contents
from tonghop.publication.verification import read_chain
from tonghop.readers.fingerprint import hash_again
from tonghop.spreadsheets import unescape_formula

_CHUNK = 1 << 20

_CANONICAL = ("indicator_code", "measure", "breakdown_code", "role", "state", "raw", "flags", "sheet", "cell")
"""The texts of a cell in their order in the canonical form; its value stands after the state."""

Slot = tuple[str, str, str]
"""unit, form, period"""


class NoEvidence(TonghopError):
    """The file is no evidence package."""


@dataclass(frozen=True)
class Checked:
    """What was checked, and every disagreement found. `manifest_sha256` is that of the publication's manifest, as it is in the package."""

    publication: int
    periods: tuple[str, ...]
    members: int
    manifests: int
    submissions: int
    files: int
    manifest_sha256: str | None
    problems: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing disagrees."""
        return not self.problems


def check_evidence(path: Path, head: str | None = None) -> Checked:
    """Check a package; nothing else is needed, no database and no archive.

    `head` is the SHA-256 of a manifest that was noted down elsewhere: it must be in the chain. Raises NoEvidence when `path` is no
    such package at all.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            hashes = _unpack(path, folder)
            about = json.loads((folder / contents.ABOUT).read_text(encoding="utf-8"))
            number, periods = int(about["publication"]), tuple(about["periods"])
            submissions = list(_rows(folder / contents.file_of("submissions")))
            readings = dict(_readings(folder / contents.file_of("cells")))
        except (OSError, zipfile.BadZipFile, ValueError, KeyError, TypeError) as error:
            raise NoEvidence(f"{path} is no evidence package as `tonghop evidence pack` writes it: {error}") from error
        documents, problems = read_chain(folder / contents.ARCHIVE, head)
        problems = [problem.replace(f"{folder}/", "") for problem in problems]
        problems += _check_sums(folder, hashes)
        problems += _check_publication(about, documents)
        problems += _check_submissions(submissions, _known(documents), periods)
        problems += _check_cells(submissions, readings)
        problems += _check_files(hashes, submissions, with_files=bool(about.get("with_files")))
        return Checked(
            publication=number,
            periods=periods,
            members=len(hashes),
            manifests=len(documents),
            submissions=len(submissions),
            files=sum(name.startswith(f"{contents.ARCHIVE}/files/") for name in hashes),
            manifest_sha256=documents.get(number, {}).get("sha256"),
            problems=tuple(problems),
        )


def _unpack(path: Path, folder: Path) -> dict[str, str]:
    """Write all members below `folder`; their SHA-256 by name."""
    hashes: dict[str, str] = {}
    with zipfile.ZipFile(path) as package:
        for info in package.infolist():
            name = PurePosixPath(info.filename)
            if name.is_absolute() or ".." in name.parts or info.filename in hashes:
                raise ValueError(f"a member is called {info.filename!r}")
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            digest = hashlib.sha256()
            with package.open(info) as source, target.open("wb") as file:
                while chunk := source.read(_CHUNK):
                    digest.update(chunk)
                    file.write(chunk)
            hashes[info.filename] = digest.hexdigest()
    return hashes


def _check_sums(folder: Path, hashes: dict[str, str]) -> Iterator[str]:
    """The list of hashes names all members, and each is what it says."""
    path = folder / contents.SUMS
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    listed = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    for name in sorted(listed.keys() | hashes.keys() - {contents.SUMS}):
        if name not in hashes:
            yield f"{name}: was taken out of the package"
        elif name not in listed:
            yield f"{name}: was added to the package; {contents.SUMS} does not name it"
        elif hashes[name] != listed[name]:
            yield f"{name}: was changed; its SHA-256 is {hashes[name]}, {contents.SUMS} says {listed[name]}"


def _check_publication(about: dict[str, Any], documents: dict[int, dict[str, Any]]) -> Iterator[str]:
    """The package is about the last manifest in it."""
    number = about["publication"]
    document = documents.get(number)
    if document is None:
        yield f"the manifest of publication {number} is not in the package"
        return
    if document["sha256"] != about["manifest_sha256"]:
        yield f"the manifest of publication {number} has the SHA-256 {document['sha256']}; {contents.ABOUT} says {about['manifest_sha256']}"
    if max(documents) != number:
        yield f"there are manifests up to publication {max(documents)} in a package about publication {number}"
    for ours, theirs in (("pack_hash", document["pack"]["hash"]), ("code_version", document["code_version"])):
        if about[ours] != theirs:
            yield f"{contents.ABOUT} says {ours} {about[ours]}, the manifest {theirs}"


def _known(documents: dict[int, dict[str, Any]]) -> dict[Slot, dict[str, Any]]:
    """Each slot as the last manifest that names it has it."""
    return {(slot["unit"], slot["form"], slot["period"]): slot for _, document in sorted(documents.items()) for slot in document["slots"]}


def _check_submissions(rows: list[dict[str, str]], known: dict[Slot, dict[str, Any]], periods: tuple[str, ...]) -> Iterator[str]:
    """The list of submissions says what the manifests say: which versions there are, their hashes and verdicts, and which is in force."""
    said = {
        _told(slot, version, version["submission_id"] == there["in_force"])
        for slot, there in known.items()
        for version in there["versions"]
        if slot[2] in periods
    }
    found = {_listed(row) for row in rows}
    for slot, version, *_ in sorted(found - said):
        yield f"{' '.join(slot)} version {version}: {contents.file_of('submissions')} says something else than the manifests"
    for slot, version, *_ in sorted(said - found):
        yield f"{' '.join(slot)} version {version}: the manifests say something else than {contents.file_of('submissions')}"


def _told(slot: Slot, version: dict[str, Any], in_force: bool) -> tuple[Slot, int, str, str, str, bool]:
    return slot, version["version"], version["file_sha256"], version["reading_sha256"], version["verdict"], in_force


def _listed(row: dict[str, str]) -> tuple[Slot, int, str, str, str, bool]:
    slot = row["unit_code"], row["form_code"], row["period_code"]
    return slot, int(row["version"]), row["file_sha256"], row["reading_sha256"], row["verdict"], row["status"] == "in_force"


def _check_cells(submissions: list[dict[str, str]], readings: dict[str, str]) -> Iterator[str]:
    """The cells of each report in force have the hash that was published with it."""
    in_force = {row["submission_id"]: row for row in submissions if row["status"] == "in_force"}
    nothing = hash_again(())
    for submission_id in sorted(in_force.keys() | readings.keys(), key=int):
        row = in_force.get(submission_id)
        if row is None:
            yield f"{contents.file_of('cells')}: submission {submission_id} is not in force, but cells of it are there"
        elif readings.get(submission_id, nothing) != row["reading_sha256"]:
            slot = " ".join(_listed(row)[0])
            yield f"{contents.file_of('cells')}: the cells of {slot} version {row['version']} are not those that were published"


def _readings(path: Path) -> Iterator[tuple[str, str]]:
    """Each submission with the hash over its cells."""
    for submission_id, cells in groupby(_rows(path), key=itemgetter("submission_id")):
        yield submission_id, hash_again(_line(cell) for cell in cells)


def _line(cell: dict[str, str]) -> str:
    """A cell in its canonical form: `tonghop.readers.fingerprint`."""
    texts = [unescape_formula(cell[name]) for name in _CANONICAL]
    return json.dumps([*texts[:5], cell["value"] or None, *texts[5:]], ensure_ascii=False)


def _check_files(hashes: dict[str, str], submissions: list[dict[str, str]], *, with_files: bool) -> Iterator[str]:
    """Each of the units' files is what its name says, and none of those that the reports came in is lacking."""
    there = set()
    for name, digest in sorted(hashes.items()):
        if name.startswith(f"{contents.ARCHIVE}/files/"):
            there.add(PurePosixPath(name).name)
            if PurePosixPath(name).name != digest:
                yield f"{name}: is not the file that was received; its SHA-256 is {digest}"
    for sha256 in sorted({row["file_sha256"] for row in submissions} - there if with_files else ()):
        yield f"{sha256}: the file with this SHA-256 is lacking, though reports came in it"


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
