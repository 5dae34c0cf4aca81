"""Figures of variography: experimental points with their model, maps, fans, cross-variograms."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from reporting.figures.store import COPPER, GRID, INK, MUTED, plain

POINT = "#3a6ea5"
FEW = "#b4bac2"
BACKGROUND = {"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.8}
CURVES = ("#3a6ea5", "#9c4a1a", "#2f7a43", "#7b4fa3", "#c2871f", "#1f8a8a", "#b0406c", "#5a6570")
MARKS = "osD^vPX*"


def variogram_panels(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Experimental variograms with their model: down the hole and along three axes, say.

    ``parameters``: ``panels``: list of ``title``, ``note``, ``h``, ``gamma``, ``pairs``, ``sill``
    (or None), ``model_h``, ``model_gamma`` (empty: no model), ``nugget`` (or None); ``unit``,
    ``fewest`` pairs of a point that counts.
    """
    panels = parameters["panels"]
    rows = (len(panels) + 1) // 2
    figure = Figure(figsize=(8.6, 0.4 + 2.55 * rows), layout="constrained")
    grid = np.atleast_1d(figure.subplots(rows, 2 if len(panels) > 1 else 1)).ravel()
    for axes, panel in zip(grid, panels, strict=False):
        _points(axes, panel, parameters["fewest"])
        _model(axes, panel)
        _dress(axes, panel, parameters["unit"])
    for axes in grid[len(panels) :]:
        axes.set_visible(False)
    handles = _handles(parameters["fewest"], any(p["model_h"] for p in panels))
    if any(p["nugget"] is not None for p in panels):
        handles.append(Line2D([], [], color=COPPER, linewidth=0.9, linestyle=":",
                              label="块金 / nugget"))  # fmt: skip
    figure.legend(handles=handles, loc="outside upper left", ncols=5)
    return figure


def _points(axes: Axes, panel: dict[str, Any], fewest: int) -> None:
    """Points sized by their pairs, with the number of pairs above each; grey where few."""
    h, gamma, pairs = (np.array(panel[k], dtype=float) for k in ("h", "gamma", "pairs"))
    seen = (pairs > 0) & np.isfinite(gamma)
    h, gamma, pairs = h[seen], gamma[seen], pairs[seen]
    size = 10.0 + 34.0 * np.sqrt(pairs / max(pairs.max(initial=1.0), 1.0))
    colour = np.where(pairs >= fewest, POINT, FEW)
    axes.scatter(h, gamma, s=size, c=colour.tolist(), zorder=3, linewidths=0)
    gaps = 2.0 + np.sqrt(size) / 2.0
    for i, (x, y, n, gap) in enumerate(zip(h, gamma, pairs, gaps, strict=True)):
        above = i % 2 == 0
        axes.annotate(
            _short(n),
            (x, y),
            xytext=(0, gap if above else -gap),
            textcoords="offset points",
            ha="center",
            va="bottom" if above else "top",
            fontsize=6,
            color=MUTED,
            bbox=BACKGROUND,
            zorder=4,
        )


def _short(number: float) -> str:
    """A count in few signs: 950, 12.3k, 1.2M."""
    for limit, sign in ((1e6, "M"), (1e4, "k")):
        if number >= limit:
            value = number / (1e6 if sign == "M" else 1e3)
            return f"{value:.1f}{sign}" if value < 100 else f"{value:.0f}{sign}"
    return f"{number:.0f}"


def _model(axes: Axes, panel: dict[str, Any]) -> None:
    """Model line, sill and nugget."""
    if panel["model_h"]:
        axes.plot(panel["model_h"], panel["model_gamma"], color=COPPER, linewidth=1.6, zorder=2)
    if panel["sill"] is not None:
        axes.axhline(panel["sill"], color=INK, linewidth=0.9, linestyle="--", zorder=1)
    if panel["nugget"] is not None:
        axes.axhline(panel["nugget"], color=COPPER, linewidth=0.9, linestyle=":", zorder=1)


def _dress(axes: Axes, panel: dict[str, Any], unit: str) -> None:
    """Title, note, axes from zero, room for the counts."""
    axes.set_title(plain(panel["title"], 70), loc="left")
    axes.annotate(
        plain(panel["note"], 90),
        (0.985, 0.03),
        xycoords="axes fraction",
        ha="right",
        va="bottom",
        fontsize=7,
        color=MUTED,
        bbox=BACKGROUND,
    )
    values = [v for v in (*panel["gamma"], panel["sill"]) if v is not None and np.isfinite(v)]
    low = min([0.0, *values])
    high = max(values, default=1.0)
    # a model that lies far above its points is cut off, else the points would be flat
    high = max(high, min(max(panel["model_gamma"], default=0.0), 1.6 * high))
    axes.set_ylim(low * 1.2, 1.22 * high if high > 0 else 1.0)
    far = [x for x, n in zip(panel["h"], panel["pairs"], strict=True) if x is not None and n > 0]
    axes.set_xlim(0, 1.05 * max(far, default=1.0))
    axes.set_xlabel("滞后距 / lag h (m)")
    axes.set_ylabel(f"γ(h) ({unit})" if unit else "γ(h)")
    axes.grid(visible=True)


def _handles(fewest: int, modelled: bool) -> list[Line2D]:
    """The legend of points and lines."""
    dot: dict[str, Any] = {
        "marker": "o",
        "linestyle": "none",
        "markersize": 5,
        "markeredgewidth": 0,
    }
    found = [
        Line2D([], [], color=POINT, label="实验值,数字为样品对 / experimental, n = pairs", **dot),
        Line2D([], [], color=FEW, label=f"样品对 < {fewest} / pairs < {fewest}", **dot),
        Line2D([], [], color=INK, linewidth=0.9, linestyle="--", label="基台 / sill"),
    ]
    if modelled:
        found.insert(2, Line2D([], [], color=COPPER, linewidth=1.6, label="方案模型 / the plan"))
    return found


def variogram_estimators(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Estimators of the same pairs, each divided by its own sill so that shapes compare.

    ``parameters``: ``curves``: list of ``label``, ``h``, ``gamma`` (already divided), ``pairs``,
    ``robust``; ``fewest``. Left those of squared increments and robust ones, right the others.
    """
    figure = Figure(figsize=(8.6, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    curves = parameters["curves"]
    kinds = ((left, True, "平方与稳健 / squared and robust"),
             (right, False, "相对、相关与变换 / relative, correlogram, scores"))  # fmt: skip
    for axes, robust, title in kinds:
        part = [c for c in curves if c["robust"] is robust]
        for i, curve in enumerate(part):
            h, gamma, pairs = (np.array(curve[k], dtype=float) for k in ("h", "gamma", "pairs"))
            use = (pairs >= parameters["fewest"]) & np.isfinite(gamma)
            axes.plot(h[use], gamma[use], color=CURVES[i], marker=MARKS[i], markersize=3.6,
                      linewidth=1.1, label=curve["label"])  # fmt: skip
        axes.axhline(1.0, color=INK, linewidth=0.9, linestyle="--")
        axes.set_title(title, loc="left")
        axes.set_xlabel("滞后距 / lag h (m)")
        axes.set_xlim(left=0)
        axes.set_ylim(bottom=0)
        axes.grid(visible=True)
        axes.legend(loc="lower right", fontsize=7)
    left.set_ylabel("γ(h) / 基台 sill")
    return figure


def variogram_map(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Variogram maps of planes, with the model's ellipse, and the fan of the last plane.

    Arrays: ``map_<i>`` (rows, columns), γ over the sill, row 0 lowest; ``pairs_<i>``; ``fan``
    (directions, lags). ``parameters``: ``maps``: list of ``title``, ``edges`` (m), ``right``,
    ``up`` (axis names), ``ellipse`` (list of [x, y] or empty); ``fan`` {``angles``, ``edges``,
    ``title``, ``up``, ``right``}; ``fewest``.
    """
    maps = parameters["maps"]
    figure = Figure(figsize=(3.5 * len(maps) + 3.6, 3.5), layout="constrained")
    panels = figure.subplots(1, len(maps) + 1)
    shade = colormaps["viridis"].copy()
    shade.set_bad("white")
    drawn = None
    for i, (axes, one) in enumerate(zip(panels, maps, strict=False)):
        few = arrays[f"pairs_{i}"] < parameters["fewest"]
        values = np.ma.masked_where(few | ~np.isfinite(arrays[f"map_{i}"]), arrays[f"map_{i}"])
        edges = np.array(one["edges"])
        drawn = axes.pcolormesh(edges, edges, values, cmap=shade, vmin=0, vmax=1.5, rasterized=True)
        if one["ellipse"]:
            x, y = np.array(one["ellipse"]).T
            axes.plot(x, y, color="white", linewidth=2.6)
            axes.plot(x, y, color=COPPER, linewidth=1.4)
        axes.set_aspect("equal")
        axes.set_xlim(edges[0], edges[-1])
        axes.set_ylim(edges[0], edges[-1])
        axes.set_title(plain(one["title"], 60), loc="left")
        axes.set_xlabel(one["right"])
        axes.set_ylabel(one["up"])
    _fan(panels[-1], arrays["fan"], parameters["fan"], shade)
    if drawn is not None:
        figure.colorbar(drawn, ax=list(panels), shrink=0.85, pad=0.01, label="γ / 基台 sill",
                        extend="max")  # fmt: skip
    if any(one["ellipse"] for one in maps):
        line = Line2D([], [], color=COPPER, linewidth=1.4, label="模型变程椭圆 / model's ranges")
        figure.legend(handles=[line], loc="outside lower left")
    return figure


def _fan(axes: Axes, gamma: Any, fan: dict[str, Any], shade: Any) -> None:
    """Sectors of a half turn and their opposites, coloured by γ over the sill."""
    angles, edges = np.array(fan["angles"], dtype=float), np.array(fan["edges"], dtype=float)
    step = 180.0 / len(angles)
    for turn in (0.0, 180.0):
        bounds = np.deg2rad(np.append(angles, angles[-1] + step) - step / 2.0 + turn)
        # four slices a sector, so that its ends look round
        fine = np.linspace(bounds[0], bounds[-1], 4 * len(angles) + 1)
        x, y = np.outer(np.sin(fine), edges), np.outer(np.cos(fine), edges)
        values = np.ma.masked_invalid(np.repeat(gamma, 4, axis=0))
        axes.pcolormesh(x, y, values, cmap=shade, vmin=0, vmax=1.5, rasterized=True)
    axes.set_aspect("equal")
    reach = 1.16 * edges[-1]
    axes.set_xlim(-reach, reach)
    axes.set_ylim(-reach, reach)
    for angle in np.arange(0, 180, 30):
        u = np.deg2rad(angle)
        axes.annotate(f"{angle:.0f}°", (1.07 * edges[-1] * np.sin(u), 1.07 * edges[-1] * np.cos(u)),
                      ha="center", va="center", fontsize=6.5, color=MUTED)  # fmt: skip
    axes.set_title(plain(fan["title"], 60), loc="left")
    axes.set_xlabel(fan["right"])
    axes.set_ylabel(fan["up"])


def cross_variograms(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Two elements' own variograms and the one across, with their coregionalization's lines.

    ``parameters`` as for :func:`variogram_panels`; the panel across may have ``hull``: the largest
    that its size may be, the root of the product of the own models.
    """
    panels = parameters["panels"]
    figure = Figure(figsize=(3.4 * len(panels) + 0.4, 3.1), layout="constrained")
    for axes, panel in zip(np.atleast_1d(figure.subplots(1, len(panels))), panels, strict=True):
        _points(axes, panel, parameters["fewest"])
        _model(axes, panel)
        _dress(axes, panel, panel["unit"])
        if panel["hull"]:
            for sign in (1.0, -1.0):
                axes.plot(panel["model_h"], sign * np.array(panel["hull"]), color=MUTED,
                          linewidth=0.8, linestyle=(0, (1, 2)))  # fmt: skip
            axes.axhline(0.0, color=GRID, linewidth=0.8)
    handles = _handles(parameters["fewest"], any(p["model_h"] for p in panels))
    if any(p["hull"] for p in panels):
        handles.append(Line2D([], [], color=MUTED, linewidth=0.8, linestyle=(0, (1, 2)),
                              label="最大可能 / perfect correlation"))  # fmt: skip
    figure.legend(handles=handles, loc="outside upper left", ncols=5)
    return figure


def rotation_conventions(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """One ellipsoid on a stereonet, and its angles in every program's convention.

    ``parameters``: ``axes`` (rows, east, north, up), ``rows`` (lists of convention, angles' names,
    angles), ``plane`` (text of the plane of the two longer axes).
    """
    figure = Figure(figsize=(8.6, 3.7), layout="constrained")
    net, words = figure.subplots(1, 2, width_ratios=[1, 1.5])
    axes = np.array(parameters["axes"], dtype=float)
    turn = np.linspace(0, 2 * np.pi, 400)
    net.plot(np.sin(turn), np.cos(turn), color=INK, linewidth=0.9)
    x, y = _lower(_trace(axes))
    net.plot(x, y, color=POINT, linewidth=1.2, label=parameters["plane"])
    for axis, mark, name in zip(
        axes, "o^s", ("长轴 major", "中轴 semi-major", "短轴 minor"), strict=True
    ):
        down = axis if axis[2] <= 0 else -axis
        px, py = _lower(down[None])
        net.scatter(px, py, marker=mark, s=42, color=COPPER, zorder=3, label=name)
    for text, at in (
        ("N 000", (0, 1.08)),
        ("E 090", (1.14, 0)),
        ("S", (0, -1.08)),
        ("W", (-1.09, 0)),
    ):
        net.annotate(text, at, ha="center", va="center", fontsize=7.5, color=MUTED)
    net.set_aspect("equal")
    net.set_xlim(-1.3, 1.35)
    net.set_ylim(-1.2, 1.2)
    net.axis("off")
    net.legend(loc="upper center", bbox_to_anchor=(0.5, -0.02), ncols=2, fontsize=7)
    words.axis("off")
    table = words.table(
        cellText=parameters["rows"],
        colLabels=["约定 / convention", "角 / angles", "度 / degrees"],
        cellLoc="left",
        colLoc="left",
        loc="center",
        colWidths=[0.3, 0.38, 0.42],
        edges="horizontal",
    )
    table.auto_set_font_size(False)
    table.set_fontsize(7.8)
    table.scale(1.0, 1.7)
    return figure


def _trace(axes: Any) -> Any:
    """Lines of the plane of the longer axes, from one end of its strike to the other."""
    normal = axes[2] if axes[2, 2] >= 0 else -axes[2]
    flat = np.hypot(normal[0], normal[1])
    strike = np.array([-normal[1], normal[0], 0.0]) / flat if flat > 1e-9 else np.eye(3)[0]
    down = np.cross(normal, strike)
    down = down if down[2] <= 0 else -down
    turn = np.linspace(0, np.pi if flat > 1e-9 else 2 * np.pi, 200)
    return np.outer(np.cos(turn), strike) + np.outer(np.sin(turn), down)


def _lower(lines: Any) -> tuple[Any, Any]:
    """Equal-area (Schmidt) projection of lines onto the lower hemisphere, radius 1."""
    down = np.clip(-lines[:, 2], 0.0, 1.0)
    flat = np.hypot(lines[:, 0], lines[:, 1])
    radius = np.sqrt(1.0 - down)
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = np.where(flat > 1e-12, radius / flat, 0.0)
    return lines[:, 0] * scale, lines[:, 1] * scale
