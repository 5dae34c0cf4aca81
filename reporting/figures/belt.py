"""Figures of a belt: the copper map and the rasters."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from matplotlib import colormaps, colors
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reporting.figures.store import GRID, INK, plain

_WIDTH_IN = 4.3


def copper_map(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Kriged stream-sediment copper in quantile classes, with the sample sites.

    Arrays: ``easting_m``, ``northing_m``, ``cu_ppm`` (rows, cols), ``samples`` (n, 3).
    ``parameters``: ``deposits`` [[easting, northing], ...] generalised to the cell.
    """
    values = np.ma.masked_invalid(arrays["cu_ppm"])
    figure, axes = map_frame(arrays)
    if values.count():
        levels = np.unique(
            np.percentile(values.compressed(), (0, 20, 40, 60, 75, 85, 92.5, 97.5, 100)).round()
        )
        norm = colors.BoundaryNorm(levels, 256) if len(levels) > 2 else None
        image = grid_image(axes, arrays, values, cmap="YlOrBr", norm=norm)
        bar = figure.colorbar(image, ax=axes, shrink=0.8, aspect=28, spacing="uniform", pad=0.02)
        if norm is not None:
            bar.set_ticks(list(levels), labels=[f"{level:.0f}" for level in levels])
        bar.set_label("Cu (ppm)")
    samples = np.atleast_2d(arrays["samples"]) if "samples" in arrays else np.empty((0, 3))
    if samples.size:
        dots: dict[str, Any] = {"s": 2.5, "color": INK, "alpha": 0.55, "linewidths": 0}
        axes.scatter(samples[:, 0] / 1e3, samples[:, 1] / 1e3, rasterized=True, **dots)
    _mark_deposits(axes, parameters["deposits"])
    return figure


def raster_map(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """One raster on the belt's grid; elevations are shaded by their own relief.

    ``parameters``: ``name`` of the array, ``unit``, ``relief`` (bool),
    ``deposits`` as for :func:`copper_map`.
    """
    values = np.ma.masked_invalid(np.asarray(arrays[parameters["name"]], dtype=float))
    figure, axes = map_frame(arrays)
    if values.count():
        low, high = np.percentile(values.compressed(), (1, 99))
        palette = _land() if parameters["relief"] else "cividis"
        limits = {"vmin": float(low), "vmax": float(max(high, low + 1e-9))}
        image = grid_image(axes, arrays, values, cmap=palette, **limits)
        if parameters["relief"]:
            _shade(axes, arrays, values)
        bar = figure.colorbar(image, ax=axes, shrink=0.8, aspect=28, pad=0.02)
        bar.set_label(plain(parameters["unit"], 12))
    _mark_deposits(axes, parameters["deposits"])
    return figure


def map_frame(arrays: dict[str, Any]) -> tuple[Figure, Axes]:
    """An empty map in kilometres, equal scale."""
    left, right, bottom, top = _extent(arrays)
    ratio = (top - bottom) / max(right - left, 1e-9)
    height = min(max(0.78 * _WIDTH_IN * ratio + 0.55, 2.0), 4.6)
    figure = Figure(figsize=(_WIDTH_IN, height), layout="constrained")
    axes = figure.subplots()
    axes.set_aspect("equal")
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    axes.set_xlabel("东坐标 / easting (km)")
    axes.set_ylabel("北坐标 / northing (km)")
    axes.ticklabel_format(useOffset=False, style="plain")
    axes.locator_params(nbins=5)
    axes.grid(visible=True, color=GRID, alpha=0.5)
    return figure, axes


def _land() -> colors.Colormap:
    """Earth colours without the sea."""
    return colors.ListedColormap(colormaps["gist_earth"](np.linspace(0.3, 0.97, 256)))


def _centres(arrays: dict[str, Any]) -> tuple[Any, Any]:
    """Easting of the columns and northing of the rows, kilometres."""
    easting, northing = np.asarray(arrays["easting_m"]), np.asarray(arrays["northing_m"])
    easting = easting[0] if easting.ndim == 2 else easting
    northing = northing[:, 0] if northing.ndim == 2 else northing
    return easting / 1e3, northing / 1e3


def _extent(arrays: dict[str, Any]) -> tuple[float, float, float, float]:
    """Outer edges of the grid (left, right, bottom, top), kilometres."""
    easting, northing = _centres(arrays)
    half_x, half_y = (np.ptp(v) / max(len(v) - 1, 1) / 2 for v in (easting, northing))
    return (
        float(easting.min() - half_x),
        float(easting.max() + half_x),
        float(northing.min() - half_y),
        float(northing.max() + half_y),
    )


def grid_image(axes: Axes, arrays: dict[str, Any], values: Any, **style: Any) -> Any:
    """The grid as one image inside the SVG, north up whatever the order of rows."""
    northing = _centres(arrays)[1]
    origin: Literal["upper", "lower"] = "upper" if northing[0] > northing[-1] else "lower"
    extent = _extent(arrays)
    return axes.imshow(values, extent=extent, origin=origin, interpolation="nearest", **style)


def _shade(axes: Axes, arrays: dict[str, Any], values: Any) -> None:
    """Relief lit from the north-west, laid over the colours."""
    easting, northing = _centres(arrays)
    step_x, step_y = abs(np.diff(easting[:2])[0]) * 1e3, abs(np.diff(northing[:2])[0]) * 1e3
    light = colors.LightSource(azdeg=315, altdeg=45)
    filled = values.filled(float(values.mean()))
    rows_from_north = filled if northing[0] > northing[-1] else filled[::-1]
    relief = light.hillshade(rows_from_north, vert_exag=4, dx=step_x, dy=step_y)
    relief = relief if northing[0] > northing[-1] else relief[::-1]
    grid_image(axes, arrays, relief, cmap="gray", alpha=0.28, vmin=0, vmax=1)


def _mark_deposits(axes: Axes, deposits: list[list[float]]) -> None:
    """A hollow diamond for each deposit, at its generalised place (metres given)."""
    if deposits:
        places = np.asarray(deposits) / 1e3
        axes.plot(
            places[:, 0], places[:, 1], "D", mfc="none", mec="white", mew=3, ms=8, linestyle="none"
        )
        axes.plot(
            places[:, 0], places[:, 1], "D", mfc="none", mec=INK, mew=1.2, ms=8, linestyle="none"
        )
