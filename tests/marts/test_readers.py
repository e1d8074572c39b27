"""What readers may see: nothing but the marts, nothing but what is published, and those with limits nothing but their branches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from tests.warehouse.world import Slot, World

from tonghop.catalog import due_reports
from tonghop.database import admin_connect, connect, reader_dsn
from tonghop.database.connections import dsn
from tonghop.database.readers import ReaderProblem, add_reader, list_readers, remove_reader
from tonghop.model import Period

pytestmark = pytest.mark.database

D1 = "reader_of_d1"
TWO = "reader_of_d2_and_h1"
EVERY = "reader_of_counts"
READERS = ("bi_reader", D1, TWO, EVERY)
UNITS_OF = {D1: {"D1", "C11", "C12", "C22"}, TWO: {"D2", "C21", "C22", "H1"}}
"""C22 was in D2 up to February 2022, then in D1."""


@pytest.fixture(scope="module")
def world(server: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One publication of February to April 2022, a candidate with May, and three readers with limits."""
    world = World.load(tmp_path_factory.mktemp("pack"))
    months = ("2021-03", "2022-02", "2022-03", "2022-04")
    slots: list[Slot] = [
        (due.unit_code, due.form_code, due.period.code)
        for due in due_reports(world.pack)
        if due.period.code in (*months, "2022-05") and due.form_code in ("ST", "HO")
    ]
    for number, slot in enumerate(slots, start=10):
        form = next(form for form in world.pack.forms if form.form_code == slot[1] and form.valid_at(Period.parse(slot[2]).end_date))
        rows = [row for row in world.pack.form_rows if (row.form_code, row.version) == (form.form_code, form.version)]
        world.submit(slot, {row.indicator_code: number for row in rows})
    world.open([slot for slot in slots if slot[2] in months])
    world.build()
    world.publish()
    world.open([slot for slot in slots if slot[2] not in months])
    world.build()
    add_reader(D1, ["D1"], hides_small_counts=False)
    add_reader(TWO, ["D2", "H1"], hides_small_counts=False)
    add_reader(EVERY, [], hides_small_counts=True)
    yield world
    for reader in list_readers():
        remove_reader(reader.name)


def url(role: str, publication: int | None = None) -> str:
    return dsn(role, publication) if role == "bi_reader" else reader_dsn(role, publication)


def rows(role: str, query: str, publication: int | None = None) -> list[tuple[Any, ...]]:
    with psycopg.connect(url(role, publication)) as connection:
        return connection.execute(query).fetchall()  # type: ignore[call-overload, no-any-return]


def test_a_reader_has_no_privilege_but_to_select_from_the_marts(world: World) -> None:
    with admin_connect() as connection:
        relations = connection.execute(
            """
            select r.reader, c.oid::regclass::text, p.privilege
            from unnest(%s::text[]) as r (reader), pg_class as c, unnest(%s::text[]) as p (privilege)
            where c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relnamespace::regnamespace::text not in ('pg_catalog', 'information_schema')
                and c.relnamespace::regnamespace::text not like 'pg_toast%%'
                and has_schema_privilege(r.reader, c.relnamespace, 'usage') and has_table_privilege(r.reader, c.oid, p.privilege)
            """,
            (list(READERS), ["select", "insert", "update", "delete", "truncate", "references", "trigger"]),
        ).fetchall()
        schemas = connection.execute(
            """
            select r.reader, n.nspname, has_schema_privilege(r.reader, n.oid, 'create')
            from unnest(%s::text[]) as r (reader), pg_namespace as n
            where has_schema_privilege(r.reader, n.oid, 'usage') and n.nspname not in ('pg_catalog', 'information_schema')
            """,
            (list(READERS),),
        ).fetchall()
        databases = connection.execute(
            "select r.reader, d.datname, p.privilege from unnest(%s::text[]) as r (reader), pg_database as d, unnest(%s::text[]) as p"
            " (privilege) where not d.datistemplate and d.datname <> 'postgres' and has_database_privilege(r.reader, d.oid, p.privilege)",
            (list(READERS), ["connect", "create", "temporary"]),
        ).fetchall()
        owned = connection.execute(
            "select refobjid::regrole::text from pg_shdepend where refclassid = 'pg_authid'::regclass and deptype = 'o'"
            " and refobjid::regrole::text = any(%s)",
            (list(READERS),),
        ).fetchall()
    views = {name for _, name, _ in relations}
    assert "marts.indicator_summary" in views and len(views) >= 10
    assert {(reader, name, "select") for reader in READERS for name in views} == set(relations)
    assert all(name.startswith("marts.") for name in views)
    assert set(schemas) == {(reader, "marts", False) for reader in READERS}
    assert {(reader, privilege) for reader, _, privilege in databases} == {(reader, "connect") for reader in READERS}
    assert (len(databases), owned) == (len(READERS), [])


@pytest.mark.parametrize("role", READERS)
@pytest.mark.parametrize(
    "statement",
    [
        "select * from warehouse.fct_indicator_value",
        "select * from staging.cell",
        "select * from audit.reader_limit",
        "select * from catalog.unit",
        "select * from public.migration",
        "select warehouse.visible_publication()",
        "select warehouse.candidate()",
        "create table marts.mine (n integer)",
        "create table public.mine (n integer)",
        "create temporary table mine (n integer)",
        "create function marts.mine() returns integer language sql as 'select 1'",
        "create schema mine",
        "comment on view marts.dim_unit is 'mine'",
        "select lo_create(0)",
        "select lo_from_bytea(0, 'x')",
        "select pg_advisory_lock(1)",
        "select pg_read_file('postgresql.conf')",
        "copy marts.dim_unit to program 'cat'",
        "copy marts.dim_unit to '/dim_unit'",
        "set role transformer",
        "set role publisher",
        "set role auditor",
        "set role marts_owner",
        "set session authorization postgres",
        "create role mine",
        "alter role bi_reader superuser",
        "alter system set work_mem = '1GB'",
        "select rolpassword from pg_authid",
    ],
)
def test_a_reader_is_refused(world: World, role: str, statement: str) -> None:
    with psycopg.connect(url(role), autocommit=True) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)  # type: ignore[call-overload]


@pytest.mark.parametrize("role", READERS)
def test_a_reader_sees_no_publication_before_it_is_published(world: World, role: str) -> None:
    assert rows(role, "select max(number) from marts.publication") == [(1,)]
    for number in (world.publications, 99):
        with pytest.raises(psycopg.errors.RaiseException, match="is not published"):
            rows(role, "select * from marts.dim_unit", publication=number)
    with connect("publisher", publication=world.publications) as connection:
        assert connection.execute("select count(*) from marts.indicator_summary where period_code = '2022-05'").fetchone() != (0,)
    assert rows(role, "select count(*) from marts.indicator_summary where period_code = '2022-05'") == [(0,)]


@pytest.mark.parametrize("role", [D1, TWO])
def test_every_view_that_says_something_of_units_is_limited(world: World, role: str) -> None:
    with admin_connect() as connection:
        columns = dict(
            connection.execute(
                """
                select table_name, array_agg(column_name::text) from information_schema.columns
                where table_schema = 'marts' and column_name in ('unit_key', 'unit_code') group by table_name
                """
            ).fetchall()
        )
    assert columns.keys() >= {"dim_unit", "fct_indicator_value", "fct_submission", "fct_target", "data_quality", "indicator_summary"}
    keys = dict(rows("bi_reader", "select unit_key, unit_code from marts.dim_unit"))
    seen_keys = {key for (key,) in rows(role, "select unit_key from marts.dim_unit")}
    assert {keys[key] for key in seen_keys} == UNITS_OF[role]
    for view, names in columns.items():
        if "unit_key" in names:
            column, allowed = "unit_key", seen_keys
        else:
            column, allowed = "unit_code", UNITS_OF[role]
        every = rows("bi_reader", f"select {column}, t::text from marts.{view} as t")
        seen = rows(role, f"select {column}, t::text from marts.{view} as t")
        assert {unit for unit, _ in seen} <= allowed, view
        # comparisons with the year before may lead out of the branch, and a code's stretch may span versions that do
        if view not in ("indicator_summary", "indicator_leaf", "unit_code_history"):
            assert sorted(seen) == sorted(row for row in every if row[0] in allowed), view


@pytest.mark.parametrize("role", [D1, TWO])
def test_who_sees_some_branches_sees_no_sums_over_groups_of_another_hierarchy(world: World, role: str) -> None:
    assert rows(role, "select count(*) from marts.indicator_by_group") == [(0,)]
    assert rows("bi_reader", "select count(*) from marts.indicator_by_group") != [(0,)]


def test_a_unit_that_moved_is_seen_by_each_branch_for_its_time(world: World) -> None:
    query = (
        "select period_code from marts.indicator_summary"
        " where map = 'as_reported' and unit_code = 'C22' and indicator_code = 'VISITS' and period_type = 'month'"
    )
    assert sorted(rows(D1, query)) == [("2022-03",), ("2022-04",)]
    assert sorted(rows(TWO, query)) == [("2021-03",), ("2022-02",)]
    march = (
        "select value, same_period_value from marts.indicator_summary"
        " where map = 'as_reported' and unit_code = 'C22' and indicator_code = 'VISITS' and period_code = '2022-03'"
    )
    ((value, before),) = rows("bi_reader", march)
    assert None not in (value, before)
    assert rows(D1, march) == [(value, None)]  # a year ago it was not theirs


def test_a_branch_has_the_figures_that_everybody_sees(world: World) -> None:
    query = (
        "select * from marts.indicator_summary where map = 'as_reported' and unit_code in ('D1', 'C11', 'C12')"
        " order by indicator_key, period_key, unit_key"
    )
    assert rows(D1, query) == rows("bi_reader", query) != []


def test_limits_hold_for_earlier_publications(world: World) -> None:
    assert {code for (code,) in rows(D1, "select unit_code from marts.indicator_summary", publication=1)} == UNITS_OF[D1]


def test_an_expression_that_fails_on_other_rows_does_not_tell_of_them(world: World) -> None:
    probe = "select count(*) from marts.indicator_summary where 1 / (value - (select {})) is not null and unit_code is not null"
    ((hidden,),) = rows(
        "bi_reader",
        "select value from marts.indicator_summary"
        " where map = 'as_reported' and unit_code = 'H2' and indicator_code = 'VISITS'"
        " and value not in (select value from marts.indicator_summary where unit_code ~ '(D1|C11|C12|C22)' and value is not null)"
        " order by period_key limit 1",
    )
    with pytest.raises(psycopg.errors.DivisionByZero):
        rows("bi_reader", probe.format(hidden))
    assert rows(D1, probe.format(hidden))


def test_a_login_that_is_not_in_the_table_sees_nothing(world: World) -> None:
    with admin_connect() as connection:
        connection.execute("update audit.reader_limit set role_name = 'somebody_else' where role_name = %s", (D1,))
        try:
            assert rows(D1, "select count(*) from marts.dim_unit") == rows(D1, "select count(*) from marts.fct_submission") == [(0,)]
        finally:
            connection.execute("update audit.reader_limit set role_name = %s where role_name = 'somebody_else'", (D1,))


def test_limits_are_changed_recorded_and_taken_away(world: World) -> None:
    assert add_reader("for_a_while", ["C11"], hides_small_counts=False)
    assert rows("for_a_while", "select distinct unit_code from marts.dim_unit") == [("C11",)]
    assert not add_reader("for_a_while", ["C11", "H2"], hides_small_counts=True)
    assert rows("for_a_while", "select distinct unit_code from marts.dim_unit order by 1") == [("C11",), ("H2",)]
    (reader,) = (reader for reader in list_readers() if reader.name == "for_a_while")
    assert (reader.branches, reader.hides_small_counts) == (("C11", "H2"), True)
    remove_reader("for_a_while")
    with pytest.raises(psycopg.OperationalError):
        rows("for_a_while", "select 1")
    with connect("auditor") as connection:
        acts = connection.execute("select act, details ->> 'branches' from audit.event where details ->> 'role' = 'for_a_while'").fetchall()
    assert acts == [("reader_added", '["C11"]'), ("reader_changed", '["C11", "H2"]'), ("reader_removed", "[]")]


@pytest.mark.parametrize(
    ("name", "branches", "hides", "message"),
    [
        ("Robert'); drop", ["D1"], False, "cannot name a login"),
        ("pg_mine", ["D1"], False, "cannot name a login"),
        ("publisher", ["D1"], False, "was not made by"),
        ("somebody", ["D1", "NOWHERE"], False, "No unit .* has the code NOWHERE"),
        ("somebody", [], False, "Nothing would be limited"),
    ],
)
def test_what_is_no_limit_is_refused(world: World, name: str, branches: list[str], hides: bool, message: str) -> None:
    with pytest.raises(ReaderProblem, match=message):
        add_reader(name, branches, hides)
    with admin_connect() as connection:
        assert connection.execute("select rolsuper from pg_roles where rolname = 'somebody'").fetchone() is None


def test_every_view_and_column_has_a_comment(world: World) -> None:
    with admin_connect() as connection:
        described = connection.execute(
            """
            select c.relname, a.attname, col_description(c.oid, a.attnum), obj_description(c.oid, 'pg_class')
            from pg_class as c
            join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0
            where c.relnamespace = 'marts'::regnamespace and c.relkind = 'v'
            """
        ).fetchall()
    assert len(described) > 100
    assert [(view, column) for view, column, of_column, of_view in described if not of_column or not of_view] == []


def test_the_marts_do_not_belong_to_the_owner_of_the_tables(world: World) -> None:
    with admin_connect() as connection:
        owners = {owner for (owner,) in connection.execute("select viewowner from pg_views where schemaname = 'marts'")}
        # every table that a view of the marts reads and that has a column of units is limited
        unlimited = connection.execute(
            """
            select distinct t.oid::regclass::text
            from pg_depend as d
            join pg_rewrite as r on d.objid = r.oid
            join pg_class as v on r.ev_class = v.oid and v.relnamespace = 'marts'::regnamespace
            join pg_class as t on d.refobjid = t.oid and t.relkind = 'r'
            join pg_attribute as a on a.attrelid = t.oid and a.attname ~ '^(unit|ancestor)_(key|code)$' and not a.attisdropped
            where not t.relrowsecurity
            """
        ).fetchall()
    assert owners == {"marts_owner"}
    assert unlimited == []


def test_no_view_keeps_the_query_around_it_from_its_indexes(world: World) -> None:
    with admin_connect() as connection:
        definitions = connection.execute("select viewname, definition from pg_views where schemaname = 'marts'").fetchall()
    assert len(definitions) >= 10
    deliberate = " AS MATERIALIZED ("
    assert [name for name, text in definitions if text.count("WITH ") > text.count(deliberate)] == []
    assert [name for name, text in definitions if deliberate in text] == ["quality_metric"]
