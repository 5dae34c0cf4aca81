"""The named rules of reading and checking, and the findings made from them.

The rules themselves (code, severity, effect, texts and fixes in both languages) are one table:
``data/dictionaries/rules/``, a file a group. ``docs/findings.md`` is produced from it by
:func:`findings_page`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.dictionary import load_words
from geo.findings import Finding, Severity

LISTED = 20
"""So many rows of one rule in one file and column are listed; the rest are one summary."""

GROUPS = {
    "TAB": ("tables", "表与文件 / tables and files"),
    "INB": ("inbox", "收件箱与原件 / inbox and originals"),
    "CNV": ("conventions", "写法约定 / conventions of writing"),
    "CRS": ("coordinates", "坐标系 / coordinate systems"),
    "COL": ("collars", "孔口 / collars"),
    "SUR": ("surveys", "测斜 / surveys"),
    "INT": ("intervals", "样段 / intervals"),
    "ASY": ("assays", "化验 / assays"),
    "CMB": ("combined", "组合分析 / composite assays"),
    "QAQ": ("qaqc", "质量控制 / QA/QC"),
    "GCH": ("geochemistry", "化探 / geochemistry"),
    "RAS": ("rasters", "栅格 / rasters"),
    "FMT": ("formats", "文件格式 / file formats"),
    "MSH": ("meshes", "实体与曲面 / solids and surfaces"),
    "LED": ("records", "外部数据登记 / records from outside"),
}
"""Groups of codes: their file in ``data/dictionaries/rules`` and their title."""


@dataclass(frozen=True)
class Rule:
    """One named rule. ``effect``: the table waits, the row is quarantined, or it is only noted."""

    code: str
    severity: Severity
    effect: Literal["table", "row", "note"]
    zh: str
    en: str
    fix_zh: str
    fix_en: str


@dataclass(frozen=True)
class Flag:
    """Rows of one frame that break one rule, with what the message needs."""

    code: str
    rows: NDArray[np.intp]
    """Positions in the frame."""
    column: str | None = None
    values: Sequence[str] | None = None
    words: Sequence[dict[str, Any]] | None = None
    stands_for: NDArray[np.intp] | None = None
    """Rows that each of ``rows`` stands for, where a finding sums up more than its own."""


@lru_cache(maxsize=1)
def rules() -> dict[str, Rule]:
    """Every rule by its code, in the order of the groups."""
    entries = [e for file, _ in GROUPS.values() for e in load_words(f"rules/{file}.yaml")["rules"]]
    return {entry["code"]: Rule(**entry) for entry in entries}


def finding(
    code: str,
    *,
    file: str,
    sheet: str | None = None,
    row: int | None = None,
    column: str | None = None,
    value: object = None,
    **words: Any,
) -> Finding:
    """Make a finding of the rule ``code``.

    ``row`` is numbered as a spreadsheet shows it; ``words`` fill the rule's templates.

    Raises
    ------
    KeyError
        There is no such rule, or a word of its templates is missing.
    """
    rule = rules()[code]
    return Finding(
        code=code,
        severity=rule.severity,
        file=file,
        message_zh=rule.zh.format(**words),
        message_en=rule.en.format(**words),
        fix_zh=rule.fix_zh.format(**words),
        fix_en=rule.fix_en.format(**words),
        sheet=sheet,
        row=None if row is None else int(row),
        column=column,
        value=None if value is None else str(value),
    )


def blocks(found: Finding) -> bool:
    """Whether a finding stops its table from being used (rather than one row of it)."""
    return rules()[found.code].effect == "table"


def refuses(code: str) -> bool:
    """Whether rows that break the rule go to quarantine."""
    return rules()[code].effect == "row"


def flag_findings(flag: Flag, frame: pd.DataFrame) -> list[Finding]:
    """Findings of one flag: one for each row, and one summary beyond :data:`LISTED` rows a file.

    ``frame`` has the columns ``file``, ``sheet`` and ``row`` (number in the file).
    """
    if not len(flag.rows):
        return []
    part = frame[["file", "sheet", "row"]].iloc[flag.rows]
    numbers = part["row"].to_numpy()
    found: list[Finding] = []
    groups = part.groupby(["file", "sheet"], sort=False, observed=True).indices
    for place, positions in ((cast(tuple[str, str], k), v) for k, v in groups.items()):
        where = np.asarray(positions)
        where = where[np.argsort(numbers[where], kind="stable")]
        common: dict[str, Any] = {
            "file": place[0],
            "sheet": place[1] or None,
            "column": flag.column,
        }
        for i in where[:LISTED]:
            value = None if flag.values is None else flag.values[i]
            words: dict[str, Any] = {} if flag.words is None else flag.words[i]
            found.append(finding(flag.code, row=numbers[i], value=value, **common, **words))
        if len(where) > LISTED:
            left = where[LISTED:]
            rest = len(left) if flag.stands_for is None else int(flag.stands_for[left].sum())
            found.append(_summary(flag.code, rest, common))
    return found


def _summary(code: str, count: int, common: dict[str, Any]) -> Finding:
    """One finding that stands for the rows not listed, with the severity of its rule."""
    rule = rules()[code]
    plain = finding("BN-TAB-090", count=count, rule=code, **common)
    return Finding(
        code=code,
        severity=rule.severity,
        file=plain.file,
        sheet=plain.sheet,
        column=plain.column,
        value=str(count),
        fix_zh=plain.fix_zh,
        fix_en=plain.fix_en,
        message_zh=plain.message_zh,
        message_en=plain.message_en,
    )


def findings_page() -> str:
    """Return the text of docs/findings.md: every rule, in Chinese and English."""
    effects = {
        "table": "该表不可用 / table not used",
        "row": "该行隔离 / row quarantined",
        "note": "照用 / used",
    }
    lines = [
        "# 发现的代码 / Codes of findings",
        "",
        "<!-- produced from data/dictionaries/rules/ by geo.rules.findings_page -->",
        "",
        f"每条发现都带文件、行、列、值和修正办法；同一规则超过 {LISTED} 行时其余合成一条。",
        "被拒收的行全部写入隔离区。",
        "",
        "Every finding names file, row, column, value and fix; beyond",
        f"{LISTED} rows of one rule in one file the rest are summed up.",
        "Every refused row is written to the quarantine.",
    ]
    for group, (_, title) in GROUPS.items():
        lines += [
            "",
            f"## {title}",
            "",
            "| code | | | 说明 / meaning | 修正 / fix |",
            "|" + "---|" * 5,
        ]
        for rule in (r for r in rules().values() if r.code.startswith(f"BN-{group}-")):
            meaning = f"{rule.zh}<br>{rule.en}".replace("|", "/")
            fix = f"{rule.fix_zh}<br>{rule.fix_en}".replace("|", "/")
            lines.append(
                f"| {rule.code} | {rule.severity} | {effects[rule.effect]} | {meaning} | {fix} |"
            )
    return "\n".join(lines) + "\n"
