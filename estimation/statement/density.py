"""Dry bulk density of each block, with its basis in words.

Where the plan's way has nothing to go by, the domain's measured mean stands, else its assigned
value, and a statement says for how many blocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from estimation.engine.krige import domain_names
from estimation.errors import EstimationError
from estimation.plan import DensityEstimate, DensityPlan, DomainPlan, Plan
from estimation.statement.standards import standard
from geo.drillholes.desurvey import desurvey
from geo.drillholes.reading import Drillholes

if TYPE_CHECKING:
    from estimation.domains.volumes import LoadedVolumes

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BASES = ("assigned", "domain_mean", "regressed", "estimated")
"""What a block's density rests on, by code."""


@dataclass(frozen=True)
class _Near:
    """Measurements of one domain, in units of the search radii."""

    tree: Any
    values: Floats


@dataclass(frozen=True)
class Densities:
    """Density of any block of a deposit, t/m3."""

    plan: DensityPlan
    by_domain: dict[str, float]
    """Mean or assigned value of each domain, in plan order."""
    measured: dict[str, int]
    """Measurements by domain."""
    means: frozenset[str]
    """Domains whose value is a measured mean."""
    near: Mapping[int, _Near] = field(default_factory=dict, repr=False)
    """Measurements by domain code, where each block is estimated from those near it."""

    def at(
        self, domain_code: Ints, grades: Mapping[str, Floats], centres_m: Floats
    ) -> tuple[Floats, npt.NDArray[np.int8]]:
        """Density of blocks and the code of its basis (:data:`BASES`), each (n,).

        ``grades``: estimated elements, (n,) each; ``centres_m``: (n, 3).
        """
        names = list(self.by_domain)
        value = np.array([0.0, *self.by_domain.values()])[domain_code]
        basis = np.array([0, *(int(name in self.means) for name in names)], np.int8)[domain_code]
        for code, name in enumerate(names, start=1):
            here = np.flatnonzero(domain_code == code)
            if name in self.plan.regressions:
                line = self.plan.regressions[name]
                made = line.intercept + line.slope * grades[line.on][here]
                made = np.clip(made, *line.limits_tpm3)
            elif code in self.near and self.plan.estimate:
                made = _inverse_distance(self.near[code], centres_m[here], self.plan.estimate)
            else:
                continue
            known = ~np.isnan(made)
            value[here[known]] = made[known]
            basis[here[known]] = BASES.index(self.plan.method)
        return value, basis

    @property
    def words(self) -> str:
        """The basis that a statement prints: every domain's value, and what it rests on."""
        words = []
        for name, value in self.by_domain.items():
            count = f"n={self.measured[name]}" if name in self.means else "assigned / 指定"
            said = f"{name} {value:.2f} t/m³ ({count})"
            line = self.plan.regressions.get(name)
            if line:
                said = (
                    f"{name} {line.intercept:g} + {line.slope:g} × {line.on} t/m³ (regression / "
                    f"回归, n={line.samples}, r={line.correlation:.2f}); else / 否则 {said}"
                )
            elif self.plan.method == "estimated":
                said = (
                    f"{name} by inverse distance / 距离反比 (n={self.measured[name]}); "
                    f"else / 否则 {said}"
                )
            words.append(said)
        return "; ".join(words)


def fixed_densities(by_domain: Mapping[str, float]) -> Densities:
    """One value for each domain."""
    plan = DensityPlan(method="assigned", assigned_tpm3=dict(by_domain), citation="given")
    return Densities(plan, dict(by_domain), dict.fromkeys(by_domain, 0), frozenset())


def densities(
    drillholes: Drillholes, plan: Plan, volumes: LoadedVolumes | None = None
) -> Densities:
    """Densities by the plan.

    A domain's mean weights each measurement by its length and needs as many measurements as
    ``standards/density.yaml`` says; a measurement belongs to the domain whose volume holds its
    middle (``volumes``: those of the plan, where it has any), else to that logged there.

    Raises
    ------
    EstimationError
        A domain has neither enough measurements nor an assigned value.
    """
    method = plan.density.method
    found = measured_by_domain(drillholes, plan.domains, volumes) if method != "assigned" else {}
    least = int(standard("density")["least_measurements"])
    values: dict[str, float] = {}
    means = set()
    for domain in domain_names(plan):
        table = found.get(domain)
        if table is not None and len(table) >= least:
            length = (table["to_m"] - table["from_m"]).to_numpy(dtype=float)
            weights = np.where(length > 0, length, 1.0)
            values[domain] = float(np.average(table["density_tpm3"], weights=weights))
            means.add(domain)
        elif domain in plan.density.assigned_tpm3:
            values[domain] = plan.density.assigned_tpm3[domain]
        else:
            raise EstimationError(
                f"domain {domain!r}: fewer than {least} density measurements and no "
                "density.assigned_tpm3; give one / 体重实测不足且无指定值，请在方案中给出"
            )
    counts = {name: len(found[name]) if name in found else 0 for name in values}
    estimate = plan.density.estimate
    near = _near(drillholes, plan, found, estimate.radii_m) if estimate else {}
    return Densities(plan.density, values, counts, frozenset(means), near)


def _near(
    drillholes: Drillholes,
    plan: Plan,
    found: dict[str, pd.DataFrame],
    radii_m: tuple[float, float, float],
) -> dict[int, _Near]:
    """Search trees of the measurements by domain code."""
    from scipy.spatial import cKDTree

    trees = {}
    for code, name in enumerate(domain_names(plan), start=1):
        table = found.get(name)
        if table is None or table.empty:
            continue
        table = table.sort_values(["hole_id", "from_m"])
        middle = (table["from_m"] + table["to_m"]) / 2.0
        xyz = desurvey(drillholes.collar, drillholes.survey, table["hole_id"], middle)
        placed = ~np.isnan(xyz).any(axis=1)
        if placed.any():
            values = table["density_tpm3"].to_numpy(dtype=float)[placed]
            trees[code] = _Near(cKDTree(xyz[placed] / np.array(radii_m)), values)
    return trees


def _inverse_distance(near: _Near, centres_m: Floats, plan: DensityEstimate) -> Floats:
    """Density at points by inverse distance within the radii; NaN where too few are near.

    Distance is in units of the radii, never below 1e-6 of them.
    """
    if len(centres_m) == 0:
        return np.empty(0)
    count = min(plan.max_samples, near.values.size)
    scaled = centres_m / np.array(plan.radii_m)
    distance, index = near.tree.query(scaled, k=count, distance_upper_bound=1.0)
    distance = distance.reshape(len(centres_m), count)
    index = index.reshape(distance.shape)
    found = np.isfinite(distance)
    weight = np.where(found, 1.0 / np.maximum(distance, 1e-6) ** plan.power, 0.0)
    values = np.append(near.values, 0.0)[index]
    with np.errstate(invalid="ignore", divide="ignore"):
        made = (weight * values).sum(axis=1) / weight.sum(axis=1)
    return np.where(found.sum(axis=1) >= plan.min_samples, made, np.nan)


def measured_by_domain(
    drillholes: Drillholes, domains: DomainPlan, volumes: LoadedVolumes | None = None
) -> dict[str, pd.DataFrame]:
    """Density measurements by the domain at their middle: of the volumes that hold it, else as
    logged there."""
    table = drillholes.density
    if table.empty:
        return {}
    if not domains.volumes and domains.column is None:
        return {"all": table}
    code = np.zeros(len(table), np.int64)
    if volumes is not None:
        middle = (table["from_m"] + table["to_m"]) / 2.0
        xyz = desurvey(drillholes.collar, drillholes.survey, table["hole_id"], middle)
        placed = ~np.isnan(xyz).any(axis=1)
        code[placed] = volumes.inside(xyz[placed])
    parts = {
        n: [table[code == k]] for k, n in enumerate(domains.names, start=1) if (code == k).any()
    }
    if domains.column is not None:
        for name, part in _by_log(drillholes, domains, table[code == 0]).items():
            parts.setdefault(name, []).append(part)
    return {name: pd.concat(found) for name, found in parts.items()}


def _by_log(
    drillholes: Drillholes, domains: DomainPlan, table: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Density measurements by the domain logged at their middle."""
    table = table.copy()
    code_to_domain = {code: name for name, codes in domains.codes.items() for code in codes}
    table["middle_m"] = (table["from_m"] + table["to_m"]) / 2.0
    log = drillholes.lithology.sort_values("from_m")
    joined = pd.merge_asof(
        table.sort_values("middle_m"),
        log[["hole_id", "from_m", "to_m", domains.column]],
        left_on="middle_m",
        right_on="from_m",
        by="hole_id",
        suffixes=("", "_log"),
    )
    joined = joined[joined["middle_m"] <= joined["to_m_log"]]
    domain = joined[domains.column].map(code_to_domain)
    return {str(name): part for name, part in joined.groupby(domain)}


def as_of(drillholes: Drillholes, vintage: date) -> Drillholes:
    """The holes with the density measurements of campaigns up to a date only."""
    table = drillholes.density
    if table.empty:
        return drillholes
    return replace(drillholes, density=table[pd.to_datetime(table["as_of"]).dt.date <= vintage])


def density_words(made: Densities, bases: Mapping[tuple[str, str], float]) -> str:
    """The basis, and where it differs from block to block, the share of the volume by each.

    ``bases``: volume of classified ground by domain and basis.
    """
    if made.plan.method in ("assigned", "domain_mean"):
        return made.words
    total = sum(bases.values()) or 1.0
    shares = [
        f"{basis} {100 * sum(v for (_, b), v in bases.items() if b == basis) / total:.0f} %"
        for basis in reversed(BASES)
        if any(b == basis for _, b in bases)
    ]
    return f"{made.words}; {', '.join(shares)}"


@dataclass(frozen=True)
class DensityRemark:
    """A domain whose density lies outside what such ore has."""

    domain: str
    value_tpm3: float
    expected_tpm3: tuple[float, float]
    kind: dict[str, str]
    """Name of the kind of ore, zh and en."""
    impossible: bool


def density_remarks(made: Densities, deposit_kind: str) -> tuple[DensityRemark, ...]:
    """Domains whose density is unlike their kind of ore (``standards/density.yaml``).

    A kind is known by words of the domain's name, else of the deposit's kind.
    """
    book = standard("density")
    low, high = book["possible"]
    remarks = []
    for name, value in made.by_domain.items():
        kind = next(
            (k for text in (name, deposit_kind) for k in book["kinds"]
             if any(word in text.casefold() for word in k["words"])),
            None,
        )  # fmt: skip
        impossible = not low <= value <= high
        span = tuple(book["possible"]) if impossible or kind is None else tuple(kind["range"])
        if impossible or not span[0] <= value <= span[1]:
            label = kind or {"zh": "任何矿石", "en": "any ore"}
            named = {"zh": label["zh"], "en": label["en"]}
            remarks.append(DensityRemark(name, value, (span[0], span[1]), named, impossible))
    return tuple(remarks)
