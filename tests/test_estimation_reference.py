"""The engine against other people's answers: published, computed by other engines, exhaustive."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from estimation.belts import read_belt
from estimation.engine.krige import Problem, prepare
from estimation.engine.visit import visit_of
from estimation.plan import ElementPlan, Orientation, Plan
from estimation.validation.witness import call_witness
from estimation.variography.experimental import Lags, experimental_variogram
from geo.config import GridSpec
from geo.drillholes.composite import Composites, composite
from geo.drillholes.reading import read_drillholes
from geo.grids import BlockGrid
from tests.conftest import ROOT
from tests.engine_problems import (
    NAMES,
    TILTED,
    Floats,
    ModelInMemory,
    element_plan,
    estimate_whole,
    make_plan,
    problem_of,
    samples_at,
    search_pass,
    variogram,
)

# ------------------------------------------------------------------ other engines' answers

REFERENCE_ANGLES = Orientation(azimuth_deg=30.0, dip_deg=-20.0, rake_deg=0.0)


@pytest.fixture(scope="module")
def computed(shared_data: Path) -> Path:
    """Answers of R gstat, gstlearn and numpy on one small set of copper composites."""
    return shared_data / "31_kriging_reference" / "computed"


def kriged(
    folder: Path,
    points: tuple[int, int, int],
    count: int,
    structure: tuple[str, float, tuple[float, float, float]] | None = None,
    leave_out: bool = False,
) -> Floats:
    """The reference problem by our kernel, each target from its ``count`` nearest samples."""
    structure = structure or ("spherical", 0.9, (300.0, 200.0, 100.0))
    data = pd.read_csv(folder / "small_data.csv")
    targets = data if leave_out else pd.read_csv(folder / "small_targets.csv")
    wide = search_pass((30000.0, 20000.0, 10000.0), max_samples=count, max_per_hole=count)
    model = variogram(0.1, structure, orientation=REFERENCE_ANGLES)
    plan = element_plan(variogram=model, search=(wide,))
    visit = visit_of({"cu_pct": plan}, (20.0, 20.0, 10.0), points, np.zeros(3))
    holes = np.arange(len(data)) if leave_out else data["hole"].to_numpy(dtype=np.int64)
    samples = samples_at(data[["x", "y", "z"]].to_numpy(), data["Cu_pct"].to_numpy(), holes)
    blocks = targets[["x", "y", "z"]].to_numpy(dtype=float)
    alone = np.arange(len(targets) + 1)
    own = np.arange(len(data)) if leave_out else None
    return visit.krige(visit.kernel_samples(samples), blocks, alone, own)[0]


def assert_equal(out: Floats, name: str, expected: pd.Series, limit: float = 1e-10) -> None:
    """Compare a field with the reference column and print the largest difference."""
    worst = np.abs(out[:, NAMES[name]] - expected.to_numpy()).max()
    print(f"{name}: largest difference {worst:.1e}")
    assert worst < limit, name


@pytest.mark.shared
def test_point_kriging_equals_gstlearn(computed: Path) -> None:
    """24 nearest in the ellipsoid's metric, point support (gstlearn 1.11.1)."""
    out = kriged(computed, (1, 1, 1), 24)
    answer = pd.read_csv(computed / "gstlearn_ok_point_k24aniso.csv")
    assert_equal(out, "estimate", answer["est"])
    assert_equal(out, "variance", answer["kriging_var"])


@pytest.mark.shared
def test_block_kriging_and_its_diagnostics_equal_the_reference(computed: Path) -> None:
    """Blocks of 4x4x4 points: estimate, variance, Lagrange, slope, efficiency, weights, holes."""
    out = kriged(computed, (4, 4, 4), 24)
    answer = pd.read_csv(computed / "numpy_ok_block444_k24aniso_diagnostics.csv")
    fields = {
        "estimate": "est",
        "variance": "kriging_var",
        "lagrange": "lagrange_mu",
        "slope": "slope_of_regression",
        "efficiency": "kriging_efficiency",
        "negative_weights": "sum_neg_weights",
        "holes": "n_holes",
    }
    for ours, theirs in fields.items():
        assert_equal(out, ours, answer[theirs])
    block = (out[:, NAMES["variance"]]) / (1.0 - out[:, NAMES["efficiency"]])
    assert block == pytest.approx(answer["block_var"].to_numpy(), rel=1e-10)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("points", "file"),
    [((1, 1, 1), "gstat_ok_point_global.csv"), ((4, 4, 4), "gstat_ok_block444_global.csv")],
)
def test_kriging_from_all_samples_equals_gstat(
    computed: Path, points: tuple[int, int, int], file: str
) -> None:
    """All 240 samples in one system, point and block support (R gstat 2.1-0)."""
    out = kriged(computed, points, 240)
    answer = pd.read_csv(computed / file)
    assert_equal(out, "estimate", answer["Cu.pred"])
    assert_equal(out, "variance", answer["Cu.var"])


@pytest.mark.shared
def test_leaving_one_sample_out_equals_gstat(computed: Path) -> None:
    """Each of 240 samples estimated from the 239 others (R gstat ``krige.cv``)."""
    out = kriged(computed, (1, 1, 1), 239, leave_out=True)
    answer = pd.read_csv(computed / "gstat_ok_loocv_global.csv")
    assert_equal(out, "estimate", answer["Cu.pred"])
    assert_equal(out, "variance", answer["Cu.var"])


@pytest.mark.shared
def test_experimental_variogram_equals_gstat(computed: Path) -> None:
    """Pairs, mean distance and half squared increments in every direction (R gstat)."""
    data = pd.read_csv(computed / "small_data.csv")
    answer = pd.read_csv(computed / "gstat_variogram_omni.csv")
    ours = experimental_variogram(
        data[["x", "y", "z"]].to_numpy(),
        data["Cu_pct"].to_numpy(),
        data["hole"].to_numpy(dtype=np.int64),
        Lags(width_of(answer), len(answer)),
    )
    assert ours.pairs.tolist() == answer["np"].tolist()
    assert ours.distance_m == pytest.approx(answer["dist"].to_numpy(), rel=1e-9)
    assert ours.gamma == pytest.approx(answer["gamma"].to_numpy(), rel=1e-9)


def width_of(answer: pd.DataFrame) -> float:
    """Lag width of a gstat variogram whose lags are equal: mean distances lie in each lag."""
    middles = answer["dist"].to_numpy()
    widths = [
        w
        for w in range(5, 101, 5)
        if (np.ceil(middles / w) == np.arange(1, 1 + len(middles))).all()
    ]
    assert len(widths) == 1, widths
    return float(widths[0])


# ------------------------------------------------------------------ real data, PyKrige, truth


def read_geoeas(path: Path) -> pd.DataFrame:
    """A GEO-EAS file: title, number of columns, their names, numbers."""
    lines = path.read_text("latin-1").splitlines()
    count = int(lines[1].split()[0])
    names = [line.strip() for line in lines[2 : 2 + count]]
    rows = [[float(x) for x in line.split()] for line in lines[2 + count :] if line.strip()]
    return pd.DataFrame(rows, columns=names)


def flat_table(x: Any, y: Any, values: Any, element: str) -> pd.DataFrame:
    """Samples of a plane as composites: one hole each, elevation 0."""
    names = [f"S{i:04d}" for i in range(len(values))]
    columns = {"hole_id": names, "from_m": 0.0, "to_m": 1.0, "length_m": 1.0}
    places = {"easting_m": np.asarray(x), "northing_m": np.asarray(y), "elevation_m": 0.0}
    return pd.DataFrame({**columns, **places, "domain": "all", element: np.asarray(values)})


def flat_problem(
    table: pd.DataFrame, element: str, plan: ElementPlan, block: float, shape: tuple[int, int]
) -> Problem:
    """A plane problem: one bench of blocks around elevation 0."""
    grid = BlockGrid(
        GridSpec(
            origin_m=(0.5 if block == 10.0 else 0.0, 0.5 if block == 10.0 else 0.0, -0.5),
            block_m=(block, block, 1.0),
            shape=(*shape, 1),
            tile=(13, 15, 1),
        )
    )
    whole = make_plan({element: plan}, main_element=element, discretisation=(4, 4, 1))
    return problem_of(grid, whole, table)


@pytest.fixture(scope="module")
def walker_lake(shared_data: Path) -> tuple[Problem, ModelInMemory, Floats]:
    """470 samples of V, blocks of 10x10 m, and the true block means of 78 000 nodes."""
    folder = shared_data / "18_walker_lake"
    data = read_geoeas(folder / "walker.dat")
    x, y, v = (data[n] for n in list(data.columns)[1:4])
    # Isaaks & Srivastava (1989) ch. 16 use N14W; one ratio for all structures here, so that
    # PyKrige can be the witness
    model = variogram(
        22000.0,
        ("spherical", 40000.0, (36.0, 20.0, 10.0)),
        ("spherical", 45000.0, (126.0, 70.0, 35.0)),
        orientation=Orientation(azimuth_deg=-14.0, dip_deg=0.0, rake_deg=0.0),
    )
    plan = element_plan(
        variogram=model,
        search=(
            search_pass((60.0, 35.0, 20.0), min_samples=4, max_samples=16),
            search_pass((180.0, 100.0, 50.0), max_samples=16),
        ),
    )
    problem = flat_problem(flat_table(x, y, v, "v_ppm"), "v_ppm", plan, 10.0, (26, 30))
    truth = pd.read_csv(folder / "Exhaustive_set.csv").sort_values(["Y", "X"])["V"].to_numpy()
    blocks = truth.reshape(30, 10, 26, 10).mean(axis=(1, 3))
    return problem, estimate_whole(problem), blocks


@pytest.fixture(scope="module")
def cluster(shared_data: Path) -> tuple[Problem, ModelInMemory, Floats]:
    """GSLIB's 140 clustered samples, blocks of 2x2, and the true block means of 2 500 nodes."""
    folder = shared_data / "19_gslib_cluster_true"
    data = read_geoeas(folder / "cluster.dat")
    plan = element_plan(
        variogram=variogram(
            10.0,
            ("spherical", 30.0, (12.0, 8.0, 4.0)),
            orientation=Orientation(azimuth_deg=60.0, dip_deg=0.0, rake_deg=0.0),
        ),
        search=(search_pass(20.0, min_samples=4, max_samples=12), search_pass(60.0)),
    )
    table = flat_table(data["Xlocation"], data["Ylocation"], data["Primary"], "cu_pct")
    problem = flat_problem(table, "cu_pct", plan, 2.0, (25, 25))
    truth = read_geoeas(folder / "true.dat")["Primary"].to_numpy()
    blocks = truth.reshape(25, 2, 25, 2).mean(axis=(1, 3))
    return problem, estimate_whole(problem), blocks


RealHoles = tuple[BlockGrid, Plan, Composites]


@pytest.fixture(scope="module")
def babbitt_holes(shared_data: Path) -> RealHoles:
    """Real drill-holes through the program's own reading, a middle part of the block model."""
    assert shared_data.is_dir()
    path = ROOT / "configs" / "public" / "babbitt.yaml"
    deposit = read_belt(path).deposits[0]
    assert deposit.plan is not None
    reading = read_drillholes(deposit.drillholes, path.parent)
    assert reading.drillholes is not None
    holes = reading.drillholes.as_of(date(2026, 1, 1))
    plan: Plan = deposit.plan.model_copy(
        update={"elements": {"cu_pct": deposit.plan.elements["cu_pct"]}}
    )
    samples = composite(
        holes,
        length_m=plan.composites.length_m,
        min_coverage=plan.composites.min_coverage,
        elements=("cu_pct",),
    )
    size = np.array(deposit.grid.block_m)
    start = np.array(deposit.grid.origin_m) + size * np.array([35, 25, 20])
    part = {"origin_m": tuple(start.tolist()), "shape": (28, 20, 16), "tile": (16, 16, 8)}
    grid = BlockGrid(deposit.grid.model_copy(update=part))
    return grid, plan, samples


@pytest.fixture(scope="module")
def babbitt(babbitt_holes: RealHoles) -> tuple[Problem, ModelInMemory]:
    """Babbitt with its configured plan (two structures of different anisotropy)."""
    problem = prepare(*babbitt_holes, None)
    return problem, estimate_whole(problem)


@pytest.fixture(scope="module")
def babbitt_one_ratio(babbitt_holes: RealHoles) -> tuple[Problem, ModelInMemory]:
    """Babbitt with one anisotropy for both structures, as PyKrige needs it, and tilted."""
    grid, plan, samples = babbitt_holes
    model = variogram(
        0.0143,
        ("spherical", 0.0321, (90.0, 70.0, 30.0)),
        ("exponential", 0.0250, (270.0, 210.0, 90.0)),
        orientation=TILTED,
    )
    element = plan.elements["cu_pct"].model_copy(update={"variogram": model})
    problem = prepare(
        grid, plan.model_copy(update={"elements": {"cu_pct": element}}), samples, None
    )
    return problem, estimate_whole(problem)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "element", "witness"),
    [
        ("walker_lake", "v_ppm", "PyKrige"),
        ("cluster", "cu_pct", "PyKrige"),
        ("babbitt_one_ratio", "cu_pct", "PyKrige"),
        ("babbitt", "cu_pct", "numpy (dense)"),
    ],
)
def test_200_blocks_of_real_data_agree_with_pykrige(
    name: str, element: str, witness: str, request: pytest.FixtureRequest
) -> None:
    """Estimates and variances of 200 random blocks equal an independent solution to 1e-8."""
    problem, model = request.getfixturevalue(name)[:2]
    seen = call_witness(problem, model, element, 200, seed=20261121)
    print(
        f"{name}: {seen.blocks} blocks, {seen.witness}, {len(problem.elements[element])} samples: "
        f"largest relative difference of estimates {seen.largest_estimate_difference:.1e}, "
        f"of variances {seen.largest_variance_difference:.1e}"
    )
    assert (seen.blocks, seen.witness) == (200, witness)
    assert max(seen.largest_estimate_difference, seen.largest_variance_difference) < 1e-8


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "element", "least_correlation"),
    [("walker_lake", "v_ppm", 0.8), ("cluster", "cu_pct", 0.4)],
)
def test_kriged_blocks_stand_beside_exhaustive_truth(
    name: str, element: str, least_correlation: float, request: pytest.FixtureRequest
) -> None:
    """Every block estimated; the mean within 5 % of truth, and better than the plain mean's."""
    problem, model, truth = request.getfixturevalue(name)
    estimate = model.field(element, "estimate")[0]
    assert np.isfinite(estimate).all()
    plain = problem.elements[element].values.mean()
    bias = estimate.mean() / truth.mean() - 1.0
    correlation = np.corrcoef(estimate.ravel(), truth.ravel())[0, 1]
    slope = np.polyfit(estimate.ravel(), truth.ravel(), 1)[0]
    errors = (truth - estimate) / np.sqrt(model.field(element, "variance")[0])
    print(
        f"{name}: truth {truth.mean():.2f}, kriged {estimate.mean():.2f} (bias {bias:+.1%}), plain "
        f"mean of samples {plain:.2f}; correlation {correlation:.3f}, slope {slope:.3f}, variance "
        f"of standardized errors {errors.var():.2f}; blocks {estimate.size}"
    )
    assert correlation > least_correlation
    assert abs(estimate.mean() - truth.mean()) < abs(plain - truth.mean())
    if name == "walker_lake":
        assert abs(bias) <= 0.05
        assert 0.8 < slope < 1.2
