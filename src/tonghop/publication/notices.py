"""What a publication has to say beside its figures: which published figures it changed, and what the gates found in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from tonghop.database import connect
from tonghop.publication.records import read_publication


@dataclass(frozen=True)
class Restatement:
    """A report of a closed period whose published figures changed; `from_version` None: there was none, `to_version` None: it was
    withdrawn. `request_id`: the approval that let it in, where the pack asks for one."""

    publication: int
    published_at: datetime
    unit_code: str
    form_code: str
    period_code: str
    change: str
    from_version: int | None
    to_version: int | None
    closes_at: datetime | None
    request_id: int | None


@dataclass(frozen=True)
class CheckFound:
    """A check of gate 2 over a publication: whether it was met, and the first rows that it found otherwise."""

    gate_run_id: int
    status: str
    started_at: datetime
    expectation: str
    severity: str
    success: bool
    description: str
    observed: dict[str, Any]


def list_restatements(number: int | None = None) -> list[Restatement]:
    """The restatements of a publication, or of all, the newest first. Raises PublicationProblem for a number that was never given."""
    with connect("auditor") as connection:
        if number is not None:
            read_publication(connection, number)
        with connection.cursor(row_factory=class_row(Restatement)) as cursor:
            return cursor.execute(
                """
                select
                    r.publication, r.published_at, r.unit_code, r.form_code, r.period_code, r.change,
                    before.version as from_version, after.version as to_version, r.closes_at, r.request_id
                from audit.restatement as r
                left join staging.submission as before on r.replaces_id = before.submission_id
                left join staging.submission as after on r.submission_id = after.submission_id
                where %(number)s::integer is null or r.publication = %(number)s
                order by r.publication desc, r.period_code desc, r.form_code, r.unit_code
                """,
                {"number": number},
            ).fetchall()


def list_checks(number: int) -> list[CheckFound]:
    """Every check of every run of gate 2 over a publication, the last run and what was not met first; a discarded one keeps them, too.

    Raises PublicationProblem for a number that was never given.
    """
    with connect("auditor") as connection:
        read_publication(connection, number)
        with connection.cursor(row_factory=class_row(CheckFound)) as cursor:
            return cursor.execute(
                """
                select
                    r.gate_run_id, r.status, r.started_at, q.expectation, q.severity, q.success, q.description,
                    coalesce(q.observed, '{}') as observed
                from audit.gate_run as r
                inner join audit.quality_result as q on r.gate_run_id = q.gate_run_id
                where r.gate = 2 and r.publication = %s
                order by
                    r.gate_run_id desc, q.success, array_position(array['critical', 'warning', 'info'], q.severity), q.quality_result_id
                """,
                (number,),
            ).fetchall()
