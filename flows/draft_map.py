"""The belt's map and the ground of its deposit, from the extents and spacings of its surveys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from flows.draft import Draft, label
from flows.draft_surveys import Surveyed, Surveys, is_local, question
from geo.config import GridSpec, MapGrid, Topography, resolve_root
from geo.conventions import Verdict
from geo.drillholes.reading import Drillholes
from geo.findings import DataError
from geo.rasters.surveys import surface_elevation

MOST_CELLS = 250_000
"""A proposed map has at most so many cells; ``--map-cell`` decides otherwise."""
NICE_CELLS_M = (1.0, 2.0, 5.0, 10.0, 20.0, 25.0, 50.0, 100.0, 200.0, 250.0, 500.0, 1000.0, 2000.0,
                5000.0)  # fmt: skip
FAR_M = 300_000.0
"""A survey whose middle is farther from the collars belongs to another place."""
MOST_APART_M = 20.0
"""Median difference of collars and terrain up to which the terrain is taken (working rule)."""
MOST_SAMPLED = 250_000


@dataclass(frozen=True)
class Map:
    """The belt's map grid, and why it is so."""

    grid: MapGrid
    why: str


@dataclass(frozen=True)
class Ground:
    """Where the ground of the deposit is from, and why; ``question`` where that is open."""

    topography: Topography
    why: str
    question: Verdict | None = None


def set_far_aside(surveys: Surveys, holes: Drillholes, draft: Draft) -> None:
    """Set surveys aside that lie far from the collars: they are of another place."""
    collar = holes.collar
    middle = np.array([collar["easting_m"].median(), collar["northing_m"].median()])
    for survey in surveys.all:
        if survey.extent is None or survey.aside is not None or is_local(draft):
            continue
        west, south, east, north = survey.extent
        beyond = np.maximum(np.array([west, south]) - middle, middle - np.array([east, north]))
        away = float(np.hypot(*np.maximum(beyond, 0.0)))
        if away > FAR_M:
            km = round(away / 1000)
            survey.aside = (f"离孔口 {km} km", f"{km} km away from the collars")
            survey.questions.clear()
            draft.aside[label(survey.table)] = survey.aside


def propose_map(surveys: Surveys, holes: Drillholes, draft: Draft) -> Map | None:
    """A map over the sampled surveys (else the smallest raster) and the collars.

    Cells are a quarter of the samples' or lines' spacing, or the coarsest raster's cell, rounded;
    None where there is no survey to draw.
    """
    sampled = [s for s in (*surveys.geochemistry, *surveys.lines) if s.used and s.extent]
    rasters = sorted((s for s in surveys.rasters if s.used and s.extent), key=_area)
    if not sampled and not rasters:
        return None
    collar = holes.collar[["easting_m", "northing_m"]].dropna().to_numpy(dtype=float)
    shown = sampled or rasters[:1]
    corners = [collar.min(axis=0), collar.max(axis=0)]
    corners += [np.array(s.extent)[[0, 1]] for s in shown]
    corners += [np.array(s.extent)[[2, 3]] for s in shown]
    low, high = np.min(corners, axis=0), np.max(corners, axis=0)
    spacing = min((s.spacing_m for s in sampled if s.spacing_m), default=None)
    coarsest = max((s.spacing_m or 1.0 for s in rasters), default=1.0)
    cell = draft.answers.map_cell_m or _nice(spacing / 4 if spacing else coarsest)
    why = f"a quarter of the spacing {spacing:.0f} m" if spacing else "the coarsest raster's cell"
    if draft.answers.map_cell_m is not None:
        why = "--map-cell"
    while draft.answers.map_cell_m is None and np.prod((high - low) / cell) > MOST_CELLS:
        cell, why = cell * 2, f"at most {MOST_CELLS:,} cells (--map-cell decides)"
    west, north = np.floor(low[0] / cell) * cell, np.ceil(high[1] / cell) * cell
    columns, rows = (int(np.ceil(v)) for v in ((high[0] - west) / cell, (north - low[1]) / cell))
    grid = MapGrid(
        origin_m=(float(west), float(north)), cell_m=cell, shape=(max(columns, 1), max(rows, 1))
    )
    names = ", ".join(dict.fromkeys(s.table.file for s in shown))
    return Map(grid, f"over {names} and the collars; cells: {why}")


def choose_ground(surveys: Surveys, holes: Drillholes, spec: GridSpec, draft: Draft) -> Ground:
    """The elevation model that covers the block model and fits the collars, else the collars."""
    collars = Topography(source="collars")
    why = f"drawn through {len(holes.collar)} collars"
    wanted = draft.answers.topography
    for survey in (s for s in surveys.rasters if s.used and s.source.kind == "elevation"):
        name = survey.source.name
        if wanted not in (None, name):
            continue
        raster = Topography(source="raster", raster=name)
        apart = _apart(survey, holes, spec, draft.crs)
        if apart is None:
            why += f"; {survey.table.file} does not cover the block model"
            continue
        said = f"collars and {survey.table.file} differ by {apart:.1f} m (median)"
        if wanted == name or apart <= MOST_APART_M:
            return Ground(raster, said)
        if wanted is None:
            zh = f"孔口与 {survey.table.file} 相差 {apart:.1f} m（中位数）"
            asked = question("topography", "collars", zh, said, f"--topography collars | {name}")
            return Ground(collars, said, asked)
    return Ground(collars, why)


def _apart(survey: Surveyed, holes: Drillholes, spec: GridSpec, crs: str) -> float | None:
    """Median difference of collars and terrain; None where the terrain has gaps at the blocks."""
    source = survey.source
    path = resolve_root(source.root, draft_root(survey)) / source.path
    east, north = _columns_of(spec)
    collar = holes.collar
    places: Any = collar[["easting_m", "northing_m", "elevation_m"]].to_numpy(dtype=float)
    try:
        ground = surface_elevation(path, crs, east, north)
        at_collars = surface_elevation(path, crs, places[:, 0], places[:, 1])
    except DataError:
        return None
    if np.isnan(ground).any() or np.isnan(at_collars).all():
        return None
    return float(np.nanmedian(np.abs(at_collars - places[:, 2])))


def draft_root(survey: Surveyed) -> Any:
    """Folder that a drafted source's root is relative to (it is absolute while drafting)."""
    return survey.table.path.parent


def _columns_of(spec: GridSpec) -> tuple[Any, Any]:
    """Centres of a block model's columns, thinned where there are very many."""
    counts = [int(n) for n in spec.shape[:2]]
    step = max(1, int(np.ceil(np.sqrt(counts[0] * counts[1] / MOST_SAMPLED))))
    axes = []
    for axis, count in enumerate(counts):
        index = np.unique([*range(0, count, step), count - 1])
        axes.append(spec.origin_m[axis] + (index + 0.5) * spec.block_m[axis])
    east, north = np.meshgrid(*axes)
    return east.ravel(), north.ravel()


def _area(survey: Surveyed) -> float:
    west, south, east, north = survey.extent or (0.0, 0.0, np.inf, np.inf)
    return (east - west) * (north - south)


def _nice(size: float) -> float:
    """The largest round cell not above ``size``."""
    return max((s for s in NICE_CELLS_M if s <= size), default=NICE_CELLS_M[0])
