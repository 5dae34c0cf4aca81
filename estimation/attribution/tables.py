"""Drill-hole tables between two readings: new holes and samples, or corrections, or both.

Drilling is what was not there before: holes, samples of ground that had none, results that came
late. A correction is another value for what was there, a row that went, and a row that had been
refused and now is not. A changed log is the geologist's, and goes with the domains.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.checks.intervals import element_columns
from geo.drillholes.reading import COLUMNS, Drillholes

Mask = npt.NDArray[np.bool_]

DECIMALS = 4
"""Of a depth in metres: rows whose depths agree to a tenth of a millimetre are one row."""

TABLES = tuple(COLUMNS)
INTERVALS = ("assay", "combined", "lithology", "density")
KEYS = {
    "collar": ("hole_id",),
    "survey": ("hole_id", "depth_m"),
    "members": ("composite_id", "sample_id", "hole_id"),
    **dict.fromkeys(INTERVALS, ("hole_id", "from_m", "to_m")),
}
"""Columns by which a row of one reading is found again in the other."""

MOVING = frozenset({"drilling", "correction", "domains"})
"""Factors that move tables."""

LINEAGE = ("as_of", "file", "row", "sheet")
"""Columns that say where a row came from, not what it says."""


@dataclass(frozen=True)
class Reading:
    """One end: accepted rows, and the places (table, file, row) of refused ones."""

    drillholes: Drillholes
    refused: frozenset[tuple[str, str, int]] = frozenset()


def refused_places(refused: pd.DataFrame) -> frozenset[tuple[str, str, int]]:
    """Places of refused rows, from a reading's table of them."""
    rows = refused.loc[refused["row"].notna(), ["table", "file", "row"]]
    return frozenset((str(t), str(f), int(r)) for t, f, r in rows.itertuples(index=False))


class MixedTables:
    """Tables of two readings, mixed: what is new, what is corrected, what was logged anew."""

    def __init__(self, opening: Reading, closing: Reading, *, late: bool) -> None:
        """Compare two readings, once.

        ``late``: whether a value where there was none is a result that came late. It is not where
        the rules of reading changed too: then it is a correction.
        """
        self._opening, self._closing, self._late = opening.drillholes, closing.drillholes, late
        self._new = {name: self._new_rows(name, opening, closing) for name in TABLES}
        self._made: dict[frozenset[str], tuple[Drillholes, str]] = {}

    def mixed(self, advanced: frozenset[str]) -> tuple[Drillholes, str]:
        """Tables with the factors advanced, and their digest (:func:`digest_of`).

        Factors that move tables: ``drilling``, ``correction``, ``domains`` (logs).
        """
        moving = advanced & MOVING
        if moving not in self._made:
            made = self._mixed(moving)
            self._made[moving] = (made, digest_of(made))
        return self._made[moving]

    def _mixed(self, advanced: frozenset[str]) -> Drillholes:
        new, corrected = "drilling" in advanced, "correction" in advanced
        frames: dict[str, Any] = {}
        for name in TABLES:
            changed = "domains" in advanced if name == "lithology" else corrected
            frames[name] = self._table(name, new, changed)
        end = self._closing if corrected else self._opening
        return replace(end, **frames)

    def _table(self, name: str, new: bool, changed: bool) -> pd.DataFrame:
        """One table with its new rows or without, as it was or as it is now."""
        before, after = getattr(self._opening, name), getattr(self._closing, name)
        if new == changed:
            return after if new else before
        fresh = self._new[name]
        if new:
            made = _sorted(_stacked(before, after[fresh]), name)
        else:
            made = after[~fresh].reset_index(drop=True)
        if name == "collar":
            made = self._depths(made, new)
        elif name in ("assay", "combined") and self._late:
            made = _late_values(made, before, after, name, filled=new)
        # nothing but new rows, or none: the very table of that reading
        for same in (before, after):
            if digest_of_table(made) == digest_of_table(same):
                return same
        return made

    def _new_rows(self, name: str, opening: Reading, closing: Reading) -> Mask:
        """Rows of the closing table that are of new ground or of a new hole."""
        before, after = getattr(opening.drillholes, name), getattr(closing.drillholes, name)
        collar = closing.drillholes.collar
        released = collar.loc[_at(collar, "collar", opening.refused), "hole_id"]
        known = after["hole_id"].isin(opening.drillholes.collar["hole_id"]).to_numpy()
        free = ~after["hole_id"].isin(released).to_numpy()
        if name == "collar":
            return np.asarray(~known & free)
        fresh = ~_keys(after, name).isin(_keys(before, name)).to_numpy()
        fresh &= ~_at(after, name, opening.refused)
        if name == "survey":
            deepest = before.groupby("hole_id")["depth_m"].max()
            reach = after["hole_id"].map(deepest).fillna(np.inf).to_numpy(np.float64)
            fresh &= after["depth_m"].to_numpy(np.float64) > reach
        elif name in INTERVALS:
            fresh &= ~_overlaps(after, before, fresh & known & free)
        return np.asarray(free & (~known | fresh))

    def _depths(self, collar: pd.DataFrame, new: bool) -> pd.DataFrame:
        """Depths of holes that were drilled on: deeper with the new rows, as before without."""
        before, after = (x.collar.groupby("hole_id")["depth_m"].max() for x in self._ends)
        longer: set[str] = set()
        for name in INTERVALS:
            rows = getattr(self._closing, name)
            longer |= set(rows.loc[self._new[name], "hole_id"])
        same = [h for h in longer if h in before.index and after.get(h, np.nan) > before[h]]
        wanted = (after if new else before).reindex(same)
        depth = collar["hole_id"].map(wanted)
        return collar.assign(depth_m=depth.fillna(collar["depth_m"]).to_numpy())

    @property
    def _ends(self) -> tuple[Drillholes, Drillholes]:
        return self._opening, self._closing


def digest_of_table(frame: pd.DataFrame) -> str:
    """SHA-256 of what a table says, whatever its rows' order and where they came from."""
    said = [c for c in sorted(frame.columns) if c not in LINEAGE and frame[c].notna().any()]
    rows = pd.util.hash_pandas_object(frame[said].astype(_plain_types(frame[said])), index=False)
    sha = hashlib.sha256(repr(said).encode())
    sha.update(np.sort(rows.to_numpy(np.uint64)).tobytes())
    return sha.hexdigest()


def digest_of(drillholes: Drillholes) -> str:
    """SHA-256 of what all tables say."""
    parts = [digest_of_table(getattr(drillholes, name)) for name in TABLES]
    return hashlib.sha256(repr((drillholes.desurvey, parts)).encode()).hexdigest()


def _plain_types(frame: pd.DataFrame) -> dict[Any, str]:
    """Numbers as floats, all else as text."""
    numeric = {c: pd.api.types.is_numeric_dtype(frame[c]) for c in frame.columns}
    return {column: "float64" if number else "str" for column, number in numeric.items()}


def _keys(frame: pd.DataFrame, name: str) -> pd.Series[Any]:
    """One text for each row, by which it is found again."""
    if frame.empty:
        return pd.Series([], dtype="str")
    parts = [
        frame[c].round(DECIMALS).add(0.0).astype("str")
        if c.endswith("_m")
        else frame[c].astype("str")
        for c in KEYS[name]
    ]
    made = parts[0]
    for part in parts[1:]:
        made = made.str.cat(part, sep="\x1f")
    return made


def _at(frame: pd.DataFrame, name: str, places: frozenset[tuple[str, str, int]]) -> Mask:
    """Rows that stood in one of some places."""
    if not places:
        return np.zeros(len(frame), np.bool_)
    rows = zip(frame["file"].astype("str"), frame["row"], strict=True)
    return np.array([(name, file, int(row)) in places for file, row in rows], np.bool_)


def _overlaps(after: pd.DataFrame, before: pd.DataFrame, asked: Mask) -> Mask:
    """Of the rows asked about: those that share ground with a row of the table before."""
    found = np.zeros(len(after), np.bool_)
    by_hole = dict(iter(before.groupby("hole_id")))
    tolerance = 10.0**-DECIMALS
    for place in np.flatnonzero(asked):
        row = after.iloc[place]
        rows = by_hole.get(row["hole_id"])
        if rows is not None:
            apart = (rows["to_m"] <= row["from_m"] + tolerance) | (
                rows["from_m"] >= row["to_m"] - tolerance
            )
            found[place] = not apart.all()
    return found


def _late_values(
    made: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame, name: str, *, filled: bool
) -> pd.DataFrame:
    """Results that came late, filled in or taken out again: cells blank before and not after."""
    one, other = (frame.set_axis(_keys(frame, name)) for frame in (before, after))
    both = one.index[~one.index.duplicated()].intersection(other.index[~other.index.duplicated()])
    keys, made = _keys(made, name), made.copy()
    for column in element_columns(after):
        came = other.loc[both, column]
        came = came[~came.index.duplicated()]
        was = one.loc[both, column] if column in one else pd.Series(np.nan, index=both)
        late = came[was[~was.index.duplicated()].isna() & came.notna()]
        here = keys.isin(late.index).to_numpy()
        if here.any():
            values = keys[here].map(late).to_numpy() if filled else np.nan
            made.loc[here, column] = values
    return made


def _stacked(before: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Rows of two tables of one kind; words that one of them lacks are empty."""
    parts = [p for p in (before, new) if len(p)] or [before]
    made = pd.concat([p.assign(file=p["file"].astype("str")) for p in parts], ignore_index=True)
    words = [c for c in made.columns if not pd.api.types.is_numeric_dtype(made[c])]
    texts = {c: "" for c in words if c not in LINEAGE and made[c].isna().any()}
    return made.fillna(texts).assign(file=made["file"].astype("category"))


def _sorted(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """By hole and depth, as a reading sorts them."""
    keys = [c for c in KEYS[name] if c in frame]
    return frame.sort_values(keys, kind="stable", ignore_index=True)
