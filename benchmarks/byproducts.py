"""By-products against truth: combined samples at their support, under-sampled elements cokriged.

Run: ``python -m benchmarks.byproducts [combined] [long] [thinned] [jura] [norway]``. The sample
deposits have exhaustive truth; Jura and Norway have samples that were held out
(``BORNITE_SHARED_DATA``).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from benchmarks.byproducts_errors import Row, compared
from benchmarks.byproducts_flat import FLAT
from estimation.byproducts.methods import intrinsic_model
from estimation.byproducts.support import deregularise, member_points, spread_over_members
from estimation.deposit import DepositData, composite_samples
from estimation.engine.cokriging import Pair, Targets, along_own, estimate_pair
from estimation.engine.krige import Problem, prepare
from estimation.engine.visit import Samples, discretisation, visit_of
from estimation.plan import (
    Choices,
    Partner,
    SearchPass,
)
from flows.belts import find_deposit
from flows.readings import read_as_of
from geo.drillholes.composite import Composites, composite

Floats = npt.NDArray[np.float64]

DEPOSITS = ("duobaoshan-syn", "gangdese-syn", "zhongdian-geza-syn", "east-tianshan-syn")
REACH_M = 120.0
"""Blocks this near to a sample are compared."""
CLOSE_M = 30.0
"""The same where supports are compared: farther off, every support is a point."""
SPREADS = (
    ("spread over basic samples", None, 1),
    ("spread, twice the samples", None, 2),
    ("downscaled by Mo, twice the samples", "mo_pct", 2),
)
"""Label, guide, and samples in a neighbourhood: twice as many are the same metres."""
LONG_SEARCH = (
    SearchPass(
        radii_m=(360.0, 300.0, 300.0),
        min_samples=3,
        max_samples=24,
        max_per_hole=8,
        min_holes=1,
        sectors=None,
    ),
)
"""The same for long samples and for what is spread: blocks between holes see several holes."""
POINTS = 5
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


def ground_of(data: DepositData, near_m: Floats, reach_m: float = REACH_M) -> Ground:
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


# ------------------------------------------------------------------ combined samples


def sulphide(problem: Problem, name: str) -> Samples:
    """Samples that sulphide blocks may use."""
    samples = problem.elements[name]
    return samples.take(samples.usable_in(SULPHIDE))


def combined_samples() -> Iterator[Row]:
    """Combined samples of the deposits: midpoints, spread, downscaled, and true support."""
    for deposit in DEPOSITS:
        data = read_deposit(deposit)
        samples = composite_samples(data)
        samples["combined"] = member_points(samples["combined"], data.drillholes, POINTS)
        problem = prepare(data.grid, data.plan, samples["basic"], samples["combined"])
        ground = ground_of(data, sulphide(problem, "re_ppm").xyz_m, CLOSE_M)
        for name, element in data.plan.elements.items():
            if element.source != "combined":
                continue
            own = sulphide(problem, name)
            found = by_support(data, ground, own, element)
            points = point_choices(own, element)
            for label, guide, times in SPREADS:
                table = spread_over_members(data.drillholes, name, guide)
                found[label] = spread(data, ground, name, table, more_samples(points, times))
            yield from compared(f"{deposit} {name}", ground.truth[name], found)


def point_choices(own: Samples, element: Choices) -> Choices:
    """The element's choices under a variogram of points."""
    edges = np.linspace(0.0, 1.2 * element.variogram.structures[-1].ranges_m[0], 15)
    made = deregularise(own.points_m, own.values, element.variogram, edges)
    return element.model_copy(update={"variogram": made.variogram})


def by_support(
    data: DepositData, ground: Ground, own: Samples, element: Choices
) -> dict[str, Floats]:
    """Estimates with samples as points at their midpoints, and at their true support."""
    choices = point_choices(own, element)
    middles = replace(own, points_m=own.xyz_m[:, None].copy())
    return {
        "true support": krige(ground, data, own, choices),
        "midpoints, point variogram": krige(ground, data, middles, choices),
    }


def spread(
    data: DepositData, ground: Ground, name: str, table: pd.DataFrame, choices: Choices
) -> Floats:
    """Block estimates from basic samples that carry combined grades, composited as usual."""
    plan = data.plan
    drillholes = replace(data.drillholes, assay=table)
    domains: dict[str, Any] = {
        "domain_column": plan.domains.column,
        "domain_codes": plan.domains.codes,
    }
    length, cover = plan.composites.length_m, plan.composites.min_coverage
    made = composite(drillholes, length_m=length, min_coverage=cover, elements=(name,), **domains)
    element = plan.elements[name].model_copy(update={"source": "basic"})
    alone = plan.model_copy(update={"elements": {name: element}, "main_element": name})
    samples = sulphide(prepare(data.grid, alone, made, None), name)
    return krige(ground, data, samples, choices)


def more_samples(choices: Choices, times: int) -> Choices:
    """The choices with so many times the samples in a neighbourhood."""
    search = tuple(
        p.model_copy(
            update={
                "max_samples": times * p.max_samples,
                "max_per_hole": times * p.max_per_hole,
            }
        )
        for p in choices.search
    )
    return choices.model_copy(update={"search": search})


def long_samples() -> Iterator[Row]:
    """Gold of basic assays joined to 60 m combined samples with gaps of a third, as in practice."""
    for deposit in DEPOSITS[2:]:
        data = read_deposit(deposit)
        basic = composite_samples(data)["basic"]
        problem = _basic_only(data, basic)
        for name in ("au_gpt", "ag_gpt"):
            own = sulphide(problem, name)
            long = joined(own, 10, 3)
            element = data.plan.elements[name].model_copy(update={"search": LONG_SEARCH})
            ground = ground_of(data, long.points_m.reshape(-1, 3), CLOSE_M)
            found = by_support(data, ground, long, element)
            carried = replace(own, values=carried_grades(own, 10, 3))
            kept = np.isfinite(carried.values)
            choices = point_choices(long, element)
            found["spread over basic samples"] = krige(ground, data, carried.take(kept), choices)
            yield from compared(f"{deposit} {name}, 60 m", ground.truth[name], found)


def _basic_only(data: DepositData, basic: Composites) -> Problem:
    """The problem of the elements that have basic assays."""
    kept = {n: e for n, e in data.plan.elements.items() if e.source == "basic"}
    return prepare(data.grid, data.plan.model_copy(update={"elements": kept}), basic, None)


def runs_of(own: Samples, count: int, every: int) -> Iterator[npt.NDArray[np.int64]]:
    """Rows of each long sample: ``count`` samples in a row of one hole, without every third."""
    for hole in np.unique(own.holes):
        rows = np.flatnonzero(own.holes == hole)
        rows = rows[np.argsort(-own.xyz_m[rows, 2], kind="stable")]
        for first in range(0, len(rows) - count + 1, count):
            part = rows[first : first + count]
            yield part[np.arange(count) % every != every - 1]


def joined(own: Samples, count: int, every: int) -> Samples:
    """Long samples with a point at each member."""
    runs = list(runs_of(own, count, every))
    points = np.array([own.xyz_m[rows] for rows in runs])
    first = own.take(np.array([rows[0] for rows in runs]))
    values = np.array([own.values[rows].mean() for rows in runs])
    return replace(first, xyz_m=points.mean(axis=1), points_m=points, values=values)


def carried_grades(own: Samples, count: int, every: int) -> Floats:
    """Each member with the grade of its long sample; NaN outside."""
    values = np.full(len(own), np.nan)
    for rows in runs_of(own, count, every):
        values[rows] = own.values[rows].mean()
    return values


# ------------------------------------------------------------------ under-sampled elements


def thinned() -> Iterator[Row]:
    """Gold and silver left in a fifth of the holes, kriged alone and with copper."""
    for deposit in DEPOSITS[2:]:
        data = read_deposit(deposit)
        problem = _basic_only(data, composite_samples(data)["basic"])
        partner = sulphide(problem, "cu_pct")
        for name in ("au_gpt", "ag_gpt"):
            whole = sulphide(problem, name)
            for seed in (1, 2, 3):
                holes = np.unique(whole.holes)
                rng = np.random.default_rng(seed)
                chosen = rng.choice(holes, round(0.2 * len(holes)), replace=False)
                own = whole.take(np.isin(whole.holes, chosen))
                case = f"{deposit} {name}, 20 % holes #{seed}"
                yield from _thin_case(case, data, name, own, partner)


def _thin_case(
    case: str, data: DepositData, name: str, own: Samples, partner: Samples
) -> Iterator[Row]:
    """One thinned element on all blocks near any copper sample."""
    ground = ground_of(data, partner.xyz_m)
    element, beside = data.plan.elements[name], data.plan.elements["cu_pct"]
    far = tuple(
        p.model_copy(update={"radii_m": tuple(2.5 * r for r in p.radii_m), "min_holes": 1})
        for p in element.search
    )
    cu = along_own(own, partner)
    known = np.isfinite(cu)
    r = float(np.corrcoef(own.values[known], cu[known])[0, 1])
    model = intrinsic_model(
        beside.variogram, float(np.var(own.values)), r, float(np.var(partner.values))
    )
    most = beside.search[0].max_samples
    choices = element.model_copy(
        update={"search": far, "partner": Partner(element="cu_pct", model=model, max_samples=most)}
    )
    found = {"kriged alone": krige(ground, data, own, choices)}
    for method in ("cokriging", "collocated"):
        planned = choices.model_copy(update={"method": method})
        pair = Pair(own, partner, planned, beside, ground.origin_m)
        targets = Targets(ground.centres_m, ground.offsets_m, ground.shares)
        found[f"{method} with Cu (r {r:.2f})"] = estimate_pair(pair, targets)[:, :2]
    yield from compared(case, ground.truth[name], found)


CASES: dict[str, Callable[[], Iterator[Row]]] = {
    "combined": combined_samples,
    "long": long_samples,
    "thinned": thinned,
    **FLAT,
}


def main(names: list[str]) -> None:
    """Print the errors of the asked cases (all without one)."""
    for name in names or list(CASES):
        for row in CASES[name]():
            print(row, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
