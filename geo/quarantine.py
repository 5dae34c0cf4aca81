"""The quarantine: refused rows with their original text, each with the rules it breaks."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from geo.files import write_whole
from geo.findings import Finding
from geo.rules import rules


def write_quarantine(
    findings: Iterable[Finding],
    refused: pd.DataFrame,
    workspace: Path,
    belt_id: str,
    name: str = "drillholes",
) -> Path:
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

    Returns
    -------
    Path
        The CSV file.
    """
    folder = workspace / "quarantine" / belt_id
    table = refused.sort_values(["table", "file", "sheet", "row", "code"], kind="stable")
    book = rules()
    table = table.assign(
        fix_zh=[book[code].fix_zh for code in table["code"]],
        fix_en=[book[code].fix_en for code in table["code"]],
    )
    listed = [found.as_json() for found in findings]
    text = json.dumps(listed, ensure_ascii=False, indent=1)
    write_whole(folder / f"{name}.findings.json", text.encode())
    target = folder / f"{name}.csv"
    write_whole(target, table.to_csv(index=False, lineterminator="\n").encode("utf-8-sig"))
    return target
