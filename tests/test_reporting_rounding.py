"""Numbers are printed as GB/T 8170 says, in fixed point, and a blank is not a zero."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.rounding import (
    BLANK,
    INTERVAL_DIGITS,
    in_interval,
    interval_digits,
    printed,
    raw,
    round_half_even,
)


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


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (123_456.0, 0, "123,000"),
        (99_950.0, 0, "100,000"),
        (9.996, 2, "10.0"),
        (12.345, 2, "12.3"),
        (1.2345, 2, "1.23"),
        (0.012345, 2, "0.01"),
        (-7.8149, 2, "−7.81"),
        (0.0, 2, "0.00"),
        (None, 2, BLANK),
    ],
)
def test_an_interval_s_end_has_three_figures_and_no_more_decimals_than_its_unit(
    value: float | None, decimals: int, expected: str
) -> None:
    assert printed(value, decimals, digits=INTERVAL_DIGITS) == expected


@pytest.mark.parametrize(
    ("low", "high", "digits"),
    [
        (900.0, 1100.0, 3),
        (1000.0, 1010.0, 4),
        (1000.4, 1003.6, 5),
        (1000.0, 1000.0, 3),
        (-1.0, 0.5, 3),
        (1e-7, 0.0, 3),
    ],
)
def test_a_narrow_interval_has_figures_enough_for_its_width(
    low: float, high: float, digits: int
) -> None:
    assert interval_digits(low, high) == digits


@pytest.mark.parametrize(
    ("value", "low", "high", "inside"),
    [
        (1004.0, 900.0, 1004.4, False),
        (1000.0, 900.0, 1004.4, True),
        (1004.0, 1000.4, 1003.6, False),
        (1003.6, 1000.4, 1003.64, True),
        (0.0, 0.0, 0.0, True),
    ],
)
def test_outside_is_what_reads_so(value: float, low: float, high: float, inside: bool) -> None:
    assert in_interval(value, low, high) is inside
    digits = interval_digits(low, high)
    ends = [float(printed(end, 3, digits=digits).replace(",", "")) for end in (low, high)]
    assert (ends[0] <= value <= ends[1]) is inside


def test_few_figures_are_rounded_once_and_after_the_scale() -> None:
    # 0.12345 Mt from its tonnes; 12.3451 is nearer to 12.3 whatever a first rounding would say
    assert printed(123_450.0, 2, scale="1e-4", digits=3) == "12.3"
    assert printed(2.345, 2, digits=2) == "2.3"


@given(st.floats(allow_nan=False, allow_infinity=False, width=64), st.integers(0, 6))
def test_no_number_is_printed_with_an_exponent(value: float, decimals: int) -> None:
    text = printed(value, decimals)
    assert set(text) <= set("0123456789,.−")
    exact = Decimal(text.replace(",", "").replace("−", "-"))
    assert abs(exact - Decimal(repr(value))) <= Decimal(1).scaleb(-decimals) / 2
    assert "e" not in raw(value).lower()
