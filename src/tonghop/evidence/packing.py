"""Packing the evidence of a publication: one ZIP that shows, without our database, what was published and what it rests on.

Records are streamed out of one snapshot at the publication, so a package of any size needs little memory.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql

from tonghop.database import connect
from tonghop.evidence import contents
from tonghop.exchange.export import file_sha256, whole_or_nothing
from tonghop.exchange.selection import ViewColumn
from tonghop.exchange.texts import copy_csv
from tonghop.publication import Publication, PublicationProblem, get_publication
from tonghop.publication.manifest import read_all
from tonghop.publication.records import require_shown
from tonghop.settings import settings
from tonghop.staging import archive

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Packed:
    """A package that was written: its own SHA-256, that of the publication's manifest, and how much is in it."""

    path: Path
    publication: int
    periods: tuple[str, ...]
    sha256: str
    manifest_sha256: str
    members: int
    files: int


def pack_evidence(number: int, path: Path, *, periods: Sequence[str] = (), with_files: bool = True) -> Packed:
    """Write the evidence of publication `number` to `path`, a ZIP, for `periods` (codes; default: those that it brought anything of).

    Without `with_files`, the units' own files stay out and only their hashes are in it. The package appears when it is whole. Raises
    PublicationProblem when the publication cannot be shown or has nothing of a period, ArchiveDamaged when a file is not what it was.
    """
    publication = get_publication(number)
    require_shown(publication)
    chosen = tuple(sorted(periods or publication.periods))
    path.parent.mkdir(parents=True, exist_ok=True)
    with _snapshot(publication, chosen) as connection, whole_or_nothing(path) as aside:
        with zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as package:
            box = _Box(package, publication)
            _add_records(box, connection, chosen)
            _add_catalog(box, connection)
            _add_manifests(box)
            hashes = _hashes(connection, chosen) if with_files else []
            for sha256 in hashes:
                box.add_archived(sha256)
            _add_report(box)
            _add_texts(box, connection, chosen, len(hashes) if with_files else None)
            members = box.close()
        digest = file_sha256(aside)
    return Packed(path, number, chosen, digest, publication.manifest_sha256 or "", members, len(hashes))


class _Box:
    """The package under way: members with their hashes. All bear the moment of the publication, so that equal evidence packs equally."""

    def __init__(self, package: zipfile.ZipFile, publication: Publication) -> None:
        self.publication = publication
        self._package = package
        self._sums: dict[str, str] = {}
        assert publication.published_at is not None
        self._moment = publication.published_at.timetuple()[:6]

    @contextmanager
    def member(self, name: str) -> Iterator[_Hashed]:
        """A new member to write into."""
        info = zipfile.ZipInfo(name, date_time=self._moment)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        with self._package.open(info, "w", force_zip64=True) as file:
            hashed = _Hashed(file)
            yield hashed
        self._sums[name] = hashed.digest.hexdigest()

    def add(self, name: str, data: bytes) -> None:
        """Add a member that is in memory."""
        with self.member(name) as file:
            file.write(data)

    def add_file(self, name: str, path: Path) -> None:
        """Add a file of the disk."""
        with path.open("rb") as source, self.member(name) as file:
            while chunk := source.read(_CHUNK):
                file.write(chunk)

    def add_archived(self, sha256: str) -> None:
        """Add one of the units' files, which must be what it was: evidence that is damaged is none."""
        name = f"{contents.ARCHIVE}/{archive.relative_path(sha256)}"
        self.add_file(name, archive.find(sha256))
        if self._sums[name] != sha256:
            archive.get(sha256)  # raises, and says what to do

    def close(self) -> int:
        """Add the list of all hashes, as `sha256sum` reads it, and return how many members there are."""
        listed = "".join(f"{digest}  {name}\n" for name, digest in sorted(self._sums.items()))
        self.add(contents.SUMS, listed.encode())
        return len(self._sums)


class _Hashed:
    """A file that is hashed while it is written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write bytes."""
        self.digest.update(data)
        self._file.write(data)


@contextmanager
def _snapshot(publication: Publication, periods: Sequence[str]) -> Iterator[psycopg.Connection[Any]]:
    with connect("auditor", publication=publication.number) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        connection.execute("set local timezone = 'UTC'")
        known = {code for (code,) in connection.execute(_REPORTED, {"periods": list(periods)})}
        if unknown := [period for period in periods if period not in known]:
            raise PublicationProblem(
                f"Publication {publication.number} shows no report of {', '.join(unknown)}: "
                f"it brought something of {', '.join(publication.periods)}. `tonghop publications` lists what each brought."
            )
        yield connection


_REPORTED = """
    select distinct periods.period_code
    from marts.fct_submission as f
    inner join marts.dim_period as periods on f.period_key = periods.period_key
    where periods.period_code = any(%(periods)s)
"""


def _add_records(box: _Box, connection: psycopg.Connection[Any], periods: Sequence[str]) -> None:
    parameters = {"number": box.publication.number, "periods": list(periods), "published_at": box.publication.published_at}
    for record in contents.RECORDS:
        with box.member(contents.file_of(record)) as file:
            _copy(connection, sql.SQL(contents.query_of(record)), parameters, file)


def _add_catalog(box: _Box, connection: psycopg.Connection[Any]) -> None:
    """Every table of the pack that was in force, whole."""
    tables = connection.execute(
        "select table_name from information_schema.columns where table_schema = 'catalog' and column_name = 'pack_hash' "
        "and table_name in (select relname from pg_class where relnamespace = 'catalog'::regnamespace and relkind = 'r') order by 1"
    ).fetchall()
    for (table,) in tables:
        query = sql.SQL("select * from catalog.{} where pack_hash = %(pack_hash)s order by 1, 2, 3").format(sql.Identifier(table))
        with box.member(f"{contents.CATALOG}/{table}.csv") as file:
            _copy(connection, query, {"pack_hash": box.publication.pack_hash}, file)


def _add_manifests(box: _Box) -> None:
    """The chain up to this publication, byte for byte."""
    for manifest in read_all(settings().archive_path):
        if manifest.number <= box.publication.number:
            box.add(f"{contents.ARCHIVE}/manifests/{manifest.path.name}", manifest.data)


def _add_report(box: _Box) -> None:
    from tonghop.reports import quality_report

    with tempfile.TemporaryDirectory() as folder:
        report = quality_report(box.publication.number, Path(folder)).parent
        for page in sorted(path for path in report.rglob("*") if path.is_file()):
            box.add_file(f"{contents.REPORT}/{page.relative_to(report).as_posix()}", page)


def _add_texts(box: _Box, connection: psycopg.Connection[Any], periods: Sequence[str], files_packed: int | None) -> None:
    publication = box.publication
    name_vi, name_en = connection.execute(
        "select name_vi, name_en from catalog.pack where pack_hash = %s", (publication.pack_hash,)
    ).fetchone() or ("", "")
    assert publication.published_at is not None
    about = {
        "publication": publication.number,
        "kind": publication.kind,
        "base": publication.base,
        "reason": publication.reason,
        "published_at": publication.published_at.isoformat(),
        "periods": list(periods),
        "pack_hash": publication.pack_hash,
        "code_version": publication.code_version,
        "manifest_sha256": publication.manifest_sha256,
        "name_vi": name_vi,
        "name_en": name_en,
        "with_files": files_packed is not None,
    }
    box.add(contents.ABOUT, (json.dumps(about, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode())
    told = (
        f"{files_packed} tệp của các đơn vị, nguyên từng byte / the units' own files, byte for byte"
        if files_packed is not None
        else "không kèm theo; records/submissions.csv có mã băm / left out; their hashes are in records/submissions.csv"
    )
    text = (files("tonghop.evidence") / "readme.txt").read_text(encoding="utf-8")
    box.add(contents.README, text.format(**(about | {"periods": ", ".join(periods)}), files_told=told).encode())


def _copy(connection: psycopg.Connection[Any], query: sql.SQL | sql.Composed, parameters: dict[str, Any], file: _Hashed) -> None:
    described = connection.execute(sql.SQL("select * from ({}) as described limit 0").format(query), parameters)
    columns = [ViewColumn(column.name, column.type_display) for column in described.description or ()]
    copy_csv(connection, query, parameters, columns, file)


def _hashes(connection: psycopg.Connection[Any], periods: Sequence[str]) -> list[str]:
    """The files that the reports of these periods came in, at this publication."""
    rows = connection.execute(
        "select distinct f.sha256 from marts.fct_submission as f inner join marts.dim_period as p on f.period_key = p.period_key "
        "where p.period_code = any(%s) and f.sha256 is not null order by 1",
        (list(periods),),
    )
    return [sha256 for (sha256,) in rows]
