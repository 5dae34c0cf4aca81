"""The three-dimensional page's numbers: joined cells keep metal, and bytes say what they hold."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reporting.rounding import printed
from reporting.site.contents import chapters
from reporting.site.pages.viewer import viewer_ids
from reporting.site.room import BUREAU, PUBLIC
from reporting.units import grade_display
from reporting.viewer.blocks import Cells, fitted
from reporting.viewer.columns import _floored, _rounded
from reporting.viewer.encode import encode
from reporting.viewer.scene import read_scene, scene_about, write_scene
from reporting.viewer.shades import GRADE, bins_of, shades
from reporting.viewer.thin import MOST_INTERVALS, thinned_traces
from tests.browser_fixture import fabricated_report, sample_belts
from tests.viewer_scenes import HOSTILE, fabricated_scene, write_pages

MIDDLE = ((0, 1), (0, 2), (1, 2))


def decoded(text: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Head and columns, read as the page's script reads them: cell after cell."""
    packed = base64.b85decode(text.translate(str.maketrans(",.:", "<>&")))
    body = zlib.decompress(packed[4 : 4 + int.from_bytes(packed[:4], "big")])
    length = int.from_bytes(body[:4], "little")
    head, at = json.loads(body[4 : 4 + length]), 4 + length
    columns: dict[str, np.ndarray] = {}
    for about in head["columns"]:
        size = about["count"] * about["bytes"]
        planes = np.frombuffer(body[at : at + size], np.uint8).reshape(about["bytes"], -1)
        at += size
        rest = sum(plane.astype(np.int64) << 8 * n for n, plane in enumerate(planes))
        if about["guess"] == "steps":
            places = np.cumsum(np.asarray(rest) + 1) - 1
            columns["place"] = places
            continue
        values = np.asarray(rest)
        if about["guess"] != "none":
            values = np.where(values & 1, -((values + 1) >> 1), values >> 1)
        if about["guess"] == "line":
            values = np.cumsum(np.cumsum(values))
        if about["guess"] == "cells":
            values = _from_cells(values, columns["place"], head["shape"])
        columns[about["name"]] = values
    assert at == len(body)
    return head, columns


def _from_cells(rest: np.ndarray, places: np.ndarray, shape: list[int]) -> np.ndarray:
    nx, ny, _ = shape
    known: dict[int, int] = {}
    before = 0
    for place, more in zip(places.tolist(), rest.tolist(), strict=True):
        i, j, k = place % nx, place // nx % ny, place // (nx * ny)
        steps: dict[tuple[int, ...], bool] = {(1,): i > 0, (nx,): j > 0, (nx * ny,): k > 0}
        steps |= {(1, nx): i > 0 and j > 0, (1, nx * ny): i > 0 and k > 0}
        steps[nx, nx * ny] = j > 0 and k > 0
        near = [known.get(place - sum(by)) if ok else None for by, ok in steps.items()]
        beside = [one for one in near[:3] if one is not None]
        if None not in near:
            flat = [near[a] + near[b] - near[2 + a + b] for a, b in MIDDLE]  # type: ignore[operator]
            guess = sorted(flat)[1]
        else:
            guess = sum(beside) // len(beside) if beside else before
        known[place] = before = guess + more
    return np.array(list(known.values()))


def test_what_is_encoded_is_what_the_model_says() -> None:
    scene = fabricated_scene(3000)
    cells = scene.cells
    gaps = cells.grades["re_ppm"].copy()
    gaps[::7] = np.nan
    scene = replace(scene, cells=replace(cells, grades={**cells.grades, "re_ppm": gaps}))
    head, columns = decoded(encode(scene))
    nx, ny, _ = head["shape"]
    places = columns["place"]
    found = np.column_stack([places % nx, places // nx % ny, places // (nx * ny)]) + head["low"]
    assert np.array_equal(found, cells.ijk)
    assert np.array_equal(columns["class"], cells.class_code)
    assert np.array_equal(columns["domain"], cells.domain_code)
    assert np.array_equal(columns["samples"] - 1, cells.samples)
    for number, (name, grade) in enumerate(scene.cells.grades.items()):
        step = next(c["step"] for c in head["columns"] if c["name"] == f"grade_{number}")
        kept, decimals = columns[f"grade_{number}"], grade_display(name).decimals
        assert np.array_equal(kept == 0, np.isnan(grade)), name
        for value, told in list(zip(grade, kept, strict=True))[::11]:
            said = None if told == 0 else round((told - 1) * float(step), 9)
            assert printed(said, decimals) == printed(float(value), decimals), name
    ore_step = next(float(c["step"]) for c in head["columns"] if c["name"] == "ore")
    assert np.allclose((columns["ore"] - 1) * ore_step, cells.ore_t, rtol=2e-5)
    assert head["holes"][0] == scene.traces.holes[0]
    east = columns["trace_x"] * 0.1 + head["origin_m"][0]
    assert np.allclose(east, scene.traces.points_m[:, 0], atol=0.051)


def test_rounding_is_that_of_tables_and_never_lifts_a_grade_over_a_cutoff() -> None:
    values = np.array([0.445, 0.455, 0.4450001, 0.29999999, 0.3, 0.3000001, 0.0, 1.005, np.nan])
    kept = _floored(values, 2)
    for value, told in zip(values[:-1].tolist(), kept.tolist(), strict=False):
        assert printed((told - 1) / 1000, 2) == printed(value, 2), value
    assert kept[3] - 1 == 299
    assert kept[4] - 1 == kept[5] - 1 == 300
    assert kept[-1] == 0
    assert _rounded(np.array([0.0125, 0.0135, 0.012500001]), 3).tolist() == [13, 15, 14]


def test_joined_cells_keep_ore_and_metal_and_the_least_sure_class() -> None:
    parts = fabricated_scene(9000).cells
    whole = fitted(parts, 2000)
    assert 0 < len(whole) <= 2000
    assert whole.grid.join == (2, 2, 2)
    assert whole.ore_t.sum() == pytest.approx(parts.ore_t.sum())
    for name, grade in parts.grades.items():
        metal = float((parts.ore_t * grade).sum())
        assert float((whole.ore_t * whole.grades[name]).sum()) == pytest.approx(metal), name
    at = {tuple(place): n for n, place in enumerate(whole.ijk.tolist())}
    home = np.array([at[tuple(place)] for place in (parts.ijk // 2).tolist()])
    assert (whole.class_code[home] >= parts.class_code).all()
    assert (whole.samples[home] <= parts.samples).all()


def test_two_parts_of_a_block_are_one_cell_and_a_lone_one_is_untouched() -> None:
    parts = fabricated_scene(800).cells
    double = _doubled(parts)
    cells = fitted(double, 10_000)
    assert len(cells) == len(parts)
    assert cells.ore_t.sum() == pytest.approx(double.ore_t.sum())
    assert cells.grades["cu_pct"][0] == pytest.approx(2 * parts.grades["cu_pct"][0])
    assert np.array_equal(cells.grades["cu_pct"][1:], parts.grades["cu_pct"][1:])


def _doubled(parts: Cells) -> Cells:
    """The first cell twice: once more with three times its grade."""
    again = {name: np.append(grade, 3 * grade[0]) for name, grade in parts.grades.items()}
    fields = ("class_code", "domain_code", "deviation", "samples", "holes", "ore_t")
    more: dict[str, Any] = {
        name: np.append(getattr(parts, name), getattr(parts, name)[0]) for name in fields
    }
    return replace(parts, grades=again, ijk=np.vstack([parts.ijk, parts.ijk[:1]]), **more)


def test_a_scene_read_again_is_the_same_and_a_spoilt_file_says_nothing(tmp_path: Path) -> None:
    scene = fabricated_scene(2000)
    path = tmp_path / "viewer" / "one.npz"
    write_scene(path, scene, "made of this")
    assert encode(read_scene(path)) == encode(scene)
    assert scene_about(path)["key"] == "made of this"
    path.write_bytes(path.read_bytes()[:500])
    assert scene_about(path) == {}
    assert scene_about(tmp_path / "none.npz") == {}


def test_a_page_of_200_000_blocks_is_smaller_than_a_megabyte(tmp_path: Path) -> None:
    report = fabricated_report(tmp_path, sample_belts()[:1])
    name = report.belts[0].deposits[0].id
    scene = fabricated_scene(205_000, limit=1_000_000)
    assert len(scene.cells) >= 200_000
    write_scene(tmp_path / "scene.npz", scene, "large")
    page = write_pages(report, tmp_path, {name: tmp_path / "scene.npz"})[name]
    assert page.stat().st_size < 1_000_000
    html = page.read_text("utf-8")
    assert HOSTILE not in html
    assert html.count("<img") == 2
    assert 'src="data:image/png' in html


def test_what_is_joined_is_said_and_the_public_build_has_no_page(tmp_path: Path) -> None:
    report = fabricated_report(tmp_path, sample_belts()[:1])
    name = report.belts[0].deposits[0].id
    write_scene(tmp_path / "scene.npz", fabricated_scene(9000, limit=2000), "joined")
    page = write_pages(report, tmp_path, {name: tmp_path / "scene.npz"})[name]
    assert "显示为 2×2×2 合并块" in page.read_text("utf-8")
    report = replace(report, viewers={name: tmp_path / "scene.npz"})
    assert "viewer" in [chapter.key for chapter in chapters(report, BUREAU)]
    assert "viewer" not in [chapter.key for chapter in chapters(report, PUBLIC)]
    assert viewer_ids(replace(report, viewers={name: tmp_path / "none.npz"})) == ()


def test_many_intervals_are_joined_and_keep_their_mean() -> None:
    traces = fabricated_scene(2000).traces
    many = 40 * MOST_INTERVALS // len(traces.grade) + 1
    long = replace(
        traces,
        holes=traces.holes * many,
        nodes=np.tile(traces.nodes, many),
        points_m=np.tile(traces.points_m, (many, 1)),
        grade=np.tile(traces.grade, many),
    )
    thin = thinned_traces(long)
    assert len(thin.grade) - len(thin.holes) <= MOST_INTERVALS + len(thin.holes)
    assert np.nanmean(thin.grade) == pytest.approx(np.nanmean(long.grade), rel=0.05)
    first = thin.points_m[np.cumsum(thin.nodes) - thin.nodes]
    assert np.array_equal(first, long.points_m[np.cumsum(long.nodes) - long.nodes])


def test_colours_are_those_of_the_section_plates_and_bins_are_round() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    wanted = matplotlib.colormaps["YlOrBr"](np.linspace(0.08, 0.98, 9))[:, :3] * 255
    found = [[int(one[at : at + 2], 16) for at in (1, 3, 5)] for one in shades(GRADE, 9)]
    assert np.abs(np.array(found) - wanted).max() <= 2
    bins = bins_of(fabricated_scene(2000).cells)
    assert set(bins) == {"grade_1", "grade_2", "grade_3", "grade_4", "deviation"}
    assert all(3 <= len(one) <= 7 for one in bins.values()), bins
    assert all(len(f"{value:g}") <= 6 for one in bins.values() for value in one)
