"""Control samples among samples: the words that tell them, and nothing else."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

from geo.qaqc import control_rows, split_controls
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


def test_every_row_is_a_sample_or_a_control_and_none_is_both() -> None:
    frame = pd.DataFrame(
        {
            "hole_id": ["A1"] * 5,
            "sample_id": ["s1", "s2", "s3", "GBW07164", "s5"],
            "remark": ["", "BLANK", "DUPL OF s1", "", "quartz"],
            "cu_pct": [1.0, 0.0, 1.1, 0.4, 2.0],
        }
    )
    samples, controls = split_controls(frame)
    assert samples["sample_id"].tolist() == ["s1", "s5"]
    assert controls["control_kind"].tolist() == ["blank", "pulp", "standard"]
    assert len(samples) + len(controls) == len(frame)


def test_a_hole_named_like_a_standard_is_no_control() -> None:
    frame = pd.DataFrame({"hole_id": ["STD1", "BLANK"], "sample_id": ["s1", "s2"]})
    samples, controls = split_controls(frame)
    assert len(samples) == 2
    assert controls.empty
