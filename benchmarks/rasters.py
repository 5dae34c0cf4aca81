"""A raster of 1.0 GB onto a belt's grid, in a process of its own: time and peak memory.

python -m benchmarks.rasters
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.measure import ROOT, environment_of, peak_mib

SIDE = 16384
"""Cells of a side; float32: 1.07e9 bytes."""
CELL_M = 10.0
WEST, NORTH = 400_000.0, 3_400_000.0
SOURCE_CRS, BELT_CRS = "EPSG:4549", "EPSG:4548"
LIMIT_MIB = 1.5e9 / 2**20


def write(path: Path) -> None:
    """Write the raster, tiled, in windows: a plane in its own coordinates with a ripple."""
    import rasterio
    from rasterio.transform import from_origin
    from rasterio.windows import Window

    place = {"crs": SOURCE_CRS, "transform": from_origin(WEST, NORTH, CELL_M, CELL_M)}
    layout = {"tiled": True, "blockxsize": 512, "blockysize": 512, "nodata": -9999.0}
    size = {"driver": "GTiff", "width": SIDE, "height": SIDE, "count": 1, "dtype": "float32"}
    across = np.arange(SIDE, dtype="float32") * 1e-2
    with rasterio.open(path, "w", **size, **place, **layout) as raster:
        for first in range(0, SIDE, 512):
            down = np.arange(first, first + 512, dtype="float32")[:, None] * 2e-2
            raster.write(across + down + np.sin(down), 1, window=Window(0, first, SIDE, 512))


def align(path: Path) -> dict[str, object]:
    """Align it here and say what that cost."""
    from geo.config import MapGrid, Names, RasterSource
    from geo.rasters.surveys import align_rasters

    source = RasterSource(
        name="large",
        root=str(path.parent),
        path=path.name,
        quantity=Names(zh="大栅格", en="large raster"),
        unit="m",
        resampling="average",
    )
    # The source is in the next zone: this corner is inside it.
    grid = MapGrid(origin_m=(700_000.0, 3_400_000.0), cell_m=250.0, shape=(600, 600))
    began = time.perf_counter()
    dataset, findings, _ = align_rasters([source], BELT_CRS, grid, path.parent)
    layer = dataset["large"]
    return {
        "bytes": path.stat().st_size,
        "seconds": round(time.perf_counter() - began, 1),
        "peak_mib": round(peak_mib(), 1),
        "cells_with_values": int(layer.notnull().sum()),
        "findings": sorted({f.code for f in findings}),
    }


def measure() -> dict[str, object]:
    """Write the raster, align it in a fresh process, and return what that cost."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        path = Path(folder) / "large.tif"
        write(path)
        command = [sys.executable, "-m", "benchmarks.rasters", str(path)]
        done = subprocess.run(
            command, env=environment_of(), cwd=ROOT, capture_output=True, check=True, text=True
        )
        return json.loads(done.stdout)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(align(Path(sys.argv[1]))))
    else:
        cost = measure()
        print(json.dumps(cost, indent=2))
        sys.exit(float(str(cost["peak_mib"])) >= LIMIT_MIB)
