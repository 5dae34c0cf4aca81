"""The geologist's page: the plan as decided, three programs' angles, and studies of this result."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from estimation.exploratory.study_cuts import CUT_HEADINGS
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
from estimation.validation.study import HEADINGS as CROSS_HEADINGS
from reporting import SiteReport
from reporting.facts.evidence import Evidence
from reporting.site.contents import CONTENTS
from reporting.site.pages import geology
from reporting.units import Text, bilingual
from reporting.viewer.scene import ClassSlope, read_scene, write_scene
from reporting.views.geology import caps_table, search_table, variogram_table
from reporting.views.plan import plan_of
from reporting.views.studied import cross_table
from reporting.working.kept import KeptFigure, KeptStudy, kept_check, kept_table, read_study
from tests.evidence_fixture import html_of
from tests.viewer_scenes import fabricated_scene


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
    told_site: SiteReport, told_deposit: str
) -> None:
    result = told_site.results[told_deposit][-1]
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


def test_passes_tell_the_share_that_each_estimated(
    told_site: SiteReport, told_deposit: str
) -> None:
    result = told_site.results[told_deposit][-1]
    plan = plan_of(result)
    assert plan is not None
    table = search_table(result, plan, told_site.evidence[told_deposit].passes)
    main = [r for r in table.rows if r.cells[-1].attributes["data-metal"] == plan.main_element]
    shares = [float(row.cells[-1].attributes["data-v"]) for row in main]
    assert shares == [0.6, 0.3]
    other = next(r for r in table.rows if r not in main)
    assert other.cells[-1].text.zh == "—", "a model that is not kept is no zero"
    assert [cell.text.both for cell in table.head[0][3:5]] == [
        "每孔最多样品数 / Maximum samples per hole",
        "最少钻孔数 / Minimum holes",
    ]


def test_a_missing_study_is_named_with_its_command(
    told_site: SiteReport, told_folder: Path, told_deposit: str
) -> None:
    page = html_of(told_site, told_folder, geology.leaves, told_deposit)
    for topic in ("domains", "exploration", "variography", "neighbourhood", "validation"):
        assert f"bornite study <bdi>{told_deposit}</bdi> {topic}</code>" in page
    assert "plan.elements.*.variogram" in page
    assert page.index("part-domains") < page.index("part-variography") < page.index("part-tests")


def test_a_kept_study_is_shown_in_words_of_both_languages(
    told_site: SiteReport, told_folder: Path, told_deposit: str
) -> None:
    kept = told_folder / "study"
    _study().write(kept)
    evidence = {told_deposit: replace(told_site.evidence[told_deposit], studies={"domains": kept})}
    page = html_of(replace(told_site, evidence=evidence), told_folder, geology.leaves, told_deposit)
    assert 'id="domains-contacts"' in page
    assert "接触 Cu %" in page
    assert '<span lang="zh">硬边界</span><span lang="en">hard</span>' in page
    assert "cu_pct</" not in page
    assert f"bornite study <bdi>{told_deposit}</bdi> domains</code>" not in page


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
    told_site: SiteReport, told_folder: Path, told_deposit: str
) -> None:
    bare = tuple(
        replace(r, extras={k: v for k, v in r.extras.items() if k != "decided"})
        for r in told_site.results[told_deposit]
    )
    changed = replace(
        told_site,
        results={**told_site.results, told_deposit: bare},
        evidence={told_deposit: Evidence(decisions=())},
    )
    page = html_of(changed, told_folder, geology.leaves, told_deposit)
    assert "The plan is not kept with this estimate" in page
    assert not next(c for c in CONTENTS if c.key == "geology").public
    assert not next(c for c in CONTENTS if c.key == "surveys").public


def test_metal_removed_is_of_the_domain_and_the_study_tells_samples_and_why(
    told_site: SiteReport, told_deposit: str
) -> None:
    result = told_site.results[told_deposit][-1]
    plan = plan_of(result)
    assert plan is not None
    removed = {"oxide": 0.04, "sulphide": 0.001}
    checks = tuple(
        Check(
            "capped_metal", "除", "removed", domain, "cu_pct", value, "value <= 0.05 pass", "pass"
        )
        for domain, value in removed.items()
    )
    frame = pd.DataFrame(
        {
            "element": ["Cu", "Cu"],
            "domain": ["sulphide", "sulphide"],
            "step": ["现行方案 / plan", "建议 / recommended"],
            "samples_cut": [1400, 7],
        }
    )
    table = kept_table(StudyTable("top_cuts", Words("上限", "cuts"), frame, CUT_HEADINGS))
    said = Text(
        "特高品位 Cu，sulphide：建议 1.5 %。因", "Top cut Cu, sulphide: recommended 1.5 %. As"
    )
    studied = replace(_study("exploration"), tables=(table,), remarks=(said,))
    rows = caps_table(replace(result, checks=checks), plan, studied).rows
    told = {
        row.cells[5].attributes["data-domain"]: row.cells
        for row in rows
        if row.cells[5].attributes["data-metal"] == "cu_pct"
    }
    for domain, value in removed.items():
        assert float(told[domain][5].attributes["data-v"]) == value
    assert told["sulphide"][4].attributes["data-v"] == "1400"
    assert told["oxide"][4].text.zh == "—"
    assert told["sulphide"][6].text == bilingual(plan.elements["cu_pct"].reason)
    assert told["sulphide"][6].note == Text("建议 1.5 %。因", "recommended 1.5 %. As")
    assert caps_table(result, plan, None).rows[0].cells[4].text.zh == "—"


def test_cross_validation_is_judged_within_each_domain_too(
    told_site: SiteReport, told_deposit: str
) -> None:
    result = told_site.results[told_deposit][-1]
    frame = pd.DataFrame(
        {
            "element": ["cu_pct"] * 4,
            "domain": ["all", "oxide", "sulphide", "all"],
            "left_out": ["hole"] * 4,
            "method": ["ordinary"] * 3 + ["nearest"],
            "n": [3267, 444, 2823, 3267],
            "slope": [0.98, 1.142, 0.95, 0.5],
            "standardized_mean": [0.0, 0.01, 0.0, np.nan],
            "standardized_variance": [0.98, 0.4007, 1.07, np.nan],
            "coverage_pct": [94.6, 98.65, 94.0, np.nan],
        }
    )
    made = StudyTable("cross_validation", Words("交叉", "cross"), frame, CROSS_HEADINGS)
    studied = replace(_study("validation"), tables=(kept_table(made),))
    table = cross_table(result, studied)
    assert table is not None
    verdicts = [[c.attributes.get("data-verdict") for c in row.cells[2:]] for row in table.rows]
    assert verdicts[0] == ["pass"] * 4
    assert verdicts[1] == ["marginal", "pass", "fail", "marginal"]
    assert len(table.rows) == 3
    assert float(table.rows[1].cells[5].attributes["data-v"]) == 0.9865
    assert cross_table(result, None) is None
    assert cross_table(result, _study("validation")) is None


def test_figures_of_the_domain_with_most_metal_come_first(
    told_site: SiteReport, told_deposit: str
) -> None:
    result = told_site.results[told_deposit][-1]
    rows = []
    for row in result.statement.rows:
        figure = row.elements["cu_pct"]
        by = {"oxide": 0.07, "sulphide": 0.93}
        rows += [
            replace(row, domain=name, elements={"cu_pct": replace(figure, metal_t=share * 1000)})
            for name, share in by.items()
        ]
    result = replace(result, statement=replace(result.statement, rows=tuple(rows)))
    (one,) = _study().figures
    names = [f"directions_cu_pct_{name}" for name in ("all", "oxide", "sulphide")]
    kept = replace(_study("variography"), figures=tuple(replace(one, name=name) for name in names))
    shown = [figure.name for figure in geology._chosen(kept, result)]
    assert shown == [names[2], names[1], names[0]]


def test_headings_of_the_change_of_support_say_what_and_in_which_unit() -> None:
    frame = pd.DataFrame({"element": ["cu_pct"], "cutoff": [0.3], "model_tonnage_pct": [90.0],
                          "affine_grade": [0.4]})  # fmt: skip
    table = kept_table(StudyTable("change_of_support", Words("支", "s"), frame, CROSS_HEADINGS))
    assert [head.zh for head in table.head[1:]] == [
        "边界品位（元素单位）",
        "块段模型：吨位比例 (%)",
        "仿射校正：平均品位（元素单位）",
    ]
    assert all("_" not in head.en and head.en != head.zh for head in table.head[1:])


def test_slopes_are_told_by_class_where_the_scene_has_them(
    told_site: SiteReport, told_folder: Path, told_deposit: str
) -> None:
    slopes = (ClassSlope(120, 0.91), ClassSlope(3400, 0.62), ClassSlope(9, None))
    path = told_folder / "slopes.npz"
    write_scene(path, replace(fabricated_scene(500), slopes=slopes), "slopes")
    assert read_scene(path).slopes == slopes
    page = html_of(
        replace(told_site, viewers={told_deposit: path}), told_folder, geology.leaves, told_deposit
    )
    table = page[page.index('id="slopes"') :].partition("</table>")[0]
    for value in ('data-v="0.91"', 'data-v="0.62"', 'data-v="3400"', 'data-class="inferred"'):
        assert value in table
    assert 'id="slopes"' not in html_of(told_site, told_folder, geology.leaves, told_deposit)
