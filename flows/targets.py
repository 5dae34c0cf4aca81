"""The configured targets: each file by itself, so that a bad one doesn't hold the others back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from geo.config import ConfigError
from reporting.units import Text
from tracking import read_target
from tracking.target.file import Target


@dataclass(frozen=True)
class Targets:
    """Targets that can be measured against, and what is wrong with the other files."""

    usable: tuple[Target, ...]
    refused: tuple[str, ...]
    """Files that can't be used, and why."""
    remarks: tuple[Text, ...]
    """That there is no target at all, where there is none."""


def read_targets(folder: Path) -> Targets:
    """Read every target in a folder; two files of one id are refused, both of them."""
    read: dict[Path, Target] = {}
    refused: list[str] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            read[path] = read_target(path)
        except (ConfigError, OSError) as trouble:
            refused.append(f"targets / 目标: {trouble}")
    by_id: dict[str, list[Path]] = {}
    for path, target in read.items():
        by_id.setdefault(target.id, []).append(path)
    for name, paths in by_id.items():
        if len(paths) > 1:
            files = ", ".join(str(path) for path in paths)
            refused.append(
                f"targets / 目标: id '{name}' stands in {len(paths)} files, none is used; "
                f"give each its own / 同一 id 出现在 {len(paths)} 个文件中，均未采用，请分别命名: "
                f"{files}"
            )
    usable = tuple(read[paths[0]] for paths in by_id.values() if len(paths) == 1)
    return Targets(usable, tuple(refused), () if usable or refused else (_none(folder),))


def _none(folder: Path) -> Text:
    """What is said where there is nothing to measure against."""
    if not folder.is_dir():
        return Text(
            f"没有目标文件夹 {folder}，不对照目标",
            f"no folder of targets {folder}: growth is measured against none",
        )
    return Text(
        f"{folder} 中没有目标文件（*.yaml），不对照目标",
        f"no target file (*.yaml) in {folder}: growth is measured against none",
    )
