"""Where growth comes from, and of what kind it is: tables whose lines add up to the whole."""

from __future__ import annotations

from collections.abc import Iterable

from reporting.report import SiteReport
from reporting.tables import Cell, Row, Table, column, heading, number
from reporting.units import TOTAL_TEXT, Text, Unit
from reporting.views.target import PERCENT, Headline
from reporting.views.target_tables import metal_unit, names_of, target_basis
from tracking.movement.growth_types import GROWTH_TYPES
from tracking.target.progress import BaselineProgress
from tracking.target.stock import Share

TOTAL = "*"
"""In place of a belt's, province's or deposit's id: all of them."""


def shares_table(report: SiteReport, found: Headline, by: str) -> Table:
    """Which belts, provinces or deposits (``by``) the growth comes from."""
    part, unit = found.from_baseline, metal_unit(found.progress.element)
    what, parts = {
        "belts": (Text("成矿带", "Belt"), part.by_belt),
        "provinces": (Text("省区", "Province"), part.by_province),
        "deposits": (Text("矿床", "Deposit"), part.by_deposit),
    }[by]
    names = names_of(report)
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
    rows = [Row(tuple(_share_cells(share, names, by, unit))) for share in parts]
    if part.latest:
        whole = Share(TOTAL, None, part.latest, part.growth_pct)
        rows.append(Row(tuple(_share_cells(whole, names, by, unit)), "total"))
    title = Text(f"增长来源：按{what.zh}", f"Where growth comes from, by {what.en.lower()}")
    basis = target_basis(report, found.progress)
    return Table(f"target-{by}", title, basis, (tuple(head),), tuple(rows))


def _share_cells(share: Share, names: dict[str, Text], by: str, unit: Unit) -> Iterable[Cell]:
    """One belt's, province's or deposit's line."""
    stock = share.stock
    about = {by.removesuffix("s"): share.id}
    if share.id == TOTAL:
        names = {TOTAL: TOTAL_TEXT}
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
    if rows and latest:
        rows.append(_types_total(part, latest.retained_t - latest.base_t, unit))
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


def _types_total(part: BaselineProgress, change_t: float, unit: Unit) -> Row:
    """The change of retained metal that the types add up to."""
    share = 100 * change_t / part.baseline_t if part.baseline_t else None
    cells = (
        heading(TOTAL_TEXT),
        number(change_t, unit, quantity="types_total_t", signed=True),
        number(share, PERCENT, quantity="types_total_pct", signed=True),
    )
    return Row(cells, "total")
