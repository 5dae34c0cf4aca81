"""The grades that a study of the samples is about: by element and domain, with their weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from estimation.exploratory.declustering import (
    declustering_weights,
    usual_cell,
    usual_spacing,
)
from estimation.plan import Plan
from estimation.studies import Words
from geo.drillholes.composite import Composites

Floats = npt.NDArray[np.float64]

POOLED = "(all)"
"""All domains together, where there are several."""
PLACES = ["easting_m", "northing_m", "elevation_m"]
UNITS = {"pct": "%", "ppm": "g/t", "gpt": "g/t", "ppb": "ppb"}
PRECIOUS = ("au", "ag", "pt", "pd")


@dataclass(frozen=True)
class Grades:
    """Samples of one element in one domain (or in all), without blanks."""

    element: str
    domain: str
    source: str
    """``basic`` or ``combined``."""
    table: pd.DataFrame
    """The composites' rows, blanks of the element left out."""
    weights: Floats
    """Declustering weights, mean 1."""
    spacing_m: float
    """Usual drill spacing; NaN of one hole."""
    cell_m: tuple[float, float, float] | None
    cap: float | None
    """The plan's top cut."""

    @property
    def values(self) -> Floats:
        """Grades, (n,)."""
        return self.table[self.element].to_numpy(dtype=float)

    @property
    def xyz_m(self) -> Floats:
        """Middles of the samples, (n, 3)."""
        return self.table[PLACES].to_numpy(dtype=float)

    @property
    def holes(self) -> npt.NDArray[np.generic]:
        """Hole of each sample, (n,)."""
        return pd.factorize(self.table["hole_id"])[0].astype(np.int64)

    @property
    def pooled(self) -> bool:
        """Whether all domains are together."""
        return self.domain == POOLED

    @property
    def where(self) -> Words:
        """The domain in a sentence."""
        return Words("各域合计", "all domains") if self.pooled else Words(self.domain, self.domain)

    @property
    def label(self) -> str:
        """Element and domain for file names."""
        domain = "all_domains" if self.pooled else self.domain
        safe = "".join(sign if sign.isalnum() else "_" for sign in domain)
        return f"{self.element.partition('_')[0]}_{safe}"

    @property
    def precious(self) -> bool:
        """Whether limits for gold and its like hold."""
        return self.element.partition("_")[0] in PRECIOUS


def symbol(element: str) -> str:
    """Element as readers know it: ``cu_pct`` is ``Cu``."""
    return element.partition("_")[0].capitalize()


def unit(element: str) -> str:
    """Unit of an element's column: ``cu_pct`` is in ``%``."""
    return UNITS.get(element.rpartition("_")[2], element.rpartition("_")[2])


def gather(plan: Plan, samples: dict[str, Composites]) -> tuple[tuple[Grades, ...], list[Words]]:
    """Every element in every domain, then in all together; and remarks on what has no samples."""
    found: list[Grades] = []
    remarks: list[Words] = []
    for element, chosen in plan.elements.items():
        table = samples[chosen.source].table if chosen.source in samples else pd.DataFrame()
        known = table[table[element].notna()] if element in table else table.iloc[:0]
        if known.empty:
            remarks.append(
                Words(
                    f"{symbol(element)}：没有样品，无从统计",
                    f"{symbol(element)}: no samples, nothing to describe",
                )
            )
            continue
        several = len(plan.domains.names) > 1
        for domain in plan.domains.names:
            part = known[known["domain"] == domain]
            if part.empty:
                remarks.append(
                    Words(
                        f"{symbol(element)}，矿化域 {domain}：没有样品，已略过",
                        f"{symbol(element)}, domain {domain}: no samples, left out",
                    )
                )
                continue
            found.append(_grades(element, domain, chosen.source, part, chosen.caps.get(domain)))
        if several:
            found.append(_grades(element, POOLED, chosen.source, known, None))
    return tuple(found), remarks


def _grades(
    element: str, domain: str, source: str, part: pd.DataFrame, cap: float | None
) -> Grades:
    """One set of grades with its weights, those of ``declustering_weights``."""
    places, holes = part[PLACES].to_numpy(float), pd.factorize(part["hole_id"])[0]
    cell = usual_cell(places, holes)
    weights = declustering_weights(places, holes, cell)
    return Grades(element, domain, source, part, weights, usual_spacing(places, holes), cell, cap)
