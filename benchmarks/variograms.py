"""Simulated deposits of known variograms, drilled, and what the automatic proposal finds in them.

``python -m benchmarks.variograms [--deposits 50] [--seed 1000] [--processes 2]`` prints one line a
deposit and the medians. Seeds from 1000 on are held out; 2000 to 2009 served to choose.
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation
from scipy.special import spherical_jn

from estimation.plan import Structure, Variogram
from estimation.rotation import axes_from_gslib, orientation_from_axes
from estimation.variography.models import effective_range_m
from estimation.variography.proposal import Evidence, propose_variogram

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

MEAN = 5.0
"""Mean of simulated grades, in standard deviations: they are not skewed."""

TOLD_APART = 1.25
"""Ratio of true ranges from which an axis counts as defined."""

WANTED_RANGE, WANTED_DEG = 0.25, 15.0
WAVES = 4000
"""Cosines of a simulated structure."""


@cache
def _spherical_radii() -> tuple[Floats, Floats]:
    """Cumulated spectral density of the spherical model of range 1 by wave number."""
    u = np.linspace(1e-6, 4000.0, 800_001)
    # the ball of diameter 1 convolved with itself: its transform squared, times u^2
    density = (spherical_jn(1, u / 2.0) / (u / 2.0)) ** 2 * u**2
    total = np.cumsum(density)
    return u, np.asarray(total / total[-1])


def _wave_vectors(model: str, count: int, rng: np.random.Generator) -> Floats:
    """Wave vectors (count, 3) drawn from the spectral density of a model of range 1.

    Spectral method of Shinozuka & Jan (1972); densities: Chilès & Delfiner (2012), 7.3.
    """
    if model == "spherical":
        u, total = _spherical_radii()
        radius = np.interp(rng.random(count), total, u)
        line = rng.normal(size=(count, 3))
        return radius[:, None] * line / np.linalg.norm(line, axis=1)[:, None]
    if model == "exponential":  # Cauchy's distribution in three dimensions, practical range
        return 3.0 * rng.normal(size=(count, 3)) / np.abs(rng.normal(size=count))[:, None]
    if model == "gaussian":
        return np.sqrt(6.0) * rng.normal(size=(count, 3))
    raise ValueError(f"no spectral density here for {model}")


def simulate(variogram: Variogram, xyz_m: Floats, rng: np.random.Generator) -> Floats:
    """One Gaussian realisation (n,) of mean 0 at places (n, 3): cosines, and white noise."""
    total = np.sqrt(variogram.nugget) * rng.normal(size=len(xyz_m))
    for s in variogram.structures:
        axes = axes_from_gslib(s.orientation or variogram.orientation)
        reduced = (xyz_m @ axes.T) / np.array(s.ranges_m)
        waves, phases = _wave_vectors(s.model, WAVES, rng), rng.random(WAVES) * 2.0 * np.pi
        for low in range(0, len(xyz_m), 500):
            part = slice(low, low + 500)
            cosines = np.cos(reduced[part] @ waves.T + phases).sum(axis=1)
            total[part] += np.sqrt(2.0 * s.sill / WAVES) * cosines
    return np.asarray(total)


@dataclass(frozen=True)
class SimulatedDeposit:
    """A drilled deposit whose variogram is known."""

    truth: Variogram
    xyz_m: Floats
    values: Floats
    holes: Integers
    composite_m: float


def drill(rng: np.random.Generator) -> tuple[Floats, Integers, float]:
    """Composites (n, 3) of a drill grid, their holes and their length.

    50 to 120 holes on a grid of 50 to 90 m with a jitter, a quarter of the programmes vertical,
    the others fanned or inclined to one side; composites of 2 to 6 m, 150 to 400 m of hole.
    """
    wanted, step = int(rng.integers(50, 121)), rng.uniform(50.0, 90.0)
    rows = int(np.ceil(np.sqrt(wanted * rng.uniform(0.6, 1.0))))
    columns = int(np.ceil(wanted / rows))
    composite = float(rng.choice([2.0, 3.0, 4.0, 5.0, 6.0]))
    turned, inclined = rng.uniform(0.0, np.pi), rng.random() > 0.25
    places, holes = [], []
    for number in range(wanted):
        east, north = (number % columns) * step, (number // columns) * step
        collar = np.array([east, north]) + rng.normal(size=2) * 0.1 * step
        dip = np.deg2rad(rng.choice([60.0, 70.0, 75.0]) if inclined else 90.0)
        azimuth = turned + (np.pi if inclined and rng.random() < 0.2 else 0.0)
        way = [np.cos(dip) * np.sin(azimuth), np.cos(dip) * np.cos(azimuth), -np.sin(dip)]
        count = int(rng.uniform(150.0, 400.0) / composite)
        along = (np.arange(count) + 0.5) * composite
        places.append(np.append(collar, 0.0) + along[:, None] * np.array(way))
        holes.append(np.full(count, number))
    return np.vstack(places), np.concatenate(holes).astype(np.int64), composite


def true_variogram(rng: np.random.Generator) -> Variogram:
    """A variogram of sill 1: nugget 0 to 0.35, one or two structures, ratios 1 to 5, any axes."""
    major = rng.uniform(60.0, 350.0)
    ratios = np.sort(rng.uniform(1.0, 5.0, size=2))
    if rng.random() < 0.2:
        ratios[0] = 1.0
    if rng.random() < 0.1:
        ratios[:] = 1.0
    ranges = np.maximum(major / np.array([1.0, ratios[0], ratios[1]]), min(major, 20.0))
    nugget, model = rng.uniform(0.0, 0.35), str(rng.choice(["spherical", "exponential"]))
    axes = Rotation.random(random_state=int(rng.integers(2**31))).as_matrix()
    share = rng.uniform(0.3, 0.6) if rng.random() < 0.5 else 0.0
    scale = rng.uniform(0.25, 0.5)

    def structure(part: float, factor: float) -> Structure:
        a, b, c = (float(r) for r in ranges * factor)
        return Structure(model=model, sill=(1.0 - nugget) * part, ranges_m=(a, b, c))  # type: ignore[arg-type]

    nested = (structure(share, scale),) if share else ()
    return Variogram(
        nugget=nugget,
        structures=(*nested, structure(1.0 - share, 1.0)),
        orientation=orientation_from_axes(axes),
    )


def simulated_deposit(seed: int) -> SimulatedDeposit:
    """The deposit of one seed."""
    rng = np.random.default_rng(seed)
    truth = true_variogram(rng)
    xyz, holes, composite = drill(rng)
    return SimulatedDeposit(truth, xyz, MEAN + simulate(truth, xyz, rng), holes, composite)


@dataclass(frozen=True)
class Recovery:
    """How a proposal compares with the truth of one deposit."""

    seed: int
    samples: int
    seconds: float
    shape: str
    true_ranges_m: Floats
    """(3,) effective ranges of the truth along its axes."""
    found_ranges_m: Floats
    """(3,) of the proposal along its own axes, longest first."""
    same_axes_m: Floats
    """(3,) of the proposal along the true axes."""
    turned_deg: Floats
    """(3,) angles between equal axes; NaN where the truth does not define an axis."""
    nugget_error: float
    standard_errors: Floats
    """(3,) relative, of the ranges, as the proposal states them."""

    @property
    def within_two_errors(self) -> npt.NDArray[np.bool_]:
        """(3,) whether the true range lies within two stated standard errors."""
        apart = np.abs(np.log(self.found_ranges_m / self.true_ranges_m))
        return np.asarray(apart <= 2.0 * self.standard_errors)

    @property
    def range_error(self) -> Floats:
        """(3,) relative errors of the effective ranges, each along its own axis."""
        return np.asarray(np.abs(self.found_ranges_m / self.true_ranges_m - 1.0))

    @property
    def same_axes_error(self) -> Floats:
        """(3,) relative errors along the true axes."""
        return np.asarray(np.abs(self.same_axes_m / self.true_ranges_m - 1.0))


def recover(seed: int) -> Recovery:
    """Simulate, drill, propose and compare one deposit."""
    deposit = simulated_deposit(seed)
    began = time.process_time()
    proposed = propose_variogram(
        Evidence(deposit.xyz_m, deposit.values, deposit.holes, deposit.composite_m)
    )
    seconds = time.process_time() - began
    found, truth = proposed.variogram, deposit.truth
    own, true = axes_from_gslib(found.orientation), axes_from_gslib(truth.orientation)
    ranges = np.array([effective_range_m(truth, a) for a in true])
    turned = np.rad2deg(np.arccos(np.clip(np.abs(np.sum(own * true, axis=1)), 0.0, 1.0)))
    alike = ranges[:-1] < TOLD_APART * ranges[1:]
    turned[np.array([alike[0], alike.any(), alike[1]])] = np.nan
    return Recovery(
        seed,
        deposit.values.size,
        seconds,
        proposed.shape,
        ranges,
        np.array([effective_range_m(found, a) for a in own]),
        np.array([effective_range_m(found, a) for a in true]),
        turned,
        (found.nugget - truth.nugget) / truth.total_sill,
        np.array(proposed.confidence.range_error),
    )


def as_line(one: Recovery) -> str:
    """One deposit in one line."""

    def metres(ranges: Floats) -> str:
        return " ".join(f"{r:4.0f}" for r in ranges)

    angles = " ".join("  -" if np.isnan(a) else f"{a:3.0f}" for a in one.turned_deg)
    return (
        f"{one.seed:4d} {one.samples:6d} {one.seconds:6.1f} s  {one.shape:9s} "
        f"{metres(one.true_ranges_m)} | {metres(one.found_ranges_m)} | {angles} | "
        f"{one.nugget_error:+.2f}"
    )


def summary(found: list[Recovery]) -> str:
    """Medians over deposits and axes, and how many miss."""
    own = np.array([r.range_error for r in found])
    same = np.array([r.same_axes_error for r in found])
    turned = np.array([r.turned_deg for r in found])
    ratio = np.array([r.found_ranges_m / r.true_ranges_m for r in found])

    def three(values: Floats) -> str:
        return " / ".join(f"{v:.2f}" for v in values)

    angles = np.nanmedian(turned, axis=0)
    defined = np.isfinite(turned).sum(axis=0)
    missed = [int(np.sum(turned[:, a] > WANTED_DEG)) for a in (0, 2)]
    seconds = np.median([r.seconds for r in found])
    nugget = np.median([abs(r.nugget_error) for r in found])
    over = [f"{np.mean(own > limit):.0%}" for limit in (WANTED_RANGE, 0.5)]
    held = np.mean([r.within_two_errors for r in found])
    by_axis, ratios = three(np.median(own, axis=0)), three(np.median(ratio, axis=0))
    return (
        f"{len(found)} deposits; processor seconds, median {seconds:.1f}\n"
        f"range error, median over deposits and axes: {np.median(own):.3f} along own axes, "
        f"{np.median(same):.3f} along the true axes (wanted {WANTED_RANGE:g})\n"
        f"  by axis {by_axis}; found / true {ratios}\n"
        f"  missed by more than {WANTED_RANGE:g}: {over[0]}, by more than half: {over[1]}\n"
        f"angle, median: major {angles[0]:.1f} (of {defined[0]} deposits that define it; "
        f"{missed[0]} beyond {WANTED_DEG:g}), minor {angles[2]:.1f} (of {defined[2]}; "
        f"{missed[1]} beyond)\n"
        f"nugget error, share of the sill, median {nugget:.3f}\n"
        f"true range within two stated standard errors: {held:.0%}"
    )


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deposits", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=1)
    asked = parser.parse_args()
    print("seed samples  time    shape     true ranges, m | found | turned, degrees | nugget")
    found = []
    with ProcessPoolExecutor(asked.processes) as pool:
        for one in pool.map(recover, range(asked.seed, asked.seed + asked.deposits)):
            found.append(one)
            print(as_line(one), flush=True)
    print(summary(found))


if __name__ == "__main__":
    main()
