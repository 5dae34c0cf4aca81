"""Experimental variograms against other programs on the same samples, to 1e-6 and better.

The conventions that differ are in docs/variography.md, section 4.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from estimation.variography.crossed import cross_variogram
from estimation.variography.experimental import (
    ExperimentalVariogram,
    direction_vector,
    experimental_variogram,
)
from estimation.variography.experimental_estimators import Estimator, genton
from estimation.variography.experimental_pairs import Lags
from tests.engine_problems import Floats

LAGS = Lags(10.0, 6)
CENTRED = Lags(10.0, 6, lag_tolerance_m=5.0)
SLANTED = direction_vector(30.0, -20.0)
NOBODY = np.zeros(0, np.int64)


@pytest.fixture(scope="module")
def samples() -> tuple[Floats, Floats, Floats]:
    """220 places, a skewed grade, and one that goes with it."""
    rng = np.random.default_rng(8)
    xyz, grade = rng.uniform(0, 100, (220, 3)), np.exp(rng.normal(size=220))
    return xyz, grade, grade + rng.normal(size=220)


def same(ours: Any, gamma: Floats, pairs: Floats, distance: Floats | None = None) -> None:
    """Pairs are equal, numbers to 1e-9."""
    assert ours.pairs.tolist() == pairs.tolist()
    assert ours.gamma == pytest.approx(gamma, rel=1e-9)
    if distance is not None:
        assert ours.distance_m == pytest.approx(distance, rel=1e-9)


def ours_of(
    xyz: Floats, values: Floats, lags: Lags, direction: Any = "all", name: Estimator = "traditional"
) -> ExperimentalVariogram:
    """Our answer."""
    return experimental_variogram(xyz, values, NOBODY, lags, direction, estimator=name)


# ------------------------------------------------------------------ GSTools


@pytest.mark.parametrize(
    ("theirs", "name"), [("matheron", "traditional"), ("cressie", "cressie_hawkins")]
)
def test_every_direction_as_gstools(samples: Any, theirs: str, name: Any) -> None:
    """``vario_estimate`` of GSTools, both of its estimators."""
    gstools = pytest.importorskip("gstools")
    xyz, grade, _ = samples
    _, gamma, pairs = gstools.vario_estimate(
        xyz.T, grade, np.arange(0, 61, 10.0), estimator=theirs, return_counts=True
    )
    same(ours_of(xyz, grade, LAGS, name=name), gamma, pairs)


def test_a_direction_as_gstools(samples: Any) -> None:
    """A cone about a slanted direction, and a band about a level one."""
    gstools = pytest.importorskip("gstools")
    xyz, grade, _ = samples
    edges = np.arange(0, 61, 10.0)
    _, gamma, pairs = gstools.vario_estimate(
        xyz.T, grade, edges, direction=[SLANTED], angles_tol=np.deg2rad(25), return_counts=True
    )
    same(ours_of(xyz, grade, Lags(10.0, 6, 25.0), SLANTED), gamma, pairs)
    level = direction_vector(30.0, 0.0)
    _, gamma, pairs = gstools.vario_estimate(
        xyz[:, :2].T,
        grade,
        edges,
        direction=[level[:2]],
        angles_tol=np.deg2rad(30),
        bandwidth=8.0,
        return_counts=True,
    )
    flat = xyz * [1.0, 1.0, 0.0]
    same(ours_of(flat, grade, Lags(10.0, 6, 30.0, None, 8.0), level), gamma, pairs)


# ------------------------------------------------------------------ scikit-gstat


@pytest.mark.parametrize(
    ("theirs", "name"),
    [("matheron", "traditional"), ("cressie", "cressie_hawkins"), ("dowd", "dowd")],
)
def test_every_direction_as_scikit_gstat(samples: Any, theirs: str, name: Any) -> None:
    """Its lags end at the farthest pair within ``maxlag``, so ours take their width from it."""
    skgstat = pytest.importorskip("skgstat")
    xyz, grade, _ = samples
    made = skgstat.Variogram(
        xyz, grade, estimator=theirs, n_lags=6, maxlag=60.0,
        fit_method="manual", fit_range=30.0, fit_sill=1.0,
    )  # fmt: skip
    # its lags hold their lower bound, so the farthest pair, on the last edge, is in none
    width = float(made.bins[0]) * (1 - 1e-12)
    same(ours_of(xyz, grade, Lags(width, 6), name=name), made.experimental, made.bin_count)


def test_genton_beside_scikit_gstat() -> None:
    """It interpolates a quantile where the paper takes the k-th value: between that and the next.

    It also takes absolute increments, whose spread is not that of the signed ones.
    """
    estimators = pytest.importorskip("skgstat.estimators")
    increments = np.random.default_rng(3).normal(size=60)
    size = np.abs(increments)
    apart = np.sort(np.abs(size[:, None] - size)[np.triu_indices(60, 1)])
    k = 31 * 30 // 2
    low, high = (0.5 * (2.219 * apart[i]) ** 2 for i in (k - 1, k))
    assert genton(size) == pytest.approx(0.5 * (2.2191 * apart[k - 1]) ** 2, rel=1e-12)
    assert low <= estimators.genton(size) <= high
    assert genton(increments) > 2 * genton(size)


# ------------------------------------------------------------------ gstlearn


@pytest.fixture
def gstlearn() -> Iterator[Any]:
    """gstlearn in three dimensions; its default space is set back afterwards."""
    library = pytest.importorskip("gstlearn")
    library.defineDefaultSpace(library.ESpaceType.RN, 3)
    yield library
    library.defineDefaultSpace(library.ESpaceType.RN, 2)


def theirs_of(library: Any, samples: Any, kind: Any, direction: Floats | None = None) -> Any:
    """gstlearn's variogram of both grades; its lag at zero comes first."""
    xyz, grade, other = samples
    table = library.Db()
    for i, name in enumerate("xyz"):
        table.addColumns(xyz[:, i], name, library.ELoc.X, i)
    table.addColumns(grade, "grade", library.ELoc.Z, 0)
    table.addColumns(other, "other", library.ELoc.Z, 1)
    settings = library.VarioParam()
    angle = 90.0 if direction is None else 25.0
    towards = library.VectorDouble() if direction is None else library.VectorDouble(direction)
    none = float("nan")
    line = library.DirParam.create(
        7, 10.0, 0.5, angle, 0, 0, none, none, 0.0, library.VectorDouble(), towards
    )
    settings.addDir(line)
    return library.Vario.computeFromDb(settings, table, kind)


def as_arrays(made: Any, one: int = 0, two: int = 0) -> tuple[Floats, Floats, Floats]:
    """Values, pairs and distances of gstlearn's lags but the first."""
    found = made.getGgVec(0, one, two), made.getSwVec(0, one, two), made.getHhVec(0, one, two)
    gamma, pairs, distance = (np.array(v)[-6:] for v in found)
    return gamma, pairs, np.abs(distance)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("VARIOGRAM", "traditional"), ("MADOGRAM", "madogram"), ("RODOGRAM", "rodogram")],
)
def test_every_direction_as_gstlearn(gstlearn: Any, samples: Any, kind: str, name: Any) -> None:
    """Lags at whole multiples with a tolerance of half a lag."""
    made = theirs_of(gstlearn, samples, getattr(gstlearn.ECalcVario, kind))
    same(ours_of(samples[0], samples[1], CENTRED, name=name), *as_arrays(made))


def test_a_direction_and_a_cross_variogram_as_gstlearn(gstlearn: Any, samples: Any) -> None:
    """A cone of 25 degrees; the two grades' cross-variogram there and in every direction."""
    xyz, grade, other = samples
    cone = Lags(10.0, 6, 25.0, lag_tolerance_m=5.0)
    made = theirs_of(gstlearn, samples, gstlearn.ECalcVario.VARIOGRAM, SLANTED)
    same(ours_of(xyz, grade, cone, SLANTED), *as_arrays(made))
    same(cross_variogram(xyz, grade, other, cone, SLANTED), *as_arrays(made, 1, 0))
    made = theirs_of(gstlearn, samples, gstlearn.ECalcVario.VARIOGRAM)
    same(cross_variogram(xyz, grade, other, CENTRED), *as_arrays(made, 1, 0))


# ------------------------------------------------------------------ gstat (R)


@pytest.mark.shared
def test_directions_as_gstat(shared_data: Path) -> None:
    """Four azimuths within 22.5 degrees, dips within 30: a tolerance each."""
    folder = shared_data / "31_kriging_reference" / "computed"
    data = pd.read_csv(folder / "small_data.csv")
    answer = pd.read_csv(folder / "gstat_variogram_dir.csv")
    places = data[["x", "y", "z"]].to_numpy()
    for azimuth, rows in answer.groupby("dir.hor"):
        ours = experimental_variogram(
            places,
            data["Cu_pct"].to_numpy(),
            NOBODY,
            Lags(20.0, 10, 22.5, 30.0),
            direction_vector(float(str(azimuth)), 0.0),
        )
        seen = ours.pairs > 0
        assert ours.pairs[seen].tolist() == rows["np"].tolist()
        assert ours.distance_m[seen] == pytest.approx(rows["dist"].to_numpy(), rel=1e-9)
        assert ours.gamma[seen] == pytest.approx(rows["gamma"].to_numpy(), rel=1e-9)
