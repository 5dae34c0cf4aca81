"""Runs in words: the list of all, and everything that one of them noted."""

from __future__ import annotations

from dataclasses import dataclass

from reporting.facts.operations import Run
from reporting.report import SiteReport
from reporting.rounding import BLANK
from reporting.site.frame import deposit_href, file_name, named, same, shanghai
from reporting.tables import Cell, number
from reporting.units import Text, Unit
from reporting.views.findings import SEVERITIES
from reporting.views.lights import took

COUNT = Unit("", "1", 0)
MEBIBYTES = Unit("MiB", "1", 0)
SECONDS = Unit("s", "1", 1)
OUTCOMES = {
    "done": ("green", "●", Text("完成", "done")),
    "going": ("green", "●", Text("本站由此次运行写成", "wrote these pages")),
    "failed": ("red", "■", Text("失败", "failed")),
    "interrupted": ("red", "■", Text("被中断", "interrupted")),
    "broken": ("red", "■", Text("没有结束", "no end was noted")),
    "empty": ("grey", "○", Text("无运行记录", "no record")),
}
COMMANDS = {
    "nightly": Text("夜间运行", "night"),
    "report": Text("写网站", "report"),
    "ingest": Text("读入", "ingest"),
    "estimate": Text("估算", "estimate"),
    "track": Text("记台账", "ledger"),
    "decision": Text("审核决定", "decision"),
    "record": Text("登记", "record"),
    "attribute": Text("变动归因", "attribution"),
    "study": Text("专题", "study"),
}
_FACTS = {
    "code_version": Text("程序版本", "Program"),
    "python": Text("Python", "Python"),
    "machine": Text("处理器", "Processor"),
    "system": Text("系统", "System"),
    "cores": Text("核数", "Cores"),
}


@dataclass(frozen=True)
class RunLine:
    """One run in the list."""

    run_id: str
    href: str
    command: Text
    at: str
    by: str
    took: Text
    tiles: tuple[Cell, Cell]
    """Computed and reused."""
    entered: Cell
    waiting: Cell
    published: Cell
    held: Cell
    light: str
    shape: str
    outcome: Text
    trouble: str
    digest: str


@dataclass(frozen=True)
class MadeLine:
    """One estimate of a run."""

    deposit: str
    href: str
    vintage: str
    cells: tuple[Cell, ...]
    """Tiles computed and reused, seconds, memory."""
    hashes: tuple[str, ...]
    """Of data, plan and model."""


def run_href(run: Run, root: str) -> str:
    """Relative address of a run's page."""
    return f"{root}runs/{file_name(run.run_id)}"


def run_line(run: Run) -> RunLine:
    """One run as the list shows it."""
    about = {"run": run.run_id}
    light, shape, outcome = OUTCOMES.get(run.outcome, OUTCOMES["empty"])
    tiles = run.tiles or (None, None)
    empty = run.outcome == "empty"
    return RunLine(
        run_id=run.run_id,
        href=run_href(run, ""),
        command=COMMANDS.get(run.command, Text(run.command, run.command)),
        at=BLANK if run.started_at is None else shanghai(run.started_at).removesuffix(" (UTC+8)"),
        by=run.by or BLANK,
        took=took(run.seconds),
        tiles=(
            number(tiles[0], COUNT, quantity="tiles-computed", about=about),
            number(tiles[1], COUNT, quantity="tiles-reused", about=about),
        ),
        entered=number(run.entered, COUNT, quantity="entered", about=about),
        waiting=number(run.waiting, COUNT, quantity="waiting", about=about),
        published=number(None if empty else run.published, COUNT, quantity="published"),
        held=number(None if empty else len(run.held), COUNT, quantity="held", about=about),
        light=light,
        shape=shape,
        outcome=outcome,
        trouble=run.trouble,
        digest=run.digest[:12] or BLANK,
    )


def run_facts(run: Run) -> list[tuple[Text, Text]]:
    """What stands at the head of a run's page."""
    line = run_line(run)
    ended = BLANK if run.ended_at is None else shanghai(run.ended_at)
    began = BLANK if run.started_at is None else shanghai(run.started_at)
    return [
        (Text("命令", "Command"), line.command),
        (Text("开始", "Began"), same(began)),
        (Text("结束", "Ended"), same(ended)),
        (Text("历时", "Took"), line.took),
        (Text("运行者", "Who"), same(line.by)),
    ]


def environment_facts(run: Run) -> list[tuple[Text, Text]]:
    """Program, machine and libraries of a run."""
    return [
        (_FACTS.get(name, Text(name, name)), Text(said, said)) for name, said in run.environment
    ]


def finding_facts(run: Run) -> list[tuple[Text, Text]]:
    """Findings of a run's readings by severity."""
    return [
        (SEVERITIES.get(severity, Text(severity, severity)), Text(f"{count:,}", f"{count:,}"))
        for severity, count in run.findings
    ]


def made_lines(report: SiteReport, run: Run) -> tuple[MadeLine, ...]:
    """A run's estimates, linked to the deposits that still have a page."""
    deposits = {d.id: d for belt in report.belts for d in belt.deposits}
    lines = []
    for made in run.made:
        about = {"deposit": made.deposit, "vintage": made.vintage}
        values = (made.computed, made.reused, made.seconds, made.peak_mib)
        units = (COUNT, COUNT, SECONDS, MEBIBYTES)
        names = ("tiles-computed", "tiles-reused", "seconds", "memory")
        known = made.deposit in deposits and bool(report.results.get(made.deposit))
        lines.append(
            MadeLine(
                deposit=made.deposit,
                href=deposit_href(deposits[made.deposit], "../") if known else "",
                vintage=made.vintage,
                cells=tuple(
                    number(value, unit, quantity=name, about=about)
                    for value, unit, name in zip(values, units, names, strict=True)
                ),
                hashes=(made.data_hash[:12], made.plan_hash[:12], made.model_hash[:12]),
            )
        )
    return tuple(lines)


def belt_name(report: SiteReport, belt_id: str) -> Text:
    """A belt's name, or its id where it is not configured any more."""
    found = next((belt for belt in report.belts if belt.id == belt_id), None)
    return named(found.name) if found else Text(belt_id, belt_id)
