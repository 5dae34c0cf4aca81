"""The split of a change by its causes on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from estimation.plan import CLASSES
from flows.attribute import Attributed
from flows.show import CLASS_WORDS, Voice
from reporting.units import symbol
from tracking.movement.attribution import FACTOR_NAMES, Attribution, Step
from tracking.movement.quantities import ORE, Quantities

KG_PER_T = 1000.0


def show_attribution(voice: Voice, found: Attributed) -> None:
    """Print the steps: the main element by class, then ore and every element, classes added."""
    main = found.closing.result.statement.main_element
    elements = dict.fromkeys(
        [*found.opening.result.statement.elements, *found.closing.result.statement.elements]
    )
    dates = " → ".join(str(end.result.vintage) for end in (found.opening, found.closing))
    title = voice.word(
        f"{found.deposit_id} {dates}：{symbol(main)} 金属量变动 t",
        f"{found.deposit_id} {dates}: change of {symbol(main)} metal, t",
    )
    table = _table(voice, title, [voice.word(*CLASS_WORDS[name]) for name in CLASSES], found)
    lines = []
    for step in found.found.steps:
        amounts = [step.kg[main, name] for name in CLASSES]
        lines.append([*amounts, sum(amounts), *_beside(step, found, main)])
    _add_rows(voice, table, found.found.steps, lines)
    voice.out.print(table)
    names = [ORE, *elements]
    every = Table(title=voice.word("各类合计变动 t", "Change, classes added, t"))
    every.add_column(voice.word("因素", "Factor"))
    for name in names:
        header = voice.word("矿石", "Ore") if name == ORE else symbol(name)
        every.add_column(header, justify="right")
    lines = [[_total(step.kg, name) for name in names] for step in found.found.steps]
    _add_rows(voice, every, found.found.steps, lines)
    voice.out.print(every)
    for step in found.found.steps:
        if step.remark_zh:
            zh, en = FACTOR_NAMES[step.factor]
            voice.say(f"{zh}: {step.remark_zh}", f"{en}: {step.remark_en}")
    voice.say(
        f"次序: {'、'.join(found.found.order)};另一次序分摊不同。重算瓦片 {found.tiles_computed},"
        f"沿用 {found.tiles_reused}",
        f"order: {', '.join(found.found.order)}; another order gives other shares. Tiles kriged "
        f"{found.tiles_computed}, reused {found.tiles_reused}",
    )


def _table(voice: Voice, title: str, classes: list[str], found: Attributed) -> Table:
    table = Table(title=title)
    table.add_column(voice.word("因素", "Factor"))
    for name in (*classes, voice.word("合计", "Total")):
        table.add_column(name, justify="right")
    if found.reverse is not None:
        table.add_column(voice.word("逆序合计", "Total, reverse order"), justify="right")
    return table


def _add_rows(
    voice: Voice, table: Table, steps: Sequence[Step], lines: Sequence[Sequence[int]]
) -> None:
    """One row for each step, kilograms as tonnes in its column's own decimals."""
    columns = [_tonnes(column) for column in zip(*lines, strict=True)]
    for n, step in enumerate(steps):
        table.add_row(_words(voice, step), *(column[n] for column in columns))


def _beside(step: Step, found: Attributed, main: str) -> list[int]:
    """The same factor's total in the reverse order, where that was walked."""
    if found.reverse is None:
        return []
    return [_total(_of(found.reverse, step.factor), main)]


def _of(found: Attribution, factor: str) -> Quantities:
    """A factor's step in another order; nothing where it went along with one."""
    steps = [step.kg for step in found.steps if step.factor == factor]
    return steps[0] if steps else Quantities()


def _words(voice: Voice, step: Step) -> str:
    names = [voice.word(*FACTOR_NAMES[name]) for name in (step.factor, *step.also)]
    return " + ".join(names)


def _total(kg: Quantities, name: str) -> int:
    return sum(kg[name, class_name] for class_name in CLASSES)


def _tonnes(column_kg: Sequence[int]) -> list[str]:
    """One column in tonnes: with the kilograms unless it holds a kilotonne; nothing as a dash."""
    largest = max(map(abs, column_kg), default=0)
    decimals = 0 if largest >= 1000 * KG_PER_T else 3
    return [f"{kg / KG_PER_T:+,.{decimals}f}" if kg else "—" for kg in column_kg]
