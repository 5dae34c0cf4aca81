"""Printing pages: one after the other, or by several processes where there are many."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

from reporting.site.contents import Chapter, chapters
from reporting.site.room import Leaf, Room, Stamp
from reporting.site.templating import render_page, templates_digest

ALONE = 24
"""Items of all chapters up to which one process is quicker than starting others."""

Job = tuple[str, str]
"""(chapter's key, item)."""


@dataclass(frozen=True)
class Printed:
    """One page: its key, and its HTML; None where the page of the old site is the same."""

    path: str
    key: str
    html: str | None


@dataclass(frozen=True)
class Batch:
    """What a job came to: its pages, and the figures that it used."""

    pages: tuple[Printed, ...]
    used: frozenset[str]
    made: int
    reused: int


def print_pages(room: Room, known: Mapping[str, str]) -> Iterator[Printed]:
    """Every page of the site.

    Parameters
    ----------
    room
        What the pages are made from; its figure store counts what was drawn.
    known
        Path -> key of each page of the old site that may be kept.
    """
    jobs = [(c.key, item) for c in _chapters(room) for item in c.items(room.report)]
    workers = min(os.cpu_count() or 1, 4)
    if len(jobs) <= ALONE or workers == 1:
        for job in jobs:
            yield from _print(room, job, known)
        return
    spawn = get_context("spawn")  # a forked child would inherit locks of the parent's threads
    with ProcessPoolExecutor(workers, spawn, _enter, (room, dict(known))) as pool:
        for batch in pool.map(_work, jobs):
            room.store.used.update(batch.used)
            room.store.made += batch.made
            room.store.reused += batch.reused
            yield from batch.pages


def _chapters(room: Room) -> tuple[Chapter, ...]:
    return chapters(room.report, room.audience)


def _print(room: Room, job: Job, known: Mapping[str, str]) -> Iterator[Printed]:
    """The pages of one item of one chapter."""
    chapter = next(c for c in _chapters(room) if c.key == job[0])
    for leaf in chapter.leaves(room, job[1]):
        context = {**leaf.context, "nav": _nav(room, leaf), "audience": room.audience}
        key = _key(room, leaf, context)
        if known.get(leaf.path) == key:
            yield Printed(leaf.path, key, None)
        else:
            report = room.report
            stamp = Stamp(report.run_id, report.generated_at, report.code_version)
            yield Printed(leaf.path, key, render_page(leaf.template, {**context, "stamp": stamp}))


def _nav(room: Room, leaf: Leaf) -> tuple[dict[str, Any], ...]:
    """The navigation as one page shows it."""
    return tuple(
        {"title": chapter.title, "href": chapter.href, "here": chapter.href == leaf.path}
        for chapter in _chapters(room)
        if chapter.href
    )


def _key(room: Room, leaf: Leaf, context: dict[str, Any]) -> str:
    """Digest of all that a page's bytes depend on, but for the run."""
    words = (templates_digest(), room.report.code_version, leaf.template, repr(context))
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


_ROOM: list[tuple[Room, Mapping[str, str]]] = []
"""What a worker process was given when it started."""


def _enter(room: Room, known: Mapping[str, str]) -> None:
    _ROOM[:] = [(room, known)]


def _work(job: Job) -> Batch:
    """One job in a worker process."""
    ((room, known),) = _ROOM
    store = room.store
    store.used, store.made, store.reused = set(), 0, 0
    pages = tuple(_print(room, job, known))
    return Batch(pages, frozenset(store.used), store.made, store.reused)
