"""What every row of a figure says of itself, so that none looks final outside the site.

Whether its data are synthetic, where it stands in review, whether a person accepted its plan, and
the mark of every page: filed or internal, preliminary or final, under embargo.
"""

from __future__ import annotations

from collections.abc import Iterable

from estimation.results import DepositResult
from reporting.report import SiteReport
from reporting.site.frame import (
    PUBLICATIONS,
    embargo_text,
    least_settled,
    mark_of_pages,
)
from reporting.tables import FILED, plan_text, review_state
from reporting.units import Text
from reporting.workbook.sheet import Field
from tracking.ledger.states import FILING
from tracking.ledger.states import REVIEW as REVIEW_STATES

YES_NO = {"yes": Text("是", "yes"), "no": Text("否", "no")}
STATES = {
    **{name: Text(state.zh, state.en) for name, state in REVIEW_STATES.items()},
    **{name: Text(FILING[name].zh, FILING[name].en) for name in ("filed", "in_statistics")},
}
STANDING = (
    Field(Text("合成数据", "Synthetic"), width=10, codes=YES_NO),
    Field(Text("状态", "Status"), width=18, codes=STATES),
    Field(Text("参数认可", "Plan"), width=30),
    Field(Text("性质", "Mark"), width=60),
)
"""Last columns of every sheet of figures."""

Standing = tuple[str, str, str, str]
"""What :data:`STANDING` says of one figure."""


def yes_no(flag: bool) -> str:
    """A code of :data:`YES_NO`."""
    return "yes" if flag else "no"


def standing(
    report: SiteReport, results: Iterable[DepositResult], deposits: Iterable[str] = ()
) -> Standing:
    """Where a figure stands that rests on some estimates: as the least settled of them.

    ``deposits``: ids of those that it is about, where there may be no estimate.
    """
    found = list(results)
    ids = {result.deposit_id for result in found} | set(deposits)
    least = least_settled(found)
    if least is None:
        state, plan = "draft", ""
    else:
        state = "filed" if FILED in least.extras else review_state(least).name
        plan = plan_text(least.plan_status).both
    return yes_no(is_synthetic(report, ids)), state, plan, mark_line(report, found)


def is_synthetic(report: SiteReport, deposits: Iterable[str]) -> bool:
    """Whether any of some deposits (ids) is made of synthetic data."""
    made_up = {d.id for belt in report.belts if belt.synthetic for d in belt.deposits}
    return not made_up.isdisjoint(deposits)


def mark_line(report: SiteReport, results: Iterable[DepositResult]) -> str:
    """Embargo, filed or internal, preliminary or final: in one line."""
    return with_publication(report, mark_of_pages(results))


def with_publication(report: SiteReport, mark: Text) -> str:
    """A mark between the embargo and what the house says of the whole publication."""
    embargo = embargo_text(report.settings, report.generated_at)
    said = (embargo, mark, PUBLICATIONS[report.settings.publication])
    return " · ".join(one.both for one in said if one is not None)
