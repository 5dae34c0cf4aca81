"""Last night judged: is it right, what waits, what is wrong, and the command that sees to it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from estimation.belts import Belt, Deposit
from flows.belts import all_belts
from flows.reasons import reason_of_json
from flows.room.data import new_since
from flows.room.runs import gather_runs, read_run
from flows.runtime import Workspace
from flows.track import Tracked, ledger_state
from geo.days import CHINA, today
from geo.files import write_whole
from reporting.facts.operations import DepositLight, Digest, Matter, Run
from reporting.settings import SiteSettings, read_settings
from reporting.units import Text
from reporting.views.digest_text import digest_text
from tracking import LedgerError

TEXT = "digest.txt"
AGAIN = "bornite demo --no-open"
"""A whole night; what stands already is reused."""
DATA, HELD = 3, 4
"""Exit codes of a night that refused something, and of one after which something waits."""
_ORDER = ("red", "grey", "amber", "green")


def night_code(held: Mapping[str, Text], tracked: Tracked | None) -> int:
    """Exit code of a night: 3 where anything was refused, 4 where figures wait, else 0."""
    if held or (tracked is not None and (tracked.problems or tracked.refused)):
        return DATA
    return HELD if tracked is not None and tracked.held else 0


def digest_of(
    house: Workspace,
    belts: tuple[Belt, ...],
    tracked: Tracked | None,
    runs: tuple[Run, ...],
    settings: SiteSettings,
    current: str | None = None,
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
    """
    at = datetime.now(UTC)
    night = next((run for run in runs if run.command == "nightly"), None)
    if night is not None and night.run_id == current and night.outcome == "going":
        night = replace(night, ended_at=at.replace(microsecond=0), outcome="done")
    missed = missed_mornings(night, at, settings)
    held = held_back(house)
    matters = [*_night_matters(night, missed), *_ledger_matters(tracked)]
    known = {belt.id for belt in belts} | {d.id for belt in belts for d in belt.deposits}
    matters += [
        Matter("red", Text(name, name), why, ("bornite check",))
        for name, why in held.items()
        if name not in known
    ]
    lines = [
        _line(house, belt, deposit, tracked, (night, held, settings))
        for belt in belts
        for deposit in belt.deposits
    ]
    lines.sort(key=lambda line: _ORDER.index(line.light))
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


def worst(lights: list[str]) -> str:
    """The gravest of some lights; green where there is none."""
    return min(lights, key=_ORDER.index, default="green")


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
    except FileNotFoundError:
        return {}
    except ValueError:
        return {house.held.name: Text("无法读取", "can't be read")}
    return {name: reason_of_json(reason) for name, reason in kept.items()}


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


def _night_matters(night: Run | None, missed: int) -> list[Matter]:
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


def _line(
    house: Workspace,
    belt: Belt,
    deposit: Deposit,
    tracked: Tracked | None,
    night: tuple[Run | None, Mapping[str, Text], SiteSettings],
) -> DepositLight:
    """One deposit: what is wrong with it or waits, gravest first."""
    run, held, settings = night
    matters = _held_matters(belt, deposit, held, tracked)
    matters += _plan_matters(house, deposit, bool(matters))
    since = None if run is None else run.started_at
    matters += _data_matters(belt, deposit, new_since(house, belt, deposit.id, since), settings)
    matters.sort(key=lambda matter: _ORDER.index(matter.light))
    state = matters[0].why if matters else Text("正常", "right")
    return DepositLight(
        light=worst([matter.light for matter in matters]),
        belt=Text(belt.name.zh, belt.name.en),
        deposit=deposit.id,
        name=Text(deposit.name.zh, deposit.name.en),
        state=state,
        changed=_changed(deposit, run),
        matters=tuple(matters),
    )


def _held_matters(
    belt: Belt, deposit: Deposit, held: Mapping[str, Text], tracked: Tracked | None
) -> list[Matter]:
    """What held the deposit back, and its figures that wait for a person."""
    name = Text(deposit.name.zh, deposit.name.en)
    again = (
        f"bornite check {shlex.quote(belt.id)}",
        f"bornite ingest {shlex.quote(belt.id)}",
        f"bornite estimate {shlex.quote(deposit.id)}",
        "bornite report",
    )
    found = [
        Matter("red", name, Text(f"暂缓：{why.zh}", f"held back: {why.en}"), again)
        for key, why in held.items()
        if key in (belt.id, deposit.id)
    ]
    for one in tracked.held if tracked is not None else ():
        if one.deposit_id == deposit.id:
            why = Text(
                f"{one.vintage} 数字待审：{one.words.zh}；{one.instead.zh}",
                f"figure of {one.vintage} waits: {one.words.en}; {one.instead.en}",
            )
            found.append(Matter("amber", name, why, one.commands))
    return found


def _plan_matters(house: Workspace, deposit: Deposit, explained: bool) -> list[Matter]:
    """A deposit that has no plan, or no estimate that anything explains."""
    name, quoted = Text(deposit.name.zh, deposit.name.en), shlex.quote(deposit.id)
    if deposit.plan is None:
        why = Text("尚无估算方案", "no plan yet")
        return [Matter("amber", name, why, (f"bornite propose {quoted} --write",))]
    newest = house.result(deposit.id, max(deposit.vintages).isoformat())
    if newest.exists() or explained:
        return []
    why = Text("最新一期尚未估算", "the newest vintage is not estimated")
    return [Matter("grey", name, why, (f"bornite estimate {quoted}", "bornite report"))]


def _data_matters(
    belt: Belt, deposit: Deposit, refused: int, settings: SiteSettings
) -> list[Matter]:
    """Rows newly refused, and data that are old."""
    name = Text(deposit.name.zh, deposit.name.en)
    found = []
    if refused:
        why = Text(
            f"昨夜新隔离 {refused} 行（已按规则剔除，其余照常估算）",
            f"{refused} rows newly in quarantine (left out by rule; the rest was estimated)",
        )
        found.append(Matter("amber", name, why, (f"bornite check {shlex.quote(belt.id)}",)))
    newest = max(campaign.as_of for campaign in deposit.drillholes.campaigns)
    days = (today() - newest).days
    if settings.freshness.light(days) != "green":
        why = Text(f"最新数据已 {days} 天", f"the newest data are {days} days old")
        found.append(Matter("amber", name, why))
    return found


def _changed(deposit: Deposit, night: Run | None) -> Text:
    """What the night entered of a deposit."""
    if night is None or night.outcome == "empty":
        return Text("—", "—")
    if deposit.id not in night.deposits:
        return Text("未估算", "not estimated")
    new = [name for name in night.figures if name.rpartition(" ")[0] == deposit.id]
    if new:
        days = ", ".join(name.rpartition(" ")[2] for name in new)
        return Text(f"新数字 {days}", f"new figures {days}")
    return Text("无变化", "unchanged")


def clock(at: datetime) -> str:
    """A moment as people in China read it, without the zone."""
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}"


def put_digest(house: Workspace, digest: Digest) -> None:
    """Write the digest as plain text into the workspace and, where there is one, the site."""
    text = digest_text(digest).encode("utf-8")
    write_whole(house.root / TEXT, text)
    if house.site.is_dir():
        write_whole(house.site / TEXT, text)


@contextmanager
def told_of(house: Workspace, run_id: str) -> Iterator[None]:
    """See that ``digest.txt`` never tells of an older night: of one that was broken off it says so.

    The page is written by the night's own report; here only how it began, and how it failed.
    """
    put_digest(house, _of_night(house, run_id, alive=True))
    try:
        yield
    except BaseException:
        with suppress(OSError):  # what stopped the night is told, not this
            put_digest(house, _of_night(house, run_id, alive=False))
        raise


def _of_night(house: Workspace, run_id: str, *, alive: bool) -> Digest:
    """What can be said of a night before, or without, its report."""
    folder: Path = house.run(run_id)
    at = datetime.now(UTC).replace(microsecond=0)
    night = replace(read_run(folder, alive), run_id=run_id, command="nightly")
    if alive:
        night = replace(night, started_at=at, outcome="going")
    elif night.outcome == "empty":  # its record could not be written
        night = replace(night, outcome="broken")
    (matter,) = _night_matters(night, 0)
    if alive:
        why = Text(
            f"{matter.why.zh}；次日仍见此行，即没有结束",
            f"{matter.why.en}; if you still read this in the morning, it did not finish",
        )
        matter = Matter("amber", matter.what, why, ("bornite digest", AGAIN))
    return Digest(matter.light, matter.why, at, night, matters=(matter,))


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
    return digest_of(house, belts, tracked, runs, settings)
