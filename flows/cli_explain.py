"""The command ``explain``."""

from __future__ import annotations

import math
from typing import Annotated, Any

import typer

from flows.cli_options import (
    CONFIGS,
    WORKSPACE,
    ConfigsOption,
    DepositArgument,
    JsonOption,
    WorkspaceOption,
    print_json,
)
from flows.cli_options import voice as cli_voice


def explain(
    deposit: DepositArgument,
    block: Annotated[
        list[int] | None,
        typer.Argument(help="块体 I J K,自 0 起 / Block along x, y, z, from 0."),
    ] = None,
    at: Annotated[
        tuple[float, float, float] | None,
        typer.Option("--at", help="东 北 高程 / East, north, up (m) instead of I J K."),
    ] = None,
    configs: ConfigsOption = CONFIGS,
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """逐块说明:样品、权重、距离与类别 / Explain a block: samples, weights, distances, class."""
    from flows.explain import explain as make

    if (block is None) == (at is None) or (block is not None and len(block) != 3):
        raise typer.BadParameter("I J K,或 --at 东 北 高程 / I J K, or --at EAST NORTH UP")
    index = None if block is None else (block[0], block[1], block[2])
    found = make(deposit, index, at, configs, workspace)
    if as_json:
        print_json(_answer(found))
        return
    voice = cli_voice()
    for words in found.study.remarks:
        voice.say(words.zh, words.en)
    for one in found.block.elements:
        again = one.solution.estimate if one.solution else math.nan
        stored = one.stored["estimate"] if one.stored else math.nan
        voice.say(
            f"{one.element}: 重算 {again:.6g}, 存值 {stored:.6g}, 第 {one.found.number} 次搜索, "
            f"{len(one.found.rows)} 个样品",
            f"{one.element}: solved again {again:.6g}, stored {stored:.6g}, pass "
            f"{one.found.number}, {len(one.found.rows)} samples",
        )
    voice.say(f"页面: {found.page}", f"page: {found.page}")


def _answer(found: Any) -> dict[str, Any]:
    """What was found, as JSON (docs/json.md)."""
    tables = {table.name: table.frame for table in found.study.tables}
    records = {name: _records(frame) for name, frame in tables.items()}
    return {
        "block": list(found.block.index),
        "centre_m": [float(value) for value in found.block.centre_m],
        "domain": found.block.domain or None,
        "class": found.block.class_of.name if found.block.class_of else None,
        "class_decided_by": found.block.class_of.decided_by._asdict()
        if found.block.class_of
        else None,
        "agrees": all(one.agrees for one in found.block.elements),
        **records,
        "remarks": [words._asdict() for words in found.study.remarks],
        "page": str(found.page),
    }


def _records(frame: Any) -> list[dict[str, Any]]:
    """Rows of a table; what is no number is null."""
    return [
        {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()}
        for row in frame.to_dict("records")
    ]
