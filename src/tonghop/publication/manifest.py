"""Manifests: one JSON document a publication, in the archive, each naming the hash of the one before.

The document is canonical (sorted keys, no spaces, UTF-8, one newline at the end) and its file is named after its own SHA-256:
`manifests/000012-<sha256>.json`. Slots are those that the publication changed; replaying the chain from the first manifest on
gives the submissions in force at each publication, and `in_force` holds their number and hash to compare with.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tonghop.publication.records import Publication
from tonghop.publication.signed import read_signed
from tonghop.settings import settings

_NAME = re.compile(r"(\d{6,})-([0-9a-f]{64})\.json")

_SLOTS = """
    select
        c.unit_code as unit, c.form_code as form, c.period_code as period, c.change, c.submission_id as in_force,
        c.replaces_id as replaces, c.restates, c.request_id as request,
        (
            select
                coalesce(
                    jsonb_agg(
                        jsonb_build_object(
                            'correction', j.correction_code,
                            'indicator', j.indicator_code,
                            'measure', j.measure,
                            'breakdown', j.breakdown_code,
                            'sheet', cell.sheet,
                            'cell', cell.cell,
                            'found', coalesce(trim_scale(j.found_value)::text, j.found_state),
                            'use', coalesce(trim_scale(j.use_value)::text, j.use_state),
                            'reason', j.reason,
                            'author', j.author
                        )
                        order by j.correction_code
                    ),
                    '[]'
                )
            from audit.judged_correction as j
            inner join staging.cell
                on
                    j.submission_id = cell.submission_id
                    and j.indicator_code = cell.indicator_code
                    and j.measure = cell.measure
                    and j.breakdown_code = cell.breakdown_code
                    and (j.found_state, j.found_value) is not distinct from (cell.state, cell.value)
            where j.submission_id = c.submission_id and j.gate_run_id = c.gate_run_id
        ) as corrections,
        coalesce(versions.versions, '[]') as versions
    from audit.candidate_slot as c
    left join lateral (
        select
            jsonb_agg(
                jsonb_build_object(
                    'submission_id', s.submission_id,
                    'version', s.version,
                    'received_at', s.received_at,
                    'source_uri', s.source_uri,
                    'file_sha256', s.sha256,
                    'reading_sha256', s.reading_sha256,
                    'verdict', v.verdict,
                    'verdict_reason', v.reason,
                    'verdict_by', v.given_by,
                    'gate_run', v.gate_run_id,
                    'failures', jsonb_build_object(
                        'critical', v.failures_critical, 'warning', v.failures_warning, 'info', v.failures_info,
                        'waived', v.failures_waived
                    )
                )
                order by s.version
            ) as versions
        from staging.submission as s
        inner join lateral (
            select * from audit.verdict as last where last.submission_id = s.submission_id order by last.verdict_id desc limit 1
        ) as v on true
        where s.unit_code = c.unit_code and s.form_code = c.form_code and s.period_code = c.period_code
    ) as versions on true
    where c.publication = %s and c.change <> 'unchanged'
    order by c.period_code collate "C", c.form_code collate "C", c.unit_code collate "C"
"""

_GATES = """
    select
        r.gate_run_id, r.gate, r.status, r.started_at::text, r.ended_at::text,
        coalesce(
            jsonb_agg(
                jsonb_build_object(
                    'suite', q.suite, 'expectation', q.expectation, 'severity', q.severity, 'success', q.success, 'observed', q.observed
                )
                order by q.quality_result_id
            ) filter (where q.quality_result_id is not null),
            '[]'
        ) as results
    from audit.gate_run as r
    left join audit.quality_result as q on q.gate_run_id = r.gate_run_id
    where (r.gate = 2 and r.publication = %(number)s) or r.gate_run_id = any(%(gate_1)s)
    group by r.gate_run_id
    order by r.gate_run_id
"""

_IN_FORCE = """
    select s.unit_code, s.form_code, s.period_code, s.sha256, s.reading_sha256
    from warehouse.fct_submission as f
    inner join staging.submission as s on f.submission_id = s.submission_id
    where f.status = 'in_force' and f.to_publication = 2147483647
"""
"""At the time of writing, the open rows are the state of the publication that is being published."""

InForce = dict[tuple[str, str, str], tuple[str, str]]
"""(unit, form, period) -> (hash of the file, hash of what was read in it)."""


@dataclass(frozen=True)
class ManifestFile:
    """A manifest as it lies in the archive: number and hash by its name, and its bytes."""

    path: Path
    number: int
    named_sha256: str
    data: bytes

    @property
    def sha256(self) -> str:
        """The hash of the bytes."""
        return hashlib.sha256(self.data).hexdigest()


def describe(connection: psycopg.Connection, publication: Publication, published_at: datetime) -> dict[str, Any]:
    """The manifest of a publication that is about to be published at `published_at`, on a connection of role publisher."""
    connection.execute("set local timezone = 'UTC'")
    with connection.cursor(row_factory=dict_row) as cursor:
        slots = cursor.execute(_SLOTS, (publication.number,)).fetchall()
        gates = read_gates(connection, publication.number, slots)
        signed = read_signed(connection, publication.number, publication.periods, slots, published_at)
        pack = cursor.execute(
            "select pack_code as code, name_en as name, pack_hash as hash from catalog.pack where pack_hash = %s", (publication.pack_hash,)
        ).fetchone()
        previous = cursor.execute(
            "select number, manifest_sha256 as sha256 from audit.publication where status = 'published' and number < %s "
            "order by number desc limit 1",
            (publication.number,),
        ).fetchone()
    in_force: InForce = {(unit, form, period): (file, reading) for unit, form, period, file, reading in connection.execute(_IN_FORCE)}
    return {
        "publication": publication.number,
        "kind": publication.kind,
        "base": publication.base,
        "reason": publication.reason,
        "scope_all": publication.scope_all,
        "periods": publication.periods,
        "opened_at": publication.opened_at.isoformat(),
        "published_at": published_at.isoformat(),
        "pack": pack,
        "code_version": publication.code_version,
        "slots": slots,
        "gates": gates,
        "signed": signed,
        "in_force": {"slots": len(in_force), "sha256": hash_in_force(in_force)},
        "previous": previous,
    }


def read_gates(connection: psycopg.Connection, number: int, slots: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The runs of the gates that a publication rests on: gate 2 of its own, gate 1 of its submissions; times in UTC."""
    gate_1 = sorted({version["gate_run"] for slot in slots for version in slot["versions"] if version["gate_run"] is not None})
    connection.execute("set local timezone = 'UTC'")
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_GATES, {"number": number, "gate_1": gate_1}).fetchall()


def hash_in_force(in_force: InForce) -> str:
    """SHA-256 over one line `unit form period file reading` for each slot, sorted by code points, joined by newlines."""
    lines = (" ".join((*slot, *hashes)) for slot, hashes in in_force.items())
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def replay(in_force: InForce, slots: Iterable[dict[str, Any]]) -> InForce:
    """What is in force after a manifest's slots, given what was before."""
    after = dict(in_force)
    for slot in slots:
        key = (slot["unit"], slot["form"], slot["period"])
        after.pop(key, None)
        for version in slot["versions"]:
            if version["submission_id"] == slot["in_force"]:
                after[key] = (version["file_sha256"], version["reading_sha256"])
    return after


def canonical(document: dict[str, Any]) -> bytes:
    """The one way in which a manifest is written."""
    return (json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def write(document: dict[str, Any]) -> tuple[str, str]:
    """Write a manifest into the archive; one of that number that an interrupted attempt left is set aside.

    Returns its path relative to the archive, and its SHA-256. Written aside, synced and renamed: it is there whole or not at all.
    """
    number = int(document["publication"])
    data = canonical(document)
    sha256 = hashlib.sha256(data).hexdigest()
    set_aside(number)
    folder = _folder(settings().archive_path)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{number:06d}-{sha256}.json"
    aside = path.with_suffix(".new")
    with aside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.chmod(0o444)
    aside.replace(path)
    return str(path.relative_to(settings().archive_path)), sha256


def set_aside(number: int) -> None:
    """Move what an interrupted attempt to publish `number` left out of the chain, to `manifests/abandoned/`; nothing is deleted.

    Only for numbers that are not published.
    """
    folder = _folder(settings().archive_path)
    for left in folder.glob(f"{number:06d}-*"):
        abandoned = folder / "abandoned"
        abandoned.mkdir(exist_ok=True)
        left.replace(abandoned / left.name)


def read_all(archive: Path) -> list[ManifestFile]:
    """Every manifest in an archive, by number. Files of other names are none."""
    folder = _folder(archive)
    found = [(path, match) for path in sorted(folder.glob("*.json")) if (match := _NAME.fullmatch(path.name))]
    return sorted((ManifestFile(path, int(match[1]), match[2], path.read_bytes()) for path, match in found), key=lambda file: file.number)


def strangers(archive: Path) -> list[Path]:
    """What lies among the manifests and is none by its name. One that is being written has no name of its own yet."""
    return [
        path for path in sorted(_folder(archive).glob("*")) if path.is_file() and path.suffix != ".new" and not _NAME.fullmatch(path.name)
    ]


def _folder(archive: Path) -> Path:
    return archive / "manifests"
