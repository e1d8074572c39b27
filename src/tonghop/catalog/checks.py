"""Checks of a pack that look from one row to another. Each yields a problem with file and line for everything it finds.

A file whose rows could not all be read is *unsound*: what rests on it as a whole is judged when it is whole again, so that
one mistake is not answered by a hundred others. References are checked all the same, against what the file says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations_with_replacement, pairwise
from typing import Any, NamedTuple, TypeVar

from tonghop.catalog.duties import periods_of
from tonghop.catalog.files import Table
from tonghop.catalog.names import normalise
from tonghop.catalog.problems import Problem
from tonghop.catalog.rows import (
    STILL_VALID,
    TOTAL,
    Breakdown,
    Duty,
    Form,
    FormColumn,
    FormRow,
    Indicator,
    MeasureWord,
    PackHead,
    Programme,
    Row,
    Target,
    Unit,
    UnitAlias,
)
from tonghop.catalog.rules import Rule
from tonghop.catalog.tree import Lineage, Tree, gaps
from tonghop.model import Measure, Role

R = TypeVar("R", bound=Row)
K = TypeVar("K")


@dataclass(frozen=True)
class Files:
    """The files of a pack as far as they could be read."""

    head: PackHead | None
    units: Table[Unit]
    unit_aliases: Table[UnitAlias]
    programmes: Table[Programme]
    indicators: Table[Indicator]
    breakdowns: Table[Breakdown]
    measure_words: Table[MeasureWord]
    forms: Table[Form]
    form_columns: Table[FormColumn]
    form_rows: Table[FormRow]
    duties: Table[Duty]
    targets: Table[Target]
    rules: Table[Rule]


def check_files(files: Files, unsound: frozenset[str]) -> Iterator[Problem]:
    """Everything that is wrong between rows. `unsound` names the files that already have problems of their own."""

    def sound(*tables: Table[Any]) -> bool:
        return not any(table.file in unsound for table in tables)

    yield from _repetitions(files)
    yield from _references(files)
    yield from _rule_references(files)
    if sound(files.breakdowns) and not files.breakdowns.mentions("breakdown_code", TOTAL):
        yield Problem(files.breakdowns.file, 1, f"the breakdown {TOTAL} is missing; add a row for all people without a split")
    if sound(files.indicators):
        yield from _ratio_parts(files.indicators)
    if sound(files.forms):
        yield from _form_versions(files.forms)
    if sound(files.forms, files.form_columns, files.form_rows):
        yield from _sheets(files)
        if sound(files.rules):
            yield from _rules_that_cannot_fire(files)
    if not sound(files.units):
        return
    tree = Tree(files.units.rows)
    faults = [*_validities(files.units, tree), *_roots(files), *_tree(files.units, tree)]
    yield from faults
    if sound(files.unit_aliases):
        yield from _aliases(files)
    if faults:
        return
    if sound(files.forms, files.form_rows):
        yield from _double_counting(files, tree)
    if sound(files.targets):
        yield from _targets(files.targets, tree)
    if sound(files.forms, files.duties) and files.head:
        yield from _duties(files, tree, files.head)


# -- one row per key


def _repetitions(files: Files) -> Iterator[Problem]:
    yield from _repeated(files.units, lambda row: (row.unit_code, row.valid_from), "unit_code, valid_from")
    yield from _repeated(files.unit_aliases, lambda row: (row.unit_code, row.alias, row.valid_from), "unit_code, alias, valid_from")
    yield from _repeated(files.programmes, lambda row: row.programme_code, "programme_code")
    yield from _repeated(files.indicators, lambda row: row.indicator_code, "indicator_code")
    yield from _repeated(files.breakdowns, lambda row: row.breakdown_code, "breakdown_code")
    yield from _repeated(files.measure_words, lambda row: normalise(row.word), "word")
    yield from _repeated(files.forms, lambda row: (row.form_code, row.version), "form_code, version")
    yield from _repeated(
        files.form_columns,
        lambda row: (row.form_code, row.version, row.sheet, normalise(row.header_vi)),
        "form_code, version, sheet, header_vi",
    )
    yield from _repeated(
        files.form_columns,
        lambda row: (row.form_code, row.version, row.sheet, row.measure, row.breakdown_code),
        "form_code, version, sheet, measure, breakdown_code",
    )
    yield from _repeated(
        files.form_rows, lambda row: (row.form_code, row.version, row.sheet, row.row_code), "form_code, version, sheet, row_code"
    )
    yield from _repeated(files.targets, lambda row: (row.indicator_code, row.unit_code, row.year), "indicator_code, unit_code, year")
    yield from _repeated(files.rules, lambda row: row.rule_code, "rule")


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
    yield from _unknown(files.unit_aliases, lambda row: row.unit_code, "unit_code", units, "unit_code")
    yield from _unknown(indicators, lambda row: row.programme_code, "programme_code", files.programmes, "programme_code")
    yield from _unknown(indicators, lambda row: row.numerator_code, "numerator_code", indicators, "indicator_code")
    yield from _unknown(indicators, lambda row: row.denominator_code, "denominator_code", indicators, "indicator_code")
    yield from _unknown(files.form_columns, lambda row: row.breakdown_code, "breakdown_code", files.breakdowns, "breakdown_code")
    yield from _unknown(files.form_rows, lambda row: row.indicator_code, "indicator_code", indicators, "indicator_code")
    yield from _unknown(files.duties, lambda row: row.form_code, "form_code", forms, "form_code")
    yield from _unknown(files.duties, lambda row: row.unit_type, "unit_type", units, "unit_type")
    yield from _unknown(files.duties, lambda row: row.unit_code, "unit_code", units, "unit_code")
    yield from _unknown(files.targets, lambda row: row.indicator_code, "indicator_code", indicators, "indicator_code")
    yield from _unknown(files.targets, lambda row: row.of_indicator_code, "of_indicator_code", indicators, "indicator_code")
    yield from _unknown(files.targets, lambda row: row.unit_code, "unit_code", units, "unit_code")
    for form in forms.rows:
        for unit_type in form.unit_types:
            if not units.mentions("unit_type", unit_type):
                yield Problem(forms.file, form.line, f"unit_types: no unit in {units.file} has the type {unit_type}")
    versions = {(form.form_code, form.version) for form in forms.rows}
    rows_of_forms = [(table.file, row) for table in (files.form_columns, files.form_rows) for row in table.rows]
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
        for term in rule.terms():
            if not files.indicators.mentions("indicator_code", term.indicator_code):
                told = (
                    f"rule {rule.rule_code}: {term.side} names {term.indicator_code}, which is no indicator_code in {files.indicators.file}"
                )
                yield Problem(files.rules.file, rule.line, told)


# -- units


def _validities(units: Table[Unit], tree: Tree) -> Iterator[Problem]:
    for code in dict.fromkeys(unit.unit_code for unit in units.rows):
        for earlier, later in pairwise(tree.rows(code)):
            if earlier.overlaps(later) and earlier.valid_from != later.valid_from:
                told = f"unit {code} holds from {later.valid_from}, but the row in line {earlier.line} holds until {earlier.valid_to}"
                yield Problem(units.file, later.line, f"{told}; let the earlier row end where the later begins")
    for unit in units.rows:
        if unit.successor_code is None:
            continue
        if unit.valid_to == STILL_VALID:
            yield Problem(units.file, unit.line, f"unit {unit.unit_code} has a successor_code but no valid_to; say when it ended")
        elif unit.successor_code == unit.unit_code:
            yield Problem(units.file, unit.line, f"unit {unit.unit_code} is its own successor; leave successor_code empty")
        elif tree.rows(unit.successor_code) and not any(row.valid_at(unit.valid_to) for row in tree.rows(unit.successor_code)):
            told = f"successor_code: {unit.successor_code} does not hold on {unit.valid_to}, the day on which {unit.unit_code} is gone"
            yield Problem(units.file, unit.line, f"{told}; correct one of the dates")


def _roots(files: Files) -> Iterator[Problem]:
    if files.head is None:
        return
    root = files.head.root_unit
    if not files.units.mentions("unit_code", root):
        yield Problem("pack.yml", files.head.line, f"root_unit: {root} is no unit_code in {files.units.file}")
    for unit in files.units.rows:
        if unit.unit_code == root and unit.parent_code is not None:
            yield Problem(files.units.file, unit.line, f"unit {root} is the root_unit of pack.yml and can have no parent_code")
        elif unit.unit_code != root and unit.parent_code is None:
            yield Problem(files.units.file, unit.line, f"unit {unit.unit_code} has no parent_code; only the root {root} has none")
        elif unit.unit_code == root and unit.level != 1:
            yield Problem(files.units.file, unit.line, f"level: found {unit.level}; the root {root} has level 1")


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


def _form_versions(forms: Table[Form]) -> Iterator[Problem]:
    for code in dict.fromkeys(form.form_code for form in forms.rows):
        versions = sorted((form for form in forms.rows if form.form_code == code), key=lambda form: form.valid_from)
        for earlier, later in pairwise(versions):
            if earlier.overlaps(later):
                told = f"form {code}: version {later.version} holds from {later.valid_from}, but version {earlier.version}"
                yield Problem(forms.file, later.line, f"{told} (line {earlier.line}) holds until {earlier.valid_to}; let it end there")
            if earlier.period_type != later.period_type:
                told = f"period_type: found {later.period_type}; expected {earlier.period_type}, as in line {earlier.line}"
                yield Problem(forms.file, later.line, f"{told}: a form of another period is another form")


def _sheets(files: Files) -> Iterator[Problem]:
    columns = _grouped(files.form_columns.rows, lambda column: (column.form_code, column.version, column.sheet))
    rows = _grouped(files.form_rows.rows, lambda row: (row.form_code, row.version, row.sheet))
    for form in files.forms.rows:
        if not any((code, version) == (form.form_code, form.version) for code, version, _ in rows):
            told = f"form {form.form_code} version {form.version} has no rows in {files.form_rows.file}; nothing could be read from it"
            yield Problem(files.forms.file, form.line, told)
    for key in rows.keys() - columns.keys():
        told = f"sheet {key[2]} of form {key[0]} version {key[1]} has rows but no columns in {files.form_columns.file}; add its columns"
        yield Problem(files.form_rows.file, rows[key][0].line, told)
    for key in columns.keys() - rows.keys():
        told = f"sheet {key[2]} of form {key[0]} version {key[1]} has columns but no rows in {files.form_rows.file}; add its rows"
        yield Problem(files.form_columns.file, columns[key][0].line, told)
    first: dict[Hashable, FormRow] = {}
    for key, rows_of_sheet in rows.items():
        for row in rows_of_sheet:
            for column in columns.get(key, ()):
                figure = (row.form_code, row.version, row.indicator_code, column.measure, column.breakdown_code)
                other = first.setdefault(figure, row)
                if other is not row:
                    told = f"{row.indicator_code} ({column.measure}, {column.breakdown_code}) stands twice in form {row.form_code}"
                    told += f" version {row.version}, here and in line {other.line}"
                    yield Problem(
                        files.form_rows.file, row.line, f"{told}; a figure has one cell in a form: correct or remove one of the rows"
                    )
                    break


class _Report(NamedTuple):
    """An indicator that units of a type add up in a form version."""

    form: Form
    row: FormRow
    unit_type: str


def _double_counting(files: Files, tree: Tree) -> Iterator[Problem]:
    forms = {(form.form_code, form.version): form for form in files.forms.rows}
    reports: defaultdict[str, list[_Report]] = defaultdict(list)
    for row in files.form_rows.rows:
        form = forms.get((row.form_code, row.version))
        if row.role is Role.ADDITIVE and form is not None:
            reports[row.indicator_code].extend(_Report(form, row, unit_type) for unit_type in form.unit_types)
    branches = _types_on_a_branch(files.units.rows, tree)
    for indicator_code, found in reports.items():
        told: set[frozenset[str]] = set()
        for one, other in combinations_with_replacement(found, 2):
            pair = frozenset((one.form.form_code, other.form.form_code))
            branch = _common_branch(one, other, branches)
            if branch is None or pair in told:
                continue
            told.add(pair)
            where = (
                f"form {one.form.form_code} ({one.unit_type}) and form {other.form.form_code} ({other.unit_type}, line {other.row.line})"
            )
            yield Problem(
                files.form_rows.file,
                one.row.line,
                f"{indicator_code} is additive in {where}, which units of one branch send, such as {branch}: it would be counted twice;"
                " make the upper one control",
            )


Branches = dict[tuple[str, str], list[Lineage]]


def _types_on_a_branch(units: Sequence[Unit], tree: Tree) -> Branches:
    """For two unit types, the upper first, the lineages in which a unit of the one stands above a unit of the other: one
    for each span of time is enough."""
    branches: defaultdict[tuple[str, str], dict[tuple[date, date], Lineage]] = defaultdict(dict)
    for unit in units:
        for lineage in tree.lineages(unit):
            for upper in lineage.rows[:-1]:
                branches[upper.unit_type, unit.unit_type].setdefault((lineage.valid_from, lineage.valid_to), lineage)
    return {types: list(lineages.values()) for types, lineages in branches.items()}


def _common_branch(one: _Report, other: _Report, branches: Branches) -> str | None:
    """An example of units on one branch that send both reports at a time; None when there are none."""
    start, end = max(one.form.valid_from, other.form.valid_from), min(one.form.valid_to, other.form.valid_to)
    if start >= end:
        return None
    if one.unit_type == other.unit_type and one.form.form_code != other.form.form_code:
        return f"every {one.unit_type}"
    for types in ((one.unit_type, other.unit_type), (other.unit_type, one.unit_type)):
        for lineage in branches.get(types, ()):
            if lineage.valid_from < end and start < lineage.valid_to:
                return lineage.path
    return None


def _rules_that_cannot_fire(files: Files) -> Iterator[Problem]:
    columns = _grouped(files.form_columns.rows, lambda column: (column.form_code, column.version, column.sheet))
    figures: defaultdict[str, set[tuple[str, Measure | None]]] = defaultdict(set)
    for row in files.form_rows.rows:
        figures[row.form_code].add((row.indicator_code, None))
        for column in columns.get((row.form_code, row.version, row.sheet), ()):
            figures[row.form_code].add((row.indicator_code, column.measure))
    for rule in files.rules.rows:
        terms = list(rule.terms())
        if not terms or rule.missing != "skip_if_any":
            continue
        choices = [[(term.indicator_code, term.measure or measure) for term in terms] for measure in rule.measures or (None,)]
        lacking = {
            form_code: min(([figure for figure in choice if figure not in figures[form_code]] for choice in choices), key=len)
            for form_code in rule.forms or dict.fromkeys(form.form_code for form in files.forms.rows)
        }
        if rule.forms:
            for form_code in (form_code for form_code in rule.forms if lacking[form_code] and files.forms.mentions("form_code", form_code)):
                told = (
                    f"rule {rule.rule_code} can never be judged in form {form_code}, which has no cell for {_figures(lacking[form_code])}"
                )
                yield Problem(files.rules.file, rule.line, f"{told}; correct the rule or take the form out of its forms")
        elif all(lacking.values()):
            nearest = min(lacking, key=lambda form_code: len(lacking[form_code]))
            told = f"rule {rule.rule_code} can never be judged: no form has all its figures; {nearest} lacks {_figures(lacking[nearest])}"
            yield Problem(files.rules.file, rule.line, told)


def _figures(figures: Iterable[tuple[str, Measure | None]]) -> str:
    return ", ".join(f"{indicator_code} ({measure})" if measure else indicator_code for indicator_code, measure in figures)


# -- targets and duties


def _targets(targets: Table[Target], tree: Tree) -> Iterator[Problem]:
    for (indicator_code, year), given in _grouped(targets.rows, lambda target: (target.indicator_code, target.year)).items():
        by_unit = {target.unit_code: target for target in given}
        start, end = date(year, 1, 1), date(year, 12, 31)
        for target in given:
            lineages = [
                lineage
                for unit in tree.rows(target.unit_code)
                for lineage in tree.lineages(unit)
                if lineage.valid_from <= end and start < lineage.valid_to
            ]
            if tree.rows(target.unit_code) and not lineages:
                told = f"unit_code: {target.unit_code} does not hold in {year}; correct the year, or give the target to its successor"
                yield Problem(targets.file, target.line, told)
            if target.of_indicator_code == indicator_code:
                yield Problem(targets.file, target.line, f"of_indicator_code: {indicator_code} cannot be a rate of itself")
            above = dict.fromkeys(row.unit_code for lineage in lineages for row in lineage.rows[:-1])
            for upper in (by_unit[unit_code] for unit_code in above if unit_code in by_unit):
                told = f"{target.unit_code} has a target of {indicator_code} for {year}, and so has {upper.unit_code} above it"
                told += f" (line {upper.line}); targets are added up or passed down along a branch, so that only one of the two can stand"
                yield Problem(targets.file, target.line, told)


def _duties(files: Files, tree: Tree, head: PackHead) -> Iterator[Problem]:
    for duties in _grouped(files.duties.rows, lambda duty: (duty.form_code, duty.unit_type, duty.unit_code)).values():
        for earlier, later in pairwise(sorted(duties, key=lambda duty: duty.valid_from)):
            if earlier.overlaps(later):
                told = f"{later.form_code} is owed by {later.unit_type or later.unit_code} from {later.valid_from}"
                told += f", and until {earlier.valid_to} already by line {earlier.line}; let the earlier duty end where the later begins"
                yield Problem(files.duties.file, later.line, told)
    of_types = _grouped((duty for duty in files.duties.rows if duty.unit_type), lambda duty: (duty.form_code, duty.unit_type))
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


def _grouped(rows: Iterable[R], key: Callable[[R], K]) -> dict[K, list[R]]:
    groups: defaultdict[K, list[R]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return dict(groups)
