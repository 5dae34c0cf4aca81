"""Block averages of the truth, and their summary by date, cut-off and oxidation domain."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from field import Truth, weather
from scipy.spatial import cKDTree
from specs import CAMPAIGNS, CUTOFFS_PCT, ELEMENTS, DepositSpec

METAL_PER_GRADE = {"pct": 1e-2, "ppm": 1e-6, "gpt": 1e-6}
"""Tonnes of metal in a tonne of ore, for one unit of grade."""

REACH = 2.0
"""Blocks within this many drill spacings of three holes are "near holes"."""

Blocks = dict[str, np.ndarray]


def truth_blocks(truth: Truth, mined_m: dict[date, np.ndarray]) -> Blocks:
    """Truth of every block, arrays (nz, ny, nx), as kept in ``truth_blocks.npz``.

    Grades in the unit of their names and ``density_tpm3`` (float16) are means over the block's
    nodes below ground (all nodes where none is), grades weighted by density so that grade times
    tonnes is metal. ``oxide`` is true where most of those nodes are oxidised.
    ``share_<date>`` is the share of the block's height below ground and not mined at a date,
    measured at the column's centre; ``mined_m`` gives the mined surfaces (ny, nx), m.
    """
    spec = truth.spec
    found, below = _inner_nodes(truth)
    weight = _spread2(_sum2(below) == 0) | below.astype(bool)
    count = _sum2(weight)
    density = _sum2(found["density"] * weight) / count
    blocks = {"density_tpm3": density.astype(np.float16)}
    for element in ELEMENTS:
        metal = _sum2(found[element] * found["density"] * weight)
        blocks[element] = (metal / (count * density)).astype(np.float16)
    blocks["oxide"] = _sum2(found["oxide"] * weight) > count / 2
    x, y, z = block_centres(spec)
    ground = truth.ground(x, y)[0]
    for day in CAMPAIGNS:
        surface = np.minimum(ground, mined_m.get(day, ground))
        low = z - spec.block_m[2] / 2
        share = np.clip((surface[None] - low) / spec.block_m[2], 0.0, 1.0)
        blocks[f"share_{day.isoformat()}"] = share.astype(np.float16)
    return blocks


def _inner_nodes(truth: Truth) -> tuple[Blocks, np.ndarray]:
    """Weathered grades and density of the nodes inside the blocks, and 1 where below ground."""
    spec = truth.spec
    pad = [
        round((spec.origin_m[a] + truth.step_m[a] / 2 - truth.first_m[a]) / truth.step_m[a])
        for a in range(3)
    ]
    inner = tuple(slice(pad[a], pad[a] + 2 * spec.shape[a]) for a in (2, 1, 0))
    axes = [
        spec.origin_m[a] + truth.step_m[a] * (0.5 + np.arange(2 * spec.shape[a])) for a in (2, 1, 0)
    ]
    z, y, x = np.meshgrid(*axes, indexing="ij", sparse=True)
    found = {name: values[inner].astype(float) for name, values in truth.grades.items()}
    found["density"] = truth.density[inner].astype(float)
    depth = truth.ground(x, y) - z
    thick = np.broadcast_to(truth.oxide_base(x, y), depth.shape)
    return weather(found, depth, thick, spec.body), (depth > 0).astype(float)


def _sum2(values: np.ndarray) -> np.ndarray:
    """Sum of every 2 x 2 x 2 nodes."""
    nz, ny, nx = values.shape
    return values.reshape(nz // 2, 2, ny // 2, 2, nx // 2, 2).sum(axis=(1, 3, 5))


def _spread2(blocks: np.ndarray) -> np.ndarray:
    """Each block's value at its 2 x 2 x 2 nodes."""
    return blocks.repeat(2, axis=0).repeat(2, axis=1).repeat(2, axis=2)


def block_centres(spec: DepositSpec) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Easting, northing and elevation of block centres (sparse arrays z, y, x)."""
    axes = [
        spec.origin_m[a] + spec.block_m[a] * (0.5 + np.arange(spec.shape[a])) for a in (2, 1, 0)
    ]
    z, y, x = np.meshgrid(*axes, indexing="ij", sparse=True)
    return x, y, z


def summary(blocks: Blocks, volume_m3: np.ndarray) -> dict[str, dict[str, Any]]:
    """Ore, grade and metal by cut-off and domain of ``volume_m3`` of each block."""
    tonnes = blocks["density_tpm3"].astype(float) * volume_m3
    domains = {
        "total": np.ones_like(blocks["oxide"]),
        "oxide": blocks["oxide"],
        "sulphide": ~blocks["oxide"],
    }
    copper = blocks["cu_pct"].astype(float)
    return {
        f"{cutoff:g}": {
            name: _figures(blocks, tonnes, inside & (copper >= cutoff) & (volume_m3 > 0))
            for name, inside in domains.items()
        }
        for cutoff in CUTOFFS_PCT
    }


def _figures(blocks: Blocks, tonnes: np.ndarray, ore: np.ndarray) -> dict[str, Any]:
    """Tonnes of ore, and mean grade and metal of each element in ``ore``."""
    ore_t = float(tonnes[ore].sum())
    figures: dict[str, Any] = {"blocks": int(ore.sum()), "ore_t": round(ore_t, 1), "elements": {}}
    for element in ELEMENTS:
        content = float((blocks[element][ore].astype(float) * tonnes[ore]).sum())
        figures["elements"][element] = {
            "grade": round(content / ore_t, 6) if ore_t else None,
            "metal_t": round(content * METAL_PER_GRADE[element.rsplit("_", 1)[1]], 3),
        }
    return figures


def mean_distance_to_holes(spec: DepositSpec, traces: dict[str, np.ndarray]) -> np.ndarray:
    """Mean distance of each block's centre to the nearest three hole traces, m (nz, ny, nx)."""
    x, y, z = np.broadcast_arrays(*block_centres(spec))
    points = np.column_stack([x.ravel(), y.ravel(), z.ravel()])
    nearest = np.full((len(points), 3), np.inf)
    for trace in traces.values():
        distance, _ = cKDTree(trace).query(points, distance_upper_bound=300.0)
        nearest = np.sort(np.column_stack([nearest, distance]), axis=1)[:, :3]
    return nearest.mean(axis=1).reshape(x.shape)


def vintage_summaries(
    spec: DepositSpec, blocks: Blocks, holes: dict[str, tuple[date, np.ndarray]]
) -> dict[str, Any]:
    """The truth at each date: remaining in the whole grid, mined so far, and near the holes."""
    volume = float(np.prod(spec.block_m))
    whole = blocks[f"share_{CAMPAIGNS[0].isoformat()}"].astype(float) * volume
    reach = REACH * spec.program.spacing_m
    result: dict[str, Any] = {}
    for day in CAMPAIGNS:
        left = blocks[f"share_{day.isoformat()}"].astype(float) * volume
        traces = {hole: xyz for hole, (drilled, xyz) in holes.items() if drilled <= day}
        near = mean_distance_to_holes(spec, traces) <= reach
        result[day.isoformat()] = {
            "remaining": summary(blocks, left),
            "mined_to_date": summary(blocks, whole - left),
            "near_holes": {
                "rule": f"mean distance to the nearest three hole traces <= {reach:g} m",
                "remaining": summary(blocks, np.where(near, left, 0.0)),
            },
        }
    return result
