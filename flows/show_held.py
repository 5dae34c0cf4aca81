"""Lines on the terminal for what was not used: refused, held back, or lying there unread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flows.show import Voice
from geo.findings import Finding
from reporting.units import Text

UNFINISHED, UNNAMED = "BN-INB-002", "BN-INB-003"


def say_reasons(voice: Voice, reasons: Mapping[str, Text], zh: str, en: str) -> None:
    """One line for each thing not used: its name, what became of it (``zh``, ``en``), and why."""
    for name, reason in reasons.items():
        voice.say(f"{name}: {zh} - {reason.zh}", f"{name}: {en} - {reason.en}")


def say_refused(voice: Voice, refused: Text | None) -> None:
    """One line for a public site that was not published; nothing where it was."""
    if refused is not None:
        voice.say(refused.zh, refused.en)


def say_unread(voice: Voice, belt_id: str, findings: Iterable[Finding]) -> None:
    """One line for files that lie in a belt's folders and were not read, where there are any."""
    found = list(findings)
    partial = [f.file for f in found if f.code == UNFINISHED]
    zh, en = [], []
    for one in (f for f in found if f.code == UNNAMED):
        zh.append(f"{one.message_zh}（{UNNAMED}）")
        en.append(f"{one.message_en} ({UNNAMED})")
    if partial:
        names = ", ".join(partial)
        zh.append(f"{len(partial)} 个文件传输未完成，未读：{names}（{UNFINISHED}）")
        en.append(f"{len(partial)} files in transfer, left alone: {names} ({UNFINISHED})")
    if zh:
        voice.say(f"{belt_id}: {'；'.join(zh)}", f"{belt_id}: {'; '.join(en)}")
