"""Batches that fail: by which rule, for which element, and which assays wait for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.dictionary import normal
from geo.qaqc.blanks import BlankSeries
from geo.qaqc.duplicates import PairSeries
from geo.qaqc.limits import known_element, limits
from geo.qaqc.standards import StandardSeries
from geo.rules import Flag


@dataclass(frozen=True)
class BatchFailure:
    """One rule that one batch breaks for one element."""

    laboratory: str
    batch: str
    element: str
    code: str
    """The rule broken: ``BN-QAQ-003`` ..."""
    count: int
    """Control determinations that break it."""
    total: int
    """Control determinations of that kind in the batch."""
    what: str
    """Material, or kind of control."""
    file: str


def failed_batches(
    standards: Iterable[StandardSeries],
    blanks: Iterable[BlankSeries],
    pairs: Iterable[PairSeries],
    metals: Collection[str],
) -> list[BatchFailure]:
    """Every batch that breaks a rule, by laboratory and batch.

    A batch fails where a standard breaks the configured rule (3 s or Y_B), where two standards in
    sequence lie beyond 2 s on one side, where a blank is beyond its limit, or where of at least
    five duplicates too few keep theirs; ``metals`` (``cu``) are the elements that count.
    """
    found: list[BatchFailure] = []
    for standard in (s for s in standards if known_element(s.element) in metals):
        for code, mask in (
            ("BN-QAQ-003", standard.rejected & standard.failed),
            ("BN-QAQ-006", standard.rejected & standard.beyond_limit),
            ("BN-QAQ-024", standard.twice),
        ):
            found += _by_batch(standard, standard.frame, code, mask, standard.material)
    for blank in blanks:
        found += _by_batch(blank, blank.frame, "BN-QAQ-007", blank.rejected, "blank")
    for series in (s for s in pairs if known_element(s.element) in metals):
        found += _poor_pairs(series)
    return sorted(found, key=lambda f: (f.laboratory, f.batch, f.code, f.element, f.what))


def _by_batch(
    series: StandardSeries | BlankSeries,
    frame: pd.DataFrame,
    code: str,
    mask: NDArray[np.bool_],
    what: str,
) -> list[BatchFailure]:
    """Failures of one series by batch."""
    if not mask.any():
        return []
    batches = frame["batch"].to_numpy()
    made = []
    for batch in dict.fromkeys(batches[mask]):
        mine = batches == batch
        place = frame["file"].to_numpy()[mine & mask][0]
        counts = int((mine & mask).sum()), int(mine.sum())
        made.append(
            BatchFailure(series.laboratory, batch, series.element, code, *counts, what, place)
        )
    return made


def _poor_pairs(series: PairSeries) -> list[BatchFailure]:
    """Batches with too small a share of pairs within their limit."""
    if not series.varies:
        return []
    made = []
    rejected = series.rejected
    batches = series.frame["batch"].to_numpy()
    for batch in dict.fromkeys(batches):
        mine = batches == batch
        total, poor = int(mine.sum()), int((mine & rejected).sum())
        enough = total >= limits()["insertion"]["pulp_least"]
        if enough and 100 * (total - poor) / total < series.wanted_pass_pct:
            code = "BN-QAQ-009" if series.limits_pct is None else "BN-QAQ-010"
            file = series.frame["file"].to_numpy()[mine][0]
            made.append(
                BatchFailure(
                    series.laboratory, batch, series.element, code, poor, total, series.kind, file
                )
            )
    return made


def held_rows(
    assays: pd.DataFrame, failures: Sequence[BatchFailure], elements: Iterable[str] | None = None
) -> NDArray[np.bool_]:
    """Rows of an assay table whose batch failed.

    ``assays`` has a column ``batch`` (and ``file``, which stands for the batch where the table
    names none); ``elements`` are the ones that matter (``cu``, ``cu_pct``; default: all).
    """
    batches = {normal(f.batch) for f in _that_matter(failures, elements)}
    names = _batch_names(assays)
    known = {name: normal(str(name)) in batches for name in names.unique()}
    return names.map(known).to_numpy(dtype=bool)


def unnamed_batches(
    assays: pd.DataFrame, failures: Sequence[BatchFailure], elements: Iterable[str] | None = None
) -> list[BatchFailure]:
    """Failures of batches that no row of the assay table belongs to: nothing waits for them."""
    known = {normal(str(name)) for name in _batch_names(assays).unique()}
    return [f for f in _that_matter(failures, elements) if normal(f.batch) not in known]


def _that_matter(
    failures: Sequence[BatchFailure], elements: Iterable[str] | None
) -> list[BatchFailure]:
    """Failures for one of the elements (None: all)."""
    wanted = None if elements is None else {e.partition("_")[0] for e in elements}
    return [
        f for f in failures if wanted is None or (known_element(f.element) or f.element) in wanted
    ]


def held_flag(
    assays: pd.DataFrame, failures: Sequence[BatchFailure], elements: Iterable[str] | None = None
) -> Flag:
    """The rows of :func:`held_rows` as a flag that refuses them (BN-QAQ-021)."""
    rows = np.flatnonzero(held_rows(assays, failures, elements))
    names = [str(name) for name in _batch_names(assays).to_numpy()[rows]]
    return Flag("BN-QAQ-021", rows, "batch", names, [{"batch": name} for name in names])


def _batch_names(assays: pd.DataFrame) -> pd.Series:
    """Batch of each row; its file where the table names none."""
    if "batch" not in assays:
        return assays["file"]
    return assays["batch"].where(assays["batch"].fillna("").astype(bool), assays["file"])
