"""Filed figures stand beside ours, by each of their dates, and may be a baseline."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.fabricated import chain_of
from tests.record_forms import TODAY, example_header, row, write
from tests.target_fixture import (
    CONFIG,
    V24,
    V25,
    outside,
    results,
    standing,
)
from tracking import Ledger
from tracking.forms.checks import checked_figure
from tracking.forms.outside import OutsideFigure
from tracking.forms.reading import read_form
from tracking.ledger.book import Book
from tracking.target.target import Baseline, Target, read_target, target_progress


@pytest.fixture(scope="module")
def target() -> Target:
    """The target as it is shipped."""
    return read_target(CONFIG)


def test_official_figures_stand_beside_ours_by_each_of_their_dates(target: Target) -> None:
    """As of 2018, filed in January 2026: in the base by one date, growth by the others."""
    old = outside("test-syn", date(2012, 6, 30), "A[2012]1号", 500.0)
    new = outside("test-syn", date(2018, 6, 30), "A[2026]1号", 800.0)
    book = Book(
        chain_of(results()),
        official=(old, new),
        standings=(standing(old, date(2013, 1, 1), 2013), standing(new, date(2026, 1, 5), None)),
    )
    progress = target_progress(target, book).baselines[0]
    by_date = {view.dating: view for view in progress.official}
    assert progress.growth_pct == pytest.approx(8.0)
    assert by_date["effective"].net_growth_pct == 0.0
    assert by_date["effective"].base_t == 800.0
    for dating in ("filed", "statistics"):
        assert (by_date[dating].base_t, by_date[dating].retained_t) == (500.0, 800.0)
        assert by_date[dating].net_growth_pct == pytest.approx(60.0)
        assert by_date[dating].gross_growth_pct is None
    without = target_progress(target, Book(chain_of(results()))).baselines[0].official
    assert all(view.net_growth_pct is None and view.excluded for view in without)


def filed(
    folder: Path, day: str, number: str, metal: tuple[str, str], year: str, **more: str | None
) -> OutsideFigure:
    """A filled form of a filed figure: indicated and inferred copper in 万t."""
    header = example_header(
        effective_date=day, filing_no=f"甘资储备字〔{year}〕8号", filed_date=f"{year}-06-20",
        review_no=None, discovered=None, stat_year=None, deposit_id="north-hill", **more,
    )  # fmt: skip
    rows = [row("控制", metal[0]), row("推断", metal[1])]
    form = read_form(write(folder / f"{number}.yaml", header, rows))
    figure = checked_figure(form, TODAY, {})
    assert figure is not None, form.findings
    return figure


def test_forms_through_the_ledger_to_the_official_view(tmp_path: Path, target: Target) -> None:
    """Two filings recorded by form stand beside our own estimates, neither replacing the other."""
    with Ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        for result in results("north-hill"):
            ledger.record(result, "run")
        for figure in (
            filed(tmp_path, "2023-12-31", "a", ("4.0", "2.0"), "2024"),
            filed(tmp_path, "2024-10-31", "b", ("5.0", "2.5"), "2025"),
        ):
            ledger.record_outside(figure, "run")
        book = ledger.book()
    progress = target_progress(target, book).baselines[0]
    assert progress.latest is not None
    assert progress.latest.retained_t == 1080.0
    by_date = {view.dating: view for view in progress.official}
    assert (by_date["effective"].base_t, by_date["effective"].net_growth_pct) == (75_000.0, 0.0)
    assert (by_date["filed"].base_t, by_date["filed"].retained_t) == (60_000.0, 75_000.0)
    assert by_date["filed"].net_growth_pct == pytest.approx(25.0)
    assert by_date["statistics"].deposits == ()
    surer = target_progress(target, book, classes=("measured", "indicated")).baselines[0]
    assert {v.dating: v.base_t for v in surer.official}["filed"] == 40_000.0


def test_recorded_statistics_become_a_baseline_through_the_ledger(
    tmp_path: Path, target: Target
) -> None:
    """National statistics entered by form: value and date from the entry, coverage from ours."""
    unsaid = ("deposit_id", "deposit_zh", "deposit_en", "province", "filing_no", "filed_date")
    unsaid += ("review_no", "authority", "cutoff", "cutoff_unit", "mine_code", "licence_no")
    unsaid += ("usable_status", "method", "stage", "report_unit")
    header = example_header(
        scope="全国", source_kind="统计资料", effective_date="2024-12-31", stat_year="2024",
        citation_title="statistics 2024 (invented)", citation_quote="铜资源量 2.0 万t",
        **dict.fromkeys(unsaid),
    )  # fmt: skip
    form = read_form(write(tmp_path / "n.yaml", header, [row("资源量合计", "2.0")]))
    figure = checked_figure(form, TODAY, {})
    assert figure is not None, form.findings
    with Ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        for result in results():
            ledger.record(result, "run")
        ledger.record_outside(figure, "run")
        wanted = {(result.deposit_id, result.vintage) for result in results()}
        book = ledger.book(wanted=wanted)
    raw = target.baselines[2].model_dump()
    known = {"from_entry": {"scope": "national", "series": figure.series}}
    changes = {**known, "basis": "retained", "confidence": "official"}
    asked = target.model_copy(update={"baselines": (Baseline.model_validate({**raw, **changes}),)})
    (progress,) = target_progress(asked, book).baselines
    assert (progress.baseline_t, progress.since) == (20_000.0, V24)
    assert progress.coverage_ratio == pytest.approx(0.05)


def test_gross_official_growth_needs_cumulative_figures_at_both_ends(target: Target) -> None:
    """Stated 累计查明 600 then 950: 350 of additions, whatever was mined between."""

    def row(copper_t: float) -> list[dict[str, Any]]:
        return outside("x", V24, "s", copper_t).content["statement"]

    old = outside("test-syn", V24, "A[2024]1号", 500.0, identified=row(600.0))
    new = outside("test-syn", V25, "A[2025]1号", 800.0, identified=row(950.0))
    book = Book(chain_of(results()), official=(old, new))
    view = target_progress(target, book).baselines[0].official[0]
    assert view.net_growth_pct == pytest.approx(60.0)
    assert view.gross_growth_pct == pytest.approx(70.0)


def test_a_national_baseline_may_come_from_a_recorded_figure(target: Target) -> None:
    """Tonnage and date are the entry's; a reserve or a missing entry is no baseline."""
    raw = target.baselines[2].model_dump()
    known = {
        "from_entry": {"scope": "national", "series": "source:statistics-2024"},
        "basis": "retained",
        "confidence": "official",
    }
    baseline = Baseline.model_validate({**raw, **known})
    asked = target.model_copy(update={"baselines": (baseline,)})
    national = outside("national", V24, "source:statistics-2024", 20_000.0)
    (progress,) = target_progress(asked, Book(chain_of(results()), official=(national,))).baselines
    assert (progress.baseline_t, progress.since) == (20_000.0, V24)
    assert progress.coverage_ratio == 0.05
    assert progress.growth_pct == pytest.approx(0.4)
    (missing,) = target_progress(asked, Book(chain_of(results()))).baselines
    assert (missing.baseline_t, missing.points, missing.lines) == (None, (), ())
    assert "not in the ledger" in missing.remark_en
    reserve = replace(national, content={**national.content, "statement": [], "reserves": []})
    (refused,) = target_progress(asked, Book(chain_of(results()), official=(reserve,))).baselines
    assert refused.baseline_t is None
    assert "no such resource" in refused.remark_en
