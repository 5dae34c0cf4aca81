"""Figures of a statement's study: what they show, as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from estimation.models.store_read import VintageReader
from estimation.plan import CLASSES, Plan
from estimation.results import ResourceStatement, grade_unit
from estimation.statement.class_field import ClassField, classes_of
from estimation.studies import StudyFigure, Words

Floats = npt.NDArray[np.float64]

_SIGN = {"pct": "%", "gpt": "g/t", "ppm": "g/t"}


def figures_of_statement(
    model: VintageReader,
    plan: Plan,
    statement: ResourceStatement,
    classes: ClassField,
    collars_m: Floats,
) -> tuple[StudyFigure, ...]:
    """Curves, class section and plan, shares, and benches where the plan has them."""
    frames = {
        b.name: pd.DataFrame(list(b.rows), columns=list(b.columns)) for b in statement.breakdowns
    }
    figures = [_curves(plan, frames["grade_tonnage"]), *_cuts(model, plan, classes, collars_m)]
    figures.append(_shares(plan, statement))
    if len(frames.get("benches", ())):
        figures.append(_benches(plan, frames["benches"]))
    return tuple(figures)


def _labels(plan: Plan) -> dict[str, Any]:
    """Symbol, unit and cut-off of the main element."""
    main = plan.main_element
    name, unit = main.split("_", 1)[0].capitalize(), _SIGN[grade_unit(main)]
    cutoff = plan.cutoffs.reporting
    return {
        "symbol": name,
        "unit": unit,
        "reporting_cutoff": cutoff,
        "cutoff": f"{name} ≥ {cutoff:g} {unit}",
    }


def _by_class(plan: Plan, frame: pd.DataFrame, by: list[str]) -> dict[str, npt.NDArray[Any]]:
    """Ore (Mt) and mean grade of each class along sorted values of some columns."""
    main = plan.main_element
    metal = frame[f"{main}.metal_t"].astype(float).fillna(0.0)
    factor = 1e-2 if grade_unit(main) == "pct" else 1e-6
    frame = frame.assign(metal=metal)
    index = pd.MultiIndex.from_frame(frame[by].drop_duplicates().sort_values(by))
    arrays: dict[str, npt.NDArray[Any]] = {
        name: index.get_level_values(name).to_numpy(dtype=float) for name in by
    }
    for name in CLASSES:
        part = frame[frame["class"] == name]
        if not part["ore_t"].sum() > 0:
            continue
        sums = part.groupby(by)[["ore_t", "metal"]].sum()
        sums = sums.reindex(index if len(by) > 1 else index.get_level_values(0)).fillna(0.0)
        ore = sums["ore_t"].to_numpy(dtype=float)
        with np.errstate(invalid="ignore", divide="ignore"):
            grade = sums["metal"].to_numpy(dtype=float) / ore / factor
        arrays |= {f"{name}_ore_mt": ore / 1e6, f"{name}_grade": grade}
    return arrays


def _curves(plan: Plan, frame: pd.DataFrame) -> StudyFigure:
    """Grade-tonnage by class, all domains."""
    arrays = _by_class(plan, frame, ["cutoff"])
    arrays["cutoffs"] = arrays.pop("cutoff")
    labels = _labels(plan)
    count = arrays["cutoffs"].size
    return StudyFigure(
        "grade_tonnage",
        "class_curves",
        Words("品位–吨位曲线（分类别）", "Grade-tonnage by class"),
        Words(
            f"{count} 个边界品位，全部矿化域；实线为矿石量，虚线为平均品位，点线为报告边界品位"
            f"（{labels['cutoff']}）；各类别不相加，纵轴各图不同。",
            f"{count} cut-offs, all domains; tonnes solid, grade dashed, reported cut-off dotted "
            f"({labels['cutoff']}); classes are not added, and each panel has its own scale.",
        ),
        {k: labels[k] for k in ("symbol", "unit", "reporting_cutoff")},
        arrays,
    )


def _cuts(
    model: VintageReader, plan: Plan, classes: ClassField, collars_m: Floats
) -> list[StudyFigure]:
    """Section and level plan through most classified blocks, beside what the rules alone give."""
    plain = plan.classification.model_copy(update={"smoothing": None, "overrides": (), "caps": ()})
    rules = classes_of(model, plan.model_copy(update={"classification": plain})).codes
    grid, codes = model.grid, classes.codes
    row = int(np.argmax((codes > 0).sum(axis=(0, 2))))
    level = int(np.argmax((codes > 0).sum(axis=(1, 2))))
    cuts: list[tuple[str, Any, Any, str, float]] = [
        ("section", codes[:, row], rules[:, row], "z", float(grid.centres_m(1)[row])),
        ("plan", codes[level], rules[level], "y", float(grid.centres_m(2)[level])),
    ]
    figures = []
    for kind, shown, before, up, at in cuts:
        arrays: dict[str, npt.NDArray[Any]] = {
            "classes": shown,
            "across_m": grid.edges_m(0),
            "up_m": grid.edges_m("xyz".index(up)),
        }
        if not np.array_equal(rules, codes):
            arrays["before"] = before
        counts = ", ".join(f"{n} {int((shown == c).sum())}" for c, n in enumerate(CLASSES, 1))
        if kind == "plan":
            arrays["collars"] = collars_m
            title = Words(
                f"资源量类别平面图（标高 {at:.1f} m）", f"Classes, level plan at {at:.1f} m"
            )
        else:
            title = Words(
                f"资源量类别剖面图（北 {at:.1f} m）", f"Classes, section at north {at:.1f} m"
            )
        caption = Words(
            f"块段 {grid.spec.block_m[0]:g}×{grid.spec.block_m[1]:g}×{grid.spec.block_m[2]:g} m；"
            f"本图块段数：{counts}。字母标于最大的一片。坐标与成矿带一致，单位 m。",
            f"Blocks of {grid.spec.block_m[0]:g} x {grid.spec.block_m[1]:g} x "
            f"{grid.spec.block_m[2]:g} m; blocks shown: {counts}. A letter stands in the largest "
            "patch of each class. Coordinates of the belt, metres.",
        )
        figures.append(
            StudyFigure(f"class_{kind}", "class_cut", title, caption, {"kind": kind}, arrays)
        )
    return figures


def _shares(plan: Plan, statement: ResourceStatement) -> StudyFigure:
    """Ore of each class by domain."""
    rows = statement.at_cutoff()
    domains = list(dict.fromkeys(row.domain for row in rows))
    ore = np.zeros((len(domains), len(CLASSES)))
    for row in rows:
        ore[domains.index(row.domain), CLASSES.index(row.class_name)] += row.ore_t
    total = np.maximum(ore.sum(axis=1, keepdims=True), 1e-12)
    labels = _labels(plan)
    parameters = {
        "domains": domains,
        "share": [[round(float(v), 1) for v in line] for line in 100.0 * ore / total],
        "cutoff": labels["cutoff"],
    }
    return StudyFigure(
        "class_shares",
        "class_shares",
        Words("各矿化域的类别构成", "Classes by domain"),
        Words(
            f"{len(domains)} 个矿化域，{labels['cutoff']}；柱上百分数为占该矿化域矿石量的比例。",
            f"{len(domains)} domains, {labels['cutoff']}; the share on each bar is of its domain's "
            "ore.",
        ),
        parameters,
        {"ore_mt": ore / 1e6},
    )


def _benches(plan: Plan, frame: pd.DataFrame) -> StudyFigure:
    """Ore and grade by bench."""
    labels = _labels(plan)
    arrays = _by_class(plan, frame, ["bottom_m", "top_m"])
    count = arrays["bottom_m"].size
    return StudyFigure(
        "bench_profile",
        "bench_profile",
        Words("中段资源量与品位", "Ore and grade by bench"),
        Words(
            f"{count} 个中段，高 {plan.statement.bench_m:g} m，{labels['cutoff']}；"
            "块段按中心归入中段。",
            f"{count} benches of {plan.statement.bench_m:g} m, {labels['cutoff']}; a block belongs "
            "to the bench that its centre lies in.",
        ),
        {k: labels[k] for k in ("symbol", "unit", "cutoff")},
        arrays,
    )
