"""Figures of one deposit: grade-tonnage, swaths."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from reporting.figures.store import COPPER, INK, MUTED
from reporting.units import CLASS_TEXT

_MARKS = {"measured": "o", "indicated": "s", "inferred": "^"}
_LINE = {"measured": "#9e2f2a", "indicated": "#2f7a43", "inferred": "#3a6ea5"}


def grade_tonnage(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Tonnes (Mt) and mean grade above each cut-off, by class, never added up.

    ``parameters``: ``cutoffs`` (list), ``classes`` {name: {"ore_mt": [...], "grade": [...]}},
    ``reporting_cutoff``, ``symbol`` and ``unit`` of the main element.
    """
    figure = Figure(figsize=(7.2, 2.9), layout="constrained")
    tonnes, grades = figure.subplots(1, 2)
    for name, lines in parameters["classes"].items():
        style = {"color": _LINE[name], "marker": _MARKS[name], "markersize": 4, "linewidth": 1.4}
        label = f"{CLASS_TEXT[name].zh[:2]} {CLASS_TEXT[name].en}"
        tonnes.plot(parameters["cutoffs"], lines["ore_mt"], label=label, **style)
        grade = [np.nan if g is None else g for g in lines["grade"]]
        grades.plot(parameters["cutoffs"], grade, linestyle="--", label=label, **style)
    unit = f"{parameters['symbol']} {parameters['unit']}"
    tonnes.set_ylabel("矿石量 / ore (Mt)")
    grades.set_ylabel(f"平均品位 / grade ({unit})")
    for axes in (tonnes, grades):
        axes.set_xlabel(f"边界品位 / cut-off ({unit})")
        axes.set_ylim(bottom=0)
        axes.set_xticks(parameters["cutoffs"])
        axes.set_xticklabels([f"{cutoff:g}" for cutoff in parameters["cutoffs"]])
        axes.grid(visible=True)
        axes.axvline(parameters["reporting_cutoff"], color=INK, linewidth=0.9, linestyle=":")
    figure.legend(*tonnes.get_legend_handles_labels(), loc="outside upper left", ncols=3)
    tonnes.annotate(
        f"报告值 / reported {parameters['reporting_cutoff']:g}",
        (parameters["reporting_cutoff"], 0.02),
        xycoords=("data", "axes fraction"),
        xytext=(3, 0),
        textcoords="offset points",
        fontsize=7.5,
        color=INK,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.85},
    )
    return figure


def swath(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Mean grade in slices along east, north and elevation: composites, OK, ID², NN.

    Arrays ``swath_x``, ``swath_y``, ``swath_z`` (n, 5): centre, declustered composites, OK, ID2,
    NN; an axis that is absent is left out. ``parameters``: ``symbol``, ``unit``.
    """
    names = {"x": "东 / easting (m)", "y": "北 / northing (m)", "z": "高程 / elevation (m)"}
    present = [axis for axis in names if f"swath_{axis}" in arrays]
    figure = Figure(figsize=(7.2, 2.3), layout="constrained")
    panels = figure.subplots(1, len(present), sharey=True, squeeze=False)[0]
    styles: tuple[tuple[str, dict[str, Any]], ...] = (
        ("组合样（去丛聚） / composites", {"color": INK, "marker": ".", "linestyle": "none"}),
        ("普通克里格 / OK", {"color": COPPER, "linewidth": 1.6}),
        ("距离反比 / ID²", {"color": "#3a6ea5", "linewidth": 1, "linestyle": "--"}),
        ("最近样 / NN", {"color": MUTED, "linewidth": 0.9, "linestyle": ":"}),
    )
    for panel, axis in zip(panels, present, strict=True):
        table = np.atleast_2d(arrays[f"swath_{axis}"])
        for column, (label, style) in enumerate(styles, start=1):
            panel.plot(table[:, 0], table[:, column], label=label, **style)
        panel.set_xlabel(names[axis])
        panel.grid(visible=True)
        panel.set_ylim(bottom=0)
        panel.locator_params(axis="x", nbins=4)
    panels[0].set_ylabel(f"{parameters['symbol']} ({parameters['unit']})")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
    return figure
