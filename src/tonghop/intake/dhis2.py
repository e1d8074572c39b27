"""Reads a file of DHIS2's data values (JSON, `dataValueSets`) as reports: the pack's mapping says whose, which form, which figures.

A figure's address is the JSON pointer of its value, as in `dataValues!/dataValues/12/value`. What the mapping does not know is a
finding; nothing is left out silently.
"""

from __future__ import annotations

import codecs
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tonghop.catalog.dhis2 import Dhis2Codes, FigureKey, from_dhis2
from tonghop.catalog.rows import Unit
from tonghop.intake import findings
from tonghop.intake.cells import Kind, RawCell, Sheet, Unopenable, bounded
from tonghop.intake.evidence import Origin, disagreements
from tonghop.intake.findings import FindingKind
from tonghop.intake.form_index import FormIndex, PackIndex
from tonghop.intake.formats import bare_number
from tonghop.intake.identity import form_names
from tonghop.intake.limits import Limits
from tonghop.intake.numbers import Expects, parse_value
from tonghop.intake.reading import ABSENT
from tonghop.model import Cell, CellAddress, Finding, Period, Slot, State, SubmissionReading, Value

SHEET = "dataValues"
"""What stands in place of a sheet's name."""
_PERIODS = "202208, 2022Q3, 2022S1, 2022, 2022W33"


class _Said(NamedTuple):
    """A data value with what its set says for it, and where it stands."""

    pointer: str
    data_set: str
    org_unit: str
    period: str
    data_element: str
    option_combo: str | None
    value: object


class _Problems:
    """Findings by what they are about: one for each unknown code, with its first place and how often it stands."""

    def __init__(self) -> None:
        self._count: Counter[tuple[FindingKind, str, str]] = Counter()
        self._first: dict[tuple[FindingKind, str, str], str] = {}

    def add(self, kind: FindingKind, pointer: str, found: str, expected: str) -> None:
        """Note a problem with a value."""
        key = kind, found, expected
        self._count[key] += 1
        self._first.setdefault(key, pointer)

    def listed(self) -> Iterator[Finding]:
        """The findings, in the order in which they came."""
        for key, pointer in self._first.items():
            kind, found, expected = key
            many = f" (×{self._count[key]})" if self._count[key] > 1 else ""
            yield kind.at(SHEET, pointer, found=found + many, expected=expected)


@dataclass
class _Report:
    """The figures of one slot, as they come."""

    unit: Unit
    form: FormIndex
    period: Period
    given: dict[FigureKey, list[tuple[str, object]]] = field(default_factory=lambda: defaultdict(list))
    problems: _Problems = field(default_factory=_Problems)
    findings: list[Finding] = field(default_factory=list)
    sheets: dict[int, Sheet] = field(default_factory=dict)


def is_json(data: bytes) -> bool:
    """Whether the bytes begin as an object of JSON does."""
    start = data[:200].removeprefix(codecs.BOM_UTF8).lstrip()
    return start.startswith(b"{") and not start.startswith(b"{\\rtf")


def read_data_values(data: bytes, origin: Origin, index: PackIndex, limits: Limits) -> tuple[list[SubmissionReading], list[Finding]]:
    """The reports in a file of data values, and the findings about the file as a whole. Raises Unopenable."""
    said = list(_values(data, limits))
    mapping = Dhis2Codes.of(index.pack)
    if not mapping.rows:
        raise Unopenable(findings.NO_DHIS2_MAPPING.issue())
    problems = _Problems()
    reports: dict[Slot, _Report] = {}
    for each in said:
        report = _report_of(each, mapping, index, reports, problems)
        if report is None:
            continue
        key = mapping.figure(each.data_element, each.option_combo)
        if key is None:
            code = each.data_element + (f" {each.option_combo}" if each.option_combo else "")
            report.problems.add(findings.UNKNOWN_DATA_ELEMENT, each.pointer, code, "dhis2.csv")
        else:
            report.given[key].append((each.pointer, each.value))
    for report in reports.values():
        report.findings += disagreements(report, list(reports.values()), origin, index)
    submissions = [_submission(slot, report) for slot, report in reports.items() if report.given]
    of_file = [*problems.listed(), *(each for report in reports.values() if not report.given for each in report.problems.listed())]
    return submissions, of_file if said else [findings.EMPTY_FILE.at()]


def _values(data: bytes, limits: Limits) -> Iterator[_Said]:
    """Every value of a file: of one set of values, or of several."""
    if len(data) > limits.max_bytes:
        raise Unopenable(findings.TOO_LARGE.issue(found=f"{len(data):,} bytes", expected=f"{limits.max_bytes:,} bytes"))
    try:
        content = json.loads(data.decode("utf-8-sig"), parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise Unopenable(findings.FILE_DAMAGED.issue(found=f"JSON: {error}"[:200])) from None
    sets = [("", content)]
    if isinstance(content, dict) and isinstance(content.get("dataValueSets"), list):
        sets = [(f"/dataValueSets/{place}", each) for place, each in enumerate(content["dataValueSets"])]
    left = limits.max_cells
    for before, each in sets:
        values = each.get("dataValues") if isinstance(each, dict) else None
        if not isinstance(values, list):
            raise Unopenable(findings.NOT_A_WORKBOOK.issue(found="JSON"))
        left -= len(values)
        if left < 0:
            raise Unopenable(findings.TOO_LARGE.issue(found=f"> {limits.max_cells:,}", expected=f"{limits.max_cells:,} dataValues"))
        for place, value in enumerate(values):
            pointer = f"{before}/dataValues/{place}/value"
            if not isinstance(value, dict):
                raise Unopenable(findings.FILE_DAMAGED.issue(found=f"{pointer}: {str(value)[:50]}"))
            if str(value.get("deleted", "")).lower() != "true":
                yield _said(pointer, each, value, limits)


def _said(pointer: str, of_set: Mapping[str, Any], value: Mapping[str, Any], limits: Limits) -> _Said:
    def text(name: str) -> str:
        return bounded(str(value.get(name) or of_set.get(name) or ""), limits)

    combo = bounded(str(value.get("categoryOptionCombo") or ""), limits)
    written = value.get("value")
    return _Said(
        pointer, text("dataSet"), text("orgUnit"), text("period"), text("dataElement"), combo or None,
        bounded(written, limits) if isinstance(written, str) else written,
    )  # fmt: skip


def _report_of(said: _Said, mapping: Dhis2Codes, index: PackIndex, reports: dict[Slot, _Report], problems: _Problems) -> _Report | None:
    """The report that a value belongs to; None when it cannot be told, which is then a finding."""
    pack = index.pack
    period = from_dhis2(said.period)
    if period is None:
        problems.add(findings.UNKNOWN_PERIOD, said.pointer, said.period or "–", _PERIODS)
        return None
    if not pack.head.first_year <= period.year <= pack.head.last_year:
        problems.add(findings.PERIOD_OUT_OF_RANGE, said.pointer, said.period, f"{pack.head.first_year}–{pack.head.last_year}")
        return None
    unit_code = mapping.units.get(said.org_unit)
    if unit_code is None:
        problems.add(findings.UNKNOWN_ORG_UNIT, said.pointer, said.org_unit or "–", "dhis2.csv")
        return None
    unit = pack.unit(unit_code, period.end_date)
    if unit is None:
        problems.add(findings.UNIT_NOT_VALID, said.pointer, unit_code, period.code)
        return None
    form_code = mapping.forms.get(said.data_set)
    form = pack.form_at(form_code, period.end_date) if form_code else None
    if form is None:
        known = form_names(form for form in pack.forms_at(period.end_date) if form.form_code in mapping.forms.values())
        problems.add(findings.UNKNOWN_FORM, said.pointer, f"dataSet {said.data_set or '–'}", known or "dhis2.csv")
        return None
    slot = Slot(unit.unit_code, form.form_code, period)
    if slot not in reports:
        if unit.unit_type not in form.unit_types:
            problems.add(findings.FORM_NOT_FOR_UNIT, said.pointer, unit.unit_type, ", ".join(form.unit_types))
            return None
        if period.type is not form.period_type:
            problems.add(findings.PERIOD_TYPE_MISMATCH, said.pointer, period.code, form.period_type.value)
            return None
        reports[slot] = _Report(unit, index.form(form), period)
    return reports[slot]


def _submission(slot: Slot, report: _Report) -> SubmissionReading:
    """One cell for every figure of the form; a figure that the file does not have is blank and has no address."""
    cells: list[Cell] = []
    found: list[Finding] = []
    left = dict(report.given)
    for figure, expects in _figures(report.form).items():
        indicator, measure, breakdown, role = figure
        given = left.pop((indicator, measure, breakdown), [])
        pointer = given[0][0] if given else ""
        at = CellAddress(SHEET, pointer)
        if len({str(value) for _, value in given}) > 1:
            places = "; ".join(f"{place}: {value}" for place, value in given)
            found.append(findings.DUPLICATE_DATA_VALUE.at(SHEET, pointer, found=places, indicator_code=indicator))
            cells.append(Cell(at, indicator, measure, breakdown, role, Value(State.UNREADABLE, raw=str(given[0][1]))))
            continue
        if not given:
            cells.append(Cell(at, indicator, measure, breakdown, role, ABSENT))
            continue
        parsed = parse_value(_raw(given[0][1]), expects)
        found += [issue.at(at, indicator) for issue in parsed.issues]
        cells.append(Cell(at, indicator, measure, breakdown, role, parsed.value))
    for (indicator, measure, breakdown), given in left.items():
        words = f"{indicator} {measure.value} {breakdown}"
        found.append(findings.FIGURE_NOT_IN_FORM.at(SHEET, given[0][0], found=words, expected=form_names([report.form.form])))
    return SubmissionReading(slot, report.form.form.version, None, tuple(cells), (*report.findings, *report.problems.listed(), *found))


def _figures(form: FormIndex) -> dict[tuple[Any, ...], Expects]:
    """Every figure of a form (indicator, measure, breakdown, role), and what it looks like."""
    figures: dict[tuple[Any, ...], Expects] = {}
    for sheet in form.sheets:
        if sheet.layout.ignored:
            continue
        for row, expected in zip(sheet.sheet.grid, sheet.expects, strict=True):
            for figure, expects in zip(row, expected, strict=True):
                figures.setdefault(figure[:4], expects)
        for fixed in sheet.cells:
            figures.setdefault(fixed.figure[:4], fixed.expects)
    return figures


def _raw(value: object) -> RawCell | None:
    """A value as a cell: numbers as DHIS2 writes them, with a point before decimals; all else is a text."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return RawCell(Kind.BOOLEAN, str(value).lower())
    text = str(value).strip()
    return bare_number(text) or RawCell(Kind.TEXT, text)
