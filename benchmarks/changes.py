"""Drilling that never stands still: holes of composites, and random change sets to them.

A change set is what a night brings: holes added, removed, moved or assayed anew. It is made from
a table of composites and gives another one, so that a model can be made of both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

Kind = Literal["added", "removed", "moved", "re-assayed"]
KINDS: tuple[Kind, ...] = ("added", "removed", "moved", "re-assayed")

FAR_M = 80.0
"""Farthest that a hole is moved, along each of east and north."""


@dataclass(frozen=True)
class Ground:
    """What is drilled: a box, and how."""

    low_m: tuple[float, float, float]
    """Lower south-west corner."""
    high_m: tuple[float, float, float]
    spacing_m: float
    composite_m: float
    domains: tuple[str, ...] = ("all",)
    """From the surface down; each hole meets their contacts at depths of its own."""
    elements: tuple[str, ...] = ("cu_pct",)
    unassayed: float = 0.0
    """Share of added holes in which the last element was not assayed."""
    namesakes: float = 0.0
    """Share of added holes that are given the name of another one by mistake."""
    cluster_m: float = 300.0
    """The holes of every second change set lie within about this distance of each other."""


@dataclass(frozen=True)
class ChangeSet:
    """What a change set did, and the composites after it."""

    what: tuple[Kind, ...]
    """One for each hole."""
    table: pd.DataFrame
    touched_m: pd.DataFrame
    """Places (easting_m, northing_m, elevation_m) of composites that came, went or changed."""


def drill_ground(ground: Ground, rng: np.random.Generator) -> pd.DataFrame:
    """Composites of holes on a jittered grid over the whole ground."""
    counts = [
        max(1, round((ground.high_m[a] - ground.low_m[a]) / ground.spacing_m)) for a in (0, 1)
    ]
    holes = []
    for number in range(counts[0] * counts[1]):
        cell = np.array([number % counts[0], number // counts[0]])
        collar = np.array(ground.low_m[:2]) + ground.spacing_m * (cell + rng.uniform(0.2, 0.8, 2))
        holes.append(drill_hole(ground, f"H{number:05d}", collar, rng))
    return pd.concat(holes, ignore_index=True)


def drill_hole(
    ground: Ground, name: str, collar_m: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    """Composites of one hole from the top of the ground to its bottom, dipping 70 to 90 degrees."""
    depth = ground.high_m[2] - ground.low_m[2]
    step = ground.composite_m * np.arange(int(depth / ground.composite_m))
    lean, azimuth = rng.uniform(0.0, np.deg2rad(20.0)), rng.uniform(0.0, 2.0 * np.pi)
    middle = step + 0.5 * ground.composite_m
    out = middle * np.sin(lean)
    bounds = np.sort(rng.uniform(0.2, 0.8, len(ground.domains) - 1)) * depth
    table = pd.DataFrame(
        {
            "hole_id": name,
            "from_m": step,
            "to_m": step + ground.composite_m,
            "length_m": ground.composite_m,
            "easting_m": np.round(collar_m[0] + out * np.sin(azimuth), 3),
            "northing_m": np.round(collar_m[1] + out * np.cos(azimuth), 3),
            "elevation_m": np.round(ground.high_m[2] - middle * np.cos(lean), 3),
            "domain": np.array(ground.domains)[np.searchsorted(bounds, middle)],
        }
    )
    return _assay(ground, table, rng)


def _assay(ground: Ground, table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The same composites with grades of the hole's own level."""
    level = rng.lognormal(-1.0, 0.4)
    grades = {e: level * rng.lognormal(0.0, 0.3, len(table)) for e in ground.elements}
    return table.assign(**grades)


def change_holes(
    ground: Ground, before: pd.DataFrame, number: int, rng: np.random.Generator
) -> ChangeSet:
    """Apply a random change set of one to five holes, the ``number``-th in a row."""
    kinds = tuple(KINDS[k] for k in rng.integers(0, len(KINDS), rng.integers(1, 6)))
    low, high = np.array(ground.low_m[:2]), np.array(ground.high_m[:2])
    centre = rng.uniform(low, high)
    table = before
    for n, kind in enumerate(kinds):
        if number % 2:
            centre = rng.uniform(low, high)
        near = np.clip(centre + rng.normal(0.0, ground.cluster_m / 3.0, 2), low, high)
        table = _change_one(ground, table, kind, (f"N{number:04d}-{n}", near), rng)
    return ChangeSet(kinds, table, _touched(before, table))


def _change_one(
    ground: Ground,
    table: pd.DataFrame,
    kind: Kind,
    new: tuple[str, np.ndarray],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Add a hole (name, place), or change the one that is nearest to that place."""
    name, near = new
    collars = table.drop_duplicates("hole_id")
    apart = np.hypot(collars["easting_m"] - near[0], collars["northing_m"] - near[1])
    if kind == "added":
        if rng.random() < ground.namesakes:
            name = str(rng.choice(collars["hole_id"].to_numpy()))
        hole = drill_hole(ground, name, near, rng)
        if rng.random() < ground.unassayed:
            hole[ground.elements[-1]] = np.nan
        return pd.concat([table, hole], ignore_index=True)
    own = table["hole_id"] == collars["hole_id"].iloc[int(np.argmin(apart))]
    rest = table[~own]
    if kind == "removed":
        return rest.reset_index(drop=True)
    hole = table[own]
    if kind == "moved":
        east, north = np.round(rng.uniform(-FAR_M, FAR_M, 2), 3)
        hole = hole.assign(
            easting_m=(hole["easting_m"] + east).round(3),
            northing_m=(hole["northing_m"] + north).round(3),
        )
    else:
        hole = _assay(ground, hole, rng)
    return pd.concat([rest, hole], ignore_index=True)


def _touched(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Places of the rows that stand in one of two tables only."""
    both = pd.concat([before, after], ignore_index=True)
    changed = both[~both.duplicated(keep=False)]
    return changed[["easting_m", "northing_m", "elevation_m"]].reset_index(drop=True)
