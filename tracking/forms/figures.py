"""The rows of a form: one for each class, stock and element, in kilograms, checked.

Checks: units are named, metal is ore times grade, no row stands twice, a total never beside its
parts, reserves inside the resource (GB/T 17766-2020 clause 5), low grade (低品位) a stock of its
own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import floor, log10
from typing import Any

from geo.dictionary import load_words, normal
from tracking.forms.class_codes import ClassCode, class_code, nearest_codes
from tracking.forms.reading import Cell, Form
from tracking.forms.values import (
    MOST_KG,
    element,
    in_element_unit,
    limit,
    mass_kg,
    most_grade,
    share,
    value_of,
)
from tracking.forms.words import form_fields

NAMES_2020 = ("GBT17766_2020", "JORC", "NI43-101")
"""Reporting codes whose classes are written with the names of 2020."""


@dataclass(frozen=True)
class Row:
    """One row of the figures, typed."""

    cell: Cell
    """Its class, for its place."""
    code: ClassCode
    stock: str
    """``industrial`` or ``low_grade``."""
    part: str
    """``retained`` 保有 or ``identified`` 累计查明."""
    ore_type: str
    element: str
    role: str | None
    ore_kg: int | None
    """None where the source doesn't say: never zero."""
    grade: float | None
    """In the unit of the element's name."""
    metal_kg: int
    note: str | None

    @property
    def group(self) -> tuple[str, str, str]:
        """What is added to what: kind, basis and stock."""
        return self.code.kind, self.part, self.stock


def figure_rows(form: Form, header: dict[str, Any]) -> list[Row]:
    """Typed rows of the form; rows that can't be used are told and left out.

    What holds over all rows is asked only where each of them can be used.
    """
    if not form.figures:
        form.say("BN-LED-024", Cell("", None, form.figures_sheet or "figures", form.figures_sheet))
    rows = [row for cells in form.figures if (row := _row(form, header, cells))]
    _twice(form, rows)
    _totals_beside_parts(form, rows, header)
    if len(rows) < len(form.figures):
        return rows
    if header["source_kind"] == "report" or any(row.code.kind == "resource" for row in rows):
        _reserves_inside(form, rows)
    _identified_not_below(form, rows)
    _by_product_ore(form, rows, header["main_element"])
    return rows


def _row(form: Form, header: dict[str, Any], cells: dict[str, Cell]) -> Row | None:
    """One row, or None where it can't be used."""
    before = len(form.findings)
    first = next(iter(cells.values()))
    values: dict[str, Any] = {}
    for field in form_fields("figures"):
        cell = cells.get(field.key)
        values[field.key] = value_of(form, field, cell) if cell else None
        if cell is None and field.needed == "always":
            rule = "BN-LED-025" if field.key == "metal" else "BN-LED-004"
            place = Cell("", first.row, field.heading if first.sheet else field.key, first.sheet)
            form.say(rule, place, name=field.heading)
    name = element(form, cells["element"]) if "element" in cells else None
    code = _code(form, header, cells) if "class" in cells else None
    _units(form, cells)
    stock = _stock(form, cells, values, code)
    if code is not None and code.kind == "reserve" and values["part"] == "identified":
        form.say("BN-LED-056", cells["part"], old=code.code)
    if code is None or name is None or _errors_since(form, before):
        return None
    ore = _mass(form, cells, values, "ore")
    grade = None if values["grade"] is None else share(values["grade"], values["grade_unit"])
    metal = _mass(form, cells, values, "metal")
    if grade is not None and grade > most_grade(name):
        form.say("BN-LED-032", cells["grade"], unit=cells["grade_unit"].text)
    if metal is None or _errors_since(form, before):
        return None
    if not _adds_up(form, cells, values, (ore, grade, metal)):
        return None
    return Row(
        cell=cells["class"],
        code=code,
        stock=stock,
        part=values["part"] or "retained",
        ore_type=values["ore_type"] or "all",
        element=name,
        role=values["role"],
        ore_kg=ore,
        grade=None if grade is None else round(in_element_unit(name, grade), 6),
        metal_kg=metal,
        note=values["note"],
    )


def _errors_since(form: Form, count: int) -> bool:
    """Whether an error was told after the first ``count`` findings."""
    return any(found.severity == "error" for found in form.findings[count:])


def _code(form: Form, header: dict[str, Any], cells: dict[str, Cell]) -> ClassCode | None:
    """The row's class; told where it is unknown, of another code, converted, or no resource."""
    cell = cells["class"]
    code = class_code(cell.text)
    if code is None and normal(cell.text) in load_words("columns.yaml")["totals"]:
        form.say("BN-LED-037", cell)
        return None
    if code is None:
        near = "、".join(nearest_codes(cell.text)) or "探明 / 控制 / 推断"
        form.say("BN-LED-026", cell, near=near)
        return None
    wanted = header["reporting_code"]
    system = "GBT17766_2020" if wanted in NAMES_2020 else wanted
    if wanted is not None and code.system != system:
        form.say("BN-LED-027", cell, system=code.system, wanted=wanted)
        return None
    if code.kind == "excluded":
        form.say("BN-LED-028", cell, old=code.code)
    elif code.converted:
        form.say("BN-LED-029", cell, old=code.code, name=code.class_name)
    return code


def _stock(
    form: Form, cells: dict[str, Cell], values: dict[str, Any], code: ClassCode | None
) -> str:
    """Industrial or low grade; told where the class code says otherwise."""
    written: str | None = values["stock"]
    if code is not None and code.low_grade:
        if written == "industrial":
            form.say("BN-LED-030", cells["stock"], old=cells["class"].text)
        return "low_grade"
    return written or "industrial"


def _units(form: Form, cells: dict[str, Cell]) -> None:
    """A number has its unit."""
    for key in ("ore", "grade"):
        if key in cells and f"{key}_unit" not in cells:
            form.say("BN-LED-031", cells[key])


def _mass(form: Form, cells: dict[str, Cell], values: dict[str, Any], key: str) -> int | None:
    """Kilograms of a quantity; None where it is blank, or told where nothing holds so much."""
    if values[key] is None:
        return None
    found = mass_kg(values[key], values[f"{key}_unit"])
    if found > MOST_KG:
        form.say("BN-LED-055", cells[key])
    return found


def _adds_up(
    form: Form,
    cells: dict[str, Cell],
    values: dict[str, Any],
    stated: tuple[int | None, Decimal | None, int],
) -> bool:
    """Metal is ore times grade within one per cent; more only where printed digits explain it."""
    ore, grade, metal = stated
    if ore is None or grade is None:
        return True
    expected = ore * grade
    allowed = expected * Decimal(str(limit("metal_tolerance_pct"))) / 100
    off = abs(metal - expected)
    if off <= allowed:
        return True
    words = {
        "expected": f"{float(expected) / 1000:,.6g}",
        "stated": f"{metal / 1000:,.6g}",
        "off": f"{float(off / expected) * 100:.3g}" if expected else "∞",
    }
    rounded = off <= allowed + _rounding_kg(values, ore, grade)
    power = 0 if rounded else _power(metal, expected)
    if power:
        form.say("BN-LED-034", cells["metal"], power=f"10^{power:+d}", **words)
    else:
        form.say("BN-LED-033" if rounded else "BN-LED-035", cells["metal"], **words)
    return rounded


def _rounding_kg(values: dict[str, Any], ore_kg: int, grade: Decimal) -> Decimal:
    """How far ore times grade may be off because the three are printed to so many digits."""
    half = {}
    for key in ("ore", "grade", "metal"):
        decimals = max(0, -int(values[key].as_tuple().exponent))
        if key == "grade":
            decimals = max(decimals, int(limit("least_grade_decimals")))
        half[key] = Decimal(5).scaleb(-decimals - 1)
    ore, metal = (mass_kg(half[key], values[f"{key}_unit"]) for key in ("ore", "metal"))
    return ore * grade + ore_kg * share(half["grade"], values["grade_unit"]) + metal


def _power(metal: int, expected: Decimal) -> int:
    """Power of ten that turns the expected metal into the stated one; 0 where there is none."""
    if metal <= 0 or expected <= 0:
        return 0
    exact = log10(metal / float(expected))
    power = floor(exact + 0.5)
    return power if abs(10 ** (exact - power) - 1) <= limit("unit_slip_pct") / 100 else 0


def _twice(form: Form, rows: Sequence[Row]) -> None:
    """No row stands twice."""
    seen: dict[tuple[str, ...], Row] = {}
    for row in rows:
        key = (row.code.code, row.part, row.stock, row.ore_type, row.element)
        if key in seen:
            form.say("BN-LED-036", row.cell, first=seen[key].cell.row)
        seen.setdefault(key, row)


def _totals_beside_parts(form: Form, rows: Sequence[Row], header: dict[str, Any]) -> None:
    """A total never stands beside the classes or the ore types that it adds up."""
    for row in rows:
        alike = [r for r in rows if r.group == row.group and r.element == row.element]
        if row.code.kind != "excluded" and row.code.class_name == "unclassified":
            if any(r.code.class_name != "unclassified" for r in alike):
                form.say("BN-LED-037", row.cell)
            elif header["scope"] == "deposit" and header["source_kind"] == "report":
                form.say("BN-LED-038", row.cell)
        same_class = [r for r in alike if r.code.class_name == row.code.class_name]
        if row.ore_type == "all" and any(r.ore_type != "all" for r in same_class):
            form.say("BN-LED-037", row.cell)


def _reserves_inside(form: Form, rows: Sequence[Row]) -> None:
    """Each reserve lies inside the resource that it was converted from (check L05)."""
    retained = [row for row in rows if row.part == "retained"]
    for row in (r for r in retained if r.code.kind == "reserve"):
        alike = [r for r in retained if (r.stock, r.element) == (row.stock, row.element)]
        whole, mine, told = _resource_behind(row, alike)
        if whole is None or mine > whole:
            stated = "—" if whole is None else f"{whole / 1000:,.6g}"
            words = {"old": row.code.code, "whole": told, "mine": f"{mine / 1000:,.6g}"}
            form.say("BN-LED-039", row.cell, stated=stated, **words)
        elif row.code.within is not None:
            form.say("BN-LED-040", row.cell, old=row.code.code, whole=row.code.within)


CONVERTED_FROM = {"proved": ("measured",), "probable": ("measured", "indicated")}
"""Classes of the resource that a class of reserve is converted from (GB/T 17766-2020)."""


def _resource_behind(row: Row, alike: Sequence[Row]) -> tuple[int | None, int, str]:
    """Metal of the resource that a reserve lies in, the reserves' in it, and that resource's name.

    A 1999 code names its own (111 in 111b); of 2020, probable and proved share theirs.
    """
    if row.code.within is not None:
        whole = [r.metal_kg for r in alike if r.code.code == row.code.within]
        mine = [r.metal_kg for r in alike if r.code.code == row.code.code]
        return sum(whole) if whole else None, sum(mine), row.code.within
    name = row.code.class_name
    classes = CONVERTED_FROM.get(name, ("measured", "indicated", "unclassified"))
    sharing = ("proved", "probable") if name == "probable" else (name,)
    resource = [r for r in alike if r.code.kind == "resource" and r.code.class_name in classes]
    reserve = [r for r in alike if r.code.kind == "reserve" and r.code.class_name in sharing]
    held = sum(r.metal_kg for r in resource) if resource else None
    return held, sum(r.metal_kg for r in reserve), " + ".join(classes)


def _identified_not_below(form: Form, rows: Sequence[Row]) -> None:
    """Cumulative identified (累计查明) is retained (保有) and all that was mined: never less."""
    sums: Counter[tuple[str, str, str]] = Counter()
    first: dict[tuple[str, str, str], Row] = {}
    for row in rows:
        if row.code.kind == "resource":
            sums[row.part, row.stock, row.element] += row.metal_kg
            first.setdefault((row.part, row.stock, row.element), row)
    for (part, stock, name), row in first.items():
        kept = sums.get(("retained", stock, name))
        if part == "identified" and kept is not None and sums[part, stock, name] < kept:
            stated = f"{sums[part, stock, name] / 1000:,.6g}"
            words = {"identified": stated, "retained": f"{kept / 1000:,.6g}"}
            form.say("BN-LED-041", row.cell, element=name, **words)


def _by_product_ore(form: Form, rows: Sequence[Row], main: str | None) -> None:
    """Ore of a by-product is ore of the main element: it is not added, and rarely more."""
    ore: Counter[tuple[str, str]] = Counter()
    for row in rows:
        if row.code.kind == "resource" and row.part == "retained" and row.ore_kg is not None:
            ore[row.element, row.stock] += row.ore_kg
    first = {(row.element, row.stock): row for row in reversed(rows)}
    for row in first.values():
        own, whole = ore[row.element, row.stock], ore[str(main), row.stock]
        if row.role == "by_product" and whole and own > whole:
            words = {"own": f"{own / 1000:,.6g}", "whole": f"{whole / 1000:,.6g}"}
            form.say("BN-LED-042", row.cell, element=row.element, **words)
