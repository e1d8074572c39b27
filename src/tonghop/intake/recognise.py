"""Whose report a sheet is, on which form and for which period: from its head, cross-checked with names of tabs and file.

Where two sources disagree, nothing is chosen silently: a critical finding lists the evidence.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePath
from typing import NamedTuple

from tonghop.catalog import normalise
from tonghop.catalog.rows import Form, Unit
from tonghop.intake import findings, vocabulary
from tonghop.intake.form_index import FormIndex, PackIndex, SheetIndex
from tonghop.intake.vocabulary import fold, squeeze
from tonghop.intake.workbook import Kind, RawCell, Sheet, address
from tonghop.model import CellAddress, Finding, Period

HEAD_ROWS = 60
"""The head of a sheet stands in its first filled rows."""
LABEL_CHARACTERS = 40
VALUE_CHARACTERS = 200
"""What matters of a line of the head is no longer."""
NAMED = 8
"""Lists in findings name no more."""


class Found(NamedTuple):
    """A text of the head and where it stands."""

    text: str
    at: CellAddress
    kind: Kind = Kind.TEXT


@dataclass
class Head:
    """What stands above the table of a sheet."""

    form: Found | None = None
    unit_code: Found | None = None
    unit: Found | None = None
    period: Found | None = None
    as_of: Found | None = None
    titles: list[Found] = field(default_factory=list)

    @property
    def says_whose(self) -> bool:
        """Whether the sheet introduces itself as a report."""
        return any((self.form, self.unit_code, self.unit, self.period))


_FIELDS = {
    **dict.fromkeys(vocabulary.FORM_LABELS, "form"),
    **dict.fromkeys(vocabulary.UNIT_CODE_LABELS, "unit_code"),
    **dict.fromkeys(vocabulary.UNIT_LABELS, "unit"),
    **dict.fromkeys(vocabulary.PERIOD_LABELS, "period"),
    **dict.fromkeys(vocabulary.AS_OF_LABELS, "as_of"),
}
_ASIDE = fold(vocabulary.ASIDE_MARK)
_TABLE_HEADERS = vocabulary.LABEL_HEADERS | vocabulary.UNIT_OF_MEASURE_HEADERS


def read_head(sheet: Sheet) -> Head:
    """The labels and values above the table: `Label: value` in one cell, or the value in the next filled cell to the right."""
    head = Head()
    for row_number in sorted(sheet.rows)[:HEAD_ROWS]:
        row = sorted(sheet.rows[row_number].items())
        for position, (column, cell) in enumerate(row):
            if cell.kind is not Kind.TEXT:
                continue
            label, _, rest = cell.text.partition(":")
            folded = fold(label) if len(label) <= LABEL_CHARACTERS else ""
            if folded in _TABLE_HEADERS:
                return head
            name = _FIELDS.get(folded)
            if name is None:
                head.titles.append(Found(squeeze(cell.text[:VALUE_CHARACTERS]), CellAddress(sheet.name, address(row_number, column))))
            elif getattr(head, name) is None:
                setattr(head, name, _value_of(sheet.name, row_number, column, rest, row[position + 1 :]))
    return head


def _value_of(sheet: str, row_number: int, column: int, rest: str, right: Sequence[tuple[int, RawCell]]) -> Found | None:
    if rest.strip():
        return Found(squeeze(rest[:VALUE_CHARACTERS]), CellAddress(sheet, address(row_number, column)))
    for next_column, cell in right:
        text = squeeze(cell.text[:VALUE_CHARACTERS])
        if text:
            is_label = fold(text.partition(":")[0]) in _FIELDS
            return None if is_label else Found(text, CellAddress(sheet, address(row_number, next_column)), cell.kind)
    return None


@dataclass
class Report:
    """The sheets of one slot: which form sheet (by position) each of them is."""

    form: FormIndex
    unit: Unit
    period: Period
    as_of: date | None = None
    sheets: dict[int, Sheet] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


class Recognised(NamedTuple):
    """The reports of a file, and the findings about the file as a whole."""

    reports: list[Report]
    findings: list[Finding]


class _Identity(NamedTuple):
    form: FormIndex
    unit: Unit
    period: Period


class _Introduced(NamedTuple):
    """A sheet with its head, gaps filled from the other sheets."""

    sheet: Sheet
    head: Head


def is_aside(sheet: Sheet) -> bool:
    """Whether a sheet says of itself that it is part of no report: what we put into a workbook for its reader."""
    first_row = sheet.rows[min(sheet.rows)] if sheet.rows else {}
    return bool(first_row) and fold(first_row[min(first_row)].text[:VALUE_CHARACTERS]).startswith(_ASIDE)


def recognise(sheets: Sequence[Sheet], file_name: str, index: PackIndex) -> Recognised:
    """Sort the sheets of a file into reports."""
    filled = [_Introduced(sheet, read_head(sheet)) for sheet in sheets if sheet.rows and not is_aside(sheet)]
    if not filled:
        return Recognised([], [findings.EMPTY_FILE.at()])
    members, others = _members(filled, index)
    file_findings = [finding for each in others if (finding := _unread(each.sheet)) is not None]
    placed: list[tuple[_Introduced, _Identity, int]] = []
    known: dict[tuple[Found | None, ...], _Identity | None] = {}
    reports_findings: defaultdict[_IdentityKey, list[Finding]] = defaultdict(list)
    for each in members:
        key = tuple(_text(found) for found in (each.head.form, each.head.unit_code, each.head.unit, each.head.period))
        if key not in known:
            known[key], problems = _identify(each, members, index)
            identity = known[key]
            (file_findings if identity is None else reports_findings[_key(identity)]).extend(problems)
        identity = known[key]
        if identity is None:
            continue
        form_sheet = _form_sheet(each.sheet, identity.form)
        if form_sheet is None:
            file_findings.extend(finding for finding in [_unread(each.sheet)] if finding)
            continue
        placed.append((each, identity, form_sheet))
        reports_findings[_key(identity)].extend(_tab_contradiction(each.sheet, identity, index))
    if contradictions := _contradictions(placed):
        return Recognised([], file_findings + contradictions)
    reports = _reports(placed, reports_findings)
    for report in reports:
        report.findings.extend(_file_name_contradictions(file_name, report, reports, index))
    if not reports and not any(finding.severity is findings.UNKNOWN_FORM.severity for finding in file_findings):
        file_findings.append(findings.UNKNOWN_FORM.at(filled[0].sheet.name, found="–", expected=_form_names(index.pack.forms)))
    return Recognised(reports, file_findings)


_IdentityKey = tuple[str, int, str, Period]


def _key(identity: _Identity) -> _IdentityKey:
    form = identity.form.form
    return form.form_code, form.version, identity.unit.unit_code, identity.period


def _text(found: Found | None) -> Found | None:
    """A found text without its place, so that equal heads are equal."""
    return found and found._replace(at=CellAddress("", ""))


def _members(filled: list[_Introduced], index: PackIndex) -> tuple[list[_Introduced], list[_Introduced]]:
    """The sheets that are part of a report, and the others. A head that lacks a line takes it over when all other sheets agree on it."""
    members: list[_Introduced] = []
    others: list[_Introduced] = []
    for each in filled:
        belongs = each.head.says_whose or normalise(each.sheet.name) in index.form_sheet_names
        (members if belongs else others).append(each)
    if not members:
        return filled, []
    for name in ("form", "unit_code", "unit", "period", "as_of"):
        values: list[Found] = [value for each in members if (value := getattr(each.head, name)) is not None]
        if len({(value.text, value.kind) for value in values}) == 1:
            for each in members:
                if getattr(each.head, name) is None and not (name.startswith("unit") and (each.head.unit or each.head.unit_code)):
                    setattr(each.head, name, values[0])
    return members, others


def _unread(sheet: Sheet) -> Finding | None:
    figures = sum(cell.kind is Kind.NUMBER for row in sheet.rows.values() for cell in row.values())
    return findings.UNKNOWN_SHEET.at(sheet.name, found=str(figures)) if figures else None


def _identify(each: _Introduced, members: Sequence[_Introduced], index: PackIndex) -> tuple[_Identity | None, list[Finding]]:
    period, problems = _period_of(each, index)
    if period is None:
        return None, problems
    unit, unit_problems = _unit_of(each, period, index)
    problems += unit_problems
    form, form_problems = _form_of(each, members, unit, period, index)
    problems += form_problems
    return (_Identity(form, unit, period) if form and unit else None), problems


# Period


def apart(one: Period, other: Period) -> bool:
    """Whether two periods have no day in common."""
    return one.end_date < other.start_date or other.end_date < one.start_date


def _period_of(each: _Introduced, index: PackIndex) -> tuple[Period | None, list[Finding]]:
    found, titles = each.head.period, each.head.titles
    in_titles = {period: title for title in titles for period in vocabulary.periods_in(title.text, short=False)}
    if found is None:
        if len(in_titles) != 1:
            sheet = each.sheet.name
            named = "; ".join(str(period) for period in in_titles) or "–"
            return None, [findings.UNKNOWN_PERIOD.at(sheet, found=named, expected=vocabulary.PERIOD_EXAMPLE)]
        period, found = next(iter(in_titles.items()))
    else:
        read = _period_in(found)
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


def _period_in(found: Found) -> Period | None:
    if found.kind is Kind.DATE:  # Excel makes the first of the month of a typed 8/2022
        day = vocabulary.read_date(found.text)
        return Period.month(day.year, day.month) if day and day.day == 1 else None
    return vocabulary.read_period(found.text)


# Unit


def _unit_of(each: _Introduced, period: Period, index: PackIndex) -> tuple[Unit | None, list[Finding]]:
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
    return None, [findings.UNKNOWN_UNIT.at(each.sheet.name, found=", ".join(named) or "–", expected="Mã đơn vị: …")]


def _unit_by_code(code: Found, name: Found | None, period: Period, index: PackIndex) -> tuple[Unit | None, list[Finding]]:
    pack, at = index.pack, period.end_date
    where = code.at.sheet, code.at.cell
    written = code.text.upper()
    unit = pack.unit(written, at)
    if unit is None and not pack.unit_history(written):
        official = pack.units_with_official_code(code.text, at)
        unit = official[0] if len(official) == 1 else None
    named = pack.units_named(name.text, at) if name else ()
    if unit is None:
        if pack.unit_history(written):
            return None, [findings.UNIT_NOT_VALID.at(*where, found=written, expected=period.code)]
        expected = ", ".join(each.unit_code for each in named) or "Mã đơn vị: …"
        return None, [findings.UNKNOWN_UNIT.at(*where, found=code.text, expected=expected)]
    if name and named and unit not in named:
        evidence = f"{code.at}: {unit.unit_code} ({unit.name_vi}); {name.at}: {name.text} ({_codes(named)})"
        return unit, [findings.UNIT_CONTRADICTION.at(*where, found=evidence)]
    return unit, []


def _unit_by_name(name: Found, period: Period, index: PackIndex) -> tuple[Unit | None, list[Finding]]:
    where = name.at.sheet, name.at.cell
    named = index.pack.units_named(name.text, period.end_date)
    if len(named) == 1:
        return named[0], []
    if named:
        return None, [findings.AMBIGUOUS_UNIT.at(*where, found=name.text, expected=_codes(named))]
    return None, [findings.UNKNOWN_UNIT.at(*where, found=name.text, expected="Mã đơn vị: …")]


def _codes(units: Iterable[Unit]) -> str:
    return ", ".join([unit.unit_code for unit in units][:NAMED])


def _tab_contradiction(sheet: Sheet, identity: _Identity, index: PackIndex) -> list[Finding]:
    """A tab named after one unit and headed with another."""
    named = index.pack.units_named(sheet.name, identity.period.end_date)
    if not named or identity.unit in named:
        return []
    evidence = f"{sheet.name}: {_codes(named)}; {identity.unit.unit_code} ({identity.unit.name_vi})"
    return [findings.UNIT_CONTRADICTION.at(sheet.name, found=evidence)]


# Form


_MARKER = re.compile(r"([a-z0-9][a-z0-9_.-]*?)(?:[\s(,-]*\b(?:v|ver|version|phien ban|pb)[\s.]*([0-9]{1,4})\)?)?")


def _form_of(
    each: _Introduced, members: Sequence[_Introduced], unit: Unit | None, period: Period, index: PackIndex
) -> tuple[FormIndex | None, list[Finding]]:
    pack, marker = index.pack, each.head.form
    in_use = [form for form in pack.forms_at(period.end_date) if unit is None or unit.unit_type in form.unit_types]
    if marker is None:
        recognised = _form_by_content([member.sheet for member in members], in_use, index)
        if recognised is None:
            return None, [findings.UNKNOWN_FORM.at(each.sheet.name, found="–", expected=_form_names(in_use or pack.forms))]
        form = recognised
        where: tuple[str, str | None] = (each.sheet.name, None)
    else:
        where = marker.at.sheet, marker.at.cell
        match = _MARKER.fullmatch(fold(marker.text))
        code = match[1].upper() if match else ""
        marked = pack.form(code, int(match[2])) if match and match[2] else pack.form_at(code, period.end_date)
        if marked is None:
            return None, [findings.UNKNOWN_FORM.at(*where, found=marker.text, expected=_form_names(in_use or pack.forms))]
        form = marked
    problems: list[Finding] = []
    if not form.valid_at(period.end_date):
        current = pack.form_at(form.form_code, period.end_date)
        expected = _form_names([current]) if current else "–"
        problems.append(findings.FORM_VERSION_NOT_VALID.at(*where, found=_form_names([form]), expected=expected))
    if unit and unit.unit_type not in form.unit_types:
        problems.append(findings.FORM_NOT_FOR_UNIT.at(*where, found=unit.unit_type, expected=", ".join(form.unit_types)))
    if period.type is not form.period_type:
        problems.append(findings.PERIOD_TYPE_MISMATCH.at(*where, found=period.code, expected=form.period_type.value))
    return index.form(form), problems


def _form_names(forms: Iterable[Form]) -> str:
    return ", ".join([f"{form.form_code} v{form.version}" for form in forms][:NAMED])


def _form_by_content(sheets: Sequence[Sheet], candidates: Iterable[Form], index: PackIndex) -> Form | None:
    """The one form at least half of whose rows stand in the sheets by their labels; None when there is none or a tie."""
    texts = set().union(*(_texts(sheet) for sheet in sheets))
    scores: list[tuple[float, Form]] = []
    for form in candidates:
        labels = [label for each in index.form(form).sheets for label in each.labels]
        share = sum(label in texts for label in labels) / len(labels) if labels else 0.0
        if share >= 0.5:
            scores.append((share, form))
    scores.sort(key=lambda scored: scored[0], reverse=True)
    if not scores or (len(scores) > 1 and scores[0][0] == scores[1][0]):
        return None
    return scores[0][1]


def _texts(sheet: Sheet) -> set[str]:
    texts = (cell.text for row in sheet.rows.values() for cell in row.values() if cell.kind is Kind.TEXT)
    return {normalise(text) for text in texts if len(text) <= VALUE_CHARACTERS}


def _form_sheet(sheet: Sheet, form: FormIndex) -> int | None:
    """Which sheet of the form this one is: by its name, else by most labels in common; None when it has none."""
    by_name = form.by_name.get(normalise(sheet.name))
    if by_name is not None:
        return by_name
    texts = _texts(sheet)

    def common(index: SheetIndex) -> int:
        return sum(label in texts for label in index.labels)

    best = max(range(len(form.sheets)), key=lambda position: common(form.sheets[position]))
    return best if common(form.sheets[best]) else None


# Reports


def _contradictions(placed: Sequence[tuple[_Introduced, _Identity, int]]) -> list[Finding]:
    """Sheets of one form that share out its parts between several units or periods: one report whose heads disagree.

    A file with a whole report for each of several units or months repeats the parts instead, and is fine.
    """
    by_form: defaultdict[tuple[str, int], list[tuple[_Introduced, _Identity, int]]] = defaultdict(list)
    for entry in placed:
        by_form[_key(entry[1])[:2]].append(entry)
    result: list[Finding] = []
    for entries in by_form.values():
        identities = {_key(identity): identity for _, identity, _ in entries}
        parts = [part for _, _, part in entries]
        if len(identities) < 2 or len(set(parts)) < len(parts):
            continue
        where = entries[0][0].sheet.name
        if len({identity.period for identity in identities.values()}) > 1:
            evidence = "; ".join(f"{each.sheet.name}: {identity.period}" for each, identity, _ in entries[:NAMED])
            result.append(findings.PERIOD_CONTRADICTION.at(where, found=evidence))
        if len({identity.unit.unit_code for identity in identities.values()}) > 1:
            evidence = "; ".join(f"{each.sheet.name}: {identity.unit.unit_code}" for each, identity, _ in entries[:NAMED])
            result.append(findings.UNIT_CONTRADICTION.at(where, found=evidence))
    return result


def _reports(placed: Sequence[tuple[_Introduced, _Identity, int]], problems: defaultdict[_IdentityKey, list[Finding]]) -> list[Report]:
    reports: dict[_IdentityKey, Report] = {}
    for each, identity, form_sheet in placed:
        key = _key(identity)
        if key not in reports:
            reports[key] = Report(*identity, findings=problems[key])
        report = reports[key]
        if form_sheet in report.sheets:
            name = identity.form.sheets[form_sheet].sheet.name
            first = report.sheets[form_sheet].name
            report.findings.append(findings.DUPLICATE_SHEET.at(each.sheet.name, found=first, expected=name))
            continue
        report.sheets[form_sheet] = each.sheet
        if each.sheet.hidden:
            report.findings.append(findings.HIDDEN_SHEET.at(each.sheet.name))
        _note_as_of(report, each.head.as_of)
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


# The name of the file


_NAME_PARTS = re.compile(r"[A-Za-z0-9]+")


def _file_name_contradictions(file_name: str, report: Report, reports: Sequence[Report], index: PackIndex) -> list[Finding]:
    """A file name that names a period or a unit, and none of those that the file is about."""
    stem = PurePath(file_name.replace("\\", "/")).stem
    result: list[Finding] = []
    periods = vocabulary.periods_in(stem)
    if periods and all(apart(named, each.period) for named in periods for each in reports):
        evidence = f"{stem}: {', '.join(map(str, periods[:NAMED]))}; {next(iter(report.sheets.values())).name}: {report.period}"
        result.append(findings.PERIOD_CONTRADICTION.at(found=evidence))
    codes = _unit_codes_in(stem, report.period.end_date, index)
    fitting = {code for each in reports for code in (each.unit.unit_code, *each.unit.ancestors)}
    if codes and not codes & fitting:
        evidence = f"{stem}: {', '.join(sorted(codes)[:NAMED])}; {report.unit.unit_code} ({report.unit.name_vi})"
        result.append(findings.UNIT_CONTRADICTION.at(found=evidence))
    return result


def _unit_codes_in(stem: str, at: date, index: PackIndex) -> set[str]:
    """The unit codes that stand in a file name as whole words, the longest ones where one is part of another."""
    parts = list(_NAME_PARTS.finditer(stem))[:30]
    codes: set[str] = set()
    position = 0
    while position < len(parts):
        for last in range(len(parts) - 1, position - 1, -1):
            code = stem[parts[position].start() : parts[last].end()].upper()
            if index.pack.unit(code, at) is not None:
                codes.add(code)
                position = last
                break
        position += 1
    return codes
