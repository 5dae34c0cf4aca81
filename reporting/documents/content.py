"""What a page is given, as the plain values that a printed document is typeset from.

The tables, cells and figures are the page's own objects: their texts are printed as they stand, so
a figure in a PDF can't differ from the page's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from reporting.figures.fonts import drawable
from reporting.figures.store import Plate
from reporting.site.frame import Page
from reporting.tables import Cell, Row, Table
from reporting.units import Text
from reporting.views.summary import Card
from reporting.views.target import Headline

Outline = tuple[tuple[str, Text | None], ...]
"""Keys of a page's context in the order of printing, each with its heading."""

SUMMARY: Outline = (
    ("sentence", None),
    ("target", Text("目标进度", "Against the target")),
    ("sure", Text("可信程度", "How sure")),
    ("groups", None),
    ("target_plate", None),
)
BELT: Outline = (
    ("note", None),
    ("facts", None),
    ("table", None),
    ("trend", None),
    ("coverage", None),
    ("plates", Text("区域调查", "Regional surveys")),
    ("findings", Text("数据检查", "Data findings")),
)
SIDE_BY_SIDE = ("figures", "cards", "facts")
"""Kinds of blocks that stand beside one another."""
SEVERITIES = ("error", "warning", "info")
KINDS = {
    True: Text("合成矿床", "Synthetic deposits"),
    False: Text("实际数据矿床", "Deposits from real data"),
}
SINCE = Text("较上期", "since last vintage")
LONGEST = 2_000
"""Signs printed of one text; what is longer ends in an ellipsis."""
NO_SIGN = "□"
NO_BREAK = "\N{NO-BREAK SPACE}"
_LONG_WORD = re.compile(r"[^\s\u2e80-\uffef]{40}(?=[^\s\u2e80-\uffef])")


def content_of(context: dict[str, Any], outline: Outline, language: str) -> dict[str, Any]:
    """What the template prints of a page's context, in one language.

    Parameters
    ----------
    context
        What the page's own template is given.
    outline
        What of it is printed, in which order; a key that the page lacks is passed over.
    language
        ``zh`` or ``en``.
    """
    speaker = _Speaker(language)
    blocks: list[dict[str, Any]] = []
    for key, title in outline:
        made = list(speaker.blocks(context.get(key)))
        if made and title is not None:
            if made[0]["kind"] == "facts":
                made[0]["title"] = speaker.say(title)
            else:
                blocks.append({"kind": "heading", "text": speaker.say(title)})
        blocks += made
    return {"language": language, **speaker.frame(context["page"]), "blocks": _joined(blocks)}


def _joined(blocks: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The blocks, with figures, cards and facts that follow one another set side by side."""
    made: list[dict[str, Any]] = []
    for kind, run in groupby(blocks, key=lambda block: str(block["kind"])):
        if kind in SIDE_BY_SIDE:
            made.append({"kind": kind, "items": list(run)})
        else:
            made += run
    return made


def printable(text: str) -> str:
    """A text as it can be set: not endless, long words may be broken, □ for what has no sign.

    PDF/UA admits no sign that the font lacks, and control signs would turn a line about.
    """
    known = drawable()
    kept = "".join(
        " "
        if not (sign.isprintable() or sign == NO_BREAK)
        else sign
        if ord(sign) in known
        else NO_SIGN
        for sign in text[:LONGEST]
    )
    kept += "…" * (len(text) > LONGEST)
    return _LONG_WORD.sub(lambda found: f"{found[0]}\u200b", kept)


class _Speaker:
    """Says everything in one language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def say(self, text: Text | None) -> str:
        """A text in the language; nothing for None."""
        return "" if text is None else printable(str(getattr(text, self.language)))

    def frame(self, page: Page) -> dict[str, Any]:
        """Title, marks, banners and hashes."""
        say = self.say
        return {
            "title": say(page.title),
            "status": say(page.status),
            "mark": say(page.mark),
            "head": say(page.head),
            "synthetic": page.synthetic,
            "held": [f"{printable(name)}: {say(reason)}" for name, reason in page.held],
            "left_out": [say(one) for one in page.left_out],
            "hashes": [[say(name), say(value)] for name, value in page.hashes],
        }

    def blocks(self, value: Any) -> Iterator[dict[str, Any]]:
        """What a value of a page's context comes to in print."""
        if isinstance(value, Text):
            if self.say(value):
                yield {"kind": "text", "text": self.say(value)}
        elif isinstance(value, Table):
            yield self.table(value)
        elif isinstance(value, Plate):
            texts = {"alt": self.say(value.alt), "caption": self.say(value.caption)}
            yield {"kind": "figures", "svg": value.svg, **texts}
        elif isinstance(value, Headline):
            yield {"kind": "facts", "title": "", "rows": self.target(value)}
        elif isinstance(value, Card):
            yield self.card(value)
        elif isinstance(value, dict):
            for one in value.values():
                yield from self.blocks(one)
        elif isinstance(value, list | tuple):
            yield from self.several(value)

    def card(self, card: Card) -> dict[str, Any]:
        """One class's copper: in the language's own unit first, and its change."""
        order = (card.wan_t, card.kt) if self.language == "zh" else (card.kt, card.wan_t)
        lines = [self.figure(cell) for cell in order]
        if card.ends:
            low, high = card.ends
            lines.append(f"P10–P90: {self.say(low.text)} – {self.figure(high)}")
        if change := self.figure(card.change):
            lines.append(f"{self.say(SINCE)} {change}")
        return {"kind": "cards", "title": f"Cu {self.say(card.title)}", "lines": lines}

    def several(self, value: list[Any] | tuple[Any, ...]) -> Iterator[dict[str, Any]]:
        """A list of facts as one block; any other item by item."""
        rows = [row for row in map(self.fact, value) if row]
        if value and len(rows) == len(value):
            yield {"kind": "facts", "title": "", "rows": rows}
            return
        for one in value:
            if isinstance(one, dict) and len(value) > 1:
                yield {"kind": "heading", "text": self.say(KINDS[one["synthetic"]])}
            yield from self.blocks(one)

    def fact(self, value: Any) -> list[str] | None:
        """A pair of texts, or a kind of finding with its count; None where it is neither."""
        match value:
            case (Text() as name, Text() as said):
                return [self.say(name), self.say(said)]
            case (Text() as name, str() as severity, int() as count) if severity in SEVERITIES:
                return [self.say(name), f"{count:,}"]
        return None

    def target(self, found: Headline) -> list[list[str]]:
        """The headline target as facts."""
        words = {
            "zh": ("目标", "较基数增长", "与目标线", "口径与基数", "截至", "覆盖范围"),
            "en": ("Target", "Growth since the baseline", "Against the lines",
                   "Basis and baseline", "As of", "Coverage"),
        }[self.language]  # fmt: skip
        progress, say = found.progress, self.say
        growth = f"{say(found.growth.text)} %"
        if found.ends:
            growth += "; P10–P90: {} – {} %".format(*(say(cell.text) for cell in found.ends))
        said = (
            f"{found.band}, {progress.target.deadline}",
            growth,
            say(found.standing),
            f"{say(found.basis)}; {say(found.baseline)}",
            found.as_of,
            say(found.coverage),
        )
        return [list(pair) for pair in zip(words, said, strict=True)]

    def figure(self, cell: Cell) -> str:
        """A figure that stands alone, with its unit; nothing where it is blank."""
        if not cell.attributes.get("data-v", "-"):
            return ""
        units = cell.attributes.get("data-unit", "").split("|")
        unit = units[-1] if self.language == "en" else units[0]
        return f"{self.say(cell.text)} {unit}".strip()

    def table(self, table: Table) -> dict[str, Any]:
        """A table with the line that says its basis."""
        names = {
            "zh": ("边界品位", "数据截止", "体重", "状态"),
            "en": ("Cut-off", "Data to", "Density", "Status"),
        }[self.language]
        basis = table.basis
        said = (basis.cutoff, basis.data_date, basis.density, basis.status)
        first = table.head[0] if table.head else ()
        return {
            "kind": "table",
            "title": self.say(table.title),
            "basis": [f"{n} {self.say(t)}" for n, t in zip(names, said, strict=True)],
            "columns": sum(cell.span for cell in first),
            "head": [[self.cell(cell) for cell in line] for line in table.head],
            "rows": [self.row(row) for row in table.rows],
            "notes": [self.say(note) for note in table.notes],
        }

    def row(self, row: Row) -> dict[str, Any]:
        """One row."""
        return {"style": row.style, "cells": [self.cell(cell) for cell in row.cells]}

    def cell(self, cell: Cell) -> dict[str, Any]:
        """One cell."""
        return {
            "text": self.say(cell.text),
            "note": self.say(cell.note),
            "mark": cell.mark,
            "numeric": cell.numeric,
            "head": bool(cell.head),
            "span": cell.span,
            "down": cell.down,
        }
