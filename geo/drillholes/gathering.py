"""Gathering: which files a deposit's tables are, where they lie, and what was in them.

A configured path may name one file, a member of an archive (``drop.zip/assay.csv``), every file
under a pattern (``2026/*_assay.csv``), or a query of a database (``.sql``). None may lead out of
its folder. What a query answers is frozen first, so that hash, vault and table are of one answer.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath

import pandas as pd
import pyarrow as pa

from geo.archives import original
from geo.config import DrillholeFile, DrillholeSources, resolve_root
from geo.files import partial_name, sha256
from geo.findings import DataError, Finding, RowBalance
from geo.formats import open_sheets
from geo.formats.database import write_snapshot
from geo.inbox import PARTIAL, inside
from geo.rules import finding
from geo.tables.sheets import UnreadableError
from geo.tables.table import REFUSED_COLUMNS, Table, read_table

PATTERN = frozenset("*?[")
"""A path with one of these signs, unless a file has that very name, is a pattern."""
TEXT = {
    "lithology": ("lithology", "oxidation", "domain"),
    "collar": ("hole_type",),
    "members": ("composite_id", "hole_id"),
}
"""Columns of words that a table always has."""


@dataclass(frozen=True)
class GatheredFile:
    """One file of one campaign: its table, and where its bytes are."""

    file: DrillholeFile
    """``path`` is the file's own name below the folder, also where a pattern named it."""
    as_of: date
    path: Path
    """What is read; of a query its frozen answer."""
    sha256: str | None
    """Of the file, of the archive it stands in, or of the frozen answer; None where absent."""
    trouble: Finding | None = None
    """Why it isn't read."""


def named_files(root: Path, name: str) -> list[str]:
    """Names of the files below ``root`` that a configured path stands for, in order.

    A pattern gives every matching file that isn't in transfer; anything else gives itself.

    Raises
    ------
    DataError
        The path, or a file it stands for, leads out of the folder (BN-INB-004).
    """
    inside(root, name)
    if not PATTERN & set(name) or original(root / name).is_file():
        return [name]
    head, tail = _up_to_archive(name)
    found = sorted(p.relative_to(root).as_posix() for p in root.glob(head) if p.is_file())
    names = [one for one in found if not _in_transfer(one)]
    for one in names:
        inside(root, one)
    return [f"{one}/{tail}" if tail else one for one in names]


def _up_to_archive(name: str) -> tuple[str, str]:
    """A pattern up to an archive (``drops/*.zip``), and the member in it."""
    parts = PurePosixPath(name).parts
    for i, part in enumerate(parts[:-1], start=1):
        if part.casefold().endswith(".zip"):
            return "/".join(parts[:i]), "/".join(parts[i:])
    return name, ""


def _in_transfer(name: str) -> bool:
    """Whether a name is one that programs give to a file while they write or lock it."""
    last = PurePosixPath(name).name
    return last.startswith((".", "~$")) or last.casefold().endswith(PARTIAL)


def listed_files(sources: DrillholeSources, base: Path) -> Iterator[tuple[DrillholeFile, date]]:
    """Every file of every campaign, patterns written out; the earlier campaign first.

    A file that is named twice for one table is listed once. A path that leads out of the folder
    is listed as it stands, and so is a pattern without a match.
    """
    root = resolve_root(sources.root, base)
    seen: set[tuple[str, str, str | None]] = set()
    for campaign in sorted(sources.campaigns, key=lambda c: c.as_of):
        for file in campaign.files:
            try:
                names = named_files(root, file.path) or [file.path]
            except DataError:
                names = [file.path]
            for name in names:
                key = (name, file.table, file.sheet)
                if key not in seen:
                    yield file.model_copy(update={"path": name}), campaign.as_of
                seen.add(key)


def gather(sources: DrillholeSources, base: Path) -> list[GatheredFile]:
    """Every file of a deposit with its hash, ready to be read; queries are run and frozen."""
    root = resolve_root(sources.root, base)
    return [gather_file(root, file, as_of) for file, as_of in listed_files(sources, base)]


def gather_file(root: Path, file: DrillholeFile, as_of: date) -> GatheredFile:
    """One file as it lies there now."""
    path = root / file.path
    try:
        path = frozen(inside(root, file.path))
        whole = original(path)
        digest = sha256(whole) if whole.is_file() else None
    except DataError as error:
        return GatheredFile(file, as_of, path, None, error.findings[0])
    except UnreadableError as error:
        found = finding(error.code, file=file.path, sheet=file.sheet, **error.words)
        return GatheredFile(file, as_of, path, None, found)
    return GatheredFile(file, as_of, path, digest)


def frozen(path: Path) -> Path:
    """The path itself, or of a query (``.sql``) the answer it gives now, as a Parquet file.

    The answer lies in a folder of temporary files named by its content.

    Raises
    ------
    UnreadableError
        The query can't be run.
    """
    if path.suffix.casefold() != ".sql" or not path.is_file():
        return path
    (sheet,) = open_sheets(path)
    folder = Path(tempfile.gettempdir()) / f"bornite-answers-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = folder / f"{path.stem}.{partial_name()}"
    try:
        write_snapshot(sheet, partial)
        target = folder / sha256(partial) / f"{path.stem}.parquet"
        target.parent.mkdir(exist_ok=True)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def read_gathered(
    one: GatheredFile, sources: DrillholeSources, templates: Path | None = None
) -> Table:
    """Read one file as its table; a file that may not be read is an empty table with its finding.

    ``templates``: folder of confirmed layouts (:mod:`geo.tables.templates`).
    """
    if one.trouble is not None:
        balance = RowBalance(one.file.path, one.file.table, 0, 0, 0, 0, one.file.sheet)
        nothing = pd.DataFrame(columns=REFUSED_COLUMNS)
        return Table(pd.DataFrame(), (one.trouble,), balance, {}, nothing)
    return read_table(
        one.path,
        one.file.table,
        sheet=one.file.sheet,
        conventions=sources.conventions,
        columns=sources.columns,
        units=sources.units,
        name=one.file.path,
        templates=templates,
    )


Read = tuple[GatheredFile, Table]


def frames_of(tables: Iterable[Read]) -> dict[str, pd.DataFrame]:
    """Frames of one table over all campaigns, with ``as_of`` and every column a table can have.

    ``qaqc`` holds tables of controls and the controls that stood among samples.
    """
    parts: dict[str, list[pd.DataFrame]] = {}
    for one, table in tables:
        parts.setdefault(one.file.table, []).append(table.frame.assign(as_of=one.as_of))
    frames = {name: _stacked(frames) for name, frames in parts.items()}
    for name, frame in frames.items():
        for text in (*TEXT.get(name, ()), "sample_id"):
            if text not in frame:
                frame[text] = pd.Series(pa.repeat("", len(frame)), dtype="str")
            elif frame[text].hasnans:
                frame[text] = frame[text].fillna("").astype("str")
        if name == "collar" and "depth_m" not in frame:
            frame["depth_m"] = float("nan")
    return frames


def controls_of(tables: Iterable[Read], frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Rows of control samples: tables of kind ``qaqc`` (taken out of ``frames``), controls that
    stood among samples, and results that name a control type."""
    parts = [frames.pop("qaqc")] if "qaqc" in frames else []
    parts += [table.controls.assign(as_of=one.as_of) for one, table in tables]
    if "laboratory" in frames and "qc_type" in frames["laboratory"]:
        results = frames["laboratory"]
        parts.append(results[(results["qc_type"].fillna("") != "").to_numpy()])
    parts = [part for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _stacked(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Frames one below the other; names of files and sheets stay one byte or two a row."""
    if len(parts) == 1:
        return parts[0]
    for name in ("file", "sheet"):
        texts = pd.api.types.union_categoricals([part[name] for part in parts]).categories
        parts = [
            part.assign(**{name: part[name].cat.set_categories(sorted(texts))}) for part in parts
        ]
    return pd.concat(parts, ignore_index=True)


def with_batch(results: pd.DataFrame) -> pd.DataFrame:
    """Results with a batch: the table's own, else its file."""
    files = results["file"].astype("str")
    if "batch" not in results:
        return results.assign(batch=files)
    own = results["batch"].fillna("").astype("str")
    return results.assign(batch=own.where(own != "", files))
