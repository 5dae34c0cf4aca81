"""Geochemical surveys: one table, read, checked and brought into the belt's CRS."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.config import resolve_root
from geo.drillholes.reading import sort_findings
from geo.files import sha256
from geo.findings import DataError, Finding, RowBalance
from geo.geochemistry.checks import (
    check_contents,
    check_doubles,
    check_media,
    check_repeats,
    check_seams,
    check_sheets,
    check_spacing,
    check_twice,
)
from geo.geochemistry.compositions import SHARE_OF_LIMIT, Rule
from geo.geochemistry.config import GeochemistrySource
from geo.geochemistry.places import place, second_places
from geo.geochemistry.tables import SurveyTable, read_survey_table
from geo.inbox import lies_inside
from geo.rules import finding
from geo.tables.table import REFUSED_COLUMNS

LIMIT_SUFFIX = "__lod"
"""Suffix of the column that holds an element's detection limit where it is not reached."""


@dataclass(frozen=True)
class Survey:
    """One survey in the belt's CRS; rows of the three frames are the same.

    ``points``: easting_m, northing_m (metres), sample_id and the other words, file, row.
    ``values``: contents (``cu_ppm``, ``cu_inaa_ppm``, ``au_ppb``, ``sio2_pct``); NaN where not
    analysed or below detection. ``limits``: the limit where a content is below it, else NaN.
    """

    points: pd.DataFrame
    values: pd.DataFrame
    limits: pd.DataFrame
    repeats: pd.DataFrame

    @property
    def elements(self) -> tuple[str, ...]:
        """Columns of contents."""
        return tuple(map(str, self.values.columns))

    def imputed(self, rule: Rule) -> pd.DataFrame:
        """Contents with what stands for "below detection" by a named rule.

        ``half_limit``, ``zero``, ``limit`` and ``multiplicative`` (0.65 of the limit) are shares
        of the limit (:data:`geo.geochemistry.compositions.SHARE_OF_LIMIT`); ``none`` leaves NaN.
        """
        if rule == "none":
            return self.values.copy()
        return self.values.fillna(self.limits * SHARE_OF_LIMIT[rule])

    def frame(self, rule: Rule) -> pd.DataFrame:
        """One row for each place with contents imputed by ``rule``, as maps need them.

        Samples of one place are one point with their geometric mean (the first one's identity).
        """
        names = [n for n in ("sample_id", "easting_m", "northing_m") if n in self.points]
        parts = [self.points[names], self.imputed(rule), self.points[["file", "row"]]]
        frame = pd.concat(parts, axis=1)
        places = frame[["easting_m", "northing_m"]].round(3)
        if not places.duplicated().any():
            return frame
        group = places.groupby(["easting_m", "northing_m"], sort=False).ngroup()
        elements = list(self.elements)
        with np.errstate(divide="ignore"):
            logs = pd.DataFrame(np.log(frame[elements].to_numpy(float)), columns=elements)
        means = np.exp(logs.groupby(group.to_numpy()).mean().to_numpy())
        first = frame[~places.duplicated()].reset_index(drop=True)
        # a place with one sample keeps its very number: exp(log(x)) is not always x
        several = (group.value_counts(sort=False).sort_index() > 1).to_numpy()
        first.loc[several, elements] = means[several]
        return first

    def curated(self) -> pd.DataFrame:
        """Points, contents and limits (``cu_ppm__lod``): nothing is imputed."""
        parts = [self.points, self.values, self.limits.add_suffix(LIMIT_SUFFIX)]
        return pd.concat(parts, axis=1)


@dataclass(frozen=True)
class GeochemistryReading:
    """What reading a survey gave.

    ``survey`` keeps contents below detection as such; ``table`` is the same with the configured
    rule applied (sample_id, easting_m, northing_m, elements, file, row). Both are None where the
    survey can't be used. ``files`` maps the configured path to its sha256; ``refused`` holds every
    quarantined row with its text.
    """

    survey: Survey | None
    table: pd.DataFrame | None
    findings: tuple[Finding, ...]
    balances: tuple[RowBalance, ...]
    files: dict[str, str]
    refused: pd.DataFrame


def read_geochemistry(source: GeochemistrySource, crs: str, base: Path) -> GeochemistryReading:
    """Read one survey and bring it into the belt's coordinate system.

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
        Never raises for data: what is wrong is a finding, and ``survey`` may be None.
    """
    root = resolve_root(source.root, base)
    path = root / source.path
    if not lies_inside(root, source.path):
        return _outside(source)
    table = read_survey_table(path, source)
    if table.usable:
        try:
            _check(table, source, crs)
        except DataError as error:
            table.findings += [replace(f, file=source.path) for f in error.findings]
    survey = _survey(table, source) if table.usable else None
    refused = table.refused
    raw = [table.raw[int(row)] for row in refused["row"]]
    return GeochemistryReading(
        survey,
        None if survey is None else survey.frame(source.conventions.below_detection),
        sort_findings(table.findings),
        (table.balance(source.path, source.sheet),),
        {source.path: sha256(path)} if path.is_file() else {},
        refused.assign(raw=raw),
    )


def _outside(source: GeochemistrySource) -> GeochemistryReading:
    """A survey whose path leads out of its folder: it isn't read."""
    found = finding("BN-INB-004", file=source.path, value=source.path)
    balance = RowBalance(source.path, "geochemistry", 0, 0, 0, 0, source.sheet)
    nothing = pd.DataFrame(columns=[*REFUSED_COLUMNS, "raw"])
    return GeochemistryReading(None, None, (found,), (balance,), {}, nothing)


def _check(table: SurveyTable, source: GeochemistrySource, crs: str) -> None:
    """Every check, and the places of the points that stay (``easting_m``, ``northing_m``)."""
    check_media(table, source)
    check_repeats(table, source)
    if not table.usable or not len(table.points):
        return
    placed = place(table, source, crs)
    if placed is None:
        return
    table.points["easting_m"], table.points["northing_m"] = placed.places.T
    twice = second_places(table, source)
    if twice is not None:
        check_twice(table, *twice, source.path)
    if table.usable:  # where the places are wrong throughout, no sheet number can fit
        check_sheets(table, placed.lon, placed.lat, source)
    check_doubles(table, _places(table))
    check_spacing(table, _places(table), source)
    check_contents(table, source)
    check_seams(table, _places(table), source)


def _places(table: SurveyTable) -> NDArray[np.float64]:
    """Places of the points that are left, (n, 2) metres."""
    return table.points[["easting_m", "northing_m"]].to_numpy(float)


def _survey(table: SurveyTable, source: GeochemistrySource) -> Survey | None:
    """The survey of an accepted table; None where no row is left."""
    if not len(table.points):
        found = finding("BN-TAB-016", file=source.path, count=len(table.raw))
        table.findings.append(found)
        return None
    _unknown_names(table, source)
    axes = [n for n in map(str, table.points) if n.startswith(("east_", "north_"))]
    points = table.points.drop(columns=[*axes, "sheet"])
    front = [n for n in ("sample_id", "easting_m", "northing_m") if n in points]
    points = points[[*front, *(n for n in points if n not in front)]]
    return Survey(points, table.values, table.limits, table.repeats)


def _unknown_names(table: SurveyTable, source: GeochemistrySource) -> None:
    """Names in the configuration that no column of the table has."""
    wanted = {
        "units": [n for n in source.units if "_" in n],
        "detection_limits": list(source.detection_limits),
        "levelling": list(source.levelling.elements) if source.levelling else [],
        "maps": [*source.maps.elements, *source.maps.kriged] if source.maps else [],
    }
    have = set(map(str, table.values))
    for where, names in wanted.items():
        for name in (n for n in names if n not in have):
            words: dict[str, Any] = {"where": where, "found": name, "near": ", ".join(sorted(have))}
            table.findings.append(finding("BN-GCH-029", file=source.path, value=name, **words))
