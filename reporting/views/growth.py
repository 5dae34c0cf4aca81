"""Movement between vintages and earlier vintages, as tables; the only view that adds classes."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from estimation.plan import CLASSES
from estimation.results import DepositResult
from reporting.limits import SECTION, content_notes
from reporting.report import SiteReport
from reporting.site.frame import same
from reporting.sums import class_metal_t
from reporting.tables import (
    Cell,
    Row,
    Table,
    basis_of,
    column,
    heading,
    number,
    words,
)
from reporting.units import (
    TOTAL_TEXT,
    Text,
    Unit,
    class_text,
    grade_display,
    metal_display,
    symbol,
)
from reporting.views.bars import STATUTORY_WORDS, part_text, statutory_bars, waterfall_of
from reporting.views.deposit import ROUNDING_NOTE
from tracking.movement.change import valued_words
from tracking.movement.movement import ORE, STATUTORY_COLUMNS, TOTAL, Movement, add_classes
from tracking.movement.statutory import MINING_REMARKS

SIGNED = {"explored_kg", "recalculated_kg"}
TAKEN = {"mined_kg", "lost_kg", "sterilized_kg"}
"""Amounts that the mine ledger writes without a sign and takes away."""
SPLITS = {
    "attributed": Text(
        "各因素逐项推进重算，按台账归因分列勘查增减与重算增减。",
        "Each cause under its own heading, by the attribution in the ledger.",
    ),
    "stated": Text(
        "按报告自述的变动原因列入。",
        "Under the cause that the report itself gives.",
    ),
    "explored": Text(
        "数据有增加，参数与程序未变：变动全部列入勘查增减。",
        "New data under an unchanged plan and program: the whole change is exploration.",
    ),
    "recalculated": Text(
        "数据未变，参数或程序有变：变动全部列入重算增减。",
        "Unchanged data under another plan or program: the whole change is recalculation.",
    ),
    "not separated": Text(
        "数据与参数（或程序）同时有变，或数据有变而非增加，尚未分开：变动暂列重算增减，"
        "其中可含勘查部分。",
        "Data and plan (or program) both changed, or data changed and did not grow; not yet "
        "separated: the change stands under recalculation and part of it may be exploration's.",
    ),
    "mined only": Text(
        "数据与参数均未变：除开采外的差额为修约所致。",
        "Neither data nor plan changed: what is left beside mining is rounding.",
    ),
    "several": Text(
        "各行按其自身原因分列勘查增减与重算增减。",
        "Each line stands under exploration or recalculation by its own cause.",
    ),
}
_ORDER_NOTE = Text(
    "列序按矿山资源储量变动台帐：期末保有 = 期初保有 − 开采 − 损失 + 勘查增减 + 重算增减 − 压覆量；"
    "期末累计查明 = 期初累计查明 + 勘查增减 + 重算增减。",
    "Columns in the order of the mine ledger: closing = opening − mined − lost + exploration "
    "+ recalculation − sterilized; closing cumulative = opening cumulative + exploration "
    "+ recalculation.",
)
_LOST_NOTE = Text(
    "损失量按采空体所附损失率计；未给损失率的，动用量全部列入开采量。压覆量（建设项目等压覆的资源量）只在归因"
    "分出时列入。",
    "Losses are by the loss rate given with the mined ground; without one, all depletion stands "
    "under mined. Sterilized: resource that a railway, reservoir or town overlies; it stands here "
    "only where an attribution tells it.",
)


def movement_units(element: str) -> dict[str, Unit]:
    """Printed unit of a movement by language, from stored kilograms."""
    if element == ORE:
        return {"zh": Unit("万t", "1e-7", 2), "en": Unit("Mt", "1e-9", 2)}
    kilograms = metal_display(element).sign == "kg"
    unit = Unit("kg", "1", 0) if kilograms else Unit("t", "1e-3", 0)
    return {"zh": unit, "en": unit}


def intervals(report: SiteReport, deposit_id: str) -> list[tuple[Movement, ...]]:
    """Class movements of one deposit by interval, newest first."""
    groups: dict[tuple[Any, ...], list[Movement]] = {}
    for line in report.movements:
        if line.deposit_id == deposit_id and line.class_name != TOTAL:
            groups.setdefault((line.opening_vintage, line.closing_vintage), []).append(line)
    return [tuple(groups[key]) for key in sorted(groups, reverse=True)]


def movement_table(lines: Iterable[Movement], result: DepositResult, key: str) -> Table:
    """One interval in statutory order: the main element by class, then every element's total."""
    kept = tuple(lines)
    main = result.statement.main_element
    first = kept[0]
    head = [column("项目", "Item", numeric=False), column("类别", "Class", numeric=False)]
    head += [
        column(_period(zh) + "（减）" * (field in TAKEN), en + " (less)" * (field in TAKEN))
        for field, zh, en in STATUTORY_COLUMNS
    ]
    shown = [line for name in CLASSES for line in kept if _is(line, main, name)]
    totals = {line.element: line for line in add_classes(kept)}
    order = [main, ORE, *(e for e in totals if e not in (main, ORE))]
    rows = [_line(line) for line in shown]
    summed = [totals[element] for element in order if element in totals]
    rows += [_line(line, "" if place else "total") for place, line in enumerate(summed)]
    span = f"{first.opening_vintage} → {first.closing_vintage}"
    title = Text(f"资源量变动表 {span}", f"Resource movement {span}")
    causes = dict.fromkeys(line.split for line in kept)
    notes = [_ORDER_NOTE, *(SPLITS[cause] for cause in causes), _LOST_NOTE, ROUNDING_NOTE]
    notes += [*mining_notes(kept), *content_notes((result,))]
    return Table(key, title, basis_of(result), (tuple(head),), tuple(rows), tuple(notes))


def mining_notes(lines: Iterable[Movement]) -> list[Text]:
    """What is not known of an interval's mining, or is valued in another model."""
    found = tuple(lines)
    said = [words for name, words in MINING_REMARKS.items() if name in {x.mining for x in found}]
    valued = dict.fromkeys(x.valued_in for x in found if x.valued_in is not None)
    return [Text(*words) for words in (*said, *map(valued_words, valued))]


def _is(line: Movement, element: str, name: str) -> bool:
    """Whether a line is of this element and class."""
    return line.element == element and line.class_name == name


def _period(zh: str) -> str:
    """Vintages are not always years: 年初 and 年末 read 期初 and 期末."""
    return zh.replace("年初", "期初").replace("年末", "期末")


def _line(line: Movement, style: str = "") -> Row:
    """One line of the movement table."""
    units = movement_units(line.element)
    label = TOTAL_TEXT if line.class_name == TOTAL else class_text(line.class_name)
    about = {
        "metal": line.element,
        "klass": line.class_name,
        "deposit": line.deposit_id,
        "vintage": line.closing_vintage.isoformat(),
    }
    mark = f" {SECTION}" * line.is_content
    what = Text("矿石", "Ore") if line.element == ORE else same(symbol(line.element) + mark)
    zh, en = (
        f"{word}\N{NO-BREAK SPACE}({units[key].sign})"
        for word, key in ((what.zh, "zh"), (what.en, "en"))
    )
    cells: list[Cell] = [heading(Text(zh, en)), words(label, "keep")]
    for field, *_names in STATUTORY_COLUMNS:
        value = getattr(line, field)
        cells.append(number(value, units, quantity=field, signed=field in SIGNED, about=about))
    return Row(tuple(cells), style)


def causes_table(lines: Iterable[Movement], result: DepositResult, key: str) -> Table:
    """Why and of what kind the main element changed in one interval, by class and in all.

    Causes come first, in the order that they were advanced in, then the kinds of growth; each
    group adds up to closing - opening, to the kilogram.
    """
    kept = tuple(lines)
    main = result.statement.main_element
    unit = metal_display(main)
    lines = (*kept, *add_classes(kept))
    shown = {line.class_name: line for line in lines if line.element == main}
    head = [
        column("归类", "By", numeric=False),
        column("原因 · 类型", "Cause · kind", numeric=False),
    ]
    for name in shown:
        text = TOTAL_TEXT if name == TOTAL else class_text(name)
        head.append(column(text.zh, text.en, unit.sign))
    rows = []
    where = {"metal": main, "deposit": result.deposit_id, "vintage": result.vintage.isoformat()}
    for part, group in (("bars", _BY_CAUSE), ("growth", _BY_KIND)):
        amounts = {name: dict(getattr(line, part)) for name, line in shown.items()}
        quantity = f"{part}_t"
        for what in dict.fromkeys(name for held in amounts.values() for name in held):
            cells = [words(group), heading(part_text(what))]
            for name, held in amounts.items():
                about = {**where, "klass": name, part: what}
                change_t = Decimal(held.get(what, 0)) / 1000
                cells.append(number(change_t, unit, quantity=quantity, signed=True, about=about))
            rows.append(Row(tuple(cells)))
    span = f"{kept[0].opening_vintage} → {kept[0].closing_vintage}"
    title = Text(f"变动原因与增长类型 {span}", f"Causes and kinds of the change {span}")
    return Table(key, title, basis_of(result), (tuple(head),), tuple(rows), (_SPLIT_NOTE,))


_BY_CAUSE = Text("按原因", "by cause")
_BY_KIND = Text("按增长类型", "by kind of growth")
_SPLIT_NOTE = Text(
    "各因素按上列次序逐项推进重算得出，次序不同则各项大小不同；两组各自之和均等于期末减期初。"
    "“未分开”须归因后方可分列。",
    "Causes are found by advancing one at a time in the order printed, and sizes depend on it; "
    "either group adds up to closing less opening. What is not separated awaits an attribution.",
)


def waterfall_parameters(lines: Iterable[Movement], main: str) -> dict[str, Any]:
    """What the waterfall of the main element shows: 合计（统计口径）， in kt."""
    kept = [line for line in lines if line.element == main]
    return waterfall_of(statutory_bars(kept), main, STATUTORY_WORDS)


def vintages_table(results: tuple[DepositResult, ...]) -> Table:
    """Metal of the main element by class at every vintage; earlier figures stay as they were."""
    newest = results[-1]
    main = newest.statement.main_element
    unit = metal_display(main)
    head = [column("数据截止", "Data to", numeric=False)]
    head.append(column("边界品位", "Cut-off", grade_display(main).sign))
    for name in CLASSES:
        text = class_text(name)
        head.append(column(f"{text.zh[:2]} {symbol(main)}", f"{text.en} {symbol(main)}", unit.sign))
    head += [column("钻孔数", "Holes"), column("组合样数", "Composites")]
    rows = []
    for result in reversed(results):
        vintage = result.vintage.isoformat()
        about = {"deposit": result.deposit_id, "vintage": vintage}
        cells = [
            heading(Text(vintage, vintage)),
            number(result.statement.reporting_cutoff, Unit("", "1", 2), quantity="cutoff"),
        ]
        for name in CLASSES:
            metal = class_metal_t(result, main, name)
            of = {**about, "metal": main, "klass": name}
            cells.append(number(metal, unit, quantity="metal_t", about=of))
        cells += [
            number(result.holes, Unit("", "1", 0), quantity="holes", about=about),
            number(result.composites, Unit("", "1", 0), quantity="composites", about=about),
        ]
        rows.append(Row(tuple(cells), "strong" if result is newest else ""))
    title = Text("历次估算", "Vintages")
    return Table("vintages", title, basis_of(newest), (tuple(head),), tuple(rows))
