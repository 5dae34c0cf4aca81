"""Figures of one deposit: grade-tonnage, vertical section, level plan, swaths."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib import colormaps, colors
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from scipy import ndimage

from reporting.figures.store import CLASS_COLOUR, COPPER, GRID, INK, MUTED
from reporting.units import CLASS_LETTER, CLASS_TEXT

CLASSES = ("measured", "indicated", "inferred")
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


def section(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Vertical east-west section, looking north, vertical scale equal to horizontal.

    Grade of the main element above, resource class below, with the samples within the half
    width. Arrays as in the estimate's ``.npz``; ``parameters``: ``bins``, ``reporting_cutoff``,
    ``symbol``, ``unit``.
    """
    edges = arrays["section_x_m"], arrays["section_z_m"]
    labels = "东坐标 / easting (m)", "高程 / elevation (m)"
    figure, axes = _pair(edges)
    fit = {"edges": edges, "labels": labels, "parameters": parameters}
    colour = _grade_panel(axes[0], arrays["section_cu"], arrays["section_class"], fit)
    samples = np.atleast_2d(arrays["section_samples"])
    if samples.size:
        norm, palette = _grade_colours(parameters["bins"])
        axes[0].scatter(
            samples[:, 0],
            samples[:, 1],
            c=palette(norm(samples[:, 2])),
            s=3.2,
            edgecolors=INK,
            linewidths=0.3,
            rasterized=True,
        )
    _class_panel(axes[1], arrays["section_class"], fit)
    _grade_legend(figure, colour, parameters)
    return figure


def plan(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Level plan, north up: grade of the main element and resource class, with hole collars.

    Arrays as in the estimate's ``.npz``; ``parameters`` as for :func:`section`.
    """
    edges = arrays["section_x_m"], arrays["plan_y_m"]
    labels = "东坐标 / easting (m)", "北坐标 / northing (m)"
    figure, axes = _pair(edges)
    fit = {"edges": edges, "labels": labels, "parameters": parameters}
    colour = _grade_panel(axes[0], arrays["plan_cu"], arrays["plan_class"], fit)
    _class_panel(axes[1], arrays["plan_class"], fit)
    collars = np.atleast_2d(arrays["collars"])
    for panel in axes:
        if collars.size:
            panel.plot(collars[:, 0], collars[:, 1], "+", color=INK, markersize=3, mew=0.5)
        panel.annotate(
            "N",
            (0.96, 0.98),
            xytext=(0.96, 0.82),
            xycoords="axes fraction",
            ha="center",
            arrowprops={"arrowstyle": "->", "color": INK, "linewidth": 0.9},
        )
        panel.set_xlim(edges[0][0], edges[0][-1])
        panel.set_ylim(edges[1][0], edges[1][-1])
    _grade_legend(figure, colour, parameters)
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


def _pair(edges: tuple[Any, Any]) -> tuple[Figure, list[Axes]]:
    """Two panels of equal scale: side by side where tall, one above the other where wide."""
    wide = float(np.ptp(edges[0])) / max(float(np.ptp(edges[1])), 1.0)
    stacked = wide > 1.9
    height = 2 * (6.0 / wide + 0.55) if stacked else min(3.3 / wide + 0.8, 4.7)
    layout = ConstrainedLayoutEngine(h_pad=0.08)  # else the legend touches the axis' name
    figure = Figure(figsize=(7.2, height), layout=layout)
    if stacked:
        return figure, list(figure.subplots(2, 1, sharex=True))
    return figure, list(figure.subplots(1, 2, sharey=True))


def _grade_colours(bins: list[float]) -> tuple[colors.BoundaryNorm, colors.Colormap]:
    """Fixed grade bins, pale to dark, the same on every page of the deposit."""
    shades = colormaps["YlOrBr"](np.linspace(0.08, 0.98, len(bins) + 1))
    palette = colors.ListedColormap(shades)
    return colors.BoundaryNorm([-1e9, *bins, 1e9], len(bins) + 1), palette


def _grade_panel(axes: Axes, values: Any, classes: Any, fit: dict[str, Any]) -> Any:
    """Blocks filled by grade; those of no class pale, for they are no resource."""
    norm, palette = _grade_colours(fit["parameters"]["bins"])
    _dress(axes, fit["edges"], fit["labels"])
    shown = np.ma.masked_invalid(values)
    drawn = axes.pcolormesh(*fit["edges"], shown, norm=norm, cmap=palette, rasterized=True)
    unclassed = np.ma.masked_where((np.asarray(classes) != 0) | shown.mask, np.ones(shown.shape))
    white = colors.ListedColormap(["white"])
    axes.pcolormesh(*fit["edges"], unclassed, cmap=white, alpha=0.6, rasterized=True)
    return drawn


def _class_panel(axes: Axes, classes: Any, fit: dict[str, Any]) -> None:
    """Blocks filled by class, with the class letter inside the largest patch."""
    _dress(axes, fit["edges"], fit["labels"])
    palette = colors.ListedColormap([CLASS_COLOUR[name] for name in CLASSES])
    shown = np.ma.masked_equal(classes, 0)
    axes.pcolormesh(*fit["edges"], shown, cmap=palette, vmin=0.5, vmax=3.5, rasterized=True)
    x, y = ((edge[:-1] + edge[1:]) / 2 for edge in fit["edges"])
    handles: list[Patch | Line2D] = []
    for number, name in enumerate(CLASSES, start=1):
        mask = np.asarray(classes) == number
        text = CLASS_TEXT[name]
        label = f"{CLASS_LETTER[name]}  {text.zh[:2]} / {text.en}"
        handles.append(Patch(facecolor=CLASS_COLOUR[name], edgecolor=MUTED, lw=0.4, label=label))
        if mask.any():
            depth = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
            row, column = np.unravel_index(int(np.argmax(depth)), depth.shape)
            ink = "white" if name == "measured" else INK
            letter = CLASS_LETTER[name]
            axes.text(x[column], y[row], letter, color=ink, ha="center", va="center", fontsize=9)
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    figure.legend(handles=handles, loc="outside lower center", ncols=3)


def _grade_legend(figure: Figure, colour: Any, parameters: dict[str, Any]) -> None:
    """Colour bar with the bins' limits, the reporting cut-off marked in it."""
    bins = parameters["bins"]
    edges = [bins[0] - (bins[1] - bins[0] if len(bins) > 1 else bins[0]), *bins, bins[-1] * 1.25]
    norm = colors.BoundaryNorm(edges, len(bins) + 1)
    bar = figure.colorbar(
        ScalarMappable(norm=norm, cmap=colour.get_cmap()),
        ax=figure.axes[:2],
        location="top",
        spacing="uniform",
        ticks=bins,
        aspect=60,
        fraction=0.04,
        pad=0.02,
    )
    bar.ax.set_xticklabels([f"{value:g}" for value in bins])
    bar.outline.set_linewidth(0.4)
    for value, label in zip(bins, bar.ax.get_xticklabels(), strict=True):
        if value == parameters["reporting_cutoff"]:
            label.set_color(COPPER)
            bar.ax.axvline(value, color=INK, linewidth=1.8)
    bar.set_label(f"{parameters['symbol']} ({parameters['unit']})", fontsize=8)


def _dress(axes: Axes, edges: tuple[Any, Any], labels: tuple[str, str]) -> None:
    """Equal scale, plain coordinates, few ticks."""
    axes.set_aspect("equal")
    axes.set_facecolor("#f7f8f9")
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    axes.ticklabel_format(useOffset=False, style="plain")
    axes.locator_params(nbins=5)
    axes.set_xlim(edges[0][0], edges[0][-1])
    axes.set_ylim(edges[1][0], edges[1][-1])
    axes.grid(visible=True, color=GRID)
    axes.label_outer()
