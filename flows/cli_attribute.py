"""The command ``attribute``: a change between two figures, split by its causes."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from flows.cli_options import (
    CONFIGS,
    WORKSPACE,
    ConfigsOption,
    DepositArgument,
    JsonOption,
    WorkersOption,
    WorkspaceOption,
    next_options,
    print_json,
)
from flows.cli_options import voice as cli_voice


def attribute(
    deposit: DepositArgument,
    opening: Annotated[
        str,
        typer.Argument(
            help="期初:基准日、台账号、运行、指纹、文件 / Vintage, entry, run, digest or file."
        ),
    ],
    closing: Annotated[str, typer.Argument(help="期末,同上 / Closing: the same.")],
    reverse: Annotated[
        bool,
        typer.Option(
            "--reverse", help="另按相反次序推进,以资核对 / Walk the reverse order too, as a check."
        ),
    ] = False,
    configs: ConfigsOption = CONFIGS,
    workspace: WorkspaceOption = WORKSPACE,
    workers: WorkersOption = None,
    as_json: JsonOption = False,
) -> None:
    """变动归因:逐一推进各因素并重算 / Split a change by its causes, one factor at a time."""
    from flows.attribute import attribute as split
    from flows.show_attribution import show_attribution

    voice = cli_voice()
    with voice.progress():
        found = split(deposit, opening, closing, configs, workspace, workers, reverse)
    if as_json:
        print_json(found.as_json())
        return
    show_attribution(voice, found)
    _say_what_became_of_it(voice, found, next_options(configs, workspace))


def _say_what_became_of_it(voice: Any, found: Any, more: str) -> None:
    """Where the split was entered, or why it was not."""
    if found.recorded is None:
        voice.say(
            f"未记入台账:台账中没有这两期数字\n下一步: bornite growth{more}",
            f"not entered: the ledger does not have both figures\nnext: bornite growth{more}",
        )
        return
    command = f"bornite movement {found.deposit_id}{more}"
    if found.opening.result.vintage == found.closing.result.vintage:  # no movement between them
        command = f"bornite compare {found.opening.number} {found.closing.number}{more}"
    voice.say(
        f"已记入台账第 {found.recorded} 条\n下一步: {command}",
        f"entered as ledger entry {found.recorded}\nnext: {command}",
    )
