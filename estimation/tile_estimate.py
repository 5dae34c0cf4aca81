"""One tile: every planned element estimated in one visit, packed as it is stored."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from estimation.kernels_kriging import FIELD_COUNT, krige_groups
from estimation.kernels_search import nearest_three_holes
from estimation.krige import domain_names, kernel_samples, kriging_model
from estimation.layers import FIELDS, GEOMETRY_LAYER, arrays_of, place_of
from estimation.reach import TileWork, take
from estimation.tile_statistics import USED_FIELDS, tile_statistics
from geo.grids import Tile

Floats = npt.NDArray[np.float64]
Arrays = dict[str, npt.NDArray[Any]]

GROUP = 4
"""Blocks along each side of a group that shares one gathering of candidates."""


@dataclass(frozen=True)
class TileResult:
    """A finished tile, as it is stored, and the proof of its bytes."""

    tile: Tile
    key: bytes
    arrays: Arrays
    """By name of the store's array, each of shape (fields, nz, ny, nx)."""
    statistics: dict[str, Floats]
    """By element, in the order of ``tile_statistics.STATISTICS``."""
    content_digest: bytes


def estimate_tile(work: TileWork, tile: Tile, key: bytes) -> TileResult:
    """Estimate every planned element in one tile. Depends on nothing but its arguments."""
    problem = work.problem
    centres = problem.grid.tile_centres_m(tile)
    flags = work.flags.within(problem, tile)
    distance, nearest = nearest_three_holes(
        centres, flags.xyz_m, flags.holes, problem.reach_m, problem.hole_reach_m
    )
    domain = np.where(nearest >= 0, flags.domains[nearest], 0) if len(flags) else 0 * nearest
    arrays = pack(GEOMETRY_LAYER, np.column_stack([domain, distance]), tile)
    for name in problem.elements:
        arrays |= pack(name, _estimate_element(work, tile, name, centres, domain), tile)
    statistics = {name: statistics_of(name, arrays) for name in problem.elements}
    return TileResult(tile, key, arrays, statistics, content_digest(arrays, statistics))


def pack(layer: str, fields: Floats, tile: Tile) -> Arrays:
    """Arrays of one layer from the fields of a tile's blocks, shape (blocks, fields)."""
    nx, ny, nz = tile.shape
    packed: Arrays = {}
    first = 0
    for array in arrays_of(layer):
        part = fields[:, first : first + len(array.fields)].T
        packed[array.name] = np.ascontiguousarray(part, array.dtype).reshape(-1, nz, ny, nx)
        first += len(array.fields)
    return packed


def statistics_of(element: str, arrays: Mapping[str, npt.NDArray[Any]]) -> Floats:
    """Statistics of one element from a tile's arrays as they are stored."""
    fields = {}
    for field in USED_FIELDS:
        name, index = place_of(element, field)
        fields[field] = arrays[name][index]
    name, index = place_of(GEOMETRY_LAYER, "domain")
    return tile_statistics(fields, arrays[name][index])


def content_digest(
    arrays: Mapping[str, npt.NDArray[Any]], statistics: Mapping[str, Floats]
) -> bytes:
    """SHA-256 of a tile's numbers, array by array in order of name, then of its statistics."""
    sha = hashlib.sha256()
    for part in (arrays, statistics):
        for name in sorted(part):
            sha.update(name.encode())
            sha.update(np.ascontiguousarray(part[name]).reshape(-1).view(np.uint8).data)
    return sha.digest()


def _estimate_element(
    work: TileWork,
    tile: Tile,
    name: str,
    centres: Floats,
    domain: npt.NDArray[np.int64],
) -> Floats:
    """Krige one element in a tile, each block from the samples of its own domain."""
    plan = work.problem.plan
    model = kriging_model(plan.elements[name], work.problem.grid, plan.discretisation)
    samples = work.elements[name].within(work.problem, tile)
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
            kernel_samples(model, take(samples, np.flatnonzero(samples.domains == code))),
            model.offsets,
            model.model,
            model.search,
        )
    return with_reason(fields)


def with_reason(fields: Floats) -> Floats:
    """Fields with the column ``reason``: 1 where every pass was in vain."""
    passes = fields[:, [FIELDS.index("pass")]]
    return np.hstack([fields, np.where(np.isnan(passes), np.nan, passes == 0.0)])


def group_of_blocks(tile: Tile) -> npt.NDArray[np.int64]:
    """Group number of each block of a tile, in the order of a flattened (z, y, x) array."""
    counts = [np.arange(n) // GROUP for n in tile.shape]
    wide, deep = counts[0][-1] + 1, counts[1][-1] + 1
    z, y, x = np.meshgrid(counts[2], counts[1], counts[0], indexing="ij")
    return ((z * deep + y) * wide + x).ravel()
