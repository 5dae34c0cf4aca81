"""One block again: its samples by the search, and why the others near it were not taken.

It needs no tile and no store: what is found for a block stands beside what a tile kept of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estimation.engine import indicators
from estimation.engine.by_pykrige import window_of
from estimation.engine.dense import Neighbourhood
from estimation.engine.kernels_blocks import chosen_samples
from estimation.engine.krige import Problem, domain_names, visit_for
from estimation.engine.local import by_direction, rotation_into, rounded_directions, turn_choices
from estimation.engine.visit import Samples, Visit
from estimation.plan import Choices, SearchPass
from estimation.rotation import axes_from_gslib

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CHOSEN, HOLE_FULL, SECTOR_FULL, ENOUGH, HIGH_FAR, OUTSIDE_PASS = range(6)
"""What became of a sample: chosen; passed over because its hole or its sector was full, or because
there were enough nearer ones; barred as a high grade far away; outside the pass's ellipsoid."""


@dataclass(frozen=True)
class Neighbours:
    """What a block is estimated from."""

    choices: Choices
    """Of the element in the block's domain, turned as the block's axes are."""
    samples: Samples
    """Those that blocks of the domain may use, in order of identity."""
    rows: Ints
    """The chosen ones, in order of identity."""
    number: int
    """Search pass, 0 where none had enough."""
    near: Neighbourhood
    """The chosen ones as a dense solution takes them."""

    @property
    def search_pass(self) -> SearchPass:
        """The pass that chose, or the last that tried."""
        return self.choices.search[self.number - 1]

    @property
    def axes(self) -> Floats:
        """Axes of the search ellipsoid, rows major, semi-major, minor."""
        choices = self.choices
        return axes_from_gslib(choices.search_orientation or choices.variogram.orientation)


def neighbours_of(
    problem: Problem, element: str, centre_m: Floats, domain: int, number: int = 0
) -> Neighbours:
    """The samples of one block of a domain (its code), as the engine of the plan chooses them.

    ``number``: the pass that made the estimate, where it is known; else the first that has enough.
    """
    choices = _choices_at(problem, element, centre_m, domain)
    samples = problem.elements[element]
    usable = samples.usable_in(domain)
    column = problem.drift_column(choices)
    if column >= 0 and samples.drift is not None:
        usable = usable & ~np.isnan(samples.drift[:, column])
    samples = samples.take(usable)
    rows, found = _chosen(problem, element, choices, samples, centre_m, number)
    visit = _visit(problem, element, choices)
    taken = samples.take(rows)
    axes = axes_from_gslib(choices.search_orientation or choices.variogram.orientation)
    radii = np.array(choices.search[found - 1].radii_m)
    near = Neighbourhood(
        centre_m,
        visit.offsets,
        taken.xyz_m,
        taken.points_m,
        taken.values,
        None if column < 0 or taken.drift is None else taken.drift[:, column],
        _block_drift(problem, centre_m, column),
        np.linalg.norm((taken.xyz_m - centre_m) @ axes.T / radii, axis=1),
    )
    return Neighbours(choices, samples, rows, found, near)


def what_became(found: Neighbours, centre_m: Floats) -> tuple[Ints, Floats]:
    """Verdict on each of ``found.samples`` (see :data:`CHOSEN`), and its distance in radii."""
    one, samples = found.search_pass, found.samples
    turned = (samples.xyz_m - centre_m) @ found.axes.T
    apart = np.linalg.norm(turned / np.array(one.radii_m), axis=1)
    sector = sectors_of(one, turned)
    chosen = np.zeros(len(samples), bool)
    chosen[found.rows] = True
    verdict = np.full(len(samples), OUTSIDE_PASS, np.int64)
    for row in np.flatnonzero(apart <= 1.0):
        nearer = chosen & (apart <= apart[row] * (1.0 + 1e-9))  # equally near: by a hair
        if chosen[row]:
            verdict[row] = CHOSEN
        elif _is_barred(found.choices, turned[row], samples.values[row]):
            verdict[row] = HIGH_FAR
        elif (nearer & (samples.holes == samples.holes[row])).sum() >= one.max_per_hole:
            verdict[row] = HOLE_FULL
        elif one.sectors and (nearer & (sector == sector[row])).sum() >= one.sectors.max_samples:
            verdict[row] = SECTOR_FULL
        else:
            verdict[row] = ENOUGH
    verdict[chosen] = CHOSEN
    return verdict, apart


def sectors_of(one: SearchPass, turned_m: Floats) -> Ints:
    """Quadrant or octant (from 1) of offsets along the search's axes, (n,); 0 without sectors."""
    if one.sectors is None:
        return np.zeros(len(turned_m), np.int64)
    sides = (turned_m >= 0.0).astype(np.int64)
    upper = 4 * sides[:, 2] if one.sectors.kind == "octants" else 0
    return np.asarray(1 + sides[:, 0] + 2 * sides[:, 1] + upper)


def _is_barred(choices: Choices, turned_m: Floats, value: float) -> bool:
    """Whether a high grade lies too far away to be chosen."""
    rule = choices.high_yield
    if rule is None or rule.beyond != "discard" or value <= rule.above:
        return False
    return bool(np.linalg.norm(turned_m / np.array(rule.radii_m)) > 1.0)


def _choices_at(problem: Problem, element: str, centre_m: Floats, domain: int) -> Choices:
    """An element's choices in a domain, turned as they are at a place."""
    choices = problem.choices(element, domain_names(problem.plan)[domain - 1])
    local = choices.local_orientation
    if local is None:
        return choices
    surface = problem.surroundings.surfaces[local.surface]
    directions = rounded_directions(surface, centre_m[None], local.step_deg)
    (_, normal), *_ = by_direction(directions)
    rotation = rotation_into(choices.variogram.orientation, normal)
    return choices if rotation is None else turn_choices(choices, rotation)


def _visit(problem: Problem, element: str, choices: Choices) -> Visit:
    """The visit that kriges one element by the given choices."""
    plans = indicators.indicator_choices(choices) if choices.indicators else {element: choices}
    return visit_for(problem, plans)


def _chosen(
    problem: Problem,
    element: str,
    choices: Choices,
    samples: Samples,
    centre_m: Floats,
    number: int,
) -> tuple[Ints, int]:
    """Rows of the chosen samples and the pass; where none has enough, those of no pass."""
    if problem.plan.engine == "pykrige":
        window = window_of(problem.plan.elements[element], samples, centre_m)
        return np.sort(window.rows), window.number
    if not len(samples):
        return np.empty(0, np.int64), 0
    visit = _visit(problem, element, choices)
    search = visit.search
    if number:
        passes = slice(number - 1, number)
        search = search._replace(matrices=search.matrices[passes], limits=search.limits[passes])
    held = visit.kernel_samples(samples)
    rows, found = chosen_samples(centre_m - visit.origin_m, -1, held, search)
    return rows, number if number and found else found


def _block_drift(problem: Problem, centre_m: Floats, column: int) -> float:
    """The drift raster over the block that holds a place."""
    if column < 0 or problem.column_drift is None:
        return 0.0
    spec = problem.grid.spec
    at = np.floor((centre_m - np.array(spec.origin_m)) / np.array(spec.block_m)).astype(int)
    return float(problem.column_drift[column, at[1], at[0]])
