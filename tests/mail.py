"""A real SMTP server on loopback, and the connection of an Airflow that has no server."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

_RUN = """
import os, sys
from tonghop import answers, reminders
from tonghop.settings import settings
step = {"answers": answers.mail_answers, "reminders": reminders.mail_reminders}[sys.argv[1]]
for name in sys.argv[2:]:
    os.environ["TONGHOP_MAIL_CONNECTION"] = name
    settings.cache_clear()
    try:
        print("MAILED", step())
    except answers.NotMailed as error:
        print("NOT MAILED", error)
"""


class Postbox:
    """Takes every mail but those to somebody who has left."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if address.startswith("gone@"):
            return "550 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        mail = message_from_bytes(envelope.content or b"", policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"


@contextmanager
def open_postbox() -> Iterator[tuple[Postbox, int]]:
    """A mail server and its port."""
    box = Postbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


def run(connections: list[str], port: int, folder: Path, what: str = "answers") -> str:
    """Mail `what` (answers or reminders) as an Airflow task would, once by each of these connections.

    In a process of its own: importing Airflow leaves traces.
    """

    def connection(port: int) -> str:
        extra = {"disable_ssl": True, "disable_tls": True, "from_email": "tonghop@example.org", "retry_limit": 0}
        return json.dumps({"conn_type": "smtp", "host": "127.0.0.1", "port": port, "extra": extra})

    environment = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")} | {
        "AIRFLOW_HOME": str(folder / "airflow"),
        "AIRFLOW_CONN_UNITS": connection(port),
        "AIRFLOW_CONN_NOWHERE": connection(9),
    }
    done = subprocess.run([sys.executable, "-c", _RUN, what, *connections], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
