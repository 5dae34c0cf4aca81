"""Tables and lines on a terminal: results on stdout, everything else on stderr."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console, Group
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from estimation.results import DepositResult
from flows.progress import listening
from flows.track import Tracked
from geo.findings import Finding
from reporting.limits import DAGGER, DOUBLE_DAGGER, SECTION, mark_of
from reporting.rounding import printed
from tracking import TargetProgress
from tracking.target.target import NOTHING

HEARTBEAT_S = 60.0
"""Without a terminal, one line a minute at most, so that a night's log stays readable."""

PLAIN_WIDTH = 120
"""Columns of tables that go to a file or a pipe."""
MOST_ELEMENTS = 6
"""Element columns of a terminal's table; ``--json`` has all."""

CLASS_WORDS = {
    "measured": ("探明", "Measured"),
    "indicated": ("控制", "Indicated"),
    "inferred": ("推断", "Inferred"),
}
SEVERITY_WORDS = {
    "error": ("错误", "error"),
    "warning": ("警告", "warning"),
    "info": ("提示", "info"),
}


class Voice:
    """Says things in the reader's language."""

    def __init__(self, language: str) -> None:
        """Speak Chinese (``zh``) or English (``en``)."""
        self.zh = language == "zh"
        width = int(os.environ.get("COLUMNS") or 0) or PLAIN_WIDTH
        self.out = Console(width=None if sys.stdout.isatty() else width)
        self.err = Console(stderr=True, soft_wrap=True, highlight=False)

    def word(self, zh: str, en: str) -> str:
        """Return the word in the reader's language."""
        return zh if self.zh else en

    def say(self, zh: str, en: str) -> None:
        """Print a message on stderr."""
        self.err.print(self.word(zh, en), markup=False)

    @contextmanager
    def progress(self) -> Iterator[None]:
        """Show progress: a bar on a terminal, plain lines elsewhere."""
        if not sys.stderr.isatty():
            with listening(_PlainLines(self)):
                yield
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self.err, transient=True) as bars:
            known: dict[str, Any] = {}

            def show(what: str, done: int, total: int) -> None:
                if what not in known:
                    known[what] = bars.add_task(what, total=total)
                bars.update(known[what], completed=done, total=total)

            with listening(show):
                yield

    def findings(self, findings: tuple[Finding, ...], most: int = 40) -> None:
        """Print findings: what, where, how to mend it."""
        for finding in findings[:most]:
            zh, en = SEVERITY_WORDS[finding.severity]
            places = [
                (self.word("文件", "file"), finding.file),
                (self.word("工作表", "sheet"), finding.sheet),
                (self.word("行", "row"), finding.row),
                (self.word("列", "column"), finding.column),
                (self.word("值", "value"), finding.value),
            ]
            where = "  ".join(f"{name} {value}" for name, value in places if value is not None)
            self.say(
                f"{zh} {finding.code}  {finding.message_zh}\n  {where}\n  修正: {finding.fix_zh}",
                f"{en} {finding.code}  {finding.message_en}\n  {where}\n  fix: {finding.fix_en}",
            )
        if len(findings) > most:
            rest = len(findings) - most
            self.say(f"另有 {rest} 条;用 --json 查看全部", f"{rest} more; --json prints them all")


class _PlainLines:
    """Progress as log lines."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._last = time.monotonic()

    def __call__(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if done == total or now - self._last >= HEARTBEAT_S:
            self._last = now
            self._voice.say(f"{what}: {done}/{total} 瓦片", f"{what}: {done}/{total} tiles")


def statement_table(
    voice: Voice, results: list[DepositResult], growth_pct: dict[str, float] | None = None
) -> Table:
    """Class by class at the reporting cut-off, latest vintages; growth and truth beside them."""
    elements = _shown_elements(results)
    table = Table(title=voice.word("资源量(内部估算)", "Resources (internal estimates)"))
    table.add_column(voice.word("矿床", "Deposit"), no_wrap=True)
    table.add_column(voice.word("类别", "Class"), no_wrap=True, min_width=9)
    table.add_column(voice.word("矿石 Mt", "Ore Mt"), justify="right")
    for name in elements:
        table.add_column(f"{_symbol(name)} {_metal_unit(name)}", justify="right")
    table.add_column(voice.word("增长", "Growth"), justify="right")
    table.add_column(voice.word("铜 估算/真值", "Cu est./truth"), justify="right")
    for result in results:
        rows = _class_rows(voice, result, elements)
        growth = _percent((growth_pct or {}).get(result.deposit_id))
        true = next((t.ratio for t in result.truth if t.element == "cu_pct"), None)
        last = (growth, "—" if true is None else f"{true:.3f}")
        for nth, row in enumerate(rows):
            table.add_row(*row, *(last if nth == 0 else ("", "")))
    dates = sorted({r.vintage.isoformat() for r in results})
    cutoffs = ", ".join(sorted({_cutoff(r) for r in results}))
    hidden = len({n for r in results for n in r.statement.elements}) - len(elements)
    more = voice.word(f";另有 {hidden} 种元素(--json)", f"; {hidden} more elements (--json)")
    caption = voice.word(
        f"基准日 {', '.join(dates)};边界品位 {cutoffs};三类分列,不含储量",
        f"as of {', '.join(dates)}; cut-off {cutoffs}; classes apart, no reserves",
    ) + (more if hidden else "")
    table.caption = "\n".join((caption, *_footnotes(voice, results, elements)))
    return table


def _footnotes(voice: Voice, results: list[DepositResult], elements: list[str]) -> list[str]:
    """What the blank and the marks of the table mean, those only that are in it."""
    rows = [row for r in results for row in _class_rows(voice, r, elements)]
    shown = "".join(cell for row in rows for cell in row[3:])
    known = {
        "—": ("未评价,不是零", "not evaluated, not zero"),
        DAGGER: (
            "该类矿石中的该元素金属并入较低类别列示(样品支撑所限)",
            "metal in this ore is listed under a lower class, for want of samples",
        ),
        DOUBLE_DAGGER: (
            "含更高类别矿石中的该元素金属",
            "includes the element's metal in surer ore",
        ),
        SECTION: (
            "低于评价指标,为含量,不作资源量",
            "below the threshold: content, not a resource",
        ),
    }
    return [f"{sign} {voice.word(*words)}" for sign, words in known.items() if sign in shown]


def _shown_elements(results: list[DepositResult]) -> list[str]:
    """Elements of the table's columns: main ones first, then as planned, as many as fit."""
    main = [r.statement.main_element for r in results]
    planned = [name for r in results for name in r.statement.elements]
    return list(dict.fromkeys([*main, *planned]))[:MOST_ELEMENTS]


def _cutoff(result: DepositResult) -> str:
    """A result's reporting cut-off with its element: ``Cu 0.2 %``."""
    statement = result.statement
    unit = {"pct": "%", "gpt": "g/t"}.get(statement.main_element.rsplit("_", 1)[-1], "ppm")
    return f"{_symbol(statement.main_element)} {statement.reporting_cutoff:g} {unit}"


def _class_rows(voice: Voice, result: DepositResult, elements: list[str]) -> list[tuple[str, ...]]:
    """Cells of a deposit's three classes."""
    statement = result.statement
    cells = []
    for class_name, words in CLASS_WORDS.items():
        rows = [r for r in statement.at_cutoff() if r.class_name == class_name]
        metal = []
        for name in elements:
            figures = [r.elements[name] for r in rows if name in r.elements]
            if all(figure.grade is None for figure in figures):  # blank is not zero
                metal.append(DAGGER if DAGGER in mark_of(result, name, class_name) else "—")
                continue
            tonnes = sum(figure.metal_t for figure in figures)
            kilo = _metal_unit(name) == "kt"
            text = printed(tonnes / 1e3 if kilo else tonnes, 1)
            metal.append(text + mark_of(result, name, class_name))
        ore = printed(sum(r.ore_t for r in rows) / 1e6, 1)
        first = result.deposit_id if class_name == "measured" else ""
        cells.append((first, voice.word(*words), ore, *metal))
    return cells


def _symbol(element: str) -> str:
    """``cu_pct`` -> ``Cu``."""
    return element.split("_")[0].capitalize()


def _metal_unit(element: str) -> str:
    """Metals in per cent are printed in kt, the scarce ones in t."""
    return "kt" if element.endswith("_pct") else "t"


def truth_table(voice: Voice, results: list[DepositResult]) -> Table | None:
    """Estimate beside truth of synthetic deposits; None where there is none."""
    if not any(result.truth for result in results):
        return None
    title = voice.word(
        "估算与真值(合成数据,探明+控制体积)", "Estimate beside truth (synthetic, M+I volume)"
    )
    table = Table(title=title)
    for heading in (
        voice.word("矿床", "Deposit"),
        voice.word("元素", "Element"),
        voice.word("估算 t", "Estimate t"),
        voice.word("真值 t", "Truth t"),
        voice.word("差", "Difference"),
    ):
        table.add_column(heading, justify="left" if heading == "矿床" else "right")
    for result in results:
        for row in result.truth:
            off = "—" if row.ratio is None else f"{100 * (row.ratio - 1):+.1f} %"
            table.add_row(
                result.deposit_id,
                _symbol(row.element),
                printed(row.estimate_t, 1),
                printed(row.truth_t, 1),
                off,
            )
    return table


def growth_table(voice: Voice, tracked: Tracked) -> Group:
    """One table for each target with figures: growth since each baseline, by vintage.

    A target without any says why in one line: no estimate, or no baseline that is known.
    """
    shown = [item for item in tracked.progress if any(base.points for base in item.baselines)]
    if shown or not tracked.progress:
        return Group(*(_target_table(voice, item) for item in shown))
    if tracked.book.figures:
        return Group(voice.word("基数未知，不能计算增长", "no baseline is known: no growth"))
    return Group(voice.word(*NOTHING))


def _target_table(voice: Voice, item: TargetProgress) -> Table:
    """Growth against one target: net, gross, and net without cut-off changes."""
    name = voice.word(item.target.name.zh, item.target.name.en)
    table = Table(title=f"{name} · {voice.word('合计,统计口径', 'total, statistical basis')}")
    table.add_column(voice.word("基数", "Baseline"), min_width=12)
    for heading in (
        voice.word("截至", "As of"),
        voice.word("按基数口径", "On its basis"),
        voice.word("净增", "Net"),
        voice.word("毛增", "Gross"),
        voice.word("剔除指标", "No cut-off"),
        voice.word("下限", "Lower"),
        voice.word("上限", "Upper"),
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    for base in item.baselines:
        label = voice.word(base.baseline.name.zh, base.baseline.name.en)
        for nth, point in enumerate(base.points):
            gross = base.baseline.basis == "identified"
            table.add_row(
                "" if nth else label,
                f"{point.date.isoformat()}{' ‡' if point.carried else ''}",
                _amount(item.element, point.stock_t(base.baseline.basis)),
                _percent(point.net_growth_pct) + "  " * gross + " *" * (not gross),
                _percent(point.gross_growth_pct) + " *" * gross + "  " * (not gross),
                _percent(point.net_growth_ex_indicator_pct),
                _amount(item.element, base.low_t),
                _amount(item.element, base.high_t),
            )
    points = [point for base in item.baselines for point in base.points]
    carried = dict.fromkeys(name for point in points for name in point.carried)
    notes = [voice.word("* 基数口径自己的增长", "* growth on the baseline's own basis")]
    if carried:
        words = voice.word("沿用较早数字", "carried from earlier")
        notes.append(f"‡ {words}: {', '.join(carried)}")
    table.caption = "\n".join(notes)
    return table


def _amount(element: str, tonnes: float | None) -> str:
    """Metal with its unit, kt or t; an em dash where there is none."""
    unit = _metal_unit(element)
    scaled = tonnes / 1e3 if tonnes is not None and unit == "kt" else tonnes
    text = printed(scaled, 1)
    return text if tonnes is None else f"{text} {unit}"


def _percent(value: float | None) -> str:
    """A signed percentage; an em dash where there is none."""
    text = printed(value, 2, signed=True)
    return text if value is None else f"{text} %"
