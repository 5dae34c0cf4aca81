"""Grades that no rock has: each check fires on its seeded defect and not on clean samples."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geo.checks_assays import check_assays, note_assays
from geo.screening import Screening
from geo.tables import read_table
from tests.conftest import make_conventions


def samples(holes: int = 6, count: int = 60) -> pd.DataFrame:
    """Clean samples of copper, molybdenum, rhenium and sulphur: two metres each."""
    rng = np.random.default_rng(11)
    parts = []
    for k in range(holes):
        copper = np.round(rng.lognormal(-1.2, 0.6, count), 3)
        moly = np.round(rng.lognormal(-4.2, 0.5, count), 4)
        part = {
            "hole_id": f"H{k}",
            "from_m": 2.0 * np.arange(count),
            "to_m": 2.0 * np.arange(count) + 2,
            "cu_pct": copper,
            "mo_pct": moly,
            "re_ppm": np.round(moly * 0.01 * 1.6683 * 300, 4),
            "s_pct": np.round(copper * 1.2, 3),
        }
        parts.append(pd.DataFrame(part))
    return placed(pd.concat(parts, ignore_index=True))


def placed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(
        sample_id="", as_of=date(2026, 1, 1), file="a.csv", sheet="", row=np.arange(len(frame)) + 2
    )


def log(holes: int = 6, oxide_to: float = 20.0) -> pd.DataFrame:
    rows = [
        {"hole_id": f"H{k}", "from_m": a, "to_m": b, "oxidation": text}
        for k in range(holes)
        for a, b, text in ((0.0, oxide_to, "oxide"), (oxide_to, 120.0, "原生"))
    ]
    return placed(pd.DataFrame(rows))


def checked(frame: pd.DataFrame, **frames: Any) -> Screening:
    work = Screening({"assay": frame, "lithology": log(), **frames}, make_conventions())
    check_assays(work)
    note_assays(work)
    return work


def told(work: Screening) -> Counter[str]:
    return Counter(f.code for f in work.findings if f.severity != "info")


def test_clean_samples_are_left_alone() -> None:
    work = checked(samples())
    assert not work.findings
    assert len(work.frames["assay"]) == 360


@pytest.mark.parametrize(
    ("column", "row", "value", "code"),
    [
        ("re_ppm", 7, 60.0, "BN-ASY-022"),
        ("re_ppm", 7, 0.0001, "BN-ASY-022"),
        ("s_pct", 30, 0.01, "BN-ASY-024"),
        ("cu_pct", 100, 30.0, "BN-ASY-025"),
    ],
)
def test_one_impossible_grade_is_named_at_its_row(
    column: str, row: int, value: float, code: str
) -> None:
    frame = samples()
    frame.loc[row, column] = value
    if column == "cu_pct":
        frame.loc[row, "s_pct"] = 33.0
    if code == "BN-ASY-024":
        frame.loc[row, "cu_pct"] = 0.4
    work = checked(frame)
    (found,) = [f for f in work.findings if f.code == code and f.column == column]
    assert found.row == row + 2
    assert len(work.frames["assay"]) == 360, "a warning takes no row away"


def test_little_sulphur_is_right_in_oxide() -> None:
    frame = samples()
    frame.loc[3, ["cu_pct", "s_pct"]] = [0.4, 0.01]
    assert "BN-ASY-024" not in told(checked(frame))
    assert "BN-ASY-024" not in told(checked(frame, lithology=log().assign(oxidation="")))


def test_sums_over_the_whole_and_oxide_copper_over_copper_are_refused() -> None:
    frame = samples().assign(fe_pct=5.0, cuo_pct=0.05)
    frame.loc[10, ["fe_pct", "s_pct"]] = [60.0, 50.0]
    frame.loc[20, ["cu_pct", "cuo_pct", "s_pct"]] = [0.2, 0.9, 0.4]
    work = checked(frame)
    assert {(f.code, f.row) for f in work.findings if f.severity == "error"} == {
        ("BN-ASY-021", 12),
        ("BN-ASY-023", 22),
    }
    assert sorted(work.refused_table()["row"]) == [12, 22]


def test_a_copied_row_and_a_copied_hole_are_found() -> None:
    frame = samples()
    grades = ["cu_pct", "mo_pct", "re_ppm", "s_pct"]
    frame.loc[25:30, grades] = frame.loc[25, grades].to_numpy()
    frame.loc[200:208, grades] = frame.loc[70:78, grades].to_numpy()
    work = checked(frame)
    run = [f for f in work.findings if f.code == "BN-ASY-027"]
    assert [f.row for f in run] == [27]
    assert "6 samples" in run[0].message_en
    copy = [f for f in work.findings if f.code == "BN-ASY-028"]
    assert [f.row for f in copy] == [202]
    assert "hole H3: 9 samples" in copy[0].message_en
    assert "hole H1 from 20 m" in copy[0].message_en
    frame.loc[25:28, grades] = frame.loc[25, grades].to_numpy()
    four = samples()
    four.loc[25:28, grades] = four.loc[25, grades].to_numpy()
    four.loc[200:203, grades] = four.loc[70:73, grades].to_numpy()
    assert not told(checked(four)), "four in sequence are not enough"


def test_lowest_levels_may_repeat() -> None:
    frame = samples()[["hole_id", "from_m", "to_m", "cu_pct"]]
    frame.loc[10:30, "cu_pct"] = frame["cu_pct"].min()
    assert "BN-ASY-027" not in told(checked(placed(frame)))


def test_rounded_grades_of_one_element_do_not_look_copied() -> None:
    """Ten levels in 4000 samples: short sequences agree by chance, so none is named."""
    rng = np.random.default_rng(5)
    count = 4000
    frame = pd.DataFrame(
        {
            "hole_id": [f"H{i // 100}" for i in range(count)],
            "from_m": 2.0 * (np.arange(count) % 100),
            "to_m": 2.0 * (np.arange(count) % 100) + 2,
            "cu_pct": rng.integers(1, 11, count) / 100,
        }
    )
    assert not told(checked(placed(frame)))


def test_heaps_and_noise_are_noted() -> None:
    frame = samples()
    frame["cu_pct"] = np.round(frame["cu_pct"] * 20) / 20 + 0.05
    frame["mo_pct"] = frame["mo_pct"].to_numpy().astype(np.float32).astype(float)
    codes = {(f.code, f.column) for f in checked(frame).findings if f.severity == "info"}
    assert ("BN-ASY-026", "cu_pct") in codes
    assert ("BN-ASY-029", "mo_pct") in codes
    assert ("BN-ASY-026", "s_pct") not in codes


@pytest.mark.shared
def test_babbitt_daughter_holes_repeat_their_parents(shared_data: Path) -> None:
    path = shared_data / "01_babbitt_cuni" / "assay_BABBITT.csv"
    units = {"cu_pct": "%", "ni_pct": "%", "s_pct": "%", "fe_pct": "%"}
    table = read_table(path, "assay", conventions=make_conventions(), units=units)
    work = Screening({"assay": table.frame.assign(as_of=date(2003, 12, 31))}, make_conventions())
    check_assays(work)
    note_assays(work)
    copies = [f.message_en for f in work.findings if f.code == "BN-ASY-028"]
    pairs = [(m.split(":")[0].split()[-1], m.split("of hole ")[1].split()[0]) for m in copies]
    assert pairs == [
        ("B1-073A", "B1-073"),
        ("B1-078A", "B1-078"),
        ("B1-100A", "B1-100"),
        ("B1-100B", "B1-100A"),
        ("B1-118A", "B1-118"),
        ("B1-184B", "B1-184"),
    ]
    assert told(work) == {"BN-ASY-028": 6}
    noted = {f.column for f in work.findings if f.code == "BN-ASY-029"}
    assert noted == {"cu_pct", "ni_pct", "s_pct"}
