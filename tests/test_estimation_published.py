"""Reference answers reproduced: gstat, gstlearn, numpy, KT3D_H2O, MEUK, KT3D and GSLIB.

Cokriging is not what this engine does. gstat's blocks of 4-point
Gauss quadrature have points of unequal weight, which a block of ours does not: left out too.
"""

from __future__ import annotations

import lzma
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.interpolate import RegularGridInterpolator

from estimation.engine.visit import Samples, kernel_models, visit_of
from estimation.models.layers import FIELDS
from estimation.plan import ElementPlan, Orientation, SectorRule, Variogram
from tests import book
from tests.kernel_door import LEVEL, POINTS, Block, Numbers, element, krige, one_pass, variogram

pytestmark = pytest.mark.shared

Floats = npt.NDArray[np.float64]

ALL = 240
TURNED = Orientation(azimuth_deg=30.0, dip_deg=-20.0, rake_deg=0.0)
RATIOS = np.array([1.0, 2.0 / 3.0, 1.0 / 3.0])
RANGES_M = 300.0 * RATIOS
# practical ranges of models whose range parameter is a scale
EXPONENTIAL, GAUSSIAN, MATERN_3_2 = 3.0, np.sqrt(3.0), 4.743864518390578
SPHERICAL = variogram(0.1, ("spherical", 0.9, RANGES_M), turned=TURNED)
SMALL_BLOCK = Block((20.0, 20.0, 10.0), (4, 4, 4))


@pytest.fixture(scope="module")
def reference(shared_data: Path) -> Path:
    """Folder of reference answers."""
    return shared_data / "31_kriging_reference"


def close(what: str, ours: Any, theirs: Any, limit: float) -> None:
    """Print the largest difference, and hold it below a limit."""
    worst = float(np.abs(np.asarray(ours) - np.asarray(theirs)).max())
    print(f"\n{what}: largest difference {worst:.1e}", end="")
    assert worst <= limit, what


# ------------------------------------------------------------------ 240 samples, 48 targets


@pytest.fixture(scope="module")
def small(reference: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """240 composites and 48 block centres."""
    folder = reference / "computed"
    return pd.read_csv(folder / "small_data.csv"), pd.read_csv(folder / "small_targets.csv")


@pytest.fixture(scope="module")
def composites(small: tuple[pd.DataFrame, pd.DataFrame]) -> book.Data:
    """The composites of copper."""
    table = small[0]
    return book.samples(table[["x", "y", "z"]], table["Cu_pct"], table["hole"])


@pytest.fixture(scope="module")
def centres(small: tuple[pd.DataFrame, pd.DataFrame]) -> Floats:
    """The targets."""
    return small[1][["x", "y", "z"]].to_numpy()


def answer_of(reference: Path, file: str) -> pd.DataFrame:
    """One computed answer."""
    return pd.read_csv(reference / "computed" / f"{file}.csv")


def same(out: Numbers, answer: pd.DataFrame, columns: dict[str, str], file: str) -> None:
    """Compare fields with columns of an answer, to 1e-10."""
    for ours, theirs in columns.items():
        close(f"{file} {ours}", out[ours], answer[theirs], 1e-10)


COPPER = {"estimate": "Cu.pred", "variance": "Cu.var"}

CASES: dict[str, tuple[ElementPlan, Block]] = {
    "gstat_ok_point_global": (element(SPHERICAL, one_pass(1e5, ALL)), POINTS),
    "gstat_ok_block444_global": (element(SPHERICAL, one_pass(1e5, ALL)), SMALL_BLOCK),
    "gstat_ok_point_nmax24_euclid": (
        element(SPHERICAL, one_pass(1e5, 24), search_orientation=LEVEL),
        POINTS,
    ),
    "gstat_sk_point_mean0.4_global": (
        element(SPHERICAL, one_pass(1e5, ALL), known_mean=0.4),
        POINTS,
    ),
    "gstat_uk_point_linear_global": (
        element(SPHERICAL, one_pass(1e5, ALL), method="linear_drift"),
        POINTS,
    ),
    "gstat_ok_point_gauss_global": (
        element(
            variogram(0.1, ("gaussian", 0.9, 100.0 * GAUSSIAN * RATIOS), turned=TURNED),
            one_pass(1e5, ALL),
        ),
        POINTS,
    ),
    "gstat_ok_point_matern1.5_global": (
        element(
            variogram(0.1, ("matern_3_2", 0.9, 80.0 * MATERN_3_2 * RATIOS), turned=TURNED),
            one_pass(1e5, ALL),
        ),
        POINTS,
    ),
}
"""The model of gstat's Gaussian and Matérn cases follows from their variances alone."""


@pytest.mark.parametrize("file", CASES)
def test_gstat(reference: Path, composites: book.Data, centres: Floats, file: str) -> None:
    """Ordinary, simple and universal kriging, points and blocks, of several models (R gstat)."""
    plan, block = CASES[file]
    out = krige(plan, composites, centres, block)
    same(out, answer_of(reference, file), COPPER, file)


def test_gstat_external_drift(
    reference: Path, small: tuple[pd.DataFrame, pd.DataFrame], composites: book.Data,
    centres: Floats,
) -> None:  # fmt: skip
    """Kriging with one external drift (R gstat)."""
    data = replace(composites, drift=small[0][["drift"]].to_numpy())
    out = krige(element(SPHERICAL, one_pass(1e5, ALL)), data, centres, drift=small[1]["drift"])
    same(out, answer_of(reference, "gstat_ked_point_global"), COPPER, "external drift")


def test_gstat_indicator(reference: Path, composites: book.Data, centres: Floats) -> None:
    """Ordinary kriging of the indicator of copper above 0.4 %, exponential model (R gstat)."""
    model = variogram(0.05, ("exponential", 0.2, 80.0 * EXPONENTIAL * RATIOS), turned=TURNED)
    indicators = composites.of(composites.values > 0.4)
    out = krige(element(model, one_pass(1e5, ALL)), indicators, centres)
    answer = answer_of(reference, "gstat_ik_gt0.4_exp_global")
    same(out, answer, {"estimate": "I.pred", "variance": "I.var"}, "indicator")


def test_gstat_octants(reference: Path, composites: book.Data, centres: Floats) -> None:
    """At most 3 samples of each octant, octants along the world's axes (R gstat ``omax``).

    gstat looks for octants among its 24 nearest: here those are all the samples there are.
    """
    octants = SectorRule(kind="octants", max_samples=3, min_filled=1)
    plan = element(SPHERICAL, one_pass(250.0, 24, sectors=octants), search_orientation=LEVEL)
    answer = answer_of(reference, "gstat_ok_point_octant3_maxdist250")
    found = []
    for centre in centres:
        apart = np.linalg.norm(composites.centres - centre, axis=1)
        near = composites.take(np.sort(np.argsort(apart)[:24]))
        out = krige(plan, near, centre)
        found.append([out[name][0] for name in ("estimate", "variance", "samples")])
    estimates, variances, counts = np.array(found).T
    assert counts.min() < 12  # octants do turn samples away
    same({"estimate": estimates, "variance": variances}, answer, COPPER, "octants")


def test_gstat_two_structures(reference: Path, composites: book.Data, centres: Floats) -> None:
    """Nested structures with axes of their own (R gstat).

    A plan gives all structures of a variogram the same axes; the kernels don't ask for that.
    """
    across = Orientation(azimuth_deg=120.0, dip_deg=10.0, rake_deg=0.0)
    one = variogram(0.1, ("spherical", 0.5, (250.0, 125.0, 100.0)), turned=across)
    other = variogram(0.0, ("exponential", 0.4, 60.0 * EXPONENTIAL * RATIOS), turned=TURNED)
    out = krige_sum(one, other, composites, centres)
    answer = answer_of(reference, "gstat_ok_point_2struct_global")
    same(out, answer, COPPER, "two structures")


def krige_sum(one: Variogram, other: Variogram, data: book.Data, centres: Floats) -> Numbers:
    """Krige points from all samples under the sum of two variograms of one structure each."""
    visit = visit_of({"a": element(one, one_pass(1e5, ALL))}, (1.0,) * 3, (1,) * 3, np.zeros(3))
    models, more = visit.models, kernel_models([other], visit.offsets)
    visit = replace(
        visit,
        models=models._replace(
            nuggets=models.nuggets + more.nuggets,
            owner=np.zeros(2, np.int64),
            kinds=np.append(models.kinds, more.kinds),
            sills=np.append(models.sills, more.sills),
            metric=np.arange(2),
            stretch=np.append(models.stretch, more.stretch),
            metrics=np.concatenate([models.metrics, more.metrics]),
            block_variances=models.block_variances + more.block_variances,
        ),
    )
    n, m = len(data.values), len(centres)
    ours = Samples(
        np.arange(n).astype("S64"), data.centres, data.points, data.holes, data.values,
        np.ones(n, np.int64), np.full(n, 2),
    )  # fmt: skip
    found = visit.krige(visit.kernel_samples(ours), centres, np.arange(m + 1), None)
    return dict(zip(FIELDS, found[0].T, strict=True))


def test_gstat_leaving_one_out(reference: Path, composites: book.Data) -> None:
    """Each of 240 samples estimated from the 239 others (R gstat ``krige.cv``)."""
    each_its_own = replace(composites, holes=np.arange(ALL))
    out = krige(
        element(SPHERICAL, one_pass(1e5, ALL)),
        each_its_own,
        composites.centres,
        own_hole=np.arange(ALL),
    )
    answer = answer_of(reference, "gstat_ok_loocv_global")
    same(out, answer, COPPER, "leaving one out")


def test_gstlearn_moving_neighbourhood(
    reference: Path, composites: book.Data, centres: Floats
) -> None:
    """24 nearest in the ellipsoid's metric; variance of the estimate = w'Kw (gstlearn)."""
    out = krige(element(SPHERICAL, one_pass(RANGES_M * 1e3, 24)), composites, centres)
    answer = answer_of(reference, "gstlearn_ok_point_k24aniso")
    same(out, answer, {"estimate": "est", "variance": "kriging_var"}, "gstlearn")
    explained = 1.0 - out["variance"] - out["lagrange"]
    close(
        "gstlearn variance of the estimate", explained - out["lagrange"], answer["var_zstar"], 1e-10
    )


def test_diagnostics(reference: Path, composites: book.Data, centres: Floats) -> None:
    """Block, Lagrange, slope, efficiency, negative weights, distance and holes (numpy)."""
    out = krige(element(SPHERICAL, one_pass(RANGES_M * 1e3, 24)), composites, centres, SMALL_BLOCK)
    columns = {
        "estimate": "est",
        "variance": "kriging_var",
        "lagrange": "lagrange_mu",
        "slope": "slope_of_regression",
        "efficiency": "kriging_efficiency",
        "negative_weights": "sum_neg_weights",
        "mean_distance_m": "mean_distance",
        "holes": "n_holes",
    }
    answer = answer_of(reference, "numpy_ok_block444_k24aniso_diagnostics")
    same(out, answer, columns, "diagnostics")
    close("block variance", out["variance"] / (1.0 - out["efficiency"]), answer["block_var"], 1e-10)


# ------------------------------------------------------------------ KT3D_H2O, MEUK, KT3D

WELLS_FROM = np.array([1067275.0, 241459.0, 0.0])


def read_grid(path: Path) -> tuple[Floats, Floats, Floats]:
    """An ESRI ASCII grid: values (rows from south to north), eastings and northings of nodes."""
    rows = [line.split() for line in lzma.decompress(path.read_bytes()).decode().splitlines()]
    head = {row[0].upper(): float(row[1]) for row in rows if len(row) == 2}
    numbers = [float(word) for row in rows if len(row) > 2 for word in row]
    nx, ny = int(head["NCOLS"]), int(head["NROWS"])
    wide, high = (
        head.get("DX", head.get("CELLSIZE", 0.0)),
        head.get("DY", head.get("CELLSIZE", 0.0)),
    )
    east = head.get("XLLCENTER", head.get("XLLCORNER", 0.0) + wide / 2.0)
    north = head.get("YLLCENTER", head.get("YLLCORNER", 0.0) + high / 2.0)
    grid = np.array(numbers).reshape(ny, nx)[::-1]
    return grid, east + wide * np.arange(nx), north + high * np.arange(ny)


def nodes_of(*along: Floats) -> Floats:
    """Nodes of a grid (m, 3), x fastest; elevation 0 where none is given."""
    z, y, x = np.meshgrid(along[2] if len(along) > 2 else [0.0], along[1], along[0], indexing="ij")
    return np.column_stack([x.ravel(), y.ravel(), z.ravel()])


@pytest.fixture(scope="module")
def wells(reference: Path) -> book.Data:
    """15 wells with a water level."""
    table = np.loadtxt(reference / "pykrige" / "test_data.txt")
    flat = np.column_stack([table[:, :2], np.zeros(len(table))])
    return book.samples(flat - WELLS_FROM, table[:, 2])


@pytest.mark.parametrize(
    ("file", "method"),
    [("test1_answer.asc.xz", "ordinary"), ("test2_answer.asc.xz", "linear_drift")],
)
def test_kt3d_h2o(reference: Path, wells: book.Data, file: str, method: str) -> None:
    """Ordinary kriging, and with a linear drift, of 10 000 nodes: to 8 printed digits (USGS)."""
    answer, east, north = read_grid(reference / "pykrige" / file)
    plan = element(variogram(0.0, ("exponential", 500.0, 3000.0)), one_pass(1e6), method=method)
    out = krige(plan, wells, nodes_of(east, north) - WELLS_FROM)
    unit = 10.0 ** (np.floor(np.log10(np.abs(answer.ravel()))) - 7.0)
    close(
        f"{file} estimate, units of the 8th digit",
        out["estimate"] / unit,
        answer.ravel() / unit,
        0.51,
    )


def test_meuk_external_drift(reference: Path, wells: book.Data) -> None:
    """Kriging with the ground's elevation as drift, bilinear between the grid's nodes (MEUK).

    MEUK read the elevations in single precision (kept in double, answers differ by 2e-6).
    """
    ground, x, y = read_grid(reference / "pykrige" / "test3_dem.asc.xz")
    elevation = RegularGridInterpolator((y, x), ground.astype("f4").astype("f8"))
    answer, east, north = read_grid(reference / "pykrige" / "test3_answer.asc.xz")
    nodes = nodes_of(east, north)
    at_wells = elevation((wells.centres + WELLS_FROM)[:, 1::-1])
    data = replace(wells, drift=at_wells[:, None])
    plan = element(variogram(0.0, ("spherical", 500.0, 3000.0)), one_pass(1e6))
    out = krige(plan, data, nodes - WELLS_FROM, drift=elevation(nodes[:, 1::-1]))
    close("MEUK estimate", out["estimate"], answer.ravel(), 1e-8)


def test_kt3d_in_space(reference: Path) -> None:
    """1 000 nodes under a linear variogram: to 3 printed decimals (KT3D, single precision).

    A spherical model whose range is 10 000 times the distances is that line to 1e-8.
    """
    table = np.loadtxt(reference / "pykrige" / "test3d_data.txt", skiprows=1)
    answer = np.loadtxt(reference / "pykrige" / "test3d_answer.txt")
    range_m = 1e5
    plan = element(variogram(0.1, ("spherical", range_m / 1.5, range_m)))
    nodes = nodes_of(*[np.arange(10.0)] * 3)
    out = krige(plan, book.samples(table[:, :3], table[:, 3]), nodes)
    close("KT3D estimate", out["estimate"], answer[:, 0], 6e-4)
    close("KT3D variance", out["variance"], answer[:, 1], 6e-4)


def test_gslib_kt3d(reference: Path) -> None:
    """Simple kriging of GSLIB's clustered data, 4 to 8 within 20: to single precision (pygslib).

    Away from ties in distance, and from the samples: there kt3d gives back the sample's own grade,
    nugget and all, while ours takes the nugget for what one assay of a place differs from another.
    """
    folder = reference / "pygslib"
    table = np.loadtxt(folder / "cluster.dat", skiprows=7)
    answer = np.loadtxt(folder / "kt3d.out", skiprows=4)
    places = np.column_stack([table[:, :2], np.zeros(len(table))])
    nodes = nodes_of(np.arange(50) + 0.5, np.arange(50) + 0.5)
    plan = element(
        variogram(0.2, ("spherical", 0.8, 10.0)), one_pass(20.0, 8, min_samples=4), known_mean=2.302
    )
    out = krige(plan, book.samples(places, table[:, 2]), nodes)
    apart = np.sort(np.linalg.norm(nodes[:, None] - places[None], axis=2), axis=1)
    fair = (apart[:, 8] - apart[:, 7] > 1e-6) & (apart[:, 0] > 0.0)
    assert fair.sum() > 1900
    close(
        f"kt3d.out estimate at {fair.sum()} nodes", out["estimate"][fair], answer[fair, 0], 1.3e-5
    )
    close("kt3d.out variance", out["variance"][fair], answer[fair, 1], 1e-6)
