"""Writing answers: receipts after intake, returned files after gate 1, each once; and writing them again on request.

What was written is recorded in `audit.answer` after the file stands in the outbox: a kill in between writes the same bytes to the same
name once more, and nothing is left out. Two runs at once take turns.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import NamedTuple

import psycopg
from psycopg.types.json import Jsonb

from tonghop.answers import outbox, pages
from tonghop.answers.evidence import Answer, Names, query, read_answers, read_names
from tonghop.answers.returned import returned_file
from tonghop.database import connect
from tonghop.errors import TonghopError
from tonghop.staging import archive

log = logging.getLogger(__name__)

AT_A_TIME = 200
"""Answers whose evidence is read at a time."""
_TOLD = 10
_LOCK = "select pg_advisory_lock(hashtext('tonghop.answers'))"


class NotAnswered(TonghopError):
    """Some answers could not be written; the others were."""


class NoSuchAnswer(TonghopError):
    """An answer is asked for that there is none of."""


class Written(NamedTuple):
    """An answer in the outbox."""

    answer: Answer
    addressee: outbox.Addressee
    path: str
    sha256: str


@dataclass
class Sent:
    """What a run wrote: how many answers, how many of them are marked workbooks, and what could not be written and why."""

    answers: int = 0
    workbooks: int = 0
    failed: list[str] = field(default_factory=list)


def send_receipts() -> Sent:
    """Write a receipt for every file that has none. Raises NotAnswered, DatabaseDown."""
    sent = Sent()
    with _alone() as (connection, names):
        pending = connection.execute(query("receipts_to_write")).fetchall()
        _say_same_again(connection, [(receipt_id, same_as) for receipt_id, same_as in pending if same_as is not None])
        for receipts in _portions([receipt_id for receipt_id, same_as in pending if same_as is None]):
            _record(connection, _write(read_answers(connection, names, receipts), names, sent))
    return _told(sent)


def send_returned() -> Sent:
    """Send back what gate 1 found, for every run of it that has not been answered: a marked workbook, or a page, for each file with
    something to correct or to look at. Raises NotAnswered, DatabaseDown."""
    sent = Sent()
    with _alone() as (connection, names):
        for gate_run_id, pending in connection.execute(query("returns_to_write")).fetchall():
            failed_before = len(sent.failed)
            for receipts in _portions(pending or []):
                _record(connection, _write(read_answers(connection, names, receipts, gate_run_id), names, sent))
            if len(sent.failed) == failed_before:
                details = Jsonb({"gate_run_id": gate_run_id, "answers": len(pending or [])})
                connection.execute("insert into audit.event (act, details) values ('answered', %s)", (details,))
    return _told(sent)


def write_again(submissions: Sequence[int] = ()) -> Sent:
    """Write answers that were given before to the outbox again: those to the files of these submissions, or all. Nothing is mailed.

    A file that is there with the same bytes is left alone. Raises NoSuchAnswer for a submission that does not exist or was not
    answered yet, NotAnswered, DatabaseDown.
    """
    sent = Sent()
    with _alone() as (connection, names):
        given = connection.execute(
            """
            select
                answer.gate_run_id,
                array_agg(answer.receipt_id order by answer.receipt_id),
                jsonb_object_agg(answer.receipt_id, answer.path)
            from audit.answer
            where
                %(submissions)s::bigint[] = '{}'
                or receipt_id in (select receipt_id from staging.submission where submission_id = any(%(submissions)s))
            group by answer.gate_run_id
            order by answer.gate_run_id nulls first
            """,
            {"submissions": list(submissions)},
        ).fetchall()
        if submissions and not given:
            asked = ", ".join(map(str, submissions))
            raise NoSuchAnswer(f"There is no answer to the submissions {asked}. `tonghop load` and `tonghop refresh` write answers.")
        for gate_run_id, receipts, paths in given:
            for portion in _portions(receipts):
                for answer in read_answers(connection, names, portion, gate_run_id):
                    _write_one_again(connection, answer, paths[str(answer.receipt_id)], sent)
    return _told(sent)


@contextmanager
def _alone() -> Iterator[tuple[psycopg.Connection, Names]]:
    """A connection that holds the lock of all who write answers, with the names of the pack in force."""
    with connect("publisher", autocommit=True) as connection:
        connection.execute(_LOCK)
        yield connection, read_names(connection)


def _portions(receipts: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(receipts), AT_A_TIME):
        yield receipts[start : start + AT_A_TIME]


def _write(answers: Iterable[Answer], names: Names, sent: Sent) -> list[Written]:
    """Write answers into the outbox; one that fails does not keep the others."""
    written: list[Written] = []
    for answer in answers:
        addressee = outbox.addressee_of(answer, names)
        try:
            data, extension = _bytes_of(answer, sent)
            path = f"{addressee.folder}/{outbox.file_name(answer, addressee, extension)}"
            written.append(Written(answer, addressee, path, outbox.put(path, data)))
        except (OSError, TonghopError) as error:
            sent.failed.append(f"{answer.source_uri}: {error}")
    sent.answers += len(written)
    return written


def _bytes_of(answer: Answer, sent: Sent) -> tuple[bytes, str]:
    if answer.kind == "receipt":
        return pages.answer_page(answer).encode(), ".html"
    returned = returned_file(answer, archive.get(answer.sha256))
    sent.workbooks += returned.is_marked
    return returned.data, returned.extension


def _write_one_again(connection: psycopg.Connection, answer: Answer, path: str, sent: Sent) -> None:
    try:
        data, extension = _bytes_of(answer, sent)
        name = str(PurePosixPath(path).with_suffix(extension))
        sha256 = outbox.put(name, data)
    except (OSError, TonghopError) as error:
        sent.failed.append(f"{answer.source_uri}: {error}")
        return
    sent.answers += 1
    connection.execute(
        """
        insert into audit.event (act, details)
        select 'answered_again', %s
        where not exists (select from audit.answer where path = %s and sha256 = %s)
        """,
        (Jsonb({"receipt_id": answer.receipt_id, "path": name, "sha256": sha256}), name, sha256),
    )


def _record(connection: psycopg.Connection, written: Sequence[Written]) -> None:
    """Keep what was written, so that it is not written and mailed as new a second time."""
    if not written:
        return
    connection.cursor().executemany(
        """
        insert into audit.answer (kind, receipt_id, gate_run_id, addressee, unit_code, path, sha256)
        values (%s, %s, %s, %s, %s, %s, %s) on conflict do nothing
        """,
        [
            (
                each.answer.kind, each.answer.receipt_id, each.answer.gate_run_id, each.addressee.folder, each.addressee.unit_code,
                each.path, each.sha256,
            )
            for each in written
        ],
    )  # fmt: skip


def _say_same_again(connection: psycopg.Connection, same: Sequence[tuple[int, int]]) -> None:
    """A rejected file that was read again to the same findings has its answer already."""
    if same:
        connection.cursor().executemany(
            """
            insert into audit.answer (kind, receipt_id, addressee, unit_code, path, sha256)
            select kind, %s, addressee, unit_code, path, sha256 from audit.answer where answer_id = %s on conflict do nothing
            """,
            same,
        )


def _told(sent: Sent) -> Sent:
    if sent.failed:
        more = f"\n… and {len(sent.failed) - _TOLD} more" if len(sent.failed) > _TOLD else ""
        raise NotAnswered(
            f"{sent.answers} answers were written, {len(sent.failed)} could not be:\n"
            + "\n".join(sent.failed[:_TOLD])
            + f"{more}\nCorrect the cause; the next run writes them. Staging and publication are not touched by this."
        )
    return sent
