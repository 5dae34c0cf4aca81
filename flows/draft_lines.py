"""Line surveys of a draft: which column is what, and the readings as they are checked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_utm_crs_info

from flows.draft import Draft
from flows.draft_geochemistry import axes_of
from flows.draft_surveys import (
    NO_MAP,
    Surveyed,
    is_local,
    layer_name,
    question,
    said,
    stem,
)
from geo.config import Names
from geo.conventions import numbers
from geo.crs import known_crs
from geo.findings import DataError
from geo.rasters.config import LineColumns, LineSource
from geo.rasters.lines import LineSurvey, check_lines, read_lines
from geo.rasters.reading import book
from geo.recognise_rules import Recognised, key_of, words

UNITS = {"mgal": "mGal", "nt": "nT"}
TIE = "TIE"


def draft_lines(draft: Draft) -> list[Surveyed]:
    """Read and check every line survey of a folder (once)."""
    taken: set[str] = set()
    tables = [table for table in draft.files if table.kind == "line_survey"]
    return [_draft(draft, table, taken) for table in tables]


def _draft(draft: Draft, table: Recognised, taken: set[str]) -> Surveyed:
    """One survey: its columns, its system, its readings."""
    made = Surveyed(table)
    columns = _columns(table)
    if columns is None:
        made.aside = (
            "没有表头，不知哪一列是测值；在 lines 里写列号（docs/rasters.md）",
            "no header names the reading: write column numbers under `lines` (docs/rasters.md)",
        )
        return made
    axes = axes_of(draft, table)
    name = layer_name(table, "lines", taken)
    unit = _unit(draft, str(columns.value), name, table)
    made.source = _source(draft, table, columns, (name, unit or "?", axes.crs or "local"))
    metric = draft.crs if known_crs(draft.crs) is not None else _metric(table, axes.crs)
    try:
        survey, found = read_lines(made.source, metric or "local", draft.root)
    except DataError as error:
        made.findings = error.findings
        made.aside = (error.findings[0].message_zh, error.findings[0].message_en)
        return made
    kind = _kind(survey, unit)
    made.source = made.source.model_copy(
        update={"kind": kind, "max_distance_m": _reach(survey), "quantity": _quantity(kind, table)}
    )
    made.findings = (*found, *check_lines(survey, made.source))
    made.facts = f"{len(survey.value):,} readings, {len(survey.line_names):,} lines"
    made.why = f"{columns.value}, {axes.why}"
    made.aside = NO_MAP if is_local(draft) else None
    _ask(made, name, unit, axes.crs, draft)
    east, north = survey.easting_m, survey.northing_m
    made.extent = (float(east.min()), float(north.min()), float(east.max()), float(north.max()))
    made.spacing_m = survey.spacing_m if np.isfinite(survey.spacing_m) else survey.step_m
    return made


def _ask(made: Surveyed, name: str, unit: str | None, crs: str | None, draft: Draft) -> None:
    """What the table does not say."""
    file = made.table.file
    if unit is None:
        zh, en = f"{file}：测值的单位", f"{file}: the unit of the readings is not said"
        made.questions.append(question("unit", None, zh, en, f"--raster-unit {name}=nT | mGal"))
    if crs is None and not draft.checking and made.aside is None:
        zh, en = f"{file}：坐标系", f"{file}: the system of its coordinates is not said"
        flag = f"--survey-crs {stem(made.table)}=EPSG:…"
        made.questions.append(question("survey_crs", None, zh, en, flag))


def _source(
    draft: Draft, table: Recognised, columns: LineColumns, told: tuple[str, str, str]
) -> LineSource:
    """A source to read with; range and reach are set when the readings are known."""
    name, unit, crs = told
    return LineSource(
        name=name,
        root=str(draft.root.resolve()),
        path=table.file,
        header=True,
        columns=columns,
        crs=crs,
        quantity=Names(zh=stem(table), en=stem(table)),
        unit=unit,
        tie_is=TIE if columns.line_type is not None else None,
        method="best",
        max_distance_m=1.0,
    )


def _columns(table: Recognised) -> LineColumns | None:
    """Which heading is what; None without a header."""
    pair = ("easting_m", "northing_m") if "easting_m" in table.columns else ("x", "y")
    if table.header is None or not all(name in table.columns for name in pair):
        return None
    heads = (*(c.heading for c in table.columns.values()), *table.strangers)
    value = next((h for h in heads if key_of(h) in words()["field"]), None)
    if value is None:
        return None
    kind = next((h for h in heads if key_of(h) == "linetype"), None)
    lines = [h for h in heads if key_of(h) in words()["line_number"]]
    areas = [h for h in heads if key_of(h) in words()["line_area"]]
    x, y = (table.columns[name].heading for name in pair)
    line = (*areas, *lines[:1]) if lines else ()
    return LineColumns(x=x, y=y, value=value, line=line, line_type=kind)


def _unit(draft: Draft, heading: str, name: str, table: Recognised) -> str | None:
    """Unit of the readings: by a flag, else by the heading."""
    answer = said(draft.answers.raster_units, name, stem(table), table.file)
    key = key_of(heading)
    return answer or next((unit for end, unit in UNITS.items() if key.endswith(end)), None)


def _kind(survey: LineSurvey, unit: str | None) -> str | None:
    """Kind of survey by the unit and the readings' median."""
    middle = float(np.median(survey.value)) if len(survey.value) else float("nan")
    for kind in ("magnetic_anomaly", "magnetic_total_field", "bouguer_gravity"):
        usual = book()["kinds"][kind]
        if usual["unit"] == unit and usual["low"] <= middle <= usual["high"]:
            return kind
    return None


def _quantity(kind: str | None, table: Recognised) -> Names:
    """Name of what is measured, for readers."""
    own = stem(table)
    if kind is None:
        return Names(zh=own, en=own)
    usual = book()["kinds"][kind]
    return Names(zh=f"{usual['zh']}（{own}）", en=f"{usual['en']} ({own})")


def _reach(survey: LineSurvey) -> float:
    """How far from a reading a cell has a value: the spacing of the lines (or of the readings)."""
    spacing = survey.spacing_m if np.isfinite(survey.spacing_m) else 5 * survey.step_m
    return max(float(f"{spacing:.2g}"), 1.0) if np.isfinite(spacing) else 1000.0


def _metric(table: Recognised, crs: str | None) -> str | None:
    """A UTM zone about the middle of a survey in degrees, so that distances are metres."""
    own = known_crs(crs) if crs else None
    if own is None or not own.is_geographic:
        return crs
    east, north = (numbers(table.columns[name].texts) for name in ("easting_m", "northing_m"))
    lon, lat = float(pd.Series(east).median()), float(pd.Series(north).median())
    around: Any = AreaOfInterest(lon, lat, lon, lat)
    zones = query_utm_crs_info(datum_name="WGS 84", area_of_interest=around)
    return f"EPSG:{zones[0].code}" if zones else crs
