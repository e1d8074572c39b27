"""The pages of a report, as files."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.reports.made_up_report import made_up

from tonghop.reports import charts, data_docs, groups, shapes
from tonghop.reports import site as site_module
from tonghop.reports.site import render_index, write_site

pytestmark = pytest.mark.usefixtures("state_home")


class Page(HTMLParser):
    """Ids and references of a page; balanced tags are counted."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.references: list[str] = []
        self.open: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if "id" in values:
            assert values["id"] not in self.ids, f"id {values['id']} stands twice"
            self.ids.add(values["id"] or "")
        self.references += [value for key, value in attrs if key in ("href", "src") and value]
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def pages(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.html"))


def test_every_page_stands_in_both_languages_and_every_link_leads_somewhere(site: Path) -> None:
    found = pages(site.parent)
    # the list; overview, rules, timeliness, two periods, two units, scorecards with two parents, a year; the empty report; a run of a gate
    assert len(found) == 2 * (1 + (3 + 2 + 2 + 3 + 1) + 3) + 1
    parsed = {page.resolve(): Page(page) for page in found}
    for path, page in parsed.items():
        assert page.open == [], path
        for reference in page.references:
            assert "//" not in reference, f"{path.name} leaves the disk: {reference}"
            file, _, anchor = reference.partition("#")
            target = (path.parent / file).resolve() if file else path
            assert target.exists(), f"{path.name} -> {reference}"
            if anchor:
                assert anchor in parsed[target].ids, f"{path.name} -> {reference}"


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    texts = [path for path in site.parent.rglob("*") if path.suffix in (".html", ".css", ".json")]
    assert any(path.parent.name == "gates" for path in texts)
    for path in texts:
        text = path.read_text(encoding="utf-8")
        assert "://" not in text and "<script" not in text, path
        assert path.stat().st_size < 1_000_000


def test_of_many_units_those_under_one_parent_have_a_page_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "UNITS_ON_A_PAGE", 1)
    folder = write_site(made_up(), tmp_path).parent
    whole = (folder / "period-2022-08.en.html").read_text(encoding="utf-8")
    for page, unit in (("period-2022-08-D1", "C11"), ("period-2022-08-D1-2", "C12"), ("period-2022-08-D2", "C21")):
        assert f'href="{page}.en.html"' in whole
        text = (folder / f"{page}.en.html").read_text(encoding="utf-8")
        assert [code for code in ("C11", "C12", "C21", "H1") if f'<code class="whole">{code}</code>' in text] == [unit]
    assert 'aria-label="1 of 2 accepted"' in whole  # of the two units of the first district, over both of its pages
    assert "C11" not in whole
    assert 'id="C12"' in (folder / "scores-month-D1-2.html").read_text(encoding="utf-8")


def test_of_many_units_a_rule_lists_those_with_most_problems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_module, "UNITS_SHOWN", 1)
    found = made_up()
    few, many = found.rules[0].units
    folder = write_site(replace(found, rules=[replace(found.rules[0], units=[few, many | {"count": 2}])]), tmp_path).parent
    page = (folder / "rules.en.html").read_text(encoding="utf-8")
    assert "units/C12.en.html" in page and "units/C11.en.html" not in page
    assert "all 2 are in the XLSX file" in page


def test_the_page_of_a_unit_leads_to_its_scorecards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "UNITS_ON_A_PAGE", 1)
    folder = write_site(made_up(), tmp_path).parent
    assert 'href="../scores-month-D1-2.en.html#C12">Scorecards by month</a>' in (folder / "units/C12.en.html").read_text(encoding="utf-8")
    assert 'href="../scores-month-D1-2.html#C12">Phiếu điểm theo tháng</a>' in (folder / "units/C12.html").read_text(encoding="utf-8")


def test_a_rule_says_its_reason_in_the_language_of_the_page(tmp_path: Path) -> None:
    found = made_up()
    rule = replace(found.rules[0], reason_vi="Trẻ em và người lớn đếm riêng", reason_en="Children and adults are counted apart")
    folder = write_site(replace(found, rules=[rule]), tmp_path).parent
    vietnamese, english = ((folder / page).read_text(encoding="utf-8") for page in ("rules.html", "rules.en.html"))
    assert "Trẻ em và người lớn đếm riêng" in vietnamese and "counted apart" not in vietnamese
    assert "Children and adults are counted apart" in english and "đếm riêng" not in english


def test_the_workbook_has_the_failures_with_their_cells_and_no_formula(site: Path) -> None:
    book = openpyxl.load_workbook(site / "report.xlsx")
    sheets = {sheet.title: [[cell.value for cell in row] for row in sheet] for sheet in book}
    assert list(sheets) == ["Tổng quan", "Đơn vị x biểu mẫu", "Sai lệch", "Miễn trừ", "Thay đổi", "Đúng hạn", "Phiếu điểm", "Theo năm"]
    assert all(len(row) == len(rows[0]) for rows in sheets.values() for row in rows)
    assert sheets["Tổng quan"][1][:3] == ["2022-08", 5, 5]
    problem = next(row for row in sheets["Sai lệch"] if row[7] == "VISITS_IS_SUM")
    assert problem[6:10] == ["critical", "VISITS_IS_SUM", "Khám bệnh", "D10"]
    reason = book["Miễn trừ"]["J2"]
    assert (reason.value, reason.data_type, reason.quotePrefix) == ("=HYPERLINK(1)", "s", True)
    assert [row[:6] for row in sheets["Phiếu điểm"][1:4:2]] == [
        ["whole", None, None, None, None, "2022-07"],
        ["parent", None, None, None, None, "2022-08"],
    ]
    assert len(sheets["Theo năm"]) == 4


def test_the_page_of_a_gates_run_is_made_once_and_says_what_was_observed(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (run, _) = made_up().gates
    text = (site / "gates" / "000007.html").read_text(encoding="utf-8")
    assert "[critical] Tổng khớp / Sums hold (comparison critical)" in text
    assert "1 · rule_code VISITS_IS_SUM, failures 2, submissions 2" in text
    made = data_docs._render(run)
    assert "://" not in made and "<script" not in made, "the library's own frame fetches from elsewhere"
    monkeypatch.setattr(data_docs, "_render", lambda run: f"made anew for {run.status}")
    assert data_docs.rendered(run) == text
    assert data_docs.rendered(replace(run, status="refused")) == "made anew for refused"


@given(counts=st.lists(st.integers(0, 10**6), min_size=1, max_size=6))
def test_the_parts_of_a_bar_fill_it(counts: list[int]) -> None:
    parts = charts.stack((str(place), count) for place, count in enumerate(counts))
    assert [part.number for part in parts] == [count for count in counts if count]
    if parts:
        assert sum(part.width for part in parts) == pytest.approx(100, abs=0.1)
        assert all(after.start == pytest.approx(before.start + before.width, abs=0.05) for before, after in pairwise(parts))


@given(counts=st.lists(st.none() | st.integers(0, 10**7), min_size=1, max_size=12))
def test_every_value_fits_below_the_top_of_its_axis(counts: list[int | None]) -> None:
    top = charts.nice_top(counts)
    assert all(count <= top for count in counts if count is not None)
    slots = charts.beside([(str(place), {"a": count}) for place, count in enumerate(counts)], ["a"], top, 600, 100)
    assert [bool(slot.boxes) for slot in slots] == [count is not None for count in counts]
    assert all(box.y >= 0 and box.y + box.height == pytest.approx(100, abs=0.2) for slot in slots for box in slot.boxes)
    (line,) = charts.lines([(str(place), {"a": count}) for place, count in enumerate(counts)], ["a"], top, 600, 100)
    assert len(line.points) == sum(count is not None for count in counts)


def test_a_metric_says_what_holds_for_the_whole_apart_from_the_units_below(site: Path) -> None:
    text = (site / "year-2022.en.html").read_text(encoding="utf-8")
    assert '<span class="badge fail">Fails</span> 75' in text
    assert "<div>1 / 1 / 2<svg" in text
    assert "8 of the 11 figures that it needs" in text
    assert "2 for want of figures" in text


def test_spans_of_days_are_named_in_order() -> None:
    (row,) = made_up().timeliness
    assert [label for label, _ in shapes.spans([row], "en")] == [
        "6 or more early", "3–5 early", "1–2 early", "day due", "1–2 late", "3–5 late", "6–10 late", "11 or more late",
    ]  # fmt: skip


def test_what_people_typed_is_shown_not_run(site: Path) -> None:
    text = (site / "units" / "C11.html").read_text(encoding="utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "(sửa lại 2) &lt;b&gt;.xlsx" in text


def test_a_problem_says_what_where_and_what_is_expected_in_the_marks_of_the_language(site: Path) -> None:
    vietnamese = (site / "units" / "C11.html").read_text(encoding="utf-8")
    english = (site / "units" / "C11.en.html").read_text(encoding="utf-8")
    for text, words in (
        (
            vietnamese,
            ("Tổng phải bằng cộng các thành phần", "1.450,5", "Lượt khám", "và 18 ô khác", "Số liệu của bản 1 vẫn", "(Tháng 7/2022)"),
        ),
        (
            english,
            ("A total must equal the sum of its parts", "1,450.5", "Visits", "and 18 more", "The figures of version 1 stay", "(July 2022)"),
        ),
    ):
        for word in (*words, "VISITS_IS_SUM", "Khám bệnh!<b>D10</b>"):
            assert word in text, word
    assert 'lang="vi"' in vietnamese.splitlines()[1]
    assert 'lang="en"' in english.splitlines()[1]
    assert "10:30 ngày 05/09/2022" in vietnamese  # the pack's time zone, not the server's


def test_what_was_waived_kept_out_and_restated_is_said_with_who_signed(site: Path) -> None:
    unit = (site / "units" / "C12.en.html").read_text(encoding="utf-8")
    assert "Waived (number 4) because: counted &lt;by hand&gt;. It expires on " in unit
    assert "Asked for by lan, approved by minh / Hòa." in unit
    overview = (site / "index.html").read_text(encoding="utf-8")
    for words in ("Chưa có hai người duyệt kỳ này. <small>3/5", "Bản 1 → Bản 2", "không có → Bản 1", "lan đề nghị, minh duyệt"):
        assert words in overview, words


def test_a_report_that_is_written_again_replaces_the_old_one(site: Path) -> None:
    (site / "units" / "OLD.html").write_text("old")
    write_site(made_up(), site.parent)
    assert not (site / "units" / "OLD.html").exists()
    assert [path.name for path in site.parent.iterdir() if path.name.startswith(".")] == []


def test_a_report_that_breaks_leaves_the_old_one(site: Path) -> None:
    def broken():
        raise RuntimeError("the database went away")
        yield

    found = made_up()
    object.__setattr__(found, "units", broken())
    with pytest.raises(RuntimeError, match="went away"):
        write_site(found, site.parent)
    assert (site / "units" / "C11.html").exists()
    assert [path.name for path in site.parent.iterdir() if path.name.startswith(".")] == []


def test_the_list_is_made_from_the_reports_that_are_there(site: Path) -> None:
    listed = (site.parent / "index.html").read_text(encoding="utf-8")
    assert listed.index("000012/index.html") < listed.index("000011/index.html")
    summary = json.loads((site / "summary.json").read_text(encoding="utf-8"))
    assert summary["counts"]["quarantined"] == 2
    for file in (site.parent / "000011").rglob("*"):
        if file.is_file():
            file.unlink()
    render_index(site.parent)
    assert "000011" not in (site.parent / "index.html").read_text(encoding="utf-8")
