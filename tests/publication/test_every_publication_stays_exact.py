"""Whatever happens, every publication shows for ever exactly what it showed when it was published."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from tests.publication.world import World

from tonghop import publication
from tonghop.database import connect
from tonghop.publication import acts, get_publication, list_publications, live_number, manifest, retention

pytestmark = pytest.mark.database

Slot = tuple[str, str]
Version = tuple[int, int, int]
"""Received at (minutes), order of staging, value: the greatest of a slot is in force."""


class Killed(BaseException):
    """The process ends here."""


class History:
    """What should be published, kept without any SQL."""

    def __init__(self) -> None:
        self.published: dict[int, dict[Slot, Version]] = {}
        self.waiting: dict[Slot, list[Version]] = {}
        self.live: int | None = None

    def next(self) -> dict[Slot, Version]:
        """The live publication with the submissions that were never published."""
        state = dict(self.published[self.live]) if self.live else {}
        for slot, versions in self.waiting.items():
            state[slot] = max([*versions, state[slot]] if slot in state else versions)
        return state

    def publish(self, number: int, state: dict[Slot, Version]) -> None:
        self.published[number] = state
        self.live = number

    def check(self, world: World) -> None:
        assert live_number() == self.live
        figures = world.all_figures()
        for number, state in self.published.items():
            assert figures[number] == {slot: Decimal(value) for slot, (_, _, value) in state.items()}, f"publication {number}"


@pytest.mark.parametrize("seed", (0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 3))))
def test_random_histories(world: World, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    chance = random.Random(seed)
    history = History()
    acts_done = dict.fromkeys(("submit", "refresh", "discard", "roll back", "kill", "retain"), 0)

    def submit() -> None:
        slot = (chance.choice(world.units), chance.choice(world.periods))
        minutes, value = chance.randrange(1000), chance.randrange(100)
        world.accept(*slot, value, minutes=minutes)
        history.waiting.setdefault(slot, []).append((minutes, world.clock, value))

    def refresh() -> None:
        expected = history.next()
        number = publication.open_candidate()
        assert (number is not None) == bool(history.waiting)
        if number is None:
            return
        for _ in range(chance.choice((1, 1, 2))):
            world.build()
        world.pass_gate_2(number)
        publication.publish(number)
        history.publish(number, expected)
        history.waiting = {}

    def discard() -> None:
        number = publication.open_candidate()
        if number is not None:
            world.build()
            publication.discard(number, "chance")

    def targets() -> list[int]:
        return [number for number in history.published if number != history.live]

    def roll_back() -> None:
        if targets():
            base = chance.choice(targets())
            number = publication.rollback(base, "chance")
            if number not in history.published:
                history.publish(number, history.published[base])

    def kill() -> None:
        """A rollback that ends in the middle, completed by whatever comes next."""
        live = get_publication(history.live) if history.live else None
        bases = [number for number in targets() if not (live and live.kind == "restatement" and live.base == number)]
        if not bases:
            return
        base = chance.choice(bases)
        with monkeypatch.context() as patch:
            killed_at = chance.choice(("restate", "forget", "_make_live"))
            patch.setattr(acts, killed_at, _killing(getattr(acts, killed_at), chance.choice((True, False))))
            with pytest.raises(Killed):
                publication.rollback(base, "chance")
        assert live_number() == base
        chance.choice((lambda: publication.rollback(base, "again"), lambda: publication.open_candidate(["none"])))()
        number = max(found.number for found in list_publications())
        history.publish(number, history.published[base])

    def retain() -> None:
        """Keep a random half, in one go or completing a run that was killed between expiry and removal."""
        publication.open_candidate(["none"])  # completes a rollback, if one was interrupted
        kept = {number for number in history.published if number == history.live or chance.random() < 0.5}
        with monkeypatch.context() as patch:
            patch.setattr(retention, "choose", lambda days, *_, **__: dict.fromkeys(kept & days.keys(), "by chance"))
            if chance.random() < 0.3:
                with pytest.MonkeyPatch.context() as killing:
                    killing.setattr(retention._Gaps, "delete", _killing(retention._Gaps.delete, False))
                    with pytest.raises(Killed):
                        publication.retain(apply=True)
            done = publication.retain(apply=True)
        assert set(done.expiring) <= history.published.keys() - kept
        history.published = {number: history.published[number] for number in kept}
        assert hidden_rows(kept) == 0
        acts_done["retain"] += 1

    steps: dict[str, Callable[[], None]] = {
        "submit": submit, "refresh": refresh, "discard": discard, "roll back": roll_back, "kill": kill, "retain": retain,
    }  # fmt: skip
    every_act = ["submit", "refresh", "submit", "discard", "refresh", "roll back", "submit", "refresh", "kill", "retain"]
    for name in every_act + chance.choices(list(steps), weights=(6, 5, 2, 3, 3, 2), k=45):
        before = len(list_publications())
        steps[name]()
        acts_done[name] += len(list_publications()) > before or name == "submit"
        history.check(world)
    assert all(acts_done.values()), acts_done
    assert publication.verify_chain().problems == ()


def hidden_rows(kept: set[int]) -> int:
    """Rows of the summary that no kept publication shows."""
    with connect("auditor") as connection:
        row = connection.execute(
            "select count(*) from warehouse.agg_indicator_period a "
            "where not exists (select from unnest(%s::int[]) k where k >= a.from_publication and k < a.to_publication)",
            (list(kept),),
        ).fetchone()
    return int(row[0]) if row else -1


def _killing(function: Callable[..., object], afterwards: bool) -> Callable[..., object]:
    def killed(*arguments: object, **options: object) -> object:
        if afterwards:
            function(*arguments, **options)
        raise Killed

    return killed


@pytest.fixture
def two_published(world: World) -> Iterator[World]:
    world.accept("A", "2022-01", 1)
    world.refresh()
    world.accept("A", "2022-01", 2)
    yield world


@pytest.mark.parametrize("afterwards", [False, True])
@pytest.mark.parametrize("place", [(manifest, "write"), (acts, "record_event")], ids=lambda place: place[1])
def test_a_publish_that_was_killed_is_done_by_the_next_one(
    two_published: World, monkeypatch: pytest.MonkeyPatch, place: tuple[object, str], afterwards: bool
) -> None:
    number = publication.open_candidate()
    assert number == 2
    two_published.build()
    two_published.pass_gate_2(2)
    with monkeypatch.context() as patch:
        patch.setattr(*place, _killing(getattr(*place), afterwards))
        with pytest.raises(Killed):
            publication.publish(2)
    assert live_number() == 1 and get_publication(2).status == "candidate"
    publication.publish(2)
    assert live_number() == 2
    assert publication.verify_chain().problems == ()


def test_a_publish_that_was_killed_and_discarded_leaves_no_manifest(two_published: World, monkeypatch: pytest.MonkeyPatch) -> None:
    publication.open_candidate()
    two_published.build()
    two_published.pass_gate_2(2)
    with monkeypatch.context() as patch:
        patch.setattr(manifest, "write", _killing(manifest.write, True))
        with pytest.raises(Killed):
            publication.publish(2)
    publication.discard(2, "killed")
    assert two_published.refresh() == 3
    assert publication.verify_chain().problems == ()


def test_a_discard_that_was_killed_is_done_by_the_next_one(two_published: World, monkeypatch: pytest.MonkeyPatch) -> None:
    publication.open_candidate()
    two_published.build()
    with monkeypatch.context() as patch:
        patch.setattr(manifest, "set_aside", _killing(manifest.set_aside, True))  # after the rows were forgotten
        with pytest.raises(Killed):
            publication.discard(2, "wrong")
    assert get_publication(2).status == "candidate"
    publication.discard(2, "wrong")
    assert two_published.refresh() == 3
    assert two_published.figures(3) == {("A", "2022-01"): Decimal(2)}


def test_readers_see_one_publication_or_the_other(world: World) -> None:
    """A transaction that has begun keeps seeing the publication that it began with."""
    world.accept("A", "2022-01", 1)
    world.refresh()
    with connect("auditor") as reader:
        reader.execute("set transaction isolation level repeatable read")
        assert reader.execute("select warehouse.visible_publication()").fetchone() == (1,)
        world.accept("A", "2022-01", 2)
        world.refresh()
        assert reader.execute("select warehouse.visible_publication()").fetchone() == (1,)
    assert live_number() == 2
