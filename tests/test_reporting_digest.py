"""The morning digest as a page and as text: ten seconds to know whether the night is right."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from reporting import SiteReport
from reporting.facts.operations import LIGHTS, Digest, Matter, Operations
from reporting.figures.store import FigureStore
from reporting.site.pages import digest as page_module
from reporting.site.room import BUREAU, Room, Stamp
from reporting.site.templating import render_page
from reporting.units import Text
from reporting.views.digest import valid_until
from reporting.views.digest_text import MOST, digest_text, one_line
from reporting.views.lights import CODES
from tests.browser_fixture import fabricated_report
from tests.operations_fixture import AT, HOSTILE, fabricated_operations


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> SiteReport:
    """A report with fabricated operations."""
    found = fabricated_report(tmp_path_factory.mktemp("digest"))
    return replace(found, operations=fabricated_operations(found.belts))


def _html(report: SiteReport, folder: Path) -> str:
    (leaf,) = page_module.leaves(Room(report, FigureStore(folder)), "")
    stamp = Stamp(report.run_id, report.generated_at, report.code_version)
    return render_page(
        leaf.template, {**leaf.context, "stamp": stamp, "nav": (), "audience": BUREAU}
    )


def _digest(report: SiteReport) -> Digest:
    assert report.operations.digest is not None
    return report.operations.digest


def test_a_held_deposit_shows_with_its_command_and_its_light_in_word_and_shape(
    report: SiteReport, tmp_path: Path
) -> None:
    html = _html(report, tmp_path)
    belt = report.belts[0]
    assert f"<code><bdi>bornite check {belt.id}</bdi></code>" in html
    assert '<span aria-hidden="true">■</span>' in html
    for word in ("有误", "wrong", "held back", "暂缓", "bornite verify"):
        assert word in html
    assert 'data-light="red" data-count="1"' in html
    assert 'data-light="green" data-count="1"' in html
    assert html.index('<tr class="red">') < html.index('<tr class="green">')


def test_the_text_says_the_same_in_both_languages_and_stays_one_line_each(
    report: SiteReport,
) -> None:
    text = digest_text(_digest(report))
    zh, en = text.split("\n\n")
    assert zh.startswith("■ 有误 | 斑铜晨报 2026-11-20 22:00")
    assert en.startswith("■ wrong | Bornite morning digest 2026-11-20 22:00")
    for half in (zh, en):
        assert f"    bornite check {report.belts[0].id}" in half.splitlines()
        assert "\u202e" not in half
    assert "exit code 3: " + CODES[3].en in en
    assert "deposits: ● right 1, ■ wrong 1" in en
    assert "3 computed, 21 reused" in en
    assert digest_text(_digest(report), " --workspace w").count(" --workspace w") == 4


def test_a_chat_is_told_the_first_things_and_how_many_more(report: SiteReport) -> None:
    matter = Matter("red", Text("甲", "a"), Text("乙", "b"))
    text = digest_text(replace(_digest(report), matters=(matter,) * 40, lines=()))
    assert text.count("■ a: b") == MOST
    assert f"{40 - MOST} more on digest.html" in text


def test_hostile_names_stay_text_and_on_one_line(report: SiteReport, tmp_path: Path) -> None:
    html = _html(report, tmp_path)
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html
    assert one_line("a\r\nb\x00\u202ec" + "x" * 9999).startswith("a b c")
    assert len(one_line(HOSTILE * 999)) <= 400


def test_the_page_holds_the_end_of_its_night_and_there_is_none_without_a_digest(
    report: SiteReport, tmp_path: Path
) -> None:
    night = _digest(report).night
    assert night is not None
    assert night.ended_at is not None
    until = valid_until(night.ended_at, report.settings.night.expected_by)
    assert f'data-until="{until.isoformat()}"' in _html(report, tmp_path)
    later = replace(_digest(report), at=AT + timedelta(days=9))  # a report of another morning
    told = replace(report, operations=replace(report.operations, digest=later))
    assert _html(told, tmp_path) == _html(report, tmp_path)
    bare = replace(report, operations=Operations())
    assert not page_module.there(bare)
    assert list(page_module.leaves(Room(bare, FigureStore(tmp_path)), "")) == []


@pytest.mark.parametrize(
    ("ended", "until"),
    [
        ("2026-11-20T15:00", "2026-11-21T23:00"),  # 23:00 in China; 07:00 of the day after next
        ("2026-11-20T22:30", "2026-11-21T23:00"),  # 06:30: just in time for that morning
        ("2026-11-20T23:30", "2026-11-22T23:00"),  # 07:30: too late for it, and for the next
    ],
)
def test_a_night_is_out_of_date_when_the_next_should_have_ended(ended: str, until: str) -> None:
    at, due = (datetime.fromisoformat(one).replace(tzinfo=UTC) for one in (ended, until))
    assert valid_until(at, time(7, 0)) == due


def test_where_something_waits_the_code_is_not_called_right(report: SiteReport) -> None:
    waiting = replace(_digest(report), light="amber", code=0)
    assert "exit code 0: nothing that stops; something to do" in digest_text(waiting)
    assert CODES[0].en in digest_text(replace(waiting, light="green"))


def test_commands_are_whole_and_say_what_they_may_lack(report: SiteReport) -> None:
    command = "bornite approve " + "x" * 900
    matter = Matter("red", Text("甲", "a"), Text("乙", "b"), (command,))
    text = digest_text(replace(_digest(report), matters=(matter,), lines=()))
    assert command in text
    assert "add --configs and --workspace" in text
    assert "add --configs" not in digest_text(_digest(report), "")


def test_every_light_has_its_own_shape_and_word() -> None:
    assert len({shape for shape, _ in LIGHTS.values()}) == len(LIGHTS)
    assert len({word.zh for _, word in LIGHTS.values()}) == len(LIGHTS)


@pytest.mark.browser
def test_an_old_page_warns_by_the_readers_clock(
    chromium: Any, report: SiteReport, tmp_path: Path
) -> None:
    path = tmp_path / "digest.html"
    path.write_text(_html(report, tmp_path / "figures"), "utf-8")
    night = _digest(report).night
    assert night is not None
    assert night.ended_at is not None
    until = valid_until(night.ended_at, report.settings.night.expected_by)
    for minutes, seen in ((-1, False), (1, True)):
        page = chromium.new_page()
        now = int(until.timestamp() * 1000) + minutes * 60_000
        page.add_init_script(f"Date.now = () => {now};")
        page.goto(path.as_uri())
        assert page.is_visible("#stale") is seen
        page.close()
