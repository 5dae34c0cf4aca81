"""Defects of geochemical surveys: one source and one file for each case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from broken_base import Expected
from pyproj import Transformer

BELT = "regions"
CORNER, CELL_M, CELLS = (430000.0, 3240000.0), 500.0, 56
GRID = {"origin_m": list(CORNER), "cell_m": CELL_M, "shape": [CELLS, CELLS]}
CRS = "EPSG:4540"
MEDIUM = {"zh": "水系沉积物（合成）", "en": "stream sediments (synthetic)"}
CONVENTIONS = {
    "x_is": "east",
    "zone_prefix": None,
    "coordinate_unit": "m",
    "depth_unit": "m",
    "dip": "positive_down",
    "below_detection": "half_limit",
    "no_survey_deeper_than_m": 5000.0,
    "zero_is": "zero",
    "not_assayed": ["-", "未测"],
}


@dataclass(frozen=True)
class SurveyCase:
    """One source as it should be, and what is done to it."""

    kind: str
    group: str
    file: str
    make: Callable[[Path, bool], dict[str, Any]]
    """(belt's folder, broken?) -> the source's block; writes the file."""
    must: tuple[Expected, ...]
    may: tuple[tuple[str, str], ...] = ()


CASES: list[SurveyCase] = []


# --- geochemistry --------------------------------------------------------------------------
def sheet_number(lon: float, lat: float) -> str:
    """Sheet of 1:50 000 by GB/T 13989-2012: 15' by 10', counted from the north-west."""
    row = 24 - int((lat % 4) * 6)
    column = int((lon % 6) * 4) + 1
    return f"{chr(ord('A') + int(lat // 4))}{int(lon // 6) + 31}E{row:03d}{column:03d}"


@lru_cache(maxsize=1)
def _survey() -> pd.DataFrame:
    """225 points 1.4 km apart with eight elements, four oxides, batches, and ten repeats."""
    rng = np.random.default_rng(20249)
    i, j = (v.ravel() for v in np.mgrid[:15, :15])
    east = CORNER[0] + 4000 + 1400 * i + rng.uniform(-200, 200, 225)
    north = CORNER[1] - 4000 - 1400 * j + rng.uniform(-200, 200, 225)
    lon, lat = Transformer.from_crs(4540, 4490, always_xy=True).transform(east, north)

    def content(median: float, decimals: int) -> list[str]:
        return [f"{v:.{decimals}f}" for v in median * np.exp(rng.normal(0, 0.25, 225))]

    frame = pd.DataFrame(
        {
            "样品号": [f"S{k:04d}" for k in range(225)],
            "图幅号": [sheet_number(a, b) for a, b in zip(lon, lat, strict=True)],
            "采样介质": "水系沉积物",
            "批次": [f"B{k % 5}" for k in rng.permutation(225)],
            "东坐标": [f"{v:.1f}" for v in east],
            "北坐标": [f"{v:.1f}" for v in north],
            "原样号": "",
            "Cu(10-6)": content(24, 1),
            "Mo(10-6)": content(0.9, 2),
            "Au(10-9)": content(1.4, 2),
            "Ag(10-6)": content(0.09, 3),
            "Pb(10-6)": content(25, 1),
            "Zn(10-6)": content(72, 0),
            "W(10-6)": content(1.9, 2),
            "SiO2(%)": [f"{v:.2f}" for v in rng.normal(66, 1.5, 225)],
            "Al2O3(%)": [f"{v:.2f}" for v in rng.normal(14, 0.7, 225)],
            "Fe2O3(%)": [f"{v:.2f}" for v in rng.normal(5, 0.5, 225)],
            "K2O(%)": [f"{v:.2f}" for v in rng.normal(2.6, 0.2, 225)],
        }
    )
    again = frame.iloc[::23].copy()
    again["原样号"] = again["样品号"]
    again["样品号"] = [f"D{k:04d}" for k in range(len(again))]
    for name in frame.columns[7:14]:
        decimals = len(again[name].iloc[0].partition(".")[2])
        again[name] = [f"{float(t) * 1.04:.{decimals}f}" for t in again[name]]
    return pd.concat([frame, again], ignore_index=True)


def _geochemistry(
    kind: str,
    code: str,
    change: Callable[[pd.DataFrame], pd.DataFrame | None],
    row: int | None = None,
    may: tuple[str, ...] = (),
    **source: Any,
) -> None:
    """A survey whose table is changed; ``source``: keys of its block in the broken copy."""
    file = "geochemistry/" + "-".join(kind.replace(",", "").split()) + ".csv"

    def make(folder: Path, broken: bool) -> dict[str, Any]:
        frame = _survey().copy()
        if broken:
            made = change(frame)
            frame = frame if made is None else made
        target = folder / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(frame.to_csv(index=False, lineterminator="\n").encode("gb18030"))
        plain = {"path": file, "medium": MEDIUM, "conventions": CONVENTIONS, "crs": CRS}
        return plain | {"spacing_m": 1400.0} | (source if broken else {})

    must = (Expected(code, file, row),)
    CASES.append(SurveyCase(kind, "geochemistry", file, make, must, tuple((c, file) for c in may)))


def _put(row: int, column: str, text: str) -> Callable[[pd.DataFrame], None]:
    """One cell, at a row of the file."""

    def change(frame: pd.DataFrame) -> None:
        frame.at[row - 2, column] = text

    return change


def _scale(column: str, factor: float, where: Callable[[pd.DataFrame], Any] | None = None) -> Any:
    """A column multiplied, in some rows or throughout."""

    def change(frame: pd.DataFrame) -> None:
        mask = np.ones(len(frame), dtype=bool) if where is None else np.asarray(where(frame))
        numbers = pd.to_numeric(frame[column])
        frame[column] = [
            f"{v * factor:.4g}" if m else t
            for v, m, t in zip(numbers, mask, frame[column], strict=True)
        ]

    return change


def _sheet(frame: pd.DataFrame) -> Any:
    """Rows of the commonest map sheet."""
    return frame["图幅号"] == frame["图幅号"].mode()[0]


def _below(frame: pd.DataFrame) -> None:
    """A laboratory whose limit is too high for the survey."""
    numbers = pd.to_numeric(frame["W(10-6)"])
    frame["W(10-6)"] = [
        t if v > 2 else "<2" for t, v in zip(frame["W(10-6)"], numbers, strict=True)
    ]


def _half(frame: pd.DataFrame) -> None:
    """Half limits written for everything below."""
    numbers = pd.to_numeric(frame["Mo(10-6)"])
    frame["Mo(10-6)"] = [
        t if v > 0.85 else "0.25" for t, v in zip(frame["Mo(10-6)"], numbers, strict=True)
    ]


def _again(frame: pd.DataFrame) -> pd.DataFrame:
    """A point written twice."""
    return pd.concat([frame, frame.iloc[[40]].assign(样品号="S0998")], ignore_index=True)


def _near(frame: pd.DataFrame) -> None:
    """A point that lies beside another."""
    frame.at[60, "东坐标"] = f"{float(frame.at[61, '东坐标']) + 90:.1f}"
    frame.at[60, "北坐标"] = frame.at[61, "北坐标"]
    frame.at[60, "图幅号"] = frame.at[61, "图幅号"]


def _swap(frame: pd.DataFrame) -> None:
    """Eastings and northings exchanged."""
    frame[["东坐标", "北坐标"]] = frame[["北坐标", "东坐标"]].to_numpy()


def _no_units(frame: pd.DataFrame) -> pd.DataFrame:
    """Headings without units."""
    return frame.rename(columns={c: c.partition("(")[0] for c in frame.columns})


def _media(frame: pd.DataFrame) -> None:
    """Soils among stream sediments."""
    frame.loc[100:140, "采样介质"] = "土壤"


_geochemistry("no coordinates", "BN-GCH-001", _put(30, "东坐标", ""), 30)
_geochemistry("point written twice", "BN-GCH-002", _again, 237)
_geochemistry("detection limit too high", "BN-GCH-003", _below)
_geochemistry("content of zero", "BN-GCH-004", _put(31, "Cu(10-6)", "0"), 31)
_geochemistry("content below zero", "BN-GCH-004", _put(33, "Zn(10-6)", "-72"), 33)
_geochemistry(
    "metres under a system of degrees",
    "BN-GCH-006",
    lambda f: None,
    crs="EPSG:4490",
    may=("BN-GCH-005",),
)
_geochemistry("axes exchanged", "BN-GCH-005", _swap)
_geochemistry("no column of contents", "BN-GCH-007", lambda f: f.iloc[:, :7])
_geochemistry("no unit in the headings", "BN-GCH-008", _no_units)
_geochemistry("point off its map sheet", "BN-GCH-009", _put(50, "图幅号", "H46E011011"), 50)
_geochemistry("point beside another", "BN-GCH-011", _near, 62, may=("BN-GCH-011",))
_geochemistry("spacing of another scale", "BN-GCH-012", lambda f: None, spacing_m=400.0)
_geochemistry("gold in ppm under ppb", "BN-GCH-013", _scale("Au(10-9)", 1e-3))
_geochemistry("step at a map sheet's edge", "BN-GCH-014", _scale("Pb(10-6)", 1.9, _sheet))
_geochemistry("oxides over a whole", "BN-GCH-015", _put(70, "SiO2(%)", "96.1"), 70)
_geochemistry(
    "batch off the others",
    "BN-GCH-016",
    _scale("Cu(10-6)", 1.6, lambda f: f["批次"] == "B3"),
    may=("BN-GCH-018",),
)
_geochemistry("repeat off its original", "BN-GCH-018", _put(230, "Cu(10-6)", "58.3"), 230)
_geochemistry("media mixed", "BN-GCH-020", _media)
_geochemistry(
    "half limit written everywhere in a survey",
    "BN-GCH-022",
    _half,
    may=("BN-GCH-014", "BN-GCH-018"),
)
_geochemistry("sample number at two places", "BN-GCH-027", _put(90, "样品号", "S0011"), 90)
_geochemistry(
    "copper in ppb under ppm", "BN-TAB-009", _scale("Cu(10-6)", 1000), may=("BN-GCH-018",)
)
_geochemistry("text for a content", "BN-TAB-010", _put(95, "Mo(10-6)", "见备注"), 95)


def _prefixed(frame: pd.DataFrame) -> None:
    """Eastings with the zone in front of them."""
    frame["东坐标"] = [f"31{text}" for text in frame["东坐标"]]


def _gold_heading(frame: pd.DataFrame) -> pd.DataFrame:
    """Gold said to be in ppm, its numbers in ppb."""
    return frame.rename(columns={"Au(10-9)": "Au(10-6)"})


def _kilometres(frame: pd.DataFrame) -> None:
    """Coordinates in kilometres that nobody announced."""
    for name in ("东坐标", "北坐标"):
        frame[name] = [f"{float(text) / 1000:.4f}" for text in frame[name]]


_geochemistry("zone prefix in a survey", "BN-GCH-005", _prefixed)
_geochemistry("gold in ppb under ppm", "BN-GCH-013", _gold_heading)
_geochemistry("kilometres for metres", "BN-GCH-005", _kilometres, may=("BN-GCH-012",))
