"""What is said about a model: classes, sums, mining, results and truth."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from estimation.errors import EstimationError
from estimation.plan import ClassificationPlan, Plan
from estimation.results import (
    Breakdown,
    Check,
    DepositResult,
    ElementSupport,
    GateVerdict,
    ResourceStatement,
    StatementRow,
    TruthRow,
    metal_t,
)
from estimation.statement.classification import CLASS_FIELDS, classify
from estimation.statement.rows import state_rows
from estimation.statement.volumes import ground_from_collars, share_below
from estimation.validation.checks import GLOBAL_BIAS
from estimation.validation.truth import truth_rows
from tests.engine_problems import (
    TWO_DOMAINS,
    Floats,
    ModelInMemory,
    element_plan,
    make_grid,
    make_plan,
)

DENSITY = {"ore": 2.8, "host": 2.6}
CUTOFFS = (0.3, 0.0, 0.5, 0.8)
GRAINS = 100 / 2**18
"""Tonnes by which a sum over some tens of cells may differ: each is held to 2**-18 t."""


# ------------------------------------------------------------------ classes


def classes_of(rules: ClassificationPlan, *blocks: tuple[float, float, float, float]) -> list[int]:
    """Classes of blocks given as (mean distance, holes, slope, estimate)."""
    table = np.array(blocks)
    main = {"holes": table[:, 1], "slope": table[:, 2], "estimate": table[:, 3]}
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
    """Not estimated, or fewer than three holes in reach (infinite distance): none."""
    found = classes_of(
        rules(),
        (10.0, 3, 0.9, np.nan),
        (np.inf, 3, 0.9, 1.0),
        (np.nan, 3, 0.9, 1.0),
        (10.0, 1, 0.9, 1.0),
    )
    assert found == [0, 0, 0, 0]


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
    made.put("geometry", "share", 1.0)
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


def classes_in(model: ModelInMemory, plan: Plan) -> npt.NDArray[np.int8]:
    """Class of every block."""
    main = model.read(model.grid.whole, {"cu_pct": CLASS_FIELDS})["cu_pct"]
    return classify(main, model.field("geometry", "mean_distance_m"), plan.classification)


def test_every_row_is_a_plain_sum_over_blocks(model: ModelInMemory, plan: Plan) -> None:
    """Class x domain x cut-off: volume, ore, metal and evaluated ore equal numpy's sums."""
    share = shares(model)
    rows = state_rows(model, plan, DENSITY, share.__getitem__, CUTOFFS)
    codes = classes_in(model, plan)
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
        assert row.volume_m3 == pytest.approx(volume, rel=1e-12, abs=GRAINS)
        assert row.ore_t == pytest.approx(ore, rel=1e-12, abs=GRAINS)
        tonnes = share * 500.0 * DENSITY[row.domain]
        metal = (tonnes[here] * copper[here]).sum() / 100.0
        assert row.elements["cu_pct"].metal_t == pytest.approx(metal, rel=1e-12, abs=GRAINS)
        known = here & ~np.isnan(molybdenum)
        figure = row.elements["mo_ppm"]
        assert figure.evaluated_ore_t == pytest.approx(tonnes[known].sum(), rel=1e-12, abs=GRAINS)
        expected = (tonnes * molybdenum)[known].sum() * 1e-6
        assert figure.metal_t == pytest.approx(expected, rel=1e-12, abs=GRAINS)


def test_a_blank_by_product_is_not_zero(model: ModelInMemory, plan: Plan) -> None:
    """Grade is the mean over evaluated ore only; evaluated nowhere: None and no metal."""
    rows = state_rows(model, plan, DENSITY, shares(model).__getitem__, (0.0,))
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
    rows = state_rows(model, plan, DENSITY, shares(model).__getitem__, CUTOFFS)
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


# ------------------------------------------------------------------ results and truth


def a_result(model: ModelInMemory, plan: Plan) -> DepositResult:
    """A whole result, every kind of record in it."""
    rows = state_rows(model, plan, DENSITY, shares(model).__getitem__, CUTOFFS)
    support = ElementSupport("cu_pct", "basic", "克里格", 5.0, 10, 2, 0.9, None, "measured")
    elements = tuple(plan.elements)
    statement = ResourceStatement("cu_pct", elements, 0.3, rows, rows[:2], "ρ", (support,))
    table = Breakdown("benches", ("bottom_m", "class", "ore_t"), ((10.0, "measured", None),))
    verdict = GateVerdict("ore", 12, 3, False, "少", "few")
    statement = replace(statement, breakdowns=(table,), gate=(verdict,), notes=("甲 / a",))
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
    held = json.loads((tmp_path / "two.json").read_text("utf-8"))
    assert held["result"]["vintage"] == "2025-12-31"
    held["result"]["holes"] += 1
    (tmp_path / "two.json").write_text(json.dumps(held), "utf-8")
    with pytest.raises(EstimationError, match="digest"):
        DepositResult.read(tmp_path / "two.json")


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
    rows = truth_rows(tmp_path, model, plan, statement, share.__getitem__)
    codes = classes_in(model, plan)
    here = ((codes == 1) | (codes == 2)) & (truth["cu_pct"] >= 0.3)
    here &= model.field("geometry", "domain") > 0
    tonnes = (share * density * 500.0)[here]
    assert rows[0].truth_t == pytest.approx((tonnes * truth["cu_pct"][here]).sum() / 100.0)
    seen = ~np.isnan(model.layer("mo_ppm")[0])[here]
    assert 0 < seen.sum() < seen.size
    expected = (tonnes * truth["mo_ppm"][here])[seen].sum() * 1e-6
    assert rows[1].truth_t == pytest.approx(expected)
    classes = ("measured", "indicated")
    domains = [r for r in statement.at_cutoff() if r.class_name in classes]
    assert rows[0].estimate_t == pytest.approx(sum(r.elements["cu_pct"].metal_t for r in domains))
    assert rows[0].ratio == pytest.approx(rows[0].estimate_t / rows[0].truth_t)
    assert TruthRow("cu_pct", "", 0.3, 1.0, 0.0).ratio is None
