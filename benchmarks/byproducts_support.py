"""Long samples at true support, at their midpoints, and spread over basic ones: one protocol.

Stated before any figure of it was seen, and printed whatever comes out:

- Ground: every sulphide block that all methods estimate within the plan's own search; and of these
  the ones within the plan's distance for measured ore of a sample.
- Search: the plan's radii. Each method may take the same *metres* of core, in all and of one hole:
  those of the plan's numbers of long samples (``x1``), and twice those (``x2``).
- Model: one variogram of points for all; midpoints and what is spread also by the variogram of
  their own samples, as somebody would take it who did not think of support.
- Errors: RMSE, bias, the mean of error squared over kriging variance, the share of blocks within
  1.96 standard deviations, the variance of the estimates over that of the truth, and the metal
  above the upper quartile of the true grades.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from benchmarks.byproducts_errors import Row, compared
from benchmarks.byproducts_ground import (
    DEPOSITS,
    Ground,
    basic_only,
    ground_of,
    krige,
    read_deposit,
    sulphide,
)
from estimation.byproducts.support import deregularise, spread_over_members
from estimation.deposit import DepositData, composite_samples
from estimation.engine.krige import prepare
from estimation.engine.visit import Samples
from estimation.plan import Choices, SearchPass
from geo.drillholes.combined import member_points
from geo.drillholes.composite import composite

Floats = npt.NDArray[np.float64]

POINTS = 5
LAGS = 15
UPPER = 0.75
"""Quantile of the true grades that metal is counted above."""
TIMES = (1, 2)
"""Metres of core in a neighbourhood over those of the plan."""
EVEN, EVERY = 10, 3
"""Made long samples: so many composites of 6 m in a row without every third, 42 m in 60 m."""
THIN = 10
"""Every so-manyth block where neighbourhoods hold hundreds of basic samples."""


@dataclass(frozen=True)
class Case:
    """Long samples of an element and what is made of them."""

    name: str
    element: str
    data: DepositData
    long: Samples
    length_m: float
    """Core in a long sample, mean."""
    choices: Choices
    """Of the long samples, under their own variogram."""
    carried: dict[str, Samples]
    """Basic samples that carry the long ones' grades."""
    every: int = 1
    """One block of so many is estimated."""


def combined_samples() -> Iterator[Row]:
    """The combined samples of the deposits as delivered, 12-24 m."""
    for deposit in DEPOSITS:
        data = read_deposit(deposit)
        samples = composite_samples(data)
        samples["combined"] = member_points(samples["combined"], data.drillholes, POINTS)
        problem = prepare(data.grid, data.plan, samples["basic"], samples["combined"])
        length_m = float(samples["combined"].table["length_m"].mean())
        for name, element in data.plan.elements.items():
            if element.source != "combined":
                continue
            tables = {
                label: spread_over_members(data.drillholes, name, guide)
                for label, guide in (("spread", None), ("downscaled by Mo", "mo_pct"))
            }
            carried = {label: carry(data, name, table) for label, table in tables.items()}
            long = sulphide(problem, name)
            yield from rows_of(Case(deposit, name, data, long, length_m, element, carried))


def long_samples() -> Iterator[Row]:
    """Basic gold and silver joined to 60 m samples with gaps of a third, searched as combined."""
    for deposit in DEPOSITS[2:]:
        data = read_deposit(deposit)
        problem = basic_only(data, composite_samples(data)["basic"])
        search = next(e.search for e in data.plan.elements.values() if e.source == "combined")
        for name in ("au_gpt", "ag_gpt"):
            own = sulphide(problem, name)
            runs = list(runs_of(own, EVEN, EVERY))
            carried = replace(own, values=carried_grades(own, runs))
            carried = carried.take(np.isfinite(carried.values))
            choices = data.plan.elements[name].model_copy(update={"search": search})
            metres = data.plan.composites.length_m * len(runs[0])
            yield from rows_of(
                Case(
                    *(f"{deposit} 60 m", name, data, joined(own, runs), metres, choices),
                    {"spread": carried},
                    THIN,
                )
            )


def rows_of(case: Case) -> Iterator[Row]:
    """Errors of all methods, in both grounds, with both numbers of metres."""
    data, element = case.data, case.element
    reach = max(r for p in case.choices.search for r in p.radii_m)
    points = case.long.points_m.reshape(-1, 3)
    ground = ground_of(data, points, reach).thinned(case.every)
    close_m = data.plan.classification.measured.max_mean_distance_m
    close = cKDTree(points).query(ground.centres_m)[0] <= close_m
    true = ground.truth[element]
    for times in TIMES:
        found = estimates(case, ground, times)
        for label, kept in (("all", np.ones(len(true), bool)), (f"{close_m:g} m", close)):
            here = {method: values[kept] for method, values in found.items()}
            cutoff = float(np.quantile(true[kept], UPPER))
            where = f"{case.name} {element} x{times} {label}"
            yield from compared(where, true[kept], here, cutoff)


def estimates(case: Case, ground: Ground, times: int) -> dict[str, Floats]:
    """Estimates and variances by each method with so many times the plan's metres."""
    data, long = case.data, case.long
    middles = replace(long, points_m=long.xyz_m[:, None].copy())
    ratio = case.length_m / data.plan.composites.length_m
    few, many = (with_metres(case.choices, times, of) for of in (1.0, ratio))
    model = {"variogram": points_of(long, case.choices)}
    found = {
        "true support": krige(ground, data, long, few.model_copy(update=model)),
        "midpoints": krige(ground, data, middles, few.model_copy(update=model)),
    }
    own = {"variogram": points_of(middles, case.choices)}
    found["midpoints, own variogram"] = krige(ground, data, middles, few.model_copy(update=own))
    for label, samples in case.carried.items():
        found[label] = krige(ground, data, samples, many.model_copy(update=model))
    spread = case.carried["spread"]
    own = {"variogram": points_of(spread, case.choices)}
    found["spread, own variogram"] = krige(ground, data, spread, many.model_copy(update=own))
    return found


def points_of(samples: Samples, choices: Choices) -> Any:
    """Variogram of points of the samples: their own where each is one point."""
    farthest = choices.variogram.structures[-1].ranges_m[0]
    edges = np.linspace(0.0, 1.2 * farthest, LAGS)
    return deregularise(samples, choices.variogram, edges).variogram


def with_metres(choices: Choices, times: int, ratio: float) -> Choices:
    """The choices with so many times the plan's samples, of which ``ratio`` make a long one."""

    def changed(one: SearchPass) -> SearchPass:
        most, of_hole = (round(times * ratio * n) for n in (one.max_samples, one.max_per_hole))
        fewest = min(round(ratio * one.min_samples), most)
        update = {"max_samples": most, "max_per_hole": of_hole, "min_samples": fewest}
        return one.model_copy(update=update)

    return choices.model_copy(update={"search": tuple(map(changed, choices.search))})


def carry(data: DepositData, name: str, table: pd.DataFrame) -> Samples:
    """Basic samples with combined grades, composited as usual."""
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
    return sulphide(prepare(data.grid, alone, made, None), name)


def runs_of(own: Samples, count: int, every: int) -> Iterator[npt.NDArray[np.int64]]:
    """Rows of each long sample: ``count`` samples in a row of one hole, without every third."""
    for hole in np.unique(own.holes):
        rows = np.flatnonzero(own.holes == hole)
        rows = rows[np.argsort(-own.xyz_m[rows, 2], kind="stable")]
        for first in range(0, len(rows) - count + 1, count):
            part = rows[first : first + count]
            yield part[np.arange(count) % every != every - 1]


def joined(own: Samples, runs: list[npt.NDArray[np.int64]]) -> Samples:
    """Long samples with a point at each member."""
    points = np.array([own.xyz_m[rows] for rows in runs])
    first = own.take(np.array([rows[0] for rows in runs]))
    values = np.array([own.values[rows].mean() for rows in runs])
    return replace(first, xyz_m=points.mean(axis=1), points_m=points, values=values)


def carried_grades(own: Samples, runs: list[npt.NDArray[np.int64]]) -> Floats:
    """Each member with the grade of its long sample; NaN outside."""
    values = np.full(len(own), np.nan)
    for rows in runs:
        values[rows] = own.values[rows].mean()
    return values
