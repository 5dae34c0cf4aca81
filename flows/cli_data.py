"""Commands on data: ``belts``, ``check``, ``ingest``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from flows.cli_options import (
    CONFIGS,
    WORKSPACE,
    BeltsArgument,
    ConfigsOption,
    Exit,
    JsonOption,
    WorkspaceOption,
    print_json,
    warn_of_bad_belts,
)
from flows.cli_options import voice as cli_voice
from geo.config import ConfigError


def belts(configs: ConfigsOption = CONFIGS, as_json: JsonOption = False) -> None:
    """成矿带与矿床清单 / List belts and deposits."""
    from flows.belts import all_belts, belt_troubles

    found = [belt for _, belt in all_belts(Path(configs)).values()]
    troubles = belt_troubles(Path(configs))
    if troubles:
        raise ConfigError("\n".join(troubles.values()))
    if as_json:
        print_json(
            [
                {
                    "belt": belt.id,
                    "name": belt.name.model_dump(),
                    "province": belt.province.model_dump(),
                    "synthetic": belt.synthetic,
                    "crs": belt.crs,
                    "deposits": [
                        {"deposit": d.id, "vintages": [v.isoformat() for v in d.vintages]}
                        for d in belt.deposits
                    ],
                }
                for belt in found
            ]
        )
        return
    voice = cli_voice()
    for belt in found:
        voice.out.print(
            f"{belt.id}  {voice.word(belt.name.zh, belt.name.en)}  [{belt.crs}]", markup=False
        )
        for deposit in belt.deposits:
            voice.out.print(
                f"  {deposit.id}  {voice.word(deposit.name.zh, deposit.name.en)}", markup=False
            )
    voice.say("下一步: bornite check", "next: bornite check")


def check(
    belt: BeltsArgument = None,
    configs: ConfigsOption = CONFIGS,
    as_json: JsonOption = False,
) -> None:
    """只检查数据,不写入 / Check the files of belts; nothing is written."""
    from flows.answers import check_answer
    from flows.belts import all_belts
    from flows.ingest import check as check_belt

    names = belt or list(all_belts(Path(configs)))
    found = [check_belt(name, configs) for name in names]
    if as_json:
        print_json(check_answer(found))
    else:
        _show_ingested(found)
    if not as_json:
        cli_voice().say("下一步: bornite ingest", "next: bornite ingest")
    raise typer.Exit(_exit_code(found, configs))


def ingest(
    belt: BeltsArgument = None,
    configs: ConfigsOption = CONFIGS,
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """读取、检查、入库 / Read, check and keep the files of belts."""
    from flows.answers import check_answer
    from flows.belts import all_belts
    from flows.ingest import ingest as ingest_belt

    found = [ingest_belt(n, configs, workspace) for n in belt or list(all_belts(Path(configs)))]
    if as_json:
        print_json(check_answer(found))
    else:
        _show_ingested(found)
        cli_voice().say(
            f"隔离区: {workspace}/quarantine\n下一步: bornite estimate <矿床>",
            f"quarantine: {workspace}/quarantine\nnext: bornite estimate <deposit>",
        )
    raise typer.Exit(_exit_code(found, configs))


def _exit_code(found: list[Any], configs: str) -> Exit:
    """3 where a deposit, a file or a row was refused; 2 where a belt's file is wrong; else 0."""
    from flows.belts import belt_troubles

    warn_of_bad_belts(configs)
    errors = any(f.severity == "error" for item in found for f in item.findings)
    if errors or any(item.refused for item in found):
        return Exit.DATA
    return Exit.USAGE if belt_troubles(Path(configs)) else Exit.OK


def _show_ingested(found: list[Any]) -> None:
    """Findings and row balance of belts, on the terminal."""
    voice = cli_voice()
    for item in found:
        voice.findings(tuple(f for f in item.findings if f.severity != "info"))
        rows = sum(b.rows_in for b in item.balances)
        kept = sum(b.accepted for b in item.balances)
        held = sum(b.quarantined for b in item.balances)
        skipped = sum(b.skipped for b in item.balances)
        voice.say(
            f"{item.belt_id}: {rows} 行 = 接受 {kept} + 隔离 {held} + 跳过 {skipped}",
            f"{item.belt_id}: {rows} rows = {kept} accepted + {held} quarantined + "
            f"{skipped} skipped",
        )
        for deposit, reason in item.refused.items():
            voice.say(f"{deposit}: 拒收 - {reason}", f"{deposit}: refused - {reason}")
