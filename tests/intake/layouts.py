"""The pack of the tests with one more form, LF, whose layout a test chooses; and workbooks of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.intake.workbooks import Grid, head, saved, workbook
from tests.packs import FILES, write_pack

from tonghop.catalog import Pack, read_pack
from tonghop.intake import read_file
from tonghop.model import Cell, Finding, Measure, Reading, SubmissionReading

INDICATORS = """\
BIRTHS,Số trẻ sinh,Births,20,CARE,trẻ,flow,,0,,,,none
DEATHS,Số tử vong,Deaths,21,CARE,ca,flow,,0,,,,down
WEIGHT,Cân nặng trung bình,Mean weight,22,CARE,kg,flow,,2,,,,none
"""
BREAKDOWNS = """\
breakdown_code,sex,age_group,level,other,name_vi,name_en
TOTAL,,,,,Tổng số,Total
F,F,,,,Nữ,Female
M,M,,,,Nam,Male
U5,,<5,,,Dưới 5 tuổi,Under 5
F_U5,F,<5,,,Nữ dưới 5 tuổi,Girls under 5
SEVERE,,,nặng,,Nặng,Severe
"""
LISTED = "LF,1,Biểu mẫu thử,Tried form,station,month,2020-01-01,,\n"
COLUMNS = "form_code,version,sheet,header_vi,measure,breakdown_code,indicator_code,role,zero_words,month\n"
ROWS = "form_code,version,sheet,sort_order,row_code,label_vi,indicator_code,role,zero_words,measure,breakdown_code,month,under\n"
SHEETS = {
    "sheets": "form_code,version,sheet",
    "cells": "form_code,version,sheet,cell,indicator_code,measure,breakdown_code,role,label_cell,label_vi\n",
    "narratives": "form_code,version,sheet,label_vi,topic\n",
}


def write_layout(
    directory: Path,
    *,
    columns: str = "",
    rows: str = "",
    sheets: str | None = None,
    cells: str | None = None,
    narratives: str | None = None,
    forms: str = LISTED,
) -> Path:
    """Write the pack with the lines of the form LF. `sheets` begins with the names of its further columns; other texts are lines only."""
    overrides: dict[str, str | None] = {
        "indicators": FILES["indicators.csv"] + INDICATORS,
        "breakdowns": BREAKDOWNS,
        "forms": _widened(FILES["forms.csv"], "number_style", 1) + forms,
        "form_columns": _widened(FILES["form_columns.csv"], "indicator_code,role,zero_words,month", 4) + columns,
        "form_rows": _widened(FILES["form_rows.csv"], "measure,breakdown_code,month,under", 4) + rows,
        "form_sheets": None if sheets is None else f"{SHEETS['sheets']},{sheets}",
        "form_cells": None if cells is None else SHEETS["cells"] + cells,
        "form_narratives": None if narratives is None else SHEETS["narratives"] + narratives,
    }
    return write_pack(directory, **overrides)


def _widened(text: str, columns: str, count: int) -> str:
    header, *lines = text.splitlines()
    return "\n".join([f"{header},{columns}", *(line + "," * count for line in lines)]) + "\n"


def layout(directory: Path, **parts: str | None) -> Pack:
    """The pack of `write_layout`, read."""
    return read_pack(write_layout(directory, **parts))  # type: ignore[arg-type]


def station(period: str = "Tháng 08/2022", **changed: object) -> Grid:
    """The head of a station's report on LF."""
    lines: dict[str, object] = {"form": "LF v1", "unit": "Trạm Y tế xã Một", "unit_code": "C11", "period": period, **changed}
    return [line for line in head(**lines) if len(line) != 2 or line[1] is not None]  # type: ignore[arg-type]


def district(period: str = "Tháng 08/2022") -> Grid:
    """The head of a list that a district has compiled."""
    return station(period, unit="Huyện An Bình", unit_code="D1")


def read(pack: Pack, **tabs: Grid) -> Reading:
    """The reading of a workbook; `_` in the name of a tab is a space."""
    return read_tabs(pack, {name.replace("_", " "): grid for name, grid in tabs.items()})


def read_tabs(pack: Pack, tabs: dict[str, Grid]) -> Reading:
    return read_file(saved(workbook(tabs)), "bao cao.xlsx", pack)


def the_one(reading: Reading) -> SubmissionReading:
    assert [finding.code for finding in reading.findings] == []
    (submission,) = reading.submissions
    return submission


def values(submission: SubmissionReading) -> dict[str, int | float | None]:
    """Indicator (with breakdown and measure, unless they are the usual ones) -> number."""
    return {_name(cell): float(cell.value.number) if cell.value.number is not None else None for cell in submission.cells}


def _name(cell: Cell) -> str:
    breakdown = "" if cell.breakdown_code == "TOTAL" else f" {cell.breakdown_code}"
    return cell.indicator_code + breakdown + ("" if cell.measure is Measure.VALUE else f" {cell.measure}")


def by_slot(reading: Reading) -> dict[str, dict[str, int | float | None]]:
    return {str(submission.slot): values(submission) for submission in reading.submissions}


def codes(findings: Iterable[Finding]) -> list[str]:
    return [finding.code for finding in findings]
