"""Which samples pair, in which lag and in which direction; and the sums over their pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estimation.errors import EstimationError
from estimation.variography.kernels_variogram import (
    CONE,
    PAIRS,
    SUMS,
    Bins,
    Cells,
    increments,
    pair_sums,
)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MOST_CELLS = 2_000_000
MOST_INCREMENTS = 40_000_000
"""More than this are not kept in memory for a median: the lags must be fewer or shorter."""


@dataclass(frozen=True)
class Lags:
    """Which pairs make a lag, and which a direction; metres and degrees.

    Plain lags touch: lag b holds distances (b, b + 1] widths. With ``lag_tolerance_m`` they stand
    at whole multiples of the width, plus and minus the tolerance (GSLIB ``gamv``, its lag at zero
    left out).
    """

    width_m: float
    count: int
    tolerance_deg: float = 22.5
    """Of the angle to the direction; with ``dip_tolerance_deg``, of the azimuth alone."""
    dip_tolerance_deg: float | None = None
    """Tolerance of the dip alone (GSLIB ``gamv``, gstat); None: one cone about the direction."""
    bandwidth_m: float = np.inf
    """Farthest that a pair may run off the direction's line, on the level."""
    bandwidth_up_m: float = np.inf
    """The same, upright to the direction."""
    lag_tolerance_m: float | None = None

    @property
    def reach_m(self) -> float:
        """Longest distance of a pair."""
        return self.width_m * self.count + (self.lag_tolerance_m or 0.0)


@dataclass(frozen=True)
class Pairing:
    """Which samples pair, in which lag and direction: worked out once, summed for any values."""

    order: Ints
    places: Floats
    cells: Cells
    bins: Bins
    frames: Floats
    limits: Floats

    @staticmethod
    def of(xyz_m: Floats, lags: Lags, directions: Floats, holes: Ints | None) -> Pairing:
        """Pairs of ``directions`` (d, 3), a zero vector for every direction; of one hole only
        where ``holes`` are given.

        Raises
        ------
        EstimationError
            The lags make no sense, or a sample has no place.
        """
        _check(xyz_m, lags)
        order, cells = cells_of_holes(holes) if holes is not None else cells_of(xyz_m, lags.reach_m)
        tolerance = lags.lag_tolerance_m
        omnidirectional = not directions.any()
        bins = Bins(
            float(lags.width_m),
            int(lags.count),
            -1.0 if tolerance is None else float(tolerance),
            omnidirectional,
        )
        dip = lags.dip_tolerance_deg
        limits = np.array(
            [
                np.cos(np.deg2rad(lags.tolerance_deg)) if lags.tolerance_deg < 90.0 else 0.0,
                CONE if dip is None else np.cos(np.deg2rad(min(dip, 90.0))),
                lags.bandwidth_m,
                lags.bandwidth_up_m,
            ]
        )
        frames = np.ascontiguousarray([frame_of(u) for u in directions])
        places = np.ascontiguousarray(xyz_m[order])
        return Pairing(order, places, cells, bins, frames, limits)

    def sums(self, values: Floats, second: Floats | None = None) -> Floats:
        """Sums over pairs, (directions, lags, SUMS); ``second``: the other of two variables."""
        first = np.ascontiguousarray(values[self.order], dtype=float)
        other = first if second is None else np.ascontiguousarray(second[self.order], dtype=float)
        found = pair_sums(
            self.places, first, other, self.cells, self.bins, self.frames, self.limits
        )
        return np.asarray(found).reshape(len(self.frames), self.bins.number, SUMS)

    def increments(self, values: Floats, sums: Floats) -> tuple[Floats, Ints]:
        """Every increment of the first direction, lag after lag, and where each lag begins."""
        ends = np.concatenate([[0], np.cumsum(sums[:, PAIRS])]).astype(np.int64)
        if ends[-1] > MOST_INCREMENTS:
            raise EstimationError(
                f"{ends[-1]:,} pairs are too many to keep for a median: take fewer or shorter "
                "lags, or a direction / 样品对过多,请减小滞后距或个数"
            )
        used = np.ascontiguousarray(values[self.order], dtype=float)
        found = increments(
            self.places, used, self.cells, self.bins, self.frames[0], self.limits, ends
        )
        return np.asarray(found), ends


def frame_of(vector: Floats) -> Floats:
    """A direction, the level line to its right, and the line upright to both: rows (3, 3).

    A vertical direction is taken as one that dips from the north.
    """
    if not vector.any():
        return np.zeros((3, 3))
    unit = vector / np.linalg.norm(vector)
    flat = np.hypot(unit[0], unit[1])
    right = np.array([unit[1], -unit[0], 0.0]) / flat if flat > 1e-9 else np.array([1.0, 0.0, 0.0])
    return np.array([unit, right, np.cross(right, unit)])


def cells_of(xyz_m: Floats, reach_m: float) -> tuple[Ints, Cells]:
    """Order of the samples by cells half as wide as the reach, and those cells."""
    low = xyz_m.min(axis=0)
    extent = xyz_m.max(axis=0) - low
    width = reach_m / 2.0
    while np.prod(np.floor(extent / width) + 1.0) > MOST_CELLS:
        width *= 1.5
    shape = (np.floor(extent / width) + 1.0).astype(np.int64)
    cell = np.minimum(np.floor((xyz_m - low) / width).astype(np.int64), shape - 1)
    number = cell[:, 0] + shape[0] * (cell[:, 1] + shape[1] * cell[:, 2])
    order = np.argsort(number, kind="stable").astype(np.int64)
    first = np.searchsorted(number[order], np.arange(int(np.prod(shape)) + 1)).astype(np.int64)
    # a cell more than the reach needs: rounding must not lose a pair
    reach = np.full(3, int(np.ceil(reach_m * (1 + 1e-6) / width)), dtype=np.int64)
    return order, Cells(first, np.ascontiguousarray(cell[order]), shape, reach)


def cells_of_holes(holes: Ints) -> tuple[Ints, Cells]:
    """Order of the samples by hole, each hole a cell of its own that reaches no other."""
    names, number = np.unique(holes, return_inverse=True)
    order = np.argsort(number, kind="stable").astype(np.int64)
    first = np.searchsorted(number[order], np.arange(len(names) + 1)).astype(np.int64)
    cell = np.zeros((len(holes), 3), dtype=np.int64)
    cell[:, 0] = number[order]
    shape = np.array([len(names), 1, 1], dtype=np.int64)
    return order, Cells(first, cell, shape, np.zeros(3, dtype=np.int64))


def _check(xyz_m: Floats, lags: Lags) -> None:
    """Lags that can hold a pair, samples that have a place."""
    half = lags.width_m / 2.0 * (1 + 1e-9)
    if not (lags.width_m > 0 and lags.count >= 1) or not 0 < (lags.lag_tolerance_m or half) <= half:
        raise EstimationError(
            f"lags: width {lags.width_m:g} m, number {lags.count}, tolerance "
            f"{lags.lag_tolerance_m} m: width and number above 0, tolerance at most half the "
            "width / 滞后距、个数须大于 0,容差不超过半个滞后距"
        )
    if xyz_m.shape[0] < 2 or not np.isfinite(xyz_m).all():
        raise EstimationError(
            f"a variogram needs two samples with coordinates ({xyz_m.shape[0]} here, "
            f"{int((~np.isfinite(xyz_m)).any(axis=1).sum())} without) / 样品不足两个或缺坐标"
        )
