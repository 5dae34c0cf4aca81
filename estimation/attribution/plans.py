"""Decisions between two results: which part of a configuration each factor advances.

The factors and what moves with them:

``depletion``
    ground mined out after the opening date;
``correction``
    rules of reading, coordinate system, terrain, drift rasters, ground mined before the opening;
``domains``
    domains, ore types, logs of holes known before;
``method``
    grid, compositing, discretisation, estimates and their caps, derived elements;
``density``, ``cutoff``
    density; cut-offs, main element, prices, pits and stopes;
``class``
    stage, rules of classification, the surest class of an element;
``sterilized``, ``licence``
    ground counted apart as overlain (压覆), and the licence's own boundary.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from estimation.attribution.tables import MixedTables, Reading
from estimation.belts import Belt
from estimation.deposit import DepositData
from estimation.errors import EstimationError
from estimation.plan import Plan
from estimation.results import ResourceStatement
from geo.config import digest

STERILIZED = "sterilized"
"""Advanced just before ``licence``, and told apart within it."""

PARTS = {
    "domains": "domains",
    "composites": "method",
    "discretisation": "method",
    "sample_points": "method",
    "engine": "method",
    "density": "density",
    "main_element": "cutoff",
    "cutoffs": "cutoff",
    "stage": "class",
    "classification": "class",
}
"""Blocks of a plan that one factor moves whole."""

IN_THE_STATEMENT = {"ore_types": "domains", "bench_m": "cutoff", "equivalent": "cutoff"}
"""The same within ``statement``."""

CONSTRAINTS = {
    "pit_shell": "cutoff",
    "stope": "cutoff",
    "licence": "licence",
    "sterilized": STERILIZED,
}
"""Constraints by kind: what pays is an indicator (工业指标), what is fenced off is not."""

UNSAID = {"acceptance", "reason", "citation", "by", "date", "uncertainty"}
"""Parts of a plan that change no figure."""


@dataclass(frozen=True)
class End:
    """One of two results: its inputs as they were read, and the places of refused rows."""

    data: DepositData
    refused: frozenset[tuple[str, str, int]] = frozenset()


class Mixtures:
    """Inputs between two ends, for any set of factors advanced."""

    def __init__(self, opening: End, closing: End) -> None:
        self._opening, self._closing = opening.data, closing.data
        readings = [Reading(end.data.drillholes, end.refused) for end in (opening, closing)]
        rules = [_rules(end.data) for end in (opening, closing)]
        self._tables = MixedTables(*readings, late=rules[0] == rules[1])
        self.stated: dict[str, ResourceStatement] = {}
        """Statements made so far, by their inputs' digest: every order has the same two ends."""

    def mixed(self, advanced: frozenset[str]) -> tuple[DepositData, str]:
        """The opening's inputs with some factors as in the closing, and their digest.

        The digest is of all that a statement is made from, words apart: equal inputs, equal
        figures.

        Raises
        ------
        EstimationError
            Such a plan can't stand: a part names an element or a domain that another part lacks.
        """
        corrected = self._end("correction", advanced)
        deposit = corrected.deposit.model_copy(
            update={
                "grid": self._end("method", advanced).deposit.grid,
                "mined": self._mined(advanced),
                "plan": self._plan(advanced),
            }
        )
        belt = _with_rasters(corrected.belt, self._opening.belt, self._closing.belt)
        drillholes, tables = self._tables.mixed(advanced)
        data = replace(self._closing, belt=belt, deposit=deposit, drillholes=drillholes)
        return data, _inputs_digest(data, tables)

    def _end(self, factor: str, advanced: frozenset[str]) -> DepositData:
        return self._closing if factor in advanced else self._opening

    def _mined(self, advanced: frozenset[str]) -> tuple[Any, ...]:
        """Ground mined before the opening as known then or now, and after it if advanced."""
        since = self._opening.vintage
        known = self._end("correction", advanced).deposit.mined
        later = self._closing.deposit.mined if "depletion" in advanced else ()
        before = (m for m in known if m.as_of <= since)
        return (*before, *(m for m in later if since < m.as_of <= self._closing.vintage))

    def _plan(self, advanced: frozenset[str]) -> Plan:
        """A plan of the parts that the factors name, checked as any plan is."""
        ends = self._opening.plan, self._closing.plan
        taken = {part: ends[factor in advanced] for part, factor in PARTS.items()}
        plain = {part: getattr(plan, part) for part, plan in taken.items()}
        method = ends["method" in advanced]
        limits = ends["class" in advanced]
        for kind in ("elements", "derived"):
            plain[kind] = _with_limits(getattr(method, kind), getattr(limits, kind))
        plain["statement"] = _statement(ends, advanced)
        plain["acceptance"] = {"status": "proposed", "by": None, "date": None, "reason": "mixed"}
        try:
            return Plan.model_validate({name: _plain(value) for name, value in plain.items()})
        except ValidationError as error:
            first = error.errors()[0]
            raise EstimationError(str(first["msg"]).removeprefix("Value error, ")) from None


def _inputs_digest(data: DepositData, tables: str) -> str:
    """SHA-256 of tables, by their digest, plan, grid, surfaces and rasters."""
    deposit, belt = data.deposit, data.belt
    blocks = [deposit.grid, deposit.topography, *deposit.mined, *belt.rasters, data.plan]
    plain = [_without_words(block.model_dump(mode="json")) for block in blocks]
    return digest([belt.crs, plain, tables])


def _rules(data: DepositData) -> str:
    """Digest of the rules that rows are read by."""
    sources = data.deposit.drillholes.model_dump(mode="json", exclude={"root", "campaigns"})
    quality = data.deposit.qaqc
    return digest([sources, data.belt.crs, quality.model_dump(mode="json") if quality else None])


def _with_rasters(belt: Belt, *others: Belt) -> Belt:
    """A belt with the rasters that only the others have: a plan may name one of them."""
    by_name = {raster.name: raster for one in reversed((belt, *others)) for raster in one.rasters}
    return belt.model_copy(update={"rasters": tuple(by_name.values())})


def _with_limits(elements: Mapping[str, Any], limits: Mapping[str, Any]) -> dict[str, Any]:
    """Elements with the surest class that another plan gives them."""
    return {
        name: element.model_copy(update={"class_limit": limits.get(name, element).class_limit})
        for name, element in elements.items()
    }


def _statement(ends: tuple[Plan, Plan], advanced: frozenset[str]) -> dict[str, Any]:
    """How a statement is broken down, and what is counted apart."""
    made = {
        name: getattr(ends[factor in advanced].statement, name)
        for name, factor in IN_THE_STATEMENT.items()
    }
    sides = {kind: ends[factor in advanced] for kind, factor in CONSTRAINTS.items()}
    first = sides["licence"]
    kept = [c for c in first.statement.constraints if sides[c.kind] is first]
    for plan in ends:
        if plan is not first:
            kept += [c for c in plan.statement.constraints if sides[c.kind] is plan]
    return made | {"constraints": tuple(kept)}


def _plain(value: Any) -> Any:
    """A block as plain values, to be checked anew."""
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _without_words(value: Any) -> Any:
    """Plain values without who decided, why and after what."""
    if isinstance(value, dict):
        return {k: _without_words(v) for k, v in value.items() if k not in UNSAID}
    return [_without_words(item) for item in value] if isinstance(value, list) else value
