"""Proof of forms: every recorded figure against the form that it came on, kept in the vault."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from estimation.errors import EstimationError
from flows.runtime import Workspace
from geo.config import ConfigError
from geo.days import today
from geo.files import sha256
from geo.vault import vault_path
from tracking import LedgerEntry
from tracking.forms.checks import KnownDeposit, checked_figure
from tracking.forms.reading import Form, read_form
from tracking.ledger.entries import FORM, canonical
from tracking.mining.file import period_of, read_mining

ZIP = b"PK"
"""How a workbook's bytes begin; the vault keeps no endings."""

SET_BY_LEDGER = ("format", "status")
"""Keys that the ledger writes into every entry."""


def form_problems(entries: Iterable[LedgerEntry], house: Workspace) -> Iterator[str]:
    """Recorded figures whose form is not in the vault; that its bytes are whole the vault tells."""
    for entry, sha in _with_forms(entries):
        if not vault_path(sha, house.root).is_file():
            yield f"{_named(entry)}: its form ({sha[:12]}) is not in the vault / 登记表不在库中"


def reread_problems(entries: Iterable[LedgerEntry], house: Workspace) -> Iterator[str]:
    """Recorded figures that their form, read again, does not state."""
    for entry, sha in _with_forms(entries):
        if not vault_path(sha, house.root).is_file():
            continue  # told by form_problems
        try:
            read = reread(entry, house)
        except (ConfigError, EstimationError, OSError) as error:
            yield f"{_named(entry)}: its form can't be read again / 登记表无法重读: {error}"
            continue
        other = content_differences(entry.content, read)
        if other:
            yield f"{_named(entry)}: its form says otherwise / 与登记表不符: {', '.join(other)}"


def reread(entry: LedgerEntry, house: Workspace) -> Mapping[str, Any]:
    """What the form of an entry states, read again out of the vault.

    Raises
    ------
    ConfigError
        It states no whole figure.
    EstimationError
        A quantity or date of a mining record is impossible.
    OSError
        It can't be read.
    """
    with laid_form(entry.content[FORM], house) as path:
        if entry.kind == "mining":
            filled = read_mining(path)
            period = period_of(filled, entry.belt_id, tuple(entry.content["elements"]))
            return replace(period, form_sha256=sha256(path)).content
        form = read_form(path)
        figure = checked_figure(form, today(), _as_configured_then(entry))
    if figure is None:
        raise ConfigError(_said(form))
    return figure.content


def content_differences(held: Mapping[str, Any], read: Mapping[str, Any]) -> list[str]:
    """Keys whose values differ between an entry's content and what its form states."""
    keys = sorted({*held, *read} - set(SET_BY_LEDGER))
    return [key for key in keys if canonical({"": held.get(key)}) != canonical({"": read.get(key)})]


@contextmanager
def laid_form(sha: str, house: Workspace) -> Iterator[Path]:
    """A form out of the vault, under a name with the ending that its bytes call for.

    Raises
    ------
    OSError
        It is not there.
    """
    kept = vault_path(sha, house.root)
    with tempfile.TemporaryDirectory(prefix="form-") as folder:
        with kept.open("rb") as stream:
            ending = ".xlsx" if stream.read(len(ZIP)) == ZIP else ".yaml"
        yield Path(shutil.copyfile(kept, Path(folder) / f"{sha[:12]}{ending}"))


def _with_forms(entries: Iterable[LedgerEntry]) -> Iterator[tuple[LedgerEntry, str]]:
    """Entries that came on a form, with its SHA-256."""
    for entry in entries:
        if entry.content.get(FORM):
            yield entry, str(entry.content[FORM])


def _as_configured_then(entry: LedgerEntry) -> dict[str, KnownDeposit]:
    """The deposit as it was known when the form was entered; the configuration may be another."""
    province = (entry.content.get("province") or {}).get("zh")
    if not entry.belt_id or not province:
        return {}
    return {entry.deposit_id: KnownDeposit(entry.belt_id, province)}


def _said(form: Form) -> str:
    """The first error of a form."""
    errors = [found for found in form.findings if found.severity == "error"]
    return f"{errors[0].code} {errors[0].message_en} / {errors[0].message_zh}" if errors else "-"


def _named(entry: LedgerEntry) -> str:
    """An entry in a sentence."""
    return f"entry {entry.number} ({entry.deposit_id} {entry.vintage})"
