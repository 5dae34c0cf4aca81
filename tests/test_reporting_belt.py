"""A belt's page: subtotals within the class, the trend, coverage, surveys; and the public one."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from geo.geochemistry.thresholds import CITATIONS
from reporting import SiteReport
from reporting.site.frame import crs_text
from reporting.site.pages import belt, surveys
from reporting.site.room import PUBLIC
from reporting.sums import class_metal_t
from reporting.views.belt import belt_table
from reporting.views.coverage import coverage_table, trend_parameters
from reporting.working.geochemistry import KEPT, _register_row, citations, read_surveys
from tests.evidence_fixture import html_of, told_report


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("belt")


@pytest.fixture(scope="module")
def report(folder: Path) -> SiteReport:
    """One belt that holds the deposits of two."""
    told = told_report(folder)
    first, second = told.belts
    joined = first.model_copy(update={"deposits": (*first.deposits, *second.deposits)})
    return replace(told, belts=(joined,))


def test_subtotals_are_sums_within_one_class_and_stand_last(report: SiteReport) -> None:
    table = belt_table(report, report.belts[0])
    assert table is not None
    assert table.sortable
    styles = [row.style for row in table.rows]
    assert styles == [""] * 6 + ["total"] * 3
    for row, name in zip(table.rows[-3:], ("measured", "indicated", "inferred"), strict=True):
        metal = next(
            c.attributes
            for c in row.cells
            if (c.attributes.get("data-quantity"), c.attributes.get("data-metal"))
            == ("metal_t", "cu_pct")
        )
        every = [class_metal_t(r[-1], "cu_pct", name) or 0.0 for r in report.results.values()]
        assert metal["data-class"] == name
        assert math.isclose(float(metal["data-v"]), math.fsum(every), rel_tol=1e-12)


def test_the_trend_is_the_sum_of_what_stood_at_each_date(report: SiteReport) -> None:
    told = trend_parameters(report, report.belts[0])
    assert told["dates"] == ["2024-12-31", "2025-12-31", "2026-10-31"]
    for name, amounts in told["series"].items():
        for place, amount in enumerate(amounts):
            every = [
                class_metal_t(r[place], "cu_pct", name) or 0.0 for r in report.results.values()
            ]
            assert amount == pytest.approx(math.fsum(every) / 1e3)


def test_the_trend_begins_when_every_deposit_has_an_estimate(report: SiteReport) -> None:
    _first, second = report.results
    late = {**report.results, second: report.results[second][1:]}
    assert trend_parameters(replace(report, results=late), report.belts[0])["dates"][0] == (
        "2025-12-31"
    )


def test_coverage_counts_what_the_results_and_the_quarantine_say(report: SiteReport) -> None:
    table = coverage_table(report, report.belts[0], files=True)
    assert table is not None
    told = {c.attributes.get("data-quantity"): c.attributes for c in table.rows[0].cells}
    newest = report.results[report.belts[0].deposits[0].id][-1]
    assert told["holes"]["data-v"] == str(newest.holes)
    assert told["rows_held"]["data-v"] == "4"
    other = {c.attributes.get("data-quantity"): c.text.zh for c in table.rows[1].cells}
    assert other["rows_held"] == "—", "a deposit that was never read has no zero"


def test_the_public_page_has_no_map_finding_or_coordinate_system(
    report: SiteReport, folder: Path
) -> None:
    mine = report.belts[0]
    page = html_of(report, folder, belt.leaves, mine.id)
    public = html_of(report, folder, belt.leaves, mine.id, PUBLIC)
    assert f'href="../surveys/{mine.id}.html"' in page
    for word in (mine.crs, "surveys/", "BN-INT-002", "样品.csv"):
        assert word in page, word
        assert word not in public, word
    assert public.count("<img") == 1, "the trend alone"


def test_surveys_are_shown_where_kept_and_else_named_with_the_command(
    report: SiteReport, folder: Path
) -> None:
    mine = report.belts[0]
    page = html_of(report, folder, surveys.leaves, mine.id)
    assert f"bornite geochemistry <bdi>{mine.id}</bdi>" in page
    kept = folder / "worked"
    kept.mkdir()
    (kept / KEPT).write_text(_kept_json(), "utf-8")
    told = replace(report, surveys={mine.id: kept})
    page = html_of(told, folder, surveys.leaves, mine.id)
    assert "Cu-01" in page
    assert "&lt;b&gt;sediments" in page
    assert "bornite geochemistry" not in page


def test_the_coordinate_system_has_a_name_in_both_languages(report: SiteReport) -> None:
    mine = report.belts[0].model_copy(update={"crs": "EPSG:4540"})
    assert crs_text(mine).zh == "CGCS2000 高斯-克吕格 3 度带，中央经线 93°（EPSG:4540）"
    assert crs_text(mine).en == "CGCS2000 / 3-degree Gauss-Kruger CM 93E (EPSG:4540)"
    assert "第 20 带" in crs_text(mine.model_copy(update={"crs": "EPSG:4498"})).zh
    assert crs_text(mine.model_copy(update={"crs": "local"})).en == "local mine grid"


def test_places_of_anomalies_are_whole_metres() -> None:
    """Also on a local grid, whose coordinates are small; contents have three figures."""
    line = {"anomaly": "Cu-01", "element": "cu_ppm", "area_km2": 1.5, "mean": 94.63, "peak": 204.0}
    more = {"contrast": 1.971, "nap": 2.9565, "easting_m": 99.6, "northing_m": 3_226_750.4}
    figures = _register_row({**line, **more})["figures"]
    assert figures == ["1.5", "94.6", "204", "1.97", "2.96", "100", "3,226,750"]


def test_every_threshold_is_explained_in_both_languages() -> None:
    found = citations()
    assert [text.en for _name, text in found] == list(CITATIONS.values())
    assert all(re.search(r"[\u4e00-\u9fff]", text.zh) for _name, text in found)


def test_damaged_surveys_are_none(tmp_path: Path) -> None:
    assert read_surveys(tmp_path) is None
    (tmp_path / KEPT).write_text("[]", "utf-8")
    assert read_surveys(tmp_path) is None


def _kept_json() -> str:
    import json

    section: dict[str, Any] = {
        "name": {"zh": "<b>沉积物", "en": "<b>sediments"},
        "file": "a.csv",
        "facts": [],
        "thresholds": [],
        "seams": [],
        "groups": [],
        "register": [{"name": "Cu-01", "unit": "mg/kg", "figures": ["1", "2"]}],
        "plates": [],
        "rules": [],
    }
    return json.dumps({"format": 2, "made_from": "x", "sections": [section]})
