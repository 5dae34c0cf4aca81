"""Figures of how a belt's resource went from one data date to the next."""

from __future__ import annotations

from datetime import date
from typing import Any

from matplotlib.dates import DateFormatter, date2num
from matplotlib.figure import Figure

from reporting.figures.store import INK
from reporting.rounding import printed
from reporting.units import CLASS_TEXT

_LINE = {"measured": "#9e2f2a", "indicated": "#2f7a43", "inferred": "#3a6ea5"}
_MARKS = {"measured": "o", "indicated": "s", "inferred": "^"}


def class_trend(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Metal (kt) at each data date, a panel for each class on its own scale from zero.

    ``parameters``: ``dates`` (ISO), ``series`` {class: kt at each date}, ``symbol``.
    """
    figure = Figure(figsize=(7.2, 2.3), layout="constrained")
    days = [float(date2num(date.fromisoformat(day))) for day in parameters["dates"]]
    panels = figure.subplots(1, len(parameters["series"]), squeeze=False)[0]
    for axes, (name, amounts) in zip(panels, parameters["series"].items(), strict=True):
        axes.plot(days, amounts, color=_LINE[name], marker=_MARKS[name], markersize=4.5)
        for day, amount in zip(days, amounts, strict=True):
            axes.annotate(
                printed(amount, 0),
                (day, amount),
                xytext=(0, 5),
                textcoords="offset points",
                ha="center",
                fontsize=7.5,
                color=INK,
            )
        text = CLASS_TEXT[name]
        axes.set_title(f"{text.zh[:2]} / {text.en}")
        axes.set_ylim(0, 1.2 * max(*amounts, 1e-9))
        margin = 0.15 * max(days[-1] - days[0], 1.0)
        axes.set_xlim(days[0] - margin, days[-1] + margin)
        shown = days if len(days) <= 3 else [days[0], days[len(days) // 2], days[-1]]
        axes.set_xticks(shown)
        axes.xaxis.set_major_formatter(DateFormatter("%Y-%m-%d"))
        axes.tick_params(axis="x", labelsize=7)
        axes.grid(visible=True, axis="y")
    panels[0].set_ylabel(f"{parameters['symbol']} (kt)")
    return figure
