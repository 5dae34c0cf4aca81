"""A tile's key: the hash of all that its numbers depend on, and of nothing else.

Each sample has a digest of its own, made once; a tile's key is the hash of the decision, the
tile's place, and the digests of the samples in reach in order of identity.
"""

from __future__ import annotations

import hashlib
from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt

from estimation.engine.accelerate import kernel_sources_digest
from estimation.engine.krige import Problem, as_json, domain_names
from estimation.engine.reach import TileWork, reach_box_m
from estimation.engine.visit import Samples
from estimation.models.tile_estimate import column_drift_of
from estimation.plan import Choices
from geo.config import digest
from geo.grids import Tile

DIGEST_BYTES = 16
"""Of one sample: two of a billion samples agree by chance once in 10^20 models."""

KEY_BYTES = 32

PLACE = ("identity", "xyz_m", "domains")
"""What matters of a flag: which sample it is, where, and in which domain."""

_APPLIED_LATER = {
    *("stage", "composites", "domains", "elements", "derived", "classification", "density"),
    *("cutoffs", "statement", "uncertainty", "acceptance"),
}
"""Blocks of a plan that change no kriged number, or change it through the samples only."""
_ELEMENT_APPLIED_LATER = {"caps", "class_limit", "reason"}
"""The same within an element: caps are in the samples' values."""


def decision_digest(problem: Problem) -> str:
    """Digest of the parts of grid, plan and engine that change a tile's numbers.

    Cut-offs, density and class limits are applied later and are not part of it: changing them
    costs no kriging. What a plan says beyond that is part of it.
    """
    plan, grid = problem.plan, problem.grid.spec
    elements = {
        name: {
            "source": element.source,
            **_numbers_of(problem, element),
            "by_domain": {d: _numbers_of(problem, c) for d, c in element.by_domain.items()},
        }
        for name, element in plan.elements.items()
    }
    volumes = problem.surroundings.volumes
    return digest(
        {
            "engine": kernel_sources_digest(),
            "grid": [grid.origin_m, grid.block_m],
            "elements": elements,
            "domains": domain_names(plan),
            "volumes": [volumes.digest, plan.domains.subcells, sorted(plan.domains.codes)]
            if volumes
            else None,
            "plan": {k: v for k, v in as_json(plan).items() if k not in _APPLIED_LATER},
            "reach_m": [problem.reach_m, problem.hole_reach_m],
            "one_hole": problem.one_hole,
        }
    )


def _numbers_of(problem: Problem, choices: Choices) -> dict[str, Any]:
    """Choices as far as they change numbers: files by their bytes, not by their names."""
    left_out = {*_ELEMENT_APPLIED_LATER, "source", "by_domain"}
    kept = {k: v for k, v in as_json(choices).items() if k not in left_out}
    local = choices.local_orientation
    if local:
        surface = problem.surroundings.surfaces[local.surface]
        kept["local_orientation"] = [surface.digest, local.step_deg]
    kept["drift"] = problem.drift_column(choices)
    return kept


class TileKeys:
    """Keys of one problem's tiles."""

    def __init__(self, work: TileWork) -> None:
        """Digest the decision and every sample, once."""
        problem = work.problem
        self._work = work
        self._decision = decision_digest(problem).encode()
        # flags carry no grade: their values do not matter, only where they are
        self._flags = sample_digests(work.flags.samples, with_values=False)
        self._elements = {
            name: sample_digests(work.elements[name].samples, with_values=True)
            for name in sorted(work.elements)
        }

    def key(self, tile: Tile) -> bytes:
        """Hash of everything that this tile's numbers depend on (architecture: the tile)."""
        box = reach_box_m(self._work.problem, tile)
        sha = hashlib.sha256(self._decision)
        sha.update(repr((tile.start, tile.shape)).encode())
        sha.update(column_drift_of(self._work.problem, tile).tobytes())
        rows = self._work.flags.inside(*box)
        sha.update(f"flags {rows.size}".encode())
        sha.update(self._flags[rows].tobytes())
        for name, digests in self._elements.items():
            rows = self._work.elements[name].inside(*box)
            sha.update(f"{name} {rows.size}".encode())
            sha.update(digests[rows].tobytes())
        return sha.digest()


def sample_digests(samples: Samples, *, with_values: bool) -> npt.NDArray[np.uint8]:
    """One digest for each sample, shape (n, 16): of all that it says, or of where it is alone.

    The numbers of holes are left out: they only tell holes apart, and the identity does that too.
    """
    count = len(samples)
    if not count:
        return np.empty((0, DIGEST_BYTES), np.uint8)
    everything = [column.name for column in fields(samples) if column.name != "holes"]
    parts = [getattr(samples, name) for name in (everything if with_values else PLACE)]
    table = np.concatenate(
        [
            np.ascontiguousarray(part).view(np.uint8).reshape(count, -1)
            for part in parts
            if part is not None
        ],
        axis=1,
    )
    width, data = table.shape[1], np.ascontiguousarray(table).data.cast("B")
    made = b"".join(
        hashlib.blake2b(data[at : at + width], digest_size=DIGEST_BYTES).digest()
        for at in range(0, count * width, width)
    )
    return np.frombuffer(made, np.uint8).reshape(count, DIGEST_BYTES)
