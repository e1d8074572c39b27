"""Pages over all units: the heat map of a period and the scorecards. Of many units, those under one parent have pages of their own,
so that no page grows with the country; rows are fetched, written and forgotten.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, groupby, islice
from operator import attrgetter
from typing import TypeVar

from tonghop.reports.pages import Pages
from tonghop.reports.rows import Evidence, PeriodCounts, Score, UnitRow
from tonghop.reports.workbook import ReportWorkbook

UNITS_ON_A_PAGE = 200
"""Units that one page lists; a parent with more has several."""

STANDINGS = ("accepted", "accepted_with_warnings", "quarantined", "held", "missing", "not_due")
"""How a slot can stand, the best first."""

R = TypeVar("R")


@dataclass
class Group:
    """The units right under one parent, in a period: their pages, and by form how many slots stand how."""

    code: str | None
    name_vi: str | None
    name_en: str | None
    pages: list[str] = field(default_factory=list)
    units: int = 0
    forms: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, rows: Iterable[UnitRow]) -> None:
        """Count the slots of further units."""
        for row in rows:
            self.units += 1
            for code, slot in row.slots.items():
                self.forms.setdefault(code, Counter())[slot["standing"]] += 1


def write_periods(found: Evidence, pages: Pages, book: ReportWorkbook) -> None:
    """The heat maps of the publication's periods: units by forms on one page, or of many units first parents by forms."""
    counts = {period.period_code: period for period in found.periods}
    for period_code, rows in groupby(found.matrix, key=attrgetter("period_code")):
        listed = map(book.add_slots, rows)
        if counts[period_code].units <= UNITS_ON_A_PAGE:
            _write_matrix(found, pages, f"period-{period_code}", counts[period_code], list(listed), None)
        else:
            _write_groups(found, pages, counts[period_code], listed)


@dataclass
class Scorecards:
    """What was written of them: those of the whole, by type of period, and the pages on which each unit has its own."""

    whole: list[Score] = field(default_factory=list)
    pages: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    """by unit and type of period"""


def write_scores(found: Evidence, pages: Pages, book: ReportWorkbook) -> Scorecards:
    """The scorecards of units, of parents, of programmes and of the whole."""
    written = Scorecards()
    for period_type, scores in groupby(map(book.add_scores, found.scores), key=attrgetter("period_type")):
        whole = next(scores)
        parents = []
        for _, group in groupby(scores, key=attrgetter("parent_code")):
            parent = next(group)
            page = f"scores-{period_type}-{parent.parent_code or 'top'}"
            names = []
            for part, units in enumerate(_in_parts(group), 1):
                names.append(page if part == 1 else f"{page}-{part}")
                pages.write(names[-1], "scores_units.html.j2", whole=whole, parent=parent, units=units, part=part)
                for unit in units:
                    if unit.unit_code:
                        written.pages[unit.unit_code][period_type] = names[-1]
            parents.append((parent, names))
        programmes = [programme for programme in found.programmes if programme.period_type == period_type]
        pages.write(f"scores-{period_type}", "scores.html.j2", whole=whole, parents=parents, programmes=programmes)
        written.whole.append(whole)
    return written


def _write_groups(found: Evidence, pages: Pages, period: PeriodCounts, rows: Iterable[UnitRow]) -> None:
    parents = []
    for code, under in groupby(rows, key=attrgetter("parent_code")):
        first = next(under)
        group = Group(code, first.parent_vi, first.parent_en)
        name = f"period-{period.period_code}-{code or 'top'}"
        for part, units in enumerate(_in_parts(chain([first], under)), 1):
            group.add(units)
            group.pages.append(name if part == 1 else f"{name}-{part}")
            _write_matrix(found, pages, group.pages[-1], period, units, group)
        parents.append(group)
    used = {code for group in parents for code in group.forms}
    pages.write(
        f"period-{period.period_code}", "period_groups.html.j2",
        period=period, groups=parents, form_codes=[code for code in found.forms if code in used], standings=STANDINGS,
    )  # fmt: skip


def _write_matrix(found: Evidence, pages: Pages, page: str, period: PeriodCounts, rows: list[UnitRow], group: Group | None) -> None:
    used = {code for row in rows for code in row.slots}
    pages.write(
        page, "period.html.j2", period=period, rows=rows, group=group, form_codes=[code for code in found.forms if code in used]
    )  # fmt: skip


def _in_parts(rows: Iterable[R]) -> Iterator[list[R]]:
    """The rows, as many at a time as a page lists."""
    iterator = iter(rows)
    while part := list(islice(iterator, UNITS_ON_A_PAGE)):
        yield part
