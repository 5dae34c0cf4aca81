"""The topic ``neighbourhood``: trials at representative blocks, and what they recommend."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from estimation.engine.krige import domain_names
from estimation.errors import EstimationError
from estimation.neighbourhood.advice import Advice, advise
from estimation.neighbourhood.trials import Ground, Trial, look_at, run_trials
from estimation.studies import Study, StudyFigure, StudyTable, Words, Workbench

TITLE = Words("邻域分析", "Neighbourhood analysis")
VARIABLES = {
    "block": Words("块体边长 (m)", "block size (m)"),
    "samples": Words("样品数", "samples"),
    "points": Words("离散点数", "discretization points"),
    "search": Words("搜索半径 (m)", "search radius (m)"),
}
CHOICES = {
    "block": Words("块体尺寸 (m)", "block size (m)"),
    "max_samples": Words("最多样品数", "maximum samples"),
    "min_samples": Words("最少样品数", "minimum samples"),
    "points": Words("离散点", "discretization"),
    "search": Words("搜索半径 (m)", "search radii (m)"),
}
BLOCKS = {
    "well": Words("工程密", "well informed"),
    "medium": Words("中等", "medium"),
    "poor": Words("工程稀", "poorly informed"),
    "average": Words("平均", "average"),
}
HEADINGS = {
    "element": Words("元素", "element"),
    "domain": Words("矿化域", "domain"),
    "variable": Words("变量", "variable"),
    "setting": Words("取值", "setting"),
    "block": Words("块体", "block"),
    "efficiency_pct": Words("克里格效率 (%)", "kriging efficiency (%)"),
    "slope": Words("回归斜率", "slope of regression"),
    "negative_weights_pct": Words("负权之和 (%)", "negative weights (%)"),
    "samples": Words("样品数", "samples"),
    "estimated_pct": Words("已估块体 (%)", "blocks estimated (%)"),
    "block_variance_share": Words("块方差/基台", "block variance over sill"),
    "choice": Words("参数", "choice"),
    "planned": Words("方案", "plan"),
    "recommended": Words("建议", "recommended"),
    "agrees": Words("一致", "agrees"),
    "reason_zh": Words("理由", "reason (zh)"),
    "reason_en": Words("理由（英）", "reason"),
    "easting_m": Words("东 (m)", "easting (m)"),
    "northing_m": Words("北 (m)", "northing (m)"),
    "elevation_m": Words("高程 (m)", "elevation (m)"),
}


def study(bench: Workbench) -> Study:
    """Trials of every element in every domain; what can't be looked at is a remark."""
    remarks: list[Words] = []
    looks: list[tuple[Ground, tuple[Trial, ...], tuple[Advice, ...]]] = []
    try:
        problem = bench.problem
    except EstimationError as error:
        return Study("neighbourhood", TITLE, (), (), (_said(error),))
    for element in problem.elements:
        for domain in domain_names(problem.plan):
            try:
                ground = look_at(problem, element, domain)
                trials = run_trials(ground)
            except EstimationError as error:
                remarks.append(_said(error))
                continue
            advice = advise(ground, trials)
            looks.append((ground, trials, advice))
            if element == problem.plan.main_element:  # the others are in the table
                remarks += [_remark(ground, one) for one in advice if not one.agrees]
    if not looks:
        return Study("neighbourhood", TITLE, (), (), tuple(remarks))
    return Study(
        "neighbourhood",
        TITLE,
        _tables(looks),
        tuple(_figure(number, *look) for number, look in enumerate(looks, start=1)),
        tuple(remarks),
    )


def _said(error: EstimationError) -> Words:
    """An error as a remark: both languages where it has both."""
    english, _, chinese = str(error).partition(" / ")
    return Words(chinese or english, english)


def _remark(ground: Ground, advice: Advice) -> Words:
    """One recommendation that the plan does not follow."""
    name = CHOICES[advice.choice]
    where = f"{ground.element}, {ground.domain}"
    return Words(
        f"{where}：{name.zh} 建议 {advice.recommended}（方案 {advice.planned}）："
        f"{advice.reason.zh}",
        f"{where}: {name.en} {advice.recommended} recommended (plan: {advice.planned}): "
        f"{advice.reason.en}",
    )


def _tables(looks: list[Any]) -> tuple[StudyTable, ...]:
    """Recommendations, the representative blocks, and every trial."""
    advice, blocks, trials = [], [], []
    for ground, tried, advised in looks:
        where = {"element": ground.element, "domain": ground.domain}
        advice += [{**where, **_advice_row(one)} for one in advised]
        blocks += [{**where, **_block_row(ground, name)} for name in ground.chosen]
        trials += [{**where, **row} for trial in tried for row in _trial_rows(ground, trial)]
    return (
        StudyTable(
            "neighbourhood_advice", Words("建议", "Recommendations"), pd.DataFrame(advice), HEADINGS
        ),
        StudyTable(
            "neighbourhood_blocks",
            Words("代表性块体", "Representative blocks"),
            pd.DataFrame(blocks),
            HEADINGS,
            Words(
                "按方案第一搜索轮次的回归斜率排序，取第 90、50、10 百分位的块体",
                "ranked by slope of regression under the plan's first pass: 90th, 50th and 10th "
                "percentile",
            ),
        ),
        StudyTable(
            "neighbourhood_trials",
            Words("试算", "Trials"),
            pd.DataFrame(trials),
            HEADINGS,
            Words(
                "每次只改一项，其余按方案第一搜索轮次；普通克里格；最少样品与最少工程不限",
                "one choice changed at a time, the others as in the plan's first pass; ordinary "
                "kriging; no minimum of samples or holes",
            ),
        ),
    )


def _advice_row(advice: Advice) -> dict[str, Any]:
    return {
        "choice": CHOICES[advice.choice].en,
        "planned": advice.planned,
        "recommended": advice.recommended,
        "agrees": advice.agrees,
        "reason_zh": advice.reason.zh,
        "reason_en": advice.reason.en,
    }


def _block_row(ground: Ground, name: str) -> dict[str, Any]:
    place = ground.centres_m[ground.chosen[name]]
    names = ("easting_m", "northing_m", "elevation_m")
    return {"block": BLOCKS[name].en, **dict(zip(names, place.tolist(), strict=True))}


def _trial_rows(ground: Ground, trial: Trial) -> list[dict[str, Any]]:
    """One row for each representative block, and one for the average."""
    rows = []
    for name in (*ground.chosen, "average"):
        at = None if name == "average" else ground.chosen[name]
        found = {
            key: trial.mean(key) if at is None else float(getattr(trial, key)[at])
            for key in ("efficiency", "slope", "negative", "samples")
        }
        rows.append(
            {
                "variable": VARIABLES[trial.variable].en,
                "setting": trial.label,
                "block": BLOCKS[name].en,
                "efficiency_pct": 100.0 * found["efficiency"],
                "slope": found["slope"],
                "negative_weights_pct": 100.0 * found["negative"],
                "samples": found["samples"],
                "estimated_pct": 100.0 * trial.estimated if at is None else np.nan,
                "block_variance_share": trial.block_variance,
            }
        )
    return rows


def _figure(
    number: int, ground: Ground, trials: tuple[Trial, ...], advice: tuple[Advice, ...]
) -> StudyFigure:
    """Efficiency and slope against each variable, the recommended and the planned marked."""
    marks = {"block": "block", "samples": "max_samples", "points": "points", "search": "search"}
    chosen = {one.choice: one.value for one in advice}
    arrays: dict[str, Any] = {}
    for variable in VARIABLES:
        some = [t for t in trials if t.variable == variable]
        arrays[f"{variable}_x"] = np.array([t.value for t in some])
        for key in ("efficiency", "slope", "negative"):
            rows = [getattr(t, key)[list(ground.chosen.values())] for t in some]
            means = np.array([[t.mean(key)] for t in some])
            arrays[f"{variable}_{key}"] = np.hstack([np.array(rows), means])
    names = {
        "zh": [BLOCKS[n].zh for n in (*ground.chosen, "average")],
        "en": [BLOCKS[n].en for n in (*ground.chosen, "average")],
    }
    where = f"{ground.element}, {ground.domain}"
    count = len(ground.centres_m)
    return StudyFigure(
        f"neighbourhood_{number:02d}",
        "neighbourhood",
        Words(f"邻域分析：{where}", f"Neighbourhood analysis: {where}"),
        Words(
            f"克里格效率（左轴，%）与回归斜率（右轴）；三个代表性块体及 {count} 个块体的平均；"
            "实竖线：建议值；点竖线：方案值",
            f"Kriging efficiency (left, %) and slope of regression (right) at three representative "
            f"blocks and on average over {count} blocks; solid upright line: recommended; dotted: "
            "the plan",
        ),
        {
            "names": names,
            "variables": {v: [w.zh, w.en] for v, w in VARIABLES.items()},
            "recommended": {v: chosen[c] for v, c in marks.items()},
            "planned": _planned(ground),
        },
        arrays,
    )


def _planned(ground: Ground) -> dict[str, float]:
    """Where the plan lies on each axis of the figure."""
    base = ground.planned
    return {
        "block": base.block_m[0],
        "samples": float(base.search.max_samples),
        "points": float(np.prod(base.points)),
        "search": base.search.radii_m[0],
    }
