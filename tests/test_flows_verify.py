"""Verify: any byte changed in a ledger row, an original or a published tile is found and named."""

from __future__ import annotations

import json
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from estimation.models.seal import store_files
from estimation.results import DepositResult
from flows.cli import Exit, main
from flows.nightly import nightly
from flows.prove import PARTS, problems_of, read_chain, verify
from flows.runtime import Workspace
from geo.files import sha256
from tests.small_belt import spoil, write_small_belt
from tracking import Decision, Ledger
from tracking.ledger.entries import canonical, entry_hash
from tracking.ledger.entries import sha256 as text_sha256

VINTAGES = 2
TILES = 4
"""Of the small deposit's model."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the small belt's files, configuration and workspace after one night."""
    folder = tmp_path_factory.mktemp("night")
    belts = write_small_belt(folder)
    nightly(str(belts), str(folder / "workspace"), workers=1)
    return folder


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Path:
    """The same, to be damaged; configured roots lead to the first folder's data."""
    return Path(shutil.copytree(made, tmp_path / "copy"))


def proved(place: Path, tiles: int = 0, **options: Any) -> dict[str, Any]:
    """What verify finds."""
    belts = str(place / "configs" / "belts")
    return verify(belts, str(place / "workspace"), tiles, **options)


def flip(path: Path, at: int, by: int = 1) -> None:
    """Change one byte of a file, whatever its rights."""
    path.chmod(0o644)
    held = bytearray(path.read_bytes())
    held[at] ^= by
    path.write_bytes(held)


def any_place(rng: np.random.Generator, path: Path) -> tuple[int, int]:
    """A byte of a file, and what it is changed by."""
    return int(rng.integers(path.stat().st_size)), int(rng.integers(1, 256))


def open_ledger(place: Path) -> sqlite3.Connection:
    """The ledger's database with every trigger gone: a forger's view."""
    ledger = sqlite3.connect(place / "workspace" / "ledger.db", isolation_level=None)
    names = ledger.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in names:
        ledger.execute(f"DROP TRIGGER {name}")
    return ledger


def test_what_stands_has_no_problem_and_everything_was_read(made: Path) -> None:
    """All tiles of all vintages, all files; some tiles and every figure made anew."""
    found = proved(made, tiles=2, rederive=True)
    assert problems_of(found) == []
    assert found["notes"] == []
    assert found["tiles_read"] == VINTAGES * TILES
    assert found["tiles_proved"] == VINTAGES * 2
    assert found["entries"] == found["head"]["number"] == VINTAGES
    (store,) = (made / "workspace").glob("models/*/grid-*")
    assert found["files_read"] == len(store_files(store))


def test_any_byte_of_an_original_is_found_and_the_file_named(place: Path) -> None:
    """With the name that the file was delivered under."""
    rng = np.random.default_rng(30)
    for path in sorted((place / "workspace" / "vault").glob("*/*")):
        at, by = any_place(rng, path)
        flip(path, at, by)
        found = proved(place)
        (said,) = found["vault"]
        assert path.name in said
        assert ".csv" in said
        assert problems_of(found) == [said]
        flip(path, at, by)
    assert problems_of(proved(place)) == []


def test_any_byte_of_a_published_model_is_found_and_named(place: Path) -> None:
    """The file and what it holds; the ledger, the vault and the other tiles stand."""
    rng = np.random.default_rng(31)
    (store,) = (place / "workspace").glob("models/*/grid-*")
    names = store_files(store)
    chunks = [name for name in names if name.startswith("chunks/")]
    for name in [*rng.choice(chunks, 4), *rng.choice(names, 4)]:
        path = store / "blocks.icechunk" / str(name)
        at, by = any_place(rng, path)
        flip(path, at, by)
        found = proved(place, tiles=1)
        assert any(str(name) in said and "small-deposit" in said for said in found["models"])
        assert (found["ledger"], found["vault"]) == ([], [])
        flip(path, at, by)
    assert problems_of(proved(place)) == []


def test_any_byte_of_a_result_is_found(place: Path) -> None:
    """Blanks too: the file is what its content is written as; plates by their own checksums."""
    rng = np.random.default_rng(32)
    folder = place / "workspace" / "models" / "small-deposit" / "results"
    for path in sorted(
        [*folder.glob("*.json"), *folder.glob("kept/*.json"), *folder.glob("*.npz")]
    ):
        size = path.stat().st_size
        at, by = (size - 1, 12) if path.suffix == ".json" else any_place(rng, path)
        if path.suffix == ".npz":
            at = size // 2
        flip(path, at, by)
        assert any(path.stem in said for said in proved(place)["results"]), path
        flip(path, at, by)


COLUMNS = (
    *("number", "belt_id", "deposit_id", "vintage", "status", "content", "content_hash"),
    *("previous_hash", "entry_hash", "run_id", "recorded_at", "code_version", "supersedes"),
    *("format", "kind", "series"),
)


@pytest.mark.parametrize("column", COLUMNS)
def test_a_byte_of_any_column_of_a_ledger_row_is_found(place: Path, column: str) -> None:
    """Written past the triggers: the entry's number is named, and nothing raises."""
    rng = np.random.default_rng(COLUMNS.index(column))
    with open_ledger(place) as ledger:
        (held,) = ledger.execute(f"SELECT {column} FROM ledger_entry WHERE number = 2").fetchone()
        if held is None:
            changed: Any = 1
        elif isinstance(held, int):
            changed = held + 5
        else:
            at = int(rng.integers(len(held)))
            changed = held[:at] + chr(ord(held[at]) ^ 1) + held[at + 1 :]
        ledger.execute(f"UPDATE ledger_entry SET {column} = ? WHERE number = 2", (changed,))
    chain = read_chain(f"sqlite:///{place / 'workspace' / 'ledger.db'}")
    said = [words for words in chain.problems if words.startswith("entry")]
    number = 7 if column == "number" else 2
    assert any(words.startswith(f"entry {number} ") for words in said), said


def test_an_entry_that_is_no_text_any_more_does_not_hide_the_others(place: Path) -> None:
    """Bytes that are no UTF-8 in one entry: it is named, the other entry is examined."""
    with open_ledger(place) as ledger:
        ledger.execute("UPDATE ledger_entry SET content = CAST(x'7bff22' AS TEXT) WHERE number = 2")
    chain = read_chain(f"sqlite:///{place / 'workspace' / 'ledger.db'}")
    assert [entry.number for entry in chain.entries] == [1]
    assert any(said.startswith("entry 2 ") for said in chain.problems)


def test_a_byte_of_the_database_file_within_a_row_is_found(place: Path) -> None:
    """Not through the database but in its file: each text of each row, and nothing raises."""
    path = place / "workspace" / "ledger.db"
    with sqlite3.connect(path) as ledger:
        ledger.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        rows = ledger.execute("SELECT content_hash, run_id, content FROM ledger_entry").fetchall()
    ledger.close()
    whole = path.read_bytes()
    for text in [text for row in rows for text in row]:
        at = whole.index(str(text).encode()[:60])
        for by in (1, 255):
            damaged = bytearray(whole)
            damaged[at + 7] ^= by
            path.write_bytes(damaged)
            assert read_chain(f"sqlite:///{path}").problems, text[:40]
    path.write_bytes(whole)
    assert read_chain(f"sqlite:///{path}").problems == []


def test_any_cell_of_the_folded_tables_is_found(place: Path) -> None:
    """What pages are made from is folded anew from the chain and compared, cell by cell.

    The dropped triggers are problems of their own, and are left out of what is looked at.
    """
    url = f"sqlite:///{place / 'workspace' / 'ledger.db'}"
    with Ledger(url) as book:
        book.decide(Decision(2, "review", "held", "A", "too much"), "run-2")

    def problems() -> list[str]:
        return [said for said in read_chain(url).problems if not said.startswith("trigger")]

    assert problems() == []
    with open_ledger(place) as ledger:
        cells = 0
        for table in ("entry_state", "standing", "standing_line"):
            for _, name, *_ in ledger.execute(f"PRAGMA table_info({table})").fetchall():
                (row, held) = ledger.execute(
                    f"SELECT rowid, {name} FROM {table} ORDER BY rowid DESC LIMIT 1"
                ).fetchone()
                changed = f"{held or ''}x" if held is None or isinstance(held, str) else held + 1
                write = f"UPDATE {table} SET {name} = ? WHERE rowid = ?"
                ledger.execute(write, (changed, row))
                assert problems(), (table, name)
                ledger.execute(write, (held, row))
                cells += 1
        assert cells > 32
    assert problems() == []


def test_a_ledger_forged_with_all_its_hashes_is_contradicted_by_the_kept_results(
    place: Path,
) -> None:
    """A whole chain written anew is consistent in itself; head and results tell."""
    head = proved(place)["head"]["hash"]
    columns = ", ".join(COLUMNS)
    with open_ledger(place) as ledger:
        ledger.row_factory = sqlite3.Row
        line = dict(
            ledger.execute(f"SELECT {columns} FROM ledger_entry WHERE number = 2").fetchone()
        )
        content = json.loads(line["content"])
        for row in content["statement"]:
            for figure in row["elements"].values():
                figure["metal_kg"] = round(figure["metal_kg"] * 1.05)
        line["content"] = canonical(content)
        line["content_hash"] = text_sha256(line["content"])
        line["entry_hash"] = entry_hash(line)
        ledger.execute(
            "UPDATE ledger_entry SET content = ?, content_hash = ?, entry_hash = ? "
            "WHERE number = 2",
            (line["content"], line["content_hash"], line["entry_hash"]),
        )
    found = proved(place, head=head)
    assert any("entry 2 " in words and "kept result" in words for words in found["results"])
    assert any(head[:12] in words for words in found["ledger"])
    assert any("entry 2 " in words and "cu_pct" in words for words in found["sums"])


def test_a_ledger_that_is_no_database_is_said_and_the_rest_is_examined(place: Path) -> None:
    """No traceback; the vault's damage is named all the same."""
    for name in ("ledger.db-wal", "ledger.db-shm"):
        (place / "workspace" / name).unlink(missing_ok=True)
    (place / "workspace" / "ledger.db").write_bytes(b"no database" * 1000)
    kept = next((place / "workspace" / "vault").glob("*/*"))
    flip(kept, 0)
    found = proved(place)
    assert found["ledger"]
    assert any(kept.name in words for words in found["vault"])


def test_a_figure_in_use_that_no_kept_result_makes_is_named(place: Path) -> None:
    """Its results are gone, kept and present: nothing is left to make again, and that is said."""
    folder = place / "workspace" / "models" / "small-deposit" / "results"
    assert proved(place, tiles=0, rederive=True)["rederived"] == []
    for path in [*folder.glob("*.json"), *folder.glob("kept/*.json")]:
        if DepositResult.read(path).vintage.year == 2025:
            path.unlink()
    (said,) = proved(place, tiles=0, rederive=True)["rederived"]
    assert said.startswith("entry 2 (small-deposit 2025-12-31): can't be made again")


def test_an_older_copy_of_the_ledger_is_told_by_the_noted_head(place: Path) -> None:
    """What the last run found whole is what ``verify`` looks for where nothing else is named."""
    note = place / "workspace" / "ledger.verified.json"
    assert proved(place, tiles=0)["ledger"] == []
    note.write_text(json.dumps({"number": 3, "hash": "ab" * 32}), "utf-8")
    (said,) = proved(place, tiles=0)["ledger"]
    assert "abababababab" in said
    note.write_text("{}", "utf-8")
    (said,) = proved(place, tiles=0)["ledger"]
    assert said.startswith("ledger.verified.json: ")


def test_models_and_originals_that_are_gone_are_named(place: Path) -> None:
    """Entries and results name the model that they miss; figures can't be made again."""
    shutil.rmtree(place / "workspace" / "vault")
    found = proved(place, rederive=True)
    assert any("0/assay.csv" in words for words in found["results"])
    assert len(found["rederived"]) == VINTAGES
    assert all("not in the vault" in words for words in found["rederived"])
    (store,) = (place / "workspace").glob("models/*/grid-*")
    shutil.rmtree(store / "blocks.icechunk" / "refs" / "tag.2025-12-31")
    found = proved(place)
    assert any("tag.2025-12-31" in words for words in found["models"])
    (store / "seal.sha256").unlink()
    found = proved(place)
    assert any("2025-12-31" in words and "not in the store" in words for words in found["models"])
    assert any("entry 2 " in words for words in found["models"])


def test_a_figure_that_can_no_longer_be_made_is_told(place: Path) -> None:
    """A result forged with its digest, and the model with it: only making it again tells."""
    folder = Workspace(place / "workspace").models("small-deposit") / "results" / "kept"
    kept = {path: DepositResult.read(path) for path in folder.glob("*.json")}
    path, result = max(kept.items(), key=lambda one: one[1].vintage)
    forged = replace(result, holes=99)
    path.unlink()
    forged.write(folder / f"{forged.digest[:16]}.json")
    found = proved(place, rederive=True)
    (said,) = found["rederived"]
    assert said.endswith("holes")


def test_tiles_of_changed_data_are_told_from_damage(place: Path, made: Path) -> None:
    """Files corrected since: other inputs, and no damage anywhere."""
    belts = place / "configs" / "belts"
    text = (belts / "small.yaml").read_text("utf-8")
    (belts / "small.yaml").write_text(
        text.replace(str(made / "data"), str(place / "data")), "utf-8"
    )
    spoil(belts, "assay", lambda text: text.replace(",0.351,", ",0.352,", 1))
    found = proved(place, tiles=TILES)
    assert found["models"] == found["vault"] == found["ledger"] == []
    assert all("other inputs" in words for words in found["tiles"])
    assert found["tiles"]


def test_the_command_answers_with_its_exit_code(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """0 where everything stands, 3 where something does not; every part in the JSON."""
    words = ["verify", "--configs", str(place / "configs" / "belts"), "--tiles", "0"]
    words += ["--workspace", str(place / "workspace"), "--json"]
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == Exit.OK
    answer = json.loads(capsys.readouterr().out)
    assert set(PARTS) <= set(answer)
    kept = next((place / "workspace" / "vault").glob("*/*"))
    flip(kept, 3)
    with pytest.raises(SystemExit) as left:
        main(words[:-1])
    assert left.value.code == Exit.DATA
    assert kept.name in capsys.readouterr().out.replace("\n", "")
    assert sha256(kept) != kept.name
