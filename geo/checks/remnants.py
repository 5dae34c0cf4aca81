"""What is left of a hole whose grades are impossible: the few cells that look possible."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from geo.rules import Flag
from geo.tables.encoding import encoded
from geo.tables.headings import ColumnRead

IMPOSSIBLE = "BN-ASY-002"
SHARE = 0.9
"""Where so many of a hole's numbers are impossible, the unit is wrong for all (expert default)."""
LEAST = 5
"""Fewer impossible numbers are errors of their own rows."""


def remnant_flags(
    flags: Iterable[Flag], frame: pd.DataFrame, columns: Sequence[ColumnRead]
) -> list[Flag]:
    """Flag the numbers left in a column of a hole where nearly all are impossible (BN-ASY-032).

    Parameters
    ----------
    flags
        What reading flagged; those of impossible grades count.
    frame
        All rows that were read, refused ones among them, with grades in stored units.
    columns
        What the headings were taken for.

    Returns
    -------
    list of Flag
        One for each column concerned; a half detection limit counts as a number.
    """
    names = {column.heading: column.name for column in columns}
    found = []
    for flag in flags:
        if flag.code != IMPOSSIBLE or len(flag.rows) < LEAST or "hole_id" not in frame:
            continue
        holes, ids = encoded(frame["hole_id"])
        name = names[str(flag.column)]
        filled = frame[name].notna().to_numpy()
        wrong = np.bincount(holes[flag.rows], minlength=len(ids))
        count = np.bincount(holes[filled], minlength=len(ids))
        spoilt = (wrong >= LEAST) & (wrong >= SHARE * count)
        left = filled & spoilt[holes]
        left[flag.rows] = False
        rows = np.flatnonzero(left)
        if not len(rows):
            continue
        element = name.partition("_")[0].capitalize()
        words = [
            {"hole": ids[h], "element": element, "wrong": wrong[h], "count": count[h]}
            for h in holes[rows]
        ]
        shown = [f"{value:g}" for value in frame[name].to_numpy(dtype=float)[rows]]
        found.append(Flag("BN-ASY-032", rows, flag.column, shown, words))
    return found
