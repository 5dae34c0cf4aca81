"""Figures of the variography study: what each draws, as plain values."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from estimation.results import grade_unit
from estimation.rotation import axes_from_gslib
from estimation.studies import StudyFigure, Words
from estimation.variography.experimental import FEWEST_PAIRS, several_estimators
from estimation.variography.experimental_pairs import Lags
from estimation.variography.maps import (
    PLAN,
    VariogramFan,
    VariogramMap,
    plane_of,
    variogram_fan,
    variogram_map,
)
from estimation.variography.models import effective_range_m
from estimation.variography.study_groups import Group, Shown
from estimation.variography.views import stereonet, trend_plunge_text

Floats = npt.NDArray[np.float64]

SIGNS = {"pct": "%²", "ppm": "(g/t)²", "gpt": "(g/t)²"}
"""Unit of a variogram by the unit of the grade."""
MODEL_POINTS = 120
MAP_HALF = 8
FAN_STEP_DEG = 15.0
SQUARED = ("traditional", "cressie_hawkins", "dowd", "genton", "covariance")
ESTIMATOR_WORDS = {
    "traditional": "传统 traditional",
    "general_relative": "一般相对 general relative",
    "pairwise_relative": "成对相对 pairwise relative",
    "correlogram": "相关图 correlogram",
    "covariance": "非遍历协方差 covariance",
    "madogram": "绝对值 madogram",
    "rodogram": "平方根 rodogram",
    "cressie_hawkins": "Cressie–Hawkins",
    "dowd": "Dowd",
    "genton": "Genton",
    "normal_scores": "正态得分 normal scores",
}


def symbol(element: str) -> str:
    """Chemical symbol of an element column."""
    return element.split("_", 1)[0].capitalize()


def where(group: Group) -> Words:
    """The domain for readers."""
    return (
        Words("全部矿化域", "all domains") if group.domain == "all" else Words(*(group.domain,) * 2)
    )


def name_of(group: Group, what: str) -> str:
    """File name of a figure."""
    return f"{what}_{group.element}_{group.domain}".lower().replace(" ", "_")


def panels_figure(group: Group, shown: list[Shown]) -> StudyFigure:
    """Down the hole and along the plan's three axes, with the plan's model."""
    place, metal = where(group), symbol(group.element)
    panels = [panel_of(group, one) for one in shown]
    holes = len(np.unique(group.holes))
    return StudyFigure(
        name_of(group, "directions"),
        "variogram_panels",
        Words(f"{metal} 变异函数：{place.zh}", f"{metal} variograms: {place.en}"),
        Words(
            f"{len(group.values)} 个样品、{holes} 个钻孔；绝对值（未归一化），虚线为解丛聚方差 "
            f"{group.variance:.3g}；容差与带宽见图；数字为样品对数，少于 {FEWEST_PAIRS} 对为灰点",
            f"{len(group.values)} samples, {holes} holes; absolute, not normalised; dashed: "
            f"declustered variance {group.variance:.3g}; numbers are pairs, grey below "
            f"{FEWEST_PAIRS}; direction as trend/plunge with tolerance, lag and half bandwidth",
        ),
        {"panels": panels, "unit": SIGNS[grade_unit(group.element)], "fewest": FEWEST_PAIRS},
    )


def panel_of(group: Group, one: Shown) -> dict[str, Any]:
    """One panel: points, model line, sill."""
    far = np.nanmax(np.append(one.found.distance_m, one.lags.width_m))
    h = np.linspace(0.0, 1.05 * far, MODEL_POINTS)
    h[0] = 1e-6 * far
    return {
        "title": f"{one.title_zh} / {one.title_en} {one.trend_plunge}",
        "note": one.note,
        "h": plain_list(one.found.distance_m),
        "gamma": plain_list(one.found.gamma),
        "pairs": plain_list(one.found.pairs),
        "sill": group.variance,
        "nugget": one.nugget,
        "model_h": plain_list(h),
        "model_gamma": plain_list(one.model(group.choices, h)),
    }


def estimators_figure(group: Group, lags: Lags) -> StudyFigure:
    """All estimators of the omnidirectional pairs; those of medians where the pairs allow."""
    metal, place = symbol(group.element), where(group)
    found = several_estimators(
        group.xyz_m, group.values, group.holes, lags, "all", weights=group.weights
    )
    curves = []
    for name, one in found.items():
        use = one.usable & np.isfinite(one.gamma)
        level, mark = one.sill, ""
        if level is None and use.any():
            level, mark = float(np.average(one.gamma[use], weights=one.pairs[use])), " ÷ mean"
        if level:
            curves.append(
                {
                    "label": ESTIMATOR_WORDS[name] + mark,
                    "h": plain_list(one.distance_m),
                    "gamma": plain_list(one.gamma / level),
                    "pairs": plain_list(one.pairs),
                    "robust": name in SQUARED,
                }
            )
    return StudyFigure(
        name_of(group, "estimators"),
        "variogram_estimators",
        Words(f"{metal} 各种估计量：{place.zh}", f"{metal} estimators side by side: {place.en}"),
        Words(
            f"全向，{len(group.values)} 个样品，滞后距 {lags.width_m:g} m；各除以自己的基台"
            "（解丛聚方差、方差/均值²、或 1），无基台者除以各滞后的平均值（÷ mean）",
            f"omnidirectional, {len(group.values)} samples, lag {lags.width_m:g} m; each over "
            "its own sill (declustered variance, variance over squared mean, or 1); those without "
            "one by the mean of their lags (÷ mean)",
        ),
        {"curves": curves, "fewest": FEWEST_PAIRS},
    )


def map_figure(group: Group, lags: Lags) -> StudyFigure:
    """Map in plan and in the plane of the two longer axes, with the fan of that plane."""
    metal, place = symbol(group.element), where(group)
    cell = lags.width_m * lags.count / (MAP_HALF + 0.5)
    thickness = max(group.spacing_m, cell)
    planes = planes_of(group)
    maps, arrays = [], {}
    for i, (title, rows, right, up) in enumerate(planes):
        made = variogram_map(group.xyz_m, group.values, cell, MAP_HALF, rows, thickness)
        arrays[f"map_{i}"] = made.gamma / group.variance
        arrays[f"pairs_{i}"] = made.pairs
        maps.append({"title": title, "edges": plain_list(made.edges_m), "right": right, "up": up,
                     "ellipse": ellipse_in(group, made)})  # fmt: skip
    fan = variogram_fan(group.xyz_m, group.values, lags, FAN_STEP_DEG, planes[-1][1])
    arrays["fan"] = np.where(fan.pairs >= FEWEST_PAIRS, fan.gamma / group.variance, np.nan)
    return StudyFigure(
        name_of(group, "map"),
        "variogram_map",
        Words(
            f"{metal} 变异函数图与扇形图：{place.zh}", f"{metal} variogram map and fan: {place.en}"
        ),
        _map_caption(group, cell, thickness, lags.tolerance_deg),
        {"maps": maps, "fan": _fan_of(fan, planes[-1]), "fewest": FEWEST_PAIRS},
        arrays,
    )


def planes_of(group: Group) -> list[tuple[str, Floats, str, str]]:
    """Planes to map, each with its title and the names of its two sides: the plan first."""
    planes = [("平面 / plan", PLAN, "东 / lag east (m)", "北 / lag north (m)")]
    plane = plane_in(axes_from_gslib(group.choices.variogram.orientation))
    if abs(plane[2, 2]) <= 1.0 - 1e-6:
        side, up = (f"{trend_plunge_text(line)} (m)" for line in plane[:2])
        title = "长轴-中轴面 / major–semi-major plane"
        planes.append((title, plane, f"滞后 / lag {side}", f"滞后 / lag {up}"))
    return planes


def _map_caption(group: Group, cell_m: float, thickness_m: float, tolerance_deg: float) -> Words:
    """Samples, sill, cell, slice and tolerance of the maps and the fan."""
    count, sill = len(group.values), f"{group.variance:.3g}"
    return Words(
        f"{count} 个样品，γ 除以解丛聚方差 {sill}；格 {cell_m:.3g} m，离面 ± {thickness_m:.3g} m；"
        f"少于 {FEWEST_PAIRS} 对为空白；扇形每 {FAN_STEP_DEG:g}°，容差 ± {tolerance_deg:g}°；"
        "椭圆为方案模型变程（达基台 95 %）",
        f"{count} samples; γ over the declustered variance {sill}; cell {cell_m:.3g} m, within ± "
        f"{thickness_m:.3g} m of the plane; blank below {FEWEST_PAIRS} pairs; fan every "
        f"{FAN_STEP_DEG:g}°, tolerance ± {tolerance_deg:g}°; ellipse: the plan's ranges (95 % of "
        "the sill)",
    )


def _fan_of(fan: VariogramFan, plane: tuple[str, Floats, str, str]) -> dict[str, Any]:
    """What the drawing of a fan takes, but its values."""
    edges = fan.lags.width_m * np.arange(fan.lags.count + 1, dtype=np.float64)
    return {
        "angles": plain_list(fan.angles_deg),
        "edges": plain_list(edges),
        "title": f"扇形 / fan: {plane[0]}",
        "right": plane[2],
        "up": plane[3],
    }


def conventions_figure(group: Group) -> StudyFigure:
    """The model's axes on a stereonet beside their angles in every convention."""
    metal, place = symbol(group.element), where(group)
    return StudyFigure(
        name_of(group, "conventions"),
        "rotation_conventions",
        Words(f"{metal} 椭球三轴与各软件角度：{place.zh}", f"{metal} axes and angles: {place.en}"),
        Words(
            "下半球等面积投影；三轴倾伏向/倾伏角为共同语言，各行同一椭球；Vulcan 第三角符号未核实",
            "lower hemisphere, equal area; trend/plunge of the axes is the common language, all "
            "rows are one ellipsoid; the sign of Vulcan's third angle is unverified",
        ),
        stereonet(group.choices.variogram.orientation),
    )


def plane_in(axes: Floats) -> Floats:
    """Plane of the two longer axes, its up the steeper way: rows right, up, normal.

    Of a level plane, the plan itself: east and north.
    """
    normal = axes[2]
    if abs(normal[2]) > 1.0 - 1e-6:
        return PLAN
    right = np.array([-normal[1], normal[0], 0.0])
    right = right / np.linalg.norm(right)
    up = np.cross(normal, right)
    return plane_of(right if up[2] >= 0 else -right, up if up[2] >= 0 else -up)


def ellipse_in(group: Group, made: VariogramMap) -> list[list[float]]:
    """Where the plan's model reaches its sill in a map's plane."""
    ring = []
    for angle in np.deg2rad(np.arange(0.0, 361.0, 5.0)):
        line = np.sin(angle) * made.plane[0] + np.cos(angle) * made.plane[1]
        reach = effective_range_m(group.choices.variogram, line)
        ring.append([float(reach * np.sin(angle)), float(reach * np.cos(angle))])
    return ring


def plain_list(values: Floats) -> list[float | None]:
    """Numbers as plain values; what is none stays none."""
    return [float(f"{v:.6g}") if np.isfinite(v) else None for v in values]
