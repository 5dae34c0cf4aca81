"""Axes that follow a surface: which way each block's search and variogram are turned.

The plane of the major and semi-major axes is laid into the plane of the nearest triangle by the
smallest rotation that does it, so that neighbouring blocks turn alike even where the surface lies
flat and its dip direction means little; all orientations of the choices (variogram, structures,
search) turn together. Directions are rounded, and blocks of one direction are kriged together.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from estimation.engine.surroundings import Surface
from estimation.plan import Choices, Indicators, Orientation, Variogram
from estimation.rotation import axes_from_gslib, orientation_from_axes

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_SAME_PLANE = 1e-12
"""Sine squared of the angle below which two planes are one."""


def rounded_directions(surface: Surface, xyz_m: Floats, step_deg: float) -> Floats:
    """Dip and dip direction at places, (n, 2) degrees, rounded to ``step_deg``."""
    dip, direction = surface.directions_at(xyz_m)
    dip = np.round(np.asarray(dip) / step_deg) * step_deg
    direction = np.round(np.asarray(direction) / step_deg) * step_deg % 360.0
    # a level plane has no dip direction, and an upright one two
    direction = np.where(dip == 0.0, 0.0, direction)
    direction = np.where(dip == 90.0, direction % 180.0, direction)
    return np.column_stack([dip, direction])


def by_direction(directions: Floats) -> Iterator[tuple[Ints, Floats]]:
    """Rows of each direction that occurs, and the upward normal of its plane (3,)."""
    found, which = np.unique(directions, axis=0, return_inverse=True)
    for at, (dip, direction) in enumerate(np.deg2rad(found)):
        normal = np.array(
            [np.sin(dip) * np.sin(direction), np.sin(dip) * np.cos(direction), np.cos(dip)]
        )
        yield np.flatnonzero(which.ravel() == at), normal


def rotation_into(orientation: Orientation, normal: Floats) -> Floats | None:
    """Smallest rotation (3, 3) that lays the major plane into a plane; None where it lies in it.

    Rodrigues' formula about the planes' line of intersection.
    """
    own = axes_from_gslib(orientation)[2]
    other = normal if own @ normal >= 0 else -normal
    x, y, z = np.cross(own, other)
    if x * x + y * y + z * z < _SAME_PLANE:
        return None
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.asarray(np.eye(3) + cross + cross @ cross / (1.0 + own @ other))


def turn_choices(choices: Choices, rotation: Floats) -> Choices:
    """The same choices with every orientation turned."""
    search = choices.search_orientation or choices.variogram.orientation
    changes: dict[str, object] = {
        "variogram": _turn_variogram(choices.variogram, rotation),
        "search_orientation": _turn(search, rotation),
    }
    if choices.indicators:
        turned = tuple(_turn_variogram(v, rotation) for v in choices.indicators.variograms)
        changes["indicators"] = Indicators(**{**dict(choices.indicators), "variograms": turned})
    return choices.model_copy(update=changes)


def _turn_variogram(variogram: Variogram, rotation: Floats) -> Variogram:
    structures = tuple(
        s.model_copy(update={"orientation": _turn(s.orientation, rotation)}) if s.orientation else s
        for s in variogram.structures
    )
    turned = _turn(variogram.orientation, rotation)
    return variogram.model_copy(update={"orientation": turned, "structures": structures})


def _turn(orientation: Orientation, rotation: Floats) -> Orientation:
    return orientation_from_axes(axes_from_gslib(orientation) @ rotation.T)
