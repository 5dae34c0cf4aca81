"""Surveys of a draft: rasters, geochemistry, lines and quality control, each with its source.

Every file is looked at once. What it surely says becomes a source of the belt's file; what it does
not say is asked by a flag; what can't be used is set aside with the reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flows.draft import Draft, label
from geo.config import StrictModel
from geo.conventions import Verdict
from geo.crs import known_crs
from geo.findings import Finding, RowBalance
from geo.recognise_rules import Recognised
from geo.rules import blocks

Extent = tuple[float, float, float, float]
"""West, south, east, north in metres of the belt's system."""


@dataclass
class Surveyed:
    """One survey as drafted: what it is, how it would be configured, and what stands against it."""

    table: Recognised
    source: Any = None
    """RasterSource, GeochemistrySource or LineSource; None where it can't be configured."""
    facts: str = ""
    why: str = ""
    """Evidence, for the comment in the belt's file."""
    aside: tuple[str, str] | None = None
    """Why it is not used, where it is not."""
    findings: tuple[Finding, ...] = ()
    balances: tuple[RowBalance, ...] = ()
    questions: list[Verdict] = field(default_factory=list)
    extent: Extent | None = None
    spacing_m: float | None = None
    elements: tuple[str, ...] = ()

    @property
    def used(self) -> bool:
        """Whether it goes into the belt's file."""
        return self.source is not None and self.aside is None and not self.questions


@dataclass
class Surveys:
    """Everything in a folder that is no drill-hole table."""

    rasters: list[Surveyed] = field(default_factory=list)
    geochemistry: list[Surveyed] = field(default_factory=list)
    lines: list[Surveyed] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)

    @property
    def all(self) -> list[Surveyed]:
        """Rasters, then geochemistry, then lines."""
        return [*self.rasters, *self.geochemistry, *self.lines]

    @property
    def questions(self) -> list[Verdict]:
        """What a person has to say before these surveys can be configured."""
        return [verdict for survey in self.all for verdict in survey.questions]


def draft_surveys(draft: Draft) -> Surveys:
    """Look at every raster, geochemical table and line survey of a folder."""
    from flows.draft_geochemistry import draft_geochemistry
    from flows.draft_lines import draft_lines
    from flows.draft_rasters import draft_rasters

    made = Surveys()
    if not draft.answers.no_rasters:
        made.rasters = draft_rasters(draft)
    if not draft.answers.no_surveys:
        made.geochemistry = draft_geochemistry(draft, made.verdicts)
        made.lines = draft_lines(draft)
    for survey in made.all:
        if survey.aside is not None:
            draft.aside[label(survey.table)] = survey.aside
    return made


def refused(findings: tuple[Finding, ...]) -> tuple[str, str] | None:
    """The first reason why a survey can't be used; None where there is none."""
    grave = next((f for f in findings if blocks(f)), None)
    return None if grave is None else (
        f"{grave.code} {grave.message_zh}", f"{grave.code} {grave.message_en}")  # fmt: skip


def stem(table: Recognised) -> str:
    """Name of a file without its suffixes, as flags take it: ``magnetics``."""
    return table.path.name.partition(".")[0]


def layer_name(table: Recognised, usual: str, taken: set[str]) -> str:
    """A layer's name by its file's, in letters of variables; ``usual`` where it has none of these.

    A name used already gets the folder, then a number.
    """

    def slug(text: str) -> str:
        plain = re.sub(r"[^a-z0-9]+", "_", text.casefold()).strip("_")
        return plain if re.match(r"[a-z]", plain) else ""

    own = slug(stem(table)) or slug(usual) or "survey"
    tries = [own, f"{slug(Path(table.file).parent.name)}_{own}".strip("_")]
    tries += [f"{own}_{number}" for number in range(2, 1000)]
    name = next(text for text in tries if text not in taken)
    taken.add(name)
    return name


def said(pairs: dict[str, str], *names: str) -> str | None:
    """What a person said of a survey, by any of its names; case does not matter."""
    plain = {key.casefold(): value for key, value in pairs.items()}
    return next((plain[n.casefold()] for n in names if n.casefold() in plain), None)


def question(name: str, value: Any, zh: str, en: str, flag: str) -> Verdict:
    """Something that a person has to say; ``value`` is the likeliest."""
    return Verdict(name, value, zh, en, False, flag=flag)


def is_local(draft: Draft) -> bool:
    """Whether the belt is on a mine grid, which no survey can be brought to."""
    return not draft.checking and known_crs(draft.crs) is None


NO_MAP = ("成矿带用独立坐标，没有底图", "the belt is on a mine grid: it has no map")


def rooted(source: StrictModel, root: str) -> Any:
    """A source with its folder as the belt's file names it."""
    return source.model_copy(update={"root": root})
