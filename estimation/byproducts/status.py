"""What is known of each element of a deposit: evaluated, present, below threshold, or not assayed.

``NOT_ASSAYED`` is a figure in itself: a plan to evaluate rhenium in copper ore is measured by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from estimation.byproducts.standards import (
    SizeClass,
    Threshold,
    concentrate_grade,
    rules,
    size_class,
    symbol,
    threshold,
)
from estimation.results import ResourceStatement, grade_unit
from geo.drillholes.reading import Drillholes

Status = Literal["EVALUATED", "PRESENT_NOT_EVALUATED", "BELOW_THRESHOLD", "NOT_ASSAYED"]
LOOKED_FOR = ("mo", "re", "au", "ag", "co", "s")
"""Components that a table of status always names, assayed or not."""


@dataclass(frozen=True)
class ElementStatus:
    """One element's status, and what it was judged by."""

    element: str
    """Column where assayed (``re_ppm``), else the symbol."""
    status: Status
    samples: int
    holes: int
    grade: float | None
    """Length-weighted mean of the samples, in the element's unit."""
    judged: float | None
    """What was held against the threshold: in its own unit and basis."""
    threshold: Threshold | None
    metal_t: float | None
    """Stated metal at the reporting cut-off, tonnes; all classes, for statistics alone."""
    size: SizeClass | None
    """By that total; None where below the threshold."""
    note: str
    """How a concentrate's grade was come by; empty on the basis of ore."""


def statuses(
    drillholes: Drillholes,
    planned: tuple[str, ...],
    main: str,
    statement: ResourceStatement | None = None,
) -> tuple[ElementStatus, ...]:
    """Status of every by-product that is assayed or ought to be looked for.

    ``planned``: elements of the plan, estimated and derived. An element below its threshold is
    BELOW_THRESHOLD even where it was estimated: its metal is content, not a resource.
    """
    names = [n for n in dict.fromkeys((*planned, *drillholes.elements)) if n != main]
    means = {name: _mean(drillholes, name) for name in (*names, main)}
    found = [_status(name, means, name in planned, statement) for name in names]
    known = {symbol(name) for name in (*names, main)}
    found += [
        ElementStatus(s, "NOT_ASSAYED", 0, 0, None, None, threshold(f"{s}_x"), None, None, "")
        for s in LOOKED_FOR
        if s not in known
    ]
    return tuple(found)


def _status(
    name: str,
    means: dict[str, tuple[int, int, float]],
    planned: bool,
    statement: ResourceStatement | None,
) -> ElementStatus:
    """Status of one element from its samples and the thresholds."""
    samples, holes, grade = means[name]
    limit = threshold(name)
    metal = None if statement is None or name not in statement.elements else _metal(statement, name)
    size = None if metal is None else size_class(name, metal)
    shown = grade if samples else None
    if not samples and not planned:
        return ElementStatus(name, "NOT_ASSAYED", 0, 0, None, None, limit, metal, size, "")
    if limit is None or (not samples and metal is None):
        status: Status = "EVALUATED" if planned else "PRESENT_NOT_EVALUATED"
        return ElementStatus(name, status, samples, holes, shown, None, limit, metal, size, "")
    judged, note = _judged(name, grade, limit, means)
    status = "EVALUATED" if planned else "PRESENT_NOT_EVALUATED"
    if judged is not None and judged < limit.value:
        status, size = "BELOW_THRESHOLD", None  # its metal is content, not a resource
    return ElementStatus(name, status, samples, holes, shown, judged, limit, metal, size, note)


def _judged(
    name: str, grade: float, limit: Threshold, means: dict[str, tuple[int, int, float]]
) -> tuple[float | None, str]:
    """The grade that the threshold is held against, in its unit; None where it can't be had."""
    unit = grade_unit(name)
    if limit.basis == "ORE":
        scale = limit.value / limit.in_unit(unit)
        return grade * scale, ""
    carrier = limit.carrier
    if carrier is None or carrier not in rules()["concentrate"] or carrier not in means:
        return None, f"{limit.basis.lower()} not assayed / 精矿或单矿物未化验"
    held = means[carrier][2]
    if not held > 0:
        return None, f"{carrier} not assayed / 载体元素未化验"
    in_concentrate, rule = concentrate_grade(grade, held, carrier, unit)
    return in_concentrate * limit.value / limit.in_unit("gpt"), rule


def _mean(drillholes: Drillholes, name: str) -> tuple[int, int, float]:
    """Samples, holes and length-weighted mean of the source with more metres."""
    best = (0, 0, float("nan"), 0.0)
    for table in (drillholes.assay, drillholes.combined):
        if name not in table:
            continue
        part = table[table[name].notna()]
        metres = (part["to_m"] - part["from_m"]).to_numpy(dtype=float)
        if len(part) and metres.sum() > best[3]:
            mean = float(np.average(part[name].to_numpy(dtype=float), weights=metres))
            best = (len(part), int(part["hole_id"].nunique()), mean, float(metres.sum()))
    return best[:3]


def _metal(statement: ResourceStatement, name: str) -> float:
    """Metal of an element in all classes at the reporting cut-off, tonnes."""
    rows = [r for r in statement.at_cutoff() if name in r.elements]
    return float(sum(row.elements[name].metal_t for row in rows))


def evaluated_share(statement: ResourceStatement, element: str = "re_ppm") -> float:
    """Share of the copper ore (reporting cut-off, all classes) in which an element is evaluated.

    0 where the element is not stated at all; NaN of a statement without ore.
    """
    rows = statement.at_cutoff()
    ore = sum(row.ore_t for row in rows)
    held = sum(row.elements[element].evaluated_ore_t for row in rows if element in row.elements)
    return min(held / ore, 1.0) if ore > 0 else float("nan")


_BASES = {
    "ORE": ("矿石", "ore"),
    "CONCENTRATE": ("精矿", "concentrate"),
    "MINERAL": ("单矿物", "mineral"),
}


def judgement(one: ElementStatus) -> str:
    """What a status was judged by, ``Chinese / English``: value, threshold, basis, its source.

    A concentrate that nobody assayed is said to be assumed. Empty without a threshold.
    """
    limit = one.threshold
    if limit is None:
        return ""
    unit = {"pct": "%", "gpt": "g/t"}.get(limit.unit, limit.unit)
    basis_zh, basis_en = _BASES[limit.basis]
    known_zh, known_en = ("已核对", "verified") if limit.verified else ("未核对", "unverified")
    zh = f"指标 {limit.value:g} {unit}（{basis_zh}；{known_zh}）"
    en = f"threshold {limit.value:g} {unit} ({basis_en}; {known_en})"
    if one.judged is None:
        return f"{zh}，{basis_zh}未化验，未作比较 / {en}, not compared: no {basis_en} assayed"
    held = np.format_float_positional(one.judged, precision=3, fractional=False, trim="-")
    zh = f"评价值 {held} {unit}（样品均值），{zh}"
    en = f"judged {held} {unit} (mean of samples), {en}"
    if limit.carrier is not None and one.note:
        row = rules()["concentrate"][limit.carrier]["carrier_in_concentrate"]
        carrier = symbol(limit.carrier).capitalize()
        zh += f"，精矿未化验，按假定含 {carrier} {row['value']:g} % 的精矿折算"
        en += f", in an assumed concentrate of {row['value']:g} % {carrier}, none assayed"
    return f"{zh} / {en}"


def status_table(found: tuple[ElementStatus, ...]) -> pd.DataFrame:
    """Statuses as a table: one row an element, with threshold, basis and citation."""
    rows = []
    for one in found:
        limit = one.threshold
        rows.append(
            {
                "element": one.element,
                "status": one.status,
                "samples": one.samples,
                "holes": one.holes,
                "grade": one.grade,
                "judged": one.judged,
                "threshold": None if limit is None else limit.value,
                "threshold_unit": "" if limit is None else limit.unit,
                "basis": "" if limit is None else limit.basis,
                "metal_t": one.metal_t,
                "size": "" if one.size is None else one.size.name,
                "note": one.note,
                "citation": "" if limit is None else limit.citation,
                "verified": False if limit is None else limit.verified,
            }
        )
    return pd.DataFrame(rows)
