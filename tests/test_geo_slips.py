"""Slips of the pen and of spreadsheets that whole tables hide: each found, clean ones silent."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from geo.config import DrillholeSources
from geo.dictionary import dictionary, method_in, without_method
from geo.drillholes.holes import family_of_name
from geo.drillholes.reading import DrillholeReading, read_drillholes
from geo.formats import open_sheets
from geo.qaqc import QaqcReading
from geo.tables.sheets import UnreadableError
from tests.conftest import make_conventions
from tests.qaqc_tables import judged

EAST, NORTH = 436_700.0, 3_226_000.0


def tables() -> dict[str, list[list[str]]]:
    """Twelve holes of 60 m, sampled every 3 m, in a town of 400 m; lognormal grades."""
    rng = np.random.default_rng(7)
    collar = [["BHID", "XCOLLAR", "YCOLLAR", "ZCOLLAR", "LENGTH"]]
    survey, assay = [["BHID", "AT", "BRG", "DIP"]], [["BHID", "FROM", "TO", "CU_PCT", "MO_PCT"]]
    for i in range(12):
        east = EAST + 100 * (i % 4) + rng.normal(0, 6)
        north = NORTH + 100 * (i // 4) + rng.normal(0, 6)
        up = 4800 + rng.normal(0, 5)
        collar.append([f"ZK{i:04d}", f"{east:.2f}", f"{north:.2f}", f"{up:.2f}", "60"])
        survey += [[f"ZK{i:04d}", "0", "90", "70"], [f"ZK{i:04d}", "50", "90", "70"]]
        for k in range(20):
            copper, moly = np.exp(rng.normal(-1, 0.5)), np.exp(rng.normal(-4.3, 0.8))
            row = [f"ZK{i:04d}", str(3 * k), str(3 * k + 3), f"{copper:.3f}", f"{moly:.4f}"]
            assay.append(row)
    return {"collar": collar, "survey": survey, "assay": assay}


def read(folder: Path, changed: dict[str, list[list[str]]], crs: str | None) -> DrillholeReading:
    """Write and read a deposit."""
    for name, rows in changed.items():
        text = "\n".join(",".join(row) for row in rows) + "\n"
        (folder / f"{name}.csv").write_text(text, "utf-8")
    files = [{"path": f"{name}.csv", "table": name} for name in changed]
    block = {
        "root": str(folder),
        "campaigns": [{"as_of": "2025-12-31", "files": files}],
        "conventions": make_conventions(),
    }
    return read_drillholes(DrillholeSources.model_validate(block), folder, crs)


def told(reading: DrillholeReading | QaqcReading) -> set[tuple[str, int | None]]:
    """Code and row of every warning and error."""
    return {(f.code, f.row) for f in reading.findings if f.severity != "info"}


def test_clean_tables_are_silent(tmp_path: Path):
    assert told(read(tmp_path, tables(), "EPSG:4540")) == set()


def test_a_collar_far_from_all_others_has_a_wrong_digit(tmp_path: Path):
    changed = tables()
    changed["collar"][4][2] = "3262" + changed["collar"][4][2][4:]
    assert told(read(tmp_path, changed, "EPSG:4540")) == {("BN-COL-026", 5)}


def test_an_elevation_that_no_slope_explains_has_a_wrong_digit(tmp_path: Path):
    changed = tables()
    changed["collar"][6][3] = f"{float(changed['collar'][6][3]) / 10:.2f}"
    assert told(read(tmp_path, changed, "EPSG:4540")) == {("BN-COL-027", 7)}


def test_a_square_lattice_of_places_is_a_design(tmp_path: Path):
    """The nearest neighbour lies east for some and north for others: one step all the same."""
    changed = tables()
    for i, row in enumerate(changed["collar"][1:]):
        row[1:3] = [f"{EAST + 100 * (i % 4):.2f}", f"{NORTH + 100 * (i // 4):.2f}"]
    assert told(read(tmp_path, changed, "EPSG:4540")) == {("BN-COL-017", None)}


def test_a_zone_far_away_is_told(tmp_path: Path):
    """Eastings that no zone can have are of another zone, not of an unknown kind."""
    changed = tables()
    for row in changed["collar"][1:]:
        row[1] = f"{float(row[1]) - 880_000:.2f}"
    reading = read(tmp_path, changed, "EPSG:4540")
    assert told(reading) == {("BN-CRS-015", None)}
    assert reading.drillholes is None


def test_a_run_of_one_row_is_told_in_a_small_table(tmp_path: Path):
    """The run's own rows don't make its grade a common one."""
    changed = tables()
    for i in range(101, 107):
        changed["assay"][i][3:] = ["0.731", "0.0217"]
    assert told(read(tmp_path, changed, "EPSG:4540")) == {("BN-ASY-027", 102)}


def test_a_single_value_far_above_all_others_stands_out(tmp_path: Path):
    """0.013 written 1.3: beyond five robust deviations, and ten times the next highest."""
    changed = tables()
    highest = max(float(row[4]) for row in changed["assay"][1:])
    changed["assay"][50][4] = f"{highest * 11:.4f}"
    assert told(read(tmp_path, changed, "EPSG:4540")) == {("BN-ASY-025", 51)}
    changed["assay"][50][4] = f"{highest * 1.5:.4f}"
    assert told(read(tmp_path, changed, "EPSG:4540")) == set()


@pytest.mark.parametrize(
    ("heading", "method", "rest", "unit"),
    [
        ("IC587_Cu", "IC587", "Cu", None),
        ("Cu_ME-ICP61_ppm", "ME-ICP61", "Cu_ppm", "ppm"),
        ("Cu_OG46_pct", "OG46", "Cu_pct", "pct"),
        ("Cu-OG46 %", "OG46", "Cu %", "pct"),
        ("Cu_ppm_ICP61", "ICP61", "Cu_ppm", "ppm"),
    ],
)
def test_a_method_beside_an_element_is_no_part_of_its_name(heading, method, rest, unit):
    assert (method_in(heading), without_method(heading)) == (method, rest)
    found = dictionary().match("assay", heading)
    assert found is not None
    assert (found.column, found.unit) == ("cu_pct", unit)


def test_one_element_by_two_bare_methods_is_asked_about(tmp_path: Path):
    changed = tables()
    changed["assay"][0][3:] = ["Cu_OG46_pct", "Cu_ICP61_pct"]
    reading = read(tmp_path, changed, "EPSG:4540")
    (found,) = (f for f in reading.findings if f.code == "BN-TAB-023")
    assert "OG46" in found.message_en
    assert reading.drillholes is not None
    copper = reading.drillholes.assay["cu_pct"].sum()
    assert copper == pytest.approx(sum(float(row[3]) for row in changed["assay"][1:]))


def test_ounces_to_the_ton_are_asked_about(tmp_path: Path):
    """Short, long or metric tons: the difference is 12 %, so nothing is assumed."""
    changed = tables()
    changed["assay"][0][4] = "Au(oz/t)"
    assert ("BN-TAB-020", None) in told(read(tmp_path, changed, "EPSG:4540"))


@pytest.mark.parametrize(
    ("name", "kind"),
    [("ZK0801", "drill-hole"), ("PL-ZK0801", "drill-hole"), ("TC-12", "trench"), ("DDH-7", None)],
)
def test_letters_before_the_number_tell_the_working(name, kind):
    assert family_of_name(name) == kind


def test_a_web_page_under_a_workbooks_name_is_no_workbook(tmp_path: Path):
    path = tmp_path / "drilling.xlsx"
    path.write_bytes(b"<html><body><table><tr><td>404</td></tr></table></body></html>")
    with pytest.raises(UnreadableError) as raised:
        open_sheets(path, "化验")
    assert raised.value.code == "BN-TAB-003"


def test_the_original_of_a_check_stands_beside_its_own_number(tmp_path: Path):
    """原样号 beside 样品编号 names the original; alone it is the sample's number."""
    rows: list[list[object]] = [["样品编号", "质控类型", "原样号", "批次", "Cu(%)"]]
    rows += [[f"S{i}", "", "", "B1", round(0.2 + 0.05 * i, 3)] for i in range(10)]
    rows += [[f"S{i}D", "内检", f"S{i}", "B1", round(0.2 + 0.05 * i, 3)] for i in (2, 5)]
    reading = judged(tmp_path, "checks.csv", rows)
    assert reading.controls.count == {"pulp": 2}
    assert not any(code == "BN-QAQ-002" for code, _ in told(reading))
    pairs = reading.controls.pairs
    assert pairs["sample_id"].tolist() == ["S2", "S5"]
    assert pairs["first"].tolist() == [0.3, 0.45]
