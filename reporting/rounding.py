"""Printed numbers: GB/T 8170 rounding on decimal strings, never on binary floats.

Half goes to the even digit (四舍六入五成双; domain rule: 0.445 -> 0.44, 0.455 -> 0.46,
0.4450001 -> 0.45). A number is rounded once, at the end; totals are summed unrounded first.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Context, Decimal

BLANK = "—"
"""What is printed where nothing was evaluated: blank is not zero."""

INTERVAL_DIGITS = 3
"""Significant figures that an interval's P10, P50 and P90 are shown with at least, everywhere."""

_EXACT = Context(prec=700, rounding=ROUND_HALF_EVEN)
"""Digits enough for any float: nothing is rounded before the end."""


def as_decimal(value: float | int | str | Decimal) -> Decimal:
    """Return ``value`` as the decimal number a reader would write (shortest decimal string)."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, str | int):
        return Decimal(value)
    return Decimal(repr(float(value)))


def round_half_even(value: float | int | str | Decimal, decimals: int) -> Decimal:
    """Round to ``decimals`` places by GB/T 8170-2008 clause 3 (half to the even digit)."""
    return _EXACT.quantize(as_decimal(value), Decimal(1).scaleb(-decimals))


def places_of(value: float | int | Decimal, digits: int, decimals: int) -> int:
    """Decimals that show ``digits`` significant figures of a number; at most ``decimals``.

    Negative where tens or hundreds are rounded: 123456 with three figures has -3.
    """
    exact = as_decimal(value)
    if exact == 0:
        return decimals
    rounded = round_half_even(exact, digits - 1 - exact.adjusted())
    return min(decimals, digits - 1 - rounded.adjusted())


def interval_digits(low: float | Decimal, high: float | Decimal) -> int:
    """Significant figures of an interval's points: :data:`INTERVAL_DIGITS`, or where it is narrow
    as many as show its width in two: 1000.4 to 1003.6 has five."""
    ends = as_decimal(low), as_decimal(high)
    width = abs(_EXACT.subtract(ends[1], ends[0]))
    if width == 0:
        return INTERVAL_DIGITS
    top = max(abs(end) for end in ends)
    return max(INTERVAL_DIGITS, top.adjusted() - width.adjusted() + 2)


def in_interval(value: float, low: float, high: float) -> bool:
    """Whether a value lies within an interval, its ends as they are printed."""
    digits = interval_digits(low, high)
    ends = [round_half_even(end, places_of(end, digits, 99)) for end in (low, high)]
    return ends[0] <= as_decimal(value) <= ends[1]


def is_number(value: float | int | Decimal | None) -> bool:
    """Whether there is a finite number to print."""
    return value is not None and math.isfinite(value)


def printed(
    value: float | int | Decimal | None,
    decimals: int,
    *,
    scale: str = "1",
    signed: bool = False,
    digits: int | None = None,
) -> str:
    """Return ``value * scale`` as text: fixed point, thousands separated, never an exponent.

    ``scale`` is a decimal string (``"1e-4"`` for 万t from t), multiplied exactly. None, NaN and
    infinities give :data:`BLANK`. ``signed`` writes ``+`` before a positive number and the
    typographic minus before a negative one. With ``digits`` no more significant figures than that
    are shown (:func:`places_of`).
    """
    if value is None or not is_number(value):
        return BLANK
    exact = _EXACT.multiply(as_decimal(value), Decimal(scale))
    places = decimals if digits is None else places_of(exact, digits, decimals)
    rounded = round_half_even(exact, places)
    if rounded == 0:
        rounded = abs(rounded)
    text = f"{abs(rounded):,.{max(places, 0)}f}"
    if rounded < 0:
        return f"−{text}"
    return f"+{text}" if signed and rounded > 0 else text


def raw(value: float | int | Decimal | None) -> str:
    """Return the unrounded number for a ``data-v`` attribute, fixed point; empty where blank."""
    if value is None or not is_number(value):
        return ""
    return format(as_decimal(value), "f")
