"""The command makes tables, a dataset, outlines and a page, and finds the planted deposit."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml

from flows.cli import Exit, app, run
from flows.geochemistry import geochemistry
from geo.curated import read_rasters

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Workspace in which the sample belt's survey was made."""
    workspace = tmp_path_factory.mktemp("workspace")
    made = geochemistry("gangdese", str(ROOT / "configs" / "belts"), str(workspace))
    assert not made.refused
    return workspace


def test_the_strongest_copper_anomaly_lies_over_the_deposit(folder: Path) -> None:
    register = pd.read_csv(folder / "geochemistry" / "gangdese" / "survey1-anomalies.csv")
    strongest = register[register["element"] == "cu_ppm"].sort_values("nap").iloc[-1]
    # the block model of the deposit: 1200 x 1050 m from this corner
    apart = np.hypot(strongest["easting_m"] - 436750, strongest["northing_m"] - 3226050)
    assert apart < 1500
    assert strongest["contrast"] > 1.5
    assert (register["contrast"] >= 1).all()


def test_dataset_and_outlines_agree_with_the_register(folder: Path) -> None:
    home = folder / "geochemistry" / "gangdese"
    stack = read_rasters(folder, "gangdese", "survey1")
    assert stack is not None
    with xr.open_dataset(home / "survey1.nc", engine="scipy") as file:
        assert (file["cu_ppm"].to_numpy() == stack["cu_ppm"].to_numpy()).all()
        assert "EPSG" in file["spatial_ref"].attrs["crs_wkt"]
        assert "kriging" in file["cu_ppm"].attrs["method"]
        assert len(file.attrs["source_sha256"]) == 64
    outlines = geopandas.read_file(home / "survey1-anomalies.gpkg")
    assert outlines.area.to_numpy() / 1e6 == pytest.approx(outlines["area_km2"].to_numpy())
    assert outlines.crs.to_epsg() == 4540


def test_the_page_holds_every_threshold_and_figure(folder: Path) -> None:
    text = (folder / "geochemistry" / "gangdese" / "page.html").read_text("utf-8")
    table = pd.read_csv(folder / "geochemistry" / "gangdese" / "survey1-thresholds.csv")
    assert len(table) == 8
    assert text.count("data:image/svg+xml") == 12
    copper = table.set_index("element").loc["cu_ppm"]
    assert f"{copper['median_2mad_log']:.3g}" in text
    assert "Cheng, Agterberg" in text


def test_levelling_is_shown_before_and_after(tmp_path: Path) -> None:
    """Half of a survey multiplied by 1.6 by another laboratory comes back."""
    rng = np.random.default_rng(11)
    x, y = (v.ravel() for v in np.meshgrid(np.arange(30) * 1000.0, np.arange(30) * 1000.0))
    copper = 10 ** rng.normal(1.3, 0.1, 900)
    batch = np.where(x < 15000, "A", "B")
    frame = pd.DataFrame({"easting": x + 411500, "northing": y + 3222000, "lab": batch})
    frame["Cu(ppm)"] = np.where(batch == "B", 1.6 * copper, copper).round(4)
    frame.to_csv(tmp_path / "soil.csv", index=False)
    belt = yaml.safe_load((ROOT / "configs" / "belts" / "gangdese.yaml").read_text("utf-8"))
    source = belt["geochemistry"][0]
    source |= {"root": str(tmp_path), "path": "soil.csv", "crs": belt["crs"]}
    source["maps"] |= {"elements": ["cu_ppm"]}
    source["levelling"] = {
        "group": "laboratory",
        "method": "median",
        "elements": ["cu_ppm"],
        "neighbour_distance_m": 6000.0,
        "min_samples": 20,
        "step_ratio": 1.25,
        "max_factor": 3.0,
        "citation": "test",
    }
    belt |= {"id": "tiny", "deposits": [], "rasters": [], "copper_map": None}
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(belt, allow_unicode=True), "utf-8")
    made = geochemistry("tiny", str(tmp_path), str(tmp_path / "workspace"))
    seams = pd.read_csv(made.folder / "survey1-levelling.csv")
    assert seams["ratio_before"][0] == pytest.approx(1.6, rel=0.08)
    assert seams["ratio_after"][0] == pytest.approx(1.0, abs=0.08)
    assert "survey1-levelling" not in (made.folder / "page.html").read_text("utf-8")
    groups = pd.read_csv(made.folder / "survey1-levelling-groups.csv")
    assert sorted(groups["status"].str.partition(":")[0]) == ["levelled", "unchanged"]


def test_a_survey_that_cannot_be_used_ends_in_exit_three(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    belt = yaml.safe_load((ROOT / "configs" / "belts" / "gangdese.yaml").read_text("utf-8"))
    belt["geochemistry"][0] |= {"root": str(tmp_path), "path": "absent.csv"}
    belt |= {"id": "tiny", "deposits": [], "rasters": [], "copper_map": None}
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(belt, allow_unicode=True), "utf-8")
    places = ["--configs", str(tmp_path), "--workspace", str(tmp_path / "w"), "--json"]
    code = run(lambda: app(["geochemistry", "tiny", *places], standalone_mode=False))
    assert code == Exit.DATA
    (answer,) = json.loads(capsys.readouterr().out)
    assert list(answer["refused"]) == ["absent.csv"]
    assert answer["findings"][0]["code"] == "BN-TAB-001"
