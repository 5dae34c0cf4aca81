"""The figures of one deposit, asked for with all that they show."""

from __future__ import annotations

from typing import Any

import numpy as np

from estimation.plan import CLASSES
from estimation.results import DepositResult
from reporting.figures.store import FigureStore, Plate
from reporting.report import SiteReport
from reporting.rounding import printed
from reporting.sums import element_sum, of_class, ore_t
from reporting.units import Text, grade_display, symbol

UNCLASSED = Text(
    "品位图中淡色者为未分类块段，不计入资源量。",
    "Pale blocks beside the classes have a grade but no class: no resource.",
)


def deposit_plates(
    report: SiteReport, result: DepositResult, store: FigureStore, *, places_shown: bool = True
) -> dict[str, Plate | None]:
    """Grade-tonnage, section, level plan and swath plates; None where there is nothing to draw.

    Without ``places_shown`` only what has no coordinate: the grade-tonnage curves.
    """
    plates: dict[str, Plate | None] = dict.fromkeys(("grade_tonnage", "section", "plan", "swath"))
    cutoffs = sorted({row.cutoff for row in result.statement.rows})
    if len(cutoffs) > 1:
        svg = store.svg("grade_tonnage", None, grade_tonnage_parameters(result))
        plates["grade_tonnage"] = Plate(svg, *_grade_tonnage_words(result))
    source = report.figures.get((result.deposit_id, result.vintage.isoformat()))
    if not places_shown or source is None or not source.exists():
        return plates
    parameters = block_parameters(result)
    with np.load(source, allow_pickle=False) as stored:
        names = set(stored.files)
        places = {
            key: float(stored[key])
            for key in ("section_y_m", "section_half_width_m", "plan_z_m")
            if key in names
        }
    if "section_cu" in names:
        svg = store.svg("section", source, parameters)
        plates["section"] = Plate(svg, *_section_words(result, places))
    if "plan_cu" in names:
        svg = store.svg("plan", source, parameters)
        plates["plan"] = Plate(svg, *_plan_words(result, places))
    if any(name.startswith("swath_") for name in names):
        main = result.statement.main_element
        unit = {"symbol": symbol(main), "unit": grade_display(main).sign}
        plates["swath"] = Plate(store.svg("swath", source, unit), *_swath_words(result))
    return plates


def grade_tonnage_parameters(result: DepositResult) -> dict[str, Any]:
    """Tonnes in Mt and mean grade by cut-off and class."""
    statement = result.statement
    main = statement.main_element
    cutoffs = sorted({row.cutoff for row in statement.rows})
    classes: dict[str, dict[str, list[float | None]]] = {}
    for name in CLASSES:
        kept = [of_class(statement.at_cutoff(cutoff), name) for cutoff in cutoffs]
        if any(kept):
            classes[name] = {
                "ore_mt": [round(ore_t(rows) / 1e6, 6) for rows in kept],
                "grade": [element_sum(rows, main).grade for rows in kept],
            }
    return {
        "cutoffs": cutoffs,
        "classes": classes,
        "reporting_cutoff": statement.reporting_cutoff,
        "symbol": symbol(main),
        "unit": grade_display(main).sign,
    }


def block_parameters(result: DepositResult) -> dict[str, Any]:
    """Bins of grade for every block figure of the deposit, and the main element's unit."""
    statement = result.statement
    cutoffs = sorted({row.cutoff for row in statement.rows} | {statement.reporting_cutoff})
    top = max(cutoffs)
    bins = [value for value in cutoffs if value > 0]
    bins += [round(top * factor, 6) for factor in (1.5, 2.0, 3.0)][: max(0, 8 - len(bins))]
    return {
        "bins": bins,
        "reporting_cutoff": statement.reporting_cutoff,
        "symbol": symbol(statement.main_element),
        "unit": grade_display(statement.main_element).sign,
    }


def _grade_tonnage_words(result: DepositResult) -> tuple[Text, Text]:
    """Alternative text and caption of the grade-tonnage figure."""
    main = symbol(result.statement.main_element)
    alt = Text("品位吨位曲线，数据见上表", "Grade-tonnage curves; the table above has the data")
    caption = Text(
        f"品位吨位曲线（分类别，不相加）：左为大于边界品位的矿石量，右为其 {main} 平均品位。",
        f"Grade-tonnage by class, not added: ore above each cut-off (left) and its mean {main} "
        "grade (right).",
    )
    return alt, caption


def _section_words(result: DepositResult, places: dict[str, float]) -> tuple[Text, Text]:
    """Alternative text and caption of the vertical section."""
    main = symbol(result.statement.main_element)
    north = printed(places.get("section_y_m"), 0)
    half = printed(places.get("section_half_width_m"), 0)
    alt = Text(
        "东西向垂直剖面：块段品位与资源量类别", "East-west section: grade and class of blocks"
    )
    caption = Text(
        f"东西向垂直剖面（向北看），北坐标 {north} m ± {half} m，纵横比 1:1；上（左）为 {main} "
        "品位与组合样，下（右）为资源量类别（M 探明、I 控制、F 推断）。" + UNCLASSED.zh,
        f"East-west section looking north at northing {north} m ± {half} m, no vertical "
        f"exaggeration: {main} grade with composites, and resource class (M measured, "
        "I indicated, F inferred). " + UNCLASSED.en,
    )
    return alt, caption


def _plan_words(result: DepositResult, places: dict[str, float]) -> tuple[Text, Text]:
    """Alternative text and caption of the level plan."""
    main = symbol(result.statement.main_element)
    level = printed(places.get("plan_z_m"), 0)
    alt = Text("中段平面图：块段品位与资源量类别", "Level plan: grade and class of blocks")
    caption = Text(
        f"{level} m 中段平面图（上北）：{main} 品位与资源量类别；+ 为钻孔孔口。" + UNCLASSED.zh,
        f"Level plan at {level} m, north up: {main} grade and resource class; + drill-hole "
        "collars. " + UNCLASSED.en,
    )
    return alt, caption


def _swath_words(result: DepositResult) -> tuple[Text, Text]:
    """Alternative text and caption of the swath figure."""
    alt = Text("条带图：估算与组合样的平均品位", "Swath plots of estimates and composites")
    caption = Text(
        "条带图（每条两个块段宽）：克里格、距离平方反比、最近样与去丛聚组合样的平均品位。",
        "Swaths two blocks wide: mean grade of kriging, inverse distance squared, nearest "
        "neighbour and declustered composites.",
    )
    return alt, caption
