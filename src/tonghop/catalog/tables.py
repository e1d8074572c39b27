"""The files of a pack as far as they could be read, and how checks look through them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from tonghop.catalog.corrections import Correction
from tonghop.catalog.files import Table
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
    PackHead,
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
from tonghop.catalog.rule_cases import RuleCases
from tonghop.catalog.rules import Rule

R = TypeVar("R", bound=Row)
K = TypeVar("K")


@dataclass(frozen=True)
class Files:
    """The files of a pack as far as they could be read."""

    head: PackHead | None
    units: Table[Unit]
    unit_aliases: Table[UnitAlias]
    successions: Table[Succession]
    hierarchies: Table[Hierarchy]
    unit_groups: Table[UnitGroup]
    group_members: Table[GroupMember]
    programmes: Table[Programme]
    indicators: Table[Indicator]
    breakdowns: Table[Breakdown]
    breakdown_parts: Table[BreakdownPart]
    measure_words: Table[MeasureWord]
    forms: Table[Form]
    form_columns: Table[FormColumn]
    form_rows: Table[FormRow]
    form_sheets: Table[SheetLayout]
    form_cells: Table[FormCell]
    form_narratives: Table[FormNarrative]
    form_aliases: Table[FormAlias]
    duties: Table[Duty]
    contacts: Table[Contact]
    reminders: Table[ReminderStep]
    senders: Table[Sender]
    targets: Table[Target]
    dhis2: Table[Dhis2Code]
    rules: Table[Rule]
    rule_cases: Table[RuleCases]
    profiles: Table[Profile]
    corrections: Table[Correction]


def grouped(rows: Iterable[R], key: Callable[[R], K]) -> dict[K, list[R]]:
    """The rows by a key, in their order."""
    groups: defaultdict[K, list[R]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return dict(groups)
