"""Sections and level plans of a model: twelve, true to the blocks, for the bureau alone."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from flows.room import ahead
from flows.runtime import Workspace
from reporting import SiteReport
from reporting.figures import blocks
from reporting.figures import store as figure_store
from reporting.figures.store import FigureStore, figures_folder, style
from reporting.settings import SiteSettings
from reporting.site.contents import chapters
from reporting.site.pages import deposit, geology
from reporting.site.room import PUBLIC, Room
from reporting.viewer.cuts import BESIDE_M, PLATES, SECTIONS, cuts_of, plate_arrays
from reporting.viewer.scene import Scene, Traces, plates_path, scene_cuts, write_scene
from reporting.views.cuts import BANNER, DPI, middle_plates, model_plates
from reporting.views.plates import block_parameters
from tests.browser_fixture import fabricated_report, sample_belts
from tests.evidence_fixture import html_of
from tests.fabricated import fabricated_result
from tests.viewer_scenes import HOSTILE, fabricated_scene, write_fabricated, write_pages

BELT = sample_belts()[0]


@pytest.fixture(scope="module")
def scene() -> Scene:
    return fabricated_scene(6000)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> SiteReport:
    """One belt whose deposit has a scene."""
    folder = tmp_path_factory.mktemp("sections")
    plain = fabricated_report(folder, (BELT,))
    write_fabricated(folder / "scene.npz", 3000)
    return replace(plain, viewers={BELT.deposits[0].id: folder / "scene.npz"})


def _part(scene: Scene, kept: np.ndarray) -> Scene:
    """The scene with some of its cells."""
    cells = scene.cells
    fields = ("ijk", "class_code", "domain_code", "deviation", "samples", "holes", "ore_t")
    few: dict[str, Any] = {name: getattr(cells, name)[kept] for name in fields}
    grades = {name: grade[kept] for name, grade in cells.grades.items()}
    return replace(scene, cells=replace(cells, grades=grades, **few))


def test_twelve_planes_lie_evenly_along_the_longer_axis_and_through_the_levels(
    scene: Scene,
) -> None:
    cuts = cuts_of(scene.cells)
    sections, plans = cuts[:SECTIONS], cuts[SECTIONS:]
    assert len(cuts) == PLATES
    assert {cut.axis for cut in sections} == {0}, "the ore-body is longer from west to east"
    assert {cut.axis for cut in plans} == {2}
    for of_kind in (sections, plans):
        rows = np.array([cut.row for cut in of_kind])
        steps = np.diff(rows)
        assert steps.min() >= 1
        assert np.ptp(steps) <= 1
        assert set(rows) <= set(scene.cells.ijk[:, of_kind[0].axis])
    for cut in sections:
        assert cut.at_m == scene.cells.grid.origin_m[0] + (cut.row + 0.5) * 12.5
        assert cut.half_m <= BESIDE_M
    turned = replace(scene.cells, ijk=scene.cells.ijk[:, [1, 0, 2]])
    assert {cut.axis for cut in cuts_of(turned)} == {1, 2}


def test_a_flat_model_has_as_many_plates_as_rows_and_an_empty_one_none(scene: Scene) -> None:
    flat = _part(scene, scene.cells.ijk[:, 2] == 3)
    assert [cut.axis for cut in cuts_of(flat.cells)] == [0] * 11 + [2]
    dot = _part(scene, np.arange(len(scene.cells)) == 0)
    assert [cut.axis for cut in cuts_of(dot.cells)] == [0, 2]
    assert plate_arrays(_part(scene, np.zeros(len(scene.cells), bool))) == {}


def test_every_block_of_a_plane_stands_in_its_plate_and_nothing_else(scene: Scene) -> None:
    arrays, cells = plate_arrays(scene), scene.cells
    origin, size = np.array(cells.grid.origin_m), np.array(cells.grid.cell_m)
    for number, cut in enumerate(cuts_of(cells)):
        name, at = ("section", number) if number < SECTIONS else ("plan", number - SECTIONS)
        grade, codes = arrays[f"{name}_cu"][at], arrays[f"{name}_class"][at]
        here = cells.ijk[:, cut.axis] == cut.row
        right, up = cut.across
        centres = origin + (cells.ijk[here] + 0.5) * size
        column = np.searchsorted(arrays[f"{name}_x_m"], centres[:, right]) - 1
        row = np.searchsorted(arrays[f"{name}_{'z' if name == 'section' else 'y'}_m"],
                              centres[:, up]) - 1  # fmt: skip
        assert np.array_equal(grade[row, column], cells.grades["cu_pct"][here])
        assert np.array_equal(codes[row, column], cells.class_code[here])
        assert np.isfinite(grade).sum() == (codes > 0).sum() == here.sum()


def test_pictures_show_the_colour_of_the_models_grade_and_class_at_each_place(
    scene: Scene, tmp_path: Path
) -> None:
    nothing = Traces("cu_pct", (), np.zeros(0, np.int64), np.zeros((0, 3)), np.zeros(0))
    bare = replace(scene, traces=nothing, ground_m=None)  # lines would lie over the blocks
    path, result = tmp_path / "scene.npz", fabricated_result()
    write_scene(path, bare, "bare")
    pictures = model_plates(BELT, result, path, FigureStore(tmp_path / "figures"))
    bins, cells = block_parameters(result)["bins"], bare.cells
    grades = blocks.grade_colours(np.array([-1.0, *bins]), bins)
    for picture in pictures:  # legends too, where a class has no block
        drawn = Image.open(io.BytesIO(picture.png)).convert("RGB")
        counted: Any = drawn.getcolors(1_000_000)
        counts, shown = zip(*counted, strict=True)
        for colour in np.vstack([grades, blocks.class_colours([1, 2, 3]), np.ones((1, 4))])[:, :3]:
            near = (np.abs(np.array(shown) - 255 * colour) <= 1).all(axis=1)
            assert np.array(counts)[near].sum() > 100
    for plate in (3, 9):
        pixels = np.asarray(Image.open(io.BytesIO(pictures[plate].png)).convert("RGB"))
        figure, cut = _figure(plate_arrays(bare), plate), cuts_of(cells)[plate]
        here = cells.ijk[:, cut.axis] == cut.row
        centres = cells.grid.origin_m + (cells.ijk[here] + 0.5) * np.array(cells.grid.cell_m)
        wanted = np.digitize(cells.grades["cu_pct"][here], bins), cells.class_code[here] - 1
        for panel, ramp, colour in zip(
            figure.axes, (grades, blocks.class_colours([1, 2, 3])), wanted, strict=True
        ):
            x, y = panel.transData.transform(centres[:, list(cut.across)]).T.astype(int)
            seen = pixels[len(pixels) - 1 - y, x].astype(float)
            found = np.abs(seen[:, None] - 255 * ramp[None, :, :3]).sum(axis=2).argmin(axis=1)
            assert len(np.unique(colour)) > 1
            assert (found == colour).mean() > 0.95, "letters and the arrow lie over a few"


def _figure(arrays: dict[str, Any], plate: int, mark: str = "") -> Figure:
    """A plate as a page has it."""
    words = {**block_parameters(fabricated_result()), "plate": plate, "title": "S", "mark": mark}
    with mpl.rc_context(style()):
        figure = blocks.model_plate(arrays, words)
    figure.set_dpi(DPI)
    return figure


def test_a_hole_stands_in_the_one_section_that_it_is_nearest_to(scene: Scene) -> None:
    arrays, cuts = plate_arrays(scene), cuts_of(scene.cells)
    in_sections = arrays["line_plate"] < SECTIONS
    assert in_sections.sum() > 500
    x = scene.traces.points_m[:, 0]
    first = np.flatnonzero(np.repeat(np.arange(61), scene.traces.nodes)[:-1]
                           == np.repeat(np.arange(61), scene.traces.nodes)[1:])  # fmt: skip
    middle = (x[first] + x[first + 1]) / 2
    near = [(np.abs(middle - cut.at_m) <= cut.half_m).sum() for cut in cuts[:SECTIONS]]
    assert np.array_equal(np.bincount(arrays["line_plate"][in_sections], minlength=SECTIONS), near)
    assert in_sections.sum() <= len(first)
    ends = np.isfinite(arrays["hole_depth_m"])
    assert ends.any()
    length = np.linalg.norm(np.diff(scene.traces.points_m[: scene.traces.nodes[0]], axis=0), axis=1)
    assert arrays["hole_depth_m"][ends] == pytest.approx(length.sum())
    assert not ends[arrays["hole_plate"] >= SECTIONS].any()


def test_plates_are_drawn_once_and_say_where_they_lie(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, result = tmp_path / "scene.npz", fabricated_result()
    write_scene(path, scene, "one")
    store = FigureStore(tmp_path / "figures")
    first = model_plates(BELT, result, path, store)
    assert model_plates(BELT, result, path, store) == first
    assert (store.made, store.reused, len(first)) == (PLATES, PLATES, PLATES)
    assert sum(len(plate.data_uri) for plate in first) < 600_000
    assert len({plate.caption for plate in first}) == PLATES
    east = f"{cuts_of(scene.cells)[2].at_m:,.2f}".rstrip("0").rstrip(".")
    assert f"剖面 S3（共 8 条）：南北向（方位 0°），东坐标 {east} m，向西看" in first[2].caption.zh
    assert "looking west; drill-holes within" in first[2].caption.en
    assert [plate in middle_plates(path, first) for plate in first].count(True) == 2
    monkeypatch.setattr(figure_store, "draw_few", lambda *_: b"drawn")
    other = FigureStore(tmp_path / "figures")
    model_plates(BELT, replace(result, model_hash="f" * 64), path, other)
    assert other.made == PLATES
    other.prune()
    assert len(list((tmp_path / "figures").iterdir())) == PLATES


@pytest.mark.parametrize("synthetic", [True, False])
def test_the_synthetic_mark_stands_on_every_plate(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, synthetic: bool
) -> None:
    marks = []

    def noted(_store: FigureStore, _name: str, _path: Path, words: Any, _dpi: int) -> bytes:
        marks.append(words["mark"])
        return b""

    monkeypatch.setattr(FigureStore, "png", noted)
    write_scene(tmp_path / "scene.npz", scene, "one")
    belt = BELT.model_copy(update={"synthetic": synthetic})
    model_plates(belt, fabricated_result(), tmp_path / "scene.npz", FigureStore(tmp_path))
    assert marks == [BANNER if synthetic else ""] * PLATES
    assert BANNER in [text.get_text() for text in _figure(plate_arrays(scene), 0, BANNER).texts]


def test_both_pages_hold_them_and_deposit_and_geology_lead_there(
    report: SiteReport, tmp_path: Path
) -> None:
    identity = BELT.deposits[0].id
    write_pages(report, tmp_path, report.viewers)
    pages = {kind: (tmp_path / kind / f"{identity}.html").read_text("utf-8")
             for kind in ("viewer", "sections")}  # fmt: skip
    for html in pages.values():
        assert len(re.findall(r'<img alt="[^"]+" src="data:image/png', html)) == PLATES
        assert HOSTILE not in html
    leading = [pages["viewer"]]
    leading += [html_of(report, tmp_path, one.leaves, identity) for one in (deposit, geology)]
    for html in leading:
        assert f'href="../sections/{identity}.html"' in html


def test_the_public_build_has_none(
    report: SiteReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any) -> bytes:
        raise AssertionError("the public build asked for a plate")

    monkeypatch.setattr(FigureStore, "png", never)
    room = Room(report, FigureStore(tmp_path / "figures"), PUBLIC)
    told = [one for one in chapters(report, PUBLIC) if one.key in ("deposit", "geology", "viewer")]
    leaves = [leaf for one in told for item in one.items(report) for leaf in one.leaves(room, item)]
    assert [leaf.path.partition("/")[0] for leaf in leaves] == ["deposits"]
    html = html_of(report, tmp_path, deposit.leaves, BELT.deposits[0].id, PUBLIC)
    assert "sections/" not in html
    assert "image/png" not in html


def test_without_readable_plates_the_pages_say_so(report: SiteReport, tmp_path: Path) -> None:
    identity = BELT.deposits[0].id
    path = tmp_path / "scene.npz"
    write_fabricated(path, 800)
    plates_path(path).write_bytes(b"spoilt")
    assert scene_cuts(path) == ()
    page = write_pages(report, tmp_path, {identity: path})[identity]
    assert "This estimate came without figure data." in page.read_text("utf-8")


def test_the_night_draws_them_ahead_of_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_fabricated(tmp_path / "scene.npz", 800)
    monkeypatch.setattr(figure_store, "draw_few", lambda *_: b"drawn")
    monkeypatch.setattr(ahead, "find_deposit", lambda *_: (BELT, BELT.deposits[0], tmp_path))
    monkeypatch.setattr(ahead, "make_exports", lambda *_: None)
    monkeypatch.setattr(ahead, "make_scene", lambda *_: tmp_path / "scene.npz")
    result = fabricated_result()
    ahead._files(result, SiteSettings(), "configs/belts", str(tmp_path))
    store = FigureStore(figures_folder(Workspace(tmp_path).site))
    model_plates(BELT, result, tmp_path / "scene.npz", store)
    assert (store.made, store.reused) == (0, PLATES)
