"""CSV: PostgreSQL writes it, and marks what a spreadsheet program would calculate; here its bytes only pass through."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import psycopg
from psycopg import sql

from tonghop.spreadsheets import ESCAPED

if TYPE_CHECKING:
    from tonghop.exchange.export import Rows
    from tonghop.exchange.selection import ViewColumn


class Writable(Protocol):
    """What takes bytes."""

    def write(self, data: bytes | bytearray | memoryview, /) -> object:
        """Take them."""
        ...


_PLAIN = frozenset({"smallint", "integer", "bigint", "numeric", "boolean", "date", "timestamp with time zone"})
"""Types whose values are no words: nobody can write a formula into them, and a minus sign is one."""


def write_csv(rows: Rows, path: Path, *, byte_order_mark: bool) -> None:
    """Write the rows as UTF-8 with commas, numbers exact as they are kept, and a header line."""
    with path.open("wb") as file:
        if byte_order_mark:
            file.write(codecs.BOM_UTF8)
        copy_csv(rows.connection, rows.query, rows.parameters, rows.about.columns, file)


def copy_csv(
    connection: psycopg.Connection[Any], query: sql.SQL | sql.Composed, parameters: Any, columns: Sequence[ViewColumn], file: Writable
) -> None:
    """Stream the rows of a query with these columns into a file, as CSV that no spreadsheet program runs a formula of."""
    copy = sql.SQL("copy (select {} from ({}) as selected) to stdout (format csv, header true)").format(
        sql.SQL(", ").join(_escaped(column) for column in columns), query
    )
    with connection.cursor() as cursor, cursor.copy(copy, parameters) as copied:
        for part in copied:
            file.write(part)


def _escaped(column: ViewColumn) -> sql.Composed:
    """A column, with an apostrophe before texts that begin like a formula: `spreadsheets.escape_formula` in SQL."""
    name = sql.Identifier(column.name)
    if column.data_type == "boolean":
        return sql.SQL("{name}::text as {name}").format(name=name)
    if column.data_type in _PLAIN:
        return sql.SQL("{}").format(name)
    return sql.SQL("case when {name}::text ~ {formula} then '''' || {name}::text else {name}::text end as {name}").format(
        name=name, formula=sql.Literal(ESCAPED)
    )
