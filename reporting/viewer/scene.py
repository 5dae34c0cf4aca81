"""Everything that one three-dimensional page shows, as a file beside the block models."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from geo.files import write_whole
from reporting.viewer.blocks import CellGrid, Cells, Floats, Ints
from reporting.viewer.cuts import Cut, cuts_of, plate_arrays


@dataclass(frozen=True)
class Traces:
    """Drill-holes as lines of nodes with an assay between every two."""

    element: str
    """Whose assays."""
    holes: tuple[str, ...]
    nodes: Ints
    """(holes,) nodes of each hole."""
    points_m: Floats
    """(all nodes, 3) easting, northing, elevation; hole after hole, from the collar down."""
    grade: Floats
    """(all nodes,) from the node to the next; NaN where not assayed, and at
    each hole's last node."""
    depth_m: Floats
    """(holes,) of each hole's last node as it was drilled, along the hole; NaN where unknown."""


@dataclass(frozen=True)
class ClassSlope:
    """How well the main element is known in one class, over what lies in the ground."""

    parts: int
    """Blocks; one that domains share counts for each of them."""
    slope: float | None
    """Mean slope of regression, weighted with ore; None where no part has one."""


@dataclass(frozen=True)
class Scene:
    """Blocks, drill-holes and ground of one estimate."""

    cells: Cells
    domains: tuple[str, ...]
    traces: Traces
    ground_m: Floats | None
    """(ny, nx) elevation at the columns of cells, NaN where unknown; None where there is none."""
    limit: int
    """Cells that were allowed."""
    slopes: tuple[ClassSlope, ...] = ()
    """Measured, indicated, inferred."""


def plates_path(path: Path) -> Path:
    """Where the plates of a scene's file lie: what sections and level plans are drawn from."""
    return path.with_name(f"{path.stem}-plates.npz")


def write_scene(path: Path, scene: Scene, key: str) -> None:
    """Write a scene and its plates, each whole or not at all; ``key``: what it was made from."""
    cuts = {"key": key, "cuts": [asdict(cut) for cut in cuts_of(scene.cells)]}
    _write(plates_path(path), cuts, plate_arrays(scene))
    cells, traces = scene.cells, scene.traces
    grid = cells.grid
    about = {
        "key": key,
        "origin_m": grid.origin_m,
        "cell_m": grid.cell_m,
        "shape": grid.shape,
        "join": grid.join,
        "elements": list(cells.grades),
        "domains": scene.domains,
        "assayed": traces.element,
        "holes": traces.holes,
        "limit": scene.limit,
        "cells": len(cells),
        "valued": [name for name, grade in cells.grades.items() if np.isfinite(grade).any()],
        "has_deviation": bool(np.isfinite(cells.deviation).any()),
        "has_ground": scene.ground_m is not None,
        "intervals": len(traces.grade) - len(traces.holes),
        "slopes": [asdict(one) for one in scene.slopes],
    }
    arrays: dict[str, Any] = {
        "ijk": cells.ijk.astype(np.uint16),
        "class_code": cells.class_code.astype(np.uint8),
        "domain_code": cells.domain_code.astype(np.uint16),
        "deviation": cells.deviation,
        "samples": cells.samples.astype(np.uint16),
        "holes": cells.holes.astype(np.uint16),
        "ore_t": cells.ore_t,
        "nodes": traces.nodes.astype(np.int64),
        "points_m": traces.points_m,
        "trace_grade": traces.grade,
        "depth_m": traces.depth_m,
    }
    arrays |= {f"grade_{number}": grade for number, grade in enumerate(cells.grades.values())}
    if scene.ground_m is not None:
        arrays["ground_m"] = scene.ground_m
    _write(path, about, arrays)


def _write(path: Path, about: dict[str, Any], arrays: dict[str, Any]) -> None:
    """Write arrays with what is said of them."""
    buffer = io.BytesIO()
    said = np.array(json.dumps(about, ensure_ascii=False))
    np.savez_compressed(buffer, about=said, **arrays)
    write_whole(path, buffer.getvalue())


def scene_about(path: Path) -> dict[str, Any]:
    """What a scene's file, or its plates', says of itself; nothing where none can be read."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            about: dict[str, Any] = json.loads(str(stored["about"]))
    except (OSError, ValueError, KeyError, BadZipFile):
        return {}
    return about


def read_scene(path: Path) -> Scene:
    """A scene as :func:`write_scene` wrote it."""
    with np.load(path, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    about = json.loads(str(arrays["about"]))
    grid = CellGrid(*(tuple(about[name]) for name in ("origin_m", "cell_m", "shape", "join")))
    whole = {
        name: arrays[name].astype(np.int64)
        for name in ("ijk", "class_code", "domain_code", "samples", "holes", "nodes")
    }
    grades = {name: arrays[f"grade_{n}"] for n, name in enumerate(about["elements"])}
    cells = Cells(
        grid,
        whole["ijk"],
        grades,
        whole["class_code"],
        whole["domain_code"],
        arrays["deviation"],
        whole["samples"],
        whole["holes"],
        arrays["ore_t"],
    )
    holes = tuple(about["holes"])
    lines = (arrays[name] for name in ("points_m", "trace_grade", "depth_m"))
    traces = Traces(about["assayed"], holes, whole["nodes"], *lines)
    return Scene(
        cells,
        tuple(about["domains"]),
        traces,
        arrays.get("ground_m"),
        about["limit"],
        slopes_of(about),
    )


def scene_cuts(path: Path) -> tuple[Cut, ...]:
    """Where the plates of a scene's file are cut; none where they can't be read."""
    return tuple(Cut(**one) for one in scene_about(plates_path(path)).get("cuts", ()))


def slopes_of(about: dict[str, Any]) -> tuple[ClassSlope, ...]:
    """What a scene says of its classes; nothing where there is no scene."""
    return tuple(ClassSlope(**one) for one in about.get("slopes", ()))
