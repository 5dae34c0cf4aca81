"""A visit: elements kriged together, block by block, from the same samples by the same search.

Here a plan's words become the kernels' arrays. Elements whose variograms are proportional share
weights; structures with proportional ranges share distances.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from estimation.engine.kernels_blocks import Search, krige_groups
from estimation.engine.kernels_covariance import (
    CUBIC,
    EXPONENTIAL,
    GAUSSIAN,
    MATERN_3_2,
    SPHERICAL,
    Models,
    block_variance,
)
from estimation.engine.kernels_desk import Elements, Targets
from estimation.engine.kernels_desk import Samples as KernelSamples
from estimation.engine.kernels_kriging import LINEAR, ORDINARY, QUADRATIC, SAME_METRIC, SIMPLE
from estimation.plan import Choices, HighYield, Orientation, SearchPass, Structure, Variogram
from estimation.rotation import axes_from_gslib

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

KINDS = {
    "spherical": SPHERICAL,
    "exponential": EXPONENTIAL,
    "gaussian": GAUSSIAN,
    "cubic": CUBIC,
    "matern_3_2": MATERN_3_2,
}
DEGREES = {
    "simple": SIMPLE,
    "ordinary": ORDINARY,
    "linear_drift": LINEAR,
    "quadratic_drift": QUADRATIC,
}
"""Of the methods that say something of the mean; the others take it as constant."""
_SAME = 1e-12
"""Relative difference up to which ranges or sills count as proportional."""


@dataclass(frozen=True)
class Samples:
    """Samples in order of identity (hole, from): one row, one sample.

    ``identity`` is the sample's name as fixed-width bytes; ``xyz_m`` (n, 3) east, north, up of its
    middle; ``points_m`` (n, s, 3) points along it that its covariances are averaged over;
    ``holes`` numbers holes (equality only); ``values`` (n,) grades, NaN where not assayed;
    ``domains`` its own domain; ``usable`` the domains whose blocks may use it, a bit each;
    ``drift`` (n, r) values of the plan's drift rasters at its middle, NaN where they have none
    (None where the plan names no raster).
    """

    identity: npt.NDArray[np.bytes_]
    xyz_m: Floats
    points_m: Floats
    holes: Ints
    values: Floats
    domains: Ints
    usable: Ints
    drift: Floats | None = None

    def take(self, rows: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Samples:
        """Return the samples of the given rows, in their order."""
        return Samples(
            self.identity[rows],
            self.xyz_m[rows],
            self.points_m[rows],
            self.holes[rows],
            self.values[rows],
            self.domains[rows],
            self.usable[rows],
            None if self.drift is None else self.drift[rows],
        )

    def usable_in(self, domain: int) -> npt.NDArray[np.bool_]:
        """Which samples blocks of a domain may use, (n,)."""
        return (self.usable >> domain) & 1 == 1

    def __len__(self) -> int:
        return self.holes.size


@dataclass(frozen=True)
class Visit:
    """Elements of one visit, as the kernels take them."""

    names: tuple[str, ...]
    """Elements, those of one model side by side."""
    models: Models
    elements: Elements
    search: Search
    degree: int
    offsets: Floats
    """(p, 3) discretization points of a block, metres from its centre."""
    origin_m: Floats
    """(3,) what coordinates are counted from, so that they are small."""
    discard_above: float
    """Grade above which a sample is not chosen by far blocks; infinite for never."""
    drift_column: int = -1
    """Which of the samples' drifts the mean follows; -1 for none."""

    def kernel_samples(self, samples: Samples, values: Floats | None = None) -> KernelSamples:
        """Samples as the kernels take them; ``values`` (elements, n) where there are several."""
        grades = samples.values[None] if values is None else values
        return KernelSamples(
            np.ascontiguousarray((samples.points_m - self.origin_m).transpose(1, 0, 2)),
            np.ascontiguousarray(samples.xyz_m - self.origin_m),
            np.ascontiguousarray(samples.holes),
            np.ascontiguousarray(grades),
            self._drift_of(samples.drift, len(samples)),
            grades[0] > self.discard_above,
        )

    def _drift_of(self, drift: Floats | None, count: int) -> Floats:
        """The drift that this visit follows, (count, 1), or (count, 0) for none."""
        if self.drift_column < 0 or drift is None:
            return np.zeros((count, 0))
        return np.ascontiguousarray(drift[:, self.drift_column, None])

    def krige(
        self,
        samples: KernelSamples,
        blocks_m: Floats,
        group_start: Ints,
        own_hole: Ints | None,
        drift: Floats | None = None,
    ) -> Floats:
        """Results (elements, m, FIELDS) of blocks with centres ``blocks_m`` (m, 3), by group.

        ``drift`` (m, r): the drift rasters over the blocks, where the plan names any.
        """
        own = np.full(len(blocks_m), -1, np.int64) if own_hole is None else own_hole
        followed = self._drift_of(drift, len(blocks_m))
        blocks = np.ascontiguousarray(blocks_m - self.origin_m)
        targets = Targets(blocks, group_start, own, followed, self.offsets)
        found = krige_groups(targets, samples, self.models, self.elements, self.search, self.degree)
        return np.asarray(found)

    def of_points(self) -> Visit:
        """Return the same visit for points instead of blocks (cross-validation)."""
        return replace(
            self,
            offsets=np.zeros((1, 3)),
            models=self.models._replace(block_variances=total_sills(self.models)),
        )


def total_sills(models: Models) -> Floats:
    """Nugget and sills of each model together."""
    return models.nuggets + np.bincount(
        models.owner, weights=models.sills, minlength=models.nuggets.size
    )


def visit_of(
    plans: Mapping[str, Choices],
    block_m: Sequence[float],
    counts: Sequence[int],
    origin_m: Floats,
    drift_column: int = -1,
) -> Visit:
    """Arrays for elements that share samples and search (see :func:`shares_visit`).

    ``block_m`` and ``counts``: size of a block and its discretization along x, y, z.
    """
    offsets = discretisation(block_m, counts)
    variograms = {name: plan.variogram for name, plan in plans.items()}
    leaders, model, factor = _families(variograms)
    order = sorted(range(len(plans)), key=lambda e: model[e])
    names = tuple(list(plans)[e] for e in order)
    first = next(iter(plans.values()))
    limits = {n: p.high_yield for n, p in plans.items() if p.high_yield is not None}
    models = kernel_models([variograms[name] for name in leaders], offsets)
    search = kernel_search(
        first.search, first.search_orientation or first.variogram.orientation, first.high_yield
    )
    return Visit(
        names,
        models,
        Elements(
            np.array([model[e] for e in order], np.int64),
            np.array([factor[e] for e in order]),
            np.array([plans[name].known_mean or 0.0 for name in names]),
            np.array([_threshold(limits.get(name), "limit") for name in names]),
        ),
        search,
        DEGREES.get(first.method, ORDINARY),
        offsets,
        origin_m,
        _threshold(first.high_yield, "discard"),
        drift_column,
    )


def shares_visit(one: Choices, other: Choices) -> bool:
    """Whether two elements with the same samples can be kriged in one visit."""
    return (
        one.search == other.search
        and one.method == other.method
        and one.drift == other.drift
        and one.local_orientation == other.local_orientation
        and (one.local_orientation is None or _same_axes(one, other))
        and all(p.indicators is None and p.partner is None for p in (one, other))
        and (one.search_orientation or one.variogram.orientation)
        == (other.search_orientation or other.variogram.orientation)
        and _yield_radii(one) == _yield_radii(other)
        and all(p.high_yield is None or p.high_yield.beyond == "limit" for p in (one, other))
    )


def _same_axes(one: Choices, other: Choices) -> bool:
    """Whether the variograms of two elements lie the same way."""
    return one.variogram.orientation == other.variogram.orientation


def by_group(group: Ints) -> tuple[Ints, Ints]:
    """Blocks in order of group, and the first of each group in that order (one more at the end)."""
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    return order, np.append(starts, group.size)


def _yield_radii(plan: Choices) -> tuple[float, float, float] | None:
    """Radii of the high-yield ellipsoid, where there is one."""
    return plan.high_yield.radii_m if plan.high_yield else None


def _threshold(rule: HighYield | None, beyond: str) -> float:
    """Grade above which a restriction of one kind sets in; infinite where there is none."""
    return rule.above if rule is not None and rule.beyond == beyond else np.inf


def discretisation(block_m: Sequence[float], counts: Sequence[int]) -> Floats:
    """Regular points of a block, (p, 3) metres from its centre, x fastest."""
    along = [
        size * ((np.arange(count) + 0.5) / count - 0.5)
        for size, count in zip(block_m, counts, strict=True)
    ]
    z, y, x = np.meshgrid(along[2], along[1], along[0], indexing="ij")
    return np.column_stack([x.ravel(), y.ravel(), z.ravel()])


def kernel_search(
    passes: Sequence[SearchPass], orientation: Orientation, high_yield: HighYield | None
) -> Search:
    """Search passes as the kernels take them."""
    axes = axes_from_gslib(orientation)
    near = np.array(high_yield.radii_m) if high_yield else np.ones(3)
    return Search(
        np.array([axes / np.array(p.radii_m)[:, None] for p in passes]),
        np.array([_limits(p) for p in passes], np.int64),
        axes / near[:, None],
    )


def _limits(one: SearchPass) -> list[int]:
    """Limits of a pass in the order of the kernels' columns."""
    sides = one.sectors
    return [
        one.min_samples,
        one.max_samples,
        one.max_per_hole,
        one.min_holes,
        sides.count if sides else 1,
        sides.max_samples if sides else one.max_samples,
        sides.min_filled if sides else 1,
    ]


def kernel_models(variograms: Sequence[Variogram], offsets: Floats) -> Models:
    """Variograms as the kernels take them; ``offsets`` (p, 3) of the block's points, metres."""
    metrics: list[Floats] = []
    rows = []
    for owner, variogram in enumerate(variograms):
        for s in variogram.structures:
            metric, stretch = _metric_of(metrics, structure_metric(variogram, s))
            rows.append((metric, owner, KINDS[s.model], s.sill, stretch))
    rows.sort(key=lambda row: row[0])
    which = np.array([row[0] for row in rows], np.int64)
    again = np.append(False, np.diff(which) == 0)
    return Models(
        np.array([float(v.nugget) for v in variograms]),
        np.array([row[1] for row in rows], np.int64),
        np.array([row[2] for row in rows], np.int64),
        np.array([row[3] for row in rows]),
        np.where(again, SAME_METRIC, which),
        np.array([row[4] for row in rows]),
        np.array(metrics),
        np.array([_own_variance(v, offsets) for v in variograms]),
    )


def structure_metric(variogram: Variogram, structure: Structure) -> Floats:
    """Metres to ranges of one structure, (3, 3): along its own axes, else the variogram's."""
    axes = axes_from_gslib(structure.orientation or variogram.orientation)
    return np.asarray(axes / np.array(structure.ranges_m)[:, None])


def _own_variance(variogram: Variogram, offsets: Floats) -> float:
    """C(V,V) of a block under one variogram."""
    structures = variogram.structures
    return float(
        block_variance(
            offsets,
            float(variogram.nugget),
            np.array([KINDS[s.model] for s in structures], np.int64),
            np.array([s.sill for s in structures]),
            np.array([structure_metric(variogram, s) for s in structures]),
        )
    )


def _metric_of(metrics: list[Floats], matrix: Floats) -> tuple[int, float]:
    """Find a metric proportional to ``matrix``, or add it: (which, times what)."""
    size = np.linalg.norm(matrix)
    for at, known in enumerate(metrics):
        stretch = float(size / np.linalg.norm(known))
        if np.allclose(known * stretch, matrix, rtol=_SAME, atol=_SAME * size):
            return at, stretch
    metrics.append(matrix)
    return len(metrics) - 1, 1.0


def _families(variograms: dict[str, Variogram]) -> tuple[list[str], list[int], list[float]]:
    """First element of each set of proportional variograms; each element's set and factor."""
    leaders: list[str] = []
    model: list[int] = []
    factor: list[float] = []
    for name, variogram in variograms.items():
        for at, leader in enumerate(leaders):
            times = _times(variograms[leader], variogram)
            if times is not None:
                model.append(at)
                factor.append(times)
                break
        else:
            leaders.append(name)
            model.append(len(leaders) - 1)
            factor.append(1.0)
    return leaders, model, factor


def _times(one: Variogram, other: Variogram) -> float | None:
    """What ``one`` is multiplied by to give ``other``; None where they are not proportional."""
    shapes = [
        [(s.model, s.ranges_m, s.orientation or v.orientation) for s in v.structures]
        for v in (one, other)
    ]
    if shapes[0] != shapes[1]:
        return None
    parts = [np.array([v.nugget, *(s.sill for s in v.structures)]) for v in (one, other)]
    times = other.total_sill / one.total_sill
    return times if np.allclose(parts[0] * times, parts[1], rtol=_SAME, atol=0.0) else None
