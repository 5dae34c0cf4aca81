"""Continuity in every direction of a plane: the variogram map and the fan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estimation.errors import EstimationError
from estimation.variography.experimental import directional_variograms
from estimation.variography.experimental_estimators import Estimator
from estimation.variography.experimental_pairs import Lags, cells_of
from estimation.variography.kernels_variogram import map_sums

Floats = npt.NDArray[np.float64]

PLAN = np.eye(3)
"""The plan as a plane: right is east, up is north."""


@dataclass(frozen=True)
class VariogramMap:
    """Half mean squared increments by the lag's place in a plane.

    ``gamma`` and ``pairs`` (2 half + 1, 2 half + 1): row 0 is the lowest; the middle cell holds
    lags near zero; the map is the same turned by 180 degrees. NaN where no pair is.
    """

    gamma: Floats
    pairs: Floats
    cell_m: float
    plane: Floats
    """Rows (3, 3): the map's right, its up, its normal, in (east, north, up)."""

    @property
    def edges_m(self) -> Floats:
        """Edges of the cells, along either side."""
        size = self.gamma.shape[0]
        return np.asarray((np.arange(size + 1) - size / 2.0) * self.cell_m)


@dataclass(frozen=True)
class VariogramFan:
    """Directional variograms all round a plane; arrays (directions, lags)."""

    angles_deg: Floats
    """Clockwise from the plane's up: azimuths, in plan."""
    gamma: Floats
    pairs: Floats
    distance_m: Floats
    vectors: Floats
    """Unit vectors (directions, 3)."""
    lags: Lags
    sill: float | None
    plane: Floats


def plane_of(right: Floats, up: Floats) -> Floats:
    """A plane of two perpendicular unit vectors: rows right, up, normal.

    Raises
    ------
    EstimationError
        They are not perpendicular unit vectors.
    """
    plane = np.array([right, up, np.cross(right, up)])
    if not np.allclose(plane @ plane.T, np.eye(3), atol=1e-6):
        raise EstimationError(
            "a map's plane needs two perpendicular unit vectors / 平面需两个正交单位向量"
        )
    return plane


def variogram_map(
    xyz_m: Floats,
    values: Floats,
    cell_m: float,
    half: int,
    plane: Floats = PLAN,
    thickness_m: float = np.inf,
) -> VariogramMap:
    """Variogram map of values (n,) at places (n, 3), metres.

    ``half`` cells of ``cell_m`` each side of the middle; ``plane`` as of :func:`plane_of`; pairs
    that run farther than ``thickness_m`` off the plane are left out. Source: Isaaks & Srivastava
    (1989), chapter 7; Deutsch & Journel, GSLIB (1998), program ``varmap``.
    """
    if not (cell_m > 0 and half >= 1 and thickness_m > 0):
        raise EstimationError(
            f"variogram map: cell {cell_m:g} m, {half} cells, thickness {thickness_m:g} m: all "
            "above 0 / 变异函数图参数须大于 0"
        )
    corner = cell_m * (half + 1.0) * np.sqrt(2.0)
    extent = float(np.linalg.norm(np.ptp(xyz_m, axis=0))) + cell_m
    order, cells = cells_of(xyz_m, min(float(np.hypot(corner, min(thickness_m, extent))), extent))
    sums = map_sums(
        np.ascontiguousarray(xyz_m[order]),
        np.ascontiguousarray(values[order], dtype=float),
        cells,
        np.ascontiguousarray(plane),
        float(cell_m),
        int(half),
        float(thickness_m),
    )
    sums[:, half, half] /= 2.0  # a short pair stands there twice
    with np.errstate(invalid="ignore", divide="ignore"):
        return VariogramMap(sums[1] / sums[0], sums[0], cell_m, plane)


def variogram_fan(
    xyz_m: Floats,
    values: Floats,
    lags: Lags,
    step_deg: float = 15.0,
    plane: Floats = PLAN,
    *,
    estimator: Estimator = "traditional",
    weights: Floats | None = None,
) -> VariogramFan:
    """Directional variograms every ``step_deg`` over half a turn of a plane; errors as there."""
    angles = np.arange(0.0, 180.0 - 1e-9, step_deg)
    turned = np.deg2rad(angles)[:, None]
    vectors = np.sin(turned) * plane[0] + np.cos(turned) * plane[1]
    found = directional_variograms(
        xyz_m, values, lags, vectors, estimator=estimator, weights=weights
    )
    return VariogramFan(
        angles,
        np.array([e.gamma for e in found]),
        np.array([e.pairs for e in found]),
        np.array([e.distance_m for e in found]),
        vectors,
        lags,
        found[0].sill,
        plane,
    )
