"""Commands that prove: ``trace``, ``verify``, ``doctor``."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from flows.cli_options import (
    CONFIGS,
    WORKSPACE,
    ConfigsOption,
    Exit,
    JsonOption,
    WorkspaceOption,
    print_json,
    warn_of_bad_belts,
)
from flows.cli_options import voice as cli_voice
from geo.config import ConfigError

DepositOption = Annotated[str | None, typer.Argument(help="矿床 / Deposit.")]


def trace(
    deposit: DepositOption = None,
    vintage: Annotated[
        str | None, typer.Option(help="基准日 / YYYY-MM-DD; the latest if none")
    ] = None,
    block: Annotated[
        tuple[int, int, int] | None,
        typer.Option(help="块体 I J K,自 0 起 / A block along x, y, z, from 0."),
    ] = None,
    file: Annotated[
        str | None, typer.Option("--file", help="原始文件 / An original file, with --row.")
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="工作表 / Sheet of a workbook.")] = None,
    row: Annotated[
        int | None, typer.Option(min=1, help="行号,自 1 起 / Row of the file, from 1.")
    ] = None,
    weigh: Annotated[
        bool, typer.Option("--weigh", help="必算该行影响 / Weigh the row even where that is slow.")
    ] = False,
    configs: ConfigsOption = CONFIGS,
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """数字与原始行互相追溯 / From a figure to its rows, or from a row to the figures it touched."""
    if (file is None) != (row is None) or (file is None and deposit is None):
        raise typer.BadParameter("矿床, 或 --file 与 --row / a deposit, or --file and --row")
    if file is not None and row is not None:
        from flows.show_trace import show_row
        from flows.trace_row import Asked, trace_row

        asked = Asked(file, row, sheet)
        found = trace_row(asked, configs, workspace, deposit, weigh=weigh)
        print_json(found) if as_json else show_row(cli_voice(), found)
        return
    from flows.show_trace import show_figure
    from flows.trace import trace as trace_figure

    if vintage is not None:
        try:
            date.fromisoformat(vintage)
        except ValueError:
            raise ConfigError(f"--vintage {vintage}: YYYY-MM-DD is needed") from None
    found = trace_figure(str(deposit), configs, workspace, vintage, block)
    print_json(found) if as_json else show_figure(cli_voice(), found)


def verify(
    configs: ConfigsOption = CONFIGS,
    workspace: WorkspaceOption = WORKSPACE,
    tiles: Annotated[
        int, typer.Option(min=0, help="每期重算瓦片数 / Tiles to compute anew per vintage")
    ] = 3,
    rederive: Annotated[
        bool,
        typer.Option(
            "--rederive", help="由原件重算各期数字 / Make every figure again from its originals."
        ),
    ] = False,
    head: Annotated[
        str | None,
        typer.Option(help="先前记下的末条散列 / A head noted earlier, still in the chain"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """核验台账、合计、原件与全部瓦片 / Prove ledger, sums, originals and every tile."""
    from flows.prove import problems_of
    from flows.prove import verify as prove
    from flows.show_trace import show_proof

    warn_of_bad_belts(configs)
    voice = cli_voice()
    with voice.progress():
        found = prove(configs, workspace, tiles, rederive=rederive, head=head)
    problems = problems_of(found)
    print_json(found) if as_json else show_proof(voice, found, problems)
    raise typer.Exit(Exit.DATA if problems else Exit.OK)


def doctor(
    configs: ConfigsOption = CONFIGS,
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """检查运行环境 / Examine this machine."""
    from dataclasses import asdict

    from flows.doctor import examine

    found = examine(Path(configs), Path(workspace))
    if as_json:
        print_json([asdict(line) for line in found])
    else:
        voice = cli_voice()
        for line in found:
            mark = "✓" if line.well else "✗"
            fix = f"  → {line.fix}" if line.fix else ""
            voice.out.print(f"{mark} {line.name}: {line.found}{fix}", markup=False)
        voice.say("下一步: bornite demo", "next: bornite demo")
    raise typer.Exit(Exit.OK if all(line.well for line in found) else Exit.ENVIRONMENT)
