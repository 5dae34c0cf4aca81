"""The command ``study``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

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
)
from flows.cli_options import voice as cli_voice

if TYPE_CHECKING:
    from flows.study import StudyMade


def study(
    deposit: DepositArgument,
    topic: Annotated[
        list[str] | None,
        typer.Argument(
            help="专题,缺省为全部 / Topics, all if none: exploration, domains, "
            "variography, neighbourhood, by-products, validation, classification."
        ),
    ] = None,
    configs: ConfigsOption = CONFIGS,
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """专题分析:统计、矿化域、变异函数、验证等 / Studies for a review, a page for each topic."""
    from flows.study import study as make

    found = make(deposit, tuple(topic or ()), configs, workspace)
    if as_json:
        print_json([_answer(one) for one in found])
    else:
        _say(found)
    raise typer.Exit(Exit.DATA if any(one.study.failed for one in found) else Exit.OK)


def _say(found: list[StudyMade]) -> None:
    """Remarks, counts and pages for a person."""
    voice = cli_voice()
    for one in found:
        for words in one.study.remarks:
            voice.say(words.zh, words.en)
        voice.say(
            f"{one.study.title.zh}: {len(one.study.figures)} 图, {len(one.study.tables)} 表; "
            f"页面: {one.page}",
            f"{one.study.title.en}: {len(one.study.figures)} figures, {len(one.study.tables)} "
            f"tables; page: {one.page}",
        )


def _answer(made: StudyMade) -> dict[str, Any]:
    """What was made, as JSON (docs/json.md)."""
    return {
        "topic": made.study.topic,
        "failed": made.study.failed,
        "page": str(made.page),
        "tables": [table.name for table in made.study.tables],
        "figures": [figure.name for figure in made.study.figures],
        "remarks": [words._asdict() for words in made.study.remarks],
        "checks": [
            {"test": c.test, "element": c.element, "domain": c.domain,
             "value": c.value if math.isfinite(c.value) else None, "rule": c.rule,
             "verdict": c.verdict}
            for c in made.study.checks
        ],
    }  # fmt: skip


def pack(
    deposit: DepositArgument,
    configs: ConfigsOption = CONFIGS,
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """报告包:全部图、表与报告提纲 / The report pack: all figures, tables and documents."""
    from flows.pack import pack as make

    made = make(deposit, configs, workspace)
    if as_json:
        print_json({"deposit": deposit, "folder": str(made.folder), "files": made.files})
        return
    cli_voice().say(
        f"报告包: {made.folder},{len(made.files)} 个文件",
        f"report pack: {made.folder}, {len(made.files)} files",
    )
