"""Small made-up estimates for tests of what comes after estimation: no kriging, no files read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from estimation.plan import CLASSES
from estimation.results import (
    Check,
    DepositResult,
    ElementFigure,
    ElementSupport,
    ResourceStatement,
    StatementRow,
    TruthRow,
    metal_t,
)
from tracking.ledger.entries import LedgerEntry, entry_content

GRADES = {"cu_pct": 0.45, "mo_pct": 0.018, "re_ppm": 0.09, "au_gpt": 0.11, "ag_gpt": 1.6}
"""Mean grade at the lowest cut-off, by element."""
CUTOFFS = (0.2, 0.3, 0.4)
REPORTING_CUTOFF = 0.3
DOMAINS = ("oxide", "sulphide")
DENSITY_TPM3 = 2.6


FIRST = date(2024, 12, 31)
"""Effective date of a fabricated estimate that isn't told another."""


def digest_of(text: str) -> str:
    """A SHA-256 that stands for ``text``."""
    return hashlib.sha256(text.encode()).hexdigest()


def fabricated_row(
    class_name: str, ore_t: float, *, domain: str = "sulphide", cutoff: float = REPORTING_CUTOFF
) -> StatementRow:
    """One row of ``ore_t`` tonnes; Re evaluated in part, and not at all in inferred ore."""
    share = {"re_ppm": 0.0 if class_name == "inferred" else 0.6, "au_gpt": 0.8}
    figures = {}
    for element, grade in GRADES.items():
        evaluated = ore_t * share.get(element, 1.0)
        grade = grade * (1.0 + cutoff)
        figures[element] = ElementFigure(
            grade=grade if evaluated else None,
            metal_t=metal_t(element, evaluated, grade),
            evaluated_ore_t=evaluated,
        )
    return StatementRow(class_name, domain, cutoff, ore_t / DENSITY_TPM3, ore_t, figures)


def copper_row(class_name: str, copper_t: float) -> StatementRow:
    """One row that holds exactly ``copper_t`` tonnes of copper (0.5 %) and no other element."""
    figure = ElementFigure(grade=0.5, metal_t=copper_t, evaluated_ore_t=copper_t * 200.0)
    ore_t = copper_t * 200.0
    return StatementRow(
        class_name, "all", REPORTING_CUTOFF, ore_t / DENSITY_TPM3, ore_t, {"cu_pct": figure}
    )


def fabricated_statement(scale: float = 1.0, mined_ore_t: float = 0.0) -> ResourceStatement:
    """Every class, domain and cut-off; ``scale`` multiplies tonnage."""
    base_t = {"measured": 40e6, "indicated": 110.123456e6, "inferred": 75e6}
    share = {"oxide": 0.15, "sulphide": 0.85}
    rows = tuple(
        fabricated_row(name, base_t[name] * scale * share[d] * (1.2 - c), domain=d, cutoff=c)
        for name in CLASSES
        for d in DOMAINS
        for c in CUTOFFS
    )
    mined = (fabricated_row("measured", mined_ore_t),) if mined_ore_t else ()
    return ResourceStatement(
        main_element="cu_pct",
        elements=tuple(GRADES),
        reporting_cutoff=REPORTING_CUTOFF,
        rows=rows,
        mined=mined,
        density_basis="domain_mean: oxide 2.48, sulphide 2.62 t/m3",
        support=tuple(_support(element) for element in GRADES),
    )


def _support(element: str) -> ElementSupport:
    """Support of one element: rhenium stands on combined samples only."""
    combined = element == "re_ppm"
    return ElementSupport(
        element=element,
        source="combined" if combined else "basic",
        method="ordinary kriging",
        support_m=24.0 if combined else 5.0,
        samples=64 if combined else 1450,
        holes=21 if combined else 48,
        assayed_share=0.41 if combined else 0.97,
        correlation_with_main=None if element == "cu_pct" else 0.62,
        class_limit="indicated" if combined else "measured",
    )


def fabricated_result(
    deposit_id: str = "test-syn",
    belt_id: str = "gangdese",
    vintage: date = FIRST,
    scale: float = 1.0,
    *,
    mined_ore_t: float = 0.0,
    depletion_ore_t: float = 0.0,
    **changes: Any,
) -> DepositResult:
    """A whole estimate; ``changes`` replace any field of :class:`DepositResult`."""
    depletion = (fabricated_row("measured", depletion_ore_t),) if depletion_ore_t else ()
    result = DepositResult(
        belt_id=belt_id,
        deposit_id=deposit_id,
        vintage=vintage,
        statement=fabricated_statement(scale, mined_ore_t),
        depletion=depletion,
        checks=_checks(),
        truth=(TruthRow("cu_pct", "measured+indicated", REPORTING_CUTOFF, 612e3, 598e3),),
        data_hash=digest_of(f"data {deposit_id} {vintage}"),
        plan_hash=digest_of(f"plan {deposit_id}"),
        model_hash=digest_of(f"model {deposit_id} {vintage} {scale}"),
        engine_version="1",
        holes=48,
        composites=1450 + (vintage - FIRST).days // 30,  # drilling goes on
        findings={"error": 2, "warning": 7, "info": 1},
        plan_status="proposed",
        extras={"estimated_blocks": 12345},
    )
    return replace(result, **changes)


def _checks() -> tuple[Check, ...]:
    """One check of each verdict."""
    rule = "|value| <= 5 % pass, <= 10 % marginal"
    values = {"pass": 0.012, "marginal": 0.071, "fail": 0.18}
    return tuple(
        Check("global_bias", "全局偏差", "Global bias", domain, "cu_pct", value, rule, verdict)
        for (verdict, value), domain in zip(values.items(), (*DOMAINS, "all"), strict=True)
    )


def copper_result(
    vintage: date,
    copper_t: dict[str, float],
    depletion_t: dict[str, float] | None = None,
    **changes: Any,
) -> DepositResult:
    """An estimate that says exactly so many tonnes of copper in each class, one cut-off only."""
    model_hash = digest_of(f"model {vintage} {copper_t} {depletion_t}")
    base = fabricated_result(vintage=vintage, **{"model_hash": model_hash, **changes})
    statement = replace(
        base.statement,
        elements=("cu_pct",),
        rows=tuple(copper_row(name, tonnes) for name, tonnes in copper_t.items()),
        support=base.statement.support[:1],
    )
    mined = tuple(copper_row(name, tonnes) for name, tonnes in (depletion_t or {}).items())
    return replace(base, statement=statement, depletion=mined)


def write_figure_arrays(path: Path) -> None:
    """Write the arrays for figures that stand beside a result, ``<vintage>.npz``."""
    x_m, y_m, z_m = (np.arange(0.0, n * 25.0 + 1.0, 25.0) for n in (24, 20, 12))
    grade = _bowl(x_m, z_m)
    plan = _bowl(x_m, y_m)
    rng = np.random.default_rng(7)
    collars = np.column_stack([rng.uniform(50, 550, 30), rng.uniform(50, 450, 30)])
    samples = np.column_stack(
        [rng.uniform(0, 600, 200), rng.uniform(0, 300, 200), rng.gamma(2.0, 0.2, 200)]
    )
    swaths = {f"swath_{a}": _swath(e) for a, e in (("x", x_m), ("y", y_m), ("z", z_m))}
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        path,
        section_cu=grade,
        section_class=_classes(grade),
        section_x_m=x_m,
        section_z_m=z_m,
        section_y_m=np.float64(250.0),
        section_half_width_m=np.float64(50.0),
        section_samples=samples,
        plan_cu=plan,
        plan_class=_classes(plan),
        plan_y_m=y_m,
        plan_z_m=np.float64(150.0),
        collars=collars,
        **swaths,
    )


def _bowl(across_m: np.ndarray, up_m: np.ndarray) -> np.ndarray:
    """Copper that falls away from the middle; NaN at the corners, as where nothing is estimated."""
    u, v = (np.linspace(-1, 1, len(edges) - 1) for edges in (across_m, up_m))
    distance = np.hypot(*np.meshgrid(u, v))
    grade: np.ndarray = np.where(distance > 1.1, np.nan, 0.8 * np.exp(-2.0 * distance**2))
    return grade


def _classes(grade: np.ndarray) -> np.ndarray:
    """Class codes by grade bands: 0 none, 1 measured, 2 indicated, 3 inferred."""
    codes = np.select([grade > 0.5, grade > 0.25, np.isfinite(grade)], [1, 2, 3], 0)
    return codes.astype(np.uint8)


def _swath(edges_m: np.ndarray) -> np.ndarray:
    """A swath table: centre, declustered composites, OK, ID2, NN."""
    centre = 0.5 * (edges_m[1:] + edges_m[:-1])
    middle = 0.4 + 0.2 * np.sin(centre / 120.0)
    wobble = np.cos(centre / 40.0)
    columns = [centre, middle + 0.03 * wobble, middle, middle + 0.01, middle - 0.02 * wobble]
    return np.column_stack(columns)


def chain_of(results: Iterable[DepositResult]) -> tuple[LedgerEntry, ...]:
    """Entries that a ledger would hold after these results, without a database."""
    entries: list[LedgerEntry] = []
    for number, result in enumerate(results, start=1):
        content = entry_content(result)
        entries.append(
            LedgerEntry(
                number=number,
                belt_id=result.belt_id,
                deposit_id=result.deposit_id,
                vintage=result.vintage,
                status=content["status"],
                content=content,
                content_hash=digest_of(str(content)),
                previous_hash=entries[-1].entry_hash if entries else digest_of("none"),
                entry_hash=digest_of(f"entry {number}"),
                run_id="fabricated",
                recorded_at="2026-11-01T00:00:00.000000+00:00",
                code_version="test",
                supersedes=None,
            )
        )
    return tuple(entries)
