"""Kernels on columns of texts agree with Python, cell by cell."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.checks.kernels_checks import gaps, two_largest
from geo.checks.kernels_copies import may_repeat
from geo.special.values import DECIMALS
from geo.tables.encoding import encoded, signs_of, text_buffers
from geo.tables.kernels_texts import counts_of, is_plain, plain_numbers, rounded, rows_starting

CELLS = [
    *("", "0", "-0", "-", ".", "5.", ".5", "1.5", "-12.50", "007", "1.2.3", "1e3", "<0.01", "+1"),
    *("9007199254740991", "9007199254740993", "0.1", "0.123456789012345678", "--1", " 1", "nan"),
    *("123456789012345678", "1234567890123456789", "0.0000000000000001", "１", "1-", "3.14159265"),
]


def read(texts: list[str]):
    values = np.empty(len(texts))
    return values, plain_numbers(*text_buffers(pa.array(texts, pa.string())), values).tolist()


def check_against_python(texts: list[str]) -> None:
    values, others = read(texts)
    for i, text in enumerate(texts):
        if i in others:
            assert text
        elif text:
            assert re.fullmatch(r"-?\d+(\.\d+)?", text, re.ASCII)
            assert values[i].tobytes() == np.float64(float(text)).tobytes(), text
        else:
            assert np.isnan(values[i])
    assert all(np.isnan(values[others]))


def test_plain_numbers_are_the_floats_that_python_reads():
    check_against_python(CELLS)
    left = [CELLS[i] for i in read(CELLS)[1]]
    assert [text for text in left if re.fullmatch(r"-?\d+(\.\d+)?", text, re.ASCII)] == [
        "9007199254740993",
        "0.123456789012345678",
        "123456789012345678",
        "1234567890123456789",
    ]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.from_regex(r"-?[0-9]{1,9}(\.[0-9]{1,9})?|[-0-9.<e]{0,6}", fullmatch=True)))
def test_plain_numbers_agree_with_python_on_any_cell(texts):
    check_against_python(texts)


@pytest.mark.parametrize("start", [0, 2])
def test_texts_get_one_number_each_whether_they_repeat_in_runs_or_not(start):
    texts = ["A", "A", "B", "", "A", "AB", "AB", "B", "铜", "铜"][start:]
    for column in (pa.array(texts), pd.Series(texts, dtype="str"), pd.Series(texts, dtype=object)):
        codes, words = encoded(column)
        assert [words[code] for code in codes] == texts
        assert words == list(dict.fromkeys(texts))
    sliced = pa.array(["X", *texts]).slice(1)
    assert [encoded(sliced)[1][code] for code in encoded(sliced)[0]] == texts
    codes, words = encoded(pa.array(["A", None, "", ""]))
    assert [words[code] for code in codes] == ["A", None, "", ""]


def test_rows_are_found_by_their_first_two_bytes():
    wanted = np.zeros((256, 256), dtype=bool)
    wanted[0, 0] = wanted[ord("S"), ord("u")] = wanted[ord("x"), 0] = True
    texts = ["Sum", "S", "S0001", "", "x", "xy", "Su"]
    assert rows_starting(*text_buffers(pa.array(texts)), wanted).tolist() == [0, 3, 4, 6]


@pytest.mark.parametrize(
    ("text", "plain"),
    [("ZK01-1", True), ("ZK 1", False), ("1.0", False), ("铜", False), ("", True)],
)
def test_only_visible_ascii_without_a_full_stop_is_plain(text, plain):
    assert is_plain(signs_of(pa.array([text]))) is plain


def test_rounding_and_counting_are_numpys():
    values = np.array([0.1, -0.0, 1 / 3, np.nan, -2.5e-11, 123456.00000000005, np.inf])
    expected = np.round(values * 0.3048, DECIMALS) + 0.0
    assert rounded(values, 0.3048, 10.0**DECIMALS).tobytes() == expected.tobytes()
    numbers = np.array([3, 1, 3, 0], dtype=np.int8)
    assert counts_of(numbers, 5).tolist() == np.bincount(numbers, minlength=5).tolist()


def test_whatever_repeats_is_among_what_may_repeat():
    rng = np.random.default_rng(5)
    numbers = rng.integers(0, 2**64, 5000, dtype=np.uint64)
    numbers[[7, 4000]] = numbers[1234]
    counted = np.ones(5000, dtype=bool)
    found = may_repeat(numbers, counted)
    assert found[[7, 1234, 4000]].all()
    assert found.sum() < 1500
    counted[[7, 4000]] = False
    assert not may_repeat(numbers, counted)[[7, 4000]].any()


def test_gaps_are_told_from_the_deepest_end_above():
    hole = np.array([0, 0, 0, 0, 1, 1], dtype=np.int32)
    from_m, to_m = np.array([0.0, 2, 3, 9, 5, 6.5]), np.array([8.0, 3, 4, 10, 6, 7])
    rows, above = gaps(hole, from_m, to_m, 1e-3)
    assert (rows.tolist(), above.tolist()) == ([3, 5], [8.0, 6.0])


def test_the_two_largest_values_with_blanks_as_zero():
    assert two_largest(np.array([np.nan, -1.0, 3.0, 3.0])) == (3.0, 3.0)
    assert two_largest(np.array([np.nan, -1.0, -2.0])) == (-1.0, 0.0)
