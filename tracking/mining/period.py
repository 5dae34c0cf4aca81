"""Mined in a period, from a mine's own records: what mining took of the resource, by class.

A record is no survey: where a mined-out volume covers the same time, the volume counts and the
record stands beside it (``bornite retained``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from estimation.errors import EstimationError
from estimation.plan import CLASSES
from estimation.statement.extraction import Ore
from tracking.ledger.entries import FORM, GRADE_DECIMALS, canonical, kg, sha256

DOMAIN = ""
"""A record knows no domain of a model."""


@dataclass(frozen=True)
class MinedClass:
    """Of one class, in place: brought out (开采量) and lost (损失量), neither with waste."""

    class_name: str
    mined: Ore
    lost: Ore | None = None
    """None: not known, so that ``mined`` holds all that mining took."""


@dataclass(frozen=True)
class MinedPeriod:
    """What was mined of a deposit in a period; what :meth:`tracking.Ledger.record_mining` takes.

    Raises
    ------
    EstimationError
        The period is turned round, a class or quantity is impossible, or there is no source.
    """

    belt_id: str
    deposit_id: str
    start: date
    end: date
    """First and last day, both mined on."""
    classes: tuple[MinedClass, ...]
    citation: str
    """Which record it is from (台账, 储量年报), with its date or page."""
    by: str = ""
    """Who entered it."""
    delivered: Ore | None = None
    """Ore delivered with its waste (采出矿石量); never a resource."""
    replaces: int | None = None
    """Number of the entry that this one corrects."""
    reason: str | None = None
    """Why it is corrected."""
    form_sha256: str | None = None
    """Of the form that it came on."""

    def __post_init__(self) -> None:
        """Refuse what can't be."""
        for trouble in self._troubles():
            raise EstimationError(
                f"{self.deposit_id}, mining {self.start} to {self.end} / 开采记录: {trouble}"
            )

    def _troubles(self) -> Iterator[str]:
        """What is wrong, in words."""
        if self.start > self.end:
            yield "the period ends before it begins / 起止日期颠倒"
        if not self.citation.strip():
            yield "a record names its source: give a citation / 须注明来源"
        if self.replaces is not None and not (self.reason or "").strip():
            yield "a correction gives its reason / 更正须写明理由"
        names = [part.class_name for part in self.classes]
        if not names or set(names) - set(CLASSES) or len(set(names)) < len(names):
            yield f"classes are some of {', '.join(CLASSES)}, each once / 类别须为三类之一且不重复"
        for part in self.classes:
            for ore in (part.mined, part.lost):
                amounts = () if ore is None else (ore.ore_t, *ore.metal_t.values())
                if not all(math.isfinite(t) and t >= 0 for t in amounts):
                    yield f"{part.class_name}: quantities are not below zero / 数量不得为负"
            if part.lost is not None and (odd := set(part.mined.metal_t) ^ set(part.lost.metal_t)):
                yield (
                    f"{part.class_name}: {', '.join(sorted(odd))} stated of the mined or the lost "
                    "alone; what is not stated is not zero: state both / 采出与损失须列相同元素"
                )

    @property
    def elements(self) -> tuple[str, ...]:
        """Elements that the record states, in the order of their names."""
        return tuple(sorted({name for part in self.classes for name in part.mined.metal_t}))

    @property
    def series(self) -> str:
        """What tells the record from another of the same deposit and last day."""
        return f"from:{self.start.isoformat()}"

    @property
    def content(self) -> dict[str, Any]:
        """The entry's content: ``depletion`` is all that mining took, ``lost`` part of it; whole
        kilograms."""
        came_on = {} if self.form_sha256 is None else {FORM: self.form_sha256}
        return {
            **came_on,
            "kind": "mining",
            "belt_id": self.belt_id,
            "deposit_id": self.deposit_id,
            "vintage": self.end.isoformat(),
            "series": self.series,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "elements": list(self.elements),
            "depletion": [_row(part.class_name, _all_of(part)) for part in self._ordered()],
            "lost": [
                _row(part.class_name, part.lost)
                for part in self._ordered()
                if part.lost is not None
            ],
            "loss_known": all(part.lost is not None for part in self.classes),
            "delivered": None if self.delivered is None else _figures(self.delivered),
            "citation": self.citation,
            "by": self.by,
        }

    @property
    def content_hash(self) -> str:
        """SHA-256 of the content."""
        return sha256(canonical(self.content))

    def _ordered(self) -> list[MinedClass]:
        return sorted(self.classes, key=lambda part: CLASSES.index(part.class_name))


def _all_of(part: MinedClass) -> Ore:
    """Brought out and lost together (动用量)."""
    if part.lost is None:
        return part.mined
    lost: Mapping[str, float] = part.lost.metal_t
    metal = {name: t + lost[name] for name, t in part.mined.metal_t.items()}
    return Ore(part.mined.ore_t + part.lost.ore_t, metal)


def _row(class_name: str, ore: Ore) -> dict[str, Any]:
    """One class as a row of an entry."""
    return {"class": class_name, "domain": DOMAIN, **_figures(ore)}


def _figures(ore: Ore) -> dict[str, Any]:
    """Ore and metal in whole kilograms, with the grade that they make."""
    elements = {}
    for name, tonnes in sorted(ore.metal_t.items()):
        grade = ore.grade(name)
        elements[name] = {
            "grade": None if grade is None else round(grade, GRADE_DECIMALS),
            "metal_kg": kg(tonnes),
        }
    return {"ore_kg": kg(ore.ore_t), "elements": elements}
