"""Files in, answers out, on a real PostgreSQL: who gets what, once, and what happens when it comes back corrected."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from tests.answers.world import SHEET, World, file_of, station
from typer.testing import CliRunner

from tonghop import answers
from tonghop.answers.returned import harmless
from tonghop.answers.status import status_is_old
from tonghop.catalog import read_pack
from tonghop.cli import app
from tonghop.database import admin_connect, connect
from tonghop.intake import read_file
from tonghop.model import Verdict
from tonghop.reports import render_index
from tonghop.settings import settings

pytestmark = pytest.mark.database

FORMULA = '=HYPERLINK("http://bad","<b>")'


RETURNED = "C11/C11_2022-08_ST_v01_can-sua"


def text_of(page: bytes) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.decode()))


@pytest.fixture(scope="module")
def intake(world: World) -> World:
    """Six arrivals, each with its receipt."""
    world.put("C11/tháng 8.xlsx", file_of({SHEET: station(121)}))
    world.put("C12/tháng 8.xlsx", file_of({SHEET: station(unit="Trạm Y tế thị trấn Hai", unit_code="C12")}))
    world.put("C21/tháng 8.xlsx", file_of({SHEET: station(FORMULA[1:], unit="Trạm Y tế xã Ba", unit_code="C21")}))
    world.put("C12/tháng 8 (lại).xlsx", (world.folder / "landing/C12/tháng 8.xlsx").read_bytes())
    july = {"period": "Tháng 07/2022", "as_of": "31/07/2022"}
    both = {"Một": station(**july), "Hai": station(unit="Trạm Y tế thị trấn Hai", unit_code="C12", **july)}
    world.put("phòng y tế/hai trạm.xlsx", file_of(both))
    world.put("Cô Lan <x>/báo cáo.xlsx", b"%PDF-1.4")
    outcomes = [outcome.outcome for outcome in world.take_in()]
    assert outcomes == ["staged", "staged", "staged", "unchanged", "staged", "rejected"]
    assert answers.answer_intake().answers == 6
    return world


@pytest.fixture(scope="module")
def judged(intake: World) -> World:
    """The same after gate 1, with what goes back to the units."""
    outcome = intake.judge()
    assert outcome is not None
    assert outcome.verdicts[Verdict.QUARANTINED] == 1
    sent = answers.answer_gate_1()
    assert (sent.answers, sent.workbooks) == (2, 2)
    return intake


def test_each_file_has_a_receipt_in_the_folder_of_its_unit_or_sender(intake: World) -> None:
    receipts = intake.given("phieu-nhan")
    assert receipts[:5] == [
        "C11/C11_2022-08_ST_v01_phieu-nhan.html",
        "C12/C12_2022-08_ST_v01_phieu-nhan.html",
        "C12/C12_2022-08_ST_v01_phieu-nhan.html",
        "C21/C21_2022-08_ST_v01_phieu-nhan.html",
        "D1/D1_2022-07_ST_v01_phieu-nhan.html",  # two units, sent by nobody that we know: the unit above both
    ]
    assert re.fullmatch(r"_co-lan-x-[0-9a-f]{8}/2022-09-07_khong-doc-duoc_phieu-nhan\.html", receipts[5])


def test_a_receipt_says_what_was_understood(intake: World) -> None:
    page = text_of(intake.answer("C21/C21_2022-08_ST_v01_phieu-nhan"))
    for said in (
        "Đã nhận và đọc được.", "tháng 8.xlsx", "Trạm Y tế xã Ba C21", "Tháng 8/2022", "Báo cáo trạm", "phiên bản 2", "Lần gửi thứ 1",
        "Đã đọc: 16 số liệu; 3 ô để trống; 1 ô không đọc được", "Khám bệnh!D10", "1 cảnh báo", "test@example.org",
        "August 2022", "16 figures; 3 cells left blank; 1 unreadable",
    ):  # fmt: skip
        assert said in page, said


def test_a_receipt_for_what_cannot_be_read_says_what_to_do_and_shows_no_markup_of_the_sender(intake: World) -> None:
    page = intake.answer("_co-lan-x-").decode()
    assert "Hãy gửi lại tệp .xlsx." in page
    assert "<x>" not in page
    assert "Cô Lan &lt;x&gt;" in page


def test_bytes_that_came_before_are_said_to_be_the_same(intake: World) -> None:
    pages = sorted(text_of(page) for path, page in intake.answers().items() if path.startswith("C12/"))
    assert ["giống hệt bản đã gửi trước" in page for page in pages].count(True) == 1
    assert ["Trùng lần gửi thứ 1" in page for page in pages].count(True) == 1


def test_a_submission_in_trouble_goes_back_marked_and_the_others_do_not(judged: World) -> None:
    assert judged.given("can-sua") == ["C11/C11_2022-08_ST_v01_can-sua.xlsx", "C21/C21_2022-08_ST_v01_can-sua.xlsx"]
    book = openpyxl.load_workbook(io.BytesIO(judged.answer(RETURNED)))
    sheet, front = book[SHEET], book.worksheets[0]
    assert sheet["D10"].comment.text.splitlines()[2:] == [
        "NGHIÊM TRỌNG: Tổng phải bằng cộng các thành phần", "Tìm thấy: 121", "Cần có: 120", "Quy tắc: VISITS_IS_SUM",
    ]  # fmt: skip
    assert "Khám bệnh!D10" in sheet["D11"].comment.text
    assert sheet["D99"].comment is None  # a cell of another file
    said = [str(cell.value) for row in front.iter_rows() for cell in row if cell.value is not None]
    for word in ("Trạm Y tế xã Một (C11)", "Chưa được nhận, cần sửa", "Khám bệnh!D10", "Lượt khám (trong kỳ)"):
        assert any(word in text for text in said), word


def test_what_a_unit_typed_never_becomes_a_formula(judged: World) -> None:
    book = openpyxl.load_workbook(io.BytesIO(judged.answer("C21/C21_2022-08_ST_v01_can-sua")))
    cells = [cell for row in book.worksheets[0].iter_rows() for cell in row if cell.value is not None]
    assert f"“{FORMULA[1:]}”" in [cell.value for cell in cells]
    assert {cell.data_type for cell in cells} == {"s"}
    assert not [cell.value for cell in cells if str(cell.value)[0] in "=+-@"]


def test_nothing_is_answered_twice(judged: World) -> None:
    before = judged.answers()
    assert (answers.answer_intake().answers, answers.answer_gate_1().answers) == (0, 0)
    assert judged.answers() == before


def test_a_kill_before_the_record_writes_the_same_bytes_to_the_same_names(judged: World) -> None:
    before = judged.answers()
    with admin_connect() as connection:
        connection.execute("truncate audit.answer cascade")
        connection.execute("delete from audit.event where act = 'answered'")
    assert (answers.answer_intake().answers, answers.answer_gate_1().answers) == (6, 2)
    assert judged.answers() == before


def test_answers_can_be_written_again(judged: World) -> None:
    before = judged.answers()
    (judged.outbox / judged.path(RETURNED)).unlink()
    with connect("auditor") as connection:
        (submission,) = connection.execute(
            "select submission_id from staging.submission where unit_code = 'C11' and period_code = '2022-08'"
        ).fetchone() or (0,)
    assert answers.write_again([submission]).answers == 2  # receipt and returned workbook
    assert judged.answers() == before
    with pytest.raises(answers.NoSuchAnswer, match="no answer to the submissions 9999"):
        answers.write_again([9999])


def test_the_command_line_writes_them_again(judged: World) -> None:
    before = judged.answers()
    (judged.outbox / judged.path(RETURNED)).unlink()
    done = CliRunner().invoke(app, ["answer", "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {"new": 0, "written": 8, "workbooks": 2, "outbox": str(judged.outbox)}
    assert {path: data for path, data in judged.answers().items() if "index" not in path} == {
        path: data for path, data in before.items() if "index" not in path
    }


def test_one_that_cannot_be_written_does_not_keep_the_others(judged: World) -> None:
    with admin_connect() as connection:
        (sha256,) = connection.execute("select sha256 from staging.receipt where source_uri like '%/C11/%'").fetchone() or ("",)
    archived = settings().archive_path / "files" / sha256[:2] / sha256
    data = archived.read_bytes()
    archived.chmod(0o644)
    archived.unlink()
    try:
        with pytest.raises(
            answers.NotAnswered, match=r"7 answers were written, 1 could not be:\n.*tháng 8\.xlsx: .*missing from the archive"
        ):
            answers.write_again()
        assert answers.quietly(answers.write_again) is None
    finally:
        archived.write_bytes(data)


def test_the_status_page_says_what_was_sent_what_is_missing_and_what_is_due(judged: World) -> None:
    now = datetime(2022, 10, 3, tzinfo=UTC)
    assert answers.write_status_pages(now) > 0
    assert answers.write_status_pages(now) == 0  # nothing changed
    page = (judged.outbox / "C11" / "index.html").read_text(encoding="utf-8")
    vietnamese = text_of(page.partition('lang="en"')[0].encode())
    for said in (
        "Cần sửa và gửi lại (1)",
        "quá hạn từ",
        "Sắp đến hạn Tháng 9/2022",
        "Lần gửi thứ 1",
        "chưa được nhận, cần sửa",
        "Tháng 7/2022",
    ):
        assert said in vietnamese, said
    for link in re.findall(r'href="([^"]+)"', page):
        assert (judged.outbox / "C11" / link).exists(), link
    listed = settings().reports_path / "units"
    assert 'href="C11.html"' in (listed / "index.html").read_text(encoding="utf-8")
    assert "href" not in (listed / "C11.html").read_text(encoding="utf-8")  # the outbox is no part of the reports
    assert not status_is_old()


def test_the_list_of_reports_leads_to_the_units(judged: World) -> None:
    index = render_index(settings().reports_path)
    assert 'href="units/index.html"' in index.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("+84 91", "'+84 91"), ("-5", "-5"), ("-1.448,5", "-1.448,5"), ("tám", "tám")],
)
def test_a_text_that_begins_like_a_formula_is_quoted_and_a_number_is_not(typed: str, shown: str) -> None:
    assert harmless(typed) == shown


def test_the_corrected_workbook_comes_back_and_is_accepted(judged: World) -> None:
    returned = judged.answer(RETURNED)
    book = openpyxl.load_workbook(io.BytesIO(returned))
    book[SHEET]["D10"] = 120
    buffer = io.BytesIO()
    book.save(buffer)
    name = Path(judged.path(RETURNED)).name
    reading = read_file(buffer.getvalue(), name, read_pack(settings().catalog))
    assert (reading.findings, [submission.findings for submission in reading.submissions]) == ((), [()])
    judged.put(f"C11/{name}", buffer.getvalue())
    assert [outcome.versions for outcome in judged.take_in() if outcome.outcome == "staged"] == [("C11 ST 2022-08 v2",)]
    outcome = judged.judge()
    assert outcome is not None
    assert outcome.verdicts == {Verdict.ACCEPTED: 1}
    assert (answers.answer_intake().answers, answers.answer_gate_1().answers) == (1, 0)


def test_a_file_that_cannot_be_marked_is_answered_by_a_page(judged: World) -> None:
    lines = [
        [str(cell or "") for cell in row] for row in station(122, unit="Trạm Y tế thị trấn Hai", unit_code="C12", period="Tháng 08/2022")
    ]
    judged.put("C12/tháng 8.csv", "\n".join(",".join(row) for row in lines).encode())
    (outcome,) = [each for each in judged.take_in() if each.outcome not in ("known", "skipped")]
    assert outcome.outcome == "staged", outcome.findings
    judged.judge()
    sent = answers.answer_gate_1()
    assert (sent.answers, sent.workbooks) == (1, 0)
    text = text_of(judged.answer("C12/C12_2022-08_ST_v02_can-sua"))
    assert "Tổng phải bằng cộng các thành phần" in text
    assert "không ghi dấu trực tiếp được" in text


def test_a_rejected_file_read_again_to_the_same_end_gets_no_second_receipt(judged: World) -> None:
    answers.answer_intake()
    before = judged.answers()
    pack = settings().catalog / "pack.yml"
    pack.write_text(pack.read_text(encoding="utf-8").replace("Test province", "Test province 2"), encoding="utf-8")
    assert "rejected" in [outcome.outcome for outcome in judged.take_in()]
    assert answers.send_receipts().answers == 0
    assert {name: data for name, data in judged.answers().items() if "phieu-nhan" in name} == {
        name: data for name, data in before.items() if "phieu-nhan" in name
    }
