"""What somebody who sees no small counts can work out exactly from what is shown: linear algebra over the figures that units reported.

Unknowns are the figures of each unit's own reports, by month. Every figure of the marts is a linear combination of them, since the
marts are sums; a figure that is shown is an equation. A hidden figure is recovered when its combination follows from the equations.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

Combination = dict[str, Fraction]
"""Coefficients by unknown."""


@dataclass
class Equations:
    """Linear equations in echelon form, added one by one; only what follows from them matters, so they need no right sides."""

    rows: dict[str, Combination] = field(default_factory=dict)

    def add(self, combination: Mapping[str, int | Fraction]) -> None:
        """One more combination of unknowns whose value is known."""
        rest = self._reduced(combination)
        if rest:
            pivot = min(rest)
            self.rows[pivot] = {name: factor / rest[pivot] for name, factor in rest.items()}

    def tell(self, combination: Mapping[str, int | Fraction]) -> bool:
        """Whether the value of this combination follows from the equations."""
        return not self._reduced(combination)

    def _reduced(self, combination: Mapping[str, int | Fraction]) -> Combination:
        rest: defaultdict[str, Fraction] = defaultdict(Fraction, {name: Fraction(factor) for name, factor in combination.items() if factor})
        done: set[str] = set()
        while True:
            left = sorted(name for name in rest if name in self.rows and name not in done)
            if not left:
                return {name: factor for name, factor in rest.items() if factor}
            factor = rest[left[0]]
            done.add(left[0])
            for name, share in self.rows[left[0]].items():
                rest[name] -= factor * share


def recovered(shown: Iterable[Mapping[str, int]], hidden: Mapping[str, Mapping[str, int]]) -> list[str]:
    """The hidden figures, by name, that follow from those that are shown."""
    equations = Equations()
    for combination in shown:
        equations.add(combination)
    return [name for name, combination in hidden.items() if equations.tell(combination)]
