"""Who may do what: every table and view of ours, every login role, every privilege, against what the design allows.

A table that is added gets its privileges here by its schema; one that needs others is an exception that somebody decided on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from tonghop.database import admin_connect, connect
from tonghop.database.connections import AIRFLOW, ROLES

pytestmark = pytest.mark.database

SCHEMAS = ("audit", "catalog", "marts", "public", "staging", "warehouse")
APPEND = {"SELECT", "INSERT"}
READ = {"SELECT"}
OWN = {"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"}

MAY: dict[str, dict[str, set[str]]] = {
    "catalog": {"loader": APPEND, "transformer": READ, "publisher": READ, "auditor": READ},
    "staging": {"loader": APPEND, "transformer": READ, "publisher": READ, "auditor": READ},
    "audit": {"publisher": APPEND, "transformer": READ, "auditor": READ},
    "warehouse": {"transformer": OWN, "publisher": READ, "auditor": READ},
    "marts": {"transformer": OWN, "publisher": READ, "auditor": READ, "bi_reader": READ},
    "public": {},
}
"""What a role may do with every table of a schema. Views of the first three are read by those who may read, or by none but their owner."""

LOADER_READS = {"staging.unresolved_receipt", "staging.review_item"}
"""Views that the loader goes by."""

ADVANCES = {
    "audit.publication": {"status", "published_at", "discarded_at", "manifest_path", "manifest_sha256", "expired_at"},
    "audit.live": {"number"},
    "audit.gate_run": {"status", "ended_at", "summary"},
}
"""The only columns that the publisher, and nobody else, may change."""

FOR_EVERYBODY = {
    "catalog.pack_in_force",
    "warehouse.hidden_unit_keys",
    "warehouse.hides_small_counts",
    "warehouse.sees_every_unit",
    "warehouse.visible_publication",
}
"""Functions with their owner's rights that every role may call, by the views that call them."""


def query(text: str, *parameters: object) -> list[tuple]:
    with admin_connect() as connection:
        return connection.execute(text.encode(), parameters).fetchall()


@pytest.fixture(scope="module")
def relations(server: None) -> dict[str, str]:
    """The tables and views of ours by name, with their kind."""
    found = dict(
        query(
            "select relnamespace::regnamespace || '.' || relname, relkind::text from pg_class "
            "where relnamespace::regnamespace::text = any(%s) and relkind in ('r', 'p', 'v', 'm', 'f')",
            list(SCHEMAS),
        )
    )
    assert {name.split(".")[0] for name in found} == set(SCHEMAS), "every schema has something to look at"
    return found


def expected(name: str, kind: str, role: str) -> set[str]:
    schema = name.split(".")[0]
    may = MAY[schema].get(role, set())
    if kind == "v" and schema in ("catalog", "staging", "audit"):
        may = may & READ if role != "loader" or name in LOADER_READS else set()
    return may


def test_every_role_has_the_privileges_that_it_should_have_and_no_other(relations: dict[str, str]) -> None:
    held: dict[tuple[str, str], set[str]] = defaultdict(set)
    for name, role, privilege in query(
        """
        select c.relnamespace::regnamespace || '.' || c.relname, r.rolname, p.privilege
        from pg_class c, pg_roles r, unnest(%s::text[]) as p (privilege)
        where c.relnamespace::regnamespace::text = any(%s) and c.relkind in ('r', 'p', 'v', 'm', 'f') and r.rolname = any(%s)
            and has_table_privilege(r.rolname, c.oid, p.privilege)
        """,
        sorted(OWN),
        list(SCHEMAS),
        [*ROLES, AIRFLOW],
    ):
        held[name, role].add(privilege)
    wrong = {
        f"{role} on {name}": (sorted(held[name, role]), sorted(expected(name, kind, role)))
        for name, kind in relations.items()
        for role in (*ROLES, AIRFLOW)
        if held[name, role] != expected(name, kind, role)
    }
    assert not wrong, "privileges held and expected"


def test_only_what_advances_may_be_updated_and_only_by_the_publisher(relations: dict[str, str]) -> None:
    may: dict[str, set[str]] = defaultdict(set)
    for name, role, column in query(
        """
        select c.relnamespace::regnamespace || '.' || c.relname, r.rolname, a.attname
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped, pg_roles r
        where c.relnamespace::regnamespace::text in ('catalog', 'staging', 'audit', 'public') and c.relkind in ('r', 'p', 'v')
            and r.rolname = any(%s) and has_column_privilege(r.rolname, c.oid, a.attnum, 'UPDATE')
        """,
        [*ROLES, AIRFLOW],
    ):
        assert role == "publisher", f"{role} may update {name}.{column}"
        may[name].add(column)
    assert may == ADVANCES


def forbidden(relations: dict[str, str], role: str) -> Iterator[tuple[str, sql.Composed]]:
    """Statements that a role must not get through, one for each table and act; none changes a row."""
    columns = dict(
        query(
            "select c.relnamespace::regnamespace || '.' || c.relname, array_agg(a.attname::text order by a.attname) "
            "from pg_attribute a join pg_class c on a.attrelid = c.oid "
            "where a.attnum > 0 and not a.attisdropped and a.attidentity = '' group by c.oid"
        )
    )
    for name, kind in sorted(relations.items()):
        table = sql.Identifier(*name.split("."))
        column = sql.Identifier(next(column for column in columns[name] if column not in ADVANCES.get(name, ())))
        may = expected(name, kind, role)
        acts = {
            "SELECT": sql.SQL("select {column} from {table} limit 0"),
            "INSERT": sql.SQL("insert into {table} ({column}) select {column} from {table} limit 0"),
            "UPDATE": sql.SQL("update {table} set {column} = {column} where false"),
            "DELETE": sql.SQL("delete from {table} where false"),
            "TRUNCATE": sql.SQL("truncate {table}"),
            "ALTER": sql.SQL("alter table {table} add column mine integer"),
            "DROP": sql.SQL("drop table {table}"),
        }
        for act, statement in acts.items():
            is_moot = kind == "v" and act != "SELECT"  # most views cannot be written through at all
            if act not in may and may != OWN and not is_moot:
                yield f"{role}: {act} {name}", statement.format(table=table, column=column)


@pytest.mark.parametrize("role", ROLES)
def test_what_a_role_must_not_do_is_refused_when_it_tries(relations: dict[str, str], role: str) -> None:
    tried = 0
    got_through = []
    with connect(role, autocommit=True) as connection:
        for what, statement in forbidden(relations, role):
            tried += 1
            try:
                connection.execute(statement)
            except psycopg.errors.InsufficientPrivilege:
                continue
            got_through.append(what)
    assert got_through == []
    assert tried > 100


def test_no_login_role_owns_what_is_append_only(relations: dict[str, str]) -> None:
    owners = query(
        "select distinct relnamespace::regnamespace::text, pg_get_userbyid(relowner) from pg_class "
        "where relnamespace::regnamespace::text = any(%s)",
        list(SCHEMAS),
    )
    assert {(schema, owner) for schema, owner in owners if owner in (*ROLES, AIRFLOW)} == {("warehouse", "transformer")}
    functions = query("select proname from pg_proc where pg_get_userbyid(proowner) = any(%s)", [*ROLES, AIRFLOW])
    assert functions == []


def test_roles_have_no_power_beyond_their_grants(server: None) -> None:
    assert (
        query(
            "select rolname from pg_roles where rolname = any(%s) "
            "and (rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls)",
            [*ROLES, AIRFLOW],
        )
        == []
    )
    memberships = query(
        "select pg_get_userbyid(member), pg_get_userbyid(roleid) from pg_auth_members where pg_get_userbyid(member) = any(%s)",
        [*ROLES, AIRFLOW],
    )
    assert set(memberships) == {
        *((role, "see_candidate") for role in ("transformer", "publisher")),
        *((role, "see_everything") for role in ("transformer", "publisher", "auditor", "bi_reader")),
        ("transformer", "marts_owner"),
    }


def test_functions_with_their_owners_rights_fix_their_path_and_are_called_by_those_who_may(server: None) -> None:
    found = query(
        """
        select pronamespace::regnamespace || '.' || proname, coalesce(array_to_string(proconfig, ','), ''),
            has_function_privilege('bi_reader', oid, 'EXECUTE')
        from pg_proc where prosecdef and pronamespace::regnamespace::text = any(%s)
        """,
        list(SCHEMAS),
    )
    assert len(found) > 3
    assert {name for name, path, _ in found if path != 'search_path=""'} == set()
    assert {name for name, _, everybody in found if everybody} == FOR_EVERYBODY


def test_nobody_else_may_connect_or_make_schemas(server: None) -> None:
    databases = query(
        "select d.datname, r.rolname, p.privilege "
        "from pg_database d, pg_roles r, unnest(array['CONNECT', 'CREATE', 'TEMPORARY']) p (privilege) "
        "where r.rolname = any(%s) and d.datname in ('tonghop', 'airflow') and has_database_privilege(r.rolname, d.oid, p.privilege)",
        [*ROLES, AIRFLOW],
    )
    assert set(databases) == {
        *(("tonghop", role, "CONNECT") for role in ROLES),
        ("tonghop", "transformer", "CREATE"),
        *(("tonghop", role, "TEMPORARY") for role in ("loader", "publisher", "transformer")),
        *((AIRFLOW, AIRFLOW, act) for act in ("CONNECT", "CREATE", "TEMPORARY")),
    }
    schemas = query(
        "select n.nspname, r.rolname from pg_namespace n, pg_roles r "
        "where n.nspname = any(%s) and r.rolname = any(%s) and has_schema_privilege(r.rolname, n.oid, 'CREATE')",
        list(SCHEMAS),
        [*ROLES, AIRFLOW],
    )
    assert set(schemas) == {("marts", "transformer"), ("warehouse", "transformer")}
