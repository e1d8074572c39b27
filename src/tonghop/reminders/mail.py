"""Reminders by e-mail, to the contacts of the unit that is told, through the connection that answers go through. Nothing is sent twice."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import formatdate
from typing import NamedTuple

import psycopg
from psycopg.rows import class_row

from tonghop.answers.evidence import Names, read_names
from tonghop.answers.mail import ATTEMPTS, Client, NotMailed, deliver, open_client
from tonghop.answers.words import word
from tonghop.database import connect
from tonghop.reminders.reading import Reminder, query, read_written
from tonghop.reminders.writing import page_of, text_of
from tonghop.settings import settings


class _Due(NamedTuple):
    """A reminder that is to be mailed."""

    reminder_id: int
    sha256: str
    emails: list[str]


def mail_reminders() -> int:
    """Mail the reminders that have not been mailed, and return how many mails were sent. Nothing is done when no connection is set,
    or another run is mailing. Raises NotMailed with every mail that failed and why, DatabaseDown."""
    name = settings().mail_connection
    if not name:
        return 0
    with connect("publisher", autocommit=True) as connection:
        row = connection.execute("select pg_try_advisory_lock(hashtext('tonghop.mail.reminders'))").fetchone()
        if row is None or not row[0]:
            return 0
        with connection.cursor(row_factory=class_row(_Due)) as cursor:
            due = cursor.execute(query("mail_to_send"), {"days": settings().mail_days, "attempts": ATTEMPTS}).fetchall()
        if not due:
            return 0
        names = read_names(connection)
        with open_client(name) as (client, sender):
            failed = [problem for each in due if (problem := _mail(connection, client, each, names, sender))]
    if failed:
        raise NotMailed(
            f"{len(failed)} of {len(due)} reminders could not be mailed:\n" + "\n".join(failed) + "\nAll of them lie in the outbox; "
            f"correct the address in contacts.csv, or the connection {name}. A refused mail is tried {ATTEMPTS} times."
        )
    return len(due)


def _mail(connection: psycopg.Connection, client: Client, each: _Due, names: Names, sender: str) -> str | None:
    """Mail a reminder and keep what became of it; the reason when it failed."""
    reminder = read_written(connection, names, each.reminder_id)

    def keep(outcome: str, why: str | None) -> None:
        connection.execute(
            "insert into audit.mailing (reminder_id, outcome, recipients, message) values (%s, %s, %s, %s)",
            (each.reminder_id, outcome, each.emails, why),
        )

    return deliver(client, _message(reminder, names, each, sender), f"the reminder to {reminder.unit_code} of {reminder.day}", keep)


def _message(reminder: Reminder, names: Names, each: _Due, sender: str) -> EmailMessage:
    counts = word("count_reports", "vi", len(reminder.reports), len(reminder.late))
    message = EmailMessage()
    message["Subject"] = f"{word(f'reminder_{reminder.goes_to}', 'vi')}: {counts}"
    message["From"] = sender
    message["To"] = ", ".join(each.emails)
    message["Date"] = formatdate()
    message["Message-ID"] = f"<reminder-{each.reminder_id}-{each.sha256[:16]}@tonghop>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text_of(reminder, names))
    message.add_alternative(page_of(reminder, names), subtype="html")
    return message
