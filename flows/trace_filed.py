"""Trace of a figure from outside: entry, form in the vault, and the cells as they were written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from estimation.errors import EstimationError
from flows.prove_forms import content_differences, laid_form, reread
from flows.runtime import Workspace
from flows.trace_source import Recorded, ledger_of
from geo.config import ConfigError
from geo.vault import vault_path
from tracking import LedgerEntry
from tracking.forms.reading import Cell, Form, read_form
from tracking.ledger.book import View
from tracking.ledger.entries import FORM
from tracking.ledger.lines import lines_of


def chosen(
    deposit_id: str,
    configs: str,
    workspace: str,
    view: View,
    asked: tuple[str | None, int | None],
) -> Recorded | None:
    """The entry that a trace is asked of: by number, or the one that counts in a view.

    ``asked``: the vintage and the entry's number, where they are named; of several dates the latest
    is taken. None for a number that is no figure of the deposit.

    Raises
    ------
    ConfigError
        The deposit has no figure in that view (at that date).
    """
    vintage, number = asked
    recorded = ledger_of(deposit_id, configs, Workspace(Path(workspace)))
    found = [one for one in recorded if vintage in (None, str(one.entry.vintage))]
    if number is not None:
        return next((one for one in found if one.entry.number == number), None)
    counted = [one for one in found if getattr(one.standing, view) == one.entry.number]
    if view != "official":
        counted = [one for one in counted if one.entry.kind == "estimate"]
    if not counted:
        when = f" {vintage}" if vintage else ""
        raise ConfigError(
            f"{deposit_id}{when}: no {view} figure in the ledger; run: bornite ledger {deposit_id} "
            "/ 台账中没有该口径的数字"
        )
    return max(counted, key=lambda one: (one.entry.vintage, one.entry.number))


def trace_filed(one: Recorded, workspace: str) -> dict[str, Any]:
    """Every link between a figure from outside and the cells that state it.

    The form is read again from the vault; where it is not there, ``why`` says so and the rows are
    those that the entry keeps.
    """
    entry, house = one.entry, Workspace(Path(workspace))
    content = entry.content
    filed = one.standing.filed_date
    sha = str(content.get(FORM) or "")
    path = vault_path(sha, house.root)
    told: dict[str, Any] = {
        "deposit": entry.deposit_id,
        "vintage": entry.vintage.isoformat(),
        "series": entry.series,
        "kind": entry.kind,
        "figure": {"element": content["main_element"], "lines": _lines(entry)},
        "ledger": [one.as_json()],
        "filing": one.standing.filing,
        "document_no": one.standing.document_no,
        "filed_date": filed and filed.isoformat(),
        "stat_year": one.standing.stat_year,
        "citation": content["citation"],
        "form": {"sha256": sha, "vault": str(path), "kept": path.is_file()},
    }
    try:
        with laid_form(sha, house) as laid:
            form, kind = read_form(laid), laid.suffix.lstrip(".")
        other = content_differences(content, reread(entry, house))
    except (ConfigError, EstimationError, OSError) as error:
        gone = f"its form ({sha[:12]}) is not in the vault / 登记表不在库中"
        kept = [{"sheet": None, "row": row["row"], "cells": _kept(row)} for row in _reported(entry)]
        why = str(error) if path.is_file() else gone
        return told | {"header": [], "rows": kept, "why": why}
    told["form"] |= {"format": kind, "otherwise": other}
    return told | {"header": _header(form), "rows": [_row(cells) for cells in form.figures]}


def _lines(entry: LedgerEntry) -> list[dict[str, Any]]:
    """What the entry states, whole kilograms by stock, part, class and element."""
    return [
        {"stock": stock, "part": part, "class": name, "element": element, "kg": kilograms}
        for (stock, part, name, element), kilograms in lines_of(entry.content).items()
    ]


def _reported(entry: LedgerEntry) -> list[dict[str, Any]]:
    """Rows as the entry keeps them."""
    return list(entry.content.get("as_reported") or ())


def _kept(row: dict[str, Any]) -> dict[str, Any]:
    """Cells of a row that the entry keeps; their headings are not known any more."""
    return {key: {"column": key, "value": text} for key, text in row.items() if key != "row"}


def _header(form: Form) -> list[dict[str, Any]]:
    """Cells of the header block, in the order of their places."""
    cells = sorted(form.header.items(), key=lambda item: item[1].row or 0)
    return [{"key": key, "sheet": c.sheet, "row": c.row, **_cell(c)} for key, c in cells]


def _row(cells: dict[str, Cell]) -> dict[str, Any]:
    """One row of figures: where it stands, and what is written in it."""
    first = next(iter(cells.values()))
    # in YAML every key has a line of its own: the row is where its first one stands
    return {
        "sheet": first.sheet,
        "row": first.row,
        "cells": {key: {**_cell(c), "row": c.row} for key, c in cells.items()},
    }


def _cell(cell: Cell) -> dict[str, Any]:
    """A cell's heading and what is written in it."""
    return {"column": cell.column, "value": cell.text}
