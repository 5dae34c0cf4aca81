"""Defects of intervals and samples, as sampling registers have them."""

from __future__ import annotations

from broken_base import Drop
from broken_cases import Planted, case, cell, setting

BELT = "holes"


# --- intervals -----------------------------------------------------------------------------
def _lengths(d: Drop) -> None:
    """Assays with the sample length and the core recovery, as sampling registers have them."""
    frame = d.frame("assay")
    ends = [(float(a), float(b)) for a, b in frame[["from_m", "to_m"]].to_numpy()]
    frame["LENGTH"] = [f"{b - a:.2f}" for a, b in ends]
    frame["RECOVERY"] = [f"{92 + i % 7}" for i in range(len(frame))]


INTERVALS = setting("intervals", BELT, "chinese_tables", prepare=_lengths)
ENDS = setting("ends", BELT, tables=("collar", "survey", "assay", "lithology"))


@case("intervals", "from and to exchanged in a row", INTERVALS)
def _exchanged(d: Drop) -> Planted:
    at = d.at("assay", 0, 10)
    low, high = d.frame("assay").loc[at, ["from_m", "to_m"]]
    d.put("assay", at, "from_m", high)
    d.put("assay", at, "to_m", low)
    return [d.seen("BN-INT-001", "assay", at)], ()


@case("intervals", "length zero", INTERVALS)
def _empty(d: Drop) -> Planted:
    at = d.at("assay", 0, 20)
    d.put("assay", at, "to_m", d.frame("assay").at[at, "from_m"])
    return [d.seen("BN-INT-001", "assay", at)], (("BN-INT-003", "assay"),)


@case("intervals", "overlap", INTERVALS)
def _overlap(d: Drop) -> Planted:
    at = d.at("assay", 0, 30)
    d.put("assay", at, "from_m", f"{d.number('assay', at, 'from_m') - 0.6:.2f}")
    return [d.seen("BN-INT-002", "assay", at)], ()


@case("intervals", "decimal slip in a depth", INTERVALS)
def _slip(d: Drop) -> Planted:
    at = d.at("assay", 1, 10)
    d.put("assay", at, "to_m", f"{d.number('assay', at, 'to_m') * 10:.2f}")
    return [d.seen("BN-INT-004", "assay", at)], (("BN-INT-002", "assay"),)


@case("intervals", "sample length against from and to", INTERVALS)
def _length(d: Drop) -> Planted:
    at = d.at("assay", 1, 20)
    d.put("assay", at, "LENGTH", "2.46")
    return [d.seen("BN-INT-007", "assay", at)], ()


@case("intervals", "row repeated in full", INTERVALS)
def _repeated(d: Drop) -> Planted:
    first = d.add_rows("assay", d.frame("assay").iloc[[d.at("assay", 2, 5)]])
    return [d.seen("BN-INT-010", "assay", first)], ()


@case("intervals", "cells shifted by a column", INTERVALS)
def _shifted(d: Drop) -> Planted:
    at = d.at("assay", 2, 15)
    frame = d.frame("assay")
    row = frame.loc[at].tolist()
    frame.loc[at] = [row[0], *row[2:], ""]
    return [d.seen("BN-INT-011", "assay", at)], ()


@case("intervals", "samples of an unknown hole", INTERVALS)
def _orphans(d: Drop) -> Planted:
    rows = d.frame("assay").iloc[[d.at("assay", 3, k) for k in range(4)]].copy()
    rows["hole_id"] = "SYN-ZK5501"
    rows["sample_id"] = [f"ZK5501-{k}" for k in range(4)]
    rows["cu_pct"] = ["0.211", "0.322", "0.433", "0.544"]
    first = d.add_rows("assay", rows)
    return [d.seen("BN-INT-006", "assay", first)], ()


@case("intervals", "sample number in two holes", INTERVALS)
def _number_twice(d: Drop) -> Planted:
    at = d.at("assay", 4, 8)
    d.put("assay", at, "sample_id", str(d.frame("assay").at[d.at("assay", 3, 8), "sample_id"]))
    return [d.seen("BN-INT-015", "assay", at)], ()


@case("intervals", "sample number twice in a hole", INTERVALS)
def _number_repeated(d: Drop) -> Planted:
    at = d.at("assay", 4, 20)
    d.put("assay", at, "sample_id", str(d.frame("assay").at[at - 1, "sample_id"]))
    return [d.seen("BN-ASY-008", "assay", at)], ()


cell(
    "intervals", "core recovery too low", INTERVALS, ("assay", 5, 6), "RECOVERY", "31", "BN-ASY-009"
)
cell(
    "intervals",
    "core longer than the run",
    INTERVALS,
    ("assay", 5, 7),
    "RECOVERY",
    "193",
    "BN-ASY-009",
)


@case("intervals", "gap", ENDS)
def _gap(d: Drop) -> Planted:
    at = d.at("assay", 0, 15)
    d.drop_rows("assay", d.frame("assay").index == at)
    return [d.seen("BN-INT-003", "assay", at)], ()


@case("intervals", "last sample below the end of the hole", ENDS)
def _below_end(d: Drop) -> Planted:
    at = d.at("assay", 1, -1)
    d.put("assay", at, "to_m", f"{d.number('assay', at, 'to_m') + 1.8:.2f}")
    return [d.seen("BN-INT-004", "assay", at)], (("BN-SUR-025", "survey"),)


@case("intervals", "last sample slightly below the end", ENDS)
def _slightly(d: Drop) -> Planted:
    at = d.at("assay", 2, -1)
    d.put("assay", at, "to_m", f"{d.number('assay', at, 'to_m') + 0.4:.2f}")
    return [d.seen("BN-INT-005", "assay", at)], (("BN-SUR-025", "survey"),)


@case("intervals", "depth below zero", ENDS)
def _negative(d: Drop) -> Planted:
    at = d.at("assay", 3, 0)
    d.put("assay", at, "from_m", "-3.00")
    return [d.seen("BN-INT-001", "assay", at)], ()


@case("intervals", "hole sampled from far below the collar", ENDS)
def _late_top(d: Drop) -> Planted:
    at = [d.at("assay", 4, k) for k in range(5)]
    d.drop_rows("assay", d.frame("assay").index.isin(at))
    return [d.seen("BN-INT-017", "assay", d.at("assay", 4, 0))], ()


@case("intervals", "logged contact inside a sample", ENDS)
def _contact(d: Drop) -> Planted:
    at = d.at("lithology", 5, 0)
    log = d.frame("lithology")
    high = d.number("lithology", at, "to_m")
    split = float(d.frame("assay").at[d.at("assay", 5, 3), "from_m"]) + 1.3
    rows = log.iloc[[at]].copy()
    rows["from_m"], rows["to_m"], rows["lithology"] = f"{split:.2f}", f"{high:.2f}", "BX"
    log.loc[at, "to_m"] = f"{split:.2f}"
    d.add_rows("lithology", rows)
    return [d.seen("BN-INT-014", "assay", d.at("assay", 5, 3))], ()


@case("intervals", "two logs overlap", ENDS)
def _log_overlap(d: Drop) -> Planted:
    at = d.at("lithology", 0, 1)
    d.put("lithology", at, "from_m", f"{d.number('lithology', at, 'from_m') - 2:.2f}")
    return [d.seen("BN-INT-002", "lithology", at)], (("BN-INT-014", "assay"),)


TWO_SETS = setting("two-sets", BELT)
BACKWARDS = setting("backwards", BELT, holes=4)


@case("intervals", "two data sets under one hole name", TWO_SETS)
def _two_sets(d: Drop) -> Planted:
    frame = d.frame("assay")
    old, new = d.hole(0), d.hole(1)
    rows = frame[frame["hole_id"] == new].copy()
    for column in ("from_m", "to_m"):
        rows[column] = [f"{float(text) + 0.7:.2f}" for text in rows[column]]
    rows = rows.iloc[:-1].assign(hole_id=old, sample_id=[f"N-{i}" for i in range(len(rows) - 1)])
    rows["cu_pct"] = [f"{0.1 + 0.007 * i:.3f}" for i in range(len(rows))]
    d.add_rows("assay", rows)
    may = (("BN-COL-009", "collar"), ("BN-ASY-028", "assay"))
    return [d.seen("BN-INT-013", "assay", d.at("assay", 0, 0))], may


@case("intervals", "from and to columns exchanged", BACKWARDS)
def _backwards(d: Drop) -> Planted:
    frame = d.frame("assay")
    frame[["from_m", "to_m"]] = frame[["to_m", "from_m"]].to_numpy()
    return [d.seen("BN-INT-012", "assay")], ()
