"""What a page is made from, for whom, and what it comes to before HTML."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from estimation.results import DepositResult
from reporting.figures.store import FigureStore
from reporting.report import SiteReport
from reporting.site.frame import (
    PUBLICATIONS,
    Page,
    as_of,
    embargo_text,
    footer_hashes,
    left_out_of,
    mark_of_pages,
    overall_status,
    plain_line,
    shanghai,
)
from reporting.units import Text


@dataclass(frozen=True)
class Audience:
    """A group of readers, and what its build may hold."""

    name: str
    holes: bool
    """Drill-holes, their names, and coordinates as they are."""
    files: bool
    """Names of files, sheets and rows."""


BUREAU = Audience("bureau", holes=True, files=True)
PUBLIC = Audience("public", holes=False, files=False)
HELD_BACK = Text("暂缓更新", "not updated")
"""Why, for those who may not read the names of files."""


@dataclass(frozen=True)
class SiteFile:
    """A file that the site offers for download."""

    path: str
    """From the site's folder."""
    title: Text
    bytes: int
    sha256: str
    key: str = ""
    """Digest of what it was made from: a file of the same key is kept as it is."""


@dataclass(frozen=True)
class Stamp:
    """Which run wrote a page's present content, and when."""

    run_id: str
    made_at: datetime
    code_version: str

    @property
    def time(self) -> str:
        """The time as people in China read it."""
        return shanghai(self.made_at)

    def print_line(self, page: Page) -> str:
        """Footer of every printed sheet; plain signs only, safe inside a CSS string."""
        data, plan = (value.en for _, value in page.hashes)
        line = f"run {self.run_id} | data {data} | plan {plan} | {self.code_version} | {self.time}"
        return plain_line(line) + " | 估算值 / estimate"


@dataclass(frozen=True)
class Leaf:
    """One page: where it lies, its template, and all that the template is given.

    The context holds plain values and records whose ``repr`` tells them apart, and nothing of the
    run: a page whose context has not changed is not written again.
    """

    path: str
    """From the site's folder, with ``/``; one folder deep at most."""
    template: str
    context: dict[str, Any]


@dataclass(frozen=True)
class Room:
    """Everything that pages are made from."""

    report: SiteReport
    store: FigureStore
    audience: Audience = BUREAU
    files: tuple[SiteFile, ...] = field(default=())
    """Downloads already written."""

    def page(
        self,
        title: Text,
        kind: str,
        results: Iterable[DepositResult],
        *,
        above: tuple[tuple[Text, str], ...] = (),
        deep: bool = False,
        synthetic: bool | None = None,
    ) -> Page:
        """The frame of one page.

        Parameters
        ----------
        title, kind
            Heading, and the class of the page's body.
        results
            Estimates that the page rests on.
        above
            Breadcrumb down to this page, which is added.
        deep
            Whether the page lies in a folder.
        synthetic
            Whether the banner stands over it; as the report where not given.
        """
        found = list(results)
        return Page(
            title=title,
            kind=kind,
            root="../" if deep else "",
            status=overall_status(found),
            mark=mark_of_pages(found),
            synthetic=self.report.synthetic if synthetic is None else synthetic,
            held=held_of(self.report, self.audience),
            left_out=left_out_of(found, files=self.audience.files),
            crumbs=(*above, (title, "")) if above else (),
            hashes=footer_hashes(found),
            vintage=as_of(found),
            publication=PUBLICATIONS[self.report.settings.publication],
            settled=self.report.settings.publication == "final",
            embargo=embargo_text(self.report.settings, self.report.generated_at),
        )


def shown_to(report: SiteReport, audience: Audience) -> SiteReport:
    """What an audience is given; targets that are examples are not for the public."""
    if audience.files:
        return report
    kept = tuple(one for one in report.progress if one.target.status != "example")
    return replace(report, progress=kept)


def held_of(report: SiteReport, audience: Audience) -> tuple[tuple[str, Text], ...]:
    """What the last run held back and why, in order; reasons name files, which not all may read.

    Whoever may not is told of belts, deposits and their figures alone, each in the same words.
    """
    listed = sorted(report.held.items(), key=lambda item: item[0])
    if audience.files:
        return tuple(listed)
    deposits = [deposit for belt in report.belts for deposit in belt.deposits]
    known = {belt.id for belt in report.belts} | {deposit.id for deposit in deposits}
    known |= {f"{deposit.id} {day}" for deposit in deposits for day in deposit.vintages}
    return tuple((name, HELD_BACK) for name, _ in listed if name in known)
