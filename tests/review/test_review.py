"""From a text that nobody knows to an alias in the pack, and the files that are read again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.intake.workbooks import station_file, station_sheet
from tests.packs import edited, write_pack

from tonghop.catalog import read_pack
from tonghop.database import admin_connect, connect
from tonghop.review import Decision, ReviewRefused, decide, read_decisions, waiting_items, write_items
from tonghop.review.aliases import Alias, record, with_records
from tonghop.review.items import Item, Key
from tonghop.review.sheet import COLUMNS
from tonghop.settings import settings
from tonghop.spreadsheets import UnreadableList, escape_formula, unescape_formula
from tonghop.staging import load_paths, read_again

# Lines of the pack


ALIASES = "unit_code,alias,valid_from,valid_to\nP,Cả tỉnh,,\nD1,An Bình,2004-01-01,\nC11,TYT xã Một,,\n"


def test_a_line_goes_to_the_others_of_its_unit_and_nothing_else_changes() -> None:
    new = with_records(ALIASES.encode(), ("unit_code", "alias", "valid_from", "valid_to"), [["D1", "H. A. Bình", "", ""]])
    assert new.decode() == ALIASES.replace("2004-01-01,\n", "2004-01-01,\nD1,H. A. Bình,,\n")


def test_a_line_that_is_there_is_not_written_twice() -> None:
    assert with_records(ALIASES.encode(), (), [["C11", "TYT xã Một", "", ""]]) == ALIASES.encode()


def test_a_line_without_a_neighbour_keeps_a_sorted_file_sorted() -> None:
    columns = ("sender", "unit_code", "valid_from", "valid_to")
    first = with_records(None, columns, [["hoa", "D2", "", ""], ["an", "D1", "", ""]])
    assert first.decode() == "sender,unit_code,valid_from,valid_to\nan,D1,,\nhoa,D2,,\n"
    assert with_records(first, columns, [["binh", "D1", "", ""]]).decode().splitlines()[2] == "binh,D1,,"


def test_byte_order_mark_line_ends_quotes_and_a_missing_last_line_end_stay() -> None:
    old = b'\xef\xbb\xbfunit_code,alias,valid_from,valid_to\r\nC11,"Tr\xe1\xba\xa1m, M\xe1\xbb\x99t",,'
    new = with_records(old, (), [["C11", 'TYT "Một"', "", ""]])
    assert new == old + '\r\nC11,"TYT ""Một""",,\r\n'.encode()


def test_an_old_name_belongs_to_the_successor_from_the_merger_on(tmp_path: Path) -> None:
    pack = read_pack(write_pack(tmp_path))
    for seen in ("Trạm Y tế xã Bốn", "C22"):
        assert record(Alias(Key.of("unit", "", seen), seen, "C21"), pack) == ["C21", seen, "2022-07-01", ""]


# The file


@pytest.mark.parametrize("text", ["=1+1", "+84", "-", "@x", "'=1", "''=1", "'", "", "An Bình", "\t=1"])
def test_no_text_runs_as_a_formula_and_every_text_comes_back(text: str) -> None:
    assert unescape_formula(escape_formula(text)) == text
    assert not escape_formula(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def filled(path: Path, decisions: dict[str, tuple[str, str]], delimiter: str = ",", encoding: str = "utf-8-sig") -> Path:
    """A list as somebody saves it who has decided: by what was seen, the decision and the code."""
    rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
    for row in rows:
        if row["seen"] in decisions:
            row["decision"], row["code"] = decisions[row["seen"]]
            row["reviewer"], row["reason"] = "Nguyễn An", "gọi điện ngày 5/9"
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


@pytest.mark.parametrize(("delimiter", "encoding"), [(",", "utf-8-sig"), (";", "utf-8"), ("\t", "utf-16")])
def test_decisions_are_read_as_spreadsheet_programs_save_them(delimiter: str, encoding: str, tmp_path: Path) -> None:
    item = Item("unit", "", "=TYT xã Môt", (), "/landing/a.xlsx", "Khám bệnh", "B4", None, 2, 1)  # type: ignore[arg-type]
    write_items([item], tmp_path / "list.csv")
    assert b"'=TYT" in (tmp_path / "list.csv").read_bytes()
    assert read_decisions(tmp_path / "list.csv") == []
    path = filled(tmp_path / "list.csv", {"'=TYT xã Môt": ("accept", "C11")}, delimiter, encoding)
    (decision,) = read_decisions(path)
    assert (decision.seen, decision.decision, decision.code) == ("=TYT xã Môt", "accept", "C11")


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"\xff\xfe\x00", "kind;seen\n".encode("cp1258"), b"\x80\x81"])
def test_what_is_no_list_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes(content)
    with pytest.raises(UnreadableList):
        read_decisions(tmp_path / "list.csv")


# In the database


@pytest.fixture
def world(tmp_path: Path, warehouse: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A loaded landing area with an unknown unit, an unknown row and an unknown sender."""
    write_pack(tmp_path / "pack")
    (tmp_path / "pack" / "senders.csv").write_text("sender,unit_code,valid_from,valid_to\nD2,D2,,\n", encoding="utf-8")
    for name, value in (("CATALOG", "pack"), ("LANDING", "landing")):
        monkeypatch.setenv(f"TONGHOP_{name}", str(tmp_path / value))
    settings.cache_clear()
    sheet = station_sheet()
    sheet[10][:2] = [None, "Trẻ em dưới 16"]
    (tmp_path / "landing" / "an").mkdir(parents=True)
    (tmp_path / "landing" / "an" / "a.xlsx").write_bytes(station_file(sheet))
    (tmp_path / "landing" / "b.xlsx").write_bytes(station_file(station_sheet(unit="Trạm Y tế xã Bốn", unit_code=None)))
    (tmp_path / "landing" / "c.xlsx").write_bytes(station_file(station_sheet(unit="-TYT ba", unit_code=None)))
    load_paths([tmp_path / "landing"])
    yield tmp_path
    settings.cache_clear()


@pytest.mark.database
def test_what_is_decided_is_known_and_not_asked_again(world: Path) -> None:
    with connect("auditor") as connection:
        items = waiting_items(connection)
    assert {(item.kind, item.seen) for item in items} == {
        ("row", "Trẻ em dưới 16"),
        ("sender", "an"),
        ("unit", "Trạm Y tế xã Bốn"),
        ("unit", "-TYT ba"),
    }
    write_items(items, world / "list.csv")
    decisions = {"Trẻ em dưới 16": ("accept", ""), "Trạm Y tế xã Bốn": ("accept", ""), "an": ("accept", "D1"), "'-TYT ba": ("reject", "")}
    made = read_decisions(filled(world / "list.csv", decisions))
    for name in ("a.xlsx", "b.xlsx"):  # what was put away is read from the archive
        next((world / "landing").rglob(name)).unlink()
    with connect("loader") as connection:
        decided = decide(connection, made, world / "pack")
    assert (decided.accepted, decided.rejected) == (3, 1)
    assert sorted(path.name for path in decided.changed) == ["form_aliases.csv", "senders.csv", "unit_aliases.csv"]
    added = (world / "pack" / "unit_aliases.csv").read_text(encoding="utf-8")
    assert added == FILES_WITH_ALIAS
    again = {Path(each.source_uri).name: each for each in read_again()}
    assert again["a.xlsx"].versions == ("C11 ST 2022-08 v2",) and again["a.xlsx"].findings == ()
    assert again["b.xlsx"].versions == ("C21 ST 2022-08 v1",)
    assert again["c.xlsx"].outcome == "rejected"
    assert read_again() == []
    with connect("auditor") as connection:
        assert waiting_items(connection) == []
    with admin_connect() as connection:
        told = connection.execute(
            "select kind, decision, code, reviewer, reason from staging.review_decision order by kind, code"
        ).fetchall()
    assert told == [
        ("row", "accept", "A.2", "Nguyễn An", "gọi điện ngày 5/9"),
        ("sender", "accept", "D1", "Nguyễn An", "gọi điện ngày 5/9"),
        ("unit", "accept", "C21", "Nguyễn An", "gọi điện ngày 5/9"),
        ("unit", "reject", None, "Nguyễn An", "gọi điện ngày 5/9"),
    ]
    load_paths([world / "landing"])
    with connect("auditor") as connection:
        assert waiting_items(connection) == [], "what was rejected is not proposed again"


FILES_WITH_ALIAS = edited("unit_aliases", "H1,BVĐK,,\n", "C21,Trạm Y tế xã Bốn,2022-07-01,\nH1,BVĐK,,\n")["unit_aliases"]


@pytest.mark.database
def test_all_that_is_wrong_is_told_and_nothing_is_written(world: Path) -> None:
    def made(line: int, kind: str, scope: str, seen: str, decision: str, code: str = "", reviewer: str = "An") -> Decision:
        return Decision(line, Key.of(kind, scope, seen), seen, decision, code, reviewer, "vì sao")

    decisions = [
        made(2, "unit", "", "Trạm Y tế xã Bốn", "yes"),
        made(3, "unit", "", "nobody asked", "accept"),
        made(4, "row", "ST Khám bệnh", "Trẻ em dưới 16", "accept", "A.99"),
        made(5, "sender", "", "an", "accept", "Z1", reviewer=""),
        made(6, "sender", "", "AN", "reject"),
        made(7, "unit", "", "-TYT ba", "accept", "C21"),
    ]
    before = {path.name: path.read_bytes() for path in (world / "pack").iterdir()}
    with connect("loader") as connection, pytest.raises(ReviewRefused) as refused:
        decide(connection, decisions, world / "pack")
    told = str(refused.value)
    for part in (
        "line 2, 'Trạm Y tế xã Bốn': decision: found 'yes'",
        "line 3, 'nobody asked': does not wait",
        "line 4, 'Trẻ em dưới 16': code: A.99 is no row_code of sheet Khám bệnh of the form ST",
        "line 5, 'an': reviewer is empty",
        "line 5, 'an': code: Z1 is no unit_code",
        "line 6, 'AN': is decided in line 5 already",
        "line 7, '-TYT ba': begins like a formula",
    ):
        assert part in told
    clash = [made(2, "unit", "", "Trạm Y tế xã Bốn", "accept", "C21"), made(3, "row", "ST Khám bệnh", "Trẻ em dưới 16", "accept", "A.2")]
    (world / "pack" / "form_aliases.csv").write_text(
        "form_code,sheet,part,name,alias\nST,Khám bệnh,row,A.3,Trẻ em dưới 16\n", encoding="utf-8"
    )
    with connect("loader") as connection, pytest.raises(ReviewRefused, match=r"form_aliases.csv:3: alias: .* stands also in line 2"):
        decide(connection, clash, world / "pack")
    (world / "pack" / "form_aliases.csv").unlink()
    assert {path.name: path.read_bytes() for path in (world / "pack").iterdir()} == before
    with admin_connect() as connection:
        assert connection.execute("select count(*) from staging.review_decision").fetchone() == (0,)
