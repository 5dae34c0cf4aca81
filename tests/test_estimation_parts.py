"""Parts of blocks as a statement counts them: tiles and blocks where only the second has grades."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from estimation.models.layers import GEOMETRY_LAYER, second_layer
from estimation.plan import ClassCap, Override, Plan
from estimation.statement.class_field import ClassField, classes_of
from estimation.statement.parts import Parts, parts_of
from tests.engine_problems import ModelInMemory, element_plan, make_grid, make_plan

GRID = make_grid(shape=(8, 4, 2), tile=(4, 4, 2))
FILE: dict[str, Any] = {"root": ".", "path": "solid.obj"}


def plan_of(**classification: Any) -> Plan:
    """Two domains by volumes, two sub-cells; changes of the class rules."""
    volumes = [{"domain": d, "file": FILE, "side": "inside"} for d in ("core", "host")]
    domains = {"column": None, "codes": {}, "soft": (), "volumes": volumes, "subcells": (2, 1, 1)}
    plan = make_plan({"cu_pct": element_plan()}, domains=domains)
    rules = plan.classification.model_copy(update=classification)
    return plan.model_copy(update={"classification": rules})


def model_of() -> ModelInMemory:
    """Every block 0.6 core and 0.4 host; the east tile's blocks are estimated as host only."""
    second = second_layer("cu_pct")
    model = ModelInMemory(GRID, ("cu_pct", second))
    places = {"domain": 1.0, "share": 0.6, "second_domain": 2.0, "second_share": 0.4}
    for name, value in (places | {"mean_distance_m": 20.0}).items():
        model.put(GEOMETRY_LAYER, name, value)
    sure = {"variance": 0.01, "slope": 0.95, "efficiency": 0.9, "holes": 6.0, "pass": 1.0}
    for layer in ("cu_pct", second):
        for name, value in (sure | {"estimate": 0.5, "redundant": 0.0, "reason": 0.0}).items():
            model.put(layer, name, value)
    first = model.field("cu_pct", "estimate")
    first[:, :, 4:] = np.nan
    model.put("cu_pct", "estimate", first)
    return model


def volume_m3(parts: list[Parts], domain: int, code: int | None = None) -> float:
    """Volume of one domain's parts, of one class or of all."""
    total = 0.0
    for one in parts:
        mine = (one.domain_code == domain) & (True if code is None else one.class_code == code)
        total += float(one.share[mine].sum())
    return total * GRID.block_volume_m3


def whole_m3(share: float) -> float:
    """So much of every block of one tile."""
    return share * 32 * GRID.block_volume_m3


def test_a_tile_of_second_parts_alone_is_counted() -> None:
    """The east tile has no estimate of the core: its host ground stands in the statement."""
    model, plan = model_of(), plan_of()
    parts = list(parts_of(model, plan, classes_of(model, plan)))
    assert volume_m3(parts, 1) == pytest.approx(whole_m3(0.6))
    assert volume_m3(parts, 2) == pytest.approx(2 * whole_m3(0.4))


def test_caps_and_overrides_hold_for_second_parts_too(monkeypatch: Any) -> None:
    """A capped host is Inferred in both tiles; ground taken out of the classes has no part."""
    model = model_of()
    capped = plan_of(caps=(ClassCap(at_most="inferred", domains=("host",), reason="a test"),))
    parts = list(parts_of(model, capped, classes_of(model, capped)))
    assert volume_m3(parts, 2, 3) == pytest.approx(2 * whole_m3(0.4))
    assert volume_m3(parts, 1, 1) == pytest.approx(whole_m3(0.6))
    out: dict[str, Any] = {"class_name": "none", "change": "set", "polygon": FILE}
    said = {"by": "a person", "date": "2025-12-31", "reason": "a test"}
    plan = plan_of(overrides=(Override.model_validate(out | said),))
    everywhere = SimpleNamespace(holds=lambda points_m: np.ones(len(points_m), bool))
    monkeypatch.setattr("estimation.statement.class_field.open_ground", lambda *_: everywhere)
    field: ClassField = classes_of(model, plan, base=Path())
    assert not list(parts_of(model, plan, field))
