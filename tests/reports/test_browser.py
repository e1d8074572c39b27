"""A person with a browser: from the overview to the cell of a problem, and over to the other language."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: `apt-get install chromium`"),
]


@pytest.fixture
def browser_page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("request", lambda request: None if request.url.startswith("file:") else pytest.fail(f"left the disk: {request.url}"))
        yield page
        browser.close()


def test_from_the_list_to_the_cell_and_to_the_other_language(shared_site: Path, browser_page: Page) -> None:
    page = browser_page
    page.goto((shared_site.parent / "index.html").as_uri())
    page.get_by_role("link", name="12", exact=True).click()
    page.get_by_role("link", name="Tổng phải bằng cộng các thành phần").click()
    page.get_by_role("link", name="Trạm Y tế xã Một").click()

    broken = page.locator("#ST-2022-08 tr").filter(has_text="VISITS_IS_SUM")
    expect(broken.get_by_text("Nghiêm trọng")).to_be_visible()
    expect(broken.locator("td").nth(1)).to_have_text("Khám bệnh!D10")
    expect(broken.get_by_text("Khám bệnh!D11 Trẻ em = 450")).to_be_visible()
    expect(page.locator("#ST-2022-08").get_by_text("báo cáo tháng 8 (sửa lại 2) <b>.xlsx")).to_be_visible()

    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Commune One")
    expect(broken.get_by_text("A total must equal the sum of its parts")).to_be_visible()
    page.get_by_role("link", name="Publication 12").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Data quality report")


def test_no_page_is_wider_than_the_window_or_the_paper(shared_site: Path, browser_page: Page) -> None:
    for path in sorted(shared_site.parent.rglob("*.html")):
        browser_page.goto(path.as_uri())
        for media, width in (("screen", 320), ("screen", 390), ("screen", 1280), ("print", 720)):
            browser_page.emulate_media(media=media)
            browser_page.set_viewport_size({"width": width, "height": 800})
            assert browser_page.evaluate("document.documentElement.scrollWidth") <= width, (path.name, media)


def test_a_period_leads_to_the_report_of_a_unit(shared_site: Path, browser_page: Page) -> None:
    browser_page.goto((shared_site / "period-2022-08.html").as_uri())
    browser_page.get_by_role("row", name="Trạm Y tế xã Một").get_by_role("link", name="Chưa nhận, cần sửa").click()
    expect(browser_page.locator("section:target h2")).to_contain_text("Tháng 8/2022")


def test_from_a_scorecard_to_the_year_and_what_the_gate_showed(shared_site: Path, browser_page: Page) -> None:
    page = browser_page
    page.goto((shared_site / "index.en.html").as_uri())
    expect(page.get_by_role("img", name="Reports by period")).to_be_visible()
    page.get_by_role("navigation", name="Contents").get_by_role("link", name="Scorecards by month").click()
    page.get_by_role("link", name="District D1").click()
    expect(page.get_by_role("row", name="Station C12").get_by_role("img", name="Cells filled, %")).to_be_visible()
    page.get_by_role("link", name="Publication 12").click()
    page.get_by_role("navigation", name="Contents").get_by_role("link", name="Quality of the figures of 2022").click()
    expect(page.get_by_role("row", name="Visits").filter(has_text="Cannot judge").first).to_contain_text("8 of the 11 figures")
    page.get_by_role("link", name="Publication 12").click()
    page.get_by_role("link", name="All results in Great Expectations").click()
    failed = page.get_by_role("row").filter(has_text="Sums hold")
    expect(failed).to_contain_text("rule_code VISITS_IS_SUM, failures 2, submissions 2")
    assert page.evaluate("getComputedStyle(document.querySelector('.fa-times'), '::before').content") == '"✗ failed"'
