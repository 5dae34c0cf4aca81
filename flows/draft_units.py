"""Units of a survey's contents by their size, where the headings state none.

A survey's columns have usual units (data/dictionaries/elements.yaml). Another one is taken only
where the usual one is impossible and one other is not; what stays open is left to the checks.
"""

from __future__ import annotations

import numpy as np

from geo.conventions import Verdict
from geo.dictionary import dictionary
from geo.geochemistry.config import GeochemistrySource
from geo.geochemistry.headings import ElementColumn
from geo.geochemistry.tables import read_survey_table
from geo.recognise_rules import Recognised, words

PPM = {"pct": 1e4, "ppm": 1.0, "ppb": 1e-3}
LEAST_OF_CRUST = {"pct": 1e-3, "ppm": 1e-3, "ppb": 1e-2}
"""A survey's median below this share of the crust's mean is in another unit (working rule,
unverified). Extracts and plants hold little; Au and Hg in ppb stay near the mean."""


def survey_units(
    source: GeochemistrySource, table: Recognised, verdicts: list[Verdict]
) -> dict[str, str]:
    """Units that headings don't state and the contents surely say; shown as a convention."""
    read = read_survey_table(table.path, source)
    units: dict[str, str] = {}
    shown: dict[str, list[str]] = {}
    for column in read.columns:
        if column.written or column.name not in read.values:
            continue
        values = read.values[column.name].to_numpy(float)
        positive = values[np.isfinite(values) & (values > 0)]
        unit = _only_possible(column, float(np.median(positive))) if len(positive) else None
        if unit is not None:
            units[column.name] = unit
            shown.setdefault(unit, []).append(column.heading)
    for unit, headings in sorted(shown.items()):
        listed = ", ".join(headings)
        zh, en = f"{table.file} 按大小：{listed}", f"{table.file}, by magnitude: {listed}"
        verdicts.append(Verdict("units", unit, zh, en, True))
    return units


def _only_possible(column: ElementColumn, median: float) -> str | None:
    """The one other unit that a median can be in, where it can't be in the usual one."""
    most = dictionary().elements[column.symbol].survey_median_most * PPM[column.stored]
    crust = words()["crust_ppm"].get(column.symbol, 0.0)
    able = [u for u, ppm in PPM.items() if crust * LEAST_OF_CRUST[u] <= median * ppm <= most]
    if column.method != "xrf":  # whole rocks are told in percent; traces in extracts aren't
        able = [unit for unit in able if unit != "pct" or column.stored == "pct"]
    return able[0] if column.stored not in able and len(able) == 1 else None
