"""Printing a site: one thing after the other, or by several processes where there is much.

A chapter made from what the old site's was made from is taken over whole. Of the others each page
is made, and written anew only where what its template is given has changed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import Any

from reporting.documents.write import groups, write_group
from reporting.facts.operations import Operations
from reporting.site.contents import CONTENTS
from reporting.site.inputs import common_digest
from reporting.site.linking import link_or_copy
from reporting.site.order import FILES, Made, Order, room_of
from reporting.site.room import Leaf, Room, SiteFile, Stamp
from reporting.site.templating import render_page, templates_digest

ALONE = 24
"""Items of all chapters up to which one process is quicker than starting others."""
COLD_ALONE = 12
"""The same where no page of an old site can be kept, so that figures must be drawn."""
LISTING = tuple(chapter.key for chapter in CONTENTS if chapter.lists_files)
"""Chapters that are made when the downloads are."""

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
    chapter: str = ""


@dataclass(frozen=True)
class Written:
    """The downloads of a site, in the order in which they are offered."""

    site: int
    files: tuple[SiteFile, ...]


@dataclass(frozen=True)
class Finished:
    """A chapter of a site that is whole: what it was made from."""

    site: int
    chapter: str
    made: Made


@dataclass(frozen=True)
class Batch:
    """What a job came to: its pages or downloads, and the figures that it used."""

    job: Job
    pages: tuple[Printed | Written, ...]
    used: tuple[str, ...]
    made: int
    reused: int


def print_pages(orders: Sequence[Order]) -> Iterator[Printed | Written | Finished]:
    """Every page of every site, its downloads, and what each chapter was made from."""
    common = common_digest(orders[0].room.report)
    jobs = [(FILES, group) for group in groups(orders[0].room.report)]
    jobs += dict.fromkeys(job for order in orders for job in _jobs(order))
    first = [job for job in jobs if job[0] not in LISTING]
    listed: list[list[SiteFile]] = [[] for _ in orders]
    for one in _printed_jobs(orders, first, common):
        if isinstance(one, Written):
            listed[one.site] += one.files
        yield one
    orders = [
        replace(order, room=replace(order.room, files=tuple(files)))
        for order, files in zip(orders, listed, strict=True)
    ]
    yield from _printed_jobs(orders, [job for job in jobs if job[0] in LISTING], common)


def _printed_jobs(
    orders: Sequence[Order], jobs: Sequence[Job], common: str
) -> Iterator[Printed | Written | Finished]:
    """What the jobs come to, those of chapters that stand taken over."""
    keys = list(dict.fromkeys(key for key, _item in jobs))
    inputs = {key: _inputs(orders, key, common) for key in keys}
    standing = [key for key in keys if _stands(orders, key, inputs[key])]
    for key in standing:
        yield from _taken_over(orders, key, inputs[key])
    todo = [job for job in jobs if job[0] not in standing]
    store = orders[0].room.store
    used: dict[str, tuple[set[str], int]] = {key: (set(), 0) for key in keys}
    for batch in _batches(orders, todo):
        names, uses = used[batch.job[0]]
        used[batch.job[0]] = (names | set(batch.used), uses + batch.made + batch.reused)
        store.used.update(batch.used)
        store.made += batch.made
        store.reused += batch.reused
        yield from batch.pages
    for key in keys:
        names, uses = used[key]
        if key not in standing:
            for site, digest in inputs[key].items():
                yield Finished(site, key, Made(digest, tuple(sorted(names)), uses))


def _inputs(orders: Sequence[Order], key: str, common: str) -> dict[int, str]:
    """What a chapter is made from, by the place of each site that has it."""
    found = {}
    for site, order in enumerate(orders):
        mine = [one for one in order.chapters if one.key == key]
        if mine or key == FILES:
            found[site] = order.inputs(common, mine[0] if mine else None, order.room.files)
    return found


def _stands(orders: Sequence[Order], key: str, inputs: dict[int, str]) -> bool:
    """Whether every site's chapter was made from this, and is whole with its figures."""
    for site, digest in inputs.items():
        order = orders[site]
        before = order.before.get(key)
        if before is None or before.inputs != digest or (key == FILES and not order.old_files):
            return False
        if not all((order.room.store.folder / name).exists() for name in before.figures):
            return False
    return True


def _taken_over(
    orders: Sequence[Order], key: str, inputs: dict[int, str]
) -> Iterator[Printed | Written | Finished]:
    """A chapter's pages, or the downloads, as the old sites have them."""
    before = orders[next(iter(inputs))].before[key]
    store = orders[0].room.store
    store.used.update(before.figures)
    store.reused += before.uses
    for site in inputs:
        order = orders[site]
        if key == FILES:
            for one in order.old_files:
                (order.fresh / one.path).parent.mkdir(parents=True, exist_ok=True)
                link_or_copy(order.old / one.path, order.fresh / one.path)
            yield Written(site, order.old_files)
        for path, page in order.known.items():
            if page.get("chapter") == key:
                yield Printed(site, path, page["key"], None, key)
        yield Finished(site, key, before)


def _batches(orders: Sequence[Order], jobs: Sequence[Job]) -> Iterator[Batch]:
    """What every job comes to, in the order of the jobs."""
    warm = any(order.known for order in orders)
    workers = min(os.cpu_count() or 1, 4)
    items = sum(key != FILES for key, _item in jobs)
    if items <= (ALONE if warm else COLD_ALONE) or workers == 1:
        yield from (_batch(orders, job) for job in jobs)
        return
    spawn = get_context("spawn")  # a forked child would inherit locks of the parent's threads
    with ProcessPoolExecutor(workers, spawn, _enter, (tuple(orders),)) as pool:
        yield from pool.map(_work, jobs)


def _jobs(order: Order) -> Iterator[Job]:
    """The items of all chapters of one site."""
    for chapter in order.chapters:
        yield from ((chapter.key, item) for item in chapter.items(order.room.report))


def _batch(orders: Sequence[Order], job: Job) -> Batch:
    """Carry out a job; the figures that it used are counted apart."""
    store = orders[0].room.store  # one object for all: they were handed over together
    before = (store.used, store.made, store.reused)
    store.used, store.made, store.reused = set(), 0, 0
    try:
        pages = tuple(_print(orders, job))
        return Batch(job, pages, tuple(sorted(store.used)), store.made, store.reused)
    finally:
        store.used, store.made, store.reused = before


def _print(orders: Sequence[Order], job: Job) -> Iterator[Printed | Written]:
    """The pages of one item of one chapter, for every audience that has the chapter."""
    key, item = job
    for site, order in enumerate(orders):
        if key == FILES:
            report = replace(order.room.report, operations=Operations(), withheld=())
            room = replace(order.room, report=report)
            yield Written(site, write_group(room, item, order.fresh, order.old))
        for chapter in order.chapters:
            if chapter.key == key:
                for leaf in chapter.leaves(room_of(order.room, chapter), item):
                    yield _printed(site, order, leaf, key)


def _printed(site: int, order: Order, leaf: Leaf, chapter: str) -> Printed:
    """One page, rendered where the old one is not the same."""
    room = order.room
    context = {**leaf.context, "nav": _nav(order, leaf), "audience": room.audience}
    key = _key(room, leaf, context)
    if order.known.get(leaf.path, {}).get("key") == key:
        return Printed(site, leaf.path, key, None, chapter)
    report = room.report
    stamp = Stamp(report.run_id, report.generated_at, report.code_version)
    html = render_page(leaf.template, {**context, "stamp": stamp})
    return Printed(site, leaf.path, key, html, chapter)


def _nav(order: Order, leaf: Leaf) -> tuple[dict[str, Any], ...]:
    """The navigation as one page shows it."""
    return tuple(
        {"title": chapter.title, "href": chapter.href, "here": chapter.href == leaf.path}
        for chapter in order.chapters
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
    return _batch(_ORDERS, job)
