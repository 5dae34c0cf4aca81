"""Forms of figures from outside: whole forms foot, and state what was reported."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.record_forms import (
    checked,
    codes,
    example_header,
    example_rows,
    row,
    whole,
    write,
)
from tracking.forms.outside import (
    same_figures,
    stated_kg,
)


@pytest.mark.parametrize("ending", [".yaml", ".xlsx"])
def test_the_empty_forms_own_example_is_whole(tmp_path: Path, ending: str) -> None:
    content = whole(tmp_path / f"a{ending}", example_header(), example_rows())
    assert content["series"] == "甘资储备字[2025]8号"
    assert content["filing"] == {
        "state": "in_statistics",
        "document_no": "甘资储备字[2025]8号",
        "filed_date": "2025-06-20",
        "stat_year": 2025,
        "review_no": "甘矿储评字[2025]6号",
        "authority": "province",
    }
    assert stated_kg(content, "cu_pct") == 186_500_000  # 5.4 + 8.0 + 5.25 万t
    assert stated_kg(content, "cu_pct", "low_grade") == 20_000_000
    assert stated_kg(content, "mo_pct") == 3_000_000
    assert stated_kg(content, "re_ppm") == 3_000
    assert stated_kg(content, "cu_pct", "reserves") == 45_000_000
    assert content["statement"][0]["ore_kg"] == 12_000_000_000
    assert content["reporting_cutoff"] == 0.2
    assert content["province"] == {"zh": "甘肃", "en": "Gansu"}


def test_both_kinds_of_form_state_the_same(tmp_path: Path) -> None:
    contents = [
        whole(tmp_path / f"a{ending}", example_header(), example_rows())
        for ending in (".yaml", ".xlsx")
    ]
    for content in contents:
        del content["form_sha256"], content["as_reported"]
    assert contents[0] == contents[1]


OLD = {"reporting_code": "GBT17766_1999", "cutoff": None, "cutoff_unit": None}


def test_a_table_of_1999_is_converted_and_nothing_counts_twice(tmp_path: Path) -> None:
    """Fixture 8: 111=80 inside 111b=100, 122b=50, 333=30, 334?=500."""
    rows = [
        row("111", "80"),
        row("111b", "100"),
        row("122b", "50"),
        row("333", "30"),
        row("334?", "500"),
    ]
    form, figure = checked(write(tmp_path / "f.xlsx", example_header(**OLD), rows))
    assert figure is not None, form.findings
    content = figure.content
    by_class = {r["class"]: r["elements"]["cu_pct"]["metal_kg"] for r in content["statement"]}
    ten_thousand_t = 10_000_000
    assert by_class == {
        "measured": 100 * ten_thousand_t,
        "indicated": 50 * ten_thousand_t,
        "inferred": 30 * ten_thousand_t,
    }
    assert stated_kg(content, "cu_pct") == 180 * ten_thousand_t
    assert stated_kg(content, "cu_pct", "reserves") == 80 * ten_thousand_t
    assert [(e["code"], e["metal_kg"]) for e in content["excluded"]] == [
        ("334?", 500 * ten_thousand_t)
    ]
    assert content["converted"] is True
    assert content["conversion"]
    assert {"BN-LED-028", "BN-LED-029", "BN-LED-040"} <= codes(form)


def test_a_reserve_of_1999_needs_the_basic_reserve_it_lies_in(tmp_path: Path) -> None:
    header = example_header(**OLD)
    for rows in ([row("111", "80"), row("122b", "900")], [row("111", "80"), row("111b", "79.9")]):
        assert "BN-LED-039" in codes(checked(write(tmp_path / "f.yaml", header, rows))[0])


def test_probable_and_proved_share_the_indicated_resource(tmp_path: Path) -> None:
    rows = [row("探明", "10"), row("控制", "5"), row("证实", "9"), row("可信", "6")]
    whole(tmp_path / "f.yaml", example_header(), rows)
    rows[-1] = row("可信", "6.1")
    assert "BN-LED-039" in codes(checked(write(tmp_path / "f.yaml", example_header(), rows))[0])


def test_low_grade_by_code_is_a_stock_of_its_own(tmp_path: Path) -> None:
    rows = [row("332", "100"), row("333低", "30"), row("332（低）", "4")]
    content = whole(tmp_path / "f.yaml", example_header(**OLD), rows)
    assert stated_kg(content, "cu_pct") == 1_000_000_000
    assert stated_kg(content, "cu_pct", "low_grade") == 340_000_000
    rows[1]["stock"] = "工业"
    form, _ = checked(write(tmp_path / "f.yaml", example_header(**OLD), rows))
    assert "BN-LED-030" in codes(form)


def test_codes_of_one_class_are_added_and_their_grade_weighed(tmp_path: Path) -> None:
    more = {"ore_unit": "万t", "grade_unit": "%"}
    rows = [
        row("111b", "1", ore="200", grade="0.5", **more),
        row("331", "3", ore="300", grade="1.0", **more),
    ]
    (line,) = whole(tmp_path / "f.yaml", example_header(**OLD), rows)["statement"]
    assert line["class"] == "measured"
    assert line["ore_kg"] == 5_000_000_000
    assert line["elements"]["cu_pct"] == {
        "grade": 0.8,
        "metal_kg": 40_000_000,
        "evaluated_ore_kg": 5_000_000_000,
    }


def test_blank_ore_stays_unknown_and_zero_stays_zero(tmp_path: Path) -> None:
    rows = [row("探明", "0"), row("控制", "5", ore="0", ore_unit="t")]
    content = whole(tmp_path / "f.yaml", example_header(), rows)
    measured, indicated = content["statement"]
    assert measured["ore_kg"] is None
    assert measured["elements"]["cu_pct"]["metal_kg"] == 0
    assert measured["elements"]["cu_pct"]["grade"] is None
    assert indicated["ore_kg"] == 0
    assert stated_kg(content, "mo_pct") is None


STATISTICS: dict[str, str | None] = {
    "source_kind": "统计资料",
    "scope": "全国",
    "deposit_id": None,
    "deposit_zh": None,
    "filing_no": None,
    "filed_date": None,
    "review_no": None,
    "mine_code": None,
    "licence_no": None,
    "cutoff": None,
    "cutoff_unit": None,
    "province": None,
    "citation_issuer": "自然资源主管部门",
    "citation_quote": "铜矿储量4077.18万吨",
}


def test_national_statistics_are_official_and_of_no_deposit(tmp_path: Path) -> None:
    """Reserves of 2022, 4077.18 万t: a memo of a total that is not split into classes."""
    header = example_header(
        **{**STATISTICS, "effective_date": "2022-12-31", "stat_year": "2022"},
        citation_title="全国矿产资源储量统计表",
    )
    content = whole(tmp_path / "f.yaml", header, [row("储量", "4077.18")])
    assert content["deposit_id"] == "national"
    assert content["scope"] == "national"
    assert content["filing"]["state"] == "in_statistics"
    assert content["series"] == "source:全国矿产资源储量统计表-自然资源主管部门-2022"
    assert stated_kg(content, "cu_pct") is None
    assert stated_kg(content, "cu_pct", "reserves") == 40_771_800_000
    assert content["statement"] == []


def test_a_province_and_an_unsplit_total(tmp_path: Path) -> None:
    header = example_header(**{**STATISTICS, "scope": "省级", "province": "西藏自治区"})
    content = whole(tmp_path / "f.yaml", header, [row("资源量", "2000")])
    assert content["deposit_id"] == "province:西藏"
    assert content["province"]["en"] == "Tibet"
    assert stated_kg(content, "cu_pct") == 20_000_000_000
    form, figure = checked(write(tmp_path / "g.yaml", example_header(), [row("资源量", "2000")]))
    assert figure is None
    assert "BN-LED-038" in codes(form)


def test_abroad_is_entered_and_marked(tmp_path: Path) -> None:
    header = example_header(domestic="否", province="秘鲁")
    content = whole(tmp_path / "f.yaml", header, example_rows())
    assert content["domestic"] is False
    assert content["province"] == {"zh": "秘鲁", "en": "秘鲁"}


def test_the_state_is_what_the_citation_proves(tmp_path: Path) -> None:
    def state(**changes: str | None) -> str:
        header = example_header(**changes)
        return str(whole(tmp_path / "f.yaml", header, example_rows())["filing"]["state"])

    assert state() == "in_statistics"
    assert state(stat_year=None) == "filed"
    unfiled: dict[str, str | None] = {"stat_year": None, "filing_no": None, "filed_date": None}
    assert state(**unfiled) == "review_passed"
    assert state(**unfiled, review_no=None) == "draft"
    press = {**unfiled, "source_kind": "公开报道", "citation_quote": "新增铜365万吨"}
    assert state(**press, review_no=None) == "draft"


def test_identified_stands_beside_retained(tmp_path: Path) -> None:
    rows = [row("推断", "10"), row("推断", "12.5", part="累计查明")]
    content = whole(tmp_path / "f.yaml", example_header(), rows)
    assert stated_kg(content, "cu_pct") == 100_000_000
    assert stated_kg(content, "cu_pct", "identified") == 125_000_000


def test_a_configured_deposit_brings_its_belt(tmp_path: Path) -> None:
    header = example_header(deposit_id="gangdese-syn", province="西藏")
    content = whole(tmp_path / "f.yaml", header, example_rows())
    assert content["belt_id"] == "gangdese"


@settings(max_examples=20, deadline=None)
@given(
    metal=st.integers(0, 10**9),
    unit=st.sampled_from([("t", 1000), ("kt", 10**6), ("万t", 10**7), ("kg", 1)]),
    decimals=st.integers(0, 3),
)
def test_kilograms_are_those_of_exact_arithmetic(
    tmp_path_factory: pytest.TempPathFactory,
    metal: int,
    unit: tuple[str, int],
    decimals: int,
) -> None:
    text = str(Decimal(metal).scaleb(-decimals))
    path = tmp_path_factory.mktemp("forms") / "f.yaml"
    content = whole(path, example_header(), [row("推断", text, metal_unit=unit[0])])
    exact = Decimal(metal).scaleb(-decimals) * unit[1]
    assert abs(Decimal(stated_kg(content, "cu_pct") or 0) - exact) <= Decimal("0.5")


def test_rows_in_any_order_state_the_same(tmp_path: Path) -> None:
    one = whole(tmp_path / "a.yaml", example_header(), example_rows())
    rows = example_rows()
    random.Random(3).shuffle(rows)
    other = whole(tmp_path / "b.yaml", example_header(), rows)
    assert same_figures(one, other)
    rows[0]["metal"] = str(Decimal(rows[0]["metal"]) + Decimal("0.001"))
    assert not same_figures(one, whole(tmp_path / "c.yaml", example_header(), rows))
