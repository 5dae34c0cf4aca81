"""The frame that every page shares: where it stands, what it is made from, by which run."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from estimation.belts import Belt, Deposit
from estimation.results import DepositResult
from geo.config import Names
from geo.crs import known_crs
from geo.days import today
from geo.version import code_version
from reporting.rounding import BLANK
from reporting.settings import SiteSettings
from reporting.tables import FILED, review_state, status_of
from reporting.units import Text

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOME = Text("摘要", "Summary")
DATA_HASH, PLAN_HASH = Text("数据指纹", "Data hash"), Text("参数指纹", "Plan hash")


@dataclass(frozen=True)
class Page:
    """What the frame template needs to know of one page."""

    title: Text
    kind: str
    root: str
    """Relative way to the site's folder: empty or ``../``."""
    status: Text
    mark: Text
    """Filed, with its number, or an internal estimate."""
    synthetic: bool
    held: tuple[tuple[str, Text], ...]
    """What the last run held back (deposit, belt or, for the bureau, file) and why."""
    left_out: tuple[Text, ...]
    """Ground and samples that the figures do not rest on, each with its deposit and why."""
    crumbs: tuple[tuple[Text, str], ...]
    """Breadcrumb; the last has no address."""
    hashes: tuple[tuple[Text, Text], ...]
    """Of the data and of the plans behind the page."""
    vintage: str
    """Day, or span of days, to which the data reach."""
    publication: Text
    """What the house says of the whole publication: draft, preliminary or final."""
    settled: bool
    """Whether it is final."""
    embargo: Text | None
    """That nothing may be passed on yet, and until when."""

    @property
    def head(self) -> Text:
        """What stands before the title in the browser's tab and over every printed sheet."""
        parts = [part for part in (self.embargo, self.publication) if part is not None]
        return Text("；".join(p.zh for p in parts), "; ".join(p.en for p in parts))


PUBLICATIONS = {
    "draft": Text("草稿：供内部讨论，不得引用", "Draft: for discussion within, not to be cited"),
    "preliminary": Text("初步数据：可能修订", "Preliminary: figures may be revised"),
    "final": Text("定稿", "Final"),
}


def embargo_text(settings: SiteSettings, now: datetime) -> Text | None:
    """That nothing may be passed on, until the day that the settings name is over in China."""
    day = settings.embargo_until
    if day is None or today(now) > day:
        return None
    return Text(f"禁止外传至 {day}（含当日）", f"Under embargo to the end of {day}")


def as_of(results: Iterable[DepositResult]) -> str:
    """Data date of the newest estimates, or their span."""
    dates = sorted({result.vintage.isoformat() for result in results})
    if not dates:
        return BLANK
    return dates[0] if len(dates) == 1 else f"{dates[0]} – {dates[-1]}"


def left_out_of(results: Iterable[DepositResult], *, files: bool) -> tuple[Text, ...]:
    """What each result says that it leaves out; without ``files`` only that it does.

    The reasons name files, and the parts may be called as a file is.
    """
    told = [
        (result.deposit_id, one) for result in results for one in result.extras.get("left_out", ())
    ]
    if not files:
        return tuple(
            Text(f"{name}：部分地段或样品", f"{name}: some ground or samples")
            for name in dict.fromkeys(name for name, _ in told)
        )
    return tuple(Text(f"{name}：{one['zh']}", f"{name}: {one['en']}") for name, one in told)


LONGEST_NAME = 200
"""Signs of a name that are shown."""


def named(names: Names) -> Text:
    """A configured name as text for readers; a very long one is cut."""
    return Text(_cut(names.zh), _cut(names.en))


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def same(word: object) -> Text:
    """A word that reads the same in both languages."""
    return Text(str(word), str(word))


def working_page(title: Text, made_at: datetime, *, synthetic: bool) -> dict[str, Any]:
    """What the frame of working pages needs to know of one page; ``made_at`` is aware."""
    return {
        "title": title,
        "synthetic": synthetic,
        "code_version": code_version(),
        "made_at": shanghai(made_at),
    }


def crs_text(belt: Belt) -> Text:
    """A belt's coordinate reference system for readers: its name, and its code."""
    return _crs_text(belt.crs)


@lru_cache(maxsize=64)
def _crs_text(code: str) -> Text:
    """A system's name with its code; the Chinese names the zone of the national projections."""
    crs = known_crs(code)
    if crs is None:
        return Text("本地矿山坐标", "local mine grid")
    zh = re.sub(r"^CGCS2000 / 3-degree Gauss-Kruger ", "CGCS2000 高斯-克吕格 3 度带，", crs.name)
    zh = re.sub(r"^CGCS2000 / Gauss-Kruger ", "CGCS2000 高斯-克吕格 6 度带，", zh)
    zh = re.sub(r"CM (\d+)E$", r"中央经线 \1°", re.sub(r"，zone (\d+)$", r"，第 \1 带", zh))
    return Text(f"{zh}（{code}）", f"{crs.name} ({code})")


def shanghai(at: datetime) -> str:
    """An aware time as people in China read it."""
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M} (UTC+8)"


def file_name(identity: str) -> str:
    """A page's file name from an id; ids that would be no plain name get a digest instead."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", identity):
        return f"{identity}.html"
    return f"id-{hashlib.sha256(identity.encode()).hexdigest()[:16]}.html"


def belt_href(belt: Belt, root: str) -> str:
    """Relative address of a belt's page."""
    return f"{root}belts/{file_name(belt.id)}"


def deposit_href(deposit: Deposit, root: str) -> str:
    """Relative address of a deposit's page."""
    return f"{root}deposits/{file_name(deposit.id)}"


def viewer_href(deposit: Deposit, root: str) -> str:
    """Relative address of a deposit's three-dimensional page, in the bureau's site alone."""
    return f"{root}viewer/{file_name(deposit.id)}"


def sections_href(deposit_id: str, root: str) -> str:
    """Relative address of a deposit's sections and level plans, in the bureau's site alone."""
    return f"{root}sections/{file_name(deposit_id)}"


def overall_status(results: Iterable[DepositResult]) -> Text:
    """The least settled status among the estimates shown."""
    least = least_settled(results)
    return Text("草稿", "draft") if least is None else status_of(least)


def least_settled(results: Iterable[DepositResult]) -> DepositResult | None:
    """The estimate that is farthest from being filed; None where there is none."""
    return min(results, key=_settled, default=None)


def _settled(result: DepositResult) -> tuple[bool, bool, bool]:
    """How settled a figure is: filed, published, by an accepted plan."""
    filed = FILED in result.extras
    return filed, review_state(result).name == "published", result.plan_status == "accepted"


def mark_of_pages(results: Iterable[DepositResult]) -> Text:
    """The mark over every page: what is not filed is never without it."""
    found = list(results)
    filed = [str(r.extras[FILED]) for r in found if FILED in r.extras]
    if filed and len(filed) == len(found):
        numbers = "、".join(dict.fromkeys(filed))
        return Text(f"已评审备案：{numbers}", f"Reviewed and filed: {numbers}")
    return Text("内部估算，未经评审备案", "Internal estimate, not filed")


def combined_hash(hashes: Iterable[str]) -> str:
    """One hash for several: the hash itself where alone, else SHA-256 over them in order."""
    known = sorted(set(hashes))
    if len(known) == 1:
        return known[0]
    return hashlib.sha256("\n".join(known).encode()).hexdigest() if known else ""


def footer_hashes(results: Iterable[DepositResult]) -> tuple[tuple[Text, Text], ...]:
    """Hashes of the data and the plans behind a page, for its footer."""
    found = list(results)
    data = combined_hash(result.data_hash for result in found)[:12] or "—"
    plan = combined_hash(result.plan_hash for result in found)[:12] or "—"
    return (DATA_HASH, same(data)), (PLAN_HASH, same(plan))


def plain_line(line: str) -> str:
    """A line without any sign that could end a CSS string."""
    return re.sub(r"[^A-Za-z0-9 :._+/|()-]", "", line.replace("—", "-"))
