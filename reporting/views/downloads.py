"""What the downloads page says: each file's format, size and hash, each column's meaning."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import get_args
from urllib.parse import quote

from reporting.documents.plain import PlainTable
from reporting.facts.prepared import SOFTWARE
from reporting.report import SiteReport
from reporting.rounding import printed
from reporting.settings import ExportFormat, SiteSettings
from reporting.site.frame import named, same
from reporting.site.room import SiteFile
from reporting.units import Text


@dataclass(frozen=True)
class Format:
    """A file format: its name, and what opens it."""

    name: Text
    opened_by: Text


_TABLES = Text("Excel、WPS、LibreOffice", "Excel, WPS, LibreOffice")
_TEXTS = Text("Excel、WPS、任何文本编辑器", "Excel, WPS, any text editor")
FORMATS = {
    ".xlsx": Format(Text("Excel 工作簿", "Excel workbook"), _TABLES),
    ".csv": Format(Text("CSV（UTF-8）", "CSV (UTF-8)"), _TEXTS),
    ".pdf": Format(
        Text("PDF（A4，带标签 PDF/UA-1）", "PDF (A4, tagged, PDF/UA-1)"),
        Text("任何 PDF 阅读器", "any PDF reader"),
    ),
    "-omf1.omf": Format(
        Text("OMF 1", "OMF 1"),
        Text("支持 OMF 1 的矿业软件（如 Leapfrog）", "programs that read OMF 1 (such as Leapfrog)"),
    ),
    ".omf": Format(
        Text("OMF 2", "OMF 2"),
        Text(
            "支持 OMF 2 的软件（尚未用其他软件读回）",
            "programs that read OMF 2 (not yet read back by another program)",
        ),
    ),
    ".gpkg": Format(Text("GeoPackage", "GeoPackage"), Text("QGIS、ArcGIS", "QGIS, ArcGIS")),
    ".parquet": Format(
        Text("GeoParquet", "GeoParquet"),
        Text("QGIS、Python（geopandas）", "QGIS, Python (geopandas)"),
    ),
    ".vti": Format(Text("VTK", "VTK"), Text("ParaView", "ParaView")),
    ".vtp": Format(Text("VTK", "VTK"), Text("ParaView", "ParaView")),
    ".dat": Format(Text("GSLIB", "GSLIB"), Text("GSLIB、SGeMS", "GSLIB, SGeMS")),
    ".tif": Format(Text("GeoTIFF", "GeoTIFF"), Text("QGIS、ArcGIS", "QGIS, ArcGIS")),
    ".zip": Format(Text("Zarr（zip）", "Zarr (zip)"), Text("Python（xarray）", "Python (xarray)")),
}
"""By the end of a file's name; the first that fits."""
OTHER = Format(Text("文本", "text"), _TEXTS)
NOTES = ".json"
"""Suffix that a side-car's name adds to its file's."""
GROUPS = {
    "xlsx": Text("工作簿", "Workbooks"),
    "pdf": Text("供打印的文件", "Documents to print"),
    "csv": Text("数据表", "Tables"),
    SOFTWARE: Text("供其他软件使用", "For other programs"),
}


@dataclass(frozen=True)
class FileLine:
    """One file as the page lists it."""

    href: str
    name: str
    title: Text
    form: Format
    size: str
    sha256: str
    notes: str
    """Address of the side-car; empty where there is none."""


@dataclass(frozen=True)
class FileGroup:
    """Files of one kind under their heading."""

    key: str
    title: Text
    lines: tuple[FileLine, ...]


def file_groups(files: Iterable[SiteFile]) -> tuple[FileGroup, ...]:
    """The files by kind, in order; a side-car stands in the line of the file that it tells of."""
    found = {one.path: one for one in files}
    made: dict[str, list[FileLine]] = {key: [] for key in GROUPS}
    for path, one in found.items():
        if path.removesuffix(NOTES) in found and path.endswith(NOTES):
            continue
        exported = SOFTWARE in PurePosixPath(path).parts
        key = SOFTWARE if exported else _suffix(one).removeprefix(".")
        made[key].append(_line(one, f"{path}{NOTES}" if f"{path}{NOTES}" in found else ""))
    return tuple(FileGroup(key, GROUPS[key], tuple(lines)) for key, lines in made.items() if lines)


def missing_lines(report: SiteReport) -> tuple[tuple[Text, Text], ...]:
    """What could not be prepared, and why: a deposit's name or a file's."""
    names = {d.id: named(d.name) for belt in report.belts for d in belt.deposits}
    return tuple((names.get(key, same(key)), why) for key, why in report.not_prepared.items())


def export_commands(settings: SiteSettings) -> tuple[str, ...]:
    """Commands that write a block model in the formats that the page does not offer."""
    others = [one for one in get_args(ExportFormat) if one not in settings.downloads.formats]
    return tuple(f"bornite export DEPOSIT --format {one} --out export" for one in others)


def dictionary_lines(dictionary: PlainTable) -> tuple[tuple[str, str, Text, str], ...]:
    """(table, column, meaning, unit) of every column."""
    return tuple(
        (table, name, Text(zh, en), unit) for table, name, zh, en, unit, *_ in dictionary.rows
    )


def size_text(count: int) -> str:
    """A file's size in kB or MB, as people read it."""
    unit, scale = ("MB", "1e-6") if count >= 1_000_000 else ("kB", "1e-3")
    return f"{printed(count, 1, scale=scale)} {unit}"


def _suffix(file: SiteFile) -> str:
    return PurePosixPath(file.path).suffix


def _line(file: SiteFile, notes: str) -> FileLine:
    """One file as it is listed."""
    return FileLine(
        href=quote(file.path),
        name=PurePosixPath(file.path).name,
        title=file.title,
        form=next((form for end, form in FORMATS.items() if file.path.endswith(end)), OTHER),
        size=size_text(file.bytes),
        sha256=file.sha256,
        notes=quote(notes),
    )
