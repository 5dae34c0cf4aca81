"""Files ready for the downloads: made once for a model, left out where the data have changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from estimation.results import DepositResult
from flows.estimate import estimate
from flows.export import FORMATS
from flows.room.exports import CONTENTS, prepared_files
from flows.room.viewer import viewer_scenes
from flows.runtime import Workspace
from geo.files import sha256
from reporting.settings import Downloads, ExportFormat, SiteSettings
from reporting.viewer.scene import plates_path, scene_about
from tests.small_belt import spoil, write_small_belt

DEPOSIT = "small-deposit"
ZARR = SiteSettings(downloads=Downloads(formats=("zarr", "gpkg")))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Workspace]:
    """The small belt, estimated: folder of belts, workspace."""
    folder = tmp_path_factory.mktemp("ready")
    belts = write_small_belt(folder, crs="local")
    estimate(DEPOSIT, str(belts), str(folder / "workspace"), workers=1)
    return belts, Workspace(folder / "workspace")


def _shown(house: Workspace) -> dict[str, tuple[DepositResult, ...]]:
    days = ("2024-12-31", "2025-12-31")
    return {DEPOSIT: tuple(DepositResult.read(house.result(DEPOSIT, day)) for day in days)}


def test_every_format_of_the_settings_can_be_exported() -> None:
    for form in get_args(ExportFormat):
        assert set(CONTENTS.get(form, ("blocks",))) <= set(FORMATS[form])


def test_exports_are_made_once_and_again_only_for_other_formats(
    place: tuple[Path, Workspace],
) -> None:
    belts, house = place
    made, missing = prepared_files(belts, house, _shown(house), ZARR)
    assert missing == {}
    names = [one.name for one in made]
    stem = f"software/{DEPOSIT}"
    assert f"{stem}/zarr-blocks/{DEPOSIT}-2025-12-31-blocks.zarr.zip" in names
    assert f"{stem}/gpkg-holes/{DEPOSIT}-2025-12-31-holes.gpkg.json" in names
    assert len(names) == 2 * 3
    for one in made:
        assert sha256(one.source) == one.sha256
        if one.name.endswith(".json"):
            about = json.loads(one.source.read_text("utf-8"))["provenance"]
            assert about["synthetic"] is True
    times = {one.source: one.source.stat().st_mtime_ns for one in made}
    (house.exports / DEPOSIT / "desktop.ini").write_text("x", "utf-8")  # a stray file stops nothing
    assert prepared_files(belts, house, _shown(house), ZARR) == (made, {})
    assert {path: path.stat().st_mtime_ns for path in times} == times
    fewer = SiteSettings(downloads=Downloads(formats=("csv-surpac",)))
    (blocks, _notes), _ = prepared_files(belts, house, _shown(house), fewer)
    assert blocks.name.endswith("blocks-surpac.csv")
    assert not any(path.exists() for path in times)
    none = SiteSettings(downloads=Downloads(formats=()))
    assert prepared_files(belts, house, _shown(house), none) == ((), {})


def test_a_model_of_other_data_is_not_offered(tmp_path: Path) -> None:
    belts = write_small_belt(tmp_path, crs="local")
    house = Workspace(tmp_path / "workspace")
    estimate(DEPOSIT, str(belts), str(house.root), workers=1)
    spoil(belts, "assay", lambda text: text.replace(",0.", ",1.", 1))
    made, missing = prepared_files(belts, house, _shown(house), ZARR)
    assert made == ()
    assert "changed" in missing[DEPOSIT].en
    assert not list(house.exports.glob("**/*.zip"))
    scenes, unseen = viewer_scenes(belts, house, _shown(house), 1000)
    assert scenes == {}
    assert "estimate again" in unseen[DEPOSIT].en


def test_forms_that_cannot_be_written_are_left_out_and_said(
    place: tuple[Path, Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("flows.room.exports.movement_of", fails)
    belts, house = place
    none = SiteSettings(downloads=Downloads(formats=()))
    made, missing = prepared_files(belts, house, _shown(house), none)
    assert made == ()
    assert missing["statutory.xlsx"].en == "OSError: no space left"


def test_a_scene_is_made_again_by_another_program_and_not_by_the_same(
    place: tuple[Path, Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    belts, house = place
    path = viewer_scenes(belts, house, _shown(house), 1000)[0][DEPOSIT]
    before = path.stat().st_mtime_ns
    viewer_scenes(belts, house, _shown(house), 1000)
    assert path.stat().st_mtime_ns == before
    plates_path(path).unlink()
    viewer_scenes(belts, house, _shown(house), 1000)
    assert scene_about(plates_path(path))["key"] == scene_about(path)["key"]
    assert {one.name for one in path.parent.iterdir()} == {path.name, plates_path(path).name}
    monkeypatch.setattr("flows.room.viewer.code_version", lambda: "another")
    viewer_scenes(belts, house, _shown(house), 1000)
    assert path.stat().st_mtime_ns != before
