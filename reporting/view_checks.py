"""Validation tests as one table: a line for each test, a column for each element."""

from __future__ import annotations

import math
import re

from estimation.results import Check, DepositResult
from reporting.rounding import BLANK, printed, raw
from reporting.tables import Cell, Row, Table, basis_of, column, heading, words
from reporting.units import Text, symbol

VERDICTS = {
    "pass": Text("✓ 合格", "✓ pass"),
    "marginal": Text("△ 临界", "△ marginal"),
    "fail": Text("✗ 不合格", "✗ fail"),
}
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def checks_table(result: DepositResult) -> Table:
    """Validation tests with their thresholds and verdicts."""
    elements = list(dict.fromkeys(check.element for check in result.checks))
    head = [column("检验", "Test", numeric=False)]
    if _by_domain(result):
        head.append(column("矿化域", "Domain", numeric=False))
    head.append(column("判据", "Thresholds", numeric=False))
    head += [column(symbol(element), symbol(element)) for element in elements]
    lines: dict[tuple[str, str, str], list[Check]] = {}
    for check in result.checks:
        lines.setdefault((check.test, check.domain, check.rule), []).append(check)
    rows = []
    for (_test, domain, rule), checks in lines.items():
        cells = [heading(Text(checks[0].label_zh, checks[0].label_en))]
        if _by_domain(result):
            cells.append(words(Text("全部", "all") if domain == "all" else domain))
        cells.append(words(_rule(rule)))
        found = {check.element: check for check in checks}
        cells += [_value(found.get(element), result) for element in elements]
        rows.append(Row(tuple(cells)))
    title = Text("检验结果", "Validation")
    return Table("checks", title, basis_of(result), (tuple(head),), tuple(rows))


def _by_domain(result: DepositResult) -> bool:
    """Whether any test speaks of one domain only."""
    return any(check.domain != "all" for check in result.checks)


def _value(check: Check | None, result: DepositResult) -> Cell:
    """One test of one element: its value, and the verdict in a word and a shape."""
    if check is None:
        return Cell(Text("", ""), numeric=True)
    attributes = {
        "data-quantity": "check",
        "data-v": raw(check.value),
        "data-test": check.test,
        "data-metal": check.element,
        "data-domain": check.domain,
        "data-deposit": result.deposit_id,
        "data-verdict": check.verdict,
    }
    verdict = VERDICTS.get(check.verdict, Text(check.verdict, check.verdict))
    text = small(check.value)
    style = f"verdict {check.verdict}" if check.verdict in VERDICTS else ""
    return Cell(Text(text, text), attributes, verdict, "", True, style=style)


def small(value: float) -> str:
    """A value at three decimals; a smaller one as 3.1 × 10⁻⁹, never with an ``e``."""
    if not math.isfinite(value):
        return BLANK
    if value == 0 or abs(value) >= 0.001:
        return printed(value, 3)
    digits, power = f"{value:.1e}".split("e")
    return f"{digits} × 10{str(int(power)).translate(_RAISED)}"


def _rule(rule: str) -> Text:
    """Thresholds in both languages, powers of ten written out."""
    plain = re.sub(
        r"(\d+(?:\.\d+)?)e([-+]?\d+)",
        lambda m: f"{'' if m[1] == '1' else m[1] + ' × '}10{str(int(m[2])).translate(_RAISED)}",
        rule.replace("<=", "≤").replace("|value - 0|", "|value|"),
    )
    zh = plain.replace("value", "值").replace("pass", "合格").replace("marginal", "临界")
    return Text(zh, plain)
