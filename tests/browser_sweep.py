"""One walk over every page of a site in Chromium, from its first page on, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.browser_fixture import PageReader, said_by

WIDTHS = (1366, 1920, 683, 360)
"""Two screens, the smaller one at 200 % (as many dots of style as half of it), and a telephone."""
NO_WORD = re.compile(r"□|\bNaN\b|\bundefined\b|\bNone\b|\[object|\d[eE][+-]\d|�")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
LOST = """() => {
  const lost = [], right = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > right) lost.push('page');
  for (const one of document.querySelectorAll('table, img, canvas, figure, .card, nav')) {
    const box = one.getBoundingClientRect();
    if (box.width === 0 || box.right <= right + 1) continue;
    const held = one.closest('[tabindex="0"]');
    const rolls = held && ['auto', 'scroll'].includes(getComputedStyle(held).overflowX);
    if (rolls && held.getBoundingClientRect().right <= right + 1) continue;
    lost.push(one.id || one.className);
  }
  return lost;
}"""
CUT = """() => [...document.querySelectorAll('table, img, figure, .card, h1, .banner')]
  .filter(one => one.getBoundingClientRect().right > 704).map(one => one.id || one.className)"""
AXE = """tags => axe.run(document, {runOnly: {type: 'tag', values: tags}}).then(found =>
  found.violations.map(v => `${v.id} (${v.impact}): ${v.nodes[0].html.slice(0, 160)}`))"""
BAD_STOPS = """() => [...document.querySelectorAll('[tabindex]')]
  .filter(one => one.tabIndex > 0).map(one => one.outerHTML.slice(0, 80))"""


@dataclass
class Seen:
    """What was found wrong on one page, by what was looked for; all empty where nothing is."""

    complaints: list[str] = field(default_factory=list)
    """Requests, console messages, errors, images without content."""
    words: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    """Things that reach beyond the screen and can't be scrolled to."""
    cut: list[str] = field(default_factory=list)
    """Things that reach beyond a printed sheet."""
    unfit: list[str] = field(default_factory=list)
    """Violations of WCAG 2.1 A and AA, of any impact."""
    printed: list[str] = field(default_factory=list)
    """Faults of the page as PDF."""


def crawl(index: Path) -> dict[Path, PageReader]:
    """Every page that links lead to from the first one, itself included."""
    found: dict[Path, PageReader] = {}
    waiting = [index.resolve()]
    while waiting:
        path = waiting.pop(0)
        if path in found or not path.is_file():
            continue  # seen already, or a dead link: see dead_links
        found[path] = PageReader(path.read_text("utf-8"))
        for link in found[path].links:
            target = link.partition("#")[0]
            if target.endswith(".html") and not target.startswith("data:"):
                waiting.append((path.parent / target).resolve())
    return found


def dead_links(pages: dict[Path, PageReader]) -> Iterator[str]:
    """Links that lead to no file, or to no place on a page; ids that stand twice."""
    for path, page in pages.items():
        for link in page.links:
            if link.startswith("data:"):
                continue
            target, _, place = link.partition("#")
            file = (path.parent / target).resolve() if target else path
            away = re.match(r"[a-z]+:|/", target) or not file.is_file()
            if away or (place and file in pages and place not in pages[file].ids):
                yield f"{path.name}: {link}"
        for name in {name for name in page.ids if page.ids.count(name) > 1}:
            yield f"{path.name}: two of {name}"


def watch(page: Any, complaints: list[str]) -> None:
    """Note all that a page asks of the network or says on the console."""
    page.on("console", lambda message: complaints.extend(said_by(message)))
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url[:80]}"))

    def asked(request: Any) -> None:
        if not request.url.startswith(("file:", "data:", "blob:")):
            complaints.append(f"request: {request.url}")

    page.on("request", asked)


def sweep(browser: Any, paths: list[Path], axe: str) -> dict[str, Seen]:
    """Look at every page in both languages; one tab is used for all of them."""
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    noted: list[str] = []
    watch(page, noted)
    seen, kinds = {}, set()
    for path in paths:
        page.goto(path.as_uri())
        found = seen[f"{path.parent.name}/{path.name}"] = Seen()
        empty = page.eval_on_selector_all(
            "img", "all => all.filter(i => !i.naturalWidth).map(i => i.alt)"
        )
        found.complaints += [*noted, *(f"empty image: {alt}" for alt in empty)]
        found.complaints += page.evaluate(BAD_STOPS)
        noted.clear()
        kind = path.name if path.parent == paths[0].parent else path.parent.name
        page.evaluate(axe)
        for language in ("zh", "en"):
            page.click(f"label[for=lang-{language}]")
            if language == "zh" or kind not in kinds:  # the same marks but for the words
                found.unfit += [f"{language}: {fault}" for fault in page.evaluate(AXE, TAGS)]
            _look(page, language, found)
        kinds.add(kind)
        found.complaints += noted
        noted.clear()
    page.close()
    return seen


def _look(page: Any, language: str, found: Seen) -> None:
    """One page in one language: words, widths, the sheet."""
    found.words += [f"{language}: {word}" for word in NO_WORD.findall(page.inner_text("body"))]
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 768})
        found.lost += [f"{language} {width}: {one}" for one in page.evaluate(LOST)]
    page.click("label[for=size-large]")
    found.lost += [f"{language} large 360: {one}" for one in page.evaluate(LOST)]
    page.click("label[for=size-normal]")
    page.set_viewport_size({"width": 703, "height": 1000})
    page.emulate_media(media="print")  # 186 mm between the margins of A4, 96 dots an inch
    found.cut += [f"{language}: {one}" for one in page.evaluate(CUT)]
    if language == "zh":
        found.printed += _print(page)
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 1366, "height": 768})


def _print(page: Any) -> list[str]:
    """Sheets of the page's PDF that aren't A4."""
    pdf = page.pdf(prefer_css_page_size=True)
    boxes = {
        tuple(map(float, box.split())) for box in re.findall(rb"/MediaBox\s*\[([^\]]+)\]", pdf)
    }
    wrong = [box for box in boxes if abs(box[2] - 595) > 2 or abs(box[3] - 842) > 2]
    return [f"sheet {box}" for box in wrong] if boxes else ["no sheet"]
