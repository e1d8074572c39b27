"""The queries of the benchmark, on a warehouse big enough for the planner to choose: all answer, none reads facts from end to end,
and the planner of a reader may look at all of their tables at once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.deployed import empty_warehouse

from tonghop.database import admin_connect, connect
from tonghop.settings import PROJECT

pytestmark = [pytest.mark.database, pytest.mark.slow]

sys.path.insert(0, str(PROJECT / "bench"))


def test_queries_for_a_slice_read_slices(server: None, tmp_path: Path) -> None:
    import big_marts

    import marts

    empty_warehouse()
    big_marts.build(300_000, tmp_path / "pack", lambda step: None)
    try:
        assert len(marts.queries()) >= 20
        for name, query in marts.queries().items():
            with connect("bi_reader", publication=1 if "earlier publication" in query else None) as connection:
                answered = marts.answer(connection, query, marts.Parameters(connection), runs=1)
                (at_once,) = connection.execute("select current_setting('join_collapse_limit')::integer").fetchone() or (0,)
            assert answered.rows > 0, name
            assert answered.scanned == (), name
            assert answered.joined < at_once, f"{name}: the planner cannot choose among all orders of so many tables"
    finally:
        with admin_connect() as connection:
            connection.execute("drop schema bench cascade")
