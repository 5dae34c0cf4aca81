"""The by-products page: figures with their samples, statuses, sizes, equivalents disclosed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from estimation.belts import Belt
from estimation.plan import CLASSES
from estimation.results import DepositResult
from reporting import SiteReport
from reporting.figures.store import FigureStore
from reporting.rounding import printed, raw
from reporting.site.pages.byproducts import byproducts_page
from reporting.site.room import Room
from reporting.sums import element_sum, of_class
from reporting.tables import Cell, Table
from reporting.units import grade_display, metal_display
from reporting.views.brief import size_text
from reporting.views.byproducts import (
    element_table,
    elements_of,
    equivalents,
    evaluated,
    sizes_table,
    thresholds_table,
)
from tests.browser_fixture import fabricated_report, sample_belts
from tests.fabricated import copper_result, fabricated_result
from tests.target_fixture import V26

PRICES = {
    "currency": "CNY",
    "as_of": "2026-10-31",
    "metals": {
        "cu_pct": {"price": 70000, "recovery": 0.9, "payable": 0.96, "source": "行情 / market"},
        "mo_pct": {"price": 350000, "recovery": 0.6, "payable": 0.9, "source": "<b>x</b>"},
    },
}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> SiteReport:
    return fabricated_report(tmp_path_factory.mktemp("byproducts"), sample_belts()[:2])


def with_newest(report: SiteReport, result: DepositResult) -> SiteReport:
    """The report with one deposit's newest estimate replaced."""
    older = report.results[result.deposit_id][:-1]
    return replace(report, results={**report.results, result.deposit_id: (*older, result)})


def newest(report: SiteReport) -> DepositResult:
    """The first deposit's newest estimate."""
    return report.results[report.belts[0].deposits[0].id][-1]


def figures(table: Table, deposit: str) -> list[Cell]:
    """Cells of one deposit's row that carry a number."""
    for row in table.rows:
        cells = [cell for cell in row.cells if cell.attributes]
        if cells[0].attributes["data-deposit"] == deposit:
            return cells
    raise AssertionError(deposit)


@pytest.mark.parametrize("element", ["mo_pct", "re_ppm", "au_gpt", "ag_gpt"])
def test_every_number_is_the_results_with_its_samples_beside(
    report: SiteReport, element: str
) -> None:
    table = element_table(report, report.belts, element, "by")
    for results in report.results.values():
        result = results[-1]
        cells = figures(table, result.deposit_id)
        expected: list[Any] = []
        for name in CLASSES:
            total = element_sum(of_class(result.statement.at_cutoff(), name), element)
            expected += [total.grade, total.metal_t]
        (item,) = [s for s in result.statement.support if s.element == element]
        expected += [item.samples, item.holes, item.support_m, item.assayed_share]
        assert [c.attributes["data-v"] for c in cells] == [
            raw(value) for value in (*expected, item.evaluated_ore_share)
        ]
        grade, metal = grade_display(element), metal_display(element)
        for place in range(3):
            one, two = cells[2 * place : 2 * place + 2]
            if one.attributes["data-v"]:
                value, tonnes = expected[2 * place : 2 * place + 2]
                assert one.text.en == printed(value, grade.decimals)
                assert two.text.en == printed(tonnes, metal.decimals, scale=metal.scale)
            else:
                assert one.text.en in ("—", "†")


def test_every_status_has_its_words(report: SiteReport) -> None:
    result = newest(report)
    for status, word in (
        ("EVALUATED", "evaluated"),
        ("PRESENT_NOT_EVALUATED", "assayed, not evaluated"),
        ("BELOW_THRESHOLD", "below the threshold"),
        ("NOT_ASSAYED", "not assayed"),
    ):
        support = tuple(replace(s, status=status) for s in result.statement.support)
        judged = replace(result, statement=replace(result.statement, support=support))
        table = element_table(with_newest(report, judged), report.belts, "mo_pct", "by")
        said = [c.text.en for row in table.rows[:1] for c in row.cells]
        assert word in said


def test_an_element_that_an_estimate_does_not_have_is_blank_and_said(report: SiteReport) -> None:
    deposit = report.belts[0].deposits[0].id
    bare = copper_result(V26, {"indicated": 1000.0}, deposit_id=deposit, belt_id="gangdese")
    less = with_newest(report, bare)
    table = element_table(less, report.belts, "re_ppm", "by")
    row = table.rows[0]
    assert "not in the estimate" in [cell.text.en for cell in row.cells]
    assert {cell.text.en for cell in row.cells if cell.attributes} == {"—"}
    share = evaluated([r[-1] for r in less.results.values()], "re_ppm")
    assert "not in the estimate: 1" in share.deposits.en


def test_a_carrier_below_its_threshold_is_said(report: SiteReport) -> None:
    result = newest(report)
    status = {"mo_pct": "BELOW_THRESHOLD", "re_ppm": "EVALUATED"}
    support = tuple(
        replace(s, status=status.get(s.element, s.status)) for s in result.statement.support
    )
    judged = replace(result, statement=replace(result.statement, support=support))

    def said(one: SiteReport, element: str) -> bool:
        notes = element_table(one, one.belts, element, "by").notes
        return any("carrier of Re, Mo, is below" in note.en for note in notes)

    assert said(with_newest(report, judged), "re_ppm")
    assert not said(with_newest(report, judged), "mo_pct")
    assert not said(report, "re_ppm")


def test_share_of_copper_ore_evaluated_is_weighted_by_ore(report: SiteReport) -> None:
    result = newest(report)
    support = tuple(
        replace(s, status="EVALUATED", evaluated_ore_share=0.25) for s in result.statement.support
    )
    judged = replace(result, statement=replace(result.statement, support=support))
    found = evaluated([judged], "re_ppm")
    assert found.share.attributes["data-v"] == "0.25"
    assert found.share.text.en == "25.0"


def test_sizes_go_by_the_cited_thresholds(report: SiteReport) -> None:
    for tonnes, word in ((500_000.0, "large"), (499_999.0, "medium"), (99_999.0, "small")):
        result = copper_result(V26, {"indicated": tonnes - 10.0, "inferred": 10.0})
        assert size_text(result, "cu_pct").en == word
    result = fabricated_result()
    support = tuple(replace(s, status="BELOW_THRESHOLD") for s in result.statement.support)
    content = replace(result, statement=replace(result.statement, support=support))
    assert size_text(result, "mo_pct").en != "—"
    assert size_text(content, "mo_pct").en == "—"
    assert size_text(result, "w_pct").en == "—"
    table = sizes_table(report, report.belts, "sizes")
    assert table is not None
    assert not any(cell.attributes for row in table.rows for cell in row.cells)  # no sum is stated
    limits = thresholds_table([result], "thresholds")
    copper = limits.rows[0].cells[1:]
    assert [cell.text.en for cell in copper] == ["500,000", "100,000"]
    assert "2000" in limits.notes[0].zh


def test_no_equivalent_unless_a_plan_asks_for_one(report: SiteReport) -> None:
    assert equivalents(report, report.belts) == ()


def planned(report: SiteReport, prices: dict[str, Any]) -> SiteReport:
    """The report with an equivalent in one deposit's decided plan."""
    decided = {"decided": {"plan": {"statement": {"equivalent": prices}}}}
    return with_newest(report, replace(newest(report), extras=decided))


def test_an_equivalent_stands_with_everything_that_it_rests_on(report: SiteReport) -> None:
    (one,) = equivalents(planned(report, PRICES), report.belts)
    assert one.trouble is None
    factor = 350000 * 0.6 * 0.9 / (70000 * 0.9 * 0.96)
    assert one.formula == f"CuEq % = Cu % + {factor:.6g} × Mo % (CNY, 2026-10-31)"
    grades, basis = one.tables
    for row in grades.rows:
        held = [c.attributes for c in row.cells if c.attributes]
        by = {(a["data-quantity"], a.get("data-metal")): a["data-v"] for a in held}
        copper, molybdenum = (float(by["grade", e]) for e in ("cu_pct", "mo_pct"))
        assert float(by["equivalent_pct", None]) == pytest.approx(copper + factor * molybdenum)
    second = basis.rows[1].cells
    assert [c.text.en for c in second[1:4]] == ["350,000.00", "CNY/t", "2026-10-31"]
    assert [c.text.en for c in second[5:7]] == ["60.0", "90.0"]
    assert float(second[7].attributes["data-v"]) == pytest.approx(factor)


def test_an_equivalent_that_cannot_be_stated_says_why(report: SiteReport) -> None:
    copper_less = {**PRICES, "metals": {"mo_pct": PRICES["metals"]["mo_pct"]}}  # type: ignore[index]
    (one,) = equivalents(planned(report, copper_less), report.belts)
    assert one.tables == ()
    assert one.trouble is not None
    assert "cu_pct" in one.trouble.en
    (other,) = equivalents(planned(report, {"unknown": 1}), report.belts)
    assert other.trouble is not None
    assert "form" in other.trouble.en


def test_real_and_synthetic_deposits_stand_apart(report: SiteReport, tmp_path: Path) -> None:
    first, second = report.belts
    real: Belt = first.model_copy(update={"synthetic": False})
    page = byproducts_page(Room(replace(report, belts=(real, second)), FigureStore(tmp_path)))
    assert [group["synthetic"] for group in page["groups"]] == [False, True]
    keys = [t.key for group in page["groups"] for t in (*group["tables"], group["sizes"])]
    assert len(keys) == len(set(keys))
    assert elements_of([newest(report)]) == ["mo_pct", "re_ppm", "au_gpt", "ag_gpt"]
