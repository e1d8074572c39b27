"""Whose report a sheet is, on which form and for which period. Where two sources disagree, a critical finding lists the evidence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tonghop.catalog import normalise
from tonghop.catalog.rows import Form, Unit
from tonghop.catalog.unit_codes import told as bearers_told
from tonghop.intake import findings, vocabulary
from tonghop.intake.cells import Sheet
from tonghop.intake.form_index import FormIndex, PackIndex, names_of
from tonghop.intake.form_version import better_version
from tonghop.intake.head import Found, Introduced, read_marker, read_period, texts_of
from tonghop.intake.matching import CANDIDATES, told
from tonghop.model import Candidate, Finding, Period, PeriodType, Proposal

NAMED = 8
"""Lists in findings name no more."""


class Identity(NamedTuple):
    """What a sheet is about. `unit` may be unknown where rows or columns are units, each with a report of its own."""

    form: FormIndex
    unit: Unit | None
    period: Period

    @property
    def key(self) -> IdentityKey:
        """What tells two reports apart."""
        form = self.form.form
        return form.form_code, form.version, self.unit.unit_code if self.unit else "", self.period


IdentityKey = tuple[str, int, str, Period]


def identify(each: Introduced, members: Sequence[Introduced], index: PackIndex) -> tuple[Identity | None, list[Finding]]:
    """What a sheet is about; None with the reason when that cannot be told."""
    period, problems = _period_of(each, index)
    if period is None:
        return None, problems
    unit, unit_problems = unit_of(each, period, index)
    form, form_problems = _form_of(each, members, unit, period, index)
    if form and form.has_units and unit is None and each.head.unit is None and each.head.unit_code is None:
        unit_problems = []  # its rows or columns say whose figures they are
    problems += unit_problems + form_problems
    return (Identity(form, unit, period) if form and (unit or form.has_units) else None), problems


# Period


def apart(one: Period, other: Period) -> bool:
    """Whether two periods have no day in common."""
    return one.end_date < other.start_date or other.end_date < one.start_date


def _period_of(each: Introduced, index: PackIndex) -> tuple[Period | None, list[Finding]]:
    period, problems = _period_of_head(each, index)
    tab = vocabulary.month_of_tab(each.sheet.name) if "month" in index.tabs_per else None
    if tab is None:
        return period, problems
    number, year = tab
    if year is None and period is None:
        return None, problems
    month = Period.month(year or (period.year if period else 0), number)
    is_own = each.head.period is None or each.says(each.head.period)
    if period is not None and apart(month, period) and (is_own or period.type is not PeriodType.MONTH):
        evidence = f"{each.sheet.name}: {month}; {each.head.period.at if each.head.period else each.sheet.name}: {period}"
        return month, [findings.PERIOD_CONTRADICTION.at(each.sheet.name, found=evidence)]
    return month, problems if period else []


def _period_of_head(each: Introduced, index: PackIndex) -> tuple[Period | None, list[Finding]]:
    found, titles = each.head.period, each.head.titles
    in_titles = {period: title for title in titles for period in vocabulary.periods_in(title.text, short=False)}
    if found is None:
        if len(in_titles) != 1:
            sheet = each.sheet.name
            named = "; ".join(str(period) for period in in_titles) or "–"
            return None, [findings.UNKNOWN_PERIOD.at(sheet, found=named, expected=vocabulary.PERIOD_EXAMPLE)]
        period, found = next(iter(in_titles.items()))
    else:
        read = read_period(found)
        if read is None:
            return None, [findings.UNKNOWN_PERIOD.at(found.at.sheet, found.at.cell, found=found.text, expected=vocabulary.PERIOD_EXAMPLE)]
        period = read
    head = index.pack.head
    if not head.first_year <= period.year <= head.last_year:
        years = f"{head.first_year}–{head.last_year}"
        return None, [findings.PERIOD_OUT_OF_RANGE.at(found.at.sheet, found.at.cell, found=period.code, expected=years)]
    others = [f"{title.at}: {other}" for other, title in in_titles.items() if apart(period, other)]
    if others:
        evidence = "; ".join([f"{found.at}: {period}", *others[:NAMED]])
        return period, [findings.PERIOD_CONTRADICTION.at(found.at.sheet, found.at.cell, found=evidence)]
    return period, []


# Unit


def unit_of(each: Introduced, period: Period, index: PackIndex) -> tuple[Unit | None, list[Finding]]:
    """The unit that a sheet is for: by its head, else by its titles or the name of its tab."""
    unit, problems = _unit_of_head(each, period, index)
    says_nothing = each.head.unit is None and each.head.unit_code is None
    tab = tab_unit(each.sheet, period, index)
    if tab is not None and ((unit is None and says_nothing) or (unit is not None and unit.unit_code in tab.ancestors)):
        return tab, []  # one tab a unit, under the name of the unit that compiled them
    return unit, problems


def tab_unit(sheet: Sheet, period: Period, index: PackIndex) -> Unit | None:
    """The unit that a tab is named after, where some form has a tab for each unit that sends it."""
    if "unit" not in index.tabs_per:
        return None
    at = period.end_date
    named = (index.pack.unit(sheet.name.strip().upper(), at), *index.pack.units_named(sheet.name, at))
    fitting = {unit.unit_code: unit for unit in named if unit is not None and unit.unit_type in index.types_in_tabs}
    return next(iter(fitting.values())) if len(fitting) == 1 else None


def _unit_of_head(each: Introduced, period: Period, index: PackIndex) -> tuple[Unit | None, list[Finding]]:
    code, name = each.head.unit_code, each.head.unit
    if code is not None:
        return _unit_by_code(code, name, period, index)
    if name is not None:
        return _unit_by_name(name, period, index)
    named = {unit.unit_code: unit for title in each.head.titles for unit in index.pack.units_named(title.text, period.end_date)}
    if not named:
        named = {unit.unit_code: unit for unit in index.pack.units_named(each.sheet.name, period.end_date)}
    if len(named) == 1:
        return named.popitem()[1], []
    return None, [findings.UNKNOWN_UNIT.at(each.sheet.name, found=", ".join(named) or "–", expected=_NO_CANDIDATE)]


_NO_CANDIDATE = "Mã đơn vị: …"


def _unknown_unit(seen: Found, candidates: tuple[Candidate, ...]) -> Finding:
    """An unknown unit with those that may be meant: people decide, and the next reading knows."""
    proposal = Proposal("unit", "", seen.text, candidates)
    expected = told(candidates) or _NO_CANDIDATE
    return findings.UNKNOWN_UNIT.at(seen.at.sheet, seen.at.cell, found=seen.text, expected=expected, proposal=proposal)


def _unit_by_code(code: Found, name: Found | None, period: Period, index: PackIndex) -> tuple[Unit | None, list[Finding]]:
    pack, at = index.pack, period.end_date
    where = code.at.sheet, code.at.cell
    written = code.text.upper()
    unit = pack.unit(written, at)
    if unit is None and not pack.unit_history(written):
        official = pack.units_with_official_code(code.text, at)
        unit = official[0] if len(official) == 1 else None
    if unit is None and len(by_alias := pack.units_named(code.text, at)) == 1:
        unit = by_alias[0]
    named = pack.units_named(name.text, at) if name else ()
    if unit is None:
        if pack.unit_history(written):
            heir = index.unit_names.at_last(written, at)
            heirs = (Candidate(heir.unit_code, heir.name_vi, 100),) if heir else ()
            expected = f"{period.code} (→ {told(heirs)})" if heirs else period.code
            proposal = Proposal("unit", "", code.text, heirs)
            return None, [findings.UNIT_NOT_VALID.at(*where, found=written, expected=expected, proposal=proposal)]
        if bearers := pack.units_ever_with_official_code(code.text):
            return None, [_code_of_another_time(code, bearers, period, index)]
        alike = tuple(Candidate(each.unit_code, each.name_vi, 100) for each in named[:CANDIDATES])
        return None, [_unknown_unit(code, alike or index.unit_names.candidates((name or code).text, at))]
    if name and named and unit not in named:
        evidence = f"{code.at}: {unit.unit_code} ({unit.name_vi}); {name.at}: {name.text} ({_codes(named)})"
        return unit, [findings.UNIT_CONTRADICTION.at(*where, found=evidence)]
    return unit, []


def _code_of_another_time(code: Found, bearers: Sequence[Unit], period: Period, index: PackIndex) -> Finding:
    """An official code that nobody, or not one unit alone, bears in the period: who did, and who took over from them."""
    heirs = {heir.unit_code: heir for each in bearers if (heir := index.unit_names.at_last(each.unit_code, period.end_date)) is not None}
    candidates = tuple(Candidate(heir.unit_code, heir.name_vi, 100) for heir in heirs.values())[:CANDIDATES]
    expected = f"{period.code} (→ {told(candidates)})" if candidates else period.code
    proposal = Proposal("unit", "", code.text, candidates)
    found = f"{code.text}: {bearers_told(bearers[:NAMED])}"
    return findings.UNIT_NOT_VALID.at(code.at.sheet, code.at.cell, found=found, expected=expected, proposal=proposal)


def _unit_by_name(name: Found, period: Period, index: PackIndex) -> tuple[Unit | None, list[Finding]]:
    where = name.at.sheet, name.at.cell
    named = index.pack.units_named(name.text, period.end_date)
    if len(named) == 1:
        return named[0], []
    if named:
        return None, [findings.AMBIGUOUS_UNIT.at(*where, found=name.text, expected=_codes(named))]
    return None, [_unknown_unit(name, index.unit_names.candidates(name.text, period.end_date))]


def _codes(units: Iterable[Unit]) -> str:
    return ", ".join([unit.unit_code for unit in units][:NAMED])


def tab_contradiction(sheet: Sheet, identity: Identity, index: PackIndex) -> list[Finding]:
    """A tab named after one unit and headed with another."""
    named = index.pack.units_named(sheet.name, identity.period.end_date)
    if identity.unit is None or not named or identity.unit in named:
        return []
    evidence = f"{sheet.name}: {_codes(named)}; {identity.unit.unit_code} ({identity.unit.name_vi})"
    return [findings.UNIT_CONTRADICTION.at(sheet.name, found=evidence)]


# Form


def _form_of(
    each: Introduced, members: Sequence[Introduced], unit: Unit | None, period: Period, index: PackIndex
) -> tuple[FormIndex | None, list[Finding]]:
    pack, marker = index.pack, each.head.form
    in_use = [
        form for form in pack.forms_at(period.end_date) if unit is None or unit.unit_type in form.unit_types or index.form(form).has_units
    ]
    if marker is None:
        recognised = _form_by_content([member.sheet for member in members], in_use, index)
        if recognised is None:
            return None, [findings.UNKNOWN_FORM.at(each.sheet.name, found="–", expected=form_names(in_use or pack.forms))]
        form = recognised
        where: tuple[str, str | None] = (each.sheet.name, None)
    else:
        where = marker.at.sheet, marker.at.cell
        code, version = read_marker(marker)
        marked = pack.form(code, version) if version is not None else pack.form_at(code, period.end_date)
        if marked is None:
            return None, [findings.UNKNOWN_FORM.at(*where, found=marker.text, expected=form_names(in_use or pack.forms))]
        form = marked
    problems: list[Finding] = []
    found = index.form(form)
    if marker is not None and (other := better_version(form, [member.sheet for member in members], index)):
        problems.append(findings.FORM_VERSION_CONTRADICTION.at(*where, found=form_names([form]), expected=form_names([other])))
    if not form.valid_at(period.end_date):
        current = pack.form_at(form.form_code, period.end_date)
        expected = form_names([current]) if current else "–"
        problems.append(findings.FORM_VERSION_NOT_VALID.at(*where, found=form_names([form]), expected=expected))
    if unit and unit.unit_type not in form.unit_types and not found.has_units:
        problems.append(findings.FORM_NOT_FOR_UNIT.at(*where, found=unit.unit_type, expected=", ".join(form.unit_types)))
    if period.type is not form.period_type and not (found.has_months and period.type is not PeriodType.WEEK):
        problems.append(findings.PERIOD_TYPE_MISMATCH.at(*where, found=period.code, expected=form.period_type.value))
    return found, problems


def form_names(forms: Iterable[Form]) -> str:
    """Forms with their versions, for people; a long list is cut."""
    return ", ".join([f"{form.form_code} v{form.version}" for form in forms][:NAMED])


def _form_by_content(sheets: Sequence[Sheet], candidates: Iterable[Form], index: PackIndex) -> Form | None:
    """The one form at least half of whose labels stand in the sheets; of forms without labels, the one whose tabs are there.

    None when there is none or a tie. A form that stands in the workbooks of another one is not looked for.
    """
    texts = set().union(*(texts_of(sheet) for sheet in sheets))
    tabs = {normalise(sheet.name) for sheet in sheets}
    scores: list[tuple[float, Form]] = []
    by_tabs: list[Form] = []
    for form in candidates:
        read = [each for each in index.form(form).sheets if not each.layout.ignored and not each.layout.stands_in]
        marks = [mark for each in read for mark in each.marks]
        share = sum(mark in texts for mark in marks) / len(marks) if marks else 0.0
        if share >= 0.5:
            scores.append((share, form))
        if read and not marks and all(each.layout.optional or not tabs.isdisjoint(names_of(each.layout)) for each in read):
            by_tabs.append(form)
    scores.sort(key=lambda scored: scored[0], reverse=True)
    if not scores:
        return by_tabs[0] if len(by_tabs) == 1 else None
    if len(scores) > 1 and scores[0][0] == scores[1][0]:
        return None
    return scores[0][1]
