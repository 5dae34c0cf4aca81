"""Commands that prove: ``trace``, ``verify``, ``doctor``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

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
from geo.config import ConfigError

Show = Callable[[Any, dict[str, Any]], None]
"""Prints an answer on the terminal."""

DepositOption = Annotated[str | None, typer.Argument(help="矿床 / Deposit.")]


def trace(
    deposit: DepositOption = None,
    vintage: Annotated[
        str | None,
        typer.Option(help="基准日,缺省最新 / Effective date YYYY-MM-DD; the latest if none."),
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
    entry: Annotated[
        int | None, typer.Option(min=1, help="台账编号;缺省为可用的 / Entry; the usable if none.")
    ] = None,
    view: Annotated[
        Literal["usable", "newest", "published", "official"] | None,
        typer.Option("--view", help="口径 / Which figure counts: usable if none."),
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
        found, show = _of_row(file, sheet, row, (deposit, configs, workspace, weigh))
    else:
        found, show = _of_figure(str(deposit), (configs, workspace), (view, vintage, entry), block)
    print_json(found) if as_json else show(cli_voice(), found)
    told = [found, *found.get("figures", ())]
    missing = "why" in found or any(one.get("status") == "unreadable" for one in told)
    raise typer.Exit(Exit.DATA if missing else Exit.OK)


def _of_row(
    file: str, sheet: str | None, row: int, of: tuple[str | None, str, str, bool]
) -> tuple[dict[str, Any], Show]:
    """Trace one row: the answer, and what shows it."""
    from flows.show_trace import show_row
    from flows.trace_row import Asked, trace_row

    deposit, configs, workspace, weigh = of
    return trace_row(Asked(file, row, sheet), configs, workspace, deposit, weigh=weigh), show_row


def _of_figure(
    deposit: str,
    places: tuple[str, str],
    asked: tuple[Any, str | None, int | None],
    block: tuple[int, int, int] | None,
) -> tuple[dict[str, Any], Show]:
    """Trace one figure, ours or from outside: the answer, and what shows it."""
    from flows.show_trace import show_figure, show_filed
    from flows.trace import trace as trace_figure
    from flows.trace_filed import chosen, trace_filed

    view, vintage, number = asked
    if vintage is not None:
        try:
            date.fromisoformat(vintage)
        except ValueError:
            raise ConfigError(f"--vintage {vintage}: YYYY-MM-DD is needed") from None
    if view is not None or number is not None:
        one = chosen(deposit, *places, view or "usable", (vintage, number))
        if one is not None and one.entry.kind == "outside":
            if block is not None:
                raise ConfigError("--block: 外部数据没有块体 / a figure from outside has no blocks")
            return trace_filed(one, places[1]), show_filed
        if one is not None:
            vintage, number = str(one.entry.vintage), one.entry.number
    return trace_figure(deposit, *places, vintage, block, number), show_figure


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
        typer.Option(help="先前记下的末条散列 / Hash noted earlier that the chain must still hold"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """核验台账、合计、原件与全部瓦片 / Prove ledger, sums, originals and every tile."""
    from flows.prove import problems_of
    from flows.prove import verify as prove
    from flows.show_proof import show_proof

    warn_of_bad_belts(configs)
    voice = cli_voice()
    with voice.progress():
        found = prove(configs, workspace, tiles, rederive=rederive, head=head)
    problems = problems_of(found)
    print_json(found) if as_json else show_proof(
        voice, found, problems, next_options(configs, workspace)
    )
    raise typer.Exit(Exit.DATA if problems else Exit.OK)


def doctor(
    configs: ConfigsOption = CONFIGS,
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """检查运行环境,附解决办法 / Examine this machine; a fix beside each trouble."""
    from dataclasses import asdict

    from flows.doctor import examine
    from reporting.units import bilingual

    found = examine(Path(configs), Path(workspace))
    if as_json:
        print_json([asdict(line) for line in found])
    else:
        voice = cli_voice()
        for line in found:
            mark = "✓" if line.well else "✗"
            mend = bilingual(line.fix)
            fix = f"  → {voice.word(mend.zh, mend.en)}" if line.fix else ""
            text = f"{mark} {line.name}: {line.found}{fix}"
            voice.out.print(text, markup=False, highlight=False, soft_wrap=True)
        if all(line.well for line in found):
            voice.say("下一步: bornite demo", "next: bornite demo")
        else:
            more = next_options(configs, workspace)
            voice.say(
                f"下一步: 处理标 ✗ 的各行，再运行 bornite doctor{more}",
                f"next: mend the lines marked ✗, then bornite doctor{more}",
            )
    raise typer.Exit(Exit.OK if all(line.well for line in found) else Exit.ENVIRONMENT)
