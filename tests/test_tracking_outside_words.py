"""Words of the forms of figures from outside: codes, numbers, provinces, choices, headings."""

from __future__ import annotations

import openpyxl
import pytest
import yaml

from reporting.record_form import form_workbook, form_yaml
from tracking.forms.class_codes import class_code, nearest_codes
from tracking.forms.outside import (
    filing_number,
)
from tracking.forms.words import (
    choice_of,
    choice_texts,
    field_of,
    form_fields,
    form_version,
    province_of,
    sheet_name,
)
from tracking.ledger.states import FILING
from tracking.movement.growth_types import GROWTH_TYPES


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("黑矿储评字【2024】06号", "黑矿储评字〔2024〕6号"),
        ("中矿蒙储评字[2009]27号", "中矿蒙储评字（2009）27 号"),
        ("湘国土资储备字〔2009〕167号", "湘国土资储备字[２００９]第167号"),
    ],
)
def test_one_filing_number_in_any_brackets_is_one(one: str, other: str) -> None:
    assert filing_number(one) == filing_number(other)
    assert filing_number(filing_number(one)) == filing_number(one)
    assert filing_number(one) != filing_number(one.replace("号", "1号"))


def test_states_and_causes_of_the_form_are_the_ledgers() -> None:
    assert {"draft", "review_passed", "filed", "in_statistics"} <= set(FILING)
    causes = {choice_of("growth_type", text) for text in choice_texts("growth_type")}
    assert causes <= set(GROWTH_TYPES)


def test_codes_in_any_writing() -> None:
    for text in ("111b", "111B", "（111b）", " 111 b"):
        assert class_code(text) == class_code("111b")
    assert class_code("334？").kind == "excluded"
    assert class_code("探明资源量").class_name == "measured"
    assert class_code("1111") is None
    assert "111b" in nearest_codes("1111b")
    assert nearest_codes("探明的")[0] == "探明"


def test_every_code_of_the_table_becomes_the_class_of_its_last_figure() -> None:
    """An independent reading: 1 or b-codes by their last digit, resources 331-333 likewise."""
    geology = {"1": "measured", "2": "indicated", "3": "inferred"}
    for code in ("111b", "121b", "122b", "2M11", "2M21", "2M22", "2S11", "2S21", "2S22"):
        assert class_code(code).class_name == geology[code.rstrip("b")[-1]], code
    for code in ("331", "332", "333"):
        assert class_code(code).class_name == geology[code[-1]]
    assert [class_code(c).class_name for c in ("111", "121", "122")] == [
        "proved",
        "probable",
        "probable",
    ]


def test_a_province_in_short_and_in_full() -> None:
    for text in ("西藏", "西藏自治区", "Tibet"):
        assert province_of(text) == ("西藏", "Tibet")
    assert province_of("新疆维吾尔自治区") == ("新疆", "Xinjiang")
    assert province_of("黑龙江省") == ("黑龙江", "Heilongjiang")
    assert province_of("内蒙") is None


def test_every_choice_and_heading_of_the_form_is_read_back() -> None:
    for part in ("header", "figures"):
        for one in form_fields(part):
            for text in (one.key, one.zh, one.en, one.heading):
                assert field_of(part, text) == one, text
            for offered in choice_texts(one.choices) if one.choices else ():
                assert choice_of(str(one.choices), offered) is not None, offered


def test_the_empty_workbook_has_drop_downs_and_is_the_same_every_time() -> None:
    from io import BytesIO

    assert form_workbook() == form_workbook()
    book = openpyxl.load_workbook(BytesIO(form_workbook()))
    assert book.sheetnames == [sheet_name(n) for n in SHEET_KEYS]
    lists = {f.key for f in (*form_fields("header"), *form_fields("figures")) if f.choices}
    for part, offset in (("header", 4), ("figures", None)):
        page = book[sheet_name(part)]
        held = {
            str(r).split(":")[0]
            for v in page.data_validations.dataValidation
            if v.type == "list"
            for r in v.sqref.ranges
        }
        for number, one in enumerate(form_fields(part)):
            cell = f"C{number + offset}" if offset else page.cell(2, number + 1).coordinate
            assert (cell in held) or one.key not in lists, one.key


SHEET_KEYS = ("header", "figures", "example", "notes", "lists")


def test_the_empty_yaml_is_a_form_whose_comments_name_every_field() -> None:
    text = form_yaml()
    plain = yaml.safe_load(text)
    assert plain["form"] == form_version()
    assert list(plain["header"]) == [f.key for f in form_fields("header")]
    assert set(plain["header"].values()) == {None}
    for one in (*form_fields("header"), *form_fields("figures")):
        assert one.heading in text
