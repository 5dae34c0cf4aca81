"""Tables of the target page: growth from each baseline, what it needs, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterable

from estimation.results import grade_unit
from reporting.report import SiteReport
from reporting.rounding import BLANK
from reporting.tables import Basis, Cell, Row, Table, column, heading, number, words
from reporting.units import TOTAL_TEXT, Text, Unit, class_text, element_text, symbol
from reporting.view_index import latest_of, summary_basis
from reporting.view_page import named, same
from reporting.view_target import BASES, PERCENT, Headline, line_name
from tracking.movement.growth_types import GROWTH_TYPES
from tracking.target.progress import BaselineProgress, TargetProgress
from tracking.target.stock import Share

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
    ]
    rows = [_baseline_row(part, progress.element) for part in progress.baselines]
    title = Text(
        f"{named(progress.target.name).zh}:{element_text(progress.element).zh}增长",
        f"{named(progress.target.name).en}: growth of {metal}",
    )
    notes = [
        Text(
            "毛增 =（勘查增减 + 重算增减）/ 基数；净增再减去开采、损失与压覆。“—”为基数未知或无法"
            "分开，不推算。“探明+控制”以其自身基期为基数。",
            "Gross = (exploration + recalculation) / baseline; net also deducts mining, losses and "
            "overlain parts. '—': the baseline is not known or the part can't be told; nothing is "
            "inferred. Measured and indicated: in percent of their own baseline.",
        ),
        Text(
            "只统计台账内的矿床，不外推到全国。",
            "Counts the deposits in the ledger only; never extrapolated to the nation.",
        ),
        *(note for part in progress.baselines for note in _notes(part, unit)),
    ]
    basis = target_basis(report, progress)
    key = f"target-{progress.target.id}"
    return Table(key, title, basis, (tuple(head),), tuple(rows), tuple(dict.fromkeys(notes)))


def _baseline_row(part: BaselineProgress, element: str) -> Row:
    """One baseline's line."""
    base, latest, unit = part.baseline, part.latest, metal_unit(element)
    about = {"metal": element, "baseline": base.id}
    basis = BASES[base.basis] if base.basis else Text(BLANK, BLANK)
    stocks = [
        (part.baseline_t, "baseline_t"),
        (latest.retained_t if latest else None, "retained_t"),
        (latest.identified_t if latest else None, "identified_t"),
    ]
    growths = [(getattr(latest, name) if latest else None, name) for name, _zh, _en in GROWTHS]
    surer = part.surer.net_growth_pct if part.surer else None
    growths.append((surer, "surer_net_growth_pct"))
    cells = [
        heading(named(base.name), named(base.coverage)),
        words(basis),
        words(part.since.isoformat() if part.since else BLANK, "keep"),
        *(number(value, unit, quantity=name, about=about) for value, name in stocks),
        *(
            number(value, PERCENT, quantity=name, signed=True, about=about)
            for value, name in growths
        ),
    ]
    return Row(tuple(cells))


def _notes(part: BaselineProgress, unit: Unit) -> Iterable[Text]:
    """What a baseline leaves out, carries, and can't tell apart."""
    name = named(part.baseline.name)
    if part.remark_zh:
        yield Text(f"“{name.zh}”：{part.remark_zh}", f"“{name.en}”: {part.remark_en}")
    if part.excluded:
        zh = "；".join(f"{item.deposit_id}：{item.reason_zh}" for item in part.excluded)
        en = "; ".join(f"{item.deposit_id}: {item.reason_en}" for item in part.excluded)
        yield Text(f"“{name.zh}”未计入：{zh}", f"Not counted in “{name.en}”: {en}")
    if part.base_carried:
        listed = ", ".join(f"{deposit} ({day})" for deposit, day in part.base_carried)
        yield Text(
            f"“{name.zh}”基数日期沿用此前估算：{listed}",
            f"“{name.en}”: an earlier estimate stands for the base date: {listed}",
        )
    if part.discovered:
        listed = ", ".join(part.discovered)
        yield Text(
            f"基期后新发现，自零计增：{listed}",
            f"Discovered after the base date, growth from zero: {listed}",
        )
    if part.latest and part.latest.not_separated:
        listed = ", ".join(part.latest.not_separated)
        yield Text(
            f"边界品位有变且无法分开指标调整的部分：{listed}",
            f"The cut-off changed and its part can't be told apart: {listed}",
        )
    for event in part.before:
        about = {"deposit": event.deposit_id}
        cell = number(event.metal_t, unit, quantity="before_t", signed=True, about=about)
        kind = ("发现", "discovery") if event.kind == "discovery" else ("增减", "change")
        yield Text(
            f"基期前（不计增长）：{event.deposit_id} {event.date} {kind[0]} "
            f"{cell.text.zh} {unit.sign}",
            f"Before the base date (not growth): {event.deposit_id} {event.date} {kind[1]} "
            f"{cell.text.en} {unit.sign}",
        )


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


def shares_table(report: SiteReport, found: Headline, by: str) -> Table:
    """Which belts, provinces or deposits (``by``) the growth comes from."""
    part, unit = found.from_baseline, metal_unit(found.progress.element)
    what, listed = {
        "belts": (Text("成矿带", "Belt"), part.by_belt),
        "provinces": (Text("省区", "Province"), part.by_province),
        "deposits": (Text("矿床", "Deposit"), part.by_deposit),
    }[by]
    names = _names(report)
    head = [
        column(what.zh, what.en, numeric=False),
        column("基期保有", "Retained at baseline", unit.sign),
        column("现保有", "Retained now", unit.sign),
        column("勘查增减", "Exploration", unit.sign),
        column("重算增减", "Recalculation", unit.sign),
        column("其中指标调整", "Of it, cut-off changes", unit.sign),
        column("消耗（开采与损失）", "Depletion (mined and lost)", unit.sign),
        column("毛增", "Gross", "%"),
        column("净增", "Net", "%"),
        column("净增（剔除指标调整）", "Net, without cut-off changes", "%"),
        column("对总增长的贡献", "Contribution to the whole", "%"),
    ]
    rows = [Row(tuple(_share_cells(share, names, by, unit))) for share in listed]
    title = Text(f"增长来源：按{what.zh}", f"Where growth comes from, by {what.en.lower()}")
    basis = target_basis(report, found.progress)
    return Table(f"target-{by}", title, basis, (tuple(head),), tuple(rows))


def _share_cells(share: Share, names: dict[str, Text], by: str, unit: Unit) -> Iterable[Cell]:
    """One belt's, province's or deposit's line."""
    stock = share.stock
    about = {by.removesuffix("s"): share.id}
    yield heading(names.get(share.id, Text(share.id, share.id)))
    for field in ("base_t", "retained_t"):
        yield number(getattr(stock, field), unit, quantity=field, about=about)
    for field in ("explored_t", "recalculated_t", "index_t"):
        yield number(getattr(stock, field), unit, quantity=field, signed=True, about=about)
    yield number(stock.depletion_t, unit, quantity="depletion_t", about=about)
    for field in ("gross_growth_pct", "net_growth_pct", "net_growth_ex_indicator_pct"):
        yield number(getattr(stock, field), PERCENT, quantity=field, signed=True, about=about)
    yield number(
        share.contribution_pct, PERCENT, quantity="contribution_pct", signed=True, about=about
    )


def types_table(report: SiteReport, found: Headline) -> Table:
    """Of what kind the change since the baseline's date is; the lines add up to it."""
    part, unit = found.from_baseline, metal_unit(found.progress.element)
    latest = part.latest
    head = [
        column("增长类型", "Growth type", numeric=False),
        column("变动", "Change", unit.sign),
        column("占基数", "Of the baseline", "%"),
    ]
    rows = []
    for name, amount_t in latest.by_type if latest else ():
        about = {"metal": found.progress.element, "type": name}
        share = 100 * amount_t / part.baseline_t if part.baseline_t else None
        cells = (
            heading(Text(*GROWTH_TYPES[name])),
            number(amount_t, unit, quantity="type_t", signed=True, about=about),
            number(share, PERCENT, quantity="type_pct", signed=True, about=about),
        )
        rows.append(Row(cells))
    title = Text("增长类型（自基期）", "Growth by type since the baseline")
    notes = (
        Text(
            "各类型之和为保有量的变动。升级只在类别之间移动，合计为零。",
            "The types add up to the change of the retained metal. An upgrade moves metal between "
            "classes and is zero in all.",
        ),
    )
    basis = target_basis(report, found.progress)
    return Table("target-types", title, basis, (tuple(head),), tuple(rows), notes)


def _names(report: SiteReport) -> dict[str, Text]:
    """Names of belts, provinces and deposits by id."""
    names = {belt.id: named(belt.name) for belt in report.belts}
    for belt in report.belts:
        names[belt.province.zh] = named(belt.province)
        names.update({deposit.id: named(deposit.name) for deposit in belt.deposits})
    names[BLANK] = Text("未注明省区", "province not stated")
    return names
