"""Combined samples (组合分析) at their true support: points along members, a point-support model.

A combined sample is the mean of its members, with gaps and sometimes of several holes. Kriged as
such, its covariances are averages over points along the members, under a variogram of points; that
one is found from the long samples by deregularization (Journel & Huijbregts 1978, II.D; Goovaerts
2008, Mathematical Geosciences 40).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import nnls

from estimation.engine.dense import covariance
from estimation.errors import EstimationError
from estimation.plan import Structure, Variogram
from geo.drillholes.combined import link_members
from geo.drillholes.composite import Composites
from geo.drillholes.desurvey import Traces
from geo.drillholes.reading import Drillholes
from geo.special.values import COORDINATE_DECIMALS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

MOST_PAIRS = 12_000
"""Pairs of samples that a deregularization looks at; of more, an even choice."""
FEWEST_SAMPLES = 30
"""Fewer and a variogram says nothing."""
STRETCHES = tuple(np.geomspace(0.5, 2.0, 17).tolist())
"""Factors of all ranges that are tried: a point model's ranges are shorter, rarely by half."""


def member_points(samples: Composites, drillholes: Drillholes, points: int) -> Composites:
    """Combined samples with ``points`` points each along their members, gaps left out.

    Each point stands for the same weighed length; a sample whose members are not known has its
    points along its own interval. The middle becomes the mean of the points.
    """
    table = samples.table.reset_index(drop=True)
    pieces = _pieces(table, drillholes)
    at = np.array([_along(piece, points) for piece in pieces], dtype=object)
    traces = Traces(drillholes.collar, drillholes.survey, drillholes.desurvey)
    holes = traces.numbers(pd.Series(at[:, :, 0].ravel()))
    places = traces.points(holes, at[:, :, 1].ravel().astype(float))
    places = (np.round(places, COORDINATE_DECIMALS) + 0.0).reshape(len(table), points, 3)
    middle = np.round(places.mean(axis=1), COORDINATE_DECIMALS)
    columns = ("easting_m", "northing_m", "elevation_m")
    moved = table.assign(**{name: middle[:, a] for a, name in enumerate(columns)})
    return replace(samples, table=moved, points_m=places)


def _pieces(table: pd.DataFrame, drillholes: Drillholes) -> list[pd.DataFrame]:
    """Members (hole_id, from_m, to_m, weight_m) of each sample; itself where none is known."""
    combined, assay = drillholes.combined, drillholes.assay
    keys = ["hole_id", "from_m", "to_m"]
    links = link_members(combined, assay, drillholes.members)
    links = links[(links["composite"] >= 0) & (links["sample"] >= 0) & (links["weight_m"] > 0)]
    found = assay[keys].iloc[links["sample"]].reset_index(drop=True)
    found = found.assign(weight_m=links["weight_m"].to_numpy(), row=links["composite"].to_numpy())
    members = {row: part.sort_values(keys) for row, part in found.groupby("row")}
    named = combined[keys].assign(row=np.arange(len(combined))).drop_duplicates(keys)
    rows = table[keys].merge(named, on=keys, how="left")["row"]
    whole = table[keys].assign(weight_m=table["to_m"] - table["from_m"])
    return [
        members[row] if row in members else whole.iloc[[i]] for i, row in enumerate(rows.tolist())
    ]


def _along(members: pd.DataFrame, points: int) -> list[tuple[str, float]]:
    """Hole and depth of points that cut the members' weighed length into equal parts."""
    weight = members["weight_m"].to_numpy(dtype=float)
    edges = np.concatenate([[0.0], np.cumsum(weight)])
    asked = edges[-1] * (np.arange(points) + 0.5) / points
    which = np.clip(np.searchsorted(edges, asked, "right") - 1, 0, len(weight) - 1)
    share = (asked - edges[which]) / weight[which]
    low, high = (members[c].to_numpy(dtype=float)[which] for c in ("from_m", "to_m"))
    holes = members["hole_id"].to_numpy(dtype=object)[which]
    return list(zip(holes.tolist(), (low + share * (high - low)).tolist(), strict=True))


@dataclass(frozen=True)
class Deregularised:
    """A point-support variogram, and how well its mean over the supports fits the samples."""

    variogram: Variogram
    """Of points; the nugget is that of one whole sample."""
    pairs: Ints
    distance_m: Floats
    experimental: Floats
    """By lag, of the long samples."""
    regularised: Floats
    """The same from the point model."""
    point: Floats
    """The point model itself at the same distances, averaged over the same pairs."""
    misfit: float
    """Root of the weighted mean squared relative difference of the two."""


def deregularise(
    points_m: Floats, values: Floats, shape: Variogram, edges_m: Floats, seed: int = 1
) -> Deregularised:
    """Point model whose variogram, averaged over the samples' supports, fits the experimental one.

    Parameters
    ----------
    points_m, values
        (n, s, 3) points along each sample, metres; (n,) grades.
    shape
        Kinds of structures, ratios of ranges and axes to keep: the model of the long samples.
    edges_m
        Edges of the lags, between the middles of samples.

    For each stretch of the ranges the sills are the best that are not negative, weighted by pairs
    over the squared variogram (Cressie 1985); the best stretch is taken.

    Raises
    ------
    EstimationError
        Fewer than 30 samples, or no lag has a pair.
    """
    if len(values) < FEWEST_SAMPLES:
        raise EstimationError(
            f"{len(values)} samples; deregularization needs {FEWEST_SAMPLES}; give the element "
            "a domain factor or a regression / 样品太少，不能反正则化"
        )
    i, j, lag = _pairs(points_m.mean(axis=1), edges_m, seed)
    count = np.bincount(lag, minlength=len(edges_m) - 1)
    if not count.any():
        raise EstimationError("no pair of samples in any lag; widen the lags / 没有样品对")
    kept = count > 0

    def by_lag(numbers: Floats) -> Floats:
        total = np.bincount(lag, weights=numbers, minlength=len(edges_m) - 1)
        return np.asarray(total[kept] / count[kept])

    experimental = by_lag(0.5 * (values[i] - values[j]) ** 2)
    weight = np.sqrt(count[kept] / np.maximum(experimental, 1e-12 * experimental.max()) ** 2)
    best: tuple[float, float, Floats, Floats] | None = None
    for stretch in STRETCHES:
        columns = [by_lag(g) for g in _unit_variograms(points_m, shape, stretch, i, j)]
        design = np.column_stack([np.ones(kept.sum()), *columns])
        sills, error = nnls(design * weight[:, None], experimental * weight)
        if best is None or error < best[0]:
            best = (float(error), stretch, sills, design @ sills)
    assert best is not None
    error, stretch, sills, fitted = best
    model = _stretched(shape, stretch, sills)
    middles = points_m.mean(axis=1)
    point = by_lag(model.total_sill - _between(model, middles[:, None], i, j))
    apart = np.linalg.norm(middles[i] - middles[j], axis=1)
    misfit = error / float(np.sqrt(count[kept].sum()))
    return Deregularised(model, count[kept], by_lag(apart), experimental, fitted, point, misfit)


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
