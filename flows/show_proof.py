"""What ``verify`` found, for a terminal, and what to do about it."""

from __future__ import annotations

import re
from typing import Any

from flows.show import Voice

NEXT = {
    "ledger": (
        "由备份恢复台账，再核验: bornite verify{more}",
        "restore the ledger from a backup, then: bornite verify{more}",
    ),
    "sums": (
        "所列条目不要采用；查其来源: bornite trace {deposit}{more}",
        "don't use the entries named; see what they rest on: bornite trace {deposit}{more}",
    ),
    "results": (
        "由备份恢复所列文件，或重新估算: bornite estimate {deposit}{more}",
        "restore what is named, or estimate it again: bornite estimate {deposit}{more}",
    ),
    "forms": (
        "将原登记表由备份放回 vault，再核验: bornite verify{more}",
        "put the forms back into the vault from a backup, then: bornite verify{more}",
    ),
    "vault": (
        "由备份恢复所列原件，再核验: bornite verify{more}",
        "restore the originals named from a backup, then: bornite verify{more}",
    ),
    "models": (
        "由备份恢复模型，或移走受损的模型后重新估算: bornite estimate {deposit}{more}",
        "restore the models, or move them away and: bornite estimate {deposit}{more}",
    ),
    "tiles": (
        "数据、方案或程序已变，重新估算: bornite estimate {deposit}{more}",
        "data, plan or program changed since: bornite estimate {deposit}{more}",
    ),
    "rederived": (
        "查看该数字的依据: bornite trace {deposit}{more}",
        "see what the figure rests on: bornite trace {deposit}{more}",
    ),
}
"""What to do next by kind of problem; the first kind that has one comes first."""

_DEPOSIT = re.compile(r"(?:entry \d+ \(|vault \w+ \()?(?P<deposit>[\w:-]+) ")


def show_proof(voice: Voice, found: dict[str, Any], problems: list[str], more: str) -> None:
    """What was proved, what does not stand, and what to do next."""
    for words in (*problems, *found["notes"]):
        voice.out.print(words, markup=False)
    entries, proved = found["head"]["number"], found["tiles_proved"]
    voice.say(
        f"台账 {entries} 条, 读瓦片 {found['tiles_read']} 个、文件 {found['files_read']} 个, "
        f"重算 {proved} 瓦片, 问题 {len(problems)} 个",
        f"{entries} ledger entries, {found['tiles_read']} tiles and {found['files_read']} files "
        f"read, {proved} tiles computed anew, {len(problems)} problems",
    )
    zh, en = next_step(found, more)
    voice.say(f"下一步: {zh}", f"next: {en}")


def next_step(found: dict[str, Any], more: str) -> tuple[str, str]:
    """What to do next, in Chinese and English: about the first kind of problem, or the report."""
    part = next((name for name in NEXT if found[name]), None)
    if part is None:
        return f"bornite report{more}", f"bornite report{more}"
    named = _DEPOSIT.match(found[part][0])
    deposit = named["deposit"] if named else "DEPOSIT"
    zh, en = (words.format(deposit=deposit, more=more) for words in NEXT[part])
    return zh, en
