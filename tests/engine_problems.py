"""Small estimation problems for tests of the engine, and kriging written anew without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from estimation.engine.krige import Problem, prepare
from estimation.engine.reach import lay_out
from estimation.engine.visit import Samples, Visit, kernel_models, visit_of
from estimation.models.block_model import ModelRun, make_vintage
from estimation.models.layers import FIELDS, GEOMETRY_LAYER, arrays_of, place_of
from estimation.models.store import ModelStore
from estimation.models.store_read import VintageReader
from estimation.models.tile_estimate import TileResult, estimate_tile, layers_of, statistics_of
from estimation.parallel import Crew, Workers
from estimation.plan import (
    ElementPlan,
    Orientation,
    Plan,
    SearchPass,
    Structure,
    Variogram,
)
from geo.config import GridSpec
from geo.drillholes.composite import Composites
from geo.drillholes.reading import Drillholes
from geo.grids import BlockGrid

Floats = npt.NDArray[np.float64]

LEVEL = Orientation(azimuth_deg=90.0, dip_deg=0.0, rake_deg=0.0)
"""Axes are east, north and up, so that coordinates are metres along them."""
TILTED = Orientation(azimuth_deg=30.0, dip_deg=-20.0, rake_deg=15.0)
ONE_DOMAIN: dict[str, Any] = {"column": None, "codes": {}, "soft": ()}
TWO_DOMAINS: dict[str, Any] = {
    "column": "lithology",
    "codes": {"ore": ("A",), "host": ("B",)},
    "soft": (),
}
NAMES = {name: i for i, name in enumerate(FIELDS)}
"""Column of each field in a kernel's result."""


def variogram(
    nugget: float = 0.1,
    *structures: tuple[str, float, tuple[float, float, float]],
    orientation: Orientation = LEVEL,
) -> Variogram:
    """Nugget and structures (model, sill, ranges); one spherical of 0.9 where none is given."""
    found = structures or (("spherical", 0.9, (120.0, 80.0, 40.0)),)
    return Variogram(
        nugget=nugget,
        structures=tuple(Structure(model=m, sill=s, ranges_m=r) for m, s, r in found),
        orientation=orientation,
    )


def search_pass(radius: float | tuple[float, float, float] = 100.0, **changes: Any) -> SearchPass:
    """One search pass: 1 to 8 samples, any number of a hole, one hole enough."""
    radii = (radius, radius, radius) if isinstance(radius, (int, float)) else radius
    plain = {"min_samples": 1, "max_samples": 8, "max_per_hole": 8, "min_holes": 1}
    # kernels take any number of samples; a plan allows 64
    make = SearchPass if changes.get("max_samples", 8) <= 64 else SearchPass.model_construct
    return make(radii_m=radii, **{**plain, "sectors": None, **changes})


def element_plan(**changes: Any) -> ElementPlan:
    """An element's plan with a tilted variogram and two passes."""
    plain: dict[str, Any] = {
        "source": "basic",
        "caps": {},
        "variogram": variogram(0.1, orientation=TILTED),
        "method": "ordinary",
        "known_mean": None,
        "search": (
            search_pass((60.0, 50.0, 30.0), min_samples=4, max_per_hole=3, min_holes=2),
            search_pass((90.0, 75.0, 45.0), min_samples=2, max_per_hole=3),
        ),
        "search_orientation": None,
        "high_yield": None,
        "class_limit": "measured",
        "reason": "a test",
    }
    return ElementPlan(**{**plain, **changes})


def make_plan(elements: dict[str, ElementPlan] | None = None, **changes: Any) -> Plan:
    """A whole plan; ``changes`` replace its blocks."""
    rule = {"min_holes": 2, "min_slope": -10.0}
    domains = changes.get("domains", ONE_DOMAIN)
    by_place = [volume["domain"] for volume in domains.get("volumes", ())]
    density = dict.fromkeys([*by_place, *domains["codes"]] or ("all",), 2.7)
    plain: dict[str, Any] = {
        "main_element": "cu_pct",
        "stage": "detailed",
        "composites": {"length_m": 5.0, "min_coverage": 0.5},
        "domains": ONE_DOMAIN,
        "discretisation": (2, 2, 2),
        "sample_points": {"basic": 1, "combined": 1},
        "engine": "bornite",
        "elements": elements or {"cu_pct": element_plan()},
        "classification": {
            "measured": {"max_mean_distance_m": 30.0, **rule},
            "indicated": {"max_mean_distance_m": 50.0, **rule},
            "inferred": {"max_mean_distance_m": 90.0, **rule},
            "citation": "a test",
        },
        "density": {"method": "assigned", "assigned_tpm3": density, "citation": "a test"},
        "cutoffs": {"reporting": 0.3, "others": (0.0, 0.5), "citation": "a test"},
        "acceptance": {"status": "proposed", "by": None, "date": None, "reason": "a test"},
    }
    return Plan(**{**plain, **changes})


def make_grid(
    shape: tuple[int, int, int] = (16, 16, 8),
    tile: tuple[int, int, int] = (8, 8, 4),
    block_m: tuple[float, float, float] = (10.0, 10.0, 5.0),
    origin_m: tuple[float, float, float] = (1000.0, 2000.0, 300.0),
) -> BlockGrid:
    """A grid whose corner is not the origin."""
    return BlockGrid(GridSpec(origin_m=origin_m, block_m=block_m, shape=shape, tile=tile))


def drill(
    grid: BlockGrid, holes: int, seed: int, *, prefix: str = "H", domains: Sequence[str] = ("all",)
) -> pd.DataFrame:
    """Composites of 5 m down vertical holes at random places over a grid; some without Mo."""
    rng = np.random.default_rng(seed)
    low = np.array([grid.edges_m(a)[0] for a in range(3)])
    high = np.array([grid.edges_m(a)[-1] for a in range(3)])
    rows = []
    for number in range(holes):
        east, north = low[:2] + rng.random(2) * (high - low)[:2]
        level = rng.lognormal(-1.0, 0.4)
        for step in range(int((high - low)[2] / 5.0)):
            cu = level * rng.lognormal(0.0, 0.3)
            rows.append(
                {
                    "hole_id": f"{prefix}{number:03d}",
                    "from_m": 5.0 * step,
                    "to_m": 5.0 * step + 5.0,
                    "length_m": 5.0,
                    "easting_m": east,
                    "northing_m": north,
                    "elevation_m": high[2] - 5.0 * step - 2.5,
                    "domain": domains[(number + step // 4) % len(domains)],
                    "cu_pct": cu,
                    "mo_ppm": cu * 200.0 if rng.random() < 0.7 else np.nan,
                }
            )
    return pd.DataFrame(rows)


def problem_of(grid: BlockGrid, plan: Plan, table: pd.DataFrame) -> Problem:
    """Bring a plan and composites together through the engine's door."""
    return prepare(grid, plan, Composites(table), None)


# ------------------------------------------------------------------ kriging written anew


@dataclass(frozen=True)
class Solution:
    """Ordinary kriging of one block by one dense solve."""

    estimate: float
    variance: float
    lagrange: float
    weights: Floats
    block_variance: float
    explained: float


def correlation(model: str, h: Floats) -> Floats:
    """Correlation at ``h`` ranges (practical ranges), from the book."""
    if model == "spherical":
        return np.where(h < 1.0, 1.0 - 1.5 * h + 0.5 * h**3, 0.0)
    if model == "cubic":
        inside = 1.0 - h**2 * (7.0 - h * (8.75 - h**2 * (3.5 - 0.75 * h**2)))
        return np.where(h < 1.0, inside, 0.0)
    if model == "matern_3_2":
        x = 4.743864518390578 * h
        return (1.0 + x) * np.exp(-x)
    return np.exp(-3.0 * (h if model == "exponential" else h * h))


def covariance_matrix(model: Variogram, a: Floats, b: Floats) -> Floats:
    """Covariances without nugget of places in the axes of anisotropy."""
    total = np.zeros((len(a), len(b)))
    for structure in model.structures:
        apart = (a[:, None, :] - b[None, :, :]) / np.array(structure.ranges_m)
        total += structure.sill * correlation(structure.model, np.linalg.norm(apart, axis=2))
    return total


def dense_kriging(model: Variogram, points: Floats, places: Floats, values: Floats) -> Solution:
    """Solve the bordered system [K 1; 1' 0] [w; mu] = [c; 1] in one piece (numpy LU)."""
    n = len(values)
    left = np.zeros((n + 1, n + 1))
    left[:n, :n] = covariance_matrix(model, places, places) + model.nugget * np.eye(n)
    left[n, :n] = left[:n, n] = 1.0
    c = covariance_matrix(model, places, points).mean(axis=1)
    solution = np.linalg.solve(left, np.append(c, 1.0))
    own = model.total_sill if len(points) == 1 else covariance_matrix(model, points, points).mean()
    w, mu = solution[:n], solution[n]
    return Solution(w @ values, own - w @ c - mu, mu, w, float(own), float(w @ c))


def brute_choice(
    block: Floats, samples: Floats, holes: npt.NDArray[np.int64], one: SearchPass
) -> list[int]:
    """Greedy choice in coordinates of the unit sphere, by a pass's limits, nearest first.

    Ties go to the earlier sample; at most so many of a hole, at most so many of a sector.
    """
    d = samples - block
    d2 = d[:, 0] * d[:, 0] + d[:, 1] * d[:, 1] + d[:, 2] * d[:, 2]
    octant = (d >= 0.0) @ np.array([1, 2, 4])
    per_sector = one.sectors.max_samples if one.sectors else one.max_samples
    taken: list[int] = []
    full: dict[tuple[str, int], int] = {}
    for s in sorted(range(len(samples)), key=lambda s: (d2[s], s)):
        if d2[s] > 1.0 or len(taken) == one.max_samples:
            break
        sector = int(octant[s]) % (one.sectors.count if one.sectors else 1)
        hole, side = ("hole", int(holes[s])), ("sector", sector)
        if full.get(hole, 0) < one.max_per_hole and full.get(side, 0) < per_sector:
            taken.append(s)
            full |= {key: full.get(key, 0) + 1 for key in (hole, side)}
    return taken


# ------------------------------------------------------------------ a model without a store


class ModelInMemory(VintageReader):
    """A model read from arrays in memory instead of a store; everything not put there is NaN."""

    def __init__(self, grid: BlockGrid, layers: Sequence[str]) -> None:
        self.grid = grid
        self._arrays = {
            array.name: np.full((len(array.fields), *grid.array_shape), np.nan, array.dtype)
            for layer in (GEOMETRY_LAYER, *layers)
            for array in arrays_of(layer)
        }

    def put(self, layer: str, field: str, values: Any) -> None:
        """Set one field of one layer."""
        name, index = place_of(layer, field)
        self._arrays[name][index] = values

    def put_tile(self, result: TileResult) -> None:
        """Set all fields of one tile."""
        for name, values in result.arrays.items():
            self._arrays[name][(slice(None), *result.tile.slices)] = values

    def statistics(self, element: str) -> Floats:
        """Statistics of the numbers that are in the arrays now."""
        return np.stack(
            [
                statistics_of(element, {n: self.stored(n, t.slices) for n in self._arrays})
                for t in self.grid.tiles()
            ]
        )


def estimate_whole(problem: Problem) -> ModelInMemory:
    """Every tile of a problem, estimated here and kept in memory."""
    model = ModelInMemory(problem.grid, layers_of(problem))
    work = lay_out(problem)
    for tile in problem.grid.tiles():
        model.put_tile(estimate_tile(work, tile, b""))
    return model


# ------------------------------------------------------------------ doors to the engine

FIRST = date(2024, 12, 31)
"""Vintage of a model made in a test."""
POINT = np.zeros((1, 3))
"""Discretization of a block that is a point."""


def samples_at(places: Any, values: Any, holes: Any = None) -> Samples:
    """Point samples of one domain; by default each of a hole of its own."""
    xyz = np.ascontiguousarray(places, dtype=float).reshape(-1, 3)
    count = len(xyz)
    ones = np.ones(count, np.int64)
    return Samples(
        np.array([f"{n:06d}" for n in range(count)], dtype="S64"),
        xyz,
        xyz[:, None],
        np.arange(count) if holes is None else np.asarray(holes, np.int64),
        np.asarray(values, dtype=float),
        ones,
        ones << 1,
    )


def make_visit(
    model: Variogram, passes: tuple[SearchPass, ...], offsets: Floats = POINT, elements: int = 1
) -> Visit:
    """A visit of so many elements of one model, to blocks of given discretization points."""
    plan = element_plan(variogram=model, search=passes)
    plans = {f"element {number}": plan for number in range(elements)}
    visit = visit_of(plans, (1.0, 1.0, 1.0), (1, 1, 1), np.zeros(3))
    return replace(visit, offsets=offsets, models=kernel_models([model], offsets))


def all_samples(count: int) -> tuple[SearchPass, ...]:
    """A search that takes every sample there is."""
    return (search_pass(1e3, max_samples=count, max_per_hole=count),)


def krige(
    model: Variogram,
    block: Any,
    places: Any,
    values: Any,
    *,
    holes: Any = None,
    offsets: Floats = POINT,
    passes: tuple[SearchPass, ...] | None = None,
) -> Floats:
    """One block kriged by the kernel; by default from every sample there is."""
    samples = samples_at(places, values, holes)
    visit = make_visit(model, passes or all_samples(len(samples)), offsets)
    blocks = np.asarray(block, dtype=float).reshape(1, 3)
    out = visit.krige(visit.kernel_samples(samples), blocks, np.array([0, 1]), None)
    return np.asarray(out[0, 0])


def weights_of(model: Variogram, block: Any, places: Any, offsets: Floats = POINT) -> Floats:
    """Weights of all samples for one block: the estimates of grades that are 1 at one sample."""
    count = len(places)
    visit = make_visit(model, all_samples(count), offsets, count)
    samples = visit.kernel_samples(samples_at(places, np.zeros(count)), np.eye(count))
    blocks = np.asarray(block, dtype=float).reshape(1, 3)
    out = visit.krige(samples, blocks, np.array([0, 1]), None)
    return np.asarray(out[:, 0, NAMES["estimate"]])


def tables(**frames: pd.DataFrame) -> Drillholes:
    """Drill-hole tables of one campaign; those not given are empty."""
    when = {"as_of": date(2025, 12, 31)}
    columns = {
        "collar": ["hole_id", "easting_m", "northing_m", "elevation_m", "depth_m"],
        "survey": ["hole_id", "depth_m", "azimuth_deg", "dip_down_deg"],
        "assay": ["hole_id", "from_m", "to_m", "sample_id"],
        "lithology": ["hole_id", "from_m", "to_m", "lithology", "oxidation"],
        "density": ["hole_id", "from_m", "to_m", "density_tpm3"],
        "combined": ["hole_id", "from_m", "to_m", "sample_id"],
    }
    made = {n: frames.get(n, pd.DataFrame(columns=c)).assign(**when) for n, c in columns.items()}
    return Drillholes(**made)


def two_elements(**copper: Any) -> Plan:
    """A plan of copper and molybdenum."""
    molybdenum = element_plan(search=(search_pass((70.0, 60.0, 30.0), min_samples=2),))
    return make_plan({"cu_pct": element_plan(**copper), "mo_ppm": molybdenum})


def run(problem: Problem, folder: Path, vintage: date = FIRST) -> ModelRun:
    """Make a vintage in a store below ``folder``, with one pair of hands."""
    with Crew(Workers(count=1)) as crew:
        return make_vintage(problem, ModelStore(folder, problem.grid), vintage, crew)


def read(problem: Problem, folder: Path, vintage: date = FIRST) -> VintageReader:
    """Open a finished vintage."""
    return ModelStore(folder, problem.grid).read_vintage(vintage)


def bytes_of(model: VintageReader, elements: tuple[str, ...] = ("cu_pct", "mo_ppm")) -> bytes:
    """All numbers of a model."""
    return b"".join(model.layer(name).tobytes() for name in ("geometry", *elements))


def many_tiles() -> Problem:
    """144 small tiles of two elements."""
    grid = make_grid(shape=(24, 24, 8), tile=(4, 4, 2))
    return problem_of(grid, two_elements(), drill(grid, 20, 6))
