"""What a trace looks at: a result's originals read again from the vault, its model, its entries."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from estimation.attribution.remake import put_together
from estimation.deposit import DepositData
from estimation.errors import EstimationError
from estimation.models.store import ModelStore, store_folder
from estimation.models.store_read import VintageReader
from estimation.results import DepositResult
from flows.belts import find_deposit
from flows.readings import as_of, read_and_check
from flows.rederive import read_remade
from flows.runtime import Workspace, read_runtime
from geo.drillholes.gathering import listed_files
from geo.drillholes.reading import DrillholeReading
from geo.findings import DataError
from tracking import Ledger, LedgerEntry
from tracking.ledger.standing import EntryState, Standing


@dataclass(frozen=True)
class Source:
    """A result's tables, read again."""

    data: DepositData
    reading: DrillholeReading
    read_from: str
    """``vault``, or ``files`` where the vault lacks one and the configured files are the same."""
    sheets: dict[tuple[str, str], str | None]
    """(table, file) -> sheet, as configured; None: the file has one, or the best one is taken."""


@dataclass(frozen=True)
class Recorded:
    """A figure's entry in the ledger, and where it stands."""

    entry: LedgerEntry
    standing: Standing
    state: EntryState

    def as_json(self) -> dict[str, Any]:
        """The entry as a trace tells it."""
        entry, standing = self.entry, self.standing
        return {
            "number": entry.number,
            "content_hash": entry.content_hash,
            "run": entry.run_id,
            "recorded_at": entry.recorded_at,
            "newest": standing.newest == entry.number,
            "usable": standing.usable == entry.number,
            "published": standing.published == entry.number,
            "review": self.state.review,
            "corrected_by": self.state.corrected_by,
        }


@contextmanager
def opened(result: DepositResult, configs: str, house: Workspace) -> Iterator[Source]:
    """Read a result's originals again; they lie there until the ``with`` block ends.

    Raises
    ------
    EstimationError
        They are neither in the vault nor, unchanged, where the configuration says.
    DataError
        The present program refuses them.
    """
    belt, deposit, base = find_deposit(result.deposit_id, Path(configs))
    house.root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="trace-", dir=house.root) as scratch:
        try:
            remade = put_together(result, belt, deposit, base, (house.root, Path(scratch)))
        except EstimationError as error:
            yield _from_files(result, configs, error)
            return
        data, reading = read_remade(remade)
        yield Source(data, reading, "vault", _sheets(data))


def _from_files(result: DepositResult, configs: str, why: EstimationError) -> Source:
    """The configured files, where they still are what the result was made from.

    Raises
    ------
    EstimationError
        They are not.
    """
    belt, deposit, base = find_deposit(result.deposit_id, Path(configs))
    reading = read_and_check(belt, as_of(deposit, result.vintage), base)
    if reading.drillholes is None or reading.files != result.extras["files"]:
        raise why
    data = DepositData(belt, deposit, base, result.vintage, reading.drillholes, reading.files)
    return Source(data, reading, "files", _sheets(data))


def _sheets(data: DepositData) -> dict[tuple[str, str], str | None]:
    """The sheet that each table of each file is read from."""
    files = listed_files(data.deposit.drillholes, data.base)
    return {(file.table, file.path): file.sheet for file, _ in files}


def model_of(result: DepositResult, data: DepositData, house: Workspace) -> VintageReader | None:
    """The very model that a result was counted from; None where no revision has its hash."""
    models = house.models(result.deposit_id)
    if not store_folder(models, data.grid).is_dir():
        return None
    store = ModelStore(models, data.grid)
    for tag in reversed(store.revisions(result.vintage)):
        model = store.read_vintage(result.vintage, tag)
        if model.model_hash == result.model_hash:
            return model
    return None


def ledger_of(deposit_id: str, configs: str, house: Workspace) -> list[Recorded]:
    """Every figure of a deposit in the ledger, our own and from outside, as written."""
    runtime = read_runtime(Path(configs).parent / "runtime.yaml")
    found = []
    with Ledger(house.ledger_url(runtime)) as ledger:
        standings = {one.key: one for one in ledger.standings(deposit_id)}
        states = {key: ledger.states(one) for key, one in standings.items()}
        for entry in ledger.entries(deposit_id):
            key = (entry.deposit_id, entry.vintage.isoformat(), entry.series)
            if entry.kind in ("estimate", "outside") and key in standings:
                state = states[key].get(entry.number, EntryState(entry.number))
                found.append(Recorded(entry, standings[key], state))
    return found


def of_result(recorded: list[Recorded], result: DepositResult) -> list[Recorded]:
    """Entries of a result's deposit and vintage that name the very data, plan and model."""
    names = ("data_hash", "plan_hash", "model_hash")
    return [
        one
        for one in recorded
        if one.entry.vintage == result.vintage
        and all(one.entry.content.get(name) == getattr(result, name) for name in names)
    ]


def official_beside(recorded: list[Recorded], result: DepositResult) -> list[dict[str, Any]]:
    """Filed figures of the same deposit and date: they stand beside ours, and are not ours."""
    return [
        {
            "number": one.entry.number,
            "series": one.entry.series,
            "filing": one.standing.filing,
            "document_no": one.standing.document_no,
        }
        for one in recorded
        if one.entry.vintage == result.vintage and one.standing.official == one.entry.number
    ]


def words_of(error: Exception) -> str:
    """An error as one sentence."""
    if isinstance(error, DataError):
        first = error.findings[0]
        return f"{first.code} {first.message_en} / {first.message_zh}"
    return str(error)
