"""From composites and a plan to a problem that tiles can be kriged from: the door of the engine."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from estimation.engine.cokriging import beside_of
from estimation.engine.surroundings import (
    Surroundings,
    check_rasters,
    drift_rasters,
    every_choice,
)
from estimation.engine.visit import Samples, Visit, discretisation, shares_visit, visit_of
from estimation.errors import EstimationError
from estimation.plan import CLASSES, Choices, Plan
from geo.drillholes.holes import as_one_hole
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
    surroundings: Surroundings = field(default_factory=Surroundings)
    """Volumes, rasters and surfaces that the plan names."""
    column_drift: Floats | None = None
    """(r, ny, nx) drift rasters over the blocks of each column of the grid: means over the
    discretization points in plan, NaN where one of them has no value; None without a drift."""
    one_hole: tuple[tuple[str, str], ...] = ()
    """Wedges and daughters, each with the hole that its samples count to: in limits by hole, in the
    distance to three holes, and where cross-validation leaves a hole out."""

    def choices(self, element: str, domain: str) -> Choices:
        """What holds for an element in a domain."""
        return self.plan.elements[element].choices_of(domain)

    def samples_without_drift(self) -> dict[str, int]:
        """Samples left out for want of a drift value, of each element that follows a raster."""
        found = {}
        for name, samples in self.elements.items():
            choices = self.plan.elements[name].every_choice
            columns = {self.drift_column(c) for c in choices if c.drift}
            if columns and samples.drift is not None:
                found[name] = int(np.isnan(samples.drift[:, sorted(columns)]).any(axis=1).sum())
        return found

    def drift_column(self, choices: Choices) -> int:
        """Which drift raster the choices follow; -1 for none."""
        return drift_rasters(self.plan).index(choices.drift.raster) if choices.drift else -1


def hole_reach_of(plan: Plan) -> float:
    """Farthest that a hole can count for a class: the widest class limit.

    Set by the class rules alone, so that no by-product's search can move copper's classes.
    """
    rules = plan.classification
    return max(getattr(rules, name).max_mean_distance_m for name in CLASSES)


def reach_of(plan: Plan, elements: Mapping[str, Samples]) -> float:
    """Farthest that a sample can matter: the widest search, or the class rules.

    A collocated element's samples need the partner's grade along their whole length: a sample at
    the edge of the search must find it in every tile.
    """
    searches = [r for _, c in every_choice(plan) for p in c.search for r in p.radii_m]
    beside = [0.0]
    for name, samples in elements.items():
        if any(c.method == "collocated" for c in plan.elements[name].every_choice):
            points = samples.points_m - samples.xyz_m[:, None]
            beside.append(float(np.linalg.norm(points, axis=2).max()) + beside_of(plan))
    return max([*searches, hole_reach_of(plan)]) + max(beside)


def domain_names(plan: Plan) -> tuple[str, ...]:
    """Domains in plan order; block code 1 is the first, 0 is outside every domain."""
    return plan.domains.names


def prepare(
    grid: BlockGrid,
    plan: Plan,
    composites: Composites,
    combined: Composites | None,
    surroundings: Surroundings | None = None,
) -> Problem:
    """Bring composites into the engine's order, capped, element by element.

    Raises
    ------
    EstimationError
        An element of the plan has no assayed sample in any domain, a sample has no place, none
        lies in the grid, or a drift's raster is missing.
    """
    around = surroundings or Surroundings()
    check_rasters(plan, around.rasters)
    if not composites.table["domain"].isin(domain_names(plan)).any():
        by = plan.domains.column or "volumes"
        raise EstimationError(
            f"no composite lies in any domain (domains by {by}: {', '.join(domain_names(plan))}); "
            "is the column logged, and do the codes occur? / "
            "没有组合样落入任何矿化域,请检查编录列与代码"
        )
    one_hole = _daughters(composites)
    flags = _samples(composites, plan, plan.main_element, None, one_hole)
    _check_extent(grid, flags)
    elements: dict[str, Samples] = {}
    for name, element in plan.elements.items():
        source = composites if element.source == "basic" else combined
        if source is None or name not in source.table or not source.table[name].notna().any():
            raise EstimationError(
                f"{name}: no assayed {element.source} sample in any domain as of this vintage; "
                "correct domains, source or the assays / 各矿化域均无该元素样品"
            )
        samples = _samples(source, plan, name, flags, one_hole)
        elements[name] = replace(samples, drift=_sample_drift(plan, around, samples.xyz_m))
    problem = Problem(
        *(grid, plan, elements, flags, (), hole_reach_of(plan), reach_of(plan, elements), around),
        _column_drift(grid, plan, around),
        tuple(sorted(one_hole.items())),
    )
    shared = _companies(dict(plan.elements), elements)
    visits = tuple(visit_for(problem, {n: plan.elements[n] for n in names}) for names in shared)
    return replace(problem, visits=visits)


def visits_in(problem: Problem, near: dict[str, Samples], domain: str) -> list[Visit]:
    """Visits where ``near`` are the samples: elements go together that have the same ones there.

    What lies farther has no say in it. The company that an element keeps changes its last bits,
    and a far sample would change them in a tile whose key stays.
    """
    choices = {name: problem.choices(name, domain) for name in near}
    known = {}
    if not has_own_choices(problem.plan, domain):
        known = {frozenset(visit.names): visit for visit in problem.visits}
    return [
        known.get(frozenset(names)) or visit_for(problem, {n: choices[n] for n in names})
        for names in _companies(choices, near)
    ]


def has_own_choices(plan: Plan, domain: str) -> bool:
    """Whether some element is estimated otherwise in this domain than elsewhere."""
    return any(domain in element.by_domain for element in plan.elements.values())


def visit_for(problem: Problem, choices: Mapping[str, Choices]) -> Visit:
    """One visit of elements by their choices."""
    spec = problem.grid.spec
    column = problem.drift_column(next(iter(choices.values())))
    origin = np.array(spec.origin_m)
    return visit_of(choices, spec.block_m, problem.plan.discretisation, origin, column)


def _sample_drift(plan: Plan, around: Surroundings, xyz_m: Floats) -> Floats | None:
    """Drift rasters at the samples, (n, r)."""
    names = drift_rasters(plan)
    if not names:
        return None
    east, north = xyz_m[:, 0], xyz_m[:, 1]
    return np.ascontiguousarray(
        np.column_stack([around.rasters[name](east, north) for name in names])
    )


def _column_drift(grid: BlockGrid, plan: Plan, around: Surroundings) -> Floats | None:
    """Drift rasters over the blocks of every column, see :class:`Problem`."""
    names = drift_rasters(plan)
    if not names:
        return None
    x, y = (places.ravel() for places in np.meshgrid(grid.centres_m(0), grid.centres_m(1)))
    nx, ny, _ = plan.discretisation
    offsets = discretisation(grid.spec.block_m, (nx, ny, 1))
    found = np.zeros((len(names), x.size))
    for r, name in enumerate(names):
        for dx, dy, _ in offsets:
            found[r] += around.rasters[name](x + dx, y + dy) / len(offsets)
    return found.reshape(len(names), grid.spec.shape[1], grid.spec.shape[0])


def _companies(choices: Mapping[str, Choices], elements: dict[str, Samples]) -> list[list[str]]:
    """Elements that can be kriged in one visit: the same samples, the same search."""
    companies: list[list[str]] = []
    for name, samples in elements.items():
        for company in companies:
            other = elements[company[0]]
            if (
                shares_visit(choices[name], choices[company[0]])
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


def _daughters(composites: Composites) -> dict[str, str]:
    """Holes that see the same ground as another of their name's stem."""
    rows = composites.table[composites.table["domain"].notna()]
    places = rows[["easting_m", "northing_m", "elevation_m"]].to_numpy(dtype=float)
    known = np.isfinite(places).all(axis=1)
    return as_one_hole(rows["hole_id"].to_numpy()[known], places[known])


def _samples(
    source: Composites,
    plan: Plan,
    element: str,
    flags: Samples | None,
    one_hole: dict[str, str],
) -> Samples:
    """Samples of one element in order of identity, capped; all of them where ``flags`` is None.

    ``one_hole``: wedges and daughters that count as their parent's hole.
    """
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
    points = xyz[:, None] if source.points_m is None else source.points_m[rows.index]
    return Samples(
        identities(rows),
        xyz,
        np.ascontiguousarray(points if flags is not None else xyz[:, None]),
        np.asarray(pd.factorize(rows["hole_id"].replace(one_hole), sort=True)[0], dtype=np.int64),
        values,
        codes,
        _usable(plan, xyz, codes, flags),
    )


def identities(rows: pd.DataFrame) -> npt.NDArray[np.bytes_]:
    """Names of samples by hole and depth to the millimetre, (n,): the same in every run."""
    names = rows["hole_id"] + "@" + rows["from_m"].map("{:.3f}".format)
    return np.array(names.map(_in_64_bytes).tolist(), dtype="S64")


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
