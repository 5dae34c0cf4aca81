"""One tile: every planned element estimated in one visit, packed as it is stored."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from estimation.engine.by_pykrige import krige_by_pykrige
from estimation.engine.kernels_blocks import OUTSIDE
from estimation.engine.kernels_holes import nearest_three_holes
from estimation.engine.krige import Problem, domain_names, visits_in
from estimation.engine.reach import TileWork
from estimation.engine.visit import Samples, Visit
from estimation.models.layers import FIELDS, GEOMETRY_LAYER, arrays_of, place_of
from estimation.models.tile_statistics import USED_FIELDS, tile_statistics
from geo.grids import Tile

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
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
    order, starts = by_group(group_of_blocks(tile))
    distance = np.full(len(centres), np.inf)
    domain = np.zeros(len(centres), np.int64)
    if len(flags):
        distance[order], nearest = nearest_three_holes(
            centres[order],
            starts,
            flags.xyz_m,
            flags.holes,
            problem.reach_m,
            problem.hole_reach_m,
        )
        domain[order] = np.where(nearest >= 0, flags.domains[nearest], 0)
    arrays = pack(GEOMETRY_LAYER, np.column_stack([domain, distance]), tile)
    near = {name: work.elements[name].within(problem, tile) for name in problem.elements}
    for visit in visits_in(problem, near):
        for name, fields in _estimate_visit(problem, near, visit, tile, domain).items():
            arrays |= pack(name, fields, tile)
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


def _estimate_visit(
    problem: Problem, near: dict[str, Samples], visit: Visit, tile: Tile, domain: Ints
) -> dict[str, Floats]:
    """Krige the elements of one visit in a tile, each block from the samples its domain may use."""
    centres = problem.grid.tile_centres_m(tile)
    samples = near[visit.names[0]]
    values = np.array([near[name].values for name in visit.names])
    fields = np.full((len(visit.names), len(centres), len(FIELDS)), np.nan)
    fields[:, :, FIELDS.index("reason")] = OUTSIDE
    group = group_of_blocks(tile)
    for code in range(1, len(domain_names(problem.plan)) + 1):
        blocks = np.flatnonzero(domain == code)
        if blocks.size == 0:
            continue
        usable = np.flatnonzero(samples.usable_in(code))
        if problem.plan.engine == "pykrige":
            for e, name in enumerate(visit.names):
                fields[e, blocks] = krige_by_pykrige(
                    problem, name, near[name].take(usable), centres[blocks]
                )
            continue
        order, starts = by_group(group[blocks])
        blocks = blocks[order]
        kernel_samples = visit.kernel_samples(samples.take(usable), values[:, usable])
        fields[:, blocks] = visit.krige(kernel_samples, centres[blocks], starts, None)
    return dict(zip(visit.names, fields, strict=True))


def by_group(group: Ints) -> tuple[Ints, Ints]:
    """Blocks in order of group, and the first of each group in that order (one more at the end)."""
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    return order, np.append(starts, group.size)


def group_of_blocks(tile: Tile) -> npt.NDArray[np.int64]:
    """Group number of each block of a tile, in the order of a flattened (z, y, x) array."""
    counts = [np.arange(n) // GROUP for n in tile.shape]
    wide, deep = counts[0][-1] + 1, counts[1][-1] + 1
    z, y, x = np.meshgrid(counts[2], counts[1], counts[0], indexing="ij")
    return ((z * deep + y) * wide + x).ravel()
