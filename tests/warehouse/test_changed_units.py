"""A unit that changed rebuilds what it touches: exactly what a build from scratch makes, and far less than everything."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest
from tests.packs import write_pack
from tests.warehouse.changed_units import Units, random_files
from tests.warehouse.random_world import figure
from tests.warehouse.reference import Slot
from tests.warehouse.refreshed import Refreshed, written_anew
from tests.warehouse.world import EXTRA

from tonghop import publication
from tonghop.catalog import CatalogError, Pack, due_reports, read_pack
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


def changed_pack(world: Refreshed, files: dict[str, str], chance: random.Random, folder: Path) -> tuple[dict[str, str], Pack, list[str]]:
    """The pack with one to three changes of its units that it allows, and that leave no report without its unit."""
    for attempt in itertools.count():
        units = Units(files, chance)
        told = [units.change() for _ in range(chance.randint(1, 3))]
        changed = files | units.files()
        try:
            pack = read_pack(write_pack(folder / str(attempt), **(EXTRA | changed)))
        except CatalogError:
            continue
        if all(has_unit(pack, slot) for slot in world.chosen):
            return changed, pack, told
    raise AssertionError


def has_unit(pack: Pack, slot: Slot) -> bool:
    """Whether a version of the unit stands for the period."""
    period = Period.parse(slot[2])
    return any(
        unit.unit_code == slot[0] and unit.valid_from <= period.end_date and unit.valid_to > period.start_date for unit in pack.units
    )


@pytest.mark.parametrize("seed", range(3))
def test_random_changes_of_units_are_taken_in_exactly(server: None, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    files = random_files(seed)
    world = Refreshed.load(tmp_path / "pack", **files)
    silent = {unit.unit_code: f"2021-{chance.randint(3, 12):02d}" for unit in world.pack.units if chance.random() < 0.3}
    for slot in owed(world):
        if chance.random() < 0.85 and slot[2] < silent.get(slot[0], "9999"):
            send(world, slot, chance)
    world.take_in()
    known, scopes = {world.pack.pack_hash}, []
    for step in range(6):
        files, pack, told = changed_pack(world, files, chance, tmp_path / str(step))
        if pack.pack_hash in known:
            continue
        world.load_pack(pack)
        known.add(pack.pack_hash)
        for slot in chance.sample(sorted(world.chosen), 4):
            send(world, slot, chance)
        number = world.take_in()
        scopes.append(publication.get_publication(number).scope_all)
        assert written_anew(world) == {}, told
    assert not all(scopes)
