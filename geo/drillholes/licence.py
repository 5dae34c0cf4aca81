"""The licence's boundary (矿权范围): a polygon that collars are compared with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import model_validator

from geo.config import StrictModel, resolve_root
from geo.crs import LOCAL, check_crs
from geo.findings import DataError, Finding
from geo.inbox import inside
from geo.rules import finding


class Licence(StrictModel):
    """Exploration or mining licence of a deposit: collars outside it are told, far ones refused.

    Exactly one of ``path`` and ``wkt`` is named.
    """

    root: str = "."
    """Folder of ``path``, relative to the belt's file."""
    path: str | None = None
    """GeoPackage, GeoJSON or shapefile with its coordinate system; all its polygons together."""
    layer: str | None = None
    wkt: str | None = None
    """Polygon in the belt's coordinate system."""
    citation: str
    """Number of the licence, or who gave the boundary."""

    @model_validator(mode="after")
    def _one_way(self) -> Licence:
        if (self.path is None) == (self.wkt is None):
            raise ValueError("give either path or wkt")
        return self


def licence_boundary(
    licence: Licence | None, crs: str, base: Path
) -> tuple[Any, tuple[Finding, ...]]:
    """The licence as one shapely polygon (or several) in the belt's system.

    Parameters
    ----------
    licence, crs, base
        The configuration, the belt's system (``local``: the file's coordinates are taken as they
        are), and the folder of the belt's file.

    Returns
    -------
    polygon, findings
        None, and why, where there is none or it can't be used (BN-TAB-001, BN-INB-004,
        BN-COL-028).
    """
    import shapely

    if licence is None:
        return None, ()
    name = licence.path or "licence"
    try:
        shape = _of_file(licence, crs, base) if licence.path else shapely.from_wkt(licence.wkt)
    except DataError as error:
        return None, tuple(replace(found, file=name) for found in error.findings)
    except (shapely.errors.ShapelyError, ValueError, OSError, RuntimeError) as error:
        return None, (_unusable(name, str(error)[:160]),)
    if shape is None or shape.is_empty or shape.geom_type not in ("Polygon", "MultiPolygon"):
        return None, (_unusable(name, "no polygon / 没有多边形"),)
    if not shape.is_valid:
        return None, (_unusable(name, shapely.is_valid_reason(shape)),)
    return shape, ()


def _of_file(licence: Licence, crs: str, base: Path) -> Any:
    """All polygons of a file, brought to the belt's system."""
    import geopandas

    path = inside(resolve_root(licence.root, base), str(licence.path))
    if not path.is_file():
        raise DataError([finding("BN-TAB-001", file=str(licence.path))])
    frame = geopandas.read_file(path, layer=licence.layer)
    belt = check_crs(crs, file=str(licence.path))
    if crs.strip().casefold() != LOCAL:
        if frame.crs is None:
            raise ValueError("no coordinate system / 没有坐标系")
        check_crs(frame.crs.to_wkt(), file=str(licence.path))  # a legacy datum is refused
        frame = frame.to_crs(belt)
    return frame.geometry.union_all()


def _unusable(name: str, detail: str) -> Finding:
    """A boundary that can't be used."""
    return finding("BN-COL-028", file=name, detail=detail)
