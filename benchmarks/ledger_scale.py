"""How long the ledger's questions take when it has millions of entries.

A ledger is written with real hashes and what is folded from them, past the triggers (through them
it would take days); then everything that a page or a night asks is timed.

Run: ``python -m benchmarks.ledger_scale FOLDER --entries 10000000``
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import text

from tracking import Decision, Ledger
from tracking.ledger.entries import GENESIS, INTERNAL_ESTIMATE, canonical, entry_hash
from tracking.ledger.schema import ledger_entry, open_engine, standing, standing_line
from tracking.ledger.standing import Standing
from tracking.ledger.standing_tables import line_rows, plain

DEPOSITS, BELTS = 1000, 16
VINTAGES = tuple(date(2016 + year, 12, 31) for year in range(10))
PAGE = 20
"""Deposits on one page."""
BATCH = 20_000
ELEMENTS = ("cu_pct", "mo_pct", "re_ppm", "au_gpt", "ag_gpt")


def content_of(deposit: int, vintage: date, turn: int, *, last: bool) -> dict[str, Any]:
    """A figure: of one class until it is the last of its deposit and date, then whole."""
    classes = ("measured", "indicated", "inferred") if last else ("measured",)
    elements = ELEMENTS if last else ELEMENTS[:1]
    rows = [
        {
            "class": name,
            "domain": "all",
            "cutoff": 0.3,
            "ore_kg": 10**12 + turn,
            "elements": {e: {"grade": 0.5, "metal_kg": 5 * 10**9 + turn} for e in elements},
        }
        for name in classes
    ]
    return {
        "format": 2,
        "kind": "estimate",
        "series": "internal",
        "status": INTERNAL_ESTIMATE,
        "belt_id": f"belt-{deposit % BELTS}",
        "deposit_id": f"deposit-{deposit:04d}",
        "vintage": vintage.isoformat(),
        "province": {"zh": f"省{deposit % 9}", "en": f"P{deposit % 9}"},
        "domestic": True,
        "elements": list(elements),
        "reporting_cutoff": 0.3,
        "statement": rows,
    }


def lines(entries: int) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
    """Every line of the chain, each with its content where it is the last of its figure."""
    figures = [(d, v) for v in VINTAGES for d in range(DEPOSITS)]
    turns = max(entries // len(figures), 1)
    previous, number = GENESIS, 0
    mirrored = ("format", "kind", "series", "status", "belt_id", "deposit_id", "vintage")
    for turn in range(turns):
        for place, (deposit, vintage) in enumerate(figures):
            number += 1
            last = turn == turns - 1
            content = content_of(deposit, vintage, turn, last=last)
            written = canonical(content)
            line = {
                **{name: content[name] for name in mirrored},
                "number": number,
                "content": written,
                "content_hash": hashlib.sha256(written.encode()).hexdigest(),
                "previous_hash": previous,
                "run_id": f"run-{turn}",
                "recorded_at": "2026-11-01T00:00:00.000000+00:00",
                "code_version": "bench",
                "supersedes": number - len(figures) if turn else None,
            }
            assert number == turn * len(figures) + place + 1
            line["entry_hash"] = previous = entry_hash(line)
            yield line, content if last else None


def standing_row(line: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    """Where a figure stands that nothing was decided about."""
    number = line["number"]
    found = Standing(
        deposit_id=line["deposit_id"],
        vintage=date.fromisoformat(line["vintage"]),
        series="internal",
        belt_id=line["belt_id"],
        province=content["province"]["zh"],
        scope="deposit",
        domestic=True,
        newest=number,
        usable=number,
        published=None,
        official=None,
        review="draft",
        filing="draft",
        filed_date=None,
        stat_year=None,
        document_no=None,
        changed_by=number,
    )
    return plain(found)


def fill(url: str, entries: int) -> None:
    """Write the ledger, its triggers off meanwhile."""
    Ledger(url).close()
    engine = open_engine(url)
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.exec_driver_sql("PRAGMA cache_size=-4000000")
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        triggers = connection.execute(text(query)).all()
        for name, _ in triggers:
            connection.execute(text(f"DROP TRIGGER {name}"))
        chain: list[dict[str, Any]] = []
        stands: list[dict[str, Any]] = []
        sums: list[dict[str, Any]] = []
        for line, content in lines(entries):
            chain.append(line)
            if content is not None:
                stands.append(standing_row(line, content))
                sums += line_rows(line["number"], content)
            if len(chain) == BATCH:
                connection.execute(ledger_entry.insert(), chain)
                chain.clear()
        for table, rows in ((ledger_entry, chain), (standing, stands), (standing_line, sums)):
            if rows:
                connection.execute(table.insert(), rows)
        for _, sql in triggers:
            connection.exec_driver_sql(sql)
    engine.dispose()


def timed(ask: Callable[[], object]) -> float:
    """Seconds that the slowest of three answers took."""
    spans = []
    for _ in range(3):
        begun = time.perf_counter()
        ask()
        spans.append(time.perf_counter() - begun)
    return round(max(spans), 4)


def measure(url: str) -> dict[str, Any]:
    """Seconds of everything that a page or a night asks."""
    names = [f"deposit-{n:04d}" for n in range(7, 7 + PAGE)]
    wanted = {(name, vintage) for name in names for vintage in VINTAGES}
    with Ledger(url, code_version="bench") as ledger:
        head = ledger.head()
        asked: dict[str, Callable[[], object]] = {
            "head": ledger.head,
            "entry": lambda: ledger.entry(head[0] // 2),
            "current of a deposit": lambda: ledger.current(names[0]),
            "published of a deposit": lambda: ledger.current(names[0], view="published"),
            "official figures": lambda: ledger.current(view="official"),
            "standings of a deposit": lambda: ledger.standings(names[0]),
            f"book of {PAGE} deposits": lambda: ledger.book(wanted=wanted),
            "totals": ledger.totals,
            "totals by belt": lambda: ledger.totals(by="belt"),
            "totals by province": lambda: ledger.totals(by="province", as_of=date(2020, 12, 31)),
            "totals published": lambda: ledger.totals("published", by="belt"),
            "decide": lambda: decide(ledger, names[0]),
            "verify since the head": lambda: ledger.verify(since=head),
        }
        return {"entries": head[0], **{name: timed(ask) for name, ask in asked.items()}}


def decide(ledger: Ledger, deposit_id: str) -> None:
    """Approve, publish and withdraw a deposit's oldest usable figure."""
    number = ledger.current(deposit_id)[0].number
    for to in ("approved", "published", "withdrawn"):
        ledger.decide(Decision(number, "review", to, "bench", "bench"), "bench")


def main() -> None:
    """Fill a ledger where there is none yet, and print the times as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--entries", type=int, default=10_000_000)
    asked = parser.parse_args()
    path = asked.folder / f"ledger-{asked.entries}.db"
    url = f"sqlite:///{path}"
    begun = time.perf_counter()
    if not path.exists():
        fill(url, asked.entries)
    made_s = round(time.perf_counter() - begun, 1)
    found = {"made_s": made_s, "bytes": path.stat().st_size, **measure(url)}
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
