"""Withdrawing a report: its unit takes it back. Nothing is deleted; the next publication shows the slot without it."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from tonghop.database import connect
from tonghop.publication.records import one_act_at_a_time, record_event
from tonghop.publication.slot_versions import NoSuchVersion, SlotVersion, describe, find_versions, version_of


class NotWithdrawn(NoSuchVersion):
    """A withdrawal that makes no sense as things stand."""


@dataclass(frozen=True)
class Withdrawal:
    """What was withdrawn, and which version is in force instead (None: none, the report is missing).

    `was_in_force` is false for a version that counted for nothing anyway: `now_in_force` is then what it was before.
    `not_judged` are versions that the next refresh judges first.
    """

    unit_code: str
    form_code: str
    period_code: str
    version: int
    submission_id: int
    was_in_force: bool
    now_in_force: int | None
    not_judged: list[int]


def withdraw(unit: str, form: str, period: str, *, reason: str, by: str, version: int | None = None) -> Withdrawal:
    """Take back the version in force of a slot, or the one of that number, for a reason and in the name of `by`.

    The latest accepted version that is not withdrawn is then in force; the next refresh publishes that. An open candidate is
    frozen and keeps what it has. Raises NoSuchVersion for a slot or version that does not exist, NotWithdrawn when nothing is in
    force, when the version is withdrawn already, or without a reason.
    """
    slot = f"{unit} {form} {period}"
    if not reason.strip() or not by.strip():
        raise NotWithdrawn(f"Say why {slot} is withdrawn and by whom: both stand in the records for good.")
    with connect("publisher") as connection:
        one_act_at_a_time(connection)
        _wait_for_verdicts(connection)
        versions = find_versions(connection, unit, form, period)
        in_force = next((each for each in versions if each.is_accepted), None)
        chosen = _chosen(versions, in_force, version, slot)
        connection.execute(
            # not the time at which it began to wait: a candidate that was opened meanwhile knows nothing of it
            "insert into audit.verdict (submission_id, verdict, reason, given_by, given_at) "
            "values (%s, 'withdrawn', %s, %s, clock_timestamp())",
            (chosen.submission_id, reason, by),
        )
        record_event(
            connection, "withdrawn", None, unit=unit, form=form, period=period, version=chosen.version,
            submission_id=chosen.submission_id, reason=reason, by=by,
        )  # fmt: skip
    left = next((each.version for each in versions if each.is_accepted and each is not chosen), None)
    not_judged = sorted(each.version for each in versions if each.verdict is None and each is not chosen)
    return Withdrawal(unit, form, period, chosen.version, chosen.submission_id, chosen is in_force, left, not_judged)


def _wait_for_verdicts(connection: psycopg.Connection) -> None:
    """Gate 1 gives its verdicts under a lock of its run: they come before this one, or leave out what it withdraws."""
    connection.execute("select 1 from audit.gate_run where gate = 1 and status = 'judging' for update")


def _chosen(versions: list[SlotVersion], in_force: SlotVersion | None, number: int | None, slot: str) -> SlotVersion:
    chosen = in_force if number is None else version_of(versions, number, slot)
    if chosen is None:
        raise NotWithdrawn(f"Nothing is in force for {slot}; it has {describe(versions)}. To withdraw one of them, say --version V.")
    if chosen.verdict == "withdrawn":
        when = f"on {chosen.verdict_at:%Y-%m-%d}" if chosen.verdict_at else "before"
        raise NotWithdrawn(f"Version {chosen.version} of {slot} was withdrawn {when} by {chosen.verdict_by}: {chosen.verdict_reason}")
    return chosen
