"""Search passes of a proposed plan: from ranges, spacing and the neighbourhood trials (KNA)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from estimation.engine.krige import Problem
from estimation.errors import EstimationError
from estimation.neighbourhood.advice import advise
from estimation.neighbourhood.trials import look_at, run_trials
from estimation.plan import SearchPass, Variogram
from estimation.proposal.reasons import Reasons, two_languages
from estimation.rotation import axes_from_gslib
from estimation.statement.standards import standard

Floats = npt.NDArray[np.float64]
UPRIGHT = float(np.sin(np.deg2rad(45.0)))
"""Rise of a unit axis from which it is nearer upright than level."""
CLOSE = 1.1
"""Two passes whose radii differ by less are one."""


@dataclass(frozen=True)
class Counts:
    """What the neighbourhood trials say, within the usual bounds."""

    min_samples: int
    max_samples: int
    reach: float
    """Of the first pass, in ranges."""
    points: tuple[int, int, int]


def _figures() -> dict[str, Any]:
    """Settings of the search."""
    found: dict[str, Any] = standard("proposal")["search"]
    return found


def usual_counts() -> Counts:
    """Counts before any trial, or where none can be made."""
    figures, points = _figures(), standard("proposal")["discretisation"]
    return Counts(
        int(figures["min_samples"][0] + 2),
        16,
        float(figures["shares"][0]),
        (points[0], points[1], points[2]),
    )


def trial_counts(problem: Problem, element: str, domain: str, told: Reasons) -> Counts:
    """Counts by the neighbourhood trials of the main element in its busiest domain."""
    figures = _figures()
    try:
        ground = look_at(problem, element, domain)
        by = {a.choice: a for a in advise(ground, run_trials(ground))}
    except EstimationError as error:
        words = two_languages(error)
        told.because("discretisation", f"常用值：{words.zh}", f"usual values: {words.en}")
        return usual_counts()
    points = tuple(int(n) for n in by["points"].recommended.split(" x "))
    told.because("discretisation", by["points"].reason.zh, by["points"].reason.en)
    least, most = figures["min_samples"], figures["max_samples"]
    counts = Counts(
        int(np.clip(by["min_samples"].value, *least)),
        int(np.clip(by["max_samples"].value, *most)),
        _reach_of(problem, element, domain, by["search"].recommended),
        (points[0], points[1], points[2]),
    )
    path = f"elements.{element}.search"
    for choice, (low, high) in (("min_samples", least), ("max_samples", most)):
        said = by[choice]
        told.because(
            path,
            f"{choice} 取 {getattr(counts, choice)}：试算 {said.recommended}，限于 {low}–{high}；"
            f"试算依据：{said.reason.zh}",
            f"{choice} {getattr(counts, choice)}: {said.recommended} by trial, held within "
            f"{low}-{high}; of the trial: {said.reason.en}",
        )
    told.because(
        path,
        f"首次半径自变程的 {counts.reach:.2g} 倍起：试算半径 {by['search'].recommended} m，"
        f"限于变程的 0.5–1 倍；试算依据：{by['search'].reason.zh}",
        f"the first radii start from {counts.reach:.2g} ranges: {by['search'].recommended} m by "
        f"trial, held within 0.5-1 ranges; of the trial: {by['search'].reason.en}",
    )
    return counts


def _reach_of(problem: Problem, element: str, domain: str, radii: str) -> float:
    """Recommended radius over the range, between half and the whole of it."""
    ranges = problem.choices(element, domain).variogram.structures[-1].ranges_m
    return float(np.clip(float(radii.split(" x ")[0]) / ranges[0], 0.5, 1.0))


def search_passes(
    variogram: Variogram,
    spacing_m: float,
    counts: Counts,
    bounds_m: tuple[float, float],
    *,
    long: bool = False,
) -> tuple[SearchPass, ...]:
    """Passes with the variogram's shape that reach the neighbouring holes.

    Parameters
    ----------
    spacing_m : usual spacing of the element's holes.
    bounds_m : least radius along any axis (two samples, one block); and the farthest that a hole
        counts for a class, beyond which nothing is reached for but what the spacing needs.
    long : samples are combined ones, few to a hole: counts are lower.
    """
    figures = _figures()
    axes = axes_from_gslib(variogram.orientation)
    ranges = np.max([s.ranges_m for s in variogram.structures], axis=0)
    level = np.abs(axes[:, 2]) < UPRIGHT
    radii: list[Floats] = []
    shares = (counts.reach, *figures["shares"][1:])
    for share, least, most in zip(
        shares, figures["spacings"], figures["most_spacings"], strict=True
    ):
        r = np.maximum(ranges * share, float(ranges.max()) * share / figures["flattest"])
        r = r * min(1.0, bounds_m[1] / float(r.max()))
        if level.any() and spacing_m > 0:
            r = r * min(1.0, most * spacing_m / float(r[level].max()))
            r = np.where(level, np.maximum(r, least * spacing_m), r)
        r = np.maximum(r, max(bounds_m[0], float(r.max()) / figures["flattest"]))
        radii.append(np.maximum(r, radii[-1]) if radii else r)
    return tuple(
        _pass(number, r, counts, long)
        for number, r in enumerate(radii)
        if number == 0 or float((r / radii[number - 1]).max()) > CLOSE
    )


def _pass(number: int, radii: Floats, counts: Counts, long: bool) -> SearchPass:
    """One pass: fewer samples and holes are asked for from pass to pass."""
    figures = _figures()
    first = max(counts.min_samples - 2, 4) if long else counts.min_samples
    fewest = (first, max(first // 2, 4), max(first // 2 - 1, 3))[number]
    shown = [float(f"{r:.3g}") for r in radii]
    return SearchPass(
        radii_m=(shown[0], shown[1], shown[2]),
        min_samples=fewest,
        max_samples=counts.max_samples,
        max_per_hole=figures["max_per_hole"] - int(long),
        min_holes=figures["min_holes"][number],
        sectors=None,
    )


def say_search(
    path: str,
    passes: tuple[SearchPass, ...],
    variogram: Variogram,
    spacing_m: float,
    told: Reasons,
) -> None:
    """The radii chosen, what they are of ranges and spacing, and how they came about."""
    figures = _figures()
    last = passes[-1]
    longest = np.max([s.ranges_m for s in variogram.structures], axis=0)
    for number, one in enumerate(passes, start=1):
        radii = " x ".join(f"{r:g}" for r in one.radii_m)
        ranges = " x ".join(f"{r:.2g}" for r in np.asarray(one.radii_m) / longest)
        spacings = f"{max(one.radii_m) / spacing_m:.2g}" if spacing_m > 0 else "-"
        told.because(
            path,
            f"第 {number} 次 {radii} m，为变程的 {ranges} 倍、工程间距的 {spacings} 倍",
            f"pass {number}: {radii} m, {ranges} ranges, at the longest {spacings} spacings",
        )
    told.because(
        path,
        f"{len(passes)} 次搜索，形状同变异函数，最长与最短半径之比不超过 {figures['flattest']:g}；"
        f"水平方向至少 {figures['spacings'][0]:g}、{figures['spacings'][1]:g} 倍工程间距"
        f"({spacing_m:.0f} m)，使首次搜索可及相邻三孔；"
        f"每孔最多 {last.max_per_hole} 个样，防止条带效应",
        f"{len(passes)} passes in the variogram's shape, at most {figures['flattest']:g} to 1; "
        f"along level axes at least {figures['spacings'][0]:g} and {figures['spacings'][1]:g} "
        f"spacings ({spacing_m:.0f} m), so that the first reaches three neighbouring holes; at "
        f"most {last.max_per_hole} samples of a hole against stripes",
    )
