"""A scene as few bytes: whole numbers told from their neighbours, deflated, as text.

What the page's script reads (``templates/viewer/data.js``): four bytes with the length of a JSON
head, the head, then the columns that it names. A column is whole numbers; of each what its
neighbours let expect is taken away and the sign folded in; the lowest bytes of all numbers stand
together, then the next ones.
"""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from reporting.viewer.blocks import Cells, Ints
from reporting.viewer.columns import Column, cell_columns, ground_column, trace_columns
from reporting.viewer.scene import Scene
from reporting.viewer.shades import bins_of
from reporting.viewer.thin import thinned_ground, thinned_traces

PLANES = ((0, 1), (0, 2), (1, 2))
"""Axes of the three flat guesses from a cell's neighbours."""


@dataclass
class _Stream:
    """Columns as they are put one after another, and what the head says of them."""

    head: list[dict[str, Any]] = field(default_factory=list)
    body: list[bytes] = field(default_factory=list)

    def put(self, column: Column, rest: Ints, guess: str) -> None:
        """Add a column: ``rest`` is what is kept of it, not below zero."""
        count = max(1, (int(rest.max(initial=0)).bit_length() + 7) // 8)
        planes = rest.astype("<u4").view(np.uint8).reshape(-1, 4).T[:count]
        self.body.append(planes.tobytes())
        self.head.append(
            {
                "name": column.name,
                "count": len(rest),
                "bytes": count,
                "guess": guess,
                "step": column.step,
            }
        )


def encode(scene: Scene) -> str:
    """The whole scene as a deflated stream in the letters of :func:`as_text`."""
    cells, traces = scene.cells, thinned_traces(scene.traces)
    low, shape = box_of(cells)
    stream = _Stream()
    places = (cells.ijk - low) @ np.array([1, shape[0], shape[0] * shape[1]])
    stream.put(Column("place", places, "1"), np.diff(places, prepend=-1) - 1, "steps")
    near = _neighbours(cells.ijk - low, shape)
    for column in cell_columns(cells):
        stream.put(column, _folded(column.values - _expected(column.values, near)), "cells")
    for column in trace_columns(traces, cells.grid):
        _put_line(stream, column)
    head: dict[str, Any] = {
        "origin_m": cells.grid.origin_m,
        "cell_m": cells.grid.cell_m,
        "join": cells.grid.join,
        "low": low.tolist(),
        "shape": shape,
        "domains": scene.domains,
        "holes": traces.holes,
        "nodes": traces.nodes.tolist(),
        "bins": bins_of(cells),
        "columns": stream.head,
    }
    if scene.ground_m is not None and np.isfinite(scene.ground_m).any():
        ground, every = thinned_ground(scene.ground_m)
        low_m = float(np.nanmin(ground))
        _put_line(stream, ground_column(ground, low_m))
        head["ground"] = {"shape": ground.shape, "every": every, "low_m": low_m}
    words = json.dumps(head, ensure_ascii=False).encode("utf-8")
    body = b"".join((len(words).to_bytes(4, "little"), words, *stream.body))
    # what is left of smooth numbers repeats little: strings of it are seldom worth a reference
    deflate = zlib.compressobj(9, zlib.DEFLATED, 15, 9, zlib.Z_FILTERED)
    return as_text(deflate.compress(body) + deflate.flush())


def _put_line(stream: _Stream, column: Column) -> None:
    """A column in which each number goes on from the two before; assays do not."""
    if column.name == "trace_grade":
        stream.put(column, column.values, "none")
    else:
        stream.put(column, _folded(np.diff(column.values, 2, prepend=[0, 0])), "line")


def as_text(data: bytes) -> str:
    """Five letters for four bytes (base 85), none of which means anything in HTML.

    Letters are those of :func:`base64.b85encode` with ``,.:`` for ``<>&``; the number of bytes
    stands before them in four more.
    """
    told = len(data).to_bytes(4, "big") + data
    return base64.b85encode(told, pad=True).decode("ascii").translate(str.maketrans("<>&", ",.:"))


def box_of(cells: Cells) -> tuple[Ints, tuple[int, int, int]]:
    """First place and number of places along x, y, z of the box that holds every cell."""
    if not len(cells):
        return np.zeros(3, np.int64), (1, 1, 1)
    low = cells.ijk.min(axis=0)
    nx, ny, nz = (cells.ijk.max(axis=0) - low + 1).tolist()
    return low, (nx, ny, nz)


def _neighbours(at: Ints, shape: tuple[int, int, int]) -> npt.NDArray[np.int64]:
    """(6, n) numbers of the cells one step back along x, y, z, xy, xz, yz; -1 where none is."""
    nx, ny, nz = shape
    look = np.full((nz + 1, ny + 1, nx + 1), -1, np.int64)
    i, j, k = (at + 1).T
    look[k, j, i] = np.arange(len(at))
    return np.stack(
        [
            look[k, j, i - 1],
            look[k, j - 1, i],
            look[k - 1, j, i],
            look[k, j - 1, i - 1],
            look[k - 1, j, i - 1],
            look[k - 1, j - 1, i],
        ]
    )


def _expected(values: Ints, near: npt.NDArray[np.int64]) -> Ints:
    """What each cell's neighbours let expect, from earlier cells alone.

    The middle one of three flat guesses where all six are there; else the mean of those beside
    it, rounded down; else the cell before in order.
    """
    there = near >= 0
    beside = np.where(there, values[near], 0) if len(values) else near
    flat = [beside[a] + beside[b] - beside[2 + a + b] for a, b in PLANES]
    middle = np.sort(flat, axis=0)[1]
    count = there[:3].sum(axis=0)
    before = np.concatenate([[0], values[:-1]])[: len(values)]
    mean = np.where(count > 0, beside[:3].sum(axis=0) // np.maximum(count, 1), before)
    return np.asarray(np.where(there.all(axis=0), middle, mean), np.int64)


def _folded(values: Ints) -> Ints:
    """Sign folded in: 0, -1, 1, -2, 2 become 0, 1, 2, 3, 4."""
    return np.where(values >= 0, 2 * values, -2 * values - 1)
