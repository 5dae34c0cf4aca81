"""The study's part on distributions: statistics, correlations, groups."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from estimation.exploratory.gather import Grades, symbol, unit
from estimation.exploratory.groups import FACTORS, Group, by_group, factor_columns
from estimation.exploratory.statistics import (
    PERCENTILES,
    Correlation,
    Statistics,
    correlations,
    describe,
)
from estimation.results import Check
from estimation.studies import StudyFigure, StudyTable, Words
from geo.drillholes.reading import Drillholes

Floats = npt.NDArray[np.float64]

POINTS = 1500
"""Most points of a scatter plot; more are thinned evenly."""

HEADINGS = {
    "element": Words("元素", "Element"),
    "domain": Words("矿化域", "Domain"),
    "basis": Words("口径", "Basis"),
    "n": Words("样品数", "n"),
    "holes": Words("工程数", "Holes"),
    "mean": Words("均值", "Mean"),
    "sd": Words("标准差", "SD"),
    "cv": Words("变化系数", "CV"),
    "skewness": Words("偏度", "Skewness"),
    "minimum": Words("最小值", "Min"),
    "maximum": Words("最大值", "Max"),
    "geometric_mean": Words("几何均值", "Geometric mean"),
    "not_positive": Words("≤ 0 样品", "n ≤ 0"),
    "effective_n": Words("有效样品数", "Effective n"),
    "unit": Words("单位", "Unit"),
    "median": Words("中位数", "Median"),
    "source": Words("样品", "Samples"),
    "first": Words("元素甲", "First"),
    "second": Words("元素乙", "Second"),
    "pearson": Words("皮尔逊 r", "Pearson r"),
    "spearman": Words("斯皮尔曼 ρ", "Spearman ρ"),
    "pearson_logs": Words("对数 r", "Pearson r of logs"),
    "n_logs": Words("对数样品数", "n of logs"),
}
"""Headings that the tables share."""
_PERCENTILE_HEADINGS = HEADINGS | {
    f"p{text.replace('.', '_')}": Words(f"P{text}", f"P{text}")
    for text in (f"{p:g}" for p in PERCENTILES)
}


@dataclass(frozen=True)
class Part:
    """Tables and figures of one part of a study."""

    tables: tuple[StudyTable, ...] = ()
    figures: tuple[StudyFigure, ...] = ()
    remarks: tuple[Words, ...] = ()
    checks: tuple[Check, ...] = ()


def of_distributions(grades: tuple[Grades, ...], cuts: dict[tuple[str, str], float]) -> Part:
    """Statistics of every element and domain; histogram and log-probability of each.

    ``cuts``: recommended top cuts by element and domain, drawn beside the plan's.
    """
    if not grades:
        return Part()
    rows = [row for g in grades for row in _bases(g)]
    frame = pd.DataFrame([{**names, **s.row()} for names, s in rows])
    named = ["element", "unit", "domain", "basis"]
    tail = [f"p{p:g}".replace(".", "_") for p in PERCENTILES]
    note = Words(
        "去丛聚权与全部引用统计一致；标准差除数为权和；几何均值只计大于零的样品；"
        "分位数按权重中点（Hazen）。",
        "Declustering weights are those of every statistic quoted; SD divides by the sum of the "
        "weights; the geometric mean counts grades above zero; percentiles stand at the middle of "
        "each weight (Hazen).",
    )
    title = Words("统计量：元素 × 矿化域", "Statistics by element and domain")
    rest = Words("分位数：元素 × 矿化域", "Percentiles by element and domain")
    tables = (
        StudyTable("statistics", title, frame.drop(columns=tail), HEADINGS, note),
        StudyTable("percentiles", rest, frame[[*named, *tail]], _PERCENTILE_HEADINGS),
    )
    figures = tuple(_distribution(g, cuts.get((g.element, g.domain))) for g in grades)
    return Part(tables, figures)


BASES = {
    "raw": "原始 raw",
    "length": "样长加权 by length",
    "declustered": "去丛聚 declustered",
    "capped": "去丛聚、处理后 capped",
}
"""What statistics are taken of: the plan's caps, declustering weights."""


def _bases(grades: Grades) -> list[tuple[dict[str, Any], Statistics]]:
    """Raw, length-weighted (where lengths differ), declustered, and declustered under the cap."""
    values, length = grades.values, grades.table["length_m"].to_numpy(dtype=float)
    bases: list[tuple[str, Floats, Floats | None]] = [(BASES["raw"], values, None)]
    if np.ptp(length) > 0.01 * float(length.mean()):
        bases.append((BASES["length"], values, length))
    bases.append((BASES["declustered"], values, grades.weights))
    if grades.cap is not None:
        capped = np.minimum(values, grades.cap)
        bases.append((BASES["capped"], capped, grades.weights))
    holes = int(grades.table["hole_id"].nunique())
    named = {"element": symbol(grades.element), "unit": unit(grades.element)}
    place = {"domain": grades.domain, "holes": holes}
    return [
        ({**named, **place, "basis": basis}, describe(cut, weights))
        for basis, cut, weights in bases
    ]


def _distribution(grades: Grades, recommended: float | None) -> StudyFigure:
    """Histogram and log-probability plot."""
    raw, even = describe(grades.values), describe(grades.values, grades.weights)
    name, of = symbol(grades.element), grades.where
    caption = Words(
        f"{name}，{of.zh}，{raw.n} 件样品；实心为去丛聚频率，轮廓为原始频率；"
        "对数概率图上直线即对数正态；红虚线为现行特高品位下限，灰点线为本次建议。",
        f"{name}, {of.en}, {raw.n} samples; filled: declustered, outline: raw; on the "
        "log-probability plot a straight line is lognormal; red dashes: the plan's cap, grey dots: "
        "the one recommended here.",
    )
    parameters = {
        "element": grades.element,
        "cap": grades.cap,
        "recommended": recommended,
        "n": raw.n,
        "mean": raw.mean,
        "declustered_mean": even.mean,
        "cv": even.cv,
    }
    return StudyFigure(
        f"distribution_{grades.label}",
        "grade_distribution",
        Words(f"{name} 分布：{of.zh}", f"{name} distribution: {of.en}"),
        caption,
        parameters,
        {"values": grades.values, "weights": grades.weights},
    )


def of_correlations(grades: tuple[Grades, ...]) -> Part:
    """Correlation of the elements sampled together, by domain, and the scatter matrices."""
    rows, figures = [], []
    places = dict.fromkeys((g.source, g.domain) for g in grades)
    for source, domain in places:
        group = [g for g in grades if (g.source, g.domain) == (source, domain)]
        names = [g.element for g in group]
        if len(names) < 2:
            continue
        table = pd.concat([g.table[names] for g in group])
        table = table[~table.index.duplicated()]
        found = correlations(table, names)
        for c in found:
            told = asdict(c) | {"first": symbol(c.first), "second": symbol(c.second)}
            rows.append({"domain": domain, "source": source, **told})
        figures.append(_scatter(table, names, found, group[0]))
    if not rows:
        return Part()
    title = Words("相关系数矩阵", "Correlation matrix")
    note = Words(
        "pearson_logs：自然对数的相关系数，两者均大于零；source：基本分析或组合分析样品。",
        "pearson_logs: of natural logarithms, both grades above zero; source: basic or combined "
        "samples.",
    )
    return Part((StudyTable("correlation", title, pd.DataFrame(rows), HEADINGS, note),),
                tuple(figures))  # fmt: skip


def _scatter(
    table: pd.DataFrame, names: list[str], found: tuple[Correlation, ...], of: Grades
) -> StudyFigure:
    """Scatter matrix of the elements of one domain."""
    step = max(1, -(-len(table) // POINTS))
    shown = table.iloc[::step]
    which = Words("组合分析" if of.source == "combined" else "基本分析", of.source)
    zh = f"（图上每 {step} 件取 1 件）" if step > 1 else ""
    en = f" (one in {step} drawn)" if step > 1 else ""
    caption = Words(
        f"{of.where.zh}，{which.zh}样品 {len(table)} 件{zh}；左下为散点与回归线，右上为相关系数"
        "（r 皮尔逊，ρ 斯皮尔曼，r ln 对数），均按全部样品计算。",
        f"{of.where.en}, {len(table)} {which.en} samples{en}; below: scatter with regression line; "
        "above: correlations of all samples (r Pearson, ρ Spearman, r ln of logarithms).",
    )
    label = "".join(sign if sign.isalnum() else "_" for sign in f"{of.domain}_{of.source}")
    return StudyFigure(
        f"scatter_{label}",
        "scatter_matrix",
        Words(f"散点矩阵：{of.where.zh}，{which.zh}", f"Scatter matrix: {of.where.en}, {which.en}"),
        caption,
        {"elements": names, "correlations": [asdict(c) for c in found]},
        {name: shown[name].to_numpy(dtype=float) for name in names},
    )


def of_groups(grades: tuple[Grades, ...], drillholes: Drillholes) -> Part:
    """Statistics and box plots by domain, campaign, laboratory and drill type."""
    rows: list[dict[str, Any]] = []
    figures, untold = [], set()
    for element in dict.fromkeys(g.element for g in grades):
        own = [g for g in grades if g.element == element]
        panels = [_panel(Words("矿化域", "domain"), [(g.domain, describe(g.values), describe(
            g.values, g.weights).mean) for g in own])]  # fmt: skip
        for g in own:
            factors, missing = factor_columns(drillholes, g.table)
            untold |= set(missing)
            found = by_group(g, factors)
            rows += [_group_row(group) for group in found]
            if g is own[-1]:
                panels += _group_panels(found)
        figures.append(_boxes(element, panels, len(own) > 1))
    remarks = tuple(
        Words(
            f"资料中未注明{FACTORS[f].zh}，不能按其统计",
            f"the tables don't tell the {FACTORS[f].en}: no statistics by it",
        )
        for f in FACTORS
        if f in untold
    )
    title = Words("按勘查阶段、化验室、工程类型", "By campaign, laboratory and drill type")
    note = Words(
        "组合样取其中点处样品的化验室；空白为未注明。去丛聚均值按全域权重。",
        "A composite has the laboratory of the assay at its middle; blank: not told. Declustered "
        "means are under the whole domain's weights.",
    )
    heads = _PERCENTILE_HEADINGS | {
        "factor": Words("分组", "Grouped by"),
        "group": Words("组", "Group"),
        "declustered_mean": Words("去丛聚均值", "Declustered mean"),
    }
    if not rows:
        return Part((), tuple(figures), remarks)
    return Part((StudyTable("groups", title, pd.DataFrame(rows), heads, note),), tuple(figures),
                remarks)  # fmt: skip


def _group_row(group: Group) -> dict[str, Any]:
    """One row of the table of groups."""
    raw = group.raw
    return {
        "element": symbol(group.element),
        "unit": unit(group.element),
        "domain": group.domain,
        "factor": f"{FACTORS[group.factor].zh} / {FACTORS[group.factor].en}",
        "group": group.name,
        "n": raw.n,
        "holes": group.holes,
        "mean": raw.mean,
        "declustered_mean": group.declustered_mean,
        "cv": raw.cv,
        "minimum": raw.minimum,
        "p25": raw.p25,
        "median": raw.p50,
        "p75": raw.p75,
        "p95": raw.p95,
        "maximum": raw.maximum,
    }


def _group_panels(found: list[Group]) -> list[dict[str, Any]]:
    """A panel of boxes for each factor with two groups and more, at most twelve boxes."""
    panels = []
    for factor in dict.fromkeys(group.factor for group in found):
        own = [group for group in found if group.factor == factor]
        if len(own) > 1:
            boxes = [(g.name or "—", g.raw, g.declustered_mean) for g in own[:12]]
            panels.append(_panel(FACTORS[factor], boxes))
    return panels


def _panel(title: Words, boxes: list[tuple[str, Statistics, float]]) -> dict[str, Any]:
    """Boxes as the drawing takes them."""
    return {
        "title": {"zh": title.zh, "en": title.en},
        "boxes": [
            {"label": label, "n": s.n, "p5": s.p5, "p25": s.p25, "p50": s.p50, "p75": s.p75,
             "p95": s.p95, "mean": s.mean, "declustered_mean": even}
            for label, s, even in boxes
        ],
    }  # fmt: skip


def _boxes(element: str, panels: list[dict[str, Any]], several: bool) -> StudyFigure:
    """Box plots of one element."""
    name = symbol(element)
    where = Words("各域合计", "all domains together") if several else Words("全部", "all samples")
    caption = Words(
        f"{name}：盒为四分位，须为 5%–95%，菱形为均值，叉为去丛聚均值，下为样品数；"
        f"按阶段、化验室、类型者为{where.zh}。",
        f"{name}: boxes are quartiles, whiskers 5–95 %, diamond the mean, cross the declustered "
        f"mean, n below; campaigns, laboratories and types are of {where.en}.",
    )
    title = Words(f"{name} 箱线图", f"{name} box plots")
    return StudyFigure(f"boxes_{name.lower()}", "box_plots", title, caption,
                       {"element": element, "panels": panels})  # fmt: skip
