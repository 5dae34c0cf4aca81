"""What is said about a proposed variogram, in both languages: reason and remarks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from estimation.plan import Variogram
from estimation.rotation import axes_from_gslib, trend_plunge
from estimation.studies import Words
from estimation.variography.experimental import ExperimentalVariogram
from estimation.variography.fitting import LAYERED, ROUND, FittedModel

if TYPE_CHECKING:
    from estimation.variography.proposal import Confidence, Evidence

DOUBTFUL_RANGE, DOUBTFUL_AXIS_DEG, HIGH_NUGGET = 0.5, 30.0, 0.5
"""Standard errors, and the nugget's share of the sill, from which a remark is made."""

TREND = 0.4
"""Share of the variance that a smooth surface explains, from which a trend is spoken of."""

SHORTENED = {
    "extent": Words(
        "变程超出该方向数据范围的一半,已按一半截短:更长的变程数据无法证实",
        "a range beyond half of the data's extent along its axis was shortened to that half: the "
        "data can't show a longer one",
    ),
    "ratio": Words(
        "最长与最短变程之比超过10,已截短最长变程",
        "the longest range was shortened to ten times the shortest",
    ),
}

KINDS_ZH = {
    "spherical": "球状",
    "exponential": "指数",
    "gaussian": "高斯",
    "cubic": "立方",
    "matern_3_2": "Matérn 3/2 ",
}


def remarks_of(
    model: FittedModel,
    down: ExperimentalVariogram,
    confidence: Confidence,
    shortened: tuple[str, ...],
    trend: float,
) -> list[Words]:
    """What a geologist should doubt, each with the figure it rests on."""
    remarks = []
    if down.usable.sum() < 3:
        remarks.append(
            Words(
                "孔内样品对不足,块金值取基台值的20 %(假定)",
                "too few pairs down the holes: the nugget is assumed, a fifth of the sill",
            )
        )
    if model.held.shape.name in (ROUND.name, LAYERED.name):
        remarks.append(_no_axes(model))
    remarks += [SHORTENED[what] for what in shortened]
    if trend > TREND:
        remarks.append(
            Words(
                f"二次趋势面解释方差的 {100 * trend:.0f} %:可能存在趋势,考虑分域或带趋势克里格",
                f"a surface of second degree explains {100 * trend:.0f} % of the variance: there "
                "may be a trend; consider domains, or kriging with a trend",
            )
        )
    share = 100 * model.held.nugget / model.held.sill
    if share > 100 * HIGH_NUGGET:
        remarks.append(
            Words(
                f"块金值占基台值 {share:.0f} %:检查取样与分析质量",
                f"the nugget is {share:.0f} % of the sill: look at sampling and assay quality",
            )
        )
    return remarks + _doubts(confidence)


def _doubts(confidence: Confidence) -> list[Words]:
    """Ranges and axes that change when groups of holes are left out."""
    doubts = []
    ranges = [100 * e for e in confidence.range_error if np.isfinite(e)]
    if ranges and max(ranges) > 100 * DOUBTFUL_RANGE:
        doubts.append(
            Words(
                f"变程不稳定:相对标准误差(以孔为单位)达 {max(ranges):.0f} %",
                "ranges are unsure: relative standard error, from hole to hole, of up to "
                f"{max(ranges):.0f} %",
            )
        )
    axis = [a for a in confidence.axis_error_deg if np.isfinite(a)]
    if axis and max(axis) > DOUBTFUL_AXIS_DEG:
        doubts.append(
            Words(
                f"方位不稳定:标准误差达 {max(axis):.0f}°,请对照地质产状",
                f"axes are unsure, by up to {max(axis):.0f} degrees: compare with the geology",
            )
        )
    return doubts


def _no_axes(model: FittedModel) -> Words:
    """That no direction stands out, or only the upright one."""
    if model.held.shape.name == ROUND.name:
        return Words(
            "各向异性不显著:三轴变程相同,方位角无意义",
            "no anisotropy that the data can tell: one range in all directions, angles mean "
            "nothing",
        )
    return Words(
        "水平面内各向异性不显著:仅水平与垂直变程不同",
        "no direction stands out in plan: one range level, another upright",
    )


def reason_of(evidence: Evidence, model: FittedModel, variogram: Variogram, skewed: bool) -> Words:
    """How the proposal came about, with the axes in the geologist's common language."""
    holes, samples = np.unique(evidence.holes).size, evidence.values.size
    lines = [trend_plunge(a) for a in axes_from_gslib(variogram.orientation)]
    ranges = variogram.structures[-1].ranges_m
    axes = ", ".join(
        f"{r:.0f} m → {t:05.1f}/{p:.1f}" for r, (t, p) in zip(ranges, lines, strict=True)
    )
    kind, share = model.held.kind, 100 * model.held.nugget / variogram.total_sill
    kind_zh = KINDS_ZH.get(kind, kind)
    count = len(variogram.structures)
    return Words(
        f"自动建议,待地质人员审定:{holes} 孔 {samples} 个样品;"
        f"块金值由孔内变异函数求得,占 {share:.0f} %;"
        f"基台值 {variogram.total_sill:.4g} 为去丛聚方差;"
        f"{kind_zh}模型 {count} 个结构,全方向加权最小二乘;"
        f"变程 → 倾伏向/倾伏角:{axes}" + (";方位由正态得分求得" if skewed else ""),
        f"proposed, to be accepted by a person: {samples} samples in {holes} holes; nugget from "
        f"the downhole variogram, {share:.0f} % of the sill; sill {variogram.total_sill:.4g} is "
        f"the declustered variance; {count} {kind} structure(s) by weighted least squares over "
        f"all directions; range → trend/plunge: {axes}"
        + ("; axes found in normal scores" if skewed else ""),
    )
