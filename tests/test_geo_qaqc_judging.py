"""Judgements of controls: every rule is broken once, and none fires on a clean table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from geo.qaqc import QaqcReading, held_flag, held_rows
from geo.qaqc.standards import at_floor, runs_on_one_side, two_beyond
from geo.rules import flag_findings, rules
from geo.tables.table import refused_rows
from tests.qaqc_tables import CERTIFICATE, agreeing, calm, internal, judged, standards

Table = list[list[object]]


def _codes(reading: QaqcReading) -> set[str]:
    """Codes found, without the plain account of what was found."""
    return {f.code for f in reading.findings} - {"BN-QAQ-001"}


def _samples(n: int = 20) -> Table:
    head: list[object] = ["样品编号", "备注", "Cu(%)", "Mo(%)"]
    rows: Table = [[f"S{i}", "", 0.5 + i / 100, "<0.005" if i % 2 else 0.02] for i in range(n)]
    return [head, *rows]


def _with(rows: Table, *more: list[object], at: int = 5) -> Table:
    return [*rows[: at + 1], *more, *rows[at + 1 :]]


def test_clean_tables_break_no_rule(tmp_path: Path) -> None:
    first = judged(tmp_path, "std.csv", standards(calm()), certificates=[CERTIFICATE])
    second = judged(tmp_path, "内检.csv", internal(agreeing()))
    assert _codes(first) == set()
    assert _codes(second) == set()
    assert first.failures == second.failures == ()
    assert first.pass_rates == {"standard": 100.0}
    assert second.pass_rates == {"pulp": 100.0}


def _beyond(value: float) -> Table:
    return standards([*calm(11), value, *calm(11)])


def _biased() -> Table:
    return internal([(a, round(float(str(b)) * 1.12, 4)) for a, b in agreeing()])


SEEDED: dict[str, tuple[str, Callable[[], Table], dict[str, Any]]] = {
    "BN-QAQ-002": ("a.csv", lambda: _with(_samples(), ["X1", "DUPL OF S99", 0.5, 0.02]), {}),
    "BN-QAQ-003": ("标样.csv", lambda: _beyond(0.57), {"certificates": [CERTIFICATE]}),
    "BN-QAQ-004": ("标样.csv", lambda: _beyond(0.545), {"certificates": [CERTIFICATE]}),
    "BN-QAQ-005": (
        "标样.csv",
        lambda: standards([*calm(8), *[0.505] * 4, *[0.51] * 4, *calm(8)]),
        {"certificates": [CERTIFICATE]},
    ),
    "BN-QAQ-006": (
        "标样.csv",
        lambda: _beyond(0.57),
        {"certificates": [{**CERTIFICATE, "sd": None}]},
    ),
    "BN-QAQ-007": ("a.csv", lambda: _with(_samples(), ["X1", "BLANK", 0.01, 0.03], at=1), {}),
    "BN-QAQ-008": ("a.csv", lambda: _with(_high(), ["X1", "BLANK", 0.01, 0.03]), {}),
    "BN-QAQ-009": (
        "dup.csv",
        lambda: _beside("Zr", "Zr dup", [(i, i * (2 if i % 3 else 1)) for i in range(10, 40)]),
        {},
    ),
    "BN-QAQ-010": ("内检.csv", lambda: internal([*agreeing(20), *[(0.5, 0.7)] * 5]), {}),
    "BN-QAQ-011": ("内检.csv", _biased, {}),
    "BN-QAQ-012": ("内检.csv", lambda: internal([*agreeing(), ("<0.01", "<0.01")]), {}),
    "BN-QAQ-013": ("内检.csv", lambda: internal([*agreeing(), (-9, 0.5)]), {}),
    "BN-QAQ-014": ("内检.csv", lambda: internal([*agreeing(), ("", 0.5)]), {}),
    "BN-QAQ-015": ("内检.csv", lambda: internal([(0.5, 0.5)] * 8), {}),
    "BN-QAQ-016": ("标样.csv", lambda: standards(calm()), {}),
    "BN-QAQ-017": ("标样.csv", lambda: standards(calm(10)), {}),
    "BN-QAQ-018": ("a.csv", lambda: _with(_samples(), ["X1", "DUPL OF S3", 0.53, 0.02]), {}),
    "BN-QAQ-019": ("dup.csv", lambda: _beside("Cu", "Cu dup", agreeing()), {}),
    "BN-QAQ-020": ("标样.csv", lambda: _beyond(0.57), {"certificates": [CERTIFICATE]}),
    "BN-QAQ-022": ("内检.csv", lambda: internal([*agreeing(), *[(0.005, 0.005)] * 8]), {}),
    "BN-QAQ-023": ("a.csv", _samples, {}),
    "BN-QAQ-024": (
        "标样.csv",
        lambda: standards([*calm(11), 0.545, 0.546, *calm(11)]),
        {"certificates": [CERTIFICATE]},
    ),
    "BN-QAQ-025": ("a.csv", lambda: _with(_samples(), ["X1", "空白", 0.01, "<0.005"]), {}),
    "BN-QAQ-026": ("pairs.csv", lambda: _beside("Cu.1", "Cu.2", agreeing()), {}),
    "BN-QAQ-027": ("标样.csv", lambda: standards([*calm(11), *["<0.4"] * 3]), {}),
}  # fmt: skip


def _beside(one: str, other: str, pairs: Sequence[tuple[object, object]]) -> Table:
    """A plain table of pairs side by side."""
    return [["id", one, other], *([i, a, b] for i, (a, b) in enumerate(pairs))]


def _high() -> Table:
    rows = _samples()
    rows[5][3] = 9.0
    return rows


@pytest.mark.parametrize("code", SEEDED)
def test_each_rule_is_broken_by_its_defect(code: str, tmp_path: Path) -> None:
    name, make, block = SEEDED[code]
    reading = judged(tmp_path, name, make(), **block)
    assert code in _codes(reading)


def test_every_rule_has_its_defect() -> None:
    mine = {code for code in rules() if code.startswith("BN-QAQ-")}
    assert mine - set(SEEDED) == {"BN-QAQ-001", "BN-QAQ-021", "BN-QAQ-028"}  # tested by name


def test_a_control_among_the_samples_is_told_with_its_number(tmp_path: Path) -> None:
    table = _with(_samples(), ["X1", "BLANK", "<0.01", "<0.005"], ["X2", "DUPL OF S3", 0.54, 0.02])
    reading = judged(tmp_path, "a.csv", table)
    told = [f for f in reading.findings if f.code == "BN-QAQ-001"]
    assert "2 rows" in told[0].message_en
    assert reading.controls.count == {"blank": 1, "pulp": 1}
    (balance,) = reading.balances
    assert (balance.rows_in, balance.accepted, balance.skipped) == (22, 2, 20)


def test_shewhart_counts_agree_with_a_loop() -> None:
    random = np.random.default_rng(2)
    z = random.standard_normal(400).round(1)
    runs, twice = runs_on_one_side(z, 7), two_beyond(z, 2.0)
    for i in range(len(z)):
        window = [
            start for start in range(max(0, i - 6), i + 1)
            if start + 7 <= len(z) and abs(np.sign(z[start : start + 7]).sum()) == 7
        ]  # fmt: skip
        assert bool(window) == runs[i]
        both = i > 0 and ((z[i] > 2 and z[i - 1] > 2) or (z[i] < -2 and z[i - 1] < -2))
        assert both == twice[i]
    assert runs.any()


def test_half_limits_are_known_by_their_pile_and_the_gap_above() -> None:
    pile = np.array([0.005] * 6 + [0.01, 0.012, 0.03, 0.5])
    assert at_floor(pile).sum() == 6
    assert not at_floor(np.array([0.008] * 6 + [0.01, 0.012, 0.03])).any()  # no gap
    assert not at_floor(np.array([0.005] * 4 + [0.01, 0.02, 0.03])).any()  # no pile
    assert not at_floor(np.full(20, 0.5)).any()  # one value throughout


def test_fewer_than_eleven_repeats_are_not_judged_by_their_own_mean(tmp_path: Path) -> None:
    # of ten values none can lie beyond 3 s of their own mean, however wild it is
    wild = [*[0.5] * 5, *[0.501] * 4, 9.0]
    z = (np.array(wild) - np.mean(wild)) / np.std(wild, ddof=1)
    assert np.abs(z).max() < 3
    reading = judged(tmp_path, "标样.csv", standards(wild))
    assert reading.standards[0].basis == "too_few"
    assert reading.pass_rates == {}


def test_pairs_below_detection_change_no_statistic(tmp_path: Path) -> None:
    plain = judged(tmp_path, "内检.csv", internal(agreeing())).pairs[0]
    more = [*agreeing(), ("<0.01", "<0.01"), ("<0.01", 0.02), (0.03, "<0.01")]
    found = judged(tmp_path, "内检.csv", internal(more)).pairs[0]
    assert (found.both_below, found.one_below, found.n) == (1, 2, plain.n)
    assert found.axis == plain.axis
    assert found.limit_pass_pct == plain.limit_pass_pct


def test_a_failed_batch_holds_its_own_assays_and_no_others(tmp_path: Path) -> None:
    good, bad = standards(calm(12), "B1"), standards([*calm(3), 0.6], "B2")
    reading = judged(tmp_path, "标样.csv", [*good, *bad[1:]], certificates=[CERTIFICATE])
    assert {f.batch for f in reading.failures} == {"B2"}
    assert reading.holds
    assays = pd.DataFrame({"batch": ["B1", "b2 ", "B2", ""], "file": "assay.csv"})
    assert held_rows(assays, reading.failures).tolist() == [False, True, True, False]
    assert not held_rows(assays, reading.failures, elements=["mo_pct"]).any()
    assert held_rows(assays, reading.failures, elements=["cu_pct"]).sum() == 2
    placed = assays.assign(sheet="", row=range(2, 6))
    flag = held_flag(placed, reading.failures)
    refused = refused_rows([flag], placed, "assay")
    assert refused["row"].tolist() == [3, 4]
    assert set(refused["code"]) == {"BN-QAQ-021"}
    assert [f.severity for f in flag_findings(flag, placed)] == ["error", "error"]


def test_the_projects_rule_decides_what_a_standard_must_keep(tmp_path: Path) -> None:
    from geo.qaqc import QaqcRules

    # 0.57 is 3.5 s off, but within Y_B of 0.5 % where s is small enough to be stricter
    strict = {**CERTIFICATE, "sd": 0.005}
    table = standards([*calm(4), 0.52])
    plain: dict[str, Any] = {"on_failure": "note", "blank_times_detection_limit": 5.0}
    by_limit = judged(tmp_path, "标样.csv", table, certificates=[strict],
                      rules=QaqcRules(standard="relative_limit", **plain))  # fmt: skip
    by_s = judged(tmp_path, "标样.csv", table, certificates=[strict],
                  rules=QaqcRules(standard="three_s", **plain))  # fmt: skip
    assert by_limit.failures == ()
    assert [f.code for f in by_s.failures] == ["BN-QAQ-003"]
    assert not by_s.holds


def test_ppm_and_percent_of_one_series_give_one_verdict(tmp_path: Path) -> None:
    percent = judged(tmp_path, "内检.csv", internal([*agreeing(), (0.5, 0.65)])).pairs[0]
    table = internal(
        [(1e4 * float(str(a)), 1e4 * float(str(b))) for a, b in [*agreeing(), (0.5, 0.65)]]
    )
    table[0] = ["样品编号", "批次", "基本分析Cu(ppm)", "内检分析Cu(ppm)"]
    ppm = judged(tmp_path, "内检.csv", table).pairs[0]
    assert percent.limits_pct is not None
    assert ppm.limits_pct is not None
    assert ppm.limits_pct == pytest.approx(percent.limits_pct, rel=1e-9)
    assert ppm.rejected.tolist() == percent.rejected.tolist()
    assert ppm.rejected.sum() == 1


def test_a_table_with_kinds_and_materials_gives_both(tmp_path: Path) -> None:
    head: list[object] = ["sample_id", "qc type", "crm", "orig_sample_id", "batch", "Cu_ppm"]
    rows: Table = [
        ["S1", "", "", "", "J1", 500],
        ["S2", "", "OREAS 504c", "", "J1", 900],
        ["S3", "blank", "", "", "J1", "<5"],
        ["S4", "field duplicate", "", "S1", "J1", 520],
    ]
    controls = judged(tmp_path, "a.csv", [head, *rows]).controls
    assert controls.count == {"blank": 1, "field": 1, "standard": 1}
    assert controls.samples == 1
    assert set(controls.repeats["material"]) == {"OREAS 504c", ""}
    pair = controls.pairs.iloc[0]
    assert (pair["sample_id"], pair["first"], pair["second"]) == ("S1", 500, 520)
    assert set(controls.pairs["batch"]) == {"J1"}


@pytest.mark.parametrize(
    ("one", "other"),
    [("Cu", "Cu check"), ("CU", "CU CHECK"), ("Cu_orig", "Cu_dup"), ("A1_Cu", "A2_Cu"),
     ("基本分析Cu", "外检Cu"), ("Cu.1", "Cu.2"), ("原样铜", "平行铜")],
)  # fmt: skip
def test_pairs_side_by_side_are_known_by_their_headings(
    one: str, other: str, tmp_path: Path
) -> None:
    reading = judged(tmp_path, "a.csv", _beside(one, other, agreeing(12)), units={"*": "pct"})
    (series,) = reading.pairs
    assert series.element in ("Cu", "铜")
    assert series.n == 12
    assert series.first[0] == agreeing(12)[0][0]
    assert series.limits_pct is not None


def test_bands_and_repeated_headings_are_no_pairs(tmp_path: Path) -> None:
    head: list[object] = ["id", "Cu", "Ag", "Ag.1", "Ag.2", "Height"]
    rows: Table = [[f"S{i}", 1.0 + i, 2.0 + i, 3.0 - i / 9, 4.0, 5.0] for i in range(8)]
    assert judged(tmp_path, "a.csv", [head, *rows]).controls.count == {}
    bands: list[object] = ["id", "B1_grey", "B2_grey", "x"]
    rows = [[f"S{i}", 1.0 + i, 2.0 + i, 3.0] for i in range(8)]
    assert judged(tmp_path, "b.csv", [bands, *rows]).controls.count == {}


def test_a_standard_reported_below_detection_fails_its_certificate(tmp_path: Path) -> None:
    """A blank sent in place of a standard: the limit itself is far below the certified value."""
    table = standards([*calm(20), "<0.01"])
    found = judged(tmp_path, "标样.csv", table, certificates=[CERTIFICATE]).standards[0]
    assert found.rejected.tolist() == [False] * 20 + [True]
    assert found.below == 0
    plain = {**CERTIFICATE, "sd": None}
    found = judged(tmp_path, "标样.csv", table, certificates=[plain]).standards[0]
    assert found.rejected.tolist() == [False] * 20 + [True]
    assert found.centre == pytest.approx(np.mean(calm(20)))


def test_a_standard_below_a_limit_above_its_certificate_says_nothing(tmp_path: Path) -> None:
    table = standards([*calm(20), "<0.6"])
    found = judged(tmp_path, "标样.csv", table, certificates=[CERTIFICATE]).standards[0]
    assert not found.rejected.any()
    assert (len(found.frame), found.below) == (20, 1)


def test_three_deviations_are_not_beyond_three(tmp_path: Path) -> None:
    rows = standards([*calm(12), 0.56, 0.561])
    found = judged(tmp_path, "标样.csv", rows, certificates=[CERTIFICATE]).standards[0]
    assert found.failed.tolist() == [False] * 13 + [True]
    pairs = judged(tmp_path, "内检.csv", internal([*agreeing(20), (0.9, 1.1)])).pairs[0]
    assert pairs.hard[-1] == 10.0


def test_a_pair_of_zeros_hides_no_bias(tmp_path: Path) -> None:
    pairs = [(a, round(1.2 * float(str(a)), 4)) for a, _ in agreeing(30)]
    with_zero = judged(tmp_path, "内检.csv", internal([*pairs, (0, 0)])).pairs[0]
    assert with_zero.biased
    assert judged(tmp_path, "内检.csv", internal(pairs)).pairs[0].biased
