"""Map, surveys and quality control as text of a belt's file, for ``bornite init``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from flows.draft import Draft
from flows.draft_geochemistry import with_maps
from flows.draft_map import Map
from flows.draft_sources import root_text
from flows.draft_surveys import Surveyed, Surveys, rooted
from geo.config import StrictModel

COPPER = ("cu_ppm",)


def survey_lines(draft: Draft, surveys: Surveys, map_: Map | None, base: Path) -> list[str]:
    """``map_grid`` to ``copper_map`` of the belt's file."""
    root = root_text(draft, base)
    lines = ["map_grid: null  # no survey that a map could be drawn of"]
    if map_ is not None:
        grid = map_.grid
        lines = [
            f"# {map_.why}",
            f"map_grid: {_flow(grid.model_dump(mode='json'))}",
        ]
    lines += _list("geochemistry", surveys.geochemistry, root)
    lines += _list("rasters", surveys.rasters, root)
    lines += _list("lines", surveys.lines, root)
    copper = any(n in s.elements for s in surveys.geochemistry if s.used for n in COPPER)
    if copper:
        lines += [
            "# 克里格铜异常图的变差函数由人定 / a kriged copper map needs a variogram:",
            "# copper_map: {element: cu_ppm, model: spherical, sill: , range_m: , nugget: , ...}",
        ]
    return [*lines, "copper_map: null"]


def qaqc_lines(draft: Draft) -> list[str]:
    """The deposit's quality control: tables of controls beside the assays; nothing is held."""
    tables = [*(t for t in draft.files if t.kind == "qaqc"), *draft.controls]
    lines = [
        "    # 质量控制：只报告，不扣批 / controls are told, nothing is held; `hold` keeps failed"
    ]
    lines += ["    # batches back (docs/qaqc.md). The assay tables are searched for controls too."]
    lines.append("    qaqc:")
    if tables:
        lines.append("      files:")
        for table in tables:
            entry: dict[str, str] = {"path": table.file}
            if table.sheet:
                entry["sheet"] = table.sheet
            lines.append(f"        - {_flow(entry)}  # {table.reason_en}")
    lines.append(
        "      rules: {on_failure: note, standard: both, blank_times_detection_limit: 5.0}"
    )
    return lines


def _list(key: str, surveys: list[Surveyed], root: str) -> list[str]:
    """One list of sources, each under its evidence; what is left out is said."""
    lines = [f"# {s.table.file}: {s.aside[1]}" for s in surveys if s.aside is not None]
    used = [survey for survey in surveys if survey.used]
    if not used:
        return [*lines, f"{key}: []"]
    lines.append(f"{key}:")
    for survey in used:
        source = with_maps(survey) if key == "geochemistry" else survey.source
        lines += [f"  # {survey.why}", *_block(rooted(source, root))]
    return lines


def _block(model: StrictModel) -> list[str]:
    """One source as an item of a list; what stands at its default is left out."""
    plain = model.model_dump(mode="json", exclude_defaults=True)
    text = yaml.safe_dump(
        plain, allow_unicode=True, sort_keys=False, default_flow_style=None, width=100
    )
    rows = text.rstrip("\n").split("\n")
    return [f"  - {rows[0]}", *(f"    {row}" for row in rows[1:])]


def _flow(value: Any) -> str:
    """A value on one line."""
    text = yaml.safe_dump(
        value, allow_unicode=True, sort_keys=False, default_flow_style=True, width=10_000
    )
    return str(text).strip()
