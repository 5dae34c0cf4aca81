"""A study: tables and figures about one question, with no word of how they are drawn.

Each topic of the workbench (exploration, variography, neighbourhood …) is a function from a
:class:`Workbench` to a :class:`Study`; ``reporting.working.study`` draws it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy.typing as npt
import pandas as pd

from estimation.deposit import DepositData, composite_samples, set_up_kriging
from estimation.engine.krige import Problem
from estimation.models.store_read import VintageReader
from estimation.results import Check, DepositResult
from geo.drillholes.composite import Composites


class Words(NamedTuple):
    """One thing said in Chinese and in English."""

    zh: str
    en: str


@dataclass(frozen=True)
class StudyTable:
    """One table; a column's name carries its unit (``mean_pct``, ``distance_m``)."""

    name: str
    """File name without extension, and the sheet's name: short, lower case, unique in the study."""
    title: Words
    frame: pd.DataFrame
    headings: Mapping[str, Words] = field(default_factory=dict)
    """Headings for readers by column; a column without one shows its name."""
    note: Words | None = None
    """Source, rule or caution printed under the table."""


@dataclass(frozen=True)
class StudyFigure:
    """One figure: a drawing of ``reporting.figures.store.DRAWINGS`` and what it draws."""

    name: str
    drawing: str
    title: Words
    caption: Words
    """What is shown, of how many samples, in which units, by which settings."""
    parameters: dict[str, Any]
    arrays: dict[str, npt.NDArray[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Study:
    """What one topic found."""

    topic: str
    title: Words
    tables: tuple[StudyTable, ...]
    figures: tuple[StudyFigure, ...]
    remarks: tuple[Words, ...] = ()
    """What the program recommends or warns of, each with its reason."""
    checks: tuple[Check, ...] = ()
    """Tests with their thresholds: pass, marginal or fail."""
    failed: bool = False
    """The topic could not be worked out; the remark says why."""


@dataclass(frozen=True)
class Workbench:
    """What a study may look at; what it does not ask for is not computed."""

    data: DepositData
    model: VintageReader | None = None
    """The estimated model as of the vintage; None before an estimate."""
    result: DepositResult | None = None
    plan_given: bool = True
    """False where the deposit's file has no plan, and this one is the program's proposal."""

    @cached_property
    def samples(self) -> dict[str, Composites]:
        """Composites of the basic assays and, where there are any, the combined samples."""
        return composite_samples(self.data)

    @cached_property
    def problem(self) -> Problem:
        """Plan, grid and samples as the engine takes them."""
        return set_up_kriging(self.data, self.samples)
