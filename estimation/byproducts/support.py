"""Combined samples (组合分析) at their true support: points along members, a point-support model.

A combined sample is the mean of its members, with gaps and sometimes of several holes. Kriged as
such, its covariances are averages over points along the members, under a variogram of points; that
one is found from the long samples by deregularization (Journel & Huijbregts 1978, II.D; Goovaerts
2008, Mathematical Geosciences 40).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import nnls

from estimation.engine.dense import covariance
from estimation.engine.visit import Samples
from estimation.errors import EstimationError
from estimation.plan import Structure, Variogram
from geo.drillholes.combined import link_members
from geo.drillholes.reading import Drillholes

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MOST_PAIRS = 12_000
"""Pairs of samples that a deregularization looks at; of more, an even choice."""
FEWEST_SAMPLES = 30
"""Fewer and a variogram says nothing."""
STRETCHES = tuple(np.geomspace(0.5, 2.0, 17).tolist())
"""Factors of all ranges that are tried: a point model's ranges are shorter, rarely by half."""
MOST_TURNS = 20
"""Repetitions of a fit whose weights are the model's."""


@dataclass(frozen=True)
class Deregularised:
    """A point-support variogram, and how well its mean over the supports fits the samples.

    Bins are lags, first between holes, then down the hole; those without a pair are left out.
    """

    variogram: Variogram
    """Of points; the nugget is that of one whole sample."""
    pairs: Ints
    distance_m: Floats
    experimental: Floats
    """Of the long samples."""
    regularised: Floats
    """The same from the point model."""
    misfit: float
    """Root of the mean squared relative difference of the two, weighted by pairs."""


def deregularise(
    samples: Samples, shape: Variogram, edges_m: Floats, seed: int = 1
) -> Deregularised:
    """Point model whose variogram, averaged over the samples' supports, fits the experimental one.

    For every pair of samples v and w the model says gamma-bar(v, w) - (gamma-bar(v, v) +
    gamma-bar(w, w)) / 2, each a mean over the points along them (Journel & Huijbregts 1978, II.D).
    For each stretch of the ranges the sills are the best that are not negative; the best stretch
    is taken. Weights are pairs over the squared *model* (Cressie 1985), found by repetition: over
    the squared experimental values, a lag that is low by chance would count most and the sill come
    out too low. A nugget is fitted only where the samples' own model has one.

    Parameters
    ----------
    samples
        Long samples with points along each.
    shape
        Kinds of structures, ratios of ranges and axes to keep: the model of the long samples.
    edges_m
        Edges of the lags, between the middles of samples.

    Raises
    ------
    EstimationError
        Fewer than 30 samples, no lag has a pair, or no structure is left.
    """
    if len(samples) < FEWEST_SAMPLES:
        raise EstimationError(
            f"{len(samples)} samples; deregularization needs {FEWEST_SAMPLES}; give the element "
            "a domain factor or a regression / 样品太少，不能反正则化"
        )
    points_m, values = samples.points_m, samples.values
    i, j, lag = _pairs(points_m.mean(axis=1), edges_m, seed)
    bins = len(edges_m) - 1
    lag = lag + bins * (samples.holes[i] == samples.holes[j])
    count = np.bincount(lag, minlength=2 * bins)
    kept = count > 0
    if not kept.any():
        raise EstimationError("no pair of samples in any lag; widen the lags / 没有样品对")

    def by_lag(numbers: Floats) -> Floats:
        total = np.bincount(lag, weights=numbers, minlength=2 * bins)
        return np.asarray(total[kept] / count[kept])

    experimental = by_lag(0.5 * (values[i] - values[j]) ** 2)
    flat = np.ones((kept.sum(), 1 if shape.nugget > 0 else 0))
    designs = {
        stretch: np.column_stack(
            [flat, *(by_lag(g) for g in _unit_variograms(points_m, shape, stretch, i, j))]
        )
        for stretch in STRETCHES
    }
    stretch, sills, error = _fitted(designs, experimental, count[kept])
    middles = points_m.mean(axis=1)
    apart = by_lag(np.linalg.norm(middles[i] - middles[j], axis=1))
    model = _stretched(shape, stretch, sills if shape.nugget > 0 else np.append(0.0, sills))
    return Deregularised(model, count[kept], apart, experimental, designs[stretch] @ sills, error)


def _fitted(
    designs: dict[float, Floats], experimental: Floats, pairs: Ints
) -> tuple[float, Floats, float]:
    """Best stretch, its sills and the misfit; see :func:`deregularise` for the weights."""
    if not experimental.max() > 0:
        raise EstimationError(
            "the long samples are all alike: no variogram; use a domain factor / 长样品品位无变化"
        )
    model = np.full(len(experimental), experimental.mean())
    last = None
    for _ in range(MOST_TURNS):
        weight = np.sqrt(pairs) / model
        tried = {s: nnls(d * weight[:, None], experimental * weight) for s, d in designs.items()}
        stretch = min(tried, key=lambda s: tried[s][1])
        sills, error = tried[stretch]
        model = np.maximum(designs[stretch] @ sills, 1e-3 * experimental.mean())
        if last is not None and last[0] == stretch and np.allclose(last[1], sills, rtol=1e-6):
            break
        last = stretch, sills
    return stretch, sills, float(error / np.sqrt(pairs.sum()))


def _pairs(middles_m: Floats, edges_m: Floats, seed: int) -> tuple[Ints, Ints, Ints]:
    """Pairs (i, j) within the lags and the lag of each; of too many, an even choice of each lag."""
    i, j = np.triu_indices(len(middles_m), 1)
    apart = np.linalg.norm(middles_m[i] - middles_m[j], axis=1)
    lag = np.searchsorted(edges_m, apart, "right") - 1
    inside = (lag >= 0) & (lag < len(edges_m) - 1)
    i, j, lag = i[inside], j[inside], lag[inside]
    most = MOST_PAIRS // max(len(edges_m) - 1, 1)
    turn = np.random.default_rng(seed).permutation(len(lag))
    order = turn[np.argsort(lag[turn], kind="stable")]
    rank = np.arange(len(lag)) - np.searchsorted(lag[order], lag[order], "left")
    chosen = np.sort(order[rank < most])
    return i[chosen], j[chosen], lag[chosen]


def _unit_variograms(
    points_m: Floats, shape: Variogram, stretch: float, i: Ints, j: Ints
) -> list[Floats]:
    """Regularized variogram of each structure with sill 1, for every pair."""
    found = []
    for structure in shape.structures:
        ranges = tuple(r * stretch for r in structure.ranges_m)
        unit = Variogram(
            nugget=0.0,
            structures=(structure.model_copy(update={"sill": 1.0, "ranges_m": ranges}),),
            orientation=structure.orientation or shape.orientation,
        )
        rows = np.arange(len(points_m))
        within = _between(unit, points_m, rows, rows)
        found.append(0.5 * (within[i] + within[j]) - _between(unit, points_m, i, j))
    return found


def _between(model: Variogram, points_m: Floats, i: Ints, j: Ints) -> Floats:
    """Mean covariance between the supports of pairs, (pairs,)."""
    total = np.zeros(len(i))
    origin = np.zeros((1, 3))
    for a in range(points_m.shape[1]):
        for b in range(points_m.shape[1]):
            total += covariance(model, points_m[i, a] - points_m[j, b], origin)[:, 0]
    return total / points_m.shape[1] ** 2


def _stretched(shape: Variogram, stretch: float, sills: Floats) -> Variogram:
    """The shape with other ranges and sills; structures without a sill are left out."""
    structures = [
        Structure(
            model=s.model,
            sill=float(sill),
            ranges_m=(
                s.ranges_m[0] * stretch,
                s.ranges_m[1] * stretch,
                s.ranges_m[2] * stretch,
            ),
            orientation=s.orientation,
        )
        for s, sill in zip(shape.structures, sills[1:], strict=True)
        if sill > 0
    ]
    if not structures:
        raise EstimationError(
            "the long samples have no spatial structure that a point model could keep; use a "
            "domain factor / 长样品无空间结构，宜用矿化域平均品位法"
        )
    return Variogram(
        nugget=float(sills[0]), structures=tuple(structures), orientation=shape.orientation
    )


def spread_over_members(
    drillholes: Drillholes, element: str, guide: str | None = None
) -> pd.DataFrame:
    """Basic samples with a combined sample's grade: for comparison with its true support.

    Without ``guide`` each member gets the combined grade as it is. With it, constrained
    downscaling: grade_i = grade x g_i / mean(g), g the guide's grade by length, so that the mean
    of the members stays the combined grade exactly. Members without the guide take its mean.

    Returns
    -------
    DataFrame
        hole_id, from_m, to_m and the element; a member of several samples appears once (mean).
    """
    combined, assay = drillholes.combined, drillholes.assay
    links = link_members(combined, assay, drillholes.members)
    links = links[(links["composite"] >= 0) & (links["sample"] >= 0) & (links["weight_m"] > 0)]
    grade = combined[element].to_numpy(dtype=float)[links["composite"]]
    links = links.assign(grade=grade)[np.isfinite(grade)]
    if guide is not None:
        own = assay[guide].to_numpy(dtype=float)[links["sample"]]
        own = np.where(own > 0, own, np.nan)
        links = links.assign(own=own, metal=own * links["weight_m"])
        known = links["weight_m"].where(np.isfinite(own))
        sums = links.assign(known=known).groupby("composite")[["metal", "known"]].transform("sum")
        ratio = (links["own"] * sums["known"] / sums["metal"]).fillna(1.0)
        links = links.assign(grade=links["grade"] * ratio)
    mean = links.groupby("sample")["grade"].mean()
    rows = assay[["hole_id", "from_m", "to_m"]].iloc[mean.index]
    return rows.assign(**{element: mean.to_numpy()}).reset_index(drop=True)
