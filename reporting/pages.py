"""What goes into each page's template."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from estimation.belts import Belt, Deposit
from estimation.results import DepositResult
from reporting.figures import FigureStore, Plate
from reporting.plates import deposit_plates
from reporting.report import SiteReport
from reporting.rounding import printed
from reporting.tables import Table
from reporting.units import Text, bilingual, symbol
from reporting.view_belt import (
    belt_plates,
    belt_table,
    belts_chart_parameters,
)
from reporting.view_checks import checks_table
from reporting.view_deposit import (
    cutoff_table,
    resource_table,
    support_table,
    truth_table,
)
from reporting.view_facts import class_cards, facts, ledger_state, provenance
from reporting.view_findings import findings_of, rule_lines
from reporting.view_growth import (
    causes_table,
    intervals,
    movement_table,
    vintages_table,
    waterfall_parameters,
)
from reporting.view_index import (
    as_of,
    byproducts_table,
    cards,
    class_shares,
    copper_ratio,
    deposits_table,
    latest_of,
    verdicts,
)
from reporting.view_official import filed_only_table, official_block
from reporting.view_outlook import official_table, projection_table
from reporting.view_page import (
    HOME,
    Page,
    belt_href,
    crs_text,
    deposit_href,
    footer,
    left_out_of,
    mark_of_pages,
    named,
    overall_status,
    same,
)
from reporting.view_target import Headline, growth_by_deposit, headline, target_parameters
from reporting.view_target_shares import shares_table, types_table
from reporting.view_target_tables import (
    baselines_table,
    needs_table,
    source_line,
    targets_table,
)


def index_page(report: SiteReport, store: FigureStore, workbook: str) -> dict[str, Any]:
    """Context of the one-page summary."""
    results = latest_of(report, report.belts)
    growth = growth_by_deposit(report)
    places = belts_chart_parameters(report, _shown(report))
    chart = store.svg("belts_chart", None, places) if places["belts"] else None
    return {
        "page": _frame(
            report,
            Text("铜资源量摘要", "Copper resource summary"),
            "summary",
            results,
            (),
            report.synthetic,
        ),
        "groups": _groups(report, growth),
        "sentence": _sentence(report, results),
        "target": headline(report),
        "target_plate": _target_plate(report, store),
        "chart": Plate(chart, CHART, CHART) if chart else None,
        "belts": [
            {
                "name": named(belt.name),
                "province": named(belt.province),
                "href": belt_href(belt, ""),
                "deposits": [
                    (named(deposit.name), deposit_href(deposit, ""))
                    for deposit in report.estimated(belt)
                ],
            }
            for belt in report.belts
        ],
        "sure": _how_sure(report, results),
        "workbook": workbook,
    }


CHART = Text(
    "示意图：成矿带位置（至整度，不绘境界线）；圆面积为铜金属量合计（统计口径）。",
    "Schematic: where the belts lie (to the degree, no boundaries); circle area: Cu metal, total "
    "(statistical basis).",
)


def _shown(report: SiteReport) -> list[Belt]:
    """Belts with an estimate, or all where there is none."""
    return [belt for belt in report.belts if report.estimated(belt)] or list(report.belts)


def _groups(report: SiteReport, growth: dict[str, float | None]) -> list[dict[str, Any]]:
    """Synthetic and real belts are never added together: one group of figures for each."""
    made = []
    kinds = [[b for b in report.belts if b.synthetic is flag] for flag in (False, True)]
    for belts in kinds:
        if belts and latest_of(report, belts):
            made.append(
                {
                    "synthetic": belts[0].synthetic,
                    "cards": cards(report, belts),
                    "deposits": deposits_table(report, belts, growth),
                    "byproducts": byproducts_table(report, belts),
                }
            )
    return made


def _sentence(report: SiteReport, results: list[DepositResult]) -> Text:
    """One sentence in plain words: how many deposits, as of when."""
    belts = len({result.belt_id for result in results})
    count = len(results)
    date = as_of(results)
    if not results:
        return Text("尚无估算结果。", "No estimate has been made yet.")
    return Text(
        f"数据截至 {date}，{belts} 个成矿带 {count} 个矿床的铜资源量估算如下。",
        f"Data to {date}: copper resource of {count} deposit{'s' * (count > 1)} "
        f"in {belts} belt{'s' * (belts > 1)}, as estimated.",
    )


def _how_sure(report: SiteReport, results: list[DepositResult]) -> list[tuple[Text, Text]]:
    """How sure: class shares, checks, estimate beside truth, data findings."""
    lines = [
        (Text("铜金属量的类别构成", "Copper metal by class"), class_shares(results)),
        (
            Text("检验（合格 / 临界 / 不合格）", "Checks (pass / marginal / fail)"),
            same(verdicts(results)),
        ),
    ]
    ratios = sorted(r for result in results if (r := copper_ratio(result)) is not None)
    if ratios:
        span = " – ".join(
            dict.fromkeys(printed(r, 1, scale="100") for r in (ratios[0], ratios[-1]))
        )
        lines.append(
            (
                Text("估算/真值（合成矿床，铜）", "Estimate / truth (synthetic, Cu)"),
                same(f"{span} %"),
            )
        )
    totals = {"error": 0, "warning": 0, "info": 0}
    for belt in report.belts:
        for _text, severity, count in findings_of(report, belt):
            totals[severity] += count
    lines.append(
        (
            Text("数据检查（错误 / 警告 / 提示）", "Data findings (errors / warnings / notes)"),
            same(" / ".join(f"{count:,}" for count in totals.values())),
        )
    )
    lines.append((Text("台账", "Ledger"), ledger_state(report)))
    return lines


def target_page(report: SiteReport, store: FigureStore) -> dict[str, Any]:
    """Context of the target page."""
    results = latest_of(report, report.belts)
    title = Text("目标进度", "Progress against the target")
    found = headline(report)
    return {
        "page": _frame(report, title, "target", results, ((HOME, "index.html"),), report.synthetic),
        "target": found,
        "plate": _target_plate(report, store),
        "progress": report.progress,
        "estimated": bool(report.ledger.entries),
        "tables": _target_tables(report, found),
        "sources": {
            progress.target.id: [source_line(part) for part in progress.baselines]
            for progress in report.progress
        },
    }


def _target_tables(report: SiteReport, found: Headline | None) -> list[Table]:
    """The headline target first with everything behind it, then the others side by side."""
    listed: list[Table | None] = []
    if found:
        listed = [
            baselines_table(report, found.progress),
            needs_table(report, found.progress),
            projection_table(report, found),
            official_table(report, found.progress),
            filed_only_table(report, found.progress.element),
            types_table(report, found),
            *(shares_table(report, found, by) for by in ("belts", "provinces", "deposits")),
        ]
    if len(report.progress) > 1:
        listed.append(targets_table(report, report.progress[0]))
    for progress in report.progress:
        if found is None or progress is not found.progress:
            listed += [baselines_table(report, progress), needs_table(report, progress)]
    return [table for table in listed if table is not None]


def _target_plate(report: SiteReport, store: FigureStore) -> Plate | None:
    """The target figure, where a baseline is known."""
    found = headline(report)
    if found is None:
        return None
    title = Text("铜资源量与目标线", "Copper resource against the target lines")
    base = named(found.from_baseline.baseline.name)
    classes = "M+I+F" if len(found.progress.classes) == 3 else "+".join(found.progress.classes)
    caption = Text(
        f"合计（统计口径，{classes}）；基数：{base.zh}；虚线为基数与目标线；"
        "阴影为计划范围（非置信区间）；横轴止于目标期限。",
        f"Total (statistical basis, {classes}); baseline: {base.en}; dashed: baseline and target "
        "lines; shaded: range of plans, no confidence limits; the axis ends at the deadline.",
    )
    return Plate(store.svg("target", None, target_parameters(found)), title, caption)


def belt_page(report: SiteReport, belt: Belt, store: FigureStore) -> dict[str, Any]:
    """Context of a belt's page."""
    results = latest_of(report, [belt])
    return {
        "page": _frame(
            report,
            named(belt.name),
            "belt",
            results,
            ((HOME, "../index.html"),),
            belt.synthetic,
        ),
        "belt": belt,
        "facts": [
            (Text("省区", "Province"), named(belt.province)),
            (Text("坐标系", "CRS"), crs_text(belt)),
            (Text("高程基准", "Vertical datum"), bilingual(belt.vertical_datum)),
            (Text("数据截止", "Data to"), same(as_of(results))),
        ],
        "note": named(belt.note),
        "deposits": [
            (named(deposit.name), named(deposit.kind), deposit_href(deposit, "../"))
            for deposit in report.estimated(belt)
        ],
        "missing": [named(d.name) for d in belt.deposits if not report.results.get(d.id)],
        "table": belt_table(report, belt),
        "plates": belt_plates(report, belt, store),
        "findings": findings_of(report, belt),
        "rules": rule_lines(report, belt),
    }


def deposit_page(
    report: SiteReport, belt: Belt, deposit: Deposit, store: FigureStore
) -> dict[str, Any]:
    """Context of a deposit's page."""
    results = report.results[deposit.id]
    newest = results[-1]
    closing = {result.vintage: result for result in results}
    crumbs = ((HOME, "../index.html"), (named(belt.name), belt_href(belt, "../")))
    moves = [
        make(lines, closing.get(lines[0].closing_vintage, newest), f"{name}-{place}")
        for place, lines in enumerate(intervals(report, deposit.id), start=1)
        for make, name in ((movement_table, "movement"), (causes_table, "causes"))
    ]
    return {
        "page": _frame(report, named(deposit.name), "deposit", [newest], crumbs, belt.synthetic),
        "kind": named(deposit.kind),
        "note": Text("", "") if belt.synthetic else named(belt.note),
        "facts": facts(belt, newest),
        "official": official_block(report, deposit.id),
        "cards": class_cards(newest),
        "resource": resource_table(newest),
        "support": support_table(newest) if newest.statement.support else None,
        "cutoffs": cutoff_table(newest),
        "plates": deposit_plates(report, newest, store),
        "truth": truth_table(newest) if newest.truth else None,
        "checks": checks_table(newest) if newest.checks else None,
        "movements": moves,
        "waterfall": _waterfall(report, newest, store),
        "vintages": vintages_table(results),
        "provenance": provenance(report, newest),
    }


def _waterfall(report: SiteReport, newest: DepositResult, store: FigureStore) -> Plate | None:
    """The newest interval's waterfall, 合计（统计口径）."""
    groups = intervals(report, newest.deposit_id)
    main = newest.statement.main_element
    if not groups or not any(line.element == main for line in groups[0]):
        return None
    first = groups[0][0]
    span = f"{first.opening_vintage} → {first.closing_vintage}"
    title = Text(f"资源量变动 {span}", f"Resource movement {span}")
    caption = Text(
        f"{symbol(main)} 金属量变动（kt），{span}，合计（统计口径）。",
        f"{symbol(main)} metal movement (kt), {span}, total (statistical basis).",
    )
    svg = store.svg("waterfall", None, waterfall_parameters(groups[0], main))
    return Plate(svg, title, caption)


def _frame(
    report: SiteReport,
    title: Text,
    kind: str,
    results: Iterable[DepositResult],
    above: tuple[tuple[Text, str], ...],
    synthetic: bool,
) -> Page:
    """The frame of one page."""
    found = list(results)
    lines, print_line = footer(report, found)
    return Page(
        title=title,
        kind=kind,
        root="../" if kind in ("belt", "deposit") else "",
        status=overall_status(found),
        mark=mark_of_pages(found),
        synthetic=synthetic,
        held=tuple(sorted(report.held.items(), key=lambda item: item[0])),
        left_out=left_out_of(found),
        crumbs=(*above, (title, "")) if above else (),
        footer=lines,
        print_line=print_line,
    )
