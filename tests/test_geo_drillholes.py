"""Reading a deposit never raises for data, and accounts for every row."""

from __future__ import annotations

import csv
import time
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml

from estimation.belts import read_belt, read_belts
from geo.config import DrillholeSources
from geo.drillholes.reading import read_drillholes

ROOT = Path(__file__).resolve().parent.parent

PLANTED = {
    "overlap": "BN-INT-002",
    "gap": "BN-INT-003",
    "from_not_before_to": "BN-INT-001",
    "duplicate_collar": "BN-COL-001",
    "no_collar": "BN-INT-006",
}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"assay": None}, "BN-TAB-001"),
        ({"assay": "BHID,FROM,CU\nA1,0,1\n"}, "BN-TAB-006"),
        ({"assay": b"\xff\xff\x81\x30"}, "BN-TAB-003"),
        ({"assay": "BHID,FROM,TO,CU_PCT\nA1,0,1,4500\n"}, "BN-TAB-009"),
        ({"collar": "BHID,X,Y,Z\nA1,1,2,abc\n"}, "BN-TAB-016"),
        ({"assay": "BHID,FROM,TO,CU_PCT\nB1,0,1,1\n"}, "BN-TAB-016"),
    ],
)
def test_a_table_that_can_not_be_used_is_an_error_and_no_drillholes(deposit, changes, code):
    reading = read_drillholes(deposit(**changes), Path())
    assert reading.drillholes is None
    (error,) = [f for f in reading.findings if f.code == code]
    assert error.severity == "error"
    assert error.fix_zh
    assert error.fix_en


def test_an_empty_or_absent_folder_is_an_error(deposit, tmp_path):
    sources = deposit()
    (tmp_path / "empty").mkdir()
    for name in ("empty", "absent"):
        moved = DrillholeSources(**{**sources.model_dump(), "root": str(tmp_path / name)})
        reading = read_drillholes(moved, Path())
        assert [f.code for f in reading.findings] == ["BN-TAB-002"]
        assert reading.drillholes is None


def test_as_of_shows_what_was_known_then(tmp_path, deposit):
    sources = deposit()
    later = tmp_path / "later"
    later.mkdir()
    (later / "collar.csv").write_text("BHID,X,Y,Z,DEPTH\nB1,1300,2000,300,50\n")
    (later / "assay.csv").write_text("BHID,FROM,TO,CU_PCT\nB1,0,2,1\nA2,6,8,1\n")
    files = [{"path": f"later/{t}.csv", "table": t} for t in ("collar", "assay")]
    plain = sources.model_dump()
    plain["campaigns"] = [{"as_of": "2026-10-31", "files": files}, *plain["campaigns"]]
    reading = read_drillholes(DrillholeSources(**plain), Path())
    assert reading.drillholes is not None
    assert len(reading.drillholes.assay) == 7
    then = reading.drillholes.as_of(date(2025, 12, 31))
    assert set(then.collar["hole_id"]) == {"A1", "A2"}
    assert len(then.assay) == 5
    assert set(reading.files) == set(reading.origins)


def test_a_later_campaign_may_send_headers_only_or_the_same_collars_again(tmp_path, deposit):
    sources = deposit()
    later = tmp_path / "later"
    later.mkdir()
    for name in ("collar", "survey"):
        (later / f"{name}.csv").write_text((tmp_path / f"{name}.csv").read_text())
    (later / "assay.csv").write_text("BHID,FROM,TO,CU_PCT\n")
    files = [{"path": f"later/{t}.csv", "table": t} for t in ("collar", "survey", "assay")]
    plain = sources.model_dump()
    plain["campaigns"] = [*plain["campaigns"], {"as_of": "2026-10-31", "files": files}]
    reading = read_drillholes(DrillholeSources(**plain), Path())
    assert reading.drillholes is not None
    assert len(reading.drillholes.collar) == 2
    assert set(reading.refused["code"]) == {"BN-COL-001", "BN-SUR-009"}


def test_tables_of_headers_only_are_an_error(deposit):
    for table, header in (
        ("collar", "BHID,X,Y,Z"),
        ("survey", "BHID,AT,AZ,DIP"),
        ("assay", "BHID,FROM,TO,CU"),
    ):
        reading = read_drillholes(deposit(**{table: header + "\n"}), Path())
        assert reading.drillholes is None
        assert [f.file for f in reading.findings if f.code == "BN-TAB-016"] == [f"{table}.csv"]


def test_babbitt_is_read_and_checked_in_two_seconds_and_every_row_is_accounted_for(shared_data):
    belt = read_belt(ROOT / "configs/public/babbitt.yaml")
    sources = belt.deposits[0].drillholes
    start = time.perf_counter()
    reading = read_drillholes(sources, ROOT / "configs/public")
    assert time.perf_counter() - start < 2.0 * _slowness()
    rows = {b.table: (b.rows_in, b.accepted, b.quarantined, b.skipped) for b in reading.balances}
    assert rows == {
        "collar": (399, 399, 0, 0),
        "survey": (2628, 2558, 0, 70),
        "assay": (35616, 35616, 0, 0),
    }
    assert reading.drillholes is not None
    assay = reading.drillholes.assay
    assert int(assay["cu_pct"].isna().sum()) == 11931
    assert "34873" in set(assay["hole_id"])
    assert not [f for f in reading.findings if f.severity == "error"]
    assert assay["to_m"].max() == pytest.approx(3574 * 0.3048)


def _slowness() -> float:
    """How much slower than a quiet machine this one is just now."""
    start = time.perf_counter()
    sum(i * i for i in range(1_000_000))
    return max(1.0, (time.perf_counter() - start) / 0.08)


def marked_cells(folder: Path, file: str, sheet: str | None, column: str) -> int:
    """Cells of a column that begin with a less-than sign, counted without the project's code."""
    if sheet is None:
        data = (folder / file).read_bytes()
        text = data.decode("gb18030" if name_is_chinese(file) else "utf-8-sig")
        rows: list[Any] = list(csv.reader(text.splitlines()))
    else:
        book = openpyxl.load_workbook(folder / file, read_only=True)
        rows = list(book[sheet].iter_rows(values_only=True))
    index = rows[0].index(column)
    return sum(str(row[index] or "").startswith(("<", "＜")) for row in rows[1:])


def name_is_chinese(file: str) -> bool:
    return not file.isascii()


def sample_belts() -> list[str]:
    return sorted(path.stem for path in (ROOT / "configs/belts").glob("*.yaml"))


@pytest.mark.parametrize("name", sample_belts())
def test_every_defect_planted_in_the_samples_is_reported_at_its_place(name):
    path, belt = read_belts(ROOT / "configs/belts")[0][name]
    expected = yaml.safe_load((ROOT / f"data/sample/{name}/truth/expected.yaml").read_text("utf-8"))
    reading = read_drillholes(belt.deposits[0].drillholes, path.parent)
    assert reading.drillholes is not None
    told = {(f.code, f.file, f.row) for f in reading.findings if f.row}
    refused = reading.refused[["code", "file", "row"]].itertuples(index=False, name=None)
    rows = told | set(refused)
    counts = {
        (f.file, f.sheet, f.column): int(f.value or 0)
        for f in reading.findings
        if f.code == "BN-ASY-003"
    }
    for place in expected["defects"]["places"]:
        if place["kind"] == "below_detection":
            where = (place["file"], place.get("sheet"), place["column"])
            assert counts[where] == marked_cells(ROOT / "data/sample" / name, *where)
        else:
            assert (PLANTED[place["kind"]], place["file"], place["row"]) in rows, place
    planted = {
        (PLANTED[place["kind"]], place["file"], place["row"])
        for place in expected["defects"]["places"]
        if place["kind"] in PLANTED
    }
    assert {row for row in rows if row[0] in PLANTED.values()} == planted, "none is invented"
