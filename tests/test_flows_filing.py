"""Filing from the command line: step by step to the statistics, and what stands beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.cli import Exit
from tests.review_fixture import DEPOSIT, FILED, NEW, NUMBER, OLD, House, entered_house, file_figure


@pytest.fixture
def house(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> House:
    """Two vintages entered; nothing waits."""
    return entered_house(tmp_path, capsys, monkeypatch)


def test_filing_goes_step_by_step_and_its_number_counts_once(house: House) -> None:
    """送审 - 受理 - 评审 - 备案 - 入统, each with what it needs; then the figure is official."""
    go = ("advance", DEPOSIT, NEW)
    skipped = house.said(Exit.USAGE, *go, "--to", "filed", "--document-no", NUMBER, "--on", NEW)
    assert "from draft a figure goes to: reviewed" in skipped
    assert "approve it" in house.said(Exit.USAGE, *go, "--to", "reviewed")
    house.run("approve", DEPOSIT, NEW)
    house.run("approve", DEPOSIT, OLD)
    for state in ("reviewed", "submitted", "accepted", "supplement", "accepted", "review_passed"):
        done = house.answer(Exit.OK, *go, "--to", state)
        assert (done["state"], done["about"]) == (state, 2)
    lacking = house.said(Exit.USAGE, *go, "--to", "filed")
    assert "--document-no, --on" in lacking
    done = house.answer(
        Exit.OK, *go, "--to", "filed", "--document-no", NUMBER, "--on", "2026-02-11",
        "--authority", "西藏自治区自然资源厅",
    )  # fmt: skip
    assert done["official"] == 2
    assert done["document_no"] == "藏矿储评字[2026]6号"
    assert done["filed_date"] == "2026-02-11"
    assert "--stat-year" in house.said(Exit.USAGE, *go, "--to", "in_statistics")
    done = house.answer(Exit.OK, *go, "--to", "in_statistics", "--stat-year", "2025")
    assert done["stat_year"] == 2025
    other = ("advance", DEPOSIT, OLD, "--to")
    for state in ("reviewed", "submitted", "accepted", "review_passed"):
        house.run(*other, state)
    twice = house.said(
        Exit.ENVIRONMENT,
        *other,
        "filed",
        "--document-no",
        "藏矿储评字[2026]6号",
        "--on",
        "2026-02-11",
    )
    assert "6号" in twice
    assert house.run("report") == Exit.OK
    assert "Reviewed and filed: 藏矿储评字[2026]6号" in house.page()


def test_a_new_estimate_stands_beside_the_filed_one_and_is_held_past_thirty_per_cent(
    house: House,
) -> None:
    """Nights of +14 % each pass; together they are past what calls for a new filing."""
    house.run("approve", DEPOSIT, OLD)
    for state in ("reviewed", "submitted", "accepted", "review_passed"):
        house.run("advance", DEPOSIT, OLD, "--to", state)
    house.run("advance", DEPOSIT, OLD, "--to", "filed", "--document-no", NUMBER, "--on", FILED)
    for number, scale in enumerate((1.19, 1.29)):
        house.estimate(NEW, scale, composites=1550 + 150 * number)
        assert house.run("growth") == Exit.OK
    house.estimate(NEW, 1.32, composites=1900)
    (held,) = house.answer(Exit.HELD, "growth")["ledger"]["held"]
    assert [limit["limit"] for limit in held["limits"]] == ["filed"]
    assert held["limits"][0]["change"] == pytest.approx(32.0, abs=1e-4)
    figures = house.answer(Exit.OK, "ledger", DEPOSIT)["figures"]
    assert [f["official"] for f in figures] == [1, None]
    house.run("report")
    assert "Internal estimate, not filed" in house.page()  # the newest figure is none


def test_a_draft_beside_a_filed_figure_has_a_row_of_its_own(house: House) -> None:
    """Each entry with its own number, tonnes and states: the filing number isn't the draft's."""
    house.run("approve", DEPOSIT, OLD)
    file_figure(house, OLD)
    house.estimate(OLD, 1.1, composites=1000)
    house.run("growth")
    figure = house.answer(Exit.OK, "ledger", DEPOSIT)["figures"][0]
    filed, draft = figure["entries"]
    assert (filed["entry"], filed["roles"]) == (1, ["official"])
    assert (filed["filing"], filed["document_no"]) == ("filed", "藏矿储评字[2026]6号")
    assert draft["roles"] == ["newest", "usable"]
    assert (draft["filing"], draft["document_no"]) == ("draft", None)
    assert draft["retained_t"] == pytest.approx(1.1 * filed["retained_t"])
    assert figure["retained_of"] == draft["entry"]
    assert (figure["retained_t"], figure["official_t"], figure["published_t"]) == (
        draft["retained_t"], filed["retained_t"], None,
    )  # fmt: skip


def test_a_rollback_says_that_the_filing_stands_and_what_is_published(house: House) -> None:
    house.run("publish", DEPOSIT, OLD)
    house.estimate(OLD, 1.1, composites=1000)
    house.run("growth")
    newest = house.answer(Exit.OK, "ledger", DEPOSIT)["figures"][0]["newest"]
    house.run("publish", DEPOSIT, OLD)
    file_figure(house, OLD)
    done = house.answer(Exit.OK, "rollback", DEPOSIT, OLD, "--reason", "wrong")
    filing, published = (one["en"] for one in done["remarks"])
    assert (done["about"], done["official"], done["published"]) == (newest, newest, 1)
    assert f"entry {newest} stays filed (藏矿储评字[2026]6号)" in filing
    assert f"bornite advance {DEPOSIT} {OLD} --to withdrawn --entry {newest}" in filing
    assert published == "entry 1 is published now"
