"""The whole plan proposed from a deposit's data: choices, reasons beside them, and bad data."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from estimation.belts import read_belt
from estimation.deposit import DepositData, composite_samples
from estimation.errors import EstimationError
from estimation.plan import Plan, Variogram
from estimation.proposal import Proposal, propose
from estimation.proposal.domains import domains
from estimation.proposal.models import say_axes_apart, settled
from estimation.proposal.reasons import Reasons
from estimation.proposal.samples import composites, with_plan
from estimation.proposal.search import Counts, search_passes
from estimation.proposal.statement import density
from estimation.statement.gate import gate
from estimation.variography.study_judgements import nugget_differs
from flows.proposals import accept_plan, plan_text, write_plan
from geo.drillholes.reading import Drillholes
from tests.engine_problems import tables
from tests.small_belt import write_small_belt

COUNTS = Counts(8, 16, 0.67, (4, 4, 2))


def drilled(
    folder: Path, holes: int = 16, per_hole: int = 30, tables_more: Any = None, **grades: Any
) -> DepositData:
    """Vertical holes 40 m apart in the small belt, copper of 2 m along a smooth field."""
    rng = np.random.default_rng(5)
    names = [f"H{i:02d}" for i in range(holes)]
    east, north = 960.0 + 40.0 * (np.arange(holes) % 5), 1960.0 + 40.0 * (np.arange(holes) // 5)
    depth = 2.0 * per_hole
    collar = pd.DataFrame(
        {"hole_id": names, "easting_m": east, "northing_m": north, "elevation_m": 500.0,
         "depth_m": depth}
    )  # fmt: skip
    survey = pd.DataFrame(
        {"hole_id": names, "depth_m": 0.0, "azimuth_deg": 0.0, "dip_down_deg": 90.0}
    )
    from_m = np.tile(np.arange(per_hole) * 2.0, holes)
    x, y = np.repeat(east, per_hole), np.repeat(north, per_hole)
    field = np.sin(x / 50.0 + y / 90.0 + from_m / 25.0)
    copper = 0.5 + 0.2 * field + rng.normal(0, 0.05, x.size)
    assay = pd.DataFrame(
        {
            "hole_id": np.repeat(names, per_hole),
            "from_m": from_m,
            "to_m": from_m + 2.0,
            "sample_id": [f"S{i}" for i in range(x.size)],
            "cu_pct": copper,
            **{
                name: np.broadcast_to(np.asarray(v(copper, rng) if callable(v) else v), x.shape)
                for name, v in grades.items()
            },
        }
    )
    belt = read_belt(write_small_belt(folder) / "small.yaml")
    deposit = belt.deposits[0].model_copy(update={"plan": None})
    found: Drillholes = tables(collar=collar, survey=survey, assay=assay, **(tables_more or {}))
    return DepositData(belt, deposit, folder, date(2025, 12, 31), found, {})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[DepositData, Proposal]:
    """Copper; molybdenum of every sample; gold of five; silver all alike; cobalt of twenty."""

    def few(count: int) -> Any:
        return lambda copper, _: np.where(np.arange(copper.size) < count, 0.1 + copper, np.nan)

    data = drilled(
        tmp_path_factory.mktemp("proposal"),
        mo_pct=lambda copper, rng: 0.02 * copper + rng.normal(0, 0.001, copper.size),
        au_gpt=few(5),
        co_pct=few(40),
        ag_gpt=0.5,
    )
    return data, propose(data)


def test_a_proposed_plan_is_valid_and_says_that_nobody_accepted_it(
    made: tuple[DepositData, Proposal],
) -> None:
    """It reads back from its own form; stage and body type are said to be assumed."""
    plan = made[1].plan
    assert Plan.model_validate(plan.model_dump(mode="json")) == plan
    assert (plan.acceptance.status, plan.acceptance.by) == ("proposed", None)
    assert (plan.main_element, plan.stage) == ("cu_pct", "general")
    assert "assumed" in made[1].reasons["stage"].en
    assert "假定" in made[1].reasons["classification.spacing"].zh
    assert "unverified" in plan.classification.citation
    assert plan.classification.smoothing is not None
    assert plan.cutoffs.low_grade is not None


def test_composites_are_a_multiple_of_the_sample_and_a_share_of_the_bench(
    made: tuple[DepositData, Proposal],
) -> None:
    """Samples of 2 m and benches of 10 m: 4 m is nearer to a third of the bench than 2 m."""
    assert made[1].plan.composites.length_m == 4.0


def test_composites_take_samples_of_two_lengths_whole(tmp_path: Path) -> None:
    """Half of 2 m, half of 3 m, benches of 15 m: 6 m takes both whole."""
    data = drilled(tmp_path)
    assay = data.drillholes.assay.copy()
    half = assay["hole_id"] < "H08"
    assay.loc[half, "from_m"] *= 1.5
    assay.loc[half, "to_m"] *= 1.5
    grid = data.deposit.grid.model_copy(update={"block_m": (20.0, 20.0, 15.0)})
    deposit = data.deposit.model_copy(update={"grid": grid})
    changed = replace(data, deposit=deposit, drillholes=replace(data.drillholes, assay=assay))
    assert composites(changed, Reasons()).length_m == 6.0


def test_every_choice_has_its_reason_in_both_languages(
    made: tuple[DepositData, Proposal],
) -> None:
    """What a reviewer asks of each element and of the statement stands beside it."""
    reasons = made[1].reasons
    wanted = {
        "composites.length_m", "domains", "discretisation", "density.assigned_tpm3",
        "cutoffs.reporting", "classification.smoothing", "elements.cu_pct.caps",
        "elements.cu_pct.variogram", "elements.cu_pct.search", "elements.mo_pct.method",
        "elements.mo_pct.class_limit",
    }  # fmt: skip
    assert wanted <= set(reasons)
    assert all(words.zh.strip() and words.en.strip() for words in reasons.values())
    assert all(e.reason != "-" for e in made[1].plan.elements.values())


def test_every_reason_stands_above_its_key(made: tuple[DepositData, Proposal]) -> None:
    """YAML reads back to the plan; each reason is a comment on one line."""
    text = plan_text(made[1])
    plan = Plan.model_validate(YAML(typ="safe").load(io.StringIO(text))["plan"])
    assert plan == made[1].plan
    lines = text.splitlines()
    for path, words in made[1].reasons.items():
        said = [i for i, line in enumerate(lines) if words.en in line]
        assert said, path
        assert lines[said[0]].lstrip().startswith("#"), path
        below = next(line for line in lines[said[0] :] if not line.lstrip().startswith("#"))
        key = below.split(":")[0].strip()
        assert key in path.split("."), (path, below)


def test_a_plan_goes_into_a_belts_file_with_its_reasons(
    made: tuple[DepositData, Proposal], tmp_path: Path
) -> None:
    """The rest of the file stays; the plan reads back; a second proposal leaves no old reason."""
    configs = write_small_belt(tmp_path)
    path = write_plan("small-deposit", configs, made[1])
    assert read_belt(path).deposits[0].plan == made[1].plan
    once = path.read_text("utf-8")
    assert made[1].reasons["elements.cu_pct.search"].zh in once
    write_plan("small-deposit", configs, made[1])
    assert path.read_text("utf-8") == once


def test_trouble_with_one_element_is_a_remark(made: tuple[DepositData, Proposal]) -> None:
    """Silver all alike and gold of five samples: remarks. Cobalt of a few: a mean, Inferred."""
    plan, said = made[1].plan, " ".join(w.en for w in made[1].remarks)
    assert set(plan.elements) == {"cu_pct", "mo_pct"}
    assert set(plan.derived) == {"co_pct"}
    cobalt = plan.derived["co_pct"]
    assert (cobalt.method, cobalt.class_limit) == ("domain_factor", "inferred")
    assert "ag_gpt: not planned" in said
    assert "au_gpt" in said


def test_a_well_sampled_by_product_is_kriged_by_itself(made: tuple[DepositData, Proposal]) -> None:
    """Molybdenum of all samples: ordinary kriging, no surer than copper."""
    molybdenum = made[1].plan.elements["mo_pct"]
    assert (molybdenum.method, molybdenum.class_limit) == ("ordinary", "measured")
    assert "100%" in made[1].reasons["elements.mo_pct.method"].en


def test_the_same_data_give_the_same_plan(made: tuple[DepositData, Proposal]) -> None:
    assert propose(made[0]).plan == made[1].plan


def test_an_under_sampled_by_product_is_compared(tmp_path: Path) -> None:
    """Gold in one hole of five: every method's error is told, Indicated at best."""
    data = drilled(
        tmp_path,
        au_gpt=lambda copper, _: np.where(np.arange(copper.size) // 30 % 3 == 0, copper, np.nan),
    )
    made = propose(data)
    where = "elements" if "au_gpt" in made.plan.elements else "derived"
    reason = made.reasons[f"{where}.au_gpt.method"].en
    assert "expected errors" in reason
    assert "collocated" in reason
    planned: Any = getattr(made.plan, where)["au_gpt"]
    assert planned.class_limit in ("indicated", "inferred")
    assert planned.method != "ordinary"  # gold is copper here: alone it can't be best


def test_few_samples_are_estimated_by_inverse_distance_and_the_gate_says_so(
    tmp_path: Path,
) -> None:
    """Twelve samples in three holes: a nominal variogram, inverse distance, held to Inferred."""
    data = drilled(tmp_path, holes=3, per_hole=8)
    made = propose(data)
    assert made.plan.elements["cu_pct"].method == "inverse_distance"
    assert any("inverse distance" in words.en for words in made.remarks)
    planned = with_plan(data, made.plan)
    assert not gate(made.plan, composite_samples(planned))[0].allowed


@pytest.mark.parametrize(
    ("holes", "per_hole", "said"), [(1, 30, "30 samples in 1 holes"), (3, 2, "6 samples in 3")]
)
def test_too_little_of_the_main_element_is_an_error_with_its_fix(
    holes: int, per_hole: int, said: str, tmp_path: Path
) -> None:
    data = drilled(tmp_path, holes=holes, per_hole=per_hole)
    with pytest.raises(EstimationError, match=said) as error:
        propose(data)
    assert "--main" in str(error.value)
    assert "请" in str(error.value)


def test_a_main_element_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    data = drilled(tmp_path)
    with pytest.raises(EstimationError, match=r"'ni'.*there are cu_pct"):
        propose(data, "ni")
    flat = drilled(tmp_path, cu_pct=0.3)
    with pytest.raises(EstimationError, match=r"are 0\.3"):
        propose(flat)


def test_no_assay_at_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EstimationError, match="no sample has a grade"):
        propose(drilled(tmp_path, cu_pct=np.nan))


def test_logged_codes_that_tell_grades_apart_are_pointed_at(tmp_path: Path) -> None:
    """Rich rock in the upper half: a remark names the column; nothing is decided by it."""
    logs = pd.DataFrame(
        [
            (f"H{i:02d}", low, low + 30.0, rock)
            for i in range(16)
            for low, rock in ((0.0, "rich"), (30.0, "poor"))
        ],
        columns=["hole_id", "from_m", "to_m", "lithology"],
    )
    data = drilled(
        tmp_path,
        cu_pct=lambda copper, _: copper + np.where(np.arange(copper.size) % 30 < 15, 1.0, 0.0),
        tables_more={"lithology": logs},
    )
    told = Reasons()
    assert domains(data, "cu_pct", told).names == ("all",)
    assert any("lithology" in words.en and "rich" in words.en for words in told.remarks)


def test_a_present_plans_domains_stage_and_tables_are_kept(tmp_path: Path) -> None:
    data = drilled(tmp_path)
    plan = read_belt(write_small_belt(tmp_path) / "small.yaml").deposits[0].plan
    assert plan is not None
    made = propose(with_plan(data, plan))
    assert made.plan.stage == plan.stage
    assert made.plan.domains.names == plan.domains.names
    assert made.plan.statement == plan.statement


def test_density_follows_a_grade_only_where_they_go_together(
    made: tuple[DepositData, Proposal],
) -> None:
    """Density 2.6 + 0.4 Cu gives that line; without correlation the mean stands."""
    data, plan = made[0], made[1].plan
    samples = composite_samples(with_plan(data, plan))
    for slope, method in ((0.4, "regressed"), (0.0, "domain_mean")):
        assay = data.drillholes.assay.iloc[::3]
        noise = np.random.default_rng(1).normal(0, 0.01, len(assay))
        table = assay[["hole_id", "from_m", "to_m"]].assign(
            density_tpm3=2.6 + slope * assay["cu_pct"].to_numpy() + noise
        )
        measured = replace(data, drillholes=replace(data.drillholes, density=table))
        found = density(measured, plan.domains, "cu_pct", samples, Reasons())
        assert found.method == method
        if slope:
            line = found.regressions["all"]
            assert line.slope == pytest.approx(0.4, abs=0.08)


def shape(ranges_m: tuple[float, float, float]) -> Variogram:
    """A level variogram."""
    return Variogram.model_validate(
        {
            "nugget": 0.1,
            "structures": [{"model": "spherical", "sill": 0.9, "ranges_m": ranges_m}],
            "orientation": {"azimuth_deg": 30.0, "dip_deg": 0.0, "rake_deg": 0.0},
        }
    )


def test_searches_reach_the_neighbouring_holes_and_no_farther_than_classes_go() -> None:
    """Short ranges are stretched to the spacing; long ones end where a hole counts no more."""
    short = search_passes(shape((30.0, 20.0, 10.0)), 100.0, COUNTS, (12.0, 200.0))
    assert short[0].radii_m[:2] == (120.0, 120.0)
    assert short[0].radii_m[2] >= 40.0
    assert short[1].radii_m[:2] == (220.0, 220.0)
    wide = search_passes(shape((900.0, 600.0, 300.0)), 50.0, COUNTS, (12.0, 190.0))
    assert max(max(p.radii_m) for p in wide) == 190.0
    for passes in (short, wide):
        assert all(b.radii_m >= a.radii_m for a, b in pairwise(passes))
        assert [p.min_holes for p in passes] == [3, 2, 2][: len(passes)]


def test_a_plan_holds_round_figures_and_no_range_below_a_sample() -> None:
    """3.2 m within samples of 4 m is held at 4 m; 61.27 m is 61 m; 359.97 degrees is north."""
    found = shape((61.27, 12.6, 3.2))
    turned = found.orientation.model_copy(update={"azimuth_deg": 359.97, "dip_deg": -4.84})
    made, lengthened = settled(found.model_copy(update={"orientation": turned}), 4.0)
    assert made.structures[0].ranges_m == (61.0, 13.0, 4.0)
    assert (made.orientation.azimuth_deg, made.orientation.dip_deg) == (0.0, -4.8)
    assert lengthened
    assert not settled(found, 3.0)[1]


def test_a_nugget_off_the_downhole_line_is_told() -> None:
    """19 % against 9 % is; 10 % against 9 % and 1 % against nothing aren't; unknown isn't."""
    assert nugget_differs(0.09, 0.19)
    assert not nugget_differs(0.09, 0.10)
    assert not nugget_differs(0.01, 0.0)
    assert not nugget_differs(0.2, float("nan"))


def test_elements_that_go_together_with_axes_apart_are_told(tmp_path: Path) -> None:
    """Twice the copper, 90 degrees off: told. The same axes, or no correlation: not."""
    values = np.arange(40.0)
    table = pd.DataFrame({"a": values, "b": 2.0 * values, "c": np.tile([1.0, 2.0], 20)})
    samples: Any = SimpleNamespace(table=table)
    one = shape((90.0, 40.0, 10.0))
    other = one.model_copy(
        update={"orientation": one.orientation.model_copy(update={"azimuth_deg": 120.0})}
    )
    told = Reasons()
    say_axes_apart({"a": one, "b": other, "c": other}, dict.fromkeys("abc", samples), told)
    assert len(told.remarks) == 1
    assert "a and b: r = 1.00" in told.remarks[0].en
    assert "major axes are 90°" in told.remarks[0].en


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [("magmatic Cu-Ni", 2.95, "magmatic Cu-Ni"), ("sandstone", 2.65, "a default, to be replaced")],
)
def test_an_assigned_density_says_what_it_rests_on(
    made: tuple[DepositData, Proposal], kind: str, value: float, said: str
) -> None:
    """Of a known kind the middle of its range; else a default; the citation speaks of the value."""
    data, plan = made[0], made[1].plan
    named = data.deposit.kind.model_copy(update={"zh": kind, "en": kind})
    changed = replace(data, deposit=data.deposit.model_copy(update={"kind": named}))
    told = Reasons()
    samples = composite_samples(with_plan(data, plan))
    found = density(changed, plan.domains, "cu_pct", samples, told)
    assert found.assigned_tpm3 == {"all": value}
    assert said in told.by_path["density.assigned_tpm3"].en
    assert said in found.citation
    assert f"{value:g} t/m3" in found.citation


def test_an_accepted_plans_file_no_longer_says_that_nobody_accepted_it(
    made: tuple[DepositData, Proposal], tmp_path: Path
) -> None:
    """That comment goes; every other line but the acceptance stays."""
    configs = write_small_belt(tmp_path)
    path = write_plan("small-deposit", configs, made[1])
    before = path.read_text("utf-8").splitlines()
    accept_plan("small-deposit", configs, "Li", "looked at", date(2025, 1, 1))
    after = path.read_text("utf-8").splitlines()
    gone = [line.strip() for line in before if line not in after]
    assert len(gone) == 2
    assert gone[0].startswith("# 由程序提出")
    assert gone[1].startswith("acceptance:")
