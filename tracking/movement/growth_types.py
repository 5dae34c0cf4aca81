"""Of what kind a change is: new discovery, deep and peripheral, infill, upgrade, index, mining.

Factors say *why* a figure changed (:mod:`tracking.movement.attribution`), growth types say *what
grew*. New drilling is split by geometry: metal in ground that the opening model had not
classified is deep and peripheral growth (深部边部), what only changed its class is an upgrade
(升级, zero over the classes), and the rest is infill (加密, in
ground already classified; all drilling stands under 勘查增减). Types add up to the change exactly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from estimation.plan import CLASSES
from tracking.ledger.entries import LedgerEntry
from tracking.movement.quantities import Quantities, added, difference, part_kg

DISCOVERY, DEEP_EDGE, INFILL, UPGRADE = "discovery", "deep_edge", "infill", "upgrade"
INDEX_CHANGE, PARAMETERS, CORRECTION = "index_change", "parameters", "correction"
DEPLETION, STERILIZED, SOFTWARE = "depletion", "sterilized", "software"
BY_PRODUCT, EXPLORATION, NOT_SEPARATED = "byproduct_new", "exploration", "not_separated"

GROWTH_TYPES: dict[str, tuple[str, str]] = {
    DISCOVERY: ("新发现", "New discovery"),
    DEEP_EDGE: ("深部边部", "Deep and peripheral"),
    INFILL: ("加密（原范围内）", "Infill"),
    EXPLORATION: ("勘查（未细分）", "Exploration, not divided"),
    UPGRADE: ("升级", "Class upgrade"),
    BY_PRODUCT: ("伴生新评价", "By-product newly evaluated"),
    INDEX_CHANGE: ("工业指标调整", "Cut-off change"),
    PARAMETERS: ("参数方法调整", "Parameters and method"),
    CORRECTION: ("更正", "Correction"),
    SOFTWARE: ("程序版本", "Program"),
    DEPLETION: ("开采与损失", "Mining and losses"),
    STERILIZED: ("压覆与矿权", "Sterilized ground and licence"),
    NOT_SEPARATED: ("未分开", "Not separated"),
}
"""Stable name -> words, in the order they are printed. ``exploration`` is drilling where the two
models' ground was not compared; ``not_separated`` may hold any cause, a changed cut-off too."""

TYPE_OF_FACTOR = {
    "software": SOFTWARE,
    "depletion": DEPLETION,
    "drilling": EXPLORATION,
    "correction": CORRECTION,
    "domains": PARAMETERS,
    "method": PARAMETERS,
    "density": PARAMETERS,
    "cutoff": INDEX_CHANGE,
    "class": UPGRADE,
    "licence": STERILIZED,
    NOT_SEPARATED: NOT_SEPARATED,
}
"""Growth type of a factor's bar before geometry divides it."""

FACTOR_OF_TYPE = {
    DISCOVERY: "drilling",
    DEEP_EDGE: "drilling",
    INFILL: "drilling",
    UPGRADE: "class",
    INDEX_CHANGE: "cutoff",
    PARAMETERS: "method",
    CORRECTION: "correction",
    STERILIZED: "licence",
}
"""Factor of a change whose growth type a filed report states."""


@dataclass(frozen=True)
class Bar:
    """One cause of the change between two figures, all elements and classes."""

    factor: str
    """A factor's name, or ``not_separated``."""
    kg: Quantities
    also: tuple[str, ...] = ()
    """Factors that could only be advanced together with this one."""
    explored: bool = False
    """Whether it stands under 勘查增减."""
    kind: str | None = None
    """Growth type that its source states; None: follows from the factor."""


def growth_by_type(
    bars: tuple[Bar, ...], opening: LedgerEntry, closing: LedgerEntry, *, compared: bool = True
) -> dict[str, Quantities]:
    """Kilograms by growth type; added over the types they are the bars' sum, by element and class.

    A changed cut-off, method or correction is what its own bar says. Without the geometry of both
    models (entries of earlier versions, filed reports) drilling stays :data:`EXPLORATION`; so it
    does where the closing compares its ground with another vintage than the opening (``compared``
    is false).
    """
    by_type: dict[str, Quantities] = {}
    for bar in bars:
        kind = _kind(bar)
        by_type[kind] = added([by_type.get(kind, Counter()), bar.kg])
    by_type = _with_class_rules(by_type)
    if EXPLORATION in by_type:
        by_type = _divided(by_type, opening, closing, compared=compared)
    by_type = _with_first_evaluations(by_type, opening, closing)
    return {name: by_type[name] for name in GROWTH_TYPES if name in by_type}


def states_geometry(closing: LedgerEntry) -> bool:
    """Whether an entry compares its model's ground with the one of the vintage before it."""
    return bool(closing.content.get("reclassified_from") or closing.content.get("extension"))


def upgrade_kg(closing: LedgerEntry) -> Quantities | None:
    """Class change of ground that both models classify, by the opening model's metal.

    Zero over the classes of each element: rows are whole kilograms, so a few are off; they are
    taken from the class that moved most. None where the entry doesn't compare the two models, or
    compares different ground (checked here: an upgrade adds nothing).
    """
    if not states_geometry(closing):
        return None
    moved = difference(part_kg(closing, "reclassified_to"), part_kg(closing, "reclassified_from"))
    rows = sum(len(closing.content.get(f"reclassified_{end}") or ()) for end in ("from", "to"))
    for element in dict.fromkeys(key[0] for key in moved):
        off = sum(moved[element, name] for name in CLASSES)
        if abs(off) > rows:
            return None
        most = max(CLASSES, key=lambda name: abs(moved[element, name]))
        moved[element, most] -= off
    return added([moved])


def _kind(bar: Bar) -> str:
    """Growth type of a bar; factors of different types that moved together can't be told apart."""
    if bar.kind:
        return bar.kind
    kinds = {
        EXPLORATION if bar.explored and factor == "domains" else TYPE_OF_FACTOR[factor]
        for factor in (bar.factor, *bar.also)
    }
    return kinds.pop() if len(kinds) == 1 else NOT_SEPARATED


def _with_class_rules(by_type: dict[str, Quantities]) -> dict[str, Quantities]:
    """Let changed class rules be an upgrade as far as they are zero over the classes.

    What they add in all came in, or left, where classified ground ends: at the least sure class.
    """
    rules = by_type.get(UPGRADE)
    if rules is None:
        return by_type
    least = CLASSES[-1]
    beyond: Quantities = Counter()
    for (element, _name), amount in rules.items():
        beyond[element, least] += amount
    return _moved(by_type, UPGRADE, PARAMETERS, beyond)


def _divided(
    by_type: dict[str, Quantities], opening: LedgerEntry, closing: LedgerEntry, *, compared: bool
) -> dict[str, Quantities]:
    """Divide drilling by where it found metal."""
    if _discovered(opening, closing):
        return _moved(by_type, EXPLORATION, DISCOVERY, by_type[EXPLORATION])
    upgraded = upgrade_kg(closing) if compared else None
    if upgraded is None:
        return by_type
    upgraded = difference(upgraded, by_type.get(UPGRADE, Counter()))
    by_type = _moved(by_type, EXPLORATION, UPGRADE, upgraded)
    by_type = _moved(by_type, EXPLORATION, DEEP_EDGE, part_kg(closing, "extension"))
    return _moved(by_type, EXPLORATION, INFILL, by_type.get(EXPLORATION, Counter()))


def _discovered(opening: LedgerEntry, closing: LedgerEntry) -> bool:
    """Whether nothing was known at the opening, or the register dates the discovery after it."""
    registry = closing.content.get("registry") or {}
    declared = (registry.get("discovered") or {}).get("date")
    since = declared is not None and opening.vintage.isoformat() < declared
    return since or not any(part_kg(opening, "statement").values())


def _with_first_evaluations(
    by_type: dict[str, Quantities], opening: LedgerEntry, closing: LedgerEntry
) -> dict[str, Quantities]:
    """What an element gains by being evaluated for the first time is no growth of ground."""
    new = set(closing.content["elements"]) - set(opening.content["elements"])
    for kind in [name for name in by_type if name not in (DEPLETION, DISCOVERY)]:
        first = Counter({key: kg for key, kg in by_type[kind].items() if key[0] in new})
        by_type = _moved(by_type, kind, BY_PRODUCT, first)
    return by_type


def _moved(
    by_type: Mapping[str, Quantities], source: str, to: str, kg: Quantities
) -> dict[str, Quantities]:
    """Take ``kg`` from one type to another."""
    if source == to or not kg:
        return dict(by_type)
    changed = {
        **by_type,
        source: difference(by_type.get(source, Counter()), kg),
        to: added([by_type.get(to, Counter()), kg]),
    }
    return {name: part for name, part in changed.items() if part}
