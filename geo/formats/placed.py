"""Points, lines and blocks of general formats as the columns of a sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from geo.formats.columns import COORDINATES, Named, coordinate_names, numbers

Floats = NDArray[np.float64]
Wholes = NDArray[np.int64]

CENTRES = ("xc", "yc", "zc")
SIZES = ("xinc", "yinc", "zinc")
"""Columns of a block: its centre (world) and its sizes along the model's own axes, metres."""

Surface = tuple[str, Floats, Wholes]
"""Name, vertices (n, 3) and triangles (m, 3) of a surface."""

Order = Literal["wvu", "uvw", "vuw"]
"""Axes of a block array, slowest first: OMF 2 and GSLIB ``wvu``, OMF 1 ``uvw``, geoh5 ``vuw``."""


@dataclass(frozen=True)
class Frame:
    """Where a grid of blocks lies: lower corner, unit axes as rows (u, v, w), edges along each."""

    origin: Floats
    axes: Floats
    edges: tuple[Floats, Floats, Floats]
    """Distances of the blocks' edges from the origin, one more than there are blocks."""

    @property
    def counts(self) -> tuple[int, int, int]:
        """Blocks along u, v, w."""
        u, v, w = (max(len(edge) - 1, 0) for edge in self.edges)
        return u, v, w

    @property
    def size(self) -> int:
        """Blocks in all."""
        u, v, w = self.counts
        return u * v * w


def point_columns(points: Floats, prefix: str = "") -> list[Named]:
    """Easting, northing and elevation of points, shape (n, 3)."""
    names = coordinate_names((), prefix)
    return [(name, numbers(points[:, axis])) for axis, name in enumerate(names)]


def segment_columns(points: Floats, segments: Wholes) -> list[Named]:
    """Both ends of segments, shape (m, 2) of indices into ``points``.

    Raises
    ------
    ValueError
        A segment names a point that isn't there.
    """
    if segments.size and (segments.min() < 0 or segments.max() >= len(points)):
        raise ValueError("a segment names a vertex that is not there")
    first = point_columns(points[segments[:, 0]], prefix="start_")
    return first + point_columns(points[segments[:, 1]], prefix="end_")


def grid_triangles(fast: int, slow: int) -> Wholes:
    """Two triangles for each cell of ``fast`` x ``slow`` vertices, first axis fastest, (m, 3)."""
    corner = (np.arange(slow - 1)[:, None] * fast + np.arange(fast - 1)).ravel()
    lower = np.column_stack([corner, corner + 1, corner + fast])
    upper = np.column_stack([corner + 1, corner + fast + 1, corner + fast])
    made: Wholes = np.vstack([lower, upper]).astype(np.int64)
    return made


def block_columns(frame: Frame, order: Order) -> list[Named]:
    """Centres and sizes of every block, in the order of its format (slowest axis first)."""
    axes = ["uvw".index(axis) for axis in order]
    index = np.indices([frame.counts[axis] for axis in axes]).reshape(3, -1)
    at = [index[axes.index(axis)] for axis in range(3)]
    lower = np.column_stack([frame.edges[a][:-1][at[a]] for a in range(3)])
    upper = np.column_stack([frame.edges[a][1:][at[a]] for a in range(3)])
    return box_columns(frame, lower, upper)


def box_columns(frame: Frame, lower: Floats, upper: Floats) -> list[Named]:
    """Centres (world) and sizes of boxes given by corners along the model's own axes, (n, 3)."""
    centres = frame.origin + (lower + upper) / 2.0 @ frame.axes
    sizes = np.abs(upper - lower)
    return [(name, numbers(centres[:, i])) for i, name in enumerate(CENTRES)] + [
        (name, numbers(sizes[:, i])) for i, name in enumerate(SIZES)
    ]


def coordinate_units(columns: Sequence[Named], unit: str | None) -> dict[str, str]:
    """The project's unit of length for every column of coordinates or sizes."""
    if not unit:
        return {}
    lengths = (*CENTRES, *SIZES)
    return {n: unit for n, _ in columns if n in lengths or n.endswith(COORDINATES)}
