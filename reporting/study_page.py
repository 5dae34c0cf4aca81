"""A study on paper: its tables as CSV, its figures as SVG, and one page that shows both."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from estimation.belts import Belt
from estimation.deposit import DepositData
from estimation.studies import Study, StudyFigure, StudyTable, Words
from geo.files import write_whole
from reporting.figures import FigureStore, Plate
from reporting.site import render_page
from reporting.units import Text
from reporting.view_page import named, same, working_page

LONGEST = 200
"""Rows of a table shown on a page; the CSV has all of them."""


def write_study(study: Study, data: DepositData, folder: Path, made_at: datetime) -> Path:
    """Write ``tables/*.csv``, ``figures/*.svg`` and ``page.html`` of a study; returns the page."""
    store = FigureStore(folder / "drawn")
    plates = [_plate(figure, folder, store) for figure in study.figures]
    store.prune()
    for table in study.tables:
        text = table.frame.to_csv(index=False, lineterminator="\n", float_format="%.9g")
        write_whole(folder / "tables" / f"{table.name}.csv", text.encode("utf-8-sig"))
    context = {
        "page": working_page(_title(study, data), made_at, synthetic=data.belt.synthetic),
        "facts": _facts(data),
        "remarks": [_text(words) for words in study.remarks],
        "checks": [_check(check) for check in study.checks],
        "plates": plates,
        "tables": [_table(table) for table in study.tables],
    }
    page = folder / "page.html"
    write_whole(page, render_page("study", context).encode())
    return page


def _title(study: Study, data: DepositData) -> Text:
    """The study's title with the deposit's name."""
    name = data.deposit.name
    return Text(f"{study.title.zh}：{name.zh}", f"{study.title.en}: {name.en}")


def _facts(data: DepositData) -> list[tuple[Text, Text]]:
    """What the study rests on."""
    acceptance = data.plan.acceptance
    status = {"accepted": Text("已审定", "accepted"), "proposed": Text("待审定", "proposed")}
    return [
        (Text("矿床", "Deposit"), named(data.deposit.name)),
        (Text("数据截止", "Data to"), same(data.vintage)),
        (Text("方案状态", "Plan"), status[acceptance.status]),
        (Text("审定人", "Accepted by"), same(acceptance.by or "—")),
        (Text("数据指纹", "Data hash"), same(data.data_hash()[:12])),
        (Text("参数指纹", "Plan hash"), same(data.plan_hash[:12])),
        (Text("坐标系", "CRS"), _crs(data.belt)),
    ]


def _crs(belt: Belt) -> Text:
    return Text("本地矿山坐标", "local mine grid") if belt.crs == "local" else same(belt.crs)


def _plate(figure: StudyFigure, folder: Path, store: FigureStore) -> Plate:
    """One figure, drawn, and kept under its own name too."""
    source = figure_arrays(figure, folder / "arrays")
    svg = store.svg(figure.drawing, source, figure.parameters)
    write_whole(folder / "figures" / f"{figure.name}.svg", svg.encode())
    return Plate(svg, _text(figure.title), _text(figure.caption))


def figure_arrays(figure: StudyFigure, folder: Path) -> Path | None:
    """Keep what a figure draws as ``<name>.npz``; None where it draws no arrays."""
    if not figure.arrays:
        return None
    path = folder / f"{figure.name}.npz"
    held = io.BytesIO()
    arrays: dict[str, Any] = {k: np.asarray(v) for k, v in figure.arrays.items()}
    np.savez_compressed(held, **arrays)
    write_whole(path, held.getvalue())
    return path


def _text(words: Words) -> Text:
    return Text(words.zh, words.en)


def _check(check: Any) -> dict[str, Any]:
    """One test as the page shows it."""
    return {
        "label": Text(check.label_zh, check.label_en),
        "element": check.element,
        "domain": check.domain,
        "value": f"{check.value:.4g}",
        "rule": check.rule,
        "verdict": check.verdict,
    }


def _table(table: StudyTable) -> dict[str, Any]:
    """One table as the page shows it."""
    frame = table.frame
    return {
        "name": table.name,
        "title": _text(table.title),
        "head": [_heading(table, str(column)) for column in frame.columns],
        "numeric": [pd.api.types.is_numeric_dtype(frame[c]) for c in frame.columns],
        "rows": [[_cell(value) for value in row] for row in _first(frame)],
        "left_out": max(len(frame) - LONGEST, 0),  # the CSV has them
        "note": _text(table.note) if table.note else None,
    }


def _first(frame: pd.DataFrame) -> Iterable[tuple[Any, ...]]:
    return frame.head(LONGEST).itertuples(index=False, name=None)


def _heading(table: StudyTable, column: str) -> Text:
    words = table.headings.get(column)
    return _text(words) if words else same(column)


def _cell(value: Any) -> str:
    """A value for readers: blank is not zero."""
    if value is None or (isinstance(value, float | np.floating) and not np.isfinite(value)):
        return "—"
    if isinstance(value, bool | np.bool_):
        return "✓" if value else "—"
    if isinstance(value, int | np.integer):
        return f"{value:,}"
    if isinstance(value, float | np.floating):
        number = float(value)
        return f"{number:,.0f}" if abs(number) >= 10000 else f"{number:.4g}"
    return str(value)
