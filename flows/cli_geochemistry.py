"""The command ``geochemistry``."""

from __future__ import annotations

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
)
from flows.cli_options import voice as cli_voice


def geochemistry(
    belt: BeltsArgument = None,
    configs: ConfigsOption = CONFIGS,
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """化探:调平、异常下限、成图、异常登记 / Surveys: levelling, thresholds, maps, anomalies."""
    from pathlib import Path

    from flows.belts import all_belts
    from flows.geochemistry import geochemistry as make

    names = belt or [name for name, (_, b) in all_belts(Path(configs)).items() if b.geochemistry]
    found = [make(name, configs, workspace) for name in names]
    if as_json:
        print_json([_answer(one) for one in found])
    else:
        for one in found:
            _show(one)
    refused = any(one.refused for one in found)
    raise typer.Exit(Exit.DATA if refused else Exit.OK)


def _answer(made: Any) -> dict[str, Any]:
    """What was made, as JSON (docs/json.md)."""
    return {
        "belt": made.belt_id,
        "folder": str(made.folder),
        "surveys": [
            {
                "file": one.source.path,
                "samples": len(one.levelled.survey.points),
                "elements": len(one.levelled.survey.elements),
                "mapped": list(one.fields),
                "anomalies": len(one.register),
            }
            for one in made.surveys
        ],
        "refused": made.refused,
        "findings": [f.as_json() for f in made.findings],
    }


def _show(made: Any) -> None:
    """What was made, on the terminal."""
    voice = cli_voice()
    voice.findings(tuple(f for f in made.findings if f.severity != "info"))
    for one in made.surveys:
        samples, elements = len(one.levelled.survey.points), len(one.levelled.survey.elements)
        mapped, anomalies = len(one.fields), len(one.register)
        voice.say(
            f"{one.source.path}: {samples} 样, {elements} 元素, 成图 {mapped}, 异常 {anomalies}",
            f"{one.source.path}: {samples} samples, {elements} elements, {mapped} mapped, "
            f"{anomalies} anomalies",
        )
        if one.source.maps is None:
            voice.say(
                f"{one.source.path}: 未成图;在成矿带配置里写 maps(docs/geochemistry.md)",
                f"{one.source.path}: not mapped; write a maps block (docs/geochemistry.md)",
            )
    for file, reason in made.refused.items():
        voice.say(f"{file}: 拒收 - {reason}", f"{file}: refused - {reason}")
    if made.surveys:
        page = made.folder / "page.html"
        voice.say(f"页面: {page}", f"page: {page}")
