"""The command ``shell``."""

from __future__ import annotations

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
    print_json,
)
from flows.cli_options import voice as cli_voice


def shell(
    deposit: DepositArgument,
    element: Annotated[str, typer.Option("--element", help="元素列 / Element: cu_pct.")],
    cutoff: Annotated[float, typer.Option("--cutoff", help="边界品位 / Grade it encloses.")],
    write: Annotated[
        Path | None,
        typer.Option("--write", help="写入 .obj 或 .dxf / Write it to FILE.obj or FILE.dxf."),
    ] = None,
    configs: ConfigsOption = CONFIGS,
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """由品位提出矿化壳（供人审核） / Propose a grade shell, for a person to judge."""
    from flows.runtime import Workspace
    from flows.shell import make_shell

    places = (Path(configs), Workspace(Path(workspace)))
    made = make_shell(deposit, element, cutoff, places, write)
    one, path = made.shell, made.path
    if as_json:
        names = ("share", "threshold", "volume_m3", "pieces", "dropped", "composites", "holes")
        figures = {name: getattr(one, name) for name in names}
        file = None if path is None else str(path)
        print_json({"element": element, "cutoff": cutoff, **figures, "file": file})
        return
    voice = cli_voice()
    voice.say(
        f"{element} ≥ {cutoff:g}: 去丛聚占比 {one.share:.3f}, 阈值 {one.threshold:.3f}, 体积 "
        f"{one.volume_m3:,.0f} m3, {one.pieces} 块（舍去 {one.dropped} 块）, "
        f"{one.composites} 个组合样, {one.holes} 孔",
        f"{element} >= {cutoff:g}: declustered share {one.share:.3f}, threshold "
        f"{one.threshold:.3f}, {one.volume_m3:,.0f} m3 in {one.pieces} pieces ({one.dropped} "
        f"dropped), from {one.composites} composites of {one.holes} holes",
    )
    if path is None:
        voice.say("加 --write 文件.obj 写出", "add --write FILE.obj to keep it")
        return
    voice.say(
        f"已写入 {path}；审核后在方案 domains.volumes 中引用（side: inside）",
        f"written to {path}; once judged, name it under domains.volumes of the plan (side: inside)",
    )
