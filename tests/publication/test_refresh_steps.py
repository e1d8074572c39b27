"""The steps of a refresh, with neighbours that answer at once: each may be run again at any point, and a refusal leaves no trace."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from tests.publication.world import World

from tonghop import gate, publication, refresh, reports, warehouse
from tonghop.database import connect
from tonghop.gate import FailedExpectation, GateOutcome
from tonghop.model import Severity
from tonghop.publication import get_publication, live_number
from tonghop.refresh import GateRefused

pytestmark = pytest.mark.database

FAILED = FailedExpectation("level_sums", Severity.CRITICAL, "Levels must agree", {"count": 1, "rows": []})


class Neighbours:
    """dbt and Great Expectations as the world plays them, and what they were asked."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.refuse = False
        self.asked: list[str] = []
        self.before_build: Callable[[], object] = lambda: None

    def build(self, number: int) -> None:
        self.asked.append(f"build {number}")
        self.before_build()
        self.world.build()

    def check(self, number: int) -> GateOutcome:
        self.asked.append(f"check {number}")
        self.world.pass_gate_2(number, "refused" if self.refuse else "passed")
        return GateOutcome(2, 1, number, not self.refuse, {}, (FAILED,) if self.refuse else ())


@pytest.fixture
def neighbours(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Neighbours:
    made = Neighbours(world)
    monkeypatch.setattr(refresh, "read_pack", lambda directory: None)
    monkeypatch.setattr(refresh, "load_pack", lambda pack, connection: False)
    monkeypatch.setattr(warehouse, "deploy", lambda: False)
    monkeypatch.setattr(warehouse, "build_candidate", made.build)
    monkeypatch.setattr(gate, "judge", lambda periods: None)
    monkeypatch.setattr(gate, "check_candidate", made.check)
    monkeypatch.setattr(reports, "quality_report", lambda number, directory: tmp_path / str(number))
    return made


def test_what_was_accepted_is_published_once(world: World, neighbours: Neighbours) -> None:
    world.accept("A", "2022-01", 1)
    assert refresh.refresh().publications == [1]
    assert live_number() == 1
    assert refresh.refresh().publications == []
    assert neighbours.asked == ["build 1", "check 1"]


def test_a_left_over_candidate_is_published_first_then_what_came_since(world: World, neighbours: Neighbours) -> None:
    world.accept("A", "2022-01", 1)
    refresh.open_candidate()
    world.accept("A", "2022-01", 2)
    assert refresh.refresh().publications == [1, 2]
    assert (world.figures(1), world.figures(2)) == ({("A", "2022-01"): Decimal(1)}, {("A", "2022-01"): Decimal(2)})


def test_a_refused_candidate_is_discarded_and_says_why(world: World, neighbours: Neighbours) -> None:
    world.accept("A", "2022-01", 1)
    refresh.refresh()
    world.accept("A", "2022-01", 2)
    neighbours.refuse = True
    with pytest.raises(GateRefused, match=r"(?s)publication 2 refused.*level_sums: Levels must agree.*as it was"):
        refresh.refresh()
    assert live_number() == 1 and get_publication(2).status == "discarded"
    for step in (refresh.build_candidate, refresh.check_candidate, refresh.publish):
        with pytest.raises(GateRefused, match="level_sums"):  # a step that is tried again says the same
            step(2)
    neighbours.refuse = False
    assert refresh.refresh().publications == [3]


def test_a_judgement_that_is_refused_as_a_whole_stops_the_refresh(
    world: World, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "judge", lambda periods: 7)
    monkeypatch.setattr(gate, "decide", lambda run: GateOutcome(1, run, None, False, {}, (FAILED,)))
    world.accept("A", "2022-01", 1)
    with pytest.raises(GateRefused, match="level_sums"):
        refresh.refresh()
    assert live_number() is None and neighbours.asked == []


def test_every_step_after_publishing_is_harmless(world: World, neighbours: Neighbours) -> None:
    world.accept("A", "2022-01", 1)
    refresh.refresh()
    world.accept("A", "2022-01", 2)
    refresh.open_candidate()  # the next one must not be built by a step that is late
    refresh.build_candidate(1)
    assert refresh.check_candidate(1) is None
    refresh.publish(1)
    assert neighbours.asked == ["build 1", "check 1"]
    assert publication.open_number() == 2 and live_number() == 1


@pytest.mark.parametrize("step", ["build", "check", "publish"])
def test_a_refresh_that_broke_off_goes_on(world: World, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    world.accept("A", "2022-01", 1)
    name = {"build": "build_candidate", "check": "check_candidate", "publish": "publish"}[step]
    with monkeypatch.context() as patch:
        patch.setattr(refresh, name, lambda number: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            refresh.refresh()
    assert refresh.refresh().publications == [1]
    assert world.figures(1) == {("A", "2022-01"): Decimal(1)}


def test_two_refreshes_take_turns(world: World, neighbours: Neighbours) -> None:
    world.accept("A", "2022-01", 1)
    building, go_on = threading.Event(), threading.Event()

    def pause() -> None:
        building.set()
        assert go_on.wait(30)

    neighbours.before_build = pause
    outcomes: list[list[int]] = []
    first, second = (threading.Thread(target=lambda: outcomes.append(refresh.refresh().publications)) for _ in range(2))
    first.start()
    assert building.wait(30)
    second.start()
    with connect("auditor", autocommit=True) as watcher:
        while not watcher.execute("select 1 from pg_locks where locktype = 'advisory' and not granted").fetchone():
            assert second.is_alive()
    assert neighbours.asked == ["build 1"]
    go_on.set()
    first.join()
    second.join()
    assert [1] in outcomes and live_number() == 1
    assert world.figures(1) == {("A", "2022-01"): Decimal(1)}
