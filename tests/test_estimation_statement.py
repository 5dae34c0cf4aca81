"""What is said about a model: classes, sums, depletion, density, validation, variograms, plans."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from estimation import deposit as deposit_module
from estimation.capping import cap_by_multiple_of_mean, metal_removed_share
from estimation.classification import classify
from estimation.cross_validation import cross_validate
from estimation.declustering import cell_weights, weighted_mean_and_variance
from estimation.density import densities
from estimation.deposit import DepositData, measure_ground
from estimation.krige import FIELDS, kriging_model
from estimation.plan import ClassificationPlan, Plan
from estimation.propose import propose_plan
from estimation.results import (
    Check,
    DepositResult,
    ElementSupport,
    ResourceStatement,
    StatementRow,
    TruthRow,
    metal_t,
)
from estimation.statement import state_rows
from estimation.truth import truth_rows
from estimation.validation import GLOBAL_BIAS, block_means
from estimation.variography import (
    ExperimentalVariogram,
    Lags,
    direction_vector,
    experimental_variogram,
    fit_variogram,
    model_gamma,
)
from estimation.volumes import ground_from_collars, share_below
from geo.drillholes import Drillholes
from tests.engine_problems import (
    LEVEL,
    Floats,
    ModelInMemory,
    brute_choice,
    dense_kriging,
    drill,
    element_plan,
    estimate_whole,
    make_grid,
    make_plan,
    problem_of,
    search_pass,
    variogram,
)

TWO_DOMAINS = {"column": "lithology", "codes": {"ore": ("A",), "host": ("B",)}}
DENSITY = {"ore": 2.8, "host": 2.6}
CUTOFFS = (0.3, 0.0, 0.5, 0.8)


# ------------------------------------------------------------------ classes


def classes_of(rules: ClassificationPlan, *blocks: tuple[float, float, float, float]) -> list[int]:
    """Classes of blocks given as (mean distance, holes, slope, estimate)."""
    table = np.array(blocks)
    main = np.full((len(FIELDS), len(blocks)), np.nan)
    main[FIELDS.index("holes")] = table[:, 1]
    main[FIELDS.index("slope")] = table[:, 2]
    main[FIELDS.index("estimate")] = table[:, 3]
    return classify(main, table[:, 0], rules).tolist()


def rules(**changes: dict[str, float]) -> ClassificationPlan:
    """Limits of 50, 100 and 200 m."""
    plain = {
        "measured": {"max_mean_distance_m": 50.0, "min_holes": 3, "min_slope": 0.8},
        "indicated": {"max_mean_distance_m": 100.0, "min_holes": 3, "min_slope": 0.6},
        "inferred": {"max_mean_distance_m": 200.0, "min_holes": 2, "min_slope": 0.0},
    }
    blocks = {name: {**rule, **changes.get(name, {})} for name, rule in plain.items()}
    return ClassificationPlan.model_validate({**blocks, "citation": "a test"})


def test_limits_of_classes_are_inclusive_and_all_must_be_met() -> None:
    """A block just on every limit has the class; one limit missed and it falls to the next."""
    found = classes_of(
        rules(),
        (50.0, 3, 0.8, 1.0),
        (np.nextafter(50.0, 60.0), 3, 0.8, 1.0),
        (50.0, 2, 0.8, 1.0),
        (50.0, 3, np.nextafter(0.8, 0.0), 1.0),
        (50.0, 3, 0.59, 1.0),
        (100.1, 9, 0.99, 1.0),
        (200.1, 9, 0.99, 1.0),
    )
    assert found == [1, 2, 3, 2, 3, 3, 0]


def test_blocks_without_evidence_have_no_class() -> None:
    """Not estimated, no slope, or fewer than three holes in reach (infinite distance): none."""
    found = classes_of(
        rules(),
        (10.0, 3, 0.9, np.nan),
        (10.0, 3, np.nan, 1.0),
        (np.inf, 3, 0.9, 1.0),
        (np.nan, 3, 0.9, 1.0),
        (10.0, 1, 0.9, 1.0),
    )
    assert found == [0, 0, 0, 0, 0]


def test_a_block_takes_the_surest_class_that_it_meets() -> None:
    """Rules need not be nested: Measured counts even where Inferred asks for more holes."""
    odd = rules(inferred={"min_holes": 9})
    assert classes_of(odd, (10.0, 3, 0.9, 1.0), (150.0, 3, 0.9, 1.0)) == [1, 0]


# ------------------------------------------------------------------ statement


@pytest.fixture
def model() -> ModelInMemory:
    """Two domains, all classes, some blocks unestimated, Mo in part, Re nowhere."""
    grid = make_grid(shape=(12, 10, 6), tile=(5, 4, 4))
    made = ModelInMemory(grid, ("cu_pct", "mo_ppm", "re_ppm"))
    rng = np.random.default_rng(12)
    shape = grid.array_shape
    made.put("geometry", "domain", rng.integers(0, 3, shape))
    made.put("geometry", "mean_distance_m", rng.uniform(5.0, 120.0, shape))
    copper = rng.normal(0.5, 0.3, shape)
    copper[rng.random(shape) < 0.1] = np.nan
    assert (copper < 0).any()
    made.put("cu_pct", "estimate", copper)
    made.put("cu_pct", "holes", rng.integers(1, 6, shape))
    made.put("cu_pct", "slope", rng.uniform(0.0, 1.0, shape))
    molybdenum = rng.lognormal(5.0, 0.5, shape)
    molybdenum[rng.random(shape) < 0.4] = np.nan
    made.put("mo_ppm", "estimate", molybdenum)
    return made


@pytest.fixture
def plan() -> Plan:
    """Three elements in two domains."""
    elements = {name: element_plan() for name in ("cu_pct", "mo_ppm", "re_ppm")}
    return make_plan(elements, domains=TWO_DOMAINS)


def shares(model: ModelInMemory) -> Floats:
    """Part of each block that counts."""
    return np.random.default_rng(4).random(model.grid.array_shape)


def test_every_row_is_a_plain_sum_over_blocks(model: ModelInMemory, plan: Plan) -> None:
    """Class x domain x cut-off: volume, ore, metal and evaluated ore equal numpy's sums."""
    share = shares(model)
    rows = state_rows(model, plan, DENSITY, share, CUTOFFS)  # type: ignore[arg-type]
    codes = classify(
        model.layer("cu_pct"), model.field("geometry", "mean_distance_m"), plan.classification
    )
    domain = model.field("geometry", "domain")
    copper = np.maximum(model.field("cu_pct", "estimate"), 0.0)
    molybdenum = model.field("mo_ppm", "estimate")
    assert len(rows) == 3 * 2 * len(CUTOFFS)
    for row in rows:
        code = ("measured", "indicated", "inferred").index(row.class_name) + 1
        number = ("ore", "host").index(row.domain) + 1
        here = (codes == code) & (domain == number) & (copper >= row.cutoff)
        volume = share[here].sum() * 500.0
        ore = volume * DENSITY[row.domain]
        assert row.volume_m3 == pytest.approx(volume, rel=1e-12)
        assert row.ore_t == pytest.approx(ore, rel=1e-12)
        tonnes = share * 500.0 * DENSITY[row.domain]
        metal = (tonnes[here] * copper[here]).sum() / 100.0
        assert row.elements["cu_pct"].metal_t == pytest.approx(metal, rel=1e-12)
        known = here & ~np.isnan(molybdenum)
        figure = row.elements["mo_ppm"]
        assert figure.evaluated_ore_t == pytest.approx(tonnes[known].sum(), rel=1e-12)
        assert figure.metal_t == pytest.approx((tonnes * molybdenum)[known].sum() * 1e-6, rel=1e-12)


def test_a_blank_by_product_is_not_zero(model: ModelInMemory, plan: Plan) -> None:
    """Grade is the mean over evaluated ore only; evaluated nowhere: None and no metal."""
    rows = state_rows(model, plan, DENSITY, shares(model), (0.0,))  # type: ignore[arg-type]
    lowest = np.nanmin(model.field("mo_ppm", "estimate"))
    for row in rows:
        copper, molybdenum, rhenium = (row.elements[n] for n in ("cu_pct", "mo_ppm", "re_ppm"))
        assert copper.evaluated_ore_t == row.ore_t
        assert 0 < molybdenum.evaluated_ore_t < row.ore_t
        assert molybdenum.grade is not None
        assert molybdenum.grade > lowest
        expected = metal_t("mo_ppm", molybdenum.evaluated_ore_t, molybdenum.grade)
        assert expected == pytest.approx(molybdenum.metal_t)
        assert (rhenium.grade, rhenium.metal_t, rhenium.evaluated_ore_t) == (None, 0.0, 0.0)


def test_a_higher_cutoff_never_holds_more(model: ModelInMemory, plan: Plan) -> None:
    """Tonnes and metal fall and copper grade rises with the cut-off, in every class and domain."""
    rows = state_rows(model, plan, DENSITY, shares(model), CUTOFFS)  # type: ignore[arg-type]
    groups: dict[tuple[str, str], list[StatementRow]] = {}
    for row in rows:
        groups.setdefault((row.class_name, row.domain), []).append(row)
    assert len(groups) == 6
    for group in groups.values():
        assert [row.cutoff for row in group] == sorted(CUTOFFS)
        ore = [row.ore_t for row in group]
        metal = [row.elements["cu_pct"].metal_t for row in group]
        grade = [row.elements["cu_pct"].grade for row in group]
        assert ore == sorted(ore, reverse=True)
        assert metal == sorted(metal, reverse=True)
        assert grade == sorted(grade)  # type: ignore[type-var]


@pytest.mark.parametrize(
    ("element", "tonnes"), [("cu_pct", 5000.0), ("mo_ppm", 0.5), ("au_gpt", 0.5)]
)
def test_metal_in_a_million_tonnes_at_half_a_unit(element: str, tonnes: float) -> None:
    """1 Mt at 0.5 % holds 5 000 t; at 0.5 ppm or 0.5 g/t half a tonne."""
    assert metal_t(element, 1e6, 0.5) == pytest.approx(tonnes, rel=1e-15)


# ------------------------------------------------------------------ volumes and mining


def test_share_below_a_flat_and_a_tilted_surface() -> None:
    """Blocks of 5 m from 300 m: a surface at 307 m leaves 1, 0.4, 0; NaN and None leave all."""
    grid = make_grid(shape=(4, 3, 3))
    flat = share_below(grid, np.full((3, 4), 307.0))
    assert flat[:, 0, 0] == pytest.approx([1.0, 0.4, 0.0])
    plane = 300.0 + np.arange(4)[None, :] * 5.0 + np.zeros((3, 1))
    tilted = share_below(grid, plane)
    assert tilted.sum(axis=0) * 5.0 == pytest.approx(plane - 300.0)
    hole = np.full((3, 4), 302.5)
    hole[1, 2] = np.nan
    left = share_below(grid, hole)
    assert left[:, 1, 2].tolist() == [1.0, 1.0, 1.0]
    assert left.sum() == pytest.approx(11 * 0.5 + 3)
    assert (share_below(grid, None) == 1.0).all()


def test_ground_from_collars_meets_every_collar() -> None:
    """At a collar the ground is the collar's height, elsewhere between the collars' heights."""
    grid = make_grid(shape=(10, 10, 2))
    x, y, z = np.array([1005.0, 1095.0, 1045.0]), np.array([2005.0, 2035.0, 2095.0]), [10, 20, 40]
    ground = ground_from_collars(grid, x, y, np.array(z, dtype=float))
    assert [ground[0, 0], ground[3, 9], ground[9, 4]] == pytest.approx(z, abs=1e-6)
    assert 10.0 <= ground.min() <= ground.max() <= 40.0


def test_left_mined_and_air_fill_every_block(
    model: ModelInMemory, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Left + mined = ground, block by block and in volume and metal of every row."""
    grid = model.grid
    rng = np.random.default_rng(2)
    ground = rng.uniform(318.0, 335.0, (10, 12))
    pits = {
        date(2024, 12, 31): ground - 4.0,
        date(2025, 12, 31): ground - rng.uniform(0, 20, (10, 12)),
    }
    pits[date(2025, 12, 31)][0, :3] = np.nan  # the survey of the pit ends here
    monkeypatch.setattr(deposit_module, "_ground_surface", lambda _: ground)
    monkeypatch.setattr(deposit_module, "_mined_surface", lambda _, when: pits.get(when))
    data: Any = SimpleNamespace(grid=grid)
    first = measure_ground(data, date(2024, 12, 31), None)
    second = measure_ground(data, date(2025, 12, 31), date(2024, 12, 31))
    below = share_below(grid, ground)
    for found in (first, second):
        assert found.left + found.mined == pytest.approx(below, abs=1e-15)
        assert min(found.left.min(), found.mined.min(), found.mined_since.min()) >= 0.0
    assert first.mined_since == pytest.approx(first.mined)
    assert second.mined_since == pytest.approx(np.maximum(first.left - second.left, 0.0))
    assert second.mined[:, 0, :3].sum() == 0.0
    parts = [
        state_rows(model, plan, DENSITY, share, (0.3,))  # type: ignore[arg-type]
        for share in (second.left, second.mined, below)
    ]
    for left, mined, whole in zip(*parts, strict=True):
        assert left.volume_m3 + mined.volume_m3 == pytest.approx(whole.volume_m3)
        both = left.elements["cu_pct"].metal_t + mined.elements["cu_pct"].metal_t
        assert both == pytest.approx(whole.elements["cu_pct"].metal_t)
        assert mined.volume_m3 > 0


# ------------------------------------------------------------------ results, truth, density


def a_result(model: ModelInMemory, plan: Plan) -> DepositResult:
    """A whole result, every kind of record in it."""
    rows = state_rows(model, plan, DENSITY, shares(model), CUTOFFS)  # type: ignore[arg-type]
    support = ElementSupport("cu_pct", "basic", "克里格", 5.0, 10, 2, 0.9, None, "measured")
    elements = tuple(plan.elements)
    statement = ResourceStatement("cu_pct", elements, 0.3, rows, rows[:2], "ρ", (support,))
    return DepositResult(
        belt_id="belt",
        deposit_id="deposit",
        vintage=date(2025, 12, 31),
        statement=statement,
        depletion=rows[:1],
        checks=(GLOBAL_BIAS.judge(0.07, "cu_pct"),),
        truth=(TruthRow("cu_pct", "measured+indicated", 0.3, 1.0, 3.0),),
        data_hash="d",
        plan_hash="p",
        model_hash="m",
        engine_version="e",
        holes=3,
        composites=40,
        findings={"error": 1},
        plan_status="proposed",
        extras={"blocks": 720, "domains": ["ore", "host"]},
    )


def test_a_result_goes_to_json_and_back_without_loss(
    model: ModelInMemory, plan: Plan, tmp_path: Path
) -> None:
    """Reading what was written gives an equal record, and writing that equal bytes."""
    result = a_result(model, plan)
    result.write(tmp_path / "one" / "2025-12-31.json")
    back = DepositResult.read(tmp_path / "one" / "2025-12-31.json")
    assert back == result
    back.write(tmp_path / "two.json")
    assert (tmp_path / "two.json").read_bytes() == (tmp_path / "one/2025-12-31.json").read_bytes()
    assert [p.name for p in (tmp_path / "one").iterdir()] == ["2025-12-31.json"]
    assert json.loads((tmp_path / "two.json").read_text("utf-8"))["vintage"] == "2025-12-31"


def test_a_number_is_never_written_as_text(
    model: ModelInMemory, plan: Plan, tmp_path: Path
) -> None:
    """A numpy integer is refused: as a string it would be read back as another record."""
    result = replace(a_result(model, plan), extras={"blocks": np.int64(7)})
    with pytest.raises(TypeError):
        result.write(tmp_path / "r.json")
    assert not (tmp_path / "r.json").exists()


def test_verdicts_at_their_thresholds() -> None:
    """5 % passes, just more is marginal, beyond 10 % fails; the rule is printed."""
    verdicts = [GLOBAL_BIAS.judge(v, "cu_pct").verdict for v in (0.05, -0.05, 0.0501, -0.1, 0.11)]
    assert verdicts == ["pass", "pass", "marginal", "marginal", "fail"]
    check: Check = GLOBAL_BIAS.judge(float("nan"), "cu_pct")
    assert check.verdict == "fail"
    assert "0.05" in check.rule


def test_truth_is_summed_over_the_estimates_own_blocks(
    model: ModelInMemory, plan: Plan, tmp_path: Path
) -> None:
    """Measured + Indicated blocks that are truly above cut-off, with true grade and density."""
    rng = np.random.default_rng(9)
    shape = model.grid.array_shape
    truth = {name: rng.uniform(0.0, 1.0, shape) for name in plan.elements}
    density = rng.uniform(2.5, 3.0, shape)
    np.savez(tmp_path / "truth_blocks.npz", density_tpm3=density, **truth)
    share = shares(model)
    statement = a_result(model, plan).statement
    rows = truth_rows(tmp_path, model, plan, statement, share)  # type: ignore[arg-type]
    codes = classify(
        model.layer("cu_pct"), model.field("geometry", "mean_distance_m"), plan.classification
    )
    here = ((codes == 1) | (codes == 2)) & (truth["cu_pct"] >= 0.3)
    tonnes = (share * density * 500.0)[here]
    assert rows[0].truth_t == pytest.approx((tonnes * truth["cu_pct"][here]).sum() / 100.0)
    assert rows[1].truth_t == pytest.approx((tonnes * truth["mo_ppm"][here]).sum() * 1e-6)
    classes = ("measured", "indicated")
    domains = [r for r in statement.at_cutoff() if r.class_name in classes]
    assert rows[0].estimate_t == pytest.approx(sum(r.elements["cu_pct"].metal_t for r in domains))
    assert rows[0].ratio == pytest.approx(rows[0].estimate_t / rows[0].truth_t)
    assert TruthRow("cu_pct", "", 0.3, 1.0, 0.0).ratio is None


def tables(**frames: pd.DataFrame) -> Drillholes:
    """Drill-hole tables of one campaign; those not given are empty."""
    when = {"as_of": date(2025, 12, 31)}
    columns = {
        "collar": ["hole_id", "easting_m", "northing_m", "elevation_m", "depth_m"],
        "survey": ["hole_id", "depth_m", "azimuth_deg", "dip_down_deg"],
        "assay": ["hole_id", "from_m", "to_m", "sample_id"],
        "lithology": ["hole_id", "from_m", "to_m", "lithology", "oxidation"],
        "density": ["hole_id", "from_m", "to_m", "density_tpm3"],
        "combined": ["hole_id", "from_m", "to_m", "sample_id"],
    }
    made = {n: frames.get(n, pd.DataFrame(columns=c)).assign(**when) for n, c in columns.items()}
    return Drillholes(**made)


def density_case(measured_in_host: int) -> tuple[Drillholes, Plan]:
    """One hole, ore above 100 m and host below; density by depth."""
    log = pd.DataFrame(
        {
            "hole_id": "H1",
            "from_m": [0.0, 100.0],
            "to_m": [100.0, 200.0],
            "lithology": ["A", "B"],
            "oxidation": "",
        }
    )
    from_m = np.concatenate([np.arange(40) * 2.0, 100.0 + np.arange(measured_in_host) * 2.0])
    length = np.where(np.arange(from_m.size) % 2 == 0, 0.2, 1.0)
    value = np.where(from_m < 100, np.where(length > 0.5, 3.0, 2.0), 2.5)
    measured = pd.DataFrame(
        {"hole_id": "H1", "from_m": from_m, "to_m": from_m + length, "density_tpm3": value}
    )
    density = {"method": "domain_mean", "assigned_tpm3": {"host": 2.66}, "citation": "a test"}
    return tables(lithology=log, density=measured), make_plan(domains=TWO_DOMAINS, density=density)


def test_density_is_weighted_by_length_within_its_domain() -> None:
    """40 measurements in ore, half of 0.2 m at 2 and half of 1 m at 3; 35 in host at 2.5."""
    values, basis = densities(*density_case(35))
    assert values == pytest.approx({"ore": (0.2 * 2.0 + 3.0) / 1.2, "host": 2.5})
    assert "n=40" in basis
    assert "n=35" in basis


def test_few_measurements_leave_the_assigned_density() -> None:
    """29 measurements are too few; a domain with neither is an error that names it."""
    holes, plan = density_case(29)
    values, basis = densities(holes, plan)
    assert values["host"] == 2.66
    assert "assigned" in basis
    none = plan.model_copy(
        update={"density": plan.density.model_copy(update={"assigned_tpm3": {}})}
    )
    with pytest.raises(ValueError, match="host"):
        densities(holes, none)


# ------------------------------------------------------------------ validation


def test_cross_validation_leaves_the_whole_hole_out() -> None:
    """Every composite from the other holes' samples, by a plain loop with its own search."""
    grid = make_grid(shape=(8, 8, 4))
    search = (search_pass((80.0, 60.0, 30.0), min_samples=3, max_per_hole=2, min_holes=2),)
    plan = make_plan({"cu_pct": element_plan(search=search)})
    problem = problem_of(grid, plan, drill(grid, 9, 4))
    found = cross_validate(problem, "cu_pct")
    kriging = kriging_model(plan.elements["cu_pct"], grid, (1, 1, 1))
    samples = problem.elements["cu_pct"]
    places, radii = kriging.places(samples.xyz_m), np.array(search[0].radii_m)
    rows = []
    for i in range(len(samples)):
        others = np.flatnonzero(samples.holes != samples.holes[i])
        scaled = places / radii
        chosen = others[brute_choice(scaled[i], scaled[others], samples.holes[others], 8, 2)]
        if len(chosen) < 3 or len(set(samples.holes[chosen].tolist())) < 2:
            continue
        model = plan.elements["cu_pct"].variogram
        solved = dense_kriging(model, places[[i]], places[chosen], samples.values[chosen])
        rows.append([samples.values[i], solved.estimate, solved.variance])
    table = np.array(rows)
    assert 10 < len(table) <= len(samples)
    assert found.true.tolist() == table[:, 0].tolist()
    assert found.estimate == pytest.approx(table[:, 1], rel=1e-10)
    assert found.variance == pytest.approx(table[:, 2], rel=1e-10)
    errors = table[:, 1] - table[:, 0]
    assert found.mean_error_share == pytest.approx(errors.mean() / table[:, 0].mean())
    assert found.slope == pytest.approx(np.polyfit(table[:, 1], table[:, 0], 1)[0])
    assert found.standardized_variance == pytest.approx((errors / np.sqrt(table[:, 2])).var())


def test_block_means_compare_methods_on_the_same_blocks() -> None:
    """Means of kriging, inverse distance and nearest over classified blocks, by numpy."""
    grid = make_grid(shape=(12, 12, 4), tile=(5, 5, 4))
    problem = problem_of(grid, make_plan(), drill(grid, 12, 4))
    model = estimate_whole(problem)
    means = block_means(model, problem, "cu_pct")  # type: ignore[arg-type]
    main = model.layer("cu_pct")
    inside = classify(main, model.field("geometry", "mean_distance_m"), problem.plan.classification)
    for name in ("estimate", "inverse_distance", "nearest"):
        expected = main[FIELDS.index(name)][inside > 0].mean()
        assert means[name] == pytest.approx(expected, rel=1e-12)
    assert means["blocks"] == (inside > 0).sum() > 0
    heavy = main[FIELDS.index("negative_weights")][inside > 0] < -0.05
    assert means["heavy_negative_share"] == pytest.approx(heavy.mean())


# ------------------------------------------------------------------ declustering and caps


@pytest.mark.shared
def test_declustered_mean_of_cluster_dat_is_the_published_one(shared_data: Path) -> None:
    """GSLIB: cells of 5 take the mean of Primary from 4.35 to about 2.56 (true.dat: 2.58)."""
    path = shared_data / "19_gslib_cluster_true" / "cluster.dat"
    data = np.loadtxt(path, skiprows=7)
    xyz = np.column_stack([data[:, :2], np.zeros(len(data))])
    weights = cell_weights(xyz, (5.0, 5.0, 5.0))
    mean, _ = weighted_mean_and_variance(data[:, 2], weights)
    print(f"cluster.dat: plain mean {data[:, 2].mean():.3f}, declustered {mean:.3f}")
    assert weights.mean() == pytest.approx(1.0)
    assert mean == pytest.approx(2.56, rel=0.05)
    assert np.corrcoef(weights, data[:, 4])[0, 1] > 0.9


def test_a_cluster_counts_as_one_cell() -> None:
    """Ten samples in one place and one far away: the declustered mean is midway."""
    xyz = np.vstack([np.full((10, 3), 1.0), [[500.0, 500.0, 500.0]]])
    weights = cell_weights(xyz, (50.0, 50.0, 50.0))
    values = np.append(np.full(10, 3.0), 1.0)
    assert weighted_mean_and_variance(values, weights) == pytest.approx((2.0, 1.0))


def test_a_cap_follows_the_spread_and_takes_its_metal() -> None:
    """CV 0: six means; CV 1 and more: eight; the metal removed is what lies above."""
    ones = np.ones(4)
    assert cap_by_multiple_of_mean(np.full(4, 2.0), ones) == pytest.approx(12.0)
    assert cap_by_multiple_of_mean(np.array([0.0, 0.0, 0.0, 4.0]), ones) == pytest.approx(8.0)
    assert metal_removed_share(np.array([1.0, 1.0, 1.0, 7.0]), ones, 3.0) == pytest.approx(0.4)


# ------------------------------------------------------------------ variograms


def test_experimental_variogram_by_brute_force() -> None:
    """Pairs, distances and half squared increments: all, one direction, one hole only."""
    rng = np.random.default_rng(21)
    xyz, values, holes = rng.uniform(0, 100, (90, 3)), rng.normal(size=90), rng.integers(0, 6, 90)
    east = direction_vector(90.0, 0.0)
    i, j = np.triu_indices(90, 1)
    h = np.linalg.norm(xyz[i] - xyz[j], axis=1)
    along = np.abs((xyz[i] - xyz[j]) @ east) / h
    masks = {
        "all": h > 0,
        "east": along >= np.cos(np.deg2rad(22.5)),
        "downhole": holes[i] == holes[j],
    }
    for name, mask in masks.items():
        direction: Any = east if name == "east" else name
        found = experimental_variogram(xyz, values, holes, Lags(12.0, 6), direction)
        for b in range(6):
            here = mask & (h > 12.0 * b) & (h <= 12.0 * (b + 1))
            assert found.pairs[b] == here.sum()
            if here.any():
                assert found.distance_m[b] == pytest.approx(h[here].mean())
                half = 0.5 * (values[i] - values[j])[here] ** 2
                assert found.gamma[b] == pytest.approx(half.mean())
            else:
                assert np.isnan(found.gamma[b])


def test_directions_are_azimuth_and_dip() -> None:
    """Azimuth 90 is east; dip -90 is down."""
    assert direction_vector(90.0, 0.0) == pytest.approx([1, 0, 0], abs=1e-15)
    assert direction_vector(0.0, -90.0) == pytest.approx([0, 0, -1], abs=1e-15)
    assert direction_vector(45.0, -30.0) == pytest.approx([0.6123724, 0.6123724, -0.5])


def points_of_model(true: Any, axis: int, step: float, pairs: float = 500.0) -> Any:
    """An experimental variogram that lies exactly on a model."""
    h = step * np.arange(1, 13)
    return ExperimentalVariogram("exact", np.full(12, pairs), h, model_gamma(true, h, axis))


def test_a_fit_recovers_the_model_that_made_its_points() -> None:
    """Nugget 0.2, sill 1, ranges 120, 80, 40 m: found again from exact points."""
    true = variogram(0.2, ("spherical", 0.8, (120.0, 80.0, 40.0)))
    down = points_of_model(true, 2, 5.0)
    directions = tuple(points_of_model(true, axis, 15.0) for axis in range(3))
    found = fit_variogram(down, directions, 1.0, LEVEL)  # type: ignore[arg-type]
    assert found.nugget == pytest.approx(0.2, abs=1e-3)
    assert found.structures[0].ranges_m == pytest.approx((120.0, 80.0, 40.0), abs=0.5)
    assert found.total_sill == pytest.approx(1.0, abs=1e-5)


def test_a_fit_needs_no_pairs_down_the_hole() -> None:
    """One sample a hole (combined samples, surveys): a fifth of the sill is nugget, ranges fit."""
    true = variogram(0.2, ("spherical", 0.8, (120.0, 80.0, 40.0)))
    none = ExperimentalVariogram("downhole", np.zeros(12), np.full(12, np.nan), np.full(12, np.nan))
    level = points_of_model(true, 0, 15.0)
    across = points_of_model(true, 1, 15.0)
    found = fit_variogram(none, (level, across, none), 1.0, LEVEL)
    assert found.nugget == pytest.approx(0.2)
    assert found.structures[0].ranges_m == pytest.approx((120.0, 80.0, 120.0), abs=0.5)
    with pytest.raises(ValueError, match="too few samples"):
        fit_variogram(none, (none, none, none), 1.0, LEVEL)


# ------------------------------------------------------------------ proposed plans


def drilled(holes: int, **grades: Any) -> DepositData:
    """Vertical holes 40 m apart, copper assays of 2 m along a smooth field, other grades given."""
    rng = np.random.default_rng(5)
    names = [f"H{i:02d}" for i in range(holes)]
    east, north = 40.0 * (np.arange(holes) % 5), 40.0 * (np.arange(holes) // 5)
    collar = pd.DataFrame(
        {
            "hole_id": names,
            "easting_m": east,
            "northing_m": north,
            "elevation_m": 500.0,
            "depth_m": 60.0,
        }
    )
    survey = pd.DataFrame(
        {"hole_id": names, "depth_m": 0.0, "azimuth_deg": 0.0, "dip_down_deg": 90.0}
    )
    from_m = np.tile(np.arange(30) * 2.0, holes)
    x, y = np.repeat(east, 30), np.repeat(north, 30)
    copper = 0.5 + 0.2 * np.sin(x / 40.0 + y / 90.0 + from_m / 25.0) + rng.normal(0, 0.05, x.size)
    assay = pd.DataFrame(
        {
            "hole_id": np.repeat(names, 30),
            "from_m": from_m,
            "to_m": from_m + 2.0,
            "sample_id": [f"S{i}" for i in range(x.size)],
            "cu_pct": copper,
            **{name: np.broadcast_to(np.asarray(v, float), x.shape) for name, v in grades.items()},
        }
    )
    deposit: Any = SimpleNamespace(id="test", plan=None)
    belt: Any = SimpleNamespace()
    return DepositData(belt, deposit, Path(), tables(collar=collar, survey=survey, assay=assay), {})


def test_a_proposed_plan_is_valid_and_says_that_it_is_proposed() -> None:
    """From 20 holes: a plan that reads back from its own YAML form, nobody's name on it."""
    plan = propose_plan(drilled(20), date(2025, 12, 31))
    assert Plan.model_validate(plan.model_dump(mode="json")) == plan
    assert (plan.acceptance.status, plan.acceptance.by) == ("proposed", None)
    assert plan.main_element == "cu_pct"
    assert plan.composites.length_m == 4.0
    copper = plan.elements["cu_pct"]
    assert 0 < copper.variogram.nugget < 0.5 * copper.variogram.total_sill
    assert all(r > 40.0 for r in copper.search[-1].radii_m[:2])
    assert copper.search[0].min_holes == 3


def test_an_element_that_is_everywhere_the_same_is_not_proposed() -> None:
    """Gold all below detection has no variogram; copper is planned all the same."""
    plan = propose_plan(drilled(20, au_gpt=0.005), date(2025, 12, 31))
    assert set(plan.elements) == {"cu_pct"}
