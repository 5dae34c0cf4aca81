"""The benchmark compares like with like: one problem, peers that agree with us, whole records."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from benchmarks import records
from benchmarks.measure import OURS, Cost, Measured, run_here
from benchmarks.problem import (
    AXES,
    AZIMUTH_DEG,
    DIP_DEG,
    ELEMENTS,
    LOG_DEVIATIONS,
    MEDIANS,
    Job,
    isotropic,
    load_problem,
    make_problem,
    problem_of,
)
from benchmarks.records import difference_of, nearly_tied, record_of
from estimation.plan import Orientation
from estimation.rotation import axes_from_gslib

SMALLEST = Job(OURS, grid="192", nearest=250, repeats=1)
ASKED = {
    "problem",
    "engine",
    "mode",
    "elements",
    "samples",
    "blocks",
    "workers",
    "cpu_us_per_block",
    "ratio_to_ours",
    "peak_mib",
    "max_difference",
}
"""Keys of a record that other programs read."""


def test_the_axes_of_the_problem_are_those_of_gslib() -> None:
    """The problem is written without the house, and means the same."""
    turned = Orientation(azimuth_deg=AZIMUTH_DEG, dip_deg=DIP_DEG, rake_deg=0.0)
    np.testing.assert_allclose(AXES, axes_from_gslib(turned), atol=1e-15)


def test_a_made_district_is_like_the_stored_one() -> None:
    """Composites every 10 m in holes about every 100 m, lognormal, correlated."""
    made = make_problem(20)
    collars = made.xyz_m[::50]
    assert made.xyz_m.shape == (20 * 20 * 50, 3)
    cells, places = np.divmod(collars[:, :2], 100.0)
    assert len(np.unique(cells, axis=0)) == 20 * 20
    # 20 m of jitter, and half a composite down a hole that dips 60 degrees or more
    assert np.abs(places - 50.0).max() <= 22.5
    steps = np.linalg.norm(np.diff(made.xyz_m[:50], axis=0), axis=1)
    np.testing.assert_allclose(steps, 10.0)
    logs = np.log(made.values)
    np.testing.assert_allclose(np.median(made.values, axis=0), MEDIANS, rtol=0.05)
    np.testing.assert_allclose(logs.std(axis=0), LOG_DEVIATIONS, rtol=0.05)
    assert 0.8 < np.corrcoef(logs.T)[ELEMENTS.index("mo_ppm"), ELEMENTS.index("re_ppm")] < 0.9
    assert np.abs(made.xyz_m.mean(axis=0) - made.centre_m).max() < 15.0


@pytest.mark.shared
@pytest.mark.parametrize(("nominal", "holes"), [(5_000, 100), (50_000, 1024)])
def test_stored_composites_are_read_where_they_are(
    shared_data: Path, nominal: int, holes: int
) -> None:
    """Holes are in order, and the district's centre is where its composites are."""
    stored = load_problem(nominal)
    with np.load(next(shared_data.glob(f"32*/*data{'_50k' * (holes > 100)}.npz"))) as file:
        np.testing.assert_array_equal(stored.xyz_m, file["xyz"])
    assert np.all(np.diff(stored.holes) >= 0)
    assert len(np.unique(stored.holes)) == holes
    assert np.abs(stored.xyz_m.mean(axis=0) - stored.centre_m).max() < 15.0


@pytest.mark.parametrize(
    "job",
    [
        SMALLEST.changed(engine="PyKrige"),
        SMALLEST.changed(engine="gstlearn"),
        SMALLEST.changed(engine="gstlearn", discretisation=4),
        SMALLEST.changed(engine="gstat"),
        SMALLEST.changed(engine="gstat", discretisation=4, sphere=True),
        SMALLEST.changed(engine="GSTools", nearest=64, neighbours=64),
    ],
    ids=lambda job: f"{job.engine}, {job.mode}",
)
def test_a_peer_agrees_with_us_on_its_common_ground(job: Job) -> None:
    """Same samples, model, neighbourhood and blocks: the same estimates and variances."""
    theirs = run_here(job)
    if theirs.absent:
        pytest.skip(f"{job.engine}: {theirs.absent}")
    ours = run_here(job.changed(engine=OURS))
    apart = difference_of(job, problem_of(job), theirs, ours)
    assert theirs.estimate.shape == ours.estimate.shape == (192, 1)
    assert apart.nearly_tied < 10
    assert apart.estimate < 1e-9
    # gstlearn averages C(V,V) over a randomised second grid
    randomised = job.engine == "gstlearn" and job.discretisation > 1
    assert apart.variance < (1e-3 if randomised else 1e-9)


def test_what_a_peer_cannot_do_is_said() -> None:
    """An absent engine has a record with a reason, not a gap in the table."""
    found = run_here(SMALLEST.changed(engine="PyKrige", discretisation=4))
    assert found.cost is None
    assert found.absent == "no block kriging"


def test_a_record_has_every_key_and_costs_are_per_block() -> None:
    """Two seconds of CPU over 4,000 blocks are 500 microseconds, ten times 50."""
    cost = Cost(blocks=4_000, cpu_s=2.0, wall_s=1.0, peak_mib=100.0)
    record = record_of("peers", Job("PyKrige"), cost, base_us=50.0)
    assert {field.name for field in fields(record)} >= ASKED
    assert (record.cpu_us_per_block, record.wall_us_per_block) == (500.0, 250.0)
    assert (record.ratio_to_ours, record.peak_mib) == (10.0, 100.0)
    absent = record_of("peers", Job("PyKrige"), None, note="absent: not installed")
    assert (absent.blocks, absent.cpu_us_per_block, absent.ratio_to_ours) == (0, None, None)


def test_a_block_half_way_between_two_samples_is_nearly_tied() -> None:
    """Engines may take either of them, so such a block is not compared."""
    job = SMALLEST.changed(grid="one", neighbours=1, nearest=2)
    problem = problem_of(job)
    middle = problem.grid("one").centres_m()[0]
    step = np.array([30.0, 0.0, 0.0])
    tied = type(problem)(
        np.array([middle + step, middle - step]),
        problem.holes,
        problem.values,
        problem.centre_m,
    )
    assert nearly_tied(job, tied).tolist() == [True]
    moved = tied.xyz_m + np.array([1.0, 0.0, 0.0])
    away = type(problem)(moved, tied.holes, tied.values, tied.centre_m)
    assert np.ptp(np.linalg.norm(isotropic(away.xyz_m - middle), axis=1)) > records.NEARLY_TIED
    assert nearly_tied(job, away).tolist() == [False]


def test_the_page_keeps_its_text_and_gets_the_new_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands between the marks is replaced, the rest stays; the same records are in JSON."""
    page, kept = tmp_path / "page.md", tmp_path / "results" / "latest.json"
    page.write_text(f"before\n{records.BEGIN}\nold\n{records.END}\nafter\n", "utf-8")
    monkeypatch.setattr(records, "PAGE", page)
    monkeypatch.setattr(records, "RESULTS", kept)
    cost = Cost(blocks=10, cpu_s=1e-4, wall_s=1e-4, peak_mib=12.0)
    records.write([record_of("peers", Job(OURS), cost, 10.0), record_of("peers", Job("X"), None)])
    text = page.read_text("utf-8")
    assert text.startswith("before\n")
    assert text.endswith(f"{records.END}\nafter\n")
    assert "old" not in text
    assert records.machine() in text
    rows = json.loads(kept.read_text("utf-8"))
    assert [row["engine"] for row in rows] == [OURS, "X"]
    assert all(set(row) >= ASKED for row in rows)
    assert all(f"| {row['engine']} | point |" in text for row in rows)


def test_the_pages_own_marks_are_there() -> None:
    """Without them a run would put its table at the page's end, again and again."""
    text = records.PAGE.read_text("utf-8")
    assert text.count(records.BEGIN) == text.count(records.END) == 1


def test_an_answer_of_a_job_does_not_depend_on_the_number_of_workers() -> None:
    """Two workers give the bytes of one."""
    job = SMALLEST.changed(grid="2k", neighbours=8)
    one, two = run_here(job), run_here(job.changed(workers=2))
    assert isinstance(one, Measured)
    np.testing.assert_array_equal(one.estimate, two.estimate)
