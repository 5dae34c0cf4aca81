"""The page of quality control: what it shows, in both languages, without a request."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geo.qaqc import QaqcReading
from reporting.figures.store import draw
from reporting.units import Text
from reporting.working.qaqc import significant, write_qaqc_page
from tests.qaqc_tables import CERTIFICATE, agreeing, calm, internal, judged, standards

AT = datetime(2026, 1, 1, tzinfo=UTC)


def _failing(folder: Path) -> QaqcReading:
    """One bad standard in batch B2, one blank after a high sample, poor pairs."""
    table = [*standards(calm(14), "B1"), *standards([*calm(4), 0.6, 0.61], "B2")[1:]]
    return judged(folder, "标样.csv", table, certificates=[CERTIFICATE])


def _poor(folder: Path) -> QaqcReading:
    pairs: list[tuple[object, object]] = [*agreeing(60), *[(0.5, 0.9)] * 9, ("<0.01", "<0.01")]
    return judged(folder, "<内检> & x.csv".replace("<", "").replace(">", ""), internal(pairs))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("qaqc")
    parts = [
        (Text("甲 <b>", "A <b>"), _failing(folder)),
        (Text("乙", "B"), _poor(folder)),
        (
            Text("丙", "C"),
            judged(folder, "none.csv", [["样号", "Cu(%)"], ["S1", 0.5], ["S2", 0.4]]),
        ),
    ]
    title = Text("质量控制", "Quality control")
    return write_qaqc_page(parts, title, AT, folder / "out", synthetic=True)


def test_the_page_gives_rates_counts_and_failed_batches(page: Path) -> None:
    text = page.read_text("utf-8")
    assert re.search(r'data-rate="standard">90.0', text)
    assert re.search(r'data-count="standard">20<', text)
    assert re.search(r"<bdi>B2</bdi>", text)
    assert "未见质控样" in text
    assert "<b>" not in re.findall(r"<h2><bdi>(.*?)</bdi></h2>", text)[0]
    assert "&lt;b&gt;" in text


def test_a_working_page_says_what_it_is(page: Path) -> None:
    text = page.read_text("utf-8")
    assert "工作页，非发布数据" in text
    assert "SYNTHETIC DATA" in text
    assert "2026-01-01 08:00 (UTC+8)" in text
    assert 'href="index.html"' not in text


def test_no_number_on_the_page_is_broken(page: Path) -> None:
    text = re.sub(r'src="data:[^"]*"', "", page.read_text("utf-8"))
    body = re.sub(r"<(style|script)>.*?</\1>", "", text, flags=re.DOTALL)
    words = re.sub(r"<[^>]+>", " ", body)
    assert not re.search(r"\bnan\b|\binf\b|\bNone\b|\d[eE][+-]\d", words)
    assert "http" not in words


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.00048123, "0.0004812"), (1234567.0, "1,234,567"), (0.0, "0"), (0.5, "0.5"), (np.nan, "—"),
     (None, "—"), (36.0, "36")],
)  # fmt: skip
def test_numbers_are_shown_with_four_digits_and_no_exponent(value: Any, text: str) -> None:
    assert significant(value) == text


def test_the_same_reading_gives_the_same_page(page: Path, tmp_path: Path) -> None:
    folder = tmp_path / "again"
    folder.mkdir()
    parts = [(Text("甲", "A"), _failing(folder))]
    one, two = (
        write_qaqc_page(parts, Text("质", "Q"), AT, folder / name, synthetic=False)
        for name in ("one", "two")
    )
    assert one.read_bytes() == two.read_bytes()


def test_the_chart_marks_what_failed() -> None:
    plain: dict[str, Any] = {
        "values": calm(12), "centre": 0.5, "sd": 0.02, "value": 0.5, "limit_pct": 5.0,
        "warned": [], "failed": [], "run": [], "material": "M", "element": "Cu", "unit": "%",
    }  # fmt: skip
    assert draw("shewhart", None, plain) != draw("shewhart", None, {**plain, "failed": [3]})
    assert draw("shewhart", None, plain) == draw("shewhart", None, plain)
    assert "<text" not in draw("shewhart", None, plain)


@pytest.mark.browser
def test_a_browser_opens_the_page_in_both_languages(chromium: Any, page: Path) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for language in ("zh", "en"):
        for width in (1366, 360):
            view = chromium.new_page(bypass_csp=True, viewport={"width": width, "height": 768})
            noted: list[str] = []
            view.on("console", lambda message, n=noted: n.append(message.text))
            view.on("pageerror", lambda error, n=noted: n.append(str(error)))
            view.on(
                "request",
                lambda r, n=noted: (
                    None if r.url.startswith(("file:", "data:")) else n.append(r.url)
                ),
            )
            view.goto(page.as_uri())
            view.click(f"label[for=lang-{language}]")
            assert noted == []
            assert view.evaluate("document.documentElement.scrollWidth") <= width
            widths = view.eval_on_selector_all("img", "all => all.map(i => i.naturalWidth)")
            assert widths
            assert all(w > 0 for w in widths)
            heads = " ".join(view.locator("thead").all_inner_texts())
            assert bool(re.search(r"[\u4e00-\u9fff]", heads)) == (language == "zh")
            found = axe.run(view).response["violations"]
            assert [f["id"] for f in found if f["impact"] in ("serious", "critical")] == []
            view.close()
