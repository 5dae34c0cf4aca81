"""How blocks share the volumes: parts by sub-cells, and what they add up to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estimation.domains.volumes import LoadedVolumes
from geo.grids import BlockGrid
from geo.meshes.solids import Solid

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CHUNK = 1 << 20
"""Points asked at a time: a bound on memory, not on the result."""


@dataclass(frozen=True)
class BlockShares:
    """Domains by place of each block (n,): the one with the largest share, and the next.

    A domain is its code in plan order, from 1; 0 where there is none. Of equal shares the domain
    named first comes first. What the two leave of the block is in no volume, or in a third.
    """

    domain: Ints
    share: Floats
    second: Ints
    second_share: Floats


def share_blocks(
    volumes: LoadedVolumes,
    centres_m: Floats,
    block_m: tuple[float, float, float],
    subcells: tuple[int, int, int],
) -> BlockShares:
    """Share blocks among the domains by the points in the middle of each block's sub-cells.

    Parameters
    ----------
    volumes
        Volumes of the plan.
    centres_m, block_m
        (n, 3) block centres, and the blocks' sides, metres.
    subcells
        Sub-cells along x, y, z of a block.
    """
    shares = domain_shares(volumes, centres_m, block_m, subcells)
    order = np.argsort(-shares, axis=1, kind="stable")[:, :2]
    rows = np.arange(len(shares))[:, None]
    found = np.zeros((len(shares), 2))
    code = np.zeros((len(shares), 2), np.int64)
    width = order.shape[1]
    found[:, :width] = shares[rows, order]
    code[:, :width] = np.where(found[:, :width] > 0, order + 1, 0)
    return BlockShares(code[:, 0], found[:, 0], code[:, 1], found[:, 1])


def domain_shares(
    volumes: LoadedVolumes,
    centres_m: Floats,
    block_m: tuple[float, float, float],
    subcells: tuple[int, int, int],
) -> Floats:
    """Share of each block in each domain, (n, domains)."""
    inner = subcell_points(block_m, subcells)
    shares = np.zeros((len(centres_m), len(volumes.names)))
    step = max(CHUNK // len(inner), 1)
    for first in range(0, len(centres_m), step):
        part = centres_m[first : first + step]
        points = (part[:, None] + inner).reshape(-1, 3)
        code = volumes.inside(points).reshape(len(part), len(inner))
        for number in np.unique(code[code > 0]):
            shares[first : first + step, number - 1] = (code == number).mean(axis=1)
    return shares


def subcell_points(block_m: tuple[float, float, float], subcells: tuple[int, int, int]) -> Floats:
    """Middles of a block's sub-cells about its centre, (cells, 3)."""
    axes = [
        size * ((np.arange(count) + 0.5) / count - 0.5)
        for size, count in zip(block_m, subcells, strict=True)
    ]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)


def solid_shares(
    solid: Solid,
    centres_m: Floats,
    block_m: tuple[float, float, float],
    subcells: tuple[int, int, int],
) -> Floats:
    """Share of each block that one ground holds, (n,), by sub-cells."""
    inner = subcell_points(block_m, subcells)
    shares = np.zeros(len(centres_m))
    step = max(CHUNK // len(inner), 1)
    for first in range(0, len(centres_m), step):
        part = centres_m[first : first + step]
        held = solid.holds((part[:, None] + inner).reshape(-1, 3))
        shares[first : first + step] = held.reshape(len(part), len(inner)).mean(axis=1)
    return shares


@dataclass(frozen=True)
class VolumeFoot:
    """One domain's volume by its solids and by its blocks."""

    domain: str
    solid_m3: float
    """Of the domain's solids; NaN where one has no bounds."""
    blocks_m3: float
    """Sum of share x block volume over the grid."""
    overlap_m3: float
    """Ground of its solids that an earlier volume holds, or that several of them share."""
    error_share: float
    """Share of the solids' volume that no block accounts for: ground outside the grid, or (also
    negative) sub-cells too coarse; NaN as above."""


def foot_volumes(
    volumes: LoadedVolumes, grid: BlockGrid, subcells: tuple[int, int, int]
) -> tuple[VolumeFoot, ...]:
    """Compare each domain's volume by blocks with that of its solids, tile by tile."""
    count = len(volumes.names)
    blocks, held = np.zeros(count), np.zeros(count)
    for tile in grid.tiles():
        centres = grid.tile_centres_m(tile)
        low, high = grid.tile_box_m(tile)
        if not any(_may_meet(solid, low, high) for solid in volumes.solids):
            continue
        blocks += domain_shares(volumes, centres, grid.spec.block_m, subcells).sum(axis=0)
        for code, solid in zip(volumes.codes, volumes.solids, strict=True):
            if _may_meet(solid, low, high):
                held[code - 1] += solid_shares(solid, centres, grid.spec.block_m, subcells).sum()
    codes = np.array(volumes.codes)
    made = []
    for name in volumes.domains:
        code = volumes.names.index(name) + 1
        own = [s for c, s in zip(codes, volumes.solids, strict=True) if c == code]
        solid_m3 = float(sum(solid.volume_m3 for solid in own))
        blocks_m3 = float(blocks[code - 1] * grid.block_volume_m3)
        overlap_m3 = float(held[code - 1] * grid.block_volume_m3) - blocks_m3
        rest = 1.0 - (blocks_m3 + overlap_m3) / solid_m3 if solid_m3 > 0 else float("nan")
        made.append(VolumeFoot(name, solid_m3, blocks_m3, overlap_m3, rest))
    return tuple(made)


def _may_meet(solid: Solid, low: Floats, high: Floats) -> bool:
    """Whether a solid can reach into a box."""
    box = solid.box_m
    return box is None or bool(np.all(box[0] <= high) and np.all(low <= box[1]))
