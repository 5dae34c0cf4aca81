"""What kept studies say beside the plan's tables: the effect of top cuts, tests within domains."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from estimation.exploratory.study_cuts import CUT_HEADINGS
from estimation.results import Check, DepositResult
from estimation.studies import Words
from estimation.validation.checks import CROSS_COVERAGE, CROSS_SLOPE, CROSS_SPREAD
from estimation.validation.checks import CROSS_STANDARD_MEAN as CROSS_MEAN
from estimation.validation.study import HEADINGS as CROSS_HEADINGS
from reporting.pack.words import readable
from reporting.tables import Cell, Row, Table, basis_of, column, heading, number, words
from reporting.units import Text, Unit, domain_text, element_text, symbol
from reporting.views.checks import check_cell
from reporting.working.kept import KeptStudy, KeptTable

COUNT = Unit("", "1", 0)
PLANNED = "plan"
"""Row of the study of top cuts that is about the plan's own."""
BY_HOLE = "by hole"
TESTS = (
    ("slope", CROSS_SLOPE, 1.0),
    ("standardized_mean", CROSS_MEAN, 1.0),
    ("standardized_variance", CROSS_SPREAD, 1.0),
    ("coverage_pct", CROSS_COVERAGE, 0.01),
)
"""Column of the study of validation, the rule that judges it, and what makes it the rule's unit."""


@dataclass(frozen=True)
class Cut:
    """What the study of statistics found of one domain's top cut."""

    samples: int | None
    """Samples above the plan's; None where it has none."""
    advice: Text | None
    """What the program advises, and why."""


def cut_of(kept: KeptStudy | None, element: str, domain: str) -> Cut:
    """The study's findings on one element in one domain; nothing where there is no study."""
    table = _table(kept, "top_cuts")
    if kept is None or table is None:
        return Cut(None, None)
    samples = None
    for line in _lines(table, CUT_HEADINGS, ("element", "domain", "step", "samples_cut")):
        if line[:3] == [symbol(element), domain_text(domain).en, PLANNED]:
            samples = _value(line[3])
    begins = f"Top cut {symbol(element)}, {domain}: "
    found = (one for one in kept.remarks if one.en.startswith(begins))
    advice = next((Text(one.zh.partition("：")[2], one.en[len(begins) :]) for one in found), None)
    return Cut(None if samples is None else int(samples), advice)


def cross_table(result: DepositResult, kept: KeptStudy | None) -> Table | None:
    """Cross-validation within each domain, judged as all domains together are.

    None where there is no study, or one domain alone.
    """
    table = _table(kept, "cross_validation")
    if table is None:
        return None
    wanted = ("element", "domain", "left_out", "n", *(name for name, _, _ in TESTS))
    lines = [line for line in _lines(table, CROSS_HEADINGS, wanted) if line[2] == BY_HOLE]
    names = {readable(name): name for name in result.statement.elements}
    rows: dict[tuple[str, str], Row] = {}
    for element, domain, _, count, *values in lines:
        if element in names and (element, domain) not in rows:  # the plan's own method stands first
            told = (names[element], domain, _value(count), [_value(one) for one in values])
            rows[element, domain] = _cross_row(result, *told)
    if len({domain for _, domain in rows}) < 2:
        return None
    head = (
        column("元素 · 矿化域", "Element · domain", numeric=False),
        column("样品数", "Samples"),
        *(column(test.label_zh, test.label_en) for _, test, _ in TESTS),
    )
    note = Text(
        "判据与检验结果表相同；该表只判“全部”，各域误差相互抵消时仍可合格。数值取自验证专题"
        "（四位有效数字）。",
        "The rules are those of the table of tests, which judges all domains together alone: there "
        "errors of domains may cancel. Values are the validation study's, of four figures.",
    )
    title = Text("交叉验证：分矿化域", "Cross-validation by domain")
    key = "cross-domains"
    return Table(key, title, basis_of(result), (head,), tuple(rows.values()), (note,))


def _cross_row(
    result: DepositResult,
    element: str,
    domain: str,
    count: float | None,
    values: Iterable[float | None],
) -> Row:
    """One element in one domain; ``domain`` as the study writes it in English."""
    name, place = element_text(element), domain_text(domain)
    cells: list[Cell] = [
        heading(Text(f"{name.zh} · {place.zh}", f"{name.en} · {place.en}")),
        number(count, COUNT, quantity="samples", about={"metal": element, "domain": domain}),
    ]
    for (_, test, unit), value in zip(TESTS, values, strict=True):
        judged: Check | None = None
        if value is not None:
            judged = test.judge(value * unit, element, domain)
        cells.append(words("—") if judged is None else check_cell(judged, result))
    return Row(tuple(cells))


def _table(kept: KeptStudy | None, name: str) -> KeptTable | None:
    """One table of a study."""
    tables = kept.tables if kept is not None else ()
    return next((table for table in tables if table.name == name), None)


def _lines(table: KeptTable, said: dict[str, Words], names: tuple[str, ...]) -> list[list[str]]:
    """Cells of some columns, in English; none where the table lacks one of them."""
    head = [one.en for one in table.head]
    wanted = [readable(said[name].en) for name in names]
    if not set(wanted) <= set(head):
        return []
    return [[row[head.index(one)].en for one in wanted] for row in table.rows]


def _value(text: str) -> float | None:
    """A number as a study prints it; None for a blank."""
    try:
        return float(text.removeprefix("≈ ").replace(",", "").replace("−", "-"))
    except ValueError:
        return None
