"""Where a model is cut for its plates: cross sections along its longer axis, and level plans.

What the plates show is taken from the scene once and kept beside it, so that a plate costs no more
than its drawing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import inf, nextafter
from typing import TYPE_CHECKING, Any

import numpy as np

from reporting.viewer.blocks import CellGrid, Cells, Floats, Ints

if TYPE_CHECKING:
    from reporting.viewer.scene import Scene, Traces

PLATES, SECTIONS = 12, 8
"""Of a model, and how many of them are cross sections; the others are level plans."""
BESIDE_M = 50.0
"""Drill-holes so far from a section, or two cells, are shown in it; at most half-way to the next
section or to the edge of the cells, so that no part of a hole is shown twice."""


@dataclass(frozen=True)
class Cut:
    """One plane through a model: the cells of one row, and what passes beside it of drill-holes."""

    axis: int
    """Across which it lies: 0 a section at an easting, 1 one at a northing, 2 a level plan."""
    row: int
    """Of the grid's cells along that axis."""
    at_m: float
    """Middle of the row."""
    low_m: float
    """Drill-holes are shown from here."""
    high_m: float
    """Up to here; a hole along this very limit is the next plane's."""

    @property
    def across(self) -> tuple[int, int]:
        """Axes of the picture: to the right, and up."""
        return ((1, 2), (0, 2), (0, 1))[self.axis]


def cuts_of(cells: Cells) -> tuple[Cut, ...]:
    """Twelve planes, evenly apart through the cells; fewer where the model has fewer rows."""
    if not len(cells):
        return ()
    low, high = cells.ijk.min(axis=0), cells.ijk.max(axis=0) + 1
    rows = high - low
    axis = int(np.argmax((rows * cells.grid.cell_m)[:2]))
    plans = min(PLATES - min(SECTIONS, int(rows[axis])), int(rows[2]))
    sections = min(PLATES - plans, int(rows[axis]))
    found = _planes(cells.grid, axis, (int(low[axis]), int(rows[axis])), sections)
    return (*found, *_planes(cells.grid, 2, (int(low[2]), int(rows[2])), plans))


def _planes(grid: CellGrid, axis: int, rows: tuple[int, int], count: int) -> Iterator[Cut]:
    """``count`` planes across an axis; ``rows``: the first with a cell, and how many."""
    first, many = rows
    start, cell = grid.origin_m[axis], grid.cell_m[axis]
    chosen = [first + int((number + 0.5) * many / count) for number in range(count)]
    middle = [start + (row + 0.5) * cell for row in chosen]
    between = [(one + other) / 2 for one, other in pairwise(middle)]
    limits = [start + first * cell, *between, start + (first + many) * cell]
    reach = max(2 * cell, BESIDE_M) if axis < 2 else cell / 2
    limits[-1] = nextafter(limits[-1], inf)  # a hole along a limit with no plane beyond is shown
    for row, at, (low, high) in zip(chosen, middle, pairwise(limits), strict=True):
        yield Cut(axis, row, at, max(low, at - reach), min(high, nextafter(at + reach, inf)))


def plate_arrays(scene: Scene) -> dict[str, Any]:
    """What the plates are drawn from; nothing where the scene has no cell.

    ``section_cu``, ``section_class`` (sections, rows, columns) with the limits ``section_x_m``,
    ``section_z_m``; ``ground_m`` (sections, columns) where the ground is known; ``plan_cu``,
    ``plan_class`` (plans, rows, columns), ``plan_x_m``, ``plan_y_m``. Of drill-holes, each with the
    number of its plate: ``line_plate``, ``line_m`` (lines, 4) from and to, ``line_grade``;
    ``hole_plate``, ``hole_name``, ``hole_m`` (holes, 2) where the hole enters, ``hole_end_m`` and
    ``hole_depth_m`` as drilled, NaN where it ends elsewhere or is not known.
    """
    cuts = cuts_of(scene.cells)
    if not cuts:
        return {}
    low, high = _box(scene)
    found: dict[str, Any] = {}
    for name, these in (("section", cuts[0].axis), ("plan", 2)):
        chosen = [cut for cut in cuts if cut.axis == these]
        filled = [_filled(scene.cells, cut, low, high) for cut in chosen]
        found |= {f"{name}_cu": np.stack([one for one, _ in filled])}
        found |= {f"{name}_class": np.stack([one for _, one in filled])}
        for letter, axis in zip(("x", "z" if these < 2 else "y"), chosen[0].across, strict=True):
            found[f"{name}_{letter}_m"] = _edges(scene.cells.grid, axis, low, high)
    if scene.ground_m is not None:
        found["ground_m"] = np.stack(
            [_ground(scene.ground_m, cut, low, high) for cut in cuts if cut.axis < 2]
        )
    return found | _holes(scene.traces, cuts)


def _box(scene: Scene) -> tuple[Ints, Ints]:
    """First cell of the plates along each axis, and the one after the last, up to the ground."""
    grid, ijk = scene.cells.grid, scene.cells.ijk
    low, high = ijk.min(axis=0), ijk.max(axis=0) + 1
    columns = (slice(low[1], high[1]), slice(low[0], high[0]))
    ground = np.zeros(0) if scene.ground_m is None else scene.ground_m[columns]
    known = ground[np.isfinite(ground)]
    if known.size:
        top = np.ceil((known.max() - grid.origin_m[2]) / grid.cell_m[2])
        high[2] = max(int(high[2]), int(top))
    return low, high


def _filled(cells: Cells, cut: Cut, low: Ints, high: Ints) -> tuple[Floats, Any]:
    """Grade (NaN where there is no cell) and class (0 there) in a plane, rows going up."""
    here = cells.ijk[:, cut.axis] == cut.row
    right, up = (cells.ijk[here, axis] - low[axis] for axis in cut.across)
    shape = tuple(int(high[axis] - low[axis]) for axis in cut.across[::-1])
    grade, classes = np.full(shape, np.nan), np.zeros(shape, np.uint8)
    grade[up, right] = next(iter(cells.grades.values()))[here]
    classes[up, right] = cells.class_code[here]
    return grade, classes


def _edges(grid: CellGrid, axis: int, low: Ints, high: Ints) -> Floats:
    """Limits of the cells along an axis, metres."""
    numbers = np.arange(low[axis], high[axis] + 1)
    return np.asarray(grid.origin_m[axis] + numbers * grid.cell_m[axis], np.float64)


def _ground(ground_m: Floats, cut: Cut, low: Ints, high: Ints) -> Floats:
    """Elevation of the ground along a section."""
    line = ground_m[:, cut.row] if cut.axis == 0 else ground_m[cut.row]
    axis = cut.across[0]
    return np.asarray(line[low[axis] : high[axis]], np.float64)


def _holes(traces: Traces, cuts: tuple[Cut, ...]) -> dict[str, Any]:
    """Drill-holes of every plate."""
    hole = np.repeat(np.arange(len(traces.holes)), traces.nodes)
    first = np.flatnonzero(np.diff(hole, append=-1) == 0)  # nodes that have one below them
    last = np.append(hole[first[1:]] != hole[first[:-1]], True)[: len(first)]
    names = np.array([name[:40] for name in traces.holes], dtype=np.str_)
    found: dict[str, list[Any]] = {}
    for number, cut in enumerate(cuts):
        here, begin, end, whole = _inside(traces.points_m, first, cut)
        shown, top, many = np.unique(hole[first[here]], return_index=True, return_counts=True)
        bottom = top + many - 1
        across = list(cut.across)
        stops = last[here[bottom]] & whole[bottom] & (cut.axis < 2)
        of_plate = {
            "line_plate": np.full(len(here), number),
            "line_m": np.hstack([begin[:, across], end[:, across]]),
            "line_grade": traces.grade[first[here]],
            "hole_plate": np.full(len(shown), number),
            "hole_name": names[shown],
            "hole_m": begin[top][:, across],
            "hole_end_m": end[bottom][:, across],
            "hole_depth_m": np.where(stops, traces.depth_m[shown], np.nan),
        }
        for name, values in of_plate.items():
            found.setdefault(name, []).append(values)
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _inside(points_m: Floats, first: Ints, cut: Cut) -> tuple[Ints, Floats, Floats, Any]:
    """What of holes lies beside a plane: which of ``first`` (nodes that a line starts from).

    With where each line enters and leaves, and whether it leaves at its own end. A line along the
    upper limit, or that only touches one, belongs to the plane on the other side.
    """
    top, below = points_m[first, cut.axis], points_m[first + 1, cut.axis]
    least, most = np.minimum(top, below), np.maximum(top, below)
    here = np.flatnonzero(
        (least < cut.high_m) & ((most > cut.low_m) | ((least == most) & (most == cut.low_m)))
    )
    begin, end = points_m[first[here]], points_m[first[here] + 1]
    step = end[:, cut.axis] - begin[:, cut.axis]
    flat = step == 0
    limits = (cut.low_m, cut.high_m) - begin[:, [cut.axis]]
    shares = np.sort(limits / np.where(flat, 1.0, step)[:, None], axis=1)
    enters = np.where(flat, 0.0, np.clip(shares[:, 0], 0.0, 1.0))[:, None]
    leaves = np.where(flat, 1.0, np.clip(shares[:, 1], 0.0, 1.0))[:, None]
    along = end - begin
    return here, begin + enters * along, begin + leaves * along, leaves[:, 0] == 1.0
