"""What is made of a survey: levelling applied, thresholds of each element, log-ratios."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.dictionary import dictionary
from geo.findings import Finding
from geo.geochemistry.compositions import Composition, compose
from geo.geochemistry.config import GeochemistrySource
from geo.geochemistry.levelling import GROUP_COLUMNS, SEAM_COLUMNS, find_seams, level
from geo.geochemistry.maps import Field
from geo.geochemistry.survey import Survey
from geo.geochemistry.thresholds import CITATIONS, Thresholds, thresholds
from geo.rules import finding

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LevelledSurvey:
    """A survey after levelling, with the tables of before and after (empty where none is asked)."""

    survey: Survey
    seams: pd.DataFrame
    groups: pd.DataFrame
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class SurveyMade:
    """Everything made of one survey: what its page, tables and figures show."""

    source: GeochemistrySource
    levelled: LevelledSurvey
    findings: tuple[Finding, ...]
    thresholds: dict[str, Thresholds]
    fields: dict[str, Field]
    """Element -> its map; empty where none is asked."""
    register: pd.DataFrame
    """Anomalies of every mapped element (:data:`geo.geochemistry.maps.REGISTER_COLUMNS`)."""
    labels: dict[str, NDArray[np.int32]]
    """Element -> anomaly numbers on the grid (0 outside)."""
    axes: tuple[Floats, Floats]
    """Easting of the grid's columns and northing of its rows, metres (empty without a map)."""
    provenance: dict[str, Any]


def level_survey(survey: Survey, source: GeochemistrySource) -> LevelledSurvey:
    """Level a survey as its source asks; limits move with their group's contents."""
    settings = source.levelling
    seam_table, group_table = (
        pd.DataFrame(columns=SEAM_COLUMNS),
        pd.DataFrame(columns=GROUP_COLUMNS),
    )
    if settings is None:
        return LevelledSurvey(survey, seam_table, group_table, ())
    if settings.group not in survey.points:
        near = ", ".join(map(str, survey.points))
        words: dict[str, Any] = {"where": "levelling.group", "found": settings.group, "near": near}
        found = finding("BN-GCH-029", file=source.path, value=settings.group, **words)
        return LevelledSurvey(survey, seam_table, group_table, (found,))
    groups = survey.points[settings.group].to_numpy(object)
    places = survey.points[["easting_m", "northing_m"]].to_numpy(float)
    seams = find_seams(groups, places, settings)
    values, limits = survey.values.copy(), survey.limits.copy()
    tables: list[tuple[pd.DataFrame, pd.DataFrame]] = []
    findings: list[Finding] = []
    for element in (e for e in settings.elements if e in values):
        whole = values[element].fillna(limits[element]).to_numpy(float)
        done = level(element, whole, groups, places, seams, settings)
        below = limits[element].notna().to_numpy()
        values[element] = np.where(below, np.nan, done.values)
        limits[element] = np.where(below, done.values, np.nan)
        tables.append((done.seams, done.groups))
        for _, line in done.groups.iterrows():
            if line["status"].startswith("refused"):
                parts: dict[str, Any] = {
                    "element": element,
                    "group": line["group"],
                    "reason": line["status"].partition(": ")[2],
                }
                findings.append(finding("BN-GCH-028", file=source.path, column=element, **parts))
    if tables:
        seam_table = pd.concat([one[0] for one in tables], ignore_index=True)
        group_table = pd.concat([one[1] for one in tables], ignore_index=True)
    done_survey = replace(survey, values=values, limits=limits)
    return LevelledSurvey(done_survey, seam_table, group_table, tuple(findings))


def element_thresholds(
    survey: Survey, element: str, field: Floats | None = None
) -> Thresholds | None:
    """Thresholds of one element; None where nothing was analysed. ``field``: its map."""
    values, limits = survey.values[element], survey.limits[element]
    below = limits.notna()
    known = (values.notna() | below).to_numpy()
    if not known.any():
        return None
    whole = values.fillna(limits).to_numpy(float)[known]
    return thresholds(whole, below.to_numpy()[known], field)


def thresholds_table(found: dict[str, Thresholds]) -> pd.DataFrame:
    """One row for each element: counts, centre, spread, and every threshold."""
    lines = [
        {
            "element": element,
            "samples": one.count,
            "below_detection": one.censored,
            "median": one.median,
            "mad_scaled": one.mad,
            "background": one.background,
            **one.values,
        }
        for element, one in found.items()
    ]
    front = ["element", "samples", "below_detection", "median", "mad_scaled", "background"]
    return pd.DataFrame(lines, columns=[*front, *CITATIONS])


def survey_composition(survey: Survey, parts: tuple[str, ...]) -> Composition:
    """Log-ratios of some elements of a survey (see :func:`geo.geochemistry.compositions.compose`).

    Raises
    ------
    ValueError
        Fewer than two parts.
    """
    units = dictionary().units
    fractions = {part: units[part.rpartition("_")[2]].factor for part in parts}
    return compose(survey.values, survey.limits, fractions)
