"""Attribution: tables and plans between two ends, and the walk from one to the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from estimation.attribution import End, Mixtures, walk
from estimation.attribution.plans import PARTS
from estimation.attribution.tables import MixedTables, Reading, digest_of
from estimation.belts import read_belt
from estimation.deposit import DepositData
from estimation.errors import EstimationError
from estimation.plan import Plan
from geo.drillholes.reading import Drillholes, _empty
from tests.small_belt import write_small_belt

FIRST, SECOND = date(2024, 12, 31), date(2025, 12, 31)
ORDER = (
    *("depletion", "drilling", "correction", "domains", "method", "density", "cutoff", "class"),
    "licence",
)


def holes(collars: dict[str, float], assays: list[tuple[str, float, float, float]]) -> Drillholes:
    """Upright holes of given depths, and their copper, each row in a file ``f`` of its own row."""
    collar = pd.DataFrame(
        [(h, 0.0, 0.0, 100.0, d) for h, d in collars.items()],
        columns=["hole_id", "easting_m", "northing_m", "elevation_m", "depth_m"],
    )
    survey = pd.DataFrame(
        [(h, 0.0, 0.0, 90.0) for h in collars],
        columns=["hole_id", "depth_m", "azimuth_deg", "dip_down_deg"],
    )
    assay = pd.DataFrame(assays, columns=["hole_id", "from_m", "to_m", "cu_pct"])
    assay.insert(3, "sample_id", [f"{h}/{a:g}" for h, a, _, _ in assays])
    frames = {"collar": collar, "survey": survey, "assay": assay}
    made = {
        name: frame.assign(as_of=FIRST, file=f"{name}.csv", row=np.arange(2, len(frame) + 2))
        for name, frame in frames.items()
    }
    empty = {name: _empty(name) for name in ("lithology", "density", "combined")}
    return Drillholes(**made, **empty)


def grades(made: Drillholes) -> dict[tuple[str, float], float]:
    """Copper by hole and depth."""
    rows = made.assay[["hole_id", "from_m", "cu_pct"]].itertuples(index=False)
    return {(h, f): c for h, f, c in rows}


def test_a_new_hole_is_drilling_and_a_changed_grade_is_a_correction() -> None:
    """By hand: A 0-2 m was 0.5 and is 0.6; hole B is new."""
    before = holes({"A": 4.0}, [("A", 0, 2, 0.5), ("A", 2, 4, 0.3)])
    after = holes({"A": 4.0, "B": 2.0}, [("A", 0, 2, 0.6), ("A", 2, 4, 0.3), ("B", 0, 2, 0.9)])
    tables = MixedTables(Reading(before), Reading(after), late=True)
    drilled, _ = tables.mixed(frozenset({"drilling"}))
    assert grades(drilled) == {("A", 0): 0.5, ("A", 2): 0.3, ("B", 0): 0.9}
    assert list(drilled.collar["hole_id"]) == ["A", "B"]
    corrected, _ = tables.mixed(frozenset({"correction"}))
    assert grades(corrected) == {("A", 0): 0.6, ("A", 2): 0.3}
    assert list(corrected.collar["hole_id"]) == ["A"]
    _, both = tables.mixed(frozenset({"drilling", "correction"}))
    assert both == digest_of(after)
    assert tables.mixed(frozenset())[1] == digest_of(before)


def test_a_hole_drilled_on_is_drilling_with_its_depth() -> None:
    """Deeper samples and the new depth go together; the collar's move of 1 m is a correction."""
    before = holes({"A": 4.0}, [("A", 0, 2, 0.5)])
    after = holes({"A": 8.0}, [("A", 0, 2, 0.5), ("A", 6, 8, 0.4)])
    moved = after.collar.assign(easting_m=1.0)
    after = replace(after, collar=moved)
    tables = MixedTables(Reading(before), Reading(after), late=True)
    drilled, _ = tables.mixed(frozenset({"drilling"}))
    assert drilled.collar[["depth_m", "easting_m"]].to_numpy().tolist() == [[8.0, 0.0]]
    assert grades(drilled) == {("A", 0): 0.5, ("A", 6): 0.4}
    corrected, _ = tables.mixed(frozenset({"correction"}))
    assert corrected.collar[["depth_m", "easting_m"]].to_numpy().tolist() == [[4.0, 1.0]]
    assert grades(corrected) == {("A", 0): 0.5}


def test_a_late_result_is_drilling_unless_the_rules_of_reading_changed() -> None:
    """A blank that got a value."""
    before = holes({"A": 4.0}, [("A", 0, 2, 0.5), ("A", 2, 4, np.nan)])
    after = holes({"A": 4.0}, [("A", 0, 2, 0.5), ("A", 2, 4, 0.7)])
    for late, drilled, corrected in ((True, 0.7, np.nan), (False, np.nan, 0.7)):
        tables = MixedTables(Reading(before), Reading(after), late=late)
        for factor, wanted in (("drilling", drilled), ("correction", corrected)):
            found = grades(tables.mixed(frozenset({factor}))[0])["A", 2]
            assert found == pytest.approx(wanted, nan_ok=True), (late, factor)


def test_a_released_row_is_a_correction_though_it_was_not_there_before() -> None:
    """Row 3 of the assay file was in quarantine; so was the whole hole B."""
    before = holes({"A": 4.0}, [("A", 0, 2, 0.5)])
    after = holes({"A": 4.0, "B": 2.0}, [("A", 0, 2, 0.5), ("A", 2, 4, 0.7), ("B", 0, 2, 0.2)])
    refused = frozenset({("assay", "assay.csv", 3), ("collar", "collar.csv", 3)})
    tables = MixedTables(Reading(before, refused), Reading(after), late=True)
    assert grades(tables.mixed(frozenset({"drilling"}))[0]) == {("A", 0): 0.5}
    assert tables.mixed(frozenset({"correction"}))[1] == digest_of(after)


def test_resampled_ground_is_a_correction_and_withdrawn_rows_too() -> None:
    """Two metres cut into one-metre samples must not be counted twice on the way."""
    before = holes({"A": 4.0, "B": 2.0}, [("A", 0, 2, 0.5), ("B", 0, 2, 0.1)])
    after = holes({"A": 4.0}, [("A", 0, 1, 0.4), ("A", 1, 2, 0.6), ("A", 2, 4, 0.2)])
    tables = MixedTables(Reading(before), Reading(after), late=True)
    drilled = grades(tables.mixed(frozenset({"drilling"}))[0])
    assert drilled == {("A", 0): 0.5, ("A", 2): 0.2, ("B", 0): 0.1}
    corrected = grades(tables.mixed(frozenset({"correction"}))[0])
    assert corrected == {("A", 0): 0.4, ("A", 1): 0.6}


def test_a_log_of_a_known_hole_goes_with_the_domains() -> None:
    """Relogged ground is interpretation; the log of a new hole is drilling."""

    def logged(made: Drillholes, rows: list[tuple[str, float, float, str]]) -> Drillholes:
        frame = pd.DataFrame(rows, columns=["hole_id", "from_m", "to_m", "lithology"])
        words = {"oxidation": "", "domain": "", "as_of": FIRST, "file": "log.csv"}
        return replace(made, lithology=frame.assign(**words, row=np.arange(2, len(rows) + 2)))

    before = logged(holes({"A": 4.0}, []), [("A", 0, 4, "granite")])
    after = logged(holes({"A": 4.0, "B": 4.0}, []), [("A", 0, 4, "skarn"), ("B", 0, 4, "marble")])
    tables = MixedTables(Reading(before), Reading(after), late=True)
    found = {
        factor: list(tables.mixed(frozenset({factor}))[0].lithology["lithology"])
        for factor in ("drilling", "correction", "domains")
    }
    assert found == {
        "drilling": ["granite", "marble"],
        "correction": ["granite"],
        "domains": ["skarn"],
    }


def test_order_and_origin_of_rows_change_no_digest_and_a_grade_does() -> None:
    """What a table says is a set of rows."""
    made = holes({"A": 4.0}, [("A", 0, 2, 0.5), ("A", 2, 4, 0.3)])
    turned = replace(made, assay=made.assay.iloc[::-1].assign(file="other.csv", row=9))
    assert digest_of(turned) == digest_of(made)
    other = replace(made, assay=made.assay.assign(cu_pct=[0.5, 0.30000001]))
    assert digest_of(other) != digest_of(made)


def test_every_block_of_a_plan_is_moved_by_some_factor() -> None:
    """A new block of the plan must be given to a factor, or the walk would not arrive."""
    apart = {"elements", "derived", "statement", "acceptance", "uncertainty"}
    assert set(Plan.model_fields) == set(PARTS) | apart


@pytest.fixture
def ends(tmp_path: Path) -> tuple[DepositData, DepositData]:
    """Two ends of the small deposit with one and the same plan; 9 holes, then none more."""
    path = write_small_belt(tmp_path) / "small.yaml"
    belt = read_belt(path)
    made = holes({"A": 4.0}, [("A", 0, 2, 0.5)])
    parts = (belt, belt.deposits[0], path.parent)
    return tuple(DepositData(*parts, when, made, {}) for when in (FIRST, SECOND))  # type: ignore[return-value]


def with_plan(data: DepositData, **changes: Any) -> DepositData:
    """The same with other blocks of the plan."""
    plain = data.plan.model_dump(mode="json") | changes
    plan = Plan.model_validate(plain)
    return replace(data, deposit=data.deposit.model_copy(update={"plan": plan}))


class Told:
    """A statement that says which inputs it was made of; it notes every call."""

    def __init__(self) -> None:
        self.asked: list[DepositData] = []

    def __call__(self, data: DepositData) -> Any:
        """A number of its own for each statement."""
        self.asked.append(data)
        return len(self.asked)


def test_a_factor_that_moves_nothing_costs_nothing(
    ends: tuple[DepositData, DepositData],
) -> None:
    """Only density changed: one statement beside the start, and the walk arrives."""
    density = {"method": "assigned", "assigned_tpm3": {"all": 3.0}, "citation": "other words"}
    closing = with_plan(ends[1], density=density)
    told = Told()
    found = walk(Mixtures(End(ends[0]), End(closing)), ORDER, told)
    assert [step.factor for step in found.advances if step.after is not None] == ["density"]
    assert len(told.asked) == 2
    assert told.asked[-1].plan.density.assigned_tpm3 == {"all": 3.0}
    assert found.end == 2


def test_words_alone_change_nothing(ends: tuple[DepositData, DepositData]) -> None:
    """A citation is no input."""
    cutoffs = ends[1].plan.cutoffs.model_dump(mode="json") | {"citation": "another"}
    told = Told()
    found = walk(Mixtures(End(ends[0]), End(with_plan(ends[1], cutoffs=cutoffs))), ORDER, told)
    assert all(step.after is None for step in found.advances)
    assert found.end == found.start


def test_factors_advance_in_the_order_asked_for(ends: tuple[DepositData, DepositData]) -> None:
    """Density and cut-off, each on its own, either way round; both ends are stated once."""
    cutoffs = ends[1].plan.cutoffs.model_dump(mode="json") | {"reporting": 0.25}
    density = ends[1].plan.density.model_dump(mode="json") | {"assigned_tpm3": {"all": 3.0}}
    mixtures = Mixtures(End(ends[0]), End(with_plan(ends[1], cutoffs=cutoffs, density=density)))
    told = Told()
    there = walk(mixtures, ORDER, told)
    back = walk(mixtures, tuple(reversed(ORDER)), told)
    seen = [
        (data.plan.cutoffs.reporting, data.plan.density.assigned_tpm3["all"]) for data in told.asked
    ]
    assert seen == [(0.2, 2.6), (0.2, 3.0), (0.25, 3.0), (0.25, 2.6)]
    assert (there.start, there.end) == (back.start, back.end) == (1, 3)
    moved = [[a.factor for a in found.advances if a.after] for found in (there, back)]
    assert moved == [["density", "cutoff"], ["cutoff", "density"]]


def renamed(data: DepositData) -> DepositData:
    """The closing plan with domains of another name, and what hangs on the name."""
    plan = data.plan.model_dump(mode="json")
    domains = {"column": "lithology", "codes": {"ore": ["granite"]}, "soft": []}
    density = plan["density"] | {"assigned_tpm3": {"ore": 2.6}}
    return with_plan(data, domains=domains, density=density)


def test_new_domains_without_densities_take_density_along_and_nothing_else(
    ends: tuple[DepositData, DepositData],
) -> None:
    """The table of densities names the old domain, so it can't stand with the new ones."""
    closing = renamed(ends[1])
    cutoffs = closing.plan.cutoffs.model_dump(mode="json") | {"reporting": 0.3}
    mixtures = Mixtures(End(ends[0]), End(with_plan(closing, cutoffs=cutoffs)))
    told = Told()
    found = walk(mixtures, ORDER, told)
    steps = {step.factor: step for step in found.advances}
    assert steps["domains"].also == ("density",)
    assert "density.assigned_tpm3: no such domain all" in steps["domains"].trouble
    assert "density" not in steps
    assert steps["cutoff"].also == ()
    assert steps["cutoff"].after is not None
    assert [data.plan.domains.names for data in told.asked] == [("all",), ("ore",), ("ore",)]


def test_inputs_that_can_not_be_stated_are_not_tried_twice(
    ends: tuple[DepositData, DepositData],
) -> None:
    """Another stage that only stands with another density; it fails once, not once a group."""
    density = ends[1].plan.density.model_dump(mode="json") | {"assigned_tpm3": {"all": 3.0}}
    closing = with_plan(ends[1], stage="production", density=density)
    tried: list[tuple[str, float]] = []

    def state(data: DepositData) -> Any:
        tried.append((data.plan.stage, data.plan.density.assigned_tpm3["all"]))
        if data.plan.density.assigned_tpm3 == {"all": 3.0} and data.plan.stage == "detailed":
            raise EstimationError("not yet / 尚不可")
        return tried[-1]

    found = walk(Mixtures(End(ends[0]), End(closing)), ORDER, state)
    steps = {step.factor: step for step in found.advances}
    assert steps["density"].also == ("class",)
    assert steps["density"].trouble == "not yet / 尚不可"
    assert len(tried) == len(set(tried)) == 3


def test_an_end_that_can_not_be_stated_is_told(ends: tuple[DepositData, DepositData]) -> None:
    """Then no walk can arrive."""

    def state(data: DepositData) -> Any:
        if data.plan.cutoffs.reporting > 0.2:
            raise EstimationError("the closing can't stand / 期末不成立")
        return "well"

    cutoffs = ends[1].plan.cutoffs.model_dump(mode="json") | {"reporting": 0.3}
    mixtures = Mixtures(End(ends[0]), End(with_plan(ends[1], cutoffs=cutoffs)))
    with pytest.raises(EstimationError, match="the closing can't stand"):
        walk(mixtures, ORDER, state)


def test_sterilized_ground_is_told_apart_from_the_licence(
    ends: tuple[DepositData, DepositData],
) -> None:
    """Constraints go by their kind: a pit with the cut-off, overlain ground before the licence."""
    constraints = [
        {
            "name": kind,
            "kind": kind,
            "file": {"root": ".", "path": f"{kind}.geojson"},
            "reason": "t",
        }
        for kind in ("licence", "sterilized", "pit_shell")
    ]
    told = Told()
    closing = with_plan(ends[1], statement={"constraints": constraints})
    found = walk(Mixtures(End(ends[0]), End(closing)), ORDER, told)
    moved = [step.factor for step in found.advances if step.after is not None]
    assert moved == ["cutoff", "sterilized", "licence"]
    kinds = [{c.kind for c in data.plan.statement.constraints} for data in told.asked[1:]]
    assert kinds == [
        {"pit_shell"},
        {"pit_shell", "sterilized"},
        {"pit_shell", "sterilized", "licence"},
    ]


def test_ground_mined_before_the_opening_is_a_correction(
    ends: tuple[DepositData, DepositData],
) -> None:
    """A survey that came late moves the opening; one of the period is depletion."""
    mined = [
        {"as_of": str(when), "root": ".", "path": f"{when}.tif"}
        for when in (date(2024, 6, 30), date(2025, 6, 30))
    ]
    plain = ends[1].deposit.model_dump(mode="json") | {"mined": mined}
    closing = replace(ends[1], deposit=type(ends[1].deposit).model_validate(plain))
    told = Told()
    found = walk(Mixtures(End(ends[0]), End(closing)), ORDER, told)
    moved = [step.factor for step in found.advances if step.after is not None]
    assert moved == ["depletion", "correction"]
    paths = [[m.path for m in data.deposit.mined] for data in told.asked]
    assert paths == [[], ["2025-06-30.tif"], ["2024-06-30.tif", "2025-06-30.tif"]]
