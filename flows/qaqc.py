"""Quality control of a belt's deposits, or of a folder of unknown files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from estimation.belts import Deposit
from geo.config import resolve_root
from geo.qaqc import QaqcFile, QaqcReading, QaqcSource, check_qaqc_folder, read_qaqc
from geo.qaqc.config import PLAIN_RULES

TABLES = ("assay", "combined", "laboratory", "qaqc")
"""Drill-hole tables that are searched for controls."""


@dataclass(frozen=True)
class Named:
    """The quality control of one deposit or folder, by its name."""

    name_zh: str
    name_en: str
    reading: QaqcReading


def deposit_qaqc(deposit: Deposit, base: Path) -> QaqcReading:
    """Read and judge a deposit's QA/QC: its own tables, and controls among the assays.

    ``base`` is the folder of the belt's file. Without a ``qaqc`` block everything is told and
    nothing is held.
    """
    sources = deposit.drillholes
    source = deposit.qaqc or QaqcSource(rules=PLAIN_RULES)
    listed = {(file.path, file.sheet) for file in source.files}
    files = [
        QaqcFile(path=file.path, sheet=file.sheet)
        for campaign in sources.campaigns
        for file in campaign.files
        if file.table in TABLES and (file.path, file.sheet) not in listed
    ]
    return read_qaqc(
        source, resolve_root(sources.root, base), files, sources.conventions.not_assayed
    )


def qaqc_of(target: str, configs: str, units: dict[str, str]) -> list[Named]:
    """Quality control of a belt by its name, or of a folder or file.

    Raises
    ------
    ConfigError
        The target is neither a belt nor a path.
    """
    path = Path(target)
    if path.exists():
        return [Named(path.name, path.name, check_qaqc_folder(path, units))]
    from flows.belts import find_belt

    belt, base = find_belt(target, Path(configs))
    return [Named(d.name.zh, d.name.en, deposit_qaqc(d, base)) for d in belt.deposits]


def qaqc_answer(found: list[Named]) -> list[dict[str, Any]]:
    """The documented ``--json`` shape of ``bornite qaqc`` (docs/json.md)."""
    return [
        {
            "name": {"zh": item.name_zh, "en": item.name_en},
            "controls": item.reading.controls.count,
            "samples": item.reading.controls.samples,
            "layouts": item.reading.layouts,
            "pass_rates_pct": {k: _rounded(v) for k, v in item.reading.pass_rates.items()},
            "held": item.reading.holds and bool(item.reading.failures),
            "failed": [vars(failure) for failure in item.reading.failures],
            "standards": [_standard(s) for s in item.reading.standards],
            "blanks": [_blank(s) for s in item.reading.blanks],
            "pairs": [_pairs(s) for s in item.reading.pairs],
            "findings": [f.as_json() for f in item.reading.findings],
        }
        for item in found
    ]


def _rounded(value: float | None, digits: int = 6) -> float | None:
    """A number for JSON; None where it isn't finite."""
    return None if value is None or value != value else round(float(value), digits)


def _standard(s: Any) -> dict[str, Any]:
    """One series of standards."""
    return {
        "material": s.material,
        "element": s.element,
        "unit": s.unit,
        "laboratory": s.laboratory,
        "basis": s.basis,
        "n": len(s.frame),
        "below": s.below,
        "centre": _rounded(s.centre),
        "sd": _rounded(s.sd),
        "certified": _rounded(s.value),
        "bias_pct": _rounded(s.bias_pct),
        "limit_pct": _rounded(s.limit_pct),
        "warned": int(s.warned.sum()),
        "beyond_3s": int(s.failed.sum()),
        "beyond_limit": int(s.beyond_limit.sum()),
        "run_of_seven": int(s.run.sum()),
        "pass_pct": _rounded(s.pass_pct),
    }


def _blank(s: Any) -> dict[str, Any]:
    """One series of blanks."""
    return {
        "element": s.element,
        "unit": s.unit,
        "laboratory": s.laboratory,
        "n": len(s.frame),
        "detection_limit": _rounded(s.detection_limit),
        "limit": _rounded(s.limit),
        "above": int(s.rejected.sum()),
        "after_high": int(s.after_high.sum()),
        "pass_pct": _rounded(s.pass_pct),
    }


def _pairs(s: Any) -> dict[str, Any]:
    """One series of pairs."""
    axis, t = s.axis, s.t
    return {
        "kind": s.kind,
        "element": s.element,
        "unit": s.unit,
        "laboratory": s.laboratory,
        "n": s.n,
        "both_below": s.both_below,
        "one_below": s.one_below,
        "missing": s.missing,
        "hard_pass_pct": _rounded(s.hard_pass_pct),
        "limit_pass_pct": _rounded(s.limit_pass_pct),
        "cv_avr_pct": _rounded(s.cv_avr_pct),
        "rma_slope": None if axis is None else _rounded(axis.slope),
        "rma_interval": None if axis is None else [_rounded(axis.low), _rounded(axis.high)],
        "t_p": None if t is None else _rounded(t.p),
        "passed": s.passed,
        "biased": s.biased,
    }
