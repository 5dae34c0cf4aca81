"""Proof of a store: any byte of any file that changes is found, and what it holds is named."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

import icechunk
import numpy as np
import pytest
import zarr

from estimation.models import seal
from estimation.models.proof import StoreProof, prove_store
from estimation.models.seal import (
    BLOCKS,
    SEAL,
    SealError,
    broken_files,
    read_seal,
    seal_store,
    store_files,
    write_seal,
)
from tests.engine_problems import FIRST, drill, make_grid, problem_of, read, run, two_elements

LATER = date(2026, 12, 31)
FLIPS = 45


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of two vintages; the later shares no more than its far tiles with the earlier."""
    grid = make_grid(shape=(13, 6, 7), tile=(8, 5, 4))
    home = tmp_path_factory.mktemp("models")
    table = drill(grid, 7, 4)
    run(problem_of(grid, two_elements(), table), home, FIRST)
    table.loc[0, "cu_pct"] += 1.0
    run(problem_of(grid, two_elements(), table), home, LATER)
    (found,) = home.iterdir()
    return found


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    """The store, to be damaged."""
    return Path(shutil.copytree(folder, tmp_path / folder.name))


def flip(path: Path, at: int, by: int) -> None:
    """Change one byte of a file."""
    held = bytearray(path.read_bytes())
    held[at] ^= by
    path.write_bytes(held)


def problems_with(folder: Path, name: str) -> str:
    """The one problem that names a file."""
    (found,) = [problem for problem in prove_store(folder).problems if name in problem]
    return found


def test_a_store_as_published_has_no_problem(folder: Path) -> None:
    """Every tile of both vintages is read; hashes are those that a result would name."""
    proof = prove_store(folder)
    grid = make_grid(shape=(13, 6, 7), tile=(8, 5, 4))
    problem = problem_of(grid, two_elements(), drill(grid, 7, 4))
    assert (proof.problems, proof.unsealed) == ((), 0)
    assert proof.files == len(store_files(folder)) == len(read_seal(folder) or {})
    assert [(r.tag, r.tiles) for r in proof.revisions] == [
        (str(vintage), grid.tile_count) for vintage in (FIRST, LATER)
    ]
    hashes = [read(problem, folder.parent, vintage).model_hash for vintage in (FIRST, LATER)]
    assert [r.model_hash for r in proof.revisions] == hashes
    assert hashes[0] != hashes[1]


def test_any_byte_of_any_sealed_file_is_found_and_named(copy: Path) -> None:
    """Flips anywhere, in every kind of file: the file is named, of a chunk its array and tile."""
    rng = np.random.default_rng(20)
    by_kind: dict[str, list[str]] = {}
    for name in store_files(copy):
        by_kind.setdefault(name.split("/")[0], []).append(name)
    assert set(by_kind) == {"chunks", "manifests", "snapshots", "transactions", "refs"}
    kinds = [*by_kind, *["chunks"] * 4]
    for n in range(FLIPS):
        names = by_kind[kinds[n % len(kinds)]]
        name = names[rng.integers(len(names))]
        path = copy / BLOCKS / name
        # half of the flips in the head of the file, where the formats have their own numbers
        size = path.stat().st_size
        at, by = int(rng.integers(size if n % 2 else min(size, 24))), int(rng.integers(1, 256))
        flip(path, at, by)
        said = problems_with(copy, name)
        assert "bytes changed" in said
        if name.startswith("chunks/"):
            assert re.search(r"of (every tile|\d{4}-12-31 (tile \d+|every tile))", said), said
        flip(path, at, by)
    assert prove_store(copy).problems == ()


def test_a_byte_of_the_seal_is_found(copy: Path) -> None:
    """The seal carries its own digest; the numbers are proved all the same."""
    size = (copy / SEAL).stat().st_size
    for at in (0, 70, size // 2, size - 1):
        flip(copy / SEAL, at, 1)
        proof = prove_store(copy)
        assert any(problem.startswith(SEAL) for problem in proof.problems), at
        assert all(revision.model_hash for revision in proof.revisions)
        flip(copy / SEAL, at, 1)


def test_files_that_are_gone_are_named_with_what_they_held(copy: Path) -> None:
    """A chunk, a vintage's tag, and everything."""
    chunk = next(name for name in store_files(copy) if name.startswith("chunks/"))
    (copy / BLOCKS / chunk).unlink()
    (copy / BLOCKS / f"refs/tag.{FIRST}/ref.json").unlink()
    assert "is gone" in problems_with(copy, chunk)
    assert str(FIRST) in problems_with(copy, f"refs/tag.{FIRST}")
    assert [r.model_hash is None for r in prove_store(copy).revisions] == [True, False]
    shutil.rmtree(copy / BLOCKS)
    assert len(prove_store(copy).problems) > len(read_seal(copy) or {})


def test_a_branch_that_leads_nowhere_is_found(copy: Path) -> None:
    """Heads of branches are not sealed, but the next run goes on from them."""
    path = copy / BLOCKS / f"refs/branch.vintage-{LATER}/ref.json"
    path.write_text('{"snapshot":"00000000000000000000"}', "utf-8")
    assert any(f"branch vintage-{LATER}" in problem for problem in prove_store(copy).problems)


def test_without_a_seal_numbers_are_proved_and_nothing_raises(copy: Path) -> None:
    """A store of an earlier version: its digests find what changed a number."""
    (copy / SEAL).unlink()
    assert prove_store(copy).unsealed == len(store_files(copy))
    assert prove_store(copy).problems == ()
    rng = np.random.default_rng(21)
    chunks = sorted((copy / BLOCKS / "chunks").iterdir(), key=lambda p: -p.stat().st_size)
    found = 0
    for _ in range(12):
        path = chunks[rng.integers(20)]
        at = int(rng.integers(40, path.stat().st_size))
        flip(path, at, 255)
        found += bool(prove_store(copy).problems)
        flip(path, at, 255)
    assert found >= 11


def test_a_number_changed_through_the_store_itself_is_found(copy: Path) -> None:
    """Forged with the store's own tools and sealed again: the tile's digest tells, by its layer."""
    storage = icechunk.local_filesystem_storage(str(copy / BLOCKS))
    repository = icechunk.Repository.open(storage)
    session = repository.writable_session(f"vintage-{LATER}")
    arrays = dict(zarr.open_group(session.store, mode="r+").arrays())
    z, y, x = np.argwhere(np.isfinite(arrays["cu_pct"][0]))[0]
    arrays["cu_pct"][0, z, y, x] += 0.5
    session.commit("forged")
    repository.create_tag(f"{LATER}.2", repository.lookup_branch(f"vintage-{LATER}"))
    seal_store(copy)
    (said,) = prove_store(copy).problems
    assert re.match(rf"{LATER}\.2 tile \d+: not the numbers .* \(cu_pct\)", said)


def test_an_element_that_left_the_plan_does_not_look_like_damage(tmp_path: Path) -> None:
    """Arrays of an earlier plan stay in the store; a later tile's digest is not of them."""
    grid = make_grid(shape=(9, 6, 4), tile=(5, 3, 4))
    both, table = two_elements(), drill(grid, 7, 4)
    run(problem_of(grid, both, table), tmp_path, FIRST)
    alone = both.model_copy(update={"elements": {"cu_pct": both.elements["cu_pct"]}})
    run(problem_of(grid, alone, table), tmp_path, LATER)
    (found,) = tmp_path.iterdir()
    proof: StoreProof = prove_store(found)
    assert proof.problems == ()
    assert [revision.tiles for revision in proof.revisions] == [4, 4]


def test_sealing_reads_new_files_only(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second seal costs a listing; a run that was killed before its seal is sealed by the next.

    What was sealed stays as it was noted, so that the seal can't be made to bless a change.
    """
    sealed = read_seal(copy) or {}
    kept = dict(list(sealed.items())[3:])
    write_seal(copy, kept)
    assert prove_store(copy).unsealed == 3
    flip(copy / BLOCKS / next(iter(kept)), 0, 1)
    hashed: list[Path] = []
    plain = seal.sha256
    monkeypatch.setattr(seal, "sha256", lambda path: (hashed.append(path), plain(path))[1])
    assert seal_store(copy) == 3
    assert len(hashed) == 3
    assert read_seal(copy) == sealed
    assert seal_store(copy) == 0
    assert list(broken_files(copy, sealed)) == [next(iter(kept))]


def test_a_cut_off_seal_is_no_seal(copy: Path) -> None:
    """Every shorter text is refused, not read as a seal of fewer files."""
    whole = (copy / SEAL).read_bytes()
    for length in (0, 1, 65, 66, len(whole) // 2, len(whole) - 1):
        (copy / SEAL).write_bytes(whole[:length])
        with pytest.raises(SealError):
            read_seal(copy)
