"""Write a block model as Zarr (version 2, in one zip), as xarray reads it.

Arrays are (z, y, x), upwards, northwards, eastwards, with the centres as coordinates; names of
domains and classes are codes (0: none), listed in each array's attribute ``codes``.
"""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from geo.crs import known_crs
from geo.formats.exports import (
    BlockField,
    BlockSource,
    Provenance,
    block_sidecar,
    whole_file,
    write_sidecar,
)

SUFFIX = ".zarr.zip"
AXES = ("z", "y", "x")
WIDEST = 256
"""Blocks of a chunk along x and y, at most; along z a chunk is a tile."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""Time of every member, so that the same model gives the same bytes."""


def write_blocks(path: Path, blocks: BlockSource, provenance: Provenance) -> Path:
    """Write a block model slab by slab; ``xarray.open_zarr`` gives it back as a dataset."""
    about = block_sidecar(blocks, provenance)
    with whole_file(path) as partial, tempfile.TemporaryDirectory(dir=path.parent) as folder:
        group = zarr.open_group(folder, mode="w", zarr_format=2, attributes=_attributes(about))
        _write_centres(group, blocks)
        arrays = {one.name: _array(group, blocks, one) for one in blocks.fields}
        for benches, values in blocks.slabs():
            for one in blocks.fields:
                found = values[one.name]
                arrays[one.name][benches] = np.nan_to_num(found) if one.codes else found
        zarr.consolidate_metadata(group.store, zarr_format=2)
        _pack(Path(folder), partial)
    write_sidecar(path, about)
    return path


def _attributes(about: dict[str, Any]) -> dict[str, Any]:
    """Attributes of the whole: provenance, place, coordinate system."""
    kept = {name: value for name, value in about.items() if name not in ("fields", "rotation")}
    crs = known_crs(about["provenance"]["crs"])
    return {**kept, "crs_wkt": "" if crs is None else crs.to_wkt(), "Conventions": "CF-1.11"}


def _write_centres(group: zarr.Group, blocks: BlockSource) -> None:
    """The coordinates: centres along each axis, metres."""
    names = {"x": "projection_x_coordinate", "y": "projection_y_coordinate", "z": "altitude"}
    for axis, (name, standard) in enumerate(names.items()):
        centres = blocks.grid.centres_m(axis)
        attributes = {"_ARRAY_DIMENSIONS": [name], "units": "m", "standard_name": standard}
        made = group.create_array(
            name, shape=centres.shape, dtype="float64", fill_value=None, attributes=attributes
        )
        made[:] = centres


def _array(group: zarr.Group, blocks: BlockSource, one: BlockField) -> zarr.Array[Any]:
    """An empty array for one field."""
    shape = blocks.grid.array_shape
    chunks = (min(blocks.grid.spec.tile[2], shape[0]), *(min(WIDEST, n) for n in shape[1:]))
    attributes: dict[str, Any] = {"_ARRAY_DIMENSIONS": list(AXES), "units": one.unit or "1"}
    if one.codes:
        attributes["codes"] = {str(code): name for code, name in one.codes.items()}
    if one.meaning:
        attributes["long_name"] = one.meaning
    return group.create_array(
        one.name,
        shape=shape,
        chunks=chunks,
        dtype="int16" if one.codes else "float64",
        fill_value=None if one.codes else np.nan,
        attributes=attributes,
    )


def _pack(folder: Path, path: Path) -> None:
    """Put a folder's files into one zip: stored as they are, in order, without times."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted(one for one in folder.rglob("*") if one.is_file()):
            member = zipfile.ZipInfo(file.relative_to(folder).as_posix(), _EPOCH)
            archive.writestr(member, file.read_bytes())
