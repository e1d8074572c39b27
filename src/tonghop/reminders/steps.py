"""Which steps are reached on a day: arithmetic of working days, without a database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from tonghop.catalog import working_day_from

_HOLIDAYS = 30
"""Days in a row that a step may be moved by weekends and holidays beyond twice its number of working days."""


class Step(NamedTuple):
    """A row of `reminders.csv`: `working_days` after the day due (negative: before it); without a form, of all forms without own steps."""

    step_code: str
    form_code: str | None
    goes_to: str
    working_days: int
    valid_from: date
    valid_to: date


class ReachedStep(NamedTuple):
    """A step that is reached for the reports that were or will be due on a day."""

    step_code: str
    form_code: str | None
    goes_to: str
    working_days: int
    due_day: date


def reached_steps(steps: Sequence[Step], day: date, since_days: int, country: str) -> Iterator[ReachedStep]:
    """The steps reached on `day` or up to `since_days` before it, with the days due that they are reached for.

    Steps that were reached longer ago are left out: a reminder that comes weeks late, after a standstill, helps nobody.
    """
    for step in steps:
        reach = 2 * abs(step.working_days) + _HOLIDAYS
        for ago in range(-reach, reach + since_days + 1):
            due_day = day - timedelta(days=ago)
            is_reached = day - timedelta(days=since_days) <= working_day_from(due_day, step.working_days, country) <= day
            if is_reached and step.valid_from <= due_day < step.valid_to:
                yield ReachedStep(*step[:4], due_day)
