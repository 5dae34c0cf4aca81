"""Chapters are taken over whole where nothing that they are made from has changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from reporting import SiteReport, build_site
from reporting.facts.operations import Operations, Run
from reporting.report import LedgerSummary
from reporting.site import press
from reporting.site.inputs import common_digest, inputs_digest, narrowed
from reporting.site.order import made_before
from tests.browser_fixture import fabricated_report, sample_belts


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> SiteReport:
    folder = tmp_path_factory.mktemp("inputs")
    return replace(fabricated_report(folder, sample_belts()[:1]), findings={})


def _no_batch(*_: object) -> Iterator[press.Batch]:
    raise AssertionError("a page was made")


def test_the_run_and_the_hour_are_no_input_but_a_file_is(
    report: SiteReport, tmp_path: Path
) -> None:
    later = report.generated_at + timedelta(hours=1)
    first = common_digest(report)
    assert common_digest(replace(report, run_id="next", generated_at=later)) == first
    plates = tmp_path / "plates.npz"
    plates.write_bytes(b"one")
    figures = replace(report, figures={("a", "b"): plates})
    before = common_digest(figures)
    plates.write_bytes(b"other")
    assert common_digest(figures) != before
    assert common_digest(replace(report, results={})) != first


def test_a_chapter_sees_the_day_and_the_runs_only_where_it_may(report: SiteReport) -> None:
    entered = Run(report.ledger.entries[0].run_id, "nightly")
    runs = Operations(runs=(entered, Run("another", "nightly")))
    told = replace(report, operations=runs)
    tomorrow = replace(told, generated_at=told.generated_at + timedelta(days=1))

    def digest(one: SiteReport, *, day: bool, operations: str) -> str:
        return inputs_digest("", narrowed(one, day=day, operations=operations))

    assert digest(told, day=False, operations="none") == digest(
        tomorrow, day=False, operations="none"
    )
    assert digest(told, day=True, operations="none") != digest(
        tomorrow, day=True, operations="none"
    )
    assert narrowed(told, day=False, operations="cited").operations.runs == (entered,)
    assert narrowed(told, day=False, operations="none").operations == Operations()
    embargo = told.settings.model_copy(update={"embargo_until": told.generated_at.date()})
    under = replace(told, settings=embargo)
    assert narrowed(under, day=False, operations="none").generated_at == told.generated_at


def test_nothing_is_made_where_nothing_changed_and_a_broken_page_is(
    report: SiteReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = replace(report, figures={}, belt_maps={}, run_id="first")
    built = build_site(bare, tmp_path / "site")
    bytes_of = {path: path.read_bytes() for path in built.pages}
    with monkeypatch.context() as patch:
        patch.setattr(press, "_batch", _no_batch)
        again = build_site(replace(bare, run_id="second"), tmp_path / "site")
        assert (again.pages_made, again.pages_kept) == (0, len(built.pages))
        assert {path: path.read_bytes() for path in built.pages} == bytes_of
    index = bytes_of.pop(built.index)
    built.index.unlink()
    built.index.write_text("changed by hand", "utf-8")
    mended = build_site(bare, tmp_path / "site")
    assert mended.pages_made == 1
    assert built.index.read_bytes() == index
    (tmp_path / "site" / "downloads" / "resource.csv").unlink()
    build_site(bare, tmp_path / "site")
    assert (tmp_path / "site" / "downloads" / "resource.csv").is_file()
    emptied = build_site(replace(bare, ledger=LedgerSummary()), tmp_path / "site")
    assert emptied.pages_made > 1


def test_a_chapter_with_a_page_that_is_not_as_written_is_made_anew() -> None:
    made = {"inputs": "i", "figures": ["f.svg"], "uses": 1}
    manifest = {
        "pages": {"a.html": {"chapter": "one"}, "b.html": {"chapter": "two"}},
        "chapters": {"one": made, "two": made},
    }
    assert list(made_before(manifest, {"a.html": {}})) == ["one"]
    assert made_before({}, {}) == {}
