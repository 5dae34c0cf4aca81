"""One fuzzed file, read: refused with a reason, or accepted with every number as it is written."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from geo.config import Conventions, Names
from geo.dictionary import dictionary
from geo.findings import DataError
from geo.formats import open_sheets
from geo.geochemistry.config import GeochemistrySource
from geo.geochemistry.survey import read_geochemistry
from geo.tables.sheets import Sheet, UnreadableError
from geo.tables.table import Table, read_table

CONVENTIONS = Conventions(
    x_is="east",
    zone_prefix=None,
    coordinate_unit="m",
    depth_unit="m",
    dip="positive_down",
    below_detection="half_limit",
    no_survey_deeper_than_m=2000.0,
    zero_is="zero",
    not_assayed=("未测", "-99"),
)
_PLAIN = re.compile(r"[<>≤≥]?=?\s*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?)", re.I)
CLOSE = 1e-9


@dataclass(frozen=True)
class Verdict:
    """How one file ended: ``accepted`` or ``refused`` with its codes, or what is wrong."""

    outcome: str
    detail: str = ""


def judge(path: Path, target: str) -> Verdict:
    """Read one file as ``target`` says and judge what came of it.

    An exception is no verdict: it is the fuzzer's to report.
    """
    if target == "raster":
        return _raster(path)
    if target == "sheets":
        return _sheets(path)
    if target == "survey":
        return _survey(path)
    return _table(path, target.partition(":")[2])


def _raster(path: Path) -> Verdict:
    """A raster: facts, or findings that stop it."""
    from geo.rasters.surveys import inspect_raster

    _, findings = inspect_raster(path)
    return _by_findings(findings)


def _survey(path: Path) -> Verdict:
    """A geochemical survey: every accepted content stands in its row of the file."""
    source = GeochemistrySource(
        root=str(path.parent),
        path=path.name,
        medium=Names(zh="水系沉积物", en="stream sediments"),
        conventions=CONVENTIONS,
        crs="EPSG:4540",
    )
    reading = read_geochemistry(source, "EPSG:4540", path.parent)
    if reading.survey is None:
        return _by_findings(reading.findings)
    points, values = reading.survey.points, reading.survey.values
    strangers = numbers_out_of_place(points["row"].to_numpy(), values, "", path)
    return Verdict("wrong", "; ".join(strangers[:3])) if strangers else Verdict("accepted")


def _by_findings(findings: Any) -> Verdict:
    """Accepted where no finding is an error."""
    codes = sorted({f.code for f in findings if f.severity == "error"})
    return Verdict("refused", " ".join(codes)) if codes else Verdict("accepted")


def _sheets(path: Path) -> Verdict:
    """Typed formats: sheets whose columns are of one length."""
    try:
        sheets = open_sheets(path)
    except UnreadableError as error:
        return Verdict("refused", error.code)
    except DataError as error:
        return Verdict("refused", error.findings[0].code)
    for sheet in sheets:
        if any(len(column) != len(sheet.rows) for column in sheet.columns):
            return Verdict("wrong", f"columns of {sheet.name} have several lengths")
    return Verdict("accepted")


def _table(path: Path, name: str) -> Verdict:
    """A table: rows foot, and every accepted number stands in its row of the file."""
    table = read_table(path, name, conventions=CONVENTIONS)
    balance = table.balance
    if balance.accepted != len(table.frame):
        return Verdict("wrong", f"{balance.accepted} accepted, {len(table.frame)} rows")
    if not table.usable:
        return _by_findings(table.findings)
    strangers = wrong_numbers(table, path)
    if strangers:
        return Verdict("wrong", "; ".join(strangers[:3]))
    refused = _by_findings(table.findings)
    return refused if refused.outcome == "refused" else Verdict("accepted")


def wrong_numbers(table: Table, path: Path) -> list[str]:
    """Accepted numbers of a table that no cell of their row stands for."""
    frame = table.frame
    numbers = frame.select_dtypes("number").drop(columns=["row"], errors="ignore")
    if frame.empty or not len(numbers.columns):
        return []
    return numbers_out_of_place(frame["row"], numbers, str(frame["sheet"].iloc[0]), path)


def numbers_out_of_place(
    rows: Any, numbers: pd.DataFrame, sheet_name: str, path: Path
) -> list[str]:
    """Numbers that no cell of their row of the file stands for, under any unit.

    The reading of each cell is done here a second time, by decimal arithmetic: a plain number,
    or the number behind ``<`` and ``>`` whole or half.
    """
    sheet = _sheet_of(path, sheet_name)
    where = pd.Series(np.arange(len(sheet.rows)), index=sheet.rows)
    texts = sheet.texts(where[np.asarray(rows)].to_numpy())
    wrong = []
    for row, cells, values in zip(rows, texts, numbers.to_numpy(float), strict=True):
        may_be = np.array(sorted({v for cell in cells for v in _meanings(cell)}))
        for column, value in zip(numbers.columns, values, strict=True):
            if np.isnan(value):
                continue
            scale = CLOSE * max(abs(value), 1.0)
            if not len(may_be) or np.abs(may_be - value).min() > scale:
                wrong.append(f"row {row} {column} = {value!r} from {cells!r}"[:300])
    return wrong


def _sheet_of(path: Path, name: str) -> Sheet:
    """The sheet that a table was read from."""
    sheets = open_sheets(path)
    return next((s for s in sheets if (s.name or "") == name), sheets[0])


def _factors() -> list[Decimal]:
    """Ratios of every two units of one kind."""
    units = [(u.kind, Decimal(str(u.factor))) for u in dictionary().units.values()]
    return sorted({a / b for kind, a in units for other, b in units if kind == other})


_FACTORS: list[Decimal] = []


def _meanings(cell: str) -> set[float]:
    """Every value that a cell may stand for."""
    plain = unicodedata.normalize("NFKC", cell).replace("\u2212", "-").strip()
    found = _PLAIN.fullmatch(plain)
    if not found:
        return set()
    if not _FACTORS:
        _FACTORS.extend(_factors())
    value = Decimal(found.group(1))
    if value.adjusted() > 40:
        return set()
    halves = (value, value / 2) if cell.strip()[:1] not in "0123456789.+" else (value,)
    return {float(v * f) for v in halves for f in _FACTORS} | {0.0}
