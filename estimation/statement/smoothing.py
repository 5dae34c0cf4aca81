"""Smoothing of a class field: single blocks of another class leave their surroundings.

A block keeps a class only where some window that holds it has a share of its estimated blocks as
sure or surer; else it takes the next class of which that is true. For each class this is a rank-max
opening of the blocks as sure or surer (Heijmans 1994, Morphological Image Operators, 6.5; Ronse
1986): smoothing twice is smoothing once, it never raises a block, and the edges of a large body
stay where they are.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from estimation.plan import CLASSES, Smoothing

Codes = npt.NDArray[np.int8]
Bools = npt.NDArray[np.bool_]

SLAB = 4_000_000
"""Blocks that are worked on together."""
_SLACK = 1e-9
"""A share that is met to the last bit is met."""


def smooth(codes: Codes, estimated: Bools, plan: Smoothing) -> Codes:
    """Class codes after smoothing, shape (nz, ny, nx).

    Worked out in slabs of levels with as much of their surroundings as they need, so memory is
    bounded whatever the model; only whole numbers are counted, so the result is the same anywhere.
    """
    window = plan.window[::-1]
    reach = 2 * (window[0] // 2)
    levels = max(SLAB // max(codes[0].size, 1), 1)
    smoothed = np.zeros_like(codes)
    for first in range(0, codes.shape[0], levels):
        last = min(first + levels, codes.shape[0])
        low, high = max(first - reach, 0), min(last + reach, codes.shape[0])
        part = _smooth(codes[low:high], estimated[low:high], window, plan.least_share)
        smoothed[first:last] = part[first - low : last - low]
    return smoothed


def _smooth(codes: Codes, estimated: Bools, window: tuple[int, ...], share: float) -> Codes:
    """One slab."""
    needed = np.ceil(share * _count(estimated, window) - _SLACK).astype(np.int32)
    smoothed = np.zeros_like(codes)
    for code in reversed(range(1, len(CLASSES) + 1)):
        sure = (codes > 0) & (codes <= code)
        good = estimated & (_count(sure, window) >= needed)
        kept = sure & (_count(good, window) > 0)
        smoothed[kept] = code
    return smoothed


def _count(mask: Bools, window: tuple[int, ...]) -> npt.NDArray[np.int32]:
    """Marked blocks in the window about each block."""
    total = mask.astype(np.int32)
    for axis, size in enumerate(window):
        ones = np.ones(size, np.int32)
        total = ndimage.convolve1d(total, ones, axis=axis, mode="constant", output=np.int32)
    return total


def isolated_blocks(codes: Codes) -> dict[str, int]:
    """Blocks of each class that share no face with a block of the same class."""
    alone = {}
    for code, name in enumerate(CLASSES, start=1):
        mine = codes == code
        near = ndimage.binary_dilation(mine, _FACES)  # marks a block only by its neighbours
        alone[name] = int((mine & ~near).sum())
    return alone


_FACES = ndimage.generate_binary_structure(3, 1)
_FACES[1, 1, 1] = False
"""The six blocks that share a face with a block, without the block itself."""
