"""Domains of a proposed plan: kept where there are any; boundaries opened where grades run over."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from estimation.deposit import DepositData
from estimation.exploratory.contact import contact_profile, decide
from estimation.exploratory.study_contacts import REACH_BINS
from estimation.plan import DomainPlan, SoftBoundary
from estimation.proposal.reasons import Reasons
from estimation.statement.standards import standard
from geo.drillholes.composite import Composites

LOGGED = ("domain", "oxidation", "lithology")


def domains(data: DepositData, main: str, told: Reasons) -> DomainPlan:
    """The present plan's domains, else one; a remark where logged codes tell grades apart."""
    if data.deposit.plan is not None:
        kept = data.deposit.plan.domains
        names = ", ".join(kept.names)
        told.because(
            "domains",
            f"沿用现有方案的矿化域({names})：圈定矿化域是地质人员的工作",
            f"domains of the present plan ({names}) are kept: to draw them is a geologist's work",
        )
        return kept
    told.because(
        "domains",
        "单一矿化域：程序不代替地质人员圈定矿化域",
        "one domain: the program does not draw domains for the geologist",
    )
    for column in LOGGED:
        _worth_a_look(data, main, column, told)
    return DomainPlan(column=None, codes={}, soft=())


def _worth_a_look(data: DepositData, main: str, column: str, told: Reasons) -> None:
    """Say so where a logged column explains much of the grade's variance."""
    holes, figures = data.drillholes, standard("proposal")
    log = holes.lithology
    if column not in log or log[column].isna().all() or main not in holes.assay:
        return
    assay = holes.assay[holes.assay[main].notna()]
    middle = assay.assign(middle_m=(assay["from_m"] + assay["to_m"]) / 2.0).sort_values("middle_m")
    joined = pd.merge_asof(
        middle[["hole_id", "middle_m", main]],
        log[["hole_id", "from_m", "to_m", column]].sort_values("from_m"),
        left_on="middle_m",
        right_on="from_m",
        by="hole_id",
    )
    joined = joined[(joined["middle_m"] <= joined["to_m"]) & joined[column].notna()]
    groups = joined.groupby(column)[main]
    table = groups.agg(["size", "mean"])
    table = table[table["size"] >= figures["fewest_for_variogram"]].sort_values("size")[::-1]
    if len(table) < 2:
        return
    kept = joined[joined[column].isin(table.index)][main]
    between = float((table["size"] * (table["mean"] - kept.mean()) ** 2).sum())
    share = between / float(((kept - kept.mean()) ** 2).sum())
    if share < figures["domains"]["explained"]:
        return
    shown = ", ".join(f"{code} {row['mean']:.3g} ({row['size']:.0f})" for code, row in
                      table.head(4).iterrows())  # fmt: skip
    told.remark(
        f"编录列 {column} 解释 {main} 方差的 {share:.0%}(均值：{shown})：宜据此圈定矿化域"
        f"(domains.column: {column})",
        f"logged {column} explains {share:.0%} of the variance of {main} (means: {shown}): "
        f"consider domains by it (domains.column: {column})",
    )


def soft_boundaries(
    plan: DomainPlan, main: str, samples: Composites, told: Reasons
) -> tuple[SoftBoundary, ...]:
    """Boundaries between domains by the contact profile of the main element."""
    table, found = samples.table, []
    length = float(samples.table["length_m"].median())
    least = int(standard("proposal")["domains"]["soft_contacts"])
    for first, second in combinations(plan.names, 2):
        profile = contact_profile(table, main, (first, second), length, length * REACH_BINS)
        if profile is None:
            told.because(
                "domains.soft",
                f"{first}–{second}：孔中不相接，按硬边界",
                f"{first}-{second}: they don't meet in a hole: hard",
            )
            continue
        decision = decide(profile)
        open_ = decision.kind != "hard" and profile.contacts >= least
        few = decision.kind != "hard" and not open_
        more = ("；但接触太少，仍按硬边界", "; but too few contacts: hard all the same")
        more = more if few else ("", "")
        told.because(
            "domains.soft",
            f"{first}–{second}({profile.contacts} 处接触)：{decision.reason.zh}{more[0]}",
            f"{first}-{second} ({profile.contacts} contacts): {decision.reason.en}{more[1]}",
        )
        if open_:
            reach = decision.within_m or length * REACH_BINS
            found += [
                SoftBoundary(blocks_of=a, samples_of=b, within_m=float(np.round(reach, 1)))
                for a, b in ((first, second), (second, first))
            ]
    return tuple(found)
