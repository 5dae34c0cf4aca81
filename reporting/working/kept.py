"""A study as it is kept: its words and cells as printed, and what each of its figures draws."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from estimation.results import Check
from estimation.studies import StudyTable, Words
from geo.files import write_whole
from reporting.pack.words import cell_words, heading, readable
from reporting.rounding import BLANK, as_decimal, printed
from reporting.units import Text, bilingual, domain_text, symbol
from reporting.views.checks import rule_text

KEPT = "study.json"
"""File of a study's folder; written last."""
FORMAT = 1
LONGEST = 200
"""Rows of a table shown on a page; the CSV has all of them."""
MOST_DECIMALS = 12
"""Decimals of a number however small; what rounds to nothing at so many is about zero."""


OTHERWISE = {("neighbourhood_blocks", "medium"): Text("工程中等", "medium")}
"""(table, cell) -> its words, where the same word means something else in other tables."""


@dataclass(frozen=True)
class KeptTable:
    """A table as a page shows it."""

    name: str
    title: Text
    head: tuple[Text, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[Text, ...], ...]
    left_out: int
    """Rows that only the CSV has."""
    note: Text | None


@dataclass(frozen=True)
class KeptCheck:
    """One test as a page shows it."""

    label: Text
    element: str
    domain: Text
    value: str
    rule: Text
    verdict: str


@dataclass(frozen=True)
class KeptFigure:
    """A figure that can be drawn again."""

    name: str
    drawing: str
    title: Text
    caption: Text
    parameters: dict[str, Any]
    has_arrays: bool

    def source(self, folder: Path) -> Path | None:
        """The arrays that it draws, in the study's folder; None where it draws none."""
        return folder / "arrays" / f"{self.name}.npz" if self.has_arrays else None


@dataclass(frozen=True)
class KeptStudy:
    """One topic of one result."""

    topic: str
    title: Text
    failed: bool
    result: str
    """Digest of the result that was studied; empty where there was none."""
    code: str
    """Version of the program that made it."""
    remarks: tuple[Text, ...]
    checks: tuple[KeptCheck, ...]
    tables: tuple[KeptTable, ...]
    figures: tuple[KeptFigure, ...]

    def write(self, folder: Path) -> None:
        """Write ``study.json`` whole."""
        plain = {"format": FORMAT, **asdict(self)}
        write_whole(folder / KEPT, json.dumps(plain, ensure_ascii=False).encode())


def read_study(folder: Path) -> KeptStudy | None:
    """The study kept in a folder; None where there is none that can be read."""
    try:
        plain = json.loads((folder / KEPT).read_text("utf-8"))
        if plain.pop("format") != FORMAT:
            return None
        return _study(plain)
    except (OSError, ValueError, KeyError, TypeError):  # none, half written, or of another program
        return None


def _study(plain: dict[str, Any]) -> KeptStudy:
    """The record from its JSON form."""
    tables = [
        KeptTable(
            **{
                **one,
                "title": Text(**one["title"]),
                "head": tuple(Text(**word) for word in one["head"]),
                "numeric": tuple(one["numeric"]),
                "rows": tuple(tuple(Text(**cell) for cell in row) for row in one["rows"]),
                "note": Text(**one["note"]) if one["note"] else None,
            }
        )
        for one in plain["tables"]
    ]
    said = ("label", "domain", "rule")
    checks = [
        KeptCheck(**{**one, **{name: Text(**one[name]) for name in said}})
        for one in plain["checks"]
    ]
    figures = [
        KeptFigure(**{**one, "title": Text(**one["title"]), "caption": Text(**one["caption"])})
        for one in plain["figures"]
    ]
    return KeptStudy(
        **{
            **plain,
            "title": Text(**plain["title"]),
            "remarks": tuple(Text(**one) for one in plain["remarks"]),
            "checks": tuple(checks),
            "tables": tuple(tables),
            "figures": tuple(figures),
        }
    )


def kept_text(words: Words) -> Text:
    """Words of a study for readers, elements as the trade writes them."""
    return Text(readable(words.zh), readable(words.en))


def kept_check(check: Check) -> KeptCheck:
    """One test as a page shows it."""
    return KeptCheck(
        Text(check.label_zh, check.label_en),
        symbol(check.element) if "_" in check.element else check.element,
        domain_text(check.domain),
        cell_text(check.value),
        rule_text(check.rule),
        check.verdict,
    )


def kept_table(table: StudyTable) -> KeptTable:
    """One table as a page shows it; ``<name>_zh`` and ``<name>_en`` are one column."""
    frame = table.frame
    columns = [str(column) for column in frame.columns]
    shown = [c for c in columns if not (c.endswith("_en") and f"{c[:-3]}_zh" in columns)]
    lines = frame.head(LONGEST).to_dict("records")
    return KeptTable(
        table.name,
        kept_text(table.title),
        tuple(_heading(table, column) for column in shown),
        tuple(bool(pd.api.types.is_numeric_dtype(frame[column])) for column in shown),
        tuple(tuple(_cells(table.name, line, shown)) for line in lines),
        max(len(frame) - LONGEST, 0),
        kept_text(table.note) if table.note else None,
    )


def _heading(table: StudyTable, column: str) -> Text:
    """Heading of a column in both languages."""
    found = heading(table, column)
    return Text(found.zh, found.en)


def _cells(table: str, line: dict[Hashable, Any], shown: list[str]) -> Iterator[Text]:
    """One row's cells."""
    for column in shown:
        value = line[column]
        other = line.get(f"{column[:-3]}_en") if column.endswith("_zh") else None
        if not isinstance(value, str):
            yield Text(cell_text(value), cell_text(value))
        elif other is not None:
            yield Text(readable(value), readable(str(other)))
        else:
            yield OTHERWISE.get((table, value)) or bilingual(cell_words(value))


def cell_text(value: Any) -> str:
    """A value for readers, four figures and no power of ten; blank is not zero."""
    if value is None or value is pd.NaT or value is pd.NA:
        return BLANK
    if isinstance(value, bool | np.bool_):
        return "✓" if value else BLANK
    if isinstance(value, int | np.integer):
        return printed(int(value), 0)
    if isinstance(value, float | np.floating):
        return _figures(float(value))
    return str(value)


def _figures(value: float) -> str:
    """Four figures of a number, all before the point; zeros behind it that say nothing left out."""
    if not np.isfinite(value):
        return BLANK
    decimals = min(max(3 - as_decimal(value).adjusted(), 0), MOST_DECIMALS)
    text = printed(value, decimals)
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "≈ 0" if value and text == "0" else text
