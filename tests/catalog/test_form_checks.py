"""Every check of a form's layout: one fault makes each of them speak, with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.intake.layouts import LISTED, write_layout

from tonghop.catalog import check, read_pack
from tonghop.model import Measure, Role

COLUMN = "LF,1,Bảng,Thực hiện,value,,,additive,,\n"
ROW = "LF,1,Bảng,1,1,Số trẻ sinh,BIRTHS,,,,,,\n"
SECOND_ROW = "LF,1,Bảng,2,2,Số tử vong,DEATHS,,,,,,\n"
OTHER = {"columns": COLUMN + COLUMN.replace("Bảng", "Hai"), "rows": ROW + SECOND_ROW.replace("Bảng", "Hai")}
CELL = "LF,1,Phiếu,D3,BIRTHS,value,,additive,,\n"
LISTS = {"columns": COLUMN, "rows": "LF,1,Bảng,1,{unit},{unit},BIRTHS,,,,,,\n"}
QUARTER = LISTED.replace("month", "quarter")

SOUND: dict[str, dict[str, str]] = {
    "rows and columns": {"columns": COLUMN, "rows": ROW},
    "fixed cells only": {"cells": CELL},
    "role by the sheet": {"columns": COLUMN.replace("additive", ""), "rows": ROW, "sheets": "control\nLF,1,Bảng,yes\n"},
    "list of units": LISTS,
    "months": {"columns": COLUMN.replace(",,\n", ",,1\n") + COLUMN.replace("Thực hiện", "Hai").replace(",,\n", ",,2\n"), "rows": ROW},
    "ignored sheet": {"columns": COLUMN, "rows": ROW, "sheets": "ignored\nLF,1,Hướng dẫn,yes\n"},
    "crossed": {
        "columns": COLUMN.replace("value,,", "value,F,"),
        "rows": ROW.replace("BIRTHS,,,,,,", "BIRTHS,,,,U5,,"),
    },
}


@pytest.mark.parametrize("parts", SOUND.values(), ids=SOUND)
def test_a_layout_that_can_be_read(tmp_path: Path, parts: dict[str, str]) -> None:
    assert check(write_layout(tmp_path, **parts)) == []  # type: ignore[arg-type]


def test_figures_of_a_form_are_what_rows_and_columns_say_together(tmp_path: Path) -> None:
    pack = read_pack(write_layout(tmp_path, **SOUND["crossed"]))  # type: ignore[arg-type]
    form = pack.form("LF", 1)
    assert form is not None
    assert [tuple(figure)[:4] for figure in pack.figures(form)] == [("BIRTHS", Measure.VALUE, "F_U5", Role.ADDITIVE)]
    months = read_pack(write_layout(tmp_path / "months", **SOUND["months"]))  # type: ignore[arg-type]
    assert len(months.figures(form)) == 1  # two cells in the workbook, one in each report


FAULTS: dict[str, tuple[dict[str, str], str]] = {
    "no measure": (
        {"columns": COLUMN.replace("value", ""), "rows": ROW},
        "form_rows.csv:24: row 1, column 'Thực hiện' (form_columns.csv, line 19): measure: neither the row nor the column says",
    ),
    "no role": (
        {"columns": COLUMN.replace("additive", ""), "rows": ROW + SECOND_ROW},
        "form_rows.csv:24: row 1, column 'Thực hiện' (form_columns.csv, line 19): role: neither the row nor the column says;"
        " give it to one of them (1 more cells of the sheet likewise)",
    ),
    "two roles": (
        {"columns": COLUMN, "rows": ROW.replace("BIRTHS,", "BIRTHS,control")},
        "form_rows.csv:24: row 1, column 'Thực hiện' (form_columns.csv, line 19): role: the row says control, the column additive",
    ),
    "two indicators": (
        {"columns": COLUMN.replace("value,,", "value,,DEATHS"), "rows": ROW},
        "form_rows.csv:24: row 1, column 'Thực hiện' (form_columns.csv, line 19): indicator_code: the row says BIRTHS",
    ),
    "no indicator": (
        {"columns": COLUMN, "rows": ROW.replace("BIRTHS", "")},
        "form_rows.csv:24: row 1, column 'Thực hiện' (form_columns.csv, line 19): indicator_code: neither",
    ),
    "breakdowns that exclude each other": (
        {"columns": COLUMN.replace("value,,", "value,F,"), "rows": ROW.replace("BIRTHS,,,,,,", "BIRTHS,,,,M,,")},
        "form_rows.csv:24: row 1, column 'Thực hiện' (form_columns.csv, line 19): the row says the breakdown M, the column F",
    ),
    "breakdowns without a cross": (
        {"columns": COLUMN.replace("value,,", "value,F,"), "rows": ROW.replace("BIRTHS,,,,,,", "BIRTHS,,,,SEVERE,,")},
        "form_rows.csv:24: row 1, column 'Thực hiện' (form_columns.csv, line 19): the row says the breakdown SEVERE, the column F, and no",
    ),
    "unknown breakdown of a row": (
        {"columns": COLUMN, "rows": ROW.replace("BIRTHS,,,,,,", "BIRTHS,,,,X,,")},
        "form_rows.csv:24: breakdown_code: X is no breakdown_code",
    ),
    "month thirteen": (
        {"columns": COLUMN.replace(",,\n", ",,13\n"), "rows": ROW},
        "form_columns.csv:19: column month: found '13'",
    ),
    "months of a quarter": (
        {"columns": COLUMN.replace(",,\n", ",,1\n"), "rows": ROW, "forms": QUARTER},
        "form_rows.csv:24: form LF is a form of a quarter, but has figures of single months",
    ),
    "tabs of months of a quarter": (
        {"columns": COLUMN, "rows": ROW, "forms": QUARTER, "sheets": "one_per\nLF,1,Bảng,month\n"},
        "form_sheets.csv:2: form LF is a form of a quarter, but has figures of single months",
    ),
    "months in tabs of months": (
        {"columns": COLUMN.replace(",,\n", ",,1\n"), "rows": ROW, "sheets": "one_per\nLF,1,Bảng,month\n"},
        "form_sheets.csv:2: one_per: a sheet for each month, and months on its rows",
    ),
    "with and without a month": (
        {
            "columns": COLUMN.replace(",,\n", ",,1\n"),
            "rows": ROW,
            "cells": CELL,
        },
        "form_cells.csv:2: BIRTHS (value, TOTAL) stands in form LF version 1 with and without a month",
    ),
    "figure twice": (
        {"columns": COLUMN, "rows": ROW, "cells": CELL},
        "form_cells.csv:2: BIRTHS (value, TOTAL) stands twice in form LF version 1, here and in form_rows.csv line 24",
    ),
    "cell without a role": ({"cells": CELL.replace("additive", "")}, "form_cells.csv:2: role: neither the cell nor its sheet says"),
    "no cell": ({"cells": CELL.replace("D3", "3D")}, "form_cells.csv:2: column cell: found '3D'; a cell such as C4 is expected"),
    "cell twice": (
        {"cells": CELL + CELL.replace("BIRTHS", "DEATHS")},
        "form_cells.csv:3: the same form_code, version, sheet, cell stands in line 2",
    ),
    "label without a place": (
        {"cells": CELL.replace("additive,,", "additive,,Trẻ")},
        "form_cells.csv:2: label_cell and label_vi stand together",
    ),
    "label in a figure": ({"cells": CELL.replace("additive,,", "additive,D3,Trẻ")}, "form_cells.csv:2: label_cell: D3 holds a figure"),
    "figure in the head": (
        {"cells": CELL, "sheets": "unit_cell\nLF,1,Phiếu,D3\n"},
        "form_cells.csv:2: cell: D3 is the unit_cell of the sheet",
    ),
    "unit in the code only": (
        {"columns": COLUMN, "rows": ROW.replace("1,1,Số", "1,{unit},Số")},
        "form_rows.csv:24: {unit} stands for the code and the label of a unit",
    ),
    "a row for no unit": (
        {**LISTS, "rows": LISTS["rows"] + SECOND_ROW},
        "form_rows.csv:25: the row in line 24 stands for every unit, but others of sheet Bảng for none",
    ),
    "a column for no unit": (
        {"columns": COLUMN.replace("Thực hiện", "{unit}") + COLUMN.replace("value", "ytd"), "rows": ROW},
        "form_columns.csv:20: the column in line 19 stands for every unit",
    ),
    "units on both": (
        {**LISTS, "columns": COLUMN.replace("Thực hiện", "{unit}")},
        "form_columns.csv:19: {unit} stands on the columns and on the rows",
    ),
    "units in tabs of units": (
        {**LISTS, "sheets": "one_per\nLF,1,Bảng,unit\n"},
        "form_columns.csv:19: {unit}: there is one sheet Bảng per unit",
    ),
    "units and none": (
        {"columns": LISTS["columns"] + COLUMN.replace("Bảng", "Hai"), "rows": LISTS["rows"] + SECOND_ROW.replace("Bảng", "Hai")},
        "form_rows.csv:24: {unit}: the figures of sheet Bảng belong to many units, those of Hai",
    ),
    "a unit among words": (
        {"columns": COLUMN.replace("Thực hiện", "Của {unit}"), "rows": ROW},
        "form_columns.csv:19: header_vi: {unit} stands for all that is written in one cell",
    ),
    "header too high": (
        {"columns": COLUMN.replace("Thực hiện", "Tháng | Thực hiện"), "rows": ROW},
        "form_columns.csv:19: header_vi: 'Tháng | Thực hiện' has 2 texts, but the header of the sheet is 1 high",
    ),
    "under nothing": (
        {"columns": COLUMN, "rows": ROW.replace("BIRTHS,,,,,,", "BIRTHS,,,,,,9")},
        "form_rows.csv:24: under: 9 is no other row_code of sheet Bảng",
    ),
    "two of one label under one row": (
        {
            "columns": COLUMN,
            "rows": ROW + "LF,1,Bảng,2,2,nữ,BIRTHS,,,,F,,1\nLF,1,Bảng,3,3,Nữ,DEATHS,,,,F,,1\n",
        },
        "form_rows.csv:26: label_vi: 'Nữ' stands also in line 25",
    ),
    "labels that repeat": (
        {
            "columns": COLUMN,
            "rows": ROW + SECOND_ROW.replace("Số tử vong", "Số trẻ sinh"),
            "sheets": "rows_by\nLF,1,Bảng,label\n",
        },
        "form_rows.csv:25: label_vi: 'Số trẻ sinh' stands also in line 24",
    ),
    "sheet without anything": (
        {"columns": COLUMN, "rows": ROW, "sheets": "optional\nLF,1,Trống,yes\n"},
        "form_sheets.csv:2: sheet Trống of form LF version 1 has neither rows nor cells",
    ),
    "ignored with rows": (
        {"columns": COLUMN, "rows": ROW, "sheets": "ignored\nLF,1,Bảng,yes\n"},
        "form_sheets.csv:2: sheet Bảng of form LF version 1 is ignored, but has rows",
    ),
    "header of no table": (
        {"cells": CELL, "sheets": "header_row\nLF,1,Phiếu,3\n"},
        "form_sheets.csv:2: header_row and rows_by say how a table is found",
    ),
    "guest of itself": (
        {"columns": COLUMN, "rows": ROW, "sheets": "stands_in\nLF,1,Bảng,LF\n"},
        "form_sheets.csv:2: stands_in: LF is this form itself",
    ),
    "guest of nobody": (
        {"columns": COLUMN, "rows": ROW, "sheets": "stands_in\nLF,1,Bảng,XX\n"},
        "form_sheets.csv:2: stands_in: XX is no form_code in forms.csv",
    ),
    "guest of another period": (
        {"columns": COLUMN, "rows": ROW, "forms": QUARTER, "sheets": "stands_in\nLF,1,Bảng,ST\n"},
        "form_sheets.csv:2: stands_in: ST is a form of a month, this one of a quarter",
    ),
    "a tab a unit and another": (
        {**OTHER, "sheets": "one_per\nLF,1,Bảng,unit\n"},
        "form_sheets.csv:2: one_per: there is one Bảng per unit, but not of every sheet of form LF",
    ),
    "one name for two sheets": (
        {**OTHER, "sheets": "other_names\nLF,1,Bảng,hai\n"},
        "form_sheets.csv: 'Hai' names sheet Hai of form LF version 1 and its sheet Bảng",
    ),
    "layout twice": (
        {"columns": COLUMN, "rows": ROW, "sheets": "optional\nLF,1,Bảng,\nLF,1,Bảng,yes\n"},
        "form_sheets.csv:3: the same form_code, version, sheet stands in line 2",
    ),
    "layout of no form": (
        {"columns": COLUMN, "rows": ROW, "sheets": "ignored\nLG,1,Bảng,yes\n"},
        "form_sheets.csv:2: form LG version 1 is not in forms.csv",
    ),
    "unknown column": (
        {"columns": COLUMN, "rows": ROW, "sheets": "colour\nLF,1,Bảng,red\n"},
        "form_sheets.csv:1: unknown column colour; expected the header form_code,version,sheet (which may also have other_names",
    ),
    "free text twice": (
        {"columns": COLUMN, "rows": ROW, "narratives": "LF,1,Bảng,Nhận xét,A\nLF,1,Bảng,NHẬN XÉT,B\n"},
        "form_narratives.csv:3: the same form_code, version, sheet, label_vi stands in line 2",
    ),
    "number style": (
        {"columns": COLUMN, "rows": ROW, "forms": LISTED.replace(",,\n", ",,fr\n")},
        "forms.csv:6: column number_style: found 'fr'; one of",
    ),
}


@pytest.mark.parametrize(("parts", "problem"), FAULTS.values(), ids=FAULTS)
def test_a_layout_that_contradicts_itself(tmp_path: Path, parts: dict[str, str], problem: str) -> None:
    problems = check(write_layout(tmp_path, **parts))  # type: ignore[arg-type]
    assert [line for line in problems if line.startswith(problem)], problems
