"""The command ``bornite qaqc``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli_options import CONFIGS, ConfigsOption, Exit, JsonOption, print_json
from flows.cli_options import voice as cli_voice
from geo.config import ConfigError

if TYPE_CHECKING:
    from flows.qaqc import Named


def qaqc(
    target: Annotated[str, typer.Argument(help="成矿带、文件夹或文件 / Belt, folder or file.")],
    configs: ConfigsOption = CONFIGS,
    out: Annotated[
        str | None, typer.Option("--out", help="写出网页的文件夹 / Folder for the page.")
    ] = None,
    unit: Annotated[
        list[str] | None,
        typer.Option(
            "--unit", help="未写单位者的单位,如 ppm 或 Cu=ppm / Unit where none is stated."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """质量控制:标样、空白、内检、外检 / Quality control of the assays; exit 3 if a batch fails."""
    from flows.qaqc import qaqc_answer, qaqc_of

    found = qaqc_of(target, configs, _units(unit or []))
    if as_json:
        print_json(qaqc_answer(found))
    else:
        _show(found)
    if out is not None:
        page = _write(found, target, configs, Path(out))
        cli_voice().say(f"网页: {page}", f"page: {page}")
    failed = any(item.reading.failures for item in found)
    raise typer.Exit(Exit.DATA if failed else Exit.OK)


def _units(given: list[str]) -> dict[str, str]:
    """Units from the command line: ``ppm`` for all, ``Cu=ppm`` for one.

    Raises
    ------
    ConfigError
        A unit isn't known.
    """
    from geo.qaqc.limits import mass_fraction

    made = {}
    for text in given:
        element, sign, unit = text.rpartition("=")
        if mass_fraction(unit) is None:
            raise ConfigError(f"--unit {text}: no unit of grade / 不是含量单位 (ppm, ppb, g/t, %)")
        made[element if sign else "*"] = unit
    return made


def _write(found: list[Named], target: str, configs: str, folder: Path) -> Path:
    """Write the page."""
    from datetime import UTC, datetime

    from flows.belts import find_belt
    from reporting.units import Text
    from reporting.working.qaqc import write_qaqc_page

    name = Path(target).name
    synthetic = not Path(target).exists() and find_belt(target, Path(configs))[0].synthetic
    title = Text(f"质量控制：{name}", f"Quality control: {name}")
    parts = [(Text(item.name_zh, item.name_en), item.reading) for item in found]
    return write_qaqc_page(parts, title, datetime.now(UTC), folder, synthetic=synthetic)


def _show(found: list[Named]) -> None:
    """Control samples, pass rates and failed batches, on the terminal."""
    from rich.table import Table

    from geo.qaqc.limits import words

    voice = cli_voice()
    for item in found:
        reading = item.reading
        table = Table(title=voice.word(item.name_zh, item.name_en))
        for zh, en in (("质控样", "Control"), ("个数", "Number"), ("合格率 %", "Pass %")):
            table.add_column(voice.word(zh, en))
        for kind, count in reading.controls.count.items():
            rate = reading.pass_rates.get(kind)
            name = words("names")[kind]
            shown = "—" if rate is None else f"{rate:.1f}"
            table.add_row(voice.word(name["zh"], name["en"]), str(count), shown)
        voice.out.print(table)
        if not any(reading.controls.count.values()):
            voice.say(
                "无质控样：化验质量未经检验", "no control samples: assay quality is unverified"
            )
        voice.findings(tuple(f for f in reading.findings if f.severity != "info"))
