"""Which tabs a workbook has: a sheet of the form, or one for each unit or month, and the sheets of other forms that stand in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tonghop.catalog import FormSheet, Pack, normalise
from tonghop.catalog.rows import Form, Unit
from tonghop.model import Period


class Source(NamedTuple):
    """A sheet of a form as it is for one unit and period; `units` are those that its rows or columns stand for."""

    form: Form
    sheet: FormSheet
    unit: Unit
    period: Period
    units: tuple[Unit, ...] = ()


class Tab(NamedTuple):
    """A tab to be made: a sheet of a form, and those of other forms that stand in the same tab, such as a row of totals."""

    own: Source
    guests: tuple[Source, ...] = ()


def tabs_of(pack: Pack, form: Form, unit: Unit, period: Period) -> Iterator[Tab]:
    """The tabs of a workbook. Where there is a tab for each month, it has that of the period: an empty one would report blanks."""
    below = _units_below(pack, form, unit, period)
    guests = [
        Source(guest, sheet, unit, period, _units_below(pack, guest, unit, period) if sheet.has_units else ())
        for guest in pack.forms_at(period.end_date)
        for sheet in pack.sheets(guest)
        if sheet.layout.stands_in == form.form_code and unit.unit_type in guest.unit_types
    ]
    for sheet in pack.sheets(form):
        if sheet.layout.ignored or sheet.layout.stands_in:
            continue
        match sheet.layout.one_per:
            case "unit":
                yield from (Tab(Source(form, sheet, each, period)) for each in below)
            case _:
                beside = tuple(guest for guest in guests if normalise(guest.sheet.name) == normalise(sheet.name))
                guests = [guest for guest in guests if guest not in beside]
                yield Tab(Source(form, sheet, unit, period, below if sheet.has_units else ()), beside)
    yield from (Tab(guest) for guest in guests)


def _units_below(pack: Pack, form: Form, unit: Unit, period: Period) -> tuple[Unit, ...]:
    """The units, at and below one, that report on a form, in the order of the pack."""
    return tuple(
        each
        for each in pack.units_at(period.end_date)
        if each.unit_type in form.unit_types and (each.unit_code == unit.unit_code or unit.unit_code in each.ancestors)
    )


_NOT_IN_TAB_NAMES = re.compile(r"[\[\]:*?/\\']")
_TAB_CHARACTERS = 31


def tab_names(tabs: Sequence[Tab], pack: Pack) -> Iterator[str]:
    """The names of tabs: that of the sheet, or of the unit or month that there is a tab for."""
    for form, sheet, unit, period, _ in (tab.own for tab in tabs):
        if sheet.layout.one_per is None:
            yield sheet.name
            continue
        of_unit = sheet.layout.one_per == "unit"
        several = sum(tab.own.form == form and tab.own[2:4] == (unit, period) for tab in tabs) > 1
        name = name_or_code(pack, unit, period) if of_unit else f"Tháng {period.number}"
        if several:
            name = f"{unit.unit_code if of_unit else name} {sheet.name}"
        if len(name) > _TAB_CHARACTERS or _NOT_IN_TAB_NAMES.search(name):
            place = [each.name for each in pack.sheets(form)].index(sheet.name) + 1
            name = f"{unit.unit_code if of_unit else f'T{period.number}'}{f' {place}' if several else ''}"
        yield name


def name_or_code(pack: Pack, unit: Unit, period: Period) -> str:
    """The name of a unit where it is the only one of that name, else its code."""
    return unit.name_vi if pack.units_named(unit.name_vi, period.end_date) == (unit,) else unit.unit_code
