"""Migrations of a database that holds rows already: what they make of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files

import psycopg
import pytest

from tonghop.database import admin_connect

pytestmark = pytest.mark.database

TARGETS_IN_TIME = "018_targets_in_time.sql"
REASONS_OF_RULES = "031_reasons_of_rules.sql"
OLD = "before_a_migration"


def apply(connection: psycopg.Connection, name: str) -> None:
    connection.execute((files("tonghop.database") / "migrations" / name).read_bytes())


@contextmanager
def database_before(migration: str) -> Iterator[psycopg.Connection]:
    """A database with all migrations before one."""
    with admin_connect("postgres") as cluster:
        cluster.execute(f"create database {OLD} template template0".encode())
    try:
        with admin_connect(OLD) as connection:
            for name in sorted(file.name for file in (files("tonghop.database") / "migrations").iterdir() if file.name < migration):
                if name.endswith(".sql"):
                    apply(connection, name)
            yield connection
    finally:
        with admin_connect("postgres") as cluster:
            cluster.execute(f"drop database {OLD}".encode())


@pytest.fixture
def old(server: None) -> Iterator[psycopg.Connection]:
    """A database as it was before plans had versions, with two published targets: one in force, one of an earlier publication."""
    with database_before(TARGETS_IN_TIME) as connection:
        connection.execute(
            """
            create table warehouse.fct_target (
                indicator_key integer, unit_key integer, year integer, target numeric, comparison text, rate numeric,
                of_indicator_key integer, is_sum boolean,
                from_publication integer not null, to_publication integer not null,
                constraint fct_target_pk primary key (indicator_key, unit_key, year, to_publication)
            );
            insert into warehouse.fct_target values
                (1, 10, 2022, 500, '>=', null, null, false, 1, 4),
                (1, 10, 2022, 600, '>=', null, null, false, 4, 2147483647);
            """
        )
        yield connection


def test_targets_published_before_hold_for_their_whole_year(old: psycopg.Connection) -> None:
    apply(old, TARGETS_IN_TIME)
    found = old.execute(
        "select target, valid_from::text, valid_to::text, version, is_last, decision, from_publication from warehouse.fct_target order by 7"
    ).fetchall()
    assert found == [
        (500, "2022-01-01", "2023-01-01", 1, True, None, 1),
        (600, "2022-01-01", "2023-01-01", 1, True, None, 4),
    ]
    another_version = (
        "insert into warehouse.fct_target (indicator_key, unit_key, year, valid_from, valid_to, from_publication, to_publication) "
        "values (1, 10, 2022, %s, '2023-01-01', 5, 2147483647) returning version, is_last"
    )
    assert old.execute(another_version, ("2022-07-01",)).fetchone() == (None, None), "nothing is made up for rows to come"
    with pytest.raises(psycopg.errors.UniqueViolation):
        old.execute(another_version, ("2022-01-01",))


def test_a_reason_written_in_one_language_stands_for_both(server: None) -> None:
    with database_before(REASONS_OF_RULES) as connection:
        connection.execute(
            """
            create table warehouse.dim_rule (rule_key integer, reason text);
            insert into warehouse.dim_rule values (1, 'Parts and total are counted separately');
            create view warehouse.reasons as select reason from warehouse.dim_rule;
            """
        )
        apply(connection, REASONS_OF_RULES)
        found = connection.execute("select reason_vi, reason_en from warehouse.dim_rule").fetchall()
        assert found == [("Parts and total are counted separately",) * 2]
        assert connection.execute("select reason from warehouse.reasons").fetchall() == [found[0][:1]], "until views are made anew"
