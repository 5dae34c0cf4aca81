"""Plans that can't be meant are refused, each with the key that is wrong."""

from __future__ import annotations

import copy
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from estimation.plan import DerivedPlan, ElementPlan, Plan
from estimation.statement.support import METHODS
from tests.engine_problems import TWO_DOMAINS, element_plan, make_plan, variogram

COPPER = ("elements", "cu_pct")
MODEL = (*COPPER, "variogram")
PASS = (*COPPER, "search", 0)
OCTANTS = {"kind": "octants", "max_samples": 2, "min_filled": 3}
HIGH = {"above": 1.0, "radii_m": [10.0, 10.0, 5.0], "beyond": "limit"}
SOFT = {"blocks_of": "ore", "samples_of": "host", "within_m": 10.0}
TWO_ANISOTROPIES = variogram(
    0.1, ("spherical", 0.4, (60.0, 40.0, 20.0)), ("spherical", 0.5, (150.0, 150.0, 40.0))
)


def changed(*changes: tuple[tuple[Any, ...], Any]) -> dict[str, Any]:
    """A valid plan's plain form with values put at paths of keys."""
    plain: dict[str, Any] = copy.deepcopy(make_plan(domains=TWO_DOMAINS).model_dump(mode="json"))
    for path, value in changes:
        place: Any = plain
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value
    return plain


def with_sectors(**changes: Any) -> dict[str, Any]:
    """A plan whose first pass has octants, changed."""
    return changed(((*PASS, "sectors"), {**OCTANTS, **changes}))


@pytest.mark.parametrize(
    ("plain", "words"),
    [
        (changed(((*MODEL, "structures", 0, "ranges_m"), [100.0, -80.0, 40.0])), r"ranges_m\.1"),
        (changed(((*MODEL, "structures", 0, "ranges_m"), [100.0, 0.0, 40.0])), r"ranges_m\.1"),
        (
            changed(((*MODEL, "structures", 0, "ranges_m"), [100.0, float("nan"), 40.0])),
            r"ranges_m\.1",
        ),
        (changed(((*MODEL, "structures", 0, "sill"), 0.0)), r"structures\.0\.sill"),
        (changed(((*MODEL, "structures", 0, "sill"), -0.9)), r"structures\.0\.sill"),
        (changed(((*MODEL, "structures", 0, "model"), "power")), r"structures\.0\.model"),
        (changed(((*MODEL, "structures"), [])), "structures"),
        (changed(((*MODEL, "nugget"), -0.1)), "nugget"),
        (changed(((*COPPER, "method"), "simple")), "known_mean"),
        (changed(((*COPPER, "known_mean"), 0.4)), "known_mean"),
        (changed(((*COPPER, "method"), "cokriging")), "method"),
        (changed(((*COPPER, "search"), [])), "search"),
        (changed(((*PASS, "radii_m"), [60.0, 50.0, -30.0])), r"radii_m\.2"),
        (changed(((*PASS, "max_samples"), 65)), "max_samples"),
        (changed(((*PASS, "min_samples"), 9)), "min_samples"),
        (changed(((*PASS, "min_holes"), 9)), "min_holes"),
        (with_sectors(kind="quadrants", min_filled=5), "min_filled"),
        (with_sectors(min_filled=9), "min_filled"),
        (
            changed(
                ((*PASS, "sectors"), OCTANTS),
                ((*PASS, "max_samples"), 2),
                ((*PASS, "min_samples"), 2),
            ),
            "min_filled",
        ),
        (with_sectors(kind="quadrants", max_samples=0), "max_samples"),
        (
            changed(
                ((*PASS, "sectors"), {"kind": "quadrants", "max_samples": 1, "min_filled": 1}),
                ((*PASS, "min_samples"), 5),
            ),
            "fewer than min_samples",
        ),
        (changed(((*COPPER, "high_yield"), {**HIGH, "beyond": "cut"})), "beyond"),
        (changed(((*COPPER, "high_yield"), {**HIGH, "radii_m": [10.0, 0.0, 5.0]})), r"radii_m\.1"),
        (changed((("domains", "soft"), [{**SOFT, "samples_of": "dyke"}])), "dyke"),
        (changed((("domains", "soft"), [{**SOFT, "within_m": 0.0}])), "within_m"),
        (changed((("sample_points", "combined"), 0)), "combined"),
        (changed((("sample_points", "combined"), 17)), "combined"),
        (changed((("engine",), "gstat")), "engine"),
        (changed((("engines",), "bornite")), "engines"),
    ],
)
def test_a_plan_that_cannot_be_meant_is_refused(plain: dict[str, Any], words: str) -> None:
    """Negative ranges, no sill, unknown means, sectors that can't be filled: the key is named."""
    with pytest.raises(ValidationError, match=words):
        Plan.model_validate(plain)


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "simple", "known_mean": 0.4},
        {"method": "linear_drift"},
        {"high_yield": HIGH},
        {"variogram": TWO_ANISOTROPIES},
    ],
)
def test_pykrige_is_not_asked_for_what_it_cannot_do(changes: dict[str, Any]) -> None:
    """Known mean, drift, high yield and two anisotropies: ours does them, PyKrige is refused."""
    elements = {"cu_pct": element_plan(**changes)}
    assert make_plan(elements).engine == "bornite"
    with pytest.raises(ValidationError, match=r"elements\.cu_pct"):
        make_plan(elements, engine="pykrige")


def test_pykrige_has_no_samples_with_support() -> None:
    """Samples of several points are refused with it where an element uses them, and only there."""
    basic, combined = ({"basic": a, "combined": b} for a, b in ((6, 1), (1, 6)))
    assert make_plan(engine="pykrige", sample_points=combined).engine == "pykrige"
    with pytest.raises(ValidationError, match=r"elements\.cu_pct"):
        make_plan(engine="pykrige", sample_points=basic)


@pytest.mark.parametrize(
    "plain",
    [
        changed(),
        with_sectors(),
        changed(((*COPPER, "method"), "simple"), ((*COPPER, "known_mean"), 0.0)),
        changed(((*COPPER, "high_yield"), HIGH)),
        changed((("domains", "soft"), [SOFT])),
        changed((("engine",), "pykrige")),
        changed(((*MODEL, "nugget"), 9.0)),
    ],
)
def test_a_plan_that_can_be_meant_is_read_back_as_it_is(plain: dict[str, Any]) -> None:
    """Each of the choices is valid alone, and its plain form says all of it."""
    plan = Plan.model_validate(plain)
    assert Plan.model_validate(plan.model_dump(mode="json")) == plan


def test_every_method_has_a_name_of_its_own_in_a_statement() -> None:
    """Ordinary, simple and drift kriging are not printed as one another."""
    own = get_args(ElementPlan.model_fields["method"].annotation)
    derived = get_args(DerivedPlan.model_fields["method"].annotation)
    assert set(METHODS) == {*own, *derived}
    assert len(set(METHODS.values())) == len(METHODS)
    assert all(" / " in words for words in METHODS.values())
