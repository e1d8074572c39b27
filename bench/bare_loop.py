"""The yardstick of `bench/intake.py`: the least that reading and staging can be, as fast as its two libraries make it.

Every number goes from calamine's `to_python` to psycopg's `copy.write_row`, into a table without keys, with one COPY a process.
PATHS_FILE has the paths of the workbooks, one a line. Nothing is recognised, checked, kept or traced back; texts, and numbers typed
as text, are left out.

    python bench/bare_loop.py DSN PATHS_FILE      # prints the seconds after its imports, by the clock and of computing
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import psycopg
from python_calamine import load_workbook

TABLE = "create table if not exists bare_cell (file text, sheet text, line integer, place integer, content double precision)"


def load(dsn: str, paths: list[str]) -> None:
    """Copy the numbers of workbooks into the table `bare_cell`."""
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor, cursor.copy("copy bare_cell from stdin") as copy:
        write_row = copy.write_row
        for path in paths:
            book = load_workbook(path)
            for name in book.sheet_names:
                for line, row in enumerate(book.get_sheet_by_name(name).to_python(skip_empty_area=False), 1):
                    for place, content in enumerate(row, 1):
                        if content.__class__ is float or content.__class__ is int:
                            write_row((path, name, line, place, content))


if __name__ == "__main__":
    started, computed = time.perf_counter(), time.process_time()
    load(sys.argv[1], Path(sys.argv[2]).read_text(encoding="utf-8").splitlines())
    print(time.perf_counter() - started, time.process_time() - computed)
