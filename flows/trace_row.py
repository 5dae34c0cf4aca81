"""Trace back: from one row of an original file to the figures that it touched.

A file's older bytes are in the vault, so a row that was corrected is shown as every figure read it.
What a row touched is found by leaving it out (:mod:`estimation.lineage`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from estimation.errors import EstimationError
from estimation.lineage import (
    TABLES,
    Effect,
    Laid,
    changed_blocks,
    effect_of,
    estimate_tiles,
    statement_of,
    without_rows,
)
from estimation.models.store_read import VintageReader
from estimation.plan import CLASSES
from estimation.results import DepositResult, ResourceStatement
from flows.prove_files import read_results
from flows.runtime import Workspace
from flows.trace_source import (
    Recorded,
    Source,
    ledger_of,
    model_of,
    of_result,
    official_beside,
    opened,
    words_of,
)
from geo.config import ConfigError, resolve_root
from geo.drillholes.gathering import gather, read_gathered
from geo.files import sha256
from geo.findings import DataError
from geo.rules import rules
from geo.vault import vault_path
from tracking import kg

CHEAP_BLOCKS = 1_000_000
"""Blocks of touched tiles up to which the figure without the row is worked out unasked."""

SHOWN_SAMPLES, SHOWN_TILES = 50, 200
"""Samples and tiles listed in an answer; the counts are of all."""

LABORATORY = "laboratory"

_HIDDEN = ("as_of", "file", "sheet", "row")


@dataclass(frozen=True)
class Asked:
    """One row of one file, as a person names it."""

    file: str
    """Path below the deposit's folder, the end of one, or a file on disk."""
    row: int
    """As a spreadsheet counts, from 1."""
    sheet: str | None = None


@dataclass(frozen=True)
class Hit:
    """The asked row in one table of one result's files."""

    table: str
    file: str
    sheet: str | None
    rows: npt.NDArray[np.bool_]
    """Rows of the table that come from it."""


def trace_row(
    asked: Asked,
    configs: str,
    workspace: str,
    deposit_id: str | None = None,
    *,
    weigh: bool = False,
) -> dict[str, Any]:
    """What became of one row, in every result that read its file, the newest vintage first.

    ``weigh``: work out the figure without the row also where that is not cheap.

    Raises
    ------
    ConfigError
        No result that is kept read such a file.
    """
    house = Workspace(Path(workspace))
    found = []
    recorded: dict[str, list[Recorded]] = {}
    for result, name in _results_with(asked, house, deposit_id):
        known = result.deposit_id
        if known not in recorded:
            recorded[known] = ledger_of(known, configs, house)
        told = {
            "deposit": known,
            "vintage": result.vintage.isoformat(),
            "result_digest": result.digest,
            "file": name,
            "sha256": result.extras["files"][name],
            "kept": vault_path(result.extras["files"][name], house.root).is_file(),
            "ledger": [one.as_json() for one in of_result(recorded[known], result)],
            "official": official_beside(recorded[known], result),
        }
        found.append(told | _in_result(asked, name, (result, configs, house), weigh))
    if not found:
        raise ConfigError(
            f"{asked.file}: no kept result was made from such a file / 没有结果使用过该文件; "
            "run: bornite trace DEPOSIT"
        )
    return {"file": asked.file, "sheet": asked.sheet, "row": asked.row, "figures": found}


def _results_with(
    asked: Asked, house: Workspace, deposit_id: str | None
) -> Iterator[tuple[DepositResult, str]]:
    """Kept results that read the asked file, with its name there; each figure once."""
    path = Path(asked.file)
    digest = sha256(path) if path.is_file() else None
    kept, _ = read_results(house)
    seen = set()
    kept.sort(key=lambda one: (one.result.vintage, one.present), reverse=True)
    for one in kept:
        result = one.result
        if deposit_id not in (None, result.deposit_id):
            continue
        same = (result.deposit_id, result.vintage, result.data_hash, result.plan_hash)
        if (*same, result.model_hash) in seen:
            continue
        names = [n for n, sha in result.extras["files"].items() if _is_named(asked, n, sha, digest)]
        for name in names:
            seen.add((*same, result.model_hash))
            yield result, name


def _is_named(asked: Asked, name: str, sha: str, digest: str | None) -> bool:
    """Whether a configured file is the asked one: by its name, the end of it, or its bytes."""
    parts, wanted = PurePosixPath(name).parts, PurePosixPath(Path(asked.file).as_posix()).parts
    shorter = min(len(parts), len(wanted))
    return sha == digest or parts[-shorter:] == wanted[-shorter:]


def _in_result(
    asked: Asked, name: str, of: tuple[DepositResult, str, Workspace], weigh: bool
) -> dict[str, Any]:
    """What one result made of the row."""
    result, configs, house = of
    try:
        with opened(result, configs, house) as source:
            hits = list(_hits(asked, name, source))
            if not hits:
                return _not_taken(asked, name, source)
            return _effects(hits, source, model_of(result, source.data, house), weigh)
    except (EstimationError, DataError) as error:
        return {"status": "unreadable", "why": words_of(error)}


def _hits(asked: Asked, name: str, source: Source) -> Iterator[Hit]:
    """Tables that took the row in."""
    holes = source.data.drillholes
    for table in TABLES:
        sheet = source.sheets.get((table, name))
        frame = getattr(holes, table)
        if asked.sheet not in (None, sheet) or not len(frame):
            continue
        rows = ((frame["file"] == name) & (frame["row"] == asked.row)).to_numpy(bool)
        if rows.any():
            yield Hit(table, name, sheet, rows)
    sheet = source.sheets.get((LABORATORY, name))
    if (LABORATORY, name) in source.sheets and asked.sheet in (None, sheet):
        rows = _of_result_row(asked, name, source)
        if rows.any():
            yield Hit("assay", name, sheet, rows)


def _of_result_row(asked: Asked, name: str, source: Source) -> npt.NDArray[np.bool_]:
    """Samples whose grades came from the row of a laboratory's report, by the sample's number."""
    assay, sources = source.data.drillholes.assay, source.data.deposit.drillholes
    layouts = sources.templates and resolve_root(sources.templates, source.data.base)
    wanted: set[str] = set()
    for one in gather(sources, source.data.base):
        if (one.file.table, one.file.path) == (LABORATORY, name):
            frame = read_gathered(one, sources, layouts or None).frame
            wanted |= set(frame.loc[frame["row"] == asked.row, "sample_id"].map(_plain))
    return np.asarray(assay["sample_id"].map(_plain).isin(wanted), bool)


def _plain(sample: Any) -> str:
    """A sample's number as it is compared: capitals, no blanks."""
    return "".join(str(sample).upper().split())


def _not_taken(asked: Asked, name: str, source: Source) -> dict[str, Any]:
    """Why the row is in no table: refused, by which rule, or no row of data at all."""
    refused = source.reading.refused
    at = (refused["file"] == name) & (refused["row"] == asked.row)
    if asked.sheet is not None:
        at &= refused["sheet"].isin([asked.sheet, ""])
    if not at.any():
        return {"status": "no_data", "why": "标题、空行或未使用的行 / a heading, blank or unused"}
    codes = sorted(set(refused.loc[at, "code"]))
    said = {f.code: f for f in source.reading.findings if (f.file, f.row) == (name, asked.row)}
    told = []
    for code in codes:
        rule, found = rules()[code], said.get(code)
        words = (found.message_zh, found.message_en) if found else (rule.fix_zh, rule.fix_en)
        told.append({"code": code, "zh": words[0], "en": words[1]})
    return {"status": "refused", "rules": told}


def _effects(
    hits: list[Hit], source: Source, model: VintageReader | None, weigh: bool
) -> dict[str, Any]:
    """The row as it was read, what it touches, and what the figure is without it."""
    data = source.data
    rest = data
    for hit in hits:
        rest = without_rows(rest, hit.table, hit.rows[: len(getattr(rest.drillholes, hit.table))])
    whole = Laid.of(data)
    told = {"status": "accepted", "read_from": source.read_from, "tables": _as_read(hits, source)}
    try:
        left = Laid.of(rest)
    except (EstimationError, DataError, ValueError) as error:
        why = f"nothing can be estimated without it / 缺此行则无法估算: {error}"
        return told | {"why": why, "blocks_changed": None, "weight_kg": None}
    effect = effect_of(whole, left)
    return {
        **told,
        "samples": _samples(effect),
        "sample_count": len(effect.samples),
        "tiles": list(effect.tiles[:SHOWN_TILES]),
        "tile_count": len(effect.tiles),
        "blocks_in_tiles": effect.blocks,
        **_weight(whole, left, effect, model, weigh),
    }


def _as_read(hits: list[Hit], source: Source) -> list[dict[str, Any]]:
    """The row's values as each table has them."""
    found = []
    for hit in hits:
        frame = getattr(source.data.drillholes, hit.table)
        for one in frame[hit.rows].to_dict("records"):
            values = {str(k): _value(v) for k, v in one.items() if k not in _HIDDEN}
            place = {"table": hit.table, "file": hit.file, "sheet": hit.sheet}
            found.append({**place, "values": {k: v for k, v in values.items() if v is not None}})
    return found


def _value(value: Any) -> Any:
    """A cell as JSON; None where it is empty."""
    if value is None or value is pd.NaT or (isinstance(value, float) and not np.isfinite(value)):
        return None
    if isinstance(value, np.generic):
        return value.item()
    return value if isinstance(value, (int, float, bool)) else str(value) or None


def _samples(effect: Effect) -> list[dict[str, Any]]:
    """The first of the touched samples."""
    rows = effect.samples.head(SHOWN_SAMPLES).to_dict("records")
    return [{str(k): _value(v) for k, v in row.items()} for row in rows]


def _weight(
    whole: Laid, left: Laid, effect: Effect, model: VintageReader | None, weigh: bool
) -> dict[str, Any]:
    """The figure less the figure without the row, whole kilograms by element and class; or why not.

    Both are counted now from the stored model, touched tiles without the row estimated anew (with
    it too, where the program is no longer the one that made them), so that only the row is between
    them.
    """
    unknown = {"blocks_changed": None, "weight_kg": None}
    if model is None:
        return unknown | {"why": "its model is not in the store / 其模型不在库中"}
    if effect.blocks > CHEAP_BLOCKS and not weigh:
        return unknown | {"why": "not cheap here: --weigh / 计算量大，加 --weigh"}
    tiles = effect.tiles
    try:
        stands = np.array_equal(model.tile_keys[list(tiles)], whole.keys[list(tiles)])
        before = [] if stands else estimate_tiles(whole, tiles)
        after = estimate_tiles(left, tiles)
        pairs = ((whole, before), (left, after))
        own, rest = (_kilograms(statement_of(laid, model, made)) for laid, made in pairs)
    except (EstimationError, DataError) as error:
        return unknown | {"why": words_of(error)}
    return {
        "blocks_changed": changed_blocks(model, before, after),
        "weight_kg": {name: {c: own[name][c] - rest[name][c] for c in CLASSES} for name in own},
    }


def _kilograms(figure: ResourceStatement) -> dict[str, dict[str, int]]:
    """Ore and metal of a statement by class, at the reporting cut-off."""
    names = [None, *figure.elements]
    return {
        name or "ore": {part.class_name: kg(part.tonnes) for part in figure.resource_t(name)}
        for name in names
    }
