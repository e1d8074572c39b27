"""Whatever a sheet holds: figures read back, and no number is passed over in silence."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.intake.layouts import by_slot, codes, district, layout, read, station
from tests.intake.workbooks import Grid

from tonghop.catalog import Pack

PLAIN_ROWS = "LF,1,Bảng,1,1,Số trẻ sinh,BIRTHS,,,,,,\nLF,1,Bảng,2,2,Số tử vong,DEATHS,,,,,,\nLF,1,Bảng,3,2a,nữ,DEATHS,,,,F,,2\n"
CELLS = "LF,1,Bảng,D3,BIRTHS,value,,additive,A3,Số trẻ sinh\nLF,1,Bảng,D4,DEATHS,value,,additive,,\n"
LAYOUTS: dict[str, dict[str, str]] = {
    "plain": {"columns": "LF,1,Bảng,Thực hiện,value,,,additive,,\nLF,1,Bảng,Nữ,ytd,,,additive,,\n", "rows": PLAIN_ROWS},
    "units on rows": {
        "columns": "LF,1,Bảng,Số trẻ sinh,value,,BIRTHS,additive,,\nLF,1,Bảng,Số tử vong,value,,DEATHS,additive,,\n",
        "rows": "LF,1,Bảng,1,{unit},{unit},,,,,,,\n",
    },
    "units on columns": {
        "columns": "LF,1,Bảng,{unit} | Tháng 1,value,,,additive,,\nLF,1,Bảng,{unit} | Nữ,ytd,,,additive,,\n",
        "rows": PLAIN_ROWS,
        "sheets": "header_rows\nLF,1,Bảng,2\n",
    },
    "months": {
        "columns": "".join(f"LF,1,Bảng,Tháng {month},value,,,additive,,{month}\n" for month in (1, 2, 3)),
        "rows": PLAIN_ROWS,
    },
    "fixed cells": {"cells": CELLS},
    "fixed cells beside a table": {
        "columns": "LF,1,Bảng,Thực hiện,ytd,,,additive,,\n",
        "rows": PLAIN_ROWS,
        "cells": CELLS,
    },
}
WORDS = ["nữ", "Số trẻ sinh", "Số tử vong", "Tổng cộng", "Khác"]
WORDS += ["TYT xã Một", "TYT Hai", "C12", "1", "2", "2a", "Nhận xét:", "Đơn vị:", "không có", "-", "1.234"]
HEADERS: dict[str, Grid] = {
    "plain": [["Mã", "Chỉ tiêu", "Thực hiện", "Nữ"]],
    "units on rows": [["STT", "Nội dung", "Số trẻ sinh", "Số tử vong"]],
    "units on columns": [["Mã", "Chỉ tiêu", "TYT xã Một", None, "TYT Hai"], [None, None, "Tháng 1", "Nữ", "Nữ"]],
    "months": [["Mã", "Chỉ tiêu", "Tháng 1", "Tháng 2", "Tháng 3"]],
    "fixed cells": [],
    "fixed cells beside a table": [["Mã", "Chỉ tiêu", "Thực hiện"]],
}
SPEAKS_OF_NUMBERS = {"unknown_row", "unknown_column", "unread_numbers", "missing_header", "duplicate_row", "repeated_row"}
SPEAKS_OF_NUMBERS |= {"row_contradiction", "duplicate_column", "figures_after_period", "no_figures", "row_code_changed"}
PACKS: dict[str, Pack] = {}


@pytest.fixture(scope="module", autouse=True)
def _packs(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder: Path = tmp_path_factory.mktemp("layouts")
    PACKS.update({name: layout(folder / name.replace(" ", "_"), **parts) for name, parts in LAYOUTS.items()})


contents = st.one_of(st.none(), st.sampled_from(WORDS), st.integers(100, 3000))
grids = st.lists(st.lists(contents, max_size=6), max_size=9)


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(sorted(LAYOUTS)), st.booleans(), grids, st.integers(0, 9))
@example("fixed cells", False, [["Đơn vị:", 100]], 0)  # looks like a line of the head, which has one already
def test_no_number_is_passed_over_in_silence(name: str, is_list: bool, rows: Grid, header_at: int) -> None:
    grid = rows[:header_at] + HEADERS[name] + rows[header_at:]
    top = district("Quý 1/2022") if is_list else station("Tháng 02/2022")
    reading = read(PACKS[name], Bảng=top[:-1] + grid)
    read_in = [each for submission in reading.submissions for each in (*submission.cells, *submission.narratives)]
    places = {each.at.cell for each in read_in}
    numbers = {
        f"{'ABCDEF'[column]}{row}"
        for row, line in enumerate(grid, start=len(top))
        for column, content in enumerate(line)
        if isinstance(content, int) and column > 0  # the first column holds codes
    }
    told = [*reading.findings, *(finding for submission in reading.submissions for finding in submission.findings)]
    unread = numbers - places
    assert not unread or SPEAKS_OF_NUMBERS & set(codes(told)), (unread, codes(told))
    for submission in reading.submissions:
        keys = [(cell.indicator_code, cell.measure, cell.breakdown_code) for cell in submission.cells]
        assert len(set(keys)) == len(keys)
    slots = [submission.slot for submission in reading.submissions]
    assert len(set(slots)) == len(slots)


figure = st.integers(0, 10**9)


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.sampled_from(["C11", "TYT Hai", "Trạm Y tế xã Ba"]), st.tuples(figure, figure), min_size=1))
def test_any_figures_of_a_list_read_back(rows: dict[str, tuple[int, int]]) -> None:
    table: Grid = [["STT", "Nội dung", "Số tử vong", "Số trẻ sinh"], *([number, *row] for number, row in enumerate(_rows(rows), start=1))]
    reading = read(PACKS["units on rows"], Bảng=station(unit="Tỉnh Thử Nghiệm", unit_code="P") + table)
    units = {"C11": "C11", "TYT Hai": "C12", "Trạm Y tế xã Ba": "C21"}
    assert by_slot(reading) == {
        f"{units[name]} LF 2022-08": {"BIRTHS": births, "DEATHS": deaths} for name, (births, deaths) in rows.items()
    }
    assert [codes(submission.findings) for submission in reading.submissions] == [[]] * len(rows)
    assert reading.findings == ()


def _rows(rows: dict[str, tuple[int, int]]) -> list[list[object]]:
    return [[name, deaths, births] for name, (births, deaths) in rows.items()]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.one_of(st.none(), figure), min_size=3, max_size=3).filter(lambda each: any(value is not None for value in each)))
def test_any_figures_of_months_read_back(births: list[int | None]) -> None:
    table: Grid = [
        ["Mã", "Chỉ tiêu", "Tháng 3", "Tháng 1", "Tháng 2"],
        [1, "Số trẻ sinh", births[2], births[0], births[1]],
        [2, "Số tử vong"],
    ]
    reading = read(PACKS["months"], Bảng=station("Quý 1/2022") + table)
    expected = {f"C11 LF 2022-{month:02d}": value for month, value in enumerate(births, start=1) if value is not None}
    assert {slot: values["BIRTHS"] for slot, values in by_slot(reading).items()} == expected
