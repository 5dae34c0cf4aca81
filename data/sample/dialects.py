"""Writers of one and the same drill-hole tables in four dialects.

``render`` turns canonical tables into sheets of text cells under canonical column names;
``save`` writes them. Between the two, ``defects.plant`` may spoil some cells. ``sources`` gives
the configuration block with which the project reads what was written.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook
from specs import DECIMALS

Tables = dict[str, pd.DataFrame]

TABLES = ("collar", "survey", "assay", "lithology", "density", "combined")

PLACES = {
    "easting_m": 2,
    "northing_m": 2,
    "elevation_m": 2,
    "depth_m": 1,
    "azimuth_deg": 1,
    "dip_down_deg": 1,
    "from_m": 2,
    "to_m": 2,
    "density_tpm3": 2,
    **DECIMALS,
}
"""Decimals of every number as written, in the canonical unit."""

TEXTS_ZH = {
    "oxide": "氧化矿",
    "sulphide": "硫化矿",
    "BX": "隐爆角砾岩",
    "PP": "二长花岗斑岩",
    "WR": "花岗闪长岩",
}
"""Logged words of the Chinese dialects; the others write the canonical codes."""


@dataclass(frozen=True)
class Dialect:
    """How one dialect names, orders and writes its tables."""

    name: str
    files: dict[str, str]
    """File of each table, with ``{year}`` where one file holds a whole campaign."""
    sheets: dict[str, str]
    headers: dict[str, dict[str, str]]
    """By table: canonical column -> header as written, in order."""
    encoding: str
    dip: str
    x_is: str = "east"
    prefixed: bool = False
    chinese: bool = False
    unit_rows: dict[str, str] | None = None
    """Units under the header by canonical column (workbooks)."""
    mo_in_ppm: bool = False


@dataclass
class Sheet:
    """One table of one file as text cells; ``frame`` has canonical column names."""

    path: str
    sheet: str | None
    table: str
    as_of: date
    frame: pd.DataFrame
    dialect: Dialect

    @property
    def first_row(self) -> int:
        """Row of the first data line, as a spreadsheet counts (the header is row 1)."""
        return 3 if self.dialect.unit_rows else 2

    def header(self, column: str) -> str:
        """The header under which a canonical column is written."""
        return self.dialect.headers[self.table][column]


def _headers(hole: str, **tables: str) -> dict[str, dict[str, str]]:
    """Headers from compact lines such as ``from_m=自 to_m=至``, the hole's column first."""
    return {
        table: {"hole_id": hole, **dict(pair.split("=") for pair in line.split("|"))}
        for table, line in tables.items()
    }


CHINESE_TABLES = Dialect(
    name="chinese_tables",
    files={
        "collar": "孔口.csv",
        "survey": "测斜.csv",
        "assay": "样品.csv",
        "lithology": "岩性.csv",
        "density": "小体重.csv",
        "combined": "组合样.csv",
    },
    sheets={},
    headers=_headers(
        "孔号",
        collar="northing_m=X|easting_m=Y|elevation_m=H|depth_m=终孔深度",
        survey="depth_m=测斜深度|azimuth_deg=方位角|dip_down_deg=倾角",
        assay="sample_id=样号|from_m=自|to_m=至|cu_pct=Cu(%)|mo_pct=Mo(%)|au_gpt=Au(g/t)|ag_gpt=Ag(g/t)",
        lithology="from_m=自|to_m=至|lithology=岩性|oxidation=矿石类型",
        density="from_m=自|to_m=至|density_tpm3=小体重(t/m³)",
        combined="sample_id=样号|from_m=自|to_m=至|au_gpt=Au(10-6)|ag_gpt=Ag(10-6)|re_ppm=Re(10-6)",
    ),
    encoding="gb18030",
    dip="negative_down",
    x_is="north",
    prefixed=True,
    chinese=True,
)

EXCEL_WORKBOOK = Dialect(
    name="excel_workbook",
    files=dict.fromkeys(TABLES, "drilling_{year}.xlsx"),
    sheets={
        "collar": "钻孔定位",
        "survey": "测斜",
        "assay": "化验",
        "lithology": "地质编录",
        "density": "体重",
        "combined": "组合分析",
    },
    headers=_headers(
        "工程号",
        collar="easting_m=东坐标|northing_m=北坐标|elevation_m=孔口标高|depth_m=孔深",
        survey="depth_m=测点深度|azimuth_deg=方位角|dip_down_deg=顶角",
        assay="sample_id=样品编号|from_m=从|to_m=到|cu_pct=Cu|mo_pct=Mo|au_gpt=Au|ag_gpt=Ag",
        lithology="from_m=从|to_m=到|lithology=岩性|oxidation=矿石类型",
        density="from_m=从|to_m=到|density_tpm3=体重",
        combined="sample_id=样品编号|from_m=从|to_m=到|au_gpt=Au|ag_gpt=Ag|re_ppm=Re",
    ),
    encoding="",
    dip="zenith",
    chinese=True,
    unit_rows={
        **dict.fromkeys(
            ("easting_m", "northing_m", "elevation_m", "depth_m", "from_m", "to_m"), "m"
        ),
        "azimuth_deg": "°",
        "dip_down_deg": "°",
        "cu_pct": "%",
        "mo_pct": "%",
        "au_gpt": "g/t",
        "ag_gpt": "g/t",
        "re_ppm": "10-6",
        "density_tpm3": "t/m3",
    },
)

LEAPFROG_CSV = Dialect(
    name="leapfrog_csv",
    files={table: f"{table}.csv" for table in TABLES},
    sheets={},
    headers=_headers(
        "ID",
        collar="easting_m=X|northing_m=Y|elevation_m=Z|depth_m=max depth",
        survey="depth_m=depth|dip_down_deg=dip|azimuth_deg=azimuth",
        assay="from_m=from|to_m=to|sample_id=sample|cu_pct=Cu_pct|mo_pct=Mo_pct|au_gpt=Au_gpt|ag_gpt=Ag_gpt",
        lithology="from_m=from|to_m=to|lithology=lithology|oxidation=oxidation",
        density="from_m=from|to_m=to|density_tpm3=density",
        combined="from_m=from|to_m=to|sample_id=sample|au_gpt=Au_ppm|ag_gpt=Ag_ppm|re_ppm=Re_ppm",
    ),
    encoding="utf-8-sig",
    dip="negative_down",
)

DATAMINE_CSV = Dialect(
    name="datamine_csv",
    files={table: f"dh_{table}.csv" for table in TABLES},
    sheets={},
    headers=_headers(
        "BHID",
        collar="easting_m=XCOLLAR|northing_m=YCOLLAR|elevation_m=ZCOLLAR|depth_m=LENGTH",
        survey="depth_m=AT|azimuth_deg=BRG|dip_down_deg=DIP",
        assay="from_m=FROM|to_m=TO|sample_id=SAMPLEID|cu_pct=CU_PCT|mo_pct=MO_PPM|au_gpt=AU_GPT|ag_gpt=AG_GPT",
        lithology="from_m=FROM|to_m=TO|lithology=LITH|oxidation=OXID",
        density="from_m=FROM|to_m=TO|density_tpm3=DENSITY",
        combined="from_m=FROM|to_m=TO|sample_id=SAMPLEID|au_gpt=AU_GPT|ag_gpt=AG_GPT|re_ppm=RE_PPM",
    ),
    encoding="utf-8",
    dip="positive_down",
    mo_in_ppm=True,
)

DIALECTS = {d.name: d for d in (CHINESE_TABLES, EXCEL_WORKBOOK, LEAPFROG_CSV, DATAMINE_CSV)}


def render(dialect: Dialect, tables: Tables, zone: int) -> list[Sheet]:
    """Canonical tables (with ``as_of``) as sheets of text, one set for each campaign."""
    sheets = []
    for day in sorted(set(tables["collar"]["as_of"])):
        for table in TABLES:
            if table not in tables:
                continue
            part = tables[table][tables[table]["as_of"] == day]
            if part.empty:
                continue
            wanted = [c for c in dialect.headers[table] if c in part]
            cells = {c: _cells(dialect, c, part[c], zone) for c in wanted}
            path = f"{day.year}/" + dialect.files[table].format(year=day.year)
            sheet = dialect.sheets.get(table)
            frame = pd.DataFrame(cells, dtype=object).reset_index(drop=True)
            sheets.append(Sheet(path, sheet, table, day, frame, dialect))
    return sheets


def _cells(dialect: Dialect, column: str, values: pd.Series, zone: int) -> list[str]:
    """One column as the dialect prints it; a missing number is an empty cell."""
    if column not in PLACES:
        return [TEXTS_ZH.get(v, v) if dialect.chinese else v for v in values]
    places, scale, shift = PLACES[column], 1.0, 0.0
    if column == "dip_down_deg" and dialect.dip == "negative_down":
        scale = -1.0
    if column == "dip_down_deg" and dialect.dip == "zenith":
        scale, shift = -1.0, 90.0
    if column == "mo_pct" and dialect.mo_in_ppm:
        scale, places = 1e4, 0
    if column == "easting_m" and dialect.prefixed:
        shift = zone * 1e6
    return ["" if pd.isna(v) else f"{v * scale + shift + 0.0:.{places}f}" for v in values]


def save(sheets: list[Sheet], folder: Path) -> None:
    """Write the sheets below ``folder``; the same sheets always give the same bytes."""
    books: dict[str, list[Sheet]] = {}
    for sheet in sheets:
        if sheet.dialect.unit_rows:
            books.setdefault(sheet.path, []).append(sheet)
            continue
        target = folder / sheet.path
        target.parent.mkdir(parents=True, exist_ok=True)
        named = sheet.frame.rename(columns=sheet.dialect.headers[sheet.table])
        text = named.to_csv(index=False, lineterminator="\n")
        target.write_bytes(text.encode(sheet.dialect.encoding))
    for path, parts in books.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_workbook(parts))


def _workbook(parts: list[Sheet]) -> bytes:
    """One campaign's workbook: a notice, then a sheet for each table with a units row."""
    book = Workbook()
    note = book.active
    note.title = "说明"
    note.append(["合成数据 SYNTHETIC DATA: 不代表任何真实矿床 / represents no real deposit"])
    for part in parts:
        page = book.create_sheet(part.sheet)
        headers = part.dialect.headers[part.table]
        page.append([headers[c] for c in part.frame.columns])
        page.append([(part.dialect.unit_rows or {}).get(c) for c in part.frame.columns])
        for row in part.frame.itertuples(index=False):
            page.append([_excel_value(c, v) for c, v in zip(part.frame.columns, row, strict=True)])
    raw = BytesIO()
    book.save(raw)
    return _without_clock(raw.getvalue())


def _excel_value(column: str, text: str) -> str | float | None:
    """A cell's value: numbers as numbers, marks such as ``<0.01`` as text, blanks as nothing."""
    if text == "":
        return None
    if column in PLACES and re.fullmatch(r"-?\d+(\.\d+)?", text):
        return float(text)
    return text


def _without_clock(raw: bytes) -> bytes:
    """The workbook's bytes with every time of writing set to one fixed moment."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(raw)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "docProps/core.xml":
                data = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2026-10-31T00:00:00Z", data)
            entry = zipfile.ZipInfo(name, (2026, 10, 31, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, data)
    return out.getvalue()


def sources(dialect: Dialect, sheets: list[Sheet], root: str, zone: int) -> dict[str, Any]:
    """The ``drillholes`` block (plain data) that reads ``sheets`` saved under ``root``."""
    campaigns = [
        {
            "as_of": day,
            "files": [
                {"path": s.path, "table": s.table, **({"sheet": s.sheet} if s.sheet else {})}
                for s in sheets
                if s.as_of == day
            ],
        }
        for day in sorted({s.as_of for s in sheets})
    ]
    return {
        "root": root,
        "campaigns": campaigns,
        "conventions": {
            "x_is": dialect.x_is,
            "zone_prefix": zone if dialect.prefixed else None,
            "coordinate_unit": "m",
            "depth_unit": "m",
            "dip": dialect.dip,
            "below_detection": "half_limit",
            "no_survey_deeper_than_m": 5000.0,
            "zero_is": "zero",
            "not_assayed": ["-", "N.D."],
        },
    }
