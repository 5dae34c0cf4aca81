"""Estimates against exhaustive truth: Walker Lake, GSLIB's cluster and true, Marvin.

``python -m benchmarks.truth`` (BORNITE_SHARED_DATA) takes samples through the program's own path
(proposal, composites, plan, engine, store), compares every block with its true grade, and prints
the tables of ``docs/validation.md``; with ``--redrilled N`` also what the same methods give when
each field is drilled N times anew (``benchmarks/truth_redrilled.py``).
Change of support: estimation.validation.change_of_support.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.truth_cases import METAL, Case, cases
from benchmarks.truth_predicted import Prediction, predict
from benchmarks.truth_redrilled import spread_table, spreads
from estimation.engine.krige import prepare
from estimation.models.block_model import make_vintage
from estimation.models.store import ModelStore
from estimation.parallel import Crew, Workers
from estimation.plan import Plan, Variogram
from estimation.validation.change_of_support import counted_curve
from geo.drillholes.composite import Composites

Floats = npt.NDArray[np.float64]

DAY = date(2026, 1, 1)
MEANS = (
    "| case | samples | blocks | true mean | plain mean | declustered: cells | ground "
    "| kriged mean | slope | correlation |"
)
METALS = (
    "| case | cut-off | true metal | discrete Gaussian, scores | grades | affine | kriged blocks |"
)
BIAS, SLOPE, CURVE = 0.03, 0.1, 0.05
"""What is asked: bias of the mean, slope about 1, metal at each cut-off."""


@dataclass(frozen=True)
class Outcome:
    """A case's figures; arrays are by cut-off."""

    name: str
    samples: int
    blocks: int
    true_mean: float
    bias: dict[str, float]
    """Of means, over the true mean, less 1: plain, declustered by cells and by ground, kriged."""
    slope: float
    correlation: float
    ratios: tuple[float, float, float]
    """Block variance over point variance: by the scores' variogram, by the grades', and true
    block variance over the declustered samples' variance."""
    cutoffs: Floats
    true_metal: Floats
    metal: dict[str, Floats]
    """Over the true metal, less 1: by change of support, and of the kriged blocks."""
    predicted: Prediction


def estimate(case: Case, plan: Plan) -> Floats:
    """Make the case's model through the store: estimates (nz, ny, nx)."""
    problem = prepare(case.grid, plan, Composites(case.composites), None)
    with tempfile.TemporaryDirectory() as folder, Crew(Workers(count=1)) as crew:
        store = ModelStore(Path(folder), case.grid)
        make_vintage(problem, store, DAY, crew)
        return store.read_vintage(DAY).field(METAL, "estimate")


def judge(case: Case) -> Outcome:
    """Compare one case with its truth, block by block and as a distribution."""
    predicted = predict(case)
    kriged = estimate(case, predicted.plan)
    known = ~np.isnan(kriged) & (case.shares > 0)
    true, guess, part = case.truth[known], kriged[known], case.shares[known]
    mean = float(np.average(true, weights=part))
    spread = np.cov(np.vstack([true, guess]), aweights=part)
    metal = counted_curve(true, part, case.cutoffs).metal
    by_scores, by_grades = predicted.by_scores, predicted.by_grades
    means = predicted.means | {"kriged": float(np.average(guess, weights=part))}
    return Outcome(
        case.name,
        len(case.values),
        int(known.sum()),
        mean,
        {name: found / mean - 1 for name, found in means.items()},
        float(spread[0, 1] / spread[1, 1]),
        float(spread[0, 1] / np.sqrt(spread[0, 0] * spread[1, 1])),
        (by_scores.ratio, by_grades.ratio, float(spread[0, 0] / by_scores.point_variance)),
        case.cutoffs,
        metal,
        {
            "gaussian": by_scores.gaussian.metal / metal - 1,
            "gaussian of grades": by_grades.gaussian.metal / metal - 1,
            "affine": by_scores.affine.metal / metal - 1,
            "kriged": counted_curve(guess, part, case.cutoffs).metal / metal - 1,
        },
        predicted,
    )


def in_words(variogram: Variogram) -> str:
    """A variogram in shares of its sill."""
    sill = variogram.total_sill
    parts = [f"nugget {variogram.nugget / sill:.2f}"]
    for one in variogram.structures:
        ranges = " × ".join(f"{r:.0f}" for r in one.ranges_m)
        parts.append(f"{one.model} {one.sill / sill:.2f} ({ranges} m)")
    return ", ".join(parts)


def tables(found: list[Outcome]) -> str:
    """The tables of means and of metal, and what was proposed."""
    lines = [
        MEANS,
        "| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: |",
    ]
    for one in found:
        biases = " | ".join(f"{bias:+.1%}" for bias in one.bias.values())
        lines.append(
            f"| {one.name} | {one.samples} | {one.blocks} | {one.true_mean:.4g} | {biases} "
            f"| {one.slope:.3f} | {one.correlation:.3f} |"
        )
    lines += [
        "",
        METALS,
        "| --- | --: | --: | --: | --: | --: | --: |",
    ]
    for one in found:
        for n, cutoff in enumerate(one.cutoffs):
            row = " | ".join(f"{error[n]:+.1%}" for error in one.metal.values())
            lines.append(f"| {one.name} | {cutoff:g} | {one.true_metal[n]:.4g} | {row} |")
    lines.append("")
    for one in found:
        by_scores, by_grades, true = one.ratios
        plan = one.predicted.plan
        lines.append(
            f"- {one.name}: block variance over point variance {by_scores:.3f} by scores, "
            f"{by_grades:.3f} by grades, {true:.3f} true; proposed for grades: "
            f"{in_words(plan.elements[METAL].variogram)}; for scores: "
            f"{in_words(one.predicted.scores)}"
        )
    return "\n".join(lines)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--redrilled", type=int, default=0, help="times each field is drilled anew")
    asked = parser.parse_args()
    shared = Path(os.environ["BORNITE_SHARED_DATA"])
    found = [judge(case) for case in cases(shared)]
    print(tables(found))
    if asked.redrilled:
        print("\n" + spread_table(spreads(shared, found, asked.redrilled)))


if __name__ == "__main__":
    main()
