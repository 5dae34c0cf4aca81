"""One tile: every planned element estimated in one visit, packed as it is stored."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from estimation.engine.kernels_blocks import OUTSIDE
from estimation.engine.kernels_holes import nearest_three_holes
from estimation.engine.krige import Problem, domain_names, has_own_choices, visits_in
from estimation.engine.methods import Blocks, estimate_blocks
from estimation.engine.reach import TileWork
from estimation.engine.visit import Samples, Visit, by_group
from estimation.models.layers import (
    FIELDS,
    GEOMETRY_LAYER,
    above_layer,
    arrays_of,
    is_probability,
    is_second,
    place_of,
    second_layer,
)
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
    """By layer, in the order of ``tile_statistics.STATISTICS``."""
    content_digest: bytes


def estimate_tile(work: TileWork, tile: Tile, key: bytes) -> TileResult:
    """Estimate every planned element in one tile. Depends on nothing but its arguments."""
    problem = work.problem
    place = place_blocks(work, tile)
    arrays = pack(GEOMETRY_LAYER, place.geometry(), tile)
    near = {name: work.elements[name].within(problem, tile) for name in problem.elements}
    parts = [(False, place.domain)]
    if has_second_parts(problem):
        parts.append((True, place.second))
    for second, domain in parts:
        for layer, fields in _estimate_part(problem, near, tile, domain).items():
            if not second:
                arrays |= pack(layer, fields, tile)
            elif layer in problem.elements:
                arrays |= pack(second_layer(layer), fields, tile)
    names = [name for name in layers_of(problem) if not is_probability(name)]
    statistics = {name: statistics_of(name, arrays) for name in names}
    return TileResult(tile, key, arrays, statistics, content_digest(arrays, statistics))


def has_second_parts(problem: Problem) -> bool:
    """Whether blocks can belong to two domains, by their share in volumes."""
    domains = problem.plan.domains
    return bool(domains.volumes) and domains.subcells != (1, 1, 1)


def layers_of(problem: Problem) -> tuple[str, ...]:
    """Layers of a problem's model beside the geometry: the elements, then what some have more."""
    elements = tuple(problem.elements)
    seconds = map(second_layer, elements) if has_second_parts(problem) else ()
    above = (
        above_layer(name, cutoff)
        for name in elements
        for choices in problem.plan.elements[name].every_choice
        if choices.indicators
        for cutoff in choices.indicators.cutoffs
    )
    return tuple(dict.fromkeys([*elements, *seconds, *above]))


@dataclass(frozen=True)
class Places:
    """Where the blocks of a tile belong, arrays (blocks,)."""

    domain: Ints
    mean_distance_m: Floats
    share: Floats
    second: Ints
    second_share: Floats

    def geometry(self) -> Floats:
        """Fields of the geometry layer, (blocks, fields)."""
        columns = (self.domain, self.mean_distance_m, self.share, self.second, self.second_share)
        return np.column_stack(columns)


def place_blocks(work: TileWork, tile: Tile) -> Places:
    """Domains of a tile's blocks, by volumes or by the nearest composite, and how near holes are.

    Blocks outside all volumes have no domain, unless logged codes name domains too: then the
    nearest composite of a coded domain decides.
    """
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
    none = np.zeros(len(centres), np.int64)
    volumes = problem.surroundings.volumes
    if volumes is None:
        return Places(domain, distance, (domain > 0).astype(float), none, none.astype(float))
    return _by_volumes(problem, volumes, centres, domain, distance)


def _by_volumes(
    problem: Problem, volumes: Any, centres: Floats, logged: Ints, distance: Floats
) -> Places:
    """Places of blocks where volumes decide; ``logged``: domain of the nearest composite."""
    from estimation.domains.blocks import share_blocks

    plan = problem.plan.domains
    shares = share_blocks(volumes, centres, problem.grid.spec.block_m, plan.subcells)
    domain, share = np.asarray(shares.domain, np.int64), np.asarray(shares.share, np.float64)
    coded = np.array([0, *(name in plan.codes for name in domain_names(problem.plan))], bool)
    outside = (domain == 0) & coded[logged]
    return Places(
        np.where(outside, logged, domain),
        distance,
        np.where(outside, 1.0, share),
        np.asarray(shares.second, np.int64),
        np.asarray(shares.second_share, np.float64),
    )


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


def statistics_of(layer: str, arrays: Mapping[str, npt.NDArray[Any]]) -> Floats:
    """Statistics of an element, or of its second parts, from a tile's arrays as stored."""
    fields = {}
    for field in USED_FIELDS:
        name, index = place_of(layer, field)
        fields[field] = arrays[name][index]
    name, index = place_of(GEOMETRY_LAYER, "second_domain" if is_second(layer) else "domain")
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


def _estimate_part(
    problem: Problem, near: dict[str, Samples], tile: Tile, domain: Ints
) -> dict[str, Floats]:
    """Estimate a tile's blocks in the given domain each (0: in none): layer -> (blocks, fields)."""
    centres, group = problem.grid.tile_centres_m(tile), group_of_blocks(tile)
    drift = _drift_over(problem, tile)
    found: dict[str, Floats] = {}
    for name in layers_of(problem):
        if not is_second(name):
            count = 1 if is_probability(name) else len(FIELDS)
            found[name] = np.full((len(centres), count), np.nan)
    for name in problem.elements:
        found[name][:, FIELDS.index("reason")] = OUTSIDE
    visits: dict[str, list[Visit]] = {}
    for code, name in enumerate(domain_names(problem.plan), start=1):
        rows = np.flatnonzero(domain == code)
        if rows.size == 0:
            continue
        # domains without choices of their own share one set of visits
        own = name if has_own_choices(problem.plan, name) else ""
        if own not in visits:
            visits[own] = visits_in(problem, near, name)
        here = Blocks(
            name, code, centres[rows], group[rows], None if drift is None else drift[rows]
        )
        for layer, fields in estimate_blocks(problem, near, visits[own], here).items():
            found[layer][rows] = fields
    return found


def _drift_over(problem: Problem, tile: Tile) -> Floats | None:
    """Drift rasters over a tile's blocks, (blocks, r)."""
    if problem.column_drift is None:
        return None
    columns = column_drift_of(problem, tile)
    nz = tile.shape[2]
    every = np.broadcast_to(columns[:, None], (len(columns), nz, *columns.shape[1:]))
    return np.ascontiguousarray(every.reshape(len(columns), -1).T)


def column_drift_of(problem: Problem, tile: Tile) -> Floats:
    """Drift rasters over the columns of a tile, (r, ny, nx); r is 0 where no plan names any."""
    if problem.column_drift is None:
        return np.empty((0, tile.shape[1], tile.shape[0]))
    _, y, x = tile.slices
    return np.ascontiguousarray(problem.column_drift[:, y, x])


def group_of_blocks(tile: Tile) -> npt.NDArray[np.int64]:
    """Group number of each block of a tile, in the order of a flattened (z, y, x) array."""
    counts = [np.arange(n) // GROUP for n in tile.shape]
    wide, deep = counts[0][-1] + 1, counts[1][-1] + 1
    z, y, x = np.meshgrid(counts[2], counts[1], counts[0], indexing="ij")
    return ((z * deep + y) * wide + x).ravel()
