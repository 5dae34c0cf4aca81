"""Where a sample is: depths along a hole to easting, northing and elevation."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.drillholes.holes import is_along_ground
from geo.drillholes.kernels_desurvey import (
    BALANCED_TANGENTIAL,
    MINIMUM_CURVATURE,
    POLYLINE,
    points_on_holes,
    station_positions,
    tangents,
)
from geo.tables.encoding import encoded

Method = Literal["minimum_curvature", "balanced_tangential"]
METHODS = {
    "minimum_curvature": MINIMUM_CURVATURE,
    "balanced_tangential": BALANCED_TANGENTIAL,
}
THREADS = 2
PARTED_FROM = 1 << 16
"""So many points and more are shared between threads."""


class Traces:
    """The courses of a deposit's holes, ready to be asked for points.

    Parameters
    ----------
    collar
        hole_id, easting_m, northing_m, elevation_m; one row a hole. Where it has ``hole_type``,
        trenches and adits are polylines: each station's direction holds to the next station.
    survey
        hole_id, depth_m, azimuth_deg (clockwise from grid north), dip_down_deg (positive down).
        A hole without stations is vertical; the first station's direction holds from the collar,
        the last one's beyond the last station.
    method
        How a hole runs between two stations.
    """

    def __init__(
        self, collar: pd.DataFrame, survey: pd.DataFrame, method: Method = "minimum_curvature"
    ):
        self.names = pd.Index(collar["hole_id"].to_numpy(dtype=object))
        places = collar[["easting_m", "northing_m", "elevation_m"]]
        self._origin = places.to_numpy(dtype=float)
        self._method = np.full(len(collar), METHODS[method], dtype=np.int64)
        if "hole_type" in collar:
            self._method[is_along_ground(collar["hole_type"].to_numpy())] = POLYLINE
        hole, stations = self._stations(survey)
        self._depth = np.ascontiguousarray(stations[:, 0])
        self._tangent = tangents(stations[:, 1], stations[:, 2])
        self._bounds = np.searchsorted(hole, np.arange(len(collar) + 1))
        self._position = station_positions(self._bounds, self._depth, self._tangent, self._method)

    def _stations(self, survey: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """All stations (hole, [depth, azimuth, dip]) in order, one at the collar of each hole."""
        hole = self.numbers(survey["hole_id"], missing=True)
        values = survey[["depth_m", "azimuth_deg", "dip_down_deg"]].to_numpy(dtype=float)
        order = np.lexsort((values[:, 0], hole))
        order = order[hole[order] >= 0]
        hole, values = hole[order], values[order]
        first = np.searchsorted(hole, np.arange(len(self.names) + 1))
        bare = first[:-1] == first[1:]
        top = np.zeros((len(self.names), 3))
        top[bare, 2] = 90.0
        top[~bare, 1:] = values[first[:-1][~bare], 1:]
        wanted = bare.copy()
        wanted[~bare] = values[first[:-1][~bare], 0] > 0
        hole = np.r_[hole, np.flatnonzero(wanted)]
        values = np.vstack([values, top[wanted]])
        order = np.lexsort((values[:, 0], hole))
        return hole[order], values[order]

    def numbers(self, hole_ids: Any, *, missing: bool = False) -> NDArray[np.int64]:
        """Position in ``collar`` of each hole id; -1 for an unknown one where ``missing``.

        Raises
        ------
        KeyError
            A hole is not in ``collar`` and ``missing`` is false.
        """
        codes, names = encoded(pd.Series(hole_ids))
        known = self.names.get_indexer(pd.Index(names, dtype=object))
        if not missing and (known < 0).any():
            raise KeyError(str(np.asarray(names, dtype=object)[known < 0][0]))
        return np.asarray(known, dtype=np.int64)[codes] if len(codes) else np.zeros(0, np.int64)

    def points(self, hole: NDArray[np.int64], depths_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Easting, northing, elevation (n, 3), metres, of depths along holes (by number)."""
        at = np.ascontiguousarray(depths_m, dtype=float)
        points = np.empty((3, len(at))).T  # each coordinate in one piece of memory

        def place(part: slice) -> None:
            stations = (self._bounds, self._depth, self._tangent, self._position, self._method)
            points_on_holes(*stations, self._origin, hole[part], at[part], points[part])

        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(place, _parts(len(at))))
        return points


def _parts(count: int) -> list[slice]:
    """So many rows in pieces, one a thread; a small number stays whole."""
    if count < PARTED_FROM:
        return [slice(0, count)]
    edges = np.linspace(0, count, THREADS + 1).astype(int).tolist()
    return [slice(a, b) for a, b in pairwise(edges)]


def desurvey(
    collar: pd.DataFrame,
    survey: pd.DataFrame,
    hole_ids: Sequence[Any] | NDArray[Any] | pd.Series,
    depths_m: Sequence[float] | NDArray[np.float64] | pd.Series,
    method: Method = "minimum_curvature",
) -> NDArray[np.float64]:
    """Place depths along holes.

    Parameters
    ----------
    collar, survey, method
        As :class:`Traces`.
    hole_ids, depths_m
        (n,) the points wanted, metres along the hole.

    Returns
    -------
    array (n, 3)
        Easting, northing, elevation in metres. A hole's points depend on that hole only.

    Raises
    ------
    KeyError
        A hole is not in ``collar``.
    """
    traces = Traces(collar, survey, method)
    return traces.points(traces.numbers(hole_ids), np.asarray(depths_m, dtype=float))
