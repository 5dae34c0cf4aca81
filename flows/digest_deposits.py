"""Where one deposit stands after a night: what is wrong with it or waits, and the commands."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import date

from estimation.belts import Belt, Deposit
from flows.room.data import new_since
from flows.runtime import Workspace
from flows.track import Tracked
from reporting.facts.operations import DepositLight, Matter, Run
from reporting.settings import SiteSettings
from reporting.units import Text
from reporting.views.age import Age, age_of, newest_data

ORDER = ("red", "grey", "amber", "green")
"""Lights, the gravest first."""


def worst(lights: list[str]) -> str:
    """The gravest of some lights; green where there is none."""
    return min(lights, key=ORDER.index, default="green")


def deposit_light(
    house: Workspace,
    belt: Belt,
    deposit: Deposit,
    tracked: Tracked | None,
    night: tuple[Run | None, Mapping[str, Text], SiteSettings, date],
) -> DepositLight:
    """One deposit: what is wrong with it or waits, gravest first."""
    run, held, settings, day = night
    matters = _held_matters(belt, deposit, held, tracked)
    matters += _plan_matters(house, deposit, bool(matters))
    since = None if run is None else run.started_at
    refused = new_since(house, belt, deposit.id, since)
    aged = age_of(newest_data(deposit), day, settings.freshness)
    matters += _data_matters(belt, deposit, refused, aged, stands=not matters)
    matters.sort(key=lambda matter: ORDER.index(matter.light))
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
    belt: Belt, deposit: Deposit, refused: int, aged: Age, *, stands: bool
) -> list[Matter]:
    """Rows newly refused, and data that are old; ``stands``: nothing held the deposit back.

    Old data are never more than a thing to do, however old: the night itself was right.
    """
    name = Text(deposit.name.zh, deposit.name.en)
    found = []
    if refused:
        zh, en = f"昨夜新隔离 {refused} 处", f"newly in quarantine: {refused}"
        if stands:
            zh, en = (
                f"{zh}（已按规则剔除，其余照常估算）",
                f"{en} (left out; the rest was estimated)",
            )
        why = Text(zh, en)
        found.append(Matter("amber", name, why, (f"bornite check {shlex.quote(belt.id)}",)))
    if aged.light != "green":
        why = Text(
            f"最新数据已 {aged.days} 天（{aged.word.zh}）",
            f"the newest data are {aged.days} days old ({aged.word.en})",
        )
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
