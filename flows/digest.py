"""Last night judged: is it right, what waits, what is wrong, and the command that sees to it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from estimation.belts import Belt
from flows.belts import all_belts
from flows.digest_deposits import ORDER, deposit_light, worst
from flows.reasons import reason_of_json
from flows.room.runs import gather_runs
from flows.runtime import Workspace
from flows.track import Tracked, ledger_state
from geo.days import CHINA, today
from reporting.facts.operations import Digest, Matter, Run
from reporting.settings import SiteSettings, read_settings
from reporting.units import Text
from tracking import LedgerError

AGAIN = "bornite demo --no-open"
"""A whole night; what stands already is reused."""
DATA, HELD = 3, 4
"""Exit codes of a night that refused something, and of one after which something waits."""


def night_code(
    held: Mapping[str, Text], tracked: Tracked | None, refused: Text | None = None
) -> int:
    """Exit code of a night: 3 where anything was refused, 4 where figures wait, else 0."""
    if refused or held or (tracked is not None and (tracked.problems or tracked.refused)):
        return DATA
    return HELD if tracked is not None and tracked.held else 0


def digest_of(
    house: Workspace,
    belts: tuple[Belt, ...],
    tracked: Tracked | None,
    runs: tuple[Run, ...],
    settings: SiteSettings,
    current: str | None = None,
    at: datetime | None = None,
) -> Digest:
    """Judge the newest night, and where every deposit stands after it.

    Parameters
    ----------
    house, belts
        Workspace and configured belts.
    tracked
        The ledger's state; None where it can't be read.
    runs
        Runs, newest first.
    settings
        By when a night should be done, and when data are old.
    current
        The run that asks; where it is the night itself, the night counts as done.
    at
        The moment that is told of (aware); the present one if None.
    """
    at = at or datetime.now(UTC)
    night = next((run for run in runs if run.command == "nightly"), None)
    if night is not None and night.run_id == current and night.outcome == "going":
        night = replace(night, ended_at=at.replace(microsecond=0), outcome="done")
    missed = missed_mornings(night, at, settings)
    held = held_back(house)
    matters = [
        *night_matters(night, missed),
        *_ledger_matters(tracked),
        *_page_matters(night, belts),
    ]
    known = {belt.id for belt in belts} | {d.id for belt in belts for d in belt.deposits}
    matters += [
        Matter("red", Text(name, name), why, ("bornite check",))
        for name, why in held.items()
        if name not in known
    ]
    lines = [
        deposit_light(house, belt, deposit, tracked, (night, held, settings, today(at)))
        for belt in belts
        for deposit in belt.deposits
    ]
    lines.sort(key=lambda line: ORDER.index(line.light))
    everything = [*matters, *(matter for line in lines for matter in line.matters)]
    ended = night is not None and night.outcome == "done" and not missed
    return Digest(
        light=worst([matter.light for matter in everything]),
        headline=_headline(everything, night, missed),
        at=at.replace(microsecond=0),
        night=night,
        missed=missed,
        code=night_code(held, tracked) if ended else None,
        lines=tuple(lines),
        matters=tuple(matters),
    )


def missed_mornings(night: Run | None, at: datetime, settings: SiteSettings) -> int:
    """How many mornings had no night, up to ``at``; 0 where there never was a night.

    A morning is due at ``settings.night.expected_by``, and served by a night that ended (or, of an
    older record, began) in the day before it.
    """
    ended = None if night is None else (night.ended_at or night.started_at)
    if ended is None or (night is not None and night.outcome == "going"):
        return 0
    here = at.astimezone(CHINA)
    due = datetime.combine(here.date(), settings.night.expected_by, CHINA)
    if due > here:
        due -= timedelta(days=1)
    return max((due - ended) // timedelta(days=1), 0)


def held_back(house: Workspace) -> dict[str, Text]:
    """What the last night held back and nobody has mended since, and why."""
    try:
        kept = json.loads(house.held.read_text("utf-8"))
        return {name: reason_of_json(reason) for name, reason in kept.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {house.held.name: Text("无法读取", "can't be read")}


def refused_of(house: Workspace) -> Text | None:
    """Why the last report did not publish the public site; None where it did."""
    try:
        return reason_of_json(json.loads(house.refused.read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Text(f"{house.refused.name} 无法读取", f"{house.refused.name} can't be read")


def _headline(matters: list[Matter], night: Run | None, missed: int) -> Text:
    """The first sentence: right, or what to look at."""
    wrong = sum(matter.light in ("red", "grey") for matter in matters)
    waiting = sum(matter.light == "amber" for matter in matters)
    if night is None or missed or night.outcome not in ("done", "empty"):
        return matters[0].why
    if wrong:
        return Text(
            f"昨夜有误：{wrong} 项有误，{waiting} 项待办",
            f"Last night went wrong in {wrong} places; {waiting} things wait",
        )
    if waiting:
        return Text(f"昨夜完成，{waiting} 项待办", f"Last night is done; {waiting} things wait")
    return Text("昨夜正常，无须处理", "Last night is right; nothing to do")


def night_matters(night: Run | None, missed: int) -> list[Matter]:
    """What is wrong with the night itself."""
    what = Text("夜间运行", "the night")
    if night is None:
        why = Text("此工作区从未完成过夜间运行", "No night has ever run in this workspace")
        return [Matter("red", what, why, (AGAIN,))]
    since = "—" if night.started_at is None else clock(night.started_at)
    if night.outcome == "going":
        why = Text(
            f"夜间运行尚未结束（{since} 开始）", f"The night is still under way since {since}"
        )
        return [Matter("amber", what, why, ("bornite digest",))]
    if night.outcome in ("failed", "interrupted", "broken"):
        how = {
            "failed": Text(f"意外失败（{night.trouble}）", f"failed ({night.trouble})"),
            "interrupted": Text("被中断", "was interrupted"),
            "broken": Text("没有结束（断电或被终止）", "did not finish (killed, or a power cut)"),
        }[night.outcome]
        why = Text(
            f"{since} 开始的夜间运行{how.zh}；重新运行即可接续",
            f"The night that began at {since} {how.en}; run it again, it goes on from there",
        )
        return [Matter("red", what, why, (AGAIN, "bornite doctor"))]
    if missed:
        why = Text(
            f"夜间运行缺 {missed} 次，最近一次始于 {since}；补跑一次即可",
            f"{missed} nights did not run, the last began at {since}; one run catches up",
        )
        return [Matter("red", what, why, (AGAIN, "bornite doctor"))]
    return []


def _ledger_matters(tracked: Tracked | None) -> list[Matter]:
    """What is wrong with the ledger, or could not be entered or measured."""
    what = Text("台账", "the ledger")
    if tracked is None:
        why = Text("台账无法读取", "The ledger can't be read")
        return [Matter("red", what, why, ("bornite doctor",))]
    broken = [Matter("red", what, Text(p, p), ("bornite verify",)) for p in tracked.problems]
    refused = [Matter("red", what, Text(p, p), ("bornite growth",)) for p in tracked.refused]
    return [*broken, *refused]


def _page_matters(night: Run | None, belts: tuple[Belt, ...]) -> Iterator[Matter]:
    """What the night could not work out for the pages: no figure rests on it."""
    names = {belt.id for belt in belts}
    for name, why in night.not_prepared if night is not None else ():
        command = "geochemistry" if name in names else "study"
        told = Text(
            f"页面所用专题或化探图未能生成：{why.zh}",
            f"studies or maps for its pages were not made: {why.en}",
        )
        commands = (f"bornite {command} {shlex.quote(name)}", "bornite report")
        yield Matter("amber", Text(name, name), told, commands)


def clock(at: datetime) -> str:
    """A moment as people in China read it, without the zone."""
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}"


def with_refusal(digest: Digest, refused: Text | None) -> Digest:
    """The digest, with why the public site was not published; as it is where it was."""
    if refused is None:
        return digest
    matter = Matter("red", Text("公众版", "the public site"), refused, ("bornite report",))
    matters = (matter, *digest.matters)
    everything = [*matters, *(matter for line in digest.lines for matter in line.matters)]
    night = digest.night
    ended = digest.code is not None
    return replace(
        digest,
        light="red",
        headline=_headline(everything, night, digest.missed) if ended else digest.headline,
        code=DATA if ended else None,
        matters=matters,
    )


def newest_digest(configs: str, workspace: str) -> Digest:
    """The digest as of this moment, also where no night ever ran or the ledger can't be read.

    Raises
    ------
    geo.config.ConfigError
        No belt file, or the settings of pages, can be used.
    """
    house = Workspace(Path(workspace))
    belts = tuple(belt for _, belt in all_belts(Path(configs)).values())
    settings = read_settings(Path(configs).parent / "site.yaml")
    try:
        tracked = ledger_state(configs, house)
    except (LedgerError, OSError):
        tracked = None
    runs, _ = gather_runs(house)
    return with_refusal(digest_of(house, belts, tracked, runs, settings), refused_of(house))
