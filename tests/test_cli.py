"""The command line on a real warehouse: a small pack, workbooks, two publications of them."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
import pytest
from tests.deployed import empty_warehouse
from tests.packs import write_pack

from tonghop import cli, database
from tonghop.publication import live_number
from tonghop.settings import settings

pytestmark = pytest.mark.database

STATION = ["Mã", "Chỉ tiêu", "Đơn vị tính", "Thực hiện trong tháng", "Trong đó nữ", "Cộng dồn", "Kế hoạch năm"]
HOSPITAL = ["Mã", "Chỉ tiêu", "Đơn vị tính", "Thực hiện trong tháng", "Cộng dồn"]
BEDS = ["Mã", "Chỉ tiêu", "Đơn vị tính", "Thực hiện trong tháng", "Tỷ lệ %"]


@dataclass(frozen=True)
class Told:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def tonghop(*arguments: object) -> Told:
    """Run the command line in this process."""
    out, err = StringIO(), StringIO()
    code = 0
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["tonghop", *map(str, arguments)])
        patch.setenv("TONGHOP_CATALOG", os.environ.get("TONGHOP_CATALOG", ""))
        try:
            cli.main()
        except SystemExit as ended:
            code = int(ended.code or 0)
    settings.cache_clear()
    assert "Traceback" not in out.getvalue() + err.getvalue()
    return Told(code, out.getvalue(), err.getvalue())


def write_workbook(path: Path, form: str, unit: str, period: str, sheets: dict[str, Sequence[Sequence[object]]], day: int) -> None:
    book = openpyxl.Workbook()
    for number, (title, lines) in enumerate(sheets.items()):
        sheet = book.worksheets[0] if number == 0 else book.create_sheet()
        sheet.title = title
        year, month = period.split("-")
        sheet.append(["Sở Y tế"])
        sheet.append(["Biểu mẫu:", form])
        sheet.append(["Mã đơn vị:", unit])
        sheet.append(["Kỳ báo cáo:", f"Tháng {month}/{year}"])
        sheet.append([])
        for line in lines:
            sheet.append(list(line))
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    at = datetime(2022, 9, day, tzinfo=UTC).timestamp()
    os.utime(path, (at, at))


def station(folder: Path, unit: str, period: str, child: int, adult: int, *, name: str = "báo cáo", day: int = 5) -> Path:
    path = folder / unit / f"{name} {period}.xlsx"
    lines = [
        STATION,
        ["A.1", "Lượt khám", "lượt", child + adult, None, None, None],
        ["A.2", "Trẻ em", "lượt", child, None, None, None],
        ["A.3", "Người lớn", "lượt", adult, None, None, None],
        ["A.4", "Bệnh nhân đang quản lý", "người", 30, None, None, None],
        ["A.5", "Số ca tích lũy", "ca", 99, None, None, None],
    ]
    write_workbook(path, "ST v2", unit, period, {"Khám bệnh": lines}, day)
    return path


def hospital(folder: Path, unit: str, period: str, days: int, capacity: int) -> Path:
    path = folder / unit / f"{period}.xlsx"
    care = [
        HOSPITAL,
        ["B.1", "Lượt khám", "lượt", 500, 4500],
        ["B.2", "Trẻ em", "lượt", 200, None],
        ["B.3", "Người lớn", "lượt", 300, None],
    ]
    beds = [
        BEDS,
        ["B.4", "Ngày điều trị", "ngày", days, None],
        ["B.5", "Ngày giường kế hoạch", "ngày", capacity, None],
        ["B.6", "Công suất giường", "%", None, None],
    ]
    write_workbook(path, "HO v1", unit, period, {"Khám bệnh": care, "Giường bệnh": beds}, 6)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workbooks")


@contextmanager
def own_places(home: Path, pack: Path) -> Iterator[None]:
    """Work on the server of the test run, emptied, with an archive, an outbox and a pack of one's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TONGHOP_ARCHIVE", str(home / "archive"))
        patch.setenv("TONGHOP_OUTBOX", str(home / "outbox"))
        patch.setenv("TONGHOP_CATALOG", str(pack))
        settings.cache_clear()
        empty_warehouse()
        yield
        empty_warehouse()
    settings.cache_clear()


@pytest.fixture(scope="module")
def published(server: None, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Told, ...]]:
    """Two publications; in the second, a station has corrected August. What load and refresh said each time."""
    with own_places(tmp_path_factory.mktemp("cli"), write_pack(tmp_path_factory.mktemp("pack"))):
        station(folder, "C11", "2022-07", 40, 60)
        station(folder, "C11", "2022-08", 41, 69)
        station(folder, "C12", "2022-08", 10, 21)
        hospital(folder, "H1", "2022-08", 600, 1000)
        hospital(folder, "H2", "2022-08", 300, 1000)
        first = tonghop("load", folder), tonghop("refresh")
        corrected = station(folder, "C11", "2022-08", 51, 69, name="báo cáo (sửa)", day=20)
        second = tonghop("load", corrected, "--json"), tonghop("refresh", "--json")
        yield *first, *second


def test_load_and_refresh_say_what_they_did(published: tuple[Told, ...]) -> None:
    loaded, refreshed, loaded_again, refreshed_again = published
    assert loaded.code == 0, loaded.err
    assert "5 files: 5 staged; 5 submissions" in loaded.out and re.search(r"C11 +ST +2022-08 +v1 ", loaded.out)
    assert refreshed.code == 0, refreshed.err
    assert "Gate 1" in refreshed.out and "Publication 1 is live" in refreshed.out
    (outcome,) = loaded_again.json
    assert (outcome["outcome"], outcome["versions"]) == ("staged", ["C11 ST 2022-08 v2"])
    assert refreshed_again.json["publications"] == [2]
    assert Path(refreshed_again.json["reports"][0]).exists()


def test_again_there_is_nothing_to_do(published: tuple[Told, ...], folder: Path) -> None:
    assert "6 files: 6 known" in tonghop("load", folder).out
    told = tonghop("refresh")
    assert told.code == 0 and "Nothing to publish" in told.out


def test_publications_lists_them_all(published: tuple[Told, ...]) -> None:
    listed = tonghop("publications", "--json").json
    assert [(each["number"], each["status"], each["is_live"]) for each in listed[-2:]] == [
        (2, "published", listed[0]["number"] == 2),
        (1, "published", False),
    ]
    assert listed[-1]["periods"] == ["2022-07", "2022-08"]
    assert "2022-07 2022-08" in tonghop("publications").out


class TestTrace:
    def test_a_figure_leads_to_its_cells(self, published: tuple[Told, ...]) -> None:
        found = tonghop("trace", "D1", "VISITS", "2022-08", "--json").json
        assert (found["value"], found["reporting_units"], found["expected_units"]) == (151, 2, 2)
        (part,) = found["parts"]
        assert part["agrees"] and part["contributed"] == 151
        one, other = part["contributions"]
        assert (one["unit_code"], one["value"], one["raw"], one["sheet"], one["cell"]) == ("C11", 120, "120", "Khám bệnh", "D7")
        assert one["source_uri"].endswith("báo cáo (sửa) 2022-08.xlsx") and one["version"] == 2
        assert (other["unit_code"], other["value"]) == ("C12", 31)
        assert found["missing"] == []

    def test_a_page_tells_it_in_both_languages(self, published: tuple[Told, ...], tmp_path: Path) -> None:
        told = tonghop("trace", "D1", "VISITS", "2022-08", "-o", tmp_path / "pages" / "figure.html")
        assert told.code == 0, told.err
        vietnamese, english = ((tmp_path / "pages" / name).read_text(encoding="utf-8") for name in ("figure.html", "figure.en.html"))
        sha256 = tonghop("trace", "D1", "VISITS", "2022-08", "--json").json["parts"][0]["contributions"][0]["file_sha256"]
        for text in (vietnamese, english):
            assert sha256 in text and "Khám bệnh!<b>D7</b>" in text and "style.css" not in text
        assert "cộng lại bằng 151: khớp" in vietnamese and 'href="figure.en.html"' in vietnamese
        assert "add up to 151: they agree" in english

    def test_an_earlier_publication_leads_to_the_earlier_version(self, published: tuple[Told, ...]) -> None:
        found = tonghop("trace", "D1", "VISITS", "2022-08", "--publication", 1, "--json").json
        assert found["publication"] == 1 and found["value"] == 141
        assert found["parts"][0]["contributions"][0]["version"] == 1

    def test_a_longer_period_is_made_of_months_and_says_what_is_missing(self, published: tuple[Told, ...]) -> None:
        found = tonghop("trace", "P", "VISITS", "2022-Q3", "--json").json
        (part,) = found["parts"]
        cells = [(each["period_code"], each["unit_code"], each["value"]) for each in part["contributions"]]
        assert cells == [
            ("2022-07", "C11", 100),
            ("2022-08", "C11", 120),
            ("2022-08", "C12", 31),
            ("2022-08", "H1", 500),
            ("2022-08", "H2", 500),
        ]
        assert found["value"] == 1251 and part["agrees"]
        assert "C21 ST 2022-08" in found["missing"] and "C12 ST 2022-07" in found["missing"]

    def test_a_ratio_leads_to_numerator_and_denominator(self, published: tuple[Told, ...]) -> None:
        found = tonghop("trace", "P", "OCCUPANCY", "2022-08", "--json").json
        assert found["value"] == 45
        assert [(part["part"], part["published"], part["agrees"]) for part in found["parts"]] == [
            ("numerator", 900, True),
            ("denominator", 2000, True),
        ]

    def test_a_stock_is_the_month_that_decides(self, published: tuple[Told, ...]) -> None:
        found = tonghop("trace", "D1", "PATIENTS", "2022-08", "--json").json
        assert found["value"] == 60 and len(found["parts"][0]["contributions"]) == 2

    def test_the_text_names_file_sheet_and_cell(self, published: tuple[Told, ...]) -> None:
        out = tonghop("trace", "D1", "VISITS", "2022-08").out
        assert "báo cáo (sửa) 2022-08.xlsx" in out and "D7" in out and "they add up to it" in out

    @pytest.mark.parametrize(
        ("asked", "why"),
        [
            (("X", "VISITS", "2022-08"), "no unit 'X'"),
            (("P", "X", "2022-08"), "no indicator 'X'"),
            (("P", "VISITS", "2030-01"), "no period '2030-01'"),
            (("P", "VISITS", "2021-03"), "Nothing is published"),
            (("P", "VISITS", "2022-08", "--publication", "77"), "77 does not exist"),
        ],
    )
    def test_what_is_not_there_is_said(self, published: tuple[Told, ...], asked: tuple[str, ...], why: str) -> None:
        told = tonghop("trace", *asked)
        assert told.code == 1 and why in told.err

    def test_a_period_that_is_none_is_a_wrong_call(self, published: tuple[Told, ...]) -> None:
        told = tonghop("trace", "P", "VISITS", "2022-13")
        assert told.code == 2 and "2022-13" in told.err


def test_diff_publications(published: tuple[Told, ...]) -> None:
    found = tonghop("diff-publications", 1, 2, "--json").json
    months = {
        (f["unit_code"], f["indicator_code"]): (f["value_a"], f["value_b"]) for f in found["figures"] if f["period_code"] == "2022-08"
    }
    assert months == {
        (unit, indicator): (before, before + 10)
        for unit, visits, child in (("C11", 110, 41), ("D1", 141, 51), ("P", 1141, 451))
        for indicator, before in (("VISITS", visits), ("VISITS_CHILD", child))
    }
    assert [(slot["unit_code"], slot["period_code"]) for slot in found["submissions"]] == [("C11", "2022-08")]
    out = tonghop("diff-publications", 1, 2).out
    assert "141" in out and "151" in out and "báo cáo (sửa) 2022-08.xlsx" in out


def summary(publication: int | None = None) -> list[tuple[Any, ...]]:
    with database.connect("bi_reader", publication=publication) as connection:
        return connection.execute(
            "select unit_code, indicator_code, period_code, value, ytd_value, target, reporting_units from marts.indicator_summary "
            "where map = 'as_reported' order by unit_code, indicator_code, period_code"
        ).fetchall()


@pytest.fixture(scope="module")
def evidence(published: tuple[Told, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The evidence of the second publication."""
    path = tmp_path_factory.mktemp("evidence") / "2.zip"
    told = tonghop("evidence", "pack", 2, "-o", path)
    assert told.code == 0, told.err
    return path


def changed_package(package: Path, path: Path, change: Callable[[dict[str, bytes]], None], *, sums: bool) -> Path:
    """A copy of a package with other members; with `sums` the list of hashes is made to fit."""
    with zipfile.ZipFile(package) as opened:
        members = {info.filename: opened.read(info) for info in opened.infolist()}
    change(members)
    if sums:
        listed = (f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in members.items() if name != "SHA256SUMS")
        members["SHA256SUMS"] = "".join(listed).encode()
    with zipfile.ZipFile(path, "w") as written:
        for name, data in members.items():
            written.writestr(name, data)
    return path


def replaced(member: str, old: str, new: str) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        (name,) = [name for name in members if name.startswith(member)]
        assert old.encode() in members[name], members[name]
        members[name] = members[name].replace(old.encode(), new.encode())

    return change


def removed(member: str) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        del members[next(name for name in members if name.startswith(member))]

    return change


def added(members: dict[str, bytes]) -> None:
    members["archive/files/00/" + "0" * 64] = b"of another"


class TestEvidence:
    def test_a_package_agrees_with_itself_on_a_machine_without_a_database(self, evidence: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TONGHOP_HOME", "/nonexistent")
        monkeypatch.setenv("TONGHOP_ARCHIVE", "/nonexistent")
        settings.cache_clear()
        told = tonghop("evidence", "check", evidence)
        assert told.code == 0 and "Everything agrees." in told.out, told.out + told.err
        assert "2 manifests, 5 submissions, 5 files of units" in told.out

    def test_it_leads_from_the_published_figure_to_the_cell_and_the_rules(self, evidence: Path, tmp_path: Path) -> None:
        with zipfile.ZipFile(evidence) as package:
            package.extractall(tmp_path)
        done = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, "")

        def rows(record: str, **wanted: str) -> list[dict[str, str]]:
            with (tmp_path / "records" / f"{record}.csv").open(encoding="utf-8", newline="") as file:
                return [row for row in csv.DictReader(file) if wanted.items() <= row.items()]

        (figure,) = rows("figures", unit_code="D1", indicator_code="VISITS", period_code="2022-08")
        cells = rows("cells", indicator_code="VISITS", measure="value", breakdown_code="TOTAL", form_code="ST")
        assert Decimal(figure["value"]) == sum(Decimal(cell["value"]) for cell in cells) == 151
        (cell,) = [cell for cell in cells if cell["unit_code"] == "C11"]
        assert (cell["raw"], cell["sheet"], cell["cell"]) == ("120", "Khám bệnh", "D7")
        (used,) = rows("submissions", submission_id=cell["submission_id"])
        assert (used["version"], used["status"]) == ("2", "in_force")
        book = openpyxl.load_workbook(
            BytesIO((tmp_path / "archive" / "files" / used["file_sha256"][:2] / used["file_sha256"]).read_bytes())
        )
        assert book["Khám bệnh"]["D7"].value == 120
        (verdict,) = rows("verdicts", submission_id=cell["submission_id"])
        assert verdict["verdict"] == used["verdict"]
        assert {row["rule_code"] for row in rows("failures")} <= {row["rule_code"] for row in rows("../catalog/rule")} != set()
        assert [row["gate"] for row in rows("gates", success="true")].count("2") > 0
        assert "published" in {row["act"] for row in rows("events", publication="2")}
        assert "<html" in (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
        assert "2022-08" in (tmp_path / "README.txt").read_text(encoding="utf-8")

    def test_the_same_evidence_is_the_same_file(self, evidence: Path, tmp_path: Path) -> None:
        again = tonghop("evidence", "pack", 2, "-o", tmp_path / "again.zip", "--json").json
        assert again["sha256"] == hashlib.sha256(evidence.read_bytes()).hexdigest()

    def test_an_earlier_publication_as_it_was_by_day_and_period(self, published: tuple[Told, ...], tmp_path: Path) -> None:
        told = tonghop("evidence", "pack", 1, "--period", "2022-08", "--no-files", "-o", tmp_path / "1.zip", "--json").json
        assert (told["publication"], told["periods"], told["files"]) == (1, ["2022-08"], 0)
        found = tonghop("evidence", "check", tmp_path / "1.zip", "--json")
        assert (found.code, found.json["manifests"], found.json["submissions"]) == (0, 1, 4), found.out
        with zipfile.ZipFile(tmp_path / "1.zip") as package:
            submissions = package.read("records/submissions.csv").decode()
        assert "C11,ST,2022-08,1," in submissions and "C11,ST,2022-08,2," not in submissions and "2022-07" not in submissions
        today = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}"
        assert tonghop("evidence", "pack", "--at", today, "-o", tmp_path / "today.zip", "--json").json["publication"] == live_number()

    @pytest.mark.parametrize(
        ("change", "sums", "told"),
        [
            (replaced("records/cells.csv", ",120,", ",121,"), False, "records/cells.csv: was changed"),
            (replaced("records/cells.csv", ",120,", ",121,"), True, "the cells of C11 ST 2022-08 version 2 are not those"),
            (replaced("records/submissions.csv", "in_force", "superseded"), True, "says something else than the manifests"),
            (replaced("archive/manifests/000001", "C11", "C12"), True, "changed after it was written"),
            (replaced("publication.json", "2022-08", "2022-07"), True, "records/submissions.csv"),
            (removed("archive/manifests/000001"), True, "but the one before it in the archive is none"),
            (removed("archive/manifests/000002"), True, "the manifest of publication 2 is not in the package"),
            (removed("archive/files/"), True, "is lacking, though reports came in it"),
            (removed("records/events.csv"), False, "was taken out of the package"),
            (added, False, "was added to the package"),
            (added, True, "is not the file that was received"),
        ],
    )
    def test_whatever_was_changed_is_named(
        self, evidence: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], None], sums: bool, told: str
    ) -> None:
        found = tonghop("evidence", "check", changed_package(evidence, tmp_path / "changed.zip", change, sums=sums))
        assert found.code == 1 and told in found.out, found.out

    def test_a_chain_that_was_written_anew_lacks_the_hash_that_was_noted_down(self, evidence: Path) -> None:
        assert tonghop("evidence", "check", evidence, "--head", "0" * 64).code == 1
        noted = tonghop("evidence", "check", evidence, "--json").json["manifest_sha256"]
        assert tonghop("evidence", "check", evidence, "--head", noted).code == 0

    def test_an_archived_file_that_was_changed_is_no_evidence(self, published: tuple[Told, ...], tmp_path: Path) -> None:
        with tempfile.TemporaryDirectory() as copy, pytest.MonkeyPatch.context() as patch:
            shutil.copytree(settings().archive_path, copy, dirs_exist_ok=True)
            patch.setenv("TONGHOP_ARCHIVE", copy)
            settings.cache_clear()
            for file in (path for path in Path(copy, "files").rglob("*") if path.is_file()):
                file.chmod(0o644)
                file.write_bytes(file.read_bytes() + b" ")
            told = tonghop("evidence", "pack", 2, "-o", tmp_path / "x.zip")
        settings.cache_clear()
        assert told.code == 1 and "was changed after it was archived" in told.err
        assert list(tmp_path.iterdir()) == []

    def test_what_cannot_be_packed_or_checked_is_one_message(self, published: tuple[Told, ...], tmp_path: Path) -> None:
        path = tmp_path / "x.zip"
        assert "does not exist" in tonghop("evidence", "pack", 99, "-o", path).err
        assert "shows no report of 2020-01" in tonghop("evidence", "pack", 1, "--period", "2020-01", "-o", path).err
        assert "tonghop publications" in tonghop("evidence", "pack", "--at", "2001-01-01", "-o", path).err
        assert "tonghop publications" in tonghop("evidence", "pack", "--at", "someday", "-o", path).err
        assert not path.exists()
        for data in (b"no zip", b""):
            path.write_bytes(data)
            assert "is no evidence package" in tonghop("evidence", "check", path).err
        with zipfile.ZipFile(path, "w") as package:
            package.writestr("../outside", "x")
        assert "'../outside'" in tonghop("evidence", "check", path).err and not (tmp_path.parent / "outside").exists()


def test_rollback_shows_the_old_figures_and_stays_there(published: tuple[Told, ...]) -> None:
    old, new = summary(1), summary(2)
    told = tonghop("rollback", 1, "--reason", "wrong workbook")
    assert told.code == 0 and "Publication 3 is live and restates publication 1" in told.out
    assert summary() == old and summary(3) == old and summary(2) == new != old
    assert "Nothing to publish" in tonghop("refresh").out
    assert live_number() == 3
    assert tonghop("rollback", 2).code == 0
    assert summary() == new
    assert tonghop("audit", "verify").out.strip().endswith("Everything agrees.")


def test_acts_that_the_state_forbids_are_refused(published: tuple[Told, ...]) -> None:
    for arguments, why in ((("rollback", 99), "does not exist"), (("discard", 1), "is published"), (("diff-publications", 1, 99), "exist")):
        told = tonghop(*arguments)
        assert told.code == 1 and why in told.err


def test_verify_finds_a_changed_file(published: tuple[Told, ...], tmp_path: Path) -> None:
    copy = tmp_path / "archive"
    shutil.copytree(settings().archive_path, copy)
    assert tonghop("audit", "verify", "--archive", copy).code == 0
    file = next(path for path in (copy / "files").rglob("*") if path.is_file())
    file.chmod(0o644)
    file.write_bytes(file.read_bytes() + b" ")
    told = tonghop("audit", "verify", "--archive", copy, "--json")
    assert told.code == 1 and file.name in told.json["problems"][0]


def test_a_file_that_cannot_be_read_is_named_with_what_to_do(published: tuple[Told, ...], tmp_path: Path) -> None:
    before = live_number()
    broken = tmp_path / "báo cáo.xlsx"
    broken.write_bytes(b"%PDF-1.7 this is no workbook")
    told = tonghop("load", broken)
    assert told.code == 1 and broken.name in told.out and "rejected" in told.out
    assert "critical" in told.out
    assert tonghop("load", tmp_path / "nowhere").code == 1
    assert "Nothing to publish" in tonghop("refresh").out and live_number() == before


def test_dsn_prints_a_url_and_nothing_else(published: tuple[Told, ...]) -> None:
    told = tonghop("dsn", "bi_reader", "--publication", 1)
    assert told.code == 0 and told.err == "" and told.out.count("\n") == 1
    with psycopg.connect(told.out.strip()) as connection:
        assert connection.execute("select max(number) from marts.publication").fetchone() == (1,)
    refused = tonghop("dsn", "postgres")
    assert refused.code == 1 and "There is no reader postgres" in refused.err


def test_the_quality_report_of_a_period(published: tuple[Told, ...], tmp_path: Path) -> None:
    told = tonghop("report", "quality", "2022-07", "-o", tmp_path)
    assert told.code == 0 and "publication 1:" in told.out
    assert Path(told.out.split(": ", 1)[1].strip()).is_relative_to(tmp_path)
    told = tonghop("report", "quality", "2021-01", "-o", tmp_path)
    assert told.code == 1 and "2021-01" in told.err


class TestTemplate:
    def test_figures_go_on_from_the_live_publication(self, published: tuple[Told, ...], tmp_path: Path) -> None:
        path = tmp_path / "biểu mẫu" / "H1.xlsx"
        told = tonghop("template", "HO", "H1", "2022-09", "-o", path)
        assert told.code == 0, told.err
        sheet = openpyxl.load_workbook(path)["Khám bệnh"]
        (visits,) = [row for row in sheet.iter_rows() if row[0].value == "B.1"]
        assert visits[4].value == f'=IF(COUNT(D{visits[0].row})=1,4500+D{visits[0].row},"…")'
        assert visits[5].value == "đã báo 4.500"
        (children,) = [row for row in sheet.iter_rows() if row[0].value == "B.2"]
        assert children[4].value is None and children[5].value is None

    def test_there_is_one_for_each_report_that_is_owed(self, published: tuple[Told, ...], tmp_path: Path) -> None:
        written = tonghop("template", "--all", "2022-09", "-o", tmp_path, "--json").json
        names = ["CT_P", "ST_C11", "ST_C12", "ST_C21", "HO_H1", "HO_H2"]
        assert {Path(path).name for path in written} == {f"{name}_2022-09.xlsx" for name in names}
        assert all(Path(path).exists() for path in written)
        assert "6 templates in" in tonghop("template", "--all", "2022-09", "-o", tmp_path).out

    def test_what_cannot_be_made_is_one_message(self, published: tuple[Told, ...], tmp_path: Path) -> None:
        told = tonghop("template", "HO", "C11", "2022-09", "-o", tmp_path / "x.xlsx")
        assert told.code == 1 and "C11 (Trạm Y tế xã Một, a station) has nothing to fill in on form HO" in told.err
        (tmp_path / "file").touch()
        told = tonghop("template", "HO", "H1", "2022-09", "-o", tmp_path / "file" / "x.xlsx")
        assert told.code == 1 and "cannot be written" in told.err
        assert tonghop("template", "HO", "-o", tmp_path).code == 2
        assert tonghop("template", "HO", "H1", "tháng 9", "-o", tmp_path).code == 2


def test_templates_need_no_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGHOP_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    told = tonghop("template", "--catalog", write_pack(tmp_path / "pack"), "HO", "H1", "2022-09", "-o", tmp_path / "H1.xlsx")
    assert told.code == 0 and (tmp_path / "H1.xlsx").exists()
    assert "No database yet" in told.err and not (tmp_path / "home" / "postgres").exists()


def test_status_counts(published: tuple[Told, ...]) -> None:
    counted = tonghop("status", "--json").json
    assert counted["submissions"] == 6
    assert "submissions" in tonghop("status").out


def test_a_pack_is_checked(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "pack")
    assert tonghop("catalog", "check", pack).code == 0
    (pack / "units.csv").write_text((pack / "units.csv").read_text().replace("C11,31318", "no code,31318"))
    told = tonghop("catalog", "check", pack)
    assert told.code == 1 and "units.csv:5" in told.err
    told = tonghop("catalog", "check", pack, "--json")
    assert told.code == 1 and "units.csv:5" in told.json[0]


def test_another_catalog_is_used_on_request(published: tuple[Told, ...], tmp_path: Path) -> None:
    told = tonghop("refresh", "--catalog", tmp_path)
    assert told.code == 1 and "pack.yml" in told.err


def test_a_database_that_does_not_answer_is_one_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGHOP_HOME", str(tmp_path))
    monkeypatch.setenv("TONGHOP_ADMIN_DSN", "postgresql://postgres:x@127.0.0.1:1/postgres")
    settings.cache_clear()
    told = tonghop("publications")
    assert told.code == 1 and "does not answer" in told.err


def test_ctrl_c_is_a_short_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(database, "ensure_server", interrupted)
    told = tonghop("publications")
    assert told.code == 130 and "Interrupted" in told.err
