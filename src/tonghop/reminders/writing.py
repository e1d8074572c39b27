"""Writing reminders to the outbox, each once.

What was written is recorded after the file stands in the outbox: a kill in between writes the same bytes to the same name once more, and
nothing is left out. Two runs at once take turns.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import psycopg

from tonghop.answers import outbox, pages
from tonghop.answers.evidence import Names, read_names
from tonghop.catalog import is_working_day
from tonghop.database import connect
from tonghop.errors import TonghopError
from tonghop.reminders.reading import Reminder, read_reminders, read_steps
from tonghop.settings import settings

log = logging.getLogger(__name__)

_WORDS = {"unit": "nhac-nop-bao-cao", "parent": "don-vi-chua-nop"}


class NotReminded(TonghopError):
    """Some reminders could not be written; the others were, and a next run writes what is missing."""


def find_reminders(day: date | None = None) -> list[Reminder]:
    """The reminders that a day (default: today in the catalog's time zone) would bring. Nothing is written or recorded.

    None on a day on which people do not work. Raises DatabaseDown.
    """
    with connect("publisher", autocommit=True) as connection:
        return list(_reminders(connection, read_names(connection), day))


def write_reminders(day: date | None = None) -> list[Reminder]:
    """Write the reminders of a day to the outbox and record them, so that no step is taken twice; what was written.

    Raises NotReminded with every reminder that could not be written and why, DatabaseDown.
    """
    written, failed = [], []
    with _alone() as (connection, names):
        for reminder in list(_reminders(connection, names, day)):
            path = f"{reminder.unit_code}/{_file_name(reminder)}"
            try:
                sha256 = outbox.put(path, page_of(reminder, names).encode())
            except OSError as error:
                failed.append(f"{path}: {error}")
                continue
            _record(connection, reminder, path, sha256)
            written.append(reminder)
    if failed:
        raise NotReminded(
            f"{len(failed)} reminders could not be written:\n" + "\n".join(failed) + "\nThe others were. Make room in the outbox, or "
            "correct its rights, and run `tonghop remind` again."
        )
    return written


def page_of(reminder: Reminder, names: Names) -> str:
    """The reminder as an HTML page that needs nothing beside it."""
    return pages.render("reminder.html.j2", **_values(reminder, names))


def text_of(reminder: Reminder, names: Names) -> str:
    """The same as plain text."""
    return pages.render("reminder.txt.j2", **_values(reminder, names))


def _values(reminder: Reminder, names: Names) -> dict[str, object]:
    return {"reminder": reminder, "organisation": names.organisation, "contact": names.contact, "time_zone": names.time_zone}


def _reminders(connection: psycopg.Connection, names: Names, day: date | None) -> Iterator[Reminder]:
    steps = read_steps(connection)
    if not steps:
        return
    row = connection.execute("select holidays from catalog.pack where pack_hash = catalog.pack_in_force()").fetchone()
    assert row is not None, "a pack with steps is loaded"
    day = day or datetime.now(UTC).astimezone(ZoneInfo(names.time_zone)).date()
    if is_working_day(day, row[0]):
        yield from read_reminders(connection, names, steps, day, settings().remind_days, row[0])
    else:
        log.info("%s is no working day: nobody is reminded.", day)


@contextmanager
def _alone() -> Iterator[tuple[psycopg.Connection, Names]]:
    """A connection that holds the lock of all who write reminders, with the names of the pack in force."""
    with connect("publisher", autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(hashtext('tonghop.reminders'))")
        yield connection, read_names(connection)


def _file_name(reminder: Reminder) -> str:
    return f"{reminder.unit_code}_{reminder.day.isoformat()}_{_WORDS[reminder.goes_to]}_{reminder.mark}.html"


def _record(connection: psycopg.Connection, reminder: Reminder, path: str, sha256: str) -> None:
    connection.execute(
        """
        with written as (
            insert into audit.reminder (goes_to, unit_code, day, path, sha256)
            values (%(goes_to)s, %(addressee)s, %(day)s, %(path)s, %(sha256)s)
            returning reminder_id
        )
        insert into audit.reminder_report (reminder_id, unit_code, form_code, period_code, step_code, due_at)
        select written.reminder_id, report.*
        from written
        cross join unnest(%(units)s::text[], %(forms)s::text[], %(periods)s::text[], %(steps)s::text[], %(due)s::timestamptz[]) as report
        """,
        {
            "goes_to": reminder.goes_to,
            "addressee": reminder.unit_code,
            "day": reminder.day,
            "path": path,
            "sha256": sha256,
            "units": [report.unit_code for report in reminder.reports],
            "forms": [report.form_code for report in reminder.reports],
            "periods": [report.period.code for report in reminder.reports],
            "steps": [report.step_code for report in reminder.reports],
            "due": [report.due_at for report in reminder.reports],
        },
    )
