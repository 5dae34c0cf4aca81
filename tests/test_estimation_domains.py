"""Domains by place: shares of blocks, flags of samples, what the files' trouble leads to."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh

from estimation.belts import read_belt
from estimation.deposit import DepositData, composite_samples
from estimation.domains.blocks import foot_volumes, share_blocks
from estimation.domains.flagging import back_flag
from estimation.domains.orientation import directions_at, plane_directions, trend_of
from estimation.domains.shell import propose_shell
from estimation.domains.study import study
from estimation.domains.volumes import load_volumes, volumes_of
from estimation.errors import EstimationError
from estimation.plan import Plan
from estimation.plan.domains import DomainPlan
from estimation.studies import Workbench
from geo.drillholes.reading import read_drillholes
from geo.findings import DataError
from geo.meshes.checks import check_mesh
from geo.meshes.mesh import Mesh
from geo.meshes.reading import read_mesh
from geo.meshes.writing import write_obj
from tests.small_belt import write_small_belt

BODY = np.array([1080.0, 2080.0, 470.0])
"""Middle of the small belt's copper."""

Make = Callable[..., DepositData]


def ellipsoid(path: Path, half_m: tuple[float, float, float], at: np.ndarray = BODY) -> Mesh:
    made = trimesh.creation.icosphere(subdivisions=4, radius=1.0)
    mesh = Mesh(
        path.stem, np.asarray(made.vertices) * half_m + at, np.asarray(made.faces, np.int64)
    )
    write_obj([mesh], path)
    return mesh


def volume(domain: str, path: str, side: str = "inside", **more: Any) -> dict[str, Any]:
    return {"domain": domain, "file": {"root": ".", "path": path}, "side": side, **more}


def domain_plan(*volumes: dict[str, Any], **more: Any) -> dict[str, Any]:
    plain = {"column": None, "codes": {}, "soft": [], "subcells": [4, 4, 4], "volumes": volumes}
    return {**plain, **more}


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """The small belt's data with these domains; files of volumes lie in ``tmp_path``."""
    belts = write_small_belt(tmp_path)
    belt = read_belt(belts / "small.yaml")
    deposit = belt.deposits[0]
    read = read_drillholes(deposit.drillholes, belts, belt.crs)
    assert read.drillholes is not None

    def change(domains: dict[str, Any], **changes: Any) -> DepositData:
        plan = deposit.plan.model_dump(mode="json") | changes  # type: ignore[union-attr]
        plan["domains"] = domains
        names = DomainPlan.model_validate(domains).names
        plan["density"]["assigned_tpm3"] = dict.fromkeys(names, 2.6)
        planned = deposit.model_copy(update={"plan": Plan.model_validate(plan)})
        return DepositData(belt, planned, tmp_path, date(2025, 12, 31), read.drillholes, {})

    return change


def test_shares_are_exact_to_a_sub_cell(tmp_path: Path) -> None:
    """A box whose walls lie on sub-cells has exact shares; an ellipsoid's blocks add up to it."""
    box = trimesh.creation.box((30.0, 30.0, 10.0))
    corner = np.add(box.vertices, [15.0, 15.0, 5.0])
    write_obj([Mesh("box", corner, np.asarray(box.faces, np.int64))], tmp_path / "box.obj")
    plan = DomainPlan.model_validate(domain_plan(volume("ore", "box.obj")))
    loaded = load_volumes(plan, tmp_path)
    centres = np.array([[10.0, 10, 5], [30.0, 10, 5], [30.0, 30, 5], [50.0, 10, 5]])
    shares = share_blocks(loaded, centres, (20.0, 20.0, 10.0), (4, 4, 2))
    assert shares.share.tolist() == [1.0, 0.5, 0.25, 0.0]
    assert shares.domain.tolist() == [1, 1, 1, 0]
    assert not shares.second.any()

    again = pickle.loads(pickle.dumps(loaded))
    assert np.array_equal(again.inside(centres), loaded.inside(centres))
    write_obj([Mesh("box", corner * 1.001, np.asarray(box.faces, np.int64))], tmp_path / "box.obj")
    assert load_volumes(plan, tmp_path).digest != loaded.digest


def test_blocks_add_up_to_the_solid(make: Make, tmp_path: Path) -> None:
    half = (90.0, 70.0, 25.0)
    mesh = ellipsoid(tmp_path / "ore.obj", half)
    data = make(domain_plan(volume("ore", "ore.obj"), subcells=[8, 8, 8]))
    volumes = volumes_of(data)
    assert volumes is not None
    (foot,) = foot_volumes(volumes, data.grid, (8, 8, 8))
    assert foot.solid_m3 == pytest.approx(4 / 3 * np.pi * np.prod(half), rel=5e-3)
    assert foot.solid_m3 == pytest.approx(mesh.volume_m3, rel=1e-6)
    assert foot.blocks_m3 == pytest.approx(foot.solid_m3, rel=2e-3)
    assert abs(foot.error_share) < 2e-3
    assert foot.overlap_m3 == 0.0


def test_the_first_of_overlapping_volumes_decides(make: Make, tmp_path: Path) -> None:
    small = ellipsoid(tmp_path / "core.obj", (40.0, 40.0, 15.0))
    large = ellipsoid(tmp_path / "ore.obj", (90.0, 90.0, 25.0))
    data = make(domain_plan(volume("core", "core.obj"), volume("ore", "ore.obj")))
    volumes = volumes_of(data)
    assert volumes is not None
    core, ore = foot_volumes(volumes, data.grid, (8, 8, 8))
    assert core.overlap_m3 == 0.0
    assert ore.overlap_m3 == pytest.approx(small.volume_m3, rel=0.02)
    assert ore.blocks_m3 == pytest.approx(large.volume_m3 - small.volume_m3, rel=0.01)
    made = share_blocks(
        volumes, data.grid.tile_centres_m(data.grid.tile(0)), (20, 20, 10), (4, 4, 4)
    )
    both = made.second > 0
    assert both.any()
    assert np.all(made.share[both] >= made.second_share[both])
    assert np.all(made.share + made.second_share <= 1.0 + 1e-12)
    said = " ".join(words.en for words in study(Workbench(data)).remarks)
    assert "BN-MSH-017" in said
    assert "'core' and 'ore' overlap by about" in said


def test_intervals_are_cut_where_the_hole_passes_the_contact(make: Make, tmp_path: Path) -> None:
    """Vertical holes through an ellipsoid: the depths of the contact are known."""
    half = (90.0, 90.0, 25.0)
    ellipsoid(tmp_path / "ore.obj", half)
    data = make(domain_plan(volume("ore", "ore.obj")))
    table = composite_samples(data)["basic"].table
    middle = table[np.isclose(table["easting_m"], 1080) & np.isclose(table["northing_m"], 2080)]
    # the hole goes through poles of the sphere's mesh: 25 m on either side, to the chord's error
    assert middle["from_m"].min() == pytest.approx(30 - 25, abs=0.01)
    assert middle["to_m"].max() == pytest.approx(30 + 25, abs=0.01)
    side = table[np.isclose(table["easting_m"], 1040) & np.isclose(table["northing_m"], 2040)]
    reach = 25 * np.sqrt(1 - 2 * (40 / 90) ** 2)
    assert side["from_m"].min() == pytest.approx(30 - reach, abs=0.15)
    assert side["to_m"].max() == pytest.approx(30 + reach, abs=0.15)
    assert set(table["domain"]) == {"ore"}


def test_flagging_keeps_the_metal_to_1e_9(make: Make, tmp_path: Path) -> None:
    ellipsoid(tmp_path / "ore.obj", (90.0, 70.0, 25.0))
    domains = domain_plan(volume("ore", "ore.obj"), volume("waste", "ore.obj", "outside"))
    data = make(domains, composites={"length_m": 4.0, "min_coverage": 1e-9})
    made = composite_samples(data)["basic"]
    assay = data.drillholes.assay
    for element in ("cu_pct", "mo_pct"):
        composited = float((made.table[element] * made.assayed_m[element]).sum())
        assayed = float((assay[element] * (assay["to_m"] - assay["from_m"])).sum())
        assert composited == pytest.approx(assayed, rel=1e-9)
    rows = made.table.sort_values(["hole_id", "from_m"])
    same = rows["hole_id"].eq(rows["hole_id"].shift())
    assert np.allclose(rows["from_m"][same], rows["to_m"].shift()[same], atol=1e-9)


def test_volumes_decide_before_codes_and_codes_the_rest(
    deposit: Callable[..., Any], tmp_path: Path
) -> None:
    """Hole A2 is vertical, 6 m assayed; a slab from 2 to 3 m depth is ``core``."""
    from geo.drillholes.composite import combined_composites, composite

    log = "BHID,FROM,TO,LITH,OXIDATION\nA2,0,4,a,oxide\nA2,4,6,a,sulphide\n"
    read = read_drillholes(deposit(lithology=log), tmp_path)
    holes = read.drillholes
    assert holes is not None, read.findings
    slab = trimesh.creation.box((50.0, 50.0, 1.0))
    corner = np.add(slab.vertices, [1100.0, 2000.0, 310.0 - 2.5])
    write_obj([Mesh("", corner, np.asarray(slab.faces, np.int64))], tmp_path / "slab.obj")
    codes = {"oxide": ("oxide",), "core": ("sulphide",)}
    plan = domain_plan(volume("core", "slab.obj"), column="oxidation", codes=codes)
    volumes = load_volumes(DomainPlan.model_validate(plan), tmp_path)
    assert volumes.names == ("core", "oxide")
    given: dict[str, Any] = {"domain_column": "oxidation", "domain_codes": codes, "ground": volumes}
    made = composite(holes, length_m=10.0, min_coverage=0.1, elements=("cu_pct",), **given).table
    made = made[made["hole_id"] == "A2"]
    found = list(zip(made["domain"], made["from_m"].round(3), made["to_m"].round(3), strict=True))
    assert found == [("oxide", 0, 2), ("core", 2, 3), ("oxide", 3, 4), ("core", 4, 6)]
    assert combined_composites(holes, elements=("cu_pct",), **given).table.empty


def test_one_volume_s_trouble_does_not_stop_the_others(make: Make, tmp_path: Path) -> None:
    mesh = ellipsoid(tmp_path / "ore.obj", (90.0, 70.0, 25.0))
    write_obj([Mesh("", mesh.vertices_m, mesh.triangles[1:])], tmp_path / "open.obj")
    ellipsoid(
        tmp_path / "far.obj", (90.0, 70.0, 25.0), at=np.add(BODY, [500_000.0, 4_000_000.0, 0.0])
    )
    ellipsoid(tmp_path / "between.obj", (5.0, 5.0, 5.0), at=np.add(BODY, [20.0, 20.0, 0.0]))
    (tmp_path / "empty.obj").write_text("# nothing\n")
    data = make(
        domain_plan(
            volume("a", "open.obj"), volume("b", "far.obj"), volume("c", "absent.obj"),
            volume("d", "empty.obj"), volume("e", "../up.obj"), volume("ore", "ore.obj"),
            volume("between", "between.obj"),
        )
    )  # fmt: skip
    volumes = volumes_of(data)
    assert volumes is not None
    assert volumes.domains == ("ore", "between")
    told = {found.file: found.code for found in volumes.findings}
    assert told == {
        "open.obj": "BN-MSH-002",
        "far.obj": "BN-MSH-007",
        "absent.obj": "BN-TAB-001",
        "empty.obj": "BN-MSH-001",
        "../up.obj": "BN-INB-004",
    }
    made = study(Workbench(data))
    said = "\n".join(words.zh + words.en for words in made.remarks)
    for code in (*told.values(), "BN-MSH-016"):
        assert code in said
    assert "3 open edges" in said
    assert "另一坐标系" in said
    assert set(composite_samples(data)["basic"].table["domain"]) == {"ore"}

    alone = make(domain_plan(volume("a", "open.obj")))
    with pytest.raises(DataError):
        volumes_of(alone)
    assert "BN-MSH-002" in study(Workbench(alone)).remarks[0].en


def test_the_study_s_figures_and_tables_foot(make: Make, tmp_path: Path) -> None:
    ellipsoid(tmp_path / "ore.obj", (90.0, 90.0, 25.0))
    data = make(domain_plan(volume("ore", "ore.obj"), volume("waste", "ore.obj", "outside")))
    made = study(Workbench(data))
    table = {one.name: one.frame for one in made.tables}["domains"].set_index("domain")
    assert table["metres_pct"].sum() == pytest.approx(100.0)
    assert table["volume_pct"].sum() == pytest.approx(100.0)
    whole = np.prod(data.grid.spec.shape) * data.grid.block_volume_m3
    assert table["blocks_m3"].sum() == pytest.approx(whole)
    assert {check.verdict for check in made.checks if check.test == "flag_midpoint"} == {"pass"}
    assert [figure.name for figure in made.figures][:3] == ["domains_x", "domains_y", "domains_z"]


def test_wrong_flags_are_found(make: Make, tmp_path: Path) -> None:
    """Composites flagged by another solid: the back-flag test says so."""
    ellipsoid(tmp_path / "ore.obj", (90.0, 90.0, 25.0))
    ellipsoid(tmp_path / "moved.obj", (90.0, 90.0, 25.0), at=np.add(BODY, [0.0, 0.0, 25.0]))
    data = make(domain_plan(volume("ore", "ore.obj")))
    table = composite_samples(data)["basic"].table
    other = volumes_of(make(domain_plan(volume("ore", "moved.obj"))))
    assert other is not None
    (flag,) = back_flag(other, table, data.grid, (4, 4, 4), {"ore": 1.0})
    assert flag.midpoint_share < 0.7


def test_a_shell_keeps_the_share_and_is_closed(make: Make, tmp_path: Path) -> None:
    data = make({"column": None, "codes": {}, "soft": []})
    shell = propose_shell(Workbench(data), "cu_pct", 0.45)
    path = tmp_path / "shell.obj"
    write_obj([shell.mesh], path)
    mesh, _ = read_mesh(path, None)
    report = check_mesh(mesh)
    assert report.closed
    assert not len(report.turned_edges)
    assert report.volume_m3 == pytest.approx(shell.volume_m3, rel=1e-4)
    # the copper's own ground: 0.15 + 0.6 exp(-r2) >= 0.45 is r2 <= ln 2
    half = np.array([90.0, 90.0, 30.0]) * np.sqrt(np.log(2.0))
    assert shell.volume_m3 == pytest.approx(4 / 3 * np.pi * np.prod(half), rel=0.35)
    assert np.allclose(mesh.vertices_m.mean(axis=0), BODY, atol=15.0)
    held = json.loads(shell.record(data))
    assert held["cutoff"] == 0.45
    assert held["volume_m3"] == pytest.approx(shell.volume_m3)

    flagged = make(domain_plan(volume("ore", "shell.obj")))
    inside = composite_samples(flagged)["basic"].table["cu_pct"].mean()
    assert inside > 0.45
    for element, cutoff in (("cu_pct", 99.0), ("cu_pct", 0.0), ("au_gpt", 1.0)):
        with pytest.raises(EstimationError, match="/"):
            propose_shell(Workbench(data), element, cutoff)


def test_directions_of_a_surface(tmp_path: Path) -> None:
    """The nearest triangle, found over all of them; a plane's own dip everywhere."""
    x, y = np.meshgrid(np.linspace(0, 400, 9), np.linspace(0, 400, 9))
    corners = np.column_stack([x.ravel(), y.ravel(), -x.ravel()])  # dips 45 degrees to the east
    from geo.formats.placed import grid_triangles

    plane = Mesh("", corners, grid_triangles(9, 9))
    places = np.random.default_rng(2).uniform(-100, 500, (300, 3))
    dip, direction = directions_at(plane, places)
    assert np.allclose(dip, 45.0)
    assert np.allclose(direction, 90.0)
    assert trend_of(corners) == pytest.approx((45.0, 90.0))

    made = trimesh.creation.icosphere(subdivisions=2, radius=100.0)
    ball = Mesh("", np.asarray(made.vertices) * [3.0, 1.0, 0.3], np.asarray(made.faces, np.int64))
    from trimesh.triangles import closest_point

    found = directions_at(ball, places[:60])
    for i, place in enumerate(places[:60]):
        on = closest_point(ball.corners_m, np.repeat(place[None], len(ball.triangles), axis=0))
        best = int(np.argmin(np.linalg.norm(on - place, axis=1)))
        distance = np.linalg.norm(on - place, axis=1)
        near = np.flatnonzero(distance <= distance[best] * (1 + 1e-9))
        normals = np.cross(
            ball.corners_m[near, 1] - ball.corners_m[near, 0],
            ball.corners_m[near, 2] - ball.corners_m[near, 0],
        )
        assert np.isclose(plane_directions(normals)[0], found[0][i]).any()
    with pytest.raises(EstimationError):
        trend_of(np.array([[0.0, 0, 0], [1.0, 1, 1], [2.0, 2, 2]]))


def test_a_top_below_its_bottom_is_refused() -> None:
    with pytest.raises(ValueError, match="must lie above"):
        DomainPlan.model_validate(domain_plan(volume("a", "a.gpkg", top_m=10.0, bottom_m=20.0)))


def test_a_volume_named_twice_for_one_domain_is_one_domain(make: Make, tmp_path: Path) -> None:
    ellipsoid(tmp_path / "west.obj", (40.0, 70.0, 20.0), at=np.subtract(BODY, [50.0, 0.0, 0.0]))
    ellipsoid(tmp_path / "east.obj", (40.0, 70.0, 20.0), at=np.add(BODY, [50.0, 0.0, 0.0]))
    data = make(domain_plan(volume("ore", "west.obj"), volume("ore", "east.obj")))
    volumes = volumes_of(data)
    assert volumes is not None
    assert volumes.codes == (1, 1)
    (foot,) = foot_volumes(volumes, data.grid, (8, 8, 8))
    assert foot.blocks_m3 == pytest.approx(foot.solid_m3, rel=0.01)
    assert foot.domain == "ore"


def test_the_command_writes_a_shell_and_how_it_was_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from flows.cli import main

    belts = write_small_belt(tmp_path)
    path = tmp_path / "ore.dxf"
    places = ["--configs", str(belts), "--workspace", str(tmp_path / "ws")]
    asked = ["shell", "small-deposit", "--element", "cu_pct", "--cutoff", "0.45", *places]
    with pytest.raises(SystemExit) as left:
        main([*asked, "--write", str(path), "--json"])
    assert left.value.code == 0
    told = json.loads(capsys.readouterr().out)
    mesh, _ = read_mesh(path, "cu_pct_0.45")
    assert check_mesh(mesh).closed
    assert mesh.volume_m3 == pytest.approx(told["volume_m3"], rel=1e-4)
    assert json.loads(path.with_suffix(".json").read_text("utf-8"))["deposit"] == "small-deposit"
    with pytest.raises(SystemExit) as left:
        main([*asked, "--write", str(tmp_path / "ore.txt")])
    assert left.value.code == 2
