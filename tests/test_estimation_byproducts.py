"""By-products: true support, deregularization, comparison and recommendation, status, study."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

from estimation import deposit
from estimation.byproducts.compare import class_limit, compare, recommend, score
from estimation.byproducts.methods import (
    Bench,
    _correlation,
    _error_of,
    _fitted_model,
    bench_of,
    intrinsic_model,
    with_support,
)
from estimation.byproducts.standards import rules, size_class, threshold
from estimation.byproducts.status import (
    LOOKED_FOR,
    ElementStatus,
    evaluated_share,
    judgement,
    status_table,
    statuses,
)
from estimation.byproducts.support import (
    _fitted,
    _unit_variograms,
    deregularise,
    spread_over_members,
)
from estimation.deposit import DepositData
from estimation.engine.dense import mean_covariance
from estimation.engine.visit import Samples
from estimation.errors import EstimationError
from estimation.plan import Orientation
from estimation.results import ElementFigure, ResourceStatement, StatementRow
from geo.drillholes.combined import member_points
from geo.drillholes.composite import combined_composites
from geo.drillholes.reading import Drillholes
from tests.engine_problems import (
    drill,
    element_plan,
    make_grid,
    make_plan,
    problem_of,
    samples_at,
    search_pass,
    variogram,
)

# ------------------------------------------------------------------ holes with combined samples

DAY = date(2026, 1, 1)


def holes_with_combined(members: bool) -> Drillholes:
    """One vertical hole of 2 m samples, and one combined sample of four of them with a gap."""
    starts = np.arange(0.0, 20.0, 2.0)
    assay = pd.DataFrame(
        {
            "hole_id": "ZK1",
            "from_m": starts,
            "to_m": starts + 2.0,
            "sample_id": [f"S{i}" for i in range(10)],
            "cu_pct": np.linspace(0.1, 1.0, 10),
        }
    )
    combined = pd.DataFrame(
        {
            "hole_id": ["ZK1"], "from_m": [0.0], "to_m": [16.0], "sample_id": ["H1"],
            "au_gpt": [0.3],
        }
    )  # fmt: skip
    listed = pd.DataFrame(
        {"composite_id": "H1", "sample_id": ["S0", "S1", "S6", "S7"], "hole_id": "ZK1"}
    )
    collar = pd.DataFrame(
        {"hole_id": ["ZK1"], "easting_m": [100.0], "northing_m": [200.0],
         "elevation_m": [50.0], "depth_m": [20.0]}
    )  # fmt: skip
    survey = pd.DataFrame(columns=["hole_id", "depth_m", "azimuth_deg", "dip_down_deg"])
    empty = pd.DataFrame(columns=["hole_id", "from_m", "to_m"])
    frames = (collar, survey, assay, empty, empty, combined)
    return Drillholes(*frames, members=listed if members else listed.iloc[:0])


def test_points_lie_along_members_and_leave_gaps_out() -> None:
    """Members 0-4 m and 12-16 m: four points at 1, 3, 13, 15 m, and the middle is their mean."""
    holes = holes_with_combined(members=True)
    placed = member_points(combined_composites(holes, elements=("au_gpt",)), holes, 4)
    assert placed.points_m is not None
    assert placed.points_m[0, :, 2].tolist() == [49.0, 47.0, 37.0, 35.0]
    assert placed.points_m[0, :, :2].tolist() == [[100.0, 200.0]] * 4
    assert placed.table["elevation_m"].tolist() == [42.0]


def test_an_estimate_s_samples_leave_gaps_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Samples of a plan with several points for combined ones lie along their members."""
    holes = holes_with_combined(members=True)
    au = element_plan(source="combined")
    plan = make_plan(
        {"cu_pct": element_plan(), "au_gpt": au},
        composites={"length_m": 2.0, "min_coverage": 0.5},
        sample_points={"basic": 1, "combined": 4},
    )
    data = cast("DepositData", SimpleNamespace(plan=plan, drillholes=holes))
    monkeypatch.setattr(deposit, "volumes_of", lambda data: None)
    found = deposit.composite_samples(data)["combined"].points_m
    assert found is not None
    assert found[0, :, 2].tolist() == [49.0, 47.0, 37.0, 35.0]


def test_points_without_a_list_cover_the_interval() -> None:
    """Without a list the members are the eight samples inside: no gap."""
    holes = holes_with_combined(members=False)
    placed = member_points(combined_composites(holes, elements=("au_gpt",)), holes, 4)
    assert placed.points_m is not None
    assert placed.points_m[0, :, 2].tolist() == [48.0, 44.0, 40.0, 36.0]


def test_downscaling_keeps_the_combined_grade() -> None:
    """Members follow copper, and their mean by length stays the combined grade exactly."""
    holes = holes_with_combined(members=True)
    plain = spread_over_members(holes, "au_gpt")
    assert plain["au_gpt"].tolist() == [0.3] * 4
    scaled = spread_over_members(holes, "au_gpt", "cu_pct")
    assert scaled["au_gpt"].mean() == pytest.approx(0.3, rel=1e-12)
    cu = holes.assay["cu_pct"].to_numpy()[[0, 1, 6, 7]]
    assert scaled["au_gpt"].to_numpy() / cu == pytest.approx(0.3 / cu.mean())


# ------------------------------------------------------------------ deregularization


def simulated(seed: int, count: int = 60, pieces: int = 12) -> Samples:
    """Long samples (points, mean of a simulated field over them), a Gaussian field in one go."""
    rng = np.random.default_rng(seed)
    model = variogram(0.0, ("spherical", 1.0, (60.0, 60.0, 60.0)))
    east, north = rng.random((2, count // 6)) * 400.0
    points = np.array(
        [
            [[x, y, -30.0 * k - 2.5 * p] for p in range(pieces)]
            for x, y in zip(east, north, strict=True)
            for k in range(6)
        ]
    )
    flat = points.reshape(-1, 1, 3)
    covariance = mean_covariance(model, flat, flat) + 1e-9 * np.eye(len(flat))
    field = np.linalg.cholesky(covariance) @ rng.standard_normal(len(flat))
    values = field.reshape(len(points), pieces).mean(axis=1)
    long = samples_at(points.mean(axis=1), values, np.repeat(np.arange(count // 6), 6))
    return replace(long, points_m=points[:, 1::3])


def test_deregularization_finds_the_point_model() -> None:
    """30 m samples of fields with sill 1 and range 60 m: within 10 %; the raw variance isn't."""
    shape = variogram(0.0, ("spherical", 0.8, (70.0, 70.0, 70.0)))
    edges = np.linspace(10.0, 150.0, 11)
    fields = [simulated(seed) for seed in range(24)]
    made = [deregularise(samples, shape, edges).variogram for samples in fields]
    raw = np.mean([samples.values.var() for samples in fields])
    sill = np.mean([m.total_sill for m in made])
    middle = np.median([m.structures[0].ranges_m[0] for m in made])
    print(f"sill {sill:.2f} (true 1), raw variance {raw:.2f}; range {middle:.0f} m (true 60)")
    assert abs(sill - 1.0) < 0.1
    assert raw < 0.78
    assert abs(middle - 60.0) < 7.0


def test_regularized_variogram_of_rods_end_to_end_is_the_closed_form() -> None:
    """Spherical of range a over rods of length L down one hole, L <= a <= 2 L.

    With F(l) the mean variogram within a length l (auxiliary function), gamma-bar of two rods end
    to end is 2 F(2 L) - F(L), and the regularized variogram at lag L is 2 (F(2 L) - F(L))
    (Journel & Huijbregts 1978, II.D).
    """
    length, reach, points = 30.0, 60.0, 40

    def mean_within(rod: float) -> float:
        return rod / (2.0 * reach) - rod**3 / (20.0 * reach**3)

    depth = (np.arange(points) + 0.5) * length / points
    rods = np.array([[[0.0, 0.0, -length * k - d] for d in depth] for k in range(2)])
    unit = variogram(0.0, ("spherical", 1.0, (reach, reach, reach)))
    pair = np.array([0]), np.array([1])
    found = _unit_variograms(rods, unit, 1.0, *pair)[0][0]
    assert found == pytest.approx(2.0 * (mean_within(2 * length) - mean_within(length)), rel=2e-3)


def test_a_model_of_points_is_found_again_without_noise() -> None:
    """The experimental variogram that the model itself implies gives the model back."""
    design = {1.0: np.array([[0.2, 0.5], [0.5, 0.8], [0.9, 0.9]]), 0.5: np.eye(3)[:, :2]}
    stretch, sills, misfit = _fitted(design, design[1.0] @ [0.4, 0.6], np.array([10, 20, 30]))
    assert stretch == 1.0
    assert sills == pytest.approx([0.4, 0.6])
    assert misfit < 1e-12


def test_too_few_samples_are_refused() -> None:
    """Fewer than 30: another method is named; all alike: no variogram."""
    samples = simulated(1)
    with pytest.raises(EstimationError, match="domain factor"):
        deregularise(samples.take(np.arange(10)), variogram(), np.linspace(0, 100, 5))
    alike = replace(samples, values=np.ones(len(samples)))
    with pytest.raises(EstimationError, match="all alike"):
        deregularise(alike, variogram(), np.linspace(0, 200, 5))


# ------------------------------------------------------------------ comparison


def bench_with(r_noise: float, seed: int = 5, every: int = 3) -> Bench:
    """Mo in one of so many holes, following Cu with some noise."""
    grid = make_grid()
    table = drill(grid, 30, seed=seed)
    rng = np.random.default_rng(seed)
    table["mo_ppm"] = 200.0 * table["cu_pct"] * rng.lognormal(0.0, r_noise, len(table))
    table.loc[~table["hole_id"].isin([f"H{i:03d}" for i in range(0, 30, every)]), "mo_ppm"] = np.nan
    wide = (search_pass(200.0, max_samples=16),)
    plain = element_plan(variogram=variogram(0.05), search=wide)
    plan = make_plan({"cu_pct": plain, "mo_ppm": plain})
    return bench_of(problem_of(grid, plan, table), "mo_ppm", "cu_pct", 1)


def test_a_good_partner_wins_and_a_bad_one_does_not() -> None:
    """Cokriging (or regression) beats kriging alone where r is high; reasons name figures."""
    found = compare(bench_with(0.05), "basic", "detailed", "measured")
    by = {s.method: s for s in found.scores}
    assert found.correlation > 0.9
    assert by["cokriging"].rmse_kept < 0.85 * by["own"].rmse_kept
    assert found.recommended in ("cokriging", "collocated", "regression")
    assert len({s.samples for s in found.scores}) == 1
    assert all(w.zh and w.en for w in found.reasons)
    assert "33%" in found.reasons[0].en


def test_the_better_model_of_both_elements_is_taken() -> None:
    """Fitted or intrinsic, by cross-validation; where nothing can be fitted, the intrinsic one."""
    assert bench_with(0.2).coregionalisation == "intrinsic"  # ten holes: too few bins
    bench = bench_with(0.2, every=1)
    assert bench.coregionalisation in ("fitted", "intrinsic")
    assert bench.choices.method == "ordinary"
    leaning = bench.choices.model_copy(update={"method": "cokriging"})
    assert bench.choices.partner is not None
    chosen = replace(bench, choices=leaning)
    shape = bench.partner_choices.variogram
    variances = float(np.var(bench.own.values)), float(np.var(bench.partner.values))
    r = _correlation(bench.own, bench.partner)
    for model in (
        intrinsic_model(shape, variances[0], r, variances[1]),
        _fitted_model(bench, shape, variances),
    ):
        partner = bench.choices.partner.model_copy(update={"model": model})
        other = replace(bench, choices=leaning.model_copy(update={"partner": partner}))
        assert _error_of(chosen) <= _error_of(other)


def test_true_support_is_compared_where_there_is_one() -> None:
    """Samples with points enter as a method of their own."""
    bench = bench_with(0.2)
    points = bench.own.xyz_m[:, None] + np.array([[0, 0, -1.0], [0, 0, 1.0]])[None]
    found = compare(
        with_support(bench, points, variogram(0.05)), "combined", "detailed", "measured"
    )
    assert "true_support" in {s.method for s in found.scores}
    assert found.class_limit in ("indicated", "inferred")


def test_recommendations_follow_the_rules() -> None:
    """Few samples: factor. Early stage: no kriging. Low correlation: no regression."""
    true = np.arange(1.0, 41.0)
    out = {"own": true + 1.0, "regression": true + 0.5, "domain_factor": true * 0 + 20.0}
    scores = score(true, out, out, 0.5)
    assert recommend(scores, 29, 0.5, 0.9, "detailed")[0] == "domain_factor"
    assert recommend(scores, 40, 0.5, 0.9, "detailed")[0] == "regression"
    assert recommend(scores, 40, 0.5, 0.3, "detailed")[0] == "own"
    assert recommend(scores, 40, 0.5, 0.9, "prospecting")[0] == "regression"
    assert recommend(scores, 40, 0.5, 0.3, "prospecting")[0] == "domain_factor"
    near = {"own": true + 0.505, "regression": true + 0.5}
    assert recommend(score(true, near, near, 1.0), 40, 1.0, 0.9, "detailed")[0] == "own"


@pytest.mark.parametrize(
    ("method", "source", "main", "expected"),
    [
        ("own", "basic", "measured", "measured"),
        ("own", "combined", "measured", "indicated"),
        ("cokriging", "basic", "indicated", "indicated"),
        ("regression", "basic", "measured", "inferred"),
        ("domain_factor", "combined", "measured", "inferred"),
        ("own", "combined", "inferred", "inferred"),
    ],
)
def test_no_by_product_is_surer_than_its_support(
    method: str, source: str, main: Any, expected: str
) -> None:
    """Combined only: indicated; derived: inferred; never surer than the main element."""
    assert class_limit(method, source, main)[0] == expected


def test_an_intrinsic_model_has_the_asked_variances() -> None:
    """Sills add up to variances and covariance, and every matrix is admissible."""
    model = intrinsic_model(variogram(0.3), 4.0, -0.6, 25.0)
    total = np.array(model.nuggets) + np.sum([s.sills for s in model.structures], axis=0)
    assert total == pytest.approx([4.0, -6.0, 25.0])


# ------------------------------------------------------------------ status


def drillholes_with(**grades: float) -> Drillholes:
    """One hole whose basic samples have the given grades."""
    holes = holes_with_combined(members=False)
    assay = holes.assay.drop(columns="cu_pct").assign(**grades)
    return replace(holes, assay=assay, combined=holes.combined.iloc[:0])


def test_rhenium_is_judged_in_the_concentrate() -> None:
    """0.15 g/t with 0.03 % Mo is 225 g/t in a 45 % concentrate: above 100; ore alone never is."""
    holes = drillholes_with(cu_pct=0.5, mo_pct=0.03, re_ppm=0.15)
    found = {s.element: s for s in statuses(holes, ("cu_pct", "mo_pct"), "cu_pct")}
    assert found["re_ppm"].status == "PRESENT_NOT_EVALUATED"
    assert found["re_ppm"].judged == pytest.approx(225.0)
    assert found["re_ppm"].threshold.basis == "CONCENTRATE"  # type: ignore[union-attr]
    poor = drillholes_with(cu_pct=0.5, mo_pct=0.03, re_ppm=0.05)
    below = {s.element: s for s in statuses(poor, ("cu_pct", "mo_pct", "re_ppm"), "cu_pct")}
    assert below["re_ppm"].status == "BELOW_THRESHOLD"
    assert below["re_ppm"].size is None


def test_the_four_statuses() -> None:
    """Evaluated, present, below threshold, not assayed: each once, with units converted."""
    holes = drillholes_with(cu_pct=0.5, mo_pct=0.03, au_gpt=0.2, ag_gpt=0.4)
    found = {s.element: s.status for s in statuses(holes, ("cu_pct", "mo_pct"), "cu_pct")}
    assert found["mo_pct"] == "EVALUATED"
    assert found["au_gpt"] == "PRESENT_NOT_EVALUATED"
    assert found["ag_gpt"] == "BELOW_THRESHOLD"
    assert found["re"] == "NOT_ASSAYED"
    assert "cu_pct" not in found
    assert set(LOOKED_FOR) <= {name.split("_")[0] for name in found}
    table = status_table(statuses(holes, ("cu_pct",), "cu_pct"))
    assert table.loc[table["element"] == "au_gpt", "citation"].str.contains("DZ/T 0214").all()
    assert not table["verified"].any()


def test_thresholds_and_sizes_as_configured() -> None:
    """Mo 0.01 % is 100 ppm; lower bounds of sizes count; copper of 499 999 t is medium."""
    mo = threshold("mo_ppm")
    assert mo is not None
    assert mo.in_unit("ppm") == pytest.approx(100.0)
    names = [size_class("cu_pct", t).name for t in (5e5, 499_999.0, 1e5, 99_999.0)]  # type: ignore[union-attr]
    assert names == ["large", "medium", "medium", "small"]
    assert size_class("re_ppm", 50.0).name == "large"  # type: ignore[union-attr]
    assert size_class("as_ppm", 1.0) is None
    blocks = ("thresholds", "sizes", "class_limits", "recommendation", "regression")
    assert all(rules()[b]["citation"] and rules()[b]["verified"] is False for b in blocks)


def test_share_of_ore_with_rhenium() -> None:
    """60 of 100 Mt evaluated: 0.6; not stated at all: 0."""

    def row(ore: float, evaluated: float) -> StatementRow:
        figures = {"re_ppm": ElementFigure(0.1, 1.0, evaluated)}
        return StatementRow("indicated", "all", 0.2, ore / 2.7, ore, figures)

    rows = (row(6e7, 6e7), row(4e7, 0.0))
    statement = ResourceStatement("cu_pct", ("cu_pct", "re_ppm"), 0.2, rows, (), "", ())
    assert evaluated_share(statement) == pytest.approx(0.6)
    assert evaluated_share(statement, "au_gpt") == 0.0


def test_orientation_of_the_intrinsic_model_is_the_shape_s() -> None:
    """Axes go with the shape."""
    turned = Orientation(azimuth_deg=30.0, dip_deg=-10.0, rake_deg=0.0)
    shape = variogram(0.1, orientation=turned)
    assert intrinsic_model(shape, 1.0, 0.5, 1.0).orientation == turned


def test_a_judgement_names_value_threshold_basis_and_what_is_assumed() -> None:
    def said(name: str, judged: float | None, note: str = "") -> str:
        held = (0.1, judged, threshold(name), None, None, note)
        return judgement(ElementStatus(name, "EVALUATED", 3, 2, *held))

    assert said("mo_pct", 0.01812) == (
        "评价值 0.0181 %（样品均值），指标 0.01 %（矿石；未核对） / "
        "judged 0.0181 % (mean of samples), threshold 0.01 % (ore; unverified)"
    )
    rhenium = said("re_ppm", 1312.0, "working default")
    assert "1310 g/t" in rhenium
    assert "assumed concentrate of 45 % Mo, none assayed" in rhenium
    assert said("te_ppm", None).endswith("not compared: no concentrate assayed")
