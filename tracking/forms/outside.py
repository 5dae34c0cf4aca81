"""A figure from outside: what a filed report or published statistics say, with its citation.

The ledger enters it beside our own estimates and never adds it to them. It comes from a form that
is whole (:mod:`tracking.forms.checks`); its content has the keys of an estimate's content, and
where the source says nothing the key is null. Quantities are whole kilograms.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from tracking.movement.quantities import ORE

REPORT = "filed report / 评审备案报告"
STATISTICS = "published statistics / 统计资料"
ANNOUNCEMENT = "announcement, not filed / 公开报道，未经备案"
STATUS = {"report": REPORT, "statistics": STATISTICS, "announcement": ANNOUNCEMENT}
"""Status of an outside figure by the kind of its source; none of them is ours."""

_OPENING, _CLOSING = "〔【(［〈《「[{", "〕】)］〉》」]}"
_BRACKETS = {ord(sign): "[" for sign in _OPENING} | {ord(sign): "]" for sign in _CLOSING}
_SERIAL = re.compile(r"(?<=\])第?0*(\d+)号?$")


def filing_number(text: str) -> str:
    """One way of writing a document's number, so that one filing is known as one.

    Brackets 〔〕【】[]（） become ``[ ]``, full-width signs half-width, spaces go, and the serial
    number loses its leading zeros: ``黑矿储评字【2024】06号`` is ``黑矿储评字[2024]6号``.
    """
    plain = "".join(unicodedata.normalize("NFKC", text).split()).translate(_BRACKETS)
    return _SERIAL.sub(r"\g<1>号", plain)


@dataclass(frozen=True)
class OutsideFigure:
    """One figure from outside, whole and checked (:meth:`tracking.Ledger.record_outside`).

    ``content`` is the entry's content (docs/records.md lists its keys).
    """

    content: Mapping[str, Any]
    replaces: int | None = None
    """Number of the entry that this one corrects; the ledger then writes a correction before it."""
    reason: str | None = None
    """Why it is corrected; given wherever ``replaces`` is."""
    by: str = ""
    """Who entered it."""

    def __post_init__(self) -> None:
        """A correction without a reason is none."""
        if self.replaces is not None and not (self.reason or "").strip():
            raise ValueError("a correction gives its reason / 更正须写明理由")

    @property
    def deposit_id(self) -> str:
        """Deposit, ``province:<name>`` or ``national``."""
        return str(self.content["deposit_id"])

    @property
    def belt_id(self) -> str:
        """Belt of a configured deposit; empty for deposits and areas that are in none."""
        return str(self.content["belt_id"])

    @property
    def vintage(self) -> date:
        """Effective date (基准日)."""
        return date.fromisoformat(self.content["vintage"])

    @property
    def series(self) -> str:
        """Normalised filing number, or ``source:<slug>``."""
        return str(self.content["series"])

    @property
    def scope(self) -> Literal["deposit", "province", "national"]:
        """What the figure counts."""
        scope: Literal["deposit", "province", "national"] = self.content["scope"]
        return scope

    @property
    def filing(self) -> str:
        """State on the filing axis that the citation proves."""
        return str(self.content["filing"]["state"])

    @property
    def filed_date(self) -> str | None:
        """Date of filing (备案日), ISO; None where it isn't filed."""
        filed: str | None = self.content["filing"]["filed_date"]
        return filed

    @property
    def stat_year(self) -> int | None:
        """Statistics year (入统年度)."""
        year: int | None = self.content["filing"]["stat_year"]
        return year

    @property
    def document_no(self) -> str | None:
        """Normalised filing number (备案号)."""
        number: str | None = self.content["filing"]["document_no"]
        return number


def stated_kg(content: Mapping[str, Any], element: str, part: str = "statement") -> int | None:
    """Kilograms of ``element`` that one part of an outside figure states, all its classes.

    ``part``: ``statement`` (retained resource), ``identified``, ``low_grade``,
    ``identified_low_grade`` or ``reserves``. None where the source says nothing: never zero. A
    total that the source doesn't split into classes counts only where no class is stated.
    """
    rows = [row for row in content.get(part, ()) if element in row["elements"]]
    totals = [row for row in content.get("totals", ()) if row["part"] == part]
    found = rows or [row for row in totals if element in row["elements"]]
    return sum(_metal_kg(row, element) or 0 for row in found) if found else None


def _metal_kg(row: Mapping[str, Any], element: str) -> int | None:
    """Kilograms of metal of one row; None where the element isn't stated."""
    figure = row["elements"].get(element)
    return None if figure is None else int(figure["metal_kg"])


def same_figures(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two contents state the same quantities (whoever reports them, in whatever words)."""
    return all(_quantities(one, part) == _quantities(other, part) for part in PARTS)


PARTS = ("statement", "identified", "low_grade", "identified_low_grade", "reserves", "totals")
"""Parts of an outside content that hold quantities."""


def _quantities(content: Mapping[str, Any], part: str) -> dict[tuple[str, ...], int | None]:
    """Kilograms of one part by class, domain and element."""
    rows: Iterable[Mapping[str, Any]] = content.get(part, ())
    found: dict[tuple[str, ...], int | None] = {}
    for row in rows:
        where = (*(str(row.get(key, "")) for key in ("part", "stock")), row["class"], row["domain"])
        found[(*where, ORE)] = row["ore_kg"]
        found |= {(*where, name): figure["metal_kg"] for name, figure in row["elements"].items()}
    return found
