"""A complete belt file from a folder of unknown tables, for ``bornite init``.

The file says what was found and decided, with the evidence as comments, so that a person can read
it like a protocol. It is written only when nothing is open and the tables can be read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from scipy.spatial import cKDTree

from estimation.belts import Belt
from flows.draft import (
    Draft,
    elements_of,
    kind_words,
    label,
)
from flows.draft_map import Ground, Map
from flows.draft_sources import sources_of
from flows.draft_surveys import Surveys
from flows.init_surveys import qaqc_lines, survey_lines
from geo import coordinates as co
from geo.config import DrillholeSources, GridSpec
from geo.crs import check_crs
from geo.drillholes.composite import composite
from geo.drillholes.reading import DrillholeReading, Drillholes

MOST_BLOCKS = 2_000_000
"""A proposed grid has at most so many blocks; ``--block`` decides otherwise."""
NICE_M = (1.0, 2.0, 2.5, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 100.0, 200.0, 250.0, 500.0)
TILE = 32
SURVEY_KINDS = ("raster", "geochemistry", "line_survey", "qaqc")
SCHEMA = Path(__file__).resolve().parent.parent / "configs" / "belt.schema.json"


@dataclass(frozen=True)
class Wishes:
    """What a person wants of the new belt."""

    belt_id: str
    name: str
    main: str
    """Dictionary column of the main element (``ni_pct``)."""
    as_of: date
    block_m: tuple[float, float, float] | None = None
    crs_given: str | None = None
    """The belt's system as typed, where its file has the same zone without prefix."""
    province: str | None = None
    vertical_datum: str | None = None


@dataclass(frozen=True)
class Grid:
    """A proposed block grid and why it is so."""

    spec: GridSpec
    spacing_m: float
    blocks: int
    coarse: bool
    """Whether blocks were made larger than the spacing asks, to stay below :data:`MOST_BLOCKS`."""


@dataclass(frozen=True)
class Made:
    """What a file is written of, beside the draft: readings, surveys, grid, map, ground."""

    reading: DrillholeReading
    surveys: Surveys
    grid: Grid
    map: Map | None
    ground: Ground


def main_column(draft: Draft, wanted: str | None) -> str | None:
    """Column of the main element: as wanted, else copper; None where the tables lack it."""
    symbol = (wanted or "cu").partition("_")[0].casefold()
    return next((n for n in elements_of(draft) if n.partition("_")[0] == symbol), None)


def belt_crs(crs: str) -> str:
    """The belt's system without a zone in its eastings: EPSG:4527 becomes EPSG:4548.

    Raises
    ------
    DataError
        The system is unknown or on a legacy datum.
    """
    system = check_crs(crs)
    zone = co.zone_of(system)
    return co.zone_code(zone[0], prefixed=False) if zone is not None and zone[1] else crs


def propose_grid(holes: Drillholes, main: str, block_m: tuple[float, float, float] | None) -> Grid:
    """Blocks of a third of the usual hole spacing over the samples' extent, a spacing around.

    Raises
    ------
    ValueError
        The holes have no sample of the main element.
    """
    samples = composite(holes, length_m=5.0, min_coverage=0.5, elements=(main,)).table
    samples = samples[samples[main].notna()]
    if samples.empty:
        raise ValueError(f"no composites of {main}")
    places = samples[["easting_m", "northing_m", "elevation_m"]].to_numpy(dtype=float)
    spacing = _spacing(samples)
    size = np.array(block_m or (_nice(spacing / 3), _nice(spacing / 3), _nice(spacing / 9, 5.0)))
    margin = np.array([spacing, spacing, size[2]])
    low, high = places.min(axis=0) - margin, places.max(axis=0) + margin
    coarse = False
    while block_m is None and np.prod(np.ceil((high - low) / size)) > MOST_BLOCKS:
        size, coarse = size * np.array([2.0, 2.0, 1.0 if size[2] >= size[0] / 2 else 2.0]), True
    origin = np.floor(low / size) * size
    shape = np.ceil((high - origin) / size).astype(int)
    spec = GridSpec.model_validate(
        {
            "origin_m": [round(float(v), 3) for v in origin],
            "block_m": [float(v) for v in size],
            "shape": [int(n) for n in shape],
            "tile": [min(TILE, int(shape[0])), min(TILE, int(shape[1])), min(16, int(shape[2]))],
        }
    )
    return Grid(spec, spacing, int(np.prod(shape)), coarse)


def belt_text(draft: Draft, wishes: Wishes, made: Made, base: Path) -> str:
    """The belt's file as text: complete, commented, and valid (checked before it is returned)."""
    sources = sources_of(draft, base, wishes.as_of)
    lines = [
        *_head(draft, wishes, base),
        *survey_lines(draft, made.surveys, made.map, base),
        "",
        "deposits:",
        *_deposit_lines(draft, wishes, sources),
        *qaqc_lines(draft),
        "",
        *_grid_lines(made, draft),
        f"    vintages: [{wishes.as_of.isoformat()}]",
        "    truth: null  # only synthetic deposits have one",
        f"    # 由程序提出 / proposed by: bornite propose {deposit_id(wishes)} --write",
        f"    main_element: {wishes.main}",
        "    plan: null",
        "",
        "note:",
        "  zh: 由 bornite init 生成；程序估算，未经地质人员审定，不是资源量声明。",
        "  en: Made by bornite init; computed, not reviewed by a geologist, no resource statement.",
        "",
    ]
    text = "\n".join(lines)
    Belt.model_validate(yaml.safe_load(text))
    return text


def deposit_id(wishes: Wishes) -> str:
    """Id of the belt's deposit: the belt's with the main element."""
    return f"{wishes.belt_id}-{wishes.main.partition('_')[0]}"


def _head(draft: Draft, wishes: Wishes, base: Path) -> list[str]:
    """The belt itself, and what every file of the folder was taken for."""
    name = _quoted(wishes.name)
    place, datum = wishes.province, wishes.vertical_datum
    province = json_like({"zh": place or "未填", "en": place or "not stated"})
    near = SCHEMA.is_file() and base.resolve().parent == SCHEMA.parent
    return [
        *(["# yaml-language-server: $schema=../belt.schema.json"] if near else []),
        f"# {wishes.name}: bornite init, {date.today().isoformat()}",
        "#",
        "# 文件夹里的文件 / what each file was taken for:",
        *[f"#   {label(t)}: {kind_words(t.kind)[1]} - {_use(draft, t)}" for t in draft.files],
        f"id: {wishes.belt_id}",
        f"name: {{zh: {name}, en: {name}}}",
        f"province: {province}" + ("" if place else "  # --province"),
        "synthetic: false",
        f"crs: {_quoted(draft.crs)}  # {_crs_said(draft.crs, wishes.crs_given)}",
        f"vertical_datum: {_quoted(datum or '未写明 / not stated')}"
        + ("" if datum else "  # --vertical-datum"),
    ]


def _crs_said(crs: str, given: str | None) -> str:
    """Where the belt's system comes from, for a comment."""
    if given is None or given == crs:
        return "--crs"
    return f"--crs: {given.upper().removeprefix('EPSG:')} given; the same zone without prefix"


def _use(draft: Draft, table: Any) -> str:
    """How one file is used."""
    if label(table) in draft.aside:
        return f"not used: {draft.aside[label(table)][1]}"
    if table in draft.chosen or table.kind in SURVEY_KINDS:
        return (f"{table.rows} rows, " if table.rows else "") + table.reason_en
    return f"not used: {table.reason_en}"


def _deposit_lines(draft: Draft, wishes: Wishes, sources: DrillholeSources) -> list[str]:
    """Sources, mapping, conventions and units of the deposit."""
    symbol = wishes.main.partition("_")[0].capitalize()
    name = _quoted(wishes.name)
    lines = [
        f"  - id: {deposit_id(wishes)}",
        f"    name: {{zh: {name}, en: {name}}}",
        f"    kind: {{zh: 主元素 {symbol}, en: main element {symbol}}}",
        "    drillholes:",
        f"      root: {_quoted(sources.root)}",
        "      campaigns:",
        f"        - as_of: {wishes.as_of.isoformat()}",
        "          files:",
    ]
    for file in sources.campaigns[0].files:
        table = next(t for t in draft.chosen if (t.file, t.sheet) == (file.path, file.sheet))
        sheet = f", sheet: {_quoted(file.sheet)}" if file.sheet else ""
        entry = f"{{path: {_quoted(file.path)}, table: {file.table}{sheet}}}"
        lines.append(f"            - {entry}  # {_mapping(table)}")
    lines += ["      conventions:", *_convention_lines(draft, sources)]
    if sources.columns:
        lines.append("      # 不读的元素 / elements left aside (--elements adds them):")
        lines.append("      columns:")
        lines += [f"        {_quoted(k)}: {v}" for k, v in sources.columns.items()]
    if sources.units:
        lines.append("      # 表头没有单位 / no unit in the headings:")
        lines.append("      units:")
        lines += [f"        {n}: {u}  # {_evidence(draft, _unit_name(n))}"
                  for n, u in sources.units.items()]  # fmt: skip
    if sources.crs:
        lines.append(f"      crs: {_quoted(sources.crs)}  # of the collars; they are transformed")
    return [*lines, ""]


def _convention_lines(draft: Draft, sources: DrillholeSources) -> list[str]:
    """Every convention with the evidence behind it."""
    plain = sources.conventions.model_dump(mode="json")
    names = {"no_survey_deeper_than_m": "no_survey_deeper_than"}
    said = {
        "below_detection": "usual for statistics and kriging; unverified against a standard",
        "not_assayed": "other marks wait for a decision where they occur",
    }
    lines = []
    for key, value in plain.items():
        if key == "special_values":
            continue
        if key == "zero_is" and draft.answers.zero == "below_detection":
            said[key] = "--zero below-detection: no limit stated, taken as 0 (conservative)"
        why = said.get(key) or _evidence(draft, names.get(key, key))
        written = json_like(value)
        lines.append(f"        {key}: {written}" + (f"  # {why}" if why else ""))
    rules = plain["special_values"]
    if not rules:
        return [*lines, "        special_values: []"]
    lines.append("        special_values:")
    for rule in rules:
        kept = {k: v for k, v in rule.items() if v is not None}
        lines.append(f"          - {json_like(kept)}")
    return lines


def json_like(value: Any) -> str:
    """A value on one line, as YAML writes it."""
    text = yaml.safe_dump(value, allow_unicode=True, default_flow_style=True, width=10_000)
    return text.removesuffix("\n").removesuffix("...").strip()


def _grid_lines(made: Made, draft: Draft) -> list[str]:
    """Grid, ground and mined-out surfaces."""
    grid, spec = made.grid, made.grid.spec
    why = f"usual hole spacing {grid.spacing_m:.0f} m; {grid.blocks} blocks"
    if grid.coarse:
        why += f"; larger than a third of it, to stay below {MOST_BLOCKS:,} (--block decides)"
    flat = draft.verdict("elevation")
    ground = f"  # {flat.evidence_en}: depths below the collars only" if flat else ""
    plain = made.ground.topography.model_dump(exclude_none=True)
    return [
        f"    # {why}",
        "    grid:",
        f"      origin_m: {list(spec.origin_m)}",
        f"      block_m: {list(spec.block_m)}",
        f"      shape: {list(spec.shape)}",
        f"      tile: {list(spec.tile)}",
        f"    # 地表 / the ground: {made.ground.why}",
        f"    topography: {json_like(plain)}{ground}",
        "    mined: []  # 采空区 / mined-out volumes (docs/depletion.md)",
    ]


def _evidence(draft: Draft, name: str) -> str:
    """Evidence of one verdict, for a comment."""
    verdict = draft.verdict(name)
    return "" if verdict is None else verdict.evidence_en


def _unit_name(column: str) -> str:
    """Name of the verdict on a column's unit."""
    return f"unit:{column.partition('_')[0]}"


def _mapping(table: Any) -> str:
    """Heading -> column of one table."""
    pairs = [f"{c.heading} -> {n}" for n, c in table.columns.items() if not n.startswith("=")]
    shown = ", ".join(pairs[:12])
    return shown + (f", {len(pairs) - 12} more" if len(pairs) > 12 else "")


def _quoted(text: str) -> str:
    """A text as YAML writes it on one line."""
    return json_like(str(text))


def is_id(text: str) -> bool:
    """Whether a text can be a belt's id (a file's name too)."""
    return re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,40}", text) is not None


def _spacing(samples: Any) -> float:
    """Median distance from a hole's middle to its nearest neighbour, metres."""
    middles = samples.groupby("hole_id")[["easting_m", "northing_m"]].mean().to_numpy()
    if len(middles) < 2:
        return 100.0
    distance, _ = cKDTree(middles).query(middles, k=2)
    return max(float(np.median(distance[:, 1])), 1.0)


def _nice(size: float, least: float = 1.0) -> float:
    """The largest round size not above ``size``."""
    return max([s for s in NICE_M if s <= max(size, least)], default=least)
