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

from geo.desurvey import desurvey
from geo.drillholes import Drillholes
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
    assay = _with_elements(drillholes.assay, elements)
    runs = _runs(drillholes, assay, elements, domain_column, domain_codes or {})
    pieces = _lay(runs, length_m)
    grades, assayed = _grades(pieces, assay, list(elements))
    length = (pieces["to_m"] - pieces["from_m"]).to_numpy()
    enough = assayed / length[:, None] >= min_coverage - TOUCH_M
    grades = np.where(enough & (assayed > 0), grades, np.nan)
    keep = np.isfinite(grades).any(axis=1) if len(elements) else np.ones(len(pieces), dtype=bool)
    table = _place(drillholes, pieces.iloc[np.flatnonzero(keep)].reset_index(drop=True))
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
    samples = _with_elements(drillholes.combined, elements)
    samples = samples[samples[list(elements)].notna().any(axis=1)].reset_index(drop=True)
    samples["domain"] = WHOLE_HOLE
    if domain_column is not None:
        runs = _runs(drillholes, samples, elements, domain_column, domain_codes or {})
        samples["domain"] = _longest_domain(samples, runs)
        samples = samples[samples["domain"] != ""].reset_index(drop=True)
    table = _place(drillholes, samples[["hole_id", "from_m", "to_m", "domain"]])
    values = samples[list(elements)].to_numpy(dtype=float)
    for i, element in enumerate(elements):
        table[element] = values[:, i]
    metres = table["length_m"].to_numpy()[:, None] * np.isfinite(values)
    return Composites(table, pd.DataFrame(metres, columns=list(elements)))


def with_points(samples: Composites, drillholes: Drillholes, points: int) -> Composites:
    """Samples with ``points`` points along each, in the middles of equal parts of its length.

    A covariance averaged over them is the sample's at its true support, bends of the hole included.
    """
    table = samples.table
    shares = (np.arange(points) + 0.5) / points
    length = (table["to_m"] - table["from_m"]).to_numpy(float)
    depths = table["from_m"].to_numpy(float)[:, None] + length[:, None] * shares
    holes = np.repeat(table["hole_id"].to_numpy(), points)
    places = desurvey(drillholes.collar, drillholes.survey, holes, depths.ravel())
    places = np.round(places, COORDINATE_DECIMALS) + 0.0
    return replace(samples, points_m=places.reshape(len(table), points, 3))


def _with_elements(frame: pd.DataFrame, elements: Sequence[str]) -> pd.DataFrame:
    """A copy with every element's column (NaN where never assayed), sorted by hole and from."""
    frame = frame.sort_values(["hole_id", "from_m"], kind="stable", ignore_index=True)
    for element in elements:
        frame[element] = frame[element].astype(float) if element in frame else np.nan
    return frame


def _place(drillholes: Drillholes, pieces: pd.DataFrame) -> pd.DataFrame:
    """Lengths and midpoints of pieces of holes."""
    from_m, to_m = pieces["from_m"].to_numpy(float), pieces["to_m"].to_numpy(float)
    middle = np.round((from_m + to_m) / 2.0, DECIMALS)
    points = desurvey(drillholes.collar, drillholes.survey, pieces["hole_id"], middle)
    points = np.round(points, COORDINATE_DECIMALS) + 0.0
    return pd.DataFrame(
        {
            "hole_id": pieces["hole_id"].to_numpy(),
            "from_m": from_m,
            "to_m": to_m,
            "length_m": np.round(to_m - from_m, DECIMALS),
            "easting_m": points[:, 0],
            "northing_m": points[:, 1],
            "elevation_m": points[:, 2],
            "domain": pieces["domain"].to_numpy(),
        }
    )


def _runs(
    drillholes: Drillholes,
    assay: pd.DataFrame,
    elements: Sequence[str],
    column: str | None,
    codes: Mapping[str, Sequence[str]],
) -> pd.DataFrame:
    """Stretches (hole_id, from_m, to_m, domain) of one domain along each hole."""
    if column is None:
        assayed = assay[assay[list(elements)].notna().any(axis=1)]
        spans = assayed.groupby("hole_id", sort=True).agg(
            from_m=("from_m", "min"), to_m=("to_m", "max")
        )
        return spans.reset_index().assign(domain=WHOLE_HOLE)
    if column not in drillholes.lithology:
        raise ValueError(f"the lithology table has no column {column!r} / 岩性表没有列 {column!r}")
    domain_of = {code: domain for domain, members in codes.items() for code in members}
    log = drillholes.lithology
    log = log.assign(domain=log[column].map(domain_of))[["hole_id", "from_m", "to_m", "domain"]]
    log = log[log["domain"].notna()].sort_values(["hole_id", "from_m"], ignore_index=True)
    if log.empty:
        return log
    joined = (log["hole_id"] == log["hole_id"].shift()) & (log["domain"] == log["domain"].shift())
    joined &= log["from_m"] - log["to_m"].shift() <= JOIN_M
    run = (~joined).cumsum()
    ends = {"hole_id": "first", "from_m": "min", "to_m": "max", "domain": "first"}
    return log.groupby(run).agg(ends).reset_index(drop=True)


def _lay(runs: pd.DataFrame, length_m: float) -> pd.DataFrame:
    """Cut runs into pieces of ``length_m``; a short remainder joins the piece above."""
    from_m, to_m = runs["from_m"].to_numpy(float), runs["to_m"].to_numpy(float)
    whole = (to_m - from_m) / length_m
    full = np.floor(whole + TOUCH_M).astype(int)
    own = (whole - full >= 0.5) | (full == 0)
    count = full + own
    run = np.repeat(np.arange(len(runs)), count)
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    start = np.round(from_m[run] + step * length_m, DECIMALS)
    is_last = step == count[run] - 1
    stop = np.where(is_last, to_m[run], np.round(from_m[run] + (step + 1) * length_m, DECIMALS))
    return pd.DataFrame(
        {
            "hole_id": runs["hole_id"].to_numpy()[run],
            "from_m": start,
            "to_m": stop,
            "domain": runs["domain"].to_numpy()[run],
        }
    )


def _pairs(pieces: pd.DataFrame, intervals: pd.DataFrame) -> tuple[Array, Array, Array]:
    """Overlapping (piece, interval, metres) of two tables of intervals, both sorted."""
    bounds = _bounds(intervals)
    from_m, to_m = intervals["from_m"].to_numpy(float), intervals["to_m"].to_numpy(float)
    low = np.zeros(len(pieces), dtype=np.int64)
    high = np.zeros(len(pieces), dtype=np.int64)
    starts, stops = pieces["from_m"].to_numpy(float), pieces["to_m"].to_numpy(float)
    for hole, (first, last) in _bounds(pieces).items():
        if hole in bounds:
            a, b = bounds[hole]
            low[first:last] = a + np.searchsorted(to_m[a:b], starts[first:last], side="right")
            high[first:last] = a + np.searchsorted(from_m[a:b], stops[first:last], side="left")
    count = np.maximum(high - low, 0)
    piece = np.repeat(np.arange(len(pieces)), count)
    other = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + low[piece]
    metres = np.minimum(stops[piece], to_m[other]) - np.maximum(starts[piece], from_m[other])
    return piece, other, np.maximum(metres, 0.0)


def _bounds(frame: pd.DataFrame) -> dict[Any, tuple[int, int]]:
    """First and last-plus-one row of each hole in a frame sorted by hole."""
    codes, holes = pd.factorize(frame["hole_id"].to_numpy())
    edges = np.searchsorted(codes, np.arange(len(holes) + 1))
    return {hole: (int(edges[i]), int(edges[i + 1])) for i, hole in enumerate(holes)}


def _grades(
    pieces: pd.DataFrame, assay: pd.DataFrame, elements: list[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Length-weighted grades and assayed metres (pieces, elements)."""
    piece, row, metres = _pairs(pieces, assay)
    grades = np.full((len(pieces), len(elements)), np.nan)
    assayed = np.zeros((len(pieces), len(elements)))
    for i, element in enumerate(elements):
        values = assay[element].to_numpy(dtype=float)[row]
        known = np.isfinite(values) & (metres > TOUCH_M)
        length = np.bincount(piece[known], metres[known], len(pieces))
        metal = np.bincount(piece[known], metres[known] * values[known], len(pieces))
        assayed[:, i] = length
        grades[:, i] = np.divide(metal, length, out=grades[:, i], where=length > 0)
    return grades, assayed


def _longest_domain(samples: pd.DataFrame, runs: pd.DataFrame) -> list[str]:
    """The domain each sample overlaps longest; "" where it overlaps none."""
    piece, row, metres = _pairs(samples, runs)
    shares = pd.DataFrame(
        {"piece": piece, "domain": runs["domain"].to_numpy()[row], "metres": metres}
    )
    totals = shares[shares["metres"] > 0].groupby(["piece", "domain"], sort=True)["metres"].sum()
    best = totals.reset_index().sort_values(
        ["piece", "metres"], ascending=[True, False], kind="stable"
    )
    first = best.drop_duplicates("piece")
    domains = dict(zip(first["piece"], first["domain"], strict=True))
    return [str(domains.get(i, "")) for i in range(len(samples))]
