"""Tables of the variography study: models, their angles, the nugget's basis, every point."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from estimation.plan import Plan
from estimation.studies import StudyTable, Words
from estimation.variography.experimental import FEWEST_PAIRS
from estimation.variography.study_groups import Group, Shown
from estimation.variography.study_judgements import drawn_back
from estimation.variography.views import conventions, model_table

HEADINGS = {
    "element": Words("元素", "element"),
    "domain": Words("矿化域", "domain"),
    "structure": Words("结构", "structure"),
    "sill": Words("基台 (品位²)", "sill (grade²)"),
    "sill_share": Words("占总基台", "share of the sill"),
    "major_range_m": Words("长轴变程 (m)", "major range (m)"),
    "semi_major_range_m": Words("中轴变程 (m)", "semi-major range (m)"),
    "minor_range_m": Words("短轴变程 (m)", "minor range (m)"),
    "major_trend_plunge": Words("长轴 倾伏向/倾伏角", "major trend/plunge"),
    "semi_major_trend_plunge": Words("中轴 倾伏向/倾伏角", "semi-major trend/plunge"),
    "minor_trend_plunge": Words("短轴 倾伏向/倾伏角", "minor trend/plunge"),
    "gslib_deg": Words("GSLIB ang1, ang2, ang3", "GSLIB ang1, ang2, ang3"),
    "leapfrog_deg": Words("Leapfrog 倾角, 倾向, 侧伏角", "Leapfrog dip, dip azimuth, pitch"),
    "datamine_deg": Words("Datamine ZXZ 角 1, 2, 3", "Datamine ZXZ angle 1, 2, 3"),
    "status": Words("状态", "status"),
    "by": Words("审定人", "accepted by"),
    "date": Words("日期", "date"),
    "reason": Words("理由", "reason"),
    "direction": Words("方向", "direction"),
    "trend_plunge": Words("倾伏向/倾伏角", "trend/plunge"),
    "lag_m": Words("滞后距 (m)", "lag (m)"),
    "lag_tolerance_m": Words("滞后容差 (m)", "lag tolerance (m)"),
    "tolerance_deg": Words("角容差 (°)", "angular tolerance (°)"),
    "bandwidth_m": Words("半带宽 (m)", "half bandwidth (m)"),
    "sill_declustered": Words("解丛聚方差 (品位²)", "declustered variance (grade²)"),
    "pairs": Words("样品对", "pairs"),
    "misfit_share": Words("模型偏差/基台", "misfit, share of sill"),
    "distance_m": Words("平均距离 (m)", "mean distance (m)"),
    "gamma": Words("γ (品位²)", "γ (grade²)"),
    "model_gamma": Words("模型 γ (品位²)", "model γ (grade²)"),
}


def models_table(plan: Plan, groups: list[Group]) -> StudyTable:
    """Nugget, structures, sills, ranges, axes and angles; whether accepted."""
    acceptance = plan.acceptance
    frames = []
    for group in _modelled(groups):
        frame = model_table(group.choices.variogram)
        frame.insert(0, "element", group.element)
        frame.insert(1, "domain", group.domain)
        frame["status"] = acceptance.status
        frames.append(frame)
    return StudyTable(
        "variogram_models",
        Words("变异函数模型（方案）", "Variogram models of the plan"),
        pd.concat(frames, ignore_index=True).fillna({"gslib_deg": "—"}),
        HEADINGS,
        Words(
            "变程：球状、立方模型为实际变程，指数、高斯、Matérn 为达 95 % 的变程（GSLIB 约定）。"
            "角度仅为视图，比较椭球应比较三轴方向。GSLIB 取长轴向下的形式（ang2 ≤ 0）",
            "Ranges: where spherical and cubic models end, the practical 95 % range of the others "
            "(GSLIB). Angles are views: ellipsoids are compared by their axes. GSLIB's are in the "
            "form whose major axis points down (ang2 <= 0)",
        ),
    )


def decisions_table(plan: Plan) -> StudyTable:
    """Who accepted each element's model, when, and the reason that the plan gives."""
    acceptance = plan.acceptance
    rows = [
        {
            "element": name,
            "status": acceptance.status,
            "by": acceptance.by or "—",
            "date": str(acceptance.date or "—"),
            "reason": element.reason,
        }
        for name, element in plan.elements.items()
    ]
    title = Words("模型的审定与理由", "Who decided the models, and why")
    return StudyTable("decisions", title, pd.DataFrame(rows), HEADINGS)


def _modelled(groups: list[Group]) -> list[Group]:
    """Groups with a model of their own: all samples, and domains whose choices differ."""
    whole = {g.element: g.choices for g in groups if g.whole}
    return [g for g in groups if g.whole or g.choices is not whole.get(g.element)]


def conventions_table(groups: list[Group]) -> StudyTable:
    """The same ellipsoids in every program's angles."""
    frames = []
    for group in _modelled(groups):
        frame = conventions(group.choices.variogram.orientation)
        frame.insert(0, "element", group.element)
        frame.insert(1, "domain", group.domain)
        frames.append(frame)
    return StudyTable(
        "conventions",
        Words("同一椭球，各软件的角度", "One ellipsoid in each program's angles"),
        pd.concat(frames, ignore_index=True),
        {
            **HEADINGS,
            "convention": Words("约定", "convention"),
            "angles": Words("角", "angles"),
            "values_deg": Words("度", "degrees"),
        },
        Words(
            "三轴倾伏向/倾伏角可在赤平投影网上核对；Vulcan 第三角的符号未经其导出文件核实",
            "trend/plunge of the three axes can be checked on a stereonet; the sign of Vulcan's "
            "third angle was not verified against an export",
        ),
    )


def nugget_row(group: Group, down: Shown) -> dict[str, Any]:
    """What the nugget rests on: the first lags down the hole, and their line drawn back to zero."""
    found = down.found
    use = np.flatnonzero(found.usable & np.isfinite(found.gamma))[:2]
    row: dict[str, Any] = {"element": group.element, "domain": group.domain}
    row["lag_m"] = down.lags.width_m
    for place, i in zip(("first", "second"), use, strict=False):
        row[f"{place}_distance_m"] = found.distance_m[i]
        row[f"{place}_gamma"] = found.gamma[i]
        row[f"{place}_pairs"] = int(found.pairs[i])
    back = drawn_back(found)
    total = group.choices.variogram.total_sill
    row["extrapolated"] = back
    row["extrapolated_share"] = back / total
    row["plan_nugget"] = group.choices.variogram.nugget
    row["plan_share"] = group.choices.variogram.nugget / total
    return row


def nugget_table(rows: list[dict[str, Any]]) -> StudyTable:
    """Basis of the nugget, element by element."""
    return StudyTable(
        "nugget_basis",
        Words("块金的依据", "What the nugget rests on"),
        pd.DataFrame(rows),
        {
            **HEADINGS,
            "first_distance_m": Words("第一滞后 (m)", "first lag (m)"),
            "first_gamma": Words("第一 γ (品位²)", "first γ (grade²)"),
            "first_pairs": Words("第一滞后样品对", "pairs of the first"),
            "second_distance_m": Words("第二滞后 (m)", "second lag (m)"),
            "second_gamma": Words("第二 γ (品位²)", "second γ (grade²)"),
            "second_pairs": Words("第二滞后样品对", "pairs of the second"),
            "extrapolated": Words("外推到零 (品位²)", "drawn back to zero (grade²)"),
            "extrapolated_share": Words("外推值占基台", "drawn back, share of sill"),
            "plan_nugget": Words("方案块金 (品位²)", "plan's nugget (grade²)"),
            "plan_share": Words("方案块金占基台", "plan's nugget, share of sill"),
        },
        Words(
            f"沿孔前两个不少于 {FEWEST_PAIRS} 对的滞后连线外推；组合样的块金小于原始样品的块金",
            f"the line of the first two lags down the hole with at least {FEWEST_PAIRS} pairs, "
            "drawn back to zero; composites have a smaller nugget than assays",
        ),
    )


def directions_table(directions: list[tuple[Group, Shown]]) -> StudyTable:
    """Settings of each direction, and how far the plan's model lies off it."""
    rows = []
    for group, one in directions:
        lags, omni = one.lags, one.name == "omnidirectional"
        along = one.name not in ("omnidirectional", "downhole")
        rows.append(
            {
                "element": group.element,
                "domain": group.domain,
                "direction": one.name,
                "trend_plunge": "—" if omni else one.trend_plunge,
                "lag_m": lags.width_m,
                "lag_tolerance_m": lags.lag_tolerance_m,
                "tolerance_deg": lags.tolerance_deg if along else None,
                "bandwidth_m": lags.bandwidth_m if along else None,
                "pairs": int(one.found.pairs.sum()),
                "sill_declustered": group.variance,
                "misfit_share": one.misfit(group.choices),
            }
        )
    return StudyTable(
        "directions",
        Words("方向与设置", "Directions and settings"),
        pd.DataFrame(rows).astype({"tolerance_deg": float, "bandwidth_m": float}),
        HEADINGS,
        Words(
            "偏差：模型与实验值之差的均方根（按样品对加权）除以模型总基台；全向一行按长轴的模型",
            "misfit: root mean square of model less experiment, weighted by pairs, over the "
            "model's sill; the omnidirectional row takes the model along its major axis",
        ),
    )


def curve_rows(group: Group, one: Shown) -> list[dict[str, Any]]:
    """Every point of one experimental variogram, with the model there."""
    found = one.found
    seen = np.flatnonzero(found.pairs > 0)
    model = one.model(group.choices, found.distance_m[seen])
    return [
        {
            "element": group.element,
            "domain": group.domain,
            "direction": one.name,
            "trend_plunge": "—" if one.name == "omnidirectional" else one.trend_plunge,
            "pairs": int(found.pairs[i]),
            "distance_m": found.distance_m[i],
            "gamma": found.gamma[i],
            "model_gamma": m,
        }
        for i, m in zip(seen, model, strict=True)
    ]


def curves_table(curves: pd.DataFrame) -> StudyTable:
    """Every experimental point."""
    return StudyTable(
        "experimental",
        Words("实验变异函数", "Experimental variograms"),
        curves,
        HEADINGS,
        Words(
            f"传统（Matheron）估计量，绝对值；少于 {FEWEST_PAIRS} 对的点仅供参考",
            f"traditional (Matheron) estimator, absolute; points below {FEWEST_PAIRS} pairs are "
            "shown but count for nothing",
        ),
    )


def crossed_table(rows: list[dict[str, Any]]) -> StudyTable:
    """Every point of the cross-variograms."""
    return StudyTable(
        "cross_variograms",
        Words("交叉变异函数", "Cross-variograms"),
        pd.DataFrame(rows),
        {
            **HEADINGS,
            "elements": Words("元素", "elements"),
            "kind": Words("类型", "kind"),
            "gamma": Words("γ (两单位之积)", "γ (product of the units)"),
            "level": Words("基台水平", "level"),
        },
    )
