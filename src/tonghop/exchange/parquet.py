"""Parquet: typed columns, written batch by batch; numbers stay decimal, as wide as the selection needs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psycopg import sql

from tonghop.exchange.selection import ExportProblem, ViewColumn

if TYPE_CHECKING:
    from tonghop.exchange.export import Rows

_AT_ONCE = 20_000
_MOST_DIGITS = 76
"""Digits of the widest decimal of Parquet."""


def write_parquet(rows: Rows, path: Path) -> None:
    """Write the rows with their types. What they are stands in the file's metadata too, under `tonghop`.

    Raises ExportProblem when a number has more digits than Parquet can hold.
    """
    import pyarrow as arrow  # takes a while, and few exports need it
    from pyarrow import parquet

    fields = [arrow.field(column.name, _type(arrow, column, rows)) for column in rows.about.columns]
    about = {"tonghop": json.dumps(rows.about.told(), ensure_ascii=False)}
    schema = arrow.schema(fields, metadata=about)
    with rows.connection.cursor(name="export") as cursor, parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        cursor.execute(rows.query, rows.parameters)
        while batch := cursor.fetchmany(_AT_ONCE):
            columns = [arrow.array(values, field.type) for values, field in zip(zip(*batch, strict=True), fields, strict=True)]
            writer.write_batch(arrow.record_batch(columns, schema=schema))


def _type(arrow: Any, column: ViewColumn, rows: Rows) -> Any:
    simple = {
        "boolean": arrow.bool_(),
        "smallint": arrow.int16(),
        "integer": arrow.int32(),
        "bigint": arrow.int64(),
        "date": arrow.date32(),
        "timestamp with time zone": arrow.timestamp("us", tz="UTC"),
        "text[]": arrow.list_(arrow.string()),
    }
    if column.data_type == "numeric":
        return _decimal(arrow, column, rows)
    return simple.get(column.data_type, arrow.string())


def _decimal(arrow: Any, column: ViewColumn, rows: Rows) -> Any:
    """The narrowest decimal that holds every number of the column as it is."""
    query = sql.SQL(
        "select coalesce(max(length(trunc(abs({name}))::text)), 1), coalesce(max(scale(trim_scale({name}))), 0) "
        "from ({selected}) as selected"
    ).format(name=sql.Identifier(column.name), selected=rows.query)
    found = rows.connection.execute(query, rows.parameters).fetchone()
    whole, scale = found or (1, 0)
    if whole + scale > _MOST_DIGITS:
        raise ExportProblem(f"{column.name} has numbers of {whole + scale} digits; Parquet holds {_MOST_DIGITS}. Export .csv.")
    return arrow.decimal128(38, scale) if whole + scale <= 38 else arrow.decimal256(_MOST_DIGITS, scale)
