"""What each campaign, drill type and laboratory brought: holes, metres, samples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from geo.checks.intervals import element_columns
from geo.drillholes.reading import Drillholes

BY = ("campaign", "hole_type", "laboratory")
MISSING = "—"


def campaign_summary(drillholes: Drillholes) -> pd.DataFrame:
    """Holes, metres, samples and assayed metres by campaign, drill type and laboratory.

    Parameters
    ----------
    drillholes
        Checked tables. The campaign is the collar's ``campaign`` where it has one, else the date
        as of which the files are complete; ``hole_type`` is the collar's, ``laboratory`` the
        assay's. Words that were not delivered are "—".

    Returns
    -------
    DataFrame
        ``campaign``, ``hole_type``, ``laboratory``, ``holes``, ``drilled_m`` (final depth, else the
        deepest interval), ``samples`` (intervals with a grade), ``assayed_m``, sorted. A hole
        assayed by two laboratories is counted in both lines: its metres drilled too.
    """
    collar, assay = drillholes.collar, drillholes.assay
    deepest = assay.groupby("hole_id")["to_m"].max()
    depth = collar["depth_m"].astype(float).fillna(collar["hole_id"].map(deepest)).fillna(0.0)
    holes = pd.DataFrame(
        {
            "hole_id": collar["hole_id"].astype(str),
            "campaign": _said(collar, "campaign", collar["as_of"].astype(str)),
            "hole_type": _said(collar, "hole_type"),
            "drilled_m": depth,
        }
    )
    assayed = assay[element_columns(assay)].notna().any(axis=1).to_numpy()
    samples = pd.DataFrame(
        {
            "hole_id": assay["hole_id"].astype(str),
            "laboratory": _said(assay, "laboratory"),
            "samples": assayed.astype(int),
            "assayed_m": np.where(assayed, assay["to_m"] - assay["from_m"], 0.0),
        }
    )
    sums = samples.groupby(["hole_id", "laboratory"], as_index=False).sum()
    whole = holes.merge(sums, on="hole_id", how="left")
    whole = whole.fillna({"laboratory": MISSING, "samples": 0, "assayed_m": 0.0})
    totals: dict[str, Any] = {
        "holes": ("hole_id", "nunique"),
        "drilled_m": ("drilled_m", "sum"),
        "samples": ("samples", "sum"),
        "assayed_m": ("assayed_m", "sum"),
    }
    return whole.groupby(list(BY), as_index=False).agg(**totals).astype({"samples": int})


def _said(frame: pd.DataFrame, column: str, otherwise: pd.Series | None = None) -> pd.Series:
    """A column of words, and what stands where it is blank or absent."""
    blank = pd.Series([MISSING] * len(frame), index=frame.index, dtype=object)
    other = blank if otherwise is None else otherwise.astype(object)
    if column not in frame:
        return other
    texts = frame[column].fillna("").astype(str).str.strip()
    return texts.where(texts != "", other)
