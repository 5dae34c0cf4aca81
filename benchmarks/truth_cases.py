"""Samples whose ground is wholly known, and plans that are made without a look at it.

Every number of a plan comes from the samples by a stated rule: variogram by the program's own
proposal, declustering by the house's function, search by the usual spacing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from estimation.exploratory.declustering import declustering_weights, usual_spacing
from estimation.plan import Plan, Variogram
from estimation.variography.experimental_scores import normal_scores
from estimation.variography.proposal import Evidence, propose_variogram
from geo.config import GridSpec
from geo.grids import BlockGrid

Floats = npt.NDArray[np.float64]

METAL = "cu_pct"
"""Name that every case's grade goes by: the benchmark is of methods, not of units."""
NEAR, FAR = 3.0, 6.0
"""Radii of the two passes, in usual spacings."""
LEAST, MOST, MOST_OF_HOLE, MOST_OF_QUADRANT = 4, 16, 4, 4
"""Samples of a pass, of one hole, and of a quadrant: no cluster fills a neighbourhood alone
(Isaaks & Srivastava 1989, ch. 14)."""


@dataclass(frozen=True)
class Case:
    """Samples, blocks, and the true grade of every block."""

    name: str
    composites: pd.DataFrame
    grid: BlockGrid
    truth: Floats
    """(nz, ny, nx), NaN where there is none."""
    cutoffs: Floats
    support_m: float
    """Length of a sample."""
    points: tuple[int, int, int] = (10, 10, 10)
    """Points of a block: where a sample is a small block, as many as make up a large one."""
    share: Floats | None = None
    """(nz, ny, nx) share of each block that counts; None: all of it."""

    @property
    def places_m(self) -> Floats:
        """(n, 3) of the samples."""
        return self.composites[["easting_m", "northing_m", "elevation_m"]].to_numpy(float)

    @property
    def values(self) -> Floats:
        """(n,) grades of the samples."""
        return self.composites[METAL].to_numpy(float)

    @property
    def holes(self) -> npt.NDArray[np.int64]:
        """(n,) hole of each sample."""
        return np.asarray(np.unique(self.composites["hole_id"], return_inverse=True)[1])

    @property
    def shares(self) -> Floats:
        """How much of each block counts, 1 where nothing is said."""
        return np.ones(self.truth.shape) if self.share is None else self.share


def walker(folder: Path) -> Iterator[Case]:
    """V of the 470 samples; blocks of 10 x 10 m of the 78,000 true values."""
    lines = (folder / "walker.dat").read_text("utf-8").splitlines()[8:]
    found = np.array([[float(word) for word in line.split()] for line in lines if line.strip()])
    yield walker_case(samples_at(found[:, 1:3], found[:, 3]), walker_truth(folder))


def walker_truth(folder: Path) -> Floats:
    """The 300 rows and 260 columns of V, a metre apart."""
    truth = pd.read_csv(folder / "Exhaustive_set.csv", encoding="utf-8-sig")
    everywhere = np.zeros((300, 260))
    everywhere[truth["Y"].astype(int) - 1, truth["X"].astype(int) - 1] = truth["V"]
    return everywhere


def walker_case(samples: pd.DataFrame, everywhere: Floats) -> Case:
    """Walker Lake with any samples."""
    grid = _grid((0.5, 0.5, -0.5), (10.0, 10.0, 1.0), (26, 30, 1))
    cutoffs = np.array([0.0, 100.0, 200.0, 300.0, 400.0, 500.0])
    blocks = _means(everywhere, 10, 10)[None]
    return Case("Walker Lake V", samples, grid, blocks, cutoffs, 1.0, (10, 10, 1))


def gslib(folder: Path) -> Iterator[Case]:
    """Primary of the 140 clustered samples; blocks of 5 x 5 of the 2,500 true values."""
    found = np.loadtxt(folder / "cluster.dat", skiprows=7)
    yield gslib_case(samples_at(found[:, :2], found[:, 2]), gslib_truth(folder))


def gslib_truth(folder: Path) -> Floats:
    """The 50 rows and 50 columns of the primary variable."""
    return np.loadtxt(folder / "true.dat", skiprows=4)[:, 0].reshape(50, 50)


def gslib_case(samples: pd.DataFrame, everywhere: Floats) -> Case:
    """GSLIB's field with any samples."""
    grid = _grid((0.0, 0.0, -0.5), (5.0, 5.0, 1.0), (10, 10, 1))
    cutoffs = np.array([0.0, 1.0, 2.0, 3.0, 5.0])
    blocks = _means(everywhere, 5, 5)[None]
    return Case("GSLIB cluster", samples, grid, blocks, cutoffs, 1.0, (5, 5, 1))


def marvin(folder: Path) -> Iterator[Case]:
    """Virtual vertical holes every 2, 3 and 4 blocks, from an inner corner."""
    everywhere = marvin_truth(folder)
    for step in (2, 3, 4):
        yield marvin_case(everywhere, step, (step // 2, step // 2))


def marvin_truth(folder: Path) -> Floats:
    """Copper of 15 levels, 30 rows and 30 columns of blocks of 30 m, % ; 0 outside the ore."""
    names = ["id", "x", "y", "z", "tonnes", "au", "cu", "profit"]
    table = pd.read_csv(folder / "marvin.blocks", sep=r"\s+", header=None, names=names)
    everywhere = np.full((17, 60, 61), np.nan)
    everywhere[table["z"], table["y"], table["x"]] = table["cu"]
    return everywhere[:15, 16:46, 10:40]


def marvin_case(everywhere: Floats, step: int, first: tuple[int, int]) -> Case:
    """Holes through every ``step``-th column of blocks, from row and column ``first``.

    A sample is a block of 30 m, and a panel's true grade the mean of its four: the change of
    support is from one block to four. The ore's outline is taken as known: only ore is sampled,
    and a panel counts by its share of ore.
    """
    ore = everywhere > 0
    share = np.stack([_means(level, 2, 2) for level in ore.astype(float)])
    metal = np.stack([_means(level, 2, 2) for level in np.where(ore, everywhere, 0.0)])
    panels = np.divide(metal, share, out=np.zeros_like(metal), where=share > 0)
    cutoffs = np.array([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    grid = _grid((0.0, 0.0, 0.0), (60.0, 60.0, 30.0), (15, 15, 15))
    samples = _holes(everywhere, step, first)
    name = f"Marvin {30 * step} m"
    return Case(name, samples, grid, panels, cutoffs, 30.0, (2, 2, 1), share)


def _holes(grades: Floats, step: int, first: tuple[int, int]) -> pd.DataFrame:
    """Vertical holes, a sample in each block of ore."""
    levels, rows, columns = grades.shape
    parts = []
    for j in range(first[0], rows, step):
        for i in range(first[1], columns, step):
            part = samples_at(
                np.full((levels, 2), [30.0 * i + 15.0, 30.0 * j + 15.0]), grades[:, j, i]
            )
            part["hole_id"] = f"H{j:02d}{i:02d}"
            part["from_m"] = 30.0 * np.arange(levels)[::-1]
            part["elevation_m"] = 30.0 * np.arange(levels) + 15.0
            parts.append(part)
    found = pd.concat(parts, ignore_index=True)
    return found[found[METAL] > 0].reset_index(drop=True)


def samples_at(places: Floats, values: Floats) -> pd.DataFrame:
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


def variogram_of(case: Case) -> Variogram:
    """The program's proposal for the grades, with the weights that the program quotes."""
    weights = declustering_weights(case.places_m, case.holes)
    return propose_variogram(
        Evidence(case.places_m, case.values, case.holes, case.support_m, weights)
    ).variogram


def scores_variogram(case: Case, weights: Floats) -> Variogram:
    """The program's proposal for the normal scores, declustered by ``weights``."""
    scores = normal_scores(case.values, weights)
    return propose_variogram(
        Evidence(case.places_m, scores, case.holes, case.support_m, weights)
    ).variogram


def blind_plan(case: Case, variogram: Variogram) -> Plan:
    """A whole plan from the samples; blocks of any class are compared."""
    spacing = usual_spacing(case.places_m, case.holes)
    rule = {"max_mean_distance_m": 1000.0, "min_holes": 1, "min_slope": -10.0}
    reason = "variogram proposed by the program, search by the usual spacing"
    element = {
        "source": "basic",
        "caps": {},
        "variogram": variogram.model_dump(),
        "method": "ordinary",
        "known_mean": None,
        "search": [_pass(NEAR * spacing), _pass(FAR * spacing)],
        "search_orientation": {"azimuth_deg": 0.0, "dip_deg": 0.0, "rake_deg": 0.0},
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
            "discretisation": tuple(min(n, 5) for n in case.points),
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


def _pass(radius: float) -> dict[str, Any]:
    return {
        "radii_m": (radius, radius, radius),
        "min_samples": LEAST,
        "max_samples": MOST,
        "max_per_hole": MOST_OF_HOLE,
        "min_holes": 1,
        "sectors": {"kind": "quadrants", "max_samples": MOST_OF_QUADRANT, "min_filled": 1},
    }


def cases(shared: Path) -> Iterator[Case]:
    """Every case."""
    yield from walker(shared / "18_walker_lake")
    yield from gslib(shared / "19_gslib_cluster_true")
    yield from marvin(shared / "20_minelib_open")
