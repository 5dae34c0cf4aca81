"""Geochemical surveys of a draft: medium, system, axes, units, codes of "below detection"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from flows.draft import Draft
from flows.draft_sources import conventions_of
from flows.draft_surveys import (
    NO_MAP,
    Surveyed,
    is_local,
    question,
    refused,
    said,
    stem,
)
from flows.draft_units import survey_units
from geo import coordinates as co
from geo.config import Names
from geo.conventions import Verdict, numbers
from geo.crs import known_crs
from geo.geochemistry.config import GeochemistrySource, SurveyMaps
from geo.geochemistry.survey import GeochemistryReading, read_geochemistry
from geo.rasters.checks import names_word
from geo.recognise_rules import Recognised, words

MAPPED = ("cu", "mo", "au", "ag", "pb", "zn", "ni", "w", "bi", "as", "sb")
MOST_MAPPED = 4
CENSORING = {"none": "none", "zero": "zero", "negative-limit": "negative_limit",
             "half-limit-spike": "half_limit_spike"}  # fmt: skip


@dataclass(frozen=True)
class Axes:
    """How the places of a survey are written."""

    crs: str | None
    x_is: str
    zone_prefix: int | None
    why: str


def draft_geochemistry(draft: Draft, verdicts: list[Verdict]) -> list[Surveyed]:
    """Read every geochemical table of a folder (once); units by magnitude go to ``verdicts``."""
    return [_draft(draft, table, verdicts) for table in draft.files if table.kind == "geochemistry"]


def _draft(draft: Draft, table: Recognised, verdicts: list[Verdict]) -> Surveyed:
    """One survey: configured as far as its cells say, read, and asked about."""
    made = Surveyed(table)
    axes = axes_of(draft, table)
    names = (stem(table), table.file, "*")
    medium = _medium(draft, table)
    if medium is None:
        flag = f'--medium "{stem(table)}=stream sediments" | soil | rock'
        zh, en = f"{table.file}：采的是什么", f"{table.file}: what was sampled is not said"
        made.questions.append(question("medium", None, zh, en, flag))
    conventions = conventions_of(draft).model_copy(
        update={"x_is": axes.x_is, "zone_prefix": axes.zone_prefix, "special_values": ()}
    )
    censoring = said(draft.answers.censoring, *names)
    only = said(draft.answers.only_medium, *names)
    source = GeochemistrySource(
        root=str(draft.root.resolve()),
        path=table.file,
        sheet=table.sheet,
        medium=medium or Names(zh="未填", en="not stated"),
        conventions=conventions,
        crs=axes.crs or "local",
        only_medium=only,
        censoring=CENSORING.get(censoring or "none", "none"),  # type: ignore[arg-type]
    )
    units = survey_units(source, table, verdicts)
    source = source.model_copy(update={"units": units})
    belt = source.crs if known_crs(draft.crs) is None or axes.crs is None else draft.crs
    reading = read_geochemistry(source, belt, draft.root)
    made.findings, made.balances = reading.findings, reading.balances
    made.source, made.why = source, axes.why
    mixed = next((f for f in reading.findings if f.code == "BN-GCH-020"), None)
    others = tuple(f for f in reading.findings if f.code != "BN-GCH-020")
    made.aside = refused(others) or (NO_MAP if is_local(draft) else None)
    if mixed is not None:
        zh, en = f"{table.file}：{mixed.message_zh}", f"{table.file}: {mixed.message_en}"
        flag = f"--only-medium {stem(table)}=WORD"
        made.questions.append(question("only_medium", None, zh, en, flag))
    if made.aside is None and axes.crs is None and not draft.checking:
        flag = f"--survey-crs {stem(table)}=EPSG:…"
        zh = f"{table.file}：坐标属于哪个系统不明（{axes.why}）"
        en = f"{table.file}: the system of its coordinates is not said ({axes.why})"
        made.questions.append(question("survey_crs", None, zh, en, flag))
    _below(made, reading, censoring)
    _measure(made, reading)
    return made


def _below(made: Surveyed, reading: GeochemistryReading, censoring: str | None) -> None:
    """Ask what zeros and negatives mean, where nobody has said it."""
    rows = sum(f.code == "BN-GCH-004" for f in reading.findings)
    if not rows or censoring is not None:
        return
    name = stem(made.table)
    zh, en = f"{made.table.file}：含量为零或负", f"{made.table.file}: contents of zero or less"
    choices = " | ".join(f"{name}={word}" for word in ("zero", "negative-limit", "none"))
    made.questions.append(question("censoring", "zero", zh, en, f"--censoring {choices}"))


def _measure(made: Surveyed, reading: GeochemistryReading) -> None:
    """Extent, spacing and a map block, from the places that were read."""
    survey = reading.survey
    if survey is None or len(survey.points) < 3:
        return
    places = survey.points[["easting_m", "northing_m"]].drop_duplicates().to_numpy(dtype=float)
    if len(places) < 3:
        return
    low, high = places.min(axis=0), places.max(axis=0)
    made.extent = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    nearest = cKDTree(places).query(places, k=2)[0][:, 1]
    made.spacing_m = float(np.median(nearest))
    made.elements = survey.elements


def with_maps(made: Surveyed) -> Any:
    """The source with a map block: metals of copper belts, inverse distance, twice the spacing."""
    known = {name.partition("_")[0]: name for name in reversed(made.elements)}
    mapped = [known[symbol] for symbol in MAPPED if symbol in known][:MOST_MAPPED]
    if not mapped or not made.spacing_m:
        return made.source
    reach = float(f"{4 * made.spacing_m:.2g}")
    maps = SurveyMaps(
        elements=tuple(mapped),
        below_detection="half_limit",
        neighbours=16,
        max_distance_m=reach,
        power=2.0,
        threshold="median_2mad_log",
        min_cells=4,
    )
    return made.source.model_copy(update={"maps": maps})


def axes_of(draft: Draft, table: Recognised) -> Axes:
    """Order, zone and system of a table's coordinates, by their numbers; asked where open."""
    pair = ("easting_m", "northing_m") if "easting_m" in table.columns else ("x", "y")
    columns = [table.columns[name] for name in pair if name in table.columns]
    stated = said(draft.answers.survey_crs, stem(table), table.file, "*")
    if len(columns) < 2:
        return Axes(stated, "east", None, "--survey-crs" if stated else "no pair of coordinates")
    first, second = (numbers(column.texts) for column in columns)
    verdict = co.judge(co.classify(first, second))
    bare = pair == ("x", "y")
    x_is = "north" if bare and verdict.sure and not verdict.first_is_east else "east"
    if _degrees(first, second, columns[0].heading, verdict):
        crs = "EPSG:4490" if verdict.kind == co.GEOGRAPHIC else "EPSG:4326"
        return Axes(stated or crs, "east", None, "longitude and latitude")
    if verdict.sure and verdict.kind == co.PREFIXED:
        crs = co.zone_code(verdict.zone, prefixed=False)
        return Axes(stated or crs, x_is, verdict.zone, f"zone {verdict.zone} in front, X {x_is}")
    if stated is not None:
        return Axes(stated, x_is, None, "--survey-crs")
    own = known_crs(draft.crs)
    if own is not None and verdict.sure and verdict.kind == co.PLAIN and co.zone_of(own):
        return Axes(draft.crs, x_is, None, "metres without a zone: the belt's system, X " + x_is)
    return Axes(None, x_is, None, "metres, no zone")


def _degrees(
    first: NDArray[np.float64], second: NDArray[np.float64], heading: str, verdict: Any
) -> bool:
    """Whether a survey's places are longitudes and latitudes."""
    world = (np.abs(first) <= 180) & (np.abs(second) <= 90)
    plain = any(word in heading.casefold() for word in ("lon", "经"))
    return bool(plain and world.mean() > co.MAJORITY) or verdict.kind == co.GEOGRAPHIC


def _medium(draft: Draft, table: Recognised) -> Names | None:
    """What was sampled: by a flag, else by words of the file's name (and of its folder)."""
    answer = said(draft.answers.media, stem(table), table.file, "*")
    known = words()["media_names"]
    if answer is not None:
        zh = known[answer]["zh"] if answer in known else answer
        return Names(zh=zh, en=answer)
    text = f"{table.file} {table.sheet or ''}"
    for medium, item in known.items():
        if any(names_word(text, word) for word in item["words"]):
            return Names(zh=item["zh"], en=medium)
    return None
