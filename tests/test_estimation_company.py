"""What samples a block may see, and in what company elements are kriged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from estimation.engine.krige import Problem
from estimation.engine.reach import lay_out, reach_box_m
from estimation.engine.visit import Samples
from estimation.models.layers import GEOMETRY_LAYER
from estimation.models.tile_estimate import estimate_tile
from estimation.models.tile_key import TileKeys
from estimation.plan import ElementPlan, Variogram
from tests.by_the_book import Bools, against_the_book, drill_unevenly
from tests.engine_problems import (
    TILTED,
    TWO_DOMAINS,
    ModelInMemory,
    drill,
    element_plan,
    estimate_whole,
    make_grid,
    make_plan,
    problem_of,
    search_pass,
    variogram,
)

GRID = make_grid(shape=(16, 16, 8), tile=(8, 8, 4))
LONG = make_grid(shape=(48, 8, 4), tile=(8, 8, 4))
"""Six tiles in a row of 480 m."""


# ------------------------------------------------------------------ soft boundaries


def contact(within_m: float | None, table: pd.DataFrame | None = None) -> Problem:
    """Ore in the west and host in the east; ore blocks see host samples so near to ore."""
    soft = {"blocks_of": "ore", "samples_of": "host", "within_m": within_m}
    domains = {**TWO_DOMAINS, "soft": (soft,) if within_m else ()}
    return problem_of(
        LONG, make_plan(domains=domains), drilled_contact() if table is None else table
    )


def drilled_contact() -> pd.DataFrame:
    """Holes over :data:`LONG`, the contact in its middle."""
    table = drill_unevenly(LONG, 40, 7)
    return table.assign(domain=np.where(table["easting_m"] < 1240.0, "ore", "host"))


def near_ore(samples: Samples, within_m: float) -> Bools:
    """Host samples (domain 2) that lie so near to a sample of ore (domain 1)."""
    ore = samples.xyz_m[samples.domains == 1]
    apart = np.linalg.norm(samples.xyz_m[:, None] - ore[None], axis=2).min(axis=1)
    return np.asarray((samples.domains == 2) & (apart <= within_m))


def test_ore_sees_host_near_the_contact_and_host_sees_no_ore() -> None:
    """Blocks of either domain, kriged by the book from what the plan lets them see."""
    problem = contact(25.0)
    samples = problem.elements["cu_pct"]
    near = near_ore(samples, 25.0)
    assert 0 < near.sum() < (samples.domains == 2).sum()
    usable = {1: (samples.domains == 1) | near, 2: samples.domains == 2}
    assert against_the_book(problem, "cu_pct", usable)[0] > 50


def test_a_soft_boundary_is_open_one_way() -> None:
    """Against a hard one ore blocks at the contact change, and not one bit of a host block."""
    soft, hard = (estimate_whole(contact(within)) for within in (25.0, None))
    domain = hard.field(GEOMETRY_LAYER, "domain")
    np.testing.assert_array_equal(domain, soft.field(GEOMETRY_LAYER, "domain"))
    one, other = hard.layer("cu_pct"), soft.layer("cu_pct")
    assert one[:, domain == 2].tobytes() == other[:, domain == 2].tobytes()
    changed = (one[0] != other[0]) & ~(np.isnan(one[0]) & np.isnan(other[0]))
    assert changed.any()
    assert (domain[changed] == 1).all()


def keys_and_digests(problem: Problem) -> list[tuple[bytes, bytes]]:
    """Key and content digest of every tile."""
    work = lay_out(problem)
    keys = TileKeys(work)
    made = [(keys.key(t), estimate_tile(work, t, b"")) for t in problem.grid.tiles()]
    return [(key, tile.content_digest) for key, tile in made]


def test_a_sample_across_the_contact_is_in_the_keys_of_the_tiles_it_reaches() -> None:
    """A host grade near the contact, assayed anew: ore blocks change, and no key lies."""
    problem, table = contact(25.0), drilled_contact()
    samples = problem.elements["cu_pct"]
    place = samples.xyz_m[np.flatnonzero(near_ore(samples, 25.0))[0]]
    where = np.all(table[["easting_m", "northing_m", "elevation_m"]] == place, axis=1)
    assert where.sum() == 1
    again = contact(25.0, table.assign(cu_pct=np.where(where, 9.0, table["cu_pct"])))
    seen = set()
    pairs = zip(keys_and_digests(problem), keys_and_digests(again), strict=True)
    for tile, (before, after) in zip(LONG.tiles(), pairs, strict=True):
        low, high = reach_box_m(problem, tile)
        reached = bool(np.all((place >= low) & (place <= high)))
        assert (before[0] != after[0]) == reached
        assert reached or before[1] == after[1]
        seen.add((reached, before[1] != after[1]))
    assert {(True, True), (False, False)} <= seen
    ours, others = (estimate_whole(p) for p in (problem, again))
    ore = ours.field(GEOMETRY_LAYER, "domain") == 1
    assert (
        np.nanmax((others.field("cu_pct", "estimate") - ours.field("cu_pct", "estimate"))[ore])
        > 0.1
    )


def test_opening_a_boundary_costs_kriging_only_near_it() -> None:
    """Hard, then soft: keys change where a sample becomes usable, and stand where none does."""
    hard, soft = contact(None), contact(25.0)
    pairs = list(zip(keys_and_digests(hard), keys_and_digests(soft), strict=True))
    same_key = [before[0] == after[0] for before, after in pairs]
    opened = near_ore(soft.elements["cu_pct"], 25.0)
    expected = []
    for tile in LONG.tiles():
        low, high = reach_box_m(soft, tile)
        places = soft.elements["cu_pct"].xyz_m[opened]
        expected.append(not np.all((places >= low) & (places <= high), axis=1).any())
    assert same_key == expected
    assert set(same_key) == {True, False}
    assert all(before[1] == after[1] for before, after in pairs if before[0] == after[0])


# ------------------------------------------------------------------ elements in company


def times(model: Variogram, factor: float) -> Variogram:
    """A variogram in other units."""
    return variogram(
        model.nugget * factor,
        *((s.model, s.sill * factor, s.ranges_m) for s in model.structures),
        orientation=model.orientation,
    )


OWN = variogram(0.1, ("spherical", 0.9, (120.0, 80.0, 40.0)), orientation=TILTED)
OTHER = variogram(
    0.2, ("exponential", 0.5, (70.0, 65.0, 33.0)), ("cubic", 0.3, (150.0, 110.0, 61.0)),
    orientation=TILTED,
)  # fmt: skip


def fully_assayed() -> pd.DataFrame:
    """Every sample assayed for four elements."""
    table = drill(GRID, 14, 7)
    rng = np.random.default_rng(3)
    more = {n: table["cu_pct"] * rng.lognormal(0, 0.5, len(table)) for n in ("au_gpt", "ag_gpt")}
    return table.assign(mo_ppm=table["cu_pct"] * rng.lognormal(0, 0.5, len(table)), **more)


def company(plans: dict[str, ElementPlan]) -> tuple[Problem, ModelInMemory]:
    """Elements of one plan, whole."""
    plan = make_plan(plans, main_element=next(iter(plans)))
    problem = problem_of(GRID, plan, fully_assayed())
    return problem, estimate_whole(problem)


def test_elements_of_one_visit_have_the_numbers_that_each_has_alone() -> None:
    """Bit for bit, with a model of its own, an equal one, or one in units of a power of two."""
    plans = {
        "cu_pct": element_plan(variogram=OWN),
        "au_gpt": element_plan(variogram=OTHER),
        "mo_ppm": element_plan(variogram=times(OWN, 0.25)),
        "ag_gpt": element_plan(variogram=OTHER),
    }
    problem, together = company(plans)
    assert [sorted(visit.names) for visit in problem.visits] == [sorted(plans)]
    assert problem.visits[0].models.nuggets.size == 2
    assert np.isfinite(together.field("cu_pct", "estimate")).any()
    for name, plan in plans.items():
        _, alone = company({name: plan})
        assert alone.layer(name).tobytes() == together.layer(name).tobytes(), name


def test_proportional_variograms_share_weights() -> None:
    """Sills times 3.7: one model, the same estimate to the last digits, 3.7 times the variance."""
    plans = {
        "cu_pct": element_plan(variogram=OWN),
        "mo_ppm": element_plan(variogram=times(OWN, 3.7)),
    }
    problem, together = company(plans)
    assert problem.visits[0].models.nuggets.size == 1
    _, alone = company({"mo_ppm": plans["mo_ppm"]})
    for field in ("estimate", "variance"):
        np.testing.assert_allclose(
            together.field("mo_ppm", field), alone.field("mo_ppm", field), rtol=1e-11
        )
    copper, molybdenum = (together.field(name, "variance") for name in plans)
    np.testing.assert_allclose(molybdenum, 3.7 * copper, rtol=1e-11)


@pytest.mark.parametrize(
    "choices",
    [
        {"search": (search_pass(50.0),)},
        {"method": "simple", "known_mean": 1.0},
        {"search_orientation": {"azimuth_deg": 0.0, "dip_deg": 0.0, "rake_deg": 0.0}},
        {"high_yield": {"above": 0.5, "radii_m": (9.0, 9.0, 9.0), "beyond": "discard"}},
    ],
)
def test_another_search_or_method_is_another_visit(choices: dict[str, Any]) -> None:
    """Elements that choose otherwise go alone, and nothing of copper's numbers changes."""
    plans = {"cu_pct": element_plan(), "mo_ppm": element_plan(**choices)}
    problem, together = company(plans)
    assert [visit.names for visit in problem.visits] == [("cu_pct",), ("mo_ppm",)]
    _, alone = company({"cu_pct": plans["cu_pct"]})
    assert alone.layer("cu_pct").tobytes() == together.layer("cu_pct").tobytes()
    _, other = company({"mo_ppm": plans["mo_ppm"]})
    assert other.layer("mo_ppm").tobytes() == together.layer("mo_ppm").tobytes()
