"""The pages of runs: the list, and what one run noted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reporting import SiteReport
from reporting.facts.operations import Operations, Run
from reporting.figures.store import FigureStore
from reporting.site.pages import runs
from reporting.site.room import BUREAU, Leaf, Room, Stamp
from reporting.site.templating import render_page
from reporting.views.lights import took
from reporting.views.runs import OUTCOMES, run_line
from tests.browser_fixture import PageReader, fabricated_report
from tests.operations_fixture import fabricated_operations, fabricated_run


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> SiteReport:
    """A report with fabricated operations."""
    found = fabricated_report(tmp_path_factory.mktemp("runs"))
    return replace(found, operations=fabricated_operations(found.belts))


def _leaves(report: SiteReport, folder: Path) -> list[Leaf]:
    return list(runs.leaves(Room(report, FigureStore(folder)), ""))


def _html(report: SiteReport, leaf: Leaf) -> str:
    stamp = Stamp(report.run_id, report.generated_at, report.code_version)
    extra: dict[str, Any] = {"stamp": stamp, "nav": (), "audience": BUREAU}
    return render_page(leaf.template, {**leaf.context, **extra})


def test_the_list_has_each_run_with_its_numbers(report: SiteReport, tmp_path: Path) -> None:
    listed, *own = _leaves(report, tmp_path)
    html = _html(report, listed)
    page = PageReader(html)
    night = report.operations.runs[1]
    about = [n for n in page.numbers if n.attributes.get("data-run") == night.run_id]
    values = {n.attributes["data-quantity"]: n.attributes["data-v"] for n in about}
    assert values == {
        "tiles-computed": "3", "tiles-reused": "21", "entered": "2", "waiting": "1", "held": "0",
    }  # fmt: skip
    assert "41 min" in html
    assert "no end was noted" in html
    assert "5 more lie in runs/" in html
    assert [leaf.path for leaf in own] == [link for link in page.links if link.startswith("runs/")]


def test_a_runs_page_tells_inputs_outputs_environment_and_parts(
    report: SiteReport, tmp_path: Path
) -> None:
    html = _html(report, _leaves(report, tmp_path)[2])
    for word in (
        "a" * 64,
        "b" * 64,
        "c" * 64,
        "d" * 12,
        "2.0.0",
        "operator",
        "8 more files",
        "2 more estimates",
    ):
        assert word in html
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html


def test_a_run_without_a_record_says_so(report: SiteReport, tmp_path: Path) -> None:
    bare = Run("../../etc/passwd <b>", "", outcome="empty")
    listed, page = _leaves(replace(report, operations=Operations(runs=(bare,))), tmp_path)
    assert page.path.startswith("runs/id-")
    assert ".." not in page.path
    assert "has no record" in _html(report, page)
    assert "etc/passwd <b>" not in _html(report, listed) + _html(report, page)
    line = run_line(bare)
    assert {line.entered.text.en, line.published.text.en, line.tiles[0].text.en} == {"—"}


def test_every_outcome_has_its_own_word_and_no_light_is_told_by_colour_alone() -> None:
    words = [text.en for _, _, text in OUTCOMES.values()]
    assert len(set(words)) == len(words)
    shapes: dict[str, set[str]] = {}
    for light, shape, _ in OUTCOMES.values():
        shapes.setdefault(light, set()).add(shape)
    assert all(len(found) == 1 for found in shapes.values())
    assert len(set.union(*shapes.values())) == len(shapes)


def test_durations_read_as_people_say_them() -> None:
    assert took(None).en == "—"
    assert took(97.4).zh == "97 秒"
    assert took(41 * 60).en == "41 min"
    assert took(7 * 3600 + 5 * 60).zh == "7 小时 5 分"
    assert fabricated_run().seconds == 41 * 60
