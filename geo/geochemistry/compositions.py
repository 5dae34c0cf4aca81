"""Contents as compositions: replacement of what is below detection, clr and ilr.

Contents of one sample are parts of a whole, so only their ratios carry information (Aitchison
1986, *The Statistical Analysis of Compositional Data*). Transforms are composition_stats'.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import composition_stats
import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rule = Literal["none", "half_limit", "zero", "limit", "multiplicative"]

SHARE_OF_LIMIT = {"half_limit": 0.5, "zero": 0.0, "limit": 1.0, "multiplicative": 0.65}
"""What stands for a value below detection, as a share of the limit. 0.65: the share at which the
replacement distorts the covariances of logs least, Martín-Fernández, Barceló-Vidal &
Pawlowsky-Glahn (2003) *Mathematical Geology* 35(3), p. 262."""


@dataclass(frozen=True)
class Composition:
    """Samples as closed compositions: rows add up to 1."""

    parts: tuple[str, ...]
    closed: Floats
    """(samples, parts), all above zero."""
    rows: NDArray[np.intp]
    """Positions of these samples in the table they came from (rows with a gap are left out)."""
    replaced: int
    """Cells that stood below detection and were replaced."""

    @property
    def clr(self) -> Floats:
        """Centred log-ratios (samples, parts), natural logs; each row adds up to zero."""
        return np.atleast_2d(composition_stats.clr(self.closed))

    @property
    def ilr(self) -> Floats:
        """Isometric log-ratios (samples, parts − 1) in the library's orthonormal basis.

        Source: Egozcue et al. (2003) *Mathematical Geology* 35(3), eq. 18.
        """
        return np.atleast_2d(composition_stats.ilr(self.closed)).reshape(len(self.closed), -1)


def compose(values: pd.DataFrame, limits: pd.DataFrame, fractions: dict[str, float]) -> Composition:
    """Close the parts of ``values`` after multiplicative replacement of what is below detection.

    Parameters
    ----------
    values : (samples, parts); NaN where not analysed or below detection.
    limits : the same shape; the detection limit where the value is below it, else NaN.
    fractions : part -> mass fraction of one unit of its column (ppm 1e-6, pct 1e-2).

    Returns
    -------
    Composition
        Of the rows that have each part measured or below a known limit. A replaced part takes
        0.65 of its limit and the others shrink in proportion, so that their ratios stay
        (Martín-Fernández et al. 2003, eq. 6).

    Raises
    ------
    ValueError
        Fewer than two parts.
    """
    parts = tuple(fractions)
    if len(parts) < 2:
        raise ValueError("a composition has at least two parts")
    factor = np.array([fractions[part] for part in parts])
    measured = values[list(parts)].to_numpy(dtype=float) * factor
    limit = limits[list(parts)].to_numpy(dtype=float) * factor
    below = np.isfinite(limit)
    whole = (below | (np.isfinite(measured) & (measured > 0))).all(axis=1)
    rows = np.flatnonzero(whole & ~below.all(axis=1))
    if not len(rows):
        return Composition(parts, np.empty((0, len(parts))), rows, 0)
    measured, limit, below = measured[rows], limit[rows], below[rows]
    # known / (T + S) = (known / T) (1 - S / (T + S)): closing after replacement is eq. 6
    small = SHARE_OF_LIMIT["multiplicative"] * limit
    closed = composition_stats.closure(np.where(below, small, measured))
    return Composition(parts, np.atleast_2d(closed), rows, int(below.sum()))


@dataclass(frozen=True)
class Biplot:
    """Principal components of clr data: what a form biplot draws."""

    scores: Floats
    """(samples, 2)."""
    loadings: Floats
    """(parts, 2): correlated parts point the same way."""
    explained: Floats
    """(2,) shares of the total variance."""


def biplot(composition: Composition) -> Biplot:
    """First two principal components of clr data (Aitchison & Greenacre 2002, *Appl. Stat.* 51).

    Raises
    ------
    ValueError
        Fewer than three samples.
    """
    if len(composition.closed) < 3:
        raise ValueError("a biplot needs at least three samples")
    centred = composition.clr - composition.clr.mean(axis=0)
    u, d, v = np.linalg.svd(centred, full_matrices=False)
    return Biplot(u[:, :2] * d[:2], v[:2].T, d[:2] ** 2 / (d**2).sum())
