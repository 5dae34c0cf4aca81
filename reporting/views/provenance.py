"""What an estimate rests on, in short lines: its facts, its class cards, its provenance."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from estimation.belts import Belt, Deposit
from estimation.plan import CLASSES
from estimation.results import DepositResult
from reporting.report import SiteReport
from reporting.rounding import printed
from reporting.site.frame import (
    DATA_HASH,
    PLAN_HASH,
    crs_text,
    mark_of_pages,
    named,
    same,
    shanghai,
)
from reporting.sums import element_sum, of_class, ore_t
from reporting.tables import number, review_state, status_of
from reporting.units import CLASS_TEXT, ORE, Text, grade_display, metal_display, symbol
from reporting.views.deposit import method_text


def ledger_state(report: SiteReport) -> Text:
    """Number of entries and whether the chain holds."""
    count, problems = report.ledger.length, report.ledger.problems
    if not count:
        return Text("未登记", "nothing entered")
    if problems is None:
        return Text(f"{count} 条，链未核验", f"{count} entries, chain not checked")
    if problems:
        return Text(f"{count} 条，× 链有 {len(problems)} 处问题",
                    f"{count} entries, × chain has {len(problems)} problem(s)")  # fmt: skip
    return Text(f"{count} 条，✓ 核对无改动", f"{count} entries, ✓ checked, nothing changed")


def class_cards(result: DepositResult) -> list[dict[str, Any]]:
    """Metal and grade of the main element by class, from the resource table's own rows."""
    main = result.statement.main_element
    made = []
    for name in CLASSES:
        rows = of_class(result.statement.at_cutoff(), name)
        total = element_sum(rows, main)
        about = {"klass": name, "metal": main, "deposit": result.deposit_id}
        made.append(
            {
                "name": name,
                "title": CLASS_TEXT[name],
                "symbol": symbol(main),
                "metal": number(
                    total.metal_t, metal_display(main), quantity="metal_t", about=about
                ),
                "metal_unit": metal_display(main).sign,
                "grade": number(total.grade, grade_display(main), quantity="grade", about=about),
                "grade_unit": grade_display(main).sign,
                "ore": number(
                    ore_t(rows) if rows else None,
                    ORE,
                    quantity="ore_t",
                    about={"klass": name, "deposit": result.deposit_id},
                ),
            }
        )
    return made


LICENCES = {
    "exploration": Text("探矿权", "exploration licence"),
    "mining": Text("采矿权", "mining licence"),
}


def header(deposit: Deposit, result: DepositResult, *, holes: bool) -> list[tuple[Text, Text]]:
    """How the deposit was estimated, and what the register says of it.

    ``holes``: for readers who may know the place; else without the county.
    """
    main = result.statement.main_element
    support = [s for s in result.statement.support if s.element == main]
    lines = [(Text("主元素估算方法", "Method (main element)"), method_text(s.method))
             for s in support]  # fmt: skip
    held = deposit.registry
    if held is None:
        return lines
    kind = LICENCES.get(held.licence_kind or "", Text("矿业权", "licence"))
    named_county = held.county is not None and holes
    told = (
        (Text("矿区编号", "Mine code"), same(held.mine_code) if held.mine_code else None),
        (kind, same(held.licence_no) if held.licence_no else None),
        (Text("矿业权人", "Licensee"), same(held.licensee) if held.licensee else None),
        (Text("所在县", "County"), named(held.county) if named_county and held.county else None),
    )
    return lines + [(what, value) for what, value in told if value is not None]


def facts(belt: Belt, result: DepositResult, *, holes: bool = True) -> list[tuple[Text, Text]]:
    """What the estimate rests on, in short; without ``holes`` nothing that says where it lies."""
    unit = grade_display(result.statement.main_element)
    cutoff = printed(result.statement.reporting_cutoff, unit.decimals)
    counts = " / ".join(f"{result.findings.get(k, 0):,}" for k in ("error", "warning", "info"))
    main = symbol(result.statement.main_element)
    accepted = accepted_hold(result)
    return [
        (Text("数据截止", "Data to"), same(result.vintage)),
        (Text("报告边界品位", "Reporting cut-off"), same(f"{main} ≥ {cutoff} {unit.sign}")),
        (Text("钻孔 / 组合样", "Holes / composites"),
         same(f"{result.holes:,} / {result.composites:,}")),
        (Text("数据检查（错误 / 警告 / 提示）", "Findings (errors / warnings / notes)"),
         same(counts)),
        (Text("状态", "Status"), status_of(result)),
        *([(Text("坐标系", "CRS"), crs_text(belt))] if holes else []),
        *([(Text("未定特殊值放行", "Special values let pass"), accepted)]
          if accepted and holes else []),
    ]  # fmt: skip


def accepted_hold(result: DepositResult) -> Text | None:
    """Special values without a rule that a person let pass: who, when, why, how many."""
    held = result.extras.get("special_values") or {}
    if not held.get("reason"):
        return None
    counts: dict[str, int] = {}
    for row in held["waiting"]:
        counts[row["column"]] = counts.get(row["column"], 0) + row["count"]
    cells = ", ".join(f"{column} {count:,}" for column, count in counts.items())
    day = str(held["at"])[:10]
    return Text(
        f"{held['by']}，{day}：“{held['reason']}”（格数：{cells}）",
        f"{held['by']}, {day}: “{held['reason']}” (cells: {cells})",
    )


def provenance(report: SiteReport, result: DepositResult) -> list[tuple[Text, Text, bool]]:
    """How this figure was made: (what, value, whether a hash)."""
    entry = report.ledger.entry(result.deposit_id, result.vintage)
    lines = [
        (DATA_HASH, same(result.data_hash), True),
        (PLAN_HASH, same(result.plan_hash), True),
        (Text("模型指纹", "Model hash"), same(result.model_hash), True),
        (Text("引擎版本", "Engine version"), same(result.engine_version), False),
        (Text("台账", "Ledger"), ledger_state(report), False),
    ]
    if entry is not None:
        mark, state = mark_of_pages([result]), review_state(result)
        status = Text(f"{state.zh}；{mark.zh}", f"{state.en}; {mark.en}")
        lines += [
            (Text("台账编号", "Ledger entry"), same(f"№ {entry.number}"), False),
            (Text("估算运行", "Run of the estimate"), same(entry.run_id), False),
            (
                Text("登记时间", "Entered"),
                same(shanghai(datetime.fromisoformat(entry.recorded_at))),
                False,
            ),
            (Text("登记时程序版本", "Code of the entry"), same(entry.code_version), False),
            (Text("登记状态", "Entry status"), status, False),
            (Text("登记内容指纹", "Entry content hash"), same(entry.content_hash), True),
            (Text("登记链指纹", "Entry chain hash"), same(entry.entry_hash), True),
        ]
    return lines
