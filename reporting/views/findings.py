"""What was found in a belt's data: one line for each rule, with the first place and the fix."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from estimation.belts import Belt
from geo.findings import Finding
from reporting.report import SiteReport
from reporting.units import Text

SEVERITIES = {
    "error": Text("错误（已隔离）", "errors (quarantined)"),
    "warning": Text("警告", "warnings"),
    "info": Text("提示", "notes"),
}
_ONE = {
    "error": Text("× 错误", "× error"),
    "warning": Text("△ 警告", "△ warning"),
    "info": Text("提示", "note"),
}


@dataclass(frozen=True)
class RuleLine:
    """One rule's findings: how many places (listed or not), what the first says, how to mend it."""

    code: str
    severity: str
    severity_text: Text
    count: int
    meaning: Text
    more: Text | None
    """How many rows are not listed one by one, where a finding sums them up."""
    place: Text
    value: str
    fix: Text


def findings_of(report: SiteReport, belt: Belt) -> list[tuple[Text, str, int]]:
    """Findings in the belt's data by severity: (words, severity, number of places).

    Where the belt's list is not at hand (never ingested), the numbers are the newest estimates'.
    """
    listed = report.findings.get(belt.id)
    counts = dict.fromkeys(SEVERITIES, 0)
    if listed is not None:
        for line in rule_lines_of(listed):
            counts[line.severity] += line.count
    else:
        for deposit in report.estimated(belt):
            for severity, seen in report.results[deposit.id][-1].findings.items():
                counts[severity] = counts.get(severity, 0) + seen
    return [(text, key, counts[key]) for key, text in SEVERITIES.items()]


def rule_lines(report: SiteReport, belt: Belt) -> list[RuleLine] | None:
    """One line for each rule broken, gravest first; None where the belt has no list."""
    listed = report.findings.get(belt.id)
    return None if listed is None else rule_lines_of(listed)


def rule_lines_of(listed: Iterable[Finding]) -> list[RuleLine]:
    """One line for each rule broken among findings, gravest first."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for found in listed:
        groups.setdefault((found.severity, found.code), []).append(found)
    order = list(SEVERITIES)
    keys = sorted(groups, key=lambda key: (order.index(key[0]), key[1]))
    return [_line(groups[key]) for key in keys]


def _line(group: list[Finding]) -> RuleLine:
    """The line of one rule, told by its first finding."""
    first = group[0]
    # a summary stands for rows of the same file that are not listed, so it never comes first
    rest = [f for f in group[1:] if first.row is not None and _sums_up(f)]
    unlisted = sum(int(f.value or 0) for f in rest)
    return RuleLine(
        code=first.code,
        severity=first.severity,
        severity_text=_ONE[first.severity],
        count=len(group) - len(rest) + unlisted,
        meaning=Text(first.message_zh, first.message_en),
        more=Text(
            f"另有 {unlisted:,} 行未逐一列出", f"{unlisted:,} more rows not listed one by one"
        )
        if unlisted
        else None,
        place=_place(first),
        value=(first.value or "") if first.row is not None else "",
        fix=Text(first.fix_zh, first.fix_en),
    )


def _sums_up(found: Finding) -> bool:
    """Whether a finding may stand for rows that are not listed: no row, and a number of them."""
    return found.row is None and (found.value or "").isdecimal()


def _place(found: Finding) -> Text:
    """File, sheet, row and column of a finding, as far as each is known."""
    zh, en = [found.file], [found.file]
    if found.sheet:
        zh.append(f"工作表 {found.sheet}")
        en.append(f"sheet {found.sheet}")
    if found.row is not None:
        zh.append(f"第 {found.row} 行")
        en.append(f"row {found.row}")
    if found.column:
        zh.append(f"列 {found.column}")
        en.append(f"column {found.column}")
    return Text("，".join(zh), ", ".join(en))
