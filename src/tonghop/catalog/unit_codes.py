"""Codes in time: which unit a code means. Our codes are unique for ever; official ones are dated, and given again to other places."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from tonghop.catalog.pack import Pack
from tonghop.catalog.rows import STILL_VALID, Unit
from tonghop.errors import NeedsCorrection


class UnitNotFound(NeedsCorrection):
    """A code that means no unit, or several; the text says which ones, and what to give."""


def find_unit(pack: Pack, code: str, at: date | None = None) -> Unit:
    """The unit that a code of ours or an official code means on a day, as it was then.

    Without a day the newest version of the unit, if only one unit ever bore the code: an official code that was given to several is
    refused, never guessed. Raises UnitNotFound.
    """
    written = code.strip()
    history = pack.unit_history(written.upper())
    bearers = history or pack.units_ever_with_official_code(written)
    if not bearers:
        raise UnitNotFound(f"No unit has or had the code {written}. Units stand in units.csv of the catalog pack.")
    codes = tuple(dict.fromkeys(unit.unit_code for unit in bearers))
    if at is None:
        if len(codes) > 1:
            raise UnitNotFound(
                f"The official code {written} was borne by several units: {told(bearers)}.\nSay on which day (--at), or give our code."
            )
        return bearers[-1]
    holding = [unit for unit in bearers if unit.valid_at(at)]
    if not holding:
        raise UnitNotFound(f"Nobody bears the code {written} on {at}: {told(bearers)}.")
    if len(holding) > 1:
        raise UnitNotFound(f"On {at} several units bear the official code {written}: {told(holding)}.\nGive our code.")
    return holding[0]


def told(units: Sequence[Unit]) -> str:
    """Units with the time of each, for people: `C11 (Xã Một, from 2004-01-01 until 2025-07-01), …`."""
    return ", ".join(f"{unit.unit_code} ({unit.name_vi}, {_span(unit)})" for unit in units)


def _span(unit: Unit) -> str:
    start = "" if unit.valid_from == date.min else f"from {unit.valid_from}"
    end = "" if unit.valid_to == STILL_VALID else f"until {unit.valid_to}"
    return " ".join(part for part in (start, end) if part) or "always"
