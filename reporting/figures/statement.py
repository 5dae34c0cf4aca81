"""Figures of a statement: curves by class, class section and plan, class shares, bench profile."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib import colors
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from scipy import ndimage

from reporting.figures.store import CLASS_COLOUR, GRID, INK, MUTED, plain
from reporting.units import CLASS_LETTER, CLASS_TEXT

CLASSES = ("measured", "indicated", "inferred")
_LETTERED = 8
"""Blocks from which on a class has room for its letter."""
_LINE = {"measured": "#9e2f2a", "indicated": "#2f7a43", "inferred": "#3a6ea5"}
_SHORT = {name: f"{CLASS_LETTER[name]} {CLASS_TEXT[name].zh[:2]} / {CLASS_TEXT[name].en}"
          for name in CLASSES}  # fmt: skip


def class_curves(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Grade-tonnage, a panel for each class: tonnes solid on the left, grade dashed on the right.

    Arrays: ``cutoffs`` (n,), and for each class ``<class>_ore_mt`` and ``<class>_grade`` (n,).
    ``parameters``: ``symbol``, ``unit``, ``reporting_cutoff``.
    """
    present = [name for name in CLASSES if f"{name}_ore_mt" in arrays]
    figure = Figure(figsize=(2.55 * max(len(present), 1) + 0.6, 2.7), layout="constrained")
    panels = figure.subplots(1, max(len(present), 1), squeeze=False)[0]
    unit = f"{parameters['symbol']} {parameters['unit']}"
    handles: list[Any] = []
    for number, (axes, name) in enumerate(zip(panels, present, strict=False)):
        colour = _LINE[name]
        right = axes.twinx()
        right.spines["right"].set_visible(True)
        handles = [
            *axes.plot(arrays["cutoffs"], arrays[f"{name}_ore_mt"], color=colour, linewidth=1.6),
            *right.plot(
                arrays["cutoffs"],
                arrays[f"{name}_grade"],
                color=INK,
                linestyle="--",
                linewidth=1.2,
            ),
            axes.axvline(parameters["reporting_cutoff"], color=MUTED, linestyle=":", linewidth=1.1),
        ]
        axes.set_title(_SHORT[name], color=colour)
        axes.set_xlabel(f"边界品位 / cut-off ({unit})")
        axes.set_xlim(arrays["cutoffs"][0], arrays["cutoffs"][-1])
        axes.set_ylim(bottom=0)
        right.set_ylim(bottom=0)
        axes.grid(visible=True)
        if number == 0:
            axes.set_ylabel("矿石量 / ore (Mt)")
        if number == len(present) - 1:
            right.set_ylabel(f"平均品位 / mean grade ({unit})")
    cutoff = f"报告边界品位 / reported {parameters['reporting_cutoff']:g}"
    names = ["矿石量 / ore", "平均品位 / mean grade", cutoff]
    figure.legend(handles, names, loc="outside lower center", ncols=3, fontsize=7.5)
    return figure


def class_cut(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Resource class on a vertical section or a level plan, a letter beside each colour.

    Arrays: ``classes`` (rows, columns) codes 0-3, ``across_m`` and ``up_m`` edges, ``before``
    the same without smoothing and overrides where they changed anything; ``collars`` (n, 2) on a
    plan. ``parameters``: ``kind`` (section or plan).
    """
    both = "before" in arrays
    wide = arrays["across_m"][-1] - arrays["across_m"][0]
    high = arrays["up_m"][-1] - arrays["up_m"][0]
    width = 7.2 if both or wide > 1.6 * high else 5.0
    each = width / 2 if both else width
    size = (width, min(max(each * high / wide, 1.2), 5.2) + 1.1)
    figure = Figure(figsize=size, layout="constrained")
    panels = figure.subplots(1, 2 if both else 1, squeeze=False, sharey=True)[0]
    shown = [("before", "规则所得 / by the rules")] if both else []
    shown.append(("classes", "采用 / as stated" if both else ""))
    for axes, (name, title) in zip(panels, shown, strict=True):
        _fill(axes, arrays, arrays[name])
        axes.set_title(title)
        axes.set_xlabel("东坐标 / easting (m)")
        if parameters["kind"] == "plan" and arrays.get("collars") is not None:
            collars = np.atleast_2d(arrays["collars"])
            axes.plot(collars[:, 0], collars[:, 1], "+", color=INK, markersize=3.5, mew=0.6)
            axes.set_xlim(arrays["across_m"][0], arrays["across_m"][-1])
            axes.set_ylim(arrays["up_m"][0], arrays["up_m"][-1])
            axes.annotate(
                "N",
                (0.96, 0.98),
                xytext=(0.96, 0.84),
                xycoords="axes fraction",
                ha="center",
                arrowprops={"arrowstyle": "->", "color": INK, "linewidth": 0.9},
            )
    up = {"section": "高程 / elevation (m)", "plan": "北坐标 / northing (m)"}
    panels[0].set_ylabel(up[parameters["kind"]])
    handles = [
        Patch(facecolor=CLASS_COLOUR[name], edgecolor=MUTED, linewidth=0.4, label=_SHORT[name])
        for name in CLASSES
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    return figure


def _fill(axes: Axes, arrays: dict[str, Any], classes: Any) -> None:
    """Blocks filled by class; a letter in the largest patch of each."""
    palette = colors.ListedColormap([CLASS_COLOUR[name] for name in CLASSES])
    across, up = arrays["across_m"], arrays["up_m"]
    axes.set_aspect("equal")
    axes.set_facecolor("#f7f8f9")
    axes.locator_params(nbins=5)
    shown = np.ma.masked_equal(classes, 0)
    axes.pcolormesh(across, up, shown, cmap=palette, vmin=0.5, vmax=3.5, rasterized=True)
    x, y = ((edges[:-1] + edges[1:]) / 2 for edges in (across, up))
    for code, name in enumerate(CLASSES, start=1):
        mask = np.asarray(classes) == code
        if mask.sum() >= _LETTERED:
            depth = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
            row, column = np.unravel_index(int(np.argmax(depth)), depth.shape)
            ink = "white" if name == "measured" else INK
            letter = CLASS_LETTER[name]
            axes.text(x[column], y[row], letter, color=ink, ha="center", va="center", fontsize=9)


def class_shares(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Ore of each class by domain, beside each other and never stacked; shares written on bars.

    Arrays: ``ore_mt`` (domains, 3). ``parameters``: ``domains``, ``share`` (domains x 3) of the
    domain's ore, per cent, ``cutoff`` in words.
    """
    ore = np.asarray(arrays["ore_mt"], dtype=float)
    domains = [plain(name, 14) for name in parameters["domains"]]
    figure = Figure(figsize=(min(2.4 + 1.5 * len(domains), 7.2), 2.7), layout="constrained")
    axes = figure.subplots()
    at = np.arange(len(domains))
    for code, name in enumerate(CLASSES):
        place = at + 0.27 * (code - 1)
        bars = axes.bar(
            place, ore[:, code], 0.25, color=CLASS_COLOUR[name], edgecolor=MUTED, linewidth=0.4
        )
        for bar, share in zip(bars, parameters["share"], strict=True):
            words = f"{CLASS_LETTER[name]} {share[code]:.0f} %"
            axes.annotate(
                words,
                (bar.get_x() + bar.get_width() / 2, bar.get_height()),
                xytext=(0, 2),
                textcoords="offset points",
                ha="center",
                fontsize=6.5,
            )
    axes.set_xticks(at, domains)
    axes.set_ylabel("矿石量 / ore (Mt)")
    axes.set_xlabel(f"矿化域 / domain ({parameters['cutoff']})")
    axes.margins(y=0.14)
    axes.grid(visible=True, axis="y", color=GRID)
    axes.set_axisbelow(True)
    handles = [
        Patch(facecolor=CLASS_COLOUR[name], edgecolor=MUTED, linewidth=0.4, label=_SHORT[name])
        for name in CLASSES
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=7.5)
    return figure


def bench_profile(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Ore by bench and class, and the mean grade of each class, by elevation.

    Arrays: ``bottom_m`` and ``top_m`` (n,), and for each class ``<class>_ore_mt`` and
    ``<class>_grade`` (n,). ``parameters``: ``symbol``, ``unit``, ``cutoff`` in words.
    """
    middle = (arrays["bottom_m"] + arrays["top_m"]) / 2.0
    height = float(np.min(arrays["top_m"] - arrays["bottom_m"]))
    present = [name for name in CLASSES if f"{name}_ore_mt" in arrays]
    figure = Figure(figsize=(7.2, 3.4), layout="constrained")
    panels = figure.subplots(1, len(present) + 1, sharey=True, squeeze=False)[0]
    for axes, name in zip(panels, present, strict=False):
        axes.barh(
            middle,
            arrays[f"{name}_ore_mt"],
            0.86 * height,
            color=CLASS_COLOUR[name],
            edgecolor=MUTED,
            linewidth=0.3,
        )
        axes.set_title(_SHORT[name])
        axes.set_xlabel("矿石量 / ore (Mt)")
        axes.set_xlim(left=0)
        panels[-1].plot(
            arrays[f"{name}_grade"],
            middle,
            color=_LINE[name],
            marker={"measured": "o", "indicated": "s", "inferred": "^"}[name],
            markersize=3,
            linewidth=1.1,
            label=_SHORT[name],
        )
    panels[0].set_ylabel("高程 / elevation (m)")
    unit = f"{parameters['symbol']} {parameters['unit']}"
    panels[-1].set_xlabel(f"平均品位 / mean grade ({unit})")
    panels[-1].set_title(plain(parameters["cutoff"], 30))
    for axes in panels:
        axes.grid(visible=True, color=GRID)
        axes.set_axisbelow(True)
        axes.locator_params(axis="x", nbins=4)
    figure.legend(*panels[-1].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
