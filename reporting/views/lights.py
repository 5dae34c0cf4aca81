"""Lights, durations and exit codes in words."""

from __future__ import annotations

from reporting.facts.operations import Digest
from reporting.rounding import printed
from reporting.units import Text

CODES = {
    0: Text("正常", "done"),
    1: Text("意外错误，看日志", "unexpected failure; read the log"),
    2: Text("用法或配置有误", "wrong option or configuration"),
    3: Text(
        "数据被拒收或暂缓，或台账有问题", "data refused or held back, or the ledger has a problem"
    ),
    4: Text("有数字待人批准", "figures wait for an approval"),
    5: Text("工作区被另一运行占用", "another run holds the workspace"),
    6: Text("台账、文件或环境有问题", "ledger, files or environment"),
    130: Text("被中断，重新运行即可", "interrupted; run it again"),
}
"""Exit code -> its meaning (docs/operations.md)."""


def code_text(digest: Digest) -> Text:
    """What the night's exit code means; where it stops nothing and yet something waits, that."""
    assert digest.code is not None  # the caller asked
    if digest.code == 0 and digest.light != "green":
        return Text("无阻断，有待办", "nothing that stops; something to do")
    return CODES[digest.code]


def took(seconds: float | None) -> Text:
    """A duration: seconds below two minutes, then minutes, then hours and minutes."""
    if seconds is None:
        return Text("—", "—")
    if seconds < 120:
        return Text(f"{printed(seconds, 0)} 秒", f"{printed(seconds, 0)} s")
    minutes = round(seconds / 60)
    if minutes < 120:
        return Text(f"{minutes} 分", f"{minutes} min")
    return Text(f"{minutes // 60} 小时 {minutes % 60} 分", f"{minutes // 60} h {minutes % 60} min")
