"""Composites: equal lengths down each hole within each domain, metal preserved.

Composites are laid over the domain's run along the hole, gaps included: an unassayed metre is
not ore, it only lowers the assayed share. A run's remainder shorter than half a length joins the
composite above it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.desurvey import Traces
from geo.drillholes import Drillholes
from geo.kernels_composite import assayed_sums, overlapping_pairs
from geo.values import COORDINATE_DECIMALS, DECIMALS

JOIN_M = 0.01
"""Logged intervals of one domain closer than this are one run."""
TOUCH_M = 1e-9
WHOLE_HOLE = "all"

Array = NDArray[Any]


@dataclass(frozen=True)
class Composites:
    """Samples of one length, placed in space.

    ``table``: hole_id, from_m, to_m, length_m, easting_m, northing_m, elevation_m (midpoint),
    domain, and the elements (NaN where too little was assayed); sorted by hole and depth.
    ``assayed_m``: the assayed metres behind each grade, same rows, elements only.
    ``points_m``: (n, s, 3) points along each sample, where more than its midpoint is asked for.
    """

    table: pd.DataFrame
    assayed_m: pd.DataFrame = field(default_factory=pd.DataFrame)
    points_m: NDArray[np.float64] | None = None


def composite(
    drillholes: Drillholes,
    *,
    length_m: float,
    min_coverage: float,
    elements: Sequence[str],
    domain_column: str | None = None,
    domain_codes: Mapping[str, Sequence[str]] | None = None,
) -> Composites:
    """Composite the basic assays by length within domain, down the hole.

    Parameters
    ----------
    drillholes
        Checked tables (no overlaps).
    length_m
        Composite length, metres.
    min_coverage
        Least assayed share of a composite's length (0-1), element by element; below it the
        grade is NaN. Composites without any grade are left out.
    elements
        Columns of the assay table; one the table lacks is NaN throughout.
    domain_column, domain_codes
        Column of the lithology table, and the codes of each domain; without a column every
        metre from the first to the last assay is domain ``all``. Metres whose code is in no
        domain are dropped.

    Returns
    -------
    Composites
        The sum of grade times assayed metres equals the assays' to 1e-9 where no composite falls
        below ``min_coverage``.

    Raises
    ------
    ValueError
        ``domain_column`` is not a column of the lithology table.
    """
    names = _names(drillholes)
    assay = _Intervals.of(drillholes.assay, names, elements)
    pieces = _lay(_runs(drillholes, assay, names, domain_column, domain_codes or {}), length_m)
    grades, assayed = _grades(pieces, assay)
    length = pieces.to_m - pieces.from_m
    enough = assayed / length[:, None] >= min_coverage - TOUCH_M
    grades = np.where(enough & (assayed > 0), grades, np.nan)
    keep = np.isfinite(grades).any(axis=1) if len(elements) else np.ones(len(length), dtype=bool)
    table = _place(drillholes, pieces.take(np.flatnonzero(keep)), names)
    for i, element in enumerate(elements):
        table[element] = grades[keep, i]
    return Composites(table, pd.DataFrame(assayed[keep], columns=list(elements)))


def combined_composites(
    drillholes: Drillholes,
    *,
    elements: Sequence[str],
    domain_column: str | None = None,
    domain_codes: Mapping[str, Sequence[str]] | None = None,
) -> Composites:
    """Place the combined samples (组合分析) as they are, at their midpoint.

    Parameters and result as :func:`composite`; a sample's domain is the one it overlaps longest,
    and a sample that overlaps none is dropped.
    """
    names = _names(drillholes)
    samples = _Intervals.of(drillholes.combined, names, elements)
    samples = samples.take(np.flatnonzero(np.isfinite(samples.values).any(axis=1)))
    samples = replace(samples, domain=np.full(len(samples.hole), WHOLE_HOLE, dtype=object))
    if domain_column is not None:
        runs = _runs(drillholes, samples, names, domain_column, domain_codes or {})
        samples = replace(samples, domain=_longest_domain(samples, runs))
        samples = samples.take(np.flatnonzero(samples.domain != ""))
    table = _place(drillholes, samples, names)
    for i, element in enumerate(elements):
        table[element] = samples.values[:, i]
    metres = table["length_m"].to_numpy()[:, None] * np.isfinite(samples.values)
    return Composites(table, pd.DataFrame(metres, columns=list(elements)))


def with_points(samples: Composites, drillholes: Drillholes, points: int) -> Composites:
    """Samples with ``points`` points along each, in the middles of equal parts of its length.

    A covariance averaged over them is the sample's at its true support, bends of the hole included.
    """
    table = samples.table
    shares = (np.arange(points) + 0.5) / points
    length = (table["to_m"] - table["from_m"]).to_numpy(float)
    depths = table["from_m"].to_numpy(float)[:, None] + length[:, None] * shares
    traces = Traces(drillholes.collar, drillholes.survey, drillholes.desurvey)
    holes = np.repeat(traces.numbers(table["hole_id"]), points)
    places = np.round(traces.points(holes, depths.ravel()), COORDINATE_DECIMALS) + 0.0
    return replace(samples, points_m=places.reshape(len(table), points, 3))


@dataclass(frozen=True)
class _Intervals:
    """Stretches of holes as arrays, sorted by hole (its number in the list of names) and from."""

    hole: NDArray[np.int64]
    from_m: NDArray[np.float64]
    to_m: NDArray[np.float64]
    domain: Array
    values: NDArray[np.float64]
    """Grades (n, elements); NaN where not assayed."""

    @classmethod
    def of(cls, frame: pd.DataFrame, names: pd.Index, elements: Sequence[str]) -> _Intervals:
        """Rows of a table; an element it lacks is NaN throughout."""
        codes, found = pd.factorize(frame["hole_id"])
        known = names.get_indexer(pd.Index(np.asarray(found, dtype=object)))
        hole = known.astype(np.int64)[codes] if len(codes) else np.zeros(0, dtype=np.int64)
        from_m, to_m = (frame[c].to_numpy(dtype=float) for c in ("from_m", "to_m"))
        values = np.full((len(frame), len(elements)), np.nan)
        for i, element in enumerate(elements):
            if element in frame:
                values[:, i] = frame[element].to_numpy(dtype=float)
        domain = frame["domain"].to_numpy(dtype=object) if "domain" in frame else np.array([None])
        made = cls(hole, from_m, to_m, np.broadcast_to(domain, hole.shape), values)
        falls = (hole[1:] < hole[:-1]) | ((hole[1:] == hole[:-1]) & (from_m[1:] < from_m[:-1]))
        return made.take(np.lexsort((from_m, hole))) if falls.any() else made

    def take(self, rows: NDArray[np.intp]) -> _Intervals:
        """Some of the rows, in their order."""
        ends = (self.from_m[rows], self.to_m[rows])
        return _Intervals(self.hole[rows], *ends, self.domain[rows], self.values[rows])


def _names(drillholes: Drillholes) -> pd.Index:
    """Hole ids in alphabetical order."""
    return pd.Index(sorted(drillholes.collar["hole_id"].astype(object)), dtype=object)


def _place(drillholes: Drillholes, pieces: _Intervals, names: pd.Index) -> pd.DataFrame:
    """Lengths and midpoints of pieces of holes."""
    middle = np.round((pieces.from_m + pieces.to_m) / 2.0, DECIMALS)
    traces = Traces(drillholes.collar, drillholes.survey, drillholes.desurvey)
    points = traces.points(traces.numbers(names)[pieces.hole], middle)
    points = np.round(points, COORDINATE_DECIMALS) + 0.0
    domains, kinds = pd.factorize(pieces.domain)
    return pd.DataFrame(
        {
            "hole_id": _texts(names, pieces.hole),
            "from_m": pieces.from_m,
            "to_m": pieces.to_m,
            "length_m": np.round(pieces.to_m - pieces.from_m, DECIMALS),
            "easting_m": points[:, 0],
            "northing_m": points[:, 1],
            "elevation_m": points[:, 2],
            "domain": _texts(kinds, domains),
        }
    )


def _texts(words: Any, numbers: Array) -> Any:
    """A column of words by their numbers, without an object for each row."""
    return pd.array(np.asarray(words, dtype=object), dtype="str").take(numbers)


def _runs(
    drillholes: Drillholes,
    assay: _Intervals,
    names: pd.Index,
    column: str | None,
    codes: Mapping[str, Sequence[str]],
) -> _Intervals:
    """Stretches of one domain along each hole."""
    if column is None:
        held = assay.take(np.flatnonzero(np.isfinite(assay.values).any(axis=1)))
        first = np.flatnonzero(np.r_[True, held.hole[1:] != held.hole[:-1]][: len(held.hole)])
        to_m = np.maximum.reduceat(held.to_m, first) if len(first) else held.to_m
        runs = held.take(first)
        return replace(runs, to_m=to_m, domain=np.full(len(first), WHOLE_HOLE, dtype=object))
    if column not in drillholes.lithology:
        raise ValueError(f"the lithology table has no column {column!r} / 岩性表没有列 {column!r}")
    domain_of = {code: domain for domain, members in codes.items() for code in members}
    log = drillholes.lithology
    log = log.assign(domain=log[column].map(domain_of))[["hole_id", "from_m", "to_m", "domain"]]
    log = log[log["domain"].notna()].sort_values(["hole_id", "from_m"], ignore_index=True)
    if len(log):
        joined = log["hole_id"] == log["hole_id"].shift()
        joined &= log["domain"] == log["domain"].shift()
        joined &= log["from_m"] - log["to_m"].shift() <= JOIN_M
        run = (~joined).cumsum()
        ends = {"hole_id": "first", "from_m": "min", "to_m": "max", "domain": "first"}
        log = log.groupby(run).agg(ends).reset_index(drop=True)
    return _Intervals.of(log, names, ())


def _lay(runs: _Intervals, length_m: float) -> _Intervals:
    """Cut runs into pieces of ``length_m``; a short remainder joins the piece above."""
    whole = (runs.to_m - runs.from_m) / length_m
    full = np.floor(whole + TOUCH_M).astype(int)
    own = (whole - full >= 0.5) | (full == 0)
    count = full + own
    run = np.repeat(np.arange(len(count)), count)
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    pieces = runs.take(run)
    start = np.round(pieces.from_m + step * length_m, DECIMALS)
    stop = np.round(pieces.from_m + (step + 1) * length_m, DECIMALS)
    stop = np.where(step == count[run] - 1, pieces.to_m, stop)
    return replace(pieces, from_m=start, to_m=stop)


def _pairs(pieces: _Intervals, others: _Intervals) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Overlapping pairs (n, 2) of two tables of intervals, and their metres."""
    found: tuple[NDArray[np.int64], NDArray[np.float64]] = overlapping_pairs(
        pieces.hole, pieces.from_m, pieces.to_m, others.hole, others.from_m, others.to_m
    )
    return found


def _grades(
    pieces: _Intervals, assay: _Intervals
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Length-weighted grades and assayed metres (pieces, elements)."""
    pairs, metres = _pairs(pieces, assay)
    metal, assayed = assayed_sums(pairs, metres, assay.values, len(pieces.hole), TOUCH_M)
    return np.divide(metal, assayed, out=np.full_like(metal, np.nan), where=assayed > 0), assayed


def _longest_domain(samples: _Intervals, runs: _Intervals) -> Array:
    """The domain each sample overlaps longest; "" where it overlaps none."""
    pairs, metres = _pairs(samples, runs)
    domain = runs.domain[pairs[:, 1]]
    shares = pd.DataFrame({"piece": pairs[:, 0], "domain": domain, "metres": metres})
    totals = shares.groupby(["piece", "domain"], sort=True)["metres"].sum()
    best = totals.reset_index().sort_values(
        ["piece", "metres"], ascending=[True, False], kind="stable"
    )
    first = best.drop_duplicates("piece")
    domains = np.full(len(samples.hole), "", dtype=object)
    domains[first["piece"].to_numpy()] = first["domain"].to_numpy(dtype=object)
    return domains
