"""Figures of one block: its samples in plan and section, with their weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from reporting.figures.store import COPPER, INK, MUTED

_LARGEST = 420.0
"""Area of the largest circle, points squared."""


def block_weights(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Plan and east-west section of a block's samples; circles go by weight, colour by grade.

    Arrays: ``block_m`` (3,), ``block_size_m`` (3,), ``taken_m`` (n, 3), ``weight`` and ``grade``
    (n,), ``others_m`` (m, 3), ``ellipsoid_m`` (3, 3) columns the semi-axes. ``parameters``:
    ``symbol`` and ``unit`` of the element.
    """
    figure = Figure(figsize=(7.6, 4.4), layout="constrained")
    panels = figure.subplots(1, 2)
    east, north, up = "东坐标 / easting (m)", "北坐标 / northing (m)", "高程 / elevation (m)"
    views = (
        ((0, 1), (east, north), "平面 / plan"),
        ((0, 2), (east, up), "向北剖面 / section looking north"),
    )
    drawn = None
    for axes, (pair, labels, title) in zip(panels, views, strict=True):
        drawn = _view(axes, arrays, list(pair)) or drawn
        axes.set_xlabel(labels[0])
        axes.set_ylabel(labels[1])
        axes.set_title(title)
        axes.set_aspect("equal", adjustable="datalim")
        axes.locator_params(nbins=5)
        axes.grid(visible=True)
    if drawn is not None:
        label = f"{parameters['symbol']} ({parameters['unit']})"
        figure.colorbar(drawn, ax=panels, label=label, shrink=0.8, aspect=30)
    figure.legend(handles=_legend(arrays), loc="outside lower center", ncols=3)
    return figure


def _view(axes: Axes, arrays: dict[str, Any], pair: list[int]) -> Any:
    """One projection; returns what the colour bar goes by."""
    centre, half = arrays["block_m"][pair], arrays["block_size_m"][pair] / 2.0
    angle = np.linspace(0.0, 2.0 * np.pi, 181)
    # outline of a projected ellipsoid: the unit circle by the root of B B'
    shape = arrays["ellipsoid_m"][pair]
    values, vectors = np.linalg.eigh(shape @ shape.T)
    ring = vectors @ (np.sqrt(values)[:, None] * np.array([np.cos(angle), np.sin(angle)]))
    axes.plot(*(centre[:, None] + ring), "--", color=MUTED, linewidth=0.8)
    others = arrays["others_m"].reshape(-1, 3)
    axes.plot(others[:, pair[0]], others[:, pair[1]], ".", color=MUTED, markersize=2.5)
    drawn = None
    taken, weight = arrays["taken_m"].reshape(-1, 3), np.nan_to_num(arrays["weight"])
    if len(taken):
        largest = max(float(np.abs(weight).max()), 1e-12)
        order = np.argsort(-np.abs(weight))  # small ones on top
        drawn = axes.scatter(
            taken[order][:, pair[0]],
            taken[order][:, pair[1]],
            s=8.0 + _LARGEST * np.abs(weight[order]) / largest,
            c=arrays["grade"][order],
            cmap="viridis",
            alpha=0.75,
            linewidths=[1.6 if w < 0 else 0.6 for w in weight[order]],
            edgecolors=["#c0392b" if w < 0 else INK for w in weight[order]],
            zorder=3,
        )
    box = Rectangle(tuple(centre - half), *(2.0 * half), fill=False, edgecolor=COPPER, zorder=4)
    box.set_linewidth(1.8)
    axes.add_patch(box)
    return drawn


def _legend(arrays: dict[str, Any]) -> list[Line2D]:
    """What the marks mean."""
    weight = np.nan_to_num(arrays["weight"])
    largest = f"{np.abs(weight).max():.3f}" if weight.size else "-"

    def mark(label: str, **style: Any) -> Line2D:
        return Line2D([], [], linestyle=style.pop("linestyle", "none"), label=label, **style)

    return [
        mark("块体 / block", marker="s", markerfacecolor="none", markeredgecolor=COPPER),
        mark(
            f"样品,最大权重 / sample, largest weight {largest}",
            marker="o",
            markerfacecolor="none",
            markeredgecolor=INK,
            markersize=9,
        ),
        mark("负权重 / negative weight", marker="o", markerfacecolor="none",
             markeredgecolor="#c0392b", markeredgewidth=1.6),
        mark("未选样品 / not taken", marker=".", color=MUTED),
        mark("搜索椭球 / search ellipsoid", linestyle="--", color=MUTED),
    ]  # fmt: skip
