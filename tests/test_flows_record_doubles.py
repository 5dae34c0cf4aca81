"""``bornite record`` and what stands already: doubles, changes, corrections, slips."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from flows.cli_options import Exit
from flows.compare import compare
from tests.fabricated import fabricated_result
from tests.record_desk import PLAIN, PRESS, UNFILED, Desk
from tests.record_forms import example_rows, row
from tracking import Ledger
from tracking.forms.outside import stated_kg
from tracking.ledger.entries import Decision


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


def test_the_same_filing_with_other_figures_is_refused(desk: Desk) -> None:
    desk.one("a.yaml")
    rows = example_rows()
    rows[2] |= {"metal": "5.27"}
    answer = desk.one("b.yaml", rows)
    assert answer["outcome"] == "refused"
    assert "BN-LED-044" in answer["codes"]
    assert desk.head[0] == 1


def test_one_filing_under_two_names_counts_once(desk: Desk) -> None:
    desk.one("a.yaml")
    same = desk.one("b.yaml", deposit_id="north", filing_no="甘资储备字【2025】8号")
    assert (same["outcome"], same["entry"]) == ("standing", 1)
    assert "BN-LED-052" in same["codes"]
    rows = example_rows()[:3]
    other = desk.one("c.yaml", rows, deposit_id="north")
    assert other["outcome"] == "refused"
    assert "BN-LED-045" in other["codes"]
    assert desk.head[0] == 1


def test_a_filing_of_our_own_estimate_is_not_counted_again(desk: Desk) -> None:
    (desk.folder / "ws").mkdir()
    with Ledger(desk.url) as ledger:
        about = ledger.record(fabricated_result(), "run").number
        ledger.decide(Decision(about, "review", "approved", "张某"), "run")
        for to in ("reviewed", "submitted", "accepted", "review_passed"):
            ledger.decide(Decision(about, "filing", to, "张某", "x"), "run")
        filed = Decision(
            about, "filing", "filed", "张某", "x", date(2025, 6, 20), "甘资储备字〔2025〕08号"
        )
        ledger.decide(filed, "run")
    before = desk.head
    answer = desk.one("a.yaml")
    assert answer["outcome"] == "refused"
    assert "BN-LED-045" in answer["codes"]
    assert desk.head == before


@pytest.mark.parametrize(
    ("effective", "outcome"),
    [("2025-01-30", "held"), ("2025-03-01", "held"), ("2025-03-02", "entered")],
)
def test_the_same_mine_within_sixty_days_must_be_confirmed(
    desk: Desk, effective: str, outcome: str
) -> None:
    """2024-12-31 and 60 days is 2025-03-01."""
    desk.one("a.yaml")
    other = {"filing_no": "甘资储备字〔2025〕99号", "effective_date": effective, "review_no": None}
    answer = desk.one("b.yaml", **other)
    assert answer["outcome"] == outcome
    assert ("BN-LED-046" in answer["codes"]) == (outcome == "held")
    if outcome == "held":
        assert desk.head[0] == 1
        assert desk.one("c.yaml", **other, confirmed="两个矿段分别备案")["outcome"] == "entered"


def test_one_mine_code_under_two_ids_is_the_same_mine(desk: Desk) -> None:
    desk.one("a.yaml")
    answer = desk.one("b.yaml", deposit_id="nanshan", filing_no="甘资储备字〔2025〕99号")
    assert answer["outcome"] == "held"
    assert "BN-LED-046" in answer["codes"]


def test_an_announcement_of_a_filed_amount_is_asked_about(desk: Desk) -> None:
    """The survey's 365 and the company's 365.1 万t: one filing under two names (check L04)."""
    filed = UNFILED | {"cutoff": None, "cutoff_unit": None}
    company = filed | {
        "deposit_id": "tongshan",
        "province": "黑龙江",
        "effective_date": "2024-06-28",
    }
    desk.one("a.yaml", [row("推断", "365.1")], **company)
    survey = PRESS | {"deposit_id": "duobaoshan-camp", "province": "黑龙江"}
    answer = desk.one("b.yaml", [row("资源量", "365")], **survey)
    assert answer["outcome"] == "held"
    assert "BN-LED-047" in answer["codes"]
    elsewhere = desk.one("c.yaml", [row("资源量", "365")], **{**survey, "province": "西藏"})
    assert elsewhere["outcome"] == "entered"


def test_julong_2022_to_2024_is_a_change_of_indicators(desk: Desk) -> None:
    """Fixture 10: 1,072 万t at 0.30 %, then 1,472.6 万t more at 0.17 %."""
    base = PLAIN | {"deposit_id": "julong", "province": "西藏", "stat_year": None}
    before = base | {
        "effective_date": "2021-12-31",
        "filed_date": "2022-05-10",
        "filing_no": "藏自然资储备字〔2022〕1号",
        "cutoff": "0.30",
    }
    after = base | {
        "effective_date": "2024-03-31",
        "filed_date": "2024-06-20",
        "filing_no": "藏自然资储备字〔2024〕1号",
        "cutoff": "0.17",
        "growth_type": "工业指标调整",
    }
    desk.one("a.yaml", [row("控制", "1072")], **before)
    answer = desk.one("b.yaml", [row("控制", "2544.6")], **after)
    assert answer["outcome"] == "entered"
    assert {"BN-LED-048", "BN-LED-049"} <= answer["codes"]
    change = next(f for f in answer["findings"] if f["code"] == "BN-LED-048")
    assert "+137.4 %" in change["message"]["en"]  # 1472.6 / 1072
    with Ledger(desk.url) as ledger:
        newest = ledger.entries("julong")[-1]
    assert newest.content["growth_type"] == "index_change"


def test_duolong_2013_to_2016(desk: Desk) -> None:
    """Fixture 9: 2,368,300 + 4,799,000 t in 2013, 13.492 Mt in 2016: 6.3247 Mt more."""
    base = PRESS | {"deposit_id": "duolong", "province": "西藏", "deposit_zh": "多龙"}
    first = base | {"effective_date": "2013-12-31", "citation_title": "多龙2013"}
    last = base | {"effective_date": "2016-12-31", "citation_title": "多龙2016"}
    assert desk.one("a.yaml", [row("资源量", "716.73")], **first)["outcome"] == "entered"
    assert desk.one("b.yaml", [row("资源量", "1349.2")], **last)["outcome"] == "entered"
    with Ledger(desk.url) as ledger:
        stated = [stated_kg(e.content, "cu_pct") for e in ledger.entries("duolong")]
        official = ledger.current(view="official")
    assert stated == [2_368_300_000 + 4_799_000_000, 13_492_000_000]
    assert stated[1] - stated[0] == 6_324_700_000
    assert official == ()


def test_ten_thousand_times_the_record_before_is_asked_about(desk: Desk) -> None:
    header = UNFILED | {"effective_date": "2022-12-31", "citation_title": "报告一"}
    desk.one("a.yaml", [row("推断", "12")], **header)
    slip = UNFILED | {"citation_title": "报告二"}
    answer = desk.one("b.yaml", [row("推断", "120300")], **slip)
    assert answer["outcome"] == "held"
    assert "BN-LED-050" in answer["codes"]


def test_a_correction_takes_back_and_enters_in_one_step(desk: Desk) -> None:
    desk.one("a.yaml")
    rows = example_rows()
    rows[2] |= {"metal": "5.27"}
    absent = desk.one("b.yaml", rows, replaces="7", reason="印错")
    assert absent["outcome"] == "refused"
    assert "BN-LED-051" in absent["codes"]
    assert desk.one("c.yaml", rows, replaces="1", reason="印错")["outcome"] == "entered"
    with Ledger(desk.url) as ledger:
        kinds = [(e.number, e.kind) for e in ledger.entries()]
        assert kinds == [(1, "outside"), (2, "correction"), (3, "outside")]
        assert ledger.entry(2).content["reason"] == "印错"
        (figure,) = ledger.standings()
        assert (figure.usable, figure.official) == (3, 3)
        assert ledger.verify() == []
    again = desk.one("d.yaml", replaces="1", reason="再改")
    assert again["outcome"] == "refused"
    assert "BN-LED-051" in again["codes"]


def test_an_id_nearly_that_of_a_configured_deposit_is_asked_about(desk: Desk) -> None:
    answer = desk.one("a.yaml", deposit_id="gangdese-sin", province="西藏")
    assert answer["outcome"] == "held"
    assert "BN-LED-053" in answer["codes"]


def test_another_source_for_the_nation_must_be_confirmed(desk: Desk) -> None:
    statistics: dict[str, Any] = UNFILED | {
        "source_kind": "统计资料",
        "scope": "全国",
        "deposit_id": None,
        "deposit_zh": None,
        "province": None,
        "stat_year": "2024",
        "citation_issuer": "主管部门",
        "citation_quote": "（照录）",
        "cutoff": None,
        "cutoff_unit": None,
    }
    assert desk.one("a.yaml", [row("资源量", "12000")], **statistics)["outcome"] == "entered"
    other = statistics | {"citation_title": "另一本年鉴"}
    answer = desk.one("b.yaml", [row("资源量", "12100")], **other)
    assert answer["outcome"] == "held"
    assert "BN-LED-046" in answer["codes"]


def test_two_forms_of_one_batch_are_held_against_each_other(desk: Desk) -> None:
    paths = [desk.form("a.yaml"), desk.form("b.xlsx", deposit_id="other-name")]
    _, answers = desk.record(*paths)
    assert [a["outcome"] for a in answers] == ["entered", "standing"]
    assert desk.head[0] == 1


def test_a_batch_that_is_only_checked_is_held_against_itself(desk: Desk) -> None:
    """The second form of one mine and date waits as it would when entered; nothing is entered."""
    first = desk.form("a.yaml")
    second = desk.form("b.yaml", filing_no="甘资储备字[2025]9号")
    code, (one, other) = desk.record(first, second, "--check")
    assert (code, one["outcome"], other["outcome"]) == (Exit.HELD, "whole", "held")
    (asked,) = (f for f in other["findings"] if f["code"] == "BN-LED-046")
    assert "a.yaml" in json.dumps(asked, ensure_ascii=False)
    assert desk.head[0] == 0


def test_what_a_report_leaves_out_is_not_compared_as_zero(desk: Desk) -> None:
    """One report states two classes, the other three: no change can be told of the third."""
    later = {"effective_date": "2025-12-31", "filed_date": "2026-06-20", "stat_year": None}
    desk.one("a.yaml", [row("探明", "9"), row("控制", "6")])
    rows = [row("探明", "9"), row("控制", "7"), row("推断", "4")]
    answer = desk.one("b.yaml", rows, filing_no="甘资储备字[2026]9号", **later)
    assert answer["outcome"] == "entered", answer["findings"]
    (found,) = compare("1", "2", str(desk.configs), str(desk.folder / "ws"))
    assert found.differences is not None
    third = next(f for f in found.differences.figures if f.class_name == "inferred")
    assert (third.before_t, third.after_t, third.change_t) == (None, 40_000.0, None)
