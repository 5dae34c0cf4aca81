"""A draft as sources that can be read: mapping, conventions, units, rules, dates."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from flows.draft import (
    Draft,
    cells_of,
    elements_of,
    tables_with_grades,
    wanted_elements,
    written_unit,
)
from flows.folder_answers import Answers
from geo import conventions as how
from geo.config import Campaign, Conventions, DrillholeFile, DrillholeSources
from geo.dictionary import dictionary
from geo.recognise_rules import TABLES

FT_M = {"m": 1.0, "ft": 0.3048, "us_survey_ft": 0.3048006096012192}
ORDER = (*TABLES, "laboratory", "members")
"""Tables of a deposit in the order they are written."""
NEAR_UP = 2
"""Data this many folders up are named relative to the belt's file, others in full."""
NOT_ASSAYED = ("-", "未测")
"""Marks that a drafted file lists: they can't mean "not detected", as ``N.D.`` can. Others wait
for a decision where they occur."""


def sources_of(draft: Draft, base: Path, as_of: date) -> DrillholeSources:
    """Sources that read the chosen tables by the draft's verdicts (the likeliest where open)."""
    files = tuple(
        DrillholeFile(path=t.file, table=t.kind, sheet=t.sheet)  # type: ignore[arg-type]
        for t in sorted(draft.chosen, key=lambda t: (ORDER.index(t.kind), t.file))
    )
    return DrillholeSources(
        root=root_text(draft, base),
        campaigns=(Campaign(as_of=as_of, files=files),),
        conventions=conventions_of(draft),
        columns=_mapping(draft),
        units=_units(draft),
        crs=draft.source_crs,
    )


def root_text(draft: Draft, base: Path) -> str:
    """The folder as a file in ``base`` names it."""
    root = draft.root.resolve()
    near = os.path.relpath(root, base.resolve()).replace("\\", "/")
    return near if near.count("..") <= NEAR_UP else str(root)


def conventions_of(draft: Draft) -> Conventions:
    """Conventions by the draft's verdicts, complete enough to read with."""

    def value(name: str, default: Any) -> Any:
        found = draft.verdict(name)
        return default if found is None or found.value is None else found.value

    unit = value("depth_unit", "m")
    limit = value("no_survey_deeper_than", 5000.0) * FT_M[unit]
    meaning = value("zero_is", "zero")
    plain: dict[str, Any] = {
        "x_is": value("x_is", "east"),
        "zone_prefix": value("zone_prefix", None),
        "coordinate_unit": value("coordinate_unit", "m"),
        "depth_unit": unit,
        "dip": value("dip", "positive_down"),
        "below_detection": "half_limit",
        "no_survey_deeper_than_m": float(np.ceil(limit)),
        "zero_is": "not_assayed" if meaning == "not_assayed" else "zero",
        "not_assayed": NOT_ASSAYED,
        "azimuth": value("azimuth", "0_360"),
        "decimal": draft.answers.decimal or "point",  # a comma is never assumed
        "angles": value("angles", "degrees"),
        "special_values": special_rules(draft.answers, meaning),
    }
    return Conventions.model_validate(plain)


def special_rules(answers: Answers, zero: str) -> list[dict[str, Any]]:
    """Rules for special values that flags decided, one a kind."""
    wanted = dict(answers.special)
    if zero in ("below_detection", "zero") and answers.zero:
        wanted.setdefault("zero", "zero")
    reasons = {
        "below_detection": "zeros stand for below detection; the limit is not stated; taken as 0"
    }
    return [
        {
            "columns": "all",
            "kind": kind,
            "becomes": becomes,
            "by": "bornite init (flag)",
            "date": date.today().isoformat(),
            "reason": reasons.get(zero, "decided by a flag of bornite init")
            if kind == "zero"
            else "decided by a flag of bornite init",
        }
        for kind, becomes in sorted(wanted.items())
    ]


def last_date(draft: Draft) -> date | None:
    """The last day a hole was finished, where every collar has a date that can be read."""
    texts = [t.strip() for t in cells_of(draft.of("collar"), "end_date", "date")]
    order = draft.verdict("dates")
    if order is None or order.value is None or not texts or not all(texts):
        return None
    if order.value == "serial":
        serial = pd.Series(how.numbers(texts))
        days = pd.to_datetime(serial, unit="D", origin="1899-12-30", errors="coerce")
    else:
        first = {"dayfirst": order.value == "dmy", "errors": "coerce"}
        days = pd.to_datetime(pd.Series(texts), format="mixed", **first)
    return None if pd.isna(days).any() else days.max().date()


def _units(draft: Draft) -> dict[str, str]:
    """Units of elements whose heading carries none."""
    units = {}
    for name, _ in elements_of(draft).items():
        verdict = draft.verdict(f"unit:{name.partition('_')[0]}")
        tables = [t for t in tables_with_grades(draft) if name in t.columns]
        if verdict is not None and verdict.value and not written_unit(tables, name):
            units[name] = str(verdict.value)
    return units


def _mapping(draft: Draft) -> dict[str, str]:
    """Headings that the dictionary can't tell, and elements that are left aside."""
    wanted, book = set(wanted_elements(draft)), dictionary()
    left = {h: "ignore" for name, h in elements_of(draft).items() if name not in wanted}
    told: dict[str, str] = {}
    for table in draft.chosen:
        for name, column in table.columns.items():
            known = book.match(table.kind, column.heading)
            if known is None and book.canonical(table.kind, name) == name:
                told[column.heading] = name
    return {**left, **told}
