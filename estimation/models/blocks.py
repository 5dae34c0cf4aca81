"""Blocks of a finished model as their readers count them: part by part, tile after tile.

A block is one part; where domains are volumes and two of them share it, it is two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estimation.models.layers import GEOMETRY, GEOMETRY_LAYER, second_layer
from estimation.models.store_read import Fields, VintageReader
from estimation.models.tile_statistics import statistic
from estimation.plan import Plan
from geo.grids import Tile

Floats = npt.NDArray[np.float64]

SUPPORT = ("estimate", "variance", "slope", "efficiency", "holes", "pass")
"""Fields of the main element that come along: what classes rest on."""


@dataclass(frozen=True)
class TileBlocks:
    """First or second parts of one tile's blocks; arrays (n,) in the flattened (z, y, x) order."""

    tile: Tile
    second: bool
    class_code: npt.NDArray[np.int8]
    """0 until the reader has classified them."""
    domain_code: npt.NDArray[np.int64]
    """0 where a block has no such part."""
    share: Floats
    """Part of the block's volume, 0-1."""
    mean_distance_m: Floats
    """To the nearest three holes."""
    grades: dict[str, Floats]
    """Estimates in the element's unit, below zero set to zero, NaN where not evaluated."""
    main: dict[str, Floats]
    """:data:`SUPPORT` of the main element."""


def tile_blocks(model: VintageReader, plan: Plan) -> Iterator[TileBlocks]:
    """Parts of a model's blocks: of each tile the first, then the second where there are any.

    Tiles without an estimate of the main element are passed over.
    """
    main = plan.main_element
    first = statistic(model.statistics(main), "estimated") > 0
    second = np.zeros_like(first)
    if plan.domains.volumes and plan.domains.subcells != (1, 1, 1):
        second = statistic(model.statistics(second_layer(main)), "estimated") > 0
    for index in np.flatnonzero(first | second):
        tile = model.grid.tile(int(index))
        yield blocks_in(model, plan, tile, second=False)
        if second[index]:
            yield blocks_in(model, plan, tile, second=True)


def blocks_in(model: VintageReader, plan: Plan, tile: Tile, *, second: bool) -> TileBlocks:
    """First or second parts of one tile."""
    names = {name: second_layer(name) if second else name for name in plan.elements}
    wanted = {GEOMETRY_LAYER: GEOMETRY, **dict.fromkeys(names.values(), ("estimate",))}
    wanted[names[plan.main_element]] = SUPPORT
    found: Fields = model.read(tile.slices, wanted)
    geometry = {name: values.ravel() for name, values in found[GEOMETRY_LAYER].items()}
    which = "second_" if second else ""
    domain = np.nan_to_num(geometry[f"{which}domain"]).astype(np.int64)
    return TileBlocks(
        tile,
        second,
        np.zeros(domain.size, np.int8),
        domain,
        geometry[f"{which}share"],
        geometry["mean_distance_m"],
        {n: np.maximum(found[layer]["estimate"], 0.0).ravel() for n, layer in names.items()},
        {f: values.ravel() for f, values in found[names[plan.main_element]].items()},
    )
