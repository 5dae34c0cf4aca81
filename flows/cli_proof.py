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
    DepositArgument,
    Exit,
    JsonOption,
    WorkspaceOption,
    print_json,
    warn_of_bad_belts,
)
from flows.cli_options import voice as cli_voice
from geo.config import ConfigError


def trace(
    deposit: DepositArgument,
    vintage: Annotated[
        str | None, typer.Option(help="基准日 / YYYY-MM-DD; the latest if none")
    ] = None,
    configs: ConfigsOption = CONFIGS,
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """由数字追到原始文件 / From a figure back to the original files."""
    from flows.inspection import trace as trace_figure

    if vintage is not None:
        try:
            date.fromisoformat(vintage)
        except ValueError:
            raise ConfigError(f"--vintage {vintage}: YYYY-MM-DD is needed") from None
    found = trace_figure(deposit, configs, workspace, vintage)
    if as_json:
        print_json(found)
        return
    voice = cli_voice()
    for key in (
        "deposit",
        "vintage",
        "figure",
        "ledger",
        "result",
        "model_hash",
        "plan_hash",
        "data_hash",
    ):
        voice.out.print(f"{key}: {found[key]}", markup=False)
    for file in found["files"]:
        voice.out.print(
            f"  {file['sha256'][:12]}  {file['assay_rows_used']:>6}  {file['file']}", markup=False
        )
    voice.say("下一步: bornite verify", "next: bornite verify")


def verify(
    configs: ConfigsOption = CONFIGS,
    workspace: WorkspaceOption = WORKSPACE,
    tiles: Annotated[
        int, typer.Option(min=1, help="每期重算瓦片数 / Tiles to prove per vintage")
    ] = 3,
    as_json: JsonOption = False,
) -> None:
    """核验台账、原件与瓦片 / Prove ledger, originals and tiles."""
    from flows.inspection import verify as prove

    warn_of_bad_belts(configs)
    found = prove(configs, workspace, tiles)
    problems = [*found["ledger"], *found["results"], *found["vault"], *found["tiles"]]
    if as_json:
        print_json(found)
    else:
        voice = cli_voice()
        for problem in problems:
            voice.out.print(problem, markup=False)
        entries, proved = found["head"]["number"], found["tiles_proved"]
        voice.say(
            f"台账 {entries} 条,重算 {proved} 瓦片,问题 {len(problems)} 个",
            f"{entries} ledger entries, {proved} tiles computed anew, {len(problems)} problems",
        )
        voice.say("下一步: bornite report", "next: bornite report")
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
