"""The geologist's page: the plan as decided, three programs' angles, and studies of this result."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from estimation.results import Check
from estimation.rotation import (
    Datamine,
    Leapfrog,
    angle_between_axes_deg,
    axes_from_datamine,
    axes_from_gslib,
    axes_from_leapfrog,
)
from estimation.studies import StudyTable, Words
from reporting import SiteReport
from reporting.facts.evidence import Evidence
from reporting.site.contents import CONTENTS
from reporting.site.pages import geology
from reporting.units import Text
from reporting.views.geology import search_table, variogram_table
from reporting.views.plan import plan_of
from reporting.working.kept import KeptFigure, KeptStudy, kept_check, kept_table, read_study
from tests.evidence_fixture import html_of, told_report


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("geology")


@pytest.fixture(scope="module")
def report(folder: Path) -> SiteReport:
    return told_report(folder)


@pytest.fixture(scope="module")
def identity(report: SiteReport) -> str:
    return report.belts[0].deposits[0].id


def _study(topic: str = "domains", result: str = "r") -> KeptStudy:
    frame = pd.DataFrame({"element": ["cu_pct"], "boundary": ["hard"], "mean": [0.25]})
    figure = KeptFigure(
        "domain_shares",
        "class_trend",
        Text("图", "figure"),
        Text("图", "figure"),
        {
            "dates": ["2025-12-31", "2026-12-31"],
            "series": {"measured": [1.0, 2.0]},
            "symbol": "Cu",
        },
        has_arrays=False,
    )
    table = StudyTable("contacts", Words("接触 cu_pct", "contact cu_pct"), frame)
    return KeptStudy(
        topic, Text("域", "Domains"), False, result, "c", (Text("说", "said"),), (),
        (kept_table(table),), (figure,),
    )  # fmt: skip


def test_angles_of_the_three_programs_write_the_plans_ellipsoid(
    report: SiteReport, identity: str
) -> None:
    result = report.results[identity][-1]
    plan = plan_of(result)
    assert plan is not None
    table = variogram_table(result, plan)
    turned = [row for row in table.rows if row.cells[7].text.zh != "—"]
    assert len(turned) == sum(len(e.variogram.structures) for e in plan.elements.values())
    element = plan.elements[plan.main_element]
    axes = axes_from_gslib(element.variogram.orientation)
    _gslib, leapfrog, datamine = (
        [float(a.replace("−", "-")) for a in cell.text.zh.split(", ")]
        for cell in turned[0].cells[7:10]
    )
    assert angle_between_axes_deg(axes, axes_from_leapfrog(Leapfrog(*leapfrog))) < 0.1
    assert angle_between_axes_deg(axes, axes_from_datamine(Datamine(*datamine))) < 0.1
    ranges = [float(cell.attributes["data-v"]) for cell in turned[0].cells[3:6]]
    assert np.allclose(ranges, element.variogram.structures[0].ranges_m)


def test_passes_tell_the_share_that_each_estimated(report: SiteReport, identity: str) -> None:
    result = report.results[identity][-1]
    plan = plan_of(result)
    assert plan is not None
    table = search_table(result, plan, report.evidence[identity].passes)
    main = [r for r in table.rows if r.cells[-1].attributes["data-metal"] == plan.main_element]
    shares = [float(row.cells[-1].attributes["data-v"]) for row in main]
    assert shares == [0.6, 0.3]
    other = next(r for r in table.rows if r not in main)
    assert other.cells[-1].text.zh == "—", "a model that is not kept is no zero"


def test_a_missing_study_is_named_with_its_command(
    report: SiteReport, folder: Path, identity: str
) -> None:
    page = html_of(report, folder, geology.leaves, identity)
    for topic in ("domains", "exploration", "variography", "neighbourhood", "validation"):
        assert f"bornite study <bdi>{identity}</bdi> {topic}</code>" in page
    assert "plan.elements.*.variogram" in page
    assert page.index("part-domains") < page.index("part-variography") < page.index("part-tests")


def test_a_kept_study_is_shown_in_words_of_both_languages(
    report: SiteReport, folder: Path, identity: str
) -> None:
    kept = folder / "study"
    _study().write(kept)
    evidence = {identity: replace(report.evidence[identity], studies={"domains": kept})}
    page = html_of(replace(report, evidence=evidence), folder, geology.leaves, identity)
    assert 'id="domains-contacts"' in page
    assert "接触 Cu %" in page
    assert '<span lang="zh">硬边界</span><span lang="en">hard</span>' in page
    assert "cu_pct</" not in page
    assert f"bornite study <bdi>{identity}</bdi> domains</code>" not in page


def test_a_study_comes_back_as_it_was_kept_and_a_damaged_one_not_at_all(tmp_path: Path) -> None:
    study = _study()
    study.write(tmp_path)
    assert read_study(tmp_path) == study
    (tmp_path / "study.json").write_text("{", "utf-8")
    assert read_study(tmp_path) is None


def test_thresholds_are_said_in_chinese_too() -> None:
    rule = "|value - 0| <= 0.05 pass, <= 0.1 marginal"
    kept = kept_check(Check("t", "检验", "test", "oxide", "cu_pct", 0.01, rule, "pass"))
    assert kept.rule.zh == "|值| ≤ 0.05 合格，≤ 0.1 临界"
    assert (kept.domain.zh, kept.element) == ("氧化矿", "Cu")


def test_a_result_without_a_plan_says_so_and_the_page_is_the_bureaus_alone(
    report: SiteReport, folder: Path, identity: str
) -> None:
    bare = tuple(
        replace(r, extras={k: v for k, v in r.extras.items() if k != "decided"})
        for r in report.results[identity]
    )
    changed = replace(
        report,
        results={**report.results, identity: bare},
        evidence={identity: Evidence(decisions=())},
    )
    page = html_of(changed, folder, geology.leaves, identity)
    assert "The plan is not kept with this estimate" in page
    assert not next(c for c in CONTENTS if c.key == "geology").public
    assert not next(c for c in CONTENTS if c.key == "surveys").public
