"""The one-page summary: how much, how sure, how changed, against target, as of when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from estimation.belts import Belt
from estimation.plan import CLASSES
from estimation.results import DepositResult
from reporting.limits import SECTION, below_threshold, mark_notes, marked
from reporting.report import MAIN_COPPER, SiteReport
from reporting.rounding import BLANK, printed
from reporting.site.frame import as_of, overall_status
from reporting.sums import add, class_metal_t, element_sum, of_class
from reporting.tables import (
    Basis,
    Cell,
    Row,
    Table,
    column,
    heading,
    number,
    percentile,
    words,
)
from reporting.units import (
    CLASS_TEXT,
    SHARE,
    Text,
    Unit,
    class_text,
    density_text,
    element_text,
    grade_display,
    summary_display,
    symbol,
)
from reporting.views.intervals import Interval, class_interval

BLANK_NOTE = Text(
    "“—”为未评价，不是零；低于评价指标的矿床另列一行（§），不与资源量相加。",
    "'—' means not evaluated, not zero; deposits below the threshold stand on a line of their own "
    "(§), not added to the resource.",
)
KT = Unit("kt", "1e-3", 1)
CONTENT = Text("含量，非资源量", "content, not a resource")
WAN_T = Unit("万t", "1e-4", 2)


@dataclass(frozen=True)
class Card:
    """One class's copper: in 万t and in kt, its change since the last vintage, its interval."""

    name: str
    title: Text
    wan_t: Cell
    kt: Cell
    change: Cell
    ends: tuple[Cell, Cell] | None
    """P10 and P90; None where a deposit that holds metal of the class was not simulated."""


def latest_of(report: SiteReport, belts: Sequence[Belt]) -> list[DepositResult]:
    """Newest estimate of every estimated deposit of some belts."""
    ids = [deposit.id for belt in belts for deposit in belt.deposits]
    found = [report.latest(identity) for identity in ids]
    return [result for result in found if result is not None]


def belt_groups(report: SiteReport) -> list[list[Belt]]:
    """Belts of real data and synthetic ones, never added together; none empty."""
    kinds = [[belt for belt in report.belts if belt.synthetic is flag] for flag in (False, True)]
    return [belts for belts in kinds if any(report.estimated(belt) for belt in belts)]


def cards(report: SiteReport, belts: Sequence[Belt]) -> list[Card]:
    """The three classes' copper over some belts; classes are never added here."""
    results = latest_of(report, belts)
    made = []
    for name in CLASSES:
        total = add(class_metal_t(result, MAIN_COPPER, name) for result in results)
        changes = [class_change_t(report, result, name) for result in results]
        change = add(changes) if any(value is not None for value in changes) else None
        about = {"metal": MAIN_COPPER, "klass": name}
        made.append(
            Card(
                name,
                CLASS_TEXT[name],
                number(total, WAN_T, quantity="summary_metal_t", about=about),
                number(total, KT, quantity="summary_metal_t", about=about),
                number(
                    change,
                    {"zh": WAN_T, "en": KT},
                    quantity="summary_change_t",
                    signed=True,
                    about=about,
                ),
                _ends(class_interval(report, results, MAIN_COPPER, name), about),
            )
        )
    return made


def _ends(interval: Interval | None, about: Mapping[str, str]) -> tuple[Cell, Cell] | None:
    """P10 and P90 of a card."""
    if interval is None:
        return None
    units = {"zh": WAN_T, "en": KT}
    low, high = (
        percentile(end, units, between=interval.ends_t, quantity=f"summary_{name}_t", about=about)
        for name, end in (("p10", interval.p10_t), ("p90", interval.p90_t))
    )
    return low, high


def class_change_t(report: SiteReport, result: DepositResult, name: str) -> float | None:
    """Change of a class's copper since the vintage before, t; None where there is none before."""
    vintages = report.results[result.deposit_id]
    if len(vintages) < 2:
        return None
    before, now = (class_metal_t(one, MAIN_COPPER, name) for one in (vintages[-2], result))
    return None if before is None and now is None else (now or 0.0) - (before or 0.0)


def summary_basis(results: Sequence[DepositResult]) -> Basis:
    """The basis line of a table over several deposits."""
    cutoffs = {(r.statement.main_element, r.statement.reporting_cutoff) for r in results}
    if len(cutoffs) == 1:
        element, value = cutoffs.pop()
        unit = grade_display(element)
        text = f"{symbol(element)} ≥ {printed(value, unit.decimals)} {unit.sign}"
        cutoff = Text(text, text)
    else:
        cutoff = Text("各矿床报告边界品位", "each deposit's reporting cut-off")
    densities = {result.statement.density_basis for result in results}
    only = densities.pop() if len(densities) == 1 else ""
    density = density_text(only) if only else Text("各矿床见其页", "see each deposit's page")
    date = as_of(results)
    return Basis(cutoff, Text(date, date), density, overall_status(results))


def copper_ratio(result: DepositResult) -> float | None:
    """Copper's estimate over truth, 0-1; None where truth is not known."""
    found = [row.ratio for row in result.truth if row.element == MAIN_COPPER]
    return found[0] if found else None


def verdicts(results: Sequence[DepositResult]) -> str:
    """Number of checks that passed, were marginal, failed."""
    count = Counter(check.verdict for result in results for check in result.checks)
    return " / ".join(str(count[name]) for name in ("pass", "marginal", "fail"))


def byproducts_table(report: SiteReport, belts: Sequence[Belt]) -> Table | None:
    """By-product metal by class over some belts, content below the threshold on lines apart."""
    results = latest_of(report, belts)
    elements = _byproducts_of(results)
    if not elements:
        return None
    head = [column("伴生元素", "By-product", numeric=False), column("单位", "Unit", numeric=False)]
    for name in CLASSES:
        text = class_text(name)
        head.append(column(text.zh[:2], text.en))
    head.append(column("铜矿石已评占比", "Share of copper ore evaluated", "%"))
    rows = []
    for element in elements:
        share = evaluated_ore_share(results, element)
        last = number(share, SHARE, quantity="evaluated_ore_share", about={"metal": element})
        for group in _resource_and_content(results, element):
            rows.append(Row((*_byproduct_cells(group, element), last)))
            last = Cell(Text("", ""))
    title = Text("伴生资源金属量", "By-product metal")
    notes = (BLANK_NOTE, *mark_notes(results))
    return Table("byproducts", title, summary_basis(results), (tuple(head),), tuple(rows), notes)


def _resource_and_content(
    results: Sequence[DepositResult], element: str
) -> list[list[DepositResult]]:
    """Deposits with the element as a resource, then those below its threshold; none empty."""
    holding = [r for r in results if element in r.statement.elements]
    content = [r for r in holding if below_threshold(r, element)]
    resource = [r for r in holding if not below_threshold(r, element)]
    return [group for group in (resource, content) if group]


def _byproduct_cells(results: Sequence[DepositResult], element: str) -> list[Cell]:
    """One line of by-product metal: element, unit, then each class."""
    units = summary_display(element)
    content = below_threshold(results[0], element)
    first = heading(element_text(element), CONTENT if content else None)
    cells = [
        replace(first, mark=SECTION if content else ""),
        words(Text(units["zh"].sign, units["en"].sign)),
    ]
    for name in CLASSES:
        kept = [row for r in results for row in of_class(r.statement.at_cutoff(), name)]
        metal_t = element_sum(kept, element).metal_t
        about = {"metal": element, "klass": name}
        metal = number(metal_t, units, quantity="summary_metal_t", about=about)
        cells.append(marked(metal, results, element, name))
    return cells


def _byproducts_of(results: Sequence[DepositResult]) -> list[str]:
    """Elements that are not the main one of their deposit, in order."""
    stated = [(e, r.statement.main_element) for r in results for e in r.statement.elements]
    return list(dict.fromkeys(element for element, main in stated if element != main))


def evaluated_ore_share(results: Sequence[DepositResult], element: str) -> float | None:
    """Share of the copper deposits' ore at the reporting cut-off where an element was evaluated.

    A deposit that does not plan the element has none of its ore evaluated; None without ore.
    """
    evaluated = whole = 0.0
    for result in results:
        if result.statement.main_element != MAIN_COPPER:
            continue
        here = add(row.ore_t for row in result.statement.at_cutoff()) or 0.0
        shares = [s for s in result.statement.support if s.element == element]
        whole += here
        evaluated += sum(here * (s.evaluated_ore_share or 0.0) for s in shares)
    return evaluated / whole if whole else None


def class_shares(results: Sequence[DepositResult]) -> Text:
    """Each class's share of copper metal, as a measure of how sure the whole is."""
    metal = {n: add(class_metal_t(r, MAIN_COPPER, n) for r in results) or 0.0 for n in CLASSES}
    whole = sum(metal.values())
    if whole <= 0:
        return Text(BLANK, BLANK)
    parts = {name: printed(metal[name] / whole, 0, scale="100") for name in CLASSES}
    return Text(
        "、".join(
            f"{CLASS_TEXT[name].zh[:2]} {parts[name]}\N{NO-BREAK SPACE}%" for name in CLASSES
        ),
        ", ".join(f"{CLASS_TEXT[name].en} {parts[name]}\N{NO-BREAK SPACE}%" for name in CLASSES),
    )
