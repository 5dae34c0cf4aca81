"""The data page's tables: freshness, holes and quality control, findings by rule, quarantine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from estimation.belts import Belt
from geo.days import today
from geo.rules import rules
from reporting.facts.operations import LIGHTS, BeltData, Holes, Quality, RefusedRow
from reporting.report import SiteReport
from reporting.rounding import BLANK, printed
from reporting.site.frame import belt_href, deposit_href, named, shanghai
from reporting.tables import Cell, number
from reporting.units import Text, Unit
from reporting.views.age import WORDS, age_of
from reporting.views.findings import rule_lines_of

HELD = Text("不可用，沿用上次", "not usable; the last good is used")
"""Said of a source whose deposit the last night held back."""
COUNT = Unit("", "1", 0)
PER_CENT = Unit("%", "1", 1)
FILES_NAMED = 3
"""Files of a source that are named; the others are counted."""
_KINDS = {
    "standard": Text("标样", "standards"),
    "blank": Text("空白", "blanks"),
    "field": Text("野外重复", "field duplicates"),
    "coarse": Text("粗副样重复", "coarse duplicates"),
    "pulp": Text("副样重复", "pulp duplicates"),
    "check": Text("外检", "check assays"),
}


@dataclass(frozen=True)
class SourceLine:
    """One source: how new, and when it was read."""

    belt: Text
    name: Text
    href: str
    kind: Text
    files: str
    more: int
    newest: str
    days: Cell
    light: str
    shape: str
    word: Text
    read_at: str
    looked_at: str


@dataclass(frozen=True)
class HolesLine:
    """One deposit's holes, and its quality control."""

    name: Text
    href: str
    used: Cell
    refused: Cell
    controls: Cell | None
    """None where the deposit has no quality control."""
    rates: tuple[tuple[Text, Cell], ...]
    failed: tuple[str, ...]
    held: bool


@dataclass(frozen=True)
class FoundLine:
    """One rule over all belts."""

    code: str
    severity: str
    severity_text: Text
    count: int
    meaning: Text
    fix: Text
    belts: tuple[tuple[Text, str, int], ...]


@dataclass(frozen=True)
class WaitingLine:
    """One row or file in the quarantine."""

    name: str
    file: str
    sheet: str
    row: str
    code: str
    raw: str
    fix: Text
    opened: str
    days: str


@dataclass(frozen=True)
class BeltLine:
    """One belt's rows and quarantine."""

    id: str
    name: Text
    counts: tuple[Cell, ...]
    """Rows read, accepted, quarantined, skipped; then places waiting and released."""
    waiting: int
    listed: tuple[WaitingLine, ...]
    more: int
    trouble: Text | None
    read: bool


def source_lines(report: SiteReport) -> tuple[SourceLine, ...]:
    """One line for each source of every belt, in the belts' order."""
    return tuple(line for belt, data in _pairs(report) for line in _sources(report, belt, data))


def _pairs(report: SiteReport) -> Iterator[tuple[Belt, BeltData]]:
    """Each belt with what is known of its data."""
    known = {data.belt: data for data in report.operations.data}
    for belt in report.belts:
        yield belt, known.get(belt.id, BeltData(belt.id))


def _sources(report: SiteReport, belt: Belt, data: BeltData) -> Iterator[SourceLine]:
    """One belt's sources."""
    deposits = {deposit.id: deposit for deposit in belt.deposits}
    digest = report.operations.digest
    held = {line.deposit for line in digest.lines if line.light == "red"} if digest else set()
    for source in data.sources:
        deposit = deposits.get(source.deposit)
        day = today(report.generated_at)
        aged = source.newest and age_of(source.newest, day, report.settings.freshness)
        light = aged.light if aged and source.read_at is not None else "grey"
        refused = source.deposit in held
        light = "red" if refused else light
        shape, word = LIGHTS[light]
        has_page = deposit is not None and bool(report.results.get(deposit.id))
        yield SourceLine(
            belt=named(belt.name),
            name=named(deposit.name) if deposit else named(belt.name),
            href=deposit_href(deposit, "") if deposit and has_page else "",
            kind=source.kind,
            files=", ".join(source.files[:FILES_NAMED]),
            more=max(source.count - min(len(source.files), FILES_NAMED), 0),
            newest=BLANK if source.newest is None else source.newest.isoformat(),
            days=number(aged.days if aged else None, COUNT, quantity="data-days"),
            light=light,
            shape=shape,
            word=HELD if refused else WORDS.get(light, word),
            read_at=_at(source.read_at),
            looked_at=_at(data.looked_at),
        )


def _days(report: SiteReport, day: date | None) -> int | None:
    """Days from ``day`` to the report's day in China."""
    return None if day is None else (today(report.generated_at) - day).days


def _at(at: datetime | None) -> str:
    return BLANK if at is None else shanghai(at).removesuffix(" (UTC+8)")


def holes_lines(report: SiteReport) -> tuple[HolesLine, ...]:
    """One line for each deposit."""
    found = []
    for belt, data in _pairs(report):
        holes = {one.deposit: one for one in data.holes}
        quality = {one.deposit: one for one in data.quality}
        for deposit in belt.deposits:
            href = deposit_href(deposit, "") if report.results.get(deposit.id) else ""
            counted = holes.get(deposit.id, Holes(deposit.id, None, 0))
            found.append(_holes(named(deposit.name), href, counted, quality.get(deposit.id)))
    return tuple(found)


def _holes(name: Text, href: str, holes: Holes, quality: Quality | None) -> HolesLine:
    """One deposit's line."""
    about = {"deposit": holes.deposit}
    rates = quality.pass_rates_pct if quality else ()
    return HolesLine(
        name=name,
        href=href,
        used=number(holes.used, COUNT, quantity="holes-used", about=about),
        refused=number(holes.refused, COUNT, quantity="holes-refused", about=about),
        controls=number(quality.controls, COUNT, quantity="controls", about=about)
        if quality
        else None,
        rates=tuple(
            (_KINDS.get(kind, Text(kind, kind)), number(rate, PER_CENT, quantity="pass-rate"))
            for kind, rate in rates
        ),
        failed=quality.failed if quality else (),
        held=bool(quality and quality.held),
    )


def found_lines(report: SiteReport) -> tuple[FoundLine, ...]:
    """One line for each rule broken, over all belts, gravest first."""
    everything = [found for belt in report.belts for found in report.findings.get(belt.id, ())]
    by_belt = {
        belt.id: {(line.severity, line.code): line.count for line in rule_lines_of(listed)}
        for belt in report.belts
        if (listed := report.findings.get(belt.id))
    }
    lines = []
    for line in rule_lines_of(everything):
        key = (line.severity, line.code)
        belts = [
            (named(belt.name), belt_href(belt, ""), by_belt[belt.id][key])
            for belt in report.belts
            if key in by_belt.get(belt.id, {})
        ]
        # a belt's own summaries stand for its rows alone, so the total is that of the belts
        count = sum(number_of for _, _, number_of in belts)
        words = (line.severity, line.severity_text, count, line.meaning, line.fix)
        lines.append(FoundLine(line.code, *words, tuple(belts)))
    return tuple(lines)


def belt_lines(report: SiteReport) -> tuple[BeltLine, ...]:
    """Rows and quarantine of each belt."""
    return tuple(_belt(report, belt, data) for belt, data in _pairs(report))


def _belt(report: SiteReport, belt: Belt, data: BeltData) -> BeltLine:
    """One belt's line."""
    names = ("rows-in", "rows-accepted", "rows-quarantined", "rows-skipped")
    read = data.read_at is not None
    about = {"belt": belt.id}
    cells = [
        number(count if read else None, COUNT, quantity=name, about=about)
        for name, count in zip(names, data.rows, strict=True)
    ]
    cells += [
        number(data.waiting, COUNT, quantity="waiting", about=about),
        number(data.released, COUNT, quantity="released", about=about),
    ]
    told = {
        (found.code, found.file, str(found.row or "")): Text(found.fix_zh, found.fix_en)
        for found in report.findings.get(belt.id, ())
    }
    listed = tuple(
        _waiting(report, row, told.get((row.code, row.file, row.row))) for row in data.listed
    )
    return BeltLine(
        id=belt.id,
        name=named(belt.name),
        counts=tuple(cells),
        waiting=data.waiting,
        listed=listed,
        more=data.waiting - len(listed),
        trouble=data.trouble,
        read=read,
    )


def _waiting(report: SiteReport, row: RefusedRow, fix: Text | None) -> WaitingLine:
    """One refused row with its fix (of its finding, where that is listed) and its age."""
    opened = None if row.opened is None else today(row.opened)
    return WaitingLine(
        name=row.name,
        file=row.file,
        sheet=row.sheet,
        row=row.row,
        code=row.code,
        raw=row.raw,
        fix=fix or _fix_of(row.code),
        opened=BLANK if opened is None else opened.isoformat(),
        days=printed(_days(report, opened), 0),
    )


def _fix_of(code: str) -> Text:
    """A rule's fix without the clauses that speak of one place: they want its words."""
    rule = rules().get(code)
    if rule is None:
        return Text(BLANK, BLANK)
    zh = [clause for clause in rule.fix_zh.split("；") if "{" not in clause]
    en = [clause for clause in rule.fix_en.split("; ") if "{" not in clause]
    return Text("；".join(zh) or BLANK, "; ".join(en) or BLANK)
