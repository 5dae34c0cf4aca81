"""What is stored for each block: which number, in which array, how exactly.

An element has two arrays: ``<element>`` holds what people defend (estimate and variance, float64,
so that proof by bytes has all of them), ``<element>_support`` what stands behind it (float32 is
more than any of it is known to). One array, ``geometry``, is of the blocks themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

NUMBERS = ("estimate", "variance")
"""Stored as float64."""

SUPPORT = (
    "lagrange",
    "slope",
    "efficiency",
    "negative_weights",
    "samples",
    "holes",
    "mean_distance_m",
    "pass",
    "inverse_distance",
    "nearest",
    "redundant",
    "reason",
)
"""Stored as float32. ``pass`` is 0 and ``reason`` says why where a block of a domain could not be
estimated; ``reason`` is 0 where it was. Outside every domain it is 6, and all else is NaN; 7 says
that the block has no value of the raster that its mean follows.

By method (docs/engine-methods.md): inverse distance and nearest sample have no variance, Lagrange
multiplier, slope, efficiency or negative weights, which are NaN; with indicators the variance is
that of the block's distribution of grades, and Lagrange multiplier, slope and efficiency are those
of ordinary kriging from the same samples."""

FIELDS = NUMBERS + SUPPORT
"""Columns of a kernel's result, in this order."""

GEOMETRY = ("domain", "mean_distance_m", "share", "second_domain", "second_share")
"""Domain code (0 outside every domain) and mean distance to the nearest three holes, float64.

Where domains are volumes: the domain with the largest share of the block and that share, the domain
with the next largest (0 for none) and its share; where they are not, the share is 1 and there is no
second."""

GEOMETRY_LAYER = "geometry"

PROBABILITY = ("probability",)
"""Of a layer named by :func:`above_layer`: share of the block above a cut-off, float32."""

_SECOND, _ABOVE = ".second", ".above."


def second_layer(element: str) -> str:
    """Layer of an element's estimate of the part of each block that its second domain has."""
    return element + _SECOND


def is_second(layer: str) -> bool:
    """Whether a layer is of second parts."""
    return layer.endswith(_SECOND)


def is_probability(layer: str) -> bool:
    """Whether a layer is a share above a cut-off."""
    return _ABOVE in layer


def above_layer(element: str, cutoff: float) -> str:
    """Layer of the share of each block above one cut-off of an element's indicators."""
    return f"{element}{_ABOVE}{cutoff!r}"


@dataclass(frozen=True)
class ArrayLayout:
    """One array of the store: its name, the fields along its first axis, and its numbers."""

    name: str
    fields: tuple[str, ...]
    dtype: Literal["f8", "f4"]


def arrays_of(layer: str) -> tuple[ArrayLayout, ...]:
    """Arrays of one layer: of the geometry, or of an element."""
    if layer == GEOMETRY_LAYER:
        return (ArrayLayout(layer, GEOMETRY, "f8"),)
    if is_probability(layer):
        return (ArrayLayout(layer, PROBABILITY, "f4"),)
    return (ArrayLayout(layer, NUMBERS, "f8"), ArrayLayout(f"{layer}_support", SUPPORT, "f4"))


def place_of(layer: str, field: str) -> tuple[str, int]:
    """Name of the array that holds a field of a layer, and the field's index in it.

    Raises
    ------
    KeyError
        The layer has no such field.
    """
    for array in arrays_of(layer):
        if field in array.fields:
            return array.name, array.fields.index(field)
    raise KeyError(f"{layer} has no field {field!r}")


def statistics_array(element: str) -> str:
    """Name of the array that holds an element's statistics of every tile."""
    return f"{element}_statistics"


LAYOUT = [
    [array.fields, array.dtype] for layer in ("", GEOMETRY_LAYER) for array in arrays_of(layer)
]
"""The layout as plain values: another layout is another store."""
