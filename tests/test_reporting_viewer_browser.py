"""The three-dimensional page in real Chromium, drawn by software: what is seen, picked and kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reporting.rounding import printed
from reporting.units import grade_display
from reporting.viewer.scene import Scene, write_scene
from tests.browser_fixture import ARGUMENTS, CHROMIUM, fabricated_report, said_by, sample_belts
from tests.viewer_scenes import write_fabricated, write_pages

pytestmark = pytest.mark.browser

SOFTWARE = (
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--force-prefers-reduced-motion",
)
READY = "html[data-viewer=ready]"
BLOCKS = 6000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Scene]:
    """A page of the first belt's first deposit, and its scene."""
    folder = tmp_path_factory.mktemp("viewer")
    report = fabricated_report(folder, sample_belts()[:1])
    name = report.belts[0].deposits[0].id
    scene = write_fabricated(folder / "scene.npz", BLOCKS)
    return write_pages(report, folder, {name: folder / "scene.npz"})[name], scene


@pytest.fixture(scope="module")
def drawing(chromium: Any) -> Iterator[Any]:
    """A Chromium that draws by software and reaches no network."""
    flags = [flag for flag in ARGUMENTS if flag != "--disable-gpu"]
    browser = chromium.browser_type.launch(executable_path=str(CHROMIUM), args=[*flags, *SOFTWARE])
    yield browser
    browser.close()


def _open(browser: Any, path: Path, fragment: str = "", **options: Any) -> tuple[Any, list[str]]:
    """The page, ready, and every request and complaint."""
    page = browser.new_page(viewport={"width": 1366, "height": 900}, **options)
    noted: list[str] = []
    page.on("console", lambda message: noted.extend(said_by(message)))
    page.on("pageerror", lambda error: noted.append(f"error: {error}"))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("file:", "data:"))
            else noted.append(f"request: {request.url}")
        ),
    )
    page.goto(path.as_uri() + fragment)
    page.wait_for_selector(READY, state="attached")
    return page, noted


def _official(page: Any) -> str:
    return str(page.inner_text("#resource"))


def _colours(page: Any) -> int:
    """Different colours among the points of the drawn picture."""
    return int(
        page.evaluate(
            """() => {
              const app = bornite3d.app; app.render(1);
              const canvas = document.createElement("canvas");
              const view = document.getElementById("view");
              canvas.width = 160; canvas.height = 100;
              const context = canvas.getContext("2d");
              context.drawImage(view, 0, 0, 160, 100);
              const data = context.getImageData(0, 0, 160, 100).data, seen = new Set();
              for (let at = 0; at < data.length; at += 4) {
                if (data[at + 3] < 255) { continue; }
                seen.add(data[at] << 16 | data[at + 1] << 8 | data[at + 2]);
              }
              return seen.size;
            }"""
        )
    )


def test_the_picture_is_drawn_without_a_request_or_a_complaint(
    drawing: Any, made: tuple[Path, Scene]
) -> None:
    page, noted = _open(drawing, made[0])
    assert _colours(page) > 20
    assert page.is_hidden("#without")
    assert page.is_visible("#stage")
    page.wait_for_timeout(400)
    assert noted == []
    assert page.evaluate("bornite3d.app.scene.head.holes[0]") == made[1].traces.holes[0]
    page.close()


def test_a_known_block_is_picked_by_mouse_and_by_keyboard_with_its_values(
    drawing: Any, made: tuple[Path, Scene]
) -> None:
    page, _noted = _open(drawing, made[0])
    page.click("label[for=lang-en]")
    page.focus("#view")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    grid, cells = made[1].cells.grid, made[1].cells
    said = page.inner_text("#picked")
    at = page.evaluate(
        "(() => { const { scene, state } = bornite3d.app, n = state.picked;"
        " return [scene.i[n], scene.j[n], scene.k[n]].map((v, a) => v + scene.head.low[a]); })()"
    )
    (number,) = np.flatnonzero((cells.ijk == np.array(at)).all(axis=1))
    column = cells.ijk[(cells.ijk[:, :2] == at[:2]).all(axis=1)]
    above = column[cells.grades["cu_pct"][(cells.ijk[:, :2] == at[:2]).all(axis=1)] >= 0.3]
    assert above[:, 2].max() == at[2]  # looking down, the highest block at the cut-off is met first
    for axis in range(3):
        centre = grid.origin_m[axis] + (at[axis] + 0.5) * grid.cell_m[axis]
        assert f"{centre:,.3f}".rstrip("0").rstrip(".") in said, said
    for name, grade in cells.grades.items():
        unit = grade_display(name)
        assert f"{printed(float(grade[number]), unit.decimals)} {unit.sign}" in said, name
    assert ("M Measured", "I Indicated", "F Inferred")[cells.class_code[number] - 1] in said
    assert str(cells.samples[number]) in said
    box = page.locator("#view").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert page.inner_text("#picked") == said
    assert page.get_attribute("#picked", "aria-live") == "polite"
    page.close()


def test_the_cutoff_by_keyboard_changes_the_explorer_and_never_the_official_table(
    drawing: Any, made: tuple[Path, Scene]
) -> None:
    page, _noted = _open(drawing, made[0])
    before, explored = _official(page), page.inner_text("#explorer")
    page.focus("input[name=cut]")
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    assert page.inner_text("#explorer tbody") != explored
    assert "0.36" in page.inner_text("#explorer-basis")
    sums = page.evaluate("bornite3d.app.sums")
    cells = made[1].cells
    above = cells.grades["cu_pct"] >= 0.36
    for code, one in enumerate(sums, start=1):
        here = above & (cells.class_code == code)
        assert one["cells"] == here.sum()
        assert one["ore"] == pytest.approx(float(cells.ore_t[here].sum()), rel=1e-4)
        metal = float((cells.ore_t * cells.grades["cu_pct"])[here].sum())
        assert one["metal"] == pytest.approx(metal, rel=3e-4)  # grades are kept rounded down
    page.uncheck("input[name=class2]")
    assert "—" in page.inner_text("#explorer tbody tr:last-child")
    assert _official(page) == before
    assert page.evaluate("bornite3d.app.times.rebuild_ms") < 500
    page.close()


def test_keys_turn_move_zoom_and_give_the_three_views(
    drawing: Any, made: tuple[Path, Scene]
) -> None:
    page, _noted = _open(drawing, made[0])
    page.focus("#view")

    def camera() -> dict[str, Any]:
        return dict(page.evaluate("({...bornite3d.app.camera})"))

    first = camera()
    page.keyboard.press("ArrowRight")
    assert camera()["heading"] != first["heading"]
    page.keyboard.press("Shift+ArrowRight")
    assert camera()["target"] != first["target"]
    page.keyboard.press("+")
    assert camera()["scale"] < first["scale"]
    page.keyboard.press("Home")
    assert camera() == first
    for key, wanted in (("1", (0, 90)), ("2", (0, 0)), ("3", (270, 0))):
        page.keyboard.press(key)
        assert (camera()["heading"], camera()["tilt"]) == wanted
    page.evaluate("bornite3d.app.state.section.azimuth = 35")
    page.keyboard.press("4")
    assert (camera()["heading"], camera()["tilt"]) == (305, 0)  # azimuth 035 points to the right
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") != "view"
    page.close()


def test_the_address_brings_the_same_view_back(drawing: Any, made: tuple[Path, Scene]) -> None:
    page, _noted = _open(drawing, made[0])
    page.check("input[name=layer][value=class]")
    page.check("input[name=section]")
    page.focus("#view")
    page.keyboard.press("3")
    page.keyboard.press("Enter")
    page.wait_for_selector("#permalink[href*='pick=']")
    wanted, fragment = page.inner_text("#picked"), page.evaluate("location.hash")
    shown = page.inner_text("#explorer tbody")
    assert page.get_attribute("#permalink", "href") == fragment
    page.close()
    again, noted = _open(drawing, made[0], fragment)
    assert again.is_checked("input[name=layer][value=class]")
    assert again.is_checked("input[name=section]")
    assert again.evaluate("bornite3d.app.camera.heading") == 270
    assert again.inner_text("#picked") == wanted
    assert again.inner_text("#explorer tbody") == shown
    assert noted == []
    again.close()
    spoilt, noted = _open(drawing, made[0], "#view=a_b&cut=-1&crop=9_9&pick=99999999&by=__proto__")
    assert noted == []
    spoilt.close()


def test_a_link_finds_its_block_and_slices_by_coordinates_and_warns_of_another_model(
    drawing: Any, made: tuple[Path, Scene], tmp_path: Path
) -> None:
    page, _noted = _open(drawing, made[0])
    page.evaluate("""(() => { const { app } = bornite3d;
      app.state.crop[0] = 4; app.state.crop[5] -= 2; app.change(); app.view(bornite3d.VIEWS[1]);
      app.state.cursor = null; app.pickAtCursor(); })()""")
    page.wait_for_selector("#permalink[href*='pick=']")
    picked, fragment = page.inner_text("#picked"), page.evaluate("location.hash")
    shown, edge = page.inner_text("#explorer tbody"), page.inner_text("output[data-of=x0]")
    assert page.is_hidden("#foreign")
    page.close()
    # the same ore-body in another box: a first cell further south-west at the lowest level
    cells = made[1].cells
    low = cells.ijk.min(axis=0)
    fields = ("class_code", "domain_code", "deviation", "samples", "holes", "ore_t")
    more = {name: np.append(getattr(cells, name)[:1], getattr(cells, name)) for name in fields}
    moved = replace(
        cells,
        grid=replace(cells.grid, origin_m=tuple(
            o - 3 * c for o, c in zip(cells.grid.origin_m, cells.grid.cell_m, strict=True)
        ), shape=tuple(n + 3 for n in cells.grid.shape)),
        ijk=np.vstack([low, cells.ijk + 3]),
        grades={name: np.append(grade[:1] * 0, grade) for name, grade in cells.grades.items()},
        **more,
    )  # fmt: skip
    report = fabricated_report(tmp_path, sample_belts()[:1])
    name = report.belts[0].deposits[0].id
    results = tuple(replace(one, model_hash="f" * 64) for one in report.results[name])
    report = replace(report, results={**report.results, name: results})
    assert made[1].ground_m is not None
    ground = np.pad(made[1].ground_m, ((3, 0), (3, 0)), mode="edge")
    write_scene(tmp_path / "scene.npz", replace(made[1], cells=moved, ground_m=ground), "moved")
    other = write_pages(report, tmp_path, {name: tmp_path / "scene.npz"})[name]
    again, noted = _open(drawing, other, fragment)
    assert again.evaluate("bornite3d.app.scene.head.low") == low.tolist()
    assert again.is_visible("#foreign")
    assert "ffffffff" in again.inner_text("#foreign")
    assert again.inner_text("#picked") == picked
    assert again.inner_text("output[data-of=x0]") == edge
    assert again.inner_text("#explorer tbody") == shown
    assert noted == []
    again.close()


def test_the_legend_hides_nothing_of_the_box(drawing: Any, made: tuple[Path, Scene]) -> None:
    page, _noted = _open(drawing, made[0])
    for key in ("Home", "1", "2", "3", "4"):
        page.focus("#view")
        page.keyboard.press(key)
        left = page.evaluate("""(() => { const { app } = bornite3d, { scene, camera } = app;
          const size = scene.head.shape.map((n, axis) => n * scene.head.cell_m[axis]);
          const corners = Array.from({ length: 8 }, (_, bits) =>
            bornite3d.project(scene, camera, size.map((one, axis) => (bits >> axis & 1) * one))[0]);
          return app.size()[0] / 2 + Math.min(...corners)
            - document.getElementById("legend").getBoundingClientRect().width - 10; })()""")
        assert left > 50, key  # pixels for the words of the left edge
    page.close()


def test_the_saved_picture_has_run_and_banner(drawing: Any, made: tuple[Path, Scene]) -> None:
    page, noted = _open(drawing, made[0])
    with page.expect_download() as waited:
        page.click("#shot")
    identity = sample_belts()[0].deposits[0].id
    assert waited.value.suggested_filename.startswith(f"bornite-3d-{identity}-20")
    page.evaluate("(() => { const { state, camera } = bornite3d.app; state.crop[0] = 1;"
                  " state.section = {on: true, azimuth: 35, off: 0, half: 12.5};"
                  " state.classes[2] = false; camera.exaggeration = 2; })()")  # fmt: skip
    said = page.evaluate("bornite3d.stateWords(bornite3d.app).en")
    for part in (
        "classes M I;",
        "vertical ×2.0",
        "section azimuth",
        "35°, 0.0 m, ± 12.5 m",
        "E 436",
    ):
        assert part in said, said
    assert Path(waited.value.path()).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert page.get_attribute("#stage", "data-run") == "20261120-1730-test"
    assert noted == []
    page.close()


def test_no_fault_of_accessibility_in_either_language_nor_width(
    drawing: Any, made: tuple[Path, Scene]
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
    for language in ("zh", "en"):
        page, _noted = _open(drawing, made[0], bypass_csp=True)
        page.click(f"label[for=lang-{language}]")
        page.click("details >> nth=1")
        found = axe.run(page, options=rules).response["violations"]
        assert found == [], json.dumps(found, ensure_ascii=False)[:1500]
        page.set_viewport_size({"width": 360, "height": 780})
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, language
        page.close()


def test_without_webgl_or_scripts_the_table_and_plates_say_it(
    chromium: Any, made: tuple[Path, Scene]
) -> None:
    for options in ({}, {"java_script_enabled": False}):
        context = chromium.new_context(**options)
        page = context.new_page()
        noted: list[str] = []
        page.on("pageerror", lambda error, noted=noted: noted.append(str(error)))
        page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
        page.goto(made[0].as_uri())
        page.wait_for_timeout(300)
        assert page.is_visible("#without")
        assert page.is_hidden("#stage")
        assert page.locator("#plates img").count() == 12
        for media in ("screen", "print"):
            page.emulate_media(media=media)
            assert page.locator("#plates img:visible").count() == 12, media
        assert page.is_visible("#resource")
        assert noted == []
        context.close()
