"""Ground that a plan names by a file: pit shells, stopes, licences, polygons of overrides."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from estimation.domains.volumes import load_solid
from estimation.plan import Constraint, GeometryFile, Plan
from geo.findings import DataError
from geo.meshes.solids import Side, Solid

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

Levels = tuple[float | None, float | None]

WITHIN = ("pit_shell", "stope")
"""Kinds that ground must lie in, any one of them, to be mined with reasonable prospects."""


def open_ground(
    file: GeometryFile, levels_m: Levels, base: Path | None, crs: str, side: Side = "inside"
) -> Solid:
    """A polygon's prism or a closed mesh (or one side of a surface), ready to be asked for points.

    Raises
    ------
    DataError
        The file can't be used as this ground; the findings say why and what mends it.
    """
    return load_solid(file, side, levels_m, base or Path(), crs)[0]


@dataclass(frozen=True)
class Prospects:
    """Constraints of a statement: which points each holds, and what follows for the resource."""

    constraints: tuple[Constraint, ...] = ()
    solids: tuple[Solid, ...] = ()

    def states(self, points_m: Floats) -> Ints:
        """One number for each point (n, 3): bit k is set where constraint k holds it."""
        states = np.zeros(len(points_m), np.int64)
        for number, solid in enumerate(self.solids):
            states |= solid.holds(points_m).astype(np.int64) << number
        return states

    def holds(self, state: int, number: int) -> bool:
        """Whether ground of a state lies in one constraint."""
        return bool(state >> number & 1)

    def reasonable(self, state: int) -> bool:
        """Reasonable prospects of ground of a state (JORC Code 2012 clause 20; 压覆 rules).

        In some pit shell or stope, if any is given; in some licence, if any is given; and not
        sterilized.
        """
        kinds = {c.kind for c in self.constraints}
        held = {c.kind for n, c in enumerate(self.constraints) if self.holds(state, n)}
        minable = not kinds & set(WITHIN) or bool(held & set(WITHIN))
        licensed = "licence" not in kinds or "licence" in held
        return minable and licensed and "sterilized" not in held


def open_prospects(plan: Plan, base: Path | None, crs: str) -> Prospects:
    """The constraints of a plan with their files opened.

    A pit shell may be a closed solid or an open surface: what lies above the surface is inside.

    Raises
    ------
    DataError
        A file can't be used.
    """
    solids = []
    for constraint in plan.statement.constraints:
        levels = (constraint.top_m, constraint.bottom_m)
        try:
            solids.append(open_ground(constraint.file, levels, base, crs))
        except DataError as closed:
            if constraint.kind != "pit_shell":
                raise
            try:
                solids.append(open_ground(constraint.file, levels, base, crs, "above"))
            except DataError:
                raise closed from None
    return Prospects(plan.statement.constraints, tuple(solids))
