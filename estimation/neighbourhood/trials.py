"""Neighbourhood analysis (KNA): what kriging makes of blocks under one choice after another.

Kriging efficiency is ``(block variance - kriging variance) / block variance`` and the slope that
of the regression of true on estimated blocks; both need no grades. Sources: Krige (1997) Elements
5; Vann, Jackson & Bertoli (2003), Quantitative kriging neighbourhood analysis, AusIMM.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from estimation.engine.krige import Problem, domain_names, visits_in
from estimation.engine.methods import Blocks, estimate_blocks
from estimation.engine.visit import Samples, total_sills, visit_of
from estimation.errors import EstimationError
from estimation.exploratory.declustering import usual_spacing
from estimation.models.layers import FIELDS
from estimation.plan import Choices, SearchPass
from estimation.rotation import axes_from_gslib
from estimation.validation.rules import fewest_composites

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

DRAWN = 20_000
"""Blocks drawn at random to find some that the samples reach."""
SAMPLED = 200
"""Blocks over which an average is taken."""
_SEED = 12
RANKS = {"well": 0.9, "medium": 0.5, "poor": 0.1}
"""Representative blocks: their rank among the sampled ones by slope under the plan."""
SIZES = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
"""Block sizes tried, times the plan's."""
COUNTS = (2, 4, 6, 8, 12, 16, 20, 24, 32, 40, 48, 64)
"""Numbers of samples tried."""
POINTS = ((1, 1, 1), (2, 2, 1), (2, 2, 2), (3, 3, 2), (4, 4, 2), (4, 4, 4), (5, 5, 5), (6, 6, 6))
FINEST = (10, 10, 10)
"""Discretizations tried, and what they are held against."""
REACHES = (0.33, 0.5, 0.67, 0.85, 1.0, 1.25, 1.5, 2.0)
"""Search radii tried, times the variogram's longest ranges."""


@dataclass(frozen=True)
class Setting:
    """One neighbourhood: block, discretization points, one search pass."""

    block_m: tuple[float, float, float]
    points: tuple[int, int, int]
    search: SearchPass


@dataclass(frozen=True)
class Ground:
    """Where an element is looked at in one domain: representative blocks, and a sample of blocks.

    ``centres_m`` (n, 3) of the sampled blocks; ``chosen`` their rows by name (well, medium, poor).
    """

    problem: Problem
    element: str
    domain: str
    code: int
    centres_m: Floats
    chosen: dict[str, int]
    spacing_m: float
    """Usual drill spacing."""

    @property
    def choices(self) -> Choices:
        """How the element is estimated there."""
        return self.problem.choices(self.element, self.domain)

    @property
    def planned(self) -> Setting:
        """The plan's own setting, of its first pass."""
        spec = self.problem.grid.spec
        return Setting(spec.block_m, self.problem.plan.discretisation, self.choices.search[0])


@dataclass(frozen=True)
class Trial:
    """What one setting gives: arrays (blocks,) of the sampled blocks, NaN where not estimated."""

    variable: str
    """block, samples, points or search."""
    value: float
    """Metres, samples, points of a block, or metres."""
    label: str
    setting: Setting
    efficiency: Floats
    slope: Floats
    negative: Floats
    """Sum of negative weights, 0 or less."""
    samples: Floats
    block_variance: float
    """C(V,V) over the total sill."""
    common: Bools
    """(blocks,) blocks that every trial of the variable estimates: what means are taken over."""

    def mean(self, name: str) -> float:
        """Mean of a result over the common blocks; NaN of none."""
        values = getattr(self, name)[self.common]
        return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")

    @property
    def estimated(self) -> float:
        """Share of the blocks that have an estimate."""
        return float(np.mean(np.isfinite(self.slope)))


def look_at(problem: Problem, element: str, domain: str) -> Ground:
    """Draw blocks that the first pass reaches, and choose three of them by their slope.

    Raises
    ------
    EstimationError
        The domain has too few samples, grades that are all alike, or no block in reach.
    """
    code = domain_names(problem.plan).index(domain) + 1
    samples = problem.elements[element]
    own = samples.take(samples.domains == code)
    where = f"{element}, {domain}"
    if len(own) < fewest_composites():
        raise EstimationError(
            f"{where}: {len(own)} samples, {fewest_composites()} are needed for a neighbourhood "
            f"analysis / {where}:样品 {len(own)} 个,不足以作邻域分析"
        )
    if np.ptp(own.values) == 0:
        raise EstimationError(
            f"{where}: all grades are alike: no neighbourhood is better than another / "
            f"{where}:品位全部相同,邻域无从比较"
        )
    centres = _reached_blocks(problem, element, domain, own)
    if len(centres) < len(RANKS):
        raise EstimationError(
            f"{where}: the search reaches no block of the grid; correct the grid or the search / "
            f"{where}:搜索范围内没有块体"
        )
    spacing = usual_spacing(own.xyz_m, own.holes)
    ground = Ground(problem, element, domain, code, centres, {}, spacing)
    slope = krige_blocks(ground, ground.planned)[:, FIELDS.index("slope")]
    order = np.argsort(np.nan_to_num(slope, nan=-np.inf), kind="stable")
    order = order[-max(int(np.isfinite(slope).sum()), 1) :]
    chosen = {name: int(order[int(rank * (order.size - 1))]) for name, rank in RANKS.items()}
    return replace(ground, chosen=chosen)


def _reached_blocks(problem: Problem, element: str, domain: str, own: Samples) -> Floats:
    """Centres (n, 3) of some blocks within the first pass of the domain's samples."""
    choices = problem.choices(element, domain)
    grid = problem.grid
    total = int(np.prod(grid.spec.shape))
    drawn = np.random.default_rng(_SEED).permutation(total)[:DRAWN]
    place = np.stack(np.unravel_index(np.sort(drawn), grid.array_shape)[::-1], axis=1)
    centres = np.array(grid.spec.origin_m) + np.array(grid.spec.block_m) * (place + 0.5)
    turn = axes_from_gslib(choices.search_orientation or choices.variogram.orientation)
    metric = (turn / np.array(choices.search[0].radii_m)[:, None]).T
    distance, _ = cKDTree(own.xyz_m @ metric).query(centres @ metric)
    # a block belongs to the domain of its nearest composite
    _, nearest = cKDTree(problem.flags.xyz_m).query(centres)
    code = domain_names(problem.plan).index(domain) + 1
    known = np.flatnonzero((distance <= 1.0) & (problem.flags.domains[nearest] == code))
    return centres[known[:: max(len(known) // SAMPLED, 1)][:SAMPLED]]


def krige_blocks(ground: Ground, setting: Setting) -> Floats:
    """Results (n, FIELDS) of the sampled blocks under one setting, by the engine's own door."""
    problem = ground.problem
    element = problem.plan.elements[ground.element]
    plain = dict.fromkeys(("indicators", "partner", "drift"))
    choices = ground.choices.model_copy(
        update={"search": (setting.search,), "method": "ordinary", **plain}
    )
    planned = element.model_copy(
        update={name: getattr(choices, name) for name in Choices.model_fields} | {"by_domain": {}}
    )
    plan = problem.plan.model_copy(
        update={
            "discretisation": setting.points,
            "elements": {ground.element: planned},
            "engine": "bornite",
        }
    )
    spec = problem.grid.spec.model_copy(update={"block_m": setting.block_m})
    near = {ground.element: problem.elements[ground.element]}
    trial = replace(
        problem, grid=replace(problem.grid, spec=spec), plan=plan, elements=near, visits=()
    )
    blocks = Blocks(
        ground.domain, ground.code, ground.centres_m, np.arange(len(ground.centres_m)), None
    )
    visits = visits_in(trial, near, ground.domain)
    return estimate_blocks(trial, near, visits, blocks)[ground.element]


def try_setting(ground: Ground, variable: str, value: float, label: str, setting: Setting) -> Trial:
    """Krige the sampled blocks under one setting."""
    out = krige_blocks(ground, setting)
    found = {name: out[:, FIELDS.index(name)] for name in ("efficiency", "slope", "samples")}
    return Trial(
        variable,
        value,
        label,
        setting,
        found["efficiency"],
        found["slope"],
        out[:, FIELDS.index("negative_weights")],
        np.where(np.isfinite(found["slope"]), found["samples"], np.nan),
        relative_block_variance(ground.choices, setting),
        np.isfinite(found["slope"]),
    )


def relative_block_variance(choices: Choices, setting: Setting) -> float:
    """C(V,V) of a block by its discretization, over the total sill."""
    plain = choices.model_copy(update={"method": "ordinary"})
    models = visit_of({"block": plain}, setting.block_m, setting.points, np.zeros(3)).models
    return float(models.block_variances[0] / total_sills(models)[0])


def settings(ground: Ground) -> Iterator[tuple[str, float, str, Setting]]:
    """Every setting tried: one choice changed at a time, the others as planned.

    The trials ask for one sample and one hole only, so that a curve shows what a count of samples
    is worth, and not where the plan's minimum sets in.
    """
    base = ground.planned
    free = base.search.model_copy(update={"min_samples": 1, "min_holes": 1, "sectors": None})
    base = replace(base, search=free)
    for size in SIZES:
        block = tuple(side * size for side in base.block_m)
        label = " x ".join(f"{side:g}" for side in block)
        yield "block", block[0], label, replace(base, block_m=(block[0], block[1], block[2]))
    for count in COUNTS:
        search = free.model_copy(update={"max_samples": count})
        yield "samples", float(count), str(count), replace(base, search=search)
    for points in POINTS:
        flat = tuple(1 if n == 1 else p for p, n in zip(points, _layers(ground), strict=True))
        label = " x ".join(str(n) for n in flat)
        number = float(np.prod(flat))
        yield "points", number, label, replace(base, points=(flat[0], flat[1], flat[2]))
    ranges = np.array(ground.choices.variogram.structures[-1].ranges_m)
    for reach in REACHES:
        radii = tuple(float(f"{radius:.4g}") for radius in ranges * reach)
        search = free.model_copy(update={"radii_m": radii})
        yield "search", radii[0], f"{reach:g} x", replace(base, search=search)


def _layers(ground: Ground) -> tuple[int, int, int]:
    """1 along an axis that the plan's blocks have no depth along (flat data)."""
    flat = [
        1 if shape == 1 and points == 1 else 2
        for shape, points in zip(
            ground.problem.grid.spec.shape, ground.problem.plan.discretisation, strict=True
        )
    ]
    return flat[0], flat[1], flat[2]


def run_trials(ground: Ground) -> tuple[Trial, ...]:
    """Krige the sampled blocks under every setting; the same label once."""
    found: dict[tuple[str, str], Trial] = {}
    for variable, value, label, setting in settings(ground):
        if (variable, label) not in found:
            found[variable, label] = try_setting(ground, variable, value, label, setting)
    common: dict[str, Bools] = {}
    for trial in found.values():
        if trial.estimated > 0.5:  # a reach that leaves most blocks out is no ground to stand on
            common[trial.variable] = trial.common & common.get(trial.variable, trial.common)
    return tuple(
        replace(t, common=t.common & common.get(t.variable, t.common)) for t in found.values()
    )
