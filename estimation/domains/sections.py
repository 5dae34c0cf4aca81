"""Sections through the domains: outlines of the volumes, the blocks, the samples beside them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from estimation.domains.blocks import share_blocks
from estimation.domains.volumes import LoadedVolumes
from estimation.studies import StudyFigure, Words, Workbench
from geo.grids import BlockGrid

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FINE = 400
"""Points along the longer side of a section that outlines are drawn through."""
AXES = (("x", 0, 2), ("y", 1, 2), ("z", 0, 1))
"""Figure's name -> axes of the grid drawn across and up; the third is cut."""
ACROSS = Words("东坐标", "easting"), Words("北坐标", "northing"), Words("高程", "elevation")


def domain_sections(bench: Workbench, volumes: LoadedVolumes | None) -> list[StudyFigure]:
    """A section east-west, one north-south and a level plan, where most metres were drilled."""
    table = bench.samples["basic"].table
    if table.empty:
        return []
    names = bench.data.plan.domains.names
    xyz: Floats = table[["easting_m", "northing_m", "elevation_m"]].to_numpy(dtype=np.float64)
    number = {name: i + 1 for i, name in enumerate(names)}
    codes: Ints = np.asarray(table["domain"].map(number), np.int64)
    return [_section(bench, volumes, (xyz, codes), axes) for axes in AXES]


def _section(
    bench: Workbench,
    volumes: LoadedVolumes | None,
    samples: tuple[Floats, Ints],
    axes: tuple[str, int, int],
) -> StudyFigure:
    """One section: blocks, outlines and samples within half the corridor."""
    xyz, codes = samples
    _, across, up = axes
    cut = 3 - across - up
    grid = bench.data.grid
    at, half = _busiest(xyz[:, cut], grid, cut)
    near = np.abs(xyz[:, cut] - at) <= half
    centres = [grid.centres_m(across), grid.centres_m(up)]
    plane = _plane(centres, (across, up, cut), at)
    blocks, shares = _block_codes(bench, volumes, samples, plane)
    shape = len(centres[1]), len(centres[0])
    edges = {"across_m": grid.edges_m(across), "up_m": grid.edges_m(up)}
    arrays: dict[str, Any] = {
        **edges,
        "blocks": blocks.reshape(shape),
        "shares": shares.reshape(shape),
        "samples": np.column_stack([xyz[near][:, [across, up]], codes[near]]),
    }
    if volumes is not None:
        fine = [_fine(edge) for edge in edges.values()]
        held = volumes.inside(_plane(fine, (across, up, cut), at))
        arrays |= {"fine_across_m": fine[0], "fine_up_m": fine[1]}
        arrays["outline"] = held.reshape(len(fine[1]), len(fine[0]))
    where = ACROSS[cut]
    parameters = {
        "domains": list(bench.data.plan.domains.names),
        "across": f"{ACROSS[across].zh} / {ACROSS[across].en} (m)",
        "up": f"{ACROSS[up].zh} / {ACROSS[up].en} (m)",
    }
    view = (("向西看", "looking west"), ("向北看", "looking north"), ("俯视", "from above"))[cut]
    count = int(near.sum())
    caption = Words(
        f"{where.zh} {at:.0f} ± {half:.0f} m，{view[0]}，纵横比 1:1；"
        f"色块：块段所属域（浅：占比小）；线：实体边界；点：{count} 个组合样",
        f"{where.en} {at:.0f} ± {half:.0f} m, {view[1]}, scales 1:1; "
        f"squares: domain of blocks (pale: a small share); lines: outlines of volumes; "
        f"dots: {count} composites",
    )
    kind = Words("水平切面", "Level plan") if cut == 2 else Words("剖面", "Section")
    title = Words(f"{kind.zh}：{where.zh} {at:.0f} m", f"{kind.en} at {where.en} {at:.0f} m")
    return StudyFigure(f"domains_{axes[0]}", "domain_section", title, caption, parameters, arrays)


def _busiest(place: Floats, grid: BlockGrid, axis: int) -> tuple[float, float]:
    """Middle of the row of blocks with most samples, and half the width of the corridor."""
    edges = grid.edges_m(axis)
    counts, _ = np.histogram(place, edges)
    size = grid.spec.block_m[axis]
    return float(grid.centres_m(axis)[int(np.argmax(counts))]), 1.0 * size


def _plane(axes: list[Floats], places: tuple[int, int, int], at: float) -> Floats:
    """Points of a section, (n, 3), across fastest."""
    across, up, cut = places
    u, v = np.meshgrid(axes[0], axes[1])
    points = np.empty((u.size, 3))
    points[:, across], points[:, up], points[:, cut] = u.ravel(), v.ravel(), at
    return points


def _fine(edges: Floats) -> Floats:
    """Evenly spaced points from the first edge to the last."""
    return np.linspace(edges[0], edges[-1], FINE)


def _block_codes(
    bench: Workbench,
    volumes: LoadedVolumes | None,
    samples: tuple[Floats, Ints],
    centres: Floats,
) -> tuple[Ints, Floats]:
    """Domain of blocks and its share: by volumes, else of the nearest composite by its code."""
    from scipy.spatial import cKDTree

    plan = bench.data.plan
    block_m = bench.data.grid.spec.block_m
    code, share = np.zeros(len(centres), np.int64), np.zeros(len(centres))
    if volumes is not None:
        made = share_blocks(volumes, centres, block_m, plan.domains.subcells)
        code, share = made.domain.copy(), made.share.copy()
    xyz, codes = samples
    logged = set(plan.domains.codes) or (set() if volumes is not None else {"all"})
    coded = np.isin(codes, [i + 1 for i, n in enumerate(plan.domains.names) if n in logged])
    left = np.flatnonzero(code == 0)
    if left.size and coded.any():
        reach = max(r for p in plan.elements[plan.main_element].search for r in p.radii_m)
        distance, nearest = cKDTree(xyz).query(centres[left], distance_upper_bound=reach)
        found = np.isfinite(distance)
        own = codes[nearest[found]]
        code[left[found]] = np.where(np.isin(own, np.unique(codes[coded])), own, 0)
        share[left] = code[left] > 0
    return code, share
