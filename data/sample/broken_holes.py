"""Defects of collars, surveys and intervals, as logs and registers have them."""

from __future__ import annotations

import pandas as pd
from broken_base import Drop
from broken_cases import LOST_HOLE, Planted, case, cell, setting

BELT = "holes"


def _rich(d: Drop) -> None:
    """Collars with the columns of a register of holes (钻孔登记表)."""
    collar = d.frame("collar")
    count = len(collar)
    collar["TYPE"] = ["钻孔"] * count
    collar["START DATE"] = [f"2024-03-{5 + i:02d}" for i in range(count)]
    collar["END DATE"] = [f"2024-04-{5 + i:02d}" for i in range(count)]
    collar["CHECKED DEPTH"] = collar["depth_m"].tolist()


# --- collars -------------------------------------------------------------------------------
COLLARS = setting("collars", BELT, holes=10, depth_m=60.0, prepare=_rich)
REGISTER = setting("register", BELT, holes=10, depth_m=60.0, prepare=_rich)

cell("collars", "elevation missing", COLLARS, ("collar", 0, 0), "elevation_m", "", "BN-COL-003", *LOST_HOLE)
cell("collars", "easting missing", COLLARS, ("collar", 1, 0), "easting_m", "", "BN-COL-003", *LOST_HOLE)
cell("collars", "hole depth zero", COLLARS, ("collar", 2, 0), "depth_m", "0", "BN-COL-004", *LOST_HOLE)
cell("collars", "hole depth in centimetres", COLLARS, ("collar", 3, 0), "depth_m", "6000", "BN-COL-004", *LOST_HOLE)
cell("collars", "final depth below zero", COLLARS, ("collar", 4, 0), "depth_m", "-60", "BN-COL-004", *LOST_HOLE)
cell("collars", "end date before start date", REGISTER, ("collar", 0, 0), "END DATE", "2024-02-01", "BN-COL-020")
cell("collars", "date of another century", REGISTER, ("collar", 1, 0), "START DATE", "1924-03-06", "BN-COL-021")
cell("collars", "date in the future", REGISTER, ("collar", 2, 0), "END DATE", "2042-04-07", "BN-COL-021")
cell("collars", "checked depth differs", REGISTER, ("collar", 3, 0), "CHECKED DEPTH", "62.9", "BN-COL-025")
cell("collars", "hole name against its type", REGISTER, ("collar", 4, 0), "TYPE", "探槽", "BN-COL-019")


@case("collars", "hole listed twice, one place", REGISTER)
def twice(d: Drop) -> Planted:
    first = d.add_rows("collar", d.frame("collar").iloc[[5]])
    return [d.seen("BN-COL-001", "collar", first)], ()


@case("collars", "hole listed twice, two places", COLLARS)
def torn(d: Drop) -> Planted:
    rows = d.frame("collar").iloc[[5]].copy()
    rows["easting_m"] = f"{d.number('collar', 5, 'easting_m') + 37.2:.2f}"
    first = d.add_rows("collar", rows)
    return [d.seen("BN-COL-002", "collar", first), d.seen("BN-COL-002", "collar", 5)], LOST_HOLE


@case("collars", "one hole under two names at one place", REGISTER)
def near(d: Drop) -> Planted:
    rows = d.frame("collar").iloc[[6]].copy()
    rows["hole_id"] = "SYN-ZK7788"
    first = d.add_rows("collar", rows)
    return [d.seen("BN-COL-008", "collar", first)], (
        ("BN-COL-009", "collar"),
        ("BN-SUR-001", "collar"),
    )


@case("collars", "hole id in small letters", REGISTER)
def spelled(d: Drop) -> Planted:
    hole = d.hole(7)
    frame = d.frame("assay")
    mask = frame["hole_id"] == hole
    frame.loc[mask, "hole_id"] = hole.lower().replace("-", "- ")
    return [d.seen("BN-COL-010", "assay")], ()


@case("collars", "wedge without its parent", REGISTER)
def wedge(d: Drop) -> Planted:
    _rename(d, d.hole(8), "SYN-ZK7799W1")
    return [d.seen("BN-COL-024", "collar", 8)], ()


@case("collars", "hole without assays", COLLARS)
def unassayed(d: Drop) -> Planted:
    d.drop_rows("assay", d.frame("assay")["hole_id"] == d.hole(6))
    return [d.seen("BN-COL-009", "collar", 6)], ()


def _rename(d: Drop, old: str, new: str) -> None:
    """One hole's name in every table."""
    for sheet in d.sheets.values():
        frame = sheet.frame
        frame.loc[frame["hole_id"] == old, "hole_id"] = new


LATTICE = setting("lattice", BELT, holes=10, depth_m=60.0)


@case("collars", "designed places given as surveyed", LATTICE)
def lattice(d: Drop) -> Planted:
    frame = d.frame("collar")
    frame["easting_m"] = [f"{436500 + 100 * (i % 5):.2f}" for i in range(len(frame))]
    frame["northing_m"] = [f"{3226000 + 100 * (i // 5):.2f}" for i in range(len(frame))]
    return [d.seen("BN-COL-017", "collar")], ()


# --- surveys -------------------------------------------------------------------------------
def _course(d: Drop) -> None:
    """Every hole inclined at 70 degrees and straight, stations every 30 m to its end."""
    frame = d.frame("survey")
    rows = []
    for i, (hole, end) in enumerate(d.frame("collar")[["hole_id", "depth_m"]].to_numpy().tolist()):
        for depth in [*range(0, int(float(end)) - 5, 30), float(end)]:
            values = {"hole_id": hole, "depth_m": f"{depth:.1f}", "azimuth_deg": f"{60 + i}.0"}
            rows.append(values | {"dip_down_deg": "-70.0"})
    d.sheets["survey"].frame = pd.DataFrame(rows, dtype=object)[frame.columns]


SURVEY = setting("survey", BELT, holes=10, prepare=_course)
COURSE = setting("course", BELT, holes=10, prepare=_course)
DEEP = setting("deep", BELT, holes=4, depth_m=240.0, prepare=_course)

cell("surveys", "azimuth over 360", SURVEY, ("survey", 0, 1), "azimuth_deg", "372.0", "BN-SUR-006")
cell("surveys", "azimuth blank in an inclined hole", SURVEY, ("survey", 1, 1), "azimuth_deg", "", "BN-SUR-007", ("BN-SUR-021", "survey"))
cell("surveys", "dip over 90", SURVEY, ("survey", 2, 1), "dip_down_deg", "-170.0", "BN-SUR-008", ("BN-SUR-021", "survey"))
cell("surveys", "station below the end of the hole", SURVEY, ("survey", 3, -1), "depth_m", "210.0", "BN-SUR-010")
cell("surveys", "station depth below zero", SURVEY, ("survey", 4, 1), "depth_m", "-30.0", "BN-SUR-015", ("BN-SUR-021", "survey"))
cell("surveys", "one station with the other dip sign", SURVEY, ("survey", 5, 2), "dip_down_deg", "70.0", "BN-SUR-017", ("BN-SUR-021", "survey"))
cell("surveys", "two stations at one depth", SURVEY, ("survey", 6, 2), "depth_m", "30.0", "BN-SUR-009", ("BN-SUR-021", "survey"))
cell("surveys", "digits of an azimuth exchanged", SURVEY, ("survey", 7, 2), "azimuth_deg", "167.0", "BN-SUR-011", ("BN-SUR-011", "survey"))
cell("surveys", "sentinel depth", SURVEY, ("survey", 8, -1), "depth_m", "99999", "BN-SUR-003", ("BN-SUR-025", "survey"))
cell("surveys", "dip blank", SURVEY, ("survey", 9, 1), "dip_down_deg", "", "BN-SUR-008", ("BN-SUR-021", "survey"))


@case("surveys", "first station below the collar", COURSE)
def late(d: Drop) -> Planted:
    at = d.at("survey", 0, 0)
    d.put("survey", at, "depth_m", "12.0")
    return [d.seen("BN-SUR-002", "survey", at)], ()


@case("surveys", "survey of an unknown hole", COURSE)
def orphan_survey(d: Drop) -> Planted:
    rows = d.frame("survey").iloc[[d.at("survey", 1, 0), d.at("survey", 1, 1)]].copy()
    rows["hole_id"] = "SYN-ZK6601"
    first = d.add_rows("survey", rows)
    return [d.seen("BN-SUR-014", "survey", first)], ()


@case("surveys", "surface hole that points up", COURSE)
def up(d: Drop) -> Planted:
    frame = d.frame("survey")
    frame.loc[frame["hole_id"] == d.hole(2), "dip_down_deg"] = "70.0"
    at = d.at("survey", 2, 0)
    return [d.seen("BN-SUR-005", "survey", at), d.seen("BN-SUR-013", "collar", 2)], LOST_HOLE


@case("surveys", "a hole bends too fast", COURSE)
def bend(d: Drop) -> Planted:
    for k, dip in ((2, -66.0), (3, -66.0), (4, -66.0)):
        d.put("survey", d.at("survey", 3, k), "dip_down_deg", f"{dip}")
    return [d.seen("BN-SUR-022", "survey", d.at("survey", 3, 2))], (("BN-SUR-023", "survey"),)


@case("surveys", "a hole drifts beyond the rules", COURSE)
def drift(d: Drop) -> Planted:
    for k in range(5):
        d.put("survey", d.at("survey", 4, k), "dip_down_deg", f"{-70.0 + 1.6 * k:.1f}")
    return [d.seen("BN-SUR-023", "survey", d.at("survey", 4, -1))], ()


@case("surveys", "two traces cross", COURSE)
def crossing(d: Drop) -> Planted:
    """Hole 6 is set and aimed so that it meets hole 5 some 80 m down."""
    for column, step in (("easting_m", 42.0), ("northing_m", 0.0), ("elevation_m", 0.0)):
        d.put("collar", 6, column, f"{d.number('collar', 5, column) + step:.2f}")
    frame = d.frame("survey")
    for hole, azimuth in ((5, "90.0"), (6, "270.0")):
        frame.loc[frame["hole_id"] == d.hole(hole), "azimuth_deg"] = azimuth
    return [d.seen("BN-SUR-028", "collar", 6)], ()


@case("surveys", "hole without survey", COURSE)
def unsurveyed(d: Drop) -> Planted:
    d.drop_rows("survey", d.frame("survey")["hole_id"] == d.hole(9))
    return [d.seen("BN-SUR-001", "collar", 9)], ()


@case("surveys", "deep hole without survey", DEEP)
def deep_unsurveyed(d: Drop) -> Planted:
    d.drop_rows("survey", d.frame("survey")["hole_id"] == d.hole(3))
    return [d.seen("BN-SUR-019", "collar", 3)], (("BN-SUR-001", "collar"),)


@case("surveys", "stations too far apart", DEEP)
def wide(d: Drop) -> Planted:
    at = [d.at("survey", 0, k) for k in (3, 4)]
    d.drop_rows("survey", d.frame("survey").index.isin(at))
    return [d.seen("BN-SUR-021", "survey", d.at("survey", 0, 3))], ()


@case("surveys", "no survey of the deep part", DEEP)
def beyond(d: Drop) -> Planted:
    at = [d.at("survey", 1, k) for k in (-1, -2, -3, -4)]
    d.drop_rows("survey", d.frame("survey").index.isin(at))
    return [d.seen("BN-SUR-026", "survey", d.at("survey", 1, -1))], ()


SIGN = setting("sign", BELT, holes=4, prepare=_course)
ZENITH_READ = setting("zenith-as-dip", BELT, holes=4, prepare=_course)
DIP_READ = setting("dip-as-zenith", BELT, "excel_workbook", holes=4)
ZENITH_HEAD = setting("zenith-heading", BELT, "chinese_tables", holes=4)


@case("surveys", "dip sign against the configuration", SIGN)
def sign(d: Drop) -> Planted:
    frame = d.frame("survey")
    frame["dip_down_deg"] = [text.lstrip("-") for text in frame["dip_down_deg"]]
    return [d.seen("BN-SUR-004", "survey")], (("BN-CNV-002", "collar"), ("BN-CNV-002", "survey"))


@case("surveys", "zenith angles in the dip column", ZENITH_READ)
def zenith_values(d: Drop) -> Planted:
    d.frame("survey")["dip_down_deg"] = "-20.0"
    return [d.seen("BN-SUR-018", "survey")], (("BN-CNV-002", "collar"), ("BN-CNV-002", "survey"))


@case("surveys", "dips in the zenith column", DIP_READ)
def dips(d: Drop) -> Planted:
    frame = d.frame("survey")
    frame["dip_down_deg"] = [f"{90 - float(text):.1f}" for text in frame["dip_down_deg"]]
    return [d.seen("BN-SUR-016", "survey")], (("BN-CNV-002", "collar"), ("BN-CNV-002", "survey"))


@case("surveys", "heading says zenith, configuration says dip", ZENITH_HEAD)
def zenith_heading(d: Drop) -> Planted:
    def rename(folder: object) -> None:
        path = folder / "测斜.csv"  # type: ignore[operator]
        path.write_bytes(path.read_bytes().replace("倾角".encode("gb18030"), "顶角".encode("gb18030")))

    d.after.append(rename)
    return [d.seen("BN-SUR-012", "survey")], (("BN-CNV-002", "collar"), ("BN-CNV-002", "survey"))


# --- intervals -----------------------------------------------------------------------------
def _lengths(d: Drop) -> None:
    """Assays with the sample length and the core recovery, as sampling registers have them."""
    frame = d.frame("assay")
    ends = [(float(a), float(b)) for a, b in frame[["from_m", "to_m"]].to_numpy()]
    frame["LENGTH"] = [f"{b - a:.2f}" for a, b in ends]
    frame["RECOVERY"] = [f"{92 + i % 7}" for i in range(len(frame))]


INTERVALS = setting("intervals", BELT, "datamine_csv", prepare=_lengths)
ENDS = setting("ends", BELT, tables=("collar", "survey", "assay", "lithology"))


@case("intervals", "from and to exchanged in a row", INTERVALS)
def exchanged(d: Drop) -> Planted:
    at = d.at("assay", 0, 10)
    low, high = d.frame("assay").loc[at, ["from_m", "to_m"]]
    d.put("assay", at, "from_m", high)
    d.put("assay", at, "to_m", low)
    return [d.seen("BN-INT-001", "assay", at)], ()


@case("intervals", "length zero", INTERVALS)
def empty(d: Drop) -> Planted:
    at = d.at("assay", 0, 20)
    d.put("assay", at, "to_m", d.frame("assay").at[at, "from_m"])
    return [d.seen("BN-INT-001", "assay", at)], (("BN-INT-003", "assay"),)


@case("intervals", "overlap", INTERVALS)
def overlap(d: Drop) -> Planted:
    at = d.at("assay", 0, 30)
    d.put("assay", at, "from_m", f"{d.number('assay', at, 'from_m') - 0.6:.2f}")
    return [d.seen("BN-INT-002", "assay", at)], ()


@case("intervals", "decimal slip in a depth", INTERVALS)
def slip(d: Drop) -> Planted:
    at = d.at("assay", 1, 10)
    d.put("assay", at, "to_m", f"{d.number('assay', at, 'to_m') * 10:.2f}")
    return [d.seen("BN-INT-004", "assay", at)], (("BN-INT-002", "assay"),)


@case("intervals", "sample length against from and to", INTERVALS)
def length(d: Drop) -> Planted:
    at = d.at("assay", 1, 20)
    d.put("assay", at, "LENGTH", "2.46")
    return [d.seen("BN-INT-007", "assay", at)], ()


@case("intervals", "row repeated in full", INTERVALS)
def repeated(d: Drop) -> Planted:
    first = d.add_rows("assay", d.frame("assay").iloc[[d.at("assay", 2, 5)]])
    return [d.seen("BN-INT-010", "assay", first)], ()


@case("intervals", "cells shifted by a column", INTERVALS)
def shifted(d: Drop) -> Planted:
    at = d.at("assay", 2, 15)
    frame = d.frame("assay")
    row = frame.loc[at].tolist()
    frame.loc[at] = [row[0], *row[2:], ""]
    return [d.seen("BN-INT-011", "assay", at)], (("BN-TAB-010", "assay"),)


@case("intervals", "samples of an unknown hole", INTERVALS)
def orphans(d: Drop) -> Planted:
    rows = d.frame("assay").iloc[[d.at("assay", 3, k) for k in range(4)]].copy()
    rows["hole_id"] = "SYN-ZK5501"
    rows["sample_id"] = [f"ZK5501-{k}" for k in range(4)]
    rows["cu_pct"] = ["0.211", "0.322", "0.433", "0.544"]
    first = d.add_rows("assay", rows)
    return [d.seen("BN-INT-006", "assay", first)], ()


@case("intervals", "sample number in two holes", INTERVALS)
def number_twice(d: Drop) -> Planted:
    at = d.at("assay", 4, 8)
    d.put("assay", at, "sample_id", str(d.frame("assay").at[d.at("assay", 3, 8), "sample_id"]))
    return [d.seen("BN-INT-015", "assay", at)], ()


@case("intervals", "sample number twice in a hole", INTERVALS)
def number_repeated(d: Drop) -> Planted:
    at = d.at("assay", 4, 20)
    d.put("assay", at, "sample_id", str(d.frame("assay").at[at - 1, "sample_id"]))
    return [d.seen("BN-ASY-008", "assay", at)], ()


cell("intervals", "core recovery too low", INTERVALS, ("assay", 5, 6), "RECOVERY", "31", "BN-ASY-009")
cell("intervals", "core longer than the run", INTERVALS, ("assay", 5, 7), "RECOVERY", "193", "BN-ASY-009")


@case("intervals", "gap", ENDS)
def gap(d: Drop) -> Planted:
    at = d.at("assay", 0, 15)
    d.drop_rows("assay", d.frame("assay").index == at)
    return [d.seen("BN-INT-003", "assay", at)], ()


@case("intervals", "last sample below the end of the hole", ENDS)
def below_end(d: Drop) -> Planted:
    at = d.at("assay", 1, -1)
    d.put("assay", at, "to_m", f"{d.number('assay', at, 'to_m') + 1.8:.2f}")
    return [d.seen("BN-INT-004", "assay", at)], (("BN-SUR-025", "survey"),)


@case("intervals", "last sample slightly below the end", ENDS)
def slightly(d: Drop) -> Planted:
    at = d.at("assay", 2, -1)
    d.put("assay", at, "to_m", f"{d.number('assay', at, 'to_m') + 0.4:.2f}")
    return [d.seen("BN-INT-005", "assay", at)], (("BN-SUR-025", "survey"),)


@case("intervals", "depth below zero", ENDS)
def negative(d: Drop) -> Planted:
    at = d.at("assay", 3, 0)
    d.put("assay", at, "from_m", "-3.00")
    return [d.seen("BN-INT-001", "assay", at)], ()


@case("intervals", "hole sampled from far below the collar", ENDS)
def late_top(d: Drop) -> Planted:
    at = [d.at("assay", 4, k) for k in range(5)]
    d.drop_rows("assay", d.frame("assay").index.isin(at))
    return [d.seen("BN-INT-017", "assay", d.at("assay", 4, 0))], ()


@case("intervals", "logged contact inside a sample", ENDS)
def contact(d: Drop) -> Planted:
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
def log_overlap(d: Drop) -> Planted:
    at = d.at("lithology", 0, 1)
    d.put("lithology", at, "from_m", f"{d.number('lithology', at, 'from_m') - 2:.2f}")
    return [d.seen("BN-INT-002", "lithology", at)], (("BN-INT-014", "assay"),)


TWO_SETS = setting("two-sets", BELT)
BACKWARDS = setting("backwards", BELT, holes=4)


@case("intervals", "two data sets under one hole name", TWO_SETS)
def two_sets(d: Drop) -> Planted:
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
def backwards(d: Drop) -> Planted:
    frame = d.frame("assay")
    frame[["from_m", "to_m"]] = frame[["to_m", "from_m"]].to_numpy()
    return [d.seen("BN-INT-012", "assay")], ()
