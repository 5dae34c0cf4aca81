"""Reasons of a proposed plan, each by the path of the choice that it stands for."""

from __future__ import annotations

from dataclasses import dataclass, field

from estimation.studies import Words


@dataclass
class Reasons:
    """Reasons by path (``elements.cu_pct.search``), and remarks on what was not proposed."""

    by_path: dict[str, Words] = field(default_factory=dict)
    remarks: list[Words] = field(default_factory=list)

    def because(self, path: str, zh: str, en: str) -> None:
        """Give a choice its reason; a second reason is added to the first."""
        before = self.by_path.get(path)
        if before is not None:
            zh, en = f"{before.zh}；{zh}", f"{before.en}; {en}"
        self.by_path[path] = Words(zh, en)

    def remark(self, zh: str, en: str) -> None:
        """Say what a reviewer should know beside the choices."""
        self.remarks.append(Words(zh, en))

    def forget_one(self, path: str) -> None:
        """Drop the reason of one path, if it has one."""
        self.by_path.pop(path, None)

    def forget(self, path: str) -> None:
        """Drop the reasons of a choice, and of all below it, that is no longer in the plan."""
        gone = [p for p in self.by_path if p == path or p.startswith(f"{path}.")]
        for name in gone:
            del self.by_path[name]


def two_languages(error: Exception) -> Words:
    """An error's words: what stands after `` / `` is Chinese."""
    en, _, zh = str(error).rpartition(" / ")
    return Words(zh, en) if en else Words(str(error), str(error))
