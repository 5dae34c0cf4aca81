"""Checks of holes across their tables: without assays, and depths that two tables tell apart."""

from __future__ import annotations

from typing import Any

import numpy as np

from geo.checks.collars import feet_words
from geo.checks.screening import Screening

DEPTH_ERROR = 0.001
"""V10 孔深误差: drilled against checked depth, per metre (1 per mille, unverified)."""

TOO_DEEP_M, TOO_DEEP_SHARE = 50.0, 0.2
"""A hole is doubted that goes deeper than every table by more than both (working rule)."""
LEAST_TOLD = 0.08
"""Tables that reach less of a hole than this are samples of its top, and say nothing of its end; a
slipped decimal point (a tenth) is still told (working rule)."""


def check_holes(work: Screening) -> None:
    """Holes without one assay interval, and hole depths that don't agree with other tables."""
    collar = work.frames["collar"]
    holes = collar["hole_id"].to_numpy()
    assayed = np.zeros(len(work.names), dtype=bool)
    assayed[work.holes("assay")] = True
    without = ~assayed[work.holes("collar")]
    words: Any = lambda i: {"hole": holes[i]}  # noqa: E731
    work.flag("collar", "BN-COL-009", without, "hole_id", value="hole_id", words=words)
    if "checked_depth_m" in collar:
        depth = collar["depth_m"].to_numpy(dtype=float)
        checked = collar["checked_depth_m"].to_numpy(dtype=float)
        off = np.abs(checked - depth)
        words = lambda i: {"hole": holes[i], "off": f"{off[i]:.2f}", "depth": f"{depth[i]:g}"}  # noqa: E731
        wrong = off > DEPTH_ERROR * depth + 1e-9
        work.flag("collar", "BN-COL-025", wrong, "checked_depth_m", words=words)
    _too_deep(work)


def _too_deep(work: Screening) -> None:
    """Hole depths far below the last interval and the last station: feet, or a slip."""
    collar, survey = work.frames["collar"], work.frames["survey"]
    deepest = work.sampled_depths()
    np.fmax.at(deepest, work.holes("survey"), survey["depth_m"].to_numpy(dtype=float))
    bottom = deepest[work.holes("collar")]
    bottom = np.where(bottom > 0, bottom, np.nan)  # a station at the collar says nothing of depth
    depth = collar["depth_m"].to_numpy(dtype=float)
    off, holes = depth - bottom, collar["hole_id"].to_numpy()

    def words(i: int) -> dict[str, Any]:
        sizes = {"depth": f"{depth[i]:g}", "deepest": f"{bottom[i]:g}", "off": f"{off[i]:.1f}"}
        return {"hole": holes[i], **sizes, **feet_words(depth[i] / bottom[i], "它", "that")}

    wrong = (off > TOO_DEEP_M) & (off > TOO_DEEP_SHARE * bottom) & (bottom >= LEAST_TOLD * depth)
    work.flag("collar", "BN-COL-031", wrong, "depth_m", value="depth_m", words=words)
