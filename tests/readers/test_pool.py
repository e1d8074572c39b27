"""Reader processes: what they read, what ends them, and what becomes of the files around the one that did."""

from __future__ import annotations

import io
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait
from pathlib import Path

import psutil
import pytest
from tests.intake.workbooks import saved, station_file, station_sheet, workbook
from tests.packs import edited, write_pack

from tonghop.catalog import Pack, read_pack
from tonghop.intake import Limits
from tonghop.readers import Answer, Bounds, FileToRead, Prepared, ReaderPool, Trouble, TroubleKind, pool, read_one, reader_pool, starter

LIMITS = Limits()
PLENTY = Bounds(seconds=30, megabytes=1_024)
LITTLE_TIME = Bounds(seconds=1, megabytes=1_024)
LITTLE_MEMORY = Bounds(seconds=30, megabytes=160)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    return read_pack(write_pack(tmp_path_factory.mktemp("pack")))


@pytest.fixture
def files(tmp_path: Path) -> list[FileToRead]:
    made = []
    for number in range(4):
        path = tmp_path / f"{number}.xlsx"
        path.write_bytes(station_file(station_sheet({"A.1": [number, 0, 0, 0]})))
        made.append(FileToRead(str(path), path.name))
    return made


def written(folder: Path, name: str, data: bytes) -> FileToRead:
    path = folder / name
    path.write_bytes(data)
    return FileToRead(str(path), name)


def with_sheet(xml: str) -> bytes:
    """A workbook whose one sheet has this XML."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved(workbook({"S": [[1]]})))) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, xml.encode() if name == "xl/worksheets/sheet1.xml" else old.read(name))
    return buffer.getvalue()


def slow(folder: Path) -> FileToRead:
    """A workbook that is allowed, and takes some seconds."""
    rows = "".join(f'<row r="{row}">' + "<c><v>1</v></c>" * 500 + "</row>" for row in range(1, 3_001))
    return written(folder, "slow.xlsx", with_sheet(f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'))


def greedy(folder: Path) -> FileToRead:
    """A workbook that is allowed, and takes some hundred megabytes."""
    return written(folder, "greedy.xlsx", with_sheet(f'<worksheet xmlns="{MAIN}">{" " * 100_000_000}</worksheet>'))


@contextmanager
def one_reader(pack: Pack, bounds: Bounds) -> Iterator[ReaderPool]:
    with reader_pool(pack, LIMITS, bounds, 1) as readers:
        yield readers


def answered(readers: ReaderPool, files: list[FileToRead]) -> list[Answer]:
    return readers.answers(readers.submit(files))


def test_answers_come_in_order_and_are_those_of_this_process(pack: Pack, files: list[FileToRead]) -> None:
    with reader_pool(pack, LIMITS, PLENTY, 2) as readers:
        jobs = [readers.submit(files[:3]), readers.submit(files[3:]), readers.submit([])]
        found = [readers.answers(job) for job in reversed(jobs)]
    expected = [read_one(file, pack, LIMITS) for file in files]
    assert found == [[], expected[3:], expected[:3]]
    assert all(isinstance(answer, Prepared) and answer.submissions for answer in expected)


def test_a_process_reads_for_one_pool_after_another_and_takes_over_a_changed_pack(
    pack: Pack, files: list[FileToRead], tmp_path: Path
) -> None:
    row = "ST,2,Khám bệnh,1,A.1,Lượt khám,VISITS,additive"
    changed = read_pack(write_pack(tmp_path / "changed", **edited("form_rows", row, row.replace("additive", "control"))))
    with one_reader(pack, PLENTY) as readers:
        (known,) = answered(readers, files[:1])
        (first,) = readers._readers
    with one_reader(changed, PLENTY) as readers:
        (now,) = answered(readers, files[:1])
        assert readers._readers == [first]
    assert known == read_one(files[0], pack, LIMITS)
    assert now == read_one(files[0], changed, LIMITS)
    assert now != known


def test_a_reader_reads_on_while_nobody_has_time_for_its_answers(pack: Pack, files: list[FileToRead], tmp_path: Path) -> None:
    wordy = written(tmp_path, "wordy.xlsx", station_file(station_sheet({"A.1": ["x" * 30_000] * 4})))
    pipe = tmp_path / "pipe.xlsx"
    os.mkfifo(pipe)
    with one_reader(pack, PLENTY) as readers:
        jobs = [readers.submit([wordy] * 10), readers.submit([files[0], FileToRead(str(pipe), pipe.name)])]
        os.close(opened_by_another(pipe))
        (*_, last), (after, _) = [readers.answers(job) for job in jobs]
    assert last == read_one(wordy, pack, LIMITS)
    assert len(pickle.dumps(last)) > 100_000, "a few of these fill what a socket holds"
    assert after == read_one(files[0], pack, LIMITS)


def test_all_readers_share_in_a_job(pack: Pack, files: list[FileToRead], tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.xlsx"
    os.mkfifo(pipe)
    with reader_pool(pack, LIMITS, PLENTY, 2) as readers:
        job = readers.submit([FileToRead(str(pipe), pipe.name), files[0]])
        while job.answers[1] is None:
            readers._listen()
        assert job.answers[0] is None, "one of them waits for the pipe"
        os.close(opened_by_another(pipe))
        assert readers.answers(job)[1] == read_one(files[0], pack, LIMITS)


def opened_by_another(pipe: Path) -> int:
    """A descriptor to write to a pipe with, once another process reads from it."""
    until = time.monotonic() + 60
    while True:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            assert time.monotonic() < until, "nobody reads"
            time.sleep(0.01)


def test_what_a_dead_reader_had_in_hand_is_read_by_another(pack: Pack, files: list[FileToRead], tmp_path: Path) -> None:
    culprit = slow(tmp_path)
    with one_reader(pack, LITTLE_TIME) as readers:
        jobs = [readers.submit([files[0], culprit]), readers.submit(files[1:])]
        (first, bad), others = [readers.answers(job) for job in jobs]
    assert isinstance(bad, Trouble)
    assert bad.kind is TroubleKind.TIME
    assert [first, *others] == [read_one(file, pack, LIMITS) for file in files]


@pytest.mark.parametrize(
    ("bounds", "make", "kind"),
    [(LITTLE_TIME, slow, TroubleKind.TIME), (LITTLE_MEMORY, greedy, TroubleKind.MEMORY)],
)
def test_a_file_that_breaks_a_bound_costs_only_itself(
    bounds: Bounds, make: object, kind: TroubleKind, pack: Pack, files: list[FileToRead], tmp_path: Path
) -> None:
    culprit = make(tmp_path)  # type: ignore[operator]
    with one_reader(pack, bounds) as readers:
        before, bad, after = answered(readers, [files[0], culprit, files[1]])
    assert isinstance(bad, Trouble)
    assert bad.kind is kind
    assert (before, after) == tuple(read_one(file, pack, LIMITS) for file in files[:2])


def test_a_reader_that_dies_is_replaced_and_the_culprit_is_named(pack: Pack, files: list[FileToRead], tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.xlsx"
    os.mkfifo(pipe)  # whoever reads it waits for us, and so can be shot

    def shoot() -> None:
        for _ in range(2):  # among others, then alone
            with pipe.open("wb"):
                (reader,) = readers._readers
                while reader.process is None:  # it reads before we have heard who it is
                    time.sleep(0.01)
                process = os.dup(reader.process)  # the pool closes its own as soon as it buries the reader
                signal.pidfd_send_signal(process, signal.SIGSEGV)
                wait([process])  # type: ignore[list-item]  # it is ready
                os.close(process)

    with one_reader(pack, PLENTY) as readers:
        killer = threading.Thread(target=shoot)
        job = readers.submit([files[0], FileToRead(str(pipe), pipe.name), files[1]])
        killer.start()
        before, bad, after = readers.answers(job)
        killer.join()
    assert isinstance(bad, Trouble)
    assert (bad.kind, "SIGSEGV" in bad.detail) == (TroubleKind.CRASH, True)
    assert all(isinstance(answer, Prepared) for answer in (before, after))


def test_readers_can_be_started_before_anything_else_is_imported() -> None:
    """They import for most of a second, and whoever wants them does so too: at the same time, not one after the other."""
    script = "import sys, tonghop.readers as r; r.begin_to_start(); print(*(name for name in sys.modules if name.startswith('tonghop')))"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert set(told.stdout.split()) == {"tonghop", "tonghop.readers", "tonghop.readers.starter"}


def test_who_has_others_read_imports_nothing_that_reads() -> None:
    script = "import sys, tonghop.readers.pool; print(*(name for name in sys.modules if name.startswith('tonghop.intake')))"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert set(told.stdout.split()) == {"tonghop.intake", "tonghop.intake.findings", "tonghop.intake.limits"}


def test_readers_that_do_not_start_are_no_fault_of_the_files(pack: Pack, files: list[FileToRead], monkeypatch: pytest.MonkeyPatch) -> None:
    starter.forget()
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with one_reader(pack, Bounds(seconds=29, megabytes=1_024)) as readers, pytest.raises(pool.ReadersDown, match="do not start"):
        answered(readers, files)


def test_readers_are_forked_anew_when_what_they_were_forked_from_is_gone(pack: Pack, files: list[FileToRead]) -> None:
    with one_reader(pack, PLENTY) as readers:
        assert len(answered(readers, files[:1])) == 1
    gone = starter.starter().process
    gone.kill()
    gone.wait()
    pool._forget_idle()
    with one_reader(pack, PLENTY) as readers:
        assert answered(readers, files[:1]) == [read_one(files[0], pack, LIMITS)]
    assert starter.starter().process.pid != gone.pid


def test_readers_work_for_a_process_that_may_have_no_children(files: list[FileToRead], tmp_path: Path) -> None:
    """Workers of task queues are daemons, to which Python's own pools are forbidden."""
    folder = write_pack(tmp_path / "pack")
    daemon = multiprocessing.get_context("spawn").Process(target=_read_and_tell, args=(folder, files[:1], tmp_path / "told"), daemon=True)
    daemon.start()
    daemon.join(60)
    assert (tmp_path / "told").read_text() == "Prepared"


def _read_and_tell(folder: Path, files: list[FileToRead], told: Path) -> None:
    with one_reader(read_pack(folder), PLENTY) as readers:
        (answer,) = answered(readers, files)
    told.write_text(type(answer).__name__)


_PARENT = """
import sys, time
from pathlib import Path
from tonghop.catalog import read_pack
from tonghop.intake import Limits
from tonghop.readers import Bounds, FileToRead, reader_pool
with reader_pool(read_pack(Path(sys.argv[1])), Limits(), Bounds(30, 1024), 1) as readers:
    readers.answers(readers.submit([FileToRead(sys.argv[2], "x.xlsx")]))
    print(readers._readers[0].pid, flush=True)
    time.sleep(60)
"""


def test_no_reader_outlives_a_parent_that_was_killed(files: list[FileToRead], tmp_path: Path) -> None:
    folder = write_pack(tmp_path / "pack")
    parent = subprocess.Popen([sys.executable, "-c", _PARENT, str(folder), files[0].path], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    reader = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert psutil.wait_procs([reader], timeout=20)[1] == []
