"""From composites and a plan to a problem that tiles can be kriged from: the door of the engine."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from estimation.engine.visit import Samples, Visit, shares_visit, visit_of
from estimation.errors import EstimationError
from estimation.plan import CLASSES, Plan
from geo.grids import BlockGrid

if TYPE_CHECKING:
    from geo.drillholes.composite import Composites

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Problem:
    """Everything that a tile's numbers depend on; sent to workers once."""

    grid: BlockGrid
    plan: Plan
    elements: dict[str, Samples]
    """Samples of each planned element, capped, assayed ones only."""
    flags: Samples
    """All composites with a domain: they say where blocks belong and how near holes are."""
    visits: tuple[Visit, ...]
    """Elements that have the same samples everywhere; see :func:`visits_in`."""
    hole_reach_m: float
    """A hole counts for a block's class only within this distance: the widest class limit."""
    reach_m: float
    """No sample farther than this from a tile can change it."""


def hole_reach_of(plan: Plan) -> float:
    """Farthest that a hole can count for a class: the widest class limit.

    Set by the class rules alone, so that no by-product's search can move copper's classes.
    """
    rules = plan.classification
    return max(getattr(rules, name).max_mean_distance_m for name in CLASSES)


def reach_of(plan: Plan) -> float:
    """Farthest that a sample can matter: the widest search, or the class rules."""
    searches = [r for e in plan.elements.values() for p in e.search for r in p.radii_m]
    return max([*searches, hole_reach_of(plan)])


def domain_names(plan: Plan) -> tuple[str, ...]:
    """Domains in plan order; block code 1 is the first, 0 is outside every domain."""
    return plan.domains.names


def prepare(
    grid: BlockGrid, plan: Plan, composites: Composites, combined: Composites | None
) -> Problem:
    """Bring composites into the engine's order, capped, element by element.

    Raises
    ------
    EstimationError
        An element of the plan has no assayed sample in any domain, a sample has no place, or none
        lies in the grid.
    """
    flags = _samples(composites, plan, plan.main_element, None)
    _check_extent(grid, flags)
    elements: dict[str, Samples] = {}
    for name, element in plan.elements.items():
        source = composites if element.source == "basic" else combined
        if source is None or name not in source.table or not source.table[name].notna().any():
            raise EstimationError(
                f"{name}: no assayed {element.source} sample in any domain as of this vintage; "
                "correct domains, source or the assays / 各矿化域均无该元素样品"
            )
        elements[name] = _samples(source, plan, name, flags)
    visits = tuple(_visit(grid, plan, names) for names in _companies(plan, elements))
    return Problem(grid, plan, elements, flags, visits, hole_reach_of(plan), reach_of(plan))


def visits_in(problem: Problem, near: dict[str, Samples]) -> Iterator[Visit]:
    """Visits where ``near`` are the samples: elements go together that have the same ones there.

    What lies farther has no say in it. The company that an element keeps changes its last bits,
    and a far sample would change them in a tile whose key stays.
    """
    known = {frozenset(visit.names): visit for visit in problem.visits}
    for names in _companies(problem.plan, near):
        found = known.get(frozenset(names))
        yield found if found is not None else _visit(problem.grid, problem.plan, names)


def _visit(grid: BlockGrid, plan: Plan, names: list[str]) -> Visit:
    """One visit of the named elements."""
    elements = {name: plan.elements[name] for name in names}
    return visit_of(
        elements,
        grid.spec.block_m,
        plan.discretisation,
        np.array(grid.spec.origin_m),
    )


def _companies(plan: Plan, elements: dict[str, Samples]) -> list[list[str]]:
    """Elements that can be kriged in one visit: the same samples, the same search."""
    companies: list[list[str]] = []
    for name, samples in elements.items():
        for company in companies:
            other = elements[company[0]]
            if (
                shares_visit(plan.elements[name], plan.elements[company[0]])
                and np.array_equal(samples.identity, other.identity)
                and np.array_equal(samples.points_m, other.points_m)
                and np.array_equal(samples.usable, other.usable)
            ):
                company.append(name)
                break
        else:
            companies.append([name])
    return companies


def _check_extent(grid: BlockGrid, samples: Samples) -> None:
    """A grid that holds no sample at all is a slip of the pen, not a deposit of nothing."""
    low = np.array([grid.edges_m(axis)[0] for axis in range(3)])
    high = np.array([grid.edges_m(axis)[-1] for axis in range(3)])
    if len(samples) and np.any(np.all((samples.xyz_m >= low) & (samples.xyz_m <= high), axis=1)):
        return
    words = "no samples"
    if len(samples):
        reach = zip(samples.xyz_m.min(axis=0), samples.xyz_m.max(axis=0), strict=True)
        words = ", ".join(f"{a:.0f}..{b:.0f}" for a, b in reach)
    box = ", ".join(f"{a:.0f}..{b:.0f}" for a, b in zip(low, high, strict=True))
    raise EstimationError(
        f"no sample lies in the grid: samples (east, north, up) {words} m; grid {box} m; correct "
        "grid.origin_m / 块体网格内没有样品"
    )


def _samples(source: Composites, plan: Plan, element: str, flags: Samples | None) -> Samples:
    """Samples of one element in order of identity, capped; all of them where ``flags`` is None."""
    domains = domain_names(plan)
    rows = source.table.reset_index(drop=True)
    rows = rows[rows["domain"].isin(domains)]
    caps = dict.fromkeys(domains, np.inf)
    if flags is not None:
        rows = rows[rows[element].notna()]
        caps |= plan.elements[element].caps
    rows = rows.sort_values(["hole_id", "from_m"], kind="stable")
    codes = np.asarray(rows["domain"].map({n: i + 1 for i, n in enumerate(domains)}), np.int64)
    values = rows[element].to_numpy(dtype=float)
    values = np.minimum(values, rows["domain"].map(caps).to_numpy(dtype=float))
    xyz = np.ascontiguousarray(
        rows[["easting_m", "northing_m", "elevation_m"]].to_numpy(dtype=float)
    )
    _check_numbers(rows, xyz, None if flags is None else values, element)
    # a name and a depth to the millimetre: the same sample in every run and every campaign
    identity = (rows["hole_id"] + "@" + rows["from_m"].map("{:.3f}".format)).map(_in_64_bytes)
    points = xyz[:, None] if source.points_m is None else source.points_m[rows.index]
    return Samples(
        np.array(identity.tolist(), dtype="S64"),
        xyz,
        np.ascontiguousarray(points if flags is not None else xyz[:, None]),
        np.asarray(pd.factorize(rows["hole_id"], sort=True)[0], dtype=np.int64),
        values,
        codes,
        _usable(plan, xyz, codes, flags),
    )


def _in_64_bytes(name: str) -> bytes:
    """A name as bytes; a longer one by its hash, or two holes would pass for one."""
    plain = name.encode("utf-8")
    return plain if len(plain) <= 64 else hashlib.sha256(plain).hexdigest().encode()


def _check_numbers(rows: pd.DataFrame, xyz: Floats, values: Floats | None, element: str) -> None:
    """A sample without a place, or with an infinite grade, would poison its neighbourhood."""
    for what, bad in (
        ("coordinates", ~np.isfinite(xyz).all(axis=1)),
        (element, np.zeros(len(rows), bool) if values is None else ~np.isfinite(values)),
    ):
        if bad.any():
            first = rows.iloc[int(np.argmax(bad))]
            raise EstimationError(
                f"hole {first['hole_id']}, from {first['from_m']} m: {what} not a finite number "
                f"({int(bad.sum())} samples); correct the tables / 坐标或品位不是有限数"
            )


def _usable(plan: Plan, xyz: Floats, codes: Ints, flags: Samples | None) -> Ints:
    """Domains whose blocks may use each sample, a bit each: its own, and across soft boundaries.

    Near a boundary: within reach of a composite of the blocks' own domain.
    """
    from scipy.spatial import cKDTree

    usable = np.left_shift(np.ones(len(codes), np.int64), codes)
    if flags is None:
        return usable
    number = {name: i + 1 for i, name in enumerate(domain_names(plan))}
    for rule in plan.domains.soft:
        own = flags.xyz_m[flags.domains == number[rule.blocks_of]]
        other = np.flatnonzero(codes == number[rule.samples_of])
        if len(own) and other.size:
            distance, _ = cKDTree(own).query(xyz[other])
            near = other[distance <= rule.within_m]
            usable[near] |= 1 << number[rule.blocks_of]
    return usable


def as_json(value: Any) -> Any:
    """Plain form of a configuration block, for keys and manifests."""
    return value.model_dump(mode="json")
