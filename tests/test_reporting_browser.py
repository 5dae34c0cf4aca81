"""Real Chromium, no network: the pages open from file://, switch language, and print."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from reporting import SiteBuilt, build_site
from tests.browser_fixture import fabricated_report

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> SiteBuilt:
    folder = tmp_path_factory.mktemp("browser")
    return build_site(fabricated_report(folder), folder / "site")


def _open(browser: Any, path: Path, **options: Any) -> tuple[Any, list[str]]:
    """Open a page; every request that is not for a local file and every complaint is noted."""
    page = browser.new_page(**options)
    noted: list[str] = []
    page.on("console", lambda message: noted.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: noted.append(f"error: {error}"))
    page.on("requestfailed", lambda request: noted.append(f"failed: {request.url[:80]}"))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("file:", "data:"))
            else noted.append(f"request: {request.url}")
        ),
    )
    page.goto(path.as_uri())
    return page, noted


def _seen(page: Any) -> str:
    """What a reader sees in the heading."""
    return str(page.inner_text("h1"))


def test_every_page_opens_without_a_request_or_a_complaint(chromium: Any, site: SiteBuilt) -> None:
    for path in site.pages:
        page, noted = _open(chromium, path)
        widths = page.eval_on_selector_all("img", "images => images.map(i => i.naturalWidth)")
        assert all(width > 0 for width in widths), path
        assert noted == [], path
        page.close()


def test_the_language_is_switched_by_clicking_and_remembered(
    chromium: Any,
    site: SiteBuilt,
) -> None:
    page, noted = _open(chromium, site.index)
    assert "铜资源量摘要" in _seen(page)
    assert "Copper resource" not in _seen(page)
    page.click("label[for=lang-en]")
    assert _seen(page) == "Copper resource summary"
    assert page.evaluate("document.documentElement.lang").startswith("en")
    page.reload()
    assert _seen(page) == "Copper resource summary"
    page.click("label[for=lang-zh]")
    assert "铜资源量摘要" in _seen(page)
    assert noted == []
    page.close()


def test_the_language_switches_by_keyboard_and_without_scripts(
    chromium: Any,
    site: SiteBuilt,
) -> None:
    for path in (site.index, site.pages[-1]):
        context = chromium.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(path.as_uri())
        page.focus("#lang-zh")
        page.keyboard.press("ArrowRight")
        assert "内部估算" not in page.inner_text(".mark")
        assert "Internal estimate" in page.inner_text(".mark")
        context.close()


def test_in_each_language_no_word_of_the_other_is_seen_in_tables(
    chromium: Any,
    site: SiteBuilt,
) -> None:
    path = next(path for path in site.pages if path.parent.name == "deposits")
    page, _noted = _open(chromium, path)
    page.click("label[for=lang-en]")
    heads = " ".join(page.locator("thead").all_inner_texts())
    assert "Ore" in heads
    assert not re.search(r"[\u4e00-\u9fff]", heads)
    page.close()


def test_the_summary_prints_on_one_sheet_of_a4_in_each_language(
    chromium: Any,
    site: SiteBuilt,
) -> None:
    for language in ("zh", "en"):
        page, _noted = _open(chromium, site.index)
        page.click(f"label[for=lang-{language}]")
        pdf = page.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1, language
        page.close()


def test_nothing_is_cut_off_at_the_side_of_a_small_screen_or_a_sheet(
    chromium: Any,
    site: SiteBuilt,
) -> None:
    for path, language in ((path, word) for path in site.pages for word in ("zh", "en")):
        page, _noted = _open(chromium, path, viewport={"width": 1280, "height": 768})
        page.click(f"label[for=lang-{language}]")
        cut = page.eval_on_selector_all(
            ".wide", "all => all.filter(e => e.scrollWidth > e.clientWidth).map(e => e.innerText)"
        )
        assert cut == [], (path.name, language)
        for width in (1366, 360):
            page.set_viewport_size({"width": width, "height": 768})
            scroll = page.evaluate("document.documentElement.scrollWidth")
            assert scroll <= width, (path.name, language, width)
        page.set_viewport_size({"width": 703, "height": 1000})
        page.emulate_media(media="print")  # 186 mm between the margins of A4, 96 dots an inch
        widest = page.eval_on_selector_all(
            "table, img, .card",
            "found => Math.max(...found.map(e => e.getBoundingClientRect().right))",
        )
        assert widest <= 704, (path.name, language)
        page.close()


def test_no_page_has_a_serious_fault_of_accessibility(chromium: Any, site: SiteBuilt) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    seen = {}
    for path in site.pages:
        if path.parent.name in seen and path.parent != site.folder:
            continue  # one page of each kind
        for language in ("zh", "en"):
            page = chromium.new_page(bypass_csp=True, viewport={"width": 1366, "height": 768})
            page.goto(path.as_uri())
            page.click(f"label[for=lang-{language}]")
            found = axe.run(page).response["violations"]
            seen[path.parent.name] = True
            assert [f["id"] for f in found if f["impact"] in ("serious", "critical")] == [], path
            page.close()
