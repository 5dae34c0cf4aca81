"""Control samples among samples: the words that tell them, and nothing else."""

from __future__ import annotations

import pyarrow as pa
import pytest

from geo.qaqc import control_rows, find_controls
from geo.qaqc.samples import kind_of_cell

WORDS = {
    "blank": ("BLANK", "Blank Sample", "BLK", "空白", "流程空白", "空白样"),
    "standard": ("GBW07164", "GBW(E)070012", "OREAS 504c", "STD", "标样", "标准物质", "CRM",
                 "STSD-1"),
    "pulp": ("DUP", "DUPL OF S020", "内检", "平行样", "重复样", "ＤＵＰ", "lab duplicate"),
    "coarse": ("粗副样", "coarse duplicate", "crush dup"),
    "field": ("现场重复", "field duplicate of A1", "重复取样"),
    "check": ("外检", "外检样", "CHECK", "Umpire", "仲裁样"),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "text"), [(k, t) for k, texts in WORDS.items() for t in texts])
def test_each_word_names_its_kind(kind: str, text: str) -> None:
    assert kind_of_cell(text) == kind


@pytest.mark.parametrize(
    "text",
    ["", "Ch", "石英脉", "core", "QA/QC", "standard deviation high", "blankets", "S020", "3.2",
     "粗粒花岗岩", "CHECKED BY LI", "P3/D/BH1-020", "标高"],
)  # fmt: skip
def test_other_words_name_none(text: str) -> None:
    assert kind_of_cell(text) == ""


def test_a_sample_number_must_be_unmistakable() -> None:
    numbers = ["GBW07164", "S12-DUP", "BLK03", "GSD-1", "STD", "H1-7", "DUP", "12-内检", "TILL-4"]
    found = control_rows({}, {"sample_id": numbers})
    assert found["control_kind"].tolist() == [
        "standard", "pulp", "blank", "", "", "", "", "pulp", "",
    ]  # fmt: skip
    assert found["control_of"].tolist()[1] == "S12"
    assert found["control_material"].tolist()[0] == "GBW07164"


def test_the_sample_that_a_duplicate_repeats_is_read() -> None:
    texts = pa.array(["DUPL OF P3/D/BH1-020", "S12的内检样", "内检: S7", None])
    found = control_rows({"remark": texts})
    assert found["control_of"].tolist() == ["P3/D/BH1-020", "S12", "S7", ""]


def test_only_controls_are_found_and_each_once() -> None:
    remarks = ["", "BLANK", "DUPL OF s1", "", "quartz"]
    numbers = ["s1", "s2", "s3", "GBW07164", "s5"]
    found = find_controls({"remark": remarks}, {"sample_id": numbers})
    assert found["control_kind"].to_dict() == {1: "blank", 2: "pulp", 3: "standard"}
    assert find_controls({}, {"sample_id": ["S1", "S2"]}).empty
    assert find_controls({}).empty


@pytest.mark.parametrize(
    "number",
    ["BLK03", "Blank 2", "空白1", "gbw07164", "GSB(E)1234", "OREAS-504c", "AMIS 0123", "CDN-CM-1",
     "STD-12", "crm4", "SRM 7", "标样3", "S1-外检", "S1_UMPIRE", "S1 CHK1", "S1-粗副样", "S1-CDUP",
     "S1-FDUP", "S1-现场重复", "S1-DUP", "S1-DUPL", "S1_RPT2", "S1-内检", "S1-平行", "S1-重复",
     "ＢＬＫ０３"],
)  # fmt: skip
def test_the_quick_look_at_many_numbers_misses_no_pattern(number: str) -> None:
    """Every pattern of sample numbers has a word by which the quick look knows it."""
    many = [f"S{i:07d}" for i in range(1000)]
    found = find_controls({}, {"sample_id": [*many, number]})
    assert found.index.tolist() == [1000]


@pytest.mark.parametrize(
    ("number", "material"),
    [("GBW07233-20", "GBW07233"), ("GBW07233_3", "GBW07233"), ("标24", "标24"), ("标-3", "标-3"),
     ("GBW(E)070012-4", "GBW(E)070012"), ("STD-12-3", "STD-12-3")],
)  # fmt: skip
def test_a_running_number_behind_a_standard_is_no_part_of_its_name(
    number: str, material: str
) -> None:
    found = find_controls({}, {"sample_id": ["ZK1-1", number]})
    assert found["control_kind"].to_dict() == {1: "standard"}
    assert found["control_material"].to_dict() == {1: material}


@pytest.mark.parametrize("number", ["标高3", "标", "H标24-7", "GBW07233-20-A", "目标24"])
def test_other_numbers_with_these_letters_are_samples(number: str) -> None:
    assert find_controls({}, {"sample_id": [number]}).empty
