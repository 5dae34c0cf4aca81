"""Curated tables and raster stacks: what the readings accepted, in open formats.

Tables are GeoParquet (points where they have coordinates); rasters a Zarr 3 group. A raster
stack is written under the digest of its content and a small pointer file is then renamed into
place, so that a reader sees the old stack or the new one, never half of either.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geo.files import partial_name

if TYPE_CHECKING:
    import xarray as xr


def write_table(frame: pd.DataFrame, name: str, workspace: Path, belt_id: str, crs: str) -> Path:
    """Write one table to ``workspace/curated/<belt>/<name>.parquet``, whole or not at all.

    Parameters
    ----------
    frame
        Any curated table. Where it has easting_m and northing_m it becomes GeoParquet with a
        point for each row (with elevation_m as z).
    name, workspace, belt_id
        Where to write; ``name`` may contain folders (``deposit/collar``).
    crs
        CRS of the coordinates, or ``local`` (written without a CRS).
    """
    target = _folder(workspace, belt_id) / f"{name}.parquet"
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.{partial_name()}")
    if {"easting_m", "northing_m"} <= set(frame.columns):
        _geo(frame, crs).to_parquet(partial, index=False)
    else:
        frame.to_parquet(partial, index=False)
    partial.replace(target)
    return target


def read_table_back(name: str, workspace: Path, belt_id: str) -> pd.DataFrame:
    """Read a table that :func:`write_table` wrote (without its geometry)."""
    frame = pd.read_parquet(_folder(workspace, belt_id) / f"{name}.parquet")
    return frame.drop(columns="geometry", errors="ignore")


def write_rasters(
    dataset: xr.Dataset, workspace: Path, belt_id: str, name: str = "rasters"
) -> Path:
    """Write a stack of layers to ``workspace/curated/<belt>/<name>-<digest>.zarr``.

    The same content is not written again; stacks that the pointer no longer names are removed.
    ``name`` tells the belt's rasters from the maps of its surveys (``survey1``).
    """
    folder = _folder(workspace, belt_id)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{name}-{_digest(dataset)}.zarr"
    if not target.is_dir():
        partial = folder / f"{target.name}.{partial_name()}"
        shutil.rmtree(partial, ignore_errors=True)
        dataset.to_zarr(partial, mode="w", zarr_format=3, consolidated=False)
        partial.rename(target)
    pointer = folder / f"{name}.json.{partial_name()}"
    pointer.write_text(json.dumps({name: target.name}), "utf-8")
    pointer.replace(folder / f"{name}.json")
    for old in folder.glob(f"{name}-*.zarr"):
        if old != target:
            shutil.rmtree(old)
    return target


def read_rasters(workspace: Path, belt_id: str, name: str = "rasters") -> xr.Dataset | None:
    """Open a stack that :func:`write_rasters` wrote; None where none was curated."""
    import xarray as xr

    pointer = _folder(workspace, belt_id) / f"{name}.json"
    if not pointer.is_file():
        return None
    stack = json.loads(pointer.read_text("utf-8"))[name]
    return xr.open_zarr(pointer.parent / stack, consolidated=False, chunks=None).load()


def _folder(workspace: Path, belt_id: str) -> Path:
    """The belt's curated folder."""
    return workspace / "curated" / belt_id


def _geo(frame: pd.DataFrame, crs: str) -> Any:
    """A GeoDataFrame with a point for each row."""
    import geopandas

    from geo.crs import check_crs

    height = frame.get("elevation_m")
    points = geopandas.points_from_xy(frame["easting_m"], frame["northing_m"], height)
    return geopandas.GeoDataFrame(frame, geometry=points, crs=check_crs(crs))


def _digest(dataset: xr.Dataset) -> str:
    """Digest of names, attributes, coordinates and values."""
    sha = hashlib.sha256()
    for name in sorted(map(str, dataset.variables)):
        variable = dataset[name]
        sha.update(json.dumps([name, variable.attrs], sort_keys=True, default=str).encode())
        sha.update(np.ascontiguousarray(variable.values).tobytes())
    return sha.hexdigest()[:16]
