"""Numbers are printed as GB/T 8170 says, in fixed point, and a blank is not a zero."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.rounding import BLANK, printed, raw, round_half_even


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.445, "0.44"),
        (0.455, "0.46"),
        (0.4450001, "0.45"),
        (2.675, "2.68"),
        (-0.445, "-0.44"),
        ("0.125", "0.12"),
    ],
)
def test_half_goes_to_the_even_digit_of_the_decimal_string(value: float, expected: str) -> None:
    assert str(round_half_even(value, 2)) == expected


def test_a_scaled_number_is_rounded_once_from_its_decimal_string() -> None:
    # 2 450 000 t is exactly 0.245 Mt: half goes to the even 4, whatever binary floats say
    assert printed(2_450_000.0, 2, scale="1e-7") == "0.24"
    assert printed(24_450.0, 1, scale="1e-3") == "24.4"


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_printed_blank(value: float | None) -> None:
    assert printed(value, 2) == BLANK
    assert raw(value) == ""


def test_signs_and_thousands_are_typographic() -> None:
    assert printed(1234567.891, 1) == "1,234,567.9"
    assert printed(12.0, 1, signed=True) == "+12.0"
    assert printed(-12.0, 1, signed=True) == "−12.0"
    assert printed(-0.001, 2) == "0.00"
    assert printed(0.0, 0, signed=True) == "0"


@given(st.floats(allow_nan=False, allow_infinity=False, width=64), st.integers(0, 6))
def test_no_number_is_printed_with_an_exponent(value: float, decimals: int) -> None:
    text = printed(value, decimals)
    assert set(text) <= set("0123456789,.−")
    exact = Decimal(text.replace(",", "").replace("−", "-"))
    assert abs(exact - Decimal(repr(value))) <= Decimal(1).scaleb(-decimals) / 2
    assert "e" not in raw(value).lower()
