"""Sample deposits with exhaustive truth, as the benchmarks of by-products see them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from estimation.deposit import DepositData
from estimation.engine.krige import Problem, prepare
from estimation.engine.visit import Samples, discretisation, visit_of
from estimation.plan import Choices
from flows.belts import find_deposit
from flows.readings import read_as_of
from geo.drillholes.composite import Composites

Floats = npt.NDArray[np.float64]

DEPOSITS = ("duobaoshan-syn", "gangdese-syn", "zhongdian-geza-syn", "east-tianshan-syn")
SULPHIDE = 2


def read_deposit(name: str) -> DepositData:
    """A sample deposit as of its last vintage."""
    belt, deposit, base = find_deposit(name, Path("configs/belts"))
    data, _ = read_as_of(belt, deposit, base, max(deposit.vintages))
    assert data is not None
    return data


@dataclass(frozen=True)
class Ground:
    """Blocks of sulphide near samples, and their true grades."""

    centres_m: Floats
    truth: dict[str, Floats]
    offsets_m: Floats
    origin_m: Floats

    @property
    def shares(self) -> Floats:
        """Equal weights of the discretization points."""
        return np.full(len(self.offsets_m), 1.0 / len(self.offsets_m))

    def thinned(self, every: int) -> Ground:
        """One block of so many, evenly."""
        truth = {name: values[::every] for name, values in self.truth.items()}
        return replace(self, centres_m=self.centres_m[::every], truth=truth)


def ground_of(data: DepositData, near_m: Floats, reach_m: float) -> Ground:
    """Sulphide blocks below ground within reach of the given places (n, 3)."""
    assert data.deposit.truth is not None
    grid = data.grid
    with np.load((data.base / data.deposit.truth / "truth_blocks.npz").resolve()) as held:
        truth = {name: held[name].astype(float).ravel() for name in held.files}
    z, y, x = np.meshgrid(*(grid.centres_m(a) for a in (2, 1, 0)), indexing="ij")
    centres = np.column_stack([x.ravel(), y.ravel(), z.ravel()])
    share = truth[f"share_{min(data.deposit.vintages)}"]
    inside = (truth["oxide"] == 0) & (share > 0.99)
    distance, _ = cKDTree(near_m).query(centres)
    inside &= distance <= reach_m
    offsets = discretisation(grid.spec.block_m, data.plan.discretisation)
    kept = {name: values[inside] for name, values in truth.items()}
    return Ground(centres[inside], kept, offsets, np.array(grid.spec.origin_m))


def krige(ground: Ground, data: DepositData, samples: Samples, choices: Choices) -> Floats:
    """Block estimates and variances (m, 2) of one element alone."""
    counts = data.plan.discretisation
    visit = visit_of({"own": choices}, data.grid.spec.block_m, counts, ground.origin_m)
    alone = np.arange(len(ground.centres_m) + 1)
    found = visit.krige(visit.kernel_samples(samples), ground.centres_m, alone, None)
    return np.asarray(found[0, :, :2])


def sulphide(problem: Problem, name: str) -> Samples:
    """Samples that sulphide blocks may use."""
    samples = problem.elements[name]
    return samples.take(samples.usable_in(SULPHIDE))


def basic_only(data: DepositData, basic: Composites) -> Problem:
    """The problem of the elements that have basic assays."""
    kept = {n: e for n, e in data.plan.elements.items() if e.source == "basic"}
    return prepare(data.grid, data.plan.model_copy(update={"elements": kept}), basic, None)
