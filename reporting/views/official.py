"""Official figures on the pages: what was filed of a deposit, beside our own estimate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from estimation.plan import CLASSES as RESOURCE_CLASSES
from reporting.report import SiteReport
from reporting.rounding import BLANK, printed
from reporting.tables import Basis, Cell, Row, Table, column, columns, heading, number, words
from reporting.units import ORE, Text, Unit, grade_display, metal_display, summary_display, symbol
from reporting.views.filed import (
    CLASSES,
    STOCKS,
    UNDIVIDED,
    FiledLine,
    Filing,
    deposit_name,
    filed_lines,
    filings,
    own_beside,
)

FILED_STATUS = Text("官方数字，已评审备案", "official: reviewed and filed")
DENSITIES = Text("见备案报告", "see the filed report")
CONVERTED = Text("由 1999 年分类转换", "converted from the 1999 classes")
NOTES = (
    Text(
        "官方数字与内部估算并列，互不替代；各类别分别列出，不相加。",
        "Official figures stand beside our own estimates, neither in the other's place; classes "
        "are listed separately and not added.",
    ),
    Text(
        "低品位为单独的库，不含在资源量行内；储量为备忘，已含于资源量，绝不另加；“—”为报告未载明。",
        "Low-grade ore is a stock of its own, not within the resource; reserves are a memo, "
        "already within the resource and never added; '—': the report doesn't state it.",
    ),
    Text(
        "“内部估算”为同一基准日的数字，没有时取此前最近一次（注有日期），按其自身边界品位，"
        "不含低品位；差 = 内部估算 − 备案数。",
        "'Our estimate' is of the same effective date, else the last one before it (its date is "
        "noted), at its own cut-off and without low grade; difference = ours less the filed "
        "figure.",
    ),
)


def dates_text(filing: Filing) -> Text:
    """The three dates and the cut-off of a filed figure, in one line."""
    filed = filing.filed.isoformat() if filing.filed else BLANK
    year = filing.year or BLANK
    cut = cutoff_text(filing)
    zh = f"基准日 {filing.effective} · 备案日 {filed} · 入统年度 {year} · 边界品位 {cut}"
    en = f"effective {filing.effective} · filed {filed} · statistics {year} · cut-off {cut}"
    if filing.converted:
        zh, en = f"{zh} · {CONVERTED.zh}", f"{en} · {CONVERTED.en}"
    return Text(zh, en)


def cutoff_text(filing: Filing) -> str:
    """The cut-off that a figure was filed at, with its unit; a dash where it states none."""
    if filing.cutoff is None:
        return BLANK
    main = filing.elements[0]
    unit = grade_display(main)
    return f"{symbol(main)} {printed(filing.cutoff, unit.decimals)} {unit.sign}"


def filed_basis(found: Sequence[Filing]) -> Basis:
    """The line under a table of filed figures: their own dates and cut-offs, nobody's draft."""
    cutoffs = "、".join(dict.fromkeys(cutoff_text(one) for one in found)) or BLANK
    days = sorted({one.effective.isoformat() for one in found})
    span = " – ".join(dict.fromkeys((days[0], days[-1]))) if days else BLANK
    cut = Text(cutoffs, cutoffs.replace("、", ", "))
    return Basis(cut, Text(span, span), DENSITIES, FILED_STATUS)


def official_block(report: SiteReport, deposit_id: str) -> Table | None:
    """Every filed figure of a deposit by stock and class; None where nothing is filed."""
    found = filings(report, deposit_id)
    if not found:
        return None
    elements = tuple(dict.fromkeys(e for one in found for e in one.elements))
    main = symbol(elements[0])
    head = [
        column("备案号 · 库", "Filing · stock", numeric=False),
        column("类别", "Class", numeric=False),
        columns(Text("矿石量", "Ore"), Text(ORE["zh"].sign, ORE["en"].sign)),
        *(
            column(f"{symbol(e)} 金属量", f"{symbol(e)} metal", metal_display(e).sign)
            for e in elements
        ),
        column(f"内部估算 {main}", f"Our estimate {main}", metal_display(elements[0]).sign),
        column("差", "Difference", metal_display(elements[0]).sign),
    ]
    rows = [row for one in found for row in _filing_rows(report, one, elements)]
    title = Text("官方数字（已评审备案）", "Official figures (reviewed and filed)")
    return Table("official", title, filed_basis(found), (tuple(head),), tuple(rows), NOTES)


def _filing_rows(report: SiteReport, one: Filing, elements: Sequence[str]) -> Iterator[Row]:
    """A filed figure: a line with its number and dates, then its stocks and classes."""
    title = heading(Text(one.number, one.number), dates_text(one))
    blank = (Cell(Text("", "")),) * (len(elements) + 4)
    yield Row((title, *blank), "strong")
    own = own_beside(report, one)
    as_of = None
    if own is not None and own.vintage != one.effective:
        as_of = Text(f"截至 {own.vintage}", f"as of {own.vintage}")
    for line in filed_lines(one, own):
        yield Row(tuple(_line_cells(one, line, elements, as_of)), "sub")


def _line_cells(
    one: Filing, line: FiledLine, elements: Sequence[str], as_of: Text | None
) -> Iterable[Cell]:
    """One stock and class."""
    about = {
        "stock": line.stock,
        "klass": line.class_name,
        "deposit": one.entry.deposit_id,
        "vintage": one.effective.isoformat(),
    }
    yield heading(STOCKS[line.stock])
    yield words(CLASSES[line.class_name], "keep")
    yield number(_tonnes(line.ore_kg), ORE, quantity="filed_ore_t", about=about)
    for element in elements:
        metal = _tonnes(line.metal_kg.get(element))
        of = {**about, "metal": element}
        yield number(metal, metal_display(element), quantity="filed_metal_t", about=of)
    main = elements[0]
    unit, about = metal_display(main), {**about, "metal": main}
    filed, ours = line.metal_kg.get(main), line.own_kg.get(main)
    beside = number(_tonnes(ours), unit, quantity="own_metal_t", about=about)
    yield Cell(beside.text, beside.attributes, as_of if ours is not None else None, numeric=True)
    apart = None if ours is None or filed is None else ours - filed
    yield number(_tonnes(apart), unit, quantity="apart_t", signed=True, about=about)


def _tonnes(kilograms: int | None) -> float | None:
    """Tonnes of what is stated."""
    return None if kilograms is None else kilograms / 1000


def filed_only_table(report: SiteReport, element: str) -> Table | None:
    """Deposits that only filings know: no estimate of ours, and so no growth; None: none."""
    known = {entry.deposit_id for entry in report.ledger.entries} | set(report.results)
    found = [one for one in filings(report) if one.entry.deposit_id not in known]
    if not found:
        return None
    name, units = symbol(element), summary_display(element)
    sign = Text(units["zh"].sign, units["en"].sign)
    head = [
        column("矿床", "Deposit", numeric=False),
        column("备案号", "Filing", numeric=False),
        *(columns(Text(f"{name} {CLASSES[c].zh}", f"{name} {CLASSES[c].en}"), sign) for c in SHOWN),
    ]
    rows = [Row(tuple(_only_cells(report, one, element, units))) for one in found]
    title = Text("仅见于备案的矿床（不计增长）", "Deposits known only from filings (no growth)")
    notes = (
        Text(
            "没有内部估算，未计入任何基数与增长；各类别不相加，低品位与储量不在内。",
            "Without an estimate of ours: in no baseline and no growth. Classes are not added; "
            "low grade and reserves are not within.",
        ),
    )
    return Table("filed-only", title, filed_basis(found), (tuple(head),), tuple(rows), notes)


SHOWN = (*RESOURCE_CLASSES, UNDIVIDED)


def _only_cells(
    report: SiteReport, one: Filing, element: str, units: dict[str, Unit]
) -> Iterable[Cell]:
    """One filed figure of a deposit that we have not estimated."""
    province = one.entry.content.get("province") or {}
    where = Text(province.get("zh") or BLANK, province.get("en") or BLANK)
    yield heading(deposit_name(report, one.entry), where)
    yield Cell(Text(one.number, one.number), note=dates_text(one), style="wraps")
    held = {line.class_name: line for line in filed_lines(one, None) if line.stock == "statement"}
    for name in SHOWN:
        metal = held[name].metal_kg.get(element) if name in held else None
        about = {"metal": element, "klass": name, "deposit": one.entry.deposit_id}
        yield number(_tonnes(metal), units, quantity="filed_metal_t", about=about)
