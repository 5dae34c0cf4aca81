"""Laboratory results joined to the samples they belong to, by sample id."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from geo.checks.intervals import element_columns
from geo.findings import Finding
from geo.rules import Flag, finding, flag_findings
from geo.tables.table import refused_rows

TABLE = "laboratory"
SHOWN = 10
"""So many samples without result are named."""
KEPT = ("laboratory", "batch", "method", "date")
"""What a result says beside its grades; written to the sample where the sample table is silent."""


@dataclass
class Joined:
    """The sample table with its results, and what was wrong with results."""

    samples: pd.DataFrame
    findings: list[Finding] = field(default_factory=list)
    refused: list[pd.DataFrame] = field(default_factory=list)
    skipped: list[pd.DataFrame] = field(default_factory=list)


def join_results(samples: pd.DataFrame, results: pd.DataFrame) -> Joined:
    """Give every sample the grades that the laboratory found.

    Parameters
    ----------
    samples
        The sample table: ``sample_id``, ``hole_id``, ``from_m``, ``to_m``, ``as_of``, maybe grades.
    results
        One row a sample: ``sample_id``, grades, ``as_of``, maybe ``qc_type``.

    Returns
    -------
    Joined
        Samples in their order, each ``as_of`` the later of sample and result. A result of no
        sample, of several samples, one of several for a sample, or one that contradicts the sample
        table is refused; control samples are skipped here.
    """
    made = Joined(samples)
    results = _without_controls(results, made)
    key = _keys(results["sample_id"])
    register = _keys(samples["sample_id"])
    filled = register != ""
    owners = pd.Series(np.arange(len(samples))[filled], index=register[filled])
    several = owners.index[owners.index.duplicated()].unique()
    bad = np.zeros(len(results), dtype=bool)
    for code, mask in (
        ("BN-TAB-017", key == ""),
        ("BN-TAB-034", key.duplicated(keep=False) & (key != "")),
        ("BN-TAB-037", key.isin(several)),
        ("BN-TAB-032", (key != "") & ~key.isin(owners.index)),
    ):
        fresh = mask.to_numpy() & ~bad
        _refuse(results, fresh, code, made)
        bad |= fresh
    owner = owners[~owners.index.duplicated()].reindex(key[~bad]).to_numpy(dtype=np.int64)
    _write(results[~bad].reset_index(drop=True), owner, made)
    without = np.setdiff1d(np.flatnonzero(filled), owner)
    if len(without):
        listed = ", ".join(samples["sample_id"].iloc[without[:SHOWN]].astype(str))
        words = _place(samples, without[:1])
        made.findings.append(finding("BN-TAB-033", count=len(without), found=listed, **words))
    return made


def _keys(ids: pd.Series) -> pd.Series:
    """The spelling under which sample ids are compared: NFKC, capitals, no blanks."""
    known = {
        text: "".join(unicodedata.normalize("NFKC", text).upper().split()) for text in ids.unique()
    }
    return ids.map(known).reset_index(drop=True)


def _without_controls(results: pd.DataFrame, made: Joined) -> pd.DataFrame:
    """Results of samples only; those of control samples are left for the quality control."""
    if "qc_type" not in results:
        return results
    control = (results["qc_type"].fillna("") != "").to_numpy()
    if control.any():
        gone = results.loc[control, ["file", "sheet", "row"]]
        made.skipped.append(gone.assign(table=TABLE))
        place = _place(results, control)
        made.findings.append(finding("BN-TAB-038", count=int(control.sum()), **place))
    return results[~control].reset_index(drop=True)


def _place(frame: pd.DataFrame, mask: Any) -> dict[str, Any]:
    """File and sheet of the first of some rows (a mask or positions)."""
    rows = np.asarray(mask)
    first = frame.iloc[np.flatnonzero(rows)[0] if rows.dtype == bool else rows[0]]
    return {"file": str(first["file"]), "sheet": str(first["sheet"]) or None}


def _refuse(results: pd.DataFrame, mask: Any, code: str, made: Joined) -> None:
    """Flag results, and take them out."""
    rows = np.flatnonzero(mask)
    if len(rows):
        values = results["sample_id"].iloc[rows].astype(str).tolist()
        flag = Flag(code, rows, "sample_id", values)
        made.findings += flag_findings(flag, results)
        made.refused.append(refused_rows([flag], results, TABLE))


def _write(results: pd.DataFrame, owner: Any, made: Joined) -> None:
    """Write results into their samples, but where the sample table has other values."""
    samples = made.samples.copy()
    elements = element_columns(results)
    clash = np.zeros(len(results), dtype=bool)
    for column in elements:
        if column in samples:
            have, new = samples[column].to_numpy()[owner], results[column].to_numpy()
            clash |= ~np.isnan(have) & ~np.isnan(new) & (have != new)
    _refuse(results, clash, "BN-TAB-039", made)
    results, owner = results[~clash], owner[~clash]
    for column in elements:
        values = samples[column].to_numpy().copy() if column in samples else None
        values = np.full(len(samples), np.nan) if values is None else values
        new = results[column].to_numpy()
        values[owner[~np.isnan(new)]] = new[~np.isnan(new)]
        samples[column] = values
    for column in (name for name in KEPT if name in results):
        texts = np.full(len(samples), "", dtype=object)
        if column in samples:
            texts = samples[column].fillna("").to_numpy(dtype=object).copy()
        silent = texts[owner] == ""
        texts[owner[silent]] = results[column].fillna("").to_numpy(dtype=object)[silent]
        samples[column] = pd.Series(texts, index=samples.index, dtype="str")
    known = samples["as_of"].to_numpy().copy()
    known[owner] = np.maximum(known[owner], results["as_of"].to_numpy())
    samples["as_of"] = known
    made.samples = samples
