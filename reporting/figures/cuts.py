"""Figures of the exploratory analysis: declustering curves, top cuts, contacts."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reporting.figures.exploration import (
    BLUE,
    WHITE,
    cap_lines,
    domain_label,
    grade_label,
    plain_log,
)
from reporting.figures.store import COPPER, GRID, INK, MUTED


def declustering_curves(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Declustered mean against cell size, a panel for each domain.

    Arrays ``size_i``, ``mean_i``; ``parameters``: ``element``, ``panels`` [{domain, n, raw_mean,
    cell_xy_m, declustered_mean, nearest_mean, best_m (or None)}].
    """
    panels = parameters["panels"]
    wide = max(len(panels), 2)
    figure = Figure(figsize=(min(3.6 * wide, 10.8), 2.8), layout="constrained")
    row = figure.subplots(1, wide, squeeze=False)[0]
    for spare in row[len(panels) :]:
        spare.set_visible(False)
    for i, (axes, panel) in enumerate(zip(row, panels, strict=False)):
        sizes, means = arrays[f"size_{i}"], arrays[f"mean_{i}"]
        axes.plot(sizes, means, ".-", color=COPPER, linewidth=1.2, markersize=4,
                  label="去丛聚 / declustered")  # fmt: skip
        axes.axhline(panel["raw_mean"], color=INK, linestyle="--", linewidth=0.9,
                     label="原始 / raw")  # fmt: skip
        axes.axhline(panel["nearest_mean"], color=BLUE, linestyle=":", linewidth=1.2,
                     label="最近样 / nearest")  # fmt: skip
        axes.axvline(panel["cell_xy_m"], color=MUTED, linewidth=0.9)
        axes.plot(panel["cell_xy_m"], panel["declustered_mean"], "D", color=COPPER, markersize=6,
                  label="采用 / used")  # fmt: skip
        if panel["best_m"] is not None:
            at = float(np.interp(panel["best_m"], sizes, means))
            axes.plot(panel["best_m"], at, "o", mfc="none", mec=INK, markersize=9,
                      label="极值 / extreme")  # fmt: skip
        name = domain_label(panel["domain"]).replace("\n", " ")
        used = f"{panel['cell_xy_m']:.0f} m → {panel['declustered_mean']:.3g}"
        axes.set_title(f"{name}   n = {panel['n']:,}   {used}", loc="left")
        axes.set_xlabel("单元边长 / cell size (m)")
        axes.grid(visible=True, color=GRID)
    row[0].set_ylabel(f"均值 / mean {grade_label(parameters['element'])}")
    handles, labels = [], []
    for axes in row[: len(panels)]:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            if label not in labels:
                handles.append(handle)
                labels.append(label)
    figure.legend(handles, labels, loc="outside lower center", ncols=5)
    return figure


def top_cut(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Mean-and-variance plot, metal removed, and the correlogram of the high grades' indicator.

    Arrays ``cap``, ``mean``, ``cv``, ``cut``, ``metal_removed``, ``lag_m``, ``correlation``;
    ``parameters``: ``element``, ``cap``, ``recommended``, ``candidates`` [{cap, zh, en}],
    ``threshold``, ``reach_m`` (or None), ``at_most``, ``limit``.
    """
    figure = Figure(figsize=(9.6, 3.1), layout="constrained")
    one, two, three = figure.subplots(1, 3, width_ratios=(1.1, 1.1, 0.9))
    _mean_and_variance(one, arrays, parameters)
    _metal_removed(two, arrays, parameters)
    _correlogram(three, arrays, parameters)
    return figure


def _mean_and_variance(axes: Axes, arrays: dict[str, Any], parameters: dict[str, Any]) -> None:
    """Mean on the left axis, CV on the right one."""
    caps = arrays["cap"]
    axes.plot(caps, arrays["mean"], color=COPPER, linewidth=1.6)
    axes.set_ylabel(f"均值 / mean {grade_label(parameters['element'])}", color=COPPER)
    other = axes.twinx()
    other.plot(caps, arrays["cv"], color=BLUE, linewidth=1.4, linestyle=(0, (5, 2)))
    other.set_ylabel("变化系数 / CV", color=BLUE)
    other.spines["right"].set_visible(True)
    _log_caps(axes, caps, parameters)
    cap_lines(axes.axvline, parameters)
    if parameters["cap"] is not None or parameters["recommended"] is not None:
        axes.legend(loc="lower right", fontsize=7, **WHITE)


def _metal_removed(axes: Axes, arrays: dict[str, Any], parameters: dict[str, Any]) -> None:
    """Metal removed (%) with the samples cut in numbers, and the rules' candidates."""
    caps, removed = arrays["cap"], 100 * arrays["metal_removed"]
    shown = removed <= 25
    axes.plot(caps[shown], removed[shown], color=INK, linewidth=1.5)
    marks = "osv^<>PX"
    for mark, found in zip(marks, parameters["candidates"], strict=False):
        at = float(np.interp(found["cap"], caps, removed))
        if at <= 25:
            axes.plot(found["cap"], at, mark, color=COPPER, markersize=5.5, mec="white", mew=0.5,
                      label=f"{found['zh']} / {found['en']}")  # fmt: skip
    last = 1e9
    for cap, share, count in zip(caps[shown], removed[shown], arrays["cut"][shown], strict=True):
        if count and 0.8 < share < 0.75 * last:
            place: dict[str, Any] = {
                "xytext": (-3, -1),
                "textcoords": "offset points",
                "ha": "right",
                "va": "top",
            }
            axes.annotate(f"{int(count)}", (cap, share), fontsize=6.5, color=MUTED, **place)
            last = share
    _log_caps(axes, caps, parameters)
    cap_lines(axes.axvline, parameters)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("去除金属 / metal removed (%)")
    handles, labels = axes.get_legend_handles_labels()
    rules = [(h, t) for h, t in zip(handles, labels, strict=True) if "/ plan" not in t]
    rules = [(h, t) for h, t in rules if "/ recommended" not in t]
    if rules:
        axes.legend(*zip(*rules, strict=True), loc="upper right", fontsize=6.5, **WHITE)


def _correlogram(axes: Axes, arrays: dict[str, Any], parameters: dict[str, Any]) -> None:
    """Indicator correlogram with its limit and the reach."""
    known = np.isfinite(arrays["correlation"])
    axes.axhline(0, color=MUTED, linewidth=0.7)
    axes.axhline(parameters["limit"], color=MUTED, linewidth=0.9, linestyle="--")
    if known.any():
        axes.plot(arrays["lag_m"][known], arrays["correlation"][known], "o-", color=BLUE,
                  markersize=3.5, linewidth=1.1)  # fmt: skip
    else:
        axes.text(0.5, 0.6, "样品对不足 / too few pairs", transform=axes.transAxes, ha="center",
                  color=MUTED)  # fmt: skip
    if parameters["reach_m"] is not None:
        bound = "≤ " if parameters["at_most"] else ""
        axes.axvline(parameters["reach_m"], color=INK, linestyle=":", linewidth=1.1,
                     label=f"影响距离 / reach {bound}{parameters['reach_m']:.3g} m")  # fmt: skip
        axes.legend(loc="upper right", fontsize=7)
    axes.set_xlim(left=0)
    axes.set_ylim(top=1.0)
    axes.set_xlabel("距离 / distance (m)")
    axes.set_ylabel(f"指示相关 / indicator correlation > {parameters['threshold']:.3g}")
    axes.grid(visible=True, color=GRID)


def _log_caps(axes: Axes, caps: Any, parameters: dict[str, Any]) -> None:
    """A logarithmic axis of caps."""
    if caps[0] > 0:
        axes.set_xscale("log")
        plain_log(axes.xaxis, caps)
    axes.set_xlabel(f"特高品位下限 / top cut {grade_label(parameters['element'])}")
    axes.grid(visible=True, color=GRID)


def contact(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Mean ± 95 % against signed distance to a contact, down holes and in space.

    Arrays ``distance_k``, ``n_k``, ``mean_k``, ``half_k`` of each k of ``panels`` (``hole``,
    ``space``); ``parameters``: ``element``, ``first``, ``second``, ``means``, ``bin_m``,
    ``decision`` {zh, en}, ``within_m`` (or None).
    """
    words = {"hole": "沿孔 / down the hole", "space": "空间 / in space"}
    figure = Figure(figsize=(8.4, 3.0), layout="constrained")
    row = figure.subplots(1, len(parameters["panels"]), sharey=True, squeeze=False)[0]
    for axes, key in zip(row, parameters["panels"], strict=True):
        _contact_panel(axes, {k: arrays[f"{k}_{key}"] for k in ("distance", "n", "mean", "half")},
                       parameters)  # fmt: skip
        axes.set_title(words[key], loc="left")
    decision = parameters["decision"]
    row[0].set_ylabel(grade_label(parameters["element"]))
    row[0].set_title(f"{decision['zh']} / {decision['en']}", loc="right", color=COPPER)
    return figure


def _contact_panel(axes: Axes, profile: dict[str, Any], parameters: dict[str, Any]) -> None:
    """One profile with its counts and the domains' means."""
    distance = profile["distance"]
    counts = axes.twinx()
    counts.bar(distance, profile["n"], width=0.85 * parameters["bin_m"], color=GRID, zorder=0)
    counts.set_ylim(0, 3.6 * float(profile["n"].max()))
    counts.set_ylabel("样品数 / n", color=MUTED)
    axes.set_zorder(counts.get_zorder() + 1)
    axes.patch.set_visible(False)
    for side, colour in ((distance < 0, BLUE), (distance > 0, COPPER)):
        style: dict[str, Any] = {
            "color": colour,
            "markersize": 4,
            "linewidth": 1.1,
            "elinewidth": 0.8,
        }
        mean, half = profile["mean"][side], profile["half"][side]
        axes.errorbar(distance[side], mean, yerr=half, fmt="o-", capsize=2, **style)
    ends = float(distance.min()), float(distance.max())
    axes.hlines(parameters["means"][0], ends[0], 0, color=BLUE, linestyle="--", linewidth=0.9)
    axes.hlines(parameters["means"][1], 0, ends[1], color=COPPER, linestyle="--", linewidth=0.9)
    axes.axvline(0, color=INK, linewidth=1.0)
    if parameters["within_m"] is not None:
        for sign in (-1, 1):
            axes.axvline(sign * parameters["within_m"], color=INK, linewidth=0.9, linestyle=":")
    axes.set_ylim(bottom=0)
    first, second = (domain_label(parameters[k]).replace("\n", " ") for k in ("first", "second"))
    axes.set_xlabel(f"←  {first}     到接触带 / to contact (m)     {second}  →")
    axes.grid(visible=True, color=GRID)
