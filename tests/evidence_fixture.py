"""A fabricated report whose first deposit has a plan, decisions and source rows; pages as HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reporting import SiteReport
from reporting.facts.evidence import Decided, Evidence, Passes, SourceRows
from reporting.figures.store import FigureStore
from reporting.site.room import BUREAU, Audience, Leaf, Room, Stamp
from reporting.site.templating import render_page
from tests.browser_fixture import fabricated_report, sample_belts
from tests.fabricated import digest_of

HOLE = "SYN-ZK9901"
FILE = "2024/<b>样品</b>.csv"
SHA = digest_of("file")


def told_report(folder: Path) -> SiteReport:
    """Two belts; the first one's deposit has everything behind it."""
    belts = sample_belts()[:2]
    report = fabricated_report(folder, belts)
    deposit = belts[0].deposits[0]
    assert deposit.plan is not None
    decided = {
        "plan": deposit.plan.model_dump(mode="json"),
        "grid": deposit.grid.model_dump(mode="json"),
    }
    results = tuple(
        replace(result, extras={**result.extras, "decided": decided})
        for result in report.results[deposit.id]
    )
    entry = report.ledger.entry(deposit.id, results[-1].vintage)
    assert entry is not None
    vintage = entry.vintage.isoformat()
    about = {"about": entry.number, "vintage": vintage, "series": "internal", "axis": "review"}
    decisions = (
        Decided(90, **about, kind="decision", before="draft", after="held", by="bornite",
                reason=f"hole {HOLE} moved", day="2026-11-01", document_no=""),
        Decided(91, **about, kind="decision", before="held", after="approved", by="王<i>工</i>",
                reason="checked", day="2026-11-02", document_no="审字 7 号"),
    )  # fmt: skip
    sources = (
        SourceRows("assay", FILE, "表1", SHA, "2024-12-31", 3255, 3252, 3, 2, 3256),
        SourceRows("collar", "2024/孔口.csv", None, SHA, "2024-12-31", 32, 31, 1, 2, 33),
        SourceRows("terrain", "../../dem.tif", None, SHA, ""),
    )
    passes = (Passes("cu_pct", 1000, (600, 300), 0.71, 2),)
    evidence = {deposit.id: Evidence(decisions, sources, passes)}
    return replace(report, results={**report.results, deposit.id: results}, evidence=evidence)


@pytest.fixture(scope="session")
def told_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where :func:`told_site` and its figures lie."""
    return tmp_path_factory.mktemp("told")


@pytest.fixture(scope="session")
def told_site(told_folder: Path) -> SiteReport:
    """The report, made once."""
    return told_report(told_folder)


@pytest.fixture(scope="session")
def told_deposit(told_site: SiteReport) -> str:
    """The deposit that has everything behind it."""
    return told_site.belts[0].deposits[0].id


def html_of(
    report: SiteReport,
    folder: Path,
    leaves: Callable[[Room, str], Iterator[Leaf]],
    item: str,
    audience: Audience = BUREAU,
) -> str:
    """One item's page as its readers get it."""
    room = Room(report, FigureStore(folder / "figures"), audience)
    (leaf,) = leaves(room, item)
    stamp = Stamp(report.run_id, report.generated_at, report.code_version)
    context = {**leaf.context, "nav": (), "audience": audience, "stamp": stamp}
    return render_page(leaf.template, context)
