"""The exhaustive truth: correlated Gaussian fields, a porphyry trend, ground and oxidation.

Fields are simulated on a grid of nodes (two a block each way) with a linear model of
coregionalization, by the spectral method on a torus (Dietrich and Newsam 1993: the square root
of the covariance's Fourier transform times that of white noise). Grades are lognormal:
``trend * exp(s z - s^2 / 2)``, so that the expectation is the trend. The nugget lives at sample
scale only (drilling.py) and has mean one: block means of these grades are what samples estimate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft
from scipy.ndimage import map_coordinates
from specs import ELEMENTS, STRUCTURE_RANGES_M, Body, DepositSpec, Site

PAD_M = 180.0
"""Nodes reach this far beyond the blocks, so that holes never leave them."""

RHENIUM_IN_MOLYBDENITE = 0.016683
"""g/t Re in ore for 1 % Mo and 1 ppm Re in molybdenite: 0.01 * 160.07 / 95.95."""


@dataclass(frozen=True)
class Truth:
    """Grades on nodes, and the surfaces they hang from.

    ``grades`` hold the sulphide grades before leaching (arrays z, y, x); what leaching and
    enrichment do is added by :meth:`at`, so that the contact stays sharp.
    """

    spec: DepositSpec
    first_m: tuple[float, ...]
    step_m: tuple[float, ...]
    grades: dict[str, np.ndarray]
    density: np.ndarray

    def ground(self, east: np.ndarray, north: np.ndarray) -> np.ndarray:
        """Elevation of the ground, m."""
        return ground_m(self.spec.site, east, north)

    def oxide_base(self, east: np.ndarray, north: np.ndarray) -> np.ndarray:
        """Depth of the base of the oxide zone below ground, m."""
        return oxide_thickness_m(self.spec, east, north)

    def at(self, points: np.ndarray) -> dict[str, np.ndarray]:
        """Expected grades, density, depth and oxide flag at points (n, 3): east, north, up."""
        where = [(points[:, a] - self.first_m[a]) / self.step_m[a] for a in (2, 1, 0)]
        if any(
            (w < 0).any() or (w > n - 1).any()
            for w, n in zip(where, self.density.shape, strict=True)
        ):
            raise ValueError(f"{self.spec.belt}: a point lies outside the simulated volume")
        found = {
            name: map_coordinates(values, where, order=1) for name, values in self.grades.items()
        }
        found["density"] = map_coordinates(self.density, where, order=1)
        depth = self.ground(points[:, 0], points[:, 1]) - points[:, 2]
        thick = self.oxide_base(points[:, 0], points[:, 1])
        return weather(found, depth, thick, self.spec.body)


def weather(
    found: dict[str, np.ndarray], depth: np.ndarray, thick: np.ndarray, body: Body
) -> dict[str, np.ndarray]:
    """Leach the cap (copper most), enrich just below it and lighten oxide rock."""
    oxide = depth < thick
    share = np.clip(depth / thick, 0.0, 1.0)
    below = np.clip(depth - thick, 0.0, None)
    copper = np.where(oxide, 0.20 + 0.60 * share, 1.0 + body.enrichment * np.exp(-below / 15.0))
    silver = np.where(oxide, 0.5 + 0.4 * share, 1.0)
    moly = np.where(oxide, 0.75 + 0.2 * share, 1.0)
    factors = {"cu_pct": copper, "ag_gpt": silver, "mo_pct": moly, "re_ppm": moly * silver}
    result = {name: values * factors.get(name, 1.0) for name, values in found.items()}
    result["density"] = found["density"] - np.where(oxide, 0.22 - 0.10 * share, 0.0)
    return {**result, "oxide": oxide, "depth": depth}


def ground_m(site: Site, east: np.ndarray, north: np.ndarray) -> np.ndarray:
    """Ground elevation: long regional waves and short local ones (no random part).

    Waves of 3 km and more keep a 90 m elevation model within a metre of the formula.
    """
    x, y = (east - site.centre_m[0]) / 1000.0, (north - site.centre_m[1]) / 1000.0
    regional = (
        np.sin(2 * np.pi * (0.81 * x + 0.59 * y) / 31.0)
        + 0.6 * np.sin(2 * np.pi * (0.35 * x - 0.94 * y) / 17.0)
        + 0.35 * np.sin(2 * np.pi * (0.98 * x + 0.17 * y) / 9.5)
    )
    local = np.sin(2 * np.pi * (0.5 * x + 0.87 * y) / 3.1 + 0.6) + 0.7 * np.sin(
        2 * np.pi * (0.94 * x - 0.34 * y) / 4.3 + 1.1
    )
    return site.ground_m + site.regional_relief_m * regional + site.local_relief_m * local


def oxide_thickness_m(spec: DepositSpec, east: np.ndarray, north: np.ndarray) -> np.ndarray:
    """Thickness of the leached cap and oxide zone, m (smooth, waves of about 600 m)."""
    x, y = (east - spec.site.centre_m[0]) / 610.0, (north - spec.site.centre_m[1]) / 530.0
    wave = 0.5 + 0.27 * np.sin(2 * np.pi * (0.8 * x + 0.6 * y) + 0.4)
    wave = wave + 0.23 * np.sin(2 * np.pi * (0.3 * x - 0.95 * y) * 0.7)
    thin, thick = spec.body.oxide_m
    return thin + (thick - thin) * wave


def body_axes(body: Body) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors (east, north) along and across strike."""
    angle = np.radians(body.strike_deg)
    return np.array([np.sin(angle), np.cos(angle)]), np.array([np.cos(angle), -np.sin(angle)])


def trend(spec: DepositSpec, nodes: tuple[np.ndarray, ...], element: str) -> np.ndarray:
    """Multiplier of the crest grade at nodes (z, y, x axes): low core, crest, decline outward."""
    z, y, x = np.meshgrid(*nodes, indexing="ij", sparse=True)
    along, across = body_axes(spec.body)
    east, north = x - spec.site.centre_m[0], y - spec.site.centre_m[1]
    a, b, c = spec.body.semi_axes_m
    centre = ground_m(spec.site, *np.array(spec.site.centre_m)) - spec.body.depth_m
    drop = 60.0 if element == "mo_pct" and spec.archetype.kind == "Cu-Mo" else 0.0
    radius = np.sqrt(
        ((east * along[0] + north * along[1]) / a) ** 2
        + ((east * across[0] + north * across[1]) / b) ** 2
        + ((z - centre + drop) / c) ** 2
    )
    outside = np.clip((radius - 1.0) * (a * b * c) ** (1 / 3) - 30.0, 0.0, None)
    inside = np.clip((0.85 - radius) / 0.6, 0.0, 1.0)
    inside = inside * inside * (3.0 - 2.0 * inside)
    core = np.log(spec.archetype.core_factor[element])
    return np.exp(core * inside - outside / spec.archetype.efold_m[element])


def spectral_root(
    shape: tuple[int, ...], step: tuple[float, ...], spec: DepositSpec, name: str
) -> np.ndarray:
    """Square root of the spectrum of a spherical structure on a torus (z, y, x)."""
    major, minor, vertical = STRUCTURE_RANGES_M[name]
    offsets = [np.fft.fftfreq(n) * n * d for n, d in zip(shape, step, strict=True)]
    z, y, x = np.meshgrid(*offsets, indexing="ij", sparse=True)
    along, across = body_axes(spec.body)
    h = np.sqrt(
        ((x * along[0] + y * along[1]) / major) ** 2
        + ((x * across[0] + y * across[1]) / minor) ** 2
        + (z / vertical) ** 2
    )
    h = np.minimum(h, 1.0)
    covariance = 1.0 - 1.5 * h + 0.5 * h**3
    spectrum = np.clip(fft.rfftn(covariance).real, 0.0, None)
    return np.sqrt(spectrum / fft.irfftn(spectrum, shape)[0, 0, 0])


def simulate_factors(
    spec: DepositSpec, nodes: tuple[int, ...], step: tuple[float, ...], rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Unit-variance Gaussian fields of every element and of density on ``nodes`` (z, y, x)."""
    shape = tuple(
        int(n + np.ceil(r / d)) for n, d, r in zip(nodes, step, (250.0, 300.0, 300.0), strict=True)
    )
    shape = tuple(fft.next_fast_len(n, real=True) for n in shape)
    mixing = np.linalg.cholesky(np.array(spec.archetype.correlation))
    keep = tuple(slice(0, n) for n in nodes)
    fields = {name: np.zeros(nodes, np.float32) for name in (*ELEMENTS, "density")}
    for s, structure in enumerate(STRUCTURE_RANGES_M):
        root = spectral_root(shape, step, spec, structure)
        white = [
            fft.irfftn(root * fft.rfftn(rng.standard_normal(shape)), shape)[keep] for _ in ELEMENTS
        ]
        for e, element in enumerate(ELEMENTS):
            sill = spec.archetype.shares[element][s]
            mixed = sum(mixing[e, j] * white[j] for j in range(e + 1))
            fields[element] += (np.sqrt(sill) * mixed).astype(np.float32)
        if structure == "middle":
            fields["density"] += fft.irfftn(root * fft.rfftn(rng.standard_normal(shape)), shape)[
                keep
            ].astype(np.float32)
    return fields


def build_truth(spec: DepositSpec) -> Truth:
    """Simulate one deposit; the same spec always gives the same numbers."""
    rng = np.random.default_rng([spec.seed, 1])
    step = tuple(size / 2.0 for size in spec.block_m)
    pad = tuple(int(np.ceil(PAD_M / d)) for d in step)
    counts = tuple(2 * n + 2 * p for n, p in zip(spec.shape, pad, strict=True))
    first = tuple(o + d / 2 - p * d for o, d, p in zip(spec.origin_m, step, pad, strict=True))
    axes = tuple(first[a] + step[a] * np.arange(counts[a]) for a in (2, 1, 0))
    factors = simulate_factors(spec, counts[::-1], step[::-1], rng)
    grades: dict[str, np.ndarray] = {}
    for element in ELEMENTS:
        variance = spec.archetype.log_variance[element]
        level = spec.archetype.crest[element] * trend(spec, axes, element)
        grades[element] = level * np.exp(np.sqrt(variance) * factors[element] - variance / 2)
    grades["re_ppm"] = grades["re_ppm"] * grades["mo_pct"] * RHENIUM_IN_MOLYBDENITE
    density = spec.archetype.density_tpm3 + 0.03 * factors["density"] + 0.02 * grades["cu_pct"]
    return Truth(spec, first, step, {k: v.astype(np.float32) for k, v in grades.items()}, density)
