"""Composites preserve metal, break at domains, and never take a gap for ore."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estimation.belts import read_belt
from geo.drillholes.composite import combined_composites, composite, with_points
from geo.drillholes.desurvey import desurvey
from geo.drillholes.reading import COLUMNS, Drillholes, read_drillholes

ROOT = Path(__file__).resolve().parent.parent


def drillholes(assay=None, lithology=None, combined=None) -> Drillholes:
    """One vertical hole A from rows (from, to, ...)."""

    def frame(table, rows, names):
        data = pd.DataFrame(rows or [], columns=["from_m", "to_m", *names])
        data.insert(0, "hole_id", "A")
        for column in COLUMNS[table]:
            if column not in data:
                data[column] = ""
        return data

    tables = {name: pd.DataFrame(columns=columns) for name, columns in COLUMNS.items()}
    tables["collar"] = pd.DataFrame(
        {"hole_id": ["A"], "easting_m": [10.0], "northing_m": [20.0], "elevation_m": [100.0]}
    )
    tables["assay"] = frame("assay", assay, ["cu_pct"])
    tables["lithology"] = frame("lithology", lithology, ["oxidation"])
    tables["combined"] = frame("combined", combined, ["re_ppm"])
    return Drillholes(**tables)


def cut(holes, length_m=5.0, min_coverage=0.5, **domains):
    domains = {"domain_column": None, "domain_codes": {}, **domains}
    return composite(
        holes, length_m=length_m, min_coverage=min_coverage, elements=["cu_pct"], **domains
    )


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.integers(0, 3), st.integers(1, 90), st.one_of(st.none(), st.integers(0, 900))),
        min_size=1,
        max_size=40,
    ),
    length=st.sampled_from([1.0, 2.0, 5.0, 6.096]),
)
def test_metal_is_preserved_whatever_the_intervals(steps, length):
    """Sum of grade times assayed metres is the assays', to 1e-9."""
    rows, depth = [], 0.0
    for gap, metres, grade in steps:
        top = round(depth + gap * 0.7, 2)
        depth = round(top + metres * 0.1, 2)
        rows.append((top, depth, np.nan if grade is None else grade / 1000))
    result = cut(drillholes(rows), length, 1e-12)
    metal = np.nansum([(b - a) * g for a, b, g in rows])
    assert np.nansum(result.table["cu_pct"] * result.assayed_m["cu_pct"]) == pytest.approx(
        metal, rel=1e-9, abs=1e-12
    )
    assert (result.assayed_m["cu_pct"] <= result.table["length_m"] + 1e-9).all()


def test_a_composite_is_the_length_weighted_mean_at_its_midpoint():
    table = cut(drillholes([(0, 2, 1.0), (2, 5, 2.0)])).table
    assert table["cu_pct"].tolist() == [(2 * 1.0 + 3 * 2.0) / 5]
    place = table.loc[0, ["easting_m", "northing_m", "elevation_m"]].tolist()
    assert place == [10.0, 20.0, 97.5]


@pytest.mark.parametrize(
    ("end", "lengths"),
    [(12.0, [5.0, 7.0]), (12.5, [5.0, 5.0, 2.5]), (10.0, [5.0, 5.0]), (2.0, [2.0])],
)
def test_a_remainder_under_half_a_length_joins_the_composite_above(end, lengths):
    assert cut(drillholes([(0, end, 1.0)])).table["length_m"].tolist() == lengths


def test_a_gap_lowers_the_assayed_share_and_is_not_ore():
    """1 % over 2 m of 5 m is below half coverage, and never 0.4 %."""
    holes = drillholes([(0, 5, 1.0), (5, 7, 1.0), (7, 10, np.nan), (12, 15, 1.0)])
    table = cut(holes).table
    assert table["from_m"].tolist() == [0.0, 10.0]
    assert table["cu_pct"].tolist() == [1.0, 1.0]
    loose = cut(holes, min_coverage=0.4).table
    assert loose["cu_pct"].tolist() == [1.0, 1.0, 1.0]


def test_composites_break_at_the_domain_and_rocks_of_no_domain_are_dropped():
    holes = drillholes(
        [(0, 10, 1.0), (10, 20, 3.0)],
        lithology=[(0, 8, "ox"), (8, 12, "mix"), (12, 17, "su"), (17, 20, "dyke")],
    )
    codes = {"oxide": ("ox", "mix"), "sulphide": ("su",)}
    table = cut(holes, domain_column="oxidation", domain_codes=codes).table
    assert table["domain"].tolist() == ["oxide", "oxide", "sulphide"]
    assert table["to_m"].tolist() == [5.0, 12.0, 17.0]
    assert table["cu_pct"][1] == pytest.approx((5 * 1 + 2 * 3) / 7)


def test_an_unknown_domain_column_is_named():
    with pytest.raises(ValueError, match="weathering"):
        cut(drillholes([(0, 5, 1.0)]), domain_column="weathering")


def test_combined_samples_keep_their_length_and_take_the_domain_they_overlap_longest():
    holes = drillholes(
        [(0, 40, 1.0)],
        lithology=[(0, 12, "ox"), (12, 40, "su")],
        combined=[(0, 20, 0.3), (20, 32, 0.5), (50, 60, 9.0), (32, 40, np.nan)],
    )
    codes = {"oxide": ("ox",), "sulphide": ("su",)}
    table = combined_composites(
        holes, elements=["re_ppm"], domain_column="oxidation", domain_codes=codes
    ).table
    assert table["domain"].tolist() == ["oxide", "sulphide"]
    assert table["length_m"].tolist() == [20.0, 12.0]
    assert table["elevation_m"].tolist() == [90.0, 74.0]
    everywhere = combined_composites(holes, elements=["re_ppm"]).table
    assert everywhere["re_ppm"].tolist() == [0.3, 0.5, 9.0]


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    points=st.integers(1, 16),
    bends=st.lists(st.integers(1, 190), max_size=4, unique=True),
)
def test_points_of_a_sample_lie_on_its_hole_in_the_middles_of_equal_parts(seed, points, bends):
    """Bends or none: each point is where the hole is at the middle of its part of the sample."""
    rng = np.random.default_rng(seed)
    stations = [0, *sorted(bends)]
    survey = pd.DataFrame(
        {
            "hole_id": "A",
            "depth_m": np.array(stations, dtype=float),
            "azimuth_deg": rng.uniform(0.0, 20.0, len(stations)),
            "dip_down_deg": rng.uniform(50.0, 80.0, len(stations)),
        }
    )
    edges = [0.0, *np.sort(rng.choice(np.arange(1, 200), 6, replace=False)).astype(float)]
    rows = [(a, b, 1.0) for a, b in pairwise(edges)]
    holes = replace(drillholes(combined=rows), survey=survey)
    samples = combined_composites(holes, elements=["re_ppm"])
    found = with_points(samples, holes, points)
    assert found.table is samples.table
    assert found.points_m.shape == (len(rows), points, 3)
    for (start, stop, _), places in zip(rows, found.points_m, strict=True):
        depths = [start + (stop - start) * (2 * i + 1) / (2 * points) for i in range(points)]
        on_the_hole = desurvey(holes.collar, survey, np.full(points, "A"), np.array(depths))
        assert places == pytest.approx(on_the_hole, abs=1e-4)
    middle = with_points(samples, holes, 1).points_m[:, 0]
    table = samples.table[["easting_m", "northing_m", "elevation_m"]].to_numpy()
    assert middle == pytest.approx(table, abs=2e-4)


def test_points_along_a_straight_hole_are_equally_far_apart():
    """Six points of a vertical sample of 30 m: 5 m apart, from 2.5 m below its top."""
    holes = drillholes(combined=[(10, 40, 0.3)])
    samples = combined_composites(holes, elements=["re_ppm"])
    found = with_points(samples, holes, 6).points_m[0]
    assert found[:, :2].tolist() == [[10.0, 20.0]] * 6
    assert found[:, 2] == pytest.approx(100.0 - 12.5 - 5.0 * np.arange(6))


def test_composites_lie_where_the_configured_course_of_the_hole_takes_them():
    """A bend of 30 degrees in 100 m parts the two courses by decimetres at mid-length."""
    survey = pd.DataFrame(
        {"hole_id": "A", "depth_m": [0.0, 100.0], "azimuth_deg": 90.0, "dip_down_deg": [90.0, 60.0]}
    )
    holes = replace(drillholes([(45, 55, 1.0)]), survey=survey)
    curved = cut(holes, 10.0).table
    straight = cut(replace(holes, desurvey="balanced_tangential"), 10.0).table
    assert straight["elevation_m"][0] == 50.0
    radius = 100 / np.radians(30)
    assert curved["easting_m"][0] - 10.0 == pytest.approx(
        radius * (1 - np.cos(np.radians(15))), abs=1e-4
    )
    assert straight["easting_m"][0] == 10.0


def test_babbitt_is_composited_in_a_second_and_keeps_its_metal(shared_data):
    belt = read_belt(ROOT / "configs/public/babbitt.yaml")
    holes = read_drillholes(belt.deposits[0].drillholes, ROOT / "configs/public").drillholes
    assert holes is not None
    elements = ["cu_pct", "ni_pct", "s_pct"]
    start = time.perf_counter()
    result = composite(
        holes, length_m=6.096, min_coverage=1e-12, elements=elements, domain_column=None
    )
    assert time.perf_counter() - start < 2.0
    metres = holes.assay["to_m"] - holes.assay["from_m"]
    for element in elements:
        metal = np.nansum(holes.assay[element] * metres)
        kept = np.nansum(result.table[element] * result.assayed_m[element])
        assert kept == pytest.approx(metal, rel=1e-9)
