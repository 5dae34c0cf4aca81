"""Write cloud-optimised GeoTIFFs: the benches of a block model, and rasters of the belt's grid."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.formats.exports import (
    BlockSource,
    Provenance,
    block_sidecar,
    whole_file,
    write_sidecar,
)

TILE = 512


def write_benches(path: Path, blocks: BlockSource, name: str, provenance: Provenance) -> Path:
    """Write one field in plan: a band for each bench, from below, named by its middle's height."""
    spec = blocks.grid.spec
    bands = blocks.whole(name)[:, ::-1, :]
    heights = [f"{name}; elevation {z:g} m" for z in blocks.grid.centres_m(2)]
    corner = (spec.origin_m[0], spec.origin_m[1] + spec.block_m[1] * spec.shape[1])
    unit = next(one.unit for one in blocks.fields if one.name == name)
    write_bands(path, bands, heights, (corner, spec.block_m[:2]), unit, provenance)
    write_sidecar(path, block_sidecar(blocks, provenance))
    return path


def write_bands(
    path: Path,
    bands: NDArray[Any],
    names: Sequence[str],
    place: tuple[tuple[float, float], tuple[float, float]],
    unit: str,
    provenance: Provenance,
) -> None:
    """Write bands (n, rows from the north, columns) with NaN for no value.

    ``place``: the north-west corner, and the sizes of a cell (east, north), in the belt's CRS.
    """
    import rasterio
    from rasterio.transform import from_origin

    (west, north), (width, height) = place
    count, rows, columns = bands.shape
    crs = None if provenance.crs == "local" else provenance.crs
    numeric = np.dtype("float32" if bands.dtype == np.float32 else "float64")
    options: dict[str, Any] = {"compress": "DEFLATE", "predictor": "YES", "blocksize": TILE}
    with (
        whole_file(path) as partial,
        rasterio.open(
            partial, "w", driver="COG", width=columns, height=rows, count=count, crs=crs,
            dtype=numeric.name, nodata=np.nan, transform=from_origin(west, north, width, height),
            **options,
        ) as raster,
    ):  # fmt: skip
        raster.write(bands.astype(numeric, copy=False))
        raster.descriptions = tuple(names)
        raster.units = (unit,) * count
        note = json.dumps(provenance.as_json(), ensure_ascii=False)
        raster.update_tags(provenance=note, vertical_datum=provenance.vertical_datum)
