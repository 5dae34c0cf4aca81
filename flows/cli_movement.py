"""The command ``movement``: what moved between a deposit's figures, and the statutory forms."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, cast, get_args

import typer

from flows.cli_options import (
    CONFIGS,
    WORKSPACE,
    ConfigsOption,
    Exit,
    JsonOption,
    WorkspaceOption,
    next_options,
    print_json,
    warn_of_bad_belts,
)
from flows.cli_options import voice as cli_voice


def movement(
    deposit: Annotated[str | None, typer.Argument(help="矿床 / Deposit.")] = None,
    belt: Annotated[
        str | None, typer.Option("--belt", help="一个成矿带的各矿床 / All deposits of one belt.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="所有矿床 / All deposits.")] = False,
    view: Annotated[
        str,
        typer.Option("--view", help="口径 / Which figures: usable | newest | published | official"),
    ] = "usable",
    statutory: Annotated[
        Path | None,
        typer.Option(
            "--statutory", help="写出变动台帐与统计基础表 / Write the tables to FILE.xlsx or .csv."
        ),
    ] = None,
    configs: ConfigsOption = CONFIGS,
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """资源量变动与法定报表 / From opening to closing by cause, and the statutory tables."""
    from flows.movement import movement_of, write_forms
    from tracking.ledger.book import View

    _check(deposit, belt, every, view, statutory)
    warn_of_bad_belts(configs)
    found = movement_of(configs, workspace, (deposit, belt), cast(View, view))
    written = None if statutory is None else write_forms(statutory, configs, found)
    voice = cli_voice()
    if as_json:
        files = [] if written is None else [str(written)]
        print_json({"view": view, "deposits": [one.as_json() for one in found], "files": files})
    else:
        for one in found:
            _say(voice, one)
        if not found:
            voice.say("台账中没有所查矿床的数字", "the ledger has no such figures")
    for one in (one for one in found if one.trouble):
        voice.say(f"{one.deposit_id}: {one.trouble}", f"{one.deposit_id}: {one.trouble}")
    if written is not None:
        voice.say(f"已写入 {written}", f"written to {written}")
    elif not as_json:
        more = next_options(configs, workspace) + ("" if view == "usable" else f" --view {view}")
        what = f"{deposit or (f'--belt {belt}' if belt else '--all')}{more} --statutory FILE.xlsx"
        voice.say(f"下一步: bornite movement {what}", f"next: bornite movement {what}")
    raise typer.Exit(Exit.DATA if any(one.trouble for one in found) else Exit.OK)


def _check(
    deposit: str | None, belt: str | None, every: bool, view: str, statutory: Path | None
) -> None:
    """Say what is wrong with the options, in one sentence."""
    from tracking.ledger.book import View

    if sum((deposit is not None, belt is not None, every)) != 1:
        raise typer.BadParameter(
            "DEPOSIT、--belt、--all 选其一 / give one of DEPOSIT, --belt, --all"
        )
    if view not in get_args(View):
        raise typer.BadParameter(f"--view: {' | '.join(get_args(View))}")
    if statutory is not None and statutory.suffix.lower() not in (".xlsx", ".csv"):
        raise typer.BadParameter(f"--statutory: {statutory}: .xlsx | .csv")


def _say(voice: Any, one: Any) -> None:
    """One deposit on a terminal: columns, then causes and kinds, class totals only."""
    from flows.show_movement import causes_table, columns_tables

    if one.trouble:
        return
    if not one.lines:
        name = voice.word(one.name.zh, one.name.en)
        voice.say(
            f"{name}: 台账中不足两期数字，没有变动", f"{name}: fewer than two figures, no movement"
        )
        return
    for table in columns_tables(voice, one):
        voice.out.print(table)
    voice.out.print(causes_table(voice, one))
