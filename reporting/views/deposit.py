"""What a deposit's page says, as tables and plates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from estimation.differences import DECIDED
from estimation.plan import CLASSES
from estimation.results import DepositResult, ElementSupport, StatementRow
from reporting.limits import DOUBLE_DAGGER, content_notes, limit_notes, mark_notes, marked, receives
from reporting.rounding import printed
from reporting.sums import ElementSum, element_sum, of_class, ore_t
from reporting.tables import (
    SAME,
    Cell,
    Row,
    Table,
    basis_of,
    column,
    columns,
    heading,
    number,
    words,
)
from reporting.units import (
    ORE,
    SHARE,
    Text,
    Unit,
    bilingual,
    class_text,
    domain_text,
    element_text,
    grade_display,
    metal_display,
    status_text,
    symbol,
)

ROUNDING_NOTE = Text(
    "数值按 GB/T 8170 修约；合计与分项、差值与两数之差，系修约所致。",
    "Rounded by GB/T 8170; totals may differ from the sum of parts, and changes from the "
    "difference of the printed figures, by rounding.",
)
CLASSES_NOTE = Text(
    "探明、控制、推断资源量分别列出，不相加；本表为资源量，不含储量数值。",
    "Measured, Indicated and Inferred are listed separately and not added; resources only, "
    "no reserves are stated.",
)
BYPRODUCT_NOTE = Text(
    "伴生组分品位为已评价矿石的平均值；“已评”为已评价矿石占该类矿石（注 ‡ 者占表下所注矿石量）"
    "的比例；“—”为未评价，不是零。",
    "By-product grades are means over evaluated ore; 'eval.' is evaluated ore as a share of the "
    "class's ore (at ‡: of the ore named below); '—' means not evaluated, not zero.",
)
SOURCES = {
    "basic": Text("基本分析", "basic assays"),
    "combined": Text("组合分析", "combined samples"),
}
METRES = Unit("m", "1", 1)
COUNT = Unit("", "1", 0)
_ORE_UNIT = Text(ORE["zh"].sign, ORE["en"].sign)


def resource_table(result: DepositResult) -> Table:
    """Resource by class and domain at the reporting cut-off, with by-products."""
    statement = result.statement
    head = [
        column("类别", "Class", numeric=False),
        column("矿化域", "Domain", numeric=False),
        columns(Text("矿石量", "Ore"), _ORE_UNIT),
    ]
    for element in statement.elements:
        label = element_text(element)
        head.append(column(label.zh, label.en, grade_display(element).sign))
        metal = Text(f"{symbol(element)} 金属量", f"{symbol(element)} metal")
        unit = metal_display(element).sign
        head.append(columns(metal, Text(unit, unit)))
    rows: list[Row] = []
    for name in CLASSES:
        rows += _class_rows(result, name, of_class(statement.at_cutoff(), name))
    byproducts = [BYPRODUCT_NOTE] * (len(statement.elements) > 1)
    said = map(with_domains, map(bilingual, statement.notes))
    marks = (*mark_notes([result]), *_ore_notes(result))
    notes = [CLASSES_NOTE, *byproducts, *marks, *said, *_cutoff_source(result), ROUNDING_NOTE]
    title = Text("资源量表（分类别、分矿化域）", "Mineral resource by class and domain")
    return Table("resource", title, basis_of(result), (tuple(head),), tuple(rows), tuple(notes))


def with_domains(text: Text) -> Text:
    """A sentence whose first word may be a domain: by its name in Chinese."""
    domain, colon, rest = text.zh.partition("：")
    return Text(domain_text(domain).zh + colon + rest, text.en) if colon else text


def _class_rows(result: DepositResult, name: str, rows: tuple[StatementRow, ...]) -> list[Row]:
    """The class's own line, then its domains where there are several."""
    text = class_text(name)
    label = heading(Text(f"{text.zh} {text.en}", f"{text.en} {text.zh}"))
    if not rows:
        return []
    if len(rows) == 1:
        only = rows[0].domain
        return [
            Row((label, words(domain_text(only)), *_figures(result, rows, name, only)), "strong")
        ]
    made = [Row((label, words(domain_text("all")), *_figures(result, rows, name, "*")), "strong")]
    for row in rows:
        blank = Cell(SAME, style="blank")
        made.append(
            Row(
                (
                    blank,
                    words(domain_text(row.domain), "keep"),
                    *_figures(result, (row,), name, row.domain),
                ),
                "sub",
            )
        )
    return made


def _figures(
    result: DepositResult, rows: tuple[StatementRow, ...], name: str, domain: str
) -> list[Cell]:
    """Ore, then grade and metal of each element; domain ``*`` is the class's total."""
    statement = result.statement
    about = {
        "klass": name,
        "domain": domain,
        "cutoff": repr(statement.reporting_cutoff),
        "deposit": result.deposit_id,
        "vintage": result.vintage.isoformat(),
    }
    cells = [number(ore_t(rows), ORE, quantity="ore_t", about=about)]
    for element in statement.elements:
        total = element_sum(rows, element)
        by_product = element != statement.main_element
        about["metal"] = element
        grade = number(total.grade, grade_display(element), quantity="grade", about=about)
        grade = _with_share(grade, total) if by_product else grade
        metal = number(total.metal_t, metal_display(element), quantity="metal_t", about=about)
        cells += [marked(cell, [result], element, name, domain) for cell in (grade, metal)]
    return cells


def _with_share(cell: Cell, total: ElementSum) -> Cell:
    """The evaluated share under a by-product's grade."""
    if total.evaluated_share is None:
        return cell
    share = printed(total.evaluated_share, 0, scale="100")
    return replace(cell, note=Text(f"已评 {share} %", f"eval. {share} %"))


def _ore_notes(result: DepositResult) -> Iterator[Text]:
    """For each element marked ‡: the ore that its figure rests on, which is not its row's."""
    statement = result.statement
    for element in statement.elements:
        zh, en = [], []
        for name in CLASSES:
            kept = of_class(statement.at_cutoff(), name)
            several = (("*", kept), *((row.domain, (row,)) for row in kept))
            for domain, rows in several if len(kept) > 1 else several[1:]:
                if not receives(result, element, name, domain):
                    continue
                over = element_sum(rows, element).over_ore_t
                ore = {key: printed(over, u.decimals, scale=u.scale) for key, u in ORE.items()}
                where, what = domain_text("all" if domain == "*" else domain), class_text(name)
                zh.append(f"{what.zh}·{where.zh} {ore['zh']} {ORE['zh'].sign}")
                en.append(f"{what.en} {where.en} {ore['en']} {ORE['en'].sign}")
        if zh:
            sign = f"{DOUBLE_DAGGER} {symbol(element)}"
            yield Text(
                f"{sign} 所依矿石量（含更高类别矿石）：{'、'.join(zh)}",
                f"{sign} rests on, with surer ore: {', '.join(en)}",
            )


def support_table(result: DepositResult) -> Table:
    """What samples stand behind each element."""
    head = (
        column("元素", "Element", numeric=False),
        column("样品来源", "Samples from", numeric=False),
        column("估算方法", "Method", numeric=False),
        column("样品数", "Samples"),
        column("钻孔数", "Holes"),
        column("样长中位数", "Median length", "m"),
        column("化验占比", "Assayed share", "%"),
        column("与主元素相关", "Correlation with main"),
        column("类别上限", "Class limit", numeric=False),
        column("评价状态", "Status", numeric=False),
        column("已评矿石占比", "Share of ore evaluated", "%"),
    )
    rows = tuple(_support_row(item, result.deposit_id) for item in result.statement.support)
    title = Text("各元素的样品支撑", "Sample support of each element")
    note = Text(
        "“化验占比”为矿化域内有化验的进尺占组合样总进尺的比例。",
        "Assayed share: assayed metres over composited metres inside the domains.",
    )
    evaluated = Text(
        "“已评矿石占比”为主元素矿石（报告边界品位以上）中该元素已评价的比例。",
        "Share of ore evaluated: of the main element's ore at the reporting cut-off.",
    )
    notes = (note, evaluated, *_verdicts(result))
    return Table("support", title, basis_of(result), (head,), rows, notes)


def _verdicts(result: DepositResult) -> Iterator[Text]:
    """One line for each element that was held against a threshold: how it was judged."""
    for item in result.statement.support:
        if item.judgement:
            said, name = bilingual(item.judgement), symbol(item.element)
            status = status_text(item.status)
            yield Text(
                f"{name}：{status.zh}——{said.zh}", f"{name}: {status.en} \N{EN DASH} {said.en}"
            )


def _support_row(item: ElementSupport, deposit_id: str) -> Row:
    """One element's line of sample support."""
    about = {"metal": item.element, "deposit": deposit_id}
    figures: tuple[tuple[str, float | None, Unit], ...] = (
        ("samples", item.samples, COUNT),
        ("holes", item.holes, COUNT),
        ("support_m", item.support_m, METRES),
        ("assayed_share", item.assayed_share, SHARE),
        ("correlation", item.correlation_with_main, Unit("", "1", 2)),
    )
    return Row(
        (
            heading(element_text(item.element)),
            words(SOURCES.get(item.source, Text(item.source, item.source))),
            words(method_text(item.method)),
            *(number(value, unit, quantity=name, about=about) for name, value, unit in figures),
            words(class_text(item.class_limit)),
            words(status_text(item.status)),
            number(item.evaluated_ore_share, SHARE, quantity="evaluated_ore_share", about=about),
        )
    )


def method_text(method: str) -> Text:
    """Name of an estimation method in both languages."""
    said = bilingual(method)
    if said.zh != said.en:
        return said
    known = {
        "ordinary kriging": "普通克里格",
        "ok": "普通克里格",
        "ordinary block kriging": "普通块段克里格",
    }
    return Text(known.get(method.replace("_", " ").lower(), method), method.replace("_", " "))


def cutoff_table(result: DepositResult) -> Table:
    """The main element by class at each cut-off, the reporting cut-off marked."""
    statement = result.statement
    main = statement.main_element
    unit, metal = grade_display(main), metal_display(main)
    top = [column("边界品位", "Cut-off", f"{symbol(main)} {unit.sign}", down=2)]
    below: list[Cell] = []
    for name in CLASSES:
        top.append(Cell(class_text(name), head="col", span=3))
        below += [
            columns(Text("矿石量", "Ore"), _ORE_UNIT),
            column("品位", "Grade", unit.sign),
            column(f"{symbol(main)} 金属量", f"{symbol(main)} metal", metal.sign),
        ]
    rows = []
    for cutoff in sorted({row.cutoff for row in statement.rows}):
        reported = cutoff == statement.reporting_cutoff
        label = Text(printed(cutoff, unit.decimals), printed(cutoff, unit.decimals))
        cells = [heading(label, Text("报告", "reported") if reported else None)]
        for name in CLASSES:
            kept = of_class(statement.at_cutoff(cutoff), name)
            total = element_sum(kept, main)
            about = {
                "klass": name,
                "domain": "*",
                "cutoff": repr(cutoff),
                "deposit": result.deposit_id,
                "vintage": result.vintage.isoformat(),
            }
            cells += [
                number(ore_t(kept) if kept else None, ORE, quantity="ore_t", about=about),
                number(total.grade, unit, quantity="grade", about={**about, "metal": main}),
                number(total.metal_t, metal, quantity="metal_t", about={**about, "metal": main}),
            ]
        rows.append(Row(tuple(cells), "strong" if reported else ""))
    title = Text("不同边界品位的资源量", "Resource by cut-off")
    head = (tuple(top), tuple(below))
    notes = (*_cutoff_source(result), ROUNDING_NOTE)
    return Table("cutoffs", title, basis_of(result), head, tuple(rows), notes)


def _cutoff_source(result: DepositResult) -> tuple[Text, ...]:
    """What the plan cites for its cut-offs; nothing where no plan is kept."""
    plan = (result.extras.get(DECIDED) or {}).get("plan") or {}
    cited = (plan.get("cutoffs") or {}).get("citation")
    if not cited:
        return ()
    said = bilingual(str(cited))
    return (Text(f"边界品位依据：{said.zh}", f"Source of the cut-offs: {said.en}"),)


def truth_table(result: DepositResult) -> Table:
    """Estimate beside the exhaustive truth of a synthetic deposit, over one volume."""
    head = (
        column("元素", "Element", numeric=False),
        column("检验范围", "Volume compared", numeric=False),
        column("边界品位", "Cut-off"),
        column("估算金属量", "Estimated metal", "t"),
        column("真值金属量", "True metal", "t"),
        column("估算/真值", "Estimate / truth", "%"),
    )
    rows = []
    for row in result.truth:
        about = {
            "metal": row.element,
            "deposit": result.deposit_id,
            "klass": row.volume,
            "cutoff": repr(row.cutoff),
        }
        decimals = 3 if metal_display(row.element).sign == "kg" else 0
        tonnes = Unit("t", "1", decimals)
        estimate = number(row.estimate_t, tonnes, quantity="estimate_t", about=about)
        rows.append(
            Row(
                (
                    heading(element_text(row.element)),
                    words(class_text(row.volume)),
                    number(row.cutoff, Unit("", "1", 2), quantity="cutoff"),
                    marked(estimate, [result], row.element, row.volume),
                    number(row.truth_t, tonnes, quantity="truth_t", about=about),
                    number(row.ratio, SHARE, quantity="ratio", about=about),
                )
            )
        )
    title = Text("估算值与真值对照（合成矿床）", "Estimate beside truth (synthetic deposit)")
    note = Text(
        "同一空间范围内的检验，不是资源量报告；真值仅合成矿床才有。",
        "A test over one and the same volume, not a statement of resources; only a synthetic "
        "deposit has a known truth.",
    )
    notes = (note, *limit_notes([result]), *content_notes([result]))
    return Table("truth", title, basis_of(result), (head,), tuple(rows), notes)
