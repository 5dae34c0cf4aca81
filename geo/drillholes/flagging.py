"""Where holes pass from one ground into another: stretches cut at the very depth of the contact."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from geo.drillholes.desurvey import Traces

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

STEP_M = 0.25
"""Holes are asked this often; ground thinner than this along a hole may go unseen."""
EXACT_M = 1e-4
"""Contacts are found to a tenth of a millimetre along the hole …"""
DECIMALS = 3
"""… and told to the millimetre, as depths are written: so alike holes have alike contacts."""
MOST_ROUNDS = 16
"""Contacts looked for between two neighbouring askings."""
CHUNK = 1 << 18
"""Runs are worked through so many askings at a time."""


class Ground(Protocol):
    """Ground that has a number at each point."""

    def inside(self, points_m: Floats) -> Numbers:
        """Number of the ground that holds each point (n, 3), from 1; 0 where none does."""


def cut_at_contacts(
    traces: Traces, hole: Numbers, from_m: Floats, to_m: Floats, ground: Ground
) -> tuple[Numbers, Floats, Floats, Numbers]:
    """Cut stretches of holes wherever the ground changes.

    Parameters
    ----------
    traces, hole
        The courses of the holes, and each stretch's hole by its number there, (n,).
    from_m, to_m
        (n,) ends of the stretches, metres along the hole.
    ground
        What numbers the ground.

    Returns
    -------
    stretch, from_m, to_m, number
        Pieces in the order of the stretches and of depth: which stretch each is of, its ends
        (together they are the stretch, without gap or overlap), and the ground's number in it.
    """
    parts = []
    counts = np.maximum(np.ceil((to_m - from_m) / STEP_M), 1).astype(np.int64)
    share = np.cumsum(counts) // CHUNK
    for number in np.unique(share):
        rows = np.flatnonzero(share == number)
        parts.append(_cut(traces, (rows, hole, from_m, to_m), counts[rows], ground))
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0), np.zeros(0), np.zeros(0, np.int64)
    stretch, start, stop, code = (np.concatenate(column) for column in zip(*parts, strict=True))
    return stretch, start, stop, code


def _cut(
    traces: Traces,
    stretches: tuple[Numbers, Numbers, Floats, Floats],
    counts: Numbers,
    ground: Ground,
) -> tuple[Numbers, Floats, Floats, Numbers]:
    """Cut some stretches; ``counts`` askings in the middle of equal parts of each."""
    rows, hole, from_m, to_m = stretches
    row = np.repeat(rows, counts)
    first = np.cumsum(counts) - counts
    within = np.arange(len(row)) - np.repeat(first, counts)
    part = ((to_m - from_m)[rows] / counts)[np.searchsorted(rows, row)]
    depth = from_m[row] + (within + 0.5) * part
    code = ground.inside(traces.points(hole[row], depth))
    change = np.flatnonzero((code[1:] != code[:-1]) & (row[1:] == row[:-1]))
    where, at, after = _contacts(
        traces, ground, hole[row[change]],
        (depth[change], depth[change + 1]), (code[change], code[change + 1]),
    )  # fmt: skip
    cut = row[change[where]]
    starts = np.concatenate([from_m[rows], np.clip(np.round(at, DECIMALS), from_m[cut], to_m[cut])])
    owner = np.concatenate([rows, cut])
    number = np.concatenate([code[first], after])
    order = np.lexsort((starts, owner))
    owner, starts, number = owner[order], starts[order], number[order]
    stops = np.append(starts[1:], 0.0)
    last = np.append(owner[1:] != owner[:-1], True)
    stops[last] = to_m[owner[last]]
    real = stops > starts  # a contact at the very end leaves nothing behind it
    return owner[real], starts[real], stops[real], number[real]


def _contacts(
    traces: Traces,
    ground: Ground,
    hole: Numbers,
    depths: tuple[Floats, Floats],
    codes: tuple[Numbers, Numbers],
) -> tuple[Numbers, Floats, Numbers]:
    """Contacts between pairs of depths: which pair, the depth, and the ground's number below it.

    Each pair is halved until the change is known; where another ground than the lower depth's
    begins there, what is left of the pair is searched again.
    """
    rows = np.arange(len(hole))
    low, high = depths[0].copy(), depths[1].copy()
    above = codes[0].copy()
    found: list[tuple[Numbers, Floats, Numbers]] = []
    for _ in range(MOST_ROUNDS):
        if not rows.size:
            break
        top, bottom, below = low, high, codes[1][rows]
        while (bottom - top).max() > EXACT_M:
            middle = (top + bottom) / 2.0
            code = ground.inside(traces.points(hole[rows], middle))
            same = code == above
            top, bottom = np.where(same, middle, top), np.where(same, bottom, middle)
            below = np.where(same, below, code)
        found.append((rows, (top + bottom) / 2.0, below))
        more = below != codes[1][rows]
        low, high = bottom[more], high[more]
        above, rows = below[more], rows[more]
    if not found:
        return np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64)
    where, at, after = (np.concatenate(column) for column in zip(*found, strict=True))
    return where, at, after
