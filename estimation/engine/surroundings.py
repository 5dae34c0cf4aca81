"""What a plan names beside the drill-holes: volumes, drift rasters, surfaces to follow.

They are read once, before any tile, and go to the workers with the problem.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from estimation.errors import EstimationError
from estimation.plan import Choices, GeometryFile, Plan
from geo.config import RasterSource, digest, resolve_root
from geo.inbox import inside
from geo.rasters.surveys import surface_elevation

if TYPE_CHECKING:
    from estimation.deposit import DepositData

Floats = npt.NDArray[np.float64]

RasterValues = Callable[[Floats, Floats], Floats]
"""From east and north (n,) to values (n,), NaN where there is none."""


class Volumes(Protocol):
    """Volumes as ``estimation.domains.volumes`` loads them."""

    @property
    def digest(self) -> str:
        """SHA-256 of all that decides where they are."""


class Surface(Protocol):
    """A surface that axes follow."""

    @property
    def digest(self) -> str:
        """SHA-256 of its file."""

    def directions_at(self, xyz_m: Floats) -> tuple[Floats, Floats]:
        """Dip (0-90) and dip direction (0-360) of the nearest triangle, degrees, (n,) each."""


@dataclass(frozen=True)
class Surroundings:
    """Volumes, rasters and surfaces that a plan names, as they were read."""

    volumes: Volumes | None = None
    rasters: Mapping[str, RasterValues] = field(default_factory=dict)
    surfaces: Mapping[GeometryFile, Surface] = field(default_factory=dict)


def every_choice(plan: Plan) -> Iterator[tuple[str, Choices]]:
    """Each element's choices, then those of its domains, with where they stand in the plan."""
    for name, element in plan.elements.items():
        yield f"elements.{name}", element
        for domain, choices in element.by_domain.items():
            yield f"elements.{name}.by_domain.{domain}", choices


def drift_rasters(plan: Plan) -> tuple[str, ...]:
    """Rasters that the mean of some element follows, each once, in plan order."""
    named = [choices.drift.raster for _, choices in every_choice(plan) if choices.drift]
    return tuple(dict.fromkeys(named))


def check_rasters(plan: Plan, rasters: Mapping[str, RasterValues]) -> None:
    """A drift needs its raster.

    Raises
    ------
    EstimationError
        A plan follows a raster that the belt does not have.
    """
    for where, choices in every_choice(plan):
        if choices.drift and choices.drift.raster not in rasters:
            known = ", ".join(sorted(rasters)) or "none"
            raise EstimationError(
                f"{where}.drift: the belt has no raster {choices.drift.raster!r} (rasters: "
                f"{known}); add it under rasters of the belt, or take another method / "
                "外部漂移所用栅格不在成矿带配置中"
            )


@dataclass(frozen=True)
class RasterFile:
    """Values of a raster of the belt, bilinear between its cells."""

    path: Path
    crs: str
    source: RasterSource | None = None
    """What the belt says of it: band, variable, nodata, scale, system."""

    def __call__(self, east_m: Floats, north_m: Floats) -> Floats:
        """Values (n,) at east and north."""
        found = surface_elevation(self.path, self.crs, east_m, north_m, self.source)
        return np.asarray(found, np.float64)


@dataclass(frozen=True)
class SurfaceFile:
    """A mesh whose triangles give directions."""

    mesh: Any
    digest: str

    def directions_at(self, xyz_m: Floats) -> tuple[Floats, Floats]:
        """See :class:`Surface`."""
        from estimation.domains.orientation import directions_at

        return directions_at(self.mesh, xyz_m)


def load_surroundings(data: DepositData) -> Surroundings:
    """Read what a deposit's plan names.

    Raises
    ------
    EstimationError
        A raster is not the belt's.
    geo.findings.DataError
        A raster, a surface or all volumes can't be used; the findings say which and why.
    """
    from estimation.domains.volumes import volumes_of

    plan, wanted = data.plan, set(drift_rasters(data.plan))
    rasters: dict[str, RasterValues] = {
        r.name: RasterFile(resolve_root(r.root, data.base) / r.path, data.belt.crs, r)
        for r in data.belt.rasters
        if r.name in wanted
    }
    classes = [r.name for r in data.belt.rasters if r.name in rasters and r.categorical]
    if classes:
        raise EstimationError(
            f"{data.deposit.id}: drift raster {classes[0]!r} holds classes, whose codes have no "
            "mean; name a raster of numbers, or take classes as domains / "
            f"漂移栅格 {classes[0]} 为分类栅格，编码不能取平均；请改用数值栅格，或把类别作为矿化域"
        )
    check_rasters(plan, rasters)
    named = [c.local_orientation.surface for _, c in every_choice(plan) if c.local_orientation]
    surfaces = {file: surface_of(file, data.base) for file in dict.fromkeys(named)}
    return Surroundings(volumes_of(data), rasters, surfaces)


def surface_of(file: GeometryFile, base: Path) -> SurfaceFile:
    """One surface that axes follow."""
    from estimation.domains.volumes import file_stamp
    from geo.meshes.reading import read_mesh

    mesh, _ = read_mesh(inside(resolve_root(file.root, base), file.path), file.element)
    return SurfaceFile(mesh, digest([file_stamp(file, base), file.element]))
