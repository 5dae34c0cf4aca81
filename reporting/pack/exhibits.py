"""Tables and figures of the studies as a document takes them in.

A heading of ``data/dictionaries/report/*.yaml`` names them as ``topic/name``; ``*`` stands for any
signs, ``{main}`` for the main element (``cu_pct``), ``{short}`` for its symbol in small letters.
A pattern takes the first that fits; one that nothing fits is passed over.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

import pandas as pd
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.shared import Cm, Pt

from estimation.studies import StudyFigure, StudyTable, Words
from reporting.pack.facts import Known
from reporting.pack.words import cell_words, heading, readable
from reporting.units import symbol
from reporting.working.kept import cell_text
from reporting.working.notebook import png_of

MOST_ROWS = 60
"""Rows of a table in a document; the workbook has all of them."""
MOST_COLUMNS = 9
"""Columns across a page; a short table that has more is turned, its columns down the page."""
_DPI = 130
_WIDTH_CM = 15.5
VERDICTS = {"pass": "通过 / pass", "marginal": "临界 / marginal", "fail": "不通过 / fail"}


def tables_of(patterns: Iterable[str], known: Known) -> list[StudyTable]:
    """The tables that patterns name."""
    every = {f"{s.topic}/{t.name}": t for s in known.studies for t in s.tables}
    every |= {"result/checks": checks_table(known), "pack/contents": contents_table(known)}
    return [every[name] for name in _fitting(patterns, every, known)]


def figures_of(patterns: Iterable[str], known: Known) -> list[StudyFigure]:
    """The figures that patterns name."""
    every = {f"{s.topic}/{f.name}": f for s in known.studies for f in s.figures}
    return [every[name] for name in _fitting(patterns, every, known)]


def _fitting(patterns: Iterable[str], names: Iterable[str], known: Known) -> list[str]:
    """The first name that fits each pattern, in the patterns' order, each once."""
    main = known.bench.data.plan.main_element
    found: dict[str, None] = {}
    for pattern in patterns:
        wanted = pattern.format(main=main, short=main.split("_")[0])
        for name in names:
            if fnmatchcase(name, wanted):
                found[name] = None
                break
    return list(found)


def checks_table(known: Known) -> StudyTable:
    """Every test of the estimate, with its threshold and verdict."""
    result = known.bench.result
    rows = [
        {
            "test": f"{c.label_zh}\n{c.label_en}",
            "element": symbol(c.element) if "_" in c.element else c.element,
            "domain": c.domain,
            "value": c.value,
            "rule": c.rule,
            "verdict": VERDICTS[c.verdict],
        }
        for c in (result.checks if result else ())
    ]
    headings = {
        "test": Words("检验", "Test"),
        "element": Words("元素", "Element"),
        "domain": Words("矿化域", "Domain"),
        "value": Words("值", "Value"),
        "rule": Words("界限", "Threshold"),
        "verdict": Words("结论", "Verdict"),
    }
    return StudyTable(
        "checks", Words("检验与结论", "Tests and verdicts"), pd.DataFrame(rows), headings
    )


def contents_table(known: Known) -> StudyTable:
    """Every figure and table of the pack by its file."""
    rows = [
        {"file": f"{study.topic}/{folder}/{one.name}.{end}", "zh": one.title.zh, "en": one.title.en}
        for study in known.studies
        for folder, end, items in (
            ("figures", "svg", study.figures),
            ("tables", "csv", study.tables),
        )
        for one in items
    ]
    headings = {
        "file": Words("文件", "File"),
        "zh": Words("名称", "Chinese title"),
        "en": Words("英文名称", "English title"),
    }
    title = Words("附图附表目录", "List of figures and tables")
    return StudyTable("contents", title, pd.DataFrame(rows, columns=list(headings)), headings)


def add_table(document: Any, table: StudyTable, *, all_rows: bool = False) -> None:
    """A study's table: title, grid, note."""
    rows = _grid(table, None if all_rows else MOST_ROWS)
    title = readable(f"{table.title.zh} / {table.title.en}")
    document.add_paragraph().add_run(title).bold = True
    grid = document.add_table(rows=len(rows), cols=len(rows[0]), style="Table Grid")
    grid.alignment = WD_TABLE_ALIGNMENT.CENTER
    for row, line in zip(rows, grid.rows, strict=True):
        for words, cell in zip(row, line.cells, strict=True):
            run = cell.paragraphs[0].add_run(words)
            run.font.size = Pt(7.5)
            run.bold = row is rows[0]
    left_out = 0 if all_rows else max(len(table.frame) - MOST_ROWS, 0)
    notes = [readable(f"{table.note.zh}\n{table.note.en}")] if table.note else []
    if left_out:
        notes.append(f"另有 {left_out} 行，见 tables.xlsx / {left_out} more rows in tables.xlsx")
    document.add_paragraph().add_run("\n".join(notes)).font.size = Pt(8)


def _grid(table: StudyTable, most: int | None) -> list[list[str]]:
    """Headings and cells as text; turned where it is too wide and short enough."""
    frame = table.frame.head(most) if most else table.frame
    head = []
    for column in map(str, frame.columns):
        words = heading(table, column)
        head.append(words.zh if words.zh == words.en else f"{words.zh}\n{words.en}")
    cells = frame.itertuples(index=False, name=None)
    rows = [head, *([cell_words(v) if isinstance(v, str) else cell_text(v) for v in r]
                    for r in cells)]  # fmt: skip
    if len(head) > MOST_COLUMNS >= len(rows):
        return [list(column) for column in zip(*rows, strict=True)]
    return rows


def add_figure(document: Any, figure: StudyFigure) -> None:
    """A study's figure as a picture, with title and caption."""
    document.add_picture(io.BytesIO(png_of(figure, _DPI)))
    picture = document.inline_shapes[-1]
    if picture.width > Cm(_WIDTH_CM):
        picture.height = int(picture.height * Cm(_WIDTH_CM) / picture.width)
        picture.width = Cm(_WIDTH_CM)
    caption = document.add_paragraph()
    caption.add_run(readable(f"{figure.title.zh} / {figure.title.en}")).bold = True
    said = readable(f"\n{figure.caption.zh}\n{figure.caption.en}")
    caption.add_run(said).font.size = Pt(8)
