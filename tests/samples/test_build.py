"""The workbooks: reproducible bytes, one layout, readable by others and by our own intake."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from tonghop.catalog import Pack, due_at
from tonghop.intake import read_file
from tonghop.intake.vocabulary import read_period
from tonghop.model import Measure, Period
from tonghop.samples import SamplesError, SampleSummary, build_samples
from tonghop.samples.reports import Report, Reports
from tonghop.samples.workbook import Line, Sheet, Typing, Workbook, as_typed, workbook_bytes
from tonghop.templates.words import period_label

SOURCE = Path(__file__).resolve().parents[2] / "catalog" / "hau_giang" / "samples"
UNITS = ("HG", "HG-PH-05", "HG-BVSN", "HG-CT-TTYT", "HG-VPS")
SMALL = Workbook(
    department="SỞ",
    title="BÁO CÁO",
    form="F v1",
    unit="Trạm",
    unit_code="U-1",
    period="Tháng 08/2022",
    as_of=date(2022, 8, 31),
    compiler="A",
    remark="Ổn",
    sheets=(Sheet("A", ("Số", "Tỷ lệ"), (Line("A.1", "Ca", "ca", (1448, Decimal("66.46"))), Line("A.2", "Chết", "ca", (0, None)))),),
)


@pytest.fixture(scope="module")
def built(pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> SampleSummary:
    return build_samples(pack, tmp_path_factory.mktemp("samples"), source=SOURCE, only_units=UNITS, only_periods={"2022-07", "2022-08"})


def test_a_part_can_be_built_and_waves_are_kept_apart(built: SampleSummary) -> None:
    assert built.workbooks == {"1_to_2022-07": 4, "2_2022-08": 5, "3_corrections": 2}
    assert (built.units, built.periods, len(built.troubles)) == (5, ("2022-07", "2022-08"), 3)
    written = [path.relative_to(built.directory).parts for path in sorted(built.directory.rglob("*.xlsx"))]
    assert len(written) == 11
    assert {unit for _, unit, _ in written} == set(UNITS)


def test_the_same_pack_gives_the_same_bytes_and_times(built: SampleSummary, pack: Pack, tmp_path: Path) -> None:
    build_samples(pack, tmp_path, source=SOURCE, only_units={"HG-PH-05"}, only_periods={"2022-08"})
    again = list(tmp_path.rglob("*.xlsx"))
    assert len(again) == 1
    before = built.directory / again[0].relative_to(tmp_path)
    assert before.read_bytes() == again[0].read_bytes()
    assert before.stat().st_mtime == again[0].stat().st_mtime


def test_our_intake_reads_every_figure_back(built: SampleSummary, pack: Pack, sent: list[Report]) -> None:
    checked = 0
    for report in sent:
        path = built.directory / report.wave / report.unit.unit_code / report.file_name
        if report.period.code not in built.periods or report.unit.unit_code not in UNITS or report.unit.unit_code == "HG":
            continue
        reading = read_file(path.read_bytes(), path.name, pack)
        (submission,) = reading.submissions
        assert not reading.findings and not submission.findings
        assert (submission.slot.unit_code, submission.slot.form_code, submission.slot.period) == (
            report.unit.unit_code,
            report.form.form_code,
            report.period,
        )
        read = {(cell.indicator_code, cell.measure): cell.value.number for cell in submission.cells}
        assert read == expected(pack, report)
        checked += len(read)
    assert checked > 900


def expected(pack: Pack, report: Report) -> dict[tuple[str, Measure], Decimal | None]:
    return {
        (row.indicator_code, column.measure): None if figure is None else Decimal(str(figure))
        for sheet, page in zip(pack.sheets(report.form), report.workbook.sheets, strict=True)
        for row, line in zip(sheet.rows, page.lines, strict=True)
        for column, figure in zip(sheet.columns, line.figures, strict=True)
    }


def test_the_compiled_report_is_printed_as_text(built: SampleSummary, pack: Pack) -> None:
    (path,) = (built.directory / "2_2022-08" / "HG").iterdir()
    book = openpyxl.load_workbook(path)
    texts = {str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert {"2066.356", "571 (-)", "5.689/6.653", "Tiêm nhắc 60", "↓398", "↑71,57", "<1%", "2,831", "66,46", "80.8"} <= texts
    reading = read_file(path.read_bytes(), path.name, pack)
    (submission,) = reading.submissions
    read = {(cell.indicator_code, cell.measure): cell.value.number for cell in submission.cells}
    assert read["VAC_COVID_DOSES_TOTAL", Measure.VALUE] == 2066356
    assert [read["FP_IUD_NEW", measure] for measure in (Measure.YTD, Measure.PLAN)] == [Decimal(5689), Decimal(6653)]
    assert {finding.code for finding in submission.findings} == {"words_in_number_cell", "irregular_grouping"}


def test_workbooks_are_sent_in_time_but_for_the_late_one(pack: Pack, reports: Reports, sent: list[Report]) -> None:
    deadlines = {duty.form_code: duty.deadline_working_days for duty in pack.duties}
    due = {
        (form, month): due_at(month, days, "VN", "Asia/Ho_Chi_Minh")
        for form, days in deadlines.items()
        for month in reports.calendar.periods
    }
    late = set()
    for report in sent:
        assert report.sent_at.date() > report.period.end_date
        if report.wave != reports.waves[2] and report.sent_at > due[report.form.form_code, report.period]:
            late.add((report.unit.unit_code, report.period))
    assert late == {("HG-VT-04", Period.parse("2021-11"))}


def test_a_correction_has_the_right_figures_and_comes_later(reports: Reports, sent: list[Report]) -> None:
    first, second = [r for r in sent if r.unit.unit_code == "HG-PH-05" and r.period.code == "2022-07"]
    wrong = {
        (line.row_code, figure - right)
        for sheet, true in zip(first.workbook.sheets, second.workbook.sheets, strict=True)
        for line, correct in zip(sheet.lines, true.lines, strict=True)
        for figure, right in zip(line.figures, correct.figures, strict=True)
        if isinstance(figure, int) and isinstance(right, int) and figure != right
    }
    assert wrong == {("B.12.5", 7)}
    assert (first.wave, second.wave) == reports.waves[::2]
    assert second.sent_at == datetime(2022, 9, 22, 9, 30, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh")).astimezone(UTC)


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        (1448, "1.448"),
        (2066356, "2.066.356"),
        (0, "00"),
        (None, "-"),
        (Decimal("66.46"), "66,46"),
        (Decimal("1234.5"), "1.234,5"),
        ("x", "x"),
    ],
)
def test_numbers_are_typed_as_texts_by_some(figure: Decimal | int | str | None, text: str) -> None:
    assert as_typed(figure, Typing.TEXTS) == text
    assert as_typed(figure, Typing.NUMBERS) == figure


@pytest.mark.parametrize(
    ("code", "label"),
    [
        ("2022-08", "Tháng 08/2022"),
        ("2024-Q1", "Quý 1/2024"),
        ("2024-H1", "6 tháng đầu năm 2024"),
        ("2024-9M", "9 tháng đầu năm 2024"),
        ("2024", "Năm 2024"),
        ("2024-W05", "Tuần 05/2024"),
    ],
)
def test_a_period_is_named_so_that_intake_knows_it(code: str, label: str) -> None:
    assert period_label(Period.parse(code)) == label
    assert read_period(label) == Period.parse(code)


def test_a_file_name_with_an_unknown_word_is_refused(pack: Pack, tmp_path: Path) -> None:
    shutil.copytree(SOURCE, tmp_path / "samples")
    story = tmp_path / "samples" / "samples.yml"
    story.write_text(story.read_text(encoding="utf-8").replace("{number}", "{month}"), encoding="utf-8")
    with pytest.raises(SamplesError, match=r"cannot be filled in; it may hold \{form\}, \{unit\}"):
        build_samples(pack, tmp_path / "out", source=tmp_path / "samples", only_units={"HG-BVSN"}, only_periods={"2022-08"})


def test_a_workbook_is_laid_out_as_the_form_asks(tmp_path: Path) -> None:
    path = tmp_path / "small.xlsx"
    path.write_bytes(workbook_bytes(SMALL))
    page = openpyxl.load_workbook(path)["A"]
    rows = [tuple(cell for cell in row if cell is not None) for row in page.iter_rows(values_only=True)]
    assert rows[:2] == [("SỞ",), ("BÁO CÁO",)]
    assert rows[2:6] == [("Biểu mẫu:", "F v1"), ("Đơn vị:", "Trạm"), ("Mã đơn vị:", "U-1"), ("Kỳ báo cáo:", "Tháng 08/2022")]
    assert rows[6] == ("Số liệu tính đến ngày:", datetime(2022, 8, 31))
    assert rows[8:] == [
        (),
        ("Mã", "Chỉ tiêu", "Đơn vị tính", "Số", "Tỷ lệ"),
        ("A.1", "Ca", "ca", 1448, 66.46),
        ("A.2", "Chết", "ca", 0),
        (),
        ("Nhận xét:", "Ổn"),
    ]


def test_a_pack_without_samples_is_told_so(pack: Pack, tmp_path: Path) -> None:
    with pytest.raises(SamplesError, match=r"samples\.yml is missing"):
        build_samples(pack, tmp_path / "out", source=tmp_path)


def test_a_correction_comes_after_what_it_corrects(pack: Pack, tmp_path: Path) -> None:
    shutil.copytree(SOURCE, tmp_path / "samples")
    story = tmp_path / "samples" / "samples.yml"
    text = story.read_text(encoding="utf-8")
    assert text.count("corrected_on: 2022-09-22") == 2
    story.write_text(text.replace("corrected_on: 2022-09-22", "corrected_on: 2022-09-02"), encoding="utf-8")
    with pytest.raises(SamplesError, match="HG-BVSN 2022-08 is corrected on 2022-09-02"):
        build_samples(pack, tmp_path / "out", source=tmp_path / "samples", only_units={"HG-BVSN"}, only_periods={"2022-08"})
