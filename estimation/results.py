"""What an estimate says: the statement, its validation, and how it was made.

These records are what ``tracking`` enters in the ledger and ``reporting`` prints. They are plain,
frozen, and go to JSON and back without loss.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, get_args

from estimation.errors import EstimationError
from estimation.simulation.records import Uncertainty
from estimation.statement.quantities import ResourceClass, ResourceTonnes
from geo.config import digest
from geo.files import write_whole

METAL_PER_GRADE = {"pct": 1e-2, "ppm": 1e-6, "gpt": 1e-6}
"""Tonnes of metal in a tonne of ore, for one unit of grade, by the unit in a column's name."""


def grade_unit(element: str) -> str:
    """Return the unit suffix of an element column: ``cu_pct`` -> ``pct``."""
    return element.rsplit("_", 1)[1]


def metal_t(element: str, ore_t: float, grade: float) -> float:
    """Tonnes of metal in ``ore_t`` tonnes of ore at ``grade`` (in the element's own unit)."""
    return ore_t * grade * METAL_PER_GRADE[grade_unit(element)]


@dataclass(frozen=True)
class ElementFigure:
    """One element's part of a statement row.

    ``grade`` is the mean over ``evaluated_ore_t`` only, in the unit of the element's name; it is
    None where nothing was evaluated (blank is not zero). ``metal_t`` counts evaluated ore only.

    A by-product that its samples support only to a class has its figure of surer ore in the row of
    that class; in the surer row it is blank, with no ore.
    """

    grade: float | None
    metal_t: float
    evaluated_ore_t: float
    over_ore_t: float | None = None
    """Ore that the figure is about, evaluated or not; null: the row's own."""


@dataclass(frozen=True)
class StatementRow:
    """Tonnage and metal of one class in one domain above one cut-off of the main element."""

    class_name: str
    """measured, indicated or inferred (探明 / 控制 / 推断)."""
    domain: str
    cutoff: float
    volume_m3: float
    ore_t: float
    elements: dict[str, ElementFigure]


@dataclass(frozen=True)
class ElementSupport:
    """What stands behind one element's figures."""

    element: str
    source: str
    """``basic`` (基本分析) or ``combined`` (组合分析)."""
    method: str
    support_m: float
    """Median length of the samples kriged, metres."""
    samples: int
    holes: int
    assayed_share: float
    """Metres behind this element's samples over composited metres inside the domains, 0-1."""
    correlation_with_main: float | None
    class_limit: str
    status: str | None = None
    """EVALUATED, PRESENT_NOT_EVALUATED, BELOW_THRESHOLD or NOT_ASSAYED; null: not judged."""
    evaluated_ore_share: float | None = None
    """Share of the main element's ore at the reporting cut-off where this element was evaluated."""
    standard_error: float | None = None
    """Of a derived element's mean grade at the reporting cut-off, in its unit, the errors of all
    blocks taken to go the same way; null: not derived."""
    judgement: str = ""
    """What the status was judged by, ``Chinese / English``; empty: held against no threshold."""


@dataclass(frozen=True)
class Breakdown:
    """One table that a statement's ore is split by; its rows foot with the statement."""

    name: str
    """Stable: ``benches``, ``ore_types``, ``low_grade``, ``constraints``, ``grade_tonnage``."""
    columns: tuple[str, ...]
    """Names of what the table is split by, then ``ore_t``, then for each element
    ``<element>.grade`` and ``<element>.metal_t``."""
    rows: tuple[tuple[str | float | None, ...], ...]


@dataclass(frozen=True)
class Check:
    """One validation test with its threshold printed: pass, marginal or fail."""

    test: str
    """Stable name, for example ``global_bias``."""
    label_zh: str
    label_en: str
    domain: str
    element: str
    value: float
    rule: str
    """The thresholds in words, for example ``|value| <= 5 % pass, <= 10 % marginal``."""
    verdict: str
    """pass, marginal or fail."""


@dataclass(frozen=True)
class GateVerdict:
    """Whether geostatistics may stand behind one domain's figures."""

    domain: str
    composites: int
    """Assayed composites of the main element in the domain."""
    holes: int
    """Holes that they come from."""
    allowed: bool
    reason_zh: str
    reason_en: str


@dataclass(frozen=True)
class TruthRow:
    """Estimate beside exhaustive truth over one and the same volume (synthetic deposits)."""

    element: str
    volume: str
    """Which blocks: ``measured+indicated``."""
    cutoff: float
    estimate_t: float
    truth_t: float

    @property
    def ratio(self) -> float | None:
        """Estimate over truth; None where there is no metal in truth."""
        return self.estimate_t / self.truth_t if self.truth_t else None


@dataclass(frozen=True)
class ResourceStatement:
    """The resource of one deposit as of one date. Classes are never added to reserves."""

    main_element: str
    elements: tuple[str, ...]
    reporting_cutoff: float
    rows: tuple[StatementRow, ...]
    """In place, remaining after mining; every class x domain x cut-off."""
    mined: tuple[StatementRow, ...]
    """Mined out up to the vintage date, by the same model, at the reporting cut-off."""
    density_basis: str
    support: tuple[ElementSupport, ...]
    breakdowns: tuple[Breakdown, ...] = ()
    """The same ore split otherwise, at the reporting cut-off where a column doesn't say."""
    gate: tuple[GateVerdict, ...] = ()
    """Where geostatistics stand behind the figures, by domain."""
    notes: tuple[str, ...] = ()
    """What a reader must know, ``Chinese / English``."""

    def resource_t(self, element: str | None = None) -> tuple[ResourceTonnes, ...]:
        """Tonnes of ore, or of an element's metal, by class at the reporting cut-off."""
        rows = self.at_cutoff()
        parts = []
        for name in get_args(ResourceClass):
            own = [row for row in rows if row.class_name == name]
            tonnes = [row.elements[element].metal_t if element else row.ore_t for row in own]
            parts.append(ResourceTonnes(name, math.fsum(tonnes)))
        return tuple(parts)

    def at_cutoff(self, cutoff: float | None = None) -> tuple[StatementRow, ...]:
        """Rows at one cut-off (the reporting cut-off where none is given)."""
        wanted = self.reporting_cutoff if cutoff is None else cutoff
        return tuple(row for row in self.rows if row.cutoff == wanted)

    def metal_t(self, element: str, classes: tuple[str, ...]) -> float:
        """Metal of ``element`` in ``classes`` at the reporting cut-off, tonnes."""
        rows = [row for row in self.at_cutoff() if row.class_name in classes]
        return sum(row.elements[element].metal_t for row in rows)


ROWS = ("depletion", "lost", "extension", "reclassified_from", "reclassified_to")
"""Fields of a result that hold statement rows beside the statement's own."""


@dataclass(frozen=True)
class DepositResult:
    """Everything one estimate of one deposit at one vintage has to say."""

    belt_id: str
    deposit_id: str
    vintage: date
    statement: ResourceStatement
    depletion: tuple[StatementRow, ...]
    """Mined since the previous vintage, valued in the *previous* vintage's model at its
    reporting cut-off; empty for the first vintage."""
    checks: tuple[Check, ...]
    truth: tuple[TruthRow, ...]
    data_hash: str
    plan_hash: str
    model_hash: str
    engine_version: str
    holes: int
    composites: int
    findings: dict[str, int]
    """Number of findings by severity."""
    plan_status: str
    """``proposed`` or ``accepted``."""
    extras: dict[str, Any] = field(default_factory=dict)
    """Figures for readers that no rule depends on: estimated blocks, declustered means, ..."""
    lost: tuple[StatementRow, ...] = ()
    """Part of ``depletion`` that was lost in mining (损失量); what has no known loss rate has none
    here."""
    extension: tuple[StatementRow, ...] = ()
    """Rows of this resource in ground that the previous vintage's model had not classified, by
    this model; empty for the first vintage."""
    reclassified_from: tuple[StatementRow, ...] = ()
    """Ore and metal of the previous vintage's model, at its reporting cut-off, in what is left of
    the ground that both models classify: by the previous class."""
    reclassified_to: tuple[StatementRow, ...] = ()
    """The same ore and metal by this vintage's class: less ``reclassified_from`` it is the upgrade
    (升级), which adds up to zero over the classes."""
    uncertainty: Uncertainty | None = None
    """Conditional simulation of the figure; None where the plan doesn't ask for it."""

    def write(self, path: Path) -> None:
        """Write as JSON (sorted keys) with a digest of its content, atomically."""
        body = self._plain()
        text = json.dumps(
            {"sha256": digest(body), "result": body}, sort_keys=True, ensure_ascii=False, indent=1
        )
        write_whole(path, text.encode("utf-8"))

    def _plain(self) -> dict[str, Any]:
        """The record as JSON values."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self), default=date.isoformat))
        return plain

    @property
    def digest(self) -> str:
        """SHA-256 of all that the result says."""
        return digest(self._plain())

    @classmethod
    def read(cls, path: Path) -> DepositResult:
        """Read what :meth:`write` wrote.

        Raises
        ------
        EstimationError
            The file was changed by hand, is damaged, or was written by another version.
        """
        try:
            held = json.loads(path.read_text("utf-8"))
            if held["sha256"] != digest(held["result"]):
                raise ValueError("its digest does not match its content")
            return cls._of(held["result"])
        except (ValueError, KeyError, TypeError) as error:
            raise EstimationError(
                f"{path.name}: not the result that was written ({error}); estimate it again / "
                "结果文件被改动或损坏,请重新估算"
            ) from None

    @classmethod
    def _of(cls, raw: dict[str, Any]) -> DepositResult:
        """Build the record from its JSON form."""
        raw["vintage"] = date.fromisoformat(raw["vintage"])
        raw["statement"] = _statement(raw["statement"])
        for name in ROWS:
            raw[name] = tuple(_row(row) for row in raw.get(name, ()))
        raw["checks"] = tuple(Check(**check) for check in raw["checks"])
        raw["truth"] = tuple(TruthRow(**row) for row in raw["truth"])
        simulated = raw.get("uncertainty")
        raw["uncertainty"] = Uncertainty.of(simulated) if simulated else None
        return cls(**raw)


def _row(raw: dict[str, Any]) -> StatementRow:
    figures = {name: ElementFigure(**figure) for name, figure in raw["elements"].items()}
    return StatementRow(**{**raw, "elements": figures})


def _statement(raw: dict[str, Any]) -> ResourceStatement:
    return ResourceStatement(
        **{
            **raw,
            "elements": tuple(raw["elements"]),
            "rows": tuple(_row(row) for row in raw["rows"]),
            "mined": tuple(_row(row) for row in raw["mined"]),
            "support": tuple(ElementSupport(**s) for s in raw["support"]),
            "gate": tuple(GateVerdict(**v) for v in raw.get("gate", ())),
            "notes": tuple(raw.get("notes", ())),
            "breakdowns": tuple(_breakdown(b) for b in raw.get("breakdowns", ())),
        }
    )


def _breakdown(raw: dict[str, Any]) -> Breakdown:
    rows = tuple(tuple(row) for row in raw["rows"])
    return Breakdown(raw["name"], tuple(raw["columns"]), rows)
