"""Files to rows, on a real PostgreSQL. The reader is handed in where a test needs a reading that no workbook would give."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
import pytest
from tests.packs import edited, write_pack

from tonghop import publication
from tonghop.catalog import Pack
from tonghop.database import admin_connect, connect
from tonghop.intake import Limits
from tonghop.model import (
    Cell,
    CellAddress,
    Finding,
    Measure,
    Narrative,
    Period,
    Reading,
    Role,
    Severity,
    Slot,
    State,
    SubmissionReading,
    Value,
)
from tonghop.settings import settings
from tonghop.staging import RECOMPUTED, StagingInterrupted, archive, load_paths, plan_batches, read_and_stage, reading_sha256, taking, work
from tonghop.staging.taking import TOGETHER

pytestmark = pytest.mark.database

RECEIVED = datetime(2022, 9, 5, 8, 30, tzinfo=UTC)
SLOT = Slot("C11", "ST", Period.month(2022, 8))


@pytest.fixture
def landing(warehouse: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "landing"
    folder.mkdir()
    monkeypatch.setenv("TONGHOP_LANDING", str(folder))
    monkeypatch.setenv("TONGHOP_ARCHIVE", str(tmp_path / "archive"))
    monkeypatch.setenv("TONGHOP_SETTLE_SECONDS", "0")
    monkeypatch.setenv("TONGHOP_CATALOG", str(write_pack(tmp_path / "pack")))
    settings.cache_clear()
    yield folder
    settings.cache_clear()


def put(folder: Path, name: str, data: bytes, days: int = 0) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    at = RECEIVED.timestamp() + 86_400 * days
    os.utime(path, (at, at))
    return str(path)


def cell(indicator: str, number: str | None, address: str = "D9", raw: str | None = None) -> Cell:
    value = Value(State.BLANK, None, raw or "") if number is None else Value(State.NUMBER, Decimal(number), raw or number)
    return Cell(CellAddress("Khám bệnh", address), indicator, Measure.VALUE, "TOTAL", Role.ADDITIVE, value)


def submission(*cells: Cell, slot: Slot = SLOT, findings: tuple[Finding, ...] = ()) -> SubmissionReading:
    return SubmissionReading(
        slot, 2, date(2022, 8, 31), cells, findings, (Narrative(CellAddress("Khám bệnh", "B20"), "comment", "Ổn định"),)
    )


def read_number(data: bytes, file_name: str, pack: Pack, limits: Limits, sender: str | None) -> Reading:
    """A reader for files that hold nothing but the visits of one unit."""
    return Reading(file_name, "", len(data), (submission(cell("VISITS", data.decode()), cell("PATIENTS", None, "D12")),))


def rows(query: str, *values: Any) -> list[tuple[Any, ...]]:
    with connect("auditor") as connection:
        return connection.execute(query, values).fetchall()


def stage(*uris: str, read: work.Reader = read_number) -> work.BatchOutcome:
    return read_and_stage(list(uris), read=read)


def workbook(unit: str = "C11", visits: object = "1.448", period: str = "Tháng 08/2022") -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Khám bệnh"
    for line in (
        ["Sở Y tế"], ["Báo cáo trạm"], ["Biểu mẫu:", "ST v2"], ["Đơn vị:", ""], ["Mã đơn vị:", unit], ["Kỳ báo cáo:", period],
        ["Số liệu tính đến ngày:", "31/08/2022"], [],
        ["Mã", "Chỉ tiêu", "Đơn vị tính", "Thực hiện trong tháng", "Trong đó nữ", "Cộng dồn", "Kế hoạch năm"],
        ["A.1", "Lượt khám", "lượt", visits, 700, 9000, 12000],
        ["A.2", "Trẻ em", "lượt", 448, 200, 3000, None],
        ["A.3", "Người lớn", "lượt", 1000, 500, 6000, None],
        ["A.4", "Bệnh nhân đang quản lý", "người", 30, None, None, None],
        ["A.5", "Số ca tích lũy", "ca", 99, None, None, None],
        [],
        ["Nhận xét:", "Tình hình ổn định"],
    ):  # fmt: skip
        sheet.append(line)
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_a_workbook_becomes_rows_that_lead_back_to_its_cells(landing: Path) -> None:
    data = workbook()
    uri = put(landing, "C11/báo cáo tháng 8.xlsx", data)
    (outcome,) = load_paths([landing])
    assert (outcome.outcome, outcome.versions, outcome.message) == ("staged", ("C11 ST 2022-08 v1",), None)
    assert archive.get(outcome.sha256 or "") == data
    assert rows(
        """
        select unit_code, form_code, form_version, period_code, version, as_of_date, received_at, source_uri, sender
        from staging.submission
        """
    ) == [("C11", "ST", 2, "2022-08", 1, date(2022, 8, 31), RECEIVED, uri, "C11")]
    assert rows(
        """
        select value, raw, state, sheet, cell from staging.cell
        where indicator_code = 'VISITS' and measure = 'value' and breakdown_code = 'TOTAL'
        """
    ) == [(Decimal(1448), "1.448", "number", "Khám bệnh", "D10")]
    assert rows("select text from staging.narrative") == [("Tình hình ổn định",)]
    assert rows("select count(*) from staging.cell") == [(outcome.cells,)]
    assert rows("select r.outcome, f.archive_path from staging.receipt as r join staging.file as f using (sha256)") == [
        ("staged", archive.relative_path(outcome.sha256 or ""))
    ]


def test_a_rerun_of_a_batch_writes_nothing(landing: Path) -> None:
    uris = [put(landing, "C11/a.xlsx", b"1"), put(landing, "C11/b.xlsx", b"2", days=1)]
    assert stage(*uris)["staged"] == 2
    before = rows("select count(*) from staging.cell")
    again = stage(*uris)
    assert (again["known"], again["submissions"], again["cells"]) == (2, 0, 0)
    assert rows("select count(*) from staging.cell") == before
    assert rows("select count(*) from staging.receipt") == [(2,)]


def test_bytes_of_the_latest_version_add_a_receipt_and_older_bytes_a_version(landing: Path) -> None:
    uris = [
        put(landing, "C11/1.xlsx", b"1"),
        put(landing, "C11/1 again.xlsx", b"1", days=1),
        put(landing, "C11/2.xlsx", b"2", days=2),
        put(landing, "C11/back to 1.xlsx", b"1", days=3),
    ]
    outcome = stage(*uris)
    assert (outcome["staged"], outcome["unchanged"]) == (3, 1)
    first, second, third = rows("select version, sha256, received_at from staging.submission order by version")
    assert first[1] == third[1] != second[1]
    assert [row[0] for row in (first, second, third)] == [1, 2, 3]
    assert rows("select count(*) from staging.file") == [(2,)]
    assert rows("select outcome from staging.receipt order by received_at") == [("staged",), ("unchanged",), ("staged",), ("staged",)]


def test_latest_means_received_last_not_staged_last(landing: Path) -> None:
    newer = put(landing, "C11/newer.xlsx", b"2", days=5)
    older = put(landing, "C11/older.xlsx", b"1")
    assert stage(newer)["staged"] == stage(older)["staged"] == 1
    again = put(landing, "C11/newer again.xlsx", b"2", days=6)
    assert stage(again)["unchanged"] == 1


def test_a_slot_that_is_unchanged_keeps_its_version_when_its_neighbour_changes(landing: Path) -> None:
    other = Slot("C12", "ST", SLOT.period)

    def two_units(data: bytes, *_: object) -> Reading:
        return Reading("", "", 0, (submission(cell("VISITS", "7")), submission(cell("VISITS", data.decode()), slot=other)))

    stage(put(landing, "1.xlsx", b"1"), put(landing, "2.xlsx", b"2", days=1), read=two_units)
    # other bytes, same figures of C11: still another version, since the file that a figure comes from is another one
    assert rows("select unit_code, max(version) from staging.submission group by unit_code order by unit_code") == [("C11", 2), ("C12", 2)]
    stage(put(landing, "2 again.xlsx", b"2", days=2), read=two_units)
    assert rows("select max(version) from staging.submission") == [(2,)]


def test_a_file_that_says_a_slot_twice_is_not_taken_in(landing: Path) -> None:
    def twice(data: bytes, *_: object) -> Reading:
        return Reading("", "", 0, (submission(cell("VISITS", "7")), submission(cell("VISITS", "8"))))

    outcome = stage(put(landing, "C11/a.xlsx", b"1"), read=twice)
    assert (outcome["rejected"], outcome["submissions"], outcome["findings"]["critical"]) == (1, 0, 1)
    assert rows("select code, submission_id, found from staging.finding") == [("slot_twice", None, "C11 ST 2022-08")]


def test_findings_of_the_file_and_of_its_submissions_are_kept_apart(landing: Path) -> None:
    doubtful = Finding("unknown_row", Severity.WARNING, "dòng lạ", "unknown row", "Khám bệnh", "A11", "x", "y", "VISITS")
    of_file = Finding("limited_reader", Severity.INFO, "tệp cũ", "old file")

    def read(data: bytes, *_: object) -> Reading:
        return Reading("", "", 0, (submission(cell("VISITS", "7"), findings=(doubtful,)),), (of_file,))

    outcome = stage(put(landing, "C11/a.xlsx", b"1"), read=read)
    assert outcome["findings"] == {"critical": 0, "warning": 1, "info": 1}
    (submission_id,) = rows("select submission_id from staging.submission")[0]
    assert rows("select submission_id, code, sheet, cell, found, expected, indicator_code, text_en from staging.finding order by code") == [
        (None, "limited_reader", None, None, None, None, None, "old file"),
        (submission_id, "unknown_row", "Khám bệnh", "A11", "x", "y", "VISITS", "unknown row"),
    ]


@pytest.mark.parametrize("fault", [RecursionError("deep"), ValueError("bad zip")])
def test_a_reader_that_fails_costs_one_file_and_keeps_its_bytes(landing: Path, fault: Exception, caplog: pytest.LogCaptureFixture) -> None:
    def failing(data: bytes, *rest: Any) -> Reading:
        if data == b"bad":
            raise fault
        return read_number(data, *rest)

    outcome = stage(put(landing, "C11/a.xlsx", b"bad"), put(landing, "C11/b.xlsx", b"2"), read=failing)
    assert (outcome["rejected"], outcome["staged"]) == (1, 1)
    assert rows("select code, severity from staging.finding") == [("reader_failed", "critical")]
    assert [archive.get(sha256) for (sha256,) in rows("select sha256 from staging.receipt where outcome = 'rejected'")] == [b"bad"]
    assert "Traceback" in caplog.text
    assert "Traceback" not in str(rows("select text_en, text_vi from staging.finding"))


def test_what_the_database_refuses_costs_one_file(landing: Path) -> None:
    def read(data: bytes, *_: object) -> Reading:
        raw = "nul \x00" if data == b"nul" else "lone \ud800" if data == b"lone" else "fine"
        twice = (cell("VISITS", "1"),) if data == b"key" else ()
        return Reading("", "", 0, (submission(cell("VISITS", "1", raw=raw), *twice),))

    uris = [put(landing, f"C11/{name}.xlsx", name.encode()) for name in ("nul", "lone", "key", "good")]
    outcome = stage(*uris, read=read)
    assert (outcome["rejected"], outcome["staged"]) == (3, 1)
    assert rows("select count(*) from staging.submission") == [(1,)]
    assert rows("select distinct code from staging.finding") == [("reader_failed",)]


def test_a_file_that_is_gone_or_forbidden_is_a_message_and_comes_again(landing: Path) -> None:
    here = put(landing, "C11/a.xlsx", b"1")
    outcome = stage(str(landing / "C11" / "gone.xlsx"), here)
    assert (outcome["failed"], outcome["staged"]) == (1, 1)
    assert "gone.xlsx" in outcome["messages"][0]
    assert rows("select count(*) from staging.receipt") == [(1,)]


def test_a_file_that_is_too_large_is_kept_but_not_opened(landing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGHOP_MAX_FILE_MB", "1")
    settings.cache_clear()
    data = os.urandom(1024 * 1024 + 1)

    def never(*_: object) -> Reading:
        raise AssertionError("it was opened")

    (outcome,) = load_paths([put(landing, "C11/big.xlsx", data)], read=never)
    assert (outcome.outcome, [finding.code for finding in outcome.findings]) == ("rejected", ["too_large"])
    assert archive.get(outcome.sha256 or "") == data


def test_two_tasks_on_one_slot_number_its_versions_without_gap_or_repeat(landing: Path) -> None:
    uris = [put(landing, f"C11/{number}.xlsx", str(number).encode(), days=number % 3) for number in range(24)]
    load_paths([landing / "C11" / "0.xlsx"], read=read_number)
    gate = threading.Barrier(4)

    def task(share: int) -> work.BatchOutcome:
        gate.wait()
        return stage(*dict.fromkeys([*uris[share::4], *uris[:4]]))  # each its own files, and four that all of them want

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(task, range(4)))
    assert sum(outcome["staged"] for outcome in outcomes) == 23
    assert sum(outcome["known"] for outcome in outcomes) == 4 * 9 - 23
    assert rows("select array_agg(version order by version) from staging.submission") == [(list(range(1, 25)),)]
    assert rows("select count(*), count(distinct source_uri) from staging.receipt") == [(24, 24)]
    assert rows("select count(*) from staging.cell") == [(48,)]


def test_the_same_rejected_bytes_at_once_are_written_down_once_each(landing: Path) -> None:
    uris = [put(landing, f"{number}.xlsx", b"no workbook") for number in range(6)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: read_and_stage(uris), range(3)))
    assert rows("select count(*), count(distinct source_uri), count(distinct sha256) from staging.receipt where outcome = 'rejected'") == [
        (6, 6, 1)
    ]
    assert rows("select count(*) from staging.finding") == [(6,)]


def test_the_next_files_are_archived_while_others_are_written_down() -> None:
    begun = {name: threading.Event() for name in "abc"}

    def archived(uris: Sequence[str]) -> taking._Group:
        begun[uris[0]].set()
        return taking._Group(uris)

    with taking._one_ahead(archived, [["a"], ["b"], ["c"]]) as groups:
        assert next(groups).uris == ["a"]
        assert begun["b"].wait(10), "nobody has asked for it yet"
        assert not begun["c"].is_set(), "one ahead, not all: memory and archive do not run away from the database"
        assert [group.uris for group in groups] == [["b"], ["c"]]


def test_a_batch_that_loses_its_database_says_so_and_goes_on_later(landing: Path) -> None:
    uris = [put(landing, f"C11/{number}.xlsx", str(number).encode(), days=number) for number in range(3)]

    def cut(data: bytes, *rest: Any) -> Reading:
        if data == b"1":
            with admin_connect() as connection:
                connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'loader'")
        return read_number(data, *rest)

    first = [put(landing, f"C12/{number}.xlsx", b"0", days=number) for number in range(TOGETHER)]
    with pytest.raises(StagingInterrupted, match="Run the same again"):
        stage(*first, *uris, read=cut)
    assert rows("select count(distinct source_uri) from staging.receipt where source_uri like '%%C12%%'") == [(TOGETHER,)]
    assert rows("select count(*) from staging.submission") == [(1,)]
    assert stage(*uris)["staged"] == 2


def test_plan_leaves_out_what_has_arrived_and_keeps_folders_together(landing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGHOP_BATCH_FILES", "3")
    settings.cache_clear()
    assert plan_batches() == []
    for unit, count in (("C11", 2), ("C12", 2), ("H1", 4)):
        for number in range(count):
            put(landing, f"{unit}/{number}.xlsx", f"{number}".encode(), days=-number)
    names = [[str(Path(uri).relative_to(landing)) for uri in batch] for batch in plan_batches()]
    assert names == [["C11/1.xlsx", "C11/0.xlsx"], ["C12/1.xlsx", "C12/0.xlsx"], ["H1/3.xlsx", "H1/2.xlsx", "H1/1.xlsx"], ["H1/0.xlsx"]]
    stage(*plan_batches()[0])
    assert len(plan_batches()) == 3
    put(landing, "C11/0.xlsx", b"0", days=9)  # touched: it may say something else now
    assert plan_batches()[0][0] == str(landing / "C11" / "0.xlsx")
    monkeypatch.setenv("TONGHOP_BATCH_LIMIT", "2")
    settings.cache_clear()
    assert len(plan_batches()) == 2


def test_a_rejected_file_is_read_again_when_the_catalog_changed(landing: Path, tmp_path: Path) -> None:
    uri = put(landing, "X99/a.xlsx", workbook(unit="C13"))
    assert read_and_stage([uri])["rejected"] == 1
    assert plan_batches() == []
    assert read_and_stage([uri])["known"] == 1
    line = "C21,31324,Trạm Y tế xã Ba,Commune Three,1,3,station,D2,2004-01-01,,"
    write_pack(settings().catalog, **edited("units", line, f"{line}\nC13,31399,Trạm Y tế xã Mười,Commune Ten,3,3,station,D1,2004-01-01,,"))
    assert plan_batches() == [[uri]]
    outcome = read_and_stage([uri])
    assert (outcome["staged"], outcome["submissions"]) == (1, 1)
    assert plan_batches() == []


def test_the_hash_of_a_reading_can_be_recomputed_from_the_rows(landing: Path) -> None:
    odd = (
        cell("VISITS", "1E+3", raw='quote " backslash \\ tab \t line \n é Đ 😀 \x7f \x1f'),
        cell("VISITS_CHILD", "12.3400", raw="12,34"),
        cell("VISITS_ADULT", "-0.0"),
        cell("PATIENTS", None),
        cell("BIRTHS", None, raw=r"\N"),  # what stands for nothing in a COPY
        cell("DEATHS", "17", raw="17"),
        cell("CASES", "123456789012345678901234567890.123456789"),
        Cell(
            CellAddress("Sheet'1", "B2"),
            "BED_DAYS",
            Measure.PLAN,
            "F",
            Role.CONTROL,
            Value(State.NUMBER, Decimal(5), "5 (-)", ("none_positive", "x")),
        ),
    )

    def read(data: bytes, *_: object) -> Reading:
        cells = odd if data == b"odd" else ()
        return Reading("", "", 0, (submission(*cells),))

    stage(put(landing, "a.xlsx", b"odd"), put(landing, "b.xlsx", b"none", days=1), read=read)
    assert rows(RECOMPUTED + " order by 1") == rows("select submission_id, reading_sha256 from staging.submission order by 1")
    assert rows("select reading_sha256 from staging.submission order by 1") == sorted([(reading_sha256(odd),), (reading_sha256(()),)])
    assert reading_sha256(odd) == reading_sha256(reversed(odd))
    assert reading_sha256(odd) != reading_sha256(odd[1:])


def test_the_loader_cannot_change_what_is_written(landing: Path) -> None:
    stage(put(landing, "a.xlsx", b"1"))
    for statement in ("update staging.cell set value = 0", "delete from staging.submission", "select * from audit.verdict"):
        with connect("loader") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)


def test_a_path_that_is_not_there_says_so(landing: Path) -> None:
    with pytest.raises(work.landing.LandingMissing, match="does not exist"):
        load_paths([landing / "nowhere"])


def test_skipped_files_are_reported_by_hand_loading(landing: Path) -> None:
    put(landing, "C11/~$a.xlsx", b"1")
    (outcome,) = load_paths([landing])
    assert (outcome.outcome, outcome.message) == ("skipped", "lock file of an open workbook")
    assert outcome.as_dict()["outcome"] == "skipped"


def test_a_unit_may_go_back_to_its_first_file(landing: Path) -> None:
    uris = [put(landing, f"C11/{name}.xlsx", data, days) for days, (name, data) in enumerate((("a", b"1"), ("b", b"2"), ("c", b"1")))]
    assert stage(*uris)["staged"] == 3
    (_, one), (_, two), (_, three) = rows("select version, sha256 from staging.submission order by version")
    assert one == three != two
    assert rows("select count(*) from staging.file") == [(2,)], "the archived object is shared"


def test_a_withdrawn_report_that_is_sent_again_is_a_new_version(landing: Path) -> None:
    lying = put(landing, "C11/a.xlsx", b"1")
    stage(lying)
    publication.withdraw(SLOT.unit_code, SLOT.form_code, SLOT.period.code, reason="wrong month", by="head of C11", version=1)
    assert stage(lying)["known"] == 1, "a file that is left lying does not undo a withdrawal"
    assert stage(put(landing, "C11/again.xlsx", b"1", days=1))["staged"] == 1
    assert stage(put(landing, "C11/and again.xlsx", b"1", days=2))["unchanged"] == 1
    assert rows("select count(*), count(distinct sha256) from staging.submission") == [(2, 1)]


def test_no_figure_is_written_without_its_submission(landing: Path) -> None:
    with connect("loader") as connection, pytest.raises(psycopg.errors.ForeignKeyViolation, match="submission 999"):
        connection.execute(
            "insert into staging.cell (submission_id, indicator_code, measure, breakdown_code, role, state, raw, sheet, cell) "
            "values (999, 'A', 'value', 'TOTAL', 'additive', 'blank', '', 'S', 'A1')"
        )


def test_no_reader_is_started_where_there_is_nothing_to_read(landing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tonghop.staging.taking.reader_pool", lambda *_: pytest.fail("a reader was started"))
    assert work.read_again() == []
    assert load_paths([landing]) == []
