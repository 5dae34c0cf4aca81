"""Axes that follow a surface, and blocks that volumes share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from estimation.engine.krige import Problem
from estimation.engine.local import rotation_into, rounded_directions, turn_choices
from estimation.engine.reach import lay_out
from estimation.engine.surroundings import Surroundings, surface_of
from estimation.models.block_model import all_keys
from estimation.models.blocks import tile_blocks
from estimation.models.layers import FIELDS, GEOMETRY_LAYER, second_layer
from estimation.models.tile_estimate import estimate_tile, layers_of
from estimation.plan import GeometryFile, LocalOrientation, Orientation
from estimation.rotation import axes_from_gslib
from tests.engine_problems import (
    TILTED,
    TWO_DOMAINS,
    element_plan,
    estimate_whole,
    read,
    run,
    search_pass,
    variogram,
)
from tests.method_problems import (
    GRID,
    Fold,
    Plane,
    again,
    fields_of,
    largest_difference,
    plan_with,
    problem_with,
)

Floats = npt.NDArray[np.float64]

FILE = GeometryFile(root=".", path="vein.obj")
DIPPING = Orientation(azimuth_deg=90.0, dip_deg=-30.0, rake_deg=0.0)
"""Major axis 30 degrees down to the east, semi-major level: the plane dips 30 to the east."""


def following(surface: Any, orientation: Orientation = DIPPING, step: float = 5.0) -> Problem:
    """Copper whose axes follow a surface."""
    model = variogram(0.1, ("spherical", 0.9, (90.0, 60.0, 20.0)), orientation=orientation)
    return problem_with(
        Surroundings(surfaces={FILE: surface}),
        variogram=model,
        search=(search_pass((90.0, 60.0, 30.0)),),
        local_orientation=LocalOrientation(surface=FILE, step_deg=step),
    )


# ------------------------------------------------------------------ axes that follow a surface


@pytest.mark.parametrize(("dip", "direction"), [(30.0, 90.0), (75.0, 200.0), (0.0, 10.0)])
def test_the_major_plane_is_laid_into_the_surface(dip: float, direction: float) -> None:
    """The turned minor axis is the plane's normal; turned axes stay square."""
    plan = element_plan(variogram=variogram(0.1, orientation=TILTED))
    d, a = np.deg2rad([dip, direction])
    normal = np.array([np.sin(d) * np.sin(a), np.sin(d) * np.cos(a), np.cos(d)])
    rotation = rotation_into(TILTED, normal)
    assert rotation is not None
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    axes = axes_from_gslib(turn_choices(plan, rotation).variogram.orientation)
    assert abs(axes[2] @ normal) == pytest.approx(1.0, abs=1e-12)
    wanted = axes_from_gslib(TILTED) @ rotation.T
    np.testing.assert_allclose(np.abs(np.sum(axes * wanted, axis=1)), 1.0, atol=1e-12)


def test_directions_are_rounded_and_level_planes_have_none() -> None:
    """To the step; a level plane to direction 0, an upright one to half a circle."""
    found = rounded_directions(Plane(12.4, 357.9), np.zeros((1, 3)), 5.0)
    np.testing.assert_array_equal(found, [[10.0, 0.0]])
    np.testing.assert_array_equal(rounded_directions(Plane(2.0, 77.0), np.zeros((1, 3)), 5.0), 0.0)
    upright = rounded_directions(Plane(89.0, 270.0), np.zeros((1, 3)), 5.0)
    np.testing.assert_array_equal(upright, [[90.0, 90.0]])


def test_a_plane_that_lies_as_the_variogram_changes_no_bit() -> None:
    """The surface is the variogram's own plane: the plain run."""
    problem = following(Plane(30.0, 90.0))
    plan = problem.plan.elements["cu_pct"].model_copy(update={"local_orientation": None})
    plain = problem_with(variogram=plan.variogram, search=plan.search)
    one, other = estimate_whole(problem), estimate_whole(plain)
    for name in FIELDS:
        np.testing.assert_array_equal(fields_of(one, name)[0], fields_of(other, name)[0])


def test_another_plane_is_a_plain_run_with_that_orientation() -> None:
    """A level variogram laid into a plane that dips east is one whose axes dip east."""
    level = Orientation(azimuth_deg=90.0, dip_deg=0.0, rake_deg=0.0)
    one = estimate_whole(following(Plane(30.0, 90.0), level))
    problem = following(Plane(30.0, 90.0))
    plan = problem.plan.elements["cu_pct"]
    other = estimate_whole(problem_with(variogram=plan.variogram, search=plan.search))
    for name in ("estimate", "variance", "samples"):
        np.testing.assert_allclose(fields_of(one, name)[0], fields_of(other, name)[0], rtol=1e-9)


def test_a_fold_turns_every_block_its_own_way() -> None:
    """Each block agrees with a dense solution of its own axes, in any tile and any order."""
    problem = following(Fold(1040.0))
    model = estimate_whole(problem)
    estimate = fields_of(model, "estimate")[0]
    found = again(problem, model)
    assert len(found) > 100
    assert largest_difference(found, estimate, lambda s: s.estimate) < 1e-9
    one_tile = replace(problem, grid=type(GRID)(GRID.spec.model_copy(update={"tile": (8, 8, 4)})))
    np.testing.assert_array_equal(fields_of(estimate_whole(one_tile), "estimate")[0], estimate)


def test_the_surface_is_in_the_keys_by_its_bytes() -> None:
    """Other bytes or another step: other keys; another name of the file: the same."""
    one = all_keys(lay_out(following(Fold(1040.0)))).tobytes()
    assert all_keys(lay_out(following(Fold(1040.0, "other")))).tobytes() != one
    assert all_keys(lay_out(following(Fold(1040.0), step=10.0))).tobytes() != one


# ------------------------------------------------------------------ volumes


@dataclass(frozen=True)
class Split:
    """Two volumes with an upright face between them, east of which is the second."""

    face_m: float
    top_m: float = 1e9
    digest: str = "split"

    names = ("ore", "host")

    def inside(self, points_m: Floats) -> npt.NDArray[np.int64]:
        """Domain code of points; nothing above ``top_m``."""
        code = np.where(points_m[:, 0] < self.face_m, 1, 2)
        return np.where(points_m[:, 2] > self.top_m, 0, code)


def shared(volumes: Split, subcells: tuple[int, int, int] = (5, 1, 2)) -> Problem:
    """Ore and host by volumes; samples have their logged domains."""
    file = {"root": ".", "path": "solid.obj"}
    domains = {
        "column": None,
        "codes": {},
        "soft": (),
        "volumes": [
            {"domain": name, "file": file, "side": "inside"} for name in TWO_DOMAINS["codes"]
        ],
        "subcells": subcells,
    }
    plan = plan_with({"cu_pct": element_plan()}, {**domains})
    return problem_with(Surroundings(volumes=volumes), plan=plan, domains=("ore", "host"))


def test_blocks_on_a_boundary_are_two_parts_that_foot() -> None:
    """A face at 40 % of a column of blocks: shares 0.4 and 0.6, both estimated, volumes exact."""
    problem = shared(Split(1044.0))
    model = estimate_whole(problem)
    geometry = {n: model.field(GEOMETRY_LAYER, n) for n in ("domain", "share", "second_domain")}
    np.testing.assert_array_equal(geometry["domain"][0, 0], [1, 1, 1, 1, 2, 2, 2, 2])
    np.testing.assert_allclose(geometry["share"][0, 0], [1, 1, 1, 1, 0.6, 1, 1, 1])
    np.testing.assert_array_equal(geometry["second_domain"][0, 0], [0, 0, 0, 0, 1, 0, 0, 0])
    volume = {1: 0.0, 2: 0.0}
    parts = list(tile_blocks(model, problem.plan))
    assert {part.second for part in parts} == {False, True}
    for part in parts:
        for code in volume:
            volume[code] += part.share[part.domain_code == code].sum() * GRID.block_volume_m3
    assert volume[1] == pytest.approx(44.0 * 80.0 * 20.0, rel=1e-12)
    assert volume[2] == pytest.approx(36.0 * 80.0 * 20.0, rel=1e-12)
    for layer in ("cu_pct", second_layer("cu_pct")):
        second = layer if layer != "cu_pct" else None
        estimate = fields_of(model, "estimate", layer=layer)[0]
        found = again(problem, model, layer=second)
        assert found
        assert largest_difference(found, estimate, lambda s: s.estimate) < 1e-9
    only = geometry["second_domain"].ravel() == 0
    assert np.isnan(fields_of(model, "estimate", layer=second_layer("cu_pct"))[0][only]).all()


def test_blocks_outside_all_volumes_have_no_domain() -> None:
    """Above the volumes: domain 0, nothing estimated."""
    model = estimate_whole(shared(Split(1044.0, top_m=310.0)))
    domain, estimate = model.field(GEOMETRY_LAYER, "domain"), model.field("cu_pct", "estimate")
    assert (domain[2:] == 0).all()
    assert np.isnan(estimate[2:]).all()
    assert (domain[:2] > 0).all()


def test_whole_blocks_have_no_second_layer() -> None:
    """One sub-cell: a block belongs where its centre lies."""
    problem = shared(Split(1044.0), subcells=(1, 1, 1))
    assert layers_of(problem) == ("cu_pct",)
    model = estimate_whole(problem)
    assert set(np.unique(model.field(GEOMETRY_LAYER, "share"))) == {1.0}


def test_volumes_are_in_the_keys_by_their_digest() -> None:
    """Other bytes, other sub-cells: other keys."""
    one, other, finer = (
        all_keys(lay_out(p)).tobytes()
        for p in (
            shared(Split(1044.0)),
            shared(Split(1044.0, digest="moved")),
            shared(Split(1044.0), subcells=(5, 2, 2)),
        )
    )
    assert len({one, other, finer}) == 3


def test_second_parts_are_stored_and_taken_away_again(tmp_path: Path) -> None:
    """What a store gives back is what was made, and a later run without them leaves none."""
    problem = shared(Split(1044.0))
    run(problem, tmp_path)
    model = read(problem, tmp_path)
    made = estimate_whole(problem)
    layer = second_layer("cu_pct")
    for name in ("estimate", "samples"):
        np.testing.assert_array_equal(model.field(layer, name), made.field(layer, name))
    moved = shared(Split(1040.0, digest="moved"))
    run(moved, tmp_path)
    assert np.isnan(read(moved, tmp_path).field(layer, "estimate")).all()
    work = lay_out(moved)
    for tile in moved.grid.tiles():
        assert estimate_tile(work, tile, b"").statistics.keys() == {"cu_pct", layer}


def test_a_mesh_file_is_read_for_its_directions(tmp_path: Path) -> None:
    """A plane that dips 30 degrees east, as an OBJ file; its bytes are its digest."""
    rise = float(np.tan(np.deg2rad(30.0)) * 200.0)
    corners = [(0, 0, rise), (200, 0, 0), (200, 200, 0), (0, 200, rise)]
    text = "".join(f"v {x} {y} {z:.9f}\n" for x, y, z in corners) + "f 1 2 3\nf 1 3 4\n"
    (tmp_path / "vein.obj").write_text(text)
    surface = surface_of(FILE, tmp_path)
    np.testing.assert_allclose(
        rounded_directions(surface, np.array([[100.0, 90.0, 20.0]]), 5.0), [[30.0, 90.0]]
    )
    (tmp_path / "vein.obj").write_text(text + "# moved\n")
    assert surface_of(FILE, tmp_path).digest != surface.digest
