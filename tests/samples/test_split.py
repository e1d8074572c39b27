"""Sharing out: the sum is exact, the bounds hold, and nothing depends on the machine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonghop.samples.split import SCALE, concentrate, noise, split

Bounded = tuple[int, list[int], list[int], list[int]]


@st.composite
def bounded(draw: st.DrawFn) -> Bounded:
    """A total that fits between the sums of the bounds."""
    places = draw(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=30))
    lows, highs = [low for _, low, _ in places], [low + room for _, low, room in places]
    return draw(st.integers(sum(lows), sum(highs))), [weight for weight, _, _ in places], lows, highs


@given(st.integers(0, 10**7), st.lists(st.integers(0, 10**12), min_size=1, max_size=80))
def test_shares_add_up_and_follow_the_weights(total: int, weights: list[int]) -> None:
    shares = split(total, weights)
    assert sum(shares) == total
    if whole := sum(weights):
        assert all(abs(share * whole - total * weight) < whole for share, weight in zip(shares, weights, strict=True))


@given(bounded())
def test_shares_stay_within_their_bounds(case: Bounded) -> None:
    total, weights, lows, highs = case
    shares = split(total, weights, lows, highs)
    assert sum(shares) == total
    assert all(low <= share <= high for low, share, high in zip(lows, shares, highs, strict=True))


def test_largest_remainders_come_first_and_bounds_pass_the_rest_on() -> None:
    assert split(10, [5, 3, 2]) == [5, 3, 2]
    assert split(7, [50, 30, 21]) == [4, 2, 1]
    assert split(10, [8, 1, 1], highs=[4, 10, 10]) == [4, 3, 3]
    assert split(10, [1, 1, 1], lows=[6, 0, 0]) == [6, 2, 2]
    assert split(3, [1, 0, 0], highs=[1, 1, 5]) == [1, 1, 1]


@pytest.mark.parametrize(("total", "lows", "highs"), [(9, [0, 0], [4, 4]), (1, [1, 1], [4, 4]), (4, [3, 0], [2, 9])])
def test_bounds_without_solution_are_refused(total: int, lows: list[int], highs: list[int]) -> None:
    with pytest.raises(ValueError, match=f"{total} cannot be shared out"):
        split(total, [1, 1], lows, highs)


@given(st.lists(st.integers(0, 100), min_size=1), st.data())
def test_a_difference_goes_to_as_few_places_as_possible(capacities: list[int], data: st.DataObject) -> None:
    total = data.draw(st.integers(-sum(capacities), sum(capacities)))
    shares = concentrate(total, capacities)
    assert sum(shares) == total
    assert all(abs(share) <= capacity for share, capacity in zip(shares, capacities, strict=True))
    touched = [place for place, share in enumerate(shares) if share]
    assert all(abs(shares[place]) == capacities[place] for place in range(max(touched, default=0)))


def test_a_difference_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="-9 does not fit"):
        concentrate(-9, [4, 4])


def test_noise_depends_on_names_only() -> None:
    assert noise("a", 1) == 725121
    assert len({noise("a", number) for number in range(500)}) > 490
    assert all(0 <= noise(number) < SCALE for number in range(500))
