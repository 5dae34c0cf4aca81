"""Weighted statistics against numpy and scipy, correlations, groups, and the whole study."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import ndtri

from estimation.exploratory.gather import gather
from estimation.exploratory.groups import by_group, factor_columns
from estimation.exploratory.statistics import (
    correlations,
    describe,
    log_probability,
    weighted_quantiles,
)
from estimation.exploratory.study import study
from estimation.plan import Plan
from estimation.studies import Study, Workbench
from flows.runtime import Workspace
from flows.study import open_workbench
from geo.drillholes.composite import Composites
from tests.small_belt import write_small_belt


def lognormal(n: int = 400, seed: int = 1) -> np.ndarray:
    """Grades of a skewed population."""
    return np.random.default_rng(seed).lognormal(-1.0, 0.9, n)


def test_equal_weights_give_what_numpy_and_scipy_give() -> None:
    """Moments and percentiles (Hazen) of the unweighted set."""
    values = lognormal()
    found = describe(values)
    assert found.n == 400
    assert found.mean == pytest.approx(values.mean())
    assert found.sd == pytest.approx(values.std())
    assert found.cv == pytest.approx(values.std() / values.mean())
    assert found.skewness == pytest.approx(stats.skew(values))
    assert found.geometric_mean == pytest.approx(stats.gmean(values))
    assert found.effective_n == pytest.approx(400)
    for name, share in (("p5", 0.05), ("p50", 0.5), ("p97_5", 0.975), ("p99", 0.99)):
        expected = np.quantile(values, share, method="hazen")
        assert getattr(found, name) == pytest.approx(expected), name


def test_whole_weights_are_repeats() -> None:
    """A weight of three counts a sample three times, in every moment."""
    values = lognormal(60)
    times = np.random.default_rng(2).integers(1, 5, 60)
    weights = np.array([float(t) for t in times])
    heavy, repeated = describe(values, weights), describe(np.repeat(values, times))
    for name in ("mean", "sd", "cv", "skewness", "geometric_mean", "minimum", "maximum"):
        assert getattr(heavy, name) == pytest.approx(getattr(repeated, name)), name
    assert heavy.p50 == pytest.approx(repeated.p50, rel=0.05)
    assert describe(values, 7 * weights).p90 == pytest.approx(heavy.p90)


def test_blank_constant_single_and_no_grades_have_statistics() -> None:
    """Blanks are left out; what can't be said is NaN, nothing fails."""
    nothing = describe(np.array([np.nan, np.nan]))
    assert nothing.n == 0
    assert np.isnan(nothing.mean)
    single = describe(np.array([0.4, np.nan]))
    assert (single.n, single.mean, single.sd, single.p99) == (1, 0.4, 0.0, 0.4)
    level = describe(np.full(30, 0.1))
    assert level.sd == 0.0
    assert np.isnan(level.skewness)
    barren = describe(np.array([0.0, 0.0, 2.0]))
    assert (barren.not_positive, barren.geometric_mean) == (2, 2.0)
    assert np.isnan(weighted_quantiles(np.zeros(0), np.array([0.5])))[0]


def test_log_probability_of_a_lognormal_set_is_a_line() -> None:
    """Exact quantiles of a lognormal fall on normal = (ln grade - m) / s."""
    shares = (np.arange(200) + 0.5) / 200
    grade, normal = log_probability(np.exp(-1.2 + 0.7 * ndtri(shares))[::-1])
    slope, constant = np.polyfit(np.log(grade), normal, 1)
    assert slope == pytest.approx(1 / 0.7, rel=1e-9)
    assert -constant / slope == pytest.approx(-1.2, rel=1e-9)
    some, above = log_probability(np.array([0.0, 0.0, 1.0, 2.0]))
    assert some.tolist() == [1.0, 2.0]
    assert above == pytest.approx(ndtri([0.625, 0.875]))  # barren samples count below


def test_correlations_take_pairs_that_have_both() -> None:
    """Pearson, Spearman and Pearson of logs, each with its own count."""
    rng = np.random.default_rng(3)
    first = rng.lognormal(size=50)
    second = first**0.5 * rng.lognormal(0, 0.3, 50)
    second[:5] = np.nan
    second[5] = 0.0
    found = correlations(pd.DataFrame({"cu_pct": first, "mo_pct": second, "au_gpt": 1.0}),
                         ["cu_pct", "mo_pct", "au_gpt"])  # fmt: skip
    pair = found[0]
    assert (pair.n, pair.n_logs) == (45, 44)
    assert pair.pearson == pytest.approx(stats.pearsonr(first[5:], second[5:]).statistic)
    assert pair.spearman == pytest.approx(stats.spearmanr(first[5:], second[5:]).statistic)
    logs = np.log(first[6:]), np.log(second[6:])
    assert pair.pearson_logs == pytest.approx(stats.pearsonr(*logs).statistic)
    assert np.isnan(found[1].pearson)  # a constant has no correlation


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """The small belt's workbench."""
    folder = tmp_path_factory.mktemp("small")
    configs = write_small_belt(folder)
    return open_workbench("small-deposit", configs, Workspace(folder / "workspace"))


def changed(bench: Workbench, **columns: Any) -> Workbench:
    """The bench with columns of its basic composites replaced."""
    basic = bench.samples["basic"]
    made = Workbench(bench.data)
    table = basic.table.assign(**columns)
    made.__dict__["samples"] = {"basic": Composites(table, basic.assayed_m)}
    return made


def of(found: Study, name: str) -> pd.DataFrame:
    """One table of a study."""
    return next(table.frame for table in found.tables if table.name == name)


def test_the_study_has_every_table_and_figure(bench: Workbench) -> None:
    """Names are unique, figures are known drawings, statistics are those of the composites."""
    found = study(bench)
    names = [table.name for table in found.tables]
    assert len(set(names)) == len(names)
    assert {"statistics", "groups", "correlation", "declustering", "top_cuts"} <= set(names)
    drawings = {figure.drawing for figure in found.figures}
    assert drawings == {"grade_distribution", "box_plots", "scatter_matrix",
                        "declustering_curves", "top_cut"}  # fmt: skip
    table = bench.samples["basic"].table
    row = of(found, "statistics").query("element == 'Cu' and basis == '原始 raw'").iloc[0]
    assert row["mean"] == pytest.approx(table["cu_pct"].mean())
    assert row["holes"] == table["hole_id"].nunique()


def test_groups_are_told_only_where_the_tables_tell_them(bench: Workbench) -> None:
    """Deliveries are known; campaign, laboratory and type aren't, and that is said."""
    found = study(bench)
    groups = of(found, "groups").query("element == 'Cu'")
    assert groups["group"].tolist() == ["2024-12-31", "2025-12-31"]
    assert groups["n"].sum() == len(bench.samples["basic"].table)
    said = " ".join(words.en for words in found.remarks)
    assert all(name in said for name in ("campaign", "laboratory", "drill type"))


def test_a_composite_has_the_laboratory_of_the_assay_at_its_middle(bench: Workbench) -> None:
    """And its hole's campaign and type; a sample without one is blank, not guessed."""
    holes = bench.data.drillholes
    assay = holes.assay.assign(laboratory=np.where(holes.assay["from_m"] < 20, "A", "B"))
    assay.loc[assay["hole_id"] == "C0-00", "laboratory"] = None
    collar = holes.collar.assign(hole_type="DD", campaign="一期")
    told = replace(holes, assay=assay, collar=collar)
    grades, _ = gather(bench.data.plan, bench.samples)
    factors, missing = factor_columns(told, grades[0].table)
    assert missing == []
    assert list(factors) == ["campaign", "laboratory", "hole_type"]
    middle = (grades[0].table["from_m"] + grades[0].table["to_m"]) / 2
    expected = np.where(grades[0].table["hole_id"] == "C0-00", "", np.where(middle < 20, "A", "B"))
    assert factors["laboratory"].tolist() == expected.tolist()
    groups = [g for g in by_group(grades[0], factors) if g.factor == "laboratory"]
    assert [g.name for g in groups] == ["A", "B", ""]
    share = np.array([g.raw.n for g in groups]) / len(expected)
    means = np.array([g.raw.mean for g in groups])
    assert share @ means == pytest.approx(describe(grades[0].values).mean)


@pytest.mark.parametrize("kind", ["blank", "constant", "single", "zero"])
def test_bad_grades_are_a_remark_and_the_rest_goes_on(bench: Workbench, kind: str) -> None:
    """All blank, all alike, one sample, nothing but zeros: copper's tables stay as they were."""
    count = len(bench.samples["basic"].table)
    grades = {
        "blank": np.full(count, np.nan),
        "constant": np.full(count, 0.01),
        "single": np.r_[0.02, np.full(count - 1, np.nan)],
        "zero": np.zeros(count),
    }
    found = study(changed(bench, mo_pct=grades[kind]))
    whole = of(study(bench), "statistics").query("element == 'Cu'")
    pd.testing.assert_frame_equal(of(found, "statistics").query("element == 'Cu'"), whole)
    if kind == "blank":
        assert any("Mo: no samples" in words.en for words in found.remarks)
    else:
        assert any("Top cut Mo" in words.en for words in found.remarks)


def test_an_empty_domain_is_a_remark(bench: Workbench) -> None:
    """A domain of the plan without a single composite."""
    plan = bench.data.plan.model_dump(mode="json")
    plan["domains"] = {"column": "lithology", "codes": {"all": ["x"], "vein": ["v"]}, "soft": []}
    plan["density"]["assigned_tpm3"] = {"all": 2.6, "vein": 2.6}
    grades, remarks = gather(Plan.model_validate(plan), bench.samples)
    assert {g.domain for g in grades} == {"all", "(all)"}
    assert any("vein" in words.en for words in remarks)


def test_the_page_is_drawn(bench: Workbench, tmp_path: Path) -> None:
    """Every figure of the study, also of nearly nothing, becomes SVG."""
    from datetime import UTC, datetime

    from reporting.working.study import Made, write_study

    made = Made(datetime.now(UTC), "20260102T000000-abcd")
    count = len(bench.samples["basic"].table)
    poor = changed(bench, mo_pct=np.r_[0.02, np.full(count - 1, np.nan)])
    for number, one in enumerate((bench, poor)):
        page = write_study(study(one), one, tmp_path / str(number), made)
        assert page.read_text("utf-8").count("data:image/svg") == len(study(one).figures)
