"""A first plan for a deposit, with its reasons, for a geologist to review. Never used unreviewed
without saying so: its status is ``proposed`` and every page prints that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from estimation.deposit import DepositData
from estimation.exploratory.capping import cap_by_multiple_of_mean
from estimation.exploratory.declustering import cell_weights, weighted_mean_and_variance
from estimation.plan import (
    Acceptance,
    ClassificationPlan,
    ClassName,
    ClassRule,
    CompositePlan,
    CutoffPlan,
    DensityPlan,
    DomainPlan,
    ElementPlan,
    Orientation,
    Plan,
    SamplePoints,
    SearchPass,
    Variogram,
)
from estimation.variography.experimental import (
    Lags,
    direction_vector,
    experimental_variogram,
    fit_variogram,
)
from geo.config import ConfigError
from geo.drillholes.composite import Composites, combined_composites, composite
from geo.drillholes.reading import Drillholes

Floats = npt.NDArray[np.float64]

FEWEST_COMPOSITES = 30
"""Fewer in all and a variogram says nothing."""

AZIMUTHS_DEG = (0.0, 45.0, 90.0, 135.0)
ANISOTROPIC = 1.3
"""Ratio of longest to shortest horizontal range from which a direction is believed."""

GENERAL_CUTOFFS = (
    "一般工业指标,硫化矿露采边界品位 0.2 %、最低工业品位 0.4 % (DZ/T 0214 公开转述, unverified)"
)
NICKEL_CUTOFFS = (
    "一般工业指标,硫化镍矿边界品位 0.2-0.3 %、最低工业品位 0.3-0.5 % (DZ/T 0214 转述, unverified)"
)


@dataclass(frozen=True)
class Evidence:
    """Samples of one element as a variogram needs them."""

    xyz_m: Floats
    values: Floats
    holes: npt.NDArray[np.int64]
    domains: list[str]
    length_m: Floats


def propose_plan(data: DepositData, main: str | None = None) -> Plan:
    """Propose a complete plan from the data of one vintage.

    Domains are kept from the deposit's present plan where it has one; finding domains is a
    geologist's work. ``main`` names the main element by symbol or column (``ni``, ``ni_pct``);
    without it copper is, or else the first element sampled.

    Raises
    ------
    ConfigError
        No element has enough composites for a variogram.
    """
    holes = data.drillholes
    domains = (
        data.deposit.plan.domains
        if data.deposit.plan
        else DomainPlan(column=None, codes={}, soft=())
    )
    length_m = _composite_length(holes)
    names = _elements(holes.assay)
    combined_names = [n for n in _elements(holes.combined) if n not in names]
    flags: dict[str, Any] = {"domain_column": domains.column, "domain_codes": domains.codes}
    basic = composite(holes, length_m=length_m, min_coverage=0.5, elements=tuple(names), **flags)
    spacing = _spacing(basic)
    elements = {n: _element_plan(basic, n, "basic", spacing, length_m) for n in names}
    if combined_names:
        long = combined_composites(holes, elements=tuple(combined_names), **flags)
        median = float(long.table["length_m"].median())
        elements |= {n: _element_plan(long, n, "combined", spacing, median) for n in combined_names}
    found = {name: plan for name, plan in elements.items() if plan is not None}
    if not found:
        raise ConfigError(
            f"{data.deposit.id}: no element has {FEWEST_COMPOSITES} composites; "
            "too few for a variogram / 组合样不足,无法拟合变异函数"
        )
    chosen = _main_element(data, main, list(found))
    return Plan(
        main_element=chosen,
        stage="general",
        composites=CompositePlan(length_m=length_m, min_coverage=0.5),
        domains=domains,
        discretisation=(4, 4, 2),
        sample_points=SamplePoints(basic=1, combined=1),
        engine="bornite",
        elements=found,
        classification=_classes(spacing),
        density=_density(data, domains),
        cutoffs=_cutoffs(chosen, basic),
        acceptance=Acceptance(
            status="proposed", by=None, date=None, reason="bornite propose; 待地质人员审定"
        ),
    )


def _main_element(data: DepositData, wanted: str | None, found: list[str]) -> str:
    """The main element: as wanted, of the present plan, as configured, copper, or the first."""
    plan, stated = data.deposit.plan, data.deposit.main_element
    present = plan.main_element if plan else "cu_pct"
    wanted = wanted or (None if plan else stated)
    if wanted is None:
        return present if present in found else found[0]
    match = [n for n in found if wanted.casefold() in (n, n.partition("_")[0])]
    if not match:
        raise ConfigError(
            f"{data.deposit.id}: no plan for '{wanted}': too few composites; there are "
            f"{', '.join(found)} / 主元素组合样不足"
        )
    return match[0]


def _cutoffs(element: str, samples: Composites) -> CutoffPlan:
    """General indices of copper and nickel ore; of others the median, for a person to replace."""
    if element == "cu_pct":
        return CutoffPlan(reporting=0.2, others=(0.0, 0.1, 0.3, 0.4, 0.5), citation=GENERAL_CUTOFFS)
    if element == "ni_pct":
        return CutoffPlan(reporting=0.2, others=(0.0, 0.1, 0.3, 0.4, 0.5), citation=NICKEL_CUTOFFS)
    grades = samples.table[element] if element in samples.table else pd.Series([0.0])
    middle = float(f"{float(grades[grades > 0].median()):.2g}") if (grades > 0).any() else 0.0
    return CutoffPlan(
        reporting=middle,
        others=(0.0,),
        citation="median of the composites: no general index is known here; to be set by a person",
    )


def _elements(table: pd.DataFrame) -> list[str]:
    """Element columns with enough assays, copper first."""
    names = [
        c
        for c in table.columns
        if c.rsplit("_", 1)[-1] in {"pct", "ppm", "gpt"}
        and table[c].notna().sum() >= FEWEST_COMPOSITES
    ]
    return sorted(names, key=lambda n: (n != "cu_pct", names.index(n)))


def _composite_length(holes: Drillholes) -> float:
    """Smallest multiple of the usual sample length that is at least 4 m."""
    usual = float((holes.assay["to_m"] - holes.assay["from_m"]).round(1).mode().iloc[0])
    return round(usual * max(1, int(np.ceil(4.0 / usual))), 3)


def _spacing(basic: Composites) -> float:
    """Usual drill spacing: median distance from a hole's middle to its nearest neighbour."""
    middles = basic.table.groupby("hole_id")[["easting_m", "northing_m"]].mean().to_numpy()
    if len(middles) < 2:
        return 100.0
    distance, _ = cKDTree(middles).query(middles, k=2)
    return float(np.median(distance[:, 1]))


def _evidence(samples: Composites, element: str) -> Evidence:
    """Assayed samples of one element."""
    table = samples.table[samples.table[element].notna()]
    return Evidence(
        table[["easting_m", "northing_m", "elevation_m"]].to_numpy(dtype=float),
        table[element].to_numpy(dtype=float),
        pd.factorize(table["hole_id"])[0].astype(np.int64),
        table["domain"].tolist(),
        table["length_m"].to_numpy(dtype=float),
    )


def _element_plan(
    samples: Composites, element: str, source: str, spacing: float, support_m: float
) -> ElementPlan | None:
    """Caps, variogram and search of one element; None: too few samples, or all alike."""
    evidence = _evidence(samples, element)
    if evidence.values.size < FEWEST_COMPOSITES:
        return None
    weights = cell_weights(evidence.xyz_m, (spacing, spacing, spacing / 2.0))
    caps = {}
    for domain in sorted(set(evidence.domains)):
        here = np.array([d == domain for d in evidence.domains])
        cap = cap_by_multiple_of_mean(evidence.values[here], weights[here])
        if cap > 0 and evidence.values[here].max() > cap:
            caps[domain] = float(f"{cap:.3g}")
    ceiling = np.array([caps.get(d, np.inf) for d in evidence.domains])
    capped = np.minimum(evidence.values, ceiling)
    mean, variance = weighted_mean_and_variance(capped, weights)
    if variance <= 1e-12 * mean**2:  # all below detection, say: nothing to fit
        return None
    variogram = _variogram(evidence, capped, variance, spacing, support_m)
    limit: ClassName = "indicated" if source == "combined" else "measured"
    return ElementPlan(
        source="combined" if source == "combined" else "basic",
        caps=caps,
        variogram=variogram,
        method="ordinary",
        known_mean=None,
        search=_search(variogram, spacing),
        search_orientation=None,
        high_yield=None,
        class_limit=limit,
        reason=(
            f"{evidence.values.size} samples of about {support_m:g} m; nugget from the hole, "
            f"sill = declustered variance {variance:.3g}, ranges by weighted least squares; "
            + ("caps 6-8 x mean by CV" if caps else "no cap: no grade beyond 6-8 x mean")
        ),
    )


def _variogram(
    evidence: Evidence, values: Floats, variance: float, spacing: float, support_m: float
) -> Variogram:
    """Nugget down the hole; the longest horizontal direction is the major axis if it stands out."""
    down = experimental_variogram(
        evidence.xyz_m, values, evidence.holes, Lags(support_m, 12), "downhole", "downhole"
    )
    lags = Lags(spacing / 2.0, 12, 30.0)
    flat = {
        azimuth: experimental_variogram(
            evidence.xyz_m, values, evidence.holes, lags, direction_vector(azimuth, 0.0)
        )
        for azimuth in AZIMUTHS_DEG
    }
    upright = experimental_variogram(
        evidence.xyz_m,
        values,
        evidence.holes,
        Lags(support_m * 2.0, 20, 30.0),
        direction_vector(0.0, -90.0),
    )
    level = Orientation(azimuth_deg=0.0, dip_deg=0.0, rake_deg=0.0)
    ranges = {
        azimuth: fit_variogram(down, (e, e, upright), variance, level).structures[0].ranges_m[0]
        for azimuth, e in flat.items()
        if e.usable.any()
    }
    if not ranges:
        return fit_variogram(down, (upright, upright, upright), variance, level)
    best = max(ranges, key=lambda azimuth: ranges[azimuth])
    across = (best + 90.0) % 180.0
    if across in ranges and ranges[best] > ANISOTROPIC * ranges[across]:
        turned = Orientation(azimuth_deg=best, dip_deg=0.0, rake_deg=0.0)
        return fit_variogram(down, (flat[best], flat[across], upright), variance, turned)
    everywhere = experimental_variogram(evidence.xyz_m, values, evidence.holes, lags)
    return fit_variogram(down, (everywhere, everywhere, upright), variance, level)


def _search(variogram: Variogram, spacing: float) -> tuple[SearchPass, ...]:
    """Two passes: two thirds of the range, then the range, never less than the spacing needs."""
    ranges = np.array(variogram.structures[-1].ranges_m)
    passes = []
    for share, least, minimum, holes in ((0.67, 1.2, 8, 3), (1.0, 2.2, 4, 2)):
        # the ellipsoid keeps the variogram's shape and reaches at least the neighbouring holes
        factor = max(share, least * spacing / float(ranges[0]))
        radii = tuple(float(f"{r:.4g}") for r in ranges * factor)
        passes.append(
            SearchPass(
                radii_m=(radii[0], radii[1], radii[2]),
                min_samples=minimum,
                max_samples=16,
                max_per_hole=4,
                min_holes=holes,
                sectors=None,
            )
        )
    return tuple(passes)


def _classes(spacing: float) -> ClassificationPlan:
    """Limits at 0.75, 1.25 and 2.5 times the usual spacing.

    The mean distance to three holes is larger than the distance to the nearest one, so these stand
    for half, once and twice the spacing (expert default).
    """
    step = float(f"{spacing:.2g}")

    def rule(factor: float, holes: int, slope: float) -> ClassRule:
        return ClassRule(max_mean_distance_m=step * factor, min_holes=holes, min_slope=slope)

    return ClassificationPlan(
        measured=rule(0.75, 3, 0.8),
        indicated=rule(1.25, 3, 0.6),
        inferred=rule(2.5, 2, 0.4),
        citation="expert default on the usual drill spacing; DZ/T 0214 spacing tables unverified",
    )


def _density(data: DepositData, domains: DomainPlan) -> DensityPlan:
    """The present plan's density where there is one; else measured means with a fallback."""
    if data.deposit.plan:
        return data.deposit.plan.density
    measured = len(data.drillholes.density) > 0
    return DensityPlan(
        method="domain_mean" if measured else "assigned",
        assigned_tpm3=dict.fromkeys(domains.names, 2.65),
        citation="porphyry 2.55-2.80 t/m3, expert default, unverified",
    )
