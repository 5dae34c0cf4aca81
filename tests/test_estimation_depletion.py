"""Mined-out ground: surfaces and solids by date, losses, dilution, and what a vintage is worth."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import trimesh
from pydantic import ValidationError

from estimation import ground as ground_module
from estimation.ground import measure_ground, mined_findings, open_mined
from estimation.results import StatementRow
from estimation.statement.extraction import Ore, delivered, taken
from estimation.statement.mined import MinedVolume, mining_notes
from estimation.statement.rows import state_rows
from estimation.statement.volumes import Ground, Stage, share_below
from geo.config import MinedGround
from geo.findings import DataError
from geo.meshes.mesh import Mesh
from geo.meshes.writing import write_obj
from tests.engine_problems import ModelInMemory, element_plan, make_grid, make_plan

Floats = npt.NDArray[np.float64]
DAYS = (date(2024, 12, 31), date(2025, 12, 31), date(2026, 12, 31))
GRID = make_grid(shape=(12, 10, 6), tile=(5, 4, 4))
"""Blocks of 10 x 10 x 5 m from (1000, 2000, 300)."""


def box_mesh(low: tuple[float, ...], high: tuple[float, ...]) -> Mesh:
    """A closed box."""
    made = trimesh.creation.box(bounds=[low, high])
    return Mesh("stope", np.asarray(made.vertices, float), np.asarray(made.faces, np.int64))


def solid(folder: Path, name: str, mesh: Mesh, day: date, **rates: Any) -> MinedGround:
    """A mined solid in a file."""
    write_obj([mesh], folder / f"{name}.obj")
    said = {"citation": "a test"} if rates else {}
    return MinedGround(
        as_of=day, kind="solid", root=str(folder), path=f"{name}.obj", **rates, **said
    )


def deposit_of(*mined: MinedGround, vintage: date = DAYS[2]) -> Any:
    """What measuring the ground needs of a deposit, without terrain."""
    deposit = SimpleNamespace(
        mined=mined, topography=SimpleNamespace(source="none"), vintages=(vintage,)
    )
    belt = SimpleNamespace(crs="local")
    return SimpleNamespace(grid=GRID, deposit=deposit, belt=belt, base=Path(), vintage=vintage)


def whole(share: Any) -> Floats:
    """Share of every block."""
    found: Floats = share(GRID.whole)
    return found


# ------------------------------------------------------------------ configuration


def test_rates_without_a_source_are_refused() -> None:
    """A loss or dilution rate is a number of somebody's; none at all is not known."""
    plain: dict[str, Any] = {"as_of": DAYS[0], "root": ".", "path": "pit.tif"}
    bare = MinedGround(**plain)
    assert (bare.kind, bare.loss_rate, bare.dilution_rate) == ("surface", None, None)
    assert bare.model_dump(exclude_defaults=True) == plain
    for rate in ({"loss_rate": 0.1}, {"dilution_rate": 0.1}):
        with pytest.raises(ValidationError, match="citation"):
            MinedGround(**plain, **rate)
        assert MinedGround(**plain, **rate, citation="2025 annual report, p. 12")
    with pytest.raises(ValidationError):
        MinedGround(**plain, loss_rate=1.2, citation="x")


def test_a_solid_must_be_closed_and_a_polygon_is_none(tmp_path: Path) -> None:
    """An open mesh, a polygon and an absent file are told before anything is estimated."""
    mesh = box_mesh((1010, 2010, 305), (1030, 2030, 315))
    opened = Mesh("stope", mesh.vertices_m, mesh.triangles[1:])
    wrong = solid(tmp_path, "open", opened, DAYS[0])
    ring = "[[[1000,2000],[1050,2000],[1050,2050],[1000,2000]]]"
    (tmp_path / "ring.geojson").write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},'
        f'"geometry":{{"type":"Polygon","coordinates":{ring}}}}}]}}',
        "utf-8",
    )
    flat = wrong.model_copy(update={"path": "ring.geojson"})
    absent = wrong.model_copy(update={"path": "none.obj"})
    late = absent.model_copy(update={"as_of": date(2030, 1, 1)})
    found = mined_findings(deposit_of(wrong, flat, absent, late).deposit, Path(), "local")
    assert {f.file: f.code[:6] for f in found} == {
        "open.obj": "BN-MSH",
        "ring.geojson": "BN-MSH",
        "none.obj": "BN-TAB",
    }
    with pytest.raises(DataError):
        open_mined(flat, Path(), "local")
    fine = solid(tmp_path, "fine", mesh, DAYS[0])
    assert mined_findings(deposit_of(fine).deposit, Path(), "local") == ()


# ------------------------------------------------------------------ ground


def test_a_stope_on_block_faces_takes_whole_blocks(tmp_path: Path) -> None:
    """Two by three by two blocks are gone from its date on, nothing before, nothing beside."""
    mesh = box_mesh((1020, 2030, 305), (1040, 2060, 315))
    mined = solid(tmp_path, "stope", mesh, DAYS[1])
    before = measure_ground(deposit_of(mined, vintage=DAYS[0]), None)
    assert not before.anything_mined_since()
    assert (whole(before.left) == 1.0).all()
    ground = measure_ground(deposit_of(mined), DAYS[0])
    gone = whole(ground.mined_since)
    assert set(np.unique(gone)) == {0.0, 1.0}
    assert gone[1:3, 3:6, 2:4].sum() == gone.sum() == 12.0


def test_a_ball_takes_its_volume(tmp_path: Path) -> None:
    """Shares of blocks add up to the volume of a sphere of 22 m to 1 %."""
    ball = trimesh.creation.icosphere(subdivisions=4, radius=22.0)
    at = np.array([1061.3, 2048.7, 314.2])
    mesh = Mesh("stope", np.asarray(ball.vertices) * [1, 1, 0.5] + at, np.asarray(ball.faces))
    ground = measure_ground(deposit_of(solid(tmp_path, "ball", mesh, DAYS[0])), None)
    volume = whole(ground.mined).sum() * GRID.block_volume_m3
    assert volume == pytest.approx(4 / 3 * np.pi * 22.0**3 / 2, rel=0.01)


def test_solids_that_overlap_take_their_ground_once(tmp_path: Path) -> None:
    """A stope surveyed again, larger and shifted by part of a block, takes only what is new."""
    first = box_mesh((1020, 2020, 305), (1045, 2050, 315))
    second = box_mesh((1020, 2020, 305), (1065, 2050, 315))
    ground = measure_ground(
        deposit_of(solid(tmp_path, "a", first, DAYS[0]), solid(tmp_path, "b", second, DAYS[1])),
        DAYS[0],
    )
    cubic = GRID.block_volume_m3
    one, two = ground.stages
    assert whole(ground.taken(one)).sum() * cubic == pytest.approx(25 * 30 * 10)
    assert whole(ground.taken(two)).sum() * cubic == pytest.approx(20 * 30 * 10)
    assert (whole(ground.mined_since) == whole(ground.taken(two))).all()


def test_stages_telescope_and_losses_are_weighed_by_stage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Left + mined = ground; stages add up; what is mined stays mined where a survey ends."""
    rng = np.random.default_rng(2)
    terrain = rng.uniform(318.0, 335.0, (10, 12))
    pits = {"a.tif": terrain - 4.0, "c.tif": terrain - rng.uniform(0, 20, (10, 12))}
    pits["c.tif"][0, :3] = np.nan  # the second survey ends here
    opened = ground_module.open_mined

    def open_pit(mined: MinedGround, base: Path, crs: str) -> Any:
        if mined.kind == "solid":
            return opened(mined, base, crs)
        heights = pits[mined.path]
        return SimpleNamespace(body=SimpleNamespace(elevation_m=lambda _: heights.ravel()))

    monkeypatch.setattr(ground_module, "open_mined", open_pit)
    monkeypatch.setattr(ground_module, "_ground_surface", lambda _: terrain)
    plain: dict[str, Any] = {"root": ".", "citation": "a test"}
    stope = box_mesh((1033, 2021, 302), (1081, 2067, 327))
    mined = (
        MinedGround(as_of=DAYS[2], path="c.tif", loss_rate=0.2, **plain),
        MinedGround(as_of=DAYS[0], path="a.tif", **plain),
        solid(tmp_path, "b", stope, DAYS[1], loss_rate=0.1),
    )
    ground = measure_ground(deposit_of(*mined), DAYS[0])
    below = share_below(GRID, terrain)
    left, gone, since = (whole(f) for f in (ground.left, ground.mined, ground.mined_since))
    assert left + gone == pytest.approx(below, abs=1e-15)
    assert min(left.min(), gone.min(), since.min()) >= 0.0
    parts = [whole(ground.taken(stage)) for stage in ground.stages]
    assert [stage.as_of for stage in ground.stages] == list(DAYS)
    assert sum(parts) == pytest.approx(gone, abs=1e-15)
    assert min(part.min() for part in parts) >= 0.0
    assert since == pytest.approx(parts[1] + parts[2], abs=1e-15)
    assert whole(ground.lost_since) == pytest.approx(0.1 * parts[1] + 0.2 * parts[2], abs=1e-15)
    assert gone[:, 0, :3] == pytest.approx(parts[0][:, 0, :3], abs=1e-15)
    assert gone[:, 0, :3].sum() > 0
    for tile in GRID.tiles():
        for found, every in ((ground.left, left), (ground.mined_since, since)):
            assert (found(tile.slices) == every[tile.slices]).all()
    assert len(mining_notes(ground)) == 1
    assert DAYS[0].isoformat() in mining_notes(ground)[0]


# ------------------------------------------------------------------ losses and dilution


def test_ore_delivered_by_hand() -> None:
    """100 kt at 1 % with 10 % lost and 10 t of waste to 90 t of ore: 100 kt at 0.9 %.

    Waste of 9.09 % of the ore delivered is 10 t to every 100 t of ore (McCarthy 2001).
    """
    ore = Ore(100_000.0, {"cu_pct": 1000.0, "au_gpt": 0.1})
    brought = delivered(ore, 0.1, 0.1)
    assert brought.ore_t == pytest.approx(100_000.0)
    assert brought.metal_t == pytest.approx({"cu_pct": 900.0, "au_gpt": 0.09})
    assert brought.grade("cu_pct") == pytest.approx(0.9)
    assert brought.grade("au_gpt") == pytest.approx(0.9)
    assert delivered(Ore(100.0, {}), 0.0, 10 / 110).ore_t == pytest.approx(110.0)
    back = taken(brought, 0.1, 0.1)
    assert (back.ore_t, back.metal_t["cu_pct"]) == pytest.approx((100_000.0, 1000.0))
    assert Ore(0.0, {"cu_pct": 0.0}).grade("cu_pct") is None
    with pytest.raises(ValueError, match="loss rate of 1"):
        taken(brought, 1.0, 0.0)


def rows(model: ModelInMemory, share: Any) -> tuple[StatementRow, ...]:
    """Rows at the reporting cut-off."""
    plan = make_plan({"cu_pct": element_plan(), "mo_ppm": element_plan()})
    return state_rows(model, plan, {"all": 2.5}, share, (0.3,))


def test_what_is_not_known_is_not_made_up() -> None:
    """Without a loss rate nothing is told as lost or delivered; a blank by-product has no grade."""
    model = ModelInMemory(GRID, ("cu_pct", "mo_ppm"))
    for name, value in {"domain": 1, "mean_distance_m": 20.0, "share": 1.0}.items():
        model.put("geometry", name, value)
    for name, value in {"estimate": 0.5, "holes": 5, "slope": 0.9}.items():
        model.put("cu_pct", name, value)
    half = model.field("cu_pct", "estimate") * 40.0
    half[:, 5:] = np.nan
    model.put("mo_ppm", "estimate", half)
    stage = Stage(DAYS[1], 0.1, 0.2, None, None)
    known = MinedVolume(stage, rows(model, lambda s: np.full((6, 10, 12)[:3], 0.5)[s]))
    assert known.ore.ore_t == pytest.approx(720 * 500 * 0.5 * 2.5)
    assert known.lost is not None
    assert known.lost.ore_t == pytest.approx(known.ore.ore_t / 10)
    assert known.delivered is not None
    assert known.delivered.ore_t == pytest.approx(known.ore.ore_t * 0.9 / 0.8)
    assert known.delivered_grade("cu_pct") == pytest.approx(0.5 * 0.8)
    assert known.delivered_grade("mo_ppm") == pytest.approx(20.0 * 0.8)
    blank = MinedVolume(Stage(DAYS[1], None, 0.2, None, None), known.taken)
    assert (blank.lost, blank.delivered) == (None, None)
    assert blank.as_plain()["lost"] is None
    no_waste = MinedVolume(Stage(DAYS[1], 0.1, None, None, None), known.taken)
    assert no_waste.delivered is None
    assert no_waste.delivered_grade("cu_pct") is None
    ground = Ground(GRID, None, (stage,))
    assert mining_notes(ground) == ()
