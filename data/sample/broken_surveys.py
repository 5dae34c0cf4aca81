"""Defects of down-hole surveys, as logs of measurements have them."""

from __future__ import annotations

import pandas as pd
from broken_base import Drop
from broken_cases import LOST_HOLE, PLAIN, Planted, case, cell, setting

BELT = "holes"


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
MIXED = setting("mixed", BELT, holes=10, prepare=_course, tables=(*PLAIN, "lithology"))
EXCHANGED = setting("columns-exchanged", BELT, holes=4, prepare=_course)
SIGNED = setting("signed", BELT, holes=4, prepare=_course)
FEET = setting("survey-feet", BELT, holes=4, prepare=_course)
DEEP = setting("deep", BELT, holes=4, depth_m=240.0, prepare=_course)

cell("surveys", "azimuth over 360", SURVEY, ("survey", 0, 1), "azimuth_deg", "372.0", "BN-SUR-006")
cell(
    "surveys",
    "azimuth blank in an inclined hole",
    SURVEY,
    ("survey", 1, 1),
    "azimuth_deg",
    "",
    "BN-SUR-007",
    ("BN-SUR-021", "survey"),
)
cell(
    "surveys",
    "dip over 90",
    SURVEY,
    ("survey", 2, 1),
    "dip_down_deg",
    "-170.0",
    "BN-SUR-008",
    ("BN-SUR-021", "survey"),
)
cell(
    "surveys",
    "station below the end of the hole",
    SURVEY,
    ("survey", 3, -1),
    "depth_m",
    "210.0",
    "BN-SUR-010",
)
cell(
    "surveys",
    "station depth below zero",
    SURVEY,
    ("survey", 4, 1),
    "depth_m",
    "-30.0",
    "BN-SUR-015",
    ("BN-SUR-021", "survey"),
)
cell(
    "surveys",
    "one station with the other dip sign",
    SURVEY,
    ("survey", 5, 2),
    "dip_down_deg",
    "70.0",
    "BN-SUR-017",
    ("BN-SUR-021", "survey"),
)
cell(
    "surveys",
    "two stations at one depth",
    SURVEY,
    ("survey", 6, 2),
    "depth_m",
    "30.0",
    "BN-SUR-009",
    ("BN-SUR-021", "survey"),
)
cell(
    "surveys",
    "digits of an azimuth exchanged",
    SURVEY,
    ("survey", 7, 2),
    "azimuth_deg",
    "167.0",
    "BN-SUR-011",
    ("BN-SUR-011", "survey"),
)
cell(
    "surveys",
    "dip blank",
    SURVEY,
    ("survey", 9, 1),
    "dip_down_deg",
    "",
    "BN-TAB-017",
    ("BN-SUR-021", "survey"),
)


@case("surveys", "sentinel depth", SURVEY)
def _sentinel(d: Drop) -> Planted:
    d.put("survey", d.at("survey", 8, -1), "depth_m", "99999")
    return [d.seen("BN-SUR-003", "survey")], ()


@case("surveys", "hole without survey", COURSE)
def _unsurveyed(d: Drop) -> Planted:
    d.drop_rows("survey", d.frame("survey")["hole_id"] == d.hole(9))
    return [d.seen("BN-SUR-001", "collar", 9)], ()


@case("surveys", "first station below the collar", COURSE)
def _late(d: Drop) -> Planted:
    at = d.at("survey", 0, 0)
    d.put("survey", at, "depth_m", "12.0")
    return [d.seen("BN-SUR-002", "survey", at)], ()


@case("surveys", "survey of an unknown hole", COURSE)
def _orphan_survey(d: Drop) -> Planted:
    rows = d.frame("survey").iloc[[d.at("survey", 1, 0), d.at("survey", 1, 1)]].copy()
    rows["hole_id"] = "SYN-ZK6601"
    first = d.add_rows("survey", rows)
    return [d.seen("BN-SUR-014", "survey", first)], ()


@case("surveys", "surface hole that points up", COURSE)
def _up(d: Drop) -> Planted:
    frame = d.frame("survey")
    frame.loc[frame["hole_id"] == d.hole(2), "dip_down_deg"] = "70.0"
    at = d.at("survey", 2, 0)
    return [d.seen("BN-SUR-005", "survey", at), d.seen("BN-SUR-013", "collar", 2)], LOST_HOLE


@case("surveys", "a hole bends too fast", COURSE)
def _bend(d: Drop) -> Planted:
    for k, dip in ((2, -66.0), (3, -66.0), (4, -66.0)):
        d.put("survey", d.at("survey", 3, k), "dip_down_deg", f"{dip}")
    return [d.seen("BN-SUR-022", "survey", d.at("survey", 3, 2))], (("BN-SUR-023", "survey"),)


@case("surveys", "a hole drifts beyond the rules", COURSE)
def _drift(d: Drop) -> Planted:
    for k in range(5):
        d.put("survey", d.at("survey", 4, k), "dip_down_deg", f"{-70.0 + 1.6 * k:.1f}")
    return [d.seen("BN-SUR-023", "survey", d.at("survey", 4, -1))], ()


@case("surveys", "two traces cross", COURSE)
def _crossing(d: Drop) -> Planted:
    """Hole 6 is set and aimed so that it meets hole 5 some 80 m down."""
    for column, step in (("easting_m", 42.0), ("northing_m", 0.0), ("elevation_m", 0.0)):
        d.put("collar", 6, column, f"{d.number('collar', 5, column) + step:.2f}")
    frame = d.frame("survey")
    for hole, azimuth in ((5, "90.0"), (6, "270.0")):
        frame.loc[frame["hole_id"] == d.hole(hole), "azimuth_deg"] = azimuth
    return [d.seen("BN-SUR-028", "collar", 5)], ()


cell(
    "surveys",
    "azimuth zero for not measured",
    MIXED,
    ("survey", 0, 2),
    "azimuth_deg",
    "0.0",
    "BN-SUR-011",
    ("BN-SUR-011", "survey"),
    ("BN-SUR-022", "survey"),
)


@case("collars", "digits of a northing exchanged", MIXED)
def _transposed(d: Drop) -> Planted:
    text = str(d.frame("collar").at[1, "northing_m"])
    d.put("collar", 1, "northing_m", text[:2] + text[3] + text[2] + text[4:])
    return [d.seen("BN-COL-026", "collar", 1)], ()


@case("collars", "digit lost from an elevation", MIXED)
def _low(d: Drop) -> Planted:
    d.put("collar", 2, "elevation_m", f"{d.number('collar', 2, 'elevation_m') / 10:.2f}")
    return [d.seen("BN-COL-027", "collar", 2)], ()


@case("surveys", "magnetic azimuths in magnetite", MIXED)
def _magnetic(d: Drop) -> Planted:
    frame = d.frame("survey")
    mine = frame["hole_id"] == d.hole(3)
    frame["MAG AZIMUTH"] = [a if m else "" for a, m in zip(frame["azimuth_deg"], mine, strict=True)]
    d.put("lithology", d.at("lithology", 3, 0), "lithology", "磁铁矿化矽卡岩")
    return [d.seen("BN-SUR-027", "survey", d.at("survey", 3, 0))], (("BN-INT-014", "assay"),)


@case("surveys", "azimuth and dip columns exchanged", EXCHANGED)
def _exchanged(d: Drop) -> Planted:
    frame = d.frame("survey")
    columns = ["azimuth_deg", "dip_down_deg"]
    frame[columns] = frame[columns[::-1]].to_numpy()
    return [d.seen("BN-SUR-004", "survey")], (("BN-CNV-002", "collar"), ("BN-CNV-002", "survey"))


@case("surveys", "azimuths from -180 to 180", SIGNED)
def _signed(d: Drop) -> Planted:
    frame = d.frame("survey")
    mine = frame["hole_id"] == d.hole(1)
    frame.loc[mine, "azimuth_deg"] = "-61.0"
    rows = [d.seen("BN-SUR-006", "survey", i) for i in mine[mine].index]
    must = [*rows, d.seen("BN-SUR-013", "collar", 1)]
    return must, (*LOST_HOLE, ("BN-CNV-002", "collar"), ("BN-CNV-002", "survey"))


@case("surveys", "station depths in feet", FEET)
def _feet(d: Drop) -> Planted:
    frame = d.frame("survey")
    frame["depth_m"] = [f"{float(text) / 0.3048:.1f}" for text in frame["depth_m"]]
    last = [d.seen("BN-SUR-010", "survey", d.at("survey", hole, -1)) for hole in range(4)]
    return last, (("BN-SUR-010", "survey"), ("BN-SUR-021", "survey"))


@case("surveys", "deep hole without survey", DEEP)
def _deep_unsurveyed(d: Drop) -> Planted:
    d.drop_rows("survey", d.frame("survey")["hole_id"] == d.hole(3))
    return [d.seen("BN-SUR-019", "collar", 3)], (("BN-SUR-001", "collar"),)


@case("surveys", "stations too far apart", DEEP)
def _wide(d: Drop) -> Planted:
    at = [d.at("survey", 0, k) for k in (3, 4)]
    d.drop_rows("survey", d.frame("survey").index.isin(at))
    return [d.seen("BN-SUR-021", "survey", d.at("survey", 0, 3))], ()


@case("surveys", "no survey of the deep part", DEEP)
def _beyond(d: Drop) -> Planted:
    at = [d.at("survey", 1, k) for k in (-1, -2, -3, -4)]
    d.drop_rows("survey", d.frame("survey").index.isin(at))
    return [d.seen("BN-SUR-026", "survey", d.at("survey", 1, -1))], ()


SIGN = setting("sign", BELT, holes=4, prepare=_course)
ZENITH_READ = setting("zenith-as-dip", BELT, holes=4, prepare=_course)
DIP_READ = setting("dip-as-zenith", BELT, "excel_workbook", holes=4)
ZENITH_HEAD = setting("zenith-heading", BELT, "chinese_tables", holes=4)


@case("surveys", "dip sign against the configuration", SIGN)
def _sign(d: Drop) -> Planted:
    frame = d.frame("survey")
    frame["dip_down_deg"] = [text.lstrip("-") for text in frame["dip_down_deg"]]
    return [d.seen("BN-SUR-004", "survey")], (("BN-CNV-002", "collar"), ("BN-CNV-002", "survey"))


@case("surveys", "zenith angles in the dip column", ZENITH_READ)
def _zenith_values(d: Drop) -> Planted:
    d.frame("survey")["dip_down_deg"] = "-20.0"
    return [d.seen("BN-SUR-018", "survey")], (("BN-CNV-002", "collar"), ("BN-CNV-002", "survey"))


@case("surveys", "dips in the zenith column", DIP_READ)
def _dips(d: Drop) -> Planted:
    frame = d.frame("survey")
    frame["dip_down_deg"] = [f"{90 - float(text):.1f}" for text in frame["dip_down_deg"]]
    return [d.seen("BN-SUR-016", "survey")], (("BN-CNV-002", "collar"), ("BN-CNV-002", "survey"))


@case("surveys", "heading says zenith, configuration says dip", ZENITH_HEAD)
def _zenith_heading(d: Drop) -> Planted:
    def rename(folder: object) -> None:
        path = folder / "测斜.csv"  # type: ignore[operator]
        path.write_bytes(
            path.read_bytes().replace("倾角".encode("gb18030"), "顶角".encode("gb18030"))
        )

    d.after.append(rename)
    return [d.seen("BN-SUR-012", "survey")], (("BN-CNV-002", "collar"), ("BN-CNV-002", "survey"))
