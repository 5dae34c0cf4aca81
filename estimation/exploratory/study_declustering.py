"""The study's part on declustering: mean against cell size, and the nearest-neighbour check."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from estimation.exploratory.declustering import (
    CellSweep,
    nearest_grid,
    nearest_weights,
    sweep_cells,
    sweep_sizes,
)
from estimation.exploratory.gather import Grades, symbol, unit
from estimation.exploratory.study_statistics import HEADINGS, Part
from estimation.results import Check
from estimation.studies import StudyFigure, StudyTable, Words

NEAREST_PASS, NEAREST_MARGINAL = 0.05, 0.10
"""Relative difference of the cell's and the nearest neighbour's declustered means."""


def of_declustering(grades: tuple[Grades, ...]) -> Part:
    """Mean against cell size, the cell used, and the nearest-neighbour check."""
    rows, curve, checks = [], [], []
    panels: dict[str, list[tuple[Grades, CellSweep, dict[str, Any]]]] = {}
    for g in grades:
        if g.cell_m is None:
            continue
        shape = tuple(side / g.cell_m[0] for side in g.cell_m)
        sizes = sweep_sizes(g.spacing_m)
        sweep = sweep_cells(
            g.xyz_m, g.values, sizes, holes=g.holes, shape=(shape[0], shape[1], shape[2])
        )
        length_m = float(g.table["length_m"].median())
        near = nearest_weights(g.xyz_m, *nearest_grid(g.xyz_m, g.spacing_m, length_m))
        row = _declustered_row(g, sweep, float(np.average(g.values, weights=near)))
        rows.append(row)
        if not g.pooled and row["declustered_mean"] > 0:
            checks.append(_nearest_check(g, row))
        curve += [
            {"element": symbol(g.element), "domain": g.domain, "cell_m": s, "declustered_mean": m}
            for s, m in zip(sweep.sizes_m, sweep.means, strict=True)
        ]
        panels.setdefault(g.element, []).append((g, sweep, row))
    if not rows:
        return Part()
    figures = tuple(_curves(element, found) for element, found in panels.items())
    return Part(_declustering_tables(rows, curve), figures, (), tuple(checks))


def _declustered_row(g: Grades, sweep: CellSweep, nearest: float) -> dict[str, Any]:
    """What declustering does to one element in one domain."""
    used = float(np.average(g.values, weights=g.weights))
    assert g.cell_m is not None
    return {
        "element": symbol(g.element),
        "unit": unit(g.element),
        "domain": g.domain,
        "n": len(g.values),
        "raw_mean": sweep.naive_mean,
        "cell_xy_m": g.cell_m[0],
        "cell_z_m": g.cell_m[2],
        "declustered_mean": used,
        "change_pct": 100 * (used / sweep.naive_mean - 1) if sweep.naive_mean > 0 else np.nan,
        "nearest_mean": nearest,
        "close_drilling_in": sweep.clusters_in,
        "rank_correlation": sweep.trend,
        "journel_cell_m": sweep.best_size_m,
        "journel_mean": sweep.best_mean,
    }


def _nearest_check(g: Grades, row: dict[str, Any]) -> Check:
    """Whether cell and nearest-neighbour declustering agree."""
    value = row["nearest_mean"] / row["declustered_mean"] - 1
    off = abs(value)
    verdict = "pass" if off <= NEAREST_PASS else "marginal" if off <= NEAREST_MARGINAL else "fail"
    return Check(
        "declustering",
        "去丛聚：最近样法均值与单元法均值之比减 1",
        "Declustering: mean by nearest neighbour over mean by cells, less 1",
        g.domain,
        g.element,
        value,
        f"|value| <= {NEAREST_PASS:g} pass, <= {NEAREST_MARGINAL:g} marginal",
        verdict,
    )


def _declustering_tables(
    rows: list[dict[str, Any]], curve: list[dict[str, Any]]
) -> tuple[StudyTable, ...]:
    """The means, and the curves behind the figures."""
    heads = HEADINGS | {
        "raw_mean": Words("原始均值", "Raw mean"),
        "cell_xy_m": Words("单元平面 m", "Cell, plan m"),
        "cell_z_m": Words("单元高 m", "Cell, height m"),
        "cell_m": Words("单元 m", "Cell m"),
        "declustered_mean": Words("去丛聚均值", "Declustered mean"),
        "change_pct": Words("变化 %", "Change %"),
        "nearest_mean": Words("最近样法均值", "Nearest-neighbour mean"),
        "close_drilling_in": Words("加密处", "Close drilling in"),
        "rank_correlation": Words("权与品位秩相关", "Rank correlation, weight and grade"),
        "journel_cell_m": Words("极值单元 m", "Extreme cell m"),
        "journel_mean": Words("极值均值", "Extreme mean"),
    }
    note = Words(
        "单元取通常孔距（各孔至最近孔距离的第 90 百分位），高为其一半，八个起点平均；"
        "极值单元为 Journel (1983) 最小（最大）均值法，仅供比较；最近样法按水平逐层细网格。",
        "The cell is the usual spacing (90th percentile of the distance from hole to next hole), "
        "half as high, averaged over eight origins; the extreme cell is Journel's (1983) least or "
        "greatest mean, for comparison only. Nearest neighbour is level by level on a fine grid.",
    )
    first = Words("去丛聚", "Declustering")
    second = Words("去丛聚曲线", "Declustering curves")
    return (
        StudyTable("declustering", first, pd.DataFrame(rows), heads, note),
        StudyTable("declustering_curve", second, pd.DataFrame(curve), heads),
    )


def _curves(element: str, found: list[tuple[Grades, CellSweep, dict[str, Any]]]) -> StudyFigure:
    """Declustered mean against cell size, a panel for each domain."""
    arrays: dict[str, npt.NDArray[np.float64]] = {}
    panels = []
    for i, (g, sweep, row) in enumerate(found):
        arrays |= {f"size_{i}": sweep.sizes_m, f"mean_{i}": sweep.means}
        keys = ("raw_mean", "cell_xy_m", "declustered_mean", "nearest_mean", "n")
        best = None if np.isnan(sweep.best_size_m) else sweep.best_size_m
        panels.append({k: row[k] for k in keys} | {"domain": g.domain, "best_m": best})
    name = symbol(element)
    caption = Words(
        f"{name}：去丛聚均值随单元大小的变化；竖线为采用的单元（通常孔距），圆圈为极值单元，"
        "虚线为原始均值，点线为最近样法均值。",
        f"{name}: declustered mean against cell size; upright: the cell used (usual spacing), "
        "circle: extreme cell, dashes: raw mean, dots: nearest-neighbour mean.",
    )
    title = Words(f"{name} 去丛聚曲线", f"{name} declustering curve")
    return StudyFigure(f"declustering_{name.lower()}", "declustering_curves", title, caption,
                       {"element": element, "panels": panels}, arrays)  # fmt: skip
