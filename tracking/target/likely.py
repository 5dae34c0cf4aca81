"""How sure the growth so far is, by the simulations behind the newest figures.

With g the growth that the figures say, e_d the error of deposit d's newest figure (two half normal
curves joined at its P50, :mod:`tracking.target.projection`) and R0 the baseline::

    G = g + sum e_d / R0

The opening figure is the recorded one and has no error: it is what the target is measured from.
So the interval is about the newest figures alone, within the modelled coverage. Deposits may err
together or each by itself; both are stated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tracking.target.projection import Z_90, Chance, chance_of, moments_of
from tracking.target.spread import Spread

SIDES = ("below_kg", "above_kg")


@dataclass(frozen=True)
class Band:
    """Growth that lies below the first with 10 % and below the second with 90 % probability."""

    p10_pct: float
    p90_pct: float


@dataclass(frozen=True)
class Likely:
    """How sure the growth so far is."""

    together: Band
    """If all deposits' figures are off in the same direction."""
    independent: Band
    """If each is off by itself."""
    chances: tuple[Chance, ...]
    """That each line is reached already."""


def likely_growth(
    grown_t: float, base_t: float, levels: Sequence[float], spreads: Sequence[Spread]
) -> Likely:
    """Band of the growth ``grown_t`` (tonnes of a baseline ``base_t``) and the lines' chances."""
    below, above = (math.fsum(getattr(s, side) for s in spreads) for side in SIDES)
    mean, deviation = moments_of(spreads)
    percent = 100.0 / base_t
    return Likely(
        Band((grown_t - below / 1000) * percent, (grown_t + above / 1000) * percent),
        Band(
            (grown_t + (mean - Z_90 * deviation) / 1000) * percent,
            (grown_t + (mean + Z_90 * deviation) / 1000) * percent,
        ),
        tuple(Chance(x, *chance_of(x * base_t - grown_t, spreads)) for x in levels),
    )
