"""The other yardstick of `bench/intake.py`: the loop that tutorials show, `pandas.read_excel` and `to_sql`, sheet by sheet.

PATHS_FILE has the paths of the workbooks, one a line.

python bench/pandas_loop.py SQLALCHEMY_URL PATHS_FILE      # prints the seconds after its imports, by the clock and of computing
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pandas
from sqlalchemy import create_engine


def load(url: str, paths: list[str]) -> None:
    """Append the sheets of workbooks to the table `pandas_cell`."""
    engine = create_engine(url)
    for path in paths:
        for name, frame in pandas.read_excel(path, sheet_name=None, header=None, dtype=str, engine="openpyxl").items():
            cells = frame.melt(ignore_index=False).dropna().reset_index(names="line").assign(file=path, sheet=name)
            cells.to_sql("pandas_cell", engine, if_exists="append", index=False)


if __name__ == "__main__":
    started, computed = time.perf_counter(), time.process_time()
    load(sys.argv[1], Path(sys.argv[2]).read_text(encoding="utf-8").splitlines())
    print(time.perf_counter() - started, time.process_time() - computed)
