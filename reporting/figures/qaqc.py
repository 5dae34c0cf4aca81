"""Figures of quality control: Shewhart charts, blanks, and pairs in three views."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from reporting.figures.store import COPPER, INK, MUTED, plain

FAIL = "#9e2a22"
POINT = "#3a6ea5"


def shewhart(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Determinations of one standard in sequence, with centre, 2 s and 3 s.

    ``parameters``: ``values``, ``centre``, ``sd`` (0: no lines), ``value`` (certified, or None),
    ``limit_pct`` (Y_B, or None), ``failed``, ``warned``, ``run`` (lists of positions),
    ``material``, ``element``, ``unit``.
    """
    figure = Figure(figsize=(4.4, 2.35), layout="constrained")
    axes = figure.subplots()
    values = np.array(parameters["values"], dtype=float)
    place = np.arange(1, len(values) + 1)
    _lines(axes, parameters)
    axes.plot(place, values, color=POINT, linewidth=0.8, marker="o", markersize=3, zorder=3)
    for name, sign, colour, size in (
        ("run", "s", MUTED, 28),
        ("warned", "^", COPPER, 42),
        ("failed", "X", FAIL, 52),
    ):
        at = np.array(parameters[name], dtype=int)
        face = "none" if name == "run" else colour
        axes.scatter(place[at], values[at], marker=sign, s=size, color=colour, facecolors=face,
                     zorder=4, linewidths=0.9)  # fmt: skip
    axes.set_title(f"{plain(parameters['material'])}  {_named(parameters)}", loc="left")
    axes.set_xlabel("次序 / sequence")
    _whole_numbers(axes, len(values))
    return figure


def _lines(axes: Axes, parameters: dict[str, Any]) -> None:
    """Centre, warning and failure lines; the certified value with Y_B where it is known."""
    centre, sd = parameters["centre"], parameters["sd"]
    if sd > 0:
        axes.axhline(centre, color=INK, linewidth=0.9)
        for times, dash in ((2, (0, (4, 3))), (3, "-")):
            for sign in (-1, 1):
                at = centre + sign * times * sd
                axes.axhline(at, color=FAIL, linewidth=0.8, linestyle=dash)
                axes.annotate(f"{sign * times:+d}s", (1, at), xycoords=("axes fraction", "data"),
                              xytext=(2, 0), textcoords="offset points", fontsize=7,
                              va="center", color=MUTED)  # fmt: skip
    if parameters["value"] is not None:
        axes.axhline(parameters["value"], color="#2f7a43", linewidth=1, linestyle=":")
        if parameters["limit_pct"] is not None:
            half = parameters["value"] * parameters["limit_pct"] / 100
            axes.axhspan(parameters["value"] - half, parameters["value"] + half, color="#2f7a43",
                         alpha=0.1, linewidth=0)  # fmt: skip


def blank_chart(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Blanks in sequence against their limit.

    ``parameters``: ``values``, ``below`` and ``rejected`` (positions), ``limit``, ``element``,
    ``unit``.
    """
    figure = Figure(figsize=(4.4, 2.1), layout="constrained")
    axes = figure.subplots()
    values = np.array(parameters["values"], dtype=float)
    place = np.arange(1, len(values) + 1)
    below = np.isin(place - 1, parameters["below"])
    bad = np.isin(place - 1, parameters["rejected"])
    good = ~below & ~bad
    axes.scatter(place[good], values[good], color=POINT, s=18, zorder=3)
    axes.scatter(place[below], values[below], color=MUTED, facecolors="none", s=18, zorder=3)
    axes.scatter(place[bad], values[bad], color=FAIL, marker="X", s=46, zorder=4)
    axes.axhline(parameters["limit"], color=FAIL, linewidth=0.9)
    axes.set_ylim(0, 1.15 * max(values.max(), parameters["limit"]))
    axes.set_title(f"空白 / blanks  {_named(parameters)}", loc="left")
    axes.set_xlabel("次序 / sequence")
    _whole_numbers(axes, len(values))
    return figure


def pair_views(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Duplicates against originals with limits and RMA line; HARD ranked; differences on means.

    ``parameters``: ``first``, ``second``, ``hard``, ``rejected`` (positions), ``limits_pct`` (of
    each pair), ``hard_limit_pct``, ``share_pct``, ``slope``, ``intercept`` (or None),
    ``th`` {"s0", "k", "means", "medians"} or None, ``title``, ``element``, ``unit``.
    """
    figure = Figure(figsize=(9.2, 2.75), layout="constrained")
    one, two, three = figure.subplots(1, 3)
    _scatter(one, parameters)
    _ranked(two, parameters)
    _thompson_howarth(three, parameters)
    one.set_title(f"{plain(parameters['title'])}  {_named(parameters)}", loc="left")
    return figure


def _scatter(axes: Axes, parameters: dict[str, Any]) -> None:
    """Duplicate against original, logarithmic where all are positive and span enough."""
    a, b = (np.array(parameters[name], dtype=float) for name in ("first", "second"))
    bad = np.zeros(len(a), dtype=bool)
    bad[parameters["rejected"]] = True
    axes.scatter(a[~bad], b[~bad], s=12, color=POINT, linewidths=0, zorder=3)
    axes.scatter(a[bad], b[bad], s=24, color=FAIL, marker="x", linewidths=1, zorder=4)
    low, high = min(a.min(), b.min()), max(a.max(), b.max())
    logarithmic = low > 0 and high > 20 * low
    line = np.geomspace(low, high, 60) if logarithmic else np.linspace(low, high, 60)
    axes.plot(line, line, color=INK, linewidth=0.9)
    mean = (a + b) / 2
    order = np.argsort(mean)
    share = np.array(parameters["limits_pct"], dtype=float)[order] / 100
    for sign in (-1, 1):
        x, y = mean[order] * (1 - sign * share), mean[order] * (1 + sign * share)
        axes.plot(x, y, color=FAIL, linewidth=0.8, linestyle=(0, (4, 3)))
    if parameters["slope"] is not None:
        fitted = parameters["slope"] * line + parameters["intercept"]
        kept = fitted > (0 if logarithmic else -np.inf)
        axes.plot(line[kept], fitted[kept], color=COPPER, linewidth=1.2)
    if logarithmic:
        _plain_log(axes, "xy")
    axes.set_xlabel("原样 / original")
    axes.set_ylabel("重复 / duplicate")
    handles = [
        Line2D([], [], color=COPPER, label="RMA"),
        Line2D([], [], color=FAIL, linestyle=(0, (4, 3)), label="允许限 / limit"),
    ]
    axes.legend(handles=handles, loc="upper left", handlelength=1.6)


def _ranked(axes: Axes, parameters: dict[str, Any]) -> None:
    """HARD of the pairs in order, with its limit and the wanted share."""
    hard = np.sort(np.array(parameters["hard"], dtype=float))
    share = 100 * np.arange(1, len(hard) + 1) / len(hard)
    axes.step(share, hard, where="pre", color=POINT, linewidth=1.3)
    axes.axhline(parameters["hard_limit_pct"], color=FAIL, linewidth=0.8, linestyle=(0, (4, 3)))
    axes.axvline(parameters["share_pct"], color=FAIL, linewidth=0.8, linestyle=(0, (4, 3)))
    axes.set_xlim(0, 100)
    axes.set_ylim(0, max(1.1 * hard.max(), 1.3 * parameters["hard_limit_pct"]))
    axes.set_xlabel("样对累计 / share of pairs (%)")
    axes.set_ylabel("HARD (%)")


def _thompson_howarth(axes: Axes, parameters: dict[str, Any]) -> None:
    """Absolute differences on means, with the fit or the lines of 10 % precision."""
    a, b = (np.array(parameters[name], dtype=float) for name in ("first", "second"))
    mean, gap = (a + b) / 2, np.abs(a - b)
    shown = (gap > 0) & (mean > 0)
    axes.scatter(mean[shown], gap[shown], s=10, color=POINT, linewidths=0, alpha=0.7)
    fit = parameters["th"]
    if not shown.any():
        axes.set_axis_off()
        return
    line = np.geomspace(mean[shown].min(), mean[shown].max(), 50)
    if fit is not None:
        axes.scatter(fit["means"], fit["medians"], s=26, color=COPPER, marker="D", zorder=4)
        curve = 0.9539 * (fit["s0"] + fit["k"] * line)
        axes.plot(line[curve > 0], curve[curve > 0], color=COPPER, linewidth=1.2)
    else:
        # 90 and 99 of 100 differences lie below these lines where the precision is 10 %
        for times in (2.326, 3.643):
            axes.plot(line, times * 0.05 * line, color=MUTED, linewidth=0.9)
    _plain_log(axes, "xy")
    axes.set_xlabel("均值 / mean")
    axes.set_ylabel("|差| / |difference|")


def _plain_log(axes: Axes, which: str) -> None:
    """Logarithmic axes with few plain figures."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    for name in which:
        axis = axes.xaxis if name == "x" else axes.yaxis
        (axes.set_xscale if name == "x" else axes.set_yscale)("log")
        axis.set_major_locator(LogLocator(numticks=5))
        axis.set_major_formatter(
            FuncFormatter(lambda v, _: np.format_float_positional(v, precision=3, trim="-",
                                                                  fractional=False))
        )  # fmt: skip
        axis.set_minor_formatter(NullFormatter())


def _whole_numbers(axes: Axes, count: int) -> None:
    """A sequence counts in whole numbers."""
    from matplotlib.ticker import MaxNLocator

    axes.set_xlim(0.4, count + 0.6)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    axes.margins(y=0.12)


def _named(parameters: dict[str, Any]) -> str:
    """Determination with its unit, where that is known."""
    unit = f" ({parameters['unit']})" if parameters["unit"] else ""
    return plain(parameters["element"]) + unit
