"""Each check of a survey finds its seeded defect, and nothing on clean data."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from geo.geochemistry.results import level_survey
from geo.geochemistry.survey import read_geochemistry
from tests.test_geo_geochemistry import BELT, codes, grid, read, source


def test_a_sheet_number_that_the_coordinates_contradict(tmp_path: Path) -> None:
    # the grid lies at 116.79-116.99 E, 30.0-30.1 N: row 2 (30-31 N), column 2 (115.5-117 E)
    sheets = ["H50C002002"] * 200
    good = read(tmp_path, grid(200, 图幅号=sheets), BELT)
    assert "BN-GCH-009" not in codes(good)
    sheets[7] = "H50C001002"
    bad = read(tmp_path, grid(200, 图幅号=sheets), BELT)
    assert bad.refused["row"].tolist() == [9]
    assert bad.refused["code"].tolist() == ["BN-GCH-009"]
    sheets[7] = "安庆幅"
    assert "BN-GCH-010" in codes(read(tmp_path, grid(200, 图幅号=sheets), BELT))


def test_spacing(tmp_path: Path) -> None:
    east = [480000 + 1000 * (i % 20) for i in range(200)]
    east[3] -= 600
    near = read(tmp_path, grid(200, easting=east), BELT, spacing_m=1000.0)
    assert sum(f.code == "BN-GCH-011" for f in near.findings) == 2
    assert "BN-GCH-012" in codes(read(tmp_path, grid(200), BELT, spacing_m=4000.0))


def test_a_step_at_a_sheet_edge(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    copper = np.round(10 ** rng.normal(1.3, 0.1, 400), 3)
    sheets = ["J50C001001" if i % 20 < 10 else "J50C001002" for i in range(400)]
    plain = {"Cu(ppm)": copper, "map sheet": [s.lower() + "x" for s in sheets]}
    clean = read(tmp_path, grid(400, **plain), BELT, spacing_m=1000.0)
    assert "BN-GCH-014" not in codes(clean)
    stepped = np.where(np.arange(400) % 20 < 10, copper, 1.6 * copper)
    found = read(tmp_path, grid(400, **{**plain, "Cu(ppm)": stepped}), BELT, spacing_m=1000.0)
    (seam,) = (f for f in found.findings if f.code == "BN-GCH-014")
    assert 1.4 < float(seam.value or 0) < 1.8


def test_oxides_beyond_a_whole(tmp_path: Path) -> None:
    columns = {"SiO2(%)": [70.0] * 199 + [90.0], "Al2O3(%)": 14.0, "CaO(%)": 2.5}
    reading = read(tmp_path, grid(200, **columns), BELT)
    (found,) = (f for f in reading.findings if f.code == "BN-GCH-015")
    assert (found.row, "106.5" in found.message_en) == (201, True)


def test_a_batch_that_drifts(tmp_path: Path) -> None:
    batches = [f"B{i // 50}" for i in range(200)]
    assert "BN-GCH-016" not in codes(read(tmp_path, grid(200, batch=batches), BELT))
    rng = np.random.default_rng(3)
    copper = 10 ** rng.normal(1.3, 0.15, 200)
    copper[50:100] *= 2
    columns = {"batch": batches, "Cu(ppm)": np.round(copper, 3)}
    reading = read(tmp_path, grid(200, **columns), BELT)
    assert [f.value for f in reading.findings if f.code == "BN-GCH-016"] == ["B1"]


def test_what_a_regional_survey_lacks_of_its_39(tmp_path: Path) -> None:
    wanted = "Ag As B Ba Be Bi Cd Co Cr F Hg La Li Mn Mo Nb Ni P Pb Sb Sn Sr Th Ti U V W Zn Zr"
    columns = {f"{e}(ppm)": np.linspace(0.1, 0.9, 200) for e in wanted.split()}
    reading = read(tmp_path, grid(200, **columns), BELT)
    (found,) = (f for f in reading.findings if f.code == "BN-GCH-017")
    assert found.value == "y, sio2, al2o3, fe2o3, k2o, na2o, cao, mgo"


def test_coded_repeats(tmp_path: Path) -> None:
    text = grid(40, repeat_of="").splitlines()
    first, third = (line.split(",") for line in (text[1], text[3]))
    same = [*first[:3], first[3], first[4], "s0"]
    other = [*third[:3], str(2 * float(third[3])), third[4], "s2"]
    rows = [",".join(["r1", *same[1:]]), ",".join(["r2", *other[1:]])]
    reading = read(tmp_path, "\n".join([*text, *rows]) + "\n", BELT)
    assert reading.survey is not None
    assert (len(reading.survey.points), len(reading.survey.repeats)) == (40, 2)
    assert reading.balances[0].accepted == 42
    (bad,) = (f for f in reading.findings if f.code == "BN-GCH-018")
    assert "67 %" in bad.message_en
    share = {f.column: f for f in reading.findings if f.code == "BN-GCH-019"}
    assert "1 pass, 50.0 %" in share["Cu(ppm)"].message_en
    assert "2 pass, 100.0 %" in share["Au(ppb)"].message_en


def test_coordinates_given_twice(tmp_path: Path) -> None:
    text = (
        "easting,northing,long,lat,Cu ppm\n500000,3320113.398,117,30,1\n500000,3330000,117,30,2\n"
    )
    reading = read(tmp_path, text, BELT)
    assert "BN-GCH-023" in codes(reading)
    (far,) = (f for f in reading.findings if f.code == "BN-GCH-024")
    assert (far.row, "9887 m" in far.message_en) == (3, True)


def test_a_name_in_the_configuration_that_no_column_has(tmp_path: Path) -> None:
    reading = read(tmp_path, grid(60), BELT, units={"mo_ppm": "ppm"})
    (found,) = (f for f in reading.findings if f.code == "BN-GCH-029")
    assert found.value == "mo_ppm"
    chosen = {"Cu(ppm)": "cu_icp_ppm", "Zn": "zn_ppm", "Au(ppb)": "gold"}
    renamed = read(tmp_path, grid(60), BELT, columns=chosen)
    assert renamed.survey is not None
    assert "cu_icp_ppm" in renamed.survey.elements
    wrong = {f.value for f in renamed.findings if f.code == "BN-GCH-029"}
    assert wrong == {"Zn", "gold"}
    assert "BN-GCH-033" in codes(read(tmp_path, grid(60, **{"Zn(ppm)": [""] + ["9"] * 59}), BELT))


def test_a_refused_levelling_is_a_finding_and_changes_nothing(tmp_path: Path) -> None:
    settings = {
        "group": "batch",
        "method": "median",
        "elements": ["cu_ppm"],
        "neighbour_distance_m": 3000.0,
        "min_samples": 500,
        "step_ratio": 1.2,
        "max_factor": 3.0,
        "citation": "test",
    }
    batches = [f"B{i // 100}" for i in range(200)]
    asked = source(tmp_path, grid(200, batch=batches), BELT, levelling=settings)
    survey = read_geochemistry(asked, BELT, Path()).survey
    assert survey is not None
    done = level_survey(survey, asked)
    assert [f.code for f in done.findings] == ["BN-GCH-028"] * 2
    assert done.survey.values.equals(survey.values)
    no_group = asked.model_copy(
        update={"levelling": asked.levelling.model_copy(update={"group": "laboratory"})}
    )
    assert [f.code for f in level_survey(survey, no_group).findings] == ["BN-GCH-029"]
