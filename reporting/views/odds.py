"""Probabilities in print, and the words that stand beside every probability and interval."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from reporting.rounding import BLANK, is_number, printed
from reporting.tables import Cell, number
from reporting.units import Text, Unit

TOGETHER = Text(
    "P10–P90 由条件模拟得出，多个矿床按误差同向相加（此点偏宽）。",
    "P10–P90 by conditional simulation; several deposits are added as if all off the same way (in "
    "this too wide).",
)
HELD_FIXED = Text(
    "只计估算误差：变异函数、矿化域、类别、体重、基数与计划均取定值，其误差不计，"
    "真实的不确定性更大（此点偏窄）。",
    "The estimates' error alone: variogram, domains, classes, densities, baseline and plans are "
    "held fixed, their errors left out: the true doubt is larger (in this too narrow).",
)
FRINGE = Text(
    "方法的已知局限：在合成矿床的检验中，含推断资源量的合计区间从未含真值"
    "（外缘的估算偏高，模拟亦然），故概率再高也不是把握。",
    "Known limit of the method: in the test on synthetic deposits the interval of a total with "
    "Inferred never held the truth (the estimate is too high at the fringe, the simulation too): "
    "a high probability is no assurance.",
)
"""As measured in docs/uncertainty.md."""
COUNTED = Text("其中计入推断资源量。", "Inferred is counted.")


SEE_LIMITS = Text(
    "其局限见表上方的说明。", "For what it leaves out see the words above the tables."
)


def limits_text(*, inferred: bool) -> Text:
    """What an interval or a probability is and what it doesn't know: one text for all places.

    ``inferred``: whether that class is counted.
    """
    parts = (TOGETHER, HELD_FIXED, *([COUNTED, FRINGE] if inferred else []))
    return Text("".join(part.zh for part in parts), " ".join(part.en for part in parts))


def odds(share: float | None, decimals: int = 0) -> str:
    """A probability (0-1) in percent without its sign, never certain: ``> 99``, ``< 1``.

    With ``decimals`` 1 the ends are ``> 99.9`` and ``< 0.1``.
    """
    if share is None or not is_number(share):
        return BLANK
    text = printed(share, decimals, scale="100")
    step = 10.0**-decimals
    if text == printed(100, decimals):
        return f"> {printed(100 - step, decimals)}"
    return f"< {printed(step, decimals)}" if text == printed(0, decimals) else text


def odds_cell(share: float | None, **about: Any) -> Cell:
    """A probability's cell, percent; ``about`` as for :func:`reporting.tables.number`."""
    cell = number(share, Unit("%", "100", 0), **about)
    return replace(cell, text=Text(odds(share), odds(share)))


def odds_range(*shares: float) -> Text:
    """Probabilities as one range with its sign: ``62 – 71 %``, ``97 % to > 99 %``."""
    ends = list(dict.fromkeys(odds(share) for share in sorted(shares)))
    if len(ends) > 1 and any(end[0] in "<>" for end in ends):
        return Text(
            " 至 ".join(f"{end} %" for end in ends), " to ".join(f"{end} %" for end in ends)
        )
    text = " – ".join(ends) + " %"
    return Text(text, text)
