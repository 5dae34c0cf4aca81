"""The three-dimensional page by number of blocks: its size, and how soon it is drawn by software.

``python -m benchmarks.viewer [blocks ...]`` makes pages of fabricated ore-bodies, opens them from
``file://`` in Chromium with software drawing, and prints a table; medians of three openings.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from reporting.viewer.scene import write_scene
from tests.browser_fixture import ARGUMENTS, CHROMIUM, fabricated_report, sample_belts
from tests.viewer_scenes import fabricated_scene, write_pages

BLOCKS = (20_000, 100_000, 200_000, 500_000)
SOFTWARE = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader")
OPENINGS = 3
READY = "html[data-viewer=ready]"
UNPACK = """async () => {
  await bornite3d.load(document.getElementById("scene-data").textContent.trim());
}"""
CHANGE = "() => { bornite3d.app.state.cut = 0.4; bornite3d.app.rebuild(); }"
SETTLED = """() => new Promise((done) => {
  const ask = () => (bornite3d.app.times.settled_ms ? done() : setTimeout(ask, 20));
  ask();
})"""


def measure(browser: Browser, page_file: Path) -> dict[str, float]:
    """One opening: times in ms from the start of navigation, faces, ms of a change and a frame."""
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    page.goto(page_file.as_uri())
    page.wait_for_selector(READY, state="attached", timeout=120_000)
    page.evaluate(SETTLED)
    times: dict[str, Any] = page.evaluate("({...bornite3d.app.times})")
    busy = page.context.new_cdp_session(page)
    busy.send("Performance.enable", {"timeDomain": "threadTicks"})

    def cost_ms(script: str) -> float:
        """CPU time of the page's thread, which no other program lengthens."""
        before = _busy_s(busy)
        page.evaluate(script)
        return 1000 * (_busy_s(busy) - before)

    found = {
        "first_ms": times["first_ms"],
        "frame_ms": times["settled_ms"],
        "unpack_cpu_ms": cost_ms(UNPACK),
        "change_cpu_ms": cost_ms(CHANGE),
        "faces": times["faces"],
    }
    page.close()
    return found


def _busy_s(session: Any) -> float:
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(float(one["value"]) for one in metrics if one["name"] == "TaskDuration")


def main(blocks: tuple[int, ...]) -> None:
    """Print one line for each number of blocks."""
    folder = Path(tempfile.mkdtemp())
    report = fabricated_report(folder, sample_belts()[:1])
    name = report.belts[0].deposits[0].id
    print("  blocks  html MB  first frame s  frame ms  unpack CPU ms  change CPU ms  faces")
    with sync_playwright() as player:
        flags = [flag for flag in ARGUMENTS if flag != "--disable-gpu"]
        browser = player.chromium.launch(executable_path=str(CHROMIUM), args=[*flags, *SOFTWARE])
        for count in blocks:
            scene = fabricated_scene(count)
            path = folder / f"{count}.npz"
            write_scene(path, scene, f"fabricated {count}")
            page_file = write_pages(report, folder / str(count), {name: path})[name]
            runs = [measure(browser, page_file) for _ in range(OPENINGS)]
            middle = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
            print(
                f"{len(scene.cells):>8,} {page_file.stat().st_size / 1e6:>8.2f} "
                f"{middle['first_ms'] / 1000:>14.2f} {middle['frame_ms']:>9.0f} "
                f"{middle['unpack_cpu_ms']:>14.0f} {middle['change_cpu_ms']:>14.0f}  "
                f"{middle['faces']:,.0f}"
            )
        browser.close()


if __name__ == "__main__":
    main(tuple(int(word) for word in sys.argv[1:]) or BLOCKS)
