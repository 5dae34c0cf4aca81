"""Defects of collars, as registers of holes have them."""

from __future__ import annotations

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

cell(
    "collars",
    "elevation missing",
    COLLARS,
    ("collar", 0, 0),
    "elevation_m",
    "",
    "BN-COL-003",
    *LOST_HOLE,
)
cell(
    "collars",
    "easting missing",
    COLLARS,
    ("collar", 1, 0),
    "easting_m",
    "",
    "BN-COL-003",
    *LOST_HOLE,
)
cell(
    "collars",
    "hole depth zero",
    COLLARS,
    ("collar", 2, 0),
    "depth_m",
    "0",
    "BN-COL-004",
    *LOST_HOLE,
)
cell(
    "collars",
    "hole depth in centimetres",
    COLLARS,
    ("collar", 3, 0),
    "depth_m",
    "6000",
    "BN-COL-004",
    *LOST_HOLE,
)
cell(
    "collars",
    "final depth below zero",
    COLLARS,
    ("collar", 4, 0),
    "depth_m",
    "-60",
    "BN-COL-004",
    *LOST_HOLE,
)
cell(
    "collars",
    "end date before start date",
    REGISTER,
    ("collar", 0, 0),
    "END DATE",
    "2024-02-01",
    "BN-COL-020",
)
cell(
    "collars",
    "date of another century",
    REGISTER,
    ("collar", 1, 0),
    "START DATE",
    "1924-03-06",
    "BN-COL-021",
)
cell(
    "collars",
    "date in the future",
    REGISTER,
    ("collar", 2, 0),
    "END DATE",
    "2042-04-07",
    "BN-COL-021",
)
cell(
    "collars",
    "checked depth differs",
    REGISTER,
    ("collar", 3, 0),
    "CHECKED DEPTH",
    "62.9",
    "BN-COL-025",
)
cell(
    "collars",
    "hole name against its type",
    REGISTER,
    ("collar", 4, 0),
    "TYPE",
    "探槽",
    "BN-COL-019",
)


@case("collars", "hole listed twice, one place", REGISTER)
def _twice(d: Drop) -> Planted:
    first = d.add_rows("collar", d.frame("collar").iloc[[5]])
    return [d.seen("BN-COL-001", "collar", first)], ()


@case("collars", "hole listed twice, two places", COLLARS)
def _torn(d: Drop) -> Planted:
    rows = d.frame("collar").iloc[[5]].copy()
    rows["easting_m"] = f"{d.number('collar', 5, 'easting_m') + 37.2:.2f}"
    first = d.add_rows("collar", rows)
    return [d.seen("BN-COL-002", "collar", first), d.seen("BN-COL-002", "collar", 5)], LOST_HOLE


@case("collars", "one hole under two names at one place", REGISTER)
def _near(d: Drop) -> Planted:
    rows = d.frame("collar").iloc[[6]].copy()
    rows["hole_id"] = "SYN-ZK7788"
    first = d.add_rows("collar", rows)
    may = ("BN-COL-009", "BN-SUR-001", "BN-SUR-028")
    return [d.seen("BN-COL-008", "collar", first)], [(code, "collar") for code in may]


@case("collars", "hole id in small letters", REGISTER)
def _spelled(d: Drop) -> Planted:
    hole = d.hole(7)
    frame = d.frame("assay")
    mask = frame["hole_id"] == hole
    frame.loc[mask, "hole_id"] = hole.lower().replace("-", "- ")
    return [d.seen("BN-COL-010", "assay")], ()


@case("collars", "wedge without its parent", REGISTER)
def _wedge(d: Drop) -> Planted:
    _rename(d, d.hole(8), "SYN-ZK7799W1")
    return [d.seen("BN-COL-024", "collar", 8)], ()


@case("collars", "hole without assays", COLLARS)
def _unassayed(d: Drop) -> Planted:
    d.drop_rows("assay", d.frame("assay")["hole_id"] == d.hole(6))
    return [d.seen("BN-COL-009", "collar", 6)], ()


def _rename(d: Drop, old: str, new: str) -> None:
    """One hole's name in every table."""
    for sheet in d.sheets.values():
        frame = sheet.frame
        frame.loc[frame["hole_id"] == old, "hole_id"] = new


LATTICE = setting("lattice", BELT, holes=10, depth_m=60.0)


@case("collars", "designed places given as surveyed", LATTICE)
def _lattice(d: Drop) -> Planted:
    frame = d.frame("collar")
    frame["easting_m"] = [f"{436500 + 100 * (i % 5):.2f}" for i in range(len(frame))]
    frame["northing_m"] = [f"{3226000 + 100 * (i // 5):.2f}" for i in range(len(frame))]
    return [d.seen("BN-COL-017", "collar")], ()
