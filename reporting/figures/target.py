"""Figures of growth: progress against the target, and the waterfall of a movement."""

from __future__ import annotations

from datetime import date
from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib.dates import DateFormatter, date2num, num2date
from matplotlib.figure import Figure

from reporting.figures.store import COPPER, INK, MUTED, plain
from reporting.rounding import printed

_UP, _DOWN, _ENDS = "#2f7a43", "#a6322b", "#4a5560"
_BAND = "#7c97b5"
"""Of simulated ranges: apart from copper, the colour of the plans' range."""


def target(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """Copper by vintage against the target lines, on each basis.

    ``parameters``: ``baseline_kt``, ``lines`` [[kt, label], ...], ``start``, ``end`` (ISO dates),
    ``series`` [{"label", "dates" [ISO], "kt" [...]}, ...], first one is the target's own basis;
    ``fan`` None or the projection: {"dates" [ISO, ISO], "low", "mid", "high" [kt, kt]};
    ``ranges`` simulated ones of the first series: [{"date" ISO, "p10", "stated", "p90" kt}, ...];
    ``bands`` what joins ranges of days next to each other: [{"dates" [ISO], "p10", "p90" [kt]}];
    ``unchanged`` None or the newest of them up to the deadline: {"dates" [ISO, ISO], "p10", "p90"}.
    """
    figure = Figure(figsize=(7.1, 2.5), layout="constrained")
    axes = figure.subplots()
    start, end = (_day(parameters[key]) for key in ("start", "end"))
    lines = [[parameters["baseline_kt"], "基数 / baseline"], *parameters["lines"]]
    _levels(axes, lines)
    _courses(axes, parameters["series"])
    values = [v for s in parameters["series"] for v in s["kt"]] + [line[0] for line in lines]
    if parameters["fan"]:
        values += _fan(axes, parameters["fan"])
    _bands(axes, parameters["bands"])
    values += _whiskers(axes, parameters["ranges"])
    if parameters["unchanged"]:
        _unchanged(axes, parameters["unchanged"])
    margin = 0.12 * (max(values) - min(values) or max(values))
    axes.set_ylim(min(values) - 2 * margin, max(values) + margin)
    first = min([start, *(_day(text) for s in parameters["series"] for text in s["dates"])])
    axes.set_xlim(first, end)
    axes.set_ylabel(f"{parameters['symbol']} 金属量 / metal (kt)")
    if axes.get_ylim()[0] > 0:
        _warn_of_the_broken_axis(axes)
    axes.grid(visible=True, axis="y")
    years = range(num2date(first).year, num2date(end).year + 1)
    ends = [float(date2num(date(year, 12, 31))) for year in years]
    axes.set_xticks([day for day in ends if first <= day <= end])
    axes.xaxis.set_major_formatter(DateFormatter("%Y-%m-%d"))
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=2, fontsize=8)
    return figure


def _courses(axes: Any, courses: list[dict[str, Any]]) -> None:
    """Draw copper by vintage, a line for each basis."""
    styles: tuple[dict[str, Any], ...] = (
        {"color": COPPER, "marker": "o"},
        {"color": "#3a6ea5", "marker": "s"},
    )
    for series, style in zip(courses, styles, strict=False):
        dates = [_day(text) for text in series["dates"]]
        label = plain(series["label"], 60)
        axes.plot(
            dates, series["kt"], linewidth=1.5, markersize=5, label=label, clip_on=False, **style
        )


def _levels(axes: Any, lines: list[list[Any]]) -> None:
    """The baseline and the target's lines, each with its name and kt on the right."""
    for level, label in lines:
        axes.axhline(level, color=_ENDS, linewidth=0.9, linestyle=(0, (5, 3)), zorder=1)
        axes.annotate(
            f"{plain(label)}  {printed(level, 0)} kt",
            (1, level),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            annotation_clip=False,
        )


def _fan(axes: Any, fan: dict[str, Any]) -> list[float]:
    """Draw what is projected from the newest figure's day: the range of plans, and its middle.

    Returns the levels drawn.
    """
    days = [_day(text) for text in fan["dates"]]
    label = "按计划外推 / as planned"
    axes.fill_between(
        days, fan["low"], fan["high"], color=COPPER, alpha=0.18, linewidth=0, label=label
    )
    axes.plot(days, fan["mid"], color=COPPER, linewidth=1.2, linestyle=(0, (2, 2)))
    axes.axvline(days[0], color=MUTED, linewidth=0.8, linestyle=(0, (1, 2)), zorder=1)
    return [level for case in ("low", "mid", "high") for level in fan[case]]


def _bands(axes: Any, bands: list[dict[str, Any]]) -> None:
    """Fill between P10 and P90 from day to day; a day without a range parts two bands."""
    for band in bands:
        days = [_day(text) for text in band["dates"]]
        axes.fill_between(
            days, band["p10"], band["p90"], color=_BAND, alpha=0.25, linewidth=0, zorder=0.5
        )


def _whiskers(axes: Any, ranges: list[dict[str, Any]]) -> list[float]:
    """Draw simulated ranges at the dots, P10 to P90; returns the levels drawn."""
    for place, one in enumerate(ranges):
        day, label = _day(one["date"]), "P10–P90（模拟 / simulated）" if place == 0 else None
        axes.plot(
            [day] * 3,
            [one["p10"], one["stated"], one["p90"]],
            color=INK,
            linewidth=1.1,
            marker="_",
            markersize=9,
            label=label,
            clip_on=False,
        )
    return [one[name] for one in ranges for name in ("p10", "p90")]


def _unchanged(axes: Any, band: dict[str, Any]) -> None:
    """Draw the newest range up to the deadline as it stands, hatched: nothing is forecast."""
    axes.fill_between(
        [_day(text) for text in band["dates"]],
        band["p10"],
        band["p90"],
        facecolor="none",
        edgecolor=_BAND,
        hatch="////",
        linewidth=0.5,
        zorder=0.5,
        label="P10–P90 按现有估算外推，无预测 / as estimated today, not a forecast",
    )


def _day(text: str) -> float:
    """An ISO date as matplotlib counts days."""
    return float(date2num(date.fromisoformat(text)))


def waterfall(arrays: dict[str, Any], parameters: dict[str, Any]) -> Figure:
    """From opening to closing in statutory order; up green with ▲, down red with ▼.

    ``parameters``: ``opening_kt``, ``closing_kt``, ``steps`` [[label, signed kt], ...],
    ``decimals`` of the printed values, ``element``.
    """
    count, decimals = len(parameters["steps"]) + 2, parameters["decimals"]
    figure = Figure(figsize=(max(7.4, 0.95 * count), 2.7), layout="constrained")
    axes = figure.subplots()
    labels = ["期初保有\nopening", *(s[0] for s in parameters["steps"]), "期末保有\nclosing"]
    level = parameters["opening_kt"]
    peak = max(level, parameters["closing_kt"])
    levels = [level]
    axes.bar(0, level, color=_ENDS, width=0.62)
    for place, (_, step) in enumerate(parameters["steps"], start=1):
        axes.plot([place - 0.69, place + 0.31], [level, level], color=MUTED, linewidth=0.6)
        if step:
            axes.bar(place, step, bottom=level, width=0.62, color=_UP if step > 0 else _DOWN)
        level += step
        levels.append(level)
    last = len(parameters["steps"]) + 1
    axes.plot([last - 0.69, last + 0.31], [level, level], color=MUTED, linewidth=0.6)
    axes.bar(last, parameters["closing_kt"], color=_ENDS, width=0.62)
    low = min(levels)
    span = max(max(levels) - low, 0.02 * peak)
    floor = max(0.0, low - 0.6 * span)
    axes.set_ylim(floor, max(levels) + 0.28 * span)
    for place, step in enumerate([s[1] for s in parameters["steps"]], start=1):
        _value(axes, place, max(levels[place - 1], levels[place]), step, decimals)
    for place, value in ((0, levels[0]), (last, parameters["closing_kt"])):
        _total(axes, place, value, decimals)
    axes.set_xticks(np.arange(last + 1), [_folded(label) for label in labels])
    axes.tick_params(axis="x", length=0, labelcolor=INK)
    axes.set_ylabel(f"{parameters['element']} (kt)")
    if floor > 0:
        _warn_of_the_broken_axis(axes)
    axes.grid(visible=True, axis="y")
    axes.set_axisbelow(True)
    return figure


def _folded(label: str) -> str:
    """A bar's name, its English part over several lines where it is long."""
    zh, _, en = label.partition("\n")
    return "\n".join([zh, *wrap(en, 13)])


def _total(axes: Any, place: int, value: float, decimals: int) -> None:
    """Write an end's figure above its bar."""
    axes.annotate(
        printed(value, decimals),
        (place, value),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        fontsize=8,
    )


def _warn_of_the_broken_axis(axes: Any) -> None:
    """Say that the axis is cut below: heights above it must not be compared."""
    axes.annotate(
        "纵轴不自零起 / axis does not start at 0",
        (0.5, 0.02),
        xycoords="axes fraction",
        ha="center",
        fontsize=7.5,
        color=_DOWN,
    )


def _value(axes: Any, place: int, top: float, step: float, decimals: int) -> None:
    """The signed value of one step above its bar, with its direction as a shape."""
    arrow = "▲ " if step > 0 else "▼ " if step < 0 else ""
    text = arrow + printed(step, decimals, signed=True)
    colour = _UP if step > 0 else _DOWN if step < 0 else MUTED
    offset = {"xytext": (0, 3), "textcoords": "offset points"}
    axes.annotate(text, (place, top), ha="center", fontsize=8, color=colour, **offset)
