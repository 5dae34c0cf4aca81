"""By-products with the element they lean on: cross-variograms and their coregionalization."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from estimation.plan import Coregionalisation
from estimation.results import grade_unit
from estimation.rotation import axes_from_gslib
from estimation.studies import StudyFigure, Words, Workbench
from estimation.variography.crossed import CrossVariogram, cross_variogram
from estimation.variography.experimental import FEWEST_PAIRS, Direction
from estimation.variography.experimental_pairs import Lags
from estimation.variography.models import coregionalisation_gamma
from estimation.variography.study_figures import MODEL_POINTS, SIGNS, plain_list, symbol
from estimation.variography.study_groups import FEWEST_SAMPLES, Group, groups_of, lags_along
from estimation.variography.views import trend_plunge_text

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Pair:
    """Two elements, at the samples that have both where there are enough, else at their own."""

    element: str
    partner: str
    xyz_m: Floats
    own: Floats
    other: Floats
    shared: int
    """Samples with both."""
    model: Coregionalisation | None
    lags: Lags
    direction: Floats | None
    """Major axis of the coregionalization; None without one: every direction."""

    @property
    def together(self) -> bool:
        """Whether enough samples have both elements."""
        return self.shared >= FEWEST_SAMPLES


def cross_study(bench: Workbench, element: str) -> tuple[StudyFigure, list[dict[str, Any]]] | None:
    """Figure and rows of an element with its partner, else with the main one; None of itself.

    Raises
    ------
    EstimationError
        One of the two is everywhere the same, or has too few samples.
    """
    plan = bench.data.plan
    leaning = plan.elements[element].partner
    partner = leaning.element if leaning else plan.main_element
    if element == partner:
        return None
    pair = _pair(bench, element, partner)
    curves = _curves(pair)
    return _figure(pair, curves), _rows(pair, curves)


def _pair(bench: Workbench, element: str, partner: str) -> _Pair:
    """The two elements' samples side by side."""
    one, two = bench.problem.elements[element], bench.problem.elements[partner]
    group: Group = groups_of(bench, element)[0]
    _, at, there = np.intersect1d(one.identity, two.identity, return_indices=True)
    leaning = bench.data.plan.elements[element].partner
    model = leaning.model if leaning else None
    axis = axes_from_gslib(model.orientation)[0] if model else None
    lags = lags_along(group, np.array([1.0, 0.0, 0.0]) if axis is None else axis)
    if at.size >= FEWEST_SAMPLES:
        xyz, own, other = one.xyz_m[at], one.values[at], two.values[there]
    else:
        xyz = np.concatenate([one.xyz_m, two.xyz_m])
        own = np.concatenate([one.values, np.full(len(two.values), np.nan)])
        other = np.concatenate([np.full(len(one.values), np.nan), two.values])
    return _Pair(element, partner, xyz, own, other, int(at.size), model, lags, axis)


def _curves(pair: _Pair) -> list[CrossVariogram]:
    """Own, across and partner's at shared samples; else the pseudo cross-variogram alone."""
    direction: Direction = "all" if pair.direction is None else pair.direction
    if not pair.together:
        return [
            cross_variogram(
                pair.xyz_m, pair.own, pair.other, pair.lags, direction,
                kind="pseudo_cross_variogram",
            )
        ]  # fmt: skip
    couples = ((pair.own, pair.own), (pair.own, pair.other), (pair.other, pair.other))
    return [cross_variogram(pair.xyz_m, a, b, pair.lags, direction) for a, b in couples]


def _figure(pair: _Pair, curves: list[CrossVariogram]) -> StudyFigure:
    """Three panels at shared samples, one of the pseudo cross-variogram otherwise."""
    own, other = symbol(pair.element), symbol(pair.partner)
    where_zh = "全向" if pair.direction is None else trend_plunge_text(pair.direction)
    where_en = "omnidirectional" if pair.direction is None else where_zh
    if pair.together:
        correlation = float(np.corrcoef(pair.own, pair.other)[0, 1])
        caption = Words(
            f"{pair.shared} 个样品同时有 {own} 与 {other}，相关系数 {correlation:.2f}；{where_zh}；"
            f"虚线为方差与协方差；{_model_zh(pair)}",
            f"{pair.shared} samples with {own} and {other}, correlation {correlation:.2f}; "
            f"{where_en}; dashed: variances and covariance; {_model_en(pair)}",
        )
    else:
        caption = Words(
            f"样品位置不同（同一样品 {pair.shared} 个），用标准化后的伪交叉变异函数；{where_zh}；"
            "低于 1 表示两元素在该距离内同向变化",
            f"samples lie at different places ({pair.shared} have both): pseudo cross-variogram of "
            f"standardised grades; {where_en}; below 1 the two go together at that distance",
        )
    return StudyFigure(
        f"cross_{pair.element}_{pair.partner}".lower(),
        "cross_variograms",
        Words(f"{own} 与 {other} 的交叉变异函数", f"Cross-variogram of {own} and {other}"),
        caption,
        {"panels": _panels(pair, curves), "fewest": FEWEST_PAIRS},
    )


def _model_zh(pair: _Pair) -> str:
    return (
        "曲线为方案的线性协同区域化模型，点线为其上限" if pair.model else "方案尚无协同区域化模型"
    )


def _model_en(pair: _Pair) -> str:
    if pair.model is None:
        return "the plan has no coregionalization"
    return "lines: the plan's linear model of coregionalization, dots: the most it may be"


def _panels(pair: _Pair, curves: list[CrossVariogram]) -> list[dict[str, Any]]:
    """What each panel draws."""
    own, other = symbol(pair.element), symbol(pair.partner)
    across = f"{own} × {other}"
    titles = [own, across, other] if pair.together else [f"{across} 伪交叉 / pseudo cross"]
    far = pair.lags.reach_m
    h = np.linspace(1e-6 * far, 1.05 * far, MODEL_POINTS)
    lines = np.zeros((0, 3))
    if pair.model is not None and pair.direction is not None and pair.together:
        lines = coregionalisation_gamma(pair.model, h[:, None] * pair.direction)
    panels = []
    for i, (title, curve) in enumerate(zip(titles, curves, strict=True)):
        drawn = bool(len(lines))
        hull = np.sqrt(lines[:, 0] * lines[:, 2]) if drawn and i == 1 else np.zeros(0)
        panels.append(
            {
                "title": title,
                "note": f"lag {pair.lags.width_m:.3g} m",
                "h": plain_list(curve.distance_m),
                "gamma": plain_list(curve.gamma),
                "pairs": plain_list(curve.pairs),
                "sill": curve.level,
                "nugget": None,
                "model_h": plain_list(h) if drawn else [],
                "model_gamma": plain_list(lines[:, i]) if drawn else [],
                "hull": plain_list(hull),
                "unit": _unit(pair, i),
            }
        )
    return panels


def _unit(pair: _Pair, place: int) -> str:
    """Unit of a panel: of the element squared, of the product, of the partner squared."""
    if not pair.together:
        return "标准化 / standardised"
    names = ((pair.element, pair.element), (pair.element, pair.partner),
             (pair.partner, pair.partner))[place]  # fmt: skip
    if grade_unit(names[0]) == grade_unit(names[1]):
        return SIGNS[grade_unit(names[0])]
    return " · ".join(SIGNS[grade_unit(n)].replace("²", "").strip("()") for n in names)


def _rows(pair: _Pair, curves: list[CrossVariogram]) -> list[dict[str, Any]]:
    """Every point, for the table."""
    names = [f"{pair.element} {pair.element}", f"{pair.element} {pair.partner}",
             f"{pair.partner} {pair.partner}"]  # fmt: skip
    named = zip(names if pair.together else names[1:2], curves, strict=True)
    return [
        {
            "elements": name,
            "kind": curve.kind,
            "pairs": int(curve.pairs[i]),
            "distance_m": curve.distance_m[i],
            "gamma": curve.gamma[i],
            "level": curve.level,
        }
        for name, curve in named
        for i in np.flatnonzero(curve.pairs > 0)
    ]
