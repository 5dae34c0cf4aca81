"""A variogram proposed from the data: nugget down the hole, axes found, ranges by least squares.

A proposal is never more than that: who accepts it, when and why stands in the plan.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

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
    FittedModel,
    Held,
    fit_model,
    isotropic_range_m,
    misfit_of,
    simplest_shape,
    within_ground,
)
from estimation.variography.likelihood import (
    FEWEST_BLOCKS,
    Blocks,
    choose,
    draw_blocks,
    parameter_covariance,
)
from estimation.variography.nugget import downhole, downhole_nugget
from estimation.variography.orientation import (
    PairSums,
    VectorVariogram,
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
    """How sure a proposal is: standard errors with holes as the independent parts."""

    range_error: tuple[float, float, float]
    """Relative standard error of the range along each axis."""
    axis_error_deg: tuple[float, float, float]
    """Of each axis; NaN where it isn't defined."""


@dataclass(frozen=True)
class ProposedVariogram:
    """What a geologist is asked to accept, change or refuse."""

    variogram: Variogram
    shape: str
    """``round``, ``layered``, ``level``, ``disc``, ``rod`` or ``triaxial``: what the data tell."""
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
    skewed = _is_skewed(evidence)
    scores = normal_scores(evidence.values)
    sums = _sum_pairs(evidence, scores if skewed else None, farthest)
    bins = sums.variogram(sill=plain)
    if bins.pairs.size < FEWEST_BINS:
        raise EstimationError(
            f"only {bins.pairs.size} vectors have {FEWEST_PAIRS} pairs of samples: too few for a "
            "variogram; take a neighbouring domain's, or estimate by inverse distance "
            "/ 样品对不足,无法拟合变异函数;可借用相邻矿化域的模型,或改用距离反比法"
        )
    down = downhole(evidence.xyz_m, evidence.values, evidence.holes, evidence.support_m)
    nugget = downhole_nugget(down, plain, kinds[0])
    held = Held(nugget, plain, kinds[0], 1, 0.5 * evidence.support_m, 3.0 * farthest)
    middle = isotropic_range_m(bins, held)
    least = float(np.sort(bins.distance_m)[FEWEST_BINS - 1])
    sums = replace(sums, reach_m=max(NEAR * middle, least))
    held = replace(held, shortest_m=middle / SPREAD, farthest_m=middle * SPREAD)
    blocks = draw_blocks(evidence.xyz_m, evidence.values, evidence.holes)
    if skewed:
        scored = downhole(evidence.xyz_m, scores, evidence.holes, evidence.support_m)
        told = draw_blocks(evidence.xyz_m, scores, evidence.holes)
        unit = replace(held, sill=float(np.var(scores)))
        given = _choose(sums.variogram(1, sill=unit.sill), scored, unit, kinds, told)
        model = _resized(sums.variogram(sill=plain), down, held, given)
    else:
        model = _choose(sums.variogram(sill=plain), down, held, kinds, blocks)
    return _describe(evidence, sums.variogram(sill=plain), model, down, blocks)


def _resized(
    bins: VectorVariogram, down: ExperimentalVariogram, held: Held, given: FittedModel
) -> FittedModel:
    """Axes, ratios and structures of the scores' model, with the grades' nugget and size."""
    nugget = downhole_nugget(down, held.sill, given.held.kind)
    own = replace(given.held, nugget=nugget, sill=held.sill)
    sills = given.sills * ((held.sill - nugget) / given.sills.sum())
    own_size = replace(given, sills=sills, held=own, bins=bins.pairs.size)
    tried = [replace(own_size, ranges_m=given.ranges_m * f) for f in np.geomspace(0.4, 1.5, 56)]
    return min(tried, key=lambda model: misfit_of(bins, model))


def _sum_pairs(evidence: Evidence, scores: Floats | None, farthest_m: float) -> PairSums:
    """Pairs of the grades, and of their scores where there are any."""
    columns = [evidence.values - np.mean(evidence.values)]
    if scores is not None:
        columns.append(scores)
    return sum_pairs(
        evidence.xyz_m,
        np.column_stack(columns),
        np.zeros(evidence.values.size, np.int64),
        lag_edges(evidence.support_m, farthest_m),
        tuple((c, c) for c in range(len(columns))),
    )


def _choose(
    bins: VectorVariogram,
    down: ExperimentalVariogram,
    held: Held,
    kinds: tuple[str, ...],
    blocks: Blocks,
) -> FittedModel:
    """Kind, number of structures and shape: least squares first, then by what is foretold."""
    starts = []
    for kind in kinds:
        own = replace(held, nugget=downhole_nugget(down, held.sill, kind), kind=kind)
        one = fit_model(bins, own)
        starts += [one, fit_model(bins, replace(own, structures=2), one)]
    if len(blocks) >= FEWEST_BLOCKS:
        return choose(blocks, starts).model
    return simplest_shape(bins, min(starts, key=lambda f: f.criterion))


def _confidence(blocks: Blocks, model: FittedModel) -> Confidence:
    """Standard errors of ranges and axes, longest first; NaN where holes are too few."""
    if len(blocks) < FEWEST_BLOCKS:
        return Confidence((np.nan,) * 3, (np.nan,) * 3)
    covariance = parameter_covariance(blocks, model)
    shape, order = model.held.shape, np.argsort(-model.ranges_m[-1], kind="stable")
    logs = np.diag(covariance)[shape.turns :][list(shape.own)][order]
    errors = np.sqrt(logs)
    turn = np.zeros((3, 3))
    if shape.turns:
        turn[3 - shape.turns :, 3 - shape.turns :] = covariance[: shape.turns, : shape.turns]
    axes = model.axes[order]
    # an axis moves by what turns about the two others
    moved = np.trace(turn) - np.einsum("ij,jk,ik->i", axes, turn, axes)
    angles = np.minimum(np.rad2deg(np.sqrt(np.maximum(moved, 0.0))), 90.0)
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
    bins: VectorVariogram,
    fitted: FittedModel,
    down: ExperimentalVariogram,
    blocks: Blocks,
) -> ProposedVariogram:
    """The proposal with what was fitted, how sure it is, and why."""
    plain = float(np.var(evidence.values))
    skewed = _is_skewed(evidence)
    mean = float(np.average(evidence.values, weights=evidence.weights))
    sill = float(np.average((evidence.values - mean) ** 2, weights=evidence.weights))
    confidence = _confidence(blocks, fitted)
    model, shortened = within_ground(fitted, evidence.xyz_m)
    model = replace(model, misfit=misfit_of(bins, model))
    scaled = replace(
        model,
        sills=model.sills * (sill / plain),
        held=replace(model.held, nugget=model.held.nugget * sill / plain),
    )
    variogram = scaled.variogram()
    return ProposedVariogram(
        variogram=variogram,
        shape=model.held.shape.name,
        sill=sill,
        experimental=(down, *_along_axes(evidence, variogram)),
        scale=sill / plain,
        bins=bins,
        misfit=model.misfit,
        confidence=confidence,
        remarks=tuple(remarks_of(model, down, confidence, shortened, trend_share(evidence))),
        reason=reason_of(evidence, scaled, variogram, skewed),
    )


def _is_skewed(evidence: Evidence) -> bool:
    return float(np.std(evidence.values)) > SKEWED * abs(float(np.mean(evidence.values)))


def trend_share(evidence: Evidence) -> float:
    """Share of the variance that a surface of second degree over the ground explains (R²)."""
    places = evidence.xyz_m - evidence.xyz_m.mean(axis=0)
    places = places / max(float(np.abs(places).max()), 1e-9)
    x, y, z = places.T
    rows = np.column_stack([np.ones(x.size), x, y, z, x * x, y * y, z * z, x * y, x * z, y * z])
    left = evidence.values - rows @ np.linalg.lstsq(rows, evidence.values, rcond=None)[0]
    return float(1.0 - np.var(left) / np.var(evidence.values))


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
