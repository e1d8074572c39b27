"""The pages of a report, as files."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.reports.made_up_report import made_up

from tonghop.reports.site import render_index, write_site


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
