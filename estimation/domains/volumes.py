"""The volumes of a plan, read once: which domain holds a point, by the first volume that does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from estimation.plan.domains import DomainPlan, DomainVolume
from estimation.plan.terms import GeometryFile
from geo.config import digest, resolve_root
from geo.crs import LOCAL
from geo.files import sha256
from geo.findings import DataError, Finding
from geo.inbox import inside
from geo.meshes.solids import Side, Solid, open_solid
from geo.rules import finding

if TYPE_CHECKING:
    from estimation.deposit import DepositData

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class LoadedVolumes:
    """Volumes of a plan that can be asked for points; plain values, sent to workers as they are."""

    names: tuple[str, ...]
    """Domains in plan order; code 1 is the first."""
    volumes: tuple[DomainVolume, ...]
    """As the plan has them; those whose file can't be used are left out."""
    solids: tuple[Solid, ...]
    """Ground of each volume."""
    digest: str
    """SHA-256 of the files' bytes and of what the plan says of them."""
    findings: tuple[Finding, ...] = ()
    """What is wrong with volumes left out, and what is to be noted of the others."""

    def __len__(self) -> int:
        """How many volumes there are."""
        return len(self.solids)

    @property
    def codes(self) -> tuple[int, ...]:
        """Domain code of each volume."""
        return tuple(self.names.index(volume.domain) + 1 for volume in self.volumes)

    def inside(self, points_m: Floats) -> Ints:
        """Domain code of each point (n, 3): that of the first volume that holds it; 0 if none."""
        points = np.asarray(points_m, np.float64)
        code = np.zeros(len(points), np.int64)
        for number, solid in zip(self.codes, self.solids, strict=True):
            open_rows = np.flatnonzero(code == 0)
            code[open_rows[solid.holds(points[open_rows])]] = number
        return code

    @property
    def domains(self) -> tuple[str, ...]:
        """Domains that a volume decides, in plan order."""
        have = {volume.domain for volume in self.volumes}
        return tuple(name for name in self.names if name in have)


def load_volumes(domains: DomainPlan, base: Path, crs: str = LOCAL) -> LoadedVolumes:
    """Read the volumes of a plan.

    Parameters
    ----------
    domains, base
        The plan's domains, and the folder of the belt's file.
    crs
        The belt's system, to which polygons and rasters are brought; ``local`` takes their
        coordinates as they are.

    Returns
    -------
    LoadedVolumes
        A volume whose file can't be used is left out and its domain has no ground from it; the
        findings say why (BN-TAB-001, BN-MSH-001 to -015). The others go on.

    Raises
    ------
    DataError
        None of the volumes can be used.
    """
    kept: list[tuple[DomainVolume, Solid]] = []
    notes: list[Finding] = []
    stamps: list[object] = [crs]
    for volume in domains.volumes:
        # a file by its bytes, not by where it lies
        told_of = volume.model_dump(mode="json", exclude={"file": {"root", "path"}})
        stamps.append([told_of, file_stamp(volume.file, base)])
        levels = (volume.top_m, volume.bottom_m)
        try:
            solid, told = load_solid(volume.file, volume.side, levels, base, crs)
        except DataError as error:
            notes += error.findings
            continue
        kept.append((volume, solid))
        notes += told
    if domains.volumes and not kept:
        raise DataError(notes)
    volumes, solids = tuple(v for v, _ in kept), tuple(s for _, s in kept)
    return LoadedVolumes(domains.names, volumes, solids, digest(stamps), tuple(notes))


def load_solid(
    file: GeometryFile,
    side: Side,
    levels_m: tuple[float | None, float | None],
    base: Path,
    crs: str = LOCAL,
) -> tuple[Solid, tuple[Finding, ...]]:
    """Ground on one side of a configured file, cut at levels (top, bottom); and what is noted.

    Raises
    ------
    DataError
        As :func:`geo.meshes.solids.open_solid`; the findings name the file as configured.
    """
    try:
        path = inside(resolve_root(file.root, base), file.path)
        solid, notes = open_solid(path, file.element, side, levels_m, crs)
    except DataError as error:
        raise DataError(replace(found, file=file.path) for found in error.findings) from None
    return solid, tuple(replace(found, file=file.path) for found in notes)


def file_stamp(file: GeometryFile, base: Path) -> str:
    """SHA-256 of a geometry file's bytes; of a shapefile all its parts; "" where it is missing."""
    path = resolve_root(file.root, base) / file.path
    parts = [path]
    if path.suffix.casefold() == ".shp":
        parts += [p for end in (".shx", ".dbf", ".prj") if (p := path.with_suffix(end)).is_file()]
    return digest([sha256(part) for part in parts]) if path.is_file() else ""


def volumes_of(data: DepositData) -> LoadedVolumes | None:
    """Volumes of a deposit's plan, set apart where they lie nowhere near its holes; None if none.

    Raises
    ------
    DataError
        None of the volumes can be used.
    """
    if not data.plan.domains.volumes:
        return None
    loaded = load_volumes(data.plan.domains, data.base, data.belt.crs)
    collar = data.drillholes.collar
    points = collar[["easting_m", "northing_m", "elevation_m"]].to_numpy(dtype=float)
    return near_holes(loaded, points, float(collar["depth_m"].max()) if len(collar) else 0.0)


def near_holes(loaded: LoadedVolumes, collars_m: Floats, depth_m: float) -> LoadedVolumes:
    """Volumes without those that lie nowhere near the holes: they are in another system.

    Near: the boxes of volume and holes (down to the deepest) overlap in all three directions,
    once that of the holes is widened on every side by its own longest side.

    Raises
    ------
    DataError
        No volume is left (BN-MSH-007).
    """
    if not len(collars_m):
        return loaded
    low, high = collars_m.min(axis=0), collars_m.max(axis=0)
    low = low - np.array([0.0, 0.0, depth_m])
    wide = float((high - low).max())
    near, far = [], []
    for volume, solid in zip(loaded.volumes, loaded.solids, strict=True):
        box = solid.box_m
        if box is None or _meet(box, (low - wide, high + wide)):
            near.append((volume, solid))
            continue
        words: dict[str, Any] = {"box": _words(*box), "samples": _words(low, high)}
        words["element"] = volume.file.element or volume.domain
        far.append(finding("BN-MSH-007", file=volume.file.path, **words))
    findings = (*loaded.findings, *far)
    if far and not near:
        raise DataError(findings)
    volumes, solids = tuple(v for v, _ in near), tuple(s for _, s in near)
    return replace(loaded, volumes=volumes, solids=solids, findings=findings)


def _meet(one: Sequence[Floats], other: Sequence[Floats]) -> bool:
    """Whether two boxes overlap."""
    return bool(np.all(one[0] <= other[1]) and np.all(other[0] <= one[1]))


def _words(low: Floats, high: Floats) -> str:
    """A box as people read it."""
    axes = zip("ENZ", low, high, strict=True)
    return ", ".join(f"{axis} {a:.0f}..{b:.0f}" for axis, a, b in axes)
