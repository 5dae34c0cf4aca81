"""The command ``export``: a deposit's model, holes or composites for other programs."""

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
    JsonOption,
    WorkspaceOption,
    print_json,
)
from flows.cli_options import voice as cli_voice

FORMAT_WORDS = (
    "omf omf1 csv csv-datamine csv-leapfrog csv-micromine csv-surpac csv-vulcan csv-chinese "
    "csv-gb18030 gslib vtk gpkg geoparquet cog zarr"
)
WHAT_WORDS = "blocks holes composites statement rasters"


def export(
    deposit: DepositArgument,
    form: Annotated[str, typer.Option("--format", help=f"格式 / Format: {FORMAT_WORDS}")],
    what: Annotated[str, typer.Option("--what", help=f"内容 / What: {WHAT_WORDS}")] = "blocks",
    vintage: Annotated[
        str | None, typer.Option("--vintage", help="基准日,缺省最新 / Date; the latest if none.")
    ] = None,
    out: Annotated[str, typer.Option("--out", help="输出文件夹 / Folder.")] = "export",
    configs: ConfigsOption = CONFIGS,
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """导出块体模型、钻孔、组合样等 / Write a model, holes or composites for other programs."""
    from flows.export import FORMATS, WHATS
    from flows.export import export as write_export

    if form not in FORMATS:
        raise typer.BadParameter(f"--format: {', '.join(FORMATS)}")
    if what not in WHATS:
        raise typer.BadParameter(f"--what: {', '.join(WHATS)}")
    made = write_export(
        deposit, form, what, _date(vintage), Path(out), Path(configs), Path(workspace)
    )
    if as_json:
        print_json(
            {
                "files": [str(path) for path in made.files],
                "corner_m": made.corner_m,
                "centroid_m": made.centroid_m,
                "block_m": made.block_m,
                "counts": made.counts,
            }
        )
        return
    voice = cli_voice()
    if made.corner_m and made.centroid_m:
        corner, centre = (" ".join(map(repr, p)) for p in (made.corner_m, made.centroid_m))
        voice.say(
            f"首块角点 (Datamine/Micromine): {corner}\n首块中心 (GSLIB/Leapfrog): {centre}",
            f"corner of the first block (Datamine, Micromine): {corner}\n"
            f"centre of the first block (GSLIB, Leapfrog): {centre}",
        )
    for path in made.files:
        voice.say(f"已写入 {path} 及 .json 说明", f"written: {path} and its .json")


def _date(text: str | None) -> date | None:
    """A vintage as a date."""
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("--vintage: YYYY-MM-DD") from None
