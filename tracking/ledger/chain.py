"""The chain itself: one entry appended to its end, and its whole length walked again.

Appending writes the entry and what is folded from it in the caller's transaction. Walking checks
every line by itself, against the line before it, and folds it as it was folded then.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from tracking.ledger.entries import (
    FIGURES,
    FORMAT,
    GENESIS,
    STATUS,
    LedgerEntry,
    canonical,
    entry_hash,
    sha256,
)
from tracking.ledger.schema import ledger_entry
from tracking.ledger.standing_tables import entry_of, store

MIRRORED = ("belt_id", "deposit_id", "vintage", "status")
"""Columns that repeat what the content says, for queries."""
MIRRORED_SINCE_2 = (*MIRRORED, "format", "kind", "series")

CHAINED = ("estimate", "outside", "mining", "attribution")
"""Kinds whose entries take the place of the one before of the same thing."""


@dataclass(frozen=True)
class Pen:
    """Who writes, and by which program: the circumstances that an entry records."""

    run_id: str
    code_version: str


def append(connection: Connection, content: Mapping[str, Any], pen: Pen) -> LedgerEntry:
    """Append one entry that says ``content``, and fold it into the tables.

    The caller holds the chain's end. ``content`` names belt, deposit, vintage, kind and series;
    format and status are put in where they are not given.

    Raises
    ------
    StateError
        The entry isn't allowed where its figure stands.
    """
    whole = {"status": STATUS.get(content["kind"]), **content, "format": FORMAT}
    text = canonical(whole)
    number, previous_hash = end_of_chain(connection)
    before = latest(connection, whole) if whole["kind"] in CHAINED else None
    line: dict[str, Any] = {
        **{name: whole[name] for name in MIRRORED_SINCE_2},
        "number": number + 1,
        "content": text,
        "content_hash": sha256(text),
        "previous_hash": previous_hash,
        "run_id": pen.run_id,
        "recorded_at": datetime.now(UTC).isoformat(timespec="microseconds"),
        "code_version": pen.code_version,
        "supersedes": None if before is None else before["number"],
    }
    line["entry_hash"] = entry_hash(line)
    connection.execute(ledger_entry.insert().values(line))
    entry = entry_of(line)
    store(connection, entry)
    return entry


def end_of_chain(connection: Connection) -> tuple[int, str]:
    """Number and hash of the last entry; (0, sixty-four zeros) before the first."""
    columns = ledger_entry.c
    query = select(columns.number, columns.entry_hash).order_by(columns.number.desc()).limit(1)
    last = connection.execute(query).first()
    return (0, GENESIS) if last is None else (last.number, last.entry_hash)


def latest(
    connection: Connection, content: Mapping[str, Any], up_to: int | None = None
) -> Mapping[Any, Any] | None:
    """The latest line of the same thing as ``content`` (number ``up_to`` at most)."""
    columns = ledger_entry.c
    kind = content["kind"]
    query = select(ledger_entry).where(
        columns.kind.in_(FIGURES) if kind in FIGURES else columns.kind == kind,
        columns.deposit_id == content["deposit_id"],
        columns.vintage == content["vintage"],
        columns.series == content["series"],
    )
    if up_to is not None:
        query = query.where(columns.number <= up_to)
    return connection.execute(query.order_by(columns.number.desc()).limit(1)).mappings().first()


def identity(line: Mapping[Any, Any]) -> tuple[Any, ...] | None:
    """What a line is the latest of; None for decisions and corrections, which replace nothing."""
    if line["kind"] not in CHAINED:
        return None
    kind = "figure" if line["kind"] in FIGURES else line["kind"]
    return kind, line["deposit_id"], line["vintage"], line["series"]


def content_problems(line: Mapping[Any, Any]) -> list[str]:
    """What is wrong inside one line: its content, its hash, and the columns that repeat it."""
    text = line["content"]
    if sha256(str(text)) != line["content_hash"]:
        return ["content was changed: its hash differs / 内容被改动: 散列不符"]
    try:
        content = json.loads(text)
    except ValueError:
        return ["content is not JSON / 内容不是 JSON"]
    mirrored = MIRRORED if line["format"] == 1 else MIRRORED_SINCE_2
    problems = [
        f"column {name} differs from the content / 列 {name} 与内容不符"
        for name in mirrored
        if content.get(name) != line[name]
    ]
    if line["format"] == 1 and (line["kind"], line["series"]) != ("estimate", "internal"):
        problems.append("column kind or series differs from its format / 列与格式不符")
    if line["format"] not in (1, FORMAT):
        problems.append("column format is none known / 格式未知")
    return problems


def recomputed(line: Mapping[Any, Any]) -> str | None:
    """The entry hash that a line's columns give; None where a column holds no plain value."""
    try:
        return entry_hash(line)
    except TypeError:
        return None
