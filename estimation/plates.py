"""Sections, plans and swaths through a model: small arrays that figures are drawn from."""

from __future__ import annotations

import io
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from estimation.engine.krige import Problem
from estimation.exploratory.declustering import declustering_weights
from estimation.models.store_read import VintageReader
from estimation.models.tile_statistics import statistic
from estimation.plan import Plan
from estimation.statement.class_field import classes_of
from estimation.statement.volumes import Share
from geo.files import write_whole
from geo.grids import Slices

Floats = npt.NDArray[np.float64]


MEANS = ("estimate", "inverse_distance", "nearest")
"""What a swath compares, beside the composites."""


def write_plates(
    path: Path, model: VintageReader, problem: Problem, share: Share, collars_m: Floats
) -> None:
    """Write the arrays named in docs/decisions.md (figure arrays) as one npz, atomically.

    ``share`` is the part of each block that is still in the ground; the section and the level plan
    go through the richest row and bench. The model is walked once, tile by tile.
    """
    grid = model.grid
    sums = _add_up(model, problem.plan, share)
    row, bench = int(np.argmax(sums.worth[1])), int(np.argmax(sums.worth[2]))
    levels, rows, columns = grid.whole
    section = _cut(model, problem.plan, share, (levels, slice(row, row + 1), columns))
    level = _cut(model, problem.plan, share, (slice(bench, bench + 1), rows, columns))
    middle, half = grid.centres_m(1)[row], 2.0 * grid.spec.block_m[1]
    near = np.abs(problem.flags.xyz_m[:, 1] - middle) <= half
    samples = np.column_stack(
        [problem.flags.xyz_m[:, 0], problem.flags.xyz_m[:, 2], problem.flags.values]
    )[near]
    arrays: dict[str, Any] = {
        "model_hash": np.array(model.model_hash),
        "section_cu": section.grade[:, 0, :].astype(np.float32),
        "section_class": section.classes[:, 0, :],
        "section_x_m": grid.edges_m(0),
        "section_z_m": grid.edges_m(2),
        "section_y_m": np.array(middle),
        "section_half_width_m": np.array(half),
        "section_samples": samples[~np.isnan(samples[:, 2])],
        "plan_cu": level.grade[0].astype(np.float32),
        "plan_class": level.classes[0],
        "plan_y_m": grid.edges_m(1),
        "plan_z_m": np.array(grid.centres_m(2)[bench]),
        "collars": collars_m,
    }
    kriged = problem.elements[problem.plan.main_element]
    weights = declustering_weights(kriged.xyz_m, kriged.holes)
    for axis, name in enumerate("xyz"):
        along_m = kriged.xyz_m[:, axis]
        arrays[f"swath_{name}"] = _swath(
            grid.edges_m(axis), sums.swath[axis], (along_m, kriged.values, weights)
        )
    held = io.BytesIO()
    np.savez_compressed(held, **arrays)
    write_whole(path, held.getvalue())


def plates_of(path: Path) -> str | None:
    """Hash of the model that plates were drawn from; None where there are none."""
    if not path.exists():
        return None
    with np.load(path) as held:
        return str(held["model_hash"]) if "model_hash" in held else None


@dataclass(frozen=True)
class _Cut:
    """Part of a model, as plates see it: blocks out of the ground are blank."""

    grade: Floats
    classes: npt.NDArray[np.int8]
    share: Floats
    fields: dict[str, Floats]


def _cut(
    model: VintageReader, plan: Plan, share: Share, slices: Slices, more: tuple[str, ...] = ()
) -> _Cut:
    """Read a part of the main element's model."""
    main = plan.main_element
    fields = model.read(slices, {main: ("estimate", *more)})[main]
    here = share(slices)
    classes = classes_of(model, plan).at(slices)
    return _Cut(
        np.where(here > 0, fields["estimate"], np.nan),
        np.where(here > 0, classes, 0).astype(np.int8),
        here,
        fields,
    )


@dataclass(frozen=True)
class _Sums:
    """Sums over slices of one block along x, y, z."""

    worth: list[Floats]
    """Grade times share of classified blocks, each (blocks along the axis,)."""
    swath: list[Floats]
    """Number of classified blocks, then the sums of :data:`MEANS`, each (4, blocks)."""


def _add_up(model: VintageReader, plan: Plan, share: Share) -> _Sums:
    """Walk the tiles that have an estimate and add up slices along each axis."""
    counts = model.grid.spec.shape
    sums = _Sums([np.zeros(n) for n in counts], [np.zeros((4, n)) for n in counts])
    for index in np.flatnonzero(statistic(model.statistics(plan.main_element), "estimated") > 0):
        slices = model.grid.tile(int(index)).slices
        cut = _cut(model, plan, share, slices, MEANS[1:])
        inside = cut.classes > 0
        worth = np.where(inside, np.nan_to_num(cut.grade) * cut.share, 0.0)
        parts = [inside, *(np.where(inside, cut.fields[name], 0.0) for name in MEANS)]
        for axis in range(3):
            along = 2 - axis
            others = tuple(a for a in range(3) if a != along)
            sums.worth[axis][slices[along]] += worth.sum(axis=others)
            sums.swath[axis][:, slices[along]] += [part.sum(axis=others) for part in parts]
    return sums


def _swath(every: Floats, sums: Floats, samples: tuple[Floats, Floats, Floats]) -> Floats:
    """Slices of two blocks along an axis: centre, declustered composites, OK, ID2, NN.

    ``every`` holds the edges of the blocks; ``samples`` place along the axis, value and weight.
    """
    along_m, values, weights = samples
    edges = np.unique(np.append(every[::2], every[-1]))
    rows = []
    for number, (low, high) in enumerate(pairwise(edges)):
        here = (along_m >= low) & (along_m < high)
        composites = np.average(values[here], weights=weights[here]) if here.sum() >= 5 else np.nan
        count, *totals = sums[:, 2 * number : 2 * number + 2].sum(axis=1)
        means = [total / count if count else np.nan for total in totals]
        rows.append([(low + high) / 2.0, composites, *means])
    return np.array(rows)
