"""Export: block models, holes, composites, statements and rasters in other programs' formats."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from estimation.deposit import DepositData
from flows.belts import find_deposit
from flows.export_blocks import block_source
from flows.export_sources import (
    composite_layers,
    hole_layers,
    provenance_of,
    standing_result,
    statement_layer,
)
from flows.readings import read_as_of
from flows.runtime import Workspace
from geo.config import ConfigError
from geo.curated import read_rasters
from geo.findings import DataError
from geo.formats import (
    cog,
    columnar_write,
    dialects,
    gslib_write,
    omf1_write,
    omf2_write,
    packages,
    vtk,
    zarr_write,
)
from geo.formats.exports import BlockSource, Layer, Provenance

WHATS = ("blocks", "holes", "composites", "statement", "rasters")

FORMATS: dict[str, tuple[str, ...]] = {
    "omf": ("blocks", "holes", "composites"),
    "omf1": ("blocks", "holes", "composites"),
    "csv": ("blocks", "holes", "composites", "statement"),
    **{
        name: ("blocks",) * (name in packages.BLOCK_DIALECTS) + ("holes", "composites")
        for name in dialects.DIALECTS
        if name != "csv"
    },
    "gslib": ("blocks", "holes", "composites", "statement"),
    "vtk": ("blocks", "holes", "composites"),
    "gpkg": ("blocks", "holes", "composites", "statement"),
    "geoparquet": ("blocks", "holes", "composites", "statement"),
    "cog": ("blocks", "rasters"),
    "zarr": ("blocks",),
}
"""Format -> what it can hold."""

SUFFIXES = {
    "omf": ".omf",
    "omf1": ".omf",
    "gslib": ".dat",
    "vtk": ".vti",
    "gpkg": ".gpkg",
    "geoparquet": ".parquet",
    **dict.fromkeys(("csv", *packages.BLOCK_DIALECTS), ".csv"),
    "zarr": zarr_write.SUFFIX,
}
BLOCK_WRITERS: dict[str, Callable[[Path, BlockSource, Provenance], Path]] = {
    "omf": omf2_write.write_blocks,
    "omf1": omf1_write.write_blocks,
    "csv": dialects.write_blocks,
    "gslib": gslib_write.write_blocks,
    "vtk": vtk.write_blocks,
    "gpkg": columnar_write.write_geopackage_blocks,
    "geoparquet": columnar_write.write_geoparquet_blocks,
    **{
        name: partial(packages.write_blocks, dialect=dialect)
        for name, dialect in packages.BLOCK_DIALECTS.items()
    },
    "zarr": zarr_write.write_blocks,
}


@dataclass(frozen=True)
class Exported:
    """What was written, and how a block model's place reads in either convention."""

    files: tuple[Path, ...]
    corner_m: tuple[float, ...] | None = None
    """Lower south-west corner of the first block (Datamine, Micromine, PyGSLIB)."""
    centroid_m: tuple[float, ...] | None = None
    """Centre of the first block (GSLIB; Leapfrog's reference centroid)."""
    block_m: tuple[float, ...] | None = None
    counts: tuple[int, ...] | None = None


def export(
    deposit_id: str,
    form: str,
    what: str,
    vintage: date | None,
    folder: Path,
    configs: Path,
    workspace: Path,
) -> Exported:
    """Write one deposit's ``what`` in the format ``form`` into ``folder``; as :func:`export_of`.

    Raises
    ------
    ConfigError
        The format can't hold it, or there is no result of these data and this plan.
    DataError
        The drill-holes can't be used.
    """
    check_holds(form, what)
    belt, deposit, base = find_deposit(deposit_id, configs)
    house = Workspace(workspace)
    when = vintage or max(deposit.vintages)
    if when not in deposit.vintages:
        known = ", ".join(map(str, deposit.vintages))
        raise ConfigError(f"{deposit_id}: no vintage / 没有该基准日 {when} (known: {known})")
    data, findings = read_as_of(belt, deposit, base, when)
    if data is None:
        raise DataError(findings)
    return export_of(data, form, what, folder, house)


def check_holds(form: str, what: str) -> None:
    """Refuse what a format can't hold.

    Raises
    ------
    ConfigError
        It can't.
    """
    if what not in FORMATS.get(form, ()):
        able = ", ".join(name for name, whats in FORMATS.items() if what in whats)
        raise ConfigError(f"{form} can't hold {what} / 该格式不能存 {what}; able / 可用: {able}")


def export_of(data: DepositData, form: str, what: str, folder: Path, house: Workspace) -> Exported:
    """Write what was read of a deposit.

    Nothing is estimated: blocks and statements are those of the standing result.

    Raises
    ------
    ConfigError
        There is no result of these data and this plan.
    """
    stem = folder / f"{data.deposit.id}-{data.vintage}-{what}{_mark(form)}"
    if what == "rasters":
        return _write_rasters(stem, data, house)
    if what == "blocks":
        return _write_blocks(stem, form, data, house)
    return _write_tables(stem, form, what, data, house)


def _write_blocks(stem: Path, form: str, data: DepositData, house: Workspace) -> Exported:
    """Write the block model."""
    result = standing_result(data, house)
    blocks, about = block_source(data, result, house), provenance_of(data, result)
    if form == "cog":
        grades = [f.name for f in blocks.fields if f.name in data.plan.elements]
        files = [cog.write_benches(_named(stem, n, ".tif"), blocks, n, about) for n in grades]
    else:
        path = stem.with_name(stem.name + SUFFIXES[form])
        files = [BLOCK_WRITERS[form](path, blocks, about)]
    spec = blocks.grid.spec
    first = tuple(float(blocks.grid.centres_m(axis)[0]) for axis in range(3))
    return Exported(tuple(files), spec.origin_m, first, spec.block_m, spec.shape)


def _write_tables(
    stem: Path, form: str, what: str, data: DepositData, house: Workspace
) -> Exported:
    """Write holes, composites or the statement."""
    result = standing_result(data, house) if what == "statement" else None
    about = provenance_of(data, result)
    layers = {
        "holes": lambda: hole_layers(data.drillholes),
        "composites": lambda: composite_layers(data),
        "statement": lambda: [statement_layer(standing_result(data, house))],
    }[what]()
    return Exported(tuple(_layer_files(stem, form, layers, about)))


def _layer_files(stem: Path, form: str, layers: list[Layer], about: Provenance) -> Iterable[Path]:
    """Write tables: one file for all where the format can, else one for each."""
    if form in dialects.DIALECTS:
        return dialects.write_tables(stem, layers, dialects.DIALECTS[form], about)
    whole: dict[str, Any] = {
        "omf": omf2_write.write_layers,
        "omf1": omf1_write.write_layers,
        "gpkg": columnar_write.write_geopackage,
    }
    if form in whole:
        return [whole[form](stem.with_name(stem.name + SUFFIXES[form]), layers, about)]
    each: dict[str, tuple[Any, str]] = {
        "gslib": (gslib_write.write_layer, ".dat"),
        "vtk": (vtk.write_layer, ".vtp"),
        "geoparquet": (columnar_write.write_geoparquet, ".parquet"),
    }
    write, suffix = each[form]
    return [write(_named(stem, layer.name, suffix), layer, about) for layer in layers]


def _write_rasters(stem: Path, data: DepositData, house: Workspace) -> Exported:
    """Write every raster of the belt's grid, as curated by ``bornite ingest``."""
    belt, grid = data.belt, data.belt.map_grid
    stack = read_rasters(house.root, belt.id)
    if stack is None or grid is None:
        raise ConfigError(
            f"{belt.id}: no rasters on the belt's grid / 没有对齐的栅格; "
            f"run: bornite ingest {belt.id}"
        )
    about, files = provenance_of(data, None), []
    place = (grid.origin_m, (grid.cell_m, grid.cell_m))
    for name in stack.data_vars:
        layer = stack[name]
        if layer.dims != ("northing_m", "easting_m"):
            continue
        path = _named(stem, str(name), ".tif")
        unit = str(layer.attrs.get("units", ""))
        cog.write_bands(path, layer.to_numpy()[None], [str(name)], place, unit, about)
        files.append(path)
    return Exported(tuple(files))


def _mark(form: str) -> str:
    """What keeps a file apart from another form's of the same suffix: ``-leapfrog``, ``-omf1``."""
    return "-omf1" if form == "omf1" else form.removeprefix("csv") if form[:4] == "csv-" else ""


def _named(stem: Path, part: str, suffix: str) -> Path:
    """``<stem>-<part><suffix>``."""
    return stem.with_name(f"{stem.name}-{part}{suffix}")
