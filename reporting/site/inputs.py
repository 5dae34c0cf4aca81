"""What a chapter's pages are made from, as a report that holds nothing else, and its digest.

A chapter is given only the narrowed report, so that pages of an equal digest are equal: they can be
taken over without being made. Files that the report names count with their bytes.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from geo.days import today
from geo.files import sha256
from reporting.facts.operations import Operations
from reporting.report import SiteReport
from reporting.site.templating import templates_digest

NO_DAY = datetime(2000, 1, 1, tzinfo=UTC)
"""Stands for the time of the build where no page may speak of the day."""
HOUSE = Path(__file__).parents[2]


def narrowed(report: SiteReport, *, day: bool, operations: str) -> SiteReport:
    """The report without what a chapter's pages may not rest on.

    Parameters
    ----------
    report
        Everything.
    day
        Whether the pages speak of the day on which they are made; of the hour none does. Under an
        embargo all do.
    operations
        ``all``, ``cited`` (the runs alone that entered the figures shown) or ``none``.
    """
    kept = report.operations
    if operations == "cited":
        named = {entry.run_id for entry in report.ledger.entries}
        kept = Operations(runs=tuple(run for run in kept.runs if run.run_id in named))
    elif operations == "none":
        kept = Operations()
    speaks = day or report.settings.embargo_until is not None
    at = report.generated_at if speaks else NO_DAY
    return replace(report, run_id="", generated_at=at, operations=kept, withheld=())


def common_digest(report: SiteReport) -> str:
    """Digest of what all narrowed reports have in common, the files it names, and the program."""
    common = narrowed(report, day=False, operations="none")
    words = (_told(replace(common, generated_at=NO_DAY)), templates_digest(), _program())
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


def inputs_digest(common: str, report: SiteReport, *more: str) -> str:
    """Digest of a narrowed report and ``more``; ``common`` as :func:`common_digest` gives it."""
    words = (common, today(report.generated_at).isoformat(), _told(report.operations), *more)
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


def _told(value: Any) -> str:
    """SHA-256 of all that a record says."""
    sink = _Sink()
    _Teller(sink, protocol=5).dump(value)
    return sink.total.hexdigest()


class _Sink:
    """Takes bytes and keeps their digest alone."""

    def __init__(self) -> None:
        self.total = hashlib.sha256()

    def write(self, data: Any) -> int:
        """Count the bytes in."""
        self.total.update(data)
        return len(data)


class _Teller(pickle.Pickler):
    """Tells records apart: paths by the bytes that lie there, settings without the order of sets.

    It is never read back; where two equal reports are told apart, pages are only made once more.
    """

    def reducer_override(self, value: Any) -> Any:
        """A path as its name and content, a validated record as its fields."""
        if isinstance(value, Path):
            return _record, (str(value), tuple(_contents(value)))
        if isinstance(value, BaseModel):
            name = f"{type(value).__module__}.{type(value).__qualname__}"
            return _record, (name, (dict(value.__dict__), value.__pydantic_private__))
        return NotImplemented


def _record(name: str, content: Any) -> Any:
    """Stands for a path or a validated record; see :class:`_Teller`."""
    return name, content


def _contents(path: Path) -> Iterator[tuple[str, str]]:
    """Every file at or under a path, with its digest."""
    if path.is_dir():
        for one in sorted(found for found in path.rglob("*") if found.is_file()):
            yield one.relative_to(path).as_posix(), _known(one)
    elif path.is_file():
        yield "", _known(path)


def _known(path: Path) -> str:
    """SHA-256 of a file, read again only where it may be another."""
    found = path.stat()
    return _sha256(path, found.st_ino, found.st_mtime_ns, found.st_size)


@cache
def _sha256(path: Path, _file: int, _changed_ns: int, _bytes: int) -> str:
    """SHA-256 of one version of a file."""
    return sha256(path)


@cache
def _program() -> str:
    """SHA-256 of the reading room's own code, and of the rooms that it calls."""
    total = hashlib.sha256()
    for room in ("geo", "estimation", "tracking", "reporting"):
        for path in sorted((HOUSE / room).rglob("*.py")):
            total.update(path.relative_to(HOUSE).as_posix().encode())
            total.update(path.read_bytes())
    return total.hexdigest()
