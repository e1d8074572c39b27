"""How fast files come in: 1,000 typical workbooks, read and staged as `tonghop load` does it, beside two loops that do much less.

    make bench
    .venv/bin/python bench/intake.py --files 1000

All three have two processes that read and the same server, and are measured from the end of their imports on; ours once more with
them, from the command to its end. Seconds depend on the machine and on what else it does; the ratios are
what to compare. The bare loop and ours take turns, with other workbooks each time, and the middle turn of each counts: a busy
neighbour costs whoever has the turn. Reading includes full resolution, findings and lineage; staging includes the archive and its flush
to disk.
The milliseconds of computing are those of all processes, the server's included; they hold on a busy machine too.
A file system without a journal makes new files slowly where many were deleted in the last minutes, and only ours makes any, one for
each workbook: wait five minutes between two runs, or give each a TMPDIR of its own on another file system.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import typical
from main_job import forget_settings, state_of_its_own
from processor import seconds_of
from rich.console import Console
from rich.table import Table

BENCH = Path(__file__).parent
PROCESSES = 2
TURNS = 5
PANDAS_FILES = 40
"""the slow loop is measured on fewer files"""
PANDAS_TABLE = "create table pandas_cell (line bigint, variable bigint, value text, file text, sheet text)"
"""as `to_sql` makes it where there is none; two processes would both find none"""


class Measured(NamedTuple):
    """Files and the seconds they took, by the clock and of computing."""

    files: int
    seconds: float
    computing: float

    @property
    def rate(self) -> float:
        """Files a second."""
        return self.files / self.seconds

    @property
    def milliseconds(self) -> float:
        """Milliseconds of computing for a file."""
        return 1_000 * self.computing / self.files


def server_seconds() -> float:
    """Seconds that the server has computed until now."""
    from tonghop.settings import settings

    return seconds_of(int((settings().home / "postgres" / "postmaster.pid").read_text().split()[0]))


def side_by_side(program: str, dsn: str, paths: Sequence[Path], folder: Path) -> Measured:
    """Run a loop in two processes, each on its half of the files; the seconds of the slower one, without its imports."""
    shares = [paths[number::PROCESSES] for number in range(PROCESSES)]
    lists = [folder / f"{program}.{number}" for number in range(PROCESSES)]
    for share, file in zip(shares, lists, strict=True):
        file.write_text("\n".join(map(str, share)), encoding="utf-8")
    commands = ([sys.executable, str(BENCH / program), dsn, str(file)] for file in lists)
    before = server_seconds()
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for command in commands]
    printed = [process.communicate()[0].split() for process in running]
    if any(process.returncode for process in running):
        sys.exit(f"{program} failed")
    computing = sum(float(computed) for _, computed in printed)
    return Measured(len(paths), max(float(seconds) for seconds, _ in printed), computing + server_seconds() - before)


class Ours(NamedTuple):
    """What `tonghop load` does before it answers the units, the start of its readers included."""

    loading: Measured
    """after its imports, as the loops are measured"""
    command: Measured
    """from the command to its end"""
    memory: int
    """the most that any of its processes took, in MB"""


def ours(folder: Path, files: int) -> Ours:
    """Load the files of a folder."""
    command = [sys.executable, str(BENCH / "load_files.py"), str(folder)]
    before, started = server_seconds(), time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        output.seek(0)
        after_imports, computed, all_computed = map(float, output.read().split() or (0, 0, 0))
    if status:
        sys.exit("loading failed")
    served = server_seconds() - before
    loading, whole = Measured(files, after_imports, computed + served), Measured(files, seconds, all_computed + served)
    return Ours(loading, whole, usage.ru_maxrss // 1024)


def measure(files: int) -> None:
    """Make the files, run the three loops, print them side by side."""
    forget_settings()
    from tonghop.database import admin_connect
    from tonghop.database.connections import admin_dsn
    from tonghop.settings import settings

    console = Console()
    with tempfile.TemporaryDirectory(prefix="tonghop-files-") as name:
        folder = Path(name)
        os.environ["TONGHOP_CATALOG"] = str(typical.write_pack(folder / "pack"))
        os.environ["TONGHOP_READERS"] = str(PROCESSES)
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed is compiled once, not at every start
        few = typical.write_workbooks(folder / "few", files // 5)
        many = [typical.write_workbooks(folder / f"turn {turn}", files, first=files * (turn + 1)) for turn in range(TURNS)]
        with state_of_its_own():
            admin_dsn_here = admin_dsn(settings().database)
            with admin_connect() as connection:
                from bare_loop import TABLE

                connection.execute(TABLE)
                connection.execute(PANDAS_TABLE)
            first = ours(folder / "few", len(few))
            bare: list[Measured] = []
            whole: list[Ours] = []
            for turn, paths in enumerate(many):
                bare.append(side_by_side("bare_loop.py", admin_dsn_here, paths, folder))
                whole.append(ours(folder / f"turn {turn}", len(paths)))
            url = admin_dsn_here.replace("postgresql://", "postgresql+psycopg2://")
            pandas = side_by_side("pandas_loop.py", url, many[0][:PANDAS_FILES], folder)
            ordinary = sorted(whole, key=lambda each: each.loading.seconds)[TURNS // 2]
            console.print(rates(sorted(bare, key=lambda each: each.seconds)[TURNS // 2], ordinary, pandas))
            turns = ", ".join(f"{each.loading.rate / loop.rate:.0%}" for each, loop in zip(whole, bare, strict=True))
            console.print(f"of the bare loop, turn by turn: {turns}")
            console.print(f"most memory of one process: {first.memory} MB with {len(few)} files, {ordinary.memory} MB with {files}")


def rates(bare: Measured, whole: Ours, pandas: Measured) -> Table:
    """The three rates, and ours from the command on."""
    table = Table("loop", "files", "seconds", "files/s", "of the bare loop", "of pandas", "computing, ms a file", box=None, pad_edge=False)
    rows = (
        ("bare: calamine, write_row", bare),
        ("tonghop: read and stage", whole.loading),
        ("… from the command on", whole.command),
        ("pandas.read_excel, to_sql", pandas),
    )
    for name, each in rows:
        table.add_row(
            name,
            f"{each.files:,}",
            f"{each.seconds:.1f}",
            f"{each.rate:.1f}",
            f"{each.rate / bare.rate:.0%}",
            f"{each.rate / pandas.rate:.1f} ×",
            f"{each.milliseconds:.1f}",
        )
    return table


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--files", type=int, default=1_000, help="workbooks to load")
    measure(arguments.parse_args().files)
