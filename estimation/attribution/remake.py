"""The inputs of a kept result, put together again: its decision, and its files from the vault.

Every file is laid below a folder of its own bytes, so that two files of one name in two results
never meet, and a file that did not change has one and the same place.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import BaseModel, ValidationError

from estimation.belts import Belt, Deposit
from estimation.deposit import DepositData
from estimation.differences import DECIDED
from estimation.errors import EstimationError
from estimation.originals import BESIDE
from estimation.plan import GeometryFile
from estimation.results import DepositResult
from geo.config import Campaign, MinedGround, RasterSource, digest
from geo.drillholes.licence import Licence
from geo.drillholes.reading import Drillholes
from geo.files import sha256
from geo.inbox import HELPERS
from geo.qaqc import QaqcSource
from geo.vault import vault_path

QUERY = ".sql"
ANSWER = ".parquet"
"""The vault keeps what a query answered, not the query."""

Placed = (GeometryFile, MinedGround, RasterSource, Licence)
"""Blocks of configuration that name one file below a root."""


@dataclass(frozen=True)
class Remade:
    """A kept result's inputs: its configuration as it was, and the same where the files now lie."""

    result: DepositResult
    belt: Belt
    deposit: Deposit
    """As decided then."""
    laid_belt: Belt
    laid_deposit: Deposit
    """With roots that lead to the files laid out of the vault."""
    base: Path
    """Folder of the belt's file: layouts, and the parameters of a datum shift, stay there."""

    def data(self, drillholes: Drillholes, files: Mapping[str, str]) -> DepositData:
        """What an estimate takes: the laid tables as they were read, by their names of then."""
        names = {_laid_name(name): name for name in self.result.extras["files"]}
        told = {names.get(name, name): sha for name, sha in files.items()}
        parts = (self.laid_belt, self.laid_deposit, self.base, self.result.vintage)
        return DepositData(*parts, drillholes, told)

    def restored(self, made: DepositResult) -> DepositResult:
        """A result made from the laid files, with its decision as it was written then."""
        kept = {
            name: self.result.extras[name]
            for name in (DECIDED, BESIDE)
            if name in self.result.extras
        }
        extras = {n: value for n, value in made.extras.items() if n != BESIDE} | kept
        return replace(made, extras=extras, plan_hash=digest(kept[DECIDED]))


def put_together(
    result: DepositResult, belt: Belt, deposit: Deposit, base: Path, places: tuple[Path, Path]
) -> Remade:
    """The inputs of a kept result.

    Parameters
    ----------
    result
        As read from its file; it carries its decision and the SHA-256 of its files.
    belt, deposit, base
        The present configuration, for names and for what the decision does not hold.
    places
        The workspace (whose vault has the originals), and a folder to lay files in.

    Raises
    ------
    EstimationError
        The result carries no decision, the program can't read it any more, or an original is not
        in the vault or was changed there.
    """
    belt, deposit = as_decided(result, belt, deposit)
    # a relative root would be looked for below the belt's file
    workspace, scratch = (place.resolve() for place in places)
    laid = _Laid(result, workspace, scratch)
    root = laid.tables()
    sources = deposit.drillholes.model_copy(
        update={
            "root": str(root),
            "campaigns": tuple(_laid_campaign(c) for c in deposit.drillholes.campaigns),
        }
    )
    moved: Deposit = _moved(deposit, laid.root).model_copy(update={"drillholes": sources})
    rasters = tuple(_moved(raster, laid.root) for raster in belt.rasters)
    if moved.qaqc is not None:
        moved = moved.model_copy(update={"qaqc": _laid_controls(moved.qaqc)})
    laid_belt = belt.model_copy(update={"rasters": rasters})
    return Remade(result, belt, deposit, laid_belt, moved, base)


def as_decided(result: DepositResult, belt: Belt, deposit: Deposit) -> tuple[Belt, Deposit]:
    """Belt and deposit as a result's decision has them; names as they are now.

    Raises
    ------
    EstimationError
        There is no decision in the result, or the program can't read it any more.
    """
    decided = result.extras.get(DECIDED)
    if not decided:
        raise EstimationError(
            f"{result.deposit_id} {result.vintage}: this result does not carry its decision; "
            "estimate the deposit again / 该结果未附当时的方案，请重新估算"
        )
    own = {name: value for name, value in decided.items() if name in Deposit.model_fields}
    if BESIDE in result.extras:  # older results do not say whether there was one
        own = {"licence": None, "qaqc": None} | own
    plain = deposit.model_dump(mode="json") | own | {"vintages": [result.vintage.isoformat()]}
    try:
        found = Deposit.model_validate(plain)
        used = [RasterSource.model_validate(r) for r in _rasters(decided)]
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise EstimationError(
            f"{result.deposit_id} {result.vintage}: this program can't read the decision of then "
            f"({where}: {first['msg']}) / 现版本程序无法读取当时的方案"
        ) from None
    names = {raster.name for raster in used}
    others = tuple(raster for raster in belt.rasters if raster.name not in names)
    then = belt.model_copy(update={"crs": decided["crs"], "rasters": (*used, *others)})
    return then, found


def _rasters(decided: Mapping[str, Any]) -> list[Any]:
    """Rasters of a decision, each once."""
    every = [*decided.get("ground", ()), *decided.get("drift", ())]
    return list({raster["name"]: raster for raster in every}.values())


class _Laid:
    """Files of one result, laid out of the vault."""

    def __init__(self, result: DepositResult, workspace: Path, scratch: Path) -> None:
        self._result = result
        self._workspace = workspace
        self._scratch = scratch

    def tables(self) -> Path:
        """Root of the drill-hole tables."""
        files: dict[str, str] = self._result.extras["files"]
        root = self._scratch / "tables" / digest(sorted(files.items()))[:16]
        for name, sha in files.items():
            whole, _ = _up_to_archive(_laid_name(name))
            self._lay(name, sha, root / whole)
        return root

    def root(self, block: Any) -> str:
        """Root that leads to a block's file, named by the bytes of it and of its side-cars.

        Older results did not note these files: what lies there today stands for them.
        """
        if BESIDE not in self._result.extras:
            return str(block.root)
        whole, stem = _up_to_archive(block.path)
        ends = {f"{block.root}/{name}{end}" for name in (whole, stem) for end in HELPERS}
        wanted = {f"{block.root}/{whole}"} | ends
        mine = {name: sha for name, sha in self._result.extras[BESIDE].items() if name in wanted}
        if not mine:
            return str(self._scratch / "missing")
        bytes_only = sorted((name.removeprefix(block.root), sha) for name, sha in mine.items())
        root = self._scratch / "beside" / digest(bytes_only)[:16]
        for name, sha in mine.items():
            self._lay(name, sha, root / name.removeprefix(f"{block.root}/"))
        return str(root)

    def _lay(self, name: str, sha: str, target: Path) -> None:
        """One original where it is looked for: a second name of the vault's file, or a copy."""
        if target.is_file():
            return
        kept = vault_path(sha, self._workspace)
        where = f"{self._result.deposit_id} {self._result.vintage}: {name} ({sha[:12]})"
        if not kept.is_file():
            raise EstimationError(f"{where} is not in the vault / 原件不在库中")
        if sha256(kept) != sha:
            raise EstimationError(f"{where}: its bytes in the vault changed / 库中原件内容已变")
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(kept, target)
        except OSError:  # another file system
            shutil.copyfile(kept, target)


def _up_to_archive(name: str) -> tuple[str, str]:
    """The file on disk that a configured path stands in, and its name without the ending."""
    parts = PurePosixPath(name).parts
    for i, part in enumerate(parts[:-1], start=1):
        if part.casefold().endswith(".zip"):
            whole = PurePosixPath(*parts[:i])
            break
    else:
        whole = PurePosixPath(name)
    return whole.as_posix(), whole.with_suffix("").as_posix()


def _laid_name(name: str) -> str:
    """Name of a table's file as laid: a query's frozen answer is a Parquet file."""
    return f"{name}{ANSWER}" if name.casefold().endswith(QUERY) else name


def _laid_campaign(campaign: Campaign) -> Campaign:
    files = (f.model_copy(update={"path": _laid_name(f.path)}) for f in campaign.files)
    return campaign.model_copy(update={"files": tuple(files)})


def _laid_controls(source: QaqcSource) -> QaqcSource:
    files = (f.model_copy(update={"path": _laid_name(f.path)}) for f in source.files)
    return source.model_copy(update={"files": tuple(files)})


def _moved(block: Any, root_of: Callable[[Any], str]) -> Any:
    """A block of configuration whose files are looked for elsewhere; nothing is checked anew.

    A plan's acceptance is of the roots as they were written, so it is not asked again.
    """
    if isinstance(block, Placed) and block.path is not None:
        return block.model_copy(update={"root": root_of(block)})
    if isinstance(block, BaseModel):
        values = {name: getattr(block, name) for name in type(block).model_fields}
        moved = {name: _moved(value, root_of) for name, value in values.items()}
        changed = {name: value for name, value in moved.items() if value is not values[name]}
        return block.model_copy(update=changed) if changed else block
    if isinstance(block, dict):
        made = {key: _moved(value, root_of) for key, value in block.items()}
        return made if any(made[key] is not block[key] for key in block) else block
    if isinstance(block, tuple):
        several = tuple(_moved(value, root_of) for value in block)
        return several if any(a is not b for a, b in zip(several, block, strict=True)) else block
    return block
