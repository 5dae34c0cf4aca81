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

from estimation.results import DepositResult
from tests.fabricated import copper_result, fabricated_result
from tracking.entries import canonical, current_of, entry_content, kg, sha256

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
        "from tracking.entries import *\n"
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
