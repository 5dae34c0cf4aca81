"""A deposit's classified ground, cut into panels that are simulated one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estimation.models.store_read import VintageReader
from estimation.plan import Plan
from estimation.statement.tally import Counted, constrained_shares
from geo.grids import BlockGrid, Tile

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

GROUP = 2
"""Blocks along each side of a group that shares one neighbourhood of samples."""


@dataclass(frozen=True)
class Panel:
    """Parts of one domain in one tile: what they weigh and which class they have; arrays (n,)."""

    domain_code: int
    tile: Tile
    block: Ints
    """Number of the block in the flattened (z, y, x) array of the tile."""
    class_index: Ints
    """Place of its class among the classes, surest first."""
    ore_t: Floats
    """Tonnes by the model's density, of what counts as resource."""


@dataclass(frozen=True)
class Layout:
    """Nodes of a panel: those groups of blocks that hold a part of it."""

    low: tuple[int, int, int]
    """First block of the box along z, y, x, in the tile; a whole number of groups."""
    groups: tuple[int, int, int]
    """Groups of the box along z, y, x."""
    used: Ints
    """Groups that hold a part, of the flattened box."""
    group: Ints
    """(n,) place of each part's group in ``used``."""
    inside: Ints
    """(n,) place of each part's block in its group's flattened (z, y, x) blocks."""


def panels_of(model: VintageReader, plan: Plan, counted: Counted) -> Iterator[Panel]:
    """Panels of all that a statement counts as resource, in order of tile, part and domain."""
    for parts in counted.parts(model, plan, counted.classes):
        centres = model.grid.tile_centres_m(parts.tile)[parts.block]
        ground = counted.share(parts.tile.slices).ravel()[parts.block]
        density, _ = counted.density.at(parts.domain_code, parts.grades, centres)
        states = constrained_shares(plan, counted.prospects, centres, model.grid.spec.block_m)
        good = sum(share for state, share in states if counted.prospects.reasonable(state))
        ore = ground * parts.share * model.grid.block_volume_m3 * density * good
        for code in np.unique(parts.domain_code[ore > 0]).tolist():
            here = np.flatnonzero((parts.domain_code == code) & (ore > 0))
            classes = parts.class_code[here].astype(np.int64) - 1
            yield Panel(code, parts.tile, parts.block[here], classes, ore[here])


def layout_of(panel: Panel) -> Layout:
    """The smallest box of groups around a panel's blocks."""
    nx, ny, nz = panel.tile.shape
    place = np.array(np.unravel_index(panel.block, (nz, ny, nx))) // GROUP
    low, high = place.min(axis=1), place.max(axis=1)
    groups = high - low + 1
    number = np.ravel_multi_index(tuple(place - low[:, None]), tuple(groups))
    used, group = np.unique(number, return_inverse=True)
    rest = np.array(np.unravel_index(panel.block, (nz, ny, nx))) % GROUP
    inside = np.ravel_multi_index(tuple(rest), (GROUP,) * 3)
    z, y, x = (int(one) * GROUP for one in low)
    gz, gy, gx = (int(one) for one in groups)
    return Layout((z, y, x), (gz, gy, gx), used, group.ravel(), inside)


def box_of(
    grid: BlockGrid, panel: Panel, layout: Layout, nodes: tuple[int, int, int]
) -> tuple[Floats, Floats, tuple[int, int, int]]:
    """First node, step (each x, y, z, metres from the grid's origin) and nodes of the box."""
    step = np.array(grid.spec.block_m) / np.array(nodes)
    start = np.array(panel.tile.start) + np.array(layout.low[::-1])
    counts = tuple(g * GROUP * n for g, n in zip(layout.groups[::-1], nodes, strict=True))
    first = start * np.array(grid.spec.block_m) + step / 2.0
    return first, step, (counts[0], counts[1], counts[2])


def group_centres_m(grid: BlockGrid, panel: Panel, layout: Layout) -> Floats:
    """Middles of the used groups (groups, 3), metres from the grid's origin."""
    z, y, x = np.unravel_index(layout.used, layout.groups)
    start = np.array(panel.tile.start) + np.array(layout.low[::-1])
    places = start + GROUP * (np.column_stack([x, y, z]) + 0.5)
    return np.asarray(places * np.array(grid.spec.block_m))


def by_group(box: Floats, layout: Layout, nodes: tuple[int, int, int]) -> Floats:
    """Values on a box (nz, ny, nx, r) as those of the used groups (groups, nodes of a group, r)."""
    (gz, gy, gx), (nx, ny, nz) = layout.groups, (GROUP * n for n in nodes)
    split = box.reshape(gz, nz, gy, ny, gx, nx, -1).transpose(0, 2, 4, 1, 3, 5, 6)
    z, y, x = np.unravel_index(layout.used, layout.groups)
    return np.asarray(split[z, y, x].reshape(layout.used.size, nz * ny * nx, -1))


def block_means(values: Floats, layout: Layout, nodes: tuple[int, int, int]) -> Floats:
    """Means over the nodes of each part's block, (n, r), of values (groups, nodes, r)."""
    nx, ny, nz = nodes
    groups, _, r = values.shape
    split = values.reshape(groups, GROUP, nz, GROUP, ny, GROUP, nx, r)
    means = split.mean(axis=(2, 4, 6)).reshape(groups, GROUP**3, r)
    return np.asarray(means[layout.group, layout.inside])
