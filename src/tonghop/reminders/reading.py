"""What a reminder says, read from the database: who is told of which reports."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import Any, Literal

import psycopg
from psycopg.rows import class_row, dict_row

from tonghop.answers.evidence import Name, Names
from tonghop.model import Period
from tonghop.reminders.steps import Step, reached_steps

GoesTo = Literal["unit", "parent"]


@dataclass(frozen=True)
class Report:
    """A report that has not come."""

    unit_code: str
    unit: Name
    form_code: str
    form: Name
    period: Period
    step_code: str
    due_at: datetime
    is_late: bool


@dataclass(frozen=True)
class Reminder:
    """What one addressee is told on one day: a unit of reports of its own, or the unit above of those below it."""

    goes_to: GoesTo
    unit_code: str
    unit: Name
    day: date
    reports: tuple[Report, ...]

    @property
    def late(self) -> list[Report]:
        """The reports that are overdue."""
        return [report for report in self.reports if report.is_late]

    @property
    def upcoming(self) -> list[Report]:
        """The reports that are not due yet."""
        return [report for report in self.reports if not report.is_late]

    @property
    def mark(self) -> str:
        """A few characters that differ between two reminders to one unit on one day, and are the same for the same one."""
        said = [f"{each.unit_code} {each.form_code} {each.period} {each.step_code}" for each in self.reports]
        return hashlib.sha256("\n".join([self.goes_to, *sorted(said)]).encode()).hexdigest()[:8]


@cache
def query(name: str) -> bytes:
    """A query of the folder `queries/`."""
    return (files("tonghop.reminders") / "queries" / f"{name}.sql").read_bytes()


def read_steps(connection: psycopg.Connection) -> list[Step]:
    """The steps of the pack in force."""
    with connection.cursor(row_factory=class_row(Step)) as cursor:
        return cursor.execute(
            "select step_code, form_code, goes_to, working_days, valid_from, valid_to from catalog.reminder_step "
            "where pack_hash = catalog.pack_in_force()"
        ).fetchall()


def read_reminders(
    connection: psycopg.Connection, names: Names, steps: Sequence[Step], day: date, since_days: int, country: str
) -> Iterator[Reminder]:
    """The reminders that `day` brings, by addressee."""
    reached = list(reached_steps(steps, day, since_days, country))
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            query("reports"),
            {
                "step_codes": [step.step_code for step in reached],
                "form_codes": [step.form_code for step in reached],
                "goes_to": [step.goes_to for step in reached],
                "working_days": [step.working_days for step in reached],
                "due_days": [step.due_day for step in reached],
                "time_zone": names.time_zone,
                "day": day,
            },
        ).fetchall()
    for (addressee, goes_to), group in groupby(rows, key=lambda row: (row["addressee"], row["goes_to"])):
        yield _reminder(names, goes_to, addressee, day, group)


def read_written(connection: psycopg.Connection, names: Names, reminder_id: int) -> Reminder:
    """A reminder as it was written."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(query("written"), {"reminder_id": reminder_id, "time_zone": names.time_zone}).fetchall()
    return _reminder(names, rows[0]["goes_to"], rows[0]["addressee"], rows[0]["day"], rows)


def _reminder(names: Names, goes_to: GoesTo, addressee: str, day: date, rows: Iterable[Mapping[str, Any]]) -> Reminder:
    forms = {code: name for (code, _), name in sorted(names.forms.items())}
    reports = tuple(
        Report(
            unit_code=row["unit_code"],
            unit=names.unit(row["unit_code"], day)[0],
            form_code=row["form_code"],
            form=forms.get(row["form_code"], Name(row["form_code"], row["form_code"])),
            period=Period.parse(row["period_code"]),
            step_code=row["step_code"],
            due_at=row["due_at"],
            is_late=row["is_late"],
        )
        for row in rows
    )
    return Reminder(goes_to, addressee, names.unit(addressee, day)[0], day, reports)
