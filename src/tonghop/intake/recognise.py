"""Sorts the sheets of a file into reports: whose, on which form, for which period; cross-checked with names of tabs and file.

Where two sources disagree, nothing is chosen silently: a critical finding lists the evidence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from tonghop.catalog import normalise
from tonghop.catalog.rows import Unit
from tonghop.intake import findings, vocabulary
from tonghop.intake.cells import Kind, Sheet
from tonghop.intake.evidence import Origin, disagreements
from tonghop.intake.form_index import FormIndex, PackIndex, SheetIndex
from tonghop.intake.head import Found, Introduced, form_sheet, is_aside, read_fixed_head, read_head
from tonghop.intake.identity import NAMED, Identity, IdentityKey, form_names, identify, tab_contradiction, unit_of
from tonghop.intake.matching import told
from tonghop.intake.proposals import for_sheet
from tonghop.model import Finding, Period


@dataclass
class Report:
    """The sheets of one slot: which form sheet (by position) each of them is.

    Where rows or columns are units or months there are several slots, and `unit` is who compiled them. `beside` are sheets of
    other forms that are read from the same tab; `guests` those of its own sheets that stand in a tab of another form.
    """

    form: FormIndex
    unit: Unit | None
    period: Period
    as_of: date | None = None
    sheets: dict[int, Sheet] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    beside: dict[int, list[SheetIndex]] = field(default_factory=dict)
    guests: set[int] = field(default_factory=set)

    def elsewhere(self, place: int) -> frozenset[str]:
        """The codes and labels of rows that another form reads from the tab of a sheet."""
        return frozenset(key for index in self.beside.get(place, ()) for key in (*index.codes, *index.labels))


class Recognised(NamedTuple):
    """The reports of a file, and the findings about the file as a whole."""

    reports: list[Report]
    findings: list[Finding]


class _Placed(NamedTuple):
    """A sheet, what it is about, and which sheet of the form it is."""

    each: Introduced
    identity: Identity
    place: int
    is_guest: bool = False
    """whether the tab is one of another form's too"""


def recognise(sheets: Sequence[Sheet], origin: Origin, index: PackIndex) -> Recognised:
    """Sort the sheets of a file into reports, and hold against them what its name and its folders say."""
    filled = [Introduced(sheet, read_head(sheet)) for sheet in sheets if sheet.rows and not is_aside(sheet)]
    unread = index.ignored_names - index.form_sheet_names
    filled = [each for each in filled if each.head.says_whose or normalise(each.sheet.name) not in unread]
    if not filled:
        return Recognised([], [findings.EMPTY_FILE.at()])
    if index.with_fixed_head:
        for each in filled:
            read_fixed_head(each, index)
    members, others = _members(filled, index)
    file_findings = [finding for each in others if (finding := _unread(each.sheet)) is not None]
    placed, reports_findings, problems = _place(members, index)
    file_findings.extend(problems)
    if contradictions := _contradictions(placed):
        return Recognised([], file_findings + contradictions)
    reports = _reports(placed, reports_findings)
    for report in reports:
        report.findings.extend(disagreements(report, reports, origin, index))
    file_findings = [_proposed(finding, reports) for finding in file_findings]
    if not reports and not any(finding.severity is findings.UNKNOWN_FORM.severity for finding in file_findings):
        file_findings.append(findings.UNKNOWN_FORM.at(filled[0].sheet.name, found="–", expected=form_names(index.pack.forms)))
    return Recognised(reports, file_findings)


def _members(filled: list[Introduced], index: PackIndex) -> tuple[list[Introduced], list[Introduced]]:
    """The sheets that are part of a report, and the others. A head that lacks a line takes it over when all other sheets agree on it."""
    members: list[Introduced] = []
    others: list[Introduced] = []
    for each in filled:
        belongs = each.head.says_whose or normalise(each.sheet.name) in index.form_sheet_names or _is_one_of_many(each.sheet, index)
        (members if belongs else others).append(each)
    if not members:
        return filled, []
    for name in ("form", "unit_code", "unit", "period", "as_of"):
        values: list[Found] = [value for each in members if (value := getattr(each.head, name)) is not None]
        if len({(value.text, value.kind) for value in values}) == 1:
            for each in members:
                has_one = name.startswith("unit") and (each.head.unit or each.head.unit_code or _names_a_unit(each.sheet, index))
                if getattr(each.head, name) is None and not has_one:
                    setattr(each.head, name, values[0])
    return members, others


def _names_a_unit(sheet: Sheet, index: PackIndex) -> bool:
    return "unit" in index.tabs_per and (
        normalise(sheet.name) in index.pack.unit_names or bool(index.pack.unit_history(sheet.name.upper()))
    )


def _is_one_of_many(sheet: Sheet, index: PackIndex) -> bool:
    """Whether a tab is named after a unit or a month, where some form has a tab for each."""
    return _names_a_unit(sheet, index) or ("month" in index.tabs_per and vocabulary.month_of_tab(sheet.name) is not None)


def _unread(sheet: Sheet) -> Finding | None:
    figures = sum(cell.kind is Kind.NUMBER for row in sheet.rows.values() for cell in row.values())
    return findings.UNKNOWN_SHEET.at(sheet.name, found=str(figures)) if figures else None


def _place(members: Sequence[Introduced], index: PackIndex) -> tuple[list[_Placed], defaultdict[IdentityKey, list[Finding]], list[Finding]]:
    """What each sheet is about, with the findings of each report and those of the file."""
    placed: list[_Placed] = []
    problems: list[Finding] = []
    of_reports: defaultdict[IdentityKey, list[Finding]] = defaultdict(list)
    known: dict[tuple[object, ...], Identity | None] = {}
    for each in sorted(members, key=lambda each: normalise(each.sheet.name) in index.guest_names):
        key = _evidence(each, index)
        as_guest = _as_guest(each, placed, index) if index.guest_names else None
        if as_guest is not None:
            identity, found = as_guest
            (problems if identity is None else of_reports[identity.key]).extend(found)
        elif key in known:
            identity = known[key]
        else:
            identity, found = identify(each, members, index)
            known[key] = identity
            (problems if identity is None else of_reports[identity.key]).extend(found)
        if identity is None:
            continue
        place = form_sheet(each.sheet, identity.form)
        if place is None:
            problems.extend(finding for finding in [_unread(each.sheet)] if finding)
        elif not identity.form.sheets[place].layout.ignored:
            placed.append(_Placed(each, identity, place))
            of_reports[identity.key].extend(tab_contradiction(each.sheet, identity, index))
    return placed + _guests_in_tabs(placed, index), of_reports, problems


def _evidence(each: Introduced, index: PackIndex) -> tuple[object, ...]:
    """What an identity follows from, without its places, so that sheets with equal heads are looked at once."""
    head = each.head
    said = tuple(_text(found) for found in (head.form, head.unit_code, head.unit, head.period))
    if head.period is None or index.tabs_per or (head.unit_code is None and head.unit is None):
        return (*said, *(title.text for title in head.titles), each.sheet.name)
    return said


def _text(found: Found | None) -> tuple[str, Kind] | None:
    return found and (found.text, found.kind)


def _proposed(finding: Finding, reports: Sequence[Report]) -> Finding:
    """A finding about an unknown tab, with the sheet that it may be: one that a report of the file misses."""
    if finding.code != findings.UNKNOWN_SHEET.code or finding.sheet is None:
        return finding
    for report in reports:
        missing = [
            place
            for place, each in enumerate(report.form.sheets)
            if place not in report.sheets and not each.layout.optional and not each.layout.ignored
        ]
        if proposal := for_sheet(finding.sheet, report.form, missing):
            return findings.UNKNOWN_SHEET.at(finding.sheet, found=finding.found, expected=told(proposal.candidates), proposal=proposal)
    return finding


# Sheets of one form in the workbooks of another


def _guest_forms(identity: Identity, index: PackIndex) -> list[FormIndex]:
    """The forms that have a sheet in the workbooks of a report's form."""
    codes = index.guests.get(identity.form.form.form_code, frozenset())
    forms = (index.pack.form_at(code, identity.period.end_date) for code in sorted(codes))
    return [index.form(form) for form in forms if form is not None]


def _as_guest(each: Introduced, placed: Sequence[_Placed], index: PackIndex) -> tuple[Identity | None, list[Finding]] | None:
    """A tab of its own that belongs to another form than the rest of the workbook; None when no other form is here that has such a tab."""
    name = normalise(each.sheet.name)
    if name not in index.guest_names:
        return None
    for host in placed:
        for form in _guest_forms(host.identity, index):
            if name in form.by_name:
                above = [entry.identity.unit for entry in placed if entry.identity.form.form.form_code == host.identity.form.form.form_code]
                return _guest_identity(each, form, host.identity.period, above, index)
    return None


def _guest_identity(
    each: Introduced, form: FormIndex, period: Period, below: Sequence[Unit | None], index: PackIndex
) -> tuple[Identity | None, list[Finding]]:
    """A sheet of totals is for the unit in its own head, else for the nearest unit above all others that sends its form."""
    head = each.head
    own = [found for found in (head.unit_code, head.unit) if each.says(found)]
    if own:
        unit, problems = unit_of(each, period, index)
        if unit is None:
            return None, problems
    else:
        unit = _nearest_above(below, form, period, index)
    if unit is None:
        return None, [findings.UNKNOWN_UNIT.at(each.sheet.name, found="–", expected="Mã đơn vị: …")]
    if unit.unit_type not in form.form.unit_types:
        return None, [findings.FORM_NOT_FOR_UNIT.at(each.sheet.name, found=unit.unit_type, expected=", ".join(form.form.unit_types))]
    return Identity(form, unit, period), []


def _nearest_above(below: Sequence[Unit | None], form: FormIndex, period: Period, index: PackIndex) -> Unit | None:
    """The nearest unit that stands above all of them, or is all of them, and sends the form."""
    paths = [(*unit.ancestors, unit.unit_code) for unit in below if unit is not None]
    if not paths:
        return None
    common = [codes[0] for codes in zip(*paths, strict=False) if len(set(codes)) == 1]
    units = (index.pack.unit(code, period.end_date) for code in reversed(common))
    return next((unit for unit in units if unit is not None and unit.unit_type in form.form.unit_types), None)


def _guests_in_tabs(placed: Sequence[_Placed], index: PackIndex) -> list[_Placed]:
    """The sheets of other forms that are read from a tab of a report: a row of totals below a list of units."""
    guests: list[_Placed] = []
    for host in placed:
        name = normalise(host.identity.form.sheets[host.place].sheet.name)
        for form in _guest_forms(host.identity, index):
            place = form.by_name.get(name)
            unit = _nearest_above([host.identity.unit], form, host.identity.period, index)
            if place is not None and unit is not None:
                guests.append(_Placed(host.each, Identity(form, unit, host.identity.period), place, is_guest=True))
    return guests


# Reports


def _contradictions(placed: Sequence[_Placed]) -> list[Finding]:
    """Sheets of one form that share out its parts between several units or periods: one report whose heads disagree.

    A file with a whole report for each of several units or months repeats the parts instead, and is fine.
    """
    by_form: defaultdict[tuple[str, int], list[_Placed]] = defaultdict(list)
    for entry in placed:
        by_form[entry.identity.key[:2]].append(entry)
    result: list[Finding] = []
    for entries in by_form.values():
        identities = {entry.identity.key: entry.identity for entry in entries}
        parts = [entry.place for entry in entries]
        if len(identities) < 2 or len(set(parts)) < len(parts):
            continue
        where = entries[0].each.sheet.name
        if len({identity.period for identity in identities.values()}) > 1:
            evidence = "; ".join(f"{entry.each.sheet.name}: {entry.identity.period}" for entry in entries[:NAMED])
            result.append(findings.PERIOD_CONTRADICTION.at(where, found=evidence))
        if len({identity.key[2] for identity in identities.values()}) > 1:
            evidence = "; ".join(f"{entry.each.sheet.name}: {entry.identity.key[2]}" for entry in entries[:NAMED])
            result.append(findings.UNIT_CONTRADICTION.at(where, found=evidence))
    return result


def _reports(placed: Sequence[_Placed], problems: defaultdict[IdentityKey, list[Finding]]) -> list[Report]:
    reports: dict[IdentityKey, Report] = {}
    for each, identity, place, is_guest in placed:
        key = identity.key
        if key not in reports:
            reports[key] = Report(*identity, findings=problems[key])
        report = reports[key]
        if place in report.sheets:
            name = identity.form.sheets[place].sheet.name
            first = report.sheets[place].name
            report.findings.append(findings.DUPLICATE_SHEET.at(each.sheet.name, found=first, expected=name))
            continue
        report.sheets[place] = each.sheet
        if is_guest:
            report.guests.add(place)
            continue
        if each.sheet.hidden:
            report.findings.append(findings.HIDDEN_SHEET.at(each.sheet.name))
        _note_as_of(report, each.head.as_of)
    for guest in (entry for entry in placed if entry.is_guest):
        for host in (entry for entry in placed if entry.each is guest.each and not entry.is_guest):
            reports[host.identity.key].beside.setdefault(host.place, []).append(guest.identity.form.sheets[guest.place])
    return list(reports.values())


def _note_as_of(report: Report, found: Found | None) -> None:
    """The latest date that the sheets of a report say their data are as of."""
    if found is None:
        return
    day = vocabulary.read_date(found.text)
    where = found.at.sheet, found.at.cell
    if day is None:
        problem = findings.AS_OF_DATE_UNREADABLE.at(*where, found=found.text, expected=vocabulary.DATE_EXAMPLE)
    elif day < report.period.start_date:
        problem = findings.AS_OF_DATE_BEFORE_PERIOD.at(*where, found=day.isoformat(), expected=report.period.start_date.isoformat())
    else:
        problem = None
    if problem is not None and problem not in report.findings:
        report.findings.append(problem)
    if day is not None:
        report.as_of = max(day, report.as_of or day)
