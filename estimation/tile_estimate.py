"""One tile: its key (all that its numbers depend on) and its estimate."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estimation.accelerate import kernel_sources_digest
from estimation.kernels_kriging import FIELD_COUNT, krige_groups
from estimation.kernels_search import nearest_three_holes
from estimation.krige import Problem, Samples, as_json, domain_names, kernel_samples, kriging_model
from geo.config import digest
from geo.grids import Tile

Floats = npt.NDArray[np.float64]

GROUP = 4
"""Blocks along each side of a group that shares one gathering of candidates."""

GEOMETRY = ("domain", "mean_distance_m")
"""Fields of the geometry layer: domain code (0 outside) and mean distance to three holes."""


@dataclass(frozen=True)
class TileResult:
    """A finished tile: layers of shape (fields, nz, ny, nx) and the proof of its bytes."""

    tile: Tile
    key: bytes
    layers: dict[str, Floats]

    @property
    def content_digest(self) -> bytes:
        """SHA-256 of the numbers, layer by layer in order of name."""
        sha = hashlib.sha256()
        for name in sorted(self.layers):
            sha.update(name.encode())
            sha.update(np.ascontiguousarray(self.layers[name]).tobytes())
        return sha.digest()


def decision_digest(problem: Problem) -> str:
    """Digest of the parts of grid, plan and engine that change a tile's numbers.

    Cut-offs, density and class limits are applied later and are not part of it: changing them
    costs no kriging.
    """
    plan = problem.plan
    elements = {
        name: {k: v for k, v in as_json(e).items() if k in {"variogram", "search", "source"}}
        for name, e in plan.elements.items()
    }
    grid = problem.grid.spec
    return digest(
        {
            "engine": kernel_sources_digest(),
            "grid": [grid.origin_m, grid.block_m],
            "elements": elements,
            "main": plan.main_element,
            "domains": domain_names(plan),
            "discretisation": plan.discretisation,
            "reach_m": [problem.reach_m, problem.hole_reach_m],
        }
    )


def in_reach(problem: Problem, tile: Tile, samples: Samples) -> Samples:
    """Samples within the search's reach of a tile."""
    low, high = problem.grid.tile_box_m(tile)
    inside = np.all(
        (samples.xyz_m >= low - problem.reach_m) & (samples.xyz_m <= high + problem.reach_m), axis=1
    )
    return samples.subset(inside)


def tile_key(problem: Problem, tile: Tile, decision: str) -> bytes:
    """Hash of everything that this tile's numbers depend on (architecture: the tile)."""
    sha = hashlib.sha256(decision.encode())
    sha.update(repr((tile.start, tile.shape)).encode())
    for name in ["", *sorted(problem.elements)]:
        samples = in_reach(problem, tile, problem.elements[name] if name else problem.flags)
        sha.update(name.encode())
        # flags carry no grade: their values do not matter, only where they are
        parts = [samples.identity, samples.xyz_m, samples.domains]
        for part in parts + ([samples.values] if name else []):
            sha.update(np.ascontiguousarray(part).tobytes())
    return sha.digest()


def estimate_tile(problem: Problem, tile: Tile, key: bytes) -> TileResult:
    """Estimate every planned element in one tile. Depends on nothing but its arguments."""
    centres = problem.grid.tile_centres_m(tile)
    nx, ny, nz = tile.shape
    flags = in_reach(problem, tile, problem.flags)
    distance, nearest = nearest_three_holes(
        centres, flags.xyz_m, flags.holes, problem.reach_m, problem.hole_reach_m
    )
    domain = np.where(nearest >= 0, flags.domains[nearest], 0) if len(flags) else 0 * nearest
    layers = {"geometry": np.stack([domain.astype(float), distance]).reshape(2, nz, ny, nx)}
    for name in problem.elements:
        fields = _estimate_element(problem, tile, name, centres, domain)
        layers[name] = np.ascontiguousarray(fields.T).reshape(FIELD_COUNT, nz, ny, nx)
    return TileResult(tile, key, layers)


def _estimate_element(
    problem: Problem,
    tile: Tile,
    name: str,
    centres: Floats,
    domain: npt.NDArray[np.int64],
) -> Floats:
    """Krige one element in a tile, each block from the samples of its own domain."""
    plan = problem.plan
    model = kriging_model(plan.elements[name], problem.grid, plan.discretisation)
    samples = in_reach(problem, tile, problem.elements[name])
    fields = np.full((centres.shape[0], FIELD_COUNT), np.nan)
    group = group_of_blocks(tile)
    for code in range(1, len(domain_names(plan)) + 1):
        blocks = np.flatnonzero(domain == code)
        if blocks.size == 0:
            continue
        blocks = blocks[np.argsort(group[blocks], kind="stable")]
        starts = np.flatnonzero(np.diff(group[blocks], prepend=-1))
        fields[blocks] = krige_groups(
            model.places(centres[blocks]),
            np.append(starts, blocks.size),
            np.full(blocks.size, -1, np.int64),
            kernel_samples(model, samples.subset(samples.domains == code)),
            model.offsets,
            model.model,
            model.search,
        )
    return fields


def group_of_blocks(tile: Tile) -> npt.NDArray[np.int64]:
    """Group number of each block of a tile, in the order of a flattened (z, y, x) array."""
    counts = [np.arange(n) // GROUP for n in tile.shape]
    wide, deep = counts[0][-1] + 1, counts[1][-1] + 1
    z, y, x = np.meshgrid(counts[2], counts[1], counts[0], indexing="ij")
    return ((z * deep + y) * wide + x).ravel()
