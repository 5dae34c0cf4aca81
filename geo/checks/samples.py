"""Checks of samples: lengths, numbers that repeat, contacts crossed, metres left unsampled."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from geo.checks.intervals import element_columns, interval_words
from geo.checks.kernels_checks import contact_inside, hash_texts, rising
from geo.checks.screening import Screening

SAMPLE_M = (0.2, 5.0)
"""A06: usual lengths of a basic sample (expert default)."""
CONTACT_M = 0.2
"""A17: a contact so far inside a sample is crossed, not met (expert default)."""
UNSAMPLED_M = 0.10
RESTART_SHARE = 0.05
"""A05: where more sample numbers than this repeat between holes, numbering starts anew in each."""


def check_samples(work: Screening) -> None:
    """A05, A06, A17 and holes not sampled from their collar."""
    if not len(work.frames["assay"]):
        return
    _length(work)
    if "sample_id" in work.frames["assay"]:
        _numbers(work)
    if "lithology" in work.frames and len(work.frames["lithology"]):
        _contacts(work)
    _tops(work)


def _length(work: Screening) -> None:
    """A06: unusual lengths of samples that were assayed."""
    frame = work.frames["assay"]
    length = frame["to_m"].to_numpy(dtype=float) - frame["from_m"].to_numpy(dtype=float)
    low, high = SAMPLE_M
    unusual = (length < low - 1e-9) | (length > high + 1e-9)
    rows = np.flatnonzero(unusual)
    assayed = frame[element_columns(frame)].iloc[rows].notna().any(axis=1).to_numpy()
    unusual[rows] = assayed
    words = lambda i: {"length": f"{length[i]:.2f}", "low": f"{low:g}", "high": f"{high:g}"}  # noqa: E731
    work.flag("assay", "BN-ASY-007", unusual, "to_m", words=words)


def text_bytes(texts: pd.Series) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Texts as offsets (n + 1,) into bytes, without an object for each of millions of them."""
    array = pa.array(texts, from_pandas=True)
    whole = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    whole = whole.fill_null("").cast(pa.large_string())
    _, offsets, data = whole.buffers()
    ends = np.frombuffer(offsets, dtype=np.int64)[whole.offset :][: len(whole) + 1]
    return ends, np.frombuffer(data, dtype=np.uint8) if data is not None else np.zeros(0, np.uint8)


def text_hashes(
    ends: NDArray[np.int64], content: NDArray[np.uint8], seed: NDArray[np.int32]
) -> NDArray[np.uint64]:
    """64-bit hashes (n,) of texts, each with a number of its own; 0 for a blank."""
    return np.where(ends[1:] > ends[:-1], hash_texts(ends, content, seed), np.uint64(0))


def _repeated(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Hashes, other than a blank's, that stand in more than one row."""
    inorder = np.sort(hashes)
    return np.setdiff1d(inorder[1:][inorder[1:] == inorder[:-1]], [np.uint64(0)])


def _numbers(work: Screening) -> None:
    """A05: sample numbers that repeat within a hole, or stand in two holes."""
    frame, hole = work.frames["assay"], work.holes("assay")
    texts = text_bytes(frame["sample_id"])
    if rising(*texts):
        return
    hashes = text_hashes(*texts, np.zeros(len(hole), dtype=np.int32))
    twice = _repeated(hashes)
    if not len(twice):
        return
    rows = np.flatnonzero(np.isin(hashes, twice))
    restart = len(rows) > max(RESTART_SHARE * np.count_nonzero(hashes), 4 * len(work.names))
    if restart:
        inside = text_hashes(*text_bytes(frame["sample_id"].iloc[rows]), hole[rows])
        work.note("assay", "BN-INT-016", "sample_id", count=len(rows), total=len(frame))
        rows = rows[np.isin(inside, _repeated(inside))]
    part = frame[["hole", "sample_id"]].iloc[rows].assign(position=rows)
    double = part.duplicated(["hole", "sample_id"])
    words = interval_words(frame)
    mask = np.zeros(len(frame), dtype=bool)
    mask[part["position"][double]] = True
    work.flag("assay", "BN-ASY-008", mask, "sample_id", value="sample_id", words=words)
    if restart:
        return
    part = part[~double]
    first = part.drop_duplicates("sample_id").set_index("sample_id")["hole"]
    mask = np.zeros(len(frame), dtype=bool)
    mask[part["position"][part.duplicated("sample_id")]] = True
    work.flag(
        "assay",
        "BN-INT-015",
        mask,
        "sample_id",
        value="sample_id",
        words=lambda i: {**words(i), "other": work.names[first[frame["sample_id"].iloc[i]]]},
    )


def _contacts(work: Screening) -> None:
    """A17: assayed samples that cross a lithological contact."""
    log, frame = work.frames["lithology"], work.frames["assay"]
    code = pd.factorize(log["lithology"])[0]
    hole = log["hole"].to_numpy()
    change = np.flatnonzero((hole[1:] == hole[:-1]) & (code[1:] != code[:-1])) + 1
    depth = log["from_m"].to_numpy(dtype=float)[change]
    ends = (frame[c].to_numpy(dtype=float) for c in ("from_m", "to_m"))
    inside = contact_inside(work.holes("assay"), *ends, hole[change], depth, CONTACT_M)
    crossed = np.isfinite(inside)
    rows = np.flatnonzero(crossed)
    crossed[rows] = frame[element_columns(frame)].iloc[rows].notna().any(axis=1).to_numpy()
    words = lambda i, rows: {"depth": f"{inside[i]:g}"}  # noqa: E731
    work.flag_holes("assay", "BN-INT-014", crossed, "from_m", words=words)


def _tops(work: Screening) -> None:
    """Holes whose first interval begins below the collar."""
    frame, hole = work.frames["assay"], work.holes("assay")
    first = np.ones(len(hole), dtype=bool)
    first[1:] = hole[1:] != hole[:-1]
    from_m = frame["from_m"].to_numpy(dtype=float)
    words: Any = interval_words(frame)
    low = first & (from_m > UNSAMPLED_M)
    work.flag("assay", "BN-INT-017", low, "from_m", value="from_m", words=words)
