"""The pages of the data dictionary, as files."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.dictionary.conftest import column, manifest, model
from tests.packs import FILES, write_pack

from tonghop.catalog import read_pack
from tonghop.catalog.rows import Succession
from tonghop.dictionary.contents import Contents, formula
from tonghop.dictionary.project import UndescribedColumns, read_project
from tonghop.dictionary.site import Dictionary, write_site


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
        if tag not in ("meta", "link", "br", "input"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ("rect", "path")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def leads_somewhere(path: Path, reference: str, parsed: dict[Path, Page]) -> None:
    assert "//" not in reference, f"{path.name} leaves the disk: {reference}"
    file, _, anchor = reference.partition("#")
    target = (path.parent / file).resolve() if file else path.resolve()
    assert target.exists(), f"{path.name} -> {reference}"
    if anchor:
        assert anchor in parsed[target].ids, f"{path.name} -> {reference}"


def test_every_page_stands_in_both_languages_and_every_link_leads_somewhere(dictionary: Path) -> None:
    pages = [page for page in dictionary.rglob("*.html") if page.name != "dbt.html"]
    assert len(pages) == 2 * (8 + 2 + 4)  # the subjects; two programmes; four versions of forms
    parsed = {page.resolve(): Page(page) for page in pages}
    for path, page in parsed.items():
        assert page.open == [], path
        for reference in page.references:
            leads_somewhere(path, reference, parsed)
    for language, name in (("vi", "entries.js"), ("en", "entries.en.js")):
        entries = json.loads((dictionary / name).read_text(encoding="utf-8").removeprefix("window.TONGHOP_ENTRIES = ").rstrip(";\n"))
        assert len(entries) > 30
        for _, code, *_, address in entries:
            leads_somewhere(dictionary / "index.html", address, parsed)
            assert (".en.html" in address) == (language == "en"), code


def section(page: Path, anchor: str) -> str:
    """The text of one entry, without its tags."""
    found = re.search(rf'<section class="entry" id="{re.escape(anchor)}">(.*?)</section>', page.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None, anchor
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[1]))


def test_an_indicator_says_how_it_adds_up_where_it_is_asked_for_and_what_judges_it(dictionary: Path) -> None:
    visits = section(dictionary / "programmes" / "CARE.en.html", "VISITS")
    for words in (
        "adds up over months and over units",
        "Report of a station ST version 2 Sheet: Khám bệnh".replace("Sheet: ", ""),
        "A.1 Lượt khám",
        "Trong đó nữ (of the period, Female)",
        "control: reconciled, never added",
        "2022 ≥ 7,000 3",  # the targets of three units, added up
        "A total must equal the sum of its parts",
    ):
        assert words in visits, words
    occupancy = section(dictionary / "programmes" / "CARE.html", "OCCUPANCY")
    for words in ("Ngày điều trị BED_DAYS / Ngày giường kế hoạch BED_CAPACITY × 100", "không bao giờ lấy trung bình"):
        assert words in occupancy, words
    assert "30% of Visits VISITS" in section(dictionary / "programmes" / "CARE.en.html", "VISITS_CHILD")
    assert "Bed occupancy OCCUPANCY" in section(dictionary / "programmes" / "CARE.en.html", "BED_DAYS")


def test_targets_of_a_ratio_are_not_added_up(tmp_path: Path) -> None:
    targets = FILES["targets.csv"] + "OCCUPANCY,H1,2022,<=,85,,\nOCCUPANCY,H2,2022,<=,85,,\nOCCUPANCY,D1,2022,<=,90,,\n"
    plans = Contents(read_pack(write_pack(tmp_path / "pack", targets=targets))).plans
    assert [(plan.units, plan.total) for plan in plans["OCCUPANCY"]] == [(2, 85), (1, 90)]
    assert [(plan.units, plan.total) for plan in plans["VISITS"]] == [(3, 7000)]


def test_a_plan_that_was_changed_counts_once(tmp_path: Path) -> None:
    targets = (
        "indicator_code,unit_code,year,comparison,target,rate,of_indicator_code,valid_from,valid_to\n"
        "VISITS,D1,2022,>=,1200,,,,2022-07-01\nVISITS,D1,2022,>=,1500,,,2022-07-01,\nVISITS,D2,2022,>=,800,,,,\n"
    )
    (plan,) = Contents(read_pack(write_pack(tmp_path / "pack", targets=targets))).plans["VISITS"]
    assert (plan.units, plan.total) == (2, 2300)


def test_parts_and_their_whole_stand_with_the_breakdowns(tmp_path: Path, dictionary: Path) -> None:
    parts = "partition_code,whole_code,part_code\nSEX,TOTAL,F\nSEX,TOTAL,M\n"
    pack = read_pack(write_pack(tmp_path / "pack", breakdowns=FILES["breakdowns.csv"] + "M,M,,Nam,Male\n", breakdown_parts=parts))
    page = write_site(Dictionary(pack, read_project(manifest()), "c0de"), dictionary / "dbt.html", tmp_path / "docs")
    assert "Total = Female + Male" in (page.parent / "terms.en.html").read_text(encoding="utf-8")


def test_units_that_were_merged_stand_with_the_share_that_goes_over(tmp_path: Path, dictionary: Path) -> None:
    pack = read_pack(write_pack(tmp_path / "pack"))
    split = [
        Succession(old_code="C22", new_code=new, changed_on=date(2022, 7, 1), extent="part", weight=Decimal(weight), basis="Census 2019")
        for new, weight in (("C21", "0.6"), ("C11", "0.4"))
    ]
    site = Dictionary(replace(pack, successions=tuple(split)), read_project(manifest()), "c0de")
    page = write_site(site, dictionary / "dbt.html", tmp_path / "docs")
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", (page.parent / "units.en.html").read_text(encoding="utf-8")))
    assert "2022-07-01 Commune Four C22 Commune Three C21 60% Census 2019" in text


def test_a_rule_is_written_as_a_formula(tmp_path: Path) -> None:
    rules = {rule.rule_code: rule for rule in read_pack(write_pack(tmp_path / "pack")).rules}

    def written(code: str) -> str:
        return " ".join(part.text if hasattr(part, "text") else part.indicator_code for part in formula(rules[code]))

    assert written("VISITS_IS_SUM") == "VISITS = VISITS_CHILD + VISITS_ADULT"
    assert written("OCCUPANCY_PRINTED") == "OCCUPANCY = BED_DAYS / BED_CAPACITY × 100"
    assert written("CUMULATIVE") == ""


def test_a_view_says_its_columns_in_the_language_with_keys_and_values(dictionary: Path) -> None:
    vietnamese = (dictionary / "marts.html").read_text(encoding="utf-8")
    assert "Giá trị <code>value</code> &lt;b&gt;." in vietnamese
    english = section(dictionary / "marts.en.html", "summary")
    for words in ("One row per &lt;marts__summary&gt;.", "refers to dim_unit.unit_key", "one of: as_reported, today", "numeric"):
        assert words in english, words
    assert "key" in section(dictionary / "marts.en.html", "dim_unit")


def test_the_diagrams_hold_every_node_and_join_what_belongs_together(dictionary: Path) -> None:
    lineage = (dictionary / "lineage.html").read_text(encoding="utf-8")
    assert set(re.findall(r'data-node="([^"]+)"', lineage)) == {
        "catalog.unit", "stg_units", "dim_unit", "fct_value", "marts.dim_unit", "marts.summary",
    }  # fmt: skip
    lines = set(re.findall(r'data-from="([^"]+)" data-to="([^"]+)"', lineage))
    assert ("catalog.unit", "stg_units") in lines and ("dim_unit", "marts.summary") in lines and len(lines) == 6
    places = {name: float(x) for name, x in re.findall(r'data-node="([^"]+)"><rect x="(\d+)"', lineage)}
    assert all(places[start] < places[end] for start, end in lines)
    assert re.findall(r'data-from="([^"]+)" data-to="([^"]+)"', (dictionary / "marts.html").read_text(encoding="utf-8")) == [
        ("summary", "dim_unit")
    ]


def test_what_nobody_described_is_refused_by_name() -> None:
    lacking = manifest()
    lacking["nodes"]["x"] = model("marts__new", "marts", [], column("first"), column("second", text=""))
    with pytest.raises(UndescribedColumns) as refused:
        read_project(lacking)
    lines = str(refused.value).splitlines()
    assert lines[1:4] == [
        "  marts__new lacks the block vi__marts__new",
        "  marts__new.first lacks the block vi__first",
        "  marts__new.second lacks a description",
    ]


def test_a_dictionary_that_is_written_again_replaces_the_old_one(dictionary: Path, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "OLD.html").write_text("old")
    pack = read_pack(write_pack(tmp_path / "pack"))
    page = write_site(Dictionary(pack, read_project(manifest()), "c0de"), dictionary / "dbt.html", tmp_path / "docs")
    assert page.exists() and not (page.parent / "OLD.html").exists()
    assert "../index.html" not in page.read_text(encoding="utf-8")  # no reports lie beside it
    assert "../index.html" in (dictionary / "index.html").read_text(encoding="utf-8")


def test_a_rule_says_its_reason_in_the_language_of_the_page(dictionary: Path) -> None:
    vietnamese, english = ((dictionary / page).read_text(encoding="utf-8") for page in ("rules.html", "rules.en.html"))
    assert "Tổng thiếu một đơn vị" in vietnamese and "Totals lack a unit" not in vietnamese
    assert "Totals lack a unit" in english and "Tổng thiếu một đơn vị" not in english
