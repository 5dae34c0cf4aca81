"""A reader who has never seen the site answers six questions from it, by what can be seen alone.

Every answer starts at the summary, follows links by the words on them, and is read from the page;
three clicks at most. ``BORNITE_WALK`` names a folder for the screenshots.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from estimation.results import DepositResult
from flows.runtime import Workspace
from reporting.rounding import printed
from tests.browser_fixture import sample_belts

pytestmark = [pytest.mark.slow, pytest.mark.browser]

BELT, DEPOSIT = next((belt, belt.deposits[0]) for belt in sample_belts())


@dataclass
class Reader:
    """Somebody at the site, in one language, with a mouse."""

    page: Any
    site: Path
    language: str
    shots: Path
    clicks: int = 0
    started: float = field(default_factory=time.monotonic)

    def begin(self) -> None:
        """Back to the summary."""
        self.page.goto((self.site / "index.html").as_uri())
        self.page.click(f"label[for=lang-{self.language}]")
        self.clicks, self.started = 0, time.monotonic()

    def say(self, zh: str, en: str) -> str:
        """The word that this reader looks for."""
        return zh if self.language == "zh" else en

    def follow(self, zh: str, en: str, within: str = "main") -> None:
        """Click the first link of the page's text (or menu) that can be seen and says so."""
        words = self.say(zh, en)
        links = self.page.locator(f"{within} a:visible").filter(has_text=words)
        links.first.click(timeout=10_000)
        self.clicks += 1

    def read(self, place: str) -> str:
        """What can be seen there."""
        spot = self.page.locator(place).first
        spot.scroll_into_view_if_needed()
        return re.sub(r"\s+", " ", spot.inner_text())

    def answered(self, question: str) -> None:
        """Keep a picture; an answer takes three clicks and two minutes at most."""
        self.page.screenshot(path=self.shots / f"{question}-{self.language}.png")
        assert self.clicks <= 3
        assert time.monotonic() - self.started < 120


@pytest.fixture(params=["zh", "en"])
def reader(
    request: pytest.FixtureRequest, chromium: Any, finished_night: Path, tmp_path: Path
) -> Iterator[Reader]:
    """A reader at the finished night's site."""
    shots = Path(os.environ.get("BORNITE_WALK", tmp_path))
    shots.mkdir(parents=True, exist_ok=True)
    page = chromium.new_page(viewport={"width": 1366, "height": 768})
    made = Reader(page, finished_night / "site", request.param, shots)
    made.begin()
    yield made
    page.close()


@pytest.fixture(scope="module")
def newest(finished_night: Path) -> DepositResult:
    """The deposit's newest estimate, read from the workspace."""
    vintage = max(DEPOSIT.vintages).isoformat()
    return DepositResult.read(Workspace(finished_night).result(DEPOSIT.id, vintage))


def test_how_much_indicated_copper_is_there(reader: Reader, newest: DepositResult) -> None:
    rows = [r for r in newest.statement.at_cutoff() if r.class_name == "indicated"]
    total = sum(row.elements["cu_pct"].metal_t for row in rows)
    reader.follow(DEPOSIT.name.zh, DEPOSIT.name.en)
    assert printed(total, 0) in reader.read(".card.indicated")
    assert printed(total, 0) in reader.read("#resource")
    reader.answered("how-much")


def test_did_it_rise_and_why(reader: Reader) -> None:
    reader.follow(DEPOSIT.name.zh, DEPOSIT.name.en)
    reader.follow("变动", "Movement")
    table = reader.read("#movement-1")
    assert reader.say("勘查", "xplor") in table
    assert re.search(r"[+−]\d", table)
    assert reader.say("原因", "ause") in reader.read("#causes-1 >> xpath=ancestor::div[1]")
    reader.answered("risen-and-why")


def test_how_sure_are_five_per_cent(reader: Reader) -> None:
    reader.follow("目标", "Target", within="nav.chapters")
    said = reader.read("main")
    assert "+5 %" in said
    assert reader.say("概率", "robability") in said
    assert reader.say("覆盖", "overage") in said
    reader.answered("how-sure")


def test_who_approved_it(reader: Reader, newest: DepositResult) -> None:
    reader.follow(DEPOSIT.name.zh, DEPOSIT.name.en)
    reader.follow("谁批准", "Who approved")
    history = reader.read("#history")
    assert newest.extras["decided"]["plan"]["acceptance"]["date"] in history
    assert reader.say("认可", "accepted") in history
    reader.answered("who-approved")


def test_which_rows_of_which_file(reader: Reader) -> None:
    reader.follow(DEPOSIT.name.zh, DEPOSIT.name.en)
    reader.follow("依据哪些数据", "Which rows")
    told = reader.read("h2#sources ~ .wide")
    assert re.search(r"\.(csv|xlsx)", told)
    assert re.search(r"\d", told)
    reader.answered("which-rows")


def test_print_it(reader: Reader) -> None:
    assert reader.page.locator("button:visible", has_text=reader.say("打印", "Print")).count() == 1
    pdf = reader.page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    reader.answered("print")
