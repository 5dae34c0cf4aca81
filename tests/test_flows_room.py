"""What pages are given from the house: the ledger's decisions, the rows of files, kept studies."""

from __future__ import annotations

import json
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from estimation.results import DepositResult
from flows.room import studies as room_studies
from flows.room.history import histories
from flows.room.night import prepare_pages
from flows.room.sources import source_rows
from flows.room.studies import studies_of, study_estimates, study_folder
from flows.runtime import Workspace
from geo.version import code_version
from reporting.tables import REVIEW
from reporting.units import Text
from reporting.working.kept import KeptStudy
from tests.browser_fixture import ROOT, sample_belts
from tests.fabricated import digest_of, fabricated_result
from tracking import Ledger
from tracking.ledger.entries import Decision

CONFIGS = str(ROOT / "configs" / "belts")
FILE, SHA = "2024/assay.csv", digest_of("assay")
BELT = sample_belts()[0]
DEPOSIT = BELT.deposits[0]


def _result() -> DepositResult:
    files = {FILE: SHA, "mined.tif": digest_of("mined")}
    one = {"table": "assay", "path": FILE, "sheet": None}
    decided = {
        "drillholes": {"campaigns": [{"as_of": "2024-12-31", "files": [one]}]},
        "mined": [{"path": "mined.tif"}],
    }
    newest = max(DEPOSIT.vintages)
    return fabricated_result(
        DEPOSIT.id, BELT.id, newest, extras={"files": files, "decided": decided}
    )


@pytest.fixture
def house(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def test_every_decision_and_correction_of_the_ledger_is_told_in_its_order(
    house: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BORNITE_DATABASE_URL", raising=False)
    url = f"sqlite:///{house.root.resolve() / 'ledger.db'}"
    with Ledger(url, code_version="test") as ledger:
        one = ledger.record(_result(), "run-1")
        other = ledger.record(fabricated_result("else-syn"), "run-1")
        assert one is not None
        assert other is not None
        day = date(2026, 11, 2)
        ledger.decide(Decision(one.number, "review", "held", "王", "too high", day), "run-2")
        ledger.decide(Decision(one.number, "review", "approved", "李", "seen", day), "run-3")
        ledger.correct(other.number, "王", "wrong file", "run-4")
        entries = [e for k in ("decision", "correction") for e in ledger.entries(kind=k)]
    told = histories(CONFIGS, house)
    assert set(told) == {DEPOSIT.id, "else-syn"}
    for entry in entries:
        line = next(d for d in told[entry.deposit_id] if d.number == entry.number)
        assert (line.about, line.by, line.reason) == (
            entry.content["about"],
            entry.content["by"],
            entry.content["reason"],
        )
    moves = [(d.before, d.after, d.day) for d in told[DEPOSIT.id]]
    assert moves == [("draft", "held", "2026-11-02"), ("held", "approved", "2026-11-02")]
    assert told["else-syn"][0].kind == "correction"


def _keep_reading(house: Workspace, sha256: str) -> None:
    """A curated table of four rows of one file, two rows in quarantine, one of them twice."""
    curated = house.root / "curated" / BELT.id
    (curated / DEPOSIT.id).mkdir(parents=True)
    frame = pd.DataFrame({"file": [FILE] * 4, "row": [2, 3, 5, 9], "cu_pct": 0.3})
    frame.to_parquet(curated / DEPOSIT.id / "assay.parquet")
    account = {"account": {"files": {FILE: sha256}}}
    (curated / "account.json").write_text(json.dumps(account), "utf-8")
    folder = house.root / "quarantine" / BELT.id
    folder.mkdir(parents=True)
    rows = [("assay", FILE, "", row, code) for row, code in ((4, "A"), (4, "B"), (6, "A"))]
    table = pd.DataFrame(rows, columns=["table", "file", "sheet", "row", "code"])
    table.to_csv(folder / f"{DEPOSIT.id}.csv", index=False, encoding="utf-8-sig")


def test_rows_of_a_file_are_counted_where_it_is_the_very_file(house: Workspace) -> None:
    _keep_reading(house, SHA)
    assay, mined = source_rows(house, BELT, DEPOSIT, _result())
    assert (assay.role, assay.campaign, assay.sha256) == ("assay", "2024-12-31", SHA)
    assert (assay.read, assay.used, assay.quarantined) == (6, 4, 2)
    assert (assay.first_row, assay.last_row) == (2, 9)
    assert (mined.role, mined.read) == ("mined", None)


def test_rows_of_a_file_that_has_changed_since_are_not_told(house: Workspace) -> None:
    _keep_reading(house, digest_of("another content"))
    assay, _ = source_rows(house, BELT, DEPOSIT, _result())
    assert (assay.read, assay.used, assay.quarantined) == (None, None, None)


def test_an_empty_house_still_names_the_files(house: Workspace) -> None:
    lines = source_rows(house, BELT, DEPOSIT, _result())
    assert [line.file for line in lines] == [FILE, "mined.tif"]


def _keep_study(house: Workspace, result: DepositResult, topic: str, code: str) -> None:
    text = Text("题", "title")
    study = KeptStudy(topic, text, False, result.digest, code, (), (), (), ())
    study.write(study_folder(house, result.deposit_id, result.vintage.isoformat(), topic))


def test_a_study_is_shown_with_the_result_that_it_is_of_and_no_other(house: Workspace) -> None:
    result = _result()
    _keep_study(house, result, "domains", "x")
    marked = replace(result, extras={**result.extras, REVIEW: "approved"})
    assert list(studies_of(house, marked)) == ["domains"], "a mark for pages is no other result"
    assert studies_of(house, replace(result, holes=result.holes + 1)) == {}


def test_the_night_makes_what_is_missing_and_nothing_twice(
    house: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = _result()
    result.write(house.result(DEPOSIT.id, result.vintage.isoformat()))
    _keep_study(house, result, "domains", code_version())
    _keep_study(house, result, "validation", "another program")
    made: list[tuple[str, ...]] = []

    def make(_deposit: str, topics: tuple[str, ...], _configs: str, _root: str) -> None:
        made.append(topics)
        raise KeyError("trouble")  # none that anybody foresaw

    monkeypatch.setattr(room_studies, "make_studies", make)
    topics = ("domains", "validation", "variography")
    said = study_estimates([DEPOSIT.id], topics, CONFIGS, house)
    assert said == {DEPOSIT.id: Text("KeyError: 'trouble'", "KeyError: 'trouble'")}
    assert made == [("validation", "variography")]
    assert study_estimates([DEPOSIT.id], ("domains",), CONFIGS, house) == {}
    assert len(made) == 1


class KilledPool:
    """A pool whose workers the system killed."""

    def __init__(self, *_: object) -> None:
        pass

    def __enter__(self) -> KilledPool:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, *_: object) -> Future[None]:
        """A job that no worker is left to do."""
        job: Future[None] = Future()
        job.set_exception(BrokenProcessPool("killed"))
        return job


def test_what_cannot_be_prepared_stops_nothing(house: Workspace) -> None:
    said = prepare_pages(CONFIGS, house, [], ["no-such-belt"])
    assert "no-such-belt" in said["no-such-belt"].en


def test_a_worker_that_is_killed_ends_no_night(
    house: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = ["one", "other"]
    monkeypatch.setattr(room_studies.os, "cpu_count", lambda: 2)
    monkeypatch.setattr(room_studies, "missing_studies", lambda *_: ("domains",))
    monkeypatch.setattr(room_studies, "ProcessPoolExecutor", KilledPool)
    said = study_estimates(both, ("domains",), CONFIGS, house)
    assert list(said) == both
    assert said[both[0]].en.startswith("BrokenProcessPool")
