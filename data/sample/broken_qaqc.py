"""Defects of laboratory quality control: a table of controls for each batch of a laboratory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from broken_base import Drop, Expected
from broken_cases import Planted, case, setting

BELT = "quality"
Rows = list[list[str]]
VALUE, SD = 0.520, 0.012
CERTIFICATE = {"material": "GBW07999", "element": "Cu", "unit": "pct", "value": VALUE, "sd": SD}
RULES = {"on_failure": "note", "standard": "three_s", "blank_times_detection_limit": 5.0}


def _standards() -> Rows:
    """One material in control, 24 times in three batches."""
    signs = [1, -1, 0.6, -0.6, 0.3, -0.9]
    return [["样品编号", "标样编号", "批次", "Cu(%)"]] + [
        [f"Q{i:03d}", "GBW07999", f"B{i // 8}", f"{VALUE + SD * 0.8 * signs[i % 6]:.4f}"]
        for i in range(24)
    ]


def _blanks() -> Rows:
    """A whole return: 120 samples, 15 internal and 30 external checks, 12 blanks, 6 standards."""
    rng = np.random.default_rng(20251)
    rows = [["样品编号", "质控类型", "原样号", "批次", "Cu(%)"]]
    for i in range(120):
        grade = 0.4 * float(np.exp(rng.normal(0, 0.5)))
        rows.append([f"S{i}", "", "", "B0", f"{grade:.3f}"])
        near = f"{grade * (1 + 0.02 * (-1) ** (i // 4)):.3f}"
        if i % 8 == 7:
            rows.append([f"S{i}D", "内检", f"S{i}", "B0", near])
        if i % 4 == 1:
            rows.append([f"S{i}W", "外检", f"S{i}", "B0", near])
        if i % 10 == 9:
            rows.append([f"BK{i}", "空白", "", "B0", "<0.005"])
    return rows


def _pairs(other: str = "内检") -> Callable[[], Rows]:
    """Duplicates side by side that agree within 2 %, without bias."""

    def make() -> Rows:
        grades = np.geomspace(0.2, 2.0, 40)
        rows = [["样品编号", "批次", "基本分析Cu(%)", f"{other}分析Cu(%)"]]
        for i, g in enumerate(grades):
            rows.append([f"H{i}", "B0", f"{g:.4f}", f"{g * (1 + 0.02 * (-1) ** i):.4f}"])
        return rows

    return make


def _quality(
    kind: str,
    table: Callable[[], Rows],
    change: Callable[[Rows], None],
    must: list[tuple[str, int | None]],
    may: tuple[str, ...] = (),
) -> None:
    """A table of controls; ``must`` and ``may`` are codes in it (with rows)."""
    name = "qaqc-" + "-".join(kind.replace(",", "").split())

    def prepare(d: Drop) -> None:
        _attach(d, table())

    def plant(d: Drop) -> Planted:
        rows = table()
        change(rows)
        _attach(d, rows)
        file = f"{d.name}/controls.csv"
        return [Expected(code, file, row) for code, row in must], [(code, file) for code in may]

    setting(name, BELT, holes=4, depth_m=60.0, prepare=prepare)
    case("qaqc", kind, name)(plant)


def _attach(d: Drop, rows: Rows) -> None:
    """The controls' file and the deposit's block for them."""
    d.bytes_["controls.csv"] = ("\n".join(map(",".join, rows)) + "\n").encode("gb18030")
    files = [{"path": f"{d.name}/controls.csv"}]
    block: dict[str, Any] = {"files": files, "rules": RULES, "certificates": [CERTIFICATE]}
    d.deposit["qaqc"] = block


def _cell(row: int, column: int, text: str) -> Callable[[Rows], None]:
    """One cell at a row of the file."""

    def change(rows: Rows) -> None:
        rows[row - 1][column] = text

    return change


def _each(column: int, factor: Callable[[int], float]) -> Callable[[Rows], None]:
    """A column multiplied row by row."""

    def change(rows: Rows) -> None:
        for i, row in enumerate(rows[1:]):
            row[column] = f"{float(row[column]) * factor(i):.4f}"

    return change


def _drifting(rows: Rows) -> None:
    """Nine standards in sequence a little high."""
    for row in rows[8:17]:
        row[3] = f"{VALUE + 0.7 * SD:.4f}"


def _two_high(rows: Rows) -> None:
    """Two standards in sequence beyond two standard deviations."""
    rows[10][3] = rows[11][3] = f"{VALUE + 2.4 * SD:.4f}"


def _row_of(name: str) -> int:
    """Row of the file in which a sample of the whole return stands."""
    return 1 + next(i for i, row in enumerate(_blanks()) if row[0] == name)


def _uncontrolled(rows: Rows) -> None:
    """Most checks left out."""
    rows[:] = [row for row in rows if row[1] in ("", "质控类型", "空白") or row[0] == "S7D"]


def _carried(rows: Rows) -> None:
    """A blank contaminated by the rich sample before it."""
    at = next(i for i, row in enumerate(rows) if row[0] == "BK29")
    rows[at - 1][4], rows[at][4] = "6.200", "0.210"


_quality(
    "standard beyond three s",
    _standards,
    _cell(12, 3, "0.6100"),
    [("BN-QAQ-003", 12), ("BN-QAQ-006", 12), ("BN-QAQ-020", None)],
)
_quality("standard beyond two s", _standards, _cell(13, 3, "0.4915"), [("BN-QAQ-004", 13)])
_quality("standards drift", _standards, _drifting, [("BN-QAQ-005", None)])
_quality(
    "two standards in sequence beyond two s",
    _standards,
    _two_high,
    [("BN-QAQ-024", 12), ("BN-QAQ-020", None)],
    ("BN-QAQ-004",),
)
_quality(
    "standards mixed up",
    _standards,
    _cell(9, 3, "1.2500"),
    [("BN-QAQ-003", 9), ("BN-QAQ-006", 9), ("BN-QAQ-020", None)],
)
BLANK = _row_of("BK49")
_quality(
    "blank contaminated",
    _blanks,
    _cell(BLANK, 4, "0.140"),
    [("BN-QAQ-007", BLANK), ("BN-QAQ-020", None)],
)
_quality(
    "blank after a rich sample",
    _blanks,
    _carried,
    [("BN-QAQ-008", _row_of("BK29")), ("BN-QAQ-020", None)],
)
_quality(
    "check without its original",
    _blanks,
    _cell(_row_of("S47D"), 2, "S4700"),
    [("BN-QAQ-002", _row_of("S47D"))],
)
_quality("too few controls", _blanks, _uncontrolled, [("BN-QAQ-018", None)], ("BN-QAQ-017",))
_quality(
    "internal checks off",
    _pairs(),
    _each(3, lambda i: 1 + 0.35 * (-1) ** (i // 2)),
    [("BN-QAQ-010", None), ("BN-QAQ-020", None)],
    ("BN-QAQ-009",),
)
_quality(
    "external checks biased",
    _pairs("外检"),
    _each(3, lambda i: 1.09),
    [("BN-QAQ-011", None)],
    ("BN-QAQ-009", "BN-QAQ-010", "BN-QAQ-020"),
)
_quality(
    "too few external checks",
    _pairs("外检"),
    lambda rows: rows.__delitem__(slice(12, None)),
    [("BN-QAQ-017", None)],
)
