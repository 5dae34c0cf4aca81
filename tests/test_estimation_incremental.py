"""Change sets: what stands is reused, and the model is that of starting from nothing."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.changes import KINDS, change_holes, drill_ground
from estimation.engine.krige import Problem
from estimation.engine.reach import lay_out
from estimation.models.block_model import all_keys
from estimation.models.tile_estimate import estimate_tile
from estimation.plan import Plan
from tests.tile_problems import (
    FIRST,
    TILTED,
    element,
    finished_tiles,
    grid_of,
    ground_of,
    plan_of,
    problem_of,
    read,
    run,
    search_pass,
    stored_bytes,
)

ROW = grid_of((64, 8, 8), (8, 8, 8))
"""Eight tiles in a row of 640 m; samples reach 70 m."""
STRETCHED: dict[str, Any] = {
    "nugget": 0.3,
    "structures": [{"model": "spherical", "sill": 2.1, "ranges_m": (156.0, 104.0, 52.0)}],
    "orientation": TILTED,
}
"""Ranges and sills in proportion to copper's: distances and weights could be shared."""


def two_domains() -> Plan:
    """Two elements of one search; blocks of oxide see sulphide 15 m beyond the contact."""
    soft = ({"blocks_of": "ox", "samples_of": "su", "within_m": 15.0},)
    codes = {"ox": ("O",), "su": ("S",)}
    return plan_of(
        {"cu_pct": element(), "mo_ppm": element(variogram=STRETCHED)},
        domains={"column": "oxidation", "codes": codes, "soft": soft},
    )


def of_equal_key(one: Problem, other: Problem) -> list[bool]:
    """For every tile whose key two problems share: whether they give it the same bytes."""
    works = lay_out(one), lay_out(other)
    same = np.flatnonzero((all_keys(works[0]) == all_keys(works[1])).all(axis=1))
    made = [[estimate_tile(w, w.problem.grid.tile(int(t)), b"") for t in same] for w in works]
    return [a.content_digest == b.content_digest for a, b in zip(*made, strict=True)]


@pytest.mark.slow
def test_every_change_set_ends_in_the_bytes_of_a_full_run(tmp_path: Path) -> None:
    """25 change sets on 20,480 blocks, in new vintages, the same again, or an older one again.

    Two domains with a soft contact, two elements that share a visit until a hole comes without
    molybdenum, holes of one name. Computed are the tiles of another key, and no others.
    """
    rng = np.random.default_rng(2027)
    grid, plan = grid_of((40, 32, 16), (8, 8, 8)), two_domains()
    wrong = {"unassayed": 0.3, "namesakes": 0.3}
    ground = ground_of(grid, domains=("ox", "su"), **wrong)
    table = drill_ground(ground, rng)
    keys: dict[date, Any] = {}
    seen: set[str] = set()
    computed = 0
    for number in range(26):
        newest = max(keys, default=FIRST - timedelta(days=1))
        made = [newest + timedelta(days=1), newest, *keys]
        vintage = made[rng.choice([0, 0, 1, rng.integers(0, len(made))])] if keys else FIRST
        if number:
            change = change_holes(ground, table, number, rng)
            table = change.table
            seen |= set(change.what)
        problem = problem_of(grid, plan, table)
        now = all_keys(lay_out(problem))
        before = keys.get(vintage, keys.get(newest, np.zeros_like(now)))
        keys[vintage] = now
        done = run(problem, tmp_path / "grown", vintage)
        assert done.computed == (before != now).any(axis=1).sum()
        computed += done.computed if number else 0
        fresh = tmp_path / f"fresh-{number}"
        run(problem, fresh, vintage)
        grown = read(problem, tmp_path / "grown", vintage)
        full = stored_bytes(read(problem, fresh, vintage))
        different = [name for name, kept in stored_bytes(grown).items() if kept != full[name]]
        assert not different, (number, vintage)
        assert len(finished_tiles(grown)) == grid.tile_count
    assert seen == set(KINDS)
    assert table.duplicated(["hole_id", "from_m"]).any()
    assert table["mo_ppm"].isna().any()
    assert 0 < computed < 0.75 * 25 * grid.tile_count


@pytest.mark.parametrize("ranges", [1.0, 1.3])
@pytest.mark.parametrize("sills", [1.0, 3.7])
def test_a_far_hole_without_one_element_leaves_the_others_bytes(
    ranges: float, sills: float
) -> None:
    """Elements are kriged together where they have the same samples; what is far has no say.

    Models in proportion share weights or distances, which changes last bits.
    """
    structure = {"model": "spherical", "sill": 0.9 * sills}
    structure["ranges_m"] = tuple(ranges * r for r in (120.0, 80.0, 40.0))
    variogram = {"nugget": 0.1 * sills, "structures": [structure], "orientation": TILTED}
    plan = plan_of({"cu_pct": element(), "mo_ppm": element(variogram=variogram)})
    table = drill_ground(ground_of(ROW), np.random.default_rng(4))
    less = table.copy()
    less.loc[less["easting_m"].idxmax(), "mo_ppm"] = np.nan
    both, fewer = (problem_of(ROW, plan, t) for t in (table, less))
    assert [len(p.elements["mo_ppm"]) - len(p.elements["cu_pct"]) for p in (both, fewer)] == [0, -1]
    same = of_equal_key(both, fewer)
    assert len(same) >= 5
    assert all(same)


def test_holes_are_told_apart_by_the_ends_of_long_names() -> None:
    """One hole or two, of names longer than a sample's name may be: another key."""
    plan = plan_of({"cu_pct": element(search=(search_pass((70.0, 60.0, 40.0), max_per_hole=2),))})
    table = drill_ground(ground_of(ROW), np.random.default_rng(4))
    long = "某某省某某市某某县某某镇某某铜矿床深部及外围补充勘探工程ZK"
    table["hole_id"] = long + table["hole_id"].str[-3:]
    first, second = sorted(table["hole_id"].unique())[:2]
    table.loc[table["hole_id"] == second, "from_m"] += 100.0
    joined = table.assign(hole_id=table["hole_id"].replace(second, first))
    one, other = (problem_of(ROW, plan, t) for t in (table, joined))
    assert len(set(one.elements["cu_pct"].holes)) == len(set(other.elements["cu_pct"].holes)) + 1
    same = of_equal_key(one, other)
    assert 0 < len(same) < ROW.tile_count
    assert all(same)


def test_a_sample_across_a_soft_contact_counts_for_as_long_as_its_neighbour_does() -> None:
    """A far composite that opens a contact for a sample changes the keys where the sample counts.

    The sulphide sample may be used by oxide blocks only while an oxide composite is within 60 m.
    """
    codes = {"ox": ("O",), "su": ("S",)}
    soft = ({"blocks_of": "ox", "samples_of": "su", "within_m": 60.0},)
    plan = plan_of(
        {"cu_pct": element()}, domains={"column": "oxidation", "codes": codes, "soft": soft}
    )
    row = {"hole_id": "A", "from_m": 0.0, "to_m": 5.0, "length_m": 5.0, "elevation_m": 320.0}
    row |= {"northing_m": 2040.0, "domain": "ox", "cu_pct": 0.4}
    near = [{**row, "hole_id": f"A{i}", "easting_m": 1010.0 + 8.0 * i} for i in range(4)]
    across = [
        {**row, "hole_id": f"B{i}", "easting_m": 1090.0 + 4.0 * i, "domain": "su", "cu_pct": 1.0}
        for i in range(3)
    ]
    # 155 m from the first tile's far side, and so beyond its reach, but 57 m from the last of B
    far = {**row, "hole_id": "C", "easting_m": 1155.0}
    closed, opened = (
        problem_of(ROW, plan, pd.DataFrame([*near, *across, *more])) for more in ([], [far])
    )
    reach = closed.grid.tile_box_m(ROW.tile(0))[1][0] + closed.reach_m
    assert far["easting_m"] > reach
    keys = [all_keys(lay_out(p))[0].tobytes() for p in (closed, opened)]
    assert keys[0] != keys[1]
    assert all(of_equal_key(closed, opened))
