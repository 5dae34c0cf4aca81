"""Trace: from a figure to the rows of the original files that it rests on.

Nothing is mended on the way: what is missing is said to be missing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from estimation.errors import EstimationError
from estimation.explain import BlockExplained, ElementExplained, explain_block
from estimation.lineage import (
    INTERVALS,
    SourceRow,
    identity_of,
    rows_of_hole,
    rows_of_sample,
    used_rows,
)
from estimation.plan import CLASSES
from estimation.results import DepositResult
from estimation.studies import Workbench
from flows.belts import find_deposit
from flows.prove_files import originals_of
from flows.readings import read_as_of
from flows.review import result_with_file
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
from geo.config import ConfigError
from geo.findings import DataError
from geo.vault import vault_path
from tracking import LedgerEntry

Block = tuple[int, int, int]


def trace(
    deposit_id: str,
    configs: str,
    workspace: str,
    vintage: str | None = None,
    block: Block | None = None,
    entry: int | None = None,
) -> dict[str, Any]:
    """Every link between a deposit's figure and its original files.

    The figure is the usable one of the vintage (the latest where none is named), or that of ledger
    entry ``entry``; where the ledger has none to use, the present result. With ``block`` (along x,
    y, z from 0) also the samples of that block, their weights, and the rows that each was made of.

    Raises
    ------
    ConfigError
        No such deposit or entry, or its result isn't kept.
    EstimationError
        The result's file was changed or is damaged, or the block is not in the grid.
    """
    house = Workspace(Path(workspace))
    recorded = ledger_of(deposit_id, configs, house)
    wanted = _wanted(recorded, deposit_id, (configs, vintage), entry)
    if wanted is None:
        result, path = read_result(deposit_id, configs, house, vintage)
    else:
        result, path = _result_behind(wanted, house)
    statement = result.statement
    return {
        "deposit": deposit_id,
        "vintage": result.vintage.isoformat(),
        "figure": {
            "element": statement.main_element,
            "metal_t": {c: statement.metal_t(statement.main_element, (c,)) for c in CLASSES},
        },
        "ledger": [one.as_json() for one in of_result(recorded, result)],
        "official": official_beside(recorded, result),
        "result": str(path),
        "model_hash": result.model_hash,
        "plan_hash": result.plan_hash,
        "data_hash": result.data_hash,
        "data_unchanged": _data_hash(result, configs) == result.data_hash,
        **_behind(result, configs, house, block),
    }


def _wanted(
    recorded: list[Recorded], deposit_id: str, asked: tuple[str, str | None], number: int | None
) -> LedgerEntry | None:
    """The entry that is asked for, or the usable one of the vintage; None where there is none.

    ``asked``: the belts' folder, and the vintage if one is named.

    Raises
    ------
    ConfigError
        The entry that is named is no estimate of the deposit (at the vintage, if one is named).
    """
    configs, vintage = asked
    own = [one for one in recorded if one.entry.kind == "estimate"]
    if number is not None:
        for one in own:
            if one.entry.number == number and vintage in (None, str(one.entry.vintage)):
                return one.entry
        known = ", ".join(f"{one.entry.number} ({one.entry.vintage})" for one in own) or "-"
        raise ConfigError(
            f"--entry {number}: no estimate of {deposit_id}{f' at {vintage}' if vintage else ''}; "
            f"the ledger has: {known} / 不是该矿床的估算条目; 台账中有: {known}"
        )
    _, deposit, _ = find_deposit(deposit_id, Path(configs))
    when = vintage or max(deposit.vintages).isoformat()
    usable = [one.entry for one in own if one.standing.usable == one.entry.number]
    return next((entry for entry in usable if str(entry.vintage) == when), None)


def _result_behind(entry: LedgerEntry, house: Workspace) -> tuple[DepositResult, Path]:
    """The result that an entry was made from, and its file.

    Raises
    ------
    ConfigError
        It isn't kept.
    EstimationError
        It isn't, and the vintage's present result is damaged.
    """
    found = result_with_file(entry, house)
    if found is not None:
        return found
    present = house.result(entry.deposit_id, str(entry.vintage))
    if present.exists():
        DepositResult.read(present)  # damage is told as such
    raise ConfigError(
        f"{entry.deposit_id} {entry.vintage}: the result of ledger entry {entry.number} is not in "
        f"{house.root} / 工作区中没有台账第 {entry.number} 条的结果"
    )


def read_result(
    deposit_id: str, configs: str, house: Workspace, vintage: str | None
) -> tuple[DepositResult, Path]:
    """A deposit's present result at a vintage (the latest where none is named), and its file.

    Raises
    ------
    ConfigError
        There is none.
    """
    _, deposit, _ = find_deposit(deposit_id, Path(configs))
    when = vintage or max(deposit.vintages).isoformat()
    path = house.result(deposit_id, when)
    if not path.exists():
        raise ConfigError(
            f"{deposit_id}: no result for {when} / 没有该基准日的结果; run: bornite estimate "
            f"{deposit_id}"
        )
    return DepositResult.read(path), path


def _data_hash(result: DepositResult, configs: str) -> str | None:
    """Data hash of the files as they lie there now; None where they can't be used."""
    belt, deposit, base = find_deposit(result.deposit_id, Path(configs))
    data, _ = read_as_of(belt, deposit, base, result.vintage)
    try:
        return data.data_hash() if data else None
    except DataError:
        return None


def _behind(
    result: DepositResult, configs: str, house: Workspace, block: Block | None
) -> dict[str, Any]:
    """Files, tables, samples and, where asked, one block; without the originals the files alone."""
    nothing: dict[str, Any] = {"read_from": None, "tables": [], "samples": {}, "tiles": None}
    try:
        with opened(result, configs, house) as source:
            bench = Workbench(source.data, model_of(result, source.data, house), result)
            return {
                "files": _files(result, house, source),
                "read_from": source.read_from,
                "tables": _tables(source, bench),
                "samples": {name: len(made.table) for name, made in bench.samples.items()},
                "tiles": source.data.grid.tile_count if bench.model is not None else None,
                **({"block": _block(bench, source, block)} if block is not None else {}),
            }
    except (EstimationError, DataError) as error:
        if block is not None:
            raise
        return {"files": _files(result, house, None), **nothing, "why": words_of(error)}


def _files(result: DepositResult, house: Workspace, source: Source | None) -> list[dict[str, Any]]:
    """The files a result rests on, whether the vault has them, and how many assay rows are used."""
    assay = source.data.drillholes.assay if source is not None else None
    rows = {} if assay is None else assay.groupby("file").size().to_dict()
    return [
        {
            "file": name,
            "sha256": sha,
            "vault": str(vault_path(sha, house.root)),
            "kept": vault_path(sha, house.root).is_file(),
            "assay_rows_used": int(rows.get(name, 0)),
        }
        for name, sha in sorted(originals_of(result).items())
    ]


def _tables(source: Source, bench: Workbench) -> list[dict[str, Any]]:
    """Tables by file: rows accepted, of those the ones within a sample, and the refused."""
    found = []
    for table, frame in source.data.drillholes.tables.items():
        used = (
            used_rows(source.data.drillholes, bench.samples, table) if table in INTERVALS else None
        )
        for file, rows in frame.groupby("file", sort=True):
            refused = source.reading.refused
            at = (refused["file"] == file) & (refused["table"] == table)
            found.append(
                {
                    "table": table,
                    "file": str(file),
                    "sheet": source.sheets.get((table, str(file))),
                    "rows": len(rows),
                    "rows_in_samples": None if used is None else int(used[rows.index].sum()),
                    "rows_refused": int(refused.loc[at, "row"].nunique()),
                    "first_row": int(rows["row"].min()),
                    "last_row": int(rows["row"].max()),
                }
            )
    return found


def _block(bench: Workbench, source: Source, index: Block) -> dict[str, Any]:
    """One block: its estimate, its samples with their weights, and their rows."""
    found = explain_block(bench, index)
    return {
        "index": list(index),
        "centre_m": [float(value) for value in found.centre_m],
        "domain": found.domain or None,
        "class": found.class_of.name if found.class_of else None,
        "elements": {one.element: _element(one, bench, source) for one in found.elements},
        "holes": _holes(found, bench, source),
    }


def _element(one: ElementExplained, bench: Workbench, source: Source) -> dict[str, Any]:
    """One element of a block: stored and solved again, with every sample behind it."""
    kind = bench.data.plan.elements[one.element].source
    solution, rows = one.solution, one.found.rows
    weights = np.full(len(rows), np.nan) if solution is None else solution.weights
    places = identity_of(bench.samples[kind])
    samples = one.found.samples
    stored = one.stored["estimate"] if one.stored else None
    return {
        "estimate": None if stored is None or np.isnan(stored) else float(stored),
        "solved_again": None if solution is None else float(solution.estimate),
        "agrees": one.agrees,
        "samples": [
            _sample(
                places[bytes(samples.identity[row])],
                (float(samples.values[row]), float(weight)),
                (source, kind, one.element),
            )
            for row, weight in zip(rows, weights, strict=True)
        ],
    }


def _sample(
    place: tuple[str, float, float],
    numbers: tuple[float, float],
    of: tuple[Source, str, str],
) -> dict[str, Any]:
    """One sample, its grade as kriged and its weight, and the rows it was made of."""
    source, kind, element = of
    grade, weight = numbers
    behind = rows_of_sample(source.data.drillholes, kind, place, element)
    return {
        "hole_id": place[0],
        "from_m": place[1],
        "to_m": place[2],
        "grade": grade,
        "weight": None if np.isnan(weight) else weight,
        "rows": [row_as_json(row, source) for row in behind],
    }


def _holes(found: BlockExplained, bench: Workbench, source: Source) -> dict[str, Any]:
    """Collar and survey rows of the holes whose samples the block has."""
    names = set()
    for one in found.elements:
        places = identity_of(bench.samples[bench.data.plan.elements[one.element].source])
        names |= {places[bytes(one.found.samples.identity[row])][0] for row in one.found.rows}
    return {
        name: [row_as_json(row, source) for row in rows_of_hole(source.data.drillholes, name)]
        for name in sorted(names)
    }


def row_as_json(row: SourceRow, source: Source) -> dict[str, Any]:
    """One row of an original table: where it stands, and what of it was taken."""
    return {
        "table": row.table,
        "file": row.file,
        "sheet": source.sheets.get((row.table, row.file)),
        "row": row.row,
        "from_m": row.from_m,
        "to_m": row.to_m,
        "value": row.value,
        "metres": row.metres,
    }
