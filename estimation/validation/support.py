"""Model against samples at block support: quantiles, grade-tonnage, smoothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from estimation.engine.krige import Problem, domain_names
from estimation.errors import EstimationError
from estimation.exploratory.declustering import declustering_weights
from estimation.exploratory.statistics import weighted_quantiles
from estimation.results import Check, grade_unit
from estimation.studies import StudyFigure, Words
from estimation.validation.change_of_support import (
    coefficient_of,
    counted_curve,
    fit_anamorphosis,
    variance_ratio,
)
from estimation.validation.checks import SMOOTHING
from estimation.validation.rules import fewest_composites
from estimation.validation.walk import Seen

Floats = npt.NDArray[np.float64]

CELLS = np.linspace(-5.0, 5.0, 1001)
"""Cells of the block's Gaussian value that a domain's blocks are drawn at."""
CURVE = 25
"""Cut-offs of a curve."""


@dataclass(frozen=True)
class Predicted:
    """Grades of samples and of blocks by change of support, domains in the model's shares.

    Arrays of one model go together: grades and their weights.
    """

    samples: tuple[Floats, Floats]
    gaussian: tuple[Floats, Floats]
    affine: tuple[Floats, Floats]
    domains: dict[str, tuple[float, float]]
    """By domain: block variance over point variance, and the point-block coefficient."""

    @property
    def variance(self) -> float:
        """Variance that blocks' true grades should have."""
        values, weights = self.gaussian
        mean = float(np.average(values, weights=weights))
        return float(np.average((values - mean) ** 2, weights=weights))


def predict_blocks(
    problem: Problem, element: str, seen: Seen
) -> tuple[Predicted | None, list[Words]]:
    """Change the support of each domain's samples; a domain that can't be is a remark."""
    samples = problem.elements[element]
    parts: dict[str, list[tuple[Floats, Floats]]] = {"samples": [], "gaussian": [], "affine": []}
    found: dict[str, tuple[float, float]] = {}
    remarks: list[Words] = []
    centres = (CELLS[1:] + CELLS[:-1]) / 2.0
    share = np.diff(ndtr(CELLS))
    for code, name in enumerate(domain_names(problem.plan), start=1):
        blocks = int((seen.domain_codes == code).sum())
        own = samples.take(samples.domains == code)
        if not blocks:
            continue
        try:
            if len(own) < fewest_composites():
                raise EstimationError(
                    f"{len(own)} samples are too few for a change of support / "
                    f"样品 {len(own)} 个,过少,未作支撑效应校正"
                )
            weights = declustering_weights(own.xyz_m, own.holes)
            model = fit_anamorphosis(own.values, weights)
        except EstimationError as error:
            english, _, chinese = str(error).partition(" / ")
            remarks.append(Words(f"{element}, {name}：{chinese}", f"{element}, {name}: {english}"))
            continue
        ratio = variance_ratio(problem.choices(element, name), problem.grid.spec.block_m)
        r = min(coefficient_of(model, ratio * model.variance), 1.0 - 1e-12)
        found[name] = (ratio, r)
        share_of_samples = weights / weights.sum() * blocks
        flat = model.mean + np.sqrt(ratio) * (own.values - model.mean)
        parts["samples"].append((own.values, share_of_samples))
        parts["gaussian"].append((model.block_values(centres, r), share / share.sum() * blocks))
        parts["affine"].append((flat, share_of_samples))
    if not found:
        return None, remarks
    joined = {
        key: (np.concatenate([v for v, _ in some]), np.concatenate([w for _, w in some]))
        for key, some in parts.items()
    }
    return Predicted(**joined, domains=found), remarks


def support_checks(element: str, seen: Seen, predicted: Predicted) -> list[Check]:
    """Smoothing: variance of the estimates over that of true blocks."""
    if not predicted.variance > 0 or seen.blocks < 2:
        return []
    return [SMOOTHING.judge(float(seen.grades.var()) / predicted.variance - 1.0, element)]


def support_views(
    problem: Problem, element: str, seen: Seen, predicted: Predicted
) -> tuple[list[dict[str, Any]], list[StudyFigure]]:
    """Grade-tonnage table, and the figures of quantiles and curves."""
    cutoffs = _cutoffs(problem, element, predicted)
    kinds = {
        "model": (seen.grades, np.ones(seen.blocks)),
        "gaussian": predicted.gaussian,
        "affine": predicted.affine,
        "composites": predicted.samples,
    }
    curves = {name: counted_curve(*values, cutoffs) for name, values in kinds.items()}
    rows = [
        {"element": element, "cutoff": float(cutoff)}
        | {f"{name}_tonnage_pct": 100.0 * float(c.tonnage[i]) for name, c in curves.items()}
        | {f"{name}_grade": float(c.grade[i]) for name, c in curves.items()}
        for i, cutoff in enumerate(cutoffs)
    ]
    shares = np.linspace(0.01, 0.99, 99)
    quantiles = {
        name: weighted_quantiles(values, shares, weights)
        for name, (values, weights) in kinds.items()
        if name != "affine"
    }
    ratios = "; ".join(f"{d}: f = {f:.2f}, r = {r:.2f}" for d, (f, r) in predicted.domains.items())
    main = element == problem.plan.main_element
    reporting = problem.plan.cutoffs.reporting if main else None
    arrays = {"cutoffs": cutoffs}
    arrays |= {f"{name}_tonnage": c.tonnage for name, c in curves.items()}
    arrays |= {f"{name}_grade": c.grade for name, c in curves.items()}
    counts = len(predicted.samples[0]), seen.blocks
    return rows, [
        _quantile_figure(element, quantiles, counts, ratios),
        _curve_figure(element, arrays, reporting, ratios),
    ]


def _quantile_figure(
    element: str, quantiles: dict[str, Floats], counts: tuple[int, int], ratios: str
) -> StudyFigure:
    """Q-Q of composites and blocks; ``counts`` of each."""
    return StudyFigure(
        f"quantiles_{element}",
        "quantiles",
        Words(f"组合样与块体 Q–Q 图：{element}", f"Q-Q of composites and blocks: {element}"),
        Words(
            f"1 % 至 99 % 分位数；{counts[0]} 个组合样（去丛聚），{counts[1]} 个块体；因支撑不同，"
            f"块体分布应较窄，实线为离散高斯模型预测（{ratios}）",
            f"quantiles 1 to 99 %; {counts[0]} composites (declustered), {counts[1]} blocks; a "
            "change of support is expected: the line is what the discrete Gaussian model predicts "
            f"({ratios})",
        ),
        {"element": element, "unit": grade_unit(element)},
        dict(quantiles),
    )


def _curve_figure(
    element: str, arrays: dict[str, Floats], reporting: float | None, ratios: str
) -> StudyFigure:
    """Grade-tonnage of the model beside what change of support predicts."""
    return StudyFigure(
        f"support_{element}",
        "support_curves",
        Words(f"品位–吨位与支撑效应：{element}", f"Grade-tonnage and support: {element}"),
        Words(
            f"已分类块体的吨位比例与平均品位；离散高斯模型与仿射校正由组合样预测（{ratios}）",
            "share of the tonnes and mean grade above cut-off, blocks that have a class; discrete "
            f"Gaussian model and affine correction predict from composites ({ratios})",
        ),
        {"element": element, "unit": grade_unit(element), "reporting": reporting},
        dict(arrays),
    )


def _cutoffs(problem: Problem, element: str, predicted: Predicted) -> Floats:
    """Even cut-offs up to a high grade; with those of the plan for the main element."""
    values, weights = predicted.samples
    top = float(weighted_quantiles(values, np.array([0.95]), weights)[0])
    even = np.linspace(0.0, top, CURVE)
    if element != problem.plan.main_element:
        return even
    plan = problem.plan.cutoffs
    return np.unique(np.append(even, [plan.reporting, *plan.others]))
