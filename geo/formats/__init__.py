"""Readers and writers of file formats, one a module; :func:`open_sheets` is the one door.

What a file is, its content decides (its first bytes), and its suffix only where content can't:
a workbook named ``.csv`` is read as a workbook.
"""

from __future__ import annotations

import importlib
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import cast

from geo.archives import DAMAGED_ZIP
from geo.tables.sheets import Sheet, UnreadableError

READERS: dict[str, str] = {
    "delimited": "geo.formats.delimited:read",
    "workbook": "geo.formats.workbook:read",
    "parquet": "geo.formats.columnar:read_parquet",
    "geopackage": "geo.formats.columnar:read_geopackage",
    "shapefile": "geo.formats.columnar:read_shapefile",
    "gslib": "geo.formats.gslib:read",
    "las": "geo.formats.las:read",
    "omf1": "geo.formats.omf1:read",
    "omf2": "geo.formats.omf2:read",
    "geoh5": "geo.formats.geoh5:read",
    "database": "geo.formats.database:read",
}
"""Kind -> ``module:function``; the function takes a path and gives the file's sheets."""

SIGNS: tuple[tuple[bytes, str], ...] = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "workbook"),
    (b"PAR1", "parquet"),
    (b"SQLite format 3\x00", "geopackage"),
    (b"\x89HDF\r\n\x1a\n", "geoh5"),
    (b"\x84\x83\x82\x81", "omf1"),
    (b"\x00\x00\x27\x0a", "shapefile"),
    (b"LASF", "las"),
    (b"# vtk DataFile", "vtk"),
    (b"<VTKFile", "vtk"),
    (b"<!DOCTYPE html", "web page"),
    (b"<html", "web page"),
    (b"<table", "web page"),
    (b"\x1f\x8b", "delimited"),
    (b"\xfd7zXZ\x00", "delimited"),
)
"""First bytes -> kind."""

SUFFIXES: dict[str, str] = {
    ".gslib": "gslib",
    ".geoeas": "gslib",
    ".eas": "gslib",
    ".las": "las",
    ".sql": "database",
    ".vtu": "vtk",
    ".vtp": "vtk",
    ".vtr": "vtk",
    ".vti": "vtk",
}
"""Suffix -> kind, for texts whose first bytes say nothing; everything else is delimited text."""

WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")

_LAS = re.compile(rb"\s*(#[^\n]*\n\s*)*~v", re.IGNORECASE)
_GSLIB = re.compile(rb"[^\n]*\n[ \t]*(\d{1,4})([ \t]+[\d.eE+-]+)*[ \t]*\r?\n")


def open_sheets(path: Path, sheet: str | None = None) -> list[Sheet]:
    """Read every sheet, layer or table of one file of any known format.

    Parameters
    ----------
    path, sheet
        The file, and the one sheet wanted (None: all).

    Raises
    ------
    UnreadableError
        The file is absent, damaged, too large, of a format that isn't read, or lacks the sheet.
    """
    if not path.is_file():
        raise UnreadableError("BN-TAB-001")
    kind = kind_of(path)
    if kind not in READERS:
        raise UnreadableError("BN-TAB-003", detail=f"{kind}: no table / 不是表格文件")
    module, _, function = READERS[kind].partition(":")
    read = cast(Callable[..., list[Sheet]], getattr(importlib.import_module(module), function))
    try:
        sheets = read(path)
    except OSError as error:
        raise UnreadableError("BN-TAB-003", detail=str(error.strerror or error)) from None
    if sheet is None:
        return sheets
    chosen = [one for one in sheets if one.name == sheet]
    if not chosen:
        raise UnreadableError("BN-TAB-004", found=", ".join(s.name or "-" for s in sheets))
    return chosen


def kind_of(path: Path) -> str:
    """Kind of a file (a key of :data:`READERS`, or a kind that no reader stands for).

    Raises
    ------
    UnreadableError
        The file can't be opened.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(4096)
    except OSError as error:
        raise UnreadableError("BN-TAB-003", detail=str(error.strerror or error)) from None
    if start.startswith(b"PK\x03\x04"):
        return _kind_of_archive(path)
    for sign, kind in SIGNS:
        if start.startswith(sign):
            return kind
    if start.startswith(b"<?xml") and b"<VTKFile" in start:
        return "vtk"
    if _LAS.match(start):
        return "las"
    suffix = path.suffix.casefold()
    if suffix in WORKBOOKS and (b"\0" in start or start.startswith(b"PK")):
        return "workbook"  # damaged, as its reader will tell; texts under these names are common
    return SUFFIXES.get(suffix) or ("gslib" if _is_gslib(start) else "delimited")


def _kind_of_archive(path: Path) -> str:
    """What a zip archive holds: a workbook, an OMF 2 project, or something else."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except DAMAGED_ZIP:
        detail = "damaged or not wholly transferred / 文件损坏或未传完"
        raise UnreadableError("BN-TAB-003", detail=detail) from None
    if "[Content_Types].xml" in names or "content.xml" in names:
        return "workbook"
    return "omf2" if "index.json.gz" in names or path.suffix.casefold() == ".omf" else "archive"


def _is_gslib(start: bytes) -> bool:
    """A GEO-EAS text: a title, the number of variables, their names, then rows of numbers."""
    found = _GSLIB.match(start)
    if not found or not 1 <= int(found.group(1)) <= 500:
        return False
    lines = start[found.end() :].splitlines()
    count = int(found.group(1))
    if len(lines) <= count:
        return False
    cells = lines[count].replace(b",", b" ").split()
    numbers = re.compile(rb"[+-]?(\d+(\.\d*)?|\.\d+)([eEdD][+-]?\d+)?")
    return len(cells) == count and all(map(numbers.fullmatch, cells))
