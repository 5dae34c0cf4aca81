"""Methods of a plan beside plain kriging: each against a dense solution, and in the tiles' keys."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from estimation.engine import cokriging
from estimation.engine.indicators import indicator_choices, indicators_of
from estimation.engine.kernels_blocks import NO_DRIFT
from estimation.engine.krige import Problem, prepare
from estimation.engine.methods import KRIGED
from estimation.engine.reach import lay_out
from estimation.engine.surroundings import Surroundings
from estimation.engine.visit import visit_of
from estimation.errors import EstimationError
from estimation.models.block_model import all_keys
from estimation.models.layers import FIELDS
from estimation.models.tile_estimate import estimate_tile
from estimation.plan import (
    Choices,
    Coregionalisation,
    ExternalDrift,
    Indicators,
    Orientation,
    Partner,
    SharedStructure,
    Structure,
    Variogram,
)
from geo.drillholes.composite import Composites
from tests.engine_problems import (
    TILTED,
    TWO_DOMAINS,
    drill,
    element_plan,
    estimate_whole,
    make_plan,
    samples_at,
    search_pass,
    variogram,
)
from tests.method_problems import (
    GRID,
    again,
    fields_of,
    largest_difference,
    plan_with,
    problem_with,
)

Floats = npt.NDArray[np.float64]

CROSSED = Variogram(
    nugget=0.1,
    structures=(
        Structure(model="spherical", sill=0.5, ranges_m=(120.0, 60.0, 30.0)),
        Structure(
            model="exponential",
            sill=0.4,
            ranges_m=(200.0, 40.0, 40.0),
            orientation=Orientation(azimuth_deg=120.0, dip_deg=10.0, rake_deg=-25.0),
        ),
    ),
    orientation=TILTED,
)


def choices_of(**changes: Any) -> Choices:
    """Choices of a domain: those of the tests' element, changed."""
    plan = element_plan(**changes)
    return Choices(**{name: getattr(plan, name) for name in Choices.model_fields})


def hill(east_m: Floats, north_m: Floats) -> Floats:
    """A raster without gaps."""
    return 3.0 + np.sin(east_m / 40.0) + 0.01 * (north_m - 2000.0)


def torn(east_m: Floats, north_m: Floats) -> Floats:
    """The same with a gap in the west."""
    return np.where(east_m < 1015.0, np.nan, hill(east_m, north_m))


def drifting(raster: Any = hill) -> Problem:
    """Copper whose mean follows a raster."""
    around = Surroundings(rasters={"hill": raster})
    drift = ExternalDrift(raster="hill")
    return problem_with(around, method="external_drift", drift=drift)


def keys_of(problem: Problem) -> bytes:
    """Keys of all tiles."""
    return all_keys(lay_out(problem)).tobytes()


# ------------------------------------------------------------------ axes of one structure


def test_a_structure_with_axes_of_its_own_is_kriged_by_them() -> None:
    """Two structures, one turned another way: kernels and dense solution agree."""
    problem = problem_with(variogram=CROSSED)
    model = estimate_whole(problem)
    estimate, variance = fields_of(model, "estimate", "variance")
    found = again(problem, model)
    assert len(found) > 100
    assert largest_difference(found, estimate, lambda s: s.estimate) < 1e-9
    assert largest_difference(found, variance, lambda s: s.variance) < 1e-9
    level = CROSSED.model_copy(
        update={
            "structures": tuple(
                s.model_copy(update={"orientation": None}) for s in CROSSED.structures
            )
        }
    )
    other = fields_of(estimate_whole(problem_with(variogram=level)), "estimate")[0]
    assert np.nanmax(np.abs(other - estimate)) > 1e-4


# ------------------------------------------------------------------ without kriging


@pytest.mark.parametrize("method", ["inverse_distance", "nearest"])
def test_plain_estimates_take_the_place_of_kriging(method: str) -> None:
    """The estimate is the one made beside kriging; what only kriging knows is NaN."""
    plain, kriged = (estimate_whole(problem_with(method=m)) for m in (method, "ordinary"))
    estimate, samples = fields_of(plain, "estimate", "samples")
    np.testing.assert_allclose(estimate, fields_of(kriged, method)[0], rtol=1e-6)  # kept as float32
    np.testing.assert_array_equal(samples, fields_of(kriged, "samples")[0])
    for name in KRIGED:
        assert np.isnan(fields_of(plain, name)[0]).all(), name
    problem = problem_with(method=method)
    found = again(problem, plain)
    assert largest_difference(found, estimate, lambda s: s.estimate) < 1e-9


# ------------------------------------------------------------------ external drift


def test_external_drift_agrees_with_a_dense_solution() -> None:
    """Kriging with a raster as drift: estimate and variance of every block."""
    problem = drifting()
    model = estimate_whole(problem)
    estimate, variance = fields_of(model, "estimate", "variance")
    found = again(problem, model)
    assert len(found) > 100
    assert largest_difference(found, estimate, lambda s: s.estimate) < 1e-9
    assert largest_difference(found, variance, lambda s: s.variance) < 1e-9
    plain = fields_of(estimate_whole(problem_with()), "estimate")[0]
    assert np.nanmax(np.abs(plain - estimate)) > 1e-3


def test_grades_that_follow_the_raster_are_reproduced() -> None:
    """Grades of 2 + 3 x raster: the estimate is that of the block's mean of the raster."""
    problem = drifting()
    samples = problem.elements["cu_pct"]
    assert samples.drift is not None
    values = 2.0 + 3.0 * samples.drift[:, 0]
    problem = replace(problem, elements={"cu_pct": replace(samples, values=values)})
    (estimate,) = fields_of(estimate_whole(problem), "estimate")
    assert problem.column_drift is not None
    wanted = 2.0 + 3.0 * np.broadcast_to(problem.column_drift[0], GRID.array_shape).ravel()
    known = ~np.isnan(estimate)
    assert known.sum() > 100
    np.testing.assert_allclose(estimate[known], wanted[known], rtol=1e-8)


def test_a_gap_in_the_raster_leaves_blocks_open_and_samples_out() -> None:
    """Blocks over the gap have their reason; samples there are dropped and counted."""
    problem = drifting(torn)
    east = problem.elements["cu_pct"].xyz_m[:, 0]
    assert problem.samples_without_drift() == {"cu_pct": int((east < 1015.0).sum())}
    assert problem.samples_without_drift()["cu_pct"] > 0
    model = estimate_whole(problem)
    reason = model.field("cu_pct", "reason")
    assert (reason[:, :, :2] == NO_DRIFT).all()
    assert (reason[:, :, 3:] != NO_DRIFT).all()
    assert np.isnan(model.field("cu_pct", "estimate")[:, :, :2]).all()
    estimate = fields_of(model, "estimate")[0]
    assert largest_difference(again(problem, model), estimate, lambda s: s.estimate) < 1e-9


def test_a_drift_without_its_raster_is_refused_with_the_fix() -> None:
    """The raster's name, where it is asked for, and what there is."""
    with pytest.raises(EstimationError, match=r"elements\.cu_pct\.drift.*'hill'.*rasters: none"):
        problem_with(method="external_drift", drift=ExternalDrift(raster="hill"))


def test_only_the_raster_over_a_tile_is_in_its_key() -> None:
    """Another value far from every sample changes the keys of the tiles below it alone."""

    def other(east_m: Floats, north_m: Floats) -> Floats:
        # block centres of the last column only; no sample lies that precisely there
        changed = np.abs(east_m - 1077.5) < 1e-6
        return hill(east_m, north_m) + changed

    one, two = (all_keys(lay_out(drifting(raster))) for raster in (hill, other))
    same = (one == two).all(axis=1)
    west = np.array([tile.start[0] == 0 for tile in GRID.tiles()])
    np.testing.assert_array_equal(same, west)


# ------------------------------------------------------------------ choices of a domain


def two_domains(**own: Any) -> Problem:
    """Ore and host; what is given holds in the host alone."""
    by_domain = {"host": choices_of(**own)} if own else {}
    plan = plan_with({"cu_pct": element_plan(by_domain=by_domain)}, TWO_DOMAINS)
    return problem_with(plan=plan, domains=("ore", "host"))


OWN = {
    "variogram": variogram(0.3, ("exponential", 0.7, (60.0, 60.0, 60.0))),
    "search": (search_pass(80.0, max_samples=5),),
    "method": "simple",
    "known_mean": 0.4,
}


def test_a_domain_with_its_own_choices_is_estimated_by_them_and_the_other_is_not() -> None:
    """Host as if all were planned so; ore as if nothing had been; to the last bit."""
    plain, own = (estimate_whole(two_domains(**c)) for c in ({}, OWN))
    plan = plan_with({"cu_pct": element_plan(**OWN)}, TWO_DOMAINS)
    everywhere = estimate_whole(problem_with(plan=plan, domains=("ore", "host")))
    domain = own.field("geometry", "domain")
    for code, model in ((1, plain), (2, everywhere)):
        here = domain == code
        assert here.sum() > 50
        for name in FIELDS:
            np.testing.assert_array_equal(
                own.field("cu_pct", name)[here], model.field("cu_pct", name)[here]
            )
    problem = two_domains(**OWN)
    estimate = fields_of(own, "estimate")[0]
    assert largest_difference(again(problem, own), estimate, lambda s: s.estimate) < 1e-9


def test_domain_choices_reach_as_far_as_their_own_search() -> None:
    """A wider search of one domain widens what a tile depends on."""
    wide = two_domains(**{**OWN, "search": (search_pass(300.0),)})
    assert (two_domains().reach_m, wide.reach_m) == (90.0, 300.0)


# ------------------------------------------------------------------ keys


@pytest.mark.parametrize(
    "change",
    [
        {"method": "inverse_distance"},
        {"method": "nearest"},
        {"variogram": CROSSED},
        {"by_domain": {"all": choices_of(**OWN)}},
    ],
)
def test_what_changes_numbers_is_in_the_keys(change: dict[str, Any]) -> None:
    """Each choice of method gives every tile another key."""
    assert keys_of(problem_with(**change)) != keys_of(problem_with())


def test_what_changes_no_number_is_not_in_the_keys() -> None:
    """Class limit, reason, a cap above every grade: the keys stay."""
    change = {"class_limit": "inferred", "reason": "other words", "caps": {"all": 1e9}}
    assert keys_of(problem_with(**change)) == keys_of(problem_with())


@pytest.mark.parametrize("method", ["external_drift", "inverse_distance"])
def test_any_order_of_tiles_gives_the_same_bytes(method: str) -> None:
    """Tiles one by one, forwards and backwards."""
    work = lay_out(drifting() if method == "external_drift" else problem_with(method=method))
    tiles = list(work.problem.grid.tiles())
    one = [estimate_tile(work, t, b"").content_digest for t in tiles]
    assert one == [estimate_tile(work, t, b"").content_digest for t in tiles[::-1]][::-1]


# ------------------------------------------------------------------ bad input


def test_duplicates_without_nugget_are_solved_and_counted() -> None:
    """A second sample at one place has no weight, and both solutions say so."""
    table = drill(GRID, 10, 3)
    twin = table[table["hole_id"] == "H000"].assign(hole_id="H000B")
    plan = make_plan({"cu_pct": element_plan(variogram=variogram(0.0))})
    problem = prepare(GRID, plan, Composites(pd.concat([table, twin], ignore_index=True)), None)
    model = estimate_whole(problem)
    estimate, redundant = fields_of(model, "estimate", "redundant")
    assert (redundant > 0).sum() > 10
    assert largest_difference(again(problem, model), estimate, lambda s: s.estimate) < 1e-7


# ------------------------------------------------------------------ other programs


@pytest.fixture(scope="module")
def computed(shared_data: Path) -> Path:
    """Answers of R gstat on one small set of copper composites."""
    return shared_data / "31_kriging_reference" / "computed"


def by_gstats_problem(folder: Path, values: Floats, model: Variogram, **changes: Any) -> Floats:
    """Every target from all 240 composites, (targets, fields)."""
    data, targets = (pd.read_csv(folder / f"small_{n}.csv") for n in ("data", "targets"))
    wide = search_pass((3e4, 2e4, 1e4), max_samples=len(data), max_per_hole=len(data))
    plan = element_plan(variogram=model, search=(wide,), **changes)
    column = 0 if plan.drift else -1
    visit = visit_of({"cu_pct": plan}, (20.0, 20.0, 10.0), (1, 1, 1), np.zeros(3), column)
    samples = samples_at(data[["x", "y", "z"]].to_numpy(), values)
    samples = replace(samples, drift=data[["drift"]].to_numpy())
    return visit.krige(
        visit.kernel_samples(samples),
        targets[["x", "y", "z"]].to_numpy(dtype=float),
        np.arange(len(targets) + 1),
        None,
        targets[["drift"]].to_numpy(),
    )[0]


GSTATS = Orientation(azimuth_deg=30.0, dip_deg=-20.0, rake_deg=0.0)


@pytest.mark.shared
def test_external_drift_equals_gstat(computed: Path) -> None:
    """Kriging with external drift of all composites (gstat 2.1): estimate and variance."""
    model = variogram(0.1, ("spherical", 0.9, (300.0, 200.0, 100.0)), orientation=GSTATS)
    values = pd.read_csv(computed / "small_data.csv")["Cu_pct"].to_numpy()
    drift = ExternalDrift(raster="drift")
    out = by_gstats_problem(computed, values, model, method="external_drift", drift=drift)
    answer = pd.read_csv(computed / "gstat_ked_point_global.csv")
    worst = [
        float(np.abs(out[:, FIELDS.index(ours)] - answer[theirs].to_numpy()).max())
        for ours, theirs in (("estimate", "Cu.pred"), ("variance", "Cu.var"))
    ]
    print(f"external drift against gstat: estimate {worst[0]:.1e}, variance {worst[1]:.1e}")
    assert max(worst) < 1e-9


@pytest.mark.shared
def test_indicator_kriging_equals_gstat(computed: Path) -> None:
    """The indicator of Cu above 0.4 % from all composites (gstat 2.1), exponential of 240 m."""
    model = variogram(0.05, ("exponential", 0.2, (240.0, 160.0, 80.0)), orientation=GSTATS)
    rule = Indicators(cutoffs=(0.4,), variograms=(model,), lowest=0.0, highest=5.0)
    values = pd.read_csv(computed / "small_data.csv")["Cu_pct"].to_numpy()
    plan = indicator_choices(element_plan(method="median_indicator", indicators=rule))["0"]
    assert plan.variogram == model
    out = by_gstats_problem(computed, indicators_of(values, (0.4,))[0], plan.variogram)
    answer = pd.read_csv(computed / "gstat_ik_gt0.4_exp_global.csv", skipinitialspace=True)
    worst = [
        float(np.abs(1.0 - out[:, 0] - answer["I.pred"].to_numpy()).max()),
        float(np.abs(out[:, 1] - answer["I.var"].to_numpy()).max()),
    ]
    print(f"indicator kriging against gstat: estimate {worst[0]:.1e}, variance {worst[1]:.1e}")
    assert max(worst) < 1e-9


# ------------------------------------------------------------------ with a partner


@pytest.mark.parametrize("method", ["cokriging", "collocated"])
def test_an_element_with_a_partner_is_estimated_by_it(method: str) -> None:
    """Tiles hold what the cokriging of the same blocks gives from all samples at once."""
    shape = SharedStructure(model="spherical", ranges_m=(90.0, 60.0, 30.0), sills=(0.2, 0.3, 0.9))
    model = Coregionalisation(nuggets=(0.05, 0.05, 0.1), structures=(shape,), orientation=TILTED)
    partner = Partner(element="cu_pct", model=model, max_samples=8)
    plan = make_plan(
        {"cu_pct": element_plan(), "mo_ppm": element_plan(method=method, partner=partner)}
    )
    problem = problem_with(plan=plan)
    found = fields_of(estimate_whole(problem), "estimate", layer="mo_ppm")[0]
    z, y, x = np.meshgrid(*(GRID.centres_m(axis) for axis in (2, 1, 0)), indexing="ij")
    centres = np.column_stack([x.ravel(), y.ravel(), z.ravel()])
    whole = cokriging.estimate(problem, problem.elements, "mo_ppm", centres, 1)
    np.testing.assert_allclose(found, whole[:, FIELDS.index("estimate")], rtol=1e-9)
    alone = make_plan({"cu_pct": element_plan(), "mo_ppm": element_plan()})
    other = fields_of(estimate_whole(problem_with(plan=alone)), "estimate", layer="mo_ppm")[0]
    assert np.nanmax(np.abs(found - other)) > 1e-3
