"""Printing pages: one after the other, or by several processes where there are many."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

from reporting.site.contents import Chapter, chapters
from reporting.site.room import Leaf, Room, Stamp
from reporting.site.templating import render_page, templates_digest

ALONE = 24
"""Items of all chapters up to which one process is quicker than starting others."""
COLD_ALONE = 12
"""The same where no page of an old site can be kept, so that figures must be drawn."""

Job = tuple[str, str]
"""(chapter's key, item): its pages for every audience, which share the figures."""


@dataclass(frozen=True)
class Printed:
    """One page: of which site, its key, and its HTML; None where the old site's is the same."""

    site: int
    """Place of its room among those printed."""
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


@dataclass(frozen=True)
class Order:
    """A site to be printed."""

    room: Room
    """What its pages are made from; rooms printed together have one figure store."""
    known: Mapping[str, str]
    """Path -> key of each page of the old site that may be kept."""


def print_pages(orders: Sequence[Order]) -> Iterator[Printed]:
    """Every page of every site; their figure store counts what was drawn."""
    jobs = list(dict.fromkeys(job for order in orders for job in _jobs(order.room)))
    warm = any(order.known for order in orders)
    workers = min(os.cpu_count() or 1, 4)
    if len(jobs) <= (ALONE if warm else COLD_ALONE) or workers == 1:
        for job in jobs:
            yield from _print(orders, job)
        return
    store = orders[0].room.store
    spawn = get_context("spawn")  # a forked child would inherit locks of the parent's threads
    with ProcessPoolExecutor(workers, spawn, _enter, (tuple(orders),)) as pool:
        for batch in pool.map(_work, jobs):
            store.used.update(batch.used)
            store.made += batch.made
            store.reused += batch.reused
            yield from batch.pages


def _chapters(room: Room) -> tuple[Chapter, ...]:
    return chapters(room.report, room.audience)


def _jobs(room: Room) -> Iterator[Job]:
    """The items of all chapters of one site."""
    for chapter in _chapters(room):
        yield from ((chapter.key, item) for item in chapter.items(room.report))


def _print(orders: Sequence[Order], job: Job) -> Iterator[Printed]:
    """The pages of one item of one chapter, for every audience that has the chapter."""
    for site, order in enumerate(orders):
        for chapter in _chapters(order.room):
            if chapter.key == job[0]:
                for leaf in chapter.leaves(order.room, job[1]):
                    yield _printed(site, order, leaf)


def _printed(site: int, order: Order, leaf: Leaf) -> Printed:
    """One page, rendered where the old one is not the same."""
    room = order.room
    context = {**leaf.context, "nav": _nav(room, leaf), "audience": room.audience}
    key = _key(room, leaf, context)
    if order.known.get(leaf.path) == key:
        return Printed(site, leaf.path, key, None)
    report = room.report
    stamp = Stamp(report.run_id, report.generated_at, report.code_version)
    html = render_page(leaf.template, {**context, "stamp": stamp})
    return Printed(site, leaf.path, key, html)


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


_ORDERS: list[Order] = []
"""What a worker process was given when it started."""


def _enter(orders: tuple[Order, ...]) -> None:
    _ORDERS[:] = orders


def _work(job: Job) -> Batch:
    """One job in a worker process."""
    store = _ORDERS[0].room.store  # one object for all: they were handed over together
    store.used, store.made, store.reused = set(), 0, 0
    pages = tuple(_print(_ORDERS, job))
    return Batch(pages, frozenset(store.used), store.made, store.reused)
