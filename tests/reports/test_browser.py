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


def test_from_the_list_to_the_cell_and_to_the_other_language(site: Path, browser_page: Page) -> None:
    page = browser_page
    page.goto((site.parent / "index.html").as_uri())
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


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_no_page_is_wider_than_the_window(site: Path, browser_page: Page, width: int) -> None:
    browser_page.set_viewport_size({"width": width, "height": 800})
    for path in sorted(site.parent.rglob("*.html")):
        browser_page.goto(path.as_uri())
        assert browser_page.evaluate("document.documentElement.scrollWidth") <= width, path.name


def test_a_period_leads_to_the_report_of_a_unit(site: Path, browser_page: Page) -> None:
    browser_page.goto((site / "period-2022-08.html").as_uri())
    browser_page.get_by_role("row", name="Trạm Y tế xã Một").get_by_role("link", name="Chưa nhận, cần sửa").click()
    expect(browser_page.locator("section:target h2")).to_contain_text("Tháng 8/2022")
