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
    at_cutoffs,
    from_entry,
    outside,
    results,
    standing,
)
from tracking import Ledger
from tracking.forms.checks import checked_figure
from tracking.forms.outside import OutsideFigure
from tracking.forms.reading import read_form
from tracking.ledger.book import Book
from tracking.target.target import SURER, Target, read_target, target_progress


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
    unsaid: tuple[str, ...] = (
        "deposit_id",
        "deposit_zh",
        "deposit_en",
        "province",
        "filing_no",
        "filed_date",
    )
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
    (progress,) = target_progress(from_entry(target, figure.series), book).baselines
    assert (progress.baseline_t, progress.since) == (20_000.0, V24)
    assert progress.coverage_ratio == pytest.approx(0.05)
    origin = progress.origin
    assert origin is not None
    assert (origin.entry, origin.state, origin.stat_year) == (4, "in_statistics", 2024)
    assert (origin.quoted_text, origin.confidence) == ("铜资源量 2.0 万t", "official")
    assert origin.source_zh.startswith("statistics 2024 (invented)")
    assert progress.surer is not None
    assert progress.surer.net_growth_pct is None
    surer = target_progress(from_entry(target, figure.series), book, classes=SURER).baselines[0]
    assert (surer.baseline_t, surer.coverage_ratio) == (None, None)  # one total, never divided


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
    asked = from_entry(target, "source:statistics-2024")
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


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"source": {"zh": "某书", "en": "a book"}}, "the entry has them"),
        ({"quoted_text": "五千万吨"}, "the entry has them"),
        ({"confidence": "official"}, "the entry has them"),
    ],
)
def test_the_target_does_not_say_again_what_the_entry_says(
    target: Target, said: dict[str, Any], words: str
) -> None:
    """Source, words and confidence of a recorded figure stand in the ledger alone."""
    with pytest.raises(ValueError, match=words):
        from_entry(target, "source:x", **said)


def by_class(**tonnes: float) -> list[dict[str, Any]]:
    """Rows of a figure from outside, copper in tonnes by class."""
    row = outside("x", V24, "s", 1.0).content["statement"][0]
    return [
        {**row, "class": name, "elements": {"cu_pct": {"metal_kg": round(1000 * amount)}}}
        for name, amount in tonnes.items()
    ]


def test_a_recorded_baseline_is_of_the_asked_classes_alone(target: Target) -> None:
    """20,000 t of which 12,000 measured and indicated: asked for those, 12,000 is the base."""
    rows = by_class(measured=5_000.0, indicated=7_000.0, inferred=8_000.0)
    national = outside("national", V24, "source:s", 1.0, statement=rows)
    book, asked = Book(chain_of(results()), official=(national,)), from_entry(target, "source:s")
    whole = target_progress(asked, book).baselines[0]
    assert whole.baseline_t == 20_000.0
    assert whole.surer is not None
    assert whole.surer.net_growth_pct == pytest.approx(100 * 80 / 12_000)
    narrowed = target_progress(asked, book, classes=SURER).baselines[0]
    assert (narrowed.baseline_t, narrowed.growth_pct) == (12_000.0, pytest.approx(100 * 80 / 12e3))
    only = asked.model_copy(update={"classes": SURER})
    assert target_progress(only, book).baselines[0].baseline_t == 12_000.0


def test_our_own_figure_is_a_baseline_at_its_reporting_cut_off_only(target: Target) -> None:
    """A statement with rows at three cut-offs holds one resource, not their sum."""
    first = results()[0]
    rows = at_cutoffs(first, 0.2, {0.3: {"indicated": 800.0}, 0.5: {"indicated": 300.0}})
    named: dict[str, Any] = {
        "from_entry": {"scope": "test-syn", "series": "internal"},
        "scope": "company",
    }
    asked = from_entry(target, "", **named)
    (progress,) = target_progress(asked, Book(chain_of([rows]))).baselines
    assert progress.baseline_t == 1000.0
    assert progress.origin is not None
    assert progress.origin.confidence == "computed"


def test_nothing_filed_is_no_growth_of_zero(target: Target) -> None:
    """Against a national tonnage, deposits without a filed figure have not grown by 0 %."""
    national = outside("national", V24, "source:s", 20_000.0)
    book = Book(chain_of(results()), official=(national,))
    views = target_progress(from_entry(target, "source:s"), book).baselines[0].official
    assert [(v.net_growth_pct, v.gross_growth_pct) for v in views] == [(None, None)] * 3
