"""Weighted least squares of a model variogram over all directions together."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation

from estimation.engine.dense import correlation
from estimation.plan import Structure, Variogram
from estimation.rotation import orientation_from_axes
from estimation.variography.models import effective_range_m
from estimation.variography.orientation import (
    VectorVariogram,
    right_handed,
    trial_axes,
)

Floats = npt.NDArray[np.float64]

TRIAL_RATIOS = ((1.0, 0.6, 0.35), (1.0, 0.9, 0.3), (1.0, 0.4, 0.35))
"""Shapes tried in every orientation before the fit: between, flat, and long."""

BEST_TRIALS = 3

HALF = 0.5
MOST_RATIO = 10.0
"""Longest over shortest range that is proposed at all."""

SMALLEST_RATIO = 1.25
"""Longer over shorter range below which no difference of two axes is claimed."""

PRICE = 3.0
"""Of a parameter in :attr:`FittedModel.criterion`, set on simulated deposits."""


@dataclass(frozen=True)
class Shape:
    """What kind of ellipsoid a fit may find: whether it turns, and which ranges are one."""

    name: str
    turns: int
    """Angles that are free: 0, 1 (about the upright), 3."""
    own: tuple[int, int, int]
    """Which free range each axis takes."""

    @property
    def free_ranges(self) -> int:
        """How many ranges are free."""
        return max(self.own) + 1


ROUND = Shape("round", 0, (0, 0, 0))
LAYERED = Shape("layered", 0, (0, 0, 1))
LEVEL = Shape("level", 1, (0, 1, 2))
DISC = Shape("disc", 3, (0, 0, 1))
ROD = Shape("rod", 3, (0, 1, 1))
TRIAXIAL = Shape("triaxial", 3, (0, 1, 2))
SHAPES = (ROUND, LAYERED, LEVEL, DISC, ROD, TRIAXIAL)
"""From the simplest on: one range; one in the level plane and one upright; three, one of them
upright; equal in a plane that may lie anyhow; equal around a line; three that lie anyhow."""


@dataclass(frozen=True)
class Held:
    """What a fit holds: nugget, total sill, kind and number of structures, shape, and limits."""

    nugget: float
    sill: float
    kind: str
    structures: int
    shortest_m: float
    farthest_m: float
    shape: Shape = TRIAXIAL


@dataclass(frozen=True)
class FittedModel:
    """Axes (rows), ranges of the structures along them, their sills, and the misfit."""

    axes: Floats
    ranges_m: Floats
    """(s, 3), the last structure the longest."""
    sills: Floats
    held: Held
    misfit: float
    """Weighted root mean square of (experimental - model) / sill."""
    bins: int
    """How many bins were fitted."""

    @property
    def criterion(self) -> float:
        """The smaller, the better: misfit, and a price for every parameter.

        Schwarz (1978, Annals of Statistics 6), ``n ln(misfit^2) + k ln n``, with the price
        multiplied by :data:`PRICE` because bins are not independent.
        """
        shape = self.held.shape
        # of a body of revolution two angles count, as turning it about its axis changes nothing
        turns = min(shape.turns, shape.free_ranges)
        known = shape.free_ranges + turns + 2 * (self.held.structures - 1)
        n = self.bins
        return float(n * np.log(self.misfit**2) + PRICE * known * np.log(n))

    def variogram(self) -> Variogram:
        """The plan's form, axes sorted by range."""
        order = np.argsort(-self.ranges_m[-1], kind="stable")
        axes = right_handed(self.axes[order])
        structures = tuple(
            Structure(
                model=self.held.kind,  # type: ignore[arg-type]
                sill=float(f"{sill:.6g}"),
                ranges_m=tuple(float(f"{r:.5g}") for r in ranges[order]),  # type: ignore[arg-type]
            )
            for sill, ranges in zip(self.sills, self.ranges_m, strict=True)
        )
        return Variogram(
            nugget=float(f"{self.held.nugget:.6g}"),
            structures=structures,
            orientation=orientation_from_axes(axes),
        )


def bin_weights(bins: VectorVariogram) -> Floats:
    """Weights (b,) of bins, mean 1: the square root of pairs, by distance.

    Cressie (1985, Mathematical Geology 17) weighs by pairs / gamma^2, and pairs / distance^2 keeps
    his stress on short lags without knowing the model (gstat's fit.method 7; Goovaerts 1997,
    4.2.4). Both take pairs for independent; but those of one bin share their samples and the same
    few ranges of ground, so what a bin knows grows more slowly: the root of pairs / distance^2
    finds ranges and axes of simulated deposits better than either (docs/variography.md).
    """
    weights = np.sqrt(bins.pairs) / bins.distance_m
    return np.asarray(weights / weights.mean())


def fit_model(bins: VectorVariogram, held: Held, start: FittedModel | None = None) -> FittedModel:
    """Axes, ranges and sills by weighted least squares.

    Without ``start``, orientations all over the sphere are tried first and the best refined; of
    ``start`` axes are taken longest first, so that a simpler shape can join neighbouring ranges.
    """
    weights = np.sqrt(bin_weights(bins))
    if start is not None and held.shape not in (ROUND, LAYERED):
        order = np.argsort(-start.ranges_m[-1], kind="stable")
        starts = [(right_handed(start.axes[order]), start.ranges_m[-1][order])]
    else:
        starts = _starts(bins, held, weights)
    extra = [0.0, np.log(0.35)] if held.structures == 2 else []
    if start is not None and held.structures == 2 and len(start.sills) == 2:
        extra = nested_parameters(start)
    found = [_refine(bins, held, weights, axes, np.append(np.log(r), extra)) for axes, r in starts]
    return min(found, key=lambda f: f.misfit)


def _starts(bins: VectorVariogram, held: Held, weights: Floats) -> list[tuple[Floats, Floats]]:
    """Axes and ranges to start from: of the fan's ellipsoid, and the best of many trials."""
    level = np.eye(3)
    middle = isotropic_range_m(bins, held)
    if held.shape in (ROUND, LAYERED):
        return [(level, np.full(3, middle))]
    trials: list[tuple[float, int, Floats, Floats]] = []
    for axes in trial_axes():
        for ratios in TRIAL_RATIOS:
            for size in (0.8, 1.6):
                ranges = _within(
                    held, size * middle * np.array(ratios) / np.prod(ratios) ** (1 / 3)
                )
                model = _gamma(bins.vectors_m, axes, ranges[None], _sills(held, ()), held)
                misfit = float(np.sum((weights * (model - bins.gamma)) ** 2))
                trials.append((misfit, len(trials), axes, ranges))
    trials.sort(key=lambda t: t[:2])
    return [(axes, ranges) for _, _, axes, ranges in trials[:BEST_TRIALS]]


def isotropic_range_m(bins: VectorVariogram, held: Held) -> float:
    """The range of an isotropic model, by trying 30 of them."""
    weights = np.sqrt(bin_weights(bins))
    tried = np.geomspace(held.shortest_m, held.farthest_m, 30)
    misfit = [
        np.sum(
            (
                weights
                * (
                    _gamma(bins.vectors_m, np.eye(3), np.full((1, 3), r), _sills(held, ()), held)
                    - bins.gamma
                )
            )
            ** 2
        )
        for r in tried
    ]
    return float(tried[int(np.argmin(misfit))])


def _within(held: Held, ranges: Floats) -> Floats:
    return np.clip(ranges, held.shortest_m * 1.01, held.farthest_m * 0.99)


def _sills(held: Held, extra: Floats | tuple[float, ...]) -> Floats:
    """Sills of the structures: the total without nugget, shared by a logit."""
    rest = held.sill - held.nugget
    if len(extra) == 0:
        return np.array([rest])
    share = 1.0 / (1.0 + np.exp(-extra[0]))
    return np.array([rest * share, rest * (1.0 - share)])


def _gamma(vectors: Floats, axes: Floats, ranges: Floats, sills: Floats, held: Held) -> Floats:
    """Model at the bins; structures of one set of axes."""
    along = vectors @ axes.T
    total = np.full(len(vectors), held.nugget)
    for r, sill in zip(ranges, sills, strict=True):
        h = np.sqrt(((along / r) ** 2).sum(axis=1))
        total += sill * (1.0 - correlation(held.kind, h))
    return np.asarray(total)


def unpack(p: Floats, axes: Floats, held: Held) -> tuple[Floats, Floats, Floats]:
    """Axes, ranges and sills of a fit's parameters: turn (0 or 3), log ranges (1 to 3), rest."""
    turns = held.shape.turns
    turn = p[:3] if turns == 3 else np.array([0.0, 0.0, p[0]])
    turned = axes @ Rotation.from_rotvec(turn).as_matrix() if turns else axes
    ranges = np.exp(p[turns:][list(held.shape.own)])[None]
    extra = p[turns + held.shape.free_ranges :]
    if extra.size:
        ranges = np.vstack([ranges * np.exp(extra[1]), ranges])
    return turned, ranges, _sills(held, extra)


def first_parameters(held: Held, values: Floats) -> tuple[Floats, Floats, Floats]:
    """Parameters of a fit to start from, and their limits.

    ``values``: log ranges (3), and of a second structure the logit of its share and the log of its
    scale.
    """
    turns, own = held.shape.turns, np.array(held.shape.own)
    logs = np.array([values[:3][own == k].mean() for k in range(held.shape.free_ranges)])
    extra = values[3:]
    low, high = np.log(held.shortest_m), np.log(held.farthest_m)
    lows = np.array([-np.inf] * turns + [low] * logs.size + [-3.0, np.log(0.05)][: extra.size])
    highs = np.array([np.inf] * turns + [high] * logs.size + [3.0, np.log(0.7)][: extra.size])
    start = np.concatenate([np.zeros(turns), logs, extra])
    return np.clip(start, lows + 1e-6, highs - 1e-6), lows, highs


def nested_parameters(model: FittedModel) -> list[float]:
    """Logit of the share and log of the scale of the shorter of two structures; else none."""
    if len(model.sills) < 2:
        return []
    share = model.sills[0] / model.sills.sum()
    return [
        float(np.log(share / (1.0 - share))),
        float(np.log(model.ranges_m[0, 0] / model.ranges_m[1, 0])),
    ]


def _refine(
    bins: VectorVariogram, held: Held, weights: Floats, axes: Floats, values: Floats
) -> FittedModel:
    """Least squares from one start; ``values`` as :func:`first_parameters`."""
    start, lows, highs = first_parameters(held, values)

    def residual(p: Floats) -> Floats:
        model = _gamma(bins.vectors_m, *unpack(p, axes, held), held)
        return np.asarray(weights * (model - bins.gamma) / held.sill)

    solved = least_squares(
        residual, start, bounds=(lows, highs), xtol=1e-5, ftol=1e-6, max_nfev=150
    )
    turned, ranges, sills = unpack(solved.x, axes, held)
    misfit = float(np.sqrt(2.0 * solved.cost / weights.size))
    return FittedModel(turned, ranges, sills, held, misfit, weights.size)


def within_ground(model: FittedModel, xyz_m: Floats) -> tuple[FittedModel, tuple[str, ...]]:
    """The model with no longer ranges than the data can show, and what was shortened.

    An effective range is at most half of the extent of the data along its axis (pairs farther apart
    come from the rims only: Journel & Huijbregts 1978, III.B.7; ranges that a shape shares: of the
    widest extent among their axes) and :data:`MOST_RATIO` times the shortest.
    """
    variogram = model.variogram()
    extent = np.ptp(xyz_m @ model.axes.T, axis=0)
    own = np.array(model.held.shape.own)
    extent = np.array([extent[own == k].max() for k in own])
    found = np.array([effective_range_m(variogram, axis) for axis in model.axes])
    allowed = np.minimum(found, HALF * extent)
    remarks = ["extent"] if np.any(allowed < 0.99 * found) else []
    if allowed.max() > MOST_RATIO * allowed.min():
        allowed = np.minimum(allowed, MOST_RATIO * allowed.min())
        remarks.append("ratio")
    return replace(model, ranges_m=model.ranges_m * (allowed / found)), tuple(remarks)


def simplest_shape(bins: VectorVariogram, best: FittedModel) -> FittedModel:
    """The simplest ellipsoid that least squares allow, where holes are too few to foretell.

    One range, or one in the plane and one upright, where :attr:`FittedModel.criterion` says so;
    else axes were found, and neighbouring ranges of a ratio below :data:`SMALLEST_RATIO` are one.
    """
    simpler = (ROUND, LAYERED, DISC, ROD)
    tried = {s.name: fit_model(bins, replace(best.held, shape=s), best) for s in simpler}
    least = min((*tried.values(), best), key=lambda f: f.criterion)
    if not least.held.shape.turns:
        return least
    major, semi, minor = np.sort(best.ranges_m[-1])[::-1]
    if major < SMALLEST_RATIO * minor:
        return tried[ROUND.name]
    if major < SMALLEST_RATIO * semi:
        return tried[DISC.name]
    return tried[ROD.name] if semi < SMALLEST_RATIO * minor else best


def misfit_of(bins: VectorVariogram, model: FittedModel) -> float:
    """Weighted root mean square of (experimental - model) / sill."""
    found = _gamma(bins.vectors_m, model.axes, model.ranges_m, model.sills, model.held)
    return float(np.sqrt(np.mean(bin_weights(bins) * (found - bins.gamma) ** 2)) / model.held.sill)
