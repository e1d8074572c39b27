"""What a quality report shows, read from the database: one snapshot, pinned to one publication, aggregated in SQL.

A report covers the slots of the publication's periods. Of a slot it shows the latest version and, when that one is not in
use, the version that is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from importlib.resources import files
from typing import Any, TypeVar

import psycopg
from psycopg import IsolationLevel
from psycopg.rows import class_row
from psycopg.types.json import set_json_loads

from tonghop.database import connect
from tonghop.errors import TonghopError

_ROWS_AT_A_TIME = 200

Names = tuple[str, str]
"""A name in Vietnamese and in English."""

R = TypeVar("R")


class NoSuchReport(TonghopError):
    """A report is asked for a publication that there is none of."""


@dataclass(frozen=True)
class Head:
    """The publication that the report is about."""

    number: int
    kind: str
    base: int | None
    reason: str | None
    opened_at: datetime
    published_at: datetime
    periods: list[str]
    code_version: str
    pack_hash: str
    catalog_version: int
    name_vi: str
    name_en: str
    time_zone: str
    since: datetime | None
    """when the publication before it was opened: files and gate runs after that belong to this report"""
    files: dict[str, int]
    """arrivals by outcome"""


@dataclass(frozen=True)
class PeriodCounts:
    """How the reports of one period stand: number of slots by standing, and problems by severity; waived ones apart."""

    period_code: str
    owed: int
    received: int
    accepted: int
    accepted_with_warnings: int
    quarantined: int
    held: int
    missing: int
    not_due: int
    late: int
    critical: int
    warning: int
    info: int
    waived: int


@dataclass(frozen=True)
class RuleCounts:
    """How often a rule, or a finding that no rule judges, was broken, and by whom."""

    rule_code: str
    text_vi: str
    text_en: str
    reason: str | None
    owner: str | None
    critical: int
    warning: int
    info: int
    waived: int
    units: list[dict[str, Any]]
    """unit_code, name_vi, name_en, count"""

    @property
    def count(self) -> int:
        """All problems of this rule."""
        return self.critical + self.warning + self.info + self.waived


@dataclass(frozen=True)
class UnitRow:
    """A line of a period's matrix: a unit and how its slots stand, by form."""

    period_code: str
    parent_code: str | None
    parent_vi: str | None
    parent_en: str | None
    unit_code: str
    name_vi: str
    name_en: str
    has_page: bool
    slots: dict[str, dict[str, Any]]
    """by form code: standing, is_late, critical, warning, info, waived"""


@dataclass(frozen=True)
class UnitPage:
    """Everything that a unit should look at."""

    unit_code: str
    name_vi: str
    name_en: str
    parent_vi: str | None
    parent_en: str | None
    slots: list[dict[str, Any]]
    """form, period, standing, due_at, and `versions`, each with its problems"""


@dataclass(frozen=True)
class RejectedFile:
    """A file that nothing could be read from."""

    source_uri: str
    sender: str | None
    received_at: datetime
    findings: list[dict[str, Any]]


@dataclass(frozen=True)
class GateRun:
    """A run of a gate with its results, failed ones first."""

    gate: int
    gate_run_id: int
    status: str
    started_at: datetime
    ended_at: datetime | None
    results: list[dict[str, Any]]


@dataclass(frozen=True)
class WithheldRow:
    """A period, or a report of a closed one, that was accepted and stayed out; `why` as in `tonghop.publication.Withheld`."""

    period_code: str
    form_code: str | None
    unit_code: str | None
    why: str
    given_for: str
    name_vi: str
    name_en: str


@dataclass(frozen=True)
class Restatement:
    """A report of a closed period whose published figures changed; of an approved correction also who asked and who approved."""

    period_code: str
    form_code: str
    unit_code: str
    change: str
    name_vi: str
    name_en: str
    before_version: int | None
    after_version: int | None
    closes_at: datetime | None
    asked_by: str
    approved_by: str
    reason: str | None


@dataclass(frozen=True)
class Evidence:
    """All of it. `matrix` and `units` can be read once: there can be very many, and they are fetched as they are asked for."""

    head: Head
    forms: dict[str, Names]
    indicators: dict[str, Names]
    periods: list[PeriodCounts]
    rules: list[RuleCounts]
    matrix: Iterable[UnitRow]
    units: Iterable[UnitPage]
    rejected: list[RejectedFile]
    gates: list[GateRun]
    withheld: list[WithheldRow] = field(default_factory=list)
    restatements: list[Restatement] = field(default_factory=list)


@contextmanager
def read_evidence(publication: int) -> Iterator[Evidence]:
    """The evidence of a publication, in one repeatable-read transaction that lasts as long as the context.

    Raises NoSuchReport when the number was never published, DatabaseDown when nothing answers.
    """
    with connect("auditor", publication=publication) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        set_json_loads(_exact, connection)
        head = _one(connection, Head, _query("head"), {"number": publication})
        if head is None:
            raise NoSuchReport(
                f"Publication {publication} was not published, or has expired: there is no report of it. `tonghop publications` lists all."
            )
        values = {
            "number": publication, "periods": head.periods, "since": head.since,
            "opened_at": head.opened_at, "published_at": head.published_at,
        }  # fmt: skip
        yield Evidence(
            head=head,
            forms=_names(connection, "select form_code, name_vi, name_en from marts.dim_form order by form_key"),
            indicators=_names(connection, "select indicator_code, name_vi, name_en from marts.dim_indicator"),
            periods=_all(connection, PeriodCounts, _query("slots", "periods"), values),
            rules=_all(connection, RuleCounts, _query("slots", "rules"), values),
            matrix=_stream(connection, UnitRow, _query("slots", "matrix"), values),
            units=_stream(connection, UnitPage, _query("slots", "units"), values),
            rejected=_all(connection, RejectedFile, _query("rejected"), values),
            gates=_all(connection, GateRun, _query("gates"), values),
            withheld=_all(connection, WithheldRow, _query("withheld"), values),
            restatements=_all(connection, Restatement, _query("restatements"), values),
        )


def _query(*parts: str) -> str:
    """A query from the files in `queries/`, one after the other."""
    return "\n".join((files("tonghop.reports") / "queries" / f"{part}.sql").read_text(encoding="utf-8") for part in parts)


def _exact(text: str | bytes) -> Any:
    """JSON with its numbers as they stand there, not as floating point."""
    return json.loads(text, parse_float=Decimal)


def _one(connection: psycopg.Connection, row: type[R], query: str, values: Mapping[str, Any]) -> R | None:
    with connection.cursor(row_factory=class_row(row)) as cursor:
        return cursor.execute(query, values).fetchone()


def _all(connection: psycopg.Connection, row: type[R], query: str, values: Mapping[str, Any]) -> list[R]:
    with connection.cursor(row_factory=class_row(row)) as cursor:
        return cursor.execute(query, values).fetchall()


def _stream(connection: psycopg.Connection, row: type[R], query: str, values: Mapping[str, Any]) -> Iterator[R]:
    with connection.cursor(row.__name__, row_factory=class_row(row)) as cursor:
        cursor.itersize = _ROWS_AT_A_TIME
        yield from cursor.execute(query, values)


def _names(connection: psycopg.Connection, query: str) -> dict[str, Names]:
    return {code: (name_vi, name_en) for code, name_vi, name_en in connection.execute(query)}
