"""The variography study: what it tells of a plan, and that one element's trouble stops no other."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from estimation.plan import Coregionalisation, Orientation, Plan
from estimation.rotation import Leapfrog, axes_from_leapfrog, orientation_from_axes
from estimation.studies import Study
from estimation.variography.study import study
from estimation.variography.study_groups import Group, downhole, hole_direction, lags_along
from estimation.variography.views import conventions, model_table, stereonet, trend_plunge_text
from reporting.figures.store import FigureStore, draw
from reporting.working.study import figure_arrays
from tests.conftest import ROOT
from tests.engine_problems import element_plan, make_plan, samples_at, variogram

DIPPING = orientation_from_axes(axes_from_leapfrog(Leapfrog(60.0, 110.0, 75.0)))
TOGETHER = Coregionalisation.model_validate(
    {
        "nuggets": (0.1, 0.05, 0.1),
        "structures": [
            {"model": "spherical", "ranges_m": (90.0, 60.0, 40.0), "sills": (0.9, 0.6, 0.9)}
        ],
        "orientation": {"azimuth_deg": 30.0, "dip_deg": -20.0, "rake_deg": 0.0},
    }
)


def deposit_plan(**changes: Any) -> Plan:
    """Copper along a dipping plane, molybdenum cokriged with it, gold that is all alike."""
    partner = {"element": "cu_pct", "model": TOGETHER, "max_samples": 8}
    return make_plan(
        {
            "cu_pct": element_plan(variogram=variogram(0.1, orientation=DIPPING)),
            "mo_ppm": element_plan(method="cokriging", partner=partner),
            "au_gpt": element_plan(),
        },
        **changes,
    )


def bench_of(plan: Plan) -> Any:
    """A bench over 25 vertical holes of 12 samples, 5 m each; gold from one hole elsewhere."""
    rng = np.random.default_rng(2)
    hole = np.repeat(np.arange(25), 12)
    east, north = 40.0 * (hole % 5), 40.0 * (hole // 5)
    xyz = np.column_stack([east, north, 500.0 - 5.0 * np.tile(np.arange(12), 25)])
    field = 1.0 + 0.6 * np.sin(east / 35.0 + xyz[:, 2] / 20.0) + rng.normal(0, 0.1, 300)
    elements = {
        "cu_pct": samples_at(xyz, field, hole),
        "mo_ppm": samples_at(xyz, field + rng.normal(0, 0.2, 300), hole),
        "au_gpt": samples_at(xyz, np.full(300, 0.01), hole),
    }
    return SimpleNamespace(
        data=SimpleNamespace(plan=plan), problem=SimpleNamespace(elements=elements)
    )


@pytest.fixture(scope="module")
def told() -> Study:
    """The study of that deposit."""
    return study(bench_of(deposit_plan()))


def table_of(told: Study, name: str) -> Any:
    """One table of the study."""
    return next(t.frame for t in told.tables if t.name == name)


def test_one_element_alike_everywhere_stops_no_other(told: Study) -> None:
    """Gold gives a remark; copper and molybdenum have their figures."""
    assert any("Au" in r.en and "alike" in r.en for r in told.remarks)
    names = {figure.name for figure in told.figures}
    for element in ("cu_pct", "mo_ppm"):
        for what in ("directions", "map", "estimators", "conventions"):
            assert f"{what}_{element}_all" in names
    assert "cross_mo_ppm_cu_pct" in names
    assert "directions_au_gpt_all" not in names


def test_the_model_table_says_axes_and_angles_of_each_convention(told: Study) -> None:
    """A plane of dip 60 to 110, pitch 75: published angles, ranges on the right axes."""
    rows = table_of(told, "variogram_models").query("element == 'cu_pct'")
    assert rows["structure"].tolist() == ["nugget", "spherical"]
    assert rows["sill_share"].sum() == pytest.approx(1.0)
    last = rows.iloc[1]
    assert last["major_trend_plunge"] == "082/57"
    assert last["semi_major_trend_plunge"] == "192/13"
    assert last["minor_trend_plunge"] == "290/30"
    assert last["leapfrog_deg"] == "60.0, 110.0, 75.0"
    assert last["datamine_deg"] == "110.0, 60.0, 75.0"
    assert last["gslib_deg"] == "81.8, -56.8, 24.1"
    assert (last["major_range_m"], last["minor_range_m"]) == (120.0, 40.0)
    assert set(rows["status"]) == {"proposed"}


def test_a_proposed_model_says_so_and_an_accepted_one_says_by_whom(told: Study) -> None:
    """Status, person, date and reason stand before the figures and in a table."""
    assert "accepted by nobody" in told.remarks[0].en
    accepted = {"status": "accepted", "by": "王工", "date": "2026-03-01", "reason": "checked"}
    plan = deposit_plan(acceptance=accepted)
    again = study(bench_of(plan))
    assert "王工" in again.remarks[0].en
    assert "2026-03-01" in again.remarks[0].zh
    assert set(table_of(again, "decisions")["by"]) == {"王工"}


def test_the_nugget_rests_on_the_first_lags_down_the_hole(told: Study) -> None:
    """Lags of one and two samples, their line drawn back to zero."""
    row = table_of(told, "nugget_basis").query("element == 'cu_pct'").iloc[0]
    assert (row["first_distance_m"], row["second_distance_m"]) == pytest.approx((5.0, 10.0))
    assert (row["first_pairs"], row["second_pairs"]) == (25 * 11, 25 * 10)
    drawn = max(2 * row["first_gamma"] - row["second_gamma"], 0.0)
    assert row["extrapolated"] == pytest.approx(drawn)


def test_every_figure_is_drawn(told: Study, tmp_path: Path) -> None:
    """Each drawing takes what the study gives it; counts and units are in the captions."""
    store = FigureStore(tmp_path / "drawn")
    for figure in told.figures:
        source = figure_arrays(figure, tmp_path)
        assert "<svg" in store.svg(figure.drawing, source, figure.parameters)
        if figure.drawing == "variogram_panels":
            assert "300 samples, 25 holes" in figure.caption.en
            assert figure.parameters["unit"] in ("%²", "(g/t)²")


def test_the_coregionalisation_is_drawn_within_its_hull(told: Study) -> None:
    """Across, the model lies inside the root of the product of the own ones."""
    figure = next(f for f in told.figures if f.name == "cross_mo_ppm_cu_pct")
    own, across, other = figure.parameters["panels"]
    hull = np.array(across["hull"])
    assert hull == pytest.approx(
        np.sqrt(np.array(own["model_gamma"]) * np.array(other["model_gamma"])), rel=1e-4
    )
    assert (np.abs(across["model_gamma"]) <= hull * (1 + 1e-6)).all()
    assert across["model_gamma"][-1] == pytest.approx(0.65, rel=0.02)


def test_lags_follow_holes_on_the_level_and_samples_where_steep() -> None:
    """Holes 40 m apart, samples 5 m: lags of 20 m (too few of 40 m) and of about 10 m."""
    samples = bench_of(deposit_plan()).problem.elements["cu_pct"]
    group = Group(
        "cu_pct", "all", samples.xyz_m, samples.values, samples.holes,
        np.ones(300), element_plan(), True,
    )  # fmt: skip
    assert (group.spacing_m, group.step_m) == (40.0, 5.0)
    assert lags_along(group, np.array([1.0, 0, 0])).width_m == 20.0
    assert lags_along(group, np.array([0, 0, 1.0])).width_m <= 10.0
    assert hole_direction(group) == pytest.approx([0, 0, -1])
    assert downhole(group).found.pairs[0] == 25 * 11


def test_views_of_one_orientation() -> None:
    """All conventions in one table; a vertical line has no trend of its own."""
    table = conventions(Orientation(azimuth_deg=261.81, dip_deg=56.77, rake_deg=-24.15))
    angles = dict(zip(table["convention"], table["values_deg"], strict=True))
    assert angles["trend/plunge"] == "082/57; 192/13; 290/30"
    assert angles["GSLIB"] == "81.8, -56.8, 24.2"
    assert angles["Leapfrog / Evo"] == "60.0, 110.0, 75.0"
    assert "unverified" in table["convention"].iloc[-1]
    assert trend_plunge_text(np.array([1e-12, 0.0, -1.0])) == "000/90"
    assert len(model_table(variogram(0.1))) == 2


def test_the_figure_of_the_docs_is_what_the_code_draws() -> None:
    """``docs/images/rotation-conventions.svg``: one plane, every convention."""
    stored = (ROOT / "docs" / "images" / "rotation-conventions.svg").read_text("utf-8")
    assert draw("rotation_conventions", None, stereonet(DIPPING)) == stored
