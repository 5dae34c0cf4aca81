"""Density, cross-validation, declustering and caps against plain loops and published figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from estimation.errors import EstimationError
from estimation.exploratory.capping import cap_by_multiple_of_mean, metal_removed_share
from estimation.exploratory.declustering import cell_weights, weighted_mean_and_variance
from estimation.models.layers import FIELDS
from estimation.plan import Plan
from estimation.rotation import axes_from_gslib
from estimation.statement.classification import classify
from estimation.statement.density import densities
from estimation.validation.cross_validation import cross_validate
from estimation.validation.swaths import swath, swath_axes
from estimation.validation.walk import axis_along, walk
from geo.drillholes.reading import Drillholes
from tests.engine_problems import (
    TILTED,
    TWO_DOMAINS,
    brute_choice,
    dense_kriging,
    drill,
    element_plan,
    estimate_whole,
    make_grid,
    make_plan,
    problem_of,
    search_pass,
    tables,
)


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
    found = densities(*density_case(35))
    assert found.by_domain == pytest.approx({"ore": (0.2 * 2.0 + 3.0) / 1.2, "host": 2.5})
    assert found.measured == {"ore": 40, "host": 35}


def test_few_measurements_leave_the_assigned_density() -> None:
    """29 measurements are too few; a domain with neither is an error that names it."""
    holes, plan = density_case(29)
    found = densities(holes, plan)
    assert found.by_domain["host"] == 2.66
    assert found.means == {"ore"}
    none = plan.model_copy(
        update={"density": plan.density.model_copy(update={"assigned_tpm3": {}})}
    )
    with pytest.raises(EstimationError, match="host"):
        densities(holes, none)


def test_cross_validation_leaves_the_whole_hole_out() -> None:
    """Every composite from the other holes' samples, by a plain loop with its own search."""
    grid = make_grid(shape=(8, 8, 4))
    search = (search_pass((80.0, 60.0, 30.0), min_samples=3, max_per_hole=2, min_holes=2),)
    plan = make_plan({"cu_pct": element_plan(search=search)})
    problem = problem_of(grid, plan, drill(grid, 9, 4))
    found = cross_validate(problem, "cu_pct")
    samples = problem.elements["cu_pct"]
    places = (samples.xyz_m - samples.xyz_m.mean(axis=0)) @ axes_from_gslib(TILTED).T
    scaled = places / np.array(search[0].radii_m)
    rows = []
    for i in range(len(samples)):
        others = np.flatnonzero(samples.holes != samples.holes[i])
        chosen = others[brute_choice(scaled[i], scaled[others], samples.holes[others], search[0])]
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
    seen = walk(model, problem, "cu_pct")
    main = model.read(grid.whole, {"cu_pct": FIELDS})["cu_pct"]
    inside = classify(main, model.field("geometry", "mean_distance_m"), problem.plan.classification)
    for name in ("estimate", "inverse_distance", "nearest"):
        expected = main[name][inside > 0].mean()
        assert seen.means[name] == pytest.approx(expected, rel=1e-12)
    assert seen.blocks == (inside > 0).sum() > 0
    assert np.sort(seen.grades).tolist() == np.sort(main["estimate"][inside > 0]).tolist()
    assert seen.heavy == (main["negative_weights"][inside > 0] < -0.05).sum()


def test_swaths_are_means_of_slices() -> None:
    """Along east, and along an axis turned by 30 degrees, by plain loops over blocks."""
    grid = make_grid(shape=(12, 12, 4), tile=(5, 5, 4))
    problem = problem_of(grid, make_plan(), drill(grid, 12, 4))
    model = estimate_whole(problem)
    assert [axis.name for axis in swath_axes(problem, "cu_pct")][:3] == ["x", "y", "z"]
    turned = (np.sin(np.pi / 6), np.cos(np.pi / 6), 0.0)
    axes = (axis_along(grid, "x", (1.0, 0.0, 0.0)), axis_along(grid, "turned", turned))
    seen = walk(model, problem, "cu_pct", axes)
    main = model.read(grid.whole, {"cu_pct": FIELDS})["cu_pct"]
    inside = classify(main, model.field("geometry", "mean_distance_m"), problem.plan.classification)
    _, y, x = np.meshgrid(*(grid.centres_m(a) for a in (2, 1, 0)), indexing="ij")
    samples = problem.elements["cu_pct"]
    weights = np.linspace(0.5, 1.5, len(samples))
    assert axes[0].width_m == 20.0
    for axis in axes:
        found = swath(axis, seen.swaths[axis.name], samples, weights)
        along = x * axis.vector[0] + y * axis.vector[1]
        of_samples = samples.xyz_m @ np.array(axis.vector)
        for number in range(axis.count):
            low = axis.start_m + number * axis.width_m
            here = (along >= low) & (along < low + axis.width_m) & (inside > 0)
            assert found.blocks[number] == here.sum()
            if here.any():
                kriged = main["estimate"][here].mean()
                assert found.means["estimate"][number] == pytest.approx(kriged, rel=1e-10)
            near = (of_samples >= low) & (of_samples < low + axis.width_m)
            assert found.samples[number] == near.sum()
            if near.sum() >= 5:
                mean = np.average(samples.values[near], weights=weights[near])
                assert found.composites[number] == pytest.approx(mean)
            else:
                assert np.isnan(found.composites[number])


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
