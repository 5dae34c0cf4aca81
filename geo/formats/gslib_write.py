"""Write GSLIB / GEO-EAS: numbers only; names become codes, listed in the ``.json`` beside it.

A blank is -1e21, the bound at which GSLIB's programs take a value for missing. Numbers are written
so that reading gives the same bits. Blocks are in GSLIB's order (x fastest, then y, then z up);
their place is in the side-car and, as GSLIB's parameter lines want it, in the title.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv

from geo.formats.exports import (
    BlockSource,
    Floats,
    Layer,
    Provenance,
    axis_centres,
    block_sidecar,
    layer_sidecar,
    whole_file,
    write_sidecar,
)

MISSING = "-1e21"
MIDDLE = ("easting_mid", "northing_mid", "elevation_mid")
"""Columns of a row's place (never ``Y``, which is yttrium in a table of assays)."""


def write_blocks(path: Path, blocks: BlockSource, provenance: Provenance) -> Path:
    """Write a block model, a row a block: centre, then every field as a number."""
    spec = blocks.grid.spec
    lines = [
        f"{n} {blocks.grid.centres_m(axis)[0]!r} {spec.block_m[axis]!r}"
        for axis, n in enumerate(spec.shape)
    ]
    title = f"{provenance.note}; nx xmn xsiz {'; '.join(map(_plain, lines))}"
    names = ["xc", "yc", "zc", *(one.name for one in blocks.fields)]
    counts = " ".join(map(str, spec.shape))
    with whole_file(path) as partial, pa.OSFile(str(partial), "wb") as sink:
        sink.write(_header(title, f"{len(names)} {counts}", names))
        for benches, values in blocks.slabs():
            columns = [*axis_centres(blocks, benches)]
            columns += [values[one.name].ravel() for one in blocks.fields]
            _write_rows(sink, columns)
    write_sidecar(path, block_sidecar(blocks, provenance))
    return path


def write_layer(path: Path, layer: Layer, provenance: Provenance) -> Path:
    """Write one table: the middle of each row's place, then its columns; texts as codes."""
    columns, codes = _layer_columns(layer)
    with whole_file(path) as partial, pa.OSFile(str(partial), "wb") as sink:
        sink.write(_header(f"{layer.name}; {provenance.note}", str(len(columns)), list(columns)))
        _write_rows(sink, list(columns.values()))
    write_sidecar(path, {**layer_sidecar([layer], provenance), "codes": codes})
    return path


def _layer_columns(layer: Layer) -> tuple[dict[str, Floats], dict[str, Any]]:
    """Numbers of a layer by name, and the texts behind coded columns."""
    columns: dict[str, Floats] = {}
    codes: dict[str, Any] = {}
    if layer.points is not None:
        ends = layer.points if layer.ends is None else layer.ends
        middle = (layer.points + ends) / 2.0
        own = {"easting_m", "northing_m", "elevation_m"} <= set(layer.frame.columns)
        if not own:
            columns |= {name: middle[:, i] for i, name in enumerate(MIDDLE)}
    for name in layer.frame.columns:
        values = layer.frame[name]
        if values.dtype.kind in "fiu":
            columns[str(name)] = values.to_numpy(np.float64)
            continue
        numbers, texts = pd.factorize(values.astype("object"), use_na_sentinel=True)
        columns[str(name)] = np.where(numbers < 0, np.nan, numbers + 1.0)
        codes[str(name)] = {i + 1: str(text) for i, text in enumerate(texts)}
    return columns, codes


def _header(title: str, counts: str, names: Sequence[str]) -> bytes:
    """Title, counts and names, one line each."""
    lines = [_plain(title), counts, *map(_plain, names)]
    return ("\n".join(lines) + "\n").encode("utf-8")


def _plain(text: str) -> str:
    """A text on one line, without tabs."""
    return " ".join(text.split())


def _write_rows(sink: Any, columns: Sequence[Floats]) -> None:
    """Append rows of numbers, shortest digits that read back the same."""
    if not columns or not len(columns[0]):
        return
    named: Mapping[str, pa.Array] = {
        str(i): pa.array(np.ascontiguousarray(c), from_pandas=True) for i, c in enumerate(columns)
    }
    options = csv.WriteOptions(
        include_header=False, delimiter=" ", null_string=MISSING, quoting_style="none"
    )
    csv.write_csv(pa.table(named), sink, options)
