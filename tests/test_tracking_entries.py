"""What an entry says depends on the figure alone, in whole kilograms."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from estimation.belts import read_belt
from estimation.registry import Registry
from estimation.results import DepositResult
from tests.fabricated import copper_result, fabricated_result
from tracking.ledger.entries import (
    TIED,
    TIED_SINCE_2,
    Facts,
    canonical,
    current_of,
    entry_content,
    entry_hash,
    facts_of,
    kg,
    same_figure,
    sha256,
)

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("tonnes", "kilograms"),
    [
        (0.0005, 0),
        (0.0015, 2),
        (0.0025, 2),
        (1.0005, 1000),
        (-0.0015, -2),
        (1e9 + 0.4445, 10**12 + 444),
    ],
)
def test_kilograms_round_half_to_even_on_the_decimal_text(tonnes: float, kilograms: int) -> None:
    """GB/T 8170: 四舍六入五成双, whatever the binary fraction of the float."""
    assert kg(tonnes) == kilograms


@given(st.floats(min_value=-1e12, max_value=1e12))
def test_a_kilogram_figure_is_within_half_a_kilogram(tonnes: float) -> None:
    """Rounding never moves a quantity by more than 0.5 kg."""
    assert abs(Decimal(kg(tonnes)) - Decimal(repr(tonnes)) * 1000) <= Decimal("0.5")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_quantity_that_is_not_finite_is_refused(value: float) -> None:
    """NaN would pass every comparison later on."""
    with pytest.raises(ValueError, match="finite"):
        kg(value)


def test_content_carries_the_figures_in_whole_kilograms() -> None:
    """The reporting cut-off's copper in the content is the statement's, to the kilogram a row."""
    result = fabricated_result(mined_ore_t=1e6, depletion_ore_t=2e5)
    content = entry_content(result)
    copper = sum(
        row["elements"]["cu_pct"]["metal_kg"]
        for row in content["statement"]
        if row["cutoff"] == content["reporting_cutoff"]
    )
    classes = ("measured", "indicated", "inferred")
    assert abs(copper - 1000 * result.statement.metal_t("cu_pct", classes)) <= 3
    assert len(content["statement"]) == len(result.statement.rows)
    assert content["mined"][0]["ore_kg"] == 10**9
    assert content["depletion"][0]["ore_kg"] == 2 * 10**8
    rhenium = content["statement"][-1]["elements"]["re_ppm"]
    assert rhenium == {"grade": None, "metal_kg": 0, "evaluated_ore_kg": 0}


def test_content_does_not_depend_on_how_the_result_was_carried(tmp_path: Path) -> None:
    """Row order, run-side extras, findings and a trip through JSON leave the content as it is."""
    result = fabricated_result(depletion_ore_t=2e5)
    result.write(tmp_path / "result.json")
    shuffled = replace(
        result,
        statement=replace(
            result.statement,
            rows=result.statement.rows[::-1],
            support=result.statement.support[::-1],
        ),
        extras={"seconds": 3.2},
        findings={},
    )
    expected = canonical(entry_content(result))
    assert canonical(entry_content(DepositResult.read(tmp_path / "result.json"))) == expected
    assert canonical(entry_content(shuffled)) == expected


def test_another_process_gives_the_same_content_hash() -> None:
    """Hash randomization, and a restart, don't touch the hash."""
    script = (
        "from tests.fabricated import fabricated_result\n"
        "from tracking.ledger.entries import *\n"
        "print(sha256(canonical(entry_content(fabricated_result()))))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "77"}
    command = [sys.executable, "-c", script]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == sha256(canonical(entry_content(fabricated_result())))


@pytest.mark.parametrize(
    "change", ["data_hash", "plan_hash", "model_hash", "engine_version", "plan_status"]
)
def test_every_input_is_part_of_the_figure(change: str) -> None:
    """A figure made from other data, plan or engine is another figure."""
    result = fabricated_result()
    other = replace(result, **{change: "other"})
    assert canonical(entry_content(result)) != canonical(entry_content(other))


def test_rows_that_could_not_be_added_up_are_refused() -> None:
    """A row that stands twice, or no row at the reporting cut-off, would falsify every sum."""
    result = fabricated_result()
    statement = result.statement
    twice = replace(statement, rows=(*statement.rows, statement.rows[0]))
    with pytest.raises(ValueError, match="twice"):
        entry_content(replace(result, statement=twice))
    with pytest.raises(ValueError, match="reporting cut-off"):
        entry_content(replace(result, statement=replace(statement, reporting_cutoff=0.35)))
    with pytest.raises(ValueError, match="not in the statement"):
        entry_content(replace(result, statement=replace(statement, elements=("cu_pct",))))
    several = replace(result, depletion=statement.rows)
    with pytest.raises(ValueError, match="several cut-offs"):
        entry_content(several)


def test_the_latest_entry_of_a_vintage_is_the_current_one() -> None:
    """Whatever order entries come in."""
    from tests.fabricated import chain_of

    first, second = chain_of(
        copper_result(fabricated_result().vintage, {"measured": tonnes}) for tonnes in (1.0, 2.0)
    )
    assert current_of([second, first]) == (second,)


def test_content_says_what_it_is_and_what_the_configuration_says() -> None:
    """Kind, series and facts are in the content; what nobody wrote down is null."""
    facts = Facts({"zh": "西藏", "en": "Tibet"}, competent_person="Zhang", stage="detailed")
    content = entry_content(fabricated_result(), facts)
    said = [content[name] for name in ("format", "kind", "series", "stage", "competent_person")]
    assert said == [2, "estimate", "internal", "detailed", "Zhang"]
    assert (content["province"]["zh"], content["domestic"]) == ("西藏", True)
    assert content["method"]["re_ppm"] == "ordinary kriging"
    for name in ("registry", "uncertainty"):
        assert content[name] is None
    for name in ("low_grade", "lost", "extension", "reclassified_from", "reclassified_to"):
        assert content[name] == []


def test_facts_are_no_part_of_the_figure() -> None:
    """Another licensee is another entry of the same figure; other ore is another figure."""
    result = fabricated_result()
    content = entry_content(result, Facts(registry={"licensee": "A"}))
    assert same_figure(content, result)
    assert not same_figure(content, fabricated_result(scale=1.001))
    assert not same_figure(content, replace(result, lost=result.statement.rows[:1]))


def test_lost_ore_stands_at_the_cut_off_of_depletion() -> None:
    """Rows beside the statement are checked as the statement's are."""
    result = fabricated_result(depletion_ore_t=2e5)
    entry_content(replace(result, lost=result.depletion))
    elsewhere = (replace(result.depletion[0], cutoff=0.2),)
    with pytest.raises(ValueError, match="several cut-offs"):
        entry_content(replace(result, lost=elsewhere))
    with pytest.raises(ValueError, match="twice"):
        entry_content(replace(result, extension=result.depletion * 2))


def test_the_register_speaks_through_the_facts() -> None:
    """A deposit's ``registry`` gets into its entries; a mine code is nine digits and three."""
    path = ROOT / "configs" / "belts" / "duobaoshan.yaml"
    belt = read_belt(path)
    assert facts_of(belt, belt.deposits[0]).province == {"zh": "黑龙江", "en": "Heilongjiang"}
    raw = {
        "mine_code": "230000001-012",
        "licence_kind": "mining",
        "discovered": {"date": "2024-06-30", "citation": "report"},
        "domestic": False,
    }
    deposit = belt.deposits[0].model_copy(update={"registry": Registry.model_validate(raw)})
    facts = facts_of(belt, deposit)
    assert facts.domestic is False
    assert facts.stage == "detailed"
    assert facts.registry == {
        "mine_code": "230000001-012",
        "licence_kind": "mining",
        "licence_no": None,
        "licensee": None,
        "county": None,
        "discovered": {"date": "2024-06-30", "citation": "report"},
    }
    with pytest.raises(ValidationError, match="mine_code"):
        Registry.model_validate({"mine_code": "12"})


@pytest.mark.parametrize("column", ["kind", "series", "format", "run_id", "supersedes"])
def test_the_hash_covers_every_column_of_its_format(column: str) -> None:
    """Format 1 covers what it had; format 2 kind and series as well."""
    line = dict.fromkeys(TIED + TIED_SINCE_2, "x") | {"format": 2}
    changed = {**line, column: 1}
    assert entry_hash(line) != entry_hash(changed)
    first, other = {**line, "format": 1}, {**changed, "format": 1}
    assert (entry_hash(first) == entry_hash(other)) == (column in ("kind", "series", "format"))
