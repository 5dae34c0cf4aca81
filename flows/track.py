"""Track: estimates into the ledger, movement between vintages, progress against the target."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from estimation.errors import EstimationError
from estimation.results import DepositResult
from flows.belts import all_belts
from flows.door import publish_table, step, workflow
from flows.manifest import new_run_id, write_json, write_manifest
from flows.review import HeldFigure, enter, held_figures, ledger_url, state_of
from flows.runtime import Workspace
from tracking import Ledger, LedgerEntry, Movement, TargetProgress, read_target, target_progress
from tracking import movements as movements_of
from tracking.ledger.book import Book
from tracking.ledger.entries import INTERNAL, Facts, facts_of
from tracking.review.file import Limits, read_review

WALKED_WHOLE = 10_000
"""Entries that every run walks anew (a second or two); of a longer chain, what is new."""


@dataclass(frozen=True)
class Tracked:
    """The ledger's present state and what follows from it."""

    book: Book
    """Usable figures of configured deposits and vintages, with what stands beside them."""
    problems: tuple[str, ...]
    """What checking the hash chain found; empty where it holds."""
    movements: tuple[Movement, ...]
    progress: tuple[TargetProgress, ...]
    recorded: int
    """Entries written by this run; an unchanged estimate is not entered twice."""
    held: tuple[HeldFigure, ...] = ()
    """Figures that wait for a person, whichever run held them; older ones are used instead."""
    review: Mapping[tuple[str, date], str] = field(default_factory=dict)
    """State of review of each usable figure, by deposit and vintage."""
    refused: tuple[str, ...] = ()
    """Results that can't be entered, and movements that can't be measured, and why."""

    @property
    def entries(self) -> tuple[LedgerEntry, ...]:
        """The usable figures."""
        return self.book.figures


@dataclass(frozen=True)
class Recorded:
    """What a run entered."""

    count: int
    """Entries written, decisions with them."""
    refused: tuple[str, ...]
    """Results that can't be entered, and why."""
    judged: tuple[dict[str, Any], ...]
    """Each new figure with every measure against its limits, passed or not."""


@workflow(name="track")
def track(
    configs: str = "configs/belts",
    workspace: str = "workspace",
    run_id: str | None = None,
) -> Tracked:
    """Enter every finished estimate of the configured belts, judge it, and measure growth."""
    house = Workspace(Path(workspace))
    run_id = run_id or new_run_id()
    limits = read_review(Path(configs).parent / "review.yaml").limits
    found, unread = finished_results(configs, house)
    done = record_estimates(ledger_url(configs, house), found, run_id, limits)
    state = ledger_state(configs, house)
    refused = (*unread, *done.refused, *state.refused)
    state = replace(state, recorded=done.count, refused=refused)
    publish_table("growth", growth_table(state.progress), "Growth against the target")
    publish_table("waiting", held_table(state.held), "Waiting for a person")
    kept = {
        "recorded": done.count,
        "problems": state.problems,
        "refused": refused,
        "held": [one.as_json() for one in state.held],
        "judged": done.judged,
    }
    write_manifest(house.run(run_id), "track", kept)
    return state


def ledger_state(configs: str, house: Workspace) -> Tracked:
    """Read the ledger as it stands and what follows from it; nothing is written."""
    deposits = [d for _, belt in all_belts(Path(configs)).values() for d in belt.deposits]
    wanted = {(deposit.id, vintage) for deposit in deposits for vintage in deposit.vintages}
    book, problems, held, review = read_ledger(ledger_url(configs, house), wanted, house.verified)
    movements, refused = measure_movement(book)
    progress = measure_growth(Path(configs).parent / "targets", book, movements)
    return Tracked(book, problems, movements, progress, 0, held, review, refused)


@step(name="读取估算结果 Read results")
def finished_results(
    configs: str, house: Workspace
) -> tuple[list[tuple[DepositResult, Facts]], list[str]]:
    """Results on disk of every configured deposit, in order of vintage, with what its
    configuration says; and what is wrong with those that can't be read."""
    results, unread = [], []
    for _, belt in all_belts(Path(configs)).values():
        for deposit in belt.deposits:
            for vintage in sorted(deposit.vintages):
                path = house.result(deposit.id, vintage.isoformat())
                if not path.exists():
                    continue
                try:
                    results.append((DepositResult.read(path), facts_of(belt, deposit)))
                except EstimationError as damaged:
                    unread.append(f"{deposit.id}: {damaged}")
    return results, unread


@step(name="记台账 Record in the ledger", retries=3)
def record_estimates(
    url: str, results: list[tuple[DepositResult, Facts]], run_id: str, limits: Limits
) -> Recorded:
    """Append what is new, held where it passes a limit."""
    refused: list[str] = []
    judged: list[dict[str, Any]] = []
    with Ledger(url) as ledger:
        before = ledger.head()[0]
        for result, facts in results:
            try:
                entry, judgement = enter(ledger, result, run_id, facts, limits)
            except ValueError as trouble:  # a quantity that is not finite, a row that stands twice
                refused.append(f"{result.deposit_id} {result.vintage}: {trouble}")
                continue
            if entry.number > before:
                name = f"{entry.deposit_id} {entry.vintage}"
                measures = [measure.as_json() for measure in judgement.measures]
                judged.append({"figure": name, "entry": entry.number, "measures": measures})
        return Recorded(ledger.head()[0] - before, tuple(refused), tuple(judged))


@step(name="校验台账 Verify the ledger", retries=3)
def read_ledger(
    url: str, wanted: set[tuple[str, date]], verified: Path
) -> tuple[Book, tuple[str, ...], tuple[HeldFigure, ...], dict[tuple[str, date], str]]:
    """The book of (deposit, vintage) pairs, what is wrong with the chain, what waits, and the
    state of review of each usable figure."""
    with Ledger(url) as ledger:
        book = ledger.book(wanted=wanted)
        held = [one for one in held_figures(ledger) if (one.deposit_id, one.vintage) in wanted]
        own = [s for s in book.standings if s.series == INTERNAL and s.usable is not None]
        review = {
            (s.deposit_id, s.vintage): s.review
            if s.usable == s.newest
            else state_of(ledger, s, s.usable or s.newest, "review")
            for s in own
            if (s.deposit_id, s.vintage) in wanted
        }
        return book, check_chain(ledger, verified), tuple(held), review


def check_chain(ledger: Ledger, verified: Path) -> tuple[str, ...]:
    """What is wrong with the chain; a long one is walked from where it was last found whole.

    ``verified`` keeps that head. ``bornite verify`` walks the whole chain, however long.
    """
    number, head = ledger.head()
    since = None
    if number > WALKED_WHOLE and verified.exists():
        kept = json.loads(verified.read_text("utf-8"))
        since = (int(kept["number"]), str(kept["hash"]))
    problems = tuple(ledger.verify(since=since))
    if not problems:
        write_json(verified, {"number": number, "hash": head})
    return problems


@step(name="变动 Movement")
def measure_movement(book: Book) -> tuple[tuple[Movement, ...], tuple[str, ...]]:
    """Opening to closing of every deposit, in the statutory order; and what can't be measured."""
    lines: list[Movement] = []
    refused: list[str] = []
    for deposit in dict.fromkeys(entry.deposit_id for entry in book.figures):
        figures = [e for e in book.figures if e.deposit_id == deposit]
        try:
            beside = book.mined_beside(deposit)
            lines += movements_of(figures, book.attributions, beside=beside)
        except (EstimationError, ValueError) as trouble:  # a split that doesn't lead from A to B
            refused.append(f"{deposit}: {trouble}")
    return tuple(lines), tuple(refused)


@step(name="目标进度 Target progress")
def measure_growth(
    targets: Path, book: Book, moves: tuple[Movement, ...]
) -> tuple[TargetProgress, ...]:
    """Progress against every configured target."""
    return tuple(
        target_progress(read_target(p), book, moves) for p in sorted(targets.glob("*.yaml"))
    )


def held_table(held: tuple[HeldFigure, ...]) -> list[dict[str, object]]:
    """One row for each figure that waits."""
    return [{"figure": one.name, "entry": one.number, "why": one.words.both} for one in held]


def growth_table(progress: tuple[TargetProgress, ...]) -> list[dict[str, object]]:
    """One row for each target, baseline and vintage."""
    return [
        {
            "target": item.target.id,
            "baseline": base.baseline.name.en,
            "as_of": point.date.isoformat(),
            "basis": base.baseline.basis,
            "metal_t": round(point.stock_t(base.baseline.basis)),
            "net_growth_pct": point.net_growth_pct,
            "gross_growth_pct": point.gross_growth_pct,
        }
        for item in progress
        for base in item.baselines
        for point in base.points
    ]
