"""A folder with everything that goes wrong in one, and what has to become of each file: the ten troubles of the field, built in code."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import xlwt
from tests.intake.workbooks import STATION_FIGURES, Grid, head, saved, station_sheet, station_table, workbook
from tests.packs import FILES, write_pack

STATIONS = tuple(f"C{number}" for number in range(31, 48))
"""Communes of the district D1 beside those of the small pack."""


def name_of(code: str) -> str:
    return f"Trạm Y tế xã Số {code[1:]}"


def write_troubled_pack(directory: Path) -> Path:
    """The small pack with more stations, a sheet of totals that a district compiles, and rules for what intake finds."""
    units = FILES["units.csv"] + "".join(
        f"{code},,{name_of(code)},Commune {code},{number},3,station,D1,2004-01-01,,\n" for number, code in enumerate(STATIONS, 10)
    )
    columns = "".join(
        f"DT,1,TOTAL,{header},{measure},TOTAL\n" for header, measure in (("Thực hiện trong tháng", "value"), ("Cộng dồn", "ytd"))
    )
    rows = "".join(
        f"DT,1,TOTAL,{number},A.{number},{label},{indicator},control,\n"
        for number, (label, indicator) in enumerate((("Lượt khám", "VISITS"), ("Trẻ em", "VISITS_CHILD"), ("Người lớn", "VISITS_ADULT")), 1)
    )
    contradictions = "unit_contradiction, period_contradiction, form_version_not_valid, duplicate_sheet, duplicate_row"
    rules = FILES["rules.yml"].replace("codes: [unreadable]", f"codes: [{contradictions}]")
    rules += """\
- rule: MOVED
  kind: finding
  severity: warning
  codes: [folder_contradiction, sender_contradiction, unknown_row, merged_figure]
  text_vi: Tệp có chỗ cần xem lại
  text_en: Something in the file needs a look
  reason_vi: Nothing is guessed
  reason_en: Nothing is guessed
  owner: Planning office
"""
    pack = write_pack(
        directory,
        units=units,
        forms=FILES["forms.csv"] + "DT,1,Cộng huyện,Totals of a district,district,month,2020-01-01,\n",
        form_columns=FILES["form_columns.csv"] + columns,
        form_rows=FILES["form_rows.csv"] + rows,
        rules=rules,
    )
    (pack / "form_sheets.csv").write_text("form_code,version,sheet,control,stands_in\nDT,1,TOTAL,yes,ST\n", encoding="utf-8")
    return pack


@dataclass(frozen=True)
class Fate:
    """What has to become of a file: the outcome of its loading, findings that it must have, its reports and the verdict on them."""

    outcome: str
    findings: frozenset[str] = frozenset()
    versions: tuple[str, ...] = ()
    verdict: str | None = None
    visits: Mapping[str, int] = field(default_factory=dict)
    """unit -> visits of August that the marts must show"""


def fate(outcome: str, *findings: str, versions: tuple[str, ...] = (), verdict: str | None = None, **visits: int) -> Fate:
    return Fate(outcome, frozenset(findings), versions, verdict, visits)


Figures = Mapping[str, list[Any]]


def figures(child: int, adult: int) -> Figures:
    """Figures of a station; no two calls with other numbers give equal ones."""
    return {
        **STATION_FIGURES,
        "A.1": [child + adult, 60, None, None],
        "A.2": [child, 20, None, None],
        "A.3": [adult, 40, None, None],
    }


def sheet_of(code: str, child: int, adult: int, **changed: Any) -> Grid:
    names = {"C11": "Trạm Y tế xã Một", "C21": "Trạm Y tế xã Ba"}
    return station_sheet(figures(child, adult), **({"unit": names.get(code) or name_of(code), "unit_code": code} | changed))


def one(code: str, child: int, adult: int, **changed: Any) -> bytes:
    return saved(workbook({"Khám bệnh": sheet_of(code, child, adult, **changed)}))


def as_xls(grid: Grid) -> bytes:
    """As Excel 97 saves it."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Khám bệnh")
    for row, cells in enumerate(grid):
        for column, content in enumerate(cells):
            if content is not None:
                sheet.write(row, column, content)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def rearranged() -> bytes:
    """Header in row 14, a column and rows put in between, another order, totals in between, hidden and merged cells, a second table."""
    grid: Grid = [[], *head("ST v2", name_of("C44"), "C44", "Tháng 08/2022"), [], [], []]
    header, *rows = station_table(figures(7, 8))
    moved = [0, 1, 2, 5, 3, 4, 6]
    grid.append(["Ghi chú", *(header[place] for place in moved)])
    for number, row in enumerate(rows):
        grid.append([None, *(row[place] for place in moved)])
        if number == 1:
            grid.append([None, None, "Cộng mục 1", None, None, 15])
    grid += [[], ["Danh bạ"], ["Họ tên", "Chức vụ"], ["An", "Trưởng trạm"]]
    book = workbook({"Khám bệnh": grid})
    sheet = book["Khám bệnh"]
    sheet.row_dimensions[17].hidden = True
    sheet.merge_cells("A1:F1")
    return saved(book)


def hospital_with_two_months() -> bytes:
    visits = ["Mã", "Chỉ tiêu", "Đơn vị tính", "Thực hiện trong tháng", "Cộng dồn"], ["B.1", "Lượt khám", "lượt", 10, 80]
    beds = ["Mã", "Chỉ tiêu", "Đơn vị tính", "Thực hiện trong tháng", "Tỷ lệ %"], ["B.4", "Ngày điều trị", "ngày", 150]
    sheets: dict[str, Grid] = {
        name: [*head("HO v1", "Bệnh viện Đa khoa", "H1", f"Tháng {month}/2022"), *table]
        for name, month, table in (("Khám bệnh", 8, visits), ("Giường bệnh", 7, beds))
    }
    return saved(workbook(sheets))


def with_totals() -> bytes:
    tabs = {f"Trạm {number}": sheet_of(f"C{number}", number, 100) for number in (38, 39, 40)}
    total = [
        ["CỘNG TOÀN HUYỆN"],
        ["Mã", "Chỉ tiêu", "Thực hiện trong tháng", "Cộng dồn"],
        ["A.1", "Lượt khám", 417, None],
        ["A.2", "Trẻ em", 117, None],
        ["A.3", "Người lớn", 300, None],
    ]
    return saved(workbook({**tabs, "TOTAL": total}))


def old_form() -> bytes:
    grid = station_sheet(figures(9, 11), form="ST v1", unit=name_of("C45"), unit_code="C45")
    return saved(workbook({"Khám bệnh": [row[:4] + row[5:] if len(row) > 5 else row for row in grid]}))


def garbled() -> bytes:
    data = one("C31", 1, 2)
    return data[: len(data) // 2]


def protected() -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(400)


def duplicated() -> bytes:
    return saved(workbook({"Khám bệnh": sheet_of("C36", 5, 6), "Khám bệnh (2)": sheet_of("C36", 5, 60)}))


def published_before() -> dict[str, bytes]:
    """The reports of July, long published when the troubled folder comes."""
    july = {"period": "Tháng 07/2022"}
    return {f"2022-07/{code}.xlsx": one(code, number, 50, **july) for number, code in enumerate(("C34", "C46", "C47"), 20)}


ACCEPTED, WARNED, HELD = "accepted", "accepted_with_warnings", "quarantined"

TROUBLES: dict[str, dict[str, tuple[Callable[[], bytes], Fate]]] = {
    "0 nothing is wrong": {
        "2022-08/C31/báo cáo.xlsx": (lambda: one("C31", 1, 2), fate("staged", versions=("C31 ST 2022-08 v1",), verdict=ACCEPTED, C31=3)),
    },
    "1 the file does not open": {
        "C31/cắt ngang.xlsx": (garbled, fate("rejected", "file_damaged")),
        "C31/báo cáo.xlsx.lnk": (lambda: b"\x4c\x00\x00\x00\x01\x14\x02\x00" + bytes(200), fate("rejected", "not_a_workbook")),
        "C31/~$báo cáo.xlsx": (lambda: b"\x05An" + bytes(160), fate("skipped")),
        "C31/bản in.xlsx": (lambda: b"%PDF-1.7 scan of the report", fate("rejected", "not_a_workbook")),
        "C31/có mật khẩu.xlsx": (protected, fate("rejected", "password_protected")),
        "C31/rỗng.xlsx": (lambda: b"", fate("rejected", "empty_file")),
        "C32/excel 97.xls": (
            lambda: as_xls(sheet_of("C32", 2, 3)),
            fate("staged", "limited_reader", versions=("C32 ST 2022-08 v1",), verdict=ACCEPTED, C32=5),
        ),
    },
    "2 the months do not agree": {
        "2022-08/C33 tháng 7-2022.xlsx": (
            lambda: one("C33", 3, 4),
            fate("staged", "period_contradiction", versions=("C33 ST 2022-08 v1",), verdict=HELD),
        ),
        "2022-09/TYT xã Số 41/báo cáo.xlsx": (
            lambda: one("C41", 4, 5),
            fate("staged", "folder_contradiction", versions=("C41 ST 2022-08 v1",), verdict=WARNED, C41=9),
        ),
        "2022-08/bệnh viện.xlsx": (hospital_with_two_months, fate("rejected", "period_contradiction")),
    },
    "3 last month's workbook under a new name": {
        "2022-08/C34 tháng 8-2022.xlsx": (
            lambda: one("C34", 20, 50),
            fate("staged", versions=("C34 ST 2022-08 v1",), verdict=WARNED, C34=70),
        ),
    },
    "4 two files for one report": {
        "2022-08/C35 (1).xlsx": (lambda: one("C35", 4, 4), fate("staged", versions=("C35 ST 2022-08 v1",), verdict=ACCEPTED)),
        "2022-08/C35 final sửa lại.xlsx": (
            lambda: one("C35", 5, 5),
            fate("staged", versions=("C35 ST 2022-08 v2",), verdict=ACCEPTED, C35=10),
        ),
    },
    "5 one facility twice, or under another's name": {
        "2022-08/C36.xlsx": (duplicated, fate("staged", "duplicate_sheet", versions=("C36 ST 2022-08 v1",), verdict=HELD)),
        "2022-08/nhầm trang.xlsx": (
            lambda: saved(workbook({"TYT X. Số 31": sheet_of("C37", 5, 7)})),
            fate("staged", "unit_contradiction", versions=("C37 ST 2022-08 v1",), verdict=HELD),
        ),
    },
    "6 a sheet for each facility and a TOTAL": {
        "2022-08/cả huyện.xlsx": (
            with_totals,
            fate(
                "staged",
                versions=("C38 ST 2022-08 v1", "C39 ST 2022-08 v1", "C40 ST 2022-08 v1", "D1 DT 2022-08 v1"),
                verdict=ACCEPTED,
                C38=138,
                C39=139,
                C40=140,
            ),
        ),
    },
    "7 names that are not known": {
        "2022-08/TYT Mộtt.xlsx": (lambda: one("C11", 6, 6, unit="Trạm Y tế xã Mộtt", unit_code=None), fate("rejected", "unknown_unit")),
        "2022-08/xã Bốn.xlsx": (lambda: one("C21", 6, 7, unit="Trạm Y tế xã Bốn", unit_code=None), fate("rejected", "unknown_unit")),
        "2022-08/viết tắt.xlsx": (
            lambda: one("C42", 6, 8, unit="TYT  X. SỐ 42", unit_code=None),
            fate("staged", versions=("C42 ST 2022-08 v1",), verdict=ACCEPTED, C42=14),
        ),
    },
    "8 rows and columns that moved": {
        "2022-08/C44.xlsx": (
            rearranged,
            fate("staged", "unknown_row", "hidden_row", versions=("C44 ST 2022-08 v1",), verdict=WARNED, C44=15),
        ),
    },
    "9 the old form": {
        "2022-08/C45.xlsx": (old_form, fate("staged", "form_version_not_valid", versions=("C45 ST 2022-08 v1",), verdict=HELD)),
    },
    "10 a correction of what is long published": {
        "2022-08/C46 sửa tháng 7-2022.xlsx": (
            lambda: one("C46", 30, 50, period="Tháng 07/2022"),
            fate("staged", "folder_contradiction", versions=("C46 ST 2022-07 v2",), verdict=WARNED),
        ),
    },
}
FATES = {path: told for trouble in TROUBLES.values() for path, (_, told) in trouble.items()}


def write_files(directory: Path, contents: Mapping[str, bytes], month: int) -> None:
    """Write files, each a minute later than the one before, in a month of 2022."""
    for minute, (path, data) in enumerate(contents.items()):
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        at = datetime(2022, month, 5, 8, minute, tzinfo=UTC).timestamp()
        os.utime(file, (at, at))


def write_troubled_folder(directory: Path) -> None:
    write_files(directory, {path: make() for trouble in TROUBLES.values() for path, (make, _) in trouble.items()}, 9)
