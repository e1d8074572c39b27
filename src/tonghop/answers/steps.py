"""The steps that the DAGs and the command line take: what is answered when, and how a failure of it is kept from anything else."""

from __future__ import annotations

import logging
from collections.abc import Callable

import psycopg

from tonghop.answers.sending import Sent, send_receipts, send_returned
from tonghop.answers.status import status_is_old, write_status_pages
from tonghop.errors import TonghopError

log = logging.getLogger(__name__)


def answer_intake() -> Sent:
    """After intake: receipts, and the status pages when anything came or they are old. Raises NotAnswered, DatabaseDown."""
    sent = send_receipts()
    if sent.answers or status_is_old():
        write_status_pages()
    return sent


def answer_gate_1() -> Sent:
    """After gate 1: returned files and the status pages. Raises NotAnswered, DatabaseDown."""
    sent = send_returned()
    write_status_pages()
    return sent


def quietly(step: Callable[[], Sent]) -> Sent | None:
    """Take a step; what goes wrong in it is a message, and None: answers must never stand in the way of a load or a publication."""
    try:
        return step()
    except (TonghopError, OSError, psycopg.Error) as error:
        log.error("The answers to the units are not complete: %s\n`tonghop answer` writes them.", error)
        return None
    except Exception:  # a fault of our own is no reason to hold back figures that are right
        log.exception("The answers to the units are not complete. `tonghop answer` writes them.")
        return None
