"""What folders, file names and senders say against the content, and what is proposed for a text that is not known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.intake.workbooks import STATION_FIGURES, head, saved, station_file, station_head, station_sheet, workbook
from tests.packs import edited, write_pack

from tonghop.catalog import Pack, read_pack
from tonghop.intake import read_file
from tonghop.model import Candidate, Finding, Proposal, Reading

SENDERS = "sender,unit_code,valid_from,valid_to\nan.binh@example.org,D1,,\nhoa.loi,D2,,2022-08-01\n"


def pack_with(directory: Path, *, senders: str = "", aliases: str = "", **overrides: str) -> Pack:
    write_pack(directory, **overrides)
    if senders:
        (directory / "senders.csv").write_text(senders, encoding="utf-8")
    if aliases:
        (directory / "form_aliases.csv").write_text(f"form_code,sheet,part,name,alias\n{aliases}\n", encoding="utf-8")
    return read_pack(directory)


def read(data: bytes, pack: Pack, path: str = "report.xlsx", sender: str | None = None) -> Reading:
    return read_file(data, path, pack, sender=sender)


def all_of(reading: Reading) -> list[Finding]:
    return [*reading.findings, *(finding for submission in reading.submissions for finding in submission.findings)]


def codes(reading: Reading) -> list[str]:
    return [finding.code for finding in all_of(reading)]


def the(reading: Reading, code: str) -> Finding:
    (finding,) = [finding for finding in all_of(reading) if finding.code == code]
    return finding


# Folders and the name of the file


@pytest.mark.parametrize(
    "path",
    [
        "2022-08/C11/bao cao.xlsx",
        "2022/Tháng 8/TYT xã Một/bao cao.xlsx",
        "Nam 2022/T8/bao cao.xlsx",
        "2022-Q3/Huyện An Bình/bao cao.xlsx",
        "nop/moi/2022/08/bao cao.xlsx",
        "TYT xa Mot/bao cao thang 8-2022.xlsx",
        "D1/An Binh/C11.xlsx",
    ],
)
def test_folders_that_agree_or_say_nothing(path: str, pack: Pack) -> None:
    assert codes(read(station_file(), pack, path)) == []


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("2022-07/bao cao.xlsx", "Khám bệnh!B6: 2022-08; 2022-07/: 2022-07"),
        ("2022/Tháng 9/bao cao.xlsx", "Khám bệnh!B6: 2022-08; 2022/: 2022; Tháng 9/: 2022-09"),
        ("2022-07/C11 T8-2022.xlsx", "Khám bệnh!B6: 2022-08; C11 T8-2022.xlsx: 2022-08; 2022-07/: 2022-07"),
        ("C21/bao cao.xlsx", "Khám bệnh!B5: C11 (Trạm Y tế xã Một); C21/: C21"),
        ("2022-08/TYT xã Ba/bao cao.xlsx", "Khám bệnh!B5: C11 (Trạm Y tế xã Một); TYT xã Ba/: C21"),
        ("Huyện Hòa Lợi/bao cao.xlsx", "Khám bệnh!B5: C11 (Trạm Y tế xã Một); Huyện Hòa Lợi/: D2"),
    ],
)
def test_a_folder_that_says_something_else_is_a_warning_with_all_the_evidence(path: str, found: str, pack: Pack) -> None:
    finding = the(read(station_file(), pack, path), "folder_contradiction")
    assert (finding.found, finding.severity) == (found, "warning")


@pytest.mark.parametrize(
    ("path", "code", "found"),
    [
        (
            "2022-08/C11 thang 7-2022.xlsx",
            "period_contradiction",
            "Khám bệnh!B6: 2022-08; C11 thang 7-2022.xlsx: 2022-07; 2022-08/: 2022-08",
        ),
        ("TYT xa Ba thang 8-2022.xlsx", "unit_contradiction", "Khám bệnh!B5: C11 (Trạm Y tế xã Một); TYT xa Ba thang 8-2022.xlsx: C21"),
    ],
)
def test_a_file_name_that_says_something_else_is_critical(path: str, code: str, found: str, pack: Pack) -> None:
    finding = the(read(station_file(), pack, path), code)
    assert (finding.found, finding.severity) == (found, "critical")


# The sender


@pytest.mark.parametrize("sender", [None, "an.binh@example.org", "AN.BINH@example.org"])
def test_a_sender_sends_for_all_units_below_his_own(sender: str | None, tmp_path: Path) -> None:
    assert codes(read(station_file(), pack_with(tmp_path, senders=SENDERS), sender=sender)) == []


def test_a_sender_who_sends_for_others_is_a_warning(tmp_path: Path) -> None:
    sheet = station_sheet(unit="Trạm Y tế xã Ba", unit_code="C21")
    finding = the(read(station_file(sheet), pack_with(tmp_path, senders=SENDERS), sender="an.binh@example.org"), "sender_contradiction")
    assert finding.severity == "warning"
    assert finding.text_en == (
        "File: an.binh@example.org: D1 (Huyện An Bình) sent figures of C21 (Trạm Y tế xã Ba), "
        "which are not below the units that this sender sends for. Ask the sender."
    )


def test_an_unknown_sender_is_proposed_for_the_unit_of_the_file(tmp_path: Path) -> None:
    finding = the(read(station_file(), pack_with(tmp_path, senders=SENDERS), sender="hoa.loi"), "unknown_sender")
    assert finding.severity == "info"
    assert finding.proposal == Proposal("sender", "", "hoa.loi", (Candidate("C11", "Trạm Y tế xã Một", 100),))


def test_a_pack_without_senders_says_nothing_about_them(pack: Pack) -> None:
    assert codes(read(station_file(), pack, sender="anybody")) == []


# Proposals


def test_an_unknown_unit_is_refused_with_the_nearest_ones(pack: Pack) -> None:
    reading = read(station_file(station_sheet(unit="TYT xã Môt", unit_code=None)), pack)
    assert reading.submissions == ()
    finding = the(reading, "unknown_unit")
    assert finding.proposal is not None and finding.proposal.seen == "TYT xã Môt"
    assert finding.proposal.candidates[0].code == "C11" and len(finding.proposal.candidates) <= 3
    assert "C11 (Trạm Y tế xã Một)" in finding.text_vi and "C11 (Trạm Y tế xã Một)" in finding.text_en


def test_a_unit_that_was_merged_proposes_its_successor(pack: Pack) -> None:
    by_name = the(read(station_file(station_sheet(unit="Trạm Y tế xã Bốn", unit_code=None)), pack), "unknown_unit").proposal
    by_code = the(read(station_file(station_sheet(unit="Trạm Y tế xã Bốn", unit_code="C22")), pack), "unit_not_valid").proposal
    assert by_name and by_name.candidates[0] == Candidate("C21", "Trạm Y tế xã Ba", 100)
    assert by_code and by_code.candidates == (Candidate("C21", "Trạm Y tế xã Ba", 100),)


def test_an_accepted_name_or_code_is_known(tmp_path: Path) -> None:
    aliases = edited("unit_aliases", "H1,BVĐK,,", "H1,BVĐK,,\nC11,TYT xã Môt,,\nC21,Trạm Y tế xã Bốn,2022-07-01,\nC12,TYT-02,,")
    pack = pack_with(tmp_path, **aliases)
    heads: list[dict[str, Any]] = [
        {"unit": "TYT XÃ  Môt", "unit_code": None},
        {"unit": "Trạm Y tế xã Bốn", "unit_code": None},
        {"unit": None, "unit_code": "TYT-02"},
    ]
    readings = [read(station_file(station_sheet(**changed)), pack) for changed in heads]
    assert [submission.slot.unit_code for reading in readings for submission in reading.submissions] == ["C11", "C21", "C12"]
    assert [codes(reading) for reading in readings] == [[], [], []]


def station_with(label: str | None = None, header: str | None = None, code: str | None = None) -> bytes:
    """A report whose third row has another label (and code), and whose third column of figures another header."""
    figures = dict(STATION_FIGURES)
    sheet = station_sheet(figures)
    if label is not None:
        sheet[10][:2] = [code, label]
    if header is not None:
        sheet[8][5] = header
    return station_file(sheet)


def test_an_unknown_row_is_proposed_among_the_missing_ones(pack: Pack) -> None:
    reading = read(station_with("Trẻ em dưới 16"), pack)
    finding = the(reading, "unknown_row")
    assert finding.proposal and (finding.proposal.kind, finding.proposal.scope) == ("row", "ST Khám bệnh")
    assert finding.proposal.seen == "Trẻ em dưới 16"
    assert finding.expected == "A.2 (Trẻ em)"
    assert finding.text_en.endswith("so its numbers were not read. It may be: A.2 (Trẻ em).")
    (cell,) = [cell for cell in reading.submissions[0].cells if cell.indicator_code == "VISITS_CHILD" and cell.measure == "ytd"]
    assert cell.value.number is None, "a proposal never loads a figure"


def test_a_row_that_is_like_nothing_missing_is_not_proposed(pack: Pack) -> None:
    finding = the(read(station_with("Ghi thêm ngoài mẫu"), pack), "unknown_row")
    assert (finding.proposal, finding.expected) == (None, None)


def test_an_accepted_label_is_read(tmp_path: Path) -> None:
    pack = pack_with(tmp_path, aliases="ST,Khám bệnh,row,A.2,Trẻ em dưới 16")
    reading = read(station_with("trẻ em  dưới 16"), pack)
    assert codes(reading) == []
    assert [cell.value.number for cell in reading.submissions[0].cells if cell.indicator_code == "VISITS_CHILD"] == [40, 20, 300, 400]


def test_an_unknown_column_is_proposed_and_read_once_it_is_accepted(pack: Pack, tmp_path: Path) -> None:
    data = station_with(header="Cộng dồn từ đầu năm")
    finding = the(read(data, pack), "unknown_column")
    assert finding.proposal and [each.code for each in finding.proposal.candidates] == ["Cộng dồn"]
    accepted = pack_with(tmp_path, aliases="ST,Khám bệnh,column,Cộng dồn,Cộng dồn từ đầu năm")
    assert codes(read(data, accepted)) == []


def test_an_accepted_tab_is_the_sheet_of_the_form(tmp_path: Path) -> None:
    pack = pack_with(tmp_path, aliases="ST,Khám bệnh,sheet,,Bảng 1")
    other = [["Mã", "Chỉ tiêu", "Thực hiện trong tháng", "Cộng dồn"], ["X", "Việc khác", 1, 2]]
    reading = read(saved(workbook({"Bảng 1": station_head() + other})), pack)
    assert "unknown_sheet" not in codes(reading) and len(reading.submissions) == 1


def test_an_unknown_tab_is_proposed_for_a_sheet_that_is_missing(pack: Pack) -> None:
    lines = {"form": "HO v1", "unit": "Bệnh viện Đa khoa", "unit_code": "H1", "period": "Tháng 8/2022"}
    visits = [*head(**lines), ["Mã", "Chỉ tiêu", "Thực hiện trong tháng", "Cộng dồn"], ["B.1", "Lượt khám", 10, 80]]
    beds = [["Khoản", "Số"], ["Ngày", 150], ["Giường", 300]]
    reading = read(saved(workbook({"Khám bệnh": visits, "Giường bênh": beds})), pack)
    proposal = the(reading, "unknown_sheet").proposal
    assert proposal and (proposal.kind, proposal.scope, proposal.seen) == ("sheet", "HO", "Giường bênh")
    assert [each.code for each in proposal.candidates] == ["Giường bệnh"]
