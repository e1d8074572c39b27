"""Two months of the whole province through the command line: what a left-out district, one more case, a kill at any step and bad
input do to the marts. The tests of this module go on where the one before stopped."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import openpyxl
import psycopg
import pytest
from tests.end_to_end.conftest import World, live_publication, rows

from tonghop.catalog import Pack, read_pack
from tonghop.database import DatabaseDown, admin_connect, connect, embedded
from tonghop.samples import build_samples
from tonghop.settings import PROJECT, settings

pytestmark = [pytest.mark.end_to_end, pytest.mark.database, pytest.mark.slow, pytest.mark.timeout(2400)]

MONTHS = ("2022-07", "2022-08")
PACK = PROJECT / "catalog" / "hau_giang"
SUMMARY = (
    "select unit_code, indicator_code, period_code, value, ytd_value, target, yoy_abs, reporting_units, expected_units, is_complete "
    "from marts.indicator_summary where map = 'as_reported' order by unit_code, indicator_code, period_code"
)
ONE_FLOW = "DIS_DENGUE_CASES"


@pytest.fixture(scope="module")
def pack() -> Pack:
    return read_pack(PACK)


@pytest.fixture(scope="module")
def waves(pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The sample workbooks of two months by wave, as `<wave>/<unit>/<file>`."""
    directory = tmp_path_factory.mktemp("workbooks")
    build_samples(pack, directory, source=PACK / "samples", only_periods=MONTHS)
    return sorted(directory.iterdir())


@pytest.fixture(scope="module")
def district(pack: Pack) -> str:
    """A district with stations below it."""
    parents = {unit.parent_code for unit in pack.units if unit.level == 3}
    return max(parent for parent in parents if parent)


@pytest.fixture(scope="module")
def world(waves: list[Path], district: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two publications of July: the first without one district, the second with it."""
    world = World(tmp_path_factory.mktemp("world"))
    with world.inside():
        folders = sorted(waves[0].iterdir())
        world.tonghop("load", *[folder for folder in folders if not folder.name.startswith(f"{district}-")])
        world.tonghop("refresh")
        world.tonghop("load", *[folder for folder in folders if folder.name.startswith(f"{district}-")])
        world.tonghop("refresh")
        yield world


def test_leaving_a_district_out_lowers_the_sum_by_its_part(world: World, pack: Pack, district: str) -> None:
    query = (
        "select value, reporting_units, expected_units from marts.indicator_summary "
        "where map = 'as_reported' and unit_code = %s and indicator_code = %s and period_code = '2022-07'"
    )
    (with_it,) = rows(query, (pack.head.root_unit, ONE_FLOW), publication=2)
    (without,) = rows(query, (pack.head.root_unit, ONE_FLOW), publication=1)
    (its_part,) = rows(query, (district, ONE_FLOW), publication=2)
    assert its_part[0] > 0 and its_part[1] > 0
    assert without[0] == with_it[0] - its_part[0]
    assert without[1] == with_it[1] - its_part[1]
    assert without[2] == with_it[2]
    (missing,) = rows(query, (district, ONE_FLOW), publication=1)
    assert missing[0] is None and missing[1] == 0, "not reported is not zero"


def test_one_more_case_in_one_cell_changes_exactly_its_ancestors_by_one(
    world: World, tmp_path: Path, waves: list[Path], pack: Pack
) -> None:
    before = live_publication()
    unit, sheet, cell, source = rows(
        "select u.unit_code, f.sheet, f.cell, s.source_uri from marts.fct_indicator_value f "
        "join marts.dim_unit u using (unit_key) join marts.dim_indicator i using (indicator_key) "
        "join marts.fct_submission s using (submission_id) "
        "where u.level = 3 and i.indicator_code = %s and f.measure = 'value' and f.value > 0 order by u.unit_code limit 1",
        (ONE_FLOW,),
    )[0]
    path = [unit, *(each.parent_code for each in pack.units if each.unit_code == unit), pack.head.root_unit]

    changed = tmp_path / Path(source).name
    workbook = openpyxl.load_workbook(source)
    workbook[sheet][cell].value = int(str(workbook[sheet][cell].value).replace(".", "")) + 1
    workbook.save(changed)
    world.tonghop("load", changed)
    world.tonghop("refresh")

    assert live_publication() == before + 1
    old = {row[:3]: row[3:] for row in rows(SUMMARY, publication=before)}
    new = {row[:3]: row[3:] for row in rows(SUMMARY)}
    assert old.keys() == new.keys()
    differences = {key: (new[key][0] - old[key][0], new[key][1] - old[key][1]) for key in new if new[key] != old[key]}
    periods = ("2022-07", "2022-Q3", "2022-9M", "2022")
    assert differences == {(code, ONE_FLOW, period): (1, 1) for code in path for period in periods}


STEPS = {
    "files are staged": "select count(*) > 120 from staging.submission",
    "the judgement is open": "select exists (select from audit.gate_run where gate = 1 and status = 'judging')",
    "rules have written": "select exists (select from warehouse.rule_failure f join audit.gate_run g using (gate_run_id) "
    "where g.status = 'judging')",
    "verdicts are given": "select exists (select from audit.verdict join staging.submission using (submission_id) "
    "where period_code = '2022-08')",
    "the candidate is open": "select exists (select from audit.publication where status = 'candidate')",
    "facts are written": "select exists (select from warehouse.fct_indicator_value where from_publication = "
    "(select number from audit.publication where status = 'candidate'))",
    "the aggregate is written": "select exists (select from warehouse.agg_indicator_period where from_publication = "
    "(select number from audit.publication where status = 'candidate'))",
    "gate 2 judges": "select exists (select from audit.gate_run where gate = 2 and status = 'judging')",
    "it is published": "select exists (select from audit.publication where status = 'published' and '2022-08' = any(periods))",
}
"""States of a load and refresh in the order in which they come, as the database shows them."""


def test_a_kill_at_any_step_changes_nothing(world: World, waves: list[Path], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Everything is killed (the commands, and every second time PostgreSQL too) as soon as a step is reached, and started again."""
    with Poller() as poller:
        for number, (step, reached) in enumerate(STEPS.items()):
            started = start(world, waves[1])
            assert wait_for(reached, started), f"{step}: the command ended ({started.returncode}) before this was seen"
            os.killpg(started.pid, signal.SIGKILL)
            started.wait()
            if number % 2:
                kill_server()
                world.tonghop("dsn", "auditor")
        finished = start(world, waves[1])
        assert finished.wait() == 0
        world.tonghop("load", waves[2])
        world.tonghop("refresh")
    again = live_publication()
    world.tonghop("load", waves[1], waves[2])
    world.tonghop("refresh")
    assert live_publication() == again, "nothing is left to publish"

    assert poller.seen.total() > 50
    for publication, sums in poller.seen:
        assert sums == sums_over_marts(publication), f"publication {publication} was seen half done"
    assert {publication for publication, _ in poller.seen} >= {again - 2, again - 1, again}

    doubled = rows(
        "select submission_id, sheet, cell, measure, count(*) from marts.fct_indicator_value group by 1, 2, 3, 4 having count(*) > 1"
    )
    assert doubled == []
    killed = rows(SUMMARY)

    undisturbed = World(tmp_path_factory.mktemp("undisturbed"))
    sources = [row[0] for row in rows("select source_uri from marts.fct_submission order by submission_id")]
    undisturbed.tonghop("load", *sources)
    undisturbed.tonghop("refresh")
    with undisturbed.inside():
        assert rows(SUMMARY) == killed


def test_bad_input_is_one_clear_message_and_nothing_is_lost(world: World, tmp_path: Path, waves: list[Path]) -> None:
    before = live_publication()
    not_a_workbook = tmp_path / "báo cáo.xlsx"
    not_a_workbook.write_bytes(b"%PDF-1.7 this is no workbook")
    stranger = tmp_path / "người lạ.xlsx"
    shutil.copy(next(waves[0].rglob("*.xlsx")), stranger)
    workbook = openpyxl.load_workbook(stranger)
    for sheet in workbook:
        for label, value, *_ in sheet.iter_rows(min_row=1, max_row=10):
            if label.value in ("Mã đơn vị:", "Đơn vị:"):
                value.value = "Không ai biết"
    workbook.save(stranger)

    told = world.tonghop("load", not_a_workbook, stranger, check=False)
    printed = told.stdout + told.stderr
    assert "Traceback" not in printed
    assert not_a_workbook.name in printed and stranger.name in printed and "Không ai biết" in printed
    world.tonghop("refresh")
    assert live_publication() == before
    with connect("auditor") as connection:
        kept = connection.execute(
            "select f.archive_path, r.outcome from staging.receipt r join staging.file f using (sha256) where r.source_uri = any(%s)",
            ([str(not_a_workbook), str(stranger)],),
        ).fetchall()
    assert [outcome for _, outcome in kept] == ["rejected", "rejected"]
    assert all((settings().archive_path / path).exists() for path, _ in kept)


def test_a_broken_catalog_line_is_named(world: World, tmp_path: Path) -> None:
    broken = tmp_path / "pack"
    shutil.copytree(PACK, broken)
    lines = (broken / "units.csv").read_text(encoding="utf-8").splitlines()
    lines[2] = lines[2].replace(lines[2].split(",")[0], "NO SUCH CODE", 1)
    (broken / "units.csv").write_text("\n".join(lines), encoding="utf-8")
    told = world.tonghop("catalog", "check", broken, check=False)
    assert told.returncode == 1
    assert "units.csv:3" in told.stdout + told.stderr and "Traceback" not in told.stderr
    told = world.tonghop("refresh", "--catalog", broken, check=False)
    assert told.returncode == 1
    assert "units.csv:3" in told.stdout + told.stderr and "Traceback" not in told.stderr


def test_a_database_that_is_down_is_one_clear_message(world: World, tmp_path: Path) -> None:
    """An outside server that does not answer; the embedded one is started when it is needed."""
    environment = world.environment | {"TONGHOP_ADMIN_DSN": "postgresql://postgres:x@127.0.0.1:1/postgres"}
    told = subprocess.run(world.command("refresh"), env=environment, capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert "does not answer" in told.stderr and "Traceback" not in told.stderr


# What the tests above are made with


def start(world: World, *folders: Path) -> subprocess.Popen[bytes]:
    """Load and refresh in a process group of their own."""
    load, refresh = world.command("load", *folders), world.command("refresh")
    return subprocess.Popen(
        ["sh", "-c", f"{' '.join(load)} && {' '.join(refresh)}"],
        env=world.environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def wait_for(query: str, process: subprocess.Popen[bytes]) -> bool:
    """Wait until a query says true; False when the process ended before."""
    with admin_connect() as connection:
        while process.poll() is None:
            if (found := connection.execute(query).fetchone()) and found[0]:
                return True
            time.sleep(0.02)
        found = connection.execute(query).fetchone()
        return bool(found and found[0])


def kill_server() -> None:
    """Kill PostgreSQL with all its processes' shared state."""
    pid = int((settings().home / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)
    while embedded.is_running():
        time.sleep(0.05)


Sums = tuple[tuple[Decimal | None, ...], ...]


def sums_over_marts(publication: int | None = None) -> Sums:
    """Counts and sums over the marts in one repeatable-read transaction, as BI sees them."""
    with connect("bi_reader", publication=publication) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return tuple(
            connection.execute(query).fetchone() or ()
            for query in (
                "select count(*), sum(value), sum(submission_id) from marts.fct_indicator_value",
                "select count(*), sum(value), sum(ytd_value), sum(reporting_units), sum(expected_units) from marts.indicator_summary",
                "select count(*), sum(value) from marts.indicator_leaf",
                "select count(*), sum(submission_id) from marts.fct_submission",
                "select count(*), sum(target) from marts.fct_target",
                "select count(*), sum(score) from marts.data_quality",
                "select count(*), sum(unit_key) from marts.dim_unit",
                "select max(number), count(*) from marts.publication",
            )
        )


class Poller:
    """Looks at the marts ten times a second, as a BI tool that never sleeps, and keeps every different thing that it sees."""

    def __init__(self) -> None:
        self.seen: Counter[tuple[int, Sums]] = Counter()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Poller:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.1):
            try:
                sums = sums_over_marts()
            except (psycopg.OperationalError, DatabaseDown):
                continue  # PostgreSQL was killed, too
            self.seen[int(sums[-1][0] or 0), sums] += 1
