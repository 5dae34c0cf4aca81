"""Which samples a variogram is worked out from, and with which lags."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from estimation.engine.krige import domain_names
from estimation.exploratory.declustering import declustering_weights
from estimation.plan import Choices
from estimation.rotation import axes_from_gslib
from estimation.studies import Workbench
from estimation.variography.experimental import (
    Direction,
    ExperimentalVariogram,
    experimental_variogram,
)
from estimation.variography.experimental_pairs import Lags
from estimation.variography.models import effective_range_m, gamma_along
from estimation.variography.views import trend_plunge_text

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FEWEST_SAMPLES = 30
"""A domain with fewer has no variogram of its own."""
STEEP_SINE = float(np.sin(np.deg2rad(45.0)))
"""Steeper directions run along the holes: their lags follow the samples, not the hole spacing."""
MOST_LAGS = 12
FEW_LAGS = 8
DOWNHOLE_LAGS = 15
BAND_LAGS = 2.0
"""Half width of a direction's band, in hole spacings."""


@dataclass(frozen=True)
class Group:
    """Samples of one element, capped as they are estimated: of one domain, or of all together."""

    element: str
    domain: str
    """``all`` where the samples of several domains stand together."""
    xyz_m: Floats
    values: Floats
    holes: Ints
    weights: Floats
    choices: Choices
    whole: bool
    """All samples of the element: its figures are drawn in full."""

    @property
    def mean(self) -> float:
        """Declustered mean, the element's unit."""
        return float(np.average(self.values, weights=self.weights))

    @property
    def variance(self) -> float:
        """Declustered variance, the unit squared: the sill."""
        return float(np.average((self.values - self.mean) ** 2, weights=self.weights))

    @property
    def spacing_m(self) -> float:
        """Median distance from a hole's middle to the nearest one's, in plan."""
        number = np.unique(self.holes, return_inverse=True)[1]
        count = np.bincount(number)
        middle = [np.bincount(number, weights=self.xyz_m[:, a]) / count for a in range(2)]
        places = np.unique(np.round(np.column_stack(middle), 3), axis=0)
        if len(places) < 2:
            return float(np.ptp(self.xyz_m, axis=0).max()) / MOST_LAGS or 1.0
        distance, _ = cKDTree(places).query(places, k=2)
        return float(np.median(distance[:, 1]))

    @property
    def step_m(self) -> float:
        """Usual distance of a sample to the next one in its hole; else the spacing."""
        order = np.lexsort((-self.xyz_m[:, 2], self.holes))
        apart = np.linalg.norm(np.diff(self.xyz_m[order], axis=0), axis=1)
        same = self.holes[order][1:] == self.holes[order][:-1]
        return float(np.median(apart[same])) if (same & (apart > 0)).any() else self.spacing_m


@dataclass(frozen=True)
class Shown:
    """One direction's experimental variogram with its settings and the plan's model along it."""

    name: str
    title_zh: str
    title_en: str
    lags: Lags
    found: ExperimentalVariogram
    vector: Floats
    """Direction that the model is drawn along."""
    nugget: float | None = None

    @property
    def trend_plunge(self) -> str:
        """The direction as ``trend/plunge``."""
        return trend_plunge_text(self.vector)

    @property
    def note(self) -> str:
        """Direction, tolerances and lag as a figure says them."""
        lag = f"lag {self.lags.width_m:.3g} m"
        if self.lags.lag_tolerance_m is not None:
            return f"{self.trend_plunge} · {lag} ± {self.lags.lag_tolerance_m:.3g} m"
        if self.name == "omnidirectional":
            return lag
        return (
            f"{self.trend_plunge} ± {self.lags.tolerance_deg:g}° · {lag} · "
            f"带宽 band ± {self.lags.bandwidth_m:.3g} m"
        )

    def model(self, choices: Choices, h_m: Floats) -> Floats:
        """The plan's model at distances along the direction."""
        return gamma_along(choices.variogram, h_m, self.vector)

    def misfit(self, choices: Choices) -> float:
        """Root mean square of model less experiment, weighted by pairs, in shares of the sill.

        NaN where no lag has pairs enough.
        """
        use = self.found.usable & np.isfinite(self.found.gamma)
        if not use.any():
            return float("nan")
        gap = self.found.gamma[use] - self.model(choices, self.found.distance_m[use])
        mean_square = np.average(gap**2, weights=self.found.pairs[use])
        return float(np.sqrt(mean_square) / choices.variogram.total_sill)


def groups_of(bench: Workbench, element: str) -> list[Group]:
    """All samples of an element, then those of each domain that has enough."""
    plan, samples = bench.data.plan, bench.problem.elements[element]
    choices = plan.elements[element]
    names = domain_names(plan)
    present = [i + 1 for i in range(len(names)) if (samples.domains == i + 1).any()]
    parts = [("all" if len(present) > 1 else names[present[0] - 1], samples.domains > 0, True)]
    if len(present) > 1:
        parts += [(names[code - 1], samples.domains == code, False) for code in present]
    found = []
    for name, rows, whole in parts:
        if rows.sum() < FEWEST_SAMPLES and not whole:
            continue
        xyz, holes = samples.xyz_m[rows], samples.holes[rows]
        own = choices if whole else choices.choices_of(name)
        weights = declustering_weights(xyz, holes)
        found.append(Group(element, name, xyz, samples.values[rows], holes, weights, own, whole))
    return found


def downhole(group: Group) -> Shown:
    """Down the hole, lags at whole numbers of samples: what the nugget is read from."""
    step = group.step_m
    lags = Lags(step, DOWNHOLE_LAGS, lag_tolerance_m=step / 2.0)
    found = experimental_variogram(
        group.xyz_m, group.values, group.holes, lags, "downhole", weights=group.weights
    )
    nugget = group.choices.variogram.nugget
    return Shown("downhole", "沿孔", "down the hole", lags, found, hole_direction(group), nugget)


def along_axes(group: Group) -> list[Shown]:
    """Along the three axes of the plan's variogram."""
    axes = axes_from_gslib(group.choices.variogram.orientation)
    names = (("major", "长轴"), ("semi-major", "中轴"), ("minor", "短轴"))
    shown = []
    for (en, zh), axis in zip(names, axes, strict=True):
        lags = lags_along(group, axis)
        found = _found(group, lags, axis)
        shown.append(Shown(en, zh, f"{en} axis", lags, found, axis))
    return shown


def omnidirectional(group: Group) -> Shown:
    """Every direction together; the model along its major axis."""
    flat = np.array([1.0, 0.0, 0.0])
    lags = lags_along(group, flat)
    major = axes_from_gslib(group.choices.variogram.orientation)[0]
    return Shown(
        "omnidirectional", "全向", "omnidirectional", lags, _found(group, lags, "all"), major
    )


def _found(group: Group, lags: Lags, direction: Direction) -> ExperimentalVariogram:
    return experimental_variogram(
        group.xyz_m, group.values, group.holes, lags, direction, weights=group.weights
    )


def lags_along(group: Group, direction: Floats) -> Lags:
    """Lags of the hole spacing on the level (half of it where few), of samples where steep.

    As far as twice the plan's range or six hole spacings, whichever is more, and to half the
    extent of the samples at most; four to twelve lags; 22.5 degrees of tolerance (DZ/T 0338.3
    practice, unverified; GSLIB's default).
    """
    half = max(float(np.ptp(group.xyz_m @ direction)) / 2.0, group.step_m)
    ranged = effective_range_m(group.choices.variogram, direction)
    far = min(half, max(2.0 * ranged, 6.0 * group.spacing_m))
    steep = abs(direction[2]) >= STEEP_SINE
    width = max(2.0 * group.step_m, far / MOST_LAGS) if steep else group.spacing_m
    if not steep and far / width < FEW_LAGS:
        width /= 2.0
    width = min(width, max(far / 4.0, group.step_m))
    count = int(np.clip(np.floor(far / width), 4, MOST_LAGS))
    band = BAND_LAGS * group.spacing_m
    return Lags(float(f"{width:.3g}"), count, 22.5, None, band, band)


def hole_direction(group: Group) -> Floats:
    """Mean direction of the holes, pointing down; straight down where no hole has two samples."""
    order = np.lexsort((-group.xyz_m[:, 2], group.holes))
    xyz, holes = group.xyz_m[order], group.holes[order]
    steps = np.diff(xyz, axis=0)[holes[1:] == holes[:-1]]
    total = steps[steps[:, 2] < 0].sum(axis=0)
    length = float(np.linalg.norm(total))
    return np.asarray(total / length) if length > 0 else np.array([0.0, 0.0, -1.0])
