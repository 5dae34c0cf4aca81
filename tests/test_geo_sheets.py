"""One table, however it is written down, gives one sheet; what can't be read is said."""

from __future__ import annotations

import gzip
import lzma
import zipfile
from datetime import date

import openpyxl
import pyarrow as pa
import pytest

from geo.formats import delimited, kind_of, open_sheets, workbook
from geo.tables.header_rows import find_header
from geo.tables.sheets import UnreadableError
from geo.tables.table import read_table
from tests.conftest import make_conventions

TEXT = "某矿区\n孔号,自,至,Cu(%)\n" + "".join(
    f"ZK{i:03d},{i},{i + 1},0.{i:03d}\n" for i in range(90)
)


def cells(sheet):
    return [list(row) for row in zip(*[c.to_pylist() for c in sheet.columns], strict=True)]


def written(tmp_path, data, name="t.csv"):
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def refused(path) -> UnreadableError:
    with pytest.raises(UnreadableError) as caught:
        open_sheets(path)
    return caught.value


@pytest.mark.parametrize(
    "changed",
    [
        TEXT,
        TEXT.replace("\n", "\r\n"),
        TEXT.replace("ZK045,45,46", "\nZK045,45,46\n\n"),
        TEXT.replace("0.045\n", "0.045,9,8\n").replace("ZK060,60,61,", "ZK060,60"),
        TEXT.replace("ZK050,", '"ZK,050",').replace("ZK051", '"ZK""51"'),
        TEXT.rstrip("\n"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_the_fast_reader_and_the_plain_one_give_the_same_sheet(
    tmp_path, monkeypatch, changed, encoding
):
    path = written(tmp_path, changed.encode(encoding))
    monkeypatch.setattr(delimited, "BULK_FROM", 1 << 30)
    (plain,) = open_sheets(path)
    monkeypatch.setattr(delimited, "BULK_FROM", 1)
    (fast,) = open_sheets(path)
    assert cells(fast) == cells(plain)
    assert fast.rows.tolist() == plain.rows.tolist() == list(range(1, len(plain) + 1))
    assert (fast.encoding, fast.separator) == (plain.encoding, plain.separator)
    assert fast.widths == plain.widths


@pytest.mark.parametrize("last", ["0.50", "<0.01", "", "nan", "-9", "1e-1", "0,5", "+0.5", " 0.5"])
def test_big_and_small_texts_give_the_same_table(tmp_path, monkeypatch, last):
    """Whatever one cell far below the header holds, the table is the same."""
    rows = "".join(f"0801,{i},{i + 1},S{i},{i % 7}.{i % 10}0,\n" for i in range(9000))
    text = f'BHID,FROM,TO,SAMPLE,CU_PCT,AG_PPM\n{rows}0801,9000,9001,x,"{last}",7\n'
    if "," not in last:
        text = text.replace('"', "")
    path = written(tmp_path, text)
    tables = []
    for limit in (1 << 30, 1):
        monkeypatch.setattr(delimited, "BULK_FROM", limit)
        tables.append(read_table(path, "assay", conventions=make_conventions()))
    plain, fast = tables
    assert fast.frame.equals(plain.frame)
    assert fast.refused.equals(plain.refused)
    assert fast.findings == plain.findings
    assert fast.frame["hole_id"].iloc[0] == "0801"
    assert fast.raw[3] == plain.raw[3] == "0801 | 1 | 2 | S1 | 1.10 | "


def test_a_big_text_keeps_its_cells_as_written(tmp_path):
    rows = "".join(f"{i},{i % 9},0.50\n" for i in range(40_000))
    path = written(tmp_path, "BHID,FROM,CU\n" + rows)
    assert path.stat().st_size > delimited.BULK_FROM
    (sheet,) = open_sheets(path)
    assert [str(column.type) for column in sheet.columns] == ["string"] * 3
    assert sheet.texts([0, 40_000]) == [["BHID", "FROM", "CU"], ["39999", str(39_999 % 9), "0.50"]]


def test_the_streamed_reader_loses_no_row(tmp_path):
    rows = "".join(f"ZK{i // 100},{i % 100},{i % 100 + 1},0.25\n" for i in range(30_000))
    path = written(tmp_path, "BHID,FROM,TO,CU\n" + rows)
    assert path.stat().st_size > delimited.BULK_FROM
    (sheet,) = open_sheets(path)
    lines = path.read_text().splitlines()
    assert len(sheet) == len(lines) == 30_001
    assert sheet.texts([0, 29, 30, 31, 30_000]) == [
        lines[i].split(",") for i in (0, 29, 30, 31, 30_000)
    ]


@pytest.mark.parametrize(("sign", "name"), [("|", "pipe"), (";", "semicolon"), (" ", "blanks")])
def test_other_separators_are_told_by_the_headings(tmp_path, sign, name):
    (sheet,) = open_sheets(written(tmp_path, "BHID,FROM,TO,CU\nA,0,1,2\n".replace(",", sign)))
    assert sheet.separator == name
    assert cells(sheet)[1] == ["A", "0", "1", "2"]


def test_packed_texts_are_unpacked_up_to_a_limit(tmp_path, monkeypatch):
    for name, pack in (("a.csv.gz", gzip.compress), ("a.csv.xz", lzma.compress)):
        (sheet,) = open_sheets(written(tmp_path, pack(TEXT.encode()), name))
        assert len(sheet) == 92
    monkeypatch.setattr(delimited, "EXPANDED_MOST", 1000)
    assert refused(tmp_path / "a.csv.gz").code == "BN-TAB-022"


@pytest.mark.parametrize(
    "spoilt",
    [
        "孔号,自,至,铜\n".encode().decode("latin-1") + "ZK1,0,1,2\n",
        "钻孔编号,起始深度,终止深度,铜\n".encode("gb18030").decode("latin-1") + "ZK1,0,1,2\n",
        "孔号,自,至,样号\nZK1,0,1,\ufffd\n",
        "BHID,FROM\0,TO\nA,0,1\n",
    ],
)
def test_spoilt_texts_are_refused(tmp_path, spoilt):
    assert refused(written(tmp_path, spoilt)).code == "BN-TAB-003"


def make_book(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["某矿区钻孔化验结果表"])
    sheet.append(["工程号", "样号", "取样位置(m)", None, None, "品位(%)", None, "送样日期"])
    sheet.append([None, None, "自", "至", "样长", "Cu", "Mo", None])
    sheet.append(["ZK1", "0801", 0, 2, 2, 0.5, 0.01, date(2024, 5, 1)])
    sheet.append([None, "0802", 2, 4, 2, "#REF!", 0.02, date(2024, 5, 2)])
    sheet["F5"].data_type = "e"
    sheet.append(["ZK2", "0803", 0, 2, 2, 0.7, None, date(2024, 5, 3)])
    sheet.append(["合计", None, None, None, 6, None, None, None])
    for area in ("A1:H1", "A2:A3", "B2:B3", "H2:H3", "C2:E2", "F2:G2", "A4:A5", "F6:G6"):
        sheet.merge_cells(area)
    sheet.row_dimensions[5].hidden = True
    path = tmp_path / "w.xlsx"
    book.save(path)
    return path


def test_a_merged_chinese_workbook_is_the_same_table_as_the_clean_csv(tmp_path):
    """Two-row merged headings, a merged hole id, a total, a failed formula, a hidden row."""
    table = read_table(make_book(tmp_path), "assay", conventions=make_conventions())
    clean = "孔号,样号,自(m),至(m),样长,Cu(%),Mo(%),送样日期\nZK1,0801,0,2,2,0.5,0.01,2024-05-01\n"
    clean += "ZK2,0803,0,2,2,0.7,,2024-05-03\n"
    path = written(tmp_path, clean.encode("gb18030"))
    plain = read_table(path, "assay", conventions=make_conventions())
    assert table.usable, table.findings
    drop = ["file", "sheet", "row"]
    assert table.frame.drop(columns=drop).equals(plain.frame.drop(columns=drop))
    places = {(f.code, f.row, f.value) for f in table.findings}
    assert ("BN-TAB-010", 5, "#REF!") in places
    assert {"BN-TAB-015", "BN-TAB-031"} <= {code for code, _, _ in places}
    balance = table.balance
    assert (balance.rows_in, balance.accepted, balance.quarantined, balance.skipped) == (4, 2, 1, 1)
    assert table.raw[4].startswith("ZK1 | 0801 | 0 | 2")


def test_a_number_merged_across_columns_is_one_grade(tmp_path):
    (sheet,) = open_sheets(make_book(tmp_path))
    assert cells(sheet)[5][5:7] == ["0.7", ""]
    assert cells(sheet)[1][5:7] == ["品位(%)", "品位(%)"]


def test_a_workbook_under_another_name_is_still_one(tmp_path):
    path = make_book(tmp_path).rename(tmp_path / "w.csv")
    assert kind_of(path) == "workbook"
    assert kind_of(written(tmp_path, "a,b\n1,2\n", "text.xls")) == "delimited"


def test_workbooks_are_opened_within_limits(tmp_path, monkeypatch):
    path = make_book(tmp_path)
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        new.writestr("xl/media/x.bin", b"\0" * (64 << 20))
    assert refused(bomb).code == "BN-TAB-022"
    entities = tmp_path / "entities.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(entities, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith("sheet1.xml"):
                data = b'<!DOCTYPE x [<!ENTITY a "b">]>' + data
            new.writestr(name, data)
    assert "entities" in str(refused(entities))
    monkeypatch.setattr(workbook, "SHEETS_MOST", 0)
    assert refused(path.rename(tmp_path / "other.xlsx")).code == "BN-TAB-022"


def test_headings_over_three_rows_with_methods_and_units():
    rows = [
        ["项目: 一号", "", "", "", "", ""],
        ["Sample", "From", "To", "Au-AA25", "ME-ICP41", "ME-ICP41.1"],
        ["", "", "", "Au", "Au", "Cu"],
        ["", "m", "m", "ppm", "ppm", "ppm"],
        ["A1", "0", "1", "0.5", "0.4", "1200"],
    ]
    header = find_header(rows, "assay", {})
    assert (header.row, header.first) == (2, 4)
    assert header.names == ("Sample", "From", "To", "Au", "Au", "Cu")
    assert header.methods == {3: "Au-AA25", 4: "ME-ICP41", 5: "ME-ICP41"}
    assert header.units == {1: "m", 2: "m", 3: "ppm", 4: "ppm", 5: "ppm"}


def test_typed_sheets_hold_numbers(tmp_path):
    """A column of float64 is read as numbers, and as text where a name is wanted."""
    from geo.tables.sheets import as_texts

    column = pa.array([34873.0, None, 0.25])
    assert as_texts(column).to_pylist() == ["34873", "", "0.25"]
