"""Variography of a deposit: experiment and plan side by side, element by element."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from estimation.errors import EstimationError
from estimation.studies import Study, StudyFigure, StudyTable, Words, Workbench
from estimation.variography.study_cross import cross_study
from estimation.variography.study_figures import (
    conventions_figure,
    estimators_figure,
    map_figure,
    panels_figure,
    symbol,
    where,
)
from estimation.variography.study_groups import (
    Group,
    Shown,
    along_axes,
    downhole,
    groups_of,
    omnidirectional,
)
from estimation.variography.study_judgements import misfit_remarks, nugget_remark
from estimation.variography.study_tables import (
    conventions_table,
    crossed_table,
    curve_rows,
    curves_table,
    decisions_table,
    directions_table,
    models_table,
    nugget_row,
    nugget_table,
)

SCATTERED = 1.2
"""Coefficient of variation above which a variogram of normal scores is to be looked at (domain
practice beside DZ/T 0338.3; unverified)."""


def study(bench: Workbench) -> Study:
    """Every element of the plan: figures, model table, nugget's basis, cross-variograms.

    One element's trouble becomes a remark; the others go on.
    """
    book = _Book()
    for element in bench.data.plan.elements:
        groups: list[Group] = book.tried(element, partial(groups_of, bench, element)) or []
        for group in groups:
            book.tried(element, partial(book.take, group))
    for element in bench.data.plan.elements:
        book.cross(book.tried(element, partial(cross_study, bench, element)))
    return Study(
        "variography",
        Words("变异函数", "Variography"),
        tuple(_tables(bench, book)),
        tuple(book.figures),
        tuple(_status(bench) + book.remarks),
    )


class _Book:
    """What a study collects from one group after another."""

    def __init__(self) -> None:
        self.figures: list[StudyFigure] = []
        self.remarks: list[Words] = []
        self.groups: list[Group] = []
        self.curves: list[dict[str, Any]] = []
        self.directions: list[tuple[Group, Shown]] = []
        self.nuggets: list[dict[str, Any]] = []
        self.crossed: list[dict[str, Any]] = []

    def tried(self, element: str, work: Callable[[], Any]) -> Any:
        """The work's result; None, and a remark, where the data refuse it."""
        try:
            return work()
        except EstimationError as error:
            text = f"{symbol(element)}: {error}"
            self.remarks.append(Words(text, text))
            return None

    def cross(self, found: tuple[StudyFigure, list[dict[str, Any]]] | None) -> None:
        """Keep what an element and its partner gave."""
        if found is not None:
            self.figures.append(found[0])
            self.crossed.extend(found[1])

    def take(self, group: Group) -> None:
        """Work out one group: its experimental variograms, figures, rows and remarks."""
        self.groups.append(group)
        if group.variance <= 1e-12 * group.mean**2:
            raise EstimationError(
                f"{group.element}, {group.domain}: all grades are alike: no variogram / "
                "品位全部相同,无变异函数"
            )
        down = downhole(group)
        shown = [down, *along_axes(group)]
        every = omnidirectional(group)
        self.figures.append(panels_figure(group, shown))
        if group.whole:
            self.figures.append(conventions_figure(group))
            self.figures.append(map_figure(group, every.lags))
            self.figures.append(estimators_figure(group, every.lags))
        for one in (*shown, every):
            self.curves.extend(curve_rows(group, one))
            self.directions.append((group, one))
        self.nuggets.append(nugget_row(group, down))
        self.remarks.extend(_remarks(group, shown))


def _status(bench: Workbench) -> list[Words]:
    """Whether a person has accepted the models, who, when and why."""
    acceptance = bench.data.plan.acceptance
    if acceptance.status == "accepted":
        return [
            Words(
                f"变异函数模型已由 {acceptance.by} 于 {acceptance.date} 审定：{acceptance.reason}",
                f"models accepted by {acceptance.by} on {acceptance.date}: {acceptance.reason}",
            )
        ]
    return [
        Words(
            "变异函数模型为程序建议，尚无人审定；请核对下列各图后在方案中签署（by、date、reason）",
            "models are proposed by the program and accepted by nobody: check the figures below, "
            "then sign the plan (by, date, reason)",
        )
    ]


def _remarks(group: Group, shown: list[Shown]) -> list[Words]:
    """What a reviewer would ask about one group."""
    metal, place = symbol(group.element), where(group)
    found = []
    spread = float(np.sqrt(group.variance) / group.mean) if group.mean > 0 else 0.0
    if group.whole and spread > SCATTERED:
        found.append(
            Words(
                f"{metal}（{place.zh}）：变异系数 {spread:.2f} > {SCATTERED}，请对照正态得分",
                f"{metal} ({place.en}): CV {spread:.2f} > {SCATTERED}: compare the variogram of "
                "normal scores",
            )
        )
    ranges_m = group.choices.variogram.structures[-1].ranges_m
    beyond = [
        (one, range_m, seen_m)
        for one, range_m in zip(shown[1:], ranges_m, strict=True)
        if (seen_m := _seen_m(one)) < range_m
    ]
    if group.whole and beyond:
        zh = "、".join(f"{one.title_zh} {r:g} m（{s:.0f} m）" for one, r, s in beyond)
        en = ", ".join(f"{one.title_en} {r:g} m ({s:.0f} m)" for one, r, s in beyond)
        found.append(
            Words(
                f"{metal}（{place.zh}）：模型变程超出有足够样品对的滞后（括号内），系外推：{zh}",
                f"{metal} ({place.en}): ranges beyond the lags with enough pairs (in brackets) "
                f"are extrapolated: {en}",
            )
        )
    if group.whole:
        found.extend(nugget_remark(group, shown[0], metal, place))
        found.extend(misfit_remarks(group, shown, metal, place))
    return found


def _seen_m(one: Shown) -> float:
    """Distance of the last lag with pairs enough; 0 of none."""
    seen = one.found.distance_m[one.found.usable]
    return float(seen.max()) if seen.size else 0.0


def _tables(bench: Workbench, book: _Book) -> list[StudyTable]:
    """The tables that have something to say."""
    tables = []
    if book.groups:
        tables.append(models_table(bench.data.plan, book.groups))
        tables.append(decisions_table(bench.data.plan))
        tables.append(conventions_table(book.groups))
    if book.nuggets:
        tables.append(nugget_table(book.nuggets))
        tables.append(directions_table(book.directions))
        tables.append(curves_table(pd.DataFrame(book.curves)))
    if book.crossed:
        tables.append(crossed_table(book.crossed))
    return tables
