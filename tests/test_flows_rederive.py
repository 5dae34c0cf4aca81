"""Kept figures made again from the vault, their decision and the program."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from estimation.errors import EstimationError
from estimation.originals import BESIDE, originals_beside
from estimation.results import DepositResult
from flows.belts import find_deposit
from flows.rederive import rederived_differences
from geo.config import digest
from geo.vault import vault_path
from tests.figure_desk import DEPOSIT, Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A small belt, not yet estimated."""
    return Desk(tmp_path)


def test_a_figure_is_made_again_from_the_vault_alone(desk: Desk) -> None:
    """The files are gone, the plan is another: the kept result comes out the same, every word."""

    desk.mine()
    results = desk.night()
    assert results[1].depletion
    shutil.rmtree(desk.data)
    desk.change(lambda d: d["plan"]["cutoffs"].update(reporting=0.35))
    for result in results:
        again = desk.again(result)
        assert rederived_differences(result, again) == ()
        assert again.digest == result.digest
    assert not list(desk.workspace.glob("again-*"))


def test_a_table_in_an_archive_and_tables_of_controls_come_out_of_the_vault(desk: Desk) -> None:
    """The second campaign came as one archive, with controls beside it that hold nothing back."""
    folder = desk.data / "1"
    with zipfile.ZipFile(desk.data / "drop.zip", "w") as archive:
        for path in sorted(folder.glob("*.csv")):
            archive.write(path, path.name)
    shutil.rmtree(folder)
    (desk.data / "controls.csv").write_text("SAMPLE,QC_TYPE,CU_PCT\nq1,blank,0.001\n")

    def packed(deposit: dict[str, Any]) -> None:
        names = ("collar", "survey", "assay")
        files = [{"path": f"drop.zip/{name}.csv", "table": name} for name in names]
        deposit["drillholes"]["campaigns"][1]["files"] = files
        rules = {"on_failure": "note", "standard": "both", "blank_times_detection_limit": 5.0}
        deposit["qaqc"] = {"files": [{"path": "controls.csv"}], "rules": rules}

    desk.change(packed)
    result = desk.night()[1]
    assert {"drop.zip/assay.csv", "controls.csv"} <= set(result.extras["files"])
    assert result.extras["decided"]["qaqc"]["rules"]["on_failure"] == "note"
    shutil.rmtree(desk.data)
    desk.change(lambda deposit: deposit.pop("qaqc"))
    assert rederived_differences(result, desk.again(result)) == ()


def test_a_figure_that_is_not_what_its_inputs_give_is_named(desk: Desk) -> None:
    """A tonnage written by hand; the digest of the file was made to fit."""
    result = desk.night()[0]
    plain = json.loads(json.dumps(result._plain()))
    plain["statement"]["rows"][0]["ore_t"] += 1.0
    plain["holes"] += 1
    path = desk.workspace / "by-hand.json"
    path.write_text(json.dumps({"sha256": digest(plain), "result": plain}), "utf-8")
    other = DepositResult.read(path)
    assert rederived_differences(other, desk.again(other)) == ("holes", "statement")


def test_what_is_missing_for_a_figure_is_named(desk: Desk) -> None:
    """An original gone, one changed, and the vintage before not kept."""
    first, second = desk.night()
    name, sha = sorted(second.extras["files"].items())[0]
    path = vault_path(sha, desk.workspace)
    whole = path.read_bytes()
    path.unlink()
    with pytest.raises(EstimationError, match=rf"{name} \({sha[:12]}\) is not in the vault"):
        desk.again(second)
    path.write_bytes(whole[:-1] + b"9")
    with pytest.raises(EstimationError, match=f"{name}.*its bytes in the vault changed"):
        desk.again(second)
    path.write_bytes(whole)
    kept = desk.workspace / "models" / DEPOSIT / "results" / "kept"
    (kept / f"{first.digest[:16]}.json").unlink()
    with pytest.raises(EstimationError, match="the result of 2024-12-31 that it follows"):
        desk.again(second)


def test_originals_beside_the_tables_are_kept_and_noted_with_their_side_cars(desk: Desk) -> None:
    """A mined surface and the plan's polygon, under the names of the configuration."""
    desk.mine()
    (desk.data / "pit.prj").write_text("LOCAL")
    result = desk.night()[1]
    noted = result.extras[BESIDE]
    assert set(noted) == {f"{desk.data}/pit.obj", f"{desk.data}/pit.prj"}
    assert all(vault_path(sha, desk.workspace).is_file() for sha in noted.values())
    belt, deposit, base = find_deposit(DEPOSIT, desk.configs)
    assert set(originals_beside(belt, deposit, base)) == set(noted)
