"""Blanks (空白): nothing may be in them beyond a few times the detection limit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.qaqc.config import QaqcRules
from geo.qaqc.limits import known_element


@dataclass(frozen=True)
class BlankSeries:
    """Blanks of one element by one laboratory, in sequence."""

    element: str
    unit: str
    laboratory: str
    frame: pd.DataFrame
    """Rows of repeats; ``value`` is the detection limit where ``below``."""
    detection_limit: float | None
    limit: float | None
    """Highest permissible value; None where the detection limit isn't known."""
    rejected: NDArray[np.bool_]
    after_high: NDArray[np.bool_]
    """Rejected, and the sample before is among the highest: carried over."""

    @property
    def values(self) -> NDArray[np.float64]:
        """Determinations in sequence."""
        return self.frame["value"].to_numpy(dtype=float)

    @property
    def pass_pct(self) -> float | None:
        """Share of blanks within the limit, in %; None where there is no limit."""
        return None if self.limit is None else float(100 * (~self.rejected).mean())


def judge_blanks(
    repeats: pd.DataFrame,
    shown: Mapping[tuple[str, str], float],
    configured: Mapping[str, float],
    rules: QaqcRules,
    metals: Collection[str],
) -> list[BlankSeries]:
    """Judge every series of blanks of the metals that matter.

    Parameters
    ----------
    repeats
        Rows of :class:`geo.qaqc.controls.Controls` of kind ``blank``, in sequence.
    shown, configured
        Detection limits as ``<`` shows them by (determination, unit), and by configuration.
    rules
        How many times the detection limit a blank may hold.
    metals
        Symbols of the elements that are judged (``cu``).
    """
    mine = repeats[(repeats["kind"] == "blank") & repeats["value"].notna()]
    made = []
    for key, group in mine.groupby(["element", "unit", "laboratory"], sort=False):
        element, unit, laboratory = (str(part) for part in key)
        if known_element(element) not in metals:
            continue
        frame = group.reset_index(drop=True)
        found = configured.get(element, shown.get((element, unit)))
        limit = None if found is None else rules.blank_times_detection_limit * found
        below = frame["below"].to_numpy(dtype=bool)
        values = frame["value"].to_numpy(dtype=float)
        rejected = ~below & (values > (np.inf if limit is None else limit))
        high = rejected & frame["previous_high"].to_numpy(dtype=bool)
        made.append(BlankSeries(element, unit, laboratory, frame, found, limit, rejected, high))
    return made
