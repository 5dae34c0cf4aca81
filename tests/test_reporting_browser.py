"""Real Chromium, no network: every page opens from file://, reads, switches, scrolls, prints."""

from __future__ import annotations

import re
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from reporting import SiteBuilt, build_site
from tests.browser_fixture import PageReader, fabricated_report, sample_belts
from tests.browser_sweep import Seen, crawl, dead_links, sweep, watch

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> SiteBuilt:
    """Two belts, one mined: every kind of page, each more than once."""
    folder = tmp_path_factory.mktemp("browser")
    return build_site(fabricated_report(folder, sample_belts()[:2]), folder / "site")


@pytest.fixture(scope="module")
def pages(site: SiteBuilt) -> dict[Path, PageReader]:
    """Every page that a reader can come to."""
    return crawl(site.index)


@pytest.fixture(scope="module")
def seen(chromium: Any, pages: dict[Path, PageReader]) -> dict[str, Seen]:
    """All pages looked at once; each test below asks for one thing of it."""
    found = find_spec("axe_playwright_python")
    if found is None or not found.submodule_search_locations:
        pytest.skip("axe-playwright-python is not installed")
    axe = Path(found.submodule_search_locations[0]) / "axe.min.js"
    return sweep(chromium, list(pages), axe.read_text("utf-8"))


def _open(browser: Any, path: Path, **options: Any) -> tuple[Any, list[str]]:
    """A page of its own, and what it complains of."""
    page = browser.new_page(**options)
    noted: list[str] = []
    watch(page, noted)
    page.goto(path.as_uri())
    return page, noted


def _faults(seen: dict[str, Seen], kind: str) -> dict[str, list[str]]:
    """Pages with something found wrong."""
    return {name: getattr(one, kind) for name, one in seen.items() if getattr(one, kind)}


def test_every_page_can_be_reached_and_no_link_is_dead(
    site: SiteBuilt, pages: dict[Path, PageReader]
) -> None:
    assert set(pages) == {path.resolve() for path in site.pages}
    assert list(dead_links(pages)) == []


@pytest.mark.parametrize("kind", ["complaints", "words", "lost", "cut", "unfit", "printed"])
def test_nothing_is_wrong_on_any_page_in_either_language(seen: dict[str, Seen], kind: str) -> None:
    """Network and console, words that are none, screens, sheets, WCAG 2.1 A and AA, PDF."""
    assert len(seen) > 10
    assert _faults(seen, kind) == {}


def test_the_language_and_the_size_are_chosen_by_clicking_and_remembered(
    chromium: Any, site: SiteBuilt
) -> None:
    page, noted = _open(chromium, site.index)
    assert "铜资源量摘要" in page.inner_text("h1")
    assert "Copper resource" not in page.inner_text("h1")
    before = page.eval_on_selector(".card", "card => card.getBoundingClientRect().height")
    page.click("label[for=lang-en]")
    page.click("label[for=size-large]")
    assert page.inner_text("h1") == "Copper resource summary"
    assert page.evaluate("document.documentElement.lang") == "en-GB"
    page.reload()
    assert page.inner_text("h1") == "Copper resource summary"
    after = page.eval_on_selector(".card", "card => card.getBoundingClientRect().height")
    assert after > 1.5 * before
    page.goto((site.folder / "map.html").as_uri())
    assert page.is_checked("#lang-en")
    assert page.is_checked("#size-large")
    page.click("label[for=lang-zh]")
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert noted == []
    page.close()


def test_language_and_size_switch_by_keyboard_and_without_scripts(
    chromium: Any, site: SiteBuilt
) -> None:
    for path in (site.index, site.pages[-1]):
        context = chromium.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(path.as_uri())
        page.focus("#lang-zh")
        page.keyboard.press("ArrowRight")
        assert "内部估算" not in page.inner_text(".mark")
        assert "Internal estimate" in page.inner_text(".mark")
        assert not page.is_visible("button.print")
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowRight")
        assert page.is_checked("#size-large")
        context.close()


def test_the_keyboard_goes_through_a_page_in_its_order_and_out_of_it(
    chromium: Any, site: SiteBuilt
) -> None:
    page, _noted = _open(chromium, site.index)
    stops = []
    here = """(one => one.id || one.className || one.getAttribute('href') || one.tagName)(
        document.activeElement)"""
    for _ in range(400):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(here))
        if stops[-1] == "BODY" or stops.count("skip") == 2:
            break  # once through, and out at the end
    assert stops[:5] == ["skip", "lang-zh", "size-normal", "index.html", "print"]
    assert stops[-1] in ("BODY", "skip")  # no trap
    assert stops.index("wide") > stops.index("target.html")
    assert page.eval_on_selector("label[for=lang-zh]", "x => getComputedStyle(x).outlineStyle")
    page.focus(".skip")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.close()


def test_focus_can_be_seen(chromium: Any, site: SiteBuilt) -> None:
    page, _noted = _open(chromium, site.index)
    for stop in ("label[for=lang-zh]", "label[for=size-normal]", ".product a"):
        page.keyboard.press("Tab")
        if stop == "label[for=lang-zh]":
            page.keyboard.press("Tab")  # past the skip link
        style = page.eval_on_selector(stop, "x => getComputedStyle(x).outline")
        assert "solid" in style, stop
        assert "3px" in style, stop
    page.close()


def test_a_table_is_put_in_order_by_its_heading(chromium: Any, site: SiteBuilt) -> None:
    page, noted = _open(chromium, site.folder / "map.html")
    column = "#map thead th:nth-child(5)"
    page.focus(f"{column} button")
    page.keyboard.press("Enter")
    assert page.get_attribute(column, "aria-sort") == "descending"
    cells = "#map tbody td[data-class=measured]"
    values = [
        float(v) for v in page.eval_on_selector_all(cells, "all => all.map(c => c.dataset.v)")
    ]
    assert values == sorted(values, reverse=True)
    assert values != sorted(values)
    page.keyboard.press("Space")
    assert page.get_attribute(column, "aria-sort") == "ascending"
    values = [
        float(v) for v in page.eval_on_selector_all(cells, "all => all.map(c => c.dataset.v)")
    ]
    assert values == sorted(values)
    assert page.locator("#map [aria-sort]").count() == 1
    assert noted == []
    page.close()


def test_in_each_language_no_word_of_the_other_is_seen_in_tables(
    chromium: Any, site: SiteBuilt
) -> None:
    path = next(path for path in site.pages if path.parent.name == "deposits")
    page, _noted = _open(chromium, path)
    page.click("label[for=lang-en]")
    heads = " ".join(page.locator("thead").all_inner_texts())
    assert "Ore" in heads
    assert not re.search(r"[\u4e00-\u9fff]", heads)
    page.close()


def test_the_summary_is_light_quick_and_prints_on_one_sheet_in_each_language(
    chromium: Any, site: SiteBuilt
) -> None:
    assert site.index.stat().st_size < 300_000
    for language in ("zh", "en"):
        started = time.perf_counter()
        page, _noted = _open(chromium, site.index)
        page.click(f"label[for=lang-{language}]")
        assert time.perf_counter() - started < 3.0  # with a new tab, on a busy machine
        ready = "performance.getEntriesByType('navigation')[0].domInteractive"
        assert page.evaluate(ready) < 1000
        pdf = page.pdf(prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1, language
        page.close()
