"""What a reviewer of variograms is told of: the nugget's basis, directions off the model."""

from __future__ import annotations

import numpy as np

from estimation.statement.standards import standard
from estimation.studies import Words
from estimation.variography.experimental import ExperimentalVariogram
from estimation.variography.study_groups import Group, Shown


def drawn_back(found: ExperimentalVariogram) -> float:
    """The line of the first two lags with pairs enough, drawn back to zero; at least 0.

    NaN where fewer than two lags have pairs enough.
    """
    use = np.flatnonzero(found.usable & np.isfinite(found.gamma))[:2]
    if len(use) < 2:
        return float("nan")
    (h1, h2), (g1, g2) = found.distance_m[use], found.gamma[use]
    return max(float(g1 - (g2 - g1) * h1 / (h2 - h1)), 0.0)


def nugget_differs(held: float, drawn: float) -> bool:
    """Whether a nugget is clearly not the one drawn back; both in shares of the sill."""
    limits = standard("proposal")["variography"]
    gap = abs(held - drawn)
    return bool(
        gap > limits["nugget_differs"] * max(held, drawn) and gap >= limits["nugget_matters"]
    )


def nugget_remark(group: Group, down: Shown, metal: str, place: Words) -> list[Words]:
    """A remark where the plan's nugget is not what the holes point at."""
    variogram = group.choices.variogram
    drawn, held = (g / variogram.total_sill for g in (drawn_back(down.found), variogram.nugget))
    if not nugget_differs(held, drawn):
        return []
    return [
        Words(
            f"{metal}（{place.zh}）：块金沿孔外推占基台 {drawn:.0%}，方案 {held:.0%}，"
            "相差超过四分之一",
            f"{metal} ({place.en}): nugget extrapolated {drawn:.0%} of the sill, plan {held:.0%}: "
            "more than a quarter apart",
        )
    ]


def misfit_remarks(group: Group, shown: list[Shown], metal: str, place: Words) -> list[Words]:
    """A remark for every direction along which the model is far off the experiment."""
    limit = standard("proposal")["variography"]["misfit_share"]
    found = []
    for one in shown:
        misfit = one.misfit(group.choices)
        if not misfit > limit:
            continue
        trend = _trend(group, one)
        found.append(
            Words(
                f"{metal}（{place.zh}）：{one.title_zh}模型偏差为基台的 {misfit:.0%}，"
                f"超过 {limit:.0%}{trend.zh}",
                f"{metal} ({place.en}): {one.title_en}, the model is off by {misfit:.0%} of the "
                f"sill, more than {limit:.0%}{trend.en}",
            )
        )
    return found


def _trend(group: Group, one: Shown) -> Words:
    """A word on a trend where the far lags lie clearly above the sill; else nothing."""
    use = np.flatnonzero(one.found.usable & np.isfinite(one.found.gamma))
    far = one.found.gamma[use[len(use) // 2 :]]
    above = float(far.mean()) / group.choices.variogram.total_sill if far.size else 0.0
    if not above > standard("proposal")["variography"]["above_sill"]:
        return Words("", "")
    return Words(
        f"；远滞后平均为基台的 {above:.1f} 倍，该方向可能有趋势（分带），宜分域或带趋势克里格",
        f"; far lags average {above:.1f} sills: a trend (zoning) along it is likely, consider "
        "domains or kriging with a trend",
    )
