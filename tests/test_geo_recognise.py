"""Every file of a folder is told for what it is, by its columns."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from geo.recognise import recognise_file, recognise_folder

TABLES = {
    "孔口.csv": ("collar", "孔号,X,Y,高程,终孔深度\nZK1,3320113,500010,4500,300\n"),
    "测斜.csv": ("survey", "孔号,测斜深度,方位角,顶角\nZK1,0,90,2\n"),
    "化验.csv": ("assay", "孔号,自,至,样号,ω(Cu)/10⁻²\nZK1,0,2,a,0.4\n"),
    "组合分析.csv": ("combined", "孔号,自,至,样号,Re(10-6)\nZK1,0,24,c,0.3\n"),
    "岩性.csv": ("lithology", "孔号,自,至,岩性\nZK1,0,20,斑岩\n"),
    "体重.csv": ("density", "孔号,自,至,小体重\nZK1,0,1,2.65\n"),
    "members.csv": ("members", "组合样号,基本样号\nc1,a1\n"),
    "long.csv": ("laboratory", "SAMPLE_NO,CHEM_CODE,VALUE,UNIT\n1,Cu,30,ppm\n"),
    "lab.csv": ("laboratory", "Lab ID,Field ID,Cu,Mo,Au\n,,ppm,ppm,ppm\nL1,S1,30,2,0.1\n"),
    "crm.csv": ("qaqc", "ID,CRM,Cu\n1,OREAS 501,0.27\n"),
    "pairs.csv": ("qaqc", "ID,A1_Cu,A2_Cu\n1,20,21\n"),
    "stream.csv": ("geochemistry", "样品号,经度,纬度,Cu,Mo\n1,91.5,29.6,30,1.1\n"),
    "mag.csv": ("line_survey", "LINE,Longitude,Latitude,TMI\n10,91.5,29.6,52310.2\n"),
    "deposits.csv": ("not_for_us", "Deposit,Latitude,Longitude,Tonnage,Cu\nA,29,91,100,0.4\n"),
    "words.csv": ("not_for_us", "code,meaning\nTnP,tonalite\n"),
    "empty.csv": ("unreadable", ""),
}


@pytest.mark.parametrize("name", sorted(TABLES))
def test_tables_are_told_by_their_columns(name: str, tmp_path: Path) -> None:
    kind, text = TABLES[name]
    (tmp_path / name).write_text(text, "utf-8")
    found = recognise_folder(tmp_path)
    assert [f.kind for f in found] == [kind]
    assert found[0].reason_en
    assert found[0].reason_zh


def test_a_units_row_and_template_rows_are_no_data(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "FIELD,DRILLHOLE_ID,FROM,TO,Cu\nDATA TYPE,VARCHAR2,NUMBER,NUMBER,NUMBER\n"
        "DATA LENGTH,40,\"15,5\",\"15,5\",\"15,5\"\n,DD1,0,1,0.5\n,DD1,1,2,0.6\n", "utf-8"
    )  # fmt: skip
    (found,) = recognise_file(path, "a.csv")
    assert (found.kind, found.rows) == ("assay", 2)
    assert list(found.columns["from_m"].texts) == ["0", "1"]
    (tmp_path / "b.csv").write_text("BHID,FROM,TO,CU\n,m,m,ppm\nA,0,1,5000\n", "utf-8")
    (units,) = recognise_file(tmp_path / "b.csv", "b.csv")
    assert units.columns["cu_pct"].unit == "ppm"
    assert list(units.columns["cu_pct"].texts) == ["5000"]


def test_a_lattice_with_grades_is_a_block_model_and_scattered_points_are_not(
    tmp_path: Path,
) -> None:
    cells = [(x, y, z) for x in range(5) for y in range(5) for z in range(4)]
    text = "EAST,NORTH,RL,Cu\n" + "".join(f"{25 * x},{25 * y},{10 * z},0.5\n" for x, y, z in cells)
    (tmp_path / "m.csv").write_text(text, "utf-8")
    assert recognise_file(tmp_path / "m.csv", "m.csv")[0].kind == "block_model"
    text = "EAST,NORTH,RL,Cu\n" + "".join(f"{25.3 * i},{17.1 * i * i},{i},0.5\n" for i in range(99))
    (tmp_path / "p.csv").write_text(text, "utf-8")
    assert recognise_file(tmp_path / "p.csv", "p.csv")[0].kind == "geochemistry"


PUBLIC = {
    "01_babbitt_cuni": {"assay": 1, "collar": 1, "survey": 1},
    "04_cbmina_cu_porphyry": {"assay": 1, "collar": 1, "survey": 1, "lithology": 1, "points": 1},
    "06_forrestania_gswa": {"assay": 1, "collar": 2, "lithology": 1, "survey": 1},
    "07_als_multielement_open": {"laboratory": 5},
    "13_qaqc_gsc_rgr": {"qaqc": 8},
    "14_qaqc_kola_duplicates": {"qaqc": 5, "laboratory": 1},
    "15_jura_meuse": {"geochemistry": 6, "points": 3, "not_for_us": 1},
    "16_norway_gjovik_trondelag": {"geochemistry": 4},
    "17_kola_geochem": {"geochemistry": 5},
    "22_bonnie_block_model": {"block_model": 1},
    "24_raster_landsat_sentinel": {"raster": 9},
    "25_raster_edge_cases": {"raster": 29, "surface": 1, "not_for_us": 2},
    "27_aeromag_gravity": {"line_survey": 3, "raster": 1},
}
DOCUMENTS = ("README", "LICENSE", "source_", "DATA_LICENSE")


@pytest.mark.shared
@pytest.mark.parametrize("folder", sorted(PUBLIC))
def test_public_folders(folder: str, shared_data: Path) -> None:
    """Counts by kind of everything but read-mes and licences, which are not for us."""
    found = recognise_folder(shared_data / folder)
    counts: dict[str, int] = {}
    for item in found:
        if any(word in item.file for word in DOCUMENTS):
            assert item.kind == "not_for_us"
            continue
        counts[item.kind] = counts.get(item.kind, 0) + 1
    assert counts == PUBLIC[folder]


@pytest.mark.shared
def test_a_government_template_is_told_sheet_by_sheet(shared_data: Path) -> None:
    name = "gsq_submission_template_example.xlsx"
    path = shared_data / "30_formats_omf_templates" / name
    kinds = {item.sheet: item.kind for item in recognise_file(path, name)}
    wanted = {
        "DRILLHOLE_LOCATION": "collar",
        "DRILLHOLE_SURVEY": "survey",
        "DRILLHOLE_LITHOLOGY": "lithology",
        "QAQC_GEOCHEMISTY": "qaqc",
        "SAMPLE_PXRF": "geochemistry",
        "UNITS_OF_MEASURE": "not_for_us",
        "TEMPLATE_NOTES": "not_for_us",
    }
    assert {sheet: kinds[sheet] for sheet in wanted} == wanted


def test_members_of_an_archive_are_recognised_each(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("孔口.csv", "孔号,X,Y,高程,孔深\nZK1,1,2,3,50\n")
        archive.writestr("样品/化验.csv", "孔号,自,至,样号,Cu(%)\nZK1,0,2,s1,0.5\n")
        archive.writestr("说明.txt", "readme")
        archive.writestr("__MACOSX/._孔口.csv", "x")
        archive.writestr("more.zip", "x")
    found = {table.file: table for table in recognise_folder(tmp_path)}
    assert {name: table.kind for name, table in found.items()} == {
        "a.zip/孔口.csv": "collar",
        "a.zip/样品/化验.csv": "assay",
        "a.zip/说明.txt": "not_for_us",
        "a.zip/more.zip": "not_for_us",
    }
    assert found["a.zip/孔口.csv"].path == tmp_path / "a.zip" / "孔口.csv"


def test_a_damaged_archive_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 cut off")
    assert [(t.file, t.kind) for t in recognise_folder(tmp_path)] == [("a.zip", "unreadable")]
