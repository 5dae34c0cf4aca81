"""The rules are one table; the page and the code agree with it."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import pytest

from geo.rules import finding, findings_page, rules

ROOT = Path(__file__).resolve().parent.parent


def test_the_findings_page_is_current():
    """docs/findings.md is what geo.rules.findings_page() gives now."""
    assert (ROOT / "docs" / "findings.md").read_text("utf-8") == findings_page()


def test_every_code_in_the_code_is_a_rule_and_every_rule_is_used():
    used = set()
    rooms = ("geo", "estimation", "tracking", "flows")
    for path in (p for room in rooms for p in (ROOT / room).rglob("*.py")):
        used |= set(re.findall(r"BN-[A-Z]{3}-\d{3}", path.read_text("utf-8")))
    assert used == set(rules())


def test_every_rule_says_what_and_how_to_mend_it_in_both_languages():
    for rule in rules().values():
        words: dict[str, str] = defaultdict(lambda: "?")
        for text in (rule.zh, rule.en, rule.fix_zh, rule.fix_en):
            assert text.format_map(words)
        assert re.search(r"[\u4e00-\u9fff]", rule.zh + rule.fix_zh)
        assert not re.search(r"[\u4e00-\u9fff]", rule.en + rule.fix_en)
        assert rule.effect == "note" or rule.severity != "info"


def test_a_rule_that_stops_a_table_is_an_error():
    assert {r.severity for r in rules().values() if r.effect == "table"} == {"error"}


def test_a_missing_word_of_a_message_is_noticed():
    with pytest.raises(KeyError):
        finding("BN-TAB-012", file="a.csv")
