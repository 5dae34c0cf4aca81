"""A zone in the collars that isn't the belt's is asked about; what was typed is in the file."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from estimation.belts import read_belt
from flows.cli_options import Exit
from geo.conventions import Verdict, source_system
from tests.test_flows_init import asked, bornite, folder, many

__all__ = ["folder"]


def in_zone(folder: Path, zone: int, exchanged: int = 0) -> None:
    """Collars in Chinese order (X north) with a zone prefix; the first rows the other way round."""
    many(folder)
    plain = pd.read_csv(folder / "collar.csv")
    lines = ["孔号,X,Y,高程,终孔深度"]
    for i, (hole, x, y) in enumerate(zip(plain["BHID"], plain["X"], plain["Y"], strict=True)):
        pair = (f"{y + 3320000}", f"{zone * 1_000_000 + 500000 + x}")
        lines.append(",".join([hole, *(pair[::-1] if i < exchanged else pair), "300", "60"]))
    (folder / "collar.csv").write_text("\n".join(lines) + "\n", "utf-8")


def test_another_zone_is_asked_about_and_answered_by_a_flag(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Zone 32 under EPSG:4540 (zone 31): held; with --source-crs written, with a warning."""
    in_zone(folder, 32)
    where = ("new", "--from", str(folder), "--crs", "EPSG:4540", "--as-of", "2025-12-31",
             "--configs", str(tmp_path))  # fmt: skip
    assert asked(capsys, *where) == ["--source-crs"]
    assert not (tmp_path / "new.yaml").exists()
    assert bornite("check", str(folder), "--crs", "EPSG:4540", "--json") == Exit.HELD
    answer = json.loads(capsys.readouterr().out)["folders"][0]
    (said,) = [v for v in answer["conventions"] if v["name"] == "source_crs"]
    assert (said["value"], said["sure"]) == ("EPSG:4541", False)
    assert "BN-CRS-021" in {f["code"] for f in answer["findings"]}
    assert bornite("init", *where, "--source-crs", "EPSG:4541") == Exit.OK
    assert read_belt(tmp_path / "new.yaml").deposits[0].drillholes.crs == "EPSG:4541"
    capsys.readouterr()
    assert bornite("check", "new", "--configs", str(tmp_path), "--json") == Exit.OK
    assert "BN-CRS-021" in capsys.readouterr().out


def test_zones_of_one_meridian_are_not_asked_about() -> None:
    """Six-degree zone 16 and three-degree zone 31 both have 93 E; 17 has 99 E."""
    for zone, wanted in ((16, None), (31, None), (17, "EPSG:4506"), (32, "EPSG:4541")):
        told = source_system("EPSG:4540", 31, Verdict("zone_prefix", zone, "", "", True))
        assert (told.value if told else None) == wanted


def test_the_file_says_which_system_was_typed(folder: Path, tmp_path: Path) -> None:
    in_zone(folder, 31)
    for code, comment in (
        ("EPSG:4519", "# --crs: 4519 given; the same zone without prefix"),
        ("EPSG:4540", "# --crs"),
    ):
        said = ("init", "new", "--from", str(folder), "--crs", code, "--as-of", "2025-12-31")
        assert bornite(*said, "--configs", str(tmp_path), "--force") == Exit.OK
        lines = (tmp_path / "new.yaml").read_text("utf-8").splitlines()
        (line,) = [line for line in lines if line.startswith("crs:")]
        assert line == f"crs: EPSG:4540  {comment}"


def test_a_few_exchanged_rows_stop_neither_check_nor_init(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three of twenty: nothing is asked, the rows are refused and named."""
    in_zone(folder, 31, exchanged=3)
    for more in (("--crs", "EPSG:4540"), ()):
        assert bornite("check", str(folder), *more, "--json") == Exit.DATA
        answer = json.loads(capsys.readouterr().out)["folders"][0]
        told = [f["row"] for f in answer["findings"] if f["code"] == "BN-COL-029"]
        assert told == [2, 3, 4]
        assert "BN-COL-006" not in {f["code"] for f in answer["findings"]}
    said = ("init", "new", "--from", str(folder), "--crs", "EPSG:4540", "--as-of", "2025-12-31")
    assert bornite(*said, "--configs", str(tmp_path)) == Exit.OK
