"""A scene's numbers as whole numbers of a stated step.

Zero means that there is no value; any other number says one more than it stands for. Coordinates
of drill-holes, which all have a value, stand as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from reporting.rounding import as_decimal, round_half_even
from reporting.units import grade_display
from reporting.viewer.blocks import CellGrid, Cells, Floats, Ints
from reporting.viewer.scene import Traces

TRACE_M = "0.1"
"""Step of a drill-hole's coordinates."""
GROUND_M = "0.5"
"""Step of the ground's elevations."""
ORE_STEPS = 65_000
"""Ore is told in so many parts of the largest cell's."""


@dataclass(frozen=True)
class Column:
    """Whole numbers of one kind."""

    name: str
    values: Ints
    step: str
    """What one stands for, as a decimal string."""


def grade_decimals(element: str, *, main: bool) -> int:
    """Decimals that a grade is kept to: as printed, one more where a cut-off is held against it."""
    return grade_display(element).decimals + int(main)


def cell_columns(cells: Cells) -> tuple[Column, ...]:
    """Grades (``grade_0`` the main element's), deviation, class, domain, samples, holes, ore."""
    found = []
    for number, (name, grade) in enumerate(cells.grades.items()):
        decimals = grade_display(name).decimals
        kept = grade_decimals(name, main=number == 0)
        values = _floored(grade, decimals) if number == 0 else _rounded(grade, decimals)
        found.append(Column(f"grade_{number}", values, str(Decimal(1).scaleb(-kept))))
    main = next(iter(cells.grades))
    decimals = grade_decimals(main, main=True)
    found.append(
        Column("deviation", _rounded(cells.deviation, decimals), str(Decimal(1).scaleb(-decimals)))
    )
    most = float(cells.ore_t.max(initial=1.0))
    ore = np.maximum(np.rint(cells.ore_t / most * ORE_STEPS), 1).astype(np.int64) + 1
    whole = {
        "class": cells.class_code,
        "domain": cells.domain_code,
        "samples": cells.samples + 1,
        "holes": cells.holes + 1,
    }
    found += [Column(name, values, "1") for name, values in whole.items()]
    return (*found, Column("ore", ore, repr(most / ORE_STEPS)))


def trace_columns(traces: Traces, grid: CellGrid) -> tuple[Column, ...]:
    """Coordinates of the holes' nodes from the grid's corner, and the grade below each."""
    away = np.rint((traces.points_m - np.array(grid.origin_m)) / float(TRACE_M)).astype(np.int64)
    axes = zip(("trace_x", "trace_y", "trace_z"), away.T, strict=True)
    places = [Column(name, values, TRACE_M) for name, values in axes]
    decimals = grade_display(traces.element).decimals
    step = str(Decimal(1).scaleb(-decimals))
    return (*places, Column("trace_grade", _rounded(traces.grade, decimals), step))


def ground_column(ground_m: Floats, low_m: float) -> Column:
    """Elevations of the ground above ``low_m``, row after row from the south."""
    steps = np.rint((ground_m.ravel() - low_m) / float(GROUND_M)) + 1
    return Column("ground", np.nan_to_num(steps).astype(np.int64), GROUND_M)


def _rounded(values: Floats, decimals: int) -> Ints:
    """Whole numbers of the last printed decimal, rounded as they are printed, plus one."""
    scaled = values * 10.0**decimals
    whole = np.floor(np.nan_to_num(scaled)).astype(np.int64)
    rest = np.nan_to_num(scaled) - whole
    up = whole + (rest > 0.5)
    for at in np.flatnonzero(np.abs(rest - 0.5) < 1e-6):  # ties as a reader would write them
        up[at] = int(round_half_even(float(values[at]), decimals).scaleb(decimals))
    return np.where(np.isnan(values), 0, up + 1)


def _floored(values: Floats, decimals: int) -> Ints:
    """Whole numbers of one decimal more than printed, plus one; rounded down.

    What is at or above a cut-off of that many decimals stays so and what is below stays below;
    rounding what is told to the printed decimals gives what rounding the value gives.
    """
    scaled = values * 10.0 ** (decimals + 1)
    whole = np.floor(np.nan_to_num(scaled)).astype(np.int64)
    near = np.nan_to_num(scaled) - np.rint(np.nan_to_num(scaled))
    for at in np.flatnonzero((np.abs(near) < 1e-6) | (whole % 10 == 5)):
        value = as_decimal(float(values[at])) if not np.isnan(values[at]) else None
        if value is not None:
            whole[at] = _told(value, decimals)
    return np.where(np.isnan(values), 0, whole + 1)


def _told(value: Decimal, decimals: int) -> int:
    """One value near an edge: down, but up where a reader would round the two differently."""
    down = int(value.scaleb(decimals + 1) // 1)
    said = round_half_even(Decimal(down).scaleb(-decimals - 1), decimals)
    return down if said == round_half_even(value, decimals) else down + 1
