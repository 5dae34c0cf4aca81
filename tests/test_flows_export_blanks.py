"""Blocks far from holes, and blocks of air, as other programs get them: blanks, and no class."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml
import zarr

from flows.estimate import estimate
from flows.export import FORMATS, export
from geo.formats import open_sheets
from tests.small_belt import write_small_belt

DEPOSIT = "small-deposit"
NAME = "mean_distance_m"


@pytest.fixture(scope="module")
def estimated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The small belt, its grid wider than its holes reach and 20 m higher than its ground."""
    folder = tmp_path_factory.mktemp("blanks")
    belts = write_small_belt(folder, crs="local")
    (path,) = belts.glob("*.yaml")
    belt = yaml.safe_load(path.read_text("utf-8"))
    deposit = belt["deposits"][0]
    deposit["grid"]["shape"] = [30, 12, 8]
    deposit["topography"] = {"source": "collars"}
    deposit["plan"]["cutoffs"]["others"] = [0.0]
    path.write_text(yaml.safe_dump(belt, allow_unicode=True), "utf-8")
    estimate(DEPOSIT, str(belts), str(folder / "workspace"), workers=1)
    return belts, folder / "workspace"


def _of_vtk(path: Path) -> Any:
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkIOXML import vtkXMLImageDataReader

    reader = vtkXMLImageDataReader()
    reader.SetFileName(str(path))
    reader.Update()
    return vtk_to_numpy(reader.GetOutput().GetCellData().GetArray(NAME))


def _distances(form: str, path: Path) -> Any:
    """The mean distances that a file holds, float64, NaN for a blank."""
    if form == "vtk":
        return _of_vtk(path)
    if form == "zarr":
        with xr.open_zarr(zarr.storage.ZipStore(path, mode="r")) as found:
            return found[NAME].to_numpy().ravel()
    if form.startswith("csv"):
        frame = pd.read_csv(path, skiprows=[1, 2, 3] if form == "csv-vulcan" else None)
        values = frame[NAME if NAME in frame else NAME.upper()].to_numpy(float)
        return np.where(values == -99, np.nan, values)
    (sheet,) = open_sheets(path)
    column = sheet.columns[list(sheet.names or ()).index(NAME)]
    values = column.to_numpy(zero_copy_only=False).astype(float)
    return np.where(values <= -1e21, np.nan, values)


def test_no_format_writes_an_infinite_distance(
    estimated: tuple[Path, Path], tmp_path: Path
) -> None:
    """Fewer than three holes within reach: the format's word for none, in every format."""
    blank = set()
    for form in [f for f, whats in FORMATS.items() if "blocks" in whats and f != "cog"]:
        (path,) = export(DEPOSIT, form, "blocks", None, tmp_path, *estimated).files
        values = _distances(form, path)
        assert not np.isinf(values).any(), form
        assert np.nanmin(values) > 0, form
        blank.add(int(np.isnan(values).sum()))
    assert len(blank) == 1
    assert blank.pop() > 0


def test_air_has_no_class_and_tonnes_are_the_statement(
    estimated: tuple[Path, Path], tmp_path: Path
) -> None:
    """Blocks above the ground have an estimate yet no class; ``ore_t`` adds up to the statement."""
    out = export(DEPOSIT, "csv", "blocks", None, tmp_path, *estimated).files[0]
    blocks = pd.read_csv(out)
    air = blocks["in_place"] == 0
    assert blocks.loc[air, "cu_pct"].notna().any()
    assert blocks.loc[air, "class"].isna().all()
    assert (blocks.loc[air & blocks["domain"].notna(), "ore_t"] == 0).all()
    rows = pd.read_csv(export(DEPOSIT, "csv", "statement", None, tmp_path, *estimated).files[0])
    rows = rows[(rows["part"] == "in place") & (rows["cutoff"] == 0.0)]
    ore_t = blocks.groupby("class")["ore_t"].sum()
    assert set(ore_t.index) == set(rows["class"])
    for row in rows.itertuples():
        assert math.isclose(ore_t[row[2]], row.ore_t, rel_tol=1e-9)


def test_no_export_takes_the_place_of_another(estimated: tuple[Path, Path], tmp_path: Path) -> None:
    """Every format with everything it holds into one folder: each file has a name of its own."""
    made = [
        path
        for form, whats in FORMATS.items()
        for what in whats
        if what != "rasters"
        for path in export(DEPOSIT, form, what, None, tmp_path, *estimated).files
    ]
    assert len(made) == len(set(made))
    names = {path.relative_to(tmp_path).as_posix() for path in made}
    stem = f"{DEPOSIT}-2025-12-31"
    assert {f"{stem}-holes-leapfrog/survey.csv", f"{stem}-holes-micromine/survey.csv"} <= names
    assert {f"{stem}-holes.omf", f"{stem}-holes-omf1.omf"} <= names
