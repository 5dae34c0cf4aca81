"""The site's chapters in the order of its navigation: who makes each page, and who may read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from reporting.report import SiteReport
from reporting.site.pages import (
    belt,
    byproducts,
    change,
    compare,
    data,
    deposit,
    digest,
    downloads,
    geology,
    method,
    places,
    runs,
    summary,
    surveys,
    target,
    viewer,
)
from reporting.site.room import Audience, Leaf, Room
from reporting.units import Text


def _once(_report: SiteReport) -> tuple[str, ...]:
    return ("",)


def _always(_report: SiteReport) -> bool:
    return True


@dataclass(frozen=True)
class Chapter:
    """Pages of one kind."""

    key: str
    title: Text
    leaves: Callable[[Room, str], Iterator[Leaf]]
    """(room, item) -> the item's pages."""
    items: Callable[[SiteReport], Sequence[str]] = _once
    """What the chapter has pages of; each item's are made apart from the others'."""
    href: str = ""
    """Its address in the navigation; empty: reached from other pages."""
    public: bool = True
    """Whether the public build has it."""
    there: Callable[[SiteReport], bool] = _always
    """Whether there is anything to say."""
    day: bool = False
    """Whether its pages speak of the day on which they are made."""
    operations: str = "none"
    """What of the report's operations it is given: ``all``, ``cited`` or ``none``."""
    lists_files: bool = False
    """Whether its pages are made after the downloads, which they list."""


def belt_ids(report: SiteReport) -> tuple[str, ...]:
    """Belts that have a page."""
    return tuple(belt.id for belt in report.belts)


def deposit_ids(report: SiteReport) -> tuple[str, ...]:
    """Deposits that have a page: those with an estimate."""
    return tuple(d.id for belt in report.belts for d in report.estimated(belt))


CONTENTS = (
    Chapter("summary", Text("摘要", "Summary"), summary.leaves, href="index.html", day=True),
    Chapter(
        "target",
        Text("目标", "Target"),
        target.leaves,
        href="target.html",
        there=lambda report: bool(report.progress),
    ),
    Chapter("map", Text("地图", "Map"), places.leaves, href="map.html"),
    Chapter("belt", Text("成矿带", "Belt"), belt.leaves, belt_ids),
    Chapter("deposit", Text("矿床", "Deposit"), deposit.leaves, deposit_ids, operations="cited"),
    Chapter("geology", Text("地质", "Geology"), geology.leaves, deposit_ids, public=False),
    Chapter("viewer", Text("三维", "3D"), viewer.leaves, viewer.viewer_ids, public=False),
    Chapter("surveys", Text("化探", "Surveys"), surveys.leaves, surveys.items, public=False),
    Chapter("change", Text("变动", "Change"), change.leaves, href="change.html"),
    Chapter(
        "compare",
        Text("两期对比", "Compare"),
        compare.leaves,
        compare.items,
        href="compare.html",
    ),
    Chapter("byproducts", Text("伴生", "By-products"), byproducts.leaves, href="byproducts.html"),
    Chapter("method", Text("方法", "Method"), method.leaves, href="method.html"),
    Chapter(
        "downloads",
        Text("下载", "Downloads"),
        downloads.leaves,
        href="downloads.html",
        lists_files=True,
    ),
    Chapter(
        "digest",
        Text("晨报", "Digest"),
        digest.leaves,
        href="digest.html",
        public=False,
        there=digest.there,
        day=True,
        operations="all",
    ),
    Chapter(
        "data",
        Text("数据", "Data"),
        data.leaves,
        href="data.html",
        public=False,
        day=True,
        operations="all",
    ),
    Chapter(
        "runs",
        Text("运行", "Runs"),
        runs.leaves,
        href="runs.html",
        public=False,
        operations="all",
    ),
)
"""In the order of reading: the whole, belts and deposits, what changed, how it is made and taken
away; then the bureau's own, what happened last night first."""


def chapters(report: SiteReport, audience: Audience) -> tuple[Chapter, ...]:
    """The chapters that an audience's build has."""
    return tuple(c for c in CONTENTS if c.there(report) and (c.public or audience.holes))
