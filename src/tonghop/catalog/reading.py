"""A folder to a pack: read every file, check them against each other, and say everything that is wrong at once."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from tonghop.catalog.checks import check_files
from tonghop.catalog.corrections import Correction
from tonghop.catalog.files import (
    CORRECTIONS,
    FILES,
    HEAD,
    PROFILES,
    RULE_CASES,
    RULES,
    Table,
    pack_hash,
    read_contents,
    read_head,
    read_list,
    read_table,
)
from tonghop.catalog.hierarchies import group_places, with_group_paths
from tonghop.catalog.pack import Pack
from tonghop.catalog.problems import CatalogError, Problem
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
    GroupMember,
    Hierarchy,
    Indicator,
    MeasureWord,
    Programme,
    ReminderStep,
    Row,
    Sender,
    SheetLayout,
    Succession,
    Target,
    Unit,
    UnitAlias,
    UnitGroup,
)
from tonghop.catalog.rule_case_checks import check_rule_cases
from tonghop.catalog.rule_cases import RuleCases
from tonghop.catalog.rules import Rule
from tonghop.catalog.succession import links, with_successors
from tonghop.catalog.tables import Files
from tonghop.catalog.tree import with_paths

R = TypeVar("R", bound=Row)


def _read(directory: Path) -> tuple[Pack | None, list[Problem]]:
    contents, problems = read_contents(directory)
    head, head_problems = read_head(HEAD, contents[HEAD]) if HEAD in contents else (None, [])
    problems += head_problems

    def table(name: str, row_type: type[R]) -> Table[R]:
        read = read_table(name, contents[name], row_type) if name in contents else Table[R](name)
        problems.extend(read.problems)
        return read

    def listed(name: str, row_type: type[R], begins_with: str) -> Table[R]:
        read = read_list(name, contents[name], row_type, begins_with) if name in contents else Table[R](name)
        problems.extend(read.problems)
        return read

    files = Files(
        head=head,
        units=table("units.csv", Unit),
        successions=table("unit_succession.csv", Succession),
        hierarchies=table("hierarchies.csv", Hierarchy),
        unit_groups=table("unit_groups.csv", UnitGroup),
        group_members=table("unit_group_members.csv", GroupMember),
        unit_aliases=table("unit_aliases.csv", UnitAlias),
        programmes=table("programmes.csv", Programme),
        indicators=table("indicators.csv", Indicator),
        breakdowns=table("breakdowns.csv", Breakdown),
        breakdown_parts=table("breakdown_parts.csv", BreakdownPart),
        measure_words=table("units_of_measure.csv", MeasureWord),
        forms=table("forms.csv", Form),
        form_columns=table("form_columns.csv", FormColumn),
        form_rows=table("form_rows.csv", FormRow),
        form_sheets=table("form_sheets.csv", SheetLayout),
        form_cells=table("form_cells.csv", FormCell),
        form_narratives=table("form_narratives.csv", FormNarrative),
        form_aliases=table("form_aliases.csv", FormAlias),
        duties=table("duties.csv", Duty),
        reminders=table("reminders.csv", ReminderStep),
        contacts=table("contacts.csv", Contact),
        senders=table("senders.csv", Sender),
        targets=table("targets.csv", Target),
        dhis2=table("dhis2.csv", Dhis2Code),
        rules=listed(RULES, Rule, "rule"),
        rule_cases=listed(RULE_CASES, RuleCases, "rule"),
        profiles=listed(PROFILES, Profile, "profile"),
        corrections=listed(CORRECTIONS, Correction, "correction"),
    )
    problems += check_files(files, unsound=frozenset(problem.file for problem in problems))
    problems.sort(key=lambda problem: (FILES.index(problem.file) if problem.file in FILES else -1, problem.line))
    if problems or head is None:
        return None, problems
    pack = Pack(
        pack_hash=pack_hash(contents),
        hash_without_corrections=pack_hash({name: content for name, content in contents.items() if name != CORRECTIONS}),
        head=head,
        units=with_paths(with_successors(files.units.rows, files.successions.rows)),
        unit_aliases=files.unit_aliases.rows,
        programmes=files.programmes.rows,
        indicators=files.indicators.rows,
        breakdowns=files.breakdowns.rows,
        breakdown_parts=files.breakdown_parts.rows,
        measure_words=files.measure_words.rows,
        forms=files.forms.rows,
        form_columns=files.form_columns.rows,
        form_rows=files.form_rows.rows,
        form_sheets=files.form_sheets.rows,
        form_cells=files.form_cells.rows,
        form_narratives=files.form_narratives.rows,
        form_aliases=files.form_aliases.rows,
        duties=files.duties.rows,
        reminders=files.reminders.rows,
        contacts=files.contacts.rows,
        senders=files.senders.rows,
        dhis2=files.dhis2.rows,
        successions=links(files.units.rows, files.successions.rows),
        hierarchies=files.hierarchies.rows,
        unit_groups=with_group_paths(files.unit_groups.rows),
        group_places=group_places(files.units.rows, files.group_members.rows),
        targets=files.targets.rows,
        rules=files.rules.rows,
        rule_cases=files.rule_cases.rows,
        profiles=files.profiles.rows,
        corrections=files.corrections.rows,
    )
    problems = sorted(check_rule_cases(pack))
    return (None if problems else pack), problems


def read_pack(directory: Path) -> Pack:
    """Read and check the pack in a folder. Raises CatalogError with everything that is wrong, by file and line."""
    pack, problems = _read(directory)
    if pack is None:
        raise CatalogError(directory, tuple(problems))
    return pack


def check(directory: Path) -> list[str]:
    """Everything that is wrong with the pack in a folder, as `file:line: message`; empty when it can be used."""
    return [str(problem) for problem in _read(directory)[1]]
