"""Proof of files: results, originals in the vault, and the stores of block models."""

from __future__ import annotations

import json
import zipfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from estimation.errors import EstimationError
from estimation.models.proof import StoreProof, prove_store
from estimation.originals import BESIDE
from estimation.results import DepositResult
from flows.progress import tell
from flows.runtime import Workspace
from geo.files import sha256
from geo.vault import vault_path
from tracking import LedgerEntry
from tracking.ledger.entries import FORM, same_figure

SHA_DIGITS = 64


@dataclass(frozen=True)
class KeptResult:
    """One result on disk: a vintage's present one, or one kept when another took its place."""

    name: str
    """Deposit and file, for sentences."""
    path: Path
    result: DepositResult
    digest: str
    """Of its content, as the file says; the file's text was found to be of that content."""

    @property
    def present(self) -> bool:
        """Whether it is its vintage's present result."""
        return self.path.parent.name != "kept"


@dataclass
class Models:
    """What the stores of all deposits' block models hold."""

    hashes: dict[tuple[str, date], set[str]] = field(default_factory=lambda: defaultdict(set))
    """Model hashes of every revision, by deposit and vintage."""
    unread: set[tuple[str, date]] = field(default_factory=set)
    """Vintages with a revision whose hash can't be told; its damage is among the problems."""
    sound: set[Path] = field(default_factory=set)
    """Folders of the stores without a problem."""
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    tiles: int = 0
    files: int = 0


def read_results(house: Workspace) -> tuple[list[KeptResult], list[str]]:
    """Every result on disk, and what is wrong with the files of those that can't be trusted."""
    kept, said = [], []
    for path in sorted(house.root.glob("models/*/results/**/*.json")):
        name = f"{path.relative_to(house.root / 'models').parts[0]} {path.stem}"
        try:
            result = DepositResult.read(path)
            held = _as_written(path)
        except (EstimationError, OSError) as error:
            said.append(f"{name}: {error}")
            continue
        kept.append(KeptResult(name, path, result, held["sha256"]))
    for path in sorted(house.root.glob("models/*/results/*.npz")):
        if not _whole_archive(path):
            said.append(f"{path.parent.parent.name} {path.name}: bytes changed / 内容已变")
    return kept, said


def _as_written(path: Path) -> dict[str, Any]:
    """A result's text as JSON.

    Raises
    ------
    EstimationError
        It is not, to the byte, what its content is written as.
    """
    text = path.read_text("utf-8")
    held: dict[str, Any] = json.loads(text)
    if json.dumps(held, sort_keys=True, ensure_ascii=False, indent=1) != text:
        raise EstimationError(f"{path.name}: bytes changed / 内容已变")
    return held


def _whole_archive(path: Path) -> bool:
    """Whether every member of a file of plates has the checksum it was written with."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except Exception:  # damage may break the archive's reader in any way
        return False


def result_problems(
    kept: list[KeptResult], estimates: Iterable[LedgerEntry], house: Workspace
) -> list[str]:
    """Results whose originals are gone, that bear a wrong name, or that the ledger contradicts."""
    entries = tuple(estimates)
    latest = {(e.deposit_id, e.vintage): e for e in entries}
    said = []
    for one in kept:
        result = one.result
        said += [
            f"{one.name}: {file} ({sha[:12]}) is not in the vault / 原件不在库中"
            for file, sha in sorted(originals_of(result).items())
            if not vault_path(sha, house.root).is_file()
        ]
        if not one.present and one.digest[:16] != one.path.stem:
            said.append(f"{one.name}: kept under another's name / 文件名与内容不符")
        entry = latest.get((result.deposit_id, result.vintage))
        if one.present and entry is not None and not same_figure(entry.content, result):
            said.append(f"{one.name}: not what ledger entry {entry.number} holds / 与台账不一致")
    return [*said, *_contradicted(kept, entries)]


def originals_of(result: DepositResult) -> dict[str, str]:
    """Name as configured -> SHA-256 of every original that a result names."""
    return {**result.extras.get("files", {}), **result.extras.get(BESIDE, {})}


def _contradicted(kept: list[KeptResult], entries: tuple[LedgerEntry, ...]) -> Iterator[str]:
    """Entries whose figure is not what any result says that was made from the very same."""
    made = defaultdict(list)
    for one in kept:
        made[_inputs_of_result(one.result)].append(one.result)
    for entry in entries:
        same = made.get(_inputs_of_entry(entry), [])
        if same and not any(same_figure(entry.content, result) for result in same):
            yield (f"{_named(entry)}: not what its kept result says / 与存档结果不一致")


def _inputs_of_result(result: DepositResult) -> tuple[str, ...]:
    """What a result was made from."""
    hashes = (result.data_hash, result.plan_hash, result.model_hash, result.engine_version)
    return (result.deposit_id, result.vintage.isoformat(), *hashes)


def _inputs_of_entry(entry: LedgerEntry) -> tuple[str, ...]:
    """What an entry says that its figure was made from."""
    names = ("data_hash", "plan_hash", "model_hash", "engine_version")
    hashes = (str(entry.content.get(name)) for name in names)
    return (entry.deposit_id, entry.vintage.isoformat(), *hashes)


def vault_problems(
    house: Workspace, kept: Iterable[KeptResult], entries: Iterable[LedgerEntry]
) -> list[str]:
    """Originals whose bytes no longer have the name they are kept under, with what they are."""
    forms = [entry for entry in entries if entry.content.get(FORM)]
    known = {e.content[FORM]: f" (form of / 登记表 {_named(e)})" for e in forms}
    for one in kept:
        for file, sha in originals_of(one.result).items():
            known[sha] = f" ({one.result.deposit_id} {file})"
    said = []
    files = [path for path in sorted((house.root / "vault").glob("*/*")) if path.is_file()]
    for path in files:
        if len(path.name) != SHA_DIGITS:
            continue  # a copy that a killed run did not finish; no result names it
        where = f"vault {path.name}{known.get(path.name, '')}"
        if path.parent.name != path.name[:2]:
            said.append(f"{where}: lies in another folder / 存放位置不对")
        if sha256(path) != path.name:
            said.append(f"{where}: bytes changed / 内容已变")
    return said


def prove_models(house: Workspace) -> Models:
    """Every file and every tile of all stores in the workspace."""
    models = Models()
    for folder in sorted(path for path in house.root.glob("models/*/grid-*") if path.is_dir()):
        deposit = folder.parent.name
        name = f"{deposit} {folder.name}"
        try:
            proof = prove_store(folder, partial(tell, name))
        except OSError as error:
            models.problems.append(f"{name}: can't be read / 无法读取: {error}")
            models.unread.add((deposit, date.min))
            continue
        _note(models, folder, proof)
    return models


def _note(models: Models, folder: Path, proof: StoreProof) -> None:
    """Take over what looking at one store found."""
    deposit = folder.parent.name
    name = f"{deposit} {folder.name}"
    models.problems += [f"{name}: {problem}" for problem in proof.problems]
    models.files += proof.files
    if not proof.problems:
        models.sound.add(folder)
    if proof.unsealed:
        models.notes.append(
            f"{name}: {proof.unsealed} files were never sealed; their numbers are proved, their "
            "bytes not; the next estimate seals them / 文件未封签，数值已核，下次估算时补封"
        )
    for revision in proof.revisions:
        key = (deposit, date.fromisoformat(revision.tag.split(".")[0]))
        models.tiles += revision.tiles
        if revision.model_hash is None:
            models.unread.add(key)
        else:
            models.hashes[key].add(revision.model_hash)
    if not proof.revisions:
        models.unread.add((deposit, date.min))


def model_problems(
    models: Models,
    kept: Iterable[KeptResult],
    estimates: Iterable[LedgerEntry],
    configured: Collection[str],
) -> list[str]:
    """Results and ledger entries whose model is no longer in the store as it was.

    Entries of deposits that are neither ``configured`` nor have any model in this workspace are
    passed over: they were made in another one.
    """
    said = []
    for one in kept:
        key = (one.result.deposit_id, one.result.vintage)
        if not _has(models, key, one.result.model_hash):
            said.append(f"{one.name}: its model is not in the store / 其模型不在库中")
    here = {deposit for deposit, _ in (*models.hashes, *models.unread)} | set(configured)
    for entry in estimates:
        key = (entry.deposit_id, entry.vintage)
        if entry.deposit_id in here and not _has(models, key, entry.content.get("model_hash")):
            said.append(
                f"{_named(entry)}: no revision has the model hash that it names / "
                "库中没有其模型散列对应的版本"
            )
    return said


def missing_results(
    kept: Iterable[KeptResult],
    estimates: Iterable[LedgerEntry],
    configured: Collection[str],
    standing: Collection[int],
) -> tuple[list[str], list[str]]:
    """Entries of configured deposits without a kept result that says them: problems, and notes.

    An entry that counts (``standing``) must have one: it is what the figure is shown, traced and
    made again from. Of entries that others took the place of, those without one are counted.
    """
    made = defaultdict(list)
    for one in kept:
        if not one.present:
            made[one.result.deposit_id, one.result.vintage].append(one.result)
    said, older = [], 0
    for entry in (entry for entry in estimates if entry.deposit_id in configured):
        results = made[entry.deposit_id, entry.vintage]
        if any(same_figure(entry.content, result) for result in results):
            continue
        if entry.number in standing:
            said.append(f"{_named(entry)}: its kept result is gone / 其存档结果缺失")
        else:
            older += 1
    words = (
        f"{older} superseded entries: their results are no longer kept / 已被取代的条目，结果已清理"
    )
    return said, [words] if older else []


def _named(entry: LedgerEntry) -> str:
    """An entry in a sentence."""
    return f"entry {entry.number} ({entry.deposit_id} {entry.vintage})"


def _has(models: Models, key: tuple[str, date], model_hash: object) -> bool:
    """Whether the store has a model; not asked where the store itself can't be read."""
    unread = {key, (key[0], date.min)} & models.unread
    return bool(unread) or model_hash in models.hashes.get(key, set())
