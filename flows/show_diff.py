"""Two results side by side on a terminal."""

from __future__ import annotations

from rich.table import Table

from estimation.differences import Change, Differences, FigureChange
from flows.show import CLASS_WORDS, Voice
from reporting.units import KILOGRAMS, metal_display, symbol

LARGE_T = 1000.0
"""Tonnes from which whole tonnes do."""
LONGEST = 60
"""Signs of a value shown; ``--json`` has all."""


def show_differences(voice: Voice, found: Differences) -> None:
    """Print what differs, or that nothing does."""
    voice.say(f"之前 {found.before}", f"before {found.before}")
    voice.say(f"之后 {found.after}", f"after  {found.after}")
    parts = (
        (voice.word("数据", "Data"), found.data),
        (voice.word("方案", "Plan"), found.plan),
        (voice.word("程序", "Code"), found.code),
    )
    for title, changes in parts:
        if changes:
            voice.out.print(_changes(voice, title, changes))
        else:
            voice.say(f"{title}: 相同", f"{title}: the same")
    if found.checks:
        voice.out.print(_changes(voice, voice.word("检验结论", "Verdicts"), found.checks))
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
                _quantity(voice, figure.quantity),
                _tonnes(figure.before_t, _decimals(figure)),
                _tonnes(figure.after_t, _decimals(figure)),
                _tonnes(figure.change_t, _decimals(figure), sign="+"),
                "—" if share is None else f"{100 * share:+.2f}",
            )
        voice.out.print(table)
    if not moved and not found.checks and not any(changes for _, changes in parts):
        voice.say("两次结果相同", "the two results are the same")


def _quantity(voice: Voice, name: str) -> str:
    """``ore`` or an element's column as readers say it: ``Re 金属量`` / ``Re metal``."""
    if name == "ore":
        return voice.word("矿石量", "Ore")
    return voice.word(f"{symbol(name)} 金属量", f"{symbol(name)} metal")


def _decimals(figure: FigureChange) -> int:
    """Decimals of tonnes that still show a change of a small quantity."""
    if figure.quantity != "ore" and metal_display(figure.quantity) is KILOGRAMS:
        return 3  # the trade prints these in kg
    size = max(abs(figure.before_t or 0.0), abs(figure.after_t or 0.0))
    return 0 if size >= LARGE_T else 2


def _tonnes(amount_t: float | None, decimals: int, sign: str = "") -> str:
    """A quantity; an em dash where it is not stated."""
    return "—" if amount_t is None else f"{amount_t:{sign},.{decimals}f}"


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
