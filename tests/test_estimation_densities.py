"""Densities of a plan: assigned, by regression, by distance, by place, and what is told of them."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

from estimation.domains.volumes import LoadedVolumes
from estimation.plan import DomainPlan, Plan
from estimation.statement.density import (
    BASES,
    as_of,
    densities,
    density_remarks,
    density_words,
    measured_by_domain,
)
from estimation.statement.density import fixed_densities as fixed
from estimation.statement.notes import statement_notes
from geo.config import Names
from tests.engine_problems import TWO_DOMAINS, make_plan, tables


def measured_holes(count: int = 40) -> Any:
    """One vertical hole of ore at the origin, density rising by 0.01 a metre."""
    depth = np.arange(count) * 2.0
    hole = pd.DataFrame(
        {
            "hole_id": ["H1"],
            "easting_m": 0.0,
            "northing_m": 0.0,
            "elevation_m": 500.0,
            "depth_m": 200.0,
        }
    )
    survey = pd.DataFrame(
        {"hole_id": ["H1"], "depth_m": 0.0, "azimuth_deg": 0.0, "dip_down_deg": 90.0}
    )
    log = pd.DataFrame(
        {"hole_id": ["H1"], "from_m": 0.0, "to_m": 200.0, "lithology": "A", "oxidation": ""}
    )
    density = pd.DataFrame(
        {"hole_id": "H1", "from_m": depth, "to_m": depth + 1.0, "density_tpm3": 2.5 + 0.005 * depth}
    )
    return tables(collar=hole, survey=survey, lithology=log, density=density)


def density_plan(**density: Any) -> Plan:
    """A plan of two domains with this density."""
    plain = {"assigned_tpm3": {"ore": 2.7, "host": 2.6}, "citation": "-"}
    return make_plan(domains=TWO_DOMAINS, density={**plain, **density})


def test_density_by_regression_falls_back_where_there_is_no_grade() -> None:
    line = {
        "on": "cu_pct", "intercept": 2.6, "slope": 0.1, "correlation": 0.7, "samples": 50,
        "limits_tpm3": (2.5, 2.8),
    }  # fmt: skip
    made = densities(measured_holes(), density_plan(method="regressed", regressions={"ore": line}))
    grades = {"cu_pct": np.array([1.0, 9.0, np.nan, 1.0])}
    values, basis = made.at(np.array([1, 1, 1, 2]), grades, np.zeros((4, 3)))
    assert values == pytest.approx([2.7, 2.8, made.by_domain["ore"], 2.6])
    assert [BASES[b] for b in basis] == ["regressed", "regressed", "domain_mean", "assigned"]
    words = density_words(made, {("ore", "regressed"): 3.0, ("ore", "domain_mean"): 1.0})
    assert "regressed 75 %, domain_mean 25 %" in words
    assert "cu_pct" in words


def test_density_by_inverse_distance_is_the_plain_formula() -> None:
    estimate = {"radii_m": (50.0, 50.0, 10.0), "max_samples": 3, "min_samples": 2, "power": 2.0}
    holes = measured_holes()
    made = densities(holes, density_plan(method="estimated", estimate=estimate))
    point = np.array([[10.0, 0.0, 480.0], [10.0, 0.0, 100.0], [0.0, 0.0, 480.0]])
    values, basis = made.at(np.array([1, 1, 2]), {}, point)
    depth = np.array([18.5, 20.5, 22.5])  # middles of the three nearest
    table = holes.density
    near = [float(table.loc[table["from_m"] + 0.5 == d, "density_tpm3"].iloc[0]) for d in depth]
    distance = np.sqrt((10.0 / 50.0) ** 2 + ((500.0 - depth - 480.0) / 10.0) ** 2)
    assert values[0] == pytest.approx(np.average(near, weights=distance**-2.0), rel=1e-9)
    assert values[1] == made.by_domain["ore"]
    assert [BASES[b] for b in basis] == ["estimated", "domain_mean", "assigned"]


def test_densities_of_an_earlier_vintage_know_no_later_measurement() -> None:
    holes = measured_holes()
    assert len(as_of(holes, date(2025, 12, 31)).density) == 40
    assert as_of(holes, date(2025, 12, 30)).density.empty


def test_a_density_unlike_its_ore_is_told() -> None:
    remarks = density_remarks(fixed({"ore": 3.4, "oxide cap": 2.4}), "斑岩型 porphyry")
    assert [(r.domain, r.impossible) for r in remarks] == [("ore", False)]
    (wrong,) = density_remarks(fixed({"ore": 27.0}), "unknown")
    assert wrong.impossible


def test_an_assigned_density_that_is_not_used_is_told() -> None:
    """The mean of the measurements stands for ore; the host has none and takes the assigned one."""
    made = densities(measured_holes(), density_plan(method="domain_mean"))
    counted = SimpleNamespace(density=made, classes=SimpleNamespace(steps=()))
    kind = Names(zh="斑岩型", en="porphyry")
    notes = statement_notes((), counted, kind, ())  # type: ignore[arg-type]
    (said,) = [note for note in notes if "is not used" in note]
    assert f"ore：方案中的指定体重 2.7 t/m³ 未采用，取实测均值 {made.by_domain['ore']:.2f}" in said
    made = densities(measured_holes(), density_plan(method="assigned"))
    counted = SimpleNamespace(density=made, classes=SimpleNamespace(steps=()))
    notes = statement_notes((), counted, kind, ())  # type: ignore[arg-type]
    assert not any("is not used" in note for note in notes)


def test_density_measurements_belong_to_the_volume_that_holds_them() -> None:
    """The upper 30 m are ore by place, though all of the hole is logged as one rock."""
    file = {"root": ".", "path": "ore.obj"}
    domains = {
        "column": "lithology", "codes": {"host": ("A",)}, "soft": (),
        "volumes": [{"domain": "ore", "file": file, "side": "inside"}],
    }  # fmt: skip
    upper = SimpleNamespace(inside=lambda xyz: np.where(xyz[:, 2] > 470.0, 1, 0))
    plan = density_plan(method="domain_mean").model_copy(
        update={"domains": DomainPlan.model_validate(domains)}
    )
    holes = measured_holes()
    made = densities(holes, plan, cast(LoadedVolumes, upper))
    assert made.measured == {"ore": 15, "host": 25}
    table = holes.density
    above = table["from_m"] + 0.5 < 30.0
    assert measured_by_domain(holes, plan.domains)["host"].shape[0] == 40
    found = measured_by_domain(holes, plan.domains, cast(LoadedVolumes, upper))
    assert found["ore"]["density_tpm3"].tolist() == table["density_tpm3"][above].tolist()
