"""Contact analysis: mean grade against distance to the contact of two domains, and what it says of
the boundary: hard, soft, or soft up to a distance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from estimation.exploratory.rules import rule
from estimation.studies import Words

Floats = npt.NDArray[np.float64]

Boundary = Literal["hard", "semi_soft", "soft"]


@dataclass(frozen=True)
class ContactProfile:
    """Mean grade in classes of signed distance: below zero in the first domain."""

    first: str
    second: str
    along: Literal["hole", "space"]
    """Distance down the hole to the logged contact, or in space to the other domain's nearest
    sample."""
    distance_m: Floats
    """Middles of the classes with samples, rising."""
    n: npt.NDArray[np.int64]
    mean: Floats
    half_width: Floats
    """Of the 95 % interval of the mean, 1.96 s/√n; NaN of one sample."""
    contacts: int
    """Contacts crossed by holes (``hole``), or holes with samples of both (``space``)."""
    domain_means: tuple[float, float]
    """Means of all samples of each domain."""
    domain_half_widths: tuple[float, float]
    """Of their 95 % intervals."""
    bin_m: float


@dataclass(frozen=True)
class ContactDecision:
    """What the profile says of the boundary."""

    kind: Boundary
    within_m: float | None
    """How far samples of the other domain may be used (``semi_soft``); None for the others."""
    jump: float
    """Mean of the second domain's first class less that of the first domain's."""
    jump_half_width: float
    reason: Words


def contact_profile(
    table: pd.DataFrame,
    element: str,
    domains: tuple[str, str],
    bin_m: float,
    reach_m: float,
    along: Literal["hole", "space"] = "hole",
) -> ContactProfile | None:
    """Mean grade against distance to the contact of two domains; None where they don't meet.

    Parameters
    ----------
    table
        Composites as :class:`geo.drillholes.composite.Composites` holds them.
    element
        Column of grades; blanks are left out.
    domains
        The first lies at distances below zero.
    bin_m, reach_m
        Width of a class (the composite's length) and the farthest distance looked at, metres.
    along
        ``hole``: to the contact where the hole goes from one domain into the other; a sample
        beyond a third domain has no distance. ``space``: to the nearest sample of the other domain,
        whatever lies between.
    """
    known = table[table[element].notna() & table["domain"].isin(domains)]
    if along == "hole":
        distance, contacts = _down_the_hole(table, domains)
        distance = distance.loc[known.index]
    else:
        distance, contacts = _through_space(known, domains)
    values = known[element].to_numpy(float)
    signed = distance.to_numpy(float)
    near = np.abs(signed) <= reach_m
    if not (signed[near] < 0).any() or not (signed[near] > 0).any():
        return None
    classes = np.floor(signed[near] / bin_m).astype(np.int64)
    numbers, inverse, n = np.unique(classes, return_inverse=True, return_counts=True)
    mean = np.bincount(inverse, weights=values[near]) / n
    squares = np.bincount(inverse, weights=(values[near] - mean[inverse]) ** 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(squares / (n - 1) / n)
    half = np.where(n > 1, rule("contact")["confidence_z"] * error, np.nan)
    (a, da), (b, db) = (_mean(values[(known["domain"] == name).to_numpy()]) for name in domains)
    middles = (numbers + 0.5) * bin_m
    return ContactProfile(
        *domains, along, middles, n, mean, half, contacts, (a, b), (da, db), bin_m
    )


def _mean(values: Floats) -> tuple[float, float]:
    """Mean and half width of its 95 % interval; NaN width of one sample."""
    if values.size < 2:
        return float(values.mean()), float("nan")
    error = float(values.std(ddof=1) / np.sqrt(values.size))
    return float(values.mean()), float(rule("contact")["confidence_z"]) * error


def decide(profile: ContactProfile) -> ContactDecision:
    """Propose hard, soft or semi-soft from a profile.

    The jump is the difference of the classes at the contact. Hard: the jump is beyond its 95 %
    interval and at least the configured share of the difference of the domains' means. Otherwise
    grades run across: soft where the domains' means don't differ beyond their intervals either;
    semi-soft where they do, up to the distance at which both sides have reached their domain's mean
    (two classes at least). With too few samples beside the contact the boundary stays hard, which
    takes nothing for granted.
    """
    limits = rule("contact")
    left = np.flatnonzero(profile.distance_m < 0)[-1]
    right = np.flatnonzero(profile.distance_m > 0)[0]
    few = min(profile.n[left], profile.n[right]) < limits["least_samples"]
    beside = max(abs(profile.distance_m[left]), profile.distance_m[right]) <= profile.bin_m
    jump = float(profile.mean[right] - profile.mean[left])
    half = float(np.hypot(profile.half_width[left], profile.half_width[right]))
    if few or not beside:
        words = Words(
            f"接触带样品太少（{profile.n[left]}、{profile.n[right]} 个）：按硬边界",
            f"too few samples beside the contact ({profile.n[left]} and {profile.n[right]}): hard",
        )
        return ContactDecision("hard", None, jump, half, words)
    apart = profile.domain_means[1] - profile.domain_means[0]
    share = abs(jump) / abs(apart) if apart else np.inf
    if abs(jump) > half and share >= limits["jump_share"]:
        return ContactDecision("hard", None, jump, half, _jumps(jump, half, apart))
    if abs(apart) <= float(np.hypot(*profile.domain_half_widths)):
        words = Words(
            f"界面处品位无突变（差 {jump:.3g} ± {half:.2g}），两域均值亦无显著差异：软边界",
            f"no jump at the contact ({jump:.3g} ± {half:.2g}), nor do the domains' means differ: "
            "soft",
        )
        return ContactDecision("soft", None, jump, half, words)
    within = max(_reached(profile, 0), _reached(profile, 1), 2.0 * profile.bin_m)
    words = Words(
        f"界面处无突变（差 {jump:.3g} ± {half:.2g}），{within:g} m 内渐变至各域均值：半软边界",
        f"no jump at the contact ({jump:.3g} ± {half:.2g}); grades run over into the domains' "
        f"means within {within:g} m: semi-soft",
    )
    return ContactDecision("semi_soft", within, jump, half, words)


def _jumps(jump: float, half: float, apart: float) -> Words:
    """Why a boundary is hard."""
    return Words(
        f"界面处品位突变 {jump:.3g} ± {half:.2g}（两域均值差 {apart:.3g}）：硬边界",
        f"grades jump by {jump:.3g} ± {half:.2g} at the contact (the domains' means differ by "
        f"{apart:.3g}): hard",
    )


def _reached(profile: ContactProfile, side: int) -> float:
    """Distance on one side from which the classes' intervals hold the domain's mean."""
    distance = profile.distance_m if side else -profile.distance_m
    order = [i for i in np.argsort(distance) if distance[i] > 0 and profile.n[i] > 1]
    for i in order:
        if abs(profile.mean[i] - profile.domain_means[side]) <= profile.half_width[i]:
            return float(distance[i] + profile.bin_m / 2.0)
    return float(distance[order[-1]] + profile.bin_m / 2.0) if order else profile.bin_m


def _down_the_hole(table: pd.DataFrame, domains: tuple[str, str]) -> tuple[pd.Series, int]:
    """Signed distance down the hole to the nearest contact of the two domains, by row; NaN where
    the sample's stretch of its domain doesn't end at one. And how many contacts there are."""
    rows = table[["hole_id", "from_m", "to_m", "domain"]].sort_values(["hole_id", "from_m"])
    changes = (rows[["hole_id", "domain"]] != rows[["hole_id", "domain"]].shift()).any(axis=1)
    run = changes.cumsum().to_numpy()
    runs = rows.groupby(run).agg(
        hole=("hole_id", "first"), domain=("domain", "first"), low=("from_m", "min"),
        high=("to_m", "max"),
    )  # fmt: skip
    after = runs.shift(-1)
    touch = after["low"] - runs["high"] <= rows["to_m"].sub(rows["from_m"]).median()
    pair = runs["domain"].isin(domains) & after["domain"].isin(domains)
    meets = (runs["hole"] == after["hole"]) & pair & touch
    place = ((runs["high"] + after["low"]) / 2.0).where(meets)
    below = pd.Series(place.to_numpy()[run - 1], index=rows.index)
    above = pd.Series(place.shift().to_numpy()[run - 1], index=rows.index)
    middle = (rows["from_m"] + rows["to_m"]) / 2.0
    away = pd.concat([below - middle, middle - above], axis=1).min(axis=1)
    sign = np.where(rows["domain"] == domains[0], -1.0, 1.0)
    signed = (away * sign).where(rows["domain"].isin(domains))
    return signed.reindex(table.index), int(meets.sum())


def _through_space(known: pd.DataFrame, domains: tuple[str, str]) -> tuple[pd.Series, int]:
    """Signed distance to the other domain's nearest sample, by row, and the holes with both."""
    places = known[["easting_m", "northing_m", "elevation_m"]].to_numpy(float)
    first = (known["domain"] == domains[0]).to_numpy()
    signed = np.full(len(known), np.nan)
    if first.any() and not first.all():
        signed[first] = -cKDTree(places[~first]).query(places[first])[0]
        signed[~first] = cKDTree(places[first]).query(places[~first])[0]
    both = known.groupby("hole_id")["domain"].nunique()
    return pd.Series(signed, index=known.index), int((both > 1).sum())
