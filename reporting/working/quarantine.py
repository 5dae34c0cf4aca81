"""The quarantine as a page: what was refused, by which rule, how to mend it, since when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from estimation.belts import Belt
from geo.findings import Finding, RowBalance
from geo.rules import rules
from reporting.site.frame import working_page
from reporting.site.templating import render_page
from reporting.units import Text
from reporting.views.findings import rule_lines_of

LISTED = 500
RELEASED_LISTED = 100


def quarantine_page(
    belt: Belt,
    findings: Sequence[Finding],
    balances: Sequence[RowBalance],
    histories: Mapping[str, pd.DataFrame],
    made_at: datetime,
) -> str:
    """Return the HTML of one belt's quarantine.

    Parameters
    ----------
    belt
        Whose files were read.
    findings, balances
        What the newest reading found, and where its rows went.
    histories
        Deposit or survey -> rows ever refused (:data:`geo.quarantine.HISTORY`).
    made_at
        When the reading was made (aware).
    """
    rows = pd.concat(histories.values(), ignore_index=True) if histories else pd.DataFrame()
    waiting = rows[rows["released"] == ""] if len(rows) else rows
    gone = rows[rows["released"] != ""].sort_values("released") if len(rows) else rows
    title = Text(f"隔离区：{belt.name.zh}", f"Quarantine: {belt.name.en}")
    context = {
        "page": working_page(title, made_at, synthetic=belt.synthetic),
        "total": {
            name: f"{sum(getattr(balance, name) for balance in balances):,}"
            for name in ("rows_in", "accepted", "quarantined", "skipped")
        },
        "rules": rule_lines_of(findings),
        "open": [_row(row) for row in waiting.head(LISTED).to_dict("records")],
        "open_count": len(waiting),
        "released": [_row(row) for row in gone.tail(RELEASED_LISTED).to_dict("records")],
        "balances": balances,
    }
    return render_page("quarantine", context)


def _row(row: Mapping[Any, Any]) -> dict[str, Any]:
    """One refused row with its fix and its days."""
    rule = rules().get(str(row["code"]))
    fix = Text(rule.fix_zh, rule.fix_en) if rule else Text("", "")
    days = {name: str(row[name])[:10] for name in ("opened", "released")}
    return {str(name): value for name, value in row.items()} | days | {"fix": fix}
