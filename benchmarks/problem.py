"""The benchmark's problem: a district of jittered holes, one model, grids of blocks, one job.

5,000 composites of 10 m in 100 holes on a jittered 100 m grid; 51,200 and 500,000 at the same
density in larger districts. Nugget 0.1 and spherical 0.9, ranges 300/200/100 m, azimuth 30, dip
-20; ordinary kriging from the nearest samples in that metric; 204,800 blocks of 20 x 20 x 10 m.

The composites are read from the shared public data where those are (``BORNITE_SHARED_DATA``), and
made by a seeded generator where they are not, so that the benchmark runs anywhere. Nothing of the
house is imported here: a peer's process holds the peer and the problem only.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SEED = 20240607
HOLE_SPACING_M = 100.0
COMPOSITES_PER_HOLE = 50
COMPOSITE_M = 10.0
DEPTH_M = COMPOSITES_PER_HOLE * COMPOSITE_M
HOLES_ALONG = {5_000: 10, 50_000: 32, 500_000: 100}
"""Holes along each side of the district, by the nominal number of composites."""
STORED = {5_000: "bench_data.npz", 50_000: "bench_data_50k.npz"}

AZIMUTH_DEG, DIP_DEG = 30.0, -20.0
_A, _D = np.deg2rad([AZIMUTH_DEG, DIP_DEG])
AXES = np.array(
    [
        [np.cos(_D) * np.sin(_A), np.cos(_D) * np.cos(_A), np.sin(_D)],
        [-np.cos(_A), np.sin(_A), 0.0],
        [-np.sin(_D) * np.sin(_A), -np.sin(_D) * np.cos(_A), np.cos(_D)],
    ]
)
"""Rows = major, semi-major and minor axis in (east, north, up); GSLIB's convention."""
RANGES_M = np.array([300.0, 200.0, 100.0])
"""Ranges of the model, and the shape of the search ellipsoid."""
SEARCH_FACTOR, ALL_FACTOR = 3.0, 100.0
"""Search radii in ranges: so wide that the number of samples alone bounds the search; the second
where a job is about all of a few samples, however far."""
SECTOR_FACTOR = 1.2
"""Search radii in ranges where holes or sectors have limits, which bound a search no more."""
SPHERE_M = 900.0
"""Radius of the spherical search, for peers that have no other."""

ELEMENTS = ("cu_pct", "mo_ppm", "re_ppm", "au_gpt", "ag_gpt")
MEDIANS = np.array([0.35, 120.0, 0.30, 0.06, 1.5])
LOG_DEVIATIONS = np.array([0.6, 0.8, 0.8, 0.9, 0.7])
CORRELATIONS = np.array(
    [
        [1.00, 0.50, 0.45, 0.65, 0.60],
        [0.50, 1.00, 0.85, 0.33, 0.25],
        [0.45, 0.85, 1.00, 0.28, 0.20],
        [0.65, 0.33, 0.28, 1.00, 0.53],
        [0.60, 0.25, 0.20, 0.53, 1.00],
    ]
)

BLOCK_M = (20.0, 20.0, 10.0)
FINE_BLOCK_M = (10.0, 10.0, 5.0)
GRIDS = {
    "full": ((64, 64, 50), BLOCK_M),
    "20k": ((32, 32, 20), BLOCK_M),
    "2k": ((16, 16, 8), BLOCK_M),
    "192": ((8, 8, 3), BLOCK_M),
    "one": ((1, 1, 1), BLOCK_M),
    # the largest one fills the district of 500,000 composites
    "1e5": ((50, 40, 50), FINE_BLOCK_M),
    "1e6": ((125, 80, 100), FINE_BLOCK_M),
    "1e7": ((500, 200, 100), FINE_BLOCK_M),
    "1e8": ((1000, 1000, 100), FINE_BLOCK_M),
}
"""Shape (nx, ny, nz) and block size of each grid; all lie about the district's centre."""


@dataclass(frozen=True)
class Grid:
    """Equal blocks: lower south-west corner and sizes in metres, counts (nx, ny, nz)."""

    origin_m: tuple[float, float, float]
    block_m: tuple[float, float, float]
    shape: tuple[int, int, int]

    def along_m(self, axis: int) -> Floats:
        """Block centres along one axis (0 east, 1 north, 2 up), metres."""
        steps = np.arange(self.shape[axis]) + 0.5
        return np.asarray(self.origin_m[axis] + self.block_m[axis] * steps, np.float64)

    def centres_m(self) -> Floats:
        """Centres of all blocks, (n, 3), x fastest: the order of every answer."""
        z, y, x = np.meshgrid(*(self.along_m(axis) for axis in (2, 1, 0)), indexing="ij")
        return np.column_stack([x.ravel(), y.ravel(), z.ravel()])


class AbsentError(Exception):
    """An engine is not installed, or cannot do what is asked."""


@dataclass(frozen=True)
class Model:
    """Nugget and one spherical structure, along the axes of the problem."""

    nugget: float
    sill: float
    ranges_m: tuple[float, float, float]


MODELS = (
    Model(0.10, 0.90, (300.0, 200.0, 100.0)),
    Model(0.15, 0.85, (280.0, 210.0, 90.0)),
    Model(0.20, 0.80, (260.0, 180.0, 110.0)),
    Model(0.30, 0.70, (220.0, 170.0, 80.0)),
    Model(0.25, 0.75, (320.0, 190.0, 95.0)),
)
"""The model of each element; the first is the benchmark's own."""


@dataclass(frozen=True)
class Job:
    """One thing to measure: what an engine is asked for."""

    engine: str
    grid: str = "full"
    samples: int = 5_000
    """Nominal number of composites, one of HOLES_ALONG."""
    nearest: int | None = None
    """Use only so many composites, those nearest to the district's centre."""
    elements: int = 1
    neighbours: int = 24
    discretisation: int = 1
    """Points along each side of a block; 1 is point kriging."""
    sphere: bool = False
    """Nearest in plain distance, not in the model's metric."""
    octants: bool = False
    max_per_hole: int | None = None
    workers: int = 1
    repeats: int = 3

    def changed(self, **changes: Any) -> Job:
        """The same job with changes."""
        return replace(self, **changes)

    def as_dict(self) -> dict[str, Any]:
        """Plain form, for another process."""
        return asdict(self)

    @property
    def mode(self) -> str:
        """What is kriged and how, in words."""
        n = self.discretisation
        words = ["point" if n == 1 else f"block {n}x{n}x{n}"]
        words += ["sphere search"] if self.sphere else []
        words += ["octants"] if self.octants else []
        words += [f"{self.max_per_hole} per hole"] if self.max_per_hole else []
        words += ["own models"] if self.elements > 1 else []
        return ", ".join(words)


@dataclass(frozen=True)
class Problem:
    """Composites in order of identity, and where the district's centre is."""

    xyz_m: Floats
    """(n, 3) east, north, up."""
    holes: Ints
    values: Floats
    """(n, 5) grades of ELEMENTS."""
    centre_m: tuple[float, float, float]

    def grid(self, name: str) -> Grid:
        """One of GRIDS about the district's centre."""
        shape, block = GRIDS[name]
        x, y, z = (c - n * b / 2.0 for c, n, b in zip(self.centre_m, shape, block, strict=True))
        return Grid((x, y, z), block, shape)

    def nearest_to_centre(self, count: int) -> Problem:
        """The ``count`` composites nearest to the district's centre in the model's metric."""
        middle = isotropic(np.array([self.centre_m]))
        _, chosen = cKDTree(isotropic(self.xyz_m)).query(middle, count)
        keep = np.sort(np.asarray(chosen).ravel())
        return replace(
            self, xyz_m=self.xyz_m[keep], holes=self.holes[keep], values=self.values[keep]
        )


def isotropic(points_m: Floats) -> Floats:
    """Coordinates along the axes of anisotropy in ranges: there the model is isotropic."""
    return np.ascontiguousarray((points_m @ AXES.T) / RANGES_M)


def problem_of(job: Job) -> Problem:
    """The problem that a job is about: read from the shared data, or made."""
    problem = load_problem(job.samples)
    return problem.nearest_to_centre(job.nearest) if job.nearest else problem


def load_problem(samples: int) -> Problem:
    """Read the stored composites, or make equivalent ones where they are not stored."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("BORNITE_SHARED_DATA", beside)) / "32_kriging_benchmark"
    path = folder / STORED[samples] if samples in STORED else None
    if path is None or not path.is_file():
        return make_problem(HOLES_ALONG[samples])
    with np.load(path) as stored:
        return Problem(
            np.ascontiguousarray(stored["xyz"]),
            stored["hole_id"].astype(np.int64),
            np.ascontiguousarray(stored["values"]),
            _centre_m(HOLES_ALONG[samples]),
        )


def make_problem(along: int) -> Problem:
    """Make ``along`` x ``along`` holes with lognormal grades, correlated among elements.

    Holes dip 60 to 90 degrees to east or west. Grades have no spatial structure: no engine's
    speed depends on them, and agreement does not either.
    """
    rng = np.random.default_rng(SEED)
    count = along * along
    y, x = np.meshgrid(np.arange(along), np.arange(along))
    collars = HOLE_SPACING_M * (np.column_stack([x.ravel(), y.ravel()]) + 0.5)
    collars += rng.uniform(-20.0, 20.0, (count, 2))
    dip = np.deg2rad(rng.uniform(60.0, 90.0, count))
    azimuth = np.deg2rad(
        np.where(rng.random(count) < 0.5, 90.0, 270.0) + rng.uniform(-10, 10, count)
    )
    depth = COMPOSITE_M * (np.arange(COMPOSITES_PER_HOLE) + 0.5)
    way = np.column_stack(
        [np.cos(dip) * np.sin(azimuth), np.cos(dip) * np.cos(azimuth), -np.sin(dip)]
    )
    top = np.column_stack([collars, np.full(count, DEPTH_M)])
    xyz = (top[:, None, :] + depth[None, :, None] * way[:, None, :]).reshape(-1, 3)
    normal = rng.standard_normal((len(xyz), len(ELEMENTS))) @ np.linalg.cholesky(CORRELATIONS).T
    holes = np.repeat(np.arange(count), COMPOSITES_PER_HOLE)
    return Problem(xyz, holes, MEDIANS * np.exp(LOG_DEVIATIONS * normal), _centre_m(along))


def _centre_m(along: int) -> tuple[float, float, float]:
    """Centre of a district of ``along`` x ``along`` holes."""
    half = along * HOLE_SPACING_M / 2.0
    return half, half, DEPTH_M / 2.0
