"""Quality control of a belt's deposits, or of a folder of unknown files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from estimation.belts import Deposit
from geo.config import DrillholeFile, resolve_root
from geo.drillholes.gathering import GatheredFile, gather, gather_file, named_files
from geo.findings import DataError
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


def deposit_qaqc(
    deposit: Deposit, base: Path, gathered: Sequence[GatheredFile] | None = None
) -> QaqcReading:
    """Read and judge a deposit's QA/QC: its own tables, and controls among the assays.

    ``base`` is the folder of the belt's file; ``gathered`` are the deposit's files where they were
    gathered before, with its tables of controls (:func:`gather_controls`).
    Without a ``qaqc`` block everything is told and nothing is held.
    """
    sources = deposit.drillholes
    source = deposit.qaqc or QaqcSource(rules=PLAIN_RULES)
    root = resolve_root(sources.root, base)
    if gathered is None:
        gathered = [*gather(sources, base), *gather_controls(deposit, base)]
    own = controls_files(source, root)
    listed = {(file.path, file.sheet) for file in own}
    files = [
        QaqcFile(path=one.file.path, sheet=one.file.sheet)
        for one in gathered
        if one.file.table in TABLES and (one.file.path, one.file.sheet) not in listed
    ]
    paths = {one.file.path: one.path for one in gathered if one.trouble is None}
    source = source.model_copy(update={"files": tuple(own)})
    return read_qaqc(source, root, files, sources.conventions.not_assayed, paths)


def gather_controls(deposit: Deposit, base: Path) -> list[GatheredFile]:
    """The deposit's tables of controls beside its drill-hole tables, ready to be read."""
    root = resolve_root(deposit.drillholes.root, base)
    last = max(campaign.as_of for campaign in deposit.drillholes.campaigns)
    return [
        gather_file(root, DrillholeFile(path=file.path, table="qaqc", sheet=file.sheet), last)
        for file in (controls_files(deposit.qaqc, root) if deposit.qaqc else ())
    ]


def controls_files(source: QaqcSource, root: Path) -> list[QaqcFile]:
    """Configured tables of controls, patterns written out."""
    made = []
    for file in source.files:
        try:
            names = named_files(root, file.path) or [file.path]
        except DataError:
            names = [file.path]  # told when it is read
        made += [file.model_copy(update={"path": name}) for name in names]
    return made


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


def _rounded(value: float | None) -> float | None:
    """A number for JSON; None where it isn't finite."""
    return None if value is None or value != value else round(float(value), 6)


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
