"""The map of deposits: circles with their class mix, packed where they would lie on each other."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.patches import Circle, Wedge
from matplotlib.patheffects import withStroke

from reporting.figures.store import CLASS_COLOUR, GRID, INK, MUTED, plain
from reporting.rounding import printed

FILL = {
    "--": "#b35806",
    "-": "#f1a340",
    "0": "#f7f7f7",
    "+": "#b2abd2",
    "++": "#542788",
    "new": "#ffffff",
}
"""Orange for less, violet for more: told apart by colour-blind readers, and by the signs."""
SIGN = {"--": "−−", "-": "−", "0": "=", "+": "+", "++": "++", "new": "○"}
BIN_WORDS = (
    ("++", "增 ≥ 5 % / up"),
    ("+", "增 1–5 % / up"),
    ("0", "±1 % 内 / steady"),
    ("-", "减 1–5 % / down"),
    ("--", "减 ≥ 5 % / down"),
    ("new", "无上期 / new"),
)
_WIDE, _HIGH = 7.6, 4.3
_LEFT, _BOTTOM, _MAP_WIDE, _MAP_HIGH = 0.062, 0.105, 0.69, 0.87
_LARGEST, _SMALLEST, _RING = 19.0, 4.0, 3.4
"""Radii of circles and the ring's width, points."""
_FILLED, _TRIES = 0.06, 4000
"""Share of the map that circles may cover, and places tried for one of them."""
_SIGNED, _LETTER = 6.0, 7.5
"""Least radius of a circle that holds its sign, and the size of letters, points."""


def deposit_map(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Deposits on a graticule, without any boundary of ours.

    ``parameters["spots"]``: {"label", "name", "lon", "lat" (degrees, generalised), "kt", "mix"
    (measured, indicated, inferred, adding to 1), "bin" (key of :data:`FILL`)}; circle area is the
    copper of all classes, 合计（统计口径）. ``parameters["base"]``: None, or the user's base map:
    {"png" (base64), "edges" (west, east, south, north, degrees), "said"}.
    """
    spots, base = parameters["spots"], parameters["base"]
    figure = Figure(figsize=(_WIDE, _HIGH))
    ground = figure.add_axes((_LEFT, _BOTTOM, _MAP_WIDE, _MAP_HIGH))
    _graticule(ground, spots, base)
    size = np.array([_WIDE * _MAP_WIDE, _HIGH * _MAP_HIGH]) * 72
    over = figure.add_axes(
        (_LEFT, _BOTTOM, _MAP_WIDE, _MAP_HIGH), xlim=(0, size[0]), ylim=(0, size[1])
    )
    over.axis("off")
    largest = max((spot["kt"] for spot in spots), default=1.0)
    (west, east), (south, north) = ground.get_xlim(), ground.get_ylim()
    true = [
        np.array([(s["lon"] - west) / (east - west), (s["lat"] - south) / (north - south)]) * size
        for s in spots
    ]
    scale = _scale([spot["kt"] for spot in spots], largest, size)
    radii = [_radius(spot["kt"], largest, scale) for spot in spots]
    drawn = packed(true, radii, size)
    taken = [(*(at - r - _RING), *(at + r + _RING)) for at, r in zip(drawn, radii, strict=True)]
    for spot, at, place, radius in zip(spots, drawn, true, radii, strict=True):
        if math.dist(at, place) > radius:
            over.plot(*zip(place, at, strict=True), color=INK, linewidth=0.6, zorder=0.5)
            over.plot(*place, ".", color=INK, markersize=3, zorder=0.6)
        _circle(over, spot, at, radius)
        _label(over, spot, at, radius, taken)
    _legend(figure, largest, scale)
    return figure


def packed(places: Sequence[Any], radii: Sequence[float], size: Any) -> list[Any]:
    """Where to draw circles so that none lies on another: the largest stays nearest its place.

    ``places`` (x, y), ``radii`` and the map's ``size`` in points; each circle takes the first free
    place within the map on a spiral round its own. Same input, same output.
    """
    found: dict[int, Any] = {}
    gap = 2 * _RING + 3.0
    for k in sorted(range(len(places)), key=lambda k: (-radii[k], k)):
        step = 0
        at = np.asarray(places[k], dtype=float)
        rim = radii[k] + _RING
        while step < _TRIES and (
            not ((at >= rim).all() and (at <= size - rim).all())
            or any(math.dist(at, found[j]) < radii[k] + radii[j] + gap for j in found)
        ):
            step += 1
            turn = 2.4 * step  # the golden angle fills the plane evenly
            at = places[k] + 2.6 * math.sqrt(step) * np.array([math.cos(turn), math.sin(turn)])
        found[k] = at
    return [found[k] for k in range(len(places))]


def _scale(metal_kt: Sequence[float], largest: float, size: Any) -> float:
    """Radius of the largest circle: less where many circles would fill the map, points."""
    together = math.pi * sum(metal_kt) / largest
    return min(_LARGEST, math.sqrt(_FILLED * float(np.prod(size)) / max(together, 1e-9)))


def _radius(kt: float, largest: float, scale: float) -> float:
    """Radius by area, points; the smallest can still be seen."""
    return max(scale * math.sqrt(kt / largest), _SMALLEST)


def _graticule(axes: Axes, spots: Sequence[dict[str, Any]], base: dict[str, Any] | None) -> None:
    """Degrees, the base map where there is one, and a frame that has the map's own proportions."""
    if base is not None:
        edges = base["edges"]
        image = imread(io.BytesIO(base64.b64decode(base["png"])), format="png")
        axes.imshow(image, extent=edges, aspect="auto", zorder=0)
        axes.annotate(plain(base["said"], 90), (0.01, 0.015), xycoords="axes fraction", fontsize=7)
    else:
        lon = [spot["lon"] for spot in spots] or [73.0, 135.0]
        lat = [spot["lat"] for spot in spots] or [18.0, 53.0]
        edges = [min(lon), max(lon), min(lat), max(lat)]
    _frame(axes, edges, 0.0 if base else 0.16)
    axes.set_xlabel("东经 / longitude E (°)")
    axes.set_ylabel("北纬 / latitude N (°)")
    if base is None:
        axes.grid(color=GRID)
    axes.set_axisbelow(True)


def _frame(axes: Axes, edges: Sequence[float], margin: float) -> None:
    """Limits that hold ``edges`` and make a degree of latitude as long as it is on the ground."""
    west, east, south, north = edges
    shrink = math.cos(math.radians((south + north) / 2))
    wide = max((east - west) * shrink, 2.0) * (1 + 2 * margin)
    high = max(north - south, 2.0) * (1 + 2 * margin)
    box = (_WIDE * _MAP_WIDE) / (_HIGH * _MAP_HIGH)
    wide, high = max(wide, high * box), max(high, wide / box)
    axes.set_xlim((west + east - wide / shrink) / 2, (west + east + wide / shrink) / 2)
    axes.set_ylim((south + north - high) / 2, (south + north + high) / 2)


def _circle(axes: Axes, spot: dict[str, Any], at: Any, radius: float) -> None:
    """One deposit: fill by change with its sign, ring by class mix."""
    axes.add_patch(Circle(at, radius, facecolor=FILL[spot["bin"]], edgecolor=INK, linewidth=0.5))
    start = 90.0
    for name, share in zip(CLASS_COLOUR, spot["mix"], strict=True):
        end = start - 360 * share
        if share > 0:
            ring = {"facecolor": CLASS_COLOUR[name], "edgecolor": INK, "linewidth": 0.4}
            axes.add_patch(Wedge(at, radius + _RING, end, start, width=_RING, **ring))
        start = end
    if radius >= _SIGNED:
        _sign(axes, spot["bin"], at, min(radius, 11))


def _label(axes: Axes, spot: dict[str, Any], at: Any, radius: float, taken: list[Any]) -> None:
    """Number, name and, by a small circle, the sign: on the first side where nothing else is.

    ``taken`` holds the boxes (left, bottom, right, top; points) of all that is drawn already.
    """
    words = f"{spot['label']} {plain(spot['name'], 14)}".strip()
    if radius < _SIGNED:
        words = f"{words} {SIGN[spot['bin']]}"
    wide = sum(_LETTER * (1.0 if ord(sign) > 0x2E7F else 0.58) for sign in words)
    out = radius + _RING + 3
    edge = (*axes.get_xlim(), *axes.get_ylim())
    boxes = [
        (at[0] + x - wide * (1 - right), at[1] + y - 5, at[0] + x + wide * right, at[1] + y + 5)
        for x, y, right in ((out, 0, 1), (-out, 0, 0), (0, -out - 3, 0.5), (0, out + 3, 0.5))
    ]
    free = [box for box in boxes if _inside(box, edge) and not any(_meet(box, t) for t in taken)]
    left, bottom, right, top = (free or boxes)[0]
    taken.append((left, bottom, right, top))
    axes.annotate(
        words,
        ((left + right) / 2, (bottom + top) / 2),
        ha="center",
        va="center",
        fontsize=_LETTER,
        path_effects=[withStroke(linewidth=2, foreground="white")],
    )


def _inside(box: Sequence[float], edge: Sequence[float]) -> bool:
    """Whether a box lies within the map."""
    left, right, bottom, top = edge
    return box[0] > left and box[2] < right and box[1] > bottom and box[3] < top


def _meet(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether two boxes overlap."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _sign(axes: Axes, kind: str, at: Any, size: float) -> None:
    """The sign of a change in the middle of its circle."""
    colour = "white" if kind in ("++", "--") else INK
    axes.annotate(SIGN[kind], at, ha="center", va="center", fontsize=size, color=colour)


def _legend(figure: Figure, largest: float, scale: float) -> None:
    """Circle area, fill and ring, one below the other, beside the map."""
    left = _LEFT + _MAP_WIDE + 0.02
    wide, high = _WIDE * (1 - left) * 72, _HIGH * _MAP_HIGH * 72
    axes = figure.add_axes((left, _BOTTOM, 1 - left, _MAP_HIGH), xlim=(0, wide), ylim=(0, high))
    axes.axis("off")
    text: dict[str, Any] = {"va": "center", "fontsize": 7.5}
    axes.annotate("圆面积：Cu（统计口径合计）\narea: Cu, all classes", (0, high - 12), **text)
    level = high - 30.0
    for kt in _sizes(largest):
        radius = _radius(kt, largest, scale)
        level -= radius + 2
        axes.add_patch(Circle((22, level), radius, facecolor="none", edgecolor=INK, linewidth=0.7))
        axes.annotate(f"{printed(kt, 0)} kt", (50, level), **text)
        level -= radius + 2
    level -= 14
    axes.annotate("填色与符号：较上期变动\nfill, sign: change", (0, level), **text)
    level -= 24
    for kind, words in BIN_WORDS:
        axes.add_patch(Circle((22, level), 7, facecolor=FILL[kind], edgecolor=INK, linewidth=0.5))
        _sign(axes, kind, (22, level), 6.5)
        axes.annotate(words, (36, level), **text)
        level -= 17
    level -= 6
    axes.annotate("外环：类别构成（自 12 点顺时针）\nring: classes, clockwise", (0, level), **text)
    level -= 22
    for name, words in zip(CLASS_COLOUR, ("探明 M", "控制 I", "推断 F"), strict=True):
        place = 8 + 44 * list(CLASS_COLOUR).index(name)
        axes.add_patch(Circle((place, level), 5, facecolor=CLASS_COLOUR[name], edgecolor=MUTED))
        axes.annotate(words, (place + 8, level), **text)


def _sizes(largest: float) -> tuple[float, ...]:
    """Round quantities for the legend's circles: the largest below the map's own, and a fifth."""
    power = 10.0 ** math.floor(math.log10(max(largest, 1.0)))
    top = next(n * power for n in (5, 2, 1) if n * power <= max(largest, 1.0))
    return (top, top / 5)
