"""A variogram as people check it: axes by trend and plunge, angles as every program writes them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from estimation.plan import Orientation, Variogram
from estimation.rotation import (
    axes_from_gslib,
    datamine_from_axes,
    leapfrog_from_axes,
    orientation_from_axes,
    trend_plunge,
)

Floats = npt.NDArray[np.float64]

AXES = ("major", "semi_major", "minor")
UPRIGHT_DEG = 89.95
"""Plunge beyond which a trend says nothing."""


def conventions(orientation: Orientation) -> pd.DataFrame:
    """One ellipsoid in each program's angles: columns ``convention``, ``angles``, ``values_deg``.

    The first row is the common language: trend/plunge of the three axes. GSLIB's are in the form
    whose major axis points down. Vulcan's third angle is left open: its sign was not verified
    against an export.
    """
    axes = axes_from_gslib(orientation)
    gslib = orientation_from_axes(axes)
    rows = [
        (
            "trend/plunge",
            "major; semi-major; minor",
            "; ".join(trend_plunge_text(axis) for axis in axes),
        ),
        (
            "GSLIB",
            "ang1, ang2, ang3",
            _degrees(gslib.azimuth_deg, gslib.dip_deg, gslib.rake_deg),
        ),
        ("Leapfrog / Evo", "dip, dip azimuth, pitch", _degrees(*leapfrog_from_axes(axes))),
        ("Datamine ZXZ", "angle1, angle2, angle3", _degrees(*datamine_from_axes(axes))),
        (
            "Vulcan (unverified)",
            "bearing, plunge, dip",
            f"{_degrees(gslib.azimuth_deg, gslib.dip_deg)}, ±{abs(gslib.rake_deg):.1f}",
        ),
    ]
    return pd.DataFrame(rows, columns=["convention", "angles", "values_deg"])


def stereonet(orientation: Orientation) -> dict[str, Any]:
    """What the drawing ``rotation_conventions`` takes: axes, the table, the plane's name."""
    axes = axes_from_gslib(orientation)
    dip, azimuth, _ = leapfrog_from_axes(axes)
    table = conventions(orientation)
    return {
        "axes": [[float(f"{x:.6g}") for x in axis] for axis in axes],
        "rows": table.to_numpy().tolist(),
        "plane": f"面 plane {round(dip):02d}→{round(azimuth) % 360:03d}",
    }


def trend_plunge_text(axis: Floats) -> str:
    """A line as a geologist writes it: ``082/57``; a vertical one is ``000/90``."""
    trend, plunge = trend_plunge(axis)
    trend = 0.0 if plunge > UPRIGHT_DEG else trend
    return f"{round(trend) % 360:03d}/{round(plunge):02d}"


def model_table(variogram: Variogram) -> pd.DataFrame:
    """A model, one row a structure: sill, share of the sill, ranges, axes, angles by convention.

    The nugget stands in the first row, without ranges or axes.
    """
    total = variogram.total_sill
    nugget = {
        "structure": "nugget",
        "sill": variogram.nugget,
        "sill_share": variogram.nugget / total,
    }
    rows: list[dict[str, object]] = [dict(nugget)]
    for structure in variogram.structures:
        axes = axes_from_gslib(structure.orientation or variogram.orientation)
        row: dict[str, object] = {
            "structure": structure.model,
            "sill": structure.sill,
            "sill_share": structure.sill / total,
        }
        for name, range_m, axis in zip(AXES, structure.ranges_m, axes, strict=True):
            row[f"{name}_range_m"] = range_m
            row[f"{name}_trend_plunge"] = trend_plunge_text(axis)
        gslib = orientation_from_axes(axes)
        row["gslib_deg"] = _degrees(gslib.azimuth_deg, gslib.dip_deg, gslib.rake_deg)
        row["leapfrog_deg"] = _degrees(*leapfrog_from_axes(axes))
        row["datamine_deg"] = _degrees(*datamine_from_axes(axes))
        rows.append(row)
    return pd.DataFrame(rows)


def _degrees(*angles: float) -> str:
    """Angles to a tenth of a degree, no minus zero."""
    return ", ".join(f"{round(angle, 1) + 0.0:.1f}" for angle in angles)
