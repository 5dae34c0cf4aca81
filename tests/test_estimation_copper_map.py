"""The drift of a belt's copper map is judged by errors that PyKrige gives, fold by fold."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from estimation.belts import CopperMap
from estimation.copper_map import FOLDS, SEED, WORTHWHILE, CopperMapResult, krige_copper_map

SETTINGS = CopperMap(
    element="cu_ppm", model="spherical", sill=0.03, range_m=14000.0, nugget=0.01, drift="magnetics"
)
SIZE = 60
AXIS_M = np.arange(500.0, 60000.0, 1000.0)


def mapped(follows: float) -> tuple[CopperMapResult, pd.DataFrame, npt.NDArray[np.float64]]:
    """A map of 60 samples whose copper follows a raster so far; its samples and the raster."""
    random = np.random.default_rng(5)
    raster = random.normal(300.0, 50.0, (AXIS_M.size, AXIS_M.size))
    row, column = np.divmod(random.choice(AXIS_M.size**2, SIZE, replace=False), AXIS_M.size)
    log_ppm = 2.0 + follows * (raster[row, column] - 300.0) / 50.0 + random.normal(0, 0.1, SIZE)
    table = pd.DataFrame(
        {"easting_m": AXIS_M[column], "northing_m": AXIS_M[row], "cu_ppm": 10.0**log_ppm}
    )
    return krige_copper_map(table, AXIS_M, AXIS_M, raster, SETTINGS), table, raster


@pytest.mark.parametrize("with_drift", [False, True])
def test_errors_are_those_of_kriging_each_fold_from_the_others(with_drift: bool) -> None:
    """PyKrige, ten times without a tenth of the samples."""
    from pykrige.ok import OrdinaryKriging
    from pykrige.uk import UniversalKriging

    result, table, raster = mapped(0.2)
    places, log_ppm = table[["easting_m", "northing_m"]].to_numpy(), np.log10(table["cu_ppm"])
    there = np.searchsorted(AXIS_M, places)
    drift = (raster[there[:, 1], there[:, 0]] - 300.0) / 50.0
    model = {"psill": SETTINGS.sill, "range": SETTINGS.range_m, "nugget": SETTINGS.nugget}
    words = {"variogram_model": SETTINGS.model, "variogram_parameters": model}
    fold = np.random.default_rng(SEED).permutation(SIZE) % FOLDS
    errors = []
    for f in range(FOLDS):
        out, kept = fold == f, fold != f
        samples = (*places[kept].T, log_ppm[kept])
        if with_drift:
            kriging = UniversalKriging(
                *samples, drift_terms=["specified"], specified_drift=[drift[kept]], **words
            )
            made = kriging.execute("points", *places[out].T, specified_drift_arrays=[drift[out]])
        else:
            made = OrdinaryKriging(*samples, **words).execute("points", *places[out].T)
        errors.append(made[0] - log_ppm[out])
    root = np.sqrt(np.mean(np.concatenate(errors) ** 2))
    assert (result.error_drift if with_drift else result.error_plain) == pytest.approx(
        root, rel=1e-8
    )


def test_samples_at_one_place_differ_by_the_nugget() -> None:
    """A second campaign at the same sites: each fold kriged from the others by its own system."""
    _, table, _ = mapped(0.0)
    table = pd.concat([table, table.head(20).assign(cu_ppm=lambda t: 1.1 * t["cu_ppm"])])
    result = krige_copper_map(table, AXIS_M, AXIS_M, None, without_raster())
    places, log_ppm = table[["easting_m", "northing_m"]].to_numpy(), np.log10(table["cu_ppm"])
    log_ppm, count = log_ppm.to_numpy(), len(table)
    apart = np.linalg.norm(places[:, None] - places[None], axis=2) / SETTINGS.range_m
    gamma = np.where(apart < 1, 1.5 * apart - 0.5 * apart**3, 1.0) * SETTINGS.sill + SETTINGS.nugget
    np.fill_diagonal(gamma, 0.0)
    fold = np.random.default_rng(SEED).permutation(count) % FOLDS
    errors = []
    for f in range(FOLDS):
        out, kept = np.flatnonzero(fold == f), np.flatnonzero(fold != f)
        system = np.ones((kept.size + 1, kept.size + 1))
        system[:-1, :-1], system[-1, -1] = gamma[np.ix_(kept, kept)], 0.0
        right = np.vstack([gamma[np.ix_(kept, out)], np.ones(out.size)])
        weights = np.linalg.solve(system, right)[:-1]
        errors.append(weights.T @ log_ppm[kept] - log_ppm[out])
    root = np.sqrt(np.mean(np.concatenate(errors) ** 2))
    assert result.error_plain == pytest.approx(root, rel=1e-8)


def test_a_drift_is_used_where_it_lowers_the_error_alone() -> None:
    good, _, _ = mapped(0.2)
    assert good.error_drift is not None
    assert good.error_drift <= WORTHWHILE * good.error_plain
    assert good.drift == "magnetics"
    useless, table, raster = mapped(0.0)
    assert useless.drift is None
    without = krige_copper_map(table, AXIS_M, AXIS_M, None, without_raster())
    assert np.array_equal(useless.cu_ppm, without.cu_ppm)
    assert without.error_drift is None
    assert raster.shape == without.cu_ppm.shape


def without_raster() -> CopperMap:
    """The settings without a raster."""
    return SETTINGS.model_copy(update={"drift": None})
