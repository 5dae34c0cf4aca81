"""The quarantine: refused rows and files with the rule each broke, and when they were let go.

A row stays open until a later drop no longer has it refused: corrected, taken out, or accepted by
a decision. Its history keeps both days, so nothing that was refused is ever forgotten.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import pandas as pd

from geo.files import write_whole
from geo.findings import Finding
from geo.rules import blocks, rules

KEY = ["table", "file", "sheet", "code", "raw"]
"""What makes a refused row the same row in a later drop: its text, not its number."""
HISTORY = [*KEY, "row", "opened", "released"]


def write_quarantine(
    findings: Iterable[Finding],
    refused: pd.DataFrame,
    workspace: Path,
    belt_id: str,
    name: str = "drillholes",
    *,
    at: datetime,
) -> pd.DataFrame:
    """Write refused rows and findings to ``workspace/quarantine/<belt>/``, each file whole.

    Parameters
    ----------
    findings
        All findings of the reading, as they go to ``<name>.findings.json``.
    refused
        Rows (table, file, sheet, row, code, raw) as the readings give them; they go to
        ``<name>.csv`` (UTF-8 with a mark, so that a spreadsheet opens it), one line for each row
        and rule, with the rule's meaning in both languages.
    workspace, belt_id, name
        Where to write; ``name`` is usually the deposit's id.
    at
        When the reading was made.

    Returns
    -------
    DataFrame
        The history as written to ``<name>.history.csv``: every row and file ever refused, with
        ``opened`` and ``released`` (ISO times; ``released`` empty while it is refused).
    """
    found = list(findings)
    folder = workspace / "quarantine" / belt_id
    table = refused.sort_values(["table", "file", "sheet", "row", "code"], kind="stable")
    book = rules()
    table = table.assign(
        fix_zh=[book[code].fix_zh for code in table["code"]],
        fix_en=[book[code].fix_en for code in table["code"]],
    )
    text = json.dumps([f.as_json() for f in found], ensure_ascii=False, indent=1)
    write_whole(folder / f"{name}.findings.json", text.encode())
    _write_csv(folder / f"{name}.csv", table)
    past = read_history(folder / f"{name}.history.csv")
    history = _history(past, _open_now(found, refused), at.isoformat(timespec="seconds"))
    _write_csv(folder / f"{name}.history.csv", history)
    return history


def read_history(path: Path) -> pd.DataFrame:
    """Read one history (:data:`HISTORY`, all texts); an absent one is empty."""
    if not path.exists():
        return pd.DataFrame(columns=HISTORY, dtype=str)
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")


def _write_csv(path: Path, table: pd.DataFrame) -> None:
    """Write a table that a spreadsheet opens."""
    write_whole(path, table.to_csv(index=False, lineterminator="\n").encode("utf-8-sig"))


def _open_now(findings: list[Finding], refused: pd.DataFrame) -> pd.DataFrame:
    """What is refused in this reading: rows by their text, files as a whole."""
    rows = refused[[*KEY, "row"]].astype(str)
    files = [
        {
            "table": "",
            "file": f.file,
            "sheet": f.sheet or "",
            "code": f.code,
            "raw": " ".join(filter(None, (f.column, f.value))),
            "row": "",
        }
        for f in findings
        if blocks(f)
    ]
    return pd.concat([rows, pd.DataFrame(files, columns=[*KEY, "row"])], ignore_index=True)


def _history(past: pd.DataFrame, now: pd.DataFrame, at: str) -> pd.DataFrame:
    """Past and present together: what went is released, what came is opened, the rest stays."""
    still, now = past[past["released"] == ""].copy(), now.copy()
    for part in (still, now):  # the same text twice in a file is two rows
        part["copy"] = part.groupby(KEY).cumcount()
    same = now.merge(
        still[[*KEY, "copy", "opened"]], on=[*KEY, "copy"], how="left", validate="one_to_one"
    )
    same["opened"] = same["opened"].fillna(at)
    same["released"] = ""
    gone = still.merge(now[[*KEY, "copy"]], on=[*KEY, "copy"], how="left", indicator=True)
    gone = gone[gone["_merge"] == "left_only"].assign(released=at)
    parts = [past[past["released"] != ""], gone[HISTORY], same[HISTORY]]
    return pd.concat(parts, ignore_index=True)[HISTORY]
