"""What the neighbourhood trials recommend, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from estimation.neighbourhood.trials import (
    FINEST,
    Ground,
    Trial,
    relative_block_variance,
)
from estimation.studies import Words
from estimation.validation.rules import neighbourhood_limit


@dataclass(frozen=True)
class Advice:
    """One choice of a plan: what it says, what the trials say, and why."""

    choice: str
    """block, min_samples, max_samples, points or search."""
    planned: str
    recommended: str
    value: float
    """Where it lies on the axis of its figure."""
    reason: Words

    @property
    def agrees(self) -> bool:
        """Whether the plan already says so."""
        return self.planned == self.recommended


def advise(ground: Ground, trials: tuple[Trial, ...]) -> tuple[Advice, ...]:
    """Recommend block size, number of samples, discretization and search."""
    by = {v: [t for t in trials if t.variable == v] for v in ("block", "samples", "points")}
    searches = [t for t in trials if t.variable == "search"]
    most = _most_samples(ground, by["samples"])
    return (
        _block(ground, by["block"]),
        most,
        _least_samples(ground, by["samples"], int(most.recommended)),
        _points(ground, by["points"]),
        _search(ground, searches),
    )


def _flat_from(trials: list[Trial]) -> int:
    """First trial after which slope and efficiency gain next to nothing."""
    slope = np.array([trial.mean("slope") for trial in trials])
    efficiency = np.array([trial.mean("efficiency") for trial in trials])
    share = np.array([trial.estimated for trial in trials])
    flat = (
        (np.nanmax(slope) - slope <= neighbourhood_limit("flat_slope"))
        & (np.nanmax(efficiency) - efficiency <= neighbourhood_limit("flat_efficiency"))
        & (share.max() - share <= 0.01)
    )
    return int(np.argmax(flat)) if flat.any() else len(trials) - 1


def _most_samples(ground: Ground, trials: list[Trial]) -> Advice:
    """Where more samples change nothing, unless negative weights say stop before."""
    at = _flat_from(trials)
    limit = neighbourhood_limit("negative_weights")
    within = [i for i, t in enumerate(trials) if t.mean("negative") >= -limit]
    chosen = trials[at if not within or at in within else max(within)]
    negative = f"{chosen.mean('negative'):.1%}"
    reason = Words(
        f"样品数再增加，回归斜率提高不超过 {neighbourhood_limit('flat_slope'):g}，克里格效率不超过 "
        f"{neighbourhood_limit('flat_efficiency'):.0%}；此时斜率 {chosen.mean('slope'):.2f}，"
        f"负权之和平均 {negative}",
        f"more samples raise the slope by at most {neighbourhood_limit('flat_slope'):g} and the "
        f"efficiency by at most {neighbourhood_limit('flat_efficiency'):.0%}; slope there "
        f"{chosen.mean('slope'):.2f}, mean sum of negative weights {negative}",
    )
    planned = ground.planned.search.max_samples
    return Advice("max_samples", str(planned), chosen.label, chosen.value, reason)


def _least_samples(ground: Ground, trials: list[Trial], most: int) -> Advice:
    """Fewest samples with which a block is better estimated than by its domain's mean."""
    limit = neighbourhood_limit("least_efficiency")
    known = [t for t in trials if t.value <= most]
    good = [t for t in known if t.mean("efficiency") >= limit]
    chosen = good[0] if good else known[-1]
    reason = Words(
        f"样品更少时平均克里格效率低于 {limit:.0%}，不如用矿化域均值；"
        f"此时平均 {chosen.mean('efficiency'):.0%}",
        f"with fewer the mean kriging efficiency is below {limit:.0%} and the domain's mean would "
        f"serve better; there {chosen.mean('efficiency'):.0%}",
    )
    if not good:
        reason = Words(
            f"任何样品数下平均克里格效率均低于 {limit:.0%}（块体过小或工程过稀），维持方案",
            f"no count brings the mean kriging efficiency to {limit:.0%} (blocks too small or "
            "drilling too sparse): the plan's stands",
        )
    planned = str(ground.planned.search.min_samples)
    if not good:
        return Advice("min_samples", planned, planned, float(planned), reason)
    return Advice("min_samples", planned, chosen.label, chosen.value, reason)


def _points(ground: Ground, trials: list[Trial]) -> Advice:
    """Fewest points that give the block variance of the finest discretization."""
    base = ground.planned
    sides = zip(trials[-1].setting.points, FINEST, strict=True)
    finest = tuple(1 if p == 1 else f for p, f in sides)
    best = relative_block_variance(
        ground.choices, replace(base, points=(finest[0], finest[1], finest[2]))
    )
    limit = neighbourhood_limit("stable_variance")
    off = [abs(t.block_variance / best - 1.0) if best > 0 else 0.0 for t in trials]
    stable = [i for i, d in enumerate(off) if d <= limit]
    at = stable[0] if stable else len(trials) - 1
    label = trials[at].label
    fewest = (
        Words("为满足要求的最少点数", "fewest that do")
        if stable
        else Words("所试最多点数，仍未满足", "the most tried, which don't do")
    )
    reason = Words(
        f"{label} 点：块方差与 {' x '.join(map(str, finest))} 点之值相差 {off[at]:.1%}，"
        f"要求 {limit:.0%} 以内，{fewest.zh}",
        f"{label} points: block variance differs by {off[at]:.1%} from that of "
        f"{' x '.join(map(str, finest))} points; {limit:.0%} is asked, {fewest.en}",
    )
    planned = " x ".join(str(n) for n in base.points)
    return Advice("points", planned, label, trials[at].value, reason)


def _search(ground: Ground, trials: list[Trial]) -> Advice:
    """Where a wider search changes nothing."""
    chosen = trials[_flat_from(trials)]
    times = chosen.label.split()[0]
    reason = Words(
        f"为最长变程的 {times} 倍；再扩大，斜率与效率不再提高；已估块体 {chosen.estimated:.0%}",
        f"{times} times the longest ranges; wider, slope and efficiency gain nothing; "
        f"{chosen.estimated:.0%} of the blocks estimated",
    )
    if chosen is trials[-1]:
        reason = Words(
            f"所试最大半径（最长变程的 {times} 倍）内曲线仍未变平",
            f"the curve does not flatten within the widest search tried ({times} times the "
            "longest ranges)",
        )
    radii = " x ".join(f"{radius:g}" for radius in chosen.setting.search.radii_m)
    planned = " x ".join(f"{radius:g}" for radius in ground.planned.search.radii_m)
    return Advice("search", planned, radii, chosen.value, reason)


def _block(ground: Ground, trials: list[Trial]) -> Advice:
    """The plan's block where it is not too small for the drilling; else the least that isn't."""
    shares = {k: neighbourhood_limit("block_over_spacing", k) for k in ("least", "most")}
    spacing = ground.spacing_m
    least, most = shares["least"] * spacing, shares["most"] * spacing
    side = max(ground.planned.block_m[:2])
    planned = next(t for t in trials if t.setting.block_m == ground.planned.block_m)
    wide = [t for t in trials if max(t.setting.block_m[:2]) >= least * (1 - 1e-9)]
    chosen = planned if side >= least * (1 - 1e-9) or not spacing > 0 else (wide or trials)[-1]
    if chosen is not planned and wide:
        chosen = wide[0]
    where_zh = "符合" if least <= side <= most else ("过小" if side < least else "偏大但允许")
    where_en = "within" if least <= side <= most else ("below" if side < least else "above")
    reason = Words(
        f"工程间距约 {spacing:.0f} m，块体边长宜为 {least:.0f}–{most:.0f} m（三分之一至二分之一）；"
        f"方案 {side:g} m {where_zh}；斜率 {chosen.mean('slope'):.2f}",
        f"drill spacing about {spacing:.0f} m, a third to half of it {least:.0f}-{most:.0f} m; the "
        f"plan's {side:g} m is {where_en}; slope {chosen.mean('slope'):.2f}",
    )
    return Advice("block", planned.label, chosen.label, chosen.value, reason)
