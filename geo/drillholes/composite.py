"""Composites: equal lengths down each hole within each domain, metal preserved.

Composites are laid over the domain's run along the hole, gaps included: an unassayed metre is
not ore, it only lowers the assayed share. A run's remainder shorter than half a length joins the
composite above it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.checks.kernels_checks import in_order
from geo.drillholes.desurvey import Traces
from geo.drillholes.flagging import Ground, cut_at_contacts
from geo.drillholes.kernels_composite import assayed_grades, assayed_runs, laid, overlapping_pairs
from geo.drillholes.reading import Drillholes
from geo.special.values import COORDINATE_DECIMALS, DECIMALS
from geo.tables.encoding import encoded

JOIN_M = 0.01
"""Logged intervals of one domain closer than this are one run."""
TOUCH_M = 1e-9
WHOLE_HOLE = "all"
THREADS = 2
"""Elements whose grades are summed at the same time."""

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

    def __repr__(self) -> str:
        table = self.table
        holes, length_m = table["hole_id"].nunique(), table["length_m"].median()
        grades = ", ".join(map(str, self.assayed_m.columns))
        return f"Composites({len(table):,} of {length_m:.2f} m in {holes:,} holes; {grades})"


def composite(
    drillholes: Drillholes,
    *,
    length_m: float,
    min_coverage: float,
    elements: Sequence[str],
    domain_column: str | None = None,
    domain_codes: Mapping[str, Sequence[str]] | None = None,
    ground: NamedGround | None = None,
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
    ground
        Domains by place. Intervals are cut where the hole passes a contact; what the ground holds
        is its domain whatever is logged, and the codes decide about the rest.

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
    domains = _Domains(domain_column, domain_codes or {}, ground)
    pieces = _lay(_runs(drillholes, assay, names, domains), length_m)
    with ThreadPoolExecutor(THREADS) as pool:
        made = list(pool.map(lambda v: _grade(pieces, assay, v, min_coverage), assay.values))
    keep = np.ones(len(pieces.hole), dtype=bool)
    if made:
        keep = np.logical_or.reduce([np.isfinite(grade) for grade, _ in made])
    if not keep.all():
        made = [(grade[keep], assayed[keep]) for grade, assayed in made]
        pieces = pieces.take(np.flatnonzero(keep))
    columns = list(zip(elements, made, strict=True))
    table = _place(drillholes, pieces, names, {name: grade for name, (grade, _) in columns})
    assayed_m = {name: assayed for name, (_, assayed) in columns}
    return Composites(table, pd.DataFrame(assayed_m, index=table.index, copy=False))


def combined_composites(
    drillholes: Drillholes,
    *,
    elements: Sequence[str],
    domain_column: str | None = None,
    domain_codes: Mapping[str, Sequence[str]] | None = None,
    ground: NamedGround | None = None,
) -> Composites:
    """Place the combined samples (组合分析) as they are, at their midpoint.

    Parameters and result as :func:`composite`; a sample's domain is the one it overlaps longest,
    and a sample that overlaps none is dropped.
    """
    names = _names(drillholes)
    samples = _Intervals.of(drillholes.combined, names, elements)
    samples = samples.take(np.flatnonzero(samples.assayed()))
    samples = replace(samples, domain=_everywhere(len(samples.hole)))
    if domain_column is not None or ground is not None:
        domains = _Domains(domain_column, domain_codes or {}, ground)
        runs = _runs(drillholes, samples, names, domains)
        samples = replace(samples, domain=_longest_domain(samples, runs))
        samples = samples.take(np.flatnonzero(samples.domain != ""))
    values = dict(zip(elements, samples.values, strict=True))
    table = _place(drillholes, samples, names, values)
    length_m = table["length_m"].to_numpy()
    metres = {name: length_m * np.isfinite(grade) for name, grade in values.items()}
    return Composites(table, pd.DataFrame(metres, index=table.index, copy=False))


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


class NamedGround(Ground, Protocol):
    """Ground by place, with the domains that its numbers stand for."""

    @property
    def names(self) -> tuple[str, ...]:
        """Domain of each number, the first of number 1."""


@dataclass(frozen=True)
class _Domains:
    """What decides about the domain of a metre of hole."""

    column: str | None
    codes: Mapping[str, Sequence[str]]
    ground: NamedGround | None


@dataclass(frozen=True)
class _Intervals:
    """Stretches of holes as arrays, sorted by hole (its number in the list of names) and from."""

    hole: NDArray[np.int32]
    from_m: NDArray[np.float64]
    to_m: NDArray[np.float64]
    domain: pd.Categorical
    values: tuple[NDArray[np.float64], ...]
    """Grades (n,) of each element; NaN where not assayed."""

    @classmethod
    def of(cls, frame: pd.DataFrame, names: pd.Index, elements: Sequence[str]) -> _Intervals:
        """Rows of a table; an element it lacks is NaN throughout."""
        codes, found = encoded(frame["hole_id"])
        known = names.get_indexer(pd.Index(found, dtype=object)).astype(np.int32)
        hole = known[codes] if len(codes) else np.zeros(0, dtype=np.int32)
        from_m, to_m = (frame[c].to_numpy(dtype=float) for c in ("from_m", "to_m"))
        values = tuple(
            frame[element].to_numpy(dtype=float)
            if element in frame
            else np.full(len(frame), np.nan)
            for element in elements
        )
        domain = pd.Categorical(frame["domain"]) if "domain" in frame else _everywhere(len(frame))
        made = cls(hole, from_m, to_m, domain, values)
        return made if in_order(hole, from_m) else made.take(np.lexsort((from_m, hole)))

    def take(self, rows: NDArray[np.intp]) -> _Intervals:
        """Some of the rows, in their order."""
        ends = (self.from_m[rows], self.to_m[rows])
        values = tuple(grade[rows] for grade in self.values)
        return _Intervals(self.hole[rows], *ends, self.domain[rows], values)

    def assayed(self) -> NDArray[np.bool_]:
        """Rows with at least one grade."""
        known = np.zeros(len(self.hole), dtype=bool)
        for grade in self.values:
            known |= np.isfinite(grade)
        return known


def _everywhere(count: int) -> Any:
    """The one domain of deposits without domains, in every row."""
    return pd.Categorical.from_codes(np.zeros(count, dtype=np.int8), pd.Index([WHOLE_HOLE]))


def _names(drillholes: Drillholes) -> pd.Index:
    """Hole ids in alphabetical order."""
    return pd.Index(sorted(drillholes.collar["hole_id"].astype(object)), dtype=object)


def _place(
    drillholes: Drillholes,
    pieces: _Intervals,
    names: pd.Index,
    values: Mapping[str, NDArray[np.float64]],
) -> pd.DataFrame:
    """Lengths, midpoints and grades of pieces of holes."""
    middle = np.round((pieces.from_m + pieces.to_m) / 2.0, DECIMALS)
    traces = Traces(drillholes.collar, drillholes.survey, drillholes.desurvey)
    points = traces.points(traces.numbers(names)[pieces.hole], middle)
    np.round(points, COORDINATE_DECIMALS, out=points)
    points += 0.0  # no -0.0
    return pd.DataFrame(
        {
            "hole_id": _texts(names, pieces.hole),
            "from_m": pieces.from_m,
            "to_m": pieces.to_m,
            "length_m": np.round(pieces.to_m - pieces.from_m, DECIMALS),
            "easting_m": points[:, 0],
            "northing_m": points[:, 1],
            "elevation_m": points[:, 2],
            "domain": _texts(pieces.domain.categories, pieces.domain.codes),
            **values,
        },
        copy=False,
    )


def _texts(words: Any, numbers: Array) -> Any:
    """A column of words by their numbers, without an object for each row."""
    return pd.array(np.asarray(words, dtype=object), dtype="str").take(numbers)


def _runs(
    drillholes: Drillholes, assay: _Intervals, names: pd.Index, domains: _Domains
) -> _Intervals:
    """Stretches of one domain along each hole."""
    if domains.ground is None:
        if domains.column is None:
            return _whole_runs(assay)
        return _logged_runs(drillholes, names, domains)
    placed, outside = _placed_runs(drillholes, assay, names, domains.ground)
    if domains.column is None:
        return _joined(placed)
    logged = _logged_runs(drillholes, names, domains)
    pairs, _ = _pairs(outside, logged)
    rest, log = outside.take(pairs[:, 0]), logged.take(pairs[:, 1])
    ends = (np.maximum(rest.from_m, log.from_m), np.minimum(rest.to_m, log.to_m))
    return _joined(placed, _Intervals(rest.hole, *ends, log.domain, ()))


def _whole_runs(assay: _Intervals) -> _Intervals:
    """One run a hole, from its first assay to its last."""
    first, to_m = assayed_runs(assay.hole, assay.to_m, assay.assayed())
    return _Intervals(assay.hole[first], assay.from_m[first], to_m, _everywhere(len(first)), ())


def _placed_runs(
    drillholes: Drillholes, assay: _Intervals, names: pd.Index, ground: NamedGround
) -> tuple[_Intervals, _Intervals]:
    """Stretches that the ground holds, with its domains, and those that it does not hold."""
    whole = _whole_runs(assay)
    traces = Traces(drillholes.collar, drillholes.survey, drillholes.desurvey)
    number = traces.numbers(names)[whole.hole]
    run, from_m, to_m, code = cut_at_contacts(traces, number, whole.from_m, whole.to_m, ground)
    domain: Any = pd.Categorical.from_codes(code - 1, pd.Index(ground.names))
    cut = _Intervals(whole.hole[run], from_m, to_m, domain, ())
    return cut.take(np.flatnonzero(code > 0)), cut.take(np.flatnonzero(code == 0))


def _joined(*parts: _Intervals) -> _Intervals:
    """Runs of all parts in order; neighbours of one domain are one run."""
    hole = np.concatenate([part.hole for part in parts])
    from_m = np.concatenate([part.from_m for part in parts])
    to_m = np.concatenate([part.to_m for part in parts])
    domain = np.concatenate([np.asarray(part.domain, dtype=object) for part in parts])
    order = np.lexsort((from_m, hole))
    hole, from_m, to_m, domain = hole[order], from_m[order], to_m[order], domain[order]
    same = (hole[1:] == hole[:-1]) & (domain[1:] == domain[:-1])
    same &= from_m[1:] - to_m[:-1] <= JOIN_M
    first = np.flatnonzero(np.append(True, ~same)) if len(hole) else np.zeros(0, np.intp)
    last = np.append(first[1:], len(hole)) - 1 if len(hole) else first
    return _Intervals(hole[first], from_m[first], to_m[last], pd.Categorical(domain[first]), ())


def _logged_runs(drillholes: Drillholes, names: pd.Index, domains: _Domains) -> _Intervals:
    """Stretches whose logged codes are of one domain."""
    column = domains.column
    if column not in drillholes.lithology:
        raise ValueError(f"the lithology table has no column {column!r} / 岩性表没有列 {column!r}")
    domain_of = {code: domain for domain, members in domains.codes.items() for code in members}
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
    run, start, stop = laid(runs.from_m, runs.to_m, full + own, length_m, 10.0**DECIMALS)
    return _Intervals(runs.hole[run], start, stop, runs.domain[run], ())


def _pairs(pieces: _Intervals, others: _Intervals) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Overlapping pairs (n, 2) of two tables of intervals, and their metres."""
    found: tuple[NDArray[np.int64], NDArray[np.float64]] = overlapping_pairs(
        pieces.hole, pieces.from_m, pieces.to_m, others.hole, others.from_m, others.to_m
    )
    return found


def _grade(
    pieces: _Intervals, assay: _Intervals, grade: NDArray[np.float64], min_coverage: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Length-weighted grade of one element (NaN below the coverage), and its assayed metres."""
    places = (pieces.hole, pieces.from_m, pieces.to_m, assay.hole, assay.from_m, assay.to_m)
    made: tuple[NDArray[np.float64], NDArray[np.float64]] = assayed_grades(
        *places, grade, (TOUCH_M, min_coverage - TOUCH_M)
    )
    return made


def _longest_domain(samples: _Intervals, runs: _Intervals) -> pd.Categorical:
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
    return pd.Categorical(domains)
