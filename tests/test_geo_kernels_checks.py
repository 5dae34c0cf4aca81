"""Sample numbers are told to be all different without comparing all of them."""

from __future__ import annotations

import pandas as pd
import pytest

from geo.checks.kernels_checks import rising
from geo.checks.samples import text_bytes


@pytest.mark.parametrize(
    ("texts", "rises"),
    [
        (["A1", "A2", "B1"], True),
        (["S9", "S10", "S11"], True),
        (["B1-10-1", "B1-9-1"], True),
        (["A1", "A1"], False),
        (["", "", "A"], False),
        (["A2", "A1"], False),
        (["A1", "A10", "A2", "A3"], True),
        (["B", "A1", "A2"], True),
        (["A10", "A2", "A10"], False),
    ],
)
def test_texts_that_rise_are_told_without_comparing_all_of_them(texts, rises):
    """Never true where two are equal, whichever order they rise in."""
    assert rising(*text_bytes(pd.Series(texts))) == rises
