"""Polygons in plan from GeoPackage, shapefile, GeoJSON or DXF, in the belt's system."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from geo.crs import LOCAL, check_crs
from geo.findings import DataError
from geo.meshes.dxf import dxf_polygons
from geo.rules import finding

POLYGONS = (".gpkg", ".shp", ".geojson", ".json", ".kml", ".fgb", ".dxf")
"""Suffixes of files that polygons are read from."""


def read_polygon(path: Path, layer: str | None, crs: str) -> Any:
    """All polygons of a file (of one layer) together, as one shapely shape.

    Parameters
    ----------
    path, layer
        The file; a DXF's coordinates are taken as the belt's, for it states no system.
    crs
        The belt's system (``local``: coordinates are taken as they are).

    Raises
    ------
    DataError
        The file is absent (BN-TAB-001), or its system is a legacy datum.
    UnreadableError
        A DXF is damaged or too large.
    ValueError, OSError, RuntimeError
        It can't be read, has no coordinate system, holds no polygon, or one that crosses itself;
        the words say which.
    """
    import shapely

    if not path.is_file():
        raise DataError([finding("BN-TAB-001", file=path.name)])
    if path.suffix.casefold() == ".dxf":
        shape = shapely.union_all(dxf_polygons(path, layer))
    else:
        shape = _of_file(path, layer, crs)
    return usable_polygon(shape)


def usable_polygon(shape: Any) -> Any:
    """The shape itself, where it is one polygon or several that don't cross themselves.

    Raises
    ------
    ValueError
        It is something else; the words say what.
    """
    import shapely

    if shape is None or shape.is_empty or shape.geom_type not in ("Polygon", "MultiPolygon"):
        raise ValueError("no polygon / 没有多边形")
    if not shape.is_valid:
        raise ValueError(shapely.is_valid_reason(shape))
    return shape


def _of_file(path: Path, layer: str | None, crs: str) -> Any:
    """All polygons of a file that states its system, brought to the belt's."""
    import geopandas

    frame = geopandas.read_file(path, layer=layer)
    belt = check_crs(crs, file=path.name)
    if crs.strip().casefold() != LOCAL:
        if frame.crs is None:
            raise ValueError("no coordinate system / 没有坐标系")
        check_crs(frame.crs.to_wkt(), file=path.name)  # a legacy datum is refused
        frame = frame.to_crs(belt)
    return frame.geometry.union_all()
