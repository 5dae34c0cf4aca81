"""By-products: each element by deposit and class with the samples behind it; sizes; equivalents."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import ValidationError

from estimation.belts import Belt
from estimation.byproducts.standards import rules, threshold
from estimation.byproducts.standards import symbol as standard_symbol
from estimation.differences import DECIDED
from estimation.errors import EstimationError
from estimation.plan import CLASSES, EquivalentPlan
from estimation.results import DepositResult, ElementSupport, grade_unit
from estimation.statement.equivalents import equivalent_factors, equivalent_rows, formula_text
from reporting.limits import below_threshold, mark_notes, marked
from reporting.pack.words import readable
from reporting.report import MAIN_COPPER, SiteReport
from reporting.rounding import BLANK
from reporting.site.frame import named, same
from reporting.sums import element_sum, of_class
from reporting.tables import (
    Cell,
    Row,
    Table,
    basis_of,
    column,
    heading,
    number,
    words,
)
from reporting.units import (
    ORE,
    SHARE,
    TONNES,
    Text,
    Unit,
    bilingual,
    class_text,
    document_name,
    domain_text,
    element_text,
    grade_display,
    metal_display,
    status_text,
    symbol,
)
from reporting.views.brief import size_text
from reporting.views.deposit import (
    COUNT,
    METRES,
    ROUNDING_NOTE,
    SOURCES,
    method_text,
)
from reporting.views.summary import evaluated_ore_share, latest_of, summary_basis

NOT_STATED = Text("未列入估算", "not in the estimate")
GRADES_NOTE = Text(
    "品位为已评价矿石的平均值；“化验占比”为矿化域内有化验的进尺占组合样总进尺的比例；“已评矿石”为"
    "主元素矿石（报告边界品位以上）中该元素已评价的比例；“—”为未评价，不是零。",
    "Grades are means over evaluated ore. Assayed: assayed metres over composited metres inside "
    "the domains. Ore evaluated: of the main element's ore at the reporting cut-off. '—' means not "
    "evaluated, not zero.",
)
FACTOR = Unit("", "1", 4)


def elements_of(results: Sequence[DepositResult]) -> list[str]:
    """Elements that are a by-product of some deposit, in the order in which plans name them."""
    stated = [(e, r.statement.main_element) for r in results for e in r.statement.elements]
    return list(dict.fromkeys(element for element, main in stated if element != main))


@dataclass(frozen=True)
class Evaluated:
    """How far one element is known: share of copper ore evaluated, and deposits by status."""

    element: Text
    share: Cell
    deposits: Text


def evaluated(results: Sequence[DepositResult], element: str) -> Evaluated:
    """Share of the copper deposits' ore where an element was evaluated, and what of the others."""
    copper = [r for r in results if r.statement.main_element == MAIN_COPPER]
    about = {"metal": element}
    share = number(
        evaluated_ore_share(results, element), SHARE, quantity="evaluated_ore_share", about=about
    )
    counts = Counter(_status(result, element) for result in copper)
    zh = "，".join(f"{text.zh} {count} 个矿床" for text, count in counts.items())
    en = ", ".join(f"{text.en}: {count}" for text, count in counts.items())
    return Evaluated(element_text(element), share, Text(zh, f"deposits – {en}"))


def _support(result: DepositResult, element: str) -> ElementSupport | None:
    """What stands behind an element; None where the estimate does not have it."""
    return next((s for s in result.statement.support if s.element == element), None)


def _status(result: DepositResult, element: str) -> Text:
    """How an element was evaluated in a deposit."""
    item = _support(result, element)
    if item is None or element not in result.statement.elements:
        return NOT_STATED
    return status_text(item.status) if item.status else Text("未判定", "not judged")


def element_table(report: SiteReport, belts: Sequence[Belt], element: str, key: str) -> Table:
    """One by-product by deposit and class, with the samples that it rests on beside it."""
    results = latest_of(report, belts)
    grade, metal = grade_display(element), metal_display(element)
    top = [column("矿床", "Deposit", numeric=False, down=2)]
    below = []
    for name in CLASSES:
        text = class_text(name)
        top.append(Cell(Text(text.zh, text.en), head="col", span=2))
        below += [column("品位", "Grade", grade.sign), column("金属量", "Metal", metal.sign)]
    top += [
        column("样品与方法", "Samples, method", numeric=False, down=2),
        column("样品数", "Samples", down=2),
        column("钻孔数", "Holes", down=2),
        column("样长", "Length", "m", down=2),
        column("化验占比", "Assayed", "%", down=2),
        column("类别上限", "Class limit", numeric=False, down=2),
        column("状态", "Status", numeric=False, down=2),
        column("已评矿石", "Ore evaluated", "%", down=2),
    ]
    names = {d.id: named(d.name) for b in belts for d in b.deposits}
    rows = tuple(
        Row((heading(names[r.deposit_id]), *_element_cells(r, element)))
        for r in results
        if element != r.statement.main_element
    )
    stated = [_alone(r, element) for r in results if element in r.statement.elements]
    carried = [*carrier_notes(results, element, names)]
    notes = (GRADES_NOTE, *mark_notes(stated), *carried, ROUNDING_NOTE)
    what = element_text(element)
    title = Text(f"{what.zh}：各矿床资源量与样品支撑", f"{what.en} by deposit, with its samples")
    basis = summary_basis(results)
    return Table(key, title, basis, (tuple(top), tuple(below)), rows, notes)


def carrier_notes(
    results: Sequence[DepositResult], element: str, names: Mapping[str, Text]
) -> list[Text]:
    """Deposits where an element counts though what carries it is below its own threshold."""
    limit = threshold(element)
    if limit is None or limit.carrier is None:
        return []
    found = [
        names[result.deposit_id]
        for result in results
        if (item := _support(result, element)) is not None
        and item.status == "EVALUATED"
        and below_threshold(result, limit.carrier)
    ]
    if not found:
        return []
    what, carrier = symbol(element), symbol(limit.carrier)
    return [
        Text(
            f"{what} 的载体 {carrier} 低于其评价指标：{'、'.join(name.zh for name in found)}",
            f"The carrier of {what}, {carrier}, is below its own threshold: "
            + ", ".join(name.en for name in found),
        )
    ]


def _alone(result: DepositResult, element: str) -> DepositResult:
    """The estimate as if it had one by-product only, so that notes speak of that one."""
    return replace(result, statement=replace(result.statement, elements=(element,)))


def _element_cells(result: DepositResult, element: str) -> list[Cell]:
    """One deposit's line: grade and metal of each class, then what stands behind them."""
    item = _support(result, element)
    about = {"metal": element, "deposit": result.deposit_id}
    cells = []
    for name in CLASSES:
        rows = of_class(result.statement.at_cutoff(), name)
        total = element_sum(rows, element)
        of = {**about, "klass": name}
        grade = number(total.grade, grade_display(element), quantity="grade", about=of)
        metal = number(total.metal_t, metal_display(element), quantity="metal_t", about=of)
        stated = [result] if element in result.statement.elements else []
        cells += [marked(cell, stated, element, name) for cell in (grade, metal)]
    if item is None:
        figures = [number(None, COUNT, quantity="samples", about=about)] * 4
        said = [words(BLANK), words(NOT_STATED)]
        return [*cells, words(BLANK), *figures, *said, words(BLANK, "n")]
    source, method = SOURCES.get(item.source, same(item.source)), method_text(item.method)
    share = number(item.evaluated_ore_share, SHARE, quantity="evaluated_ore_share", about=about)
    return [
        *cells,
        replace(words(source), note=method),
        number(item.samples, COUNT, quantity="samples", about=about),
        number(item.holes, COUNT, quantity="holes", about=about),
        number(item.support_m, METRES, quantity="support_m", about=about),
        number(item.assayed_share, SHARE, quantity="assayed_share", about=about),
        words(class_text(item.class_limit)),
        words(_status(result, element)),
        share,
    ]


def sizes_table(report: SiteReport, belts: Sequence[Belt], key: str) -> Table | None:
    """Size of each deposit by element (大型 / 中型 / 小型); None where nothing has thresholds."""
    results = latest_of(report, belts)
    known = rules()["sizes"]["elements"]
    every = dict.fromkeys(e for r in results for e in r.statement.elements)
    elements = [element for element in every if standard_symbol(element) in known]
    if not elements:
        return None
    head = [column("矿床", "Deposit", numeric=False)]
    for element in elements:
        name = element_text(element)
        head.append(column(name.zh, name.en, numeric=False))
    names = {d.id: named(d.name) for b in belts for d in b.deposits}
    rows = tuple(
        Row((heading(names[r.deposit_id]), *(words(size_text(r, element)) for element in elements)))
        for r in results
    )
    notes = (
        Text(
            "规模按各类别资源量合计（统计口径）划分，只列大小，不列合计数；低于评价指标的为含量，"
            "不划分规模。",
            "Sizes go by all classes together (statistical basis); that sum is not stated here. "
            "Below its threshold an element is content and has no size.",
        ),
    )
    title = Text("资源量规模", "Size by the official thresholds")
    return Table(key, title, summary_basis(results), (tuple(head),), rows, notes)


def thresholds_table(results: Sequence[DepositResult], key: str) -> Table:
    """The thresholds of size that are used, with what they are cited from."""
    table = rules()["sizes"]
    head = (
        column("元素", "Element", numeric=False),
        column("大型，不小于", "Large, from", "t"),
        column("中型，不小于", "Medium, from", "t"),
    )
    every = dict.fromkeys(e for r in results for e in r.statement.elements)
    rows = []
    for element in every:
        found = table["elements"].get(standard_symbol(element))
        if found is None:
            continue
        cells = [heading(element_text(element))]
        for name in ("large_t", "medium_t"):
            about = {"metal": element}
            cells.append(number(found[name], TONNES, quantity=f"size_{name}", about=about))
        rows.append(Row(tuple(cells)))
    read = bool(table["verified"])
    zh = "" if read else "（未核对原文）"
    en = "" if read else " (not checked against the text itself)"
    cited = bilingual(str(table["citation"]))
    notes = (Text(f"依据：{document_name(cited.zh)}{zh}", f"Source: {cited.en}{en}"),)
    title = Text("规模划分标准（金属量）", "Thresholds of size (metal)")
    return Table(key, title, summary_basis(results), (head,), tuple(rows), notes)


@dataclass(frozen=True)
class Equivalent:
    """A deposit's copper equivalent with all that it rests on; or why it can't be stated."""

    deposit_id: str
    name: Text
    formula: str
    tables: tuple[Table, ...]
    trouble: Text | None = None


def equivalents(report: SiteReport, belts: Sequence[Belt]) -> tuple[Equivalent, ...]:
    """Copper equivalents of deposits whose own plan asks for one; none where none does."""
    names = {d.id: named(d.name) for b in belts for d in b.deposits}
    found = []
    for result in latest_of(report, belts):
        plan = result.extras.get(DECIDED, {}).get("plan", {})
        raw = plan.get("statement", {}).get("equivalent")
        if raw:
            found.append(_equivalent(result, raw, names[result.deposit_id]))
    return tuple(found)


def _equivalent(result: DepositResult, raw: Mapping[str, object], name: Text) -> Equivalent:
    """One deposit's equivalent, by the plan that its estimate was made with."""
    try:
        plan = EquivalentPlan.model_validate_json(json.dumps(raw))
        tables = (equivalent_table(result, plan), disclosure_table(result, plan))
        return Equivalent(result.deposit_id, name, readable(formula_text(plan)), tables)
    except ValidationError:  # a plan of another version of the program
        why = Text("参数格式与本程序不符", "its plan is not of this program's form")
    except EstimationError as trouble:
        why = bilingual(str(trouble))
    return Equivalent(result.deposit_id, name, "", (), why)


def equivalent_table(result: DepositResult, plan: EquivalentPlan) -> Table:
    """Equivalent grade of each class and domain, every grade that it is made of beside it."""
    head = [
        column("类别", "Class", numeric=False),
        column("矿化域", "Domain", numeric=False),
        Cell(
            Text("矿石量", "Ore"), note=Text(ORE["zh"].sign, ORE["en"].sign),
            head="col", numeric=True,
        ),
    ]  # fmt: skip
    for element in plan.metals:
        name = element_text(element)
        head.append(column(name.zh, name.en, grade_display(element).sign))
    head.append(column("铜当量", "CuEq", "%"))
    rows = []
    for row in equivalent_rows(plan, result.statement):
        about = {
            "deposit": result.deposit_id,
            "klass": row.class_name,
            "domain": row.domain,
        }
        cells = [
            heading(class_text(row.class_name)),
            words(domain_text(row.domain)),
            number(row.ore_t, ORE, quantity="ore_t", about=about),
        ]
        for element in plan.metals:
            unit, of = grade_display(element), {**about, "metal": element}
            cells.append(number(row.grades[element], unit, quantity="grade", about=of))
        grade = grade_display(MAIN_COPPER)
        cells.append(number(row.equivalent_pct, grade, quantity="equivalent_pct", about=about))
        rows.append(Row(tuple(cells)))
    note = Text(
        "当量只用于比较，不是台账数字，不计入资源量；“—”：公式中某元素在该行没有自己的品位。",
        "An equivalent serves comparison only: no figure of the ledger and no resource. '—': an "
        "element of the formula has no grade of its own in the row.",
    )
    title = Text("铜当量品位", "Copper equivalent grade")
    key = f"equivalent-{result.deposit_id}"
    return Table(key, title, basis_of(result), (tuple(head),), tuple(rows), (note, ROUNDING_NOTE))


def disclosure_table(result: DepositResult, plan: EquivalentPlan) -> Table:
    """All that an equivalent rests on: price, unit, date, source, recovery, payable share."""
    head = (
        column("元素", "Metal", numeric=False),
        column("价格", "Price"),
        column("单位", "Unit", numeric=False),
        column("日期", "Date", numeric=False),
        column("来源", "Source", numeric=False),
        column("选冶回收率", "Recovery", "%"),
        column("计价率", "Payable", "%"),
        column("折算系数", "Factor", "Cu % / unit"),
    )
    factors = equivalent_factors(plan.metals)
    rows = []
    for element, metal in plan.metals.items():
        about = {"metal": element, "deposit": result.deposit_id}
        per = "t" if grade_unit(element) == "pct" else "g"
        cells = (
            heading(element_text(element)),
            number(metal.price, Unit("", "1", 2), quantity="price", about=about),
            words(f"{plan.currency}/{per}"),
            words(plan.as_of.isoformat(), "keep"),
            words(bilingual(metal.source)),
            number(metal.recovery, SHARE, quantity="recovery_share", about=about),
            number(metal.payable, SHARE, quantity="payable_share", about=about),
            number(factors[element], FACTOR, quantity="factor", about=about),
        )
        rows.append(Row(cells))
    title = Text("铜当量的依据", "What the equivalent rests on")
    key = f"equivalent-basis-{result.deposit_id}"
    note = Text(
        f"{symbol(MAIN_COPPER)} 的系数为 1；系数 = 价格 × 回收率 × 计价率，除以铜的同一乘积。",
        f"The factor of {symbol(MAIN_COPPER)} is 1; a factor is price × recovery × payable share "
        "over the same product of copper.",
    )
    return Table(key, title, basis_of(result), (head,), tuple(rows), (note,))
