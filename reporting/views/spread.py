"""How sure a deposit's figures are: P10, P50 and P90 by class, where they were simulated."""

from __future__ import annotations

from dataclasses import replace

from estimation.plan import CLASSES
from estimation.results import DepositResult
from reporting.report import SiteReport
from reporting.sums import class_metal_t
from reporting.tables import Row, Table, basis_of, column, heading, number, percentile, words
from reporting.units import Text, class_text, element_text, metal_display
from reporting.views.intervals import class_interval
from reporting.views.odds import limits_text

_NOTE = Text(
    "P10、P50、P90：由条件模拟得出，实际金属量不超过该数的可能性分别为 10 %、50 %、90 %；"
    "各类别的百分位数不能相加。",
    "P10, P50, P90: by conditional simulation; the metal is no more than that with a probability "
    "of 10 %, 50 %, 90 %. Percentiles of classes do not add.",
)

OUTSIDE = "*"
_OUTSIDE_NOTE = Text(
    f"{OUTSIDE} 估算值在其 P10–P90 之外：克里金的平滑使边界品位以上的估算与模拟不同，"
    "区间以模拟的 P50 为中心，不以估算值为中心。",
    f"{OUTSIDE} The estimate lies outside its own P10–P90: kriging smooths, so that above the "
    "cut-off it differs from the simulation; the interval is about the simulated P50, not about "
    "the estimate.",
)


def spread_table(report: SiteReport, result: DepositResult) -> Table | None:
    """Metal of each simulated element and class with its interval; None where nothing was."""
    rows: list[Row] = []
    inferred = outside = False
    for element in result.statement.elements:
        unit = metal_display(element)
        for name in CLASSES:
            found = class_interval(report, [result], element, name)
            if found is None:
                continue
            inferred = inferred or name == "inferred"
            about = {"metal": element, "klass": name, "deposit": result.deposit_id}
            stated = class_metal_t(result, element, name)
            out = stated is not None and not found.holds(stated)
            outside = outside or out
            metal = number(stated, unit, quantity="metal_t", about=about)
            ends = [
                percentile(value, unit, between=found.ends_t, quantity=what, about=about)
                for what, value in (
                    ("p10_t", found.p10_t),
                    ("p50_t", found.p50_t),
                    ("p90_t", found.p90_t),
                )
            ]
            cells = (replace(metal, mark=OUTSIDE * out), *ends, words(unit.sign))
            rows.append(Row((heading(element_text(element)), words(class_text(name)), *cells)))
    if not rows:
        return None
    head = (
        column("元素", "Element", numeric=False),
        column("类别", "Class", numeric=False),
        column("估算金属量", "Estimated metal"),
        column("P10", "P10"),
        column("P50", "P50"),
        column("P90", "P90"),
        column("单位", "Unit", numeric=False),
    )
    title = Text("不确定性（条件模拟）", "Uncertainty (conditional simulation)")
    notes = (_NOTE, *[_OUTSIDE_NOTE] * outside, limits_text(inferred=inferred))
    return Table("spread", title, basis_of(result), (head,), tuple(rows), notes)
