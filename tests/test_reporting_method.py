"""The method page: every text in both languages, every term with its source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from estimation.statement.standards import standard
from geo.dictionary import folder
from reporting import SiteReport
from reporting.figures.store import FigureStore
from reporting.site.pages import method
from reporting.site.room import BUREAU, PUBLIC, Audience, Room, Stamp
from reporting.site.templating import render_page
from reporting.views.method import ABOUT, standards, steps, terms, words
from reporting.views.trust import CHECKING, HELD, INTERVALS
from tests.browser_fixture import fabricated_report
from tests.operations_fixture import fabricated_operations


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> SiteReport:
    """A report of fabricated estimates."""
    found = fabricated_report(tmp_path_factory.mktemp("method"))
    return replace(found, operations=fabricated_operations(found.belts))


def _html(report: SiteReport, folder: Path, audience: Audience = BUREAU) -> str:
    (leaf,) = method.leaves(Room(report, FigureStore(folder), audience), "")
    stamp = Stamp(report.run_id, report.generated_at, report.code_version)
    return render_page(
        leaf.template, {**leaf.context, "stamp": stamp, "nav": (), "audience": audience}
    )


def _pairs(entry: Any) -> Iterator[dict[str, Any]]:
    """Every block of the glossary that says something to people."""
    if isinstance(entry, dict):
        if {"zh", "en"} & set(entry):
            yield entry
        for below in entry.values():
            yield from _pairs(below)
    elif isinstance(entry, list):
        for below in entry:
            yield from _pairs(below)


def test_every_text_of_the_glossary_is_said_in_both_languages() -> None:
    found = list(_pairs(words()))
    assert len(found) > 40
    for entry in found:
        assert entry["zh"].strip()
        assert entry["en"].strip()
        assert entry["zh"] != entry["en"]


def test_the_method_runs_from_files_to_the_target_in_order() -> None:
    names = [step.name.en for step in steps()]
    wanted = ["Composites", "Domains", "Variogram", "Kriging", "Classes", "Statement", "Ledger"]
    places = [next(i for i, n in enumerate(names) if n.startswith(word)) for word in wanted]
    assert places == sorted(places)
    assert names[-1] == "Target"


def test_terms_are_the_standards_own_with_sources_and_said_where_unverified(
    report: SiteReport, tmp_path: Path
) -> None:
    found = terms()
    by_column = {term.column: term for term in found}
    for key, entry in standard("classes")["classes"].items():
        assert (by_column[key].gb, by_column[key].jorc) == (entry["zh"], entry["jorc"])
    assert all(term.citation for term in found)
    html = _html(report, tmp_path)
    assert html.count("▲") >= sum(not term.verified for term in found)
    for term in found:
        assert term.gb in html


def test_the_sources_are_those_of_the_standards_folder(report: SiteReport, tmp_path: Path) -> None:
    cited = {one.citation.en for one in standards()}
    assert standard("classes")["citation"] in cited
    assert standard("gate")["citation"] in cited
    assert len(cited) > 20
    stems = {path.stem for path in (folder() / "standards").glob("*.yaml")}
    assert stems <= set(ABOUT), "every file has a name for Chinese readers"
    assert all("英文" in one.citation.zh for one in standards() if one.citation.en.isascii()), (
        "a source in English alone says so"
    )
    assert "DZ/T 0338.3-2020" in _html(report, tmp_path)


def test_what_intervals_held_is_what_was_measured(report: SiteReport, tmp_path: Path) -> None:
    """The page's counts are those of docs/uncertainty.md; none for the three together."""
    text = (Path(__file__).resolve().parent.parent / "docs" / "uncertainty.md").read_text("utf-8")
    found = re.findall(
        r"^\| (\w+|\*\*the three together\*\*.*?) \|.*\| \**(\d+) of (\d+)\**", text, re.M
    )
    measured = {name: (int(held), int(trials)) for name, held, trials in found}
    together = next(name for name in measured if "together" in name)
    measured["together"] = measured.pop(together)
    assert {one.name: (one.held, one.trials) for one in HELD} == measured
    assert measured["together"][0] == 0, "odds.FRINGE says never"
    html = _html(report, tmp_path)
    for one in HELD:
        assert f'data-v="{one.held}"' in html
        assert one.text.zh in html


def test_intervals_and_checking_are_explained_without_a_command(
    report: SiteReport, tmp_path: Path
) -> None:
    html = _html(report, tmp_path, PUBLIC)
    assert [one.name.zh for one in CHECKING] == ["核验", "追溯", "变动归因"]
    for text in (*INTERVALS, *(one.text for one in CHECKING)):
        assert text.zh in html
        assert "bornite" not in text.zh + text.en
    said = " ".join(text.en for text in INTERVALS)
    for limit in ("variogram", "domains", "classes", "densities", "by-products", "fringe"):
        assert limit in said


def test_the_public_page_is_the_same_and_names_no_file_of_data(
    report: SiteReport, tmp_path: Path
) -> None:
    assert _html(report, tmp_path, PUBLIC) == _html(report, tmp_path)
    for place in ("GB/T 8170", "0.4450001", "bornite verify", "JORC", "UNFC"):
        assert place in _html(report, tmp_path, PUBLIC)
