"""Validation tests as one table: a line for each test, a column for each element."""

from __future__ import annotations

import math
import re
from collections import Counter
from decimal import Decimal

from estimation.results import Check, DepositResult
from reporting.rounding import printed, raw
from reporting.tables import Cell, Row, Table, basis_of, column, heading, number, words
from reporting.units import Text, Unit, domain_text, symbol

VERDICTS = {
    "pass": Text("✓ 合格", "✓ pass"),
    "marginal": Text("△ 临界", "△ marginal"),
    "fail": Text("× 不合格", "× fail"),
}
COUNT = Unit("", "1", 0)
_FEWEST = 8
"""Decimals of the smallest bound printed: the witness's own limit, one in 100 million."""
_IN_WORDS = {"0.00000001": Text("一亿分之一", "1 in 100 million")}


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
            cells.append(words(domain_text(domain), "keep"))
        cells.append(words(rule_text(rule)))
        found = {check.element: check for check in checks}
        cells += [check_cell(found.get(element), result) for element in elements]
        rows.append(Row(tuple(cells)))
    title = Text("检验结果", "Validation")
    return Table("checks", title, basis_of(result), (tuple(head),), tuple(rows))


def verdict_strip(result: DepositResult) -> list[tuple[str, Text, Cell]]:
    """How many tests came to each verdict: (verdict, its words, number of tests)."""
    counts = Counter(check.verdict for check in result.checks)
    return [
        (name, text, number(counts[name], COUNT, quantity="tests", about={"verdict": name}))
        for name, text in VERDICTS.items()
    ]


def failed_lines(result: DepositResult) -> list[Text]:
    """Every test that was not passed: what, of which element and domain, its value and limit."""
    found = []
    for check in result.checks:
        if check.verdict == "fail":
            where, rule, value = (
                domain_text(check.domain),
                rule_text(check.rule),
                small(check.value),
            )
            name = symbol(check.element)
            found.append(
                Text(
                    f"{check.label_zh} · {name} · {where.zh}：{value}（{rule.zh}）",
                    f"{check.label_en} · {name} · {where.en}: {value} ({rule.en})",
                )
            )
    return found


def _by_domain(result: DepositResult) -> bool:
    """Whether any test speaks of one domain only."""
    return any(check.domain != "all" for check in result.checks)


def check_cell(check: Check | None, result: DepositResult) -> Cell:
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
    """A value at three decimals; a smaller one as 0.0006 or by its bound, as <0.00000001."""
    size = abs(value)
    if not math.isfinite(value) or value == 0 or size >= 0.001:
        return printed(value, 3)
    if size >= 0.0001:
        return printed(value, 4)
    bound = next(places for places in range(_FEWEST, 3, -1) if size < 10.0**-places)
    return f"<{10.0**-bound:.{bound}f}" if value > 0 else f">−{10.0**-bound:.{bound}f}"


def rule_text(rule: str) -> Text:
    """Thresholds in both languages, in plain decimals, equal ones said once."""
    plain = re.sub(
        r"\d+(?:\.\d+)?e[-+]?\d+",
        lambda m: format(Decimal(m[0]), "f"),
        re.sub(r"<= (\S+) pass, <= \1 marginal", r"<= \1 pass", rule),
    )
    plain = plain.replace("<=", "≤").replace(">=", "≥").replace("|value - 0|", "|value|")
    zh = plain.replace("value", "值").replace("pass", "合格").replace("marginal", "临界")
    for digits, words_for in _IN_WORDS.items():
        zh = zh.replace(digits, f"{digits}（{words_for.zh}）")
        plain = plain.replace(digits, f"{digits} ({words_for.en})")
    return Text(zh.replace(", ", "，").replace("） ", "）"), plain)
