"""Review from the command line: held by a limit, released by a person, published, rolled back."""

from __future__ import annotations

import getpass
import re
from dataclasses import replace
from pathlib import Path

import pytest

from flows.cli import Exit
from flows.ledger_lines import account
from flows.nightly import nightly
from tests.review_fixture import DEPOSIT, NEW, OLD, House, entered_house
from tests.small_belt import write_small_belt
from tests.test_docs import example, same_shape, shape


@pytest.fixture
def house(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> House:
    """Two vintages entered; nothing waits."""
    return entered_house(tmp_path, capsys, monkeypatch)


def test_a_jump_is_held_and_the_figure_before_it_stays_in_use(house: House) -> None:
    """+43 % with no new data: code 4, the limit, by how much, and the commands are told."""
    before = house.used()
    house.estimate(NEW, 1.5)
    told = house.answer(Exit.HELD, "growth")["ledger"]
    (held,) = told["held"]
    assert (held["deposit"], held["vintage"]) == (DEPOSIT, NEW)
    assert {limit["limit"] for limit in held["limits"]} == {"metal", "unexplained", "extent"}
    first = held["limits"][0]
    assert first["change"] == pytest.approx(100 * (1.5 / 1.05 - 1), abs=1e-4)
    assert (first["allowed"], first["against"]) == (15.0, 2)
    assert held["commands"] == [
        "bornite compare 2 3",
        f"bornite approve {DEPOSIT} {NEW} --reason REASON",
        f"bornite withdraw {DEPOSIT} {NEW} --reason REASON",
    ]
    assert (held["entry"], held["usable"]) == (3, 2)
    assert [e["number"] for e in told["entries"]] == [1, 2]
    assert house.used() == before
    assert "+42.9 % (limit ±15 %), against № 2, 2025-12-31" in house.said(Exit.HELD, "growth")


def test_a_second_night_with_the_same_jump_enters_nothing_and_still_says_so(house: House) -> None:
    house.estimate(NEW, 1.5)
    assert house.answer(Exit.HELD, "growth")["ledger"]["recorded"] == 2
    again = house.answer(Exit.HELD, "growth")["ledger"]
    assert again["recorded"] == 0
    assert again["held"][0]["entry"] == 3


def test_a_night_that_comes_back_within_limits_needs_nobody(house: House) -> None:
    house.estimate(NEW, 1.5)
    assert house.run("growth") == Exit.HELD
    mended = house.estimate(NEW, 1.07)
    assert house.run("growth") == Exit.OK
    assert house.used() == mended


def test_pages_show_the_figure_in_use_and_say_what_waits(house: House) -> None:
    """The held result lies on disk as the newest; the page's numbers are the older one's."""
    shown = house.used().statement.metal_t("cu_pct", ("measured",))
    held = house.estimate(NEW, 1.5).statement.metal_t("cu_pct", ("measured",))
    assert house.run("report") == Exit.HELD
    page = house.page()
    assert f'data-v="{shown!r}"' in page
    assert f'data-v="{held!r}"' not in page
    assert "identified metal +42.9 %" in page
    assert "entry 2 is used meanwhile" in page
    index = (house.workspace.site / "index.html").read_text("utf-8")
    assert f"{DEPOSIT} {NEW}" in index
    assert house.run("approve", DEPOSIT, NEW, "--reason", "new ground, sections seen") == Exit.OK
    assert house.run("report") == Exit.OK
    assert f'data-v="{held!r}"' in house.page()


def test_what_is_held_is_approved_with_a_reason_only(house: House) -> None:
    """Who is the user where nobody is named; without a terminal nothing is asked."""
    bigger = house.estimate(NEW, 1.5)
    house.run("growth")
    assert "--reason" in house.said(Exit.USAGE, "approve", DEPOSIT, NEW)
    done = house.answer(Exit.OK, "approve", DEPOSIT, NEW, "--reason", "drilled below the pit")
    assert (done["state"], done["about"], done["usable"]) == ("approved", 3, 3)
    assert done["next"] == ["published", "withdrawn"]
    assert house.used() == bigger
    assert house.run("growth") == Exit.OK
    decision = account(str(house.configs), house.workspace, DEPOSIT, listed=True).entries[-1]
    assert decision.content["by"] == getpass.getuser()
    assert decision.content["reason"] == "drilled below the pit"
    assert decision.content["from"] == "held"


def test_what_is_held_is_not_published(house: House) -> None:
    house.estimate(NEW, 1.5)
    house.run("growth")
    said = house.said(Exit.HELD, "publish", DEPOSIT, NEW)
    assert "limit ±15 %" in said
    assert f"bornite approve {DEPOSIT} {NEW}" in said


def test_an_older_entry_that_is_held_is_refused_in_its_own_words(house: House) -> None:
    """Entry 3 waits, entry 5 is the newest and waits for another reason; no traceback."""
    house.estimate(NEW, 1.5)
    house.run("growth")
    house.estimate(NEW, 1.07)
    house.run("growth")
    said = house.said(Exit.HELD, "publish", DEPOSIT, NEW, "--entry", "3")
    assert "entry 3 is held" in said
    assert "+42.9 %" in said
    assert f"bornite approve {DEPOSIT} {NEW} --entry 3 " in said


def test_a_draft_is_approved_and_published_in_one_go_and_only_once(house: House) -> None:
    done = house.answer(Exit.OK, "publish", DEPOSIT, NEW, "--by", "Li", "--reason", "year end")
    assert (done["state"], done["entries"], done["published"]) == ("published", [3, 4], 2)
    again = house.answer(Exit.OK, "publish", DEPOSIT, NEW)
    assert (again["state"], again["entries"]) == ("published", [])
    assert house.run("report") == Exit.OK
    assert "已发布（参数待认可）" in house.page()


def test_a_publication_is_rolled_back_to_the_one_before(house: House) -> None:
    first = house.used()
    house.run("publish", DEPOSIT, NEW)
    second = house.estimate(NEW, 1.07)
    house.run("growth")
    house.run("publish", DEPOSIT, NEW)
    assert house.used() == second
    assert "--reason" in house.said(Exit.USAGE, "rollback", DEPOSIT, NEW)
    done = house.answer(Exit.OK, "rollback", DEPOSIT, NEW, "--reason", "wrong density")
    assert (done["about"], done["state"], done["published"], done["usable"]) == (
        5, "rolled_back", 2, 2,
    )  # fmt: skip
    assert house.used() == first
    assert house.run("growth") == Exit.OK  # the rolled back figure lies on disk, and stays out
    assert house.used() == first
    last = house.said(Exit.USAGE, "rollback", DEPOSIT, NEW, "--reason", "further")
    assert "nothing was published before it" in last


def test_a_withdrawn_figure_gives_way_and_the_first_leaves_its_date_empty(house: House) -> None:
    first = house.used()
    house.estimate(NEW, 1.07)
    house.run("growth")
    done = house.answer(Exit.OK, "withdraw", DEPOSIT, NEW, "--reason", "assays recalled")
    assert (done["state"], done["usable"]) == ("withdrawn", 2)
    assert house.used() == first
    house.run("withdraw", DEPOSIT, NEW, "--entry", "2", "--reason", "those too")
    answer = house.answer(Exit.OK, "growth")
    assert [e["vintage"] for e in answer["ledger"]["entries"]] == [OLD]
    assert house.run("report") == Exit.OK
    figures, history = house.page().split("<main")[1].split('id="approved"')
    assert NEW not in figures
    assert NEW in history


def test_a_person_holds_a_figure(house: House) -> None:
    assert "--reason" in house.said(Exit.USAGE, "hold", DEPOSIT, NEW)
    assert house.run("hold", DEPOSIT, NEW, "--reason", "hole 7 is being surveyed again") == Exit.OK
    said = house.said(Exit.HELD, "growth")
    assert "hole 7 is being surveyed again" in said
    assert "no figure of this date is used meanwhile" in said
    house.estimate(NEW, 1.05, engine_version="2")  # the next night's is held as well
    assert "hole 7 is being surveyed again" in house.said(Exit.HELD, "growth")
    house.estimate(NEW, 1.6)
    (held,) = house.answer(Exit.HELD, "growth")["ledger"]["held"]
    assert held["limits"][0]["limit"] == "metal"
    assert "hole 7" in held["why"]["en"]
    house.estimate(NEW, 1.05, engine_version="3")
    assert house.run("growth") == Exit.HELD
    assert house.run("approve", DEPOSIT, NEW, "--reason", "surveyed") == Exit.OK
    assert house.run("growth") == Exit.OK


def test_the_ledger_lists_figures_states_entries_and_what_waits(house: House) -> None:
    house.estimate(NEW, 1.5)
    house.run("growth")
    answer = house.answer(Exit.OK, "ledger", "--entries")
    assert [(f["vintage"], f["review"]) for f in answer["figures"]] == [
        (OLD, "draft"), (NEW, "held"),
    ]  # fmt: skip
    copper = house.used().statement.metal_t("cu_pct", ("measured", "indicated", "inferred"))
    assert answer["figures"][1]["retained_t"] == pytest.approx(copper, abs=0.01)
    assert [e["kind"] for e in answer["entries"]] == ["estimate"] * 3 + ["decision"]
    assert answer["entries"][3]["to"] == "held"
    assert answer["head"]["number"] == 4
    assert [f["vintage"] for f in house.answer(Exit.OK, "ledger", "--held")["figures"]] == [NEW]
    said = house.said(Exit.OK, "ledger")
    assert f"bornite approve {DEPOSIT} {NEW} --reason REASON --configs" in said
    for words in (("ledger", "smal-deposit"), ("approve", "smal-deposit", NEW)):
        assert f"did you mean '{DEPOSIT}'?" in house.said(Exit.USAGE, *words)


def test_a_figure_that_is_not_there_is_named_with_those_that_are(house: House) -> None:
    said = house.said(Exit.USAGE, "approve", DEPOSIT, "2020-01-01")
    assert f"{OLD} internal, {NEW} internal" in said
    assert "lies ahead" in house.said(Exit.USAGE, "approve", DEPOSIT, NEW, "--on", "2999-01-01")
    assert "review_passed 评审通过" in house.said(
        Exit.USAGE, "advance", DEPOSIT, NEW, "--to", "nowhere"
    )


def test_two_states_are_compared_by_vintage_number_and_view(house: House) -> None:
    decided = [{"decided": {"plan": {"cutoff": cutoff}}} for cutoff in (0.2, 0.3)]
    house.estimate(OLD, 1.0, extras=decided[0])
    changed = {"plan_hash": "f" * 64, "extras": decided[1]}
    house.estimate(NEW, 1.1, **changed)
    house.run("growth")
    (vintages,) = house.answer(Exit.OK, "compare", OLD, NEW)["deposits"]
    assert vintages["main_after_t"] == pytest.approx(1.1 * vintages["main_before_t"])
    assert [c["what"] for c in vintages["differences"]["plan"]] == ["plan.cutoff"]
    house.run("publish", DEPOSIT, NEW, "--entry", "2")
    (numbers,) = house.answer(Exit.OK, "compare", "2", "3")["deposits"]
    (views,) = house.answer(Exit.OK, "compare", "published", "usable")["deposits"]
    assert numbers["differences"] == views["differences"]
    assert (views["before"]["entry"], views["after"]["entry"]) == (2, 3)
    assert "nothing is known" in house.said(Exit.USAGE, "compare", "2001-01-01", "2002-01-01")
    (half,) = house.answer(Exit.OK, "compare", NEW, "2002-01-01")["deposits"]
    assert half["differences"] is None
    assert half["remark"]["en"] == "no 2002-01-01"
    assert house.run("compare", OLD, NEW) == Exit.OK


def test_each_side_of_a_comparison_has_its_own_metal(house: House) -> None:
    """Equal figures are no zeros, and an absent side is null."""
    total = house.used().statement.metal_t("cu_pct", ("measured", "indicated", "inferred"))
    (same,) = house.answer(Exit.OK, "compare", "2", "2")["deposits"]
    assert same["main_before_t"] == same["main_after_t"] == pytest.approx(total, abs=0.01)
    (half,) = house.answer(Exit.OK, "compare", NEW, "2002-01-01")["deposits"]
    assert half["main_before_t"] == pytest.approx(total, abs=0.01)
    assert half["main_after_t"] is None
    assert house.run("compare", NEW, "2002-01-01") == Exit.OK


def test_the_shapes_of_the_answers_are_as_documented(house: House) -> None:
    house.estimate(NEW, 1.5)
    held = house.answer(Exit.HELD, "growth")["ledger"]["held"]
    assert same_shape(shape(example("growth")["ledger"]["held"]), shape(held))
    given = house.answer(Exit.OK, "ledger", "--entries")
    assert same_shape(shape(example("ledger")), shape(given))
    assert same_shape(shape(example("growth")["ledger"]["held"]), shape(given["held"]))
    assert same_shape(shape(example("compare")), shape(house.answer(Exit.OK, "compare", "2", "3")))
    done = house.answer(Exit.OK, "approve", DEPOSIT, NEW, "--reason", "seen")
    assert same_shape(shape(example("approve")), shape(done))


def test_a_damaged_result_is_told_and_the_others_are_entered(house: House) -> None:
    house.workspace.result(DEPOSIT, OLD).write_text("{", "utf-8")
    house.estimate(NEW, 1.06)
    answer = house.answer(Exit.DATA, "growth")["ledger"]
    assert "2024-12-31.json" in answer["refused"][0]
    assert answer["recorded"] == 1
    assert len(answer["entries"]) == 2  # what was entered before still counts
    broken = house.estimate(NEW, 1.06)
    row = replace(broken.statement.rows[0], ore_t=float("nan"))
    rows = (row, *broken.statement.rows[1:])
    replace(broken, statement=replace(broken.statement, rows=rows)).write(
        house.workspace.result(DEPOSIT, NEW)
    )
    assert "finite" in house.answer(Exit.DATA, "growth")["ledger"]["refused"][1]


def test_limits_are_the_configured_ones(house: House) -> None:
    """``configs/review.yaml`` beside the belts decides; a wrong key is named."""
    shipped = Path(__file__).resolve().parent.parent / "configs" / "review.yaml"
    path = house.configs.parent / "review.yaml"
    path.write_text(shipped.read_text("utf-8").replace("main_pct: 15.0", "main_pct: 3.0"), "utf-8")
    house.estimate(NEW, 1.09)
    (held,) = house.answer(Exit.HELD, "growth")["ledger"]["held"]
    assert held["limits"][0]["allowed"] == 3.0
    path.write_text("limits: {metl: null}\n", "utf-8")
    assert "did you mean 'metal'" in house.said(Exit.USAGE, "growth")


@pytest.mark.slow
def test_a_night_says_what_it_held_and_the_chain_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real night with limits of next to nothing: the second vintage waits, the first is shown."""
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    configs = write_small_belt(tmp_path)
    shipped = Path(__file__).resolve().parent.parent / "configs" / "review.yaml"
    tight = re.sub(r"main_pct: [0-9.]+", "main_pct: 0.01", shipped.read_text("utf-8"))
    (configs.parent / "review.yaml").write_text(tight, "utf-8")
    night = nightly(str(configs), str(tmp_path / "workspace"), workers=1)
    assert night.tracked is not None
    assert [one.name for one in night.tracked.held] == [f"{DEPOSIT} {NEW}"]
    assert [str(entry.vintage) for entry in night.tracked.entries] == [OLD]
    assert night.tracked.problems == ()
    index = (tmp_path / "workspace" / "site" / "index.html").read_text("utf-8")
    assert "no figure of this date is used meanwhile" in index
