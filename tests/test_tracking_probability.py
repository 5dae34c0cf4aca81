"""How sure growth is: closed forms of normal draws, sums of classes, and what stays null."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from estimation.results import DepositResult
from estimation.simulation.records import ClassDraws, Uncertainty, percentiles_kg
from tests.fabricated import chain_of, copper_result
from tests.target_fixture import CONFIG, V24, V26
from tracking.ledger.book import Book
from tracking.ledger.entries import LedgerEntry, entry_content, same_figure
from tracking.target.likely import likely_growth
from tracking.target.progress import BaselineProgress
from tracking.target.spread import Simulated, Spread
from tracking.target.spread import simulated as figure_spread
from tracking.target.target import read_target, target_progress

COUNT = 1001
NORMAL = norm.ppf((np.arange(COUNT) + 0.5) / COUNT)
"""A normal variable's draws, evenly spread: what is expected has closed forms."""


def simulated(result: DepositResult, sigma_t: dict[str, float], opposed: bool = False) -> Any:
    """The estimate with normal draws about each class; ``opposed``: the second class mirrored."""
    held = {row.class_name: row.elements["cu_pct"].metal_t for row in result.statement.rows}
    draws = []
    for k, (name, sigma) in enumerate(sigma_t.items()):
        drawn = NORMAL[::-1] if opposed and k == 1 else NORMAL
        metal = np.rint(1000.0 * (held[name] + sigma * drawn)).astype(int).tolist()
        draws.append(ClassDraws(name, tuple(metal), (0,) * COUNT))
    return replace(result, uncertainty=Uncertainty("cu_pct", COUNT, 1, (2, 2, 1), tuple(draws)))


def two_figures(sigma_t: dict[str, float], name: str = "test-syn", **more: Any) -> list[Any]:
    """1,000 t at the baseline, 1,080 t now, simulated."""
    half = {"measured": 540.0, "indicated": 540.0}
    return [
        copper_result(V24, {"measured": 500.0, "indicated": 500.0}, deposit_id=name),
        simulated(copper_result(V26, half, deposit_id=name), sigma_t, **more),
    ]


def progress(entries: tuple[LedgerEntry, ...]) -> BaselineProgress:
    """From the first baseline of the copper target."""
    return target_progress(read_target(CONFIG), Book(entries)).baselines[0]


def test_an_entry_holds_percentiles_and_draws_by_class() -> None:
    """P10, P50, P90 by element and class, and every draw; without a simulation null."""
    first, last = two_figures({"measured": 10.0, "indicated": 30.0})
    assert entry_content(first)["uncertainty"] is None
    stated = entry_content(last)["uncertainty"]["cu_pct"]
    assert set(stated) == {"measured", "indicated"}
    for name, sigma in (("measured", 10.0), ("indicated", 30.0)):
        z = norm.ppf(0.9)
        expected = [540_000 + 1000 * sigma * x for x in (-z, 0.0, z)]
        found = [stated[name][key] for key in ("p10_kg", "p50_kg", "p90_kg")]
        assert found == pytest.approx(expected, abs=1000 * sigma * 0.01)
        assert len(stated[name]["draws_kg"]) == COUNT
    content = entry_content(last)
    assert same_figure(content, last)
    assert not same_figure(content, replace(last, uncertainty=None))


def test_a_result_keeps_its_simulation_on_disk(tmp_path: Any) -> None:
    """There and back; a file without one is read as without."""
    for result in two_figures({"measured": 10.0, "indicated": 30.0}):
        path = tmp_path / f"{result.vintage}.json"
        result.write(path)
        assert DepositResult.read(path) == result


def test_what_could_not_be_simulated_is_null_in_the_entry() -> None:
    """A reason and no draws."""
    _, last = two_figures({"measured": 1.0})
    why = replace(last.uncertainty, draws=(), reason="因 / why")
    assert entry_content(replace(last, uncertainty=why))["uncertainty"] is None


@pytest.mark.parametrize(("opposed", "sigma"), [(False, 40.0), (True, 20.0)])
def test_probability_of_a_line_is_the_normal_one(opposed: bool, sigma: float) -> None:
    """+8 % with a known deviation: +5 % and +10 % of one deposit, and P10-P90 of growth."""
    sigmas = {"measured": 10.0, "indicated": 30.0}
    found = progress(chain_of(two_figures(sigmas, opposed=opposed))).likely
    assert found is not None
    z = norm.ppf(0.9) * sigma / 10.0
    for band in (found.together, found.independent):
        assert (band.p10_pct, band.p90_pct) == pytest.approx((8.0 - z, 8.0 + z), abs=0.02)
    for chance, missing in zip(found.chances, (-30.0, 20.0), strict=True):
        expected = norm.sf(missing / sigma)
        assert chance.together == pytest.approx(expected, abs=0.005)
        assert chance.independent == pytest.approx(expected, abs=0.005)


def test_deposits_err_together_or_apart() -> None:
    """Four alike: twice the relative deviation together as apart."""
    every = [
        r for n in "abcd" for r in two_figures({"measured": 8.0, "indicated": 8.0}, f"{n}-syn")
    ]
    found = progress(chain_of(every)).likely
    assert found is not None
    together = found.together.p90_pct - found.together.p10_pct
    apart = found.independent.p90_pct - found.independent.p10_pct
    assert together == pytest.approx(2.0 * apart, rel=0.01)
    assert together == pytest.approx(2 * norm.ppf(0.9) * 1.6, rel=0.02)


def test_one_deposit_without_a_simulation_leaves_no_band() -> None:
    """Nothing is said of a sum of which a part is not known to any precision."""
    one = two_figures({"measured": 10.0, "indicated": 30.0})
    other = [replace(r, deposit_id="b-syn", uncertainty=None) for r in one]
    assert progress(chain_of([*one, *other])).likely is None
    some = two_figures({"measured": 10.0})
    assert progress(chain_of(some)).likely is None


def test_a_skewed_error_keeps_its_sides_when_all_err_together() -> None:
    """P10 and P90 of growth are the figure's own sides, percent of the baseline."""
    found = likely_growth(50.0, 1000.0, (0.05,), [Spread(20_000, 40_000)])
    assert (found.together.p10_pct, found.together.p90_pct) == pytest.approx((3.0, 9.0))
    (chance,) = found.chances
    assert chance.together == pytest.approx(0.5)


def test_percentiles_are_whole_kilograms() -> None:
    """Of draws that fall between."""
    assert percentiles_kg([0, 1, 2, 3]) == (0, 2, 3)


def test_a_figure_without_metal_in_the_asked_classes_is_zero_without_error() -> None:
    """It does not take the band from the others."""
    some = two_figures({"measured": 10.0, "indicated": 30.0})
    empty = [copper_result(day, {"inferred": 1e-9}, deposit_id="empty-syn") for day in (V24, V26)]
    *_, entry = chain_of(empty)
    found = figure_spread(entry, "cu_pct", ("measured", "indicated"))
    assert found == Simulated(0, 0, 0, 0)
    alone, both = (progress(chain_of(every)).likely for every in (some, [*some, *empty]))
    assert both is not None
    assert both == alone
