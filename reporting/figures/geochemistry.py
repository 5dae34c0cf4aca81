"""Figures of a geochemical survey: distribution with thresholds, C–A plot, levelling, map."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from matplotlib import colors
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from scipy import stats

from reporting.figures.belt import grid_image, map_frame
from reporting.figures.store import COPPER, GRID, INK, MUTED, plain

_MARKS = {
    "median_2mad_log": ("中位数+2MAD", "median + 2 MAD", "#9c4a1a", "-"),
    "mean_2sd": ("均值+2s", "mean + 2 s", "#33608c", "-"),
    "qq_break": ("Q–Q 拐点", "Q–Q break", "#5da06a", "--"),
    "ca_1": ("C–A 1", "C–A 1", "#7a5ea8", ":"),
    "ca_2": ("C–A 2", "C–A 2", "#7a5ea8", "--"),
    "p95": ("95 %", "95 %", MUTED, ":"),
}


def element_distribution(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Histogram, cumulative share and normal Q–Q plot of log10, with the thresholds.

    Arrays: ``values`` (n,) measured contents, ``limits`` (m,) limits of the censored ones.
    ``parameters``: ``element`` and ``unit`` for labels, ``thresholds`` {name: content or None}.
    """
    values, limits = np.sort(arrays["values"]), np.sort(arrays["limits"])
    total = len(values) + len(limits)
    figure = Figure(figsize=(7.6, 2.7), layout="constrained")
    bars, ecdf, qq = figure.subplots(1, 3)
    label = f"{plain(parameters['element'], 8)} ({plain(parameters['unit'], 8)})"
    edges = np.geomspace(values[0], values[-1] * 1.0001, 31)
    bars.hist(values, bins=list(edges), color=COPPER, alpha=0.75, linewidth=0)
    if len(limits):
        words = f"低于检出限 / below limit: {len(limits)}"
        bars.bar(limits[0] / 1.3, len(limits), width=limits[0] / 4, color=GRID, label=words)
        bars.legend(loc="upper right", fontsize=6.5)
    bars.set_ylabel("样品数 / samples")
    share = (np.arange(len(values)) + len(limits) + 1) / total
    ecdf.plot(values, 100 * share, color=INK, linewidth=1.1, drawstyle="steps-post")
    ecdf.set_ylabel("累计 / cumulative (%)")
    scores = stats.norm.ppf((np.arange(1, total + 1) - 0.375) / (total + 0.25))[len(limits) :]
    qq.plot(values, scores, ".", color=INK, markersize=2.2, rasterized=True)
    qq.set_ylabel("正态分位数 / normal score")
    for axes in (bars, ecdf, qq):
        _log_axis(axes, "x")
        axes.set_xlabel(label)
        axes.grid(visible=True, alpha=0.6)
        axes.set_axisbelow(True)
        _marks(axes, parameters["thresholds"])
    handles, names = qq.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=6, fontsize=7)
    return figure


def _log_axis(axes: Axes, which: Literal["x", "y"]) -> None:
    """A logarithmic axis with plain figures (the house style writes no powers)."""
    if which == "x":
        axes.set_xscale("log")
    else:
        axes.set_yscale("log")
    axis = axes.xaxis if which == "x" else axes.yaxis
    low, high = (axes.get_xlim if which == "x" else axes.get_ylim)()
    few = np.log10(high / max(low, 1e-12)) < 2.5
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if few else (1.0,)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def _marks(axes: Axes, thresholds: dict[str, float | None]) -> None:
    """One upright line for each threshold that could be had."""
    for name, (zh, en, colour, dash) in _MARKS.items():
        at = thresholds.get(name)
        if at is not None:
            label = zh if zh == en else f"{zh} / {en}"
            axes.axvline(at, color=colour, linestyle=dash, linewidth=1.0, label=label)


def concentration_area(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Log–log plot of the area at or above each concentration, its lines and their breaks.

    Arrays: ``concentration``, ``area`` (km² or samples), ``fitted``, ``breaks``, ``slopes``.
    ``parameters``: ``element``, ``unit``, ``area_label`` {zh, en}.
    """
    figure = Figure(figsize=(3.6, 2.7), layout="constrained")
    axes = figure.subplots()
    level = arrays["concentration"]
    axes.plot(level, arrays["area"], "o", mfc="none", mec=COPPER, markersize=3.5)
    axes.plot(level, arrays["fitted"], color=INK, linewidth=1.0)
    top = float(np.max(arrays["area"]))
    for at in arrays["breaks"]:
        axes.axvline(at, color=MUTED, linestyle="--", linewidth=0.9)
        axes.annotate(
            f"{at:.3g}",
            (at, top),
            xytext=(2, 0),
            textcoords="offset points",
            rotation=90,
            ha="left",
            va="top",
            fontsize=7,
            color=INK,
        )
    _log_axis(axes, "x")
    _log_axis(axes, "y")
    axes.set_xlabel(f"{plain(parameters['element'], 8)} ({plain(parameters['unit'], 8)})")
    words = parameters["area_label"]
    axes.set_ylabel(f"{words['zh']} / {words['en']}")
    axes.grid(visible=True, alpha=0.6)
    axes.set_axisbelow(True)
    return figure


def levelling_seams(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Step across each seam before and after levelling.

    Arrays: ``before``, ``after`` (n,) ratios of one and more. ``parameters``: ``seams`` (n names),
    ``step_ratio``.
    """
    before, after = arrays["before"], arrays["after"]
    rows = np.arange(len(before))
    figure = Figure(figsize=(4.3, 0.9 + 0.2 * len(rows)), layout="constrained")
    axes = figure.subplots()
    axes.hlines(rows, np.minimum(before, after), np.maximum(before, after), color=GRID, linewidth=2)
    axes.plot(before, rows, "o", mfc="none", mec=MUTED, markersize=5, label="调平前 / before")
    axes.plot(after, rows, "o", color=COPPER, markersize=4, label="调平后 / after")
    axes.axvline(parameters["step_ratio"], color=INK, linestyle=":", linewidth=0.9)
    axes.set_yticks(rows, labels=[plain(name, 34) for name in parameters["seams"]], fontsize=7)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(left=0.97)
    axes.set_xlabel("接边台阶（比值） / step (ratio)")
    axes.legend(loc="lower right", fontsize=7)
    return figure


def survey_map(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """One element on the grid in classes of its percentiles, with the anomalies' outlines.

    Arrays: ``easting_m``, ``northing_m``, ``field`` (rows, columns), ``labels`` (anomaly numbers).
    ``parameters``: ``element``, ``unit``, ``names`` and ``places`` (metres) of the anomalies.
    """
    values = np.ma.masked_invalid(arrays["field"])
    figure, axes = map_frame(arrays)
    levels = np.unique(np.percentile(values.compressed(), (0, 20, 40, 60, 75, 85, 95, 98, 100)))
    norm = colors.BoundaryNorm(list(levels), 256) if len(levels) > 2 else None
    image = grid_image(axes, arrays, values, cmap="YlOrBr", norm=norm)
    bar = figure.colorbar(image, ax=axes, shrink=0.8, aspect=28, spacing="uniform", pad=0.02)
    if norm is not None:
        bar.set_ticks(list(levels), labels=[f"{level:.3g}" for level in levels])
    bar.set_label(f"{plain(parameters['element'], 8)} ({plain(parameters['unit'], 8)})")
    labels = np.asarray(arrays["labels"])
    if labels.any():
        easting, northing = (np.asarray(arrays[n]) / 1e3 for n in ("easting_m", "northing_m"))
        axes.contour(easting, northing, labels > 0, levels=[0.5], colors=["white"], linewidths=2.2)
        axes.contour(easting, northing, labels > 0, levels=[0.5], colors=[INK], linewidths=1.0)
    for name, (x, y) in zip(parameters["names"], parameters["places"], strict=True):
        box = {"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 0.8}
        at = (x / 1e3, y / 1e3)
        axes.annotate(plain(name, 10), at, fontsize=7.5, ha="center", color=INK, bbox=box)
    return figure
