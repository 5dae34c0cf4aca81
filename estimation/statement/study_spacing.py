"""Class distances of a plan against exploration spacing, as a study's table and remarks."""

from __future__ import annotations

import pandas as pd

from estimation.plan import Plan, Spacing
from estimation.statement.spacing import (
    SpacingCheck,
    check_spacing,
    check_type,
    spacing_of,
    type_of_kind,
)
from estimation.statement.standards import class_names
from estimation.studies import StudyTable, Words


def spacing_table(plan: Plan, kind: object) -> StudyTable:
    """Class distances against the cited spacing, or against the one that the kind suggests."""
    cited = plan.classification.spacing
    spacing, found = _against_spacing(plan, kind)
    frame = pd.DataFrame(
        [
            {
                "class": c.class_name,
                "type": spacing.body_type,
                "plan_m": c.distance_m,
                "spacing_m": c.cited_m,
                "within": "是 / yes" if c.within else "否 / no",
            }
            for c in found
        ]
    )
    whose = (
        Words("方案所引", "cited by the plan")
        if cited
        else Words("按矿床类型建议", "suggested by kind")
    )
    strike, dip = spacing.indicated_m
    note = Words(
        f"控制工程间距 {strike:g} × {dip:g} m（{whose.zh}）；{spacing.citation}。",
        f"Indicated spacing {strike:g} x {dip:g} m ({whose.en}); {spacing.citation}.",
    )
    headings = {
        "class": Words("类别", "Class"),
        "type": Words("勘查类型", "Type"),
        "plan_m": Words("方案距离 m", "Plan's distance, m"),
        "spacing_m": Words("间距给出 m", "Of the spacing, m"),
        "within": Words("不超出", "Within"),
    }
    title = Words("分类距离与勘查工程间距", "Class distances against exploration spacing")
    return StudyTable("class_spacing", title, frame, headings, note)


def _against_spacing(plan: Plan, kind: object) -> tuple[Spacing, tuple[SpacingCheck, ...]]:
    """The spacing that the plan cites, else the one that the deposit's kind suggests."""
    rules = plan.classification
    words = f"{getattr(kind, 'zh', '')} {getattr(kind, 'en', '')}"
    spacing = rules.spacing or spacing_of(type_of_kind(words))
    return spacing, tuple(check_spacing(rules.model_copy(update={"spacing": spacing})))


def spacing_remarks(plan: Plan, kind: object) -> tuple[Words, ...]:
    """Distances that exceed the spacing's, and a cited spacing beyond its table's row."""
    rules = plan.classification
    spacing, found = _against_spacing(plan, kind)
    wide = [c for c in found if not c.within]
    remarks = []
    if wide:
        names = [class_names(c.class_name) for c in wide]
        ours = "/".join(f"{c.distance_m:g}" for c in wide)
        theirs = "/".join(f"{c.cited_m:.1f}" for c in wide)
        zh = "所引" if rules.spacing else "按矿床类型建议的"
        en = "cited" if rules.spacing else "suggested by the deposit's kind"
        remarks.append(
            Words(
                f"{'、'.join(n['gb'] for n in names)}：方案的分类距离 {ours} m，大于由{zh}"
                f"勘查工程间距（{spacing.body_type} 类型）得出的 {theirs} m；须由人工说明理由。",
                f"{', '.join(n['jorc'] for n in names)}: the plan's class distances of {ours} m "
                f"exceed {theirs} m of the exploration spacing {en} (type {spacing.body_type}); "
                "a person must give the reason.",
            )
        )
    if rules.spacing and not check_type(rules.spacing).within:
        remarks.append(
            Words(
                f"所引间距大于 {rules.spacing.body_type} 类型的规定",
                f"the cited spacing is wider than type {rules.spacing.body_type} allows",
            )
        )
    return tuple(remarks)
