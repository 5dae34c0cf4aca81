"""Sections and level plans of a model: twelve, true to the blocks, for the bureau alone."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from flows.room import ahead
from flows.room.viewer import _intervals, _traces
from flows.runtime import Workspace
from geo.drillholes.reading import Drillholes
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
        assert cut.at_m - cut.low_m <= BESIDE_M
        assert cut.high_m - cut.at_m == pytest.approx(cut.at_m - cut.low_m, abs=12.5)
    for cut, following in pairwise(sections):
        assert cut.high_m == following.low_m == (cut.at_m + following.at_m) / 2
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
    nothing = Traces("cu_pct", (), np.zeros(0, np.int64), np.zeros((0, 3)), *np.zeros((2, 0)))
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
            same = (np.array(shown) == np.rint(255 * colour)).all(axis=1)
            assert np.array(counts)[same].sum() > 100
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


def _length(points_m: np.ndarray) -> float:
    """Of a polyline."""
    return float(np.linalg.norm(np.diff(points_m, axis=0), axis=1).sum())


def test_each_part_of_a_hole_stands_in_the_one_section_that_it_is_nearest_to(scene: Scene) -> None:
    arrays, cuts = plate_arrays(scene), cuts_of(scene.cells)[:SECTIONS]
    limits = cuts[0].low_m, cuts[-1].high_m
    beyond = [cut.high_m - cut.at_m - (cut.at_m - cut.low_m) for cut in cuts]
    assert np.abs(beyond).max() > 1, "rows are unevenly apart"
    seen = 0.0
    for number in range(SECTIONS):
        lines = arrays["line_m"][arrays["line_plate"] == number]
        seen += np.linalg.norm(lines[:, 2:] - lines[:, :2], axis=1).sum()
    wanted, start = 0.0, 0
    for count in scene.traces.nodes:  # straight holes: their share between the outer limits
        hole = scene.traces.points_m[start : start + count, :]
        start += count
        east = np.interp(limits, hole[:, 0], np.arange(count), 0, count - 1)
        wanted += np.diff(east)[0] / (count - 1) * _length(hole[:, 1:])
    assert seen == pytest.approx(wanted)
    ends = np.isfinite(arrays["hole_depth_m"])
    assert len(set(arrays["hole_name"][ends])) == ends.sum() > 0
    assert not ends[arrays["hole_plate"] >= SECTIONS].any()


def _one_hole(scene: Scene, points_m: np.ndarray, depth_m: float) -> Scene:
    """The scene with a single hole, not assayed."""
    lines = (points_m, np.full(len(points_m), np.nan), np.array([depth_m]))
    one = Traces("cu_pct", ("ZK1",), np.array([len(points_m)]), *lines)
    return replace(scene, traces=one)


def test_a_hole_of_one_line_stands_in_every_level_that_it_passes(scene: Scene) -> None:
    cuts = cuts_of(scene.cells)
    collar = np.array([cuts[4].at_m, scene.cells.grid.origin_m[1] + 100.0, cuts[-1].high_m + 90.0])
    bottom = np.array([collar[0], collar[1], cuts[SECTIONS].low_m - 30.0])
    vertical = plate_arrays(_one_hole(scene, np.array([collar, bottom]), 999.0))
    assert set(vertical["line_plate"]) == {4, *range(SECTIONS, PLATES)}
    leaning = bottom + np.array([120.0, 0.0, 0.0])
    arrays = plate_arrays(_one_hole(scene, np.array([collar, leaning]), 999.0))
    for plate in range(SECTIONS, PLATES):
        line = arrays["line_m"][arrays["line_plate"] == plate][0]
        share = (collar[2] - np.array([cuts[plate].high_m, cuts[plate].low_m])) / (
            collar[2] - bottom[2]
        )
        assert line[[0, 2]] == pytest.approx(collar[0] + 120.0 * share)
    figure = _figure(vertical, SECTIONS)  # seen from its end it is a point, not nothing
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=DPI)
    pixels = np.asarray(Image.open(buffer).convert("RGB"))
    x, y = figure.axes[0].transData.transform(collar[:2]).astype(int)
    wanted = [int(blocks.NOT_ASSAYED[at : at + 2], 16) for at in (1, 3, 5)]
    assert np.abs(pixels[len(pixels) - 1 - y, x].astype(int) - wanted).max() < 30


def test_a_hole_of_unknown_depth_stands_at_its_collar() -> None:
    """Neither assays nor a depth: no node that is not a number reaches the page."""
    at, grades = _intervals(None, "cu_pct", np.nan)
    assert at.tolist() == [0.0, 0.0]
    assert np.isnan(grades).all()


def test_the_depth_at_a_holes_end_is_the_drilled_one_and_an_unknown_one_is_not_told(
    scene: Scene,
) -> None:
    cut = cuts_of(scene.cells)[4]
    middle = (cut.at_m, scene.cells.grid.origin_m[1] + 100.0)
    origin = np.array([*middle, scene.cells.grid.origin_m[2] + 10.0])
    angle = np.linspace(0.0, np.pi / 2, 4)
    curved = origin + 60.0 * np.column_stack([np.zeros(4), 1 - np.cos(angle), 1 - np.sin(angle)])
    drilled = 60.0 * np.pi / 2
    assert _length(curved) < drilled - 0.9, "chords are shorter than the hole"
    for depth in (drilled, np.nan):
        arrays = plate_arrays(_one_hole(scene, curved, depth))
        told = [text.get_text() for text in _figure(arrays, 4).axes[0].texts]
        assert ("94" in told) == np.isfinite(depth)
        assert not any(text.isdigit() and text != "94" for text in told)


def test_a_trace_knows_how_deep_its_hole_was_drilled() -> None:
    collar = pd.DataFrame({"hole_id": ["A", "B"], "depth_m": [300.0, 40.0]})
    collar = collar.assign(easting_m=0.0, northing_m=0.0, elevation_m=500.0)
    survey = pd.DataFrame({"hole_id": ["A", "A"], "depth_m": [0.0, 300.0]})
    survey = survey.assign(azimuth_deg=90.0, dip_down_deg=[90.0, 20.0])
    assay = pd.DataFrame({"hole_id": ["B"], "from_m": [0.0], "to_m": [42.0], "cu_pct": [0.4]})
    none = (pd.DataFrame(),) * 3
    traces = _traces(Drillholes(collar, survey, assay, *none), "cu_pct")
    assert traces.depth_m.tolist() == [300.0, 42.0]
    assert _length(traces.points_m[:2]) < 290, "the hole is curved"


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
    for cut, plate in zip(cuts_of(scene.cells)[:SECTIONS], first, strict=False):
        low, high = (float(one) for one in re.findall(r"侧 ([\d.]+) m", plate.caption.zh))
        assert (cut.at_m - low, cut.at_m + high) == pytest.approx((cut.low_m, cut.high_m))
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
