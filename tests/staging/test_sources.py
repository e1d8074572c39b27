"""Intake from a folder, an SFTP server and an S3 store at once: listed, read, staged, moved; on a real PostgreSQL."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tests.packs import write_pack
from tests.staging.places import LONG_AGO, put
from tests.staging.servers import PASSWORD, S3, USER, Sftp, s3_server, sftp_server
from tests.staging.test_work import rows, workbook

from tonghop import staging
from tonghop.intake import read_file
from tonghop.settings import settings
from tonghop.staging import arrivals, landing, load_paths, plan_intake, read_and_stage

pytestmark = pytest.mark.database


@dataclass
class World:
    """Landing areas: a folder where files stay, and an SFTP server where they are moved."""

    folder: Path
    sftp: Sftp

    def poll(self) -> list[staging.BatchOutcome]:
        """What an intake run does."""
        return [read_and_stage(batch, read=read_file) for batch in plan_intake().batches]

    def on_the_server(self) -> list[str]:
        """Which files lie on the SFTP server."""
        return sorted(path.relative_to(self.sftp.folder).as_posix() for path in self.sftp.folder.rglob("*") if path.is_file())


@pytest.fixture
def world(warehouse: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with sftp_server(tmp_path / "server") as sftp:
        (tmp_path / "server" / "in").mkdir()
        (tmp_path / "landing").mkdir()
        url = f"sftp://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{sftp.port}/in"
        areas = [str(tmp_path / "landing"), {"url": url, "done": "../done", "failed": "../failed"}]
        monkeypatch.setenv("TONGHOP_LANDING", json.dumps(areas))
        monkeypatch.setenv("TONGHOP_LANDING_OPTIONS", json.dumps({"sftp://": {"known_hosts": str(sftp.known_hosts)}}))
        monkeypatch.setenv("TONGHOP_SETTLE_SECONDS", "0")
        monkeypatch.setenv("TONGHOP_ARCHIVE", str(tmp_path / "archive"))
        monkeypatch.setenv("TONGHOP_CATALOG", str(write_pack(tmp_path / "pack")))
        settings.cache_clear()
        yield World(tmp_path / "landing", sftp)
        settings.cache_clear()


@pytest.fixture(scope="module")
def store() -> Iterator[S3]:
    with s3_server() as server:
        server.client.call_s3("create_bucket", Bucket="units")
        yield server


@pytest.fixture
def world_with_store(world: World, store: S3, monkeypatch: pytest.MonkeyPatch) -> World:
    areas = [*json.loads(os.environ["TONGHOP_LANDING"]), {"url": "s3://units/landing", "done": "done", "failed": "failed"}]
    options = json.loads(os.environ["TONGHOP_LANDING_OPTIONS"]) | {"s3://units": store.options()}
    monkeypatch.setenv("TONGHOP_LANDING", json.dumps(areas))
    monkeypatch.setenv("TONGHOP_LANDING_OPTIONS", json.dumps(options))
    settings.cache_clear()
    return world


def test_files_of_all_places_are_staged_and_moved_and_no_secret_is_written_down(
    world_with_store: World, store: S3, caplog: pytest.LogCaptureFixture
) -> None:
    world = world_with_store
    caplog.set_level(logging.DEBUG)
    put(world.folder / "C11" / "a.xlsx", workbook("C11"))
    put(world.sftp.folder / "in" / "báo cáo.xlsx", workbook("C21"))
    put(world.sftp.folder / "in" / "H1" / "bad.xlsx", b"no workbook")
    store.client.pipe_file("units/landing/2022/b.xlsx", workbook("C12"), Metadata={"sender": "C12"})
    outcomes = world.poll()
    assert (sum(outcome["staged"] for outcome in outcomes), sum(outcome["rejected"] for outcome in outcomes)) == (3, 1)
    server = f"sftp://{USER}@127.0.0.1:{world.sftp.port}/in"
    long_ago = LONG_AGO.replace(microsecond=0)
    found = rows("select source_uri, sender, received_at, outcome from staging.receipt order by source_uri")
    last_modified = found[1][2]
    assert [(uri, sender, at.replace(microsecond=0), outcome) for uri, sender, at, outcome in found] == [
        (f"{world.folder}/C11/a.xlsx", "C11", long_ago, "staged"),
        ("s3://units/landing/2022/b.xlsx", "C12", last_modified, "staged"),
        (f"{server}/H1/bad.xlsx", "H1", long_ago, "rejected"),
        (f"{server}/báo cáo.xlsx", USER, long_ago, "staged"),
    ]
    assert abs((datetime.now(UTC) - last_modified).total_seconds()) < 60
    assert [path.name for path in (world.folder / "C11").iterdir()] == ["a.xlsx"]
    assert world.on_the_server() == ["done/báo cáo.xlsx", "failed/H1/bad.xlsx"]
    assert store.client.find("units") == ["units/landing/done/2022/b.xlsx"]
    assert plan_intake() == ([], [])
    for secret in (PASSWORD, quote(PASSWORD, safe=""), "s3-bí-mật"):
        assert secret not in caplog.text
        assert secret not in json.dumps(outcomes, ensure_ascii=False)
        assert secret not in repr(settings())


def test_a_kill_between_staging_and_moving_is_made_up_for_by_the_next_poll(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    put(world.sftp.folder / "in" / "C21" / "a.xlsx", workbook("C21"))
    put(world.sftp.folder / "in" / "C21" / "b.xlsx", workbook("C11"))
    put(world.sftp.folder / "in" / "C12" / "bad.xlsx", b"no workbook")
    batches = plan_intake().batches
    moved: list[str] = []
    put_away = landing.put_away

    def killed(area: landing.Area, arrived: landing.Arrived) -> Any:
        if moved:
            raise KeyboardInterrupt
        moved.append(str(put_away(area, arrived)))

    with monkeypatch.context() as patch:
        patch.setattr(arrivals.landing, "put_away", killed)
        for batch in batches:
            with pytest.raises(KeyboardInterrupt):
                read_and_stage(batch, read=read_file)
                raise KeyboardInterrupt
    for batch in batches:  # the scheduler tries the same tasks again
        again = read_and_stage(batch, read=read_file)
        assert (again["known"], again["failed"]) == (len(batch), 0)
    assert plan_intake() == ([], [])
    assert world.on_the_server() == ["done/C21/a.xlsx", "done/C21/b.xlsx", "failed/C12/bad.xlsx"]
    assert rows("select count(*), count(distinct source_uri) from staging.receipt") == [(3, 3)]


def test_what_a_killed_run_left_is_moved_by_the_poll_itself(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    put(world.sftp.folder / "in" / "a.xlsx", workbook("C21"))
    with monkeypatch.context() as patch:
        patch.setattr(staging.work, "put_away_taken_in", lambda *_: [])
        world.poll()
    assert world.on_the_server() == ["in/a.xlsx"]
    assert plan_intake() == ([], [])
    assert world.on_the_server() == ["done/a.xlsx"]


def test_a_file_is_taken_again_when_it_is_replaced_and_only_noted_when_it_is_touched(world: World) -> None:
    path = put(world.folder / "C11" / "a.xlsx", workbook("C11"))
    assert world.poll()[0]["staged"] == 1
    put(path, path.read_bytes(), LONG_AGO.replace(day=6))
    assert world.poll()[0]["unchanged"] == 1
    put(path, workbook("C11", visits="1.449"), LONG_AGO.replace(day=7))
    assert world.poll()[0]["staged"] == 1
    put(path, workbook("C11", visits="1.449") + b"\0" * 8, LONG_AGO.replace(day=7))  # other bytes under the same time
    assert len(plan_intake().batches) == 1
    assert rows("select version from staging.submission order by version") == [(1,), (2,)]


def test_a_place_that_is_down_is_named_and_the_others_are_read(world: World) -> None:
    put(world.folder / "C11" / "a.xlsx", workbook("C11"))
    world.sftp.close()
    plan = plan_intake()
    assert [len(batch) for batch in plan.batches] == [1]
    assert len(plan.unreachable) == 1
    assert plan.unreachable[0].startswith(f"sftp://{USER}@127.0.0.1:{world.sftp.port}/in cannot be read: Connect call failed")
    assert "See that the server runs" in plan.unreachable[0]
    with pytest.raises(staging.LandingMissing, match="Connect call failed"):
        staging.plan_batches()


def test_a_place_that_goes_down_between_listing_and_reading_costs_only_its_own_files(world: World) -> None:
    put(world.folder / "C11" / "a.xlsx", workbook("C11"))
    put(world.sftp.folder / "in" / "b.xlsx", workbook("C21"))
    (batch,) = [[uri for batch in plan_intake().batches for uri in batch]]
    world.sftp.close()
    outcome = read_and_stage(batch, read=read_file)
    assert (outcome["staged"], outcome["failed"]) == (1, 1)
    assert "its files wait and nothing is lost" in outcome["messages"][0]


def test_a_file_that_cannot_be_moved_is_staged_and_says_so(world: World) -> None:
    put(world.sftp.folder / "in" / "a.xlsx", workbook("C21"))
    put(world.sftp.folder / "done", b"a file where the folder should be")
    (outcome,) = world.poll()
    assert outcome["staged"] == 1
    assert "a.xlsx: the file was taken in, but could not be moved to /done" in outcome["messages"][0]
    (world.sftp.folder / "done").unlink()
    assert plan_intake() == ([], [])
    assert world.on_the_server() == ["done/a.xlsx"]


def test_urls_are_loaded_by_hand(world_with_store: World, store: S3) -> None:
    world = world_with_store
    store.client.pipe_file("units/elsewhere/C12/b.xlsx", workbook("C12"))
    put(world.sftp.folder / "in" / "C21" / "a.xlsx", workbook("C21"))
    (by_file,) = load_paths(["s3://units/elsewhere/C12/b.xlsx"], read=read_file)
    assert (by_file.outcome, by_file.source_uri) == ("staged", "s3://units/elsewhere/C12/b.xlsx")
    (by_folder,) = load_paths(["s3://units/elsewhere"], read=read_file)
    assert by_folder.outcome == "known"
    (in_area,) = load_paths([f"sftp://{USER}@127.0.0.1:{world.sftp.port}/in/C21"], read=read_file)
    assert in_area.outcome == "staged"
    assert world.on_the_server() == ["done/C21/a.xlsx"], "what lies in a landing area is moved as its settings say"
    for wrong in ("s3://nobucket/x", "sftp://a:b/c@d/e", "nosuch://x/y"):
        with pytest.raises(landing.LandingMissing):
            load_paths([wrong])
