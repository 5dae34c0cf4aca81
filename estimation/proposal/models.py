"""A found variogram as a plan says it: round figures, no range below the samples' length."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from estimation.plan import Orientation, Variogram
from estimation.proposal.reasons import Reasons
from estimation.rotation import angle_between_axes_deg, axes_from_gslib
from estimation.statement.standards import standard
from estimation.studies import Words
from estimation.variography.proposal import ProposedVariogram
from estimation.variography.study_judgements import drawn_back, nugget_differs
from geo.drillholes.composite import Composites

UNLIKE = 1.1
"""Ratio of neighbouring ranges from which an axis is told apart from the next."""


def settled(variogram: Variogram, support_m: float) -> tuple[Variogram, bool]:
    """The variogram in figures that a plan holds, and whether a range had to be lengthened.

    Angles to 0.1 degrees, ranges to whole metres from 10 m; none is shorter than a sample
    (``support_m``): within it nothing can be told apart.
    """
    structures, lengthened = [], False
    for one in variogram.structures:
        held = np.maximum(one.ranges_m, support_m)
        lengthened |= bool((held > np.asarray(one.ranges_m) * (1 + 1e-9)).any())
        a, b, c = (_round_range(float(r)) for r in held)
        structures.append(one.model_copy(update={"ranges_m": (a, b, c)}))
    turned = variogram.orientation
    orientation = Orientation(
        azimuth_deg=round(turned.azimuth_deg, 1) % 360.0,
        dip_deg=round(turned.dip_deg, 1),
        rake_deg=round(turned.rake_deg, 1),
    )
    update = {"structures": tuple(structures), "orientation": orientation}
    return variogram.model_copy(update=update), lengthened


def _round_range(range_m: float) -> float:
    """Whole metres from 10 m, else three figures."""
    if range_m >= standard("proposal")["variography"]["whole_metres_from"]:
        return float(round(range_m))
    return float(f"{range_m:.3g}")


def say_nugget(found: ProposedVariogram, path: str, told: Reasons) -> None:
    """Say so where the proposed nugget is not what the first lags down the hole point at."""
    sill = found.variogram.total_sill
    share = drawn_back(found.experimental[0]) * found.scale / sill
    held = found.variogram.nugget / sill
    if nugget_differs(held, share):
        told.because(
            path,
            f"沿孔前两个滞后外推块金占基台 {share:.0%}，方案 {held:.0%}：请核对",
            f"the first two lags down the hole extrapolate to a nugget of {share:.0%} of the sill, "
            f"the plan's is {held:.0%}: to be checked",
        )


def held_range(support_m: float) -> Words:
    """That a range was held at the length of a sample."""
    return Words(
        f"有结构的变程短于样长，取样长 {support_m:.3g} m：短水平变程无孔间样品对支持",
        f"a range below the samples' length is held at {support_m:.3g} m: short level range "
        "unsupported by pairs between holes",
    )


def say_axes_apart(
    variograms: dict[str, Variogram], samples: dict[str, Composites], told: Reasons
) -> None:
    """A remark on elements that go together while their axes don't.

    ``samples``: of each element.
    """
    limits = standard("proposal")["variography"]
    for one, other in combinations(variograms, 2):
        if samples[one] is not samples[other]:
            continue
        table = samples[one].table[[one, other]].dropna()
        r = float(table[one].corr(table[other])) if len(table) > 2 else float("nan")
        if not abs(r) >= limits["alike"]:
            continue
        for name, zh, angle in _angles(variograms[one], variograms[other]):
            if angle > limits["axes_apart_deg"]:
                told.remark(
                    f"{one} 与 {other} 相关系数 {r:.2f}，{zh}相差 {angle:.0f}°："
                    "请核对是否应取同一方向",
                    f"{one} and {other}: r = {r:.2f}, yet their {name} axes are {angle:.0f}° "
                    "apart: check whether both should have the same",
                )


def _angles(one: Variogram, other: Variogram) -> list[tuple[str, str, float]]:
    """Angles between the major and the minor axes, of those that both variograms tell apart."""
    axes = [axes_from_gslib(v.orientation) for v in (one, other)]
    ranges = [np.asarray(v.structures[-1].ranges_m) for v in (one, other)]
    found = []
    for name, zh, row, longer, shorter in (("major", "长轴", 0, 0, 1), ("minor", "短轴", 2, 1, 2)):
        if all(r[longer] > UNLIKE * r[shorter] for r in ranges):
            both = (axes[0][row : row + 1], axes[1][row : row + 1])
            found.append((name, zh, angle_between_axes_deg(*both)))
    return found
