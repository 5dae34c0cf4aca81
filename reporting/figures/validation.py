"""Figures of validation and of the neighbourhood study."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib import colormaps, colors
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from reporting.figures.exploration import grade_label
from reporting.figures.store import COPPER, GRID, INK, MUTED

BLUE = "#3a6ea5"
GREEN = "#2f7a43"
_DASHES = ("-", "--", ":", "-")


def neighbourhood(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Kriging efficiency (left, %) and slope (right) against block, samples, points and search.

    Arrays ``<variable>_x`` (n,), ``<variable>_efficiency`` and ``_slope`` (n, blocks); the last
    block is the average. ``parameters``: ``names`` {zh, en}, ``variables`` {name: [zh, en]},
    ``recommended`` and ``planned`` {name: x}.
    """
    figure = Figure(figsize=(7.2, 5.4), layout="constrained")
    panels = figure.subplots(2, 2).ravel()
    low = min(float(np.nanmin(arrays[f"{v}_efficiency"])) for v in parameters["variables"])
    for panel, (variable, label) in zip(panels, parameters["variables"].items(), strict=True):
        x = arrays[f"{variable}_x"]
        right = panel.twinx()
        for number in range(arrays[f"{variable}_slope"].shape[1]):
            last = number == arrays[f"{variable}_slope"].shape[1] - 1
            style = {"linestyle": _DASHES[number], "linewidth": 2.0 if last else 1.0}
            style |= {"marker": "o" if last else None, "markersize": 3}
            panel.plot(
                x, 100.0 * arrays[f"{variable}_efficiency"][:, number], color=COPPER, **style
            )
            right.plot(x, arrays[f"{variable}_slope"][:, number], color=BLUE, **style)
        panel.axvline(parameters["recommended"][variable], color=INK, linewidth=1.1)
        panel.axvline(parameters["planned"][variable], color=INK, linewidth=1.1, linestyle=":")
        panel.set_xlabel(" / ".join(label))
        panel.set_ylim(max(100.0 * low - 5.0, -100.0), 102.0)
        right.set_ylim(0.0, 1.05)
        right.spines["right"].set_visible(True)
        panel.set_ylabel("克里格效率 / KE (%)", color=COPPER)
        right.set_ylabel("回归斜率 / slope", color=BLUE)
        panel.grid(visible=True)
        if variable == "points":
            panel.set_xscale("log")
            panel.set_xticks(x, [f"{value:g}" for value in x])
            panel.minorticks_off()
    names = zip(parameters["names"]["zh"], parameters["names"]["en"], strict=True)
    handles = [
        Line2D([], [], color=INK, ls=_DASHES[i], lw=2.0 if i == 3 else 1.0, label=f"{zh} / {en}")
        for i, (zh, en) in enumerate(names)
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=4, fontsize=7.5)
    return figure


def cross_validation(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """True against estimated composites with 1:1 and regression lines, and the errors' histogram.

    Arrays ``true``, ``estimate``, ``domains`` (n,); ``parameters``: ``element``, ``domains``
    (names), ``slope``, ``mean_error``, ``rmse``, ``correlation``.
    """
    figure = Figure(figsize=(7.2, 3.3), layout="constrained")
    scatter, errors = figure.subplots(1, 2)
    true, estimate = arrays["true"], arrays["estimate"]
    top = float(np.quantile(np.append(true, estimate), 0.995)) * 1.05
    for code, name in enumerate(parameters["domains"], start=1):
        here = arrays["domains"] == code
        style = {"s": 5, "alpha": 0.45, "linewidths": 0, "rasterized": True}
        shade = (COPPER, BLUE, GREEN, MUTED)[(code - 1) % 4]
        scatter.scatter(
            estimate[here], true[here], color=shade, label=f"{name} (n = {here.sum()})", **style
        )
    scatter.plot([0, top], [0, top], color=INK, linewidth=0.9, linestyle="--")
    middle = float(estimate.mean()), float(true.mean())
    ends = np.array([0.0, top])
    line = middle[1] + parameters["slope"] * (ends - middle[0])
    scatter.plot(ends, line, color=INK, linewidth=1.2)
    scatter.set_xlim(0, top)
    scatter.set_ylim(0, top)
    scatter.set_aspect("equal")
    scatter.set_xlabel(f"估值 / estimate {grade_label(parameters['element'])}")
    scatter.set_ylabel(f"真值 / true {grade_label(parameters['element'])}")
    scatter.legend(loc="upper left", markerscale=2, fontsize=7)
    beyond = int(((true > top) | (estimate > top)).sum())
    said = [
        f"n = {true.size}（{beyond} 点在图外 / beyond）" if beyond else f"n = {true.size}",
        f"ME = {parameters['mean_error']:.3g}",
        f"RMSE = {parameters['rmse']:.3g}",
        f"斜率 / slope = {parameters['slope']:.2f}",
        f"r = {parameters['correlation']:.2f}",
    ]
    scatter.text(
        0.98,
        0.03,
        "\n".join(said),
        transform=scatter.transAxes,
        ha="right",
        va="bottom",
        fontsize=7,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.5},
    )
    scatter.grid(visible=True)
    _errors(errors, estimate - true, parameters)
    return figure


def _errors(axes: Axes, off: Any, parameters: dict[str, Any]) -> None:
    """Histogram of errors; the farthest 1 % stand in the outermost bars."""
    span = float(np.quantile(np.abs(off), 0.99))
    axes.hist(np.clip(off, -span, span), bins=41, color=COPPER, alpha=0.8)
    axes.axvline(0.0, color=INK, linewidth=0.9, linestyle="--")
    axes.axvline(parameters["mean_error"], color=INK, linewidth=1.2)
    axes.set_xlabel(f"误差 估值−真值 / error, estimate − true {grade_label(parameters['element'])}")
    axes.set_ylabel("样品数 / count")
    axes.grid(visible=True)


def validation_swaths(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Means in slices along each axis; bars of the number of composites on the right axis.

    Arrays ``swath_<axis>`` (n, 7): centre, declustered composites, kriging, ID2, NN, number of
    composites, number of blocks. ``parameters``: ``element``, ``axes`` {name: [zh, en]},
    ``correlation`` {name: of kriging with NN}.
    """
    names = list(parameters["axes"])
    columns = min(len(names), 2)
    rows = -(-len(names) // columns)
    figure = Figure(figsize=(7.2, 2.5 * rows), layout="constrained")
    panels = np.ravel(figure.subplots(rows, columns, squeeze=False))
    styles: tuple[tuple[str, dict[str, Any]], ...] = (
        ("组合样（去丛聚）/ composites", {"color": INK, "marker": ".", "linestyle": "none"}),
        ("克里格 / kriging", {"color": COPPER, "linewidth": 1.6}),
        ("距离平方反比 / ID²", {"color": BLUE, "linewidth": 1.0, "linestyle": "--"}),
        ("最近样 / NN", {"color": GREEN, "linewidth": 1.0, "linestyle": ":"}),
    )
    for panel, name in zip(panels, names, strict=False):
        table = np.atleast_2d(arrays[f"swath_{name}"])
        bars = panel.twinx()
        width = float(table[1, 0] - table[0, 0]) if len(table) > 1 else 1.0
        bars.bar(table[:, 0], table[:, 5], width=0.9 * width, color=GRID, zorder=0)
        bars.set_ylabel("组合样数 / composites", color=MUTED, fontsize=7)
        bars.spines["right"].set_visible(True)
        panel.set_zorder(bars.get_zorder() + 1)
        panel.patch.set_visible(False)
        for column, (label, style) in enumerate(styles, start=1):
            panel.plot(table[:, 0], table[:, column], label=label, **style)
        panel.set_ylim(bottom=0)
        panel.set_xlabel(" / ".join(parameters["axes"][name]))
        panel.set_ylabel(grade_label(parameters["element"]))
        panel.locator_params(axis="x", nbins=5)
        correlation = parameters["correlation"][name]
        if np.isfinite(correlation):
            panel.set_title(f"r(OK, NN) = {correlation:.2f}", fontsize=8, loc="right")
    for panel in panels[len(names) :]:
        panel.set_axis_off()
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


def quantiles(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Quantiles of blocks against those of composites, with the predicted blocks'.

    Arrays ``composites``, ``model``, ``gaussian`` (quantiles,); ``parameters``: ``element``.
    """
    figure = Figure(figsize=(3.8, 3.6), layout="constrained")
    axes = figure.subplots()
    x = arrays["composites"]
    top = float(x.max()) * 1.03
    axes.plot([0, top], [0, top], color=INK, linewidth=0.9, linestyle="--", label="1:1")
    axes.plot(x, arrays["gaussian"], color=BLUE, linewidth=1.3, label="离散高斯预测 / DGM")
    axes.plot(x, arrays["model"], ".", color=COPPER, markersize=4, label="模型块体 / blocks")
    axes.set_xlim(0, top)
    axes.set_ylim(0, top)
    axes.set_aspect("equal")
    axes.set_xlabel(f"组合样分位数 / composites {grade_label(parameters['element'])}")
    axes.set_ylabel(f"块体分位数 / blocks {grade_label(parameters['element'])}")
    axes.legend(loc="upper left", fontsize=7.5)
    axes.grid(visible=True)
    return figure


def support_curves(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Share of tonnes (left) and mean grade (right) above cut-offs: model and predictions.

    Arrays ``cutoffs`` and ``<kind>_tonnage``, ``<kind>_grade`` for model, gaussian, affine,
    composites; ``parameters``: ``element``, ``reporting`` (cut-off or None).
    """
    figure = Figure(figsize=(7.2, 3.1), layout="constrained")
    tonnes, grades = figure.subplots(1, 2)
    styles: dict[str, tuple[str, dict[str, Any]]] = {
        "model": ("模型块体 / block model", {"color": COPPER, "linewidth": 1.8}),
        "gaussian": ("离散高斯 / discrete Gaussian", {"color": BLUE, "linewidth": 1.2}),
        "affine": ("仿射校正 / affine", {"color": GREEN, "linewidth": 1.0, "linestyle": "--"}),
        "composites": ("组合样 / composites", {"color": MUTED, "linewidth": 1.0, "linestyle": ":"}),
    }
    for kind, (label, style) in styles.items():
        tonnes.plot(arrays["cutoffs"], 100.0 * arrays[f"{kind}_tonnage"], label=label, **style)
        grades.plot(arrays["cutoffs"], arrays[f"{kind}_grade"], label=label, **style)
    tonnes.set_ylabel("吨位比例 / share of tonnes (%)")
    grades.set_ylabel(f"平均品位 / mean grade {grade_label(parameters['element'])}")
    for axes in (tonnes, grades):
        axes.set_xlabel(f"边界品位 / cut-off {grade_label(parameters['element'])}")
        axes.set_ylim(bottom=0)
        axes.set_xlim(left=0)
        axes.grid(visible=True)
        if parameters["reporting"] is not None:
            axes.axvline(parameters["reporting"], color=INK, linewidth=0.9, linestyle=":")
    figure.legend(*tonnes.get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure


def validation_section(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Composites over blocks in one vertical section, both by the same colours, equal scales.

    Arrays ``blocks`` (nz, n), ``along_m`` and ``z_m`` edges, ``samples`` (m, 3): along, elevation,
    grade. ``parameters``: ``element``, ``along`` (label), ``bins``, ``reporting``.
    """
    x, z = arrays["along_m"], arrays["z_m"]
    tall = float(np.ptp(z) / np.ptp(x))
    figure = Figure(figsize=(7.2, float(np.clip(6.4 * tall + 1.1, 2.2, 6.5))), layout="constrained")
    axes: Axes = figure.subplots()
    bins = list(parameters["bins"])
    shades = colormaps["YlOrBr"](np.linspace(0.08, 0.98, len(bins) + 1))
    palette = colors.ListedColormap(shades)
    norm = colors.BoundaryNorm([min(0.0, bins[0] - 1.0), *bins, 1e9], len(bins) + 1)
    shown = np.ma.masked_invalid(arrays["blocks"])
    axes.pcolormesh(x, z, shown, norm=norm, cmap=palette, rasterized=True)
    samples = np.atleast_2d(arrays["samples"])
    if samples.size:
        filled = palette(norm(samples[:, 2]))
        axes.scatter(
            samples[:, 0], samples[:, 1], c=filled, s=9, edgecolors=INK, linewidths=0.35,
            rasterized=True,
        )  # fmt: skip
    axes.set_aspect("equal")
    axes.set_facecolor("#f7f8f9")
    axes.set_xlim(x[0], x[-1])
    axes.set_ylim(z[0], z[-1])
    axes.set_xlabel(parameters["along"])
    axes.set_ylabel("高程 / elevation (m)")
    axes.grid(visible=True)
    names = [f"< {bins[0]:g}", *(f"{a:g}–{b:g}" for a, b in pairwise(bins))]
    names.append(f"≥ {bins[-1]:g}")
    handles = [
        Line2D([], [], marker="s", linestyle="none", color=shade, markeredgecolor=MUTED, label=name)
        for shade, name in zip(shades, names, strict=True)
    ]
    figure.legend(
        handles=handles, loc="outside upper center", ncols=len(handles), fontsize=7.5,
        title=f"{parameters['element']}；方块为块体，圆点为组合样 / blocks, dots: composites",
        title_fontsize=7.5,
    )  # fmt: skip
    return figure
