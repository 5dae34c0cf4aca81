"""The licence's boundary (矿权范围): a polygon that collars are compared with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import model_validator

from geo.config import StrictModel, resolve_root
from geo.findings import DataError, Finding
from geo.inbox import inside
from geo.meshes.polygons import read_polygon, usable_polygon
from geo.rules import finding
from geo.tables.sheets import UnreadableError


class Licence(StrictModel):
    """Exploration or mining licence of a deposit: collars outside it are told, far ones refused.

    Exactly one of ``path`` and ``wkt`` is named.
    """

    root: str = "."
    """Folder of ``path``, relative to the belt's file."""
    path: str | None = None
    """GeoPackage, GeoJSON or shapefile with its coordinate system, or closed polylines of a DXF in
    the belt's; all its polygons together."""
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
        if not licence.path:
            return usable_polygon(shapely.from_wkt(licence.wkt)), ()
        path = inside(resolve_root(licence.root, base), licence.path)
        return read_polygon(path, licence.layer, crs), ()
    except DataError as error:
        return None, tuple(replace(found, file=name) for found in error.findings)
    except UnreadableError as error:
        return None, (finding(error.code, file=name, **error.words),)
    except (shapely.errors.ShapelyError, ValueError, OSError, RuntimeError) as error:
        return None, (_unusable(name, str(error)[:160]),)


def _unusable(name: str, detail: str) -> Finding:
    """A boundary that can't be used."""
    return finding("BN-COL-028", file=name, detail=detail)
