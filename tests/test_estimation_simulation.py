"""Conditional simulation: its fields, its data, its interval, and the same bytes in any crew."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest

from estimation.engine.dense import correlation
from estimation.exploratory.declustering import declustering_weights
from estimation.parallel import Crew, Workers
from estimation.plan import Orientation, Variogram
from estimation.simulation.conditioning import (
    NEAREST,
    OF_A_HOLE,
    data_of,
    neighbourhoods,
    weights_of,
)
from estimation.simulation.panels import Panel
from estimation.simulation.records import percentiles_kg, summed_kg
from estimation.simulation.scores import gaussian_correlation, scores_of, scores_variogram
from estimation.simulation.simulate import Job, block_grades, make_field, total_draws_t
from estimation.simulation.spectral import WAVES, draw_waves, spectrum
from estimation.validation.change_of_support import fit_anamorphosis
from estimation.variography.experimental_scores import back_to_raw
from estimation.variography.models import covariance
from geo.config import GridSpec
from geo.grids import BlockGrid
from tests.engine_problems import Floats, element_plan, samples_at, variogram

TURNED = Orientation(azimuth_deg=30.0, dip_deg=-20.0, rake_deg=15.0)
TWO = variogram(
    0.0,
    ("spherical", 0.6, (60.0, 40.0, 20.0)),
    ("exponential", 0.4, (200.0, 100.0, 50.0)),
    orientation=TURNED,
)
FOUR_SIGMA = 4.0
MODELS = ("spherical", "exponential", "gaussian", "cubic", "matern_3_2")


def fields(model: Variogram, count: int, points: Floats) -> Floats:
    """``count`` x 5 unconditional realizations at points: (n, realizations)."""
    rng = np.random.default_rng(20271231)
    return np.concatenate([draw_waves(model, rng).at(points) for _ in range(count)], axis=1)


# ------------------------------------------------------------------ unconditional fields


@pytest.mark.parametrize("model", MODELS)
def test_a_spectrum_gives_its_correlation_back(model: str) -> None:
    """C(h) = int p(k) sin(kh)/(kh) dk; what lies beyond the table is no more than its share."""
    lengths, share = spectrum(model)
    middle, mass = (lengths[1:] + lengths[:-1]) / 2.0, np.diff(share)
    lags = np.array([0.05, 0.2, 0.5, 0.8, 1.1])
    found = [(np.sinc(middle * h / np.pi) * mass).sum() for h in lags]
    assert share[-1] > 0.98
    np.testing.assert_allclose(found, correlation(model, lags), atol=1.0 - share[-1] + 1e-3)


def test_the_exponential_spectrum_is_the_known_one() -> None:
    """Share below k of exp(-3 h): 2/pi (atan(k/3) - (k/3)/(1 + k^2/9))."""
    lengths, share = spectrum("exponential")
    b = lengths / 3.0
    np.testing.assert_allclose(share, 2 / np.pi * (np.arctan(b) - b / (1 + b * b)), atol=2e-4)


def test_unconditional_fields_have_the_model_covariance_and_are_normal() -> None:
    """4,000 realizations at eleven places, turned axes, two structures: within four sigma."""
    rng = np.random.default_rng(1)
    points = rng.uniform(-80.0, 80.0, (11, 3))
    values = fields(TWO, 800, points)
    count = values.shape[1]
    found = values @ values.T / count
    expected = np.array([covariance(TWO, points - p) for p in points])
    sigma = np.sqrt((1.0 + expected**2) / count)
    assert np.all(np.abs(found - expected) < FOUR_SIGMA * sigma)
    assert np.all(np.abs(values.mean(axis=1)) < FOUR_SIGMA / np.sqrt(count))
    assert min(kstest(row, "norm").pvalue for row in values) > 1e-3 / len(points)


def test_one_realization_has_the_histogram_and_variogram_over_a_wide_ground() -> None:
    """40 ranges across: mean, variance and variogram of five realizations near the model.

    Amplitudes are normal, so a realization's variance has a spread of 1/sqrt(WAVES) of its own.
    """
    model = variogram(0.0, ("spherical", 1.0, (10.0, 10.0, 10.0)))
    waves = draw_waves(model, np.random.default_rng(7))
    box = waves.on_box(np.zeros(3), np.array([2.0, 2.0, 2.0]), (200, 200, 20))
    assert np.abs(box.mean(axis=(0, 1, 2))).max() < 0.1
    variance = box.var(axis=(0, 1, 2))
    assert np.abs(variance - 1.0).max() < FOUR_SIGMA / np.sqrt(WAVES)
    for step in (1, 2, 4):
        half = np.mean((box[:, :, step:] - box[:, :, :-step]) ** 2, axis=(0, 1, 2)) / 2.0
        expected = 1.0 - correlation("spherical", np.array([step * 0.2]))[0]
        np.testing.assert_allclose((half / variance).mean(), expected, rtol=0.1)


def test_a_box_is_its_points() -> None:
    """The product of three waves is the wave."""
    waves = draw_waves(TWO, np.random.default_rng(3))
    first, step, shape = np.array([5.0, 7.0, 11.0]), np.array([2.5, 3.0, 4.0]), (5, 3, 7)
    z, y, x = np.meshgrid(
        *(first[a] + step[a] * np.arange(shape[a]) for a in (2, 1, 0)), indexing="ij"
    )
    points = np.column_stack([x.ravel(), y.ravel(), z.ravel()])
    box = waves.on_box(first, step, shape)
    np.testing.assert_allclose(box.reshape(len(points), -1), waves.at(points), atol=1e-10)


# ------------------------------------------------------------------ scores


def test_scores_there_and_back() -> None:
    """Every sample comes back as itself; beyond the ends the ends."""
    rng = np.random.default_rng(5)
    grades = rng.lognormal(0.0, 0.8, 300)
    table = scores_of(grades, np.ones(300))
    np.testing.assert_allclose(table.back(table.forward(grades)), grades, rtol=2e-3)
    assert table.back(np.array([-9.0, 9.0])).tolist() == [grades.min(), grades.max()]
    many = table.back(rng.standard_normal(200_000))
    assert many.mean() == pytest.approx(grades.mean(), rel=0.02)


def test_the_variogram_of_scores_gives_the_plans_back() -> None:
    """Through the anamorphosis (an independent formula): the raw relative variogram, to 4 %."""
    rng = np.random.default_rng(6)
    grades = rng.lognormal(0.0, 0.7, 2000)
    raw = variogram(0.1, ("spherical", 0.9, (100.0, 80.0, 60.0)))
    found = scores_variogram(raw, grades, np.ones(2000))
    assert found.total_sill == pytest.approx(1.0)
    assert found.nugget < 0.1
    model = fit_anamorphosis(grades, np.ones(2000))
    lags = np.linspace(5.0, 120.0, 24)[:, None] * np.array([0.0, 1.0, 0.0])
    there = back_to_raw(1.0 - covariance(found, lags), model.coefficients)
    sill = float(np.sum(model.coefficients[1:] ** 2))
    np.testing.assert_allclose(there / sill, 1.0 - covariance(raw, lags), atol=0.04)
    assert gaussian_correlation(model, np.array([0.0, 1.0])).tolist() == [0.0, 1.0]


# ------------------------------------------------------------------ conditioning


def conditioned(
    points: Floats, scores: Floats, nodes: Floats, sets: int, model: Variogram = TWO
) -> Floats:
    """Conditional realizations at nodes: (nodes, realizations)."""
    data = data_of(points, np.arange(len(points)), model)
    weights = weights_of(data, nodes, np.zeros((1, 3)), np.zeros(3))
    every = fields(model, sets, np.concatenate([points, nodes]))
    at_data, at_nodes = every[: len(points)], every[len(points) :]
    return at_nodes + weights.corrections(scores[:, None] - at_data)[:, 0]


def test_data_are_honoured_and_elsewhere_it_is_simple_kriging() -> None:
    """Mean and variance of 3,000 realizations against a dense solution, within four sigma."""
    rng = np.random.default_rng(8)
    points, scores = rng.uniform(0, 100, (25, 3)), rng.standard_normal(25)
    nodes = np.concatenate([points[:5], rng.uniform(0, 100, (20, 3))])
    values = conditioned(points, scores, nodes, 600)
    assert np.abs(values[:5] - scores[:5, None]).max() < 1e-3
    left = np.array([covariance(TWO, points - p) for p in points])
    right = np.array([covariance(TWO, nodes - p) for p in points])
    weights = np.linalg.solve(left, right)
    mean, variance = weights.T @ scores, 1.0 - (weights * right).sum(axis=0)
    count = values.shape[1]
    sigma = np.sqrt(np.maximum(variance, 1e-6) / count)
    assert np.all(np.abs(values.mean(axis=1) - mean)[5:] < FOUR_SIGMA * sigma[5:])
    spread = values.var(axis=1)[5:] / variance[5:]
    assert np.all(np.abs(spread - 1.0) < FOUR_SIGMA * np.sqrt(2.0 / count))


def test_agrees_with_gstools() -> None:
    """Mean and variance of conditional fields by GSTools' simple kriging, which they are by theory.

    Its conditional fields are the same sum of waves, and take minutes for as many realizations.
    """
    gstools = pytest.importorskip("gstools")
    rng = np.random.default_rng(9)
    points, scores = rng.uniform(0, 100, (15, 3)), rng.standard_normal(15)
    nodes = rng.uniform(0, 100, (12, 3))
    ranges = (60.0, 40.0, 20.0)
    theirs = gstools.krige.Simple(
        gstools.Spherical(dim=3, var=1.0, len_scale=ranges), points.T, scores, mean=0.0
    )
    mean, variance = theirs(nodes.T)
    east = Orientation(azimuth_deg=90.0, dip_deg=0.0, rake_deg=0.0)
    values = conditioned(
        points, scores, nodes, 400, variogram(0.0, ("spherical", 1.0, ranges), orientation=east)
    )
    count = values.shape[1]
    assert np.all(np.abs(values.mean(axis=1) - mean) < FOUR_SIGMA * np.sqrt(variance / count))
    assert np.all(np.abs(values.var(axis=1) / variance - 1.0) < FOUR_SIGMA * np.sqrt(2 / count))


def test_a_neighbourhood_is_of_several_holes() -> None:
    """One long hole close by, others farther: no more of a hole than allowed, each sample once."""
    depth = np.arange(100.0)
    collars = [(0.0, 0.0), (40.0, 0.0), (0.0, 40.0), (40.0, 40.0)]
    points = np.concatenate([np.column_stack([np.tile(c, (100, 1)), depth]) for c in collars])
    holes = np.repeat(np.arange(4), 100)
    data = data_of(points, holes, TWO)
    near = neighbourhoods(data, np.array([[1.0, 1.0, 50.0], [20.0, 20.0, 0.0]]), np.zeros(3))
    assert near.shape == (2, NEAREST)
    for row in near:
        kept = row[row >= 0]
        assert np.unique(kept).size == kept.size == 4 * OF_A_HOLE
        assert np.bincount(holes[kept]).tolist() == [OF_A_HOLE] * 4


# ------------------------------------------------------------------ a whole figure


def small_job() -> tuple[Job, list[Panel]]:
    """30 holes of composites of a lognormal field, 2 tiles of blocks, two classes."""
    rng = np.random.default_rng(11)
    collars = rng.uniform(0.0, 200.0, (30, 2))
    xyz = np.concatenate(
        [np.column_stack([np.tile(c, (10, 1)), 5.0 + 10.0 * np.arange(10)]) for c in collars]
    )
    scores = draw_waves(TWO, rng, 1).at(xyz)[:, 0]
    samples = samples_at(xyz, np.exp(0.5 * scores), np.repeat(np.arange(30), 10))
    spec = GridSpec(
        origin_m=(0.0, 0.0, 0.0), block_m=(10.0, 10.0, 10.0), shape=(20, 20, 10), tile=(16, 16, 16)
    )
    grid = BlockGrid(spec)
    field = make_field(samples, 1, element_plan(variogram=TWO), np.zeros(3), (42, 50))
    panels = []
    for tile in grid.tiles():
        count = int(np.prod(tile.shape))
        block = np.flatnonzero(rng.random(count) < 0.7)
        panels.append(Panel(1, tile, block, block % 2, np.full(block.size, 2700.0)))
    return Job(grid, (2, 2, 1), 1.0, 1e-2, {1: field}), panels


def test_one_worker_or_two_the_same_bytes() -> None:
    """Panels are added in their order, whoever finishes first; another seed is another draw."""
    job, panels = small_job()
    with Crew(Workers(count=1)) as crew:
        one = total_draws_t(job, panels, crew)
    with Crew(Workers(count=2)) as crew:
        two = total_draws_t(job, panels, crew)
    assert one.tobytes() == two.tobytes()
    assert one.shape == (2, 3, 50)
    assert (one[:, 2] == 0).all()
    again, _ = small_job()
    with Crew(Workers(count=1)) as crew:
        assert total_draws_t(again, panels, crew).tobytes() == one.tobytes()


def test_what_is_drawn_is_what_blocks_hold() -> None:
    """Metal and ore above the cut-off, class by class, from the blocks' grades themselves."""
    job, panels = small_job()
    panel = panels[0]
    grades = np.concatenate([part for _, part in block_grades(job, panel)], axis=1)
    with Crew(Workers(count=1)) as crew:
        found = total_draws_t(job, [panel], crew)
    for k in (0, 1):
        here = panel.class_index == k
        rich = grades[here] >= 1.0
        np.testing.assert_allclose(found[1, k], 2700.0 * rich.sum(axis=0))
        np.testing.assert_allclose(found[0, k], 27.0 * (rich * grades[here]).sum(axis=0))


def test_a_block_of_one_node_at_a_datum_is_the_datum() -> None:
    """No nugget, a node on a sample: the sample's grade in every realization."""
    spec = GridSpec(
        origin_m=(0.0, 0.0, 0.0), block_m=(10.0, 10.0, 10.0), shape=(4, 4, 4), tile=(4, 4, 4)
    )
    grid = BlockGrid(spec)
    (tile,) = grid.tiles()
    rng = np.random.default_rng(12)
    rows = np.sort(rng.choice(64, 40, replace=False))
    values = rng.lognormal(0.0, 0.5, 40)
    samples = samples_at(grid.tile_centres_m(tile)[rows], values, np.arange(40))
    field = make_field(samples, 1, element_plan(variogram=TWO), np.zeros(3), (1, 20))
    assert field.data.variogram.nugget < 1e-9
    panel = Panel(1, tile, rows, np.zeros(40, np.int64), np.ones(40))
    job = Job(grid, (1, 1, 1), 0.0, 1.0, {1: field})
    ((_, grades),) = block_grades(job, panel)
    np.testing.assert_allclose(grades, np.repeat(values[:, None], 20, axis=1), rtol=5e-3)


def test_percentiles_of_a_sum_are_of_the_sum() -> None:
    """P10, P50, P90 by linear interpolation; parts are added realization by realization."""
    draws = tuple(range(0, 101_000, 1000))
    assert percentiles_kg(draws) == (10_000, 50_000, 90_000)
    against = summed_kg([draws, draws[::-1]])
    assert percentiles_kg(against) == (100_000, 100_000, 100_000)
    with pytest.raises(ValueError, match="zip"):
        summed_kg([draws, draws[1:]])


# ------------------------------------------------------------------ exhaustive truth


@pytest.mark.shared
def test_walker_lake_truth_lies_in_the_intervals(shared_data: Path) -> None:
    """True means of 780 blocks and the lake's: the 80 % intervals hold about 80 % of them."""
    folder = shared_data / "18_walker_lake"
    lines = (folder / "walker.dat").read_text("latin-1").splitlines()
    columns = 2 + int(lines[1].split()[0])
    cells = [line.split() for line in lines[columns:]]
    rows = np.array([row[1:4] for row in cells if len(row) > 3], dtype=float)
    xyz = np.column_stack([rows[:, :2], np.zeros(len(rows))])
    truth = pd.read_csv(folder / "Exhaustive_set.csv").sort_values(["Y", "X"])["V"].to_numpy()
    blocks = truth.reshape(30, 10, 26, 10).mean(axis=(1, 3)).ravel()
    # Isaaks & Srivastava (1989) ch. 16, as in test_estimation_reference
    model = variogram(
        22000.0,
        ("spherical", 40000.0, (36.0, 20.0, 10.0)),
        ("spherical", 45000.0, (126.0, 70.0, 35.0)),
        orientation=Orientation(azimuth_deg=-14.0, dip_deg=0.0, rake_deg=0.0),
    )
    spec = GridSpec(
        origin_m=(0.5, 0.5, -0.5), block_m=(10.0, 10.0, 1.0), shape=(26, 30, 1), tile=(26, 30, 1)
    )
    grid = BlockGrid(spec)
    samples = samples_at(xyz, rows[:, 2], np.arange(len(rows)))
    origin = np.array(spec.origin_m)
    field = make_field(samples, 1, element_plan(variogram=model), origin, (1, 200))
    (tile,) = grid.tiles()
    panel = Panel(1, tile, np.arange(780), np.zeros(780, np.int64), np.ones(780))
    job = Job(grid, (5, 5, 1), 0.0, 1.0, {1: field})
    drawn = np.concatenate([part for _, part in block_grades(job, panel)], axis=1)
    low, high = np.percentile(drawn, (10, 90), axis=1)
    inside = float(np.mean((blocks >= low) & (blocks <= high)))
    lake = np.percentile(drawn.mean(axis=0), (10, 50, 90))
    weights = declustering_weights(xyz, np.arange(len(rows)))
    print(f"blocks inside {inside:.3f}; lake {lake} truth {blocks.mean():.1f}")
    print(f"declustered {np.average(rows[:, 2], weights=weights):.1f}")
    print(f"correlation {np.corrcoef(drawn.mean(axis=1), blocks)[0, 1]:.3f}")
    assert 0.70 <= inside <= 0.90
    assert lake[1] == pytest.approx(blocks.mean(), rel=0.08)
