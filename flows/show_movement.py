"""A deposit's movement on a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.table import Table

from flows.show import CLASS_WORDS, Voice
from reporting.rounding import printed
from reporting.units import TOTAL_TEXT, symbol
from reporting.views.deposit import ROUNDING_NOTE
from reporting.views.growth import movement_units
from reporting.workbook.statutory import MIXED
from tracking.movement.attribution import FACTOR_NAMES
from tracking.movement.by_products import CONTENT
from tracking.movement.change import valued_words
from tracking.movement.growth_types import GROWTH_TYPES, UPGRADE
from tracking.movement.movement import ORE, TOTAL, Movement
from tracking.movement.statutory import MINING_REMARKS

if TYPE_CHECKING:
    from flows.movement import DepositMovement


SHORT = {
    "opening_kg": ("年初保有", "Opening"),
    "mined_kg": ("开采量", "Mined"),
    "lost_kg": ("损失量", "Lost"),
    "explored_kg": ("勘查增减", "Explored"),
    "recalculated_kg": ("重算增减", "Recalc."),
    "sterilized_kg": ("压覆量", "Sterilized"),
    "closing_kg": ("年末保有", "Closing"),
    "cumulative_opening_kg": ("年初累计", "Ident. open"),
    "cumulative_closing_kg": ("年末累计", "Ident. close"),
}
"""Columns on a terminal, in words that fit it; the forms and ``--json`` have all."""
BETWEEN_CLASSES = frozenset({UPGRADE, "class"})
"""Kinds and causes that move metal between classes: nothing in all, so told class by class."""


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
        blank = line.listed_under is not None
        amounts = (getattr(line, name) for name in SHORT)
        cells = ["†" if blank and not kg else _amount(voice, line, kg) for kg in amounts]
        table.add_row(*_head(voice, line), *cells, style="bold" if line.class_name == TOTAL else "")
    said = [*_conversion(voice, one, interval), voice.word(ROUNDING_NOTE.zh, ROUNDING_NOTE.en)]
    said += _marks(voice, one, interval)
    table.caption = "\n".join(said)
    return table


def _conversion(voice: Voice, one: DepositMovement, interval: str) -> list[str]:
    """Which end of an interval has converted classes, and what that means between them."""
    line = next(line for line in one.lines if _interval(line) == interval)
    ends = (line.opening_vintage, line.closing_vintage)
    told = {day: voice.word(*one.converted[day]) for day in ends if day in one.converted}
    said = [f"{day} {voice.word('类别', 'classes')}: {words}" for day, words in told.items()]
    return [*said, voice.word(MIXED.zh, MIXED.en)] if len(told) == 1 else said


def _marks(voice: Voice, one: DepositMovement, interval: str) -> list[str]:
    """What the marks of an interval's by-products mean, and what is not plain of its mining."""
    lines = [line for line in _shown(one) if _interval(line) == interval]
    said = [voice.word(*MINING_REMARKS[m]) for m in MINING_REMARKS if m in _mining(lines)]
    valued = dict.fromkeys(line.valued_in for line in lines if line.valued_in is not None)
    said += [voice.word(*valued_words(number)) for number in valued]
    if any(line.is_content for line in lines):
        said.append(f"§ {voice.word(*CONTENT)}")
    if any(line.listed_under for line in lines):
        said.append(voice.word("† 列入较低类别", "† listed under a lower class"))
    return said


def _mining(lines: Iterable[Movement]) -> frozenset[str]:
    return frozenset(line.mining for line in lines)


def _intervals(one: DepositMovement) -> list[str]:
    """Intervals of a deposit, oldest first."""
    return list(dict.fromkeys(_interval(line) for line in one.lines))


def causes_table(voice: Voice, one: DepositMovement) -> Table:
    """Causes and kinds of growth of the main element, classes added."""
    table = Table(title=_title(voice, one, "原因与类型", "causes and kinds"))
    for zh, en in (("期间", "Interval"), ("分法", "By"), ("名称", "Name")):
        table.add_column(voice.word(zh, en))
    table.add_column(voice.word("增减", "Change"), justify="right")
    table.add_column(voice.word("各类别", "By class"))
    main = _main(one)
    for line in (x for x in one.totals if (x.stock, x.element) == ("reported", main)):
        classes = [x for x in one.lines if _place(x) == _place(line)]
        for by, part, names in (
            (voice.word("因素", "cause"), "bars", FACTOR_NAMES),
            (voice.word("类型", "kind"), "growth", GROWTH_TYPES),
        ):
            every = {**names, "not_separated": GROWTH_TYPES["not_separated"]}
            for name, words in every.items():
                by_class = {x.class_name: getattr(x, part).get(name, 0) for x in classes}
                if any(by_class.values()):
                    change = sum(by_class.values())
                    told = name in BETWEEN_CLASSES or not change
                    inside = _by_class(voice, line, by_class) if told else ""
                    said = _amount(voice, line, change, signed=True)
                    table.add_row(_interval(line), by, voice.word(*words), said, inside)
    return table


def _by_class(voice: Voice, line: Movement, by_class: dict[str, int]) -> str:
    """What moved in each class, for a part that is nothing, or little, over all of them."""
    said = (
        f"{voice.word(*CLASS_WORDS[name])} {_amount(voice, line, kg, signed=True)}"
        for name, kg in by_class.items()
        if kg
    )
    return "\n".join(said)


def _place(line: Movement) -> tuple[str, str, str]:
    """Interval, element and stock: lines of all classes of one total."""
    return _interval(line), line.element, line.stock


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
    item += " §" * line.is_content
    total = voice.word(TOTAL_TEXT.zh, TOTAL_TEXT.en)
    name = total if line.class_name == TOTAL else voice.word(*CLASS_WORDS[line.class_name])
    return f"{item} {unit.sign}", name


def _interval(line: Movement) -> str:
    return f"{line.opening_vintage} → {line.closing_vintage}"


def _amount(voice: Voice, line: Movement, kg: int | None, *, signed: bool = False) -> str:
    """Kilograms in the unit that the line is printed in; a dash where they are unknown."""
    unit = movement_units(line.element)["zh" if voice.zh else "en"]
    return printed(kg, unit.decimals, scale=unit.scale, signed=signed)
