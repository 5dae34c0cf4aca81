"""From a folder of unknown tables to sources that can be read: recognised, detected, shown.

What a person answered by a flag holds; what the cells say surely is used and shown; what neither
says is asked. The draft is the same for ``bornite init`` (which stops at a question) and for
``bornite check`` on a folder (which goes on with what is likeliest, and says so).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from flows.folder_answers import Answers
from geo import conventions as how
from geo import coordinates as co
from geo.conventions import Verdict
from geo.crs import known_crs
from geo.dictionary import dictionary
from geo.recognise import recognise_folder
from geo.recognise_rules import KINDS, Recognised, words

SAME_HOLES = 0.5
"""A table belongs to the collars that know this share of its holes."""


@dataclass
class Draft:
    """What a folder's files are taken for, how they are written, and what is still open."""

    root: Path
    crs: str
    answers: Answers
    files: list[Recognised]
    chosen: list[Recognised] = field(default_factory=list)
    aside: dict[str, tuple[str, str]] = field(default_factory=dict)
    """File (and sheet) not used -> why."""
    controls: list[Recognised] = field(default_factory=list)
    """Laboratory sheets of the same samples: only searched for control samples."""
    verdicts: list[Verdict] = field(default_factory=list)
    overruled: list[Verdict] = field(default_factory=list)
    """Sure verdicts that a person's answer contradicts."""
    source_crs: str | None = None
    mine_grid: bool = False
    """Whether the collars' numbers are those of a mine grid."""
    checking: bool = False
    """Whether only a check is wanted, for which nobody need say where the belt lies."""

    def of(self, kind: str) -> list[Recognised]:
        """The chosen tables of one kind."""
        return [table for table in self.chosen if table.kind == kind]

    def verdict(self, name: str) -> Verdict | None:
        """The verdict on one convention."""
        return next((v for v in self.verdicts if v.name == name), None)

    @property
    def questions(self) -> list[Verdict]:
        """Verdicts that neither the cells nor a flag decides."""
        return [v for v in self.verdicts if not v.sure]

    @property
    def has_drillholes(self) -> bool:
        """Whether collars, surveys and assays are all there."""
        return all(self.of(kind) for kind in ("collar", "survey", "assay"))


def draft_folder(root: Path, crs: str, answers: Answers) -> Draft:
    """Recognise a folder's files and detect how they are written.

    Parameters
    ----------
    root
        The folder.
    crs
        The belt's coordinate system as stated (``EPSG:…`` or ``local``).
    answers
        What a person said; it overrides what the cells say.
    """
    draft = Draft(root, crs, answers, recognise_folder(root))
    _choose(draft)
    _choose_by_samples(draft)
    detect(draft)
    return draft


def detect(draft: Draft) -> None:
    """Say how the chosen tables are written: ``verdicts``, and what an answer overrules."""
    if draft.of("collar"):
        _places(draft)
    _depths(draft)
    _angles(draft)
    _grades(draft)
    _marks(draft)
    detected = draft.verdicts
    draft.verdicts = [_answered(verdict, draft.answers) for verdict in detected]
    pairs = zip(detected, draft.verdicts, strict=True)
    draft.overruled = [old for old, new in pairs if old.sure and old.value != new.value]


def label(table: Recognised) -> str:
    """File and sheet of a table, for people."""
    return f"{table.file} [{table.sheet}]" if table.sheet else table.file


def tables_with_grades(draft: Draft) -> list[Recognised]:
    """Chosen tables that hold grades: intervals, composites, laboratory sheets."""
    return [*draft.of("assay"), *draft.of("combined"), *draft.of("laboratory")]


def elements_of(draft: Draft) -> dict[str, str]:
    """Dictionary columns of the assays' elements -> heading, as the files have them."""
    found: dict[str, str] = {}
    for table in tables_with_grades(draft):
        for name, column in table.columns.items():
            if dictionary().kind("assay", name) == "grade":
                found.setdefault(name, column.heading)
    return found


def wanted_elements(draft: Draft) -> list[str]:
    """Elements that are read: those named by a flag, else the metals of copper deposits."""
    usual = draft.answers.elements or (*words()["estimated"], draft.answers.main)
    return [name for name in elements_of(draft) if name.partition("_")[0] in usual]


def holes_of(table: Recognised) -> set[str]:
    """Hole ids of a table."""
    column = table.columns.get("hole_id")
    return {text.strip() for text in column.texts if text.strip()} if column else set()


def _choose(draft: Draft) -> None:
    """Tables of one deposit: collars that know the holes of the intervals, and what they know."""
    tables = [t for t in draft.files if t.is_table]
    inside = set().union(*(holes_of(t) for t in tables if t.kind in ("survey", "assay")), set())
    collars = [t for t in tables if t.kind == "collar"]
    shares = [len(inside & holes_of(t)) / max(len(inside), 1) for t in collars]
    for table, known in zip(collars, shares, strict=True):
        if inside and known < SAME_HOLES and known < max(shares):
            draft.aside[label(table)] = (
                f"只认得样品和测斜中 {100 * known:.0f} % 的孔",
                f"knows {100 * known:.0f} % of the holes that have samples or surveys",
            )
        else:
            draft.chosen.append(table)
    holes = set().union(*(holes_of(t) for t in draft.of("collar")), set())
    for table in tables:
        if table.kind == "collar":
            continue
        mine = holes_of(table)
        known = len(mine & holes) / max(len(mine), 1)
        if holes and known < SAME_HOLES:
            draft.aside[label(table)] = (
                f"{100 * (1 - known):.0f} % 的孔不在孔口表里",
                f"{100 * (1 - known):.0f} % of its holes have no collar",
            )
        else:
            draft.chosen.append(table)


def _choose_by_samples(draft: Draft) -> None:
    """Laboratory sheets whose samples the intervals name, and lists of composites' members."""
    intervals = draft.of("assay")
    samples = set().union(*(_texts(t, "sample_id") for t in intervals), set())
    bare = bool(intervals) and not any(_grades_in(table) for table in intervals)
    for table in (t for t in draft.files if t.kind == "laboratory" and intervals):
        mine = _texts(table, "sample_id")
        known = len(mine & samples) / max(len(mine), 1)
        if known < SAME_HOLES:
            draft.aside[label(table)] = (
                f"只有 {100 * known:.0f} % 的样号在样品表里",
                f"{100 * known:.0f} % of its samples are among the intervals",
            )
        elif bare:
            draft.chosen.append(table)
        else:
            draft.controls.append(table)
            draft.aside[label(table)] = (
                "品位用样品表的，这里只查质控样",
                "grades are taken from the intervals; searched for controls only",
            )
    if draft.of("combined"):
        draft.chosen += [table for table in draft.files if table.kind == "members"]


def _texts(table: Recognised, name: str) -> set[str]:
    """Different texts of a column."""
    column = table.columns.get(name)
    return {text.strip() for text in column.texts if text.strip()} if column else set()


def _grades_in(table: Recognised) -> bool:
    """Whether a table of intervals has grades of its own."""
    return any(dictionary().kind("assay", name) == "grade" for name in table.columns)


def cells_of(tables: Sequence[Recognised], *names: str) -> list[str]:
    """Cells of a column over several tables (the first of ``names`` that a table has)."""
    texts: list[str] = []
    for table in tables:
        name = next((n for n in names if n in table.columns), None)
        if name is not None:
            texts += list(table.columns[name].texts)
    return texts


def _numbers(draft: Draft, tables: Sequence[Recognised], *names: str) -> Any:
    comma = draft.answers.decimal == "comma"
    return how.numbers(cells_of(tables, *names), "comma" if comma else "point")


def written_unit(tables: Sequence[Recognised], *names: str) -> str | None:
    """Unit written in a column's heading or units row; None where none is, or they differ."""
    units = {t.columns[n].unit for t in tables for n in names if n in t.columns}
    return units.pop() if len(units) == 1 else None


def _places(draft: Draft) -> None:
    """Axes, zone, unit and system of the collars."""
    collars = draft.of("collar")
    bare = any("x" in t.columns and "easting_m" not in t.columns for t in collars)
    x, y = (cells_of(collars, *pair) for pair in (("easting_m", "x"), ("northing_m", "y")))
    angles = how.angle_texts(x, y)
    first, second = (co.read_dms(list(map(str.strip, t))) for t in (x, y))
    if draft.answers.decimal == "comma":
        first, second = how.numbers(x, "comma"), how.numbers(y, "comma")
    local = known_crs(draft.crs) is None
    deep = _deepest(draft) > how.DEEPEST_M
    order = how.axis_order(first, second, bare=bare, local=local, deep=deep)
    if draft.answers.x:
        order = replace(order, value=draft.answers.x)
    east, north = (second, first) if order.value == "north" else (first, second)
    zone = how.zone_prefix(east, north)
    written = written_unit(collars, "easting_m", "x")
    kind = co.judge(co.classify(east, north)).kind
    draft.mine_grid = kind == co.LOCAL
    unit = how.coordinate_unit(written, first, second, local=local, deep=deep)
    draft.verdicts += [order, zone, unit]
    if kind == co.GEOGRAPHIC:
        draft.verdicts.append(angles)
    draft.source_crs = draft.answers.source_crs or _source_crs(draft.crs, kind, zone)
    own = co.zone_of(known_crs(draft.crs))
    asked = how.source_system(draft.crs, own[0], zone) if own is not None else None
    draft.verdicts += [asked] if asked is not None else []
    heights = _numbers(draft, collars, "elevation_m")
    known = heights[np.isfinite(heights)]
    if len(known) > 1 and (known == known[0]).all():
        zh = f"全部 {len(known)} 个孔口高程都是 {known[0]:g}"
        en = f"all {len(known)} collar elevations are {known[0]:g}"
        draft.verdicts.append(Verdict("elevation", float(known[0]), zh, en, True))


def _source_crs(belt: str, kind: int, zone: Verdict) -> str | None:
    """System of the collars where their numbers show that it is not the belt's."""
    system = known_crs(belt)
    if system is None:
        return None
    own = co.zone_of(system)
    if kind == co.GEOGRAPHIC and not system.is_geographic:
        return "EPSG:4490"
    if zone.value is not None and own is not None and own[0] != zone.value:
        return co.zone_code(int(zone.value), prefixed=False)
    return None


def _depths(draft: Draft) -> None:
    """Unit of depths, and survey rows that are marks."""
    intervals = [*draft.of("assay"), *draft.of("lithology")]
    starts, ends = (_numbers(draft, intervals, name) for name in ("from_m", "to_m"))
    surveys = _numbers(draft, draft.of("survey"), "depth_m")
    deepest = _deepest(draft)
    if intervals:
        written = written_unit(intervals, "to_m")
        lengths = ends - starts if len(starts) == len(ends) else np.array([])
        place = draft.verdict("coordinate_unit")
        draft.verdicts.append(how.depth_unit(written, deepest, lengths, place))
    if draft.of("survey"):
        draft.verdicts.append(how.survey_sentinel(surveys, deepest))


def _deepest(draft: Draft) -> float:
    """The largest depth of an interval or a hole as written; NaN where there is none."""
    intervals = [*draft.of("assay"), *draft.of("lithology")]
    ends = _numbers(draft, intervals, "to_m")
    both = np.concatenate([ends, _numbers(draft, draft.of("collar"), "depth_m")])
    return float(np.nanmax(both)) if np.isfinite(both).any() else float("nan")


def _angles(draft: Draft) -> None:
    """Signs of dip and range of azimuth."""
    surveys = draft.of("survey")
    if not surveys:
        return
    zenith = any("zenith_deg" in t.columns for t in surveys)
    dips = _numbers(draft, surveys, "zenith_deg" if zenith else "dip_deg")
    name = "zenith_deg" if zenith else "dip_deg"
    heading = next((t.columns[name].heading for t in surveys if name in t.columns), "")
    draft.verdicts.append(how.dip_sign(dips, heading, is_zenith=zenith))
    azimuths = _numbers(draft, surveys, "azimuth_deg", "magnetic_azimuth_deg")
    draft.verdicts.append(how.azimuth_range(azimuths))


def _grades(draft: Draft) -> None:
    """Units of the elements that are read, and what zeros mean."""
    wanted = set(wanted_elements(draft))
    columns: dict[str, Any] = {}
    for table in tables_with_grades(draft):
        for name in (n for n in table.columns if n in wanted):
            symbol, column = name.partition("_")[0], table.columns[name]
            values = _numbers(draft, [table], name)
            verdict = how.grade_unit(symbol, column.unit, values)
            if draft.verdict(verdict.name) is None:
                draft.verdicts.append(verdict)
            key = column.heading
            columns[key] = np.concatenate([columns.get(key, np.array([])), values])
    if columns:
        draft.verdicts.append(how.zero_meaning(columns))


def _marks(draft: Draft) -> None:
    """Decimal commas and dates."""
    cells = {
        f"{label(table)} {name}": column.texts
        for table in draft.chosen
        for name, column in table.columns.items()
        if name.endswith(("_m", "_deg", "_pct", "_ppm", "_gpt", "_tpm3")) or name in ("x", "y")
    }
    if cells:
        draft.verdicts.append(how.decimal_mark(cells))
    dates = cells_of(draft.of("collar"), "end_date", "date", "start_date")
    if any(text.strip() for text in dates):
        draft.verdicts.append(how.date_order(dates))


def _answered(verdict: Verdict, answers: Answers) -> Verdict:
    """A verdict overridden by what a person said."""
    said: dict[str, Any] = {
        "dip": answers.dip,
        "x_is": answers.x,
        "depth_unit": answers.depth_unit,
        "coordinate_unit": answers.coordinate_unit,
        "decimal": answers.decimal,
        "zero_is": answers.zero,
        "azimuth": answers.azimuth,
        "angles": answers.angles,
        "dates": answers.dates,
        "no_survey_deeper_than": answers.no_survey_deeper_than,
        "source_crs": answers.source_crs,
    }
    if verdict.name == "zone_prefix" and answers.zone is not None:
        number = None if answers.zone == "none" else int(answers.zone)
        return replace(verdict, value=number, sure=True)
    if verdict.name.startswith("unit:"):
        wanted = answers.units.get(verdict.name.partition(":")[2])
        return replace(verdict, value=wanted, sure=True) if wanted else verdict
    value = said.get(verdict.name)
    if value is None:
        return verdict
    return replace(verdict, value=value, sure=True)


def kind_words(kind: str) -> tuple[str, str]:
    """Name of a kind in Chinese and English."""
    return KINDS[kind]
