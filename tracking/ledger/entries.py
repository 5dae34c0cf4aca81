"""What one ledger entry is: its kind, its content, its hashes, and the rules of rounding.

Nothing here knows a database. Hashes follow the written form exactly: canonical JSON (sorted keys,
no spaces, UTF-8) and SHA-256.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Literal

from estimation.belts import Belt, Deposit
from estimation.plan import CLASSES
from estimation.results import Breakdown, DepositResult, ElementSupport, StatementRow
from estimation.simulation.records import percentiles_kg

FORMAT = 2
"""Version of the content's shape and of the entry hash; both carry it. Entries of format 1 keep
their bytes and are read as an ``estimate`` of the ``internal`` series."""

Kind = Literal["estimate", "outside", "decision", "mining", "attribution", "correction"]
"""What an entry is:

``estimate``: a night's figure of our own (内部估算); ``outside``: a figure of a filed report or of
statistics; ``decision``: a figure's review or filing state changes; ``mining``: quantities mined in
a period, from records; ``attribution``: the split of a change between two figures by its causes;
``correction``: the entry that it names is taken back, with the reason.
"""

FORM = "form_sha256"
"""Key of a content that came on a form: SHA-256 of the form, which the vault keeps."""

FIGURES = ("estimate", "outside")
"""Kinds that hold a figure of a deposit at a date, and so have a review and a filing state."""

INTERNAL = "internal"
"""``series`` of our own estimates; a figure from outside has its filing number or source there."""

GENESIS = "0" * 64
"""``previous_hash`` of the first entry."""

INTERNAL_ESTIMATE = "internal estimate / 内部估算"
"""Status of a re-estimate: never an official figure, whatever it says."""

STATUS = {
    "estimate": INTERNAL_ESTIMATE,
    "decision": "decision / 决定",
    "mining": "mining record / 开采记录",
    "attribution": "split of a change / 变动归因",
    "correction": "correction / 更正",
}
"""Status by kind, in both languages; a figure from outside brings its own."""

TIED = (
    "number",
    "belt_id",
    "deposit_id",
    "vintage",
    "status",
    "content_hash",
    "previous_hash",
    "run_id",
    "recorded_at",
    "code_version",
    "supersedes",
)
"""Columns that the entry hash covers; the content is covered by its own hash."""

TIED_SINCE_2 = ("kind", "series")
"""Columns that the hash of format 2 covers as well."""

BESIDE = ("depletion", "lost", "extension", "reclassified_from", "reclassified_to")
"""Fields of a result, and keys of a content, that hold rows beside the statement's."""

GRADE_DECIMALS = 6
"""Decimals kept of grades, shares and correlations (tonnages are whole kilograms)."""


@dataclass(frozen=True)
class LedgerEntry:
    """One line of the ledger, as written; it is never changed or removed."""

    number: int
    """1, 2, 3 ... without gaps."""
    belt_id: str
    deposit_id: str
    vintage: date
    status: str
    content: dict[str, Any]
    """What the figure says (:func:`entry_content`)."""
    content_hash: str
    previous_hash: str
    entry_hash: str
    run_id: str
    recorded_at: str
    """ISO 8601, UTC, microseconds."""
    code_version: str
    supersedes: int | None
    """Number of the entry before it of the same kind of thing: the same figure (deposit, vintage,
    series), the same mining period, or the same split."""
    format: int = FORMAT
    kind: str = "estimate"
    series: str = INTERNAL


@dataclass(frozen=True)
class Facts:
    """What a deposit's configuration, not its estimate, has to say in an entry."""

    province: dict[str, str] | None = None
    """Name in ``zh`` and ``en``."""
    domestic: bool = True
    registry: dict[str, Any] | None = None
    """Mine code, licence, licensee, county, discovery (:class:`estimation.registry.Registry`)."""
    competent_person: str | None = None
    """Who accepted the plan as it stands, by its digest; None: nobody did."""
    stage: str | None = None
    """Exploration stage by the plan."""


@dataclass(frozen=True)
class Hold:
    """Why a new figure is not used before somebody approved it."""

    limits: tuple[Any, ...]
    """Every limit that was passed, each as plain JSON data (:mod:`tracking.review.review`)."""
    reason: str
    by: str = "bornite"


@dataclass(frozen=True)
class Decision:
    """One step of a figure on its review or its filing axis (:mod:`tracking.ledger.states`)."""

    about: int
    """Number of the figure's entry."""
    axis: Literal["review", "filing"]
    to: str
    by: str
    reason: str = ""
    date: date | None = None
    """Date of the act decided on (of filing: 备案日); None: the day it is entered, in China."""
    document_no: str | None = None
    """Number of the document that proves it; the filing number (备案号) where ``to`` is filed."""
    authority: str | None = None
    stat_year: int | None = None
    """Statistics year (入统年度); where ``to`` is in_statistics."""
    limits: tuple[Any, ...] = ()


def facts_of(belt: Belt, deposit: Deposit) -> Facts:
    """Return what the configuration says about a deposit."""
    plan, registry = deposit.plan, deposit.registry
    acceptance = plan.acceptance if plan else None
    return Facts(
        province={"zh": belt.province.zh, "en": belt.province.en},
        domestic=registry.domestic if registry else True,
        registry=registry.content() if registry else None,
        competent_person=acceptance.by if acceptance and acceptance.sealed else None,
        stage=plan.stage if plan else None,
    )


def kg(tonnes: float) -> int:
    """Whole kilograms in ``tonnes``: the one place where a quantity is rounded for the ledger.

    Round half to even on the shortest decimal text of the number (GB/T 8170, 四舍六入五成双), so
    that 0.0025 t is 2 kg and 0.0035 t is 4 kg, whatever the binary fraction.

    Raises
    ------
    ValueError
        ``tonnes`` is not a finite number.
    """
    exact = Decimal(repr(float(tonnes)))
    if not exact.is_finite():
        raise ValueError(f"a quantity in the ledger is finite, not {tonnes} / 台账数量须为有限值")
    return int(exact.scaleb(3).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def canonical(value: Any) -> str:
    """Return ``value`` as canonical JSON: sorted keys, no spaces, no NaN, text unescaped."""
    return json.dumps(
        value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )


def sha256(text: str) -> str:
    """SHA-256 of ``text`` in UTF-8, hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def entry_content(result: DepositResult, facts: Facts | None = None) -> dict[str, Any]:
    """Return what the figure says, and nothing about when, where or by which run it was made.

    Tonnes and metal are whole kilograms (:func:`kg`), grades keep six decimals, rows are ordered
    by cut-off, class and domain: two runs that computed the same figure give the same content,
    and so the same content hash, on any machine that computed the same figure.

    ``low_grade`` (低品位) is the part of the statement below the least industrial grade, a stock
    told apart and never added to the statement; ``lost`` is part of ``depletion``. What no
    simulation stands behind has null for its ``uncertainty``; else it holds, by element and class,
    P10, P50 and P90 of the metal at the reporting cut-off and ``draws_kg``, the metal of every
    realization, in the same order in all classes.

    Raises
    ------
    ValueError
        A quantity is not a finite number, a class is not one of the three, a row stands twice or
        names an element the statement doesn't, or no row stands at the reporting cut-off.
    """
    statement, facts = result.statement, facts or Facts()
    _check_rows(result)
    return {
        "format": FORMAT,
        "kind": "estimate",
        "series": INTERNAL,
        "status": INTERNAL_ESTIMATE,
        "belt_id": result.belt_id,
        "deposit_id": result.deposit_id,
        "vintage": result.vintage.isoformat(),
        "main_element": statement.main_element,
        "elements": list(statement.elements),
        "reporting_cutoff": float(statement.reporting_cutoff),
        "statement": statement_rows(statement.rows),
        "mined": statement_rows(statement.mined),
        **{name: statement_rows(getattr(result, name)) for name in BESIDE},
        "low_grade": _low_grade(result),
        "uncertainty": _uncertainty(result),
        "density_basis": statement.density_basis,
        "support": [_support(s) for s in sorted(statement.support, key=lambda s: s.element)],
        "method": {support.element: support.method for support in statement.support},
        "judged": {support.element: support.status for support in statement.support},
        "holes": int(result.holes),
        "composites": int(result.composites),
        "plan_status": result.plan_status,
        "data_hash": result.data_hash,
        "plan_hash": result.plan_hash,
        "model_hash": result.model_hash,
        "engine_version": result.engine_version,
        **asdict(facts),
    }


def same_figure(content: dict[str, Any], result: DepositResult) -> bool:
    """Whether an entry's content, of either format, is what ``result`` says; facts apart."""
    if content["format"] == 1:
        left_out = {"kind", "series", "low_grade", "uncertainty", "method", "judged"}
        left_out |= set(BESIDE[1:])
    else:
        left_out = set()
    left_out |= {"format", *(field.name for field in fields(Facts))}
    said = entry_content(result)
    return all(content.get(name) == said[name] for name in said if name not in left_out)


def _check_rows(result: DepositResult) -> None:
    """Refuse rows that would be counted twice, or not at all, when the ledger adds them up."""
    statement = result.statement
    name = f"{result.deposit_id} {result.vintage}"
    for part in (statement.rows, statement.mined, *(getattr(result, name) for name in BESIDE)):
        keys = [(row.class_name, row.domain, row.cutoff) for row in part]
        if len(set(keys)) < len(keys):
            raise ValueError(f"{name}: a row stands twice / 有重复的行")
        if unknown := {e for row in part for e in row.elements} - set(statement.elements):
            raise ValueError(f"{name}: elements not in the statement / 未列入的元素: {unknown}")
    if len({row.cutoff for row in (*result.depletion, *result.lost)}) > 1:
        raise ValueError(f"{name}: depletion at several cut-offs / 动用量有多个边界品位")
    if statement.rows and not statement.at_cutoff():
        raise ValueError(f"{name}: no row at the reporting cut-off / 没有报告边界品位的行")


def _uncertainty(result: DepositResult) -> dict[str, Any] | None:
    """P10, P50, P90 and draws by element and class; None where nothing was simulated."""
    held = result.uncertainty
    if held is None or not held.draws:
        return None
    found: dict[str, Any] = {}
    for one in held.draws:
        p10, p50, p90 = percentiles_kg(one.metal_kg)
        stated = {"p10_kg": p10, "p50_kg": p50, "p90_kg": p90, "draws_kg": list(one.metal_kg)}
        found[one.class_name] = stated
    return {held.element: found}


def _low_grade(result: DepositResult) -> list[dict[str, Any]]:
    """Rows of low-grade ore (低品位), where the plan asks for that table; none where it doesn't."""
    tables = [t for t in result.statement.breakdowns if t.name == "low_grade"]
    return [row for table in tables for row in _low_grade_rows(table, result)]


def _low_grade_rows(table: Breakdown, result: DepositResult) -> Iterable[dict[str, Any]]:
    """A breakdown's low-grade rows, as rows of a statement; volumes are not told there."""
    for values in table.rows:
        cells: dict[str, Any] = dict(zip(table.columns, values, strict=True))
        if cells["grade_class"] != "low_grade":
            continue
        named = {name: cells[f"{name}.metal_t"] for name in result.statement.elements}
        yield {
            "class": cells["class"],
            "domain": cells["domain"],
            "ore_kg": kg(cells["ore_t"]),
            "elements": {
                name: {
                    "grade": _rounded(cells[f"{name}.grade"]),
                    "metal_kg": kg(metal_t),
                }
                for name, metal_t in named.items()
                if metal_t is not None
            },
        }


def statement_rows(rows: Iterable[StatementRow]) -> list[dict[str, Any]]:
    """Statement rows as plain data, in a fixed order."""
    ordered = sorted(rows, key=lambda row: (row.cutoff, CLASSES.index(row.class_name), row.domain))
    return [_row(row) for row in ordered]


def _row(row: StatementRow) -> dict[str, Any]:
    """One statement row in whole kilograms."""
    elements = {
        name: {
            "grade": _rounded(figure.grade),
            "metal_kg": kg(figure.metal_t),
            "evaluated_ore_kg": kg(figure.evaluated_ore_t),
        }
        for name, figure in row.elements.items()
    }
    return {
        "class": row.class_name,
        "domain": row.domain,
        "cutoff": float(row.cutoff),
        "volume_m3": _rounded(row.volume_m3),
        "ore_kg": kg(row.ore_t),
        "elements": elements,
    }


def _support(support: ElementSupport) -> dict[str, Any]:
    """What stands behind one element's figures, as plain data."""
    return {
        "element": support.element,
        "source": support.source,
        "method": support.method,
        "support_m": _rounded(support.support_m),
        "samples": int(support.samples),
        "holes": int(support.holes),
        "assayed_share": _rounded(support.assayed_share),
        "correlation_with_main": _rounded(support.correlation_with_main),
        "class_limit": support.class_limit,
    }


def _rounded(value: float | None) -> float | None:
    """A figure that is not a quantity, at the decimals the ledger keeps; minus zero is zero."""
    return None if value is None else round(float(value), GRADE_DECIMALS) + 0.0


def entry_hash(line: Mapping[Any, Any]) -> str:
    """Hash that ties an entry to its content, its circumstances and the entry before it.

    ``line`` holds the entry's columns as written (``vintage`` as ISO text, ``content_hash`` for
    the content, no ``entry_hash``). Each format covers the columns that it has.
    """
    tied = TIED if line["format"] == 1 else TIED + TIED_SINCE_2
    return sha256(canonical({"format": line["format"], **{name: line[name] for name in tied}}))


def current_of(entries: Iterable[LedgerEntry]) -> tuple[LedgerEntry, ...]:
    """Return the latest estimate of each deposit and vintage, in order of deposit and vintage.

    Entries of other kinds are passed over; review is not asked (:meth:`tracking.Ledger.current`).
    """
    latest: dict[tuple[str, date], LedgerEntry] = {}
    for entry in entries:
        key = (entry.deposit_id, entry.vintage)
        if entry.kind != "estimate":
            continue
        if key not in latest or entry.number > latest[key].number:
            latest[key] = entry
    return tuple(latest[key] for key in sorted(latest))
