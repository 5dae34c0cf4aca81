"""From opening to closing in signed steps: the waterfall's numbers, which foot or are refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from reporting.rounding import round_half_even
from reporting.units import Text, symbol
from tracking.movement.attribution import FACTOR_NAMES
from tracking.movement.growth_types import GROWTH_TYPES, NOT_SEPARATED
from tracking.movement.movement import Movement

STATUTORY = (
    ("mined_kg", -1, Text("开采量", "Mined")),
    ("lost_kg", -1, Text("损失量", "Lost")),
    ("explored_kg", 1, Text("勘查增减", "Exploration")),
    ("recalculated_kg", 1, Text("重算增减", "Recalculation")),
    ("sterilized_kg", -1, Text("压覆量", "Sterilized")),
)
"""Fields of a movement in the order of the mine ledger, and the sign that they act with."""
STATUTORY_WORDS = {field: text for field, _sign, text in STATUTORY}


@dataclass(frozen=True)
class Bars:
    """A way from opening to closing, whole kilograms.

    Raises
    ------
    ValueError
        The steps don't lead from opening to closing.
    """

    opening_kg: int
    steps: tuple[tuple[str, int], ...]
    """Name and signed amount, in the order in which they are printed."""
    closing_kg: int

    def __post_init__(self) -> None:
        """Let no waterfall stand that leaves something over."""
        if self.residual_kg:
            raise ValueError(f"the bars leave {self.residual_kg} kg over / 各项余差不为零")

    @property
    def residual_kg(self) -> int:
        """Closing less opening and all steps: zero."""
        return self.closing_kg - self.opening_kg - sum(amount for _name, amount in self.steps)


def part_text(name: str) -> Text:
    """Words of a cause or a kind of growth."""
    return Text(*(FACTOR_NAMES.get(name) or GROWTH_TYPES[name]))


def statutory_bars(lines: Iterable[Movement]) -> Bars:
    """The lines' sum in the order of the mine ledger; unknown mining takes nothing here."""
    kept = tuple(lines)
    steps = [
        (field, sign * sum(getattr(line, field) or 0 for line in kept))
        for field, sign, _text in STATUTORY
    ]
    return Bars(_sum(kept, "opening_kg"), tuple(steps), _sum(kept, "closing_kg"))


def cause_bars(lines: Iterable[Movement]) -> Bars:
    """The lines' sum by cause, in the order in which factors are advanced."""
    kept = tuple(lines)
    sums: Counter[str] = Counter()
    for line in kept:
        sums.update(dict(line.bars) or {NOT_SEPARATED: line.closing_kg - line.opening_kg})
    order = [name for name in (*FACTOR_NAMES, NOT_SEPARATED) if name in sums]
    steps = tuple((name, sums[name]) for name in order)
    return Bars(_sum(kept, "opening_kg"), steps, _sum(kept, "closing_kg"))


def _sum(lines: Iterable[Movement], field: str) -> int:
    return sum(getattr(line, field) for line in lines)


def footing_decimals(bars: Bars, scale: str = "1e-6") -> int:
    """Fewest decimals, from one on, at which the printed bars add up to the printed ends.

    ``scale`` leads from kilograms to the printed unit. Every number is rounded by itself; where
    the rounded ones would not foot, all get one decimal more.
    """
    amounts = [bars.opening_kg, *(amount for _name, amount in bars.steps), -bars.closing_kg]
    exact = [Decimal(amount) * Decimal(scale) for amount in amounts]
    finest = -int(Decimal(scale).as_tuple().exponent)
    fits = (n for n in range(1, finest) if not sum(round_half_even(x, n) for x in exact))
    return next(fits, finest)


def waterfall_of(bars: Bars, element: str, words_of: Mapping[str, Text]) -> dict[str, Any]:
    """What the waterfall drawing shows, kt; ``words_of``: what each step is called."""
    return {
        "opening_kt": bars.opening_kg / 1e6,
        "closing_kt": bars.closing_kg / 1e6,
        "steps": [[f"{words_of[n].zh}\n{words_of[n].en}", kg / 1e6] for n, kg in bars.steps],
        "element": f"{symbol(element)} 金属量 / metal",
        "decimals": footing_decimals(bars),
    }


def cause_words(bars: Bars) -> dict[str, Text]:
    """Words of the causes of some bars."""
    return {name: part_text(name) for name, _amount in bars.steps}


def without_nothing(bars: Bars) -> Bars:
    """The same way without the steps that are nothing."""
    steps = tuple((name, amount) for name, amount in bars.steps if amount)
    return Bars(bars.opening_kg, steps, bars.closing_kg)
