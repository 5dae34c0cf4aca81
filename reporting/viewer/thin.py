"""What is shown of long lists: as much as a page can hold."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from reporting.viewer.blocks import Floats

if TYPE_CHECKING:
    from reporting.viewer.scene import Traces

MOST_INTERVALS = 24_000
"""Assay intervals of all drill-holes; where there are more, neighbours are joined."""
MOST_COLUMNS = 6_000
"""Points of the ground."""


def thinned_traces(traces: Traces) -> Traces:
    """Holes with as many intervals as a page can hold: neighbours joined, weighted with length."""
    intervals = len(traces.grade) - len(traces.holes)
    every = max(1, -(-intervals // MOST_INTERVALS))
    if every == 1:
        return traces
    length = np.linalg.norm(np.diff(traces.points_m, axis=0, append=traces.points_m[-1:]), axis=1)
    known = ~np.isnan(traces.grade)
    weight = np.where(known, length, 0.0)
    metal = np.where(known, length * np.nan_to_num(traces.grade), 0.0)
    kept, nodes, grades = [], [], []
    start = 0
    for count in traces.nodes.tolist():
        last = start + count - 1
        at = np.append(np.arange(start, last, every), last) if count > 1 else np.array([start])
        total = np.add.reduceat(weight[start : last + 1], at - start)
        share = np.add.reduceat(metal[start : last + 1], at - start)
        grade = np.divide(share, total, out=np.full(len(at), np.nan), where=total > 0)
        grade[-1] = np.nan
        kept.append(at)
        grades.append(grade)
        nodes.append(len(at))
        start += count
    points = traces.points_m[np.concatenate(kept)]
    return replace(traces, nodes=np.array(nodes), points_m=points, grade=np.concatenate(grades))


def thinned_ground(ground_m: Floats) -> tuple[Floats, int]:
    """Every so-manieth point of the ground along both axes, and that number."""
    every = max(1, int(np.ceil(np.sqrt(ground_m.size / MOST_COLUMNS))))
    return ground_m[::every, ::every], every
