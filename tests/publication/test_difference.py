"""What differs between two publications."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.publication.world import World

from tonghop import publication
from tonghop.publication import PublicationProblem, diff

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


def test_changed_new_and_vanished_figures_with_the_submissions_behind_them(published: dict[str, int]) -> None:
    found = diff(1, 2)
    assert [(f.unit_code, f.period_code, f.indicator_code, f.value_a, f.value_b) for f in found.figures] == [
        ("A", "2022-01", "I", Decimal(1), Decimal(2)),
        ("C", "2022-02", "I", None, Decimal(7)),
    ]
    assert [(s.unit_code, s.period_code, s.submission_a, s.submission_b) for s in found.submissions] == [
        ("A", "2022-01", published["a1"], published["a2"]),
        ("C", "2022-02", None, published["c"]),
    ]
    assert found.submissions[0].source_a and found.submissions[0].sha256_a != found.submissions[0].sha256_b


def test_the_other_way_round_is_the_mirror(published: dict[str, int]) -> None:
    there, back = diff(1, 2), diff(2, 1)
    assert [(f.unit_code, f.value_b, f.value_a) for f in there.figures] == [(f.unit_code, f.value_a, f.value_b) for f in back.figures]


def test_a_restatement_differs_in_nothing_from_what_it_restates(published: dict[str, int]) -> None:
    found = diff(1, 3)
    assert found.figures == [] and found.submissions == []
    assert len(diff(2, 3).figures) == 2


def test_numbers_that_were_never_published_are_refused(published: dict[str, int]) -> None:
    with pytest.raises(PublicationProblem, match="9 does not exist"):
        diff(1, 9)
