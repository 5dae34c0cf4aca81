"""One walk through a model for all that validation asks of one element's blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from estimation.engine.krige import Problem
from estimation.models.layers import GEOMETRY, GEOMETRY_LAYER
from estimation.models.store_read import VintageReader
from estimation.models.tile_statistics import statistic
from estimation.plan import CLASSES
from estimation.statement.class_field import classes_of
from geo.grids import BlockGrid

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MEANS = ("estimate", "inverse_distance", "nearest")
"""What is compared, beside the composites."""
SLICE_BLOCKS = 2
"""Thickness of a swath's slice, in blocks along its axis."""
HEAVY = -0.05
"""Sum of negative weights beyond which a block counts as heavily negative."""


@dataclass(frozen=True)
class Axis:
    """A direction along which slices are laid: equal slices from ``start_m``."""

    name: str
    vector: tuple[float, float, float]
    """Unit vector (east, north, up)."""
    start_m: float
    width_m: float
    count: int

    def slice_of(self, xyz_m: Floats) -> Ints:
        """Slice of each place (n, 3); clipped to the first and the last."""
        along = xyz_m @ np.array(self.vector)
        found = np.floor((along - self.start_m) / self.width_m).astype(np.int64)
        return np.clip(found, 0, self.count - 1)

    @property
    def centres_m(self) -> Floats:
        """Middles of the slices, metres: coordinates, or from the grid's edge on a turned axis."""
        turned = max(self.vector) < 1.0 - 1e-9
        start = 0.0 if turned else self.start_m
        return np.asarray(start + self.width_m * (np.arange(self.count) + 0.5))


def axis_along(grid: BlockGrid, name: str, vector: Sequence[float]) -> Axis:
    """Slices of :data:`SLICE_BLOCKS` blocks through a whole grid along any unit vector."""
    unit = np.array(vector, dtype=float) / np.linalg.norm(vector)
    block = np.array(grid.spec.block_m)
    low = np.array(grid.spec.origin_m)
    size = block * np.array(grid.spec.shape)
    corners = low + size * np.stack(np.meshgrid([0, 1], [0, 1], [0, 1])).reshape(3, -1).T
    along = corners @ unit
    width = SLICE_BLOCKS * float(np.abs(unit) @ block)
    count = max(int(np.ceil((along.max() - along.min()) / width - 1e-9)), 1)
    return Axis(
        name, (float(unit[0]), float(unit[1]), float(unit[2])), float(along.min()), width, count
    )


@dataclass
class Seen:
    """What a walk saw of one element's classified blocks."""

    swaths: dict[str, Floats]
    """By axis: (4, slices): blocks, then sums of :data:`MEANS`."""
    estimates: list[Floats] = field(default_factory=list)
    domains: list[Ints] = field(default_factory=list)
    sums: Floats = field(default_factory=lambda: np.zeros(len(MEANS)))
    blocks: int = 0
    heavy: int = 0
    """Blocks whose negative weights go beyond 5 %."""
    negative: int = 0
    """Blocks with an estimate below zero."""
    far: int = 0
    """Measured or Indicated blocks farther from the holes than twice the range."""

    @property
    def means(self) -> dict[str, float]:
        """Mean of each of :data:`MEANS`, in the element's unit; NaN of no block."""
        count = self.blocks or np.nan
        return dict(zip(MEANS, (self.sums / count).tolist(), strict=True))

    @property
    def grades(self) -> Floats:
        """Every block's estimate, (blocks,)."""
        return np.concatenate(self.estimates) if self.estimates else np.empty(0)

    @property
    def domain_codes(self) -> Ints:
        """Every block's domain, (blocks,)."""
        return np.concatenate(self.domains) if self.domains else np.empty(0, np.int64)


def walk(model: VintageReader, problem: Problem, element: str, axes: Sequence[Axis] = ()) -> Seen:
    """Add up one element's blocks that have a class, tile by tile."""
    plan = problem.plan
    main = plan.main_element
    seen = Seen({axis.name: np.zeros((4, axis.count)) for axis in axes})
    fields = (*MEANS, "negative_weights")
    wanted = {GEOMETRY_LAYER: GEOMETRY, element: fields}
    field_of_classes = classes_of(model, plan)
    twice = 2.0 * max(plan.elements[main].variogram.structures[-1].ranges_m)
    for index in np.flatnonzero(statistic(model.statistics(main), "estimated") > 0):
        tile = model.grid.tile(int(index))
        found = model.read(tile.slices, wanted)
        distance = found[GEOMETRY_LAYER]["mean_distance_m"]
        classes = field_of_classes.at(tile.slices)
        inside = ((classes > 0) & ~np.isnan(found[element]["estimate"])).ravel()
        if not inside.any():
            continue
        here = {name: found[element][name].ravel()[inside] for name in fields}
        values = np.stack([here[name] for name in MEANS])
        seen.estimates.append(here["estimate"])
        seen.domains.append(found[GEOMETRY_LAYER]["domain"].ravel()[inside].astype(np.int64))
        seen.sums += np.nansum(values, axis=1)
        seen.blocks += int(inside.sum())
        seen.heavy += int((here["negative_weights"] < HEAVY).sum())
        seen.negative += int((here["estimate"] < 0).sum())
        sure = (classes.ravel() > 0) & (classes.ravel() < len(CLASSES))
        seen.far += int((sure & (distance.ravel() > twice)).sum())
        centres = model.grid.tile_centres_m(tile)[inside]
        for axis in axes:
            slices = axis.slice_of(centres)
            for row, part in enumerate((np.ones(len(slices)), *np.nan_to_num(values))):
                seen.swaths[axis.name][row] += np.bincount(slices, part, axis.count)
    return seen
