"""A unit that changed rebuilds what it touches: exactly what a build from scratch makes, and far less than everything."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.packs import write_pack
from tests.warehouse.changed_units import KINDS, Units, random_files
from tests.warehouse.random_world import figure
from tests.warehouse.reference import Slot
from tests.warehouse.refreshed import Refreshed, written_anew
from tests.warehouse.world import EXTRA

from tonghop import publication
from tonghop.catalog import CatalogError, Pack, due_reports, read_pack
from tonghop.database import connect
from tonghop.model import Period, PeriodType

pytestmark = [pytest.mark.database, pytest.mark.slow]

WEEKS = {"2020-W53", "2021-W01", "2021-W52", "2022-W01"}


def send(world: Refreshed, slot: Slot, chance: random.Random) -> None:
    form = world.pack.form_at(slot[1], Period.parse(slot[2]).end_date)
    assert form is not None
    world.submit(slot, {(each.indicator_code, each.breakdown_code): figure(chance) for each in world.pack.figures(form)})


def owed(world: Refreshed) -> list[Slot]:
    return [
        (due.unit_code, due.form_code, due.period.code)
        for due in due_reports(world.pack)
        if (due.period.code in WEEKS if due.period.type is PeriodType.WEEK else "2021" <= due.period.end_date.isoformat() < "2022-05")
    ]


def changed_pack(
    world: Moving, files: dict[str, str], kinds: Sequence[str], chance: random.Random, folder: Path
) -> tuple[dict[str, str], Pack] | None:
    """The pack after these kinds of changes, which it must allow, and which leave no report without its unit; None when no try does."""
    for attempt in range(40):
        units = Units(files, chance)
        for kind in kinds:
            units.change(kind)
        changed = files | units.files()
        try:
            pack = read_pack(write_pack(folder / str(attempt), **(EXTRA | changed)))
        except CatalogError:
            continue
        if pack.pack_hash not in world.packs and all(has_unit(pack, slot) for slot in world.chosen):
            return changed, pack
    return None


def has_unit(pack: Pack, slot: Slot) -> bool:
    """Whether a version of the unit stands for the period."""
    period = Period.parse(slot[2])
    return any(
        unit.unit_code == slot[0] and unit.valid_from <= period.end_date and unit.valid_to > period.start_date for unit in pack.units
    )


def shown(number: int) -> str:
    """All figures that a publication shows, in short."""
    with connect("auditor", publication=number) as connection:
        rows = connection.execute("select to_jsonb(s)::text from marts.indicator_summary as s order by 1").fetchall()
    assert rows
    return hashlib.sha256("".join(row for (row,) in rows).encode()).hexdigest()


class Moving(Refreshed):
    """A world of random units that keep changing."""

    packs: frozenset[str] = frozenset()

    def load_pack(self, pack: Pack) -> None:
        """Put a changed pack into force, and remember it."""
        super().load_pack(pack)
        self.packs |= {pack.pack_hash}


@pytest.mark.parametrize("seed", range(2))
def test_random_changes_of_units_are_taken_in_exactly(server: None, tmp_path: Path, seed: int) -> None:
    """Every kind of change once, two at a time, each with some corrections; at last all is rolled back, and comes again."""
    chance = random.Random(seed)
    files = random_files(seed)
    world = Moving.load(tmp_path / "pack", **files)
    silent = {unit.unit_code: f"2021-{chance.randint(3, 12):02d}" for unit in world.pack.units if chance.random() < 0.3}
    for slot in owed(world):
        if chance.random() < 0.85 and slot[2] < silent.get(slot[0], "9999"):
            send(world, slot, chance)
    first = world.take_in()
    seen = {first: shown(first)}
    assert world.connection.execute("select count(*) > 100 from warehouse.suppressed_figure").fetchone() == (True,)
    kinds = chance.sample(KINDS, len(KINDS))
    scopes = []
    while kinds:
        some = [kinds.pop() for _ in range(2)]
        changed = changed_pack(world, files, some, chance, tmp_path / some[0])
        if changed is None:
            continue
        files, pack = changed
        world.load_pack(pack)
        for slot in chance.sample(sorted(world.chosen), 4):
            send(world, slot, chance)
        number = world.take_in()
        seen[number] = shown(number)
        scopes.append(publication.get_publication(number).scope_all)
        assert written_anew(world) == {}, some
    assert len(scopes) >= 4 and not any(scopes)
    back = publication.rollback(first, "a test")
    assert shown(back) == seen[first]
    send(world, chance.choice(sorted(world.chosen)), chance)
    world.take_in()
    assert written_anew(world) == {}
    assert {number: shown(number) for number in seen} == seen
