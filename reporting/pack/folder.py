"""The folder of a report pack, made whole beside its place and swapped in."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import xlsxwriter

from estimation.studies import Study, StudyTable, Workbench
from geo.files import sha256, write_whole
from geo.version import code_version
from reporting.pack.document import OUTLINES, write_document
from reporting.pack.facts import Known
from reporting.pack.words import cell_words, heading, readable
from reporting.site.frame import mark_of_pages
from reporting.workbook.book import BANNER
from reporting.working.study import Made, write_study

MARK = mark_of_pages(()).both
"""Over every sheet: a pack is the bureau's own."""
SHORT = {
    "exploration": "explore",
    "domains": "domains",
    "variography": "vario",
    "neighbourhood": "kna",
    "by-products": "byprod",
    "validation": "valid",
    "classification": "class",
}
"""Topic -> its name in a sheet's, which may have 31 signs."""


def write_pack(known: Known, folder: Path, made: Made) -> dict[str, str]:
    """Write every figure (SVG), table (CSV, XLSX), page and document of an estimate.

    Returns the SHA-256 of each file by its path in the folder; ``manifest.json`` holds them too.
    """
    bench = known.bench
    beside = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(beside, ignore_errors=True)
    for study in known.studies:
        write_study(study, bench, beside / study.topic, made)
        shutil.rmtree(beside / study.topic / "drawn", ignore_errors=True)
        shutil.rmtree(beside / study.topic / "arrays", ignore_errors=True)
    for name in OUTLINES:
        write_document(name, known, beside / f"{name}.docx")
    banner = BANNER if bench.data.belt.synthetic else ""
    _write_tables(known.studies, beside / "tables.xlsx", banner)
    files = {
        str(path.relative_to(beside)): sha256(path)
        for path in sorted(beside.rglob("*"))
        if path.is_file()
    }
    write_whole(beside / "manifest.json", _manifest(bench, made, files).encode())
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    beside.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
    return files


def _manifest(bench: Workbench, made: Made, files: dict[str, str]) -> str:
    """What the pack was made from."""
    data, result = bench.data, bench.result
    made_from = {
        "run_id": made.run_id,
        "deposit": data.deposit.id,
        "vintage": str(data.vintage),
        "synthetic": data.belt.synthetic,
        "plan_status": data.plan.acceptance.words,
        "data_hash": data.data_hash(),
        "plan_hash": data.plan_hash,
        "model_hash": result.model_hash if result else None,
        "code_version": code_version(),
    }
    return json.dumps({**made_from, "files": files}, ensure_ascii=False, indent=1)


def _write_tables(studies: tuple[Study, ...], path: Path, banner: str) -> None:
    """Every table as a sheet of one workbook, numbers as numbers; the first sheet lists them.

    Each sheet says on its first two rows what it must not be taken for.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    options = {"strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": False}
    named = list(_named(studies))
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"comments": MARK, "created": datetime(2000, 1, 1)})
        red = book.add_format({"bold": True, "font_color": "#B03020"})
        bold = book.add_format({"bold": True, "text_wrap": True})
        contents = book.add_worksheet("contents")
        contents.set_column(0, 0, 34)
        contents.set_column(1, 2, 60)
        contents.write_column(0, 0, (banner, MARK), red)
        for row, (sheet, table) in enumerate(named, start=2):
            titles = (readable(table.title.zh), readable(table.title.en))
            contents.write_row(row, 0, [sheet, *titles])
        for name, table in named:
            page = book.add_worksheet(name)
            page.write_column(0, 0, (banner, MARK), red)
            _write_sheet(page, table, bold)


def _named(studies: tuple[Study, ...]) -> Iterable[tuple[str, StudyTable]]:
    """Sheet names, at most 31 signs and each once."""
    used: set[str] = set()
    for study in studies:
        for table in study.tables:
            name = re.sub(r"[\[\]:*?/\\]", "-", f"{SHORT[study.topic]} {table.name}")[:31]
            number = 1
            while name.casefold() in used:
                number += 1
                name = f"{name[:28]}~{number}"
            used.add(name.casefold())
            yield name, table


def _write_sheet(sheet: xlsxwriter.worksheet.Worksheet, table: StudyTable, bold: object) -> None:
    """One table below the warnings: title, headings, rows, note; blank is not zero."""
    sheet.write(2, 0, readable(f"{table.title.zh} / {table.title.en}"), bold)
    for column, name in enumerate(table.frame.columns):
        words = heading(table, str(name))
        said = words.zh if words.zh == words.en else f"{words.zh} / {words.en}"
        sheet.write(3, column, said, bold)
        for row, value in enumerate(table.frame[name].tolist(), start=4):
            if value is None or (isinstance(value, float) and value != value):
                continue
            known = isinstance(value, int | float | bool)
            sheet.write(row, column, value if known else cell_words(str(value)))
    if table.note:
        said = readable(f"{table.note.zh} / {table.note.en}")
        sheet.write(len(table.frame) + 5, 0, said)
    sheet.freeze_panes(4, 1)
    sheet.set_column(0, max(len(table.frame.columns) - 1, 0), 16)
