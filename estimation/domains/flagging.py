"""Back-flag checks: do samples, blocks and volumes agree on what belongs to a domain?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from estimation.domains.blocks import share_blocks
from estimation.domains.volumes import LoadedVolumes
from estimation.results import Check
from geo.findings import Finding
from geo.grids import BlockGrid
from geo.rules import finding

Floats = npt.NDArray[np.float64]

MIDPOINT = (0.95, 0.90)
"""Share of a domain's metres in composites whose middle lies in it: pass, marginal. Composites are
cut at contacts, so only those that bend around a corner of the volume may miss it."""
IN_BLOCKS = (0.80, 0.65)
"""Share of a domain's metres that lie in blocks of that domain: pass, marginal. Blocks that a
contact cuts are given to the larger part, so a share of the samples beside it always differs."""


@dataclass(frozen=True)
class BackFlag:
    """One domain's samples against its volume."""

    domain: str
    composites: int
    holes: int
    metres: float
    metres_share: float
    """Of all metres that lie in any domain by place."""
    midpoint_share: float
    """Of the metres: composites whose middle the domain's volume holds (NaN without samples)."""
    block_share: float
    """Of the metres: composites in a block that belongs to the domain (NaN without samples)."""
    volume_share: float
    """Of all blocks' volume in any domain by place."""


def back_flag(
    volumes: LoadedVolumes,
    table: pd.DataFrame,
    grid: BlockGrid,
    subcells: tuple[int, int, int],
    blocks_m3: dict[str, float],
) -> tuple[BackFlag, ...]:
    """Compare flags of composites with the volumes and with the blocks that share them.

    Parameters
    ----------
    volumes, grid, subcells
        The plan's volumes, the grid, and the sub-cells that share its blocks.
    table
        Composites (:class:`geo.drillholes.composite.Composites`).
    blocks_m3
        Volume of each domain by blocks (:func:`estimation.domains.blocks.foot_volumes`).
    """
    table = table[table["domain"].isin(volumes.domains)]
    xyz = table[["easting_m", "northing_m", "elevation_m"]].to_numpy(dtype=float)
    number = {name: i + 1 for i, name in enumerate(volumes.names)}
    flagged = table["domain"].map(number).to_numpy(dtype=np.int64)
    metres = table["length_m"].to_numpy(dtype=float)
    middle = volumes.inside(xyz)
    of_block = _domain_of_block(volumes, xyz, grid, subcells)
    held_m3 = sum(blocks_m3.values())
    made = []
    for name in volumes.domains:
        own = flagged == number[name]
        total = float(metres[own].sum())
        made.append(
            BackFlag(
                name,
                int(own.sum()),
                int(table["hole_id"][own].nunique()),
                total,
                _share(total, float(metres.sum())),
                _share(float(metres[own & (middle == number[name])].sum()), total),
                _share(float(metres[own & (of_block == number[name])].sum()), total),
                _share(blocks_m3.get(name, 0.0), held_m3),
            )
        )
    return tuple(made)


def flag_checks(flags: tuple[BackFlag, ...], element: str) -> tuple[Check, ...]:
    """The back-flag tests with their thresholds; a domain without samples has none."""
    made = []
    for flag in flags:
        if not flag.composites:
            continue
        for test, zh, en, value, limits in (
            ("flag_midpoint", "回标：组合样中点在本域实体内的米数占比",
             "Back-flag: share of metres whose composite's middle lies in the domain's volume",
             flag.midpoint_share, MIDPOINT),
            ("flag_blocks", "回标：落在本域块段内的米数占比",
             "Back-flag: share of metres in blocks of the same domain",
             flag.block_share, IN_BLOCKS),
        ):  # fmt: skip
            passing, marginal = limits
            verdict = "pass" if value >= passing else "marginal" if value >= marginal else "fail"
            rule = f"value >= {passing:g} pass, >= {marginal:g} marginal"
            made.append(Check(test, zh, en, flag.domain, element, value, rule, verdict))
    return tuple(made)


def empty_domains(names: tuple[str, ...], table: pd.DataFrame, file: str) -> list[Finding]:
    """A finding for each domain of the plan in which no composite lies (BN-MSH-016)."""
    have = set(table["domain"])
    return [finding("BN-MSH-016", file=file, domain=name) for name in names if name not in have]


def _domain_of_block(
    volumes: LoadedVolumes, xyz: Floats, grid: BlockGrid, subcells: tuple[int, int, int]
) -> npt.NDArray[np.int64]:
    """Domain of the block each place lies in; 0 outside the grid."""
    spec = grid.spec
    index = np.floor((xyz - np.array(spec.origin_m)) / np.array(spec.block_m)).astype(np.int64)
    within = np.all((index >= 0) & (index < np.array(spec.shape)), axis=1)
    found = np.zeros(len(xyz), np.int64)
    if within.any():
        used, place = np.unique(index[within], axis=0, return_inverse=True)
        centres = np.array(spec.origin_m) + (used + 0.5) * np.array(spec.block_m)
        shares = share_blocks(volumes, centres, spec.block_m, subcells)
        found[within] = shares.domain[place.reshape(-1)]
    return found


def _share(part: float, whole: float) -> float:
    """A share; NaN of nothing."""
    return part / whole if whole > 0 else float("nan")
