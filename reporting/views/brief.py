"""What the summary says in short: who moved most, how the whole moved, how old the data are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from estimation.belts import Belt
from estimation.byproducts.standards import size_class
from estimation.plan import CLASSES
from estimation.results import DepositResult
from geo.days import today
from reporting.limits import below_threshold
from reporting.report import MAIN_COPPER, SiteReport
from reporting.rounding import BLANK
from reporting.site.frame import belt_href, deposit_href, named, same
from reporting.sums import class_metal_t, statistical_total
from reporting.tables import Cell, Row, Table, column, heading, number, words
from reporting.units import (
    CLASS_TEXT,
    SHARE,
    TOTAL_TEXT,
    Text,
    Unit,
    document_name,
    summary_display,
)
from reporting.views.age import age_of, newest_data
from reporting.views.bars import (
    STATUTORY_WORDS,
    Bars,
    footing_decimals,
    statutory_bars,
)
from reporting.views.change import CLOSING, OPENING, intervals, why
from reporting.views.deposit import ROUNDING_NOTE
from reporting.views.summary import class_change_t, latest_of, summary_basis, verdicts
from tracking.movement.movement import TOTAL
from tracking.review.review import SIZES

MOST = 5
"""Deposits in the summary's table."""
DAYS = Unit("d", "1", 0)


@dataclass(frozen=True)
class Fresh:
    """How old the newest data of one belt's deposits are."""

    name: Text
    href: str
    newest: str
    days: Cell


def freshness(report: SiteReport, belts: Sequence[Belt]) -> list[Fresh]:
    """The newest data of each estimated belt (campaigns, as on the data page), and the days since.

    Days are counted to the report's day in China.
    """
    day = today(report.generated_at)
    made = []
    for belt in belts:
        if not latest_of(report, [belt]):
            continue
        newest = max(newest_data(deposit) for deposit in belt.deposits)
        aged = age_of(newest, day, report.settings.freshness)
        days = number(aged.days, DAYS, quantity="days_since_data")
        made.append(Fresh(named(belt.name), belt_href(belt, ""), newest.isoformat(), days))
    return made


@dataclass(frozen=True)
class Step:
    """One line of the way from opening to closing."""

    text: Text
    amount: Cell
    start: float
    """Where its bar starts and how wide it is, 0-100; nothing wide for the ends."""
    width: float
    style: str
    """``end``, ``up``, ``down`` or ``still``."""


@dataclass(frozen=True)
class Way:
    """How the whole moved from its vintages before to the newest day, 合计（统计口径）."""

    span: str
    deposits: int
    steps: tuple[Step, ...]
    why: Text
    """What kinds of growth made most of it."""


def way(report: SiteReport, belts: Sequence[Belt]) -> Way | None:
    """The newest interval's movement of copper in the order of the mine ledger; None without."""
    found = intervals(report, belts, MAIN_COPPER)
    if not found:
        return None
    newest = found[0]
    return Way(newest.span, len(newest.deposits), _steps(statutory_bars(newest.lines)), why(newest))


def _steps(bars: Bars) -> tuple[Step, ...]:
    """Lines with their bars; the bars' axis runs over the levels alone, not from zero."""
    levels = [bars.opening_kg]
    for _name, amount in bars.steps:
        levels.append(levels[-1] + amount)
    low, reach = min(levels), max(max(levels) - min(levels), 1)
    units = {
        "zh": Unit("万t", "1e-7", footing_decimals(bars, "1e-7")),
        "en": Unit("kt", "1e-6", footing_decimals(bars)),
    }
    about = {"metal": MAIN_COPPER, "klass": TOTAL}

    def line(text: Text, quantity: str, kg: int, start: int, style: str) -> Step:
        cell = number(Decimal(kg), units, quantity=quantity, signed=style != "end", about=about)
        width = 0.0 if style == "end" else 100 * abs(kg) / reach
        return Step(text, cell, 100 * (start - low) / reach, width, style)

    made = [line(OPENING, "opening_kg", bars.opening_kg, bars.opening_kg, "end")]
    for place, (name, amount) in enumerate(bars.steps):
        style = "up" if amount > 0 else "down" if amount < 0 else "still"
        start = min(levels[place], levels[place + 1])
        made.append(line(STATUTORY_WORDS[name], name, amount, start, style))
    made.append(line(CLOSING, "closing_kg", bars.closing_kg, bars.closing_kg, "end"))
    return tuple(made)


def movers_table(
    report: SiteReport, belts: Sequence[Belt], growth: dict[str, float | None]
) -> Table:
    """The deposits whose copper changed most since their vintage before, class by class."""
    results = latest_of(report, belts)
    shown = sorted(results, key=lambda result: _moved(report, result), reverse=True)[:MOST]
    grown = any(growth.get(result.deposit_id) is not None for result in shown)
    rows = [_mover(report, result, growth if grown else None) for result in shown]
    count = len(results)
    title = Text("各矿床铜资源量", "Copper resource by deposit")
    if count > MOST:
        title = Text(
            f"铜资源量变动最大的 {MOST} 个矿床（共 {count} 个）",
            f"The {MOST} deposits whose copper changed most, of {count}",
        )
    return Table("deposits", title, summary_basis(shown), _heads(grown), tuple(rows), _notes())


def _moved(report: SiteReport, result: DepositResult) -> float:
    """By how much a deposit's classes moved, tonnes: what they are put in order by, never shown."""
    return sum(abs(class_change_t(report, result, name) or 0.0) for name in CLASSES)


def _heads(grown: bool) -> tuple[tuple[Cell, ...], ...]:
    """Two lines of headings: the classes, and under each the metal and its change."""
    first = [column("矿床 · 成矿带", "Deposit · belt", numeric=False, down=2)]
    second = []
    sign = {key: unit.sign for key, unit in summary_display(MAIN_COPPER).items()}
    for name in CLASSES:
        text = CLASS_TEXT[name]
        first.append(Cell(Text(f"Cu {text.zh[:2]}", f"Cu {text.en}"), head="col", span=2))
        second.append(Cell(Text(sign["zh"], sign["en"]), head="col", numeric=True))
        second.append(Cell(Text("较上期", "change"), head="col", numeric=True))
    first += [column("较基数增长", "On baseline", "%", down=2)] * grown
    first += [
        column("规模", "Size", numeric=False, down=2),
        column("检验", "Checks", "✓ / △ / ×", down=2),
        column("数据截止", "Data to", numeric=False, down=2),
    ]
    return tuple(first), tuple(second)


def _mover(
    report: SiteReport, result: DepositResult, growth: dict[str, float | None] | None
) -> Row:
    """One deposit's line."""
    belt = next(b for b in report.belts if b.id == result.belt_id)
    deposit = next(d for d in belt.deposits if d.id == result.deposit_id)
    units = summary_display(MAIN_COPPER)
    about = {"metal": MAIN_COPPER, "deposit": result.deposit_id}
    cells = [heading(named(deposit.name), named(belt.name), href=deposit_href(deposit, ""))]
    for name in CLASSES:
        of = {**about, "klass": name}
        metal, change = (
            class_metal_t(result, MAIN_COPPER, name),
            class_change_t(report, result, name),
        )
        cells.append(number(metal, units, quantity="metal_t", about=of))
        cells.append(number(change, units, quantity="change_t", signed=True, about=of))
    if growth is not None:
        grown = growth.get(result.deposit_id)
        cells.append(number(grown, SHARE, quantity="growth", signed=True, about=about))
    cells += [
        words(size_text(result), "keep"),
        words(verdicts([result]), "n"),
        words(result.vintage.isoformat(), "keep"),
    ]
    return Row(tuple(cells))


def size_text(result: DepositResult, element: str = MAIN_COPPER) -> Text:
    """大型, 中型 or 小型 by one element of a deposit, 合计（统计口径）; a dash where there is none.

    Below its threshold an element is content and has no size.
    """
    if element not in result.statement.elements or below_threshold(result, element):
        return same(BLANK)
    whole = statistical_total({name: class_metal_t(result, element, name) for name in CLASSES})
    size = size_class(element, whole) if whole else None
    return Text(SIZES[size.name], size.name) if size else same(BLANK)


def size_note() -> Text:
    """By which thresholds sizes are told apart."""
    size = size_class(MAIN_COPPER, 0.0)
    cited = size.citation if size else ""
    return Text(
        f"规模按各类{TOTAL_TEXT.zh}，界限见 {document_name(cited)}（出处全文见方法页）。",
        f"Size by the classes' {TOTAL_TEXT.en.lower()}, thresholds: {cited}.",
    )


def _notes() -> tuple[Text, ...]:
    """What the table's columns mean."""
    order = Text(
        "探明、控制、推断分别列出，不相加；按各类变动之绝对值排序；“较上期”为与上一次估算之差。",
        "Classes are listed separately and not added; in the order of their changes; 'change': "
        "against the estimate before.",
    )
    return order, size_note(), ROUNDING_NOTE
