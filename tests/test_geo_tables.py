"""One table means the same in every encoding, separator, unit and sheet."""

from __future__ import annotations

import numpy as np
import openpyxl
import pandas as pd
import pytest

from geo.tables.table import Table, read_table
from tests.conftest import make_conventions

ASSAY_ZH = "孔号,样号,自,至,Cu(%),Mo(10-6)\nZK1,a,0,2,0.5,100\nZK1,b,2,4,＜0.01,＞900\n"


def read(path, table="assay", **kwargs) -> Table:
    conventions = make_conventions(**kwargs.pop("changes", {}))
    return read_table(path, table, conventions=conventions, **kwargs)


def codes(table: Table) -> set[str]:
    return {found.code for found in table.findings}


def written(tmp_path, text, encoding="utf-8", name="t.csv"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_encoding_and_separator_change_nothing(tmp_path, encoding, separator):
    plain = read(written(tmp_path, ASSAY_ZH, name="a.csv"))
    other = read(written(tmp_path, ASSAY_ZH.replace(",", separator), encoding, "b.csv"))
    drop = ["file"]
    pd.testing.assert_frame_equal(plain.frame.drop(columns=drop), other.frame.drop(columns=drop))
    assert plain.usable


def test_special_values_keep_their_meaning(tmp_path):
    text = "BHID,FROM,TO,CU_PCT\nA,0,1,<0.02\nA,1,2,\nA,2,3,-\nA,3,4,0\nA,4,5,>10\nA,5,6,1.5\n"
    table = read(written(tmp_path, text))
    np.testing.assert_array_equal(table.frame["cu_pct"], [0.01, np.nan, np.nan, 0.0, 10.0, 1.5])
    assert {"BN-ASY-003", "BN-ASY-004", "BN-ASY-005"} <= codes(table)
    zero = read(tmp_path / "t.csv", changes={"zero_is": "not_assayed", "below_detection": "zero"})
    np.testing.assert_array_equal(zero.frame["cu_pct"], [0.0, np.nan, np.nan, np.nan, 10.0, 1.5])


def test_units_are_converted_to_the_same_bits(tmp_path):
    """0.0123 % and 123 ppm and 123000 ppb are one number."""
    frames = [
        read(written(tmp_path, f"BHID,FROM,TO,MO({unit})\nA,0,1,{value}\n")).frame["mo_pct"][0]
        for unit, value in (("%", "0.0123"), ("10⁻⁶", "123"), ("ppb", "123000"))
    ]
    assert frames == [0.0123] * 3


def test_feet_become_metres(tmp_path):
    text = "BHID,FROM,TO,CU_PCT\nA,0,10,1\n"
    table = read(written(tmp_path, text), changes={"depth_unit": "ft"})
    assert table.frame["to_m"][0] == 3.048
    clash = read(written(tmp_path, text.replace("TO,", "TO_M,")), changes={"depth_unit": "ft"})
    assert "BN-TAB-008" in codes(clash)
    assert not clash.usable


def test_copper_of_4500_in_a_percent_column_is_an_error(tmp_path):
    rows = "".join(f"A,{i},{i + 1},{4500 + i}\n" for i in range(5))
    table = read(written(tmp_path, "BHID,FROM,TO,CU(%)\n" + rows))
    assert not table.usable
    assert "BN-TAB-009" in codes(table)
    right = read(tmp_path / "t.csv", units={"cu_pct": "ppm"})
    assert "BN-TAB-008" in codes(right), "the header says %, the configuration ppm"
    bare = read(written(tmp_path, "BHID,FROM,TO,CU\n" + rows), units={"cu_pct": "ppm"})
    assert bare.usable
    assert bare.frame["cu_pct"][0] == 0.45


def test_a_missing_column_names_the_nearest_headers(tmp_path):
    table = read(written(tmp_path, "BHID,FORM,TO,CU\nA,0,1,1\n"))
    (found,) = [f for f in table.findings if f.code == "BN-TAB-006"]
    assert found.column == "from_m"
    assert "FORM" in found.message_en
    assert "FORM" in found.fix_zh
    named = read(tmp_path / "t.csv", columns={"FORM": "from_m"})
    assert named.usable


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("abc", "BN-TAB-010"),
        ("nan", "BN-TAB-010"),
        ("0,5", "BN-TAB-011"),
        ("-0.1", "BN-ASY-001"),
        ("36", "BN-ASY-002"),
    ],
)
def test_a_bad_grade_is_quarantined_with_its_place(tmp_path, cell, code):
    text = f'BHID,FROM,TO,CU_PCT\nA,0,1,0.5\nA,1,2,"{cell}"\nA,2,3,0.5\n'
    table = read(written(tmp_path, text))
    (found,) = [f for f in table.findings if f.code == code]
    assert (found.row, found.column, found.value) == (3, "CU_PCT", cell)
    assert table.frame["row"].tolist() == [2, 4]
    assert table.refused["code"].tolist() == [code]
    assert (table.balance.rows_in, table.balance.accepted, table.balance.quarantined) == (3, 2, 1)


def test_totals_are_skipped_and_ragged_rows_refused(tmp_path):
    text = "孔号,自,至,Cu(%)\nZK1,0,1,1\nZK1,1,2,1,9\n\n平均,,,1\n"
    table = read(written(tmp_path, text, "gb18030"))
    balance = table.balance
    assert (balance.rows_in, balance.accepted, balance.quarantined, balance.skipped) == (3, 1, 1, 1)
    assert "BN-TAB-014" in codes(table)


def test_a_workbook_with_title_units_row_and_merged_hole_is_read(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "说明"
    sheet = book.create_sheet("化验")
    sheet.append(["某矿区化验成果表"])
    sheet.append(["工程号", "从", "到", "Cu", "Re"])
    sheet.append([None, "m", "m", "%", "10-6"])
    sheet.append([34873, 0, 2, 0.5, 0.2])
    sheet.append([None, 2, 4, "<0.01", None])
    sheet.merge_cells("A4:A5")
    path = tmp_path / "w.xlsx"
    book.save(path)
    table = read(path, sheet="化验")
    assert table.usable, table.findings
    assert table.frame["hole_id"].tolist() == ["34873", "34873"]
    assert table.frame["row"].tolist() == [4, 5]
    assert table.frame["cu_pct"].tolist() == [0.5, 0.005]
    assert read(path).balance.sheet == "化验", "the sheet with known headings is found"
    assert codes(read(path, sheet="nowhere")) == {"BN-TAB-004"}


def test_a_hole_id_that_became_a_date_is_refused(tmp_path):
    table = read(written(tmp_path, "BHID,FROM,TO,CU\n2026-01-01,0,1,1\nA,0,1,1\n"))
    assert "BN-TAB-018" in codes(table)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "BN-TAB-003"),
        (b"\xff\xff\x81\x30abc", "BN-TAB-003"),
        (b"1,2\n3,4\n", "BN-TAB-005"),
        ("孔号,自,至\n锟斤拷,0,1\n".encode(), "BN-TAB-003"),
    ],
)
def test_an_unreadable_file_is_a_finding_and_no_exception(tmp_path, data, code):
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    table = read(path)
    assert code in codes(table)
    assert not table.usable


def test_a_damaged_or_absent_workbook_is_a_finding(tmp_path):
    path = tmp_path / "w.xlsx"
    assert codes(read(path)) == {"BN-TAB-001"}
    path.write_bytes(b"PK not a workbook")
    assert codes(read(path)) == {"BN-TAB-003"}


def test_an_unknown_unit_and_a_wrong_configured_column_are_errors(tmp_path):
    path = written(tmp_path, "BHID,FROM,TO,CU\nA,0,1,1\n")
    assert "BN-TAB-020" in codes(read(path, units={"cu_pct": "furlong"}))
    assert "BN-TAB-021" in codes(read(path, columns={"CU": "kupfer_xyz"}))
    twice = written(tmp_path, "BHID,FROM,TO,CU,Cu(%)\nA,0,1,1,1\n")
    assert "BN-TAB-007" in codes(read(twice))
    assert read(twice, columns={"CU": "ignore"}).usable
