"""Gaussian random fields by the continuous spectral method: a sum of waves.

With frequencies w_l drawn from the spectral density of a structure's correlation and normal
amplitudes a_l, b_l::

    Y(x) = sqrt(1/L) sum_l [a_l cos(w_l . x) + b_l sin(w_l . x)]

has that correlation exactly (over all draws), and given its frequencies is exactly Gaussian.
Sources: Shinozuka & Jan (1972), J. Sound and Vibration 25(1), 111-128; Lantuéjoul (2002),
Geostatistical Simulation, chapter 15; Chilès & Delfiner (2012), Geostatistics, 2nd ed., 7.5.3;
normal amplitudes: Heße et al. (2014), Environmental Modelling & Software 55, 32-48 (GSTools, the
peer of the tests). Lengths of frequencies are stratified, so that every realization has its share
of long waves. Nothing is tied to a grid: data have their own places, nothing is moved to a node.
On the nodes of a box a wave is a product of three, so that a realization is one matrix product.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from estimation.engine.dense import correlation
from estimation.engine.visit import structure_metric
from estimation.plan import Variogram

Floats = npt.NDArray[np.float64]
Complex = npt.NDArray[np.complex128]

WAVES = 256
"""Waves of each structure in each realization."""
HIGHEST = 300.0
"""Largest tabulated length of a frequency, radians in a range (waves of a fiftieth of a range)."""
REACH = {"exponential": 8.0, "gaussian": 3.0, "matern_3_2": 6.0}
"""Ranges within which a correlation has come to nothing; 1 of those that end at their range."""


PIECES = 60
"""Pieces of 32 points each that a correlation is integrated over."""


SHARED = 5
"""Realizations that share frequencies, each with amplitudes of its own: they are independent given
the frequencies, and the waves are worked out once for all of them."""


@dataclass(frozen=True)
class Waves:
    """A few realizations: frequencies (L, 3) in radians a metre, amplitudes (r, L) ``a - i b``."""

    frequency: Floats
    amplitude: Complex

    def at(self, points_m: Floats) -> Floats:
        """Values at points (n, 3), metres from the origin of the field; (n, r)."""
        phase = points_m @ self.frequency.T
        a, b = self.amplitude.real, -self.amplitude.imag
        return np.asarray(np.cos(phase) @ a.T + np.sin(phase) @ b.T)

    def on_box(self, first_m: Floats, step_m: Floats, shape: tuple[int, int, int]) -> Floats:
        """Values on the nodes of a box, (nz, ny, nx, r); ``first_m``, ``step_m`` by x, y, z."""
        x, y, z = (self._along(a, first_m[a], step_m[a], shape[a]) for a in range(3))
        waves = x.shape[1]
        rows = (z[:, None] * y[None]).reshape(-1, waves)
        columns = np.conj(x[:, None] * self.amplitude[None]).reshape(-1, waves)
        # of complex numbers side by side: real part of the product, in one real matrix product
        made = rows.view(np.float64) @ columns.view(np.float64).T
        return np.asarray(made.reshape(shape[2], shape[1], shape[0], -1))

    def _along(self, axis: int, first: float, step: float, count: int) -> Complex:
        """Waves along one axis, (count, L): twice as many nodes by each turn."""
        turns = np.empty((count, len(self.frequency)), np.complex128)
        turns[0] = np.exp(1j * self.frequency[:, axis] * first)
        done = 1
        while done < count:
            more = min(done, count - done)
            turns[done : done + more] = turns[:more] * np.exp(
                1j * self.frequency[:, axis] * (step * done)
            )
            done += more
        return turns


def draw_waves(variogram: Variogram, rng: np.random.Generator, count: int = SHARED) -> Waves:
    """``count`` realizations of all structures of a variogram; its nugget is the caller's."""
    frequencies, amplitudes = [], []
    for structure in variogram.structures:
        length = frequency_lengths(structure.model, rng)
        direction = rng.standard_normal((WAVES, 3))
        direction /= np.linalg.norm(direction, axis=1)[:, None]
        metric = structure_metric(variogram, structure)
        frequencies.append((length[:, None] * direction) @ metric)
        parts = rng.standard_normal((2, count, WAVES)) * np.sqrt(structure.sill / WAVES)
        amplitudes.append(parts[0] - 1j * parts[1])
    return Waves(np.concatenate(frequencies), np.concatenate(amplitudes, axis=1))


def frequency_lengths(model: str, rng: np.random.Generator) -> Floats:
    """Lengths of frequencies (WAVES,), radians in a range, one of each equal share of the spectrum.

    Beyond the table the spectrum falls as the square of the length, as of every correlation that
    begins with a slope.
    """
    lengths, share = spectrum(model)
    drawn = (np.arange(WAVES) + rng.random(WAVES)) / WAVES
    tabulated = np.interp(drawn, share, lengths)
    beyond = HIGHEST * (1.0 - share[-1]) / np.maximum(1.0 - drawn, 1e-12)
    return np.where(drawn > share[-1], beyond, tabulated)


@lru_cache
def spectrum(model: str) -> tuple[Floats, Floats]:
    """Lengths of frequencies and the share of variance below each, of a structure of range 1.

    In three dimensions the density of lengths is ``p(k) = (2 k / pi) int C(r) r sin(k r) dr``
    (Chilès & Delfiner 2012, 2.3.3).
    """
    places, weights = np.polynomial.legendre.leggauss(32)
    edges = np.linspace(0.0, REACH.get(model, 1.0), PIECES + 1)
    half = (edges[1] - edges[0]) / 2.0
    r = (edges[:-1, None] + half * (places + 1.0)).ravel()
    dr = np.tile(half * weights, PIECES)
    lengths = np.linspace(0.0, HIGHEST, 6001)
    body = correlation(model, r) * r * dr
    density = np.concatenate(
        [np.sin(k[:, None] * r) @ body for k in np.array_split(lengths, 12)]
    ) * (2.0 * lengths / np.pi)
    density = np.maximum(density, 0.0)
    pieces = (density[1:] + density[:-1]) / 2.0 * np.diff(lengths)
    share = np.append(0.0, np.cumsum(pieces))
    return lengths, np.asarray(share / max(float(share[-1]), 1.0))
