"""The split of a change by its causes on a terminal."""

from __future__ import annotations

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
    for step in found.found.steps:
        amounts = [step.kg[main, name] for name in CLASSES]
        cells = [*amounts, sum(amounts)]
        table.add_row(_words(voice, step), *map(_tonnes, cells), *_beside(step, found, main))
    voice.out.print(table)
    names = [ORE, *elements]
    every = Table(title=voice.word("各类合计变动 t", "Change, classes added, t"))
    every.add_column(voice.word("因素", "Factor"))
    for name in names:
        header = voice.word("矿石", "Ore") if name == ORE else symbol(name)
        every.add_column(header, justify="right")
    for step in found.found.steps:
        every.add_row(_words(voice, step), *(_tonnes(_total(step.kg, name)) for name in names))
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


def _beside(step: Step, found: Attributed, main: str) -> list[str]:
    """The same factor's total in the reverse order, where that was walked."""
    if found.reverse is None:
        return []
    return [_tonnes(_total(_of(found.reverse, step.factor), main))]


def _of(found: Attribution, factor: str) -> Quantities:
    """A factor's step in another order; nothing where it went along with one."""
    steps = [step.kg for step in found.steps if step.factor == factor]
    return steps[0] if steps else Quantities()


def _words(voice: Voice, step: Step) -> str:
    names = [voice.word(*FACTOR_NAMES[name]) for name in (step.factor, *step.also)]
    return " + ".join(names)


def _total(kg: Quantities, name: str) -> int:
    return sum(kg[name, class_name] for class_name in CLASSES)


def _tonnes(amount_kg: int) -> str:
    """Tonnes; small amounts with the kilograms, nothing as a dash."""
    if not amount_kg:
        return "—"
    decimals = 0 if abs(amount_kg) >= 1000 * KG_PER_T else 3
    return f"{amount_kg / KG_PER_T:+,.{decimals}f}"
