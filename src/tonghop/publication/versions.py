"""The versioned tables of the warehouse: forgetting what a publication wrote, and restating an earlier one.

A table is versioned when it lies in schema `warehouse` and has the columns `from_publication` and `to_publication`. A row is
valid from the first (included) to the second (excluded); see `OPEN_END` for rows that are still valid.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from tonghop.model import OPEN_END


def versioned_tables(connection: psycopg.Connection) -> list[sql.Identifier]:
    """All versioned tables that exist now, by name."""
    rows = connection.execute(
        """
        select c.relname
        from pg_class as c
        join pg_attribute as a on a.attrelid = c.oid
        where c.relnamespace = 'warehouse'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
            and a.attname = 'to_publication' and not a.attisdropped
        order by c.relname
        """
    ).fetchall()
    return [sql.Identifier("warehouse", name) for (name,) in rows]


def table_exists(connection: psycopg.Connection, name: str) -> bool:
    """Whether the warehouse has a table of that name (none before the first deployment)."""
    row = connection.execute("select to_regclass(%s) is not null", (f"warehouse.{name}",)).fetchone()
    return bool(row and row[0])


def forget(connection: psycopg.Connection, number: int) -> None:
    """Undo everything that publication `number` wrote into every versioned table: its rows go, rows that it closed open again.

    Only for a number that was never published. Harmless when repeated. The cast matches the index on `from_publication`,
    which is hidden from the views on purpose.
    """
    for table in versioned_tables(connection):
        connection.execute(sql.SQL("delete from {} where from_publication::bigint = {}").format(table, number))
        connection.execute(
            sql.SQL("update {} set to_publication = {} where to_publication = {}").format(table, sql.Literal(OPEN_END), number)
        )


def restate(connection: psycopg.Connection, number: int, base: int) -> None:
    """Write into every versioned table, under `number`, exactly what was valid at publication `base`."""
    for table in versioned_tables(connection):
        columns = sql.SQL(", ").join(_content_columns(connection, table))
        parts = {"table": table, "columns": columns, "number": number, "base": base, "open": sql.Literal(OPEN_END)}
        connection.execute(
            sql.SQL("update {table} set to_publication = {number} where to_publication = {open} and from_publication > {base}").format(
                **parts
            )
        )
        connection.execute(
            sql.SQL(
                "insert into {table} ({columns}, from_publication, to_publication) select {columns}, {number}, {open} from {table} "
                "where from_publication <= {base} and to_publication > {base} and to_publication < {open}"
            ).format(**parts)
        )


def _content_columns(connection: psycopg.Connection, table: sql.Identifier) -> list[sql.Identifier]:
    rows = connection.execute(
        "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped "
        "and attname not in ('from_publication', 'to_publication') order by attnum",
        (table.as_string(connection),),
    ).fetchall()
    return [sql.Identifier(name) for (name,) in rows]
