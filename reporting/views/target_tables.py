"""Tables of the target page: growth from each baseline, what it needs, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from estimation.results import grade_unit
from reporting.report import SiteReport
from reporting.rounding import BLANK
from reporting.site.frame import named, same
from reporting.tables import Basis, Cell, Row, Table, column, heading, number, words
from reporting.units import TOTAL_TEXT, Text, Unit, class_text, element_text, symbol
from reporting.views.summary import latest_of, summary_basis
from reporting.views.target import BASES, PERCENT, line_name
from tracking.ledger.states import FILING
from tracking.target.course import Excluded
from tracking.target.progress import BaselineProgress, TargetProgress

KT = Unit("kt", "1e-3", 1)
TONNES = Unit("t", "1", 2)


GROWTHS = (
    ("gross_growth_pct", "毛增", "Gross growth"),
    ("net_growth_pct", "净增", "Net growth"),
    ("gross_growth_ex_indicator_pct", "毛增（剔除指标调整）", "Gross, without cut-off changes"),
    ("net_growth_ex_indicator_pct", "净增（剔除指标调整）", "Net, without cut-off changes"),
    ("net_growth_ex_recalculation_pct", "净增（剔除重算）", "Net, without recalculation"),
)
"""Growth as it is always shown: beside each other, never one alone."""


def metal_unit(element: str) -> Unit:
    """Unit of metal on target pages, from tonnes: kt of base metals, t of the scarce ones."""
    return KT if grade_unit(element) == "pct" else TONNES


def target_basis(report: SiteReport, progress: TargetProgress) -> Basis:
    """The basis line of target tables; classes are added up here, and it says so."""
    basis = summary_basis(latest_of(report, report.belts))
    classes = class_text("+".join(progress.classes))
    label = Text(
        f"{basis.status.zh} · {TOTAL_TEXT.zh}:{classes.zh}",
        f"{basis.status.en} · {TOTAL_TEXT.en}: {classes.en}",
    )
    return Basis(basis.cutoff, basis.data_date, basis.density, label)


def baselines_table(report: SiteReport, progress: TargetProgress) -> Table:
    """Growth from each baseline: gross, net, and both without cut-off changes."""
    metal, unit = symbol(progress.element), metal_unit(progress.element)
    head = [
        column("基数", "Baseline", numeric=False),
        column("口径", "Basis", numeric=False),
        column("基数日期", "Date", numeric=False),
        column(f"基数 {metal}", f"Baseline {metal}", unit.sign),
        column(f"现保有 {metal}", f"Retained {metal}", unit.sign),
        column(f"累计查明 {metal}", f"Identified {metal}", unit.sign),
        *(column(zh, en, "%") for _field, zh, en in GROWTHS),
        column("净增（探明+控制）", "Net, measured and indicated", "%"),
        column("模型覆盖率", "Coverage", "%"),
    ]
    names = names_of(report)
    rows = [_baseline_row(part, progress.element) for part in progress.baselines]
    title = Text(
        f"{named(progress.target.name).zh}:{element_text(progress.element).zh}增长",
        f"{named(progress.target.name).en}: growth of {metal}",
    )
    notes = [
        Text(
            "毛增 =（勘查增减 + 重算增减）/ 基数；净增再减去开采、损失与压覆量。“—”为基数未知或无法"
            "分开，不推算。“探明+控制”以其自身基期为基数；全国等口径的数未分类别时为“—”。",
            "Gross = (exploration + recalculation) / baseline; net also deducts mining, losses and "
            "sterilized resource. '—': the baseline is not known or the part can't be told; "
            "nothing is inferred. Measured and indicated: in percent of their own baseline; '—' "
            "where a national figure isn't divided into classes.",
        ),
        Text(
            "现保有与累计查明只统计台账内的建模矿床，不外推到全国。",
            "Retained and identified count the modelled deposits of the ledger only; never "
            "extrapolated to the nation.",
        ),
        *(note for part in progress.baselines for note in _notes(part, unit, names)),
    ]
    basis = target_basis(report, progress)
    key = f"target-{progress.target.id}"
    return Table(key, title, basis, (tuple(head),), tuple(rows), tuple(dict.fromkeys(notes)))


def _baseline_row(part: BaselineProgress, element: str) -> Row:
    """One baseline's line; of a figure that counts more deposits, growth is in points of it."""
    base, latest, unit = part.baseline, part.latest, metal_unit(element)
    about = {"metal": element, "baseline": base.id}
    basis = BASES[base.basis] if base.basis else Text(BLANK, BLANK)
    wider = base.scope != "modelled" and latest is not None
    stocks = [
        number(value, unit, quantity=name, about=about)
        for value, name in (
            (latest.retained_t if latest else None, "retained_t"),
            (latest.identified_t if latest else None, "identified_t"),
        )
    ]
    growths = [(getattr(latest, name) if latest else None, name) for name, _zh, _en in GROWTHS]
    surer = part.surer.net_growth_pct if part.surer else None
    growths.append((surer, "surer_net_growth_pct"))
    changes = [
        number(value, PERCENT, quantity=name, signed=True, about=about) for value, name in growths
    ]
    coverage = None if part.coverage_ratio is None else 100 * part.coverage_ratio
    cells = [
        heading(named(base.name), _said_of(part)),
        words(basis),
        words(part.since.isoformat() if part.since else BLANK, "keep"),
        number(part.baseline_t, unit, quantity="baseline_t", about=about),
        *(replace(cell, note=MODELLED if wider else None) for cell in stocks),
        *(replace(c, note=POINTS if wider and c.attributes["data-v"] else None) for c in changes),
        number(coverage, PERCENT, quantity="baseline_coverage_pct", about=about),
    ]
    return Row(tuple(cells))


MODELLED = Text("建模", "modelled")
"""Under retained metal beside a figure that counts more deposits than are modelled."""
POINTS = Text("百分点", "points")


def _said_of(part: BaselineProgress) -> Text:
    """What a baseline counts; of one from an entry, which entry that is and where it stands."""
    said, origin = named(part.baseline.coverage), part.origin
    if part.baseline.scope != "modelled" and part.latest is not None:
        said = Text(
            f"{said.zh} · 保有与累计查明为建模矿床的；增长为该数的百分点",
            f"{said.en} · retained and identified: of the modelled deposits; growth: points of "
            f"this {part.baseline.scope} figure",
        )
    if origin is None:
        return said
    state, year = FILING[origin.state], origin.stat_year
    zh = f"{said.zh} · 台账第 {origin.entry} 条 · {state.zh}"
    en = f"{said.en} · ledger entry {origin.entry} · {state.en}"
    return Text(f"{zh} {year}", f"{en} {year}") if year else Text(zh, en)


def _notes(part: BaselineProgress, unit: Unit, names: Mapping[str, Text]) -> Iterable[Text]:
    """What a baseline leaves out, carries, and can't tell apart."""
    name = named(part.baseline.name)
    if part.remark_zh:
        yield Text(f"“{name.zh}”：{part.remark_zh}", f"“{name.en}”: {part.remark_en}")
    if part.excluded:
        out = excluded_text(part.excluded, names)
        yield Text(f"“{name.zh}”未计入：{out.zh}", f"Not counted in “{name.en}”: {out.en}")
    if part.base_carried:
        carried = [_dated(names, deposit, day) for deposit, day in part.base_carried]
        zh, en = "、".join(one.zh for one in carried), ", ".join(one.en for one in carried)
        yield Text(
            f"“{name.zh}”基数日期沿用此前估算：{zh}",
            f"“{name.en}”: an earlier estimate stands for the base date: {en}",
        )
    if part.latest and part.latest.carried:
        found = listed(part.latest.carried, names)
        yield Text(
            f"“{name.zh}”截至 {part.latest.date} 沿用较早数字：{found.zh}",
            f"“{name.en}” as of {part.latest.date}, carried from earlier: {found.en}",
        )
    if part.discovered:
        found = listed(part.discovered, names)
        yield Text(
            f"基期后新发现，自零计增：{found.zh}",
            f"Discovered after the base date, growth from zero: {found.en}",
        )
    if part.latest and part.latest.not_separated:
        found = listed(part.latest.not_separated, names)
        yield Text(
            f"边界品位或参数有变且无法分开指标调整的部分：{found.zh}",
            f"The cut-off or the plan changed and the cut-off part can't be told apart: {found.en}",
        )
    yield from _before_notes(part, unit, names)


def _before_notes(part: BaselineProgress, unit: Unit, names: Mapping[str, Text]) -> Iterable[Text]:
    """What happened before the base date: shown, and no growth."""
    for event in part.before:
        about = {"deposit": event.deposit_id}
        cell = number(event.metal_t, unit, quantity="before_t", signed=True, about=about)
        kind = ("发现", "discovery") if event.kind == "discovery" else ("增减", "change")
        who = listed([event.deposit_id], names)
        yield Text(
            f"基期前（不计增长）：{who.zh} {event.date} {kind[0]} {cell.text.zh} {unit.sign}",
            f"Before the base date (not growth): {who.en} {event.date} {kind[1]} "
            f"{cell.text.en} {unit.sign}",
        )


def listed(deposits: Iterable[str], names: Mapping[str, Text]) -> Text:
    """Deposits by name, in either language."""
    found = [names.get(one, Text(one, one)) for one in deposits]
    return Text("、".join(one.zh for one in found), ", ".join(one.en for one in found))


def excluded_text(excluded: Iterable[Excluded], names: Mapping[str, Text]) -> Text:
    """Deposits left out, each with the reason; those with one reason stand together."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for one in excluded:
        reasons.setdefault((one.reason_zh, one.reason_en), []).append(one.deposit_id)
    groups = [(listed(ids, names), zh, en) for (zh, en), ids in reasons.items()]
    return Text(
        "；".join(f"{who.zh}：{zh}" for who, zh, _en in groups),
        "; ".join(f"{who.en}: {en}" for who, _zh, en in groups),
    )


def _dated(names: Mapping[str, Text], deposit: str, day: date) -> Text:
    """A deposit with a date."""
    who = listed([deposit], names)
    return Text(f"{who.zh}（{day}）", f"{who.en} ({day})")


def source_line(part: BaselineProgress) -> tuple[Text, Text, str | None]:
    """Where a baseline's figure comes from: name, source and quoted words; of an entry, its own."""
    base, origin = part.baseline, part.origin
    if origin is not None:
        source = Text(origin.source_zh, origin.source_en)
        return named(base.name), source, origin.quoted_text
    source = named(base.source) if base.source else Text(part.remark_zh, part.remark_en)
    return named(base.name), source, base.quoted_text


def targets_table(report: SiteReport, first: TargetProgress) -> Table:
    """Every target side by side, by its first baseline that has a figure."""
    head = [
        column("目标", "Target", numeric=False),
        column("性质", "Standing", numeric=False),
        column("元素", "Element", numeric=False),
        column("目标线", "Lines", numeric=False),
        column("期限", "Deadline", numeric=False),
        *(column(zh, en, "%") for _field, zh, en in GROWTHS),
    ]
    rows = []
    for progress in report.progress:
        target = progress.target
        known = [part.latest for part in progress.baselines if part.growth_pct is not None]
        about = {"target": target.id, "metal": progress.element}
        lines = " – ".join(line_name(level) for level in target.levels) or BLANK
        cells = [
            heading(named(target.name)),
            words(STANDINGS[target.status]),
            words(element_text(progress.element)),
            words(lines, "keep"),
            words(target.deadline.isoformat(), "keep"),
        ]
        for name, _zh, _en in GROWTHS:
            value = getattr(known[0], name) if known else None
            cells.append(number(value, PERCENT, quantity=name, signed=True, about=about))
        rows.append(Row(tuple(cells)))
    title = Text("各目标并列", "Targets side by side")
    return Table("targets", title, target_basis(report, first), (tuple(head),), tuple(rows))


STANDINGS = {
    "official": Text("文件规定", "set by a document"),
    "example": Text("示例（虚构）", "example (invented)"),
    "none": Text("无官方目标", "no official target"),
}


def needs_table(report: SiteReport, progress: TargetProgress) -> Table | None:
    """What each line still needs from each known baseline; None where nobody has set a target."""
    unit = metal_unit(progress.element)
    parts = [part for part in progress.baselines if part.lines]
    if not parts:
        return None
    per_year = f"{unit.sign}/a"
    head = [
        column("基数", "Baseline", numeric=False),
        column("目标线", "Line", numeric=False),
        column("目标值", "At the line", unit.sign),
        column("还差", "Missing", unit.sign),
        column("所需新增（含补偿消耗）", "Additions needed in all", unit.sign),
        column("所需年均", "Pace needed", per_year),
        column("至今年均", "Pace so far", per_year),
        column("按时间应达（参考）", "Due by now (reference)", "%"),
        column("模型覆盖率", "Coverage", "%"),
        column("其他矿床需增长", "Growth needed elsewhere", "%"),
    ]
    rows = [Row(tuple(cells)) for part in parts for cells in _need_cells(part, progress.element)]
    notes = (
        Text(
            "“还差”为负，表示已超过该线。“应达”按时间线性折算，方案未设年度目标，仅供参考。",
            "A negative distance means that the line has been passed. 'Due by now' is linear in "
            "time, for reference: the policy sets no yearly aims.",
        ),
    )
    title = Text("到达目标线还需多少", "What each line still needs")
    key = f"needs-{progress.target.id}"
    basis = target_basis(report, progress)
    return Table(key, title, basis, (tuple(head),), tuple(rows), notes)


def _need_cells(part: BaselineProgress, element: str) -> Iterable[list[Cell]]:
    """One baseline's lines."""
    unit = metal_unit(element)
    coverage = None if part.coverage_ratio is None else 100 * part.coverage_ratio
    for line in part.lines:
        name = line_name(line.growth)
        about = {"metal": element, "baseline": part.baseline.id, "line": name}
        amounts = [
            (line.line_t, "line_t"),
            (line.missing_t, "missing_t"),
            (line.gross_required_t, "gross_required_t"),
            (line.pace_t_per_year, "pace_t_per_year"),
            (part.pace_t_per_year, "pace_so_far_t_per_year"),
        ]
        shares = [
            (line.reference_growth_pct, "reference_growth_pct"),
            (coverage, "coverage_pct"),
            (line.elsewhere_growth_pct, "elsewhere_growth_pct"),
        ]
        yield [
            heading(named(part.baseline.name)),
            words(same(name)),
            *(number(value, unit, quantity=what, about=about) for value, what in amounts),
            *(number(value, PERCENT, quantity=what, about=about) for value, what in shares),
        ]


def names_of(report: SiteReport) -> dict[str, Text]:
    """Names of belts, provinces and deposits by id."""
    names = {belt.id: named(belt.name) for belt in report.belts}
    for belt in report.belts:
        names[belt.province.zh] = named(belt.province)
        names.update({deposit.id: named(deposit.name) for deposit in belt.deposits})
    names[BLANK] = Text("未注明省区", "province not stated")
    return names
