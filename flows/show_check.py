"""What a check found, as a grid like an importer's: a block a file, repeats of one rule together.

On a terminal with colour; in a pipe as plain aligned text; on a narrow terminal as short lines.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from flows.draft import Draft, kind_words, label
from flows.draft_surveys import Surveys
from flows.show import Voice
from geo.conventions import Verdict
from geo.findings import Finding, RowBalance
from geo.rules import blocks, rules

LONGEST = 200
"""Signs of a message that a grid shows; ``--json`` has all."""
NARROW = 90
"""Terminals of fewer columns get lines instead of a grid."""
MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "error": ("✗", "bold red"),
         "info": ("·", "dim")}  # fmt: skip
ORDER = {"error": 0, "warning": 1, "info": 2}
NAMES = {
    "dip": ("倾角符号", "dip"),
    "azimuth": ("方位角范围", "azimuth"),
    "x_is": ("X 是", "X is"),
    "zone_prefix": ("带号", "zone prefix"),
    "source_crs": ("孔口坐标系", "system of the collars"),
    "coordinate_unit": ("坐标单位", "coordinate unit"),
    "depth_unit": ("深度单位", "depth unit"),
    "no_survey_deeper_than": ("测斜不深于", "no survey deeper than"),
    "zero_is": ("零值表示", "zeros mean"),
    "decimal": ("小数点", "decimal mark"),
    "dates": ("日期写法", "dates"),
    "angles": ("经纬度写法", "degrees"),
    "units": ("元素单位", "units"),
    "elevation": ("孔口高程", "collar elevation"),
}


@dataclass(frozen=True)
class Group:
    """All findings of one rule in one file: how many, and the first as example."""

    code: str
    severity: str
    count: int
    first: Finding


def group_findings(findings: Iterable[Finding]) -> list[Group]:
    """Findings by rule, the gravest first; a summary of further rows counts as that many."""
    groups: dict[str, list[Finding]] = {}
    for found in findings:
        groups.setdefault(found.code, []).append(found)
    made = [
        Group(code, same[0].severity, sum(map(count_of, same)), _example(same))
        for code, same in groups.items()
    ]
    return sorted(made, key=lambda group: (ORDER[group.severity], group.code))


def count_of(found: Finding) -> int:
    """Rows or cells that one finding stands for."""
    if found.row is None and (found.value or "").isdigit():
        summary = found.message_en.startswith(f"{found.value} more rows")
        if summary or "{count}" in rules()[found.code].en:
            return int(found.value or 1)
    return 1


def _example(same: list[Finding]) -> Finding:
    """The finding shown for its group: one with a row where there is one."""
    return next((found for found in same if found.row is not None), same[0])


class CheckView:
    """Prints what a check found."""

    def __init__(self, voice: Voice) -> None:
        self.voice = voice
        self.out = voice.out
        self.narrow = self.out.width < NARROW

    def word(self, pair: tuple[str, str]) -> str:
        """A word in the reader's language."""
        return self.voice.word(*pair)

    def files(self, draft: Draft, surveys: Surveys | None = None) -> None:
        """What every file and sheet of a folder is taken for; of surveys, what they hold."""
        known = surveys.all if surveys else []
        facts = {s.table.file: s.facts for s in known if s.facts}
        refused = {s.table.file for s in known if any(map(blocks, s.findings))}
        table = self._table(
            ("", "文件", "是", "行数", "依据"), ("", "file", "is", "rows", "because")
        )
        shown = [t for t in draft.files if not (t.kind == "not_for_us" and t.sheet)]
        for item in shown:
            aside = draft.aside.get(label(item))
            used = item.kind not in ("not_for_us", "unreadable") and aside is None
            bad = item.kind == "unreadable" or item.file in refused
            mark = "error" if bad else "ok" if used else "info"
            why = self.word(aside) if aside else self.word((item.reason_zh, item.reason_en))
            if item.file in facts and aside is None:
                why = facts[item.file]
            if item.sampled and aside is None:
                looked = f"{item.sampled:,}"
                why += self.voice.word(f"；看了 {looked} 行", f"; by {looked} rows of it")
            rows = f"{item.rows:,}" if item.rows else ""
            kind = self.word(kind_words(item.kind))
            self._row(table, mark, (label(item), kind, rows, why))
        self._print(table)
        hidden = len(draft.files) - len(shown)
        if hidden:
            self.voice.say(
                f"另有 {hidden} 个工作表不读取（--json 列出全部）",
                f"{hidden} more sheets are not read (--json lists all)",
            )

    def conventions(self, verdicts: list[Verdict]) -> None:
        """How the tables are written, with the evidence; what is open, with the flag."""
        heads = ("", "约定", "取值", "依据"), ("", "convention", "value", "evidence")
        table = self._table(*heads)
        for verdict in _units_together(verdicts):
            value = "-" if verdict.value is None else str(verdict.value)
            why = self.word((verdict.evidence_zh, verdict.evidence_en))
            if not verdict.sure:
                why += self.voice.word("；请加 ", "; add ") + verdict.flag
                value += " ?"
            self._row(
                table, "ok" if verdict.sure else "warning", (name_of(self, verdict), value, why)
            )
        if verdicts:
            self._print(table)

    def total(self, name: str, balances: tuple[RowBalance, ...]) -> None:
        """The row balance of everything looked at."""
        rows = sum(b.rows_in for b in balances)
        kept = sum(b.accepted for b in balances)
        held = sum(b.quarantined for b in balances)
        skipped = sum(b.skipped for b in balances)
        self.voice.say(
            f"{name}: {rows} 行 = 接受 {kept} + 隔离 {held} + 跳过 {skipped}",
            f"{name}: {rows} rows = {kept} accepted + {held} quarantined + {skipped} skipped",
        )

    def blocks(self, findings: tuple[Finding, ...], balances: tuple[RowBalance, ...]) -> None:
        """One block a file: its rows, then its findings grouped by rule.

        Open conventions are not repeated: :meth:`conventions` shows them.
        """
        findings = tuple(f for f in findings if f.code != "BN-CNV-001")
        places = dict.fromkeys((f.file, f.sheet) for f in findings)
        seen: set[tuple[str, str | None]] = set()
        for balance in balances:
            place = (balance.file, balance.sheet)
            if place not in seen:
                same = [b for b in balances if (b.file, b.sheet) == place]
                self._block(place, [f for f in findings if (f.file, f.sheet) == place], same)
            seen.add(place)
        for place in places:
            if place not in seen:
                self._block(place, [f for f in findings if (f.file, f.sheet) == place], [])

    def _block(
        self, place: tuple[str, str | None], findings: list[Finding], balances: list[RowBalance]
    ) -> None:
        """One file's heading and grid."""
        groups = group_findings(findings)
        loud = [group for group in groups if group.severity != "info"]
        if not loud and not balances:
            return
        worst = loud[0].severity if loud else "ok"
        sign, style = MARKS[worst]
        whole = self.voice.word("全部文件", "all files")
        name = f"{place[0]} [{place[1]}]" if place[1] else place[0] or whole
        head = Text(f"{sign} ", style=style).append(name, style="bold")
        for balance in balances:
            head.append("  " + self._balance(balance), style="default")
        quiet = len(groups) - len(loud)
        if quiet:
            head.append(self.voice.word(f"  ({quiet} 条提示)", f"  ({quiet} notes)"), style="dim")
        self.out.print(head, soft_wrap=not self.narrow)
        if loud:
            self._findings(loud)

    def _balance(self, balance: RowBalance) -> str:
        """Where one table's rows went."""
        kind = self.word(kind_words(balance.table)) if balance.table in _KINDS else balance.table
        return self.voice.word(
            f"{kind} {balance.rows_in:,} 行 = 接受 {balance.accepted:,} + 隔离 "
            f"{balance.quarantined:,} + 跳过 {balance.skipped:,}",
            f"{kind}: {balance.rows_in:,} rows = {balance.accepted:,} accepted + "
            f"{balance.quarantined:,} quarantined + {balance.skipped:,} skipped",
        )

    def _findings(self, groups: list[Group]) -> None:
        """The grid of one file's findings."""
        table = self._table(
            ("", "规则", "数", "例", "问题", "修正"),
            ("", "rule", "count", "example", "what", "fix"),
        )
        for group in groups:
            first = group.first
            example = [self._at(first)] if first.row is not None else []
            if first.column:
                example.append(first.column)
            if first.value and first.row is not None:
                example.append(f"= {first.value}")
            what = self.word((first.message_zh, first.message_en))
            if self._is_summary(first):
                what = self.word((rules()[group.code].zh, rules()[group.code].en))
            what = what if len(what) <= LONGEST else what[:LONGEST] + "…"
            cells = (group.code, f"{group.count:,}", " ".join(example), what,
                     self.word((first.fix_zh, first.fix_en)))  # fmt: skip
            self._row(table, group.severity, cells)
        self._print(table)

    def _at(self, found: Finding) -> str:
        return self.voice.word(f"第 {found.row} 行", f"row {found.row}")

    @staticmethod
    def _is_summary(found: Finding) -> bool:
        return found.message_en.startswith(f"{found.value} more rows")

    def _table(self, zh: tuple[str, ...], en: tuple[str, ...]) -> Table:
        """A table with no lines but a rule under its headings; plain text reads the same."""
        table = Table(box=None, pad_edge=False, header_style="dim", show_edge=False)
        for heading in zh if self.voice.zh else en:
            right = heading in ("数", "count", "行数", "rows")
            plain = heading in ("", "规则", "rule") or right
            table.add_column(
                heading,
                justify="right" if right else "left",
                no_wrap=plain,
                overflow="fold",
            )
        return table

    def _row(self, table: Table, mark: str, cells: tuple[str, ...]) -> None:
        sign, style = MARKS[mark]
        table.add_row(Text(sign, style=style), *map(escape, cells))

    def _print(self, table: Table) -> None:
        """The table, or its rows one after the other where the terminal is narrow."""
        if not self.narrow:
            self.out.print(table)
            self.out.print()
            return
        for number in range(table.row_count):
            cells = [list(column.cells)[number] for column in table.columns]
            text = "  ".join(str(cell) for cell in cells if str(cell))
            self.out.print(text, markup=False, soft_wrap=True)


def _units_together(verdicts: list[Verdict]) -> list[Verdict]:
    """Units that headings state in one line a unit; every other verdict as it is."""
    made: list[Verdict] = []
    stated: dict[str, list[str]] = {}
    for verdict in verdicts:
        written = verdict.evidence_en.startswith("the heading's unit")
        if verdict.name.startswith("unit:") and written:
            stated.setdefault(str(verdict.value), []).append(verdict.name[5:].capitalize())
        else:
            made.append(verdict)
    for unit, symbols in stated.items():
        listed = ", ".join(symbols)
        zh, en = f"表头写明: {listed}", f"by the headings: {listed}"
        made.append(Verdict("units", unit, zh, en, True))
    return made


_KINDS = ("collar", "survey", "assay", "lithology", "density", "combined", "geochemistry", "qaqc")


def name_of(view: CheckView, verdict: Verdict) -> str:
    """A convention's name for people."""
    if verdict.name.startswith("unit:"):
        symbol = verdict.name.partition(":")[2].capitalize()
        return view.voice.word(f"{symbol} 单位", f"unit of {symbol}")
    return view.word(NAMES[verdict.name])
