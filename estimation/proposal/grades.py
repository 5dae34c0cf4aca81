"""Top cuts of a proposed plan, and high grades whose influence is better held near."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estimation.exploratory.gather import PRECIOUS
from estimation.exploratory.rules import rule
from estimation.exploratory.top_cuts import TopCut, high_yield_distance, recommend
from estimation.plan import HighYield
from estimation.proposal.reasons import Reasons
from estimation.proposal.samples import Spread, spread_of
from geo.drillholes.composite import Composites


@dataclass(frozen=True)
class Cuts:
    """Top cuts of one element by domain, and restrictions where a cut takes too much metal."""

    caps: dict[str, float]
    high_yield: dict[str, HighYield]


def top_cuts(name: str, samples: Composites, domains: tuple[str, ...], told: Reasons) -> Cuts:
    """Recommended cuts of an element by domain, each with its reason."""
    caps: dict[str, float] = {}
    held: dict[str, HighYield] = {}
    precious = name.partition("_")[0] in PRECIOUS
    for domain in domains:
        spread = spread_of(samples, name, domain, None)
        if not spread.values.size:
            continue
        cut = recommend(spread.values, spread.weights, precious=precious)
        where = f"elements.{name}.caps"
        told.because(where, f"{domain}：{cut.reason.zh}", f"{domain}: {cut.reason.en}")
        if cut.value is None or cut.chosen is None:
            continue
        caps[domain] = cut.value
        limit = rule("metal_removed")["precious" if precious else "base"]
        if cut.chosen.metal_removed_share > limit and cut.upper is not None:
            restricted = _restriction(spread, cut)
            if restricted is not None:
                held[domain] = restricted
                caps[domain] = float(f"{cut.upper.cap:.3g}")
                _say_restricted(f"elements.{name}", domain, restricted, caps[domain], told)
    return Cuts(caps, held)


def _restriction(spread: Spread, cut: TopCut) -> HighYield | None:
    """Radii within which grades above the cut count in full; None where none can be found."""
    assert cut.value is not None
    if not spread.spacing_m > 0:
        return None
    lags = spread.spacing_m * np.arange(0.25, 3.01, 0.25)
    distance, _ = high_yield_distance(spread.xyz_m, spread.values, cut.value, lags)
    if not np.isfinite(distance):
        return None
    radius = float(f"{distance:.3g}")
    return HighYield(above=cut.value, radii_m=(radius, radius, radius), beyond="limit")


def _say_restricted(
    path: str, domain: str, restricted: HighYield, cap: float, told: Reasons
) -> None:
    """Why a cut gave way to a restriction."""
    radius = restricted.radii_m[0]
    told.because(
        f"{path}.high_yield",
        f"{domain}：按 {restricted.above:g} 处理会去除过多金属，改以 {cap:g} 处理，"
        f"高于 {restricted.above:g} 者仅在 {radius:g} m 内按全值计(其外指示相关性消失)",
        f"{domain}: a cut at {restricted.above:g} would take too much metal: cut at {cap:g} "
        f"instead, and grades above {restricted.above:g} count in full within {radius:g} m only, "
        "beyond which their indicator has lost its correlation",
    )
