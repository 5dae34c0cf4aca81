"""Figures of the exploratory analysis: distributions, box plots, scatter matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from scipy.special import ndtri

from reporting.figures.store import COPPER, GRID, INK, MUTED, plain
from reporting.units import domain_text, grade_display, symbol

CAP = "#b3261e"
BLUE = "#3a6ea5"
PROBIT_PCT = (0.1, 1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9)
WHITE: dict[str, Any] = {
    "frameon": True, "facecolor": "white", "edgecolor": "none", "framealpha": 0.88,
}  # fmt: skip
"""A legend that lines run behind."""
MOST_POINTS = 1200
"""Points of a probability plot; the upper twentieth is always drawn whole."""


def grade_distribution(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Histogram (declustered and raw) and log-probability plot of one element in one domain.

    Arrays ``values``, ``weights`` (n,); ``parameters``: ``element``, ``cap`` and ``recommended``
    (or None), ``n``, ``mean``, ``declustered_mean``, ``cv``.
    """
    figure = Figure(figsize=(7.4, 2.9), layout="constrained")
    left, right = figure.subplots(1, 2)
    values, weights = arrays["values"], arrays["weights"]
    _histogram(left, values, weights, parameters)
    _probability(right, values, weights, parameters)
    _told(left, parameters)
    for axes, line in ((left, left.axvline), (right, right.axvline)):
        cap_lines(line, parameters)
        axes.grid(visible=True, color=GRID)
        axes.set_axisbelow(True)
    right.legend(loc="upper left", **WHITE)
    return figure


def _histogram(axes: Axes, values: Any, weights: Any, parameters: dict[str, Any]) -> None:
    """Frequencies up to the 99.5th percentile; what lies beyond is counted."""
    top = float(np.quantile(values, 0.995))
    caps = [c for c in (parameters["cap"], parameters["recommended"]) if c is not None]
    top = max([top, *(1.05 * c for c in caps if c < values.max())])
    low = min(0.0, float(values.min()))
    if not top > low:
        top = low + 1.0
    edges = list(np.linspace(low, top, 41))
    beyond = int((values > top).sum())
    share = 100.0 / weights.sum()
    axes.hist(values, edges, weights=weights * share, color=COPPER, alpha=0.55,
              label="去丛聚 / declustered")  # fmt: skip
    raw = np.full(values.size, 100.0 / values.size)
    axes.hist(values, edges, weights=raw, histtype="step", color=INK, linewidth=0.9,
              label="原始 / raw")  # fmt: skip
    axes.set_xlim(low, top)
    axes.set_xlabel(grade_label(parameters["element"]))
    axes.set_ylabel("频率 / frequency (%)")
    if beyond:
        axes.annotate(f"→ {beyond}", (0.99, 0.03), xycoords="axes fraction", ha="right",
                      color=MUTED, fontsize=7.5)  # fmt: skip


def _told(axes: Axes, parameters: dict[str, Any]) -> None:
    """n, means and CV in the free corner of the histogram, above its legend."""
    text = (
        f"n = {parameters['n']:,}\n"
        f"均值 / mean {parameters['mean']:.3g}\n"
        f"去丛聚 / declustered {parameters['declustered_mean']:.3g}\n"
        f"CV {parameters['cv']:.2f}"
    )
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles, labels, loc="upper right", title=text, alignment="left",
                title_fontsize=7.5, fontsize=7.5, **WHITE)  # fmt: skip


def _probability(axes: Axes, values: Any, weights: Any, parameters: dict[str, Any]) -> None:
    """Cumulative % (probit) against grade (logarithmic), raw and declustered."""
    for label, heavy, colour in (
        ("去丛聚 / declustered", weights, COPPER),
        ("原始 / raw", np.ones_like(weights), INK),
    ):
        order = np.argsort(values, kind="stable")
        share = (np.cumsum(heavy[order]) - heavy[order] / 2) / heavy.sum()
        grade = values[order]
        kept = _thinned(grade) & (grade > 0)
        axes.plot(grade[kept], ndtri(share[kept]), ".", markersize=2.6, color=colour, label=label)
    ticks = [p for p in PROBIT_PCT if values.size >= 200 or 1 <= p <= 99]
    axes.set_yticks(ndtri(np.array(ticks) / 100), labels=[f"{p:g}" for p in ticks])
    if (values > 0).any():
        axes.set_xscale("log")
        plain_log(axes.xaxis, values[values > 0])
    axes.set_xlabel(grade_label(parameters["element"]))
    axes.set_ylabel("累积 / cumulative (%)")


def _thinned(grade: Any) -> Any:
    """Which of the ranked points are drawn."""
    kept = np.zeros(grade.size, dtype=bool)
    kept[:: max(1, grade.size // MOST_POINTS)] = True
    kept[int(grade.size * 0.95) :] = True
    return kept


def cap_lines(line: Any, parameters: dict[str, Any]) -> None:
    """The plan's cap (red dashes) and the recommended one (grey dots)."""
    if parameters["cap"] is not None:
        line(parameters["cap"], color=CAP, linestyle="--", linewidth=1.1,
             label=f"方案 / plan {parameters['cap']:g}")  # fmt: skip
    if parameters["recommended"] is not None:
        line(parameters["recommended"], color=INK, linestyle=":", linewidth=1.2,
             label=f"建议 / recommended {parameters['recommended']:g}")  # fmt: skip


def box_plots(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Box plots of one element by domain and by what else tells samples apart.

    ``parameters``: ``element``, ``panels`` [{title {zh, en}, boxes [{label, n, p5, p25, p50, p75,
    p95, mean, declustered_mean}]}].
    """
    panels = parameters["panels"]
    widths = [max(len(panel["boxes"]), 2) for panel in panels]
    figure = Figure(figsize=(min(1.1 + 0.72 * sum(widths), 11.0), 3.0), layout="constrained")
    all_axes = figure.subplots(1, len(panels), sharey=True, squeeze=False, width_ratios=widths)[0]
    every = [box for panel in panels for box in panel["boxes"]]
    lows = [box["p5"] for box in every if box["p5"] is not None and box["p5"] > 0]
    logarithmic = len(lows) == len(every) and max(b["p95"] for b in every) > 30 * min(lows)
    for axes, panel in zip(all_axes, panels, strict=True):
        _boxes(axes, panel["boxes"])
        axes.set_title(f"{panel['title']['zh']} / {panel['title']['en']}", loc="left")
        axes.grid(visible=True, axis="y", color=GRID)
        axes.set_axisbelow(True)
        if logarithmic:
            axes.set_yscale("log")
            ends = np.array([[b["p5"], b["p95"]] for b in every])
            plain_log(axes.yaxis, ends.ravel())
        else:
            axes.set_ylim(0, 1.06 * max(b["p95"] for b in every))
    all_axes[0].set_ylabel(grade_label(parameters["element"]))
    figure.legend(*all_axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def _boxes(axes: Axes, boxes: list[dict[str, Any]]) -> None:
    """One panel's boxes with means and counts."""
    stats = [
        {"whislo": b["p5"], "q1": b["p25"], "med": b["p50"], "q3": b["p75"], "whishi": b["p95"],
         "fliers": []}
        for b in boxes
    ]  # fmt: skip
    place = np.arange(1, len(boxes) + 1)
    axes.bxp(stats, positions=place, showfliers=False, widths=0.5, patch_artist=True,
             boxprops={"facecolor": "#e9d8cb", "edgecolor": INK, "linewidth": 0.8},
             medianprops={"color": INK, "linewidth": 1.3},
             whiskerprops={"color": INK, "linewidth": 0.8},
             capprops={"color": INK, "linewidth": 0.8})  # fmt: skip
    axes.plot(place, [b["mean"] for b in boxes], "D", color=COPPER, markersize=4.5,
              label="均值 / mean")  # fmt: skip
    axes.plot(place, [b["declustered_mean"] for b in boxes], "x", color=BLUE, markersize=5.5,
              mew=1.4, label="去丛聚均值 / declustered mean")  # fmt: skip
    labels = [f"{domain_label(b['label'])}\nn={b['n']:,}" for b in boxes]
    axes.set_xticks(place, labels=labels, fontsize=7.5)
    axes.set_xlim(0.4, len(boxes) + 0.6)


def domain_label(name: str) -> str:
    """A domain's or group's name on an axis."""
    if name == "(all)":
        return "各域\nall"
    text = domain_text(name)
    return plain(name, 14) if text.zh == text.en else f"{text.zh}\n{text.en}"


def scatter_matrix(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Scatter of every pair of elements, histograms on the diagonal, correlations above it.

    Arrays: an element's grades (n,) each, NaN where blank; ``parameters``: ``elements``,
    ``correlations`` [{first, second, n, pearson, spearman, pearson_logs}]. Precious and minor
    metals have logarithmic axes where their grades are above zero and skewed.
    """
    names = parameters["elements"]
    size = len(names)
    figure = Figure(figsize=(2.05 * size + 0.4, 1.85 * size + 0.3), layout="constrained")
    panels = figure.subplots(size, size, squeeze=False)
    logarithmic = {name: _skewed(arrays[name]) for name in names}
    found = {(c["first"], c["second"]): c for c in parameters["correlations"]}
    for row, second in enumerate(names):
        for column, first in enumerate(names):
            axes = panels[row][column]
            if column > row:
                _numbers(axes, found[second, first])
                continue
            if column == row:
                _diagonal(axes, arrays[first], logarithmic[first])
            else:
                _pairs(axes, (arrays[first], arrays[second]),
                       (logarithmic[first], logarithmic[second]))  # fmt: skip
            if row == size - 1:
                axes.set_xlabel(grade_label(first))
            if column == 0 and row:
                axes.set_ylabel(grade_label(second))
            axes.tick_params(labelsize=7)
    return figure


def _skewed(values: Any) -> bool:
    """Whether an element is better seen on a logarithmic axis."""
    known = values[np.isfinite(values)]
    if known.size < 3 or (known <= 0).any():
        return False
    return bool(np.quantile(known, 0.99) > 12 * np.quantile(known, 0.05))


def _diagonal(axes: Axes, values: Any, logarithmic: bool) -> None:
    """Histogram of one element; frequencies have no axis of their own."""
    known = values[np.isfinite(values)]
    if logarithmic:
        axes.set_xscale("log")
        edges = np.geomspace(known.min(), known.max() * 1.0001, 26)
        plain_log(axes.xaxis, known)
    else:
        top = float(np.quantile(known, 0.995))
        edges = np.linspace(float(known.min()), top if top > known.min() else top + 1.0, 26)
    axes.hist(known, list(edges), color=COPPER, alpha=0.6)
    axes.set_yticks([])


def _pairs(axes: Axes, values: tuple[Any, Any], logarithmic: tuple[bool, bool]) -> None:
    """Points and the least-squares line (of logarithms where an axis is logarithmic)."""
    both = np.isfinite(values[0]) & np.isfinite(values[1])
    x, y = values[0][both], values[1][both]
    axes.scatter(x, y, s=3, color=BLUE, alpha=0.35, linewidths=0, rasterized=True)
    for axis, scale, log in ((axes.xaxis, axes.set_xscale, logarithmic[0]),
                             (axes.yaxis, axes.set_yscale, logarithmic[1])):  # fmt: skip
        if log:
            scale("log")
            plain_log(axis, x if axis is axes.xaxis else y)
    if x.size:
        axes.set_xlim(*_span(x, logarithmic[0]))
        axes.set_ylim(*_span(y, logarithmic[1]))
    u, v = (np.log(a) if log else a for a, log in zip((x, y), logarithmic, strict=True))
    if u.size > 2 and np.ptp(u) > 0:
        slope, constant = np.polyfit(u, v, 1)
        ends = np.linspace(u.min(), u.max(), 60)
        fitted = slope * ends + constant
        line = [np.exp(a) if log else a for a, log in zip((ends, fitted), logarithmic, strict=True)]
        axes.plot(*line, color=CAP, linewidth=1.0)
    axes.grid(visible=True, color=GRID)


def _span(values: Any, logarithmic: bool) -> tuple[float, float]:
    """A linear axis ends at the 99.7th percentile, so that one grade doesn't flatten the rest."""
    if logarithmic:
        return float(values.min()) / 1.15, float(values.max()) * 1.15
    low, high = float(values.min()), float(np.quantile(values, 0.997))
    return (low, high * 1.05) if high > low else (low - 0.5, low + 0.5)


def _numbers(axes: Axes, found: dict[str, Any]) -> None:
    """Correlations of one pair, printed."""
    lines = [
        f"n = {found['n']:,}",
        f"r = {_number(found['pearson'])}",
        f"ρ = {_number(found['spearman'])}",
        f"r ln = {_number(found['pearson_logs'])}",
    ]
    strong = found["spearman"] is not None and abs(found["spearman"]) >= 0.5
    axes.text(0.5, 0.5, "\n".join(lines), ha="center", va="center", linespacing=1.5,
              transform=axes.transAxes, color=COPPER if strong else INK)  # fmt: skip
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def _number(value: float | None) -> str:
    """A correlation with two decimals."""
    return "—" if value is None or not np.isfinite(value) else f"{value:.2f}"


def grade_label(element: str) -> str:
    """Label of an axis of grades."""
    return f"{symbol(element)} ({grade_display(element).sign})"


def plain_log(axis: Any, values: Any) -> None:
    """Figures instead of powers of ten, at 1-2-5 where the axis spans little."""
    values = np.asarray(values)
    span = float(values.max()) / max(float(values.min()), 1e-12)
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if span < 200 else (1,), numticks=12))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())
