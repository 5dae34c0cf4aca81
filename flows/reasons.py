"""Why something was held back or refused: file, what is wrong and its code, in both languages."""

from __future__ import annotations

import re
from typing import Any

from estimation.belts import Belt, Deposit
from estimation.errors import EstimationError
from estimation.models.store import StoreBusyError
from geo.config import ConfigError
from geo.findings import DataError, Finding
from geo.rules import blocks
from reporting.units import Text

ABSENT = "BN-TAB-001"
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
NO_HOLES = Text("没有可用的钻孔", "no usable drill-holes")


def reason_of(found: Finding, folder: str | None = None, *, names_file: bool = True) -> Text:
    """A finding as a reason.

    Parameters
    ----------
    found
        What holds something back.
    folder
        The configured folder of its file; an absent file is named with it.
    names_file
        Off where the reason stands beside the file's own name.
    """
    name = found.file
    if found.code == ABSENT and folder is not None:
        name, names_file = f"{folder.rstrip('/')}/{name}", True
    zh, en = _one_language(found.message_zh, zh=True), _one_language(found.message_en, zh=False)
    head_zh, head_en = (f"{name}：", f"{name}: ") if names_file else ("", "")
    return Text(f"{head_zh}{zh}（{found.code}）", f"{head_en}{en} ({found.code})")


def reason_of_trouble(trouble: Exception) -> Text:
    """What stopped a belt or deposit, as a reason; of findings the first that blocks its table."""
    if isinstance(trouble, DataError) and trouble.findings:
        return reason_of(next(filter(blocks, trouble.findings), trouble.findings[0]))
    en, _, zh = str(trouble).partition(" / ")
    if isinstance(trouble, StoreBusyError) and zh:
        return Text(zh, en)
    return Text(str(trouble), str(trouble))


def reason_of_failure(trouble: Exception) -> Text:
    """Any failure as a reason; of one that nobody foresaw its kind stands first."""
    if isinstance(trouble, (DataError, ConfigError, EstimationError)):
        return reason_of_trouble(trouble)
    said = f"{type(trouble).__name__}: {trouble}".removesuffix(": ")
    return Text(said, said)


def reason_of_json(kept: str | dict[str, Any]) -> Text:
    """A reason as it was kept; plain words of older files stand in both languages."""
    return Text(kept, kept) if isinstance(kept, str) else Text(kept["zh"], kept["en"])


def folder_in_deposit(deposit: Deposit, file: str) -> str:
    """The configured folder of one of a deposit's files."""
    beside = {mined.path: mined.root for mined in deposit.mined}
    if deposit.licence is not None and deposit.licence.path is not None:
        beside[deposit.licence.path] = deposit.licence.root
    return str(beside.get(file, deposit.drillholes.root))


def folder_in_belt(belt: Belt, file: str) -> str | None:
    """The configured folder of one of a belt's surveys, rasters or lines; None of no such file."""
    pairs = [(source.path, source.root) for source in belt.geochemistry]
    pairs += [(raster.path, raster.root) for raster in belt.rasters]
    pairs += [(line.path, line.root) for line in belt.lines]
    return next((str(root) for path, root in pairs if path == file), None)


def _one_language(message: str, *, zh: bool) -> str:
    """A message whose detail is said twice (``words / 词``), in one language."""
    head, mark, detail = message.partition("：" if zh else ": ")
    first, slash, second = detail.partition(" / ")
    if not slash or not _CHINESE.search(second) or _CHINESE.search(first):
        return message
    return f"{head}{mark}{second if zh else first}"
