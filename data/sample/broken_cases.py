"""The register of cases: a kind of defect, where it is planted, and what must be found of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from broken_base import Defect, Drop, Expected, make_drop

Planted = tuple[list[Expected], Iterable[tuple[str, str]]]
"""What must be found, and what may follow: (code, table, or path of a file)."""
Plant = Callable[[Drop], Planted]
PLAIN = ("collar", "survey", "assay")
LOST_HOLE = (("BN-SUR-020", "survey"), ("BN-INT-009", "assay"))
"""What follows where a collar is refused: its hole's rows wait with it."""
UNKNOWN_HOLE = (("BN-SUR-014", "survey"), ("BN-INT-006", "assay"))
"""What follows where a collar's row is refused before its hole is known."""


@dataclass(frozen=True)
class Setting:
    """How a deposit is made before anything is spoilt (the clean copy has it so)."""

    belt: str
    dialect: str = "leapfrog_csv"
    holes: int = 6
    depth_m: float = 120.0
    tables: tuple[str, ...] = PLAIN
    prepare: Callable[[Drop], None] | None = None

    def make(self, name: str) -> Drop:
        """The clean deposit."""
        drop = make_drop(name, self.dialect, self.holes, self.depth_m)
        drop.sheets = {t: drop.sheets[t] for t in self.tables}
        if self.prepare is not None:
            self.prepare(drop)
        return drop


@dataclass(frozen=True)
class Case:
    """One defect: its kind, the deposit it is planted in, and the planting."""

    kind: str
    group: str
    drop: str
    plant: Plant


SETTINGS: dict[str, Setting] = {}
SURROUNDINGS: dict[str, Callable[[Path], dict[str, Any]]] = {}
"""Belt -> what writes its map and rasters into the belt's folder and gives their blocks."""
CASES: list[Case] = []


def setting(name: str, belt: str, dialect: str = "leapfrog_csv", **more: object) -> str:
    """Register a deposit; return its name."""
    SETTINGS[name] = Setting(belt, dialect, **more)  # type: ignore[arg-type]
    return name


def case(group: str, kind: str, drop: str) -> Callable[[Plant], Plant]:
    """Register a planting function as a case in a deposit."""

    def register(plant: Plant) -> Plant:
        CASES.append(Case(kind, group, drop, plant))
        return plant

    return register


def cell(
    group: str,
    kind: str,
    drop: str,
    place: tuple[str, int, int],
    column: str,
    text: str,
    code: str,
    *may: tuple[str, str],
) -> None:
    """Register a case that is one cell: ``place`` is (table, hole, row of the hole)."""

    def plant(d: Drop) -> Planted:
        table, hole, k = place
        position = d.at(table, hole, k)
        d.put(table, position, column, text)
        return [d.seen(code, table, position)], may

    CASES.append(Case(kind, group, drop, plant))


def plant_cases(drop: Drop, first: int) -> list[Defect]:
    """Plant every case of one deposit, in the order of registration."""
    planted = []
    for each in (c for c in CASES if c.drop == drop.name):
        must, may = each.plant(drop)
        files = [(code, t if "/" in t else drop.file(t)) for code, t in may]
        belt = SETTINGS[drop.name].belt
        number = first + len(planted)
        planted.append(
            Defect(number, each.kind, each.group, belt, drop.name, tuple(must), tuple(files))
        )
    return planted
