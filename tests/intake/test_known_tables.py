"""Tables that stood in a workbook before are read in one go: that must change nothing about what is read, nor how it is written down."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.intake.workbooks import STATION_FIGURES, Grid, saved, shared, station_sheet, workbook

from tonghop.catalog import Pack
from tonghop.intake import form_index, known_sheets, read_file
from tonghop.model import FramedCells, Reading
from tonghop.readers.lines import write_lines
from tonghop.remembered import Remembered

SHEET = "Khám bệnh"
HEADER = 8
"""Where the header row stands in `station_sheet`, from 0."""

NUMBERS = [0, 3, 17, 1_448, 66.46, -2, 0.5, 1e15, 12_345.5]
TEXTS = ["1.448", "2.066.356", "2066.356", "12 lượt", "7/10", "-", "x", "không có", "Cộng dồn", "Lượt khám", "A.1", "Đơn vị:", "", "%s 5%"]
WORDS = ["Trẻ em", "trẻ  em", "Nhận xét:", "STT", "Chỉ tiêu", "Thực hiện trong tháng", "A.2", "ca", "Trạm Y tế xã Hai", "Tháng 07/2022"]


@pytest.fixture(autouse=True)
def _nothing_is_known() -> Iterator[None]:
    forget()
    yield
    forget()


def forget() -> None:
    """As a process that has read nothing."""
    form_index._indexes.clear()
    known_sheets._layouts.clear()
    known_sheets._met.clear()


def book(grid: Grid) -> bytes:
    return shared({SHEET: grid})


def read(data: bytes, pack: Pack) -> Reading:
    return read_file(data, "bao cao.xlsx", pack)


def read_anew(data: bytes, pack: Pack) -> Reading:
    """Row by row and cell by cell."""
    forget()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(known_sheets, "_LARGEST", 0)
        patch.setattr(Remembered, "__setitem__", lambda *_: None)  # nothing is remembered
        return read(data, pack)


def learn(grid: Grid, pack: Pack) -> None:
    """Read a workbook as often as it takes to know its table."""
    for _ in range(3):
        read(book(grid), pack)


def is_known(reading: Reading) -> bool:
    (submission,) = reading.submissions
    return isinstance(submission.cells, FramedCells)


def codes(reading: Reading) -> set[str]:
    return {finding.code for submission in reading.submissions for finding in submission.findings}


def grid_with(*figures: Any, **changed: Any) -> Grid:
    """The station's sheet with these figures in place of the first ones."""
    table = deepcopy(STATION_FIGURES)
    table["A.1"][: len(figures)] = figures
    return station_sheet(table, **changed)


def test_a_known_table_is_read_in_one_go(pack: Pack) -> None:
    learn(station_sheet(), pack)
    other = book(grid_with(5, 0, 77, 1448, unit="TYT xã Hai", unit_code="C12", period="Tháng 09/2022", as_of="30/09/2022"))
    reading = read(other, pack)
    assert is_known(reading)
    assert str(reading.submissions[0].slot) == "C12 ST 2022-09"
    assert [cell.value.number for cell in reading.submissions[0].cells[:4]] == [5, 0, 77, 1448]
    anew = read_anew(other, pack)
    assert reading == anew and not is_known(anew)
    assert write_lines(reading.submissions[0].cells) == write_lines(anew.submissions[0].cells)


def test_what_stands_around_the_table_is_free(pack: Pack) -> None:
    learn(station_sheet(), pack)
    other = station_sheet(unit="Trạm Y tế xã Hai", unit_code="C12")
    other[-1][1] = "Thiếu thuốc"
    reading = read(book(other), pack)
    assert is_known(reading)
    assert [each.text for each in reading.submissions[0].narratives] == ["Thiếu thuốc"]


def test_a_header_above_the_known_one_is_found(pack: Pack) -> None:
    plain, other = station_sheet(), station_sheet()
    plain.insert(HEADER - 1, ["Ghi:", "a", "b"])
    other.insert(HEADER - 1, ["Ghi:", "Cộng dồn", "Kế hoạch năm"])
    learn(plain, pack)
    assert is_known(read(book(plain), pack))
    data = book(other)  # once: it says when it was saved
    reading = read(data, pack)
    assert not is_known(reading)
    assert reading == read_anew(data, pack)


@pytest.mark.parametrize("figure", [-5, 1.5, 10**15])
def test_a_figure_with_a_finding_is_read_the_usual_way(pack: Pack, figure: float) -> None:
    learn(station_sheet(), pack)
    other = book(grid_with(figure))
    reading = read(other, pack)
    assert not is_known(reading) and codes(reading)
    assert reading == read_anew(other, pack)


def test_other_words_are_another_table(pack: Pack) -> None:
    learn(station_sheet(), pack)
    grid = station_sheet()
    grid[HEADER + 1][1], grid[HEADER + 2][1] = grid[HEADER + 2][1], grid[HEADER + 1][1]
    other = book(grid)
    reading = read(other, pack)
    assert not is_known(reading) and codes(reading) == {"row_contradiction"}
    assert reading == read_anew(other, pack)


@pytest.mark.parametrize(("cells", "known"), [("A1:C1", True), ("D10:E10", False)])
def test_merged_cells_matter_where_the_table_is(pack: Pack, cells: str, known: bool) -> None:
    merged = workbook({SHEET: station_sheet()})
    merged[SHEET].merge_cells(cells)
    readings = [read(saved(merged), pack) for _ in range(4)]
    assert is_known(readings[-1]) == known
    assert readings[-1].submissions == readings[0].submissions
    assert codes(readings[-1]) == (set() if known else {"merged_figure"})


same_kind = {int: st.sampled_from(NUMBERS), float: st.sampled_from(NUMBERS), str: st.sampled_from(TEXTS + WORDS)}


@st.composite
def alike(draw: st.DrawFn, grid: Grid, most: int) -> Grid:
    """A sheet with other numbers in place of some numbers and other words in place of some words."""
    changed = deepcopy(grid)
    filled = [(row, column) for row, line in enumerate(grid) for column, content in enumerate(line) if content is not None]
    in_table = [(row, column) for row, column in filled if row > HEADER and column > 2 and row < len(grid) - 1]
    for row, column in draw(st.lists(st.sampled_from(in_table) | st.sampled_from(filled), max_size=most)):
        changed[row][column] = draw(same_kind[type(grid[row][column])])
    return changed


@st.composite
def sheets(draw: st.DrawFn) -> list[Grid]:
    """A sheet as it is learnt, and others of its layout."""
    table = deepcopy(STATION_FIGURES)
    for code in table:
        if draw(st.booleans()):
            table[code][draw(st.integers(0, 3))] = draw(st.sampled_from(["1.448", "12", "0", "33", None, 5]))
    first = station_sheet(table)
    if draw(st.integers(0, 3)) == 0:
        first.insert(
            draw(st.integers(HEADER, len(first))), draw(st.sampled_from([["I", "Khám bệnh"], ["Ghi chú:", "x"], [None, "Tổng", None, 5]]))
        )
    return [first, *draw(st.lists(alike(first, 3), min_size=1, max_size=3))]


@settings(max_examples=100, deadline=None)
@given(sheets())
def test_a_workbook_reads_the_same_whether_its_table_is_known_or_not(pack: Pack, several: list[Grid]) -> None:
    forget()
    learn(several[0], pack)
    books = list(map(book, several))
    readings = [read(data, pack) for data in books]
    assert readings == [read_anew(data, pack) for data in books]
    for submission in (submission for reading in readings for submission in reading.submissions):
        assert write_lines(submission.cells) == write_lines(tuple(submission.cells))
