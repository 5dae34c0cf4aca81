"""Mined-out volumes one by one: what each took of the resource, lost, and delivered with waste."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from estimation.results import METAL_PER_GRADE, StatementRow, grade_unit
from estimation.statement.extraction import Ore, delivered
from estimation.statement.volumes import Ground, Stage


@dataclass(frozen=True)
class MinedVolume:
    """One volume, valued in the model of the vintage before it."""

    stage: Stage
    taken: tuple[StatementRow, ...]
    """Above the reporting cut-off, what no earlier volume had taken (动用量)."""

    @property
    def ore(self) -> Ore:
        """What was taken, all classes."""
        names = self.taken[0].elements if self.taken else ()
        metal = {n: math.fsum(row.elements[n].metal_t for row in self.taken) for n in names}
        return Ore(math.fsum(row.ore_t for row in self.taken), metal)

    @property
    def lost(self) -> Ore | None:
        """Part of it that was not brought out (损失量); None where the rate is not known."""
        rate = self.stage.loss_rate
        return None if rate is None else self.ore.scaled(rate, rate)

    @property
    def delivered(self) -> Ore | None:
        """Ore brought out with its waste (采出矿石量); None where a rate is not known."""
        loss, dilution = self.stage.loss_rate, self.stage.dilution_rate
        return None if loss is None or dilution is None else delivered(self.ore, loss, dilution)

    def delivered_grade(self, element: str) -> float | None:
        """Grade of the ore delivered, in the element's unit, waste taken to hold nothing.

        Over ore where the element was evaluated, as in a statement; None where it was nowhere, or
        where the dilution is not known.
        """
        figures = [row.elements[element] for row in self.taken]
        ore_t = math.fsum(figure.evaluated_ore_t for figure in figures)
        if not ore_t or self.stage.dilution_rate is None:
            return None
        in_place = math.fsum(figure.metal_t for figure in figures) / ore_t
        return in_place / METAL_PER_GRADE[grade_unit(element)] * (1.0 - self.stage.dilution_rate)

    def as_plain(self) -> dict[str, Any]:
        """As plain values: ``taken``, ``lost`` and ``delivered``, null where not known."""
        brought = self.delivered
        return {
            "as_of": self.stage.as_of.isoformat(),
            "loss_rate": self.stage.loss_rate,
            "dilution_rate": self.stage.dilution_rate,
            "taken": _plain(self.ore),
            "lost": None if self.lost is None else _plain(self.lost),
            "delivered": None
            if brought is None
            else {
                **_plain(brought),
                "grade": {name: self.delivered_grade(name) for name in brought.metal_t},
            },
        }


def _plain(ore: Ore) -> dict[str, Any]:
    return {"ore_t": ore.ore_t, "metal_t": dict(ore.metal_t)}


def mining_notes(ground: Ground) -> tuple[str, ...]:
    """What a reader must know of mined ground: volumes whose losses are not known."""
    unknown = [stage.as_of.isoformat() for stage in ground.stages if stage.loss_rate is None]
    if not unknown:
        return ()
    days = ", ".join(unknown)
    zh = f"{days} 采空区的损失率未知：损失量未单列，含在开采量中"
    en = f"mined ground of {days}: loss rate not known; what was lost is counted as mined"
    return (f"{zh} / {en}",)
