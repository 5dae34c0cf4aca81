"""Classified ground of two models of one deposit, block by block: what is new, what both have.

Nothing is known of where in a block its parts lie: of a block that one model classifies to a half
and the next to three quarters, a quarter is new, taken evenly from the next model's parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from estimation.models.store_read import VintageReader
from estimation.plan import CLASSES, Plan
from estimation.statement.class_field import ClassField
from estimation.statement.classification import Codes
from estimation.statement.parts import Parts, parts_of

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int16]

PAIR = len(CLASSES) + 1
"""What an opening class is multiplied by in the code of an opening and a closing class."""


@dataclass(frozen=True)
class ClassedGround:
    """Ground of a model that has a class; arrays are of the whole grid, (nz, ny, nx)."""

    share: Floats
    """Part of each block's volume with a class, 0-1."""
    codes: tuple[Codes, Codes]
    """Class of each block's classified parts, 0 where there is no such part."""
    domains: tuple[Numbers, Numbers]
    """Domain code of the same parts."""

    def class_of(self, parts: Parts) -> Codes:
        """Class that this model gives the ground of another's parts, (n,).

        That of its own part in the same domain; where it has none there, of the block's first
        classified part; 0 where it has none at all.
        """
        first, second = (code[parts.tile.slices].ravel()[parts.block] for code in self.codes)
        other = self.domains[1][parts.tile.slices].ravel()[parts.block]
        in_second = (second > 0) & (other == parts.domain_code)
        found: Codes = np.where(in_second, second, first)
        return found


def classed_ground(model: VintageReader, plan: Plan, classes: ClassField) -> ClassedGround:
    """Gather the classified ground of a model by a plan."""
    shape = model.grid.array_shape
    share = np.zeros(shape)
    codes = (np.zeros(shape, np.int8), np.zeros(shape, np.int8))
    domains = (np.zeros(shape, np.int16), np.zeros(shape, np.int16))
    for parts in parts_of(model, plan, classes):
        inside = np.unravel_index(parts.block, parts.tile.shape[::-1])
        start = [part.start for part in parts.tile.slices]
        place = tuple(at + first for at, first in zip(inside, start, strict=True))
        share[place] += parts.share
        taken = codes[0][place] > 0
        for slot, here in enumerate((~taken, taken)):
            some = tuple(axis[here] for axis in place)
            codes[slot][some] = parts.class_code[here]
            domains[slot][some] = parts.domain_code[here]
    return ClassedGround(share, codes, domains)


@dataclass(frozen=True)
class Between:
    """Two models of one grid: the opening and the closing one."""

    opening: ClassedGround
    closing: ClassedGround

    def extension(self, model: VintageReader, plan: Plan, classes: ClassField) -> Iterator[Parts]:
        """Parts of the closing model in ground that the opening one did not classify."""
        for parts in parts_of(model, plan, classes):
            yield _cut(parts, *self._shares(parts, self.closing, self.opening, beyond=True))

    def common(self, model: VintageReader, plan: Plan, classes: ClassField) -> Iterator[Parts]:
        """Parts of the opening model in ground that the closing one classifies too.

        Their class code is of both: :data:`PAIR` times the opening class, and the closing one.
        """
        for parts in parts_of(model, plan, classes):
            some = _cut(parts, *self._shares(parts, self.opening, self.closing, beyond=False))
            yield replace(some, class_code=PAIR * some.class_code + self.closing.class_of(some))

    def _shares(
        self, parts: Parts, own: ClassedGround, other: ClassedGround, *, beyond: bool
    ) -> tuple[Floats, Floats]:
        """Classified share of the parts' blocks by their own model, and what of it counts."""
        mine, theirs = (
            ground.share[parts.tile.slices].ravel()[parts.block] for ground in (own, other)
        )
        return mine, np.maximum(mine - theirs, 0.0) if beyond else np.minimum(mine, theirs)


def _cut(parts: Parts, whole: Floats, counted: Floats) -> Parts:
    """Parts by the share of their blocks that counts; those of none are left out."""
    here = np.flatnonzero(counted > 0)
    return replace(
        parts,
        block=parts.block[here],
        class_code=parts.class_code[here],
        domain_code=parts.domain_code[here],
        share=parts.share[here] * (counted[here] / whole[here]),
        grades={name: grade[here] for name, grade in parts.grades.items()},
        errors={name: error[here] for name, error in parts.errors.items()},
    )
