"""Government templates: rows that describe columns, elements behind their method, ESRI grids."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from flows.check_folder import check_folder
from geo.dictionary import dictionary
from geo.recognise import recognise_file

DESCRIBED = (
    ("GGIC CODE", "H1000", "H1000", "H1000", "", ""),
    ("MANDATORY", "Y", "Y*", "Y*", "", ""),
    ("DATA TYPE", "VARCHAR2", "NUMBER", "NUMBER", "NUMBER", "NUMBER"),
    ("DATA LENGTH", "40", "14,9", "15,9", "", ""),
)


@pytest.mark.parametrize(
    ("heading", "column"),
    [("IC587_Ag", "ag_gpt"), ("FA50_Au", "au_gpt"), ("ME-ICP41_Cu", "cu_pct"), ("XX_Au", None)],
)
def test_an_element_behind_its_method_is_known(heading: str, column: str | None) -> None:
    found = dictionary().match("laboratory", heading)
    assert (found.column if found else None) == column


def test_a_survey_below_rows_of_description_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(("FIELD", "SAMPLE_ID", "EASTING", "NORTHING", "Cu_ppm", "Zn_ppm"))
    for row in DESCRIBED:
        sheet.append(row)
    sheet.append(("", "S1", 512345, 7000123, 31, 80))
    sheet.append(("", "S2", 512445, 7000223, 35, 82))
    book.save(tmp_path / "pxrf.xlsx")
    check = check_folder(tmp_path)
    (balance,) = check.balances
    assert (balance.table, balance.rows_in, balance.accepted) == ("geochemistry", 2, 2)
    assert not [f for f in check.findings if f.severity == "error"]


def test_an_esri_grid_named_grd_is_a_raster(tmp_path: Path) -> None:
    head = "ncols 2\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize 10\nNODATA_value -9999\n"
    (tmp_path / "dem.grd").write_text(head + "1 2\n3 4\n")
    (found,) = recognise_file(tmp_path / "dem.grd", "dem.grd")
    assert found.kind == "raster"
