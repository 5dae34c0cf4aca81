"""What changed in all deposits together, from each vintage to the next: bars, tables, who moved.

The quantities are those of ``tracking.movement``, in whole kilograms, added over deposits, so that
every column and every waterfall foots to the kilogram. The deposits of one interval are those whose
figures close on its day; each opens on its own vintage before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from estimation.belts import Belt
from estimation.plan import CLASSES
from reporting.report import SiteReport
from reporting.rounding import printed
from reporting.site.frame import named, same
from reporting.tables import Basis, Cell, Row, Table, column, heading, number, words
from reporting.units import TOTAL_TEXT, Text, Unit, class_text, symbol
from reporting.views.bars import (
    STATUTORY,
    STATUTORY_WORDS,
    Bars,
    cause_bars,
    cause_words,
    part_text,
    statutory_bars,
)
from reporting.views.growth import SPLITS, mining_notes
from reporting.views.summary import summary_basis
from reporting.views.target_tables import listed, names_of
from tracking.movement.growth_types import GROWTH_TYPES, NOT_SEPARATED
from tracking.movement.movement import TOTAL, Movement

KG = Unit("kg", "1", 0)
PERCENT = Unit("%", "100", 2)
OPENING, CLOSING = Text("期初保有", "Opening retained"), Text("期末保有", "Closing retained")
FOOTING = Text(
    "各项带符号：期初 + 各项 = 期末，按印出的公斤数逐列、逐行相符，余差为零。",
    "Amounts carry their sign: opening + amounts = closing, to the kilogram as printed, in every "
    "column and row; nothing is left over.",
)
ORDER = Text(
    "项目次序按矿山资源储量变动台帐。",
    "Amounts in the order of the mine ledger.",
)
CAUSES = Text(
    "各因素按所列次序逐项推进重算得出，次序不同则各项大小不同；没有归因的矿床，原因只列到其数据、"
    "参数与程序所能分辨之处，其余列入“未分开”。",
    "Causes are found by advancing one at a time in the order listed, and sizes depend on it; of a "
    "deposit without an attribution, causes go as far as its data, plan and program tell, and the "
    "rest stands as not separated.",
)
UNKNOWN_MINING = Text(
    "开采量未知（含在勘查与重算增减内）：", "Mining unknown (within the additions): "
)


@dataclass(frozen=True)
class Interval:
    """One closing day: class lines of one element, of every deposit whose figures close on it."""

    closing: date
    element: str
    lines: tuple[Movement, ...]

    @property
    def deposits(self) -> tuple[str, ...]:
        """Deposits in it, in the report's order."""
        return tuple(dict.fromkeys(line.deposit_id for line in self.lines))

    @property
    def openings(self) -> tuple[date, ...]:
        """Days that the deposits open on."""
        return tuple(sorted({line.opening_vintage for line in self.lines}))

    @property
    def span(self) -> str:
        """Opening days and closing day as printed."""
        days = self.openings
        first = str(days[0]) if len(days) == 1 else f"{days[0]} … {days[-1]}"
        return f"{first} → {self.closing}"

    def of(self, deposit_id: str) -> tuple[Movement, ...]:
        """One deposit's lines."""
        return tuple(line for line in self.lines if line.deposit_id == deposit_id)

    def of_class(self, name: str) -> tuple[Movement, ...]:
        """One class's lines; of ``total`` all."""
        return tuple(line for line in self.lines if name in (TOTAL, line.class_name))


def intervals(report: SiteReport, belts: Iterable[Belt], element: str) -> tuple[Interval, ...]:
    """Every interval of some belts' deposits, newest first; content (含量) is no resource and out.

    Synthetic deposits and real ones are never added together: the caller asks for either.
    """
    ids = {deposit.id for belt in belts for deposit in belt.deposits}
    groups: dict[date, list[Movement]] = {}
    for line in report.movements:
        wanted = line.deposit_id in ids and line.element == element and line.stock == "reported"
        if wanted and line.class_name != TOTAL and not line.is_content:
            groups.setdefault(line.closing_vintage, []).append(line)
    return tuple(Interval(day, element, tuple(groups[day])) for day in sorted(groups, reverse=True))


def bars_table(report: SiteReport, interval: Interval, part: str) -> Table:
    """Opening, amounts and closing by class and in all; ``part`` is ``statutory`` or ``causes``."""
    make = statutory_bars if part == "statutory" else cause_bars
    columns = {name: make(interval.of_class(name)) for name in (*CLASSES, TOTAL)}
    order = dict.fromkeys(name for name, _amount in columns[TOTAL].steps)
    texts = STATUTORY_WORDS if part == "statutory" else cause_words(columns[TOTAL])
    metal = symbol(interval.element)
    head = [column(f"{metal} 金属量", f"{metal} metal", numeric=False)]
    for name in columns:
        text = TOTAL_TEXT if name == TOTAL else class_text(name)
        head.append(column(text.zh, text.en, KG.sign))
    rows = [_bar_row(OPENING, "opening_kg", columns, interval)]
    rows += [_bar_row(texts[name], name, columns, interval) for name in order]
    rows.append(_bar_row(CLOSING, "closing_kg", columns, interval, "total"))
    titles = {
        "statutory": (
            "资源量变动（台账口径）",
            "Resource movement, in the order of the mine ledger",
        ),
        "causes": ("资源量变动（按原因）", "Resource movement, by cause"),
    }
    zh, en = titles[part]
    title = Text(f"{zh} {interval.span}", f"{en}, {interval.span}")
    notes = [FOOTING, ORDER if part == "statutory" else CAUSES, *mining_notes(interval.lines)]
    key = f"change-{part}-{interval.element}-{interval.closing}"
    basis = _basis(report, interval)
    return Table(key, title, basis, (tuple(head),), tuple(rows), tuple(notes))


def kinds_table(report: SiteReport, interval: Interval) -> Table:
    """What kind of growth the change is, by class and in all; each column adds up to the change."""
    sums = {name: _kinds(interval.of_class(name)) for name in (*CLASSES, TOTAL)}
    metal = symbol(interval.element)
    head = [column(f"{metal} 金属量", f"{metal} metal", numeric=False)]
    for name in sums:
        text = TOTAL_TEXT if name == TOTAL else class_text(name)
        head.append(column(text.zh, text.en, KG.sign))
    order = [kind for kind in GROWTH_TYPES if any(kind in held for held in sums.values())]
    about = {"metal": interval.element, "vintage": interval.closing.isoformat()}
    rows = []
    for kind in (*order, ""):
        cells: list[Cell] = [heading(part_text(kind) if kind else NET)]
        for name, held in sums.items():
            amount = held[kind] if kind else sum(held.values())
            of = {**about, "klass": name}
            cells.append(
                number(amount, KG, quantity=f"{kind or 'change'}_kg", signed=True, about=of)
            )
        rows.append(Row(tuple(cells), "" if kind else "total"))
    title = Text(f"资源量变动（按增长类型） {interval.span}", f"By kind of growth, {interval.span}")
    key = f"change-kinds-{interval.element}-{interval.closing}"
    basis = _basis(report, interval)
    return Table(key, title, basis, (tuple(head),), tuple(rows), (KINDS,))


NET = Text("期末减期初", "Closing less opening")
KINDS = Text(
    "新发现、深部边部、加密（原范围内）均属勘查增减；升级只在类别之间转移，合计为零。",
    "New discovery, deep and peripheral, and infill all stand under exploration; an upgrade moves "
    "metal between classes and is zero in all.",
)


def _kinds(lines: Iterable[Movement]) -> Counter[str]:
    """Kilograms by kind of growth; what is of no kind is not separated."""
    sums: Counter[str] = Counter()
    for line in lines:
        sums.update(dict(line.growth) or {NOT_SEPARATED: line.closing_kg - line.opening_kg})
    return sums


def why(interval: Interval) -> Text:
    """The largest kinds of growth of an interval, in words, kt; what is nothing is left out."""
    sums = _kinds(interval.lines)
    largest = sorted((kind for kind in sums if sums[kind]), key=lambda kind: -abs(sums[kind]))[:3]
    parts = [
        (part_text(kind), printed(sums[kind], 1, scale="1e-6", signed=True)) for kind in largest
    ]
    return Text(
        "，".join(f"{text.zh} {kt} kt" for text, kt in parts),
        ", ".join(f"{text.en.lower()} {kt} kt" for text, kt in parts),
    )


def _bar_row(
    label: Text, name: str, columns: dict[str, Bars], interval: Interval, style: str = ""
) -> Row:
    """One bar in every class and in all."""
    cells: list[Cell] = [heading(label)]
    for class_name, bars in columns.items():
        end = {"opening_kg": bars.opening_kg, "closing_kg": bars.closing_kg}
        amount = end.get(name, dict(bars.steps).get(name, 0))
        about = {
            "metal": interval.element,
            "klass": class_name,
            "vintage": interval.closing.isoformat(),
        }
        quantity = name if name.endswith("_kg") else f"{name}_kg"
        cells.append(number(amount, KG, quantity=quantity, signed=name not in end, about=about))
    return Row(tuple(cells), style)


def _basis(report: SiteReport, interval: Interval) -> Basis:
    """The basis of an interval's tables; classes are added up here, and it says so."""
    found = [r for one in interval.deposits for r in report.results.get(one, ())]
    basis = summary_basis([r for r in found if r.vintage == interval.closing])
    status = Text(f"{basis.status.zh} · {TOTAL_TEXT.zh}", f"{basis.status.en} · {TOTAL_TEXT.en}")
    return Basis(basis.cutoff, same(interval.span), basis.density, status)


@dataclass(frozen=True)
class Mover:
    """One deposit's part in an interval, all classes together."""

    deposit_id: str
    name: Text
    opening: date
    bars: Bars
    split: str
    known: bool
    """Whether what was mined is known."""

    @property
    def change_kg(self) -> int:
        """Closing less opening."""
        return self.bars.closing_kg - self.bars.opening_kg

    @property
    def change(self) -> Cell:
        """The change in kt, one decimal."""
        about = {"deposit": self.deposit_id}
        kt = Unit("kt", "1e-6", 1)
        return number(self.change_kg, kt, quantity="change_kg", signed=True, about=about)


def movers(report: SiteReport, interval: Interval) -> tuple[Mover, ...]:
    """The deposits of an interval, the largest change first."""
    names = names_of(report)
    found = []
    for one in interval.deposits:
        lines = interval.of(one)
        splits = {line.split for line in lines}
        split = splits.pop() if len(splits) == 1 else "several"
        known = all(line.mined_kg is not None for line in lines)
        opening = lines[0].opening_vintage
        name = names.get(one, same(one))
        found.append(Mover(one, name, opening, statutory_bars(lines), split, known))
    return tuple(sorted(found, key=lambda one: (-abs(one.change_kg), one.deposit_id)))


def deposits_table(report: SiteReport, interval: Interval) -> Table:
    """Each deposit's movement, the largest change first, and all of them together."""
    head = [column("矿床", "Deposit", numeric=False), column("期初保有", "Opening", KG.sign)]
    head += [column(text.zh, text.en, KG.sign) for _field, _sign, text in STATUTORY]
    head += [
        column("期末保有", "Closing", KG.sign),
        column("增减", "Change", KG.sign),
        column("占期初", "Of its opening", "%"),
        column("归因", "Told by", numeric=False),
    ]
    found = movers(report, interval)
    rows = [_mover_row(one, interval) for one in found]
    whole = Mover(
        "*", TOTAL_TEXT, interval.openings[0], statutory_bars(interval.lines), "", known=True
    )
    rows.append(_mover_row(whole, interval))
    splits = dict.fromkeys(one.split for one in found)
    notes = [FOOTING, *(_said(SPLIT_WORDS[name], SPLITS[name]) for name in splits)]
    unknown = listed((m.deposit_id for m in found if not m.known), names_of(report))
    if unknown.zh:
        notes.append(Text(UNKNOWN_MINING.zh + unknown.zh, UNKNOWN_MINING.en + unknown.en))
    metal = symbol(interval.element)
    title = Text(
        f"各矿床 {metal} 变动（按增减大小） {interval.span}",
        f"{metal} movement by deposit, largest change first, {interval.span}",
    )
    key = f"change-deposits-{interval.element}-{interval.closing}"
    basis = _basis(report, interval)
    return Table(key, title, basis, (tuple(head),), tuple(rows), tuple(notes))


def _mover_row(one: Mover, interval: Interval) -> Row:
    """One deposit's line; ``*`` is all of them."""
    whole = one.deposit_id == "*"
    about = {
        "metal": interval.element,
        "deposit": one.deposit_id,
        "vintage": interval.closing.isoformat(),
    }
    steps = dict(one.bars.steps)
    opened = None if whole else same(f"{one.opening} → {interval.closing}")
    share = Decimal(one.change_kg) / one.bars.opening_kg if one.bars.opening_kg else None
    cells = [
        heading(one.name, opened),
        number(one.bars.opening_kg, KG, quantity="opening_kg", about=about),
    ]
    for field, _sign, _text in STATUTORY:
        amount = steps[field] if one.known or field not in ("mined_kg", "lost_kg") else None
        cells.append(number(amount, KG, quantity=field, signed=True, about=about))
    cells += [
        number(one.bars.closing_kg, KG, quantity="closing_kg", about=about),
        number(one.change_kg, KG, quantity="change_kg", signed=True, about=about),
        number(share, PERCENT, quantity="change_share", signed=True, about=about),
        words("" if whole else SPLIT_WORDS[one.split]),
    ]
    return Row(tuple(cells), "total" if whole else "")


SPLIT_WORDS = {
    "attributed": Text("台账归因", "attribution"),
    "stated": Text("报告自述", "the report"),
    "explored": Text("仅数据增加", "more data only"),
    "recalculated": Text("仅参数或程序", "plan or program only"),
    "not separated": Text("未分开", "not separated"),
    "mined only": Text("仅开采", "mining only"),
    "several": Text("分别", "several"),
}
"""How the causes of a deposit's change are told, in a word."""


def _said(word: Text, note: Text) -> Text:
    """A word with what it means."""
    return Text(f"{word.zh}：{note.zh}", f"{word.en}: {note.en}")


def missing(report: SiteReport, belts: Sequence[Belt], interval: Interval) -> tuple[Text, ...]:
    """Deposits without a movement on an interval's day, each with the reason."""
    found = []
    for deposit in (deposit for belt in belts for deposit in belt.deposits):
        if deposit.id in interval.deposits:
            continue
        name, days = named(deposit.name), [r.vintage for r in report.results.get(deposit.id, ())]
        why = _reason(interval, days)
        found.append(Text(f"{name.zh}：{why.zh}", f"{name.en}: {why.en}"))
    return tuple(found)


def _reason(interval: Interval, days: Sequence[date]) -> Text:
    """Why a deposit with estimates on ``days`` has no movement in an interval."""
    if not days:
        return Text("没有估算", "no estimate")
    if interval.closing not in days:
        return Text(
            f"该日没有估算（估算日：{'、'.join(map(str, days))}）",
            f"no estimate as of that day (estimates: {', '.join(map(str, days))})",
        )
    if days[0] == interval.closing:
        return Text("首次估算，没有期初", "its first estimate: nothing to open with")
    metal = symbol(interval.element)
    return Text(
        f"没有 {metal} 资源量变动可列（未列该元素，或变动无法计量）",
        f"no movement of {metal} can be stated (not in its figures, or not measurable)",
    )
