"""Commands on figures from outside: ``form`` writes an empty form, ``record`` enters forms."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

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
)
from flows.cli_options import voice as cli_voice

OutArgument = Annotated[
    str, typer.Argument(help="新文件 .xlsx 或 .yaml / File to write, .xlsx or .yaml.")
]
FormsArgument = Annotated[
    list[str], typer.Argument(help="登记表,或其文件夹 / Filled forms, or folders of them.")
]
CheckOption = Annotated[
    bool, typer.Option("--check", help="只核对,不登记 / Check only; nothing is entered.")
]

OUTCOMES = {
    "entered": ("已登记", "entered"),
    "standing": ("已有相同条目", "stands already"),
    "whole": ("完整", "whole"),
    "held": ("待确认", "held"),
    "refused": ("未登记", "refused"),
}


def form(out: OutArgument, as_json: JsonOption = False) -> None:
    """空的外部资源量登记表,附示例 / An empty form for a figure from outside, with an example."""
    from flows.records import write_form

    path = write_form(Path(out))
    if as_json:
        print_json({"file": str(path)})
        return
    cli_voice().say(
        f"空表: {path}\n下一步: 填写后 bornite record {path} --check",
        f"empty form: {path}\nnext: fill it in, then bornite record {path} --check",
    )


def record(
    forms: FormsArgument,
    only_check: CheckOption = False,
    configs: ConfigsOption = CONFIGS,
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """登记备案报告或统计数字 / Enter figures of filed reports or statistics by form."""
    from flows.records import record as record_forms

    found = record_forms(forms, configs, workspace, only_check=only_check)
    if as_json:
        print_json({"forms": [item.as_json() for item in found]})
    else:
        again = " ".join(shlex.quote(path) for path in forms) if only_check else None
        _show(found, next_options(configs, workspace), again)
    outcomes = {item.outcome for item in found}
    if "refused" in outcomes:
        raise typer.Exit(Exit.DATA)
    raise typer.Exit(Exit.HELD if "held" in outcomes else Exit.OK)


def _show(found: Sequence[Any], more: str, checked: str | None) -> None:
    """One line for each form, its findings below it.

    ``checked``: the forms as they were named, where they were only checked; else None.
    """
    voice = cli_voice()
    for item in found:
        number = (
            "" if item.entry is None else voice.word(f"第 {item.entry} 条", f"entry {item.entry}")
        )
        figure = item.figure
        what = f"{figure.deposit_id} {figure.vintage} {figure.series}" if figure else ""
        line = "  ".join(
            p for p in (item.file, voice.word(*OUTCOMES[item.outcome]), number, what) if p
        )
        voice.out.print(line, markup=False, highlight=False, soft_wrap=True)
        voice.findings(item.findings)
    outcomes = {item.outcome for item in found}
    if "refused" in outcomes:
        voice.say(
            "未通过的表改正后再核对" if checked else "未登记的表改正后重新登记;其余不受影响",
            "correct the refused forms and check them again"
            if checked
            else "correct the refused forms and record them again; the others stand",
        )
    elif "held" in outcomes:
        voice.say(
            "待确认的表: 在“确认说明”写明理由后重新登记",
            "held forms: say why under 'confirmed' and record them again",
        )
    elif checked:
        command = f"bornite record {checked}{more}"
        voice.say(f"均完整，未登记；下一步: {command}", f"whole, not entered; next: {command}")
    else:
        voice.say(f"下一步: bornite ledger{more}", f"next: bornite ledger{more}")
