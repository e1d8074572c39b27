"""What the database records about publications: reading the rows, and the lock under which they change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from tonghop.database import connect
from tonghop.errors import NeedsCorrection

_ACTS_LOCK = 20_041_975
"""Key of the advisory lock under which publications are opened, published, discarded and rolled back, one at a time."""


class PublicationProblem(NeedsCorrection):
    """An act on a publication that its state does not allow."""


@dataclass(frozen=True)
class Publication:
    """One row of `audit.publication`, with its names, whether it is live, how many slots its change has and how many of them restate
    figures of closed periods."""

    number: int
    status: str
    kind: str
    base: int | None
    scope_all: bool
    pack_hash: str
    code_version: str
    periods: list[str]
    reason: str | None
    opened_at: datetime
    published_at: datetime | None
    discarded_at: datetime | None
    manifest_path: str | None
    manifest_sha256: str | None
    expired_at: datetime | None
    names: list[str]
    is_live: bool
    slots_changed: int
    restatements: int


_PUBLICATION = """
    select
        p.number, p.status, p.kind, p.base, p.scope_all, p.pack_hash, p.code_version, p.periods, p.reason,
        p.opened_at, p.published_at, p.discarded_at, p.manifest_path, p.manifest_sha256, p.expired_at,
        array(select n.name from audit.publication_name as n where n.publication = p.number order by n.given_at) as names,
        p.number is not distinct from (select number from audit.live) as is_live,
        (
            select count(*)::integer from audit.candidate_slot as c
            where c.publication = p.number and c.change <> 'unchanged'
        ) as slots_changed,
        (select count(*)::integer from audit.candidate_slot as c where c.publication = p.number and c.restates) as restatements
    from audit.publication as p
"""


def list_publications() -> list[Publication]:
    """Every publication ever numbered, newest first: published, discarded, and the open candidate."""
    with connect("auditor") as connection, connection.cursor(row_factory=class_row(Publication)) as cursor:
        return cursor.execute(_PUBLICATION + "order by p.number desc").fetchall()


def get_publication(number: int) -> Publication:
    """One publication by its number. Raises PublicationProblem when the number was never given."""
    with connect("auditor") as connection:
        return read_publication(connection, number)


def live_number() -> int | None:
    """The number of the publication that BI sees; None before the first one."""
    with connect("auditor") as connection:
        return read_live(connection)


def number_at(moment: str) -> int:
    """The number of the publication that BI saw on a day (`2022-09-20`: its last moment) or at a moment, in the catalog's time zone.

    Raises PublicationProblem when there was none, when it has expired, or when `moment` is no day and no moment.
    """
    with connect("auditor") as connection:
        try:
            connection.execute("select set_config('tonghop.as_of', %s, true)", (moment,))
            row = connection.execute("select warehouse.visible_publication()").fetchone()
        except (psycopg.errors.RaiseException, psycopg.errors.DataError) as error:
            raise PublicationProblem(f"{error.diag.message_primary}. `tonghop publications` lists what was published when.") from error
    assert row is not None
    return int(row[0])


def open_number() -> int | None:
    """The number of the open candidate; None when there is none."""
    with connect("auditor") as connection:
        candidate = read_candidate(connection)
    return None if candidate is None else candidate.number


def discard_reason(number: int) -> str:
    """Why a publication was discarded, as the journal has it."""
    with connect("auditor") as connection:
        row = connection.execute(
            "select details ->> 'reason' from audit.event where publication = %s and act = 'discarded' order by event_id desc limit 1",
            (number,),
        ).fetchone()
    return str(row[0]) if row else "no reason is recorded"


def read_publication(connection: psycopg.Connection, number: int) -> Publication:
    """As `get_publication`, on a connection of the caller."""
    with connection.cursor(row_factory=class_row(Publication)) as cursor:
        found = cursor.execute(_PUBLICATION + "where p.number = %s", (number,)).fetchone()
    if found is None:
        raise PublicationProblem(f"Publication {number} does not exist. `tonghop publications` lists those that do.")
    return found


def require_shown(publication: Publication) -> None:
    """Raise PublicationProblem when a publication cannot be shown: it was never published, or it has expired."""
    if publication.status != "published":
        raise PublicationProblem(
            f"Publication {publication.number} was never published (it is {publication.status}): there is nothing to show at it."
        )
    if publication.expired_at is not None:
        raise PublicationProblem(
            f"Publication {publication.number} has expired: retention removed its figures on {publication.expired_at:%Y-%m-%d}. "
            "Its manifest and its files are in the archive; `tonghop publications` lists those that can be shown."
        )


def read_candidate(connection: psycopg.Connection) -> Publication | None:
    """The open candidate; None when there is none. The database allows one at most."""
    with connection.cursor(row_factory=class_row(Publication)) as cursor:
        return cursor.execute(_PUBLICATION + "where p.status = 'candidate'").fetchone()


def read_live(connection: psycopg.Connection) -> int | None:
    """As `live_number`, on a connection of the caller."""
    row = connection.execute("select number from audit.live").fetchone()
    return None if row is None else int(row[0])


def one_act_at_a_time(connection: psycopg.Connection) -> None:
    """Wait for any other act on publications, and keep others waiting until this transaction ends (or its process dies)."""
    connection.execute("select pg_advisory_xact_lock(%s)", (_ACTS_LOCK,))


def wait_for_writers(connection: psycopg.Connection, number: int) -> Publication:
    """Lock a publication's row: models that still write hold a share lock on it, and new ones wait until this transaction ends."""
    connection.execute("select 1 from audit.publication where number = %s for update", (number,))
    return read_publication(connection, number)


def record_event(connection: psycopg.Connection, act: str, publication: int | None, **details: Any) -> None:
    """Add a line to the journal `audit.event`."""
    connection.execute("insert into audit.event (act, publication, details) values (%s, %s, %s)", (act, publication, Jsonb(details)))
