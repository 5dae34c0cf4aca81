"""Commands on data: ``belts``, ``check``, ``ingest``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from flows.cli_answers import takes_answers
from flows.cli_options import (
    CONFIGS,
    WORKSPACE,
    BeltsArgument,
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

CheckArgument = Annotated[
    list[str] | None,
    typer.Argument(help="成矿带或文件夹;缺省为全部成矿带 / Belts or folders; all belts if none."),
]
CheckCrsOption = Annotated[
    str, typer.Option("--crs", help="文件夹里孔口的坐标系 / System of a folder's collars.")
]
ConfirmOption = Annotated[
    bool,
    typer.Option("--confirm", help="确认各表布局,以后不再询问 / Keep the layouts as understood."),
]

GROWING = "BN-INB-001"
"""The finding of a file that is still being written."""


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
    more = next_options(configs)
    voice.say(f"下一步: bornite check{more}", f"next: bornite check{more}")


@takes_answers
def check(
    answers: Any,
    belt: CheckArgument = None,
    configs: ConfigsOption = CONFIGS,
    crs: CheckCrsOption = "local",
    confirm: ConfirmOption = False,
    as_json: JsonOption = False,
) -> None:
    """只检查,不写入:成矿带,或任意数据文件夹 / Check belts, or any folder; nothing is written."""
    from flows.answers import check_answer
    from flows.belts import all_belts, find_belt
    from flows.check_conventions import convention_findings
    from flows.check_folder import check_folder
    from flows.ingest import check as check_belt
    from flows.show_folder import show_folder

    folders = [name for name in belt or [] if _is_folder(name, configs)]
    names = [name for name in belt or [] if name not in folders]
    if not belt:
        names = list(all_belts(Path(configs)))
    if confirm:
        _confirm_layouts(names, configs)
    found = [check_belt(name, configs) for name in names]
    for account in found:
        account.findings += convention_findings(*find_belt(account.belt_id, Path(configs)))
    looked = [check_folder(Path(name), crs, answers) for name in folders]
    if as_json:
        plain = {"folders": [item.as_json() for item in looked]} if looked else {}
        print_json({**check_answer(found), **plain})
    else:
        _show_ingested(found)
        for item in looked:
            show_folder(cli_voice(), item, next_options(configs))
        _say_next(names, configs)
    codes = [_folder_code(item) for item in looked]
    raise typer.Exit(worst_exit([*codes, *([_exit_code(found, configs)] if names else [])]))


def _confirm_layouts(names: list[str], configs: str) -> None:
    """Keep the layouts of belts' tables, and say where."""
    from flows.belts import find_belt
    from flows.layouts import confirm_templates

    for belt, base in (find_belt(name, Path(configs)) for name in names):
        for deposit in belt.deposits:
            for path in confirm_templates(deposit, base):
                cli_voice().say(f"布局已确认: {path}", f"layout kept: {path}")


def _is_folder(name: str, configs: str) -> bool:
    """Whether an argument is a folder of files rather than a belt's id."""
    if not Path(name).is_dir():
        return False
    return not (Path(configs) / f"{name}.yaml").is_file()


def _folder_code(item: Any) -> Exit:
    """3 where a row or a file was refused, 4 where a convention is open."""
    return Exit.DATA if item.refused else Exit.HELD if item.held else Exit.OK


def worst_exit(codes: list[Exit]) -> Exit:
    """The code of several checks: data errors first, then usage, then what is held."""
    order = (Exit.DATA, Exit.USAGE, Exit.HELD)
    return next((code for code in order if code in codes), Exit.OK)


def _say_next(names: list[str], configs: str) -> None:
    """The command that comes after a check of belts."""
    more = next_options(configs)
    if names:
        cli_voice().say(f"下一步: bornite ingest{more}", f"next: bornite ingest{more}")


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
        more = next_options(configs, workspace)
        then = _after_ingest(found, configs) + more
        cli_voice().say(
            f"隔离区: {workspace}/quarantine\n下一步: {then}",
            f"quarantine: {workspace}/quarantine\nnext: {then}",
        )
    raise typer.Exit(_exit_code(found, configs))


def _after_ingest(found: list[Any], configs: str) -> str:
    """The command after ingest: once more where a file was not read, a plan, or the estimate."""
    from flows.belts import find_deposit

    known = [deposit for item in found for deposit in item.accepted]
    again = [item.belt_id for item in found if any(f.code == GROWING for f in item.findings)]
    if again:
        command = f"bornite ingest {' '.join(again)}"
        return cli_voice().word(
            f"文件传完后再运行 {command}", f"when the transfer is done: {command}"
        )
    if not known and found:
        command = f"bornite ingest {' '.join(item.belt_id for item in found)}"
        return cli_voice().word(f"改好后再运行 {command}", f"mend, then again: {command}")
    if len(known) != 1:
        return "bornite estimate " + cli_voice().word("<矿床>", "<deposit>")
    plan = find_deposit(known[0], Path(configs))[1].plan
    return f"bornite propose {known[0]} --write" if plan is None else f"bornite estimate {known[0]}"


def _exit_code(found: list[Any], configs: str) -> Exit:
    """3 where a deposit, a file or a row was refused; 2 where a belt's file is wrong; else 0."""
    from flows.belts import belt_troubles

    warn_of_bad_belts(configs)
    errors = any(f.severity == "error" for item in found for f in item.findings)
    if errors or any(item.refused for item in found):
        return Exit.DATA
    return Exit.USAGE if belt_troubles(Path(configs)) else Exit.OK


def _show_ingested(found: list[Any]) -> None:
    """Findings, special values and row balance of belts, on the terminal."""
    from flows.show_campaigns import campaign_table
    from flows.show_check import CheckView
    from flows.show_held import say_reasons, say_unread
    from flows.show_special import special_table

    voice = cli_voice()
    view = CheckView(voice)
    for item in found:
        view.blocks(item.findings, item.balances)
        for deposit, values in item.special.items():
            table = special_table(voice, deposit, values)
            if table is not None:
                voice.out.print(table)
        for deposit, rows in item.campaigns.items():
            voice.out.print(campaign_table(voice, deposit, rows))
        if item.balances:
            view.total(item.belt_id, item.balances)
        else:
            voice.say(f"{item.belt_id}: 没有读入任何行", f"{item.belt_id}: no row was read")
        say_unread(voice, item.belt_id, item.findings)
        say_reasons(voice, item.refused, "拒收", "refused")
