"""Made-up scenes for tests and figures of the three-dimensional page: no kriging, no files read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import ndimage

from reporting.figures.store import FigureStore
from reporting.report import SiteReport
from reporting.site.pages import viewer
from reporting.site.room import BUREAU, Room, Stamp
from reporting.site.templating import render_page
from reporting.viewer.blocks import CellGrid, Cells, Floats, fitted
from reporting.viewer.scene import Scene, Traces, write_scene

ELEMENTS = ("cu_pct", "mo_pct", "re_ppm", "au_gpt", "ag_gpt")
MEANS = (0.45, 0.03, 0.15, 0.05, 2.6)
ORIGIN_M = (436_150.0, 3_225_525.0, 4_200.0)
BLOCK_M = (12.5, 12.5, 7.5)
HOSTILE = "ZK</script><b>1"
"""A hole's name that would end a script."""


def fabricated_scene(blocks: int, *, limit: int = 1_000_000, seed: int = 7) -> Scene:
    """An ore-body of about so many blocks: a ball under a slope, grades smooth as after kriging.

    Grades vary over some ten to twenty blocks, and by 0.6 % from block to block besides.
    """
    random = np.random.default_rng(seed)
    across = int(np.ceil((blocks / 0.56) ** (1 / 3)))
    shape = (int(1.25 * across), int(1.1 * across), int(0.8 * across))
    nz, ny, nx = shape[::-1]
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in (nz, ny, nx)), indexing="ij")
    distance = np.sqrt(x**2 + y**2 + (0.9 * z) ** 2)
    wobble = _smooth(random, (nz, ny, nx), 12)
    ground = 0.75 + 0.2 * x
    inside = (distance + 0.08 * wobble < 1.0) & (z < ground)
    k, j, i = np.nonzero(inside)
    ijk = np.column_stack([i, j, k])
    grades = {
        name: _grade(random, inside, mean) for name, mean in zip(ELEMENTS, MEANS, strict=True)
    }
    far = distance[inside] + 0.1 * _smooth(random, (nz, ny, nx), 8)[inside]
    codes = np.select([far < 0.45, far < 0.75], [1, 2], 3)
    domain = np.where(z[inside] > ground[inside] - 0.25, 1, 2)
    grid = CellGrid(ORIGIN_M, BLOCK_M, shape)
    volume = float(np.prod(BLOCK_M))
    cells = Cells(
        grid,
        ijk,
        grades,
        codes,
        domain,
        0.1 + 0.12 * far + 0.004 * random.standard_normal(len(far)),
        np.clip(22 - 12 * far, 4, 20).astype(np.int64),
        np.clip(8 - 6 * far, 2, 6).astype(np.int64),
        volume * np.where(domain == 1, 2.46, 2.63),
    )
    surface = ORIGIN_M[2] + (0.5 + 0.5 * ground[0]) * nz * BLOCK_M[2]
    return Scene(
        fitted(cells, limit), ("oxide", "sulphide"), _holes(shape, surface), surface, limit
    )


def write_fabricated(path: Path, blocks: int) -> Scene:
    """A fabricated scene, written; returns it."""
    scene = fabricated_scene(blocks)
    write_scene(path, scene, f"fabricated {blocks}")
    return scene


def _smooth(random: np.random.Generator, shape: tuple[int, ...], blocks: float) -> Floats:
    """A field of zero mean and unit spread that varies over so many blocks."""
    field = ndimage.gaussian_filter(random.standard_normal(shape), blocks / 2.5, mode="wrap")
    return np.asarray((field - field.mean()) / field.std(), np.float64)


def _grade(random: np.random.Generator, inside: np.ndarray, mean: float) -> Floats:
    """Estimates of one element: two scales of change and what jumps from block to block."""
    shape = inside.shape
    field = 0.8 * _smooth(random, shape, 24) + 0.5 * _smooth(random, shape, 8)
    values = mean * np.exp(0.45 * field)[inside]
    return np.asarray(values * (1 + 0.006 * random.standard_normal(len(values))), np.float64)


def _holes(shape: tuple[int, int, int], surface_m: Floats, count: int = 61) -> Traces:
    """Holes on a grid, leaning, an assay each 3 m; the third interval of each was not assayed."""
    random = np.random.default_rng(3)
    side = int(np.ceil(np.sqrt(count)))
    names = [HOSTILE if n == 0 else f"ZK{n:04d}" for n in range(count)]
    points, grades, nodes, ends = [], [], [], []
    for n in range(count):
        i, j = (
            int((0.15 + 0.7 * (at + 0.5) / side) * size)
            for at, size in zip(divmod(n, side), shape[:2], strict=True)
        )
        depth = np.arange(0.0, 0.8 * shape[2] * BLOCK_M[2], 3.0)
        collar = (ORIGIN_M[0] + i * BLOCK_M[0], ORIGIN_M[1] + j * BLOCK_M[1], surface_m[j, i])
        points.append(np.array(collar) + np.outer(depth, (0.17, 0.0, -0.985)))
        grade = 0.45 * np.exp(0.5 * random.standard_normal(len(depth)))
        grade[[2, -1]] = np.nan
        grades.append(grade)
        nodes.append(len(depth))
        ends.append(depth[-1])
    lines = (np.concatenate(points), np.concatenate(grades), np.array(ends))
    return Traces("cu_pct", tuple(names), np.array(nodes), *lines)


def write_pages(report: SiteReport, folder: Path, scenes: dict[str, Path]) -> dict[str, Path]:
    """Three-dimensional pages of a report's deposits, as the site has them: deposit -> file.

    Beside them, in ``sections``, stand the pages of sections and plans.
    """
    report = replace(report, viewers=scenes)
    room = Room(report, FigureStore(folder / "figures"), BUREAU)
    stamp = Stamp(report.run_id, report.generated_at, report.code_version)
    found = {}
    for item in viewer.viewer_ids(report):
        for leaf in viewer.leaves(room, item):
            path = folder / leaf.path
            path.parent.mkdir(parents=True, exist_ok=True)
            context = {**leaf.context, "nav": (), "audience": BUREAU, "stamp": stamp}
            path.write_text(render_page(leaf.template, context), "utf-8")
            if leaf.template == "viewer":
                found[item] = path
    return found
