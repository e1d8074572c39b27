"""Answers by e-mail, to the contacts of a unit in the catalog, through a connection of Airflow.

Nothing is sent twice: that a mail is begun is kept before it goes out. One that a server refused is tried again in a later run, a few
times; one whose connection broke in the middle may have arrived, so it is left alone and named.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import formatdate
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any, NamedTuple, Protocol

import psycopg
from psycopg.rows import class_row

from tonghop.answers import pages
from tonghop.answers.evidence import Answer, query, read_answers, read_names
from tonghop.answers.words import word
from tonghop.database import connect
from tonghop.errors import TonghopError
from tonghop.settings import settings

log = logging.getLogger(__name__)

ATTEMPTS = 3
"""How often a mail that was refused is tried."""
_AT_A_TIME = 50
_WORKBOOK = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")


class NotMailed(TonghopError):
    """Some answers could not be mailed; they lie in the outbox all the same."""


class Client(Protocol):
    """What is needed of an SMTP client."""

    def send_message(self, message: EmailMessage) -> Mapping[str, Any]:
        """Send a message to those in its head; return the recipients that were refused."""


class _Due(NamedTuple):
    """An answer that is to be mailed."""

    answer_id: int
    kind: str
    receipt_id: int
    gate_run_id: int | None
    path: str
    sha256: str
    emails: list[str]


def mail_answers() -> int:
    """Mail what has not been mailed, and return how many mails were sent. Nothing is done when no connection is set, or another
    run is mailing. Raises NotMailed with every mail that failed and why, DatabaseDown."""
    name = settings().mail_connection
    if not name:
        return 0
    with connect("publisher", autocommit=True) as connection:
        row = connection.execute("select pg_try_advisory_lock(hashtext('tonghop.mail'))").fetchone()
        due = _due(connection)
        if row is None or not row[0] or not due:
            return 0
        with open_client(name) as (client, sender):
            failed = [
                problem for each, message in _messages(connection, due, sender) if (problem := _send(connection, client, each, message))
            ]
    if failed:
        raise NotMailed(
            f"{len(failed)} of {len(due)} answers could not be mailed:\n" + "\n".join(failed) + "\nAll of them lie in the outbox; "
            f"correct the address in contacts.csv, or the connection {name}. A refused mail is tried {ATTEMPTS} times."
        )
    return len(due)


def message_of(answer: Answer, due_id: int, recipients: Sequence[str], sender: str, attachment: tuple[str, bytes] | None) -> EmailMessage:
    """The mail of an answer: plain text, the same as a page, and the marked workbook."""
    message = EmailMessage()
    standing = pages.standing(answer)
    key = "mail_rejected" if standing == "rejected" else f"mail_{answer.kind}"
    message["Subject"] = " ".join(word(key, "vi", pages.about(answer, "vi")).split())
    message["From"] = sender
    message["To"] = ", ".join(recipients)
    message["Date"] = formatdate()
    message["Message-ID"] = f"<answer-{due_id}-{answer.sha256[:16]}@tonghop>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(pages.answer_text(answer, marked=attachment is not None))
    message.add_alternative(pages.answer_page(answer, marked=attachment is not None), subtype="html")
    if attachment is not None:
        file_name, data = attachment
        message.add_attachment(data, maintype=_WORKBOOK[0], subtype=_WORKBOOK[1], filename=file_name)
    return message


def _due(connection: psycopg.Connection) -> list[_Due]:
    with connection.cursor(row_factory=class_row(_Due)) as cursor:
        return cursor.execute(query("mail_to_send"), {"days": settings().mail_days, "attempts": ATTEMPTS}).fetchall()


def _messages(connection: psycopg.Connection, due: Sequence[_Due], sender: str) -> Iterator[tuple[_Due, EmailMessage]]:
    names = read_names(connection)
    for start in range(0, len(due), _AT_A_TIME):
        by_run = sorted(due[start : start + _AT_A_TIME], key=lambda each: each.gate_run_id or 0)
        for gate_run_id, group in groupby(by_run, key=lambda each: each.gate_run_id):
            waiting = {each.receipt_id: each for each in group}
            for answer in read_answers(connection, names, list(waiting), gate_run_id):
                each = waiting[answer.receipt_id]
                yield each, message_of(answer, each.answer_id, each.emails, sender, _attachment(each))


def _attachment(each: _Due) -> tuple[str, bytes] | None:
    """The marked workbook; a receipt and a page that lists the cells are the mail itself."""
    path = PurePosixPath(each.path)
    return None if path.suffix == ".html" else (path.name, (settings().outbox_path / path).read_bytes())


def deliver(client: Client, message: EmailMessage, what: str, keep: Callable[[str, str | None], None]) -> str | None:
    """Send a message, keeping that it is begun before and what became of it after; the reason when the server refused it.

    `what` names it in messages. Raises NotMailed when the server went away in the middle: nobody knows whether it arrived.
    """
    keep("begun", None)
    try:
        refused = client.send_message(message)
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused, smtplib.SMTPNotSupportedError) as error:
        keep("failed", str(error))
        return f"{what} to {message['To']}: {error}"
    except (smtplib.SMTPException, OSError) as error:
        raise NotMailed(
            f"The mail server went away while {what} was mailed to {message['To']} ({error}). "
            "Whether that one arrived is not known, so it is not sent again; the others are, by the next run."
        ) from error
    keep("sent", f"refused: {', '.join(refused)}" if refused else None)
    return None


def _send(connection: psycopg.Connection, client: Client, each: _Due, message: EmailMessage) -> str | None:
    """Mail an answer and keep what became of it; the reason when it failed."""

    def keep(outcome: str, why: str | None) -> None:
        connection.execute(
            "insert into audit.mailing (answer_id, outcome, recipients, message) values (%s, %s, %s, %s)",
            (each.answer_id, outcome, each.emails, why),
        )

    return deliver(client, message, each.path, keep)


@contextmanager
def open_client(name: str) -> Iterator[tuple[Client, str]]:
    """An open SMTP client of an Airflow connection, and the address that it writes from."""
    from airflow.providers.smtp.hooks.smtp import SmtpHook
    from airflow.sdk.exceptions import AirflowException

    try:
        hook = SmtpHook(smtp_conn_id=name).get_conn()
    except (AirflowException, smtplib.SMTPException, OSError) as error:
        raise NotMailed(
            f"The mail server of the Airflow connection {name} cannot be reached: {error}. Correct the connection; nothing was mailed."
        ) from error
    if not hook.from_email:
        raise NotMailed(f"The Airflow connection {name} does not say who writes. Add from_email to its extra fields; nothing was mailed.")
    with hook:
        yield hook._smtp_client, hook.from_email  # the hook itself sends HTML without a text
