"""Conditional simulation: what a block keeps of a nugget, what a group honours, what is refused."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import norm

from estimation.plan import Variogram
from estimation.simulation.conditioning import data_of, neighbourhoods
from estimation.simulation.panels import Panel
from estimation.simulation.scores import scores_of
from estimation.simulation.simulate import Field, Job, _reason_against, block_grades
from estimation.simulation.spectral import SHARED, draw_waves
from estimation.validation.change_of_support import fit_anamorphosis
from estimation.variography.models import covariance
from geo.config import GridSpec
from geo.grids import BlockGrid
from tests.engine_problems import Floats, element_plan, samples_at, variogram

BLOCK_M = 10.0
NODES = (2, 2, 1)
REALIZATIONS = 400


def grades_of(count: int) -> Floats:
    """A lognormal histogram, without chance."""
    return np.exp(0.7 * norm.ppf((np.arange(count) + 0.5) / count))


@pytest.mark.parametrize("nugget", [0.0, 1e-6, 0.05, 0.5, 0.95])
def test_a_score_goes_back_to_its_mean_grade_over_the_nugget(nugget: float) -> None:
    """Against a sum over 200,000 places of the normal distribution."""
    values = np.random.default_rng(2).lognormal(0.0, 0.8, 300)
    table = scores_of(values, np.ones(300), nugget)
    assert table.nugget == nugget
    noise = np.sqrt(nugget) * norm.ppf((np.arange(200_000) + 0.5) / 200_000)
    for score in (-3.0, -0.4, 0.0, 1.3, 2.5):
        expected = np.interp(score + noise, table.gaussian, table.grades).mean()
        assert table.back(np.array([score]))[0] == pytest.approx(expected, rel=1e-3)
    ends = table.back(np.array([-9.0, 9.0]))
    assert values.min() <= ends[0] < ends[1] <= values.max()


def unconditional_job(model: Variogram, values: Floats) -> tuple[Job, Panel]:
    """Blocks far from any datum: nothing but the histogram and the variogram."""
    spec = GridSpec(
        origin_m=(0.0, 0.0, 0.0), block_m=(BLOCK_M,) * 3, shape=(20, 20, 4), tile=(20, 20, 4)
    )
    grid = BlockGrid(spec)
    rng = np.random.default_rng(4)
    waves = tuple(draw_waves(model, rng) for _ in range(REALIZATIONS // SHARED))
    far = data_of(np.array([[1e6, 1e6, 1e6]]), np.zeros(1, np.int64), model)
    scores = scores_of(values, np.ones(values.size), model.nugget)
    field = Field(scores, far, waves, np.zeros((1, REALIZATIONS)))
    (tile,) = grid.tiles()
    count = int(np.prod(tile.shape))
    panel = Panel(1, tile, np.arange(count), np.zeros(count, np.int64), np.ones(count))
    return Job(grid, NODES, 0.0, 1.0, {1: field}), panel


@pytest.mark.parametrize("nugget", [0.0, 0.3, 0.5])
def test_the_variance_of_blocks_is_the_theoretical_one(nugget: float) -> None:
    """``sum phi_n^2 mean C(nodes)^n``, C without the nugget: over 1,600 blocks and 400 fields."""
    values = grades_of(2000)
    model = variogram(nugget, ("spherical", 1.0 - nugget, (30.0, 30.0, 30.0)))
    job, panel = unconditional_job(model, values)
    grades = np.concatenate([part for _, part in block_grades(job, panel)], axis=1)
    x, y, _ = ((np.arange(n) + 0.5) * BLOCK_M / n for n in NODES)
    nodes = np.array([(a, b, 0.0) for a in x for b in y])
    smooth = model.model_copy(update={"nugget": 0.0})
    between = np.array([covariance(smooth, nodes - node) for node in nodes])
    phi = fit_anamorphosis(values, np.ones(values.size)).coefficients
    expected = sum(p * p * (between**n).mean() for n, p in enumerate(phi) if n)
    assert grades.mean() == pytest.approx(values.mean(), rel=0.02)
    assert grades.var() == pytest.approx(expected, rel=0.04)


def test_every_composite_in_a_group_is_used() -> None:
    """Four holes of 2 m composites through a group of 20 m: all 40, and what lies next to it."""
    depth = 1.0 + 2.0 * np.arange(50)
    collars = [(-5.0, -5.0), (5.0, -5.0), (-5.0, 5.0), (5.0, 5.0), (60.0, 0.0), (0.0, 60.0)]
    points = np.concatenate([np.column_stack([np.tile(c, (50, 1)), depth]) for c in collars])
    model = variogram(0.1, ("spherical", 0.9, (200.0, 200.0, 20.0)))
    data = data_of(points, np.repeat(np.arange(6), 50), model)
    centre, half_m = np.array([0.0, 0.0, 50.0]), np.array([20.0, 20.0, 10.0])
    near = neighbourhoods(data, np.array([centre, [60.0, 60.0, 50.0]]), half_m)
    inside = np.flatnonzero(np.all(np.abs(points - centre) <= half_m, axis=1))
    assert inside.size == 40
    used = near[0][near[0] >= 0]
    assert np.isin(inside, used).all()
    assert np.unique(used).size == used.size
    assert set(data.holes[used]) == set(range(6))
    for hole in range(4):
        assert (data.holes[used] == hole).sum() <= 12


def refusal(values: Floats) -> str:
    """What is said against simulating a domain of such samples."""
    samples = samples_at(np.random.default_rng(3).uniform(0, 100, (values.size, 3)), values)
    choices = element_plan()
    plan = SimpleNamespace(main_element="cu_pct", domains=None)
    problem = SimpleNamespace(plan=plan, choices=lambda *_: choices, elements={"cu_pct": samples})
    return _reason_against(problem, [1])  # type: ignore[arg-type]


def test_many_samples_of_one_grade_are_not_simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    """60 % at half the detection limit: refused with the numbers, in both languages; 10 % pass."""
    from estimation.simulation import simulate

    monkeypatch.setattr(simulate, "domain_names", lambda plan: ("ore",))
    values = np.random.default_rng(5).lognormal(0.0, 0.5, 100)
    assert refusal(values) == ""
    values[:10] = 0.05
    assert refusal(values) == ""
    values[:60] = 0.05
    zh, _, en = refusal(values).partition(" / ")
    assert zh == "ore：100 个样品中 60 个品位相同（多于 10%），不作条件模拟"
    assert "60 of 100 samples have one and the same grade (more than 10%)" in en
