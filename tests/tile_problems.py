"""Small models for the proofs of the tile mechanism, and what a store is compared by."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.changes import Ground, drill_ground
from estimation.engine.krige import Problem, prepare
from estimation.models.block_model import ModelRun, make_vintage
from estimation.models.layers import GEOMETRY_LAYER, arrays_of
from estimation.models.store import ModelStore
from estimation.models.store_read import VintageReader
from estimation.models.tile_estimate import content_digest
from estimation.parallel import Crew, Workers
from estimation.plan import Plan
from geo.config import GridSpec
from geo.drillholes.composite import Composites
from geo.grids import BlockGrid, Tile

FIRST = date(2025, 12, 31)
WHY = "a test"
ELEMENTS = ("cu_pct", "mo_ppm")
LEVEL = {"azimuth_deg": 0.0, "dip_deg": 0.0, "rake_deg": 0.0}
TILTED = {"azimuth_deg": 30.0, "dip_deg": -20.0, "rake_deg": 15.0}


def search_pass(radii_m: tuple[float, float, float], **changes: Any) -> dict[str, Any]:
    """One search pass: 2 to 8 samples, three of a hole at most."""
    plain = {"min_samples": 2, "max_samples": 8, "max_per_hole": 3, "min_holes": 1}
    return {"radii_m": radii_m, **plain, "sectors": None, **changes}


def element(**changes: Any) -> dict[str, Any]:
    """Plan of one element: ordinary kriging, one spherical structure, two passes."""
    plain = {
        "source": "basic",
        "caps": {},
        "variogram": {
            "nugget": 0.1,
            "structures": [{"model": "spherical", "sill": 0.9, "ranges_m": (120.0, 80.0, 40.0)}],
            "orientation": TILTED,
        },
        "method": "ordinary",
        "known_mean": None,
        "search": (
            search_pass((50.0, 40.0, 25.0), min_samples=4, min_holes=2),
            search_pass((70.0, 60.0, 40.0)),
        ),
        "search_orientation": None,
        "high_yield": None,
        "class_limit": "measured",
        "reason": WHY,
    }
    return {**plain, **changes}


def plan_of(elements: dict[str, dict[str, Any]], **changes: Any) -> Plan:
    """A whole plan of one domain; ``changes`` replace its blocks."""
    domains = changes.get("domains", {"column": None, "codes": {}, "soft": ()})
    rule = {"min_holes": 2, "min_slope": -10.0}
    plain = {
        "main_element": next(iter(elements)),
        "stage": "detailed",
        "composites": {"length_m": 5.0, "min_coverage": 0.5},
        "domains": domains,
        "discretisation": (2, 2, 2),
        "sample_points": {"basic": 1, "combined": 1},
        "engine": "bornite",
        "elements": elements,
        "classification": {
            "measured": {"max_mean_distance_m": 30.0, **rule},
            "indicated": {"max_mean_distance_m": 50.0, **rule},
            "inferred": {"max_mean_distance_m": 70.0, **rule},
            "citation": WHY,
        },
        "density": {
            "method": "assigned",
            "assigned_tpm3": dict.fromkeys(domains["codes"] or ("all",), 2.7),
            "citation": WHY,
        },
        "cutoffs": {"reporting": 0.3, "others": (0.0, 0.5), "citation": WHY},
        "acceptance": {"status": "proposed", "by": None, "date": None, "reason": WHY},
    }
    return Plan.model_validate({**plain, **changes})


def grid_of(shape: tuple[int, int, int], tile: tuple[int, int, int]) -> BlockGrid:
    """Blocks of 10 x 10 x 5 m from a corner that is not the origin."""
    origin = (1000.0, 2000.0, 300.0)
    return BlockGrid(GridSpec(origin_m=origin, block_m=(10.0, 10.0, 5.0), shape=shape, tile=tile))


def ground_of(grid: BlockGrid, **changes: Any) -> Ground:
    """The whole of a grid, drilled every 60 m, composites of 5 m."""
    low, high = grid.spec.origin_m, tuple(float(grid.edges_m(axis)[-1]) for axis in range(3))
    plain: dict[str, Any] = {"spacing_m": 60.0, "composite_m": 5.0, "cluster_m": 90.0}
    plain["elements"] = ELEMENTS
    return Ground(low, (high[0], high[1], high[2]), **{**plain, **changes})


def problem_of(grid: BlockGrid, plan: Plan, table: pd.DataFrame) -> Problem:
    """Bring a plan and composites together through the engine's door."""
    return prepare(grid, plan, Composites(table), None)


MANY = grid_of((24, 16, 16), (4, 4, 4))
"""96 tiles of 64 blocks."""


def many_tiles(**changes: Any) -> Problem:
    """Two elements of the same samples in 96 tiles; ``changes`` replace blocks of the plan."""
    table = drill_ground(ground_of(MANY), np.random.default_rng(4))
    return problem_of(MANY, plan_of({name: element() for name in ELEMENTS}, **changes), table)


def run(problem: Problem, folder: Path, vintage: date = FIRST) -> ModelRun:
    """Make a vintage in a store below ``folder``, with one pair of hands."""
    with Crew(Workers(count=1)) as crew:
        return make_vintage(problem, ModelStore(folder, problem.grid), vintage, crew)


def read(problem: Problem, folder: Path, vintage: date = FIRST) -> VintageReader:
    """Open a finished vintage."""
    return ModelStore(folder, problem.grid).read_vintage(vintage)


def array_names(elements: tuple[str, ...]) -> list[str]:
    """Names of the arrays in which blocks are stored."""
    return [array.name for layer in (GEOMETRY_LAYER, *elements) for array in arrays_of(layer)]


def stored_tile(
    model: VintageReader, tile: Tile, elements: tuple[str, ...]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Arrays and statistics of one tile, as they are stored."""
    return (
        {name: model.stored(name, tile.slices) for name in array_names(elements)},
        {name: model.statistics(name)[tile.index] for name in elements},
    )


def stored_bytes(model: VintageReader, elements: tuple[str, ...] = ELEMENTS) -> dict[str, bytes]:
    """Everything that a vintage keeps, by name: blocks, statistics, keys, digests, its hash."""
    found = {name: model.stored(name, model.grid.whole).tobytes() for name in array_names(elements)}
    found |= {f"statistics of {name}": model.statistics(name).tobytes() for name in elements}
    found["keys"] = model.tile_keys.tobytes()
    found["digests"] = model.tile_digests.tobytes()
    found["model hash"] = model.model_hash.encode()
    return found


def finished_tiles(model: VintageReader, elements: tuple[str, ...] = ELEMENTS) -> list[int]:
    """Tiles that have a key. Each must have the bytes that its digest says.

    Raises
    ------
    AssertionError
        A tile is torn: its bytes are not those of its digest, or it has a digest and no key.
    """
    keys, digests = model.tile_keys, model.tile_digests
    found = []
    for tile in model.grid.tiles():
        if not keys[tile.index].any():
            assert not digests[tile.index].any(), f"{tile} has a digest and no key"
            continue
        digest = content_digest(*stored_tile(model, tile, elements))
        assert digests[tile.index].tobytes() == digest, f"{tile} is torn"
        found.append(tile.index)
    return found
