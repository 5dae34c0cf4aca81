"""Decisions: a plan accepted by a person, and what differs between two results."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from estimation.belts import Belt, read_belt
from estimation.differences import Change, Differences, FigureChange
from estimation.plan import UNSEALED
from estimation.results import DepositResult
from flows.cli import main
from flows.diff import diff
from flows.estimate import estimate
from flows.proposals import accept_plan
from flows.show import Voice
from flows.show_diff import show_differences
from geo.config import ConfigError
from geo.days import today
from reporting.tables import status_of
from tests.fabricated import fabricated_result
from tests.small_belt import write_small_belt
from tracking.ledger.entries import facts_of

DEPOSIT = "small-deposit"


def _plan(configs: Path) -> dict:  # type: ignore[type-arg]
    belt = yaml.safe_load((configs / "small.yaml").read_text("utf-8"))
    return belt["deposits"][0]["plan"]  # type: ignore[no-any-return]


def test_an_accepted_plan_names_who_when_and_why(tmp_path: Path) -> None:
    """Only the acceptance changes; the file is read again as a belt."""
    configs = write_small_belt(tmp_path)
    before = _plan(configs)
    accept_plan(DEPOSIT, configs, "Li Geologist", "checked on sections", date(2026, 1, 5))
    after = _plan(configs)
    held = after.pop("acceptance")
    assert len(held.pop("of")) == 64
    assert held == {
        "status": "accepted",
        "by": "Li Geologist",
        "date": date(2026, 1, 5),
        "reason": "checked on sections",
    }
    before.pop("acceptance")
    assert after == before


def test_a_plan_that_was_changed_after_it_was_accepted_is_refused(tmp_path: Path) -> None:
    """An acceptance is of what stood then; the message says who accepted it, and what to do."""
    configs = write_small_belt(tmp_path)
    accept_plan(DEPOSIT, configs, "Li", "why", date(2026, 1, 5))
    path = configs / "small.yaml"
    path.write_text(path.read_text("utf-8").replace("reporting: 0.2", "reporting: 0.25"), "utf-8")
    with pytest.raises(ConfigError, match="changed since Li accepted it on 2026-01-05"):
        estimate(DEPOSIT, str(configs), str(tmp_path / "ws"))


def test_only_a_sealed_acceptance_names_a_competent_person(tmp_path: Path) -> None:
    """Accepted by hand, nothing says what the person saw: another plan would look accepted too."""
    configs = write_small_belt(tmp_path)
    path = configs / "small.yaml"
    accept_plan(DEPOSIT, configs, "Li", "why", date(2026, 1, 5))
    sealed = read_belt(path)
    given = yaml.safe_load(path.read_text("utf-8"))
    given["deposits"][0]["plan"]["acceptance"]["of"] = None
    given["deposits"][0]["plan"]["cutoffs"]["reporting"] = 0.25
    by_hand = Belt.model_validate(given)
    said = {"sealed": sealed, "by hand": by_hand}
    for name, person, words in (
        ("sealed", "Li", "accepted"),
        ("by hand", None, "accepted, not sealed / 已认可（未封存）"),
    ):
        deposit = said[name].deposits[0]
        assert deposit.plan is not None
        assert facts_of(said[name], deposit).competent_person == person
        assert deposit.plan.acceptance.words == words
    result = fabricated_result(DEPOSIT, "small", plan_status=UNSEALED)
    assert status_of(result).en == "draft (plan accepted, not sealed)"


@pytest.mark.parametrize("path", sorted(Path("configs/belts").glob("*.yaml")), ids=lambda p: p.stem)
def test_a_changed_sample_plan_is_refused(path: Path) -> None:
    given = yaml.safe_load(path.read_text("utf-8"))
    sealed = [d["plan"] for d in given["deposits"] if d.get("plan")]
    assert sealed
    Belt.model_validate(given)
    sealed[0]["cutoffs"]["reporting"] += 0.01
    with pytest.raises(ValueError, match="changed since sample author"):
        Belt.model_validate(given)


def test_what_can_not_be_accepted_is_refused(tmp_path: Path) -> None:
    """Twice, by nobody, without a reason, or tomorrow."""
    configs = write_small_belt(tmp_path)
    day = date(2026, 1, 5)
    for by, reason, on in (
        (" ", "why", day),
        ("Li", "", day),
        ("Li", "why", today() + timedelta(days=1)),
    ):
        with pytest.raises(ConfigError):
            accept_plan(DEPOSIT, configs, by, reason, on)
    accept_plan(DEPOSIT, configs, "Li", "why", day)
    with pytest.raises(ConfigError, match="accepted by Li on 2026-01-05"):
        accept_plan(DEPOSIT, configs, "Wang", "again", day)


def test_diff_lists_every_changed_key_and_the_change_of_metal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A cap below the richest grades: one key, less copper, the same files and code."""
    configs, workspace = write_small_belt(tmp_path), str(tmp_path / "ws")
    first = estimate(DEPOSIT, str(configs), workspace, run_id="run-a")[-1].result
    path = configs / "small.yaml"
    belt = yaml.safe_load(path.read_text("utf-8"))
    belt["deposits"][0]["plan"]["elements"]["cu_pct"]["caps"] = {"all": 0.4}
    path.write_text(yaml.safe_dump(belt, allow_unicode=True), "utf-8")
    second = estimate(DEPOSIT, str(configs), workspace, run_id="run-b")[-1].result
    found = diff(DEPOSIT, "run-a", "run-b", workspace)
    assert [change.what for change in found.plan] == [
        "plan.elements.cu_pct.caps",
        "plan.elements.cu_pct.caps.all",
    ]
    assert not found.data
    assert not found.code
    copper = sum(f.change_t for f in found.figures if f.quantity == "cu_pct")
    classes = ("measured", "indicated", "inferred")
    change = [r.statement.metal_t("cu_pct", classes) for r in (first, second)]
    assert copper == pytest.approx(change[1] - change[0])
    assert copper < 0
    same = diff(DEPOSIT, "run-b", "2025-12-31", workspace)
    assert not any(f.change_t for f in same.figures)
    assert not same.plan
    arguments = ["diff", DEPOSIT, "run-a", "run-b", "--workspace", workspace, "--json"]
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["plan"][1]["after"] == "0.4"
    by_digest = diff(DEPOSIT, first.digest[:12], second.digest[:12], workspace)
    assert by_digest == found


def test_a_result_that_nobody_knows_is_named(tmp_path: Path) -> None:
    """The message says what may be asked for."""
    configs, workspace = write_small_belt(tmp_path), str(tmp_path / "ws")
    runs = estimate(DEPOSIT, str(configs), workspace)
    assert DepositResult.read(runs[-1].path) == runs[-1].result
    with pytest.raises(ConfigError, match="'2001-01-01': no result of small-deposit"):
        diff(DEPOSIT, "2001-01-01", "2025-12-31", workspace)


def test_diff_shows_small_metal_with_its_symbol_and_says_what_is_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Twelve tonnes of rhenium that become thirteen are not "+2"."""
    figures = (
        FigureChange("indicated", "re_ppm", 11.6214, 13.4),
        FigureChange("indicated", "ore", 2.0e6, 2.1e6),
    )
    changes = (Change("plan.x", "1", "2"),)
    found = Differences(DEPOSIT, "a", "b", (), changes, (), figures, ())
    show_differences(Voice("en"), found)
    told = capsys.readouterr()
    assert "Re metal" in told.out
    assert all(words in told.out for words in ("11.621", "+1.779", "2,100,000"))
    assert "re_ppm" not in told.out
    assert "Data: the same" in told.err
    assert "Code: the same" in told.err
    assert "Plan: the same" not in told.err
