"""Meshes: read, checked, asked for points; against closed forms, VTK and written files."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import trimesh

from geo.findings import DataError
from geo.meshes.checks import check_mesh, closed_findings
from geo.meshes.mesh import Mesh, joined
from geo.meshes.reading import read_mesh, read_meshes
from geo.meshes.solids import MeshBody, Solid, enclosed_volume_m3, open_solid
from geo.meshes.writing import write_dxf, write_obj

AT = np.array([500_000.0, 4_400_000.0, 800.0])


def sphere(radius: float = 100.0, finer: int = 4, at: np.ndarray = AT, name: str = "ore") -> Mesh:
    made = trimesh.creation.icosphere(subdivisions=finer, radius=radius)
    return Mesh(name, np.asarray(made.vertices) + at, np.asarray(made.faces, np.int64))


def of(made: trimesh.Trimesh, at: np.ndarray = AT) -> Mesh:
    return Mesh("ore", np.asarray(made.vertices) + at, np.asarray(made.faces, np.int64))


def codes(error: pytest.ExceptionInfo[DataError]) -> list[str]:
    return [found.code for found in error.value.findings]


def plane(path: Path, height: float = 800.0, slope: float = 0.0) -> Path:
    """An open surface over a square of 400 m, rising to the east."""
    x, y = np.meshgrid([-200.0, 200.0], [-200.0, 200.0])
    corners = np.column_stack([x.ravel(), y.ravel(), height - AT[2] + slope * x.ravel()]) + AT
    write_obj([Mesh("top", corners, np.array([[0, 1, 2], [1, 3, 2]]))], path)
    return path


def test_volumes_of_bodies_with_a_closed_form() -> None:
    box = of(trimesh.creation.box((200.0, 100.0, 50.0)))
    assert box.volume_m3 == pytest.approx(1e6, rel=1e-12)
    ball = sphere(finer=6)
    assert ball.volume_m3 == pytest.approx(4 / 3 * np.pi * 100.0**3, rel=2e-3)
    torus = of(trimesh.creation.torus(100, 30, major_sections=200, minor_sections=100))
    assert enclosed_volume_m3(torus) == pytest.approx(2 * np.pi**2 * 100 * 30**2, rel=2e-3)


def test_a_shell_within_a_shell_is_a_hollow_whichever_way_it_faces() -> None:
    inner = sphere(50.0)
    turned = Mesh("", inner.vertices_m, inner.triangles[:, ::-1].copy())
    for hollow in (inner, turned):
        body = joined([sphere(100.0), hollow])
        expected = sphere(100.0).volume_m3 - inner.volume_m3
        assert enclosed_volume_m3(body) == pytest.approx(expected, rel=1e-9)
        held = MeshBody.of(body).holds(AT + np.array([[0, 0, 0], [75.0, 0, 0], [120.0, 0, 0]]))
        assert held.tolist() == [False, True, False]


@pytest.mark.parametrize("kind", ["sphere", "torus", "box"])
def test_points_are_inside_where_vtk_says_so(kind: str) -> None:
    vtk = pytest.importorskip("vtk")
    from vtk.util import numpy_support

    made = {
        "sphere": trimesh.creation.icosphere(subdivisions=3, radius=100),
        "torus": trimesh.creation.torus(100, 30),
        "box": trimesh.creation.box((200.0, 100.0, 50.0)),
    }[kind]
    points = np.random.default_rng(3).uniform(-130, 130, (4000, 3))
    asked, surface = vtk.vtkPolyData(), vtk.vtkPolyData()
    for poly, xyz in ((asked, points), (surface, np.asarray(made.vertices))):
        held = vtk.vtkPoints()
        held.SetData(numpy_support.numpy_to_vtk(np.ascontiguousarray(xyz), deep=True))
        poly.SetPoints(held)
    faces = vtk.vtkCellArray()
    for face in np.asarray(made.faces):
        faces.InsertNextCell(3, [int(i) for i in face])
    surface.SetPolys(faces)
    select = vtk.vtkSelectEnclosedPoints()
    select.SetInputData(asked)
    select.SetSurfaceData(surface)
    select.SetTolerance(1e-9)
    select.Update()
    theirs = [bool(select.IsInside(i)) for i in range(len(points))]
    ours = MeshBody.of(of(made, np.zeros(3))).holds(points)
    assert np.count_nonzero(ours != np.array(theirs)) <= 2  # its rays are random


def test_points_above_vertices_and_edges_are_counted_once() -> None:
    """A lattice whose lines go through every vertex and edge of a box: 1000 m3 a point, exactly."""
    body = MeshBody.of(of(trimesh.creation.box((200.0, 100.0, 50.0))))
    axes = [np.arange(-120.0, 121.0, 10.0)] * 3
    lattice = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3) + AT
    held = body.holds(lattice)
    assert held.sum() * 1000 == 1_000_000


def test_a_mesh_is_the_same_in_every_format(tmp_path: Path) -> None:
    ball = sphere()
    write_obj([ball], tmp_path / "a.obj", note="made by a test")
    write_dxf([ball], tmp_path / "a.dxf")
    local = trimesh.Trimesh(ball.vertices_m - AT, ball.triangles, process=False)
    for kind in ("stl", "ply"):
        local.export(tmp_path / f"a.{kind}")
    for kind in ("obj", "dxf", "stl", "ply"):
        mesh, notes = read_mesh(tmp_path / f"a.{kind}", None)
        assert check_mesh(mesh).closed, kind
        assert mesh.volume_m3 == pytest.approx(ball.volume_m3, rel=1e-6), kind
        assert not notes
    assert read_mesh(tmp_path / "a.obj", None)[0].name == "ore"
    assert read_mesh(tmp_path / "a.dxf", "ore")[0].name == "ore"


def test_faces_of_drawings_are_read_whatever_they_are(tmp_path: Path) -> None:
    import ezdxf
    from ezdxf.render import forms

    drawing = ezdxf.new("R2010")
    space = drawing.modelspace()
    cube = forms.cube().scale_uniform(10.0)
    cube.render_mesh(space, {"layer": "mesh"})
    cube.render_polyface(space, {"layer": "polyface"})
    cube.render_3dfaces(space, {"layer": "faces"})
    drawing.saveas(tmp_path / "a.dxf")
    meshes, _ = read_meshes(tmp_path / "a.dxf")
    assert sorted(mesh.name for mesh in meshes) == ["faces", "mesh", "polyface"]
    for mesh in meshes:
        assert check_mesh(mesh).closed
        assert abs(mesh.volume_m3) == pytest.approx(1000.0)
    with pytest.raises(DataError) as error:
        read_mesh(tmp_path / "a.dxf", None)
    assert codes(error) == ["BN-MSH-008"]
    with pytest.raises(DataError) as error:
        read_mesh(tmp_path / "a.dxf", "orebody")
    assert "faces" in error.value.findings[0].message_en


def test_large_coordinates_in_32_bits_are_told(tmp_path: Path) -> None:
    trimesh.Trimesh(sphere().vertices_m, sphere().triangles).export(tmp_path / "a.stl")
    _, notes = read_mesh(tmp_path / "a.stl", None)
    assert [found.code for found in notes] == ["BN-MSH-012"]
    assert "0.5 m" in notes[0].message_en


def test_what_is_wrong_with_a_mesh_is_told_with_its_place(tmp_path: Path) -> None:
    ball = sphere(finer=2)
    write_obj([Mesh("ore", ball.vertices_m, ball.triangles[1:])], tmp_path / "open.obj")
    with pytest.raises(DataError) as error:
        open_solid(tmp_path / "open.obj", None, "inside", (None, None), "local")
    (found,) = error.value.findings
    assert (found.code, found.file) == ("BN-MSH-002", "open.obj")
    assert "3 open edges" in found.message_en
    corner = ball.vertices_m[ball.triangles[0]]
    middles = (corner + np.roll(corner, 1, axis=0)) / 2
    assert any(f"E {east:.1f}" in found.message_en for east in middles[:, 0])
    assert "没有封闭" in found.message_zh

    turned = ball.triangles.copy()
    turned[0] = turned[0][::-1]
    report = check_mesh(Mesh("ore", ball.vertices_m, turned))
    assert report.closed
    assert [f.code for f in closed_findings(report, "x")] == ["BN-MSH-004"]
    assert "3 edges" in closed_findings(report, "x")[0].message_en

    fin = np.vstack([ball.triangles, [ball.triangles[0, 0], ball.triangles[0, 1], 5]])
    assert "BN-MSH-003" in [
        f.code for f in closed_findings(check_mesh(Mesh("", ball.vertices_m, fin)), "x")
    ]
    twins = joined([sphere(finer=2), sphere(finer=2, at=np.add(AT, [50.0, 7.0, 3.0]))])
    report = check_mesh(twins)
    assert report.pieces == 2
    assert [f.code for f in closed_findings(report, "x")] == ["BN-MSH-006"]
    assert not len(check_mesh(joined([sphere(50.0), sphere(100.0)])).crossing)


def test_hostile_and_spoilt_files_are_refused(tmp_path: Path) -> None:
    write_obj([sphere(finer=1)], tmp_path / "good.obj")
    good = (tmp_path / "good.obj").read_bytes()
    spoilt = {
        "empty.obj": b"",
        "noise.obj": np.random.default_rng(0).bytes(5000),
        "noise.stl": b"\0" * 80 + (2**31 - 1).to_bytes(4, "little") + b"abc",
        "noise.ply": b"ply\nformat binary_little_endian 1.0\nelement vertex 2000000000\n"
        b"property float x\nproperty float y\nproperty float z\nend_header\n123",
        "noise.dxf": b"0\nSECTION\n2\nENTITIES\n0\n3DFACE\n10\nhello",
        "noise.omf": np.random.default_rng(1).bytes(500),
        "nan.obj": good.replace(b"v 500", b"v nan #", 1),
        "beyond.obj": good + b"f 1 2 99999\n",
        "ghost.xyz": b"1 2 3",
    }
    for name, data in spoilt.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(DataError) as error:
            read_mesh(tmp_path / name, None)
        assert error.value.findings[0].file == name
        assert error.value.findings[0].fix_zh
    with pytest.raises(DataError) as error:
        read_mesh(tmp_path / "absent.obj", None)
    assert codes(error) == ["BN-TAB-001"]


def test_cut_files_are_refused_or_whole_never_a_traceback(tmp_path: Path) -> None:
    for kind, write in (("obj", write_obj), ("dxf", write_dxf)):
        write([sphere(finer=1)], tmp_path / f"a.{kind}")
        data = (tmp_path / f"a.{kind}").read_bytes()
        for part in range(1, 10):
            path = tmp_path / f"cut.{kind}"
            path.write_bytes(data[: len(data) * part // 10])
            try:
                solid, _ = open_solid(path, None, "inside", (None, None), "local")
            except DataError:
                continue
            assert kind == "dxf"  # the faces are whole, only what follows them is cut
            assert solid.volume_m3 == pytest.approx(sphere(finer=1).volume_m3, rel=1e-6)


@pytest.mark.shared
def test_surfaces_of_open_mining_format(shared_data: Path) -> None:
    folder = shared_data / "30_formats_omf_templates"
    pyramid, _ = read_mesh(folder / "omf2_one_of_everything.omf", "Pyramid surface")
    cube, _ = read_mesh(folder / "omf2_one_of_everything.omf", "Cube faces")
    assert check_mesh(pyramid).closed
    assert check_mesh(cube).closed
    # a cube's volume is the cube of its side; a pyramid's a third of base times height
    side = np.ptp(cube.vertices_m, axis=0)
    assert enclosed_volume_m3(cube) == pytest.approx(float(np.prod(side)))
    size = np.ptp(pyramid.vertices_m, axis=0)
    assert enclosed_volume_m3(pyramid) == pytest.approx(float(np.prod(size)) / 3.0)
    meshes, _ = read_meshes(folder / "omf_v1_test_file.omf")
    assert [(m.name, len(m.triangles)) for m in meshes] == [("trisurf", 50), ("gridsurf", 300)]
    for name in ("omf_v2beta_test_file.omf", "omf2_bunny_blocks.omf"):
        with pytest.raises(DataError):
            read_meshes(folder / name)


def test_above_and_below_a_surface(tmp_path: Path) -> None:
    path = plane(tmp_path / "top.obj", slope=0.5)
    points = AT + np.array([[100.0, 0, 49.0], [100.0, 0, 51.0], [-100.0, 0, -49.0], [900.0, 0, 0]])
    below, _ = open_solid(path, None, "below", (None, None), "local")
    above, _ = open_solid(path, None, "above", (None, None), "local")
    assert below.holds(points).tolist() == [True, False, False, False]
    assert above.holds(points).tolist() == [False, True, True, False]  # beside it: neither
    with pytest.raises(DataError) as error:
        open_solid(path, None, "inside", (None, None), "local")
    assert codes(error) == ["BN-MSH-002"]
    write_obj([sphere(finer=1)], tmp_path / "ball.obj")
    with pytest.raises(DataError) as error:
        open_solid(tmp_path / "ball.obj", None, "above", (None, None), "local")
    assert codes(error) == ["BN-MSH-013"]


def test_a_raster_is_a_surface(tmp_path: Path) -> None:
    import rasterio
    from rasterio.transform import from_origin

    heights = np.full((40, 40), 800.0, np.float32)
    where = from_origin(AT[0] - 200, AT[1] + 200, 10, 10)
    profile = {"driver": "GTiff", "height": 40, "width": 40, "count": 1, "dtype": "float32"}
    path = tmp_path / "ground.tif"
    with rasterio.open(
        path, "w", crs="EPSG:32645", transform=where, nodata=-9999.0, **profile
    ) as made:
        made.write(heights, 1)
    solid, _ = open_solid(path, None, "below", (None, 700.0), "EPSG:32645")
    points = AT + np.array([[0, 0, -1.0], [0, 0, 1.0], [0, 0, -150.0], [900.0, 0, -1.0]])
    assert solid.holds(points).tolist() == [True, False, False, False]
    assert pickle.loads(pickle.dumps(solid)).holds(points).tolist() == solid.holds(points).tolist()


def test_polygons_between_levels(tmp_path: Path) -> None:
    import ezdxf
    import geopandas
    import shapely

    ring = [(AT[0] + x, AT[1] + y) for x, y in ((0, 0), (100, 0), (100, 50), (0, 50))]
    frame = geopandas.GeoDataFrame(geometry=[shapely.Polygon(ring)], crs="EPSG:32645")
    for name in ("a.gpkg", "a.shp", "a.geojson"):
        frame.to_file(tmp_path / name)
    drawing = ezdxf.new()
    drawing.modelspace().add_lwpolyline(ring, close=True, dxfattribs={"layer": "lease"})
    drawing.saveas(tmp_path / "a.dxf")
    points = AT + np.array([[50.0, 25, 0], [50.0, 25, 60], [50.0, 25, -60], [150.0, 25, 0]])
    for name in ("a.gpkg", "a.shp", "a.geojson", "a.dxf"):
        solid, _ = open_solid(tmp_path / name, None, "inside", (850.0, 750.0), "EPSG:32645")
        assert solid.holds(points).tolist() == [True, False, False, False], name
        assert solid.volume_m3 == pytest.approx(100 * 50 * 100, rel=1e-6)
        outside = Solid(solid.body, "outside", 850.0, 750.0)
        assert outside.holds(points).tolist() == [False, True, True, True]
    shifted, _ = open_solid(tmp_path / "a.gpkg", None, "inside", (None, None), "EPSG:32646")
    assert not shifted.holds(points).any()  # brought to the belt's zone, it lies elsewhere
    with pytest.raises(DataError) as error:
        open_solid(tmp_path / "a.gpkg", None, "below", (None, None), "EPSG:32645")
    assert codes(error) == ["BN-MSH-013"]
    bow = shapely.Polygon([ring[0], ring[2], ring[1], ring[3]])
    geopandas.GeoDataFrame(geometry=[bow], crs="EPSG:32645").to_file(tmp_path / "bow.gpkg")
    with pytest.raises(DataError) as error:
        open_solid(tmp_path / "bow.gpkg", None, "inside", (None, None), "EPSG:32645")
    assert codes(error) == ["BN-MSH-014"]
