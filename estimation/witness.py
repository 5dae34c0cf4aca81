"""An independent witness: chosen blocks kriged again by PyKrige from the same samples.

PyKrige knows points, not blocks, and has no covariance between block and samples. It is given a
block's own samples and its discretization points, once with the grades and once with each unit
vector in their place, which makes it print its weights. Block kriging is linear in the points, so

    estimate = mean of the point estimates,          w = mean of the point weights
    mu = mean over points of C(0) - w_p'c_p - s_p    (from PyKrige's own point variances s_p)
    variance = C(V,V) - w'c - mu

where c_p and c are covariances of samples with point and block. PyKrige has one anisotropy for all
structures: where a plan's structures differ in it, the witness is a plain dense solution in numpy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from estimation.errors import EstimationError
from estimation.kernels_kriging import chosen_samples
from estimation.krige import KrigingModel, Problem, kernel_samples, kriging_model
from estimation.layers import GEOMETRY_LAYER
from estimation.plan import Variogram
from estimation.store_read import VintageReader
from estimation.tile_statistics import statistic

Floats = npt.NDArray[np.float64]

LIMIT = 1e-8
"""Largest relative difference that a run may show."""


class WitnessError(EstimationError):
    """An estimate differs from the independent solution by more than :data:`LIMIT`."""


@dataclass(frozen=True)
class Testimony:
    """What the witness saw: blocks checked and the largest relative differences."""

    element: str
    witness: str
    blocks: int
    largest_estimate_difference: float
    largest_variance_difference: float


def call_witness(
    problem: Problem, model: VintageReader, element: str, blocks: int, seed: int
) -> Testimony:
    """Check ``blocks`` random estimated blocks of one element, none with redundant samples.

    Raises
    ------
    WitnessError
        A relative difference (estimate: of the samples' mean; variance: of the sill) is beyond
        :data:`LIMIT`.
    """
    plan = problem.plan
    variogram = plan.elements[element].variogram
    kriging = kriging_model(plan.elements[element], problem.grid, plan.discretisation)
    solve = _by_pykrige if proportional(variogram) else _by_dense_solution
    everything = problem.elements[element]
    worst = np.zeros(2)
    seen = 0
    for chosen in draw_blocks(model, element, blocks, seed):
        samples = everything.subset(everything.domains == chosen.domain)
        places, holes, values = kernel_samples(kriging, samples)
        block = kriging.places(chosen.centre_m[None])[0]
        used, _ = chosen_samples(block, -1, places, holes, *kriging.search)
        answer = solve(kriging, variogram, block, places[used], values[used])
        scale = max(abs(float(np.mean(values[used]))), 1e-12)
        worst[0] = max(worst[0], abs(answer[0] - chosen.estimate) / scale)
        worst[1] = max(worst[1], abs(answer[1] - chosen.variance) / variogram.total_sill)
        seen += 1
    name = "PyKrige" if solve is _by_pykrige else "numpy (dense)"
    if worst.max() > LIMIT:
        raise WitnessError(f"{element}: {name} differs by {worst.max():.2e}, limit {LIMIT:g}")
    return Testimony(element, name, seen, float(worst[0]), float(worst[1]))


@dataclass(frozen=True)
class DrawnBlock:
    """A block drawn for the witness, with what the model says of it."""

    centre_m: Floats
    domain: int
    estimate: float
    variance: float


def draw_blocks(model: VintageReader, element: str, count: int, seed: int) -> Iterator[DrawnBlock]:
    """Draw different blocks, each as likely as any other, among the sound ones of an element.

    A block is sound that was estimated from no redundant sample: a duplicate without nugget makes
    the witness's own system singular. Statistics say how many there are in each tile; only the
    tiles drawn are read.
    """
    table = model.statistics(element)
    sound = statistic(table, "estimated") - statistic(table, "redundant_blocks")
    ends = np.cumsum(np.nan_to_num(sound)).astype(np.int64)
    total = int(ends[-1])
    rng = np.random.default_rng(seed)
    drawn = np.sort(rng.choice(total, size=min(count, total), replace=False))
    tiles = np.searchsorted(ends, drawn, side="right")
    wanted = {GEOMETRY_LAYER: ("domain",), element: ("estimate", "variance", "redundant")}
    for index in np.unique(tiles):
        tile = model.grid.tile(int(index))
        found = model.read(tile.slices, wanted)
        fields = {name: values.ravel() for name, values in found[element].items()}
        domain = found[GEOMETRY_LAYER]["domain"].ravel()
        known = np.flatnonzero(~np.isnan(fields["estimate"]) & (fields["redundant"] == 0))
        before = ends[index - 1] if index else 0
        centres = model.grid.tile_centres_m(tile)
        for block in known[drawn[tiles == index] - before]:
            yield DrawnBlock(
                centres[block],
                int(domain[block]),
                float(fields["estimate"][block]),
                float(fields["variance"][block]),
            )


def proportional(variogram: Variogram) -> bool:
    """Whether every structure has the same anisotropy ratios."""
    ratios = [np.array(s.ranges_m) / s.ranges_m[0] for s in variogram.structures]
    return all(np.allclose(r, ratios[0], rtol=1e-12) for r in ratios)


def _correlation(model: str, h: Floats) -> Floats:
    """Correlation at ``h`` ranges, written anew here: a witness does not borrow the kernels."""
    if model == "spherical":
        return np.where(h < 1.0, 1.0 - 1.5 * h + 0.5 * h**3, 0.0)
    return np.exp(-3.0 * h) if model == "exponential" else np.exp(-3.0 * h**2)


def _covariance(variogram: Variogram, a: Floats, b: Floats) -> Floats:
    """Covariances without nugget between places ``a`` (n, 3) and ``b`` (m, 3)."""
    total = np.zeros((a.shape[0], b.shape[0]))
    for s in variogram.structures:
        apart = (a[:, None, :] - b[None, :, :]) / np.array(s.ranges_m)
        total += s.sill * _correlation(s.model, np.sqrt((apart**2).sum(axis=2)))
    return total


def _block_own_variance(variogram: Variogram, points: Floats) -> float:
    """C(V,V); the whole sill where the block is one point."""
    if points.shape[0] == 1:
        return variogram.total_sill
    return float(_covariance(variogram, points, points).mean())


def _by_pykrige(
    kriging: KrigingModel, variogram: Variogram, block: Floats, places: Floats, values: Floats
) -> tuple[float, float]:
    """Estimate and variance of one block through PyKrige."""
    from pykrige.ok3d import OrdinaryKriging3D

    unit = np.array(variogram.structures[0].ranges_m)
    ratios = [s.ranges_m[0] / unit[0] for s in variogram.structures]

    def gamma(_: list[float], d: Floats) -> Floats:
        structured = [
            s.sill * (1.0 - _correlation(s.model, d / r))
            for s, r in zip(variogram.structures, ratios, strict=True)
        ]
        return np.asarray(variogram.nugget + np.sum(structured, axis=0))

    points = block + kriging.offsets
    scaled, targets = places / unit, points / unit
    if values.size == 1:
        return _by_dense_solution(kriging, variogram, block, places, values)
    pykrige = OrdinaryKriging3D(
        *scaled.T,
        values.astype(float),
        variogram_model="custom",
        variogram_parameters=[0.0],
        variogram_function=gamma,
        exact_values=False,
    )
    estimates, variances = pykrige.execute("points", *targets.T)
    weights = np.empty((values.size, points.shape[0]))
    for i in range(values.size):
        pykrige.VALUES = np.eye(values.size)[i]
        weights[i] = pykrige.execute("points", *targets.T)[0]
    covariances = _covariance(variogram, places, points)
    mu = np.mean(variogram.total_sill - (weights * covariances).sum(axis=0) - variances)
    explained = float(weights.mean(axis=1) @ covariances.mean(axis=1))
    own = _block_own_variance(variogram, points)
    return float(np.mean(estimates)), own - explained - float(mu)


def _by_dense_solution(
    kriging: KrigingModel, variogram: Variogram, block: Floats, places: Floats, values: Floats
) -> tuple[float, float]:
    """Estimate and variance of one block by the bordered system, solved in one piece."""
    count = values.size
    points = block + kriging.offsets
    left = np.zeros((count + 1, count + 1))
    left[:count, :count] = _covariance(variogram, places, places)
    left[np.arange(count), np.arange(count)] = variogram.total_sill
    left[count, :count] = left[:count, count] = 1.0
    right = np.append(_covariance(variogram, places, points).mean(axis=1), 1.0)
    solution = np.linalg.solve(left, right)
    own = _block_own_variance(variogram, points)
    return float(solution[:count] @ values), own - float(solution @ right)
