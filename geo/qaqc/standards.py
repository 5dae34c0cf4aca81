"""Reference materials (标准物质): Shewhart charts, bias, and the limit Y_B of DZ/T 0130."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.dictionary import bare
from geo.qaqc.config import QaqcRules
from geo.qaqc.limits import (
    Certified,
    known_element,
    limits,
    standard_limit_pct,
)

Bools = NDArray[np.bool_]
Basis = Literal["certificate", "own_mean", "too_few", "near_detection", "no_variance"]


@dataclass(frozen=True)
class StandardSeries:
    """Determinations of one element in one material by one laboratory, in sequence."""

    material: str
    element: str
    unit: str
    laboratory: str
    basis: Basis
    """What mean and standard deviation are taken from, or why the chart isn't judged."""
    frame: pd.DataFrame
    """Rows of repeats (``value``, ``below``, place) in sequence; those below detection only where
    the detection limit itself is off the certified value (``value`` is the limit)."""
    below: int
    """Determinations below detection that say nothing against the certified value."""
    centre: float
    sd: float
    certified: Certified | None
    value: float | None
    """Certified value in the series' unit."""
    limit_pct: float | None
    """Y_B of the certified value; None without value or unit."""
    warned: Bools
    failed: Bools
    run: Bools
    """Members of seven or more in sequence on one side of the centre."""
    twice: Bools
    """Second of two in sequence beyond 2 s on one side."""
    beyond_limit: Bools
    """Off the certified value by more than Y_B."""
    rejected: Bools
    """By the configured rule."""

    @property
    def values(self) -> NDArray[np.float64]:
        """Determinations in sequence."""
        return self.frame["value"].to_numpy(dtype=float)

    @property
    def judged(self) -> bool:
        """Whether there is anything to judge the values by."""
        return self.basis in ("certificate", "own_mean") or self.limit_pct is not None

    @property
    def bias_pct(self) -> float | None:
        """Mean of the determinations against the certified value, in %."""
        if not self.value or not len(self.frame):
            return None
        return float(100 * (self.values.mean() / self.value - 1))

    @property
    def rsd_pct(self) -> float | None:
        """Relative standard deviation of the determinations, in %."""
        if len(self.frame) < 2 or self.values.mean() == 0:
            return None
        return float(100 * self.values.std(ddof=1) / self.values.mean())

    @property
    def pass_pct(self) -> float | None:
        """Share of the determinations that keep the configured rule, in %."""
        return float(100 * (~self.rejected).mean()) if self.judged and len(self.frame) else None


def judge_standards(
    repeats: pd.DataFrame, certificates: Sequence[Certified], rules: QaqcRules
) -> list[StandardSeries]:
    """Judge every series of standards.

    Parameters
    ----------
    repeats
        Rows of :class:`geo.qaqc.controls.Controls` of kind ``standard``, in sequence.
    certificates
        Certified values; a series without one is judged by its own mean, from 11 repeats on
        (with fewer none can lie beyond 3 s of its own mean: the farthest is (n - 1)/sqrt(n)).
    rules
        What a standard must keep.

    Returns
    -------
    list of StandardSeries
        By material, element and laboratory.
    """
    mine = repeats[(repeats["kind"] == "standard") & repeats["value"].notna()]
    keys = ["material", "element", "unit", "laboratory"]
    known = {(bare(c.material), c.element.casefold()): c for c in certificates}
    return [
        _series(key, group, known, rules)
        for key, group in mine.groupby(keys, sort=False)
        if len(group)
    ]


def _series(key: Any, group: pd.DataFrame, known: dict[Any, Certified], rules: QaqcRules) -> Any:
    """Judge one series."""
    material, element, unit, laboratory = (str(part) for part in key)
    symbol = known_element(element) or element.casefold()
    certified = known.get((bare(material), symbol))
    told = certified.in_unit(unit) if certified else None
    shewhart = limits()["shewhart"]
    limit = standard_limit_pct(element, unit, told[0]) if told else None
    every = group["value"].to_numpy(dtype=float)
    below = group["below"].to_numpy(dtype=bool) | at_floor(every)
    off = below & _too_low(every, told, limit)
    basis, centre, sd = _basis(every[~below], int((below & ~off).sum()), told)
    frame = group[~below | off].reset_index(drop=True)
    values = frame["value"].to_numpy(dtype=float)
    # to nine places: 0.56 is 3 s above 0.50 where s is 0.02, not 3.0000000000000027 s
    z = np.round((values - centre) / sd, 9) if sd > 0 else np.zeros(len(values))
    failed = np.abs(z) > shewhart["fail_s"]
    warned = np.abs(z) > shewhart["warn_s"]
    beyond = np.zeros(len(values), dtype=bool)
    if told and limit is not None:
        beyond = 100 * np.abs(values / told[0] - 1) > limit
    by_rule = {"three_s": failed, "relative_limit": beyond, "both": failed | beyond}
    return StandardSeries(
        material,
        element,
        unit,
        laboratory,
        basis,
        frame,
        int((below & ~off).sum()),
        centre,
        sd,
        certified,
        told[0] if told else None,
        limit,
        warned & ~failed,
        failed,
        runs_on_one_side(z, shewhart["run"]),
        two_beyond(z, shewhart["warn_s"]),
        beyond,
        by_rule[rules.standard],
    )


def _too_low(
    values: NDArray[np.float64], told: tuple[float, float | None] | None, limit_pct: float | None
) -> Bools:
    """Values so far under the certified one that it can't be true of what was analysed."""
    found = np.zeros(len(values), dtype=bool)
    if told is not None and limit_pct is not None:
        found |= 100 * (1 - values / told[0]) > limit_pct
    if told is not None and told[1]:
        found |= (told[0] - values) / told[1] > limits()["shewhart"]["fail_s"]
    return found


def _basis(
    values: NDArray[np.float64], below: int, told: tuple[float, float | None] | None
) -> tuple[Basis, float, float]:
    """Where centre and standard deviation come from; a deviation of 0 is not judged."""
    total = len(values) + below
    if not len(values) or below > 0.1 * total:
        return "near_detection", float("nan"), 0.0
    if told and told[1]:
        return "certificate", told[0], told[1]
    centre = float(values.mean())
    if np.ptp(values) == 0:
        return "no_variance", centre, 0.0
    if len(values) < limits()["shewhart"]["least"]:
        return "too_few", centre, 0.0
    return "own_mean", centre, float(values.std(ddof=1))


def runs_on_one_side(z: NDArray[np.float64], least: int) -> Bools:
    """Members of ``least`` or more in sequence on one side of the centre (Shewhart's rule of 7)."""
    side = np.sign(z)
    starts = np.flatnonzero(np.r_[True, np.diff(side) != 0]) if len(side) else np.array([], int)
    lengths = np.diff(np.r_[starts, len(side)])
    length = np.repeat(lengths, lengths)
    return (length >= least) & (side != 0)


def two_beyond(z: NDArray[np.float64], warn_s: float) -> Bools:
    """Second of two in sequence beyond ``warn_s`` standard deviations on one side."""
    beyond = np.where(np.abs(z) > warn_s, np.sign(z), 0)
    found = np.zeros(len(z), dtype=bool)
    found[1:] = (beyond[1:] != 0) & (beyond[1:] == beyond[:-1])
    return found


def at_floor(values: NDArray[np.float64]) -> Bools:
    """Values that look like half of a detection limit put in its place.

    The smallest value makes up 10 % or more of at least 5, and nothing lies between it and nearly
    twice itself (a limit L is written L/2, the next determination is L or more).
    """
    words = limits()["half_limit"]
    known = values[np.isfinite(values)]
    found = np.zeros(len(values), dtype=bool)
    if len(known) < 2:
        return found
    lowest = known.min()
    count = int((known == lowest).sum())
    higher = known[known > lowest]
    enough = count >= max(words["least"], words["share_pct"] / 100 * len(known))
    if lowest > 0 and enough and len(higher) and higher.min() >= words["gap"] * lowest:
        found = values == lowest
    return found
