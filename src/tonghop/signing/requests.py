"""Requests and what was decided about them: rows that are only added. Who may approve what is for the database to say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

import psycopg
from psycopg.rows import class_row

from tonghop.database import connect
from tonghop.errors import NeedsCorrection
from tonghop.signing.actors import Actor

KINDS = ("waiver", "period", "correction")
DECISIONS = ("approve", "reject", "revoke")
_COMMANDS = {"waiver": "waiver", "period": "approval", "correction": "approval"}


class DecisionRefused(NeedsCorrection):
    """A request or a decision that cannot be: the text says why."""


@dataclass(frozen=True)
class Matter:
    """What a request is about: a failure of a rule in a report (`waiver`), the first publication of a period (`period`), or the change of a
    report of a closed period (`correction`). It holds for `given_for` and for nothing else; of a period that is how it stood then."""

    kind: str
    period_code: str
    given_for: str
    unit_code: str | None = None
    form_code: str | None = None
    rule_code: str | None = None
    indicator_code: str | None = None
    measure: str | None = None
    breakdown_code: str | None = None

    def __str__(self) -> str:
        place = " ".join(part for part in (self.unit_code, self.form_code, self.period_code) if part)
        return f"{self.rule_code} {place}" if self.rule_code else f"{self.kind} {place}"


@dataclass(frozen=True)
class Request:
    """A request with what was decided. `standing`: `pending`, `in_force`, `rejected`, `revoked` or `expired`."""

    request_id: int
    kind: str
    unit_code: str | None
    form_code: str | None
    period_code: str
    rule_code: str | None
    indicator_code: str | None
    measure: str | None
    breakdown_code: str | None
    given_for: str
    reason: str
    expires_on: date | None
    asked_by: str
    asked_for: str | None
    asked_via: str
    asked_at: datetime
    decision: str | None
    decided_by: str | None
    decided_for: str | None
    decided_via: str | None
    decided_at: datetime | None
    decision_reason: str | None
    revoked_by: str | None
    revoked_at: datetime | None
    revocation_reason: str | None
    standing: str

    @property
    def matter(self) -> Matter:
        """What it is about."""
        return Matter(
            self.kind, self.period_code, self.given_for, self.unit_code, self.form_code,
            self.rule_code, self.indicator_code, self.measure, self.breakdown_code,
        )  # fmt: skip


_COLUMNS = ", ".join(Request.__dataclass_fields__)


def list_requests(kinds: Sequence[str] = KINDS, *, standing: str | None = None) -> list[Request]:
    """All requests of these kinds, the newest first; only those that stand so, when that is said."""
    with connect("auditor") as connection:
        return read_requests(connection, kinds, standing=standing)


def read_requests(connection: psycopg.Connection, kinds: Sequence[str], *, standing: str | None = None) -> list[Request]:
    """As `list_requests`, on a connection of the caller."""
    with connection.cursor(row_factory=class_row(Request)) as cursor:
        return cursor.execute(
            f"select {_COLUMNS} from audit.request_standing "  # noqa: S608
            "where kind = any(%s) and (%s::text is null or standing = %s) order by request_id desc".encode(),
            (list(kinds), standing, standing),
        ).fetchall()


def ask(connection: psycopg.Connection, matter: Matter, reason: str, actor: Actor, expires_on: date | None) -> int:
    """Add a request, and return its number. Raises DecisionRefused when one about the same is open or in force."""
    values = {
        "kind": matter.kind, "unit": matter.unit_code, "form": matter.form_code, "period": matter.period_code, "rule": matter.rule_code,
        "indicator": matter.indicator_code, "measure": matter.measure, "breakdown": matter.breakdown_code, "given_for": matter.given_for,
        "reason": reason, "expires_on": expires_on, "by": actor.name, "for": actor.on_behalf_of, "via": actor.via,
    }  # fmt: skip
    with refusals():
        connection.execute("select pg_advisory_xact_lock(hashtext('tonghop.ask'))")
        before = connection.execute(_SAME, values).fetchone()
        if before is not None:
            raise DecisionRefused(f"{matter}: asked for before, as number {before[0]}; it is {before[1]}.")
        row = connection.execute(_ASK, values).fetchone()
    assert row is not None
    return int(row[0])


def decide(request_id: int, decision: str, reason: str, actor: Actor, *, kinds: Sequence[str] = KINDS) -> None:
    """Approve or reject a request (of these kinds), or revoke one that was approved; the next refresh goes by it.

    Raises DecisionRefused: nobody approves a request of their own, and nothing is decided twice.
    """
    with connect("publisher") as connection:
        row = connection.execute("select kind from audit.request where request_id = %s", (request_id,)).fetchone()
        if row is not None and row[0] not in kinds:
            raise DecisionRefused(f"Number {request_id} is of another kind ({row[0]}): `tonghop {_COMMANDS[row[0]]}` decides it.")
        add_decision(connection, request_id, decision, reason, actor)


def add_decision(connection: psycopg.Connection, request_id: int, decision: str, reason: str, actor: Actor) -> None:
    """As `decide`, on a connection of the caller."""
    with refusals():
        connection.execute(
            "insert into audit.decision (request_id, decision, reason, decided_by, decided_for, decided_via) "
            "values (%s, %s, %s, %s, %s, %s)",
            (request_id, decision, reason, actor.name, actor.on_behalf_of, actor.via),
        )


@contextmanager
def refusals() -> Iterator[None]:
    """What the database refuses, as a DecisionRefused with its words."""
    try:
        yield
    except psycopg.errors.RaiseException as error:
        raise DecisionRefused(f"{error.diag.message_primary}.") from error
    except psycopg.errors.UniqueViolation as error:
        raise DecisionRefused("Somebody else answered at the same moment: look again with `list`.") from error
    except psycopg.errors.CheckViolation as error:
        raise DecisionRefused("Say why: the reason stands in the records for good / phải ghi lý do.") from error


_SAME = """
    select request_id, standing from audit.request_standing
    where
        standing in ('pending', 'in_force')
        and (kind, period_code, unit_code, form_code, rule_code, indicator_code, measure, breakdown_code)
            is not distinct from (
                %(kind)s, %(period)s, %(unit)s, %(form)s, %(rule)s, %(indicator)s, %(measure)s, %(breakdown)s
            )
        and (kind = 'period' or given_for = %(given_for)s)
        and (standing = 'pending' or expires_on is not distinct from %(expires_on)s)
    order by request_id desc limit 1
"""
"""One that holds already may be asked for anew with another day of expiry: it is renewed before it expires."""

_ASK = """
    insert into audit.request (
        kind, unit_code, form_code, period_code, rule_code, indicator_code, measure, breakdown_code, given_for, reason, expires_on,
        asked_by, asked_for, asked_via
    )
    values (
        %(kind)s, %(unit)s, %(form)s, %(period)s, %(rule)s, %(indicator)s, %(measure)s, %(breakdown)s, %(given_for)s, %(reason)s,
        %(expires_on)s, %(by)s, %(for)s, %(via)s
    )
    returning request_id
"""
