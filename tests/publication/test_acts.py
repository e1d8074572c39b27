"""Opening, publishing, discarding, going back: one act at a time, each harmless when repeated."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import psycopg
import pytest
from tests.publication.world import World, admin

from tonghop import publication
from tonghop.database import admin_connect, connect
from tonghop.publication import PublicationProblem, get_publication, list_publications, live_number

pytestmark = pytest.mark.database


def slots(number: int) -> dict[tuple[str, str], tuple[str, int | None]]:
    with connect("auditor") as connection:
        rows = connection.execute(
            "select unit_code, period_code, change, submission_id from audit.candidate_slot where publication = %s", (number,)
        ).fetchall()
    return {(unit, period): (change, submission) for unit, period, change, submission in rows}


def changes(number: int) -> dict[tuple[str, str], str]:
    return {slot: change for slot, (change, _) in slots(number).items()}


class TestOpening:
    def test_nothing_to_publish_opens_nothing(self, world: World) -> None:
        world.submit("A", "2022-01", 1)  # without a verdict
        assert publication.open_candidate() is None
        assert not publication.pending()
        assert list_publications() == []

    def test_a_new_period_takes_the_missing_reports_along(self, world: World) -> None:
        accepted = world.accept("A", "2022-01", 1)
        assert publication.pending()
        number = publication.open_candidate()
        assert number == 1
        assert slots(1) == {
            ("A", "2022-01"): ("new", accepted),
            ("B", "2022-01"): ("missing", None),
            ("C", "2022-01"): ("missing", None),
        }
        assert get_publication(1).periods == ["2022-01"]

    def test_an_open_candidate_is_resumed_with_its_frozen_slots(self, world: World) -> None:
        world.accept("A", "2022-01", 1)
        first = publication.open_candidate()
        world.accept("B", "2022-01", 2)
        assert publication.open_candidate() == first
        assert changes(1)["B", "2022-01"] == "missing"

    def test_a_missing_report_that_is_recorded_is_no_change(self, world: World) -> None:
        world.accept("A", "2022-01", 1)
        world.refresh()
        world.accept("A", "2022-02", 1)
        world.refresh()
        assert changes(2) == {("A", "2022-02"): "new", ("B", "2022-02"): "missing", ("C", "2022-02"): "missing"}
        assert publication.open_candidate() is None

    def test_the_latest_received_counts_not_the_latest_staged(self, world: World) -> None:
        world.accept("A", "2022-01", 1, minutes=100)
        world.refresh()
        world.accept("A", "2022-01", 2, minutes=50)
        number = world.refresh()
        assert number == 2
        assert changes(2) == {("A", "2022-01"): "judged"}
        assert world.figures(2) == {("A", "2022-01"): Decimal(1)}
        third = world.accept("A", "2022-01", 3, minutes=100)  # received at the same time: the later version counts
        world.refresh()
        assert slots(3) == {("A", "2022-01"): ("corrected", third)}

    def test_a_version_that_was_accepted_while_the_candidate_opened_comes_with_the_next(self, world: World) -> None:
        world.accept("A", "2022-01", 1)
        later = world.submit("A", "2022-01", 2)
        with connect("publisher") as gate_1:  # its verdict is given before the candidate opens, and seen afterwards
            gate_1.execute("insert into audit.verdict (submission_id, verdict) values (%s, 'accepted')", (later,))
            assert publication.open_candidate() == 1
        world.build()
        world.pass_gate_2(1)
        publication.publish(1)
        with connect("auditor") as connection:
            shown = connection.execute("select status, verdict from warehouse.fct_submission where submission_id = %s", (later,)).fetchone()
        assert shown == ("superseded", "accepted"), "recorded, but not in force"
        assert world.refresh() == 2
        assert slots(2) == {("A", "2022-01"): ("corrected", later)}

    @pytest.mark.parametrize("before", [True, False])
    def test_a_quarantined_version_is_said_and_the_accepted_one_stays(self, world: World, before: bool) -> None:
        if before:
            world.accept("A", "2022-01", 1)
            world.refresh()
        bad = world.judge(world.submit("A", "2022-01", 99), "quarantined")
        number = world.refresh()
        assert number is not None
        assert changes(number)["A", "2022-01"] == "judged"
        assert world.figures(number) == ({("A", "2022-01"): Decimal(1)} if before else {})
        with connect("auditor") as connection:
            row = connection.execute("select status, verdict from warehouse.fct_submission where submission_id = %s", (bad,)).fetchone()
        assert row == ("quarantined", "quarantined")
        assert publication.open_candidate() is None

    def test_a_submission_that_is_accepted_no_longer_is_withdrawn(self, world: World) -> None:
        world.accept("B", "2022-01", 5)
        only = world.accept("A", "2022-01", 1)
        world.refresh()
        world.judge(only, "quarantined")
        number = world.refresh()
        assert slots(2) == {("A", "2022-01"): ("withdrawn", None)}
        assert number == 2 and world.figures(2) == {("B", "2022-01"): Decimal(5)}

    def test_periods_restrict_what_is_taken_in(self, world: World) -> None:
        for period in world.periods:
            world.accept("A", period, 1)
        publication.open_candidate(["2022-02"])
        assert changes(1) == {("A", "2022-02"): "new", ("B", "2022-02"): "missing", ("C", "2022-02"): "missing"}
        assert get_publication(1).periods == ["2022-02"]

    def test_a_changed_catalog_is_taken_in_by_what_it_reaches(self, world: World) -> None:
        world.accept("A", "2022-01", 1)
        world.refresh()
        world.units = ("A", "B", "C", "D")
        world.load_pack("pack-2")
        assert publication.pending()
        number = world.refresh()
        assert number == 2 and not get_publication(2).scope_all and get_publication(2).pack_hash == "pack-2"
        assert slots(2) == {("D", "2022-01"): ("missing", None)}
        assert publication.open_candidate() is None and not publication.pending()

    def test_changed_code_rebuilds_every_slot_once(self, world: World) -> None:
        first = world.accept("A", "2022-01", 1)
        world.refresh()
        world.deploy("code-2")
        assert publication.pending()
        number = world.refresh()
        assert number == 2 and get_publication(2).scope_all and get_publication(2).code_version == "code-2"
        assert slots(2) == {
            ("A", "2022-01"): ("unchanged", first),
            ("B", "2022-01"): ("unchanged", None),
            ("C", "2022-01"): ("unchanged", None),
        }
        assert publication.open_candidate() is None and not publication.pending()

    def test_a_restricted_rebuild_leaves_other_periods_as_published(self, world: World) -> None:
        old = world.accept("A", "2022-01", 1)
        world.refresh()
        world.deploy("code-2")
        world.accept("A", "2022-01", 2)
        world.accept("A", "2022-02", 3)
        publication.open_candidate(["2022-02"])
        assert slots(2)["A", "2022-01"] == ("unchanged", old)
        assert changes(2)["A", "2022-02"] == "new"

    def test_a_candidate_of_other_code_is_discarded(self, world: World) -> None:
        world.accept("A", "2022-01", 1)
        publication.open_candidate()
        world.build()
        world.deploy("code-2")
        assert publication.open_candidate() == 2
        assert [(p.number, p.status, p.code_version) for p in list_publications()] == [
            (2, "candidate", "code-2"),
            (1, "discarded", "code-1"),
        ]
        world.build()
        world.pass_gate_2(2)
        publication.publish(2)
        assert world.figures(2) == {("A", "2022-01"): Decimal(1)}

    def test_four_at_once_get_one_number(self, world: World) -> None:
        world.accept("A", "2022-01", 1)
        with ThreadPoolExecutor(4) as pool:
            numbers = list(pool.map(lambda _: publication.open_candidate(), range(4)))
        assert numbers == [1, 1, 1, 1]

    def test_without_a_deployment_it_says_what_to_do(self, world: World) -> None:
        admin("truncate audit.deployment")
        with pytest.raises(PublicationProblem, match="not deployed"):
            publication.open_candidate()


class TestPublishing:
    def test_it_flips_once_and_again_changes_nothing(self, world: World) -> None:
        world.accept("A", "2022-01", 1)
        world.refresh()
        before = list_publications()
        publication.publish(1)
        assert live_number() == 1
        assert list_publications() == before

    def test_a_candidate_that_was_not_built_is_refused(self, world: World) -> None:
        world.accept("A", "2022-01", 1)
        publication.open_candidate()
        world.pass_gate_2(1)
        with pytest.raises(PublicationProblem, match="not built: 1 slots"):
            publication.publish(1)
        assert live_number() is None

    @pytest.mark.parametrize("status", ["refused", "failed", None])
    def test_a_candidate_that_gate_2_has_not_passed_is_refused(self, world: World, status: str | None) -> None:
        world.accept("A", "2022-01", 1)
        publication.open_candidate()
        world.build()
        if status:
            world.pass_gate_2(1)
            world.pass_gate_2(1, status)  # the last run counts
        with pytest.raises(PublicationProblem, match="gate 2"):
            publication.publish(1)
        assert live_number() is None

    def test_it_waits_for_a_model_that_still_writes(self, world: World) -> None:
        world.accept("A", "2022-01", 1)
        publication.open_candidate()
        world.build()
        world.pass_gate_2(1)
        with connect("transformer") as writer, ThreadPoolExecutor(1) as pool:
            writer.execute("select warehouse.candidate()")
            waiting = pool.submit(publication.publish, 1)
            with connect("auditor", autocommit=True) as watcher:
                while not watcher.execute("select 1 from pg_locks where not granted").fetchone():
                    assert not waiting.done()
            assert live_number() is None
            writer.commit()
            waiting.result()
        assert live_number() == 1

    def test_numbers_that_are_no_candidates_are_refused(self, world: World) -> None:
        with pytest.raises(PublicationProblem, match="7 does not exist"):
            publication.publish(7)
        for value in (1, 2):
            world.accept("A", "2022-01", value)
            world.refresh()
        with pytest.raises(PublicationProblem, match="rollback 1"):
            publication.publish(1)


class TestDiscarding:
    def test_the_live_publication_never_noticed_and_the_number_stays_used(self, world: World) -> None:
        world.accept("A", "2022-01", 1)
        world.refresh()
        world.accept("A", "2022-01", 2)
        publication.open_candidate()
        world.build()
        publication.discard(2, "wrong")
        publication.discard(2, "again")
        assert world.figures(1) == {("A", "2022-01"): Decimal(1)}
        with connect("auditor") as connection:
            assert connection.execute("select count(*) from warehouse.agg_indicator_period").fetchone() == (1,)
        assert world.refresh() == 3
        assert world.figures(3) == {("A", "2022-01"): Decimal(2)}
        assert world.figures(1) == {("A", "2022-01"): Decimal(1)}

    def test_what_is_published_is_not_discarded(self, world: World) -> None:
        world.accept("A", "2022-01", 1)
        world.refresh()
        with pytest.raises(PublicationProblem, match="published"):
            publication.discard(1, "no")

    def test_a_model_that_starts_meanwhile_writes_nothing(self, world: World) -> None:
        world.accept("A", "2022-01", 1)
        publication.open_candidate()
        publication.discard(1, "stopped")
        with pytest.raises(psycopg.errors.RaiseException, match="no candidate"):
            world.build()


class TestRollingBack:
    def published(self, world: World) -> tuple[int, int]:
        """Two publications: A is 1, then 2; B comes with the second."""
        first = world.accept("A", "2022-01", 1)
        world.refresh()
        second = world.accept("A", "2022-01", 2)
        world.accept("B", "2022-02", 7)
        world.refresh()
        return first, second

    def test_a_new_publication_restates_the_old_one(self, world: World) -> None:
        self.published(world)
        newer = world.figures(2)
        assert publication.rollback(1, "wrong file") == 3
        restated = get_publication(3)
        assert (restated.kind, restated.base, restated.is_live, restated.status) == ("restatement", 1, True, "published")
        assert world.figures(3) == world.figures(1) == {("A", "2022-01"): Decimal(1)}
        assert world.figures(2) == newer

    def test_what_it_takes_back_does_not_come_again_by_itself(self, world: World) -> None:
        first, second = self.published(world)
        publication.rollback(1, "wrong file")
        assert (world.verdict(first), world.verdict(second)) == ("accepted", "held")
        assert publication.open_candidate() is None and not publication.pending()

    def test_a_version_between_the_two_does_not_come_up_either(self, world: World) -> None:
        self.published(world)
        world.accept("A", "2022-01", 3)
        world.refresh()
        publication.rollback(1, "both wrong")
        assert publication.open_candidate() is None

    def test_a_new_version_is_taken_in_and_the_held_ones_are_said(self, world: World) -> None:
        _, second = self.published(world)
        publication.rollback(1, "wrong file")
        third = world.accept("A", "2022-01", 5)
        assert world.refresh() == 4
        assert slots(4)["A", "2022-01"] == ("corrected", third)
        assert world.figures(4) == {("A", "2022-01"): Decimal(5)}
        with connect("auditor") as connection:
            row = connection.execute(
                "select status from warehouse.fct_submission where submission_id = %s and to_publication = 2147483647", (second,)
            ).fetchone()
        assert row == ("held",)

    def test_forward_again_gives_back_what_was_held(self, world: World) -> None:
        first, second = self.published(world)
        publication.rollback(1, "wrong file")
        assert publication.rollback(2, "it was right") == 4
        assert world.figures(4) == world.figures(2)
        assert (world.verdict(first), world.verdict(second)) == ("accepted", "accepted")
        assert publication.open_candidate() is None

    def test_what_a_judgement_counted_is_not_forgotten(self, world: World) -> None:
        """As many failures of each severity, and as many that were waived, when a report is held and when it is given back."""
        _, second = self.published(world)
        counts = "failures_critical, failures_warning, failures_info, failures_waived"
        with admin_connect() as connection:
            connection.execute(f"update audit.verdict set ({counts}) = (0, 3, 2, 1) where submission_id = %s".encode(), (second,))
        publication.rollback(1, "wrong file")
        publication.rollback(2, "it was right")
        with connect("auditor") as connection:
            found = connection.execute(
                f"select verdict, {counts} from audit.verdict where submission_id = %s order by verdict_id".encode(), (second,)
            ).fetchall()
        assert found == [("accepted", 0, 3, 2, 1), ("held", 0, 3, 2, 1), ("accepted", 0, 3, 2, 1)]

    def test_a_submission_that_waits_is_not_held(self, world: World) -> None:
        self.published(world)
        waiting = world.accept("A", "2022-01", 3)
        publication.rollback(1, "wrong file")
        assert world.verdict(waiting) == "accepted"
        assert world.refresh() == 4
        assert world.figures(4) == {("A", "2022-01"): Decimal(3)}

    def test_an_older_version_that_came_up_in_between_does_not_come_again(self, world: World) -> None:
        world.accept("B", "2022-01", 1)
        world.refresh()
        world.accept("A", "2022-01", 2, minutes=500)
        world.refresh()
        publication.rollback(1, "the late version is wrong")  # 3
        world.accept("A", "2022-01", 3, minutes=100)
        world.refresh()  # 4: the older one is in force
        publication.rollback(2, "the late version was right")  # 5
        publication.rollback(1, "neither is")
        assert publication.open_candidate() is None
        assert world.figures(6) == {("B", "2022-01"): Decimal(1)}

    def test_again_changes_nothing(self, world: World) -> None:
        self.published(world)
        assert publication.rollback(1, "wrong file") == publication.rollback(1, "wrong file") == 3

    def test_over_a_change_of_the_catalog_it_stays_back(self, world: World) -> None:
        world.accept("A", "2022-01", 1)
        world.refresh()
        world.load_pack("pack-2")
        world.refresh()
        publication.rollback(1, "wrong catalog")
        assert get_publication(3).pack_hash == "pack-1"
        assert publication.open_candidate() is None and not publication.pending()
        world.accept("A", "2022-01", 2)
        publication.open_candidate()
        assert get_publication(4).pack_hash == "pack-2"

    def test_it_is_refused_while_a_candidate_is_open(self, world: World) -> None:
        self.published(world)
        world.accept("C", "2022-01", 3)
        publication.open_candidate()
        with pytest.raises(PublicationProblem, match="discard 3"):
            publication.rollback(1, "no")
        assert live_number() == 2

    def test_it_is_refused_to_what_was_never_published(self, world: World) -> None:
        self.published(world)
        world.accept("C", "2022-01", 3)
        publication.open_candidate()
        publication.discard(3, "no")
        for number, why in ((3, "never published"), (2, "is live"), (9, "does not exist")):
            with pytest.raises(PublicationProblem, match=why):
                publication.rollback(number, "no")
