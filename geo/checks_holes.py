"""Checks of holes across their tables: without assays, and depths that two tables tell apart."""

from __future__ import annotations

from typing import Any

import numpy as np

from geo.screening import Screening

DEPTH_ERROR = 0.001
"""V10 孔深误差: drilled against checked depth, per metre (1 per mille, unverified)."""


def check_holes(work: Screening) -> None:
    """Holes without one assay interval, and hole depths that don't agree."""
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
