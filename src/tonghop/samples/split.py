"""Whole numbers shared out: exactly, within bounds, and the same on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

SCALE = 1_000_000
"""Weights are whole numbers; this one stands for 1."""


def noise(*names: object) -> int:
    """A number from 0 to SCALE - 1 that looks random and depends on nothing but `names`."""
    digest = blake2b("\x1f".join(map(str, names)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % SCALE


def between(low: float, high: float, *names: object) -> int:
    """A weight between `low` and `high` (as parts of SCALE) that depends on nothing but `names`."""
    return int(low * SCALE) + int((high - low) * noise(*names))


def split(total: int, weights: Sequence[int], lows: Sequence[int] | None = None, highs: Sequence[int] | None = None) -> list[int]:
    """Share `total` out in proportion to `weights`, in whole numbers that add up to it exactly (largest remainder).

    `lows` and `highs` bound each share (default: 0, and no bound). Among places that are left when all weights are used up or
    zero the rest is shared evenly. Raises ValueError when the bounds leave no solution.
    """
    count = len(weights)
    low = list(lows) if lows is not None else [0] * count
    high = list(highs) if highs is not None else [max(total, floor) for floor in low]
    if not sum(low) <= total <= sum(high) or any(floor > ceiling for floor, ceiling in zip(low, high, strict=True)):
        raise ValueError(f"{total} cannot be shared out over {count} places that take from {sum(low)} to {sum(high)}")
    shares = [0] * count
    free, rest = list(range(count)), total
    while free:
        # what is left goes to the free places by weight; those that this puts outside their bounds are fixed, and again
        weight = {place: weights[place] for place in free}
        whole = sum(weight.values())
        if whole == 0:
            weight, whole = dict.fromkeys(free, 1), len(free)
        under = [place for place in free if rest * weight[place] < low[place] * whole]
        over = [place for place in free if rest * weight[place] > high[place] * whole]
        if not under and not over:
            parts = {place: divmod(rest * weight[place], whole) for place in free}
            lacking = rest - sum(floor for floor, _ in parts.values())
            lucky = set(sorted(free, key=lambda place: (-parts[place][1], place))[:lacking])
            for place, (floor, _) in parts.items():
                shares[place] = floor + (place in lucky)
            return shares
        lack = sum(low[place] * whole - rest * weight[place] for place in under)
        excess = sum(rest * weight[place] - high[place] * whole for place in over)
        fixed, bounds = (under, low) if lack >= excess else (over, high)
        for place in fixed:
            shares[place] = bounds[place]
            rest -= bounds[place]
        gone = set(fixed)
        free = [place for place in free if place not in gone]
    return shares


def concentrate(total: int, capacities: Sequence[int]) -> list[int]:
    """Put `total` (of either sign) into as few places as possible: the first takes what it can (`capacities`, in size), then the next.

    Raises ValueError when all together cannot take it.
    """
    sign, rest = (-1 if total < 0 else 1), abs(total)
    shares = []
    for capacity in capacities:
        taken = min(rest, capacity)
        shares.append(sign * taken)
        rest -= taken
    if rest:
        raise ValueError(f"{total} does not fit into places that take {sum(capacities)}")
    return shares
