"""Checks of a pack that look from one row to another. Each yields a problem with file and line for everything it finds.

A file whose rows could not all be read is *unsound*: what rests on it as a whole is judged when it is whole again, so that
one mistake is not answered by a hundred others. References are checked all the same, against what the file says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from itertools import pairwise
from typing import Any, TypeVar

from tonghop.catalog.alias_checks import check_form_aliases, check_senders
from tonghop.catalog.breakdown_checks import check_partitions
from tonghop.catalog.correction_checks import check_corrections
from tonghop.catalog.dhis2_checks import check_dhis2
from tonghop.catalog.duties import periods_of
from tonghop.catalog.figure_checks import check_double_counting, check_rules_can_fire
from tonghop.catalog.files import HEAD, Table
from tonghop.catalog.form_checks import Placed, check_figures, check_sheets, check_versions, figures_of
from tonghop.catalog.hierarchies import check_groups, check_members
from tonghop.catalog.names import normalise
from tonghop.catalog.problems import Problem
from tonghop.catalog.profiles import check_profiles
from tonghop.catalog.rows import TOTAL, Duty, Indicator, PackHead, Row, Unit, UnitAlias
from tonghop.catalog.succession import check_roots, check_successions
from tonghop.catalog.tables import Files, grouped
from tonghop.catalog.target_checks import check_targets
from tonghop.catalog.tree import Tree, gaps

R = TypeVar("R", bound=Row)


def check_files(files: Files, unsound: frozenset[str]) -> Iterator[Problem]:
    """Everything that is wrong between rows. `unsound` names the files that already have problems of their own."""

    def sound(*tables: Table[Any]) -> bool:
        return not any(table.file in unsound for table in tables)

    yield from _repetitions(files)
    yield from _references(files)
    yield from _rule_references(files)
    yield from check_profiles(files.profiles, files.indicators)
    yield from check_dhis2(files)
    if sound(files.breakdowns) and not files.breakdowns.mentions("breakdown_code", TOTAL):
        yield Problem(files.breakdowns.file, 1, f"the breakdown {TOTAL} is missing; add a row for all people without a split")
    if sound(files.breakdowns, files.breakdown_parts):
        yield from check_partitions(files)
    if sound(files.indicators):
        yield from _ratio_parts(files.indicators)
    if sound(files.forms):
        yield from check_versions(files.forms)
    figures: list[Placed] = []
    forms_are_sound = False
    if sound(files.forms, files.form_columns, files.form_rows, files.form_sheets, files.form_cells, files.breakdowns):
        yield from check_sheets(files)
        figures, faults_of_figures = figures_of(files)
        yield from faults_of_figures
        forms_are_sound = not faults_of_figures
        yield from check_figures(files, figures)
        if sound(files.form_aliases):
            yield from check_form_aliases(files)
        if forms_are_sound and sound(files.rules):
            yield from check_rules_can_fire(files, figures)
    if not sound(files.units):
        yield from check_corrections(files, None, figures if forms_are_sound else None)
        return
    tree = Tree(files.units.rows)
    faults = [*_validities(files.units, tree), *_tree(files.units, tree)]
    if sound(files.successions):
        faults += [*check_roots(files), *check_successions(files, tree)]
    yield from faults
    if sound(files.hierarchies, files.unit_groups):
        yield from check_groups(files)
        if sound(files.group_members) and not faults:
            yield from check_members(files, tree)
    yield from check_corrections(files, tree, figures if forms_are_sound else None)
    if sound(files.unit_aliases):
        yield from _aliases(files)
    if sound(files.senders):
        yield from check_senders(files, tree)
    if faults:
        return
    if forms_are_sound:
        yield from check_double_counting(files, tree, figures)
    if sound(files.targets):
        yield from check_targets(files, tree)
    if sound(files.forms, files.duties) and files.head:
        yield from _duties(files, tree, files.head)


# -- one row per key


def _repetitions(files: Files) -> Iterator[Problem]:
    yield from _repeated(files.units, lambda row: (row.unit_code, row.valid_from), "unit_code, valid_from")
    yield from _repeated(files.unit_aliases, lambda row: (row.unit_code, row.alias, row.valid_from), "unit_code, alias, valid_from")
    yield from _repeated(files.successions, lambda row: (row.old_code, row.new_code, row.changed_on), "old_code, new_code, changed_on")
    yield from _repeated(files.hierarchies, lambda row: row.hierarchy_code, "hierarchy_code")
    yield from _repeated(files.unit_groups, lambda row: (row.hierarchy_code, row.group_code), "hierarchy_code, group_code")
    yield from _repeated(files.programmes, lambda row: row.programme_code, "programme_code")
    yield from _repeated(files.indicators, lambda row: row.indicator_code, "indicator_code")
    yield from _repeated(files.breakdowns, lambda row: row.breakdown_code, "breakdown_code")
    yield from _repeated(files.breakdown_parts, lambda row: (row.partition_code, row.part_code), "partition_code, part_code")
    yield from _repeated(files.measure_words, lambda row: normalise(row.word), "word")
    yield from _repeated(files.forms, lambda row: (row.form_code, row.version), "form_code, version")
    yield from _repeated(
        files.form_columns,
        lambda row: (row.form_code, row.version, row.sheet, normalise(row.header_vi)),
        "form_code, version, sheet, header_vi",
    )
    yield from _repeated(
        files.form_columns,
        lambda row: (row.form_code, row.version, row.sheet, row.indicator_code, row.measure, row.breakdown_code, row.month),
        "form_code, version, sheet, indicator_code, measure, breakdown_code, month",
    )
    yield from _repeated(
        files.form_rows, lambda row: (row.form_code, row.version, row.sheet, row.row_code), "form_code, version, sheet, row_code"
    )
    yield from _repeated(files.form_sheets, lambda row: (row.form_code, row.version, row.sheet), "form_code, version, sheet")
    yield from _repeated(files.form_cells, lambda row: (row.form_code, row.version, row.sheet, row.cell), "form_code, version, sheet, cell")
    yield from _repeated(
        files.form_narratives,
        lambda row: (row.form_code, row.version, row.sheet, normalise(row.label_vi)),
        "form_code, version, sheet, label_vi",
    )
    yield from _repeated(files.senders, lambda row: (row.sender.casefold(), row.unit_code, row.valid_from), "sender, unit_code, valid_from")
    yield from _repeated(files.reminders, lambda row: (row.step_code, row.form_code, row.valid_from), "step_code, form_code, valid_from")
    yield from _repeated(files.contacts, lambda row: (row.unit_code, row.email, row.valid_from), "unit_code, email, valid_from")
    yield from _repeated(files.dhis2, lambda row: row.ours, "part, code, measure, breakdown_code")
    yield from _repeated(files.dhis2, lambda row: row.theirs, "part, dhis2, option_combo")
    yield from _repeated(files.rules, lambda row: row.rule_code, "rule")
    yield from _repeated(files.rule_cases, lambda row: row.rule_code, "rule")
    yield from _repeated(files.corrections, lambda row: row.correction_code, "correction")
    yield from _repeated(files.corrections, lambda row: row.figure, "unit, form, period, indicator, measure, breakdown")


def _repeated(table: Table[R], key: Callable[[R], Hashable], columns: str) -> Iterator[Problem]:
    first: dict[Hashable, int] = {}
    for row in table.rows:
        if (line := first.setdefault(key(row), row.line)) != row.line:
            yield Problem(table.file, row.line, f"the same {columns} stands in line {line}; remove one of the two rows")


# -- what is named must exist


def _references(files: Files) -> Iterator[Problem]:
    units, indicators, forms = files.units, files.indicators, files.forms
    yield from _unknown(units, lambda row: row.parent_code, "parent_code", units, "unit_code")
    yield from _unknown(units, lambda row: row.successor_code, "successor_code", units, "unit_code")
    yield from _unknown(files.successions, lambda row: row.old_code, "old_code", units, "unit_code")
    yield from _unknown(files.successions, lambda row: row.new_code, "new_code", units, "unit_code")
    yield from _unknown(files.unit_groups, lambda row: row.hierarchy_code, "hierarchy_code", files.hierarchies, "hierarchy_code")
    yield from _unknown(files.group_members, lambda row: row.unit_code, "unit_code", units, "unit_code")
    yield from _unknown(files.unit_aliases, lambda row: row.unit_code, "unit_code", units, "unit_code")
    yield from _unknown(indicators, lambda row: row.programme_code, "programme_code", files.programmes, "programme_code")
    yield from _unknown(indicators, lambda row: row.numerator_code, "numerator_code", indicators, "indicator_code")
    yield from _unknown(indicators, lambda row: row.denominator_code, "denominator_code", indicators, "indicator_code")
    columns, rows, cells, breakdowns = files.form_columns, files.form_rows, files.form_cells, files.breakdowns
    yield from _unknown(columns, lambda row: row.indicator_code, "indicator_code", indicators, "indicator_code")
    yield from _unknown(rows, lambda row: row.indicator_code, "indicator_code", indicators, "indicator_code")
    yield from _unknown(cells, lambda row: row.indicator_code, "indicator_code", indicators, "indicator_code")
    yield from _unknown(columns, lambda row: row.breakdown_code, "breakdown_code", breakdowns, "breakdown_code")
    yield from _unknown(rows, lambda row: row.breakdown_code, "breakdown_code", breakdowns, "breakdown_code")
    yield from _unknown(cells, lambda row: row.breakdown_code, "breakdown_code", breakdowns, "breakdown_code")
    yield from _unknown(files.breakdown_parts, lambda row: row.whole_code, "whole_code", breakdowns, "breakdown_code")
    yield from _unknown(files.breakdown_parts, lambda row: row.part_code, "part_code", breakdowns, "breakdown_code")
    yield from _unknown(files.form_sheets, lambda row: row.stands_in, "stands_in", forms, "form_code")
    yield from _unknown(files.duties, lambda row: row.form_code, "form_code", forms, "form_code")
    yield from _unknown(files.duties, lambda row: row.unit_type, "unit_type", units, "unit_type")
    yield from _unknown(files.duties, lambda row: row.unit_code, "unit_code", units, "unit_code")
    yield from _unknown(files.reminders, lambda row: row.form_code, "form_code", forms, "form_code")
    yield from _unknown(files.contacts, lambda row: row.unit_code, "unit_code", units, "unit_code")
    yield from _unknown(files.senders, lambda row: row.unit_code, "unit_code", units, "unit_code")
    yield from _unknown(files.targets, lambda row: row.indicator_code, "indicator_code", indicators, "indicator_code")
    yield from _unknown(files.targets, lambda row: row.of_indicator_code, "of_indicator_code", indicators, "indicator_code")
    yield from _unknown(files.targets, lambda row: row.unit_code, "unit_code", units, "unit_code")
    for form_code in files.head.minimum_completeness if files.head else ():
        if not forms.mentions("form_code", form_code):
            yield Problem(HEAD, 1, f"minimum_completeness: {form_code} is no form_code in {forms.file}; add it there or correct it")
    for form in forms.rows:
        for unit_type in form.unit_types:
            if not units.mentions("unit_type", unit_type):
                yield Problem(forms.file, form.line, f"unit_types: no unit in {units.file} has the type {unit_type}")
    versions = {(form.form_code, form.version) for form in forms.rows}
    parts_of_forms = (files.form_sheets, files.form_columns, files.form_rows, files.form_cells, files.form_narratives)
    rows_of_forms = [(table.file, row) for table in parts_of_forms for row in table.rows]
    for file, row in rows_of_forms:
        if (row.form_code, row.version) not in versions and not forms.problems:
            yield Problem(file, row.line, f"form {row.form_code} version {row.version} is not in {forms.file}; add it there or correct it")


def _unknown(table: Table[R], reference: Callable[[R], str | None], column: str, other: Table[Any], key: str) -> Iterator[Problem]:
    for row in table.rows:
        value = reference(row)
        if value is not None and not other.mentions(key, value):
            yield Problem(table.file, row.line, f"{column}: {value} is no {key} in {other.file}; add it there or correct it")


def _rule_references(files: Files) -> Iterator[Problem]:
    for rule in files.rules.rows:
        for form_code in dict.fromkeys((*rule.forms, *rule.severity_by_form)):
            if not files.forms.mentions("form_code", form_code):
                yield Problem(files.rules.file, rule.line, f"rule {rule.rule_code}: {form_code} is no form_code in {files.forms.file}")
        for form_code in rule.severity_by_form:
            if not rule.applies_to(form_code):
                yield Problem(
                    files.rules.file, rule.line, f"rule {rule.rule_code}: severity_by_form names {form_code}, which its forms leave out"
                )
        named = (*((code, "unit_code") for code in rule.units), *((unit_type, "unit_type") for unit_type in rule.unit_types))
        for value, column in named:
            if not files.units.mentions(column, value):
                yield Problem(files.rules.file, rule.line, f"rule {rule.rule_code}: {value} is no {column} in {files.units.file}")
        for term in rule.terms():
            if not files.indicators.mentions("indicator_code", term.indicator_code):
                told = (
                    f"rule {rule.rule_code}: {term.side} names {term.indicator_code}, which is no indicator_code in {files.indicators.file}"
                )
                yield Problem(files.rules.file, rule.line, told)
            if term.breakdown_code and not files.breakdowns.mentions("breakdown_code", term.breakdown_code):
                told = f"{term.side} names {term.breakdown_code}, which is no breakdown_code in {files.breakdowns.file}"
                yield Problem(files.rules.file, rule.line, f"rule {rule.rule_code}: {told}")


# -- units


def _validities(units: Table[Unit], tree: Tree) -> Iterator[Problem]:
    for code in dict.fromkeys(unit.unit_code for unit in units.rows):
        for earlier, later in pairwise(tree.rows(code)):
            if earlier.overlaps(later) and earlier.valid_from != later.valid_from:
                told = f"unit {code} holds from {later.valid_from}, but the row in line {earlier.line} holds until {earlier.valid_to}"
                yield Problem(units.file, later.line, f"{told}; let the earlier row end where the later begins")


def _tree(units: Table[Unit], tree: Tree) -> Iterator[Problem]:
    for circle in tree.circles:
        told = " under ".join([*(row.unit_code for row in circle), circle[0].unit_code])
        yield Problem(units.file, circle[0].line, f"units stand in a circle: {told}; correct a parent_code")
    for unit in units.rows:
        parents = [parent for parent in tree.rows(unit.parent_code or "") if parent.overlaps(unit)]
        if unit.parent_code is None or not tree.rows(unit.parent_code):
            continue
        for start, end in gaps(unit, parents):
            told = f"unit {unit.unit_code} holds from {start} to {end} while its parent {unit.parent_code} does not"
            yield Problem(units.file, unit.line, f"{told}; split or end the row, or correct the dates of the parent")
        for level in sorted({parent.level for parent in parents if parent.level >= unit.level}):
            told = f"level: found {unit.level}; expected more than {level}, the level of its parent {unit.parent_code}"
            yield Problem(units.file, unit.line, told)
        for earlier, later in pairwise(tree.lineages(unit)):
            if earlier.path != later.path:
                told = (
                    f"unit {unit.unit_code} moves on {later.valid_from} from {earlier.path} to {later.path}, because a unit above it moves"
                )
                yield Problem(units.file, unit.line, f"{told}; split this row at that date")


def _aliases(files: Files) -> Iterator[Problem]:
    units, aliases = files.units, files.unit_aliases
    named: defaultdict[str, list[tuple[str, Unit | UnitAlias]]] = defaultdict(list)
    for unit in units.rows:
        named[normalise(unit.name_vi)].append((units.file, unit))
    for alias in aliases.rows:
        named[normalise(alias.alias)].append((aliases.file, alias))
    for alias in aliases.rows:
        for file, other in named[normalise(alias.alias)]:
            if other.unit_code != alias.unit_code and other.overlaps(alias):
                told = f"alias {alias.alias!r} of {alias.unit_code} is also a name of {other.unit_code} ({file}, line {other.line})"
                yield Problem(aliases.file, alias.line, f"{told}; nobody could tell them apart: make it longer or remove it")
                break


# -- indicators and forms


def _ratio_parts(indicators: Table[Indicator]) -> Iterator[Problem]:
    kinds = {indicator.indicator_code: indicator.kind for indicator in indicators.rows}
    for indicator in indicators.rows:
        for column, part in (("numerator_code", indicator.numerator_code), ("denominator_code", indicator.denominator_code)):
            if part is not None and kinds.get(part) == "ratio":
                told = f"{column}: {part} is a ratio itself, and ratios cannot be added up"
                yield Problem(indicators.file, indicator.line, f"{told}; name the quantity that is counted")


# -- duties


def _duties(files: Files, tree: Tree, head: PackHead) -> Iterator[Problem]:
    for duties in grouped(files.duties.rows, lambda duty: (duty.form_code, duty.unit_type, duty.unit_code)).values():
        for earlier, later in pairwise(sorted(duties, key=lambda duty: duty.valid_from)):
            if earlier.overlaps(later):
                told = f"{later.form_code} is owed by {later.unit_type or later.unit_code} from {later.valid_from}"
                told += f", and until {earlier.valid_to} already by line {earlier.line}; let the earlier duty end where the later begins"
                yield Problem(files.duties.file, later.line, told)
    of_types = grouped((duty for duty in files.duties.rows if duty.unit_type), lambda duty: (duty.form_code, duty.unit_type))
    for duty in files.duties.rows:
        yield from _form_of_duty(files, tree, head, duty)
        for unit in tree.rows(duty.unit_code or ""):
            for general in of_types.get((duty.form_code, unit.unit_type), ()):
                if max(duty.valid_from, unit.valid_from, general.valid_from) < min(duty.valid_to, unit.valid_to, general.valid_to):
                    told = f"{duty.unit_code} owes {duty.form_code} here and as a {unit.unit_type} in line {general.line}; remove one"
                    yield Problem(files.duties.file, duty.line, told)


def _form_of_duty(files: Files, tree: Tree, head: PackHead, duty: Duty) -> Iterator[Problem]:
    """The first period of a duty for which there is no form, or one that its debtor does not fill in."""
    versions = [form for form in files.forms.rows if form.form_code == duty.form_code]
    for period in periods_of(duty.period_type, head.first_year, head.last_year) if versions else ():
        at = period.end_date
        types = {duty.unit_type} if duty.unit_type else {unit.unit_type for unit in tree.rows(duty.unit_code or "") if unit.valid_at(at)}
        if not duty.valid_at(at) or not types:
            continue
        form = next((form for form in versions if form.valid_at(at)), None)
        if form is None:
            told = f"{duty.form_code} is owed for {period}, but has no version on {at}; correct a validity here or in {files.forms.file}"
        elif form.period_type is not duty.period_type:
            told = f"period_type: found {duty.period_type}; {duty.form_code} is a form of a {form.period_type}"
        elif not types <= set(form.unit_types):
            told = f"{' '.join(sorted(map(str, types)))} owes {duty.form_code}, but is not among the unit_types of version {form.version}"
            told += f": {', '.join(form.unit_types)}; correct one of the two"
        else:
            continue
        yield Problem(files.duties.file, duty.line, told)
        return
