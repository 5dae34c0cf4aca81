"""A figure from outside beside those that stand: one filing counted once, nothing counted twice."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import floor, log10
from typing import Any

from tracking.forms.outside import OutsideFigure, same_figures, stated_kg
from tracking.forms.reading import Cell, Form
from tracking.forms.values import limit
from tracking.ledger.entries import LedgerEntry

TO_BE_CONFIRMED = frozenset({"BN-LED-046", "BN-LED-047", "BN-LED-050", "BN-LED-053"})
"""Findings that hold a form until somebody says why it is right all the same."""


@dataclass(frozen=True)
class Standing:
    """A record that stands: its number in the ledger and what it says."""

    number: int
    """0 for a form that was only checked."""
    content: Mapping[str, Any]
    form: str = ""
    """File of a form of the same batch that was only checked."""

    @property
    def entry(self) -> str:
        """What messages call it: its number, or the form's file."""
        return f"{self.form}（本批 this batch）" if self.form else str(self.number)

    @property
    def name(self) -> str:
        """Its filing number, or its source."""
        return str(self.content["series"])


def standing_records(entries: Iterable[LedgerEntry]) -> list[Standing]:
    """Records from outside among the entries that count."""
    return [Standing(e.number, e.content) for e in entries if e.kind == "outside"]


def compare(
    form: Form,
    figure: OutsideFigure,
    standing: Iterable[Standing],
    deposits: Iterable[str] = (),
) -> Standing | None:
    """Hold a figure against the records that stand; findings are added to the form.

    Returns the record that already says the same, or None where the figure is a new one.
    ``deposits``: ids of the configured deposits.
    """
    records = list(standing)
    others = [record for record in records if record.number != figure.replaces]
    if figure.replaces is not None and len(others) == len(records):
        words = {"detail": f"{figure.replaces}: 不是有效的外部条目 / no standing outside entry"}
        form.say("BN-LED-051", form.header["replaces"], **words)
    same = _same_source(form, figure, others)
    if same is not None:
        return same
    others = [record for record in others if record.name != figure.series or not _filed(figure)]
    _near_event(form, figure, others)
    _same_amount(form, figure, others)
    _against_last(form, figure, others)
    _spelling(form, figure, {*deposits, *(str(r.content["deposit_id"]) for r in records)})
    return None


def open_questions(form: Form) -> bool:
    """Whether a finding asks for a confirmation that the form doesn't give."""
    asked = any(found.code in TO_BE_CONFIRMED for found in form.findings)
    return asked and "confirmed" not in form.header


def _filed(figure: OutsideFigure) -> bool:
    """Whether the figure carries a filing number."""
    return figure.document_no is not None


def _place(form: Form, key: str) -> Cell | None:
    """The cell of a header field, where it is filled."""
    return form.header.get(key)


def _same_source(form: Form, figure: OutsideFigure, others: Iterable[Standing]) -> Standing | None:
    """The record of the same filing, or of the same source at the same date, that stands.

    One filing counts once, whatever name the deposit goes by and whoever reports it.
    """
    for record in (r for r in others if r.name == figure.series):
        there = (record.content["deposit_id"], record.content["vintage"])
        here = (figure.deposit_id, figure.vintage.isoformat())
        if there != here and not _filed(figure):
            continue
        cell = _place(form, "filing_no") or _place(form, "citation_title")
        words = {"deposit": there[0], "vintage": there[1], "entry": record.entry}
        if same_figures(record.content, figure.content):
            form.say("BN-LED-052", cell, **words)
        else:
            form.say(
                "BN-LED-044" if there == here else "BN-LED-045", cell, number=record.name, **words
            )
        return record
    return None


def _near_event(form: Form, figure: OutsideFigure, others: Iterable[Standing]) -> None:
    """The same mine or area at nearly the same date under another document (check L04)."""
    mine = figure.content["registry"]["mine_code"]
    for record in others:
        code = (record.content.get("registry") or {}).get("mine_code")
        alike = record.content["deposit_id"] == figure.deposit_id or (mine and code == mine)
        days = abs((figure.vintage - _vintage(record)).days)
        if alike and days <= limit("same_event_days"):
            what = ("同一矿山", "mine") if figure.scope == "deposit" else ("同一统计范围", "area")
            words = {"entry": record.entry, "number": record.name, "days": days}
            cell = _place(form, "effective_date")
            form.say("BN-LED-046", cell, what_zh=what[0], what_en=what[1], **words)


def _same_amount(form: Form, figure: OutsideFigure, others: Iterable[Standing]) -> None:
    """An announcement of the metal that another name stands for already."""
    metal = total_kg(figure.content)
    for record in others:
        kinds = {figure.content["source_kind"], record.content["source_kind"]}
        near_by = record.content["province"] == figure.content["province"]
        elsewhere = record.content["deposit_id"] != figure.deposit_id
        held = total_kg(record.content)
        if "announcement" not in kinds or not (near_by and elsewhere and metal and held):
            continue
        main = record.content["main_element"] == figure.content["main_element"]
        if main and abs(metal - held) <= held * limit("same_amount_pct") / 100:
            words = {"entry": record.entry, "deposit": record.content["deposit_id"]}
            form.say("BN-LED-047", _place(form, "citation_title"), **words)


def _against_last(form: Form, figure: OutsideFigure, others: Iterable[Standing]) -> None:
    """Change of metal, of the cut-off and of the order of size since the record before."""
    history = [r for r in others if r.content["deposit_id"] == figure.deposit_id]
    before = [r for r in history if _vintage(r) < figure.vintage]
    if not before:
        return
    last = max(before, key=lambda r: (_vintage(r), bool(r.form), r.number))
    metal, held = total_kg(figure.content), total_kg(last.content)
    if metal and held:
        _change(form, metal, held, last)
    cutoffs = [content["reporting_cutoff"] for content in (last.content, figure.content)]
    if None not in cutoffs and cutoffs[0] != cutoffs[1]:
        words = {"before": cutoffs[0], "after": cutoffs[1], "entry": last.entry}
        form.say("BN-LED-049", _place(form, "cutoff"), **words)


def _change(form: Form, metal: int, held: int, last: Standing) -> None:
    """Tell of a large change, and of one that looks like a slip of unit."""
    exact = log10(metal / held)
    power = floor(exact + 0.5)
    cell = _place(form, "effective_date")
    if abs(power) >= 3 and abs(10 ** (exact - power) - 1) <= limit("unit_slip_pct") / 100:
        form.say("BN-LED-050", cell, entry=last.entry, power=f"10^{power:+d}")
        return
    percent = 100 * (metal - held) / held
    if abs(percent) > limit("large_change_pct"):
        form.say("BN-LED-048", cell, entry=last.entry, percent=f"{percent:+.1f}")


def _spelling(form: Form, figure: OutsideFigure, known: set[str]) -> None:
    """An id that nobody knows and that is nearly one that somebody does."""
    if figure.scope != "deposit" or figure.deposit_id in known:
        return
    near = difflib.get_close_matches(figure.deposit_id, sorted(known), n=1, cutoff=0.85)
    if near:
        form.say("BN-LED-053", _place(form, "deposit_id"), near=near[0])


def _vintage(record: Standing) -> Any:
    """Effective date of a record."""
    return OutsideFigure(record.content).vintage


def total_kg(content: Mapping[str, Any]) -> int | None:
    """Metal of the main element that is retained: all classes (statistical total)."""
    return stated_kg(content, content["main_element"])
