"""A block explained, as tables and figures of a study."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from estimation.engine.again import (
    CHOSEN,
    ENOUGH,
    HIGH_FAR,
    HOLE_FULL,
    OUTSIDE_PASS,
    SECTOR_FULL,
    sectors_of,
    what_became,
)
from estimation.engine.krige import domain_names, identities
from estimation.explain import REASONS, BlockExplained, ElementExplained
from estimation.results import grade_unit
from estimation.studies import Study, StudyFigure, StudyTable, Words, Workbench

Floats = npt.NDArray[np.float64]

NEAREST_LEFT_OUT = 200
"""Samples not taken that are listed, of each element."""

BECAME = {
    HOLE_FULL: Words("本孔样品已满", "its hole is full"),
    SECTOR_FULL: Words("本扇区样品已满", "its sector is full"),
    ENOUGH: Words("更近的样品已够", "enough nearer samples"),
    HIGH_FAR: Words("特高品位, 距离超限", "high grade, too far away"),
}

HEADINGS = {
    "element": Words("元素", "Element"),
    "method": Words("方法", "Method"),
    "hole_id": Words("钻孔", "Hole"),
    "from_m": Words("自 (m)", "From (m)"),
    "to_m": Words("至 (m)", "To (m)"),
    "easting_m": Words("东坐标 (m)", "Easting (m)"),
    "northing_m": Words("北坐标 (m)", "Northing (m)"),
    "elevation_m": Words("高程 (m)", "Elevation (m)"),
    "domain": Words("矿化域", "Domain"),
    "grade": Words("品位", "Grade"),
    "capped": Words("截止后品位", "Grade as capped"),
    "distance_m": Words("距离 (m)", "Distance (m)"),
    "distance_radii": Words("距离 (搜索半径)", "Distance (search radii)"),
    "sector": Words("扇区", "Sector"),
    "weight": Words("权重", "Weight"),
    "why": Words("未选原因", "Why not taken"),
    "pass": Words("搜索次序", "Pass"),
    "samples": Words("样品数", "Samples"),
    "holes": Words("钻孔数", "Holes"),
    "sum_of_weights": Words("权重和", "Sum of weights"),
    "weighted_grade": Words("加权品位", "Weighted grade"),
    "estimate_again": Words("重算估值", "Solved again"),
    "estimate_stored": Words("模型存值", "Stored"),
    "relative_difference": Words("相对差", "Relative difference"),
    "negative_weights": Words("负权重和", "Negative weights"),
    "variance_again": Words("重算方差", "Variance again"),
    "variance_stored": Words("存储方差", "Variance stored"),
    "slope": Words("回归斜率", "Slope"),
    "efficiency": Words("克里格效率", "Efficiency"),
    "lagrange": Words("拉格朗日乘子", "Lagrange"),
    "inverse_distance": Words("距离平方反比", "Inverse distance"),
    "nearest": Words("最近样品", "Nearest"),
    "mean_distance_m": Words("平均距离 (m)", "Mean distance (m)"),
    "class_name": Words("类别", "Class"),
    "limit": Words("要求", "Limit"),
    "asked": Words("规定值", "Asked"),
    "found": Words("实有值", "Found"),
    "met": Words("满足", "Met"),
}
_UNITS = {"pct": "%", "ppm": "g/t", "gpt": "g/t"}


def study_of(found: BlockExplained, bench: Workbench) -> Study:
    """Tables, figures and remarks of one block."""
    samples = {e.element: _samples(e, bench) for e in found.elements}
    name = "-".join(map(str, found.index))
    return Study(
        topic="explain",
        title=Words(f"块体 {name} 的估值说明", f"Block {name} explained"),
        tables=tuple(_tables(found, samples)),
        figures=tuple(
            _figure(found, e, samples[e.element]) for e in found.elements if len(samples[e.element])
        ),
        remarks=_remarks(found),
    )


def _samples(one: ElementExplained, bench: Workbench) -> pd.DataFrame:
    """Samples within the pass's ellipsoid, nearest first, with what became of each."""
    became, apart = what_became(one.found, one.found.near.block_m)
    rows = np.flatnonzero(became != OUTSIDE_PASS)
    if not rows.size:
        return pd.DataFrame()
    rows = rows[np.lexsort((rows, apart[rows]))]
    samples, centre = one.found.samples, one.found.near.block_m
    weight = np.full(len(samples), np.nan)
    if one.solution is not None:
        weight[one.found.rows] = one.solution.weights
    offsets = samples.xyz_m - centre
    frame = _composites(one, bench).reindex(samples.identity[rows]).reset_index(drop=True)
    domains = np.array(["", *domain_names(bench.problem.plan)])
    turned = offsets @ one.found.axes.T
    return frame.assign(
        easting_m=samples.xyz_m[rows, 0],
        northing_m=samples.xyz_m[rows, 1],
        elevation_m=samples.xyz_m[rows, 2],
        domain=domains[samples.domains[rows]],
        capped=samples.values[rows],
        distance_m=np.linalg.norm(offsets[rows], axis=1),
        distance_radii=apart[rows],
        sector=sectors_of(one.found.search_pass, turned[rows]),
        weight=weight[rows],
        verdict=became[rows],
    )


def _composites(one: ElementExplained, bench: Workbench) -> pd.DataFrame:
    """Hole, depths and grade before the cap of every sample, by its identity."""
    table = bench.samples[bench.problem.plan.elements[one.element].source].table
    kept = table[["hole_id", "from_m", "to_m"]].assign(grade=table[one.element])
    frame = kept.set_index(pd.Index(identities(table), name="identity"))
    return frame[~frame.index.duplicated()]


def _tables(found: BlockExplained, samples: dict[str, pd.DataFrame]) -> list[StudyTable]:
    """The block, its elements, samples taken, samples not taken, class limits."""
    tables = [
        StudyTable(
            "elements",
            Words("估值:重算与模型存值", "Estimates: solved again, and stored in the model"),
            pd.DataFrame([_element_row(e) for e in found.elements]),
            HEADINGS,
            Words(
                "重算为稠密方程组独立求解; 差值为相对差。品位按元素单位。",
                "Solved again by one dense system; the difference is relative. Grades in the "
                "element's unit.",
            ),
        ),
        StudyTable(
            "quality",
            Words("估值质量", "What stands behind the estimates"),
            pd.DataFrame([_quality_row(e) for e in found.elements]),
            HEADINGS,
            Words("方差按元素单位的平方。", "Variances in the element's unit squared."),
        ),
    ]
    taken = [f[f["verdict"] == CHOSEN].assign(element=n) for n, f in samples.items() if len(f)]
    left = [
        f[f["verdict"] != CHOSEN].head(NEAREST_LEFT_OUT).assign(element=n)
        for n, f in samples.items()
        if len(f)
    ]
    if any(len(frame) for frame in taken):
        tables.append(_sample_table("samples", taken))
    if any(len(frame) for frame in left):
        tables.append(_sample_table("not_taken", left))
    if found.class_of:
        frame = pd.DataFrame([vars(limit) for limit in found.class_of.limits])
        title = Words("资源量类别的各项要求", "Limits of every class, and what the block has")
        tables.append(StudyTable("class_limits", title, frame, HEADINGS))
    return tables


def _sample_table(name: str, frames: list[pd.DataFrame]) -> StudyTable:
    """Samples taken, or samples within the ellipsoid that were not."""
    frame = pd.concat([f for f in frames if len(f)], ignore_index=True)
    taken = name == "samples"
    places = ["hole_id", "from_m", "to_m", "easting_m", "northing_m", "elevation_m", "domain"]
    columns = ["element", *places, "grade", "capped", "distance_m", "distance_radii", "sector"]
    if taken:
        frame = frame[[*columns, "weight"]]
        title = Words("参与估值的样品", "Samples that made the estimates")
    else:
        why = frame["verdict"].map(lambda code: f"{BECAME[code].zh} / {BECAME[code].en}")
        frame = frame.assign(why=why)[[*columns, "why"]]
        title = Words("搜索椭球内未选的样品", "Samples within the search that were not taken")
    note = Words(
        "品位按元素单位; 扇区自 1 起, 0 为不分扇区。",
        "Grades in the element's unit; sectors from 1, 0 without sectors.",
    )
    return StudyTable(name, title, frame, HEADINGS, note)


def _element_row(one: ElementExplained) -> dict[str, Any]:
    """One element's numbers."""
    solution, stored = one.solution, one.stored or {}
    weights = solution.weights if solution else np.empty(0)
    values = one.found.near.values
    return {
        "element": one.element,
        "method": one.method,
        "pass": one.found.number,
        "samples": len(weights),
        "holes": len(np.unique(one.found.samples.holes[one.found.rows])) if len(weights) else 0,
        "sum_of_weights": float(weights.sum()) if len(weights) else np.nan,
        "weighted_grade": float(weights @ values) if len(weights) else np.nan,
        "estimate_again": solution.estimate if solution else np.nan,
        "estimate_stored": stored.get("estimate", np.nan),
        "relative_difference": one.difference if one.difference is not None else np.nan,
    }


def _quality_row(one: ElementExplained) -> dict[str, Any]:
    """One element's variance and diagnostics."""
    solution, stored = one.solution, one.stored or {}
    weights = solution.weights if solution else np.empty(0)
    kept = ("slope", "efficiency", "lagrange", "inverse_distance", "nearest", "mean_distance_m")
    return {
        "element": one.element,
        "negative_weights": float(np.minimum(weights, 0.0).sum()) if len(weights) else np.nan,
        "variance_again": solution.variance if solution else np.nan,
        "variance_stored": stored.get("variance", np.nan),
        **{name: stored.get(name, np.nan) for name in kept},
    }


def _remarks(found: BlockExplained) -> tuple[Words, ...]:
    """Where the block is, what it is, and what is wrong with it."""
    east, north, up = found.centre_m
    share = float(found.place.share[0])
    domain = found.domain or "—"
    remarks = [
        Words(
            f"块体中心 {east:.1f} E, {north:.1f} N, {up:.1f} m; 矿化域 {domain}, 占 {share:.3f}; "
            f"最近三孔平均距离 {found.place.mean_distance_m[0]:.1f} m。",
            f"Block centre {east:.1f} E, {north:.1f} N, {up:.1f} m; domain {domain}, share "
            f"{share:.3f}; mean distance to the nearest three holes "
            f"{found.place.mean_distance_m[0]:.1f} m.",
        )
    ]
    if not found.domain:
        remarks.append(REASONS[6])
    for one in found.elements:
        remarks += _element_remarks(one)
    if found.class_of:
        name, by = found.class_of.name, found.class_of.decided_by
        remarks.append(Words(f"类别 {name}: {by.zh}。", f"Class {name}: {by.en}."))
    return tuple(remarks)


def _element_remarks(one: ElementExplained) -> list[Words]:
    """What is to be said of one element."""
    found = []
    if one.solution is None:
        code = int(one.stored["reason"]) if one.stored else 1
        words = REASONS[min(code, len(REASONS) - 1)]
        found.append(Words(f"{one.element}: 未估值, {words.zh}", f"{one.element}: {words.en}"))
    if one.found.choices.indicators:
        found.append(
            Words(
                f"{one.element}: 所列权重为中间边界品位的指示克里格权重。",
                f"{one.element}: the weights listed are those of the middle cut-off's indicator.",
            )
        )
    if one.found.choices.partner:
        found.append(
            Words(
                f"{one.element}: 协同克里格, 权重由引擎对单位品位的响应得出; 其余来自协同元素。",
                f"{one.element}: cokriged; weights are the engine's answers to unit grades, and "
                "what they leave of the estimate comes from the partner.",
            )
        )
    if not one.agrees:
        found.append(
            Words(
                f"{one.element}: 重算与存值不符",
                f"{one.element}: solved again, the estimate differs from the one stored",
            )
        )
    return found


def _figure(found: BlockExplained, one: ElementExplained, samples: pd.DataFrame) -> StudyFigure:
    """Plan and section with the weights as circles."""
    taken = samples["verdict"] == CHOSEN
    places = ["easting_m", "northing_m", "elevation_m"]
    radii = np.array(one.found.search_pass.radii_m)
    symbol = one.element.split("_", 1)[0].capitalize()
    count, others = int(taken.sum()), int((~taken).sum())
    unit = _UNITS.get(grade_unit(one.element), "")
    return StudyFigure(
        name=f"weights-{one.element}",
        drawing="block_weights",
        title=Words(f"{symbol} 的样品与权重", f"{symbol}: samples and their weights"),
        caption=Words(
            f"平面与东西向剖面投影; {count} 个样品参与, {others} 个未选; 圆面积与权重绝对值成正比, "
            f"填色为品位 ({unit}); 虚线为第 {one.found.number} 次搜索椭球的投影。",
            f"Plan, and a section looking north, all samples projected; {count} samples taken, "
            f"{others} within the search not taken; a circle's area goes by its weight, its colour "
            f"by grade ({unit}); dashed: outline of the search ellipsoid of pass "
            f"{one.found.number}.",
        ),
        parameters={"symbol": symbol, "unit": unit},
        arrays={
            "block_m": found.centre_m,
            "block_size_m": np.array(found.size_m),
            "taken_m": samples.loc[taken, places].to_numpy(float),
            "weight": samples.loc[taken, "weight"].to_numpy(float),
            "grade": samples.loc[taken, "capped"].to_numpy(float),
            "others_m": samples.loc[~taken, places].to_numpy(float),
            "ellipsoid_m": one.found.axes.T * radii,
        },
    )
