"""Regional geochemistry: one survey table, read, checked and brought into the belt's CRS."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from geo.config import GeochemistrySource, resolve_root
from geo.crs import check_crs, identity_note, transform
from geo.dictionary import dictionary
from geo.drillholes import sha256, sort_findings
from geo.findings import DataError, Finding, RowBalance
from geo.rules import Flag, blocks, finding, flag_findings
from geo.tables import REFUSED_COLUMNS, Table, read_table, refused_rows
from geo.values import COORDINATE_DECIMALS

TABLE = "geochemistry"
MAJORITY = 0.95
MARGIN_DEG = 3.0
"""How far outside its area of use a coordinate system's points may lie (neighbouring zone)."""


@dataclass(frozen=True)
class GeochemistryReading:
    """What reading a survey gave.

    ``table``: sample_id, easting_m, northing_m (belt CRS, metres), the elements (``cu_ppm``,
    ``au_ppb``, ...; NaN = not analysed), file, row; None where it can't be used. ``files`` maps
    the configured path to its sha256; ``refused`` holds every quarantined row with its text.
    """

    table: pd.DataFrame | None
    findings: tuple[Finding, ...]
    balances: tuple[RowBalance, ...]
    files: dict[str, str]
    refused: pd.DataFrame


def read_geochemistry(source: GeochemistrySource, crs: str, base: Path) -> GeochemistryReading:
    """Read one regional survey and bring it into the belt's coordinate system.

    Parameters
    ----------
    source
        The table, its conventions and its own CRS, from the belt's file.
    crs
        The belt's CRS (EPSG code).
    base
        Folder of the belt's file.

    Returns
    -------
    GeochemistryReading
        Never raises for data: what is wrong is a finding, and ``table`` may be None.
    """
    path = resolve_root(source.root, base) / source.path
    table = read_table(
        path,
        TABLE,
        conventions=source.conventions,
        columns=source.columns,
        units=source.units,
        name=source.path,
    )
    files = {source.path: sha256(path)} if path.is_file() else {}
    findings = list(table.findings)
    refused, placed = table.refused, None
    if table.usable:
        try:
            placed, more, gone = _place(table.frame, source, crs)
        except DataError as error:
            more, gone = [replace(f, file=source.path) for f in error.findings], refused[:0]
        findings += more
        refused = pd.concat([refused, gone], ignore_index=True) if len(gone) else refused
    if any(blocks(found) for found in findings):
        placed = None
    balance = _balance(table, refused)
    raw = [table.raw[int(row)] for row in refused["row"]]
    return GeochemistryReading(
        placed, sort_findings(findings), (balance,), files, refused.assign(raw=raw)
    )


def _balance(table: Table, refused: pd.DataFrame) -> RowBalance:
    """The row balance after the checks of places."""
    if not table.usable:
        return table.balance
    quarantined = int(refused["row"].nunique()) if len(refused) else 0
    accepted = table.balance.rows_in - quarantined - table.balance.skipped
    return replace(table.balance, accepted=accepted, quarantined=quarantined)


def _place(
    frame: pd.DataFrame, source: GeochemistrySource, crs: str
) -> tuple[pd.DataFrame, list[Finding], pd.DataFrame]:
    """Points in the belt's CRS, findings, and the rows refused."""
    own, belt = check_crs(source.crs, file=source.path), check_crs(crs)
    east, north = frame["easting_m"].to_numpy(float), frame["northing_m"].to_numpy(float)
    east = east - (source.conventions.zone_prefix or 0) * 1e6
    missing = ~(np.isfinite(east) & np.isfinite(north))
    double, first = _doubles(east, north, missing)
    words = [{"other": int(frame["row"].iloc[first[int(i)]])} for i in np.flatnonzero(double)]
    flags = [
        Flag("BN-GCH-001", np.flatnonzero(missing), "X/Y"),
        Flag("BN-GCH-002", np.flatnonzero(double), "X/Y", None, words),
    ]
    findings = [found for flag in flags for found in flag_findings(flag, frame)]
    keep = ~(missing | double)
    findings += _outside(own, east[keep], north[keep], source)
    refused = refused_rows(flags, frame, TABLE)
    placed = frame[keep].reset_index(drop=True)
    if any(blocks(found) for found in findings):
        return placed, findings, refused
    if own is not None and belt is not None:
        findings += identity_note(own, belt, source.path)
    x, y = transform(own or "local", belt or "local", east[keep], north[keep])
    placed["easting_m"] = np.round(x, COORDINATE_DECIMALS) + 0.0
    placed["northing_m"] = np.round(y, COORDINATE_DECIMALS) + 0.0
    return placed[_columns(placed)], findings, refused[REFUSED_COLUMNS]


def _columns(frame: pd.DataFrame) -> list[str]:
    """Identity, place, elements, origin."""
    book = dictionary()
    elements = sorted(str(c) for c in frame if book.kind(TABLE, str(c)) == "grade")
    names = ["sample_id"] if "sample_id" in frame else []
    return [*names, "easting_m", "northing_m", *elements, "file", "row"]


def _doubles(
    east: NDArray[np.float64], north: NDArray[np.float64], missing: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], dict[int, int]]:
    """Points at the same place as an earlier one, and that one's position."""
    seen: dict[tuple[float, float], int] = {}
    double = np.zeros(len(east), dtype=bool)
    first: dict[int, int] = {}
    for i in map(int, np.flatnonzero(~missing)):
        place = (float(east[i]), float(north[i]))
        if place in seen:
            double[i] = True
            first[i] = seen[place]
        else:
            seen[place] = i
    return double, first


def _outside(
    own: CRS | None, east: NDArray[Any], north: NDArray[Any], source: GeochemistrySource
) -> list[Finding]:
    """A finding where the points don't lie where their coordinate system is used."""
    if own is None or own.area_of_use is None or not len(east):
        return []
    area = own.area_of_use
    geodetic = own.geodetic_crs
    if own.is_geographic or geodetic is None:
        lon, lat = east, north
    else:
        lon, lat = transform(own, geodetic, east, north)
    inside = (lon > area.west - MARGIN_DEG) & (lon < area.east + MARGIN_DEG)
    inside &= (lat > area.south - MARGIN_DEG) & (lat < area.north + MARGIN_DEG)
    if inside.mean() >= MAJORITY:
        return []
    words: dict[str, Any] = {"found": f"{source.crs} {own.name}", "count": int((~inside).sum())}
    return [finding("BN-GCH-005", file=source.path, column="X/Y", **words)]
