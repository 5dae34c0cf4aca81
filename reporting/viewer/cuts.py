"""Where a model is cut for its plates: cross sections along its longer axis, and level plans.

What the plates show is taken from the scene once and kept beside it, so that a plate costs no more
than its drawing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reporting.viewer.blocks import CellGrid, Cells, Floats, Ints
from reporting.viewer.thin import thinned_traces

if TYPE_CHECKING:
    from reporting.viewer.scene import Scene, Traces

PLATES, SECTIONS = 12, 8
"""Of a model, and how many of them are cross sections; the others are level plans."""
BESIDE_M = 50.0
"""Drill-holes so far from a section, or two cells, are shown in it; less where sections are near
each other, so that no hole is shown twice."""


@dataclass(frozen=True)
class Cut:
    """One plane through a model: the cells of one row, and the drill-holes beside it."""

    axis: int
    """Across which it lies: 0 a section at an easting, 1 one at a northing, 2 a level plan."""
    row: int
    """Of the grid's cells along that axis."""
    at_m: float
    """Middle of the row."""
    half_m: float
    """Drill-holes are shown as far on either side."""

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
    found = [_cut(cells.grid, axis, (low[axis], rows[axis]), sections, n) for n in range(sections)]
    found += [_cut(cells.grid, 2, (low[2], rows[2]), plans, n) for n in range(plans)]
    return tuple(found)


def _cut(grid: CellGrid, axis: int, rows: tuple[int, int], count: int, number: int) -> Cut:
    """One of ``count`` planes; ``rows``: the first with a cell, and how many."""
    first, many = (int(one) for one in rows)
    row = first + int((number + 0.5) * many / count)
    cell = grid.cell_m[axis]
    near = many * cell / count / 2
    half = min(near, max(2 * cell, BESIDE_M)) if axis < 2 else cell / 2
    return Cut(axis, row, grid.origin_m[axis] + (row + 0.5) * cell, half)


def plate_arrays(scene: Scene) -> dict[str, Any]:
    """What the plates are drawn from; nothing where the scene has no cell.

    ``section_cu``, ``section_class`` (sections, rows, columns) with the limits ``section_x_m``,
    ``section_z_m``; ``ground_m`` (sections, columns) where the ground is known; ``plan_cu``,
    ``plan_class`` (plans, rows, columns), ``plan_x_m``, ``plan_y_m``. Of drill-holes, each with the
    number of its plate: ``line_plate``, ``line_m`` (lines, 4) from and to, ``line_grade``;
    ``hole_plate``, ``hole_name``, ``hole_m`` (holes, 2) where the hole enters, ``hole_end_m`` and
    ``hole_depth_m``, NaN where it ends elsewhere.
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
    return found | _holes(thinned_traces(scene.traces), cuts)


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
    length = np.linalg.norm(np.diff(traces.points_m, axis=0), axis=1)[first]
    depth = np.bincount(hole[first], length, len(traces.holes))
    begin, end = traces.points_m[first], traces.points_m[first + 1]
    names = np.array([name[:40] for name in traces.holes], dtype=np.str_)
    found: dict[str, list[Any]] = {}
    for number, cut in enumerate(cuts):
        middle = (begin[:, cut.axis] + end[:, cut.axis]) / 2
        here = np.flatnonzero(np.abs(middle - cut.at_m) <= cut.half_m)
        shown, top, many = np.unique(hole[first[here]], return_index=True, return_counts=True)
        bottom = top + many - 1
        across = list(cut.across)
        stops = np.append(hole[first[1:]] != hole[first[:-1]], True)[here[bottom]]
        of_plate = {
            "line_plate": np.full(len(here), number),
            "line_m": np.hstack([begin[here][:, across], end[here][:, across]]),
            "line_grade": traces.grade[first[here]],
            "hole_plate": np.full(len(shown), number),
            "hole_name": names[shown],
            "hole_m": begin[here[top]][:, across],
            "hole_end_m": end[here[bottom]][:, across],
            "hole_depth_m": np.where(stops & (cut.axis < 2), depth[shown], np.nan),
        }
        for name, values in of_plate.items():
            found.setdefault(name, []).append(values)
    return {name: np.concatenate(parts) for name, parts in found.items()}
