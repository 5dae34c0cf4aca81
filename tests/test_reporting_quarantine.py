"""The quarantine page says what was refused, by which rule, and since when."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd

from geo.findings import RowBalance
from geo.quarantine import HISTORY
from geo.rules import finding
from reporting.views.findings import rule_lines_of
from reporting.working.quarantine import LISTED, quarantine_page
from tests.browser_fixture import sample_belts

AT = datetime(2026, 11, 3, 22, 0, tzinfo=UTC)


def _history(rows):
    return pd.DataFrame(rows, columns=HISTORY, dtype=str)


def _row(raw, opened="2026-11-01T22:00:00+00:00", released=""):
    return ["assay", "化验.csv", "", "BN-INT-006", raw, "7", opened, released]


def _page(rows=(), findings=(), balances=()):
    return quarantine_page(sample_belts()[0], findings, balances, {"d": _history(list(rows))}, AT)


def test_open_and_released_rows_stand_apart_with_their_days():
    released = _row("B9 | 2", released="2026-11-02T22:00:00+00:00")
    html = _page([_row("A9 | 0 | <2>"), released])
    still, gone = html.split('id="released"')
    assert "A9 | 0 | &lt;2&gt;" in still
    assert "2026-11-01" in still
    assert "B9 | 2" not in still
    assert "B9 | 2" in gone
    assert "2026-11-02" in gone


def test_rows_foot_and_every_rule_has_its_fix_in_both_languages():
    found = finding("BN-INT-006", file="化验.csv", row=7, value="A9", hole="A9", near="A1", count=1)
    balance = RowBalance("化验.csv", "assay", 1200, 1190, 8, 2)
    html = _page(findings=[found], balances=[balance])
    assert "1,200 rows read = 1,190 accepted + 8 quarantined + 2 skipped by rule" in html
    assert found.fix_zh in html
    assert found.fix_en in html


def test_a_rule_counts_rows_not_listed_and_shows_a_value_only_beside_its_row():
    words = {"limit": 35, "unit": "%"}
    rows = [
        finding("BN-ASY-002", file="a.csv", row=n, column="Cu(%)", value="52", **words)
        for n in range(2, 22)
    ]
    summed = replace(rows[0], row=None, value="152")
    (line,) = rule_lines_of([*rows, summed])
    assert line.count == 172
    assert line.value == "52"
    (whole,) = rule_lines_of([replace(rows[0], row=None, value="23")])
    assert whole.value == ""
    assert '<td class="n">172</td>' in _page(findings=[*rows, summed])


def test_long_quarantines_are_cut_and_say_so():
    html = _page([_row(f"A{i} | 0") for i in range(LISTED + 3)])
    assert html.count('<th scope="row">BN-INT-006</th>') == LISTED
    assert f"Still in quarantine ({LISTED + 3})" in html


def test_an_empty_quarantine_says_so_and_nothing_is_loaded():
    html = quarantine_page(sample_belts()[0], (), (), {}, AT)
    assert "Nothing was found." in html
    assert "合成数据 / SYNTHETIC DATA" in html
    assert not re.findall(r'(?:src|href)="(?!data:|#)', html)
