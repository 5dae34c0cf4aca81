"""The sample belts: complete, synthetic, reproducible, and honest about truth and defects."""

from __future__ import annotations

import importlib
import itertools
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rasterio
import yaml
from pyproj import Transformer

from estimation.belts import Belt, read_belts
from geo.config import DrillholeSources
from geo.drillholes.composite import composite
from geo.drillholes.reading import read_drillholes

ROOT = Path(__file__).resolve().parent.parent
SAMPLE, CONFIGS = ROOT / "data" / "sample", ROOT / "configs" / "belts"
BELTS = ("duobaoshan", "east_tianshan", "gangdese", "zhongdian_geza")
GRADE_TO_METAL = {"pct": 1e-2, "ppm": 1e-6, "gpt": 1e-6}


@pytest.fixture(scope="module")
def program() -> Any:
    """The program that made the sample, imported from beside the data."""
    sys.path.insert(0, str(SAMPLE))
    try:
        yield importlib.import_module("make_sample")
    finally:
        sys.path.remove(str(SAMPLE))


@pytest.fixture(scope="module")
def belts() -> dict[str, tuple[Path, Belt]]:
    """The four belts' configurations."""
    every, troubles = read_belts(CONFIGS)
    assert troubles == {}
    return {name: every[name] for name in BELTS}


def _expected(belt: str) -> dict[str, Any]:
    return yaml.safe_load((SAMPLE / belt / "truth" / "expected.yaml").read_text("utf-8"))


def _truth(belt: str) -> dict[str, np.ndarray]:
    with np.load(SAMPLE / belt / "truth" / "truth_blocks.npz") as held:
        return {name: held[name] for name in held.files}


def test_every_name_that_a_page_can_show_says_synthetic(
    belts: dict[str, tuple[Path, Belt]],
) -> None:
    for _, belt in belts.values():
        assert belt.synthetic
        deposit = belt.deposits[0]
        media = [survey.medium for survey in belt.geochemistry]
        rasters = [raster.quantity for raster in belt.rasters]
        for name in (belt.name, belt.note, deposit.name, deposit.kind, *media, *rasters):
            assert "合成" in name.zh
            assert "synthetic" in name.en.lower()
        assert deposit.id.endswith("-syn")
        assert _expected(belt.id)["synthetic"] is True


def test_the_sample_is_at_most_eight_megabytes() -> None:
    files = [p for p in SAMPLE.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    assert sum(p.stat().st_size for p in files) <= 8e6


@pytest.mark.parametrize("name", BELTS)
def test_truth_lies_on_the_grid_of_the_configuration(
    belts: dict[str, tuple[Path, Belt]], name: str
) -> None:
    grid, expected = belts[name][1].deposits[0].grid, _expected(name)["grid"]
    assert expected["origin_m"] == list(grid.origin_m)
    assert expected["block_m"] == list(grid.block_m)
    assert expected["shape"] == list(grid.shape)
    assert {a.shape for a in _truth(name).values()} == {grid.shape[::-1]}


@pytest.mark.parametrize("name", BELTS)
def test_expected_figures_are_the_sums_of_the_truth(name: str) -> None:
    truth, expected = _truth(name), _expected(name)
    copper = truth["cu_pct"].astype(float)
    volume = np.prod(expected["grid"]["block_m"])
    first = truth["share_2024-12-31"].astype(float)
    for day, figures in expected["vintages"].items():
        left = truth[f"share_{day}"].astype(float)
        for part, share in (("remaining", left), ("mined_to_date", first - left)):
            tonnes = truth["density_tpm3"].astype(float) * volume * share
            for cutoff, domains in figures[part].items():
                for domain, row in domains.items():
                    ore = copper >= float(cutoff)
                    if domain != "total":
                        ore &= truth["oxide"] == (domain == "oxide")
                    assert row["ore_t"] == pytest.approx(tonnes[ore].sum(), abs=0.06)
                    for element, figure in row["elements"].items():
                        metal = (tonnes * truth[element].astype(float))[ore].sum()
                        factor = GRADE_TO_METAL[element.rsplit("_", 1)[1]]
                        assert figure["metal_t"] == pytest.approx(metal * factor, abs=6e-4)


def test_the_program_makes_the_same_files_again(program: Any, tmp_path: Path) -> None:
    program.make_belt("duobaoshan", tmp_path)
    made = {p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file()}
    kept = {p.relative_to(SAMPLE) for p in (SAMPLE / "duobaoshan").rglob("*") if p.is_file()}
    assert made == kept
    for path in sorted(made):
        if path.suffix == ".npz":
            with np.load(tmp_path / path) as new, np.load(SAMPLE / path) as old:
                assert new.files == old.files
                assert all(np.array_equal(new[name], old[name]) for name in new.files)
        elif path.suffix == ".tif":
            with rasterio.open(tmp_path / path) as new, rasterio.open(SAMPLE / path) as old:
                assert new.transform == old.transform
                assert np.array_equal(new.read(1), old.read(1))
        else:
            assert (tmp_path / path).read_bytes() == (SAMPLE / path).read_bytes(), path


PRACTICE = {"BN-INT-014", "BN-CMB-002", "BN-SUR-021", "BN-SUR-028"}
"""Warnings that the sample's holes give without a defect: samples across contacts, composites over
the planted gaps, wide steps between stations, holes that pass one another."""


@pytest.mark.parametrize("name", BELTS)
def test_reading_reports_every_planted_defect_at_its_row(
    belts: dict[str, tuple[Path, Belt]], name: str
) -> None:
    path, belt = belts[name]
    reading = read_drillholes(belt.deposits[0].drillholes, path.parent)
    assert reading.drillholes is not None
    found = {(f.file, f.sheet, f.row) for f in reading.findings}
    # rows of one hole that break one rule are one finding; each of them is in the quarantine
    refused = {(r.file, r.sheet or None, r.row) for r in reading.refused.itertuples()}
    found |= refused
    places = [p for p in _expected(name)["defects"]["places"] if "row" in p]
    assert len(places) >= 17
    missed = [p for p in places if (p["file"], p.get("sheet"), p["row"]) not in found]
    assert missed == []
    planted = {(p["file"], p.get("sheet"), p["row"]) for p in places}
    loud = [f for f in reading.findings if f.severity != "info" and f.code not in PRACTICE]
    rows = {(f.file, f.sheet, f.row) for f in loud}
    assert rows | refused == planted, "nothing else is wrong with the sample"


def test_the_four_dialects_of_one_deposit_give_identical_composites(
    program: Any, belts: dict[str, tuple[Path, Belt]], tmp_path: Path
) -> None:
    dialects = importlib.import_module("dialects")
    tables = program.canonical_tables("duobaoshan")
    holes = sorted(set(tables["collar"]["hole_id"]))[::4]
    tables = {n: t[t["hole_id"].isin(holes)] for n, t in tables.items()}
    plan = belts["duobaoshan"][1].deposits[0].plan
    made = []
    for name, dialect in dialects.DIALECTS.items():
        sheets = dialects.render(dialect, tables, 42)
        dialects.save(sheets, tmp_path / name)
        block = dialects.sources(dialect, sheets, str(tmp_path / name), 42)
        reading = read_drillholes(DrillholeSources.model_validate(block), tmp_path)
        assert [f for f in reading.findings if f.severity == "error"] == []
        assert reading.drillholes is not None
        made.append(
            composite(
                reading.drillholes,
                length_m=plan.composites.length_m,
                min_coverage=plan.composites.min_coverage,
                elements=("cu_pct", "mo_pct", "au_gpt", "ag_gpt"),
                domain_column=plan.domains.column,
                domain_codes=plan.domains.codes,
            ).table
        )
    assert len(made[0]) > 300
    assert set(made[0]["domain"]) == {"oxide", "sulphide"}
    for other in made[1:]:
        pd.testing.assert_frame_equal(made[0], other, check_exact=True)


def test_a_workbook_holds_no_time_of_writing(program: Any, tmp_path: Path) -> None:
    dialects = importlib.import_module("dialects")
    tables = {n: t.head(5) for n, t in program.canonical_tables("duobaoshan").items()}
    sheets = dialects.render(dialects.EXCEL_WORKBOOK, tables, 42)
    for folder in ("a", "b"):
        dialects.save(sheets, tmp_path / folder)
    book = "2024/drilling_2024.xlsx"
    assert (tmp_path / "a" / book).read_bytes() == (tmp_path / "b" / book).read_bytes()


@pytest.mark.parametrize("name", BELTS)
def test_collars_stand_on_the_elevation_model(
    belts: dict[str, tuple[Path, Belt]], name: str
) -> None:
    path, belt = belts[name]
    holes = read_drillholes(belt.deposits[0].drillholes, path.parent).drillholes
    assert holes is not None
    turn = Transformer.from_crs(belt.crs, 4490, always_xy=True)
    lon, lat = turn.transform(holes.collar["easting_m"], holes.collar["northing_m"])
    with rasterio.open(SAMPLE / name / "regional" / "dem.tif") as dem:
        ground = np.array([v[0] for v in dem.sample(zip(lon, lat, strict=True))], float)
    away = np.abs(ground - holes.collar["elevation_m"].to_numpy())
    assert np.median(away) < 8.0, "nearest cell of 100 m on a slope"
    with rasterio.open(SAMPLE / name / "regional" / "magnetics.tif") as magnetics:
        assert magnetics.crs.to_epsg() != int(belt.crs.split(":")[1])


@pytest.mark.parametrize("name", BELTS)
def test_assays_are_made_as_in_life(belts: dict[str, tuple[Path, Belt]], name: str) -> None:
    path, belt = belts[name]
    holes = read_drillholes(belt.deposits[0].drillholes, path.parent).drillholes
    assert holes is not None
    assert 45 <= len(holes.collar) <= 80
    assert "re_ppm" not in holes.assay
    assert holes.assay["cu_pct"].notna().all()
    assert 0.93 < holes.assay["mo_pct"].notna().mean() < 0.97
    share = holes.combined["hole_id"].nunique() / len(holes.collar)
    assert 0.3 <= share <= 0.5
    assert (holes.combined["to_m"] - holes.combined["from_m"]).max() <= 24.01


@pytest.mark.parametrize("name", BELTS)
def test_the_explored_truth_grows_and_only_one_deposit_is_mined(name: str) -> None:
    vintages = _expected(name)["vintages"]
    near = [
        v["near_holes"]["remaining"]["0.2"]["total"]["elements"]["cu_pct"]["metal_t"]
        for v in vintages.values()
    ]
    assert all(1.0 < b / a < 1.12 for a, b in itertools.pairwise(near))
    mined = [v["mined_to_date"]["0.2"]["total"]["ore_t"] for v in vintages.values()]
    assert mined[0] == 0
    assert (mined[2] > mined[1] > 0) == (name == "duobaoshan")
