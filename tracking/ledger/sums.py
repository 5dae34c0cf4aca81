"""Whether the figures inside ledger entries foot: parts within their whole, metal by its grade.

Everything here is whole kilograms as written. Rows were rounded one by one, so two sums of the
same ore, split otherwise, may differ by half a kilogram a row (:data:`ROUNDING_KG`) and no more.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from estimation.errors import EstimationError
from estimation.results import METAL_PER_GRADE, grade_unit
from tracking.forms.figures import CONVERTED_FROM
from tracking.forms.outside import PARTS
from tracking.forms.values import limit
from tracking.ledger.entries import GRADE_DECIMALS, LedgerEntry
from tracking.movement.attribution import check_attribution, read_attribution
from tracking.movement.quantities import ORE, Part, Quantities, part_kg

ROUNDING_KG = 0.5
"""Error of one rounded quantity."""

Rows = list[dict[str, Any]]

_PARTS: tuple[Part, ...] = (
    "statement",
    "depletion",
    "lost",
    "extension",
    "reclassified_from",
    "reclassified_to",
)
_PAIRS: tuple[tuple[Part, Part], ...] = (
    ("lost", "depletion"),
    ("extension", "statement"),
    ("low_grade", "statement"),
)

ROUNDED = 0.0
"""Metal beyond ore times grade that rows of our own have, but for rounding."""

_SHARING = {"proved": ("proved",), "probable": ("proved", "probable")}
"""Classes of reserve that lie in the same resource; what has no class lies in all of it."""


def sum_problems(entries: Iterable[LedgerEntry]) -> list[str]:
    """What does not foot in the entries; each sentence names entry, row and both numbers.

    An entry whose content lacks what its kind must have is a problem too.
    """
    known = {entry.number: entry for entry in entries}
    said = []
    for entry in known.values():
        try:
            said += [
                f"entry {entry.number} / 第 {entry.number} 条: {problem}"
                for problem in _problems(entry, known)
            ]
        except EstimationError as error:
            said.append(f"entry {entry.number} / 第 {entry.number} 条: {error}")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            said.append(
                f"entry {entry.number} / 第 {entry.number} 条: content lacks or misstates "
                f"{error} / 内容缺项或有误"
            )
    return said


def _problems(entry: LedgerEntry, known: dict[int, LedgerEntry]) -> Iterator[str]:
    """Problems of one entry, by its kind."""
    if entry.kind == "estimate":
        for name in ("statement", "mined", "depletion", "lost", "extension"):
            yield from _rows_problems(name, entry.content.get(name) or [])
    if entry.kind == "outside":
        yield from _stated_problems(entry)
    if entry.kind == "mining":
        for name in ("depletion", "lost"):
            for row in entry.content[name]:
                yield from _row_problems(name, row, ROUNDED)
    if entry.kind in ("estimate", "mining"):
        yield from _parts_problems(entry)
    if entry.kind == "attribution":
        split = read_attribution(entry.content)
        check_attribution(split, known[split.opening], known[split.closing])


def _rows_problems(name: str, rows: Rows) -> Iterator[str]:
    """Rows that stand twice, metal that is not ore times grade, ore evaluated beyond the ore."""
    seen = set()
    for row in rows:
        key = (row["class"], row["domain"], row["cutoff"])
        where = f"{name} {' '.join(map(str, key))}"
        if key in seen:
            yield f"{where}: stands twice / 重复"
        seen.add(key)
        for element, figure in row["elements"].items():
            yield from _figure_problems(f"{where} {element}", element, figure)
    yield from _cutoff_problems(name, rows)


def _row_problems(name: str, row: dict[str, Any], more: float) -> Iterator[str]:
    """The same of a row whose elements were evaluated in all its ore; see :func:`_figure_problems`.

    Nothing is said of what the row doesn't state.
    """
    for element, figure in row["elements"].items():
        whole = {"evaluated_ore_kg": row["ore_kg"], **figure}
        if None not in whole.values():
            where = f"{name} {row['class']} {row['domain']} {element}"
            yield from _figure_problems(where, element, whole, more)


def _stated_problems(entry: LedgerEntry) -> Iterator[str]:
    """A report's rows, and its reserves within the resource that they were converted from (L05).

    Metal may be off ore times grade as in a form (``standards/records.yaml``), and by what the
    digits that the report prints leave open.
    """
    printed = [_open_share(row) for row in entry.content.get("as_reported") or ()]
    more = limit("metal_tolerance_pct") / 100 + max(printed, default=0.0)
    for part in PARTS:
        for row in entry.content.get(part) or ():
            yield from _row_problems(part, row, more)
    reserves = part_kg(entry, "reserves")
    resource = part_kg(entry, "statement") + part_kg(entry, "low_grade")
    for name in sorted({name for name, _ in reserves} - {ORE}):
        for own in sorted({c for element, c in reserves if element == name}):
            within = CONVERTED_FROM.get(own, ("measured", "indicated"))
            whole = sum(resource[name, c] for c in within)
            part_of = sum(reserves[name, c] for c in _SHARING.get(own, (own,)))
            if part_of > whole + _unclassified(entry, name):
                yield (
                    f"reserves {own} {name}: {part_of} kg is more than the resource {whole} kg "
                    f"({' + '.join(within)}) / 储量大于资源量"
                )


def _unclassified(entry: LedgerEntry, name: str) -> int:
    """Kilograms of the resource that a report does not split into classes."""
    rows = [r for r in entry.content.get("totals") or () if r["part"] in ("statement", "low_grade")]
    return sum(row["elements"].get(name, {}).get("metal_kg") or 0 for row in rows)


def _open_share(row: dict[str, Any]) -> float:
    """Share of a printed row's metal that its last digits leave open: half a digit of each."""
    found = 0.0
    for key in ("ore", "grade", "metal"):
        try:
            value = Decimal(str(row[key]).replace(",", ""))
        except (KeyError, InvalidOperation):
            continue
        decimals = max(0, -int(value.as_tuple().exponent))
        if key == "grade":
            decimals = max(decimals, int(limit("least_grade_decimals")))
        found += float(Decimal(5).scaleb(-decimals - 1) / value) if value else 0.0
    return found


def _figure_problems(
    where: str, element: str, figure: dict[str, Any], more: float = ROUNDED
) -> Iterator[str]:
    """Metal against ore times grade, as far as the decimals of the grade, and ``more``, allow."""
    ore, metal, grade = (figure[key] for key in ("evaluated_ore_kg", "metal_kg", "grade"))
    if grade is None:
        if metal:
            yield f"{where}: {metal} kg without a grade / 有金属无品位"
        return
    unit = METAL_PER_GRADE[grade_unit(element)]
    allowed = ore * unit * 0.5 * 10.0**-GRADE_DECIMALS + grade * unit * ROUNDING_KG + 1.0
    if abs(ore * grade * unit - metal) > allowed + ore * grade * unit * more:
        yield f"{where}: {ore} kg at {grade} is not {metal} kg / 矿石量×品位与金属量不符"


def _cutoff_problems(name: str, rows: Rows) -> Iterator[str]:
    """Ore of a class and domain above a higher cut-off is part of that above a lower one."""
    by_key: dict[tuple[str, str], Rows] = defaultdict(list)
    for row in rows:
        by_key[row["class"], row["domain"]].append(row)
    for (class_name, domain), own in by_key.items():
        own.sort(key=lambda row: float(row["cutoff"]))
        for low, high in pairwise(own):
            if high["ore_kg"] > low["ore_kg"] + 2 * ROUNDING_KG:
                yield (
                    f"{name} {class_name} {domain}: more ore above {high['cutoff']} than above "
                    f"{low['cutoff']} / 高边界品位的矿石量更多"
                )


def _parts_problems(entry: LedgerEntry) -> Iterator[str]:
    """Parts within what they are part of; a change of classes sums to zero."""
    rows = {name: len(entry.content.get(name) or ()) for name in (*_PARTS, "low_grade")}
    for part, whole in _PAIRS:
        most = part_kg(entry, whole)
        for key, quantity in part_kg(entry, part).items():
            if quantity > most[key] + (rows[part] + rows[whole]) * ROUNDING_KG:
                yield (
                    f"{part} {key[1]} {key[0]}: {quantity} kg is more than the whole "
                    f"{most[key]} kg ({whole}) / 部分大于总体"
                )
    before, after = (
        _over_classes(part_kg(entry, name)) for name in ("reclassified_from", "reclassified_to")
    )
    allowed = (rows["reclassified_from"] + rows["reclassified_to"]) * ROUNDING_KG
    for name in sorted(before.keys() | after.keys()):
        if abs(before[name] - after[name]) > allowed:
            yield (
                f"reclassified {name}: {before[name]} kg before, {after[name]} kg after; a change "
                "of class sums to zero / 类别变动合计应为零"
            )


def _over_classes(by_class: Quantities) -> Counter[str]:
    """Element or ore -> kilograms, over all classes."""
    found: Counter[str] = Counter()
    for (name, _), quantity in by_class.items():
        found[name] += quantity
    return found
