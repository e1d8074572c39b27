"""The rows of a view to a file: streamed out of one snapshot, never whole in memory, and with a note of what they are."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tonghop.database import connect
from tonghop.exchange.selection import ExportProblem, Selection, ViewColumn, columns_of, query_of, refuse_unknown_codes

ROLE = "bi_reader"
"""An export sees what BI sees."""


@dataclass(frozen=True)
class About:
    """What a file holds: the view, the publication that it shows, the restrictions, and when it was made."""

    selection: Selection
    publication: int
    published_at: datetime
    exported_at: datetime
    columns: Sequence[ViewColumn]
    rows: int

    def told(self) -> dict[str, Any]:
        """The same as names and values for a note."""
        return {
            "view": f"marts.{self.selection.view}",
            "publication": self.publication,
            "published_at": self.published_at.isoformat(),
            "exported_at": self.exported_at.isoformat(timespec="seconds"),
            **({"map": self.selection.map} if any(column.name == "map" for column in self.columns) else {}),
            "filters": self.selection.filters,
            "rows": self.rows,
            "columns": {column.name: column.data_type for column in self.columns},
        }


@dataclass(frozen=True)
class Rows:
    """The rows of an export within its snapshot: a query and its parameters, with what they are."""

    connection: psycopg.Connection[Any]
    query: sql.Composed
    parameters: Sequence[Any]
    about: About


@dataclass(frozen=True)
class Exported:
    """A file that was written, and its note (for a workbook the note is a sheet of it)."""

    path: Path
    note: Path | None
    publication: int
    rows: int


def export(selection: Selection, path: Path, *, publication: int | None = None, for_excel: bool = False) -> Exported:
    """Write the rows of a selection to `path`: `.csv`, `.parquet` or `.xlsx`. `publication`: as published then, else the live one.

    `for_excel` puts a byte order mark before a CSV file, by which Excel knows that it is UTF-8. The file appears when it is whole.
    Raises ExportProblem, DatabaseDown.
    """
    write = _writer(path.suffix.lower(), for_excel)
    with snapshot(publication) as connection:
        columns = columns_of(selection.view, connection)
        refuse_unknown_codes(selection, connection)
        query, parameters = query_of(selection, columns)
        number, published_at = visible_publication(connection)
        counted = connection.execute(sql.SQL("select count(*) from ({}) as selected").format(query), parameters).fetchone()
        about = About(selection, number, published_at, datetime.now(UTC), columns, counted[0] if counted else 0)
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_or_nothing(path) as aside:
            write(Rows(connection, query, parameters, about), aside)
            digest = file_sha256(aside)
        note = None
        if path.suffix.lower() != ".xlsx":
            note = path.with_name(path.name + ".about.json")
            told = about.told() | {"file": path.name, "sha256": digest}
            note.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return Exported(path, note, number, about.rows)


def _writer(suffix: str, for_excel: bool) -> Callable[[Rows, Path], None]:
    from tonghop.exchange import parquet, texts, workbooks

    writers: Mapping[str, Callable[[Rows, Path], None]] = {
        ".csv": lambda rows, path: texts.write_csv(rows, path, byte_order_mark=for_excel),
        ".parquet": parquet.write_parquet,
        ".xlsx": workbooks.write_xlsx,
    }
    if suffix not in writers:
        raise ExportProblem(f"Found a file name that ends in {suffix or 'nothing'}; expected {', '.join(writers)}.")
    return writers[suffix]


@contextmanager
def snapshot(publication: int | None) -> Iterator[psycopg.Connection[Any]]:
    """A connection on which all queries see one state of everything, at a publication that was published (default: the live one).

    Raises ExportProblem when it was not.
    """
    with connect(ROLE, publication=publication) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        try:
            connection.execute("set local timezone = 'UTC'")
            yield connection
        except psycopg.errors.RaiseException as error:
            raise ExportProblem(f"{error.diag.message_primary}. `tonghop publications` lists those that are.") from error


def visible_publication(connection: psycopg.Connection[Any]) -> tuple[int, datetime]:
    """Number and moment of the publication that a connection sees. Raises ExportProblem when there is none yet."""
    row = connection.execute("select number, published_at from marts.publication where is_visible").fetchone()
    if row is None:
        raise ExportProblem("Nothing has been published yet. `tonghop refresh` publishes what was loaded.")
    return row[0], row[1]


@contextmanager
def whole_or_nothing(path: Path) -> Iterator[Path]:
    """A file beside the wanted one, renamed when it is whole."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    os.close(handle)
    aside = Path(name)
    try:
        yield aside
        aside.chmod(0o644)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file of any size."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
