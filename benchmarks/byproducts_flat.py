"""By-products in two dimensions: Jura's published split, and Norway thinned to a fifth."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import nnls

from benchmarks.byproducts_errors import Row, compared
from estimation.engine.cokriging import Pair, Targets, estimate_pair
from estimation.engine.visit import Samples, visit_of
from estimation.plan import (
    Choices,
    Coregionalisation,
    Orientation,
    Partner,
    SearchPass,
    SharedStructure,
    Structure,
    Variogram,
)

Floats = npt.NDArray[np.float64]

JURA_RADIUS_KM = 4.0


def flat_samples(xy: Floats, values: Floats, prefix: str = "S") -> Samples:
    """Samples of a plane, a hole each; the name tells which samples are one site."""
    places = np.column_stack([xy, np.zeros(len(xy))])
    names = [f"{prefix}{x:.6f}_{y:.6f}@0.000".encode() for x, y in xy]
    ones = np.ones(len(xy), np.int64)
    return Samples(
        np.array(names, "S64"),
        places,
        places[:, None].copy(),
        np.arange(len(xy)),
        values,
        ones,
        ones,
    )


def fitted_pair(
    xy: Floats, own: Floats, partner: Floats, kinds: tuple[tuple[str, float], ...], edges: Floats
) -> Coregionalisation:
    """Sills of a given shape by least squares on three variograms, the cross ones made admissible.

    Every cross sill is held within the geometric mean of its two, less a hair (Goovaerts 1997,
    4.2.3): enough for a benchmark; ``estimation.variography.coregionalisation`` fits with care.
    """
    i, j = np.triu_indices(len(xy), 1)
    apart = np.linalg.norm(xy[i] - xy[j], axis=1)
    lag = np.searchsorted(edges, apart, "right") - 1
    inside = (lag >= 0) & (lag < len(edges) - 1)
    i, j, lag, apart = i[inside], j[inside], lag[inside], apart[inside]
    count = np.bincount(lag, minlength=len(edges) - 1).clip(1)
    h = np.bincount(lag, apart, len(edges) - 1) / count
    design = np.column_stack(
        [np.ones(len(h))]
        + [np.where(h < r, 1.5 * h / r - 0.5 * (h / r) ** 3, 1.0) for _, r in kinds]
    )
    du, dv = own[i] - own[j], partner[i] - partner[j]
    weight = np.sqrt(count / np.maximum(h, 1e-9))
    curves = [np.bincount(lag, 0.5 * a * b, len(edges) - 1) / count for a, b in
              ((du, du), (du, dv), (dv, dv))]  # fmt: skip
    first, last = (nnls(design * weight[:, None], c * weight)[0] for c in (curves[0], curves[2]))
    cross = np.linalg.lstsq(design * weight[:, None], curves[1] * weight, rcond=None)[0]
    bound = 0.999 * np.sqrt(first * last)
    cross = np.clip(cross, -bound, bound)
    for sills in (first, last):  # a variogram needs a structure, be it a hair
        sills[-1] = max(sills[-1], 1e-6 * sills.sum())
    rows = [(float(a), float(b), float(c)) for a, b, c in zip(first, cross, last, strict=True)]
    return Coregionalisation(
        nuggets=rows[0],
        structures=tuple(
            SharedStructure(model="spherical", ranges_m=(r, r, r), sills=s)
            for (_, r), s in zip(kinds, rows[1:], strict=True)
            if max(abs(x) for x in s) > 0
        ),
        orientation=Orientation(azimuth_deg=0.0, dip_deg=0.0, rake_deg=0.0),
    )


def own_part(model: Coregionalisation, column: int) -> Variogram:
    """The variogram of the element (0) or of the partner (2)."""
    return Variogram(
        nugget=model.nuggets[column],
        structures=tuple(
            Structure(model=s.model, sill=s.sills[column], ranges_m=s.ranges_m)
            for s in model.structures
            if s.sills[column] > 0
        ),
        orientation=model.orientation,
    )


def flat_choices(model: Coregionalisation, column: int, radius: float, most: int) -> Choices:
    """Kriging in a plane from the nearest samples, with a partner."""
    one = SearchPass(
        radii_m=(radius, radius, radius), min_samples=1, max_samples=most, max_per_hole=most,
        min_holes=1, sectors=None,
    )  # fmt: skip
    return Choices(
        variogram=own_part(model, column), method="cokriging", known_mean=None, search=(one,),
        search_orientation=None, high_yield=None,
        partner=Partner(element="partner", model=model, max_samples=most),
    )  # fmt: skip


def flat_case(
    case: str,
    own: Samples,
    partner: Samples,
    truth: tuple[Floats, Floats],
    model: Coregionalisation,
    radius: float,
) -> Iterator[Row]:
    """One element at places held out: alone, cokriged, collocated."""
    xy, true = truth
    places = np.column_stack([xy, np.zeros(len(xy))])
    choices, beside = (flat_choices(model, c, radius, 24) for c in (0, 2))
    beside = beside.model_copy(update={"method": "ordinary"})
    targets = Targets(places, np.zeros((1, 3)), np.ones(1))
    alone = choices.model_copy(update={"method": "ordinary"})
    visit = visit_of({"own": alone}, (1.0, 1.0, 1.0), (1, 1, 1), np.zeros(3)).of_points()
    starts = np.arange(len(places) + 1)
    found = {"kriged alone": visit.krige(visit.kernel_samples(own), places, starts, None)[0, :, :2]}
    for method in ("cokriging", "collocated"):
        planned = choices.model_copy(update={"method": method})
        pair = Pair(own, partner, planned, beside, np.zeros(3))
        found[method] = estimate_pair(pair, targets)[:, :2]
    yield from compared(case, true, found)


def shared() -> Path:
    """Folder of the shared data."""
    return Path(os.environ["BORNITE_SHARED_DATA"])


def jura() -> Iterator[Row]:
    """Jura: 259 samples predict 100; the partner at the 259, and at all 359 (Goovaerts 1997)."""
    folder = shared() / "15_jura_meuse"
    known = pd.read_csv(folder / "jura_jura.pred.csv")
    held = pd.read_csv(folder / "jura_jura.val.csv")
    both = pd.concat([known, held], ignore_index=True)
    xy, there, everywhere = (t[["Xloc", "Yloc"]].to_numpy() for t in (known, held, both))
    edges = np.linspace(0.0, 2.0, 21)
    # the book's shape: nugget, spherical 200 m, spherical 1.3 km (section 4.2.4)
    kinds = (("spherical", 0.2), ("spherical", 1.3))
    for name, partner in (("Cd", "Ni"), ("Cd", "Zn"), ("Cu", "Pb"), ("Cu", "Zn")):
        model = fitted_pair(xy, known[name].to_numpy(), known[partner].to_numpy(), kinds, edges)
        own = flat_samples(xy, known[name].to_numpy())
        truth = (there, held[name].to_numpy())
        for label, places, table in (
            (f"Jura {name}, {partner} at 259", xy, known),
            (f"Jura {name}, {partner} at 359", everywhere, both),
        ):
            other = flat_samples(places, table[partner].to_numpy())
            yield from flat_case(label, own, other, truth, model, JURA_RADIUS_KM)


def norway() -> Iterator[Row]:
    """Nord-Trøndelag: one element kept at a fifth of the sites, logs predicted at the others."""
    table = pd.read_csv(shared() / "16_norway_gjovik_trondelag" / "trondelagO.csv")
    xy = table[["E32wgs", "N32wgs"]].to_numpy(dtype=float)
    _, first = np.unique(xy, axis=0, return_index=True)
    table, xy = table.iloc[np.sort(first)], xy[np.sort(first)]
    edges = np.linspace(0.0, 120_000.0, 21)
    kinds = (("spherical", 25_000.0), ("spherical", 100_000.0))
    for name, partner in NORWAY_PAIRS:
        own, other = (np.log(table[n].to_numpy(dtype=float)) for n in (name, partner))
        for seed in (1, 2, 3):
            kept = np.random.default_rng(seed).random(len(own)) < 0.2
            model = fitted_pair(xy[kept], own[kept], other[kept], kinds, edges)
            case = f"Norway ln {name} with {partner} #{seed}"
            truth = (xy[~kept], own[~kept])
            few = flat_samples(xy[kept], own[kept])
            yield from flat_case(case, few, flat_samples(xy, other), truth, model, 150_000.0)


NORWAY_PAIRS = (("Cu", "Ni"), ("Mo", "U"), ("Ag", "P"), ("Au", "Re"), ("Re", "Au"))
"""Au and Re lie below detection at 445 and 606 of the sites: shown, not hoped for."""

FLAT: dict[str, Callable[[], Iterator[Row]]] = {"jura": jura, "norway": norway}
