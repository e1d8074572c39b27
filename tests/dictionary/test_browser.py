"""A person with a browser: types a word without accents, reads the entry, goes over to the other language, follows a line."""

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


@pytest.fixture(scope="module")
def browser_page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("request", lambda request: None if request.url.startswith("file:") else pytest.fail(f"left the disk: {request.url}"))
        page.on("pageerror", lambda error: pytest.fail(str(error)))
        yield page
        browser.close()


def test_what_is_typed_without_accents_is_found_and_stands_in_both_languages(dictionary: Path, browser_page: Page) -> None:
    page = browser_page
    page.goto((dictionary / "index.html").as_uri())
    page.get_by_role("searchbox").fill("giuong cong suat")
    page.locator("#results").get_by_role("link", name="Công suất giường").click()
    expect(page.locator("section:target h2")).to_contain_text("OCCUPANCY")
    expect(page.locator("section:target")).to_contain_text("tính lại từ tử số và mẫu số")
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#OCCUPANCY")).to_contain_text("never averaged")
    page.get_by_role("searchbox").fill("nothing has this name")
    expect(page.locator("#results")).to_have_text("Nothing found.")


def test_a_box_of_the_lineage_shows_what_it_is_made_of(dictionary: Path, browser_page: Page) -> None:
    page = browser_page
    page.goto((dictionary / "lineage.html").as_uri())
    page.locator('[data-node="fct_value"]').hover()
    expect(page.locator('[data-node="catalog.unit"]')).to_have_class("sources on")
    expect(page.locator('[data-node="marts.summary"]')).to_have_class("marts on")
    expect(page.locator('[data-node="marts.dim_unit"]')).to_have_class("marts")
    page.get_by_role("link", name="marts.summary").first.click()
    expect(page.locator("section:target h2")).to_have_text("marts.summary")


@pytest.mark.parametrize("width", [320, 1280])
def test_no_page_is_wider_than_the_window(dictionary: Path, browser_page: Page, width: int) -> None:
    browser_page.set_viewport_size({"width": width, "height": 800})
    for path in sorted(dictionary.rglob("*.html")):
        browser_page.goto(path.as_uri())
        assert browser_page.evaluate("document.documentElement.scrollWidth") <= width, path.name
