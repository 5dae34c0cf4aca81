"""The table of special values on the terminal: kinds, counts, rules, before and after."""

from __future__ import annotations

from rich.table import Table

from flows.show import Voice
from geo.special.review import Review, ReviewRow

QUIET = {"blank", "not_assayed"}
"""Kinds that need no line where everything else of the column is plain."""


def special_table(voice: Voice, name: str, review: Review) -> Table | None:
    """Special values of one deposit by column and kind; None where there is nothing to show."""
    loud = {(row.table, row.column) for row in review.rows if row.kind not in QUIET}
    rows = [row for row in review.rows if (row.table, row.column) in loud]
    if not rows:
        return None
    table = Table(title=voice.word(f"{name} 特殊值", f"{name}: special values"))
    headings = [
        ("列", "column"), ("种类", "kind"), ("个数", "count"), ("原值", "as written"),
        ("取为", "becomes"), ("规则", "rule"), ("", ""),
    ]  # fmt: skip
    for zh, en in headings:
        table.add_column(
            voice.word(zh, en), justify="right" if en == "count" else "left", no_wrap=not en
        )
    for row in rows:
        mark = "" if row.reviewed else voice.word("待审定", "to be decided")
        zh, en = row.words
        cells = (row.column, voice.word(zh, en), str(row.count), written(row))
        table.add_row(*cells, row.becomes, row.rule, mark)
    return table


def written(row: ReviewRow) -> str:
    """The range of the values as the file writes them; of words, some of them."""
    if row.smallest is None or row.largest is None:
        return row.example or ""
    if row.smallest == row.largest:
        return f"{row.smallest:g}"
    return f"{row.smallest:g} … {row.largest:g}"
