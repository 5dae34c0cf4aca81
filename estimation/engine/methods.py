"""What each method of a plan makes of a block's samples: the blocks of one domain in one tile.

All methods take the same search; kriging itself is in the kernels, and a method is what is kriged
and what is read from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estimation.engine import indicators
from estimation.engine.by_pykrige import krige_by_pykrige
from estimation.engine.kernels_blocks import NO_DRIFT, NO_SAMPLES
from estimation.engine.krige import Problem, visit_for
from estimation.engine.local import by_direction, rotation_into, rounded_directions, turn_choices
from estimation.engine.visit import Samples, Visit, by_group
from estimation.models.layers import FIELDS, above_layer
from estimation.plan import Choices

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

KRIGED = ("variance", "lagrange", "slope", "efficiency", "negative_weights")
"""Fields that say nothing of an estimate that was not kriged."""

_AT = {name: i for i, name in enumerate(FIELDS)}


@dataclass(frozen=True)
class Blocks:
    """Blocks of one domain, of a tile."""

    domain: str
    code: int
    centres_m: Floats
    """(m, 3)."""
    group: Ints
    """(m,) number of the group of neighbours that each belongs to."""
    drift: Floats | None
    """(m, r) drift rasters over the blocks."""


def estimate_blocks(
    problem: Problem, near: dict[str, Samples], visits: list[Visit], blocks: Blocks
) -> dict[str, Floats]:
    """Estimate every element in blocks of one domain: layer -> fields, (m, fields) each.

    ``visits``: of this domain, see :func:`estimation.engine.krige.visits_in`. Layers are the
    elements, and for indicators the shares above each cut-off.
    """
    found: dict[str, Floats] = {}
    for visit in visits:
        choices = {name: problem.choices(name, blocks.domain) for name in visit.names}
        first = choices[visit.names[0]]
        if problem.plan.engine == "pykrige":
            found |= _by_pykrige(problem, near, visit, blocks)
        elif first.partner:
            found |= _by_partner(problem, near, visit.names[0], blocks)
        elif first.indicators:
            found |= _by_indicators(problem, near[visit.names[0]], visit.names[0], blocks)
        else:
            found |= _by_kriging(problem, near, visit, choices, blocks)
    return found


def _by_pykrige(
    problem: Problem, near: dict[str, Samples], visit: Visit, blocks: Blocks
) -> dict[str, Floats]:
    """PyKrige in our engine's place."""
    found = {}
    for name in visit.names:
        samples = near[name].take(near[name].usable_in(blocks.code))
        found[name] = krige_by_pykrige(problem, name, samples, blocks.centres_m)
    return found


def _by_partner(
    problem: Problem, near: dict[str, Samples], name: str, blocks: Blocks
) -> dict[str, Floats]:
    """Cokriging and collocated cokriging."""
    from estimation.engine.cokriging import estimate

    return {name: estimate(problem, near, name, blocks.centres_m, blocks.code)}


def _by_kriging(
    problem: Problem,
    near: dict[str, Samples],
    visit: Visit,
    choices: Mapping[str, Choices],
    blocks: Blocks,
) -> dict[str, Floats]:
    """Kriging, and the two plainer estimates that are made beside it."""
    samples = near[visit.names[0]]
    values = np.array([near[name].values for name in visit.names])
    fields = _krige(problem, visit, choices, (samples, values), blocks)
    method = choices[visit.names[0]].method
    if method in ("inverse_distance", "nearest"):
        fields[:, :, _AT["estimate"]] = fields[:, :, _AT[method]]
        fields[:, :, [_AT[name] for name in KRIGED]] = np.nan
        fields[:, :, _AT["redundant"]] = np.where(
            np.isnan(fields[:, :, _AT["estimate"]]), np.nan, 0.0
        )
    return dict(zip(visit.names, fields, strict=True))


def _by_indicators(
    problem: Problem, samples: Samples, name: str, blocks: Blocks
) -> dict[str, Floats]:
    """Median and multiple indicator kriging: the mean of each block's distribution."""
    choices = problem.choices(name, blocks.domain)
    asked = choices.indicators
    if asked is None:
        raise TypeError(f"{name}: no indicators")
    plans = indicators.indicator_choices(choices)
    visit = visit_for(problem, plans)
    known = indicators.indicators_of(samples.values, asked.cutoffs)
    rows = {str(k): row for k, row in enumerate(known)} | {indicators.GRADE: samples.values}
    values = np.array([rows[n] for n in visit.names])
    kriged = _krige(problem, visit, plans, (samples, values), blocks)
    order = [visit.names.index(str(k)) for k in range(len(asked.cutoffs))]
    fields = kriged[visit.names.index(indicators.GRADE)]
    shares = indicators.in_order(kriged[order, :, _AT["estimate"]])
    mean, variance = indicators.mean_and_variance(shares, asked)
    fields[:, _AT["estimate"]], fields[:, _AT["variance"]] = mean, variance
    fields[:, _AT["negative_weights"]] = kriged[order, :, _AT["negative_weights"]].min(axis=0)
    above = {above_layer(name, c): 1.0 - shares[k, :, None] for k, c in enumerate(asked.cutoffs)}
    return {name: fields, **above}


def _krige(
    problem: Problem,
    visit: Visit,
    choices: Mapping[str, Choices],
    data: tuple[Samples, Floats],
    blocks: Blocks,
) -> Floats:
    """Results (elements, m, FIELDS) of a visit; ``data``: samples and values (elements, n)."""
    samples, values = data
    usable = samples.usable_in(blocks.code)
    fields = np.full((len(visit.names), len(blocks.centres_m), len(FIELDS)), np.nan)
    fields[:, :, _AT["pass"]] = 0.0
    fields[:, :, _AT["reason"]] = NO_SAMPLES
    rows = np.arange(len(blocks.centres_m))
    column = visit.drift_column
    if column >= 0 and samples.drift is not None and blocks.drift is not None:
        usable = usable & ~np.isnan(samples.drift[:, column])
        missing = np.isnan(blocks.drift[:, column])
        fields[:, missing, _AT["reason"]] = NO_DRIFT
        rows = rows[~missing]
    known = samples.take(usable)
    held = visit.kernel_samples(known, values[:, usable])
    for some, turned in _turned(problem, visit, choices, blocks, rows):
        order, starts = by_group(blocks.group[some])
        here = some[order]
        drift = None if blocks.drift is None else blocks.drift[here]
        made = turned.krige(held, blocks.centres_m[here], starts, None, drift)
        places = [turned.names.index(name) for name in visit.names]
        fields[:, here] = made[places] if places != sorted(places) else made
    return fields


def _turned(
    problem: Problem, visit: Visit, choices: Mapping[str, Choices], blocks: Blocks, rows: Ints
) -> Iterator[tuple[Ints, Visit]]:
    """Rows of blocks that are kriged together, and the visit turned their way."""
    first = choices[visit.names[0]]
    local = first.local_orientation
    if local is None or rows.size == 0:
        yield rows, visit
        return
    surface = problem.surroundings.surfaces[local.surface]
    directions = rounded_directions(surface, blocks.centres_m[rows], local.step_deg)
    for some, normal in by_direction(directions):
        rotation = rotation_into(first.variogram.orientation, normal)
        if rotation is None:
            yield rows[some], visit
            continue
        yield (
            rows[some],
            visit_for(
                problem, {name: turn_choices(choices[name], rotation) for name in visit.names}
            ),
        )
