"""From a folder of unknown tables to a first estimate, with no edit but the flags asked for."""

from __future__ import annotations

import json
import zipfile
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from estimation.belts import read_belt
from estimation.statement.notes import NOTHING_CLASSIFIED
from flows.cli import app, run
from flows.cli_options import Exit
from flows.readings import read_as_of
from geo.crs import transform
from tests.conftest import ASSAY, COLLAR, SURVEY


def bornite(*arguments: str) -> int:
    """Run the command in this process; its exit code."""
    return run(lambda: app(list(arguments), standalone_mode=False))


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """Flags that ``init --json`` asks for."""
    capsys.readouterr()
    assert bornite("init", *arguments, "--json") == Exit.HELD
    return [item["flag"].split()[0] for item in json.loads(capsys.readouterr().out)["open"]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small deposit of three tables in one folder."""
    data = tmp_path / "data"
    data.mkdir()
    for name, text in (("collar", COLLAR), ("survey", SURVEY), ("assay", ASSAY)):
        (data / f"{name}.csv").write_text(text, "utf-8")
    (data / "README.txt").write_text("about these data", "utf-8")
    return data


def many(folder: Path) -> None:
    """Twenty holes of twenty samples, copper in per cent by its heading."""
    holes = [(f"ZK{i}", 500 * (i % 5), 400 * (i // 5)) for i in range(20)]
    collar = ["BHID,X,Y,Z,DEPTH"] + [f"{h},{x},{y},300,60" for h, x, y in holes]
    survey = ["BHID,AT,AZ,DIP"] + [f"{h},0,{10 * n % 360},80" for n, (h, _, _) in enumerate(holes)]
    assay = ["BHID,FROM,TO,CU_PCT"]
    for n, (hole, _, _) in enumerate(holes):
        assay += [
            f"{hole},{3 * k},{3 * k + 3},{0.2 + 0.013 * ((7 * k + 3 * n) % 29)}" for k in range(20)
        ]
    for name, lines in (("collar", collar), ("survey", survey), ("assay", assay)):
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", "utf-8")


def test_what_is_open_is_asked_and_nothing_is_written(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configs = tmp_path / "configs"
    where = ("new", "--from", str(folder), "--crs", "local", "--configs", str(configs))
    assert asked(capsys, *where) == ["--as-of"]
    assert not list(configs.glob("*.yaml"))


def test_the_written_file_is_complete_and_a_plan_goes_into_it_with_its_comments(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """init, check, ingest, propose --write, estimate: one deposit, no hand on the file."""
    many(folder)
    configs, workspace = tmp_path / "configs", tmp_path / "workspace"
    here = ("--configs", str(configs))
    both = (*here, "--workspace", str(workspace))
    said = ("init", "new", "--from", str(folder), "--crs", "local", "--as-of", "2025-12-31")
    assert bornite(*said, *here, "--block", "100,100,20") == Exit.OK
    assert f"--configs {configs}" in capsys.readouterr().err
    path = configs / "new.yaml"
    belt = read_belt(path)
    assert belt.deposits[0].plan is None
    assert belt.deposits[0].main_element == "cu_pct"
    assert belt.deposits[0].grid.block_m == (100.0, 100.0, 20.0)
    before = path.read_text("utf-8")
    assert "20 dips from 80 to 80, 100.0 % positive" in before
    assert bornite("check", "new", *here) == Exit.OK
    assert bornite("ingest", "new", *both) == Exit.OK
    assert "propose new-cu --write" in capsys.readouterr().err
    assert bornite("propose", "new-cu", "--write", *both) == Exit.OK
    after = path.read_text("utf-8")
    assert [line for line in before.splitlines() if "#" in line and line not in after] == []
    assert read_belt(path).deposits[0].plan is not None
    assert bornite("estimate", "new-cu", *both, "--json") == Exit.OK


@pytest.mark.parametrize("written", ["prefixed", "degrees", "dms"])
def test_collars_of_three_writings_come_to_one_grid(
    written: str, folder: Path, tmp_path: Path
) -> None:
    """X = north with zone 39, decimal degrees, and degrees-minutes-seconds: the same collars."""
    many(folder)
    plain = pd.read_csv(folder / "collar.csv")
    east, north = plain["X"].to_numpy() + 500000.0, plain["Y"].to_numpy() + 3320000.0
    first, second = [f"{v:.3f}" for v in north], [f"{39e6 + v:.3f}" for v in east]
    heads = "X,Y"
    if written != "prefixed":
        lon, lat = transform("EPSG:4548", "EPSG:4490", east, north)
        show = dms if written == "dms" else "{:.9f}".format
        first, second, heads = [show(v) for v in lon], [show(v) for v in lat], "经度,纬度"
    lines = [f"孔号,{heads},高程,终孔深度"]
    for hole, a, b in zip(plain["BHID"], first, second, strict=True):
        lines.append(f"{hole},{a},{b},300,60")
    (folder / "collar.csv").write_text("\n".join(lines) + "\n", "gb18030")
    configs = tmp_path / "configs"
    said = ("init", "new", "--from", str(folder), "--crs", "EPSG:4527", "--as-of", "2025-12-31")
    assert bornite(*said, "--configs", str(configs)) == Exit.OK
    belt = read_belt(configs / "new.yaml")
    assert belt.crs == "EPSG:4548"
    data, findings = read_as_of(belt, belt.deposits[0], configs, date(2025, 12, 31))
    assert data is not None, findings
    collar = data.drillholes.collar.set_index("hole_id").loc[plain["BHID"]]
    assert np.abs(collar["easting_m"].to_numpy() - east).max() < 2e-3
    assert np.abs(collar["northing_m"].to_numpy() - north).max() < 2e-3


def dms(degrees: float) -> str:
    """An angle as degrees, minutes and seconds, to a ten-thousandth of a second."""
    whole = int(degrees)
    minutes = int((degrees - whole) * 60)
    seconds = ((degrees - whole) * 60 - minutes) * 60
    return f"{whole}°{minutes:02d}′{seconds:08.5f}″"


def test_a_second_init_does_not_overwrite(folder: Path, tmp_path: Path) -> None:
    many(folder)
    said = ("init", "new", "--from", str(folder), "--crs", "local", "--as-of", "2025-12-31",
            "--configs", str(tmp_path / "configs"))  # fmt: skip
    assert bornite(*said) == Exit.OK
    assert bornite(*said) == Exit.USAGE
    assert bornite(*said, "--force") == Exit.OK


def test_an_accepted_plan_is_not_overwritten(folder: Path, tmp_path: Path) -> None:
    many(folder)
    configs = tmp_path / "configs"
    both = ("--configs", str(configs), "--workspace", str(tmp_path / "w"))
    said = ("init", "new", "--from", str(folder), "--crs", "local", "--as-of", "2025-12-31")
    assert bornite(*said, *both[:2]) == Exit.OK
    assert bornite("propose", "new-cu", "--write", *both) == Exit.OK
    path = configs / "new.yaml"
    text = path.read_text("utf-8").replace("status: proposed", "status: accepted")
    text = text.replace("by: null", "by: someone").replace("date: null", "date: 2026-01-01")
    path.write_text(text.replace("by: ,", "by: someone,"), "utf-8")
    plan = yaml.safe_load(path.read_text("utf-8"))["deposits"][0]["plan"]
    assert plan["acceptance"]["status"] == "accepted"
    assert bornite("propose", "new-cu", "--write", *both) == Exit.USAGE


def test_a_folder_without_collars_says_what_is_missing(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "collar.csv").unlink()
    said = ("init", "new", "--from", str(folder), "--crs", "local", "--configs", str(tmp_path))
    assert bornite(*said) == Exit.DATA
    assert "collar" in capsys.readouterr().err


def test_check_on_a_folder_needs_no_configuration(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The grid names file, rule, count and row; JSON has the same; a bad row exits 3."""
    monkeypatch.setenv("BORNITE_LANG", "en")
    (folder / "assay.csv").write_text(ASSAY + "A2,2,5,s6,0.4,70\n", "utf-8")
    assert bornite("check", str(folder)) == Exit.DATA
    shown = capsys.readouterr().out
    assert "BN-INT-002" in shown
    assert "✗ assay.csv" in shown
    assert "README.txt" in shown
    assert bornite("check", str(folder), "--json") == Exit.DATA
    answer = json.loads(capsys.readouterr().out)["folders"][0]
    kinds = {item["file"]: item["is"] for item in answer["files"]}
    assert kinds == {"README.txt": "not_for_us", "assay.csv": "assay", "collar.csv": "collar",
                     "survey.csv": "survey"}  # fmt: skip
    for row in answer["balance"]:
        assert row["in"] == row["accepted"] + row["quarantined"] + row["skipped"]
    assert {v["name"]: v["value"] for v in answer["conventions"]}["dip"] == "positive_down"


def test_an_open_convention_holds_a_folder_and_names_the_flag(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Zeros in every second assay: nothing is refused, the meaning is asked (code 4)."""
    many(folder)
    lines = (folder / "assay.csv").read_text("utf-8").splitlines()
    odd = [",".join([*line.split(",")[:3], "0"]) for line in lines[2::2]]
    lines[2::2] = odd
    (folder / "assay.csv").write_text("\n".join(lines) + "\n", "utf-8")
    assert bornite("check", str(folder), "--json") == Exit.HELD
    answer = json.loads(capsys.readouterr().out)["folders"][0]
    (found,) = [f for f in answer["findings"] if f["code"] == "BN-CNV-001"]
    assert "--zero" in found["fix"]["en"]


def test_a_stated_convention_that_the_cells_contradict_is_a_finding(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """check on a belt: negative_down is configured, all dips are positive; clean without."""
    many(folder)
    here = ("--configs", str(tmp_path / "configs"))
    said = ("init", "new", "--from", str(folder), "--crs", "local", "--as-of", "2025-12-31")
    assert bornite(*said, *here) == Exit.OK
    path = tmp_path / "configs" / "new.yaml"
    for wrong in (False, True):
        if wrong:
            text = path.read_text("utf-8")
            path.write_text(text.replace("dip: positive_down", "dip: negative_down"), "utf-8")
        capsys.readouterr()
        bornite("check", "new", *here, "--json")
        belt = json.loads(capsys.readouterr().out)["belts"][0]
        codes = [f["code"] for f in belt["findings"] if f["code"].startswith("BN-CNV")]
        assert codes == (["BN-CNV-002"] if wrong else [])


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "main", "flags"),
    [
        ("01_babbitt_cuni", "cu", {"--x": "east", "--coordinate-unit": "ft", "--depth-unit": "ft",
                                   "--as-of": "2003-12-31"}),
        ("04_cbmina_cu_porphyry", "cu", {"--as-of": "2021-12-31"}),
        ("06_forrestania_gswa", "ni", {"--zero": "below-detection", "--as-of": "2020-12-31",
                                       "--special": ("negative_limit=half_limit", "spike=value")}),
    ],
)  # fmt: skip
def test_public_sets_reach_a_report_with_the_flags_asked_for_alone(
    number: str,
    main: str,
    flags: dict[str, str | tuple[str, ...]],
    shared_data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """init, check, ingest, propose, estimate, report from an empty workspace."""
    here = ("--configs", str(tmp_path / "configs"))
    both = (*here, "--workspace", str(tmp_path / "workspace"))
    said = ("new", "--from", str(shared_data / number), "--crs", "local", "--main", main, *here)
    assert set(asked(capsys, *said)) == set(flags)
    given: list[str] = []
    for flag, value in flags.items():
        for word in (value,) if isinstance(value, str) else value:
            given += [flag, word]
    coarse = {"01": "200,200,60", "04": "40,40,20", "06": "200,200,40"}[number[:2]]
    assert bornite("init", *said, *given, "--block", coarse) == Exit.OK
    assert bornite("check", "new", *here) in (Exit.OK, Exit.DATA)
    assert bornite("ingest", "new", *both) in (Exit.OK, Exit.DATA)
    assert bornite("propose", f"new-{main}", "--write", *both) == Exit.OK
    capsys.readouterr()
    assert bornite("estimate", f"new-{main}", *both, "--json") == Exit.OK
    vintage = json.loads(capsys.readouterr().out)["deposits"][0]["vintages"][-1]
    plan = read_belt(tmp_path / "configs" / "new.yaml").deposits[0].plan
    assert plan is not None
    assert plan.main_element == f"{main}_pct"
    rows = vintage["statement"]
    metal = sum(row["elements"][f"{main}_pct"]["metal_t"] for row in rows)
    if number.startswith("06"):  # holes 680 m apart: no block is near enough to be classified
        assert not rows
    else:
        assert metal > 0
    assert bornite("report", *both) == Exit.OK
    page = tmp_path / "workspace" / "site" / "deposits" / f"new-{main}.html"
    assert (NOTHING_CLASSIFIED.split(" / ")[0] in page.read_text("utf-8")) == (not rows)


def test_not_detected_is_asked_for_and_never_taken_for_not_assayed(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``N.D.`` waits for a word of a person; the table of special values shows it as written."""
    many(folder)
    path = folder / "assay.csv"
    lines = path.read_text("utf-8").splitlines()
    for i in range(1, 21):
        lines[i] = lines[i].rpartition(",")[0] + ",N.D."
    path.write_text("\n".join(lines) + "\n", "utf-8")
    configs = tmp_path / "configs"
    said = ("new", "--from", str(folder), "--crs", "local", "--as-of", "2025-12-31",
            "--configs", str(configs))  # fmt: skip
    assert asked(capsys, *said) == ["--special"]
    assert bornite("init", *said, "--special", "below_word=zero") == Exit.OK
    conventions = read_belt(configs / "new.yaml").deposits[0].drillholes.conventions
    assert conventions.not_assayed == ("-", "未测")
    capsys.readouterr()
    bornite("check", "new", "--configs", str(configs), "--json")
    answer = json.loads(capsys.readouterr().out)["belts"][0]
    rows = answer["special_values"][0]["rows"]
    assert [(r["kind"], r["count"], r["example"]) for r in rows] == [("below_word", 20, "N.D.")]


def test_what_a_new_belt_leaves_unsaid_is_told_and_stops_nothing(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    many(folder)
    configs = tmp_path / "configs"
    said = ("init", "new", "--from", str(folder), "--crs", "local", "--as-of", "2025-12-31",
            "--configs", str(configs), "--force", "--json")  # fmt: skip
    capsys.readouterr()
    assert bornite(*said, "--zero", "below-detection") == Exit.OK
    notes = json.loads(capsys.readouterr().out)["notes"]
    assert [n["flag"].split()[0] for n in notes] == ["--zero", "--vertical-datum", "--province"]
    text = (configs / "new.yaml").read_text("utf-8")
    assert "no limit stated, taken as 0 (conservative)" in text
    assert read_belt(configs / "new.yaml").vertical_datum == "未写明 / not stated"
    assert bornite(*said, "--vertical-datum", "1985", "--province", "云南: 迪庆") == Exit.OK
    assert json.loads(capsys.readouterr().out)["notes"] == []
    belt = read_belt(configs / "new.yaml")
    assert (belt.vertical_datum, belt.province.zh) == ("1985", "云南: 迪庆")


def test_a_folder_of_one_archive_becomes_a_belt(folder: Path, tmp_path: Path) -> None:
    many(folder)
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        for name in ("collar", "survey", "assay"):
            archive.write(folder / f"{name}.csv", f"{name}.csv")
            (folder / f"{name}.csv").unlink()
    configs = tmp_path / "configs"
    assert bornite("init", "new", "--from", str(folder), "--crs", "local",
                   "--as-of", "2025-12-31", "--configs", str(configs)) == Exit.OK  # fmt: skip
    files = read_belt(configs / "new.yaml").deposits[0].drillholes.campaigns[0].files
    assert [file.path for file in files] == [
        "a.zip/collar.csv",
        "a.zip/survey.csv",
        "a.zip/assay.csv",
    ]
    assert bornite("check", "new", "--configs", str(configs)) == Exit.OK
