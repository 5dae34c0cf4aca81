"""Between two vintages: what was mined, what is new ground, which classes changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from estimation.changes import Changes, Opening, mined_volumes, state_changes, valued_by
from estimation.models.layers import GEOMETRY_LAYER, second_layer
from estimation.plan import Plan
from estimation.results import DepositResult, ResourceStatement, StatementRow
from estimation.statement.between import PAIR, Between, ClassedGround, classed_ground
from estimation.statement.class_field import classes_of
from estimation.statement.parts import parts_of
from estimation.statement.volumes import Ground, Inside, Stage
from tests.engine_problems import (
    TWO_DOMAINS,
    ModelInMemory,
    element_plan,
    make_grid,
    make_plan,
    tables,
)
from tests.fabricated import fabricated_result
from tracking.ledger.entries import kg

Floats = npt.NDArray[np.float64]
GRID = make_grid(shape=(12, 10, 6), tile=(5, 4, 4))
THEN, NOW = date(2024, 12, 31), date(2025, 12, 31)
CLASSES = ("measured", "indicated", "inferred")
DENSITY = 2.7
CUBIC = GRID.block_volume_m3


def plan_of() -> Plan:
    """Two domains; molybdenum is Indicated at best; classes by distance 30, 50 and 90 m."""
    elements = {"cu_pct": element_plan(), "mo_ppm": element_plan(class_limit="indicated")}
    return make_plan(elements, domains=TWO_DOMAINS)


def model_of(seed: int) -> ModelInMemory:
    """Random domains, grades and distances; a tenth not estimated, part beyond all classes."""
    rng = np.random.default_rng(seed)
    model = ModelInMemory(GRID, ("cu_pct", "mo_ppm"))
    shape = GRID.array_shape
    model.put("geometry", "domain", np.random.default_rng(1).integers(1, 3, shape))
    model.put("geometry", "mean_distance_m", rng.uniform(5.0, 130.0, shape))
    model.put("geometry", "share", 1.0)
    copper = rng.uniform(0.0, 1.0, shape)
    copper[rng.random(shape) < 0.1] = np.nan
    model.put("cu_pct", "estimate", copper)
    model.put("cu_pct", "holes", 5)
    model.put("cu_pct", "slope", 0.9)
    molybdenum = rng.lognormal(3.0, 0.5, shape)
    molybdenum[rng.random(shape) < 0.3] = np.nan
    model.put("mo_ppm", "estimate", molybdenum)
    return model


def data_of(plan: Plan) -> Any:
    """What the changes need of a deposit's data."""
    belt = SimpleNamespace(crs="local")
    return SimpleNamespace(plan=plan, drillholes=tables(), base=None, belt=belt)


def result_of() -> DepositResult:
    """The opening result: its date, gate and densities are asked for."""
    extras = {"density_tpm3": {"ore": DENSITY, "host": DENSITY}}
    return replace(fabricated_result(vintage=THEN), extras=extras)


def statement_of() -> ResourceStatement:
    """The closing statement: only its gate is asked for."""
    return fabricated_result(vintage=NOW).statement


def stopes() -> Ground:
    """Mined in two volumes since the opening: two corners of the grid, at other loss rates."""
    first, second = np.zeros(GRID.array_shape), np.zeros(GRID.array_shape)
    first[:2, :4, :5] = 0.5
    second[:2, :4, :5] = 0.5
    second[3:, 6:, 7:] = 1.0
    stages = (
        Stage(date(2025, 3, 31), 0.1, None, None, Inside(GRID.whole, first)),
        Stage(date(2025, 9, 30), 0.3, 0.2, None, Inside(GRID.whole, second)),
    )
    return Ground(GRID, None, stages, THEN)


@pytest.fixture(scope="module")
def case() -> tuple[ModelInMemory, ModelInMemory, Ground, Changes]:
    """Two models of one grid, mining between them, and what is said of it."""
    plan, opening, closing, ground = plan_of(), model_of(2), model_of(3), stopes()
    opened = Opening(result_of(), opening)
    made = state_changes(data_of(plan), opened, closing, statement_of(), ground)
    return opening, closing, ground, made


def codes_of(model: ModelInMemory) -> npt.NDArray[np.int8]:
    """Class of every block, 0 none."""
    return classes_of(model, plan_of()).codes


def copper_t(model: ModelInMemory, share: Floats, mask: npt.NDArray[np.bool_]) -> tuple[float, ...]:
    """Ore and copper of some blocks at or above 0.3 %, tonnes."""
    grade = model.field("cu_pct", "estimate")
    here = mask & (grade >= 0.3)
    ore = share[here] * CUBIC * DENSITY
    return float(ore.sum()), float((ore * grade[here]).sum() / 100)


def sums(rows: tuple[StatementRow, ...], class_name: str) -> tuple[float, float]:
    """Ore and copper of the rows of a class, tonnes."""
    own = [row for row in rows if row.class_name == class_name]
    return sum(r.ore_t for r in own), sum(r.elements["cu_pct"].metal_t for r in own)


def test_the_first_vintage_has_no_changes() -> None:
    """Nothing came before it."""
    found = state_changes(data_of(plan_of()), None, model_of(2), statement_of(), stopes())
    assert found == Changes()


def test_new_ground_is_what_the_opening_had_not_classified(case: Any) -> None:
    """Closing grade, density and class; only blocks without an opening class; mined ground left."""
    opening, closing, ground, made = case
    before, after, left = codes_of(opening), codes_of(closing), ground.left(GRID.whole)
    assert ((before == 0) & (after > 0)).any()
    for code, name in enumerate(CLASSES, start=1):
        expected = copper_t(closing, left, (before == 0) & (after == code))
        assert sums(made.extension, name) == pytest.approx(expected, abs=1e-3)


def test_reclassified_ground_is_the_openings_metal_by_either_class(case: Any) -> None:
    """Both ways of adding it up agree in whole kilograms, for ore and every element."""
    opening, closing, ground, made = case
    before, after, left = codes_of(opening), codes_of(closing), ground.left(GRID.whole)
    both = (before > 0) & (after > 0)
    for code, name in enumerate(CLASSES, start=1):
        for rows, codes in ((made.reclassified_from, before), (made.reclassified_to, after)):
            expected = copper_t(opening, left, both & (codes == code))
            assert sums(rows, name) == pytest.approx(expected, abs=0.01)
    for element in ("cu_pct", "mo_ppm"):
        one, other = (
            sum(kg(row.elements[element].metal_t) for row in rows)
            for rows in (made.reclassified_from, made.reclassified_to)
        )
        assert one == other > 0
    ore = [
        sum(kg(row.ore_t) for row in rows)
        for rows in (made.reclassified_from, made.reclassified_to)
    ]
    assert ore[0] == ore[1]
    assert made.reclassified_from != made.reclassified_to


def test_mining_is_worth_what_the_opening_model_says(case: Any) -> None:
    """Volumes add up to the depletion; lost is each volume's own rate; classes of the opening."""
    opening, _, ground, made = case
    before = codes_of(opening)
    since, lost = ground.mined_since(GRID.whole), ground.lost_since(GRID.whole)
    for code, name in enumerate(CLASSES, start=1):
        mask = before == code
        assert sums(made.depletion, name) == pytest.approx(copper_t(opening, since, mask), abs=1e-3)
        assert sums(made.lost, name) == pytest.approx(copper_t(opening, lost, mask), abs=1e-3)
    first, second = made.volumes
    assert first.ore.ore_t + second.ore.ore_t == pytest.approx(
        sum(row.ore_t for row in made.depletion), abs=1e-2
    )
    assert first.lost is not None
    assert second.lost is not None
    together = first.lost.metal_t["cu_pct"] + second.lost.metal_t["cu_pct"]
    assert together == pytest.approx(
        sum(row.elements["cu_pct"].metal_t for row in made.lost), abs=1e-3
    )
    assert (first.delivered, second.delivered is None) == (None, False)


def test_a_limited_by_product_is_mined_from_its_own_class(case: Any) -> None:
    """Molybdenum that is Indicated at best has its mined metal there, and none in Measured."""
    *_, made = case
    measured = [row for row in made.depletion if row.class_name == "measured"]
    assert measured
    assert all(row.elements["mo_ppm"].metal_t == 0 for row in measured)


def test_the_parts_of_a_change_foot(case: Any) -> None:
    """Opening - mined - common ground is what lost its class; closing - extension is common."""
    opening, closing, ground, made = case
    left = ground.left(GRID.whole)
    before, after = codes_of(opening), codes_of(closing)
    retained = copper_t(closing, left, after > 0)
    extension = np.sum([sums(made.extension, name) for name in CLASSES], axis=0)
    common = copper_t(closing, left, (after > 0) & (before > 0))
    assert np.array(retained) - extension == pytest.approx(common, abs=0.01)
    kept = np.sum([sums(made.reclassified_from, name) for name in CLASSES], axis=0)
    mined = np.sum([sums(made.depletion, name) for name in CLASSES], axis=0)
    gone = copper_t(opening, left, (before > 0) & (after == 0))
    whole = copper_t(opening, np.ones(GRID.array_shape), before > 0)
    assert np.array(whole) - mined - kept == pytest.approx(gone, abs=0.05)


def test_nothing_changed_is_nothing_new() -> None:
    """The same model twice: no extension, and every class keeps its own."""
    plan, model = plan_of(), model_of(2)
    made = state_changes(
        data_of(plan), Opening(result_of(), model), model, statement_of(), Ground(GRID, None)
    )
    assert made.extension == ()
    assert made.depletion == made.lost == made.volumes == ()
    assert made.reclassified_from == made.reclassified_to


def test_volumes_after_the_last_vintage_are_worth_the_same() -> None:
    """What ``bornite retained`` asks for before there is a closing model."""
    plan, model, ground = plan_of(), model_of(2), stopes()
    opening = Opening(result_of(), model)
    data = data_of(plan)
    volumes = mined_volumes(valued_by(data, opening, ground), ground)
    assert [v.stage.as_of for v in volumes] == [s.as_of for s in ground.stages]
    total = sum(volume.ore.metal_t["cu_pct"] for volume in volumes)
    expected = copper_t(model, ground.mined_since(GRID.whole), codes_of(model) > 0)[1]
    assert total == pytest.approx(expected, abs=1e-2)


# ------------------------------------------------------------------ parts of blocks


def test_shares_of_blocks_that_both_classify_are_cut_evenly() -> None:
    """Of 0.6 + 0.4 classified now where 0.7 was, 0.3 is new, taken from both parts alike."""
    file: dict[str, Any] = {"root": ".", "path": "solid.obj"}
    volumes = [{"domain": d, "file": file, "side": "inside"} for d in ("core", "host")]
    domains = {"column": None, "codes": {}, "soft": (), "volumes": volumes, "subcells": (2, 1, 1)}
    plan = make_plan({"cu_pct": element_plan()}, domains=domains)
    grid = make_grid(shape=(4, 4, 2), tile=(4, 4, 2))
    second = second_layer("cu_pct")
    model = ModelInMemory(grid, ("cu_pct", second))
    places = {"domain": 1.0, "share": 0.6, "second_domain": 2.0, "second_share": 0.4}
    for name, value in (places | {"mean_distance_m": 20.0}).items():
        model.put(GEOMETRY_LAYER, name, value)
    for layer in ("cu_pct", second):
        for name, value in {"estimate": 0.5, "holes": 6.0, "slope": 0.95}.items():
            model.put(layer, name, value)
    classes = classes_of(model, plan)
    now = classed_ground(model, plan, classes)
    assert now.share == pytest.approx(1.0)
    assert (now.codes[0] == 1).all()
    assert (now.domains[1] == 2).all()
    shape = grid.array_shape
    then = ClassedGround(
        np.full(shape, 0.7),
        (np.full(shape, 3, np.int8), np.zeros(shape, np.int8)),
        (np.full(shape, 2, np.int16), np.zeros(shape, np.int16)),
    )
    forward = list(Between(then, now).extension(model, plan, classes))
    shares = {int(p.domain_code[0]): p.share for p in forward}
    assert shares[1] == pytest.approx(0.6 * 0.3)
    assert shares[2] == pytest.approx(0.4 * 0.3)
    back = list(Between(now, then).common(model, plan, classes))
    assert sum(float(p.share.sum()) for p in back) == pytest.approx(0.7 * 32)
    assert {int(code) for p in back for code in p.class_code} == {PAIR * 1 + 3}
    assert next(iter(parts_of(model, plan, classes))).class_code.max() == 1
    twice = Between(now, now)
    assert all(p.block.size == 0 for p in twice.extension(model, plan, classes))
