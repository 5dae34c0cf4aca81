"""Small tables of controls, written as a laboratory writes them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from geo.qaqc import QaqcFile, QaqcReading, QaqcRules, QaqcSource, read_qaqc
from geo.tables.sheets import Sheet

RULES = QaqcRules(on_failure="hold", standard="both", blank_times_detection_limit=5.0)


def sheet_of(rows: Sequence[Sequence[object]]) -> Sheet:
    """A sheet of texts, as a CSV gives it."""
    texts = [[str(cell) for cell in row] for row in rows]
    columns = tuple(pa.array(column, pa.string()) for column in zip(*texts, strict=True))
    return Sheet(None, columns, np.arange(1, len(rows) + 1), "csv")


def written(folder: Path, name: str, rows: Sequence[Sequence[object]]) -> QaqcFile:
    """Write a CSV and name it for a source."""
    text = "\n".join(",".join(map(str, row)) for row in rows) + "\n"
    (folder / name).write_text(text, "utf-8")
    return QaqcFile(path=name)


def judged(
    folder: Path, name: str, rows: Sequence[Sequence[object]], **block: object
) -> QaqcReading:
    """Write one table of controls and judge it."""
    file = written(folder, name, rows)
    source = QaqcSource.model_validate({"files": [file.model_dump()], "rules": RULES, **block})
    return read_qaqc(source, folder)


def standards(values: Sequence[object], batch: str = "B1") -> list[list[object]]:
    """A table of one material."""
    head: list[object] = ["样品编号", "标样编号", "批次", "Cu(%)"]
    return [head, *([f"Q{i}", "GBW07164", batch, v] for i, v in enumerate(values))]


def calm(n: int = 24) -> list[float]:
    """A series in control: it alternates about 0.5 by half a standard deviation."""
    return [0.5 + 0.01 * sign for sign in ([1, -1, 0.5, -0.5] * n)[:n]]


CERTIFICATE = {"material": "GBW07164", "element": "Cu", "unit": "pct", "value": 0.5, "sd": 0.02}


def internal(pairs: Sequence[tuple[object, object]], batch: str = "B1") -> list[list[object]]:
    """A Chinese table of internal checks (内检)."""
    head: list[object] = ["样品编号", "批次", "基本分析Cu(%)", "内检分析Cu(%)"]
    return [head, *([f"H{i}", batch, a, b] for i, (a, b) in enumerate(pairs))]


def agreeing(n: int = 30) -> list[tuple[object, object]]:
    """Pairs of 0.2 to 2 % that agree within 2 %, without bias."""
    grades = np.geomspace(0.2, 2.0, n)
    return [(round(g, 4), round(g * (1 + 0.02 * (-1) ** i), 4)) for i, g in enumerate(grades)]
