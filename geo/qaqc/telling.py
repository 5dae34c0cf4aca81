"""Findings of QA/QC: what each judgement says to the reader, with its place and its fix."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.findings import Finding
from geo.qaqc.batches import BatchFailure
from geo.qaqc.blanks import BlankSeries
from geo.qaqc.duplicates import PairSeries
from geo.qaqc.limits import known_element, limits, words
from geo.qaqc.standards import StandardSeries
from geo.rules import Flag, finding, flag_findings

SHOWN_ELEMENTS = 8
"""So many names of determinations are written out in one finding."""


def named(kind: str, word: str = "kind") -> dict[str, Any]:
    """A kind of control as the words ``kind_zh`` and ``kind_en`` of a message."""
    name = words("names")[kind]
    return {f"{word}_zh": name["zh"], f"{word}_en": name["en"]}


def plain(value: float) -> str:
    """A number for a message: six significant digits, never an exponent."""
    return np.format_float_positional(value, precision=6, fractional=False, trim="-")


def tell_standards(standards: Iterable[StandardSeries]) -> list[Finding]:
    """Points beyond their limits, runs, and series that can't be judged."""
    found: list[Finding] = []
    unjudged: dict[tuple[str, str, str], list[str]] = {}
    few: dict[tuple[str, str], int] = {}
    for s in standards:
        centre = s.value if s.basis == "certificate" and s.value else s.centre
        common: dict[str, Any] = {"material": s.material, "element": s.element}
        found += _points("BN-QAQ-003", s, s.failed, centre=plain(centre), **common)
        found += _points("BN-QAQ-004", s, s.warned, centre=plain(centre), **common)
        found += _points("BN-QAQ-024", s, s.twice, **common)
        if s.limit_pct is not None and s.value is not None:
            limit = plain(round(s.limit_pct, 2))
            words_ = {"centre": plain(s.value), "limit": limit, **common}
            found += _points("BN-QAQ-006", s, s.beyond_limit, **words_)
        if s.run.any():
            run = limits()["shewhart"]["run"]
            count = int(s.run.sum())
            where: dict[str, Any] = {"file": _file(s.frame), "column": s.element}
            found.append(finding("BN-QAQ-005", **where, run=run, count=count, **common))
        file = _file(s.frame)
        unjudged.setdefault((s.basis, file, s.material), []).append(s.element)
        few[(file, s.material)] = max(len(s.frame), few.get((file, s.material), 0))
    for (basis, file, material), elements in unjudged.items():
        found += _basis_told(basis, file, material, elements, few[(file, material)])
    return found


def _basis_told(
    basis: str, file: str, material: str, elements: list[str], repeats: int
) -> list[Finding]:
    """What a material's series are judged by, where that isn't a certificate."""
    count = len(elements)
    if basis == "own_mean":
        return [finding("BN-QAQ-016", file=file, material=material, count=count)]
    if basis == "near_detection":
        return [finding("BN-QAQ-027", file=file, material=material, count=count)]
    if basis == "no_variance":
        return [finding("BN-QAQ-015", file=file, count=count, elements=_listed(elements))]
    if basis == "too_few":
        least = limits()["shewhart"]["least"]
        what: dict[str, Any] = {"what_zh": f"标样 {material}", "what_en": f"standard {material}"}
        return [finding("BN-QAQ-017", file=file, **what, count=repeats, least=least)]
    return []


def tell_blanks(blanks: Iterable[BlankSeries]) -> list[Finding]:
    """Blanks beyond their limits, and those whose detection limit isn't known."""
    found: list[Finding] = []
    unknown: dict[str, list[str]] = {}
    for s in blanks:
        if s.limit is None:
            unknown.setdefault(_file(s.frame), []).append(s.element)
            continue
        shown = {"element": s.element, "limit": plain(s.limit)}
        found += _points("BN-QAQ-007", s, s.rejected & ~s.after_high, **shown)
        found += _points("BN-QAQ-008", s, s.after_high, element=s.element)
    found += [
        finding("BN-QAQ-025", file=file, elements=_listed(elements))
        for file, elements in unknown.items()
    ]
    return found


def tell_pairs(pairs: Sequence[PairSeries]) -> list[Finding]:
    """Precision, bias, and what couldn't be judged, by series and by file."""
    found: list[Finding] = []
    shown: dict[str, Any]
    for s in pairs:
        where: dict[str, Any] = {"file": _file(s.frame), "column": s.element}
        common: dict[str, Any] = {**named(s.kind), "element": s.element, "count": s.n}
        wanted = plain(s.wanted_pass_pct)
        if s.passed is False:
            if s.limits_pct is None and s.hard_pass_pct is not None:
                share = plain(round(s.hard_pass_pct, 1))
                limit = plain(s.hard_limit_pct)
                shown = {"share": share, "limit": limit, "wanted": wanted}
                found.append(finding("BN-QAQ-009", **where, **common, **shown))
            elif s.limit_pass_pct is not None:
                share = plain(round(s.limit_pass_pct, 1))
                found.append(finding("BN-QAQ-010", **where, **common, share=share, wanted=wanted))
        axis = s.axis
        if s.biased and axis is not None:
            low, high = plain(round(axis.low, 3)), plain(round(axis.high, 3))
            shown = {"slope": plain(round(axis.slope, 3)), "low": low, "high": high}
            found.append(finding("BN-QAQ-011", **where, **common, **shown))
    return found + _pairs_counted(pairs)


def _pairs_counted(pairs: Sequence[PairSeries]) -> list[Finding]:
    """Pairs below detection, substituted limits, and determinations of one value, by kind."""
    found: list[Finding] = []
    shown: dict[str, Any]
    for kind in dict.fromkeys(s.kind for s in pairs):
        mine = [s for s in pairs if s.kind == kind]
        file = next((f for s in mine if (f := _file(s.frame))), "")
        both, one = sum(s.both_below for s in mine), sum(s.one_below for s in mine)
        if both or one:
            found.append(finding("BN-QAQ-012", file=file, **named(kind), both=both, one=one))
        floor = sum(s.floor for s in mine)
        if floor:
            found.append(finding("BN-QAQ-022", file=file, **named(kind), count=floor))
        flat = [s.element for s in mine if s.n > 1 and not s.varies]
        if flat:
            shown = {"count": len(flat), "elements": _listed(flat)}
            found.append(finding("BN-QAQ-015", file=file, **shown))
        checks, least = max(s.n for s in mine), limits()["insertion"]["check_least"]
        if kind == "check" and checks < least:
            shown = {**named(kind, "what"), "count": checks, "least": least}
            found.append(finding("BN-QAQ-017", file=file, **shown))
    return found


def tell_units(repeats: pd.DataFrame, pairs: pd.DataFrame) -> list[Finding]:
    """Known elements without a unit, by file."""
    found = []
    both = pd.concat([repeats[["file", "element", "unit"]], pairs[["file", "element", "unit"]]])
    both = both[both["unit"] == ""].drop_duplicates()
    for file, group in both.groupby("file", sort=False):
        names = [str(e) for e in group["element"] if known_element(str(e))]
        if names:
            shown: dict[str, Any] = {"count": len(names), "elements": _listed(names)}
            found.append(finding("BN-QAQ-019", file=str(file), **shown))
    return found


def tell_failures(failures: Sequence[BatchFailure]) -> list[Finding]:
    """One finding for each failed batch, with its reasons."""
    found = []
    for batch in dict.fromkeys((f.laboratory, f.batch) for f in failures):
        mine = [f for f in failures if (f.laboratory, f.batch) == batch]
        told: dict[str, Any] = {
            f"reasons_{language}": _reasons(mine, language) for language in ("zh", "en")
        }
        name = batch[1] if batch[0] in ("", batch[1]) else f"{batch[1]} ({batch[0]})"
        found.append(finding("BN-QAQ-020", file=mine[0].file, batch=name, **told))
    return found


def _reasons(failures: Sequence[BatchFailure], language: str) -> str:
    """Control, determination, rule and counts of a batch's failures."""
    names = words("names")
    texts = []
    for f in failures:
        what = names[f.what][language] if f.what in names else f.what
        texts.append(f"{what} {f.element} {f.code} ({f.count}/{f.total})")
    return _listed(texts)


def _points(
    code: str, series: StandardSeries | BlankSeries, mask: NDArray[np.bool_], **shown: Any
) -> list[Finding]:
    """Findings of single determinations."""
    rows = np.flatnonzero(mask)
    texts = [plain(v) for v in series.values[rows]]
    each = [{**shown, "found": text} for text in texts]
    return flag_findings(Flag(code, rows, series.element, texts, each), series.frame)


def _file(frame: pd.DataFrame) -> str:
    """First file of a series; empty where it has no row left."""
    return str(frame["file"].iloc[0]) if len(frame) else ""


def _listed(names: Sequence[str]) -> str:
    """Names in a line; beyond eight only their number."""
    rest = len(names) - SHOWN_ELEMENTS
    more = f" … (+{rest})" if rest > 0 else ""
    return ", ".join(names[:SHOWN_ELEMENTS]) + more
