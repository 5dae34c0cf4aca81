"""Commands of depletion: ``mined`` enters a mine's record, ``retained`` says what is left."""

from __future__ import annotations

from datetime import date
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
from geo.config import ConfigError
from geo.days import today

FormArgument = Annotated[str, typer.Argument(help="开采记录 / Form of a mining record (YAML).")]
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", help="截止日 / YYYY-MM-DD; today if none")
]


def mined(
    form: FormArgument,
    configs: ConfigsOption = CONFIGS,
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """登记一段时期的开采量 / Enter what was mined in a period."""
    from flows.retained import record_mined

    entry = record_mined(form, configs, workspace)
    if as_json:
        print_json({"entry": entry.number, "deposit": entry.deposit_id, **entry.content})
        return
    start, end = entry.content["start"], entry.content["end"]
    cli_voice().say(
        f"台账第 {entry.number} 条:{entry.deposit_id} {start} 至 {end}\n"
        f"下一步: bornite retained {entry.deposit_id}",
        f"ledger entry {entry.number}: {entry.deposit_id}, {start} to {end}\n"
        f"next: bornite retained {entry.deposit_id}",
    )


def retained(
    deposit: DepositArgument,
    as_of: AsOfOption = None,
    configs: ConfigsOption = CONFIGS,
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """任一日期的保有资源量 / Retained resource as of any date."""
    from flows.retained import retained as make
    from flows.retained import retained_answer
    from flows.show_retained import retained_table

    try:
        day = date.fromisoformat(as_of) if as_of else today()
    except ValueError:
        raise ConfigError(f"--as-of {as_of}: YYYY-MM-DD is needed / 日期写作 YYYY-MM-DD") from None
    found: Any = make(deposit, day, configs, workspace)
    if as_json:
        print_json(retained_answer(found))
        return
    voice = cli_voice()
    voice.out.print(retained_table(voice, found))
    for words in found.retained.remarks:
        voice.say(words.zh, words.en)
    voice.say(f"下一步: bornite movement {deposit}", f"next: bornite movement {deposit}")
