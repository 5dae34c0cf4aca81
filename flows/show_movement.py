"""A deposit's movement on a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.table import Table

from flows.show import CLASS_WORDS, Voice
from reporting.rounding import printed
from reporting.units import TOTAL_TEXT, symbol
from reporting.view_growth import movement_units
from tracking.movement.attribution import FACTOR_NAMES
from tracking.movement.growth_types import GROWTH_TYPES
from tracking.movement.movement import ORE, TOTAL, Movement

if TYPE_CHECKING:
    from flows.movement import DepositMovement


SHORT = {
    "opening_kg": ("年初保有", "Opening"),
    "mined_kg": ("开采量", "Mined"),
    "lost_kg": ("损失量", "Lost"),
    "explored_kg": ("勘查增减", "Explored"),
    "recalculated_kg": ("重算增减", "Recalc."),
    "sterilized_kg": ("压覆", "Overlain"),
    "closing_kg": ("年末保有", "Closing"),
    "cumulative_closing_kg": ("累计查明", "Identified"),
}
"""Columns on a terminal, in words that fit it; the forms and ``--json`` have all."""


def columns_tables(voice: Voice, one: DepositMovement) -> list[Table]:
    """The statutory columns by interval: the main element by class, then every total."""
    return [_columns_table(voice, one, interval) for interval in _intervals(one)]


def _columns_table(voice: Voice, one: DepositMovement, interval: str) -> Table:
    """One interval."""
    table = Table(title=f"{_title(voice, one, '变动', 'movement')} {interval}")
    for zh, en in (("项目", "Item"), ("类别", "Class")):
        table.add_column(voice.word(zh, en), overflow="fold")
    for zh, en in SHORT.values():
        table.add_column(voice.word(zh, en), justify="right", overflow="fold")
    for line in (line for line in _shown(one) if _interval(line) == interval):
        cells = [_amount(voice, line, getattr(line, name)) for name in SHORT]
        table.add_row(*_head(voice, line), *cells, style="bold" if line.class_name == TOTAL else "")
    return table


def _intervals(one: DepositMovement) -> list[str]:
    """Intervals of a deposit, oldest first."""
    return list(dict.fromkeys(_interval(line) for line in one.lines))


def causes_table(voice: Voice, one: DepositMovement) -> Table:
    """Causes and kinds of growth of the main element, classes added."""
    table = Table(title=_title(voice, one, "原因与类型", "causes and kinds"))
    for zh, en in (("期间", "Interval"), ("分法", "By"), ("名称", "Name")):
        table.add_column(voice.word(zh, en))
    table.add_column(voice.word("增减", "Change"), justify="right")
    main = _main(one)
    for line in (x for x in one.totals if (x.stock, x.element) == ("reported", main)):
        for by, parts, names in (
            (voice.word("因素", "cause"), line.bars, FACTOR_NAMES),
            (voice.word("类型", "kind"), line.growth, GROWTH_TYPES),
        ):
            every = {**names, "not_separated": GROWTH_TYPES["not_separated"]}
            for name, words in every.items():
                if parts.get(name):
                    said = _amount(voice, line, parts[name], signed=True)
                    table.add_row(_interval(line), by, voice.word(*words), said)
    return table


def _title(voice: Voice, one: DepositMovement, zh: str, en: str) -> str:
    mark = ("（已备案）", " (filed)") if one.official else ("（内部估算）", " (internal estimate)")
    return voice.word(f"{one.name.zh} {zh}{mark[0]}", f"{one.name.en}: {en}{mark[1]}")


def _main(one: DepositMovement) -> str:
    return str(one.figures[-1].content["main_element"])


def _shown(one: DepositMovement) -> Iterable[Movement]:
    """Reported ore: classes of the main element, then totals of everything."""
    main = _main(one)
    for line in one.lines:
        if line.stock == "reported" and line.element == main:
            yield line
    yield from (line for line in one.totals if line.stock == "reported")


def _head(voice: Voice, line: Movement) -> tuple[str, str]:
    unit = movement_units(line.element)["zh" if voice.zh else "en"]
    item = voice.word("矿石", "ore") if line.element == ORE else symbol(line.element)
    total = voice.word(TOTAL_TEXT.zh, TOTAL_TEXT.en)
    name = total if line.class_name == TOTAL else voice.word(*CLASS_WORDS[line.class_name])
    return f"{item} {unit.sign}", name


def _interval(line: Movement) -> str:
    return f"{line.opening_vintage} → {line.closing_vintage}"


def _amount(voice: Voice, line: Movement, kg: int, *, signed: bool = False) -> str:
    """Kilograms in the unit that the line is printed in."""
    unit = movement_units(line.element)["zh" if voice.zh else "en"]
    return printed(kg, unit.decimals, scale=unit.scale, signed=signed)
