"""Estimates against exhaustive truth, by the benchmark's own cases (docs/validation.md).

Plans are made without a look at the truth, so what is asked here is what was found blind.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import truth, truth_cases, truth_redrilled
from benchmarks.truth_predicted import ground_of


@pytest.mark.shared
def test_marvin_from_holes_120_m_apart(shared_data: Path) -> None:
    """Kriged from a proposed variogram: mean, slope, and the even grid's declustered mean."""
    everywhere = truth_cases.marvin_truth(shared_data / "20_minelib_open")
    found = truth.judge(truth_cases.marvin_case(everywhere, 4, (2, 2)))
    assert abs(found.bias["kriged"]) <= truth.BIAS
    assert abs(found.slope - 1.0) <= truth.SLOPE
    assert abs(found.bias["cells"]) <= truth.BIAS
    # smoothed blocks lose what the change of support keeps
    assert found.metal["kriged"][-1] < found.metal["gaussian"][-1]


@pytest.mark.shared
def test_ground_takes_walker_lakes_clusters_back(shared_data: Path) -> None:
    (case,) = truth_cases.walker(shared_data / "18_walker_lake")
    true = case.truth.mean()
    assert true == pytest.approx(277.98, abs=0.01)  # the 78,000 true values
    assert case.values.mean() > 1.5 * true
    assert abs(np.average(case.values, weights=ground_of(case)) / true - 1.0) <= truth.BIAS


@pytest.mark.shared
def test_redrilled_fields_have_the_published_design(shared_data: Path) -> None:
    """As many samples, and clustered in rich ground as the published ones."""
    folder = shared_data / "18_walker_lake"
    (published,) = truth_cases.walker(folder)
    (anew,) = truth_redrilled.walker_anew(truth_cases.walker_truth(folder), 1)
    assert len(anew.values) == pytest.approx(len(published.values), rel=0.1)
    assert anew.values.mean() > 1.3 * anew.truth.mean()
    field = truth_cases.gslib_truth(shared_data / "19_gslib_cluster_true")
    (anew,) = truth_redrilled.gslib_anew(field, 1)
    assert len(anew.values) == 140
    assert anew.values.mean() > 1.3 * field.mean()
