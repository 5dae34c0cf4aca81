"""Cuts through a block model: vertical sections and level plans, by grade and by class.

Places are worked out here, not by a layout engine: a deposit has many such figures, and most of
the time of each would go into measuring its texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import colormaps, colors, patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from scipy import ndimage

from reporting.figures.store import CLASS_COLOUR, COPPER, GRID, INK, MUTED, Colour, plain
from reporting.units import CLASS_LETTER, CLASS_TEXT

CLASSES = ("measured", "indicated", "inferred")
LABELS = {
    "easting": "东坐标 / easting (m)",
    "northing": "北坐标 / northing (m)",
    "elevation": "高程 / elevation (m)",
}
EMPTY = "#f7f8f9"
"""Behind the blocks."""
PALE = 0.6
"""White laid over blocks of no class, which are no resource."""
NOT_ASSAYED = "#8d959e"
WIDTH_IN, HIGHEST_IN = 7.2, 3.9
"""Of the figure, and of a panel that stands beside another."""
STACKED = 1.9
"""Width over height from which panels stand one above the other."""
LEFT_IN, RIGHT_IN, BOTTOM_IN, GAP_IN = 0.74, 0.14, 0.78, 0.2
SCALE_IN, TITLE_IN, NAMES_IN = 0.5, 0.22, 0.3
"""Heights of the scale of grades, of the title, and of holes' names above a section."""
TICKS = 4
POINT = 0.004
"""Of a panel's width or height: a shorter line is drawn as a point, as else it would vanish."""
APART = {60: (0.06, 0.5), 0: (0.2, 0.08)}
"""Degrees that holes' names are turned -> parts of the panel's width and height; a name that stands
nearer to one already shown is left out."""


_Place = tuple[float, float, float, float]
"""Left, bottom, width, height; inches."""


@dataclass(frozen=True)
class _Cut:
    """Blocks in one plane: rows go up."""

    grade: Any
    """(rows, columns), NaN where there is no block."""
    classes: Any
    """(rows, columns) 0 none, 1 measured, 2 indicated, 3 inferred."""
    edges_m: tuple[Any, Any]
    """Limits of columns and of rows."""
    labels: tuple[str, str]


@dataclass(frozen=True)
class _Layout:
    """Where things stand in a figure, inches from below left."""

    size: tuple[float, float]
    panels: tuple[_Place, ...]
    """Of the grades and of the classes."""
    scale: tuple[float, float, float]
    """Left, bottom, width of the scale of grades."""


def section(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Vertical section, vertical scale equal to horizontal: grade, and resource class.

    Arrays as in the estimate's ``.npz`` (``section_cu``, ``section_class``, ``section_x_m``,
    ``section_z_m``, ``section_samples``), or instead of the samples ``ground_m`` (columns) and
    drill-holes as :func:`model_plate` has them. ``parameters``: ``bins``, ``reporting_cutoff``,
    ``symbol``, ``unit``, and where it is one of several those of :func:`model_plate`.
    """
    edges = arrays["section_x_m"], arrays["section_z_m"]
    labels = LABELS[parameters.get("along", "easting")], LABELS["elevation"]
    cut = _Cut(arrays["section_cu"], arrays["section_class"], edges, labels)
    figure, axes = _panels(cut, parameters, named="hole_names" in arrays)
    samples = np.atleast_2d(arrays.get("section_samples", ()))
    if samples.size:
        place: dict[str, Any] = {"s": 3.2, "edgecolors": INK, "linewidths": 0.3, "rasterized": True}
        place["c"] = grade_colours(samples[:, 2], parameters["bins"])
        axes[0].scatter(samples[:, 0], samples[:, 1], **place)
    if "ground_m" in arrays:
        middle = (edges[0][:-1] + edges[0][1:]) / 2
        for panel in axes:
            panel.plot(middle, arrays["ground_m"], color=INK, linewidth=1.0)
    _holes(axes, arrays, parameters["bins"], 60)
    return figure


def plan(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Level plan, north up: grade of the main element and resource class, with drill-holes.

    Arrays as in the estimate's ``.npz`` (``plan_cu``, ``plan_class``, ``section_x_m``,
    ``plan_y_m``, ``collars``), or instead of collars drill-holes as :func:`model_plate` has them;
    ``parameters`` as for :func:`section`.
    """
    edges = arrays["section_x_m"], arrays["plan_y_m"]
    labels = LABELS["easting"], LABELS["northing"]
    figure, axes = _panels(_Cut(arrays["plan_cu"], arrays["plan_class"], edges, labels), parameters)
    collars = np.atleast_2d(arrays.get("collars", ()))
    north = {"arrowstyle": "->", "color": INK, "linewidth": 0.9}
    for panel in axes:
        if collars.size:
            panel.plot(*collars.T[:2], "+", color=INK, markersize=3, mew=0.5)
        panel.annotate("N", (0.96, 0.98), xytext=(0.96, 0.82), xycoords="axes fraction",
                       ha="center", arrowprops=north)  # fmt: skip
    _holes(axes, arrays, parameters["bins"], 0)
    return figure


def model_plate(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """One of a model's plates: the section or plan of number ``plate``.

    Arrays as :func:`reporting.viewer.cuts.plate_arrays` makes them; ``parameters`` besides those of
    :func:`section`: ``plate`` (from 0), ``title``, ``mark`` (empty where the data are real) and
    ``along`` (``easting`` or ``northing``).
    """
    number, sections = parameters["plate"], len(arrays["section_cu"])
    line, hole = (arrays[f"{name}_plate"] == number for name in ("line", "hole"))
    chosen = {
        "lines_m": arrays["line_m"][line],
        "line_grade": arrays["line_grade"][line],
        "holes_m": arrays["hole_m"][hole],
        "hole_names": arrays["hole_name"][hole],
        "hole_ends_m": arrays["hole_end_m"][hole],
        "hole_depth_m": arrays["hole_depth_m"][hole],
    }
    if number < sections:
        chosen |= {name: arrays[name][number] for name in ("section_cu", "section_class")}
        chosen |= {name: arrays[name] for name in ("section_x_m", "section_z_m")}
        if "ground_m" in arrays:
            chosen["ground_m"] = arrays["ground_m"][number]
        return section(chosen, parameters)
    chosen |= {name: arrays[name][number - sections] for name in ("plan_cu", "plan_class")}
    chosen |= {"section_x_m": arrays["plan_x_m"], "plan_y_m": arrays["plan_y_m"]}
    return plan(chosen, parameters)


def grade_colours(values: Any, bins: list[float]) -> Any:
    """Colours of grades, pale to dark: the same bins on every page of the deposit.

    (..., 4) red, green, blue and opacity; a value at a limit belongs to the bin above it, NaN is
    left out.
    """
    ramp = colormaps["YlOrBr"](np.linspace(0.08, 0.98, len(bins) + 1))
    known = np.isfinite(values)
    found = ramp[np.digitize(np.where(known, values, 0.0), bins)]
    found[~known] = 0.0
    return found


def class_colours(classes: Any) -> Any:
    """Colours of class codes, (..., 4); no class is left out."""
    ramp = np.array([(0.0, 0.0, 0.0, 0.0), *(colors.to_rgba(CLASS_COLOUR[n]) for n in CLASSES)])
    return ramp[np.asarray(classes, np.int64)]


def fills(parameters: dict[str, Any]) -> list[Colour]:
    """Colours of the areas and lines of a section or plan, whose ``parameters`` these are."""
    bins = parameters["bins"]
    grades = grade_colours(np.array([-1.0, *bins]), bins)[:, :3]
    classes = class_colours([1, 2, 3])[:, :3]
    others = [colors.to_rgb(one) for one in ("white", EMPTY, INK, NOT_ASSAYED, COPPER)]
    found = np.rint(255 * np.vstack([grades, classes, others, (1 - PALE) * grades + PALE]))
    return [(red, green, blue) for red, green, blue in found.astype(int).tolist()]


def _layout(cut: _Cut, title: float, names: float) -> _Layout:
    """Two panels of equal scale: side by side where tall, one above the other where wide.

    ``title`` and ``names`` are the heights left free for them, inches.
    """
    ratio = float(np.ptp(cut.edges_m[0])) / max(float(np.ptp(cut.edges_m[1])), 1.0)
    room = WIDTH_IN - LEFT_IN - RIGHT_IN
    above = SCALE_IN + names + title
    if ratio > STACKED:
        high = room / ratio
        lift = high + GAP_IN + names
        places: tuple[_Place, ...] = (
            (LEFT_IN, BOTTOM_IN + lift, room, high),
            (LEFT_IN, BOTTOM_IN, room, high),
        )
        return _Layout((WIDTH_IN, BOTTOM_IN + lift + high + above), places,
                       (LEFT_IN, BOTTOM_IN + lift + high + names + 0.2, room))  # fmt: skip
    wide = min((room - GAP_IN) / 2, HIGHEST_IN * ratio)
    high = wide / ratio
    places = tuple((LEFT_IN + n * (wide + GAP_IN), BOTTOM_IN, wide, high) for n in range(2))
    return _Layout((WIDTH_IN, BOTTOM_IN + high + above), places,
                   (LEFT_IN, BOTTOM_IN + high + names + 0.2, room))  # fmt: skip


def _panels(
    cut: _Cut, parameters: dict[str, Any], *, named: bool = False
) -> tuple[Figure, list[Axes]]:
    """Grade of the main element and resource class, with scale and legend.

    With ``named`` there is room above the grades for the names of holes.
    """
    names = NAMES_IN if named else 0.0
    layout = _layout(cut, TITLE_IN if "title" in parameters else 0.0, names)
    figure = Figure(figsize=layout.size)
    wide, high = layout.size
    axes = []
    for left, bottom, across, up in layout.panels:
        axes.append(figure.add_axes((left / wide, bottom / high, across / wide, up / high)))
        _dress(axes[-1], cut)
    shown = grade_colours(cut.grade, parameters["bins"])
    unclassed = (np.asarray(cut.classes) == 0) & np.isfinite(cut.grade)
    shown[unclassed, :3] = (1 - PALE) * shown[unclassed, :3] + PALE
    _fill(axes[0], shown, cut)
    _fill(axes[1], class_colours(cut.classes), cut)
    _letters(axes[1], cut)
    for panel, (left, bottom, _across, _up) in zip(axes, layout.panels, strict=True):
        panel.tick_params(labelleft=left == LEFT_IN, labelbottom=bottom == BOTTOM_IN)
        panel.set_ylabel(cut.labels[1] if left == LEFT_IN else "")
        panel.set_xlabel(cut.labels[0] if bottom == BOTTOM_IN else "")
    _class_legend(figure, layout)
    _grade_scale(figure, layout, parameters)
    if "title" in parameters:
        top = 1 - 0.06 / high
        figure.text(LEFT_IN / wide, top, plain(parameters["title"], 120), va="top")
        figure.text(1 - RIGHT_IN / wide, top, parameters["mark"], va="top", ha="right",
                    color=COPPER)  # fmt: skip
    return figure, axes


def _fill(axes: Axes, shown: Any, cut: _Cut) -> None:
    """Blocks as a picture."""
    x, y = cut.edges_m
    limits = (float(x[0]), float(x[-1]), float(y[0]), float(y[-1]))
    axes.imshow(shown, extent=limits, origin="lower", interpolation="nearest", aspect="auto",
                zorder=0.9)  # fmt: skip


def _dress(axes: Axes, cut: _Cut) -> None:
    """Plain coordinates, few ticks; the panel's own shape makes the scales equal."""
    axes.set_facecolor(EMPTY)
    axes.locator_params(nbins=TICKS)
    axes.set_xlim(cut.edges_m[0][0], cut.edges_m[0][-1])
    axes.set_ylim(cut.edges_m[1][0], cut.edges_m[1][-1])
    axes.grid(visible=True, color=GRID)
    axes.set_axisbelow(True)


def _letters(axes: Axes, cut: _Cut) -> None:
    """The letter of each class inside its largest patch."""
    x, y = ((edge[:-1] + edge[1:]) / 2 for edge in cut.edges_m)
    for number, name in enumerate(CLASSES, start=1):
        mask = np.asarray(cut.classes) == number
        if mask.any():
            depth = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
            row, column = np.unravel_index(int(np.argmax(depth)), depth.shape)
            ink = "white" if name == "measured" else INK
            letter = CLASS_LETTER[name]
            axes.text(x[column], y[row], letter, color=ink, ha="center", va="center", fontsize=9)


def _class_legend(figure: Figure, layout: _Layout) -> None:
    """Colour, letter and term of every class."""
    step = (WIDTH_IN - LEFT_IN - RIGHT_IN) / len(CLASSES)
    for number, name in enumerate(CLASSES):
        left, text = LEFT_IN + number * step, CLASS_TEXT[name]
        _rectangle(figure, layout, (left, 0.08, 0.28, 0.12), CLASS_COLOUR[name])
        figure.text((left + 0.36) / layout.size[0], 0.14 / layout.size[1],
                    f"{CLASS_LETTER[name]}  {text.zh[:2]} / {text.en}", va="center")  # fmt: skip


def _grade_scale(figure: Figure, layout: _Layout, parameters: dict[str, Any]) -> None:
    """Boxes of the bins with their limits, the reporting cut-off bold."""
    bins = parameters["bins"]
    left, bottom, room = layout.scale
    wide, high = layout.size
    label = f"{parameters['symbol']} ({parameters['unit']})"
    figure.text(left / wide, (bottom + 0.06) / high, label, va="center", fontsize=8)
    start, step = left + 0.7, (room - 0.7) / (len(bins) + 1)
    for number, colour in enumerate(grade_colours(np.array([-1.0, *bins]), bins)):
        _rectangle(figure, layout, (start + number * step, bottom, step, 0.12), colour)
    for number, value in enumerate(bins, start=1):
        at, cutoff = start + number * step, value == parameters["reporting_cutoff"]
        text = figure.text(at / wide, (bottom + 0.15) / high, f"{value:g}", ha="center",
                           fontsize=8, color=COPPER if cutoff else INK)  # fmt: skip
        if cutoff:
            text.set_path_effects([patheffects.withStroke(linewidth=0.7, foreground=COPPER)])
            _rectangle(figure, layout, (at - 0.012, bottom, 0.024, 0.12), INK)


def _rectangle(figure: Figure, layout: _Layout, place: _Place, colour: Any) -> None:
    """A box of one colour."""
    wide, high = layout.size
    left, bottom, across, up = place
    box = Rectangle((left / wide, bottom / high), across / wide, up / high, facecolor=colour,
                    edgecolor=MUTED, linewidth=0.3, transform=figure.transFigure)  # fmt: skip
    figure.add_artist(box)


def _holes(axes: list[Axes], arrays: dict[str, Any], bins: list[float], turned: int) -> None:
    """Drill-holes: assays in the bins' colours over the grades, a line over the classes, names."""
    if "lines_m" not in arrays:
        return
    lines, grade = arrays["lines_m"], arrays["line_grade"]
    wide = 1.9 if turned else 3.6  # in a plan they are hardly more than points
    for panel in axes:
        _strokes(panel, lines, INK, 0.5 if turned else 2.0)
    _strokes(axes[0], lines, INK, wide + 0.8)
    known = np.isfinite(grade)
    _strokes(axes[0], lines[~known], NOT_ASSAYED, wide)
    box = np.digitize(np.where(known, grade, 0.0), bins)
    for number, colour in enumerate(grade_colours(np.array([-1.0, *bins]), bins)):
        _strokes(axes[0], lines[known & (box == number)], colour, wide)
    _names(axes[0], arrays, turned)


def _strokes(axes: Axes, lines: Any, colour: Any, width: float) -> None:
    """Lines (n, 4) from and to, as one artist: each for itself costs ten times as much."""
    gap = np.full(len(lines), np.nan)
    x, y = (np.column_stack([lines[:, n], lines[:, n + 2], gap]).ravel() for n in range(2))
    limits = axes.get_xlim(), axes.get_ylim()
    axes.plot(x, y, color=colour, linewidth=width, solid_capstyle="round", zorder=2.5)
    short = (np.abs(lines[:, 2:] - lines[:, :2]) < POINT * np.ptp(limits, axis=1)).all(axis=1)
    axes.plot(*lines[short, :2].T, "o", color=colour, ms=width, mew=0, zorder=2.5)
    axes.set(xlim=limits[0], ylim=limits[1])


def _names(axes: Axes, arrays: dict[str, Any], turned: int) -> None:
    """Name of each hole where it enters, its depth where it ends, as far as there is room."""
    limits = np.array([axes.get_xlim(), axes.get_ylim()])
    least = np.ptp(limits, axis=1) * APART[turned]
    shown: list[Any] = []
    step = 0.015 * np.ptp(limits[1])
    style: dict[str, Any] = {"fontsize": 6, "color": INK}
    for at in np.argsort(-arrays["holes_m"][:, 1], kind="stable"):  # collars first
        place = arrays["holes_m"][at]
        if not _within(place, limits) or any((abs(place - one) < least).all() for one in shown):
            continue
        shown.append(place)
        axes.text(place[0], place[1] + step, plain(str(arrays["hole_names"][at]), 16),
                  rotation=turned, rotation_mode="anchor", **style)  # fmt: skip
        end, depth = arrays["hole_ends_m"][at], arrays["hole_depth_m"][at]
        if np.isfinite(depth) and _within(end, limits):
            axes.text(end[0], end[1] - step, f"{depth:.0f}", ha="center", va="top", **style)


def _within(point: Any, limits: Any) -> bool:
    """Whether a point lies in a panel."""
    return bool(((limits[:, 0] <= point) & (point <= limits[:, 1])).all())
