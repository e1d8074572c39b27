"""Retention: which publications are kept, and giving up the rows that only the others show.

A row of a versioned table may go when no kept publication lies in its interval: then no view at any kept number has ever seen it.
Manifests, the archive, staging and the journal stay, whatever happens here; so do all rows of `fct_submission`: that a submission was
published once, with which verdict, is what refreshes and rollbacks go by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import psycopg
from psycopg import sql

from tonghop.database import connect
from tonghop.model import OPEN_END
from tonghop.publication.records import (
    Publication,
    PublicationProblem,
    list_publications,
    one_act_at_a_time,
    read_candidate,
    read_publication,
    record_event,
    require_shown,
)
from tonghop.publication.versions import versioned_tables
from tonghop.settings import settings

_REMEMBERED = "fct_submission"


@dataclass(frozen=True)
class Fate:
    """A publication that can be shown today, and whether it stays: `kept_as` says as what; None: it expires."""

    number: int
    published_at: datetime
    names: list[str]
    kept_as: str | None


@dataclass(frozen=True)
class Retention:
    """What retention does, or would do: the fate of every publication, and the rows that go, by table of the warehouse."""

    fates: list[Fate]
    rows: dict[str, int]
    done: bool

    @property
    def expiring(self) -> list[int]:
        """The numbers of the publications that expire."""
        return [fate.number for fate in self.fates if fate.kept_as is None]


def retain(*, apply: bool = False, now: datetime | None = None) -> Retention:
    """Say which publications the settings keep and what becomes of the others; with `apply`, do it.

    Raises PublicationProblem while a candidate is open (a rollback under way is one, too). Interrupted at any point, it is completed by the
    next run: publications expire before their rows go, so none is ever shown in part.
    """
    with connect("publisher") as connection:
        one_act_at_a_time(connection)
        candidate = read_candidate(connection)
        if candidate is not None:
            raise PublicationProblem(
                f"Publication {candidate.number} is being built. Let `tonghop refresh` complete it, or give it up with "
                f"`tonghop discard {candidate.number}`; then give up old ones."
            )
        fates = _fates(connection, now or datetime.now(UTC))
        gaps = _Gaps([fate.number for fate in fates if fate.kept_as is not None])
        if not apply:
            with connect("auditor") as reader:
                return Retention(fates, gaps.count(reader), done=False)
        expiring = [fate.number for fate in fates if fate.kept_as is None]
        with connect("publisher") as at_once:
            at_once.execute("update audit.publication set expired_at = clock_timestamp() where number = any(%s)", (expiring,))
        with connect("transformer") as writer:
            rows = gaps.delete(writer)
        if expiring or rows:
            policy = {"keep_all_months": settings().keep_all_months, "keep_monthly_months": settings().keep_monthly_months}
            record_event(connection, "expired", None, publications=expiring, rows=rows, policy=policy)
    _vacuum(rows)
    return Retention(fates, rows, done=True)


def name_publication(number: int, name: str, by: str) -> None:
    """Give a publication a name, under which it is kept for ever. Harmless when it has that name.

    Raises PublicationProblem when it cannot be shown any more, or another publication has the name.
    """
    name = name.strip()
    if not name:
        raise PublicationProblem("A name needs at least one letter.")
    with connect("publisher") as connection:
        one_act_at_a_time(connection)
        publication = read_publication(connection, number)
        if name in publication.names:
            return
        require_shown(publication)
        taken = connection.execute("select publication from audit.publication_name where name = %s", (name,)).fetchone()
        if taken:
            raise PublicationProblem(f"Publication {taken[0]} has the name {name!r} already. Names are given once: choose another.")
        connection.execute("insert into audit.publication_name (name, publication, given_by) values (%s, %s, %s)", (name, number, by))
        record_event(connection, "named", number, name=name, by=by)


def choose(
    days: Mapping[int, date], today: date, *, keep_all_months: int, keep_monthly_months: int, named: Mapping[int, Sequence[str]]
) -> dict[int, str]:
    """Which publications are kept, and as what. `days`: the day of each by number; the highest one is what BI sees, and stays.

    Months and years are those of the calendar: the last publication of each month that is not older than `keep_monthly_months`, and the
    last one of every year, stay.
    """
    kept: dict[int, str] = {}
    last_of_year = {day.year: number for number, day in sorted(days.items())}
    last_of_month = {(day.year, day.month): number for number, day in sorted(days.items())}
    for number, day in sorted(days.items()):
        if number == max(days):
            kept[number] = "live"
        elif names := named.get(number):
            kept[number] = f"named {', '.join(names)}"
        elif day >= _months_before(today, keep_all_months):
            kept[number] = f"of the last {keep_all_months} months"
        elif last_of_year[day.year] == number:
            kept[number] = f"last of {day.year}"
        elif last_of_month[day.year, day.month] == number and day >= _months_before(today, keep_monthly_months):
            kept[number] = f"last of {day:%Y-%m}"
    return kept


def _months_before(day: date, months: int) -> date:
    """The first day of the month that lies so many months before: with 0, that of this month."""
    month = day.year * 12 + day.month - 1 - months
    return date(max(month // 12, 1), month % 12 + 1, 1)


def _fates(connection: psycopg.Connection, now: datetime) -> list[Fate]:
    """Every publication that can be shown now; those that expired before are out of it."""
    row = connection.execute("select time_zone from catalog.pack order by load_number desc limit 1").fetchone()
    zone = ZoneInfo(row[0]) if row else UTC
    shown: dict[int, tuple[Publication, datetime]] = {
        each.number: (each, each.published_at)
        for each in reversed(list_publications())
        if each.published_at is not None and each.expired_at is None
    }
    kept = choose(
        {number: at.astimezone(zone).date() for number, (_, at) in shown.items()},
        now.astimezone(zone).date(),
        keep_all_months=settings().keep_all_months,
        keep_monthly_months=settings().keep_monthly_months,
        named={number: each.names for number, (each, _) in shown.items()},
    )
    return [Fate(number, at, each.names, kept.get(number)) for number, (each, at) in shown.items()]


class _Gaps:
    """The stretches between kept publications. A row that ends in a stretch and began in it was shown by no kept publication."""

    _INSIDE = sql.SQL(
        "v.to_publication > gap.low and v.to_publication <= gap.high and v.from_publication > gap.low and v.to_publication < {open_end}"
    ).format(open_end=sql.Literal(OPEN_END))
    _GAP = sql.SQL("unnest(%(low)s::integer[], %(high)s::integer[]) as gap (low, high)")

    def __init__(self, kept: Sequence[int]) -> None:
        numbers = [0, *sorted(kept)]
        self._bounds = {"low": numbers[:-1], "high": numbers[1:]}

    def count(self, connection: psycopg.Connection) -> dict[str, int]:
        """The rows that would go, by table; tables without any are left out."""
        counted = {}
        for table in _tables(connection):
            query = sql.SQL("select count(*) from {} as v, {} where {}").format(table, self._GAP, self._INSIDE)
            found = connection.execute(query, self._bounds).fetchone()
            counted[_name(table)] = int(found[0]) if found else 0
        return {name: rows for name, rows in counted.items() if rows}

    def delete(self, connection: psycopg.Connection) -> dict[str, int]:
        """Remove them; how many, by table."""
        gone = {}
        for table in _tables(connection):
            statement = sql.SQL("delete from {} as v using {} where {}").format(table, self._GAP, self._INSIDE)
            gone[_name(table)] = connection.execute(statement, self._bounds).rowcount
        return {name: rows for name, rows in gone.items() if rows}


def _tables(connection: psycopg.Connection) -> list[sql.Identifier]:
    return [table for table in versioned_tables(connection) if _name(table) != _REMEMBERED]


def _name(table: sql.Identifier) -> str:
    return table.as_string().split(".")[1].strip('"')


def _vacuum(rows: Mapping[str, int]) -> None:
    """Let new rows use the room of those that went, and the planner know of it."""
    with connect("transformer", autocommit=True) as connection:
        for name in rows:
            connection.execute(sql.SQL("vacuum (analyze) {}").format(sql.Identifier("warehouse", name)))
