"""Cokriging of an under-sampled element with its partner, from a plan to results.

Ordinary cokriging keeps the traditional conditions: own weights sum to 1, the partner's to 0. The
standardized single condition (Isaaks & Srivastava 1989, chapter 17) needs both means, and a mean
taken over a neighbourhood of clustered samples would bias what it is meant to free; the traditional
conditions need none, and the partner then counts by its contrast between places.

Collocated cokriging takes the partner's own kriged grade of the block (Markov model MM1, Xu et al.
1992; Almeida & Journel 1994). With one datum of the partner the traditional conditions would give
it no weight, so here one condition holds, and the partner's grade is first moved by the difference
of the means of the block's own samples (Goovaerts 1997, section 6.2.6). Its variance takes the
partner's kriged grade as known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from estimation.engine.kernels_blocks import Search
from estimation.engine.kernels_cokriging import cokrige
from estimation.engine.kernels_cosystem import Model, Places
from estimation.engine.kernels_desk import Samples as KernelSamples
from estimation.engine.visit import (
    DEGREES,
    KINDS,
    Samples,
    discretisation,
    kernel_search,
    visit_of,
)
from estimation.errors import EstimationError
from estimation.models.layers import FIELDS
from estimation.plan import Choices, Coregionalisation, Plan, Structure, Variogram
from estimation.rotation import axes_from_gslib

if TYPE_CHECKING:
    from estimation.engine.krige import Problem

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NEVER = -1
"""Number of no hole."""


@dataclass(frozen=True)
class Targets:
    """Places to be estimated: centres (m, 3), their support, and the hole each may not use."""

    centres_m: Floats
    offsets_m: Floats
    """(p, 3) discretization points from a centre; one for a point."""
    shares: Floats
    """(p,) weight of each, summing to 1."""
    hole: Ints | None = None
    """(m,) hole left out, by the numbers of :func:`common_holes`."""
    keep_partner: bool = False
    """Whether the partner's samples of that hole stay: as where a hole was assayed for it alone."""


@dataclass(frozen=True)
class Pair:
    """An element and its partner in one domain, with what is planned for both."""

    own: Samples
    partner: Samples
    choices: Choices
    partner_choices: Choices
    """How the partner is kriged itself; collocated cokriging takes its grade of the block."""
    origin_m: Floats
    """(3,) what coordinates are counted from, so that they are small."""
    beside_m: float = np.inf
    """Farthest that a partner sample may lie from a point of an own sample and still be its grade
    there (collocated); in a model this bounds what a tile must see."""


def estimate(
    problem: Problem, near: dict[str, Samples], name: str, centres_m: Floats, domain_code: int
) -> Floats:
    """Fields (m, FIELDS) of blocks of one domain, by a plan's ``cokriging`` or ``collocated``.

    ``samples``, ``holes`` and the mean distance are those of the element's own samples,
    ``negative_weights`` the sum of their negative weights (the partner's always sum to 0).

    Raises
    ------
    EstimationError
        The partner is not planned, or is not itself kriged (``collocated`` needs its grade).
    """
    spec = problem.grid.spec
    offsets = discretisation(spec.block_m, problem.plan.discretisation)
    shares = np.full(len(offsets), 1.0 / len(offsets))
    pair = pair_of(problem, near, name, domain_code)
    return estimate_pair(pair, Targets(centres_m, offsets, shares))


def pair_of(problem: Problem, near: dict[str, Samples], name: str, domain_code: int) -> Pair:
    """An element and its partner with the samples that blocks of a domain may use."""
    plan = problem.plan
    domain = plan.domains.names[domain_code - 1]
    choices = plan.elements[name].choices_of(domain)
    if choices.partner is None:
        raise EstimationError(f"{name}: no partner to cokrige with / 没有协同元素")
    partner = choices.partner.element
    if partner not in plan.elements or partner == name:
        raise EstimationError(
            f"{name}, domain {domain}: the partner {partner} is not another element of the plan; "
            f"add it to elements, or name one of {', '.join(plan.elements)} / 协同元素不在方案内"
        )
    own, other = (near[n].take(near[n].usable_in(domain_code)) for n in (name, partner))
    beside = plan.elements[partner].choices_of(domain)
    if choices.method == "collocated" and beside.method not in DEGREES:
        raise EstimationError(
            f"{name}, domain {domain}: collocated needs a kriged grade of {partner}, whose method "
            f"is {beside.method}; choose one of {', '.join(DEGREES)} for it / 协同元素须用克里格"
        )
    if choices.method == "collocated" and beside.local_orientation is not None:
        raise EstimationError(
            f"{name}, domain {domain}: collocated takes the grade of {partner}, whose axes "
            "follow a surface, which it can't; leave local_orientation out there, or take "
            "method cokriging / 同位协同克里格不支持协同元素的局部方位"
        )
    origin = np.array(problem.grid.spec.origin_m)
    return Pair(own, other, choices, beside, origin, beside_of(plan))


def beside_of(plan: Plan) -> float:
    """Farthest that a partner's composite counts for a point of an own sample: two lengths."""
    return 2.0 * plan.composites.length_m


def estimate_pair(pair: Pair, targets: Targets) -> Floats:
    """Fields (m, FIELDS) of any places from the samples of a pair."""
    assert pair.choices.partner is not None
    planned = pair.choices.partner.model
    collocated = pair.choices.method == "collocated"
    axes = axes_from_gslib(planned.orientation)
    holes = common_holes(pair.own, pair.partner)
    own, partner = (
        _kernel_samples(samples, numbers, axes, pair.origin_m)
        for samples, numbers in zip((pair.own, pair.partner), holes, strict=True)
    )
    limit = pair.choices.high_yield
    threshold = np.inf
    if limit is not None and limit.beyond == "limit":
        threshold = limit.above
    elif limit is not None:
        own = own._replace(restricted=own.values[0] > limit.above)
    places = _places(pair, targets, axes, collocated)
    rules = (
        0 if collocated else pair.choices.partner.max_samples,
        float(threshold),
        along_own(pair.own, pair.partner, pair.beside_m) if collocated else np.empty(0),
    )
    model = kernel_model(planned, targets.offsets_m, targets.shares)
    found = cokrige(model, places, (own, partner), _search(pair.choices), rules)
    return np.asarray(found)


def common_holes(own: Samples, partner: Samples) -> tuple[Ints, Ints]:
    """Numbers of holes that are the same in both sets, by the names in the samples' identity."""
    names = [
        [_hole(identity, number) for identity, number in zip(s.identity, s.holes, strict=True)]
        for s in (own, partner)
    ]
    _, numbers = np.unique(np.array([*names[0], *names[1]], dtype="S72"), return_inverse=True)
    found = np.asarray(numbers, np.int64).reshape(-1)
    return found[: len(own)].copy(), found[len(own) :].copy()


def _hole(identity: bytes, number: int) -> bytes:
    """Name of a sample's hole; by its number where a long name was hashed."""
    name, at, _ = bytes(identity).rpartition(b"@")
    return name if at else b"#%d" % number


def kernel_model(planned: Coregionalisation, offsets_m: Floats, shares: Floats) -> Model:
    """A coregionalization as the kernels take it; ``offsets_m`` (p, 3), ``shares`` (p,).

    A block's own covariance leaves the nugget out, which averages out inside it; a block of one
    point is a point and has the whole sill (GSLIB ``kt3d``).
    """
    from estimation.engine.dense import covariance

    sills = np.array([s.sills for s in planned.structures])
    nuggets = np.array(planned.nuggets)
    if len(offsets_m) == 1:
        block = nuggets + sills.sum(axis=0)
    else:
        block = np.zeros(3)
        for structure in planned.structures:
            unit = Variogram(
                nugget=0.0,
                structures=(
                    Structure(model=structure.model, sill=1.0, ranges_m=structure.ranges_m),
                ),
                orientation=planned.orientation,
            )
            within = shares @ covariance(unit, offsets_m, offsets_m) @ shares
            block += np.array(structure.sills) * within
    kinds = np.array([KINDS[s.model] for s in planned.structures], np.int64)
    scales = np.array([1.0 / np.array(s.ranges_m) for s in planned.structures])
    return Model(kinds, scales, sills, nuggets, block)


def _kernel_samples(samples: Samples, holes: Ints, axes: Floats, origin_m: Floats) -> KernelSamples:
    """Samples as the kernels take them, points turned into the axes of the model."""
    points = (samples.points_m - origin_m) @ axes.T
    return KernelSamples(
        np.ascontiguousarray(points.transpose(1, 0, 2)),
        np.ascontiguousarray(samples.xyz_m - origin_m),
        holes,
        np.ascontiguousarray(samples.values[None]),
        np.zeros((len(samples), 0)),
        np.zeros(len(samples), bool),
    )


def _search(choices: Choices) -> Search:
    """Search passes of an element as the kernels take them."""
    orientation = choices.search_orientation or choices.variogram.orientation
    return kernel_search(choices.search, orientation, choices.high_yield)


def _places(pair: Pair, targets: Targets, axes: Floats, collocated: bool) -> Places:
    """Targets as the kernels take them, with the partner's grade where it counts by that."""
    centres = np.ascontiguousarray(targets.centres_m - pair.origin_m)
    none = np.full(len(centres), NEVER, np.int64)
    hole = none if targets.hole is None else targets.hole
    partner_hole = none if targets.keep_partner else hole
    grades = partner_at(pair, targets) if collocated else np.full(len(centres), np.nan)
    return Places(
        centres,
        np.ascontiguousarray(centres @ axes.T),
        hole,
        partner_hole,
        np.ascontiguousarray(targets.offsets_m @ axes.T),
        targets.shares,
        grades,
    )


def partner_at(pair: Pair, targets: Targets) -> Floats:
    """The partner's kriged grade of every target (m,), by its own plan and at the same support."""
    if not len(pair.partner):
        return np.full(len(targets.centres_m), np.nan)
    extent = np.ptp(targets.offsets_m, axis=0)
    counts = [len(np.unique(np.round(column, 6))) for column in targets.offsets_m.T]
    block_m = [e * c / (c - 1) if c > 1 else 1.0 for e, c in zip(extent, counts, strict=True)]
    visit = visit_of({"partner": pair.partner_choices}, block_m, counts, pair.origin_m)
    if len(targets.offsets_m) == 1:
        visit = visit.of_points()
    samples = visit.kernel_samples(pair.partner)
    hole = None
    if targets.hole is not None and not targets.keep_partner:
        samples = samples._replace(holes=common_holes(pair.own, pair.partner)[1])
        hole = targets.hole
    alone = np.arange(len(targets.centres_m) + 1)
    found = visit.krige(samples, targets.centres_m, alone, hole)[0]
    return np.asarray(found[:, FIELDS.index("estimate")])


def along_own(own: Samples, partner: Samples, within_m: float = np.inf) -> Floats:
    """The partner's grade along each own sample, (n,): of the nearest partner sample to each of
    its points, averaged; NaN where one is not of the same hole, or is farther than ``within_m``.
    """
    if not len(partner):
        return np.full(len(own), np.nan)
    holes, other = common_holes(own, partner)
    count, points = own.points_m.shape[:2]
    apart, nearest = cKDTree(partner.xyz_m).query(own.points_m.reshape(-1, 3))
    nearest = np.asarray(nearest).reshape(count, points)
    near = (np.asarray(apart) <= within_m).reshape(count, points)
    same = ((other[nearest] == holes[:, None]) & near).all(axis=1)
    return np.where(same, partner.values[nearest].mean(axis=1), np.nan)


def leave_holes_out(
    problem: Problem, name: str, *, keep_partner: bool = False
) -> tuple[Floats, Floats, Ints]:
    """Each own sample estimated without its hole: fields (n, FIELDS), truth (n,), rows (n,).

    ``keep_partner`` leaves the partner's samples of the hole in, as where a hole was assayed for
    the partner and not for the element. ``rows``: positions in ``problem.elements[name]``.
    """
    fields, truth, rows = [], [], []
    whole = problem.elements
    for code in range(1, len(problem.plan.domains.names) + 1):
        pair = pair_of(problem, whole, name, code)
        mine = np.flatnonzero(whole[name].domains == code)
        if not len(mine) or not len(pair.own):
            continue
        usable = np.flatnonzero(whole[name].usable_in(code))
        numbers = common_holes(pair.own, pair.partner)[0][np.searchsorted(usable, mine)]
        point = Targets(
            whole[name].xyz_m[mine], np.zeros((1, 3)), np.ones(1), numbers, keep_partner
        )
        fields.append(estimate_pair(pair, point))
        truth.append(whole[name].values[mine])
        rows.append(mine)
    if not rows:
        return np.empty((0, len(FIELDS))), np.empty(0), np.empty(0, np.int64)
    return np.concatenate(fields), np.concatenate(truth), np.concatenate(rows)
