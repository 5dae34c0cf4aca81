"""The map: places as coarse as configured, circles that never lie on each other, a base map."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from geo.config import ConfigError
from reporting import SiteReport
from reporting.figures.places import packed
from reporting.figures.store import FigureStore, draw_png
from reporting.settings import Public, SiteSettings, read_settings
from reporting.site.pages.places import map_page
from reporting.site.room import BUREAU, PUBLIC, Audience, Room, Stamp
from reporting.site.templating import render_page
from reporting.views.places import decimals_of, map_parameters, map_table, spots
from tests.browser_fixture import PageReader, fabricated_report, sample_belts

MAP = """base_map:
  image: base.png
  west_deg: 73
  south_deg: 3
  east_deg: 136
  north_deg: 54
  approval_no: GS(2024)0650号
  source: 标准地图服务
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> SiteReport:
    made = fabricated_report(tmp_path_factory.mktemp("map"), sample_belts()[:2])
    return replace(made, figures={}, belt_maps={})


def _html(report: SiteReport, folder: Path, audience: Audience) -> str:
    """The map's HTML for an audience."""
    context = map_page(Room(report, FigureStore(folder / "figures"), audience))
    stamp = Stamp(report.run_id, report.generated_at, report.code_version)
    return render_page("map", {**context, "nav": (), "stamp": stamp})


def _degrees(html: str) -> list[str]:
    """Every longitude and latitude of the list, unrounded."""
    numbers = PageReader(html).numbers
    return [n.attributes["data-v"] for n in numbers if n.attributes["data-unit"].startswith("°")]


def test_the_bureau_sees_places_to_the_kilometre(report: SiteReport, tmp_path: Path) -> None:
    html = _html(report, tmp_path, BUREAU)
    found = _degrees(html)
    assert len(found) == 4
    assert all(re.fullmatch(r"\d+\.\d{1,2}", value) for value in found)
    assert "概化至 1 km" in html
    for spot in spots(report, 1000.0):  # the belt's middle, by its coordinates' own zone
        assert spot.place is not None
        assert 73 < spot.place[0] < 136


def test_the_public_sees_no_place_finer_than_configured(report: SiteReport, tmp_path: Path) -> None:
    assert (decimals_of(1000.0), decimals_of(100_000.0), decimals_of(5e5)) == (2, 0, 0)
    for metres in (100_000.0, 10_000.0):
        told = replace(report, settings=SiteSettings(public=Public(coordinates_m=metres)))
        digits = decimals_of(metres)
        html = _html(told, tmp_path, PUBLIC)
        for value in _degrees(html):
            assert len(value.partition(".")[2].rstrip("0")) <= digits
        shown = map_parameters(spots(told, metres), None)["spots"]
        assert all(round(s[axis], digits) == s[axis] for s in shown for axis in ("lon", "lat"))


def test_two_deposits_in_one_square_of_the_public_map_have_one_place(report: SiteReport) -> None:
    """Moving a deposit by a hundred metres can't be told from its place."""
    belt = report.belts[0]
    first = belt.deposits[0]
    origin = (first.grid.origin_m[0] + 100.0, *first.grid.origin_m[1:])
    moved = first.model_copy(update={"grid": first.grid.model_copy(update={"origin_m": origin})})
    told = replace(report, belts=(belt.model_copy(update={"deposits": (moved,)}),))
    assert spots(told, 100_000.0)[0].place == spots(report, 100_000.0)[0].place


def test_what_may_not_be_shown_is_listed_and_said_so(report: SiteReport, tmp_path: Path) -> None:
    told = replace(report, settings=SiteSettings(public=Public(coordinates_m=None)))
    html = _html(told, tmp_path, PUBLIC)
    assert "<figure" not in html
    assert "按设置不上图" in html
    assert _degrees(html) == [""] * 4
    for deposit in report.results:
        assert deposit in html  # each still leads to its page


def test_a_local_grid_is_listed_without_a_place(report: SiteReport, tmp_path: Path) -> None:
    belts = (report.belts[0].model_copy(update={"crs": "local"}), report.belts[1])
    told = replace(report, belts=belts)
    html = _html(told, tmp_path, BUREAU)
    assert "本地坐标，无法上图" in html
    assert "另有 1 个矿床无法上图" in html
    assert len(map_parameters(spots(told, 1000.0), None)["spots"]) == 1


def test_the_list_says_what_the_circles_say(report: SiteReport) -> None:
    shown = spots(report, 1000.0)
    drawn = map_parameters(shown, None)["spots"]
    table = map_table(report, shown, 1000.0)
    assert table.sortable
    for row, circle, spot in zip(table.rows, drawn, shown, strict=True):
        assert row.cells[0].text.zh == circle["label"]
        metal = [float(row.cells[k].attributes["data-v"]) for k in (4, 5, 6)]
        assert sum(metal) / 1e3 == pytest.approx(circle["kt"], abs=1e-3)
        assert circle["mix"] == pytest.approx([m / sum(metal) for m in metal], abs=1e-4)
        assert row.cells[8].text.zh == {"+": "+", "++": "++"}[spot.bin]
        before = report.results[spot.deposit.id][-2].statement.metal_t(
            "cu_pct", tuple(spot.metal_t)
        )
        assert spot.change == pytest.approx(sum(metal) / before - 1)


@pytest.mark.parametrize(
    ("change", "kind"),
    [(0.06, "++"), (0.02, "+"), (0.001, "0"), (-0.02, "-"), (-0.2, "--"), (None, "new")],
)
def test_a_change_is_told_by_its_sign(report: SiteReport, change: float | None, kind: str) -> None:
    assert replace(spots(report, 1000.0)[0], change=change).bin == kind


def test_circles_stand_apart_within_the_map() -> None:
    size = np.array([400.0, 280.0])
    places = [np.array([5.0, 5.0])] * 20 + [np.array([390.0, 270.0])] * 15
    radii = [6.0 + k % 5 for k in range(35)]
    drawn = packed(places, radii, size)
    for k, at in enumerate(drawn):
        assert (at >= radii[k]).all()
        assert (at <= size - radii[k]).all()
        for j in range(k):
            assert math.dist(at, drawn[j]) >= radii[k] + radii[j]
    assert all((a == b).all() for a, b in zip(drawn, packed(places, radii, size), strict=True))


def test_the_page_says_that_no_boundary_is_drawn(report: SiteReport, tmp_path: Path) -> None:
    html = _html(report, tmp_path, BUREAU)
    assert "不绘制任何国界" in html
    assert "审图号" not in html


def test_a_base_map_is_shown_with_its_number_and_source(report: SiteReport, tmp_path: Path) -> None:
    (tmp_path / "base.png").write_bytes(
        draw_png("deposit_map", None, {"spots": [], "base": None}, 40)
    )
    (tmp_path / "site.yaml").write_text(MAP, "utf-8")
    settings = read_settings(tmp_path / "site.yaml")
    html = _html(replace(report, settings=settings), tmp_path, BUREAU)
    assert "底图：标准地图服务，审图号：GS(2024)0650号" in html
    assert "data:image/png;base64" in html
    assert str(tmp_path) not in html


@pytest.mark.parametrize(
    ("content", "text", "said"),
    [
        (None, MAP, "读不到底图文件"),
        (b"GIF89a", MAP, "不是 PNG"),
        (b"\x89PNG\r\n\x1a\n", MAP.replace("west_deg: 73", "west_deg: 140"), "west_deg"),
        (b"\x89PNG\r\n\x1a\n", MAP.replace("GS(2024)0650号", '""'), "approval_no"),
    ],
)
def test_a_base_map_that_cannot_be_used_is_refused_when_read(
    tmp_path: Path, content: bytes | None, text: str, said: str
) -> None:
    if content is not None:
        (tmp_path / "base.png").write_bytes(content)
    (tmp_path / "site.yaml").write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=said) as raised:
        read_settings(tmp_path / "site.yaml")
    assert "site.yaml" in str(raised.value)
