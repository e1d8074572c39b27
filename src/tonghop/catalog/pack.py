"""A pack in memory: its rows, and the look-ups that reading and building workbooks need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import chain
from typing import NamedTuple, TypeVar

from tonghop.catalog.corrections import Correction
from tonghop.catalog.figures import Breakdowns, Figure, in_cell, together
from tonghop.catalog.names import abbreviate, normalise
from tonghop.catalog.profiles import Profile
from tonghop.catalog.rows import (
    Breakdown,
    BreakdownPart,
    Contact,
    Dhis2Code,
    Duty,
    Form,
    FormAlias,
    FormCell,
    FormColumn,
    FormNarrative,
    FormRow,
    Hierarchy,
    Indicator,
    MeasureWord,
    PackHead,
    Programme,
    ReminderStep,
    Sender,
    SheetLayout,
    Succession,
    Target,
    Unit,
    UnitAlias,
    UnitGroup,
)
from tonghop.catalog.rule_cases import RuleCases
from tonghop.catalog.rules import Rule
from tonghop.model import Measure

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True)
class FormSheet:
    """One sheet of a form version: how it is found and read, its columns in the order of the pack, its rows in their sort order,
    its fixed cells and its fields of free text.

    `grid` says what every row and column hold together, `in_cells` what every fixed cell holds.
    """

    name: str
    columns: tuple[FormColumn, ...]
    rows: tuple[FormRow, ...]
    layout: SheetLayout
    cells: tuple[FormCell, ...]
    narratives: tuple[FormNarrative, ...]
    grid: tuple[tuple[Figure, ...], ...]
    in_cells: tuple[Figure, ...]

    @property
    def figures(self) -> Iterator[Figure]:
        """Every figure of the sheet, by rows, then those of the fixed cells."""
        return chain(*self.grid, self.in_cells)

    @property
    def has_months(self) -> bool:
        """Whether it holds figures of several months, each of which is a report of its own."""
        return self.layout.one_per == "month" or any(figure.month is not None for figure in self.figures)

    @property
    def has_units(self) -> bool:
        """Whether its rows or columns stand for units, each of which has a report of its own."""
        return any(row.stands_for_units for row in self.rows) or any(column.stands_for_units for column in self.columns)


class GroupPlace(NamedTuple):
    """The group that a row of a unit belongs to in a hierarchy: its own, or that of the nearest unit above it that has one."""

    hierarchy_code: str
    unit_code: str
    valid_from: date
    group_code: str


@dataclass(frozen=True)
class Pack:
    """Everything that the software knows about an organisation. Made by `read_pack`, so it is known to be consistent.

    Packs that share `hash_without_corrections` differ in their hand corrections only.
    """

    pack_hash: str
    hash_without_corrections: str
    head: PackHead
    units: tuple[Unit, ...]
    unit_aliases: tuple[UnitAlias, ...]
    programmes: tuple[Programme, ...]
    indicators: tuple[Indicator, ...]
    breakdowns: tuple[Breakdown, ...]
    measure_words: tuple[MeasureWord, ...]
    forms: tuple[Form, ...]
    form_columns: tuple[FormColumn, ...]
    form_rows: tuple[FormRow, ...]
    duties: tuple[Duty, ...]
    targets: tuple[Target, ...]
    rules: tuple[Rule, ...]
    rule_cases: tuple[RuleCases, ...] = ()
    profiles: tuple[Profile, ...] = ()
    corrections: tuple[Correction, ...] = ()
    breakdown_parts: tuple[BreakdownPart, ...] = ()
    form_sheets: tuple[SheetLayout, ...] = ()
    form_cells: tuple[FormCell, ...] = ()
    form_narratives: tuple[FormNarrative, ...] = ()
    form_aliases: tuple[FormAlias, ...] = ()
    contacts: tuple[Contact, ...] = ()
    reminders: tuple[ReminderStep, ...] = ()
    senders: tuple[Sender, ...] = ()
    dhis2: tuple[Dhis2Code, ...] = ()
    successions: tuple[Succession, ...] = ()
    hierarchies: tuple[Hierarchy, ...] = ()
    unit_groups: tuple[UnitGroup, ...] = ()
    group_places: tuple[GroupPlace, ...] = ()

    @property
    def code(self) -> str:
        """The code of the pack."""
        return self.head.code

    # -- units

    @cached_property
    def _units_by_code(self) -> Mapping[str, tuple[Unit, ...]]:
        return _grouped((unit.unit_code, unit) for unit in self.units)

    @cached_property
    def _units_by_official_code(self) -> Mapping[str, tuple[Unit, ...]]:
        return _grouped((unit.official_code, unit) for unit in self.units if unit.official_code)

    @cached_property
    def _names(self) -> tuple[tuple[str, Unit | UnitAlias], ...]:
        return (*((unit.name_vi, unit) for unit in self.units), *((alias.alias, alias) for alias in self.unit_aliases))

    @cached_property
    def _named(self) -> Mapping[str, tuple[Unit | UnitAlias, ...]]:
        return _grouped((normalise(name), row) for name, row in self._names)

    @cached_property
    def _named_in_short(self) -> Mapping[str, tuple[Unit | UnitAlias, ...]]:
        return _grouped((abbreviate(name), row) for name, row in self._names)

    def unit(self, unit_code: str, at: date) -> Unit | None:
        """The unit with our code as it was on that day; None when there was none."""
        return next((unit for unit in self._units_by_code.get(unit_code, ()) if unit.valid_at(at)), None)

    def unit_history(self, unit_code: str) -> tuple[Unit, ...]:
        """All that a unit ever was, oldest first; empty for an unknown code."""
        return tuple(sorted(self._units_by_code.get(unit_code, ()), key=lambda unit: unit.valid_from))

    def units_at(self, at: date) -> tuple[Unit, ...]:
        """All units of that day, in the order of the pack."""
        return tuple(unit for unit in self.units if unit.valid_at(at))

    def units_with_official_code(self, official_code: str, at: date) -> tuple[Unit, ...]:
        """The units that bore an official code on that day. Official codes are reused: without the day they say nothing."""
        return tuple(unit for unit in self._units_by_official_code.get(official_code, ()) if unit.valid_at(at))

    def units_ever_with_official_code(self, official_code: str) -> tuple[Unit, ...]:
        """All that ever bore an official code, oldest first: several units where it was given again."""
        return tuple(sorted(self._units_by_official_code.get(official_code, ()), key=lambda unit: unit.valid_from))

    def units_named(self, name: str, at: date) -> tuple[Unit, ...]:
        """The units of that day that bear this name (Vietnamese name or alias, any spelling that `normalise` forgives; else,
        when none does, with the usual abbreviations).

        More than one means that the name is ambiguous: to be refused, never guessed.
        """
        for rows in (self._named.get(normalise(name), ()), self._named_in_short.get(abbreviate(name), ())):
            codes = dict.fromkeys(row.unit_code for row in rows if row.valid_at(at))
            if units := tuple(unit for code in codes if (unit := self.unit(code, at)) is not None):
                return units
        return ()

    @cached_property
    def unit_names(self) -> Mapping[str, tuple[str, ...]]:
        """Normalised names and aliases of all times with the unit codes that bear them: material for suggestions."""
        return {name: tuple(dict.fromkeys(row.unit_code for row in rows)) for name, rows in self._named.items()}

    @cached_property
    def _senders(self) -> Mapping[str, tuple[Sender, ...]]:
        return _grouped((row.sender.casefold(), row) for row in self.senders)

    def units_of_sender(self, sender: str, at: date) -> tuple[Unit, ...]:
        """The units that a sender sent for on that day (and for all below them); empty for one that the pack does not know."""
        rows = self._senders.get(sender.casefold(), ())
        return tuple(unit for row in rows if row.valid_at(at) and (unit := self.unit(row.unit_code, at)) is not None)

    # -- indicators and words

    @cached_property
    def _indicators_by_code(self) -> Mapping[str, Indicator]:
        return {indicator.indicator_code: indicator for indicator in self.indicators}

    @cached_property
    def _measure_words(self) -> Mapping[str, str]:
        own = {normalise(indicator.unit_of_measure): indicator.unit_of_measure for indicator in self.indicators}
        return own | {normalise(word.word): word.unit_of_measure for word in self.measure_words}

    def indicator(self, indicator_code: str) -> Indicator | None:
        """The indicator with that code."""
        return self._indicators_by_code.get(indicator_code)

    def unit_of_measure(self, word: str) -> str | None:
        """The unit of measure that a word behind a number stands for; None for a word that is none."""
        return self._measure_words.get(normalise(word))

    # -- targets

    @cached_property
    def _targets_by_unit(self) -> Mapping[tuple[str, str, int], tuple[Target, ...]]:
        return _grouped(((row.indicator_code, row.unit_code, row.year), row) for row in self.targets)

    def target(self, indicator_code: str, unit_code: str, at: date) -> Target | None:
        """The version of a unit's own plan of that year which holds on that day (for a period: its last day); None without one."""
        versions = self._targets_by_unit.get((indicator_code, unit_code, at.year), ())
        return next((version for version in versions if version.valid_at(at)), None)

    # -- forms

    @cached_property
    def _sheets(self) -> Mapping[tuple[str, int], tuple[FormSheet, ...]]:
        breakdowns = Breakdowns(self.breakdowns)
        layouts = {_sheet_of(row): row for row in self.form_sheets}
        columns = _grouped((_sheet_of(row), row) for row in self.form_columns)
        rows = _grouped((_sheet_of(row), row) for row in self.form_rows)
        cells = _grouped((_sheet_of(row), row) for row in self.form_cells)
        narratives = _grouped((_sheet_of(row), row) for row in self.form_narratives)

        def sheet(key: SheetKey) -> FormSheet:
            layout = layouts.get(key) or SheetLayout(form_code=key[0], version=key[1], sheet=key[2])
            if tabs := tuple(alias.alias for alias in self.aliases(key[0], key[2]) if alias.part == "sheet"):
                layout = layout.model_copy(update={"other_names": (*layout.other_names, *tabs)})
            of_sheet, own_columns = _sorted(rows.get(key, ())), columns.get(key, ())
            return FormSheet(
                name=key[2],
                columns=own_columns,
                rows=of_sheet,
                layout=layout,
                cells=cells.get(key, ()),
                narratives=narratives.get(key, ()),
                grid=tuple(tuple(together(row, column, breakdowns, layout.control) for column in own_columns) for row in of_sheet),
                in_cells=tuple(in_cell(cell, layout.control) for cell in cells.get(key, ())),
            )

        return _grouped((key[:2], sheet(key)) for key in dict.fromkeys((*columns, *layouts, *cells, *narratives)))

    def form(self, form_code: str, version: int) -> Form | None:
        """A version of a form."""
        return next((form for form in self.forms if (form.form_code, form.version) == (form_code, version)), None)

    def form_at(self, form_code: str, at: date) -> Form | None:
        """The version of a form that was valid on that day (for a period: its last day)."""
        return next((form for form in self.forms if form.form_code == form_code and form.valid_at(at)), None)

    def forms_at(self, at: date) -> tuple[Form, ...]:
        """The form versions that were valid on that day."""
        return tuple(form for form in self.forms if form.valid_at(at))

    def sheets(self, form: Form) -> tuple[FormSheet, ...]:
        """The sheets of a form version with their columns and rows, in the order of the pack."""
        return self._sheets.get((form.form_code, form.version), ())

    def aliases(self, form_code: str, sheet: str) -> tuple[FormAlias, ...]:
        """The other texts for rows, columns and the tab of a sheet, whatever the version of the form."""
        return self._form_aliases.get((form_code, sheet), ())

    @cached_property
    def _form_aliases(self) -> Mapping[tuple[str, str], tuple[FormAlias, ...]]:
        return _grouped(((row.form_code, row.sheet), row) for row in self.form_aliases)

    def figures(self, form: Form) -> tuple[Figure, ...]:
        """The figures that one report on a form version has, each once; `month` is left out: a month is a report of its own."""
        return self._figures.get((form.form_code, form.version), ())

    def figure_names(self, form: Form) -> frozenset[tuple[str, Measure, str]]:
        """Indicator, measure and breakdown of these figures."""
        return self._figure_names.get((form.form_code, form.version), frozenset())

    @cached_property
    def _figures(self) -> Mapping[tuple[str, int], tuple[Figure, ...]]:
        return {
            version: tuple(dict.fromkeys(figure._replace(month=None, zero_words=False) for sheet in sheets for figure in sheet.figures))
            for version, sheets in self._sheets.items()
        }

    @cached_property
    def _figure_names(self) -> Mapping[tuple[str, int], frozenset[tuple[str, Measure, str]]]:
        return {version: frozenset(figure[:3] for figure in figures) for version, figures in self._figures.items()}


SheetKey = tuple[str, int, str]


def _sheet_of(row: SheetLayout | FormColumn | FormRow | FormCell | FormNarrative) -> SheetKey:
    return row.form_code, row.version, row.sheet


def _sorted(rows: tuple[FormRow, ...]) -> tuple[FormRow, ...]:
    return tuple(sorted(rows, key=lambda row: row.sort_order))


def _grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, tuple[V, ...]]:
    groups: defaultdict[K, list[V]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return {key: tuple(values) for key, values in groups.items()}
