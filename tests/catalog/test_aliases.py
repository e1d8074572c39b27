"""Other texts for units and parts of forms, abbreviations, and who sends for whom."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from tests.packs import write_pack

from tonghop.catalog import abbreviate, check, read_pack

AT = date(2022, 8, 31)


def with_file(directory: Path, name: str, *lines: str) -> Path:
    write_pack(directory)
    (directory / name).write_text("\n".join([*lines, ""]), encoding="utf-8")
    return directory


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("TYT xã Một", "Trạm Y tế xã Một"),
        ("tyt X. Một", "TRẠM Y TẾ XÃ MỘT"),
        ("TTYT H. Hòa Lợi", "Trung tâm Y tế huyện Hoà Lợi"),
        ("BVĐK tỉnh", "Bệnh viện Đa khoa tỉnh"),
        ("BV Sản Nhi", "Bệnh viện Sản Nhi"),
        ("TT Hai", "Thị trấn Hai"),
        ("TX.Long Mỹ", "Thị xã Long Mỹ"),
        ("TP. Vị Thanh", "Thành phố Vị Thanh"),
        ("TYT P5", "Trạm Y tế phường 5"),
        ("PKĐK khu vực Một", "Phòng khám đa khoa khu vực Một"),
    ],
)
def test_a_name_in_short_is_the_name_in_full(short: str, full: str) -> None:
    assert abbreviate(short) == abbreviate(full)


@pytest.mark.parametrize(
    ("one", "other"), [("TYT xã Một", "TYT thị trấn Một"), ("TYT Một", "TYT xã Một"), ("Xã Ma", "Xã Má"), ("P5", "P15")]
)
def test_what_is_another_name_stays_another(one: str, other: str) -> None:
    assert abbreviate(one) != abbreviate(other)


def test_an_abbreviation_that_two_units_share_names_both(tmp_path: Path) -> None:
    pack = read_pack(write_pack(tmp_path))
    assert [unit.unit_code for unit in pack.units_named("TYT X. Ba", AT)] == ["C21"]
    assert [unit.unit_code for unit in pack.units_named("BV Sản Nhi", AT)] == ["H2"]
    assert pack.units_named("Sản Nhi", AT) == ()


def test_senders_have_units_for_a_time(tmp_path: Path) -> None:
    lines = ("sender,unit_code,valid_from,valid_to", "an.binh@example.org,D1,2022-01-01,", "hoa,D2,,", "hoa,H1,,2022-01-01")
    pack = read_pack(with_file(tmp_path, "senders.csv", *lines))
    assert [unit.unit_code for unit in pack.units_of_sender("An.Binh@example.org", AT)] == ["D1"]
    assert pack.units_of_sender("an.binh@example.org", date(2021, 8, 31)) == ()
    assert [unit.unit_code for unit in pack.units_of_sender("hoa", date(2021, 8, 31))] == ["D2", "H1"]
    assert pack.units_of_sender("nobody", AT) == ()


@pytest.mark.parametrize(
    ("file", "lines", "told"),
    [
        ("senders.csv", ("sender,unit_code,valid_from,valid_to", "x,Z9,,"), "senders.csv:2: unit_code: Z9 is no unit_code"),
        ("senders.csv", ("sender,unit_code,valid_from,valid_to", "x,C22,2022-07-01,"), "senders.csv:2: unit_code: C22 does not exist"),
        ("senders.csv", ("sender,unit_code,valid_from,valid_to", "x,D1,,", "X,D1,,"), "senders.csv:3: the same sender"),
        ("form_aliases.csv", ("form_code,sheet,part,name,alias", "ST,Khám,row,A.1,Số lượt khám"), "form_aliases.csv:2: sheet: no version"),
        (
            "form_aliases.csv",
            ("form_code,sheet,part,name,alias", "ST,Khám bệnh,row,A.9,Lượt"),
            "form_aliases.csv:2: name: A.9 is no row_code",
        ),
        (
            "form_aliases.csv",
            ("form_code,sheet,part,name,alias", "ST,Khám bệnh,row,A.1,TRẺ EM"),
            "form_aliases.csv:2: alias: 'TRẺ EM' is the text of A.2",
        ),
        (
            "form_aliases.csv",
            ("form_code,sheet,part,name,alias", "ST,Khám bệnh,row,A.1,Lượt KB", "ST,Khám bệnh,row,A.2,lượt kb"),
            "form_aliases.csv:3: alias: 'lượt kb' stands also in line 2",
        ),
        ("form_aliases.csv", ("form_code,sheet,part,name,alias", "ST,Khám bệnh,row,,Lượt KB"), "form_aliases.csv:2: name is the row_code"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, file: str, lines: tuple[str, ...], told: str) -> None:
    assert [problem for problem in check(with_file(tmp_path, file, *lines)) if problem.startswith(told)]


def test_aliases_of_a_sheet(tmp_path: Path) -> None:
    lines = (
        "form_code,sheet,part,name,alias",
        "ST,Khám bệnh,row,A.1,Số lượt KB",
        "ST,Khám bệnh,sheet,,KB",
        "ST,Khám bệnh,column,Cộng dồn,Luỹ kế",
    )
    pack = read_pack(with_file(tmp_path, "form_aliases.csv", *lines))
    assert [(alias.part, alias.alias) for alias in pack.aliases("ST", "Khám bệnh")] == [
        ("row", "Số lượt KB"),
        ("sheet", "KB"),
        ("column", "Luỹ kế"),
    ]
    assert pack.aliases("ST", "Giường bệnh") == ()
