"""Two results side by side on a terminal."""

from __future__ import annotations

from rich.table import Table

from estimation.differences import Change, Differences
from flows.show import CLASS_WORDS, Voice

LONGEST = 60
"""Signs of a value shown; ``--json`` has all."""


def show_differences(voice: Voice, found: Differences) -> None:
    """Print what differs, or that nothing does."""
    voice.say(f"之前 {found.before}", f"before {found.before}")
    voice.say(f"之后 {found.after}", f"after  {found.after}")
    parts = (
        (voice.word("数据文件", "Data files"), found.data),
        (voice.word("方案", "Plan"), found.plan),
        (voice.word("程序", "Code"), found.code),
        (voice.word("检验结论", "Verdicts"), found.checks),
    )
    for title, changes in parts:
        if changes:
            voice.out.print(_changes(voice, title, changes))
    moved = [figure for figure in found.figures if figure.change_t != 0]
    if moved:
        table = Table(title=voice.word("数字", "Figures"))
        for zh, en in (("类别", "Class"), ("量", "Quantity")):
            table.add_column(voice.word(zh, en))
        for zh, en in (("之前 t", "Before t"), ("之后 t", "After t"), ("变化 t", "Change t")):
            table.add_column(voice.word(zh, en), justify="right")
        table.add_column("%", justify="right")
        for figure in moved:
            share = figure.change_share
            table.add_row(
                voice.word(*CLASS_WORDS[figure.class_name]),
                figure.quantity,
                f"{figure.before_t:,.0f}",
                f"{figure.after_t:,.0f}",
                f"{figure.change_t:+,.0f}",
                "—" if share is None else f"{100 * share:+.2f}",
            )
        voice.out.print(table)
    if not moved and not any(changes for _, changes in parts):
        voice.say("两次结果相同", "the two results are the same")


def _changes(voice: Voice, title: str, changes: tuple[Change, ...]) -> Table:
    """A table of changed things."""
    table = Table(title=title)
    table.add_column(voice.word("项", "What"))
    table.add_column(voice.word("之前", "Before"))
    table.add_column(voice.word("之后", "After"))
    for change in changes:
        table.add_row(change.what, _short(change.before), _short(change.after))
    return table


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
