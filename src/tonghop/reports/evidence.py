"""Reading what a quality report shows from the database: one snapshot, pinned to one publication, aggregated in SQL.

A report covers the slots of the publication's periods. Of a slot it shows the latest version and, when that one is not in
use, the version that is. Scorecards look back over the last periods.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from importlib.resources import files
from itertools import accumulate
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import psycopg
from psycopg import IsolationLevel
from psycopg.rows import class_row
from psycopg.types.json import set_json_loads

from tonghop.catalog import is_working_day
from tonghop.database import connect
from tonghop.errors import TonghopError
from tonghop.model import Period
from tonghop.reports.rows import (
    DAYS_BOUNDS,
    Change,
    Evidence,
    GateRun,
    Head,
    Names,
    PeriodCounts,
    ProgrammeScore,
    RejectedFile,
    Restatement,
    RuleCounts,
    Score,
    Timeliness,
    UnitPage,
    UnitRow,
    Waiver,
    WithheldRow,
    YearMetric,
)

PERIODS_SHOWN = 12
"""How many periods of a type the scorecards look back over."""
_ROWS_AT_A_TIME = 200
_YEARS_OF_DAYS = PERIODS_SHOWN + 1

R = TypeVar("R")


class NoSuchReport(TonghopError):
    """A report is asked for a publication that there is none of."""


@contextmanager
def read_evidence(publication: int, *, with_years: bool = False) -> Iterator[Evidence]:
    """The evidence of a publication, in one repeatable-read transaction that lasts as long as the context.

    Measured are the years that it brings anything of and that were over when it was published; `with_years` those that were not, too:
    the metrics look at all figures of a year and of those before, and next month the same year is measured again.

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
        over_time = values | _working_days(head) | {"window": PERIODS_SHOWN, "bounds": list(DAYS_BOUNDS), "time_zone": head.time_zone}
        running = head.published_at.astimezone(ZoneInfo(head.time_zone)).year
        years = sorted(year for year in {Period.parse(code).year for code in head.periods} if with_years or year < running)
        top = [key for (key,) in connection.execute("select unit_key from marts.dim_unit where level <= 2").fetchall()] if years else []
        measured = {year: _all(connection, YearMetric, _query("year"), values | {"year": str(year), "units": top}) for year in years}
        yield Evidence(
            head=head,
            forms=_names(connection, "select form_code, name_vi, name_en from marts.dim_form order by form_key"),
            indicators=_names(connection, "select indicator_code, name_vi, name_en from marts.dim_indicator"),
            periods=_all(connection, PeriodCounts, _query("slots", "periods"), values),
            rules=_all(connection, RuleCounts, _query("slots", "places", "rules"), values),
            matrix=_stream(connection, UnitRow, _query("slots", "places", "matrix"), values),
            units=_stream(connection, UnitPage, _query("slots", "places", "units"), values),
            rejected=_all(connection, RejectedFile, _query("rejected"), values),
            gates=_all(connection, GateRun, _query("gates", "gates_of_publication"), values),
            withheld=_all(connection, WithheldRow, _query("withheld"), values),
            restatements=_all(connection, Restatement, _query("restatements"), values),
            waivers=_all(connection, Waiver, _query("waivers"), over_time),
            changes=_all(connection, Change, _query("changes"), values),
            scores=_stream(connection, Score, _query("window", "places", "scores"), over_time),
            programmes=_all(connection, ProgrammeScore, _query("window", "programmes"), over_time),
            timeliness=_all(connection, Timeliness, _query("window", "timeliness"), over_time),
            years={year: metrics for year, metrics in measured.items() if metrics},
        )


def read_gate_run(gate_run_id: int) -> GateRun | None:
    """A run of a gate as the reports show it; None when there is none of this number. Raises DatabaseDown when nothing answers."""
    with connect("auditor") as connection:
        set_json_loads(_exact, connection)
        return _one(connection, GateRun, _query("gates", "gate_run"), {"gate_run_id": gate_run_id})


def _working_days(head: Head) -> dict[str, Any]:
    """Every day on which a report of the last periods can have come, with how many working days there were up to it."""
    first = date(min((Period.parse(code).year for code in head.periods), default=head.published_at.year) - _YEARS_OF_DAYS, 1, 1)
    last = max([head.published_at.astimezone(ZoneInfo(head.time_zone)).date(), *(Period.parse(code).end_date for code in head.periods)])
    days = [first + timedelta(days=place) for place in range((last - first).days + 366)]
    counted = accumulate(int(is_working_day(day, head.holidays)) for day in days)
    return {"days": days, "working_days": list(counted)}


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
