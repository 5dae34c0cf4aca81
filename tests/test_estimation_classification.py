"""Classes: the rule table, smoothing, overrides, caps, the gate, spacing, and the three codes."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from pydantic import ValidationError

from estimation.errors import EstimationError
from estimation.plan import ClassificationPlan, Plan, Smoothing
from estimation.statement.class_field import classes_of
from estimation.statement.classification import classify
from estimation.statement.gate import gate, gate_checks, gated_plan
from estimation.statement.smoothing import SLAB, isolated_blocks, smooth
from estimation.statement.spacing import (
    check_spacing,
    check_type,
    distances_of,
    propose_classes,
    spacing_of,
    type_of_kind,
    type_of_sum,
)
from estimation.statement.standards import class_names, standard
from estimation.statement.study_spacing import spacing_remarks
from geo.drillholes.composite import Composites
from tests.engine_problems import TWO_DOMAINS, ModelInMemory, element_plan, make_grid, make_plan

Codes = npt.NDArray[np.int8]
LIMITS = {
    "measured": {"max_mean_distance_m": 50.0, "min_holes": 3, "min_slope": 0.8},
    "indicated": {"max_mean_distance_m": 100.0, "min_holes": 3, "min_slope": 0.6},
    "inferred": {"max_mean_distance_m": 200.0, "min_holes": 1, "min_slope": 0.0},
}


def rules(**changes: Any) -> ClassificationPlan:
    """Limits of 50, 100 and 200 m; ``changes`` add to a class or set a block."""
    classes = {name: {**rule, **changes.pop(name, {})} for name, rule in LIMITS.items()}
    return ClassificationPlan.model_validate({**classes, **changes, "citation": "a test"})


def code(plan: ClassificationPlan, distance: float = 10.0, **fields: float) -> int:
    """Class of one block, near, well informed, but for some fields."""
    plain = {"estimate": 1.0, "holes": 4.0, "slope": 0.9, "efficiency": 0.7, "pass": 1.0}
    main = {name: np.array([value]) for name, value in {**plain, **fields}.items()}
    return int(classify(main, np.array([distance]), plan)[0])


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ({}, 1),
        ({"distance": 50.0}, 1),
        ({"distance": 50.1}, 2),
        ({"distance": 100.1}, 3),
        ({"distance": 200.1}, 0),
        ({"slope": 0.79}, 2),
        ({"slope": 0.59}, 3),
        ({"slope": -0.1}, 0),
        ({"holes": 2.0}, 3),
        ({"holes": 1.0}, 3),
        ({"slope": np.nan}, 3),
        ({"slope": np.nan, "holes": 9.0, "distance": 1.0}, 3),
        ({"estimate": np.nan}, 0),
        ({"efficiency": 0.39}, 2),
        ({"efficiency": np.nan}, 2),
        ({"pass": 2.0}, 2),
        ({"pass": 3.0}, 3),
    ],
)
def test_the_rule_table(block: dict[str, float], expected: int) -> None:
    plan = rules(measured={"min_efficiency": 0.4, "max_pass": 1}, indicated={"max_pass": 2})
    assert code(plan, **block) == expected


def test_a_block_of_one_hole_is_never_above_inferred_whatever_the_rules() -> None:
    lax = rules(measured={"min_holes": 1, "min_slope": -99.0})
    assert [code(lax, holes=n) for n in (1.0, 2.0)] == [3, 1]
    assert code(lax, slope=np.nan) == 3


# ------------------------------------------------------------------ smoothing


def field(seed: int = 3, shape: tuple[int, int, int] = (9, 30, 28)) -> tuple[Codes, Any]:
    """Patches with many single blocks, some not estimated."""
    rng = np.random.default_rng(seed)
    z, y, x = np.indices(shape)
    codes = np.where(x < 10, 1, np.where(x < 20, 2, 3))
    codes = np.where(rng.random(shape) < 0.15, rng.integers(0, 4, shape), codes).astype(np.int8)
    estimated = rng.random(shape) > 0.1
    estimated |= (y + z) % 7 == 0
    return np.where(estimated, codes, 0).astype(np.int8), estimated


@pytest.mark.parametrize("window", [(3, 3, 3), (5, 3, 1), (5, 5, 5)])
@pytest.mark.parametrize("share", [0.4, 0.6])
def test_smoothing_twice_is_smoothing_once_and_never_raises(
    window: tuple[int, int, int], share: float
) -> None:
    codes, estimated = field()
    plan = Smoothing(window=window, least_share=share)
    once = smooth(codes, estimated, plan)
    assert (smooth(once, estimated, plan) == once).all()
    assert ((once == 0) | (once >= codes)).all()
    assert not (once[codes == 0] > 0).any()
    if window != (5, 3, 1):
        assert isolated_blocks(once)["measured"] < isolated_blocks(codes)["measured"]


def test_a_single_block_goes_and_a_body_keeps_its_corners() -> None:
    codes = np.full((7, 12, 12), 3, np.int8)
    codes[3, 2, 2] = 1  # a spotted dog
    codes[1:6, 5:11, 5:11] = 1  # a body
    estimated = np.ones(codes.shape, bool)
    assert isolated_blocks(codes)["measured"] == 1
    made = smooth(codes, estimated, Smoothing(window=(3, 3, 3), least_share=0.5))
    assert made[3, 2, 2] == 3
    assert isolated_blocks(made)["measured"] == 0
    expected = codes.copy()
    expected[3, 2, 2] = 3
    assert (made == expected).mean() > 0.97
    assert made[1, 5, 7] == 1


def test_smoothing_by_brute_force() -> None:
    """Every window looked at one by one, from the definition."""
    codes, estimated = field(5, (4, 7, 6))
    plan = Smoothing(window=(3, 3, 3), least_share=0.5)
    expected = np.zeros_like(codes)
    boxes = [
        tuple(slice(max(i - 1, 0), i + 2) for i in at)
        for at in np.ndindex(*codes.shape)
        if estimated[at]
    ]
    for level in (3, 2, 1):
        sure = (codes > 0) & (codes <= level)
        for box in boxes:
            if sure[box].sum() >= 0.5 * estimated[box].sum():
                expected[box] = np.where(sure[box], level, expected[box])
    assert (smooth(codes, estimated, plan) == expected).all()


def test_slabs_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    codes, estimated = field()
    plan = Smoothing(window=(3, 5, 3), least_share=0.5)
    whole = smooth(codes, estimated, plan)
    assert codes.size < SLAB
    monkeypatch.setattr("estimation.statement.smoothing.SLAB", 2 * codes[0].size)
    assert (smooth(codes, estimated, plan) == whole).all()


# ------------------------------------------------------------------ the field of a model


def a_model() -> ModelInMemory:
    """Blocks of good evidence, some of one hole, in two domains."""
    grid = make_grid(shape=(12, 10, 6), tile=(5, 4, 4))
    made = ModelInMemory(grid, ("cu_pct",))
    shape = grid.array_shape
    rng = np.random.default_rng(8)
    made.put("geometry", "domain", 1 + (np.indices(shape)[2] > 5))
    made.put("geometry", "share", 1.0)
    made.put("geometry", "mean_distance_m", rng.uniform(5.0, 120.0, shape))
    made.put("cu_pct", "estimate", np.where(rng.random(shape) < 0.1, np.nan, 0.5))
    made.put("cu_pct", "holes", rng.integers(1, 5, shape))
    made.put("cu_pct", "slope", rng.uniform(0.3, 1.0, shape))
    return made


def planned(**changes: Any) -> Plan:
    """A plan of two domains with these class rules."""
    made = make_plan({"cu_pct": element_plan()}, domains=TWO_DOMAINS)
    return made.model_copy(update={"classification": rules(**changes)})


def polygon(folder: Path, *corners: tuple[float, float]) -> dict[str, str]:
    """A polygon in a file without a system, for a belt in local coordinates."""
    ring = [[*corner] for corner in (*corners, corners[0])]
    shape = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": {}, "geometry": shape}
    path = folder / "shape.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), "utf-8")
    return {"root": ".", "path": path.name}


def override(file: dict[str, str], **changes: Any) -> dict[str, Any]:
    """An override by a person."""
    plain = {"change": "set", "class_name": "measured", "by": "A. Geologist"}
    return {"polygon": file, **plain, "date": "2026-11-01", "reason": "trial pit", **changes}


def test_an_override_raises_no_block_of_one_hole_and_none_that_is_not_estimated(
    tmp_path: Path,
) -> None:
    model = a_model()
    west = polygon(tmp_path, (990.0, 1990.0), (1060.0, 1990.0), (1060.0, 2200.0), (990.0, 2200.0))
    plain = classes_of(model, planned()).codes
    made = classes_of(model, planned(overrides=[override(west)]), tmp_path).codes
    inside = np.indices(plain.shape)[2] < 6
    assert (made[~inside] == plain[~inside]).all()
    holes, estimate = model.field("cu_pct", "holes"), model.field("cu_pct", "estimate")
    free = inside & (holes >= 2) & ~np.isnan(estimate)
    assert (made[free] == 1).all()
    assert (made[inside & ~free] == plain[inside & ~free]).all()
    assert not (made[(holes < 2)] == 1).any()


def test_an_override_at_most_only_lowers_between_its_levels(tmp_path: Path) -> None:
    model = a_model()
    file = polygon(tmp_path, (990.0, 1990.0), (1200.0, 1990.0), (1200.0, 2200.0), (990.0, 2200.0))
    lower = override(file, change="at_most", class_name="inferred", top_m=315.0)
    plain = classes_of(model, planned()).codes
    made = classes_of(model, planned(overrides=[lower]), tmp_path)
    expected = plain.copy()
    expected[:3][plain[:3] > 0] = 3
    assert (made.codes == expected).all()
    none = override(file, class_name="none")
    assert not classes_of(model, planned(overrides=[none]), tmp_path).codes.any()
    assert [step.name for step in made.steps] == ["rules", "overrides"]


def test_an_override_needs_a_person_a_reason_and_a_folder(tmp_path: Path) -> None:
    file = polygon(tmp_path, (0.0, 0.0), (1.0, 0.0), (1.0, 1.0))
    for missing in ({"reason": "  "}, {"by": ""}):
        with pytest.raises(ValidationError):
            rules(overrides=[override(file, **missing)])
    with pytest.raises(ValidationError):
        rules(caps=[{"at_most": "inferred", "domains": ["ore"], "reason": ""}])
    with pytest.raises(EstimationError, match="base"):
        classes_of(a_model(), planned(overrides=[override(file)]))


def test_caps_and_smoothing_come_in_order_and_are_counted() -> None:
    model = a_model()
    cap = {"at_most": "indicated", "domains": ["host"], "reason": "no duplicates"}
    plan = planned(caps=[cap], smoothing={"window": (3, 3, 3), "least_share": 0.1})
    made = classes_of(model, plan)
    assert [step.name for step in made.steps] == ["rules", "smoothing", "caps"]
    assert not (made.codes[:, :, 6:] == 1).any()
    assert (made.codes[:, :, :6] == 1).any()
    assert made.steps[-1].blocks["measured"] == int((made.codes == 1).sum())
    holes = model.field("cu_pct", "holes")
    assert not ((made.codes > 0) & (made.codes < 3) & (holes < 2)).any()
    assert classes_of(model, plan) is made


# ------------------------------------------------------------------ the gate


def composites(counts: dict[str, tuple[int, int]]) -> dict[str, Composites]:
    """Composites of some domains: how many, from how many holes."""
    rows = [
        {"domain": d, "hole_id": f"H{i % holes}", "cu_pct": 0.4, "length_m": 5.0}
        for d, (many, holes) in counts.items()
        for i in range(many)
    ]
    return {"basic": Composites(pd.DataFrame(rows))}


@pytest.mark.parametrize(
    ("stage", "ore", "allowed"),
    [
        ("general", (30, 8), True),
        ("general", (29, 8), False),
        ("detailed", (300, 7), False),
        ("prospecting", (300, 50), False),
    ],
)
def test_the_gate_by_stage_composites_and_holes(
    stage: Any, ore: tuple[int, int], allowed: bool
) -> None:
    plan = make_plan(domains=TWO_DOMAINS, stage=stage)
    verdicts = gate(plan, composites({"ore": ore, "host": (60, 10)}))
    assert [v.domain for v in verdicts] == ["ore", "host"]
    assert verdicts[0].allowed is allowed
    assert bool(verdicts[0].reason_zh and verdicts[0].reason_en) is not allowed
    assert verdicts[1].allowed is (stage != "prospecting")


def test_a_domain_below_the_gate_has_inverse_distance_and_is_inferred_at_best() -> None:
    simple = element_plan(method="simple", known_mean=0.4)
    plan = make_plan({"cu_pct": simple}, domains=TWO_DOMAINS)
    verdicts = gate(plan, composites({"ore": (12, 3), "host": (60, 10)}))
    made = gated_plan(plan, verdicts)
    assert made.elements["cu_pct"].choices_of("ore").method == "inverse_distance"
    assert made.elements["cu_pct"].choices_of("host").method == "simple"
    (cap,) = made.classification.caps
    assert (cap.at_most, cap.domains) == ("inferred", ("ore",))
    (check,) = gate_checks(plan, verdicts)
    assert (check.domain, check.verdict) == ("ore", "fail")
    assert Plan.model_validate(made.model_dump()) == made
    fine = gate(plan, composites({"ore": (40, 9), "host": (60, 10)}))
    assert gated_plan(plan, fine) is plan
    assert gate_checks(plan, fine) == ()


# ------------------------------------------------------------------ spacing and names


def test_measured_is_half_and_inferred_twice_the_indicated_spacing() -> None:
    for body_type in ("I", "II", "III"):
        spacing = spacing_of(body_type)
        found = distances_of(spacing)
        length = (spacing.indicated_m[0] * spacing.indicated_m[1]) ** 0.5
        assert found == pytest.approx(
            {"measured": length / 2, "indicated": length, "inferred": 2 * length}
        )
        proposed = propose_classes(body_type)
        assert all(check.within for check in check_spacing(proposed))
        assert check_type(spacing).within
        assert "unverified" in proposed.citation


def test_a_distance_beyond_the_cited_spacing_is_told() -> None:
    cited = {"body_type": "III", "indicated_m": (60.0, 50.0), "citation": "a test"}
    found = check_spacing(rules(spacing=cited))
    assert [check.within for check in found] == [False, False, False]
    assert check_spacing(rules()) == ()
    wide = {"body_type": "III", "indicated_m": (200.0, 50.0), "citation": "a test"}
    spacing = rules(spacing=wide).spacing
    assert spacing is not None
    assert not check_type(spacing).within


def test_a_remark_sets_the_plans_distances_against_the_spacing() -> None:
    """One sentence with both rows of figures, cited or suggested by the deposit's kind."""
    cited = {"body_type": "III", "indicated_m": (60.0, 50.0), "citation": "a test"}
    for spacing, word in ((cited, "cited"), (None, "suggested")):
        made = rules(spacing=spacing)
        far = {"max_mean_distance_m": 900.0}
        made = made.model_copy(update={"inferred": made.inferred.model_copy(update=far)})
        plan: Any = SimpleNamespace(classification=made)
        (remark, *_) = spacing_remarks(plan, None)
        assert "900 m exceed" in remark.en
        assert word in remark.en
        assert "推断" in remark.zh


def test_the_type_by_kind_and_by_sum() -> None:
    assert type_of_kind("斑岩型铜矿") == "II"
    assert type_of_kind("Skarn copper") == "III"
    assert type_of_kind("something else") == "II"
    assert [type_of_sum(s) for s in (3.0, 2.5, 2.4, 1.7, 1.6, 1.0)] == [
        "I", "I", "II", "II", "III", "III",
    ]  # fmt: skip


def test_three_codes_side_by_side_and_nothing_claimed_to_be_verified() -> None:
    assert class_names("measured")["gb"] == "探明"
    assert class_names("indicated")["jorc"] == "Indicated"
    assert class_names("inferred")["unfc"] == "G3"  # E and F are for a person to set
    for name in ("classes", "spacing_copper", "gate", "density"):
        book = standard(name)
        assert book["citation"]
        assert book["verified"] is False
