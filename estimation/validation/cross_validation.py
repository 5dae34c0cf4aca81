"""Samples estimated from the others: hole by hole, by folds of holes, or one by one.

Leaving out single samples flatters the estimate, since a sample's neighbours in its own hole
are a few metres away; it is here for comparison with programs that do so (DZ/T 0338.3 flow).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from estimation.engine.krige import Problem, domain_names, visits_in
from estimation.engine.methods import Blocks, estimate_blocks
from estimation.engine.visit import Samples, Visit
from estimation.models.layers import FIELDS
from estimation.plan import Choices, Method

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LeftOut = Literal["hole", "sample"] | int
"""What is left out at a time: the sample's hole, the sample alone, or one of so many folds."""
NORMAL_95 = 1.959963984540054
"""Standard deviations on either side that hold 95 % of a normal distribution."""
UNKRIGED = ("inverse_distance", "nearest")
"""Methods without a variance: fields of every kriged result."""
PLAIN = (*UNKRIGED, "ordinary", "simple", "linear_drift", "quadratic_drift")
"""Methods that need the element's own samples and nothing else."""
_SEED = 338
"""Of the order in which holes are dealt into folds."""


@dataclass(frozen=True)
class CrossValidation:
    """True and estimated values of the composites that could be estimated; arrays (n,)."""

    element: str
    true: Floats
    estimate: Floats
    variance: Floats
    domains: Ints
    """Domain code of each composite."""
    asked: int
    """Composites that were to be estimated."""

    @property
    def errors(self) -> Floats:
        """Estimate less true, (n,)."""
        return self.estimate - self.true

    @property
    def mean_error(self) -> float:
        """Mean of the errors, in the element's unit."""
        return float(np.mean(self.errors))

    @property
    def mean_error_share(self) -> float:
        """Mean error over the mean, signed."""
        return float(np.mean(self.errors) / np.mean(self.true))

    @property
    def mean_absolute_error(self) -> float:
        """Mean size of an error, in the element's unit."""
        return float(np.mean(np.abs(self.errors)))

    @property
    def root_mean_square_error(self) -> float:
        """Root of the mean squared error, in the element's unit."""
        return float(np.sqrt(np.mean(self.errors**2)))

    @property
    def slope(self) -> float:
        """Slope of the regression of true on estimate."""
        covariance = np.cov(self.true, self.estimate)
        return float(covariance[0, 1] / covariance[1, 1])

    @property
    def correlation(self) -> float:
        """Pearson correlation of true and estimate."""
        return float(np.corrcoef(self.true, self.estimate)[0, 1])

    @property
    def standardized(self) -> Floats:
        """Errors divided by their kriging standard deviations, (n,)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.errors / np.sqrt(self.variance)

    @property
    def standardized_mean(self) -> float:
        """Mean of the standardized errors; 0 is right."""
        return float(np.mean(self.standardized))

    @property
    def standardized_variance(self) -> float:
        """Variance of errors divided by their kriging standard deviations; 1 is right."""
        return float(np.var(self.standardized))

    @property
    def coverage_95(self) -> float:
        """Share of true values within 1.96 kriging standard deviations of the estimate."""
        return float(np.mean(np.abs(self.standardized) <= NORMAL_95))

    @property
    def tells(self) -> bool:
        """Whether there is anything to judge: ten composites, of more than one grade."""
        return bool(self.true.size >= 10 and np.ptp(self.true) > 0 and np.ptp(self.estimate) > 0)

    @property
    def has_variance(self) -> bool:
        """Whether the method says how sure it is."""
        return bool(self.true.size and np.all(self.variance > 0))

    def within(self, domain: int) -> CrossValidation:
        """The composites of one domain."""
        here = self.domains == domain
        return CrossValidation(
            self.element,
            self.true[here],
            self.estimate[here],
            self.variance[here],
            self.domains[here],
            int(here.sum()),
        )


def cross_validate(
    problem: Problem, element: str, left_out: LeftOut = "hole", method: Method | None = None
) -> CrossValidation:
    """Cross-validation of one element as points, with the plan's search, model and method.

    ``left_out``: ``hole`` estimates each composite from the other holes, a number that of folds
    of holes, ``sample`` from all the other samples; other elements' samples of what is left out
    are left out too. ``method`` (a plain one) replaces the plan's.
    """
    points = _of_points(problem, element, method)
    everything = problem.elements[element]
    parts = []
    for code, name in enumerate(domain_names(problem.plan), start=1):
        targets = everything.take(everything.domains == code)
        if len(targets) == 0 or np.count_nonzero(everything.usable_in(code)) < 2:
            continue
        found = np.full((len(targets), 2), np.nan)
        for rows, out in _estimates(_Place(points, element, name, code), targets, left_out):
            found[rows] = out[:, [FIELDS.index("estimate"), FIELDS.index("variance")]]
        parts.append(np.column_stack([targets.values, found, np.full(len(targets), code)]))
    table = np.concatenate(parts) if parts else np.empty((0, 4))
    known = table[~np.isnan(table[:, 1])]
    true, estimate, variance, domains = known.T
    return CrossValidation(element, true, estimate, variance, domains.astype(np.int64), len(table))


@dataclass(frozen=True)
class _Place:
    """One element in one domain, of a problem whose blocks are points."""

    problem: Problem
    element: str
    domain: str
    code: int

    def visit(self, near: dict[str, Samples]) -> Visit:
        """The element's visit there."""
        visits = visits_in(self.problem, near, self.domain)
        return next(visit for visit in visits if self.element in visit.names)

    @property
    def choices(self) -> Choices:
        """How the element is estimated there."""
        return self.problem.choices(self.element, self.domain)


def _of_points(problem: Problem, element: str, method: Method | None) -> Problem:
    """The problem for single points, of the element and those that it leans on."""

    def changed(choices: Any) -> Any:
        if method is None:
            return choices
        none = dict.fromkeys(("drift", "indicators", "partner"))
        return choices.model_copy(update={"method": method, **none})

    plan = changed(problem.plan.elements[element])
    own = {name: changed(choices) for name, choices in plan.by_domain.items()}
    elements = {element: plan.model_copy(update={"by_domain": own})}
    for choices in (plan, *own.values()):
        if choices.partner:
            partner = choices.partner.element
            elements[partner] = problem.plan.elements[partner]
    changes = {"discretisation": (1, 1, 1), "elements": elements}
    samples = {name: problem.elements[name] for name in elements}
    planned = problem.plan.model_copy(update=changes)
    return replace(problem, plan=planned, elements=samples, visits=())


def _estimates(place: _Place, targets: Samples, left_out: LeftOut) -> Iterator[tuple[Ints, Floats]]:
    """Rows of the targets and their results (rows, FIELDS), part by part."""
    choices = place.choices
    plain = choices.method in PLAIN and choices.local_orientation is None
    if left_out == "hole" and plain and place.problem.plan.engine == "bornite":
        yield np.arange(len(targets)), _hole_by_hole(place, targets)
        return
    label = _labels(place.problem, place.element, left_out)
    own = label[place.element][place.problem.elements[place.element].domains == place.code]
    for number in np.unique(own):
        rows = np.flatnonzero(own == number)
        near = {
            name: samples.take(label[name] != number)
            for name, samples in place.problem.elements.items()
        }
        if len(near[place.element]):
            yield rows, _estimate(place, near, targets.take(rows))


def _hole_by_hole(place: _Place, targets: Samples) -> Floats:
    """Each target without its hole, in one call: the kernel passes over a hole."""
    samples = place.problem.elements[place.element]
    visit = place.visit({place.element: samples})
    known = visit.kernel_samples(samples.take(samples.usable_in(place.code)))
    alone = np.arange(len(targets) + 1)
    out = visit.krige(known, targets.xyz_m, alone, targets.holes)[0]
    if place.choices.method in UNKRIGED:
        out[:, FIELDS.index("estimate")] = out[:, FIELDS.index(place.choices.method)]
        out[:, FIELDS.index("variance")] = np.nan
    return out


def _estimate(place: _Place, near: dict[str, Samples], targets: Samples) -> Floats:
    """Targets from the samples that are left, by the engine's own door."""
    alone = np.arange(len(targets))
    blocks = Blocks(place.domain, place.code, targets.xyz_m, alone, targets.drift)
    made = estimate_blocks(place.problem, near, [place.visit(near)], blocks)
    return made[place.element]


def _labels(problem: Problem, element: str, left_out: LeftOut) -> dict[str, Ints]:
    """What each sample of each element goes out with: equal numbers go together."""
    names = {name: samples.identity for name, samples in problem.elements.items()}
    if left_out != "sample":
        names = {name: np.char.rpartition(found, b"@")[:, 0] for name, found in names.items()}
    known, own = np.unique(names[element], return_inverse=True)
    number = {name: i for i, name in enumerate(known.tolist())}
    order = np.arange(len(known))
    if not isinstance(left_out, str):
        order = np.random.default_rng(_SEED).permutation(len(known)) % left_out
    found = {element: order[own]}
    for name, held in names.items():
        if name != element:
            rows = [number.get(key, -1) for key in held.tolist()]
            found[name] = np.array([order[row] if row >= 0 else -1 for row in rows], np.int64)
    return found
