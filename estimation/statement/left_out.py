"""What a statement leaves out because its files or samples can't be used: said, never silent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from estimation.domains.volumes import LoadedVolumes, volumes_of

if TYPE_CHECKING:
    from estimation.deposit import DepositData
    from estimation.engine.krige import Problem


@dataclass(frozen=True)
class LeftOut:
    """Ground or samples that the figures do not rest on, in both languages."""

    domain: str
    """Domain of a volume that can't be used; empty where samples are left out."""
    zh: str
    en: str

    @property
    def words(self) -> str:
        """Both languages in one line."""
        return f"{self.zh} / {self.en}"


def volumes_left_out(data: DepositData) -> tuple[LeftOut, ...]:
    """Volumes of the plan whose ground is in no figure, and why.

    Raises
    ------
    DataError
        None of the volumes can be used.
    """
    loaded = volumes_of(data)
    if loaded is None:
        return ()
    return tuple(
        _volume_left_out(data, loaded, number)
        for number, volume in enumerate(data.plan.domains.volumes)
        if volume not in loaded.volumes
    )


def _volume_left_out(data: DepositData, loaded: LoadedVolumes, number: int) -> LeftOut:
    """One volume: whether its domain is missing from the statement as a whole or in part."""
    volume = data.plan.domains.volumes[number]
    name, file = volume.domain, volume.file.path
    why = [f for f in loaded.findings if f.file == file and f.severity == "error"]
    zh = "；".join(dict.fromkeys(f"{f.message_zh}（{f.code}）" for f in why))
    en = "; ".join(dict.fromkeys(f"{f.message_en} ({f.code})" for f in why))
    if name in loaded.domains or name in data.plan.domains.codes:
        return LeftOut(
            name,
            f"矿化域 {name} 缺少 {file} 内的部分，未计入资源量：{zh}",
            f"domain {name} lacks the ground of {file}, which no figure counts: {en}",
        )
    return LeftOut(
        name,
        f"矿化域 {name} 未计入资源量：{file} 不能使用：{zh}",
        f"domain {name} is missing from this statement: {file} can't be used: {en}",
    )


def samples_left_out(problem: Problem) -> tuple[LeftOut, ...]:
    """Elements that follow a raster and lost samples where it has no value."""
    return tuple(
        LeftOut(
            "",
            f"{element}：{count} 个样品处外部漂移栅格无值，未参与估算",
            f"{element}: {count} samples without a value of the drift raster were not used",
        )
        for element, count in problem.samples_without_drift().items()
        if count
    )


def as_extras(left_out: tuple[LeftOut, ...]) -> list[dict[str, Any]]:
    """As a result keeps them under ``left_out``; empty where nothing was left out."""
    return [vars(one).copy() for one in left_out]
