"""The data page says what the workspace holds: freshness, holes, findings, quarantine."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from geo.findings import Finding
from reporting import SiteReport
from reporting.facts.operations import Operations, RefusedRow
from reporting.figures.store import FigureStore
from reporting.site.contents import chapters
from reporting.site.pages import data
from reporting.site.room import BUREAU, PUBLIC, Room, Stamp
from reporting.site.templating import render_page
from reporting.units import seen
from reporting.views.data import belt_lines, found_lines, holes_lines, source_lines
from reporting.views.findings import rule_lines_of
from tests.browser_fixture import PageReader, fabricated_report
from tests.operations_fixture import AT, HOSTILE, fabricated_data, fabricated_operations


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> SiteReport:
    """A report with fabricated operations."""
    found = fabricated_report(tmp_path_factory.mktemp("data"))
    return replace(found, operations=fabricated_operations(found.belts))


def page_of(report: SiteReport, folder: Path) -> str:
    """The HTML of the data page."""
    room = Room(report, FigureStore(folder))
    (leaf,) = data.leaves(room, "")
    stamp = Stamp(report.run_id, report.generated_at, report.code_version)
    context = {**leaf.context, "stamp": stamp, "nav": (), "audience": BUREAU}
    return render_page(leaf.template, context)


def test_counts_are_those_of_the_data_in_both_languages(report: SiteReport, tmp_path: Path) -> None:
    page = PageReader(page_of(report, tmp_path))
    found = {}
    for number in page.numbers:
        key = number.attributes["data-quantity"], number.attributes.get("data-belt", "")
        found.setdefault(key, number)
    belt = report.belts[0].id
    for name, count in (("rows-in", 1000), ("rows-accepted", 990), ("waiting", 3), ("released", 4)):
        number = found[name, belt]
        assert number.attributes["data-v"] == str(count)
        assert number.texts == {"zh": f"{count:,}", "en": f"{count:,}"}
    holes = holes_lines(report)
    assert [line.used.attributes["data-v"] for line in holes] == ["54"] * len(report.belts)
    assert holes[0].rates[1][1].text.en == "96.2"  # 96.25, half to the even digit
    assert holes[0].held


def test_days_and_lights_follow_the_settings(report: SiteReport) -> None:
    report = replace(report, operations=replace(report.operations, digest=None))  # nothing held
    fresh, survey = source_lines(report)[:2]
    assert (fresh.days.attributes["data-v"], fresh.light) == ("21", "green")
    assert (survey.newest, survey.light, survey.days.text.zh) == ("—", "grey", "—")
    strict = report.settings.freshness.model_copy(update={"amber_days": 20})
    settings = report.settings.model_copy(update={"freshness": strict})
    old = source_lines(replace(report, settings=settings))[0]
    assert (old.light, old.word.en) == ("amber", "old")
    edge = report.settings.freshness.model_copy(update={"amber_days": 21})
    settings = report.settings.model_copy(update={"freshness": edge})
    assert source_lines(replace(report, settings=settings))[0].light == "amber", "from that day on"
    assert old.shape != fresh.shape


def test_a_fix_speaks_of_its_row_or_leaves_that_clause_out(report: SiteReport) -> None:
    belt = report.belts[0]
    row = RefusedRow("d", "a.csv", "", "7", "BN-INT-006", "x", AT)
    data = replace(fabricated_data(belt), listed=(row,))
    bare = replace(report, operations=Operations(data=(data,)))
    (line,) = belt_lines(bare)[0].listed
    assert line.fix.en == "deliver its collar, or correct the hole id"
    found = Finding("BN-INT-006", "error", "a.csv", "说", "said", "修", "nearest: H1", row=7)
    told = replace(bare, findings={belt.id: (found,)})
    assert belt_lines(told)[0].listed[0].fix.en == "nearest: H1"


def test_a_source_that_was_held_back_is_not_called_new(report: SiteReport) -> None:
    operations = fabricated_operations(report.belts)
    (held, *_), digest = operations.data[0].sources, operations.digest
    assert digest is not None
    lines = (replace(digest.lines[0], deposit=held.deposit),)
    told = replace(operations, digest=replace(digest, lines=lines))
    line = source_lines(replace(report, operations=told))[0]
    assert (line.light, line.shape) == ("red", "■")
    assert "not usable" in line.word.en


def test_a_belt_that_was_never_read_says_so(report: SiteReport, tmp_path: Path) -> None:
    blank = replace(report, operations=Operations())
    line = belt_lines(blank)[0]
    assert not line.read
    assert line.counts[0].text.zh == "—"
    assert "never read" in page_of(blank, tmp_path)


def test_rules_are_counted_over_belts_as_each_belt_counts_them(report: SiteReport) -> None:
    lines = found_lines(report)
    for line in lines:
        each = [
            rule.count
            for belt in report.belts
            for rule in rule_lines_of(report.findings[belt.id])
            if rule.code == line.code
        ]
        assert line.count == sum(each)
        assert [count for _, _, count in line.belts] == each
    overlaps = next(line for line in lines if line.code == "BN-INT-002")
    assert overlaps.count == 342 * len(report.belts)


def test_a_long_quarantine_is_cut_and_says_how_many_more(
    report: SiteReport, tmp_path: Path
) -> None:
    belt = report.belts[0]
    long = replace(report, operations=Operations(data=(fabricated_data(belt, waiting=1234),)))
    assert belt_lines(long)[0].more == 1232
    assert "1232 more are in the CSV files" in page_of(long, tmp_path)


def test_hostile_names_stay_text(report: SiteReport, tmp_path: Path) -> None:
    html = page_of(report, tmp_path)
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html
    for at in re.finditer(re.escape("&lt;script&gt;alert"), html):
        assert html.rfind("<bdi", 0, at.start()) > html.rfind("</bdi>", 0, at.start())
    assert seen(HOSTILE) in "".join(PageReader(html).words)


def test_the_public_build_has_none_of_it(report: SiteReport) -> None:
    keys = {chapter.key for chapter in chapters(report, PUBLIC)}
    assert not keys & {"data", "runs", "digest"}
    assert "method" in keys
    assert {"data", "runs", "digest"} <= {c.key for c in chapters(report, BUREAU)}
