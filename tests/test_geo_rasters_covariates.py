"""Derived layers agree with closed forms: planes, harmonics, a buried sphere."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from geo.config import MapGrid
from geo.rasters.config import Covariate
from geo.rasters.covariates import derive
from geo.rasters.surveys import empty_dataset

GRID = MapGrid(origin_m=(500000.0, 3330000.0), cell_m=50.0, shape=(128, 96))
NAMES = {"zh": "派生", "en": "derived"}


def layers(**values) -> xr.Dataset:
    dataset = empty_dataset("EPSG:4548", GRID)
    east, north = np.meshgrid(dataset["easting_m"], dataset["northing_m"])
    for name, made in values.items():
        plain = made(east - east.mean(), north - north.mean())
        dataset[name] = (("northing_m", "easting_m"), plain, {"units": "nT"})
    return dataset


def made(dataset, kind, *of, **more):
    covariate = Covariate(name="new", kind=kind, of=of, quantity=NAMES, **more)
    dataset, findings = derive(dataset, [covariate])
    return dataset, [f.code for f in findings]


def test_slope_and_aspect_of_a_tilted_plane():
    """A plane that falls to the south-east: 3 down a 100 m eastward, 4 southward."""
    dataset = layers(dem=lambda x, y: -0.03 * x + 0.04 * y)
    dataset, codes = made(dataset, "slope", "dem")
    assert codes == []
    inner = dataset["new"].to_numpy()[1:-1, 1:-1]
    np.testing.assert_allclose(inner, np.degrees(np.arctan(0.05)), rtol=1e-4)
    assert dataset["new"].attrs["units"] == "degree"
    dataset, _ = made(dataset.drop_vars("new"), "aspect", "dem")
    inner = dataset["new"].to_numpy()[1:-1, 1:-1]
    np.testing.assert_allclose(inner, np.degrees(np.arctan2(0.03, -0.04)), rtol=1e-4)


def test_curvature_of_a_bowl_is_that_of_its_second_derivatives():
    """z = a (x² + y²): z_xx + z_yy = 4 a, concave, so -100 · 4 a."""
    dataset, _ = made(layers(dem=lambda x, y: 1e-3 * (x**2 + y**2)), "curvature", "dem")
    inner = dataset["new"].to_numpy()[1:-1, 1:-1]
    np.testing.assert_allclose(inner, -0.4, rtol=1e-3)


def test_vertical_derivative_of_a_harmonic_is_its_wavenumber_times_the_field():
    """A field cos(kx) outside its sources grows as exp(kz) downward: dT/dz = k cos(kx)."""
    wave = 2 * np.pi / 400.0
    dataset = layers(mag=lambda x, y: np.cos(wave * x) + 0 * y)
    dataset, codes = made(dataset, "first_vertical_derivative", "mag")
    assert codes == []
    inner = (slice(30, -30), slice(40, -40))
    field, slope = dataset["mag"].to_numpy()[inner], dataset["new"].to_numpy()[inner]
    np.testing.assert_allclose(slope, wave * field, atol=0.02 * wave)
    assert dataset["new"].attrs["units"] == "nT/m"


def sphere(x, y, inclination, depth=400.0):
    """Total-field anomaly of a dipole magnetized along a field of declination 0 (Blakely 1995)."""
    down = np.radians(inclination)
    f = np.array([0.0, np.cos(down), np.sin(down)])  # east, north, down
    r = np.sqrt(x**2 + y**2 + depth**2)
    along = (f[1] * y - f[2] * depth) / r
    return 1e9 * (3 * along**2 - 1) / r**3


def test_reduction_to_the_pole_turns_an_oblique_anomaly_into_the_vertical_one():
    dataset = layers(mag=lambda x, y: sphere(x, y, 50.0), pole=lambda x, y: sphere(x, y, 90.0))
    field = {"inclination_deg": 50.0, "declination_deg": 0.0}
    dataset, _ = made(dataset, "reduction_to_pole", "mag", **field)
    inner = (slice(20, -20), slice(20, -20))
    pole, got = dataset["pole"].to_numpy()[inner], dataset["new"].to_numpy()[inner]
    assert np.corrcoef(pole.ravel(), got.ravel())[0, 1] > 0.995
    assert got.max() == pytest.approx(pole.max(), rel=0.05)
    with pytest.raises(ValueError, match="inclination_deg"):
        Covariate(name="x", kind="reduction_to_pole", of=("mag",), quantity=NAMES)


def test_analytic_signal_of_a_vertical_dipole_peaks_above_it():
    """Above the dipole the horizontal derivatives vanish and dT/dz = -6 m / z⁴."""
    dataset, _ = made(layers(mag=lambda x, y: sphere(x, y, 90.0)), "analytic_signal", "mag")
    values = dataset["new"].to_numpy()
    row, column = np.unravel_index(values.argmax(), values.shape)
    assert abs(row - 47.5) <= 1
    assert abs(column - 63.5) <= 1
    assert values.max() == pytest.approx(6e9 / 400.0**4, rel=0.05)


def test_gaps_are_cut_out_again_and_too_many_refuse():
    dataset = layers(mag=lambda x, y: sphere(x, y, 90.0))
    dataset["mag"][10:14, 10:14] = np.nan
    some, codes = made(dataset.copy(deep=True), "analytic_signal", "mag")
    assert codes == ["BN-RAS-051"]
    assert np.isnan(some["new"].to_numpy()[10:14, 10:14]).all()
    assert int(some["new"].isnull().sum()) == 16
    dataset["mag"][:60] = np.nan
    none, codes = made(dataset, "analytic_signal", "mag")
    assert codes == ["BN-RAS-052"]
    assert "new" not in none


def test_ratios_follow_their_formulas_and_masks_cut_out():
    def flat(value):
        return lambda x, y: value + 0 * x

    dataset = layers(b5=flat(2.0), b6=flat(4.0), b7=flat(3.0), ndvi=lambda x, y: x / 1e4)
    mask = {"masks": [{"of": "ndvi", "above": 0.1}]}
    dataset, codes = made(dataset, "aster_aloh", "b5", "b6", "b7", **mask)
    assert codes == []
    values = dataset["new"]
    assert set(np.unique(values.to_numpy()[np.isfinite(values)])) == {1.25}
    assert (values.isnull() == (dataset["ndvi"] > 0.1)).all()
    assert values.attrs["formula"] == "(b5 + b7) / b6"
    zero = layers(a=flat(1.0), b=flat(0.0))
    assert bool(made(zero, "ratio", "a", "b")[0]["new"].isnull().all())
    assert made(zero, "aster_aloh", "a", "b", "c")[1] == ["BN-RAS-050"]
    assert made(zero, "ratio", "a")[1] == ["BN-RAS-050"]


def test_a_covariate_does_not_take_a_layer_s_name():
    dataset = layers(new=lambda x, y: x, b=lambda x, y: y)
    assert made(dataset, "ratio", "new", "b")[1] == ["BN-RAS-042"]
