"""The digest page: last night in a few facts, and what there is to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from estimation.belts import Deposit
from geo.days import CHINA
from reporting.facts.operations import LIGHTS, DepositLight, Digest, Matter
from reporting.report import SiteReport
from reporting.rounding import BLANK
from reporting.site.frame import deposit_href, shanghai
from reporting.units import Text
from reporting.views.lights import code_text, took


@dataclass(frozen=True)
class MatterLine:
    """One thing to do."""

    light: str
    shape: str
    word: Text
    what: Text
    why: Text
    commands: tuple[str, ...]


@dataclass(frozen=True)
class DepositLine:
    """One deposit with its light."""

    light: str
    shape: str
    word: Text
    belt: Text
    name: Text
    href: str
    changed: Text
    matters: tuple[MatterLine, ...]


def valid_until(ended: datetime, expected_by: time) -> datetime:
    """When a night's page is out of date: the next night should have ended by then.

    That is the first ``expected_by`` (China) a day or more after this night's end (aware).
    """
    day_after = ended.astimezone(CHINA) + timedelta(days=1)
    due = datetime.combine(day_after.date(), expected_by, CHINA)
    return due if due >= day_after else due + timedelta(days=1)


def night_facts(digest: Digest) -> list[tuple[Text, Text]]:
    """The night in a few facts."""
    night = digest.night
    if night is None:
        return []
    began, ended = (
        BLANK if at is None else shanghai(at) for at in (night.started_at, night.ended_at)
    )
    found = [
        (Text("夜间运行", "Night"), Text(night.run_id, night.run_id)),
        (Text("开始", "Began"), Text(began, began)),
        (Text("结束", "Ended"), Text(ended, ended)),
        (Text("历时", "Took"), took(night.seconds)),
    ]
    if night.tiles is not None:
        computed, reused = night.tiles
        told = Text(
            f"计算 {computed:,}，复用 {reused:,}", f"{computed:,} computed, {reused:,} reused"
        )
        found.append((Text("瓦片", "Tiles"), told))
    if digest.code is not None:
        meaning = code_text(digest)
        told = Text(f"{digest.code}：{meaning.zh}", f"{digest.code}: {meaning.en}")
        found.append((Text("退出码", "Exit code"), told))
    return found


def counts(digest: Digest) -> list[tuple[str, str, Text, int]]:
    """How many deposits stand at each light: (light, shape, word, number)."""
    return [
        (light, shape, word, sum(line.light == light for line in digest.lines))
        for light, (shape, word) in LIGHTS.items()
    ]


def deposit_lines(report: SiteReport, digest: Digest) -> tuple[DepositLine, ...]:
    """One line for each deposit, gravest first."""
    known = {d.id: d for belt in report.belts for d in belt.deposits}
    return tuple(_line(report, line, known.get(line.deposit)) for line in digest.lines)


def _line(report: SiteReport, line: DepositLight, deposit: Deposit | None) -> DepositLine:
    """One deposit's line; linked where it has a page."""
    shape, word = LIGHTS[line.light]
    has_page = deposit is not None and bool(report.results.get(deposit.id))
    return DepositLine(
        light=line.light,
        shape=shape,
        word=word,
        belt=line.belt,
        name=line.name,
        href=deposit_href(deposit, "") if deposit is not None and has_page else "",
        changed=line.changed,
        matters=tuple(matter_line(matter) for matter in line.matters),
    )


def matter_line(matter: Matter) -> MatterLine:
    """One thing to do with its shape and word."""
    shape, word = LIGHTS[matter.light]
    return MatterLine(matter.light, shape, word, matter.what, matter.why, matter.commands)
