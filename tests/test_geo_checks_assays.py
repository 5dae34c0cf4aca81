"""Grades that no rock has: each check fires on its seeded defect and not on clean samples."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geo.checks.assays import check_assays, note_assays
from geo.checks.remnants import remnant_flags
from geo.checks.screening import Screening
from geo.rules import Flag, flag_findings
from geo.tables.headings import ColumnRead
from geo.tables.table import read_table, refused_rows
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


def other_unit(frame: pd.DataFrame, rows: Any, low: float = 4.0, high: float = 20.0) -> None:
    """Copper of some rows as ppm (4 to 20) under the heading in per cent; sulphur not assayed."""
    count = int(np.asarray(rows).sum())
    frame.loc[rows, "cu_pct"] = np.round(np.random.default_rng(3).uniform(low, high, count), 2)
    frame.loc[rows, "s_pct"] = np.nan


def test_holes_in_another_unit_are_refused_whole_and_do_not_hide_each_other() -> None:
    frame = samples(holes=9)
    wrong = frame["hole_id"].isin(["H3", "H5"])
    other_unit(frame, wrong)
    work = checked(frame)
    found = [f for f in work.findings if f.code == "BN-ASY-030"]
    assert [f.row for f in found] == [182, 302]
    middle = frame.loc[frame["hole_id"] == "H3", "cu_pct"].median()
    assert f"hole H3: Cu median {middle:.3g} % against 0." in found[0].message_en
    assert "all 60 rows" in found[0].message_en
    assert sorted(work.refused_table()["row"]) == frame.loc[wrong, "row"].tolist()
    assert set(work.frames["assay"]["hole_id"]) == {f"H{k}" for k in (0, 1, 2, 4, 6, 7, 8)}


@pytest.mark.parametrize(
    ("times", "rich_samples", "code"), [(6.0, 60, None), (13.0, 60, "BN-ASY-031"), (60.0, 50, None)]
)
def test_a_rich_hole_is_told_of_and_kept(times: float, rich_samples: int, code: str | None) -> None:
    """Six times the usual is nothing, nor is waste beside very rich ore."""
    frame = samples(holes=9)[["hole_id", "from_m", "to_m", "cu_pct"]]
    rich = np.flatnonzero(frame["hole_id"] == "H2")[:rich_samples]
    frame.loc[rich, "cu_pct"] *= times
    frame["cu_pct"] /= 10
    work = checked(placed(frame))
    told_of = [f for f in work.findings if f.code in ("BN-ASY-030", "BN-ASY-031")]
    assert [f.code for f in told_of] == ([code] if code else [])
    assert all("hole H2" in f.message_en for f in told_of)
    assert len(work.frames["assay"]) == 540


def test_few_holes_and_traces_of_rocks_are_not_compared() -> None:
    few = samples(holes=5)
    other_unit(few, few["hole_id"] == "H3")
    assert not {"BN-ASY-030", "BN-ASY-031"} & set(told(checked(few)))
    traces = samples(holes=9)
    traces["ba_ppm"] = np.where(traces["hole_id"] == "H3", 1300.0, 40.0)
    assert not told(checked(traces))


@pytest.mark.parametrize("by", ["batch", "laboratory"])
def test_a_batch_in_another_unit_is_told_of(by: str) -> None:
    frame = samples(holes=8)
    frame[by] = [f"G{i % 12}" for i in range(len(frame))]
    assert not told(checked(frame))
    other_unit(frame, frame[by] == "G7")
    work = checked(frame)
    (found,) = [f for f in work.findings if f.code == "BN-ASY-031"]
    assert f"{by} G7: Cu median" in found.message_en
    assert len(work.frames["assay"]) == len(frame), "a warning takes no row away"
    blank = frame.assign(**{by: frame[by].where(frame[by] != "G7", "")})
    assert "BN-ASY-031" not in told(checked(blank))


def test_what_is_left_of_an_impossible_hole_falls() -> None:
    """172 of 173 copper values impossible: the one below detection goes with them."""
    frame = pd.DataFrame({"hole_id": ["A"] * 20 + ["ZK305"] * 175, "cu_pct": 0.3})
    frame.loc[20:191, "cu_pct"] = 2300.0
    frame.loc[192, "cu_pct"] = 0.005
    frame.loc[193:, "cu_pct"] = np.nan
    frame.loc[3, "cu_pct"] = 52.0
    frame = frame.assign(file="a.csv", sheet="", row=np.arange(len(frame)) + 2)
    column = ColumnRead("cu_pct", "grade", 1, "Cu%", "%", 1.0)
    impossible = Flag("BN-ASY-002", np.flatnonzero(frame["cu_pct"] > 35), "Cu%")
    (flag,) = remnant_flags([impossible], frame, [column])
    assert flag.rows.tolist() == [192]
    (found,) = flag_findings(flag, frame)
    assert (found.code, found.row, found.column, found.value) == ("BN-ASY-032", 194, "Cu%", "0.005")
    assert "172 of 173 Cu values of hole ZK305 are impossible" in found.message_en
    assert refused_rows([flag], frame, "assay")["row"].tolist() == [194]
    frame.loc[20:60, "cu_pct"] = 0.3
    impossible = Flag("BN-ASY-002", np.flatnonzero(frame["cu_pct"] > 35), "Cu%")
    assert not remnant_flags([impossible], frame, [column]), "three quarters are not enough"


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
