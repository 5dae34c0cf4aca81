"""The form of a mining record: a small YAML file, by class in place or by the ore delivered."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from estimation.plan import ClassName
from estimation.results import METAL_PER_GRADE, grade_unit
from estimation.statement.extraction import Ore, taken
from geo.config import ConfigError, StrictModel, load_yaml
from tracking.mining.period import MinedClass, MinedPeriod

Tonnes = Annotated[float, Field(ge=0)]


class OreForm(StrictModel):
    """Ore and metal, tonnes; elements by the columns of the estimate (``cu_pct``)."""

    ore_t: Tonnes
    metal_t: dict[str, Tonnes]

    def as_ore(self) -> Ore:
        """The same as a quantity."""
        return Ore(self.ore_t, dict(self.metal_t))


class ClassForm(StrictModel):
    """One class in place: brought out (开采量) and lost (损失量; null: not known)."""

    class_name: ClassName = Field(alias="class")
    mined: OreForm
    lost: OreForm | None = None


class DeliveredForm(StrictModel):
    """Ore delivered with its waste (采出矿石量), and the rates that lead back to what was taken."""

    class_name: ClassName = Field(alias="class")
    ore_t: Tonnes
    grade: dict[str, Tonnes]
    """Of the ore delivered, in each element's own unit."""
    loss_rate: Annotated[float, Field(ge=0, lt=1)]
    dilution_rate: Annotated[float, Field(ge=0, lt=1)]

    def as_ore(self) -> Ore:
        """The ore delivered."""
        metal = {n: self.ore_t * g * METAL_PER_GRADE[grade_unit(n)] for n, g in self.grade.items()}
        return Ore(self.ore_t, metal)

    def as_class(self) -> MinedClass:
        """What mining took in place, by :func:`estimation.statement.extraction.taken`."""
        whole = taken(self.as_ore(), self.loss_rate, self.dilution_rate)
        kept, gone = 1.0 - self.loss_rate, self.loss_rate
        return MinedClass(self.class_name, whole.scaled(kept, kept), whole.scaled(gone, gone))


class MiningForm(StrictModel):
    """One period of one deposit; ``classes`` or ``delivered``, not both."""

    deposit: str
    start: date
    end: date
    classes: tuple[ClassForm, ...] = ()
    delivered: DeliveredForm | None = None
    citation: str
    """The mine's record: its name, date, page."""
    by: str
    """Who enters it."""
    replaces: int | None = None
    reason: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> MiningForm:
        if bool(self.classes) == (self.delivered is not None):
            raise ValueError(
                "give classes or delivered, one of them / classes 与 delivered 二者取一"
            )
        return self


def read_mining(path: Path) -> MiningForm:
    """Read a form.

    Raises
    ------
    ConfigError
        It is absent, no YAML, or a key or value is wrong.
    """
    return load_yaml(path, MiningForm)


def period_of(form: MiningForm, belt_id: str, elements: tuple[str, ...]) -> MinedPeriod:
    """The period that a form states; ``elements``: those that the deposit's plan knows.

    Raises
    ------
    ConfigError
        An element that the deposit has not.
    EstimationError
        A quantity or date is impossible.
    """
    if form.delivered is not None:
        parts: tuple[MinedClass, ...] = (form.delivered.as_class(),)
        brought = form.delivered.as_ore()
    else:
        parts = tuple(
            MinedClass(c.class_name, c.mined.as_ore(), c.lost.as_ore() if c.lost else None)
            for c in form.classes
        )
        brought = None
    stated = {n for p in parts for ore in (p.mined, p.lost) if ore for n in ore.metal_t}
    if unknown := sorted(stated - set(elements)):
        raise ConfigError(
            f"{form.deposit}: no such elements / 矿床没有这些元素: {', '.join(unknown)} "
            f"(known / 已有: {', '.join(elements)})"
        )
    return MinedPeriod(
        belt_id,
        form.deposit,
        form.start,
        form.end,
        parts,
        form.citation,
        by=form.by,
        delivered=brought,
        replaces=form.replaces,
        reason=form.reason,
    )
