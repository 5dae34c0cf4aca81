"""``digest.txt``: last night's digest as text, and what it says while a night has no report yet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from flows.digest import AGAIN, newest_digest, night_matters
from flows.room.runs import read_run
from flows.runtime import Workspace
from geo.files import write_whole
from reporting.facts.operations import Digest, Matter
from reporting.units import Text
from reporting.views.digest_text import TEXT, digest_text


def put_digest(house: Workspace, digest: Digest) -> None:
    """Write the digest as plain text into the workspace; a site brings its own."""
    write_whole(house.root / TEXT, digest_text(digest).encode("utf-8"))


def _put_meanwhile(house: Workspace, digest: Digest) -> None:
    """Write a night that has no report yet also into the site that stands."""
    put_digest(house, digest)
    if house.site.is_dir():
        write_whole(house.site / TEXT, digest_text(digest).encode("utf-8"))


@contextmanager
def told_of(house: Workspace, run_id: str, configs: str) -> Iterator[None]:
    """See that ``digest.txt`` never tells of an older night: of one that was broken off it says so.

    The page is written by the night's own report; here only how it began, and how it failed.
    """
    _put_meanwhile(house, _of_night(house, run_id, alive=True))
    try:
        yield
    except BaseException:
        with suppress(OSError):  # what stopped the night is told, not this
            _put_meanwhile(house, _of_failed(house, run_id, configs))
        raise


def _of_failed(house: Workspace, run_id: str, configs: str) -> Digest:
    """All that a night had learnt before it failed; where even that can't be read, its failure."""
    try:
        found = newest_digest(configs, str(house.root))
    except Exception:  # it may be what stopped the night
        return _of_night(house, run_id, alive=False)
    of_it = found.night is not None and found.night.run_id == run_id
    return found if of_it and found.light == "red" else _of_night(house, run_id, alive=False)


def _of_night(house: Workspace, run_id: str, *, alive: bool) -> Digest:
    """What can be said of a night before, or without, its report."""
    folder: Path = house.run(run_id)
    at = datetime.now(UTC).replace(microsecond=0)
    night = replace(read_run(folder, alive), run_id=run_id, command="nightly")
    if alive:
        night = replace(night, started_at=at, outcome="going")
    elif night.outcome == "empty":  # its record could not be written
        night = replace(night, outcome="broken")
    (matter,) = night_matters(night, 0)
    if alive:
        why = Text(
            f"{matter.why.zh}；次日仍见此行，即没有结束",
            f"{matter.why.en}; if you still read this in the morning, it did not finish",
        )
        matter = Matter("going", matter.what, why, ("bornite digest", AGAIN))
    return Digest(matter.light, matter.why, at, night, matters=(matter,))
