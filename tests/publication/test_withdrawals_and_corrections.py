"""Withdrawals and hand corrections: what is published follows from what was sent, taken back and corrected, and from nothing else."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from tests.publication.world import World, admin
from typer.testing import CliRunner

from tonghop import gate, publication, warehouse
from tonghop.cli import app
from tonghop.database import connect
from tonghop.publication import live_number
from tonghop.publication.slot_versions import NoSuchVersion
from tonghop.publication.withdrawal import NotWithdrawn

pytestmark = pytest.mark.database

Slot = tuple[str, str]
"""Unit and period; there is one form."""
JANUARY = ("A", "2022-01")
UNLUCKY = 13
"""The value that the only rule of these tests refuses."""


def withdraw(slot: Slot, version: int | None = None) -> publication.Withdrawal:
    return publication.withdraw(slot[0], "F", slot[1], reason="sent by mistake", by="head of the unit", version=version)


def changes(number: int) -> dict[Slot, str]:
    """What a publication changes, by slot; reports that are missing aside."""
    with connect("auditor") as connection:
        rows = connection.execute(
            "select unit_code, period_code, change from audit.candidate_slot where publication = %s and change <> 'missing'", (number,)
        )
        return {(unit, period): change for unit, period, change in rows}


class TestWithdrawing:
    def test_the_version_before_is_in_force_again(self, world: World) -> None:
        world.accept(*JANUARY, 1)
        world.judge(world.submit(*JANUARY, 2), "quarantined")
        world.accept(*JANUARY, 3)
        assert world.refresh() == 1
        done = withdraw(JANUARY)
        assert (done.version, done.was_in_force, done.now_in_force) == (3, True, 1)
        assert publication.pending()
        assert world.refresh() == 2
        assert changes(2) == {JANUARY: "withdrawn"}
        assert world.figures(2) == {JANUARY: Decimal(1)} and world.figures(1) == {JANUARY: Decimal(3)}
        assert publication.verify_chain().problems == ()

    def test_or_nothing_is(self, world: World) -> None:
        world.accept(*JANUARY, 1)
        world.refresh()
        assert withdraw(JANUARY).now_in_force is None
        assert world.refresh() == 2
        assert world.figures(2) == {}
        with connect("auditor") as connection:
            assert connection.execute("select count(*) from staging.cell").fetchone() == (1,)
            act = connection.execute(
                "select act, details ->> 'by', details ->> 'reason' from audit.event where act = 'withdrawn'"
            ).fetchall()
            verdict = connection.execute("select given_by, reason from audit.verdict where verdict = 'withdrawn'").fetchall()
        assert act == [("withdrawn", "head of the unit", "sent by mistake")] and verdict == [("head of the unit", "sent by mistake")]

    def test_a_report_sent_again_counts_again(self, world: World) -> None:
        world.accept(*JANUARY, 1)
        withdraw(JANUARY)
        assert world.refresh() == 1
        world.accept(*JANUARY, 1)
        assert world.refresh() == 2
        assert world.figures(1) == {} and world.figures(2) == {JANUARY: Decimal(1)}

    def test_one_that_was_never_accepted(self, world: World) -> None:
        world.accept(*JANUARY, 1)
        world.refresh()
        world.judge(world.submit(*JANUARY, 2), "quarantined")
        world.submit(*JANUARY, 3)
        quarantined, unjudged = withdraw(JANUARY, 2), withdraw(JANUARY, 3)
        assert (quarantined.was_in_force, quarantined.now_in_force, quarantined.not_judged) == (False, 1, [3])
        assert (unjudged.was_in_force, unjudged.now_in_force, unjudged.not_judged) == (False, 1, [])
        assert world.refresh() == 2
        assert changes(2) == {JANUARY: "judged"} and world.figures(2) == {JANUARY: Decimal(1)}

    def test_while_a_candidate_is_open(self, world: World) -> None:
        """The candidate is frozen; what is withdrawn then goes with the next one."""
        world.accept(*JANUARY, 1)
        number = publication.open_candidate()
        assert number == 1
        withdraw(JANUARY)
        world.build()
        world.pass_gate_2(1)
        publication.publish(1)
        assert world.figures(1) == {JANUARY: Decimal(1)}
        assert world.refresh() == 2
        assert world.figures(2) == {}

    def test_a_rollback_shows_it_until_the_next_publication(self, world: World) -> None:
        world.accept(*JANUARY, 1)
        world.refresh()
        withdraw(JANUARY)
        world.refresh()
        assert publication.rollback(1, "the build was wrong") == 3
        assert world.figures(3) == {JANUARY: Decimal(1)}
        assert world.refresh() is None, "a rollback is not undone by itself"
        world.accept("B", "2022-01", 5)
        assert world.refresh() == 4
        assert world.figures(4) == {("B", "2022-01"): Decimal(5)}, "the unit has not taken its withdrawal back"

    def test_what_makes_no_sense_is_refused(self, world: World) -> None:
        with pytest.raises(NoSuchVersion, match="no unit A"):  # this world has no units but their keys
            withdraw(JANUARY)
        world.judge(world.submit(*JANUARY, 1), "quarantined")
        with pytest.raises(NotWithdrawn, match=r"Nothing is in force for A F 2022-01; it has version 1 \(quarantined\)"):
            withdraw(JANUARY)
        with pytest.raises(NoSuchVersion, match="no version 2"):
            withdraw(JANUARY, 2)
        withdraw(JANUARY, 1)
        with pytest.raises(NotWithdrawn, match=r"was withdrawn on .* by head of the unit: sent by mistake"):
            withdraw(JANUARY, 1)
        with pytest.raises(NotWithdrawn, match="Say why"):
            publication.withdraw(*JANUARY[:1], "F", JANUARY[1], reason=" ", by="x")


class TestCommandLine:
    @staticmethod
    def say(*words: str) -> str:
        outcome = CliRunner().invoke(app, list(words), catch_exceptions=False)
        assert outcome.exit_code == 0, outcome.output
        return outcome.output

    def test_difference_and_withdrawal(self, world: World) -> None:
        world.accept(*JANUARY, 1)
        world.accept(*JANUARY, 2)
        told = self.say("diff", "A", "F", "2022-01")
        assert "version 1 → version 2" in told and "changed" in told and "1 figures differ, 0 are the same." in told
        (cell,) = json.loads(self.say("diff", "A", "F", "2022-01", "--from", "2", "--to", "1", "--json"))["cells"]
        assert (cell["old_value"], cell["new_value"], cell["old_cell"]) == (2, 1, "A1")
        told = self.say("withdraw", "A", "F", "2022-01", "--reason", "wrong month", "--by", "head of A")
        assert told.startswith("Version 2 of A F 2022-01 is withdrawn; version 1 is in force.")
        world.submit(*JANUARY, 3)
        told = self.say("withdraw", "A", "F", "2022-01", "--reason", "wrong month")
        assert "nothing is in force: the report is missing (not judged yet: version 3)" in told

    def test_corrections(self, world: World) -> None:
        assert "no hand corrections" in self.say("corrections")
        world.accept(*JANUARY, 12)
        load_corrections(1, {JANUARY: (12, 112), ("B", "2022-01"): (1, 2)})
        (at_hand, waiting) = json.loads(self.say("corrections", "--json"))
        assert (at_hand["standing"], at_hand["found_now"], at_hand["expires_on"]) == ("matches", "12", "2999-01-01")
        assert (waiting["standing"], waiting["found_now"]) == ("no report", None)
        assert "A F 2022-01 I value TOTAL" in self.say("corrections")


@dataclass
class Judged:
    """A version of a report, as an obvious reference keeps it. `published` is its value with the corrections it was judged with."""

    received: tuple[int, int]
    value: int
    withdrawn: bool = False
    judged_with: tuple[int, int] | str | None = "never"
    accepted: bool = False
    published: int = 0

    def judge(self, correction: tuple[int, int] | None) -> None:
        """Refuse the unlucky number, and a correction that finds something else."""
        found, use = correction or (self.value, self.value)
        self.judged_with = correction
        self.published = use if found == self.value else self.value
        self.accepted = found == self.value and self.published != UNLUCKY


@dataclass
class Reference:
    """What should be published, without any SQL."""

    reports: dict[Slot, list[Judged]] = field(default_factory=dict)
    corrections: dict[Slot, tuple[int, int]] = field(default_factory=dict)
    published: dict[int, dict[Slot, Decimal]] = field(default_factory=dict)
    touched: set[Slot] = field(default_factory=set)

    def in_force(self, slot: Slot) -> Judged | None:
        return max(
            (each for each in self.reports[slot] if each.accepted and not each.withdrawn), key=lambda each: each.received, default=None
        )

    def judge(self) -> None:
        for slot, versions in self.reports.items():
            standing = sorted((each for each in versions if not each.withdrawn), key=lambda each: each.received)
            for each in standing:
                correction = self.corrections.get(slot) if each is standing[-1] else None
                if each.judged_with == "never" or (each is standing[-1] and each.judged_with != correction):
                    each.judge(correction)

    def figures(self) -> dict[Slot, Decimal]:
        found = {slot: self.in_force(slot) for slot in self.reports}
        return {slot: Decimal(each.published) for slot, each in found.items() if each}


@pytest.fixture
def quick_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gate 1 opens its runs as ever; the rules are judged by `decide` below instead of dbt."""
    for name, answer in (("deploy", False), ("build_rules", None), ("code_version", "code-1")):
        monkeypatch.setattr(warehouse, name, lambda *_, answer=answer: answer)


def decide(run: int) -> None:
    """Give verdicts as `Judged.judge` does."""
    with connect("publisher") as connection:
        connection.execute(
            f"""
            insert into audit.verdict (submission_id, verdict, gate_run_id)
            select
                g.submission_id,
                case when j.found_value <> c.value or coalesce(j.use_value, c.value) = {UNLUCKY} then 'quarantined' else 'accepted' end,
                g.gate_run_id
            from audit.gate_submission as g
            inner join staging.cell as c on g.submission_id = c.submission_id
            left join audit.judged_correction as j on g.submission_id = j.submission_id and g.gate_run_id = j.gate_run_id
            where g.gate_run_id = %s
            """,
            (run,),
        )
        connection.execute("update audit.gate_run set status = 'passed', ended_at = now() where gate_run_id = %s", (run,))


def load_corrections(number: int, corrections: dict[Slot, tuple[int, int]]) -> None:
    with connect("loader") as connection:
        connection.execute(
            "insert into catalog.pack (pack_hash, hash_without_corrections, pack_code, name_vi, name_en, time_zone, root_unit, holidays, "
            "first_year, last_year) values (%s, 'pack-1', 'P', 'Gói', 'Pack', 'UTC', 'A', 'VN', 2022, 2022)",
            (f"pack-1-{number}",),
        )
        connection.execute(
            "insert into catalog.duty select %s, form_code, unit_code, period_code, due_at from catalog.duty where pack_hash = 'pack-1'",
            (f"pack-1-{number}",),
        )
        connection.cursor().executemany(
            "insert into catalog.correction "
            "values (%s, %s, %s, 'F', %s, 'I', 'value', 'TOTAL', 'number', %s, 'number', %s, 'r', 'a', '2999-01-01')",
            [(f"pack-1-{number}", f"{unit}-{period}", unit, period, *values) for (unit, period), values in corrections.items()],
        )


@pytest.mark.parametrize("seed", (1, pytest.param(2, marks=pytest.mark.slow)))
def test_random_histories(world: World, quick_rules: None, seed: int) -> None:
    chance = random.Random(seed)
    reference = Reference()
    packs = [0]
    done = dict.fromkeys(("applied", "held back", "fell back", "expired", "withdrawn in between"), 0)
    slots = [(unit, period) for unit in world.units for period in world.periods[:2]]

    def send() -> None:
        slot = chance.choice(slots)
        minutes, value = chance.randrange(1000), chance.randrange(UNLUCKY - 2, UNLUCKY + 3)
        world.submit(*slot, value, minutes=minutes)
        reference.reports.setdefault(slot, []).append(Judged((minutes, world.clock), value))
        reference.touched.add(slot)

    def correct() -> None:
        slot = chance.choice(slots)
        if chance.random() < 0.3:
            reference.corrections.pop(slot, None)
        else:
            found = chance.randrange(UNLUCKY - 2, UNLUCKY + 3)
            reference.corrections[slot] = (found, found + 100)
        reference.touched.add(slot)
        packs[0] += 1
        load_corrections(packs[0], reference.corrections)

    def expire() -> None:
        if reference.corrections:
            slot = chance.choice(sorted(reference.corrections))
            del reference.corrections[slot]
            admin("update catalog.correction set expires_on = current_date where correction_code = %s", "-".join(slot))
            reference.touched.add(slot)
            done["expired"] += 1

    def take_back() -> bool:
        in_force = [slot for slot in reference.reports if reference.in_force(slot)]
        if not in_force:
            return False
        slot = chance.choice(sorted(in_force))
        version = reference.in_force(slot)
        assert version
        version.withdrawn = True
        done["fell back"] += withdraw(slot).now_in_force is not None
        reference.touched.add(slot)
        return True

    def refresh() -> None:
        reference.judge()
        run = gate.judge()
        if run is not None:
            decide(run)
        expected = reference.figures()
        number = publication.open_candidate()
        live = live_number()
        assert number is not None or expected == (reference.published[live] if live else {})
        if number is None:
            return
        touched, reference.touched = reference.touched, set()
        assert set(changes(number)) <= touched, "a publication changes the slots of which something was said, no other"
        if chance.random() < 0.3:
            done["withdrawn in between"] += take_back()
        world.build()
        world.pass_gate_2(number)
        publication.publish(number)
        reference.published[number] = expected
        assert world.all_figures() == reference.published
        done["applied"] += any(value > 100 for value in expected.values())
        done["held back"] += any(
            each.judged_with not in (None, "never") and not each.accepted for all in reference.reports.values() for each in all
        )

    steps: dict[Callable[[], object], int] = {send: 6, correct: 5, expire: 1, take_back: 2, refresh: 6}
    for step in [*chance.choices(list(steps), weights=list(steps.values()), k=70), refresh, refresh]:
        step()
    assert all(done.values()), done
    assert publication.open_candidate() is None and gate.judge() is None, "nothing is left to do"
    with connect("auditor") as connection:
        assert connection.execute("select bool_or(scope_all) from audit.publication").fetchone() == (False,)
    assert publication.verify_chain().problems == ()
