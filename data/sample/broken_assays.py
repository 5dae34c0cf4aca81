"""Defects of grades: values, marks, units, composites, densities, laboratory returns."""

from __future__ import annotations

import numpy as np
import pandas as pd
from broken_base import Drop, Expected
from broken_cases import Planted, case, cell, setting

BELT = "assays"
GAP = ("BN-INT-003", "assay")
"""A row that is refused on reading leaves a gap in its hole."""

GRADES = ["cu_pct", "mo_pct", "au_gpt", "ag_gpt"]

# --- single values -------------------------------------------------------------------------
VALUES = setting("values", BELT, tables=("collar", "survey", "assay", "density"))

cell("assays", "negative grade", VALUES, ("assay", 0, 5), "cu_pct", "-0.37", "BN-ASY-001", GAP)
cell(
    "assays", "grade that no ore has", VALUES, ("assay", 0, 9), "cu_pct", "52.0", "BN-ASY-002", GAP
)
cell("assays", "text in a grade", VALUES, ("assay", 0, 13), "cu_pct", "0.3O", "BN-TAB-010", GAP)
cell(
    "assays",
    "two points in a number",
    VALUES,
    ("assay", 0, 17),
    "mo_pct",
    "0.0.12",
    "BN-TAB-010",
    GAP,
)
cell(
    "assays",
    "decimal comma in one cell",
    VALUES,
    ("assay", 1, 3),
    "cu_pct",
    "0,412",
    "BN-TAB-011",
    GAP,
)
cell("assays", "formula error", VALUES, ("assay", 1, 7), "cu_pct", "#REF!", "BN-TAB-010", GAP)
cell("assays", "depth blank", VALUES, ("assay", 1, 11), "to_m", "", "BN-TAB-017", GAP)
cell(
    "assays",
    "hole id turned into a date",
    VALUES,
    ("assay", 1, 15),
    "hole_id",
    "2024-01-02",
    "BN-TAB-018",
    GAP,
)
cell("assays", "decimal slip in a grade", VALUES, ("assay", 2, 4), "mo_pct", "4.1", "BN-ASY-025")
cell("density", "density in kg/m3", VALUES, ("density", 0, 1), "density_tpm3", "2630", "BN-ASY-010")
cell(
    "density",
    "decimal slip in a density",
    VALUES,
    ("density", 1, 1),
    "density_tpm3",
    "0.26",
    "BN-ASY-010",
)
cell(
    "density",
    "density of an unknown hole",
    VALUES,
    ("density", 2, 1),
    "hole_id",
    "SYN-ZK4401",
    "BN-INT-006",
)
cell(
    "density",
    "density below the end of the hole",
    VALUES,
    ("density", 3, 1),
    "to_m",
    "345.2",
    "BN-INT-004",
)


@case("assays", "sample far too long", VALUES)
def _long_sample(d: Drop) -> Planted:
    at = d.at("assay", 3, 20)
    d.put("assay", at - 1, "to_m", str(d.frame("assay").at[at + 1, "to_m"]))
    d.drop_rows("assay", d.frame("assay").index.isin([at, at + 1]))
    return [d.seen("BN-ASY-007", "assay", at - 1)], ()


@case("assays", "one row copied down", VALUES)
def _copied_down(d: Drop) -> Planted:
    frame = d.frame("assay")
    first = d.at("assay", 4, 10)
    for at in range(first + 1, first + 6):
        frame.loc[at, GRADES] = frame.loc[first, GRADES].tolist()
    return [d.seen("BN-ASY-027", "assay", first)], ()


@case("assays", "assays of one hole copied to another", VALUES)
def _copied_across(d: Drop) -> Planted:
    frame = d.frame("assay")
    source, target = d.at("assay", 5, 10), d.at("assay", 0, 20)
    for k in range(14):
        frame.loc[target + k, GRADES] = frame.loc[source + k, GRADES].tolist()
    return [d.seen("BN-ASY-028", "assay", target)], ()


@case("assays", "some rows in ppm under %", setting("some-ppm", BELT, holes=4))
def _some_ppm(d: Drop) -> Planted:
    rows = [d.at("assay", 2, k) for k in range(8, 13)]
    for at in rows:
        d.put("assay", at, "cu_pct", f"{float(str(d.frame('assay').at[at, 'cu_pct'])) * 1e4:.0f}")
    return [d.seen("BN-ASY-002", "assay", at) for at in rows], (GAP,)


# --- special values ------------------------------------------------------------------------
def _special(kind: str, column: str, text: str, count: int, code: str = "BN-ASY-011") -> None:
    """A mark written in ``count`` cells of a column, in a deposit of its own."""
    drop = setting("special-" + "-".join(kind.split()), BELT)

    def plant(d: Drop) -> Planted:
        for k in range(count):
            d.put("assay", d.at("assay", k % 6, 3 + k // 6), column, text)
        return [d.seen(code, "assay")], (("BN-ASY-004", "assay"),) if text[0] == ">" else ()

    case("special values", kind, drop)(plant)


_special("sentinel -999", "cu_pct", "-999", 4)
_special("sentinel 1E31", "mo_pct", "1E31", 4)
_special("sentinel -99", "au_gpt", "-99", 5)
_special("negative detection limit", "cu_pct", "-0.01", 8)
_special("mark NS", "cu_pct", "NS", 5)
_special("not detected without a limit", "mo_pct", "未检出", 8)
_special("over range", "cu_pct", ">10", 3)
_special("zeros for not assayed", "mo_pct", "0", 90, "BN-ASY-006")
_special("half limit written everywhere", "mo_pct", "0.0005", 40)


MARKS = setting("marks", BELT, "datamine_csv")


@case("special values", "numbers below the stated limit", MARKS)
def _below_limit(d: Drop) -> Planted:
    for k in range(5):
        d.put("assay", d.at("assay", k, 6), "cu_pct", "<0.05")
        d.put("assay", d.at("assay", k, 7), "cu_pct", "0.004")
    return [d.seen("BN-ASY-014", "assay")], ()


# --- grades against each other -------------------------------------------------------------
def _many(d: Drop) -> None:
    """Assays with iron, sulphur, oxide copper and rhenium, and a log of oxidation."""
    frame = d.frame("assay")
    rng = np.random.default_rng(20248)
    copper = pd.to_numeric(frame["cu_pct"].str.lstrip("<"))
    moly = pd.to_numeric(frame["mo_pct"].str.lstrip("<"))
    frame["TFe(%)"] = [f"{v:.2f}" for v in rng.normal(4.2, 0.4, len(frame))]
    frame["S(%)"] = [f"{v:.2f}" for v in 1.2 + 1.4 * copper]
    frame["CuO(%)"] = [f"{0.06 * v + 0.001:.3f}" for v in copper]
    frame["Re(ppm)"] = ["" if np.isnan(v) else f"{v * 5.2:.3f}" for v in moly]


CHEMISTRY = setting(
    "chemistry", BELT, tables=("collar", "survey", "assay", "lithology"), prepare=_many
)


@case("assays", "elements add up to more than the sample", CHEMISTRY)
def _too_much(d: Drop) -> Planted:
    at = d.at("assay", 0, 30)
    d.put("assay", at, "TFe(%)", "61.20")
    d.put("assay", at, "S(%)", "48.90")
    return [d.seen("BN-ASY-021", "assay", at)], (("BN-ASY-025", "assay"),)


cell(
    "assays",
    "rhenium that molybdenite can't hold",
    CHEMISTRY,
    ("assay", 1, 30),
    "Re(ppm)",
    "41.0",
    "BN-ASY-022",
    ("BN-ASY-025", "assay"),
)
cell(
    "assays",
    "oxide copper above total copper",
    CHEMISTRY,
    ("assay", 2, 30),
    "CuO(%)",
    "3.100",
    "BN-ASY-023",
    ("BN-ASY-025", "assay"),
)


@case("assays", "too little sulphur in sulphide ore", CHEMISTRY)
def _sulphur(d: Drop) -> Planted:
    at = d.at("assay", 3, 35)
    d.put("assay", at, "cu_pct", "0.84")
    d.put("assay", at, "S(%)", "0.05")
    return [d.seen("BN-ASY-024", "assay", at)], ()


# --- units ---------------------------------------------------------------------------------
def _scaled(kind: str, column: str, factor: float, dialect: str = "leapfrog_csv") -> None:
    """A whole column in another unit than its heading says."""
    drop = setting(
        f"unit-{column.partition('_')[0]}-{factor:g}".replace("+", ""), BELT, dialect, holes=4
    )

    def plant(d: Drop) -> Planted:
        frame = d.frame("assay")
        frame[column] = [
            text if text in ("", "nan") or text[:1] in "<＜" else f"{float(text) * factor:g}"
            for text in frame[column].astype(str)
        ]
        return [d.seen("BN-TAB-009", "assay")], ()

    case("units", kind, drop)(plant)


_scaled("copper in ppm under %", "cu_pct", 1e4)
_scaled("molybdenum in ppm under %", "mo_pct", 1e4, "chinese_tables")
_scaled("gold in ppb under g/t", "au_gpt", 1e4)
_scaled("copper in ppb under %", "cu_pct", 1e7, "chinese_tables")

RE_PPB = setting("unit-re", BELT, tables=("collar", "survey", "assay", "combined"))


@case("units", "rhenium in ppb under ppm", RE_PPB)
def _rhenium(d: Drop) -> Planted:
    frame = d.frame("combined")
    frame["re_ppm"] = [t if t[:1] == "<" else f"{float(t) * 1000:g}" for t in frame["re_ppm"]]
    return [d.seen("BN-TAB-009", "combined")], ()


# --- composite assays ----------------------------------------------------------------------
def _members(d: Drop) -> None:
    """A list of the basic samples of every composite; composites with copper of their own."""
    combined, assay = d.frame("combined"), d.frame("assay")
    lines, grades = ["组合样号,样号,样长"], []
    for row in combined.itertuples():
        low, high = float(row.from_m), float(row.to_m)
        begins = pd.to_numeric(assay["from_m"])
        ends = pd.to_numeric(assay["to_m"])
        inside = (assay["hole_id"] == row.hole_id) & (begins >= low - 0.01) & (ends <= high + 0.01)
        length = (ends - begins)[inside]
        copper = pd.to_numeric(assay["cu_pct"][inside].str.lstrip("<"))
        grades.append(f"{float((copper * length).sum() / length.sum()):.3f}")
        for name, metres in zip(assay["sample_id"][inside], length, strict=True):
            lines.append(f"{row.sample_id},{name},{metres:.2f}")
    combined["Cu_pct"] = grades
    d.bytes_["members.csv"] = ("\n".join(lines) + "\n").encode("utf-8-sig")
    d.files.append({"path": f"{d.name}/members.csv", "table": "members"})


def _list(d: Drop, change: object) -> None:
    """Change the list of members line by line."""
    lines = d.bytes_["members.csv"].decode("utf-8-sig").splitlines()
    d.bytes_["members.csv"] = ("\n".join(change(lines)) + "\n").encode("utf-8-sig")  # type: ignore[operator]


COMPOSITES = setting(
    "composites", BELT, tables=("collar", "survey", "assay", "combined"), prepare=_members
)


@case("composites", "composite far from its members", COMPOSITES)
def _far_off(d: Drop) -> Planted:
    d.put("combined", 2, "Cu_pct", f"{d.number('combined', 2, 'Cu_pct') * 2.5:.3f}")
    return [d.seen("BN-CMB-007", "combined", 2)], ()


@case("composites", "composite off its members", COMPOSITES)
def _off(d: Drop) -> Planted:
    d.put("combined", 5, "Cu_pct", f"{d.number('combined', 5, 'Cu_pct') * 1.25:.3f}")
    return [d.seen("BN-CMB-006", "combined", 5)], ()


@case("composites", "member that is no sample", COMPOSITES)
def _stranger(d: Drop) -> Planted:
    name = str(d.frame("combined").at[8, "sample_id"])
    _list(d, lambda lines: [*lines, f"{name},ZK0000-999,2.00"])
    return [d.seen("BN-CMB-005", "combined", 8)], ()


@case("composites", "one sample in two composites", COMPOSITES)
def _shared(d: Drop) -> Planted:
    frame = d.frame("combined")
    one, two = (str(frame.at[i, "sample_id"]) for i in (11, 12))

    def change(lines: list[str]) -> list[str]:
        first = next(line for line in lines if line.startswith(f"{one},"))
        mine = [i for i, line in enumerate(lines) if line.startswith(f"{two},")]
        lines[mine[0]] = f"{two}," + first.partition(",")[2]
        return lines

    _list(d, change)
    may = (("BN-CMB-004", "combined"), ("BN-CMB-006", "combined"), ("BN-CMB-001", "combined"))
    return [d.seen("BN-CMB-004", "combined", 12)], may


@case("composites", "members shorter than the composite", COMPOSITES)
def _short(d: Drop) -> Planted:
    name = str(d.frame("combined").at[15, "sample_id"])

    def change(lines: list[str]) -> list[str]:
        mine = [i for i, line in enumerate(lines) if line.startswith(f"{name},")]
        return [line for i, line in enumerate(lines) if i != mine[-1]]

    _list(d, change)
    return [d.seen("BN-CMB-001", "combined", 15)], (("BN-CMB-006", "combined"),)


@case("composites", "listed composite not delivered", COMPOSITES)
def _undelivered(d: Drop) -> Planted:
    some = str(d.frame("assay").at[d.at("assay", 0, 0), "sample_id"])
    _list(d, lambda lines: [*lines, f"ZK-H99,{some},3.00"])
    return [Expected("BN-CMB-008", f"{d.name}/members.csv")], ()


UNLISTED = setting(
    "composites-unlisted", BELT, "chinese_tables", tables=("collar", "survey", "assay", "combined")
)


@case("composites", "composite longer than its samples", UNLISTED)
def _longer(d: Drop) -> Planted:
    at = d.at("combined", 0, -1)
    d.put("combined", at, "from_m", f"{d.number('combined', at, 'from_m') + 1.4:.2f}")
    return [d.seen("BN-CMB-002", "combined", at)], ()


@case("composites", "composites overlap", UNLISTED)
def _composites_overlap(d: Drop) -> Planted:
    at = d.at("combined", 0, 3)
    d.put("combined", at, "from_m", f"{d.number('combined', at, 'from_m') - 6:.2f}")
    return [d.seen("BN-INT-002", "combined", at)], ()


# --- laboratory returns --------------------------------------------------------------------
def _laboratory(d: Drop) -> None:
    """Grades in the laboratory's own long table, joined by sample number."""
    frame = d.frame("assay")
    lines = ["样号,元素,结果,单位"]
    for name, copper, moly in frame[["sample_id", "cu_pct", "mo_pct"]].to_numpy():
        lines.append(f"{name},Cu,{copper},%")
        if moly and moly != "nan":
            lines.append(f"{name},Mo,{moly},%")
    d.sheets["assay"].frame = frame[["hole_id", "from_m", "to_m", "sample_id"]]
    d.bytes_["lab.csv"] = ("\n".join(lines) + "\n").encode("gb18030")
    d.files.append({"path": f"{d.name}/lab.csv", "table": "laboratory"})


LAB = setting("laboratory", BELT, holes=4, prepare=_laboratory)


def _lab_row(d: Drop, line: str, code: str) -> Planted:
    """A line added to the laboratory's table."""
    text = d.bytes_["lab.csv"].decode("gb18030") + line + "\n"
    d.bytes_["lab.csv"] = text.encode("gb18030")
    return [Expected(code, f"{d.name}/lab.csv", text.count("\n"))], ()


@case("laboratory", "sample without a result", LAB)
def _lab_missing(d: Drop) -> Planted:
    rows = d.frame("assay").iloc[[50]].copy()
    name = rows["sample_id"].iloc[0]
    text = d.bytes_["lab.csv"].decode("gb18030")
    kept = [line for line in text.splitlines() if not line.startswith(f"{name},")]
    d.bytes_["lab.csv"] = ("\n".join(kept) + "\n").encode("gb18030")
    return [d.seen("BN-TAB-033", "assay")], ()


@case("laboratory", "result of an unknown sample", LAB)
def _lab_stranger(d: Drop) -> Planted:
    return _lab_row(d, "ZK0000-777,Cu,0.31,%", "BN-TAB-032")


@case("laboratory", "two results of one sample", LAB)
def _lab_twice(d: Drop) -> Planted:
    name = d.frame("assay").at[30, "sample_id"]
    lines = d.bytes_["lab.csv"].decode("gb18030").splitlines()
    first = next(i for i, line in enumerate(lines, 1) if line.startswith(f"{name},Cu,"))
    must, may = _lab_row(d, f"{name},Cu,0.987,%", "BN-TAB-025")
    return [*must, Expected("BN-TAB-025", f"{d.name}/lab.csv", first)], may


@case("laboratory", "unknown unit in a row", LAB)
def _lab_unit(d: Drop) -> Planted:
    name = d.frame("assay").at[40, "sample_id"]
    return _lab_row(d, f"{name},Au,0.31,oz", "BN-TAB-026")
