"""From composites and a plan to arrays that the kernels can krige: the door of the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from estimation.errors import EstimationError
from estimation.kernels_covariance import EXPONENTIAL, GAUSSIAN, SPHERICAL
from estimation.plan import CLASSES, ElementPlan, Plan, Variogram
from estimation.rotation import axes_from_gslib, turn
from geo.grids import BlockGrid

if TYPE_CHECKING:
    from geo.composite import Composites

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FIELDS = (
    "estimate",
    "variance",
    "lagrange",
    "slope",
    "efficiency",
    "negative_weights",
    "samples",
    "holes",
    "mean_distance_m",
    "pass",
    "inverse_distance",
    "nearest",
    "redundant",
)
"""What is stored for each block and element. ``pass`` 0 with NaN elsewhere is the reason code
"too few samples or holes in reach"; outside every domain all fields are NaN."""

_KINDS = {"spherical": SPHERICAL, "exponential": EXPONENTIAL, "gaussian": GAUSSIAN}


@dataclass(frozen=True)
class Samples:
    """Samples in order of identity (hole, from): one row, one sample.

    ``identity`` is the sample's name as fixed-width bytes; ``xyz_m`` (n, 3) east, north, up;
    ``holes`` numbers holes (equality only); ``values`` (n,) grades, NaN where not assayed.
    """

    identity: npt.NDArray[np.bytes_]
    xyz_m: Floats
    holes: Ints
    values: Floats
    domains: Ints

    def subset(self, keep: npt.NDArray[np.bool_]) -> Samples:
        """Return the samples where ``keep`` holds, in the same order."""
        return Samples(
            self.identity[keep],
            self.xyz_m[keep],
            self.holes[keep],
            self.values[keep],
            self.domains[keep],
        )

    def __len__(self) -> int:
        return self.holes.size


@dataclass(frozen=True)
class KrigingModel:
    """One element's variogram, search and discretization as the kernels take them."""

    axes: Floats
    model: tuple[float, Ints, Floats, Floats]
    search: tuple[Floats, Ints]
    offsets: Floats
    origin_m: Floats

    def places(self, xyz_m: Floats) -> Floats:
        """Coordinates along the axes of anisotropy, metres from the grid's corner."""
        return turn(xyz_m, self.axes, self.origin_m)


@dataclass(frozen=True)
class Problem:
    """Everything that a tile's numbers depend on; sent to workers once."""

    grid: BlockGrid
    plan: Plan
    elements: dict[str, Samples]
    """Samples of each planned element, capped, assayed ones only."""
    flags: Samples
    """All composites with a domain: they say where blocks belong and how near holes are."""
    hole_reach_m: float
    """A hole counts for a block's class only within this distance: the widest class limit."""
    reach_m: float
    """No sample farther than this from a tile can change it."""


def kriging_model(
    element: ElementPlan,
    grid: BlockGrid,
    discretisation: tuple[int, int, int],
) -> KrigingModel:
    """Arrays of one element's variogram, search passes and block discretization."""
    axes = axes_from_gslib(element.variogram.orientation)
    points = [
        size * ((np.arange(count) + 0.5) / count - 0.5)
        for size, count in zip(grid.spec.block_m, discretisation, strict=True)
    ]
    z, y, x = np.meshgrid(points[2], points[1], points[0], indexing="ij")
    offsets = np.column_stack([x.ravel(), y.ravel(), z.ravel()])
    radii = np.array([p.radii_m for p in element.search], dtype=float)
    limits = np.array(
        [[p.min_samples, p.max_samples, p.max_per_hole, p.min_holes] for p in element.search],
        dtype=np.int64,
    )
    return KrigingModel(
        axes,
        variogram_arrays(element.variogram),
        (radii, limits),
        turn(offsets, axes, np.zeros(3)),
        np.array(grid.spec.origin_m),
    )


def variogram_arrays(variogram: Variogram) -> tuple[float, Ints, Floats, Floats]:
    """Nugget, kinds, sills and inverse ranges of a variogram, as the kernels take them."""
    structures = variogram.structures
    return (
        float(variogram.nugget),
        np.array([_KINDS[s.model] for s in structures], dtype=np.int64),
        np.array([s.sill for s in structures], dtype=float),
        1.0 / np.array([s.ranges_m for s in structures], dtype=float),
    )


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
        An element of the plan has no assayed sample in any domain, or none lies in the grid.
    """
    domains = domain_names(plan)
    tables = {"basic": composites.table, "combined": combined.table if combined else None}
    elements: dict[str, Samples] = {}
    for name, element in plan.elements.items():
        table = tables[element.source]
        if table is None or name not in table or not table[name].notna().any():
            raise EstimationError(
                f"{name}: no assayed {element.source} sample in any domain as of this vintage; "
                "correct domains, source or the assays / 各矿化域均无该元素样品"
            )
        caps = [element.caps.get(domain, np.inf) for domain in domains]
        elements[name] = _samples(table[table[name].notna()], name, domains, caps)
    main = plan.main_element
    flags = _samples(composites.table, main, domains, [np.inf] * len(domains))
    _check_extent(grid, flags)
    return Problem(grid, plan, elements, flags, hole_reach_of(plan), reach_of(plan))


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


def _samples(
    table: pd.DataFrame, element: str, domains: tuple[str, ...], caps: list[float]
) -> Samples:
    """Rows of a composite table in order of identity."""
    table = table.sort_values(["hole_id", "from_m"], kind="stable")
    table = table[table["domain"].isin(domains)]
    number = {name: i + 1 for i, name in enumerate(domains)}
    codes: Ints = np.asarray(table["domain"].map(number), dtype=np.int64)
    # a name and a depth to the millimetre: the same sample in every run and every campaign
    identity = (table["hole_id"] + "@" + table["from_m"].map("{:.3f}".format)).str.encode("utf-8")
    values = np.minimum(table[element].to_numpy(dtype=float), np.array(caps)[codes - 1])
    return Samples(
        np.array(identity.tolist(), dtype="S64"),
        np.ascontiguousarray(
            table[["easting_m", "northing_m", "elevation_m"]].to_numpy(dtype=float)
        ),
        np.asarray(pd.factorize(table["hole_id"], sort=True)[0], dtype=np.int64),
        values,
        codes,
    )


def kernel_samples(model: KrigingModel, samples: Samples) -> tuple[Floats, Ints, Floats]:
    """Places, holes and values of samples as :func:`krige_groups` takes them."""
    return model.places(samples.xyz_m), samples.holes, samples.values


def as_json(value: Any) -> Any:
    """Plain form of a configuration block, for keys and manifests."""
    return value.model_dump(mode="json")
