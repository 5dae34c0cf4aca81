"""Where a sample is: depths along a hole to easting, northing and elevation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.kernels_desurvey import points_on_arcs, station_positions, tangents


def desurvey(
    collar: pd.DataFrame,
    survey: pd.DataFrame,
    hole_ids: Sequence[Any] | NDArray[Any] | pd.Series,
    depths_m: Sequence[float] | NDArray[np.float64] | pd.Series,
) -> NDArray[np.float64]:
    """Place depths along holes by minimum curvature.

    Parameters
    ----------
    collar
        hole_id, easting_m, northing_m, elevation_m; one row a hole.
    survey
        hole_id, depth_m, azimuth_deg (clockwise from grid north), dip_down_deg (positive down).
        A hole without stations is vertical; the first station's direction holds from the collar,
        the last one's beyond the last station.
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
    holes = np.asarray(hole_ids, dtype=object)
    depths = np.asarray(depths_m, dtype=float)
    points = np.empty((len(holes), 3))
    codes, names = pd.factorize(holes)
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(len(names) + 1))
    starts = collar.set_index("hole_id")[["easting_m", "northing_m", "elevation_m"]]
    places = dict(zip(starts.index, starts.to_numpy(dtype=float), strict=True))
    stations = _stations(survey)
    for i, name in enumerate(names):
        mine = order[bounds[i] : bounds[i + 1]]
        points[mine] = places[name] + _along(stations.get(name), depths[mine])
    return points


def _stations(survey: pd.DataFrame) -> dict[Any, NDArray[np.float64]]:
    """Each hole's stations (n, 3): depth, azimuth, dip, in order of depth."""
    columns = ["depth_m", "azimuth_deg", "dip_down_deg"]
    table = survey.sort_values(["hole_id", "depth_m"], kind="stable")
    values = table[columns].to_numpy(dtype=float)
    names = table["hole_id"].to_numpy()
    codes, holes = pd.factorize(names)
    bounds = np.searchsorted(codes, np.arange(len(holes) + 1))
    return {hole: values[bounds[i] : bounds[i + 1]] for i, hole in enumerate(holes)}


def _along(stations: NDArray[np.float64] | None, at_m: NDArray[np.float64]) -> Any:
    """Points of one hole relative to its collar."""
    if stations is None:
        stations = np.array([[0.0, 0.0, 90.0]])
    if stations[0, 0] > 0:
        stations = np.vstack([[0.0, *stations[0, 1:]], stations])
    depth_m = stations[:, 0]
    tangent = tangents(stations[:, 1], stations[:, 2])
    return points_on_arcs(depth_m, tangent, station_positions(depth_m, tangent), at_m)
