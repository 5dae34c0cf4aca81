"""The study's part on top cuts: candidates, recommendations with sensitivity, their figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from estimation.exploratory.gather import Grades, symbol, unit
from estimation.exploratory.rules import rule
from estimation.exploratory.statistics import weighted_quantiles
from estimation.exploratory.study_statistics import HEADINGS, Part
from estimation.exploratory.tails import decile_analysis, sichel_mean
from estimation.exploratory.top_cuts import (
    BASES,
    Candidate,
    TopCut,
    candidates,
    evaluate,
    high_yield_distance,
    mean_and_variance,
    recommend,
)
from estimation.studies import StudyFigure, StudyTable, Words

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CutStudy:
    """Candidates, recommendation and reach of high grades of one element in one domain."""

    grades: Grades
    found: tuple[Candidate, ...]
    cut: TopCut
    threshold: float
    """Grade above which the reach of high grades was measured."""
    lags_m: Floats
    correlation: Floats
    reach_m: float
    """NaN: not to be told."""

    @property
    def at_most(self) -> bool:
        """Whether the nearest class with enough pairs is below the limit: the reach is shorter."""
        known = self.lags_m[np.isfinite(self.correlation)]
        return bool(known.size and known[0] == self.reach_m)


def study_cut(grades: Grades) -> CutStudy:
    """Look at one element in one domain."""
    values, weights = grades.values, grades.weights
    found = candidates(values, weights)
    share = np.array([rule("high_yield")["percentile"] / 100.0])
    threshold = float(weighted_quantiles(values, share, weights)[0])
    lags = _lags(float(grades.table["length_m"].median()), grades.spacing_m)
    reach, correlation = high_yield_distance(grades.xyz_m, values, threshold, lags)
    cut = recommend(values, weights, found, precious=grades.precious)
    return CutStudy(grades, found, cut, threshold, lags, correlation, reach)


def _lags(length_m: float, spacing_m: float) -> Floats:
    """Distance classes: steps of a sample down the hole, then of half the drill spacing."""
    short = length_m * (np.arange(1, 7) + 0.5)
    if not spacing_m > 0:
        return np.asarray(short)
    wide = spacing_m * np.arange(0.5, 4.1, 0.5)
    return np.concatenate([short[short < wide[0]], wide])


def of_cuts(studies: tuple[CutStudy, ...]) -> Part:
    """Tables and figures of top cuts, and a remark for each that differs from the plan."""
    if not studies:
        return Part()
    tables = (_decisions(studies), _candidates(studies), _deciles(studies), _reaches(studies))
    figures = tuple(_figure(s) for s in studies if s.found)
    return Part(tables, figures, tuple(_remark(s) for s in studies))


def _names(grades: Grades) -> dict[str, Any]:
    """Columns that name the grades."""
    return {
        "element": symbol(grades.element),
        "unit": unit(grades.element),
        "domain": grades.domain,
    }


CUT_HEADINGS = HEADINGS | {
    "plan_cap": Words("现行方案", "Plan's cap"),
    "recommended_cap": Words("建议值", "Recommended"),
    "cap": Words("特高品位下限", "Cap"),
    "step": Words("档", "Step"),
    "samples_cut": Words("处理样品数", "Samples cut"),
    "cut_share_pct": Words("占 %", "Share %"),
    "metal_removed_pct": Words("去除金属 %", "Metal removed %"),
    "mean_before": Words("均值（前）", "Mean before"),
    "mean_after": Words("均值（后）", "Mean after"),
    "cv_before": Words("变化系数（前）", "CV before"),
    "cv_after": Words("变化系数（后）", "CV after"),
    "note": Words("说明", "Note"),
    "reason": Words("理由", "Reason"),
}


def _effect(c: Candidate, n: int) -> dict[str, Any]:
    """What a cut does, as columns."""
    return {
        "cap": c.cap,
        "samples_cut": c.samples_cut,
        "cut_share_pct": 100.0 * c.samples_cut / n,
        "metal_removed_pct": 100.0 * c.metal_removed_share,
        "mean_before": c.mean_before,
        "mean_after": c.mean_after,
        "cv_before": c.cv_before,
        "cv_after": c.cv_after,
    }


def _decisions(studies: tuple[CutStudy, ...]) -> StudyTable:
    """The plan's cap, the recommended one, and one step either side."""
    rows = []
    for s in studies:
        g, n = s.grades, len(s.grades.values)
        steps: list[tuple[str, Candidate | None]] = [
            ("低一档 / one step below", s.cut.lower),
            ("建议 / recommended", s.cut.chosen),
            ("高一档 / one step above", s.cut.upper),
        ]
        if g.cap is not None:
            plan = evaluate(g.values, g.weights, g.cap, "round", "")
            steps.insert(0, ("现行方案 / plan", plan))
        shown = [(step, c) for step, c in steps if c is not None]
        rows += [{**_names(g), "step": step, **_effect(c, n)} for step, c in shown]
        if not shown:
            even = float(np.average(g.values, weights=g.weights))
            rows.append({**_names(g), "step": "不处理 / no cut", "mean_before": even})
    note = Words(
        "均值、变化系数、去除金属均按去丛聚权重；各档为候选表中相邻的候选值。",
        "Means, CV and metal removed are declustered; the steps are the neighbouring candidates.",
    )
    title = Words("特高品位：建议与敏感性", "Top cuts: recommendation and sensitivity")
    return StudyTable("top_cuts", title, pd.DataFrame(rows), CUT_HEADINGS, note)


def _candidates(studies: tuple[CutStudy, ...]) -> StudyTable:
    """Every candidate with what it does."""
    rows = [
        {
            **_names(s.grades),
            "basis": f"{BASES[c.basis].zh} / {BASES[c.basis].en}",
            "note": c.note,
            **_effect(c, len(s.grades.values)),
        }
        for s in studies
        for c in s.found
    ]
    cited = rule("multiple_of_mean")
    note = Words(
        f"6–8 倍规则：{cited['citation']}，未核对原文；Parrish (1997)；Sichel (1966)。",
        f"6–8 × rule: {cited['citation']}, unverified; Parrish (1997); Sichel (1966).",
    )
    title = Words("特高品位候选值", "Candidates for top cuts")
    return StudyTable("top_cut_candidates", title, pd.DataFrame(rows), CUT_HEADINGS, note)


def _deciles(studies: tuple[CutStudy, ...]) -> StudyTable:
    """Parrish's shares of metal, and Sichel's mean beside the declustered one."""
    rows = []
    for s in studies:
        g = s.grades
        deciles = decile_analysis(g.values, g.weights)
        rows.append(
            {
                **_names(g),
                "n": len(g.values),
                "ninth_decile_pct": 100.0 * deciles.decile_shares[8],
                "top_decile_pct": 100.0 * deciles.decile_shares[9],
                "top_percentile_pct": 100.0 * deciles.percentile_shares[9],
                "needs_cut": deciles.needs_cut,
                "mean": float(np.average(g.values, weights=g.weights)),
                "sichel_mean": sichel_mean(g.values, g.weights),
            }
        )
    limits = rule("decile_analysis")
    heads = HEADINGS | {
        "mean": Words("去丛聚均值", "Declustered mean"),
        "ninth_decile_pct": Words("第 9 十分位金属 %", "Metal in the ninth tenth %"),
        "top_decile_pct": Words("最高 10% 金属 %", "Metal in the top tenth %"),
        "top_percentile_pct": Words("最高 1% 金属 %", "Metal in the top hundredth %"),
        "needs_cut": Words("需处理", "Cut needed"),
        "sichel_mean": Words("Sichel 均值", "Sichel's mean"),
    }
    top, ratio = 100 * limits["top_decile_share"], limits["top_to_ninth_decile"]
    first = 100 * limits["top_percentile_share"]
    note = Words(
        f"Parrish (1997)：最高 10% 样品含金属 > {top:g}%，或 > 第 9 十分位的 {ratio:g} 倍，"
        f"或最高 1% > {first:g}%（未核对原文）。",
        f"Parrish (1997): top tenth > {top:g} % of the metal, or > {ratio:g} × the ninth, or top "
        f"hundredth > {first:g} % (unverified).",
    )
    title = Words("金属集中度与 Sichel 检验", "Concentration of metal and Sichel's check")
    return StudyTable("metal_by_decile", title, pd.DataFrame(rows), heads, note)


def _reaches(studies: tuple[CutStudy, ...]) -> StudyTable:
    """Distance at which high grades have lost their correlation."""
    limits = rule("high_yield")
    rows = [
        {
            **_names(s.grades),
            "threshold": s.threshold,
            "high_samples": int((s.grades.values > s.threshold).sum()),
            "reach_m": s.reach_m,
            "at_most": s.at_most,
        }
        for s in studies
    ]
    heads = HEADINGS | {
        "threshold": Words("高品位界限", "High above"),
        "high_samples": Words("高品位样品数", "High samples"),
        "reach_m": Words("影响距离 m", "Reach m"),
        "at_most": Words("为上限", "At most"),
    }
    note = Words(
        f"高于第 {limits['percentile']:g} 百分位的指示相关系数首次低于 "
        f"{limits['correlation']:g} 的距离（每级 ≥ {limits['least_pairs']} 对；空白为样品对不足"
        "或始终相关；为上限：最近一级即已低于）；可作方案 high_yield 的半径。",
        f"Distance at which the indicator correlogram of grades above P{limits['percentile']:g} "
        f"first falls below {limits['correlation']:g} (classes of {limits['least_pairs']} pairs "
        "and more; blank: too few, or never; at most: already in the nearest class); fit for the "
        "radii of the plan's high_yield.",
    )
    title = Words("高品位的影响距离", "Reach of high grades")
    return StudyTable("high_yield", title, pd.DataFrame(rows), heads, note)


def _figure(s: CutStudy) -> StudyFigure:
    """Mean-and-variance plot, metal removed, indicator correlogram."""
    g = s.grades
    name = symbol(g.element)
    arrays = mean_and_variance(g.values, g.weights)
    arrays |= {"lag_m": s.lags_m, "correlation": s.correlation}
    named = [c for c in s.found if c.basis not in ("percentile", "round")]
    parameters = {
        "element": g.element,
        "cap": g.cap,
        "recommended": s.cut.value,
        "candidates": [
            {"cap": c.cap, "zh": BASES[c.basis].zh, "en": BASES[c.basis].en} for c in named
        ],
        "threshold": s.threshold,
        "reach_m": None if np.isnan(s.reach_m) else s.reach_m,
        "at_most": s.at_most,
        "limit": rule("high_yield")["correlation"],
    }
    caption = Words(
        f"{name}，{g.domain}，{len(g.values)} 件样品，去丛聚。左：特高品位下限与均值、变化系数；"
        f"中：去除的金属与处理样品数，标记为各方法的候选值；右：高于 {s.threshold:.3g} "
        f"{unit(g.element)} 的指示相关系数随距离的变化。",
        f"{name}, {g.domain}, {len(g.values)} samples, declustered. Left: mean and CV against the "
        "cap; middle: metal removed and samples cut, marks are the candidates by rule; right: "
        f"correlogram of the indicator of grades above {s.threshold:.3g} {unit(g.element)}.",
    )
    title = Words(f"{name} 特高品位：{g.domain}", f"{name} top cut: {g.domain}")
    return StudyFigure(f"top_cut_{g.label}", "top_cut", title, caption, parameters, arrays)


def _remark(s: CutStudy) -> Words:
    """The recommendation beside the plan's cap."""
    g = s.grades
    sign = unit(g.element)
    plan_zh = "无" if g.cap is None else f"{g.cap:g} {sign}"
    plan_en = "none" if g.cap is None else f"{g.cap:g} {sign}"
    value_zh = "不处理" if s.cut.value is None else f"{s.cut.value:g} {sign}"
    value_en = "no cut" if s.cut.value is None else f"{s.cut.value:g} {sign}"
    name = symbol(g.element)
    return Words(
        f"特高品位 {name}，{g.domain}：建议 {value_zh}（现行方案 {plan_zh}）。{s.cut.reason.zh}",
        f"Top cut {name}, {g.domain}: recommended {value_en} (plan: {plan_en}). {s.cut.reason.en}",
    )
