"""Ground and mined-out volumes of a deposit, measured on its grid."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from estimation.belts import Deposit
from estimation.domains.blocks import subcell_points
from estimation.domains.volumes import load_solid
from estimation.plan import GeometryFile
from estimation.statement.volumes import Ground, Inside, Stage, ground_from_collars
from geo.config import MinedGround
from geo.findings import DataError, Finding
from geo.grids import BlockGrid, Slices
from geo.meshes.solids import MeshBody, RasterBody, Solid
from geo.rules import finding

if TYPE_CHECKING:
    from estimation.deposit import DepositData

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

SUBCELLS = (4, 4, 4)
"""Points along east, north and up of each block that its share of mined solids is found by."""


def measure_ground(data: DepositData, previous: date | None) -> Ground:
    """Ground and mined-out volumes as of the vintage; ``previous``: the vintage before it.

    Raises
    ------
    DataError
        A surface or solid can't be used, or the terrain does not cover the grid.
    """
    return Ground(data.grid, _ground_surface(data), _stages(data), previous)


def open_mined(mined: MinedGround, base: Path, crs: str) -> Solid:
    """One mined-out volume, ready to be asked for elevations (a surface) or points (a solid).

    Raises
    ------
    DataError
        The file can't be used as what it is said to be.
    """
    file = GeometryFile(root=mined.root, path=mined.path, element=mined.element)
    surface = mined.kind == "surface"
    solid, _ = load_solid(file, "above" if surface else "inside", (None, None), base, crs)
    if not surface and not isinstance(solid.body, MeshBody):
        kind = "多边形 / a polygon"
        raise DataError([finding("BN-MSH-013", file=mined.path, side="solid", kind=kind)])
    return solid


def mined_findings(deposit: Deposit, base: Path, crs: str) -> tuple[Finding, ...]:
    """What is wrong with the mined-out volumes due by the last vintage; any of it refuses the
    deposit, since ground that is gone must not be counted."""
    found: list[Finding] = []
    for mined in deposit.mined:
        if mined.as_of <= max(deposit.vintages):
            try:
                open_mined(mined, base, crs)
            except DataError as error:
                found += error.findings
    return tuple(found)


def _stages(data: DepositData) -> tuple[Stage, ...]:
    """Every mined volume up to the vintage, each with all those before it."""
    done = sorted((m for m in data.deposit.mined if m.as_of <= data.vintage), key=lambda m: m.as_of)
    bodies = [open_mined(mined, data.base, data.belt.crs) for mined in done]
    solids = [body for mined, body in zip(done, bodies, strict=True) if mined.kind == "solid"]
    shares = _in_solids(data.grid, solids)
    surface: Floats | None = None
    inside: Inside | None = None
    stages = []
    for mined, body in zip(done, bodies, strict=True):
        if mined.kind == "surface":
            found = _heights(data.grid, body.body)  # type: ignore[arg-type]
            surface = found if surface is None else np.fmin(surface, found)
        else:
            inside = next(shares)
        rates = (mined.loss_rate, mined.dilution_rate)
        stages.append(Stage(mined.as_of, *rates, surface, inside))
    return tuple(stages)


def _heights(grid: BlockGrid, body: MeshBody | RasterBody) -> Floats:
    """Elevation of a surface at the grid's columns, shape (ny, nx); NaN beside it."""
    x, y = np.meshgrid(grid.centres_m(0), grid.centres_m(1))
    places = np.column_stack([x.ravel(), y.ravel(), np.zeros(x.size)])
    return np.asarray(body.elevation_m(places)).reshape(x.shape)


def _in_solids(grid: BlockGrid, solids: list[Solid]) -> Iterator[Inside]:
    """Share of blocks within the first solid, the first two, and so on, each ground once."""
    box = _box_around(grid, solids)
    inner = subcell_points(grid.spec.block_m, SUBCELLS)
    shape = [part.stop - part.start for part in box]
    held = np.zeros((*shape, len(inner)), bool)
    for solid in solids:
        for level in range(shape[0]):
            _take(grid, solid, (box, level, inner), held[level])
        yield Inside(box, held.mean(axis=-1))


def _take(grid: BlockGrid, solid: Solid, where: tuple[Slices, int, Floats], held: Bools) -> None:
    """Mark the points of one level of blocks that a solid holds, in place."""
    box, level, inner = where
    x, y = np.meshgrid(grid.centres_m(0)[box[2]], grid.centres_m(1)[box[1]])
    z = np.full(x.size, grid.centres_m(2)[box[0]][level])
    centres = np.column_stack([x.ravel(), y.ravel(), z])
    points = (centres[:, None] + inner).reshape(-1, 3)
    held |= solid.holds(points).reshape(held.shape)


def _box_around(grid: BlockGrid, solids: list[Solid]) -> Slices:
    """Blocks that the solids' boxes reach into; none where they lie beside the grid."""
    boxes = [box for solid in solids if (box := solid.box_m) is not None]
    if not boxes:
        return slice(0, 0), slice(0, 0), slice(0, 0)
    low, high = np.min([b[0] for b in boxes], axis=0), np.max([b[1] for b in boxes], axis=0)
    reach = []
    for axis in (2, 1, 0):
        origin, size = grid.spec.origin_m[axis], grid.spec.block_m[axis]
        count = grid.spec.shape[axis]
        first = int(np.clip(np.floor((low[axis] - origin) / size), 0, count))
        last = int(np.clip(np.ceil((high[axis] - origin) / size), first, count))
        reach.append(slice(first, last))
    return reach[0], reach[1], reach[2]


def _ground_surface(data: DepositData) -> Floats | None:
    """The ground as the configuration says where it is."""
    source = data.deposit.topography.source
    if source == "none":
        return None
    if source == "raster":
        path = data.ground_paths[0]
        surface = _heights(data.grid, RasterBody(path, data.belt.crs))
        missing = int(np.isnan(surface).sum())
        if missing:
            raise DataError([finding("BN-RAS-007", file=path.name, count=missing)])
        return surface
    collar = data.drillholes.collar
    return ground_from_collars(
        data.grid,
        collar["easting_m"].to_numpy(),
        collar["northing_m"].to_numpy(),
        collar["elevation_m"].to_numpy(),
    )
