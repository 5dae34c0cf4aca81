"""Conditional simulation of a figure: metal and ore of each class in every realization.

Domain by domain: grades become normal scores, waves make unconditional fields, kriging of the
residuals makes them honour the data; node by node back to grades, which are means over the nugget
(it averages out within a block), and the mean of a block's nodes is its grade. Panels are worked
one by one, so that memory does not grow with the deposit, and are added in their order, so that
threads change nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from estimation.engine.krige import Problem, domain_names
from estimation.engine.visit import Samples, discretisation
from estimation.exploratory.declustering import declustering_weights
from estimation.models.store_read import VintageReader
from estimation.parallel import Crew
from estimation.plan import CLASSES, Choices, UncertaintyPlan
from estimation.results import METAL_PER_GRADE, grade_unit
from estimation.simulation.conditioning import Data, data_of, weights_of
from estimation.simulation.panels import (
    GROUP,
    Panel,
    block_means,
    box_of,
    by_group,
    group_centres_m,
    layout_of,
    panels_of,
)
from estimation.simulation.records import ClassDraws, Uncertainty
from estimation.simulation.scores import Scores, scores_of, scores_variogram
from estimation.simulation.spectral import SHARED, Waves, draw_waves
from estimation.statement.tally import Counted
from geo.config import digest
from geo.grids import BlockGrid

Floats = npt.NDArray[np.float64]

STATIONARY = ("ordinary", "simple", "median_indicator", "multiple_indicator", "cokriging")
"""Methods whose grades have one mean in a domain, as the simulation takes them to."""
LEAST_SAMPLES = 30
"""Samples of a domain below which its histogram says too little."""
MOST_TIED = 0.1
"""Share of samples of one and the same grade (below detection, say) above which scores are not
normal: of 60 % they have a variance of 0.75, and kriging would still take it to be 1."""
BATCH = 10 * SHARED
"""Realizations worked at once: bounds memory."""
DIGITS = 6
"""Significant digits kept of a draw: what another processor's last bits don't reach."""


@dataclass(frozen=True)
class Field:
    """One domain: its scores, its data and its unconditional realizations."""

    scores: Scores
    data: Data
    waves: tuple[Waves, ...]
    """:data:`SHARED` realizations each."""
    residuals: Floats
    """(n, realizations) datum less unconditional value."""


@dataclass(frozen=True)
class Job:
    """What every panel shares."""

    grid: BlockGrid
    nodes: tuple[int, int, int]
    cutoff: float
    metal_per_grade: float
    fields: dict[int, Field]
    """By domain code."""


def simulate(
    problem: Problem, model: VintageReader, counted: Counted, name: str, crew: Crew
) -> Uncertainty | None:
    """Simulate the main element of a figure; None where the plan doesn't ask for it.

    ``name``: of the deposit; with the plan's seed it decides the random numbers, so that deposits
    are independent and vintages of one deposit share their waves.
    """
    plan, asked = problem.plan, problem.plan.uncertainty
    if asked is None:
        return None
    panels = list(panels_of(model, plan, counted))
    codes = sorted({panel.domain_code for panel in panels})
    said = Uncertainty(plan.main_element, asked.realizations, asked.seed, asked.nodes, ())
    if reason := _reason_against(problem, codes):
        return replace(said, reason=reason)
    job = Job(
        problem.grid,
        asked.nodes,
        plan.cutoffs.reporting,
        METAL_PER_GRADE[grade_unit(plan.main_element)],
        {code: _field(problem, code, asked, name) for code in codes},
    )
    return replace(said, draws=tuple(_draws(total_draws_t(job, panels, crew))))


def total_draws_t(job: Job, panels: Sequence[Panel], crew: Crew) -> Floats:
    """Metal and ore of all panels, tonnes: (2, classes, realizations). Added in their order."""
    found = dict(crew.run(_draw_numbered, job, enumerate(panels)))
    return np.asarray(sum(found[number] for number in range(len(panels))))


def _reason_against(problem: Problem, codes: Iterable[int]) -> str:
    """Why some classified domain can't be simulated, ``Chinese / English``; empty where all can."""
    names, main = domain_names(problem.plan), problem.plan.main_element
    for code in codes:
        name = names[code - 1]
        choices = problem.choices(main, name)
        samples = problem.elements[main]
        values = samples.values[samples.domains == code]
        if choices.method not in STATIONARY or choices.local_orientation is not None:
            return (
                f"{name}：{choices.method} 或随面变向的变异函数不作条件模拟 / "
                f"{name}: {choices.method}, or axes that follow a surface, are not simulated"
            )
        if values.size < LEAST_SAMPLES:
            return (
                f"{name}：样品 {values.size}，少于 {LEAST_SAMPLES}，不作条件模拟 / "
                f"{name}: {values.size} samples, fewer than {LEAST_SAMPLES}: not simulated"
            )
        tied = int(np.unique(values, return_counts=True)[1].max())
        if tied > MOST_TIED * values.size:
            return (
                f"{name}：{values.size} 个样品中 {tied} 个品位相同（多于 {MOST_TIED:.0%}），"
                f"不作条件模拟 / {name}: {tied} of {values.size} samples have one and the same "
                f"grade (more than {MOST_TIED:.0%}): not simulated"
            )
    return "" if codes else "无已分类块段 / no classified block"


def _field(problem: Problem, code: int, asked: UncertaintyPlan, name: str) -> Field:
    """Scores, data and realizations of one domain."""
    main, domain = problem.plan.main_element, domain_names(problem.plan)[code - 1]
    samples = problem.elements[main]
    seed = int(digest([name, domain, main, asked.seed])[:15], 16)
    origin = np.array(problem.grid.spec.origin_m)
    choices = problem.choices(main, domain)
    return make_field(samples, code, choices, origin, (seed, asked.realizations))


def make_field(
    samples: Samples,
    code: int,
    choices: Choices,
    origin_m: Floats,
    drawn: tuple[int, int],
) -> Field:
    """Field of the domain ``code``; ``drawn``: seed and number of realizations.

    The histogram is of the domain's own samples, declustered; samples that a soft boundary lends
    condition it too.
    """
    seed, realizations = drawn
    own = samples.domains == code
    weights = declustering_weights(samples.xyz_m[own], samples.holes[own])
    variogram = scores_variogram(choices.variogram, samples.values[own], weights)
    scores = scores_of(samples.values[own], weights, variogram.nugget)
    known = samples.take(samples.usable_in(code))
    points = known.xyz_m - origin_m
    waves, residuals = [], np.empty((len(known), realizations))
    datum = scores.forward(known.values)[:, None]
    for first in range(0, realizations, SHARED):
        rng = np.random.default_rng([seed, first])
        some = slice(first, min(first + SHARED, realizations))
        waves.append(draw_waves(variogram, rng, some.stop - first))
        noise = rng.standard_normal((len(known), some.stop - first)) * np.sqrt(variogram.nugget)
        residuals[:, some] = datum - waves[-1].at(points) - noise
    return Field(scores, data_of(points, known.holes, variogram), tuple(waves), residuals)


def _draw_numbered(job: Job, numbered: tuple[int, Panel]) -> tuple[int, Floats]:
    """One panel with its place among the panels."""
    number, panel = numbered
    return number, draw_panel(job, panel)


def draw_panel(job: Job, panel: Panel) -> Floats:
    """Metal and ore, tonnes, above the cut-off: (2, classes, realizations)."""
    count = job.fields[panel.domain_code].residuals.shape[1]
    found = np.zeros((2, len(CLASSES), count))
    for first, grades in block_grades(job, panel):
        above = np.where(grades >= job.cutoff, panel.ore_t[:, None], 0.0)
        part = slice(first, first + grades.shape[1])
        for k in range(len(CLASSES)):
            here = panel.class_index == k
            found[0, k, part] = (above[here] * grades[here]).sum(axis=0) * job.metal_per_grade
            found[1, k, part] = above[here].sum(axis=0)
    return found


def block_grades(job: Job, panel: Panel) -> Iterator[tuple[int, Floats]]:
    """Simulated grades of a panel's blocks: first realization of a batch, (blocks, batch)."""
    field, layout = job.fields[panel.domain_code], layout_of(panel)
    first, step, shape = box_of(job.grid, panel, layout, job.nodes)
    group_m = GROUP * np.array(job.grid.spec.block_m)
    offsets = discretisation(group_m.tolist(), [GROUP * n for n in job.nodes])
    centres = group_centres_m(job.grid, panel, layout)
    weights = weights_of(field.data, centres, offsets, group_m / 2.0)
    for start in range(0, field.residuals.shape[1], BATCH):
        values = weights.corrections(field.residuals[:, start : start + BATCH])
        for k, waves in enumerate(field.waves[start // SHARED : (start + BATCH) // SHARED]):
            box = waves.on_box(first, step, shape)
            values[:, :, k * SHARED : (k + 1) * SHARED] += by_group(box, layout, job.nodes)
        yield start, block_means(field.scores.back(values), layout, job.nodes)


def _draws(totals_t: Floats) -> Iterator[ClassDraws]:
    """Draws of each class that has ore in some realization."""
    for k, name in enumerate(CLASSES):
        metal, ore = (tuple(map(_kg, totals_t[i, k].tolist())) for i in range(2))
        if any(ore):
            yield ClassDraws(name, metal, ore)


def _kg(tonnes: float) -> int:
    """Kilograms to six significant digits."""
    return int(float(f"{1000.0 * tonnes:.{DIGITS - 1}e}"))
