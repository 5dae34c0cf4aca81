"""Sections, plans and swaths through a model: small arrays that figures are drawn from."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from estimation.classification import classify
from estimation.declustering import cell_weights
from estimation.krige import FIELDS, Problem
from estimation.plan import Plan
from estimation.store import VintageReader
from geo.files import write_whole

Floats = npt.NDArray[np.float64]


def write_plates(
    path: Path, model: VintageReader, problem: Problem, share: Floats, collars_m: Floats
) -> None:
    """Write the arrays named in docs/decisions.md (figure arrays) as one npz, atomically.

    ``share`` (nz, ny, nx) is the part of each block that is still in the ground; the section and
    the level plan go through the richest row and bench.
    """
    plan, grid = problem.plan, model.grid
    main = model.layer(plan.main_element)
    grade = np.where(share > 0, main[FIELDS.index("estimate")], np.nan)
    classes = classify(main, model.field("geometry", "mean_distance_m"), plan.classification)
    classes = np.where(share > 0, classes, 0).astype(np.int8)
    worth = np.where(classes > 0, np.nan_to_num(grade) * share, 0.0)
    row = int(np.argmax(worth.sum(axis=(0, 2))))
    bench = int(np.argmax(worth.sum(axis=(1, 2))))
    middle, half = grid.centres_m(1)[row], 2.0 * grid.spec.block_m[1]
    near = np.abs(problem.flags.xyz_m[:, 1] - middle) <= half
    samples = np.column_stack(
        [problem.flags.xyz_m[:, 0], problem.flags.xyz_m[:, 2], problem.flags.values]
    )[near]
    arrays: dict[str, Any] = {
        "model_hash": np.array(model.model_hash),
        "section_cu": grade[:, row, :].astype(np.float32),
        "section_class": classes[:, row, :],
        "section_x_m": grid.edges_m(0),
        "section_z_m": grid.edges_m(2),
        "section_y_m": np.array(middle),
        "section_half_width_m": np.array(half),
        "section_samples": samples[~np.isnan(samples[:, 2])],
        "plan_cu": grade[bench].astype(np.float32),
        "plan_class": classes[bench],
        "plan_y_m": grid.edges_m(1),
        "plan_z_m": np.array(grid.centres_m(2)[bench]),
        "collars": collars_m,
    }
    for axis, name in enumerate("xyz"):
        arrays[f"swath_{name}"] = _swath(model, problem, main, classes > 0, axis)
    held = io.BytesIO()
    np.savez_compressed(held, **arrays)
    write_whole(path, held.getvalue())


def plates_of(path: Path) -> str | None:
    """Hash of the model that plates were drawn from; None where there are none."""
    if not path.exists():
        return None
    with np.load(path) as held:
        return str(held["model_hash"]) if "model_hash" in held else None


def _swath(
    model: VintageReader, problem: Problem, main: Floats, inside: npt.NDArray[np.bool_], axis: int
) -> Floats:
    """Slices of two blocks along an axis: centre, declustered composites, OK, ID2, NN."""
    plan: Plan = problem.plan
    samples = problem.elements[plan.main_element]
    size = np.array(model.grid.spec.block_m)
    weights = cell_weights(samples.xyz_m, tuple(4.0 * size))
    every = model.grid.edges_m(axis)
    edges = np.unique(np.append(every[::2], every[-1]))
    along = 2 - axis
    rows = []
    for low, high in pairwise(edges):
        start = round((low - edges[0]) / size[axis])
        part: list[Any] = [slice(None)] * 3
        part[along] = slice(start, start + 2)
        here = inside[tuple(part)]
        here_samples = (samples.xyz_m[:, axis] >= low) & (samples.xyz_m[:, axis] < high)
        composites = (
            np.average(samples.values[here_samples], weights=weights[here_samples])
            if here_samples.sum() >= 5
            else np.nan
        )
        means = [
            np.mean(main[FIELDS.index(name)][tuple(part)][here]) if here.any() else np.nan
            for name in ("estimate", "inverse_distance", "nearest")
        ]
        rows.append([(low + high) / 2.0, composites, *means])
    return np.array(rows)
