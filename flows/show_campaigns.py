"""What each campaign brought, as a table on the terminal."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from flows.show import Voice


def campaign_table(voice: Voice, name: str, rows: list[dict[str, Any]]) -> Table:
    """Holes, metres, samples and assayed metres of one deposit, a line a campaign."""
    table = Table(title=voice.word(f"{name} 工作量", f"{name}: drilled and assayed"))
    headings = [
        ("批次", "campaign"), ("孔型", "type"), ("实验室", "laboratory"), ("孔数", "holes"),
        ("进尺 m", "drilled, m"), ("样品", "samples"), ("已测 m", "assayed, m"),
    ]  # fmt: skip
    for number, (zh, en) in enumerate(headings):
        table.add_column(voice.word(zh, en), justify="left" if number < 3 else "right")
    for row in rows:
        words = [str(row[key]) for key in ("campaign", "hole_type", "laboratory")]
        counts = (f"{row['holes']:,}", f"{row['drilled_m']:,.1f}")
        table.add_row(*words, *counts, f"{row['samples']:,}", f"{row['assayed_m']:,.1f}")
    return table
