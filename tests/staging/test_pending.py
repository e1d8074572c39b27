"""When a refresh has something to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.packs import write_pack

from tonghop.catalog import load_pack, read_pack
from tonghop.database import admin_connect, connect
from tonghop.staging import pending_work

pytestmark = pytest.mark.database


def execute(statement: str, **values: object) -> None:
    with admin_connect() as connection:
        connection.execute(statement, values)


@pytest.fixture
def pack_hash(warehouse: None, tmp_path: Path) -> str:
    pack = read_pack(write_pack(tmp_path / "pack"))
    with connect("loader") as connection:
        load_pack(pack, connection)
    return pack.pack_hash


@pytest.fixture
def submission(pack_hash: str) -> None:
    sha256 = "a" * 64
    execute("insert into staging.file values (%(sha256)s, 1, 'files/aa/a')", sha256=sha256)
    execute(
        "insert into staging.receipt (sha256, source_uri, received_at, outcome) values (%(sha256)s, '/a', now(), 'staged')", sha256=sha256
    )
    execute(
        """
        insert into staging.submission (
            receipt_id, sha256, reading_sha256, unit_code, form_code, form_version, period_code, version, received_at, source_uri, pack_hash
        )
        select receipt_id, sha256, sha256, 'C11', 'ST', 2, '2022-08', 1, received_at, source_uri, %(pack_hash)s from staging.receipt
        """,
        pack_hash=pack_hash,
    )


def verdict(name: str) -> None:
    execute("insert into audit.verdict (submission_id, verdict) select submission_id, %(name)s from staging.submission", name=name)


def candidate(pack_hash: str) -> None:
    execute(
        """
        insert into audit.publication (number, status, kind, scope_all, pack_hash, code_version, periods)
        select coalesce(max(number), 0) + 1, 'candidate', 'refresh', false, %(pack_hash)s, 'code', '{2022-08}' from audit.publication
        """,
        pack_hash=pack_hash,
    )


def test_nothing_came_so_nothing_is_pending(pack_hash: str) -> None:
    assert not pending_work()


def test_a_submission_is_pending_until_it_is_judged_and_then_until_it_is_published(submission: None) -> None:
    assert pending_work()
    verdict("accepted")
    assert pending_work()


def test_an_unfinished_judgement_and_an_open_candidate_are_pending(pack_hash: str) -> None:
    execute(
        "insert into audit.gate_run (gate, status, pack_hash, code_version) values (1, 'judging', %(pack_hash)s, 'code')",
        pack_hash=pack_hash,
    )
    assert pending_work()
    execute("update audit.gate_run set status = 'passed'")
    assert not pending_work()
    candidate(pack_hash)
    assert pending_work()


def test_a_refused_candidate_waits_for_news(submission: None, pack_hash: str) -> None:
    verdict("accepted")
    candidate(pack_hash)
    execute("update audit.publication set status = 'discarded', discarded_at = now()")
    assert not pending_work()
    verdict("accepted")
    assert pending_work()
