"""Bins and colours of the three-dimensional page: the section plates' where they have them."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from reporting.units import grade_display
from reporting.viewer.blocks import Cells, Floats

GRADE = ("ffffe5", "fff7bc", "fee391", "fec44f", "fe9929", "ec7014", "cc4c02", "993404", "662506")
"""ColorBrewer YlOrBr, as the section plates have it: pale to dark."""
DEVIATION = (
    "f7fcfd",
    "e0ecf4",
    "bfd3e6",
    "9ebcda",
    "8c96c6",
    "8c6bb1",
    "88419d",
    "810f7c",
    "4d004b",
)
"""ColorBrewer BuPu: another hue than grades."""
FROM, TO = 0.08, 0.98
"""Part of a ramp that is used."""
MOST_BINS = 7
ROUND = (1, 2, 3, 4, 5, 10)


def shades(ramp: tuple[str, ...], count: int) -> tuple[str, ...]:
    """``count`` colours of a ramp, ``#rrggbb``, from pale to dark."""
    anchors = np.array([[int(one[at : at + 2], 16) for at in (0, 2, 4)] for one in ramp])
    at = np.linspace(FROM, TO, count) * (len(ramp) - 1)
    mixed = [np.interp(at, np.arange(len(ramp)), anchors[:, band]) for band in range(3)]
    return tuple("#" + "".join(f"{round(band):02x}" for band in one) for one in np.transpose(mixed))


def bins_of(cells: Cells) -> dict[str, list[float]]:
    """Limits between colours of each column but the main element's grade, which has the plates'."""
    names = list(cells.grades)
    found = {
        f"grade_{number}": round_bins(cells.grades[name], grade_display(name).decimals)
        for number, name in enumerate(names)
        if number
    }
    return {**found, "deviation": round_bins(cells.deviation, grade_display(names[0]).decimals + 1)}


def round_bins(values: Floats, decimals: int) -> list[float]:
    """Up to seven round limits, evenly apart, that tell the middle 96 % of the values apart."""
    known = values[np.isfinite(values)]
    if not known.size:
        return []
    low, high = np.quantile(known, (0.02, 0.98))
    least = 10.0**-decimals
    wanted = max((high - low) / MOST_BINS, least)
    power = 10.0 ** np.floor(np.log10(wanted))
    step = next(power * n for n in ROUND if power * n >= wanted * (1 - 1e-9))
    first = np.floor(low / step) + 1
    found = [float(round(Decimal(repr(float(step * (first + n)))), 9)) for n in range(MOST_BINS)]
    return [one for one in found if one <= high] or [found[0]]
