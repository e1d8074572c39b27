"""What the database records, compared with what the manifests say: every publication, slot, submission, verdict and gate."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from tonghop.database import connect
from tonghop.publication.manifest import canonical, read_gates
from tonghop.publication.records import Publication, list_publications
from tonghop.publication.signed import read_signed
from tonghop.staging import RECOMPUTED

Documents = dict[int, dict[str, Any]]
"""Manifests by number, each with its own `sha256`."""

_Verdict = tuple[Any, ...]


@dataclass(frozen=True)
class Reading:
    """A submission as staging has it; `recomputed` is the hash over its cells as they are now."""

    submission_id: int
    unit: str
    form: str
    period: str
    version: int
    received_at: datetime
    source_uri: str
    file_sha256: str
    reading_sha256: str
    recomputed: str


@dataclass(frozen=True)
class Recorded:
    """What is read at once: publications, submissions, the verdicts ever given, and the hashes of all files ever received."""

    publications: list[Publication]
    readings: dict[int, Reading]
    verdicts: set[_Verdict]
    received: set[str]


def read_recorded() -> Recorded:
    """Read the records in one snapshot. Raises DatabaseDown when the database does not answer."""
    publications = list_publications()
    with connect("auditor") as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with connection.cursor(row_factory=class_row(Reading)) as cursor:
            readings = {reading.submission_id: reading for reading in cursor.execute(_READINGS)}
        verdicts = set(connection.execute(_VERDICTS))
        received = {sha256 for (sha256,) in connection.execute("select sha256 from staging.file")}
    return Recorded(publications, readings, verdicts, received)


def compare(documents: Documents, recorded: Recorded) -> Iterator[str]:
    """Every disagreement between the manifests and the database, in words."""
    published = {publication.number: publication for publication in recorded.publications if publication.status == "published"}
    yield from _compare_live(recorded.publications)
    yield from _compare_publications(documents, recorded.publications, published)
    for reading in recorded.readings.values():
        if reading.recomputed != reading.reading_sha256:
            file = reading.file_sha256
            yield f"submission {reading.submission_id}: its cells in the database are not those that were read from file {file}"
    with connect("auditor") as connection:
        for number, document in sorted(documents.items()):
            yield from _compare_submissions(number, document, recorded)
            if number in published:
                yield from _compare_slots(connection, number, document)
                yield from _compare_gates(connection, number, document)
                yield from _compare_signed(connection, number, document)


def _compare_live(publications: list[Publication]) -> Iterator[str]:
    """What BI sees is the last publication; while a rollback is under way, the one that it goes back to."""
    back_to = next((each.base for each in publications if each.status == "candidate" and each.kind == "restatement"), None)
    expected = back_to or max((each.number for each in publications if each.status == "published"), default=None)
    live = next((each.number for each in publications if each.is_live), None)
    if live != expected:
        yield f"the database shows publication {live or 'none'} to BI, but the last one is {expected or 'none'}"


def _compare_publications(documents: Documents, publications: list[Publication], published: dict[int, Publication]) -> Iterator[str]:
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
            "reason": publication.reason,
            "scope_all": publication.scope_all,
            "periods": publication.periods,
            "pack": publication.pack_hash,
            "code_version": publication.code_version,
            "opened_at": publication.opened_at,
            "published_at": publication.published_at,
        }
        stated = {name: document[name] for name in ("kind", "base", "reason", "scope_all", "periods", "code_version")}
        stated["pack"] = document["pack"]["hash"]
        stated |= {name: datetime.fromisoformat(document[name]) for name in ("opened_at", "published_at")}
        for name, value in recorded.items():
            if stated[name] != value:
                yield f"publication {number}: the database says {name} = {value}, its manifest {stated[name]}"


def _compare_submissions(number: int, document: dict[str, Any], recorded: Recorded) -> Iterator[str]:
    for slot in document["slots"]:
        for version in slot["versions"]:
            found = recorded.readings.get(version["submission_id"])
            name = f"submission {version['submission_id']} ({slot['unit']} {slot['form']} {slot['period']})"
            if found is None:
                yield f"manifest of publication {number}: {name} is not in the database"
                continue
            if (found.file_sha256, found.reading_sha256) != (version["file_sha256"], version["reading_sha256"]):
                yield f"manifest of publication {number}: {name} has other hashes in the database"
            stated = (slot["unit"], slot["form"], slot["period"], version["version"], version["source_uri"])
            as_now = (found.unit, found.form, found.period, found.version, found.source_uri)
            if (*stated, datetime.fromisoformat(version["received_at"])) != (*as_now, found.received_at):
                yield f"manifest of publication {number}: {name} is of another slot, version, source or time in the database"
            if _stated_verdict(version) not in recorded.verdicts:
                yield f"manifest of publication {number}: {name} was {version['verdict']}, a verdict that the database does not record"


def _stated_verdict(version: dict[str, Any]) -> _Verdict:
    failures = (version["failures"].get(severity, 0) for severity in ("critical", "warning", "info", "waived"))
    names = ("submission_id", "verdict", "verdict_reason", "verdict_by", "gate_run")
    return (*(version.get(name) for name in names), *failures)


def _compare_slots(connection: psycopg.Connection, number: int, document: dict[str, Any]) -> Iterator[str]:
    recorded = set(connection.execute(_SLOTS, (number,)))
    names = ("unit", "form", "period", "change", "in_force", "replaces", "restates", "request")
    unsaid = {"replaces": None, "restates": False, "request": None}  # in the first manifests
    stated = {tuple((unsaid | slot)[name] for name in names) for slot in document["slots"]}
    for unit, form, period, *_ in sorted(recorded ^ stated, key=str):
        yield f"manifest of publication {number}: what it took in for {unit} {form} {period} is recorded otherwise in the database"


def _compare_gates(connection: psycopg.Connection, number: int, document: dict[str, Any]) -> Iterator[str]:
    as_written = json.loads(canonical({"gates": read_gates(connection, number, document["slots"])}))
    recorded = {gate["gate_run_id"]: gate for gate in as_written["gates"]}
    stated = {gate["gate_run_id"]: gate for gate in document["gates"]}
    for gate_run_id in sorted(recorded.keys() | stated.keys()):
        if recorded.get(gate_run_id) != stated.get(gate_run_id):
            yield f"manifest of publication {number}: run {gate_run_id} of the gates is recorded otherwise in the database"


def _compare_signed(connection: psycopg.Connection, number: int, document: dict[str, Any]) -> Iterator[str]:
    """Waivers and approvals, as they stood when the manifest was written; the first manifests know of none."""
    stated = document.get("signed")
    if stated is None:
        return
    until = datetime.fromisoformat(document["published_at"])
    recorded = json.loads(canonical(read_signed(connection, number, document["periods"], document["slots"], until)))
    for part, what in (("waived", "the failures that were waived"), ("withheld", "what stayed out of it")):
        if recorded[part] != stated[part]:
            yield f"manifest of publication {number}: {what} are recorded otherwise in the database"
    requests = {each["request_id"]: each for each in recorded["requests"]}
    named = {each["request_id"]: each for each in stated["requests"]}
    for request_id in sorted(requests.keys() | named.keys()):
        if requests.get(request_id) != named.get(request_id):
            yield f"manifest of publication {number}: request {request_id} or what was decided on it is recorded otherwise in the database"


_READINGS = sql.SQL("""
    select
        s.submission_id, s.unit_code as unit, s.form_code as form, s.period_code as period, s.version, s.received_at, s.source_uri,
        s.sha256 as file_sha256, s.reading_sha256, r.reading_sha256 as recomputed
    from ({recomputed}) as r
    inner join staging.submission as s on r.submission_id = s.submission_id
    order by s.submission_id
""").format(recomputed=sql.SQL(RECOMPUTED))

_VERDICTS = """
    select distinct
        submission_id, verdict, reason, given_by, gate_run_id, failures_critical, failures_warning, failures_info,
        failures_waived
    from audit.verdict
"""

_SLOTS = """
    select unit_code, form_code, period_code, change, submission_id, replaces_id, restates, request_id
    from audit.candidate_slot
    where publication = %s and change <> 'unchanged'
"""
