"""Grades by campaign, laboratory and drill type, as far as the tables tell them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from estimation.exploratory.gather import Grades
from estimation.exploratory.statistics import Statistics, describe
from estimation.studies import Words
from geo.drillholes.reading import Drillholes

FACTORS: dict[str, Words] = {
    "campaign": Words("勘查阶段（工程）", "campaign"),
    "delivered": Words("资料交付日期", "delivered as of"),
    "laboratory": Words("化验室", "laboratory"),
    "hole_type": Words("工程类型", "drill type"),
}
"""What samples are grouped by. ``delivered``: the campaign of the configuration that the hole came
with, where the collars name none."""


@dataclass(frozen=True)
class Group:
    """Statistics of the samples of one campaign, laboratory or drill type."""

    element: str
    domain: str
    factor: str
    name: str
    """Empty: not told for these samples."""
    holes: int
    raw: Statistics
    declustered_mean: float
    """Under the weights of the whole domain."""


def factor_columns(holes: Drillholes, table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Columns (factor names) of each composite's campaign, laboratory and drill type, as text.

    A composite has its hole's campaign and type, and the laboratory of the assay at its middle.
    Blank where the tables say nothing. Also returns the factors that they don't tell at all.
    """
    collar = holes.collar.drop_duplicates("hole_id").set_index("hole_id")
    made = pd.DataFrame(index=table.index)
    for factor, column in (("campaign", "campaign"), ("hole_type", "hole_type")):
        if column in collar:
            made[factor] = _texts(table["hole_id"].map(collar[column]))
    if "as_of" in collar:
        made["delivered"] = _texts(table["hole_id"].map(collar["as_of"]))
    if "laboratory" in holes.assay:
        made["laboratory"] = _texts(_at_the_middle(holes.assay, table))
    told = [f for f in FACTORS if f in made and (made[f] != "").any()]
    if "campaign" in told and "delivered" in told:
        told.remove("delivered")
    return made[told], [f for f in FACTORS if f not in told and f != "delivered"]


def by_group(grades: Grades, factors: pd.DataFrame) -> list[Group]:
    """Statistics of each group of each factor, groups in alphabetical order, blank last."""
    found = []
    for factor in factors:
        names = factors[factor].reindex(grades.table.index).fillna("").to_numpy(dtype=object)
        for name in sorted(set(names), key=lambda text: (text == "", text)):
            here = np.asarray(names == name)
            found.append(
                Group(
                    grades.element,
                    grades.domain,
                    str(factor),
                    name,
                    int(grades.table["hole_id"][here].nunique()),
                    describe(grades.values[here]),
                    float(np.average(grades.values[here], weights=grades.weights[here])),
                )
            )
    return found


def _texts(column: pd.Series) -> pd.Series:
    """A column as text; blank where nothing is told."""
    return column.astype(object).where(column.notna(), "").astype(str).str.strip()


def _at_the_middle(assay: pd.DataFrame, table: pd.DataFrame) -> pd.Series:
    """Laboratory of the assay that holds each composite's middle; NaN in a gap."""
    laboratory = pd.Series(np.full(len(table), np.nan, dtype=object), index=table.index)
    middles = ((table["from_m"] + table["to_m"]) / 2.0).to_numpy(float)
    rows = assay.groupby("hole_id").indices
    for hole, places in table.groupby("hole_id").indices.items():
        if hole in rows:
            own = assay.iloc[rows[hole]].sort_values("from_m")
            at = np.searchsorted(own["from_m"].to_numpy(float), middles[places], "right") - 1
            inside = (at >= 0) & (middles[places] <= own["to_m"].to_numpy(float)[at])
            names = own["laboratory"].to_numpy(dtype=object)[at]
            laboratory.iloc[places] = np.where(inside, names, np.nan)
    return laboratory
