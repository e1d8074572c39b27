"""What differs between two publications."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.publication.world import World, admin

from tonghop import publication
from tonghop.publication import ChangedFigure, ChangedSubmission, PublicationProblem, diff, difference

pytestmark = pytest.mark.database


@pytest.fixture
def published(world: World) -> dict[str, int]:
    """1: A=1, B=5. 2: A=2, B stays, C is new. 3: restates 1. Submissions by name."""
    submissions = {"a1": world.accept("A", "2022-01", 1), "b": world.accept("B", "2022-01", 5)}
    world.refresh()
    submissions |= {"a2": world.accept("A", "2022-01", 2), "c": world.accept("C", "2022-02", 7)}
    world.refresh()
    publication.rollback(1, "wrong")
    return submissions


def differing(a: int, b: int) -> tuple[list[ChangedFigure], list[ChangedSubmission]]:
    with diff(a, b) as found:
        return list(found.figures()), list(found.submissions())


def causes(a: int, b: int) -> dict[tuple[str, str], str]:
    return {(slot.unit_code, slot.period_code): slot.cause for slot in differing(a, b)[1]}


def test_changed_new_and_vanished_figures_with_the_submissions_behind_them(published: dict[str, int]) -> None:
    figures, submissions = differing(1, 2)
    assert [(f.unit_code, f.period_code, f.indicator_code, f.value_a, f.value_b) for f in figures] == [
        ("A", "2022-01", "I", Decimal(1), Decimal(2)),
        ("C", "2022-02", "I", None, Decimal(7)),
    ]
    assert [(s.unit_code, s.period_code, s.cause, s.submission_a, s.submission_b) for s in submissions] == [
        ("A", "2022-01", "corrected", published["a1"], published["a2"]),
        ("C", "2022-02", "new", None, published["c"]),
    ]
    assert submissions[0].source_a and submissions[0].sha256_a != submissions[0].sha256_b


def test_the_other_way_round_is_the_mirror(published: dict[str, int]) -> None:
    there, back = differing(1, 2), differing(2, 1)
    assert [(f.unit_code, f.value_b, f.value_a) for f in there[0]] == [(f.unit_code, f.value_a, f.value_b) for f in back[0]]
    assert causes(2, 1) == {("A", "2022-01"): "not_yet", ("C", "2022-02"): "not_yet"}


def test_a_restatement_differs_in_nothing_from_what_it_restates(published: dict[str, int]) -> None:
    assert differing(1, 3) == ([], [])
    assert len(differing(2, 3)[0]) == 2


def test_a_rollback_and_a_withdrawal_are_said(published: dict[str, int], world: World) -> None:
    assert causes(2, 3) == {("A", "2022-01"): "held", ("C", "2022-02"): "held"}
    publication.withdraw("B", "F", "2022-01", reason="sent too early", by="B")
    assert world.refresh() == 4
    assert causes(3, 4) == {("B", "2022-01"): "withdrawn"}
    assert causes(2, 4) == {("A", "2022-01"): "held", ("B", "2022-01"): "withdrawn", ("C", "2022-02"): "held"}


def test_a_correction_by_hand_is_named(world: World) -> None:
    """The same submission, judged again with a correction: the figure is another one."""
    submission = world.accept("A", "2022-01", 5)
    world.refresh()
    admin("insert into audit.gate_run (gate, status, pack_hash, code_version) values (1, 'passed', 'pack-1', 'code-1')")
    run = "(select max(gate_run_id) from audit.gate_run)"
    admin(f"insert into audit.gate_submission values ({run}, %s)", submission)
    admin(
        "insert into audit.judged_correction "
        f"values ({run}, %s, 'EXTRA-ZERO', 'I', 'value', 'TOTAL', 'number', 5, 'number', 50, 'phoned', 'An')",
        submission,
    )
    admin(f"insert into audit.verdict (submission_id, verdict, gate_run_id) values (%s, 'accepted', {run})", submission)
    assert world.refresh() == 2
    figures, (slot,) = differing(1, 2)
    assert [(figure.value_a, figure.value_b) for figure in figures] == [(5, 50)]
    assert (slot.cause, slot.corrections_a, slot.corrections_b) == ("corrected_by_hand", [], ["EXTRA-ZERO"])
    assert slot.submission_a == slot.submission_b == submission


def test_the_steps_say_what_changed_besides_reports(published: dict[str, int], world: World) -> None:
    world.load_pack("pack-2")
    world.deploy("code-2")
    world.accept("B", "2022-03", 1)
    assert world.refresh() == 4
    with diff(1, 4) as found:
        steps = [(step.number, step.kind, step.base, step.reason, step.catalog_changed, step.code_changed) for step in found.steps]
    assert steps == [
        (2, "refresh", 1, None, False, False),
        (3, "restatement", 1, "wrong", False, False),
        (4, "refresh", 3, None, True, True),
    ]
    with diff(4, 3) as found:
        assert [step.number for step in found.steps] == [4]


def test_what_is_not_asked_for_is_not_fetched(published: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows stay with the server's cursor: with one at a time, the first is there before the second was asked for."""
    monkeypatch.setattr(difference, "_AT_ONCE", 1)
    with diff(1, 2) as found:
        figures = found.figures()
        next(figures)
        (cursors,) = found.connection.execute("select count(*) from pg_cursors where name = 'ChangedFigure'").fetchone() or (0,)
        assert cursors == 1
        assert len(list(figures)) == 1


def test_numbers_that_were_never_published_are_refused(published: dict[str, int]) -> None:
    with pytest.raises(PublicationProblem, match="9 does not exist"), diff(1, 9):
        pass
