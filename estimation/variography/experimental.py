"""Experimental variograms: one direction, many, all, or down the hole; several estimators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from estimation.errors import EstimationError
from estimation.variography.experimental_estimators import (
    ESTIMATORS,
    ORDERED,
    Estimator,
    from_increments,
    from_sums,
    sill_of,
)
from estimation.variography.experimental_pairs import Lags, Pairing
from estimation.variography.experimental_scores import normal_scores
from estimation.variography.kernels_variogram import DISTANCE, PAIRS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Direction = Floats | Literal["downhole", "all"]

FEWEST_PAIRS = 30
"""Lags with fewer pairs are shown but carry no weight in a fit."""


@dataclass(frozen=True)
class ExperimentalVariogram:
    """One direction's experimental variogram; arrays have one entry per lag."""

    direction: str
    pairs: Floats
    distance_m: Floats
    """Mean distance of the lag's pairs; NaN without any."""
    gamma: Floats
    estimator: Estimator = "traditional"
    sill: float | None = None
    """The level it should reach: from the variance of the samples; None: not known."""
    vector: tuple[float, float, float] | None = None
    """Unit vector (east, north, up); None: down the hole, or every direction."""

    @property
    def usable(self) -> npt.NDArray[np.bool_]:
        """Lags with enough pairs to fit."""
        return np.asarray(self.pairs >= FEWEST_PAIRS)


def direction_vector(azimuth_deg: float, dip_deg: float) -> Floats:
    """Unit vector (east, north, up) of an azimuth and a dip (negative down), degrees."""
    azimuth, dip = np.deg2rad(azimuth_deg), np.deg2rad(dip_deg)
    return np.array([np.cos(dip) * np.sin(azimuth), np.cos(dip) * np.cos(azimuth), np.sin(dip)])


def experimental_variogram(
    xyz_m: Floats,
    values: Floats,
    holes: Ints,
    lags: Lags,
    direction: Direction = "all",
    label: str = "",
    *,
    estimator: Estimator = "traditional",
    weights: Floats | None = None,
) -> ExperimentalVariogram:
    """One estimator in one direction, in all, or down the hole.

    Parameters
    ----------
    xyz_m : (n, 3) metres; values : (n,) grades, none NaN; holes : (n,).
    direction : unit vector, ``all``, or ``downhole``: pairs of one hole, by straight distance.
    weights : declustering weights (n,), for the sill and for normal scores; None: equal.

    Raises
    ------
    EstimationError
        The lags make no sense, a value is no number, or a median would need too many pairs.

    Source: Matheron (1963), Economic Geology 58; tolerance convention of GSLIB ``gamv``.
    """
    return several_estimators(
        xyz_m, values, holes, lags, direction, label, estimators=(estimator,), weights=weights
    )[estimator]


def several_estimators(
    xyz_m: Floats,
    values: Floats,
    holes: Ints,
    lags: Lags,
    direction: Direction = "all",
    label: str = "",
    *,
    estimators: Sequence[Estimator] = ESTIMATORS,
    weights: Floats | None = None,
) -> dict[Estimator, ExperimentalVariogram]:
    """Several estimators of the same pairs, side by side; as :func:`experimental_variogram`."""
    vector = direction if isinstance(direction, np.ndarray) else np.zeros(3)
    downhole = isinstance(direction, str) and direction == "downhole"
    paired = Pairing.of(xyz_m, lags, vector[None], holes if downhole else None)
    found = {}
    raw = paired.sums(values)
    for estimator in estimators:
        used = normal_scores(values, weights) if estimator == "normal_scores" else values
        sums = paired.sums(used) if estimator == "normal_scores" else raw
        if estimator in ORDERED:
            gamma = from_increments(*paired.increments(used, sums[0]), estimator)
        else:
            gamma = from_sums(sums[0], estimator, sill_of(used, weights, "covariance") or 0.0)
        found[estimator] = _curve(
            sums[0], gamma, label or str(direction), estimator, sill_of(values, weights, estimator)
        )
    if isinstance(direction, np.ndarray):
        named = (float(vector[0]), float(vector[1]), float(vector[2]))
        return {e: _pointing(v, named) for e, v in found.items()}
    return found


def directional_variograms(
    xyz_m: Floats,
    values: Floats,
    lags: Lags,
    directions: Floats,
    *,
    estimator: Estimator = "traditional",
    weights: Floats | None = None,
) -> tuple[ExperimentalVariogram, ...]:
    """Many directions (d, 3) in one walk over the pairs; else as :func:`experimental_variogram`.

    Raises
    ------
    EstimationError
        As there; or the estimator is one of order statistics.
    """
    if estimator in ORDERED:
        raise EstimationError(
            f"{estimator}: one direction at a time: use experimental_variogram / 一次只算一个方向"
        )
    used = normal_scores(values, weights) if estimator == "normal_scores" else values
    sums = Pairing.of(xyz_m, lags, directions, None).sums(used)
    sill = sill_of(values, weights, estimator)
    gammas = from_sums(sums, estimator, sill or 0.0)
    return tuple(
        _pointing(
            _curve(total, gamma, "", estimator, sill), (float(u[0]), float(u[1]), float(u[2]))
        )
        for total, gamma, u in zip(sums, gammas, directions, strict=True)
    )


def _curve(
    sums: Floats, gamma: Floats, label: str, estimator: Estimator, sill: float | None
) -> ExperimentalVariogram:
    """The variogram of one direction's sums."""
    pairs = sums[:, PAIRS]
    with np.errstate(invalid="ignore", divide="ignore"):
        distance = sums[:, DISTANCE] / pairs
    return ExperimentalVariogram(label, pairs, distance, gamma, estimator, sill)


def _pointing(
    found: ExperimentalVariogram, vector: tuple[float, float, float]
) -> ExperimentalVariogram:
    """The variogram with its direction."""
    return replace(found, vector=vector)
