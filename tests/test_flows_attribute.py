"""Changes between two figures split by their causes, and entered in the ledger."""

from __future__ import annotations

from collections import Counter
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from estimation.attribution import Advance, Walk
from estimation.plan import CLASSES
from estimation.results import DepositResult, ResourceStatement, StatementRow
from flows.attribute import Attributed, Figure, split_of, statement_kg
from flows.cli import Exit, main
from flows.estimate import estimate
from flows.track import track
from geo.config import ConfigError
from tests.figure_desk import DEPOSIT, PIT, Desk
from tests.small_belt import CAMPAIGNS, spoil
from tracking import Ledger
from tracking.movement.attribution import Attribution, read_attribution
from tracking.movement.quantities import ORE, added, difference, part_kg, retained_kg


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A small belt, not yet estimated."""
    return Desk(tmp_path)


def moved(found: Attribution) -> dict[str, int]:
    """Factor -> change of ore and metal, taken all together, where there was any."""
    return {step.factor: len(step.kg) for step in found.steps if any(step.kg.values())}


def foots(found: Attributed, split: Attribution) -> bool:
    """Whether the steps add up to closing less opening, to the kilogram."""
    ends = [statement_kg(end.result.statement) for end in (found.closing, found.opening)]
    return added(step.kg for step in split.steps) == difference(*ends)


def test_new_holes_are_drilling_and_nothing_else(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    """Four holes more under one plan: one bar, no tile kriged, entered once."""
    estimate(DEPOSIT, str(desk.configs), str(desk.workspace), workers=1)
    assert desk.split(*CAMPAIGNS).recorded is None  # the ledger has neither figure
    track(str(desk.configs), str(desk.workspace))
    more = ["--configs", str(desk.configs), "--workspace", str(desk.workspace), "--workers", "1"]
    with pytest.raises(SystemExit) as left:
        main(["--lang", "en", "attribute", DEPOSIT, *CAMPAIGNS, *more, "--reverse"])
    assert left.value.code == Exit.OK
    told = capsys.readouterr()
    assert "New drilling and assays" in told.out
    assert "Total, reverse order" in told.out
    assert "entered as ledger entry 3" in told.err
    found = desk.split("1", "2")  # by their numbers in the ledger
    assert set(moved(found.found)) == {"drilling"}
    assert foots(found, found.found)
    assert (found.tiles_computed, found.recorded) == (0, 3)
    answer = found.as_json()
    assert (answer["opening"]["entry"], answer["closing"]["entry"]) == (1, 2)
    assert [step["factor"] for step in answer["split"]["steps"]] == answer["split"]["order"]
    with Ledger(f"sqlite:///{desk.workspace / 'ledger.db'}") as ledger:
        forward, reverse = (read_attribution(ledger.entry(number).content) for number in (3, 4))
        assert ledger.verify() == []
    assert forward == found.found
    assert reverse.reverse
    assert set(moved(reverse)) == {"drilling"}


def test_what_can_not_be_compared_is_told(desk: Desk) -> None:
    """Names that nothing has, ends the wrong way round, one result twice."""
    estimate(DEPOSIT, str(desk.configs), str(desk.workspace), workers=1)
    for names, words in (
        (("2025-12-31", "2024-12-31"), "opening 2025-12-31 is after closing 2024-12-31"),
        (("2024-12-31", "2024-12-31"), "one and the same result"),
        (("2024-12-31", "2031-01-01"), "no result of small-deposit"),
    ):
        with pytest.raises(ConfigError, match=words):
            desk.split(*names)


def test_each_change_of_a_plan_goes_to_its_factor(desk: Desk) -> None:
    """Variogram, density 2.6 to 2.86 t/m3, cut-off and class rules together.

    Density comes after the variogram and before the cut-off, so it is a tenth of what stood then,
    row by row; class rules move classes, not the total.
    """
    old = desk.night()[1]

    def four(deposit: dict[str, Any]) -> None:
        plan = deposit["plan"]
        plan["elements"]["cu_pct"]["variogram"]["nugget"] = 0.008
        plan["density"].update(assigned_tpm3={"all": 2.86}, citation="weighed again")
        plan["cutoffs"]["reporting"] = 0.25
        plan["classification"]["measured"]["max_mean_distance_m"] = 40.0

    desk.change(four)
    desk.night()
    found = desk.split(old.digest[:12], "2025-12-31", reverse=True)
    assert set(moved(found.found)) == {"method", "density", "cutoff", "class"}
    assert foots(found, found.found)
    assert found.reverse is not None
    assert foots(found, found.reverse)
    by_name = {step.factor: step.kg for step in found.found.steps}
    before = added([statement_kg(old.statement), by_name["method"]])
    for key, amount in before.items():
        assert by_name["density"][key] == pytest.approx(0.1 * amount, abs=2), key
    shift = [by_name["class"][ORE, name] for name in CLASSES]
    assert shift[0] < 0
    assert abs(sum(shift)) <= 3  # kilograms, by rounding
    assert sum(by_name["cutoff"][ORE, name] for name in CLASSES) < 0
    back = {step.factor: step.kg for step in found.reverse.steps}
    assert back["cutoff"] != by_name["cutoff"]  # another order, other shares


def test_a_corrected_assay_and_new_holes_are_told_apart(desk: Desk) -> None:
    """Between two nights a hole of the first campaign was assayed again, and four were drilled."""
    opening = desk.night()[0]

    def richer(text: str) -> str:
        frame = pd.read_csv(StringIO(text))
        frame.loc[frame["BHID"] == "C0-11", "CU_PCT"] += 0.3
        return frame.to_csv(index=False)

    spoil(desk.configs, "assay", richer)
    desk.night()
    found = desk.split(opening.digest[:12], "2025-12-31")
    assert set(moved(found.found)) == {"drilling", "correction"}
    by_name = {step.factor: step.kg for step in found.found.steps}
    assert sum(by_name["correction"]["cu_pct", name] for name in CLASSES) > 0
    assert sum(by_name["correction"]["mo_pct", name] for name in CLASSES) == 0
    assert foots(found, found.found)
    corrected = desk.split(opening.digest[:12], "2024-12-31")
    assert set(moved(corrected.found)) == {"correction"}


def test_mining_is_what_the_ledger_says_was_mined(desk: Desk) -> None:
    """Depletion is the entry's own, to the kilogram; what drilling found stays drilling."""
    desk.mine()
    desk.night()
    found = desk.split(*CAMPAIGNS)
    by_name = {step.factor: step.kg for step in found.found.steps}
    assert found.closing.entry is not None
    assert found.opening.entry is not None
    mined = part_kg(found.closing.entry, "depletion")
    assert sum(mined.values()) > 0
    assert by_name["depletion"] == difference(Counter(), mined)
    assert max(map(abs, by_name["software"].values()), default=0) <= 3  # kilograms, by rounding
    ends = difference(retained_kg(found.closing.entry), retained_kg(found.opening.entry))
    assert added(by_name.values()) == ends


def test_mining_after_an_older_figure_is_what_it_was_worth_in_that_figure(desk: Desk) -> None:
    """The closing counts from the opening made anew with its cut-off, not from the old one."""
    desk.mine()
    old = desk.night()[0]
    desk.change(lambda deposit: deposit["plan"]["cutoffs"].update(reporting=0.3))
    desk.night()
    found = desk.split(old.digest[:12], "2025-12-31")
    assert {"depletion", "drilling", "cutoff"} <= set(moved(found.found))
    assert "software" not in moved(found.found)
    assert found.recorded is not None
    assert found.found.mined_between
    by_name = {step.factor: step.kg for step in found.found.steps}
    assert found.closing.entry is not None
    booked = added([part_kg(found.closing.entry, "depletion"), found.found.mined_between])
    assert by_name["depletion"] == difference(Counter(), booked)
    assert foots(found, found.found)


def test_domains_that_need_new_densities_take_them_along(desk: Desk) -> None:
    """One domain by its place instead of ``all``: the table of densities has its new name."""
    old = desk.night()[1]
    (desk.data / "roof.obj").write_text(PIT.replace("485", "520"))

    def by_place(deposit: dict[str, Any]) -> None:
        plan = deposit["plan"]
        file = {"root": str(desk.data), "path": "roof.obj"}
        plan["domains"]["volumes"] = [{"domain": "body", "file": file, "side": "below"}]
        plan["density"]["assigned_tpm3"] = {"body": 2.6}

    desk.change(by_place)
    desk.night()
    found = desk.split(old.digest[:12], "2025-12-31")
    steps = {step.factor: step for step in found.found.steps}
    assert steps["domains"].also == ("density",)
    assert "alone it can't stand" in steps["domains"].remark_en
    assert "density" not in steps
    assert foots(found, found.found)


def test_another_program_stands_in_its_own_line() -> None:
    """The recorded opening is a tonne more than this program makes of the same inputs."""

    def statement(ore_t: float) -> Any:
        row = StatementRow("measured", "all", 0.2, 1.0, ore_t, {})
        return ResourceStatement("cu_pct", ("cu_pct",), 0.2, (row,), (), "", ())

    def figure(vintage: str, ore_t: float) -> Figure:
        bare = dict.fromkeys(("data_hash", "plan_hash", "model_hash", "plan_status"), "")
        made = DepositResult(
            *("belt", "deposit", date.fromisoformat(vintage), statement(ore_t), (), (), ()),
            **bare, engine_version=f"of {vintage}", holes=0, composites=0, findings={},
        )  # fmt: skip
        return Figure(made, None)

    ends = [figure("2024-12-31", 101.0), figure("2025-12-31", 130.0)]
    drilled = Advance("drilling", (), statement(130.0))
    walked = Walk(("drilling",), statement(100.0), (drilled,))
    split = split_of(ends, walked, reverse=False)
    by_name = {step.factor: step for step in split.steps}
    assert by_name["software"].kg == {(ORE, "measured"): -1000}
    assert by_name["drilling"].kg == {(ORE, "measured"): 30_000}
    assert "opening by of 2024-12-31" in by_name["software"].remark_en
