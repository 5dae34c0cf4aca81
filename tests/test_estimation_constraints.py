"""A statement's tables foot to the last bit; constraints, by-products' limits."""

from __future__ import annotations

import json
from dataclasses import replace
from math import fsum
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from estimation.plan import Plan
from estimation.results import Breakdown, StatementRow
from estimation.statement.breakdowns import breakdowns, curve_of, edges_of, reasonable_cells
from estimation.statement.class_field import classes_of
from estimation.statement.density import fixed_densities as fixed
from estimation.statement.ground_inside import Prospects, open_prospects
from estimation.statement.rows import rows_of
from estimation.statement.tally import Counted, Tally, count_blocks
from geo.findings import DataError
from tests.engine_problems import (
    TWO_DOMAINS,
    ModelInMemory,
    element_plan,
    make_grid,
    make_plan,
)

Floats = npt.NDArray[np.float64]
DENSITY = {"ore": 2.8137, "host": 2.6041}
ELEMENTS = ("cu_pct", "mo_ppm", "re_ppm", "au_gpt")


def square(folder: Path, name: str, west: float, south: float, side: float) -> dict[str, str]:
    """A square in a file, local coordinates."""
    ring = [[west, south], [west + side, south], [west + side, south + side], [west, south + side]]
    shape = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    feature = {"type": "Feature", "properties": {}, "geometry": shape}
    text = json.dumps({"type": "FeatureCollection", "features": [feature]})
    (folder / f"{name}.geojson").write_text(text, "utf-8")
    return {"root": ".", "path": f"{name}.geojson"}


def a_plan(constraints: tuple[dict[str, Any], ...] = (), **changes: Any) -> Plan:
    """Copper, molybdenum to Indicated, rhenium to Inferred, gold from copper; benches."""
    elements = {
        "cu_pct": element_plan(),
        "mo_ppm": element_plan(class_limit="indicated"),
        "re_ppm": element_plan(class_limit="inferred"),
    }
    line = {
        "predictor": "cu_pct", "form": "linear", "intercept": 0.01, "slope": 0.2,
        "residual_sd": 0.03, "correlation": 0.8, "samples": 60, "predictor_range": (0.0, 3.0),
    }  # fmt: skip
    gold = {"method": "regression", "regression": line, "class_limit": "inferred", "reason": "-"}
    plain: dict[str, Any] = {
        "domains": TWO_DOMAINS,
        "derived": {"au_gpt": gold},
        "cutoffs": {
            "reporting": 0.3,
            "others": (0.0, 0.7),
            "low_grade": {"min_industrial": 0.5, "citation": "-"},
            "citation": "-",
        },
        "statement": {
            "bench_m": 10.0,
            "ore_types": {"sulphide": ("ore",)},
            "constraints": constraints,
        },
    }
    return make_plan(elements, **{**plain, **changes})


def a_model(seed: int = 12, shape: tuple[int, int, int] = (12, 10, 6)) -> ModelInMemory:
    """Random blocks: all classes, two domains, molybdenum in part, rhenium in a corner."""
    grid = make_grid(shape=shape, tile=(5, 4, 4))
    made = ModelInMemory(grid, ("cu_pct", "mo_ppm", "re_ppm"))
    rng = np.random.default_rng(seed)
    size = grid.array_shape
    made.put("geometry", "domain", rng.integers(1, 3, size))
    made.put("geometry", "share", 1.0)
    made.put("geometry", "mean_distance_m", rng.uniform(5.0, 120.0, size))
    copper = rng.normal(0.5, 0.3, size)
    made.put("cu_pct", "estimate", np.where(rng.random(size) < 0.1, np.nan, copper))
    made.put("cu_pct", "variance", 0.01)
    made.put("cu_pct", "holes", rng.integers(1, 6, size))
    made.put("cu_pct", "slope", rng.uniform(0.0, 1.0, size))
    molybdenum = rng.lognormal(5.0, 0.5, size)
    made.put("mo_ppm", "estimate", np.where(rng.random(size) < 0.4, np.nan, molybdenum))
    made.put("re_ppm", "estimate", np.where(np.indices(size)[2] < 3, 0.17, np.nan))
    return made


def counted(model: ModelInMemory, plan: Plan, prospects: Prospects | None = None) -> Tally:
    """The model's tally over a random share of each block."""
    share = np.random.default_rng(4).random(model.grid.array_shape)
    what = Counted(classes_of(model, plan), fixed(DENSITY), share.__getitem__)
    what = replace(what, prospects=prospects or Prospects())
    return count_blocks(model, plan, what, edges_of(plan))


def total(rows: tuple[StatementRow, ...], what: str, **where: Any) -> float:
    """Sum of ore or of an element's metal over some rows, in plain floating point."""
    kept = [r for r in rows if all(getattr(r, key) == value for key, value in where.items())]
    return sum(r.ore_t if what == "ore_t" else r.elements[what].metal_t for r in kept)


def column(table: Breakdown, what: str, **where: Any) -> float:
    """The same of a breakdown, last row first: the order must not matter."""
    frame = pd.DataFrame(list(table.rows), columns=list(table.columns))
    for key, value in where.items():
        frame = frame[frame[key] == value]
    name = what if what == "ore_t" else f"{what}.metal_t"
    return sum(value for value in reversed(frame[name].dropna().tolist()))


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_every_table_foots_with_the_rows_to_the_last_bit(seed: int) -> None:
    plan = a_plan()
    tally = counted(a_model(seed), plan)
    rows = rows_of(tally, (0.3,))
    found = {table.name: table for table in breakdowns(tally, Prospects(), ())}
    assert set(found) == {"benches", "ore_types", "low_grade", "grade_tonnage"}
    for what in ("ore_t", *ELEMENTS):
        for name in ("measured", "indicated", "inferred"):
            stated = total(rows, what, class_name=name)
            for key in ("benches", "ore_types", "low_grade"):
                assert column(found[key], what, **{"class": name}) == stated, (key, what, name)
            curve = column(found["grade_tonnage"], what, **{"class": name, "cutoff": 0.3})
            assert curve == stated
    assert total(rows, "ore_t") == fsum(row.ore_t for row in rows) > 0


def test_curves_fall_and_grades_rise_with_the_cutoff() -> None:
    plan = a_plan()
    tally = counted(a_model(), plan)
    (curve,) = [t for t in breakdowns(tally, Prospects(), ()) if t.name == "grade_tonnage"]
    frame = pd.DataFrame(list(curve.rows), columns=list(curve.columns))
    assert len(curve_of(plan)) > 30
    for _, part in frame.groupby(["domain", "class"]):
        part = part[part["ore_t"] > 0]
        assert part["ore_t"].is_monotonic_decreasing
        assert part["cu_pct.grade"].astype(float).is_monotonic_increasing


def test_low_grade_ore_stands_between_two_grades() -> None:
    plan = a_plan()
    tally = counted(a_model(), plan)
    rows = rows_of(tally, (0.3, 0.5))
    (table,) = [t for t in breakdowns(tally, Prospects(), ()) if t.name == "low_grade"]
    industrial = column(table, "ore_t", grade_class="industrial")
    low = column(table, "ore_t", grade_class="low_grade")
    assert industrial == total(rows, "ore_t", cutoff=0.5)
    assert low == total(rows, "ore_t", cutoff=0.3) - industrial > 0


# ------------------------------------------------------------------ by-products


def test_a_by_product_is_stated_in_its_own_class_and_blank_in_surer_ones() -> None:
    plan, model = a_plan(), a_model()
    free = a_plan().model_copy(update={"elements": {n: element_plan() for n in plan.elements}})
    rows = rows_of(counted(model, plan), (0.3,))
    plain = rows_of(counted(model, free), (0.3,))
    for domain in DENSITY:
        mine = {r.class_name: r for r in rows if r.domain == domain}
        theirs = {r.class_name: r for r in plain if r.domain == domain}
        for name in ("measured", "indicated"):
            blank = mine[name].elements["re_ppm"]
            assert (blank.grade, blank.metal_t, blank.evaluated_ore_t) == (None, 0.0, 0.0)
        assert mine["measured"].elements["mo_ppm"].grade is None
        every = sum(theirs[n].elements["re_ppm"].metal_t for n in theirs)
        assert mine["inferred"].elements["re_ppm"].metal_t == every > 0
        two = [theirs[n].elements["mo_ppm"] for n in ("measured", "indicated")]
        held = mine["indicated"].elements["mo_ppm"]
        assert held.metal_t == sum(figure.metal_t for figure in two)
        assert held.evaluated_ore_t == sum(figure.evaluated_ore_t for figure in two)
        assert held.over_ore_t == mine["measured"].ore_t + mine["indicated"].ore_t
        for name in mine:
            assert mine[name].ore_t == theirs[name].ore_t
            assert mine[name].elements["cu_pct"] == theirs[name].elements["cu_pct"]


def test_a_row_is_made_where_only_surer_ore_stands() -> None:
    """All ore Measured: rhenium still has its Inferred row, with no ore of its own."""
    plan, model = a_plan(), a_model()
    model.put("geometry", "mean_distance_m", 5.0)
    model.put("cu_pct", "holes", 5)
    rows = rows_of(counted(model, plan), (0.3,))
    inferred = [row for row in rows if row.class_name == "inferred"]
    assert {row.ore_t for row in inferred} == {0.0}
    assert all(row.elements["re_ppm"].metal_t > 0 for row in inferred)
    assert all(row.elements["cu_pct"].grade is None for row in inferred)


def test_a_derived_element_has_the_main_elements_ore_and_an_error() -> None:
    plan = a_plan()
    tally = counted(a_model(), plan)
    rows = rows_of(tally, (0.3,))
    copper = fsum(r.elements["cu_pct"].metal_t for r in rows) * 1e2
    ore = fsum(r.ore_t for r in rows)
    gold = fsum(r.elements["au_gpt"].metal_t for r in rows) * 1e6
    assert gold == pytest.approx(0.01 * ore + 0.2 * copper, rel=1e-6)
    assert fsum(r.elements["au_gpt"].evaluated_ore_t for r in rows) == ore
    assert (tally.above(0.3)["au_gpt.error_t"] > 0).all()


# ------------------------------------------------------------------ constraints


def constrained(folder: Path) -> tuple[Plan, Prospects]:
    """A pit, a licence and sterilized ground."""
    made = tuple(
        {"name": name, "kind": kind, "file": square(folder, name, *place), "reason": "-", **more}
        for name, kind, place, more in (
            ("pit", "pit_shell", (1010.0, 2000.0, 90.0), {"bottom_m": 310.0}),
            ("licence", "licence", (990.0, 1990.0, 90.0), {}),
            ("village", "sterilized", (1040.0, 2040.0, 20.0), {}),
        )
    )
    plan = a_plan(made)
    return plan, open_prospects(plan, folder, "local")


def test_nothing_is_dropped_by_a_constraint(tmp_path: Path) -> None:
    model = a_model()
    plan, prospects = constrained(tmp_path)
    tally = counted(model, plan, prospects)
    whole = rows_of(counted(model, a_plan()), (0.3,))
    (table,) = [t for t in breakdowns(tally, prospects, ()) if t.name == "constraints"]
    for name in ("pit", "licence", "village", "reasonable_prospects"):
        for klass in ("measured", "indicated", "inferred"):
            both = [
                column(table, "ore_t", constraint=name, side=side, **{"class": klass})
                for side in ("inside", "outside")
            ]
            assert sum(both) == pytest.approx(total(whole, "ore_t", class_name=klass), rel=1e-9)
    inside = reasonable_cells(tally.cells, prospects)
    rows = rows_of(tally, (0.3,), inside)
    stated = column(table, "ore_t", constraint="reasonable_prospects", side="inside")
    assert stated == total(rows, "ore_t") < total(whole, "ore_t")


def test_reasonable_prospects_are_in_the_pit_and_the_licence_and_not_sterilized(
    tmp_path: Path,
) -> None:
    _, prospects = constrained(tmp_path)
    points = np.array(
        [
            [1015.0, 2015.0, 320.0],  # pit and licence
            [1015.0, 2015.0, 305.0],  # below the pit
            [1090.0, 2015.0, 320.0],  # pit, beyond the licence
            [1050.0, 2050.0, 320.0],  # under the village
            [1000.0, 2015.0, 320.0],  # licence only
        ]
    )
    states = prospects.states(points)
    assert [prospects.reasonable(int(s)) for s in states] == [True, False, False, False, False]
    assert Prospects().reasonable(0)


def test_blocks_are_cut_by_sub_cells(tmp_path: Path) -> None:
    """A licence over half of each block of one column leaves half its ore."""
    file = square(tmp_path, "half", 755.0, 1900.0, 300.0)  # to east 1055: the middle of a block
    licence = {"name": "half", "kind": "licence", "file": file, "reason": "-"}
    plan = a_plan((licence,), domains={**TWO_DOMAINS, "subcells": (4, 1, 1)})
    model = a_model(shape=(12, 10, 6))
    share = np.zeros(model.grid.array_shape)
    share[:, :, 5] = 1.0
    prospects = open_prospects(plan, tmp_path, "local")
    what = Counted(classes_of(model, plan), fixed(DENSITY), share.__getitem__, prospects)
    tally = count_blocks(model, plan, what, edges_of(plan))
    inside = reasonable_cells(tally.cells, prospects)["ore_t"].sum()
    assert inside == pytest.approx(0.5 * tally.cells["ore_t"].sum(), rel=1e-6)


def test_a_missing_polygon_is_said_with_its_name(tmp_path: Path) -> None:
    file = {"root": ".", "path": "nowhere.geojson"}
    plan = a_plan(({"name": "x", "kind": "licence", "file": file, "reason": "-"},))
    with pytest.raises(DataError) as caught:
        open_prospects(plan, tmp_path, "local")
    assert caught.value.findings[0].file == "nowhere.geojson"
