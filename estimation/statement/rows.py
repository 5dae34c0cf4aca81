"""The resource statement: tonnes, grade and metal by class, domain and cut-off.

By-products repeat the main element's ore (伴生 elements have no cut-off of their own) and are
counted only where they were evaluated. An element that its samples support only to a class has its
metal in the row of that class, that of surer ore with it; in the surer rows it is blank.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from estimation.engine.krige import domain_names
from estimation.models.store_read import VintageReader
from estimation.plan import CLASSES, Plan
from estimation.results import METAL_PER_GRADE, ElementFigure, StatementRow, grade_unit
from estimation.statement.class_field import classes_of
from estimation.statement.density import fixed_densities
from estimation.statement.tally import Counted, Tally, count_blocks
from estimation.statement.volumes import Share


def state_rows(
    model: VintageReader,
    plan: Plan,
    densities_tpm3: Mapping[str, float],
    share: Share,
    cutoffs: Iterable[float],
) -> tuple[StatementRow, ...]:
    """Rows over ``share`` of each block by one density for each domain, classes surest first."""
    counted = Counted(classes_of(model, plan), fixed_densities(densities_tpm3), share)
    cutoffs = tuple(cutoffs)
    return rows_of(count_blocks(model, plan, counted, cutoffs), cutoffs)


def limits_of(plan: Plan) -> dict[str, int]:
    """Code of the surest class that each element's own samples support; the main one has none."""
    chosen = {name: element.class_limit for name, element in plan.elements.items()}
    chosen |= {name: element.class_limit for name, element in plan.derived.items()}
    limits = {name: CLASSES.index(limit) + 1 for name, limit in chosen.items()}
    return limits | {plan.main_element: 1}


def rows_of(
    tally: Tally, cutoffs: Iterable[float], cells: pd.DataFrame | None = None
) -> tuple[StatementRow, ...]:
    """Rows of a tally, or of some of its cells, at some of its edges."""
    cells = tally.cells if cells is None else cells
    domains = domain_names(tally.plan)
    rows = []
    for cutoff in sorted(set(cutoffs)):
        step = tally.edges.index(cutoff)
        for (class_code, domain_code), part in _groups(tally, cells):
            held = part[part["step"] > step]
            figures = figures_of(tally.plan, held, class_code)
            own = held[held["class_code"] == class_code]
            row = StatementRow(
                CLASSES[class_code - 1],
                domains[domain_code - 1],
                cutoff,
                float(own["volume_m3"].sum()),
                float(own["ore_t"].sum()),
                figures,
            )
            rows.append(((class_code, domain_code, cutoff), row))
    return tuple(row for _, row in sorted(rows, key=lambda pair: pair[0]))


def _groups(tally: Tally, cells: pd.DataFrame) -> list[tuple[tuple[int, int], pd.DataFrame]]:
    """Class and domain of each row with the domain's cells: where there is ore, or metal of surer
    ore that is stated in this class."""
    limits = set(limits_of(tally.plan).values())
    groups = []
    for domain_code in sorted(set(cells["domain_code"].astype(int))):
        part = cells[cells["domain_code"] == domain_code]
        present = set(part["class_code"].astype(int))
        stated = present | {limit for limit in limits if any(c < limit for c in present)}
        groups += [((code, domain_code), part) for code in sorted(stated)]
    return groups


def figures_of(plan: Plan, cells: pd.DataFrame, class_code: int) -> dict[str, ElementFigure]:
    """Figures of every element in one class; ``cells``: all classes of the ground in question."""
    codes = cells["class_code"].to_numpy()
    figures = {}
    for name, limit in limits_of(plan).items():
        part = cells[np.maximum(codes, limit) == class_code]
        metal, evaluated = (float(part[f"{name}.{k}"].sum()) for k in ("metal_t", "evaluated_t"))
        figures[name] = figure_of(name, metal, evaluated, float(part["ore_t"].sum()))
    return figures


def figure_of(name: str, metal_t: float, evaluated_t: float, over_t: float) -> ElementFigure:
    """One figure from its sums; evaluated nowhere it has no grade (blank is not zero)."""
    factor = METAL_PER_GRADE[grade_unit(name)]
    grade = metal_t / evaluated_t / factor if evaluated_t > 0 else None
    return ElementFigure(grade, metal_t, evaluated_t, over_t)
