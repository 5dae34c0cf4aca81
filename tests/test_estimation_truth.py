"""Estimates against exhaustive truth, by the benchmark's own cases (docs/validation.md)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import truth


@pytest.mark.shared
def test_walker_lake(shared_data: Path) -> None:
    """470 clustered samples: mean, slope, and metal by change of support up to 300 ppm."""
    (case,) = truth.walker(shared_data / "18_walker_lake")
    found = truth.judge(case)
    assert found.true_mean == pytest.approx(277.98, abs=0.01)  # the 78,000 true values
    assert found.bias["plain"] > 0.5
    assert abs(found.bias["nearest"]) <= truth.BIAS
    assert abs(found.bias["kriged"]) <= truth.BIAS
    assert abs(found.slope - 1.0) <= truth.SLOPE
    low = found.cutoffs <= 300.0
    assert np.abs(found.metal["gaussian"][low]).max() <= truth.CURVE
    # smoothed blocks lose what the change of support keeps
    assert abs(found.metal["kriged"][-1]) > abs(found.metal["gaussian"][-1])


@pytest.mark.shared
def test_marvin_from_holes_60_m_apart(shared_data: Path) -> None:
    case = next(truth.marvin(shared_data / "20_minelib_open"))
    found = truth.judge(case)
    assert abs(found.bias["nearest"]) <= truth.BIAS
    assert abs(found.bias["kriged"]) <= truth.BIAS
    assert abs(found.slope - 1.0) <= truth.SLOPE
    assert np.abs(found.metal["gaussian"]).max() <= truth.CURVE


@pytest.mark.shared
def test_gslib_cluster(shared_data: Path) -> None:
    """140 samples of a population with CV 2: mean and slope; the curve is missed (see docs)."""
    (case,) = truth.gslib(shared_data / "19_gslib_cluster_true")
    found = truth.judge(case)
    assert found.true_mean == pytest.approx(2.58, abs=0.001)
    assert abs(found.bias["kriged"]) <= truth.BIAS
    assert abs(found.slope - 1.0) <= truth.SLOPE
