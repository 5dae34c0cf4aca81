"""Estimates against exhaustive truth: Walker Lake, GSLIB's cluster and true, Marvin.

``python -m benchmarks.truth`` (BORNITE_SHARED_DATA) takes samples through the program's own path
(composites, plan, engine, store), compares every block with its true grade, and prints the tables
of ``docs/validation.md``. Change of support: estimation.validation.change_of_support.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from estimation.engine.krige import prepare
from estimation.engine.visit import discretisation
from estimation.exploratory.declustering import declustering_weights
from estimation.models.block_model import make_vintage
from estimation.models.store import ModelStore
from estimation.parallel import Crew, Workers
from estimation.plan import Plan, Variogram
from estimation.validation.change_of_support import (
    change_support,
    counted_curve,
    fit_anamorphosis,
    ratio_of_scores,
    variance_ratio,
)
from geo.config import GridSpec
from geo.drillholes.composite import Composites
from geo.grids import BlockGrid

Floats = npt.NDArray[np.float64]

METAL = "cu_pct"
"""Name that every case's grade goes by: the benchmark is of methods, not of units."""
DAY = date(2026, 1, 1)
BIAS, SLOPE, CURVE = 0.03, 0.1, 0.05
"""What is asked: bias of the mean, slope about 1, metal at each cut-off."""


@dataclass(frozen=True)
class Case:
    """Samples, a plan with its reasons, and the true grade of every block."""

    name: str
    composites: pd.DataFrame
    plan: Plan
    grid: BlockGrid
    truth: Floats
    """(nz, ny, nx), NaN where there is none."""
    cutoffs: Floats
    scores: Variogram
    """Variogram of the normal scores, for the change of support."""
    points: tuple[int, int, int] = (10, 10, 10)
    """Points of a block: where a sample is a small block, as many as make up a large one."""
    share: Floats | None = None
    """(nz, ny, nx) share of each block that counts; None: all of it."""


@dataclass(frozen=True)
class Outcome:
    """A case's figures; arrays are by cut-off."""

    name: str
    samples: int
    blocks: int
    true_mean: float
    bias: dict[str, float]
    """Of means, over the true mean, less 1: plain, declustered by cells and by the nearest
    sample, of the kriged blocks."""
    slope: float
    correlation: float
    ratios: tuple[float, float, float]
    """Block variance over point variance: by the scores' variogram, by the grades', and true
    block variance over the declustered samples' variance."""
    cutoffs: Floats
    true_metal: Floats
    metal: dict[str, Floats]
    """Over the true metal, less 1: by change of support, and of the kriged blocks."""


def estimate(case: Case) -> tuple[Floats, Any]:
    """Make the case's model through the store: estimates (nz, ny, nx), and the samples."""
    problem = prepare(case.grid, case.plan, Composites(case.composites), None)
    with tempfile.TemporaryDirectory() as folder, Crew(Workers(count=1)) as crew:
        store = ModelStore(Path(folder), case.grid)
        make_vintage(problem, store, DAY, crew)
        model = store.read_vintage(DAY)
        return model.field(METAL, "estimate"), problem.elements[METAL]


def judge(case: Case) -> Outcome:
    """Compare one case with its truth, block by block and as a distribution."""
    kriged, samples = estimate(case)
    share = np.ones(case.truth.shape) if case.share is None else case.share
    known = ~np.isnan(kriged) & (share > 0)
    true, guess, part = case.truth[known], kriged[known], share[known]
    mean = float(np.average(true, weights=part))
    values, block_m = samples.values, case.grid.spec.block_m
    even = _nearest_weights(case, samples.xyz_m, share)
    cells = declustering_weights(samples.xyz_m, samples.holes)
    element = case.plan.elements[METAL]
    ratios = (
        ratio_of_scores(fit_anamorphosis(values, even), case.scores, block_m, case.points),
        variance_ratio(element, block_m, case.points),
    )
    by_scores, by_grades = (change_support(values, even, r, case.cutoffs) for r in ratios)
    spread = np.cov(np.vstack([true, guess]), aweights=part)
    metal = counted_curve(true, part, case.cutoffs).metal
    return Outcome(
        case.name,
        len(values),
        int(known.sum()),
        mean,
        {
            "plain": float(values.mean() / mean - 1),
            "cells": float(np.average(values, weights=cells) / mean - 1),
            "nearest": by_scores.mean / mean - 1,
            "kriged": float(np.average(guess, weights=part) / mean - 1),
        },
        float(spread[0, 1] / spread[1, 1]),
        float(spread[0, 1] / np.sqrt(spread[0, 0] * spread[1, 1])),
        (ratios[0], ratios[1], float(spread[0, 0] / by_scores.point_variance)),
        case.cutoffs,
        metal,
        {
            "gaussian": by_scores.gaussian.metal / metal - 1,
            "gaussian of grades": by_grades.gaussian.metal / metal - 1,
            "affine": by_scores.affine.metal / metal - 1,
            "kriged": counted_curve(guess, part, case.cutoffs).metal / metal - 1,
        },
    )


def _nearest_weights(case: Case, xyz_m: Floats, share: Floats) -> Floats:
    """Ground nearest to each sample, of the ground that is to be estimated; mean 1."""
    points = discretisation(case.grid.spec.block_m, (*case.points[:2], 1))
    (tile,) = case.grid.tiles()
    nodes = (case.grid.tile_centres_m(tile)[:, None] + points).reshape(-1, 3)
    _, nearest = cKDTree(xyz_m).query(nodes)
    part = np.repeat(share.ravel(), len(points))
    weights = np.bincount(nearest, weights=part, minlength=len(xyz_m))
    return np.asarray(weights / weights.mean())


# ------------------------------------------------------------------ the cases


def walker(folder: Path) -> Iterator[Case]:
    """V of the 470 samples; blocks of 10 x 10 m of the 78,000 true values."""
    lines = (folder / "walker.dat").read_text("utf-8").splitlines()[8:]
    found = np.array([[float(word) for word in line.split()] for line in lines if line.strip()])
    table = _table(found[:, 1:3], found[:, 3])
    truth = pd.read_csv(folder / "Exhaustive_set.csv", encoding="utf-8-sig")
    everywhere = np.zeros((300, 260))
    everywhere[truth["Y"].astype(int) - 1, truth["X"].astype(int) - 1] = truth["V"]
    grid = _grid((0.5, 0.5, -0.5), (10.0, 10.0, 1.0), (26, 30, 1))
    model = _variogram(
        22000.0,
        [("spherical", 40000.0, (30.0, 25.0, 25.0)), ("spherical", 45000.0, (150.0, 50.0, 50.0))],
        azimuth=-14.0,
    )
    blocks = _means(everywhere, 10, 10)[None]
    search = [_pass(60.0, 4, 20), _pass(150.0, 4, 20)]
    plan = _plan(
        model, search, (5, 5, 1), "Isaaks & Srivastava (1989), table 16.2: published model"
    )
    cutoffs = np.array([0.0, 100.0, 200.0, 300.0, 400.0, 500.0])
    # normal scores by lag, weighted least squares along N14W and across, plateau brought to 1
    scores = _variogram(
        0.0,
        [("spherical", 0.338, (16.9, 11.5, 11.5)), ("spherical", 0.662, (68.9, 38.1, 38.1))],
        azimuth=-14.0,
    )
    yield Case("Walker Lake V", table, plan, grid, blocks, cutoffs, _model(scores))


def gslib(folder: Path) -> Iterator[Case]:
    """Primary of the 140 clustered samples; blocks of 5 x 5 of the 2,500 true values."""
    found = np.loadtxt(folder / "cluster.dat", skiprows=7)
    truth = np.loadtxt(folder / "true.dat", skiprows=4)[:, 0].reshape(50, 50)
    grid = _grid((0.0, 0.0, -0.5), (5.0, 5.0, 1.0), (10, 10, 1))
    model = _variogram(6.0, [("spherical", 14.0, (10.0, 10.0, 10.0))])
    reason = "range of the normal scores; nugget higher, as skewed grades have it (GSLIB, II.3)"
    plan = _plan(model, [_pass(20.0, 4, 16), _pass(50.0, 4, 16)], (5, 5, 1), reason)
    cutoffs = np.array([0.0, 1.0, 2.0, 3.0, 5.0])
    table = _table(found[:, :2], found[:, 2])
    blocks = _means(truth, 5, 5)[None]
    # normal scores, weighted: 0.26 at 1.2, 0.54 at 2.8, 0.68 at 5, 0.80 at 6.8, 0.97 at 11
    scores = _variogram(0.1, [("spherical", 0.9, (10.0, 10.0, 10.0))])
    yield Case("GSLIB cluster", table, plan, grid, blocks, cutoffs, _model(scores))


def marvin(folder: Path) -> Iterator[Case]:
    """Virtual vertical holes every 2, 3 and 4 blocks; panels of 2 x 2 x 1 blocks.

    A sample is a block of 30 m, and a panel's true grade the mean of its four: the change of
    support is from one block to four. The ore's outline is taken as known: only ore is sampled,
    and a panel counts by its share of ore.
    """
    names = ["id", "x", "y", "z", "tonnes", "au", "cu", "profit"]
    table = pd.read_csv(folder / "marvin.blocks", sep=r"\s+", header=None, names=names)
    everywhere = np.full((17, 60, 61), np.nan)
    everywhere[table["z"], table["y"], table["x"]] = table["cu"]
    everywhere = everywhere[:15, 16:46, 10:40]
    ore = everywhere > 0
    share = np.stack([_means(level, 2, 2) for level in ore.astype(float)])
    metal = np.stack([_means(level, 2, 2) for level in np.where(ore, everywhere, 0.0)])
    panels = np.divide(metal, share, out=np.zeros_like(metal), where=share > 0)
    # share of the variance: north 0.27 at 60 m, 0.44 at 120, 0.5 from 180; east 0.27, 0.56, 0.7;
    # up 0.12 at 30 m, 0.32 at 60, 0.78 at 120: smooth at the origin, so cubic
    shape = [("cubic", 0.5, (220.0, 220.0, 220.0)), ("cubic", 0.5, (2000.0, 420.0, 220.0))]
    scores = _variogram(0.0, shape)
    model = _variogram(0.0008, [(kind, 0.0396 / 0.5 * sill, r) for kind, sill, r in shape])
    cutoffs = np.array([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    grid = _grid((0.0, 0.0, 0.0), (60.0, 60.0, 30.0), (15, 15, 15))
    for step in (2, 3, 4):
        search = [_pass(60.0 * step, 8, 16, holes=3), _pass(120.0 * step, 2, 16)]
        plan = _plan(model, search, (2, 2, 1), "from the 60 m holes, three directions")
        table = _holes(everywhere, step)
        name = f"Marvin {30 * step} m"
        yield Case(name, table, plan, grid, panels, cutoffs, _model(scores), (2, 2, 1), share)


def _holes(grades: Floats, step: int) -> pd.DataFrame:
    """Vertical holes through every ``step``-th column of blocks, from an inner corner."""
    levels, rows, columns = grades.shape
    parts = []
    for j in range(step // 2, rows, step):
        for i in range(step // 2, columns, step):
            part = _table(np.full((levels, 2), [30.0 * i + 15.0, 30.0 * j + 15.0]), grades[:, j, i])
            part["hole_id"] = f"H{j:02d}{i:02d}"
            part["from_m"] = 30.0 * np.arange(levels)[::-1]
            part["elevation_m"] = 30.0 * np.arange(levels) + 15.0
            parts.append(part)
    found = pd.concat(parts, ignore_index=True)
    return found[found[METAL] > 0].reset_index(drop=True)


def _table(places: Floats, values: Floats) -> pd.DataFrame:
    """Composites at (n, 2) places, each a hole of its own."""
    count = len(values)
    return pd.DataFrame(
        {
            "hole_id": [f"S{n:04d}" for n in range(count)],
            "from_m": np.zeros(count),
            "length_m": np.ones(count),
            "easting_m": places[:, 0],
            "northing_m": places[:, 1],
            "elevation_m": np.zeros(count),
            "domain": "all",
            METAL: values,
        }
    )


def _means(values: Floats, down: int, across: int) -> Floats:
    """Means of blocks of a (rows, columns) array."""
    rows, columns = values.shape[0] // down, values.shape[1] // across
    part = values[: rows * down, : columns * across]
    return np.asarray(part.reshape(rows, down, columns, across).mean(axis=(1, 3)))


def _grid(origin: Any, block: Any, shape: tuple[int, int, int]) -> BlockGrid:
    return BlockGrid(GridSpec(origin_m=origin, block_m=block, shape=shape, tile=shape))


def _variogram(nugget: float, structures: list[Any], azimuth: float = 0.0) -> dict[str, Any]:
    return {
        "nugget": nugget,
        "structures": [{"model": m, "sill": s, "ranges_m": r} for m, s, r in structures],
        "orientation": {"azimuth_deg": azimuth, "dip_deg": 0.0, "rake_deg": 0.0},
    }


def _model(variogram: dict[str, Any]) -> Variogram:
    return Variogram.model_validate(variogram)


def _pass(radius: float, least: int, most: int, holes: int = 1) -> dict[str, Any]:
    return {
        "radii_m": (radius, radius, radius),
        "min_samples": least,
        "max_samples": most,
        "max_per_hole": 4,
        "min_holes": holes,
        "sectors": None,
    }


def _plan(
    variogram: dict[str, Any],
    search: list[dict[str, Any]],
    points: tuple[int, int, int],
    reason: str,
) -> Plan:
    """A whole plan around one element's choices; blocks of any class are compared."""
    rule = {"max_mean_distance_m": 1000.0, "min_holes": 1, "min_slope": -10.0}
    element = {
        "source": "basic",
        "caps": {},
        "variogram": variogram,
        "method": "ordinary",
        "known_mean": None,
        "search": search,
        "search_orientation": None,
        "high_yield": None,
        "class_limit": "measured",
        "reason": reason,
    }
    return Plan.model_validate(
        {
            "main_element": METAL,
            "stage": "detailed",
            "composites": {"length_m": 30.0, "min_coverage": 0.5},
            "domains": {"column": None, "codes": {}, "soft": ()},
            "discretisation": points,
            "sample_points": {"basic": 1, "combined": 1},
            "engine": "bornite",
            "elements": {METAL: element},
            "classification": {
                **dict.fromkeys(("measured", "indicated", "inferred"), rule),
                "citation": "none: every block is compared",
            },
            "density": {
                "method": "assigned",
                "assigned_tpm3": {"all": 1.0},
                "citation": "none: grades are compared",
            },
            "cutoffs": {"reporting": 0.0, "others": (), "citation": "none"},
            "acceptance": {"status": "proposed", "by": None, "date": None, "reason": reason},
        }
    )


def cases(shared: Path) -> Iterator[Case]:
    """Every case."""
    yield from walker(shared / "18_walker_lake")
    yield from gslib(shared / "19_gslib_cluster_true")
    yield from marvin(shared / "20_minelib_open")


def main() -> None:
    """Print both tables."""
    found = [judge(case) for case in cases(Path(os.environ["BORNITE_SHARED_DATA"]))]
    print(
        "| case | samples | blocks | true mean | plain mean | declustered: cells | nearest "
        "| kriged mean | slope | correlation |"
        "\n| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: |"
    )
    for one in found:
        biases = " | ".join(f"{bias:+.1%}" for bias in one.bias.values())
        print(
            f"| {one.name} | {one.samples} | {one.blocks} | {one.true_mean:.4g} | {biases} "
            f"| {one.slope:.3f} | {one.correlation:.3f} |"
        )
    print(
        "\n| case | cut-off | true metal | discrete Gaussian, scores | grades | affine "
        "| kriged blocks |\n| --- | --: | --: | --: | --: | --: | --: |"
    )
    for one in found:
        for n, cutoff in enumerate(one.cutoffs):
            row = " | ".join(f"{error[n]:+.1%}" for error in one.metal.values())
            print(f"| {one.name} | {cutoff:g} | {one.true_metal[n]:.4g} | {row} |")
    for one in found:
        by_scores, by_grades, true = one.ratios
        print(
            f"{one.name}: block variance over point variance: {by_scores:.3f} by scores, "
            f"{by_grades:.3f} by grades, {true:.3f} true"
        )


if __name__ == "__main__":
    main()
