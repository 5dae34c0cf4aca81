"""Levelling (调平): systematic steps between map sheets, laboratories or batches taken out.

Only neighbours are compared: samples of one group that lie within a distance of samples of another
stand on the same ground, so a step between them is the laboratory's, not the geology's. A group
with too few such neighbours is left as it is, and the table says so. Nothing is changed where the
step is below the configured ratio.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo.geochemistry.config import Levelling
from geo.robust import MAD_TO_SIGMA

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

HUBER = 1.345
ROUNDS = 30

SEAM_COLUMNS = [
    "element",
    "group_a",
    "group_b",
    "samples_a",
    "samples_b",
    "median_a_before",
    "median_b_before",
    "ratio_before",
    "median_a_after",
    "median_b_after",
    "ratio_after",
    "step_before",
    "step_after",
]
GROUP_COLUMNS = ["element", "group", "samples", "factor", "spread_factor", "status"]


@dataclass(frozen=True)
class Levelled:
    """What levelling made of one element."""

    values: Floats
    """(n,) contents; censored ones (limits) move with their group."""
    seams: pd.DataFrame
    """One row for each pair of neighbouring groups (:data:`SEAM_COLUMNS`): medians on either
    side of the seam, their ratio (the larger over the smaller), and the step that is left of it
    when the ground's slope is taken out, before and after."""
    groups: pd.DataFrame
    """One row for each group (:data:`GROUP_COLUMNS`): what it was multiplied by, and why not."""


@dataclass(frozen=True)
class Seam:
    """Neighbouring samples of two groups: positions in the table."""

    a: str
    b: str
    rows_a: NDArray[np.intp]
    rows_b: NDArray[np.intp]

    def step(self, logs: Floats, places: Floats) -> float:
        """Log10 by which side a lies above side b where they meet.

        Robust regression (Huber's weights, k = 1.345) of the neighbours on a plane and a step: on
        sloping ground medians on either side differ without any step. Source: Huber (1981)
        *Robust Statistics*, ch. 7.
        """
        rows = np.concatenate([self.rows_a, self.rows_b])
        side = np.repeat([0.5, -0.5], [len(self.rows_a), len(self.rows_b)])
        known = np.isfinite(logs[rows])
        rows, side = rows[known], side[known]
        ground = places[rows] - places[rows].mean(axis=0)
        ground /= max(float(np.abs(ground).max()), 1.0)
        design = np.column_stack([side, np.ones(len(rows)), ground])
        weights = np.ones(len(rows))
        for _ in range(ROUNDS):
            root = np.sqrt(weights)
            fit = np.linalg.lstsq(design * root[:, None], logs[rows] * root, rcond=None)[0]
            rest = np.abs(logs[rows] - design @ fit)
            scale = max(MAD_TO_SIGMA * float(np.median(rest)), 1e-9)
            weights = np.minimum(1.0, HUBER * scale / np.maximum(rest, 1e-12))
        return float(fit[0])


def find_seams(groups: NDArray[np.object_], places: Floats, settings: Levelling) -> list[Seam]:
    """Pairs of groups with enough samples that have a neighbour in the other group.

    Parameters
    ----------
    groups : (n,) name of each sample's group; blank where it has none.
    places : (n, 2) metres.
    settings : distance within which samples are neighbours, and how many each side needs.
    """
    names = [str(g) for g in pd.unique(pd.Series(groups)) if str(g)]
    rows = {name: np.flatnonzero(groups == name) for name in sorted(names)}
    trees = {name: cKDTree(places[at]) for name, at in rows.items()}
    found = []
    for a, b in combinations(rows, 2):
        near_a = _near(trees[b], places[rows[a]], settings.neighbour_distance_m)
        near_b = _near(trees[a], places[rows[b]], settings.neighbour_distance_m)
        if min(near_a.sum(), near_b.sum()) >= settings.min_samples:
            found.append(Seam(a, b, rows[a][near_a], rows[b][near_b]))
    return found


def _near(tree: cKDTree, places: Floats, distance_m: float) -> Bools:
    """Places within a distance of the tree's points."""
    found, _ = tree.query(places, distance_upper_bound=distance_m)
    return np.asarray(np.isfinite(found))


def level(
    element: str,
    values: Floats,
    groups: NDArray[np.object_],
    places: Floats,
    seams: list[Seam],
    settings: Levelling,
) -> Levelled:
    """Take the steps between groups out of one element.

    ``median``: on log10, each seam gives a step (:meth:`Seam.step`); shifts of all groups are its
    weighted least-squares solution (weights: samples of the smaller side), moved so that most
    groups stay as they are (weighted median shift zero). ``quantile``: the same, and the spread of
    a group's seam samples (interquartile range of log10) is brought to that of its neighbours'.
    Shifts below ``step_ratio`` are not applied.

    Parameters
    ----------
    values : (n,) contents above zero, NaN where not analysed.
    groups, places, seams, settings
        As for :func:`find_seams`, which gives the seams.

    Source: robust levelling of subareas at their borders after Daneshfar & Cameron (1998)
    *Journal of Geochemical Exploration* 63, 189–201.
    """
    logs = np.log10(np.where(values > 0, values, np.nan))
    names = [str(g) for g in sorted(pd.unique(pd.Series(groups))) if str(g)]
    usable = [s for s in seams if _enough(logs, s, settings.min_samples)]
    reached = _reached(names, groups, usable)
    least = float(np.log10(settings.step_ratio))
    steps = [_measured(s, logs, places) for s in usable if s.a in reached]
    shifts = _shifts(groups, reached, steps, least) if reached else {}
    out, lines = logs.copy(), []
    for name in names:
        rows = groups == name
        status, shift, scale = "levelled", shifts.get(name, 0.0), 1.0
        if name not in reached:
            status = "refused: too few neighbours in other groups"
        elif abs(shift) > np.log10(settings.max_factor):
            status, shift = "refused: step above max_factor, so geology or another unit", 0.0
        elif abs(shift) < least:
            status, shift = "unchanged: step below step_ratio", 0.0
        else:
            middle = np.nanmedian(logs[rows])
            scale = _scale(logs, name, usable) if settings.method == "quantile" else 1.0
            out[rows] = middle + (logs[rows] - middle) * scale - shift
        lines.append([element, name, int(rows.sum()), float(10**-shift), scale, status])
    levelled = np.where(out == logs, values, 10**out)
    table = [_seam_line(element, seam, logs, out, places) for seam in usable]
    return Levelled(
        levelled,
        pd.DataFrame(table, columns=SEAM_COLUMNS),
        pd.DataFrame(lines, columns=GROUP_COLUMNS),
    )


@dataclass(frozen=True)
class _Step:
    """The step measured at one seam: log10 of a over b, and its weight."""

    a: str
    b: str
    log10: float
    weight: float


def _measured(seam: Seam, logs: Floats, places: Floats) -> _Step:
    """The step of one seam; its weight is the root of the smaller side's samples."""
    weight = float(np.sqrt(min(len(seam.rows_a), len(seam.rows_b))))
    return _Step(seam.a, seam.b, seam.step(logs, places), weight)


def _enough(logs: Floats, seam: Seam, least: int) -> bool:
    """Whether both sides have enough analysed samples."""
    sides = (seam.rows_a, seam.rows_b)
    return all(int(np.isfinite(logs[rows]).sum()) >= least for rows in sides)


def _reached(names: list[str], groups: NDArray[np.object_], seams: list[Seam]) -> list[str]:
    """Groups joined by seams to the largest group that has a seam."""
    joined: dict[str, set[str]] = {name: set() for name in names}
    for seam in seams:
        joined[seam.a].add(seam.b)
        joined[seam.b].add(seam.a)
    with_seam = [name for name in names if joined[name]]
    if not with_seam:
        return []
    sizes = {name: int((groups == name).sum()) for name in with_seam}
    reached = [max(with_seam, key=lambda name: (sizes[name], name))]
    for name in reached:
        reached += sorted(joined[name] - set(reached))
    return reached


def _shifts(
    groups: NDArray[np.object_], reached: list[str], steps: list[_Step], least: float
) -> dict[str, float]:
    """Log10 by which each reached group lies above the rest.

    Groups whose shift is below ``least`` stand still, and the others are solved again against
    them, so that small errors don't add up along a row of sheets.
    """
    sizes = np.array([(groups == name).sum() for name in reached])
    shifts = _solve(reached, steps, reached[:1])
    order = np.argsort(shifts, kind="stable")
    half = np.searchsorted(np.cumsum(sizes[order]), sizes.sum() / 2)
    shifts = shifts - shifts[order[half]]
    still: list[str] = []
    for _ in reached:
        calm = [n for n, shift in zip(reached, shifts, strict=True) if abs(shift) < least]
        if calm == still:
            break
        still = calm
        shifts = _solve(reached, steps, still)
    return dict(zip(reached, map(float, shifts), strict=True))


def _solve(names: list[str], steps: list[_Step], still: list[str]) -> Floats:
    """Weighted least-squares shifts of all groups with those of ``still`` at zero."""
    index = {name: i for i, name in enumerate(names)}
    design, wanted = np.zeros((len(steps), len(names))), np.zeros(len(steps))
    for i, step in enumerate(steps):
        design[i, index[step.a]], design[i, index[step.b]] = step.weight, -step.weight
        wanted[i] = step.weight * step.log10
    free = [index[name] for name in names if name not in still]
    shifts = np.zeros(len(names))
    shifts[free] = np.linalg.lstsq(design[:, free], wanted, rcond=None)[0]
    return shifts


def _scale(logs: Floats, name: str, seams: list[Seam]) -> float:
    """Factor that brings the spread of a group's seam samples to that of its neighbours'."""
    own, others = [], []
    for seam in (s for s in seams if name in (s.a, s.b)):
        mine, theirs = seam.rows_a, seam.rows_b
        if name == seam.b:
            mine, theirs = theirs, mine
        own.append(logs[mine])
        others.append(logs[theirs])
    spreads = [np.subtract(*np.nanpercentile(np.concatenate(p), (75, 25))) for p in (own, others)]
    return float(spreads[1] / spreads[0]) if spreads[0] > 0 and spreads[1] > 0 else 1.0


def _seam_line(
    element: str, seam: Seam, before: Floats, after: Floats, places: Floats
) -> list[object]:
    """One row of the table of seams."""
    line: list[object] = [element, seam.a, seam.b, len(seam.rows_a), len(seam.rows_b)]
    for logs in (before, after):
        a, b = (float(np.nanmedian(logs[rows])) for rows in (seam.rows_a, seam.rows_b))
        line += [10**a, 10**b, float(10 ** abs(a - b))]
    return [*line, *(float(10 ** abs(seam.step(logs, places))) for logs in (before, after))]


def seam_ratios(
    element: str, values: Floats, places: Floats, seams: list[Seam], settings: Levelling
) -> pd.DataFrame:
    """Medians, ratio and step across each seam without levelling (check of sheet edges)."""
    logs = np.log10(np.where(values > 0, values, np.nan))
    usable = [s for s in seams if _enough(logs, s, settings.min_samples)]
    table = [_seam_line(element, seam, logs, logs, places) for seam in usable]
    return pd.DataFrame(table, columns=SEAM_COLUMNS)
