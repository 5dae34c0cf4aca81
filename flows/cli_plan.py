"""Commands on decisions: ``accept`` a plan, ``diff`` two results."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from flows.cli_options import (
    CONFIGS,
    WORKSPACE,
    ConfigsOption,
    DepositArgument,
    JsonOption,
    WorkspaceOption,
    next_options,
    print_json,
)
from flows.cli_options import voice as cli_voice


def accept(
    deposit: DepositArgument,
    by: Annotated[str, typer.Option("--by", help="审定人 / Who accepts it.")],
    reason: Annotated[str, typer.Option("--reason", help="理由 / Why.")],
    on: Annotated[
        str | None, typer.Option("--on", help="日期 YYYY-MM-DD;缺省今天 / Date; today if none.")
    ] = None,
    configs: ConfigsOption = CONFIGS,
    as_json: JsonOption = False,
) -> None:
    """审定估算方案:何人、何时、为何 / Accept a proposed plan: who, when, why."""
    from flows.proposals import accept_plan
    from geo.config import ConfigError
    from geo.days import today

    try:
        when = date.fromisoformat(on) if on else today()
    except ValueError:
        raise ConfigError(f"--on {on}: YYYY-MM-DD is needed") from None
    path = accept_plan(deposit, Path(configs), by, reason, when)
    if as_json:
        print_json({"deposit": deposit, "by": by, "date": str(when), "file": str(path)})
        return
    more = next_options(configs)
    cli_voice().say(
        f"方案已审定: {by}, {when},写入 {path}\n下一步: bornite estimate {deposit}{more}",
        f"plan accepted by {by} on {when}, written into {path}\n"
        f"next: bornite estimate {deposit}{more}",
    )


def diff(
    deposit: DepositArgument,
    before: Annotated[
        str, typer.Argument(help="基准日、运行编号、指纹或文件 / Vintage, run, digest or file.")
    ],
    after: Annotated[str, typer.Argument(help="同上 / The same.")],
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """比较一个矿床的两次结果 / Compare two results of a deposit: data, plan, code, figures."""
    from flows.diff import diff as compare
    from flows.show_diff import show_differences

    found = compare(deposit, before, after, workspace)
    if as_json:
        print_json(found.as_json())
        return
    show_differences(cli_voice(), found)
