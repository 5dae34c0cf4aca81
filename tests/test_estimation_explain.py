"""One block explained: weights, sums, what became of every sample, and the store beside it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from estimation.engine.krige import Problem
from estimation.errors import EstimationError
from estimation.explain import BlockExplained, block_at, explain_block
from estimation.explain_study import study_of
from estimation.plan import SectorRule
from estimation.studies import Study
from geo.drillholes.composite import Composites
from tests.engine_problems import drill, estimate_whole, search_pass
from tests.method_problems import GRID, problem_with

BLOCK = (4, 3, 1)


def bench_of(problem: Problem, model: Any) -> Any:
    """What an explanation looks at, without files."""
    belt = SimpleNamespace(crs="local", synthetic=True)
    data = SimpleNamespace(plan=problem.plan, base=Path(), belt=belt, grid=problem.grid)
    samples = {"basic": Composites(drill(GRID, 14, 7))}
    return SimpleNamespace(problem=problem, model=model, data=data, samples=samples)


def explained(
    problem: Problem, block: tuple[int, int, int] = BLOCK
) -> tuple[BlockExplained, Study]:
    """One block of a model made in memory."""
    bench = bench_of(problem, estimate_whole(problem))
    found = explain_block(bench, block)
    return found, study_of(found, bench)


def frame_of(study: Study, name: str) -> Any:
    """One table."""
    return next(table.frame for table in study.tables if table.name == name)


def test_weights_sum_to_one_and_make_the_stored_estimate() -> None:
    """Ordinary kriging: weights, their sum, the estimate to 1e-9."""
    found, study = explained(problem_with())
    (copper,) = found.elements
    samples = frame_of(study, "samples")
    assert samples["weight"].sum() == pytest.approx(1.0, abs=1e-12)
    assert copper.stored is not None
    made = float((samples["weight"] * samples["capped"]).sum())
    assert made == pytest.approx(copper.stored["estimate"], rel=1e-9)
    assert copper.agrees
    assert len(samples) == copper.stored["samples"]
    assert samples["hole_id"].nunique() == copper.stored["holes"]
    assert samples["distance_m"].mean() == pytest.approx(copper.stored["mean_distance_m"], rel=1e-6)
    table = drill(GRID, 14, 7).set_index(["hole_id", "from_m"])
    for row in samples.itertuples():
        original = table.loc[(row.hole_id, row.from_m)]
        assert (row.to_m, row.grade) == (original["to_m"], original["cu_pct"])
        assert row.easting_m == original["easting_m"]


def test_every_sample_left_out_has_its_reason() -> None:
    """No full hole, no full sector and room left: then a sample would have been taken."""
    rule = SectorRule(kind="quadrants", max_samples=2, min_filled=1)
    one = search_pass(90.0, max_samples=6, max_per_hole=2, sectors=rule)
    found, study = explained(problem_with(search=(one,)))
    taken, left = frame_of(study, "samples"), frame_of(study, "not_taken")
    assert taken.groupby("hole_id").size().max() <= 2
    assert taken.groupby("sector").size().max() <= 2
    why = left["why"].str.split(" / ").str[0]
    assert set(why) <= {"本孔样品已满", "本扇区样品已满", "更近的样品已够"}
    for row, reason in zip(left.itertuples(), why, strict=True):
        nearer = taken[taken["distance_radii"] <= row.distance_radii * (1.0 + 1e-9)]
        if reason == "本孔样品已满":
            assert (nearer["hole_id"] == row.hole_id).sum() == 2
        elif reason == "本扇区样品已满":
            assert (nearer["sector"] == row.sector).sum() == 2
        else:
            assert len(nearer) == 6
    assert found.elements[0].agrees


def test_a_number_that_was_changed_in_the_store_is_seen() -> None:
    """An estimate off by a hundred-millionth does not agree."""
    problem = problem_with()
    model = estimate_whole(problem)
    model.put("cu_pct", "estimate", model.field("cu_pct", "estimate") * (1.0 + 1e-8))
    bench = bench_of(problem, model)
    found = explain_block(bench, BLOCK)
    assert not found.elements[0].agrees
    assert any("differs" in words.en for words in study_of(found, bench).remarks)


def test_the_class_says_what_decided_it() -> None:
    """Limits are those of the plan, and the one that failed is named."""
    found, study = explained(problem_with())
    assert found.class_of is not None
    limits = frame_of(study, "class_limits")
    measured = limits[(limits["class_name"] == "measured") & (limits["limit"] == "mean_distance_m")]
    distance = float(found.place.mean_distance_m[0])
    assert (measured["asked"].item(), measured["found"].item()) == (30.0, distance)
    if found.class_of.name == "indicated":
        assert "mean_distance_m" in found.class_of.decided_by.en


def test_a_block_without_an_estimate_is_explained_too() -> None:
    """More samples asked for than there are: no weights, the reason said."""
    one = search_pass(30.0, min_samples=8, max_samples=8, min_holes=4)
    found, study = explained(problem_with(search=(one,), holes=5))
    assert found.elements[0].solution is None
    assert any("fewer" in words.en or "no sample" in words.en for words in study.remarks)


def test_without_a_model_the_block_is_solved_all_the_same() -> None:
    """Nothing stored, nothing to compare."""
    problem = problem_with()
    found = explain_block(bench_of(problem, None), BLOCK)
    assert found.class_of is None
    assert found.elements[0].solution is not None
    assert found.elements[0].difference is None


def test_a_place_is_found_in_its_block() -> None:
    """Edges belong to the block above; outside the grid: the grid's extent is said."""
    assert block_at(GRID, (1040.0, 2039.9, 305.0)) == (4, 3, 1)
    with pytest.raises(EstimationError, match=r"E 1000\.\.1080.*不在网格内"):
        block_at(GRID, (999.0, 2000.0, 300.0))
    with pytest.raises(EstimationError, match=r"0\.\.7, 0\.\.7, 0\.\.3"):
        explain_block(bench_of(problem_with(), None), (8, 0, 0))


@pytest.mark.parametrize("change", [{"method": "nearest"}, {"method": "inverse_distance"}])
def test_estimates_without_kriging_are_explained_by_their_weights(change: dict[str, Any]) -> None:
    """Weights of inverse distance sum to 1; the nearest sample has all of it."""
    found, study = explained(problem_with(**change))
    weights = frame_of(study, "samples")["weight"].to_numpy()
    assert weights.sum() == pytest.approx(1.0)
    assert (weights.max() == 1.0) == (change["method"] == "nearest")
    assert found.elements[0].agrees


def test_the_figure_is_drawn(tmp_path: Path) -> None:
    """The drawing takes what the study gives."""
    from reporting.figures.store import draw

    _, study = explained(problem_with())
    (figure,) = study.figures
    source = tmp_path / "arrays.npz"
    np.savez(source, **figure.arrays)
    svg = draw(figure.drawing, source, figure.parameters)
    assert svg.startswith("<?xml")
