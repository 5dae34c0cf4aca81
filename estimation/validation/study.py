"""The topic ``validation``: does the model say what the samples say?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from estimation.engine.krige import Problem, domain_names
from estimation.errors import EstimationError
from estimation.results import Check
from estimation.statement.class_field import classes_of
from estimation.studies import Study, StudyFigure, StudyTable, Words, Workbench
from estimation.validation.checks import (
    block_checks,
    cross_checks,
    look_at_blocks,
    monotone_check,
    swaths_of,
)
from estimation.validation.cross_validation import PLAIN, CrossValidation, cross_validate
from estimation.validation.rules import book, fewest_composites
from estimation.validation.sections import sections
from estimation.validation.support import predict_blocks, support_checks, support_views
from estimation.validation.swaths import Swath

TITLE = Words("检验", "Validation")
HEADINGS = {
    "element": Words("元素", "element"),
    "domain": Words("矿化域", "domain"),
    "left_out": Words("留出", "left out"),
    "method": Words("方法", "method"),
    "n": Words("样品数", "n"),
    "asked": Words("应估数", "asked"),
    "mean_error": Words("平均误差", "mean error"),
    "mean_absolute_error": Words("平均绝对误差", "mean absolute error"),
    "root_mean_square_error": Words("均方根误差", "RMSE"),
    "slope": Words("回归斜率", "slope"),
    "correlation": Words("相关系数", "correlation"),
    "standardized_mean": Words("标准化误差均值", "mean standardized error"),
    "standardized_variance": Words("标准化误差方差", "variance of standardized errors"),
    "coverage_pct": Words("95 % 区间覆盖率 (%)", "95 % coverage (%)"),
    "axis": Words("方向", "axis"),
    "centre_m": Words("条带中心 (m)", "slice centre (m)"),
    "composites": Words("组合样数", "composites"),
    "blocks": Words("块体数", "blocks"),
    "volume_mm3": Words("体积 (百万 m³)", "volume (Mm3)"),
    "composite_mean": Words("组合样均值（去丛聚）", "declustered composites"),
    "estimate": Words("克里格", "kriging"),
    "inverse_distance": Words("距离平方反比", "inverse distance squared"),
    "nearest": Words("最近样", "nearest neighbour"),
}
AXES = {
    "x": Words("东 (m)", "easting (m)"),
    "y": Words("北 (m)", "northing (m)"),
    "z": Words("高程 (m)", "elevation (m)"),
    "major": Words("沿主轴 (m)", "along the major axis (m)"),
    "semi": Words("沿次轴 (m)", "along the semi-major axis (m)"),
    "minor": Words("沿短轴 (m)", "along the minor axis (m)"),
}


def study(bench: Workbench) -> Study:
    """Cross-validation of every element; with a model, everything that compares it with samples."""
    try:
        problem = bench.problem
    except EstimationError as error:
        return Study("validation", TITLE, (), (), (said(error),))
    parts = Parts()
    for element in problem.elements:
        try:
            _cross(problem, element, parts)
            if bench.model is not None:
                _blocks(bench, problem, element, parts)
        except EstimationError as error:
            parts.remarks.append(said(error))
    if bench.model is None:
        parts.remarks.append(
            Words(
                "尚无按本方案估算的模型，仅作交叉验证；请先运行 bornite estimate",
                "no model of this plan yet, so only cross-validation; run bornite estimate first",
            )
        )
    if bench.result is not None:
        parts.checks.append(monotone_check(bench.result.statement))
    tables = (
        _table("cross_validation", "交叉验证", "Cross-validation", parts.cross),
        _table("swaths", "条带对比", "Swaths", parts.swaths),
        _table("change_of_support", "支撑效应", "Change of support", parts.support),
    )
    shown = tuple(table for table in tables if len(table.frame))
    return Study(
        "validation", TITLE, shown, tuple(parts.figures), tuple(parts.remarks), tuple(parts.checks)
    )


class Parts:
    """What the elements add to the study, in plan order."""

    def __init__(self) -> None:
        self.cross: list[dict[str, Any]] = []
        self.swaths: list[dict[str, Any]] = []
        self.support: list[dict[str, Any]] = []
        self.figures: list[StudyFigure] = []
        self.remarks: list[Words] = []
        self.checks: list[Check] = []


def said(error: EstimationError) -> Words:
    """An error as a remark: both languages where it has both."""
    english, _, chinese = str(error).partition(" / ")
    return Words(chinese or english, english)


def _table(name: str, zh: str, en: str, rows: list[dict[str, Any]]) -> StudyTable:
    return StudyTable(name, Words(zh, en), pd.DataFrame(rows), HEADINGS)


def _cross(problem: Problem, element: str, parts: Parts) -> None:
    """By hole and by fold with the plan's method, by hole with the plainer ones; by domain."""
    count = len(problem.elements[element])
    if count < fewest_composites() or np.ptp(problem.elements[element].values) == 0:
        why = f"{count} samples" if count < fewest_composites() else "all grades are alike"
        parts.remarks.append(
            Words(
                f"{element}：样品过少或品位全部相同（{count} 个），未作交叉验证",
                f"{element}: {why}: no cross-validation",
            )
        )
        return
    main = cross_validate(problem, element)
    method = problem.plan.elements[element].method
    parts.cross += list(_cross_rows(problem, main, "hole", method))
    if method in PLAIN:
        folds = int(book()["folds"])
        folded = cross_validate(problem, element, folds)
        parts.cross += [_cross_row(folded, "all", f"{folds} folds", method)]
        for other in ("inverse_distance", "nearest"):
            found = cross_validate(problem, element, "hole", other)
            parts.cross += [_cross_row(found, "all", "hole", other)]
    parts.checks += cross_checks(main)
    if main.tells:
        parts.figures.append(_cross_figure(problem, main))


def _cross_rows(
    problem: Problem, found: CrossValidation, left_out: str, method: str
) -> Iterator[dict[str, Any]]:
    """All domains together, then each."""
    yield _cross_row(found, "all", left_out, method)
    names = domain_names(problem.plan)
    if len(names) > 1:
        for code, name in enumerate(names, start=1):
            yield _cross_row(found.within(code), name, left_out, method)


def _cross_row(found: CrossValidation, domain: str, left_out: str, method: str) -> dict[str, Any]:
    """One line of statistics; blank where there are too few."""
    row: dict[str, Any] = {"element": found.element, "domain": domain}
    row |= {"left_out": left_out, "method": method, "n": found.true.size, "asked": found.asked}
    names = ("mean_error", "mean_absolute_error", "root_mean_square_error", "slope", "correlation")
    row |= {name: getattr(found, name) if found.tells else np.nan for name in names}
    sure = found.tells and found.has_variance
    for name in ("standardized_mean", "standardized_variance"):
        row[name] = getattr(found, name) if sure else np.nan
    row["coverage_pct"] = 100.0 * found.coverage_95 if sure else np.nan
    return row


def _cross_figure(problem: Problem, found: CrossValidation) -> StudyFigure:
    """Scatter of true against estimate, and the errors' histogram."""
    names = domain_names(problem.plan)
    return StudyFigure(
        f"cross_validation_{found.element}",
        "cross_validation",
        Words(f"交叉验证：{found.element}", f"Cross-validation: {found.element}"),
        Words(
            f"逐孔留出；{found.true.size} 个组合样（应估 {found.asked} 个）；虚线 1:1，实线回归线",
            f"each composite from the other holes; n = {found.true.size} of {found.asked}; dashed "
            "1:1, solid regression of true on estimate",
        ),
        {
            "element": found.element,
            "domains": list(names),
            "slope": found.slope,
            "mean_error": found.mean_error,
            "rmse": found.root_mean_square_error,
            "correlation": found.correlation,
        },
        {"true": found.true, "estimate": found.estimate, "domains": found.domains},
    )


def _blocks(bench: Workbench, problem: Problem, element: str, parts: Parts) -> None:
    """Everything that compares the model's blocks with the samples."""
    assert bench.model is not None
    classes_of(bench.model, problem.plan, bench.data.base, bench.data.belt.crs)
    seen = look_at_blocks(bench.model, problem, element)
    if not seen.blocks:
        parts.remarks.append(
            Words(
                f"{element}：模型中无已分类块体，未作块体检验",
                f"{element}: no classified block in the model, so no test of blocks",
            )
        )
        return
    parts.checks += block_checks(problem, element, seen)
    found = swaths_of(problem, element, seen)
    parts.swaths += [row for one in found for row in _swath_rows(problem, element, one)]
    parts.figures.append(_swath_figure(element, found))
    main = element == problem.plan.main_element
    predicted, remarks = predict_blocks(problem, element, seen)
    parts.remarks += remarks
    if predicted is not None:
        rows, figures = support_views(problem, element, seen, predicted)
        parts.support += rows
        parts.figures += figures
        parts.checks += support_checks(element, seen, predicted)
    if main:
        parts.figures += sections(bench.model, problem)


def _swath_rows(problem: Problem, element: str, one: Swath) -> list[dict[str, Any]]:
    """The slices of one axis that hold anything."""
    volume = problem.grid.block_volume_m3 / 1e6
    return [
        {
            "element": element,
            "axis": AXES[one.axis.name].en,
            "centre_m": float(one.axis.centres_m[i]),
            "composites": int(one.samples[i]),
            "blocks": int(one.blocks[i]),
            "volume_mm3": float(one.blocks[i]) * volume,
            "composite_mean": float(one.composites[i]),
            **{name: float(values[i]) for name, values in one.means.items()},
        }
        for i in np.flatnonzero((one.samples > 0) | (one.blocks > 0))
    ]


def _swath_figure(element: str, found: tuple[Swath, ...]) -> StudyFigure:
    """Every axis in a panel; bars count the composites."""
    arrays: dict[str, Any] = {}
    for one in found:
        columns = [one.axis.centres_m, one.composites, *one.means.values(), one.samples]
        arrays[f"swath_{one.axis.name}"] = np.column_stack([*columns, one.blocks])
    widths = "; ".join(
        f"{AXES[s.axis.name].en.split(' (')[0]} {s.axis.width_m:.4g} m" for s in found
    )
    return StudyFigure(
        f"swaths_{element}",
        "validation_swaths",
        Words(f"条带对比：{element}", f"Swaths: {element}"),
        Words(
            f"条带厚为块体尺寸的 2 倍（{widths}）；柱：组合样数（右轴）；已分类块体",
            f"slices two blocks thick ({widths}); bars: number of composites (right axis); blocks "
            "that have a class",
        ),
        {
            "element": element,
            "axes": {s.axis.name: list(AXES[s.axis.name]) for s in found},
            "correlation": {s.axis.name: s.correlation for s in found},
        },
        arrays,
    )
