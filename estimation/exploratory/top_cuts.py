"""Top cuts (特高品位): candidates with what each costs, a recommendation with its reason, and the
distance within which high grades may count in full."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from estimation.exploratory.capping import cap_by_multiple_of_mean, metal_removed_share
from estimation.exploratory.declustering import weighted_mean_and_variance
from estimation.exploratory.rules import rule
from estimation.exploratory.statistics import weighted_quantiles
from estimation.exploratory.tails import (
    cap_of_mean,
    decile_analysis,
    disintegration,
    log_probability_break,
    sichel_mean,
)
from estimation.studies import Words

Floats = npt.NDArray[np.float64]
Basis = Literal[
    "percentile",
    "round",
    "multiple_of_mean",
    "log_probability_break",
    "disintegration",
    "decile_analysis",
    "sichel",
    "cv_limit",
]

PERCENTILES = (95.0, 97.5, 98.0, 99.0, 99.5, 99.9)
TAIL = 0.90
"""Round numbers are offered from this percentile on."""

BASES: dict[str, Words] = {
    "percentile": Words("百分位", "percentile"),
    "round": Words("整数", "round number"),
    "multiple_of_mean": Words("平均品位 6–8 倍", "6–8 × mean"),
    "log_probability_break": Words("对数概率图拐点", "log-probability break"),
    "disintegration": Words("分位数间断", "disintegration (gap)"),
    "decile_analysis": Words("十分位分析 (Parrish)", "decile analysis (Parrish)"),
    "sichel": Words("Sichel 均值", "Sichel's mean"),
    "cv_limit": Words("变化系数限值", "limit of CV"),
}
"""What each basis of a candidate is called."""


@dataclass(frozen=True)
class Candidate:
    """One cut and what it does to the (declustered) statistics."""

    cap: float
    basis: Basis
    note: str
    """Percentile or multiple that the cap stands for."""
    samples_cut: int
    metal_removed_share: float
    """0-1."""
    mean_before: float
    mean_after: float
    cv_before: float
    cv_after: float


@dataclass(frozen=True)
class TopCut:
    """The recommended cut, and how much hangs on it."""

    value: float | None
    """None: no cut."""
    reason: Words
    lower: Candidate | None = None
    """One step below and above in the table of candidates."""
    chosen: Candidate | None = None
    upper: Candidate | None = None


def evaluate(values: Floats, weights: Floats, cap: float, basis: Basis, note: str) -> Candidate:
    """What one cut does; ``values`` (n,) without blanks, ``weights`` (n,) as the statistics'."""
    mean, variance = weighted_mean_and_variance(values, weights)
    after, spread = weighted_mean_and_variance(np.minimum(values, cap), weights)
    return Candidate(
        float(cap),
        basis,
        note,
        int(np.sum(values > cap)),
        metal_removed_share(values, weights, cap) if mean > 0 else 0.0,
        mean,
        after,
        _ratio(variance, mean),
        _ratio(spread, after),
    )


def candidates(values: Floats, weights: Floats) -> tuple[Candidate, ...]:
    """Cuts worth looking at, rising, each with its basis; empty where grades don't vary.

    Several bases may name about the same grade: all are kept, for the agreement is evidence.
    """
    if values.size < 2 or np.ptp(values) == 0 or values.max() <= 0:
        return ()
    named = [*_percentiles(values, weights), *_rounds(values, weights), *_rules(values, weights)]
    found = [evaluate(values, weights, cap, basis, note) for cap, basis, note in named]
    return tuple(sorted((c for c in found if c.cap > 0), key=lambda c: (c.cap, c.basis)))


def mean_and_variance(values: Floats, weights: Floats, points: int = 80) -> dict[str, Floats]:
    """The mean-and-variance plot: statistics under every cap over the upper half of the grades.

    Arrays (points,): ``cap``, ``mean``, ``cv``, ``cut`` (samples), ``metal_removed`` (share).
    """
    low, high = float(np.median(values)), float(values.max())
    caps = np.geomspace(low, high, points) if low > 0 else np.linspace(low, high, points)
    rows = [evaluate(values, weights, cap, "percentile", "") for cap in caps]
    return {
        "cap": caps,
        "mean": np.array([r.mean_after for r in rows]),
        "cv": np.array([r.cv_after for r in rows]),
        "cut": np.array([float(r.samples_cut) for r in rows]),
        "metal_removed": np.array([r.metal_removed_share for r in rows]),
    }


def recommend(
    values: Floats,
    weights: Floats,
    found: tuple[Candidate, ...] | None = None,
    *,
    precious: bool = False,
) -> TopCut:
    """Recommend a cut, or none, with the reason.

    A cut is proposed where the tail shows a sign of outliers: grades beyond 6-8 x mean, a CV that
    tells of them, or too much metal in the top tenth. The 6-8 x rule gives the grade; a break or a
    gap of the tail within a third of it is preferred, as the data's own. ``found`` are the
    candidates where they are known already; ``precious`` sets the limit of metal removed.
    """
    found = candidates(values, weights) if found is None else found
    fewest = int(rule("fewest_samples"))
    if values.size < fewest or not found:
        return TopCut(None, _too_little(values, fewest))
    signs = _signs(values, weights, found)
    if not signs:
        words = Words(
            "无需处理：无超过均值 6–8 倍的样品，变化系数与十分位分析均无异常",
            "no cut: no grade beyond 6–8 × mean, CV and decile analysis show nothing unusual",
        )
        return TopCut(None, words)
    chosen = _choose(found)
    if chosen is None:
        told = _join(signs)
        words = Words(
            f"{told.zh}，但尾部无间断、无样品超过均值 6–8 倍：不处理，宜检查矿化域划分",
            f"{told.en}, yet no grade stands apart and none is beyond 6–8 × mean: no cut; look at "
            "the domains instead",
        )
        return TopCut(None, words)
    value = float(f"{chosen.cap:.3g}")
    settled = evaluate(values, weights, value, chosen.basis, chosen.note)
    lower = [c for c in found if c.cap < value * (1 - _STEP)]
    upper = [c for c in found if c.cap > value * (1 + _STEP)]
    return TopCut(
        value,
        _because(settled, signs, precious),
        lower[-1] if lower else None,
        settled,
        upper[0] if upper else None,
    )


_STEP = 0.03
"""Relative difference from which two candidates are two steps."""
_NEAR = 1.0 / 3.0
"""A break within this share of the 6-8 x rule's grade confirms it."""


def high_yield_distance(
    xyz_m: Floats, values: Floats, threshold: float, lags_m: Floats
) -> tuple[float, Floats]:
    """Distance beyond which a high grade says nothing of its surroundings, and the correlogram.

    The correlogram of the indicator of grades above ``threshold``: ``(P(h) - p) / (1 - p)``, P(h)
    the share of high grades among samples at distance h from a high one, p their share of all
    (Journel & Deutsch 1998, GSLIB, II.1). The distance is the first lag at which it is below the
    configured limit with enough pairs; NaN where none is or too few grades are high.

    Parameters
    ----------
    xyz_m, values
        Samples, (n, 3) metres and (n,) grades.
    lags_m
        Upper ends of the distance classes, rising; the first begins at 0.
    """
    limits = rule("high_yield")
    high = values > threshold
    correlation = np.full(lags_m.size, np.nan)
    share = float(high.mean()) if high.size else 0.0
    if high.sum() < 2 or share >= 1.0:
        return float("nan"), correlation
    some, every = cKDTree(xyz_m[high]), cKDTree(xyz_m)
    own = float(high.sum())
    radii = np.asarray(lags_m, dtype=float)
    same = np.diff(some.count_neighbors(some, radii).astype(float) - own, prepend=0.0)
    total = np.diff(some.count_neighbors(every, radii).astype(float) - own, prepend=0.0)
    enough = total >= limits["least_pairs"]
    correlation[enough] = (same[enough] / total[enough] - share) / (1.0 - share)
    lost = np.flatnonzero(correlation < limits["correlation"])
    return (float(radii[lost[0]]) if lost.size else float("nan")), correlation


def _ratio(variance: float, mean: float) -> float:
    """Coefficient of variation; NaN where the mean isn't above zero."""
    return float(np.sqrt(variance) / mean) if mean > 0 else float("nan")


Named = tuple[float, Basis, str]


def _percentiles(values: Floats, weights: Floats) -> list[Named]:
    """Caps at percentiles that cut at least one sample."""
    caps = weighted_quantiles(values, np.array(PERCENTILES) / 100.0, weights)
    return [
        (float(cap), "percentile", f"P{p:g}")
        for p, cap in zip(PERCENTILES, caps, strict=True)
        if 0 < cap < values.max()
    ]


def _rounds(values: Floats, weights: Floats) -> list[Named]:
    """1, 1.5, 2, 3, 4, 5, 6, 8 times powers of ten between the tail's foot and the maximum."""
    foot = float(weighted_quantiles(values, np.array([TAIL]), weights)[0])
    top = float(values.max())
    power = 10.0 ** np.arange(np.floor(np.log10(max(foot, top * 1e-3))), np.log10(top) + 1)
    grades = np.sort(np.outer(power, (1, 1.5, 2, 3, 4, 5, 6, 8)).ravel())
    return [(float(f"{g:.3g}"), "round", f"{g:g}") for g in grades if foot < g < top]


def _rules(values: Floats, weights: Floats) -> list[Named]:
    """Caps that a rule names, where it names one below the maximum."""
    mean, _ = weighted_mean_and_variance(values, weights)
    multiple = cap_by_multiple_of_mean(values, weights)
    sichel = cap_of_mean(values, weights, sichel_mean(values, weights))
    named: list[Named] = [
        (multiple, "multiple_of_mean", f"{multiple / mean:.1f} x"),
        (log_probability_break(values, weights), "log_probability_break", ""),
        (disintegration(values, weights), "disintegration", ""),
        (decile_analysis(values, weights).cap, "decile_analysis", ""),
        (sichel, "sichel", ""),
        (_cap_of_cv(values, weights), "cv_limit", ""),
    ]
    return [(cap, basis, note) for cap, basis, note in named if cap < values.max()]


def _cap_of_cv(values: Floats, weights: Floats) -> float:
    """Highest sample grade to cut at that brings the CV down to the wanted one; NaN if it's there
    already or can't be brought."""
    wanted = float(rule("coefficient_of_variation")["wanted"])
    ranked = np.unique(values[values > 0])
    mean, variance = weighted_mean_and_variance(values, weights)
    if not ranked.size or _ratio(variance, mean) <= wanted:
        return float("nan")
    low, high = 0, ranked.size - 1  # the CV falls with the cap
    if evaluate(values, weights, float(ranked[0]), "cv_limit", "").cv_after > wanted:
        return float("nan")
    while high - low > 1:
        middle = (low + high) // 2
        after = evaluate(values, weights, float(ranked[middle]), "cv_limit", "").cv_after
        low, high = (middle, high) if after <= wanted else (low, middle)
    return float(ranked[low])


def _signs(values: Floats, weights: Floats, found: tuple[Candidate, ...]) -> list[Words]:
    """Signs of outliers, in words."""
    signs = []
    beyond = next((c for c in found if c.basis == "multiple_of_mean"), None)
    if beyond is not None:
        times = beyond.note.replace(" x", "")
        signs.append(
            Words(
                f"{beyond.samples_cut} 个样品超过均值 {times} 倍",
                f"{beyond.samples_cut} samples beyond {times} × mean",
            )
        )
    variation, limit = found[0].cv_before, rule("coefficient_of_variation")["outliers_from"]
    if variation >= limit:
        text = f"{variation:.2f} ≥ {limit:g}"
        signs.append(Words(f"变化系数 {text}", f"CV {text}"))
    deciles = decile_analysis(values, weights)
    if deciles.needs_cut:
        top, first = 100 * deciles.decile_shares[9], 100 * deciles.percentile_shares[9]
        signs.append(
            Words(
                f"最高 10% 样品含 {top:.0f}% 金属（最高 1% 含 {first:.0f}%）",
                f"the top tenth holds {top:.0f} % of the metal (the top hundredth {first:.0f} %)",
            )
        )
    return signs


def _choose(found: tuple[Candidate, ...]) -> Candidate | None:
    """The cut: 6-8 x mean, or a break or gap near it; without it Parrish's or the break's."""
    by_basis = {c.basis: c for c in found}
    own = [by_basis[b] for b in ("disintegration", "log_probability_break") if b in by_basis]
    multiple = by_basis.get("multiple_of_mean")
    if multiple is not None:
        near = [c for c in own if abs(c.cap / multiple.cap - 1.0) <= _NEAR]
        return min(near, key=lambda c: abs(c.cap - multiple.cap)) if near else multiple
    if "decile_analysis" in by_basis:
        return by_basis["decile_analysis"]
    return max(own, key=lambda c: c.cap) if own else None


def _because(chosen: Candidate, signs: list[Words], precious: bool) -> Words:
    """The reason of a cut, with a warning where it takes much metal."""
    told, basis = _join(signs), BASES[chosen.basis]
    removed = 100 * chosen.metal_removed_share
    limit = 100 * rule("metal_removed")["precious" if precious else "base"]
    zh = (
        f"{told.zh}；取{basis.zh} {chosen.cap:g}，处理 {chosen.samples_cut} 个样品，"
        f"去除金属 {removed:.2g}%，变化系数 {chosen.cv_before:.2f}→{chosen.cv_after:.2f}"
    )
    en = (
        f"{told.en}; cut at {chosen.cap:g} ({basis.en}): {chosen.samples_cut} samples, "
        f"{removed:.2g} % of the metal, CV {chosen.cv_before:.2f} to {chosen.cv_after:.2f}"
    )
    if removed > limit:
        zh += f"；超过 {limit:g}%，须复核样品并考虑限制影响范围"
        en += f"; more than {limit:g} %: check the samples, consider restricting their influence"
    return Words(zh, en)


def _too_little(values: Floats, fewest: int) -> Words:
    """Why nothing is proposed of few samples or of equal grades."""
    if values.size < fewest:
        n = values.size
        return Words(
            f"样品 {n} 个，少于 {fewest}：不提出", f"{n} samples, fewer than {fewest}: none"
        )
    return Words("品位无变化：不提出", "all grades are equal: none")


def _join(signs: list[Words]) -> Words:
    """Several signs in one sentence."""
    return Words("，".join(s.zh for s in signs), ", ".join(s.en for s in signs))
