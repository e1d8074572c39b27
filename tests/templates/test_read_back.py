"""What a template asks for and a person types is what intake reads, without a finding."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import openpyxl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.templates.typing_in import boxes_in, pages_in, typed

from tonghop.catalog import Pack
from tonghop.intake import read_file
from tonghop.model import Cell, Finding, Period, Slot, State
from tonghop.templates import FileOfUnit, make_template
from tonghop.templates.layout import Box, Quantity

LAYOUTS = [
    ("AGES", "H1"),
    ("LIST", "D1"),
    ("COLUMNS", "P"),
    ("TABS", "D1"),
    ("TABS", "C11"),
    ("MONTHS", "H2"),
    ("MONTHTABS", "P"),
    ("CELLS", "H1"),
]
FORMS = [
    *(("layouts", form, unit, "2022-03") for form, unit in LAYOUTS),
    ("province", "TYT", "HG-CT-01", "2022-01"),
    ("province", "TTYT", "HG-CT-TTYT", "2022-08"),
    ("province", "BC-TINH", "HG", "2022-08"),
    ("district", "TRAM", "HH-01", "2024-Q1"),
    ("district", "TTYT", "HH-TTYT", "2024-Q2"),
    ("district", "BC-HUYEN", "HH", "2024-Q1"),
]

_made: dict[tuple[str, str, str], tuple[FileOfUnit, list[Box]]] = {}


def template(pack: Pack, form: str, unit: str, period: str) -> tuple[FileOfUnit, list[Box]]:
    """A template and its boxes, made once."""
    key = form, unit, period
    if key not in _made:
        made = make_template(pack, form, unit, Period.parse(period))
        _made[key] = made, boxes_in(pack, made)
    return _made[key]


@cache
def figures_of(decimals: int, percent: bool, signed: bool) -> st.SearchStrategy[Any]:
    """What may be typed into a box of a kind, as the instructions say."""
    places = 2 if percent else decimals
    lowest = -(10**9) if signed else 0
    numbers = st.integers(lowest * 10**places, 10 ** (9 + places)).map(lambda number: Decimal(number).scaleb(-places))
    small = st.integers(0, 300).map(lambda number: Decimal(number).scaleb(-places))
    return st.one_of(numbers, small, st.sampled_from([Decimal(0), None, "x", "X", "<10", "<1%", "-"]))


def meant(figure: Any) -> tuple[State, Decimal | None]:
    """What a typed figure means."""
    match figure:
        case None | "-":
            return State.BLANK, None
        case "x" | "X":
            return State.NOT_APPLICABLE, None
        case str():
            return State.SUPPRESSED, None
        case _:
            return (State.NUMBER, figure) if figure else (State.ZERO, Decimal(0))


def read(pack: Pack, made: FileOfUnit, content: bytes) -> tuple[dict[Quantity, Cell], list[Finding]]:
    """The cells that intake reads, by what they are for, and all its findings."""
    reading = read_file(content, made.file_name, pack)
    cells = {
        Quantity(submission.slot, cell.indicator_code, cell.breakdown_code, cell.measure): cell
        for submission in reading.submissions
        for cell in submission.cells
    }
    return cells, [*reading.findings, *(finding for submission in reading.submissions for finding in submission.findings)]


SAYS_NOTHING = {"unit_without_figures", "no_figures"}
"""Findings about a unit or month of a list in whose boxes nothing stands: not reported."""


@pytest.mark.parametrize(("pack_name", "form", "unit", "period"), FORMS)
@given(data=st.data())
@settings(max_examples=4, deadline=None, phases=[Phase.reuse, Phase.generate])  # shrinking a workbook takes minutes
def test_what_is_typed_is_read(
    request: pytest.FixtureRequest, pack_name: str, form: str, unit: str, period: str, data: st.DataObject
) -> None:
    pack: Pack = request.getfixturevalue(pack_name)
    made, boxes = template(pack, form, unit, period)
    kinds = {figures_of(box.expects.decimals, box.expects.percent, box.expects.signed) for box in boxes}
    pools = {kind: data.draw(st.lists(kind, min_size=1, max_size=12)) for kind in kinds}
    start = data.draw(st.integers(0, 1000))
    figures = {}
    for place, box in enumerate(boxes, start=start):
        pool = pools[figures_of(box.expects.decimals, box.expects.percent, box.expects.signed)]
        figures[box] = pool[place % len(pool)]
    cells, findings = read(pack, made, typed(made.content, figures))

    reported: set[Slot] = {box.quantity.slot for box, figure in figures.items() if meant(figure)[0] is not State.BLANK}
    for box, figure in figures.items():
        if box.quantity.slot in reported or box.quantity in cells:
            cell = cells[box.quantity]
            assert (cell.value.state, cell.value.number) == meant(figure), box
            assert (cell.at.sheet, box.row) == (box.page, int("".join(filter(str.isdigit, cell.at.cell))))
    silent = {box.quantity.slot for box in boxes} - reported
    assert [finding for finding in findings if not (silent and finding.code in SAYS_NOTHING)] == []


@pytest.mark.parametrize(("pack_name", "form", "unit", "period"), FORMS)
def test_an_untouched_template_reports_nothing(request: pytest.FixtureRequest, pack_name: str, form: str, unit: str, period: str) -> None:
    pack: Pack = request.getfixturevalue(pack_name)
    made, boxes = template(pack, form, unit, period)
    cells, findings = read(pack, made, made.content)
    given_before = {cell.measure.value for cell in cells.values() if cell.value.state is not State.BLANK}
    assert given_before <= {"plan"}
    assert {finding.code for finding in findings} <= SAYS_NOTHING
    assert {box.quantity for box in boxes} >= cells.keys()


def test_every_figure_of_a_form_has_a_box(province: Pack, district: Pack, layouts: Pack) -> None:
    packs = {"province": province, "district": district, "layouts": layouts}
    for pack_name, form_code, unit, period in FORMS:
        pack = packs[pack_name]
        _, boxes = template(pack, form_code, unit, period)
        form = pack.form_at(form_code, Period.parse(period).end_date)
        assert form is not None
        wanted = {(figure.indicator_code, figure.measure, figure.breakdown_code) for figure in pack.figures(form)}
        there = {(box.quantity.indicator_code, box.quantity.measure, box.quantity.breakdown_code) for box in boxes}
        assert there >= wanted


def test_date_and_remarks_are_read(layouts: Pack, province: Pack) -> None:
    for pack, form, unit, period, topics in (
        (layouts, "AGES", "H1", "2022-03", ["difficulties", "proposals"]),
        (layouts, "CELLS", "H1", "2022-03", ["Nhận xét"]),  # below its table, not on the sheet that has none
        (province, "TYT", "HG-CT-01", "2022-03", ["Nhận xét"]),
    ):
        made, _ = template(pack, form, unit, period)
        book = openpyxl.load_workbook(io.BytesIO(typed(made.content, {})))
        fields = [(page, field) for page in pages_in(pack, made) for field in page.fields]
        for page, field in fields:
            text = f"Trang {page.name}, dòng {field.row}"
            book[page.name].cell(field.row, field.column).value = date(2022, 4, 4) if field.is_date else text
        buffer = io.BytesIO()
        book.save(buffer)
        reading = read_file(buffer.getvalue(), made.file_name, pack)
        (submission,) = reading.submissions
        assert (submission.as_of_date, submission.findings, reading.findings) == (date(2022, 4, 4), (), ())
        said = [(narrative.topic, narrative.text) for narrative in submission.narratives]
        assert said == list(zip(topics, [f"Trang {page.name}, dòng {field.row}" for page, field in fields if field.is_long], strict=True))
