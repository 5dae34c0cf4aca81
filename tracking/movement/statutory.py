"""The movement of a deposit as the forms have it: mine ledger and basic statistics table.

矿山资源储量变动台帐 and 矿产资源统计基础表: columns in their official order, one form for each
mineral, 主 → 共生 → 伴生. Ore stands in the main mineral's form only, since by-product metal lies
in the same ore and the tonnage would be counted again. Reserves are listed beside the resource that
contains them, and never added to it; low-grade ore has rows of its own.

The forms' words are data (``standards/statutory_tables.yaml``, each with its citation).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from estimation.statement.standards import class_names, standard
from geo.dictionary import load_words
from tracking.ledger.entries import LedgerEntry
from tracking.movement.by_products import remarks_on
from tracking.movement.change import Stock, valued_words
from tracking.movement.movement import (
    ORE,
    STATUTORY_COLUMNS,
    TOTAL,
    Movement,
    account_of,
    add_classes,
    movements,
)
from tracking.movement.quantities import Part, part_kg

Words = tuple[str, str]
"""Chinese and English."""

TableName = Literal["ledger", "annual"]

SPLIT_REMARKS: dict[str, Words] = {
    "attributed": ("按台账归因分列", "split by the ledger's attribution"),
    "stated": ("按报告所述原因", "by the cause that the report gives"),
    "explored": ("数据有增，方案未变", "new data, unchanged plan"),
    "recalculated": ("数据未变，方案或程序有变", "same data, another plan or program"),
    "not separated": (
        "勘查与重算尚未分开，暂列重算",
        "exploration and recalculation not separated, under recalculation",
    ),
    "mined only": ("除开采外为修约差", "beside mining, rounding only"),
    "several": ("各行各按其因", "each line by its own cause"),
}
"""What the remark says of where a change was put (:data:`tracking.movement.movement.Split`)."""

LOSS_UNKNOWN: Words = ("损失率未知，损失含于开采量", "loss rate unknown, losses within mined")
MINING_REMARKS: dict[str, Words] = {
    "unknown": (
        "期间开采量未知，含于各增减之中",
        "mining unknown, within the changes",
    ),
    "not deducted": (
        "开采记录未从估算中扣除，增减未知",
        "mining records not taken off the estimate, growth not known",
    ),
    "partly": (
        "开采记录未覆盖全部日期，开采量为已知部分",
        "mining records don't cover all days; mined is what they say",
    ),
}
"""What the remark says where mining is not known (:data:`tracking.movement.change.Mining`)."""

RECORDS_BESIDE: Words = ("另有开采记录，以体积为准", "mining records beside, volumes count")


@dataclass(frozen=True)
class Column:
    """One column of a form: a quantity (``field``) or words (``key``)."""

    key: str
    words: Words
    is_quantity: bool


@dataclass(frozen=True)
class Unit:
    """Unit in which a quantity is filed."""

    words: Words
    kg: int
    """Kilograms in one unit."""


@dataclass(frozen=True)
class StatutoryRow:
    """One row: ore or metal of one class in one period."""

    opening: date
    closing: date
    item: Literal["ore", "metal"]
    stock: Stock
    domains: tuple[str, ...]
    """Mineralized domains that the row's ore lies in: its ore types."""
    class_name: str
    class_words: Words
    code: str
    unit: Unit
    kg: Mapping[str, int | None]
    """By column key; None where the form's cell stays empty."""
    remark: Words

    def amount(self, key: str) -> str:
        """A quantity in the row's unit, exactly, as decimal text; empty where there is none."""
        value = self.kg.get(key)
        if value is None:
            return ""
        digits = len(str(self.unit.kg)) - 1
        whole, rest = divmod(abs(value), self.unit.kg)
        text = f"{whole}.{rest:0{digits}d}".rstrip("0").rstrip(".") if digits else str(whole)
        return f"-{text}" if value < 0 else text


@dataclass(frozen=True)
class StatutoryForm:
    """One form: one mineral of one deposit (and, of the annual table, one period)."""

    table: TableName
    deposit_id: str
    element: str
    title: Words
    mark: Words
    """What the figures are: an internal estimate, or a filed figure with its number."""
    header: tuple[tuple[Words, str], ...]
    """Heading and value; empty where nobody gave it."""
    columns: tuple[Column, ...]
    rows: tuple[StatutoryRow, ...]
    citation: str
    verified: bool


@dataclass(frozen=True)
class _Account:
    """A deposit's figures and its mining records."""

    name: str
    figures: tuple[LedgerEntry, ...]
    records: tuple[LedgerEntry, ...]
    filed: Mapping[int, str]

    def figure(self, day: date) -> LedgerEntry:
        """The figure as of a date."""
        return next(entry for entry in self.figures if entry.vintage == day)


def statutory_forms(
    figures: Iterable[LedgerEntry],
    attributions: Mapping[tuple[int, int], LedgerEntry],
    name: str,
    *,
    beside: Iterable[LedgerEntry] = (),
    filed: Mapping[int, str] | None = None,
    official: bool = False,
) -> tuple[StatutoryForm, ...]:
    """The forms of one deposit, named ``name`` on them, from its figures in the ledger.

    ``filed`` holds the filing numbers (备案号) of official figures by entry; the other arguments
    are those of :func:`tracking.movement.movement.movements`.

    Raises
    ------
    ValueError, EstimationError
        As :func:`tracking.movement.movement.movements`.
    """
    account = account_of(figures)
    low = any(entry.content.get("low_grade") for entry in account)
    stocks: tuple[Stock, ...] = ("industrial", "low_grade") if low else ("reported",)
    beside = tuple(beside)
    lines = [
        line
        for stock in stocks
        for line in movements(account, attributions, stock=stock, beside=beside, official=official)
        if not line.is_content
    ]
    if not lines:
        return ()
    known = _Account(name, account, tuple(e for e in beside if e.kind == "mining"), filed or {})
    forms: list[StatutoryForm] = []
    tables: tuple[TableName, ...] = ("ledger", "annual")
    for element in _in_order(
        account[-1], dict.fromkeys(x.element for x in lines if x.element != ORE)
    ):
        own = [line for line in lines if line.element in _items(account[-1], element)]
        for table in tables:
            groups = [own] if table == "ledger" else _periods(own)
            forms += [_form(table, known, element, group) for group in groups]
    return tuple(forms)


def role_of(entry: LedgerEntry, element: str) -> str:
    """``main``, ``co_product`` (共生) or ``by_product`` (伴生).

    A filed report may say so of each mineral; of an estimate the main element is known, and the
    others are by-products.
    """
    stated = (entry.content.get("roles") or {}).get(element)
    if stated:
        return str(stated)
    return "main" if element == entry.content.get("main_element") else "by_product"


def unit_of(element: str) -> Unit:
    """Unit in which ore or an element's metal is filed."""
    units = standard("statutory_tables")["units"]
    symbol = element.split("_", 1)[0].capitalize()
    kind = "precious" if symbol in units["precious_symbols"] else "base"
    chosen = units["ore" if element == ORE else kind]
    return Unit((chosen["zh"], chosen["en"]), int(chosen["kg"]))


def _in_order(entry: LedgerEntry, elements: Iterable[str]) -> list[str]:
    """主 → 共生 → 伴生, each in the order of the statement."""
    order = [role["name"] for role in standard("statutory_tables")["roles"]["rows"]]
    return sorted(elements, key=lambda element: order.index(role_of(entry, element)))


def _items(entry: LedgerEntry, element: str) -> tuple[str, ...]:
    """What moves in an element's form: its metal, and the ore where it is the main mineral."""
    return (ORE, element) if role_of(entry, element) == "main" else (element,)


def _periods(lines: Sequence[Movement]) -> list[list[Movement]]:
    """Lines by interval, in order."""
    groups: dict[tuple[date, date], list[Movement]] = {}
    for line in lines:
        groups.setdefault((line.opening_vintage, line.closing_vintage), []).append(line)
    return [groups[key] for key in sorted(groups)]


def _form(
    table: TableName,
    account: _Account,
    element: str,
    lines: Sequence[Movement],
) -> StatutoryForm:
    """One form of one mineral."""
    layout = standard("statutory_tables")[table]
    closing = account.figure(lines[-1].closing_vintage)
    rows = tuple(row for part in _periods(lines) for row in _rows(account, element, part))
    registry = closing.content.get("registry") or {}
    values = {
        **{key: str(value) for key, value in registry.items() if isinstance(value, str)},
        "district": account.name,
        "mineral": _mineral(closing, element),
        "unit": _units_text(closing, element),
        "period": f"{lines[0].opening_vintage} 至 {lines[-1].closing_vintage}",
    }
    return StatutoryForm(
        table=table,
        deposit_id=closing.deposit_id,
        element=element,
        title=_both(layout["name"]),
        mark=_mark(closing, account.filed),
        header=tuple((_both(one), values.get(one["key"], "")) for one in layout["header"]),
        columns=_columns(layout["columns"], rows),
        rows=rows,
        citation=layout["citation"],
        verified=bool(layout["verified"]),
    )


def _columns(raw: Iterable[Mapping[str, Any]], rows: Iterable[StatutoryRow]) -> tuple[Column, ...]:
    """A form's columns; one that it has only where something stands in it is left out else."""
    found = []
    for one in raw:
        key = one.get("field") or one["key"]
        if not one.get("only_where_any") or any(row.kg.get(key) for row in rows):
            found.append(Column(key, _both(one), "field" in one))
    return tuple(found)


def _rows(account: _Account, element: str, lines: Sequence[Movement]) -> Iterator[StatutoryRow]:
    """Rows of one interval: of each stock, the ore and then the metal, by class, then the sum."""
    days = (lines[0].opening_vintage, lines[0].closing_vintage)
    opening, closing = (account.figure(day) for day in days)
    recorded = any(days[0] < entry.vintage <= days[1] for entry in account.records)
    for stock in dict.fromkeys(line.stock for line in lines):
        for item in (ORE, element):
            own = [line for line in lines if (line.stock, line.element) == (stock, item)]
            if own and stock != "low_grade":
                yield from _reserves(own[0], opening, closing)
            for line in (*own, *add_classes(own)):
                yield _row(line, closing, recorded=recorded)


def _row(line: Movement, closing: LedgerEntry, *, recorded: bool) -> StatutoryRow:
    """A movement's line as a row; ``recorded``: mining records of the interval stand beside."""
    total = line.class_name == TOTAL
    names = standard("classes")["aggregate"] if total else class_names(line.class_name)
    return StatutoryRow(
        **_place(line, closing),
        class_name=line.class_name,
        class_words=_both(names),
        code="" if total else _code(line.class_name),
        kg={
            name: (getattr(line, name) or None) if line.listed_under else getattr(line, name)
            for name, _zh, _en in STATUTORY_COLUMNS
        },
        remark=_remark(line, closing, recorded=recorded and closing.kind == "estimate"),
    )


def _remark(line: Movement, closing: LedgerEntry, *, recorded: bool) -> Words:
    """What a reader must know of a row."""
    said = [SPLIT_REMARKS[line.split]]
    if line.mined_kg and not line.lost_kg:
        said.append(LOSS_UNKNOWN)
    if line.valued_in is not None:
        said.append(valued_words(line.valued_in))
    if line.mining in MINING_REMARKS:
        said.append(MINING_REMARKS[line.mining])
    if line.off_identified_kg:
        unit = unit_of(line.element)
        off = f"{line.off_identified_kg / unit.kg:+,.6g}"
        said.append(
            (
                f"报告所载累计查明与台账相差 {off} {unit.words[0]}",
                f"the report's own cumulative identified differs by {off} {unit.words[1]}",
            )
        )
    if recorded and line.mining != "not deducted":
        said.append(RECORDS_BESIDE)
    said += remarks_on(closing, line.element, line.class_name, line.listed_under)
    return "；".join(zh for zh, _ in said), "; ".join(en for _, en in said)


def _reserves(line: Movement, opening: LedgerEntry, closing: LedgerEntry) -> Iterator[StatutoryRow]:
    """Reserves at either end, where the figures state them: part of the resource, never added."""
    before, after = (part_kg(entry, "reserves") for entry in (opening, closing))
    for one in standard("statutory_tables")["classes"]["rows"]:
        key = (line.element, one["name"])
        if not one.get("reserve") or not (key in before or key in after):
            continue
        yield StatutoryRow(
            **_place(line, closing),
            class_name=one["name"],
            class_words=_both(class_names(one["name"])),
            code=one["code"],
            kg={"opening_kg": before.get(key), "closing_kg": after.get(key)},
            remark=("含于资源量，不另加", "part of the resource, not added"),
        )


def _place(line: Movement, closing: LedgerEntry) -> dict[str, Any]:
    """Where a row stands: period, stock, ore type and unit."""
    part: Part = "low_grade" if line.stock == "low_grade" else "statement"
    domains = dict.fromkeys(row["domain"] for row in closing.content.get(part) or ())
    return {
        "opening": line.opening_vintage,
        "closing": line.closing_vintage,
        "item": "ore" if line.element == ORE else "metal",
        "stock": line.stock,
        "domains": tuple(domains),
        "unit": unit_of(line.element),
    }


def _mark(entry: LedgerEntry, filed: Mapping[int, str]) -> Words:
    """What the figures are: filed, with the number; an internal estimate; statistics; a source."""
    if entry.number in filed:
        number = filed[entry.number]
        return (f"已评审备案 {number}", f"Reviewed and filed, {number}")
    if entry.kind == "estimate":
        return ("内部估算，未经评审备案", "Internal estimate, not reviewed or filed")
    if entry.content.get("source_kind") == "statistics":
        return (f"统计资料 {entry.series}", f"Statistics, {entry.series}")
    return (f"依据 {entry.series}，未经评审备案", f"After {entry.series}, not reviewed or filed")


def _units_text(entry: LedgerEntry, element: str) -> str:
    """The unit cell: of ore and metal where both stand in the form."""
    metal = unit_of(element).words[0]
    if ORE not in _items(entry, element):
        return metal
    return f"矿石 {unit_of(ORE).words[0]}；金属 {metal}"


def _mineral(entry: LedgerEntry, element: str) -> str:
    """Name and role of a mineral: 铜 Cu（主矿产）."""
    symbol = element.split("_", 1)[0]
    words = load_words("elements.yaml")["elements"].get(symbol, {}).get("words", [""])
    roles = {role["name"]: role["zh"] for role in standard("statutory_tables")["roles"]["rows"]}
    return f"{words[0]} {symbol.capitalize()}（{roles[role_of(entry, element)]}）".strip()


def _code(class_name: str) -> str:
    rows = standard("statutory_tables")["classes"]["rows"]
    return next(str(row["code"]) for row in rows if row["name"] == class_name)


def _both(words: Mapping[str, Any]) -> Words:
    return str(words["zh"]), str(words["en"])
