"""What the reading of a report may ask of the pack: its period, its units at that time, and what else stands in its tabs."""

from __future__ import annotations

from dataclasses import dataclass, field

from tonghop.catalog.rows import Unit
from tonghop.intake.form_index import PackIndex
from tonghop.model import Period


@dataclass
class Scope:
    """The period of a report, and the types of unit that send its form."""

    index: PackIndex
    period: Period
    unit_types: frozenset[str]
    _called: dict[str, Unit | None] = field(default_factory=dict)

    def unit_called(self, text: str) -> Unit | None:
        """The one unit that a code or a name means at the end of the period; None when there is none, or several."""
        if text not in self._called:
            self._called[text] = self._find(text)
        return self._called[text]

    def _find(self, text: str) -> Unit | None:
        pack, at = self.index.pack, self.period.end_date
        unit = pack.unit(text.strip().upper(), at)
        if unit is not None:
            return unit
        for found in (pack.units_with_official_code(text.strip(), at), pack.units_named(text, at)):
            fitting = [unit for unit in found if unit.unit_type in self.unit_types] or list(found)
            if len(fitting) == 1:
                return fitting[0]
        return None
