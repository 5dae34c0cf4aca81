"""CSV as mining packages want it: drill-hole tables in their headings, block models by centres.

Numbers are written with the shortest digits that read back the same; a blank cell is a blank.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd
import pyarrow as pa
from pyarrow import csv

from geo.formats.exports import (
    BlockSource,
    Layer,
    Provenance,
    block_sidecar,
    layer_sidecar,
    layer_table,
    slab_table,
    whole_file,
    write_sidecar,
)

UNIT_MARKS = {"pct": "%", "ppm": "ppm", "gpt": "g/t", "ppb": "ppb"}
ELEMENT_TABLES = ("assay", "combined", "composites")

Encoding = Literal["utf-8", "utf-8-sig", "gb18030"]


@dataclass(frozen=True)
class Dialect:
    """One package's way of writing drill-hole tables."""

    name: str
    files: Mapping[str, str]
    """Table -> file name."""
    headings: Mapping[str, Mapping[str, str]]
    """Table -> column -> heading; ``""`` holds what all tables share."""
    dip_sign: Literal[1, -1]
    """-1 where a hole that goes down has a negative dip."""
    encoding: Encoding = "utf-8"
    elements: Literal["name", "upper", "marked"] = "upper"
    """``cu_pct``, ``CU_PCT`` or ``Cu(%)``."""
    northing_first: bool = False
    """Whether north stands before east."""

    def heading(self, table: str, column: str) -> str:
        """The heading of one column."""
        known = {**self.headings.get("", {}), **self.headings.get(table, {})}
        if column in known or self.elements == "name":
            return known.get(column, column)
        symbol, _, unit = column.rpartition("_")
        if self.elements == "marked" and table in ELEMENT_TABLES and unit in UNIT_MARKS:
            return f"{symbol.capitalize()}({UNIT_MARKS[unit]})"
        return column.upper() if self.elements == "upper" else column


def _files(*names: str) -> dict[str, str]:
    """File names of the tables in order."""
    return dict(zip(TABLES, names, strict=True))


TABLES = ("collar", "survey", "assay", "lithology", "density", "combined", "composites")
_PLAIN_FILES = _files(*(f"{table}.csv" for table in TABLES))
_CHINESE = {
    "": {"hole_id": "钻孔编号", "from_m": "从", "to_m": "至", "sample_id": "样号",
         "lithology": "岩性", "oxidation": "氧化程度", "domain": "矿体号", "length_m": "样长"},
    "collar": {"easting_m": "东坐标", "northing_m": "北坐标", "elevation_m": "孔口高程",
               "depth_m": "终孔深度"},
    "survey": {"depth_m": "测点深度", "azimuth_deg": "方位角", "dip_down_deg": "倾角"},
    "density": {"density_tpm3": "体重"},
    "composites": {"easting_m": "东坐标", "northing_m": "北坐标", "elevation_m": "高程"},
}  # fmt: skip
_CHINESE_FILES = _files(
    "孔口表.csv", "测斜表.csv", "样品表.csv", "岩性表.csv", "体重表.csv", "组合样表.csv",
    "等长组合样.csv",
)  # fmt: skip

DIALECTS = {
    "csv": Dialect("csv", _PLAIN_FILES, {}, 1, elements="name"),
    "csv-datamine": Dialect(
        "csv-datamine",
        _PLAIN_FILES,
        {
            "": {"hole_id": "BHID", "from_m": "FROM", "to_m": "TO", "sample_id": "SAMPLEID",
                 "length_m": "LENGTH"},
            "collar": {"easting_m": "XCOLLAR", "northing_m": "YCOLLAR", "elevation_m": "ZCOLLAR",
                       "depth_m": "LENGTH"},
            "survey": {"depth_m": "AT", "azimuth_deg": "BRG", "dip_down_deg": "DIP"},
            "density": {"density_tpm3": "DENSITY"},
            "composites": {"easting_m": "X", "northing_m": "Y", "elevation_m": "Z"},
        },
        1,
    ),
    "csv-leapfrog": Dialect(
        "csv-leapfrog",
        _PLAIN_FILES,
        {
            "": {"hole_id": "HoleID", "from_m": "From", "to_m": "To", "sample_id": "SampleID"},
            "collar": {"easting_m": "X", "northing_m": "Y", "elevation_m": "Z",
                       "depth_m": "MaxDepth"},
            "survey": {"depth_m": "Depth", "azimuth_deg": "Azimuth", "dip_down_deg": "Dip"},
            "density": {"density_tpm3": "Density"},
            "composites": {"easting_m": "X", "northing_m": "Y", "elevation_m": "Z"},
        },
        1,
        elements="name",
    ),
    "csv-micromine": Dialect(
        "csv-micromine",
        _PLAIN_FILES,
        {
            "": {"hole_id": "HOLE", "from_m": "FROM", "to_m": "TO", "sample_id": "SAMPLE"},
            "collar": {"easting_m": "EAST", "northing_m": "NORTH", "elevation_m": "RL",
                       "depth_m": "DEPTH"},
            "survey": {"depth_m": "DEPTH", "azimuth_deg": "AZIMUTH", "dip_down_deg": "DIP"},
            "density": {"density_tpm3": "DENSITY"},
            "composites": {"easting_m": "EAST", "northing_m": "NORTH", "elevation_m": "RL"},
        },
        -1,
    ),
    "csv-surpac": Dialect(
        "csv-surpac",
        _PLAIN_FILES,
        {
            "": {"from_m": "depth_from", "to_m": "depth_to", "sample_id": "samp_id",
                 "easting_m": "x", "northing_m": "y", "elevation_m": "z"},
            "collar": {"depth_m": "max_depth"},
            "survey": {"depth_m": "depth", "azimuth_deg": "azimuth", "dip_down_deg": "dip"},
            "density": {"density_tpm3": "density"},
        },
        -1,
        elements="name",
        northing_first=True,
    ),
    "csv-vulcan": Dialect(
        "csv-vulcan",
        _PLAIN_FILES,
        {
            "": {"hole_id": "HOLEID", "from_m": "FROM", "to_m": "TO", "sample_id": "SAMPLEID",
                 "easting_m": "EAST", "northing_m": "NORTH", "elevation_m": "RL"},
            "collar": {"depth_m": "DEPTH"},
            "survey": {"depth_m": "DEPTH", "azimuth_deg": "AZIMUTH", "dip_down_deg": "DIP"},
            "density": {"density_tpm3": "DENSITY"},
        },
        -1,
    ),
    "csv-chinese": Dialect(
        "csv-chinese", _CHINESE_FILES, _CHINESE, -1, encoding="utf-8-sig", elements="marked"
    ),
    "csv-gb18030": Dialect(
        "csv-gb18030", _CHINESE_FILES, _CHINESE, -1, encoding="gb18030", elements="marked"
    ),
}  # fmt: skip
"""Dip is positive down for Datamine (and for Leapfrog, told so on import), negative down for
Micromine, Surpac and Vulcan, and for 3DMine and DIMINE, whose four tables are the Chinese ones.
Surpac has north (``y``) before east (``x``)."""


def write_tables(
    folder: Path, layers: list[Layer], dialect: Dialect, provenance: Provenance
) -> list[Path]:
    """Write every table in a dialect, each with a side-car; returns the files."""
    written = []
    for layer in layers:
        frame = _ordered(_turned(layer.frame, dialect.dip_sign), dialect)
        names = {str(c): dialect.heading(layer.name, str(c)) for c in frame.columns}
        table = layer_table(Layer(layer.name, frame)).rename_columns(list(names.values()))
        path = folder / dialect.files.get(layer.name, f"{layer.name}.csv")
        data = table_text(table).encode(dialect.encoding)
        with whole_file(path) as partial:
            partial.write_bytes(data)
        about = layer_sidecar([Layer(layer.name, frame, units=layer.units)], provenance)
        dip = "positive down" if dialect.dip_sign == 1 else "negative down"
        how = {"dialect": dialect.name, "encoding": dialect.encoding, "dip": dip}
        write_sidecar(path, {**about, **how, "headings": names})
        written.append(path)
    return written


def write_blocks(path: Path, blocks: BlockSource, provenance: Provenance) -> Path:
    """Write a block model slab by slab: ``xc,yc,zc,xinc,yinc,zinc`` and every field."""
    with whole_file(path) as partial, pa.OSFile(str(partial), "wb") as sink:
        first = True
        for benches, values in blocks.slabs():
            table = slab_table(blocks, benches, values)
            csv.write_csv(table, sink, csv_options(table, header=first))
            first = False
    write_sidecar(path, block_sidecar(blocks, provenance))
    return path


def table_text(table: pa.Table) -> str:
    """A table as CSV: commas, points, LF; quotes only where a cell needs them."""
    sink = pa.BufferOutputStream()
    if not table.num_columns:
        return ""
    csv.write_csv(table, sink, csv_options(table, header=True))
    return str(sink.getvalue().to_pybytes().decode("utf-8"))


def csv_options(table: pa.Table, *, header: bool) -> csv.WriteOptions:
    """No quotes unless some text holds a separator, a quote or a line's end."""
    texts = [c for c in table.columns if pa.types.is_string(c.type)]
    names = pa.chunked_array([pa.array(table.column_names)])
    cells = any(_needs_quotes(column) for column in texts)
    heads = _needs_quotes(names)
    return csv.WriteOptions(
        include_header=header,
        quoting_style="needed" if cells else "none",
        quoting_header="needed" if heads else "none",
    )


def _needs_quotes(column: pa.ChunkedArray) -> bool:
    """Whether a text holds what CSV must quote, or spaces at its ends."""
    import pyarrow.compute as pc

    found = pc.match_substring_regex(column, r'[,"\r\n]|^\s|\s$')
    return bool(pc.any(found).as_py())


def _turned(frame: pd.DataFrame, sign: int) -> pd.DataFrame:
    """The table with its dips in the dialect's sign."""
    if sign == 1 or "dip_down_deg" not in frame:
        return frame
    return frame.assign(dip_down_deg=0.0 - frame["dip_down_deg"])


def _ordered(frame: pd.DataFrame, dialect: Dialect) -> pd.DataFrame:
    """The table with its coordinates in the dialect's order."""
    if not dialect.northing_first or not {"easting_m", "northing_m"} <= set(frame.columns):
        return frame
    swap = {"easting_m": "northing_m", "northing_m": "easting_m"}
    return frame[[swap.get(str(name), name) for name in frame.columns]]
