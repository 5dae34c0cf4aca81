"""Surveys measured along lines (aeromagnetics, ground gravity): read, checked, gridded.

Nothing is corrected: spikes, doubles and misties are counted and said. Gridding is in
:mod:`geo.rasters.lines_gridding`.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo.config import MapGrid, resolve_root
from geo.crs import check_crs, identity_note, transform
from geo.files import sha256
from geo.findings import DataError, Finding
from geo.rasters.checks import range_findings
from geo.rasters.config import LineSource
from geo.rasters.lines_gridding import Gridded, grid_readings
from geo.rasters.reading import book, expand_xz
from geo.rasters.surveys import empty_dataset, statistics
from geo.robust import MAD_TO_SIGMA
from geo.rules import blocks, finding
from geo.tables.sheets import UnreadableError

if TYPE_CHECKING:
    import xarray as xr

SPIKE_SPREADS = 20.0
"""A reading whose fourth difference exceeds so many robust spreads of its survey is a spike."""
NEAR_CROSSING = 1.0
"""Readings of a tie and of a line within so many steps along are taken as a crossing."""
NOTICEABLE_GAP = 0.2
SPACING_READINGS = 2000
"""The spacing of lines is taken from so many readings, evenly drawn."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LineSurvey:
    """Readings of one survey, in the belt's CRS, in the order of the file."""

    easting_m: Floats
    northing_m: Floats
    value: Floats
    line: NDArray[np.intp]
    """Number of the line; all zero where the table names none."""
    line_names: tuple[str, ...]
    tie: NDArray[np.bool_]
    """Whether a reading is on a tie line."""
    rows: int
    """Rows of the table; those without a number in coordinates or value are not kept."""
    hidden: int
    """Rows whose value is a stated nodata."""

    @property
    def step_m(self) -> float:
        """Median distance between readings that follow each other on a line."""
        along = self._along()
        return float(np.median(along)) if along.size else float("nan")

    @property
    def spacing_m(self) -> float:
        """Median distance from a line's reading to the nearest of another line (no ties)."""
        lines = ~self.tie
        if len(np.unique(self.line[lines])) < 2:
            return float("nan")
        return _line_spacing(self.easting_m[lines], self.northing_m[lines], self.line[lines])

    def _along(self) -> Floats:
        """Distances between readings that follow each other on a line."""
        same = self.line[1:] == self.line[:-1]
        distance = np.hypot(np.diff(self.easting_m), np.diff(self.northing_m))
        return np.asarray(distance[same & (distance > 0)])


def _line_spacing(x: Floats, y: Floats, line: NDArray[np.intp]) -> float:
    """Median distance to the nearest reading of another line, from evenly drawn readings."""
    tree = cKDTree(np.column_stack([x, y]))
    drawn = np.unique(np.linspace(0, len(x) - 1, SPACING_READINGS).astype(int))
    nearest = np.full(len(drawn), np.nan)
    neighbours = 16
    while np.isnan(nearest).any() and neighbours <= min(4096, 2 * len(x)):
        open_ = np.flatnonzero(np.isnan(nearest))
        at = drawn[open_]
        distance, index = tree.query(
            np.column_stack([x[at], y[at]]), k=min(neighbours, len(x)), workers=1
        )
        other = line[np.minimum(index, len(x) - 1)] != line[at][:, None]
        has = other.any(axis=1)
        nearest[open_[has]] = distance[has, other[has].argmax(axis=1)]
        neighbours *= 8
    return float(np.nanmedian(nearest))


def read_lines(source: LineSource, crs: str, base: Path) -> tuple[LineSurvey, list[Finding]]:
    """Read a line survey and bring it into the belt's CRS.

    Parameters
    ----------
    source
        The survey, from the belt's file.
    crs
        The belt's CRS.
    base
        Folder of the belt's file.

    Returns
    -------
    survey, findings
        Readings with coordinates and a value; what was found on the way.

    Raises
    ------
    DataError
        The file is absent or can't be read, lacks a column, or its CRS is refused.
    """
    frame = _table(resolve_root(source.root, base) / source.path, source)
    chosen = source.columns
    plain = {name: _numbers(frame, getattr(chosen, name), source) for name in ("x", "y", "value")}
    hidden = np.isin(plain["value"], source.declared_nodata)
    good = np.isfinite(plain["x"]) & np.isfinite(plain["y"]) & np.isfinite(plain["value"])
    found = []
    if not good.all():
        found.append(finding("BN-RAS-061", file=source.path, count=int((~good).sum())))
    for sentinel in map(float, book()["sentinels"]):
        count = int((plain["value"][~hidden] == sentinel).sum())
        if count:
            words: dict[str, Any] = {"count": count, "found": f"{sentinel:g}"}
            found.append(finding("BN-RAS-002", file=source.path, **words))
    keep = good & ~hidden
    own, belt = check_crs(source.crs, file=source.path), check_crs(crs)
    east, north = transform(source.crs, crs, plain["x"][keep], plain["y"][keep])
    if own is not None and belt is not None:
        found += identity_note(own, belt, source.path)
    line, names = _line_numbers(frame, source)
    survey = LineSurvey(
        east,
        north,
        plain["value"][keep],
        line[keep],
        names,
        _ties(frame, source)[keep],
        len(frame),
        int((good & hidden).sum()),
    )
    return survey, found


def _table(path: Path, source: LineSource) -> pd.DataFrame:
    """The table as texts and numbers, columns as written (or numbered from 1)."""
    if not path.is_file():
        raise DataError([finding("BN-TAB-001", file=source.path)])
    with tempfile.TemporaryDirectory() as folder:
        try:
            packed = path.suffix.casefold() == ".xz"
            plain = expand_xz(path, Path(folder) / path.stem) if packed else path
            if source.header:
                return pd.read_csv(plain, encoding="utf-8-sig", low_memory=False)
            frame = pd.read_csv(plain, sep=r"\s+", header=None)
        except UnreadableError as error:
            raise DataError([finding(error.code, file=source.path, **error.words)]) from None
        except (OSError, ValueError) as error:  # pandas' parser errors are ValueErrors
            raise DataError([finding("BN-RAS-004", file=source.path, detail=str(error))]) from None
    frame.columns = pd.RangeIndex(1, frame.shape[1] + 1)
    return frame


def _column(frame: pd.DataFrame, name: str | int, source: LineSource) -> pd.Series:
    """A column by its heading or number."""
    if name not in frame.columns:
        names = ", ".join(map(str, frame.columns))
        raise DataError([finding("BN-RAS-060", file=source.path, wanted=name, names=names)])
    return frame[name]


def _numbers(frame: pd.DataFrame, name: str | int, source: LineSource) -> Floats:
    """A column as numbers, NaN where a cell is none."""
    return pd.to_numeric(_column(frame, name, source), errors="coerce").to_numpy(dtype=float)


def _line_numbers(
    frame: pd.DataFrame, source: LineSource
) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """Each row's line, numbered in order of appearance, and the lines' names."""
    if not source.columns.line:
        return np.zeros(len(frame), dtype=np.intp), ("",)
    parts = [_column(frame, name, source).astype(str) for name in source.columns.line]
    joined = parts[0]
    for part in parts[1:]:
        joined = joined + "/" + part
    numbers, names = pd.factorize(joined)
    return numbers.astype(np.intp), tuple(map(str, names))


def _ties(frame: pd.DataFrame, source: LineSource) -> NDArray[np.bool_]:
    """Which rows are on tie lines."""
    if source.columns.line_type is None or source.tie_is is None:
        return np.zeros(len(frame), dtype=bool)
    words = _column(frame, source.columns.line_type, source).astype(str).str.strip()
    return np.asarray(words.str.casefold() == source.tie_is.casefold())


def check_lines(survey: LineSurvey, source: LineSource) -> list[Finding]:
    """Check the readings: doubles, spikes, misties, range; and say what the survey is."""
    ties = len(np.unique(survey.line[survey.tie]))
    words: dict[str, Any] = {"count": len(survey.value), "ties": ties}
    words |= {"lines": len(np.unique(survey.line[~survey.tie]))}
    words |= {"step": f"{survey.step_m:.4g}", "spacing": f"{survey.spacing_m:.4g}"}
    found = [finding("BN-RAS-062", file=source.path, **words)]
    doubles = int(duplicates(survey).sum())
    if doubles:
        found.append(finding("BN-RAS-063", file=source.path, value=doubles, count=doubles))
    bad = spikes(survey)
    if bad.size:
        place = survey.line_names[int(survey.line[bad[0]])]
        words = {"value": bad.size, "count": bad.size, "place": place}
        found.append(finding("BN-RAS-064", file=source.path, **words))
    misties = crossings(survey)
    if misties.size:
        plain: dict[str, Any] = {"mean": f"{misties.mean():.4g}", "sd": f"{misties.std():.4g}"}
        plain |= {"worst": f"{np.abs(misties).max():.4g}", "unit": source.unit}
        found.append(finding("BN-RAS-065", file=source.path, count=misties.size, **plain))
    return found + range_findings(survey.value, source.kind, source.unit, source.path)


def duplicates(survey: LineSurvey) -> NDArray[np.bool_]:
    """Readings that stand (to a centimetre) where an earlier one of their line does."""
    places = np.column_stack([survey.easting_m, survey.northing_m])
    frame = pd.DataFrame(np.round(places, 2)).assign(line=survey.line)
    return frame.duplicated().to_numpy()


def spikes(survey: LineSurvey) -> NDArray[np.intp]:
    """Readings that stand out by the fourth difference along their line.

    The fourth difference of a smooth field is near zero; of one bad reading it is 6 times its
    error at the reading itself (Reeves 2005, Aeromagnetic Surveys, on de-spiking). A spike exceeds
    SPIKE_SPREADS robust spreads of the whole survey and is the largest among its neighbours.
    """
    v, line = survey.value, survey.line
    if len(v) < 5:
        return np.empty(0, dtype=np.intp)
    fourth = v[:-4] - 4 * v[1:-3] + 6 * v[2:-2] - 4 * v[3:-1] + v[4:]
    same = (line[:-4] == line[4:]) & (line[:-4] == line[2:-2])
    size = np.where(same, np.abs(fourth), 0.0)
    if not same.any():
        return np.empty(0, dtype=np.intp)
    spread = MAD_TO_SIGMA * float(np.median(size[same]))
    padded = np.pad(size, 2)
    peak = np.maximum.reduce([padded[i : i + len(size)] for i in range(5)])
    found = same & (size == peak) & (size > SPIKE_SPREADS * max(spread, 1e-12))
    return np.flatnonzero(found) + 2


def crossings(survey: LineSurvey) -> Floats:
    """Tie minus line where they cross, one value for each pair of a tie and a line.

    Both are drawn straight through the neighbours of their nearest readings and meet in a point;
    values there are linear along each. Pairs that don't meet within a step are left out.
    """
    ties, lines = _inner(survey, survey.tie), _inner(survey, ~survey.tie)
    if not ties.size or not lines.size:
        return np.empty(0)
    places = np.column_stack([survey.easting_m, survey.northing_m])
    reach = NEAR_CROSSING * survey.step_m
    near, index = cKDTree(places[lines]).query(places[ties], distance_upper_bound=reach, workers=1)
    met = np.isfinite(near)
    pairs = pd.DataFrame({"t": ties[met], "l": lines[index[met]], "distance": near[met]})
    pairs["tie"], pairs["line"] = survey.line[pairs["t"]], survey.line[pairs["l"]]
    best = pairs.sort_values("distance").drop_duplicates(["tie", "line"])
    t, line = best["t"].to_numpy(), best["l"].to_numpy()
    along, across = places[t + 1] - places[t - 1], places[line + 1] - places[line - 1]
    apart = places[line] - places[t]
    turn = along[:, 0] * across[:, 1] - along[:, 1] * across[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        on_tie = (apart[:, 0] * across[:, 1] - apart[:, 1] * across[:, 0]) / turn
        on_line = (apart[:, 0] * along[:, 1] - apart[:, 1] * along[:, 0]) / turn
    value = survey.value
    mistie = value[t] + on_tie * (value[t + 1] - value[t - 1])
    mistie = mistie - value[line] - on_line * (value[line + 1] - value[line - 1])
    return np.asarray(mistie[(np.abs(on_tie) <= 1) & (np.abs(on_line) <= 1)])


def _inner(survey: LineSurvey, wanted: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Readings that have one of their own line before and after them."""
    line = survey.line
    middle = np.flatnonzero((line[:-2] == line[1:-1]) & (line[1:-1] == line[2:])) + 1
    return middle[wanted[middle]]


def grid_lines(
    source: LineSource, crs: str, map_grid: MapGrid, base: Path
) -> tuple[xr.DataArray | None, tuple[Finding, ...]]:
    """Read, check and grid a line survey onto the belt's grid.

    Parameters
    ----------
    source, crs, map_grid, base
        The survey; the belt's CRS and grid; folder of the belt's file.

    Returns
    -------
    layer, findings
        The layer (northing_m, easting_m), NaN beyond ``max_distance_m`` of every reading, with
        its errors on held-out lines in the attributes; None where the survey can't be used.
    """
    from geo.drillholes.reading import sort_findings

    try:
        survey, found = read_lines(source, crs, base)
    except DataError as error:
        return None, error.findings
    if any(map(blocks, found)) or not len(survey.value):
        return None, sort_findings(found or [finding("BN-RAS-010", file=source.path)])
    found += check_lines(survey, source)
    limit = book()["cells_per_spacing"]
    if map_grid.cell_m < survey.spacing_m / limit:
        words: dict[str, Any] = {"cell": f"{map_grid.cell_m:g}", "limit": limit}
        words["spacing"] = f"{survey.spacing_m:.4g}"
        found.append(finding("BN-RAS-026", file=source.path, **words))
    gridded = grid_readings(survey, source, map_grid)
    missing = float(np.isnan(gridded.values).mean())
    if missing == 1.0:
        return None, sort_findings([*found, finding("BN-RAS-003", file=source.path)])
    if missing > NOTICEABLE_GAP:
        found.append(finding("BN-RAS-005", file=source.path, share=f"{100 * missing:.0f}"))
    found.append(_judgement(gridded, source))
    dataset = empty_dataset(crs, map_grid)
    dataset["gridded"] = (("northing_m", "easting_m"), gridded.values)
    layer = dataset["gridded"]
    layer.attrs = _attributes(survey, source, gridded)
    layer.attrs["sha256"] = sha256(resolve_root(source.root, base) / source.path)
    return layer, sort_findings(found)


def _judgement(gridded: Gridded, source: LineSource) -> Finding:
    """Which method was used, and the errors of those that were tried."""
    errors = ", ".join(f"{name} {error:.4g}" for name, error in gridded.errors.items())
    words: dict[str, Any] = {"method": gridded.method, "errors": errors, "unit": source.unit}
    words["error"] = f"{gridded.errors[gridded.method]:.4g}"
    return finding("BN-RAS-066", file=source.path, **words)


def _attributes(survey: LineSurvey, source: LineSource, gridded: Gridded) -> dict[str, Any]:
    """What is stored with a gridded survey."""
    return {
        "units": source.unit,
        "long_name": source.quantity.en,
        "long_name_zh": source.quantity.zh,
        "kind": source.kind or "",
        "source": source.path,
        "source_crs": source.crs,
        "readings": len(survey.value),
        "line_spacing_m": survey.spacing_m,
        "gridding": gridded.method,
        "max_distance_m": source.max_distance_m,
        "held_out_rmse": {name: float(error) for name, error in gridded.errors.items()},
        "grid_mapping": "spatial_ref",
        **statistics(gridded.values),
    }
