"""What is kept of each tile and element, so that a summary need not read the model.

Written with the tile, in the same transaction. A tile's statistics are a vector of float64 in the
order of :data:`STATISTICS`; counts are exact (a tile has far fewer than 2^53 blocks).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

COUNTED_PASSES = 8
"""Search passes counted one by one; a later pass counts as this one."""
COUNTED_REASONS = 8
"""Reason codes counted one by one; a higher code counts as this one."""

_PASSES = tuple(f"pass_{number}" for number in range(1, COUNTED_PASSES + 1))
_REASONS = tuple(f"reason_{code}" for code in range(1, COUNTED_REASONS + 1))

STATISTICS = (
    "blocks",
    "in_domain",
    "estimated",
    "negative_estimates",
    "redundant_blocks",
    "estimate_sum",
    "estimate_min",
    "estimate_max",
    "variance_sum",
    "slope_sum",
    "slope_blocks",
    "lowest_negative_weights",
    *_PASSES,
    *_REASONS,
)
"""
======================= ==========================================================================
blocks                  blocks of the tile
in_domain               blocks that lie in a domain
estimated               blocks that have an estimate
negative_estimates      estimates below zero (a statement sets them to zero)
redundant_blocks        estimated blocks with at least one sample that told nothing new
estimate_sum, _min,     sum, lowest and highest estimate, in the element's unit; the lowest and
_max                    highest of a tile without an estimate are NaN
variance_sum            sum of kriging variances, in the unit squared
slope_sum, slope_blocks sum of slopes of regression and the number of blocks that have one
lowest_negative_weights most negative sum of negative weights of any block; 0 where there is none
pass_1 ... pass_8       blocks estimated in each search pass (pass_8: in it or later)
reason_1 ... reason_8   blocks of a domain without an estimate, by reason (reason_8: it or higher)
======================= ==========================================================================
"""

USED_FIELDS = ("estimate", "variance", "slope", "negative_weights", "pass", "redundant", "reason")
"""Fields of an element that its statistics are made from."""


def tile_statistics(fields: Mapping[str, npt.NDArray[np.floating]], domain: Floats) -> Floats:
    """Statistics of one element in one tile, in the order of :data:`STATISTICS`.

    ``fields`` holds the arrays named in :data:`USED_FIELDS` and ``domain`` the domain codes, all
    of one shape; NaN is no number.
    """
    estimate = fields["estimate"]
    estimated = ~np.isnan(estimate)
    known = estimate[estimated]
    slope = fields["slope"][estimated].astype(np.float64)
    slope = slope[~np.isnan(slope)]
    inside = domain > 0
    by_reason = _counts(fields["reason"][inside & ~estimated], COUNTED_REASONS)
    return np.array(
        [
            estimate.size,
            np.count_nonzero(inside),
            known.size,
            np.count_nonzero(known < 0),
            np.count_nonzero(fields["redundant"][estimated] > 0),
            known.sum(),
            known.min() if known.size else np.nan,
            known.max() if known.size else np.nan,
            fields["variance"][estimated].sum(dtype=np.float64),
            slope.sum(),
            slope.size,
            np.min(fields["negative_weights"][estimated], initial=0.0),
            *_counts(fields["pass"][estimated], COUNTED_PASSES),
            *by_reason,
        ],
        dtype=np.float64,
    )


def statistic(table: Floats, name: str) -> Floats:
    """One statistic of every tile, shape (tiles,), from a table (tiles, statistics)."""
    return np.asarray(table[:, STATISTICS.index(name)])


def _counts(codes: npt.NDArray[np.floating], most: int) -> npt.NDArray[np.int64]:
    """How many codes are 1, 2, ... and ``most`` or more; NaN and 0 are not counted."""
    whole = np.nan_to_num(codes).astype(np.int64)
    return np.bincount(np.clip(whole, 0, most), minlength=most + 1)[1:]
