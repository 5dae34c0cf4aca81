"""Track: estimates into the ledger, movement between vintages, progress against the target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from estimation.errors import EstimationError
from estimation.results import DepositResult
from flows.belts import all_belts
from flows.door import publish_table, step, workflow
from flows.head_note import read_note
from flows.manifest import new_run_id, write_json, write_manifest
from flows.review import HeldFigure, enter, held_figures, ledger_url, state_of
from flows.runtime import Workspace
from flows.taken_out import TakenOut, taken_out_figures
from flows.targets import read_targets
from reporting.units import Text
from tracking import Ledger, LedgerEntry, Movement, TargetProgress, target_progress
from tracking import movements as movements_of
from tracking.ledger.book import Book
from tracking.ledger.entries import INTERNAL, Facts, facts_of
from tracking.review.file import Limits, read_review
from tracking.target.file import Target

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
    """Results that can't be entered, target files that can't be used, and movements that can't be
    measured, and why."""
    length: int = 0
    """Entries of the whole chain."""
    taken_out: tuple[TakenOut, ...] = ()
    """Figures that somebody withdrew or rolled back, whichever run did; older ones are used."""
    remarks: tuple[Text, ...] = ()
    """What is said beside the figures: that there is no target to measure against."""

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
        "taken_out": [one.as_json() for one in state.taken_out],
        "judged": done.judged,
    }
    write_manifest(house.run(run_id), "track", kept)
    return state


def ledger_state(configs: str, house: Workspace) -> Tracked:
    """Read the ledger as it stands and what follows from it; nothing is written."""
    deposits = [d for _, belt in all_belts(Path(configs)).values() for d in belt.deposits]
    wanted = {(deposit.id, vintage) for deposit in deposits for vintage in deposit.vintages}
    url = ledger_url(configs, house)
    book, problems, held, review, length = read_ledger(url, wanted, house.verified)
    movements, refused = measure_movement(book)
    targets = read_targets(Path(configs).parent / "targets")
    progress = measure_growth(targets.usable, book, movements)
    return Tracked(
        book,
        problems,
        movements,
        progress,
        0,
        held,
        review,
        (*targets.refused, *refused),
        length,
        read_taken_out(url, wanted),
        targets.remarks,
    )


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
) -> tuple[Book, tuple[str, ...], tuple[HeldFigure, ...], dict[tuple[str, date], str], int]:
    """The book of (deposit, vintage) pairs with every filed figure beside, what is wrong with the
    chain, what waits, the state of review of each usable figure, and the chain's length."""
    with Ledger(url) as ledger:
        book = book_with_filings(ledger, wanted)
        held = [one for one in held_figures(ledger) if (one.deposit_id, one.vintage) in wanted]
        own = [s for s in book.standings if s.series == INTERNAL and s.usable is not None]
        review = {
            (s.deposit_id, s.vintage): s.review
            if s.usable == s.newest
            else state_of(ledger, s, s.usable or s.newest, "review")
            for s in own
            if (s.deposit_id, s.vintage) in wanted
        }
        problems = check_chain(ledger, verified)
        return book, problems, tuple(held), review, ledger.head()[0]


def book_with_filings(ledger: Ledger, wanted: set[tuple[str, date]]) -> Book:
    """The book of the wanted estimates, with the filed figures of every deposit.

    A filing of a deposit that nobody has configured is official all the same, and is shown.
    """
    filed = {(e.deposit_id, e.vintage) for e in ledger.current(view="official")}
    book = ledger.book(wanted=wanted | filed)
    own, beside = (
        tuple(e for e in entries if (e.deposit_id, e.vintage) in wanted)
        for entries in (book.figures, book.beside)
    )
    return replace(book, figures=own, beside=beside)


def read_taken_out(url: str, wanted: set[tuple[str, date]]) -> tuple[TakenOut, ...]:
    """Figures of (deposit, vintage) pairs that somebody withdrew or rolled back."""
    with Ledger(url) as ledger:
        found = taken_out_figures(ledger)
    return tuple(one for one in found if (one.deposit_id, one.vintage) in wanted)


def check_chain(ledger: Ledger, verified: Path) -> tuple[str, ...]:
    """What is wrong with the chain (:func:`chain_problems`); a whole one's head is noted.

    The note stays as it is where anything is wrong.
    """
    number, head = ledger.head()
    problems = chain_problems(ledger, verified)
    if not problems:
        write_json(verified, {"number": number, "hash": head})
    return problems


def chain_problems(ledger: Ledger, verified: Path) -> tuple[str, ...]:
    """What is wrong with the chain; a long one is walked from where it was last found whole.

    ``verified`` keeps that head, which the chain must still hold. ``bornite verify`` walks the
    whole chain, however long.
    """
    kept, damaged = read_note(verified)
    since = kept if ledger.head()[0] > WALKED_WHOLE else None
    return (*damaged, *ledger.verify(kept[1] if kept else None, since))


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
    targets: tuple[Target, ...], book: Book, moves: tuple[Movement, ...]
) -> tuple[TargetProgress, ...]:
    """Progress against every configured target."""
    return tuple(target_progress(target, book, moves) for target in targets)


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
