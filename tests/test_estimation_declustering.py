"""Declustering against the published GSLIB example, exhaustive truths, plain loops, invariances."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from estimation.exploratory.declustering import (
    cell_weights,
    declustering_weights,
    nearest_grid,
    nearest_weights,
    sweep_cells,
    sweep_sizes,
    usual_cell,
    usual_spacing,
)

FOLDERS = {"cluster": "19_gslib_cluster_true", "walker": "18_walker_lake"}


def geo_eas(path: Path) -> np.ndarray:
    """Rows of a GSLIB (Geo-EAS) file, as many columns as its head names."""
    lines = path.read_text("latin-1").splitlines()
    columns = int(lines[1].split()[0])
    rows = [line.split() for line in lines[2 + columns :]]
    return np.array([row[:columns] for row in rows if len(row) >= columns], dtype=float)


def flat(xy: np.ndarray) -> np.ndarray:
    """Places on a map as places in space."""
    return np.column_stack([xy, np.zeros(len(xy))])


@pytest.fixture(scope="module")
def cluster(shared_data: Path) -> dict[str, np.ndarray]:
    """GSLIB's cluster.dat, its published weights, and the mean of the exhaustive true.dat."""
    rows = geo_eas(shared_data / FOLDERS["cluster"] / "cluster.dat")
    truth = geo_eas(shared_data / FOLDERS["cluster"] / "true.dat")
    return {"xyz": flat(rows[:, :2]), "grade": rows[:, 2], "published": rows[:, 4],
            "truth": truth[:, 0].mean()}  # fmt: skip


@pytest.fixture(scope="module")
def walker(shared_data: Path) -> dict[str, np.ndarray]:
    """The 470 samples of Walker Lake and the mean of the exhaustive V."""
    rows = geo_eas(shared_data / FOLDERS["walker"] / "walker.dat")
    path = shared_data / FOLDERS["walker"] / "Exhaustive_set.csv"
    truth = np.genfromtxt(path, delimiter=",", skip_header=1, encoding="utf-8-sig")[:, 3]
    return {"xyz": flat(rows[:, 1:3]), "grade": rows[:, 3], "truth": truth.mean()}


def by_the_book(xyz: np.ndarray, size: float, origins: int) -> np.ndarray:
    """``declus`` 2.905 in plain loops: weights of each origin sum to one before they are added."""
    total = np.zeros(len(xyz))
    step = np.minimum(size / origins, np.ptp(xyz, axis=0) / 2)
    for k in range(origins):
        cells: dict[tuple[int, ...], list[int]] = {}
        for i, place in enumerate(xyz - (xyz.min(axis=0) - 0.01 - k * step)):
            cells.setdefault(tuple((place // size).astype(int)), []).append(i)
        for inside in cells.values():
            total[inside] += 1.0 / len(inside) / len(cells)
    return np.asarray(total * len(xyz) / total.sum())


def test_cell_weights_are_those_of_declus(cluster: dict[str, np.ndarray]) -> None:
    """The program's weights for several cells and numbers of origins."""
    for size, origins in ((5.0, 5), (5.5, 5), (8.0, 1), (3.3, 8)):
        found = cell_weights(cluster["xyz"], (size, size, size), origins)
        assert found == pytest.approx(by_the_book(cluster["xyz"], size, origins), rel=1e-12)


def test_the_published_sweep_has_its_minimum_at_five(cluster: dict[str, np.ndarray]) -> None:
    """declus.par of GSLIB: 24 steps from 1 to 25, five origins, least mean: 2.52 against 4.35."""
    assert cluster["grade"].mean() == pytest.approx(4.35, abs=0.005)
    found = sweep_cells(cluster["xyz"], cluster["grade"], np.arange(1.0, 26.0), origins=5)
    assert found.clusters_in == "rich"
    assert found.best_size_m == 5.0
    assert found.best_mean == pytest.approx(2.52, abs=0.005)
    assert found.best_mean == pytest.approx(cluster["truth"], rel=0.03)


def test_the_published_weights_are_cells_of_five_and_a_half(cluster: dict[str, np.ndarray]) -> None:
    """The file's own column: cells of 5.5, five origins added without evening them out first.

    That earlier form of the program weighs an origin by its occupied cells; ours (as 2.905) counts
    origins alike, and moves the mean by 0.2 %.
    """
    xyz, total = cluster["xyz"], np.zeros(140)
    for k in range(5):
        cells = np.floor((xyz - xyz.min(axis=0) + 0.01 + k * 1.1) / 5.5)
        _, inverse, inside = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
        total += 1.0 / inside[inverse.ravel()]
    assert total * 140 / total.sum() == pytest.approx(cluster["published"], abs=7e-4)
    ours = np.average(cluster["grade"], weights=cell_weights(xyz, (5.5, 5.5, 5.5), 5))
    theirs = np.average(cluster["grade"], weights=cluster["published"])
    assert theirs == pytest.approx(2.528, abs=5e-4)
    assert ours == pytest.approx(theirs, rel=2e-3)


@pytest.mark.parametrize(
    ("name", "naive", "off"), [("cluster", 0.68, 0.03), ("walker", 0.56, 0.08)]
)
def test_automatic_weights_come_near_the_truth(
    name: str, naive: float, off: float, request: pytest.FixtureRequest
) -> None:
    """Without a word from the user: the mean is off by a few per cent, unweighted by half."""
    data = request.getfixturevalue(name)
    truth = float(data["truth"])
    assert data["grade"].mean() / truth - 1 == pytest.approx(naive, abs=0.015)
    weights = declustering_weights(data["xyz"], np.arange(len(data["grade"])))
    assert np.average(data["grade"], weights=weights) == pytest.approx(truth, rel=off)


def test_nearest_neighbour_comes_near_the_truth_too(
    cluster: dict[str, np.ndarray], walker: dict[str, np.ndarray]
) -> None:
    """Polygons on the map: within 8 % of cluster's truth, within 2 % of Walker Lake's."""
    for data, off in ((cluster, 0.08), (walker, 0.02)):
        spacing = usual_spacing(data["xyz"], np.arange(len(data["grade"])))
        weights = nearest_weights(data["xyz"], *nearest_grid(data["xyz"], spacing, 1.0))
        mean = np.average(data["grade"], weights=weights)
        assert mean == pytest.approx(float(data["truth"]), rel=off)


def drilled(seed: int = 4, holes: int = 30) -> tuple[np.ndarray, np.ndarray]:
    """Composites down upright holes at random."""
    rng = np.random.default_rng(seed)
    collars = rng.uniform(0, 1000, (holes, 2))
    xyz = [np.column_stack([np.tile(c, (20, 1)), -5.0 * np.arange(20)]) for c in collars]
    return np.concatenate(xyz), np.repeat(np.arange(holes), 20)


def test_a_repeated_cluster_counts_once() -> None:
    """Ten copies of one sample: the others keep their weights, the copies share its weight."""
    rng = np.random.default_rng(5)
    xyz, grade = flat(rng.uniform(0, 100, (60, 2))), rng.lognormal(size=60)
    many, grades = np.vstack([xyz, np.tile(xyz[7], (9, 1))]), np.r_[grade, np.full(9, grade[7])]
    for size in (5.0, 13.0, 40.0):
        single = cell_weights(xyz, (size, size, size))
        crowded = cell_weights(many, (size, size, size))
        assert crowded.sum() == pytest.approx(69)
        assert crowded.min() > 0
        assert crowded[7] == pytest.approx(crowded[60:], rel=1e-12)
        if size == 5.0:  # hardly any cell holds two: the mean doesn't see the copies
            assert np.average(grades, weights=crowded) == pytest.approx(
                np.average(grade, weights=single), rel=0.02
            )
    near = nearest_weights(many, (0.5, 0.5, 1.0), (15.0, 15.0, 1.0))
    assert near[60:] == pytest.approx(0.0)  # of samples in one place the first counts
    alone = nearest_weights(xyz, (0.5, 0.5, 1.0), (15.0, 15.0, 1.0))
    assert near[:60] / near.sum() == pytest.approx(alone / alone.sum(), rel=1e-12)


def test_order_and_place_of_the_map_do_not_matter() -> None:
    """Rows in another order, kilometres away: the same weights."""
    xyz, holes = drilled()
    order = np.random.default_rng(6).permutation(len(xyz))
    weights = declustering_weights(xyz, holes)
    assert declustering_weights(xyz[order], holes[order]) == pytest.approx(weights[order], rel=1e-9)
    far = xyz + np.array([517_000.0, 5_590_000.0, 300.0])
    assert declustering_weights(far, holes) == pytest.approx(weights, rel=1e-6)
    assert weights.mean() == pytest.approx(1.0)


def test_nearest_weights_against_every_distance() -> None:
    """Each node by a table of all distances, measured in the reach; ties to the first row."""
    rng = np.random.default_rng(7)
    xyz = np.column_stack([rng.integers(0, 5, (12, 2)) * 10.0, rng.integers(0, 3, 12) * 5.0])
    step, reach = (5.0, 5.0, 2.5), (14.0, 14.0, 4.9)
    axes = [np.arange(-3, np.ptp(xyz[:, a]) / s + 4) * s + xyz[:, a].min()
            for a, s in enumerate(step)]  # fmt: skip
    nodes = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    distance = cdist(nodes / reach, xyz / reach)
    near = distance.min(axis=1)
    first = (distance <= near[:, None] + 1e-9).argmax(axis=1)
    expected = np.bincount(first[near < 1 - 1e-9], minlength=12).astype(float)
    found = nearest_weights(xyz, step, reach)
    assert found == pytest.approx(expected * 12 / expected.sum(), rel=1e-12)


def test_an_even_grid_needs_no_weights() -> None:
    """Holes on a square grid: the cell is its spacing, and weights are nearly alike."""
    x, y = np.meshgrid(np.arange(12) * 50.0, np.arange(12) * 50.0)
    xyz = flat(np.column_stack([x.ravel(), y.ravel()]))
    holes = np.arange(144)
    assert usual_cell(xyz, holes) == (50.0, 50.0, 25.0)
    assert declustering_weights(xyz, holes) == pytest.approx(1.0)
    neither = sweep_cells(xyz, np.random.default_rng(1).normal(5, 1, 144), sweep_sizes(50.0))
    assert neither.clusters_in == "neither"
    assert np.isnan(neither.best_size_m)


def test_infill_does_not_set_the_spacing() -> None:
    """A 50 m grid with a fifth of it drilled at 10 m: the cell stays near the grid's."""
    x, y = np.meshgrid(np.arange(15) * 50.0, np.arange(15) * 50.0)
    grid = np.column_stack([x.ravel(), y.ravel()])
    u, v = np.meshgrid(np.arange(30) * 10.0 + 105, np.arange(30) * 10.0 + 105)
    places = flat(np.vstack([grid, np.column_stack([u.ravel(), v.ravel()])]))
    spacing = usual_spacing(places, np.arange(len(places)))
    assert spacing == 50.0
    grade = np.where((places[:, 0] > 100) & (places[:, 0] < 400) & (places[:, 1] > 100)
                     & (places[:, 1] < 400), 3.0, 1.0)  # fmt: skip
    mean = np.average(grade, weights=declustering_weights(places, np.arange(len(places))))
    assert grade.mean() > 2.5
    assert mean == pytest.approx(1 + 2 * 300**2 / 750**2, rel=0.08)  # by area
    assert sweep_cells(places, grade, sweep_sizes(spacing)).clusters_in == "rich"
    assert sweep_cells(places, 4 - grade, sweep_sizes(spacing)).clusters_in == "poor"


def test_one_hole_and_no_samples_have_weights() -> None:
    """One hole: nothing is known of its spread; none: an empty array."""
    assert declustering_weights(drilled(holes=1)[0], np.zeros(20)).tolist() == [1.0] * 20
    assert declustering_weights(np.zeros((0, 3)), np.zeros(0)).size == 0
    assert nearest_weights(np.zeros((0, 3)), (1.0, 1.0, 1.0), (1.0, 1.0, 1.0)).size == 0
