"""Random models, searches and samples: the engine against one dense system for each block."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from estimation.plan import ElementPlan, HighYield, Orientation, SectorRule, Variogram
from tests import book
from tests.kernel_door import (
    Block,
    Numbers,
    bytes_of,
    element,
    krige_elements,
    one_pass,
    variogram,
)

Floats = npt.NDArray[np.float64]

MANY = settings(max_examples=100, deadline=None)
BLOCKS = 12
MODELS = ("spherical", "exponential", "gaussian", "cubic", "matern_3_2")
METHODS = ("ordinary", "simple", "linear_drift", "quadratic_drift")
WELL_POSED = 1e8
"""Condition number up to which two ways of solving a system must agree."""
DIGITS = 1e-9
DRIFT_DIGITS = 1e-12
"""Times the condition: drift functions go through normal equations, which square what is left of
it after the samples' own."""


# ------------------------------------------------------------------ configurations


@dataclass(frozen=True)
class Case:
    """A problem: plans of elements that share samples and search; the rest by a seed."""

    plans: dict[str, ElementPlan]
    block: Block
    own_hole: int
    """Hole that no block may use; -1 for none."""
    count: int
    holes: int
    intervals: bool
    """Whether samples are intervals of three points."""
    seed: int

    @cached_property
    def data(self) -> book.Data:
        """Samples at random places, of few holes."""
        rng = np.random.default_rng([self.seed, 0])
        centres = rng.random((self.count, 3)) * 200.0
        along = rng.normal(size=(self.count, 1, 3)) * np.array([-1.0, 0.0, 1.0])[:, None]
        points = centres[:, None] + 8.0 * along if self.intervals else None
        holes = rng.integers(0, self.holes, self.count)
        return book.samples(centres, rng.lognormal(size=self.count), holes, points)

    @cached_property
    def values(self) -> dict[str, Floats]:
        """Grades of every element."""
        rng = np.random.default_rng([self.seed, 1])
        more = {name: rng.lognormal(size=self.count) for name in self.plans}
        return {**more, "a": self.data.values}

    @cached_property
    def blocks(self) -> Floats:
        """Centres of blocks; the first two have one neighbourhood."""
        centres = np.random.default_rng([self.seed, 2]).random((BLOCKS, 3)) * 200.0
        centres[1] = centres[0] + 1e-7
        return np.asarray(centres)

    def krige(
        self, order: Any, group_start: Any, names: tuple[str, ...] = ("a", "b")
    ) -> dict[str, Numbers]:
        """Krige the blocks in some order, in some groups; some of the elements."""
        return krige_elements(
            {name: plan for name, plan in self.plans.items() if name in names},
            self.data, self.values, self.blocks[order], self.block,
            group_start=group_start, own_hole=np.full(BLOCKS, self.own_hole),
        )  # fmt: skip


angles = st.builds(
    Orientation,
    azimuth_deg=st.floats(0.0, 360.0),
    dip_deg=st.floats(-90.0, 90.0),
    rake_deg=st.floats(-180.0, 180.0),
)
radii = st.tuples(*[st.floats(30.0, 150.0)] * 3)


@st.composite
def variograms(draw: st.DrawFn) -> Variogram:
    """One to three structures; Gaussian ones never alone without a nugget (near-singular)."""
    structures = draw(
        st.lists(
            st.tuples(st.sampled_from(MODELS), st.floats(0.1, 2.0), radii), min_size=1, max_size=3
        )
    )
    smooth = all(model == "gaussian" for model, _, _ in structures)
    nugget = draw(st.sampled_from([0.05, 0.5] if smooth else [0.0, 0.05, 0.5, 20.0]))
    return variogram(nugget, *structures, turned=draw(angles))


@st.composite
def searches(draw: st.DrawFn) -> tuple[Any, ...]:
    """One to three passes, each wider than the one before."""
    passes = []
    for size in (0.7, 1.4, 4.0)[: draw(st.integers(1, 3))]:
        most = draw(st.integers(1, 30))
        sectors = draw(
            st.none()
            | st.builds(
                SectorRule,
                kind=st.sampled_from(["quadrants", "octants"]),
                max_samples=st.integers(1, 6),
                min_filled=st.integers(1, min(3, most)),
            )
        )
        room = most if sectors is None else min(most, sectors.count * sectors.max_samples)
        passes.append(
            one_pass(
                [size * r for r in draw(radii)],
                most,
                min_samples=draw(st.integers(1, min(room, 12))),
                max_per_hole=draw(st.integers(1, 12)),
                min_holes=draw(st.integers(1, min(most, 3))),
                sectors=sectors,
            )
        )
    return tuple(passes)


@st.composite
def cases(draw: st.DrawFn, company: bool = False) -> Case:
    """A whole problem; ``company``: with a second element of another model."""
    method = draw(st.sampled_from(METHODS))
    known = {"known_mean": draw(st.floats(0.0, 3.0))} if method == "simple" else {"method": method}
    rule = st.builds(
        HighYield,
        above=st.floats(0.5, 2.0),
        radii_m=radii,
        beyond=st.sampled_from(["limit"] if company else ["limit", "discard"]),
    )
    turned, limit = draw(angles), draw(st.none() | rule)
    common = {**known, "search_orientation": turned, "high_yield": limit}
    passes = draw(searches())
    names = ("a", "b") if company else ("a",)
    return Case(
        {name: element(draw(variograms()), *passes, **common) for name in names},
        Block((10.0, 8.0, 5.0), draw(st.tuples(*[st.integers(1, 3)] * 3))),
        draw(st.sampled_from([-1, -1, 0, 1])),
        draw(st.integers(1, 60)),
        draw(st.integers(1, 8)),
        # monomials of second degree are taken at the middle of a sample
        method != "quadratic_drift" and draw(st.booleans()),
        draw(st.integers(0, 2**32 - 1)),
    )


# ------------------------------------------------------------------ the truth of every field


def sizes(expected: dict[str, float], plan: ElementPlan, values: Floats) -> dict[str, float]:
    """What a field's difference is measured by: what the field is a sum of."""
    weights = 1.0 - 2.0 * expected["negative_weights"]
    grades = max(float(np.abs(values).max()), abs(plan.known_mean or 0.0))
    squares = plan.variogram.total_sill + abs(expected["lagrange"])
    block = expected["variance"] / max(1.0 - expected["efficiency"], 1e-12)
    return {
        "estimate": grades * weights,
        "variance": squares,
        "lagrange": squares,
        "slope": max(1.0, abs(expected["slope"])) * weights,
        "efficiency": squares / max(abs(block), 1e-3),
        "negative_weights": weights,
        "mean_distance_m": expected["mean_distance_m"],
        "inverse_distance": grades,
        "nearest": grades,
    }


def compare(case: Case, name: str, row: int, got: Numbers) -> None:
    """Compare one block of one element with the book."""
    plan = case.plans[name]
    place = book.Place(case.blocks[row], case.block.offsets)
    data = case.data.of(case.values[name])
    expected = book.krige(plan, data, place, case.own_hole)
    if expected["reason"] == 0 and expected["condition"] > WELL_POSED:
        return
    assert got["reason"][row] == expected["reason"]
    if expected["reason"]:
        assert np.isnan(got["estimate"][row])
        assert np.isnan(got["variance"][row])
        return
    for field in ("pass", "samples", "holes"):
        assert got[field][row] == expected[field], field
    digits = DIGITS + ("drift" in plan.method) * DRIFT_DIGITS * expected["condition"]
    for field, size in sizes(expected, plan, data.values).items():
        if not np.isnan(expected[field]):
            assert abs(got[field][row] - expected[field]) <= digits * size, field
    assert got["redundant"][row] == 0


@MANY
@given(cases())
def test_every_field_of_every_block_is_that_of_the_dense_solution(case: Case) -> None:
    """Model, rotation, support, drift, passes, sectors, holes, high grades: nothing is left out."""
    got = case.krige(slice(None), [0, 5, 6, BLOCKS])["a"]
    for row in range(BLOCKS):
        compare(case, "a", row, got)


@MANY
@given(cases(company=True))
def test_elements_in_company_are_each_that_of_the_dense_solution(case: Case) -> None:
    """Two elements of one visit share search and distances, and nothing of their answers."""
    got = case.krige(slice(None), [0, BLOCKS])
    for name in case.plans:
        for row in range(BLOCKS):
            compare(case, name, row, got[name])


# ------------------------------------------------------------------ nothing but the samples


@MANY
@given(cases(), st.randoms(use_true_random=False))
def test_a_block_does_not_depend_by_one_bit_on_its_group_or_place_in_line(
    case: Case, chance: Any
) -> None:
    """Blocks shuffled and cut into groups in any way: equal bytes for every block."""
    alone = case.krige(np.arange(BLOCKS), range(BLOCKS + 1))["a"]
    order = np.array(chance.sample(range(BLOCKS), BLOCKS))
    cuts = sorted(chance.sample(range(1, BLOCKS), chance.randrange(BLOCKS)))
    mixed = case.krige(order, [0, *cuts, BLOCKS])["a"]
    for place, row in enumerate(order):
        assert bytes_of(mixed, place) == bytes_of(alone, row)


@MANY
@given(cases(company=True))
def test_an_element_does_not_depend_by_one_bit_on_its_company(case: Case) -> None:
    """Kriged alone or beside another element of another model: equal bytes."""
    turned = [book.axes(plan.variogram.orientation) for plan in case.plans.values()]
    assume(not np.allclose(*turned))
    together = case.krige(slice(None), [0, BLOCKS])
    for name in case.plans:
        alone = case.krige(slice(None), [0, BLOCKS], (name,))
        assert bytes_of(together[name]) == bytes_of(alone[name])


@MANY
@given(cases(company=True), st.floats(0.01, 100.0))
def test_elements_with_proportional_models_have_equal_weights(case: Case, times: float) -> None:
    """They are factorized once; the estimate is its own, the variance ``times`` the other's."""
    own = case.plans["a"].variogram
    structures = tuple(s.model_copy(update={"sill": s.sill * times}) for s in own.structures)
    scaled = own.model_copy(update={"nugget": own.nugget * times, "structures": structures})
    plan = case.plans["a"].model_copy(update={"variogram": scaled})
    pair = replace(case, plans={**case.plans, "b": plan})
    both = pair.krige(slice(None), [0, BLOCKS])
    for row in range(BLOCKS):
        compare(pair, "b", row, both["b"])
    assert np.array_equal(both["a"]["negative_weights"], both["b"]["negative_weights"], True)


NEAR, FAR = (60.0, 50.0, 30.0), (100.0, 70.0, 40.0)
COPPER = variogram(0.1, ("spherical", 0.5, FAR), ("spherical", 0.4, NEAR))
KIN = {
    "its structures in another order": variogram(
        0.2, ("spherical", 0.3, NEAR), ("spherical", 0.6, FAR)
    ),
    "its ranges, 0.7 times": variogram(0.2, ("spherical", 0.3, [0.7 * r for r in FAR])),
    "its sills, 1.7 times": variogram(0.17, ("spherical", 0.85, FAR), ("spherical", 0.68, NEAR)),
}


@pytest.mark.parametrize("kin", KIN)
def test_an_element_in_company_of_its_kin_keeps_its_numbers_to_the_last_digits(kin: str) -> None:
    """Kin share distances or weights: sums in another order, and nothing else."""
    rng = np.random.default_rng(1)
    copper, gold = rng.lognormal(size=(2, 60))
    data = book.samples(rng.random((60, 3)) * 200.0, copper)
    plans = {
        "cu": element(COPPER, one_pass(200.0, 24)),
        "au": element(KIN[kin], one_pass(200.0, 24)),
    }
    blocks = rng.random((BLOCKS, 3)) * 200.0
    values = {"cu": copper, "au": gold}
    together = krige_elements(plans, data, values, blocks)
    alone = krige_elements({"au": plans["au"]}, data, values, blocks)
    for field, expected in alone["au"].items():
        assert together["au"][field] == pytest.approx(expected, rel=1e-11, abs=1e-12), field


def test_a_drift_unseen_under_one_model_is_still_sought_for_the_other() -> None:
    """Samples all but on a plane: whether a trend shows depends on the model, not on company."""
    rng = np.random.default_rng(3)
    passes = (one_pass(60.0, 10), one_pass((300.0, 300.0, 8.5), 30))
    models = {
        "cu": variogram(0.0, ("gaussian", 1.0, 60.0)),
        "au": variogram(5.0, ("spherical", 0.5, (200.0, 170.0, 100.0))),
    }
    plans = {name: element(models[name], *passes, method="linear_drift") for name in models}
    for _ in range(60):
        places = (rng.random((40, 3)) - 0.5) * [200.0, 200.0, 10.0 ** rng.uniform(-4.0, -2.0)]
        values = dict(zip(plans, rng.lognormal(size=(2, 40)), strict=True))
        data = book.samples(places, values["cu"])
        together = krige_elements(plans, data, values, [0.0, 0.0, 8.0])
        for name, plan in plans.items():
            alone = krige_elements({name: plan}, data, values, [0.0, 0.0, 8.0])
            assert bytes_of(together[name]) == bytes_of(alone[name])
