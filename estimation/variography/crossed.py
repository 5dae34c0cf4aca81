"""How two elements vary together: cross-variograms, at the same samples and at different ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from estimation.errors import EstimationError
from estimation.variography import kernels_variogram as k
from estimation.variography.experimental import Direction
from estimation.variography.experimental_pairs import Lags, Pairing

Floats = npt.NDArray[np.float64]

CrossKind = Literal["cross_variogram", "pseudo_cross_variogram", "cross_covariance", "codispersion"]
"""``cross_variogram``: half the mean product of increments, samples with both elements only.
``pseudo_cross_variogram``: half the mean squared difference of the first element at the tail and
the second at the head, both standardised; samples may lie at different places.
``cross_covariance``: first at the tail with second at the head, less the means of the two ends.
``codispersion``: cross-variogram over the root of the two variograms, -1 to 1."""

AT_ONE_PLACE: tuple[CrossKind, ...] = ("cross_variogram", "codispersion")
"""Kinds that need samples with both elements."""


@dataclass(frozen=True)
class CrossVariogram:
    """One curve of two elements; arrays have one entry per lag."""

    kind: CrossKind
    direction: str
    pairs: Floats
    distance_m: Floats
    gamma: Floats
    """In the product of the two units; dimensionless for the pseudo kind and codispersion."""
    level: float
    """What it should come to beyond the range: the covariance of the two elements at a sample
    (``cross_variogram``), their correlation (``codispersion``), 1 (``pseudo``), 0 (covariance)."""


def cross_variogram(
    xyz_m: Floats,
    first: Floats,
    second: Floats,
    lags: Lags,
    direction: Direction = "all",
    *,
    kind: CrossKind = "cross_variogram",
    holes: npt.NDArray[np.int64] | None = None,
) -> CrossVariogram:
    """One curve of two elements (n,) at places (n, 3), metres; NaN where one was not assayed.

    ``direction`` as of ``experimental_variogram``; ``downhole`` needs ``holes``.

    Raises
    ------
    EstimationError
        Too few samples have what the kind needs, or ``holes`` are missing.

    Sources: Matheron (1965); Journel & Huijbregts (1978), IV; Goovaerts (1997), 4.2 (codispersion);
    Clark, Basinger & Harper (1989), Myers (1991), Math. Geol. 23, 897-898, Papritz, Künsch &
    Webster (1993), Math. Geol. 25, 1015-1026 (pseudo).
    """
    both = np.isfinite(first) & np.isfinite(second)
    _check(first, second, both, kind)
    at_one_place = kind in AT_ONE_PLACE
    use = both if at_one_place else np.isfinite(first) | np.isfinite(second)
    a, b = first[use], second[use]
    if kind == "pseudo_cross_variogram":
        a, b = _standardised(a), _standardised(b)
    vector = direction if isinstance(direction, np.ndarray) else np.zeros(3)
    downhole = isinstance(direction, str) and direction == "downhole"
    if downhole and holes is None:
        raise EstimationError("downhole: hole numbers are needed / 沿孔变异函数需钻孔号")
    named = holes[use] if downhole and holes is not None else None
    paired = Pairing.of(xyz_m[use], lags, vector[None], named)
    sums = paired.sums(a, b)[0]
    n, distance = (k.PAIRS, k.DISTANCE) if at_one_place else (k.BOTH, k.BOTH_DISTANCE)
    with np.errstate(invalid="ignore", divide="ignore"):
        gamma = _of_increments(sums) if at_one_place else _of_ends(sums, kind)
        if kind == "codispersion":
            own, other = (_of_increments(paired.sums(v)[0]) for v in (a, b))
            gamma = gamma / np.sqrt(own * other)
        mean_distance = sums[:, distance] / sums[:, n]
    level = _level(kind, first[both], second[both])
    return CrossVariogram(kind, str(direction), sums[:, n], mean_distance, gamma, level)


def _of_increments(sums: Floats) -> Floats:
    """Half the mean product of increments of each lag."""
    return np.asarray(0.5 * sums[:, k.PRODUCT] / sums[:, k.PAIRS])


def _of_ends(sums: Floats, kind: CrossKind) -> Floats:
    """Pseudo cross-variogram or cross-covariance of each lag."""
    both = sums[:, k.BOTH]
    product = sums[:, k.TAIL_HEAD] / both
    if kind == "cross_covariance":
        return np.asarray(product - sums[:, k.TAIL] / both * (sums[:, k.HEAD] / both))
    squares = (sums[:, k.TAIL_SQUARE] + sums[:, k.HEAD_SQUARE]) / both
    return np.asarray(0.5 * (squares - 2.0 * product))


def _standardised(values: Floats) -> Floats:
    """Values with mean 0 and standard deviation 1; what was not assayed stays so."""
    return np.asarray((values - np.nanmean(values)) / np.nanstd(values))


def _level(kind: CrossKind, first: Floats, second: Floats) -> float:
    """What a curve comes to where nothing varies together any more, by the samples with both."""
    if kind == "cross_covariance":
        return 0.0
    if kind == "pseudo_cross_variogram":
        return 1.0
    if kind == "codispersion":
        return float(np.corrcoef(first, second)[0, 1])
    return float(np.mean((first - first.mean()) * (second - second.mean())))


def _check(first: Floats, second: Floats, both: npt.NDArray[np.bool_], kind: CrossKind) -> None:
    """Enough samples, and values that differ."""
    counts = {"first": np.isfinite(first).sum(), "second": np.isfinite(second).sum()}
    needed = int(both.sum()) if kind in AT_ONE_PLACE else int(min(counts.values()))
    if needed < 2:
        raise EstimationError(
            f"{kind}: {counts['first']} samples have the first element, {counts['second']} the "
            f"second, {int(both.sum())} both: two are needed; pseudo_cross_variogram and "
            "cross_covariance take samples at different places / 同时含两元素的样品不足"
        )
    of = (first[both], second[both]) if kind in AT_ONE_PLACE else (first, second)
    if any(np.nanstd(v) == 0 for v in of):
        raise EstimationError(f"{kind}: one element is everywhere the same / 某元素品位全部相同")
