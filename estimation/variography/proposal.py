"""A variogram proposed from the data: nugget down the hole, axes found, ranges by least squares.

A proposal is never more than that: who accepts it, when and why stands in the plan.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares

from estimation.engine.dense import correlation
from estimation.errors import EstimationError
from estimation.plan import Variogram
from estimation.rotation import axes_from_gslib
from estimation.studies import Words
from estimation.variography.experimental import (
    FEWEST_PAIRS,
    ExperimentalVariogram,
    Lags,
    experimental_variogram,
)
from estimation.variography.experimental_scores import normal_scores
from estimation.variography.fitting import (
    DISC,
    LAYERED,
    ROD,
    ROUND,
    SHAPES,
    TRIAXIAL,
    FittedModel,
    Held,
    fit_model,
    isotropic_range_m,
)
from estimation.variography.orientation import (
    PairSums,
    VectorVariogram,
    hole_groups,
    lag_edges,
    sum_pairs,
)
from estimation.variography.proposal_words import reason_of, remarks_of

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

KINDS = ("spherical", "exponential")
"""Kinds tried, the preferred first (DZ/T 0338.3 practice: at most two nested of these)."""

REACH = 0.5
"""Pairs are used up to this share of the diagonal of the drilled ground."""

NEAR = 6.0
"""... and up to this multiple of the isotropic range: beyond it there are trends, not structure."""

SPREAD = 8.0
"""Ranges are looked for within this factor of the isotropic range, either way."""

FEWEST_BINS = 12
"""Vectors with pairs enough, below which nothing is fitted."""

DOWNHOLE_LAGS = 12
LEAST_NUGGET, MOST_NUGGET = 0.02, 0.7
"""Limits of the nugget as shares of the sill: without any, duplicates make systems singular."""

SMALLEST_RATIO = 1.25
"""Longer over shorter range below which no difference of two axes is claimed."""

SKEWED = 1.2
"""Coefficient of variation beyond which axes are looked for in normal scores (DZ/T 0338.3)."""


@dataclass(frozen=True)
class Evidence:
    """Samples of one element in one domain, as a variogram needs them."""

    xyz_m: Floats
    """(n, 3) east, north, up."""
    values: Floats
    """(n,) grades, capped, none NaN."""
    holes: Integers
    """(n,) hole of each sample."""
    support_m: float
    """Usual length of a sample."""
    weights: Floats | None = None
    """(n,) declustering weights; None: all alike."""


@dataclass(frozen=True)
class Confidence:
    """How sure a proposal is: groups of holes left out in turn (jackknife)."""

    range_error: tuple[float, float, float]
    """Relative standard error of the range along each axis."""
    axis_error_deg: tuple[float, float, float]
    """Root mean square turn of each axis, scaled as a standard error; NaN where not defined."""


@dataclass(frozen=True)
class ProposedVariogram:
    """What a geologist is asked to accept, change or refuse."""

    variogram: Variogram
    shape: str
    """``round``, ``layered``, ``disc``, ``rod`` or ``triaxial``: what the data could tell apart."""
    sill: float
    """The declustered variance, at which the total sill is held."""
    experimental: tuple[ExperimentalVariogram, ...]
    """Down the hole, and along the major, semi-major and minor axis; in the variogram's units, but
    not rescaled to the declustered variance (``scale`` does that)."""
    scale: float
    """Declustered variance over the plain one: what experimental values are multiplied by to be
    compared with the model."""
    bins: VectorVariogram
    """What was fitted: each bin standardised by its own samples' variance."""
    misfit: float
    """Weighted root mean square of (experimental - model) / sill."""
    confidence: Confidence
    remarks: tuple[Words, ...]
    reason: Words
    status: str = "proposed"


def propose_variogram(evidence: Evidence, kinds: tuple[str, ...] = KINDS) -> ProposedVariogram:
    """Propose nugget, structures, ranges and axes; the same data always give the same proposal.

    The nugget is that of the downhole variogram; axes and ranges are fitted over all directions
    together, to the plain variance of the samples, because pairs are not declustered; then sills
    are scaled to the declustered variance.

    Parameters
    ----------
    kinds : models tried, the preferred first.

    Raises
    ------
    EstimationError
        Too few pairs, or values all alike.
    """
    plain = float(np.var(evidence.values))
    if not plain > 1e-12 * float(np.mean(evidence.values)) ** 2:
        raise EstimationError(
            "all samples have one value: no variogram; estimate the domain by its mean "
            "/ 样品值全部相同,无法计算变异函数;请用平均值估算"
        )
    farthest = REACH * float(np.linalg.norm(np.ptp(evidence.xyz_m, axis=0)))
    skewed = float(np.sqrt(plain)) > SKEWED * abs(float(np.mean(evidence.values)))
    scores = normal_scores(evidence.values)
    sums = _sum_pairs(evidence, scores if skewed else None, farthest)
    bins = sums.variogram(sill=plain)
    if bins.pairs.size < FEWEST_BINS:
        raise EstimationError(
            f"only {bins.pairs.size} vectors have {FEWEST_PAIRS} pairs of samples: too few for a "
            "variogram; take a neighbouring domain's, or estimate by inverse distance "
            "/ 样品对不足,无法拟合变异函数;可借用相邻矿化域的模型,或改用距离反比法"
        )
    down = _downhole(evidence)
    nugget = downhole_nugget(down, plain, kinds[0])
    held = Held(nugget, plain, kinds[0], 1, 0.5 * evidence.support_m, 3.0 * farthest)
    middle = isotropic_range_m(bins, held)
    least = float(np.sort(bins.distance_m)[FEWEST_BINS - 1])
    sums = replace(sums, reach_m=max(NEAR * middle, least))
    held = replace(held, shortest_m=middle / SPREAD, farthest_m=middle * SPREAD)
    given = None
    if skewed:
        scored = _downhole(replace(evidence, values=scores))
        given = _choose(sums.variogram(1, sill=1.0), scored, replace(held, sill=1.0), kinds)
    model = _choose(sums.variogram(sill=plain), down, held, kinds, given)
    return _describe(evidence, sums, model, down, skewed)


def _sum_pairs(evidence: Evidence, scores: Floats | None, farthest_m: float) -> PairSums:
    """Pairs of the grades, and of their scores where there are any."""
    columns = [evidence.values - np.mean(evidence.values)]
    if scores is not None:
        columns.append(scores)
    return sum_pairs(
        evidence.xyz_m,
        np.column_stack(columns),
        hole_groups(evidence.xyz_m, evidence.holes),
        lag_edges(evidence.support_m, farthest_m),
        tuple((c, c) for c in range(len(columns))),
    )


def _downhole(evidence: Evidence) -> ExperimentalVariogram:
    return experimental_variogram(
        evidence.xyz_m,
        evidence.values,
        evidence.holes,
        Lags(evidence.support_m, DOWNHOLE_LAGS),
        "downhole",
        "downhole",
    )


def downhole_nugget(down: ExperimentalVariogram, sill: float, kind: str) -> float:
    """Nugget of a downhole variogram: one structure of ``kind`` through its first lags.

    The partial sill is free (the hole need not reach the whole sill within twelve lags), weights
    are pairs / distance^2 (Cressie 1985). Without enough pairs: a fifth of the sill.
    """
    use = down.usable & np.isfinite(down.gamma)
    if use.sum() < 3:
        return 0.2 * sill
    h, found = down.distance_m[use], down.gamma[use]
    weights = np.sqrt(down.pairs[use]) / h
    weights = weights / weights.mean()

    def residual(p: Floats) -> Floats:
        rise = 1.0 - correlation(kind, h / np.exp(p[2]))
        return np.asarray(weights * (p[0] + p[1] * rise - found / sill))

    start = [0.15, 0.7, float(np.log(h.max()))]
    bounds = ([0.0, 0.05, np.log(h.min())], [1.0, 1.5, np.log(6.0 * h.max())])
    nugget = float(least_squares(residual, start, bounds=bounds).x[0])
    return float(np.clip(nugget, LEAST_NUGGET, MOST_NUGGET)) * sill


def _choose(
    bins: VectorVariogram,
    down: ExperimentalVariogram,
    held: Held,
    kinds: tuple[str, ...],
    given: FittedModel | None = None,
) -> FittedModel:
    """Kind, number of structures and shape by the stated rules; axes of ``given`` are kept."""
    fixed = replace(TRIAXIAL, turns=False) if given else TRIAXIAL
    best: FittedModel | None = None
    for kind in kinds:
        own = replace(held, nugget=downhole_nugget(down, held.sill, kind), kind=kind, shape=fixed)
        one = fit_model(bins, own, given)
        two = fit_model(bins, replace(own, structures=2), one)
        for found in (one, two):
            if best is None or found.criterion < best.criterion:
                best = found
    assert best is not None
    if given:
        shape = replace(given.held.shape, turns=False)
        return fit_model(bins, replace(best.held, shape=shape), best)
    return simplest_shape(bins, best)


def simplest_shape(bins: VectorVariogram, best: FittedModel) -> FittedModel:
    """The simplest ellipsoid that the data allow, from the fit of three ranges.

    One range, or one in the plane and one upright, where :attr:`FittedModel.criterion` says so;
    else axes were found, and neighbouring ranges of a ratio below :data:`SMALLEST_RATIO` are one.
    """
    tried = {s.name: fit_model(bins, replace(best.held, shape=s), best) for s in SHAPES[:-1]}
    least = min((*tried.values(), best), key=lambda f: f.criterion)
    if not least.held.shape.turns:
        return least
    major, semi, minor = np.sort(best.ranges_m[-1])[::-1]
    if major < SMALLEST_RATIO * minor:
        return tried[ROUND.name]
    if major < SMALLEST_RATIO * semi:
        return tried[DISC.name]
    return tried[ROD.name] if semi < SMALLEST_RATIO * minor else best


def _jackknife(sums: PairSums, model: FittedModel) -> Confidence:
    """Errors by leaving out groups of holes in turn (Efron & Tibshirani 1993, 11.5).

    Kind, shape and nugget stay; axes of a round or layered model are not in question.
    """
    groups = sums.sums.shape[0]
    held = replace(model.held, shape=next(s for s in SHAPES if s.name == model.held.shape.name))
    order = np.argsort(-model.ranges_m[-1], kind="stable")
    own = model.axes[order]
    logs, turns = [], []
    for g in range(groups):
        bins = sums.variogram(0, g, model.held.sill)
        if bins.pairs.size < FEWEST_BINS:
            continue
        found = fit_model(bins, held, model)
        near = np.argmax(np.abs(own @ found.axes.T), axis=1)
        logs.append(np.log(found.ranges_m[-1][near] / model.ranges_m[-1][order]))
        cosine = np.abs(np.sum(own * found.axes[near], axis=1))
        turns.append(np.rad2deg(np.arccos(np.clip(cosine, 0.0, 1.0))))
    n = len(logs)
    if n < 3:
        return Confidence((np.nan,) * 3, (np.nan,) * 3)
    factor = np.sqrt((n - 1) / n)
    errors = factor * np.sqrt(np.sum((np.array(logs) - np.mean(logs, axis=0)) ** 2, axis=0))
    angles = np.minimum(factor * np.sqrt(np.sum(np.array(turns) ** 2, axis=0)), 90.0)
    angles = np.where(_known_axes(model), angles, np.nan)
    return Confidence(
        (float(errors[0]), float(errors[1]), float(errors[2])),
        (float(angles[0]), float(angles[1]), float(angles[2])),
    )


def _known_axes(model: FittedModel) -> npt.NDArray[np.bool_]:
    """Which of the axes, longest first, are found at all: not those within a circle."""
    known = {ROUND.name: (0, 0, 0), LAYERED.name: (0, 0, 0), DISC.name: (0, 0, 1)}
    return np.array(
        known.get(model.held.shape.name, (1, 0, 0) if _is_rod(model) else (1, 1, 1)), bool
    )


def _is_rod(model: FittedModel) -> bool:
    return model.held.shape.name == ROD.name


def _describe(
    evidence: Evidence,
    sums: PairSums,
    model: FittedModel,
    down: ExperimentalVariogram,
    skewed: bool,
) -> ProposedVariogram:
    """The proposal with what was fitted, how sure it is, and why."""
    plain = float(np.var(evidence.values))
    bins = sums.variogram(sill=plain)
    mean = float(np.average(evidence.values, weights=evidence.weights))
    sill = float(np.average((evidence.values - mean) ** 2, weights=evidence.weights))
    scaled = replace(
        model,
        sills=model.sills * (sill / plain),
        held=replace(model.held, nugget=model.held.nugget * sill / plain),
    )
    variogram = scaled.variogram()
    confidence = _jackknife(sums, model)
    return ProposedVariogram(
        variogram=variogram,
        shape=model.held.shape.name,
        sill=sill,
        experimental=(down, *_along_axes(evidence, variogram)),
        scale=sill / plain,
        bins=bins,
        misfit=model.misfit,
        confidence=confidence,
        remarks=tuple(remarks_of(model, down, bins, confidence)),
        reason=reason_of(evidence, scaled, variogram, skewed),
    )


def _along_axes(evidence: Evidence, variogram: Variogram) -> list[ExperimentalVariogram]:
    """Experimental variograms along the three axes, for the eye: twelve lags to 1.5 ranges."""
    names = ("major", "semi-major", "minor")
    found = []
    for name, axis, longest in zip(
        names,
        axes_from_gslib(variogram.orientation),
        variogram.structures[-1].ranges_m,
        strict=True,
    ):
        lags = Lags(max(1.5 * longest / 12.0, evidence.support_m), 12)
        found.append(
            experimental_variogram(
                evidence.xyz_m, evidence.values, evidence.holes, lags, axis, name
            )
        )
    return found
