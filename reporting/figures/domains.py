"""Figures of domains: sections with outlines, blocks and samples; samples against volume."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from reporting.figures.store import COPPER, INK, MUTED, plain

_COLOURS = ("#c8793c", "#4b86b4", "#6ba368", "#b58bb8", "#c9b458", "#5fb3b3", "#d17b88", "#8a8f98")
"""Fills of domains in plan order, told apart in grey print by the letters in the legend too."""
_WIDTH_IN, _LEAST_IN, _MOST_IN = 7.2, 2.2, 7.0


def domain_section(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Blocks by domain, outlines of the volumes, and composites within the corridor.

    Arrays: ``across_m`` and ``up_m`` (edges), ``blocks`` and ``shares`` (up, across) and
    ``samples`` (n, 3: across, up, code); where there are volumes ``fine_across_m``,
    ``fine_up_m`` and ``outline``.
    Codes are those of ``parameters["domains"]``, from 1. ``across`` and ``up`` are the labels.
    """
    names = parameters["domains"]
    wide = float(np.ptp(arrays["across_m"]))
    high = float(np.ptp(arrays["up_m"]))
    inches = min(max(_WIDTH_IN * high / wide + 0.9, _LEAST_IN), _MOST_IN)
    figure = Figure(figsize=(_WIDTH_IN, inches), layout="constrained")
    axes = figure.subplots()
    fills = [_COLOURS[i % len(_COLOURS)] for i in range(len(names))]
    palette = ListedColormap(fills)
    norm = BoundaryNorm(np.arange(len(names) + 1) + 0.5, len(names))
    blocks = np.ma.masked_equal(arrays["blocks"], 0)
    mesh = axes.pcolormesh(arrays["across_m"], arrays["up_m"], blocks, cmap=palette, norm=norm)
    mesh.set_alpha(0.08 + 0.42 * arrays["shares"])
    if "outline" in arrays:
        for code in np.unique(arrays["outline"][arrays["outline"] > 0]):
            held = (arrays["outline"] == code).astype(float)
            axes.contour(
                arrays["fine_across_m"], arrays["fine_up_m"], held, levels=[0.5], colors=[INK],
                linewidths=1.1,
            )  # fmt: skip
    samples = np.atleast_2d(arrays["samples"])
    if samples.size:
        axes.scatter(
            samples[:, 0], samples[:, 1], c=samples[:, 2], cmap=palette, norm=norm, s=11,
            edgecolors=INK, linewidths=0.35, zorder=3,
        )  # fmt: skip
    axes.set_aspect("equal")
    axes.set_xlim(arrays["across_m"][0], arrays["across_m"][-1])
    axes.set_ylim(arrays["up_m"][0], arrays["up_m"][-1])
    axes.set_xlabel(parameters["across"])
    axes.set_ylabel(parameters["up"])
    handles: list[Any] = [
        Patch(facecolor=fill, alpha=0.6, label=f"{chr(65 + i % 26)} {plain(name)}")
        for i, (name, fill) in enumerate(zip(names, fills, strict=True))
    ]
    handles.append(_dot("组合样 / composites"))
    if "outline" in arrays:
        handles.append(Line2D([], [], color=INK, linewidth=1.1, label="实体边界 / volumes"))
    figure.legend(handles=handles, loc="outside upper left", ncols=min(len(handles), 5))
    return figure


def domain_shares(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Share of each domain in metres of samples and in volume of blocks, %.

    ``parameters``: ``domains``, ``metres_pct``, ``volume_pct``, ``composites`` (lists).
    """
    names = parameters["domains"]
    place = np.arange(len(names))
    figure = Figure(figsize=(_WIDTH_IN, 1.3 + 0.42 * len(names)), layout="constrained")
    axes = figure.subplots()
    for offset, key, colour, label in (
        (-0.18, "metres_pct", COPPER, "样品米数 / metres of samples"),
        (0.18, "volume_pct", MUTED, "块段体积 / volume of blocks"),
    ):
        values = np.array(parameters[key], float)
        bars = axes.barh(place + offset, values, height=0.34, color=colour, label=label)
        axes.bar_label(bars, [f"{v:.1f} %" for v in values], padding=3, fontsize=7.5, color=INK)
    labels = [
        f"{plain(name)}\nn = {count}"
        for name, count in zip(names, parameters["composites"], strict=True)
    ]
    axes.set_yticks(place, labels)
    axes.invert_yaxis()
    axes.set_xlim(0, 112)
    axes.set_xticks(range(0, 101, 20))
    axes.set_xlabel("占比 / share (%)")
    axes.grid(visible=True, axis="x")
    axes.set_axisbelow(True)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=2)
    return figure


def _dot(label: str) -> Line2D:
    """A legend's mark for composites."""
    return Line2D(
        [], [], linestyle="", marker="o", markersize=4, markerfacecolor="white",
        markeredgecolor=INK, label=label,
    )  # fmt: skip
