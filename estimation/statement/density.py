"""Dry bulk density by domain, with its basis in words."""

from __future__ import annotations

import numpy as np
import pandas as pd

from estimation.engine.krige import domain_names
from estimation.errors import EstimationError
from estimation.plan import Plan
from geo.drillholes.reading import Drillholes

FEWEST_MEASUREMENTS = 30
"""Per domain; fewer and the plan's assigned value stands."""


def densities(drillholes: Drillholes, plan: Plan) -> tuple[dict[str, float], str]:
    """Density of each domain in t/m3, and the basis that a statement prints.

    ``domain_mean`` weights each measurement by its length; a measurement belongs to the domain
    logged at its middle.

    Raises
    ------
    EstimationError
        A domain has neither enough measurements nor an assigned value.
    """
    measured = _measured_by_domain(drillholes, plan) if plan.density.method != "assigned" else {}
    values: dict[str, float] = {}
    words = []
    for domain in domain_names(plan):
        table = measured.get(domain)
        if table is not None and len(table) >= FEWEST_MEASUREMENTS:
            length = (table["to_m"] - table["from_m"]).to_numpy(dtype=float)
            weights = np.where(length > 0, length, 1.0)
            values[domain] = float(np.average(table["density_tpm3"], weights=weights))
            words.append(f"{domain} {values[domain]:.2f} t/m³ (n={len(table)})")
        elif domain in plan.density.assigned_tpm3:
            values[domain] = plan.density.assigned_tpm3[domain]
            words.append(f"{domain} {values[domain]:.2f} t/m³ (assigned / 指定)")
        else:
            raise EstimationError(
                f"domain {domain!r}: fewer than {FEWEST_MEASUREMENTS} density measurements and "
                "no density.assigned_tpm3"
            )
    return values, "; ".join(words)


def _measured_by_domain(drillholes: Drillholes, plan: Plan) -> dict[str, pd.DataFrame]:
    """Density measurements by the domain logged at their middle."""
    table = drillholes.density.copy()
    if table.empty:
        return {}
    if plan.domains.column is None:
        return {"all": table}
    code_to_domain = {code: name for name, codes in plan.domains.codes.items() for code in codes}
    table["middle_m"] = (table["from_m"] + table["to_m"]) / 2.0
    log = drillholes.lithology.sort_values("from_m")
    joined = pd.merge_asof(
        table.sort_values("middle_m"),
        log[["hole_id", "from_m", "to_m", plan.domains.column]],
        left_on="middle_m",
        right_on="from_m",
        by="hole_id",
        suffixes=("", "_log"),
    )
    joined = joined[joined["middle_m"] <= joined["to_m_log"]]
    domain = joined[plan.domains.column].map(code_to_domain)
    return {str(name): part for name, part in joined.groupby(domain)}
