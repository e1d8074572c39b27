"""What is in the warehouse, counted in the database."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from psycopg import IsolationLevel

from tonghop.database import connect


@dataclass(frozen=True)
class PublicationLine:
    """A publication: number, state, when it was published (None: never), and the periods that it touched."""

    number: int
    status: str
    kind: str
    published_at: datetime | None
    periods: tuple[str, ...]
    is_live: bool


@dataclass(frozen=True)
class Summary:
    """Counts over everything received so far. `findings` and `verdicts` map a severity or a verdict to a count."""

    files: int
    receipts: dict[str, int]
    submissions: int
    cells: int
    findings: dict[str, int]
    verdicts: dict[str, int]
    without_verdict: int
    publications: tuple[PublicationLine, ...]

    def as_dict(self) -> dict[str, Any]:
        """The same, for JSON (times still are `datetime`)."""
        return asdict(self)


def summarise() -> Summary:
    """Count, in one snapshot of the database. Raises DatabaseDown."""
    with connect("auditor") as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ

        def count(query: str) -> int:
            row = connection.execute(query).fetchone()
            return int(row[0]) if row else 0

        def counts(query: str) -> dict[str, int]:
            return {str(name): int(number) for name, number in connection.execute(query)}

        return Summary(
            files=count("select count(*) from staging.file"),
            receipts=counts("select outcome, count(*) from staging.receipt group by outcome order by outcome"),
            submissions=count("select count(*) from staging.submission"),
            cells=count("select count(*) from staging.cell"),
            findings=counts("select severity, count(*) from staging.finding group by severity order by severity"),
            verdicts=counts(_LAST_VERDICTS),
            without_verdict=count(_WITHOUT_VERDICT),
            publications=tuple(
                PublicationLine(number, status, kind, published_at, tuple(periods), is_live)
                for number, status, kind, published_at, periods, is_live in connection.execute(_PUBLICATIONS)
            ),
        )


_LAST_VERDICTS = """
with last_verdicts as (
    select distinct on (submission_id) submission_id, verdict
    from audit.verdict
    order by submission_id, verdict_id desc
)

select verdict, count(*) from last_verdicts group by verdict order by verdict
"""

_WITHOUT_VERDICT = """
select count(*) from staging.submission
where not exists (select from audit.verdict where verdict.submission_id = submission.submission_id)
"""

_PUBLICATIONS = """
select
    publication.number,
    publication.status,
    publication.kind,
    publication.published_at,
    publication.periods,
    live.number is not null as is_live
from audit.publication
left join audit.live on publication.number = live.number
order by publication.number
"""
