"""Figures of by-products: a regression with its prediction interval, errors by method."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, ScalarFormatter

from reporting.figures.store import COPPER, INK, MUTED

_KEPT = "#3a6ea5"


def _axis_name(column: str) -> str:
    """``re_ppm`` -> ``Re (ppm)``."""
    symbol, _, unit = column.rpartition("_")
    units = {"pct": "%", "gpt": "g/t"}
    return f"{symbol.capitalize()} ({units.get(unit, unit)})"


def byproduct_regression(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Samples, regression and the 95 % prediction interval of a single new sample.

    ``arrays``: ``x``, ``y`` (n,); ``line``, ``predicted``, ``least``, ``most`` (m,).
    ``parameters``: ``name``, ``partner`` (columns), ``form`` (linear, log_log), ``count``.
    """
    figure = Figure(figsize=(5.4, 3.9), layout="constrained")
    axes = figure.subplots()
    logs = parameters["form"] == "log_log"
    x, y = arrays["x"], arrays["y"]
    shown = (x > 0) & (y > 0) if logs else np.ones(len(x), dtype=bool)
    label = f"样品 / samples, n = {parameters['count']}"
    axes.scatter(x[shown], y[shown], s=9, color=MUTED, alpha=0.55, linewidths=0, label=label)
    least = arrays["least"] if logs else np.maximum(arrays["least"], 0.0)
    axes.fill_between(
        arrays["line"],
        least,
        arrays["most"],
        color=COPPER,
        alpha=0.15,
        linewidth=0,
        label="95 % 预测区间 / prediction interval",
    )
    axes.plot(
        arrays["line"], arrays["predicted"], color=COPPER, linewidth=1.6, label="回归 / regression"
    )
    if logs:
        axes.set_xscale("log")
        axes.set_yscale("log")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axis.set_major_formatter(ScalarFormatter())
            axis.set_minor_formatter(lambda *_: "")
    else:
        axes.set_xlim(left=0)
        axes.set_ylim(bottom=0)
    axes.set_xlabel(f"同一承载的 / at the same support: {_axis_name(parameters['partner'])}")
    axes.set_ylabel(_axis_name(parameters["name"]))
    axes.grid(visible=True)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=3)
    return figure


def byproduct_methods(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """RMSE of each method in both ways of leaving a hole out; the recommended one in copper.

    ``arrays``: ``out``, ``kept`` (methods,). ``parameters``: ``name``, ``labels``,
    ``recommended`` (which, -1 for none).
    """
    labels = parameters["labels"]
    figure = Figure(figsize=(7.0, 0.9 + 0.42 * len(labels)), layout="constrained")
    axes = figure.subplots()
    at = np.arange(len(labels))
    axes.hlines(at, arrays["kept"], arrays["out"], color=MUTED, linewidth=1.0)
    axes.plot(arrays["out"], at, "o", color=INK, label="整孔留出 / hole left out")
    axes.plot(arrays["kept"], at, "s", color=_KEPT, label="仅留出该元素 / partner kept")
    axes.set_yticks(at, labels)
    if parameters["recommended"] >= 0:
        chosen = axes.get_yticklabels()[parameters["recommended"]]
        chosen.set_color(COPPER)
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    axes.set_xlabel(f"RMSE, {_axis_name(parameters['name'])}")
    axes.grid(visible=True, axis="x")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=2)
    return figure
