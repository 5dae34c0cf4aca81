"""The table of ``bornite retained`` on a terminal."""

from __future__ import annotations

from rich.table import Table

from estimation.plan import CLASSES
from flows.retained import RetainedAnswer
from flows.show import CLASS_WORDS, Voice
from reporting.rounding import printed
from reporting.units import symbol
from tracking.mining.retained import Retained
from tracking.movement.by_products import CONTENT
from tracking.movement.quantities import ORE, Quantities

MOST_ELEMENTS = 5
"""Columns of elements; ``--json`` has all."""


def retained_table(voice: Voice, found: RetainedAnswer) -> Table:
    """Opening, every volume and record, and what is left, class by class; classes not added."""
    made = found.retained
    names = _shown(made)
    title = voice.word("保有资源量(内部估算)", "Retained resource (internal estimate)")
    table = Table(title=f"{made.figure.deposit_id}  {title}  {made.as_of}")
    table.add_column(voice.word("项", "Item"))
    table.add_column(voice.word("类别", "Class"))
    table.add_column(voice.word("矿石 kt", "Ore kt"), justify="right")
    for name in names:
        mark = " §" * (name in made.content) + " ¶" * (name in made.before_mining)
        table.add_column(f"{symbol(name)} t{mark}", justify="right")
    opening = voice.word(f"估算 {made.figure.vintage}", f"Estimate {made.figure.vintage}")
    _rows(voice, table, opening, (made.opening_kg, names, 1))
    for one in made.taken:
        what = (
            voice.word(f"采空区 {one.name}", f"Mined volume {one.name}")
            if one.source == "volume"
            else voice.word(f"开采记录 {one.name}", f"Mining record {one.name}")
        )
        _rows(voice, table, what, (one.kg, names, -1))
        _rows(voice, table, voice.word("  其中损失", "  of it lost"), (one.lost_kg, names, -1))
    _rows(voice, table, voice.word("保有", "Retained"), (made.retained_kg, names, 1))
    cutoff = made.figure.content["reporting_cutoff"]
    said = [
        voice.word(
            f"边界品位 {cutoff:g};三类分列,不含储量",
            f"cut-off {cutoff:g}; classes apart, no reserves",
        )
    ]
    if made.content:
        said.append(f"§ {voice.word(*CONTENT)}")
    if made.before_mining:
        words = ("未载于开采记录，为开采前的数", "not in the record: as before this mining")
        said.append(f"¶ {voice.word(*words)}")
    table.caption = "\n".join(said)
    return table


def _shown(made: Retained) -> list[str]:
    """Elements of the figure, the main one first."""
    main = made.figure.content["main_element"]
    names = made.figure.content["elements"]
    return [main, *(name for name in names if name != main)][:MOST_ELEMENTS]


def _rows(voice: Voice, table: Table, what: str, of: tuple[Quantities, list[str], int]) -> None:
    """One line for each class with anything in it; ``of``: kilograms, elements, sign."""
    amounts, names, sign = of
    for class_name in CLASSES:
        own = [amounts[name, class_name] for name in (ORE, *names)]
        if not any(own):
            continue
        cells = [printed(sign * own[0], 1, scale="1e-6", signed=sign < 0)]
        cells += [
            printed(sign * n, 1, scale="1e-3", signed=sign < 0) if n else "—" for n in own[1:]
        ]
        table.add_row(what, voice.word(*CLASS_WORDS[class_name]), *cells)
        what = ""
