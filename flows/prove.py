"""Verify: proof that everything a figure rests on still stands, byte by byte.

Nothing is mended on the way, and nothing stops it: whatever can't be examined is a problem that
says so, and the rest is examined all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from estimation.belts import Belt, Deposit
from estimation.errors import EstimationError
from estimation.results import DepositResult
from flows.belts import all_belts
from flows.head_note import read_note
from flows.prove_files import (
    KeptResult,
    Models,
    missing_results,
    model_problems,
    prove_models,
    read_results,
    result_problems,
    vault_problems,
)
from flows.prove_forms import form_problems, reread_problems
from flows.prove_tiles import Place, prove_tiles
from flows.rederive import rederive, rederived_differences
from flows.runtime import Workspace, read_runtime
from geo.config import ConfigError
from geo.findings import DataError
from tracking import Ledger, LedgerEntry, LedgerError
from tracking.ledger.entries import same_figure
from tracking.ledger.sums import sum_problems

TILES_PROVED = 3
"""Tiles of each vintage that ``verify`` computes anew unless told otherwise."""

UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, OverflowError)
"""What a row with a damaged cell may raise when it is read."""

PARTS = ("ledger", "sums", "results", "forms", "vault", "models", "tiles", "rederived")
"""Lists of problems in the answer, in the order they are shown."""


@dataclass
class Chain:
    """What the ledger says of itself."""

    problems: list[str] = field(default_factory=list)
    number: int = 0
    head: str = ""
    entries: tuple[LedgerEntry, ...] = ()
    standing: frozenset[int] = frozenset()
    """Numbers of the entries that some figure's pages are made from."""


def verify(
    configs: str,
    workspace: str,
    tiles: int = TILES_PROVED,
    *,
    rederive: bool = False,
    head: str | None = None,
) -> dict[str, Any]:
    """Prove ledger, sums, results, originals and every tile; then compute some tiles anew.

    ``tiles`` of each configured vintage, chosen at random, are computed anew. ``rederive`` makes
    every figure of the ledger again from the vault's originals. ``head`` is an entry hash noted
    earlier, which the ledger's chain must still hold; without one, the head that the last run found
    whole. Returns problems by kind (:data:`PARTS`);
    all lists empty means that everything stands. Never raises for damage.
    """
    house = Workspace(Path(workspace))
    runtime = read_runtime(Path(configs).parent / "runtime.yaml")
    noted, damaged = read_note(house.verified)
    chain = read_chain(house.ledger_url(runtime), head or (noted[1] if noted else None))
    kept, unreadable = read_results(house)
    models = prove_models(house)
    found: dict[str, Any] = {
        "ledger": [*chain.problems, *damaged],
        "head": {"number": chain.number, "hash": chain.head},
        "entries": len(chain.entries),
        "sums": guarded("sums", lambda: sum_problems(chain.entries)),
        "forms": guarded("forms", lambda: form_problems(chain.entries, house)),
        "vault": guarded("vault", lambda: vault_problems(house, kept, chain.entries)),
        **_results_and_models(configs, house, chain, (kept, models)),
        "tiles_read": models.tiles,
        "files_read": models.files,
    }
    found["results"] = [*unreadable, *found["results"]]
    found["tiles_proved"], found["tiles"] = _anew(configs, house, models, tiles)
    found["rederived"] = []
    if rederive:
        standing = [entry for entry in _estimates(chain) if entry.number in chain.standing]
        found["rederived"] = [
            *_unmakeable(kept, standing),
            *_rederived(configs, workspace, kept),
            *guarded("forms", lambda: reread_problems(chain.entries, house)),
        ]
    return found


def _estimates(chain: Chain) -> tuple[LedgerEntry, ...]:
    """Entries of our own estimates."""
    return tuple(entry for entry in chain.entries if entry.kind == "estimate")


def _results_and_models(
    configs: str, house: Workspace, chain: Chain, on_disk: tuple[list[KeptResult], Models]
) -> dict[str, list[str]]:
    """Results and models against each other and against the ledger."""
    (kept, models), estimates = on_disk, _estimates(chain)
    own = {d.id for _, belt in all_belts(Path(configs)).values() for d in belt.deposits}
    gone, notes = missing_results(kept, estimates, own, chain.standing)
    return {
        "results": [
            *guarded("results", lambda: result_problems(kept, estimates, house)),
            *gone,
        ],
        "models": [*models.problems, *model_problems(models, kept, estimates, own)],
        "notes": [*models.notes, *notes],
    }


def problems_of(found: dict[str, Any]) -> list[str]:
    """Every problem of an answer of :func:`verify`, in order."""
    return [problem for part in PARTS for problem in found[part]]


def read_chain(url: str, head: str | None = None) -> Chain:
    """The ledger's entries and what is wrong with its chain; a ledger that can't be read is told.

    An entry that can't be read is left out of ``entries`` and named.
    """
    chain = Chain()
    try:
        with Ledger(url) as ledger:
            chain.problems += ledger.verify(head)
            chain.number, chain.head = ledger.head()
            chain.entries = _entries(ledger, chain)
            chain.standing = frozenset().union(*(one.pointed for one in ledger.standings()))
    except (LedgerError, *UNREADABLE) as error:
        chain.problems.append(f"ledger: can't be read / 台账无法读取: {_first_line(error)}")
    return chain


def _entries(ledger: Ledger, chain: Chain) -> tuple[LedgerEntry, ...]:
    """All entries at once; where one breaks the reading, one by one without it."""
    try:
        return ledger.entries()
    except (LedgerError, *UNREADABLE):
        pass
    found = []
    for number in range(1, chain.number + 1):
        try:
            found.append(ledger.entry(number))
        except (LedgerError, *UNREADABLE) as error:
            chain.problems.append(
                f"entry {number} / 第 {number} 条: can't be read / 无法读取: {_first_line(error)}"
            )
    return tuple(found)


def _first_line(error: Exception) -> str:
    """What an error says first."""
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def guarded(name: str, examine: Callable[[], Iterable[str]]) -> list[str]:
    """Problems that ``examine`` finds; what stops it is a problem itself."""
    try:
        return list(examine())
    except Exception as error:  # a damaged file may break any reader in its own way
        what = f"{type(error).__name__}: {_first_line(error)}"
        return [f"{name}: can't be examined / 无法检查: {what}"]


def _anew(configs: str, house: Workspace, models: Models, count: int) -> tuple[int, list[str]]:
    """Tiles of every configured vintage computed anew."""
    said: list[str] = []
    proved = 0
    for belt, deposit, base, vintage in _estimated(configs, house):
        place = Place(belt, deposit, base, vintage)
        tiles: list[int] = []
        said += guarded(
            f"{deposit.id} {vintage}",
            partial(prove_tiles, place, house, models.sound, count, tiles.append),
        )
        proved += len(tiles)
    return proved, said


def _estimated(configs: str, house: Workspace) -> Iterator[tuple[Belt, Deposit, Path, date]]:
    """Every configured vintage that has a result."""
    for path, belt in all_belts(Path(configs)).values():
        for deposit in belt.deposits:
            for vintage in deposit.vintages:
                if house.result(deposit.id, vintage.isoformat()).exists():
                    yield belt, deposit, path.parent, vintage


def _rederived(configs: str, workspace: str, kept: list[KeptResult]) -> list[str]:
    """Kept results made again from vault, plan and code, compared figure by figure."""
    said = []
    todo = {one.digest: one for one in sorted(kept, key=lambda one: not one.present)}
    for one in todo.values():
        said += guarded(one.name, partial(_made_again, one, configs, workspace))
    return said


def _unmakeable(kept: list[KeptResult], standing: Iterable[LedgerEntry]) -> Iterator[str]:
    """Entries that count, of which no result is kept that could be made again."""
    for entry in standing:
        if not any(_is_of(one.result, entry) for one in kept):
            yield (
                f"entry {entry.number} ({entry.deposit_id} {entry.vintage}): can't be made again: "
                "no kept result says it / 无法重算: 没有与之相符的存档结果"
            )


def _is_of(result: DepositResult, entry: LedgerEntry) -> bool:
    """Whether an entry says a result."""
    same = (result.deposit_id, result.vintage) == (entry.deposit_id, entry.vintage)
    return same and same_figure(entry.content, result)


def _made_again(one: KeptResult, configs: str, workspace: str) -> list[str]:
    """One kept result made again: what came out otherwise, or why it can't be made."""
    try:
        again = rederive(one.result, configs, workspace)
    except DataError as error:
        words = error.findings[0]
        return [f"{one.name}: can't be made again / 无法重算: {words.message_en}"]
    except (EstimationError, ConfigError, OSError) as error:
        return [f"{one.name}: can't be made again / 无法重算: {error}"]
    other = rederived_differences(one.result, again)
    if not other:
        return []
    return [f"{one.name}: made again otherwise / 重算结果不同: {', '.join(other)}"]
