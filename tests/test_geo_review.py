"""What waits for a decision: counts over files, before and after, and what holds a deposit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from geo.config import DrillholeSources
from geo.drillholes.reading import read_drillholes
from geo.special.review import Review, held_finding, review, unreviewed

ASSAY = "BHID,FROM,TO,CU_PCT,MO_PPM\n" + "".join(
    f"A1,{2 * i},{2 * i + 2},{cu},{mo}\n"
    for i, (cu, mo) in enumerate(
        [("0.5", "100"), ("<0.01", "NS"), ("-99", "-5"), (">10", "-5"), ("", "0"), ("0.61", "120")]
    )
)
RULES = [
    {"columns": ["cu_pct"], "kind": "sentinel", "becomes": "not_assayed"},
    {"columns": ["cu_pct"], "kind": "over", "becomes": "value"},
    {"columns": ["mo_pct"], "kind": "mark", "becomes": "not_assayed"},
    {"columns": "all", "kind": "negative_limit", "becomes": "half_limit"},
    {"columns": "all", "kind": "zero", "becomes": "half_limit", "limit": 5, "limit_unit": "ppm"},
]


def decided(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**rule, "by": "geologist", "date": "2026-01-02", "reason": "test"} for rule in rules]


def test_kinds_are_counted_before_and_after(
    deposit: Callable[..., DrillholeSources], tmp_path: Any
) -> None:
    reading = read_drillholes(deposit(assay=ASSAY), tmp_path)
    found = review(reading.special)
    before = {column.column: column.before for column in found.columns}
    assert before["cu_pct"] == {"number": 2, "blank": 1, "below": 1, "over": 1, "sentinel": 1}
    assert before["mo_pct"] == {"number": 2, "mark": 1, "zero": 1, "negative_limit": 2}
    after = {column.column: column.after for column in found.columns}
    assert after["cu_pct"] == {"number": 4, "zero": 0, "not_assayed": 2, "refused": 0}
    assert after["mo_pct"] == {"number": 2, "zero": 1, "not_assayed": 3, "refused": 0}
    waiting = [(row.column, row.kind, row.count) for row in unreviewed(reading)]
    assert waiting == [
        ("cu_pct", "over", 1),
        ("cu_pct", "sentinel", 1),
        ("mo_pct", "mark", 1),
        ("mo_pct", "negative_limit", 2),
        ("mo_pct", "zero", 1),
    ]
    assert len(unreviewed(reading, {"cu_pct"})) == 2
    held = held_finding("d", unreviewed(reading))
    assert (held.code, held.severity, held.value) == ("BN-ASY-012", "warning", "6")
    assert held.column == "cu_pct, mo_pct"
    assert Review.of_json(found.as_json()) == found


@pytest.mark.parametrize("left_out", range(len(RULES)))
def test_each_kind_waits_until_its_own_rule_is_there(
    deposit: Callable[..., DrillholeSources], tmp_path: Any, left_out: int
) -> None:
    whole = deposit(assay=ASSAY, special_values=decided(RULES))
    assert not unreviewed(read_drillholes(whole, tmp_path))
    fewer = decided([rule for i, rule in enumerate(RULES) if i != left_out])
    waiting = unreviewed(read_drillholes(deposit(assay=ASSAY, special_values=fewer), tmp_path))
    assert {row.kind for row in waiting} == {RULES[left_out]["kind"]}


def test_rules_with_their_author_stand_in_the_review(
    deposit: Callable[..., DrillholeSources], tmp_path: Any
) -> None:
    sources = deposit(assay=ASSAY, special_values=decided(RULES))
    reading = read_drillholes(sources, tmp_path)
    (row,) = [r for r in review(reading.special).rows if r.kind == "negative_limit"]
    assert (row.becomes, row.rule, row.by, row.date) == (
        "half_limit",
        "special_values[3]",
        "geologist",
        "2026-01-02",
    )
    assert reading.drillholes is not None
    moly = reading.drillholes.assay["mo_pct"].tolist()
    assert moly[2:5] == [0.00025] * 3, "half of 5 ppm, by -5 and by 0"


def test_limits_by_method_and_year_are_read_from_the_table(
    deposit: Callable[..., DrillholeSources], tmp_path: Any
) -> None:
    """The table's own columns of method and date choose the limit; rows without them wait."""
    text = "BHID,FROM,TO,AU_PPB,METHOD,ASSAY DATE\n"
    for i, (method, day) in enumerate(
        [("FA", "2012-12-31"), ("FA", "2013-01-01"), ("FA", ""), ("AR", "2013-05-01")]
    ):
        text += f"A1,{2 * i},{2 * i + 2},0,{method},{day}\n"
    text += "A1,8,10,30,FA,2013-05-01\n"
    zero = {"columns": ["au_gpt"], "kind": "zero", "method": "fa", "becomes": "half_limit"}
    rules = [
        {**zero, "to_year": 2012, "limit": 50, "limit_unit": "ppb"},
        {**zero, "from_year": 2013, "limit": 10, "limit_unit": "ppb"},
    ]
    reading = read_drillholes(deposit(assay=text, special_values=decided(rules)), tmp_path)
    assert reading.drillholes is not None
    assert reading.drillholes.assay["au_gpt"].tolist() == [0.025, 0.005, 0.0, 0.0, 0.03]
    assert [(row.kind, row.count) for row in unreviewed(reading)] == [("zero", 2)]
