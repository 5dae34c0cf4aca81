"""A deposit's page: who approved it, which rows it rests on, and what the public may know."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reporting import SiteReport
from reporting.facts.evidence import Evidence
from reporting.site.pages import deposit
from reporting.site.room import PUBLIC
from reporting.views.checks import failed_lines, small
from reporting.views.deposit import cutoff_table, resource_table
from reporting.views.evidence import history, source_lines
from reporting.views.spread import spread_table
from reporting.working.kept import cell_text
from tests.browser_fixture import PageReader
from tests.evidence_fixture import FILE, HOLE, SHA, html_of


@pytest.fixture(scope="module")
def page(told_site: SiteReport, told_folder: Path, told_deposit: str) -> str:
    return html_of(told_site, told_folder, deposit.leaves, told_deposit)


@pytest.fixture(scope="module")
def public(told_site: SiteReport, told_folder: Path, told_deposit: str) -> str:
    return html_of(told_site, told_folder, deposit.leaves, told_deposit, PUBLIC)


def test_the_history_is_every_decision_of_the_ledger_and_every_figure(
    told_site: SiteReport, told_deposit: str
) -> None:
    steps = history(told_site, told_deposit, names=True)
    assert steps is not None
    told = told_site.evidence[told_deposit].decisions
    assert told is not None
    entered = [e for e in told_site.ledger.entries if e.deposit_id == told_deposit]
    numbers = [step.number for step in steps if step.number != "—"]
    assert sorted(map(int, numbers)) == sorted([e.number for e in entered] + [90, 91])
    assert [step.day for step in steps] == sorted(step.day for step in steps)
    approved = next(step for step in steps if step.number == "91")
    assert approved.move.zh.startswith("待审 → 已批准")
    assert approved.document_no == "审字 7 号"
    plans = [step for step in steps if step.number == "—"]
    assert len(plans) == 1, "one acceptance, though three vintages rest on it"


def test_a_ledger_that_was_not_read_is_said_to_be_so(
    told_site: SiteReport, told_folder: Path, told_deposit: str
) -> None:
    unread = replace(told_site, evidence={told_deposit: Evidence(decisions=None)})
    assert "The ledger could not be read" in html_of(
        unread, told_folder, deposit.leaves, told_deposit
    )


def test_who_approved_is_said_in_a_sentence_and_names_are_inert(page: str) -> None:
    assert "decided by 王&lt;i&gt;工&lt;/i&gt; on 2026-11-02" in page
    assert "<i>工</i>" not in page


def test_each_file_tells_where_its_rows_went(
    told_site: SiteReport, told_deposit: str, page: str
) -> None:
    lines = source_lines(told_site, told_deposit)
    kept = told_site.evidence[told_deposit].sources
    for line, source in zip(lines, kept, strict=True):
        told = (source.read, source.used, source.quarantined)
        raw = tuple("" if value is None else str(value) for value in told)
        assert tuple(cell.attributes["data-v"] for cell in line.rows) == raw
        assert line.sha256 == SHA[:12]
    assert lines[0].places == "2–3,256"
    assert FILE not in page
    assert "&lt;b&gt;样品&lt;/b&gt;.csv" in page
    assert "../../" not in "".join(line.file for line in lines)
    assert lines[2].file == "dem.tif"
    assert f"bornite trace <bdi>{told_deposit}</bdi>" in page


def test_the_public_page_has_no_hole_file_place_or_name(
    told_site: SiteReport, public: str, page: str
) -> None:
    belt = told_site.belts[0]
    for word in (
        HOLE,
        "样品&lt;",
        "孔口.csv",
        "dem.tif",
        SHA[:12],
        "王",
        "bornite trace",
        belt.crs,
    ):
        assert word in page, word
        assert word not in public, word
    assert public.count("<img") == 2, "the grade-tonnage curves and the waterfall"
    assert "geology/" not in public
    assert "审字 7 号" in public


def test_official_numbers_are_the_same_for_either_audience(page: str, public: str) -> None:
    def resource(html: str) -> list[str]:
        numbers = PageReader(html).numbers
        return [n.attributes["data-v"] for n in numbers if "data-cutoff" in n.attributes]

    assert resource(page) == resource(public) != []


def test_nothing_simulated_is_said_and_what_is_simulated_is_printed(
    told_site: SiteReport, told_deposit: str, page: str
) -> None:
    assert "no P10, P50 or P90 is given" in page
    result = told_site.results[told_deposit][-1]
    kg = {"p10_kg": 10_000_000, "p50_kg": 20_000_000, "p90_kg": 31_000_000}
    changed = tuple(
        replace(e, content={**e.content, "uncertainty": {"cu_pct": {"inferred": kg}}})
        for e in told_site.ledger.entries
    )
    told = replace(told_site, ledger=replace(told_site.ledger, entries=changed))
    table = spread_table(told, result)
    assert table is not None
    (row,) = table.rows
    values = {cell.attributes.get("data-quantity"): cell.attributes for cell in row.cells}
    assert [float(values[f"p{p}_t"]["data-v"]) for p in (10, 50, 90)] == [1e4, 2e4, 3.1e4]
    assert values["p10_t"]["data-class"] == "inferred"


def test_the_strip_counts_the_tests(told_site: SiteReport, told_deposit: str, page: str) -> None:
    result = told_site.results[told_deposit][-1]
    told = {
        n.attributes["data-verdict"]: int(n.attributes["data-v"])
        for n in PageReader(page).numbers
        if n.attributes["data-quantity"] == "tests"
    }
    verdicts = [check.verdict for check in result.checks]
    assert told == {name: verdicts.count(name) for name in ("pass", "marginal", "fail")}


def test_each_failed_test_is_named_and_the_cutoffs_source_is_said(
    told_site: SiteReport, told_deposit: str, page: str
) -> None:
    result = told_site.results[told_deposit][-1]
    failed = [check for check in result.checks if check.verdict == "fail"]
    lines = failed_lines(result)
    assert len(lines) == len(failed)
    bad = replace(result, checks=(replace(result.checks[0], verdict="fail"),))
    (line,) = failed_lines(bad)
    assert result.checks[0].label_zh in line.zh
    assert small(result.checks[0].value) in line.en
    cited = result.extras["decided"]["plan"]["cutoffs"]["citation"]
    for table in (resource_table(result), cutoff_table(result)):
        assert any(cited in note.en for note in table.notes), table.key


def test_figures_of_studies_are_printed_without_powers_of_ten() -> None:
    told = {0.25: "0.25", 1234.5: "1,234", -0.5: "−0.5", 1e-7: "0.0000001", 0.0: "0"}
    assert {value: cell_text(value) for value in told} == told
    assert cell_text(1e-20) == "≈ 0"
    assert cell_text(float("nan")) == "—"
