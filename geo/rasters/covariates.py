"""Layers derived from layers of the belt's grid: terrain, potential fields, band ratios.

Slopes by xarray-spatial, transforms of potential fields by harmonica. Gaps are filled by the
nearest value for a Fourier transform and cut out again afterwards; that is said in a finding.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from geo.findings import Finding
from geo.rasters.config import Covariate
from geo.rasters.surveys import statistics
from geo.rules import finding

if TYPE_CHECKING:
    import xarray as xr

MOST_GAPS = 0.3
"""A layer with a larger share of gaps is not transformed."""
PAD_SHARE = 0.25
"""Width added on each side before a Fourier transform, as a share of the side."""
DIMS = ("northing_m", "easting_m")

Floats = NDArray[np.float64]

RATIOS: dict[str, tuple[str, Callable[..., Floats]]] = {
    "ratio": ("a / b", lambda a, b: a / b),
    "ndvi": ("(nir - red) / (nir + red)", lambda nir, red: (nir - red) / (nir + red)),
    "aster_aloh": ("(b5 + b7) / b6", lambda b5, b6, b7: (b5 + b7) / b6),
    "aster_propylitic": (
        "(b6 + b9) / (b7 + b8)",
        lambda b6, b7, b8, b9: (b6 + b9) / (b7 + b8),
    ),
    "aster_ferric_iron": ("b2 / b1", lambda b1, b2: b2 / b1),
    "landsat8_iron_oxide": ("b4 / b2", lambda b2, b4: b4 / b2),
    "landsat8_clay": ("b6 / b7", lambda b6, b7: b6 / b7),
    "sentinel2_iron_oxide": ("b4 / b2", lambda b2, b4: b4 / b2),
    "sentinel2_clay": ("b11 / b12", lambda b11, b12: b11 / b12),
}
"""Band ratios and the order of their bands. AlOH (b5+b7)/b6, propylitic (b6+b9)/(b7+b8) and
ferric iron b2/b1 are usual ASTER ratios (after Rowan & Mars 2003; formulas as in wide use,
unverified)."""

FIELD_UNITS = {
    "analytic_signal": "{unit}/m",
    "first_vertical_derivative": "{unit}/m",
    "reduction_to_pole": "{unit}",
}
TERRAIN_UNITS = {"slope": "degree", "aspect": "degree", "curvature": "1/(100 m)"}


def derive(
    dataset: xr.Dataset, covariates: Sequence[Covariate]
) -> tuple[xr.Dataset, tuple[Finding, ...]]:
    """Add derived layers to the belt's layers.

    Parameters
    ----------
    dataset
        Layers on the belt's grid, dims (northing_m, easting_m), rows from north to south.
    covariates
        What to derive, in order; one may rest on an earlier one. A finding names its place in
        the belt's file: ``covariates: slope``.

    Returns
    -------
    dataset, findings
        The layers with the derived ones; one whose layers are missing or too gappy is left out,
        and a finding says so. ``derived`` and ``of`` in a layer's attributes say how it was made.
    """
    findings: list[Finding] = []
    for covariate in covariates:
        file = f"covariates: {covariate.name}"
        named = (*covariate.of, *(mask.of for mask in covariate.masks))
        missing = [name for name in named if name not in dataset]
        if missing or len(covariate.of) != bands_of(covariate.kind):
            lacks = ", ".join(missing) or f"of: {bands_of(covariate.kind)}"
            words: dict[str, Any] = {"name": covariate.name, "missing": lacks}
            findings.append(finding("BN-RAS-050", file=file, **words))
            continue
        if covariate.name in dataset:
            findings.append(finding("BN-RAS-042", file=file, name=covariate.name))
            continue
        layer, found = _derived(dataset, covariate, file)
        findings += found
        if layer is not None:
            dataset[covariate.name] = layer
    return dataset, tuple(findings)


def bands_of(kind: str) -> int:
    """Return how many layers a kind of covariate is made of."""
    return RATIOS[kind][1].__code__.co_argcount if kind in RATIOS else 1


def _derived(
    dataset: xr.Dataset, covariate: Covariate, file: str
) -> tuple[xr.DataArray | None, list[Finding]]:
    """One derived layer and what is to be said of it."""
    layers = [dataset[name].astype(float) for name in covariate.of]
    found: list[Finding] = []
    formula: str = covariate.kind
    unit = str(layers[0].attrs.get("units", ""))
    if covariate.kind in RATIOS:
        formula, ratio = RATIOS[covariate.kind]
        with np.errstate(divide="ignore", invalid="ignore"):
            values = ratio(*(layer.to_numpy() for layer in layers))
        values = np.where(np.isfinite(values), values, np.nan)
        unit = "1"
    elif covariate.kind in TERRAIN_UNITS:
        values, unit = _terrain(layers[0], covariate.kind), TERRAIN_UNITS[covariate.kind]
    else:
        gaps = float(layers[0].isnull().mean())
        if gaps > 0:
            words: dict[str, Any] = {"name": covariate.name, "share": f"{100 * gaps:.1f}"}
            code = "BN-RAS-052" if gaps > MOST_GAPS else "BN-RAS-051"
            found.append(finding(code, file=file, **words))
        if gaps > MOST_GAPS:
            return None, found
        values = _potential_field(layers[0], covariate)
        unit = FIELD_UNITS[covariate.kind].format(unit=unit)
    for mask in covariate.masks:
        values = _masked(values, dataset[mask.of].to_numpy(), mask.below, mask.above)
    layer = layers[0].copy(data=values)
    layer.attrs = _attributes(covariate, formula, unit, values)
    return layer, found


def _masked(values: Floats, other: Floats, below: float | None, above: float | None) -> Floats:
    """Cut out cells where another layer is below or above a limit."""
    gone = np.zeros(values.shape, dtype=bool)
    if below is not None:
        gone |= other < below
    if above is not None:
        gone |= other > above
    return np.where(gone, np.nan, values)


def _attributes(covariate: Covariate, formula: str, unit: str, values: Floats) -> dict[str, Any]:
    """Names, unit, how it was made, statistics."""
    return {
        "units": unit,
        "long_name": covariate.quantity.en,
        "long_name_zh": covariate.quantity.zh,
        "derived": covariate.kind,
        "formula": formula,
        "of": list(covariate.of),
        "masks": [mask.model_dump(mode="json") for mask in covariate.masks],
        "grid_mapping": "spatial_ref",
        **statistics(values),
    }


def _terrain(layer: xr.DataArray, kind: str) -> Floats:
    """Slope and aspect (Horn 1981: 3 x 3 cells), or curvature, by xarray-spatial.

    Slope in degrees from level; aspect in degrees clockwise from north, the way down, -1 where
    it is level; curvature 100 times the second derivatives, convex upward positive. The outermost
    cells have no value.
    """
    import xrspatial

    cell = abs(float(layer["easting_m"][1] - layer["easting_m"][0]))
    plain = layer.copy()
    plain.attrs = {"res": (cell, cell)}
    made = getattr(xrspatial, kind)(plain)
    return np.asarray(made.to_numpy(), dtype=float)


def _potential_field(layer: xr.DataArray, covariate: Covariate) -> Floats:
    """A transform of a potential field in the wavenumber domain, by harmonica.

    Analytic signal |A| = sqrt((∂T/∂x)² + (∂T/∂y)² + (∂T/∂z)²) (Roest, Verhoef & Pilkington 1992);
    first vertical derivative, z down; reduction to the pole for magnetization along the field
    (Blakely 1995, Potential Theory, ch. 12). The grid is widened by a quarter on each side, with
    a slope down to its mean, and cut back.
    """
    import harmonica

    gaps = layer.isnull().to_numpy()
    mean = float(layer.mean())
    filled = _filled(layer.to_numpy(), gaps) - mean
    rows, columns = (max(8, int(PAD_SHARE * n)) for n in filled.shape)
    padded = np.pad(filled, ((rows, rows), (columns, columns)), mode="linear_ramp")
    grid = _as_grid(padded, layer)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of xarray, inside harmonica
        if covariate.kind == "analytic_signal":
            made = harmonica.total_gradient_amplitude(grid)
        elif covariate.kind == "first_vertical_derivative":
            made = -harmonica.derivative_upward(grid)  # z down: shallow sources are positive
        else:
            field = (covariate.inclination_deg, covariate.declination_deg)
            made = harmonica.reduction_to_pole(grid, *field)
    values = made.to_numpy()[rows:-rows, columns:-columns][::-1]
    return np.where(gaps, np.nan, np.asarray(values, dtype=float))


def _filled(values: Floats, gaps: NDArray[np.bool_]) -> Floats:
    """Gaps filled by the nearest value."""
    from scipy.ndimage import distance_transform_edt

    if not gaps.any():
        return values
    nearest = distance_transform_edt(gaps, return_distances=False, return_indices=True)
    return np.asarray(values[tuple(nearest)])


def _as_grid(padded: Floats, layer: xr.DataArray) -> xr.DataArray:
    """The widened grid with rows from south to north, as harmonica has them."""
    import xarray as xr

    cell = abs(float(layer["easting_m"][1] - layer["easting_m"][0]))
    coordinates = {
        "northing": cell * np.arange(padded.shape[0]),
        "easting": cell * np.arange(padded.shape[1]),
    }
    return xr.DataArray(padded[::-1], coords=coordinates, dims=("northing", "easting"))
